//! Type tests, checked values, checked indexes.
//!
//! A test looks only at what the value's known type leaves open: a tag, the low byte of an
//! immediate, the header's kind byte, or identity with NIL or T.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, types};
use rook_runtime::abi::layout::{HEADER_KIND_SHIFT, HEADER_SIZE_SHIFT, kind};
use rook_runtime::abi::tags::*;
use rook_runtime::object::symbol::well_known_number;

use super::arith::Edge;
use super::function::{Lowering, UNREACHABLE};
use crate::datum::DatumId;
use crate::mir::{Repr, TrapOp, ValueId};
use crate::types::{Type, TypeSet};

/// Types that share a tag; `FIXNUM`, whose tag is one bit, stands apart.
const TAG_GROUPS: [(u64, TypeSet); 7] = [
    (IMMEDIATE_TAG, TypeSet(TypeSet::CHARACTER.0 | TypeSet::SINGLE.0 | TypeSet::MARK.0)),
    (CONS_TAG, TypeSet::LIST),
    (FUNCTION_TAG, TypeSet::FUNCTION),
    (INSTANCE_TAG, TypeSet::INSTANCE),
    (OTHER_TAG, OTHER),
    (SYMBOL_TAG, TypeSet::NON_NIL_SYMBOL),
    (DOUBLE_TAG, TypeSet::DOUBLE),
];

/// Everything with OTHER_TAG: told apart by the kind in the header.
const OTHER: TypeSet = TypeSet(
    !0 << 8
        & !(TypeSet::FUNCTION.0 | TypeSet::INSTANCE.0 | TypeSet::SINGLE.0 | TypeSet::DOUBLE.0 | TypeSet::PLAIN_SYMBOL.0),
);

/// Bit of the first object kind in a type set.
const KIND_BITS: u32 = 8;
const _: () = assert!(TypeSet::PLAIN_SYMBOL.0 == 1 << (KIND_BITS + kind::SYMBOL as u32));

/// One step of a test: a condition, and whether it settles the answer as yes or no when it holds.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Step {
    /// Same word as NIL or T.
    Nil(bool),
    T(bool),
    /// Low byte of an immediate.
    Byte(u64, bool),
    /// The tag is in the set (bit per tag value).
    Tags(u16, bool),
    /// The tag is not in the set.
    NotTags(u16, bool),
    /// Kinds (bit per kind) of an object known to have OTHER_TAG.
    Kinds(u64, bool),
}

/// Indexes that can be moved to where a header holds the length, and be one more, without overflow.
const MOST_SHIFTED: i64 = (1 << (u64::BITS - HEADER_SIZE_SHIFT)) - 1;

/// Tag values that fixnums use.
const FIXNUM_TAGS: u16 = 0x5555;

/// The steps that decide whether a value of the known type lies in `set`, and the answer when no step
/// settles it.
fn plan(set: TypeSet, known: TypeSet) -> (Vec<Step>, bool) {
    let (want, other) = (known.intersection(set), known.minus(set));
    if want.is_empty() || other.is_empty() {
        return (Vec::new(), other.is_empty());
    }
    // Tags of which everything is wanted, nothing, or a part.
    let (mut full, mut none, mut partial) = (0u16, 0u16, Vec::new());
    let mut sort = |tags: u16, group: TypeSet| {
        let (w, o) = (want.intersection(group), other.intersection(group));
        match (w.is_empty(), o.is_empty()) {
            (true, true) => {}
            (false, true) => full |= tags,
            (true, false) => none |= tags,
            (false, false) => partial.push((tags, w, o)),
        }
    };
    sort(FIXNUM_TAGS, TypeSet::FIXNUM);
    for (tag, group) in TAG_GROUPS {
        sort(1 << tag, group);
    }
    let mut steps = Vec::new();
    // Identity settles parts of the list and symbol tags; then the rest of the tag is all or nothing.
    partial.retain(|&(tags, w, o)| {
        let step = if w == TypeSet::NIL {
            none |= tags;
            Step::Nil(true)
        } else if o == TypeSet::NIL {
            full |= tags;
            Step::Nil(false)
        } else if w == TypeSet::T {
            none |= tags;
            Step::T(true)
        } else if o == TypeSet::T {
            full |= tags;
            Step::T(false)
        } else {
            return true;
        };
        steps.push(step);
        false
    });
    if partial.is_empty() {
        if full != 0 && none != 0 {
            steps.push(cheaper_tags(full, none));
            // `cheaper_tags` may test the unwanted side.
            let settled_yes = matches!(steps.last(), Some(Step::Tags(_, true)));
            return (steps, !settled_yes);
        }
        return (steps, full != 0);
    }
    if full != 0 {
        steps.push(Step::Tags(full, true));
    }
    // Immediates by their low byte; what is left then are objects with OTHER_TAG or nothing wanted.
    let mut kinds = None;
    for (tags, w, _) in partial {
        if tags == 1 << OTHER_TAG {
            kinds = Some(w.0 >> KIND_BITS);
            continue;
        }
        for (byte, ty) in [(CHARACTER_BYTE, TypeSet::CHARACTER), (SINGLE_BYTE, TypeSet::SINGLE), (SPECIAL_BYTE, TypeSet::MARK)] {
            if !w.is_disjoint_from(ty) {
                steps.push(Step::Byte(byte, true));
            }
        }
        none |= tags;
    }
    if let Some(kinds) = kinds {
        if none != 0 {
            steps.push(Step::NotTags(1 << OTHER_TAG, false));
        }
        steps.push(Step::Kinds(kinds, true));
    }
    (steps, false)
}

/// A test that tells `full` from `none`, on whichever side is simpler.
fn cheaper_tags(full: u16, none: u16) -> Step {
    let cost = |tags: u16| if tags == FIXNUM_TAGS { 0 } else { tags.count_ones() };
    if cost(none) < cost(full) { Step::Tags(none, false) } else { Step::Tags(full, true) }
}

impl Lowering<'_, '_> {
    /// The step's condition as a value.
    fn step_condition(&mut self, step: Step, value: ir::Value) -> ir::Value {
        match step {
            Step::Nil(_) => {
                let nil = self.nil();
                self.b.ins().icmp(IntCC::Equal, value, nil)
            }
            Step::T(_) => {
                let t = self.t();
                self.b.ins().icmp(IntCC::Equal, value, t)
            }
            Step::Byte(byte, _) => {
                let rest = self.b.ins().iadd_imm_s(value, -(byte as i64));
                let low = self.b.ins().band_imm_u(rest, IMMEDIATE_BYTE_MASK as i64);
                self.b.ins().icmp_imm_u(IntCC::Equal, low, 0)
            }
            Step::Tags(tags, _) => self.tag_in(value, tags),
            Step::NotTags(tags, _) => {
                let inside = self.tag_in(value, tags);
                self.b.ins().icmp_imm_u(IntCC::Equal, inside, 0)
            }
            Step::Kinds(kinds, _) => {
                let offset = (HEADER_KIND_SHIFT / 8) as i32 - OTHER_TAG as i32;
                let k = self.b.ins().uload8(types::I64, MemFlagsData::trusted(), value, offset);
                if kinds.count_ones() == 1 {
                    return self.b.ins().icmp_imm_u(IntCC::Equal, k, kinds.trailing_zeros() as i64);
                }
                let mask = self.iconst(kinds as i64);
                self.bit(mask, k)
            }
        }
    }

    /// Bit `index` of `mask`, as a condition.
    fn bit(&mut self, mask: ir::Value, index: ir::Value) -> ir::Value {
        let shifted = self.b.ins().ushr(mask, index);
        let bit = self.b.ins().band_imm_u(shifted, 1);
        self.b.ins().icmp_imm_u(IntCC::NotEqual, bit, 0)
    }

    fn tag_in(&mut self, value: ir::Value, tags: u16) -> ir::Value {
        if tags == FIXNUM_TAGS {
            let low = self.b.ins().band_imm_u(value, FIXNUM_MASK as i64);
            return self.b.ins().icmp_imm_u(IntCC::Equal, low, 0);
        }
        let first = tags.trailing_zeros() as u64;
        if tags.count_ones() == 1 {
            return self.has_tag(value, first);
        }
        let last = 15 - tags.leading_zeros() as u64;
        if tags.count_ones() == 2 && (last - first).is_power_of_two() && first & (last - first) == 0 {
            let rest = self.b.ins().iadd_imm_s(value, -(first as i64));
            let low = self.b.ins().band_imm_u(rest, (TAG_MASK & !(last - first)) as i64);
            return self.b.ins().icmp_imm_u(IntCC::Equal, low, 0);
        }
        let tag = self.b.ins().band_imm_u(value, TAG_MASK as i64);
        let mask = self.iconst(tags as i64);
        self.bit(mask, tag)
    }

    /// Branches on whether `value`, of the known type, lies in `set`.
    fn branch_on_word_type(&mut self, set: TypeSet, known: TypeSet, value: ir::Value, then: Edge, otherwise: Edge) {
        let (steps, default) = plan(set, known);
        let Some((last, front)) = steps.split_last() else {
            let edge = if default { then } else { otherwise };
            self.b.ins().jump(edge.0, &edge.1);
            return;
        };
        for &step in front {
            let condition = self.step_condition(step, value);
            let edge = if step.answer() { &then } else { &otherwise };
            let next = self.fresh_block();
            self.b.ins().brif(condition, edge.0, &edge.1, next, &[]);
            self.b.switch_to_block(next);
        }
        let condition = self.step_condition(*last, value);
        if last.answer() == default {
            let edge = if default { then } else { otherwise };
            self.b.ins().jump(edge.0, &edge.1);
            return;
        }
        let (holds, fails) = if last.answer() { (then, otherwise) } else { (otherwise, then) };
        self.branch(condition, &holds, &fails);
    }

    pub fn branch_on_type(&mut self, set: TypeSet, v: ValueId, then: Edge, otherwise: Edge) {
        let value = self.value(v);
        self.branch_on_word_type(set, self.ty(v).set, value, then, otherwise);
    }

    pub fn lower_is(&mut self, set: TypeSet, v: ValueId, result: ValueId) {
        let (steps, default) = plan(set, self.ty(v).set);
        let value = self.value(v);
        let condition = match steps[..] {
            [] => self.b.ins().iconst(types::I8, default as i64),
            [step] => {
                let condition = self.step_condition(step, value);
                if step.answer() { condition } else { self.b.ins().bxor_imm_u(condition, 1) }
            }
            _ => {
                let (join, joined) = self.join_block(types::I8);
                let yes = self.b.ins().iconst(types::I8, 1);
                let no = self.b.ins().iconst(types::I8, 0);
                self.branch_on_type(set, v, (join, vec![yes.into()]), (join, vec![no.into()]));
                self.b.switch_to_block(join);
                joined
            }
        };
        self.define(result, condition);
    }

    /// Branches on whether `value`, of the known type, is of type `ty`.
    fn branch_on_range_type(&mut self, ty: Type, known: Type, value: ir::Value, then: Edge, otherwise: Edge) {
        let (low, high) = (ty.low > known.low, ty.high < known.high);
        if !ty.has_fixnum() || !known.has_fixnum() || !(low || high) {
            return self.branch_on_word_type(ty.set, known.set, value, then, otherwise);
        }
        let ranged = self.fresh_block();
        self.branch_on_word_type(ty.set, known.set, value, (ranged, vec![]), (otherwise.0, otherwise.1.clone()));
        self.b.switch_to_block(ranged);
        let left = known.set.intersection(ty.set);
        if left != TypeSet::FIXNUM {
            let fixnum = self.fresh_block();
            self.branch_on_word_type(TypeSet::FIXNUM, left, value, (fixnum, vec![]), (then.0, then.1.clone()));
            self.b.switch_to_block(fixnum);
        }
        // Tagged fixnums are compared; both bounds at once by an unsigned difference.
        let (least, most) = (ty.low << FIXNUM_SHIFT, ty.high << FIXNUM_SHIFT);
        let inside = match (low, high) {
            (true, true) => {
                let offset = self.b.ins().iadd_imm_s(value, least.wrapping_neg());
                let span = self.iconst(most.wrapping_sub(least));
                self.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, offset, span)
            }
            (true, false) => {
                let least = self.iconst(least);
                self.b.ins().icmp(IntCC::SignedGreaterThanOrEqual, value, least)
            }
            _ => {
                let most = self.iconst(most);
                self.b.ins().icmp(IntCC::SignedLessThanOrEqual, value, most)
            }
        };
        self.b.ins().brif(inside, then.0, &then.1, otherwise.0, &otherwise.1);
    }

    /// The value when it is of the type; else the runtime raises, and what a restart supplies is tested again.
    pub fn lower_check(&mut self, ty: Type, spec: DatumId, v: ValueId, result: ValueId) {
        let value = self.value(v);
        let known = self.ty(v);
        if known.is_subtype_of(ty) {
            self.define(result, value);
            return;
        }
        let (join, joined) = self.join_block(types::I64);
        let wrong = self.cold_block();
        let bad = self.b.append_block_param(wrong, types::I64);
        self.root(bad);
        self.branch_on_range_type(ty, known, value, (join, vec![value.into()]), (wrong, vec![value.into()]));
        self.b.switch_to_block(wrong);
        self.keep_references();
        let supplied = self.call_type_error(bad, spec);
        self.branch_on_range_type(ty, Type::ANY, supplied, (join, vec![supplied.into()]), (wrong, vec![supplied.into()]));
        self.b.switch_to_block(join);
        self.define(result, joined);
    }

    /// Standard types go by number: a datum's address would be kept in a register over a loop.
    fn call_type_error(&mut self, bad: ir::Value, spec: DatumId) -> ir::Value {
        match well_known_number(self.datums.get(spec)) {
            Some(number) => {
                let number = self.iconst(number as i64);
                self.call_kept_primitive("standard_type_error", &[bad, number])
            }
            None => {
                let spec = self.datum(spec);
                self.call_kept_primitive("type_error", &[bad, spec])
            }
        }
    }

    /// Calls the runtime when a float is infinite or not a number: its exponent is all ones.
    pub fn lower_check_float(&mut self, op: TrapOp, v: ValueId, a: ValueId, b: ValueId) {
        let odd = self.is_odd_float(v);
        let (slow, next) = (self.cold_block(), self.fresh_block());
        self.brif(odd, slow, next);
        self.b.switch_to_block(slow);
        self.keep_references();
        self.call_float_trap(op, v, a, b);
        self.jump(next, &[]);
        self.b.switch_to_block(next);
    }

    /// The first operand is a sum that is infinite or not a number when one of the results is: then each of
    /// them is looked at.
    pub fn lower_check_floats(&mut self, ops: &[TrapOp], operands: &[ValueId]) {
        let odd = self.is_odd_float(operands[0]);
        let (slow, next) = (self.cold_block(), self.fresh_block());
        self.brif(odd, slow, next);
        self.b.switch_to_block(slow);
        for (&op, &v) in ops.iter().zip(&operands[1..]) {
            let odd = self.is_odd_float(v);
            let (trap, after) = (self.cold_block(), self.cold_block());
            self.brif(odd, trap, after);
            self.b.switch_to_block(trap);
            self.keep_references();
            self.call_float_trap(op, v, v, v);
            self.jump(after, &[]);
            self.b.switch_to_block(after);
        }
        self.jump(next, &[]);
        self.b.switch_to_block(next);
    }

    fn is_odd_float(&mut self, v: ValueId) -> ir::Value {
        let single = self.function.repr(v) == Repr::Single;
        let raw = self.value(v);
        let (int, infinity) = if single { (types::I32, 0x7f80_0000) } else { (types::I64, 0x7ff0_0000_0000_0000) };
        let bits = self.b.ins().bitcast(int, MemFlagsData::new(), raw);
        // Without its sign bit: at least the infinity's.
        let shifted = self.b.ins().iadd(bits, bits);
        let infinity = self.b.ins().iconst(int, infinity << 1);
        self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, shifted, infinity)
    }

    /// Operands as they are: what is made of operands that do not change in a loop would be kept in registers.
    fn call_float_trap(&mut self, op: TrapOp, v: ValueId, a: ValueId, b: ValueId) {
        let single = self.function.repr(v) == Repr::Single;
        let (mut v, a, b) = (self.value(v), self.value(a), self.value(b));
        let narrowed = op == TrapOp::Narrow;
        if narrowed {
            v = self.b.ins().fpromote(types::F64, v);
        }
        let name = if single && !narrowed { "rook_keep_single_trap" } else { "rook_keep_double_trap" };
        let (op, format) = (self.iconst(op as i64), self.iconst(single as i64));
        self.call_kept_for_effect(name, &[op, format, v, a, b]);
    }

    /// Nobody could supply another index: so nothing is live over the call, and references stay in registers.
    pub fn lower_check_index(&mut self, index: ValueId, length: ValueId, sequence: ValueId, result: ValueId) {
        let in_memory = self.kept.as_ref().and_then(|kept| kept.length_in_memory(length));
        let ty = self.ty(index);
        let (index, sequence) = (self.value(index), self.value(sequence));
        let (wrong, next) = (self.cold_block(), self.fresh_block());
        let outside = match in_memory {
            Some((tag, vector)) if ty.low >= 0 && ty.high < MOST_SHIFTED => {
                // Index + 1 in the place of the length is at most the header, whose low bits hold more.
                let vector = self.value(vector);
                let following = self.b.ins().iadd_imm_s(index, 1);
                let least = self.b.ins().ishl_imm_u(following, HEADER_SIZE_SHIFT as i64);
                let header = self.load(vector, -(tag as i32));
                self.b.ins().icmp(IntCC::UnsignedGreaterThan, least, header)
            }
            _ => {
                let length = self.value(length);
                self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, length)
            }
        };
        // In this order: see `branch`.
        self.brif(outside, wrong, next);
        self.b.switch_to_block(wrong);
        let fixnum = self.b.ins().ishl_imm_u(index, FIXNUM_SHIFT as i64);
        self.call_kept_for_effect("rook_rt_final_index_error", &[sequence, fixnum]);
        self.b.ins().trap(UNREACHABLE);
        self.b.switch_to_block(next);
        self.define(result, index);
    }

    pub fn lower_coerce_to_function(&mut self, v: ValueId, result: ValueId) {
        let value = self.value(v);
        if self.ty(v).set.is_subset_of(TypeSet::FUNCTION) {
            self.define(result, value);
            return;
        }
        let (join, joined) = self.join_block(types::I64);
        let slow = self.cold_block();
        let is_function = self.has_tag(value, FUNCTION_TAG);
        self.b.ins().brif(is_function, join, &[value.into()], slow, &[]);
        self.b.switch_to_block(slow);
        let function = self.call_primitive("coerce_to_function", &[value]);
        self.jump(join, &[function]);
        self.b.switch_to_block(join);
        self.define(result, joined);
    }
}

impl Step {
    /// The answer when the step's condition holds.
    fn answer(self) -> bool {
        match self {
            Step::Nil(a) | Step::T(a) | Step::Byte(_, a) | Step::Tags(_, a) | Step::NotTags(_, a) | Step::Kinds(_, a) => a,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a plan says of a value of this single type.
    fn decide(set: TypeSet, known: TypeSet, ty: TypeSet) -> bool {
        let tag = if ty == TypeSet::FIXNUM {
            FIXNUM_TAGS
        } else {
            1 << TAG_GROUPS.iter().find(|(_, g)| ty.is_subset_of(*g)).expect("every type has a tag").0
        };
        let (steps, default) = plan(set, known);
        for step in steps {
            let holds = match step {
                Step::Nil(_) => ty == TypeSet::NIL,
                Step::T(_) => ty == TypeSet::T,
                Step::Byte(CHARACTER_BYTE, _) => ty == TypeSet::CHARACTER,
                Step::Byte(SINGLE_BYTE, _) => ty.is_subset_of(TypeSet::SINGLE),
                Step::Byte(..) => ty == TypeSet::MARK,
                Step::Tags(tags, _) => tags & tag != 0,
                Step::NotTags(tags, _) => tags & tag == 0,
                Step::Kinds(kinds, _) => {
                    assert_eq!(tag, 1 << OTHER_TAG, "only objects with a header have a kind");
                    kinds & ty.0 >> KIND_BITS != 0
                }
            };
            if holds {
                return step.answer();
            }
        }
        default
    }

    #[test]
    fn plans_decide_every_type() {
        let sets = [
            TypeSet::FIXNUM, TypeSet::CHARACTER, TypeSet::NIL, TypeSet::CONS, TypeSet::LIST, TypeSet::SYMBOL, TypeSet::BOOLEAN,
            TypeSet::NON_NIL_SYMBOL, TypeSet::PLAIN_SYMBOL, TypeSet::INTEGER, TypeSet::NUMBER, TypeSet::REAL, TypeSet::FLOAT,
            TypeSet::SIMPLE_STRING, TypeSet::BIGNUM, TypeSet::FUNCTION, TypeSet::DOUBLE, TypeSet::MARK, TypeSet::ANY,
            TypeSet(TypeSet::LIST.0 | TypeSet::SIMPLE_VECTOR.0), TypeSet(TypeSet::CHARACTER.0 | TypeSet::SYMBOL.0 | TypeSet::SIMPLE_STRING.0),
            TypeSet(TypeSet::INSTANCE.0 | TypeSet::CONS.0 | TypeSet::T.0), OTHER,
        ];
        for known in sets {
            for set in sets {
                for bit in 0..(KIND_BITS + 33) {
                    let ty = TypeSet(1 << bit);
                    if bit != 7 && bit != KIND_BITS && ty.is_subset_of(known) {
                        assert_eq!(decide(set, known, ty), ty.is_subset_of(set), "{ty:?} in {set:?}, known {known:?}");
                    }
                }
            }
        }
    }
}
