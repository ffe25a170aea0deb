//! What evaluating an expression can do, told by its form alone.

use super::file::{File, is_function};
use crate::refactor::{BoundId, BoundKind, Role};
use crate::syntax::node::{ancestors, field, named, walk};
use crate::syntax::tree::Node;

/// What evaluation can do; each includes the ones before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Effect {
    /// The same value at any time.
    None,
    /// Depends on what others may change, or may throw.
    Reads,
    /// Changes something, or gives control away.
    Acts,
}

/// What evaluating a node can do, functions in it not called.
pub(super) fn of(file: &File, node: Node<'_>) -> Effect {
    let nodes = walk(node, |n| !is_function(n) || n == node);
    let here = is_function(node);
    nodes
        .into_iter()
        .filter(|n| !here || n.id() == node.id())
        .map(|n| alone(file, n))
        .max()
        .unwrap_or(Effect::None)
}

/// What a node does itself, its children left out.
fn alone(file: &File, node: Node<'_>) -> Effect {
    match node.kind() {
        "call_expression"
        | "new_expression"
        | "assignment_expression"
        | "augmented_assignment_expression"
        | "update_expression"
        | "await_expression"
        | "yield_expression"
        | "throw_statement"
        | "return_statement"
        | "break_statement"
        | "continue_statement"
        | "debugger_statement"
        | "import"
        | "decorator" => Effect::Acts,
        "unary_expression" if node.child(0).is_some_and(|t| t.kind() == "delete") => Effect::Acts,
        "for_in_statement" | "spread_element" | "class_static_block" | "array_pattern" => {
            Effect::Acts
        }
        "member_expression" if is_callee_chain(node) => Effect::None,
        "member_expression"
        | "subscript_expression"
        | "object_pattern"
        | "this"
        | "super"
        | "class_heritage"
        | "computed_property_name" => Effect::Reads,
        "identifier" | "shorthand_property_identifier" => match file.occurrence(node) {
            Some(o) if o.bound.is_some_and(|id| is_constant(file, id)) => Effect::None,
            Some(o) if o.bound.is_none() && is_left_alone(file, node) => Effect::None,
            Some(o) if o.role == Role::Read => Effect::Reads,
            _ => Effect::None,
        },
        "jsx_element" | "jsx_self_closing_element" => Effect::Acts,
        _ => Effect::None,
    }
}

/// `a.b` of `a.b(...)` for a plain `a`: nobody means the order in which a method is looked up.
fn is_callee_chain(node: Node<'_>) -> bool {
    node.field() == Some("function")
        && node.parent().is_some_and(|p| p.kind() == "call_expression")
        && field(node, "object")
            .is_some_and(|o| matches!(o.kind(), "identifier" | "this" | "super"))
}

/// True for a global that this file does not set.
fn is_left_alone(file: &File, node: Node<'_>) -> bool {
    let name = file.of_node(node);
    !file
        .names
        .bindings
        .occurrences
        .iter()
        .any(|o| o.bound.is_none() && o.role.writes() && o.span.of(file.text()) == Some(name))
}

/// True for a name that has one value from its declaration on.
pub(super) fn is_constant(file: &File, id: BoundId) -> bool {
    let bound = file.bound(id);
    if matches!(bound.kind, BoundKind::Import | BoundKind::Type | BoundKind::Module) {
        return true;
    }
    let mut binds = 0;
    let written = file.names.bindings.of(id).any(|o| {
        binds += usize::from(o.role == Role::Bind);
        o.role != Role::Bind && o.role.writes()
    });
    // The variable of a loop has another value each time, but within one round it is the same.
    !written && (binds == 1 || bound.kind == BoundKind::Function)
}

/// What is evaluated in `statement` before `node`, and what that can do.
pub(super) fn before(file: &File, statement: Node<'_>, node: Node<'_>) -> Effect {
    let end = node.start_byte();
    walk(statement, |n| !is_function(n) || n.end_byte() > end)
        .into_iter()
        .filter(|n| n.end_byte() <= end && !is_function(*n))
        .map(|n| alone(file, n))
        .max()
        .unwrap_or(Effect::None)
}

/// True when two can be evaluated in either order.
pub(super) fn commute(one: Effect, two: Effect) -> bool {
    one == Effect::None || two == Effect::None || one.max(two) == Effect::Reads
}

/// True when within `outer` the node may be evaluated not at all, or more than once.
pub(super) fn is_conditional(outer: Node<'_>, node: Node<'_>) -> bool {
    let mut below = node;
    for up in ancestors(node) {
        let at = below.field();
        let conditional = match up.kind() {
            "binary_expression" => {
                at == Some("right")
                    && up.child(1).is_some_and(|op| matches!(op.kind(), "&&" | "||" | "??"))
            }
            "augmented_assignment_expression" => {
                at == Some("right")
                    && up.child(1).is_some_and(|op| matches!(op.kind(), "&&=" | "||=" | "??="))
            }
            "ternary_expression" => at != Some("condition"),
            "if_statement" => at != Some("condition"),
            "assignment_pattern" | "object_assignment_pattern" => at == Some("right"),
            "required_parameter" | "optional_parameter" => true,
            "while_statement" | "do_statement" | "else_clause" | "catch_clause" | "switch_case"
            | "switch_default" | "class_body" => true,
            "for_statement" => at != Some("initializer"),
            "for_in_statement" => at != Some("right"),
            "call_expression" | "member_expression" | "subscript_expression" => {
                !matches!(at, Some("function" | "object")) && in_optional_chain(up)
            }
            _ => is_function(up),
        };
        if conditional {
            return true;
        }
        if up == outer {
            return false;
        }
        below = up;
    }
    false
}

/// True for `a?.b` and for what hangs on it.
pub(super) fn in_optional_chain(node: Node<'_>) -> bool {
    let mut node = node;
    loop {
        if named(node).iter().any(|c| c.kind() == "optional_chain") {
            return true;
        }
        let inner = field(node, "object").or_else(|| field(node, "function"));
        match inner {
            Some(inner)
                if matches!(
                    inner.kind(),
                    "member_expression"
                        | "call_expression"
                        | "subscript_expression"
                        | "non_null_expression"
                ) =>
            {
                node = inner
            }
            _ => return false,
        }
    }
}

/// True for an expression that makes a new object each time.
pub(super) fn has_identity(node: Node<'_>) -> bool {
    walk(node, |n| !is_function(n)).into_iter().any(|n| {
        is_function(n)
            || matches!(
                n.kind(),
                "object"
                    | "array"
                    | "regex"
                    | "class"
                    | "new_expression"
                    | "jsx_element"
                    | "jsx_self_closing_element"
            )
    })
}
