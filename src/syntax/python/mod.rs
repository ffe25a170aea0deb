//! The Python catalogue: which operators look at which nodes.

mod arithmetic;
mod compare;
mod constant;
#[cfg(test)]
mod testing;
mod text;
mod tree;

use tree_sitter::Node;

use super::mutation::Catalogue;
use super::sink::Sink;

pub(super) static CATALOGUE: Catalogue = Catalogue { visit, extent: tree::extent };

fn visit<'t>(node: Node<'t>, sink: &mut Sink<'t>) {
    match node.kind() {
        "comparison_operator" => compare::comparison(node, sink),
        "boolean_operator" => {
            compare::boolean(node, sink);
            arithmetic::precedence(node, sink);
            arithmetic::negation_scope(node, sink);
        }
        "not_operator" => compare::not(node, sink),
        "binary_operator" => {
            arithmetic::binary(node, sink);
            arithmetic::precedence(node, sink);
        }
        "parenthesized_expression" => arithmetic::parentheses(node, sink),
        "unary_operator" => arithmetic::unary(node, sink),
        "augmented_assignment" => arithmetic::augmented(node, sink),
        "assignment" => arithmetic::assignment(node, sink),
        "integer" => constant::integer(node, sink),
        "float" => constant::float(node, sink),
        "true" | "false" => constant::boolean(node, sink),
        "none" => constant::none(node, sink),
        "string" => text::string(node, sink),
        "string_content" => text::content(node, sink),
        "format_specifier" => text::format_specifier(node, sink),
        "call" => {
            constant::infinity(node, sink);
            text::placeholder_count(node, sink);
        }
        _ => {}
    }
    if tree::is_expression(node.kind()) && !tree::in_annotation(node) {
        expression(node, sink);
    }
}

/// What can happen to any expression.
fn expression<'t>(node: Node<'t>, sink: &mut Sink<'t>) {
    constant::initial(node, sink);
    arithmetic::off_by_one(node, sink);
    arithmetic::add_sign(node, sink);
    if tree::role(node) == tree::Role::Condition || tree::role(node) == tree::Role::Returned {
        compare::negate(node, sink);
    }
}
