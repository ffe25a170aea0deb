//! Finding a place by the name of what is declared there.

use super::infer::{Def, self_attributes};
use super::world::Unit;
use crate::base::{RepoPath, Span};
use crate::refactor::{ScopeId, ScopeKind};
use crate::syntax::Parsed;
use crate::syntax::node::{ancestors, field, span};
use crate::syntax::tree::Node;

/// See [`crate::refactor::declared`].
pub(super) fn of(parsed: &Parsed, name: &str) -> Vec<Span> {
    // The path is of no use here: only this file is looked at.
    let Ok(path) = RepoPath::new("file.py") else { return Vec::new() };
    let unit = Unit::new(path, parsed.clone());
    let wanted: Vec<&str> = name.split('.').filter(|part| !part.is_empty()).collect();
    let Some(last) = wanted.last().copied() else { return Vec::new() };
    let mut found: Vec<(usize, Span)> = Vec::new();
    let mut add = |path: Vec<&str>, at: Span| {
        if path.ends_with(&wanted) {
            found.push((path.len(), at));
        }
    };
    for bound in unit.names.bound.iter().filter(|b| b.name == last) {
        let Some(node) = unit.node(bound.declared) else { continue };
        let mut path = around(&unit, node, bound.scope);
        path.push(last);
        add(path, bound.declared);
    }
    for node in unit.root().subtree().filter(|n| n.kind() == "class_definition") {
        let class = Def { unit: &unit, node };
        let own = unit.scope_of(node);
        let in_body = own
            .is_some_and(|s| unit.names.own(s, last, crate::refactor::Namespace::Value).is_some());
        if in_body {
            continue;
        }
        let is_set = |n: &Node<'_>| {
            let parent = n.parent();
            parent.is_some_and(|p| p.kind() == "assignment" && field(p, "left") == Some(*n))
        };
        let mut uses: Vec<Node<'_>> = self_attributes(class)
            .into_iter()
            .filter(|(_, n)| *n == last)
            .map(|(n, _)| n)
            .collect();
        uses.sort_by_key(|n| (!is_set(n), n.start_byte()));
        let attribute = uses.first().filter(|n| is_set(n)).and_then(|n| field(*n, "attribute"));
        if let Some(attribute) = attribute {
            let mut path = around(&unit, node, ScopeId(0));
            path.extend(field(node, "name").map(|n| unit.of(n)));
            path.push(last);
            add(path, span(attribute));
        }
    }
    // `f` means the one of the file before those of its classes and functions.
    found.sort_by_key(|(depth, at)| (*depth, at.start));
    let least = found.first().map_or(0, |(depth, _)| *depth);
    found.into_iter().filter(|(depth, _)| *depth == least).map(|(_, at)| at).collect()
}

/// The names of the classes and functions around a node.
fn around<'u>(unit: &'u Unit, node: Node<'u>, home: ScopeId) -> Vec<&'u str> {
    let mut path: Vec<&str> = Vec::new();
    let home = unit.names.scope(home);
    if home.kind == ScopeKind::File && node.kind() != "class_definition" {
        return path;
    }
    for outer in ancestors(node) {
        let opens = matches!(outer.kind(), "function_definition" | "class_definition");
        let own_name = field(outer, "name") == Some(node);
        if opens && !own_name {
            path.extend(field(outer, "name").map(|n| unit.of(n)));
        }
    }
    path.reverse();
    path
}
