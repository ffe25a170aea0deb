//! What must hold for every edit, on Rust, JavaScript and Go of all sorts.

use std::collections::HashSet;

use crate::base::{Language, Line, splice};
use crate::syntax::mutation::{Context, mutations};
use crate::syntax::{parse, parses_no_worse};

const SAMPLES: &[(Language, &str)] = &[
    (Language::JavaScript, include_str!("samples/ledger.js")),
    (Language::TypeScript, include_str!("samples/ledger.js")),
    (Language::Rust, include_str!("samples/grid.rs")),
    (Language::Go, include_str!("samples/queue.go")),
];

#[test]
fn every_edit_parses_differs_and_is_made_once() {
    for &(language, sample) in SAMPLES {
        let parsed = parse(language, sample);
        assert!(parsed.is_clean(), "{language:?}");
        let mut count = 0;
        for line in (1..).take(parsed.lines().count()).map(Line) {
            let mut seen = HashSet::new();
            let found = mutations(&parsed, [line], &Context::default());
            assert!(found.is_sorted_by(|a, b| a.cost <= b.cost));
            for mutation in found {
                let after = splice(sample, &mutation.replacements).unwrap();
                assert_ne!(after, sample, "{mutation:?}");
                assert!(parses_no_worse(&parsed, &after), "{mutation:?}\n{after}");
                assert!(seen.insert(after), "twice: {mutation:?}");
                assert_eq!(mutation.line, line);
                assert!((0.3..=5.0).contains(&mutation.cost), "{mutation:?}");
                assert!(!mutation.title.is_empty() && !mutation.title.contains('\n'));
                count += 1;
            }
        }
        assert!(count > 1_000, "{language:?}: {count}");
    }
}

#[test]
fn the_same_again_and_in_one_go() {
    for &(language, sample) in SAMPLES {
        let parsed = parse(language, sample);
        let all: Vec<Line> = (1..).take(parsed.lines().count()).map(Line).collect();
        let once = mutations(&parsed, all.iter().copied(), &Context::default());
        assert_eq!(once, mutations(&parsed, all.into_iter().rev(), &Context::default()));
    }
}

#[test]
fn a_file_with_errors_or_nothing_in_it_is_survived() {
    let texts =
        ["", "\n", "if (a.b.", "x = é.ü || \"", "func f( {\n\ta.b = &c\n", "fn f() { a.b && }"];
    for (language, text) in SAMPLES.iter().flat_map(|(l, _)| texts.map(|text| (*l, text))) {
        let parsed = parse(language, text);
        let lines = (1..).take(parsed.lines().count()).map(Line);
        for mutation in mutations(&parsed, lines, &Context::default()) {
            let after = splice(text, &mutation.replacements).unwrap();
            assert!(parses_no_worse(&parsed, &after), "{mutation:?}\n{after}");
        }
    }
}
