//! A method call that is forgotten: one that is made elsewhere, or that this kind of value needs.

use crate::syntax::tree::Node;

use super::tree;
use crate::syntax::mutation::Operator;
use crate::syntax::node::{ancestors, descendants, field, insert};
use crate::syntax::sink::{Sink, brief};

/// Calls offered from the same function; reading the whole file for each name would take too long.
const OFFERED: usize = 5;

/// `text` becomes `text.split(SEPARATOR)`, when that is called on something nearby.
pub(super) fn copied_call(node: Node<'_>, sink: &mut Sink<'_>) {
    if !is_value(node, sink) {
        return;
    }
    if is_match(node, sink) {
        for (suffix, cost) in
            [(".group(1)", 1.2), (".group(2)", 1.5), (".group()", 1.5), (".groups()", 2.2)]
        {
            call(node, suffix, cost, sink);
        }
    }
    if tree::role(node) == tree::Role::Other {
        return;
    }
    let Some(function) = tree::function(node) else { return };
    let mut offered: Vec<&str> = Vec::new();
    for suffix in suffixes(function, sink) {
        if offered.len() < OFFERED && !offered.contains(&suffix) {
            offered.push(suffix);
            call(node, suffix, 2.0, sink);
        }
    }
}

fn call(node: Node<'_>, suffix: &str, cost: f32, sink: &mut Sink<'_>) {
    let title = format!("`{}` is called on `{}`", brief(suffix), brief(sink.text(node)));
    sink.edit(Operator::CallCopy, cost, node, title, vec![insert(node.end_byte(), suffix)]);
}

/// A name or an attribute that is read, not called and no keyword's name.
fn is_value(node: Node<'_>, sink: &Sink<'_>) -> bool {
    let Some(parent) = node.parent() else { return false };
    let is = |name: &str| field(parent, name).is_some_and(|n| n.id() == node.id());
    let text = sink.text(node);
    matches!(node.kind(), "identifier" | "attribute")
        && !matches!(text, "self" | "cls")
        && !tree::is_target(node)
        && !tree::in_string(node)
        && match parent.kind() {
            "call" | "keyword_argument" => !is("function") && !is("name"),
            "attribute" => is("object"),
            "parameters" | "default_parameter" | "typed_parameter" | "lambda_parameters" => false,
            _ => true,
        }
}

/// True for what `re.match` and its kin gave, by where it comes from or by its name.
fn is_match(node: Node<'_>, sink: &Sink<'_>) -> bool {
    if node.kind() != "identifier" {
        return false;
    }
    let name = sink.text(node);
    if matches!(name, "m" | "mo" | "match") {
        return true;
    }
    let Some(function) = ancestors(node).find(|n| n.kind() == "function_definition") else {
        return false;
    };
    let from_re = |n: &Node<'_>| {
        n.kind() == "assignment"
            && field(*n, "left").is_some_and(|l| sink.text(l) == name)
            && field(*n, "right").is_some_and(|r| {
                r.kind() == "call"
                    && matches!(tree::callee(r, sink), "match" | "search" | "fullmatch")
            })
    };
    descendants(function).iter().any(from_re)
}

/// `.method(arguments)` of the calls below `place`, in order, those with short arguments only.
fn suffixes<'t>(place: Node<'t>, sink: &Sink<'t>) -> Vec<&'t str> {
    let mut found: Vec<&str> = Vec::new();
    for call in descendants(place).into_iter().filter(|n| n.kind() == "call") {
        let Some(function) = field(call, "function").filter(|f| f.kind() == "attribute") else {
            continue;
        };
        let Some(object) = field(function, "object") else { continue };
        let count = tree::argument_count(call);
        let suffix = &sink.source()[object.end_byte()..call.end_byte()];
        let plain = matches!(sink.text(object), "self" | "cls" | "re" | "os" | "sys");
        if count <= 2 && suffix.len() <= 40 && !suffix.contains('\n') && !plain {
            found.push(suffix);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::testing::reaches;

    #[test]
    fn calls_that_are_made_nearby() {
        let source = "def f(text, rest):\n    head = rest.split(SEP)\n    return head, text  #!\n";
        reaches(source, &["return head, text.split(SEP)"]);
    }

    #[test]
    fn groups_of_a_match() {
        let source = "def f(s):\n    found = PATTERN.match(s)\n    return int(found)  #!\n";
        reaches(source, &["return int(found.group(1))", "return int(found.group())"]);
        let callback = "x = re.sub('a', lambda m: m.upper(), s)  #!\n";
        reaches(callback, &["x = re.sub('a', lambda m: m.group(1).upper(), s)"]);
    }
}
