//! What the read-eval-print loop, which is Lisp (`stdlib/environment/repl.lisp`), asks of the driver:
//! lines from a terminal, and forms compiled with their diagnostics.

use std::cell::RefCell;
use std::io::IsTerminal;

use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::control::errors::program_error;
use rook_runtime::control::{call_lisp, resume};
use rook_runtime::object::symbol::symbol_text;
use rook_runtime::object::{package, string, string_to_rust};
use rook_runtime::value::{LispResult, Value, nil, t};
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use super::hooks;

thread_local! {
    static EDITOR: RefCell<Option<DefaultEditor>> = const { RefCell::new(None) };
}

/// Runs the loop until its end.
pub fn run(ctx: &mut ThreadContext) -> LispResult {
    let Some(kernel) = package::find_package_str("ROOK-KERNEL") else {
        return Err(program_error(ctx, "the library is not linked in", &[]));
    };
    let function = package::intern_str(ctx, kernel, "%REPL");
    call_lisp(ctx, function, &[]).map_err(|exit| resume(ctx, exit))
}

/// Answers a request that is not the driver's job: `operation` names it.
pub fn answer(ctx: &mut ThreadContext, operation: Value, arguments: Value) -> LispResult {
    let name = if operation.is_symbol() { symbol_text(operation) } else { String::new() };
    match name.as_str() {
        "TERMINAL-P" => Ok(if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() { t() } else { nil() }),
        "READ-LINE" => read_line(ctx, &string_to_rust(arguments.car())),
        "COMPILE-FILE" => super::objects::answer_compile_file(ctx, arguments),
        "LOAD-COMPILED" => super::objects::answer_load(ctx, arguments),
        "COMPILE-REPORTING" => hooks::compile_form_reporting(ctx, arguments.car()),
        _ => Err(program_error(ctx, "the compiler does not know this request", &[])),
    }
}

/// A line from the terminal; NIL at its end, T after an interrupt.
fn read_line(ctx: &mut ThreadContext, prompt: &str) -> LispResult {
    let line = EDITOR.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = Some(DefaultEditor::new()?);
        }
        let Some(editor) = slot else { return Err(ReadlineError::Eof) };
        let line = editor.readline(prompt)?;
        if !line.trim().is_empty() {
            editor.add_history_entry(line.as_str())?;
        }
        Ok(line)
    });
    match line {
        Ok(line) => Ok(string(ctx, &line)),
        Err(ReadlineError::Interrupted) => Ok(t()),
        Err(ReadlineError::Eof) => Ok(nil()),
        Err(error) => Err(program_error(ctx, &format!("the terminal cannot be read: {error}"), &[])),
    }
}
