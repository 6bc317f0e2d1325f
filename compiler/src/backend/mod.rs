//! Machine code: a MIR program compiled into a `Unit`, which goes to memory or into an object file.
//!
//! There is one lowering; only the way to constants differs (`ConstantStyle`). Nothing here knows MIR's
//! meaning or Lisp's.

pub mod frame_table;
pub mod jit;
pub mod unit;

pub use unit::{Code, Relocation, RelocationKind, RelocationTarget, Site, Unit};

use crate::hash::HashSet;
use std::sync::Arc;

use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::ExternalName;
use cranelift_codegen::isa::{self, TargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{CompiledCode, Context, FinalizedMachReloc, FinalizedRelocTarget, binemit};
use cranelift_frontend::FunctionBuilderContext;

use crate::codegen::{ConstantStyle, Symbols, dump, lower_function, namespace};
use crate::datum::{DatumId, Datums};
use crate::mir::definitions::first_definitions;
use crate::mir::{self, Call, Entry, FuncId, Inst, Program, Terminator};
use crate::source::Span;

/// What code is made for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Target {
    pub style: ConstantStyle,
    /// Cranelift's mid-end: on for files, off for forms evaluated once.
    pub optimize: bool,
    /// Cranelift's own verifier.
    pub verify: bool,
}

impl Target {
    /// Code that runs in this process.
    pub const MEMORY: Target =
        Target { style: ConstantStyle::Cells, optimize: false, verify: cfg!(debug_assertions) };
    /// Code for object files.
    pub const FILE: Target =
        Target { style: ConstantStyle::Static, optimize: true, verify: cfg!(debug_assertions) };
}

/// A function that Cranelift refuses (for example, too large).
#[derive(Debug)]
pub struct CompileError {
    pub function: String,
    pub message: String,
}

impl std::fmt::Display for CompileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot generate code for {}: {}", self.function, self.message)
    }
}
impl std::error::Error for CompileError {}

/// Cranelift set up for one target; reused from unit to unit.
pub struct Backend {
    target: Target,
    isa: Arc<dyn TargetIsa>,
    context: Context,
    builder: FunctionBuilderContext,
}

impl Backend {
    pub fn new(target: Target) -> Backend {
        Backend { target, isa: make_isa(target), context: Context::new(), builder: FunctionBuilderContext::new() }
    }

    pub fn isa(&self) -> &dyn TargetIsa {
        &*self.isa
    }

    /// Compiles every function of a program. `files` names the source files by `Span::file`.
    pub fn compile(&mut self, program: &Program, datums: &Datums, files: Vec<String>) -> Result<Unit, CompileError> {
        let mut symbols = Symbols::default();
        let mut functions = Vec::with_capacity(program.functions.len());
        for i in 0..program.functions.len() {
            functions.push(self.compile_function(program, FuncId(i as u32), datums, &mut symbols)?);
        }
        Ok(Unit {
            style: self.target.style,
            functions,
            symbols,
            top_level: program.top_level.clone(),
            called_symbols: called_symbols(program),
            first_definitions: first_definitions(program),
            files,
        })
    }

    /// The CLIF of one function, for `--emit=clif`.
    pub fn clif(&mut self, program: &Program, id: FuncId, datums: &Datums) -> String {
        let mut symbols = Symbols::default();
        self.lower(program, id, datums, &mut symbols);
        let function = &self.context.func;
        let comments = dump::comments(function, &program.functions[id.0 as usize].name, program, datums, &symbols);
        dump::print_function(function, &comments)
    }

    fn lower(&mut self, program: &Program, id: FuncId, datums: &Datums, symbols: &mut Symbols) -> Vec<Span> {
        self.context.clear();
        lower_function(
            &mut self.context.func,
            &mut self.builder,
            self.isa.frontend_config(),
            program,
            id,
            datums,
            symbols,
            self.target.style,
        )
    }

    fn compile_function(&mut self, program: &Program, id: FuncId, datums: &Datums, symbols: &mut Symbols) -> Result<Code, CompileError> {
        let function = &program.functions[id.0 as usize];
        let spans = self.lower(program, id, datums, symbols);
        let isa = self.isa.clone();
        let names = |message: String| CompileError { function: function.name.clone(), message };
        let compiled = self
            .context
            .compile(&*isa, &mut ControlPlane::default())
            .map_err(|e| names(cranelift_codegen::print_errors::pretty_error(e.func, e.inner)))?;
        let span_at = |offset: u32| span_at(compiled, &spans, offset);
        let mut code = Code {
            name: function.name.clone(),
            span: function.span,
            general: function.entry == Entry::General,
            bytes: compiled.buffer.data().to_vec(),
            relocations: Vec::with_capacity(compiled.buffer.relocs().len()),
            sites: frame_table::sites(compiled, span_at),
        };
        let params = &self.context.func.params;
        let resolve = |name: &ExternalName| match name {
            ExternalName::User(name) => {
                let name = &params.user_named_funcs()[*name];
                match name.namespace {
                    namespace::FUNCTION => RelocationTarget::Function(FuncId(name.index)),
                    namespace::RUNTIME => RelocationTarget::Runtime(name.index),
                    namespace::DATUM => RelocationTarget::Datum(DatumId(name.index)),
                    namespace::FUNCTION_OBJECT => RelocationTarget::FunctionObject(FuncId(name.index)),
                    namespace::FOREIGN => RelocationTarget::Foreign(name.index),
                    other => unreachable!("namespace {other} is not ours"),
                }
            }
            other => RelocationTarget::Runtime(symbols.intern(&library_symbol(other))),
        };
        let relocations = relocations(self.context.compiled_code().expect("just compiled").buffer.relocs(), id, resolve);
        code.relocations = relocations;
        Ok(code)
    }
}

/// Symbols that are called by name, each once, in order of first use.
fn called_symbols(program: &Program) -> Vec<DatumId> {
    let mut seen = HashSet::default();
    let mut called = Vec::new();
    let mut note = |call: &Call| {
        if let mir::Target::Symbol(id) = call.target
            && seen.insert(id)
        {
            called.push(id);
        }
    };
    for block in program.functions.iter().flat_map(|f| &f.blocks) {
        for data in &block.insts {
            if let Inst::Call(call) = &data.inst {
                note(call);
            }
        }
        if let Some(Terminator::TailCall(call) | Terminator::TryCall { call, .. }) = &block.terminator {
            note(call);
        }
    }
    called
}

/// Functions that Cranelift itself calls (`fmin` and the like do not occur on x86-64 with SSE4.1).
fn library_symbol(name: &ExternalName) -> String {
    match name {
        ExternalName::LibCall(call) => cranelift_module::default_libcall_names()(*call),
        other => unreachable!("{other:?} is never made by the lowering"),
    }
}

fn relocations(
    from: &[FinalizedMachReloc],
    id: FuncId,
    mut resolve: impl FnMut(&ExternalName) -> RelocationTarget,
) -> Vec<Relocation> {
    from.iter()
        .map(|r| {
            let kind = match r.kind {
                binemit::Reloc::Abs8 => RelocationKind::Abs8,
                binemit::Reloc::X86PCRel4 => RelocationKind::Pc4,
                binemit::Reloc::X86CallPCRel4 | binemit::Reloc::X86CallPLTRel4 => RelocationKind::Pc4,
                other => unreachable!("relocation {other} does not occur with these settings"),
            };
            let (target, addend) = match &r.target {
                FinalizedRelocTarget::ExternalName(name) => (resolve(name), r.addend),
                FinalizedRelocTarget::Func(offset) => (RelocationTarget::Function(id), r.addend + *offset as i64),
            };
            Relocation { offset: r.offset, kind, target, addend }
        })
        .collect()
}

/// The source position of the code that ends at `offset`.
fn span_at(compiled: &CompiledCode, spans: &[Span], offset: u32) -> Span {
    let ranges = compiled.buffer.get_srclocs_sorted();
    let i = ranges.partition_point(|r| r.start < offset);
    let range = i.checked_sub(1).map(|i| &ranges[i]);
    range.filter(|r| offset <= r.end).and_then(|r| spans.get(r.loc.bits() as usize)).copied().unwrap_or_default()
}

fn make_isa(target: Target) -> Arc<dyn TargetIsa> {
    let mut flags = settings::builder();
    let mut set = |name: &str, value: &str| flags.set(name, value).expect("a setting of this Cranelift version");
    set("opt_level", if target.optimize { "speed" } else { "none" });
    set("regalloc_algorithm", "backtracking");
    set("preserve_frame_pointers", "true");
    set("enable_pinned_reg", "true");
    set("unwind_info", "false");
    set("enable_verifier", if target.verify { "true" } else { "false" });
    // Every address is reached rip-relative or through a word, so the code is position-independent as it is.
    set("is_pic", "false");
    set("enable_probestack", "true");
    set("probestack_strategy", "inline");
    set("log2_min_function_alignment", "4");
    let isa = isa::lookup_by_name("x86_64-unknown-linux-gnu").expect("Cranelift is built with x86-64");
    isa.finish(settings::Flags::new(flags)).expect("the settings are consistent")
}
