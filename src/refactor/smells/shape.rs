//! Functions that are too long, too deep, or take too much.

use super::{Smell, SmellKind};
use crate::base::Span;
use crate::refactor::{Refactoring, Rewrite};
use crate::syntax::node::walk;
use crate::syntax::tree::Node;
use crate::syntax::{self, Function, ParamKind, Parsed};

/// Lines of code of a function beyond which it is long.
const LONG: usize = 50;
/// Control structures inside each other beyond which it is deep.
const DEEP: usize = 4;
/// Parameters beyond which there are many.
const MANY: usize = 5;

pub(super) fn find(parsed: &Parsed, offers: &[(Rewrite, Span)]) -> Vec<Smell> {
    let mut out = Vec::new();
    for function in syntax::functions(parsed).iter().filter(|function| !function.is_test) {
        let offered = |wanted: Rewrite| {
            let inside = |span: &Span| function.span.contains(*span);
            offers
                .iter()
                .find(|(rewrite, span)| *rewrite == wanted && inside(span))
                .map(|(_, s)| *s)
        };
        let step = |wanted: Rewrite| offered(wanted).map(|at| (Refactoring::Rewrite(wanted), at));
        let mut add = |kind, message: String, benefit: f64, step: Option<(Refactoring, Span)>| {
            let (step, at) = step.unzip();
            let span = head(parsed, function);
            out.push(Smell { kind, span, message, benefit: benefit.min(90.0), step, at });
        };
        let name = &function.name;
        let lines = code_lines(parsed, function);
        if lines > LONG {
            let message = format!("`{name}` is {lines} lines long");
            let benefit = 25.0 + (lines - LONG) as f64 / 2.0;
            add(SmellKind::LongFunction, message, benefit, step(Rewrite::SplitFunction));
        }
        let depth = depth(parsed, function);
        let guard = step(Rewrite::GuardClauses);
        if depth > DEEP {
            let message = format!("`{name}` is {depth} levels deep");
            add(SmellKind::DeepNesting, message, 20.0 + 10.0 * (depth - DEEP) as f64, guard);
        } else if guard.is_some() && depth > 1 {
            let message =
                format!("`{name}` could leave early instead of going {depth} levels deep");
            add(SmellKind::DeepNesting, message, 12.0 + depth as f64, guard);
        }
        let parameters = parameters(function);
        if parameters > MANY {
            let message = format!("`{name}` takes {parameters} parameters");
            add(SmellKind::ManyParameters, message, 10.0 + 4.0 * (parameters - MANY) as f64, None);
        }
    }
    out
}

/// From the beginning of a function to the end of its first line.
fn head(parsed: &Parsed, function: &Function) -> Span {
    let text = function.span.of(parsed.text()).unwrap_or_default();
    let end = text.find('\n').unwrap_or(text.len());
    Span::new(function.span.start, function.span.start + end)
}

/// Lines of a body that hold more than a comment or a bracket.
fn code_lines(parsed: &Parsed, function: &Function) -> usize {
    let body = function.body.of(parsed.text()).unwrap_or_default();
    let says = |line: &&str| {
        let line = line.trim();
        !(line.is_empty() || line.starts_with('#') || line.starts_with("//") || line.len() == 1)
    };
    body.lines().filter(says).count()
}

/// How many control structures lie inside each other, nested functions left out.
fn depth(parsed: &Parsed, function: &Function) -> usize {
    let root = parsed.root();
    let Some(body) = root.descendant_for_byte_range(function.body.start, function.body.end) else {
        return 0;
    };
    let inner = |n: Node<'_>| n.kind().contains("function") || n.kind().contains("closure");
    let mut deepest = 0;
    for node in walk(body, |n| !inner(n)) {
        if !is_control(node) {
            continue;
        }
        let around = crate::syntax::node::ancestors(node)
            .take_while(|n| n.start_byte() >= body.start_byte() && !inner(*n))
            .filter(|n| is_control(*n));
        deepest = deepest.max(1 + around.count());
    }
    deepest
}

/// A structure that adds a level; an `else if` is on the level of its `if`.
fn is_control(node: Node<'_>) -> bool {
    let kinds = [
        "if_statement",
        "for_statement",
        "while_statement",
        "try_statement",
        "with_statement",
        "match_statement",
        "switch_statement",
        "for_in_statement",
        "do_statement",
        "if_expression",
        "match_expression",
        "for_expression",
        "while_expression",
        "loop_expression",
    ];
    let chained = node.parent().is_some_and(|parent| parent.kind() == "else_clause");
    kinds.contains(&node.kind()) && !chained
}

/// Parameters that a caller has to think of: not the receiver, and options by name for half.
fn parameters(function: &Function) -> usize {
    let own = function.params.iter().filter(|p| !matches!(p.name.as_str(), "self" | "cls"));
    let (named, plain): (Vec<_>, Vec<_>) =
        own.partition(|p| p.kind == ParamKind::Keyword && p.has_default);
    plain.len() + named.len() / 2
}
