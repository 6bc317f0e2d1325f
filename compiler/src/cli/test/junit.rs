//! The results of a run of tests as JUnit XML, which services that run tests know how to show.

use std::path::Path;

use crate::link::toolchain::reason;

/// One test in one mode.
pub struct Case {
    pub name: String,
    pub mode: String,
    pub seconds: f64,
    pub skipped: bool,
    /// What went wrong.
    pub failure: Option<String>,
}

pub fn write(path: &Path, cases: &[Case]) -> Result<(), String> {
    std::fs::write(path, document(cases)).map_err(|error| format!("cannot write {}: {}", path.display(), reason(&error)))
}

fn document(cases: &[Case]) -> String {
    let failures = cases.iter().filter(|case| case.failure.is_some()).count();
    let skipped = cases.iter().filter(|case| case.skipped).count();
    let seconds: f64 = cases.iter().map(|case| case.seconds).sum();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text += &format!(
        "<testsuite name=\"rook\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"{seconds:.3}\">\n",
        cases.len()
    );
    for case in cases {
        text += &format!(
            "  <testcase classname=\"{}\" name=\"{}\" time=\"{:.3}\"",
            escaped(&case.mode),
            escaped(&case.name),
            case.seconds
        );
        text += &match (&case.failure, case.skipped) {
            (Some(failure), _) => format!(">\n    <failure>{}</failure>\n  </testcase>\n", escaped(failure)),
            (None, true) => ">\n    <skipped/>\n  </testcase>\n".to_string(),
            (None, false) => "/>\n".to_string(),
        };
    }
    text + "</testsuite>\n"
}

/// Text of an element or attribute; characters that XML cannot hold become U+FFFD.
fn escaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => result += "&amp;",
            '<' => result += "&lt;",
            '>' => result += "&gt;",
            '"' => result += "&quot;",
            '\n' | '\t' => result.push(c),
            c if c < ' ' || c == '\u{fffe}' || c == '\u{ffff}' => result.push('\u{fffd}'),
            c => result.push(c),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_carry_their_text() {
        let case = |name: &str, skipped, failure: Option<&str>| Case {
            name: name.into(),
            mode: "memory".into(),
            seconds: 0.5,
            skipped,
            failure: failure.map(str::to_string),
        };
        let text = document(&[case("a.lisp", false, None), case("b.lisp", true, None), case("c.lisp", false, Some("<1 & \"2\"\u{1}>"))]);
        assert!(text.contains("tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\" time=\"1.500\""));
        assert!(text.contains("name=\"a.lisp\" time=\"0.500\"/>"));
        assert!(text.contains("<failure>&lt;1 &amp; &quot;2&quot;\u{fffd}&gt;</failure>"));
    }
}
