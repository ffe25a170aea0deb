//! Mistakes in JavaScript and TypeScript.

use std::collections::HashMap;

use super::{self_comparison, unreachable};
use crate::agent::review::finding::Severity;
use crate::agent::review::rules::{ASSIGNED_CONDITION, DUPLICATE_KEY, NEVER_EQUAL};
use crate::agent::review::source::{Draft, Source};
use crate::syntax::node::{field, named, span};
use crate::syntax::tree::Node;

pub(super) fn look(source: &Source, node: Node<'_>, out: &mut Vec<Draft>) {
    match node.kind() {
        "binary_expression" => comparison(source, node, out),
        "if_statement" => assigned(source, node, out),
        "object" => duplicate_keys(source, node, out),
        "statement_block" | "program" => {
            let jumps =
                ["return_statement", "throw_statement", "continue_statement", "break_statement"];
            // Declarations of functions and types are there before the first line runs.
            let hoisted = [
                "function_declaration",
                "generator_function_declaration",
                "interface_declaration",
                "type_alias_declaration",
                "export_statement",
                "empty_statement",
                "variable_declaration",
                "comment",
            ];
            unreachable(source, node, &jumps, &hoisted, out);
        }
        _ => {}
    }
}

fn comparison(source: &Source, node: Node<'_>, out: &mut Vec<Draft>) {
    let (Some(left), Some(right), Some(operator)) =
        (field(node, "left"), field(node, "right"), field(node, "operator"))
    else {
        return;
    };
    let operator = source.text_of(operator);
    if !matches!(operator, "==" | "===" | "!=" | "!==" | "<" | ">" | "<=" | ">=") {
        return;
    }
    self_comparison(source, node, left, right, operator, out);
    let equal = matches!(operator, "==" | "===" | "!=" | "!==");
    let nan = |n: Node<'_>| matches!(source.text_of(n), "NaN" | "Number.NaN");
    if equal && (nan(left) || nan(right)) {
        let message = "NaN is equal to nothing, itself included; use `Number.isNaN`";
        out.push(Draft::at(&NEVER_EQUAL, source, node, message).confidence(0.97));
    }
    const ANSWERS: &[&str] = &[
        "undefined",
        "object",
        "boolean",
        "number",
        "bigint",
        "string",
        "symbol",
        "function",
        "unknown",
    ];
    let asks =
        |n: Node<'_>| n.kind() == "unary_expression" && source.text_of(n).starts_with("typeof");
    for (asked, answer) in [(left, right), (right, left)] {
        let word = source.text_of(answer).trim_matches(['"', '\'']);
        if equal && asks(asked) && answer.kind() == "string" && !ANSWERS.contains(&word) {
            let message = format!("`typeof` never says \"{word}\"");
            out.push(Draft::at(&NEVER_EQUAL, source, node, message).confidence(0.97));
        }
    }
}

/// `if (a = b)`; a second pair of parentheses says that it is meant.
fn assigned(source: &Source, node: Node<'_>, out: &mut Vec<Draft>) {
    let Some(condition) = field(node, "condition") else { return };
    let Some(inner) =
        named(condition).first().copied().filter(|n| n.kind() == "assignment_expression")
    else {
        return;
    };
    let value = field(inner, "right").map_or("", |r| r.kind());
    let message = "this assigns and does not compare; write `===`, or another pair of parentheses to say that it is meant";
    let draft = Draft::at(&ASSIGNED_CONDITION, source, inner, message);
    // With a call on the right it is mostly meant: `if (m = re.exec(s))`.
    let meant = matches!(
        value,
        "call_expression"
            | "await_expression"
            | "member_expression"
            | "subscript_expression"
            | "binary_expression"
    );
    out.push(if meant {
        draft.severity(Severity::Informs).confidence(0.4)
    } else {
        draft.confidence(0.85)
    });
}

fn duplicate_keys(source: &Source, node: Node<'_>, out: &mut Vec<Draft>) {
    let mut seen: HashMap<&str, Node<'_>> = HashMap::new();
    for pair in named(node).into_iter().filter(|p| p.kind() == "pair") {
        let Some(key) = field(pair, "key")
            .filter(|k| matches!(k.kind(), "property_identifier" | "string" | "number"))
        else {
            continue;
        };
        let text = source.text_of(key);
        let inner = |quote| text.strip_prefix(quote).and_then(|t| t.strip_suffix(quote));
        let name = inner('"').or_else(|| inner('\'')).unwrap_or(text);
        if name == "__proto__" {
            continue;
        }
        if let Some(first) = seen.insert(name, pair) {
            let value = |p: Node<'_>| field(p, "value").map_or("", |v| source.text_of(v));
            let line = source.lines.line(first.start_byte());
            let message =
                format!("the key `{name}` is given on line {line} too; only the last value stays");
            let at = if source.wants(span(pair)) { pair } else { first };
            let draft = Draft::at(&DUPLICATE_KEY, source, at, message)
                .key(format!("{name} {}", value(pair)))
                .confidence(0.93);
            out.push(if value(first) == value(pair) || source.kind.test {
                draft.severity(Severity::Informs)
            } else {
                draft
            });
        }
    }
}
