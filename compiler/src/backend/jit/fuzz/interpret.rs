//! The oracle: interprets random programs, shares nothing with the compiler, and writes results as text.

use std::rc::Rc;

use crate::datum::DatumId;
use crate::mir::*;
use crate::types::TypeSet;
use rook_runtime::abi::tags::{MOST_NEGATIVE_FIXNUM, MOST_POSITIVE_FIXNUM};
use rook_runtime::number::{bignum, integer};
use rook_runtime::value::Value;

#[derive(Clone)]
pub(super) enum V {
    Fixnum(i64),
    Bignum(i128),
    Nil,
    Double(f64),
    Symbol(DatumId),
    Cons(Rc<std::cell::RefCell<(V, V)>>),
    Word(i64),
    Raw(f64),
    Bool(bool),
}

/// A throw under way: tag and value.
pub(super) type Thrown = (DatumId, V);

/// Steps after which a program is given up as too long.
pub(super) const STEPS: usize = 20_000;

pub(super) struct Interpreter<'a> {
    pub program: &'a Program,
    pub steps: usize,
}

impl Interpreter<'_> {
    pub fn run(&mut self, id: FuncId, args: Vec<V>) -> Result<Vec<V>, Thrown> {
        let f = &self.program.functions[id.0 as usize];
        let mut values: Vec<Option<V>> = vec![None; f.values.len()];
        let mut block = Block(0);
        let mut incoming = args;
        loop {
            if self.steps > STEPS {
                // Given up: nobody looks at the answer.
                let many = f.returns == Returns::Many;
                return Ok([V::Nil, V::Word(0)].into_iter().take(1 + many as usize).collect());
            }
            let data = f.block(block);
            for (&p, v) in data.params.iter().zip(incoming) {
                values[p.0 as usize] = Some(v);
            }
            self.steps += 1;
            for inst in &data.insts {
                self.steps += 1;
                let results = self.instruction(&inst.inst, &values)?;
                for (&r, v) in inst.results.iter().zip(results) {
                    values[r.0 as usize] = Some(v);
                }
            }
            let get = |v: &ValueId| values[v.0 as usize].clone().expect("defined");
            (block, incoming) = match data.terminator.as_ref().expect("ended") {
                Terminator::Jump(b, args) => (*b, args.iter().map(get).collect()),
                Terminator::Branch(c, then, otherwise) => {
                    let V::Bool(c) = get(c) else { unreachable!("a condition") };
                    let edge = if c { then } else { otherwise };
                    (edge.0, edge.1.iter().map(get).collect())
                }
                Terminator::Return(results) => return Ok(results.iter().map(get).collect()),
                Terminator::Throw(tag, v, _) => {
                    let V::Symbol(tag) = get(tag) else { unreachable!("a tag") };
                    return Err((tag, get(v)));
                }
                Terminator::TryCall { call, tag, normal, handler, .. } => {
                    let V::Symbol(tag) = get(tag) else { unreachable!("a tag") };
                    let Target::Direct(callee) = call.target else { unreachable!("only direct calls") };
                    match self.run(callee, call.args.iter().map(get).collect()) {
                        Ok(results) => (normal.0, results.into_iter().chain(normal.1.iter().map(get)).collect()),
                        Err((thrown, v)) if thrown == tag => {
                            (handler.0, [v, V::Word(1)].into_iter().chain(handler.1.iter().map(get)).collect())
                        }
                        Err(thrown) => return Err(thrown),
                    }
                }
                other => unreachable!("{other:?} is not generated"),
            };
        }
    }

    fn instruction(&mut self, inst: &Inst, values: &[Option<V>]) -> Result<Vec<V>, Thrown> {
        let get = |v: &ValueId| values[v.0 as usize].clone().expect("defined");
        let fixnum = |v: &ValueId| match get(v) {
            V::Fixnum(n) | V::Word(n) => n,
            _ => unreachable!("an integer"),
        };
        let order = |op: &Compare, a: i64, b: i64| match op {
            Compare::Eq => a == b,
            Compare::Ne => a != b,
            Compare::Lt | Compare::Below => a < b,
            Compare::Le => a <= b,
            Compare::Gt => a > b,
            Compare::Ge => a >= b,
        };
        Ok(vec![match inst {
            Inst::Immediate(bits) => V::Fixnum(*bits as i64 >> 1),
            Inst::Nil => V::Nil,
            Inst::Const(id) => V::Symbol(*id),
            Inst::Word(n) => V::Word(*n),
            Inst::Untag(v) => V::Word(fixnum(v)),
            Inst::Tag(v) => V::Fixnum(fixnum(v)),
            Inst::WordOp(WordOp::And, a, b) => V::Word(fixnum(a) & fixnum(b)),
            Inst::WordToDouble(v) => V::Raw(fixnum(v) as f64),
            Inst::BoxDouble(v) => {
                let V::Raw(d) = get(v) else { unreachable!("a raw double") };
                V::Double(d)
            }
            Inst::Arith(op, a, b) => match (get(a), get(b)) {
                (V::Double(a), V::Double(b)) => V::Double(a + b),
                _ => {
                    let (a, b) = (fixnum(a) as i128, fixnum(b) as i128);
                    let n = match op {
                        Arith::Add => a + b,
                        Arith::Sub => a - b,
                        Arith::Mul => a * b,
                    };
                    let range = MOST_NEGATIVE_FIXNUM as i128..=MOST_POSITIVE_FIXNUM as i128;
                    if range.contains(&n) { V::Fixnum(n as i64) } else { V::Bignum(n) }
                }
            },
            Inst::ArithCompare(op, a, b) => V::Bool(order(op, fixnum(a), fixnum(b))),
            Inst::Is(set, v) => V::Bool(!set.is_disjoint_from(match get(v) {
                V::Fixnum(_) => TypeSet::FIXNUM,
                V::Bignum(_) => TypeSet::BIGNUM,
                V::Nil => TypeSet::NIL,
                V::Double(_) => TypeSet::DOUBLE,
                V::Cons(_) => TypeSet::CONS,
                _ => TypeSet::PLAIN_SYMBOL,
            })),
            Inst::Cons(a, b) => V::Cons(Rc::new(std::cell::RefCell::new((get(a), get(b))))),
            Inst::Store { offset, base, value, .. } => {
                let V::Cons(cell) = get(base) else { unreachable!("a cons") };
                let mut cell = cell.borrow_mut();
                *(if *offset == 0 { &mut cell.0 } else { &mut cell.1 }) = get(value);
                return Ok(vec![]);
            }
            Inst::Poll => return Ok(vec![]),
            Inst::Call(call) => {
                let Target::Direct(callee) = call.target else { unreachable!("only direct calls") };
                return self.run(callee, call.args.iter().map(get).collect());
            }
            other => unreachable!("{other:?} is not generated"),
        }])
    }
}

/// Longest text compared; shared structure can be exponentially large as text.
const TEXT: usize = 20_000;

pub(super) fn text_of(v: &V, out: &mut String) {
    match v {
        _ if out.len() > TEXT => {}
        V::Fixnum(n) => out.push_str(&format!("{n} ")),
        V::Bignum(n) => out.push_str(&format!("{n} ")),
        V::Nil => out.push_str("() "),
        V::Double(d) => out.push_str(&format!("{d}d ")),
        V::Symbol(_) => out.push_str("tag "),
        V::Cons(cell) => {
            out.push('(');
            text_of(&cell.borrow().0, out);
            text_of(&cell.borrow().1, out);
            out.push(')');
        }
        V::Word(_) | V::Raw(_) | V::Bool(_) => unreachable!("raw values are not returned"),
    }
}

pub(super) fn text_of_object(v: Value, out: &mut String) {
    if out.len() > TEXT {
    } else if v.is_fixnum() {
        out.push_str(&format!("{} ", v.as_fixnum()));
    } else if v.is_nil() {
        out.push_str("() ");
    } else if v.is_double() {
        out.push_str(&format!("{}d ", v.as_double()));
    } else if v.is_cons() {
        out.push('(');
        text_of_object(v.car(), out);
        text_of_object(v.cdr(), out);
        out.push(')');
    } else if bignum::is_bignum(v) {
        out.push_str(&format!("{} ", integer::to_text(v, 10)));
    } else {
        assert!(v.is_symbol(), "no other objects are made: {v:?}");
        out.push_str("tag ");
    }
}
