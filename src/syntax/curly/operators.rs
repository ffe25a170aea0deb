//! Comparisons, logic, arithmetic.

use crate::syntax::tree::Node;

use super::shape::operator_of;
use crate::syntax::mutation::Operator;
use crate::syntax::node::{field, swap};
use crate::syntax::sink::{Sink, brief};

pub(super) fn binary(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(left), Some(operator), Some(right)) =
        (field(node, "left"), operator_of(node), field(node, "right"))
    else {
        return;
    };
    for &(new, kind, cost) in alternatives(operator.kind()) {
        sink.swap(kind, cost, operator, new);
    }
    let (l, r) = (sink.text(left), sink.text(right));
    match operator.kind() {
        "&&" | "||" | "??" => {
            for (keep, drop) in [(left, right), (right, left)] {
                let title = format!("`{}` is no longer asked", brief(sink.text(drop)));
                let text = sink.text(keep);
                sink.edit(Operator::BooleanDropOperand, 1.6, drop, title, vec![swap(node, text)]);
            }
        }
        "+" | "-" | "*" | "/" | "%" => {
            if operator.kind() == "/" && r.bytes().all(|b| b.is_ascii_digit()) {
                // Minutes out of seconds: `s / 60 % 60`.
                sink.swap(Operator::ArithmeticSwap, 1.9, node, format!("{l} / {r} % {r}"));
            }
            if matches!(operator.kind(), "-" | "/" | "%") {
                sink.exchange(Operator::OperandSwap, 1.2, node, [left, right]);
            }
            let one = r == "1";
            for (keep, cost) in [(l, if one { 0.8 } else { 1.9 }), (r, 2.2)] {
                let kind = if one { Operator::OffByOne } else { Operator::OperandDrop };
                sink.swap(kind, cost, node, keep);
            }
            regroup(node, left, operator, right, sink);
        }
        "<" | "<=" | ">" | ">=" => {
            for side in [left, right] {
                for (suffix, cost) in [(" + 1", 1.3), (" - 1", 1.3)] {
                    let new = format!("{}{suffix}", sink.text(side));
                    sink.swap(Operator::OffByOne, cost, side, new);
                }
            }
        }
        _ => {}
    }
}

/// `a + b * c` becomes `(a + b) * c`.
fn regroup(
    node: Node<'_>,
    left: Node<'_>,
    operator: Node<'_>,
    right: Node<'_>,
    sink: &mut Sink<'_>,
) {
    let tight = |n: Node<'_>| operator_of(n).is_some_and(|o| matches!(o.kind(), "*" | "/" | "%"));
    if right.kind() == "binary_expression"
        && tight(right)
        && !tight(node)
        && let (Some(inner), Some(op), Some(rest)) =
            (field(right, "left"), operator_of(right), field(right, "right"))
    {
        let (a, o1) = (sink.text(left), sink.text(operator));
        let (b, o2, c) = (sink.text(inner), sink.text(op), sink.text(rest));
        sink.swap(Operator::Precedence, 1.6, node, format!("({a} {o1} {b}) {o2} {c}"));
    }
    if left.kind() == "binary_expression"
        && tight(left)
        && !tight(node)
        && let (Some(inner), Some(op), Some(rest)) =
            (field(left, "left"), operator_of(left), field(left, "right"))
    {
        let (a, o1, b) = (sink.text(inner), sink.text(op), sink.text(rest));
        let (o2, c) = (sink.text(operator), sink.text(right));
        sink.swap(Operator::Precedence, 1.8, node, format!("{a} {o1} ({b} {o2} {c})"));
    }
    if left.kind() == "parenthesized_expression" {
        let inner = sink.text(left);
        let inner = inner[1..inner.len().max(2) - 1].to_owned();
        sink.swap(Operator::Precedence, 2.0, left, inner);
    }
}

/// `!x` becomes `x`, `-x` becomes `x`.
pub(super) fn unary(node: Node<'_>, sink: &mut Sink<'_>) {
    let text = sink.text(node);
    if let Some(rest) = text.strip_prefix('!') {
        sink.swap(Operator::NegationRemove, 0.8, node, rest);
    } else if let Some(rest) = text.strip_prefix('-') {
        sink.swap(Operator::Sign, 1.2, node, rest);
    }
}

/// `a += b` becomes `a -= b`.
pub(super) fn compound(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(operator) = operator_of(node) else { return };
    let others: &[(&str, f32)] = match operator.kind() {
        "+=" => &[("-=", 0.8), ("=", 1.0), ("*=", 1.6)],
        "-=" => &[("+=", 0.8), ("=", 1.2), ("/=", 2.0)],
        "*=" => &[("/=", 1.0), ("+=", 1.2), ("=", 1.6)],
        "/=" => &[("*=", 1.0), ("-=", 1.6), ("%=", 1.8)],
        "|=" => &[("&=", 1.0), ("^=", 1.4)],
        "&=" => &[("|=", 1.0), ("^=", 1.6)],
        _ => &[],
    };
    for &(new, cost) in others {
        sink.swap(Operator::AugmentedAssignment, cost, operator, new);
    }
}

/// The opposite of a condition.
pub(super) fn negated(text: &str, kind: &str) -> String {
    match kind {
        "identifier"
        | "call_expression"
        | "field_expression"
        | "member_expression"
        | "selector_expression"
        | "parenthesized_expression" => format!("!{text}"),
        _ => format!("!({text})"),
    }
}

fn alternatives(operator: &str) -> &'static [(&'static str, Operator, f32)] {
    use Operator::{
        ArithmeticSwap as Sum, BitwiseSwap as Bits, BooleanSwap as Logic,
        ComparisonBoundary as Boundary, ComparisonSwap as Swap, DefaultValue as Fallback,
    };
    match operator {
        "<" => &[("<=", Boundary, 0.5), (">=", Swap, 0.8), (">", Swap, 0.9), ("!=", Swap, 1.8)],
        "<=" => &[("<", Boundary, 0.5), (">=", Swap, 0.8), (">", Swap, 0.9), ("==", Swap, 1.8)],
        ">" => &[(">=", Boundary, 0.5), ("<=", Swap, 0.8), ("<", Swap, 0.9), ("!=", Swap, 1.8)],
        ">=" => &[(">", Boundary, 0.5), ("<=", Swap, 0.8), ("<", Swap, 0.9), ("==", Swap, 1.8)],
        "==" => &[("!=", Swap, 0.7), ("<=", Swap, 1.4), (">=", Swap, 1.4), ("===", Swap, 2.0)],
        "!=" => &[("==", Swap, 0.7), ("<", Swap, 1.7), (">", Swap, 1.7), ("!==", Swap, 2.0)],
        "===" => &[("!==", Swap, 0.7), ("==", Swap, 1.2), ("<=", Swap, 1.4), (">=", Swap, 1.4)],
        "!==" => &[("===", Swap, 0.7), ("!=", Swap, 1.2), ("<", Swap, 1.7), (">", Swap, 1.7)],
        "&&" => &[("||", Logic, 0.7)],
        "||" => &[("&&", Logic, 0.7), ("??", Fallback, 1.2)],
        "??" => &[("||", Fallback, 1.2)],
        "+" => &[("-", Sum, 0.8), ("*", Sum, 1.3), ("/", Sum, 2.2)],
        "-" => &[("+", Sum, 0.8), ("*", Sum, 2.0), ("/", Sum, 2.0)],
        "*" => &[("/", Sum, 1.0), ("+", Sum, 1.2), ("-", Sum, 2.0)],
        "/" => &[("*", Sum, 1.0), ("%", Sum, 1.0), ("-", Sum, 2.0)],
        "%" => &[("/", Sum, 1.0), ("*", Sum, 2.0)],
        "&" => &[("|", Bits, 1.0), ("^", Bits, 1.4), ("&&", Bits, 1.8)],
        "|" => &[("&", Bits, 1.0), ("^", Bits, 1.4), ("||", Bits, 1.8)],
        "^" => &[("|", Bits, 1.2), ("&", Bits, 1.2)],
        "<<" => &[(">>", Bits, 0.9)],
        ">>" => &[("<<", Bits, 0.9), (">>>", Bits, 1.4)],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use crate::base::Language::{Go, JavaScript, Rust};
    use crate::syntax::curly::testing::reaches;

    #[test]
    fn each_language_has_its_operators() {
        reaches(
            Rust,
            "fn f(a: i32, b: i32) -> bool {\n    a < b && b > 0 //!\n}\n",
            &["a <= b", "a < b || b", "a < b + 1"],
        );
        reaches(
            JavaScript,
            "function f(a, b) {\n  return a - b * 2; //!\n}\n",
            &["b * 2 - a", "(a - b) * 2", "a + b * 2"],
        );
        reaches(
            Go,
            "package p\n\nfunc f(a int) int {\n\ta += 2 //!\n\treturn a\n}\n",
            &["a -= 2", "a = 2"],
        );
        reaches(JavaScript, "if (!done) { go(); } //!\n", &["if (done)"]);
        reaches(Rust, "fn f(n: usize) -> usize {\n    n - 1 //!\n}\n", &["    n\n", "    n + 1\n"]);
    }
}
