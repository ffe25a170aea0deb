//! What Python's operators need to know about the tree around a node.

use crate::syntax::tree::Node;

use crate::base::Span;
use crate::syntax::node::{ancestors, children, descendants, field, first_line, last_line, named};
use crate::syntax::said::distinct;
use crate::syntax::sink::Sink;

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

/// The text of a node, in parentheses where it would bind looser than an operator around it.
pub(super) fn tight(node: Node<'_>, sink: &Sink<'_>) -> String {
    let text = sink.text(node);
    if is_atom(node.kind()) { text.to_owned() } else { format!("({text})") }
}

/// True inside an f-string, where quotes and backslashes may not be added.
pub(super) fn in_string(node: Node<'_>) -> bool {
    ancestors(node).any(|n| n.kind() == "string")
}

/// True in type annotations, whose meaning at run time is none.
pub(super) fn in_annotation(node: Node<'_>) -> bool {
    ancestors(node).take_while(|n| !is_statement(n.kind())).any(|n| n.kind() == "type")
}

/// The argument list and position of an argument.
pub(super) fn argument_of<'t>(node: Node<'t>, sink: &Sink<'t>) -> Option<(&'t str, Node<'t>)> {
    let list = node.parent().filter(|p| p.kind() == "argument_list")?;
    let call = list.parent().filter(|c| c.kind() == "call")?;
    let function = field(call, "function")?;
    let name = match function.kind() {
        "attribute" => field(function, "attribute")?,
        _ => function,
    };
    Some((sink.text(name), call))
}

/// Positional arguments of a call.
pub(super) fn positional(call: Node<'_>) -> Vec<Node<'_>> {
    let Some(list) = field(call, "arguments").filter(|l| l.kind() == "argument_list") else {
        return Vec::new();
    };
    named(list).into_iter().filter(|a| is_expression(a.kind())).collect()
}

/// All arguments of a call, counted.
pub(super) fn argument_count(call: Node<'_>) -> usize {
    field(call, "arguments").map_or(0, |list| named(list).len())
}

/// The name a call calls: `f` of `f(x)` and of `a.f(x)`.
pub(super) fn callee<'t>(call: Node<'t>, sink: &Sink<'t>) -> &'t str {
    let Some(function) = field(call, "function") else { return "" };
    let name = match function.kind() {
        "attribute" => field(function, "attribute").unwrap_or(function),
        _ => function,
    };
    sink.text(name)
}

/// True for the function of a call.
pub(super) fn is_called(node: Node<'_>) -> bool {
    node.parent().is_some_and(|parent| {
        parent.kind() == "call" && field(parent, "function").is_some_and(|f| f.id() == node.id())
    })
}

/// True for a function or method whose result is `True` or `False`, by its name.
pub(super) fn is_predicate(name: &str) -> bool {
    let known = [
        "isinstance",
        "issubclass",
        "hasattr",
        "callable",
        "any",
        "all",
        "bool",
        "startswith",
        "endswith",
        "exists",
    ];
    known.contains(&name)
        || ["is_", "has_", "isalpha", "isalnum", "isdigit", "isdecimal", "isnumeric", "isspace"]
            .iter()
            .any(|start| name.starts_with(start))
        || matches!(name, "isupper" | "islower" | "istitle" | "isidentifier" | "isfile" | "isdir")
}

/// True for values that are certainly no number: off-by-one edits make no sense there.
pub(super) fn is_no_number(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "string"
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
            | "lambda"
            | "boolean_operator"
            | "comparison_operator"
            | "not_operator"
    )
}

/// The role an expression plays where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Returned or yielded.
    Returned,
    /// The right side of an assignment.
    Assigned,
    /// A positional argument or the value of a named one.
    Argument,
    /// Compared with something.
    Compared,
    /// An index in brackets.
    Index,
    /// A bound of a slice.
    Bound,
    /// Iterated over.
    Iterated,
    /// An operand of arithmetic.
    Operand,
    /// A condition or part of one.
    Condition,
    /// An element of a display, the value of a pair, the body of a comprehension.
    Element,
    /// Anything else: an object whose attribute is taken, a called function...
    Other,
}

/// The role of an expression.
pub(super) fn role(node: Node<'_>) -> Role {
    let Some(parent) = node.parent() else { return Role::Other };
    let is = |name: &str| field(parent, name).is_some_and(|n| n.id() == node.id());
    match parent.kind() {
        "return_statement" | "yield" => Role::Returned,
        "assignment" | "augmented_assignment" | "named_expression"
            if is("right") || is("value") =>
        {
            Role::Assigned
        }
        "argument_list" => Role::Argument,
        "keyword_argument" if is("value") => Role::Argument,
        "comparison_operator" => Role::Compared,
        "subscript" if is("subscript") => Role::Index,
        "slice" => Role::Bound,
        "for_statement" | "for_in_clause" if is("right") => Role::Iterated,
        "binary_operator" => Role::Operand,
        "if_statement" | "elif_clause" | "while_statement" if is("condition") => Role::Condition,
        "if_clause" | "boolean_operator" | "not_operator" => Role::Condition,
        "conditional_expression" if condition(parent).is_some_and(|c| c.id() == node.id()) => {
            Role::Condition
        }
        "conditional_expression" | "list" | "tuple" | "set" | "expression_list" => Role::Element,
        "pair" if is("value") => Role::Element,
        "list_comprehension" | "set_comprehension" | "generator_expression" if is("body") => {
            Role::Element
        }
        "lambda" if is("body") => Role::Returned,
        "parenthesized_expression" => role(parent),
        _ => Role::Other,
    }
}

/// The white space before a statement that begins its line; empty when it does not.
pub(super) fn indent(node: Node<'_>, sink: &Sink<'_>) -> String {
    let source = sink.source();
    let start = source[..node.start_byte()].rfind('\n').map_or(0, |at| at + 1);
    let before = &source[start..node.start_byte()];
    if before.trim().is_empty() { before.to_owned() } else { String::new() }
}

/// True when nothing but white space and a comment shares the lines of a statement.
pub(super) fn is_alone(node: Node<'_>, sink: &Sink<'_>) -> bool {
    whole_lines(node, sink).is_some()
}

/// The lines of a statement, line feed included, when nothing else stands on them.
pub(super) fn whole_lines(node: Node<'_>, sink: &Sink<'_>) -> Option<Span> {
    let source = sink.source();
    let start = source[..node.start_byte()].rfind('\n').map_or(0, |at| at + 1);
    let end =
        source[node.end_byte()..].find('\n').map_or(source.len(), |at| node.end_byte() + at + 1);
    let before = source[start..node.start_byte()].trim();
    let after = source[node.end_byte()..end].trim();
    (before.is_empty() && (after.is_empty() || after.starts_with('#')))
        .then(|| Span::new(start, end))
}

/// The white space that one level of indentation adds, as the block of `node` shows it.
pub(super) fn indent_unit(node: Node<'_>, sink: &Sink<'_>) -> String {
    let outer = indent(node, sink);
    let inner = children(node)
        .find(|c| c.kind() == "block")
        .and_then(|b| statements(b).first().copied())
        .map(|s| indent(s, sink))
        .unwrap_or_default();
    match inner.strip_prefix(&outer) {
        Some(unit) if !unit.is_empty() => unit.to_owned(),
        _ if outer.contains('\t') => "\t".to_owned(),
        _ => "    ".to_owned(),
    }
}

/// True for a statement that is only a string.
pub(in crate::syntax) fn is_docstring_statement(node: Node<'_>) -> bool {
    node.kind() == "expression_statement"
        && matches!(named(node)[..], [only] if matches!(only.kind(), "string" | "concatenated_string"))
}

/// The `if`, `try` or `match` around a node, in the same function.
pub(super) fn enclosing_branching(node: Node<'_>) -> Option<Node<'_>> {
    ancestors(node)
        .take_while(|n| !matches!(n.kind(), "function_definition" | "class_definition" | "lambda"))
        .find(|n| matches!(n.kind(), "if_statement" | "try_statement" | "match_statement"))
}

/// True for a loop with a `break` or `continue` of its own and no loop around it.
pub(super) fn needs_loop(node: Node<'_>) -> bool {
    enclosing_loop(node).is_none()
        && descendants(node).into_iter().any(|n| {
            matches!(n.kind(), "break_statement" | "continue_statement")
                && enclosing_loop(n).is_some_and(|l| l.id() == node.id())
        })
}

/// What an `except` clause handles, without its `as`.
pub(super) fn handled(clause: Node<'_>) -> Option<Node<'_>> {
    let first = || named(clause).first().copied().filter(|n| n.kind() != "block");
    let value = field(clause, "value").or_else(first)?;
    if value.kind() == "as_pattern" { named(value).first().copied() } else { Some(value) }
}

/// Classes that handlers of the file name, each once, in source order.
pub(super) fn handled_classes<'t>(sink: &Sink<'t>) -> Vec<&'t str> {
    let clauses = descendants(sink.root()).into_iter().filter(|n| n.kind() == "except_clause");
    let values = clauses.filter_map(handled);
    let classes = values.flat_map(|v| if v.kind() == "tuple" { named(v) } else { vec![v] });
    let names = classes.filter(|c| matches!(c.kind(), "identifier" | "attribute"));
    distinct(names.map(|c| sink.text(c)), usize::MAX)
}
