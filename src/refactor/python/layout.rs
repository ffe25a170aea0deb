//! Lines, indentation and blank lines of the code that is put somewhere else.

use super::world::Unit;
use crate::base::Span;
use crate::syntax::node::{ancestors, span};
use crate::syntax::tree::Node;

/// Where the line of an offset begins.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |at| at + 1)
}

/// Where the line after that of an offset begins.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |next| at + next + 1)
}

/// The white space before the first word of the line of an offset.
pub(super) fn indent(text: &str, at: usize) -> &str {
    let line = &text[line_start(text, at)..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// One step of indentation as the file has it.
pub(super) fn unit_of_indent(unit: &Unit) -> String {
    let block = unit.root().subtree().find(|n| {
        n.kind() == "block"
            && n.parent().is_some_and(|p| p.start_position().row < n.start_position().row)
    });
    let Some((block, parent)) = block.and_then(|b| Some((b, b.parent()?))) else {
        return "    ".to_owned();
    };
    let inner = indent(unit.text(), block.start_byte());
    let outer = indent(unit.text(), parent.start_byte());
    inner.strip_prefix(outer).filter(|i| !i.is_empty()).unwrap_or("    ").to_owned()
}

/// The code of a span with `from` at the beginning of its lines replaced by `to`; lines within strings stay.
pub(super) fn reindented(unit: &Unit, at: Span, from: &str, to: &str) -> String {
    let text = unit.text();
    let strings: Vec<Span> = unit
        .root()
        .subtree()
        .filter(|n| n.kind() == "string" && n.start_byte() < at.end && at.start < n.end_byte())
        .map(span)
        .collect();
    let mut out = String::new();
    let mut offset = at.start;
    for (row, line) in text[at.start..at.end].split_inclusive('\n').enumerate() {
        let in_string = strings.iter().any(|s| s.start < offset && offset < s.end);
        if row == 0 || in_string || line.trim().is_empty() {
            out.push_str(if row > 0 && !in_string {
                line.trim_start_matches([' ', '\t'])
            } else {
                line
            });
        } else if let Some(rest) = line.strip_prefix(from) {
            out.push_str(to);
            out.push_str(rest);
        } else {
            out.push_str(line);
        }
        offset += line.len();
    }
    out
}

/// The statement of the file itself around a node, decorators included.
pub(super) fn top_statement(node: Node<'_>) -> Node<'_> {
    std::iter::once(node)
        .chain(ancestors(node))
        .find(|n| n.parent().is_none_or(|p| p.kind() == "module"))
        .unwrap_or(node)
}

/// A definition with its decorators.
pub(super) fn decorated(node: Node<'_>) -> Node<'_> {
    node.parent().filter(|p| p.kind() == "decorated_definition").unwrap_or(node)
}

/// Where the comments that belong to a statement begin: those on the lines right above.
pub(super) fn with_comments(unit: &Unit, node: Node<'_>) -> usize {
    let mut start = line_start(unit.text(), node.start_byte());
    let own = indent(unit.text(), node.start_byte());
    while start > 0 {
        let above = line_start(unit.text(), start - 1);
        let line = &unit.text()[above..start];
        let comment = line.strip_prefix(own).is_some_and(|l| l.starts_with('#'));
        if !comment || line.starts_with("#!") {
            break;
        }
        start = above;
    }
    start
}

/// True when a text may go where an operand stands without parentheses.
pub(super) fn is_atom(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "identifier"
            | "attribute"
            | "subscript"
            | "call"
            | "integer"
            | "float"
            | "string"
            | "true"
            | "false"
            | "none"
            | "list"
            | "tuple"
            | "set"
            | "dictionary"
            | "list_comprehension"
            | "set_comprehension"
            | "dictionary_comprehension"
            | "generator_expression"
            | "parenthesized_expression"
            | "ellipsis"
    )
}
