//! Arithmetic, bits, signs, augmented assignment, off by one, precedence, rounding.

use crate::syntax::tree::Node;

use super::tree::{self, Role};
use crate::syntax::mutation::Operator;
use crate::syntax::node::{children, field, named, swap};
use crate::syntax::sink::{Sink, brief};

/// `a + b`.
pub(super) fn binary(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(left), Some(operator), Some(right)) =
        (field(node, "left"), field(node, "operator"), field(node, "right"))
    else {
        return;
    };
    let formats = operator.kind() == "%" && matches!(left.kind(), "string" | "concatenated_string");
    if formats {
        return;
    }
    for (new, kind, cost) in alternatives(operator.kind()) {
        sink.swap(*kind, *cost, operator, *new);
    }
    swap_operands(node, left, operator, right, sink);
    drop_operand(node, left, operator, right, sink);
    if operator.kind() == "//" {
        let (a, b) = (tree::tight(left, sink), tree::tight(right, sink));
        sink.swap(Operator::Rounding, 1.6, node, format!("-(-{a} // {b})"));
        sink.swap(Operator::Rounding, 1.9, node, format!("({a} + {b} - 1) // {b}"));
    }
    if operator.kind() == "/" {
        let text = sink.text(node);
        sink.swap(Operator::Rounding, 2.2, node, format!("round({text})"));
    }
}

/// `a + b * c` and `a and b or c`: the other grouping; `(a + b) * c`: without parentheses.
pub(super) fn precedence(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(left), Some(operator), Some(right)) =
        (field(node, "left"), field(node, "operator"), field(node, "right"))
    else {
        return;
    };
    let parts = |n: Node<'_>| -> Option<(String, String, String)> {
        Some((
            sink.text(field(n, "left")?).to_owned(),
            sink.text(field(n, "operator")?).to_owned(),
            sink.text(field(n, "right")?).to_owned(),
        ))
    };
    let op = sink.text(operator);
    let inner_left = (left.kind() == node.kind()).then(|| parts(left)).flatten();
    let inner_right = (right.kind() == node.kind()).then(|| parts(right)).flatten();
    if let Some((a, inner, b)) = inner_left
        && !(inner == op && matches!(op, "+" | "*" | "and" | "or"))
    {
        let rest = sink.text(right);
        let new = format!("{a} {inner} ({b} {op} {rest})");
        sink.swap(Operator::Precedence, 1.3, node, new);
    }
    if let Some((b, inner, c)) = inner_right
        && inner != op
    {
        let first = sink.text(left);
        let new = format!("({first} {op} {b}) {inner} {c}");
        sink.swap(Operator::Precedence, 1.2, node, new);
    }
}

/// `(x)` becomes `x` where that can change the meaning.
pub(super) fn parentheses(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(&inner) = named(node).first() else { return };
    let Some(parent) = node.parent() else { return };
    let loose =
        matches!(inner.kind(), "binary_operator" | "boolean_operator" | "comparison_operator");
    let inside = matches!(
        parent.kind(),
        "binary_operator"
            | "boolean_operator"
            | "not_operator"
            | "unary_operator"
            | "comparison_operator"
    );
    let single_line = node.start_position().row == node.end_position().row;
    if loose && inside && single_line {
        let text = sink.text(inner);
        sink.swap(Operator::Precedence, 1.5, node, text);
    }
    if parent.kind() == "comparison_operator" && single_line {
        // `x in ('a')` asks for a substring; `x in ('a',)` for a member.
        let text = sink.text(inner);
        sink.swap(Operator::Precedence, 2.2, node, format!("({text},)"));
    }
}

/// `not a and b` becomes `not (a and b)`.
pub(super) fn negation_scope(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(left) = field(node, "left").filter(|l| l.kind() == "not_operator") else { return };
    let (Some(argument), Some(operator), Some(right)) =
        (field(left, "argument"), field(node, "operator"), field(node, "right"))
    else {
        return;
    };
    let (a, op, b) = (sink.text(argument), sink.text(operator), sink.text(right));
    sink.swap(Operator::Precedence, 1.5, node, format!("not ({a} {op} {b})"));
}

/// `-x`.
pub(super) fn unary(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(operator), Some(argument)) = (field(node, "operator"), field(node, "argument"))
    else {
        return;
    };
    let text = sink.text(argument);
    sink.swap(Operator::Sign, if operator.kind() == "-" { 0.9 } else { 1.5 }, node, text);
    if operator.kind() == "~" {
        sink.swap(Operator::Sign, 1.8, operator, "-");
        sink.swap(Operator::Sign, 1.8, operator, "not ");
    }
}

/// `x += 1`.
pub(super) fn augmented(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(operator) = field(node, "operator") else { return };
    let news: &[(&str, f32)] = match operator.kind() {
        "+=" => &[("-=", 0.7), ("=", 0.9), ("*=", 1.6), ("|=", 2.6)],
        "-=" => &[("+=", 0.7), ("=", 1.0), ("//=", 2.4)],
        "*=" => &[("+=", 1.0), ("/=", 1.1), ("//=", 1.2), ("=", 1.4), ("**=", 2.2)],
        "/=" => &[("//=", 0.8), ("*=", 0.9), ("=", 1.6), ("-=", 1.8)],
        "//=" => &[("/=", 0.8), ("*=", 1.0), ("%=", 1.2), ("-=", 1.6), ("=", 1.8), (">>=", 2.6)],
        "%=" => &[("//=", 1.0), ("=", 1.6), ("-=", 1.8)],
        "**=" => &[("*=", 1.0), ("=", 1.8)],
        "&=" => &[("|=", 0.7), ("^=", 1.0), ("-=", 1.2), ("=", 1.2)],
        "|=" => &[("&=", 0.7), ("^=", 1.0), ("=", 1.2), ("+=", 1.4)],
        "^=" => &[("|=", 0.8), ("&=", 0.8), ("=", 1.4)],
        "<<=" => &[(">>=", 0.7), ("=", 1.8), ("*=", 2.4)],
        ">>=" => &[("<<=", 0.7), ("=", 1.8), ("//=", 2.4)],
        _ => &[],
    };
    for (new, cost) in news {
        sink.swap(Operator::AugmentedAssignment, *cost, operator, *new);
    }
}

/// `x = y` becomes `x += y`, ...
pub(super) fn assignment(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else { return };
    if !matches!(left.kind(), "identifier" | "attribute" | "subscript")
        || field(node, "type").is_some()
        || tree::function(node).is_none()
        || right.kind() == "assignment"
    {
        return;
    }
    let name = sink.text(left);
    // Without an earlier value there is nothing to add to.
    let known = left.kind() != "identifier" || sink.names(node).iter().any(|n| n.name == name);
    let Some(operator) = children(node).find(|c| c.kind() == "=") else { return };
    let literal =
        matches!(right.kind(), "string" | "true" | "false" | "none" | "list" | "dictionary");
    if known {
        // A state is set, a sum is added to.
        let doubt = if literal { 1.5 } else { 0.0 };
        for (new, cost) in [("+=", 1.2), ("-=", 1.9), ("*=", 2.2), ("|=", 2.6), ("//=", 2.8)] {
            sink.swap(Operator::AugmentedAssignment, cost + doubt, operator, new);
        }
    }
}

/// Adds or removes `+ 1` and `- 1` at an operand.
pub(super) fn off_by_one(node: Node<'_>, sink: &mut Sink<'_>) {
    if tree::is_no_number(node)
        || matches!(node.kind(), "integer" | "float")
        || tree::is_target(node)
    {
        return;
    }
    let base = match tree::role(node) {
        Role::Compared => {
            let ordered = node
                .parent()
                .is_some_and(|p| children(p).any(|c| matches!(c.kind(), "<" | "<=" | ">" | ">=")));
            let equal =
                node.parent().is_some_and(|p| children(p).any(|c| matches!(c.kind(), "==" | "!=")));
            match (ordered, equal) {
                (true, _) => 1.2,
                (_, true) => 1.7,
                _ => return,
            }
        }
        Role::Index => 0.9,
        Role::Bound => 0.7,
        Role::Returned => 1.4,
        Role::Assigned => 1.7,
        Role::Argument => argument_cost(node, sink),
        Role::Operand => 2.1,
        Role::Element => 2.2,
        Role::Iterated | Role::Condition | Role::Other => return,
    };
    if remove_offset(node, base, sink) {
        return;
    }
    let cost = match node.kind() {
        "identifier" | "binary_operator" => base,
        "call" if tree::callee(node, sink) == "len" => base - 0.2,
        "call" | "attribute" | "subscript" => base + 0.2,
        "parenthesized_expression" | "unary_operator" => base + 0.4,
        _ => return,
    };
    let text = match (tree::role(node), node.kind()) {
        (Role::Operand, "binary_operator") => return,
        _ => sink.text(node),
    };
    let role = tree::role(node);
    let wrap = role == Role::Operand;
    for (sign, extra) in [("-", 0.0), ("+", 0.05)] {
        let plain = format!("{text} {sign} 1");
        let new = if wrap { format!("({plain})") } else { plain };
        sink.swap(Operator::OffByOne, cost + extra, node, new);
    }
}

/// `x` becomes `-x` where a sign is easily lost.
pub(super) fn add_sign(node: Node<'_>, sink: &mut Sink<'_>) {
    if tree::is_no_number(node) || tree::is_target(node) {
        return;
    }
    let cost = match (tree::role(node), node.kind()) {
        (Role::Returned, "identifier" | "call" | "subscript" | "attribute" | "float") => 1.8,
        (Role::Argument | Role::Element, "identifier" | "subscript" | "attribute" | "call") => 2.4,
        (Role::Bound | Role::Index, "identifier" | "integer") => 1.8,
        (Role::Assigned, "identifier" | "subscript" | "attribute" | "call") => 2.6,
        _ => return,
    };
    let text = sink.text(node);
    sink.swap(Operator::Sign, cost, node, format!("-{text}"));
}

fn argument_cost(node: Node<'_>, sink: &Sink<'_>) -> f32 {
    let Some((name, _)) = tree::argument_of(node, sink) else { return 1.9 };
    let recursive =
        tree::function(node).and_then(|f| field(f, "name")).is_some_and(|f| sink.text(f) == name);
    match name {
        // Ranges have their own operator.
        "range" => 0.6,
        "len" | "print" | "str" | "isinstance" | "sorted" | "list" | "set" | "any" | "all" => 3.0,
        _ if recursive => 1.1,
        _ => 1.8,
    }
}

/// `x + 1` becomes `x`. True when there was something to remove.
fn remove_offset(node: Node<'_>, base: f32, sink: &mut Sink<'_>) -> bool {
    if node.kind() != "binary_operator" {
        return false;
    }
    let (Some(left), Some(operator), Some(right)) =
        (field(node, "left"), field(node, "operator"), field(node, "right"))
    else {
        return false;
    };
    if !matches!(operator.kind(), "+" | "-") || sink.text(right) != "1" {
        return false;
    }
    let text = sink.text(left);
    sink.swap(Operator::OffByOne, (base - 0.3).max(0.5), node, text);
    true
}

fn alternatives(operator: &str) -> &'static [(&'static str, Operator, f32)] {
    use Operator::{ArithmeticSwap as Swap, BitwiseSwap as Bits};
    match operator {
        "+" => &[
            ("-", Swap, 0.7),
            ("*", Swap, 1.3),
            ("/", Swap, 2.2),
            ("|", Swap, 2.8),
            ("%", Swap, 2.6),
        ],
        "-" => &[
            ("+", Swap, 0.7),
            ("*", Swap, 1.8),
            ("//", Swap, 2.4),
            ("/", Swap, 2.0),
            ("%", Swap, 2.2),
        ],
        "*" => &[
            ("+", Swap, 1.0),
            ("/", Swap, 1.0),
            ("//", Swap, 1.1),
            ("**", Swap, 1.3),
            ("-", Swap, 1.8),
            ("%", Swap, 2.4),
        ],
        "/" => &[
            ("//", Swap, 0.7),
            ("*", Swap, 0.8),
            ("%", Swap, 1.4),
            ("-", Swap, 1.8),
            ("+", Swap, 2.2),
        ],
        "//" => &[
            ("/", Swap, 0.7),
            ("%", Swap, 0.9),
            ("*", Swap, 1.0),
            ("-", Swap, 2.0),
            (">>", Bits, 2.6),
        ],
        "%" => &[
            ("//", Swap, 0.8),
            ("/", Swap, 1.4),
            ("*", Swap, 2.0),
            ("-", Swap, 1.8),
            ("+", Swap, 2.2),
        ],
        "**" => &[("*", Swap, 0.8), ("^", Bits, 2.6), ("//", Swap, 2.8)],
        "&" => &[
            ("|", Bits, 0.7),
            ("^", Bits, 0.8),
            ("and", Bits, 1.8),
            ("-", Bits, 1.8),
            ("%", Swap, 2.8),
        ],
        "|" => &[
            ("&", Bits, 0.7),
            ("^", Bits, 0.8),
            ("or", Bits, 1.8),
            ("+", Bits, 2.4),
            ("-", Bits, 2.2),
        ],
        "^" => &[("&", Bits, 0.8), ("|", Bits, 0.8), ("**", Bits, 0.9)],
        "<<" => &[(">>", Bits, 0.7), ("*", Bits, 2.4), ("<", Bits, 2.8)],
        ">>" => &[("<<", Bits, 0.7), ("//", Bits, 2.4), (">", Bits, 2.8)],
        _ => &[],
    }
}

fn swap_operands(
    node: Node<'_>,
    left: Node<'_>,
    operator: Node<'_>,
    right: Node<'_>,
    sink: &mut Sink<'_>,
) {
    let cost = match operator.kind() {
        "-" | "/" | "//" | "%" => 0.9,
        "**" | "<<" | ">>" => 1.3,
        // Concatenation has an order, addition has none.
        "+" => 1.7,
        _ => return,
    };
    let (a, op, b) = (tree::tight(left, sink), sink.text(operator), tree::tight(right, sink));
    sink.swap(Operator::OperandSwap, cost, node, format!("{b} {op} {a}"));
}

fn drop_operand(
    node: Node<'_>,
    left: Node<'_>,
    operator: Node<'_>,
    right: Node<'_>,
    sink: &mut Sink<'_>,
) {
    for (keep, drop, extra) in [(left, right, 0.0), (right, left, 0.3)] {
        let cost: f32 = if drop.kind() == "integer" { 1.4 } else { 1.9 };
        let title = format!("`{} {}` goes", sink.text(operator), brief(sink.text(drop)));
        let text = sink.text(keep);
        sink.edit(Operator::OperandDrop, cost + extra, node, title, vec![swap(node, text)]);
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::python::testing::{avoids, reaches};

    #[test]
    fn operators() {
        reaches("x = a + b  #!\n", &["x = a - b", "x = a * b", "x = b + a", "x = a", "x = b"]);
        reaches("x = a // b  #!\n", &["x = a / b", "x = a % b", "x = -(-a // b)", "x = b // a"]);
        reaches("x = a & b  #!\n", &["x = a | b", "x = a ^ b"]);
        reaches("x = a - b - c  #!\n", &["x = a - (b - c)", "x = c - (a - b)"]);
        avoids("x = '%d' % b  #!\n", &["x = '%d' // b"]);
    }

    #[test]
    fn grouping() {
        reaches("x = a + b * c  #!\n", &["x = (a + b) * c"]);
        reaches("x = (a + b) * c  #!\n", &["x = a + b * c"]);
        reaches("x = a and b or c  #!\n", &["x = a and (b or c)"]);
        reaches("x = a or b and c  #!\n", &["x = (a or b) and c"]);
        reaches("x = not a and b  #!\n", &["x = not (a and b)"]);
        reaches("x = a - b + c  #!\n", &["x = a - (b + c)"]);
    }

    #[test]
    fn signs_and_assignment() {
        reaches("x = -a  #!\n", &["x = a"]);
        reaches("def f(a):\n    return a  #!\n", &["return -a", "return a + 1", "return a - 1"]);
        reaches("x += a  #!\n", &["x -= a", "x = a", "x *= a"]);
        reaches("def f(a):\n    n = 0\n    n = a  #!\n", &["n += a", "n -= a"]);
        avoids("def f(a):\n    n = a  #!\n", &["n += a"]);
    }

    #[test]
    fn off_by_one() {
        reaches("while i < n - 1:  #!\n    pass\n", &["while i < n:", "while i < n + 1:"]);
        reaches(
            "while i < len(n):  #!\n    pass\n",
            &["while i < len(n) - 1:", "while i + 1 < len(n):"],
        );
        reaches("x = a[i]  #!\n", &["x = a[i - 1]", "x = a[i + 1]"]);
        reaches(
            "def f(n):\n    return n * f(n)  #!\n",
            &["return n * f(n - 1)", "return (n - 1) * f(n)"],
        );
        reaches("x = a[: n + 1]  #!\n", &["x = a[: n]"]);
    }
}
