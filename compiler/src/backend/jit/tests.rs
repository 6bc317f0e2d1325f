//! MIR text, compiled, loaded and run.

use super::load_unit;
use crate::backend::{Backend, Target};
use crate::datum::Datums;
use crate::mir::parse::parse_program;
use crate::mir::print::print_program;
use crate::testing::with_context;
use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::control::{Exit, call_lisp_values};
use rook_runtime::gc::{Level, collect};
use rook_runtime::value::{Value, nil};

/// Runs the first top-level function of a program with arguments; all its values.
fn run_in(ctx: &mut ThreadContext, text: &str, args: &[Value], optimize: bool) -> Result<Vec<Value>, Exit> {
    let mut datums = Datums::new();
    let program = parse_program(ctx, &mut datums, text).expect("the text is MIR");
    let printed = print_program(&program, &datums);
    let again = parse_program(ctx, &mut datums, &printed).expect("what is printed can be read");
    assert_eq!(print_program(&again, &datums), printed, "printing and reading are inverse");
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
