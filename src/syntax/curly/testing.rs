//! The table tests of all operators: a source with a marked line, and pieces of text that must be
//! reached.

use crate::base::{Language, Line, splice};
use crate::syntax::mutation::{Context, mutations};
use crate::syntax::parse;

/// The lines that end in `//!` are suspect. Asserts that each of `wanted` stands in some result and
/// not in the source, and that all results parse and differ.
pub(super) fn reaches(language: Language, source: &str, wanted: &[&str]) {
    let lines: Vec<Line> = (1u32..)
        .zip(source.lines())
        .filter(|(_, text)| text.ends_with("//!"))
        .map(|(number, _)| Line(number))
        .collect();
    assert!(!lines.is_empty(), "no line is marked: {source}");
    let source = source.replace(" //!", "");
    let source = source.as_str();
    let parsed = parse(language, source);
    assert!(parsed.is_clean(), "the test's own source does not parse:\n{source}");
    let results: Vec<String> = mutations(&parsed, lines, &Context::default())
        .into_iter()
        .map(|m| {
            let after = splice(source, &m.replacements).unwrap();
            assert!(parse(language, after.as_str()).is_clean(), "{m:?}\n{after}");
            assert_ne!(after, source, "{m:?}");
            after
        })
        .collect();
    for want in wanted {
        let want = want.replace(" //!", "");
        assert!(!source.contains(&want), "already there: {want}");
        assert!(
            results.iter().any(|after| after.contains(&want)),
            "not reached: {want}\namong:\n{}",
            results.join("\n---\n")
        );
    }
}
