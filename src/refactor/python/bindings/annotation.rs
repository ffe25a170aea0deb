//! Names in annotations that are written as strings: `x: "Cart"`.

use super::collect::Walker;
use crate::base::Language;
use crate::syntax::node::{children, field, named, text_of};
use crate::syntax::parse;
use crate::syntax::tree::Node;

/// Reads the names in the strings of an annotation.
pub(super) fn strings<'t>(walker: &mut Walker<'t>, node: Node<'t>) {
    match node.kind() {
        "string" => return string(walker, node),
        "generic_type" | "subscript" => {
            let types = types_in(node, walker.text);
            let parts = parts(node).into_iter().take(types);
            return parts.filter(|n| n.kind() != "type").for_each(|n| strings(walker, n));
        }
        "concatenated_string" | "lambda" | "call" => return,
        _ => {}
    }
    // Types within have been looked at when they were walked.
    children(node).filter(|c| c.kind() != "type").for_each(|c| strings(walker, c));
}

/// The head of `list[T, U]` and what stands in its brackets.
pub(in crate::refactor::python) fn parts(node: Node<'_>) -> Vec<Node<'_>> {
    let nested = |n: Node<'_>| n.kind() == "type_parameter";
    named(node).into_iter().flat_map(|n| if nested(n) { named(n) } else { vec![n] }).collect()
}

/// How many of [`parts`], the head included, can be types: what `Literal` holds are values.
pub(super) fn types_in(node: Node<'_>, text: &str) -> usize {
    let head = named(node).first().map_or("", |n| text_of(*n, text));
    match head.rsplit('.').next() {
        Some("Literal") => 1,
        Some("Annotated") => 2,
        _ => usize::MAX,
    }
}

/// Reads the types that a call of `typing` takes as strings: `cast("Cart", x)`, `TypeVar("T", bound="Cart")`.
pub(super) fn of_call<'t>(walker: &mut Walker<'t>, node: Node<'t>) {
    let name = field(node, "function").map_or("", |f| text_of(f, walker.text));
    let Some(list) = field(node, "arguments") else { return };
    match name.rsplit('.').next() {
        Some("cast") => {
            if let Some(first) = named(list).first().filter(|n| n.kind() == "string") {
                string(walker, *first);
            }
        }
        Some("TypeVar") => {
            let bounds = named(list).into_iter().filter(|n| {
                field(*n, "name").is_some_and(|name| text_of(name, walker.text) == "bound")
            });
            let values: Vec<Node<'t>> = bounds.filter_map(|n| field(n, "value")).collect();
            values.into_iter().for_each(|n| strings(walker, n));
        }
        _ => {}
    }
}

fn string(walker: &mut Walker<'_>, node: Node<'_>) {
    let parts = named(node);
    let [start, content, _end] = parts.as_slice() else { return };
    let is_plain = matches!(text_of(*start, walker.text), "\"" | "'");
    let code = text_of(*content, walker.text);
    if !is_plain || content.kind() != "string_content" || code.contains('\\') {
        return;
    }
    let parsed = parse(Language::Python, code);
    let statements = named(parsed.root());
    let [statement] = statements.as_slice() else { return };
    let value = named(*statement);
    let fits = statement.kind() == "expression_statement"
        && value.first().is_some_and(|v| {
            matches!(v.kind(), "identifier" | "attribute" | "subscript" | "binary_operator")
        });
    if !fits || !parsed.is_clean() {
        return;
    }
    let offset = walker.offset + content.start_byte();
    walker.inner(code, offset, &parsed);
}
