//! Rules for Rust: names, members and patterns that the compiler does not know, and panics.
//!
//! What the compiler itself offers is taken elsewhere; these go further where it only complains.

use super::place::{
    Place, arguments, attribute_uses, chain_start, indent_of, matching, members_of, places, ranked,
    repository, swap_all, word_at, words,
};
use super::{Scene, captures, curly_syntax, rust_types};
use crate::agent::candidates::Candidate;
use crate::agent::sources::Source;
use crate::base::{Language, Replacement, RepoPath};
use crate::syntax::{self, DefinitionKind};
use crate::trace::{Failure, FailureKind};

pub(super) const RUST: &[Language] = &[Language::Rust];

/// Everything the rules for `failure` propose.
pub(super) fn propose(failure: &Failure, scene: &Scene<'_>) -> Vec<Candidate> {
    let depth = if failure.kind == FailureKind::Panic { 3 } else { 1 };
    let mut out = Vec::new();
    for (far, place) in places(failure, scene, RUST).into_iter().take(depth).enumerate() {
        let mut found = match failure.kind {
            FailureKind::Syntax => curly_syntax::propose(failure, &place),
            FailureKind::Compile => compile_error(failure, &place, scene),
            _ => panic(failure, &place),
        };
        found.iter_mut().for_each(|c| c.cost += ranked(0.0, 0.7, far));
        out.append(&mut found);
    }
    out
}

fn compile_error(failure: &Failure, place: &Place, scene: &Scene<'_>) -> Vec<Candidate> {
    let message = failure.message.as_str();
    match failure.exception.as_deref().unwrap_or_default() {
        "E0405" | "E0412" | "E0422" | "E0423" | "E0425" | "E0432" | "E0433" | "E0531" => {
            unresolved(message, place, scene)
        }
        "E0599" | "E0609" | "E0610" | "E0615" | "E0560" | "E0559" | "E0026" => {
            member(message, place, scene)
        }
        "E0004" => uncovered(message, place),
        "E0061" | "E0107" => argument_count(message, place),
        "E0063" => missing_field(message, place, scene),
        code => rust_types::propose(code, message, place, scene),
    }
}

fn unresolved(message: &str, place: &Place, scene: &Scene<'_>) -> Vec<Candidate> {
    let first = message.lines().next().unwrap_or_default();
    let Some([path]) = captures(r"`([\w:]+)!?`", first) else { return Vec::new() };
    let name = path.rsplit("::").next().unwrap_or(path);
    let source = &place.source;
    let mut out = Vec::new();
    for (rank, new) in imports(name, scene, source).into_iter().take(4).enumerate() {
        let title = format!("import `{new}`");
        let edit = insert_use(source, &format!("use {new};"));
        out.push(place.propose("missing_import", title, vec![edit], ranked(0.2, 0.4, rank)));
    }
    let here = words(place.text(), name);
    let scope = syntax::names_in_scope(&source.parsed, place.span.start + place.offset());
    let mut known: Vec<String> = scope.into_iter().map(|n| n.name).collect();
    if first.contains("import") || first.contains("resolve") {
        for other in repository(scene, RUST) {
            known.extend(syntax::definitions(&other.parsed).into_iter().map(|d| d.name));
        }
    }
    known.extend(STD_ITEMS.iter().flat_map(|(_, names)| names.iter().map(|&n| n.to_owned())));
    let similar = syntax::similar_names(name, known.iter().map(String::as_str));
    for (rank, new) in similar.into_iter().take(4).enumerate() {
        out.extend(swap_all(place, &here, name, new, "name_in_scope", ranked(0.4, 0.4, rank)));
    }
    if let Some(class) = source.function_at(place.line).and_then(|f| f.class.clone()) {
        for member in members_of(&class, scene, RUST).iter().filter(|m| m.name == name) {
            let takes_self = source.functions.iter().any(|f| {
                f.class.as_ref() == Some(&class)
                    && f.name == name
                    && f.params.first().is_some_and(|p| p.name.contains("self"))
            });
            if !member.is_method || takes_self {
                let new = format!("self.{name}");
                out.extend(swap_all(place, &here, name, &new, "missing_self", 0.2));
            }
            if member.is_method {
                let new = format!("Self::{name}");
                out.extend(swap_all(place, &here, name, &new, "missing_self", 0.4));
            }
        }
    }
    out
}

/// Paths that `name` can be imported from.
fn imports(name: &str, scene: &Scene<'_>, into: &Source) -> Vec<String> {
    let std = STD_ITEMS.iter().filter(|(_, names)| names.contains(&name));
    let mut out: Vec<String> = std.map(|(module, _)| format!("{module}::{name}")).collect();
    if STD_MODULES.contains(&name) {
        out.push(format!("std::{name}"));
    }
    for source in repository(scene, RUST).filter(|s| s.path != into.path) {
        let Some(module) = module_of(&source.path) else { continue };
        let defines = !words(&source.text, name).is_empty()
            && syntax::definitions(&source.parsed).iter().any(|d| {
                d.name == name && !matches!(d.kind, DefinitionKind::Import | DefinitionKind::Method)
            });
        if defines {
            out.push(if module.is_empty() {
                format!("crate::{name}")
            } else {
                format!("crate::{module}::{name}")
            });
        }
    }
    out
}

/// `src/shapes/mod.rs` -> `shapes`; empty for the root of the crate.
fn module_of(path: &RepoPath) -> Option<String> {
    let path = path.as_str();
    let inner = path.rsplit_once("src/").map_or(path, |(_, inner)| inner);
    let inner = inner.strip_suffix(".rs")?;
    let inner = inner.strip_suffix("/mod").unwrap_or(inner);
    Some(if matches!(inner, "lib" | "main") { String::new() } else { inner.replace('/', "::") })
}

/// Before the first `use`, else below the comments and attributes that head the file.
fn insert_use(source: &Source, statement: &str) -> Replacement {
    let mut at = 0;
    let mut head = 0;
    for line in source.text.split_inclusive('\n') {
        if line.starts_with("use ") || line.starts_with("pub use ") {
            return Replacement::new(at, at, format!("{statement}\n"));
        }
        at += line.len();
        if head + line.len() == at && (line.starts_with("//!") || line.starts_with("#![")) {
            head = at;
        }
    }
    let gap = if head > 0 { "\n" } else { "" };
    Replacement::new(head, head, format!("{gap}{statement}\n"))
}

fn member(message: &str, place: &Place, scene: &Scene<'_>) -> Vec<Candidate> {
    let first = message.lines().next().unwrap_or_default();
    let found = captures(
        r"(?:named|no field|the field|method|associated item|variant|value) `(\w+)`.*?`([^`]+)`",
        first,
    )
    .or_else(|| {
        captures(r"`([\w<>&:\[\], ]+)` has no field named `(\w+)`", first).map(|[t, n]| [n, t])
    })
    .or_else(|| {
        captures(r"`([\w:]+)` does not have a field named `(\w+)`", first).map(|[t, n]| [n, t])
    });
    let Some([name, owner]) = found else { return Vec::new() };
    let here = words(place.text(), name);
    let base = type_name(owner);
    let members = members_of(base, scene, RUST);
    let mut known: Vec<String> = members.iter().map(|m| m.name.clone()).collect();
    known.extend(variants(base, scene));
    known.extend(methods_of(owner).iter().map(|&m| m.to_owned()));
    let mut order: Vec<String> = related_methods(name).iter().map(|&m| m.to_owned()).collect();
    if !methods_of(owner).is_empty() {
        order.retain(|m| known.contains(m));
    }
    let similar = syntax::similar_names(name, known.iter().map(String::as_str));
    order.extend(similar.into_iter().take(4).map(str::to_owned));
    let mut out = Vec::new();
    for (rank, new) in order.iter().enumerate() {
        out.extend(swap_all(place, &here, name, new, "member_known", ranked(0.2, 0.4, rank)));
    }
    for at in attribute_uses(place.text(), name) {
        let end = at + name.len();
        let call = place.text()[end..].starts_with("()");
        let is_field = message.contains("field, not a method")
            || members.iter().any(|m| m.name == name && !m.is_method);
        let is_method = message.contains("attempted to take value of method")
            || members.iter().any(|m| m.name == name && m.is_method);
        if call && is_field {
            let edit = place.swap(end, "()", "");
            out.push(place.propose("superfluous_call", "it is a field", vec![edit], 0.2));
        } else if !call && is_method {
            let edit = place.insert(end, "()");
            out.push(place.propose("missing_call", "call the method", vec![edit], 0.2));
        }
    }
    if let Some(derived) = rust_types::derived_by(name) {
        out.extend(rust_types::add_derive(base, derived, place, scene, 0.3));
    }
    if let Some((trait_path, _)) = TRAIT_METHODS.iter().find(|(_, names)| names.contains(&name)) {
        let edit = insert_use(&place.source, &format!("use {trait_path};"));
        let title = format!("import `{trait_path}`");
        out.push(place.propose("missing_import", title, vec![edit], 0.3));
    }
    out
}

/// `&mut shapes::Square<T>` -> `Square`.
pub(super) fn type_name(shown: &str) -> &str {
    let bare = shown.trim_start_matches(['&', '*', ' ']);
    let bare = bare.strip_prefix("mut ").unwrap_or(bare);
    let bare = bare.split(['<', ' ']).next().unwrap_or(bare);
    bare.rsplit("::").next().unwrap_or(bare)
}

fn variants(name: &str, scene: &Scene<'_>) -> Vec<String> {
    let head = format!("enum {name}");
    for source in repository(scene, RUST) {
        let Some(at) = source.text.find(&head) else { continue };
        let Some(open) = source.text[at..].find('{').map(|n| at + n) else { continue };
        let Some((parts, _)) = arguments(&source.text, open) else { continue };
        let word = |&(from, to): &(usize, usize)| {
            let mut last = source.text[from..to].lines().map(str::trim);
            let plain = last.rfind(|l| l.starts_with(char::is_uppercase))?;
            Some(word_at(plain, 0).to_owned())
        };
        return parts.iter().filter_map(word).collect();
    }
    Vec::new()
}

/// The arms that are missing, each with the value of an arm that is there.
fn uncovered(message: &str, place: &Place) -> Vec<Candidate> {
    let first = message.lines().next().unwrap_or_default();
    let missing: Vec<&str> = first.split('`').skip(1).step_by(2).collect();
    let text = &place.source.text;
    let from = place.span.start + place.offset();
    let Some(open) = text[from..].find('{').map(|n| from + n) else { return Vec::new() };
    let Some(close) = matching(text, open) else { return Vec::new() };
    let body = text[open + 1..close].trim_end();
    let arms: Vec<&str> = body.lines().filter(|l| l.contains("=>")).collect();
    let indent = arms.last().map_or("    ", |arm| indent_of(arm));
    let prefix = arms.iter().find_map(|arm| {
        let pattern = arm.trim().split("=>").next()?;
        let (path, _) = pattern.split(['(', '{', ' ']).next()?.rsplit_once("::")?;
        Some(path.to_owned())
    });
    let mut values: Vec<(String, f64)> = Vec::new();
    for arm in arms.iter().rev() {
        let value = arm.split_once("=>").map_or("", |(_, v)| v).trim().trim_end_matches(',');
        if !value.ends_with('{') && !value.is_empty() {
            values.push((value.to_owned(), ranked(0.9, 0.2, values.len().min(3))));
        }
    }
    for (value, cost) in
        [("{}", 0.7), ("None", 1.4), ("false", 1.4), ("0", 1.4), ("return", 1.6), ("continue", 1.6)]
    {
        values.push((value.to_owned(), cost));
    }
    let at = open + 1 + body.len();
    let comma = if body.ends_with([',', '}', '{']) || body.is_empty() { "" } else { "," };
    let spelled = |pattern: &str| match (&prefix, pattern.rsplit_once("::")) {
        (Some(prefix), Some((_, last))) => format!("{prefix}::{last}"),
        _ => pattern.to_owned(),
    };
    let named = missing.iter().map(|p| spelled(p)).collect::<Vec<_>>().join(" | ");
    let mut out = Vec::new();
    for (value, cost) in values.into_iter().take(10) {
        for (pattern, more) in [(named.as_str(), 0.1), ("_", 0.0)] {
            let new = format!("{comma}\n{indent}{pattern} => {value},");
            let title = format!("add the arm `{pattern} => {value}`");
            let edit = Replacement::new(at, at, new);
            out.push(place.propose("missing_arm", title, vec![edit], cost + more));
        }
    }
    out
}

fn argument_count(message: &str, place: &Place) -> Vec<Candidate> {
    let Some([wanted, given]) = captures(r"takes (\d+) .*? but (\d+) ", message) else {
        return Vec::new();
    };
    let fewer = given.parse::<u32>().unwrap_or(0) < wanted.parse::<u32>().unwrap_or(0);
    let Some(open) = place.text()[place.offset()..].find('(').map(|n| place.offset() + n) else {
        return Vec::new();
    };
    change_arguments(place, open, fewer)
}

/// Another argument at each position, or one argument fewer, for the call whose bracket opens at
/// byte `open` of the line.
pub(super) fn change_arguments(place: &Place, open: usize, fewer: bool) -> Vec<Candidate> {
    let text = &place.source.text;
    let Some((parts, close)) = arguments(text, place.span.start + open) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    if fewer {
        let scope = syntax::names_in_scope(&place.source.parsed, place.span.start + open);
        let own = scope.iter().filter(|n| n.reach == syntax::Reach::Own).map(|n| n.name.as_str());
        let used: Vec<&str> = parts.iter().map(|&(from, to)| &text[from..to]).collect();
        let values = own.filter(|n| !used.contains(n) && *n != "self" && *n != "this");
        for (rank, value) in values.take(6).chain(["0", "1", "\"\"", "true", "false"]).enumerate() {
            let title = format!("pass `{value}` as well");
            let cost = ranked(0.5, 0.2, rank);
            let comma = if parts.is_empty() { "" } else { ", " };
            let last = parts.last().map_or(close, |p| p.1);
            let edit = Replacement::new(last, last, format!("{comma}{value}"));
            out.push(place.propose("missing_argument", title.clone(), vec![edit], cost));
            for &(from, _) in &parts {
                let edit = Replacement::new(from, from, format!("{value}, "));
                out.push(place.propose("missing_argument", title.clone(), vec![edit], cost + 0.4));
            }
        }
        return out;
    }
    for (at, &(from, to)) in parts.iter().enumerate() {
        let (from, to) = match parts.get(at + 1) {
            Some(next) => (from, next.0),
            None if at > 0 => (parts[at - 1].1, to),
            None => (from, to),
        };
        let title = format!("drop the argument `{}`", text[parts[at].0..parts[at].1].trim());
        let cost = ranked(0.4, 0.1, parts.len() - at);
        out.push(place.propose(
            "surplus_argument",
            title,
            vec![Replacement::new(from, to, "")],
            cost,
        ));
    }
    out
}

/// The empty value of the declared type of `field`, of the struct that the message ends with.
fn empty_of(field: &str, message: &str, scene: &Scene<'_>) -> Option<&'static str> {
    let first = message.lines().next()?;
    let owner = type_name(first.trim_end_matches('`').rsplit('`').next()?);
    let head = format!("struct {owner}");
    let source = repository(scene, RUST).find(|s| s.text.contains(&head))?;
    let at = source.text.find(&head)?;
    let open = at + source.text[at..].find('{')?;
    let body = &source.text[open..matching(&source.text, open)?];
    let at = words(body, field).into_iter().next()?;
    let kind = body[at + field.len()..].strip_prefix(':')?.trim_start();
    Some(match type_name(kind.split([',', '\n', '}']).next()?) {
        "String" => "String::new()",
        "Vec" => "Vec::new()",
        "HashMap" => "HashMap::new()",
        "Option" => "None",
        "bool" => "false",
        "f64" | "f32" => "0.0",
        number if number.len() <= 5 && number.starts_with(['i', 'u']) => "0",
        _ => return None,
    })
}

fn missing_field(message: &str, place: &Place, scene: &Scene<'_>) -> Vec<Candidate> {
    let first = message.lines().next().unwrap_or_default();
    let names: Vec<&str> = first
        .split('`')
        .skip(1)
        .step_by(2)
        .take_while(|n| !n.starts_with(char::is_uppercase))
        .collect();
    let text = &place.source.text;
    let from = place.span.start + place.offset();
    let (Some(open), false) = (text[from..].find('{').map(|n| from + n), names.is_empty()) else {
        return Vec::new();
    };
    let Some((parts, close)) = arguments(text, open) else { return Vec::new() };
    let scope = syntax::names_in_scope(&place.source.parsed, from);
    let all_in_scope = names.iter().all(|n| scope.iter().any(|s| s.name == *n));
    let mut values: Vec<(&str, f64)> = vec![
        ("Default::default()", 0.4),
        ("0", 0.9),
        ("None", 0.9),
        ("false", 1.0),
        ("true", 1.6),
        ("String::new()", 1.2),
        ("Vec::new()", 1.2),
        ("1", 1.6),
    ];
    if all_in_scope {
        values.push(("", 0.1));
    }
    if let Some(value) = names.first().and_then(|n| empty_of(n, message, scene)) {
        values.insert(0, (value, 0.2));
    }
    let last = parts.last().map(|p| p.1);
    let lines = text[open..close].contains('\n');
    let indent = parts
        .last()
        .map_or("", |p| indent_of(place.source.line_text(place.source.lines.line(p.0))));
    let mut out = Vec::new();
    for (value, cost) in values {
        let fields: Vec<String> = names
            .iter()
            .map(|n| if value.is_empty() { (*n).to_owned() } else { format!("{n}: {value}") })
            .collect();
        let (at, new) = match last {
            Some(end) if lines => {
                let split = fields.join(&format!(",\n{indent}"));
                let after = if text[end..close].starts_with(',') { "" } else { "," };
                (end, format!(",\n{indent}{split}{after}").trim_end_matches(',').to_owned())
            }
            Some(end) => (end, format!(", {}", fields.join(", "))),
            None => (open + 1, format!(" {} ", fields.join(", "))),
        };
        let title = format!("add `{}`", fields.join(", "));
        out.push(place.propose("missing_field", title, vec![Replacement::new(at, at, new)], cost));
    }
    out
}

fn panic(failure: &Failure, place: &Place) -> Vec<Candidate> {
    let message = failure.message.as_str();
    let text = place.text();
    let mut out = Vec::new();
    for (words, symbol, name) in
        [("subtract", '-', "sub"), ("add", '+', "add"), ("multiply", '*', "mul")]
    {
        if message.contains(&format!("attempt to {words} with overflow")) {
            for (start, end, left, right) in operands(place, symbol) {
                for (how, cost) in [("saturating", 0.3), ("wrapping", 0.8)] {
                    let new = format!("{left}.{how}_{name}({right})");
                    let edit = place.swap(start, &text[start..end], &new);
                    out.push(place.propose("overflow", format!("`{new}`"), vec![edit], cost));
                }
            }
        }
    }
    for (words, symbol, name) in
        [("divide by zero", '/', "div"), ("with a divisor of zero", '%', "rem")]
    {
        if message.contains(words) {
            for (start, end, left, right) in operands(place, symbol) {
                for (new, cost) in [
                    (format!("{left}.checked_{name}({right}).unwrap_or(0)"), 0.5),
                    (format!("(if {right} == 0 {{ 0 }} else {{ {left} {symbol} {right} }})"), 0.7),
                ] {
                    let edit = place.swap(start, &text[start..end], &new);
                    out.push(place.propose("zero_guard", format!("`{new}`"), vec![edit], cost));
                }
            }
        }
    }
    if message.contains("`Option::unwrap()` on a `None`")
        || message.contains("`Result::unwrap()` on an `Err`")
    {
        for (at, _) in text.match_indices(".unwrap()") {
            for (new, cost) in [(".unwrap_or_default()", 0.5), ("?", 0.8), (".unwrap_or(0)", 1.0)] {
                let edit = place.swap(at, ".unwrap()", new);
                out.push(place.propose("unwrap", format!("`{new}`"), vec![edit], cost));
            }
        }
    }
    if message.contains("already borrowed") || message.contains("already mutably borrowed") {
        let line = place.source.function_at(place.line).map(|f| f.lines.clone());
        for line in line.into_iter().flat_map(|l| l.start().0..=l.end().0) {
            let line = crate::base::Line(line);
            let Some(span) = place.source.lines.span(line) else { continue };
            let other = Place { source: place.source.clone(), line, span, column: None };
            for (at, _) in other.text().match_indices(".borrow().iter()") {
                let edit = other.insert(at + ".borrow()".len(), ".clone()");
                out.push(other.propose("borrow_ends", "iterate over a copy", vec![edit], 0.4));
            }
        }
    }
    out
}

/// Both sides of a binary operator: start, end, left and right.
fn operands(place: &Place, symbol: char) -> Vec<(usize, usize, String, String)> {
    let text = place.text();
    let mut out = Vec::new();
    for (at, _) in text.match_indices(&format!(" {symbol} ")) {
        let start = chain_start(text, at);
        let right = Place {
            column: u32::try_from(text[..at + 3].chars().count() + 1).ok(),
            source: place.source.clone(),
            ..*place
        };
        if let Some((from, to)) = right.expression()
            && start < at
        {
            out.push((start, to, text[start..at].to_owned(), text[from..to].to_owned()));
        }
    }
    out
}

fn methods_of(owner: &str) -> &'static [&'static str] {
    let bare = owner.trim_start_matches(['&', ' ']).trim_start_matches("mut ");
    if bare.starts_with("Vec<") || bare.starts_with('[') || bare.starts_with("VecDeque<") {
        LIST_METHODS
    } else if bare == "str" || bare == "String" {
        TEXT_METHODS
    } else if bare.contains("Map<") || bare.contains("Set<") {
        MAP_METHODS
    } else if bare.starts_with("Option<") || bare.starts_with("Result<") {
        OPTION_METHODS
    } else {
        &[]
    }
}

/// What people mean who know the word from another language or type.
fn related_methods(name: &str) -> &'static [&'static str] {
    match name {
        "length" | "size" | "count" => &["len", "count"],
        "append" | "add" | "push_back" => &["push", "push_str", "insert", "push_back"],
        "push" => &["push_str", "insert", "push_back"],
        "has" | "includes" | "has_key" => &["contains", "contains_key"],
        "contains" => &["contains_key"],
        "contains_key" => &["contains"],
        "toString" | "str" => &["to_string"],
        "upper" | "to_upper" => &["to_uppercase"],
        "lower" | "to_lower" => &["to_lowercase"],
        "strip" => &["trim"],
        "empty" => &["is_empty"],
        "delete" | "erase" | "discard" => &["remove"],
        "extend_from" => &["extend_from_slice", "extend"],
        "items" => &["iter"],
        "get_or_insert" => &["entry"],
        "unwrap_or_none" => &["ok"],
        _ => &[],
    }
}

const LIST_METHODS: &[&str] = &[
    "binary_search",
    "chunks",
    "clear",
    "concat",
    "contains",
    "dedup",
    "drain",
    "ends_with",
    "extend",
    "extend_from_slice",
    "first",
    "get",
    "get_mut",
    "insert",
    "is_empty",
    "iter",
    "iter_mut",
    "join",
    "last",
    "last_mut",
    "len",
    "pop",
    "pop_front",
    "push",
    "push_back",
    "remove",
    "resize",
    "retain",
    "reverse",
    "sort",
    "sort_by",
    "sort_by_key",
    "sort_unstable",
    "split_at",
    "starts_with",
    "swap",
    "to_vec",
    "truncate",
    "windows",
];
const TEXT_METHODS: &[&str] = &[
    "as_bytes",
    "as_str",
    "bytes",
    "char_indices",
    "chars",
    "clear",
    "contains",
    "ends_with",
    "find",
    "insert",
    "is_empty",
    "len",
    "lines",
    "parse",
    "pop",
    "push",
    "push_str",
    "replace",
    "rfind",
    "rsplit",
    "split",
    "split_once",
    "split_whitespace",
    "splitn",
    "starts_with",
    "strip_prefix",
    "strip_suffix",
    "to_lowercase",
    "to_owned",
    "to_string",
    "to_uppercase",
    "trim",
    "trim_end",
    "trim_start",
    "truncate",
];
const MAP_METHODS: &[&str] = &[
    "clear",
    "contains",
    "contains_key",
    "difference",
    "entry",
    "extend",
    "get",
    "get_mut",
    "insert",
    "intersection",
    "into_iter",
    "into_values",
    "is_empty",
    "is_subset",
    "iter",
    "iter_mut",
    "keys",
    "len",
    "remove",
    "retain",
    "union",
    "values",
    "values_mut",
];
const OPTION_METHODS: &[&str] = &[
    "and_then",
    "as_deref",
    "as_mut",
    "as_ref",
    "cloned",
    "copied",
    "expect",
    "filter",
    "is_err",
    "is_none",
    "is_ok",
    "is_some",
    "map",
    "map_err",
    "map_or",
    "ok",
    "ok_or",
    "ok_or_else",
    "or_else",
    "take",
    "unwrap",
    "unwrap_or",
    "unwrap_or_default",
    "unwrap_or_else",
];

/// Traits whose methods exist only where they are imported.
const TRAIT_METHODS: &[(&str, &[&str])] = &[
    ("std::str::FromStr", &["from_str"]),
    ("std::io::Write", &["flush", "write_all"]),
    ("std::io::Read", &["read_to_string", "read_to_end"]),
    ("std::io::BufRead", &["lines", "read_line"]),
    ("std::fmt::Write", &["write_str", "write_char"]),
    ("std::hash::Hash", &["hash"]),
    ("std::hash::Hasher", &["finish"]),
];

const STD_MODULES: &[&str] =
    &["cmp", "collections", "env", "fmt", "fs", "io", "iter", "mem", "process", "thread", "time"];

const STD_ITEMS: &[(&str, &[&str])] = &[
    ("std::collections", &["HashMap", "HashSet", "BTreeMap", "BTreeSet", "VecDeque", "BinaryHeap"]),
    ("std::rc", &["Rc", "Weak"]),
    ("std::cell", &["RefCell", "Cell", "OnceCell"]),
    ("std::sync", &["Arc", "Mutex", "RwLock", "OnceLock", "LazyLock"]),
    ("std::sync::atomic", &["AtomicBool", "AtomicUsize", "AtomicU64"]),
    ("std::cmp", &["Ordering", "Reverse"]),
    ("std::fmt", &["Display", "Debug", "Formatter"]),
    ("std::str", &["FromStr"]),
    ("std::time", &["Duration", "Instant", "SystemTime"]),
    ("std::path", &["Path", "PathBuf"]),
    ("std::fs", &["File"]),
    ("std::io", &["Read", "Write", "BufRead", "BufReader"]),
    ("std::error", &["Error"]),
    ("std::ops", &["Add", "Sub", "Mul", "Neg", "Index", "IndexMut", "Deref", "Range"]),
    ("std::borrow", &["Cow"]),
    ("std::hash", &["Hash", "Hasher"]),
    ("std::collections::hash_map", &["Entry", "DefaultHasher"]),
    ("std::marker", &["PhantomData"]),
];
