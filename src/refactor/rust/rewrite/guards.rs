//! Nested conditions as early exits.

use super::{Source, dedented, expression_of, statements};
use crate::base::Span;
use crate::refactor::rust::context::{block_value, indent_at, is_place, needs_parentheses};
use crate::refactor::step::put;
use crate::refactor::{Answer, Reason, Setting, Step};
use crate::syntax::node::{ancestors, children, descendants, field, named, span};
use crate::syntax::tree::Node;

const INDENT: usize = 4;

/// A condition that can be turned around.
struct Guard<'t> {
    condition: Node<'t>,
    statement: Node<'t>,
    inner: Node<'t>,
    exit: String,
}

pub(super) fn offers(source: Source<'_>) -> Vec<Span> {
    let all = descendants(source.parsed.root()).into_iter().filter(|n| n.kind() == "if_expression");
    let guards = all
        .filter_map(|n| guard(source, n))
        .filter(|g| statements(g.inner).len() > 1 || nested(g.inner));
    guards.filter(|g| reason(source, g).is_none()).map(|g| span(g.statement)).collect()
}

pub(super) fn plan(setting: &Setting<'_>, source: Source<'_>) -> Answer {
    let around = source.around(setting.at.span);
    let first = around.into_iter().filter_map(|n| {
        let n = if n.kind() == "expression_statement" { expression_of(n) } else { n };
        guard(source, n).filter(|_| n.kind() == "if_expression")
    });
    let Some(guard) = first.into_iter().next() else {
        let message =
            "put the caret on an `if` at the end of a function without a result, or of a loop";
        return Err(source.refuse(setting, Reason::NotHere, message, setting.at.span));
    };
    if let Some((reason, message, at)) = reason(source, &guard) {
        return Err(source.refuse(setting, reason, message, at));
    }
    let mut step = Step::new("Leave early instead of nesting");
    step.replace(setting.path(), put(span(guard.statement), written(source, &guard)));
    Ok(step)
}

fn nested(block: Node<'_>) -> bool {
    statements(block).first().is_some_and(|s| expression_of(*s).kind() == "if_expression")
}

fn guard<'t>(source: Source<'t>, condition: Node<'t>) -> Option<Guard<'t>> {
    if condition.kind() != "if_expression" {
        return None;
    }
    let parent = condition.parent()?;
    let statement = if parent.kind() == "expression_statement" { parent } else { condition };
    let block = statement.parent().filter(|b| b.kind() == "block")?;
    let inner = field(condition, "consequence")?;
    if children(block).any(|c| c.kind() == "label") {
        return None;
    }
    if let Some(other) = field(condition, "alternative") {
        // `else { return …; }` says itself what the exit is.
        let block = named(other).into_iter().next().filter(|b| b.kind() == "block")?;
        let parts = statements(block);
        let [only] = parts.as_slice() else { return None };
        let out = expression_of(*only);
        let leaves =
            matches!(out.kind(), "return_expression" | "continue_expression" | "break_expression");
        let unit = is_last(statement) || !source.str(statement).ends_with(';');
        let exit = source.str(out).to_owned();
        let has_value = block_value(statement, source.text()).is_some() || statement == condition;
        return Some(Guard { condition, statement, inner, exit })
            .filter(|_| leaves && unit && !has_value && children(block).all(|c| !c.is_extra()));
    }
    if !is_last(statement) {
        return None;
    }
    let exit = match block.parent()?.kind() {
        "function_item" => {
            let function = block.parent()?;
            field(function, "return_type").is_none().then(|| "return".to_owned())?
        }
        "for_expression" | "while_expression" | "loop_expression" => "continue".to_owned(),
        _ => return None,
    };
    Some(Guard { condition, statement, inner, exit })
}

fn is_last(statement: Node<'_>) -> bool {
    std::iter::successors(statement.next_named_sibling(), |n| n.next_named_sibling())
        .all(|n| n.is_extra())
        && statement.next_named_sibling().is_none_or(|n| !n.is_extra())
}

fn reason(source: Source<'_>, guard: &Guard<'_>) -> Option<(Reason, &'static str, Span)> {
    let condition = field(guard.condition, "condition")?;
    let at = span(condition);
    match condition.kind() {
        "let_chain" => {
            return Some((Reason::Unsupported, "`let` and other conditions in one `if`", at));
        }
        "let_condition" => {
            let value = field(condition, "value")?;
            let bare =
                if value.kind() == "reference_expression" { field(value, "value")? } else { value };
            let kept = is_place(bare, source.text())
                || bare.kind() == "call_expression"
                    && source
                        .typing()
                        .of(bare, 0)
                        .is_some_and(|t| !t.contains('&') && !t.contains('\''));
            if !kept {
                return Some((
                    Reason::NotEquivalent,
                    "what the pattern borrows from may end with `let … else`",
                    at,
                ));
            }
        }
        _ => {}
    }
    // What the body declares would be seen by what comes after it.
    let block = guard.statement.parent()?;
    let after = Span::new(span(guard.statement).end, span(block).end);
    for bound in &source.names.bindings.bound {
        let inner = span(guard.condition).contains(bound.declared);
        let top = inner && ancestors_block(source, bound.declared) == Some(guard.inner)
            || span(condition).contains(bound.declared);
        let used =
            || source.names.bindings.within(after).any(|o| source.str_of(o.span) == bound.name);
        if top && used() {
            return Some((
                Reason::Shadowed,
                "a name that the body declares means something else after it",
                bound.declared,
            ));
        }
    }
    // An item of the block would be declared twice.
    let items = statements(guard.inner).into_iter().any(|s| s.kind().ends_with("_item"));
    items.then(|| (Reason::Shadowed, "the body declares items", span(guard.inner)))
}

fn ancestors_block<'t>(source: Source<'t>, at: Span) -> Option<Node<'t>> {
    let node = source.parsed.root().descendant_for_byte_range(at.start, at.end)?;
    ancestors(node).find(|n| n.kind() == "block")
}

impl<'a> Source<'a> {
    fn str_of(&self, at: Span) -> &'a str {
        at.of(self.text()).unwrap_or("")
    }
}

fn written(source: Source<'_>, guard: &Guard<'_>) -> String {
    let text = source.text();
    let indent = indent_at(text, guard.statement.start_byte());
    let mut out = String::new();
    let mut at = (guard.condition, guard.inner);
    let mut depth = 0;
    loop {
        depth += 1;
        let (condition, inner) = at;
        let head = field(condition, "condition")
            .map_or_else(String::new, |c| head(source, c, &guard.exit, indent));
        out.push_str(&head);
        // `if a { if b { … } }`
        let only = statements(inner);
        let next = only.first().map(|s| expression_of(*s)).filter(|n| {
            only.len() == 1
                && n.kind() == "if_expression"
                && field(*n, "alternative").is_none()
                && children(inner).all(|c| !c.is_extra())
                && field(*n, "condition")
                    .is_some_and(|c| !matches!(c.kind(), "let_chain" | "let_condition"))
        });
        match next.and_then(|n| field(n, "consequence").map(|c| (n, c))) {
            Some(next) => {
                out.push('\n');
                out.push_str(indent);
                at = next;
            }
            None => break,
        }
    }
    let body = source.str(at.1);
    let body = body[1..body.len() - 1].trim_end();
    let body = dedented(body, INDENT * depth);
    out.push_str(
        body.strip_prefix('\n')
            .map_or_else(|| format!("\n{indent}{}", body.trim_start()), |b| format!("\n{b}"))
            .as_str(),
    );
    out
}

fn head(source: Source<'_>, condition: Node<'_>, exit: &str, indent: &str) -> String {
    let inner = format!("{indent}    ");
    if condition.kind() == "let_condition" {
        let part = |name: &str| field(condition, name).map_or("", |n| source.str(n));
        return format!(
            "let {} = {} else {{\n{inner}{exit};\n{indent}}};",
            part("pattern"),
            part("value")
        );
    }
    format!("if {} {{\n{inner}{exit};\n{indent}}}", negated(source, condition))
}

/// The opposite of a condition; comparisons of order are not turned, for numbers that are none.
fn negated(source: Source<'_>, condition: Node<'_>) -> String {
    let text = source.str(condition);
    match condition.kind() {
        "unary_expression" if text.starts_with('!') => {
            let inner = named(condition).into_iter().next();
            let inner = inner.map(|i| {
                if i.kind() == "parenthesized_expression" {
                    named(i).into_iter().next().unwrap_or(i)
                } else {
                    i
                }
            });
            inner.map_or_else(|| format!("!{text}"), |i| source.str(i).to_owned())
        }
        "binary_expression" => {
            let operator = field(condition, "operator").map_or("", |o| source.str(o));
            let turned = match operator {
                "==" => "!=",
                "!=" => "==",
                _ => return format!("!({text})"),
            };
            let part = |name: &str| field(condition, name).map_or("", |n| source.str(n));
            format!("{} {turned} {}", part("left"), part("right"))
        }
        _ if needs_parentheses(condition) => format!("!({text})"),
        _ => format!("!{text}"),
    }
}
