//! What is known of an expression without running it.

use crate::refactor::{BoundId, BoundKind, Reason, Refusal, Role, ScopeKind};
use crate::syntax::node::{ancestors, descendants, field, named, span};
use crate::syntax::tree::Node;

use super::file::File;

/// An expression without the parentheses around it.
pub(super) fn bare(node: Node<'_>) -> Node<'_> {
    match (node.kind(), named(node).first()) {
        ("parenthesized_expression", Some(inner)) if inner.kind() != "yield" => bare(*inner),
        _ => node,
    }
}

/// A condition that is true when `node` is false. Only its truth is the same, not its value.
pub(super) fn negated(file: &File<'_>, node: Node<'_>) -> String {
    let text = file.of(node);
    match node.kind() {
        "parenthesized_expression" if !text.contains('\n') => match named(node).first() {
            Some(inner) => negated(file, *inner),
            None => format!("not {text}"),
        },
        "not_operator" => field(node, "argument").map_or("", |n| file.of(n)).to_owned(),
        "true" => "False".to_owned(),
        "false" => "True".to_owned(),
        "comparison_operator" => {
            let operators: Vec<Node<'_>> =
                node.children().filter(|c| c.field() == Some("operators")).collect();
            let sides = named(node);
            let ([operator], [left, right]) = (operators.as_slice(), sides.as_slice()) else {
                return format!("not {text}");
            };
            // `<` has no opposite: neither is true of a NaN.
            let flipped = match operator.kind() {
                "==" => "!=",
                "!=" => "==",
                "is" => "is not",
                "is not" => "is",
                "in" => "not in",
                "not in" => "in",
                _ => return format!("not {text}"),
            };
            let before = &file.text[left.start_byte()..operator.start_byte()];
            let after = &file.text[operator.end_byte()..right.end_byte()];
            format!("{before}{flipped}{after}")
        }
        "boolean_operator" | "conditional_expression" | "lambda" | "named_expression" => {
            format!("not ({text})")
        }
        _ => format!("not {text}"),
    }
}

/// The text of an expression as a part of `and`.
pub(super) fn conjunct(file: &File<'_>, node: Node<'_>) -> String {
    let text = file.of(node);
    let or = node.kind() == "boolean_operator"
        && field(node, "operator").is_some_and(|o| o.kind() == "or");
    if or || matches!(node.kind(), "conditional_expression" | "lambda" | "named_expression") {
        return format!("({text})");
    }
    text.to_owned()
}

/// The text of an expression where only operators, calls and smaller things may stand, or that runs over several
/// lines outside of brackets.
pub(super) fn operand(file: &File<'_>, node: Node<'_>) -> String {
    let text = file.of(node);
    let loose = matches!(
        node.kind(),
        "conditional_expression"
            | "lambda"
            | "named_expression"
            | "expression_list"
            | "pattern_list"
            | "yield"
    );
    if loose || (text.contains('\n') && !is_bracketed(node)) {
        return format!("({text})");
    }
    text.to_owned()
}

/// True when line feeds within the text of the expression need no brackets around it.
pub(super) fn is_bracketed(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "parenthesized_expression"
            | "tuple"
            | "list"
            | "set"
            | "dictionary"
            | "string"
            | "list_comprehension"
            | "set_comprehension"
            | "dictionary_comprehension"
            | "generator_expression"
    ) || matches!(node.kind(), "call" | "subscript")
        && named(node).first().is_some_and(|head| {
            matches!(head.kind(), "identifier" | "attribute")
                && head.start_position().row == head.end_position().row
        })
}

/// A literal: evaluating it gives an equal value each time, and nothing else happens.
pub(super) fn is_literal(node: Node<'_>) -> bool {
    match node.kind() {
        "integer" | "float" | "true" | "false" | "none" | "ellipsis" => true,
        "string" => !descendants(node).iter().any(|n| n.kind() == "interpolation"),
        "concatenated_string" => named(node).into_iter().all(is_literal),
        "unary_operator" => field(node, "argument").is_some_and(is_literal),
        "parenthesized_expression" => named(node).into_iter().all(is_literal),
        _ => false,
    }
}

/// True when evaluating it has no effect and cannot fail: literals, names that are bound for certain, containers and
/// lambdas of these.
pub(super) fn is_inert(file: &File<'_>, node: Node<'_>) -> bool {
    match node.kind() {
        "identifier" => is_lasting(file, node),
        "list"
        | "tuple"
        | "dictionary"
        | "pair"
        | "expression_list"
        | "parenthesized_expression" => {
            let hashable = node.kind() != "pair" || field(node, "key").is_some_and(is_literal);
            hashable && named(node).into_iter().all(|n| is_inert(file, n))
        }
        "lambda" => field(node, "parameters").is_none(),
        _ => is_literal(node),
    }
}

/// A name that is bound from the start of its scope to the end: a parameter that is never bound again.
pub(super) fn is_lasting(file: &File<'_>, identifier: Node<'_>) -> bool {
    let Some(id) = file.meaning(identifier) else { return false };
    file.bound(id).kind == BoundKind::Parameter
        && file.uses(id).filter(|o| o.role.writes()).count() == 1
}

/// Builtins that neither change anything nor read what could change, but for their arguments.
const PURE: [&str; 26] = [
    "abs",
    "all",
    "any",
    "ascii",
    "bin",
    "bool",
    "bytes",
    "chr",
    "dict",
    "float",
    "format",
    "frozenset",
    "hex",
    "int",
    "isinstance",
    "issubclass",
    "len",
    "list",
    "oct",
    "ord",
    "repr",
    "set",
    "sorted",
    "str",
    "tuple",
    "type",
];

/// True when evaluating it may change something: it calls what is not known to be harmless.
pub(super) fn has_calls(file: &File<'_>, node: Node<'_>) -> bool {
    descendants(node).into_iter().any(|n| match n.kind() {
        "call" => !field(n, "function").is_some_and(|f| {
            f.kind() == "identifier" && PURE.contains(&file.of(f)) && file.meaning(f).is_none()
        }),
        "await" | "yield" | "named_expression" => true,
        _ => false,
    })
}

/// True when no call elsewhere can change what it evaluates to: literals and names of the own function.
pub(super) fn is_stable(file: &File<'_>, node: Node<'_>) -> bool {
    match node.kind() {
        "identifier" => {
            let Some(id) = file.meaning(node) else { return false };
            let own = file.occurrence(node).map(|o| o.scope);
            let function = matches!(
                file.bindings().scope(file.bound(id).scope).kind,
                ScopeKind::Function | ScopeKind::Comprehension
            );
            function && file.uses(id).filter(|o| o.role.writes()).all(|o| Some(o.scope) == own)
        }
        "tuple" | "parenthesized_expression" => named(node).into_iter().all(|n| is_stable(file, n)),
        _ => is_literal(node),
    }
}

/// Names that mean something else, or nothing, in the scope of a comprehension.
const OF_THE_FRAME: [&str; 8] =
    ["super", "__class__", "locals", "vars", "dir", "eval", "exec", "globals"];

/// What cannot move into or out of a comprehension.
pub(super) fn bound_to_frame<'t>(file: &File<'_>, node: Node<'t>) -> Option<Node<'t>> {
    descendants(node).into_iter().find(|n| match n.kind() {
        "yield" | "await" | "named_expression" => true,
        "identifier" => {
            let attribute = n.field() == Some("attribute");
            OF_THE_FRAME.contains(&file.of(*n)) && !attribute
        }
        _ => false,
    })
}

/// The function around a node, or `None` at the top level and in a class body.
pub(super) fn function<'t>(node: Node<'t>) -> Option<Node<'t>> {
    ancestors(node)
        .find(|n| matches!(n.kind(), "function_definition" | "lambda" | "class_definition"))
        .filter(|n| n.kind() == "function_definition")
}

/// The nodes of a function's own body: nested functions and classes are listed but not entered.
pub(super) fn own_nodes<'t>(body: Node<'t>) -> Vec<Node<'t>> {
    body.walk(|n| !matches!(n.kind(), "function_definition" | "class_definition" | "lambda"))
}

/// Refuses when what a statement binds step by step could be seen half-done: an exception between is
/// caught and `id` is read afterwards.
pub(super) fn seen_half_done(
    file: &File<'_>,
    statement: Node<'_>,
    id: BoundId,
) -> Result<(), Refusal> {
    let top = function(statement).map(span);
    for around in ancestors(statement).take_while(|n| Some(span(*n)) != top) {
        let caught = match around.kind() {
            "try_statement" => {
                let body = field(around, "body").map(span);
                body.is_some_and(|b| b.contains(span(statement)))
            }
            "with_statement" => swallows(file, around),
            _ => false,
        };
        let body = field(around, "body").map_or(span(around), span);
        let read =
            |o: &&crate::refactor::Occurrence| o.role != Role::Write && !body.contains(o.span);
        // What comes before and is no loop around it has been.
        let looped =
            ancestors(around).any(|n| matches!(n.kind(), "for_statement" | "while_statement"));
        if caught && file.uses(id).any(|o| read(&o) && (looped || o.span.start > body.start)) {
            let name = &file.bound(id).name;
            return Err(file.refusal(
                Reason::NotEquivalent,
                around,
                format!("an exception within would be caught here, and `{name}` is used after it: it would have another value"),
            ));
        }
    }
    Ok(())
}

/// Context managers that pass exceptions on.
const PASSING: [&str; 20] = [
    "open",
    "closing",
    "lock",
    "_lock",
    "Lock",
    "RLock",
    "TemporaryDirectory",
    "NamedTemporaryFile",
    "TemporaryFile",
    "ThreadPoolExecutor",
    "ProcessPoolExecutor",
    "ZipFile",
    "urlopen",
    "catch_warnings",
    "nullcontext",
    "scandir",
    "redirect_stdout",
    "redirect_stderr",
    "Pool",
    "localcontext",
];

fn swallows(file: &File<'_>, with: Node<'_>) -> bool {
    let items = descendants(with).into_iter().take_while(|n| n.kind() != "block");
    items.filter(|n| n.kind() == "with_item").any(|item| {
        let value = field(item, "value").map(|v| {
            if v.kind() == "as_pattern" { named(v).first().copied().unwrap_or(v) } else { v }
        });
        let head = value.map(|v| field(v, "function").unwrap_or(v));
        let name = head.map_or("", |h| file.of(h));
        let last = name.rsplit('.').next().unwrap_or(name);
        !PASSING.contains(&last)
    })
}
