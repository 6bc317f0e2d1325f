//! Whether a call of a known function can be matched with its lambda list at compile time.

use crate::datum::Datums;
use crate::hir::*;
use crate::types::specifier::type_of_constant;
use crate::types::TypeSet;

/// How the arguments of a call reach the callee's direct entry.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownCall {
    /// For each optional parameter: argument index, or `None` when not supplied.
    pub optional: Vec<Option<usize>>,
    /// Arguments from this index on form the rest list (when the callee has a rest parameter).
    pub rest_from: usize,
    /// For each keyword parameter: argument index of its value, or `None`.
    pub keys: Vec<Option<usize>>,
}

/// The plan of a call of `f` with `args`; `None` when only the general entry can sort it out
/// (wrong count, computed keywords, unknown keywords).
pub fn known_call(f: &Function, args: &[Hir], datums: &Datums) -> Option<KnownCall> {
    let params = &f.params;
    let required = params.required.len();
    if args.len() < required {
        return None;
    }
    let positional = required + params.optional.len();
    let open = params.rest.is_some() || params.keys.is_some();
    if args.len() > positional && !open {
        return None;
    }
    let optional = (0..params.optional.len()).map(|i| Some(required + i).filter(|&a| a < args.len())).collect();
    let rest_from = positional.min(args.len());
    let mut keys = Vec::new();
    if let Some(keywords) = &params.keys {
        let tail = &args[rest_from..];
        if tail.len() % 2 != 0 || params.allow_other_keys {
            return None;
        }
        keys = vec![None; keywords.len()];
        for (i, pair) in tail.chunks(2).enumerate() {
            let Kind::Const(id) = pair[0].kind else { return None };
            // Only symbols compare by id; anything else cannot be a keyword of the callee.
            if !type_of_constant(datums.get(id)).set.is_subset_of(TypeSet::SYMBOL) {
                return None;
            }
            let position = keywords.iter().position(|k| datums.get(k.keyword) == datums.get(id))?;
            // The first of several equal keywords counts.
            keys[position].get_or_insert(rest_from + 2 * i + 1);
        }
    }
    Some(KnownCall { optional, rest_from, keys })
}
