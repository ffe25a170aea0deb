//! A chain of `if`s that maps constants to values, as a dictionary.

use crate::base::{Replacement, Span};
use crate::refactor::{Reason, Refusal};
use crate::syntax::node::{field, named, span};
use crate::syntax::tree::Node;

use crate::refactor::python::rewrite::facts::{is_lasting, is_literal};
use crate::refactor::python::rewrite::file::{File, Made};
use crate::refactor::python::rewrite::{layout, types};

use super::{Chain, chain};

/// What every branch does with its value.
#[derive(Clone, PartialEq, Eq)]
enum Use {
    Return,
    Assign(String),
}

/// What is done when no key fits.
struct Default<'t> {
    value: String,
    /// A statement before or after the chain that becomes part of the expression.
    other: Option<Node<'t>>,
}

/// The dictionary for the chain that begins at an `if`.
pub(in crate::refactor::python::rewrite) fn make(
    file: &File<'_>,
    node: Node<'_>,
) -> Result<Made, Refusal> {
    let chain = chain(file, node)?;
    if !layout::alone_before(file.text, node) {
        return Err(not_here(file, node));
    }
    let mut target: Option<Use> = None;
    let mut entries = Vec::new();
    for branch in &chain.branches {
        if branch.guard.is_some() {
            return Err(not_here(file, branch.clause));
        }
        let value = mapped(file, branch.body, &mut target)?;
        harmless(file, value)?;
        for key in &branch.values {
            if key.identity || key.node.kind() == "attribute" {
                let message = "only literals are known to be usable as keys";
                return Err(file.refusal(Reason::NotEquivalent, key.node, message));
            }
            entries.push((key.node, value));
        }
    }
    let Some(target) = target else { return Err(not_here(file, node)) };
    distinct(file, &entries)?;
    hashable(file, &chain)?;
    let default = default(file, node, &chain, &target)?;
    let indent = layout::indent(file.text, node.start_byte());
    let unit = layout::unit(file);
    let mut out: String =
        comments(file, node, default.other).iter().map(|c| format!("{c}\n{indent}")).collect();
    match &target {
        Use::Return => out.push_str("return {\n"),
        Use::Assign(name) => out.push_str(&format!("{name} = {{\n")),
    }
    for (key, value) in &entries {
        out.push_str(&format!("{indent}{unit}{}: {},\n", file.of(*key), file.of(*value)));
    }
    let fallback =
        if default.value == "None" { String::new() } else { format!(", {}", default.value) };
    out.push_str(&format!("{indent}}}.get({}{fallback})", file.of(chain.subject)));
    let mut made = Made::new(format!("Look `{}` up in a table", file.of(chain.subject)));
    let mut whole = span(node);
    match default.other {
        Some(other) if other.start_byte() > node.start_byte() => whole.end = other.end_byte(),
        Some(other) => made.removed.push(span(other)),
        None => {}
    }
    made.edits.push(Replacement { span: whole, text: out });
    Ok(made)
}

fn not_here(file: &File<'_>, node: Node<'_>) -> Refusal {
    let message =
        "the branches do not all return a value, or set the same variable, and nothing else";
    file.refusal(Reason::NotHere, node, message)
}

/// The value of a branch that is one `return` or one assignment.
fn mapped<'t>(
    file: &File<'t>,
    body: Node<'t>,
    target: &mut Option<Use>,
) -> Result<Node<'t>, Refusal> {
    let statements = named(body);
    let [statement] = statements.as_slice() else { return Err(not_here(file, body)) };
    let (this, value) = match statement.kind() {
        "return_statement" => (Use::Return, named(*statement).first().copied()),
        "expression_statement" => {
            let assignment =
                named(*statement).first().copied().filter(|a| a.kind() == "assignment");
            let plain = assignment.filter(|a| field(*a, "type").is_none());
            let left = plain.and_then(|a| field(a, "left")).filter(|l| l.kind() == "identifier");
            let Some(left) = left else { return Err(not_here(file, body)) };
            let value = plain.and_then(|a| field(a, "right")).filter(|v| v.kind() != "assignment");
            (Use::Assign(file.of(left).to_owned()), value)
        }
        _ => return Err(not_here(file, body)),
    };
    if target.as_ref().is_some_and(|t| *t != this) {
        return Err(not_here(file, body));
    }
    *target = Some(this);
    value.filter(|v| v.kind() != "expression_list").ok_or_else(|| not_here(file, body))
}

/// Refuses values that cannot be computed for all keys at once.
fn harmless(file: &File<'_>, value: Node<'_>) -> Result<(), Refusal> {
    let simple = |n: Node<'_>| is_literal(n) || n.kind() == "identifier" && is_lasting(file, n);
    let fits = match value.kind() {
        "tuple" | "list" => named(value).into_iter().all(simple),
        _ => simple(value),
    };
    if fits {
        return Ok(());
    }
    let message = format!(
        "`{}` would be computed for every key; only literals and parameters certainly have no effect",
        file.of(value)
    );
    Err(file.refusal(Reason::Effects, value, message))
}

/// Refuses keys that a dictionary would take as one.
fn distinct(file: &File<'_>, entries: &[(Node<'_>, Node<'_>)]) -> Result<(), Refusal> {
    let mut seen: Vec<String> = Vec::new();
    for (key, _) in entries {
        let text = file.of(*key);
        let plain = match key.kind() {
            "string" => {
                let prefixed = text.starts_with(|c: char| c.is_ascii_alphabetic());
                (!prefixed && !text.contains('\\'))
                    .then(|| format!("'{}", text.trim_matches(['"', '\''])))
            }
            "integer" => text.bytes().all(|b| b.is_ascii_digit()).then(|| text.to_owned()),
            "unary_operator" => {
                let digits = text
                    .strip_prefix('-')
                    .is_some_and(|t| t != "0" && t.bytes().all(|b| b.is_ascii_digit()));
                digits.then(|| text.to_owned())
            }
            _ => None,
        };
        let Some(plain) = plain else {
            let message = format!("`{text}` is no plain string or whole number");
            return Err(file.refusal(Reason::NotEquivalent, *key, message));
        };
        if seen.contains(&plain) {
            let message = format!(
                "{text} is compared twice: the first branch counts, in a dictionary the last would"
            );
            return Err(file.refusal(Reason::NotEquivalent, *key, message));
        }
        seen.push(plain);
    }
    Ok(())
}

fn hashable(file: &File<'_>, chain: &Chain<'_>) -> Result<(), Refusal> {
    if types::is_hashable(file, chain.subject) {
        return Ok(());
    }
    let name = file.of(chain.subject);
    let message = format!(
        "`{name}` might be a list or another value that no dictionary can look up; annotate it (`{name}: str`) to say that it is not"
    );
    Err(file.refusal(Reason::NotEquivalent, chain.subject, message))
}

fn default<'t>(
    file: &File<'t>,
    node: Node<'t>,
    chain: &Chain<'t>,
    target: &Use,
) -> Result<Default<'t>, Refusal> {
    if let Some(body) = chain.otherwise.and_then(|o| field(o, "body")) {
        let mut same = Some(target.clone());
        let value = mapped(file, body, &mut same)?;
        harmless(file, value)?;
        return Ok(Default { value: file.of(value).to_owned(), other: None });
    }
    match target {
        Use::Return => {
            let Some(after) = layout::next(node) else {
                let at_end = node
                    .parent()
                    .and_then(|b| b.parent())
                    .is_some_and(|f| f.kind() == "function_definition");
                if at_end {
                    return Ok(Default { value: "None".to_owned(), other: None });
                }
                let message = "what happens when no branch fits is decided further out";
                return Err(file.refusal(Reason::NotEquivalent, node, message));
            };
            let value = named(after).first().copied();
            let fits = after.kind() == "return_statement" && layout::alone(file.text, after);
            match value {
                Some(value) if fits => {
                    harmless(file, value)?;
                    Ok(Default { value: file.of(value).to_owned(), other: Some(after) })
                }
                None if fits => Ok(Default { value: "None".to_owned(), other: Some(after) }),
                _ => {
                    let message = "when no branch fits, more is done than return a value";
                    Err(file.refusal(Reason::NotEquivalent, after, message))
                }
            }
        }
        Use::Assign(name) => {
            let before = layout::previous(node)
                .filter(|b| b.kind() == "expression_statement" && layout::alone(file.text, *b));
            let assignment =
                before.and_then(|b| named(b).first().copied()).filter(|a| a.kind() == "assignment");
            let sets = assignment.filter(|a| {
                field(*a, "left").is_some_and(|l| file.of(l) == name) && field(*a, "type").is_none()
            });
            match (before, sets.and_then(|a| field(a, "right"))) {
                (Some(before), Some(value))
                    if is_literal(value) && file.of(chain.subject) != name =>
                {
                    Ok(Default { value: file.of(value).to_owned(), other: Some(before) })
                }
                _ => {
                    let message = format!("when no branch fits, `{name}` stays as it is");
                    Err(file.refusal(Reason::NotEquivalent, node, message))
                }
            }
        }
    }
}

/// The comments of the statements that go away.
fn comments<'a>(file: &File<'a>, node: Node<'_>, other: Option<Node<'_>>) -> Vec<&'a str> {
    let end = other.map_or(node.end_byte(), |o| o.end_byte().max(node.end_byte()));
    let before = other.filter(|o| o.start_byte() < node.start_byte());
    let trailing = before.and_then(|o| layout::trailing_comment(file.text, o));
    let within = file.comments_in(Span::new(node.start_byte(), end));
    trailing.into_iter().chain(within.filter_map(|c| c.of(file.text))).collect()
}
