//! Strings that are put together by `%`, `.format()` or `+`, as f-strings.

mod concat;
mod literal;
mod method;
mod percent;

use crate::base::{Replacement, Span};
use crate::refactor::{Reason, Refusal};
use crate::syntax::node::{ancestors, descendants, field, named, span};
use crate::syntax::tree::Node;

use super::facts::{has_calls, is_literal};
use super::file::{File, Made};
use super::{layout, types};

/// No offer makes a line longer than this.
const LONG: usize = 100;

/// A part of a formatted string.
pub(super) enum Piece<'t> {
    /// Source text of the literal, as it is between the quotes, with `{` and `}` as they are meant.
    Text(String),
    Field(Field<'t>),
}

/// What is put in.
pub(super) struct Field<'t> {
    pub(super) value: Node<'t>,
    /// `.name`, `[0]`, `["key"]` behind the value; the quotes are chosen later.
    pub(super) access: Vec<Access>,
    pub(super) conversion: Option<char>,
    pub(super) spec: String,
}

pub(super) enum Access {
    Attribute(String),
    Index(String),
    Key(String),
}

/// The f-string for a `%`, a call of `.format` or a chain of `+`.
pub(super) fn make(file: &File<'_>, node: Node<'_>) -> Result<Made, Refusal> {
    let mut made = match node.kind() {
        "call" => method::make(file, node)?,
        _ => match field(node, "operator").map(|o| o.kind()) {
            Some("%") => percent::make(file, node)?,
            Some("+") => concat::make(file, node)?,
            _ => return Err(not_here(file, node)),
        },
    };
    made.needs = Some((3, 6));
    Ok(made)
}

/// False where a line that was broken would become a long one.
pub(super) fn wanted(file: &File<'_>, node: Node<'_>, made: &Made) -> bool {
    let Some(first) = made.edits.iter().find(|e| !e.text.is_empty()) else { return true };
    let start = layout::line_start(file.text, node.start_byte());
    let end = layout::line_end(file.text, node.start_byte());
    let before = file.text[start..end].trim_end().chars().count();
    let after = file.text[start..first.span.start].chars().count() + first.text.chars().count();
    after <= LONG.max(before)
}

pub(super) fn not_here(file: &File<'_>, node: Node<'_>) -> Refusal {
    file.refusal(Reason::NotHere, node, "there is no string that is formatted here")
}

/// Refuses where the string as it is written matters.
fn surroundings(file: &File<'_>, node: Node<'_>) -> Result<(), Refusal> {
    for around in ancestors(node) {
        match around.kind() {
            "interpolation" => {
                let message = "it stands within an f-string already";
                return Err(file.refusal(Reason::NotHere, node, message));
            }
            "call" => {
                let name = field(around, "function").map_or("", |f| file.of(f));
                let direct = field(around, "arguments").is_some_and(|a| named(a).contains(&node));
                if direct {
                    called(file, node, name)?;
                }
            }
            _ => {}
        }
        if around.kind().ends_with("_statement") || around.kind() == "block" {
            break;
        }
    }
    Ok(())
}

fn called(file: &File<'_>, node: Node<'_>, name: &str) -> Result<(), Refusal> {
    let last = name.rsplit('.').next().unwrap_or(name);
    let translates = [
        "_",
        "gettext",
        "ugettext",
        "ngettext",
        "gettext_lazy",
        "lazy_gettext",
        "N_",
        "_n",
        "_l",
        "pgettext",
        "translate",
    ];
    if translates.contains(&last) {
        let message =
            "a string that is translated has to stay as it is: catalogues know it by its text";
        return Err(file.refusal(Reason::Dynamic, node, message));
    }
    let levels =
        ["debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log"];
    if levels.contains(&last) && name.to_ascii_lowercase().contains("log") && name.contains('.') {
        let message = "messages of a logger are left alone: those it keeps apart from their arguments are grouped by their text";
        return Err(file.refusal(Reason::Dynamic, node, message));
    }
    Ok(())
}

/// The literals of a plain string or several in a row, with parentheses around them or without.
pub(super) fn literals<'t>(file: &File<'t>, node: Node<'t>) -> Result<Vec<Node<'t>>, Refusal> {
    let found = match node.kind() {
        "string" => vec![node],
        "concatenated_string" => named(node),
        "parenthesized_expression" => match named(node).first() {
            Some(inner) => return literals(file, *inner),
            None => Vec::new(),
        },
        _ => Vec::new(),
    };
    if found.is_empty() {
        return Err(not_here(file, node));
    }
    if found.iter().any(|n| types::is_bytes(file, *n)) {
        return Err(file.refusal(Reason::Unsupported, node, "there are no f-strings of bytes"));
    }
    let plain = |n: &Node<'_>| {
        !file.of(*n).split(['"', '\'']).next().unwrap_or("").contains(['f', 'F', 't', 'T'])
    };
    if !found.iter().all(plain) {
        return Err(file.refusal(Reason::NotHere, node, "the string is an f-string already"));
    }
    Ok(found)
}

/// The edits for literals with their pieces, and for what stood behind them.
fn written(
    file: &File<'_>,
    node: Node<'_>,
    head: Node<'_>,
    parts: Vec<(Node<'_>, Vec<Piece<'_>>)>,
) -> Result<Made, Refusal> {
    let rest = Span::new(head.end_byte(), node.end_byte());
    let comment = |n: &Node<'_>| n.kind() == "comment" && rest.contains(span(*n));
    if descendants(node).iter().any(comment) {
        let message = "a comment stands among the arguments; it would have no place";
        return Err(file.refusal(Reason::NotHere, node, message));
    }
    let mut made = Made::new("Write the string as an f-string");
    for (string, pieces) in &parts {
        let text = literal::text(file, *string, pieces)?;
        made.edits.push(Replacement { span: span(*string), text });
    }
    // Parentheses that held several lines together are not needed for one string.
    let outer =
        node.parent().filter(|p| p.kind() == "parenthesized_expression" && p.start_byte() > 0);
    let spaced = outer.is_some_and(|p| file.text[..p.start_byte()].ends_with([' ', '(', '[']));
    let plain = outer.is_some_and(|p| {
        named(p) == [node] && !descendants(p).iter().any(|n| n.kind() == "comment")
    });
    match outer.filter(|_| spaced && plain && head.kind() == "string") {
        Some(outer) => {
            let before = Span::new(outer.start_byte(), node.start_byte());
            made.edits.push(Replacement { span: before, text: String::new() });
            let rest = Span::new(rest.start, outer.end_byte());
            made.edits.push(Replacement { span: rest, text: String::new() });
        }
        None => made.edits.push(Replacement { span: rest, text: String::new() }),
    }
    Ok(made)
}

/// Refuses when values would be put in before a later argument is computed that may change how they look.
fn in_order(file: &File<'_>, arguments: &[Node<'_>]) -> Result<(), Refusal> {
    for (at, later) in arguments.iter().enumerate().filter(|(_, n)| has_calls(file, **n)) {
        let names: Vec<&str> = identifiers(file, *later);
        for earlier in &arguments[..at] {
            let refers = matches!(earlier.kind(), "identifier" | "attribute" | "subscript");
            let fixed = is_literal(*earlier) || types::of(file, *earlier).is_some();
            if refers && !fixed && identifiers(file, *earlier).iter().any(|n| names.contains(n)) {
                let message = format!(
                    "`{}` is computed after `{}` and may change how that looks; an f-string would take them one by one",
                    file.of(*later),
                    file.of(*earlier)
                );
                return Err(file.refusal(Reason::Effects, *later, message));
            }
        }
    }
    Ok(())
}

fn identifiers<'a>(file: &File<'a>, node: Node<'_>) -> Vec<&'a str> {
    let own = descendants(node).into_iter().filter(|n| {
        n.kind() == "identifier"
            && !matches!(n.field(), Some("attribute"))
            && file.occurrence(*n).is_some()
    });
    own.map(|n| file.of(n)).collect()
}
