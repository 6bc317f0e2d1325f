//! MIR as text. `parse` reads it back; printing what was parsed gives the same text.
//!
//! Source positions and the origin in HIR are not part of the text. Lisp objects are numbered in the
//! order of first use and listed at the head.

use crate::hash::HashMap;
use std::fmt::Write;

use super::function::*;
use super::text::*;
use crate::datum::{DatumId, Datums};
use crate::hir::datum_text::datum_text;
use crate::types::{Type, TypeSet};
use rook_runtime::abi::tags::{MOST_NEGATIVE_FIXNUM, MOST_POSITIVE_FIXNUM};

/// The text of a whole program.
pub fn print_program(program: &Program, datums: &Datums) -> String {
    let mut printer = Printer::default();
    let mut body = String::new();
    for (i, function) in program.functions.iter().enumerate() {
        body.push('\n');
        printer.function(&mut body, i, function);
    }
    let mut text = String::new();
    for (i, &id) in printer.order.iter().enumerate() {
        writeln!(text, "@{i} = {}", datum_text(datums.get(id)).flat()).expect("writing to a string");
    }
    let top: Vec<String> = program.top_level.iter().map(|f| format!(" f{}", f.0)).collect();
    writeln!(text, "top{}", top.concat()).expect("writing to a string");
    text + &body
}

#[derive(Default)]
struct Printer {
    numbers: HashMap<DatumId, usize>,
    order: Vec<DatumId>,
}

fn range_text(ty: Type) -> String {
    if (ty.low, ty.high) == (MOST_NEGATIVE_FIXNUM, MOST_POSITIVE_FIXNUM) {
        return String::new();
    }
    format!("[{}..{}]", ty.low, ty.high)
}

pub(super) fn type_text(ty: Type) -> String {
    type_set_text(ty.set) + &range_text(ty)
}

fn value_text(function: &Function, v: ValueId) -> String {
    let ValueData { repr, ty } = function.values[v.0 as usize];
    match repr {
        Repr::Tagged => format!("v{}:{}", v.0, type_text(ty)),
        Repr::Word => format!("v{}:word{}", v.0, range_text(Type { set: TypeSet::EMPTY, ..ty })),
        repr => format!("v{}:{}", v.0, word_of(REPRS, repr)),
    }
}

impl Printer {
    fn datum(&mut self, id: DatumId) -> String {
        let next = self.numbers.len();
        let number = *self.numbers.entry(id).or_insert(next);
        if number == next {
            self.order.push(id);
        }
        format!("@{number}")
    }

    fn function(&mut self, out: &mut String, index: usize, f: &Function) {
        let entry = match f.entry {
            Entry::General => "general",
            Entry::Direct => "direct",
        };
        let returns = match f.returns {
            Returns::Many => "many",
            Returns::One(repr) => word_of(REPRS, repr),
        };
        write!(out, "function f{index} {} {entry} {returns}", quoted_name(&f.name)).expect("writing to a string");
        if f.entry_check {
            out.push_str(" check");
        }
        if f.keep_frames {
            out.push_str(" keep-frames");
        }
        if f.exit_slots > 0 {
            write!(out, " exits={}", f.exit_slots).expect("writing to a string");
        }
        out.push_str(" {\n");
        for (i, block) in f.blocks.iter().enumerate() {
            let params: Vec<String> = block.params.iter().map(|&p| value_text(f, p)).collect();
            let cold = if block.cold { " cold" } else { "" };
            writeln!(out, "b{i}({}){cold}:", params.join(" ")).expect("writing to a string");
            for data in &block.insts {
                out.push_str("  ");
                if !data.results.is_empty() {
                    let results: Vec<String> = data.results.iter().map(|&r| value_text(f, r)).collect();
                    write!(out, "{} = ", results.join(" ")).expect("writing to a string");
                }
                let inst = self.instruction(&data.inst);
                writeln!(out, "{inst}").expect("writing to a string");
            }
            if let Some(terminator) = &block.terminator {
                let text = self.terminator(terminator);
                writeln!(out, "  {text}").expect("writing to a string");
            }
        }
        out.push_str("}\n");
    }

    fn instruction(&mut self, inst: &Inst) -> String {
        if let Inst::Call(call) = inst {
            return self.call("call", call);
        }
        let mut text = self.head(inst);
        inst.for_each_operand(&mut |v| write!(text, " v{}", v.0).expect("writing to a string"));
        text
    }

    /// Name and attributes.
    fn head(&mut self, inst: &Inst) -> String {
        let access = |name: &str, element: Element, tag: u8, offset: i32, barrier: Option<bool>| {
            let barrier = if barrier == Some(true) { " barrier" } else { "" };
            format!("{name} {} tag={tag} offset={offset}{barrier}", word_of(ELEMENTS, element))
        };
        if let Some(name) = simple_name(inst) {
            return name.to_owned();
        }
        match inst {
            Inst::Const(id) => format!("const {}", self.datum(*id)),
            Inst::Immediate(bits) if bits & 1 == 0 => format!("fixnum {}", *bits as i64 >> 1),
            Inst::Immediate(bits) => format!("immediate #x{bits:x}"),
            Inst::Word(n) => format!("word {n}"),
            Inst::Double(bits) => format!("double #d{bits:x}"),
            Inst::Single(bits) => format!("single #x{bits:x}"),
            Inst::FunctionObject(f) => format!("function-object f{}", f.0),
            Inst::WordOp(op, ..) => word_of(WORD_OPS, *op).to_owned(),
            Inst::Checked(op, ..) => word_of(CHECKED_OPS, *op).to_owned(),
            Inst::FloatOp(op, ..) => word_of(FLOAT_OPS, *op).to_owned(),
            Inst::FloatUnary(op, _) => word_of(FLOAT_UNARIES, *op).to_owned(),
            Inst::CompareWord(op, ..) => format!("compare-word {}", word_of(COMPARES, *op)),
            Inst::CompareFloat(op, ..) => format!("compare-float {}", word_of(COMPARES, *op)),
            Inst::Is(set, _) => format!("is {}", type_set_text(*set)),
            Inst::Arith(op, ..) => word_of(ARITHS, *op).to_owned(),
            Inst::ArithCompare(op, ..) => format!("compare {}", word_of(COMPARES, *op)),
            Inst::Check(ty, spec, _) => format!("check {} {}", type_text(*ty), self.datum(*spec)),
            Inst::CheckInstance(name, depth, ..) => format!("check-instance {} {depth}", self.datum(*name)),
            Inst::CheckFloat(op, ..) => word_of(TRAP_OPS, *op).to_owned(),
            Inst::CheckFloats(ops, _) => {
                let ops: Vec<&str> = ops.iter().map(|&op| word_of(TRAP_OPS, op)).collect();
                format!("check-floats {}", ops.join(","))
            }
            Inst::Assume(_, refinement) => match refinement {
                Refinement::Type(ty) => format!("assume {}", type_text(*ty)),
                Refinement::NotIn(set) => format!("assume not-in {}", type_set_text(*set)),
                Refinement::Compare(op, _) => format!("assume {}", word_of(COMPARES, *op)),
            },
            Inst::Load { element, tag, offset, .. } => access("load", *element, *tag, *offset, None),
            Inst::Store { element, tag, offset, barrier, .. } => access("store", *element, *tag, *offset, Some(*barrier)),
            Inst::LoadIndexed { element, tag, offset, .. } => access("load-indexed", *element, *tag, *offset, None),
            Inst::StoreIndexed { element, tag, offset, barrier, .. } => {
                access("store-indexed", *element, *tag, *offset, Some(*barrier))
            }
            Inst::Header { tag, .. } => format!("header tag={tag}"),
            Inst::MakeClosure(f, _) => format!("make-closure f{}", f.0),
            Inst::ClosureRef(_, i) => format!("closure-ref {i}"),
            Inst::ClosureSet(_, i, _) => format!("closure-set {i}"),
            Inst::ArgRef(i) => format!("arg-ref {i}"),
            Inst::ArgSet(i, _) => format!("arg-set {i}"),
            Inst::ValueRef(i) => format!("value-ref {i}"),
            Inst::ValueSet(i, _) => format!("value-set {i}"),
            Inst::SymbolValue(s) => format!("symbol-value {}", self.datum(*s)),
            Inst::SetSymbolValue(s, _) => format!("set-symbol-value {}", self.datum(*s)),
            Inst::Bind(s, _) => format!("bind {}", self.datum(*s)),
            Inst::Unbind(s) => format!("unbind {}", self.datum(*s)),
            Inst::SymbolFunction(s) => format!("symbol-function {}", self.datum(*s)),
            Inst::Primitive(name, _) => format!("primitive {name}"),
            Inst::Runtime(call, _) => format!("runtime {}", word_of(RUNTIME_CALLS, *call)),
            Inst::ForeignCall { symbol, result, variadic, .. } => {
                let symbol = symbol.as_deref().unwrap_or("*");
                let result = result.map_or("nothing", |r| word_of(REPRS, r));
                format!("foreign-call {symbol} {result}{}", if *variadic { " variadic" } else { "" })
            }
            other => unreachable!("{other:?} is a simple instruction or a call"),
        }
    }

    fn call(&mut self, name: &str, call: &Call) -> String {
        let target = match call.target {
            Target::Direct(f) => format!("direct f{}", f.0),
            Target::Symbol(id) => format!("symbol {}", self.datum(id)),
            Target::Function(_) => "function".to_owned(),
        };
        let spread = if call.spread_count.is_some() { " spread" } else { "" };
        let mut text = format!("{name} {target}{spread}");
        call.for_each_operand(&mut |v| write!(text, " v{}", v.0).expect("writing to a string"));
        text
    }

    fn terminator(&mut self, terminator: &Terminator) -> String {
        let list = |vs: &[ValueId]| vs.iter().map(|v| format!("v{}", v.0)).collect::<Vec<_>>().join(" ");
        let edge = |(block, args): &(Block, Vec<ValueId>)| format!("b{}({})", block.0, list(args));
        match terminator {
            Terminator::Jump(block, args) => format!("jump b{}({})", block.0, list(args)),
            Terminator::Branch(c, then, otherwise) => format!("branch v{} {} {}", c.0, edge(then), edge(otherwise)),
            Terminator::Switch(v, cases, default) => {
                let cases: Vec<String> = cases.iter().map(|(n, b)| format!("{n} b{} ", b.0)).collect();
                format!("switch v{} {}default b{}", v.0, cases.concat(), default.0)
            }
            Terminator::Return(values) => format!("return {}", list(values)).trim_end().to_owned(),
            Terminator::TailCall(call) => self.call("tail-call", call),
            Terminator::TryCall { call, slot, kind, tag, normal, normal_results, handler } => {
                let head = format!("try-call x{} {} v{}", slot.0, word_of(EXIT_KINDS, *kind), tag.0);
                let call = self.call("", call);
                format!("{head}{call} normal {normal_results} {} handler {}", edge(normal), edge(handler))
            }
            Terminator::Throw(a, b, c) => format!("throw {}", list(&[*a, *b, *c])),
            Terminator::ExitTo(a, b, c) => format!("exit-to {}", list(&[*a, *b, *c])),
            Terminator::ContinueUnwind(a, b, c) => format!("continue-unwind {}", list(&[*a, *b, *c])),
            Terminator::Unreachable => "unreachable".to_owned(),
        }
    }
}

fn quoted_name(name: &str) -> String {
    let escaped: String = name.chars().map(|c| if c == '"' || c == '\\' { format!("\\{c}") } else { c.to_string() }).collect();
    format!("\"{escaped}\"")
}
