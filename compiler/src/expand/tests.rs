//! Forms from text, expanded and compared with dumps. No Lisp runs: a test processor plays the
//! evaluator, its "functions" are fixnums that name Rust functions.

use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::gc;
use rook_runtime::object::{list, package};
use rook_runtime::value::Value;

use super::*;
use crate::diag::Code;
use crate::hir::print::{print_node, print_unit};
use crate::hir::{parse::parse_unit, verify::verify};
use crate::source::forms::{FormReader, ReadStop};
use crate::testing::with_context;

/// Evaluates nothing but what the test gave it, and collects garbage before every call.
struct TestProcessor {
    ctx: *mut ThreadContext,
    /// What `evaluate` answers, in order.
    answers: Vec<Result<Value, Exit>>,
    expander: fn(&mut ThreadContext, Value, Value) -> Result<Value, Exit>,
    evaluated: usize,
}

impl Evaluator for TestProcessor {
    fn call(&mut self, _function: Value, arguments: &[Value]) -> Result<Value, Exit> {
        // SAFETY: the test's context.
        let ctx = unsafe { &mut *self.ctx };
        (self.expander)(ctx, arguments[0], arguments[1])
    }
    fn evaluate(&mut self, _form: Value, _env: &Env) -> Result<Value, Exit> {
        self.evaluated += 1;
        if self.answers.is_empty() { Ok(Value::fixnum(1)) } else { self.answers.remove(0) }
    }
}
impl Processor for TestProcessor {
    fn emit(&mut self, _unit: &mut Unit, _datums: &mut Datums, _function: FnId) -> Result<(), Exit> {
        Ok(())
    }
}

struct Outcome {
    unit: Unit,
    datums: Datums,
    codes: Vec<Code>,
    messages: Vec<String>,
    diagnostics: Vec<Diagnostic>,
    evaluated: usize,
}

impl Outcome {
    /// Bodies of the top-level functions, one per line.
    fn bodies(&self) -> String {
        let bodies = self.unit.top_level.iter().map(|&id| {
            let text = print_node(&self.unit, &self.datums, &self.unit.function(id).body);
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        });
        bodies.collect::<Vec<_>>().join("\n")
    }
    fn function(&self, name: &str) -> String {
        let function = self.unit.functions.iter().find(|f| f.name == name).expect("the function exists");
        print_node(&self.unit, &self.datums, &function.body).split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

fn no_macros(_: &mut ThreadContext, _: Value, _: Value) -> Result<Value, Exit> {
    Err(Exit::Error("no macro was expected".into()))
}

fn run_with(
    ctx: &mut ThreadContext,
    text: &str,
    mode: Mode,
    expander: fn(&mut ThreadContext, Value, Value) -> Result<Value, Exit>,
) -> Outcome {
    let user = package::find_package_str("COMMON-LISP-USER").unwrap();
    let variable = package::intern_str(ctx, package::common_lisp(), "*PACKAGE*");
    rook_runtime::control::binding::set_symbol_value(ctx, variable, user);
    let mut processor = TestProcessor { ctx, answers: Vec::new(), expander, evaluated: 0 };
    let compilation = Compilation::new(ctx);
    let mut reader = FormReader::new(text, 1);
    let mut x = Expander::new(ctx, compilation.clone(), mode, &mut processor);
    loop {
        match reader.read(ctx, &mut x.spans) {
            Ok(Some(form)) => x.process_top_level(form).unwrap(),
            Ok(None) => break,
            Err(ReadStop::Text(diagnostic)) => {
                compilation.report(*diagnostic);
                break;
            }
            Err(ReadStop::Raised) => panic!("the reader raised"),
        }
    }
    x.finish();
    let (unit, datums) = (std::mem::take(&mut x.unit), std::mem::take(&mut x.datums));
    drop(x);
    let problems = verify(&unit);
    assert!(problems.is_empty(), "{problems:?}\n{}", print_unit(&unit, &datums));
    let dump = print_unit(&unit, &datums);
    let (parsed, parsed_datums) = parse_unit(ctx, &dump).unwrap_or_else(|e| panic!("{e}\n{dump}"));
    assert_eq!(print_unit(&parsed, &parsed_datums), dump);
    let diagnostics = compilation.with_diagnostics(|d| d.take());
    Outcome {
        unit,
        datums,
        codes: diagnostics.iter().map(|d| d.code).collect(),
        messages: diagnostics.iter().map(|d| d.message.clone()).collect(),
        diagnostics,
        evaluated: processor.evaluated,
    }
}

fn run(text: &str) -> Outcome {
    with_context(|ctx| run_with(ctx, text, Mode::Memory, no_macros))
}
/// The dump of forms that must expand without any message but that no library is loaded.
fn clean(text: &str) -> String {
    let outcome = run(text);
    assert!(outcome.codes.iter().all(|&code| code == Code::UndefinedFunction), "{:?}", outcome.messages);
    outcome.bodies()
}
fn codes(text: &str) -> Vec<Code> {
    run(text).codes
}

#[test]
fn constants_stand_for_themselves() {
    assert_eq!(clean("12 \"a\" #\\b :key t nil '(1 x)"), [
        "(const 12)", "(const \"a\")", "(const #\\u+62)", "(const :KEY)", "(const cl:T)", "(const cl:NIL)",
        "(const (1 COMMON-LISP-USER::X))",
    ].join("\n"));
}

#[test]
fn let_binds_in_parallel_and_let_star_in_sequence() {
    assert_eq!(clean("(let ((x 1) (y 2)) (cons x y))"), "(let ((x.0 (const 1)) (y.1 (const 2))) (prim Cons x.0 y.1))");
    assert_eq!(clean("(let* ((x 1) (y x)) y)"), "(let ((x.0 (const 1))) (let ((y.1 x.0)) y.1))");
    assert_eq!(clean("(let ((x 1)) (setq x 2) x)"), "(let ((x.0 (const 1))) (seq (set x.0 (const 2)) x.0))");
}

#[test]
fn special_variables_are_bound_dynamically() {
    assert_eq!(
        clean("(let ((*print-base* 1)) *print-base*)").replace("cl:", ""),
        "(bind ((*PRINT-BASE* (const 1))) (global *PRINT-BASE*))"
    );
    // Mixed with lexical ones, all values come first.
    assert_eq!(
        clean("(let ((x 1) (s 2)) (declare (special s)) (cons x s))").replace("COMMON-LISP-USER::", ""),
        "(let ((x.0 (const 1)) (special.1 (const 2))) (bind ((S special.1)) (prim Cons x.0 (global S))))"
    );
}

#[test]
fn blocks_and_tags_that_nothing_uses_disappear() {
    assert_eq!(clean("(block a 1)"), "(const 1)");
    assert_eq!(clean("(block a (return-from a 1))"), "(block b0 (return-from b0 (const 1)))");
    assert_eq!(clean("(tagbody (list) again)"), "(const cl:NIL)");
    assert_eq!(
        clean("(tagbody again (go again))"),
        "(tagbody t0 (g0 (go t0 g0)))"
    );
    assert_eq!(codes("(go nowhere)"), [Code::UnknownTag]);
    assert_eq!(codes("(return 1)"), [Code::UnknownBlock]);
}

#[test]
fn known_functions_become_operators() {
    assert_eq!(clean("(+ 1 2 3)"), "(prim Add (prim Add (const 1) (const 2)) (const 3))");
    assert_eq!(clean("(+)"), "(const 0)");
    assert_eq!(clean("(- 1)"), "(prim Mul (const -1) (const 1))");
    assert_eq!(
        clean("(let ((x 1)) (< 0 x 9))"),
        "(let ((x.0 (const 1))) (let ((number.1 (const 0)) (number.2 x.0) (number.3 (const 9))) \
         (if (prim Lt number.1 number.2) (prim Lt number.2 number.3) (const cl:NIL))))"
    );
    assert_eq!(clean("(cadr '(1 2))"), "(prim Car (prim Cdr (const (1 2))))");
    assert_eq!(clean("(funcall #'car nil)"), "(prim Car (const cl:NIL))");
    assert_eq!(clean("(locally (declare (notinline car)) (car nil))"), "(call cl:CAR (const cl:NIL))");
    assert_eq!(clean("(flet ((car (x) x)) (car 1))"), "(functions (f1) (call-known f1 (const 1)))");
    let wrong = run("(car 1 2)");
    assert!(wrong.codes.contains(&Code::WrongArgumentCount));
    assert_eq!(wrong.bodies(), "(call cl:CAR (const 1) (const 2))");
}

#[test]
fn lambda_calls_become_bindings() {
    assert_eq!(clean("((lambda (x) x) 1)"), "(let ((x.0 (const 1))) x.0)");
    assert_eq!(
        clean("((lambda (x &optional (y x) &rest z) (list x y z)) 1)"),
        "(let ((argument.0 (const 1))) (let ((x.1 argument.0)) (let ((y.2 x.1)) (let ((z.3 (const cl:NIL))) \
         (prim Cons x.1 (prim Cons y.2 (prim Cons z.3 (const cl:NIL))))))))"
    );
}

#[test]
fn lambda_lists_keep_their_parts() {
    let outcome = run("#'(lambda (a &optional (b a b-p) &rest r &key ((:k kk) 1) &allow-other-keys &aux (z 2)) (list a b b-p r kk z))");
    assert!(outcome.messages.is_empty(), "{:?}", outcome.messages);
    let params = &outcome.unit.functions[1].params;
    assert_eq!((params.required.len(), params.optional.len()), (1, 1));
    assert!(params.rest.is_some() && params.allow_other_keys && params.optional[0].supplied.is_some());
    assert!(outcome.function("LAMBDA").starts_with("(let ((z."));
    for wrong in ["(a a)", "(&rest)", "(&key k &optional o)", "(nil)", "(&optional (a 1 2))", "(&rest a b)", "(a . b)"] {
        let codes = codes(&format!("#'(lambda {wrong} 1)"));
        assert!(codes.iter().any(|&c| c != Code::UnusedVariable), "{wrong} is accepted");
    }
}

#[test]
fn special_parameters_are_bound_in_the_body_and_seen_by_later_defaults() {
    let outcome = run("#'(lambda (*print-base* &optional (y *print-base*)) y)");
    let text = outcome.function("LAMBDA").replace("cl:", "");
    assert!(text.starts_with("(bind ((*PRINT-BASE* *print-base*.0)) (let ((y."), "{text}");
    assert!(text.contains("(global *PRINT-BASE*)"), "{text}");
}

#[test]
fn symbol_macros_expand_and_are_assigned_through_setf() {
    assert_eq!(clean("(symbol-macrolet ((a 12)) (cons a a))"), "(prim Cons (const 12) (const 12))");
    let assigned = run("(symbol-macrolet ((a (car x))) (setq a 1))");
    assert!(assigned.bodies().contains("SETF"), "{}", assigned.bodies());
    assert_eq!(codes("(setq t 1)"), [Code::AssignedConstant]);
    assert_eq!(codes("(let ((:a 1)) 1)"), [Code::AssignedConstant]);
}

#[test]
fn backquote_shares_constants_and_splices() {
    assert_eq!(clean("`(1 a)"), "(const (1 COMMON-LISP-USER::A))");
    assert_eq!(
        clean("(let ((x 1)) `(a ,x))").replace("COMMON-LISP-USER::", ""),
        "(let ((x.0 (const 1))) (prim Cons (const A) (prim Cons x.0 (const cl:NIL))))"
    );
    assert_eq!(clean("(let ((x 1)) `(,@x))"), "(let ((x.0 (const 1))) x.0)");
    assert_eq!(
        clean("(let ((x 1)) `(,@x . ,x))"),
        "(let ((x.0 (const 1))) (call cl:APPEND x.0 x.0))"
    );
    assert_eq!(clean("(let ((x 1)) `#(1 ,x))").contains("global-function cl:VECTOR"), true);
    assert_eq!(codes("`,@a"), [Code::MalformedForm]);
    assert_eq!(codes(",a").len(), 1);
}

#[test]
fn nested_backquotes_unquote_at_their_own_level() {
    let text = clean("(let ((x 1)) `(a `(b ,(c ,x))))").replace("COMMON-LISP-USER::", "");
    // The inner comma stays, the one inside it is evaluated now.
    assert!(text.contains("(const k:UNQUOTE)"), "{text}");
    assert!(text.contains("(prim Cons (const C) (prim Cons x.0"), "{text}");
    let spliced = clean("(let ((x 1)) `(a `(b ,,@x)))");
    assert!(spliced.contains("(prim Cons (const k:UNQUOTE) x.0)"), "{spliced}");
}

#[test]
fn or_and_cond_evaluate_each_test_once() {
    assert_eq!(
        clean("(or (gensym) 2)"),
        "(let ((or.0 (call cl:GENSYM))) (if or.0 or.0 (const 2)))"
    );
    assert_eq!(clean("(or (consp 1) 2)"), "(if (prim Consp (const 1)) (const cl:T) (const 2))");
    assert_eq!(clean("(and)"), "(const cl:T)");
    assert_eq!(clean("(cond ((consp 1) 2) (t 3))"), "(if (prim Consp (const 1)) (const 2) (const 3))");
    assert_eq!(clean("(cond ((gensym)))"), "(values (call cl:GENSYM))");
}

#[test]
fn macrolet_macros_are_called_with_their_environment() {
    fn expander(ctx: &mut ThreadContext, form: Value, environment: Value) -> Result<Value, Exit> {
        assert!(macro_function_in(form.car(), environment).is_some());
        assert_eq!(symbol_macro_in(form.car(), environment), None);
        let argument = form.cdr().car();
        let progn = package::intern_str(ctx, package::common_lisp(), "PROGN");
        Ok(list(ctx, &[progn, argument]))
    }
    let outcome = with_context(|ctx| run_with(ctx, "(macrolet ((m (x) x)) (m 12))", Mode::Memory, expander));
    assert_eq!(outcome.bodies(), "(const 12)");
}

#[test]
fn a_macro_that_signals_is_a_diagnostic_and_the_form_a_run_time_error() {
    let outcome = run("(macrolet ((m (x) x)) (list (m 12) 5))");
    assert_eq!(outcome.codes, [Code::MacroError]);
    assert!(outcome.bodies().contains("source_error"), "{}", outcome.bodies());
    assert!(outcome.bodies().contains("(const 5)"));
}

#[test]
fn forms_survive_collections_in_macro_functions() {
    fn expander(ctx: &mut ThreadContext, form: Value, _: Value) -> Result<Value, Exit> {
        let second = form.cdr().car();
        for _ in 0..1000 {
            list(ctx, &[second, second]);
        }
        let result = list(ctx, &[form.cdr().cdr().car()]);
        let result = rook_runtime::object::cons(ctx, second, result);
        Ok(result)
    }
    // Collection itself needs a mutator that stopped in Lisp; moving is simulated by the epoch.
    let outcome = with_context(|ctx| {
        gc::of(ctx).epoch += 1;
        run_with(ctx, "(macrolet ((m (f x) x)) (list (m car '(1)) (m cdr '(2))))", Mode::Memory, expander)
    });
    assert!(outcome.bodies().starts_with("(prim Cons (prim Car (const (1))) (prim Cons (prim Cdr (const (2)))"));
}

#[test]
fn top_level_forms_take_effect_at_compile_time_in_a_file() {
    let text = "(defconstant +five+ 5) (defvar *v* 1) (defmacro m (x) x) (deftype ty () 'fixnum)
                (eval-when (:compile-toplevel) (foo)) (defun f () (list +five+ *v*))";
    let outcome = with_context(|ctx| run_with(ctx, text, Mode::File, no_macros));
    assert!(outcome.messages.is_empty(), "{:?}", outcome.messages);
    assert_eq!(outcome.evaluated, 3);
    assert!(outcome.function("F").starts_with("(prim Cons (const 5)"), "{}", outcome.function("F"));
    let global = outcome.unit.functions.iter().find(|f| f.name == "F").unwrap().global;
    assert!(global.is_some());
}

#[test]
fn inline_functions_are_expanded_at_their_calls() {
    let text = "(declaim (inline add)) (defun add (x &optional (y 1)) (+ x y)) (defun g (z) (add z))
                (defun h (z) (declare (notinline add)) (add z))";
    let outcome = with_context(|ctx| run_with(ctx, text, Mode::File, no_macros));
    assert!(outcome.function("G").contains("(prim Add "), "{}", outcome.function("G"));
    assert!(outcome.function("H").starts_with("(call "), "{}", outcome.function("H"));
}

#[test]
fn only_definitions_at_top_level_are_global() {
    let text = "(defun a ()) (progn (defun b ())) (if (list) (defun c ())) (let ((x 1)) (defun d () x))";
    let outcome = with_context(|ctx| run_with(ctx, text, Mode::File, no_macros));
    let global = |name: &str| outcome.unit.functions.iter().find(|f| f.name == name).unwrap().global.is_some();
    assert_eq!(["A", "B", "C", "D"].map(global), [true, true, false, false]);
}

#[test]
fn warnings_name_what_is_unused_undefined_or_miscalled() {
    assert_eq!(codes("(let ((x 1)) 2)"), [Code::UnusedVariable]);
    assert_eq!(codes("(let ((x 1)) (declare (ignore x)) 2)"), []);
    assert_eq!(codes("(let ((x 1)) (declare (ignore x)) x)"), [Code::UsedIgnored]);
    assert_eq!(codes("undefined-thing"), [Code::UndefinedVariable]);
    assert_eq!(codes("(undefined-function-1) (undefined-function-1)"), [Code::UndefinedFunction]);
    assert_eq!(codes("(defun two (a b) (list a b)) (two 1)"), [Code::WrongArgumentCount]);
    assert_eq!(codes("(two-later 1) (defun two-later (a b) (list a b))"), [Code::WrongArgumentCount]);
    let outcome = with_context(|ctx| run_with(ctx, "(defun f ()) (defun f ())", Mode::File, no_macros));
    assert_eq!(outcome.codes, [Code::Redefinition]);
}

#[test]
fn misspelt_functions_get_a_suggestion() {
    assert_eq!(warnings::edit_distance("LENGHT", "LENGTH"), 1);
    assert_eq!(warnings::edit_distance("ABC", "ABC"), 0);
    assert_eq!(warnings::edit_distance("", "ABC"), 3);
}

#[test]
fn malformed_forms_are_diagnostics() {
    for text in ["(if)", "(quote)", "(let x)", "(let ((a 1 2)) a)", "(1 2)", "(flet (f) 1)", "(progn . 1)", "(setq a)",
        "(eval-when (never) 1)", "(%undefined-primitive-call . 2)", "(block 1)", "(catch)", "(the fixnum)",
        "(declare (special x))", "(function)", "(function 1)", "(multiple-value-bind 1 2)", "(lambda)", "(cond 1)",
        "(tagbody a a)", "(rook-kernel::%primitive no-such-primitive)", "#'if", "(in-package)", "(defun)", "(defun 1 ())"] {
        assert!(!codes(text).is_empty(), "{text} is accepted");
    }
}

#[test]
fn deep_nesting_is_a_diagnostic() {
    for (open, close) in [("(progn ", ")"), ("`(", ")"), ("(list `(,", "))"), ("(if 1 ", ")")] {
        let text = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        let codes = std::thread::Builder::new().stack_size(64 << 20).spawn(move || codes(&text)).unwrap().join().unwrap();
        let reported = codes.iter().any(|c| matches!(c, Code::NestingTooDeep | Code::ReaderError));
        assert!(reported, "{open}: {codes:?}");
    }
}

#[test]
fn destructuring_checks_counts_before_it_takes_anything() {
    let text = clean("(destructuring-bind (a (b &optional (c 2)) &rest d &key k) '(1 (2)) (list a b c d k))");
    for part in ["check_macro_arguments", "find_keyword_argument", "check_macro_keywords"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(codes("(destructuring-bind (a &rest b c) nil (list a b c))"), [Code::MalformedLambdaList]);
}

#[test]
fn diagnostics_know_their_place_and_the_macros_on_the_way() {
    fn expander(ctx: &mut ThreadContext, _: Value, _: Value) -> Result<Value, Exit> {
        let go = package::intern_str(ctx, package::common_lisp(), "GO");
        Ok(list(ctx, &[go, Value::fixnum(1)]))
    }
    let text = "\n(macrolet ((m () 1))\n  (if 1\n    (m)))";
    let outcome = with_context(|ctx| run_with(ctx, text, Mode::Memory, expander));
    assert_eq!(outcome.codes, [Code::UnknownTag]);
    let diagnostic = &outcome.diagnostics[0];
    // The form itself is made by the macro: its place is that of the macro call.
    assert_eq!((diagnostic.span.line, diagnostic.span.column), (4, 5));
    assert_eq!(diagnostic.trail.len(), 1);
    assert_eq!(diagnostic.trail[0].name, "m");
    let unfinished = run("(list 1\n (list 2");
    assert_eq!(unfinished.codes, [Code::ReaderError]);
    assert_eq!(unfinished.diagnostics[0].span.line, 2);
}

#[test]
fn the_functions_of_local_macros_see_no_run_time_bindings() {
    let env = Env::null();
    assert!(env.for_compile_time().is_null());
    with_context(|ctx| {
        let compilation = Compilation::new(ctx);
        let name = compilation.hold(Value::fixnum(1));
        let hidden = compilation.hold(Value::fixnum(2));
        use crate::env::lexical::{Entry, Function, Variable};
        let env = env.with(vec![
            Entry::Variable(name, Variable::Lexical(VarId(0))),
            Entry::Variable(hidden, Variable::SymbolMacro(name)),
            Entry::Function(name, Function::Macro(name)),
            Entry::Block(name, BlockId(0)),
        ]);
        let inner = env.for_compile_time();
        assert_eq!(inner.variable(name), Some(Variable::Unavailable));
        assert_eq!(inner.variable(hidden), Some(Variable::SymbolMacro(name)));
        assert_eq!(inner.function(name), Some(Function::Macro(name)));
        assert_eq!(inner.block(name), None);
        let own = inner.with(vec![Entry::Variable(name, Variable::Lexical(VarId(1)))]);
        assert_eq!(own.variable(name), Some(Variable::Lexical(VarId(1))));
    });
}

#[test]
fn the_verifier_finds_what_is_wrong() {
    let broken = [
        "x.7",
        "x.0",
        "(go t0 g0)",
        "(return-from b0 x.0)",
        "(let ((x.0 (const 1))) (let ((x.0 (const 2))) x.0))",
        "(let ((x.0 (const 1))) (set x.0 (const 2)))",
        "(prim Car)",
        "(call-known f0)",
        "(lambda f9)",
        "(seq)",
    ];
    with_context(|ctx| {
        for body in broken {
            let text = format!(
                "(unit (vars (x.0 \"x\" any -)) (top-level f0) (next 1 1 1)
                  (function f0 \"f\" - (policy 1 1 1 1 1) (flags) (params (required)) {body}))"
            );
            let (unit, _) = parse_unit(ctx, &text).unwrap();
            assert!(!verify(&unit).is_empty(), "{body} is accepted");
        }
        for text in ["", "(unit", "(unit (vars))", "(unit (vars) (top-level x) (next 1 1 1))"] {
            assert!(parse_unit(ctx, text).is_err(), "{text} is accepted");
        }
    });
}
