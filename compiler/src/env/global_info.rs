//! What is known of global names: the compile-time overlay of the file being compiled first, then
//! the symbol itself (header flags, function cell, property list).
//!
//! Property-list information is under indicator symbols of ROOK-KERNEL, so it is ordinary data.

use crate::hash::HashMap;

use rook_runtime::abi::layout::{SYMBOL_CONSTANT, SYMBOL_MACRO, SYMBOL_SPECIAL};
use rook_runtime::object::symbol as symbols;
use rook_runtime::value::Value;

use super::compilation::{Compilation, Held};

macro_rules! infos {
    ($($(#[$doc:meta])* $name:ident = $indicator:literal;)*) => {
        /// Kinds of global information.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Info { $($(#[$doc])* $name,)* }
        /// Names of the indicator symbols, in the order of `Info`.
        pub const INDICATORS: &[&str] = &[$($indicator,)*];
        impl Info {
            /// The kind whose indicator symbol has this name.
            pub fn find(name: &str) -> Option<Info> {
                match name { $($indicator => Some(Info::$name),)* _ => None }
            }
        }
    };
}

infos! {
    /// T: special. Outside the overlay a header flag.
    Special = "%SPECIAL";
    /// T: constant. Outside the overlay a header flag.
    Constant = "%CONSTANT";
    /// Value of a constant of the file.
    ConstantValue = "%CONSTANT-VALUE";
    /// Expander `(form environment)`. Outside the overlay in the function cell.
    Macro = "%MACRO";
    /// Expander `(form environment)`.
    CompilerMacro = "%COMPILER-MACRO";
    /// The expansion.
    SymbolMacro = "%SYMBOL-MACRO";
    /// Expander `(specifier environment)`.
    TypeExpander = "%TYPE-EXPANDER";
    SetfExpander = "%SETF-EXPANDER";
    /// T: inline; fixnum 0: notinline.
    Inline = "%INLINE";
    /// Lambda expression.
    InlineLambda = "%INLINE-LAMBDA";
    /// Proclaimed function type.
    Ftype = "%FTYPE";
    /// Proclaimed type of a special variable.
    VariableType = "%VARIABLE-TYPE";
    /// T: a declaration identifier.
    Declaration = "%DECLARATION";
    /// On the symbol OPTIMIZE: the proclaimed qualities, list of `(quality value)`.
    Policy = "%POLICY";
    /// T: a function that the file defines.
    Function = "%FUNCTION";
}

/// Definitions of the file being compiled, not yet in force in the image. `Value::EMPTY` hides.
#[derive(Default)]
pub struct Overlay {
    entries: HashMap<(Held, Info), Held>,
}

impl Compilation {
    /// Information of one kind about a symbol.
    pub fn info(&self, name: Value, info: Info) -> Option<Value> {
        match self.overlay_info(name, info) {
            Some(Value::EMPTY) => None,
            Some(value) => Some(value),
            None => self.permanent_info(name, info),
        }
    }
    fn overlay_info(&self, name: Value, info: Info) -> Option<Value> {
        if self.overlay.borrow().entries.is_empty() {
            return None;
        }
        let key = (self.hold(name), info);
        let held = self.overlay.borrow().entries.get(&key).copied();
        held.map(|h| self.get(h))
    }
    fn permanent_info(&self, name: Value, info: Info) -> Option<Value> {
        symbols::property(name, self.indicator(info))
    }
    /// Records compile-time information for the rest of this compilation.
    pub fn set_info(&self, name: Value, info: Info, value: Value) {
        let (key, value) = ((self.hold(name), info), self.hold(value));
        self.overlay.borrow_mut().entries.insert(key, value);
    }
    /// Hides whatever is known of this kind.
    pub fn hide_info(&self, name: Value, info: Info) {
        self.set_info(name, info, Value::EMPTY);
    }
    /// The indicator symbol of a kind.
    pub fn indicator(&self, info: Info) -> Value {
        self.get(self.indicators[info as usize])
    }
    /// Whether the name is proclaimed special (constants are not).
    pub fn is_special(&self, name: Value) -> bool {
        symbols::has_flag(name, SYMBOL_SPECIAL) || self.info(name, Info::Special).is_some()
    }
    pub fn is_constant(&self, name: Value) -> bool {
        symbols::has_flag(name, SYMBOL_CONSTANT)
            || rook_runtime::object::package::is_keyword(name)
            || self.info(name, Info::Constant).is_some()
    }
    /// The value of a constant, when it is known.
    pub fn constant_value(&self, name: Value) -> Option<Value> {
        if name.is_nil() || rook_runtime::object::package::is_keyword(name) {
            return Some(name);
        }
        if let Some(value) = self.overlay_info(name, Info::ConstantValue) {
            return Some(value);
        }
        let value = symbols::global_value(name);
        (symbols::has_flag(name, SYMBOL_CONSTANT) && value != Value::UNBOUND).then_some(value)
    }
    /// The expander of a global macro.
    pub fn macro_function(&self, name: Value) -> Option<Value> {
        match self.overlay_info(name, Info::Macro) {
            Some(Value::EMPTY) => None,
            Some(expander) => Some(expander),
            None => symbols::has_flag(name, SYMBOL_MACRO).then(|| symbols::symbol_function(name).slot(2)),
        }
    }
    /// Whether a global function of this name exists in the image or in the file so far.
    pub fn has_function(&self, name: Value) -> bool {
        let cell = symbols::symbol_function(name);
        let defined = cell.is_function() && cell.header_word() & rook_runtime::abi::layout::FUNCTION_UNDEFINED == 0;
        defined || self.info(name, Info::Function).is_some()
    }
}
