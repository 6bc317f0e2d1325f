//! Random MIR programs, run as machine code under collector stress and by a small interpreter.
//!
//! Programs have loops, branches, conses, boxed doubles, sums that leave the fixnums, direct calls with
//! up to nine arguments, two results, protected calls and throws. They go through the required passes
//! and through all of them. `ROOK_FUZZ=N` sets the number of programs, `ROOK_FUZZ_SEED` the first, and
//! `ROOK_FUZZ_PLANT=FAULT` plants a miscompile, which must be found; `reduce` makes what fails smaller.

mod generate;
mod interpret;
mod reduce;

use super::load_unit;
use crate::backend::{Backend, Target as CodeTarget};
use crate::compile::{self, Options};
use crate::datum::{DatumId, Datums};
use crate::faults::Fault;
use crate::mir::{FuncId, Program};
use crate::mir::print::print_program;
use crate::mir::verify::verify;
use crate::testing::with_context;
use generate::{Random, generate};
use interpret::{Interpreter, STEPS, V, text_of, text_of_object};
use reduce::{Cuts, cut, wanted_cuts};
use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::control::call_lisp_values;
use rook_runtime::gc::options::GcOptions;
use rook_runtime::object::symbol::make_symbol_named;

const COUNT: &str = "ROOK_FUZZ";
const SEED: &str = "ROOK_FUZZ_SEED";
const PLANT: &str = "ROOK_FUZZ_PLANT";

fn program(ctx: &mut ThreadContext, seed: u64, datums: &mut Datums) -> Program {
    let tags: Vec<DatumId> = (0..2).map(|i| {
        let tag = make_symbol_named(ctx, &[0x54, 0x30 + i]);
        datums.id_of(tag)
    }).collect();
    generate(&mut Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1), &tags)
}

/// How many cuts the program of a seed has.
fn program_size(seed: u64) -> usize {
    with_context(|ctx| cut(&mut program(ctx, seed, &mut Datums::new()), &Cuts::new()))
}

/// Compares one program; false when it would run too long, or its cuts make it unsound.
fn compare(ctx: &mut ThreadContext, backends: &mut [Backend; 2], seed: u64, cuts: &Cuts, fault: Option<Fault>) -> bool {
    let mut datums = Datums::new();
    let mut program = program(ctx, seed, &mut datums);
    cut(&mut program, cuts);
    let problems = verify(&program);
    if !cuts.is_empty() && !problems.is_empty() {
        return false;
    }
    assert!(problems.is_empty(), "seed {seed}: {problems:?}");
    let mut interpreter = Interpreter { program: &program, steps: 0 };
    let results = interpreter.run(FuncId(0), vec![V::Nil, V::Word(0), V::Nil, V::Nil, V::Nil, V::Nil]);
    let Ok(results) = results else { unreachable!("every tag is caught") };
    if interpreter.steps > STEPS {
        return false;
    }
    let mut wanted = String::new();
    text_of(&results[0], &mut wanted);
    reduce::tell_before_code(&program, &datums);
    for (backend, unoptimized) in backends.iter_mut().zip([true, false]) {
        let mut passed = program.clone();
        let mut options = Options { unoptimized, verify: fault.is_none(), ..Options::default() };
        compile::run_passes(ctx, &mut passed, &datums, &mut options);
        fault.inspect(|fault| fault.plant(&mut passed));
        let mut unit = backend.compile(&passed, &datums, Vec::new()).expect("the program compiles");
        fault.inspect(|fault| fault.plant_in_code(&mut unit));
        let loaded = load_unit(ctx, &unit, &datums).expect("the unit loads");
        let function = loaded.top_level()[0];
        let values = call_lisp_values(ctx, function, &[]).expect("every tag is caught");
        let mut given = String::new();
        text_of_object(values[0], &mut given);
        assert_eq!(given, wanted, "seed {seed}, unoptimized {unoptimized}\n{}", print_program(&passed, &datums));
    }
    true
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

#[test]
fn random_programs_agree_with_the_interpreter() {
    let (count, first) = (number(COUNT, 100), number(SEED, 1));
    let cuts = wanted_cuts();
    let fault = std::env::var(PLANT).ok().map(|name| Fault::parse(&name).expect("the name of a fault"));
    with_context(|ctx| {
        let mut backends = [false, true].map(|optimize| {
            Backend::new(CodeTarget { optimize, verify: fault.is_none(), ..CodeTarget::MEMORY })
        });
        let mut compared = 0;
        for seed in first..first + count {
            let options = if seed % 2 == 0 { "safepoint,move-all,poison" } else { "every=3,move-all,verify" };
            rook_runtime::gc::use_options(ctx, GcOptions::parse(options).0);
            compared += compare(ctx, &mut backends, seed, &cuts, fault) as u64;
        }
        rook_runtime::gc::use_options(ctx, GcOptions::default());
        assert!(!cuts.is_empty() || compared > count / 2, "most programs are short enough to compare: {compared} of {count}");
        println!("{compared} programs agree in two ways, {} were too long", count - compared);
    });
}

/// Each in a process of its own: a miscompile may well kill it.
#[test]
fn planted_miscompiles_are_found() {
    let tests = std::env::current_exe().expect("the tests are a program");
    for fault in ["wrong-comparison", "drop-overflow-check", "drop-map-entry", "swap-params", "wrong-fold"] {
        let run = std::process::Command::new(&tests)
            .args(["--exact", "--nocapture", "backend::jit::fuzz::random_programs_agree_with_the_interpreter"])
            .envs([(PLANT, fault), (COUNT, "2000"), (SEED, "1")])
            .output()
            .expect("the tests run");
        let said = String::from_utf8_lossy(&run.stdout).into_owned() + &String::from_utf8_lossy(&run.stderr);
        assert!(!run.status.success(), "nobody notices {fault}:\n{said}");
        assert!(said.contains("running 1 test"), "the fuzzer ran:\n{said}");
    }
}
