//! Calls: arguments, the function called, calls forgotten or made twice, conversions, `await`.

use crate::syntax::tree::Node;

use super::said::chains;
use super::tree::{self, Role};
use crate::base::Replacement;
use crate::syntax::dialect::ParamKind;
use crate::syntax::mutation::Operator;
use crate::syntax::node::{ancestors, children, descendants, field, insert, named, span, swap};
use crate::syntax::scope::{Function, NameKind, Reach};
use crate::syntax::similar::similar_names;
use crate::syntax::sink::{Sink, brief};

/// `f(a, b)`: the arguments.
pub(super) fn arguments(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(list) = field(node, "arguments").filter(|l| l.kind() == "argument_list") else {
        return;
    };
    let all = named(list);
    swaps(&all, sink);
    drops(&all, sink);
    additions(node, list, &all, sink);
    keywords(node, list, &all, sink);
    stars(&all, sink);
}

/// `f(...)`: another function of the file, of the same arity or a similar name.
pub(super) fn callee(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(function) = field(node, "function") else { return };
    let count = tree::argument_count(node);
    let name = tree::callee(node, sink);
    let functions = sink.functions();
    let (target, pool): (Node<'_>, Vec<(&str, bool)>) = match function.kind() {
        "identifier" => {
            let own = functions.iter().filter(|f| f.class.is_none() && !f.is_test);
            let mut pool: Vec<(&str, bool)> =
                own.map(|f| (f.name.as_str(), takes(f, count))).collect();
            pool.extend(sink.context.functions.iter().map(|f| (f.name.as_str(), f.arity == count)));
            (function, pool)
        }
        "attribute" => {
            let Some(attribute) = field(function, "attribute") else { return };
            let methods =
                functions.iter().filter(|f| f.class.is_some() && !f.name.starts_with("__"));
            (attribute, methods.map(|f| (f.name.as_str(), takes(f, count))).collect())
        }
        _ => return,
    };
    let known = pool.iter().any(|(n, _)| *n == name);
    let alike = similar_names(name, pool.iter().map(|(n, _)| *n));
    let mut done: Vec<&str> = Vec::new();
    for (new, fits) in pool {
        if new == name || done.contains(&new) || done.len() >= 8 {
            continue;
        }
        let cost = match (alike.contains(&new), fits, known) {
            (true, true, _) => 1.0,
            (true, false, _) => 1.8,
            (false, true, true) => 1.5,
            _ => continue,
        };
        done.push(new);
        sink.swap(Operator::CalleeSwap, cost, target, new);
    }
}

/// `x.f` becomes `x.f()`, `f()` becomes `f`.
pub(super) fn missing_call(node: Node<'_>, sink: &mut Sink<'_>) {
    if tree::is_called(node)
        || tree::is_target(node)
        || ancestors(node).take(2).any(|a| a.kind() == "decorator")
    {
        return;
    }
    let text = sink.text(node);
    let functions = sink.functions();
    let cost = match node.kind() {
        "attribute" => {
            let Some(attribute) = field(node, "attribute") else { return };
            let name = sink.text(attribute);
            let own = functions.iter().find(|f| f.name == name && f.class.is_some());
            let property = own.is_some_and(|f| f.decorators.iter().any(|d| d.contains("property")));
            match own {
                _ if property => return,
                Some(f) if takes(f, 0) => 0.7,
                _ if NO_ARGUMENTS.contains(&name) => 0.8,
                None if chains(sink).with(name).any(|chain| chain.is_called) => 1.75,
                _ => return,
            }
        }
        "identifier" => {
            let is_function =
                sink.names(node).iter().any(|n| n.name == text && n.kind == NameKind::Function);
            let fits = functions.iter().any(|f| f.name == text && f.class.is_none() && takes(f, 0));
            let is_class = text.starts_with(|c: char| c.is_ascii_uppercase())
                && text.contains(|c: char| c.is_ascii_lowercase())
                && matches!(tree::role(node), Role::Assigned | Role::Returned);
            match (is_function && fits, tree::role(node)) {
                (false, Role::Other) if text == "super" => 0.6,
                (false, _) if is_class => 2.25,
                (false, _) | (_, Role::Other) => return,
                (true, Role::Argument) => 1.9,
                _ => 0.8,
            }
        }
        _ => return,
    };
    let title = format!("`{}` is called", brief(text));
    sink.edit(Operator::CallAdd, cost, node, title, vec![insert(node.end_byte(), "()")]);
}

/// `f()` becomes `f`.
pub(super) fn superfluous_call(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(function), Some(list)) = (field(node, "function"), field(node, "arguments")) else {
        return;
    };
    let statement = node.parent().is_some_and(|p| p.kind() == "expression_statement");
    if list.kind() != "argument_list" || !named(list).is_empty() || statement {
        return;
    }
    let name = tree::callee(node, sink);
    if name == "super" {
        return;
    }
    let property = sink
        .functions()
        .iter()
        .any(|f| f.name == name && f.decorators.iter().any(|d| d.contains("property")));
    let cost = if property { 0.5 } else { 2.1 };
    let title = format!("`{}` is no longer called", brief(sink.text(function)));
    let edit = vec![Replacement { span: span(list), text: String::new() }];
    sink.edit(Operator::CallRemove, cost, node, title, edit);
}

/// `await` is missing or wrong.
pub(super) fn awaiting(node: Node<'_>, sink: &mut Sink<'_>) {
    if node.kind() == "await" {
        if let Some(&inner) = named(node).first() {
            let text = sink.text(inner);
            sink.swap(Operator::Await, 1.8, node, text);
        }
        return;
    }
    let is_async = |f: Node<'_>| children(f).any(|c| c.kind() == "async");
    let in_async = tree::function(node).is_some_and(is_async);
    let awaited = node.parent().is_some_and(|p| p.kind() == "await");
    if node.kind() != "call" || !in_async || awaited {
        return;
    }
    let name = tree::callee(node, sink);
    let own = descendants(sink.root()).into_iter().any(|f| {
        f.kind() == "function_definition"
            && is_async(f)
            && field(f, "name").is_some_and(|n| sink.text(n) == name)
    });
    let object = node.parent().is_some_and(|p| p.kind() == "attribute");
    let text = sink.text(node);
    let new = if object { format!("(await {text})") } else { format!("await {text}") };
    sink.swap(Operator::Await, if own { 0.5 } else { 1.4 }, node, new);
}

/// `x` becomes `int(x)`, ...
pub(super) fn wrap(node: Node<'_>, sink: &mut Sink<'_>) {
    if !matches!(
        node.kind(),
        "identifier"
            | "attribute"
            | "subscript"
            | "call"
            | "binary_operator"
            | "list_comprehension"
            | "generator_expression"
            | "parenthesized_expression"
    ) || tree::is_target(node)
    {
        return;
    }
    let role = tree::role(node);
    let inner = if node.kind() == "call" { tree::callee(node, sink) } else { "" };
    let text = match node.kind() {
        "parenthesized_expression" | "generator_expression" => {
            let text = sink.text(node);
            text[1..text.len() - 1].to_owned()
        }
        _ => sink.text(node).to_owned(),
    };
    let extra = match node.kind() {
        "identifier" | "subscript" => 0.0,
        "binary_operator" => 0.1,
        _ => 0.2,
    };
    let options = wrappers(node, role, sink);
    for (cost, name) in options.iter().flat_map(|(c, names)| names.split(' ').map(move |n| (c, n)))
    {
        // `list(sorted(x))` says nothing new.
        let idle = name == inner
            || (matches!(name, "list" | "tuple") && matches!(inner, "list" | "sorted"));
        if !idle && !matches!(inner, "len" | "range" | "print" | "super" | "isinstance") {
            sink.swap(Operator::WrapCall, cost + extra, node, format!("{name}({text})"));
        }
    }
    if matches!(role, Role::Returned | Role::Assigned) && inner != "round" {
        sink.swap(Operator::Rounding, 2.1 + extra, node, format!("round({text}, 2)"));
    }
    if role == Role::Argument && tree::argument_of(node, sink).is_some_and(|(f, _)| f == "join") {
        sink.swap(Operator::WrapCall, 0.9, node, format!("map(str, {text})"));
    }
}

/// `return x` becomes `return f(x)` for a function of the file that takes one argument.
pub(super) fn wrap_own(node: Node<'_>, sink: &mut Sink<'_>) {
    let cost = match (tree::role(node), node.kind()) {
        (Role::Returned, "identifier" | "attribute" | "subscript" | "call") => 1.8,
        (Role::Assigned, "identifier" | "attribute" | "subscript") => 2.3,
        _ => return,
    };
    let text = sink.text(node);
    let row = node.start_position().row;
    let functions = sink.functions();
    let mut fitting: Vec<(usize, String)> = functions
        .iter()
        .filter(|f| !f.is_test && takes(f, 1) && !f.name.starts_with("__"))
        .filter(|f| f.qualified.matches('.').count() == usize::from(f.class.is_some()))
        .filter(|f| f.decorators.is_empty())
        .map(|f| {
            let prefix = if f.class.is_some() { "self." } else { "" };
            let line = f.lines.start().0 as usize;
            (line.abs_diff(row), format!("{prefix}{}", f.name))
        })
        .filter(|(_, name)| !name.contains('.') || tree::class(node).is_some())
        .collect();
    // The function itself would call itself for ever.
    let own = tree::function(node).and_then(|f| field(f, "name")).map_or("", |n| sink.text(n));
    fitting.retain(|(_, name)| name.trim_start_matches("self.") != own);
    fitting.sort();
    for (_, name) in fitting.into_iter().take(4) {
        sink.swap(Operator::WrapCall, cost, node, format!("{name}({text})"));
    }
}

/// `int(x)` becomes `x`.
pub(super) fn unwrap(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(function) = field(node, "function").filter(|f| f.kind() == "identifier") else {
        return;
    };
    let list = field(node, "arguments").map(named).unwrap_or_default();
    let Some(&argument) = list.first() else { return };
    let cost = match sink.text(function) {
        "sorted" | "set" | "abs" | "int" | "round" | "reversed" => 1.3,
        "str" | "float" | "list" | "tuple" | "len" | "bool" | "sum" | "max" | "min" | "dict"
        | "repr" | "frozenset" => 1.8,
        "enumerate" => 2.2,
        _ => return,
    };
    let statement = node.parent().is_some_and(|p| p.kind() == "expression_statement");
    if list.len() > 2 || statement || !tree::is_expression(argument.kind()) {
        return;
    }
    let text = match tree::role(node) {
        Role::Operand | Role::Compared | Role::Condition | Role::Other => {
            tree::tight(argument, sink)
        }
        _ => sink.text(argument).to_owned(),
    };
    sink.swap(Operator::UnwrapCall, cost, node, text);
}

/// True when a call with `count` arguments suits the function.
fn takes(function: &Function, count: usize) -> bool {
    let params = function.params.iter().filter(|p| p.kind == ParamKind::Plain);
    let is_method = function.class.is_some()
        && function.params.first().is_some_and(|p| matches!(p.name.as_str(), "self" | "cls"));
    let receiver = usize::from(is_method);
    let all = params.clone().count().saturating_sub(receiver);
    let required = params.filter(|p| !p.has_default).count().saturating_sub(receiver);
    let rest = function.params.iter().any(|p| p.kind == ParamKind::Rest);
    required <= count && (count <= all || rest)
}

fn swaps(all: &[Node<'_>], sink: &mut Sink<'_>) {
    let value = |n: Node<'_>| -> Option<String> {
        match n.kind() {
            "keyword_argument" => Some(sink.text(field(n, "value")?).to_owned()),
            kind if tree::is_expression(kind) => Some(sink.text(n).to_owned()),
            _ => None,
        }
    };
    let target = |n: Node<'_>| {
        span(field(n, "value").filter(|_| n.kind() == "keyword_argument").unwrap_or(n))
    };
    let values: Vec<Option<String>> = all.iter().map(|n| value(*n)).collect();
    let mut edits = Vec::new();
    for i in 0..all.len().min(5) {
        for j in i + 1..all.len().min(5) {
            let (Some(a), Some(b)) = (&values[i], &values[j]) else { continue };
            let keyword = [all[i], all[j]].iter().any(|n| n.kind() == "keyword_argument");
            let cost = match (keyword, j - i) {
                (true, _) => 1.7,
                (false, 1) => 0.9,
                _ => 1.3,
            };
            let edit = vec![
                Replacement { span: target(all[i]), text: b.clone() },
                Replacement { span: target(all[j]), text: a.clone() },
            ];
            edits.push((
                cost,
                all[i],
                format!("`{}` and `{}` change places", brief(a), brief(b)),
                edit,
            ));
        }
    }
    for (cost, anchor, title, edit) in edits {
        sink.edit(Operator::ArgumentSwap, cost, anchor, title, edit);
    }
}

fn drops(all: &[Node<'_>], sink: &mut Sink<'_>) {
    for (at, argument) in all.iter().enumerate() {
        let cost = match argument.kind() {
            "keyword_argument" => 1.3,
            _ if at + 1 == all.len() && all.len() > 1 => 1.6,
            _ => 2.0,
        };
        sink.drop_item(cost, all, at);
    }
}

fn additions(call: Node<'_>, list: Node<'_>, all: &[Node<'_>], sink: &mut Sink<'_>) {
    let given: Vec<&str> = all.iter().map(|a| sink.text(*a)).collect();
    let name = tree::callee(call, sink);
    let functions = sink.functions();
    let own = functions
        .iter()
        .find(|f| f.name == name || (f.name == "__init__" && f.class.as_deref() == Some(name)));
    if own.is_none() && (PLAIN_CALLS.contains(&name) || NO_ARGUMENTS.contains(&name)) {
        return;
    }
    let accepts = own.is_none_or(|f| takes(f, all.len() + 1));
    let lacking = own.is_some_and(|f| !takes(f, all.len()) && accepts);
    let base = if lacking { 0.7 } else { 2.3 };
    let names = sink.names(call);
    let mut values: Vec<&str> = names
        .iter()
        .filter(|n| n.reach == Reach::Own && matches!(n.kind, NameKind::Param | NameKind::Local))
        .map(|n| n.name.as_str())
        .filter(|n| !given.contains(n) && !matches!(*n, "self" | "cls"))
        .collect();
    values.truncate(5);
    if let (true, Some(function)) = (accepts, own) {
        let skip = usize::from(function.class.is_some());
        let next =
            function.params.iter().filter(|p| p.kind == ParamKind::Plain).nth(all.len() + skip);
        // Of the names in scope the one called like the parameter is the likeliest.
        if let Some(at) = next.and_then(|p| values.iter().position(|v| *v == p.name)) {
            values.swap(0, at);
        }
        for param in
            function.params.iter().filter(|p| p.has_default || p.kind == ParamKind::Keyword)
        {
            let named_like = names.iter().any(|n| n.name == param.name && n.reach == Reach::Own);
            let there = given.iter().any(|g| g.starts_with(&format!("{}=", param.name)));
            if named_like && !there {
                add(list, all, &format!("{0}={0}", param.name), 1.4, sink);
            }
        }
    }
    if accepts && all.len() < 4 && all.iter().all(|a| a.kind() != "keyword_argument") {
        for (at, value) in values.iter().enumerate() {
            add(list, all, value, base + 0.05 * at as f32, sink);
        }
        if lacking {
            for value in ["0", "1", "None", "[]"] {
                add(list, all, value, 1.3, sink);
            }
        }
        if let (Some(first), Some(value)) = (all.first(), values.first()) {
            let edit = vec![insert(first.start_byte(), format!("{value}, "))];
            sink.edit(
                Operator::ArgumentAdd,
                base + 0.3,
                *first,
                format!("`{value}` is passed first"),
                edit,
            );
        }
    }
}

/// Appends an argument.
pub(super) fn add(list: Node<'_>, all: &[Node<'_>], value: &str, cost: f32, sink: &mut Sink<'_>) {
    let (at, text) = match all.last() {
        Some(last) => (last.end_byte(), format!(", {value}")),
        None => (list.start_byte() + 1, value.to_owned()),
    };
    let title = format!("`{value}` is passed too");
    sink.edit(Operator::ArgumentAdd, cost, list, title, vec![insert(at, text)]);
}

/// Arguments that functions of the standard library take.
fn keywords(call: Node<'_>, list: Node<'_>, all: &[Node<'_>], sink: &mut Sink<'_>) {
    let name = tree::callee(call, sink);
    let options: &[(&str, f32)] = match (name, all.len()) {
        ("sorted", 1..=2) | ("sort", 0..=1) => &[
            ("reverse=True", 0.9),
            ("key=len", 1.8),
            ("key=lambda item: item[1]", 1.8),
            ("key=lambda item: item[0]", 2.0),
            ("key=lambda item: -item[1]", 2.4),
            ("key=str", 2.2),
            ("key=str.lower", 2.0),
            ("key=int", 2.3),
            ("key=abs", 2.4),
        ],
        ("max" | "min", 1) => &[
            ("default=0", 1.4),
            ("default=None", 1.5),
            ("key=len", 1.7),
            ("key=lambda item: item[1]", 1.9),
            ("key=lambda item: item[0]", 2.2),
            ("key=abs", 2.3),
        ],
        ("max" | "min", 2) => &[("0", 2.2), ("1", 2.6)],
        ("next", 1) => &[("None", 1.2)],
        ("isinstance" | "issubclass", 1) => &[
            ("str", 0.9),
            ("int", 1.0),
            ("list", 1.0),
            ("dict", 1.1),
            ("tuple", 1.2),
            ("float", 1.3),
            ("(list, tuple)", 1.3),
            ("bytes", 1.4),
            ("set", 1.4),
            ("bool", 1.4),
            ("type", 1.6),
        ],
        ("enumerate", 1) => &[("1", 0.9), ("start=1", 1.4)],
        ("round", 1) => &[("2", 1.5), ("1", 1.8), ("3", 2.2)],
        ("split" | "rsplit", 1) => &[("1", 1.4), ("2", 2.4)],
        ("split", 0) => &[("','", 1.8), ("' '", 1.8), ("'\\n'", 2.0), ("', '", 2.4)],
        ("strip" | "lstrip" | "rstrip", 0) => &[("'\\n'", 1.9), ("' '", 2.2), ("'0'", 2.6)],
        ("sum", 1) => &[("0.0", 2.6), ("[]", 2.4)],
        ("replace", 2) => &[("1", 1.8)],
        ("getattr", 2) => &[("None", 1.2)],
        ("dumps" | "dump", _) => &[
            ("sort_keys=True", 1.8),
            ("indent=2", 2.2),
            ("default=str", 2.0),
            ("ensure_ascii=False", 2.0),
        ],
        ("int", 1) => &[("2", 2.4), ("16", 2.4)],
        ("zip", 2) => &[("strict=True", 2.6)],
        ("print", _) => &[("end=''", 2.0)],
        ("splitlines", 0) => &[("True", 1.8)],
        ("round", 2) => &[],
        _ => &[],
    };
    for (text, cost) in options {
        let keyword = text.split('=').next().unwrap_or(text);
        let there = text.contains('=')
            && all.iter().any(|a| field(*a, "name").is_some_and(|n| sink.text(n) == keyword));
        let quoted = text.contains('\'') && tree::in_string(call);
        if !there && !quoted {
            add(list, all, text, *cost, sink);
        }
    }
    for argument in all.iter().filter(|a| a.kind() == "keyword_argument") {
        let (Some(key), Some(value)) = (field(*argument, "name"), field(*argument, "value")) else {
            continue;
        };
        if sink.text(key) == "key"
            && value.kind() == "lambda"
            && let Some(body) = field(value, "body")
            && !matches!(body.kind(), "unary_operator" | "tuple")
        {
            let new = format!("-{}", tree::tight(body, sink));
            sink.swap(Operator::KeywordArgument, 1.5, body, new);
        }
        if sink.text(key) == "reverse" && value.kind() == "true" {
            continue;
        }
        let edit = vec![swap(*argument, sink.text(value))];
        sink.edit(
            Operator::KeywordArgument,
            2.4,
            *argument,
            format!("`{}=` goes", sink.text(key)),
            edit,
        );
    }
}

/// `f(x)` and `f(*x)`.
fn stars(all: &[Node<'_>], sink: &mut Sink<'_>) {
    for argument in all {
        let text = sink.text(*argument);
        match argument.kind() {
            "identifier" if text != "self" => {
                sink.swap(Operator::ArgumentAdd, 2.3, *argument, format!("*{text}"));
            }
            "list_splat" => {
                sink.swap(Operator::ArgumentDrop, 1.8, *argument, text.trim_start_matches('*'))
            }
            "dictionary_splat" => {
                sink.swap(Operator::ArgumentDrop, 2.2, *argument, text.trim_start_matches('*'));
            }
            _ => {}
        }
    }
}

/// Functions that could be wrapped around an expression in its role, by cost.
type Wrappers = &'static [(f32, &'static str)];

fn wrappers(node: Node<'_>, role: Role, sink: &Sink<'_>) -> Wrappers {
    match role {
        Role::Operand if beside_text(node) => &[(0.6, "str")],
        Role::Operand => &[(2.1, "int float abs"), (2.3, "len str"), (2.5, "list")],
        Role::Compared if node.kind() == "binary_operator" => &[(1.0, "abs"), (2.2, "int round")],
        Role::Compared => {
            &[(1.6, "len int abs"), (1.9, "str"), (2.0, "set sorted"), (2.3, "float list tuple")]
        }
        Role::Argument => argument_wrappers(node, sink),
        Role::Returned if node.kind() == "binary_operator" => {
            &[(1.5, "int abs"), (1.7, "round"), (2.0, "float str bool"), (2.3, "list sorted set")]
        }
        Role::Returned => &[
            (1.4, "list sorted int"),
            (1.6, "str bool tuple abs"),
            (1.8, "len set float sum"),
            (2.0, "dict round max min"),
        ],
        Role::Assigned => &[
            (1.6, "list int"),
            (1.9, "sorted str float set"),
            (2.1, "len abs dict"),
            (2.4, "tuple sum reversed"),
        ],
        Role::Iterated => &[(1.2, "reversed list"), (1.4, "sorted"), (1.9, "set enumerate range")],
        Role::Index => &[(1.3, "int"), (2.0, "str tuple"), (2.6, "len")],
        Role::Bound => &[(1.5, "int"), (2.2, "len")],
        Role::Element => &[
            (1.7, "str int"),
            (2.0, "list len float"),
            (2.3, "abs tuple"),
            (2.5, "sorted set dict"),
        ],
        Role::Condition => &[(2.2, "any all"), (2.6, "len int")],
        Role::Other => &[],
    }
}

fn argument_wrappers(node: Node<'_>, sink: &Sink<'_>) -> Wrappers {
    match tree::argument_of(node, sink).map_or("", |(name, _)| name) {
        "range" => &[(0.8, "len"), (1.3, "int")],
        "next" => &[(0.8, "iter"), (2.0, "reversed")],
        "append" | "add" | "insert" | "appendleft" | "put" => {
            &[(1.0, "list"), (1.7, "int str tuple"), (2.0, "len dict"), (2.2, "set float abs")]
        }
        "len" | "print" => &[(1.8, "set str"), (2.0, "list")],
        "sum" | "max" | "min" | "any" | "all" | "enumerate" | "zip" | "list" | "tuple"
        | "sorted" | "set" => &[(1.8, "set sorted reversed"), (2.2, "list len str abs")],
        _ => &[(1.9, "str int list"), (2.2, "len float abs tuple sorted"), (2.5, "set dict")],
    }
}

/// True next to a string literal in a sum.
fn beside_text(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else { return false };
    ["left", "right"]
        .into_iter()
        .filter_map(|name| field(parent, name))
        .any(|n| n.id() != node.id() && matches!(n.kind(), "string" | "concatenated_string"))
}

/// Methods of builtin types that take nothing.
const NO_ARGUMENTS: &[&str] = &[
    "strip",
    "lower",
    "upper",
    "title",
    "capitalize",
    "items",
    "keys",
    "values",
    "copy",
    "read",
    "readline",
    "readlines",
    "close",
    "isdigit",
    "isalpha",
    "isalnum",
    "isupper",
    "islower",
    "isspace",
    "isnumeric",
    "isdecimal",
    "total_seconds",
    "splitlines",
    "lstrip",
    "rstrip",
    "swapcase",
    "hexdigest",
    "digest",
    "now",
    "today",
    "utcnow",
    "isoformat",
    "weekday",
    "timestamp",
    "exists",
    "is_file",
    "is_dir",
    "popleft",
    "group",
    "groups",
    "as_posix",
    "getvalue",
    "split",
    "clear",
    "most_common",
    "bit_length",
    "is_integer",
    "casefold",
    "date",
    "time",
    "random",
    "sort",
    "reverse",
];

/// Functions to which adding a name in scope is hardly ever right.
const PLAIN_CALLS: &[&str] = &[
    "len",
    "range",
    "sorted",
    "sum",
    "any",
    "all",
    "abs",
    "list",
    "set",
    "tuple",
    "dict",
    "str",
    "bool",
    "enumerate",
    "isinstance",
    "append",
    "add",
    "items",
    "keys",
    "values",
    "print",
    "reversed",
    "float",
    "ord",
    "chr",
    "iter",
    "super",
    "join",
    "extend",
    "sqrt",
    "remove",
    "discard",
    "startswith",
    "endswith",
    "ValueError",
    "TypeError",
    "KeyError",
    "IndexError",
    "RuntimeError",
];

#[cfg(test)]
mod tests {
    use crate::syntax::python::testing::{avoids, reaches};

    #[test]
    fn arguments() {
        reaches(
            "def f(a, b):\n    g(a, b, k=1)  #!\n",
            &["g(b, a, k=1)", "g(a, b)", "g(a, k=1)", "g(b, k=1)", "g(a, 1, k=b)"],
        );
        reaches(
            "def f(a, b):\n    g(a)  #!\ndef g(x, y):\n    pass\n",
            &["g(a, b)", "g(b, a)", "g(b)"],
        );
        reaches(
            "y = sorted(x)  #!\n",
            &["y = sorted(x, reverse=True)", "y = sorted(x, key=len)", "y = x"],
        );
        reaches("for i, a in enumerate(x):  #!\n    pass\n", &["for i, a in enumerate(x, 1):"]);
        reaches("y = max(x)  #!\n", &["y = max(x, default=0)"]);
        reaches(
            "def f(verbose=False):\n    g(1)  #!\ndef g(x, verbose=False):\n    pass\n",
            &["g(1, verbose=verbose)"],
        );
    }

    #[test]
    fn calls() {
        reaches("y = x.lower  #!\n", &["y = x.lower()"]);
        reaches(
            "class A:\n    @property\n    def n(self):\n        return 1\n    def m(self):\n        return self.n()  #!\n",
            &["return self.n"],
        );
        reaches("def now():\n    return 1\nx = now + 1  #!\n", &["x = now() + 1"]);
        reaches(
            "async def g():\n    pass\nasync def f():\n    x = g()  #!\n    y = await g()\n",
            &["x = await g()"],
        );
        avoids("y = f()  #!\n", &["y = f()()"]);
        reaches(
            "def area(a, b):\n    return a\ndef rim(a, b):\n    return b\nx = rim(1, 2)  #!\n",
            &["x = area(1, 2)"],
        );
    }

    #[test]
    fn own_functions() {
        reaches("def tidy(a):\n    return a\ndef f(x):\n    return x  #!\n", &["return tidy(x)"]);
        reaches(
            "def f(d, k):\n    m = g(d, k)\n    x = m  #!\n    return m.group(2)\n",
            &["x = m.group(2)"],
        );
    }

    #[test]
    fn conversions() {
        reaches("x = 'a' + n  #!\n", &["x = 'a' + str(n)"]);
        reaches("def f(n):\n    return n / 2  #!\n", &["return int(n / 2)"]);
        reaches("if a - b < c:  #!\n    pass\n", &["if abs(a - b) < c:"]);
        reaches("x = ','.join(y)  #!\n", &["x = ','.join(map(str, y))"]);
        reaches(
            "for a in b:  #!\n    pass\n",
            &["for a in list(b):", "for a in sorted(b):", "for a in reversed(b):"],
        );
        reaches("x = int(y)  #!\n", &["x = y", "x = round(y)", "x = float(y)"]);
        reaches("def f(x):\n    return (a for a in x)  #!\n", &["return list(a for a in x)"]);
    }
}
