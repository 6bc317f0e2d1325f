//! The definitions of functions that a program begins with, before anything of it runs that could tell.
//!
//! Linking carries them out (`link/program`): a start has nothing to do for them.

use super::*;
use crate::datum::DatumId;
use crate::hash::HashMap;

/// A symbol and the function that it is to name.
pub type Definition = (DatumId, FuncId);

/// What the first top-level functions define, for as long as each does nothing else.
pub fn first_definitions(program: &Program) -> Vec<Vec<Definition>> {
    program.top_level.iter().map_while(|f| only_defines(&program.functions[f.0 as usize])).collect()
}

fn only_defines(function: &Function) -> Option<Vec<Definition>> {
    let mut made: HashMap<ValueId, &Inst> = HashMap::default();
    let mut found = Vec::new();
    for data in function.blocks.iter().flat_map(|b| &b.insts) {
        match &data.inst {
            Inst::Primitive("defun", arguments) => {
                let [symbol, function, documentation] = arguments[..] else { return None };
                let (Inst::Const(symbol), Inst::FunctionObject(function), Inst::Nil) =
                    (made.get(&symbol)?, made.get(&function)?, made.get(&documentation)?)
                else {
                    return None;
                };
                found.push((*symbol, *function));
            }
            // The check that there are no arguments.
            Inst::Primitive("wrong_argument_count", _) | Inst::Tag(_) | Inst::CompareWord(..) => {}
            inst @ (Inst::Const(_) | Inst::FunctionObject(_) | Inst::Nil | Inst::Word(_)) => {
                made.extend(data.results.iter().map(|&v| (v, inst)));
            }
            _ => return None,
        }
    }
    let ends = |b: &BlockData| matches!(b.terminator, Some(Terminator::Return(..) | Terminator::Branch(..) | Terminator::Jump(..)));
    (!found.is_empty() && function.blocks.iter().all(ends)).then_some(found)
}
