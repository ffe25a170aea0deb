//! Calls: the arguments and the callee.

use crate::syntax::tree::Node;

use crate::base::Replacement;
use crate::syntax::mutation::Operator;
use crate::syntax::node::{field, named, swap};
use crate::syntax::scope::{NameKind, Reach};
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
        let own: Vec<String> = sink
            .names(node)
            .iter()
            .filter(|n| n.reach == Reach::Own && n.kind == NameKind::Param)
            .map(|n| n.name.clone())
            .collect();
        for name in own.into_iter().take(3) {
            let separator = if arguments.is_empty() { "" } else { ", " };
            let at = list.end_byte().saturating_sub(1);
            let edit = Replacement::new(at, at, format!("{separator}{name}"));
            sink.edit(
                Operator::ArgumentAdd,
                2.3,
                node,
                format!("`{name}` is passed too"),
                vec![edit],
            );
        }
    }
    if let [only] = arguments.as_slice() {
        let text = sink.text(*only);
        sink.swap(Operator::UnwrapCall, 2.2, node, text);
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
