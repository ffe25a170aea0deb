//! What must hold for every edit, on Python of all sorts.

use std::collections::HashSet;

use crate::base::{Language, Line, splice};
use crate::syntax::mutation::{Context, Mutation, mutations};
use crate::syntax::{Function, Parsed, enclosing_function, parse, parses_no_worse, syntax_errors};

const SAMPLES: &[&str] = &[include_str!("samples/ledger.py"), include_str!("samples/numbers.py")];

fn lines(parsed: &Parsed) -> impl Iterator<Item = Line> {
    (1..).take(parsed.lines().count()).map(Line)
}

#[test]
fn every_edit_parses_differs_and_is_made_once() {
    for sample in SAMPLES {
        let parsed = parse(Language::Python, *sample);
        assert!(parsed.is_clean(), "{:?}", syntax_errors(&parsed));
        for line in lines(&parsed) {
            let mut seen = HashSet::new();
            let found = mutations(&parsed, [line], &Context::default());
            let function = enclosing_function(&parsed, line);
            for mutation in &found {
                let after = splice(sample, &mutation.replacements).unwrap();
                assert_ne!(after, *sample, "{mutation:?}");
                assert!(parses_no_worse(&parsed, &after), "{mutation:?}\n{after}");
                assert!(seen.insert(after), "twice: {mutation:?}");
                assert_eq!(mutation.line, line);
                assert_near(&parsed, function.as_ref(), mutation);
                assert!((0.3..=5.0).contains(&mutation.cost), "{mutation:?}");
                assert!(!mutation.title.is_empty() && !mutation.title.contains('\n'));
            }
            assert!(found.is_sorted_by(|a, b| a.cost <= b.cost));
        }
    }
}

#[test]
fn the_same_again_and_in_one_go() {
    let parsed = parse(Language::Python, SAMPLES[1]);
    let all: Vec<Line> = lines(&parsed).collect();
    let once = mutations(&parsed, all.iter().copied(), &Context::default());
    let again = mutations(&parsed, all.into_iter().rev(), &Context::default());
    assert_eq!(once, again);
    assert!(once.len() > 2_000, "{}", once.len());
}

#[test]
fn a_file_with_errors_or_nothing_in_it_is_survived() {
    for text in
        ["", "\n", "def f(:\n    x = (1\n", "x = 1", "if a:\n\tb = 1\n\tc()", "é = 'ü' + x[1]"]
    {
        let parsed = parse(Language::Python, text);
        let before = syntax_errors(&parsed).len();
        for mutation in mutations(&parsed, lines(&parsed), &Context::default()) {
            let after = splice(text, &mutation.replacements).unwrap();
            assert!(
                syntax_errors(&parse(Language::Python, after.as_str())).len() <= before,
                "{after}"
            );
        }
    }
}

/// Edits of a whole function show in any of its lines; nothing else may be far off.
fn assert_near(parsed: &Parsed, function: Option<&Function>, mutation: &Mutation) {
    for replacement in &mutation.replacements {
        let at = parsed.lines().line(replacement.span.start);
        let inside =
            function.is_some_and(|f| (f.lines.start().0..=f.lines.end().0 + 1).contains(&at.0));
        assert!(inside || at.0.abs_diff(mutation.line.0) <= 40, "at {at}: {mutation:?}");
    }
}
