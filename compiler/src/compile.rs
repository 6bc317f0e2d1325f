//! The pipeline from HIR to machine code, as a list.
//!
//! No logic of its own beyond the order of steps.

use std::time::{Duration, Instant};

use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::object::cons;
use rook_runtime::value::nil;

use crate::datum::{DatumId, Datums};
use crate::dump;
use crate::faults::Fault;
use crate::hir::pass::discover_known_calls::discover_known_calls;
use crate::hir::pass::merge_definitions::merge_definitions;
use crate::hir::pass::resolve_exits::resolve_exits;
use crate::hir::{FnId, Hir, Kind, Unit};
use crate::known_functions::PrimOp;
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

/// HIR of a unit to optimised MIR. Load-time values become the first top-level functions.
pub fn to_mir(ctx: &mut ThreadContext, unit: &mut Unit, datums: &mut Datums, options: &mut Options) -> Program {
    let cells = load_time_cells(ctx, unit, datums);
    timed(options, RESOLVE_EXITS, || resolve_exits(unit, datums));
    emit_hir(ctx, unit, datums, options, RESOLVE_EXITS);
    let mut program = timed(options, BUILD_MIR, || mir::build::build(ctx, unit, datums, &cells));
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

/// A cell (cons) for each `load-time-value`; its function stores the value there and runs first.
fn load_time_cells(ctx: &mut ThreadContext, unit: &mut Unit, datums: &mut Datums) -> Vec<DatumId> {
    let mut cells = Vec::new();
    for &f in &unit.load_time {
        let cell = datums.id_of(cons(ctx, nil(), nil()));
        let function = &mut unit.functions[f.0 as usize];
        let span = function.body.span;
        let value = std::mem::replace(&mut function.body, Hir { kind: Kind::Seq(Vec::new()), span });
        let target = Hir { kind: Kind::Const(cell), span };
        function.body = Hir { kind: Kind::Prim(PrimOp::Rplaca, vec![target, value]), span };
        cells.push(cell);
    }
    let first = merge(unit);
    unit.top_level.splice(0..0, first);
    cells
}

/// Joins the functions of `load-time-value` forms, which run one after the other: one for each would
/// take longer to compile.
fn merge(unit: &mut Unit) -> Vec<FnId> {
    const AT_MOST: usize = 40;
    let functions = std::mem::take(&mut unit.load_time);
    let mut first = Vec::new();
    for group in functions.chunks(AT_MOST) {
        let nodes = group.iter().map(|f| {
            let body = &mut unit.functions[f.0 as usize].body;
            let span = body.span;
            std::mem::replace(body, Hir { kind: Kind::Const(DatumId(0)), span })
        });
        let nodes: Vec<Hir> = nodes.collect();
        unit.functions[group[0].0 as usize].body.kind = Kind::Seq(nodes);
        first.push(group[0]);
    }
    first
}
