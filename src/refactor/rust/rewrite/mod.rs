//! One construct written as another.

mod chains;
mod dead;
mod formats;
mod guards;
mod imports;
mod iterators;
mod loops;
mod split;

use super::names::{self, Names};
use super::typing::Typing;
use crate::base::Span;
use crate::refactor::language::unsupported;
use crate::refactor::{Answer, Reason, Refusal, Rewrite, Setting};
use crate::syntax::Parsed;
use crate::syntax::node::{ancestors, named, span, text_of};
use crate::syntax::tree::Node;

/// A file in which something is rewritten.
#[derive(Clone, Copy)]
struct Source<'a> {
    parsed: &'a Parsed,
    names: &'a Names,
}

impl<'a> Source<'a> {
    fn text(&self) -> &'a str {
        self.parsed.text()
    }

    fn str(&self, node: Node<'_>) -> &'a str {
        text_of(node, self.text())
    }

    fn typing(&self) -> Typing<'a> {
        Typing { parsed: self.parsed, names: self.names }
    }

    fn refuse(&self, setting: &Setting<'_>, reason: Reason, message: &str, at: Span) -> Refusal {
        Refusal::new(reason, message).at(setting.path(), self.parsed.lines().line(at.start))
    }

    /// The nodes around a place, innermost first, that begin where a selection does or hold a caret.
    fn around(&self, at: Span) -> Vec<Node<'a>> {
        let inner = self.parsed.root().descendant_for_byte_range(at.start, at.end.max(at.start));
        inner.map_or_else(Vec::new, |n| std::iter::once(n).chain(ancestors(n)).collect())
    }
}

pub(super) fn plan(setting: &Setting<'_>, rewrite: Rewrite) -> Answer {
    let names = names::of(setting.parsed);
    let source = Source { parsed: setting.parsed, names: &names };
    match rewrite {
        Rewrite::LoopToComprehension => loops::plan(setting, source),
        Rewrite::ComprehensionToLoop => iterators::plan(setting, source),
        Rewrite::GuardClauses => guards::plan(setting, source),
        Rewrite::DeadCode => dead::plan(setting, source),
        Rewrite::UnusedImports => imports::plan(setting, source),
        Rewrite::IfChainToMatch => chains::plan(setting, source),
        Rewrite::FormatStrings => formats::plan(setting, source),
        Rewrite::SplitFunction => split::plan(setting, source),
        Rewrite::IfChainToTable => {
            Err(unsupported("Rust", "literal tables; a `match` is what it has"))
        }
        Rewrite::Dataclass => Err(unsupported("Rust", "classes")),
    }
}

pub(super) fn offers(parsed: &Parsed) -> Vec<(Rewrite, Span)> {
    let names = names::of(parsed);
    let source = Source { parsed, names: &names };
    let mut out = Vec::new();
    let mut add = |rewrite: Rewrite, spans: Vec<Span>| {
        out.extend(spans.into_iter().map(|at| (rewrite, at)));
    };
    add(Rewrite::LoopToComprehension, loops::offers(source));
    add(Rewrite::ComprehensionToLoop, iterators::offers(source));
    add(Rewrite::GuardClauses, guards::offers(source));
    add(Rewrite::DeadCode, dead::offers(source));
    add(Rewrite::UnusedImports, imports::offers(source));
    add(Rewrite::IfChainToMatch, chains::offers(source));
    add(Rewrite::FormatStrings, formats::offers(source));
    add(Rewrite::SplitFunction, split::offers(source));
    out.sort_by_key(|(rewrite, at)| (at.start, *rewrite));
    out
}

/// True when something in the node leaves it: `?`, `return`, `break`, `continue`, `.await`, also in a macro.
fn leaves(node: Node<'_>, text: &str) -> bool {
    node.subtree().any(|n| {
        matches!(
            n.kind(),
            "try_expression"
                | "return_expression"
                | "break_expression"
                | "continue_expression"
                | "await_expression"
                | "yield_expression"
        )
    }) || super::context::tokens_in_macros(
        node,
        text,
        &["?", "return", "break", "continue", "await"],
    )
}

fn has_comment(node: Node<'_>) -> bool {
    node.subtree().any(|n| n.kind().ends_with("_comment"))
}

/// The statements of a block without comments.
fn statements(block: Node<'_>) -> Vec<Node<'_>> {
    named(block).into_iter().filter(|c| c.kind() != "label").collect()
}

/// The expression that a statement consists of; the statement itself when it is one.
fn expression_of(statement: Node<'_>) -> Node<'_> {
    if statement.kind() == "expression_statement" {
        return named(statement).into_iter().next().unwrap_or(statement);
    }
    statement
}

/// Lines moved by some blanks to the left, but for those within strings.
fn dedented(text: &str, by: usize) -> String {
    let fixed = super::extract_function::fixed_lines(text);
    let mut out = String::with_capacity(text.len());
    for (n, line) in text.split_inclusive('\n').enumerate() {
        let blanks = line.len() - line.trim_start_matches(' ').len();
        let cut = if n == 0 || fixed.contains(&n) { 0 } else { by.min(blanks) };
        out.push_str(&line[cut..]);
    }
    out
}

/// The span of nodes side by side.
fn across(first: Node<'_>, last: Node<'_>) -> Span {
    Span::new(span(first).start, span(last).end)
}
