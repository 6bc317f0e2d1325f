//! The explicit stack of the reader: one frame for every object that was begun and not finished.

use crate::abi::well_known::Sym;
use crate::io::Position;
use crate::value::{Value, nil};

/// What the elements between an opening and a closing character make.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    List,
    /// A vector, of this many elements when given.
    Vector(Option<usize>),
    /// `read-delimited-list` up to this character.
    Delimited(u32),
}

impl Purpose {
    pub fn closing(self) -> u32 {
        if let Purpose::Delimited(c) = self { c } else { ')' as u32 }
    }
    pub fn allows_dot(self) -> bool {
        !matches!(self, Purpose::Vector(_))
    }
}

/// Where a list stands with its dot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dot {
    None,
    /// The dot was read, its object not yet.
    Expecting,
    Done,
}

/// Elements read so far, as a list with its last cons.
#[derive(Clone, Copy)]
pub struct Sequence {
    pub purpose: Purpose,
    pub start: Position,
    pub head: Value,
    pub tail: Value,
    pub count: usize,
    pub dot: Dot,
}

impl Sequence {
    pub fn new(purpose: Purpose, start: Position) -> Sequence {
        Sequence { purpose, start, head: nil(), tail: nil(), count: 0, dot: Dot::None }
    }
}

/// What is done with the one object that a macro waits for.
#[derive(Clone, Copy)]
pub enum Operand {
    /// `(operator object)`; the second part changes the backquote depth while it is read.
    Wrap(Sym, i32),
    /// The feature expression of `#+` (true) or `#-` (false).
    Feature(bool),
    /// Read and thrown away.
    Skip,
    Eval,
    Pathname,
    Structure,
    Complex,
    Array(usize),
    /// The placeholder of the label.
    Label(Value),
    /// A rational in another radix; the radix to go back to.
    Radix { radix: u32, outer: Option<u32> },
}

#[derive(Clone, Copy)]
pub enum Frame {
    Sequence(Sequence),
    Operand(Operand, Position),
}

impl Frame {
    pub fn start(&self) -> Position {
        match self {
            Frame::Sequence(sequence) => sequence.start,
            Frame::Operand(_, start) => *start,
        }
    }

    /// The values that the frame holds.
    pub fn values(&mut self) -> impl Iterator<Item = &mut Value> {
        let (first, second) = match self {
            Frame::Sequence(sequence) => (Some(&mut sequence.head), Some(&mut sequence.tail)),
            Frame::Operand(Operand::Label(placeholder), _) => (Some(placeholder), None),
            Frame::Operand(..) => (None, None),
        };
        first.into_iter().chain(second)
    }
}
