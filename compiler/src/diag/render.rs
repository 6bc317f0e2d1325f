//! Diagnostics as text: the full form with the source lines, and one line per message.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Diagnostic, Severity};
use crate::source::Span;
use crate::source::file::SourceFiles;

/// Macro calls of the back-trail that are shown at either end.
const TRAIL_ENDS: usize = 4;

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Note => Level::NOTE,
        Severity::StyleWarning => Level::WARNING.with_name("style-warning"),
        Severity::Warning => Level::WARNING,
        Severity::Error => Level::ERROR,
    }
}

/// Byte range of a span inside its file's text, on character boundaries.
fn range(span: Span, text: &str) -> std::ops::Range<usize> {
    let boundary = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = boundary(span.start as usize);
    start..boundary(span.end as usize).max(start)
}

/// As for `range`, but a form over several lines is shown by its first line.
fn first_line(span: Span, text: &str) -> std::ops::Range<usize> {
    let range = range(span, text);
    let end = text[range.clone()].find('\n').map_or(range.end, |at| range.start + at);
    range.start..end
}

/// The full message, with the lines it is about when their text is at hand.
pub fn render(diagnostic: &Diagnostic, files: &SourceFiles, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let title = level(diagnostic.severity).primary_title(diagnostic.message.as_str()).id(diagnostic.code.text());
    let mut group = Group::with_title(title);
    if let Some(file) = files.get(diagnostic.span.file) {
        let primary: Annotation<'_> = AnnotationKind::Primary.span(first_line(diagnostic.span, &file.text));
        let mut snippet = Snippet::source(file.text.as_str()).path(file.name.as_str()).annotation(primary);
        for label in diagnostic.secondary.iter().filter(|label| label.span.file == diagnostic.span.file) {
            let at = first_line(label.span, &file.text);
            snippet = snippet.annotation(AnnotationKind::Context.span(at).label(label.text.as_str()));
        }
        group = group.element(snippet);
    }
    let elsewhere = diagnostic.secondary.iter().filter(|label| label.span.file != diagnostic.span.file);
    let mut notes: Vec<String> = elsewhere.map(|label| format!("{}: {}", place(label.span, files), label.text)).collect();
    notes.extend(diagnostic.notes.iter().cloned());
    notes.extend(trail(diagnostic, files));
    for note in notes {
        group = group.element(Level::NOTE.message(note));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let mut text = renderer.render(&[group]);
    text.push('\n');
    text
}

/// What the macro calls around the form were, innermost first.
fn trail(diagnostic: &Diagnostic, files: &SourceFiles) -> Vec<String> {
    let all: Vec<String> = diagnostic
        .trail
        .iter()
        .rev()
        .map(|step| match step.span.line {
            0 => format!("in the expansion of {}", step.name),
            _ => format!("in the expansion of {} at {}", step.name, place(step.span, files)),
        })
        .collect();
    if all.len() <= 2 * TRAIL_ENDS {
        return all;
    }
    let left_out = format!("({} more expansions)", all.len() - 2 * TRAIL_ENDS);
    let (first, last) = (&all[..TRAIL_ENDS], &all[all.len() - TRAIL_ENDS..]);
    first.iter().cloned().chain([left_out]).chain(last.iter().cloned()).collect()
}

fn place(span: Span, files: &SourceFiles) -> String {
    match files.get(span.file) {
        Some(file) => format!("{}:{}:{}", file.name, span.line, span.column),
        None => format!("line {}", span.line),
    }
}

/// `file:line:column: severity: message`, for tools; without a place just `severity: message`.
pub fn render_short(diagnostic: &Diagnostic, files: &SourceFiles) -> String {
    let text = format!("{}: {} [{}]", diagnostic.severity.text(), diagnostic.message, diagnostic.code.text());
    if diagnostic.span.line == 0 { text } else { format!("{}: {text}", place(diagnostic.span, files)) }
}

/// What `rook explain CODE` prints.
pub fn explain(code: super::Code) -> String {
    format!("{}: {}\n\n{}\n", code.text(), code.title(), code.explanation())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Code, Expansion};

    fn sample(files: &mut SourceFiles) -> Diagnostic {
        let file = files.add("a.lisp".into(), "(defun f (x)\n  (g))\n".into());
        let span = Span { file, line: 2, column: 3, start: 15, end: 18 };
        let mut diagnostic = Diagnostic::new(Code::UndefinedFunction, span, "the function g is not defined")
            .with_help("did you mean f?");
        diagnostic.trail.push(Expansion { name: "m".into(), span });
        diagnostic
    }

    #[test]
    fn the_short_form_has_place_severity_and_code() {
        let mut files = SourceFiles::default();
        let diagnostic = sample(&mut files);
        assert_eq!(
            render_short(&diagnostic, &files),
            "a.lisp:2:3: style-warning: the function g is not defined [R0104]"
        );
    }

    #[test]
    fn the_full_form_shows_the_line_the_trail_and_the_help() {
        let mut files = SourceFiles::default();
        let text = render(&sample(&mut files), &files, false);
        for part in ["style-warning[R0104]", "(g))", "^^^", "a.lisp:2:3", "in the expansion of m", "did you mean f?"] {
            assert!(text.contains(part), "{part} is missing in:\n{text}");
        }
    }

    #[test]
    fn a_long_trail_is_cut_in_the_middle() {
        let mut files = SourceFiles::default();
        let mut diagnostic = sample(&mut files);
        let step = diagnostic.trail[0].clone();
        diagnostic.trail = vec![step; 100];
        let text = render(&diagnostic, &files, false);
        assert!(text.contains("(92 more expansions)"), "{text}");
    }

    #[test]
    fn every_code_has_a_number_of_its_own_and_an_explanation() {
        let mut numbers: Vec<&str> = crate::diag::codes::ALL.iter().map(|code| code.text()).collect();
        numbers.sort();
        numbers.dedup();
        assert_eq!(numbers.len(), crate::diag::codes::ALL.len());
        for &code in crate::diag::codes::ALL {
            assert_eq!(crate::diag::codes::find(&code.text().to_lowercase()), Some(code));
            assert!(explain(code).len() > 80, "{code:?}");
        }
    }
}
