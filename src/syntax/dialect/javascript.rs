//! The node kinds of JavaScript, TypeScript and TSX, which share most of one grammar.

use crate::syntax::tree::Node;

use super::{
    Binding, CallParts, Container, ContainerKind, Dialect, FunctionParts, Param, ParamKind, pattern,
};
use crate::syntax::node::{ancestors, children, field, named, text_of};
use crate::syntax::scope::NameKind;

pub(super) static DIALECT: Dialect =
    Dialect { separator: ".", function, container, is_scope, bind, call, attribute };

const IDENTS: &[&str] = &["identifier", "shorthand_property_identifier_pattern"];
const NOT_PATTERN: &[&str] = &["type_annotation", "member_expression", "property_identifier"];

fn function<'t>(node: Node<'t>, text: &str) -> Option<FunctionParts<'t>> {
    let body = field(node, "body")?;
    let mut is_test = false;
    let name = match node.kind() {
        "function_declaration" | "generator_function_declaration" | "method_definition" => {
            text_of(field(node, "name")?, text).to_owned()
        }
        "arrow_function" | "function_expression" | "generator_function" => {
            match field(node, "name") {
                Some(name) => text_of(name, text).to_owned(),
                None => {
                    let (name, test) = given_name(node, text)?;
                    is_test = test;
                    name
                }
            }
        }
        _ => return None,
    };
    let params = match (field(node, "parameters"), field(node, "parameter")) {
        (Some(list), _) => named(list).into_iter().filter_map(|p| param(p, text)).collect(),
        (None, Some(single)) => vec![Param::plain(text_of(single, text))],
        (None, None) => Vec::new(),
    };
    Some(FunctionParts { name, owner: None, body, params, decorators: Vec::new(), is_test })
}

/// The name that the surroundings give an anonymous function, and whether they make it a test.
fn given_name(node: Node<'_>, text: &str) -> Option<(String, bool)> {
    let parent = node.parent()?;
    let name = match parent.kind() {
        "variable_declarator" => field(parent, "name")?,
        "pair" => field(parent, "key")?,
        "field_definition" => field(parent, "property")?,
        "public_field_definition" => field(parent, "name")?,
        "assignment_expression" => {
            let left = field(parent, "left")?;
            field(left, "property").unwrap_or(left)
        }
        "arguments" => {
            let call = parent.parent()?;
            let callee = text_of(field(call, "function")?, text);
            let head = callee.split('.').next().unwrap_or(callee);
            let title = named(parent)
                .first()
                .copied()
                .filter(|a| matches!(a.kind(), "string" | "template_string"))?;
            let title = text_of(title, text).trim_matches(['"', '\'', '`']).to_owned();
            return Some((title, matches!(head, "test" | "it" | "specify")));
        }
        _ => return None,
    };
    Some((text_of(name, text).to_owned(), false))
}

fn param(node: Node<'_>, text: &str) -> Option<Param> {
    let mut has_default = field(node, "value").is_some() || node.kind() == "optional_parameter";
    let mut name = match node.kind() {
        "required_parameter" | "optional_parameter" => field(node, "pattern")?,
        _ => node,
    };
    if name.kind() == "assignment_pattern" {
        has_default = true;
        name = field(name, "left")?;
    }
    let kind = if name.kind() == "rest_pattern" { ParamKind::Rest } else { ParamKind::Plain };
    let name = text_of(name, text).trim_start_matches('.').to_owned();
    Some(Param { name, has_default, kind })
}

fn container(node: Node<'_>, text: &str) -> Option<Container> {
    let kind = match node.kind() {
        "class_declaration" | "class" | "abstract_class_declaration" => ContainerKind::Class,
        "internal_module" | "module" => ContainerKind::Module,
        _ => return None,
    };
    Some(Container { name: text_of(field(node, "name")?, text).to_owned(), kind })
}

fn is_scope(kind: &str) -> bool {
    matches!(
        kind,
        "program"
            | "statement_block"
            | "function_declaration"
            | "generator_function_declaration"
            | "function_expression"
            | "generator_function"
            | "arrow_function"
            | "method_definition"
            | "class_body"
            | "for_statement"
            | "for_in_statement"
            | "catch_clause"
            | "switch_body"
    )
}

fn bind<'t>(node: Node<'t>, text: &str) -> Vec<Binding<'t>> {
    let names = |n: Option<Node<'t>>, kind| match n {
        Some(n) => pattern(n, text, kind, IDENTS, NOT_PATTERN),
        None => Vec::new(),
    };
    match node.kind() {
        "variable_declarator" => names(field(node, "name"), NameKind::Local),
        "for_in_statement" if field(node, "kind").is_some() => {
            names(field(node, "left"), NameKind::Local)
        }
        "catch_clause" => names(field(node, "parameter"), NameKind::Local),
        "function_declaration" | "generator_function_declaration" => {
            names(field(node, "name"), NameKind::Function)
        }
        "class_declaration"
        | "abstract_class_declaration"
        | "interface_declaration"
        | "enum_declaration" => field(node, "name")
            .map(|n| Binding::new(n, text, NameKind::Class))
            .into_iter()
            .collect(),
        "arrow_function" => names(field(node, "parameter"), NameKind::Param),
        "formal_parameters" => named(node)
            .into_iter()
            .flat_map(|p| match p.kind() {
                "required_parameter" | "optional_parameter" => {
                    names(field(p, "pattern"), NameKind::Param)
                }
                "assignment_pattern" => names(field(p, "left"), NameKind::Param),
                _ => names(Some(p), NameKind::Param),
            })
            .collect(),
        "import_statement" => imports(node, text),
        _ => Vec::new(),
    }
}

fn imports<'t>(node: Node<'t>, text: &str) -> Vec<Binding<'t>> {
    let source = field(node, "source")
        .map_or(String::new(), |s| text_of(s, text).trim_matches(['"', '\'']).to_owned());
    let mut out = Vec::new();
    let clause = children(node).filter(|c| c.kind() == "import_clause").flat_map(children);
    for part in clause {
        match part.kind() {
            "identifier" => {
                out.push(Binding::imported(
                    part,
                    text_of(part, text),
                    source.clone(),
                    Some("default"),
                ));
            }
            "namespace_import" => {
                if let Some(&name) = named(part).first() {
                    out.push(Binding::imported(name, text_of(name, text), source.clone(), None));
                }
            }
            "named_imports" => {
                for item in named(part) {
                    let Some(name) = field(item, "name") else { continue };
                    let local = field(item, "alias").unwrap_or(name);
                    let item = Some(text_of(name, text));
                    out.push(Binding::imported(local, text_of(local, text), source.clone(), item));
                }
            }
            _ => {}
        }
    }
    out
}

fn call<'t>(node: Node<'t>, _text: &str) -> Option<CallParts<'t>> {
    let function = match node.kind() {
        "call_expression" => field(node, "function")?,
        "new_expression" => field(node, "constructor")?,
        _ => return None,
    };
    let arguments = field(node, "arguments");
    match function.kind() {
        "identifier" => Some(CallParts { name: function, receiver: None, arguments }),
        "member_expression" => Some(CallParts {
            name: field(function, "property")?,
            receiver: field(function, "object"),
            arguments,
        }),
        _ => None,
    }
}

fn attribute(node: Node<'_>, text: &str) -> Option<String> {
    let name = match node.kind() {
        "field_definition" => field(node, "property")?,
        "public_field_definition" => field(node, "name")?,
        "member_expression" => {
            let parent = ancestors(node).next()?;
            let assigned = parent.kind() == "assignment_expression"
                && field(parent, "left").is_some_and(|l| l.id() == node.id());
            if !assigned || text_of(field(node, "object")?, text) != "this" {
                return None;
            }
            field(node, "property")?
        }
        _ => return None,
    };
    Some(text_of(name, text).to_owned())
}
