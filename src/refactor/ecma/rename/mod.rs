//! Another name for what the caret is on.

mod conflicts;
mod exported;
mod hierarchy;
mod member;
mod mentions;

use super::file::{File, function_around};
use super::modules::{Graph, Imported, Origin, exports, links};
use super::names::check_name;
use crate::base::Span;
use crate::refactor::step::put;
use crate::refactor::{Answer, BoundId, BoundKind, Reason, Refusal, Setting, Step};
use crate::syntax::node::{ancestors, field};
use crate::syntax::tree::Node;

pub(super) use conflicts::free;
pub(super) use exported::exports_alone;

/// See [`crate::refactor::Refactoring::Rename`].
pub(super) fn plan(setting: &Setting<'_>, to: &str) -> Answer {
    let graph = Graph::new(setting.project);
    let file = File::of(setting);
    let Some(leaf) = leaf_at(&file, setting.at.span) else {
        return Err(not_here(setting));
    };
    if let Some(member) = member::at(&file, leaf) {
        return member::plan(setting, &graph, &file, member, to);
    }
    let Some(occurrence) = file.occurrence(leaf) else {
        return match import_name(&graph, &file, leaf) {
            Some((path, id)) => {
                let origin = graph.file(&path).ok_or_else(|| not_here(setting))?;
                exported::plan(setting, &graph, &origin, id, to)
            }
            None => Err(not_here(setting)),
        };
    };
    let Some(id) = occurrence.bound else {
        let message = format!(
            "`{}` is not defined in this file: a global of the platform or of another script",
            file.of_node(leaf)
        );
        return Err(file.refuse(Reason::NotHere, message, leaf));
    };
    check_name(to)?;
    // What is imported is renamed where it is defined, and with it here.
    if let Some(link) = links(&file).iter().find(|l| l.local == Some(id) && l.shorthand)
        && matches!(link.imported, Imported::Name(_))
        && let Some(Origin::Bound(path, origin)) = graph.origin_of(&file, id)
        && path != file.path
        && let Some(origin_file) = graph.file(&path)
        && origin_file.bound(origin).name == file.bound(id).name
    {
        return exported::plan(setting, &graph, &origin_file, origin, to);
    }
    exported::plan(setting, &graph, &file, id, to)
}

fn not_here(setting: &Setting<'_>) -> Refusal {
    let line = setting.parsed.lines().line(setting.at.span.start);
    Refusal::new(Reason::NotHere, "there is no name at this place that can be renamed")
        .at(setting.path(), line)
}

/// The identifier around a caret (its end included), or equal to a selection.
pub(super) fn leaf_at(file: &File, at: Span) -> Option<Node<'_>> {
    let named = |n: &Node<'_>| {
        n.kind().ends_with("identifier") || n.kind() == "shorthand_property_identifier_pattern"
    };
    if !at.is_empty() {
        return file.node(at).filter(named).filter(|n| n.byte_range() == (at.start..at.end));
    }
    let starts = file.root().descendant_for_byte_range(at.start, at.start).filter(named);
    starts.or_else(|| {
        let before = at.start.checked_sub(1)?;
        let node = file.root().descendant_for_byte_range(before, at.start)?;
        (named(&node) && node.end_byte() == at.start).then_some(node)
    })
}

/// The definition that the first name of `import { a as b }` speaks of.
fn import_name(
    graph: &Graph<'_>,
    file: &File,
    leaf: Node<'_>,
) -> Option<(crate::base::RepoPath, BoundId)> {
    let at = crate::syntax::node::span(leaf);
    let link = links(file).iter().find(|l| l.token == Some(at))?;
    let Imported::Name(name) = &link.imported else { return None };
    let target = graph.resolve(&file.path, &link.specifier).file()?;
    match graph.origin(&target, name)? {
        Origin::Bound(path, id) if graph.file(&path)?.bound(id).name == *name => Some((path, id)),
        _ => None,
    }
}

/// What becomes of the places where a name is also the key or the exported name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outside {
    /// `{ a }` becomes `{ a: b }`, `export { a }` becomes `export { b as a }`.
    Keeps,
    /// What this module exports has the new name, too.
    Follows,
}

/// Writes a new name at every identifier that means `id`.
pub(super) fn occurrences(step: &mut Step, file: &File, id: BoundId, to: &str, outside: Outside) {
    let from = &file.bound(id).name;
    for occurrence in file.names.bindings.of(id) {
        let leaf = file.leaf(occurrence);
        let text = at_leaf(file, leaf, from, to, outside);
        step.replace(&file.path, put(occurrence.span, text));
    }
}

fn at_leaf(file: &File, leaf: Node<'_>, from: &str, to: &str, outside: Outside) -> String {
    let parent = leaf.parent();
    let kind = parent.map_or("", Node::kind);
    let alone = || parent.is_some_and(|p| field(p, "alias").is_none());
    let keeps = outside == Outside::Keeps;
    let at = crate::syntax::node::span(leaf);
    match leaf.kind() {
        "shorthand_property_identifier" => {
            let exported = exports(file).iter().any(|e| e.common && e.token == Some(at));
            if exported && !keeps { to.to_owned() } else { format!("{from}: {to}") }
        }
        "shorthand_property_identifier_pattern" => {
            let taken = links(file).iter().any(|l| l.token == Some(at));
            if taken && !keeps { to.to_owned() } else { format!("{from}: {to}") }
        }
        _ if kind == "import_specifier" && alone() && keeps => format!("{from} as {to}"),
        _ if kind == "export_specifier" && alone() && keeps => format!("{to} as {from}"),
        _ => to.to_owned(),
    }
}

/// # Errors
/// When the name is reached in a way that no edit can follow, or the new name does not fit.
pub(super) fn check_local(file: &File, id: BoundId, to: &str) -> Result<(), Refusal> {
    let bound = file.bound(id);
    if bound.name == to {
        return Err(file.refuse_at(
            Reason::BadName,
            format!("it is called `{to}` already"),
            bound.declared,
        ));
    }
    if let Some(at) = file.names.bindings.scope(bound.scope).dynamic {
        let message = format!("code that is made at run time can use `{}` here", bound.name);
        return Err(file.refuse_at(Reason::Dynamic, message, at));
    }
    conflicts::check(file, id, to)?;
    for occurrence in file.names.bindings.of(id) {
        let leaf = file.leaf(occurrence);
        let element = leaf.parent().is_some_and(|p| p.kind().starts_with("jsx_"));
        if element && leaf.field() == Some("name") && to.starts_with(char::is_lowercase) {
            let message = format!(
                "`<{to}>` would be an element of the platform; begin the name with a capital"
            );
            return Err(file.refuse(Reason::BadName, message, leaf));
        }
        if leaf.kind() == "identifier" && is_parameter_property(leaf) {
            let message = format!(
                "`{}` is a parameter and a property at once; rename it through a use as property",
                bound.name
            );
            return Err(file.refuse(Reason::Unsupported, message, leaf));
        }
    }
    if bound.name == "React" && bound.kind == BoundKind::Import && has_jsx(file) {
        let message = "JSX may need the name `React`";
        return Err(file.refuse_at(Reason::Dynamic, message, bound.declared));
    }
    if bound.kind == BoundKind::Constant
        && function_around(file.leaf_at_declaration(id)).is_none()
        && ancestors(file.leaf_at_declaration(id)).any(|n| n.kind() == "enum_body")
    {
        let message = "members of an enum are reached from outside of it; this is not followed";
        return Err(file.refuse_at(Reason::Unsupported, message, bound.declared));
    }
    Ok(())
}

/// True for the parameter of a constructor that is a property of the class, too.
pub(super) fn is_parameter_property(leaf: Node<'_>) -> bool {
    leaf.parent().is_some_and(|p| {
        leaf.field() == Some("pattern")
            && p.children().any(|c| {
                matches!(c.kind(), "accessibility_modifier" | "readonly" | "override_modifier")
            })
    })
}

pub(super) fn has_jsx(file: &File) -> bool {
    file.root().subtree().any(|n| matches!(n.kind(), "jsx_element" | "jsx_self_closing_element"))
}

impl File {
    /// The identifier that binds a name first.
    pub(super) fn leaf_at_declaration(&self, id: BoundId) -> Node<'_> {
        self.node(self.bound(id).declared).unwrap_or_else(|| self.root())
    }
}
