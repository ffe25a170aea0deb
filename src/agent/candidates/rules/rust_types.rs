//! Rules for Rust's types and ownership: conversions, copies, `mut`, lifetimes, derives.

use super::place::{Place, chain_start, indent_of, repository, word_at, words};
use super::rust::{RUST, type_name};
use super::{Scene, candidate, captures};
use crate::agent::candidates::Candidate;
use crate::base::{Line, Replacement};
use crate::syntax::Function;

/// What the rules for the diagnostic `code` propose.
pub(super) fn propose(
    code: &str,
    message: &str,
    place: &Place,
    scene: &Scene<'_>,
) -> Vec<Candidate> {
    match code {
        "E0308" => mismatched(message, place),
        "E0382" | "E0505" | "E0507" | "E0502" | "E0506" | "E0499" | "E0597" | "E0515" => {
            moved(code, message, place)
        }
        "E0384" | "E0596" | "E0594" => immutable(message, place),
        "E0106" => lifetime(place),
        "E0277" | "E0369" | "E0600" | "E0614" => unsupported(message, place, scene),
        _ => Vec::new(),
    }
}

/// The trait that gives a type the method `name`, when it can be derived.
pub(super) fn derived_by(name: &str) -> Option<&'static str> {
    Some(match name {
        "clone" => "Clone",
        "eq" | "ne" => "PartialEq",
        "cmp" | "max" | "min" => "Ord",
        "partial_cmp" => "PartialOrd",
        "hash" => "Hash",
        "default" => "Default",
        _ => return None,
    })
}

/// Derives `what` for the repository's type `name`, with what it needs.
pub(super) fn add_derive(
    name: &str,
    what: &str,
    place: &Place,
    scene: &Scene<'_>,
    cost: f64,
) -> Vec<Candidate> {
    let mut out = Vec::new();
    for source in repository(scene, RUST) {
        for head in ["struct ", "enum "] {
            let Some(at) = source
                .text
                .match_indices(head)
                .map(|(at, _)| at)
                .find(|at| word_at(&source.text, at + head.len()) == name)
            else {
                continue;
            };
            let line = source.lines.line(at);
            let before = if line.0 > 1 { source.line_text(Line(line.0 - 1)) } else { "" };
            let derives =
                before.trim_start().starts_with("#[derive(") && before.trim_end().ends_with(")]");
            let before = if derives { before } else { "" };
            let wanted: &[&str] = match what {
                "Copy" => &["Clone", "Copy"],
                "Eq" => &["PartialEq", "Eq"],
                "Hash" => &["PartialEq", "Eq", "Hash"],
                "PartialOrd" => &["PartialEq", "PartialOrd"],
                "Ord" => &["PartialEq", "Eq", "PartialOrd", "Ord"],
                "Clone" => &["Clone"],
                "Debug" => &["Debug"],
                "Default" => &["Default"],
                "PartialEq" => &["PartialEq"],
                _ => return out,
            };
            let has = |t: &&&str| !before.contains("#[derive(") || words(before, t).is_empty();
            let new: Vec<&str> = wanted.iter().filter(has).copied().collect();
            let Some(start) = source.lines.span(line).map(|s| s.start) else { continue };
            let edit = match before.find("#[derive(").and(before.find(")]")) {
                Some(close) => {
                    let at = start - before.len() + close;
                    Replacement::new(at, at, format!(", {}", new.join(", ")))
                }
                None => {
                    let indent = indent_of(source.line_text(line));
                    let text = format!("{indent}#[derive({})]\n", new.join(", "));
                    Replacement::new(start, start, text)
                }
            };
            if !new.is_empty() {
                let title = format!("derive `{}` for `{name}`", new.join(", "));
                let mut found = candidate(&source, line, "missing_derive", title, vec![edit], cost);
                found.place = (place.source.path.clone(), place.line);
                out.push(found);
            }
        }
    }
    out
}

/// Every usual conversion of the expression that has the wrong type; the compiler, which is quick,
/// says which one fits.
fn mismatched(message: &str, place: &Place) -> Vec<Candidate> {
    let mut out = Vec::new();
    let text = place.text();
    if message.contains("arguments to this function are incorrect")
        || message.contains("arguments to this method are incorrect")
    {
        let Some(open) = text[place.offset()..].find('(').map(|n| place.offset() + n) else {
            return out;
        };
        if let Some((parts, _)) = super::place::arguments(text, open) {
            for (from, to) in parts {
                convert(place, from, to, 0.3, &mut out);
            }
        }
        return out;
    }
    let Some((start, first_end)) = place.expression() else { return out };
    let line = text.trim_end();
    // The expression may be longer than its first operand: up to a closing `;` or `,`.
    let rest = line.trim_end_matches([';', ',']).len();
    convert(place, start, first_end, 0.2, &mut out);
    if rest > first_end {
        convert(place, start, rest, 0.5, &mut out);
    }
    if let Some(function) = place.source.function_at(place.line) {
        // `-> T` whose last statement ends with a semicolon.
        let inner = place.source.text[function.body.start..function.body.end]
            .trim_end_matches(['}', '\n', ' ', '\t', '\r']);
        if inner.ends_with(';') {
            let end = function.body.start + inner.len();
            let line = place.source.lines.line(end - 1);
            let edit = Replacement::new(end - 1, end, "");
            out.push(candidate(
                &place.source,
                line,
                "tail_semicolon",
                "return the last value",
                vec![edit],
                0.3,
            ));
        }
    }
    if !line.ends_with([';', '{', '}', ',']) {
        let edit = place.insert(line.len(), ";");
        out.push(place.propose("tail_semicolon", "drop the value with `;`", vec![edit], 0.9));
    }
    out
}

/// Conversions of the expression from `start` to `end` in the line, likeliest first.
fn convert(place: &Place, start: usize, end: usize, base: f64, out: &mut Vec<Candidate>) {
    const AFTER: &[(&str, f64)] = &[
        (".to_string()", 0.1),
        (".clone()", 0.2),
        (".into()", 0.3),
        (".as_str()", 0.3),
        (".unwrap_or_default()", 0.6),
        (".unwrap_or(0)", 0.9),
        (".cloned()", 0.5),
        (".copied()", 0.5),
        (".to_vec()", 0.7),
        (".to_owned()", 0.6),
        (".collect()", 0.6),
        (".len()", 1.1),
        (".unwrap()", 0.9),
        ("?", 0.6),
        (".is_some()", 1.3),
        (".as_ref()", 0.9),
        (".as_deref()", 0.9),
        (".ok()", 0.9),
        (".try_into().unwrap()", 1.3),
        (" != 0", 0.9),
        (".0", 1.6),
    ];
    const NUMBERS: &[&str] =
        &["usize", "i32", "u32", "i64", "u64", "f64", "u8", "f32", "isize", "u16", "i128"];
    let text = place.text();
    let Some(old) = text.get(start..end).filter(|t| !t.is_empty()) else { return };
    let whole = if old.contains(' ') { format!("({old})") } else { old.to_owned() };
    let function = place.source.function_at(place.line);
    let mut add = |new: String, cost: f64| {
        let cost = cost + unlikely(&new, place, function);
        let edit = place.swap(start, old, &new);
        out.push(place.propose(
            "conversion",
            format!("`{new}`"),
            vec![edit],
            (base + cost).max(0.05),
        ));
    };
    for (after, cost) in AFTER {
        add(format!("{whole}{after}"), *cost);
    }
    for (rank, number) in NUMBERS.iter().enumerate() {
        add(format!("{whole} as {number}"), super::place::ranked(0.2, 0.1, rank));
    }
    for (before, cost) in [("&", 0.1), ("*", 0.2), ("&mut ", 0.6), ("!", 1.4)] {
        add(format!("{before}{whole}"), cost);
    }
    for (wrapper, cost) in [("Some", 0.3), ("Ok", 0.3), ("Err", 1.2), ("Box::new", 0.8)] {
        add(format!("{wrapper}({old})"), cost);
    }
    if let Some(inner) = old.strip_prefix(['&', '*']) {
        add(inner.to_owned(), 0.2);
    }
    if let Some(inner) = old.strip_prefix("Some(").and_then(|i| i.strip_suffix(')')) {
        add(inner.to_owned(), 0.3);
    }
    if let Some(inner) = old.strip_prefix("Ok(").and_then(|i| i.strip_suffix(')')) {
        add(inner.to_owned(), 0.4);
    }
    if let Some(text) = old.strip_prefix('"').and_then(|t| t.strip_suffix('"'))
        && text.chars().count() == 1
    {
        add(format!("'{text}'"), 0.2);
    }
    if let Some(text) = old.strip_prefix('\'').and_then(|t| t.strip_suffix('\'')) {
        add(format!("\"{text}\""), 0.2);
    }
    if old.chars().all(|c| c.is_ascii_digit()) {
        add(format!("{old}.0"), 0.1);
    }
}

/// What to add to the cost of `new`: less than nothing when it makes the type that the function
/// returns, more when the type that it makes is not even mentioned.
fn unlikely(new: &str, place: &Place, function: Option<&Function>) -> f64 {
    let kind = if let Some((_, number)) = new.rsplit_once(" as ") {
        number
    } else if new.starts_with("Some(") || new.ends_with(".ok()") {
        "Option"
    } else if new.starts_with("Ok(") || new.starts_with("Err(") {
        "Result"
    } else if new.ends_with(".to_string()") {
        "String"
    } else if new.starts_with("Box::new(") {
        "Box"
    } else if new.ends_with(".to_vec()") {
        "Vec"
    } else {
        return 0.0;
    };
    let text = &place.source.text;
    if let Some(function) = function {
        let head = &text[function.span.start..function.body.start.max(function.span.start)];
        let result = head.rsplit_once("->").map_or("", |(_, result)| result.trim_start());
        if result.starts_with(kind) {
            return if new.contains(" as ") { -0.6 } else { -0.2 };
        }
        let own = &text[function.span.start..function.span.end];
        if !words(own, kind).is_empty() {
            return 0.0;
        }
    }
    if words(text, kind).is_empty() { 1.2 } else { 0.4 }
}

/// A copy or a reference where the value moved, or here.
fn moved(code: &str, message: &str, place: &Place) -> Vec<Candidate> {
    let first = message.lines().next().unwrap_or_default();
    let mut out = Vec::new();
    // A second borrow is seldom cured where it is seen.
    let here = !matches!(code, "E0502" | "E0499" | "E0506");
    if let Some((start, end)) = place.expression().filter(|_| here) {
        let old = &place.text()[start..end];
        for (new, cost) in [
            (format!("{old}.clone()"), 0.3),
            (format!("&{old}"), 0.5),
            (format!("{old}.as_ref()"), 0.9),
            (format!("{old}.take()"), 1.0),
            (format!("std::mem::take(&mut {old})"), 1.2),
        ] {
            let edit = place.swap(start, old, &new);
            out.push(place.propose("ownership", format!("`{new}`"), vec![edit], cost));
        }
        if let Some(value) = old.strip_suffix(".unwrap()") {
            let edit = place.swap(start, old, &format!("{value}.as_ref().unwrap()"));
            out.push(place.propose("ownership", "borrow before unwrapping", vec![edit], 0.5));
        }
    }
    let Some([name]) = captures(r"`\*?(\w+)[^`]*`", first) else { return out };
    let Some(function) = place.source.function_at(place.line) else { return out };
    for line in function.lines.start().0..=place.line.0 {
        let Some(span) = place.source.lines.span(Line(line)) else { continue };
        let other = Place { source: place.source.clone(), line: Line(line), span, column: None };
        let far = f64::from(place.line.0 - line).min(8.0) * 0.05;
        for at in words(other.text(), name) {
            uses(&other, at, name, far, &mut out);
        }
    }
    out
}

/// A use of `name` that may have moved or borrowed it.
fn uses(place: &Place, at: usize, name: &str, far: f64, out: &mut Vec<Candidate>) {
    let (before, after) = (&place.text()[..at], &place.text()[at + name.len()..]);
    let bound = before.ends_with("let ") || before.ends_with("mut ") || after.starts_with(':');
    if bound || before.ends_with(['.', '\'']) {
        return;
    }
    let plain = !after.starts_with(['.', '(', ' ']) || after.starts_with(" {");
    if plain && !before.ends_with('&') {
        let edit = place.insert(at + name.len(), ".clone()");
        let title = format!("`{name}.clone()`");
        out.push(place.propose("ownership", title, vec![edit], 0.3 + far));
        let title = format!("borrow `{name}`");
        out.push(place.propose("ownership", title, vec![place.insert(at, "&")], 0.4 + far));
    }
    for call in [".iter()", ".into_iter()", ".keys()", ".values()", ".chars()"] {
        if after.starts_with(call) {
            let edit = place.insert(at + name.len(), ".clone()");
            let title = format!("go through a copy of `{name}`");
            out.push(place.propose("ownership", title, vec![edit], 0.6 + far));
        }
    }
    if before.ends_with('&') {
        let edit =
            place.swap(at - 1, &place.text()[at - 1..at + name.len()], &format!("{name}.clone()"));
        let title = format!("copy `{name}`");
        out.push(place.propose("ownership", title, vec![edit], 0.7 + far));
    }
}

fn immutable(message: &str, place: &Place) -> Vec<Candidate> {
    let first = message.lines().next().unwrap_or_default();
    let Some([name]) = captures(r"`\*?\(?(\w+)[^`]*`", first) else { return Vec::new() };
    let Some(function) = place.source.function_at(place.line) else { return Vec::new() };
    let mut out = Vec::new();
    for line in function.lines.start().0..=place.line.0 {
        let Some(span) = place.source.lines.span(Line(line)) else { continue };
        let other = Place { source: place.source.clone(), line: Line(line), span, column: None };
        let text = other.text();
        for at in words(text, name) {
            let before = &text[..at];
            let after = &text[at + name.len()..];
            let binds = before.ends_with("let ")
                || before.ends_with("for ")
                || after.starts_with(':') && !after.starts_with("::")
                || before.trim_start().starts_with("let (")
                || name == "self" && before.ends_with(['(', '&']);
            if !binds {
                continue;
            }
            if before.ends_with('&') || name != "self" {
                let title = format!("`{name}` is mutable");
                out.push(other.propose("missing_mut", title, vec![other.insert(at, "mut ")], 0.2));
            }
            if after.starts_with(": &") && !after.starts_with(": &mut ") {
                let edit = other.insert(at + name.len() + 3, "mut ");
                let title = format!("`{name}` is a mutable reference");
                out.push(other.propose("missing_mut", title, vec![edit], 0.3));
            }
        }
        if let Some(at) = text.find(".iter()").filter(|_| text.trim_start().starts_with("for ")) {
            let edit = other.swap(at, ".iter()", ".iter_mut()");
            out.push(other.propose("missing_mut", "iterate mutably", vec![edit], 0.4));
        }
    }
    out
}

fn lifetime(place: &Place) -> Vec<Candidate> {
    let text = place.text();
    let at = place.offset();
    if !text[at..].starts_with('&') {
        return Vec::new();
    }
    let edit = place.insert(at + 1, "'static ");
    let mut out = vec![place.propose("lifetime", "`&'static`", vec![edit], 0.6)];
    if text[at..].starts_with("&str") {
        let edit = place.swap(at, "&str", "String");
        out.push(place.propose("lifetime", "own the text", vec![edit], 0.9));
    }
    out
}

/// An operator or trait that the types do not have.
fn unsupported(message: &str, place: &Place, scene: &Scene<'_>) -> Vec<Candidate> {
    let first = message.lines().next().unwrap_or_default();
    let mut out = Vec::new();
    if first.contains("cannot be indexed by") {
        if let Some((start, end)) = index_at(place) {
            let old = &place.text()[start..end];
            let whole = if old.contains(' ') { format!("({old})") } else { old.to_owned() };
            let edit = place.swap(start, old, &format!("{whole} as usize"));
            out.push(place.propose("index_type", "index by `usize`", vec![edit], 0.1));
        }
        return out;
    }
    for (pattern, derived) in [
        (r"`([\w:<>]+)` doesn't implement `(?:std::fmt::)?Debug`", "Debug"),
        (r"binary operation `[!=]=` cannot be applied to type `([^`]+)`", "PartialEq"),
        (r"binary operation `[<>]=?` cannot be applied to type `([^`]+)`", "PartialOrd"),
        (r"can't compare `([^`]+)` with ", "PartialEq"),
    ] {
        if let Some([name]) = captures(pattern, first) {
            out.extend(add_derive(type_name(name), derived, place, scene, 0.2));
        }
    }
    if let Some([name, derived]) =
        captures(r"the trait bound `([^`:]+(?:::[^`:]+)*): ([\w:]+)", first)
    {
        out.extend(add_derive(type_name(name), type_name(derived), place, scene, 0.2));
    }
    if first.contains("is not an iterator")
        && let Some((start, end)) = place.expression()
    {
        let old = &place.text()[start..end];
        for (new, cost) in [
            (format!("0..{old}"), 0.4),
            (format!("{old}.iter()"), 0.2),
            (format!("{old}.chars()"), 0.5),
            (format!("&{old}"), 0.3),
        ] {
            let edit = place.swap(start, old, &new);
            out.push(place.propose("iterate", format!("`{new}`"), vec![edit], cost));
        }
        return out;
    }
    either_side(place, first, &mut out);
    out
}

/// Converts the left or the right operand of the operator at the column.
fn either_side(place: &Place, first: &str, out: &mut Vec<Candidate>) {
    let text = place.text();
    let at = place.offset();
    let Some(operator) = text.get(at..).filter(|t| t.starts_with(|c| "+-*/%<>=!&|^".contains(c)))
    else {
        return;
    };
    let length = operator.len() - operator.trim_start_matches(|c| "+-*/%<>=!&|^".contains(c)).len();
    let left_end = text[..at].trim_end().len();
    let left = (chain_start(text, left_end), left_end);
    let after = at + length;
    let right_start = after + text[after..].len() - text[after..].trim_start().len();
    let right = Place {
        source: place.source.clone(),
        line: place.line,
        span: place.span,
        column: u32::try_from(text[..right_start].chars().count() + 1).ok(),
    };
    let types: Vec<&str> = first.split('`').skip(1).step_by(2).collect();
    for (from, to) in [Some(left), right.expression()].into_iter().flatten() {
        for kind in &types {
            if let Some(old) = text.get(from..to).filter(|t| !t.is_empty()) {
                let number = kind.starts_with(['i', 'u', 'f']) && kind.len() <= 5;
                if number && !kind.starts_with('{') {
                    let new = if old.contains(' ') { format!("({old})") } else { old.to_owned() };
                    // `a as u32 < b` would read as generics.
                    let new = format!("({new} as {kind})");
                    let edit = place.swap(from, old, &new);
                    out.push(place.propose("conversion", format!("`{new}`"), vec![edit], 0.2));
                }
            }
        }
        convert(place, from, to, 0.4, out);
    }
}

/// The index around the column: `i` of `v[i]`.
fn index_at(place: &Place) -> Option<(usize, usize)> {
    let text = place.text();
    let at = place.offset();
    let open = text.get(..at)?.rfind('[')?;
    let close = super::place::matching(text, open)?;
    (close >= at && close > open + 1).then_some((open + 1, close))
}
