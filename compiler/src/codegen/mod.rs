//! MIR to CLIF, one function at a time.
//!
//! Knows Cranelift's rules (which values the collector must see, which calls may throw) and nothing
//! of optimisation, object files or loaders. The one thing that differs between code in memory and
//! code in a file is how a constant is reached: `ConstantStyle`.
//!
//! A `Tagged` value whose type may be a reference is declared for stack maps at its definition.
//! Addresses derived from it are computed anew at each use, so none lives over a call.

mod alloc;
mod arith;
mod binding;
mod call;
mod check;
mod constant;
mod convert;
pub mod dump;
mod exits;
mod function;
mod memory;
mod instance;
mod kept_references;
mod runtime_calls;
mod safepoint;

pub use function::lower_function;
pub use runtime_calls::runtime_call_name;

use crate::hash::HashMap;

use cranelift_codegen::ir::UserExternalName;

use crate::mir::FuncId;

/// How code reaches Lisp objects that it names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum ConstantStyle {
    /// Static objects at link-time addresses, which never move.
    Static,
    /// Cells that the collector updates; the code loads the object from its cell at each use.
    Cells,
}

/// What external names in CLIF stand for (their namespace; the index says which one).
pub mod namespace {
    /// A function of the program.
    pub const FUNCTION: u32 = 0;
    /// A symbol of the runtime (`Symbols`).
    pub const RUNTIME: u32 = 1;
    /// A datum: its static object's base address, or its cell.
    pub const DATUM: u32 = 2;
    /// The static function object of a closed function, or its cell.
    pub const FUNCTION_OBJECT: u32 = 3;
    /// A word that holds the address of a C function (`Symbols`).
    pub const FOREIGN: u32 = 4;
}

/// CLIF's name of a function of the program.
pub fn function_name(id: FuncId) -> UserExternalName {
    UserExternalName::new(namespace::FUNCTION, id.0)
}

/// Names of linker symbols that a unit refers to, numbered.
#[derive(Default, Debug, serde::Serialize, serde::Deserialize)]
pub struct Symbols {
    names: Vec<String>,
    /// Of use only while names are added.
    #[serde(skip)]
    index: HashMap<String, u32>,
}

impl Symbols {
    pub fn intern(&mut self, name: &str) -> u32 {
        if let Some(&i) = self.index.get(name) {
            return i;
        }
        let i = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.index.insert(name.to_owned(), i);
        i
    }
    pub fn name(&self, index: u32) -> &str {
        &self.names[index as usize]
    }
    pub fn names(&self) -> &[String] {
        &self.names
    }
}
