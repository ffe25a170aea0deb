//! Concatenation to a template literal.

use super::super::file::File;
use super::keep_comments;
use super::kinds::{is_primitive, is_string};
use crate::refactor::step::put;
use crate::refactor::{Answer, Reason, Step};
use crate::syntax::node::{field, named, span};
use crate::syntax::tree::Node;

/// True for the outermost `+` of strings and something else.
pub(super) fn offered(file: &File, node: Node<'_>) -> bool {
    if !is_plus(node) || node.parent().is_some_and(|p| is_plus(p) && is_part(file, p, node)) {
        return false;
    }
    let parts = operands(file, node);
    let literal = |n: &Node<'_>| n.kind() == "string";
    parts.iter().any(literal) && parts.iter().any(|n| !literal(n) && n.kind() != "template_string")
}

fn is_plus(node: Node<'_>) -> bool {
    node.kind() == "binary_expression" && node.child(1).is_some_and(|op| op.kind() == "+")
}

/// True when a sum is an operand of an outer one that [`operands`] takes apart.
fn is_part(file: &File, outer: Node<'_>, inner: Node<'_>) -> bool {
    inner.field() == Some("left") && (has_text(file, inner) || !offers_alone(file, outer))
}

fn offers_alone(file: &File, node: Node<'_>) -> bool {
    field(node, "right").is_some_and(|r| is_string(file, r))
}

fn has_text(file: &File, node: Node<'_>) -> bool {
    is_plus(node) && named(node).into_iter().any(|n| is_string(file, n) || has_text(file, n))
}

/// The values that are put together as text: a sum before the first text is one of them.
fn operands<'f>(file: &File, node: Node<'f>) -> Vec<Node<'f>> {
    let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else {
        return vec![node];
    };
    let mut parts = if has_text(file, left) { operands(file, left) } else { vec![left] };
    parts.push(right);
    parts
}

pub(super) fn plan(file: &File, node: Node<'_>) -> Answer {
    let parts = operands(file, node);
    keep_comments(file, node, &parts)?;
    if let Some(part) = parts.iter().find(|n| !is_primitive(file, **n)) {
        let message = format!(
            "`{}` may be an object, which `+` and a template turn into text by different methods",
            file.of_node(*part)
        );
        return Err(file.refuse(Reason::NotEquivalent, message, *part));
    }
    if !parts.iter().take(2).any(|n| is_string(file, *n)) {
        let message = "the sum may begin with an addition of numbers";
        return Err(file.refuse(Reason::NotEquivalent, message, node));
    }
    let mut text = String::from("`");
    for part in parts {
        match part.kind() {
            "string" => match of_string(file.of_node(part)) {
                Some(inner) => text.push_str(&inner),
                None => {
                    let message = "this string has an escape that no template can have";
                    return Err(file.refuse(Reason::NotEquivalent, message, part));
                }
            },
            "template_string" => text.push_str(file.of_node(part).trim_matches('`')),
            _ => {
                let inner = named(part)
                    .first()
                    .copied()
                    .filter(|_| part.kind() == "parenthesized_expression");
                text.push_str(&format!("${{{}}}", file.of_node(inner.unwrap_or(part))));
            }
        }
    }
    text.push('`');
    let mut step = Step::new("Write a concatenation as a template literal");
    step.replace(&file.path, put(span(node), text));
    Ok(step)
}

/// The content of a string literal as that of a template.
fn of_string(literal: &str) -> Option<String> {
    let inner = literal.get(1..literal.len().checked_sub(1)?)?;
    let mut out = String::new();
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let next = chars.next()?;
                let octal = next.is_ascii_digit()
                    && (next != '0' || chars.peek().is_some_and(char::is_ascii_digit));
                if octal {
                    return None;
                }
                if !matches!(next, '\'' | '"') {
                    out.push('\\');
                }
                out.push(next);
            }
            '`' => out.push_str("\\`"),
            '$' if chars.peek() == Some(&'{') => out.push_str("\\$"),
            c => out.push(c),
        }
    }
    // `$` before what follows would begin a substitution.
    if out.ends_with('$') && !out.ends_with("\\$") {
        out.pop();
        out.push_str("\\$");
    }
    Some(out)
}
