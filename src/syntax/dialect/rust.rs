//! Rust's node kinds.

use crate::syntax::tree::Node;

use super::{Binding, CallParts, Container, ContainerKind, Dialect, FunctionParts, Param, pattern};
use crate::syntax::node::{children, field, named, text_of};
use crate::syntax::scope::NameKind;

pub(super) static DIALECT: Dialect =
    Dialect { separator: "::", function, container, is_scope, bind, call, attribute };

/// Identifiers in patterns; paths, types and field names are not bindings.
const IDENTS: &[&str] = &["identifier", "shorthand_field_identifier"];
const NOT_PATTERN: &[&str] =
    &["scoped_identifier", "type_identifier", "field_identifier", "generic_type", "type_arguments"];

fn function<'t>(node: Node<'t>, text: &str) -> Option<FunctionParts<'t>> {
    if node.kind() != "function_item" {
        return None;
    }
    let name = text_of(field(node, "name")?, text).to_owned();
    let decorators = attributes(node, text);
    let is_test = decorators.iter().any(|a| {
        let path = a.split(['(', ' ']).next().unwrap_or(a);
        path == "test" || path.ends_with("::test") || path == "rstest" || path == "test_case"
    });
    let params = named(field(node, "parameters")?)
        .into_iter()
        .filter_map(|p| match p.kind() {
            "self_parameter" => Some(Param::plain("self")),
            "parameter" => Some(Param::plain(text_of(field(p, "pattern")?, text))),
            _ => None,
        })
        .collect();
    Some(FunctionParts {
        name,
        owner: None,
        body: field(node, "body")?,
        params,
        decorators,
        is_test,
    })
}

/// The text inside `#[...]` of the attributes right above an item.
fn attributes(item: Node<'_>, text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut at = item.prev_sibling();
    while let Some(node) = at {
        match node.kind() {
            "attribute_item" => {
                out.extend(named(node).first().map(|a| text_of(*a, text).to_owned()))
            }
            "line_comment" | "block_comment" => {}
            _ => break,
        }
        at = node.prev_sibling();
    }
    out.reverse();
    out
}

fn container(node: Node<'_>, text: &str) -> Option<Container> {
    let (name, kind) = match node.kind() {
        "impl_item" => (field(node, "type")?, ContainerKind::Class),
        "trait_item" | "struct_item" | "enum_item" => (field(node, "name")?, ContainerKind::Class),
        "mod_item" => (field(node, "name")?, ContainerKind::Module),
        _ => return None,
    };
    let full = text_of(name, text);
    // `impl<T> Stack<T>` holds methods of `Stack`.
    let name = full.split('<').next().unwrap_or(full).trim_start_matches('&').trim().to_owned();
    Some(Container { name, kind })
}

fn is_scope(kind: &str) -> bool {
    matches!(
        kind,
        "source_file"
            | "mod_item"
            | "impl_item"
            | "trait_item"
            | "function_item"
            | "closure_expression"
            | "block"
            | "match_arm"
            | "for_expression"
            | "if_expression"
            | "while_expression"
    )
}

fn bind<'t>(node: Node<'t>, text: &str) -> Vec<Binding<'t>> {
    let names = |n: Option<Node<'t>>, kind| match n {
        Some(n) => pattern(n, text, kind, IDENTS, NOT_PATTERN)
            .into_iter()
            // A capital letter is a constant or a unit variant, not a binding.
            .filter(|b| !b.name.starts_with(char::is_uppercase))
            .filter(|b| !is_constructor(b.node))
            .collect(),
        None => Vec::new(),
    };
    let item = |kind| {
        field(node, "name").map(|n| Binding::new(n, text, kind)).into_iter().collect::<Vec<_>>()
    };
    match node.kind() {
        "let_declaration" | "let_condition" | "for_expression" => {
            names(field(node, "pattern"), NameKind::Local)
        }
        "match_arm" => {
            let patterns = field(node, "pattern")
                .into_iter()
                .flat_map(children)
                .take_while(|c| c.kind() != "if");
            patterns.flat_map(|p| names(Some(p), NameKind::Local)).collect()
        }
        "parameter" => names(field(node, "pattern"), NameKind::Param),
        "self_parameter" => {
            let receiver = children(node).find(|c| c.kind() == "self");
            receiver.map(|n| Binding::new(n, text, NameKind::Param)).into_iter().collect()
        }
        "closure_parameters" => named(node)
            .into_iter()
            .filter(|p| p.kind() != "parameter")
            .flat_map(|p| names(Some(p), NameKind::Param))
            .collect(),
        "function_item" => item(NameKind::Function),
        "const_item" | "static_item" => item(NameKind::Local),
        "struct_item" | "enum_item" | "trait_item" | "type_item" => item(NameKind::Class),
        "use_declaration" => {
            let mut out = Vec::new();
            if let Some(argument) = field(node, "argument") {
                imports(argument, "", text, &mut out);
            }
            out
        }
        _ => Vec::new(),
    }
}

/// `Some` in `Some(x)`.
fn is_constructor(node: Node<'_>) -> bool {
    node.parent().is_some_and(|p| {
        matches!(p.kind(), "tuple_struct_pattern" | "struct_pattern")
            && field(p, "type").is_some_and(|t| t.id() == node.id())
    })
}

fn imports<'t>(node: Node<'t>, prefix: &str, text: &str, out: &mut Vec<Binding<'t>>) {
    let join = |name: &str| match prefix {
        "" => name.to_owned(),
        _ => format!("{prefix}::{name}"),
    };
    match node.kind() {
        "use_list" => named(node).into_iter().for_each(|n| imports(n, prefix, text, out)),
        "scoped_use_list" => {
            let path = field(node, "path").map_or("", |n| text_of(n, text));
            if let Some(list) = field(node, "list") {
                imports(list, &join(path), text, out);
            }
        }
        "use_as_clause" => {
            if let (Some(path), Some(alias)) = (field(node, "path"), field(node, "alias")) {
                let full = join(text_of(path, text));
                let (module, item) = split(&full);
                out.push(Binding::imported(alias, text_of(alias, text), module.to_owned(), item));
            }
        }
        "identifier" | "scoped_identifier" => {
            let full = join(text_of(node, text));
            let (module, item) = split(&full);
            out.push(Binding::imported(node, item.unwrap_or(module), module.to_owned(), item));
        }
        "self" => out.push(Binding::imported(
            node,
            split(prefix).1.unwrap_or(prefix),
            prefix.to_owned(),
            None,
        )),
        _ => {}
    }
}

fn split(path: &str) -> (&str, Option<&str>) {
    match path.rsplit_once("::") {
        Some((module, item)) => (module, Some(item)),
        None => (path, None),
    }
}

fn call<'t>(node: Node<'t>, _text: &str) -> Option<CallParts<'t>> {
    match node.kind() {
        "call_expression" => {
            let arguments = field(node, "arguments");
            let mut function = field(node, "function")?;
            if function.kind() == "generic_function" {
                function = field(function, "function")?;
            }
            let (name, receiver) = match function.kind() {
                "identifier" => (function, None),
                "field_expression" => (field(function, "field")?, field(function, "value")),
                "scoped_identifier" => (field(function, "name")?, field(function, "path")),
                _ => return None,
            };
            Some(CallParts { name, receiver, arguments })
        }
        "macro_invocation" => {
            Some(CallParts { name: field(node, "macro")?, receiver: None, arguments: None })
        }
        // Inside a macro there are only tokens: a name before a parenthesis is a call.
        "identifier" if node.parent().is_some_and(|p| p.kind() == "token_tree") => {
            let next = node.next_sibling().filter(|n| n.kind() == "token_tree")?;
            let receiver = node
                .prev_sibling()
                .filter(|dot| matches!(dot.kind(), "." | "::"))
                .and_then(|dot| dot.prev_sibling());
            Some(CallParts { name: node, receiver, arguments: Some(next) })
        }
        _ => None,
    }
}

fn attribute(node: Node<'_>, text: &str) -> Option<String> {
    match node.kind() {
        "field_declaration" => Some(text_of(field(node, "name")?, text).to_owned()),
        _ => None,
    }
}
