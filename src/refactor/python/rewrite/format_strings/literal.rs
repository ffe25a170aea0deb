//! The text of an f-string from its pieces.

use crate::refactor::{Reason, Refusal};
use crate::syntax::node::{descendants, span};
use crate::syntax::tree::Node;

use crate::refactor::python::rewrite::facts::bare;
use crate::refactor::python::rewrite::file::File;

use super::{Access, Field, Piece};

/// A literal taken apart.
pub(super) struct Literal<'a> {
    pub(super) prefix: &'a str,
    pub(super) quote: &'a str,
    pub(super) content: &'a str,
}

/// Prefix, quotes and what is between.
pub(super) fn parts<'a>(file: &File<'a>, string: Node<'_>) -> Literal<'a> {
    let text = file.of(string);
    let prefix = &text[..text.find(['"', '\'']).unwrap_or(0)];
    let rest = &text[prefix.len()..];
    let long = rest.len() >= 6 && (rest.starts_with("\"\"\"") || rest.starts_with("'''"));
    let width = if long { 3 } else { 1 };
    let quote = rest.get(..width).unwrap_or("");
    Literal { prefix, quote, content: rest.get(width..rest.len() - width).unwrap_or("") }
}

/// Refuses literals in which a `{`, `}` or `%` is written in a way that is not seen.
pub(super) fn readable(file: &File<'_>, string: Node<'_>) -> Result<(), Refusal> {
    let literal = parts(file, string);
    let raw = literal.prefix.contains(['r', 'R']);
    let lower = literal.content.to_ascii_lowercase();
    let hidden = [
        "\\n{",
        "\\x7b",
        "\\x7d",
        "\\x25",
        "\\u007b",
        "\\u007d",
        "\\u0025",
        "\\173",
        "\\175",
        "\\45",
        "\\045",
        "\\u0000007b",
        "\\u0000007d",
        "\\u00000025",
    ];
    // `\n{` is a line feed and a brace, `\N{` is not.
    let found = hidden
        .iter()
        .any(|h| if *h == "\\n{" { literal.content.contains("\\N{") } else { lower.contains(h) });
    if !raw && found {
        let message = "a character of the string is written by its code or name";
        return Err(file.refusal(Reason::NotEquivalent, string, message));
    }
    Ok(())
}

/// The literal for pieces; one without fields stays a plain string.
pub(super) fn text(
    file: &File<'_>,
    string: Node<'_>,
    pieces: &[Piece<'_>],
) -> Result<String, Refusal> {
    let Literal { prefix, quote, .. } = parts(file, string);
    let prefix: String = prefix.chars().filter(|c| !matches!(c, 'u' | 'U')).collect();
    body(file, string, &prefix, quote, pieces)
}

/// As [`text`], with a prefix and quotes of its own.
pub(super) fn body(
    file: &File<'_>,
    at: Node<'_>,
    prefix: &str,
    quote: &str,
    pieces: &[Piece<'_>],
) -> Result<String, Refusal> {
    let has_fields = pieces.iter().any(|p| matches!(p, Piece::Field(_)));
    let mut out = if has_fields { format!("f{prefix}{quote}") } else { format!("{prefix}{quote}") };
    for piece in pieces {
        match piece {
            Piece::Text(text) if has_fields => {
                out.push_str(&text.replace('{', "{{").replace('}', "}}"));
            }
            Piece::Text(text) => out.push_str(text),
            Piece::Field(field) => out.push_str(&put_in(file, at, field, quote)?),
        }
    }
    out.push_str(quote);
    Ok(out)
}

fn put_in(
    file: &File<'_>,
    at: Node<'_>,
    field: &Field<'_>,
    quote: &str,
) -> Result<String, Refusal> {
    let mut out = value(file, field.value, quote)?;
    let other = if quote.starts_with('"') { '\'' } else { '"' };
    let primary = matches!(
        bare(field.value).kind(),
        "identifier"
            | "attribute"
            | "call"
            | "subscript"
            | "string"
            | "list"
            | "dictionary"
            | "tuple"
    );
    if !field.access.is_empty() && !primary {
        out = format!("({out})");
    }
    for access in &field.access {
        match access {
            Access::Attribute(name) => out.push_str(&format!(".{name}")),
            Access::Index(index) => out.push_str(&format!("[{index}]")),
            Access::Key(key) if key.contains(['"', '\'', '\\', '{', '}', '#', '\n']) => {
                let message = format!("the key `{key}` cannot stand within an f-string");
                return Err(file.refusal(Reason::NotEquivalent, at, message));
            }
            Access::Key(key) => out.push_str(&format!("[{other}{key}{other}]")),
        }
    }
    if out.starts_with('{') || out.ends_with('}') {
        out = format!("({out})");
    }
    let conversion = field.conversion.map_or(String::new(), |c| format!("!{c}"));
    let spec = if field.spec.is_empty() { String::new() } else { format!(":{}", field.spec) };
    Ok(format!("{{{out}{conversion}{spec}}}"))
}

/// The text of a value within an f-string, which before Python 3.12 may hold no backslash, no `#`, and not the
/// quotes of the string.
fn value(file: &File<'_>, node: Node<'_>, quote: &str) -> Result<String, Refusal> {
    let node = bare(node);
    let no = |message: String| Err(file.refusal(Reason::NotEquivalent, node, message));
    let nodes = descendants(node);
    let odd = nodes.iter().find(|n| {
        matches!(
            n.kind(),
            "lambda" | "named_expression" | "yield" | "list_splat" | "dictionary_splat" | "comment"
        ) && !is_argument(**n)
            || n.kind() == "interpolation"
    });
    let text = file.of(node);
    if odd.is_some() || text.contains(['\\', '#', '\n', '\r']) {
        return no(format!(
            "`{}` cannot stand within an f-string; give it a name first",
            first_line(text)
        ));
    }
    let Some(own) = quote.chars().next() else { return no("the string has no quotes".to_owned()) };
    if !text.contains(own) {
        return Ok(text.to_owned());
    }
    // Strings in the value take the other quotes.
    let other = if own == '"' { '\'' } else { '"' };
    let mut out = String::new();
    let mut from = node.start_byte();
    for string in nodes.iter().filter(|n| n.kind() == "string") {
        let literal = parts(file, *string);
        if literal.quote.len() == 1
            && literal.quote.starts_with(own)
            && !literal.content.contains(other)
        {
            out.push_str(&file.text[from..string.start_byte()]);
            out.push_str(&format!("{}{other}{}{other}", literal.prefix, literal.content));
            from = span(*string).end;
        }
    }
    out.push_str(&file.text[from..node.end_byte()]);
    if out.contains(own) {
        return no(format!("`{text}` has the quotes of the string in it; give it a name first"));
    }
    Ok(out)
}

/// `f(*args)` within a value is fine.
fn is_argument(node: Node<'_>) -> bool {
    matches!(node.kind(), "list_splat" | "dictionary_splat")
        && node.parent().is_some_and(|p| p.kind() == "argument_list")
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or(text)
}
