//! Diagnostics as text: the full form with the source lines, and one line per message.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Diagnostic, Label, Severity};
use crate::source::Span;
use crate::source::file::{SourceFile, SourceFiles};

/// Macro calls of the back-trail that are shown at either end.
const TRAIL_ENDS: usize = 4;

/// Labels farther from the primary line than this are notes: the lines between cost time to render.
const NEAR_LINES: u32 = 200;

/// Longer lines are named, not shown.
const SHOWN_BYTES: usize = 4096;

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

fn is_near(span: Span, primary: Span, files: &SourceFiles) -> bool {
    let Some(file) = files.get(primary.file) else { return false };
    span.file == primary.file && file.line_of(span.start).abs_diff(file.line_of(primary.start)) <= NEAR_LINES
}

/// The whole lines that hold the first lines of all spans, and the number of the first of them. Only these
/// are handed to the renderer, which looks at every line it gets.
fn excerpt(file: &SourceFile, spans: &[Span]) -> (std::ops::Range<usize>, u32) {
    let lines = spans.iter().map(|&span| file.line_of(range(span, &file.text).start as u32));
    let (first, last) = (lines.clone().min().unwrap_or(1), lines.max().unwrap_or(1));
    let start = file.line_range(first).map_or(0, |line| line.start);
    let end = file.line_range(last).map_or(file.text.len(), |line| line.end);
    (start..end, first)
}

/// The full message, with the lines it is about when their text is at hand.
pub fn render(diagnostic: &Diagnostic, files: &SourceFiles, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let title = level(diagnostic.severity).primary_title(diagnostic.message.as_str()).id(diagnostic.code.text());
    let mut group = Group::with_title(title);
    let (near, elsewhere): (Vec<&Label>, Vec<&Label>) =
        diagnostic.secondary.iter().partition(|label| is_near(label.span, diagnostic.span, files));
    if let Some(file) = files.get(diagnostic.span.file) {
        let spans: Vec<Span> = std::iter::once(diagnostic.span).chain(near.iter().map(|label| label.span)).collect();
        let (lines, first) = excerpt(file, &spans);
        let text = &file.text[lines.clone()];
        if text.split('\n').all(|line| line.len() <= SHOWN_BYTES) {
            let at = |span: Span| {
                let range = first_line(span, &file.text);
                range.start - lines.start..range.end - lines.start
            };
            let primary: Annotation<'_> = AnnotationKind::Primary.span(at(diagnostic.span));
            let mut snippet =
                Snippet::source(text).line_start(first as usize).path(file.name.as_str()).annotation(primary);
            for label in &near {
                snippet = snippet.annotation(AnnotationKind::Context.span(at(label.span)).label(label.text.as_str()));
            }
            group = group.element(snippet);
        } else {
            let (line, column) = (diagnostic.span.line as usize, diagnostic.span.column as usize);
            group = group.element(Origin::path(file.name.as_str()).line(line).char_column(column));
        }
    }
    let mut notes: Vec<String> = elsewhere.iter().map(|label| format!("{}: {}", place(label.span, files), label.text)).collect();
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
    fn labels_far_away_and_long_lines_are_named_not_shown() {
        let mut files = SourceFiles::default();
        let text = format!("(a)\n{}(b)\n(c {})\n", "\n".repeat(1000), "x".repeat(10_000));
        let (b, c) = (text.find("(b)").unwrap() as u32, text.find("(c").unwrap() as u32);
        let file = files.add("a.lisp".into(), text);
        let at = |start: u32, line: u32| Span { file, line, column: 1, start, end: start + 3 };
        let mut diagnostic = Diagnostic::new(Code::UndefinedFunction, at(b, 1002), "no b");
        diagnostic.secondary.push(Label { span: at(0, 1), text: "first".into() });
        let shown = render(&diagnostic, &files, false);
        assert!(shown.contains("1002 | (b)") && shown.contains("a.lisp:1:1: first"), "{shown}");
        let long = render(&Diagnostic::new(Code::UndefinedFunction, at(c, 1003), "no c"), &files, false);
        assert!(long.contains("a.lisp:1003:1") && long.len() < 500, "{long}");
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
