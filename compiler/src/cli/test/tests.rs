//! The runner over a stand-in for `rook`: a shell script whose programs are shell scripts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::execute::Executor;
use super::{Mode, Summary, TestOptions, for_each_in_parallel, run_tests};

const STAND_IN: &str = r#"
export counters="rook-gc: minor=0 full=2 moved-objects=3 pinned-objects=1 live-objects=4 allocations=2 verified-edges=5"
case $1 in
    run) shift; test "$1" = --no-optimize && { shift; level=none; }; export level
        test "$ROOK_GC" || exec sh "$@"
        exec sh -c 'trap "echo $counters >&2" EXIT; . "$0"' "$@" ;;
    build) { echo '#!/bin/sh'; echo "test \"\$ROOK_GC\" && trap 'echo $counters >&2' EXIT"; cat "$2"; } > "$4"; chmod +x "$4" ;;
esac
"#;

struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let path = std::env::temp_dir().join(format!("rook-runner-{}-{name}", std::process::id()));
        fs::create_dir_all(path.join("programs")).unwrap();
        let place = Place(path);
        place.write("rook.sh", &format!("#!/bin/sh{STAND_IN}"));
        // The executable is written by another process: one of ours could hold it open over a fork.
        let copied = Command::new("install").args(["-m", "755", "rook.sh", "rook"]).current_dir(&place.0).status();
        assert!(copied.unwrap().success());
        place
    }
    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }
    fn options(&self) -> TestOptions {
        let modes = vec![Mode::Memory, Mode::Native, Mode::Unoptimized, Mode::Stress(7), Mode::NativeStress(7)];
        TestOptions { paths: vec![self.0.join("programs")], modes, jobs: 2, ..TestOptions::default() }
    }
    fn run(&self, options: &TestOptions) -> Result<Summary, String> {
        run_tests(&self.0.join("rook"), options)
    }
    fn problem(&self, mode: Mode) -> Option<String> {
        let tests = super::discover::tests(&[self.0.join("programs")], false).unwrap();
        let executor = Executor::new(&self.0.join("rook"), Duration::from_secs(20)).unwrap();
        executor.run(&tests[0], mode).unwrap().problem(&tests[0])
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn summary(passed: usize, failed: usize, skipped: usize) -> Summary {
    Summary { passed, failed, skipped, ..Summary::default() }
}

#[test]
fn modes_are_parsed_and_printed() {
    let modes = Mode::parse_list("memory,native,unoptimized,stress=500,young=2,native-stress=3").unwrap();
    assert_eq!(modes, [Mode::Memory, Mode::Native, Mode::Unoptimized, Mode::Stress(500), Mode::Young(2), Mode::NativeStress(3)]);
    assert_eq!((modes[3].to_string(), modes[5].to_string()), ("stress=500".into(), "native-stress=3".into()));
    for wrong in ["", "stress", "stress=0", "stress=x", "memory,,native"] {
        assert!(Mode::parse_list(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_summary_names_skipped_tests_only_if_there_are_any() {
    assert_eq!(summary(2, 1, 0).to_string(), "2 passed, 1 failed");
    assert_eq!(summary(2, 1, 3).to_string(), "2 passed, 1 failed, 3 skipped");
}

#[test]
fn outcomes_come_in_the_order_of_the_cases() {
    let cases: Vec<u64> = (0..20).rev().collect();
    let mut seen = Vec::new();
    let decide = |&delay: &u64| {
        std::thread::sleep(Duration::from_millis(delay % 3));
        delay
    };
    for_each_in_parallel(&cases, 4, decide, |case| {
        seen.extend(case);
        Ok(())
    })
    .unwrap();
    assert_eq!(seen, cases);
}

#[test]
fn a_test_passes_in_every_mode() {
    let place = Place::new("passes");
    place.write("programs/all.lisp", "cat; echo \"$1|$2\"; touch made; ls; echo warned >&2; exit 3\n");
    place.write("programs/all.in", "input\n");
    place.write("programs/all.args", "a b\n'c\n");
    place.write("programs/all.out", "input\na b|'c\nmade\n");
    place.write("programs/all.err", "warned\n");
    place.write("programs/all.exit", "3\n");
    place.write("programs/library.lisp", "exit 1\n");
    let passed = place.run(&place.options()).unwrap();
    assert_eq!((passed.passed, passed.failed), (5, 0));
    let moved: Vec<_> = passed.stressed.iter().map(|(mode, census)| (*mode, census.moved)).collect();
    assert_eq!(moved, [(Mode::Stress(7), 3), (Mode::NativeStress(7), 3)]);
}

#[test]
fn modes_differ_in_how_the_program_runs() {
    let place = Place::new("modes");
    place.write("programs/p.lisp", "echo \"$level $ROOK_GC\"\n");
    for (mode, line) in [(Mode::Stress(7), " every=7,thin,move-all,verify=8,poison,counters\n"), (Mode::Unoptimized, "none \n")] {
        place.write("programs/p.out", line);
        assert_eq!(place.problem(mode), None);
    }
}

#[test]
fn a_failure_says_what_differs_and_how_to_repeat_it() {
    let place = Place::new("failure");
    place.write("programs/p.lisp", "echo two; echo \"$0: trouble\" >&2; kill -9 $$\n");
    place.write("programs/p.out", "one\n");
    place.write("programs/p.args", "a b\n");
    let folder = place.0.display();
    assert_eq!(
        place.problem(Mode::Stress(5)).unwrap(),
        format!(
            "exit code 137 (signal 9), expected 0\n--- {folder}/programs/p.out\n+++ actual\n@@ -1,1 +1,1 @@\n\
             -one\n+two\nerror output:\n  p.lisp: trouble\n\
             repeat with: ROOK_GC=every=5,thin,move-all,verify=8,poison,counters {folder}/rook run {folder}/programs/p.lisp 'a b'\n"
        )
    );
}

#[test]
fn blessing_rewrites_expectations_but_not_after_a_crash() {
    let place = Place::new("bless");
    place.write("programs/good.lisp", "echo new\n");
    place.write("programs/good.out", "old\n");
    place.write("programs/bad.lisp", "echo new; exit 1\n");
    place.write("programs/bad.out", "old\n");
    let options = TestOptions { bless: true, ..place.options() };
    assert_eq!(place.run(&options), Ok(summary(1, 1, 0)));
    let read = |name: &str| fs::read_to_string(place.0.join("programs").join(name)).unwrap();
    assert_eq!((read("good.out"), read("bad.out")), ("new\n".to_string(), "old\n".to_string()));
    let options = TestOptions { filter: Some("good".to_string()), ..place.options() };
    assert_eq!(place.run(&options).unwrap().passed, 5);
}

#[test]
fn known_failures_are_skipped_until_they_pass() {
    let place = Place::new("known");
    place.write("programs/p.lisp", "test \"$level\" = none || echo broken\n");
    place.write("programs/p.out", "");
    let folder = place.0.display();
    place.write(
        "list",
        &format!("# comment\nmemory {folder}/programs/p.lisp\nstress {folder}/programs/p.lisp # why\n\
                  unoptimized {folder}/programs/p.lisp\n"),
    );
    let options = TestOptions { expected_failures: Some(place.0.join("list")), ..place.options() };
    // Native modes fail and are not listed; unoptimized is listed and passes.
    assert_eq!(place.run(&options), Ok(summary(0, 3, 2)));
    place.write("list", "memory no/such/program.lisp\n");
    assert!(place.run(&options).unwrap_err().contains("list:1: cannot read"));
}

#[test]
fn a_program_that_does_not_end_is_killed() {
    let place = Place::new("endless");
    place.write("programs/p.lisp", "exec sleep 60\n");
    place.write("programs/p.out", "");
    let options = TestOptions { time_limit: Duration::from_millis(100), modes: vec![Mode::Memory], ..place.options() };
    assert_eq!(place.run(&options), Ok(summary(0, 1, 0)));
}

#[test]
fn wrong_requests_are_errors() {
    let place = Place::new("wrong");
    place.write("programs/p.lisp", "\n");
    assert_eq!(place.run(&place.options()), Err("no tests found".to_string()));
    let options = TestOptions { paths: vec![place.0.join("programs/p.lisp")], ..place.options() };
    assert!(place.run(&options).unwrap_err().contains("no .out, .err or .exit file"));
    place.write("programs/p.out", "");
    assert!(run_tests(Path::new("/no/such/rook"), &place.options()).unwrap_err().contains("cannot run"));
}
