//! What can never run, and what nothing uses.

use super::super::effects::{self, Effect};
use super::super::extract::always_leaves;
use super::super::file::File;
use super::super::modules::{Value, exports};
use super::super::rename::has_jsx;
use super::super::shape::{is_block, is_statement, whole_lines};
use crate::base::Span;
use crate::refactor::step::put;
use crate::refactor::{Answer, BoundId, BoundKind, Reason, Role, ScopeId, Step, words};
use crate::syntax::node::{ancestors, children, field, named, span};
use crate::syntax::tree::Node;

/// The places of dead code.
pub(super) fn offered(file: &File) -> Vec<Span> {
    let mut out = Vec::new();
    for node in file.root().subtree() {
        if is_block(node) {
            let all = unreachable_in(file, node);
            if let (Some(first), Some(last)) = (all.first(), all.last()) {
                out.push(Span::new(first.start_byte(), last.end_byte()));
            }
        }
        if is_unused_private(file, node) {
            out.push(span(node));
        }
    }
    let unused =
        (0..).map(BoundId).zip(&file.names.bindings.bound).filter(|(id, _)| is_unused(file, *id));
    out.extend(unused.map(|(_, bound)| bound.declared));
    out.sort();
    out
}

pub(super) fn plan(file: &File, at: Span) -> Answer {
    let mut step = Step::new("Remove dead code");
    let touches = |s: &Span| s.contains(at) || at.contains(*s) && !at.is_empty();
    let Some(found) = offered(file).into_iter().rfind(touches) else {
        let message = "nothing here is unreachable or unused for certain";
        return Err(file.refuse_at(Reason::NotHere, message, at));
    };
    let text = file.text();
    let unused = file.names.bindings.bound.iter().any(|b| b.declared == found);
    let node = file.node(found).unwrap_or_else(|| file.root());
    if unused {
        drop_definition(&mut step, file, node);
    } else if node.kind().ends_with("_definition") {
        step.replace(&file.path, put(whole_lines(text, with_semicolon(node)), ""));
    } else {
        let block = std::iter::once(node)
            .chain(ancestors(node))
            .find(|n| is_block(*n) && !unreachable_in(file, *n).is_empty());
        let all = block.map(|b| unreachable_in(file, b)).unwrap_or_default();
        for statement in all {
            step.replace(&file.path, put(whole_lines(text, span(statement)), ""));
        }
    }
    Ok(step)
}

/// A field with the semicolon after it.
fn with_semicolon(node: Node<'_>) -> Span {
    let end =
        node.next_sibling().filter(|n| n.kind() == ";").map_or(node.end_byte(), |n| n.end_byte());
    Span::new(node.start_byte(), end)
}

/// Statements after one that never goes on, without what is hoisted out of them.
fn unreachable_in<'f>(file: &'f File, block: Node<'f>) -> Vec<Node<'f>> {
    let statements: Vec<Node<'f>> = named(block)
        .into_iter()
        .filter(|n| n.field() != Some("value") && is_statement(*n))
        .collect();
    let leaves = |n: &Node<'_>| {
        always_leaves(*n) || matches!(n.kind(), "break_statement" | "continue_statement")
    };
    let Some(at) = statements.iter().position(leaves) else { return Vec::new() };
    let rest: Vec<Node<'f>> = statements[at + 1..].to_vec();
    let within = |s: Span| rest.iter().any(|n| span(*n).contains(s));
    let mut out = Vec::new();
    for node in &rest {
        let hoisted = matches!(
            node.kind(),
            "function_declaration"
                | "generator_function_declaration"
                | "export_statement"
                | "import_statement"
                | "empty_statement"
                | "ambient_declaration"
                | "function_signature"
        ) || node.kind().starts_with("interface")
            || node.kind().starts_with("type_")
            || node.kind() == "break_statement";
        let used = file.names.bindings.within(span(*node)).any(|o| {
            o.role == Role::Bind
                && o.bound.is_some_and(|id| file.names.bindings.of(id).any(|o| !within(o.span)))
        });
        if !hoisted && !used {
            out.push(*node);
        }
    }
    out
}

/// True for a `#member` that the class itself never uses; nobody else can.
fn is_unused_private(file: &File, node: Node<'_>) -> bool {
    if !matches!(node.kind(), "method_definition" | "field_definition" | "public_field_definition")
    {
        return false;
    }
    let key = field(node, "name").or_else(|| field(node, "property"));
    let Some(key) = key.filter(|k| k.kind() == "private_property_identifier") else { return false };
    let Some(class) = node.parent() else { return false };
    let name = file.of_node(key);
    let used = class
        .subtree()
        .any(|n| n.kind() == "private_property_identifier" && n != key && file.of_node(n) == name);
    let quiet = field(node, "value").is_none_or(|v| effects::of(file, v) == Effect::None);
    let decorated = children(node).any(|c| c.kind() == "decorator");
    !used && !decorated && quiet
}

/// True for a function or constant that nothing in its file uses, nothing else can, and that has no effect.
fn is_unused(file: &File, id: BoundId) -> bool {
    let bindings = &file.names.bindings;
    let bound = bindings.get(id);
    let kinds = matches!(
        bound.kind,
        BoundKind::Function
            | BoundKind::Constant
            | BoundKind::Variable
            | BoundKind::Class
            | BoundKind::Type
    );
    if !kinds || bound.name.starts_with('_') || bindings.scope(bound.scope).dynamic.is_some() {
        return false;
    }
    let leaf = file.leaf_at_declaration(id);
    let Some(definition) = definition_of(leaf) else { return false };
    let whole = span(definition);
    if bindings.of(id).any(|o| !whole.contains(o.span)) {
        return false;
    }
    let exported = ancestors(leaf)
        .any(|n| matches!(n.kind(), "export_statement" | "ambient_declaration"))
        && ancestors(definition).next().is_some_and(|p| {
            p.kind() == "export_statement"
                || p.parent().is_some_and(|g| g.kind() == "export_statement")
        });
    let global =
        bound.scope == ScopeId(0) && !file.has_own_scope() || file.path.as_str().ends_with(".d.ts");
    let ambient = ancestors(leaf)
        .any(|n| matches!(n.kind(), "ambient_declaration" | "internal_module" | "module"));
    let passed = exports(file).iter().any(|e| e.value == Value::Bound(id));
    let of_jsx = has_jsx(file) && matches!(bound.name.as_str(), "React" | "h" | "jsx" | "Fragment");
    let documented = file.root().subtree().any(|n| {
        n.kind() == "comment"
            && file.of_node(n).starts_with("/**")
            && !words(file.of_node(n), &bound.name).is_empty()
            && !span(definition).contains(span(n))
            && n.next_named_sibling() != Some(definition)
    });
    if exported || global || ambient || passed || of_jsx || documented {
        return false;
    }
    match definition.kind() {
        "variable_declarator" => {
            let quiet =
                field(definition, "value").is_none_or(|v| effects::of(file, v) == Effect::None);
            let alone = definition.parent().is_some_and(super::super::shape::in_list);
            quiet && alone && leaf.field() == Some("name") && bindings.of(id).count() == 1
        }
        "class_declaration" => {
            effects::of(file, definition) == Effect::None && field(definition, "body").is_some()
        }
        _ => super::super::shape::in_list(definition),
    }
}

fn definition_of(leaf: Node<'_>) -> Option<Node<'_>> {
    let parent = leaf.parent().filter(|_| leaf.field() == Some("name"))?;
    matches!(
        parent.kind(),
        "variable_declarator"
            | "function_declaration"
            | "generator_function_declaration"
            | "class_declaration"
            | "interface_declaration"
            | "type_alias_declaration"
    )
    .then_some(parent)
}

fn drop_definition(step: &mut Step, file: &File, leaf: Node<'_>) {
    let text = file.text();
    let Some(definition) = definition_of(leaf) else { return };
    let siblings: Vec<Node<'_>> = definition
        .parent()
        .map(|p| named(p).into_iter().filter(|n| n.kind() == "variable_declarator").collect())
        .unwrap_or_default();
    if definition.kind() == "variable_declarator" && siblings.len() > 1 {
        let index = siblings.iter().position(|d| *d == definition).unwrap_or(0);
        let at = match siblings.get(index + 1) {
            Some(next) => Span::new(definition.start_byte(), next.start_byte()),
            None => Span::new(siblings[index - 1].end_byte(), definition.end_byte()),
        };
        return step.replace(&file.path, put(at, ""));
    }
    let whole = match definition.kind() {
        "variable_declarator" => definition.parent().unwrap_or(definition),
        _ => definition,
    };
    // The comment right before it speaks of it.
    let mut at = whole_lines(text, span(whole));
    if let Some(before) = whole.prev_sibling().filter(|n| n.kind() == "comment")
        && text[before.end_byte()..whole.start_byte()].matches('\n').count() == 1
        && file.of_node(before).starts_with("/**")
        && before.start_position().column == whole.start_position().column
    {
        at.start = super::super::shape::line_start(text, before.start_byte());
    }
    step.replace(&file.path, put(at, ""));
}
