//! Mistakes that one look at the source proves, or nearly.

mod ecma;
mod python;

use super::rules::{SELF_COMPARISON, UNREACHABLE};
use super::source::{Draft, Source, World};
use crate::base::Language;
use crate::syntax::node::{named, span};
use crate::syntax::tree::Node;

/// Looks at the wanted nodes of files that are sources.
pub(super) fn find(source: &Source, world: World<'_>, out: &mut Vec<Draft>) {
    if source.kind.foreign() || source.kind.fixture || source.kind.docs {
        return;
    }
    for node in source.nodes() {
        if node.has_error() {
            continue;
        }
        if source.is(Language::Python) {
            python::look(source, node, out);
        } else if source.is_ecma() {
            ecma::look(source, node, out);
        }
    }
    if source.is(Language::Python) {
        python::awaits(source, world, out);
    }
}

/// `x == x`: the same plain path on both sides.
fn self_comparison(
    source: &Source,
    node: Node<'_>,
    left: Node<'_>,
    right: Node<'_>,
    operator: &str,
    out: &mut Vec<Draft>,
) {
    // `x != x` asks for NaN, and tests ask whether a comparison works at all.
    if source.kind.test || matches!(operator, "!=" | "!==" | "<>") {
        return;
    }
    let plain = |n: Node<'_>| {
        matches!(
            n.kind(),
            "identifier" | "attribute" | "member_expression" | "subscript" | "subscript_expression"
        ) && !n.subtree().any(|n| matches!(n.kind(), "call" | "call_expression"))
    };
    // Of an array, the comparison is an array: a mask of what is not NaN.
    let mask = node.parent().is_some_and(|p| {
        let outer = p.parent().map_or("", |o| o.kind());
        (p.kind() == "parenthesized_expression"
            && matches!(outer, "attribute" | "subscript" | "unary_operator"))
            || matches!(p.kind(), "subscript" | "argument_list")
    });
    if !mask && plain(left) && source.text_of(left) == source.text_of(right) {
        let message = format!(
            "`{}` is compared with itself; the answer is always the same",
            source.text_of(left)
        );
        out.push(Draft::at(&SELF_COMPARISON, source, node, message).confidence(0.85));
    }
}

/// A statement right behind a jump in the same block.
fn unreachable(
    source: &Source,
    block: Node<'_>,
    jumps: &[&str],
    hoisted: &[&str],
    out: &mut Vec<Draft>,
) {
    let statements = named(block);
    for pair in statements.windows(2) {
        let [jump, next] = pair else { continue };
        if !jumps.contains(&jump.kind()) || hoisted.contains(&next.kind()) {
            continue;
        }
        // One of the two must be new: the jump in front of old code counts most.
        let spans = [span(*jump), span(*next)];
        let Some(place) = spans.into_iter().rev().find(|s| source.wants(*s)) else { continue };
        let line = source.lines.line(jump.start_byte());
        let message =
            format!("what follows the jump of line {line} never runs; remove one of the two");
        let key = format!("{} {}", source.text_of(*jump), source.text_of(*next));
        out.push(Draft::new(&UNREACHABLE, source, place, message).key(key).confidence(0.9));
        return;
    }
}

#[cfg(test)]
mod tests;
