//! Where a selection lies: its node or statements, the block and function around it.

use super::names::Names;
use crate::base::Span;
use crate::refactor::{BoundId, Occurrence, Role};
use crate::syntax::node::{ancestors, children, field, named, span, text_of};
use crate::syntax::tree::Node;

/// The selection without blanks, comments at its ends, and a semicolon that stands alone.
pub(super) fn tight(text: &str, at: Span) -> Span {
    let Some(selected) = at.of(text) else { return at };
    let start = at.start + selected.len() - selected.trim_start().len();
    let end = at.end - (selected.len() - selected.trim_end().len());
    Span { start: start.min(end), end }
}

/// The expression that a selection is, or that begins at a caret.
pub(super) fn expression_at<'t>(root: Node<'t>, text: &str, at: Span) -> Option<Node<'t>> {
    let at = tight(text, at);
    if at.is_empty() {
        return None;
    }
    let node = root.descendant_for_byte_range(at.start, at.end)?;
    let mut exact = std::iter::once(node).chain(ancestors(node)).take_while(|n| span(*n) == at);
    exact.find(|n| is_expression(*n))
}

/// True for nodes that stand where a value is computed.
pub(super) fn is_expression(node: Node<'_>) -> bool {
    let kind = node.kind();
    let value = kind.ends_with("_expression")
        || kind.ends_with("_literal")
        || matches!(
            kind,
            "identifier"
                | "scoped_identifier"
                | "self"
                | "macro_invocation"
                | "unsafe_block"
                | "block"
                | "generic_function"
        );
    if !value || matches!(kind, "const_block" | "generic_function") {
        return false;
    }
    // Not the name in front of a call's `!`, no pattern, no callee, no type.
    let Some(parent) = node.parent() else { return false };
    match parent.kind() {
        "scoped_identifier"
        | "scoped_type_identifier"
        | "use_declaration"
        | "generic_function"
        | "attribute"
        | "token_tree"
        | "label"
        | "lifetime"
        | "tuple_struct_pattern"
        | "mod_item"
        | "self_parameter"
        | "visibility_modifier"
        | "scoped_use_list"
        | "use_list" => false,
        "macro_invocation" => false,
        "call_expression" => {
            node.field() != Some("function")
                || !matches!(kind, "identifier" | "scoped_identifier" | "field_expression")
        }
        "assignment_expression" | "compound_assignment_expr" => node.field() != Some("left"),
        "let_declaration" | "for_expression" | "let_condition" => {
            matches!(node.field(), Some("value"))
        }
        "match_arm" => node.field() == Some("value"),
        "parameter" | "closure_parameters" | "captured_pattern" | "tuple_pattern"
        | "slice_pattern" | "or_pattern" | "ref_pattern" | "mut_pattern" | "reference_pattern"
        | "range_pattern" => false,
        "match_pattern" => node.field() == Some("condition"),
        "closure_expression" => node.field() == Some("body"),
        "function_item" | "else_clause" | "loop_expression" | "while_expression"
            if kind == "block" =>
        {
            false
        }
        "if_expression" if kind == "block" => false,
        "unsafe_block" | "async_block" | "try_block" => false,
        "field_expression" => node.field() == Some("value"),
        "function_item"
        | "function_signature_item"
        | "struct_item"
        | "enum_item"
        | "macro_definition"
        | "enum_variant" => false,
        "const_item" | "static_item" => node.field() == Some("value"),
        _ => true,
    }
}

/// Statements of one block that lie side by side and fill a selection.
pub(super) fn statements_at<'t>(root: Node<'t>, text: &str, at: Span) -> Option<Vec<Node<'t>>> {
    let at = tight(text, at);
    if at.is_empty() {
        return None;
    }
    let node = root.descendant_for_byte_range(at.start, at.end)?;
    let block = std::iter::once(node).chain(ancestors(node)).find(|n| n.kind() == "block")?;
    let inside: Vec<Node<'t>> = children(block)
        .filter(|c| c.is_named() && c.kind() != "label" && at.contains(span(*c)))
        .collect();
    let code: Vec<Node<'t>> = inside.iter().copied().filter(|c| !c.is_extra()).collect();
    let (first, last) = (inside.first()?, inside.last()?);
    let whole = first.start_byte() == at.start && last.end_byte() == at.end;
    // An attribute belongs to the statement after it.
    let attribute = first.prev_named_sibling().is_some_and(|p| p.kind() == "attribute_item");
    let whole = whole && !attribute && last.kind() != "attribute_item";
    (whole && !code.is_empty()).then_some(code)
}

/// The expression at the end of a block that is its value: the grammar wraps `if`, `match` and blocks as statements.
pub(super) fn block_value<'t>(statement: Node<'t>, text: &str) -> Option<Node<'t>> {
    let last = std::iter::successors(statement.next_named_sibling(), |n| n.next_named_sibling())
        .all(|n| n.is_extra());
    let open = statement.kind() == "expression_statement"
        && !text_of(statement, text).ends_with(';')
        && last;
    let inner = || named(statement).into_iter().next();
    if open { inner() } else { None }
}

/// The function item around a node.
pub(super) fn function_around(node: Node<'_>) -> Option<Node<'_>> {
    ancestors(node).find(|n| n.kind() == "function_item")
}

/// The nearest closure, `async` block or function around a node: what `return`, `?` and `.await` belong to.
pub(super) fn body_owner(node: Node<'_>) -> Option<Node<'_>> {
    ancestors(node).find(|n| {
        matches!(
            n.kind(),
            "function_item"
                | "closure_expression"
                | "async_block"
                | "const_block"
                | "const_item"
                | "static_item"
                | "try_block"
        )
    })
}

/// The statement of a block that holds a node, with the block.
pub(super) fn statement_around<'t>(node: Node<'t>) -> Option<(Node<'t>, Node<'t>)> {
    let mut at = node;
    loop {
        let parent = at.parent()?;
        if parent.kind() == "block" {
            return Some((at, parent));
        }
        at = parent;
    }
}

/// The blanks at the beginning of the line that holds an offset.
pub(super) fn indent_at(text: &str, at: usize) -> &str {
    let line = text[..at].rfind('\n').map_or(0, |n| n + 1);
    let rest = &text[line..];
    &rest[..rest.len() - rest.trim_start_matches([' ', '\t']).len()]
}

/// The span of a statement with its line, when it has the lines for itself.
pub(super) fn whole_lines(text: &str, at: Span) -> Span {
    let start = text[..at.start].rfind('\n').map_or(0, |n| n + 1);
    let end = text[at.end..].find('\n').map_or(text.len(), |n| at.end + n + 1);
    let alone = text[start..at.start].trim().is_empty() && text[at.end..end].trim().is_empty();
    if alone { Span::new(start, end) } else { at }
}

/// Methods of std that only look, and give something owned or a view of the receiver.
pub(super) fn is_looking(name: &str) -> bool {
    matches!(
        name,
        "len"
            | "is_empty"
            | "is_some"
            | "is_none"
            | "is_ok"
            | "is_err"
            | "contains"
            | "contains_key"
            | "starts_with"
            | "ends_with"
            | "as_str"
            | "as_bytes"
            | "as_ref"
            | "as_slice"
            | "trim"
            | "trim_start"
            | "trim_end"
            | "to_string"
            | "to_owned"
            | "clone"
            | "abs"
            | "min"
            | "max"
            | "pow"
            | "get"
            | "first"
            | "last"
            | "chars"
            | "bytes"
            | "lines"
            | "iter"
            | "keys"
            | "values"
            | "to_lowercase"
            | "to_uppercase"
            | "is_ascii_digit"
            | "is_alphanumeric"
            | "is_whitespace"
            | "is_alphabetic"
            | "is_digit"
            | "checked_add"
            | "checked_sub"
            | "wrapping_add"
            | "wrapping_sub"
            | "saturating_sub"
            | "saturating_add"
            | "count_ones"
            | "leading_zeros"
            | "trailing_zeros"
            | "char_indices"
            | "find"
            | "rfind"
            | "split"
            | "split_whitespace"
            | "file_name"
            | "extension"
            | "is_ascii"
            | "eq_ignore_ascii_case"
            | "is_multiple_of"
            | "rem_euclid"
            | "as_deref"
            | "copied"
            | "cloned"
            | "cmp"
            | "partial_cmp"
            | "eq"
            | "ne"
            | "capacity"
            | "floor"
            | "ceil"
            | "round"
            | "sqrt"
            | "kind"
            | "name"
            | "path"
            | "as_path"
            | "display"
    )
}

/// True when computing the expression changes nothing and always ends in a value: names, fields, literals, operators,
/// and methods of [`is_looking`].
pub(super) fn is_pure(node: Node<'_>, text: &str) -> bool {
    match node.kind() {
        "identifier" | "self" | "scoped_identifier" => true,
        kind if kind.ends_with("_literal") => true,
        "field_expression" => field(node, "value").is_some_and(|v| is_pure(v, text)),
        "parenthesized_expression"
        | "tuple_expression"
        | "array_expression"
        | "reference_expression"
        | "unary_expression"
        | "type_cast_expression"
        | "unit_expression"
        | "range_expression" => expressions(node).into_iter().all(|n| is_pure(n, text)),
        "binary_expression" => expressions(node).into_iter().all(|n| is_pure(n, text)),
        "index_expression" => expressions(node).into_iter().all(|n| is_pure(n, text)),
        "call_expression" => {
            let function = field(node, "function");
            let looks = function.filter(|f| f.kind() == "field_expression").is_some_and(|f| {
                field(f, "field").is_some_and(|n| is_looking(text_of(n, text)))
                    && field(f, "value").is_some_and(|v| is_pure(v, text))
            });
            let arguments = field(node, "arguments").map_or_else(Vec::new, named);
            looks && arguments.into_iter().all(|a| is_pure(a, text))
        }
        _ => false,
    }
}

/// The children that are computed, without types and tokens.
pub(super) fn expressions(node: Node<'_>) -> Vec<Node<'_>> {
    named(node)
        .into_iter()
        .filter(|c| c.field() != Some("type") && c.kind() != "mutable_specifier")
        .collect()
}

/// The variables that an expression reads, each once.
pub(super) fn variables_in(names: &Names, at: Span) -> Vec<BoundId> {
    let mut out: Vec<BoundId> = names
        .bindings
        .within(at)
        .filter_map(|o| o.bound)
        .filter(|b| names.local[b.0 as usize])
        .filter(|b| {
            names.bindings.get(*b).declared.start < at.start
                || names.bindings.get(*b).declared.start >= at.end
        })
        .collect();
    out.sort_unstable();
    out.dedup();
    out
}

/// True when the variable is bound with `mut`, or is a `&mut` reference by its written type.
pub(super) fn can_change(names: &Names, text: &str, id: BoundId) -> bool {
    let bound = names.bindings.get(id);
    let before = text[..bound.declared.start].trim_end();
    if before.ends_with("mut") {
        return true;
    }
    let whole = bound.whole.of(text).unwrap_or("");
    let head = whole.split('=').next().unwrap_or(whole);
    head.contains("&mut")
        || head.contains("Cell")
        || head.contains("Mutex")
        || head.contains("&'a mut")
        || head.contains(" mut ")
}

/// An occurrence after which the variable may be another.
pub(super) fn writes(occurrence: &Occurrence) -> bool {
    !matches!(occurrence.role, Role::Read | Role::Bind)
}

/// True when a token tree in the span holds one of these words or tokens.
pub(super) fn tokens_in_macros(node: Node<'_>, text: &str, wanted: &[&str]) -> bool {
    node.subtree().any(|n| {
        n.children().next().is_none()
            && wanted.contains(&text_of(n, text))
            && ancestors(n).take_while(|a| *a != node).any(|a| a.kind() == "token_tree")
    })
}

/// True for an expression that names a place, not a value of its own.
pub(super) fn is_place(node: Node<'_>, text: &str) -> bool {
    match node.kind() {
        "identifier" | "self" | "field_expression" | "index_expression" => true,
        "unary_expression" => text_of(node, text).starts_with('*'),
        "parenthesized_expression" => named(node).first().is_some_and(|n| is_place(*n, text)),
        _ => false,
    }
}

/// The text of an expression as an operand: in parentheses where it needs them.
pub(super) fn as_operand(node: Node<'_>, text: &str) -> String {
    let source = text_of(node, text);
    if needs_parentheses(node) { format!("({source})") } else { source.to_owned() }
}

pub(super) fn needs_parentheses(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "binary_expression"
            | "unary_expression"
            | "reference_expression"
            | "type_cast_expression"
            | "range_expression"
            | "closure_expression"
            | "assignment_expression"
            | "return_expression"
            | "compound_assignment_expr"
            | "if_expression"
            | "match_expression"
            | "block"
            | "unsafe_block"
            | "async_block"
            | "loop_expression"
            | "break_expression"
            | "let_chain"
    )
}
