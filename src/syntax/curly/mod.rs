//! The catalogue for Rust, JavaScript, TypeScript and Go: which operators look at which nodes.
//!
//! The three grammar families name the same things differently; [`shape`] says what a node is, the
//! operators are written once. What only one language has stands in a file of its own.

mod calls;
mod chains;
mod conditions;
mod elements;
mod go;
mod javascript;
mod names;
mod operators;
#[cfg(test)]
mod properties;
mod rust;
mod said;
mod shape;
mod statements;
#[cfg(test)]
mod testing;
mod values;

use crate::syntax::tree::Node;

use self::shape::Shape;
use super::mutation::Catalogue;
use super::sink::Sink;
use crate::base::Language;

pub(super) static CATALOGUE: Catalogue = Catalogue { visit, extent: shape::extent };

fn visit<'t>(node: Node<'t>, sink: &mut Sink<'t>) {
    match shape::of(node) {
        Shape::Binary => operators::binary(node, sink),
        Shape::Unary => operators::unary(node, sink),
        Shape::Compound => operators::compound(node, sink),
        Shape::Integer => values::integer(node, sink),
        Shape::Float => values::float(node, sink),
        Shape::Boolean => values::boolean(node, sink),
        Shape::Text => values::text(node, sink),
        Shape::Name => names::identifier(node, sink),
        Shape::Field => names::field_access(node, sink),
        Shape::Call => calls::call(node, sink),
        Shape::Index => values::index(node, sink),
        Shape::If => statements::branch(node, sink),
        Shape::Loop => statements::looped(node, sink),
        Shape::Return => statements::returned(node, sink),
        Shape::Jump => statements::jump(node, sink),
        Shape::Ternary => statements::ternary(node, sink),
        Shape::Other => {}
    }
    match sink.parsed.language() {
        Language::Rust => rust::visit(node, sink),
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            javascript::visit(node, sink);
        }
        Language::Go => go::visit(node, sink),
        Language::Python => {}
    }
    match shape::of(node) {
        Shape::Name => {
            chains::longer(node, sink);
            chains::other_value(node, sink);
        }
        Shape::Field => {
            chains::shorter(node, sink);
            chains::longer(node, sink);
            chains::other_value(node, sink);
            chains::other_method(node, sink);
        }
        _ => {}
    }
    if matches!(shape::of(node), Shape::Integer | Shape::Text) {
        chains::instead_of_literal(node, sink);
    }
    calls::copied(node, sink);
    elements::visit(node, sink);
    conditions::operand(node, sink);
    if shape::is_statement(node) {
        statements::statement(node, sink);
    }
    if shape::is_operand(node) {
        values::off_by_one(node, sink);
    }
}
