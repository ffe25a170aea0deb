//! `"..." % values`

use crate::refactor::{Reason, Refusal};
use crate::syntax::node::{field, named};
use crate::syntax::tree::Node;

use crate::refactor::python::rewrite::file::{File, Made};
use crate::refactor::python::rewrite::types::{self, Type};

use super::{Access, Field, Piece, in_order, literal, literals, not_here, surroundings, written};

/// `%(name)-5.2f`
struct Conversion {
    name: Option<String>,
    flags: String,
    width: String,
    precision: Option<String>,
    kind: char,
}

/// Where the values come from.
enum Values<'t> {
    /// In turn.
    Row(Vec<Node<'t>>),
    /// By name, from a dictionary that is written out.
    Named(Vec<(String, Node<'t>)>),
    /// By name, from a variable.
    Mapping(Node<'t>),
}

pub(super) fn make(file: &File<'_>, node: Node<'_>) -> Result<Made, Refusal> {
    let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else {
        return Err(not_here(file, node));
    };
    let strings = literals(file, left)?;
    surroundings(file, node)?;
    let mut parsed = Vec::new();
    for string in strings {
        literal::readable(file, string)?;
        parsed.push((string, scanned(file, string)?));
    }
    let conversions: Vec<&Conversion> =
        parsed.iter().flat_map(|(_, p)| p).filter_map(|p| p.as_ref().err()).collect();
    if conversions.is_empty() {
        return Err(not_here(file, node));
    }
    let values = values(file, right, &conversions)?;
    let mut row = match &values {
        Values::Row(row) => row.clone().into_iter(),
        _ => Vec::new().into_iter(),
    };
    let mut parts = Vec::new();
    for (string, pieces) in parsed {
        let mut out = Vec::new();
        for piece in pieces {
            out.push(match piece {
                Ok(text) => Piece::Text(text),
                Err(conversion) => {
                    let (value, access) = match (&values, &conversion.name) {
                        (Values::Row(_), None) => (row.next(), Vec::new()),
                        (Values::Named(list), Some(name)) => {
                            (list.iter().find(|(n, _)| n == name).map(|(_, v)| *v), Vec::new())
                        }
                        (Values::Mapping(from), Some(name)) => {
                            (Some(*from), vec![Access::Key(name.clone())])
                        }
                        _ => (None, Vec::new()),
                    };
                    let value = value.ok_or_else(|| {
                        file.refusal(
                            Reason::NotEquivalent,
                            node,
                            "the values do not fit the string; it fails as it is",
                        )
                    })?;
                    Piece::Field(converted(file, value, access, &conversion)?)
                }
            });
        }
        parts.push((string, out));
    }
    if row.next().is_some() {
        return Err(file.refusal(
            Reason::NotEquivalent,
            node,
            "there are more values than the string takes; it fails as it is",
        ));
    }
    written(file, node, left, parts)
}

type Scanned = Vec<Result<String, Conversion>>;

/// Text and conversions of a literal.
fn scanned(file: &File<'_>, string: Node<'_>) -> Result<Scanned, Refusal> {
    let content = literal::parts(file, string).content;
    let mut out = Vec::new();
    let mut text = String::new();
    let mut rest = content;
    while let Some(at) = rest.find('%') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            text.push('%');
            rest = after;
            continue;
        }
        let (conversion, after) = conversion(rest).ok_or_else(|| {
            file.refusal(
                Reason::NotEquivalent,
                string,
                "a `%` of the string has no equal in an f-string",
            )
        })?;
        if !text.is_empty() {
            out.push(Ok(std::mem::take(&mut text)));
        }
        out.push(Err(conversion));
        rest = after;
    }
    text.push_str(rest);
    if !text.is_empty() {
        out.push(Ok(text));
    }
    Ok(out)
}

/// What stands behind a `%`, and the rest.
fn conversion(text: &str) -> Option<(Conversion, &str)> {
    let mut rest = text;
    let mut name = None;
    if let Some(after) = rest.strip_prefix('(') {
        let end = after.find(')')?;
        if after[..end].contains(['(', '\\', '%']) {
            return None;
        }
        name = Some(after[..end].to_owned());
        rest = &after[end + 1..];
    }
    let mut take = |allowed: &str| {
        let end = rest.find(|c: char| !allowed.contains(c)).unwrap_or(rest.len());
        let (taken, after) = rest.split_at(end);
        rest = after;
        taken.to_owned()
    };
    let flags = take("#0- +");
    let width = take("0123456789");
    let dot = take(".");
    let digits = take("0123456789");
    let precision = match dot.as_str() {
        "" if digits.is_empty() => None,
        "." => Some(if digits.is_empty() { "0".to_owned() } else { digits }),
        _ => return None,
    };
    let kind = rest.chars().next().filter(|c| "diouxXeEfFgGrsa".contains(*c))?;
    Some((Conversion { name, flags, width, precision, kind }, &rest[1..]))
}

fn values<'t>(
    file: &File<'t>,
    right: Node<'t>,
    conversions: &[&Conversion],
) -> Result<Values<'t>, Refusal> {
    let no = |message: String| Err(file.refusal(Reason::NotEquivalent, right, message));
    let splat = |n: &Node<'_>| matches!(n.kind(), "list_splat" | "dictionary_splat");
    let by_name = conversions.iter().filter(|c| c.name.is_some()).count();
    if by_name > 0 {
        if by_name < conversions.len() {
            return no("some values go by name and some by position".to_owned());
        }
        return by_names(file, right, conversions);
    }
    if right.kind() == "tuple" {
        let row = named(right);
        if row.iter().any(splat) {
            return no("how many values there are is not known (`*`)".to_owned());
        }
        in_order(file, &row)?;
        return Ok(Values::Row(row));
    }
    let inner = if right.kind() == "parenthesized_expression" {
        named(right).first().copied().unwrap_or(right)
    } else {
        right
    };
    if types::of(file, inner).is_none_or(|t| t.ty == Type::Tuple) && inner.kind() != "lambda" {
        let text = file.of(right);
        return no(format!(
            "`{text}` may be a tuple, whose items `%` would take one by one; write `({text},)` if it is none"
        ));
    }
    Ok(Values::Row(vec![right]))
}

fn by_names<'t>(
    file: &File<'t>,
    right: Node<'t>,
    conversions: &[&Conversion],
) -> Result<Values<'t>, Refusal> {
    let no = |message: &str| Err(file.refusal(Reason::NotEquivalent, right, message));
    if right.kind() == "identifier" && file.meaning(right).is_some() {
        return Ok(Values::Mapping(right));
    }
    if right.kind() != "dictionary" {
        return no("the names are looked up in what is computed at run time");
    }
    let mut list: Vec<(String, Node<'t>)> = Vec::new();
    for pair in named(right) {
        let (Some(key), Some(value)) = (field(pair, "key"), field(pair, "value")) else {
            return no("not all names of the dictionary are known (`**`)");
        };
        let plain = key.kind() == "string" && literal::parts(file, key).prefix.is_empty();
        let name = literal::parts(file, key).content;
        if !plain || name.contains('\\') || list.iter().any(|(n, _)| n == name) {
            return no("a key of the dictionary is no plain string, or stands there twice");
        }
        list.push((name.to_owned(), value));
    }
    let used: Vec<&str> = conversions.iter().filter_map(|c| c.name.as_deref()).collect();
    let order: Vec<&str> = list.iter().map(|(n, _)| n.as_str()).collect();
    let computed = list.iter().any(|(_, v)| super::has_calls(file, *v));
    if computed && used != order {
        return no(
            "values are computed that the string takes in another order, twice or not at all",
        );
    }
    let row: Vec<Node<'t>> = list.iter().map(|(_, v)| *v).collect();
    in_order(file, &row)?;
    Ok(Values::Named(list))
}

/// The field of an f-string that looks the same.
fn converted<'t>(
    file: &File<'t>,
    value: Node<'t>,
    access: Vec<Access>,
    conversion: &Conversion,
) -> Result<Field<'t>, Refusal> {
    let Conversion { flags, width, precision, kind, .. } = conversion;
    let typed = types::of(file, value).filter(|_| access.is_empty());
    let sure = typed.filter(|t| t.sure).map(|t| t.ty);
    let ty = typed.map(|t| t.ty);
    let no = |message: String| Err(file.refusal(Reason::NotEquivalent, value, message));
    let left = flags.contains('-');
    let align = if left { "<" } else { "" };
    let sign = if flags.contains('+') {
        "+"
    } else if flags.contains(' ') {
        " "
    } else {
        ""
    };
    let zero = if flags.contains('0') && !left { "0" } else { "" };
    let alternative = if flags.contains('#') { "#" } else { "" };
    let precision = precision.as_ref().map_or(String::new(), |p| format!(".{p}"));
    let field =
        |conversion: Option<char>, spec: String| Ok(Field { value, access, conversion, spec });
    match kind {
        's' | 'r' | 'a' => {
            if flags.contains(['0', '+', ' ', '#']) {
                return no(format!("a flag of `%{kind}` has no equal in an f-string"));
            }
            let align = if width.is_empty() || left { align } else { ">" };
            let spec =
                if width.is_empty() { precision } else { format!("{align}{width}{precision}") };
            let same = match sure {
                Some(Type::Str) => true,
                Some(Type::Int | Type::Float | Type::Bool) => spec.is_empty(),
                _ => false,
            };
            let conversion = Some(*kind).filter(|k| *k != 's' || !same);
            field(conversion, spec)
        }
        'd' | 'i' | 'u' | 'x' | 'X' | 'o' => {
            if !matches!(ty, Some(Type::Int | Type::Bool)) || !precision.is_empty() {
                let text = file.of(value);
                return no(format!(
                    "`%{kind}` cuts off fractions and an f-string does not; `{text}` is not known to be a whole number"
                ));
            }
            let decimal = matches!(kind, 'd' | 'i' | 'u');
            let letter = if decimal { 'd' } else { *kind };
            let alternative = if decimal { "" } else { alternative };
            let spec = format!("{align}{sign}{alternative}{zero}{width}");
            if decimal && spec.is_empty() && sure == Some(Type::Int) {
                return field(None, spec);
            }
            field(None, format!("{spec}{letter}"))
        }
        _ => {
            if !matches!(ty, Some(Type::Int | Type::Bool | Type::Float)) {
                let text = file.of(value);
                return no(format!(
                    "`%{kind}` makes a float of what it gets; `{text}` is not known to be a number"
                ));
            }
            field(None, format!("{align}{sign}{alternative}{zero}{width}{precision}{kind}"))
        }
    }
}
