//! Macro characters that are Lisp functions: rooting over calls that move everything, and what reads
//! made by such functions share with the read that called them.

use super::tests::show;
use super::{Options, read, read_delimited_list, readtable};
use crate::abi::layout::{self, kind};
use crate::abi::tags::FUNCTION_TAG;
use crate::abi::thread_context::ThreadContext;
use crate::abi::well_known::Sym;
use crate::control::{anchored_thunk, binding};
use crate::gc::{Level, collect};
use crate::heap::allocate;
use crate::io::text_stream;
use crate::object::symbol::well_known;
use crate::object::testing::with_context;
use crate::object::text::code_points;
use crate::stack::handles::HandleScope;
use crate::value::{Value, nil};
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

static CONTEXT: AtomicPtr<ThreadContext> = AtomicPtr::new(std::ptr::null_mut());
static COLLECTIONS: AtomicU64 = AtomicU64::new(0);

fn context<'a>() -> &'a mut ThreadContext {
    // SAFETY: set by the running test, which holds the lock on the shared context.
    unsafe { &mut *CONTEXT.load(Ordering::Relaxed) }
}

// Two Lisp functions: one reads up to `]` after collecting, one skips a character and returns no values.
anchored_thunk!("rook_test_bracket", bracket, ["mov ecx, 1", "ret"]);
anchored_thunk!("rook_test_skip", skip, ["xor ecx, ecx", "ret"]);
unsafe extern "C" {
    fn rook_test_bracket();
    fn rook_test_skip();
}

extern "C" fn bracket(_function: Value, nargs: u64, stream: Value, c: Value) -> Value {
    let ctx = context();
    assert_eq!((nargs, c), (2, Value::character('[' as u32)));
    let scope = HandleScope::new(ctx);
    let stream = scope.handle(stream);
    COLLECTIONS.fetch_add(collect(ctx, Level::Full) as u64, Ordering::Relaxed);
    let list = scope.handle(read_delimited_list(ctx, stream.get(), ']' as u32, true).expect("the list is good"));
    COLLECTIONS.fetch_add(collect(ctx, Level::Full) as u64, Ordering::Relaxed);
    list.get()
}

extern "C" fn skip(_function: Value, _nargs: u64, stream: Value) -> Value {
    crate::io::lisp_stream::read_char(context(), stream).expect("a character is there");
    nil()
}

fn function(ctx: &mut ThreadContext, entry: unsafe extern "C" fn()) -> Value {
    let base = allocate(ctx, layout::header(kind::FUNCTION, 1));
    // SAFETY: a fresh function object's first word after the header is its entry.
    unsafe { *base.add(1) = entry as *const () as u64 };
    Value(base as u64 | FUNCTION_TAG)
}

/// Runs `f` with `[` as the collecting list macro and `!` as a macro without values.
fn with_brackets(f: impl FnOnce(&mut ThreadContext)) {
    with_context(|ctx| {
        CONTEXT.store(ctx, Ordering::Relaxed);
        let table = readtable::make_standard(ctx);
        let bracket = function(ctx, rook_test_bracket);
        let skip = function(ctx, rook_test_skip);
        readtable::set_syntax_from(ctx, table, ']' as u32, table, ')' as u32);
        readtable::set_macro_character(ctx, table, '[' as u32, bracket, false);
        readtable::set_macro_character(ctx, table, '!' as u32, skip, false);
        readtable::set_dispatch_entry(ctx, table, '#' as u32, '!' as u32, skip);
        let variable = well_known(Sym::READTABLE_VAR);
        binding::set_symbol_value(ctx, variable, table);
        f(ctx);
        let standard = readtable::make_standard(ctx);
        binding::set_symbol_value(ctx, well_known(Sym::READTABLE_VAR), standard);
    });
}

fn read_text(ctx: &mut ThreadContext, text: &str) -> Value {
    let stream = text_stream::make_input(ctx, &code_points(text));
    read(ctx, stream, Options::default()).expect("the text is good").expect("an object is there")
}

#[test]
fn everything_the_reader_holds_survives_collections() {
    with_brackets(|ctx| {
        let before = COLLECTIONS.load(Ordering::Relaxed);
        for (text, expected) in [
            ("(a \"s\" [b c] #(1 [2 3]) . [d])", "(A \"s\" (B C) #(1 (2 3)) D)"),
            ("[[a] [[b]]]", "((A) ((B)))"),
            ("'[quote]", "(QUOTE (QUOTE))"),
            ("(a!xb !y #!zc)", "(A B C)"),
        ] {
            let value = read_text(ctx, text);
            assert_eq!(show(value), expected, "{text}");
        }
        assert!(COLLECTIONS.load(Ordering::Relaxed) > before, "the collector must have run");
    });
}

#[test]
fn nested_reads_share_backquote_labels_and_suppression() {
    with_brackets(|ctx| {
        let value = read_text(ctx, "`(a [b ,c])");
        assert_eq!(show(value), "(%QUASIQUOTE (A (B (%UNQUOTE C))))");
        let value = read_text(ctx, "#1=(a [b #1#])");
        assert_eq!(value.cdr().car().cdr().car(), value);
        let value = read_text(ctx, "(#+nosuch [nopackage:foo 1/0 #.(x)] y)");
        assert_eq!(show(value), "(Y)");
        assert!(binding::well_known_value(ctx, Sym::READ_SUPPRESS).is_nil());
        let value = read_text(ctx, "([#1=x] [#1# y])");
        assert_eq!(show(value), "((X) (X Y))");
    });
}
