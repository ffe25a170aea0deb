//! Go's node kinds.

use crate::syntax::tree::Node;

use super::{
    Binding, CallParts, Container, ContainerKind, Dialect, FunctionParts, Param, ParamKind, pattern,
};
use crate::syntax::node::{children, field, fields, named, text_of};
use crate::syntax::scope::NameKind;

pub(super) static DIALECT: Dialect =
    Dialect { separator: ".", function, container, is_scope, bind, call, attribute };

fn function<'t>(node: Node<'t>, text: &str) -> Option<FunctionParts<'t>> {
    if !matches!(node.kind(), "function_declaration" | "method_declaration") {
        return None;
    }
    let name = text_of(field(node, "name")?, text).to_owned();
    let owner = field(node, "receiver").and_then(|r| {
        let declaration = named(r).first().copied()?;
        let owner = text_of(field(declaration, "type")?, text).trim_start_matches('*');
        Some(owner.split('[').next().unwrap_or(owner).to_owned())
    });
    let is_test = owner.is_none()
        && ["Test", "Fuzz", "Example", "Benchmark"].iter().any(|p| {
            name.strip_prefix(p).is_some_and(|rest| !rest.starts_with(char::is_lowercase))
        });
    let params = field(node, "parameters").map_or(Vec::new(), |list| params(list, text));
    Some(FunctionParts {
        name,
        owner,
        body: field(node, "body")?,
        params,
        decorators: Vec::new(),
        is_test,
    })
}

fn params(list: Node<'_>, text: &str) -> Vec<Param> {
    let mut out = Vec::new();
    for declaration in named(list) {
        let kind = match declaration.kind() {
            "variadic_parameter_declaration" => ParamKind::Rest,
            _ => ParamKind::Plain,
        };
        let names = fields(declaration, "name");
        if names.is_empty() {
            out.push(Param { kind, ..Param::plain("_") });
        }
        out.extend(names.iter().map(|n| Param { kind, ..Param::plain(text_of(*n, text)) }));
    }
    out
}

fn container(node: Node<'_>, text: &str) -> Option<Container> {
    if node.kind() != "type_spec" {
        return None;
    }
    let name = text_of(field(node, "name")?, text).to_owned();
    Some(Container { name, kind: ContainerKind::Class })
}

fn is_scope(kind: &str) -> bool {
    matches!(
        kind,
        "source_file"
            | "function_declaration"
            | "method_declaration"
            | "func_literal"
            | "block"
            | "if_statement"
            | "for_statement"
            | "expression_switch_statement"
            | "type_switch_statement"
            | "expression_case"
            | "type_case"
            | "default_case"
            | "communication_case"
    )
}

fn bind<'t>(node: Node<'t>, text: &str) -> Vec<Binding<'t>> {
    let all = |nodes: Vec<Node<'t>>, kind| -> Vec<Binding<'t>> {
        nodes
            .into_iter()
            .filter(|n| n.kind() == "identifier")
            .map(|n| Binding::new(n, text, kind))
            .filter(|b| b.name != "_")
            .collect()
    };
    match node.kind() {
        "short_var_declaration" | "range_clause" => {
            let left = field(node, "left").map_or(Vec::new(), |l| {
                pattern(
                    l,
                    text,
                    NameKind::Local,
                    &["identifier"],
                    &["selector_expression", "index_expression"],
                )
            });
            left.into_iter().filter(|b| b.name != "_").collect()
        }
        "var_spec" | "const_spec" => all(fields(node, "name"), NameKind::Local),
        "parameter_declaration" | "variadic_parameter_declaration" => {
            all(fields(node, "name"), NameKind::Param)
        }
        "function_declaration" => all(fields(node, "name"), NameKind::Function),
        "type_spec" | "type_alias" => field(node, "name")
            .map(|n| Binding::new(n, text, NameKind::Class))
            .into_iter()
            .collect(),
        "import_spec" => import(node, text).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn import<'t>(node: Node<'t>, text: &str) -> Option<Binding<'t>> {
    let path = text_of(field(node, "path")?, text).trim_matches(['"', '`']).to_owned();
    let name = match field(node, "name") {
        Some(alias) => text_of(alias, text).to_owned(),
        None => package_name(&path).to_owned(),
    };
    (name != "_" && name != ".").then(|| Binding::imported(node, &name, path, None))
}

/// The last part of the path that is no major version (`example.com/lib/v2` is `lib`).
fn package_name(path: &str) -> &str {
    let is_version = |part: &str| {
        part.strip_prefix('v')
            .is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()))
    };
    path.rsplit('/').find(|part| !is_version(part)).unwrap_or(path)
}

fn call<'t>(node: Node<'t>, _text: &str) -> Option<CallParts<'t>> {
    if node.kind() != "call_expression" {
        return None;
    }
    let function = field(node, "function")?;
    let arguments = field(node, "arguments");
    match function.kind() {
        "identifier" => Some(CallParts { name: function, receiver: None, arguments }),
        "selector_expression" => Some(CallParts {
            name: field(function, "field")?,
            receiver: field(function, "operand"),
            arguments,
        }),
        _ => None,
    }
}

fn attribute(node: Node<'_>, text: &str) -> Option<String> {
    if node.kind() != "field_declaration" {
        return None;
    }
    let name = children(node).find(|c| c.kind() == "field_identifier")?;
    Some(text_of(name, text).to_owned())
}
