//! Literals, indices and bounds.

use crate::syntax::tree::Node;

use crate::base::Language;
use crate::syntax::mutation::Operator;
use crate::syntax::node::{descendants, swap};
use crate::syntax::sink::Sink;

pub(super) fn integer(node: Node<'_>, sink: &mut Sink<'_>) {
    let text = sink.text(node);
    if text.contains('.') {
        return float(node, sink);
    }
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let suffix = &text[digits.len()..];
    // Wider than what it holds, so that no neighbour overflows.
    let Ok(value) = digits.parse::<i64>().map(i128::from) else { return };
    if suffix.starts_with(['x', 'o', 'b']) {
        return;
    }
    let mut options: Vec<(i128, f32)> = vec![(value + 1, 0.8), (value - 1, 0.8)];
    options.extend([
        (0, 1.4),
        (1, 1.4),
        (2, 1.9),
        (value * 10, 2.0),
        (value / 10, 2.2),
        (-value, 1.8),
    ]);
    for (new, cost) in options {
        if new != value
            && (new >= 0
                || sink.parsed.language() != Language::Rust
                || suffix.starts_with('i')
                || suffix.is_empty())
        {
            sink.swap(Operator::IntegerConstant, cost, node, format!("{new}{suffix}"));
        }
    }
    for literal in sink.context.literals.iter().take(6) {
        if literal.parse::<i64>().is_ok_and(|n| i128::from(n) != value) {
            sink.swap(Operator::IntegerConstant, 1.2, node, literal.clone());
        }
    }
}

pub(super) fn float(node: Node<'_>, sink: &mut Sink<'_>) {
    let Ok(value) = sink.text(node).parse::<f64>() else { return };
    for (new, cost) in [
        (1.0 - value, 1.4),
        (value * 10.0, 1.8),
        (value / 10.0, 1.8),
        (value + 1.0, 1.6),
        (0.0, 1.8),
        (1.0, 1.8),
        (value * 100.0, 2.0),
        (value / 100.0, 2.0),
    ] {
        if new.is_finite() && (new - value).abs() > f64::EPSILON {
            sink.swap(Operator::FloatConstant, cost, node, format!("{new:?}"));
        }
    }
}

pub(super) fn boolean(node: Node<'_>, sink: &mut Sink<'_>) {
    let new = if sink.text(node) == "true" { "false" } else { "true" };
    sink.swap(Operator::BooleanConstant, 0.7, node, new);
}

/// A string becomes another one of the file, the nearest first.
pub(super) fn text(node: Node<'_>, sink: &mut Sink<'_>) {
    let own = sink.text(node);
    let mut others: Vec<(usize, &str)> = descendants(sink.root())
        .into_iter()
        .filter(|n| n.kind() == node.kind())
        .map(|n| (n.start_byte().abs_diff(node.start_byte()), sink.text(n)))
        .filter(|(_, text)| *text != own && text.len() < 40)
        .collect();
    others.sort_unstable();
    let mut seen: Vec<&str> = Vec::new();
    for (_, text) in others {
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    for (cost, new) in [1.6, 1.7, 1.8, 1.9, 2.0, 2.1].into_iter().zip(seen) {
        sink.swap(Operator::StringConstant, cost, node, new);
    }
    let quote = &own[..own.len().min(1)];
    if own.len() > 2 {
        sink.swap(Operator::StringConstant, 2.0, node, format!("{quote}{quote}"));
    } else {
        sink.swap(Operator::StringConstant, 1.8, node, format!("{quote} {quote}"));
    }
    for literal in sink.context.literals.iter().filter(|l| l.starts_with(['"', '\''])).take(4) {
        let inner = &literal[1..literal.len().max(2) - 1];
        sink.swap(Operator::StringConstant, 1.5, node, format!("{quote}{inner}{quote}"));
    }
}

/// `a[i]` becomes `a[i + 1]`; constants are left to [`integer`].
pub(super) fn index(node: Node<'_>, sink: &mut Sink<'_>) {
    let parts: Vec<Node<'_>> = crate::syntax::node::named(node);
    let [outer, place] = parts.as_slice() else { return };
    if outer.kind() == node.kind() {
        let inner = crate::syntax::node::named(*outer);
        if let [_, first] = inner.as_slice() {
            let (a, b) = (sink.text(*first), sink.text(*place));
            let edits = vec![swap(*first, b), swap(*place, a)];
            sink.edit(
                Operator::IndexSwap,
                1.2,
                node,
                format!("`[{a}][{b}]` becomes `[{b}][{a}]`"),
                edits,
            );
        }
    }
    if matches!(
        place.kind(),
        "range_expression" | "integer_literal" | "int_literal" | "number" | "string"
    ) {
        return;
    }
    let text = sink.text(*place);
    for (new, cost) in [(format!("{text} + 1"), 1.2), (format!("{text} - 1"), 1.2)] {
        sink.swap(Operator::IndexShift, cost, *place, new);
    }
}

/// A value that should be one more or one less.
pub(super) fn off_by_one(node: Node<'_>, sink: &mut Sink<'_>) {
    let text = sink.text(node);
    let parent = node.parent().map_or("", |p| p.kind());
    let cost = match parent {
        "range_expression" | "slice_expression" => 0.9,
        "index_expression" | "subscript_expression" | "binary_expression" => 1.3,
        _ => 2.2,
    };
    let product = parent == "binary_expression"
        && node
            .parent()
            .and_then(super::shape::operator_of)
            .is_some_and(|o| matches!(o.kind(), "*" | "/" | "%" | "-"));
    for sign in ['+', '-'] {
        let new = if product { format!("({text} {sign} 1)") } else { format!("{text} {sign} 1") };
        sink.swap(Operator::OffByOne, cost, node, new);
    }
}

#[cfg(test)]
mod tests {
    use crate::base::Language::{Go, JavaScript, Rust};
    use crate::syntax::curly::testing::reaches;

    #[test]
    fn literals_and_indices() {
        reaches(Rust, "fn f(v: &[u8]) -> u8 {\n    v[2] //!\n}\n", &["v[1]", "v[3]", "v[0]"]);
        reaches(JavaScript, "const x = g[i][j]; //!\n", &["g[j][i]", "g[i][j - 1]"]);
        reaches(JavaScript, "const x = {a: 'red'}; //!\nconst y = 'blue';\n", &["'blue'}", "''}"]);
        reaches(
            Go,
            "package p\n\nfunc f(v []int, n int) []int {\n\treturn v[:n] //!\n}\n",
            &["v[:n + 1]", "v[:n - 1]"],
        );
        reaches(Rust, "fn f() -> bool {\n    true //!\n}\n", &["false"]);
        reaches(
            Rust,
            "fn f(n: usize) {\n    for i in 0..n { //!\n        g(i);\n    }\n}\n",
            &["0..n + 1 {", "1..n {"],
        );
    }
}
