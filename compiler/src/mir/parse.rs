//! MIR from text, as `print` writes it. For tests and tools; errors say the line.

use super::function::*;
use super::text::*;
use crate::datum::{DatumId, Datums};
use crate::hir::datum_text::parse_datum;
use crate::hir::sexp;
use crate::source::Span;
use crate::types::{Type, TypeSet};
use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::primitives;

/// What is wrong, and in which line (from 1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    pub line: usize,
    pub message: String,
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}
impl std::error::Error for ParseError {}

type Result<T, E = String> = std::result::Result<T, E>;

/// Reads a program; the objects it names are made or interned.
pub fn parse_program(ctx: &mut ThreadContext, datums: &mut Datums, text: &str) -> Result<Program, ParseError> {
    let mut parser = Parser { ctx, datums, table: Vec::new(), program: Program::default(), block: None };
    for (i, line) in text.lines().enumerate() {
        parser.line(line.trim()).map_err(|message| ParseError { line: i + 1, message })?;
    }
    Ok(parser.program)
}

struct Parser<'a> {
    ctx: &'a mut ThreadContext,
    datums: &'a mut Datums,
    /// Objects of the head, by number.
    table: Vec<DatumId>,
    program: Program,
    /// The block that lines belong to; `None` outside functions.
    block: Option<usize>,
}

/// A cursor over the words of one line. Parentheses are words of their own.
struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    fn peek(&self) -> Option<&'a str> {
        Words { rest: self.rest }.next()
    }
    fn expect(&mut self, what: &str) -> Result<&'a str> {
        self.next().ok_or_else(|| format!("{what} is missing"))
    }
    fn is(&mut self, word: &str) -> bool {
        let yes = self.peek() == Some(word);
        if yes {
            self.next();
        }
        yes
    }
    fn number<T: std::str::FromStr>(&mut self, what: &str) -> Result<T> {
        let word = self.expect(what)?;
        word.parse().map_err(|_| format!("{word} is no {what}"))
    }
    /// A number behind a prefix, as in `v3`.
    fn id(&mut self, prefix: &str) -> Result<u32> {
        let word = self.expect(prefix)?;
        id_of(word, prefix).ok_or_else(|| format!("{word} is no {prefix}N"))
    }
    fn values(&mut self) -> Vec<ValueId> {
        let mut values = Vec::new();
        while let Some(id) = self.peek().and_then(|w| id_of(w, "v")) {
            self.next();
            values.push(ValueId(id));
        }
        values
    }
    fn edge(&mut self) -> Result<(Block, Vec<ValueId>)> {
        let block = Block(self.id("b")?);
        if !self.is("(") {
            return Err("an edge has its arguments in parentheses".to_owned());
        }
        let args = self.values();
        if self.is(")") { Ok((block, args)) } else { Err("the parenthesis is not closed".to_owned()) }
    }
    fn word<T: PartialEq + Copy>(&mut self, words: super::text::Words<T>) -> Result<T> {
        let word = self.expect("a word")?;
        value_of(words, word).ok_or_else(|| format!("{word} is unknown here"))
    }
    /// `name=N`.
    fn ty(&mut self) -> Result<Type> {
        let word = self.expect("a type")?;
        parse_type(word).ok_or_else(|| format!("{word} is no type"))
    }
    fn attribute<T: std::str::FromStr>(&mut self, name: &str) -> Result<T> {
        let word = self.expect(name)?;
        let value = word.strip_prefix(name).and_then(|w| w.strip_prefix('='));
        value.and_then(|v| v.parse().ok()).ok_or_else(|| format!("{name}=N is missing"))
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.rest.trim_start();
        let first = text.chars().next()?;
        let end = match first {
            '(' | ')' => 1,
            '"' => quoted_end(text),
            _ => text.find([' ', '(', ')']).unwrap_or(text.len()),
        };
        let (word, rest) = text.split_at(end);
        self.rest = rest;
        Some(word)
    }
}

/// Behind the closing quote of a text that starts with one.
fn quoted_end(text: &str) -> usize {
    let mut escaped = false;
    for (i, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return i + 1,
            _ => {}
        }
    }
    text.len()
}

fn id_of(word: &str, prefix: &str) -> Option<u32> {
    word.strip_prefix(prefix)?.parse().ok()
}

fn hex(word: &str, prefix: &str) -> Option<u64> {
    u64::from_str_radix(word.strip_prefix(prefix)?, 16).ok()
}

fn parse_type(text: &str) -> Option<Type> {
    let (set, range) = match text.split_once('[') {
        Some((set, range)) => (set, Some(range.strip_suffix(']')?)),
        None => (text, None),
    };
    let mut ty = Type::of(parse_type_set(set)?);
    if let Some((low, high)) = range.and_then(|r| r.split_once("..")) {
        (ty.low, ty.high) = (low.parse().ok()?, high.parse().ok()?);
    }
    Some(ty)
}

impl Parser<'_> {
    fn line(&mut self, line: &str) -> Result<()> {
        if line.is_empty() || line.starts_with(';') {
            return Ok(());
        }
        let mut words = Words { rest: line };
        if self.block.is_some() {
            return self.body_line(line, words);
        }
        match words.expect("a word")? {
            "top" => {
                while words.peek().is_some() {
                    self.program.top_level.push(FuncId(words.id("f")?));
                }
                Ok(())
            }
            "function" => self.header(words),
            word if word.starts_with('@') => {
                let (_, text) = line.split_once('=').ok_or("an object follows the equals sign")?;
                let value = parse_datum(self.ctx, &sexp::parse(text)?)?;
                self.table.push(self.datums.id_of(value));
                Ok(())
            }
            word => Err(format!("{word} does not start a line here")),
        }
    }

    fn header(&mut self, mut words: Words) -> Result<()> {
        let index = words.id("f")? as usize;
        if index != self.program.functions.len() {
            return Err(format!("function f{index} is out of order"));
        }
        let name = words.expect("a name")?;
        let name = name.strip_prefix('"').and_then(|n| n.strip_suffix('"')).ok_or("the name is a string")?;
        let mut unescaped = String::new();
        let mut chars = name.chars();
        while let Some(c) = chars.next() {
            unescaped.extend(if c == '\\' { chars.next() } else { Some(c) });
        }
        let entry = match words.expect("an entry")? {
            "general" => Entry::General,
            "direct" => Entry::Direct,
            other => return Err(format!("{other} is no kind of entry")),
        };
        let returns = if words.is("many") { Returns::Many } else { Returns::One(words.word(REPRS)?) };
        let mut function = Function {
            name: unescaped,
            entry,
            returns,
            blocks: Vec::new(),
            values: Vec::new(),
            exit_slots: 0,
            keep_frames: false,
            entry_check: false,
            span: Span::default(),
            origin: None,
        };
        loop {
            match words.expect("{")? {
                "{" => break,
                "check" => function.entry_check = true,
                "keep-frames" => function.keep_frames = true,
                word => match word.strip_prefix("exits=").and_then(|n| n.parse().ok()) {
                    Some(n) => function.exit_slots = n,
                    None => return Err(format!("{word} is no property of functions")),
                },
            }
        }
        self.program.functions.push(function);
        self.block = Some(0);
        Ok(())
    }

    fn function(&mut self) -> &mut Function {
        self.program.functions.last_mut().expect("a function is being read")
    }

    fn body_line(&mut self, line: &str, mut words: Words) -> Result<()> {
        if line == "}" {
            self.block = None;
            return Ok(());
        }
        if line.ends_with(':') && line.starts_with('b') {
            let index = words.id("b")? as usize;
            if index != self.function().blocks.len() || !words.is("(") {
                return Err("blocks are numbered in order and have parameters in parentheses".to_owned());
            }
            let mut block = BlockData::default();
            while !words.is(")") {
                let word = words.expect(")")?;
                block.params.push(self.definition(word)?);
            }
            block.cold = words.is("cold:");
            self.function().blocks.push(block);
            self.block = Some(index);
            return Ok(());
        }
        let mut results = Vec::new();
        if line.split(' ').any(|w| w == "=") {
            while !words.is("=") {
                let word = words.expect("=")?;
                results.push(self.definition(word)?);
            }
        }
        let block = self.block.expect("inside a function");
        if block >= self.function().blocks.len() {
            return Err("a function starts with a block".to_owned());
        }
        if results.is_empty()
            && let Some(terminator) = self.terminator(Words { rest: words.rest })?
        {
            self.function().blocks[block].terminator = Some(terminator);
            return Ok(());
        }
        let name = words.expect("an instruction")?;
        let inst = self.instruction(name, &mut words)?;
        if let Some(rest) = words.next() {
            return Err(format!("{rest} is left over"));
        }
        self.function().blocks[block].insts.push(InstData { inst, results, span: Span::default() });
        Ok(())
    }

    /// `v3:fixnum[0..9]`, `v4:word`, …
    fn definition(&mut self, word: &str) -> Result<ValueId> {
        let wrong = || format!("{word} is no definition of a value");
        let (v, text) = word.split_once(':').ok_or_else(wrong)?;
        let id = id_of(v, "v").ok_or_else(wrong)?;
        let data = if let Some(range) = text.strip_prefix("word") {
            let ty = parse_type(&format!("none{range}")).ok_or_else(wrong)?;
            ValueData { repr: Repr::Word, ty: Type { set: TypeSet::ANY, ..ty } }
        } else if let Some(repr) = value_of(REPRS, text) {
            ValueData { repr, ty: Type::ANY }
        } else {
            ValueData { repr: Repr::Tagged, ty: parse_type(text).ok_or_else(wrong)? }
        };
        let values = &mut self.function().values;
        if values.len() <= id as usize {
            let unused = ValueData { repr: Repr::Word, ty: Type::EMPTY };
            values.resize(id as usize + 1, unused);
        }
        values[id as usize] = data;
        Ok(ValueId(id))
    }

    fn datum(&mut self, words: &mut Words) -> Result<DatumId> {
        let i = words.id("@")?;
        self.table.get(i as usize).copied().ok_or_else(|| format!("@{i} is not in the head"))
    }

    fn type_set(&mut self, words: &mut Words) -> Result<TypeSet> {
        let word = words.expect("a type")?;
        parse_type_set(word).ok_or_else(|| format!("{word} is no type"))
    }

    fn call(&mut self, words: &mut Words) -> Result<Call> {
        enum Kind {
            Known(Target),
            Value,
        }
        let kind = match words.expect("a target")? {
            "direct" => Kind::Known(Target::Direct(FuncId(words.id("f")?))),
            "symbol" => Kind::Known(Target::Symbol(self.datum(words)?)),
            "function" => Kind::Value,
            other => return Err(format!("{other} is no target")),
        };
        let spread = words.is("spread");
        let mut args = words.values();
        let target = match kind {
            Kind::Known(target) => target,
            Kind::Value if args.is_empty() => return Err("the function is missing".to_owned()),
            Kind::Value => Target::Function(args.remove(0)),
        };
        let spread_count = if spread { Some(args.pop().ok_or("the count is missing")?) } else { None };
        Ok(Call { target, args, spread_count })
    }

    fn terminator(&mut self, mut words: Words) -> Result<Option<Terminator>> {
        let three = |vs: Vec<ValueId>| <[ValueId; 3]>::try_from(vs).map_err(|_| "three values are expected".to_owned());
        Ok(Some(match words.expect("a word")? {
            "jump" => {
                let (block, args) = words.edge()?;
                Terminator::Jump(block, args)
            }
            "branch" => Terminator::Branch(ValueId(words.id("v")?), words.edge()?, words.edge()?),
            "switch" => {
                let v = ValueId(words.id("v")?);
                let mut cases = Vec::new();
                while !words.is("default") {
                    cases.push((words.number("number")?, Block(words.id("b")?)));
                }
                Terminator::Switch(v, cases, Block(words.id("b")?))
            }
            "return" => Terminator::Return(words.values()),
            "tail-call" => Terminator::TailCall(self.call(&mut words)?),
            "try-call" => {
                let slot = ExitSlot(words.id("x")?);
                let kind = words.word(EXIT_KINDS)?;
                let tag = ValueId(words.id("v")?);
                let call = self.call(&mut words)?;
                if !words.is("normal") {
                    return Err("the normal edge is missing".to_owned());
                }
                let normal_results = words.number("number")?;
                let normal = words.edge()?;
                if !words.is("handler") {
                    return Err("the handler's edge is missing".to_owned());
                }
                Terminator::TryCall { call, slot, kind, tag, normal, normal_results, handler: words.edge()? }
            }
            "throw" => {
                let [a, b, c] = three(words.values())?;
                Terminator::Throw(a, b, c)
            }
            "exit-to" => {
                let [a, b, c] = three(words.values())?;
                Terminator::ExitTo(a, b, c)
            }
            "continue-unwind" => {
                let [a, b, c] = three(words.values())?;
                Terminator::ContinueUnwind(a, b, c)
            }
            "unreachable" => Terminator::Unreachable,
            _ => return Ok(None),
        }))
    }

    fn instruction(&mut self, name: &str, words: &mut Words) -> Result<Inst> {
        let value = |words: &mut Words| words.id("v").map(ValueId);
        if let Some(op) = value_of(WORD_OPS, name) {
            return Ok(Inst::WordOp(op, value(words)?, value(words)?));
        }
        if let Some(op) = value_of(CHECKED_OPS, name) {
            return Ok(Inst::Checked(op, value(words)?, value(words)?));
        }
        if let Some(op) = value_of(FLOAT_OPS, name) {
            return Ok(Inst::FloatOp(op, value(words)?, value(words)?));
        }
        if let Some(op) = value_of(TRAP_OPS, name) {
            return Ok(Inst::CheckFloat(op, value(words)?, value(words)?, value(words)?));
        }
        if let Some(op) = value_of(FLOAT_UNARIES, name) {
            return Ok(Inst::FloatUnary(op, value(words)?));
        }
        if let Some(op) = value_of(ARITHS, name) {
            return Ok(Inst::Arith(op, value(words)?, value(words)?));
        }
        Ok(match name {
            "const" => Inst::Const(self.datum(words)?),
            "fixnum" => Inst::Immediate((words.number::<i64>("fixnum")? << 1) as u64),
            "immediate" => Inst::Immediate(hex(words.expect("bits")?, "#x").ok_or("bits are written #x…")?),
            "word" => Inst::Word(words.number("number")?),
            "double" => {
                let word = words.expect("bits")?;
                let bits = hex(word, "#d").or_else(|| word.parse().ok().map(f64::to_bits));
                Inst::Double(bits.ok_or("a double is a number or #d…")?)
            }
            "single" => Inst::Single(hex(words.expect("bits")?, "#x").ok_or("bits are written #x…")? as u32),
            "function-object" => Inst::FunctionObject(FuncId(words.id("f")?)),
            "compare-word" => Inst::CompareWord(words.word(COMPARES)?, value(words)?, value(words)?),
            "compare-float" => Inst::CompareFloat(words.word(COMPARES)?, value(words)?, value(words)?),
            "compare" => Inst::ArithCompare(words.word(COMPARES)?, value(words)?, value(words)?),
            "is" => Inst::Is(self.type_set(words)?, value(words)?),
            "check" => Inst::Check(words.ty()?, self.datum(words)?, value(words)?),
            "check-floats" => {
                let word = words.expect("operations")?;
                let ops: Option<Vec<TrapOp>> = word.split(',').map(|op| value_of(TRAP_OPS, op)).collect();
                let ops = ops.ok_or("an unknown operation")?;
                let operands = (0..1 + ops.len()).map(|_| value(words)).collect::<Result<Vec<_>, _>>()?;
                Inst::CheckFloats(ops, operands)
            }
            "check-instance" => {
                let (name, depth) = (self.datum(words)?, words.number("depth")?);
                Inst::CheckInstance(name, depth, value(words)?, value(words)?)
            }
            "assume" => {
                let word = words.expect("a refinement")?;
                if word == "not-in" {
                    let set = self.type_set(words)?;
                    return Ok(Inst::Assume(value(words)?, Refinement::NotIn(set)));
                }
                if let Some(op) = value_of(COMPARES, word) {
                    let v = value(words)?;
                    return Ok(Inst::Assume(v, Refinement::Compare(op, value(words)?)));
                }
                let ty = parse_type(word).ok_or_else(|| format!("{word} is no type"))?;
                Inst::Assume(value(words)?, Refinement::Type(ty))
            }
            "load" | "store" | "load-indexed" | "store-indexed" => self.access(name, words)?,
            "header" => Inst::Header { tag: words.attribute("tag")?, base: value(words)? },
            "make-closure" => Inst::MakeClosure(FuncId(words.id("f")?), words.values()),
            "closure-ref" | "closure-set" => {
                let (i, closure) = (words.number("index")?, value(words)?);
                if name == "closure-ref" { Inst::ClosureRef(closure, i) } else { Inst::ClosureSet(closure, i, value(words)?) }
            }
            "arg-ref" => Inst::ArgRef(words.number("index")?),
            "arg-set" => Inst::ArgSet(words.number("index")?, value(words)?),
            "value-ref" => Inst::ValueRef(words.number("index")?),
            "value-set" => Inst::ValueSet(words.number("index")?, value(words)?),
            "symbol-value" => Inst::SymbolValue(self.datum(words)?),
            "set-symbol-value" => Inst::SetSymbolValue(self.datum(words)?, value(words)?),
            "bind" => Inst::Bind(self.datum(words)?, value(words)?),
            "unbind" => Inst::Unbind(self.datum(words)?),
            "symbol-function" => Inst::SymbolFunction(self.datum(words)?),
            "call" => Inst::Call(self.call(words)?),
            "primitive" => {
                let name = words.expect("a name")?;
                let known = primitives::all().into_iter().find(|p| p.name == name);
                Inst::Primitive(known.ok_or_else(|| format!("{name} is no primitive"))?.name, words.values())
            }
            "runtime" => Inst::Runtime(words.word(RUNTIME_CALLS)?, words.values()),
            "foreign-call" => {
                let symbol = words.expect("a symbol")?;
                let result = if words.is("nothing") { None } else { Some(words.word(REPRS)?) };
                let variadic = words.is("variadic");
                let symbol = (symbol != "*").then(|| symbol.to_owned());
                Inst::ForeignCall { symbol, args: words.values(), result, variadic }
            }
            _ => {
                let operands = words.values();
                simple_instruction(name, &operands)
                    .ok_or_else(|| format!("{name} with {} operands is no instruction", operands.len()))?
            }
        })
    }

    fn access(&mut self, name: &str, words: &mut Words) -> Result<Inst> {
        let element = words.word(ELEMENTS)?;
        let tag = words.attribute("tag")?;
        let offset = words.attribute("offset")?;
        let barrier = words.is("barrier");
        let operands = words.values();
        Ok(match (name, &operands[..]) {
            ("load", &[base]) => Inst::Load { element, tag, offset, base },
            ("store", &[base, value]) => Inst::Store { element, tag, offset, base, value, barrier },
            ("load-indexed", &[base, index]) => Inst::LoadIndexed { element, tag, offset, base, index },
            ("store-indexed", &[base, index, value]) => Inst::StoreIndexed { element, tag, offset, base, index, value, barrier },
            _ => return Err(format!("{} operands do not fit {name}", operands.len())),
        })
    }
}
