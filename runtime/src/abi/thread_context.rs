//! The thread context: everything mutable per thread, reached through r15 in compiled code.
//!
//! Offsets used by compiled code are the `offset_of!` of these fields; see `offset`.

/// Slots that hold pending-error arguments.
pub const PENDING_ARGS: usize = 4;
/// Arguments passed in registers by the general entry; the rest go to the argument area.
pub const REGISTER_ARGS: usize = 4;
/// Watermarks on a Lisp stack, at most.
pub const WATERMARKS: usize = 16;
/// Arguments of a call by way of `rook_keep_registers`, at most.
pub const KEPT_ARGS: usize = 5;
/// Words in the argument area (address space; touched on demand). Also `call-arguments-limit`.
pub const ARGUMENT_AREA_WORDS: usize = 1 << 16;
/// Words in the values area. Also `multiple-values-limit`.
pub const VALUE_AREA_WORDS: usize = 1 << 16;

#[repr(C)]
pub struct ThreadContext {
    /// Next free byte of this thread's nursery chunk (16-byte aligned).
    pub alloc_ptr: u64,
    /// End of that chunk: an allocation fits when `alloc_ptr + size <= alloc_limit`.
    pub alloc_limit: u64,
    /// Entry check: a function whose SP is below this calls `rook_rt_entry_slow`. Raised to
    /// `u64::MAX` to request a safepoint (collection, interrupt, forced stop).
    pub stack_limit: u64,
    /// Base of the card table: marking is `card_table[(address >> CARD_SHIFT) & CARD_MASK] = 1`.
    pub card_table: u64,
    /// NIL, tagged. Compiled code compares with this word: an address that is computed instead would
    /// be kept in a callee-saved register over calls.
    pub nil: u64,
    /// Where Lisp stopped before the current call into Rust or C: frame pointer and return address.
    pub lisp_fp: u64,
    pub lisp_pc: u64,
    /// Innermost exit record, or null.
    pub exit_chain: *mut ExitRecord,
    /// Dynamic binding stack: next free entry; entries are `BindingEntry`.
    pub binding_ptr: u64,
    pub binding_limit: u64,
    /// Thread-local values by symbol binding index; index 0 always holds NO_TLS_VALUE.
    pub tls: u64,
    /// Argument area: all arguments of a call with `nargs` > REGISTER_ARGS sit at `args[4..nargs]`;
    /// a prologue that needs them contiguous stores its register arguments to `args[0..4]`.
    pub args: u64,
    /// Number of leading words of the argument area the collector must scan. Zeroed when consumed.
    pub arg_count: u64,
    /// Values area: value i of a multiple-value return (i >= 1) sits at `values[i]`.
    pub values: u64,
    /// Number of leading words of the values area the collector must scan (index 0 included). Zeroed when consumed.
    pub value_count: u64,
    /// Innermost C segment, or null.
    pub segments: *mut Segment,
    /// Innermost entry frame (frame pointer of `rook_enter_lisp`), or 0.
    pub entry_frame: u64,
    /// Pending error of a Rust primitive that returned ERROR_MARK: an `ErrorKind` and its arguments.
    pub pending_kind: u64,
    pub pending_args: [u64; PENDING_ARGS],
    pub pending_arg_count: u64,
    /// The true stack limit, to restore `stack_limit` after a safepoint request.
    pub real_stack_limit: u64,
    /// Bounds of the Lisp stack.
    pub stack_low: u64,
    pub stack_high: u64,
    pub binding_base: u64,
    /// Non-zero: a collection was requested by an allocation that may not collect (Rust code).
    pub gc_requested: u64,
    /// Non-zero: an interrupt is pending (bit set of `interrupt`).
    pub interrupts: u64,
    /// Non-zero inside code that must not be collected or interrupted.
    pub no_gc: u64,
    /// Words of the thread-local table in use.
    pub tls_count: u64,
    /// First handle root chunk of this thread (Rust and C handles).
    pub handles: u64,
    /// Result of a primitive kept over a safepoint.
    pub saved_result: u64,
    /// Address that `rook_foreign_thunk` jumps to.
    pub foreign_target: u64,
    /// The heap this thread allocates from (`heap::Heap`), or 0 before `heap::attach`.
    pub heap: u64,
    /// The collector's state (`gc::Collector`), or 0 before its first use.
    pub collector: u64,
    /// The registry of code units (`stack::registry::CodeRegistry`), or 0 before its first use.
    pub code: u64,
    /// Exit record that an interrupted unwinding is bound for, or 0. Set when control lands at a
    /// cleanup or door; whoever lands there reads it at once.
    pub unwind_target: u64,
    /// Payload on its way to a landing: value and raw count.
    pub exit_value: u64,
    pub exit_count: u64,
    /// Non-zero: the pending error must not return to the place that raised it.
    pub pending_final: u64,
    /// Non-zero: a callback from C caught an exit; it goes on when its C caller returns to Lisp.
    pub foreign_exit: u64,
    /// `real_stack_limit` and `binding_limit` before room was lent to handlers of an overflow.
    pub soft_stack_limit: u64,
    pub soft_binding_limit: u64,
    /// End of the binding stack's address space.
    pub binding_end: u64,
    /// The system stack pointer while the Lisp stack is in use, or 0.
    pub system_stack: u64,
    /// Watermarks that hold, and the return addresses they replace (`stack::watermark`).
    pub watermark_count: u64,
    pub watermark_pcs: [u64; WATERMARKS],
    /// A call by way of `rook_keep_registers`: its number and arguments, read at once, and its result.
    pub kept_number: u64,
    pub kept_args: [u64; KEPT_ARGS],
    pub kept_result: u64,
}

/// Card marking: see `ThreadContext::card_table`.
pub const CARD_SHIFT: u32 = 9;
pub const CARD_COUNT: usize = 1 << 17;
pub const CARD_MASK: u64 = CARD_COUNT as u64 - 1;

/// One dynamic binding: the index bound and the value to restore (may be NO_TLS_VALUE).
///
/// Binding a symbol inline, when its index (header >> 16) is not 0 and `binding_ptr < binding_limit`:
/// `[binding_ptr] = index; [binding_ptr + 8] = tls[index]; tls[index] = value; binding_ptr += 16`.
/// Otherwise `rook_rt_bind`. Unbinding: `binding_ptr -= 16; tls[[binding_ptr]] = [binding_ptr + 8]`.
/// Reading: `v = tls[header >> 16]`, and when `v` is NO_TLS_VALUE the symbol's value slot; index 0
/// always reads NO_TLS_VALUE. Writing: the thread-local word unless it is NO_TLS_VALUE, else the value
/// slot with the barrier. The thread-local table and the binding stack are roots and need no barrier.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct BindingEntry {
    /// Thread-local index, raw.
    pub index: u64,
    /// Saved value.
    pub old_value: u64,
}

/// An exit point: lives in an explicit stack slot of the frame that owns it.
/// The collector scans `tag` of every record on the chain.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ExitRecord {
    pub previous: *mut ExitRecord,
    /// Address of the handler block: valid while the owning `try_call` is on the stack.
    pub handler: u64,
    pub fp: u64,
    pub sp: u64,
    /// An `exit_kind`.
    pub kind: u64,
    /// Tagged: catch tag; unused (NIL) for other kinds.
    pub tag: u64,
    /// State to restore before control arrives at the handler.
    pub binding_ptr: u64,
    pub segments: *mut Segment,
    pub entry_frame: u64,
}

pub const EXIT_RECORD_BYTES: usize = std::mem::size_of::<ExitRecord>();

/// Kinds of exit records.
pub mod exit_kind {
    /// `catch`: found by tag.
    pub const CATCH: u64 = 0;
    /// `block`/`tagbody` left from a closure: found by address.
    pub const BLOCK: u64 = 1;
    /// `unwind-protect`: stops on the way to every exit.
    pub const CLEANUP: u64 = 2;
    /// A call from Rust or C into Lisp: stops every exit and hands it to Rust or C.
    pub const DOOR: u64 = 3;
}

/// A C segment (the seed's API): Lisp values that a C function retains.
#[repr(C)]
pub struct Segment {
    pub previous: *mut Segment,
    pub slots: *mut u64,
    pub count: u64,
    pub flags: u64,
}

/// Errors that Rust primitives and compiled code raise. The Lisp side (`rook-kernel::%raise`)
/// turns kind and arguments into a condition. Order is part of the ABI.
#[repr(u64)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// datum, expected type specifier
    Type = 0,
    /// name
    UnboundVariable = 1,
    /// name (symbol), list of arguments
    UndefinedFunction = 2,
    /// function, count given
    WrongArgumentCount = 3,
    /// operator symbol, operands list
    DivisionByZero = 4,
    /// datum (sequence), index
    IndexOutOfBounds = 5,
    /// tag
    Control = 6,
    /// stack name symbol, size
    StackOverflow = 7,
    /// bytes requested, limit
    HeapExhausted = 8,
    /// format control string, arguments list
    Simple = 9,
    /// format control string, arguments list
    Program = 10,
    /// stream, message string, arguments list
    Reader = 11,
    /// stream
    EndOfFile = 12,
    /// stream, message
    Stream = 13,
    /// package designator, message
    Package = 14,
    /// pathname or string, message
    File = 15,
    /// operator symbol, operands
    FloatingPointOverflow = 16,
    FloatingPointInvalid = 17,
    /// unknown keyword list, function
    UnknownKeyword = 18,
    /// keyword list with odd length, function
    OddKeywords = 19,
    /// continue an unwinding that a Rust frame interrupted: saved values, target record (raw)
    ResumeUnwind = 20,
    /// message
    Foreign = 21,
    /// interrupt (Ctrl-C)
    Interrupt = 22,
    /// object already a condition: signal it
    Condition = 23,
}

/// Declares `offset::NAME` for the fields compiled code uses.
macro_rules! offsets {
    ($($name:ident = $field:ident;)*) => {
        /// Byte offsets of thread-context fields.
        pub mod offset {
            use super::ThreadContext;
            $(pub const $name: i32 = std::mem::offset_of!(ThreadContext, $field) as i32;)*
        }
    };
}
offsets! {
    FOREIGN_TARGET = foreign_target; KEPT_NUMBER = kept_number; KEPT_ARGS = kept_args; KEPT_RESULT = kept_result;
    ALLOC_PTR = alloc_ptr; ALLOC_LIMIT = alloc_limit; STACK_LIMIT = stack_limit;
    NIL = nil; CARD_TABLE = card_table; LISP_FP = lisp_fp; LISP_PC = lisp_pc; EXIT_CHAIN = exit_chain;
    BINDING_PTR = binding_ptr; BINDING_LIMIT = binding_limit; TLS = tls; ARGS = args;
    ARG_COUNT = arg_count; VALUES = values; VALUE_COUNT = value_count; SEGMENTS = segments;
    ENTRY_FRAME = entry_frame; PENDING_KIND = pending_kind; PENDING_ARGS = pending_args;
    REAL_STACK_LIMIT = real_stack_limit; SOFT_STACK_LIMIT = soft_stack_limit;
    SOFT_BINDING_LIMIT = soft_binding_limit; GC_REQUESTED = gc_requested; SAVED_RESULT = saved_result;
    WATERMARK_COUNT = watermark_count; WATERMARK_PCS = watermark_pcs;
    UNWIND_TARGET = unwind_target; EXIT_VALUE = exit_value; EXIT_COUNT = exit_count;
    FOREIGN_EXIT = foreign_exit; SYSTEM_STACK = system_stack;
}

/// Byte offsets inside an exit record.
pub mod exit_offset {
    use super::ExitRecord;
    pub const PREVIOUS: i32 = std::mem::offset_of!(ExitRecord, previous) as i32;
    pub const HANDLER: i32 = std::mem::offset_of!(ExitRecord, handler) as i32;
    pub const FP: i32 = std::mem::offset_of!(ExitRecord, fp) as i32;
    pub const SP: i32 = std::mem::offset_of!(ExitRecord, sp) as i32;
    pub const KIND: i32 = std::mem::offset_of!(ExitRecord, kind) as i32;
    pub const TAG: i32 = std::mem::offset_of!(ExitRecord, tag) as i32;
    pub const BINDING_PTR: i32 = std::mem::offset_of!(ExitRecord, binding_ptr) as i32;
    pub const SEGMENTS: i32 = std::mem::offset_of!(ExitRecord, segments) as i32;
    pub const ENTRY_FRAME: i32 = std::mem::offset_of!(ExitRecord, entry_frame) as i32;
}
