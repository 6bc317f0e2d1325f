//! Differences between two texts, by lines, in the unified format.
//!
//! The longest common subsequence by the usual table, after the equal lines at both ends are set
//! aside. Texts that differ in too many lines for the table are shown as wholly replaced.

use std::fmt::Write;

/// Equal lines around a difference.
const CONTEXT: usize = 3;
/// Entries of the table of common lengths.
const TABLE_LIMIT: usize = 1 << 24;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Edit {
    Keep,
    Remove,
    Add,
}

/// The unified diff that turns `old` into `new`; empty when they are equal.
pub fn unified(old: &[u8], new: &[u8], old_name: &str, new_name: &str) -> String {
    if old == new {
        return String::new();
    }
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let edits = edits(&old, &new);
    let mut text = format!("--- {old_name}\n+++ {new_name}\n");
    if edits.iter().all(|&edit| edit == Edit::Keep) {
        return text + "the texts differ in bytes that are not UTF-8\n";
    }
    let (mut old_at, mut new_at, mut at) = (0, 0, 0);
    while let Some(distance) = edits[at..].iter().position(|&edit| edit != Edit::Keep) {
        let skipped = distance.saturating_sub(CONTEXT);
        let end = hunk_end(&edits, at + distance);
        (old_at, new_at, at) = (old_at + skipped, new_at + skipped, at + skipped);
        write_hunk(&mut text, &edits[at..end], &old[old_at..], &new[new_at..], (old_at, new_at));
        let count = |without| edits[at..end].iter().filter(|&&edit| edit != without).count();
        (old_at, new_at, at) = (old_at + count(Edit::Add), new_at + count(Edit::Remove), end);
    }
    text
}

/// Where the hunk ends that has a difference at `first`: so many equal lines follow that the next
/// difference shares no context with it.
fn hunk_end(edits: &[Edit], first: usize) -> usize {
    let mut last = first;
    for (index, &edit) in edits.iter().enumerate().skip(first) {
        if edit != Edit::Keep {
            last = index;
        } else if index - last > 2 * CONTEXT {
            break;
        }
    }
    (last + 1 + CONTEXT).min(edits.len())
}

fn write_hunk(text: &mut String, edits: &[Edit], old: &[&str], new: &[&str], start: (usize, usize)) {
    let count = |without| edits.iter().filter(|&&edit| edit != without).count();
    // An empty range is named by the line before it.
    let range = |start: usize, count: usize| format!("{},{count}", if count == 0 { start } else { start + 1 });
    let ranges = (range(start.0, count(Edit::Add)), range(start.1, count(Edit::Remove)));
    writeln!(text, "@@ -{} +{} @@", ranges.0, ranges.1).expect("writing to a string does not fail");
    let (mut old, mut new) = (old.iter(), new.iter());
    for edit in edits {
        let (sign, line) = match edit {
            Edit::Keep => (' ', old.next().and(new.next())),
            Edit::Remove => ('-', old.next()),
            Edit::Add => ('+', new.next()),
        };
        let line = line.expect("the edits cover both texts");
        text.push(sign);
        text.push_str(&printable(line));
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}

/// The edits that turn `old` into `new`, removals before additions.
fn edits(old: &[&str], new: &[&str]) -> Vec<Edit> {
    let shared = |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| pairs.take_while(|(a, b)| a == b).count();
    let head = shared(&mut old.iter().zip(new));
    let (old, new) = (&old[head..], &new[head..]);
    let tail = shared(&mut old.iter().rev().zip(new.iter().rev()));
    let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);

    let mut edits = vec![Edit::Keep; head];
    if (old.len() + 1).saturating_mul(new.len() + 1) <= TABLE_LIMIT {
        edits.extend(edits_by_table(old, new));
    } else {
        edits.extend(old.iter().map(|_| Edit::Remove));
        edits.extend(new.iter().map(|_| Edit::Add));
    }
    edits.extend(std::iter::repeat_n(Edit::Keep, tail));
    edits
}

fn edits_by_table(old: &[&str], new: &[&str]) -> Vec<Edit> {
    let width = new.len() + 1;
    // Entry (i, j): how many lines `old[i..]` and `new[j..]` have in common.
    let mut common = vec![0u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i * width + j] = if old[i] == new[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut edits) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            edits.push(Edit::Keep);
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || common[(i + 1) * width + j] >= common[i * width + j + 1]) {
            edits.push(Edit::Remove);
            i += 1;
        } else {
            edits.push(Edit::Add);
            j += 1;
        }
    }
    edits
}

/// The text with control characters, other than newline and tab, in visible form: output of a
/// program must not steer the terminal.
pub fn printable(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\n' && c != '\t' {
            visible.extend(c.escape_default());
        } else {
            visible.push(c);
        }
    }
    visible
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &str, new: &str, expected: &str) {
        assert_eq!(unified(old.as_bytes(), new.as_bytes(), "a", "b"), expected);
    }

    #[test]
    fn equal_texts_have_no_diff() {
        check("a\n", "a\n", "");
    }

    #[test]
    fn a_changed_line_is_shown_in_context() {
        let old: String = (1..=9).map(|n| format!("{n}\n")).collect();
        let new = old.replace('5', "five");
        check(&old, &new, "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
    }

    #[test]
    fn far_differences_get_hunks_of_their_own() {
        let old: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let new = format!("0\n{}", old.replace("20\n", ""));
        check(
            &old,
            &new,
            "--- a\n+++ b\n@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n@@ -17,4 +18,3 @@\n 17\n 18\n 19\n-20\n",
        );
    }

    #[test]
    fn near_differences_share_a_hunk() {
        let old: String = (1..=8).map(|n| format!("{n}\n")).collect();
        let new = old.replace("1\n", "").replace("8\n", "");
        check(&old, &new, "--- a\n+++ b\n@@ -1,8 +1,6 @@\n-1\n 2\n 3\n 4\n 5\n 6\n 7\n-8\n");
    }

    #[test]
    fn an_empty_side_is_line_zero() {
        check("", "x\n", "--- a\n+++ b\n@@ -0,0 +1,1 @@\n+x\n");
    }

    #[test]
    fn a_missing_last_newline_is_a_difference() {
        check("x\n", "x", "--- a\n+++ b\n@@ -1,1 +1,1 @@\n-x\n+x\n\\ No newline at end of file\n");
    }

    #[test]
    fn control_characters_are_shown() {
        check("", "\u{1b}[1m\n", "--- a\n+++ b\n@@ -0,0 +1,1 @@\n+\\u{1b}[1m\n");
    }

    #[test]
    fn bytes_that_are_not_text_are_reported() {
        let diff = unified(b"\xff\n", b"\xfe\n", "a", "b");
        assert_eq!(diff, "--- a\n+++ b\nthe texts differ in bytes that are not UTF-8\n");
    }
}
