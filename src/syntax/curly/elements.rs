//! Elements of displays and parameters of functions: one too many, one too few, two in the wrong order.

use super::said::values;
use super::shape::{Shape, is_called, of};
use crate::syntax::mutation::Operator;
use crate::syntax::node::{descendants, field, insert, named};
use crate::syntax::said::{What, distinct};
use crate::syntax::scope::is_builtin;
use crate::syntax::sink::Sink;
use crate::syntax::tree::Node;

/// Longer displays are tables.
const MOST: usize = 24;
/// Names nearby that may be one element more.
const MORE: usize = 2;

pub(super) fn visit(node: Node<'_>, sink: &mut Sink<'_>) {
    match node.kind() {
        "array" | "array_expression" | "tuple_expression" => {
            fewer(node, sink);
            more(node, sink);
        }
        "object" | "literal_value" | "object_pattern" | "field_initializer_list" => {
            fewer(node, sink)
        }
        "formal_parameters" => {
            fewer(node, sink);
            exchanged(node, sink);
            missing(node, sink);
        }
        _ => {}
    }
}

fn fewer(node: Node<'_>, sink: &mut Sink<'_>) {
    let items = named(node);
    if !(2..=MOST).contains(&items.len()) {
        return;
    }
    for at in 0..items.len() {
        sink.drop_item(2.4, &items, at);
    }
}

fn more(node: Node<'_>, sink: &mut Sink<'_>) {
    let items = named(node);
    let Some(last) = items.last().filter(|_| items.len() <= MOST) else { return };
    let known: Vec<&str> = items.iter().map(|item| sink.text(*item)).collect();
    for name in values(node, MORE * 2, sink).into_iter().filter(|said| said.what == What::Name) {
        let name = sink.text_at(name.span);
        if !known.contains(&name) {
            let title = format!("`{name}` is listed, too");
            let edit = vec![insert(last.end_byte(), format!(", {name}"))];
            sink.edit(Operator::ArgumentAdd, 2.65, *last, title, edit);
        }
    }
}

fn exchanged(node: Node<'_>, sink: &mut Sink<'_>) {
    for pair in named(node).windows(2) {
        sink.exchange(Operator::ArgumentSwap, 2.5, pair[0], [pair[0], pair[1]]);
    }
}

/// A name that the function reads and nothing binds is a parameter.
fn missing(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(body) = node.parent().and_then(|function| field(function, "body")) else { return };
    let language = sink.parsed.language();
    let is_free = |n: &Node<'_>| {
        let name = sink.text(*n);
        of(*n) == Shape::Name
            && !is_called(*n)
            && !is_builtin(language, name)
            && !sink.names(*n).iter().any(|known| known.name == name)
    };
    let free = descendants(body).into_iter().filter(is_free);
    let names = distinct(free.map(|n| sink.text(n)), MORE);
    let (at, comma) = match named(node).last() {
        Some(last) => (last.end_byte(), ", "),
        None => (node.start_byte() + 1, ""),
    };
    for name in names {
        let edit = vec![insert(at, format!("{comma}{name}"))];
        let title = format!("`{name}` is a parameter");
        sink.edit(Operator::ArgumentAdd, 1.5, node, title, edit);
    }
}

#[cfg(test)]
mod tests {
    use crate::base::Language::JavaScript;
    use crate::syntax::curly::testing::reaches;

    #[test]
    fn elements_come_and_go() {
        reaches(
            JavaScript,
            "function f(a, b) { //!\n  g(b);\n  return [a, 1]; //!\n}\n",
            &[
                "return [a];",
                "return [1];",
                "return [a, 1, b];",
                "function f(b, a) {",
                "function f(a) {",
            ],
        );
        reaches(
            JavaScript,
            "emitter.on('data', function () { //!\n  g(1, chunk);\n});\n",
            &["function (chunk) {"],
        );
    }
}
