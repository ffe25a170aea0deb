//! When an expression is evaluated, and what happens before.

use super::world::Unit;
use crate::refactor::{BoundId, ScopeId, ScopeKind};
use crate::syntax::node::{ancestors, children, field, named, span};
use crate::syntax::tree::Node;

/// How often an expression is evaluated when its statement is run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub(super) enum Often {
    Once,
    /// Or not at all.
    Sometimes,
    Repeatedly,
    /// Later, by a function.
    Later,
}

/// The statement in whose head, or in which, a node stands.
pub(super) fn statement_of(node: Node<'_>) -> Option<Node<'_>> {
    std::iter::once(node)
        .chain(ancestors(node))
        .find(|n| n.parent().is_some_and(|p| matches!(p.kind(), "block" | "module")))
}

/// How often `node` is evaluated each time that `within`, which holds it, begins.
pub(super) fn often(node: Node<'_>, within: Node<'_>) -> Often {
    let mut most = Often::Once;
    let mut below = node;
    for at in ancestors(node) {
        let inner = named(at);
        let position = inner.iter().position(|n| n.id() == below.id()).unwrap_or(0);
        let this = match at.kind() {
            "lambda" if below.field() == Some("body") => Often::Later,
            "function_definition" if below.field() == Some("body") => Often::Later,
            "boolean_operator" if position > 0 => Often::Sometimes,
            "comparison_operator" if position > 1 => Often::Sometimes,
            "conditional_expression" if position != 1 => Often::Sometimes,
            "assert_statement" if position > 0 => Often::Sometimes,
            "while_statement" => Often::Repeatedly,
            "for_statement" if below.field() != Some("right") => Often::Repeatedly,
            "if_statement" if below.field() != Some("condition") => Often::Sometimes,
            "try_statement" | "case_clause" | "except_clause" | "with_statement"
                if below.kind() == "block" || at.kind().ends_with("clause") =>
            {
                Often::Sometimes
            }
            "match_statement" if below.field() != Some("subject") => Often::Sometimes,
            "for_in_clause" => {
                let first = at
                    .parent()
                    .and_then(|p| named(p).into_iter().find(|n| n.kind() == "for_in_clause"));
                if first == Some(at) && below.field() == Some("right") {
                    below = at.parent().unwrap_or(at);
                    if below.id() == within.id() {
                        break;
                    }
                    continue;
                }
                Often::Repeatedly
            }
            "if_clause" => Often::Repeatedly,
            kind if (kind.ends_with("comprehension") || kind == "generator_expression")
                && below.kind() != "for_in_clause" =>
            {
                Often::Repeatedly
            }
            _ => Often::Once,
        };
        // What stands in the first iterable has been passed over with its comprehension.
        let passed =
            below.kind().ends_with("comprehension") || below.kind() == "generator_expression";
        let is_head = passed && at.kind() == below.kind() && at.id() == below.id();
        if !is_head {
            most = most.max(this);
        }
        if at.id() == within.id() {
            break;
        }
        below = at;
    }
    most
}

/// The nodes of a statement that are evaluated before `node`.
pub(super) fn before<'t>(node: Node<'t>, statement: Node<'t>) -> Vec<Node<'t>> {
    let mut out = Vec::new();
    let mut below = node;
    for at in ancestors(node) {
        if below.id() == statement.id() {
            break;
        }
        let earlier = children(at).take_while(|c| c.id() != below.id()).filter(|c| c.is_named());
        match at.kind() {
            "assignment" => {
                if below.field() != Some("right") {
                    out.extend(field(at, "right"));
                    out.extend(earlier.filter(|c| c.field() == Some("left")));
                }
            }
            "conditional_expression" => {
                let parts = named(at);
                if parts.get(1).map(|n| n.id()) != Some(below.id()) {
                    out.extend(parts.get(1).copied());
                }
            }
            "for_statement" | "for_in_clause" | "keyword_argument" | "named_expression" => {}
            kind if kind.ends_with("comprehension") || kind == "generator_expression" => {}
            _ => out.extend(earlier.filter(|c| c.kind() != "comment")),
        }
        if at.id() == statement.id() {
            break;
        }
        below = at;
    }
    out
}

/// True when evaluating it can do more than give a value: calls, `await`, `yield`, `:=`.
pub(super) fn acts(node: Node<'_>) -> bool {
    acting(node).is_some()
}

/// The first node that can do more than give a value.
pub(super) fn acting(node: Node<'_>) -> Option<Node<'_>> {
    let own = node.walk(|n| !matches!(n.kind(), "lambda"));
    own.into_iter().find(|n| matches!(n.kind(), "call" | "await" | "yield" | "named_expression"))
}

/// True when its value depends on what others can change: attributes, items, names of other scopes.
pub(super) fn depends(unit: &Unit, node: Node<'_>, home: ScopeId) -> bool {
    node.subtree().any(|n| match n.kind() {
        "attribute" | "subscript" | "interpolation" => true,
        "identifier" => unit.meaning(n).is_some_and(|id| {
            let bound = unit.names.get(id);
            bound.scope != home
                && unit.names.scope(bound.scope).kind != ScopeKind::Comprehension
                && unit.names.of(id).filter(|o| o.role.writes()).count() > 1
        }),
        _ => false,
    })
}

/// True for what gives the same value everywhere and cannot fail.
pub(super) fn is_constant(node: Node<'_>) -> bool {
    match node.kind() {
        "integer" | "float" | "true" | "false" | "none" | "ellipsis" => true,
        "string" | "concatenated_string" => !node.subtree().any(|n| n.kind() == "interpolation"),
        "unary_operator" | "parenthesized_expression" | "tuple" => {
            named(node).into_iter().all(is_constant)
        }
        _ => false,
    }
}

/// True for what makes a new object each time.
pub(super) fn makes(node: Node<'_>) -> bool {
    node.subtree().any(|n| {
        matches!(n.kind(), "list" | "dictionary" | "set" | "lambda" | "generator_expression")
            || n.kind().ends_with("comprehension")
    })
}

/// The names that a node reads from outside of it.
pub(super) fn reads(unit: &Unit, node: Node<'_>) -> Vec<(BoundId, ScopeId)> {
    let whole = span(node);
    let mut out = Vec::new();
    for occurrence in unit.names.within(whole) {
        let Some(id) = occurrence.bound else { continue };
        let home = unit.names.get(id).scope;
        let inner = home != ScopeId(0) && whole.contains(unit.names.scope(home).span);
        if !inner && !out.contains(&(id, home)) {
            out.push((id, home));
        }
    }
    out
}

/// A name that an expression uses and that means something else in `scope`.
pub(super) fn shadowed(
    unit: &Unit,
    node: Node<'_>,
    from: ScopeId,
    scope: ScopeId,
) -> Option<String> {
    let whole = span(node);
    for occurrence in unit.names.within(whole) {
        let name = occurrence.span.of(unit.text())?;
        let inner = occurrence.bound.is_some_and(|id| {
            let home = unit.names.get(id).scope;
            home != ScopeId(0) && whole.contains(unit.names.scope(home).span)
        });
        if inner {
            continue;
        }
        let hidden = unit
            .names
            .chain(scope)
            .take_while(|s| *s != from)
            .any(|s| unit.names.own(s, name, crate::refactor::Namespace::Value).is_some());
        if hidden {
            return Some(name.to_owned());
        }
    }
    None
}

/// True where an expression of any kind may stand without parentheses.
pub(super) fn is_free(place: Node<'_>) -> bool {
    let Some(parent) = place.parent() else { return true };
    match parent.kind() {
        "argument_list"
        | "keyword_argument"
        | "parenthesized_expression"
        | "list"
        | "tuple"
        | "set"
        | "pair"
        | "return_statement"
        | "expression_statement"
        | "default_parameter"
        | "typed_default_parameter" => true,
        "assignment" | "augmented_assignment" => place.field() == Some("right"),
        "subscript" => place.field() == Some("subscript"),
        "if_statement" | "elif_clause" | "while_statement" => place.field() == Some("condition"),
        "for_statement" => place.field() == Some("right"),
        _ => false,
    }
}

/// True within brackets that allow line breaks.
pub(super) fn is_bracketed(place: Node<'_>) -> bool {
    ancestors(place).take_while(|n| !matches!(n.kind(), "block" | "module")).any(|n| {
        matches!(
            n.kind(),
            "argument_list"
                | "parenthesized_expression"
                | "list"
                | "tuple"
                | "set"
                | "dictionary"
                | "subscript"
                | "generator_expression"
        ) || n.kind().ends_with("comprehension")
    })
}

/// The text of a value as it can stand in place of `place`.
pub(super) fn fitted(value: Node<'_>, text: &str, place: Node<'_>) -> String {
    let number = matches!(value.kind(), "integer" | "float")
        && place.parent().is_some_and(|p| p.kind() == "attribute");
    let atom = super::layout::is_atom(value) && !number;
    let loose = matches!(value.kind(), "expression_list" | "named_expression" | "yield");
    let broken = text.contains('\n')
        && !is_bracketed(place)
        && !text.starts_with(['(', '[', '{', '"', '\'']);
    let alone = value.kind() == "generator_expression";
    if (atom || is_free(place) && !loose) && !broken && (!alone || text.starts_with('(')) {
        text.to_owned()
    } else {
        format!("({text})")
    }
}
