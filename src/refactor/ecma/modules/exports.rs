//! What a module gives away, of either kind of module.

use super::super::file::{File, string_value};
use crate::base::Span;
use crate::refactor::BoundId;
use crate::syntax::node::{ancestors, children, descendants, field, named, span};
use crate::syntax::tree::Node;

/// One name that a module exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::refactor::ecma) struct Export {
    /// `default`; `=` for all of `module.exports`; empty for `export *`.
    pub(in crate::refactor::ecma) name: String,
    pub(in crate::refactor::ecma) value: Value,
    /// The identifier or key that gives the name; for `{ a }` and `export function a` it is the value, too.
    pub(in crate::refactor::ecma) token: Option<Span>,
    /// The value is written apart from the name: `{ a as b }`, `{ b: a }`.
    pub(in crate::refactor::ecma) aliased: bool,
    /// By assignment to `exports`, not by `export`.
    pub(in crate::refactor::ecma) common: bool,
}

/// What an export is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::refactor::ecma) enum Value {
    Bound(BoundId),
    /// A name of another module; `=` for all of it.
    From {
        specifier: String,
        name: String,
    },
    Namespace(String),
    Star(String),
    Other(Span),
}

/// Everything that a file exports, in source order.
pub(in crate::refactor::ecma) fn exports(file: &File) -> &[Export] {
    file.exports.get_or_init(|| find(file))
}

fn find(file: &File) -> Vec<Export> {
    let mut out = Vec::new();
    for node in named(file.root()) {
        if node.kind() == "export_statement" {
            of_statement(file, node, &mut out);
        }
    }
    if file.is_common() {
        for node in descendants(file.root()) {
            if node.kind() == "assignment_expression" {
                of_assignment(file, node, &mut out);
            }
        }
    }
    out
}

fn of_statement(file: &File, node: Node<'_>, out: &mut Vec<Export>) {
    let mut push = |name: &str, value, token: Option<Node<'_>>, aliased| {
        let token = token.map(span);
        out.push(Export { name: name.to_owned(), value, token, aliased, common: false });
    };
    let is_default = children(node).any(|c| c.kind() == "default");
    let source = field(node, "source").and_then(|s| string_value(s, file.text()));
    if let Some(declaration) = field(node, "declaration") {
        for (id, at) in declared(file, declaration) {
            let name = if is_default { "default" } else { file.of_node(at) };
            push(name, Value::Bound(id), (!is_default).then_some(at), false);
        }
        return;
    }
    if let Some(value) = field(node, "value") {
        let what = file.meaning(value).map_or(Value::Other(span(value)), Value::Bound);
        return push("default", what, None, true);
    }
    for child in named(node) {
        match child.kind() {
            "export_clause" => {
                for specifier in named(child) {
                    let Some(name) = field(specifier, "name") else { continue };
                    let alias = field(specifier, "alias");
                    let token = alias.unwrap_or(name);
                    let exported = string_value(token, file.text()).unwrap_or(file.of_node(token));
                    let value = match source {
                        Some(source) => Value::From {
                            specifier: source.to_owned(),
                            name: file.of_node(name).to_owned(),
                        },
                        None => file.meaning(name).map_or(Value::Other(span(name)), Value::Bound),
                    };
                    push(exported, value, Some(token), alias.is_some());
                }
            }
            "namespace_export" => {
                if let (Some(name), Some(source)) = (named(child).first(), source) {
                    let value = Value::Namespace(source.to_owned());
                    push(file.of_node(*name), value, Some(*name), true);
                }
            }
            "identifier" if children(node).any(|c| c.kind() == "=") => {
                let value = file.meaning(child).map_or(Value::Other(span(child)), Value::Bound);
                push("=", value, None, true);
            }
            _ => {}
        }
    }
    if let Some(source) = source
        && children(node).any(|c| c.kind() == "*")
    {
        push("", Value::Star(source.to_owned()), None, false);
    }
}

/// What a declaration binds itself, with the identifiers.
pub(super) fn declared<'f>(file: &'f File, declaration: Node<'f>) -> Vec<(BoundId, Node<'f>)> {
    let names: Vec<Node<'f>> = match field(declaration, "name") {
        Some(name) => vec![name],
        None => named(declaration).into_iter().filter_map(|d| field(d, "name")).collect(),
    };
    let leaves = names.into_iter().flat_map(descendants);
    leaves
        .filter_map(|leaf| {
            let occurrence = file.occurrence(leaf)?;
            (occurrence.role == crate::refactor::Role::Bind).then_some((occurrence.bound?, leaf))
        })
        .collect()
}

/// `module.exports` or `exports`, as Node gives them.
pub(in crate::refactor::ecma) fn is_exports(file: &File, node: Node<'_>) -> bool {
    file.is_global(node, "exports")
        || node.kind() == "member_expression"
            && field(node, "object").is_some_and(|o| file.is_global(o, "module"))
            && field(node, "property").is_some_and(|p| file.of_node(p) == "exports")
}

fn of_assignment(file: &File, node: Node<'_>, out: &mut Vec<Export>) {
    let (Some(left), Some(mut right)) = (field(node, "left"), field(node, "right")) else { return };
    while right.kind() == "assignment_expression" {
        let Some(inner) = field(right, "right") else { break };
        right = inner;
    }
    let mut push = |name: &str, value, token: Option<Node<'_>>, aliased| {
        let token = token.map(span);
        out.push(Export { name: name.to_owned(), value, token, aliased, common: true });
    };
    if left.kind() == "member_expression"
        && field(left, "object").is_some_and(|o| is_exports(file, o))
    {
        if let Some(name) = field(left, "property") {
            push(file.of_node(name), value_of(file, right), Some(name), true);
        }
        return;
    }
    // `exports = x` alone exports nothing.
    let whole = is_exports(file, left)
        && (left.kind() == "member_expression"
            || ancestors(node).next().is_some_and(|p| p.kind() == "assignment_expression"));
    if !whole {
        return;
    }
    if right.kind() != "object" {
        return push("=", value_of(file, right), None, true);
    }
    push("=", Value::Other(span(right)), None, true);
    for member in named(right) {
        match member.kind() {
            "shorthand_property_identifier" => {
                push(file.of_node(member), value_of(file, member), Some(member), false);
            }
            "pair" => {
                if let (Some(key), Some(value)) = (field(member, "key"), field(member, "value")) {
                    let name = string_value(key, file.text()).unwrap_or(file.of_node(key));
                    push(name, value_of(file, value), Some(key), true);
                }
            }
            "method_definition" => {
                if let Some(key) = field(member, "name") {
                    push(file.of_node(key), Value::Other(span(member)), Some(key), true);
                }
            }
            "spread_element" => {
                let inner = named(member).first().and_then(|n| super::links::required(file, *n));
                if let Some(specifier) = inner {
                    push("", Value::Star(specifier.to_owned()), None, false);
                }
            }
            _ => {}
        }
    }
}

fn value_of(file: &File, node: Node<'_>) -> Value {
    if let Some(id) = file.meaning(node) {
        return Value::Bound(id);
    }
    let from = |specifier: &str, name: &str| Value::From {
        specifier: specifier.to_owned(),
        name: name.to_owned(),
    };
    if let Some(specifier) = super::links::required(file, node) {
        return from(specifier, "=");
    }
    let member = || {
        let specifier = super::links::required(file, field(node, "object")?)?;
        Some(from(specifier, file.of_node(field(node, "property")?)))
    };
    member().unwrap_or(Value::Other(span(node)))
}
