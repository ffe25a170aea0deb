//! Conditions extended or replaced, odd values met early, defaults for `None`.

use crate::syntax::tree::Node;

use super::block::before;
use super::flow::{own_nodes, own_params};
use super::tree::{self, Role};
use crate::base::Replacement;
use crate::syntax::mutation::Operator;
use crate::syntax::node::{ancestors, children, descendants, field, insert, named, swap, walk};
use crate::syntax::scope::{NameKind, Reach};
use crate::syntax::sink::Sink;

/// The condition of an `if`, `while` or filter: another conjunct, another condition.
pub(super) fn condition(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(condition) = tree::condition(node).filter(|c| tree::is_expression(c.kind())) else {
        return;
    };
    if !sink.wants(condition) || node.kind() == "assert_statement" {
        return;
    }
    truthiness(condition, sink);
    none_tests(condition, sink);
    elsewhere(condition, sink);
    extend(condition, sink);
    others(node, condition, sink);
    bounds(condition, sink);
    for (new, cost) in [("True", 2.3), ("False", 2.4)] {
        sink.swap(Operator::ConditionReplace, cost, condition, new);
    }
}

/// An early exit before the first statements of a function, or before a statement of a loop.
pub(super) fn guards(node: Node<'_>, sink: &mut Sink<'_>) {
    if !sink.wants(node) || tree::is_docstring_statement(node) || !tree::is_alone(node, sink) {
        return;
    }
    let Some(function) = tree::function(node) else { return };
    let Some(block) = node.parent().filter(|p| p.kind() == "block") else { return };
    if matches!(
        node.kind(),
        "function_definition" | "class_definition" | "decorated_definition" | "pass_statement"
    ) {
        return;
    }
    let first = tree::statements(block).into_iter().find(|s| !tree::is_docstring_statement(*s));
    let opens = first.is_some_and(|f| f.id() == node.id());
    if opens && field(function, "body").is_some_and(|b| b.id() == block.id()) {
        at_entry(node, function, sink);
    } else {
        in_body(node, function, sink);
    }
    if tree::enclosing_loop(node).is_some() && opens {
        in_loop(node, sink);
    }
}

/// `x` becomes `x or []`, and `x if x is not None else ...`.
pub(super) fn default(node: Node<'_>, sink: &mut Sink<'_>) {
    if !matches!(node.kind(), "identifier" | "attribute" | "subscript" | "call")
        || tree::is_target(node)
    {
        return;
    }
    let text = sink.text(node);
    let maybe_none = none_params(node, sink).iter().any(|p| p == text);
    let gives_none = node.kind() == "call"
        && matches!(tree::callee(node, sink), "get" | "match" | "search" | "getenv");
    let base = match tree::role(node) {
        _ if maybe_none || gives_none => 1.3,
        Role::Assigned | Role::Returned => 2.3,
        Role::Argument => 2.6,
        _ => return,
    };
    if matches!(tree::role(node), Role::Assigned | Role::Returned) && node.kind() == "identifier" {
        for param in super::constant::params(node, sink).into_iter().filter(|p| p != text).take(3) {
            sink.swap(Operator::DefaultValue, 2.5, node, format!("{text} or {param}"));
        }
    }
    for (value, extra) in
        [("[]", 0.0), ("0", 0.0), ("''", 0.2), ("{}", 0.3), ("None", 0.6), ("1", 0.7)]
    {
        let quotes = value.contains('\'') && tree::in_string(node);
        let idle = value == "None" && tree::role(node) != Role::Returned;
        if !quotes && !idle {
            let new = format!("{text} or {value}");
            let new = if matches!(tree::role(node), Role::Operand | Role::Compared | Role::Other) {
                format!("({new})")
            } else {
                new
            };
            sink.swap(Operator::DefaultValue, base + extra, node, new);
        }
    }
}

/// `if a and b: ... elif a: ...` where zero is a value: all of them are asked for `None` instead.
fn none_tests(condition: Node<'_>, sink: &mut Sink<'_>) {
    let parent = condition.parent();
    let elif = parent.filter(|parent| parent.kind() == "elif_clause");
    let branch = elif.map_or(parent, |clause| clause.parent());
    let Some(branch) = branch.filter(|branch| branch.kind() == "if_statement") else { return };
    let others = named(branch).into_iter().filter(|clause| clause.kind() == "elif_clause");
    let conditions = [branch].into_iter().chain(others).filter_map(|c| field(c, "condition"));
    let mut tested = Vec::new();
    for condition in conditions {
        let operands = walk(condition, |n| n.kind() == "boolean_operator" || n == condition);
        let plain = operands.into_iter().filter(|n| {
            matches!(n.kind(), "identifier" | "attribute")
                && (*n == condition || n.parent().is_some_and(|p| p.kind() == "boolean_operator"))
        });
        tested.extend(plain);
    }
    if tested.len() < 2 {
        return;
    }
    let edit = tested.iter().map(|n| swap(*n, format!("{} is not None", sink.text(*n)))).collect();
    let title = format!("{} conditions are asked for `None`", tested.len());
    sink.edit(Operator::ConditionReplace, 1.6, condition, title, edit);
}

/// `x` and `x is not None`, `not x` and `x is None`, `len(x)` ...
fn truthiness(condition: Node<'_>, sink: &mut Sink<'_>) {
    let text = sink.text(condition);
    match condition.kind() {
        "call" if tree::is_predicate(tree::callee(condition, sink)) => {}
        "identifier" | "attribute" | "subscript" | "call" => {
            let news = [
                (format!("{text} is not None"), 1.0),
                (format!("{text} is None"), 1.7),
                (format!("{text} > 0"), 1.8),
                (format!("{text} > 1"), 2.1),
                (format!("{text} >= 0"), 2.1),
                (format!("{text} != 0"), 2.2),
                (format!("len({text}) > 1"), 2.1),
                (format!("{text} is True"), 2.4),
            ];
            for (new, cost) in news {
                sink.swap(Operator::ConditionReplace, cost, condition, new);
            }
        }
        "not_operator" => {
            if let Some(argument) = field(condition, "argument").filter(|a| tree::is_atom(a.kind()))
            {
                let inner = sink.text(argument);
                let news = [
                    (format!("{inner} is None"), 1.0),
                    (format!("{inner} is not None"), 1.7),
                    (format!("{inner} == 0"), 1.8),
                    (format!("len({inner}) <= 1"), 2.2),
                    (format!("{inner} is False"), 2.4),
                ];
                for (new, cost) in news {
                    sink.swap(Operator::ConditionReplace, cost, condition, new);
                }
            }
        }
        "comparison_operator" => {
            let parts: Vec<Node<'_>> = children(condition).collect();
            if let [value, operator, none] = parts[..]
                && none.kind() == "none"
            {
                let value = sink.text(value);
                let (new, other) = if matches!(operator.kind(), "is" | "==") {
                    (format!("not {value}"), value.to_owned())
                } else {
                    (value.to_owned(), format!("not {value}"))
                };
                sink.swap(Operator::ConditionReplace, 1.1, condition, new);
                sink.swap(Operator::ConditionReplace, 2.0, condition, other);
            }
        }
        _ => {}
    }
}

/// One more conjunct or disjunct from the names in reach.
fn extend(condition: Node<'_>, sink: &mut Sink<'_>) {
    let text = sink.text(condition);
    let grouped = match condition.kind() {
        "boolean_operator" if sink.text(condition).contains(" or ") => format!("({text})"),
        "conditional_expression" | "lambda" | "named_expression" => format!("({text})"),
        _ => text.to_owned(),
    };
    let mut subjects: Vec<(&str, f32)> = Vec::new();
    for node in descendants(condition) {
        let reads = match node.kind() {
            "identifier" => node.parent().is_none_or(|p| {
                p.kind() != "attribute"
                    && !(p.kind() == "call"
                        && field(p, "function").is_some_and(|f| f.id() == node.id()))
            }),
            "attribute" => node.parent().is_none_or(|p| p.kind() != "call"),
            _ => false,
        };
        let name = sink.text(node);
        if reads && name != "self" && name != text && !subjects.iter().any(|s| s.0 == name) {
            subjects.push((name, 1.8));
        }
    }
    // `a.b.c` fails when `a.b` is None.
    for node in
        descendants(condition).into_iter().filter(|n| matches!(n.kind(), "attribute" | "subscript"))
    {
        if let Some(object) = field(node, "object").or_else(|| field(node, "value")) {
            let name = sink.text(object);
            if name != "self" && matches!(object.kind(), "identifier" | "attribute") {
                subjects.retain(|s| s.0 != name);
                subjects.push((name, 1.4));
            }
        }
    }
    let names = sink.names(condition);
    let own = names
        .iter()
        .filter(|n| n.reach == Reach::Own && matches!(n.kind, NameKind::Param | NameKind::Local));
    for name in own.map(|n| n.name.as_str()).filter(|n| !matches!(*n, "self" | "cls")).take(4) {
        if !subjects.iter().any(|s| s.0 == name) && name != text {
            subjects.push((name, 2.3));
        }
    }
    subjects.sort_by(|a, b| a.1.total_cmp(&b.1));
    for (name, cost) in subjects.into_iter().take(5) {
        let news = [
            (format!("{name} and {grouped}"), 0.0),
            (format!("{name} is not None and {grouped}"), 0.05),
            (format!("not {name} or {text}"), 0.1),
            (format!("{name} is None or {text}"), 0.15),
            (format!("{grouped} and not {name}"), 0.3),
            (format!("{text} or {name}"), 0.4),
            (format!("{grouped} and {name} > 0"), 0.5),
        ];
        for (new, extra) in news {
            sink.swap(Operator::ConditionExtend, cost + extra, condition, new);
        }
    }
}

/// Conditions that stand elsewhere in the function.
fn others(node: Node<'_>, condition: Node<'_>, sink: &mut Sink<'_>) {
    let Some(function) = tree::function(node) else { return };
    let own = sink.text(condition);
    let mut found: Vec<&str> = Vec::new();
    for other in own_nodes(function) {
        if let Some(other) = tree::condition(other) {
            let text = sink.text(other);
            let inside = own.contains(text);
            if !inside && text.len() <= 60 && !text.contains('\n') && !found.contains(&text) {
                found.push(text);
            }
        }
    }
    for text in found.into_iter().take(3) {
        sink.swap(Operator::ConditionReplace, 2.3, condition, text);
        sink.swap(Operator::ConditionExtend, 2.2, condition, format!("({own}) and ({text})"));
        sink.swap(Operator::ConditionExtend, 2.3, condition, format!("({own}) or ({text})"));
    }
}

/// Tests that the file makes elsewhere of something this condition speaks of.
fn elsewhere(condition: Node<'_>, sink: &mut Sink<'_>) {
    let own = sink.text(condition);
    let spoken = |n: Node<'_>| -> Vec<String> {
        let names = descendants(n).into_iter().filter(|n| n.kind() == "identifier");
        names.map(|n| sink.text(n).to_owned()).collect()
    };
    let subjects: Vec<String> = spoken(condition).into_iter().filter(|n| n != "self").collect();
    let row = condition.start_position().row;
    let mut found: Vec<(usize, String)> = descendants(sink.root())
        .into_iter()
        .filter(|n| tree::role(*n) == Role::Condition && n.kind() != "boolean_operator")
        .filter(|n| n.end_byte() - n.start_byte() <= 50 && tree::is_expression(n.kind()))
        .filter(|n| !own.contains(sink.text(*n)) && !sink.text(*n).contains('\n'))
        .filter(|n| spoken(*n).iter().any(|name| subjects.contains(name)))
        .map(|n| (n.start_position().row.abs_diff(row), sink.text(n).to_owned()))
        .collect();
    found.sort();
    found.dedup_by(|a, b| a.1 == b.1);
    let wide = condition.kind() == "boolean_operator" && own.contains(" or ");
    let grouped = if wide { format!("({own})") } else { own.to_owned() };
    for (_, test) in found.into_iter().take(4) {
        sink.swap(Operator::ConditionExtend, 2.0, condition, format!("{test} and {grouped}"));
        sink.swap(Operator::ConditionExtend, 2.1, condition, format!("{own} or {test}"));
    }
}

/// `x[i]` in a condition needs `i < len(x)` before it.
fn bounds(condition: Node<'_>, sink: &mut Sink<'_>) {
    let text = sink.text(condition);
    let grouped = if text.contains(" or ") { format!("({text})") } else { text.to_owned() };
    for node in descendants(condition).into_iter().filter(|n| n.kind() == "subscript") {
        let (Some(value), Some(index)) = (field(node, "value"), field(node, "subscript")) else {
            continue;
        };
        if index.kind() == "slice" {
            continue;
        }
        let (list, at) = (sink.text(value), sink.text(index));
        let mut news = vec![
            (format!("{at} in {list} and {grouped}"), 1.4),
            (format!("{at} not in {list} or {text}"), 1.9),
        ];
        match index.kind() {
            "integer" | "unary_operator" => news.push((format!("{list} and {grouped}"), 1.2)),
            _ => {
                news.push((format!("{at} < len({list}) and {grouped}"), 1.1));
                news.push((format!("{at} >= 0 and {grouped}"), 1.3));
                news.push((format!("{at} > 0 and {grouped}"), 1.6));
            }
        }
        for (new, cost) in news {
            sink.swap(Operator::ConditionExtend, cost, condition, new);
        }
    }
}

/// Guards on parameters.
fn at_entry(node: Node<'_>, function: Node<'_>, sink: &mut Sink<'_>) {
    let Some(body) = field(function, "body") else { return };
    let name = field(function, "name").map_or("", |n| sink.text(n));
    let recursive =
        descendants(body).into_iter().any(|n| n.kind() == "call" && tree::callee(n, sink) == name);
    let base = if recursive { 1.3 } else { 2.0 };
    let params = own_params(function, sink);
    let defaults = none_params(node, sink);
    let init = name == "__init__";
    for (order, param) in params.iter().take(4).enumerate() {
        let late = 0.1 * order as f32;
        for (value, cost) in [("[]", 1.0), ("{}", 1.1), ("0", 1.6), ("''", 1.7), ("set()", 1.7)] {
            if defaults.contains(param) {
                guard(
                    node,
                    &format!("{param} is None"),
                    &format!("{param} = {value}"),
                    cost + late,
                    sink,
                );
            }
        }
        if init {
            continue;
        }
        for value in exits(function, param, sink) {
            guard(node, &format!("not {param}"), &value.0, base + value.1 + late, sink);
            guard(node, &format!("{param} is None"), &value.0, base + 0.3 + value.1 + late, sink);
        }
        let numbers: &[(&str, &str, f32)] = &[
            ("<= 1", "return 1", 0.2),
            ("<= 1", "return {}", 0.2),
            ("== 0", "return 0", 0.2),
            ("== 0", "return 1", 0.2),
            ("<= 0", "return 0", 0.3),
            ("< 0", "return 0", 0.5),
            ("== 1", "return 1", 0.5),
            ("< 2", "return False", 0.6),
        ];
        for (test, action, extra) in numbers.iter().take(if recursive { 8 } else { 3 }) {
            let action = action.replace("{}", param);
            guard(node, &format!("{param} {test}"), &action, base + 0.3 + extra + late, sink);
        }
        if recursive {
            guard(
                node,
                &format!("len({param}) <= 1"),
                &format!("return {param}"),
                base + 0.3 + late,
                sink,
            );
        }
    }
    raises(node, &params, sink);
    if let ([a, b, ..], true) = (&params[..], !init) {
        for action in ["return True", "return False", "return 0"] {
            guard(node, &format!("{a} == {b}"), action, base + 1.2, sink);
        }
    }
}

/// `raise` guards for exceptions that the failure asks for.
fn raises(node: Node<'_>, params: &[String], sink: &mut Sink<'_>) {
    let asked: Vec<String> = sink
        .context
        .names
        .iter()
        .filter(|n| n.ends_with("Error") || n.ends_with("Exception"))
        .take(2)
        .cloned()
        .collect();
    for error in asked {
        for param in params.iter().take(3) {
            let tests = [
                ("not {}", 1.0),
                ("{} is None", 1.1),
                ("{} < 0", 1.0),
                ("{} <= 0", 1.1),
                ("{} == 0", 1.2),
                ("len({}) == 0", 1.4),
                ("not isinstance({}, int)", 1.6),
                ("not isinstance({}, str)", 1.7),
            ];
            for (test, cost) in tests {
                let test = test.replace("{}", param);
                guard(
                    node,
                    &test,
                    &format!("raise {error}({param:?})").replace('"', "'"),
                    cost,
                    sink,
                );
            }
        }
    }
}

/// Guards on what the statement uses, in the middle of a function.
fn in_body(node: Node<'_>, function: Node<'_>, sink: &mut Sink<'_>) {
    let mut subjects: Vec<&str> = Vec::new();
    for inner in descendants(node)
        .into_iter()
        .filter(|n| matches!(n.kind(), "attribute" | "subscript" | "binary_operator" | "call"))
    {
        let object = match inner.kind() {
            "attribute" => field(inner, "object"),
            "subscript" => field(inner, "value"),
            "binary_operator" => field(inner, "right").filter(|_| {
                field(inner, "operator").is_some_and(|o| matches!(o.kind(), "/" | "//" | "%"))
            }),
            _ => tree::positional(inner)
                .first()
                .copied()
                .filter(|_| matches!(tree::callee(inner, sink), "max" | "min" | "next")),
        };
        if let Some(object) = object.filter(|o| matches!(o.kind(), "identifier" | "attribute")) {
            let name = sink.text(object);
            let local = sink.names(node).iter().any(|n| n.name == name && n.reach == Reach::Own);
            if (local || name.starts_with("self.")) && name != "self" && !subjects.contains(&name) {
                subjects.push(name);
            }
        }
    }
    for name in subjects.into_iter().take(2) {
        for (action, extra) in exits(function, name, sink).into_iter().take(4) {
            guard(node, &format!("not {name}"), &action, 2.0 + extra, sink);
            guard(node, &format!("{name} is None"), &action, 2.2 + extra, sink);
        }
        if tree::is_simple(node.kind()) && node.kind() != "return_statement" {
            wrap_in_if(node, name, 2.0, sink);
            wrap_in_if(node, &format!("{name} is not None"), 2.2, sink);
        }
    }
}

/// `continue` for odd elements.
fn in_loop(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(around) = tree::enclosing_loop(node).filter(|l| l.kind() == "for_statement") else {
        return;
    };
    let Some(left) = field(around, "left") else { return };
    let direct =
        field(around, "body").is_some_and(|b| node.parent().is_some_and(|p| p.id() == b.id()));
    if !direct {
        return;
    }
    let targets: Vec<&str> = descendants(left)
        .into_iter()
        .filter(|n| n.kind() == "identifier")
        .map(|n| sink.text(n))
        .take(2)
        .collect();
    for name in targets {
        guard(node, &format!("not {name}"), "continue", 1.7, sink);
        guard(node, &format!("{name} is None"), "continue", 1.8, sink);
        guard(node, &format!("{name} < 0"), "continue", 2.6, sink);
        // Already seen: some set or list that the loop adds to.
        let Some(body) = field(around, "body") else { continue };
        for call in descendants(body).into_iter().filter(|n| n.kind() == "call") {
            let object = field(call, "function").and_then(|f| field(f, "object"));
            if let (Some(object), "add" | "append") = (object, tree::callee(call, sink)) {
                let seen = sink.text(object);
                guard(node, &format!("{name} in {seen}"), "continue", 1.5, sink);
            }
        }
    }
}

/// What to do when a value is odd: what the function returns elsewhere, then neutral values.
fn exits(function: Node<'_>, name: &str, sink: &Sink<'_>) -> Vec<(String, f32)> {
    let mut out: Vec<(String, f32)> = Vec::new();
    let mut add = |text: String, cost: f32| {
        if !out.iter().any(|o| o.0 == text) {
            out.push((text, cost));
        }
    };
    for node in own_nodes(function).into_iter().filter(|n| n.kind() == "return_statement") {
        match named(node).first() {
            Some(value)
                if matches!(
                    value.kind(),
                    "integer"
                        | "true"
                        | "false"
                        | "none"
                        | "list"
                        | "string"
                        | "dictionary"
                        | "tuple"
                        | "float"
                        | "unary_operator"
                        | "expression_list"
                ) && sink.text(*value).len() <= 20 =>
            {
                add(format!("return {}", sink.text(*value)), 0.0);
            }
            None => add("return".to_owned(), 0.0),
            _ => {}
        }
    }
    for (value, cost) in [
        ("None", 0.2),
        ("0", 0.2),
        ("[]", 0.2),
        ("False", 0.3),
        ("''", 0.4),
        ("True", 0.6),
        ("{}", 0.7),
    ] {
        add(format!("return {value}"), cost);
    }
    if !name.contains('.') {
        add(format!("return {name}"), 0.4);
    }
    out.truncate(7);
    out
}

/// `if test: action` on two lines before a statement.
fn guard(node: Node<'_>, test: &str, action: &str, cost: f32, sink: &mut Sink<'_>) {
    let indent = tree::indent(node, sink);
    let unit = unit(node, sink);
    let is_return =
        action.starts_with("return") || action.starts_with("raise") || action == "continue";
    let operator = if is_return { Operator::Guard } else { Operator::DefaultValue };
    let text = format!("if {test}:\n{indent}{unit}{action}");
    before(node, &text, operator, cost, sink);
}

/// `s` becomes `if test: s`.
fn wrap_in_if(node: Node<'_>, test: &str, cost: f32, sink: &mut Sink<'_>) {
    let text = sink.text(node);
    if text.contains('\n') {
        return;
    }
    let indent = tree::indent(node, sink);
    let unit = unit(node, sink);
    let edit: Vec<Replacement> =
        vec![insert(node.start_byte(), format!("if {test}:\n{indent}{unit}"))];
    sink.edit(Operator::Guard, cost, node, format!("only `if {test}`"), edit);
}

/// One level of indentation as the blocks around show it.
pub(super) fn unit(node: Node<'_>, sink: &Sink<'_>) -> String {
    let compound =
        ancestors(node).find(|n| n.kind() != "block" && children(*n).any(|c| c.kind() == "block"));
    compound.map_or_else(
        || "    ".to_owned(),
        |c| {
            let holder = if tree::is_statement(c.kind()) { Some(c) } else { c.parent() };
            holder.map_or_else(|| "    ".to_owned(), |h| tree::indent_unit(h, sink))
        },
    )
}

/// Parameters of the function whose default is `None`.
fn none_params(node: Node<'_>, sink: &Sink<'_>) -> Vec<String> {
    let Some(list) = tree::function(node).and_then(|f| field(f, "parameters")) else {
        return Vec::new();
    };
    named(list)
        .into_iter()
        .filter(|p| field(*p, "value").is_some_and(|v| v.kind() == "none"))
        .filter_map(|p| field(p, "name"))
        .map(|n| sink.text(n).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::syntax::mutation::Context;
    use crate::syntax::python::testing::{avoids, reaches, reaches_with};

    #[test]
    fn what_is_true_or_false_is_not_asked_for_more() {
        let text = "if isinstance(a, str):  #!\n    pass\n";
        reaches(text, &["if not isinstance(a, str):"]);
        avoids(text, &["if isinstance(a, str) is not None:", "if isinstance(a, str) > 0:"]);
        reaches("if a.get(b):  #!\n    pass\n", &["if a.get(b) is not None:"]);
    }

    #[test]
    fn all_tests_of_a_chain_are_asked_for_none() {
        let chain = |first: &str, second: &str| {
            format!("def f(a, b):\n    if {first}:\n        g()\n    elif {second}:\n        h()\n")
        };
        let wanted = chain("a is not None and b is not None", "b is not None");
        reaches(&chain("a and b", "b").replacen(":\n        g", ":  #!\n        g", 1), &[&wanted]);
        reaches(&chain("a and b", "b").replacen(":\n        h", ":  #!\n        h", 1), &[&wanted]);
    }

    #[test]
    fn conditions() {
        reaches(
            "if a:  #!\n    pass\n",
            &["if a is not None:", "if a > 0:", "if not a:", "if len(a) > 1:"],
        );
        reaches("if not a:  #!\n    pass\n", &["if a is None:", "if a:"]);
        reaches("while x[i] > 0:  #!\n    pass\n", &["while i < len(x) and x[i] > 0:"]);
        reaches(
            "if a.b.c > 1:  #!\n    pass\n",
            &["if a.b and a.b.c > 1:", "if a is not None and a.b.c > 1:"],
        );
        reaches(
            "def f(a, b):\n    if a:  #!\n        pass\n    if b > 3:\n        pass\n",
            &["if a and not b:", "if b > 3:", "if (a) and (b > 3):"],
        );
    }

    #[test]
    fn tests_made_elsewhere() {
        reaches(
            "def f(a):\n    if isinstance(a, str):\n        pass\ndef g(a):\n    if a > 1:  #!\n        pass\n",
            &["if isinstance(a, str) and a > 1:", "if a > 1 or isinstance(a, str):"],
        );
    }

    #[test]
    fn guards() {
        reaches(
            "def f(x):\n    return x[0]  #!\n",
            &[
                "def f(x):\n    if not x:\n        return None\n    return x[0]\n",
                "def f(x):\n    if not x:\n        return 0\n    return x[0]\n",
            ],
        );
        reaches(
            "def fact(n):\n    return n * fact(n - 1)  #!\n",
            &["def fact(n):\n    if n <= 1:\n        return 1\n    return n * fact(n - 1)\n"],
        );
        reaches(
            "def f(x):\n    for i in x:\n        g(i)  #!\n",
            &[
                "def f(x):\n    for i in x:\n        if i is None:\n            continue\n        g(i)\n",
            ],
        );
        let context = Context { names: vec!["ValueError".into()], ..Context::default() };
        reaches_with(
            "def f(n):\n    return g(n)  #!\n",
            &context,
            &["def f(n):\n    if n < 0:\n        raise ValueError('n')\n    return g(n)\n"],
        );
    }

    #[test]
    fn defaults() {
        reaches(
            "def f(x=None):\n    x.append(1)  #!\n    return x\n",
            &[
                "def f(x=None):\n    if x is None:\n        x = []\n    x.append(1)\n    return x\n",
                "(x or []).append(1)",
            ],
        );
        reaches("x = d.get(k)  #!\n", &["x = d.get(k) or []"]);
    }
}
