//! The files that import what moves, and how a file writes its imports.

use super::super::file::File;
use super::super::modules::{
    Form, Graph, Imported, Link, Origin, entries, links, relative_specifier,
};
use super::super::shape::{line_end, semicolon, whole_lines};
use super::Moved;
use crate::base::{RepoPath, Span};
use crate::refactor::step::put;
use crate::refactor::{BoundId, Namespace, Refusal, Step};
use crate::syntax::node::{ancestors, children, named, span};
use crate::syntax::tree::Node;

/// What the old file still has to export.
#[derive(Debug, Default)]
pub(super) struct Stays {
    pub(super) exports: Vec<String>,
    pub(super) public: bool,
}

/// Points the importers at the new file, and says what cannot be pointed there.
pub(super) fn rewrite(
    step: &mut Step,
    graph: &Graph<'_>,
    moved: &Moved<'_>,
    to: &RepoPath,
) -> Result<Stays, Refusal> {
    let file = moved.file;
    let mut stays = Stays::default();
    if moved.exported.is_empty() {
        return Ok(stays);
    }
    let keep = |stays: &mut Stays, name: &str| {
        if !stays.exports.iter().any(|n| n == name) {
            stays.exports.push(name.to_owned());
        }
    };
    stays.public = entries(graph, &file.path).contains(&file.path);
    for export in &moved.exported {
        // Written in a list of its own or by assignment: it stays there, and what it names is imported.
        let apart = export.common
            || export.aliased
            || !span(moved.statement).contains(export.token.unwrap_or(span(moved.statement)));
        if !apart && stays.public {
            keep(&mut stays, &export.name);
        }
    }
    if moved.common {
        return Ok(stays);
    }
    let target = Origin::Bound(file.path.clone(), moved.id);
    for path in &graph.importers(&file.path) {
        let Some(other) = graph.file(path) else { continue };
        for link in links(&other) {
            if graph.resolve(path, &link.specifier).file().as_ref() != Some(&file.path) {
                continue;
            }
            let taken = match &link.imported {
                Imported::Name(name) => {
                    moved.exported.iter().find(|e| e.name == *name).map(|_| name.as_str())
                }
                Imported::Nothing => None,
                _ => Some(""),
            };
            let Some(taken) = taken else { continue };
            let direct = link.form == Form::Import
                && link.token.is_some()
                && graph.origin(&file.path, taken).as_ref() == Some(&target);
            if direct && path != to {
                repoint(step, &other, link, taken, moved, to);
            } else if direct {
                drop_specifier(step, &other, link);
            } else {
                for export in &moved.exported {
                    let inside =
                        span(moved.statement).contains(export.token.unwrap_or(Span::at(0)));
                    if (inside || export.name == "default" && !export.aliased)
                        && (taken.is_empty() || taken == export.name)
                    {
                        keep(&mut stays, &export.name);
                    }
                }
            }
        }
    }
    Ok(stays)
}

/// Takes one name out of an import and imports it from the new file.
fn repoint(
    step: &mut Step,
    file: &File,
    link: &Link,
    taken: &str,
    moved: &Moved<'_>,
    to: &RepoPath,
) {
    let local = link.local.map_or(taken, |id| file.bound(id).name.as_str());
    let as_local = if local == moved.name { String::new() } else { format!(" as {local}") };
    let specifier = relative_specifier(&file.path, to, Some(&link.specifier));
    let node = file.node(link.string).unwrap_or_else(|| file.root());
    let Some(statement) = ancestors(node).find(|n| n.kind() == "import_statement") else { return };
    let is_type = children(statement).any(|c| c.kind() == "type");
    let word = if is_type { "import type" } else { "import" };
    let inline = if link.whole.of(file.text()).is_some_and(|t| t.starts_with("type ")) {
        "type "
    } else {
        ""
    };
    let quote = quote(file);
    let line = format!(
        "{word} {{ {inline}{}{as_local} }} from {quote}{specifier}{quote}{}",
        moved.name,
        semicolon(file)
    );
    let alone = links(file).iter().filter(|l| span(statement).contains(l.string)).count() == 1;
    if alone {
        return step.replace(&file.path, put(span(statement), line));
    }
    drop_specifier(step, file, link);
    let end = line_end(file.text(), statement.end_byte());
    step.replace(&file.path, put(Span::at(end), format!("{line}\n")));
}

fn drop_specifier(step: &mut Step, file: &File, link: &Link) {
    let node = file.node(link.string).unwrap_or_else(|| file.root());
    let Some(statement) = ancestors(node).find(|n| n.kind() == "import_statement") else { return };
    let all: Vec<&Link> =
        links(file).iter().filter(|l| span(statement).contains(l.string)).collect();
    if all.len() == 1 {
        return step.replace(&file.path, put(whole_lines(file.text(), span(statement)), ""));
    }
    let entry = file.node(link.whole).map(|leaf| {
        // The list entry, not the identifier that is all of it.
        ancestors(leaf).take_while(|n| span(*n) == link.whole).last().unwrap_or(leaf)
    });
    let Some(entry) = entry else { return };
    let siblings = entry.parent().map(named).unwrap_or_default();
    let index = siblings.iter().position(|n| *n == entry).unwrap_or(0);
    let at = match (siblings.get(index + 1), index.checked_sub(1)) {
        (Some(next), _) => Span::new(entry.start_byte(), next.start_byte()),
        (None, Some(before)) => Span::new(siblings[before].end_byte(), entry.end_byte()),
        // `import d, { a }`: the braces go with it.
        (None, None) => {
            let braces = entry.parent().unwrap_or(entry);
            let start = braces.prev_named_sibling().map_or(braces.start_byte(), |n| n.end_byte());
            Span::new(start, braces.end_byte())
        }
    };
    step.replace(&file.path, put(at, ""));
}

/// A relative specifier in use in a file, for its extension.
pub(super) fn like(file: &File) -> Option<String> {
    links(file).iter().map(|l| &l.specifier).find(|s| s.starts_with('.')).cloned()
}

/// The quotes of a file's strings.
pub(super) fn quote(file: &File) -> String {
    let double = file
        .root()
        .subtree()
        .filter(|n| n.kind() == "string" && file.of_node(*n).starts_with('"'))
        .count();
    let single = file
        .root()
        .subtree()
        .filter(|n| n.kind() == "string" && file.of_node(*n).starts_with('\''))
        .count();
    if double > single { "\"".to_owned() } else { "'".to_owned() }
}

/// True for a name that is no value.
pub(super) fn is_only_type(file: &File, id: BoundId) -> bool {
    file.bound(id).namespace == Namespace::Type
}

/// Where another import can stand: after the last one, or at the begin.
pub(super) fn after_imports(file: &File, gone: Span) -> usize {
    let text = file.text();
    let required = |n: &Node<'_>| {
        matches!(n.kind(), "lexical_declaration" | "variable_declaration")
            && file.of_node(*n).contains("require(")
    };
    let mut at = 0;
    for node in named(file.root()) {
        let directive = node.kind() == "hash_bang_line"
            || node.kind() == "expression_statement"
                && node.child(0).is_some_and(|c| c.kind() == "string");
        if (node.kind() == "import_statement" || required(&node) || directive)
            && !gone.contains(span(node))
        {
            at = line_end(text, node.end_byte());
        } else if !directive && node.kind() != "import_statement" && !required(&node) {
            break;
        }
    }
    at
}
