//! Parsing `declare` specifiers into tables. Must not look up or expand types.

use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::object::symbol::{setf_symbol, symbol_package, symbol_text};
use rook_runtime::object::package;
use rook_runtime::value::Value;

use super::compilation::{Compilation, Held};
use super::global_info::Info;
use super::lexical::Inlining;
use super::policy::apply_quality;
use crate::hir::Policy;

/// The declarations of one body.
#[derive(Default, Debug)]
pub struct Declarations {
    pub special: Vec<Held>,
    /// Variable, type specifier.
    pub types: Vec<(Held, Held)>,
    pub ignored: Vec<Held>,
    pub ignorable: Vec<Held>,
    pub dynamic_extent: Vec<Held>,
    pub inlining: Vec<(Held, Inlining)>,
    /// Function, function type.
    pub ftypes: Vec<(Held, Held)>,
    pub ignored_functions: Vec<Held>,
    pub dynamic_extent_functions: Vec<Held>,
    /// `optimize` qualities in order.
    pub qualities: Vec<Held>,
}

/// The symbol under which a function name (`foo`, `(setf foo)`) is known; `None` for other objects.
pub fn function_symbol(ctx: &mut ThreadContext, name: Value) -> Option<Value> {
    if name.is_symbol() {
        return Some(name);
    }
    let is_setf = name.is_cons()
        && name.car().is_symbol()
        && symbol_text(name.car()) == "SETF"
        && symbol_package(name.car()) == package::common_lisp()
        && name.cdr().is_cons()
        && name.cdr().cdr().is_nil()
        && name.cdr().car().is_symbol();
    is_setf.then(|| setf_symbol(ctx, name.cdr().car()))
}

impl Declarations {
    pub fn is_special(&self, name: Held) -> bool {
        self.special.contains(&name)
    }
    pub fn is_ignored(&self, name: Held) -> bool {
        self.ignored.contains(&name)
    }
    pub fn is_dynamic_extent(&self, name: Held) -> bool {
        self.dynamic_extent.contains(&name)
    }
    pub fn type_of(&self, name: Held) -> Option<Held> {
        self.types.iter().find(|(n, _)| *n == name).map(|(_, t)| *t)
    }
    pub fn policy(&self, compilation: &Compilation, outer: Policy) -> Option<Policy> {
        if self.qualities.is_empty() {
            return None;
        }
        let mut policy = outer;
        for &quality in &self.qualities {
            apply_quality(&mut policy, compilation.get(quality));
        }
        Some(policy)
    }
    /// Adds one `(declare …)` form's specifiers; messages for wrong ones.
    pub fn add(&mut self, ctx: &mut ThreadContext, compilation: &Compilation, specifiers: Value) -> Vec<String> {
        let mut problems = Vec::new();
        for specifier in specifiers.list_iter() {
            if let Err(problem) = self.add_one(ctx, compilation, specifier) {
                problems.push(problem);
            }
        }
        problems
    }
    fn add_one(&mut self, ctx: &mut ThreadContext, c: &Compilation, specifier: Value) -> Result<(), String> {
        if !specifier.is_cons() {
            return Err("a declaration specifier must be a list".into());
        }
        let (head, args) = (specifier.car(), specifier.cdr());
        if head.is_cons() {
            return self.add_types(c, head, args);
        }
        if !head.is_symbol() {
            return Err("a declaration identifier must be a symbol or a type specifier".into());
        }
        if symbol_package(head) != package::common_lisp() {
            return if c.info(head, Info::Declaration).is_some() { Ok(()) } else { self.add_types(c, head, args) };
        }
        match symbol_text(head).as_str() {
            "SPECIAL" => names(c, args, &mut self.special),
            "TYPE" if args.is_cons() => self.add_types(c, args.car(), args.cdr()),
            "FTYPE" if args.is_cons() => {
                let spec = c.hold(args.car());
                for name in args.cdr().list_iter() {
                    let symbol = function_symbol(ctx, name).ok_or("ftype needs function names")?;
                    self.ftypes.push((c.hold(symbol), spec));
                }
                Ok(())
            }
            "TYPE" | "FTYPE" => Err("the declaration needs a type".into()),
            "INLINE" => self.add_inlining(ctx, c, args, Inlining::Inline),
            "NOTINLINE" => self.add_inlining(ctx, c, args, Inlining::Notinline),
            "IGNORE" => names_and_functions(ctx, c, args, &mut self.ignored, &mut self.ignored_functions),
            "IGNORABLE" => names_and_functions(ctx, c, args, &mut self.ignorable, &mut self.ignored_functions),
            "DYNAMIC-EXTENT" => {
                names_and_functions(ctx, c, args, &mut self.dynamic_extent, &mut self.dynamic_extent_functions)
            }
            "OPTIMIZE" => {
                for quality in args.list_iter() {
                    if !apply_quality(&mut Policy::default(), quality) {
                        return Err("unknown optimize quality".into());
                    }
                    self.qualities.push(c.hold(quality));
                }
                Ok(())
            }
            "DECLARATION" => Err("the declaration declaration is only for declaim and proclaim".into()),
            // A function type as shorthand would be a variable that holds a function.
            _ => self.add_types(c, head, args),
        }
    }
    fn add_types(&mut self, c: &Compilation, spec: Value, variables: Value) -> Result<(), String> {
        let spec = c.hold(spec);
        for variable in variables.list_iter() {
            if !variable.is_symbol() {
                return Err("a type declaration needs variable names".into());
            }
            self.types.push((c.hold(variable), spec));
        }
        Ok(())
    }
    fn add_inlining(
        &mut self,
        ctx: &mut ThreadContext,
        c: &Compilation,
        args: Value,
        inlining: Inlining,
    ) -> Result<(), String> {
        for name in args.list_iter() {
            let symbol = function_symbol(ctx, name).ok_or("inline and notinline need function names")?;
            self.inlining.push((c.hold(symbol), inlining));
        }
        Ok(())
    }
}

fn names(c: &Compilation, args: Value, to: &mut Vec<Held>) -> Result<(), String> {
    for name in args.list_iter() {
        if !name.is_symbol() {
            return Err("the declaration needs variable names".into());
        }
        to.push(c.hold(name));
    }
    Ok(())
}

/// Variable names, and functions as `(function name)`.
fn names_and_functions(
    ctx: &mut ThreadContext,
    c: &Compilation,
    args: Value,
    variables: &mut Vec<Held>,
    functions: &mut Vec<Held>,
) -> Result<(), String> {
    for name in args.list_iter() {
        if name.is_symbol() {
            variables.push(c.hold(name));
            continue;
        }
        let function = name.is_cons() && name.cdr().is_cons();
        let symbol = if function { function_symbol(ctx, name.cdr().car()) } else { None };
        let symbol = symbol.ok_or("the declaration needs variable names or (function name)")?;
        functions.push(c.hold(symbol));
    }
    Ok(())
}
