//! The standard dispatching macro character `#` (CLHS 2.4.8).

use super::frames::{Frame, Operand, Purpose, Sequence};
use super::read::{Reader, Step};
use super::readtable::{self, Macro, Syntax};
use super::{Failure, labels, lisp};
use crate::abi::layout::{self, array, kind};
use crate::abi::tags::{MOST_POSITIVE_FIXNUM, OTHER_TAG};
use crate::abi::thread_context::ThreadContext;
use crate::abi::well_known::Sym;
use crate::heap::{allocate, check_allocation};
use crate::io::Position;
use crate::object::character::{self, upcase};
use crate::object::symbol::well_known;
use crate::object::text::{rust_text, string_code_points};
use crate::object::{list, make_simple_vector, record, simple_vector, string_to_rust};
use crate::primitives::arrays::vector_element;
use crate::value::{Value, nil};

/// Elements that `#n(` and `#n*` may ask for: far more than a program text holds.
const MAX_LENGTH: i64 = 1 << 24;
const MAX_RANK: i64 = 1 << 10;

impl Reader<'_> {
    /// A dispatching macro character was read: its argument, its sub-character, its function.
    pub fn dispatch(&mut self, ctx: &mut ThreadContext, c: u32, start: Position) -> Result<Step, Failure> {
        let mut argument: Option<i64> = None;
        let sub = loop {
            let next = self.expect_char(ctx, start)?;
            let Some(digit) = char::from_u32(next).and_then(|c| c.to_digit(10)) else { break next };
            let scaled = argument.unwrap_or(0).saturating_mul(10).saturating_add(digit as i64);
            argument = Some(scaled.min(MOST_POSITIVE_FIXNUM));
        };
        let entry = readtable::dispatch_table(self.variables.readtable, c)
            .and_then(|table| readtable::dispatch_macro(table, upcase(sub)));
        match entry {
            Some(Macro::Builtin(id)) => self.builtin(ctx, id, c, argument, start),
            Some(Macro::Function(function)) => {
                let argument = argument.map_or(nil(), Value::fixnum);
                let args = [self.source.stream, Value::character(sub), argument];
                let value = self.call(ctx, function, &args)?;
                Ok(value.map_or(Step::Nothing, |v| Step::Value(v, start)))
            }
            // Skipped as a token, unless it can only be a mistake.
            _ if self.suppressed() && sub != '<' as u32 && sub != ')' as u32 && self.syntax(sub) != Syntax::Whitespace => {
                self.read_opt_token(ctx)?;
                Ok(Step::Value(nil(), start))
            }
            _ => {
                let shown = character::name(sub).unwrap_or_else(|| rust_text(&[sub]));
                Err(Failure::syntax(format!("{}{shown} is not defined", rust_text(&[c]))))
            }
        }
    }

    /// Does what `#` followed by `sub` does.
    pub fn sharp(
        &mut self,
        ctx: &mut ThreadContext,
        sub: char,
        argument: Option<i64>,
        start: Position,
    ) -> Result<Step, Failure> {
        match sub {
            '\\' => self.sharp_character(ctx, start),
            '\'' => self.push_operand(Operand::Wrap(Sym::FUNCTION, 0), start),
            '(' => self.sharp_vector(argument, start),
            '*' => self.sharp_bits(ctx, argument, start),
            ':' => self.sharp_uninterned(ctx, start),
            '.' => self.sharp_eval(ctx, start),
            '=' => self.sharp_label(ctx, argument, start),
            '#' => self.sharp_reference(ctx, argument, start),
            '+' => self.sharp_feature(true, start),
            '-' => self.sharp_feature(false, start),
            '|' => self.skip_block(ctx, start),
            'A' => self.sharp_array(argument, start),
            'B' => self.sharp_radix(Some(2), start),
            'O' => self.sharp_radix(Some(8), start),
            'X' => self.sharp_radix(Some(16), start),
            'R' => self.sharp_radix(argument, start),
            'C' => self.push_operand(Operand::Complex, start),
            'P' => self.push_operand(Operand::Pathname, start),
            'S' => self.push_operand(Operand::Structure, start),
            _ => Err(Failure::syntax(format!("#{sub} is not defined"))),
        }
    }

    fn sharp_character(&mut self, ctx: &mut ThreadContext, start: Position) -> Result<Step, Failure> {
        let first = self.expect_char(ctx, start)?;
        self.read_token(ctx, first, true)?;
        if self.suppressed() {
            return Ok(Step::Value(nil(), start));
        }
        let code = match self.token.chars[..] {
            [c] => Some(c),
            _ => character::named(&rust_text(&self.token.chars)),
        };
        match code {
            Some(c) => Ok(Step::Value(Value::character(c), start)),
            None => Err(Failure::syntax(format!("no character is named {}", rust_text(&self.token.chars)))),
        }
    }

    fn sharp_vector(&mut self, argument: Option<i64>, start: Position) -> Result<Step, Failure> {
        let len = self.checked_length(argument)?;
        self.push(Frame::Sequence(Sequence::new(Purpose::Vector(len), start)))
    }

    fn checked_length(&self, argument: Option<i64>) -> Result<Option<usize>, Failure> {
        match argument {
            Some(n) if n > MAX_LENGTH && !self.suppressed() => {
                Err(Failure::syntax(format!("a literal vector of {n} elements is too long")))
            }
            Some(n) => Ok(Some(n as usize)),
            None => Ok(None),
        }
    }

    /// The vector of the elements in `s`; missing ones repeat the last.
    pub fn make_vector(
        &mut self,
        ctx: &mut ThreadContext,
        s: Sequence,
        len: Option<usize>,
    ) -> Result<Value, Failure> {
        let items: Vec<Value> = s.head.list_iter().collect();
        let Some(len) = len else { return Ok(simple_vector(ctx, &items)) };
        if items.len() > len {
            return Err(Failure::syntax(format!("a vector of length {len} has {} elements", items.len())));
        }
        let Some(&last) = items.last() else {
            return match len {
                0 => Ok(simple_vector(ctx, &[])),
                _ => Err(Failure::syntax(format!("a vector of length {len} has no element to fill it"))),
            };
        };
        check_allocation(ctx, len as u64 * 8 + 8)?;
        let vector = make_simple_vector(ctx, len, last);
        for (i, item) in items.into_iter().enumerate() {
            crate::object::set_slot(ctx, vector, i, item);
        }
        Ok(vector)
    }

    /// Reads a token that may be empty.
    fn read_opt_token(&mut self, ctx: &mut ThreadContext) -> Result<(), Failure> {
        self.token.clear();
        let Some(c) = self.next_char(ctx)? else { return Ok(()) };
        match self.syntax(c) {
            Syntax::Whitespace | Syntax::TerminatingMacro => self.unread_char(ctx, c),
            _ => self.read_token(ctx, c, false),
        }
    }

    fn sharp_bits(&mut self, ctx: &mut ThreadContext, argument: Option<i64>, start: Position) -> Result<Step, Failure> {
        self.read_opt_token(ctx)?;
        if self.suppressed() {
            return Ok(Step::Value(nil(), start));
        }
        let bits: Option<Vec<bool>> = self.token.chars.iter().map(|&c| bit(c)).collect();
        let Some(mut bits) = bits.filter(|_| !self.token.has_escape) else {
            return Err(Failure::syntax("a bit vector is written with the digits 0 and 1"));
        };
        if let Some(len) = self.checked_length(argument)? {
            match bits.last() {
                _ if bits.len() > len => {
                    return Err(Failure::syntax(format!("a bit vector of length {len} has {} bits", bits.len())));
                }
                Some(&last) => bits.resize(len, last),
                None if len > 0 => {
                    return Err(Failure::syntax(format!("a bit vector of length {len} has no bit to fill it")));
                }
                None => {}
            }
        }
        Ok(Step::Value(make_bit_vector(ctx, &bits), start))
    }

    fn sharp_uninterned(&mut self, ctx: &mut ThreadContext, start: Position) -> Result<Step, Failure> {
        self.read_opt_token(ctx)?;
        if self.suppressed() {
            return Ok(Step::Value(nil(), start));
        }
        if self.token.chars.is_empty() && !self.token.has_escape {
            return Err(Failure::syntax("a symbol name is missing after #:"));
        }
        let sym = self.token.uninterned(ctx, self.variables.case)?;
        Ok(Step::Value(sym, start))
    }

    fn sharp_eval(&mut self, ctx: &mut ThreadContext, start: Position) -> Result<Step, Failure> {
        if !self.suppressed() && lisp::variable(ctx, Sym::READ_EVAL).is_nil() {
            return Err(Failure::syntax("#. is forbidden while *READ-EVAL* is NIL"));
        }
        self.push_operand(Operand::Eval, start)
    }

    fn sharp_label(
        &mut self,
        ctx: &mut ThreadContext,
        argument: Option<i64>,
        start: Position,
    ) -> Result<Step, Failure> {
        if self.suppressed() {
            return Ok(Step::Nothing);
        }
        let Some(label) = argument else { return Err(Failure::syntax("#= needs a number")) };
        if labels::is_defined(ctx, label) {
            return Err(Failure::syntax(format!("the label #{label}= is defined twice")));
        }
        let placeholder = labels::define(ctx, label);
        self.push_operand(Operand::Label(placeholder), start)
    }

    fn sharp_reference(
        &mut self,
        ctx: &mut ThreadContext,
        argument: Option<i64>,
        start: Position,
    ) -> Result<Step, Failure> {
        if self.suppressed() {
            return Ok(Step::Value(nil(), start));
        }
        let Some(label) = argument else { return Err(Failure::syntax("## needs a number")) };
        match labels::reference(ctx, label) {
            Some(object) => Ok(Step::Value(object, start)),
            None => Err(Failure::syntax(format!("the label #{label}# is not defined"))),
        }
    }

    fn sharp_feature(&mut self, wanted: bool, start: Position) -> Result<Step, Failure> {
        if self.suppressed() {
            // Expression and form are both passed over.
            self.skipping += 2;
            self.push_operand(Operand::Skip, start)?;
            return self.push_operand(Operand::Skip, start);
        }
        self.in_feature += 1;
        self.push_operand(Operand::Feature(wanted), start)
    }

    fn skip_block(&mut self, ctx: &mut ThreadContext, start: Position) -> Result<Step, Failure> {
        let mut depth = 1;
        let mut previous = 0;
        while depth > 0 {
            let c = self.expect_char(ctx, start)?;
            let pair = (char::from_u32(previous), char::from_u32(c));
            previous = c;
            match pair {
                (Some('|'), Some('#')) => depth -= 1,
                (Some('#'), Some('|')) => depth += 1,
                _ => continue,
            }
            // The second character of one mark does not begin another.
            previous = 0;
        }
        Ok(Step::Nothing)
    }

    fn sharp_radix(&mut self, argument: Option<i64>, start: Position) -> Result<Step, Failure> {
        let radix = match argument {
            _ if self.suppressed() => 10,
            Some(radix @ 2..=36) => radix as u32,
            Some(radix) => return Err(Failure::syntax(format!("{radix} is not a radix from 2 to 36"))),
            None => return Err(Failure::syntax("#R needs a radix")),
        };
        let outer = self.radix.replace(radix);
        self.push_operand(Operand::Radix { radix, outer }, start)
    }

    pub fn check_rational(&self, value: Value, radix: u32) -> Result<Value, Failure> {
        let rational = value.is_fixnum() || matches!(value.other_kind(), Some(kind::BIGNUM | kind::RATIO));
        if rational || self.suppressed() {
            return Ok(value);
        }
        Err(Failure::syntax(format!("this is not a rational in radix {radix}")))
    }

    pub fn finish_eval(&mut self, ctx: &mut ThreadContext, form: Value) -> Result<Option<Value>, Failure> {
        self.call_guarded(ctx, "the form after #. signalled an error", Sym::READ_HOOK_EVAL, form)
    }

    /// Calls a function for an operand. Its error is one of syntax where somebody wants the place.
    fn call_guarded(&mut self, ctx: &mut ThreadContext, what: &str, function: Sym, operand: Value) -> Result<Option<Value>, Failure> {
        let function = well_known(function);
        let Some(guard) = self.guard() else {
            let value = self.call(ctx, function, &[operand])?;
            return Ok(Some(value.unwrap_or(nil())));
        };
        let arguments = list(ctx, &[operand]);
        let outcome = self.call(ctx, guard, &[function, arguments])?.unwrap_or(nil());
        if outcome.car().is_nil() {
            return Err(Failure::syntax(format!("{what}: {}", string_to_rust(outcome.cdr()))));
        }
        Ok(Some(outcome.cdr()))
    }

    pub fn finish_pathname(&mut self, ctx: &mut ThreadContext, name: Value) -> Result<Option<Value>, Failure> {
        if string_code_points(name).is_none() {
            return Err(Failure::syntax("#P needs a string"));
        }
        self.call_guarded(ctx, "no pathname can be made", Sym::MAKE_PATHNAME_HOOK, name)
    }

    pub fn finish_structure(&mut self, ctx: &mut ThreadContext, form: Value) -> Result<Option<Value>, Failure> {
        if !form.is_cons() || !form.car().is_symbol() {
            return Err(Failure::syntax("#S needs a list of a structure name and slots"));
        }
        self.call_guarded(ctx, "no structure can be made", Sym::MAKE_STRUCTURE_HOOK, form)
    }

    pub fn finish_complex(&mut self, ctx: &mut ThreadContext, parts: Value) -> Result<Value, Failure> {
        let items: Vec<Value> = parts.list_iter().take(3).collect();
        match items[..] {
            [re, im] if is_real(re) && is_real(im) => Ok(crate::number::make_complex(ctx, re, im)?),
            _ => Err(Failure::syntax("#C needs a list of two real numbers")),
        }
    }

    fn sharp_array(&mut self, argument: Option<i64>, start: Position) -> Result<Step, Failure> {
        match argument {
            _ if self.suppressed() => self.push_operand(Operand::Array(0), start),
            Some(rank @ 0..=MAX_RANK) => self.push_operand(Operand::Array(rank as usize), start),
            Some(_) => Err(Failure::syntax(format!("an array has at most {MAX_RANK} dimensions"))),
            None => Err(Failure::syntax("#A needs the number of dimensions")),
        }
    }

    pub fn finish_array(&mut self, ctx: &mut ThreadContext, rank: usize, contents: Value) -> Result<Value, Failure> {
        let mut dimensions = Vec::new();
        let mut elements = vec![contents];
        for _ in 0..rank {
            let mut inner = Vec::new();
            let mut dimension = None;
            for sequence in elements {
                let parts = sequence_elements(ctx, sequence)
                    .ok_or_else(|| Failure::syntax("the contents of an array are nested sequences"))?;
                if *dimension.get_or_insert(parts.len()) != parts.len() {
                    return Err(Failure::syntax("the rows of an array differ in length"));
                }
                inner.extend(parts);
            }
            dimensions.push(dimension.unwrap_or(0));
            elements = inner;
        }
        Ok(make_array(ctx, &dimensions, &elements))
    }
}

fn bit(c: u32) -> Option<bool> {
    match c {
        0x30 => Some(false),
        0x31 => Some(true),
        _ => None,
    }
}

fn is_real(v: Value) -> bool {
    v.is_fixnum() || v.is_single() || v.is_double() || matches!(v.other_kind(), Some(kind::BIGNUM | kind::RATIO))
}

fn make_bit_vector(ctx: &mut ThreadContext, bits: &[bool]) -> Value {
    let base = allocate(ctx, layout::header(kind::BIT_VECTOR, bits.len() as u64));
    for (i, _) in bits.iter().enumerate().filter(|(_, bit)| **bit) {
        // SAFETY: a fresh bit vector has a word for every 64 bits after its header, all zero.
        unsafe { *base.add(1 + i / 64) |= 1 << (i % 64) };
    }
    Value(base as u64 | OTHER_TAG)
}

/// The elements of a proper list or of a vector of any kind.
fn sequence_elements(ctx: &mut ThreadContext, v: Value) -> Option<Vec<Value>> {
    if v.is_list() {
        return Some(v.list_iter().collect());
    }
    let length = match v.other_kind()? {
        kind::ARRAY if v.size() == array::DIMENSIONS + 1 => {
            let fill_pointer = v.slot(array::FILL_POINTER).to_fixnum();
            fill_pointer.unwrap_or(v.slot(array::TOTAL).as_fixnum())
        }
        kind::SIMPLE_VECTOR..=kind::VECTOR_F64 => v.size() as i64,
        _ => return None,
    };
    (0..length).map(|i| vector_element(ctx, v, Value::fixnum(i)).ok()).collect()
}

/// A general array; of rank one, a simple vector.
fn make_array(ctx: &mut ThreadContext, dimensions: &[usize], elements: &[Value]) -> Value {
    let data = simple_vector(ctx, elements);
    if dimensions.len() == 1 {
        return data;
    }
    let mut slots = vec![nil(); array::DIMENSIONS];
    slots[array::DATA] = data;
    slots[array::OFFSET] = Value::ZERO;
    slots[array::TOTAL] = Value::fixnum(elements.len() as i64);
    slots.extend(dimensions.iter().map(|&d| Value::fixnum(d as i64)));
    record(ctx, kind::ARRAY, &slots)
}
