//! Comparisons, `and`/`or`, `not`.

use crate::syntax::tree::Node;

use super::tree;
use crate::syntax::mutation::Operator;
use crate::syntax::node::{children, field, named, swap};
use crate::syntax::sink::{Sink, brief};

/// What an ordering of values that have no useful one costs more.
const UNORDERED: f32 = 2.0;

/// `a < b`: other operators, other boundary.
pub(super) fn comparison(node: Node<'_>, sink: &mut Sink<'_>) {
    // Strings, displays and constants are compared for equality; hardly anybody orders them.
    let unordered = named(node).into_iter().any(tree::is_no_number);
    for operator in children(node).filter(|c| is_comparison(c.kind())) {
        for (new, kind, cost) in alternatives(operator.kind()) {
            let odd =
                unordered && new.starts_with(['<', '>']) && matches!(operator.kind(), "==" | "!=");
            let extra = if odd { UNORDERED } else { 0.0 };
            sink.swap(*kind, cost + extra, operator, *new);
        }
    }
    chain(node, sink);
}

/// `a and b`: the other operator, or one side alone.
pub(super) fn boolean(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(left), Some(operator), Some(right)) =
        (field(node, "left"), field(node, "operator"), field(node, "right"))
    else {
        return;
    };
    let new = if operator.kind() == "and" { "or" } else { "and" };
    sink.swap(Operator::BooleanSwap, 0.7, operator, new);
    for (keep, drop) in [(left, right), (right, left)] {
        let title = format!("`{}` is no longer asked", brief(sink.text(drop)));
        let text = sink.text(keep);
        sink.edit(Operator::BooleanDropOperand, 1.6, drop, title, vec![swap(node, text)]);
    }
}

/// `not x` becomes `x`; `not a in b` is left to comparisons.
pub(super) fn not(node: Node<'_>, sink: &mut Sink<'_>) {
    if let Some(argument) = field(node, "argument") {
        let mut text = sink.text(argument);
        if is_whole(node) && argument.kind() == "parenthesized_expression" && !text.contains('\n') {
            text = text[1..text.len() - 1].trim();
        }
        let title = format!("`not` before `{}` goes", brief(text));
        sink.edit(Operator::NegationRemove, 0.8, node, title, vec![swap(node, text)]);
    }
}

/// True where an expression needs no parentheses, however loosely it binds.
fn is_whole(node: Node<'_>) -> bool {
    node.parent().is_some_and(|parent| {
        matches!(
            parent.kind(),
            "if_statement"
                | "elif_clause"
                | "while_statement"
                | "return_statement"
                | "assert_statement"
                | "assignment"
                | "argument_list"
                | "keyword_argument"
                | "parenthesized_expression"
        )
    })
}

/// Adds `not` to a whole condition or a boolean operand.
pub(super) fn negate(node: Node<'_>, sink: &mut Sink<'_>) {
    let text = sink.text(node);
    let (new, cost) = match node.kind() {
        "not_operator" => return,
        // Comparisons have an opposite operator; that edit is made there.
        "comparison_operator" => return,
        "boolean_operator" | "conditional_expression" | "named_expression" | "lambda" => {
            (format!("not ({text})"), 1.4)
        }
        _ => (format!("not {text}"), 1.0),
    };
    sink.swap(Operator::NegationAdd, cost, node, new);
}

fn is_comparison(kind: &str) -> bool {
    matches!(kind, "<" | "<=" | ">" | ">=" | "==" | "!=" | "<>" | "in" | "not in" | "is" | "is not")
}

fn alternatives(operator: &str) -> &'static [(&'static str, Operator, f32)] {
    use Operator::{
        ComparisonBoundary as Boundary, ComparisonSwap as Swap, IdentityEquality as Same,
    };
    match operator {
        "<" => &[
            ("<=", Boundary, 0.5),
            (">=", Swap, 0.8),
            (">", Swap, 0.9),
            ("!=", Swap, 1.6),
            ("==", Swap, 1.8),
        ],
        "<=" => &[
            ("<", Boundary, 0.5),
            (">=", Swap, 0.8),
            (">", Swap, 0.9),
            ("==", Swap, 1.6),
            ("!=", Swap, 2.0),
        ],
        ">" => &[
            (">=", Boundary, 0.5),
            ("<=", Swap, 0.8),
            ("<", Swap, 0.9),
            ("!=", Swap, 1.6),
            ("==", Swap, 1.8),
        ],
        ">=" => &[
            (">", Boundary, 0.5),
            ("<=", Swap, 0.8),
            ("<", Swap, 0.9),
            ("==", Swap, 1.6),
            ("!=", Swap, 2.0),
        ],
        "==" => &[
            ("!=", Swap, 0.7),
            ("<=", Swap, 1.3),
            (">=", Swap, 1.3),
            ("is", Same, 2.0),
            ("in", Same, 1.8),
            ("<", Swap, 1.8),
            (">", Swap, 1.8),
        ],
        "!=" => &[
            ("==", Swap, 0.7),
            ("<", Swap, 1.6),
            (">", Swap, 1.6),
            ("<=", Swap, 2.0),
            (">=", Swap, 2.0),
            ("is not", Same, 2.0),
            ("not in", Same, 1.8),
        ],
        "in" => &[("not in", Swap, 0.7), ("==", Same, 2.0)],
        "not in" => &[("in", Swap, 0.7), ("!=", Same, 2.0)],
        "is" => &[("is not", Swap, 0.7), ("==", Same, 1.0)],
        "is not" => &[("is", Swap, 0.7), ("!=", Same, 1.0)],
        _ => &[],
    }
}

/// `a == b == c` was perhaps meant as `a == b and b == c`; `a < b and c` needs nothing here.
fn chain(node: Node<'_>, sink: &mut Sink<'_>) {
    let parts: Vec<Node<'_>> = children(node).collect();
    let operands = named(node);
    if let ([a, first, b, second, c], 3) = (&parts[..], operands.len())
        && tree::is_expression(b.kind())
    {
        let (a, b, c) = (sink.text(*a), sink.text(*b), sink.text(*c));
        let (first, second) = (sink.text(*first), sink.text(*second));
        let grouped = format!("({a} {first} {b}) {second} {c}");
        sink.swap(Operator::ComparisonChain, 2.5, node, grouped);
        let split = format!("{a} {first} {b} or {b} {second} {c}");
        sink.swap(Operator::ComparisonChain, 2.5, node, split);
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::mutation::Context;
    use crate::syntax::python::testing::{apply_all, avoids, reaches};

    #[test]
    fn negations_go_with_their_parentheses() {
        reaches("if not (a or b):  #!\n    pass\n", &["if a or b:"]);
        reaches("x = not (a or b) or c  #!\n", &["x = (a or b) or c"]);
    }

    #[test]
    fn comparisons() {
        reaches(
            "if a < b:  #!\n    pass\n",
            &["if a <= b:", "if a > b:", "if a >= b:", "if a != b:"],
        );
        reaches("x = a not in b  #!\n", &["x = a in b"]);
        reaches("x = a is b  #!\n", &["x = a == b", "x = a is not b"]);
        reaches("x = 0 < a < b  #!\n", &["x = 0 <= a < b", "x = 0 < a <= b"]);
        avoids("if a < b:  #!\n    pass\n", &["if a < b:"]);
    }

    #[test]
    fn what_has_no_order_is_hardly_ordered() {
        let cost = |text: &str, wanted: &str| {
            let found = apply_all(text, &Context::default());
            found.iter().find(|(_, after)| after.contains(wanted)).map(|(m, _)| m.cost).unwrap()
        };
        let number = cost("x = a == b  #!\n", "a >= b");
        let string = cost("x = a == 'b'  #!\n", "a >= 'b'");
        assert!(string > number + 1.0, "{string} {number}");
    }

    #[test]
    fn booleans() {
        reaches("if a and b:  #!\n    pass\n", &["if a or b:", "if a:", "if b:"]);
        reaches("x = not a  #!\n", &["x = a"]);
    }
}
