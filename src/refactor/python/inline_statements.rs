//! The statements of a function in place of a call that is a statement of its own, or all that is assigned or
//! returned by one.

use super::extract_variable::scope_at;
use super::infer::{Def, function_of};
use super::inline_function::substituted;
use super::layout::{indent, line_start, reindented};
use super::order::{acts, fitted};
use super::uses::Call;
use super::world::Unit;
use crate::base::Span;
use crate::refactor::{BoundId, Reason, Refusal, ScopeKind, has_word};
use crate::syntax::node::{ancestors, field, named, span};
use crate::syntax::tree::Node;

/// The statements before the last, and the value that the function gives in its last.
#[derive(Clone, Copy)]
pub(super) struct Statements<'s, 'w> {
    pub(super) list: &'s [Node<'w>],
    pub(super) value: Option<Node<'w>>,
}

/// The statement around a call with what it becomes.
///
/// # Errors
/// When the call is a part of something else, or variables of the function cannot live beside those of the caller.
pub(super) fn replaced<'w>(
    def: Def<'w>,
    body: Statements<'_, 'w>,
    call: &Call<'w>,
    given: &[(BoundId, Node<'w>)],
) -> Result<(Span, String), Refusal> {
    let unit = call.unit;
    let refuse = |reason, message: &str| Err(unit.refuse(reason, call.node.start_byte(), message));
    let Some(statement) = around(unit, call.node, body.value.is_some()) else {
        return refuse(
            Reason::ControlFlow,
            "the function is made of statements, and this call is part of another one",
        );
    };
    let to = indent(unit.text(), statement.start_byte());
    let lead =
        &unit.text()[line_start(unit.text(), statement.start_byte())..statement.start_byte()];
    if !lead.trim().is_empty() {
        return refuse(Reason::NotHere, "the call does not stand on a line of its own");
    }
    let (Some(first), Some(last)) = (body.list.first(), body.list.last()) else {
        return refuse(Reason::Unsupported, "the function does nothing");
    };
    let at = Span::new(first.start_byte(), last.end_byte());
    let locals = locals(def, body, call, statement)?;
    let text = substituted(def, at, given, &locals, unit)?;
    // The text differs from the file's now; its lines are still indented as the body's are.
    let from = indent(def.unit.text(), at.start);
    let mut text = if text == def.unit.text()[at.start..at.end] {
        reindented(def.unit, at, from, to)
    } else {
        let mut nodes = body.list.iter().flat_map(|n| n.subtree());
        let strings = nodes.any(|n| n.kind() == "string" && def.unit.of(n).contains('\n'));
        if strings && from != to {
            return refuse(Reason::Unsupported, "a text over several lines would move");
        }
        text.replace(&format!("\n{from}"), &format!("\n{to}"))
    };
    if let Some(value) = body.value {
        let is_alone =
            call.node.parent() == Some(statement) && statement.kind() == "expression_statement";
        if !is_alone || acts(value) {
            let given = substituted(def, span(value), given, &locals, unit)?;
            let (start, end) = (call.node.start_byte(), call.node.end_byte());
            let given = fitted(value, &given, call.node);
            text.push_str(&format!(
                "\n{to}{}{given}{}",
                &unit.text()[statement.start_byte()..start],
                &unit.text()[end..statement.end_byte()]
            ));
        }
    }
    Ok((span(statement), text))
}

/// The statement that does nothing but the call, or, for a function with a value, gives it a name or returns it.
fn around<'w>(unit: &Unit, call: Node<'w>, has_value: bool) -> Option<Node<'w>> {
    let parent = call.parent()?;
    let alone = |n: Node<'w>| n.kind() == "expression_statement" && named(n).len() == 1;
    match parent.kind() {
        "expression_statement" => alone(parent).then_some(parent),
        "return_statement" if has_value => Some(parent),
        // The targets are computed after the value.
        "assignment" if has_value && field(parent, "right") == Some(call) => {
            let chained = unit.of(parent).matches('=').count() > 1
                && field(parent, "left").is_some_and(|l| l.kind() == "assignment");
            parent.parent().filter(|s| alone(*s) && !chained)
        }
        _ => None,
    }
}

/// The variables of the function with the names that they get where they are new.
fn locals<'w>(
    def: Def<'w>,
    body: Statements<'_, 'w>,
    call: &Call<'w>,
    statement: Node<'w>,
) -> Result<Vec<(BoundId, String)>, Refusal> {
    let own = def.unit.scope_of(def.node);
    let nodes = body.list.iter().copied().chain(body.value);
    let written = nodes.flat_map(|n| def.unit.names.within(span(n))).filter(|o| o.role.writes());
    let mut ids: Vec<BoundId> = written
        .filter_map(|o| o.bound)
        .filter(|id| Some(def.unit.names.get(*id).scope) == own)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let unit = call.unit;
    let refuse =
        |message: String| Err(unit.refuse(Reason::Unsupported, call.node.start_byte(), message));
    let home = scope_at(unit, statement);
    let Some(caller) =
        function_of(statement).filter(|_| unit.names.scope(home).kind == ScopeKind::Function)
    else {
        return refuse("the function has variables of its own, which would stay here".to_owned());
    };
    let mut out = Vec::new();
    for id in ids {
        let name = def.unit.names.get(id).name.clone();
        let kept = def.unit.uses(id).filter_map(|o| def.unit.node(o.span)).any(|n| {
            ancestors(n)
                .take_while(|a| *a != def.node)
                .any(|a| matches!(a.kind(), "lambda" | "generator_expression"))
        });
        if kept {
            return refuse(format!("`{name}` of the function is looked at later"));
        }
        // What follows the word in the caller's text must not mean it by chance.
        let around = unit.of(caller);
        let taken = |word: &str| {
            let is_same = caller == def.node;
            has_word(around, word)
                || !is_same && word != name && has_word(def.unit.of(def.node), word)
        };
        let fresh = std::iter::once(name.clone()).chain((2..9).map(|n| format!("{name}_{n}")));
        match fresh.into_iter().find(|word| !taken(word)) {
            Some(word) => out.push((id, word)),
            None => return refuse(format!("there is no free name for `{name}` of the function")),
        }
    }
    Ok(out)
}
