//! Diagnostics: what the compiler has to say about user programs, as data.
//!
//! Collected, never printed here: `render` makes text, the driver decides where it goes.

pub mod codes;
pub mod render;

use crate::source::Span;
pub use codes::Code;

/// How serious a diagnostic is. `StyleWarning` never makes a build fail.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    Note,
    StyleWarning,
    Warning,
    Error,
}

impl Severity {
    pub fn text(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::StyleWarning => "style-warning",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// A further place that matters, with what it has to do with the problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// One macro call on the way from the source text to the form at fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Expansion {
    pub name: String,
    pub span: Span,
}

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    pub code: Code,
    pub severity: Severity,
    pub message: String,
    pub span: Span,
    pub secondary: Vec<Label>,
    pub notes: Vec<String>,
    pub help: Option<String>,
    /// Macro calls around the form, outermost first.
    pub trail: Vec<Expansion>,
}

impl Diagnostic {
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity: code.severity(),
            message: message.into(),
            span,
            secondary: Vec::new(),
            notes: Vec::new(),
            help: None,
            trail: Vec::new(),
        }
    }
    pub fn with_note(mut self, note: impl Into<String>) -> Diagnostic {
        self.notes.push(note.into());
        self
    }
    pub fn with_help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }
    pub fn with_label(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.secondary.push(Label { span, text: text.into() });
        self
    }
}

/// How far back a repetition is looked for.
const RECENT: usize = 64;

/// The diagnostics of one compilation, in order of discovery.
#[derive(Default, Debug)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    pub fn push(&mut self, diagnostic: Diagnostic) {
        // A form that is expanded twice says everything twice, shortly after.
        if !self.list.iter().rev().take(RECENT).any(|earlier| *earlier == diagnostic) {
            self.list.push(diagnostic);
        }
    }
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }
    pub fn len(&self) -> usize {
        self.list.len()
    }
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
    /// Severity of the worst one.
    pub fn worst(&self) -> Option<Severity> {
        self.list.iter().map(|d| d.severity).max()
    }
    pub fn take(&mut self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.list)
    }
}
