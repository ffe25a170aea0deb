//! The patterns of `match`.

use super::collect::Walker;
use crate::refactor::BoundKind;
use crate::syntax::node::named;
use crate::syntax::tree::Node;

/// Binds what a pattern captures and reads the classes and values that it names.
pub(super) fn visit<'t>(walker: &mut Walker<'t>, node: Node<'t>, whole: Node<'t>) {
    match node.kind() {
        "dotted_name" => {
            let parts = named(node);
            let Some(first) = parts.first() else { return };
            if parts.len() == 1 {
                walker.bind(*first, BoundKind::Variable, whole);
            } else {
                walker.read(*first);
            }
        }
        "class_pattern" => {
            let mut inner = named(node).into_iter();
            if let Some(first) = inner.next().and_then(|n| named(n).first().copied()) {
                walker.read(first);
            }
            inner.for_each(|n| visit(walker, n, whole));
        }
        "keyword_pattern" => {
            named(node).into_iter().skip(1).for_each(|n| visit(walker, n, whole));
        }
        "identifier" => walker.bind(node, BoundKind::Variable, whole),
        _ => named(node).into_iter().for_each(|n| visit(walker, n, whole)),
    }
}
