//! Words in comments, strings and documentation that speak of what is renamed.

use super::super::file::{File, is_ecma};
use crate::base::{RepoPath, Span};
use crate::refactor::step::put;
use crate::refactor::{BoundId, ScopeId, Setting, Step, words};
use crate::syntax::node::{span, text_of};
use crate::syntax::tree::Node;

/// Adds them for a name of a file: in its scope, and everywhere when it is of the top level.
pub(super) fn add(step: &mut Step, setting: &Setting<'_>, file: &File, id: BoundId, to: &str) {
    let bound = file.bound(id);
    let from = bound.name.as_str();
    if bound.scope != ScopeId(0) {
        let scope = file.names.bindings.scope(bound.scope).span;
        let node = file.node(scope).unwrap_or_else(|| file.root());
        // The comment before a function speaks of its parameters.
        let before = doc_of(node).map(span);
        within(step, &file.path, file.text(), node, (from, to));
        if let Some(doc) = before {
            in_text(step, &file.path, file.text(), doc, from, to);
        }
        return;
    }
    everywhere(step, setting, from, to);
}

/// Adds them in all files.
pub(super) fn everywhere(step: &mut Step, setting: &Setting<'_>, from: &str, to: &str) {
    for path in setting.project.files_with(from) {
        if let Some(parsed) = setting.project.parsed(&path).filter(|_| is_ecma(&path)) {
            within(step, &path, parsed.text(), parsed.root(), (from, to));
        }
    }
    // Shorter words are words of prose.
    if from.len() > 2 {
        for mention in setting.project.mentions(from) {
            step.mention(&mention.path, put(mention.span, to));
        }
    }
}

fn within(step: &mut Step, path: &RepoPath, text: &str, node: Node<'_>, names: (&str, &str)) {
    let (from, to) = names;
    for part in node.subtree() {
        let speaks = matches!(part.kind(), "comment" | "string_fragment" | "jsx_text");
        let specifier = || {
            part.parent().is_some_and(|s| {
                s.field() == Some("source")
                    || s.parent().is_some_and(|p| {
                        p.kind() == "arguments" && s.field().is_none() && is_call_of_module(p, text)
                    })
            })
        };
        if speaks && !specifier() {
            in_text(step, path, text, span(part), from, to);
        }
    }
}

fn is_call_of_module(arguments: Node<'_>, text: &str) -> bool {
    arguments.prev_sibling().is_some_and(|f| matches!(text_of(f, text), "require" | "import"))
}

fn in_text(step: &mut Step, path: &RepoPath, text: &str, part: Span, from: &str, to: &str) {
    let Some(inner) = part.of(text) else { return };
    for word in words(inner, from) {
        let at = Span::new(part.start + word.start, part.start + word.end);
        // A key of an exact string has been changed with the code.
        let changed = step.changes.iter().any(|change| {
            change.path == *path
                && matches!(&change.edit, crate::refactor::Edit::Replace(list)
                    if list.iter().any(|r| r.span.start < at.end && at.start < r.span.end))
        });
        if !changed {
            step.mention(path, put(at, to));
        }
    }
}

fn doc_of(scope: Node<'_>) -> Option<Node<'_>> {
    let mut node = scope;
    loop {
        if let Some(before) = node.prev_sibling() {
            return (before.kind() == "comment").then_some(before);
        }
        node = node.parent()?;
    }
}
