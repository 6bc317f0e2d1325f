//! Proclamations: `declaim` turned into global information.

use rook_runtime::object::symbol::{symbol_package, symbol_text};
use rook_runtime::object::package;
use rook_runtime::value::{Value, nil, t};

use super::{Expanded, Expander, Mode};
use crate::diag::Code;
use crate::env::Env;
use crate::env::Held;
use crate::env::declarations::function_symbol;
use crate::env::global_info::Info;
use crate::env::policy::{apply_quality, policy_of};
use crate::hir::*;

/// One piece of global information.
struct Proclamation {
    name: Held,
    info: Info,
    value: Held,
}

impl Expander<'_> {
    /// The policy that `declaim` and `proclaim` of `optimize` set.
    pub(super) fn global_policy(&self) -> Policy {
        match self.compilation.info(self.cl("OPTIMIZE"), Info::Policy) {
            Some(qualities) => policy_of(Policy::default(), qualities),
            None => Policy::default(),
        }
    }
    /// `(declaim specifier…)`: takes effect at run time here; at top level of a file also at
    /// compile time (`declaim_at_compile_time`).
    pub(super) fn expand_declaim(&mut self, form: Value, _env: &Env) -> Expanded {
        let mut nodes = Vec::new();
        for proclamation in self.proclamations(form)? {
            nodes.push(self.proclaim_node(&proclamation));
        }
        nodes.push(self.nil_node());
        Ok(self.sequence(nodes))
    }
    pub(super) fn declaim_at_compile_time(&mut self, form: Value) -> Expanded<()> {
        for p in self.proclamations(form)? {
            self.compilation.set_info(self.get(p.name), p.info, self.get(p.value));
        }
        Ok(())
    }
    fn proclaim_node(&mut self, p: &Proclamation) -> Hir {
        let name = self.held_constant(Some(p.name));
        if p.info == Info::Special {
            return self.kernel_call("%PROCLAIM-SPECIAL", vec![name]);
        }
        let value = self.held_constant(Some(p.value));
        self.set_info_call(name, p.info, value)
    }
    /// A call that records global information when it is executed.
    pub(super) fn set_info_call(&mut self, name: Hir, info: Info, value: Hir) -> Hir {
        let indicator = self.constant(self.compilation.indicator(info));
        self.kernel_call("%SET-INFO", vec![name, indicator, value])
    }
    fn proclamations(&mut self, form: Value) -> Expanded<Vec<Proclamation>> {
        let a = self.operands(form, 0, None)?;
        let mut result = Vec::new();
        for specifier in a {
            let specifier = self.roots.get(specifier);
            if super::forms::proper_length(specifier).is_none() || !specifier.is_cons() {
                self.report(Code::MalformedDeclaration, "a declaration specifier must be a list");
                continue;
            }
            if let Err(problem) = self.add_proclamations(specifier, &mut result) {
                self.report(Code::MalformedDeclaration, problem);
            }
        }
        Ok(result)
    }
    fn add_proclamations(&mut self, specifier: Value, to: &mut Vec<Proclamation>) -> Result<(), String> {
        let (head, args) = (specifier.car(), specifier.cdr());
        let standard = head.is_symbol() && symbol_package(head) == package::common_lisp();
        let identifier = if standard { symbol_text(head) } else { String::new() };
        match identifier.as_str() {
            "SPECIAL" => self.proclaim_symbols(args, Info::Special, t(), to),
            "DECLARATION" => self.proclaim_symbols(args, Info::Declaration, t(), to),
            "INLINE" => self.proclaim_functions(args, Info::Inline, t(), to),
            "NOTINLINE" => self.proclaim_functions(args, Info::Inline, Value::ZERO, to),
            "FTYPE" if args.is_cons() => self.proclaim_functions(args.cdr(), Info::Ftype, args.car(), to),
            "TYPE" if args.is_cons() => self.proclaim_symbols(args.cdr(), Info::VariableType, args.car(), to),
            "OPTIMIZE" => self.proclaim_policy(args, to),
            "FTYPE" | "TYPE" => Err("the declaration needs a type".into()),
            "IGNORE" | "IGNORABLE" | "DYNAMIC-EXTENT" => {
                Err(format!("{} cannot be proclaimed", identifier.to_lowercase()))
            }
            _ if head.is_symbol() && self.compilation.info(head, Info::Declaration).is_some() => Ok(()),
            _ => self.proclaim_symbols(args, Info::VariableType, head, to),
        }
    }
    fn proclaim_symbols(
        &mut self,
        names: Value,
        info: Info,
        value: Value,
        to: &mut Vec<Proclamation>,
    ) -> Result<(), String> {
        for name in names.list_iter() {
            if !name.is_symbol() {
                return Err("the declaration needs symbols".into());
            }
            if info == Info::Special && self.compilation.is_constant(name) {
                return Err(format!("the constant {} cannot be special", self.spelling(name)));
            }
            to.push(Proclamation { name: self.hold(name), info, value: self.hold(value) });
        }
        Ok(())
    }
    fn proclaim_functions(
        &mut self,
        names: Value,
        info: Info,
        value: Value,
        to: &mut Vec<Proclamation>,
    ) -> Result<(), String> {
        for name in names.list_iter() {
            let symbol = function_symbol(self.ctx(), name).ok_or("the declaration needs function names")?;
            to.push(Proclamation { name: self.hold(symbol), info, value: self.hold(value) });
        }
        Ok(())
    }
    /// All qualities in force afterwards, as a list on the symbol `optimize`.
    fn proclaim_policy(&mut self, qualities: Value, to: &mut Vec<Proclamation>) -> Result<(), String> {
        let optimize = self.hold(self.cl("OPTIMIZE"));
        let pending = to.iter().rev().find(|p| p.info == Info::Policy).map(|p| self.get(p.value));
        let mut policy = match pending {
            Some(qualities) => policy_of(Policy::default(), qualities),
            None => self.global_policy(),
        };
        for quality in qualities.list_iter() {
            if !apply_quality(&mut policy, quality) {
                return Err("unknown optimize quality".into());
            }
        }
        let values = [
            ("SPEED", policy.speed),
            ("SAFETY", policy.safety),
            ("DEBUG", policy.debug),
            ("SPACE", policy.space),
            ("COMPILATION-SPEED", policy.compilation_speed),
        ];
        let list = values.iter().rev().fold(nil(), |rest, &(name, value)| {
            let pair = self.list(&[self.cl(name), Value::fixnum(value as i64)]);
            self.cons(pair, rest)
        });
        to.push(Proclamation { name: optimize, info: Info::Policy, value: self.hold(list) });
        Ok(())
    }
    /// Whether definitions must be recorded for the rest of the file.
    pub(super) fn is_file(&self) -> bool {
        self.mode == Mode::File
    }
}
