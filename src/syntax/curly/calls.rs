//! Calls: the arguments and the callee.

use crate::syntax::tree::Node;

use crate::base::{Language, Replacement};
use crate::syntax::mutation::Operator;
use crate::syntax::node::{field, named, swap};
use crate::syntax::scope::{Name, NameKind, Reach};
use crate::syntax::sink::{Sink, brief};

pub(super) fn call(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(function), Some(list)) = (field(node, "function"), field(node, "arguments")) else {
        return;
    };
    let arguments = named(list);
    swaps(node, &arguments, sink);
    for (at, argument) in arguments.iter().enumerate() {
        // The argument with one of the commas beside it.
        let span = match (arguments.get(at + 1), at.checked_sub(1).and_then(|i| arguments.get(i))) {
            (Some(next), _) => (argument.start_byte(), next.start_byte()),
            (None, Some(before)) => (before.end_byte(), argument.end_byte()),
            (None, None) => (argument.start_byte(), argument.end_byte()),
        };
        let title = format!("`{}` is no longer passed", brief(sink.text(*argument)));
        let edit = Replacement::new(span.0, span.1, "");
        sink.edit(Operator::ArgumentDrop, 2.2, node, title, vec![edit]);
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
            let (a, b) = (sink.text(arguments[first]), sink.text(arguments[second]));
            if a != b {
                let title = format!("`{}` and `{}` change places", brief(a), brief(b));
                let cost = if second == first + 1 { 1.0 } else { 1.6 };
                let edits = vec![swap(arguments[first], b), swap(arguments[second], a)];
                sink.edit(Operator::ArgumentSwap, cost, node, title, edits);
            }
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
