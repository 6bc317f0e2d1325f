//! Joins runs of top-level forms that only define or only keep load-time values, so that one function
//! does what each would have had a function of its own for: those were half of the functions of a
//! usual file.
//!
//! Comes after `discover_known_calls`, which looks at top-level forms one by one. Must leave alone what
//! else runs code of the program: its place among the forms shows in backtraces.

use crate::hir::*;

/// Primitives that only record a definition.
pub const DEFINING: [&str; 4] = ["defun", "defmacro", "defparameter", "set_info"];

/// The name of the functions of `load-time-value` forms.
pub const LOAD_TIME_VALUE: &str = "load-time-value";

/// Nodes in one function: the time to compile it grows faster than its length.
const AT_MOST: usize = 40;

/// Rewrites the unit.
pub fn merge_definitions(unit: &mut Unit) {
    let mut kept: Vec<FnId> = Vec::new();
    // Whether the last function kept takes more.
    let mut open = false;
    for top in std::mem::take(&mut unit.top_level) {
        let only_defines = unit.function(top).name == LOAD_TIME_VALUE || only_defines(&unit.function(top).body);
        if let Some(&into) = kept.last()
            && open
            && only_defines
            && unit.function(into).policy == unit.function(top).policy
        {
            open = append(unit, into, top) < AT_MOST;
        } else {
            kept.push(top);
            open = only_defines;
        }
    }
    unit.top_level = kept;
}

/// Whether the form only records definitions of constants and functions.
fn only_defines(form: &Hir) -> bool {
    let recorded = |node: &Hir| match &node.kind {
        Kind::Primitive(name, arguments) => {
            DEFINING.contains(name) && arguments.iter().all(|a| matches!(a.kind, Kind::Const(_) | Kind::Lambda(_)))
        }
        Kind::Const(_) => true,
        _ => false,
    };
    matches!(&form.kind, Kind::Seq(nodes) if nodes.iter().all(recorded))
}

fn nodes(unit: &mut Unit, function: FnId) -> &mut Vec<Hir> {
    match &mut unit.functions[function.0 as usize].body.kind {
        Kind::Seq(nodes) => nodes,
        _ => unreachable!("`only_defines` looks for sequences"),
    }
}

/// Moves the nodes of one form but its value, which nobody asks for, behind those of another.
fn append(unit: &mut Unit, to: FnId, from: FnId) -> usize {
    let given = nodes(unit, from);
    let value = given.len() - 1;
    let given: Vec<Hir> = given.drain(..value).collect();
    let taking = nodes(unit, to);
    let value = taking.len() - 1;
    taking.splice(value..value, given);
    taking.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hir::parse::parse_unit;
    use crate::testing::with_context;

    #[test]
    fn definitions_share_a_function_and_other_forms_stay() {
        let define = |f: u32, symbol: &str| {
            format!(
                "(function f{f} \"top-level form\" - (policy 1 1 1 1 1) (flags) (params (required))
                   (seq (primitive set_info (const {symbol}) (const {symbol}) (const 1)) (const {symbol})))"
            )
        };
        let call = "(function f2 \"top-level form\" - (policy 1 1 1 1 1) (flags) (params (required)) (call cl:PRINT (const 1)))";
        let text = format!(
            "(unit (vars) (top-level f0 f1 f2 f3 f4) (next 0 0 0) {} {} {call} {} {})",
            define(0, "cl:CAR"), define(1, "cl:CDR"), define(3, "cl:CONS"), define(4, "cl:LIST"),
        );
        with_context(|ctx| {
            let (mut unit, _) = parse_unit(ctx, &text).expect("a unit");
            merge_definitions(&mut unit);
            assert_eq!(unit.top_level, [FnId(0), FnId(2), FnId(3)]);
            assert_eq!([0, 3].map(|f| nodes(&mut unit, FnId(f)).len()), [3, 3], "two definitions and a value");
        });
    }
}
