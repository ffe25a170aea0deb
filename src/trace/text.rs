//! Raw output -> lines that the parsers can trust: no terminal escapes, no carriage returns.
//!
//! A runner's parser blanks the lines it has understood, so that the parsers of bare stack traces
//! that come after it do not report the same failure twice.

use std::borrow::Cow;
use std::ops::Range;

use regex::Regex;

use super::{Failure, FailureKind, Frame};

/// The lines of an output; what has been understood is blank.
#[derive(Debug)]
pub(super) struct Text<'a> {
    pub(super) lines: Vec<&'a str>,
}

/// A failure with its place in the output.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) rank: Rank,
    /// Order within a rank, smallest first.
    pub(super) order: i64,
    pub(super) failure: Failure,
}

/// How likely a failure is the reason why the command failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Reported by a test runner or compiler, with a place or a reason.
    Reported,
    /// A bare stack trace: what ended the program, or only something it logged.
    Bare,
    /// A test is named as failed and nothing else is known.
    NameOnly,
    /// A trace that the program survived for sure.
    Survived,
}

impl<'a> Text<'a> {
    pub(super) fn new(clean: &'a str) -> Self {
        Self { lines: clean.lines().collect() }
    }

    /// Marks `range` as understood.
    pub(super) fn claim(&mut self, range: Range<usize>) {
        let end = range.end.min(self.lines.len());
        if range.start < end {
            self.lines[range.start..end].fill("");
        }
    }
}

impl Found {
    /// A failure of `rank` seen at line `at`.
    pub(super) fn new(rank: Rank, at: usize, failure: Failure) -> Self {
        Self { rank, order: i64::try_from(at).unwrap_or(i64::MAX), failure }
    }

    /// Reported by a runner; demoted when it carries nothing but a name.
    pub(super) fn reported(at: usize, failure: Failure) -> Self {
        let bare = failure.frames.is_empty()
            && failure.message.is_empty()
            && failure.exception.is_none()
            && failure.causes.is_empty();
        Self::new(if bare { Rank::NameOnly } else { Rank::Reported }, at, failure)
    }
}

impl Failure {
    /// A failure of which only the kind is known.
    pub(super) fn of(kind: FailureKind) -> Self {
        Self {
            kind,
            language: None,
            exception: None,
            message: String::new(),
            frames: Vec::new(),
            tests: Vec::new(),
            causes: Vec::new(),
            suggestions: Vec::new(),
        }
    }
}

impl Frame {
    /// A frame of which only the place is known.
    pub(super) fn at(path: &str, line: Option<u32>) -> Self {
        Self { path: path.to_owned(), line, column: None, function: None, source: None }
    }
}

/// Compiles a pattern that is a constant of this program.
pub(super) fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

/// A line or column number as printed; `None` when it is not one.
pub(super) fn number(text: &str) -> Option<u32> {
    text.parse().ok()
}

/// Number of leading spaces and tabs.
pub(super) fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// `line` without up to `width` leading spaces.
pub(super) fn dedent(line: &str, width: usize) -> &str {
    let cut = line.bytes().take(width).take_while(|b| *b == b' ').count();
    &line[cut..]
}

/// True for a line of `mark` alone, at least `least` long.
pub(super) fn is_rule(line: &str, mark: char, least: usize) -> bool {
    let line = line.trim_end();
    line.len() >= least && line.chars().all(|c| c == mark)
}

/// The title of a line such as `===== title =====`; both sides must be marked.
pub(super) fn titled(line: &str, mark: char) -> Option<&str> {
    let line = line.trim_end();
    let left = line.trim_start_matches(mark);
    let inner = left.trim_end_matches(mark);
    if left.len() == line.len() || inner.len() == left.len() {
        return None;
    }
    let title = inner.strip_prefix(' ')?.strip_suffix(' ')?.trim();
    (!title.is_empty()).then_some(title)
}

/// Shortens a text to at most `max` bytes at a character's border.
pub(super) fn shorten(text: &mut String, max: usize) {
    if text.len() > max {
        let cut = (0..=max).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(cut);
    }
}

/// Removes terminal escape sequences and other control characters; `\r` ends a line.
pub(super) fn clean(output: &str) -> Cow<'_, str> {
    let dirty = |b: u8| (b < 0x20 && b != b'\n' && b != b'\t') || b == 0x7f;
    if !output.bytes().any(dirty) {
        return Cow::Borrowed(output);
    }
    let mut out = String::with_capacity(output.len());
    let mut rest = output;
    while let Some(at) = rest.bytes().position(dirty) {
        out.push_str(&rest[..at]);
        let bytes = rest.as_bytes();
        let skip = match bytes[at] {
            0x1b => escape_length(&bytes[at..]),
            b'\r' => {
                if bytes.get(at + 1) != Some(&b'\n') {
                    out.push('\n');
                }
                1
            }
            _ => 1,
        };
        // Escape sequences are ASCII by construction; anything else ends at a character.
        let mut end = (at + skip).min(rest.len());
        while !rest.is_char_boundary(end) {
            end += 1;
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Length of the escape sequence at the start of `bytes` (ECMA-48: CSI, OSC and friends, or two
/// and three byte forms); a sequence that never ends is cut after 64 bytes.
fn escape_length(bytes: &[u8]) -> usize {
    match bytes.get(1) {
        Some(b'[') => {
            let body = bytes[2..].iter().take(64).take_while(|b| (0x20..0x40).contains(*b)).count();
            let ended = bytes.get(2 + body).is_some_and(|b| (0x40..0x7f).contains(b));
            2 + body + usize::from(ended)
        }
        Some(b']' | b'P' | b'_' | b'^') => {
            let window = &bytes[2..bytes.len().min(2 + 2048)];
            match window.iter().position(|b| *b == 0x07 || *b == 0x1b || *b == b'\n') {
                Some(at) if window[at] == 0x07 => 2 + at + 1,
                Some(at) if window[at] == 0x1b => 2 + at + 2,
                Some(at) => 2 + at,
                None => 2,
            }
        }
        Some(b'(' | b')' | b'*' | b'+' | b'#' | b' ' | b'%') => 3,
        Some(b) if (0x30..0x7f).contains(b) => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_go_and_text_stays() {
        assert_eq!(clean("a\u{1b}[1;31mb\u{1b}[0m c"), "ab c");
        assert_eq!(clean("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\"), "link");
        assert_eq!(clean("ok\u{1b}(B\u{1b}[m!"), "ok!");
        assert_eq!(clean("10%\r100%\r\ndone"), "10%\n100%\ndone");
        assert_eq!(clean("a\0b\u{8}c"), "abc");
        assert_eq!(clean("\u{1b}"), "");
        assert_eq!(clean("\u{1b}[31é"), "é");
        assert!(matches!(clean("plain\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn titles() {
        assert_eq!(titled("==== FAILURES ====", '='), Some("FAILURES"));
        assert_eq!(titled("_ a[x - y] _", '_'), Some("a[x - y]"));
        assert_eq!(titled("=====", '='), None);
        assert_eq!(titled("== open", '='), None);
    }

    proptest! {
        #[test]
        fn cleaning_never_panics_and_leaves_no_escape(text in "(\\PC|\u{1b}|[\\[\\]();m0-9\r\n\u{7}]){0,80}") {
            let out = clean(&text);
            prop_assert!(!out.chars().any(|c| matches!(c, '\r' | '\x1b')), "{:?}", out);
        }
    }
}
