//! Packages at work on fresh packages, and the boot packages as they are.

use super::*;
use crate::abi::layout::SYMBOL_SPECIAL;
use crate::object::symbol::{global_value, has_flag, symbol_text, well_known};
use crate::abi::well_known::Sym;
use crate::object::testing::with_context;
use crate::value::t;

fn fresh(ctx: &mut ThreadContext, name: &str) -> Value {
    make_package(ctx, &code_points(name), &[]).expect("name is free")
}

#[test]
fn common_lisp_exports_exactly_the_standard() {
    with_context(|ctx| {
        let cl = common_lisp();
        assert_eq!(table_symbols(cl, Table::External).count(), 978);
        assert_eq!(table_symbols(cl, Table::Internal).count(), 0);
        assert_eq!(find_symbol(cl, &code_points("NIL")), Some((nil(), Status::External)));
        let user = find_package_str("CL-USER").unwrap();
        assert_eq!(find_symbol(user, &code_points("T")), Some((t(), Status::Inherited)));
        let package_var = intern_str(ctx, user, "*PACKAGE*");
        assert_eq!(package_var, well_known(Sym::PACKAGE_VAR));
        assert!(has_flag(package_var, SYMBOL_SPECIAL));
        assert_eq!(global_value(package_var), user);
    });
}

#[test]
fn keywords_are_external_self_evaluating_constants() {
    with_context(|ctx| {
        let k = keyword(ctx, "SOME-KEYWORD");
        assert_eq!(global_value(k), k);
        assert!(symbols::is_constant(k) && is_keyword(k));
        let found = find_symbol(keyword_package(), &code_points("SOME-KEYWORD"));
        assert_eq!(found, Some((k, Status::External)));
    });
}

#[test]
fn tables_grow_and_forget() {
    with_context(|ctx| {
        let p = fresh(ctx, "GROW");
        let all: Vec<Value> = (0..500).map(|i| intern_str(ctx, p, &format!("S{i}"))).collect();
        for round in 0..3 {
            for (i, &sym) in all.iter().enumerate() {
                assert_eq!(intern_str(ctx, p, &format!("S{i}")), sym, "round {round}");
            }
        }
        for &sym in &all {
            assert_eq!(unintern(ctx, p, sym).ok(), Some(true));
            assert!(symbol_package(sym).is_nil());
        }
        assert_eq!(table_symbols(p, Table::Internal).count(), 0);
        assert_ne!(intern_str(ctx, p, "S0"), all[0]);
    });
}

#[test]
fn export_and_use_find_conflicts() {
    with_context(|ctx| {
        let (a, b) = (fresh(ctx, "EXPORTER"), fresh(ctx, "USER"));
        let x = intern_str(ctx, a, "X");
        export(ctx, a, x).unwrap();
        use_package(ctx, b, a).unwrap();
        assert_eq!(find_symbol(b, &code_points("X")), Some((x, Status::Inherited)));
        let y = intern_str(ctx, a, "Y");
        intern_str(ctx, b, "Y");
        assert!(export(ctx, a, y).is_err());
        shadow(ctx, b, &code_points("Y"));
        export(ctx, a, y).unwrap();
        assert_ne!(intern_str(ctx, b, "Y"), y);
        shadow(ctx, b, &code_points("X"));
        let own = intern_str(ctx, b, "X");
        assert_ne!(own, x);
        shadowing_import(ctx, b, x);
        assert_eq!(intern_str(ctx, b, "X"), x);
        assert!(symbol_package(own).is_nil());
        unexport(ctx, a, y).unwrap();
        assert_eq!(find_symbol(a, &code_points("Y")), Some((y, Status::Internal)));
    });
}

#[test]
fn import_makes_present_and_refuses_another_name() {
    with_context(|ctx| {
        let (a, b) = (fresh(ctx, "IMPORT-A"), fresh(ctx, "IMPORT-B"));
        let x = intern_str(ctx, a, "X");
        import(ctx, b, x).unwrap();
        assert_eq!(intern_str(ctx, b, "X"), x);
        assert_eq!(symbol_package(x), a);
        let other = symbols::make_symbol_named(ctx, &code_points("X"));
        assert!(import(ctx, b, other).is_err());
        let homeless = symbols::make_symbol_named(ctx, &code_points("Z"));
        import(ctx, b, homeless).unwrap();
        assert_eq!(symbol_package(homeless), b);
        assert_eq!(symbol_text(homeless), "Z");
    });
}

#[test]
fn names_nicknames_and_deletion() {
    with_context(|ctx| {
        let p = make_package(ctx, &code_points("NAMED"), &[code_points("NICK")]).unwrap();
        assert_eq!(find_package_str("NICK"), Some(p));
        assert!(make_package(ctx, &code_points("NICK"), &[]).is_err());
        rename_package(ctx, p, &code_points("RENAMED"), &[]).unwrap();
        assert_eq!(find_package_str("NAMED"), None);
        let q = fresh(ctx, "LOCAL-USER");
        add_local_nickname(ctx, q, &code_points("R"), p).unwrap();
        assert_eq!(find_package_from(q, &code_points("R")), Some(p));
        assert!(remove_local_nickname(ctx, q, &code_points("R")));
        let s = intern_str(ctx, p, "S");
        use_package(ctx, q, p).unwrap();
        assert!(delete_package(ctx, p).is_err());
        unuse_package(ctx, q, p);
        assert_eq!(delete_package(ctx, p).ok(), Some(true));
        assert_eq!(delete_package(ctx, p).ok(), Some(false));
        assert!(symbol_package(s).is_nil());
        assert_eq!(find_package_str("RENAMED"), None);
    });
}
