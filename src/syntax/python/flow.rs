//! Control flow: jumps, returns, yields, kinds of branches, exceptions.

use crate::syntax::tree::Node;

use super::block::{after, before};
use super::tree;
use crate::base::{Replacement, Span};
use crate::syntax::mutation::Operator;
use crate::syntax::node::{children, field, first_line, insert, last_line, named, swap};
use crate::syntax::scope::{NameKind, Reach};
use crate::syntax::sink::Sink;

/// `break`, `continue`, `pass`, and `return` for each other.
pub(super) fn jump(node: Node<'_>, sink: &mut Sink<'_>) {
    let in_loop = tree::enclosing_loop(node).is_some();
    let in_function = tree::function(node).is_some();
    let own = sink.text(node);
    for (new, cost) in [("continue", 0.9), ("break", 0.9), ("return", 1.7), ("pass", 1.4)] {
        let fits = match new {
            "continue" | "break" => in_loop,
            "return" => in_function,
            _ => true,
        };
        if new != own && fits {
            sink.swap(Operator::JumpSwap, cost, node, new);
        }
    }
    if node.kind() == "pass_statement" && in_function {
        for value in ["None", "False", "True", "0", "[]"] {
            sink.swap(Operator::JumpSwap, 2.2, node, format!("return {value}"));
        }
        sink.swap(Operator::JumpSwap, 1.9, node, "raise");
    }
}

/// `return x`: something else comes back.
pub(super) fn returned(node: Node<'_>, sink: &mut Sink<'_>) {
    let in_loop = tree::enclosing_loop(node).is_some();
    if in_loop {
        sink.swap(Operator::JumpSwap, 2.3, node, "break");
        sink.swap(Operator::JumpSwap, 1.9, node, "continue");
    }
    let Some(&value) = named(node).first() else {
        let names = own_names(node, sink);
        for name in names.iter().take(5) {
            sink.swap(Operator::ReturnValue, 1.4, node, format!("return {name}"));
        }
        for constant in ["False", "True", "0", "[]", "''"] {
            sink.swap(Operator::ReturnValue, 1.9, node, format!("return {constant}"));
        }
        return;
    };
    let grows = |name: &str| {
        let signs = [format!("{name}.append("), format!("{name} = []")];
        let function = tree::function(node).map(|function| sink.text(function));
        function.is_some_and(|text| signs.iter().any(|sign| text.contains(sign.as_str())))
    };
    if value.kind() == "identifier" && grows(sink.text(value)) {
        sink.swap(Operator::WrapCall, 1.9, value, format!("\"\".join({})", sink.text(value)));
    }
    for (constant, cost) in [
        ("None", 2.2),
        ("True", 2.0),
        ("False", 2.0),
        ("0", 2.3),
        ("[]", 2.4),
        ("1", 2.5),
        ("''", 2.6),
        ("-1", 2.6),
        ("self", 2.8),
    ] {
        let fits = constant != "self" || tree::class(node).is_some();
        if fits {
            sink.swap(Operator::ReturnValue, cost, value, constant);
        }
    }
    if value.kind() != "identifier" {
        for name in own_names(node, sink).into_iter().take(5) {
            sink.swap(Operator::ReturnValue, 2.0, value, name);
        }
    }
    for other in other_returns(node, sink) {
        sink.swap(Operator::ReturnValue, 1.8, value, other);
    }
    let generator = tree::function(node).is_some_and(is_generator);
    let text = sink.text(value);
    sink.swap(
        Operator::YieldReturn,
        if generator { 0.9 } else { 2.2 },
        node,
        format!("yield {text}"),
    );
    if generator {
        sink.swap(Operator::YieldReturn, 1.0, node, format!("yield from {text}"));
    }
    if value.kind() == "call" || value.kind() == "await" {
        sink.swap(Operator::ReturnAdd, 2.2, node, text);
    }
}

/// `yield x`.
pub(super) fn yielded(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(&value) = named(node).first() else { return };
    let text = sink.text(value);
    let from = children(node).any(|c| c.kind() == "from");
    if from {
        sink.swap(Operator::YieldReturn, 0.8, node, format!("yield {text}"));
    } else if !matches!(value.kind(), "expression_list" | "integer" | "none" | "true" | "false") {
        sink.swap(Operator::YieldReturn, 0.8, node, format!("yield from {text}"));
    }
    if node.parent().is_some_and(|p| p.kind() == "expression_statement") {
        sink.swap(Operator::YieldReturn, 1.8, node, format!("return {text}"));
        after_statement(node, "return", 2.2, sink);
    }
}

/// What an edit costs more that leaves code behind it which never runs.
const DEAD_CODE: f32 = 2.0;

/// `f(x)` as a statement becomes `return f(x)`; likewise `x = v` and `print(x)`.
pub(super) fn missing_return(node: Node<'_>, sink: &mut Sink<'_>) {
    if tree::function(node).is_none() || tree::is_docstring_statement(node) {
        return;
    }
    let Some(&value) = named(node).first() else { return };
    let text = sink.text(value);
    // What follows in the block would never run.
    let next = std::iter::successors(node.next_named_sibling(), |n| n.next_named_sibling());
    let late = if next.into_iter().any(|n| !n.is_extra()) { DEAD_CODE } else { 0.0 };
    match value.kind() {
        "yield" | "augmented_assignment" | "await" => {}
        "assignment" => {
            if let Some(right) = field(value, "right").filter(|r| tree::is_expression(r.kind())) {
                let cost = 2.3 + late;
                sink.swap(Operator::ReturnAdd, cost, node, format!("return {}", sink.text(right)));
            }
        }
        "call" => {
            let name = tree::callee(value, sink);
            let recursive = tree::function(node)
                .and_then(|f| field(f, "name"))
                .is_some_and(|f| sink.text(f) == name);
            let cost = if recursive { 0.6 } else { 1.2 } + late;
            sink.edit(
                Operator::ReturnAdd,
                cost,
                node,
                format!("`{}` is returned", crate::syntax::sink::brief(text)),
                vec![insert(node.start_byte(), "return ")],
            );
            sink.swap(Operator::YieldReturn, 2.4, value, format!("yield from {text}"));
            if name == "print"
                && let [only] = tree::positional(value)[..]
            {
                let cost = 1.3 + late;
                sink.swap(Operator::ReturnAdd, cost, node, format!("return {}", sink.text(only)));
            }
        }
        "comparison_operator" => {
            // `x == 1` as a statement.
            let new = text.replacen("==", "=", 1);
            sink.swap(Operator::ReturnAdd, 0.6, node, new);
            sink.swap(Operator::ReturnAdd, 0.6, node, format!("return {text}"));
        }
        _ => sink.edit(
            Operator::ReturnAdd,
            0.6,
            node,
            format!("`{text}` is returned"),
            vec![insert(node.start_byte(), "return ")],
        ),
    }
}

/// The function ends without giving anything back.
pub(super) fn missing_final_return(function: Node<'_>, sink: &mut Sink<'_>) {
    let Some(body) = field(function, "body") else { return };
    let statements = tree::statements(body);
    let Some(&last) = statements.last() else { return };
    if matches!(last.kind(), "return_statement" | "raise_statement" | "pass_statement")
        || is_generator(function)
        || tree::is_docstring_statement(last)
    {
        return;
    }
    let Some(lines) = tree::whole_lines(last, sink) else { return };
    let returns_value = own_nodes(function)
        .into_iter()
        .any(|n| n.kind() == "return_statement" && !named(n).is_empty());
    let base = if returns_value { 1.4 } else { 1.5 };
    let indent = tree::indent(last, sink);
    let feed = if sink.source()[lines.start..lines.end].ends_with('\n') { "" } else { "\n" };
    let mut values: Vec<(String, f32)> = Vec::new();
    let mut locals = assigned_names(function, sink);
    // What is worked on longest, or called like a result, is what should come back.
    locals.sort_by_key(|n| {
        !matches!(
            n.as_str(),
            "result" | "res" | "out" | "output" | "total" | "ans" | "answer" | "ret" | "acc"
        )
    });
    values.extend(
        locals.into_iter().take(5).enumerate().map(|(i, n)| (n, base - 0.4 + 0.1 * i as f32)),
    );
    let constants: &[(&str, f32)] = &[
        ("False", 0.2),
        ("True", 0.2),
        ("None", 1.2),
        ("0", 0.5),
        ("-1", 0.6),
        ("[]", 0.6),
        ("''", 0.8),
    ];
    values.extend(constants.iter().map(|(c, extra)| ((*c).to_owned(), base + extra)));
    if tree::class(function).is_some() {
        values.push(("self".to_owned(), base + 0.4));
    }
    let params = own_params(function, sink);
    values.extend(params.into_iter().take(3).map(|p| (p, base + 0.4)));
    let anchors: Vec<u32> =
        (first_line(last)..=last_line(last)).rev().chain([first_line(function)]).collect();
    for (value, cost) in values {
        let edit = vec![insert(lines.end, format!("{feed}{indent}return {value}\n"))];
        sink.edit_at(
            Operator::ReturnAdd,
            cost,
            &anchors,
            format!("`return {value}` at the end"),
            edit,
        );
    }
}

/// `if`, `elif`, `while` for each other, and the branches.
pub(super) fn branch(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(keyword) = children(node).next() else { return };
    let alternatives = node.child_by_field_name("alternative").is_some();
    match node.kind() {
        "if_statement" => {
            if !alternatives {
                sink.swap(Operator::BranchKind, 1.5, keyword, "while");
            }
            let previous = node.prev_named_sibling().filter(|p| p.kind() == "if_statement");
            let ends_in_else =
                previous.is_some_and(|p| children(p).any(|c| c.kind() == "else_clause"));
            if previous.is_some() && !ends_in_else {
                sink.swap(Operator::BranchKind, 0.9, keyword, "elif");
            }
            swap_branches(node, sink);
        }
        "elif_clause" => {
            sink.swap(Operator::BranchKind, 1.1, keyword, "if");
            let last = node.next_named_sibling().is_none_or(|n| !n.kind().ends_with("_clause"));
            if let (true, Some(condition)) = (last, field(node, "condition")) {
                let edit =
                    vec![Replacement::new(keyword.start_byte(), condition.end_byte(), "else")];
                sink.edit(Operator::BranchKind, 1.7, node, "`elif` becomes `else`", edit);
            }
        }
        "while_statement" if !alternatives && !tree::needs_loop(node) => {
            sink.swap(Operator::BranchKind, 1.5, keyword, "if")
        }
        _ => {}
    }
    jumps_at_end(node, sink);
    else_for_rest(node, sink);
}

/// What follows an `if` moves into an `else`.
fn else_for_rest(node: Node<'_>, sink: &mut Sink<'_>) {
    if node.kind() != "if_statement" || children(node).any(|c| c.kind() == "else_clause") {
        return;
    }
    let Some(block) = node.parent().filter(|p| p.kind() == "block") else { return };
    let siblings = tree::statements(block);
    let Some(at) = siblings.iter().position(|s| *s == node) else { return };
    let rest = &siblings[at + 1..];
    let (indent, unit) = (tree::indent(node, sink), tree::indent_unit(node, sink));
    let Some(&first) = rest.first() else { return };
    let mut ends = vec![first];
    ends.extend(rest.last().filter(|l| **l != first));
    for (end, cost) in ends.into_iter().zip([1.9, 2.0]) {
        let (Some(from), Some(to)) = (tree::whole_lines(first, sink), tree::whole_lines(end, sink))
        else {
            return;
        };
        let text = &sink.source()[from.start..to.end];
        let Some(body) = super::block::reindent(text, &indent, &format!("{indent}{unit}")) else {
            return;
        };
        let edit = vec![Replacement {
            span: Span::new(from.start, to.end),
            text: format!("{indent}else:\n{body}"),
        }];
        let lines = [first_line(node), first_line(first)];
        sink.edit_at(Operator::BranchKind, cost, &lines, "what follows happens only `else`", edit);
    }
}

/// `else` after a loop or an `if`: dropped with its indentation.
pub(super) fn else_branch(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(body), Some(parent)) = (field(node, "body"), node.parent()) else { return };
    let statements = tree::statements(body);
    let (Some(&first), Some(&last)) = (statements.first(), statements.last()) else { return };
    let (Some(from), Some(to)) = (tree::whole_lines(first, sink), tree::whole_lines(last, sink))
    else {
        return;
    };
    let source = sink.source();
    let start = source[..node.start_byte()].rfind('\n').map_or(0, |at| at + 1);
    let text = &source[from.start..to.end];
    let Some(new) =
        super::block::reindent(text, &tree::indent(first, sink), &tree::indent(parent, sink))
    else {
        return;
    };
    let cost = if parent.kind() == "if_statement" { 2.0 } else { 1.4 };
    let edit = vec![Replacement { span: Span::new(start, to.end), text: new }];
    let lines = [first_line(node), first_line(first)];
    sink.edit_at(Operator::BranchKind, cost, &lines, "what stands in `else` always happens", edit);
}

/// `a if c else b`.
pub(super) fn ternary(node: Node<'_>, sink: &mut Sink<'_>) {
    if let [a, _, b] = named(node)[..] {
        let (first, second) = (sink.text(a), sink.text(b));
        sink.edit(
            Operator::BranchSwap,
            1.5,
            node,
            "the two values change places",
            vec![swap(a, second), swap(b, first)],
        );
        sink.swap(Operator::BranchSwap, 2.0, node, first);
        sink.swap(Operator::BranchSwap, 2.0, node, second);
    }
}

/// `except E` and `raise E`: another class.
pub(super) fn exception(node: Node<'_>, sink: &mut Sink<'_>) {
    let raising = node.kind() == "raise_statement";
    let value = if raising { named(node).first().copied() } else { tree::handled(node) };
    let Some(value) = value else {
        if !raising && let Some(keyword) = children(node).next() {
            sink.swap(Operator::ExceptionClass, 2.0, keyword, "except Exception");
        }
        return;
    };
    let class = match value.kind() {
        "call" => field(value, "function").unwrap_or(value),
        _ => value,
    };
    let name = sink.text(class);
    let mut options: Vec<(String, f32)> = sink
        .context
        .names
        .iter()
        .filter(|n| {
            n.ends_with("Error")
                || n.ends_with("Exception")
                || n.ends_with("Exit")
                || n.as_str() == "StopIteration"
        })
        .map(|n| (n.clone(), 0.6))
        .collect();
    for group in EXCEPTIONS.iter().filter(|g| g.contains(&name)) {
        options.extend(group.iter().map(|n| ((*n).to_owned(), 1.3)));
    }
    let own = sink.class_names();
    let own = own.iter().filter(|n| n.ends_with("Error") || n.ends_with("Exception"));
    options.extend(own.map(|n| (n.clone(), 1.2)));
    for name in [
        "ValueError",
        "TypeError",
        "KeyError",
        "IndexError",
        "AttributeError",
        "Exception",
        "ZeroDivisionError",
        "StopIteration",
    ] {
        options.push((name.to_owned(), if raising { 1.9 } else { 1.7 }));
    }
    for (new, cost) in options {
        if new != name {
            sink.swap(Operator::ExceptionClass, cost, class, new.clone());
            if !raising && value.kind() == "identifier" && cost < 1.9 {
                sink.swap(Operator::ExceptionClass, cost + 0.3, value, format!("({name}, {new})"));
            }
        }
    }
    if raising && value.kind() == "call" {
        let text = sink.text(value);
        sink.swap(Operator::ReturnAdd, 2.6, node, format!("return {text}"));
    }
}

/// `return ValueError(...)` was meant as `raise`.
pub(super) fn raise_instead(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(&value) = named(node).first() else { return };
    let text = sink.text(value);
    let looks = value.kind() == "call"
        && (tree::callee(value, sink).ends_with("Error")
            || tree::callee(value, sink).ends_with("Exception"));
    if looks {
        sink.swap(Operator::ExceptionClass, 0.5, node, format!("raise {text}"));
    }
}

/// Names assigned in the function, in the order of their first assignment.
pub(super) fn assigned_names(function: Node<'_>, sink: &Sink<'_>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for node in own_nodes(function) {
        if matches!(node.kind(), "assignment" | "augmented_assignment")
            && let Some(left) = field(node, "left").filter(|l| l.kind() == "identifier")
        {
            let name = sink.text(left).to_owned();
            if !out.contains(&name) {
                out.push(name);
            }
        }
    }
    out
}

/// The nodes of a function without those of functions in it.
pub(super) fn own_nodes(function: Node<'_>) -> Vec<Node<'_>> {
    crate::syntax::node::walk(function, |n| {
        !matches!(n.kind(), "function_definition" | "class_definition" | "lambda")
    })
}

/// Parameters without the receiver.
pub(super) fn own_params(function: Node<'_>, sink: &Sink<'_>) -> Vec<String> {
    let functions = sink.functions();
    let found = functions
        .iter()
        .find(|f| f.body.start == field(function, "body").map_or(0, |b| b.start_byte()));
    found.map_or(Vec::new(), |f| {
        f.params
            .iter()
            .map(|p| p.name.clone())
            .filter(|n| !matches!(n.as_str(), "self" | "cls"))
            .collect()
    })
}

/// True when the function yields.
pub(super) fn is_generator(function: Node<'_>) -> bool {
    own_nodes(function).into_iter().any(|n| n.kind() == "yield")
}

/// Its parameters and local names, but the receiver.
pub(super) fn own_names(node: Node<'_>, sink: &Sink<'_>) -> Vec<String> {
    sink.names(node)
        .iter()
        .filter(|n| n.reach == Reach::Own && matches!(n.kind, NameKind::Local | NameKind::Param))
        .map(|n| n.name.clone())
        .filter(|n| n != "self" && n != "cls")
        .collect()
}

/// What the function returns elsewhere: at most four short texts.
fn other_returns(node: Node<'_>, sink: &Sink<'_>) -> Vec<String> {
    let Some(function) = tree::function(node) else { return Vec::new() };
    let own = named(node).first().map_or("", |v| sink.text(*v));
    let mut out: Vec<String> = Vec::new();
    for other in own_nodes(function).into_iter().filter(|n| n.kind() == "return_statement") {
        let text = named(other).first().map_or("", |v| sink.text(*v));
        if text != own
            && !text.is_empty()
            && text.len() <= 60
            && !text.contains('\n')
            && !out.iter().any(|t| t == text)
        {
            out.push(text.to_owned());
        }
    }
    out.truncate(4);
    out
}

fn after_statement(node: Node<'_>, text: &str, cost: f32, sink: &mut Sink<'_>) {
    if let Some(statement) = tree::statement(node) {
        after(statement, text, Operator::JumpAdd, cost, sink);
    }
}

/// `break`, `continue` or `return` at the end of a branch or loop.
fn jumps_at_end(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(block) = field(node, "consequence").or_else(|| field(node, "body")) else { return };
    let Some(&last) = tree::statements(block).last() else { return };
    if !sink.wants(last) && !sink.wants(node) {
        return;
    }
    let is_loop = node.kind() == "while_statement";
    if tree::enclosing_loop(last).is_some() {
        for (text, cost) in [("break", 1.5), ("continue", 1.7)] {
            if is_loop && text == "continue" {
                continue;
            }
            after(last, text, Operator::JumpAdd, cost, sink);
        }
    }
    if !is_loop && tree::function(node).is_some() {
        after(last, "return", Operator::JumpAdd, 2.3, sink);
    }
    if is_loop && let Some(&first) = tree::statements(block).first() {
        before(first, "break", Operator::JumpAdd, 3.4, sink);
    }
}

/// The bodies of `if` and `else` change places.
fn swap_branches(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(yes) = field(node, "consequence") else { return };
    let clauses: Vec<Node<'_>> = children(node).filter(|c| c.kind().ends_with("_clause")).collect();
    let [only] = clauses[..] else { return };
    let Some(no) = field(only, "body") else { return };
    let lines = [first_line(node), first_line(yes), first_line(no)];
    let edit = vec![swap(yes, sink.text(no)), swap(no, sink.text(yes))];
    sink.edit_at(Operator::BranchSwap, 1.9, &lines, "the two branches change places", edit);
}

const EXCEPTIONS: &[&[&str]] = &[
    &["KeyError", "IndexError", "LookupError"],
    &["ValueError", "TypeError"],
    &["AttributeError", "TypeError", "NameError"],
    &["OSError", "IOError", "FileNotFoundError", "PermissionError"],
    &["ZeroDivisionError", "ArithmeticError", "OverflowError", "ValueError"],
    &["StopIteration", "GeneratorExit", "IndexError"],
    &["RuntimeError", "NotImplementedError", "RecursionError"],
    &["UnicodeDecodeError", "UnicodeEncodeError", "UnicodeError", "ValueError"],
    &["ImportError", "ModuleNotFoundError"],
    &["TimeoutError", "ConnectionError", "OSError"],
    &["Exception", "BaseException"],
    &["KeyError", "AttributeError"],
];

#[cfg(test)]
mod tests {
    use crate::syntax::mutation::Context;
    use crate::syntax::python::testing::{apply_all, reaches, reaches_with};

    #[test]
    fn jumps() {
        reaches("for i in x:\n    break  #!\n", &["continue", "pass"]);
        reaches(
            "for i in x:\n    if i:\n        a()  #!\n",
            &["for i in x:\n    if i:\n        a()\n        break\n"],
        );
        reaches("def f(x):\n    a = 1\n    return  #!\n", &["return a", "return x"]);
    }

    #[test]
    fn a_return_before_other_statements_is_rare() {
        let cost = |text: &str| {
            let all = apply_all(text, &Context::default());
            let found = all.into_iter().find(|(_, after)| after.contains("return g(a)")).unwrap();
            found.0.cost
        };
        let last = cost("def f(a):\n    g(a)  #!\n");
        let first = cost("def f(a):\n    g(a)  #!\n    # more\n    h(a)\n");
        assert!(last + 1.5 < first && cost("def f(a):\n    g(a)  #!\n    # end\n") == last);
    }

    #[test]
    fn pieces_are_joined() {
        let text =
            "def f(x):\n    out = []\n    for a in x:\n        out.append(a)\n    return out  #!\n";
        reaches(text, &["return \"\".join(out)"]);
    }

    #[test]
    fn returns() {
        reaches("def f(n):\n    f(n)  #!\n", &["return f(n)"]);
        reaches("def f(n):\n    n + 1  #!\n", &["return n + 1"]);
        reaches(
            "def f(n):\n    out = []\n    out.append(n)  #!\n",
            &["def f(n):\n    out = []\n    out.append(n)\n    return out\n"],
        );
        reaches(
            "def f(n):\n    for a in n:\n        if a:\n            return True  #!\n",
            &[
                "return False",
                "def f(n):\n    for a in n:\n        if a:\n            return True\n    return False\n",
            ],
        );
        reaches("def f(n):\n    yield g(n)  #!\n", &["yield from g(n)", "return g(n)"]);
        reaches("def f(n):\n    yield 1\n    return n  #!\n", &["yield n"]);
        reaches("def f(n):\n    return ValueError('x')  #!\n", &["raise ValueError('x')"]);
    }

    #[test]
    fn branches() {
        reaches("if a:\n    b()\nif c:  #!\n    d()\n", &["elif c:", "while c:"]);
        reaches("if a:\n    b()\nelif c:  #!\n    d()\n", &["if c:", "else:"]);
        reaches("for a in b:\n    c()\nelse:  #!\n    d()\n", &["for a in b:\n    c()\nd()\n"]);
        reaches(
            "def f(a):\n    if a:  #!\n        b()\n    c()\n",
            &["def f(a):\n    if a:\n        b()\n    else:\n        c()\n"],
        );
        reaches("x = a if c else b  #!\n", &["x = b if c else a", "x = a"]);
        reaches("if a:  #!\n    b()\nelse:\n    c()\n", &["if a:\n    c()\nelse:\n    b()\n"]);
    }

    #[test]
    fn exceptions() {
        reaches(
            "try:\n    a()\nexcept KeyError:  #!\n    b()\n",
            &["except IndexError:", "except (KeyError, ValueError):"],
        );
        reaches(
            "try:\n    a()\nexcept KeyError as e:  #!\n    b()\n",
            &["except IndexError as e:"],
        );
        let context = Context { names: vec!["OddError".into()], ..Context::default() };
        reaches_with("raise ValueError('x')  #!\n", &context, &["raise OddError('x')"]);
    }
}
