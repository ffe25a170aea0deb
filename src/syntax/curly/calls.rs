//! Calls: the arguments and the callee.

use crate::syntax::tree::Node;

use super::chains;
use super::shape::{Shape, is_called, is_operand, object_of, of};
use crate::base::{Language, Replacement};
use crate::syntax::mutation::Operator;
use crate::syntax::node::{field, named};
use crate::syntax::said::{Chain, by_distance, distinct};
use crate::syntax::scope::{Name, NameKind, Reach};
use crate::syntax::sink::Sink;

/// Methods without arguments that a value may get.
const SUFFIXES: usize = 3;

pub(super) fn call(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(function), Some(list)) = (field(node, "function"), field(node, "arguments")) else {
        return;
    };
    let arguments = named(list);
    swaps(node, &arguments, sink);
    for at in 0..arguments.len() {
        sink.drop_item(2.2, &arguments, at);
    }
    if function.kind() == "identifier" {
        callee(function, arguments.len(), sink);
    }
    // Rust counts arguments, and has no failing test where one is missing.
    if sink.parsed.language() != Language::Rust {
        another(node, list, &arguments, sink);
    }
    if let [only] = arguments.as_slice() {
        let text = sink.text(*only);
        sink.swap(Operator::UnwrapCall, 2.2, node, text);
    }
    without_method(node, function, sink);
    kept(node, &arguments, sink);
}

/// `o.m(x)` becomes `o`.
fn without_method(node: Node<'_>, function: Node<'_>, sink: &mut Sink<'_>) {
    let Some(object) = object_of(function).filter(|_| of(function) == Shape::Field) else { return };
    let is_statement = node.parent().is_some_and(|p| p.kind() == "expression_statement");
    if !is_statement {
        let text = sink.text(object);
        sink.swap(Operator::CallRemove, 2.25, node, text);
    }
}

/// `f(x)` alone becomes `x = f(x)`.
fn kept(node: Node<'_>, arguments: &[Node<'_>], sink: &mut Sink<'_>) {
    let is_alone = node.parent().is_some_and(|p| p.kind() == "expression_statement");
    if !is_alone || sink.parsed.language() == Language::Rust {
        return;
    }
    let text = sink.text(node);
    for argument in arguments.iter().filter(|a| of(**a) == Shape::Name) {
        let name = sink.text(*argument);
        sink.swap(Operator::KeepResult, 2.3, node, format!("{name} = {text}"));
    }
}

/// `x` becomes `x.m()`, for what the file calls so, without arguments: on the same value first.
pub(super) fn copied(node: Node<'_>, sink: &mut Sink<'_>) {
    if !is_operand(node) || is_called(node) {
        return;
    }
    let own = sink.text(node);
    let chains = chains::all(sink);
    let member = |chain: Chain| sink.text_at(chain.member);
    let same = chains.on(own).filter(|chain| chain.is_bare(sink.source()));
    let same = distinct(same.map(member), SUFFIXES);
    let near = by_distance(chains.bare(), node.start_byte(), |chain| chain.member.start);
    let near = distinct(near.copied().map(member), SUFFIXES);
    for method in same {
        sink.swap(Operator::CallCopy, 1.9, node, format!("{own}.{method}()"));
    }
    for method in near {
        sink.swap(Operator::CallCopy, 2.4, node, format!("{own}.{method}()"));
    }
}

/// A name in reach is passed, too: behind the other arguments, or before them.
fn another(node: Node<'_>, list: Node<'_>, arguments: &[Node<'_>], sink: &mut Sink<'_>) {
    let is_own = |n: &&Name| n.reach == Reach::Own && n.name != "self";
    let names = sink.names(node);
    let params = names.iter().filter(is_own).filter(|n| n.kind == NameKind::Param);
    let locals = names.iter().filter(is_own).filter(|n| n.kind == NameKind::Local);
    let passed: Vec<&str> = arguments.iter().map(|a| sink.text(*a)).collect();
    let all = params.take(4).chain(locals.rev().take(4)).map(|n| n.name.as_str());
    for name in all.filter(|name| !passed.contains(name)) {
        let title = format!("`{name}` is passed too");
        let behind = arguments.last().map_or(list.end_byte().saturating_sub(1), Node::end_byte);
        let separator = if arguments.is_empty() { "" } else { ", " };
        let edit = Replacement::new(behind, behind, format!("{separator}{name}"));
        sink.edit(Operator::ArgumentAdd, 2.3, node, title.clone(), vec![edit]);
        if let (Some(first), true) = (arguments.first(), sink.parsed.language() != Language::Go) {
            let at = first.start_byte();
            let edit = Replacement::new(at, at, format!("{name}, "));
            sink.edit(Operator::ArgumentAdd, 2.6, node, title, vec![edit]);
        }
    }
}

fn swaps(node: Node<'_>, arguments: &[Node<'_>], sink: &mut Sink<'_>) {
    for first in 0..arguments.len().min(5) {
        for second in first + 1..arguments.len().min(5) {
            let cost = if second == first + 1 { 1.0 } else { 1.6 };
            let both = [arguments[first], arguments[second]];
            sink.exchange(Operator::ArgumentSwap, cost, node, both);
        }
    }
}

/// Another function of the file that takes as many arguments.
fn callee(function: Node<'_>, arguments: usize, sink: &mut Sink<'_>) {
    let own = sink.text(function);
    let functions = sink.functions();
    let same = functions.iter().filter(|f| {
        f.name != own
            && f.class.is_none()
            && !f.is_test
            && f.params.len() == arguments
            && f.qualified == f.name
    });
    let names: Vec<String> = same.map(|f| f.name.clone()).collect();
    for new in names.into_iter().take(6) {
        sink.swap(Operator::CalleeSwap, 1.6, function, new);
    }
}

#[cfg(test)]
mod tests {
    use crate::base::Language::{Go, JavaScript, Rust};
    use crate::syntax::curly::testing::reaches;

    #[test]
    fn arguments_and_callees() {
        reaches(JavaScript, "const d = f(a, b); //!\n", &["f(b, a)", "f(b)", "f(a)"]);
        reaches(
            Rust,
            "fn up(x: i32) -> i32 { x }\nfn down(x: i32) -> i32 { x }\nfn f(x: i32) -> i32 {\n    up(x) //!\n}\n",
            &["down(x)", "    x //!\n"],
        );
        reaches(
            Go,
            "package p\n\nfunc f(a, b int) int {\n\treturn sub(a, b) //!\n}\n",
            &["sub(b, a)"],
        );
    }
}
