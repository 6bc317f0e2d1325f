//! Makes a random program that fails smaller, by delta debugging: `ROOK_FUZZ_REDUCE=SEED`.
//!
//! A cut replaces the results of an instruction by constants, or lets a branch always go one way. Cuts
//! are numbered over the whole program. Large sets of cuts are tried first; those stay with which the
//! program still fails. A failure may well kill the process, so each try has a process of its own, which
//! gets its cuts in `ROOK_FUZZ_CUTS`. What becomes unsound, or is no program for the interpreter, does
//! not count as a failure: a try that fails says `BEFORE_CODE` first.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{COUNT, PLANT, SEED};
use crate::datum::Datums;
use crate::mir::print::print_program;
use crate::mir::*;
use crate::source::Span;
use crate::types::{Type, TypeSet};

const CUTS: &str = "ROOK_FUZZ_CUTS";
/// What a process prints when the interpreter has done its part.
const BEFORE_CODE: &str = "the interpreter is done";
/// A miscompiled program may not end.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) type Cuts = BTreeSet<usize>;

/// The cuts that the environment asks for.
pub(super) fn wanted_cuts() -> Cuts {
    let text = std::env::var(CUTS).unwrap_or_default();
    text.split(',').filter_map(|cut| cut.parse().ok()).collect()
}

/// Says, to whoever makes cuts, that what fails from here on is the compiled code of this program.
pub(super) fn tell_before_code(program: &Program, datums: &Datums) {
    if std::env::var_os(CUTS).is_some() {
        println!("{BEFORE_CODE}\n{}", print_program(program, datums));
    }
}

/// Makes the cuts; the number of those that the program has.
pub(super) fn cut(program: &mut Program, cuts: &Cuts) -> usize {
    let mut next = 0;
    let mut is_cut = || {
        next += 1;
        cuts.contains(&(next - 1))
    };
    for f in &mut program.functions {
        for block in &mut f.blocks {
            let insts = std::mem::take(&mut block.insts);
            for data in insts {
                let constants: Option<Vec<Inst>> = data.results.iter().map(|v| constant(&f.values[v.0 as usize])).collect();
                match constants {
                    Some(constants) if is_cut() => {
                        block.insts.extend(constants.into_iter().zip(&data.results).map(|(inst, &result)| InstData {
                            inst,
                            results: vec![result],
                            span: Span::default(),
                        }));
                    }
                    _ => block.insts.push(data),
                }
            }
            if let Some(Terminator::Branch(_, then, otherwise)) = &block.terminator {
                let (then, otherwise) = (then.clone(), otherwise.clone());
                if is_cut() {
                    block.terminator = Some(Terminator::Jump(then.0, then.1));
                } else if is_cut() {
                    block.terminator = Some(Terminator::Jump(otherwise.0, otherwise.1));
                }
            }
        }
    }
    next
}

/// What stands for a value that does not matter.
fn constant(value: &ValueData) -> Option<Inst> {
    match value.repr {
        Repr::Tagged if value.ty == Type::FIXNUM => Some(Inst::Immediate(0)),
        Repr::Tagged if value.ty.set == TypeSet::ANY => Some(Inst::Nil),
        // It may count values.
        Repr::Word => Some(Inst::Word(1)),
        _ => None,
    }
}

/// Runs the program of a seed with cuts; what it printed when it fails.
fn failure(seed: u64, cuts: &Cuts) -> Option<String> {
    let tests = std::env::current_exe().expect("the tests are a program");
    let list: Vec<String> = cuts.iter().map(usize::to_string).collect();
    let output = std::env::temp_dir().join(format!("rook-reduce-{}", std::process::id()));
    let file = std::fs::File::create(&output).expect("a temporary file");
    let mut child = Command::new(tests)
        .args(["--exact", "--nocapture", "backend::jit::fuzz::random_programs_agree_with_the_interpreter"])
        .envs([(COUNT, "1"), (SEED, &seed.to_string()), (CUTS, &list.join(","))])
        .stdout(file.try_clone().expect("a second handle"))
        .stderr(Stdio::from(file))
        .spawn()
        .expect("the tests run");
    let start = Instant::now();
    let failed = loop {
        match child.try_wait().expect("a child of ours") {
            Some(status) => break !status.success(),
            None if start.elapsed() > PATIENCE => {
                child.kill().and_then(|()| child.wait()).expect("a child of ours");
                break true;
            }
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    let said = std::fs::read(&output).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let _ = std::fs::remove_file(&output);
    (failed && said.contains(BEFORE_CODE)).then_some(said)
}

/// The cuts with which the program of a seed still fails, of `count` that it has, and what is printed then.
pub(super) fn reduce(seed: u64, count: usize) -> (Cuts, String) {
    let mut cuts = Cuts::new();
    let mut said = failure(seed, &cuts).unwrap_or_else(|| panic!("the program of seed {seed} does not fail"));
    let mut size = count.next_power_of_two();
    while size > 0 {
        for start in (0..count).step_by(size) {
            let more: Cuts = cuts.iter().copied().chain(start..(start + size).min(count)).collect();
            if more.len() > cuts.len()
                && let Some(failed) = failure(seed, &more)
            {
                (cuts, said) = (more, failed);
            }
        }
        size /= 2;
    }
    (cuts, said)
}

/// With `ROOK_FUZZ_REDUCE=SEED` shows the smaller program; always, that one with a planted fault becomes
/// small.
#[test]
fn programs_that_fail_are_reduced() {
    if let Some(seed) = std::env::var("ROOK_FUZZ_REDUCE").ok().and_then(|seed| seed.parse().ok()) {
        println!("{}", reduce(seed, super::program_size(seed)).1);
        return;
    }
    let tests = std::env::current_exe().expect("the tests are a program");
    let run = Command::new(tests)
        .args(["--exact", "backend::jit::fuzz::reduce::reduces_a_planted_fault", "--ignored", "--nocapture"])
        .envs([(PLANT, "wrong-fold")])
        .output()
        .expect("the tests run");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
}

#[test]
#[ignore = "run by the test above, with a fault"]
fn reduces_a_planted_fault() {
    let seed = (1..200).find(|&seed| failure(seed, &Cuts::new()).is_some()).expect("a program that fails");
    let count = super::program_size(seed);
    let (cuts, said) = reduce(seed, count);
    assert!(cuts.len() * 4 > count * 3, "{} of {count} cuts are made", cuts.len());
    assert!(said.contains(&format!("seed {seed}")), "{said}");
}
