//! Which words of a changed line are the change, so that the eye finds `<` that became `<=`.

use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices};

/// Below this share of common text two lines are unrelated and nothing in them stands out.
const LEAST_ALIKE: f64 = 0.4;

/// A line longer than this (minified code) is not looked into.
const LONGEST: usize = 2000;

/// The byte ranges of `old` and of `new` that differ; both empty when the lines have too little in
/// common for a comparison to help.
pub(super) fn emphasis(old: &str, new: &str) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    match compare(old, new) {
        Some(found) if found.likeness >= LEAST_ALIKE => (found.removed, found.added),
        _ => (Vec::new(), Vec::new()),
    }
}

/// How much of the longer line is in both, 0 to 1, blanks aside; `None` when they are too long to
/// tell or too unlike to be versions of each other.
pub(super) fn likeness(old: &str, new: &str) -> Option<f64> {
    compare(old, new).map(|found| found.likeness).filter(|&likeness| likeness >= LEAST_ALIKE)
}

/// The places where two texts differ, token by token: each the byte range in `old` and the one in `new`.
pub fn pieces(old: &str, new: &str) -> Vec<(Range<usize>, Range<usize>)> {
    let (before, after) = (tokens(old), tokens(new));
    let (old_starts, new_starts) = (starts(&before), starts(&after));
    let mut pieces: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &before, &after) {
        if op.tag() == DiffTag::Equal {
            continue;
        }
        let (from, to) = (op.old_range(), op.new_range());
        let from = old_starts[from.start]..old_starts[from.end];
        let to = new_starts[to.start]..new_starts[to.end];
        match pieces.last_mut() {
            Some(last) if last.0.end == from.start && last.1.end == to.start => {
                *last = (last.0.start..from.end, last.1.start..to.end);
            }
            _ => pieces.push((from, to)),
        }
    }
    pieces
}

/// Two lines side by side.
struct Comparison {
    removed: Vec<Range<usize>>,
    added: Vec<Range<usize>>,
    likeness: f64,
}

/// Compares token by token; `None` where there is nothing to compare or too much.
fn compare(old: &str, new: &str) -> Option<Comparison> {
    if old.len() > LONGEST || new.len() > LONGEST {
        return None;
    }
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    let mut common = visible(old);
    for (from, to) in pieces(old, new) {
        common -= visible(&old[from.clone()]);
        push(&mut removed, from);
        push(&mut added, to);
    }
    let longest = visible(old).max(visible(new));
    let likeness = common as f64 / longest as f64;
    (longest > 0).then_some(Comparison { removed, added, likeness })
}

fn push(ranges: &mut Vec<Range<usize>>, range: Range<usize>) {
    match ranges.last_mut() {
        _ if range.is_empty() => {}
        Some(last) if last.end == range.start => last.end = range.end,
        _ => ranges.push(range),
    }
}

fn visible(line: &str) -> usize {
    line.split_whitespace().map(str::len).sum()
}

fn starts(tokens: &[&str]) -> Vec<usize> {
    let ends = tokens.iter().scan(0, |at, token| {
        *at += token.len();
        Some(*at)
    });
    std::iter::once(0).chain(ends).collect()
}

/// Words, runs of blanks, and every other character alone.
fn tokens(line: &str) -> Vec<&str> {
    let kind = |c: char| match c {
        _ if c.is_alphanumeric() || c == '_' => 0,
        _ if c.is_whitespace() => 1,
        _ => 2,
    };
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut previous = None;
    for (at, c) in line.char_indices() {
        let this = kind(c);
        if previous.is_some_and(|before| before != this || this == 2) {
            tokens.push(&line[start..at]);
            start = at;
        }
        previous = Some(this);
    }
    if start < line.len() {
        tokens.push(&line[start..]);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pieces_lead_from_one_text_to_the_other() {
        let (old, new) = ("if a < len(b):\n    f(a, b)\n", "if a <= len(b):\n    f(b)\n");
        let found: Vec<(&str, &str)> =
            pieces(old, new).into_iter().map(|(o, n)| (&old[o], &new[n])).collect();
        assert_eq!(found, [("", "="), ("a, ", "")]);
    }

    fn shown(old: &str, new: &str) -> (Vec<String>, Vec<String>) {
        let (removed, added) = emphasis(old, new);
        let cut = |line: &str, ranges: Vec<Range<usize>>| {
            ranges.into_iter().map(|range| line[range].to_owned()).collect()
        };
        (cut(old, removed), cut(new, added))
    }

    #[test]
    fn only_what_differs() {
        assert_eq!(
            shown("    if count < limit:", "    if count <= limit:"),
            (vec![], vec!["=".to_owned()])
        );
        assert_eq!(
            shown("return total(a)", "return total(b)"),
            (vec!["a".to_owned()], vec!["b".to_owned()])
        );
    }

    #[test]
    fn unrelated_lines_have_no_emphasis() {
        assert_eq!(shown("import os", "x = 3 + compute(y)"), (vec![], vec![]));
        assert_eq!(shown("", ""), (vec![], vec![]));
    }

    proptest! {
        #[test]
        fn ranges_fit_the_text(old in "[ab<=( é]{0,20}", new in "[ab<=( é]{0,20}") {
            let (removed, added) = emphasis(&old, &new);
            for (line, ranges) in [(&old, removed), (&new, added)] {
                let mut at = 0;
                for range in ranges {
                    prop_assert!(range.start >= at && !range.is_empty());
                    prop_assert!(line.get(range.clone()).is_some());
                    at = range.end;
                }
            }
        }
    }
}
