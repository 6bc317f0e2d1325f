//! Primitives of chapter 11. Package arguments are package objects; names are string designators.

use super::set_second_value;
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::abi::well_known::Sym;
use crate::control::binding::well_known_value;
use crate::control::errors::{expect_symbol, wrong_type};
use crate::object::list;
use crate::object::symbol::well_known;
use crate::object::package::{self, Status, Table, is_package};
use crate::object::text::{designated_code_points, expect_designator};
use crate::primitives;
use crate::value::{LispResult, Value, nil};

fn expect_package(ctx: &mut ThreadContext, v: Value) -> LispResult {
    if is_package(v) { Ok(v) } else { Err(wrong_type(ctx, v, Sym::PACKAGE)) }
}

/// The keyword of a status; NIL for none.
fn status_keyword(status: Option<Status>) -> Value {
    match status {
        Some(Status::Internal) => well_known(Sym::KW_INTERNAL),
        Some(Status::External) => well_known(Sym::KW_EXTERNAL),
        Some(Status::Inherited) => well_known(Sym::KW_INHERITED),
        None => nil(),
    }
}

fn name_list(ctx: &mut ThreadContext, names: Value) -> LispResult<Vec<Vec<u32>>> {
    let names: Vec<Value> = names.list_iter().collect();
    names.into_iter().map(|name| expect_designator(ctx, name)).collect()
}

/// The package that a designator means from inside the current package.
fn designated_package(ctx: &mut ThreadContext, designator: Value) -> LispResult<Option<Value>> {
    if is_package(designator) {
        return Ok(Some(designator));
    }
    let name = expect_designator(ctx, designator)?;
    let current = well_known_value(ctx, Sym::PACKAGE_VAR);
    Ok(if is_package(current) { package::find_package_from(current, &name) } else { package::find_package(&name) })
}

fn find(ctx: &mut ThreadContext, name: Value, pkg: Value) -> LispResult {
    let name = expect_designator(ctx, name)?;
    let pkg = expect_package(ctx, pkg)?;
    let found = package::find_symbol(pkg, &name);
    let status = status_keyword(found.map(|f| f.1));
    set_second_value(ctx, status);
    Ok(found.map_or(nil(), |f| f.0))
}

primitives! {
    /// The symbol of this name in the package, or NIL. Second value: :INTERNAL, :EXTERNAL, :INHERITED, NIL.
    fn find_symbol(ctx, name, pkg) { find(ctx, name, pkg) }
    /// As `find-symbol`, for names of symbols that the program holds or names by itself. A program that
    /// looks up no other names need not carry the library's (`link/shake`).
    fn known_symbol(ctx, name, pkg) { find(ctx, name, pkg) }
    /// As `find-symbol`, but makes the symbol; the second value is NIL when it was made.
    fn intern(ctx, name, pkg) {
        let name = expect_designator(ctx, name)?;
        let pkg = expect_package(ctx, pkg)?;
        if pkg.slot(crate::abi::layout::package::NAME).is_nil() {
            let message = crate::object::string(ctx, "The package is deleted.");
            return Err(ctx.raise(ErrorKind::Package, &[pkg, message]));
        }
        let (symbol, status) = package::intern(ctx, pkg, &name);
        let status = status_keyword(status);
        set_second_value(ctx, status);
        Ok(symbol)
    }
    /// The package that a designator names, or NIL.
    fn find_package(ctx, designator) { Ok(designated_package(ctx, designator)?.unwrap_or(nil())) }
    /// The package that a designator names; an error when there is none.
    fn package(ctx, designator) {
        if let Some(pkg) = designated_package(ctx, designator)? {
            return Ok(pkg);
        }
        let name = designated_code_points(designator).unwrap_or_default();
        let text = format!("There is no package named {}.", crate::object::text::rust_text(&name));
        let message = crate::object::string(ctx, &text);
        Err(ctx.raise(ErrorKind::Package, &[designator, message]))
    }
    fn package_p(ctx, v) { Ok(Value::bool(is_package(v))) }
    fn make_package(ctx, name, nicknames) {
        let name = expect_designator(ctx, name)?;
        let nicknames = name_list(ctx, nicknames)?;
        package::make_package(ctx, &name, &nicknames)
    }
    fn rename_package(ctx, pkg, name, nicknames) {
        let pkg = expect_package(ctx, pkg)?;
        let name = expect_designator(ctx, name)?;
        let nicknames = name_list(ctx, nicknames)?;
        package::rename_package(ctx, pkg, &name, &nicknames)?;
        Ok(pkg)
    }
    /// T when the package was deleted now, NIL when it was before.
    fn delete_package(ctx, pkg) {
        let pkg = expect_package(ctx, pkg)?;
        package::delete_package(ctx, pkg).map(Value::bool)
    }
    fn list_all_packages(ctx) {
        let all: Vec<Value> = package::all_packages().list_iter().collect();
        Ok(list(ctx, &all))
    }
    fn export(ctx, symbol, pkg) {
        let (symbol, pkg) = (expect_symbol(ctx, symbol)?, expect_package(ctx, pkg)?);
        package::export(ctx, pkg, symbol)?;
        Ok(symbol)
    }
    fn unexport(ctx, symbol, pkg) {
        let (symbol, pkg) = (expect_symbol(ctx, symbol)?, expect_package(ctx, pkg)?);
        package::unexport(ctx, pkg, symbol)?;
        Ok(symbol)
    }
    fn import(ctx, symbol, pkg) {
        let (symbol, pkg) = (expect_symbol(ctx, symbol)?, expect_package(ctx, pkg)?);
        package::import(ctx, pkg, symbol)?;
        Ok(symbol)
    }
    fn shadow(ctx, name, pkg) {
        let name = expect_designator(ctx, name)?;
        let pkg = expect_package(ctx, pkg)?;
        package::shadow(ctx, pkg, &name);
        Ok(pkg)
    }
    fn shadowing_import(ctx, symbol, pkg) {
        let (symbol, pkg) = (expect_symbol(ctx, symbol)?, expect_package(ctx, pkg)?);
        package::shadowing_import(ctx, pkg, symbol);
        Ok(symbol)
    }
    /// T when the symbol was present.
    fn unintern(ctx, symbol, pkg) {
        let (symbol, pkg) = (expect_symbol(ctx, symbol)?, expect_package(ctx, pkg)?);
        package::unintern(ctx, pkg, symbol).map(Value::bool)
    }
    /// Makes `pkg` use `used`.
    fn use_package(ctx, used, pkg) {
        let (used, pkg) = (expect_package(ctx, used)?, expect_package(ctx, pkg)?);
        package::use_package(ctx, pkg, used)?;
        Ok(pkg)
    }
    fn unuse_package(ctx, used, pkg) {
        let (used, pkg) = (expect_package(ctx, used)?, expect_package(ctx, pkg)?);
        package::unuse_package(ctx, pkg, used);
        Ok(pkg)
    }
    /// A list of the symbols present in the package: the external ones, or the internal ones.
    fn package_symbols(ctx, pkg, external) {
        let pkg = expect_package(ctx, pkg)?;
        let table = if external.is_nil() { Table::Internal } else { Table::External };
        let symbols: Vec<Value> = package::table_symbols(pkg, table).collect();
        Ok(list(ctx, &symbols))
    }
    fn add_package_local_nickname(ctx, name, target, pkg) {
        let name = expect_designator(ctx, name)?;
        let (target, pkg) = (expect_package(ctx, target)?, expect_package(ctx, pkg)?);
        package::add_local_nickname(ctx, pkg, &name, target)?;
        Ok(pkg)
    }
    /// T when the nickname was there.
    fn remove_package_local_nickname(ctx, name, pkg) {
        let name = expect_designator(ctx, name)?;
        let pkg = expect_package(ctx, pkg)?;
        Ok(Value::bool(package::remove_local_nickname(ctx, pkg, &name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::package::find_package_str;
    use crate::object::string;
    use crate::object::symbol::well_known;
    use crate::object::testing::with_context;

    #[test]
    fn the_status_is_the_second_value() {
        with_context(|ctx| {
            let name = string(ctx, "CAR");
            let user = find_package_str("CL-USER").unwrap();
            assert_eq!(Value(find_symbol(ctx, name, user)).is_nil(), false);
            // SAFETY: the values area of a context has room for two values.
            let second = Value(unsafe { *(ctx.values as *const u64).add(1) });
            assert_eq!(second, package::keyword(ctx, "INHERITED"));
            assert_eq!(find_symbol(ctx, name, name), crate::abi::tags::ERROR_MARK);
            assert_eq!(ctx.pending_args[1], well_known(Sym::PACKAGE).0);
        });
    }
}
