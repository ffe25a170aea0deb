//! Names and attributes: the wrong one of several in reach.

use crate::syntax::tree::Node;

use super::tree::{self, Role};
use crate::base::Language;
use crate::syntax::mutation::Operator;
use crate::syntax::node::{ancestors, descendants, field, insert};
use crate::syntax::scope::{Name, NameKind, Reach, is_builtin};
use crate::syntax::similar::similar_names;
use crate::syntax::sink::Sink;

/// `x`, where it is read.
pub(super) fn identifier(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(parent) = node.parent() else { return };
    if !is_use(node, parent) {
        return;
    }
    let name = sink.text(node);
    let called = tree::is_called(node);
    let names = sink.names(node);
    let known = names.iter().any(|n| n.name == name);
    if !called {
        let mut options = ranked(node, name, &names, sink);
        if name == "self" {
            let attribute = parent.kind() == "attribute";
            options.retain(|(new, _)| {
                attribute && names.iter().any(|n| n.name == *new && n.kind == NameKind::Param)
            });
        }
        for (new, cost) in options.into_iter().take(12) {
            let cost = if known { cost } else { cost - 0.9 };
            sink.swap(Operator::NameSwap, cost.max(0.4), node, new);
        }
        mentioned_attribute(node, name, sink);
        literal_instead(node, name, sink);
    }
    missing_self(node, name, known, called, sink);
}

/// `x = ...`: another variable should have been written.
pub(super) fn target(node: Node<'_>, sink: &mut Sink<'_>) {
    if node.kind() != "identifier" || !tree::is_target(node) || tree::function(node).is_none() {
        return;
    }
    let statement_target = node.parent().is_some_and(|p| {
        matches!(p.kind(), "assignment" | "augmented_assignment" | "pattern_list")
    });
    if !statement_target {
        return;
    }
    let name = sink.text(node);
    let names = sink.names(node);
    let own = names
        .iter()
        .filter(|n| n.reach == Reach::Own && matches!(n.kind, NameKind::Local | NameKind::Param));
    let others: Vec<String> =
        own.map(|n| n.name.clone()).filter(|n| n != name && n != "self").collect();
    for new in others.into_iter().take(6) {
        let cost = if opposite(name, &new) { 1.0 } else { 1.9 };
        sink.swap(Operator::NameSwap, cost, node, new);
    }
    if let Some(function) = tree::function(node) {
        for new in unbound(function, sink).into_iter().take(3) {
            sink.swap(Operator::NameSwap, 0.6, node, new);
        }
    }
    if let Some(class) = class_name(node, sink)
        && sink.attributes(&class).iter().any(|a| a.name == name && !a.is_method)
    {
        sink.swap(Operator::SelfPrefix, 0.8, node, format!("self.{name}"));
    }
}

/// `o.x`.
pub(super) fn attribute(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(object), Some(attribute)) = (field(node, "object"), field(node, "attribute")) else {
        return;
    };
    let called = tree::is_called(node);
    let name = sink.text(attribute);
    let on_self = sink.text(object) == "self";
    for (new, cost) in attributes_instead(node, object, name, called, sink) {
        sink.swap(Operator::AttributeSwap, cost, attribute, new);
    }
    if on_self && !called {
        // `self.x` where a parameter `x` was meant.
        let names = sink.names(node);
        if names.iter().any(|n| n.name == name && n.reach == Reach::Own) && !tree::is_target(node) {
            sink.swap(Operator::SelfPrefix, 1.1, node, name);
        }
    }
    if on_self
        && called
        && sink.names(node).iter().any(|n| n.name == name && n.reach == Reach::Module)
    {
        sink.swap(Operator::SelfPrefix, 1.4, node, name);
    }
    if !on_self && !called && !tree::is_target(node) && tree::role(node) != Role::Other {
        let text = sink.text(object);
        if object.kind() != "identifier" || !is_module(object, sink) {
            sink.swap(Operator::AttributeSwap, 1.9, node, text);
        }
    }
}

/// Names that could stand instead of `name` at `node`, the likeliest first.
pub(super) fn ranked(
    node: Node<'_>,
    name: &str,
    names: &[Name],
    sink: &Sink<'_>,
) -> Vec<(String, f32)> {
    let alike = similar_names(name, names.iter().map(|n| n.name.as_str()));
    let own_line = node.start_position().row;
    let scope = tree::function(node).unwrap_or_else(|| sink.root());
    let mentions: Vec<(usize, &str)> = descendants(scope)
        .into_iter()
        .filter(|n| n.kind() == "identifier" && n.id() != node.id())
        .map(|n| (n.start_position().row, sink.text(n)))
        .collect();
    let mut out: Vec<(String, f32)> = Vec::new();
    for other in names {
        let new = other.name.as_str();
        if new == name || new == "_" || new == "cls" || (new == "self" && !is_object(node)) {
            continue;
        }
        let mut cost: f32 = match (other.reach, other.kind) {
            (_, NameKind::Import) => continue,
            (Reach::Module, NameKind::Function | NameKind::Class) => continue,
            (Reach::Own, NameKind::Param | NameKind::Local) => 1.3,
            (Reach::Own, _) => 2.0,
            (Reach::Enclosing, _) => 1.8,
            (Reach::Module, _) => 2.3,
        };
        if opposite(name, new) {
            cost -= 0.6;
        } else if alike.contains(&new) || (name.len() == 1 && new.len() == 1) {
            cost -= 0.4;
        }
        if sink.context.names.iter().any(|n| n == new) {
            cost -= 0.2;
        }
        // What is spoken of nearby is likelier meant.
        cost += 0.02 * nearness(node, new, &mentions) - 0.1;
        // Bound on this very line (a comprehension's variable), and never used yet.
        if other.line.0 as usize == own_line + 1 && other.kind == NameKind::Local {
            cost -= 0.1;
        }
        out.push((new.to_owned(), cost));
    }
    out.sort_by(|a, b| a.1.total_cmp(&b.1));
    out
}

/// True in a method that names its receiver.
fn takes_self(node: Node<'_>, sink: &Sink<'_>) -> bool {
    sink.names(node).iter().any(|n| n.name == "self" && n.kind == NameKind::Param)
}

/// Lines between a node and the nearest other mention of a name in the function.
fn nearness(node: Node<'_>, name: &str, mentions: &[(usize, &str)]) -> f32 {
    let row = node.start_position().row;
    let nearest = mentions.iter().filter(|m| m.1 == name).map(|m| m.0.abs_diff(row)).min();
    nearest.unwrap_or(20).min(20) as f32
}

/// A plain number where a variable stands.
fn literal_instead(node: Node<'_>, name: &str, sink: &mut Sink<'_>) {
    let fits = matches!(
        tree::role(node),
        Role::Compared
            | Role::Operand
            | Role::Assigned
            | Role::Bound
            | Role::Index
            | Role::Argument
    );
    if fits && name != "self" && !is_object(node) {
        for (new, cost) in [("0", 2.3), ("1", 2.3), ("None", 2.7)] {
            sink.swap(Operator::IntegerConstant, cost, node, new);
        }
    }
}

/// Names that the function reads and nothing binds.
pub(super) fn unbound(function: Node<'_>, sink: &Sink<'_>) -> Vec<String> {
    let Some(body) = field(function, "body") else { return Vec::new() };
    let Some(&last) = tree::statements(body).last() else { return Vec::new() };
    let mut bound: Vec<String> = sink.names(last).iter().map(|n| n.name.clone()).collect();
    let nodes = descendants(body);
    bound.extend(
        nodes
            .iter()
            .filter(|n| n.kind() == "identifier" && tree::is_target(**n))
            .map(|n| sink.text(*n).to_owned()),
    );
    let mut out: Vec<String> = Vec::new();
    for node in nodes.into_iter().filter(|n| n.kind() == "identifier") {
        let name = sink.text(node);
        let Some(parent) = node.parent() else { continue };
        let known = bound.iter().any(|b| b == name) || is_builtin(Language::Python, name);
        if !known && is_use(node, parent) && !out.iter().any(|o| o == name) {
            out.push(name.to_owned());
        }
    }
    out
}

/// True where an identifier is a variable that is read.
pub(super) fn is_use(node: Node<'_>, parent: Node<'_>) -> bool {
    let plain = match parent.kind() {
        "attribute" => is_field(parent, "object", node),
        "keyword_argument" => is_field(parent, "value", node),
        "default_parameter" | "typed_default_parameter" => is_field(parent, "value", node),
        "function_definition"
        | "class_definition"
        | "parameters"
        | "lambda_parameters"
        | "typed_parameter"
        | "dotted_name"
        | "aliased_import"
        | "global_statement"
        | "nonlocal_statement"
        | "list_splat_pattern"
        | "dictionary_splat_pattern"
        | "type" => false,
        _ => true,
    };
    plain && !tree::is_target(node) && !tree::in_annotation(node) && !in_decorator(node)
}

fn in_decorator(node: Node<'_>) -> bool {
    ancestors(node).take_while(|n| !tree::is_statement(n.kind())).any(|n| n.kind() == "decorator")
}

fn is_field(parent: Node<'_>, name: &str, node: Node<'_>) -> bool {
    field(parent, name).is_some_and(|n| n.id() == node.id())
}

/// True for the `x` of `x.y`.
fn is_object(node: Node<'_>) -> bool {
    node.parent().is_some_and(|p| p.kind() == "attribute" && is_field(p, "object", node))
}

fn is_module(object: Node<'_>, sink: &Sink<'_>) -> bool {
    let name = sink.text(object);
    sink.names(object).iter().any(|n| n.name == name && n.kind == NameKind::Import)
}

fn class_name(node: Node<'_>, sink: &Sink<'_>) -> Option<String> {
    tree::function(node)?;
    let class = field(tree::class(node)?, "name")?;
    Some(sink.text(class).to_owned())
}

/// `x` where the class has an attribute or method `x`.
fn missing_self(node: Node<'_>, name: &str, known: bool, called: bool, sink: &mut Sink<'_>) {
    let Some(class) = class_name(node, sink) else { return };
    if !known && !is_builtin(Language::Python, name) && takes_self(node, sink) {
        let edit = vec![insert(node.start_byte(), "self.")];
        sink.edit(Operator::SelfPrefix, 0.6, node, format!("`{name}` becomes `self.{name}`"), edit);
    } else if sink.source().contains(&format!("self.{name}")) && name != "self" {
        let edit = vec![insert(node.start_byte(), "self.")];
        sink.edit(Operator::SelfPrefix, 1.6, node, format!("`{name}` becomes `self.{name}`"), edit);
    }
    let has = sink.attributes(&class).iter().any(|a| a.name == name && a.is_method == called);
    let loose = sink.attributes(&class).iter().any(|a| a.name == name);
    if !loose || name == "self" {
        return;
    }
    let cost = match (known || is_builtin(Language::Python, name), has) {
        (false, _) => 0.5,
        (true, true) => 1.2,
        (true, false) => 2.0,
    };
    let title = format!("`{name}` becomes `self.{name}`");
    let edit = vec![insert(node.start_byte(), "self.")];
    sink.edit(Operator::SelfPrefix, cost, node, title, edit);
}

/// `node` where `node.next` was meant: attributes that the function takes of the same object.
fn mentioned_attribute(node: Node<'_>, name: &str, sink: &mut Sink<'_>) {
    if is_object(node) || name == "self" || matches!(tree::role(node), Role::Other | Role::Iterated)
    {
        return;
    }
    let Some(function) = tree::function(node) else { return };
    let mut seen: Vec<&str> = Vec::new();
    for other in descendants(function).into_iter().filter(|n| n.kind() == "attribute") {
        let (Some(object), Some(attribute)) = (field(other, "object"), field(other, "attribute"))
        else {
            continue;
        };
        let called = tree::is_called(other);
        let attribute = sink.text(attribute);
        if sink.text(object) == name && !called && !seen.contains(&attribute) {
            seen.push(attribute);
        }
    }
    if name == "other"
        && let Some(class) = class_name(node, sink)
    {
        for attribute in sink.attributes(&class).iter().filter(|a| !a.is_method).take(4) {
            sink.swap(Operator::AttributeSwap, 1.8, node, format!("{name}.{}", attribute.name));
        }
    }
    for attribute in seen.into_iter().take(4) {
        sink.swap(Operator::AttributeSwap, 1.7, node, format!("{name}.{attribute}"));
    }
}

/// Attributes that could stand instead of `name`.
fn attributes_instead(
    node: Node<'_>,
    object: Node<'_>,
    name: &str,
    called: bool,
    sink: &Sink<'_>,
) -> Vec<(String, f32)> {
    let mut pool: Vec<(String, f32)> = Vec::new();
    if sink.text(object) == "self" {
        if let Some(class) = tree::class(node).and_then(|c| field(c, "name")) {
            for attribute in sink.attributes(sink.text(class)).iter() {
                if attribute.is_method == called && !attribute.name.ends_with("__") {
                    pool.push((attribute.name.clone(), 1.4));
                } else if !called && is_property(&attribute.name, sink) {
                    pool.push((attribute.name.clone(), 1.6));
                }
            }
        }
    } else if !is_module(object, sink) {
        let scope = tree::function(node).unwrap_or_else(|| sink.root());
        for other in descendants(scope).into_iter().filter(|n| n.kind() == "attribute") {
            let (Some(whose), Some(what)) = (field(other, "object"), field(other, "attribute"))
            else {
                continue;
            };
            let is_call = tree::is_called(other);
            if is_call == called && !called {
                let same = sink.text(whose) == sink.text(object);
                pool.push((sink.text(what).to_owned(), if same { 1.4 } else { 1.8 }));
            }
        }
        for class in sink.class_names() {
            for attribute in sink.attributes(&class).iter() {
                // Other methods of the file are `call::callee`'s matter.
                if !called && !attribute.is_method {
                    pool.push((attribute.name.clone(), 2.0));
                }
            }
        }
    }
    pool.sort_by(|a, b| a.1.total_cmp(&b.1));
    let names: Vec<String> = pool.iter().map(|p| p.0.clone()).collect();
    let alike = similar_names(name, names.iter().map(String::as_str));
    let mut out: Vec<(String, f32)> = Vec::new();
    for (new, mut cost) in pool {
        if new == name || out.iter().any(|(n, _)| *n == new) {
            continue;
        }
        if opposite(name, &new) {
            cost -= 0.6;
        } else if alike.contains(&new.as_str()) {
            cost -= 0.4;
        }
        out.push((new, cost));
    }
    out.sort_by(|a, b| a.1.total_cmp(&b.1));
    out.truncate(7);
    out
}

fn is_property(name: &str, sink: &Sink<'_>) -> bool {
    sink.functions()
        .iter()
        .any(|f| f.name == name && f.decorators.iter().any(|d| d.contains("property")))
}

/// True for names that differ in one word, and those words are opposites.
pub(super) fn opposite(a: &str, b: &str) -> bool {
    let (a, b): (Vec<&str>, Vec<&str>) = (a.split('_').collect(), b.split('_').collect());
    if a.len() != b.len() {
        return false;
    }
    let differing: Vec<(&str, &str)> = a.into_iter().zip(b).filter(|(x, y)| x != y).collect();
    match differing[..] {
        [(x, y)] => OPPOSITES.iter().any(|group| group.contains(&x) && group.contains(&y)),
        _ => false,
    }
}

const OPPOSITES: &[&[&str]] = &[
    &["left", "right", "top", "bottom"],
    &["next", "prev", "previous"],
    &["first", "last"],
    &["first", "second", "third"],
    &["start", "end", "stop", "begin", "finish"],
    &["min", "max"],
    &["minimum", "maximum"],
    &["head", "tail"],
    &["parent", "child", "children"],
    &["x", "y", "z"],
    &["dx", "dy"],
    &["row", "col", "column"],
    &["rows", "cols", "columns"],
    &["width", "height", "depth"],
    &["w", "h"],
    &["key", "value"],
    &["keys", "values"],
    &["k", "v"],
    &["low", "high", "mid"],
    &["lo", "hi", "mid"],
    &["lower", "upper"],
    &["src", "dst", "dest"],
    &["source", "target", "destination"],
    &["before", "after"],
    &["input", "output"],
    &["old", "new"],
    &["up", "down"],
    &["i", "j", "k"],
    &["m", "n"],
    &["a", "b", "c"],
    &["p", "q"],
    &["index", "value", "item"],
    &["sum", "count", "total"],
    &["total", "subtotal"],
    &["numerator", "denominator"],
    &["sender", "receiver", "recipient"],
    &["from", "to"],
    &["enabled", "disabled"],
    &["income", "expense"],
    &["credit", "debit"],
    &["self", "other"],
    &["slow", "fast"],
    &["current", "previous", "next"],
    &["cur", "prev", "nxt"],
    &["front", "back", "rear"],
    &["price", "cost", "quantity"],
    &["hours", "minutes", "seconds"],
    &["hour", "minute", "second"],
    &["year", "month", "day"],
];

#[cfg(test)]
mod tests {
    use crate::syntax::python::testing::reaches;

    #[test]
    fn names() {
        reaches(
            "def f(a, b):\n    c = 1\n    return a + c  #!\n",
            &["return b + c", "return a + b", "return a + a"],
        );
        reaches("def f(count):\n    return cuont + 1  #!\n", &["return count + 1"]);
        reaches(
            "def f(n):\n    node = n\n    n.next = 1\n    return n  #!\n",
            &["return node", "return n.next"],
        );
        reaches("def f(a):\n    lo = 0\n    hi = 9\n    lo = a  #!\n", &["hi = a", "lo = hi"]);
    }

    #[test]
    fn unbound_names() {
        reaches("def f(a):\n    dx, a = g(a)  #!\n    return dx * dy\n", &["dx, dy = g(a)"]);
        reaches("def f(a):\n    return [a for p in a if p]  #!\n", &["return [p for p in a if p]"]);
        reaches("def f(a, n):\n    return a + n  #!\n", &["return a + 0", "return a + 1"]);
        reaches(
            "class P:\n    def __init__(self):\n        self.x = 1\n    def __eq__(self, other):\n        return self.x == other  #!\n",
            &["return self.x == other.x"],
        );
    }

    #[test]
    fn attributes() {
        let class = "class P:\n    def __init__(self, x, y):\n        self.x = x\n        self.y = y\n    def dist(self, other):\n        return self.x - other.x  #!\n    def area(self):\n        return 1\n";
        reaches(
            class,
            &[
                "return self.y - other.x",
                "return self.x - other.y",
                "return other.x - other.x",
                "return self.x - self.x",
                "return self.x - other",
            ],
        );
        reaches(
            "class P:\n    def __init__(self):\n        self.n = 0\n    def up(self):\n        n += 1  #!\n        return self.get()\n    def get(self):\n        return self.n\n",
            &["self.n += 1"],
        );
        reaches(
            "class P:\n    def __init__(self):\n        self.n = 0\n    def up(self, n):\n        return self.get() + self.n  #!\n    def get(self):\n        return self.n\n    def put(self):\n        pass\n",
            &["return self.put() + self.n", "return self.get() + n"],
        );
        reaches(
            "class P:\n    def a(self):\n        return b() + n  #!\n    def b(self):\n        self.n = 1\n",
            &["return self.b() + n", "return b() + self.n"],
        );
    }
}
