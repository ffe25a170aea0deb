//! Subscripts, slices and ranges: where most counts go wrong by one.

use crate::syntax::tree::Node;

use super::tree::{self, Role};
use crate::syntax::mutation::Operator;
use crate::syntax::node::{ancestors, children, field, fields, named, swap};
use crate::syntax::sink::Sink;

/// `range(a, b)`.
pub(super) fn range(node: Node<'_>, sink: &mut Sink<'_>) {
    if tree::callee(node, sink) != "range" {
        return;
    }
    let Some(list) = field(node, "arguments") else { return };
    let texts: Vec<&str> = tree::positional(node).iter().map(|a| sink.text(*a)).collect();
    let mut put = |cost: f32, new: String| sink.swap(Operator::RangeBound, cost, list, new);
    match texts[..] {
        [n] => {
            put(0.8, format!("(1, {n})"));
            put(0.9, format!("(1, {n} + 1)"));
            put(1.3, format!("({n} - 1, -1, -1)"));
            put(1.9, format!("(0, {n}, 2)"));
            put(2.0, format!("(2, {n})"));
            put(2.0, format!("(2, {n} + 1)"));
            put(2.2, format!("(1, {n} - 1)"));
        }
        [a, b] => {
            put(1.2, format!("({b})"));
            put(1.1, format!("({a}, {b} + 1)"));
            put(1.3, format!("({a} + 1, {b} + 1)"));
            put(1.4, format!("({a} - 1, {b})"));
            put(1.6, format!("({b}, {a})"));
            put(1.7, format!("({a}, {b}, 2)"));
            put(1.7, format!("({a}, {b}, -1)"));
            put(1.6, format!("({b}, {a}, -1)"));
            put(1.8, format!("({b} - 1, {a} - 1, -1)"));
            if let Some(n) = b.strip_suffix(" + 1").or_else(|| b.strip_suffix(" - 1")) {
                put(1.4, format!("({n})"));
            }
        }
        [a, b, step] => {
            put(1.2, format!("({a}, {b})"));
            put(1.2, format!("({a}, {b} + 1, {step})"));
            put(1.1, format!("({a}, {b} - 1, {step})"));
            put(1.3, format!("({a} + 1, {b}, {step})"));
            put(1.3, format!("({a} - 1, {b}, {step})"));
            put(1.2, format!("({a}, {b}, -{step})"));
            put(1.6, format!("({b}, {a}, {step})"));
            put(if a == "0" { 1.4 } else { 2.2 }, format!("({b})"));
        }
        _ => {}
    }
}

/// `x[a:b]`.
pub(super) fn slice(node: Node<'_>, sink: &mut Sink<'_>) {
    let [start, stop, step] = bounds(node);
    let text = |n: Option<Node<'_>>| n.map_or("", |n| sink.text(n)).to_owned();
    let (a, b, c) = (text(start), text(stop), text(step));
    let mut options: Vec<(f32, String)> = Vec::new();
    let tail = if c.is_empty() { String::new() } else { format!(":{c}") };
    if !a.is_empty() {
        options.push((0.9, format!(":{b}{tail}")));
    } else {
        options.push((1.0, format!("1:{b}{tail}")));
        options.push((2.2, format!("2:{b}{tail}")));
    }
    if !b.is_empty() {
        options.push((0.9, format!("{a}:{tail}")));
    } else {
        options.push((1.0, format!("{a}:-1{tail}")));
        options.push((2.2, format!("{a}:-2{tail}")));
    }
    match (a.as_str(), b.as_str()) {
        ("", "") => {}
        ("", n) | (n, "") => {
            options.push((0.9, format!("{b}:{a}{tail}")));
            let flipped = n.strip_prefix('-').map_or_else(|| format!("-{n}"), str::to_owned);
            options.push((
                1.3,
                if a.is_empty() {
                    format!(":{flipped}{tail}")
                } else {
                    format!("{flipped}:{tail}")
                },
            ));
            options.push((
                1.5,
                if a.is_empty() {
                    format!("{flipped}:{tail}")
                } else {
                    format!(":{flipped}{tail}")
                },
            ));
        }
        (a, b) => options.push((1.7, format!("{b}:{a}{tail}"))),
    }
    if c.is_empty() {
        options.push((1.6, format!("{a}:{b}:-1")));
        options.push((2.0, format!("{a}:{b}:2")));
    } else {
        options.push((1.1, format!("{a}:{b}")));
        options.push((1.2, format!("{a}:{b}:-{c}").replace("--", "")));
    }
    for (cost, new) in options {
        sink.swap(Operator::SliceBound, cost, node, new);
    }
    let Some(subscript) = node.parent().filter(|p| p.kind() == "subscript") else { return };
    let Some(value) = field(subscript, "value") else { return };
    if !tree::is_target(subscript) {
        sink.swap(Operator::SliceBound, 1.5, subscript, sink.text(value));
        match (a.as_str(), b.as_str()) {
            ("", "") => {}
            ("", n) | (n, "") => sink.swap(Operator::SliceBound, 1.8, node, n),
            _ => {}
        }
    }
}

/// `x[i]`.
pub(super) fn subscript(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(value) = field(node, "value") else { return };
    let indices = fields(node, "subscript");
    let [index] = indices[..] else {
        if let [first, second] = indices[..] {
            let edit = vec![swap(first, sink.text(second)), swap(second, sink.text(first))];
            sink.edit(Operator::IndexSwap, 0.9, first, "the two indices change places", edit);
        }
        return;
    };
    let in_type = tree::in_annotation(node) || ancestors(node).any(|n| n.kind() == "type");
    if index.kind() == "slice" || in_type {
        return;
    }
    let text = sink.text(index);
    if value.kind() == "subscript"
        && let (Some(outer), [inner]) = (field(value, "value"), &fields(value, "subscript")[..])
        && inner.kind() != "slice"
    {
        let new = format!("{}[{text}][{}]", sink.text(outer), sink.text(*inner));
        sink.swap(Operator::IndexSwap, 0.8, node, new);
    }
    let number = matches!(index.kind(), "integer" | "unary_operator");
    match text {
        "0" => sink.swap(Operator::IndexShift, 0.7, index, "-1"),
        "-1" => sink.swap(Operator::IndexShift, 0.7, index, "0"),
        _ => {}
    }
    if index.kind() == "binary_operator" || index.kind() == "identifier" {
        let container = sink.text(value);
        let cost = if index.kind() == "binary_operator" { 1.5 } else { 2.0 };
        let inner = tree::tight(index, sink);
        sink.swap(Operator::IndexShift, cost, index, format!("{inner} % len({container})"));
        if !number {
            sink.swap(Operator::IndexShift, 2.0, index, format!("-{inner}"));
            sink.swap(Operator::IndexShift, 2.4, index, format!("len({container}) - 1 - {text}"));
        }
    }
    if !tree::is_target(node) {
        for (new, cost) in [(format!("{text}:"), 1.9), (format!(":{text}"), 2.1)] {
            sink.swap(Operator::SliceBound, cost, index, new);
        }
        sink.swap(Operator::IndexShift, 1.8, node, sink.text(value));
        lookup_default(node, value, text, number, sink);
    }
}

/// `x` becomes `x[0]`, where one element of a sequence was meant.
pub(super) fn missing_index(node: Node<'_>, sink: &mut Sink<'_>) {
    let fits = matches!(
        tree::role(node),
        Role::Returned | Role::Assigned | Role::Argument | Role::Compared
    ) && matches!(node.kind(), "identifier" | "call" | "attribute" | "subscript");
    if !fits || tree::is_target(node) {
        return;
    }
    let base = if node.kind() == "identifier" { 2.1 } else { 2.5 };
    let text = sink.text(node);
    for (index, extra) in [("0", 0.0), ("-1", 0.2), ("1", 0.4), ("::-1", 0.2), ("1:", 0.5)] {
        sink.swap(Operator::IndexShift, base + extra, node, format!("{text}[{index}]"));
    }
}

/// `x[k]` becomes `x.get(k, ...)`.
fn lookup_default(node: Node<'_>, value: Node<'_>, key: &str, number: bool, sink: &mut Sink<'_>) {
    if number {
        return;
    }
    let object = sink.text(value);
    let base = if tree::in_string(node) { 2.6 } else { 1.3 };
    for (default, extra) in [
        ("", 0.0),
        (", 0", 0.0),
        (", []", 0.5),
        (", ''", 0.5),
        (", {}", 0.8),
        (", False", 1.0),
        (", 1", 1.0),
    ] {
        let quotes = default.contains('\'');
        if !(quotes && tree::in_string(node)) {
            sink.swap(
                Operator::DefaultValue,
                base + extra,
                node,
                format!("{object}.get({key}{default})"),
            );
        }
    }
}

/// Start, stop and step of a slice.
fn bounds(node: Node<'_>) -> [Option<Node<'_>>; 3] {
    let mut out = [None, None, None];
    let mut at = 0;
    for child in children(node) {
        if child.kind() == ":" {
            at += 1;
        } else if child.is_named() && !child.is_extra() && at < 3 {
            out[at] = Some(child);
        }
    }
    out
}

/// `d.get(k)` with a default, another default, or as `d[k]`; `d.pop(k)`.
pub(super) fn get(node: Node<'_>, sink: &mut Sink<'_>) {
    let name = tree::callee(node, sink);
    let Some(object) = field(node, "function").and_then(|f| field(f, "object")) else { return };
    let object = sink.text(object);
    let arguments = tree::positional(node);
    let texts: Vec<&str> = arguments.iter().map(|a| sink.text(*a)).collect();
    match (name, &texts[..]) {
        ("get", [key]) => {
            for (default, cost) in [
                ("0", 1.0),
                ("[]", 1.3),
                ("''", 1.4),
                ("{}", 1.5),
                ("False", 1.8),
                ("1", 1.9),
                ("set()", 2.0),
            ] {
                if !(default == "''" && tree::in_string(node)) {
                    sink.swap(
                        Operator::DefaultValue,
                        cost,
                        node,
                        format!("{object}.get({key}, {default})"),
                    );
                }
            }
            sink.swap(Operator::DefaultValue, 1.8, node, format!("{object}[{key}]"));
        }
        ("get", [key, default]) => {
            sink.swap(Operator::DefaultValue, 2.0, node, format!("{object}[{key}]"));
            sink.swap(
                Operator::DefaultValue,
                1.9,
                node,
                format!("{object}.setdefault({key}, {default})"),
            );
        }
        ("pop", [key]) => {
            sink.swap(Operator::DefaultValue, 1.3, node, format!("{object}.pop({key}, None)"));
            sink.swap(Operator::MethodSwap, 1.0, node, format!("{object}.pop()"));
        }
        ("pop", []) => {
            sink.swap(Operator::MethodSwap, 0.8, node, format!("{object}.pop(0)"));
            sink.swap(Operator::MethodSwap, 2.6, node, format!("{object}[-1]"));
        }
        ("setdefault", [key]) => {
            for default in ["[]", "0", "{}", "set()"] {
                sink.swap(
                    Operator::DefaultValue,
                    1.3,
                    node,
                    format!("{object}.setdefault({key}, {default})"),
                );
            }
        }
        ("next", [_]) | ("max" | "min", [_])
            if named(node).first().is_some_and(|f| f.kind() == "identifier") => {}
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::python::testing::reaches;

    #[test]
    fn ranges() {
        reaches(
            "for i in range(n):  #!\n    pass\n",
            &[
                "for i in range(n + 1):",
                "for i in range(n - 1):",
                "for i in range(1, n):",
                "for i in range(n - 1, -1, -1):",
            ],
        );
        reaches(
            "for i in range(1, n):  #!\n    pass\n",
            &[
                "for i in range(n):",
                "for i in range(1, n + 1):",
                "for i in range(0, n):",
                "for i in range(2, n):",
            ],
        );
        reaches(
            "for i in range(n, 0, -1):  #!\n    pass\n",
            &[
                "for i in range(n, -1, -1):",
                "for i in range(n - 1, 0, -1):",
                "for i in range(n, 0, 1):",
            ],
        );
    }

    #[test]
    fn slices() {
        reaches(
            "y = x[1:]  #!\n",
            &["y = x[:]", "y = x[2:]", "y = x[0:]", "y = x[1:-1]", "y = x[:1]", "y = x"],
        );
        reaches("y = x[:n]  #!\n", &["y = x[:n + 1]", "y = x[:n - 1]", "y = x[n:]", "y = x[:-n]"]);
        reaches(
            "y = x[a:b]  #!\n",
            &["y = x[a:b + 1]", "y = x[a + 1:b]", "y = x[a:]", "y = x[b:a]", "y = x[a:b:-1]"],
        );
    }

    #[test]
    fn indices() {
        reaches(
            "y = x[i]  #!\n",
            &["y = x[i - 1]", "y = x[i + 1]", "y = x.get(i)", "y = x.get(i, 0)", "y = x"],
        );
        reaches("y = x[0]  #!\n", &["y = x[-1]", "y = x[1]"]);
        reaches("y = x[i][j]  #!\n", &["y = x[j][i]"]);
        reaches("y = x[i, j]  #!\n", &["y = x[j, i]"]);
        reaches("y = x[i + 1]  #!\n", &["y = x[(i + 1) % len(x)]", "y = x[i]"]);
        reaches("y = d.get(k)  #!\n", &["y = d.get(k, 0)", "y = d.get(k, [])", "y = d[k]"]);
        reaches("y = d.pop()  #!\n", &["y = d.pop(0)"]);
        reaches(
            "def f(x):\n    return x  #!\n",
            &["return x[0]", "return x[-1]", "return x[::-1]"],
        );
    }
}
