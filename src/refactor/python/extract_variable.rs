//! A name for an expression.

use super::extract_function::{Selected, expression_at, selected};
use super::infer::is_builtin;
use super::layout::{indent, is_atom, line_start};
use super::order::{Often, acting, acts, before, depends, is_constant, often, reads, statement_of};
use super::rename;
use super::world::Unit;
use crate::base::Span;
use crate::refactor::step::put;
use crate::refactor::{
    Answer, Namespace, Occurrences, Reason, Refusal, ScopeId, ScopeKind, Setting, Step,
};
use crate::syntax::node::{ancestors, children, field, named, span};
use crate::syntax::tree::Node;

/// The step that gives the selected expression a name.
pub(super) fn plan(setting: &Setting<'_>, name: &str, which: Occurrences) -> Answer {
    rename::check(name)?;
    let unit = Unit::new(setting.path().clone(), setting.parsed.clone());
    let node = match selected(&unit, setting.at.span)? {
        Selected::Expression(node) => node,
        Selected::Statements(list) => match list.as_slice() {
            [only] if only.kind() == "expression_statement" && named(*only).len() == 1 => {
                match expression_at(&unit, named(*only)[0])? {
                    Selected::Expression(node) => node,
                    Selected::Statements(_) => return Err(nothing(&unit, setting.at.span)),
                }
            }
            _ => return Err(nothing(&unit, setting.at.span)),
        },
    };
    let statement = statement_of(node).ok_or_else(|| nothing(&unit, span(node)))?;
    let scope = scope_at(&unit, statement);
    in_order(&unit, node, statement, scope)?;
    is_free(&unit, scope, name, node)?;
    let mut places = vec![node];
    let mut notes = Vec::new();
    if which == Occurrences::All {
        places.extend(others(&unit, node, statement, scope));
        if acts(node) {
            notes.push(
                "a call gives a new value each time: only the selected one was taken".to_owned(),
            );
        }
    }
    notes.extend(is_builtin(name).then(|| format!("`{name}` now hides the builtin of that name")));
    let text = unit.of(node);
    let bare = node.kind() == "named_expression" || text.contains('\n') && !is_atom(node);
    let broken = text.contains('\n') && matches!(node.kind(), "attribute" | "subscript" | "call");
    let broken = broken && super::order::is_bracketed(node);
    let value = if bare || broken { format!("({text})") } else { text.to_owned() };
    let mut step = Step::new(format!("Extract {name}"));
    let start = line_start(unit.text(), statement.start_byte());
    let lead = &unit.text()[start..statement.start_byte()];
    let new = if lead.trim().is_empty() {
        format!("{name} = {value}\n{}", indent(unit.text(), statement.start_byte()))
    } else {
        format!("{name} = {value}; ")
    };
    if !lead.trim().is_empty() && super::flow_is_compound(statement) {
        return Err(unit.refuse(
            Reason::NotHere,
            statement.start_byte(),
            "there is no room for a statement on this line",
        ));
    }
    step.replace(&unit.path, put(Span::at(statement.start_byte()), new));
    for place in &places {
        step.replace(&unit.path, put(span(*place), name));
    }
    step.notes = notes;
    Ok(step)
}

fn nothing(unit: &Unit, at: Span) -> Refusal {
    unit.refuse(Reason::NotHere, at.start, "select one expression")
}

/// The scope in which a statement is run.
pub(super) fn scope_at(unit: &Unit, statement: Node<'_>) -> ScopeId {
    let mut below = statement;
    for at in ancestors(statement) {
        let opens = matches!(at.kind(), "function_definition" | "class_definition");
        if opens && below.field() == Some("body") {
            return unit.scope_of(at).unwrap_or(ScopeId(0));
        }
        below = at;
    }
    ScopeId(0)
}

/// # Errors
/// When evaluating it before the statement is not the same.
fn in_order(
    unit: &Unit,
    node: Node<'_>,
    statement: Node<'_>,
    scope: ScopeId,
) -> Result<(), Refusal> {
    let at = node.start_byte();
    if unit.names.scope(scope).kind == ScopeKind::Class {
        let message = "a name in the body of a class would be an attribute of it";
        return Err(unit.refuse(Reason::Unsupported, at, message));
    }
    let inner = reads(unit, node).into_iter().find(|(_, home)| {
        *home != scope
            && *home != ScopeId(0)
            && span(statement).contains(unit.names.scope(*home).span)
    });
    if let Some((id, _)) = inner {
        let message =
            format!("`{}` only has a value within this expression", unit.names.get(id).name);
        return Err(unit.refuse(Reason::ControlFlow, at, message));
    }
    if node.subtree().any(|n| n.kind() == "yield") {
        return Err(unit.refuse(Reason::ControlFlow, at, "`yield` would be run before the rest"));
    }
    let conditional = ancestors(node)
        .take_while(|n| *n != statement)
        .any(|n| matches!(n.kind(), "elif_clause" | "except_clause"));
    let second = ancestors(node).take_while(|n| *n != statement).find(|n| n.kind() == "with_item");
    let second = second.is_some_and(|n| n.prev_named_sibling().is_some());
    let how = often(node, statement);
    let sure = is_constant(node)
        || node.kind() == "identifier"
            && unit
                .meaning(node)
                .is_some_and(|id| unit.names.get(id).kind == crate::refactor::BoundKind::Parameter);
    match how {
        Often::Once if !conditional && !second => {}
        _ if sure => {}
        Often::Later => {
            let message = "this is evaluated when the function is called, not here";
            return Err(unit.refuse(Reason::ControlFlow, at, message));
        }
        Often::Repeatedly => {
            let message = "this is evaluated in every round; it would be evaluated once, before";
            return Err(unit.refuse(Reason::Effects, at, message));
        }
        _ => {
            let message = "this is not always evaluated; it would be, before the statement";
            return Err(unit.refuse(Reason::ControlFlow, at, message));
        }
    }
    earlier(unit, node, statement, scope)
}

/// # Errors
/// When something that is evaluated before it could then be evaluated after it, to another effect.
fn earlier(
    unit: &Unit,
    node: Node<'_>,
    statement: Node<'_>,
    scope: ScopeId,
) -> Result<(), Refusal> {
    let active = acts(node);
    let dependent = depends(unit, node, scope);
    for other in before(node, statement) {
        if let Some(call) = acting(other).filter(|_| active || dependent) {
            let message = format!(
                "`{}` is evaluated before it and may change what it gives",
                short(unit.of(call))
            );
            return Err(unit.refuse(Reason::Effects, call.start_byte(), message));
        }
        let callee = other.field() == Some("function");
        if active && !callee && depends(unit, other, scope) {
            let message = format!(
                "`{}` is evaluated before it and may be changed by it",
                short(unit.of(other))
            );
            return Err(unit.refuse(Reason::Effects, other.start_byte(), message));
        }
    }
    Ok(())
}

/// The beginning of a text for a message.
pub(super) fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    let cut: String = line.chars().take(40).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}

/// # Errors
/// When the new name means something there.
pub(super) fn is_free(
    unit: &Unit,
    scope: ScopeId,
    name: &str,
    node: Node<'_>,
) -> Result<(), Refusal> {
    if let Some(id) = unit.names.own(scope, name, Namespace::Value) {
        let line = unit.line(unit.names.get(id).declared.start);
        let message = format!("`{name}` is already defined on line {line}; choose another name");
        return Err(unit.refuse(Reason::NameTaken, node.start_byte(), message));
    }
    rename::captured(unit, scope, name)
}

/// The equal expressions after the selected one that certainly have the same value.
fn others<'t>(unit: &Unit, node: Node<'t>, statement: Node<'t>, scope: ScopeId) -> Vec<Node<'t>> {
    if acts(node) {
        return Vec::new();
    }
    let names = reads(unit, node);
    let dependent = depends(unit, node, scope);
    let changes = |n: Node<'t>| {
        let writes = unit.names.within(span(n)).any(|o| {
            o.role.writes() && o.bound.is_some_and(|id| names.iter().any(|(b, _)| *b == id))
        });
        let stores = n.subtree().any(|n| {
            matches!(n.kind(), "assignment" | "augmented_assignment" | "delete_statement")
                && children(n).any(|c| {
                    c.field() != Some("right")
                        && c.subtree().any(|t| matches!(t.kind(), "attribute" | "subscript"))
                })
        });
        writes || dependent && (acts(n) || stores)
    };
    let mut out = Vec::new();
    let mut at = Some(statement);
    while let Some(statement) = at {
        let mut equal: Vec<Node<'t>> = Vec::new();
        for found in statement.walk(|n| !super::infer::opens_function(n)) {
            let same = found.kind() == node.kind()
                && found != node
                && found.start_byte() > node.start_byte()
                && unit.of(found) == unit.of(node);
            let readable = matches!(expression_at(unit, found), Ok(Selected::Expression(_)));
            let apart =
                super::order::shadowed(unit, found, scope, scope_of_use(unit, found)).is_none();
            let once = often(found, statement) != Often::Later;
            if same && readable && apart && once {
                equal.push(found);
            }
        }
        if changes(statement) {
            // Within the statement itself only what is evaluated before the change is safe to take.
            let simple = !super::flow_is_compound(statement) && !dependent;
            if simple {
                out.extend(equal);
            }
            break;
        }
        out.extend(equal);
        at = statement.next_named_sibling();
        while at.is_some_and(|n| n.kind() == "comment") {
            at = at.and_then(|n| n.next_named_sibling());
        }
    }
    out
}

fn scope_of_use(unit: &Unit, node: Node<'_>) -> ScopeId {
    let first = unit.names.within(span(node)).next();
    first.map_or_else(|| unit.names.scope_at(node.start_byte()), |o| o.scope)
}

/// The block in which a node's statement stands, as its statements.
pub(super) fn following<'t>(statement: Node<'t>) -> Vec<Node<'t>> {
    let list = statement.parent().map(named).unwrap_or_default();
    list.into_iter().filter(|n| n.start_byte() >= statement.end_byte()).collect()
}

/// The value of a simple assignment to one name.
pub(super) fn assigned_value<'t>(name: Node<'t>) -> Option<(Node<'t>, Node<'t>)> {
    let assignment = name.parent().filter(|p| p.kind() == "assignment")?;
    let value = field(assignment, "right")?;
    let statement = assignment.parent().filter(|p| p.kind() == "expression_statement")?;
    let is_it = field(assignment, "left") == Some(name)
        && value.kind() != "assignment"
        && value.kind() != "augmented_assignment"
        && named(statement).len() == 1;
    is_it.then_some((statement, value))
}
