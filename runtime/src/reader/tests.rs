//! The reader on texts: what is read, shown by a small printer of its own, and what is refused.

use super::*;
use crate::abi::layout::{kind, symbol};
use crate::abi::well_known::Sym;
use crate::io::text_stream;
use crate::object::package::{find_package_str, is_keyword, keyword, package_text};
use crate::object::symbol::{set_global_value, symbol_package, symbol_text, well_known};
use crate::object::testing::with_context;
use crate::object::text::code_points;
use crate::object::{string_to_rust, text};
use crate::value::{nil, t};

/// Symbols of CL and CL-USER without prefix, others with `package::`; strings and characters with
/// `prin1` syntax; floats with `s` or `d` behind.
pub(super) fn show(v: Value) -> String {
    if v.is_cons() {
        let mut parts = Vec::new();
        let mut rest = v;
        while rest.is_cons() {
            parts.push(show(rest.car()));
            rest = rest.cdr();
        }
        if !rest.is_nil() {
            parts.push(format!(". {}", show(rest)));
        }
        return format!("({})", parts.join(" "));
    }
    if v.is_symbol() {
        return show_symbol(v);
    }
    if v.is_fixnum() {
        return v.as_fixnum().to_string();
    }
    if v.is_character() {
        return format!("#\\{}", text::rust_text(&[v.as_character()]));
    }
    if v.is_single() {
        return format!("{:e}s", v.as_single());
    }
    if v.is_double() {
        return format!("{:e}d", v.as_double());
    }
    if v.is_string() {
        return format!("{:?}", string_to_rust(v));
    }
    let slots = || (0..v.size()).map(|i| show(v.slot(i))).collect::<Vec<_>>().join(" ");
    match v.other_kind() {
        Some(kind::SIMPLE_VECTOR) => format!("#({})", slots()),
        Some(kind::RATIO) => format!("{}/{}", show(v.slot(0)), show(v.slot(1))),
        Some(kind::COMPLEX) => format!("#C({})", slots()),
        Some(kind::ARRAY) => format!("#ARRAY({})", slots()),
        Some(kind::BIT_VECTOR) => {
            let bits = (0..v.size()).map(|i| if v.slot(i / 64).0 >> (i % 64) & 1 == 1 { '1' } else { '0' });
            format!("#*{}", bits.collect::<String>())
        }
        _ => format!("#<{:?}>", v.other_kind()),
    }
}

fn show_symbol(v: Value) -> String {
    let name = symbol_text(v);
    let home = symbol_package(v);
    if home.is_nil() {
        return format!("#:{name}");
    }
    match package_text(home).as_str() {
        "COMMON-LISP" | "COMMON-LISP-USER" => name,
        "KEYWORD" => format!(":{name}"),
        "ROOK-KERNEL" => format!("%{name}"),
        other => format!("{other}::{name}"),
    }
}

fn read_one(ctx: &mut ThreadContext, text: &str) -> Result<Option<Value>, String> {
    let stream = text_stream::make_input(ctx, &code_points(text));
    read(ctx, stream, Options::default()).map_err(|_| {
        let kind = ctx.pending_kind;
        if kind == ErrorKind::Reader as u64 {
            string_to_rust(Value(ctx.pending_args[2]).car())
        } else if kind == ErrorKind::EndOfFile as u64 {
            String::from("end of file")
        } else {
            format!("error kind {kind}")
        }
    })
}

#[track_caller]
fn reads(cases: &[(&str, &str)]) {
    with_context(|ctx| {
        for (text, expected) in cases {
            let value = read_one(ctx, text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(show(value.expect("an object is there")), *expected, "{text}");
        }
    });
}

#[track_caller]
fn refuses(cases: &[(&str, &str)]) {
    with_context(|ctx| {
        for (text, expected) in cases {
            match read_one(ctx, text) {
                Ok(value) => panic!("{text} read as {}", value.map_or(String::from("nothing"), show)),
                Err(message) => assert!(message.contains(expected), "{text}: {message}"),
            }
        }
    });
}

#[test]
fn lists_and_dots() {
    reads(&[
        ("()", "NIL"),
        ("(a b c)", "(A B C)"),
        ("(a . b)", "(A . B)"),
        ("(a b . (c d))", "(A B C D)"),
        ("(a .b)", "(A .B)"),
        ("( a ; comment\n b #| c #| d |# |# e)", "(A B E)"),
        ("'a", "(QUOTE A)"),
        ("#'(lambda)", "(FUNCTION (LAMBDA))"),
        ("(a .\n b #|x|#)", "(A . B)"),
        ("((((()))))", "((((NIL))))"),
    ]);
    refuses(&[
        (")", "unmatched"),
        ("(a . )", "must follow"),
        ("(a . b c)", "more than one"),
        ("( . a)", "dot"),
        ("(a . . b)", "dot"),
        (".", "dot"),
        ("...", "dots"),
        ("'", "end of file"),
        ("(a", "end of file"),
        ("(')", "missing"),
        ("#(a . b)", "dot"),
    ]);
}

#[test]
fn symbols_and_escapes() {
    reads(&[
        ("foo", "FOO"),
        ("|foo bar|", "foo bar"),
        ("f\\oo", "FoO"),
        ("a|b c|d", "Ab cD"),
        ("\\1", "1"),
        ("||", ""),
        ("|a\\|b|", "a|b"),
        (":key", ":KEY"),
        (":|key word|", ":key word"),
        ("cl:car", "CAR"),
        ("common-lisp::cdr", "CDR"),
        ("#:gensym", "#:GENSYM"),
        ("#:|a:b|", "#:a:b"),
        ("a\\:b", "A:B"),
        ("1+", "1+"),
        ("+", "+"),
        ("-1-", "-1-"),
        ("1e", "1E"),
        ("+e5", "+E5"),
        ("a#b", "A#B"),
        ("λx", "ΛX"),
        ("\\.", "."),
        ("|.|", "."),
        ("rook-kernel:quasiquote", "%QUASIQUOTE"),
    ]);
    refuses(&[
        ("nosuch:foo", "no package named NOSUCH"),
        ("cl:nosuch", "no external symbol named NOSUCH"),
        ("a:b:c", "misplaced"),
        ("a:::b", "misplaced"),
        (":", "missing"),
        ("cl:", "missing"),
        ("#:a:b", "uninterned"),
        ("|abc", "end of file"),
        ("abc\\", "end of file"),
        ("a\u{8}b", "cannot stand"),
    ]);
}

#[test]
fn numbers() {
    reads(&[
        ("0", "0"),
        ("-12", "-12"),
        ("+7", "7"),
        ("12.", "12"),
        ("1/2", "1/2"),
        ("-4/6", "-2/3"),
        ("4/2", "2"),
        ("1.5", "1.5e0s"),
        (".5", "5e-1s"),
        ("-.5e1", "-5e0s"),
        ("1e3", "1e3s"),
        ("1.e3", "1e3s"),
        ("1s0", "1e0s"),
        ("1f0", "1e0s"),
        ("1d0", "1e0d"),
        ("1L0", "1e0d"),
        ("0.1d0", "1e-1d"),
        ("5d-324", "5e-324d"),
        ("-0.0", "-0e0s"),
        ("0e99999999999999999999", "0e0s"),
        ("#xFF", "255"),
        ("#b-101", "-5"),
        ("#o17", "15"),
        ("#36rZZ", "1295"),
        ("#x1/F", "1/15"),
        ("#x10.", "10"),
        ("1/2/3", "1/2/3"),
        ("1/-2", "1/-2"),
        ("4611686018427387903", "4611686018427387903"),
        ("1.0e+2", "1e2s"),
    ]);
    refuses(&[
        ("1/0", "denominator zero"),
        ("1e1000000000", "too large"),
        ("1d309", "too large"),
        ("1e-1000000000", "too small"),
        ("#xG", "rational"),
        ("#b1.5", "rational"),
        ("#1r0", "radix"),
        ("#r0", "radix"),
    ]);
}

#[test]
fn integers_of_any_size() {
    with_context(|ctx| {
        for (text, k, limbs) in [
            ("4611686018427387904", kind::BIGNUM, 1),
            ("#xFFFFFFFFFFFFFFFFFF", kind::BIGNUM, 2),
            ("1/4611686018427387904", kind::RATIO, 2),
        ] {
            let v = read_one(ctx, text).unwrap().unwrap();
            assert!(v.is_kind(k), "{text}");
            assert_eq!(v.size(), limbs, "{text}");
        }
        assert_eq!(show(read_one(ctx, "-4611686018427387904").unwrap().unwrap()), "-4611686018427387904");
    });
}

#[test]
fn the_base_is_a_variable() {
    with_context(|ctx| {
        set_global_value(ctx, well_known(Sym::READ_BASE), Value::fixnum(16));
        for (text, expected) in [("ff", "255"), ("1e3", "483"), ("10.", "10"), ("fg", "FG"), ("1.5", "1.5e0s")] {
            assert_eq!(show(read_one(ctx, text).unwrap().unwrap()), expected);
        }
        set_global_value(ctx, well_known(Sym::READ_BASE), Value::fixnum(37));
        assert!(read_one(ctx, "1").is_err());
        assert_eq!(ctx.pending_kind, ErrorKind::Type as u64);
        assert_eq!(show(read_one(ctx, "10").unwrap().unwrap()), "10");
        set_global_value(ctx, well_known(Sym::READ_DEFAULT_FLOAT_FORMAT), well_known(Sym::DOUBLE_FLOAT));
        assert_eq!(show(read_one(ctx, "1e0").unwrap().unwrap()), "1e0d");
        set_global_value(ctx, well_known(Sym::READ_DEFAULT_FLOAT_FORMAT), well_known(Sym::SINGLE_FLOAT));
    });
}

#[test]
fn strings_and_characters() {
    reads(&[
        ("\"a\\\"b\\\\c\"", "\"a\\\"b\\\\c\""),
        ("\"two\nlines\"", "\"two\\nlines\""),
        ("\"λ😀\"", "\"λ😀\""),
        ("#\\a", "#\\a"),
        ("#\\(", "#\\("),
        ("(#\\a)", "(#\\a)"),
        ("#\\Space", "#\\ "),
        ("#\\newline", "#\\\n"),
        ("#\\U+1F600", "#\\😀"),
        ("#\\ ", "#\\ "),
        ("#\\;", "#\\;"),
    ]);
    refuses(&[("#\\nosuch", "no character is named nosuch"), ("\"abc", "end of file"), ("#\\", "end of file")]);
}

#[test]
fn vectors_bits_arrays() {
    reads(&[
        ("#(1 2 3)", "#(1 2 3)"),
        ("#()", "#()"),
        ("#0()", "#()"),
        ("#5(1 2)", "#(1 2 2 2 2)"),
        ("#*0110", "#*0110"),
        ("#*", "#*"),
        ("#6*01", "#*011111"),
        ("(#*1)", "(#*1)"),
        ("#1A(1 2)", "#(1 2)"),
        ("#2A((1 2 3) (4 5 6))", "#ARRAY(#(1 2 3 4 5 6) 0 NIL NIL NIL 6 2 3)"),
        ("#0A foo", "#ARRAY(#(FOO) 0 NIL NIL NIL 1)"),
        ("#2A(\"ab\" #*01)", "#ARRAY(#(#\\a #\\b 0 1) 0 NIL NIL NIL 4 2 2)"),
        ("#2A()", "#ARRAY(#() 0 NIL NIL NIL 0 0 0)"),
        ("#C(1 2)", "#C(1 2)"),
        ("#c(3 0)", "3"),
    ]);
    refuses(&[
        ("#1(1 2)", "has 2 elements"),
        ("#3()", "no element"),
        ("#999999999(1)", "too long"),
        ("#99999999999999999999999(1)", "too long"),
        ("#*012", "digits 0 and 1"),
        ("#1*01", "has 2 bits"),
        ("#2A((1) (2 3))", "differ in length"),
        ("#2A(1 2)", "nested sequences"),
        ("#A(1)", "dimensions"),
        ("#C(1)", "two real"),
        ("#C(a b)", "two real"),
    ]);
}

#[test]
fn backquote_is_left_to_the_expander() {
    reads(&[
        ("`(a ,b ,@c ,.d)", "(%QUASIQUOTE (A (%UNQUOTE B) (%UNQUOTE-SPLICING C) (%UNQUOTE-NSPLICING D)))"),
        ("`#(a ,b)", "(%QUASIQUOTE #(A (%UNQUOTE B)))"),
        ("``(,,a)", "(%QUASIQUOTE (%QUASIQUOTE ((%UNQUOTE (%UNQUOTE A)))))"),
        ("`(a . ,b)", "(%QUASIQUOTE (A %UNQUOTE B))"),
        ("`(,'a)", "(%QUASIQUOTE ((%UNQUOTE (QUOTE A))))"),
    ]);
    refuses(&[(",a", "outside"), ("`(,,a)", "outside"), ("(`a ,b)", "outside")]);
}

#[test]
fn features_and_suppression() {
    reads(&[
        ("(#+rook a #-rook b)", "(A)"),
        ("(#-rook a #+rook b)", "(B)"),
        ("(#+(or nosuch rook) a)", "(A)"),
        ("(#+(and rook (not nosuch)) a)", "(A)"),
        ("(#+nosuch (nopackage:foo 1) 2)", "(2)"),
        ("(#+nosuch a b)", "(B)"),
        ("(#+nosuch #+rook a b c)", "(C)"),
        ("(#-rook #xZZ #-rook #\\nosuch #-rook 1/0 #-rook #S(a) a)", "(A)"),
        ("(#-rook (. a . b . c .) d)", "(D)"),
        ("(#-rook #1=(a #1#) #-rook #(1 2) #-rook #.(foo) #-rook ,x b)", "(B)"),
        ("#+nosuch a b", "B"),
        ("(a #+nosuch b)", "(A)"),
    ]);
    refuses(&[("#+(foo bar) a", "feature"), ("#+1 a", "feature"), ("#-rook", "end of file"), ("(#+nosuch)", "missing")]);
}

#[test]
fn read_suppress_passes_over_everything() {
    with_context(|ctx| {
        set_global_value(ctx, well_known(Sym::READ_SUPPRESS), t());
        for text in ["nopackage:foo", "(a b)", "#(1 2)", "#\\nosuch", "#1#", "1/0", "#.(foo)", "#xZZ", "#r1", "#*2"] {
            assert_eq!(read_one(ctx, text).unwrap(), Some(nil()), "{text}");
        }
        assert_eq!(show(read_one(ctx, "\"s\"").unwrap().unwrap()), "\"s\"");
        set_global_value(ctx, well_known(Sym::READ_SUPPRESS), nil());
    });
}

#[test]
fn labels_share_and_close_circles() {
    reads(&[("(#1=a #1#)", "(A A)"), ("#1=(#2=b #2#)", "(B B)")]);
    with_context(|ctx| {
        let v = read_one(ctx, "(#1=(a) #1#)").unwrap().unwrap();
        assert_eq!(v.car(), v.cdr().car());
        let v = read_one(ctx, "#1=(a . #1#)").unwrap().unwrap();
        assert_eq!(v.cdr(), v);
        let v = read_one(ctx, "#1=#(a #1# (b #1#))").unwrap().unwrap();
        assert_eq!(v.slot(1), v);
        assert_eq!(v.slot(2).cdr().car(), v);
        let v = read_one(ctx, "#1=(#2=(#1# . #2#) . #2#)").unwrap().unwrap();
        assert_eq!(v.car().car(), v);
        assert_eq!(v.car().cdr(), v.car());
        assert_eq!(v.cdr(), v.car());
    });
    refuses(&[
        ("#1=#1#", "itself"),
        ("#1#", "not defined"),
        ("(#1=a #1=b)", "twice"),
        ("#=a", "number"),
        ("##", "number"),
    ]);
}

#[test]
fn labels_may_be_many_and_far_apart() {
    with_context(|ctx| {
        let many: String = (1..50_000).map(|i| format!("#{i}=(x) #{i}# ")).collect();
        let v = read_one(ctx, &format!("(#4000000000=y {many} #49999# #4000000000#)")).unwrap().unwrap();
        let items: Vec<Value> = v.list_iter().collect();
        assert_eq!(items[items.len() - 2], items[items.len() - 3]);
        assert_eq!(items[1], items[2]);
        assert_eq!(items[items.len() - 1], items[0]);
    });
    refuses(&[("(#4000000000=a #4000000000=b)", "twice"), ("(#1=a #40#)", "not defined"), ("#4000000000#", "not defined")]);
}

#[test]
fn what_is_undefined_is_refused() {
    refuses(&[
        ("#<foo>", "is not defined"),
        ("#)", "is not defined"),
        ("# a", "is not defined"),
        ("#,a", "is not defined"),
        ("#q", "is not defined"),
        ("#", "end of file"),
        ("#| never ends", "end of file"),
        ("#P foo", "needs a string"),
        ("#S foo", "needs a list"),
    ]);
    with_context(|ctx| {
        set_global_value(ctx, well_known(Sym::READ_EVAL), nil());
        assert!(read_one(ctx, "#.(foo)").unwrap_err().contains("READ-EVAL"));
        set_global_value(ctx, well_known(Sym::READ_EVAL), t());
    });
}

#[test]
fn the_end_of_a_text_is_nothing() {
    with_context(|ctx| {
        for text in ["", "  \n", "; comment", "#| a |#", "#+nosuch a"] {
            assert_eq!(read_one(ctx, text), Ok(None), "{text}");
        }
    });
}

#[test]
fn depth_costs_no_stack() {
    with_context(|ctx| {
        let deep = format!("{}{}", "(".repeat(90_000), ")".repeat(90_000));
        assert!(read_one(ctx, &deep).unwrap().unwrap().is_cons());
        for text in ["(", "'", "#(", "`", "#+(not ", "#1r(", "#.", "#'"] {
            let error = read_one(ctx, &text.repeat(1_000_000)).unwrap_err();
            assert!(error.contains("nested") || error.contains("radix"), "{text}: {error}");
        }
        let comment = "#|".repeat(1_000_000);
        assert_eq!(read_one(ctx, &comment).unwrap_err(), "end of file");
    });
}

#[test]
fn case_follows_the_readtable() {
    with_context(|ctx| {
        let table = well_known(Sym::READTABLE_VAR).slot(symbol::VALUE);
        for (mode, expected) in [
            (Sym::READ_CASE_UPCASE, ["FOO", "FOO", "FOO"]),
            (Sym::READ_CASE_DOWNCASE, ["foo", "foo", "foO"]),
            (Sym::READ_CASE_PRESERVE, ["foo", "FOO", "FoO"]),
            (Sym::READ_CASE_INVERT, ["FOO", "foo", "FoO"]),
        ] {
            readtable::set_case(ctx, table, well_known(mode));
            for (text, expected) in ["foo", "FOO", "Fo\\O"].iter().zip(expected) {
                let v = read_one(ctx, text).unwrap().unwrap();
                assert_eq!(symbol_text(v), expected, "{mode:?} {text}");
            }
        }
        readtable::set_case(ctx, table, well_known(Sym::READ_CASE_UPCASE));
    });
}

#[test]
fn whitespace_after_a_token() {
    with_context(|ctx| {
        for (text, preserve, rest) in
            [("a b", false, "b"), ("a b", true, " b"), ("(a) b", false, " b"), ("a(b", false, "(b"), ("a;b", false, ";b")]
        {
            let stream = text_stream::make_input(ctx, &code_points(text));
            read(ctx, stream, Options { recursive: false, preserve_whitespace: preserve }).unwrap();
            let left: String = std::iter::from_fn(|| text_stream::read(ctx, stream).and_then(char::from_u32)).collect();
            assert_eq!(left, rest, "{text}");
        }
    });
}

#[test]
fn delimited_lists_end_at_their_character() {
    with_context(|ctx| {
        let stream = text_stream::make_input(ctx, &code_points("a (b) 'c ] d"));
        let v = read_delimited_list(ctx, stream, ']' as u32, false).unwrap();
        assert_eq!(show(v), "(A (B) (QUOTE C))");
        assert_eq!(text_stream::read(ctx, stream), Some(' ' as u32));
        let stream = text_stream::make_input(ctx, &code_points("a )"));
        assert!(read_delimited_list(ctx, stream, ']' as u32, false).is_err());
    });
}

#[test]
fn builtin_macros_can_be_called_one_by_one() {
    with_context(|ctx| {
        let stream = text_stream::make_input(ctx, &code_points("a b) rest"));
        let id = readtable::Builtin::plain('(');
        let v = call_builtin(ctx, stream, id, '(' as u32, None).unwrap();
        assert_eq!(show(v.unwrap()), "(A B)");
        let stream = text_stream::make_input(ctx, &code_points(" comment\nx"));
        let id = readtable::Builtin::plain(';');
        assert_eq!(call_builtin(ctx, stream, id, ';' as u32, None).unwrap(), None);
        let stream = text_stream::make_input(ctx, &code_points("FF)"));
        let id = readtable::Builtin::sharp('X');
        let v = call_builtin(ctx, stream, id, 'x' as u32, None).unwrap();
        assert_eq!(v, Some(Value::fixnum(255)));
    });
}

struct Spans<'a>(&'a str, Vec<(String, String)>);

impl SpanObserver for Spans<'_> {
    fn form(&mut self, value: Value, start: Position, end: Position) {
        self.1.push((show(value), self.0[start.byte as usize..end.byte as usize].to_owned()));
    }
}

#[test]
fn the_observer_sees_every_object_with_its_text() {
    with_context(|ctx| {
        let source = "; head\n(defun λ (x) 'y) \"s\" 12";
        let mut text = SourceText::new(source);
        let mut spans = Spans(source, Vec::new());
        while read_from_str(ctx, &mut text, &mut spans).unwrap().is_some() {}
        let pairs: Vec<(&str, &str)> = spans.1.iter().map(|(v, s)| (v.as_str(), s.as_str())).collect();
        assert_eq!(
            pairs,
            [
                ("DEFUN", "defun"),
                ("Λ", "λ"),
                ("X", "x"),
                ("(X)", "(x)"),
                ("Y", "y"),
                ("(QUOTE Y)", "'y"),
                ("(DEFUN Λ (X) (QUOTE Y))", "(defun λ (x) 'y)"),
                ("\"s\"", "\"s\""),
                ("12", "12"),
            ]
        );
    });
}

#[test]
fn errors_say_where() {
    with_context(|ctx| {
        struct Nobody;
        impl SpanObserver for Nobody {
            fn form(&mut self, _: Value, _: Position, _: Position) {}
        }
        let mut text = SourceText::new("(ok)\n(defun f\n  (g x\n");
        assert!(read_from_str(ctx, &mut text, &mut Nobody).unwrap().is_some());
        let error = read_from_str(ctx, &mut text, &mut Nobody).unwrap_err();
        assert!(matches!(error.kind, ReadErrorKind::Incomplete));
        assert_eq!((error.position.line, error.position.column), (3, 3));
        assert_eq!((error.form_start.line, error.form_start.column), (2, 1));
        let mut text = SourceText::new("(a\n  nosuch:b)");
        let error = read_from_str(ctx, &mut text, &mut Nobody).unwrap_err();
        assert!(matches!(error.kind, ReadErrorKind::Syntax));
        assert_eq!((error.position.byte, error.end.byte), (5, 13));
        assert_eq!(error.position.line, 2);
    });
}

#[test]
fn local_packages_and_keywords() {
    with_context(|ctx| {
        let k = keyword(ctx, "FOO");
        assert!(is_keyword(k));
        assert_eq!(read_one(ctx, ":foo").unwrap(), Some(k));
        assert_eq!(read_one(ctx, "keyword:foo").unwrap(), Some(k));
        let ext = find_package_str("EXT").unwrap();
        set_global_value(ctx, well_known(Sym::PACKAGE_VAR), ext);
        let v = read_one(ctx, "fresh-symbol").unwrap().unwrap();
        assert_eq!(symbol_package(v), ext);
        let user = find_package_str("CL-USER").unwrap();
        set_global_value(ctx, well_known(Sym::PACKAGE_VAR), user);
    });
}
