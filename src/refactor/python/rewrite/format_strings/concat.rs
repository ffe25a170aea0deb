//! `"..." + str(value) + "..."`

use crate::base::Replacement;
use crate::refactor::{Reason, Refusal};
use crate::syntax::node::{descendants, field, named, span};
use crate::syntax::tree::Node;

use crate::refactor::python::rewrite::file::{File, Made};
use crate::refactor::python::rewrite::types::{self, Type};

use super::{Field, Piece, literal, not_here, surroundings};

pub(super) fn make(file: &File<'_>, node: Node<'_>) -> Result<Made, Refusal> {
    let is_plus = |n: Node<'_>| {
        n.kind() == "binary_operator" && field(n, "operator").is_some_and(|o| o.kind() == "+")
    };
    if node.parent().is_some_and(is_plus) {
        return Err(not_here(file, node));
    }
    let mut operands = Vec::new();
    flatten(node, &is_plus, &mut operands);
    let strings: Vec<Node<'_>> =
        operands.iter().copied().filter(|n| n.kind() == "string").collect();
    let Some(first) = strings.first().filter(|_| strings.len() < operands.len()) else {
        return Err(not_here(file, node));
    };
    if let Some(unknown) = operands.iter().find(|n| types::sure(file, **n) != Some(Type::Str)) {
        let message = format!("`{}` is not known to be a plain string", file.of(*unknown));
        return Err(file.refusal(Reason::NotEquivalent, *unknown, message));
    }
    surroundings(file, node)?;
    if descendants(node).iter().any(|n| n.kind() == "comment") {
        let message = "a comment stands between the parts; it would have no place";
        return Err(file.refusal(Reason::NotHere, node, message));
    }
    let quote = literal::parts(file, *first).quote;
    let mut pieces = Vec::new();
    for operand in &operands {
        if matches!(operand.kind(), "string" | "concatenated_string") {
            pieces.push(Piece::Text(joined(file, *operand, quote)?));
            continue;
        }
        let (value, conversion) = shown(file, *operand);
        pieces.push(Piece::Field(Field {
            value,
            access: Vec::new(),
            conversion,
            spec: String::new(),
        }));
    }
    let text = literal::body(file, node, "", quote, &pieces)?;
    let mut made = Made::new("Write the string as an f-string");
    made.edits.push(Replacement { span: span(node), text });
    Ok(made)
}

fn flatten<'t>(node: Node<'t>, is_plus: &impl Fn(Node<'_>) -> bool, out: &mut Vec<Node<'t>>) {
    match (field(node, "left"), field(node, "right")) {
        (Some(left), Some(right)) if is_plus(node) => {
            flatten(left, is_plus, out);
            out.push(right);
        }
        _ => out.push(node),
    }
}

/// The content of a literal between the quotes of the first one.
fn joined(file: &File<'_>, string: Node<'_>, quote: &str) -> Result<String, Refusal> {
    let literal = literal::parts(file, string);
    literal::readable(file, string)?;
    let fits = string.kind() == "string"
        && literal.prefix.is_empty()
        && literal.quote.len() == 1
        && quote.len() == 1
        && (literal.quote == quote || !literal.content.contains(quote));
    if !fits {
        let message = "the parts are written with different quotes or prefixes";
        return Err(file.refusal(Reason::NotEquivalent, string, message));
    }
    Ok(literal.content.to_owned())
}

/// `str(x)` is `x` put in by `!s`.
fn shown<'t>(file: &File<'t>, operand: Node<'t>) -> (Node<'t>, Option<char>) {
    let call =
        field(operand, "function").filter(|f| operand.kind() == "call" && f.kind() == "identifier");
    let arguments = field(operand, "arguments").filter(|a| a.kind() == "argument_list").map(named);
    let conversion = match call {
        Some(function) if file.is_builtin(function, "str") => 's',
        Some(function) if file.is_builtin(function, "repr") => 'r',
        _ => return (operand, None),
    };
    match arguments.as_deref() {
        Some([one])
            if !matches!(one.kind(), "keyword_argument" | "list_splat" | "dictionary_splat") =>
        {
            let plain = matches!(
                types::sure(file, *one),
                Some(Type::Str | Type::Int | Type::Float | Type::Bool)
            );
            (*one, Some(conversion).filter(|c| *c != 's' || !plain))
        }
        _ => (operand, None),
    }
}
