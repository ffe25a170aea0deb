//! What only Rust has: ranges, borrowing, options, casts.

use crate::syntax::tree::Node;

use super::shape::Shape;
use crate::syntax::mutation::Operator;
use crate::syntax::node::{ancestors, children, descendants, field, named};
use crate::syntax::sink::Sink;

pub(super) fn visit(node: Node<'_>, sink: &mut Sink<'_>) {
    match node.kind() {
        "range_expression" => range(node, sink),
        "call_expression" => call(node, sink),
        "try_expression" => {
            let text = sink.text(node);
            let inner = &text[..text.len().max(1) - 1];
            sink.swap(Operator::OptionHandling, 1.8, node, format!("{inner}.unwrap_or_default()"));
        }
        "reference_expression" => {
            if let Some(value) = field(node, "value") {
                let text = sink.text(value);
                sink.swap(Operator::Borrow, 1.6, node, text);
                sink.swap(Operator::Borrow, 1.6, node, format!("&mut {text}"));
            }
        }
        "binary_expression" => binary(node, sink),
        "let_declaration" => mutable(node, sink),
        "index_expression" => checked_index(node, sink),
        "scoped_identifier" => variant(node, sink),
        _ => {}
    }
    let argument = node.parent().is_some_and(|p| p.kind() == "arguments");
    let value = matches!(super::shape::of(node), Shape::Name | Shape::Field);
    if argument && value {
        let text = sink.text(node);
        sink.swap(Operator::Borrow, 1.4, node, format!("&{text}"));
        sink.swap(Operator::Copy, 1.5, node, format!("{text}.clone()"));
        sink.swap(Operator::Borrow, 1.8, node, format!("&mut {text}"));
        sink.swap(Operator::Borrow, 1.9, node, format!("*{text}"));
    }
}

fn range(node: Node<'_>, sink: &mut Sink<'_>) {
    for token in children(node) {
        match token.kind() {
            ".." => sink.swap(Operator::RangeBound, 0.6, token, "..="),
            "..=" => sink.swap(Operator::RangeBound, 0.6, token, ".."),
            _ => {}
        }
    }
    let in_for = node.parent().is_some_and(|p| p.kind() == "for_expression");
    if in_for {
        let text = sink.text(node);
        sink.swap(Operator::Iteration, 1.8, node, format!("({text}).rev()"));
    }
}

fn call(node: Node<'_>, sink: &mut Sink<'_>) {
    let text = sink.text(node);
    if let Some(receiver) = text.strip_suffix(".unwrap()") {
        for (new, cost) in [
            ("unwrap_or_default()", 0.9),
            ("unwrap_or(0)", 1.0),
            ("unwrap_or(&0)", 1.5),
            ("unwrap_or(\"\")", 1.6),
            ("unwrap_or(false)", 1.7),
            ("unwrap_or(0.0)", 1.7),
        ] {
            sink.swap(Operator::OptionHandling, cost, node, format!("{receiver}.{new}"));
        }
        sink.swap(Operator::OptionHandling, 1.4, node, format!("{receiver}?"));
    }
    if text.ends_with(".iter()") {
        sink.swap(Operator::Iteration, 1.3, node, format!("{text}.rev()"));
        sink.swap(Operator::Iteration, 1.8, node, format!("{text}.skip(1)"));
    }
    if let Some(inner) = text.strip_suffix(".rev()") {
        sink.swap(Operator::Iteration, 0.9, node, inner);
    }
    if text.ends_with(".len()") {
        sink.swap(Operator::OffByOne, 1.1, node, format!("{text}.saturating_sub(1)"));
        if let Some(inner) = text.strip_suffix(".len()") {
            sink.swap(Operator::MethodSwap, 1.6, node, format!("{inner}.chars().count()"));
        }
    }
}

/// `a - b` on unsigned numbers wraps; `a / b` on integers cuts.
fn binary(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else { return };
    let Some(operator) = field(node, "operator") else { return };
    let (l, r) = (sink.text(left), sink.text(right));
    let receiver = if left.kind() == "binary_expression" || left.kind() == "type_cast_expression" {
        format!("({l})")
    } else {
        l.to_owned()
    };
    match operator.kind() {
        "-" => {
            sink.swap(
                Operator::ArithmeticSwap,
                1.1,
                node,
                format!("{receiver}.saturating_sub({r})"),
            );
            sink.swap(Operator::ArithmeticSwap, 1.8, node, format!("{receiver}.abs_diff({r})"));
        }
        "+" => {
            sink.swap(
                Operator::ArithmeticSwap,
                1.7,
                node,
                format!("{receiver}.saturating_add({r})"),
            );
            sink.swap(Operator::ArithmeticSwap, 1.9, node, format!("{receiver}.wrapping_add({r})"));
        }
        "*" => {
            sink.swap(Operator::ArithmeticSwap, 1.9, node, format!("{receiver}.wrapping_mul({r})"));
            sink.swap(
                Operator::ArithmeticSwap,
                1.9,
                node,
                format!("{receiver}.saturating_mul({r})"),
            );
        }
        "/" => {
            sink.swap(Operator::Rounding, 1.3, node, format!("{receiver}.div_ceil({r})"));
            sink.swap(Operator::TypeChange, 1.6, node, format!("{l} as f64 / {r} as f64"));
            sink.swap(
                Operator::Guard,
                1.6,
                node,
                format!("{receiver}.checked_div({r}).unwrap_or(0)"),
            );
            sink.swap(
                Operator::Guard,
                1.8,
                node,
                format!("(if {r} == 0 {{ 0 }} else {{ {l} / {r} }})"),
            );
        }
        "%" => {
            sink.swap(Operator::ArithmeticSwap, 1.1, node, format!("{receiver}.rem_euclid({r})"))
        }
        _ => {}
    }
}

/// `let x` becomes `let mut x`.
fn mutable(node: Node<'_>, sink: &mut Sink<'_>) {
    if let Some(pattern) = field(node, "pattern").filter(|p| p.kind() == "identifier") {
        let text = sink.text(pattern);
        sink.swap(Operator::Borrow, 1.8, pattern, format!("mut {text}"));
    }
}

/// `Light::Red` becomes another name that the file takes from `Light`.
fn variant(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(path), Some(name)) = (field(node, "path"), field(node, "name")) else { return };
    let (path, own) = (sink.text(path), sink.text(name));
    let called = node.parent().is_some_and(|p| p.kind() == "call_expression");
    let pattern = ancestors(node)
        .take_while(|n| n.kind() != "match_arm")
        .any(|n| n.kind() == "match_pattern");
    let mut others: Vec<&str> = Vec::new();
    for other in descendants(sink.root()) {
        let same = other.kind() == "scoped_identifier"
            && field(other, "path").is_some_and(|p| sink.text(p) == path)
            && other.parent().is_some_and(|p| p.kind() == "call_expression") == called;
        let other = field(other, "name").map(|n| sink.text(n)).unwrap_or_default();
        if same && other != own && !others.contains(&other) {
            others.push(other);
        }
    }
    let cost = if pattern { 1.7 } else { 1.0 };
    // What the file declares and does not say elsewhere.
    for declared in descendants(sink.root()).into_iter().filter(|n| n.kind() == "enum_item") {
        let is_this = field(declared, "name").is_some_and(|n| sink.text(n) == path);
        let variants = field(declared, "body").filter(|_| is_this).map(named).unwrap_or_default();
        for name in variants.into_iter().filter_map(|variant| field(variant, "name")) {
            let name = sink.text(name);
            if name != own && !others.contains(&name) {
                others.push(name);
            }
        }
    }
    for new in others.into_iter().take(8) {
        sink.swap(Operator::NameSwap, cost, name, new);
    }
}

/// `v[i]` panics past the end.
fn checked_index(node: Node<'_>, sink: &mut Sink<'_>) {
    let parts = crate::syntax::node::named(node);
    let [object, place] = parts.as_slice() else { return };
    if place.kind() == "range_expression" {
        return;
    }
    let (object, place) = (sink.text(*object), sink.text(*place));
    sink.swap(
        Operator::OptionHandling,
        2.2,
        node,
        format!("{object}.get({place}).copied().unwrap_or_default()"),
    );
}

#[cfg(test)]
mod tests {
    use crate::base::Language::Rust;
    use crate::syntax::curly::testing::reaches;

    #[test]
    fn ranges_options_and_numbers() {
        reaches(
            Rust,
            "fn f(n: u32) {\n    for i in 1..n { //!\n        g(i);\n    }\n}\n",
            &["1..=n", "(1..n).rev()"],
        );
        reaches(
            Rust,
            "fn f(v: &[u32]) -> u32 {\n    *v.first().unwrap() //!\n}\n",
            &["v.first().unwrap_or(&0)"],
        );
        reaches(
            Rust,
            "fn f(a: u32, b: u32) -> u32 {\n    a - b //!\n}\n",
            &["a.saturating_sub(b)", "b - a"],
        );
        reaches(
            Rust,
            "fn f(x: u8) -> L {\n    match x {\n        0 => L::Red, //!\n        _ => L::Green,\n    }\n}\n",
            &["0 => L::Green,"],
        );
        reaches(
            Rust,
            "enum L {\n    Red,\n    Off,\n}\nfn f() -> L {\n    L::Red //!\n}\n",
            &["    L::Off"],
        );
        reaches(Rust, "fn f(a: &str) {\n    g(a); //!\n}\n", &["g(&a);", "g(a.clone());"]);
    }
}
