//! The pipeline from HIR to machine code, as a list.
//!
//! No logic of its own beyond the order of steps.

use std::time::{Duration, Instant};

use rook_runtime::abi::thread_context::ThreadContext;

use crate::datum::Datums;
use crate::dump;
use crate::faults::Fault;
use crate::hir::pass::discover_known_calls::discover_known_calls;
use crate::hir::pass::merge_definitions::merge_definitions;
use crate::hir::pass::resolve_exits::resolve_exits;
use crate::hir::Unit;
use crate::mir::pass::{PASSES, Pass, REQUIRED};
use crate::mir::{self, Program};

/// What the pipeline is asked to do besides compiling.
#[derive(Clone, Default, Debug)]
pub struct Options {
    /// Skip the optimising passes.
    pub unoptimized: bool,
    /// Run the verifier after every pass, and read dumps back.
    pub verify: bool,
    /// Time spent per pass, when wanted.
    pub times: Option<Vec<(&'static str, Duration)>>,
    /// Passes after which the program is printed.
    pub emit_after: Vec<String>,
    /// A miscompile on purpose.
    pub fault: Option<Fault>,
}

/// Names of all steps that `--emit-after` can name, in order: over HIR, then over MIR.
pub fn step_names() -> Vec<&'static str> {
    [DISCOVER_KNOWN_CALLS, MERGE_DEFINITIONS, RESOLVE_EXITS, BUILD_MIR].into_iter().chain(PASSES.iter().map(|pass| pass.name)).collect()
}

const DISCOVER_KNOWN_CALLS: &str = "discover-known-calls";
const MERGE_DEFINITIONS: &str = "merge-definitions";
const RESOLVE_EXITS: &str = "resolve-exits";
const BUILD_MIR: &str = "build-mir";

/// For files: calls of functions that the file defines once need not go through the symbol, and
/// definitions share a function.
pub fn file_passes(ctx: &mut ThreadContext, unit: &mut Unit, datums: &Datums, options: &mut Options) {
    timed(options, DISCOVER_KNOWN_CALLS, || discover_known_calls(unit, datums));
    emit_hir(ctx, unit, datums, options, DISCOVER_KNOWN_CALLS);
    timed(options, MERGE_DEFINITIONS, || merge_definitions(unit));
    emit_hir(ctx, unit, datums, options, MERGE_DEFINITIONS);
}

/// HIR of a unit to optimised MIR.
pub fn to_mir(ctx: &mut ThreadContext, unit: &mut Unit, datums: &mut Datums, options: &mut Options) -> Program {
    timed(options, RESOLVE_EXITS, || resolve_exits(unit, datums));
    emit_hir(ctx, unit, datums, options, RESOLVE_EXITS);
    let mut program = timed(options, BUILD_MIR, || mir::build::build(ctx, unit, datums));
    emit_mir(ctx, &program, datums, options, BUILD_MIR);
    run_passes(ctx, &mut program, datums, options);
    if let Some(fault) = options.fault {
        fault.plant(&mut program);
    }
    program
}

fn emit_hir(ctx: &mut ThreadContext, unit: &Unit, datums: &Datums, options: &Options, step: &str) {
    if options.emit_after.iter().any(|name| name == step) {
        dump::print_hir(ctx, unit, datums, options.verify);
    }
}

fn emit_mir(ctx: &mut ThreadContext, program: &Program, datums: &Datums, options: &Options, step: &str) {
    if options.emit_after.iter().any(|name| name == step) {
        dump::print_mir(ctx, program, datums, options.verify);
    }
}

/// The passes over MIR.
pub fn run_passes(ctx: &mut ThreadContext, program: &mut Program, datums: &Datums, options: &mut Options) {
    let passes: &[Pass] = if options.unoptimized { REQUIRED } else { PASSES };
    for pass in passes {
        timed(options, pass.name, || (pass.run)(program));
        if options.verify {
            verify(program, pass.name);
        }
        emit_mir(ctx, program, datums, options, pass.name);
    }
}

fn verify(program: &Program, after: &str) {
    let problems = mir::verify::verify(program);
    assert!(problems.is_empty(), "the program is unsound after {after}:\n{}", problems.join("\n"));
}

/// Runs a step and notes its time.
pub fn timed<R>(options: &mut Options, name: &'static str, f: impl FnOnce() -> R) -> R {
    let start = Instant::now();
    let result = f();
    if let Some(times) = &mut options.times {
        times.push((name, start.elapsed()));
    }
    result
}
