//! The rewrites, each as it is made and as it is refused.

mod chains;
mod classes;
mod long;
mod loops;
mod statements;
mod strings;

use std::collections::BTreeSet;

use super::*;
use crate::base::{Language, RepoPath};
use crate::refactor::testing::Memory;
use crate::refactor::{Api, Place, Project, Refactoring, Request};
use crate::syntax::parse;

/// What one file is after the rewrite at its mark, or the refusal.
fn after(rewrite: Rewrite, text: &str) -> String {
    Memory::new(&[("a.py", text)]).after(Refactoring::Rewrite(rewrite))
}

/// Asserts pairs of a file before and after.
fn made(rewrite: Rewrite, cases: &[(&str, &str)]) {
    for (before, expected) in cases {
        assert_eq!(after(rewrite, before), *expected, "\n--- before\n{before}");
    }
}

/// Asserts that each file is refused for the reason, with these words in the message.
fn refused(rewrite: Rewrite, cases: &[(&str, &str, &str)]) {
    for (text, reason, words) in cases {
        let answer = after(rewrite, text);
        let fits = answer.starts_with(&format!("{reason}: ")) && answer.contains(words);
        assert!(fits, "{text}\ngave {answer}");
    }
}

const SAMPLE: &str = "import os, sys\nfrom typing import Any\n\n\ndef f(a: str, xs):\n    out = []\n    for x in xs:\n        if x:\n            out.append('%s' % (x,))\n    if a == 'p':\n        y = 1\n    elif a == 'q':\n        y = 2\n    elif a in ('r', 's'):\n        y = 3\n    else:\n        y = 4\n    zs = {k: 1 for k in xs}\n    if out:\n        if zs:\n            print('{} {}'.format(y, a))\n\n\nclass P:\n    def __init__(self, a, b=1):\n        self.a = a\n        self.b = b\n";

#[test]
fn no_place_panics_and_every_step_parses() {
    let memory = Memory::new(&[("a.py", SAMPLE)]);
    let path = RepoPath::new("a.py").unwrap();
    let mut done = BTreeSet::new();
    for what in Rewrite::ALL {
        for start in (0..SAMPLE.len()).step_by(3) {
            let selected = (start + 9 * (start % 2)).min(SAMPLE.len());
            for end in BTreeSet::from([start, selected]) {
                let at = Place { path: path.clone(), span: Span::new(start, end) };
                let request = Request { at, what: Refactoring::Rewrite(what), api: Api::Keep };
                if let Ok(step) = crate::refactor::plan(&memory, &request) {
                    let texts = step.texts(&memory, true).unwrap();
                    assert!(texts.values().all(|t| parse(Language::Python, t.as_str()).is_clean()));
                    done.insert(what);
                }
            }
        }
    }
    let expected = Rewrite::ALL
        .into_iter()
        .filter(|r| !matches!(r, Rewrite::DeadCode | Rewrite::SplitFunction));
    assert_eq!(done, expected.collect());
}

#[test]
fn no_prefix_of_a_file_panics() {
    for end in (0..SAMPLE.len()).step_by(2) {
        let _ = offers(&parse(Language::Python, &SAMPLE[..end]));
    }
}

#[test]
fn offers_are_in_source_order_and_are_not_refused() {
    let memory = Memory::new(&[("a.py", SAMPLE)]);
    let path = RepoPath::new("a.py").unwrap();
    let found = offers(&memory.parsed(&path).unwrap());
    assert!(found.is_sorted_by_key(|(_, span)| span.start));
    let kinds: BTreeSet<Rewrite> = found.iter().map(|(r, _)| *r).collect();
    assert_eq!(kinds.len(), 8, "{found:?}");
    for (what, span) in found {
        let at = Place { path: path.clone(), span };
        let request = Request { at, what: Refactoring::Rewrite(what), api: Api::Keep };
        assert!(crate::refactor::plan(&memory, &request).is_ok(), "{what:?} {span:?}");
    }
}

#[test]
fn line_ends_stay_what_they_are() {
    let text = "def f(xs):\r\n    out = []\r\n    «»for x in xs:\r\n        out.append((\r\n            x))\r\n    return out\r\n";
    let expected = "def f(xs):\r\n    out = [\r\n        (\r\n            x)\r\n        for x in xs\r\n    ]\r\n    return out\r\n";
    assert_eq!(after(Rewrite::LoopToComprehension, text), expected);
}
