//! `"...".format(values)`

use crate::refactor::{Reason, Refusal};
use crate::syntax::node::{field, named};
use crate::syntax::tree::Node;

use crate::refactor::python::rewrite::facts::has_calls;
use crate::refactor::python::rewrite::file::{File, Made};

use super::{Access, Field, Piece, in_order, literal, literals, not_here, surroundings, written};

/// The arguments of the call.
struct Arguments<'t> {
    row: Vec<Node<'t>>,
    named: Vec<(&'t str, Node<'t>)>,
    /// Which have been put in, in the order of the string, as indices into `row` and behind it `named`.
    used: Vec<usize>,
    /// How many `{}` have been seen.
    next: usize,
    /// Whether a number was given.
    numbered: bool,
}

pub(super) fn make(file: &File<'_>, node: Node<'_>) -> Result<Made, Refusal> {
    let function = field(node, "function").filter(|f| f.kind() == "attribute");
    let Some(function) = function else { return Err(not_here(file, node)) };
    let object = field(function, "object");
    let is_format = field(function, "attribute").is_some_and(|a| file.of(a) == "format");
    let (Some(object), true) = (object, is_format) else { return Err(not_here(file, node)) };
    let strings = literals(file, object)?;
    surroundings(file, node)?;
    let mut arguments = arguments(file, node)?;
    let mut parts = Vec::new();
    for string in strings {
        literal::readable(file, string)?;
        let pieces = pieces(file, string, &mut arguments)?;
        parts.push((string, pieces));
    }
    if arguments.used.is_empty() {
        return Err(not_here(file, node));
    }
    let all: Vec<Node<'_>> =
        arguments.row.iter().copied().chain(arguments.named.iter().map(|(_, n)| *n)).collect();
    let in_turn: Vec<usize> = (0..all.len()).collect();
    if arguments.used != in_turn && all.iter().any(|n| has_calls(file, *n)) {
        let message =
            "values are computed that the string takes in another order, twice or not at all";
        return Err(file.refusal(Reason::Effects, node, message));
    }
    in_order(file, &all)?;
    written(file, node, object, parts)
}

fn arguments<'t>(file: &File<'t>, node: Node<'t>) -> Result<Arguments<'t>, Refusal> {
    let list = field(node, "arguments").filter(|a| a.kind() == "argument_list");
    let list = list.ok_or_else(|| not_here(file, node))?;
    let mut out = Arguments {
        row: Vec::new(),
        named: Vec::new(),
        used: Vec::new(),
        next: 0,
        numbered: false,
    };
    for argument in named(list) {
        match argument.kind() {
            "list_splat" | "dictionary_splat" => {
                let message = "which values there are is not known (`*` or `**`)";
                return Err(file.refusal(Reason::Dynamic, argument, message));
            }
            "keyword_argument" => {
                if let (Some(name), Some(value)) =
                    (field(argument, "name"), field(argument, "value"))
                {
                    out.named.push((file.of(name), value));
                }
            }
            _ => out.row.push(argument),
        }
    }
    Ok(out)
}

fn pieces<'t>(
    file: &File<'t>,
    string: Node<'t>,
    arguments: &mut Arguments<'t>,
) -> Result<Vec<Piece<'t>>, Refusal> {
    let mut out = Vec::new();
    let mut text = String::new();
    let mut rest = literal::parts(file, string).content;
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            text.push_str(brace);
            rest = after;
            continue;
        }
        let end = (brace == "{").then(|| closing(rest)).flatten();
        let Some(end) = end else {
            return Err(file.refusal(
                Reason::NotEquivalent,
                string,
                "the braces of the string do not match",
            ));
        };
        if !text.is_empty() {
            out.push(Piece::Text(std::mem::take(&mut text)));
        }
        out.push(Piece::Field(replaced(file, string, &rest[..end], arguments)?));
        rest = &rest[end + 1..];
    }
    text.push_str(rest);
    if !text.is_empty() {
        out.push(Piece::Text(text));
    }
    Ok(out)
}

/// Where the brace that is open is closed.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 1;
    text.char_indices().find_map(|(at, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })
}

/// The field for `name.attribute[key]!r:spec`.
fn replaced<'t>(
    file: &File<'t>,
    string: Node<'t>,
    text: &str,
    arguments: &mut Arguments<'t>,
) -> Result<Field<'t>, Refusal> {
    let no = |message: &str| Err(file.refusal(Reason::NotEquivalent, string, message));
    if text.contains(['\\', '\n']) {
        return no("a field of the string is written with escapes or over several lines");
    }
    let end = text.find(['!', ':']).unwrap_or(text.len());
    let (name, mut rest) = text.split_at(end);
    let mut conversion = None;
    if let Some(after) = rest.strip_prefix('!') {
        conversion = after.chars().next().filter(|c| matches!(c, 's' | 'r' | 'a'));
        rest = after.get(1..).unwrap_or("");
        if conversion.is_none() {
            return no("a conversion of the string is none that exists");
        }
    }
    let spec = match rest.strip_prefix(':') {
        Some(spec) => spec,
        None if rest.is_empty() => "",
        None => return no("a field of the string cannot be read"),
    };
    let head = name.find(['.', '[']).unwrap_or(name.len());
    let (base, access) = name.split_at(head);
    let value = looked_up(file, string, base, arguments)?;
    let access = accesses(access).ok_or_else(|| {
        file.refusal(Reason::NotEquivalent, string, "a field of the string cannot be read")
    })?;
    let spec = nested(file, string, spec, arguments)?;
    Ok(Field { value, access, conversion, spec })
}

fn looked_up<'t>(
    file: &File<'t>,
    string: Node<'t>,
    base: &str,
    arguments: &mut Arguments<'t>,
) -> Result<Node<'t>, Refusal> {
    let at = if base.is_empty() {
        arguments.next += 1;
        Some(arguments.next - 1)
    } else if let Ok(number) = base.parse::<usize>() {
        arguments.numbered = true;
        Some(number)
    } else {
        let found = arguments.named.iter().position(|(name, _)| *name == base);
        found.map(|at| at + arguments.row.len())
    };
    let row = arguments.row.len();
    let by_position = base.is_empty() || base.starts_with(|c: char| c.is_ascii_digit());
    let value = at.and_then(|at| match at.checked_sub(row) {
        None => arguments.row.get(at).copied(),
        Some(_) if by_position => None,
        Some(at) => arguments.named.get(at).map(|(_, n)| *n),
    });
    match (at, value) {
        (Some(at), Some(value)) if arguments.next == 0 || !arguments.numbered => {
            arguments.used.push(at);
            Ok(value)
        }
        _ => Err(file.refusal(
            Reason::NotEquivalent,
            string,
            "the values do not fit the string; it fails as it is",
        )),
    }
}

fn accesses(mut text: &str) -> Option<Vec<Access>> {
    let mut out = Vec::new();
    while !text.is_empty() {
        if let Some(rest) = text.strip_prefix('.') {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let name = &rest[..end];
            let plain = !name.is_empty()
                && !name.starts_with(|c: char| c.is_ascii_digit())
                && name.chars().all(|c| c.is_alphanumeric() || c == '_');
            out.push(Access::Attribute(plain.then(|| name.to_owned())?));
            text = &rest[end..];
        } else {
            let rest = text.strip_prefix('[')?;
            let end = rest.find(']')?;
            let key = &rest[..end];
            let number = !key.is_empty() && key.bytes().all(|b| b.is_ascii_digit());
            let plain = number && (key == "0" || !key.starts_with('0'));
            if number && !plain {
                return None;
            }
            out.push(if plain {
                Access::Index(key.to_owned())
            } else {
                Access::Key(key.to_owned())
            });
            text = &rest[end + 1..];
        }
    }
    Some(out)
}

/// A format specification, in which values may be put as well: `{:{width}}`.
fn nested<'t>(
    file: &File<'t>,
    string: Node<'t>,
    spec: &str,
    arguments: &mut Arguments<'t>,
) -> Result<String, Refusal> {
    let mut out = String::new();
    let mut rest = spec;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        let end = rest[at..].find('}').map(|n| at + n);
        let name = end.map(|end| &rest[at + 1..end]);
        let (Some(end), Some(name)) =
            (end, name.filter(|n| !n.contains(['{', '!', ':', '.', '['])))
        else {
            return Err(file.refusal(
                Reason::NotEquivalent,
                string,
                "a specification within a field cannot be read",
            ));
        };
        let value = looked_up(file, string, name, arguments)?;
        if !matches!(value.kind(), "identifier" | "integer" | "attribute") {
            return Err(file.refusal(
                Reason::NotEquivalent,
                value,
                "what is put into a specification has to be a name; give it one first",
            ));
        }
        out.push_str(&format!("{{{}}}", file.of(value)));
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}
