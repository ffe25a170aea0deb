//! What only Go has: declarations that hide a name, pointers, errors that nobody looks at.

use super::shape::{Shape, function, is_statement, of, operator_of};
use super::statements::indent_of;
use crate::syntax::mutation::Operator;
use crate::syntax::node::{descendants, field, insert};
use crate::syntax::sink::{Sink, brief};
use crate::syntax::tree::Node;

/// Blocks that look at an error and may be wanted elsewhere, too, are shorter than this.
const MAX_BLOCK: usize = 160;

pub(super) fn visit(node: Node<'_>, sink: &mut Sink<'_>) {
    match node.kind() {
        "short_var_declaration" | "assignment_statement" => {
            declaration(node, sink);
            unseen_error(node, sink);
        }
        "unary_expression" => {
            if let (Some(operator), Some(operand)) = (operator_of(node), field(node, "operand"))
                && matches!(operator.kind(), "&" | "*")
            {
                let text = sink.text(operand);
                sink.swap(Operator::Borrow, 1.8, node, text);
            }
        }
        _ => {}
    }
    let place = node.parent().map_or("", |p| p.kind());
    let is_value = matches!(of(node), Shape::Name | Shape::Field | Shape::Index);
    let text = sink.text(node);
    if is_value && matches!(place, "argument_list" | "expression_list" | "literal_element")
        || node.kind() == "composite_literal"
    {
        sink.swap(Operator::Borrow, 2.1, node, format!("&{text}"));
    }
    if is_value && matches!(place, "argument_list" | "binary_expression" | "expression_list") {
        sink.swap(Operator::Borrow, 2.4, node, format!("*{text}"));
        for kind in ["float64", "int", "int64"] {
            sink.swap(Operator::WrapCall, 2.3, node, format!("{kind}({text})"));
        }
        sink.swap(Operator::WrapCall, 2.2, node, format!("len({text})"));
    }
}

/// `:=` becomes `=`, so that a name outside gets the value, and the other way.
fn declaration(node: Node<'_>, sink: &mut Sink<'_>) {
    let operator = crate::syntax::node::children(node).find(|c| matches!(c.kind(), ":=" | "="));
    if let Some(operator) = operator {
        let (new, cost) = if operator.kind() == "=" { (":=", 2.0) } else { ("=", 1.8) };
        sink.swap(Operator::Declaration, cost, operator, new);
    }
}

/// An error is looked at as it is elsewhere in the function.
fn unseen_error(node: Node<'_>, sink: &mut Sink<'_>) {
    let names = field(node, "left").map(|left| sink.text(left)).unwrap_or_default();
    let Some(error) = names.split(',').map(str::trim).find(|n| n.starts_with("err")) else {
        return;
    };
    if !is_statement(node) {
        return;
    }
    let is_seen = node.next_named_sibling().is_some_and(|next| {
        of(next) == Shape::If
            && field(next, "condition").is_some_and(|c| sink.text(c).contains(error))
    });
    let Some(around) = function(node).filter(|_| !is_seen) else { return };
    let indent = indent_of(node, sink);
    let mut blocks: Vec<String> =
        vec![format!("if {error} != nil {{\n{indent}\treturn {error}\n{indent}}}")];
    for other in descendants(around) {
        let asks = of(other) == Shape::If
            && field(other, "initializer").is_none()
            && field(other, "condition").is_some_and(|c| sink.text(c).starts_with(error));
        let text = sink.text(other);
        if asks && text.len() < MAX_BLOCK && !blocks.iter().any(|known| known == text) {
            blocks.push(text.to_owned());
        }
    }
    for block in blocks.into_iter().take(3) {
        let edit = insert(node.end_byte(), format!("\n{indent}{block}"));
        let title = format!("`{error}` is looked at after `{}`", brief(sink.text(node)));
        sink.edit(Operator::Guard, 2.0, node, title, vec![edit]);
    }
}

#[cfg(test)]
mod tests {
    use crate::base::Language::Go;
    use crate::syntax::curly::testing::reaches;

    #[test]
    fn declarations_pointers_and_errors() {
        let source = "package p\n\nfunc f(c *C, n int) (int, error) {\n\ta, err := g(c.x, n) //!\n\tb, err := h(&a) //!\n\tif err != nil {\n\t\treturn 0, err\n\t}\n\treturn b, nil\n}\n";
        reaches(
            Go,
            source,
            &[
                "a, err = g(",
                "h(a)",
                "g(&c.x",
                "float64(n)",
                "n)\n\tif err != nil {\n\t\treturn 0, err\n\t}\n\tb, err",
            ],
        );
    }
}
