//! What an expression certainly is: a primitive value, an array.

use super::super::effects::is_constant;
use super::super::file::File;
use crate::refactor::{BoundId, BoundKind, Role};
use crate::syntax::node::{ancestors, children, field, named};
use crate::syntax::tree::Node;

const DEEP: u32 = 8;

/// True when the value is certainly a string.
pub(super) fn is_string(file: &File, node: Node<'_>) -> bool {
    match node.kind() {
        "string" | "template_string" => true,
        "parenthesized_expression" => named(node).first().is_some_and(|n| is_string(file, *n)),
        "unary_expression" => node.child(0).is_some_and(|t| t.kind() == "typeof"),
        "binary_expression" => {
            node.child(1).is_some_and(|op| op.kind() == "+")
                && (side(file, node, "left", is_string) && side(file, node, "right", is_primitive)
                    || side(file, node, "right", is_string)
                        && side(file, node, "left", is_primitive))
        }
        "call_expression" => field(node, "function").is_some_and(|f| file.is_global(f, "String")),
        _ => false,
    }
}

fn side(file: &File, node: Node<'_>, name: &str, is: fn(&File, Node<'_>) -> bool) -> bool {
    field(node, name).is_some_and(|n| is(file, n))
}

/// True when the value is certainly a string, number, boolean, `null` or `undefined`: what `+` and a
/// template turn into the same text.
pub(super) fn is_primitive(file: &File, node: Node<'_>) -> bool {
    primitive(file, node, 0)
}

fn primitive(file: &File, node: Node<'_>, depth: u32) -> bool {
    if depth > DEEP {
        return false;
    }
    let of = |n: Option<Node<'_>>| n.is_some_and(|n| primitive(file, n, depth + 1));
    match node.kind() {
        "string" | "template_string" | "number" | "true" | "false" | "null" | "undefined" => true,
        "update_expression" => true,
        "unary_expression" => node.child(0).is_some_and(|t| t.kind() != "await"),
        "parenthesized_expression" | "non_null_expression" => of(named(node).first().copied()),
        "ternary_expression" => of(field(node, "consequence")) && of(field(node, "alternative")),
        "binary_expression" => match node.child(1).map_or("", Node::kind) {
            "+" | "&&" | "||" | "??" => of(field(node, "left")) && of(field(node, "right")),
            _ => true,
        },
        "as_expression" => named(node).get(1).is_some_and(|t| is_primitive_type(file.of_node(*t))),
        "member_expression" => {
            let platform = field(node, "object")
                .is_some_and(|o| file.is_global(o, "Math") || file.is_global(o, "Number"));
            field(node, "property").is_some_and(|p| {
                let name = file.of_node(p);
                name == "length"
                    || platform && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
            })
        }
        "call_expression" => field(node, "function").is_some_and(|f| called(file, f)),
        "identifier" => {
            guarded(file, node) || file.meaning(node).is_some_and(|id| variable(file, id, depth))
        }
        _ => false,
    }
}

/// Methods that only strings and numbers have, or that give a string wherever they are.
const TO_TEXT: [&str; 14] = [
    "toString",
    "toFixed",
    "toPrecision",
    "toUpperCase",
    "toLowerCase",
    "toISOString",
    "charAt",
    "padStart",
    "padEnd",
    "trimStart",
    "trimEnd",
    "charCodeAt",
    "codePointAt",
    "join",
];

fn called(file: &File, function: Node<'_>) -> bool {
    if function.kind() == "member_expression" {
        let object = field(function, "object");
        let name = field(function, "property").map_or("", |p| file.of_node(p));
        let of = |global: &str| object.is_some_and(|o| file.is_global(o, global));
        return TO_TEXT.contains(&name)
            || of("Math")
            || of("Date") && name == "now"
            || of("Number")
            || of("String");
    }
    let global = [
        "String",
        "Number",
        "Boolean",
        "parseInt",
        "parseFloat",
        "isNaN",
        "encodeURIComponent",
        "encodeURI",
        "decodeURIComponent",
        "decodeURI",
        "escape",
    ];
    if global.iter().any(|g| file.is_global(function, g)) {
        return true;
    }
    // A function of this file that says what it gives.
    let declared = file.meaning(function).map(|id| file.leaf_at_declaration(id));
    let returns = declared.and_then(|leaf| field(leaf.parent()?, "return_type"));
    returns.is_some_and(|t| is_primitive_type(file.of_node(t)))
}

fn is_primitive_type(text: &str) -> bool {
    let known = ["string", "number", "boolean", "bigint", "null", "undefined", "true", "false"];
    text.trim_start_matches(':').split('|').all(|part| {
        let part = part.trim();
        known.contains(&part)
            || part.starts_with(['\'', '"']) && part.ends_with(['\'', '"'])
            || part.parse::<f64>().is_ok()
    })
}

fn variable(file: &File, id: BoundId, depth: u32) -> bool {
    let bound = file.bound(id);
    let leaf = file.leaf_at_declaration(id);
    let Some(parent) = leaf.parent() else { return false };
    if let Some(annotation) = field(parent, "type") {
        return is_primitive_type(file.of_node(annotation));
    }
    if matches!(
        bound.kind,
        BoundKind::Parameter | BoundKind::Function | BoundKind::Class | BoundKind::Import
    ) {
        return false;
    }
    file.names
        .bindings
        .of(id)
        .all(|o| !o.role.writes() || written(file, file.leaf(o), o.role, depth))
}

/// True when what is written to a variable at one place is certainly a primitive.
fn written(file: &File, leaf: Node<'_>, role: Role, depth: u32) -> bool {
    let Some(parent) = leaf.parent() else { return false };
    let value = |name: &str| field(parent, name).is_none_or(|v| primitive(file, v, depth + 1));
    match parent.kind() {
        "variable_declarator" if leaf.field() == Some("name") => value("value"),
        "assignment_expression" if role == Role::Write => value("right"),
        "augmented_assignment_expression" => {
            let operator = field(parent, "operator").map_or("", Node::kind);
            !matches!(operator, "+=" | "&&=" | "||=" | "??=") || value("right")
        }
        "update_expression" => true,
        "for_in_statement" => field(parent, "operator").is_some_and(|op| op.kind() == "in"),
        _ => false,
    }
}

/// True below a condition `typeof x === "string"` (or number, boolean) for an `x` that stays the same.
fn guarded(file: &File, node: Node<'_>) -> bool {
    let Some(id) = file.meaning(node).filter(|id| is_constant(file, *id)) else { return false };
    holds(node, |condition| {
        let text = file.of_node(condition);
        let subject = field(condition, "left").filter(|l| l.kind() == "unary_expression");
        let same =
            subject.and_then(|s| field(s, "argument")).and_then(|a| file.meaning(a)) == Some(id);
        let known = ["string", "number", "boolean"];
        let literal = field(condition, "right")
            .and_then(|r| super::super::file::string_value(r, file.text()));
        same && text.starts_with("typeof")
            && literal.is_some_and(|l| known.contains(&l))
            && condition.child(1).is_some_and(|op| matches!(op.kind(), "===" | "=="))
    })
}

/// True when a condition around a node, which is true there, has a part that `is` what is asked for.
fn holds(node: Node<'_>, is: impl Fn(Node<'_>) -> bool) -> bool {
    let mut below = node;
    for up in ancestors(node) {
        if super::super::file::is_function(up) && below.field() != Some("body") {
            return false;
        }
        let condition = match (up.kind(), below.field()) {
            ("if_statement", Some("consequence")) | ("ternary_expression", Some("consequence")) => {
                field(up, "condition")
            }
            ("binary_expression", Some("right"))
                if up.child(1).is_some_and(|op| op.kind() == "&&") =>
            {
                field(up, "left")
            }
            _ => None,
        };
        if condition.is_some_and(|c| parts(c).into_iter().any(&is)) {
            return true;
        }
        below = up;
    }
    false
}

/// The conditions that all hold when this one does.
fn parts(condition: Node<'_>) -> Vec<Node<'_>> {
    match condition.kind() {
        "parenthesized_expression" => named(condition).first().map_or_else(Vec::new, |n| parts(*n)),
        "binary_expression" if condition.child(1).is_some_and(|op| op.kind() == "&&") => {
            named(condition).into_iter().flat_map(parts).collect()
        }
        _ => vec![condition],
    }
}

/// True when the value is certainly an array.
pub(super) fn is_array(file: &File, node: Node<'_>) -> bool {
    array(file, node, 0)
}

fn array(file: &File, node: Node<'_>, depth: u32) -> bool {
    if depth > DEEP {
        return false;
    }
    match node.kind() {
        "array" => {
            // No holes: a comma without an element.
            let kinds: Vec<&str> =
                children(node).filter(|c| !c.is_extra()).map(Node::kind).collect();
            !kinds.windows(2).any(|w| matches!(w, ["[" | ",", ","]))
        }
        "parenthesized_expression" | "non_null_expression" => {
            named(node).first().is_some_and(|n| array(file, *n, depth + 1))
        }
        "as_expression" => named(node).get(1).is_some_and(|t| is_array_type(file.of_node(*t))),
        "call_expression" => field(node, "function").is_some_and(|f| gives_array(file, f, depth)),
        "identifier" => {
            let Some(id) = file.meaning(node).filter(|id| is_constant(file, *id)) else {
                return false;
            };
            let leaf = file.leaf_at_declaration(id);
            let Some(parent) = leaf.parent() else { return false };
            if let Some(annotation) = field(parent, "type") {
                return is_array_type(file.of_node(annotation).trim_start_matches(':').trim());
            }
            let rest = parent.kind() == "rest_pattern"
                && parent.parent().is_some_and(|p| {
                    matches!(p.kind(), "formal_parameters" | "required_parameter" | "array_pattern")
                });
            let value = (parent.kind() == "variable_declarator" && leaf.field() == Some("name"))
                .then(|| field(parent, "value"))
                .flatten();
            rest || value.is_some_and(|v| array(file, v, depth + 1))
                || is_array_guarded(file, node, id)
        }
        _ => false,
    }
}

fn is_array_type(text: &str) -> bool {
    text.ends_with("[]") && !text.contains(['|', '&'])
        || text.starts_with("Array<") && text.ends_with('>')
        || text.starts_with("ReadonlyArray<") && text.ends_with('>')
}

fn gives_array(file: &File, function: Node<'_>, depth: u32) -> bool {
    if function.kind() != "member_expression" {
        return false;
    }
    let name = field(function, "property").map_or("", |p| file.of_node(p));
    let Some(object) = field(function, "object") else { return false };
    if children(function).any(|c| c.kind() == "optional_chain") {
        return false;
    }
    let of = |global: &str| file.is_global(object, global);
    of("Object") && matches!(name, "keys" | "values" | "entries" | "getOwnPropertyNames")
        || of("Array") && matches!(name, "from" | "of")
        || matches!(
            name,
            "map"
                | "filter"
                | "slice"
                | "concat"
                | "flat"
                | "flatMap"
                | "sort"
                | "reverse"
                | "splice"
                | "toSorted"
                | "toReversed"
        ) && array(file, object, depth + 1)
        || name == "split" && super::kinds::is_primitive(file, object)
}

fn is_array_guarded(file: &File, node: Node<'_>, id: BoundId) -> bool {
    holds(node, |condition| {
        condition.kind() == "call_expression"
            && file.of_node(condition).starts_with("Array.isArray(")
            && field(condition, "arguments")
                .and_then(|a| named(a).first().copied())
                .and_then(|a| file.meaning(a))
                == Some(id)
    })
}
