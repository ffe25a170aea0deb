//! Chains of fields: a link too many, a link too few, another value than the one meant.

use std::rc::Rc;

use super::said::values;
use super::shape::{self, Shape, is_called, member_of, object_of};
use crate::syntax::mutation::Operator;
use crate::syntax::node::{descendants, span};
use crate::syntax::said::{Chain, Chains, What, distinct};
use crate::syntax::similar::similar_names;
use crate::syntax::sink::Sink;
use crate::syntax::tree::Node;

/// Links that a value may get.
const LINKS: usize = 4;
/// Values said nearby that may take the place of another.
const VALUES: usize = 6;
/// Values that may take the place of a literal.
const FOR_LITERALS: usize = 2;

/// `a.b` becomes `a`, or `b`.
pub(super) fn shorter(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(object), Some(member)) = (object_of(node), member_of(node)) else { return };
    let (whole, last) = (sink.text(object), sink.text(member));
    sink.swap(Operator::LinkDrop, 2.2, node, whole);
    if object.kind() == "identifier" && (is_called(node) || is_in_scope(last, node, sink)) {
        sink.swap(Operator::LinkDrop, 2.0, node, last);
    }
}

fn is_in_scope(name: &str, node: Node<'_>, sink: &Sink<'_>) -> bool {
    sink.names(node).iter().any(|known| known.name == name)
}

/// `a` becomes `a.b` where the file says `a.b`; `b` becomes `a.b`, too.
pub(super) fn longer(node: Node<'_>, sink: &mut Sink<'_>) {
    if is_called(node) && shape::of(node) == Shape::Field {
        return;
    }
    let own = sink.text(node);
    let is_name = shape::of(node) == Shape::Name;
    let is_known = !is_name || is_in_scope(own, node, sink);
    let chains = all(sink);
    let said = chains.on(own).filter(|chain| chain.is_called == is_called(node));
    for link in distinct(said.map(|chain| sink.text_at(chain.member)), LINKS) {
        sink.swap(Operator::LinkAdd, 2.1, node, format!("{own}.{link}"));
    }
    let owners = chains.with(own).map(|chain| sink.text_at(chain.object));
    for object in distinct(owners.filter(|o| is_name && o.len() <= 32), LINKS) {
        let cost = if is_known { 2.1 } else { 1.0 };
        sink.swap(Operator::LinkAdd, cost, node, format!("{object}.{own}"));
    }
}

/// Every `a.b` of the file.
pub(super) fn all(sink: &Sink<'_>) -> Rc<Chains> {
    sink.chains(|| {
        let fields = descendants(sink.root()).into_iter().filter(|n| shape::of(*n) == Shape::Field);
        fields
            .filter_map(|node| {
                let (object, member) = (object_of(node)?, member_of(node)?);
                let is_called = is_called(node);
                Some(Chain { object: span(object), member: span(member), is_called })
            })
            .collect()
    })
}

/// A value becomes another that is said nearby: a name instead of a field, a field instead of a name.
/// A name becoming a name is left to `names`.
pub(super) fn other_value(node: Node<'_>, sink: &mut Sink<'_>) {
    if is_called(node) || object_of_chain(node) {
        return;
    }
    let is_name = shape::of(node) == Shape::Name;
    for other in values(node, VALUES, sink) {
        if !is_name || other.what != What::Name {
            let text = sink.text_at(other.span);
            sink.swap(Operator::ValueSwap, 2.3, node, text);
        }
    }
}

/// A literal that is passed, compared or counted with becomes a value that is said nearby.
pub(super) fn instead_of_literal(node: Node<'_>, sink: &mut Sink<'_>) {
    let place = node.parent().map_or("", |parent| parent.kind());
    let fits = matches!(
        place,
        "arguments"
            | "argument_list"
            | "binary_expression"
            | "pair"
            | "index_expression"
            | "subscript_expression"
            | "return_statement"
    );
    for other in values(node, FOR_LITERALS, sink).into_iter().filter(|_| fits) {
        let text = sink.text_at(other.span);
        sink.swap(Operator::ValueSwap, 2.7, node, text);
    }
}

fn object_of_chain(node: Node<'_>) -> bool {
    node.parent()
        .is_some_and(|parent| object_of(parent).is_some_and(|object| object.id() == node.id()))
}

/// The name of a called method becomes another that the file calls: of the same object, or nearly the same.
pub(super) fn other_method(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(object), Some(member)) = (object_of(node), member_of(node)) else { return };
    if !is_called(node) {
        return;
    }
    let (whole, own) = (sink.text(object), sink.text(member));
    let chains = all(sink);
    let members = chains.members().filter(|chain| chain.is_called);
    let near = similar_names(own, members.map(|chain| sink.text_at(chain.member)));
    let called = chains.on(whole).filter(|chain| chain.is_called);
    let same = called.map(|chain| sink.text_at(chain.member)).filter(|name| *name != own);
    let same = distinct(same, LINKS);
    for new in near.into_iter().take(LINKS) {
        sink.swap(Operator::MethodSwap, 1.8, member, new);
    }
    for new in same {
        sink.swap(Operator::MethodSwap, 2.1, member, new);
    }
}

#[cfg(test)]
mod tests {
    use crate::base::Language::{Go, JavaScript, Rust};
    use crate::syntax::curly::testing::reaches;

    #[test]
    fn links_come_and_go() {
        reaches(
            JavaScript,
            "function f(item, size) {\n  g(item.data.kind);\n  return item.data.size + size; //!\n}\n",
            &["return item.data + size", "return item.size + size", "return item.data.kind + size"],
        );
        reaches(
            JavaScript,
            "function f(q) {\n  h(q.size);\n  return q + size; //!\n}\n",
            &["return q.size + size", "return q + q.size"],
        );
        reaches(
            Go,
            "package p\n\nfunc f(c *C, host string) {\n\tg(c.addr)\n\th(host) //!\n}\n",
            &["h(c.addr)"],
        );
        reaches(
            Rust,
            "fn f(a: A) -> u8 {\n    a.open();\n    let n = a.inner.low; //!\n    a.close(); //!\n    n\n}\n",
            &["let n = a.inner;", "let n = a.low;", "a.open(); //!\n    n"],
        );
    }
}
