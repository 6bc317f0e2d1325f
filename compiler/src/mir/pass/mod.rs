//! Passes over MIR, one file each, in the order `pipeline` runs them.

pub mod check_floats;
pub mod drop_index_checks;
pub mod eliminate_checks;
pub mod eliminate_dead_code;
pub mod infer_types;
pub mod merge_index_checks;
pub mod open_code;
pub mod ranges;
pub mod remove_unreachable;
pub mod reuse_values;
pub mod simplify_params;
pub mod substitute;
pub mod thin_polls;
pub mod unbox_floats;

use crate::mir::Program;

/// A pass over a whole program.
pub struct Pass {
    pub name: &'static str,
    pub description: &'static str,
    pub run: fn(&mut Program),
}

/// The optimising pipeline, in order.
pub const PASSES: &[Pass] = &[
    Pass { name: "remove-unreachable", description: "drop blocks nothing reaches", run: remove_unreachable::run },
    Pass { name: "simplify-params", description: "replace block parameters that have one source", run: simplify_params::run },
    Pass { name: "infer-types", description: "propagate types and ranges through the program", run: infer_types::run },
    Pass { name: "eliminate-checks", description: "drop decided tests and checks, open-code known arithmetic", run: eliminate_checks::run },
    Pass { name: "remove-unreachable-2", description: "drop blocks behind decided tests", run: remove_unreachable::run },
    Pass { name: "simplify-params-2", description: "replace block parameters that have one source", run: simplify_params::run },
    Pass { name: "infer-types-2", description: "types of what is left", run: infer_types::run },
    Pass { name: "eliminate-checks-2", description: "tests decided by sharper types", run: eliminate_checks::run },
    Pass { name: "remove-unreachable-3", description: "drop blocks behind decided tests", run: remove_unreachable::run },
    Pass { name: "simplify-params-3", description: "replace block parameters that have one source", run: simplify_params::run },
    Pass { name: "reuse-values", description: "compute once what does not change", run: reuse_values::run },
    Pass { name: "drop-index-checks", description: "drop checks of indexes that a loop bounds", run: drop_index_checks::run },
    Pass { name: "unbox-floats", description: "keep floats raw in variables, arguments and results", run: unbox_floats::run },
    Pass { name: "eliminate-dead-code", description: "drop unused pure instructions and parameters", run: eliminate_dead_code::run },
    Pass { name: "thin-polls", description: "poll in some iterations of counting loops", run: thin_polls::run },
    Pass { name: "check-floats", description: "check observable results of float operations", run: check_floats::run },
    Pass { name: "merge-index-checks", description: "check an index once against several lengths", run: merge_index_checks::run },
];

/// What code generation needs even without optimisation.
pub const REQUIRED: &[Pass] = &[
    Pass { name: "remove-unreachable", description: "drop blocks nothing reaches", run: remove_unreachable::run },
    Pass { name: "simplify-params", description: "replace block parameters that have one source", run: simplify_params::run },
    Pass { name: "eliminate-dead-code", description: "drop unused pure instructions and parameters", run: eliminate_dead_code::run },
];
