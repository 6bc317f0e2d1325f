//! Packages: lookup, interning, exports, use lists, nicknames.
//!
//! Conflicts are Lisp errors of kind PACKAGE. Offering restarts for them is the library's business,
//! which asks before it acts. Must not read text: names arrive as code points.

use crate::abi::layout::{self, SYMBOL_CONSTANT, kind, package, symbol};
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::object::symbol::{self as symbols, make_symbol_named, symbol_name, symbol_package};
use crate::object::symbol_table::{MIN_TABLE_LEN, add_to_table, remove_from_table, table_entry, table_find};
use crate::object::text::{code_points, display_name, rust_text};
use crate::object::{cons, list, make_simple_vector, record, set_slot, string, string_chars, string_from_code_points};
use crate::value::{LispResult, Raised, Value, nil};

pub use crate::object::boot::{boot_from_image, boot_without_image};
pub use crate::object::symbol_table::{Table, table_symbols};

/// All packages, a Lisp list; a root.
static mut PACKAGES: u64 = 0;
/// The packages that Rust code needs at hand; roots.
static mut COMMON_LISP: u64 = 0;
static mut KEYWORD: u64 = 0;

/// How a symbol is accessible in a package.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    Internal,
    External,
    Inherited,
}

// Lookup and interning.

fn lookup(pkg: Value, which: Table, hash: u64, name: &[u32]) -> Option<Value> {
    let table = pkg.slot(which.slots().0);
    table_find(table, hash, name).map(|i| table_entry(table, i))
}

/// The symbol of this name accessible in `pkg`.
pub fn find_symbol(pkg: Value, name: &[u32]) -> Option<(Value, Status)> {
    let hash = layout::name_hash(name.iter().copied());
    if let Some(sym) = lookup(pkg, Table::Internal, hash, name) {
        return Some((sym, Status::Internal));
    }
    if let Some(sym) = lookup(pkg, Table::External, hash, name) {
        return Some((sym, Status::External));
    }
    let mut used = pkg.slot(package::USE_LIST).list_iter();
    used.find_map(|p| lookup(p, Table::External, hash, name)).map(|sym| (sym, Status::Inherited))
}

/// The external symbol of this name in `pkg`.
pub fn find_external(pkg: Value, name: &[u32]) -> Option<Value> {
    lookup(pkg, Table::External, layout::name_hash(name.iter().copied()), name)
}

/// The symbol of this name in `pkg`, made when there is none (then the status is `None`).
pub fn intern(ctx: &mut ThreadContext, pkg: Value, name: &[u32]) -> (Value, Option<Status>) {
    if let Some((sym, status)) = find_symbol(pkg, name) {
        return (sym, Some(status));
    }
    let sym = make_symbol_named(ctx, name);
    set_slot(ctx, sym, symbol::PACKAGE, pkg);
    if pkg == keyword_package() {
        symbols::set_global_value(ctx, sym, sym);
        symbols::set_flag(sym, SYMBOL_CONSTANT, true);
        add_to_table(ctx, pkg, Table::External, sym);
    } else {
        add_to_table(ctx, pkg, Table::Internal, sym);
    }
    (sym, None)
}

/// `intern` by Rust text.
pub fn intern_str(ctx: &mut ThreadContext, pkg: Value, name: &str) -> Value {
    intern(ctx, pkg, &code_points(name)).0
}

/// The keyword of this name.
pub fn keyword(ctx: &mut ThreadContext, name: &str) -> Value {
    intern_str(ctx, keyword_package(), name)
}

pub fn common_lisp() -> Value {
    // SAFETY: written by boot only.
    Value(unsafe { COMMON_LISP })
}
pub fn keyword_package() -> Value {
    // SAFETY: written by boot only.
    Value(unsafe { KEYWORD })
}
pub(super) fn set_standard_packages(common_lisp: Value, keyword: Value) {
    // SAFETY: boot runs on one thread.
    unsafe {
        COMMON_LISP = common_lisp.0;
        KEYWORD = keyword.0;
    }
}
/// Address ranges (first word, words) of this file's static roots.
pub(super) fn root_ranges() -> [(*mut u64, usize); 3] {
    [(&raw mut PACKAGES, 1), (&raw mut COMMON_LISP, 1), (&raw mut KEYWORD, 1)]
}
pub fn is_keyword(v: Value) -> bool {
    v.is_symbol() && symbol_package(v) == keyword_package()
}

// Packages by name.

/// The list of all packages.
pub fn all_packages() -> Value {
    // SAFETY: one word, written only by Lisp-calling threads under the rule of single-threaded package changes.
    Value(unsafe { PACKAGES })
}
pub(super) fn set_all_packages(packages: Value) {
    // SAFETY: as for `all_packages`; a registered root needs no barrier.
    unsafe { PACKAGES = packages.0 };
}

pub fn is_package(v: Value) -> bool {
    v.is_kind(kind::PACKAGE)
}
/// The name as Rust text; a deleted package has none.
pub fn package_text(pkg: Value) -> String {
    if pkg.slot(package::NAME).is_nil() { String::from("(deleted)") } else { display_name(pkg.slot(package::NAME)) }
}

fn string_is(s: Value, name: &[u32]) -> bool {
    s.is_string() && s.size() == name.len() && string_chars(s).eq(name.iter().copied())
}

/// The package with this name or nickname.
pub fn find_package(name: &[u32]) -> Option<Value> {
    all_packages().list_iter().find(|p| {
        string_is(p.slot(package::NAME), name) || p.slot(package::NICKNAMES).list_iter().any(|n| string_is(n, name))
    })
}

/// The package that `name` means inside `current`: local nicknames first.
pub fn find_package_from(current: Value, name: &[u32]) -> Option<Value> {
    let mut local = current.slot(package::LOCAL_NICKNAMES).list_iter();
    local.find(|entry| string_is(entry.car(), name)).map(|entry| entry.cdr()).or_else(|| find_package(name))
}

pub fn find_package_str(name: &str) -> Option<Value> {
    find_package(&code_points(name))
}

fn error(ctx: &mut ThreadContext, pkg: Value, message: &str) -> Raised {
    let message = string(ctx, message);
    ctx.raise(ErrorKind::Package, &[pkg, message])
}

/// A new package that uses nothing. An error when the name or a nickname is taken.
pub fn make_package(ctx: &mut ThreadContext, name: &[u32], nicknames: &[Vec<u32>]) -> LispResult {
    for taken in std::iter::once(name).chain(nicknames.iter().map(|n| &n[..])) {
        if let Some(other) = find_package(taken) {
            return Err(error(ctx, other, &format!("A package named {} exists already.", rust_text(taken))));
        }
    }
    Ok(new_package(ctx, name, nicknames))
}

/// `make_package` without the check of names.
pub(super) fn new_package(ctx: &mut ThreadContext, name: &[u32], nicknames: &[Vec<u32>]) -> Value {
    let name = string_from_code_points(ctx, name);
    let nicknames = string_list(ctx, nicknames);
    let internal = make_simple_vector(ctx, MIN_TABLE_LEN, Value::ZERO);
    let external = make_simple_vector(ctx, MIN_TABLE_LEN, Value::ZERO);
    let mut slots = [nil(); package::SLOTS];
    slots[package::NAME] = name;
    slots[package::NICKNAMES] = nicknames;
    slots[package::INTERNAL] = internal;
    slots[package::EXTERNAL] = external;
    slots[package::INTERNAL_COUNT] = Value::ZERO;
    slots[package::EXTERNAL_COUNT] = Value::ZERO;
    let pkg = record(ctx, kind::PACKAGE, &slots);
    let all = cons(ctx, pkg, all_packages());
    set_all_packages(all);
    pkg
}

fn string_list(ctx: &mut ThreadContext, names: &[Vec<u32>]) -> Value {
    let strings: Vec<Value> = names.iter().map(|n| string_from_code_points(ctx, n)).collect();
    list(ctx, &strings)
}

/// Renames a package; its old names are gone.
pub fn rename_package(ctx: &mut ThreadContext, pkg: Value, name: &[u32], nicknames: &[Vec<u32>]) -> LispResult<()> {
    for taken in std::iter::once(name).chain(nicknames.iter().map(|n| &n[..])) {
        if find_package(taken).is_some_and(|other| other != pkg) {
            return Err(error(ctx, pkg, &format!("A package named {} exists already.", rust_text(taken))));
        }
    }
    let name = string_from_code_points(ctx, name);
    let nicknames = string_list(ctx, nicknames);
    set_slot(ctx, pkg, package::NAME, name);
    set_slot(ctx, pkg, package::NICKNAMES, nicknames);
    Ok(())
}

/// Deletes a package that no package uses: its symbols that have it as home lose it, its name is
/// NIL. Answers whether it was not deleted before.
pub fn delete_package(ctx: &mut ThreadContext, pkg: Value) -> LispResult<bool> {
    if pkg.slot(package::NAME).is_nil() {
        return Ok(false);
    }
    if pkg.slot(package::USED_BY).is_cons() {
        return Err(error(ctx, pkg, &format!("Package {} is used by other packages.", package_text(pkg))));
    }
    let used: Vec<Value> = pkg.slot(package::USE_LIST).list_iter().collect();
    for other in used {
        unuse_package(ctx, pkg, other);
    }
    for which in [Table::Internal, Table::External] {
        let homed: Vec<Value> = table_symbols(pkg, which).filter(|&s| symbol_package(s) == pkg).collect();
        for sym in homed {
            leave_home(ctx, sym);
        }
        let (table_slot, count_slot) = which.slots();
        let empty = make_simple_vector(ctx, MIN_TABLE_LEN, Value::ZERO);
        set_slot(ctx, pkg, table_slot, empty);
        set_slot(ctx, pkg, count_slot, Value::ZERO);
    }
    for slot in [package::NAME, package::NICKNAMES, package::SHADOWING, package::LOCAL_NICKNAMES] {
        set_slot(ctx, pkg, slot, nil());
    }
    let rest = list_without(ctx, all_packages(), pkg);
    set_all_packages(rest);
    Ok(true)
}

fn list_without(ctx: &mut ThreadContext, items: Value, item: Value) -> Value {
    let kept: Vec<Value> = items.list_iter().filter(|&v| v != item).collect();
    list(ctx, &kept)
}
fn list_contains(items: Value, item: Value) -> bool {
    items.list_iter().any(|v| v == item)
}
fn push_slot(ctx: &mut ThreadContext, pkg: Value, slot: usize, item: Value) {
    let items = cons(ctx, item, pkg.slot(slot));
    set_slot(ctx, pkg, slot, items);
}
fn remove_slot(ctx: &mut ThreadContext, pkg: Value, slot: usize, item: Value) {
    let items = list_without(ctx, pkg.slot(slot), item);
    set_slot(ctx, pkg, slot, items);
}

// Relations between packages and symbols.

fn name_of(sym: Value) -> Vec<u32> {
    string_chars(symbol_name(sym)).collect()
}

/// Whether making `sym` visible in `pkg` would hide or be hidden by a different symbol.
fn conflicts(pkg: Value, sym: Value) -> Option<Value> {
    let (other, _) = find_symbol(pkg, &name_of(sym))?;
    (other != sym && !list_contains(pkg.slot(package::SHADOWING), other)).then_some(other)
}

/// Makes `sym`, accessible in `pkg`, external there.
pub fn export(ctx: &mut ThreadContext, pkg: Value, sym: Value) -> LispResult<()> {
    let status = match find_symbol(pkg, &name_of(sym)) {
        Some((found, status)) if found == sym => status,
        _ => {
            let message = format!("Symbol {} is not accessible in {}.", display_name(sym), package_text(pkg));
            return Err(error(ctx, pkg, &message));
        }
    };
    if status == Status::External {
        return Ok(());
    }
    let users = pkg.slot(package::USED_BY);
    if let Some(user) = users.list_iter().find(|&user| conflicts(user, sym).is_some()) {
        let message = format!(
            "Exporting {} from {} conflicts with a symbol of {}.",
            display_name(sym),
            package_text(pkg),
            package_text(user)
        );
        return Err(error(ctx, pkg, &message));
    }
    remove_from_table(ctx, pkg, Table::Internal, sym);
    add_to_table(ctx, pkg, Table::External, sym);
    Ok(())
}

/// Makes an external symbol internal again.
pub fn unexport(ctx: &mut ThreadContext, pkg: Value, sym: Value) -> LispResult<()> {
    match find_symbol(pkg, &name_of(sym)) {
        Some((found, status)) if found == sym => {
            if status == Status::External {
                remove_from_table(ctx, pkg, Table::External, sym);
                add_to_table(ctx, pkg, Table::Internal, sym);
            }
            Ok(())
        }
        _ => {
            let message = format!("Symbol {} is not accessible in {}.", display_name(sym), package_text(pkg));
            Err(error(ctx, pkg, &message))
        }
    }
}

/// Makes `sym` present in `pkg`; becomes its home if it has none.
pub fn import(ctx: &mut ThreadContext, pkg: Value, sym: Value) -> LispResult<()> {
    match find_symbol(pkg, &name_of(sym)) {
        Some((found, status)) if found == sym => {
            if status == Status::Inherited {
                add_to_table(ctx, pkg, Table::Internal, sym);
            }
        }
        Some(_) => {
            let message = format!("Importing {} into {} conflicts.", display_name(sym), package_text(pkg));
            return Err(error(ctx, pkg, &message));
        }
        None => add_to_table(ctx, pkg, Table::Internal, sym),
    }
    if symbol_package(sym).is_nil() {
        set_slot(ctx, sym, symbol::PACKAGE, pkg);
    }
    Ok(())
}

fn is_present(pkg: Value, sym: Value) -> bool {
    matches!(find_symbol(pkg, &name_of(sym)), Some((found, Status::Internal | Status::External)) if found == sym)
}

/// Makes sure that `pkg` has a symbol of its own of this name, and that it shadows.
pub fn shadow(ctx: &mut ThreadContext, pkg: Value, name: &[u32]) {
    let sym = match find_symbol(pkg, name) {
        Some((sym, Status::Internal | Status::External)) => sym,
        _ => {
            let sym = make_symbol_named(ctx, name);
            set_slot(ctx, sym, symbol::PACKAGE, pkg);
            add_to_table(ctx, pkg, Table::Internal, sym);
            sym
        }
    };
    if !list_contains(pkg.slot(package::SHADOWING), sym) {
        push_slot(ctx, pkg, package::SHADOWING, sym);
    }
}

/// Imports `sym` in place of whatever has its name, and makes it shadow.
pub fn shadowing_import(ctx: &mut ThreadContext, pkg: Value, sym: Value) {
    if let Some((found, Status::Internal | Status::External)) = find_symbol(pkg, &name_of(sym))
        && found != sym
    {
        remove_slot(ctx, pkg, package::SHADOWING, found);
        remove_present(ctx, pkg, found);
    }
    if !is_present(pkg, sym) {
        add_to_table(ctx, pkg, Table::Internal, sym);
    }
    if symbol_package(sym).is_nil() {
        set_slot(ctx, sym, symbol::PACKAGE, pkg);
    }
    if !list_contains(pkg.slot(package::SHADOWING), sym) {
        push_slot(ctx, pkg, package::SHADOWING, sym);
    }
}

/// Takes the home package from a symbol; a keyword keeps its value.
fn leave_home(ctx: &mut ThreadContext, sym: Value) {
    let value = symbols::global_value(sym);
    symbols::set_global_value(ctx, sym, value);
    set_slot(ctx, sym, symbol::PACKAGE, nil());
}

fn remove_present(ctx: &mut ThreadContext, pkg: Value, sym: Value) -> bool {
    let removed =
        remove_from_table(ctx, pkg, Table::Internal, sym) || remove_from_table(ctx, pkg, Table::External, sym);
    if removed && symbol_package(sym) == pkg {
        leave_home(ctx, sym);
    }
    removed
}

/// Removes `sym` from `pkg`; answers whether it was present. An error when that would uncover a
/// conflict between used packages.
pub fn unintern(ctx: &mut ThreadContext, pkg: Value, sym: Value) -> LispResult<bool> {
    if !is_present(pkg, sym) {
        return Ok(false);
    }
    if list_contains(pkg.slot(package::SHADOWING), sym) {
        let name = name_of(sym);
        let mut inherited = pkg.slot(package::USE_LIST).list_iter().filter_map(|p| find_external(p, &name));
        if let Some(first) = inherited.next()
            && inherited.any(|other| other != first)
        {
            let message =
                format!("Uninterning {} from {} uncovers a conflict.", display_name(sym), package_text(pkg));
            return Err(error(ctx, pkg, &message));
        }
        remove_slot(ctx, pkg, package::SHADOWING, sym);
    }
    Ok(remove_present(ctx, pkg, sym))
}

/// Makes the external symbols of `used` accessible in `pkg`.
pub fn use_package(ctx: &mut ThreadContext, pkg: Value, used: Value) -> LispResult<()> {
    if pkg == used || list_contains(pkg.slot(package::USE_LIST), used) {
        return Ok(());
    }
    let conflict = table_symbols(used, Table::External).find(|&sym| conflicts(pkg, sym).is_some());
    if let Some(sym) = conflict {
        let message = format!(
            "Using {} in {} conflicts at the symbol {}.",
            package_text(used),
            package_text(pkg),
            display_name(sym)
        );
        return Err(error(ctx, pkg, &message));
    }
    push_slot(ctx, pkg, package::USE_LIST, used);
    push_slot(ctx, used, package::USED_BY, pkg);
    Ok(())
}

pub fn unuse_package(ctx: &mut ThreadContext, pkg: Value, used: Value) {
    remove_slot(ctx, pkg, package::USE_LIST, used);
    remove_slot(ctx, used, package::USED_BY, pkg);
}

/// Gives `target` the nickname `name` inside `pkg`.
pub fn add_local_nickname(ctx: &mut ThreadContext, pkg: Value, name: &[u32], target: Value) -> LispResult<()> {
    let mut entries = pkg.slot(package::LOCAL_NICKNAMES).list_iter();
    if let Some(entry) = entries.find(|e| string_is(e.car(), name)) {
        if entry.cdr() == target {
            return Ok(());
        }
        let message = format!("{} is a local nickname in {} already.", rust_text(name), package_text(pkg));
        return Err(error(ctx, pkg, &message));
    }
    let name = string_from_code_points(ctx, name);
    let entry = cons(ctx, name, target);
    push_slot(ctx, pkg, package::LOCAL_NICKNAMES, entry);
    Ok(())
}

/// Removes a local nickname; answers whether it was there.
pub fn remove_local_nickname(ctx: &mut ThreadContext, pkg: Value, name: &[u32]) -> bool {
    let entry = pkg.slot(package::LOCAL_NICKNAMES).list_iter().find(|e| string_is(e.car(), name));
    let Some(entry) = entry else { return false };
    remove_slot(ctx, pkg, package::LOCAL_NICKNAMES, entry);
    true
}

#[cfg(test)]
mod tests;
