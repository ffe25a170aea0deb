//! When a loop and a comprehension mean the same: variables of the loop that live on, and what is
//! filled being seen half-done.

use crate::base::Span;
use crate::refactor::{BoundId, Reason, Refusal, Role, ScopeId, ScopeKind};
use crate::syntax::node::{ancestors, descendants, field, named, span};
use crate::syntax::tree::Node;

use super::file::File;
use super::loop_to_comprehension::names_of;
use super::{facts, layout};

/// A dictionary comprehension takes the key first, an assignment the value.
pub(super) fn in_order(file: &File<'_>, key: Node<'_>, value: Node<'_>) -> Result<(), Refusal> {
    let free = |one: Node<'_>, other: Node<'_>| {
        !facts::has_calls(file, one) || facts::is_stable(file, other)
    };
    if free(key, value) && free(value, key) {
        return Ok(());
    }
    let message = "key and value would be computed in the other order, and one of them calls what may change the other";
    Err(file.refusal(Reason::Effects, key, message))
}

/// A generator turns a `StopIteration` into an error.
pub(super) fn lazily(file: &File<'_>, node: Node<'_>) -> Result<(), Refusal> {
    let next = descendants(node).into_iter().find(|n| {
        n.kind() == "call"
            && field(*n, "function").is_some_and(|f| file.is_builtin(f, "next"))
            && field(*n, "arguments").is_some_and(|a| named(a).len() == 1)
    });
    for name in ["any", "all", "sum"] {
        let own = file.bindings().bound.iter().find(|b| b.name == name);
        if own.is_some() {
            return Err(file.refusal(
                Reason::Shadowed,
                node,
                format!("`{name}` means something else in this file"),
            ));
        }
    }
    match next {
        Some(next) => Err(file.refusal(
            Reason::NotEquivalent,
            next,
            "`next` may end the iteration, which a generator expression turns into an error",
        )),
        None => Ok(()),
    }
}

/// Refuses when a loop variable is used after the loop, or elsewhere at the same time.
pub(super) fn unused_outside(
    file: &File<'_>,
    node: Node<'_>,
    name: Node<'_>,
    scope: ScopeId,
) -> Result<(), Refusal> {
    let Some(id) = file.meaning(name) else { return Ok(()) };
    let text = file.of(name);
    if file.bound(id).scope != scope {
        let message = format!("`{text}` is global or nonlocal; a comprehension would not set it");
        return Err(file.refusal(Reason::NotEquivalent, name, message));
    }
    let whole = span(node);
    let outer_loop = |at: Span| {
        ancestors(node).take_while(|n| n.kind() != "function_definition").any(|n| {
            matches!(n.kind(), "for_statement" | "while_statement") && span(n).contains(at)
        })
    };
    for o in file.uses(id).filter(|o| !whole.contains(o.span)) {
        let inner = file
            .bindings()
            .chain(o.scope)
            .find(|s| !matches!(file.bindings().scope(*s).kind, ScopeKind::Comprehension));
        let other_scope = inner != Some(scope);
        let seen = o.role.reads() || o.role == Role::Delete;
        if !seen && !other_scope {
            continue;
        }
        let before = o.span.end <= whole.start && !outer_loop(o.span);
        if !other_scope && (before || bound_again(file, node, o.span, text)) {
            continue;
        }
        let line = file.line(o.span.start);
        let message = format!(
            "`{text}` is used outside of the loop too (line {line}); a comprehension would not set it"
        );
        return Err(file.refusal(Reason::NotEquivalent, name, message));
    }
    Ok(())
}

/// Refuses when a function made in the loop would keep the variable of the comprehension, while others set the one
/// of the loop.
pub(super) fn not_captured(file: &File<'_>, node: Node<'_>, name: Node<'_>) -> Result<(), Refusal> {
    let Some(id) = file.meaning(name) else { return Ok(()) };
    let whole = span(node);
    if file.uses(id).all(|o| whole.contains(o.span)) {
        return Ok(());
    }
    let later = descendants(node).into_iter().filter(|n| match n.kind() {
        "lambda" => true,
        "generator_expression" => !is_consumed(file, *n),
        _ => false,
    });
    for function in later {
        if file.uses(id).any(|o| span(function).contains(o.span)) {
            let message = format!(
                "what is made here keeps `{}`, which is set outside of the loop too",
                file.of(name)
            );
            return Err(file.refusal(Reason::NotEquivalent, function, message));
        }
    }
    Ok(())
}

/// A generator that a builtin runs to its end at once.
fn is_consumed(file: &File<'_>, generator: Node<'_>) -> bool {
    let call = generator
        .parent()
        .map(|p| if p.kind() == "argument_list" { p.parent().unwrap_or(p) } else { p });
    let function = call.and_then(|c| field(c, "function"));
    function.is_some_and(|f| {
        let all = [
            "sum",
            "any",
            "all",
            "sorted",
            "list",
            "tuple",
            "set",
            "dict",
            "min",
            "max",
            "frozenset",
        ];
        let joins = f.kind() == "attribute" && file.of(f).ends_with(".join");
        joins || all.iter().any(|name| file.is_builtin(f, name))
    })
}

/// True when whatever the loop leaves in the name is overwritten before it is read at `read`.
fn bound_again(file: &File<'_>, node: Node<'_>, read: Span, name: &str) -> bool {
    let Some(reader) = file.node(read) else { return false };
    let binds = |target: Option<Node<'_>>| {
        target.and_then(names_of).is_some_and(|names| names.iter().any(|n| file.of(*n) == name))
    };
    for around in ancestors(reader).take_while(|n| n.kind() != "function_definition") {
        let own_body = field(around, "body").is_some_and(|b| span(b).contains(read));
        let other = !span(around).contains(span(node));
        if around.kind() == "for_statement" && own_body && other && binds(field(around, "left")) {
            return true;
        }
        // A plain assignment earlier in a block around the reader, but after the loop.
        let mut before = Some(around);
        while let Some(statement) = before.and_then(layout::previous) {
            if statement.start_byte() < node.end_byte() {
                break;
            }
            let assignment = named(statement).first().copied().filter(|a| a.kind() == "assignment");
            let value = assignment.and_then(|a| field(a, "right"));
            let plain = value.is_some_and(|v| v.kind() != "assignment");
            if statement.kind() == "expression_statement"
                && plain
                && binds(assignment.and_then(|a| field(a, "left")))
            {
                return true;
            }
            before = Some(statement);
        }
    }
    false
}

/// Refuses when what is filled is seen while it is filled.
pub(super) fn accumulator(
    file: &File<'_>,
    node: Node<'_>,
    id: BoundId,
    scope: ScopeId,
) -> Result<(), Refusal> {
    let bound = file.bound(id);
    let name = &bound.name;
    if bound.scope != scope {
        let message = format!("`{name}` is global or nonlocal and can be seen while it is filled");
        return Err(file.refusal(Reason::NotEquivalent, node, message));
    }
    let whole = span(node);
    // The receivers that the leaf has: two for an `if` with both branches.
    let leaves = descendants(node)
        .into_iter()
        .filter(|n| n.kind() == "identifier" && file.meaning(*n) == Some(id))
        .filter(|n| is_receiver(*n))
        .count();
    let inside = file.uses(id).filter(|o| whole.contains(o.span)).count();
    if inside != leaves {
        let message = format!("`{name}` is read within the loop");
        return Err(file.refusal(Reason::NotEquivalent, node, message));
    }
    let capture = file.uses(id).find(|o| {
        let inner = file
            .bindings()
            .chain(o.scope)
            .find(|s| !matches!(file.bindings().scope(*s).kind, ScopeKind::Comprehension));
        inner != Some(scope) && o.span.start < whole.end
    });
    let calls = || facts::has_calls(file, node);
    if let Some(capture) = capture.filter(|_| calls()) {
        let line = file.line(capture.span.start);
        let message = format!(
            "another function uses `{name}` (line {line}) and may see it while it is filled"
        );
        return Err(file.refusal(Reason::NotEquivalent, node, message));
    }
    facts::seen_half_done(file, node, id)
}

/// `xs` of `xs.append(e)`, `xs[k] = v`, `xs += e` and `xs = True`, as a statement.
fn is_receiver(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else { return false };
    let statement = |n: Node<'_>| n.parent().is_some_and(|p| p.kind() == "expression_statement");
    match parent.kind() {
        "attribute" => parent
            .parent()
            .is_some_and(|call| field(call, "function") == Some(parent) && statement(call)),
        "subscript" => {
            field(parent, "value") == Some(node)
                && parent.parent().is_some_and(|a| field(a, "left") == Some(parent) && statement(a))
        }
        "augmented_assignment" | "assignment" => {
            field(parent, "left") == Some(node) && statement(parent)
        }
        _ => false,
    }
}
