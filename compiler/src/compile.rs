//! The pipeline from HIR to machine code, as a list.
//!
//! No logic of its own beyond the order of steps.

use std::time::{Duration, Instant};

use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::object::cons;
use rook_runtime::value::nil;

use crate::datum::{DatumId, Datums};
use crate::hir::pass::resolve_exits::resolve_exits;
use crate::hir::{Hir, Kind, Unit};
use crate::known_functions::PrimOp;
use crate::mir::pass::{PASSES, Pass, REQUIRED};
use crate::mir::{self, Program};

/// What the pipeline is asked to do besides compiling.
#[derive(Clone, Default, Debug)]
pub struct Options {
    /// Skip the optimising passes.
    pub unoptimized: bool,
    /// Run the verifier after every pass.
    pub verify: bool,
    /// Time spent per pass, when wanted.
    pub times: Option<Vec<(&'static str, Duration)>>,
}

/// HIR of a unit to optimised MIR. Load-time values become the first top-level functions.
pub fn to_mir(ctx: &mut ThreadContext, unit: &mut Unit, datums: &mut Datums, options: &mut Options) -> Program {
    let cells = load_time_cells(ctx, unit, datums);
    timed(options, "resolve-exits", || resolve_exits(unit, datums));
    let mut program = timed(options, "build-mir", || mir::build::build(ctx, unit, datums, &cells));
    run_passes(&mut program, options);
    program
}

fn run_passes(program: &mut Program, options: &mut Options) {
    let passes: &[Pass] = if options.unoptimized { REQUIRED } else { PASSES };
    for pass in passes {
        timed(options, pass.name, || (pass.run)(program));
        if options.verify {
            verify(program, pass.name);
        }
    }
}

fn verify(program: &Program, after: &str) {
    let problems = mir::verify::verify(program);
    assert!(problems.is_empty(), "the program is unsound after {after}:\n{}", problems.join("\n"));
}

fn timed<R>(options: &mut Options, name: &'static str, f: impl FnOnce() -> R) -> R {
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
    let first = std::mem::take(&mut unit.load_time);
    unit.top_level.splice(0..0, first);
    cells
}
