//! The standard macro characters but `#` (CLHS 2.4).

use super::Failure;
use super::frames::{Frame, Operand, Purpose, Sequence};
use super::read::{Reader, Step};
use super::readtable::{Builtin, Syntax};
use crate::abi::thread_context::ThreadContext;
use crate::abi::well_known::Sym;
use crate::io::Position;
use crate::object::string_from_code_points;

impl Reader<'_> {
    /// Does what macro `id` does; `c` is the character that called it.
    pub fn builtin(
        &mut self,
        ctx: &mut ThreadContext,
        id: Builtin,
        c: u32,
        argument: Option<i64>,
        start: Position,
    ) -> Result<Step, Failure> {
        if let Some(sub) = id.sharp_character() {
            return self.sharp(ctx, sub, argument, start);
        }
        match id.plain_character() {
            '(' => self.push(Frame::Sequence(Sequence::new(Purpose::List, start))),
            ')' => self.right_parenthesis(ctx),
            '\'' => self.push_operand(Operand::Wrap(Sym::QUOTE, 0), start),
            '"' => self.read_string(ctx, c, start),
            ';' => self.skip_line(ctx),
            '`' => {
                self.backquote += 1;
                self.push_operand(Operand::Wrap(Sym::QUASIQUOTE, 1), start)
            }
            ',' => self.comma(ctx, start),
            _ => Err(Failure::syntax("the macro character has no function")),
        }
    }

    fn right_parenthesis(&mut self, ctx: &mut ThreadContext) -> Result<Step, Failure> {
        match self.frames.last() {
            Some(Frame::Sequence(s)) if s.purpose.closing() == ')' as u32 => self.close(ctx),
            Some(Frame::Operand(..)) => Err(Failure::syntax("an object is missing before the closing parenthesis")),
            _ => Err(Failure::syntax("unmatched closing parenthesis")),
        }
    }

    fn read_string(&mut self, ctx: &mut ThreadContext, quote: u32, start: Position) -> Result<Step, Failure> {
        let mut chars = Vec::new();
        loop {
            let c = self.expect_char(ctx, start)?;
            if c == quote {
                break;
            }
            if self.syntax(c) == Syntax::SingleEscape {
                chars.push(self.expect_char(ctx, start)?);
            } else {
                chars.push(c);
            }
        }
        Ok(Step::Value(string_from_code_points(ctx, &chars), start))
    }

    pub fn skip_line(&mut self, ctx: &mut ThreadContext) -> Result<Step, Failure> {
        while let Some(c) = self.next_char(ctx)? {
            if c == '\n' as u32 {
                break;
            }
        }
        Ok(Step::Nothing)
    }

    fn comma(&mut self, ctx: &mut ThreadContext, start: Position) -> Result<Step, Failure> {
        if self.backquote <= 0 && !self.suppressed() {
            return Err(Failure::syntax("a comma stands outside of any backquote"));
        }
        let next = self.expect_char(ctx, start)?;
        let operator = match char::from_u32(next) {
            Some('@') => Sym::UNQUOTE_SPLICING,
            Some('.') => Sym::UNQUOTE_NSPLICING,
            _ => {
                self.unread_char(ctx, next)?;
                Sym::UNQUOTE
            }
        };
        self.backquote -= 1;
        self.push_operand(Operand::Wrap(operator, -1), start)
    }
}
