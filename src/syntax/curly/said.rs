//! What the code around says: values and conditions that an edit may use again.

use std::rc::Rc;

use super::shape::{self, Shape, function, is_called, object_of, operator_of};
use crate::base::Span;
use crate::syntax::node::{descendants, field, named, span};
use crate::syntax::said::{self, Binding, Said, What};
use crate::syntax::sink::Sink;
use crate::syntax::tree::Node;

/// Every name, chain of fields and condition of the function around `node`, in source order; of the whole
/// file where there is none.
fn around(node: Node<'_>, sink: &Sink<'_>) -> Rc<Vec<Said>> {
    let outer = function(node);
    sink.said(outer.map_or(0, |outer| outer.start_byte()), || {
        descendants(outer.unwrap_or(sink.root()))
            .into_iter()
            .filter_map(value_or_condition)
            .collect()
    })
}

fn value_or_condition(node: Node<'_>) -> Option<Said> {
    let is_condition = node.parent().is_some_and(|parent| {
        matches!(shape::of(parent), Shape::If | Shape::Loop)
            && field(parent, "condition").is_some_and(|c| c.id() == node.id())
    });
    if is_condition {
        let node = inner(node);
        let is_test = !matches!(node.kind(), "let_condition" | "let_chain")
            && shape::of(node) != Shape::Boolean;
        return is_test.then(|| Said { span: span(node), what: What::Condition(binding(node)) });
    }
    let what = match shape::of(node) {
        Shape::Name => What::Name,
        Shape::Field => What::Fields,
        _ => return None,
    };
    (!is_called(node)).then(|| Said { span: span(node), what })
}

/// How tightly an expression holds together.
pub(super) fn binding(node: Node<'_>) -> Binding {
    let operator = operator_of(node).filter(|_| shape::of(node) == Shape::Binary);
    match operator.map_or("", |operator| operator.kind()) {
        "||" => Binding::Or,
        "&&" => Binding::And,
        "??" => Binding::Loose,
        _ if shape::of(node) == Shape::Ternary => Binding::Loose,
        _ => Binding::Tight,
    }
}

/// The distinct values said around `node` in its function, nearest first: names and chains of fields, but
/// the node's own text.
pub(super) fn values(node: Node<'_>, most: usize, sink: &Sink<'_>) -> Vec<Said> {
    nearest(node, most, sink, |said| !matches!(said.what, What::Condition(_)))
}

/// The distinct conditions of other branches of the function, nearest first, and how tightly they bind.
pub(super) fn conditions(node: Node<'_>, most: usize, sink: &Sink<'_>) -> Vec<(Span, Binding)> {
    let found = nearest(node, most, sink, |said| matches!(said.what, What::Condition(_)));
    let condition = |said: Said| match said.what {
        What::Condition(binding) => Some((said.span, binding)),
        What::Name | What::Fields => None,
    };
    found.into_iter().filter_map(condition).collect()
}

fn nearest(
    node: Node<'_>,
    most: usize,
    sink: &Sink<'_>,
    is_wanted: impl Fn(&Said) -> bool,
) -> Vec<Said> {
    said::nearest(&around(node, sink), node, most, sink, is_wanted)
}

/// The first name of a chain of fields.
pub(super) fn root(node: Node<'_>) -> Node<'_> {
    let mut node = node;
    while let Some(object) = object_of(node).filter(|_| shape::of(node) == Shape::Field) {
        node = object;
    }
    node
}

/// JavaScript keeps its conditions in parentheses.
pub(super) fn inner(condition: Node<'_>) -> Node<'_> {
    if condition.kind() == "parenthesized_expression" {
        named(condition).first().copied().unwrap_or(condition)
    } else {
        condition
    }
}
