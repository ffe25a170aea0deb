//! The text around code: statements, indentation, parentheses.

use super::file::File;
use crate::base::Span;
use crate::refactor::{Reason, Refusal};
use crate::syntax::node::{ancestors, named, span};
use crate::syntax::tree::Node;

/// True for a node that stands in a list of statements.
pub(super) fn is_statement(node: Node<'_>) -> bool {
    node.kind().ends_with("_statement")
        || node.kind() == "statement_block"
        || (node.kind().ends_with("_declaration") || node.kind() == "function_signature")
            && node.field() != Some("initializer")
            && node.parent().is_none_or(|p| !matches!(p.kind(), "export_statement"))
}

/// True for what holds a list of statements.
pub(super) fn is_block(node: Node<'_>) -> bool {
    matches!(node.kind(), "program" | "statement_block" | "switch_case" | "switch_default")
}

/// True for a statement that stands in a list of statements, not alone as the body of `if (x)`.
pub(super) fn in_list(node: Node<'_>) -> bool {
    is_statement(node)
        && node.parent().is_some_and(|p| is_block(p) && node.field() != Some("value"))
}

/// The nearest statement around a node that stands in a list.
pub(super) fn statement_around(node: Node<'_>) -> Option<Node<'_>> {
    std::iter::once(node).chain(ancestors(node)).find(|n| in_list(*n))
}

/// The selection without the white space at its borders.
pub(super) fn trimmed(text: &str, at: Span) -> Span {
    let inner = at.of(text).unwrap_or_default();
    let start = at.start + (inner.len() - inner.trim_start().len());
    Span::new(start, start + inner.trim().len())
}

/// The expression that a selection is exactly.
pub(super) fn selected_expression(file: &File, at: Span) -> Option<Node<'_>> {
    let at = trimmed(file.text(), at);
    let node = file.node(at).filter(|_| !at.is_empty())?;
    let exact = |n: &Node<'_>| span(*n) == at;
    // The outermost of the nodes with this span, but no statement.
    let mut best = Some(node).filter(exact)?;
    while let Some(up) = best.parent().filter(exact).filter(|p| is_expression(*p)) {
        best = up;
    }
    Some(best).filter(|n| is_expression(*n))
}

/// True for the kinds of expressions.
pub(super) fn is_expression(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "identifier"
            | "string"
            | "number"
            | "template_string"
            | "regex"
            | "true"
            | "false"
            | "null"
            | "undefined"
            | "this"
            | "array"
            | "object"
            | "function_expression"
            | "generator_function"
            | "arrow_function"
            | "class"
            | "member_expression"
            | "subscript_expression"
            | "call_expression"
            | "new_expression"
            | "parenthesized_expression"
            | "binary_expression"
            | "unary_expression"
            | "update_expression"
            | "ternary_expression"
            | "assignment_expression"
            | "augmented_assignment_expression"
            | "await_expression"
            | "yield_expression"
            | "sequence_expression"
            | "meta_property"
            | "jsx_element"
            | "jsx_self_closing_element"
            | "as_expression"
            | "satisfies_expression"
            | "non_null_expression"
    )
}

/// # Errors
/// When the value of an expression cannot be replaced by a name or a call where it stands.
pub(super) fn check_replaceable(file: &File, node: Node<'_>) -> Result<(), Refusal> {
    let Some(parent) = node.parent() else { return Ok(()) };
    let typed = ancestors(node).take_while(|n| !is_statement(*n)).any(|n| {
        n.kind().ends_with("_type")
            || matches!(
                n.kind(),
                "type_annotation"
                    | "type_query"
                    | "type_arguments"
                    | "enum_body"
                    | "decorator"
                    | "import_attribute"
            )
    });
    if typed {
        return Err(file.refuse(Reason::NotHere, "this is not evaluated as an expression", node));
    }
    if let Some(what) = no_value(node, parent) {
        return Err(file.refuse(Reason::NotHere, format!("this is {what}, not a value"), node));
    }
    if let Some(why) = needs_itself(file, node, parent) {
        return Err(file.refuse(Reason::NotEquivalent, why, node));
    }
    Ok(())
}

/// What an expression by its form is where it stands, when that is no value.
fn no_value(node: Node<'_>, parent: Node<'_>) -> Option<&'static str> {
    let at = node.field();
    match parent.kind() {
        "import_statement" | "export_statement" if at == Some("source") => {
            Some("the name of a module")
        }
        "assignment_expression"
        | "augmented_assignment_expression"
        | "for_in_statement"
        | "assignment_pattern"
        | "object_assignment_pattern"
            if at == Some("left") =>
        {
            Some("assigned to")
        }
        "update_expression"
        | "array_pattern"
        | "object_pattern"
        | "rest_pattern"
        | "formal_parameters"
        | "pair_pattern"
        | "jsx_opening_element"
        | "jsx_closing_element"
        | "import_clause"
        | "import_specifier"
        | "export_specifier"
        | "namespace_import" => Some("a name or a target"),
        "jsx_self_closing_element" if at == Some("name") => Some("the name of an element"),
        "variable_declarator"
        | "function_declaration"
        | "class_declaration"
        | "required_parameter"
        | "optional_parameter"
        | "function_expression"
        | "catch_clause"
        | "class"
        | "labeled_statement"
        | "arrow_function"
            if matches!(at, Some("name" | "pattern" | "parameter" | "label")) =>
        {
            Some("a name that is bound")
        }
        "pair" | "method_definition" if matches!(at, Some("key" | "name")) => Some("a key"),
        "public_field_definition" | "field_definition"
            if matches!(at, Some("property" | "name")) =>
        {
            Some("a key")
        }
        "expression_statement" if node.kind() == "string" => Some("a directive"),
        _ => None,
    }
}

/// Why an expression cannot be replaced by its value.
fn needs_itself(file: &File, node: Node<'_>, parent: Node<'_>) -> Option<&'static str> {
    let at = node.field();
    let called = parent.kind() == "call_expression" && at == Some("function");
    let operator = || parent.child(0).is_some_and(|t| matches!(t.kind(), "delete" | "typeof"));
    if parent.kind() == "unary_expression" && node.kind() != "call_expression" && operator() {
        return Some("`delete` and `typeof` need the place itself, not its value");
    }
    if called
        && matches!(node.kind(), "member_expression" | "subscript_expression" | "super" | "import")
    {
        return Some("the call would lose its `this`; select the whole call");
    }
    if called && matches!(file.of_node(node), "require" | "eval") {
        return Some("this function has to be called by its name");
    }
    if parent.kind() == "call_expression" && at == Some("arguments") {
        return Some("the literal belongs to the tag before it");
    }
    let hangs = matches!(
        parent.kind(),
        "member_expression" | "call_expression" | "subscript_expression" | "non_null_expression"
    ) && matches!(at, Some("object" | "function") | None);
    if hangs && node.kind() != "parenthesized_expression" && super::effects::in_optional_chain(node)
    {
        return Some("`?.` also skips what follows it; select the whole chain");
    }
    let names_module = parent.kind() == "arguments"
        && node.kind() == "string"
        && parent
            .prev_sibling()
            .is_some_and(|f| f.kind() == "import" || file.is_global(f, "require"));
    names_module.then_some("tools read the name of the module here")
}

/// The white space before the first character of the line of an offset.
pub(super) fn indent_at(text: &str, offset: usize) -> &str {
    let start = line_start(text, offset);
    let line = &text[start..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

pub(super) fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].rfind('\n').map_or(0, |at| at + 1)
}

/// The end of the line of an offset, its line feed included.
pub(super) fn line_end(text: &str, offset: usize) -> usize {
    text[offset..].find('\n').map_or(text.len(), |at| offset + at + 1)
}

/// One step of indentation as the file has it.
pub(super) fn unit(file: &File) -> String {
    let text = file.text();
    let block = file.root().subtree().find(|n| {
        n.kind() == "statement_block"
            && named(*n).first().is_some_and(|s| s.start_position().row > n.start_position().row)
    });
    let inner = block.and_then(|b| {
        let first = named(b).into_iter().next()?;
        let inner = indent_at(text, first.start_byte());
        Some(inner.strip_prefix(indent_at(text, b.start_byte()))?.to_owned())
    });
    inner.filter(|unit| !unit.is_empty()).unwrap_or_else(|| "  ".to_owned())
}

/// `;` where the file ends its statements so, else nothing.
pub(super) fn semicolon(file: &File) -> &'static str {
    let mut with = 0_usize;
    let mut without = 0_usize;
    for node in file.root().subtree() {
        if matches!(
            node.kind(),
            "expression_statement"
                | "lexical_declaration"
                | "variable_declaration"
                | "return_statement"
                | "import_statement"
        ) {
            if file.of_node(node).ends_with(';') { with += 1 } else { without += 1 }
        }
    }
    if without > with { "" } else { ";" }
}

/// A semicolon that is needed before what stands at an offset.
pub(super) fn guard<'s>(text: &str, offset: usize, semicolon: &'s str) -> &'s str {
    let next = text[offset..].trim_start();
    if next.starts_with(['(', '[', '`', '+', '-', '/', '*', ',', '.']) { ";" } else { semicolon }
}

/// The lines of a span of a file, moved from their indentation to another one. The first line has
/// none of its own. Lines within template strings stay as they are.
pub(super) fn reindented(file: &File, at: Span, to: &str) -> String {
    let text = file.text();
    let from = indent_at(text, at.start);
    moved_lines(file, at, from, to)
}

/// As [`reindented`], from a known indentation.
pub(super) fn moved_lines(file: &File, at: Span, from: &str, to: &str) -> String {
    let text = file.text();
    let fixed: Vec<Span> = file
        .root()
        .subtree()
        .filter(|n| {
            n.kind() == "template_string" && n.start_byte() < at.end && n.end_byte() > at.start
        })
        .map(span)
        .collect();
    let mut out = String::new();
    let mut offset = at.start;
    for (index, line) in at.of(text).unwrap_or_default().split_inclusive('\n').enumerate() {
        let literal = fixed.iter().any(|s| s.start < offset && offset < s.end);
        match line.strip_prefix(from) {
            Some(rest) if index > 0 && !literal && !rest.trim().is_empty() => {
                out.push_str(to);
                out.push_str(rest);
            }
            _ => out.push_str(line),
        }
        offset += line.len();
    }
    out
}

/// The span of a statement with its line when it stands alone on it, so that nothing is left of it.
pub(super) fn whole_lines(text: &str, at: Span) -> Span {
    let start = line_start(text, at.start);
    let end = line_end(text, at.end);
    let alone = text[start..at.start].trim().is_empty() && text[at.end..end].trim().is_empty();
    if alone {
        Span::new(start, end)
    } else {
        let rest = &text[at.end..end];
        let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        Span::new(at.start, at.end + blank)
    }
}

/// An expression as text that can stand where `place` stands.
pub(super) fn fitted(file: &File, value: Node<'_>, place: Node<'_>) -> String {
    let text = file.of_node(value).to_owned();
    let parent = place.parent();
    let kind = parent.map_or("", Node::kind);
    let at = place.field();
    let closed = matches!(
        kind,
        "arguments"
            | "return_statement"
            | "array"
            | "parenthesized_expression"
            | "template_substitution"
            | "jsx_expression"
            | "throw_statement"
    ) || matches!(
        kind,
        "variable_declarator"
            | "pair"
            | "assignment_pattern"
            | "public_field_definition"
            | "field_definition"
            | "required_parameter"
    ) && at == Some("value")
        || kind == "assignment_expression" && at == Some("right")
        || kind == "subscript_expression" && at == Some("index")
        || kind == "assignment_pattern" && at == Some("right");
    let atom = match value.kind() {
        "identifier"
        | "string"
        | "template_string"
        | "true"
        | "false"
        | "null"
        | "undefined"
        | "this"
        | "array"
        | "parenthesized_expression"
        | "regex"
        | "jsx_element"
        | "jsx_self_closing_element" => true,
        "number" => !(kind == "member_expression" && at == Some("object")),
        "call_expression"
        | "member_expression"
        | "subscript_expression"
        | "non_null_expression" => {
            kind != "new_expression"
                && !(matches!(at, Some("object" | "function"))
                    && super::effects::in_optional_chain(value))
        }
        "object" | "function_expression" | "class" => closed,
        "new_expression" => {
            crate::syntax::node::field(value, "arguments").is_some() && kind != "new_expression"
        }
        _ => false,
    };
    if value.kind() != "sequence_expression" && (closed || atom) {
        text
    } else {
        format!("({text})")
    }
}
