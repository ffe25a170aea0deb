//! Short-hands over nodes, so that operators read like what they do.

use super::tree::Node;
use crate::base::{Replacement, Span};

/// All children, anonymous tokens included.
pub(crate) fn children(node: Node<'_>) -> impl DoubleEndedIterator<Item = Node<'_>> {
    node.children().collect::<Vec<_>>().into_iter()
}

/// Named children without comments.
pub(crate) fn named(node: Node<'_>) -> Vec<Node<'_>> {
    children(node).filter(|c| c.is_named() && !c.is_extra()).collect()
}

/// The child in a field.
pub(crate) fn field<'t>(node: Node<'t>, name: &str) -> Option<Node<'t>> {
    node.child_by_field_name(name)
}

/// All children in a field.
pub(crate) fn fields<'t>(node: Node<'t>, name: &str) -> Vec<Node<'t>> {
    node.children().filter(|c| c.field() == Some(name)).collect()
}

/// The text of a node; empty when it does not lie in `text`.
pub(crate) fn text_of<'s>(node: Node<'_>, text: &'s str) -> &'s str {
    text.get(node.byte_range()).unwrap_or("")
}

/// The span of a node.
pub(crate) fn span(node: Node<'_>) -> Span {
    Span::new(node.start_byte(), node.end_byte())
}

/// Replaces a whole node.
pub(crate) fn swap(node: Node<'_>, text: impl Into<String>) -> Replacement {
    Replacement { span: span(node), text: text.into() }
}

/// Inserts at a byte offset.
pub(crate) fn insert(offset: usize, text: impl Into<String>) -> Replacement {
    Replacement { span: Span::at(offset), text: text.into() }
}

/// One of the things between commas, with a comma beside it.
pub(crate) fn with_comma(items: &[Node<'_>], at: usize) -> Span {
    match (items.get(at + 1), at.checked_sub(1)) {
        (Some(next), _) => Span::new(items[at].start_byte(), next.start_byte()),
        (None, Some(before)) => Span::new(items[before].end_byte(), items[at].end_byte()),
        (None, None) => span(items[at]),
    }
}

/// The node and everything below it, parents first, in source order.
pub(crate) fn descendants(root: Node<'_>) -> Vec<Node<'_>> {
    root.subtree().collect()
}

/// As [`descendants`], but does not enter nodes (other than the root) that `enter` refuses;
/// the refused nodes themselves are still listed.
pub(crate) fn walk<'t>(root: Node<'t>, enter: impl Fn(Node<'t>) -> bool) -> Vec<Node<'t>> {
    root.walk(enter)
}

/// The ancestors of a node, nearest first.
pub(crate) fn ancestors(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    std::iter::successors(node.parent(), Node::parent)
}

/// The nearest ancestor (not the node itself) of one of these kinds.
pub(crate) fn ancestor<'t>(node: Node<'t>, kinds: &[&str]) -> Option<Node<'t>> {
    ancestors(node).find(|n| kinds.contains(&n.kind()))
}

/// The first line of a node, counted from 1.
pub(crate) fn first_line(node: Node<'_>) -> u32 {
    u32::try_from(node.start_position().row).unwrap_or(u32::MAX - 1) + 1
}

/// The line of a node's last byte, counted from 1.
pub(crate) fn last_line(node: Node<'_>) -> u32 {
    let end = node.end_position();
    let row =
        if end.column == 0 && end.row > node.start_position().row { end.row - 1 } else { end.row };
    u32::try_from(row).unwrap_or(u32::MAX - 1) + 1
}
