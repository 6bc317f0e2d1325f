//! The packages and symbols that exist before any Lisp code runs: made here, or taken from an image.

use crate::abi::frame::ImageHeader;
use crate::abi::layout::{self, SYMBOL_CONSTANT, symbol as slots};
use crate::abi::thread_context::ThreadContext;
use crate::abi::well_known::{SYMBOLS, Sym};
use crate::object::cl_symbols::{CONSTANTS, OTHERS, VARIABLES};
use crate::object::package::{
    self, common_lisp, export, find_package_str, find_symbol, intern_str, keyword_package, new_package,
    set_all_packages, use_package,
};
use crate::object::symbol::{self as symbols, make_symbol_named};
use crate::object::symbol_table::{Table, add_to_table};
use crate::object::text::code_points;
use crate::object::{list, set_slot, string};
use crate::value::{Value, nil, t};

/// Name, nicknames, used packages.
const BOOT_PACKAGES: &[(&str, &[&str], &[&str])] = &[
    ("COMMON-LISP", &["CL"], &[]),
    ("KEYWORD", &[], &[]),
    ("ROOK-KERNEL", &[], &["COMMON-LISP"]),
    ("EXT", &[], &["COMMON-LISP"]),
    ("MP", &[], &["COMMON-LISP"]),
    ("GRAY", &[], &["COMMON-LISP"]),
    ("CLOS", &[], &["COMMON-LISP"]),
    ("FFI", &[], &["COMMON-LISP"]),
    ("SI", &["SYS"], &["COMMON-LISP"]),
    ("CCL", &[], &["COMMON-LISP"]),
    ("XT", &[], &["COMMON-LISP"]),
    ("BLUEJAY", &[], &[]),
    ("COMMON-LISP-USER", &["CL-USER"], &["COMMON-LISP", "EXT"]),
];

fn expect_package(name: &str) -> Value {
    find_package_str(name).expect("boot packages exist before they are named")
}

/// Makes the boot packages and the symbols of the standard: for a process without an image.
pub fn boot_without_image(ctx: &mut ThreadContext) {
    register_roots();
    set_all_packages(nil());
    for (name, nicknames, _) in BOOT_PACKAGES {
        let nicknames: Vec<Vec<u32>> = nicknames.iter().map(|n| code_points(n)).collect();
        new_package(ctx, &code_points(name), &nicknames);
    }
    note_packages();
    name_static_symbols(ctx);
    intern_standard_symbols(ctx);
    for (name, _, used) in BOOT_PACKAGES {
        for other in *used {
            let done = use_package(ctx, expect_package(name), expect_package(other));
            assert!(done.is_ok(), "boot packages do not conflict");
        }
    }
    intern_well_known(ctx);
    init_package_variable(ctx);
}

/// Takes packages and well-known symbols from an image.
///
/// # Safety
/// The header is that of this program's image, its tables are complete.
pub unsafe fn boot_from_image(ctx: &mut ThreadContext, image: &ImageHeader) {
    register_roots();
    let packages = Value(image.packages);
    let all = if packages.is_list() {
        packages
    } else {
        let items: Vec<Value> = (0..packages.size()).map(|i| packages.slot(i)).collect();
        list(ctx, &items)
    };
    set_all_packages(all);
    note_packages();
    name_static_symbols(ctx);
    let count = image.well_known_count as usize;
    assert_eq!(count, SYMBOLS.len(), "image and runtime were built from the same well-known table");
    // SAFETY: by the caller's promise there are `count` tagged words.
    for (sym, plist) in [(nil(), image.nil_plist), (t(), image.t_plist)] {
        if plist != 0 {
            set_slot(ctx, sym, layout::symbol::PLIST, Value(plist));
        }
    }
    symbols::set_well_known((0..count).map(|i| Value(unsafe { *image.well_known.add(i) })));
    init_package_variable(ctx);
}

/// Tells the collector of the static roots of symbols and packages, once.
fn register_roots() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        for (first, words) in symbols::root_ranges().into_iter().chain(package::root_ranges()) {
            crate::gc::roots::register_range(first, words);
        }
    });
}

fn note_packages() {
    let (cl, keyword) = (expect_package("COMMON-LISP"), expect_package("KEYWORD"));
    package::set_standard_packages(cl, keyword);
}

/// NIL and T are static objects without name; gives them theirs.
fn name_static_symbols(ctx: &mut ThreadContext) {
    for (sym, text) in [(nil(), "NIL"), (t(), "T")] {
        let name = string(ctx, text);
        let hash = layout::name_hash(code_points(text).into_iter());
        set_slot(ctx, sym, slots::NAME, name);
        set_slot(ctx, sym, slots::PACKAGE, common_lisp());
        set_slot(ctx, sym, slots::HASH, Value::fixnum(hash as i64));
    }
}

fn intern_standard_symbols(ctx: &mut ThreadContext) {
    let cl = common_lisp();
    add_to_table(ctx, cl, Table::External, nil());
    add_to_table(ctx, cl, Table::External, t());
    for name in [CONSTANTS, VARIABLES, OTHERS].into_iter().flatten() {
        let name = code_points(name);
        if find_symbol(cl, &name).is_some() {
            continue;
        }
        let sym = make_symbol_named(ctx, &name);
        set_slot(ctx, sym, slots::PACKAGE, cl);
        add_to_table(ctx, cl, Table::External, sym);
    }
    for name in VARIABLES {
        symbols::set_special(intern_str(ctx, cl, name));
    }
    for name in CONSTANTS {
        symbols::set_flag(intern_str(ctx, cl, name), SYMBOL_CONSTANT, true);
    }
}

fn intern_well_known(ctx: &mut ThreadContext) {
    let all: Vec<Value> = SYMBOLS
        .iter()
        .map(|(home, name)| {
            let home = expect_package(home);
            let sym = intern_str(ctx, home, name);
            if home != keyword_package() {
                let done = export(ctx, home, sym);
                assert!(done.is_ok(), "well-known symbols do not conflict");
            }
            if name.starts_with('*') && name.len() > 1 {
                symbols::set_special(sym);
            }
            sym
        })
        .collect();
    symbols::set_well_known(all.into_iter());
}

fn init_package_variable(ctx: &mut ThreadContext) {
    let user = expect_package("COMMON-LISP-USER");
    symbols::set_global_value(ctx, symbols::well_known(Sym::PACKAGE_VAR), user);
}
