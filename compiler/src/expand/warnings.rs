//! Warnings that need the whole unit: undefined functions and variables, late argument counts.

use crate::hash::HashSet;

use rook_runtime::object::package;
use rook_runtime::object::symbol::{symbol_package, symbol_text};
use rook_runtime::value::Value;

use super::Expander;
use super::calls::argument_count_diagnostic;
use crate::diag::{Code, Diagnostic};
use crate::env::Held;
use crate::env::compilation::Usage;

impl Expander<'_> {
    /// Reports what only the end of the unit shows. Call once per file (or `load`, or REPL form).
    pub fn finish(&mut self) {
        let usage = std::mem::take(&mut *self.compilation.usage.borrow_mut());
        self.report_functions(&usage);
        self.report_variables(&usage);
    }
    fn report_functions(&self, usage: &Usage) {
        let mut reported = HashSet::default();
        for call in &usage.calls {
            let symbol = self.get(call.name);
            if let Some(definition) = usage.functions.get(&call.name) {
                if let (Some(arity), Some(count)) = (definition.arity, call.arguments)
                    && !arity.accepts(count)
                {
                    let diagnostic = argument_count_diagnostic(&self.spelling(symbol), arity, count, call.span)
                        .with_label(definition.span, "the definition");
                    self.compilation.report(diagnostic);
                }
                continue;
            }
            if self.compilation.has_function(symbol) || !reported.insert(call.name) {
                continue;
            }
            let mut diagnostic = Diagnostic::new(
                Code::UndefinedFunction,
                call.span,
                format!("the function {} is not defined", self.spelling(symbol)),
            );
            let uses = usage.calls.iter().filter(|other| other.name == call.name).count();
            if uses > 1 {
                diagnostic = diagnostic.with_note(format!("it is called in {uses} places"));
            }
            if let Some(similar) = self.similar_function(symbol, usage) {
                diagnostic = diagnostic.with_help(format!("did you mean {similar}?"));
            }
            self.compilation.report(diagnostic);
        }
    }
    fn report_variables(&self, usage: &Usage) {
        let mut reported = HashSet::default();
        for variable in &usage.variables {
            let symbol = self.get(variable.name);
            let known = self.compilation.is_special(symbol) || self.compilation.is_constant(symbol);
            if known || !reported.insert(variable.name) {
                continue;
            }
            let mut diagnostic = Diagnostic::new(
                Code::UndefinedVariable,
                variable.span,
                format!("the variable {} is not defined", self.spelling(symbol)),
            );
            let wanted = symbol_text(symbol);
            let candidates = candidates(symbol).into_iter().filter(|&s| self.compilation.is_special(s));
            if let Some(similar) = closest(&wanted, candidates.map(symbol_text)) {
                diagnostic = diagnostic.with_help(format!("did you mean {}?", similar.to_lowercase()));
            }
            self.compilation.report(diagnostic);
        }
    }
    fn similar_function(&self, symbol: Value, usage: &Usage) -> Option<String> {
        let known = candidates(symbol).into_iter().filter(|&s| {
            self.compilation.has_function(s) || self.compilation.macro_function(s).is_some()
        });
        let defined = usage.functions.keys().map(|&name: &Held| self.get(name));
        closest(&symbol_text(symbol), known.chain(defined).map(symbol_text)).map(|name| name.to_lowercase())
    }
}

/// Symbols that a misspelt one may have meant: those of its own package and of COMMON-LISP.
fn candidates(symbol: Value) -> Vec<Value> {
    let mut result: Vec<Value> =
        package::table_symbols(package::common_lisp(), package::Table::External).collect();
    let home = symbol_package(symbol);
    if !home.is_nil() && home != package::common_lisp() {
        result.extend(package::table_symbols(home, package::Table::Internal));
        result.extend(package::table_symbols(home, package::Table::External));
    }
    result.retain(|&other| other != symbol);
    result
}

/// The name nearest to `wanted`, when it is near enough to be a slip.
pub fn closest(wanted: &str, names: impl Iterator<Item = String>) -> Option<String> {
    let length = wanted.chars().count();
    // Every short name is near to every other.
    if length < 3 {
        return None;
    }
    let limit = (length / 3).clamp(1, 3);
    names
        .filter(|name| name != wanted && name.len().abs_diff(wanted.len()) <= limit)
        .map(|name| (edit_distance(wanted, &name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

/// Insertions, deletions, substitutions and swaps of neighbours between two texts.
pub(super) fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let same = (a[i - 1] != b[j - 1]) as usize;
            row[j] = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}
