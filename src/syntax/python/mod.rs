//! The Python catalogue: which operators look at which nodes.

mod compare;
#[cfg(test)]
mod testing;
mod tree;

use tree_sitter::Node;

use super::mutation::Catalogue;
use super::sink::Sink;

pub(super) static CATALOGUE: Catalogue = Catalogue { visit, extent: tree::extent };

fn visit<'t>(node: Node<'t>, sink: &mut Sink<'t>) {
    match node.kind() {
        "comparison_operator" => compare::comparison(node, sink),
        "boolean_operator" => compare::boolean(node, sink),
        "not_operator" => compare::not(node, sink),
        _ => {}
    }
}
