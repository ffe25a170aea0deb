//! Words in comments and documents that speak of what is renamed.

use super::Renaming;
use crate::base::{RepoPath, Span};
use crate::refactor::rust::index::Index;
use crate::refactor::rust::names::Names;
use crate::refactor::step::put;
use crate::refactor::{BoundId, BoundKind, Edit, Step, words};
use crate::syntax::Parsed;
use crate::syntax::node::descendants;

/// In the documentation of a function its parameters, in backticks.
pub(super) fn of_parameter(renaming: &Renaming<'_>, names: &Names, id: BoundId, step: &mut Step) {
    let bound = names.bindings.get(id);
    if bound.kind != BoundKind::Parameter {
        return;
    }
    let function = names.bindings.scope(bound.scope).span;
    let parsed = renaming.setting.parsed;
    for (at, in_ticks) in in_comments(parsed, &renaming.old) {
        let before = at.end <= function.start;
        let near = before && only_comments_between(parsed, at.end, function.start);
        if in_ticks && (near || function.contains(at)) {
            step.mention(renaming.setting.path(), put(at, renaming.new));
        }
    }
}

/// Of an item or member: everywhere when the name is one that is no word of prose, else in backticks.
pub(super) fn of_item(renaming: &Renaming<'_>, index: &Index<'_>, alone: bool, step: &mut Step) {
    let old = &renaming.old;
    let distinct = old.contains('_') || old.chars().skip(1).any(char::is_uppercase);
    let changed: Vec<_> = step.changes.iter().map(|c| c.path.clone()).collect();
    let made: Vec<(RepoPath, Span)> = (step.changes.iter())
        .filter_map(|c| match &c.edit {
            Edit::Replace(list) => Some(list.iter().map(|r| (c.path.clone(), r.span))),
            Edit::Create(_) => None,
        })
        .flatten()
        .collect();
    for file in index.sources_naming(old) {
        if !alone && !changed.contains(&file.path) {
            continue;
        }
        for (at, in_ticks) in in_comments(file.parsed(), old) {
            let is_made = made.iter().any(|(p, s)| *p == file.path && s.contains(at));
            if (distinct || in_ticks) && !is_made {
                step.mention(&file.path, put(at, renaming.new));
            }
        }
    }
    if alone && distinct {
        for mention in renaming.setting.project.mentions(old) {
            let is_made = made.iter().any(|(p, s)| *p == mention.path && s.contains(mention.span));
            if !is_made {
                step.mention(&mention.path, put(mention.span, renaming.new));
            }
        }
    }
}

/// Where a word stands in comments, and whether between backticks or in a link.
fn in_comments(parsed: &Parsed, word: &str) -> Vec<(Span, bool)> {
    let text = parsed.text();
    let mut out = Vec::new();
    for node in descendants(parsed.root()) {
        if !matches!(node.kind(), "line_comment" | "block_comment") {
            continue;
        }
        let comment = &text[node.byte_range()];
        for at in words(comment, word) {
            let line = comment[..at.start].rsplit('\n').next().unwrap_or("");
            let in_ticks = line.matches('`').count() % 2 == 1 || line.trim_end().ends_with('[');
            let start = node.start_byte();
            out.push((Span::new(start + at.start, start + at.end), in_ticks));
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

fn only_comments_between(parsed: &Parsed, from: usize, to: usize) -> bool {
    let between = parsed.text().get(from..to).unwrap_or("");
    between.lines().skip(1).all(|line| {
        let line = line.trim_start();
        line.is_empty()
            || line.starts_with("//")
            || line.starts_with('#')
            || line.starts_with("pub")
            || line.starts_with("async")
            || line.starts_with("unsafe")
            || line.starts_with('*')
    })
}
