//! Containers: copies, comprehensions, pairs, unpacking, iteration, lambdas in loops.

use crate::syntax::tree::Node;

use super::tree::{self, Role};
use crate::base::{Replacement, Span};
use crate::syntax::mutation::Operator;
use crate::syntax::node::{ancestors, children, descendants, field, insert, named, span, swap};
use crate::syntax::scope::{NameKind, Reach};
use crate::syntax::sink::{Sink, brief};

/// Values of a dictionary display that are exchanged with each other, at most.
const MAX_SWAPPED: usize = 4;

/// `b = a`, `append(a)`, `return self.a`: the value should be a copy.
pub(super) fn copy(node: Node<'_>, sink: &mut Sink<'_>) {
    if !matches!(node.kind(), "identifier" | "attribute" | "subscript") || tree::is_target(node) {
        return;
    }
    let base = match tree::role(node) {
        Role::Assigned => 1.5,
        Role::Argument => match tree::argument_of(node, sink) {
            Some(("append" | "add" | "put" | "insert" | "appendleft", _)) => 1.0,
            Some((name, _))
                if tree::function(node)
                    .and_then(|f| field(f, "name"))
                    .is_some_and(|f| sink.text(f) == name) =>
            {
                1.5
            }
            _ => 2.6,
        },
        Role::Returned if node.kind() == "attribute" => 1.7,
        Role::Iterated => 1.9,
        Role::Element => 2.4,
        _ => return,
    };
    let text = sink.text(node);
    sink.swap(Operator::Copy, base, node, format!("{text}[:]"));
    sink.swap(Operator::Copy, base + 0.1, node, format!("{text}.copy()"));
    sink.swap(Operator::Copy, base + 0.3, node, format!("dict({text})"));
    if sink.names(node).iter().any(|n| n.name == "copy" && n.kind == NameKind::Import) {
        sink.swap(Operator::Copy, base, node, format!("copy.deepcopy({text})"));
    }
}

/// `[[0] * n] * m` shares its rows.
pub(super) fn shared_rows(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(left), Some(operator), Some(right)) =
        (field(node, "left"), field(node, "operator"), field(node, "right"))
    else {
        return;
    };
    if left.kind() != "list" || operator.kind() != "*" {
        return;
    }
    let [inner] = named(left)[..] else { return };
    let (inner, count) = (sink.text(inner), sink.text(right));
    let cost = if inner.starts_with(['[', '{']) { 0.5 } else { 2.4 };
    sink.swap(Operator::Copy, cost, node, format!("[{inner} for _ in range({count})]"));
}

/// `{"a": x, "b": y}`: the values stand with the wrong keys.
pub(super) fn dictionary(node: Node<'_>, sink: &mut Sink<'_>) {
    let values: Vec<Node<'_>> = named(node)
        .into_iter()
        .filter(|pair| pair.kind() == "pair")
        .filter_map(|pair| field(pair, "value"))
        .collect();
    if !(2..=MAX_SWAPPED).contains(&values.len()) {
        return;
    }
    for (index, first) in values.iter().enumerate() {
        for second in &values[index + 1..] {
            let (a, b) = (sink.text(*first), sink.text(*second));
            if a != b {
                let title = format!("the values `{}` and `{}` change places", brief(a), brief(b));
                let edit = vec![swap(*first, b), swap(*second, a)];
                let cost = if values.len() == 2 { 1.5 } else { 2.2 };
                sink.edit(Operator::ArgumentSwap, cost, *first, title, edit);
            }
        }
    }
}

/// Comprehensions: kind, filter, order of loops.
pub(super) fn comprehension(node: Node<'_>, sink: &mut Sink<'_>) {
    let text = sink.text(node);
    let inner = &text[1..text.len().saturating_sub(1)];
    let lone = node.parent().is_some_and(|p| p.kind() == "call");
    match node.kind() {
        "list_comprehension" => {
            sink.swap(Operator::GeneratorList, 1.9, node, format!("{{{inner}}}"));
            sink.swap(Operator::GeneratorList, 2.6, node, format!("({inner})"));
        }
        "set_comprehension" => sink.swap(Operator::GeneratorList, 1.4, node, format!("[{inner}]")),
        "generator_expression" if !lone => {
            sink.swap(Operator::GeneratorList, 1.0, node, format!("[{inner}]"));
            sink.swap(Operator::GeneratorList, 1.6, node, format!("{{{inner}}}"));
        }
        "generator_expression" => {
            sink.swap(Operator::GeneratorList, 1.8, node, format!("([{inner}])"));
            sink.swap(Operator::GeneratorList, 1.8, node, format!("({{{inner}}})"));
        }
        _ => {}
    }
    let loops: Vec<Node<'_>> = children(node).filter(|c| c.kind() == "for_in_clause").collect();
    if let [first, second] = loops[..] {
        let edit = vec![swap(first, sink.text(second)), swap(second, sink.text(first))];
        sink.edit(Operator::Iteration, 1.3, first, "the two loops change places", edit);
    }
    for filter in children(node).filter(|c| c.kind() == "if_clause") {
        let before = filter.prev_sibling().map_or(filter.start_byte(), |p| p.end_byte());
        let title = format!("the filter `{}` goes", brief(sink.text(filter)));
        let edit =
            vec![Replacement { span: Span::new(before, filter.end_byte()), text: String::new() }];
        sink.edit(Operator::ConditionReplace, 1.6, filter, title, edit);
    }
    let filtered = children(node).any(|c| c.kind() == "if_clause");
    if let (false, Some(last)) = (filtered, loops.last())
        && let Some(left) = field(*last, "left").filter(|l| l.kind() == "identifier")
    {
        let name = sink.text(left);
        for condition in [
            format!("if {name}"),
            format!("if {name} is not None"),
            format!("if not {name}"),
            format!("if {name} > 0"),
        ] {
            let title = format!("only `{condition}`");
            let edit = vec![insert(last.end_byte(), format!(" {condition}"))];
            sink.edit(Operator::ConditionExtend, 2.1, *last, title, edit);
        }
    }
}

/// `{k: v}`.
pub(super) fn pair(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(key), Some(value)) = (field(node, "key"), field(node, "value")) else { return };
    let (k, v) = (sink.text(key), sink.text(value));
    let cost = if node.parent().is_some_and(|p| p.kind() == "dictionary_comprehension") {
        0.9
    } else {
        2.4
    };
    sink.swap(Operator::PairSwap, cost, node, format!("{v}: {k}"));
}

/// `a, b`: two elements change places; one goes.
pub(super) fn tuple(node: Node<'_>, sink: &mut Sink<'_>) {
    let items = named(node);
    let target = matches!(node.kind(), "pattern_list" | "tuple_pattern");
    let cost = if items.len() == 2 { 1.1 } else { 1.4 };
    for i in 0..items.len().min(4) {
        for j in i + 1..items.len().min(4) {
            sink.exchange(Operator::UnpackOrder, cost, items[i], [items[i], items[j]]);
        }
    }
    if node.kind() == "tuple" {
        sink.swap(
            Operator::GeneratorList,
            2.2,
            node,
            format!("[{}]", sink.text(node).trim_matches(['(', ')'])),
        );
    }
    if !target && node.kind() == "expression_list" && items.len() == 2 {
        for item in &items {
            sink.swap(Operator::ReturnValue, 2.0, node, sink.text(*item));
        }
    }
}

/// `for x in y`: what is iterated, and how.
pub(super) fn iteration(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else { return };
    let (target, source) = (sink.text(left), sink.text(right));
    let callee = if right.kind() == "call" { tree::callee(right, sink) } else { "" };
    let targets = if left.kind() == "identifier" { 1 } else { named(left).len() };
    if matches!(right.kind(), "identifier" | "attribute" | "subscript" | "call")
        && !matches!(callee, "range" | "items" | "enumerate" | "zip")
    {
        let costs = if targets == 2 { (0.7, 2.6, 0.8) } else { (1.8, 1.5, 2.2) };
        sink.swap(Operator::Iteration, costs.0, right, format!("{source}.items()"));
        sink.swap(Operator::Iteration, costs.1, right, format!("{source}.values()"));
        sink.swap(Operator::Iteration, costs.2, right, format!("enumerate({source})"));
        if targets == 1 {
            sink.swap(Operator::Iteration, 1.5, right, format!("range(len({source}))"));
            sink.swap(Operator::Iteration, 1.6, right, format!("{source}[1:]"));
            sink.swap(Operator::Iteration, 1.8, right, format!("{source}[:-1]"));
            sink.swap(Operator::Iteration, 1.7, right, format!("{source}[::-1]"));
            sink.swap(Operator::DefaultValue, 1.8, right, format!("{source} or []"));
        }
    }
    if let Some(argument) =
        tree::positional(right).first().map(|a| sink.text(*a)).filter(|_| right.kind() == "call")
    {
        match callee {
            "enumerate" if targets == 2 => {
                let edit = vec![swap(left, sink.text(named(left)[1])), swap(right, argument)];
                sink.edit(Operator::Iteration, 2.2, node, "no `enumerate`", edit);
            }
            "enumerate" => sink.swap(Operator::Iteration, 0.9, right, argument),
            "reversed" | "sorted" => sink.swap(Operator::Iteration, 1.3, right, argument),
            "range" => {
                sink.swap(Operator::Iteration, 1.1, right, format!("reversed({source})"));
                if let Some(list) = argument.strip_prefix("len(").and_then(|a| a.strip_suffix(')'))
                {
                    sink.swap(Operator::Iteration, 1.6, right, list);
                }
            }
            _ => {}
        }
    }
    if targets == 1 && callee == "enumerate" {
        sink.swap(Operator::Iteration, 0.9, left, format!("_, {target}"));
        sink.swap(Operator::Iteration, 1.2, left, format!("{target}, _"));
    }
    if targets == 1 && callee == "items" {
        sink.swap(Operator::Iteration, 1.0, left, format!("{target}, _"));
        sink.swap(Operator::Iteration, 1.0, left, format!("_, {target}"));
    }
}

/// A lambda or inner function made in a loop sees the last value of the loop's variable.
pub(super) fn late_binding(node: Node<'_>, sink: &mut Sink<'_>) {
    let captured: Vec<Node<'_>> = ancestors(node)
        .take_while(|n| !matches!(n.kind(), "function_definition" | "class_definition" | "lambda"))
        .flat_map(|n| match n.kind() {
            "for_statement" => field(n, "left").into_iter().collect(),
            "list_comprehension"
            | "dictionary_comprehension"
            | "generator_expression"
            | "set_comprehension" => {
                children(n).filter_map(|c| field(c, "left")).collect::<Vec<_>>()
            }
            _ => Vec::new(),
        })
        .collect();
    let Some(body) = field(node, "body") else { return };
    let used: Vec<&str> = descendants(body)
        .into_iter()
        .filter(|n| n.kind() == "identifier")
        .map(|n| sink.text(n))
        .collect();
    for name in captured.into_iter().flat_map(descendants).filter(|n| n.kind() == "identifier") {
        let name = sink.text(name);
        let taken = field(node, "parameters").is_some_and(|list| {
            descendants(list).into_iter().any(|p| p.kind() == "identifier" && sink.text(p) == name)
        });
        if taken || !used.contains(&name) {
            continue;
        }
        let title = format!("`{name}` is taken when the function is made");
        let edit = match (node.kind(), field(node, "parameters")) {
            ("lambda", Some(list)) => insert(list.end_byte(), format!(", {name}={name}")),
            ("lambda", None) => {
                insert(node.start_byte() + "lambda".len(), format!(" {name}={name}"))
            }
            (_, Some(list)) if named(list).is_empty() => {
                insert(list.end_byte() - 1, format!("{name}={name}"))
            }
            (_, Some(list)) => insert(list.end_byte() - 1, format!(", {name}={name}")),
            _ => continue,
        };
        sink.edit(Operator::LateBinding, 0.7, node, title, vec![edit]);
    }
}

/// `a = x` and then `b = y`, where both should happen at once; and the other way.
pub(super) fn simultaneous(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(assignment) = named(node).first().copied().filter(|a| a.kind() == "assignment") else {
        return;
    };
    let (Some(left), Some(right)) = (field(assignment, "left"), field(assignment, "right")) else {
        return;
    };
    let next = node.next_named_sibling().filter(|n| n.kind() == "expression_statement");
    let follower =
        next.and_then(|n| named(n).first().copied()).filter(|a| a.kind() == "assignment");
    if let (Some(next), Some(second)) = (next, follower)
        && let (Some(left2), Some(right2)) = (field(second, "left"), field(second, "right"))
        && left.kind() == "identifier"
        && right.kind() != "assignment"
        && right2.kind() != "assignment"
    {
        let name = sink.text(left);
        let depends = descendants(right2)
            .into_iter()
            .any(|n| n.kind() == "identifier" && sink.text(n) == name);
        if depends {
            let new = format!(
                "{name}, {} = {}, {}",
                sink.text(left2),
                sink.text(right),
                sink.text(right2)
            );
            let edit = vec![Replacement {
                span: Span::new(node.start_byte(), next.end_byte()),
                text: new,
            }];
            let line = crate::syntax::node::first_line(node);
            let other = crate::syntax::node::first_line(next);
            sink.edit_at(
                Operator::UnpackOrder,
                1.2,
                &[line, other],
                "both are assigned at once",
                edit,
            );
        }
    }
    if left.kind() == "pattern_list" && right.kind() == "expression_list" {
        let (targets, values) = (named(left), named(right));
        let indent = tree::indent(node, sink);
        if targets.len() == 2 && values.len() == 2 && tree::is_alone(node, sink) {
            let lines: Vec<String> = targets
                .iter()
                .zip(&values)
                .map(|(t, v)| format!("{} = {}", sink.text(*t), sink.text(*v)))
                .collect();
            for (a, b) in [(0, 1), (1, 0)] {
                let new = format!("{}\n{indent}{}", lines[a], lines[b]);
                sink.swap(Operator::UnpackOrder, 2.4, node, new);
            }
        }
    }
}

/// Defaults of parameters that are shared between calls. Looked at from the function, since the
/// fault shows in its body.
pub(super) fn mutable_defaults(function: Node<'_>, sink: &mut Sink<'_>) {
    for param in field(function, "parameters").map(named).unwrap_or_default() {
        mutable_default(param, sink);
    }
}

fn mutable_default(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(name), Some(value)) = (field(node, "name"), field(node, "value")) else { return };
    let is_new = matches!(value.kind(), "list" | "dictionary" | "set")
        || (value.kind() == "call"
            && matches!(tree::callee(value, sink), "list" | "dict" | "set" | "defaultdict"));
    let Some(function) = ancestors(node).find(|n| n.kind() == "function_definition") else {
        return;
    };
    let Some(body) = field(function, "body") else { return };
    let first = tree::statements(body).into_iter().find(|s| !tree::is_docstring_statement(*s));
    let Some(first) = first.filter(|f| tree::is_alone(*f, sink) && is_new) else { return };
    let (name, made) = (sink.text(name), sink.text(value));
    let indent = tree::indent(first, sink);
    let unit = tree::indent_unit(function, sink);
    let guard = format!("if {name} is None:\n{indent}{unit}{name} = {made}\n{indent}");
    let edit = vec![swap(value, "None"), insert(first.start_byte(), guard)];
    let mut lines =
        vec![crate::syntax::node::first_line(function), crate::syntax::node::first_line(first)];
    let uses =
        descendants(body).into_iter().filter(|n| n.kind() == "identifier" && sink.text(*n) == name);
    lines.extend(uses.map(crate::syntax::node::first_line));
    sink.edit_at(
        Operator::MutableDefault,
        0.6,
        &lines,
        format!("`{name}={made}` is made anew for each call"),
        edit,
    );
}

/// `dict.fromkeys(k, [])` shares its value.
pub(super) fn shared_value(node: Node<'_>, sink: &mut Sink<'_>) {
    if tree::callee(node, sink) != "fromkeys" {
        return;
    }
    if let [keys, value] = tree::positional(node)[..] {
        let (keys, value) = (sink.text(keys), sink.text(value));
        sink.swap(Operator::Copy, 0.7, node, format!("{{key: {value} for key in {keys}}}"));
    }
}

/// A list display and what could be meant: `[x]` and `x`, `[x]` and `list(x)`, `x` and `[x]`.
pub(super) fn display(node: Node<'_>, sink: &mut Sink<'_>) {
    let items = named(node);
    match (node.kind(), &items[..]) {
        ("list", [item]) if tree::is_expression(item.kind()) => {
            let text = sink.text(*item);
            sink.swap(Operator::GeneratorList, 1.8, node, text);
            sink.swap(Operator::GeneratorList, 2.0, node, format!("list({text})"));
            sink.swap(Operator::InitialValue, 2.2, node, "[]");
        }
        ("identifier" | "subscript" | "attribute", _) if !tree::is_target(node) => {
            let operand_of_sum = tree::role(node) == Role::Operand
                && node
                    .parent()
                    .and_then(|p| field(p, "operator"))
                    .is_some_and(|o| o.kind() == "+");
            let text = sink.text(node);
            if operand_of_sum {
                sink.swap(Operator::GeneratorList, 2.0, node, format!("[{text}]"));
            } else if matches!(
                tree::role(node),
                Role::Argument | Role::Returned | Role::Element | Role::Assigned
            ) {
                sink.swap(Operator::GeneratorList, 2.7, node, format!("[{text}]"));
            }
        }
        _ => {}
    }
    if node.kind() == "list" && items.len() > 1 {
        let own = sink.names(node);
        // A name is missing at the end of a list of names.
        let names = own.iter().filter(|n| n.reach == Reach::Own && n.kind == NameKind::Local);
        let texts: Vec<&str> = items.iter().map(|i| sink.text(*i)).collect();
        let missing: Vec<String> = names
            .map(|n| n.name.clone())
            .filter(|n| !texts.contains(&n.as_str()))
            .take(2)
            .collect();
        for name in missing {
            let edit = vec![insert(span(items[items.len() - 1]).end, format!(", {name}"))];
            sink.edit(Operator::ArgumentAdd, 2.8, node, format!("`{name}` is listed too"), edit);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::python::testing::{avoids, reaches};

    #[test]
    fn copies() {
        reaches(
            "def f(a):\n    b = a  #!\n",
            &["b = a[:]", "b = list(a)", "b = a.copy()", "b = dict(a)"],
        );
        reaches(
            "def f(a, out):\n    out.append(a)  #!\n",
            &["out.append(a[:])", "out.append(list(a))"],
        );
        reaches("g = [[0] * n] * m  #!\n", &["g = [[0] * n for _ in range(m)]"]);
        reaches("d = dict.fromkeys(k, [])  #!\n", &["d = {key: [] for key in k}"]);
    }

    #[test]
    fn values_with_the_wrong_keys() {
        reaches(r#"f({"a": x, "b": y})  #!"#, &[r#"f({"a": y, "b": x})"#]);
        avoids(r#"f({"a": x, "b": x})  #!"#, &[r#"f({"a": x, "b": x})"#]);
    }

    #[test]
    fn order() {
        reaches("a, b = f(x)  #!\n", &["b, a = f(x)"]);
        reaches("def f(a, b):\n    return a, b  #!\n", &["return b, a", "return a"]);
        reaches(
            "d = {v: k for k, v in x}  #!\n",
            &["d = {k: v for k, v in x}", "d = {v: k for v, k in x}"],
        );
        reaches("a = b  #!\nb = a + b\n", &["a, b = b, a + b\n"]);
        reaches("a, b = b, a  #!\n", &["a = b\nb = a\n"]);
        reaches("x = [c for r in g for c in r]  #!\n", &["x = [c for c in r for r in g]"]);
    }

    #[test]
    fn loops() {
        reaches(
            "for k, v in d:  #!\n    pass\n",
            &["for k, v in d.items():", "for k, v in enumerate(d):"],
        );
        reaches(
            "for x in d:  #!\n    pass\n",
            &["for x in d.values():", "for x in range(len(d)):", "for x in d[1:]:"],
        );
        reaches("for i, x in enumerate(d):  #!\n    pass\n", &["for x, i in enumerate(d):"]);
        reaches(
            "for i in range(3):\n    fs.append(lambda: i)  #!\n",
            &["fs.append(lambda i=i: i)"],
        );
        reaches(
            "x = [a for a in b if a > 1]  #!\n",
            &["x = [a for a in b]", "x = {a for a in b if a > 1}"],
        );
    }

    #[test]
    fn defaults() {
        reaches(
            "def f(x, seen=[]):\n    '''Doc.'''\n    seen.append(x)  #!\n    return seen\n",
            &[
                "def f(x, seen=None):\n    '''Doc.'''\n    if seen is None:\n        seen = []\n    seen.append(x)\n    return seen\n",
            ],
        );
    }
}
