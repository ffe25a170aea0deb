//! What must be there first: a statement made only where its values are, a name bound in every case.

use super::block::reindent;
use super::flow::own_nodes;
use super::guard::unit;
use super::name::is_use;
use super::tree;
use crate::syntax::mutation::Operator;
use crate::syntax::node::{descendants, first_line, insert, swap};
use crate::syntax::said::distinct;
use crate::syntax::scope::NameKind;
use crate::syntax::sink::{Sink, brief};
use crate::syntax::tree::Node;

/// Values that one statement is asked for.
const ASKED: usize = 6;

/// A statement that is made only where what it uses is there.
pub(super) fn only_where(node: Node<'_>, sink: &mut Sink<'_>) {
    let fits = matches!(
        node.kind(),
        "expression_statement"
            | "for_statement"
            | "delete_statement"
            | "raise_statement"
            | "with_statement"
            | "if_statement"
            | "assert_statement"
    );
    if !fits
        || !tree::is_alone(node, sink)
        || !sink.wants(node)
        || tree::is_docstring_statement(node)
    {
        return;
    }
    let head = tree::extent(node).map_or(0, |(_, last)| last);
    let used = descendants(node)
        .into_iter()
        .filter(|n| matches!(n.kind(), "identifier" | "attribute") && first_line(*n) <= head)
        .filter(|n| !tree::is_called(*n) && !tree::is_target(*n) && !tree::in_annotation(*n))
        .filter(|n| n.kind() == "attribute" || is_value(*n, sink))
        .map(|n| sink.text(n))
        .filter(|text| !matches!(*text, "self" | "cls" | "_") && text.len() <= 40);
    let asked = distinct(used, ASKED);
    let indent = tree::indent(node, sink);
    let deeper = format!("{indent}{}", unit(node, sink));
    let text = format!("{indent}{}", sink.text(node));
    let Some(body) = reindent(&text, &indent, &deeper) else { return };
    for value in asked {
        for (test, cost) in [(value.to_owned(), 2.15), (format!("{value} is not None"), 2.2)] {
            let title = format!("`{}` only if `{test}`", brief(sink.text(node)));
            let edit = vec![swap(node, format!("if {test}:\n{body}"))];
            sink.edit(Operator::StatementGuard, cost, node, title, edit);
        }
    }
}

/// True for a name that holds a value, rather than a module, a class or a function.
fn is_value(node: Node<'_>, sink: &Sink<'_>) -> bool {
    let Some(parent) = node.parent() else { return false };
    let name = sink.text(node);
    is_use(node, parent)
        && sink
            .names(node)
            .iter()
            .any(|n| n.name == name && matches!(n.kind, NameKind::Param | NameKind::Local))
}

/// `x = None` before a compound statement that binds `x` in some cases, where it is read behind that.
pub(super) fn bound_before(node: Node<'_>, sink: &mut Sink<'_>) {
    let fits = matches!(
        node.kind(),
        "if_statement" | "for_statement" | "while_statement" | "try_statement"
    );
    let Some(function) = tree::function(node).filter(|_| fits) else { return };
    if !sink.wants(node) || !tree::is_alone(node, sink) {
        return;
    }
    let names: Vec<Node<'_>> =
        own_nodes(function).into_iter().filter(|n| n.kind() == "identifier").collect();
    let (before, rest) =
        names.split_at(names.partition_point(|n| n.end_byte() <= node.start_byte()));
    let inside = rest.iter().take_while(|n| n.end_byte() <= node.end_byte());
    let bound: Vec<Node<'_>> = inside.copied().filter(|n| tree::is_target(*n)).collect();
    let is_known = |name: &str| before.iter().any(|n| sink.text(*n) == name);
    let free = bound.iter().map(|n| sink.text(*n)).filter(|name| !is_known(name));
    let (free, indent) = (distinct(free, ASKED), tree::indent(node, sink));
    for name in free {
        let from = bound.iter().find(|n| sink.text(**n) == name).map_or(0, Node::end_byte);
        let is_read = |n: &Node<'_>| {
            n.start_byte() >= from
                && sink.text(*n) == name
                && n.parent().is_some_and(|parent| is_use(*n, parent))
        };
        if !rest.iter().any(is_read) {
            continue;
        }
        for (value, cost) in [("None", 1.6), ("[]", 1.9), ("False", 2.0), ("0", 2.1)] {
            let title = format!("`{name} = {value}` before `{}`", brief(sink.text(node)));
            let edit = vec![insert(node.start_byte(), format!("{name} = {value}\n{indent}"))];
            sink.edit(Operator::StatementInsert, cost, node, title, edit);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::python::testing::{avoids, reaches};

    #[test]
    fn statements_for_what_is_there() {
        reaches(
            "def f(a, b):\n    a.put(\n        b)  #!\n",
            &["def f(a, b):\n    if b is not None:\n        a.put(\n            b)\n"],
        );
        reaches(
            "def f(a):\n    for x in a:  #!\n        g(x)\n",
            &["def f(a):\n    if a:\n        for x in a:\n            g(x)\n"],
        );
        avoids(
            "import os\ndef f(a):\n    os.put(a)  #!\n",
            &["def f(a):\n    if os:\n        os.put(a)\n"],
        );
    }

    #[test]
    fn names_that_are_bound_in_every_case() {
        let of = |first: &str, read: &str| {
            format!("def f(a):\n{first}    if a:  {read}\n        x = 1\n    return x\n")
        };
        let result = |first: &str| of(first, "").replace("a:  ", "a:");
        reaches(&of("", "#!"), &[&result("    x = None\n"), &result("    x = 0\n")]);
        avoids(&of("    x = 2\n", "#!"), &[&result("    x = 2\n    x = None\n")]);
    }
}
