//! The operands and successors of instructions and terminators, in one place.
//!
//! Must not know what instructions mean. Block arguments of a `TryCall` are operands of both edges.

use super::function::*;

macro_rules! operand_visitors {
    ($inst_fn:ident, $term_fn:ident, $call_fn:ident, $edge_fn:ident, [$($m:tt)*], $iter:ident) => {
        impl Call {
            /// Calls `f` with every operand, in evaluation order.
            pub fn $call_fn(&$($m)* self, f: &mut impl FnMut(&$($m)* ValueId)) {
                if let Target::Function(v) = &$($m)* self.target {
                    f(v);
                }
                self.args.$iter().for_each(&mut *f);
                if let Some(v) = &$($m)* self.spread_count {
                    f(v);
                }
            }
        }

        impl Inst {
            /// Calls `f` with every operand, in order.
            pub fn $inst_fn(&$($m)* self, f: &mut impl FnMut(&$($m)* ValueId)) {
                match self {
                    Inst::Const(_)
                    | Inst::Immediate(_)
                    | Inst::Nil
                    | Inst::T
                    | Inst::Word(_)
                    | Inst::Double(_)
                    | Inst::Single(_)
                    | Inst::FunctionObject(_)
                    | Inst::ArgRef(_)
                    | Inst::ValueRef(_)
                    | Inst::SymbolValue(_)
                    | Inst::Unbind(_)
                    | Inst::SymbolFunction(_)
                    | Inst::UnwindTarget
                    | Inst::Poll
                    | Inst::PollLoop => {}
                    Inst::Untag(a)
                    | Inst::Tag(a)
                    | Inst::Bits(a)
                    | Inst::FromBits(a)
                    | Inst::Boolean(a)
                    | Inst::BoolToWord(a)
                    | Inst::BoxDouble(a)
                    | Inst::UnboxDouble(a)
                    | Inst::UnboxSingle(a)
                    | Inst::BoxSingle(a)
                    | Inst::WordToDouble(a)
                    | Inst::DoubleToWord(a)
                    | Inst::WordToSingle(a)
                    | Inst::SingleToDouble(a)
                    | Inst::DoubleToSingle(a)
                    | Inst::FloatUnary(_, a)
                    | Inst::BoolNot(a)
                    | Inst::Is(_, a)
                    | Inst::Check(_, _, a)
                    | Inst::CoerceToFunction(a)
                    | Inst::Load { base: a, .. }
                    | Inst::Header { base: a, .. }
                    | Inst::MakeCell(a)
                    | Inst::PollSometimes(a)
                    | Inst::Settle(a)
                    | Inst::CellRef(a)
                    | Inst::ClosureRef(a, _)
                    | Inst::ArgRefIndexed(a)
                    | Inst::ArgSet(_, a)
                    | Inst::SetArgCount(a)
                    | Inst::ValueSet(_, a)
                    | Inst::SetValueCount(a)
                    | Inst::SetSymbolValue(_, a)
                    | Inst::Bind(_, a) => f(a),
                    Inst::CheckInstance(_, _, a, b)
                    | Inst::WordOp(_, a, b)
                    | Inst::Checked(_, a, b)
                    | Inst::CompareWord(_, a, b)
                    | Inst::FloatOp(_, a, b)
                    | Inst::CompareFloat(_, a, b)
                    | Inst::BoolAnd(a, b)
                    | Inst::BoolOr(a, b)
                    | Inst::Eq(a, b)
                    | Inst::Arith(_, a, b)
                    | Inst::ArithCompare(_, a, b)
                    | Inst::Store { base: a, value: b, .. }
                    | Inst::LoadIndexed { base: a, index: b, .. }
                    | Inst::Cons(a, b)
                    | Inst::CellSet(a, b)
                    | Inst::ClosureSet(a, _, b) => {
                        f(a);
                        f(b);
                    }
                    Inst::CheckIndex(a, b, c) | Inst::CheckFloat(_, a, b, c) | Inst::StoreIndexed { base: a, index: b, value: c, .. } => {
                        f(a);
                        f(b);
                        f(c);
                    }
                    Inst::Assume(a, refinement) => {
                        f(a);
                        if let Refinement::Compare(_, b) = refinement {
                            f(b);
                        }
                    }
                    Inst::CheckFloats(_, args) | Inst::MakeClosure(_, args)
                    | Inst::Primitive(_, args)
                    | Inst::Runtime(_, args)
                    | Inst::ForeignCall { args, .. } => args.$iter().for_each(f),
                    Inst::Call(call) => call.$call_fn(f),
                }
            }
        }

        impl Terminator {
            /// Calls `f` with every operand, block arguments included.
            pub fn $term_fn(&$($m)* self, f: &mut impl FnMut(&$($m)* ValueId)) {
                match self {
                    Terminator::Jump(_, args) | Terminator::Return(args) => args.$iter().for_each(f),
                    Terminator::Branch(condition, then, otherwise) => {
                        f(condition);
                        then.1.$iter().for_each(&mut *f);
                        otherwise.1.$iter().for_each(f);
                    }
                    Terminator::Switch(v, ..) => f(v),
                    Terminator::TailCall(call) => call.$call_fn(f),
                    Terminator::TryCall { call, tag, normal, handler, .. } => {
                        call.$call_fn(f);
                        f(tag);
                        normal.1.$iter().for_each(&mut *f);
                        handler.1.$iter().for_each(f);
                    }
                    Terminator::Throw(a, b, c)
                    | Terminator::ExitTo(a, b, c)
                    | Terminator::ContinueUnwind(a, b, c) => {
                        f(a);
                        f(b);
                        f(c);
                    }
                    Terminator::Unreachable => {}
                }
            }

            /// Calls `f` with every successor, in order.
            pub fn $edge_fn(&$($m)* self, f: &mut impl FnMut(&$($m)* Block)) {
                match self {
                    Terminator::Jump(b, _) => f(b),
                    Terminator::Branch(_, then, otherwise) => {
                        f(&$($m)* then.0);
                        f(&$($m)* otherwise.0);
                    }
                    Terminator::Switch(_, cases, default) => {
                        cases.$iter().for_each(|case| f(&$($m)* case.1));
                        f(default);
                    }
                    Terminator::TryCall { normal, handler, .. } => {
                        f(&$($m)* normal.0);
                        f(&$($m)* handler.0);
                    }
                    Terminator::Return(_)
                    | Terminator::TailCall(_)
                    | Terminator::Throw(..)
                    | Terminator::ExitTo(..)
                    | Terminator::ContinueUnwind(..)
                    | Terminator::Unreachable => {}
                }
            }
        }
    };
}
operand_visitors!(for_each_operand, for_each_operand, for_each_operand, for_each_successor, [], iter);
operand_visitors!(for_each_operand_mut, for_each_operand_mut, for_each_operand_mut, for_each_successor_mut, [mut], iter_mut);

impl Function {
    /// Blocks reachable from the entry, each after its dominators.
    pub fn reverse_postorder(&self) -> Vec<Block> {
        let mut seen = vec![false; self.blocks.len()];
        let mut order = Vec::with_capacity(self.blocks.len());
        // Iterative: MIR of large functions is deep. An entry is a block with its unvisited successors.
        let mut stack = vec![(Block(0), self.successors(Block(0)))];
        seen[0] = true;
        while let Some((block, successors)) = stack.last_mut() {
            match successors.pop() {
                Some(next) if !seen[next.0 as usize] => {
                    seen[next.0 as usize] = true;
                    let after = self.successors(next);
                    stack.push((next, after));
                }
                Some(_) => {}
                None => {
                    order.push(*block);
                    stack.pop();
                }
            }
        }
        order.reverse();
        order
    }

    /// Successors of a block; none while it has no terminator.
    pub fn successors(&self, block: Block) -> Vec<Block> {
        let mut out = Vec::new();
        if let Some(terminator) = &self.block(block).terminator {
            terminator.for_each_successor(&mut |b| out.push(*b));
        }
        out
    }
}
