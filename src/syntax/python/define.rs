//! What is forgotten around definitions: stored parameters, `super().__init__()`, decorators,
//! `global`, counters in loops.

use crate::syntax::tree::Node;

use super::block::{after, before};
use super::flow::{assigned_names, own_nodes, own_params};
use super::tree;
use crate::base::{Replacement, Span};
use crate::syntax::mutation::Operator;
use crate::syntax::node::{
    ancestors, children, descendants, field, first_line, insert, last_line, named,
};
use crate::syntax::scope::{NameKind, Reach};
use crate::syntax::sink::Sink;

/// All edits of a function as a whole, anchored anywhere in it.
pub(super) fn function(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(name) = field(node, "name").map(|n| sink.text(n).to_owned()) else { return };
    let class = ancestors(node)
        .take_while(|n| n.kind() != "function_definition")
        .find(|n| n.kind() == "class_definition");
    if let Some(class) = class {
        if name == "__init__" {
            store_parameters(node, class, sink);
            super_init(node, class, sink);
        }
        receiver(node, &name, sink);
        decorators(node, &name, sink);
    }
    outer_names(node, sink);
}

/// `while i < n:` without a change of `i`, `for x in y:` without use of the result.
pub(super) fn loop_body(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(body) = field(node, "body") else { return };
    let Some(&last) = tree::statements(body).last() else { return };
    let anchored = sink.wants(node) || tree::statements(body).iter().any(|s| sink.wants(*s));
    if !anchored {
        return;
    }
    if let Some(condition) = field(node, "condition") {
        counters(condition, body, last, sink);
    }
    accumulators(node, body, last, sink);
}

/// Names of the condition that the body never assigns.
fn counters(condition: Node<'_>, body: Node<'_>, last: Node<'_>, sink: &mut Sink<'_>) {
    let changed: Vec<&str> = descendants(body)
        .into_iter()
        .filter(|n| tree::is_target(*n))
        .map(|n| sink.text(n))
        .collect();
    for name in descendants(condition).into_iter().filter(|n| n.kind() == "identifier") {
        let is_object = name.parent().is_some_and(|p| p.kind() == "call");
        let name = sink.text(name);
        if changed.contains(&name) || is_object {
            continue;
        }
        let attributes: Vec<&str> = descendants(body)
            .into_iter()
            .filter(|n| {
                n.kind() == "attribute" && field(*n, "object").is_some_and(|o| sink.text(o) == name)
            })
            .filter_map(|n| field(n, "attribute"))
            .map(|n| sink.text(n))
            .collect();
        let mut lines = vec![
            (format!("{name} += 1"), 0.9),
            (format!("{name} -= 1"), 1.0),
            (format!("{name} //= 2"), 2.2),
            (format!("{name} //= 10"), 2.2),
        ];
        let known = ["next", "parent", "left", "right", "prev", "tail"];
        lines
            .extend(attributes.iter().chain(&known).map(|a| (format!("{name} = {name}.{a}"), 1.2)));
        for (text, cost) in lines {
            after_loop_statement(last, body, &text, cost, sink);
        }
    }
}

/// Lists, sets and counters made before the loop that nothing is put into.
fn accumulators(node: Node<'_>, body: Node<'_>, last: Node<'_>, sink: &mut Sink<'_>) {
    let Some(function) = tree::function(node) else { return };
    let mut values: Vec<&str> = Vec::new();
    if let Some(left) = field(node, "left") {
        values.extend(
            descendants(left)
                .into_iter()
                .filter(|n| n.kind() == "identifier")
                .map(|n| sink.text(n)),
        );
    }
    for name in assigned_names(body, sink) {
        if let Some(found) =
            own_nodes(body).into_iter().find(|n| n.kind() == "identifier" && sink.text(*n) == name)
        {
            values.insert(0, sink.text(found));
        }
    }
    values.dedup();
    let body_text = sink.text(body);
    for assignment in own_nodes(function)
        .into_iter()
        .filter(|n| n.kind() == "assignment" && n.end_byte() <= node.start_byte())
    {
        let (Some(left), Some(right)) = (
            field(assignment, "left").filter(|l| l.kind() == "identifier"),
            field(assignment, "right"),
        ) else {
            continue;
        };
        let name = sink.text(left);
        // Likely forgotten when the body does not speak of it at all.
        let base = if body_text.contains(name) { 2.4 } else { 1.1 };
        let mut lines: Vec<String> = Vec::new();
        let values = values.iter().filter(|v| **v != name).take(3);
        match (right.kind(), sink.text(right)) {
            ("list", _) | (_, "list()" | "deque()") => {
                lines.extend(values.map(|v| format!("{name}.append({v})")))
            }
            (_, "set()") => lines.extend(values.map(|v| format!("{name}.add({v})"))),
            ("integer", _) => {
                lines.push(format!("{name} += 1"));
                lines.extend(values.map(|v| format!("{name} += {v}")));
            }
            ("string", _) => lines.extend(values.map(|v| format!("{name} += {v}"))),
            ("identifier" | "none" | "subscript", _) => {
                lines.extend(values.map(|v| format!("{name} = {v}")))
            }
            _ => {}
        }
        for (order, text) in lines.into_iter().enumerate() {
            after_loop_statement(last, body, &text, base + 0.1 * order as f32, sink);
        }
    }
}

/// Adds a line at the end of a loop's body, anchored on any statement of the body.
fn after_loop_statement(
    last: Node<'_>,
    body: Node<'_>,
    text: &str,
    cost: f32,
    sink: &mut Sink<'_>,
) {
    let Some(lines) = tree::whole_lines(last, sink) else { return };
    if matches!(
        last.kind(),
        "return_statement" | "break_statement" | "continue_statement" | "raise_statement"
    ) {
        before(last, text, Operator::StatementInsert, cost + 0.2, sink);
        return;
    }
    let indent = tree::indent(last, sink);
    let mut anchors: Vec<u32> = vec![first_line(last)];
    anchors.extend(tree::statements(body).into_iter().rev().map(first_line));
    anchors.extend(body.parent().map(first_line));
    let feed = if sink.source()[lines.start..lines.end].ends_with('\n') { "" } else { "\n" };
    let edit = vec![insert(lines.end, format!("{feed}{indent}{text}\n"))];
    sink.edit_at(Operator::StatementInsert, cost, &anchors, format!("`{text}` is added"), edit);
}

/// `self.x = x` for parameters of `__init__` that are not kept.
fn store_parameters(node: Node<'_>, class: Node<'_>, sink: &mut Sink<'_>) {
    let Some(body) = field(node, "body") else { return };
    let class_text = sink.text(class);
    let name = field(class, "name").map_or("", |n| sink.text(n));
    let attributes = sink.attributes(name);
    let mut wanted: Vec<(String, f32)> = Vec::new();
    for param in own_params(node, sink) {
        let stored = attributes.iter().any(|a| a.name == param);
        let used = class_text.contains(&format!("self.{param}"));
        if !stored {
            wanted.push((format!("self.{param} = {param}"), if used { 0.6 } else { 1.7 }));
        }
    }
    // Attributes that methods read and nothing assigns.
    for read in
        descendants(class).into_iter().filter(|n| n.kind() == "attribute" && !tree::is_target(*n))
    {
        let (Some(object), Some(attribute)) = (field(read, "object"), field(read, "attribute"))
        else {
            continue;
        };
        let attribute = sink.text(attribute);
        if sink.text(object) != "self" || attributes.iter().any(|a| a.name == attribute) {
            continue;
        }
        for (value, cost) in [
            ("[]", 1.2),
            ("{}", 1.3),
            ("0", 1.2),
            ("None", 1.3),
            ("''", 1.8),
            ("set()", 1.7),
            ("False", 1.7),
        ] {
            wanted.push((format!("self.{attribute} = {value}"), cost));
        }
    }
    let statements = tree::statements(body);
    let Some(&last) = statements.last() else { return };
    for (text, cost) in wanted {
        add_to_body(node, last, &text, Operator::StatementInsert, cost, sink);
    }
}

/// `super().__init__()` in a class with a base.
fn super_init(node: Node<'_>, class: Node<'_>, sink: &mut Sink<'_>) {
    let has_base = field(class, "superclasses")
        .is_some_and(|s| named(s).iter().any(|b| sink.text(*b) != "object"));
    let Some(body) = field(node, "body") else { return };
    if !has_base || sink.text(body).contains("super(") || sink.text(body).contains(".__init__(") {
        return;
    }
    let statements = tree::statements(body);
    let Some(&first) = statements.iter().find(|s| !tree::is_docstring_statement(**s)) else {
        return;
    };
    let params = own_params(node, sink);
    let mut calls = vec!["super().__init__()".to_owned()];
    calls.push(format!("super().__init__({})", params.join(", ")));
    calls.extend(params.iter().take(3).map(|p| format!("super().__init__({p})")));
    let lines: Vec<u32> =
        statements.iter().map(|s| first_line(*s)).chain([first_line(node)]).collect();
    let indent = tree::indent(first, sink);
    for (order, text) in calls.into_iter().enumerate() {
        if tree::is_alone(first, sink) {
            let edit = vec![insert(first.start_byte(), format!("{text}\n{indent}"))];
            let title = format!("`{text}` is added");
            sink.edit_at(Operator::SuperInit, 0.7 + 0.1 * order as f32, &lines, title, edit);
        }
    }
}

/// A missing `self`, `cls`, `@staticmethod` or `@classmethod`.
fn receiver(node: Node<'_>, name: &str, sink: &mut Sink<'_>) {
    let Some(list) = field(node, "parameters") else { return };
    let (all, lines) = (named(list), anchors(node));
    let first = all.first().map_or("", |p| sink.text(*p));
    let decorated = decorator_names(node, sink);
    let is_static = decorated.iter().any(|d| d == "staticmethod");
    let is_class = decorated.iter().any(|d| d == "classmethod");
    if !is_static && !is_class && !matches!(first, "self" | "cls") && name != "__new__" {
        let text = if all.is_empty() { "self" } else { "self, " };
        let edit = vec![insert(list.start_byte() + 1, text)];
        sink.edit_at(Operator::SelfPrefix, 0.6, &lines, "the method takes `self`", edit);
        add_decorator(node, "staticmethod", 0.7, sink);
    }
    if first == "cls"
        && !is_class
        && !matches!(name, "__new__" | "__init_subclass__" | "__class_getitem__")
    {
        add_decorator(node, "classmethod", 0.5, sink);
    }
}

/// `@property` and its like added, removed, swapped.
fn decorators(node: Node<'_>, name: &str, sink: &mut Sink<'_>) {
    let lines = anchors(node);
    let outer = node.parent().filter(|p| p.kind() == "decorated_definition");
    for decorator in outer.into_iter().flat_map(children).filter(|c| c.kind() == "decorator") {
        let Some(whole) = tree::whole_lines(decorator, sink) else { continue };
        let text = sink.text(decorator).to_owned();
        let edit =
            vec![Replacement { span: Span::new(whole.start, whole.end), text: String::new() }];
        sink.edit_at(Operator::Decorator, 1.9, &lines, format!("`{text}` goes"), edit);
        let others: &[&str] = match text.as_str() {
            "@staticmethod" => &["@classmethod"],
            "@classmethod" => &["@staticmethod"],
            "@property" => &["@staticmethod", "@classmethod"],
            _ => &[],
        };
        for new in others {
            let edit = vec![Replacement::new(decorator.start_byte(), decorator.end_byte(), *new)];
            sink.edit_at(
                Operator::Decorator,
                2.2,
                &lines,
                format!("`{text}` becomes `{new}`"),
                edit,
            );
        }
    }
    let params = own_params(node, sink);
    let public = !name.starts_with("__");
    if outer.is_none() && params.is_empty() && public {
        // Used without a call somewhere?
        let read = format!(".{name}");
        let called = format!(".{name}(");
        let source = sink.source();
        let bare = source.matches(&read).count() > source.matches(&called).count();
        add_decorator(node, "property", if bare { 0.7 } else { 2.0 }, sink);
    }
}

/// A function that assigns a name of the module or of the function around it.
fn outer_names(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(body) = field(node, "body") else { return };
    let Some(&first) = tree::statements(body).iter().find(|s| !tree::is_docstring_statement(**s))
    else {
        return;
    };
    let declared: Vec<&str> = own_nodes(node)
        .into_iter()
        .filter(|n| matches!(n.kind(), "global_statement" | "nonlocal_statement"))
        .flat_map(named)
        .map(|n| sink.text(n))
        .collect();
    let params = own_params(node, sink);
    // Seen from the function itself, not from its body: what is bound around it.
    let around = sink.names(node);
    for name in assigned_names(node, sink) {
        let bound = around.iter().find(|n| n.name == name && n.kind == NameKind::Local);
        let Some(bound) =
            bound.filter(|_| !declared.contains(&name.as_str()) && !params.contains(&name))
        else {
            continue;
        };
        let keyword = if bound.reach == Reach::Module { "global" } else { "nonlocal" };
        let targets: Vec<Node<'_>> = own_nodes(node)
            .into_iter()
            .filter(|n| {
                matches!(n.kind(), "assignment" | "augmented_assignment")
                    && field(*n, "left").is_some_and(|l| sink.text(l) == name)
            })
            .collect();
        let augmented = targets.iter().any(|n| {
            n.kind() == "augmented_assignment"
                || field(*n, "right").is_some_and(|r| sink.text(r).contains(&name))
        });
        let mut lines: Vec<u32> = targets.iter().map(|n| first_line(*n)).collect();
        lines.extend([first_line(first), first_line(node)]);
        if tree::is_alone(first, sink) {
            let indent = tree::indent(first, sink);
            let text = format!("{keyword} {name}");
            let edit = vec![insert(first.start_byte(), format!("{text}\n{indent}"))];
            sink.edit_at(
                Operator::GlobalAdd,
                if augmented { 0.6 } else { 1.5 },
                &lines,
                format!("`{text}` is added"),
                edit,
            );
        }
    }
}

fn add_decorator(node: Node<'_>, name: &str, cost: f32, sink: &mut Sink<'_>) {
    let outer = node.parent().filter(|p| p.kind() == "decorated_definition");
    let indent = tree::indent(outer.unwrap_or(node), sink);
    let edit = vec![insert(outer.unwrap_or(node).start_byte(), format!("@{name}\n{indent}"))];
    sink.edit_at(Operator::Decorator, cost, &anchors(node), format!("`@{name}` is added"), edit);
}

fn decorator_names(node: Node<'_>, sink: &Sink<'_>) -> Vec<String> {
    let outer = node.parent().filter(|p| p.kind() == "decorated_definition");
    outer
        .into_iter()
        .flat_map(children)
        .filter(|c| c.kind() == "decorator")
        .map(|c| sink.text(c).trim_start_matches('@').to_owned())
        .collect()
}

/// The head of a function, then its body: what is wrong with a definition shows in any line.
fn anchors(node: Node<'_>) -> Vec<u32> {
    (first_line(node)..=last_line(node)).take(60).collect()
}

fn add_to_body(
    node: Node<'_>,
    last: Node<'_>,
    text: &str,
    operator: Operator,
    cost: f32,
    sink: &mut Sink<'_>,
) {
    if last.kind() == "pass_statement" {
        let edit = vec![Replacement::new(last.start_byte(), last.end_byte(), text)];
        sink.edit_at(operator, cost, &anchors(node), format!("`{text}` is added"), edit);
        return;
    }
    if sink.wants(last) {
        after(last, text, operator, cost, sink);
        return;
    }
    let Some(lines) = tree::whole_lines(last, sink) else { return };
    let indent = tree::indent(last, sink);
    let feed = if sink.source()[lines.start..lines.end].ends_with('\n') { "" } else { "\n" };
    let edit = vec![insert(lines.end, format!("{feed}{indent}{text}\n"))];
    sink.edit_at(operator, cost, &anchors(node), format!("`{text}` is added"), edit);
}

#[cfg(test)]
mod tests {
    use crate::syntax::python::testing::reaches;

    #[test]
    fn constructors() {
        reaches(
            "class A:\n    def __init__(self, x, y):\n        self.x = x  #!\n    def s(self):\n        return self.y\n",
            &[
                "class A:\n    def __init__(self, x, y):\n        self.x = x\n        self.y = y\n    def s(self):\n        return self.y\n",
            ],
        );
        reaches(
            "class A(B):\n    def __init__(self, x):\n        self.x = x  #!\n",
            &[
                "class A(B):\n    def __init__(self, x):\n        super().__init__()\n        self.x = x\n",
                "class A(B):\n    def __init__(self, x):\n        super().__init__(x)\n        self.x = x\n",
            ],
        );
        reaches(
            "class A:\n    def __init__(self):\n        self.x = 1  #!\n    def s(self):\n        self.log.append(1)\n",
            &[
                "class A:\n    def __init__(self):\n        self.x = 1\n        self.log = []\n    def s(self):\n        self.log.append(1)\n",
            ],
        );
    }

    #[test]
    fn methods() {
        reaches(
            "class A:\n    def f(x):\n        return x  #!\n",
            &[
                "class A:\n    def f(self, x):\n        return x\n",
                "class A:\n    @staticmethod\n    def f(x):\n        return x\n",
            ],
        );
        reaches(
            "class A:\n    def make(cls):\n        return cls()  #!\n",
            &["class A:\n    @classmethod\n    def make(cls):\n        return cls()\n"],
        );
        reaches(
            "class A:\n    def n(self):\n        return 1  #!\nprint(A().n + 1)\n",
            &["class A:\n    @property\n    def n(self):\n        return 1\nprint(A().n + 1)\n"],
        );
    }

    #[test]
    fn outer() {
        reaches(
            "n = 0\ndef f():\n    n += 1  #!\n",
            &["n = 0\ndef f():\n    global n\n    n += 1\n"],
        );
        reaches(
            "def g():\n    n = 0\n    def f():\n        n += 1  #!\n    f()\n",
            &["def g():\n    n = 0\n    def f():\n        nonlocal n\n        n += 1\n    f()\n"],
        );
    }

    #[test]
    fn loops() {
        reaches(
            "def f(n):\n    i = 0\n    while i < n:\n        g(i)  #!\n",
            &["def f(n):\n    i = 0\n    while i < n:\n        g(i)\n        i += 1\n"],
        );
        reaches(
            "def f(x):\n    out = []\n    for a in x:\n        b = a + 1  #!\n    return out\n",
            &[
                "def f(x):\n    out = []\n    for a in x:\n        b = a + 1\n        out.append(b)\n    return out\n",
            ],
        );
        reaches(
            "while node:\n    g(node.next)  #!\n",
            &["while node:\n    g(node.next)\n    node = node.next\n"],
        );
    }
}
