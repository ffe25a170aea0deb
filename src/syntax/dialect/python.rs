//! Python's node kinds.

use crate::syntax::tree::Node;

use super::{
    Binding, CallParts, Container, ContainerKind, Dialect, FunctionParts, Param, ParamKind, pattern,
};
use crate::syntax::node::{ancestor, ancestors, children, field, fields, named, text_of};
use crate::syntax::scope::NameKind;

pub(super) static DIALECT: Dialect =
    Dialect { separator: ".", function, container, is_scope, bind, call, attribute };

fn function<'t>(node: Node<'t>, text: &str) -> Option<FunctionParts<'t>> {
    if node.kind() != "function_definition" {
        return None;
    }
    let name = text_of(field(node, "name")?, text).to_owned();
    let decorators = match node.parent() {
        Some(outer) if outer.kind() == "decorated_definition" => children(outer)
            .filter(|c| c.kind() == "decorator")
            .map(|c| text_of(c, text).trim_start_matches('@').trim().to_owned())
            .collect(),
        _ => Vec::new(),
    };
    let in_test_class = ancestor(node, &["class_definition", "function_definition"])
        .filter(|n| n.kind() == "class_definition")
        .is_none_or(|class| is_test_class(class, text));
    let is_test = name.starts_with("test") && in_test_class;
    let params = params(field(node, "parameters")?, text);
    Some(FunctionParts {
        name,
        owner: None,
        body: field(node, "body")?,
        params,
        decorators,
        is_test,
    })
}

/// pytest collects `Test*`; unittest collects what derives from a `TestCase`.
fn is_test_class(class: Node<'_>, text: &str) -> bool {
    let name = field(class, "name").map_or("", |n| text_of(n, text));
    let bases = field(class, "superclasses").map_or("", |n| text_of(n, text));
    name.starts_with("Test")
        || name.ends_with("Test")
        || name.ends_with("Tests")
        || bases.contains("Test")
}

fn params(list: Node<'_>, text: &str) -> Vec<Param> {
    let mut keyword_only = false;
    let mut out = Vec::new();
    for node in named(list) {
        let mut kind = if keyword_only { ParamKind::Keyword } else { ParamKind::Plain };
        let mut name = node;
        let mut has_default = false;
        match node.kind() {
            "keyword_separator" => {
                keyword_only = true;
                continue;
            }
            "positional_separator" => continue,
            "default_parameter" | "typed_default_parameter" => {
                has_default = true;
                let Some(inner) = field(node, "name") else { continue };
                name = inner;
            }
            "typed_parameter" => {
                let Some(&inner) = named(node).first() else { continue };
                name = inner;
            }
            _ => {}
        }
        match name.kind() {
            "list_splat_pattern" => {
                kind = ParamKind::Rest;
                keyword_only = true;
            }
            "dictionary_splat_pattern" => kind = ParamKind::KeywordRest,
            _ => {}
        }
        let name = text_of(name, text).trim_start_matches('*').to_owned();
        out.push(Param { name, has_default, kind });
    }
    out
}

fn container(node: Node<'_>, text: &str) -> Option<Container> {
    if node.kind() != "class_definition" {
        return None;
    }
    let name = text_of(field(node, "name")?, text).to_owned();
    Some(Container { name, kind: ContainerKind::Class })
}

fn is_scope(kind: &str) -> bool {
    matches!(
        kind,
        "module"
            | "function_definition"
            | "class_definition"
            | "lambda"
            | "list_comprehension"
            | "set_comprehension"
            | "dictionary_comprehension"
            | "generator_expression"
    )
}

fn bind<'t>(node: Node<'t>, text: &str) -> Vec<Binding<'t>> {
    let names = |n: Option<Node<'t>>, kind| match n {
        Some(n) => pattern(n, text, kind, &["identifier"], &["attribute", "subscript", "type"]),
        None => Vec::new(),
    };
    match node.kind() {
        "assignment" | "augmented_assignment" | "for_statement" | "for_in_clause" => {
            names(field(node, "left"), NameKind::Local)
        }
        "named_expression" => names(field(node, "name"), NameKind::Local),
        "as_pattern" => names(field(node, "alias"), NameKind::Local),
        "function_definition" => names(field(node, "name"), NameKind::Function),
        "class_definition" => names(field(node, "name"), NameKind::Class),
        "parameters" | "lambda_parameters" => parameter_names(node, text),
        "import_statement" | "import_from_statement" => imports(node, text),
        "case_pattern" => captures(node, text),
        _ => Vec::new(),
    }
}

fn parameter_names<'t>(list: Node<'t>, text: &str) -> Vec<Binding<'t>> {
    let mut out = Vec::new();
    for node in named(list) {
        let target = match node.kind() {
            "default_parameter" | "typed_default_parameter" => field(node, "name"),
            "typed_parameter" => named(node).first().copied(),
            _ => Some(node),
        };
        if let Some(target) = target {
            out.extend(pattern(target, text, NameKind::Param, &["identifier"], &["type"]));
        }
    }
    out
}

/// A bare name in a `case` is a capture, a dotted one is a value.
fn captures<'t>(node: Node<'t>, text: &str) -> Vec<Binding<'t>> {
    let dotted = children(node).find(|c| c.kind() == "dotted_name" && c.named_child_count() == 1);
    match dotted {
        Some(name) if text_of(name, text) != "_" => vec![Binding::new(name, text, NameKind::Local)],
        _ => Vec::new(),
    }
}

fn imports<'t>(node: Node<'t>, text: &str) -> Vec<Binding<'t>> {
    let from = field(node, "module_name").map(|n| text_of(n, text).to_owned());
    let mut out = Vec::new();
    for item in fields(node, "name") {
        let (path, alias) = match item.kind() {
            "aliased_import" => (field(item, "name").unwrap_or(item), field(item, "alias")),
            _ => (item, None),
        };
        let full = text_of(path, text);
        let name = match alias {
            Some(alias) => text_of(alias, text),
            None => full.split('.').next().unwrap_or(full),
        };
        out.push(match &from {
            Some(module) => Binding::imported(item, name, module.clone(), Some(full)),
            None => Binding::imported(item, name, full.to_owned(), None),
        });
    }
    out
}

fn call<'t>(node: Node<'t>, _text: &str) -> Option<CallParts<'t>> {
    if node.kind() != "call" {
        return None;
    }
    let function = field(node, "function")?;
    let arguments = field(node, "arguments");
    match function.kind() {
        "identifier" => Some(CallParts { name: function, receiver: None, arguments }),
        "attribute" => Some(CallParts {
            name: field(function, "attribute")?,
            receiver: field(function, "object"),
            arguments,
        }),
        _ => None,
    }
}

/// `self.x` wherever it is assigned, and names assigned in the class body.
fn attribute(node: Node<'_>, text: &str) -> Option<String> {
    match node.kind() {
        "attribute" => {
            let object = field(node, "object")?;
            (text_of(object, text) == "self" && is_target(node)).then(|| {
                text_of(node.child_by_field_name("attribute").unwrap_or(node), text).to_owned()
            })
        }
        "assignment" => {
            let left = field(node, "left").filter(|l| l.kind() == "identifier")?;
            let holder = ancestors(node).nth(2)?;
            (holder.kind() == "class_definition").then(|| text_of(left, text).to_owned())
        }
        _ => None,
    }
}

fn is_target(node: Node<'_>) -> bool {
    let mut at = node;
    while let Some(parent) = at.parent() {
        match parent.kind() {
            "pattern_list" | "tuple_pattern" | "list_pattern" | "list_splat_pattern" => at = parent,
            "assignment" | "augmented_assignment" | "for_statement" => {
                return field(parent, "left").is_some_and(|l| l.id() == at.id());
            }
            _ => return false,
        }
    }
    false
}
