//! What Python's operators need to know about the tree around a node.

use tree_sitter::Node;

use crate::syntax::node::{ancestors, children, field, first_line, last_line, named};

/// Lines of a simple statement, or of the head of a compound one.
pub(super) fn extent(node: Node<'_>) -> Option<(u32, u32)> {
    let first = first_line(node);
    match node.kind() {
        "if_statement"
        | "while_statement"
        | "for_statement"
        | "with_statement"
        | "try_statement"
        | "function_definition"
        | "class_definition"
        | "elif_clause"
        | "else_clause"
        | "except_clause"
        | "finally_clause"
        | "match_statement"
        | "case_clause" => {
            let body = children(node).find(|c| c.kind() == "block")?;
            let end = children(node).take_while(|c| c.id() != body.id()).map(last_line).max()?;
            Some((first, end.max(first)))
        }
        kind if is_simple(kind) => Some((first, last_line(node))),
        _ => None,
    }
}

/// True for statements that hold no block.
pub(super) fn is_simple(kind: &str) -> bool {
    matches!(
        kind,
        "expression_statement"
            | "return_statement"
            | "assert_statement"
            | "raise_statement"
            | "delete_statement"
            | "pass_statement"
            | "break_statement"
            | "continue_statement"
            | "global_statement"
            | "nonlocal_statement"
            | "import_statement"
            | "import_from_statement"
            | "future_import_statement"
            | "print_statement"
            | "exec_statement"
            | "type_alias_statement"
    )
}

/// True for statements of any kind (clauses such as `else` are not statements).
pub(super) fn is_statement(kind: &str) -> bool {
    is_simple(kind)
        || matches!(
            kind,
            "if_statement"
                | "while_statement"
                | "for_statement"
                | "with_statement"
                | "try_statement"
                | "function_definition"
                | "class_definition"
                | "decorated_definition"
                | "match_statement"
        )
}

/// True where an expression may stand, for names: not a definition, a keyword or an attribute.
pub(super) fn is_expression(kind: &str) -> bool {
    matches!(
        kind,
        "identifier"
            | "attribute"
            | "subscript"
            | "call"
            | "integer"
            | "float"
            | "string"
            | "concatenated_string"
            | "true"
            | "false"
            | "none"
            | "list"
            | "tuple"
            | "set"
            | "dictionary"
            | "list_comprehension"
            | "set_comprehension"
            | "dictionary_comprehension"
            | "generator_expression"
            | "parenthesized_expression"
            | "binary_operator"
            | "unary_operator"
            | "boolean_operator"
            | "comparison_operator"
            | "not_operator"
            | "conditional_expression"
            | "lambda"
            | "await"
            | "named_expression"
    )
}

/// True for expressions that bind tighter than any operator.
pub(super) fn is_atom(kind: &str) -> bool {
    is_expression(kind)
        && !matches!(
            kind,
            "binary_operator"
                | "unary_operator"
                | "boolean_operator"
                | "comparison_operator"
                | "not_operator"
                | "conditional_expression"
                | "lambda"
                | "await"
                | "named_expression"
                | "concatenated_string"
        )
}

/// The statement that holds a node (or is it).
pub(super) fn statement(node: Node<'_>) -> Option<Node<'_>> {
    std::iter::once(node).chain(ancestors(node)).find(|n| is_statement(n.kind()))
}

/// The function definition around a node.
pub(super) fn function(node: Node<'_>) -> Option<Node<'_>> {
    ancestors(node)
        .find(|n| matches!(n.kind(), "function_definition" | "class_definition" | "lambda"))
        .filter(|n| n.kind() == "function_definition")
}

/// The class whose method holds the node.
pub(super) fn class(node: Node<'_>) -> Option<Node<'_>> {
    ancestors(node).find(|n| n.kind() == "class_definition")
}

/// The loop around a node, in the same function.
pub(super) fn enclosing_loop(node: Node<'_>) -> Option<Node<'_>> {
    ancestors(node)
        .take_while(|n| !matches!(n.kind(), "function_definition" | "class_definition" | "lambda"))
        .find(|n| matches!(n.kind(), "for_statement" | "while_statement"))
}

/// The statements of a block, without comments.
pub(super) fn statements(block: Node<'_>) -> Vec<Node<'_>> {
    named(block).into_iter().filter(|n| is_statement(n.kind())).collect()
}

/// The condition of `if`, `elif`, `while`, a comprehension's `if`, `assert` or a ternary.
pub(super) fn condition(node: Node<'_>) -> Option<Node<'_>> {
    match node.kind() {
        "if_statement" | "elif_clause" | "while_statement" => field(node, "condition"),
        "if_clause" | "assert_statement" => named(node).first().copied(),
        "conditional_expression" => named(node).get(1).copied(),
        _ => None,
    }
}

/// True when the node is written to, not read: a target of assignment, `for`, `del`, `as`.
pub(super) fn is_target(node: Node<'_>) -> bool {
    let mut at = node;
    while let Some(parent) = at.parent() {
        match parent.kind() {
            "pattern_list" | "tuple_pattern" | "list_pattern" | "list_splat_pattern" => at = parent,
            "assignment" | "augmented_assignment" | "for_statement" | "for_in_clause" => {
                return field(parent, "left").is_some_and(|l| l.id() == at.id());
            }
            "named_expression" => return field(parent, "name").is_some_and(|l| l.id() == at.id()),
            "as_pattern_target" | "delete_statement" | "global_statement"
            | "nonlocal_statement" => {
                return true;
            }
            "expression_list"
                if parent.parent().is_some_and(|p| p.kind() == "delete_statement") =>
            {
                return true;
            }
            _ => return false,
        }
    }
    false
}
