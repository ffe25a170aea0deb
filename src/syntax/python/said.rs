//! What the code around says: values and links of chains that an edit may use again.

use std::rc::Rc;

use super::tree;
use crate::syntax::node::{descendants, field, named, span};
use crate::syntax::said::{self, Chain, Chains, Said, What, by_distance};
use crate::syntax::sink::Sink;
use crate::syntax::tree::Node;

/// Longer objects and indices are not used again.
const MAX_BYTES: usize = 40;

/// The distinct values said around `node` in its function, nearest first: names and chains of attributes,
/// but the node's own text.
pub(super) fn values(node: Node<'_>, most: usize, sink: &Sink<'_>) -> Vec<Said> {
    said::nearest(&around(node, sink), node, most, sink, |said| {
        !matches!(sink.text_at(said.span), "self" | "cls" | "_")
    })
}

/// The distinct names said around `node` in its function, nearest first, but those in `known`.
pub(super) fn names<'t>(
    node: Node<'_>,
    known: &[&str],
    most: usize,
    sink: &Sink<'t>,
) -> Vec<&'t str> {
    let wanted = |said: &Said| {
        let text = sink.text_at(said.span);
        said.what == What::Name && !matches!(text, "self" | "cls" | "_") && !known.contains(&text)
    };
    let found = said::nearest(&around(node, sink), node, most, sink, wanted);
    found.into_iter().map(|said| sink.text_at(said.span)).collect()
}

fn around(node: Node<'_>, sink: &Sink<'_>) -> Rc<Vec<Said>> {
    let outer = tree::function(node);
    sink.said(outer.map_or(0, |outer| outer.start_byte()), || {
        descendants(outer.unwrap_or(sink.root())).into_iter().filter_map(value).collect()
    })
}

fn value(node: Node<'_>) -> Option<Said> {
    let parent = node.parent()?;
    let is = |name: &str| field(parent, name).is_some_and(|n| n.id() == node.id());
    let what = match (node.kind(), parent.kind()) {
        (_, "call") if is("function") => return None,
        ("attribute", _) => What::Fields,
        ("identifier", "attribute") if is("attribute") => return None,
        ("identifier", "keyword_argument" | "function_definition" | "class_definition")
            if is("name") =>
        {
            return None;
        }
        ("identifier", "type" | "dotted_name" | "decorator") => return None,
        ("identifier", _) => What::Name,
        _ => return None,
    };
    Some(Said { span: span(node), what })
}

/// Every `a.b` and `a[k]` of the file; the member of the latter is `[k]`.
pub(super) fn chains(sink: &Sink<'_>) -> Rc<Chains> {
    sink.chains(|| descendants(sink.root()).into_iter().filter_map(chain).collect())
}

fn chain(node: Node<'_>) -> Option<Chain> {
    let (object, member) = match node.kind() {
        "attribute" => (field(node, "object")?, span(field(node, "attribute")?)),
        "subscript" if named(node).len() == 2 => {
            let object = field(node, "value")?;
            let mut member = span(node);
            member.start = object.end_byte();
            (object, member)
        }
        _ => return None,
    };
    let is_short =
        object.end_byte() - object.start_byte() <= MAX_BYTES && member.len() <= MAX_BYTES;
    is_short.then(|| Chain {
        object: span(object),
        member,
        is_called: node.kind() == "attribute" && tree::is_called(node),
    })
}

/// The distinct texts that `text` finds in chains, those next to `node` first, `most` of them.
pub(super) fn nearest<'t>(
    chains: impl Iterator<Item = Chain>,
    node: Node<'_>,
    most: usize,
    text: impl Fn(Chain) -> Option<&'t str>,
) -> Vec<&'t str> {
    let chains: Vec<Chain> = chains.collect();
    let own = span(node);
    let others = by_distance(&chains, own.start, |chain| chain.object.start)
        .filter(|chain| chain.object.start < own.start || chain.object.start >= own.end);
    let texts = others.filter_map(|chain| text(*chain)).filter(|text| !text.contains('\n'));
    said::distinct(texts, most)
}

/// What is called nearby with one argument, the nearest first.
pub(super) fn converters<'t>(node: Node<'_>, most: usize, sink: &Sink<'t>) -> Vec<&'t str> {
    let scope = tree::function(node).unwrap_or(sink.root());
    let calls: Vec<Node<'_>> = descendants(scope)
        .into_iter()
        .filter(|n| n.kind() == "call" && n.start_byte() != node.start_byte())
        .filter(|n| tree::positional(*n).len() == 1 && tree::argument_count(*n) == 1)
        .collect();
    let functions = by_distance(&calls, node.start_byte(), |call| call.start_byte())
        .filter_map(|call| field(*call, "function"))
        .filter(|f| f.kind() == "identifier")
        .map(|f| sink.text(f))
        .filter(|name| !matches!(*name, "super" | "print" | "isinstance"));
    said::distinct(functions, most)
}
