//! Dumps of HIR and MIR, and the check that each reads back and then prints as the same text.
//!
//! The reader of CLIF is Cranelift's and no part of the compiler: `tests/dumps` has that check.

use rook_runtime::abi::thread_context::ThreadContext;

use crate::datum::Datums;
use crate::{hir, mir};

/// Prints a unit; with `verify` its text must read back, or it is a bug of the printer or the parser.
pub fn print_hir(ctx: &mut ThreadContext, unit: &hir::Unit, datums: &Datums, verify: bool) {
    let text = hir::print::print_unit(unit, datums);
    print!("{text}");
    if verify {
        let again = hir::parse::parse_unit(ctx, &text).map(|(unit, datums)| hir::print::print_unit(&unit, &datums));
        demand_same("HIR", &text, again);
    }
}

/// As `print_hir`, for MIR.
pub fn print_mir(ctx: &mut ThreadContext, program: &mir::Program, datums: &Datums, verify: bool) {
    let text = mir::print::print_program(program, datums);
    print!("{text}");
    if verify {
        let mut datums = Datums::new();
        let again = mir::parse::parse_program(ctx, &mut datums, &text);
        let again = again.map(|program| mir::print::print_program(&program, &datums)).map_err(|error| error.to_string());
        demand_same("MIR", &text, again);
    }
}

fn demand_same(language: &str, text: &str, again: Result<String, String>) {
    if let Err(problem) = again.and_then(|again| difference(text, &again).map_or(Ok(()), Err)) {
        panic!("the dump of {language} does not read back: {problem}");
    }
}

/// The first difference between a dump and what was printed from it.
pub fn difference(text: &str, again: &str) -> Option<String> {
    let mut lines = text.lines().zip(1..).zip(again.lines());
    match lines.find(|((line, _), other)| line != other) {
        Some(((line, number), other)) => Some(format!("line {number}: `{line}` becomes `{other}`")),
        None => (text != again).then(|| "its length changes".to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn the_first_line_that_differs_is_told() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(difference("a\nb\nc\n", "a\nx\ny\n").as_deref(), Some("line 2: `b` becomes `x`"));
        assert_eq!(difference("a\nb\n", "a\n").as_deref(), Some("its length changes"));
    }
}
