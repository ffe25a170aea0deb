//! Classes and interfaces with those that they extend, in all files.

use std::sync::Arc;

use super::super::effects::is_constant;
use super::super::file::{File, is_function};
use super::super::modules::{Graph, Origin};
use crate::base::RepoPath;
use crate::refactor::BoundId;
use crate::syntax::node::{ancestors, children, descendants, field, named};
use crate::syntax::tree::Node;

/// A class or interface: its file and where its node begins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ClassId {
    pub(super) path: RepoPath,
    pub(super) start: usize,
}

/// What is known of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Receiver {
    Class(ClassId),
    /// Certainly none of the repository's classes.
    Other,
    Unknown,
}

/// What a class extends and implements.
#[derive(Clone, Debug, Default)]
pub(super) struct Bases {
    pub(super) known: Vec<ClassId>,
    /// The name of one that is not in the repository.
    pub(super) outside: Option<String>,
}

pub(super) fn is_class(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "class" | "class_declaration" | "abstract_class_declaration" | "interface_declaration"
    )
}

pub(super) fn id_of(file: &File, class: Node<'_>) -> ClassId {
    ClassId { path: file.path.clone(), start: class.start_byte() }
}

pub(super) fn node_of<'f>(file: &'f File, id: &ClassId) -> Option<Node<'f>> {
    file.root().subtree().find(|n| n.start_byte() == id.start && is_class(*n))
}

/// Base classes of the platform that call no methods of their own accord but those of their names.
const QUIET: [&str; 14] = [
    "Object",
    "Error",
    "TypeError",
    "RangeError",
    "SyntaxError",
    "Array",
    "Map",
    "Set",
    "WeakMap",
    "Promise",
    "EventTarget",
    "Event",
    "CustomEvent",
    "EventEmitter",
];

/// What a class extends directly.
pub(super) fn bases(graph: &Graph<'_>, file: &File, class: Node<'_>) -> Bases {
    let mut out = Bases::default();
    let clauses =
        children(class).filter(|c| matches!(c.kind(), "class_heritage" | "extends_type_clause"));
    for clause in clauses {
        let parts: Vec<Node<'_>> = match clause.kind() {
            "extends_type_clause" => named(clause),
            _ => named(clause)
                .into_iter()
                .flat_map(|n| {
                    if matches!(n.kind(), "extends_clause" | "implements_clause") {
                        named(n)
                    } else {
                        vec![n]
                    }
                })
                .collect(),
        };
        for part in parts.into_iter().filter(|p| p.kind() != "type_arguments") {
            let name = match part.kind() {
                "generic_type" => field(part, "name").unwrap_or(part),
                _ => part,
            };
            match class_named(graph, file, name) {
                Some(id) => out.known.push(id),
                None if file.meaning(name).is_none() && QUIET.contains(&file.of_node(name)) => {}
                None => out.outside = Some(file.of_node(name).to_owned()),
            }
        }
    }
    out
}

/// The class that an identifier stands for.
fn class_named(graph: &Graph<'_>, file: &File, name: Node<'_>) -> Option<ClassId> {
    class_of(graph, file, file.meaning(name)?)
}

pub(super) fn class_of(graph: &Graph<'_>, file: &File, id: BoundId) -> Option<ClassId> {
    let Origin::Bound(path, id) = graph.origin_of(file, id)? else { return None };
    let home: Arc<File> = graph.file(&path)?;
    let leaf = home.leaf_at_declaration(id);
    let parent = leaf.parent()?;
    let class = match parent.kind() {
        "variable_declarator" => field(parent, "value").filter(|_| is_constant(&home, id))?,
        _ => parent,
    };
    is_class(class).then(|| id_of(&home, class))
}

/// A class with all that it extends.
pub(super) fn with_ancestors(graph: &Graph<'_>, id: &ClassId) -> (Vec<ClassId>, Option<String>) {
    let mut all = vec![id.clone()];
    let mut outside = None;
    let mut next = 0;
    while next < all.len() && next < 64 {
        let id = all[next].clone();
        next += 1;
        let Some(file) = graph.file(&id.path) else { continue };
        let Some(node) = node_of(&file, &id) else { continue };
        let found = bases(graph, &file, node);
        outside = outside.or(found.outside);
        for base in found.known {
            if !all.contains(&base) {
                all.push(base);
            }
        }
    }
    (all, outside)
}

/// What stands before the dot.
pub(super) fn receiver(graph: &Graph<'_>, file: &File, node: Node<'_>) -> Receiver {
    match node.kind() {
        "this" | "super" => of_this(file, node),
        "new_expression" => field(node, "constructor")
            .and_then(|c| class_named(graph, file, c))
            .map_or(Receiver::Unknown, Receiver::Class),
        "parenthesized_expression" | "non_null_expression" | "await_expression" => {
            named(node).first().map_or(Receiver::Unknown, |n| receiver(graph, file, *n))
        }
        "as_expression" => {
            named(node).get(1).map_or(Receiver::Unknown, |t| of_type(graph, file, *t))
        }
        "string" | "template_string" | "array" | "number" | "regex" => Receiver::Other,
        "identifier" => of_name(graph, file, node),
        "member_expression" => of_member(graph, file, node),
        _ => Receiver::Unknown,
    }
}

fn of_this(file: &File, node: Node<'_>) -> Receiver {
    let owner = ancestors(node).find(|n| {
        is_function(*n) && n.kind() != "arrow_function"
            || matches!(
                n.kind(),
                "public_field_definition" | "field_definition" | "class_static_block"
            )
    });
    let class = owner
        .and_then(|o| o.parent())
        .filter(|p| p.kind() == "class_body")
        .and_then(|b| b.parent());
    class.map_or(Receiver::Unknown, |class| Receiver::Class(id_of(file, class)))
}

fn of_name(graph: &Graph<'_>, file: &File, node: Node<'_>) -> Receiver {
    // A global is of the platform.
    let Some(id) = file.meaning(node) else { return Receiver::Other };
    if let Some(class) = class_of(graph, file, id) {
        return Receiver::Class(class);
    }
    match graph.origin_of(file, id) {
        Some(Origin::Module(_)) => return Receiver::Other,
        Some(Origin::Bound(path, _)) if path == file.path => {}
        _ => return Receiver::Unknown,
    }
    let leaf = file.leaf_at_declaration(id);
    let Some(parent) = leaf.parent() else { return Receiver::Unknown };
    if matches!(file.bound(id).kind, crate::refactor::BoundKind::Import) {
        return Receiver::Other;
    }
    if let Some(annotation) = field(parent, "type") {
        return named(annotation).first().map_or(Receiver::Unknown, |t| of_type(graph, file, *t));
    }
    let value = field(parent, "value").filter(|_| {
        parent.kind() == "variable_declarator"
            && leaf.field() == Some("name")
            && is_constant(file, id)
    });
    match value {
        Some(value)
            if value.kind() == "new_expression"
                || value.kind() == "array"
                || value.kind() == "string"
                || value.kind() == "this" =>
        {
            receiver(graph, file, value)
        }
        _ => Receiver::Unknown,
    }
}

/// `this.field` by the type or first value of the field.
fn of_member(graph: &Graph<'_>, file: &File, node: Node<'_>) -> Receiver {
    let (Some(object), Some(property)) = (field(node, "object"), field(node, "property")) else {
        return Receiver::Unknown;
    };
    // `A.prototype.m` is a member of `A`.
    if file.of_node(property) == "prototype" {
        return receiver(graph, file, object);
    }
    if object.kind() != "this" {
        return Receiver::Unknown;
    }
    let Receiver::Class(class) = receiver(graph, file, object) else { return Receiver::Unknown };
    let Some(class) = node_of(file, &class) else { return Receiver::Unknown };
    let name = file.of_node(property);
    let member = descendants(class).into_iter().find(|n| {
        n.kind() == "public_field_definition"
            && field(*n, "name").is_some_and(|k| file.of_node(k) == name)
            || matches!(n.kind(), "required_parameter")
                && field(*n, "pattern")
                    .is_some_and(|k| file.of_node(k) == name && super::is_parameter_property(k))
    });
    let annotation = member.and_then(|m| field(m, "type"));
    match annotation.and_then(|a| named(a).first().copied()) {
        Some(annotation) => of_type(graph, file, annotation),
        None => Receiver::Unknown,
    }
}

fn of_type(graph: &Graph<'_>, file: &File, node: Node<'_>) -> Receiver {
    match node.kind() {
        "type_identifier" => match class_named(graph, file, node) {
            Some(id) => Receiver::Class(id),
            None => Receiver::Unknown,
        },
        "generic_type" => {
            let name = field(node, "name").unwrap_or(node);
            let platform = ["Array", "Map", "Set", "Promise", "Record", "ReadonlyArray", "WeakMap"];
            if file.meaning(name).is_none() && platform.contains(&file.of_node(name)) {
                return Receiver::Other;
            }
            class_named(graph, file, name).map_or(Receiver::Unknown, Receiver::Class)
        }
        "predefined_type" if !matches!(file.of_node(node), "any" | "object" | "unknown") => {
            Receiver::Other
        }
        "array_type" | "tuple_type" => Receiver::Other,
        "this_type" => Receiver::Unknown,
        _ => Receiver::Unknown,
    }
}
