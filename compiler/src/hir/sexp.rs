//! The textual form of dumps: S-expressions of atoms, laid out for people. Knows no IR.

/// A node of the text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sexp {
    Atom(String),
    List(Vec<Sexp>),
}

pub fn atom(text: impl Into<String>) -> Sexp {
    Sexp::Atom(text.into())
}
/// A list that begins with a word.
pub fn form(head: &str, rest: impl IntoIterator<Item = Sexp>) -> Sexp {
    Sexp::List(std::iter::once(atom(head)).chain(rest).collect())
}

/// Longest line that is not broken.
const WIDTH: usize = 100;
/// Deeper nesting is not shown by more blanks, so that the text stays linear in the tree.
const MAX_INDENT: usize = 80;

impl Sexp {
    pub fn as_atom(&self) -> Option<&str> {
        match self {
            Sexp::Atom(text) => Some(text),
            Sexp::List(_) => None,
        }
    }
    pub fn as_list(&self) -> Option<&[Sexp]> {
        match self {
            Sexp::Atom(_) => None,
            Sexp::List(items) => Some(items),
        }
    }
    /// Length on one line; stops counting when it exceeds the limit.
    fn flat_len(&self, limit: usize) -> usize {
        match self {
            Sexp::Atom(text) => text.chars().count(),
            Sexp::List(items) => {
                let mut len = 1 + items.len();
                for item in items {
                    if len > limit {
                        break;
                    }
                    len += item.flat_len(limit - len);
                }
                len
            }
        }
    }
    /// The text, broken into lines; ends without a line end.
    pub fn pretty(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, 0);
        out
    }
    /// The text on one line.
    pub fn flat(&self) -> String {
        match self {
            Sexp::Atom(text) => text.clone(),
            Sexp::List(items) => format!("({})", items.iter().map(Sexp::flat).collect::<Vec<_>>().join(" ")),
        }
    }
    fn write(&self, out: &mut String, indent: usize) {
        match self {
            Sexp::Atom(text) => out.push_str(text),
            Sexp::List(items) => {
                let room = WIDTH.saturating_sub(indent);
                let flat = room > 0 && self.flat_len(room) <= room;
                out.push('(');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 && (flat || i == 1 && item.as_atom().is_some()) {
                        out.push(' ');
                    } else if i > 0 {
                        out.push('\n');
                        out.extend(std::iter::repeat_n(' ', (indent + 2).min(MAX_INDENT)));
                    }
                    item.write(out, indent + 2);
                }
                out.push(')');
            }
        }
    }
}

/// Parses one S-expression; the rest of the text must be blank or comments.
pub fn parse(text: &str) -> Result<Sexp, String> {
    let mut open: Vec<Vec<Sexp>> = Vec::new();
    let mut result = None;
    let mut chars = text.char_indices().peekable();
    while let Some(&(at, c)) = chars.peek() {
        let finished = match c {
            ';' => {
                while chars.next_if(|(_, c)| *c != '\n').is_some() {}
                continue;
            }
            c if c.is_whitespace() => {
                chars.next();
                continue;
            }
            _ if result.is_some() => return Err(format!("text after the end, at byte {at}")),
            '(' => {
                chars.next();
                open.push(Vec::new());
                continue;
            }
            ')' => {
                chars.next();
                Sexp::List(open.pop().ok_or_else(|| format!("unbalanced ) at byte {at}"))?)
            }
            _ => atom(read_atom(&mut chars)?),
        };
        match open.last_mut() {
            Some(list) => list.push(finished),
            None => result = Some(finished),
        }
    }
    if !open.is_empty() {
        return Err("the text ends inside a list".into());
    }
    result.ok_or_else(|| "the text is empty".into())
}

/// An atom with its quotes: `"…"` and `|…|` may hold anything; a backslash takes the next character.
fn read_atom(chars: &mut std::iter::Peekable<std::str::CharIndices>) -> Result<String, String> {
    let mut text = String::new();
    let mut quote = None;
    while let Some(&(_, c)) = chars.peek() {
        if quote.is_none() && (c.is_whitespace() || matches!(c, '(' | ')' | ';')) {
            break;
        }
        chars.next();
        text.push(c);
        if c == '\\' {
            text.push(chars.next().ok_or("the text ends after a backslash")?.1);
        } else if quote == Some(c) {
            quote = None;
            if c == '"' {
                break;
            }
        } else if quote.is_none() && matches!(c, '"' | '|') {
            quote = Some(c);
        }
    }
    if quote.is_some() { Err("the text ends inside quotes".into()) } else { Ok(text) }
}

/// Text between quotes, with what must be escaped escaped.
pub fn quoted(text: &str, quote: char) -> String {
    let mut out = String::from(quote);
    for c in text.chars() {
        if c == quote || c == '\\' || c == '\n' {
            out.push('\\');
        }
        // A dump of MIR is read line by line.
        out.push(if c == '\n' { 'n' } else { c });
    }
    out.push(quote);
    out
}

/// The text inside quotes; `None` when it is not quoted.
pub fn unquoted(text: &str, quote: char) -> Option<String> {
    let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
    let mut out = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => chars.next().map(|c| if c == 'n' { '\n' } else { c })?,
            c => c,
        });
    }
    Some(out)
}
