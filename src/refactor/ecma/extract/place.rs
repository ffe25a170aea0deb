//! Where an extracted function can stand, and what it is called with there.

use super::super::file::{File, function_around, is_function};
use super::super::modules::is_strict_project;
use super::flow::{Flow, can_be_copied};
use crate::base::Span;
use crate::refactor::{BoundId, BoundKind, Project, ScopeId};
use crate::syntax::node::{ancestors, descendants, field, named};
use crate::syntax::tree::Node;

/// Where the function goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'f> {
    /// After a statement of the top level.
    Top(Node<'f>),
    /// After a method, called by `this`.
    Method(Node<'f>),
    /// An arrow function before a statement: it shares all variables, and `this`.
    Local(Node<'f>),
}

/// A function to be: its place and parameters, or why it cannot be there.
pub(super) type Fit = Result<Vec<(BoundId, Option<String>)>, String>;

/// The top-level statement around a node.
pub(super) fn top_statement(node: Node<'_>) -> Option<Node<'_>> {
    std::iter::once(node)
        .chain(ancestors(node))
        .find(|n| n.parent().is_some_and(|p| p.kind() == "program"))
}

/// The method whose `this` a node sees, when another method can stand beside it.
pub(super) fn method_around<'f>(file: &'f File, node: Node<'f>, name: &str) -> Option<Node<'f>> {
    let method = ancestors(node).find(|n| is_function(*n) && n.kind() != "arrow_function")?;
    let body = method.parent().filter(|p| p.kind() == "class_body")?;
    let class = body.parent()?;
    let inherits = named(class).iter().any(|c| c.kind() == "class_heritage");
    let key = field(method, "name").map_or("", |n| file.of_node(n));
    let taken = file
        .root()
        .subtree()
        .any(|n| n.kind().ends_with("property_identifier") && file.of_node(n) == name);
    (!inherits && !taken && key != "constructor").then_some(method)
}

/// The parameters that a function outside of the current one needs.
pub(super) fn parameters(
    file: &File,
    project: &dyn Project,
    flow: &Flow,
    at: Span,
    visible: ScopeId,
) -> Fit {
    let bindings = &file.names.bindings;
    let seen: Vec<ScopeId> = bindings.chain(visible).collect();
    let mut out = Vec::new();
    for id in &flow.captured {
        let bound = bindings.get(*id);
        if seen.contains(&bound.scope) {
            continue;
        }
        let name = &bound.name;
        if bound.kind == BoundKind::Type || is_used_as_type(file, *id, at) {
            return Err(format!("the type `{name}` is not known outside"));
        }
        if !can_be_copied(file, *id, at) {
            return Err(format!("`{name}` is shared with other functions and changes"));
        }
        let annotation = annotation(file, *id, visible);
        if file.is_typed() && annotation.is_none() && is_strict_project(project, &file.path) {
            return Err(format!("the type of `{name}` is not written down"));
        }
        out.push((*id, annotation));
    }
    Ok(out)
}

fn is_used_as_type(file: &File, id: BoundId, at: Span) -> bool {
    let within = file.names.bindings.of(id).filter(|o| at.contains(o.span));
    within.into_iter().any(|o| {
        let leaf = file.leaf(o);
        leaf.kind() == "type_identifier" || ancestors(leaf).any(|n| n.kind() == "type_query")
    })
}

/// The type of a variable as it is written, or that of its literal.
fn annotation(file: &File, id: BoundId, visible: ScopeId) -> Option<String> {
    if !file.is_typed() {
        return None;
    }
    let leaf = file.leaf_at_declaration(id);
    let parent = leaf.parent()?;
    if parent.kind() == "optional_parameter" {
        return None;
    }
    if let Some(annotation) = field(parent, "type") {
        let text = file.of_node(annotation);
        // The code before may have narrowed it.
        let plain = !text.contains(['|', '?', '&']) && !text.contains("unknown");
        let seen: Vec<ScopeId> = file.names.bindings.chain(visible).collect();
        let known = descendants(annotation)
            .into_iter()
            .all(|n| file.meaning(n).is_none_or(|id| seen.contains(&file.bound(id).scope)));
        return (plain && known).then(|| text.to_owned());
    }
    let value = field(parent, "value")?;
    let of_literal = match value.kind() {
        "number" => ": number",
        "string" | "template_string" => ": string",
        "true" | "false" => ": boolean",
        _ => return None,
    };
    Some(of_literal.to_owned())
}

/// True when code in a function of its own would be read by other rules: sloppy instead of strict.
pub(super) fn loses_strictness(file: &File, node: Node<'_>) -> bool {
    let directive = |n: Node<'_>| {
        field(n, "body").is_some_and(|body| {
            named(body).first().is_some_and(|s| file.of_node(*s).contains("use strict"))
        })
    };
    let mut function = function_around(node);
    while let Some(inner) = function {
        if directive(inner) {
            return true;
        }
        function = function_around(inner);
    }
    ancestors(node).any(|n| n.kind() == "with_statement")
}
