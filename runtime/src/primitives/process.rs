//! Primitives of the process: arguments, environment of the call, exit.

use crate::control::errors::{expect_fixnum, expect_string};
use crate::object::{list, string};
use crate::primitives;
use crate::start;
use crate::value::{Value, nil};

primitives! {
    /// The program's name and arguments, as a list of strings.
    fn command_line_arguments(ctx) {
        let items: Vec<Value> = start::arguments().iter().map(|a| string(ctx, &a.to_string_lossy())).collect();
        Ok(list(ctx, &items))
    }
    /// The value of an environment variable, or NIL.
    fn environment_variable(ctx, name) {
        let name = expect_string(ctx, name)?;
        if name.is_empty() || name.contains(['=', '\0']) {
            return Ok(nil());
        }
        Ok(std::env::var_os(name).map_or(nil(), |v| string(ctx, &v.to_string_lossy())))
    }
    /// Writes out the streams and ends the process; cleanups are run by Lisp before.
    fn exit_process(ctx, code) {
        let code = expect_fixnum(ctx, code)?;
        start::exit((code & 0xff) as i32)
    }
    fn process_id(ctx) {
        Ok(Value::fixnum(std::process::id() as i64))
    }
}
