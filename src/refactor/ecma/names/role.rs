//! What an identifier does where it stands: binds a name, or refers to one.

use crate::refactor::{BoundKind, Namespace, Role};
use crate::syntax::node::{ancestors, children, field, text_of};
use crate::syntax::tree::Node;

/// What an identifier does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::refactor::ecma) enum Use {
    Bind {
        kind: BoundKind,
        namespace: Namespace,
        /// Visible in the whole function.
        hoisted: bool,
    },
    Refer {
        role: Role,
        namespace: Namespace,
    },
}

const fn bind(kind: BoundKind, namespace: Namespace) -> Option<Use> {
    Some(Use::Bind { kind, namespace, hoisted: false })
}

const fn refer(namespace: Namespace) -> Option<Use> {
    Some(Use::Refer { role: Role::Read, namespace })
}

/// What a node does; `None` for what is no name in a scope: properties, keys, what a module calls its exports.
pub(in crate::refactor::ecma) fn of(node: Node<'_>, text: &str) -> Option<Use> {
    let parent = node.parent()?;
    match node.kind() {
        "identifier" => identifier(node, parent, text),
        "shorthand_property_identifier" => refer(Namespace::Value),
        "shorthand_property_identifier_pattern" => Some(in_pattern(node)),
        "type_identifier" => type_identifier(node, parent),
        "statement_identifier" if parent.kind() == "labeled_statement" => {
            bind(BoundKind::Label, Namespace::Label)
        }
        "statement_identifier" => refer(Namespace::Label),
        "property_identifier"
            if node.field() == Some("name")
                && matches!(parent.kind(), "enum_body" | "enum_assignment") =>
        {
            bind(BoundKind::Constant, Namespace::Value)
        }
        _ => None,
    }
}

fn type_identifier(node: Node<'_>, parent: Node<'_>) -> Option<Use> {
    let named = node.field() == Some("name");
    match parent.kind() {
        "class" | "class_declaration" | "abstract_class_declaration" if named => {
            bind(BoundKind::Class, Namespace::Both)
        }
        "interface_declaration"
        | "type_alias_declaration"
        | "type_parameter"
        | "mapped_type_clause"
            if named =>
        {
            bind(BoundKind::Type, Namespace::Type)
        }
        "infer_type" if node.prev_named_sibling().is_none() => {
            bind(BoundKind::Type, Namespace::Type)
        }
        "nested_type_identifier" if named => None,
        _ => refer(Namespace::Type),
    }
}

fn identifier(node: Node<'_>, parent: Node<'_>, text: &str) -> Option<Use> {
    let field_is = |name: &str| node.field() == Some(name);
    match parent.kind() {
        "function_declaration"
        | "generator_function_declaration"
        | "function_signature"
        | "function_expression"
        | "generator_function"
            if field_is("name") =>
        {
            bind(BoundKind::Function, Namespace::Value)
        }
        "class" | "class_declaration" | "enum_declaration" if field_is("name") => {
            bind(BoundKind::Class, Namespace::Both)
        }
        "internal_module" | "module" if field_is("name") => {
            bind(BoundKind::Module, Namespace::Both)
        }
        "nested_identifier" if field_is("object") && is_name_of_module(parent) => {
            bind(BoundKind::Module, Namespace::Both)
        }
        "nested_identifier" => field_is("object").then_some(refer(Namespace::Both)?),
        "nested_type_identifier" => refer(Namespace::Both),
        "import_specifier" => (field_is("alias") || field(parent, "alias").is_none())
            .then_some(bind(BoundKind::Import, Namespace::Both)?),
        "import_clause" | "namespace_import" | "import_require_clause" => {
            bind(BoundKind::Import, Namespace::Both)
        }
        "import_alias" if node.prev_named_sibling().is_none() => {
            bind(BoundKind::Import, Namespace::Both)
        }
        "import_alias" => refer(Namespace::Both),
        "export_specifier" => {
            let from = ancestors(parent).nth(1).is_some_and(|s| field(s, "source").is_some());
            (field_is("name") && !from).then_some(refer(Namespace::Both)?)
        }
        "namespace_export" | "jsx_namespace_name" => None,
        "export_statement" => {
            let global = children(parent).any(|c| c.kind() == "namespace");
            (!global).then_some(refer(Namespace::Both)?)
        }
        "required_parameter" | "optional_parameter" if field_is("name") => None,
        "rest_pattern" if parent.field() == Some("name") => None,
        "jsx_opening_element" | "jsx_closing_element" | "jsx_self_closing_element"
            if field_is("name") =>
        {
            let name = text_of(node, text);
            let intrinsic = name.contains('-') || name.starts_with(char::is_lowercase);
            (!intrinsic).then_some(refer(Namespace::Value)?)
        }
        "index_signature" if field_is("name") => bind(BoundKind::Parameter, Namespace::Value),
        _ => Some(in_pattern(node)),
    }
}

fn is_name_of_module(nested: Node<'_>) -> bool {
    let mut node = nested;
    while let Some(parent) = node.parent() {
        match parent.kind() {
            "nested_identifier" => node = parent,
            "internal_module" | "module" => return node.field() == Some("name"),
            _ => return false,
        }
    }
    false
}

/// The identifier as part of a pattern, or an expression.
fn in_pattern(node: Node<'_>) -> Use {
    let mut node = node;
    let write = |role| Use::Refer { role, namespace: Namespace::Value };
    let declare = |kind, hoisted| Use::Bind { kind, namespace: Namespace::Value, hoisted };
    while let Some(parent) = node.parent() {
        let at = node.field();
        match parent.kind() {
            "object_pattern"
            | "array_pattern"
            | "rest_pattern"
            | "parenthesized_expression"
            | "non_null_expression" => {}
            "as_expression" | "satisfies_expression" if node.prev_sibling().is_none() => {}
            "pair_pattern" if at == Some("value") => {}
            "assignment_pattern" | "object_assignment_pattern" if at == Some("left") => {}
            "variable_declarator" if at == Some("name") => {
                let statement = parent.parent();
                let kind = statement.map_or("", Node::kind);
                let fixed = statement
                    .is_some_and(|s| kind != "variable_declaration" && first_token(s) != "let");
                let of = if fixed { BoundKind::Constant } else { BoundKind::Variable };
                return declare(of, kind == "variable_declaration");
            }
            "formal_parameters" => return declare(BoundKind::Parameter, false),
            "arrow_function" if at == Some("parameter") => {
                return declare(BoundKind::Parameter, false);
            }
            "required_parameter" | "optional_parameter" if at == Some("pattern") => {
                return declare(BoundKind::Parameter, false);
            }
            "catch_clause" if at == Some("parameter") => {
                return declare(BoundKind::Variable, false);
            }
            "for_in_statement" if at == Some("left") => {
                return match field(parent, "kind").map(Node::kind) {
                    None => write(Role::Write),
                    Some("var") => declare(BoundKind::Variable, true),
                    Some("let") => declare(BoundKind::Variable, false),
                    Some(_) => declare(BoundKind::Constant, false),
                };
            }
            "assignment_expression" if at == Some("left") => return write(Role::Write),
            "augmented_assignment_expression" if at == Some("left") => {
                return write(Role::ReadWrite);
            }
            "update_expression" => return write(Role::ReadWrite),
            "unary_expression" if first_token(parent) == "delete" => return write(Role::Delete),
            _ => break,
        }
        node = parent;
    }
    write(Role::Read)
}

fn first_token(node: Node<'_>) -> &'static str {
    node.child(0).map_or("", Node::kind)
}

/// The definition, statement or parameter around the identifier that binds a name.
pub(in crate::refactor::ecma) fn whole(node: Node<'_>) -> Node<'_> {
    let mut last = node;
    for up in ancestors(node) {
        match up.kind() {
            "variable_declaration"
            | "lexical_declaration"
            | "using_declaration"
            | "required_parameter"
            | "optional_parameter"
            | "import_statement"
            | "labeled_statement"
            | "for_in_statement"
            | "catch_clause" => return up,
            "formal_parameters" | "arrow_function" => return last,
            kind if kind.ends_with("_declaration") || kind.ends_with("_signature") => return up,
            "function_expression"
            | "generator_function"
            | "class"
            | "internal_module"
            | "module"
            | "type_parameter"
            | "import_alias"
            | "enum_assignment"
            | "infer_type"
            | "mapped_type_clause" => return up,
            "enum_body" => return last,
            _ => last = up,
        }
    }
    last
}
