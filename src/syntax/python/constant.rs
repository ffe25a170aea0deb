//! Literals: numbers, strings, truth values, `None`, and the first value of a variable.

use crate::syntax::tree::Node;

use super::tree::{self, Role};
use crate::syntax::mutation::Operator;
use crate::syntax::node::{descendants, field, named};
use crate::syntax::scope::{NameKind, Reach};
use crate::syntax::sink::Sink;

/// `3`.
pub(super) fn integer(node: Node<'_>, sink: &mut Sink<'_>) {
    if tree::in_annotation(node) {
        return;
    }
    let text = sink.text(node);
    let Ok(value) = text.replace('_', "").parse::<i64>() else {
        hexadecimal(node, text, sink);
        return;
    };
    let negated =
        node.parent().filter(|p| p.kind() == "unary_operator" && sink.text(*p).starts_with('-'));
    let (whole, value) = match negated {
        Some(parent) => (parent, -value),
        None => (node, value),
    };
    let near = if matches!(tree::role(whole), Role::Index | Role::Bound | Role::Compared) {
        0.8
    } else {
        0.95
    };
    // A power of a number does not have wrong neighbours as often as a small count has.
    let near = if value.abs() > 20 { near + 0.6 } else { near };
    let mut options: Vec<(i64, f32)> =
        vec![(value.saturating_add(1), near), (value.saturating_sub(1), near)];
    options.extend([(0, 1.4), (1, 1.4), (-1, 1.7), (2, 1.9), (3, 2.5), (10, 2.6), (100, 2.9)]);
    if value != 0 {
        options.push((-value, 1.6));
    }
    options.extend(confusable(value).iter().map(|n| (*n, 1.7)));
    if value.abs() >= 10 {
        options.extend([(value / 10, 2.2), (value.saturating_mul(10), 2.2), (value / 2, 2.6)]);
    }
    options.extend(
        other_literals(node, "integer", sink)
            .into_iter()
            .filter_map(|t| Some((t.parse().ok()?, 2.1))),
    );
    let wanted = sink.context.literals.iter().filter_map(|l| l.parse::<i64>().ok());
    options.extend(wanted.map(|n| (n, 1.9)));
    options.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut seen = vec![value];
    for (new, cost) in options {
        if !seen.contains(&new) {
            seen.push(new);
            let needs_parentheses = new < 0 && tree::role(whole) == Role::Operand;
            let new = if needs_parentheses { format!("({new})") } else { new.to_string() };
            sink.swap(Operator::IntegerConstant, cost, whole, new);
        }
    }
    params_instead(whole, 2.4, sink);
}

/// `0.5`.
pub(super) fn float(node: Node<'_>, sink: &mut Sink<'_>) {
    let text = sink.text(node);
    let Ok(value) = text.replace('_', "").parse::<f64>() else { return };
    let mut news: Vec<(f64, f32)> =
        vec![(0.0, 1.6), (1.0, 1.6), (1.0 - value, 2.2), (1.0 + value, 2.4)];
    for (factor, cost) in
        [(0.1, 1.7), (10.0, 1.7), (100.0, 1.8), (0.01, 1.8), (0.5, 2.1), (2.0, 2.1)]
    {
        news.push((value * factor, cost));
    }
    news.extend([(value + 1.0, 2.2), (value - 1.0, 2.2), (value + 0.1, 2.4), (value - 0.1, 2.4)]);
    for (new, cost) in news {
        // Twelve digits: what `0.1 + 0.2` leaves behind is never meant.
        let new = (new * 1e12).round() / 1e12;
        sink.swap(Operator::FloatConstant, cost, node, format!("{new:?}"));
    }
    for other in other_literals(node, "float", sink) {
        sink.swap(Operator::FloatConstant, 2.0, node, other);
    }
    params_instead(node, 2.5, sink);
}

/// `True` and `False`.
pub(super) fn boolean(node: Node<'_>, sink: &mut Sink<'_>) {
    let new = if node.kind() == "true" { "False" } else { "True" };
    sink.swap(Operator::BooleanConstant, 0.7, node, new);
    if tree::role(node) == Role::Returned {
        sink.swap(Operator::NoneConstant, 2.2, node, "None");
    }
}

/// `None`.
pub(super) fn none(node: Node<'_>, sink: &mut Sink<'_>) {
    if tree::in_annotation(node) || tree::role(node) == Role::Compared {
        return;
    }
    for (new, cost) in [
        ("0", 1.8),
        ("False", 1.7),
        ("[]", 1.8),
        ("''", 1.9),
        ("True", 2.0),
        ("{}", 2.2),
        ("1", 2.4),
        ("-1", 2.0),
    ] {
        sink.swap(Operator::NoneConstant, cost, node, new);
    }
    params_instead(node, 2.0, sink);
}

/// The value first given to a variable, or returned or passed as an empty thing.
pub(super) fn initial(node: Node<'_>, sink: &mut Sink<'_>) {
    let role = tree::role(node);
    if !matches!(role, Role::Assigned | Role::Returned | Role::Argument | Role::Element)
        && node.parent().is_none_or(|p| p.kind() != "default_parameter")
    {
        return;
    }
    let first = if role == Role::Assigned { 0.0 } else { 0.5 };
    let news: &[(&str, f32)] = match (node.kind(), sink.text(node)) {
        ("integer", "0") => &[
            ("None", 1.8),
            ("float('-inf')", 1.7),
            ("float('inf')", 1.7),
            ("0.0", 2.2),
            ("[]", 2.4),
            ("''", 2.6),
            ("{}", 2.8),
        ],
        ("integer", "1") => &[("None", 2.4), ("1.0", 2.4), ("True", 2.4)],
        ("list", "[]") => &[
            ("{}", 1.6),
            ("set()", 1.6),
            ("None", 1.7),
            ("[[]]", 1.8),
            ("[0]", 1.9),
            ("[1]", 2.1),
            ("''", 1.9),
            ("0", 2.2),
            ("()", 2.2),
            ("[None]", 2.6),
        ],
        ("dictionary", "{}") => &[("[]", 1.6), ("set()", 1.4), ("None", 1.8)],
        ("call", "set()") => &[("[]", 1.6), ("{}", 1.8)],
        ("call", "dict()" | "list()") => &[("[]", 1.8), ("{}", 1.8), ("set()", 1.8)],
        ("call", "float('inf')") => &[("float('-inf')", 0.8), ("0", 1.6), ("None", 1.8)],
        ("call", "float('-inf')") => &[("float('inf')", 0.8), ("0", 1.6), ("None", 1.8)],
        ("call", "float(\"inf\")") => &[("float(\"-inf\")", 0.8), ("0", 1.6), ("None", 1.8)],
        ("call", "float(\"-inf\")") => &[("float(\"inf\")", 0.8), ("0", 1.6), ("None", 1.8)],
        ("string", "''" | "\"\"") => {
            &[("None", 1.7), ("' '", 1.7), ("[]", 1.8), ("0", 2.4), ("'\\n'", 2.4)]
        }
        ("string", _) if role != Role::Assigned => &[],
        ("tuple", "()") => &[("[]", 1.8), ("None", 1.8)],
        ("false" | "true", _) => &[("None", 2.0)],
        ("none", _) => &[("float('inf')", 2.4), ("float('-inf')", 2.4), ("set()", 2.4)],
        _ => &[],
    };
    if tree::in_string(node) {
        return;
    }
    for (new, cost) in news {
        sink.swap(Operator::InitialValue, cost + first, node, *new);
    }
    if role == Role::Assigned && matches!(sink.text(node), "0" | "None" | "[]" | "''" | "\"\"") {
        // The first element instead of an assumed neutral one.
        for name in params(node, sink).into_iter().take(3) {
            sink.swap(Operator::InitialValue, 2.0, node, format!("{name}[0]"));
            if sink.text(node) == "[]" {
                sink.swap(Operator::InitialValue, 2.2, node, format!("[{name}]"));
                sink.swap(Operator::InitialValue, 2.4, node, format!("list({name})"));
            }
        }
    }
}

/// The literal should perhaps be a parameter, or a constant of the module.
fn params_instead(node: Node<'_>, cost: f32, sink: &mut Sink<'_>) {
    if matches!(tree::role(node), Role::Other) {
        return;
    }
    for name in params(node, sink).into_iter().take(4) {
        sink.swap(Operator::NameSwap, cost, node, name);
    }
}

/// Names of the parameters that can be used at a node, without the receiver.
pub(super) fn params(node: Node<'_>, sink: &Sink<'_>) -> Vec<String> {
    let names = sink.names(node);
    names
        .iter()
        .filter(|n| n.reach == Reach::Own && matches!(n.kind, NameKind::Param))
        .map(|n| n.name.clone())
        .filter(|n| !matches!(n.as_str(), "self" | "cls"))
        .collect()
}

/// Other literals of one kind in the same function (or file, outside functions): at most eight, the nearest first.
pub(super) fn other_literals(node: Node<'_>, kind: &str, sink: &Sink<'_>) -> Vec<String> {
    let scope = tree::function(node).unwrap_or_else(|| sink.root());
    let own = sink.text(node);
    let mut out: Vec<String> = Vec::new();
    let mut found: Vec<Node<'_>> =
        descendants(scope).into_iter().filter(|n| n.kind() == kind && !is_docstring(*n)).collect();
    // The nearest first.
    found.sort_by_key(|n| n.start_position().row.abs_diff(node.start_position().row));
    for other in found {
        let text = sink.text(other);
        if text != own && text.len() <= 40 && !out.iter().any(|t| t == text) {
            out.push(text.to_owned());
        }
    }
    out.truncate(8);
    out
}

/// True for a string that stands alone as a statement.
pub(super) fn is_docstring(node: Node<'_>) -> bool {
    node.parent().is_some_and(|p| p.kind() == "expression_statement" && named(p).len() == 1)
}

fn hexadecimal(node: Node<'_>, text: &str, sink: &mut Sink<'_>) {
    let lower = text.replace('_', "").to_ascii_lowercase();
    let (radix, digits) = match lower.get(..2) {
        Some("0x") => (16, &lower[2..]),
        Some("0b") => (2, &lower[2..]),
        Some("0o") => (8, &lower[2..]),
        _ => return,
    };
    let Ok(value) = u64::from_str_radix(digits, radix).map(i128::from) else { return };
    let show = |n: i128| match radix {
        16 => format!("0x{n:x}"),
        2 => format!("0b{n:b}"),
        _ => format!("0o{n:o}"),
    };
    let shifted = [
        (value + 1, 1.6),
        (value - 1, 1.4),
        (value << 1, 1.8),
        (value >> 1, 1.8),
        ((value << 4) | 0xf, 2.2),
        (value >> 4, 2.2),
    ];
    for (new, cost) in shifted {
        if (0..=i128::from(u64::MAX)).contains(&new) {
            sink.swap(Operator::IntegerConstant, cost, node, show(new));
        }
    }
}

/// Numbers that people take for each other.
fn confusable(value: i64) -> &'static [i64] {
    match value {
        7 => &[30, 24],
        10 => &[100, 16, 8],
        12 => &[24],
        16 => &[10, 8],
        24 => &[12, 60],
        26 => &[25, 27],
        30 => &[31, 60],
        60 => &[3600, 24, 1000],
        90 => &[180],
        97 => &[65],
        65 => &[97],
        100 => &[1000, 10],
        127 => &[128, 255],
        128 => &[127, 256],
        180 => &[360, 90],
        255 => &[256],
        256 => &[255],
        360 => &[180],
        365 => &[366],
        366 => &[365],
        400 => &[100, 4],
        1000 => &[1024, 100],
        1024 => &[1000],
        3600 => &[60, 86400],
        86400 => &[3600],
        _ => &[],
    }
}

/// `float('inf')` is written in so many ways that only its sign matters.
pub(super) fn infinity(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(function) = field(node, "function") else { return };
    let text = sink.text(node);
    if sink.text(function) == "float"
        && text.contains("inf")
        && node.parent().is_none_or(|p| p.kind() != "unary_operator")
    {
        let new = if text.contains("-inf") {
            text.replace("-inf", "inf")
        } else {
            text.replace("inf", "-inf")
        };
        sink.swap(Operator::InitialValue, 0.8, node, new);
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::mutation::Context;
    use crate::syntax::python::testing::{reaches, reaches_with};

    #[test]
    fn numbers() {
        reaches("x = 1  #!\n", &["x = 0", "x = 2", "x = -1"]);
        reaches("x = -1  #!\n", &["x = 0", "x = -2", "x = 1"]);
        reaches("x = a * 60  #!\n", &["x = a * 3600", "x = a * 59"]);
        reaches("x = a * 1  #!\n", &["x = a * (-1)"]);
        reaches("x = 0x0f  #!\n", &["x = 0xff", "x = 0x10"]);
        reaches("x = 0.1  #!\n", &["x = 1.0", "x = 0.01", "x = 0.9"]);
        reaches("def f(n):\n    x = 10  #!\n    y = 17\n", &["x = n", "x = 17", "x = 100"]);
        let context = Context { literals: vec!["42".into()], ..Context::default() };
        reaches_with("x = 5  #!\n", &context, &["x = 42"]);
    }

    #[test]
    fn others() {
        reaches("x = True  #!\n", &["x = False"]);
        reaches(
            "def f(a):\n    return None  #!\n",
            &["return []", "return 0", "return False", "return a"],
        );
        reaches("def f(a):\n    x = 0  #!\n", &["x = a[0]", "x = None", "x = float('-inf')"]);
        reaches("def f(a):\n    x = []  #!\n", &["x = {}", "x = set()", "x = [a]", "x = [[]]"]);
        reaches("x = float('inf')  #!\n", &["x = float('-inf')"]);
    }
}
