//! The thread context of the running thread: making it, finding it, raising pending errors.

use crate::abi::thread_context::{ErrorKind, PENDING_ARGS, ThreadContext};
use crate::value::{Raised, Value};

impl ThreadContext {
    /// Records a pending error; the caller returns the result up to its primitive.
    pub fn raise(&mut self, kind: ErrorKind, args: &[Value]) -> Raised {
        assert!(args.len() <= PENDING_ARGS, "too many pending-error arguments");
        self.pending_kind = kind as u64;
        self.pending_arg_count = args.len() as u64;
        for (slot, arg) in self.pending_args.iter_mut().zip(args) {
            *slot = arg.0;
        }
        Raised(())
    }
}
