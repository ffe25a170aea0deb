//! Nested conditions to early exits.

use super::super::extract::always_leaves;
use super::super::file::{File, is_function};
use super::super::shape::{indent_at, line_start, moved_lines, semicolon, unit};
use super::keep_comments;
use crate::base::Span;
use crate::refactor::step::put;
use crate::refactor::{Answer, Namespace, Reason, Refusal, Role, Step};
use crate::syntax::node::{children, field, named, span};
use crate::syntax::tree::Node;

/// The ways a condition can become a guard.
enum Form {
    /// All that a function or a round of a loop still does: leave first, by this statement.
    Last(&'static str),
    /// One branch leaves: the other one needs no `else`.
    DropElse,
    /// The `else` leaves: it goes first.
    Swap,
}

/// True for an `if` that can be one.
pub(super) fn offered(_file: &File, node: Node<'_>) -> bool {
    form(node).is_some()
}

fn form(node: Node<'_>) -> Option<Form> {
    if node.kind() != "if_statement" || !super::super::shape::in_list(node) {
        return None;
    }
    let then = field(node, "consequence").filter(|c| c.kind() == "statement_block")?;
    let statements = named(then);
    let Some(other) = field(node, "alternative") else {
        let nested =
            statements.iter().any(|s| s.kind() == "if_statement" || s.kind().starts_with("for_"));
        let worth = statements.len() > 1 && (nested || statements.len() > 2)
            || nested && statements.len() == 1;
        return Some(Form::Last(leaving(node)?))
            .filter(|_| worth && !statements.iter().any(|s| always_leaves(*s)));
    };
    let other = named(other).last().copied().filter(|o| o.kind() == "statement_block")?;
    if statements.last().is_some_and(|s| always_leaves(*s)) {
        return Some(Form::DropElse);
    }
    let short = named(other).len() <= 2 && statements.len() >= 2;
    (short && named(other).last().is_some_and(|s| always_leaves(*s))).then_some(Form::Swap)
}

/// How what is around a last statement is left: `return` or `continue`.
fn leaving(node: Node<'_>) -> Option<&'static str> {
    let block = node.parent().filter(|p| p.kind() == "statement_block")?;
    let last = children(block).rfind(|c| c.is_named())?;
    let owner = block.parent().filter(|_| last == node && block.field() == Some("body"))?;
    match owner.kind() {
        "for_statement" | "for_in_statement" | "while_statement" | "do_statement" => {
            Some("continue")
        }
        _ if is_function(owner) => Some("return"),
        _ => None,
    }
}

pub(super) fn plan(file: &File, node: Node<'_>) -> Answer {
    let (Some(form), Some(then)) = (form(node), field(node, "consequence")) else {
        return Err(file.refuse(Reason::NotHere, "there is no condition here to be turned", node));
    };
    let other = field(node, "alternative").and_then(|a| named(a).last().copied());
    let condition = field(node, "condition").unwrap_or(node);
    let kept: Vec<Node<'_>> = [Some(condition), Some(then), other].into_iter().flatten().collect();
    keep_comments(file, node, &kept)?;
    let freed = if matches!(form, Form::DropElse) { other.unwrap_or(then) } else { then };
    check_names(file, node, freed)?;
    let text = file.text();
    let indent = indent_at(text, node.start_byte());
    let mut out = match form {
        Form::Last(word) => {
            let semi = semicolon(file);
            format!(
                "if ({}) {{\n{indent}{}{word}{semi}\n{indent}}}",
                negated(file, condition),
                unit(file)
            )
        }
        Form::DropElse => file.text()[node.start_byte()..then.end_byte()].to_owned(),
        Form::Swap => {
            let other = other.unwrap_or(then);
            format!("if ({}) {}", negated(file, condition), file.of_node(other))
        }
    };
    let inner = contents(file, freed, indent);
    if !inner.is_empty() {
        out.push_str(&format!("\n{indent}{inner}"));
    }
    let mut step = Step::new("Turn a condition into a guard clause");
    step.replace(&file.path, put(span(node), out));
    Ok(step)
}

/// What stands in a block, at another indentation.
pub(super) fn contents(file: &File, block: Node<'_>, indent: &str) -> String {
    let text = file.text();
    let all: Vec<Node<'_>> = children(block).filter(|c| c.is_named()).collect();
    let (Some(first), Some(_)) = (all.first(), all.last()) else { return String::new() };
    let end = block.end_byte() - 1;
    let until = text[..end].trim_end().len();
    let at = Span::new(first.start_byte(), until.max(first.start_byte()));
    let own_line = text[line_start(text, at.start)..at.start].trim().is_empty();
    let from = if own_line { indent_at(text, at.start) } else { indent };
    moved_lines(file, at, from, indent)
}

/// The condition that holds when this one does not.
pub(super) fn negated(file: &File, condition: Node<'_>) -> String {
    let inner = match condition.kind() {
        "parenthesized_expression" => named(condition).first().copied().unwrap_or(condition),
        _ => condition,
    };
    let text = file.of_node(inner);
    match inner.kind() {
        "unary_expression" if inner.child(0).is_some_and(|t| t.kind() == "!") => {
            let argument = field(inner, "argument").unwrap_or(inner);
            let bare = named(argument)
                .first()
                .copied()
                .filter(|_| argument.kind() == "parenthesized_expression");
            file.of_node(bare.unwrap_or(argument)).to_owned()
        }
        "binary_expression" => {
            let operator = field(inner, "operator");
            let opposite = operator.and_then(|op| {
                Some((
                    op,
                    match op.kind() {
                        "===" => "!==",
                        "!==" => "===",
                        "==" => "!=",
                        "!=" => "==",
                        _ => return None,
                    },
                ))
            });
            match opposite {
                Some((op, new)) => {
                    let at = op.start_byte() - inner.start_byte();
                    format!("{}{new}{}", &text[..at], &text[at + op.kind().len()..])
                }
                None => format!("!({text})"),
            }
        }
        "identifier"
        | "member_expression"
        | "call_expression"
        | "subscript_expression"
        | "this"
        | "parenthesized_expression"
        | "true"
        | "false"
        | "null" => format!("!{text}"),
        _ => format!("!({text})"),
    }
}

/// # Errors
/// When a name of the block would clash with one of the block around.
fn check_names(file: &File, node: Node<'_>, freed: Node<'_>) -> Result<(), Refusal> {
    let bindings = &file.names.bindings;
    let outer = file.names.around(node);
    let Some(inner) = bindings.scopes.iter().position(|s| s.span == span(freed)) else {
        return Ok(());
    };
    let inner = crate::refactor::ScopeId(u32::try_from(inner).unwrap_or(0));
    for (id, bound) in bindings.in_scope(inner) {
        if bound.kind == crate::refactor::BoundKind::Function {
            let message = format!("`{}` would be known in all of the outer block", bound.name);
            return Err(file.refuse_at(Reason::Shadowed, message, bound.declared));
        }
        let parent = bindings.scope(outer).parent;
        let taken = [Some(outer), parent].into_iter().flatten().find_map(|s| {
            bindings.own(s, &bound.name, Namespace::Both).filter(|other| *other != id)
        });
        let elsewhere = bindings.within(bindings.scope(outer).span).any(|o| {
            o.bound != Some(id)
                && o.span.of(file.text()) == Some(bound.name.as_str())
                && o.bound.is_none_or(|b| {
                    bindings.chain(outer).any(|s| s == bindings.get(b).scope)
                        || o.role == Role::Bind && bindings.get(b).scope == outer
                })
                && bindings.chain(o.scope).any(|s| s == outer)
        });
        if taken.is_some() || elsewhere {
            let message = format!("`{}` means something else in the outer block", bound.name);
            return Err(file.refuse_at(Reason::Shadowed, message, bound.declared));
        }
    }
    Ok(())
}
