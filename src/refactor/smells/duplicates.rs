//! Runs of lines that stand somewhere else in the repository as well.
//!
//! Compared by lines without their indentation, which needs no parsing of other files; a run is worth
//! telling when it holds several statements, not only brackets, imports or a licence.

use std::collections::HashMap;

use rustc_hash::FxHashSet;

use super::{Smell, SmellKind};
use crate::base::{Language, RepoPath, Span};
use crate::refactor::{Project, shared};
use crate::syntax::{Parsed, functions};

/// Lines with code in a row that count as a duplicate.
const RUN: usize = 6;
/// Files compared with, nearest first.
const MOST_FILES: usize = 5_000;
/// Characters of a run, so that six short lines are none.
const MOST_TELLING: usize = 120;

/// One line that says something.
struct Told<'t> {
    text: &'t str,
    span: Span,
    number: usize,
}

pub(super) fn find(project: &dyn Project, path: &RepoPath, parsed: &Parsed) -> Vec<Smell> {
    if project.is_test(path) {
        return Vec::new();
    }
    let own = told(parsed.text());
    let inside: Vec<Span> = functions(parsed).iter().map(|function| function.body).collect();
    let mut windows: HashMap<Vec<&str>, usize> = HashMap::new();
    for at in 0..own.len().saturating_sub(RUN - 1) {
        windows.entry(texts(&own[at..at + RUN])).or_insert(at);
    }
    // Where the window at a place of this file stands as well.
    let mut twins: HashMap<usize, (RepoPath, usize)> = HashMap::new();
    for at in 0..own.len().saturating_sub(RUN - 1) {
        let first = windows[&texts(&own[at..at + RUN])];
        if first + RUN <= at {
            twins.entry(at).or_insert((path.clone(), own[first].number));
        }
    }
    let family = Language::of_path(path.as_str());
    let alike = |other: &&RepoPath| {
        *other != path && Language::of_path(other.as_str()) == family && !project.is_test(other)
    };
    let begins: FxHashSet<&str> = windows.keys().map(|window| window[0]).collect();
    let others: Vec<&RepoPath> = project.files().iter().filter(alike).take(MOST_FILES).collect();
    let found = shared(&others, &|other| {
        let Some(text) = project.text(other) else { return Vec::new() };
        let lines = told(&text);
        let same = |(at, window): (usize, &[Told<'_>])| {
            // Nearly no line begins a window: that is asked first.
            begins.get(window[0].text)?;
            Some((*windows.get(&texts(window))?, lines[at].number))
        };
        lines.windows(RUN).enumerate().filter_map(same).collect()
    });
    for (other, same) in others.into_iter().zip(found) {
        for (here, number) in same {
            twins.entry(here).or_insert((other.clone(), number));
        }
    }
    runs(&own, &twins)
        .into_iter()
        .filter(|(first, last, _)| {
            let whole = Span::new(own[*first].span.start, own[*last].span.end);
            let telling: usize = own[*first..=*last].iter().map(|line| line.text.len()).sum();
            telling >= MOST_TELLING && inside.iter().any(|body| body.contains(whole))
        })
        .map(|(first, last, (other, line))| {
            let count = last - first + 1;
            let place =
                if other == *path { format!("line {line}") } else { format!("{other}:{line}") };
            Smell {
                kind: SmellKind::Duplicate,
                span: Span::new(own[first].span.start, own[last].span.end),
                message: format!("these {count} lines stand at {place} as well"),
                benefit: (15.0 + 2.0 * count as f64).min(70.0),
                step: None,
                at: None,
            }
        })
        .collect()
}

/// Windows that follow each other, as one run.
fn runs(
    own: &[Told<'_>],
    twins: &HashMap<usize, (RepoPath, usize)>,
) -> Vec<(usize, usize, (RepoPath, usize))> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < own.len() {
        let Some(twin) = twins.get(&at) else {
            at += 1;
            continue;
        };
        let mut last = at;
        while twins.get(&(last + 1)).is_some_and(|next| next.0 == twin.0 && next.1 > twin.1) {
            last += 1;
        }
        out.push((at, last + RUN - 1, twin.clone()));
        at = last + RUN;
    }
    out
}

fn told(text: &str) -> Vec<Told<'_>> {
    let mut out = Vec::new();
    let mut offset = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let code = line.trim();
        let start = offset + (line.len() - line.trim_start().len());
        let silent = code.len() < 2
            || ["#", "//", "*", "/*", "import ", "from ", "use "]
                .iter()
                .any(|s| code.starts_with(s));
        if !silent {
            out.push(Told { text: code, span: Span::new(start, start + code.len()), number });
        }
        offset += line.len();
    }
    out
}

fn texts<'t>(lines: &[Told<'t>]) -> Vec<&'t str> {
    lines.iter().map(|line| line.text).collect()
}
