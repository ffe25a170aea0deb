//! What a node is, whatever its grammar calls it.

use crate::syntax::tree::Node;

use crate::syntax::node::{ancestors, children, field, first_line, last_line};

/// The kinds of nodes that operators look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Binary,
    Unary,
    /// `a += b`
    Compound,
    Integer,
    Float,
    Boolean,
    Text,
    /// An identifier that is read.
    Name,
    /// `a.b`
    Field,
    Call,
    Index,
    If,
    Loop,
    Return,
    Jump,
    Ternary,
    Other,
}

pub(super) fn of(node: Node<'_>) -> Shape {
    match node.kind() {
        "binary_expression" => Shape::Binary,
        "unary_expression" => Shape::Unary,
        "compound_assignment_expr" | "augmented_assignment_expression" => Shape::Compound,
        "assignment_statement" if operator_of(node).is_some_and(|o| o.kind() != "=") => {
            Shape::Compound
        }
        "integer_literal" | "int_literal" | "number" => Shape::Integer,
        "float_literal" => Shape::Float,
        "boolean_literal" | "true" | "false" => Shape::Boolean,
        "string_literal" | "string" | "interpreted_string_literal" => Shape::Text,
        "identifier" if is_read(node) => Shape::Name,
        "field_expression" | "member_expression" | "selector_expression" => Shape::Field,
        "call_expression" => Shape::Call,
        "index_expression" | "subscript_expression" => Shape::Index,
        "if_expression" | "if_statement" => Shape::If,
        "for_expression" | "while_expression" | "for_statement" | "while_statement" => Shape::Loop,
        "return_expression" | "return_statement" => Shape::Return,
        "break_expression" | "continue_expression" | "break_statement" | "continue_statement" => {
            Shape::Jump
        }
        "ternary_expression" => Shape::Ternary,
        _ => Shape::Other,
    }
}

/// The operator token of a binary, compound or unary node.
pub(super) fn operator_of(node: Node<'_>) -> Option<Node<'_>> {
    field(node, "operator").or_else(|| {
        children(node).find(|c| !c.is_named() && c.kind().chars().all(|c| c.is_ascii_punctuation()))
    })
}

/// The object of `a.b`.
pub(super) fn object_of(node: Node<'_>) -> Option<Node<'_>> {
    ["value", "object", "operand"].iter().find_map(|name| field(node, name))
}

/// The name after the dot of `a.b`.
pub(super) fn member_of(node: Node<'_>) -> Option<Node<'_>> {
    ["field", "property"].iter().find_map(|name| field(node, name))
}

/// True for the function of a call.
pub(super) fn is_called(node: Node<'_>) -> bool {
    node.parent().is_some_and(|parent| {
        of(parent) == Shape::Call && field(parent, "function").is_some_and(|f| f.id() == node.id())
    })
}

/// True for nodes that stand alone in a block.
pub(super) fn is_statement(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else { return false };
    let block = matches!(
        parent.kind(),
        "block" | "statement_block" | "statement_list" | "expression_case" | "switch_case"
    );
    let own = node.kind();
    block
        && node.is_named()
        && !matches!(own, "line_comment" | "block_comment" | "comment" | "statement_list" | "block")
        && (own.ends_with("_statement")
            || own.ends_with("_declaration")
            || own == "statement"
            || is_block_expression(own))
}

/// Rust's expressions that stand as statements without a semicolon.
fn is_block_expression(kind: &str) -> bool {
    matches!(
        kind,
        "if_expression"
            | "for_expression"
            | "while_expression"
            | "loop_expression"
            | "match_expression"
    )
}

/// Places where a value off by one is a likely slip: operands, arguments, bounds, results.
pub(super) fn is_operand(node: Node<'_>) -> bool {
    if !matches!(
        node.kind(),
        "identifier"
            | "call_expression"
            | "field_expression"
            | "member_expression"
            | "selector_expression"
    ) {
        return false;
    }
    let Some(parent) = node.parent() else { return false };
    match parent.kind() {
        "binary_expression" => operator_of(parent).is_some_and(|o| {
            matches!(o.kind(), "<" | "<=" | ">" | ">=" | "==" | "===" | "-" | "+" | "/" | "*" | "%")
        }),
        "index_expression" | "subscript_expression" => {
            object_of(parent).or_else(|| parent.named_child(0)).is_none_or(|o| o.id() != node.id())
        }
        "range_expression" | "slice_expression" => {
            parent.kind() == "range_expression"
                || field(parent, "operand").is_none_or(|o| o.id() != node.id())
        }
        "arguments" | "argument_list" | "return_expression" | "return_statement"
        | "expression_list" => true,
        _ => false,
    }
}

/// True for an identifier that is read, not bound, named or typed.
fn is_read(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else { return false };
    let is = |name: &str| field(parent, name).is_some_and(|c| c.id() == node.id());
    match parent.kind() {
        "binary_expression"
        | "unary_expression"
        | "arguments"
        | "argument_list"
        | "index_expression"
        | "subscript_expression"
        | "return_expression"
        | "return_statement"
        | "range_expression"
        | "parenthesized_expression"
        | "ternary_expression"
        | "reference_expression"
        | "expression_list"
        | "await_expression"
        | "try_expression"
        | "array_expression"
        | "array"
        | "tuple_expression"
        | "slice_expression"
        | "template_substitution"
        | "spread_element"
        | "block"
        | "expression_statement"
        | "type_cast_expression"
        | "literal_element" => true,
        "field_expression" | "member_expression" | "selector_expression" => {
            object_of(parent).is_some_and(|o| o.id() == node.id())
        }
        "let_declaration" | "variable_declarator" | "field_initializer" | "pair" => is("value"),
        "assignment_expression"
        | "compound_assignment_expr"
        | "augmented_assignment_expression" => is("right"),
        "if_expression" | "if_statement" | "while_expression" | "while_statement" => {
            is("condition")
        }
        "for_expression" => is("value"),
        "for_in_statement" | "range_clause" => is("right"),
        _ => false,
    }
}

/// First and last line of a statement, or of the head of a compound one.
pub(super) fn extent(node: Node<'_>) -> Option<(u32, u32)> {
    let first = first_line(node);
    let body = ["body", "consequence"].iter().find_map(|name| field(node, name));
    match node.kind() {
        "if_expression"
        | "if_statement"
        | "for_expression"
        | "while_expression"
        | "for_statement"
        | "while_statement"
        | "for_in_statement"
        | "function_item"
        | "function_declaration"
        | "method_definition"
        | "method_declaration" => Some((first, first_line(body?))),
        _ if is_statement(node) => Some((first, last_line(node))),
        _ => None,
    }
}

/// The block that a statement stands in; Go puts a list between the two.
pub(super) fn block_of(node: Node<'_>) -> Option<Node<'_>> {
    let parent = node.parent()?;
    if parent.kind() == "statement_list" { parent.parent() } else { Some(parent) }
}

/// The function around a node.
pub(super) fn function(node: Node<'_>) -> Option<Node<'_>> {
    ancestors(node).find(|n| {
        matches!(
            n.kind(),
            "function_item"
                | "closure_expression"
                | "function_declaration"
                | "function_expression"
                | "arrow_function"
                | "method_definition"
                | "method_declaration"
                | "func_literal"
        )
    })
}
