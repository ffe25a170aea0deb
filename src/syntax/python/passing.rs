//! What is passed on: by its name, under the same name, one value more.

use super::call::add;
use super::flow::{own_names, own_params};
use super::said::names;
use super::tree;
use crate::syntax::mutation::Operator;
use crate::syntax::node::{descendants, field, insert, named};
use crate::syntax::scope::Reach;
use crate::syntax::sink::{Sink, brief};
use crate::syntax::tree::Node;

/// Names nearby that may be passed, too.
const NAMES: usize = 2;

/// `f(a, b=c)`.
pub(super) fn arguments(call: Node<'_>, sink: &mut Sink<'_>) {
    let Some(list) = field(call, "arguments").filter(|l| l.kind() == "argument_list") else {
        return;
    };
    let all = named(list);
    by_name(&all, sink);
    under_its_name(&all, sink);
    formatted(call, &all, sink);
    if !tree::in_string(call) {
        parameters(call, list, &all, sink);
        nearby(call, &all, sink);
    }
}

/// `f(x)` becomes `f(x=x)`.
fn by_name(all: &[Node<'_>], sink: &mut Sink<'_>) {
    let behind = all.iter().rev().take_while(|a| !tree::is_expression(a.kind())).count();
    for argument in all[..all.len() - behind].iter().rev().take(2) {
        let name = sink.text(*argument);
        if argument.kind() != "identifier" || name == "self" {
            break;
        }
        let title = format!("`{name}` is passed by its name");
        let edit = vec![insert(argument.start_byte(), format!("{name}="))];
        sink.edit(Operator::KeywordArgument, 2.2, *argument, title, edit);
    }
}

/// `f(x=1)` becomes `f(x=x)`.
fn under_its_name(all: &[Node<'_>], sink: &mut Sink<'_>) {
    for argument in all.iter().filter(|a| a.kind() == "keyword_argument") {
        let (Some(key), Some(value)) = (field(*argument, "name"), field(*argument, "value")) else {
            continue;
        };
        let name = sink.text(key);
        let is_own = |n: &crate::syntax::scope::Name| n.reach == Reach::Own && n.name == name;
        if sink.names(*argument).iter().any(is_own) {
            sink.swap(Operator::KeywordArgument, 1.6, value, name);
        }
    }
}

/// `f("..%s", x)` becomes `f("..%s" % x)`.
fn formatted(call: Node<'_>, all: &[Node<'_>], sink: &mut Sink<'_>) {
    let [text, rest @ ..] = all else { return };
    let (Some(first), Some(last)) = (rest.first(), rest.last()) else { return };
    let is_plain = rest.iter().all(|a| tree::is_expression(a.kind()));
    if !matches!(text.kind(), "string" | "concatenated_string") || !is_plain {
        return;
    }
    if !sink.text(*text).contains('%') {
        return;
    }
    let name = tree::callee(call, sink);
    let cost = if name.ends_with("Error") || name.ends_with("Exception") { 1.1 } else { 2.1 };
    let mut edit = vec![crate::base::Replacement::new(text.end_byte(), first.start_byte(), " % ")];
    if rest.len() > 1 || !tree::is_atom(first.kind()) {
        edit[0].text.push('(');
        edit.push(insert(last.end_byte(), ")"));
    }
    let title = format!("`{}` is filled in", brief(sink.text(*text)));
    sink.edit(Operator::StringFormat, cost, *text, title, edit);
}

/// Parameters of the function around the call that it does not pass on.
fn parameters(call: Node<'_>, list: Node<'_>, all: &[Node<'_>], sink: &mut Sink<'_>) {
    let Some(function) = tree::function(call) else { return };
    let spoken: Vec<&str> = descendants(call)
        .into_iter()
        .filter(|n| n.kind() == "identifier")
        .map(|n| sink.text(n))
        .collect();
    let has_names = all.iter().any(|a| a.kind() == "keyword_argument");
    let rest: Vec<String> =
        own_params(function, sink).into_iter().filter(|p| !spoken.contains(&p.as_str())).collect();
    for param in rest.iter().rev().take(NAMES) {
        let cost = if has_names { 2.2 } else { 2.6 };
        let new = format!("{param}={param}");
        let Some(splat) = all.iter().find(|a| a.kind() == "dictionary_splat") else {
            add(list, all, &new, cost, sink);
            continue;
        };
        let title = format!("`{new}` is passed before `{}`", brief(sink.text(*splat)));
        let edit = vec![insert(splat.start_byte(), format!("{new}, "))];
        sink.edit(Operator::ArgumentAdd, cost, *splat, title, edit);
    }
    let splats = field(function, "parameters").map(named).unwrap_or_default();
    for splat in splats {
        let cost = match splat.kind() {
            "dictionary_splat_pattern" => 1.9,
            "list_splat_pattern" if !has_names => 2.1,
            _ => continue,
        };
        let text = sink.text(splat);
        if !spoken.contains(&text.trim_start_matches('*')) {
            add(list, all, text, cost, sink);
        }
    }
}

/// One name more that is said nearby, before what is passed by name.
fn nearby(call: Node<'_>, all: &[Node<'_>], sink: &mut Sink<'_>) {
    let given: Vec<&str> =
        all.iter().map(|a| sink.text(*a)).chain([tree::callee(call, sink)]).collect();
    let names = names(call, &given, NAMES, sink);
    let Some(before) = all.iter().find(|a| !tree::is_expression(a.kind())) else { return };
    for (name, cost) in names.into_iter().zip([2.75, 2.76]) {
        let title = format!("`{name}` is passed before `{}`", brief(sink.text(*before)));
        let edit = vec![insert(before.start_byte(), format!("{name}, "))];
        sink.edit(Operator::ArgumentAdd, cost, *before, title, edit);
    }
}

/// `def f(x)` becomes `def f(x=None)`, for the last parameter without a default.
pub(super) fn optional(function: Node<'_>, sink: &mut Sink<'_>) {
    let all = field(function, "parameters").map(named).unwrap_or_default();
    let plain = all.iter().take_while(|p| matches!(p.kind(), "identifier" | "typed_parameter"));
    let Some(last) = plain.last().filter(|p| !matches!(sink.text(**p), "self" | "cls")) else {
        return;
    };
    let equals = if last.kind() == "identifier" { "=" } else { " = " };
    for (value, cost) in [("None", 2.2), ("False", 2.6), ("''", 2.8)] {
        let title = format!("`{}` may be left out", brief(sink.text(*last)));
        let edit = vec![insert(last.end_byte(), format!("{equals}{value}"))];
        sink.edit(Operator::DefaultValue, cost, *last, title, edit);
    }
}

/// Parameters: one that is missing, one too many, two in the wrong order.
pub(super) fn taken(list: Node<'_>, sink: &mut Sink<'_>) {
    let all = named(list);
    super::elements::fewer(list, sink);
    for pair in all.windows(2) {
        let [first, second] = [pair[0], pair[1]];
        let is_plain =
            |n: Node<'_>| n.kind() == "identifier" && !matches!(sink.text(n), "self" | "cls");
        if is_plain(first) && is_plain(second) {
            sink.exchange(Operator::ArgumentSwap, 2.5, first, [first, second]);
        }
    }
    let function = list.parent().filter(|f| f.kind() == "function_definition");
    let unbound = function.map_or(Vec::new(), |f| super::name::unbound(f, sink));
    for name in unbound.into_iter().take(NAMES) {
        let title = format!("`{name}` is a parameter");
        let (at, text) = match all.iter().take_while(|p| p.kind() == "identifier").last() {
            Some(last) => (last.end_byte(), format!(", {name}")),
            None if all.is_empty() => (list.start_byte() + 1, name),
            None => (list.start_byte() + 1, format!("{name}, ")),
        };
        sink.edit(Operator::ArgumentAdd, 1.4, list, title, vec![insert(at, text)]);
    }
}

/// `f(x)` alone becomes `x = f(x)`: the result replaces what was passed, or is a name that nothing binds.
pub(super) fn keep(statement: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(value), Some(function)) =
        (named(statement).first().copied(), tree::function(statement))
    else {
        return;
    };
    if !tree::is_expression(value.kind()) || tree::is_docstring_statement(statement) {
        return;
    }
    let text = sink.text(value);
    for name in super::name::unbound(function, sink).into_iter().take(NAMES) {
        sink.swap(Operator::KeepResult, 1.0, value, format!("{name} = {text}"));
    }
    let own = own_names(value, sink);
    let is_own = |name: &str| own.iter().any(|known| known == name);
    let mut given: Vec<&str> = Vec::new();
    if value.kind() == "call" {
        let object = field(value, "function").and_then(|f| field(f, "object"));
        let passed = tree::positional(value).into_iter().map(|a| (a, 1.9));
        for (part, cost) in passed.chain(object.map(|o| (o, 2.1))) {
            let name = sink.text(part);
            if part.kind() == "identifier" && is_own(name) {
                sink.swap(Operator::KeepResult, cost, value, format!("{name} = {text}"));
                given.push(name);
            }
        }
        raised(value, sink);
    }
    for name in names(value, &given, NAMES, sink) {
        if is_own(name) {
            sink.swap(Operator::KeepResult, 2.4, value, format!("{name} = {text}"));
        }
    }
}

/// `ValueError(...)` alone is raised.
fn raised(call: Node<'_>, sink: &mut Sink<'_>) {
    let callee = tree::callee(call, sink);
    if callee.ends_with("Error") || callee.ends_with("Exception") {
        let title = format!("`{}` is raised", brief(sink.text(call)));
        let edit = vec![insert(call.start_byte(), "raise ")];
        sink.edit(Operator::ExceptionClass, 0.5, call, title, edit);
    }
}

/// `x` becomes `f(x)` for a function that is called nearby with one argument.
pub(super) fn converted(node: Node<'_>, sink: &mut Sink<'_>) {
    use super::tree::Role;
    let fits = matches!(
        tree::role(node),
        Role::Argument
            | Role::Assigned
            | Role::Compared
            | Role::Iterated
            | Role::Operand
            | Role::Returned
    );
    if !fits || !matches!(node.kind(), "identifier" | "attribute" | "subscript" | "call") {
        return;
    }
    if tree::is_target(node) || tree::in_string(node) || sink.text(node) == "self" {
        return;
    }
    let text = sink.text(node);
    for function in super::said::converters(node, NAMES + 1, sink) {
        sink.swap(Operator::WrapCall, 2.65, node, format!("{function}({text})"));
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::python::testing::reaches;

    #[test]
    fn names_of_what_is_passed() {
        reaches(
            "def f(a, size, **more):\n    return g(a, size=1)  #!\n",
            &["return g(a=a, size=1)", "return g(a, size=size)", "return g(a, size=1, **more)"],
        );
        reaches(
            "def f(a, size):\n    return g(a, b=1)  #!\n",
            &["return g(a, b=1, size=size)", "return g(a, size, b=1)"],
        );
        reaches("def f(a, b, **k):\n    return g(a, **k)  #!\n", &["return g(a, b=b, **k)"]);
    }

    #[test]
    fn texts_that_are_filled_in() {
        reaches("raise ValueError('%s', x)  #!\n", &["raise ValueError('%s' % x)"]);
        reaches("raise ValueError('%s %s', x, y)  #!\n", &["raise ValueError('%s %s' % (x, y))"]);
    }

    #[test]
    fn parameters() {
        reaches(
            "def f(a, b, c=1):  #!\n    pass\n",
            &["def f(a, b=None, c=1):", "def f(a, c=1):", "def f(b, a, c=1):"],
        );
        reaches("def f(a):  #!\n    return a + size\n", &["def f(a, size):"]);
    }

    #[test]
    fn results_that_are_kept() {
        reaches("def f(a):\n    trim(a)  #!\n    return a\n", &["a = trim(a)"]);
        reaches("def f(a):\n    trim(1)  #!\n    return size\n", &["size = trim(1)"]);
        reaches("def f(a):\n    KeyError(a)  #!\n", &["raise KeyError(a)"]);
        reaches("def f(a, b):\n    h(base(a))\n    return b  #!\n", &["return base(b)"]);
    }
}
