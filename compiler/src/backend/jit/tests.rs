//! MIR text, compiled, loaded and run.

use super::load_unit;
use crate::backend::{Backend, Target};
use crate::datum::Datums;
use crate::mir::parse::parse_program;
use crate::mir::print::print_program;
use crate::mir::verify::verify;
use crate::testing::with_context;
use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::control::{Exit, call_lisp_values};
use rook_runtime::gc::options::GcOptions;
use rook_runtime::value::Value;

/// Runs the first top-level function of a program with arguments; all its values.
fn run_in(ctx: &mut ThreadContext, text: &str, args: &[Value], optimize: bool) -> Result<Vec<Value>, Exit> {
    let mut datums = Datums::new();
    let program = parse_program(ctx, &mut datums, text).expect("the text is MIR");
    let printed = print_program(&program, &datums);
    let again = parse_program(ctx, &mut datums, &printed).expect("what is printed can be read");
    assert_eq!(print_program(&again, &datums), printed, "printing and reading are inverse");
    assert_eq!(verify(&program), [""; 0], "the program is sound");
    let mut backend = Backend::new(Target { optimize, verify: true, ..Target::MEMORY });
    let unit = backend.compile(&program, &datums, Vec::new()).expect("the program compiles");
    let loaded = load_unit(ctx, &unit, &datums).expect("the unit loads");
    let function = loaded.top_level()[0];
    call_lisp_values(ctx, function, args)
}

fn run(text: &str, args: &[i64]) -> Vec<i64> {
    with_context(|ctx| {
        let args: Vec<Value> = args.iter().map(|&n| Value::fixnum(n)).collect();
        let results = [false, true].map(|optimize| run_in(ctx, text, &args, optimize).expect("no exit"));
        assert_eq!(results[0], results[1], "optimised code agrees");
        results[0].iter().map(|v| v.to_fixnum().expect("a fixnum")).collect()
    })
}

#[test]
fn fib() {
    let text = "
        top f0
        function f0 \"FIB\" general many check {
        b0(v0:function v1:word v2:any v3:any v4:any v5:any):
          v6:any = call direct f1 v2
          v7:word = word 1
          return v6 v7
        }
        function f1 \"FIB direct\" direct tagged check {
        b0(v0:any):
          v1:fixnum = fixnum 2
          v2:bool = compare lt v0 v1
          branch v2 b1() b2()
        b1():
          return v0
        b2():
          v3:fixnum = fixnum 1
          v4:any = sub v0 v3
          v5:any = call direct f1 v4
          v6:any = sub v0 v1
          v7:any = call direct f1 v6
          v8:any = add v5 v7
          return v8
        }";
    assert_eq!(run(text, &[20]), [6765]);
}

/// Builds `(n … 1)` in a loop, then sums it in another; every allocation may collect.
const LIST: &str = "
    top f0
    function f0 \"LIST\" general many check {
    b0(v0:function v1:word v2:fixnum v3:any v4:any v5:any):
      v6:nil = nil
      v7:fixnum = fixnum 0
      jump b1(v2 v6 v7)
    b1(v8:fixnum v9:nil|cons v10:fixnum):
      v11:bool = compare eq v8 v7
      branch v11 b3(v9 v10) b2()
    b2():
      v12:double = double 1.5
      v13:double-float = box-double v12
      v14:cons = cons v8 v9
      v15:cons = cons v13 v14
      v16:any = load tagged tag=3 offset=8 v15
      v17:fixnum = fixnum 1
      v18:any = sub v8 v17
      poll
      jump b1(v18 v16 v10)
    b3(v20:nil|cons v21:fixnum):
      v22:bool = is nil v20
      branch v22 b5() b4()
    b4():
      v23:fixnum = load tagged tag=3 offset=0 v20
      v24:nil|cons = load tagged tag=3 offset=8 v20
      v25:any = add v21 v23
      poll
      jump b3(v24 v25)
    b5():
      v26:word = word 1
      return v21 v26
    }";

fn collections(ctx: &mut ThreadContext) -> u64 {
    let stats = &rook_runtime::gc::of(ctx).stats;
    stats.minor + stats.full
}

fn with_gc<R>(options: &str, f: impl FnOnce(&mut ThreadContext) -> R) -> R {
    with_context(|ctx| {
        let (options, complaints) = GcOptions::parse(options);
        assert!(complaints.is_empty(), "{complaints:?}");
        rook_runtime::gc::use_options(ctx, options);
        let before = collections(ctx);
        let result = f(ctx);
        assert!(collections(ctx) > before, "the collector ran");
        rook_runtime::gc::use_options(ctx, GcOptions::parse("").0);
        result
    })
}

/// The same answers under every way of collecting.
fn run_stressed(text: &str, args: &[i64]) -> Vec<i64> {
    let args: Vec<Value> = args.iter().map(|&n| Value::fixnum(n)).collect();
    let mut answers = Vec::new();
    for options in ["safepoint,move-all,poison,verify,audit", "safepoint,collector=single,move-all,poison"] {
        for optimize in [false, true] {
            let results = with_gc(options, |ctx| run_in(ctx, text, &args, optimize).expect("no exit"));
            answers.push(results.iter().map(|v| v.to_fixnum().expect("a fixnum")).collect::<Vec<i64>>());
        }
    }
    assert!(answers.windows(2).all(|w| w[0] == w[1]), "all runs agree: {answers:?}");
    answers.swap_remove(0)
}

#[test]
fn lists_survive_collections() {
    assert_eq!(run_stressed(LIST, &[40]), [820]);
}

#[test]
fn long_lists() {
    assert_eq!(run(LIST, &[300_000]), [300_000 * 300_001 / 2]);
}

/// catch around a body that throws from a depth of `n` calls, values live over the catch.
const CATCH: &str = "
    @0 = :DONE
    top f0
    function f0 \"CATCH\" general many check exits=1 {
    b0(v0:function v1:word v2:fixnum v3:any v4:any v5:any):
      v6:any = const @0
      v7:cons = cons v2 v6
      v8:cons = cons v7 v7
      try-call x0 catch v6 direct f1 v2 v8 normal 2 b1(v8) handler b2(v8 v7)
    b1(v10:any v11:word v12:cons):
      v13:fixnum = fixnum -1
      v14:word = word 1
      return v13 v14
    b2(v15:any v16:word v17:cons v18:cons):
      v19:cons = load tagged tag=3 offset=0 v17
      v20:fixnum = load tagged tag=3 offset=0 v19
      v21:fixnum = load tagged tag=3 offset=0 v18
      v22:any = add v20 v21
      v23:fixnum = load tagged tag=3 offset=0 v15
      v24:any = add v22 v23
      v25:word = word 1
      return v24 v25
    }
    function f1 \"BODY\" direct many check {
    b0(v0:fixnum v1:cons):
      v2:fixnum = fixnum 0
      v3:bool = compare eq v0 v2
      branch v3 b1() b2()
    b1():
      v4:any = const @0
      v5:fixnum = fixnum 1000
      v6:cons = cons v5 v4
      v7:word = word 1
      throw v4 v6 v7
    b2():
      v8:fixnum = fixnum 1
      v9:fixnum = sub v0 v8
      v10:cons = cons v9 v1
      v11:any v12:word = call direct f1 v9 v10
      v13:any = load tagged tag=3 offset=8 v10
      return v13 v12
    }";

#[test]
fn a_throw_lands_with_everything_live() {
    for n in [0, 1, 50] {
        assert_eq!(run(CATCH, &[n]), [1000 + 2 * n]);
        assert_eq!(run_stressed(CATCH, &[n]), [1000 + 2 * n]);
    }
}

/// Block left by token from a closure; a cleanup on the way keeps the values and goes on.
const CLEANUP: &str = "
    @0 = COMMON-LISP-USER::*COUNT*
    top f0
    function f0 \"OUTER\" general many check exits=1 {
    b0(v0:function v1:word v2:fixnum v3:any v4:any v5:any):
      v6:nil = nil
      v7:cons = cons v6 v6
      v8:fixnum = fixnum 0
      set-symbol-value @0 v8
      try-call x0 block v7 direct f1 v2 v7 normal 2 b1() handler b2()
    b1(v10:any v11:word):
      return v8 v11
    b2(v15:any v16:word):
      v17:any = symbol-value @0
      v18:any = add v15 v17
      v19:any = value-ref 1
      v20:any = add v18 v19
      v21:word = word 0
      set-value-count v21
      v22:word = word 1
      return v20 v22
    }
    function f1 \"PROTECT\" direct many check exits=1 {
    b0(v0:fixnum v1:cons):
      v2:nil = nil
      bind @0 v0
      try-call x0 cleanup v2 direct f2 v0 v1 normal 2 b1() handler b2()
    b1(v3:any v4:word):
      return v3 v4
    b2(v5:any v6:word):
      v7:word = unwind-target
      v8:any = runtime save-values v5 v6
      v9:any = symbol-value @0
      v10:fixnum = fixnum 5
      v11:any = add v9 v10
      unbind @0
      set-symbol-value @0 v11
      v12:any v13:word = runtime restore-values v8
      continue-unwind v7 v12 v13
    }
    function f2 \"LEAVE\" direct many check {
    b0(v0:fixnum v1:cons):
      v2:fixnum = fixnum 100
      v3:fixnum = fixnum 70
      value-set 1 v3
      v4:word = word 2
      set-value-count v4
      bind @0 v2
      exit-to v1 v2 v4
    }";

#[test]
fn cleanups_run_on_the_way_out() {
    // 100 + (n + 5) + 70: the inner binding is undone before the cleanup reads the variable.
    assert_eq!(run(CLEANUP, &[7]), [182]);
    assert_eq!(run_stressed(CLEANUP, &[7]), [182]);
}

/// Sums ten arguments, called with one more than registers hold and by tail call in a loop.
const ARGUMENTS: &str = "
    top f0
    function f0 \"DRIVER\" general many check {
    b0(v0:function v1:word v2:fixnum v3:any v4:any v5:any):
      v6:fixnum = fixnum 1
      v7:function = function-object f1
      v8:any v9:word = call function v7 v2 v6 v6 v6 v6 v6 v6 v6 v7
      return v8 v9
    }
    function f1 \"LOOP\" general many check {
    b0(v0:function v1:word v2:fixnum v3:fixnum v4:fixnum v5:fixnum):
      v6:fixnum = arg-ref 4
      v7:fixnum = arg-ref 5
      v8:fixnum = arg-ref 6
      v9:fixnum = arg-ref 7
      v30:function = arg-ref 8
      v10:word = word 0
      set-arg-count v10
      v11:fixnum = fixnum 0
      v12:bool = compare eq v2 v11
      branch v12 b1() b2()
    b1():
      v13:any = add v3 v4
      v14:any = add v13 v5
      v15:any = add v14 v6
      v16:any = add v15 v7
      v17:any = add v16 v8
      v18:any = add v17 v9
      v19:word = word 1
      return v18 v19
    b2():
      v20:fixnum = fixnum 1
      v21:fixnum = sub v2 v20
      v22:fixnum = add v9 v20
      v23:cons = cons v30 v22
      tail-call function v30 v21 v4 v5 v6 v7 v8 v9 v22 v30
    }";

#[test]
fn many_arguments_and_tail_calls() {
    assert_eq!(run(ARGUMENTS, &[0]), [7]);
    // n iterations: the last eight arguments are n-5 … n+1.
    assert_eq!(run(ARGUMENTS, &[1_000_000]), [7 * 1_000_000 - 14]);
    assert_eq!(run_stressed(ARGUMENTS, &[100]), [7 * 100 - 14]);
}

/// A counter closure over a cell; doubles; a C function; characters.
const MIXED: &str = "
    @0 = cl:FIXNUM
    top f0
    function f0 \"MIXED\" general many check {
    b0(v0:function v1:word v2:fixnum v3:any v4:any v5:any):
      v6:value-cell = make-cell v2
      v7:function = make-closure f1 v6
      v8:any v9:word = call function v7
      v10:any v11:word = call function v7
      v12:any = add v8 v10
      v13:word = untag v2
      v14:double = word-to-double v13
      v15:double = float-mul v14 v14
      v16:double-float = box-double v15
      v17:double-float = add v16 v16
      v18:double = unbox-double v17
      v19:double = float-sqrt v18
      v20:word = double-to-word v19
      v21:word = foreign-call labs word v20
      v22:fixnum = tag v21
      v23:any = add v12 v22
      v24:word = word 1
      v25:fixnum = check fixnum @0 v23
      return v25 v24
    }
    function f1 \"COUNTER\" general many {
    b0(v0:function v1:word v2:any v3:any v4:any v5:any):
      v6:value-cell = closure-ref 0 v0
      v7:fixnum = cell-ref v6
      v8:fixnum = fixnum 1
      v9:any = add v7 v8
      cell-set v6 v9
      v10:word = word 1
      return v9 v10
    }";

#[test]
fn closures_doubles_and_c() {
    // 11 + 12 + |trunc sqrt 200|
    assert_eq!(run(MIXED, &[10]), [37]);
    assert_eq!(run_stressed(MIXED, &[10]), [37]);
}
