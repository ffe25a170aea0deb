//! The table tests of all operators: a source with a marked line, and texts that must be reached.

use crate::base::{Language, Line, splice};
use crate::syntax::mutation::{Context, Mutation, mutations};
use crate::syntax::parse;

/// The line that ends in `#!` is the suspect one; the mark is removed first. Gives each mutation
/// with its resulting text, and asserts that all parse and differ.
pub(super) fn apply_all(marked: &str, context: &Context) -> Vec<(Mutation, String)> {
    let lines: Vec<Line> = (1u32..)
        .zip(marked.lines())
        .filter(|(_, text)| text.ends_with("#!"))
        .map(|(number, _)| Line(number))
        .collect();
    assert!(!lines.is_empty(), "no line is marked with #!: {marked}");
    let source = unmark(marked);
    let parsed = parse(Language::Python, source.as_str());
    assert!(parsed.is_clean(), "the test's own source does not parse:\n{source}");
    let found = mutations(&parsed, lines, context);
    found
        .into_iter()
        .map(|m| {
            let after = splice(&source, &m.replacements).unwrap();
            assert!(parse(Language::Python, after.as_str()).is_clean(), "{m:?}\n{after}");
            assert_ne!(after, source, "{m:?}");
            (m, after)
        })
        .collect()
}

/// Asserts that each of `wanted` (whole texts, or replacements of the marked line when it has one
/// line) is among the results.
pub(super) fn reaches(marked: &str, wanted: &[&str]) {
    reaches_with(marked, &Context::default(), wanted);
}

pub(super) fn reaches_with(marked: &str, context: &Context, wanted: &[&str]) {
    let results = apply_all(marked, context);
    for want in wanted {
        let whole = full(marked, want);
        assert!(
            results.iter().any(|(_, after)| *after == whole),
            "not reached:\n{whole}\namong:\n{}",
            results
                .iter()
                .map(|(m, _)| format!("  {} {}\n", m.operator.name(), m.title))
                .collect::<String>()
        );
    }
}

/// Asserts that none of `unwanted` is among the results.
pub(super) fn avoids(marked: &str, unwanted: &[&str]) {
    let results = apply_all(marked, &Context::default());
    for want in unwanted {
        let whole = full(marked, want);
        assert!(!results.iter().any(|(_, after)| *after == whole), "reached:\n{whole}");
    }
}

fn unmark(marked: &str) -> String {
    marked.lines().map(|l| format!("{}\n", l.trim_end_matches("#!").trim_end())).collect()
}

/// A text with a line feed stands for the whole result, one without for the marked line.
fn full(marked: &str, want: &str) -> String {
    if want.contains('\n') {
        return want.to_owned();
    }
    let lines = marked.lines().map(|line| match line.strip_suffix("#!") {
        Some(_) => {
            let indent = &line[..line.len() - line.trim_start().len()];
            format!("{indent}{want}\n")
        }
        None => format!("{line}\n"),
    });
    lines.collect()
}
