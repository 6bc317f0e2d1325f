//! The reader's loop: items from the source are delivered to the frame that waits for them.

use super::frames::{Dot, Frame, Operand, Purpose, Sequence};
use super::readtable::{self, Builtin, Macro, Syntax};
use super::source::Source;
use super::token::{Meaning, Token};
use super::variables::{Override, Variables};
use super::{Failure, Position, SpanObserver, labels, lisp};
use crate::abi::thread_context::ThreadContext;
use crate::abi::well_known::Sym;
use crate::object::symbol::well_known;
use crate::object::{cons, list, set_cdr};
use crate::value::{LispResult, Value, nil, t};
use std::cell::Cell;

/// Objects inside one another that one read may have open.
const MAX_DEPTH: usize = 100_000;

thread_local! {
    /// Backquote depth of the read that called Lisp, for the reads that Lisp makes on its behalf.
    static BACKQUOTE_DEPTH: Cell<i32> = const { Cell::new(0) };
}

/// How a read behaves towards what comes before and after.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The read belongs to an outer one: it shares its labels and backquotes.
    pub recursive: bool,
    /// Leaves the whitespace that ended a token in the stream.
    pub preserve_whitespace: bool,
}

/// What one item in the text turned out to be.
pub(super) enum Step {
    /// An object that began there.
    Value(Value, Position),
    /// A comment or the like.
    Nothing,
    /// A frame was pushed, or the dot of a list was noted.
    Pushed,
    EndOfFile,
}

pub(super) struct Reader<'a> {
    pub source: Source,
    pub variables: Variables,
    pub frames: Vec<Frame>,
    pub token: Token,
    /// Whether the last thing consumed was a token that whitespace ended.
    before_whitespace: bool,
    /// Where the item being read began.
    item_start: Position,
    /// Frames that throw their objects away.
    pub skipping: u32,
    /// Feature expressions being read: their symbols are keywords.
    pub in_feature: u32,
    pub radix: Option<u32>,
    pub backquote: i32,
    /// Labels of the reads further out.
    outer_labels: Value,
    observer: Option<&'a mut dyn SpanObserver>,
}

/// What to begin with.
enum Start {
    Object,
    Delimited(u32),
    Builtin { id: Builtin, character: u32, argument: Option<i64> },
}

/// Reads one object from a Lisp stream; `None` when the stream ended before it.
pub fn read(ctx: &mut ThreadContext, stream: Value, options: Options) -> LispResult<Option<Value>> {
    run(ctx, stream, options, Start::Object, None).map_err(|(failure, stream)| failure.raise(ctx, stream))
}

/// Reads objects up to `delimiter` into a list.
pub fn read_delimited_list(ctx: &mut ThreadContext, stream: Value, delimiter: u32, recursive: bool) -> LispResult {
    let options = Options { recursive, preserve_whitespace: true };
    match run(ctx, stream, options, Start::Delimited(delimiter), None) {
        Ok(value) => Ok(value.unwrap_or(nil())),
        Err((failure, stream)) => Err(failure.raise(ctx, stream)),
    }
}

/// Does what a macro character of this reader does, its character being read already; `None` when
/// it yields no object.
pub fn call_builtin(
    ctx: &mut ThreadContext,
    stream: Value,
    id: Builtin,
    character: u32,
    argument: Option<i64>,
) -> LispResult<Option<Value>> {
    let options = Options { recursive: true, preserve_whitespace: true };
    let start = Start::Builtin { id, character, argument };
    run(ctx, stream, options, start, None).map_err(|(failure, stream)| failure.raise(ctx, stream))
}

/// `read` with an observer; the failure is not yet a Lisp error.
pub(super) fn read_observed(
    ctx: &mut ThreadContext,
    stream: Value,
    observer: &mut dyn SpanObserver,
) -> Result<Option<Value>, Failure> {
    let options = Options { recursive: false, preserve_whitespace: true };
    run(ctx, stream, options, Start::Object, Some(observer)).map_err(|(failure, _)| failure)
}

/// One read. The error comes with the stream, which may have moved.
fn run(
    ctx: &mut ThreadContext,
    stream: Value,
    options: Options,
    start: Start,
    observer: Option<&mut dyn SpanObserver>,
) -> Result<Option<Value>, (Failure, Value)> {
    let variables = Variables::load(ctx).map_err(|raised| (raised.into(), stream))?;
    let source = Source::new(stream);
    let item_start = source.position();
    let mut reader = Reader {
        source,
        variables,
        frames: Vec::new(),
        token: Token::default(),
        before_whitespace: false,
        item_start,
        skipping: 0,
        in_feature: 0,
        radix: None,
        backquote: if options.recursive { BACKQUOTE_DEPTH.get() } else { 0 },
        outer_labels: nil(),
        observer,
    };
    if !options.recursive {
        reader.outer_labels = lisp::variable(ctx, Sym::READER_LABELS);
        lisp::set_variable(ctx, Sym::READER_LABELS, nil());
    }
    let result = reader.run(ctx, start, options.preserve_whitespace || options.recursive);
    if !options.recursive {
        lisp::set_variable(ctx, Sym::READER_LABELS, reader.outer_labels);
    }
    result.map_err(|failure| (reader.locate(failure), reader.source.stream))
}

impl Reader<'_> {
    fn run(&mut self, ctx: &mut ThreadContext, start: Start, preserve: bool) -> Result<Option<Value>, Failure> {
        let mut step = match start {
            Start::Object => None,
            Start::Delimited(delimiter) => {
                let sequence = Sequence::new(Purpose::Delimited(delimiter), self.source.position());
                self.frames.push(Frame::Sequence(sequence));
                None
            }
            Start::Builtin { id, character, argument } => {
                let step = self.builtin(ctx, id, character, argument, self.item_start)?;
                if let Step::Nothing = step {
                    return Ok(None);
                }
                Some(step)
            }
        };
        loop {
            let current = match step.take() {
                Some(step) => step,
                None => self.item(ctx)?,
            };
            match current {
                Step::Value(value, start) => {
                    if let Some(value) = self.deliver(ctx, value, start)? {
                        return self.finish(ctx, value, preserve).map(Some);
                    }
                }
                Step::Nothing | Step::Pushed => {}
                Step::EndOfFile if self.frames.is_empty() => return Ok(None),
                Step::EndOfFile => return Err(self.end_of_file()),
            }
        }
    }

    /// Drops the whitespace that ended the last token, where `read` does. Only a stream made in Lisp
    /// can run Lisp here; then the value is kept in a frame.
    fn finish(&mut self, ctx: &mut ThreadContext, value: Value, preserve: bool) -> Result<Value, Failure> {
        if preserve || !self.before_whitespace {
            return Ok(value);
        }
        let mut sequence = Sequence::new(Purpose::List, self.item_start);
        sequence.head = value;
        self.frames.push(Frame::Sequence(sequence));
        self.next_char(ctx)?;
        match self.frames.pop() {
            Some(Frame::Sequence(sequence)) => Ok(sequence.head),
            _ => unreachable!("the frame was pushed above"),
        }
    }

    // Failures.

    /// Gives a failure without a place the place of the current item.
    fn locate(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Syntax { message, span: None } => {
                Failure::Syntax { message, span: Some((self.item_start, self.source.position())) }
            }
            other => other,
        }
    }

    /// The text ended inside an object.
    pub fn end_of_file(&self) -> Failure {
        let opener = self.frames.last().map_or(self.item_start, Frame::start);
        let outermost = self.frames.first().map_or(self.item_start, Frame::start);
        Failure::EndOfFile { opener, outermost, end: self.source.position() }
    }
    /// The text ended inside a string, comment or token that began at `start`.
    pub fn end_of_file_in(&self, start: Position) -> Failure {
        let outermost = self.frames.first().map_or(start, Frame::start);
        Failure::EndOfFile { opener: start, outermost, end: self.source.position() }
    }

    // Calls of Lisp.

    /// See `SpanObserver::guard`.
    pub fn guard(&self) -> Option<Value> {
        self.observer.as_ref().and_then(|observer| observer.guard())
    }

    /// Calls a Lisp function; the first of its values, if any. Everything that the reader holds is
    /// rooted over the call; the variables are taken anew after it.
    pub fn call(
        &mut self,
        ctx: &mut ThreadContext,
        function: Value,
        args: &[Value],
    ) -> Result<Option<Value>, Failure> {
        self.source.release();
        let mut overrides = self.overrides();
        for o in &mut overrides {
            o.exchange(ctx);
        }
        let outer_depth = BACKQUOTE_DEPTH.replace(self.backquote);
        let result = {
            let mut roots = self.roots();
            roots.extend(overrides.iter_mut().map(|o| &mut o.value));
            lisp::call_rooted(ctx, function, args, roots)
        };
        BACKQUOTE_DEPTH.set(outer_depth);
        for o in overrides.iter_mut().rev() {
            o.exchange(ctx);
        }
        let value = result?;
        self.source.resume();
        self.variables = Variables::load(ctx)?;
        Ok(value)
    }

    /// What Lisp must see while it is called from inside `#+`, `#-`, `#x` and their like.
    fn overrides(&self) -> Vec<Override> {
        let mut overrides = Vec::new();
        if self.skipping > 0 {
            overrides.push(Override { variable: Sym::READ_SUPPRESS, value: t() });
        }
        if self.in_feature > 0 {
            overrides.push(Override { variable: Sym::PACKAGE_VAR, value: self.package() });
        }
        if let Some(radix) = self.radix {
            overrides.push(Override { variable: Sym::READ_BASE, value: Value::fixnum(radix as i64) });
        }
        overrides
    }

    /// Every value that the reader holds.
    fn roots(&mut self) -> Vec<&mut Value> {
        let mut roots = vec![
            &mut self.source.stream,
            &mut self.outer_labels,
            &mut self.variables.readtable,
            &mut self.variables.package,
        ];
        roots.extend(self.frames.iter_mut().flat_map(Frame::values));
        roots
    }

    // Characters.

    pub fn next_char(&mut self, ctx: &mut ThreadContext) -> Result<Option<u32>, Failure> {
        if !self.source.needs_lisp() {
            return Ok(self.source.next(ctx)?);
        }
        let stream = self.source.stream;
        let c = self.call(ctx, well_known(Sym::STREAM_READ_CHAR), &[stream])?;
        let c = c.filter(|c| c.is_character()).map(Value::as_character);
        if let Some(c) = c {
            self.source.note(c);
        }
        Ok(c)
    }

    /// The next character; the end of the text is a failure of the object that began at `start`.
    pub fn expect_char(&mut self, ctx: &mut ThreadContext, start: Position) -> Result<u32, Failure> {
        self.next_char(ctx)?.ok_or_else(|| self.end_of_file_in(start))
    }

    /// Puts back `c`, the last character.
    pub fn unread_char(&mut self, ctx: &mut ThreadContext, c: u32) -> Result<(), Failure> {
        if !self.source.needs_lisp() {
            return Ok(self.source.unread(ctx)?);
        }
        self.source.note_unread();
        let stream = self.source.stream;
        self.call(ctx, well_known(Sym::STREAM_UNREAD_CHAR), &[Value::character(c), stream])?;
        Ok(())
    }

    pub fn syntax(&self, c: u32) -> Syntax {
        readtable::syntax(self.variables.readtable, c)
    }

    /// Whether objects are read only to be passed over.
    pub fn suppressed(&self) -> bool {
        self.skipping > 0 || self.variables.suppress && self.in_feature == 0
    }

    /// The package of symbols without a prefix.
    fn package(&self) -> Value {
        if self.in_feature > 0 { crate::object::package::keyword_package() } else { self.variables.package }
    }

    // Items.

    fn item(&mut self, ctx: &mut ThreadContext) -> Result<Step, Failure> {
        loop {
            let start = self.source.position();
            self.item_start = start;
            self.before_whitespace = false;
            let Some(c) = self.next_char(ctx)? else { return Ok(Step::EndOfFile) };
            if let Some(Frame::Sequence(Sequence { purpose: Purpose::Delimited(end), .. })) = self.frames.last()
                && c == *end
            {
                return self.close(ctx);
            }
            match self.syntax(c) {
                Syntax::Whitespace => {}
                Syntax::Invalid => return Err(invalid_character(c)),
                Syntax::TerminatingMacro | Syntax::NonTerminatingMacro => return self.macro_character(ctx, c, start),
                _ => {
                    self.read_token(ctx, c, false)?;
                    return self.token_value(ctx, start);
                }
            }
        }
    }

    fn macro_character(&mut self, ctx: &mut ThreadContext, c: u32, start: Position) -> Result<Step, Failure> {
        match readtable::macro_character(self.variables.readtable, c) {
            Some(Macro::Builtin(id)) => self.builtin(ctx, id, c, None, start),
            Some(Macro::Dispatch(_)) => self.dispatch(ctx, c, start),
            Some(Macro::Function(function)) => {
                let args = [self.source.stream, Value::character(c)];
                let value = self.call(ctx, function, &args)?;
                Ok(value.map_or(Step::Nothing, |v| Step::Value(v, start)))
            }
            None => Err(invalid_character(c)),
        }
    }

    /// The object that the token names, which began at `start`.
    fn token_value(&mut self, ctx: &mut ThreadContext, start: Position) -> Result<Step, Failure> {
        if self.suppressed() {
            return Ok(Step::Value(nil(), start));
        }
        let base = self.radix.unwrap_or(self.variables.base);
        let package = self.package();
        match self.token.meaning(ctx, base, self.variables.format, self.variables.case, package)? {
            Meaning::Value(value) => Ok(Step::Value(value, start)),
            Meaning::Dot => self.dot(),
        }
    }

    fn dot(&mut self) -> Result<Step, Failure> {
        match self.frames.last_mut() {
            Some(Frame::Sequence(s)) if s.purpose.allows_dot() && s.count > 0 && s.dot == Dot::None => {
                s.dot = Dot::Expecting;
                Ok(Step::Pushed)
            }
            _ => Err(Failure::syntax("a dot does not belong here")),
        }
    }

    /// Collects a token whose first character is `first`; with `force` that one is taken as escaped.
    pub fn read_token(&mut self, ctx: &mut ThreadContext, first: u32, force: bool) -> Result<(), Failure> {
        let start = self.item_start;
        self.token.clear();
        let mut next = Some(first);
        if force {
            self.token.push(first, true);
            next = self.next_char(ctx)?;
        }
        while let Some(c) = next {
            match self.syntax(c) {
                Syntax::Constituent | Syntax::NonTerminatingMacro => {
                    if is_invalid_constituent(c) && !self.suppressed() {
                        return Err(invalid_character(c));
                    }
                    self.token.push(c, false);
                }
                Syntax::SingleEscape => {
                    let c = self.expect_char(ctx, start)?;
                    self.token.push(c, true);
                }
                Syntax::MultipleEscape => self.read_escaped_part(ctx, start)?,
                Syntax::Invalid => return Err(invalid_character(c)),
                syntax @ (Syntax::TerminatingMacro | Syntax::Whitespace) => {
                    self.before_whitespace = syntax == Syntax::Whitespace;
                    return self.unread_char(ctx, c);
                }
            }
            next = self.next_char(ctx)?;
        }
        Ok(())
    }

    fn read_escaped_part(&mut self, ctx: &mut ThreadContext, start: Position) -> Result<(), Failure> {
        self.token.has_escape = true;
        loop {
            let c = self.expect_char(ctx, start)?;
            match self.syntax(c) {
                Syntax::MultipleEscape => return Ok(()),
                Syntax::SingleEscape => {
                    let c = self.expect_char(ctx, start)?;
                    self.token.push(c, true);
                }
                _ => self.token.push(c, true),
            }
        }
    }

    // Frames.

    pub fn push(&mut self, frame: Frame) -> Result<Step, Failure> {
        if self.frames.len() >= MAX_DEPTH {
            return Err(Failure::syntax(format!("objects are nested more than {MAX_DEPTH} deep")));
        }
        self.frames.push(frame);
        Ok(Step::Pushed)
    }
    pub fn push_operand(&mut self, operand: Operand, start: Position) -> Result<Step, Failure> {
        self.push(Frame::Operand(operand, start))
    }

    /// Hands a finished object to the frame that waits for it; the object that finishes the outermost
    /// frame is the result.
    fn deliver(&mut self, ctx: &mut ThreadContext, value: Value, start: Position) -> Result<Option<Value>, Failure> {
        let (mut value, mut start) = (value, start);
        loop {
            if let Some(observer) = &mut self.observer {
                observer.form(value, start, self.source.position());
            }
            match self.frames.last().copied() {
                None => return Ok(Some(value)),
                Some(Frame::Sequence(_)) => {
                    self.append(ctx, value)?;
                    return Ok(None);
                }
                Some(Frame::Operand(operand, operand_start)) => {
                    self.item_start = operand_start;
                    match self.finish_operand(ctx, operand, value)? {
                        None => return Ok(None),
                        Some(finished) => (value, start) = (finished, operand_start),
                    }
                }
            }
        }
    }

    fn append(&mut self, ctx: &mut ThreadContext, value: Value) -> Result<(), Failure> {
        let suppressed = self.suppressed();
        let Some(Frame::Sequence(s)) = self.frames.last_mut() else {
            unreachable!("only a sequence takes elements");
        };
        match s.dot {
            Dot::Done if !suppressed => return Err(Failure::syntax("more than one object follows the dot of a list")),
            Dot::Expecting => {
                set_cdr(ctx, s.tail, value);
                s.dot = Dot::Done;
            }
            _ => {
                s.count += 1;
                if !suppressed {
                    let cell = cons(ctx, value, nil());
                    if s.head.is_nil() {
                        s.head = cell;
                    } else {
                        set_cdr(ctx, s.tail, cell);
                    }
                    s.tail = cell;
                }
            }
        }
        Ok(())
    }

    /// The closing character of the innermost sequence was read.
    pub fn close(&mut self, ctx: &mut ThreadContext) -> Result<Step, Failure> {
        let Some(Frame::Sequence(s)) = self.frames.pop() else {
            unreachable!("the caller saw a sequence");
        };
        if s.dot == Dot::Expecting {
            return Err(Failure::syntax("an object must follow the dot of a list"));
        }
        let value = match s.purpose {
            _ if self.suppressed() => nil(),
            Purpose::Vector(len) => self.make_vector(ctx, s, len)?,
            Purpose::List | Purpose::Delimited(_) => s.head,
        };
        Ok(Step::Value(value, s.start))
    }

    /// Ends the innermost frame, which waited for `value`; `None` when no object comes of it.
    fn finish_operand(
        &mut self,
        ctx: &mut ThreadContext,
        operand: Operand,
        value: Value,
    ) -> Result<Option<Value>, Failure> {
        let frame = self.frames.pop();
        match operand {
            Operand::Wrap(operator, depth) => {
                self.backquote -= depth;
                if self.suppressed() {
                    return Ok(Some(nil()));
                }
                Ok(Some(list(ctx, &[well_known(operator), value])))
            }
            Operand::Skip => {
                self.skipping -= 1;
                Ok(None)
            }
            Operand::Feature(wanted) => {
                self.in_feature -= 1;
                if super::features::holds(ctx, value)? != wanted {
                    self.skipping += 1;
                    let start = frame.map_or(self.item_start, |f| f.start());
                    self.push_operand(Operand::Skip, start)?;
                }
                Ok(None)
            }
            Operand::Label(placeholder) => match labels::complete(ctx, placeholder, value) {
                Some(object) => Ok(Some(object)),
                None => Err(Failure::syntax("a label stands for nothing but itself")),
            },
            Operand::Radix { radix, outer } => {
                self.radix = outer;
                self.check_rational(value, radix).map(Some)
            }
            _ if self.suppressed() => Ok(Some(nil())),
            Operand::Eval => self.finish_eval(ctx, value),
            Operand::Pathname => self.finish_pathname(ctx, value),
            Operand::Structure => self.finish_structure(ctx, value),
            Operand::Complex => self.finish_complex(ctx, value).map(Some),
            Operand::Array(rank) => self.finish_array(ctx, rank, value).map(Some),
        }
    }
}

pub(super) fn invalid_character(c: u32) -> Failure {
    let shown = crate::object::character::name(c)
        .unwrap_or_else(|| char::from_u32(c).map_or_else(String::new, |c| c.to_string()));
    Failure::syntax(format!("the character {shown} cannot stand here"))
}

/// Characters that cannot be part of a token unescaped, whatever their syntax type: backspace,
/// rubout and the standard whitespace.
fn is_invalid_constituent(c: u32) -> bool {
    matches!(c, 8 | 9 | 10 | 12 | 13 | 0x20 | 0x7f)
}
