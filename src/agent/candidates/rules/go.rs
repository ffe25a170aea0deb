//! Rules for Go: what the compiler and vet report, and panics.

use super::place::{
    Place, arguments, attribute_uses, chain_start, indent_of, matching, members_of, places, ranked,
    repository, swap_all, word_at, words,
};
use super::{Scene, candidate, captures, curly_syntax};
use crate::agent::candidates::Candidate;
use crate::agent::sources::Source;
use crate::base::{Language, Line, Replacement};
use crate::syntax;
use crate::trace::{Failure, FailureKind};

const GO: &[Language] = &[Language::Go];

/// Everything the rules for `failure` propose.
pub(super) fn propose(failure: &Failure, scene: &Scene<'_>) -> Vec<Candidate> {
    let depth = if failure.kind == FailureKind::Panic { 3 } else { 1 };
    let mut out = Vec::new();
    for (far, place) in places(failure, scene, GO).into_iter().take(depth).enumerate() {
        let mut found = match failure.kind {
            FailureKind::Syntax => curly_syntax::propose(failure, &place),
            FailureKind::Compile => compile_error(&failure.message, &place, scene),
            FailureKind::Panic => panic(&failure.message, &place),
            _ => Vec::new(),
        };
        found.iter_mut().for_each(|c| c.cost += ranked(0.0, 0.7, far));
        out.append(&mut found);
    }
    out
}

fn compile_error(message: &str, place: &Place, scene: &Scene<'_>) -> Vec<Candidate> {
    let first = message.lines().next().unwrap_or_default();
    if let Some([name]) = captures(r"^(?:undefined|undeclared name): ([\w.]+)$", first) {
        return undefined(name, place, scene);
    }
    if first.contains("imported and not used") {
        return unused_import(place);
    }
    if let Some([name]) = captures(r"^(\w+) declared (?:but|and) not used", first)
        .or_else(|| captures(r"^declared and not used: (\w+)", first))
    {
        return unused_variable(name, place);
    }
    if let Some([kind, name]) =
        captures(r"undefined \(type (\S+) has no field or method (\w+)", first)
    {
        return member(name, kind, first, place, scene);
    }
    if let Some([to]) = captures(r"cannot use .+? as (?:type )?(.+?)(?: value)? in ", first) {
        return conversion(first, to, place);
    }
    if let Some([left, right]) = captures(r"mismatched types (\S+) and (\S+)\)", first) {
        return operands(left, right, place);
    }
    if first.contains("missing return") {
        return missing_return(place);
    }
    if let Some([left, right]) =
        captures(r"assignment mismatch: (\d+) variables? but .*?(\d+) values?", first)
    {
        return assignment(left, right, place);
    }
    if first.contains("no new variables on left side of :=") || first.contains("non-name ") {
        return operator(place, ":=", "=");
    }
    if first.contains("not enough arguments in call") {
        return call_arguments(place, true);
    }
    if first.contains("too many arguments in call") {
        return call_arguments(place, false);
    }
    if first.contains("return values") || first.contains("arguments to return") {
        return return_values(message, place);
    }
    if first.contains("non-boolean condition") || first.contains("non-bool ") {
        return condition(place);
    }
    Vec::new()
}

fn undefined(name: &str, place: &Place, scene: &Scene<'_>) -> Vec<Candidate> {
    let source = &place.source;
    let mut out = Vec::new();
    if let Some((package, item)) = name.rsplit_once('.') {
        let here = attribute_uses(place.text(), item);
        let known = package_items(package, scene);
        for (rank, new) in syntax::similar_names(item, known.iter().map(String::as_str))
            .into_iter()
            .take(4)
            .enumerate()
        {
            out.extend(swap_all(place, &here, item, new, "package_item", ranked(0.2, 0.4, rank)));
        }
        return out;
    }
    for path in PACKAGES.iter().filter(|p| p.rsplit('/').next() == Some(name)) {
        let title = format!("import \"{path}\"");
        let edit = insert_import(source, path);
        let used = place.text().contains(&format!("{name}."));
        let cost = if used { 0.1 } else { 0.9 };
        out.push(place.propose("missing_import", title, vec![edit], cost));
    }
    let here = words(place.text(), name);
    let scope = syntax::names_in_scope(&source.parsed, place.span.start + place.offset());
    let mut known: Vec<String> = scope.into_iter().map(|n| n.name).collect();
    for other in repository(scene, GO).filter(|s| s.path.parent() == source.path.parent()) {
        known.extend(syntax::definitions(&other.parsed).into_iter().map(|d| d.name));
    }
    known.extend(BUILTINS.iter().map(|&b| b.to_owned()));
    let similar = syntax::similar_names(name, known.iter().map(String::as_str));
    for (rank, new) in similar.into_iter().take(4).enumerate() {
        out.extend(swap_all(place, &here, name, new, "name_in_scope", ranked(0.3, 0.4, rank)));
    }
    if let Some((receiver, kind)) = receiver(place)
        && members_of(&kind, scene, GO).iter().any(|m| m.name == name)
    {
        let new = format!("{receiver}.{name}");
        out.extend(swap_all(place, &here, name, &new, "missing_receiver", 0.2));
    }
    for (at, _) in place.text().match_indices(" = ") {
        if place.text()[..at].trim() == name {
            let edit = place.swap(at, " = ", " := ");
            out.push(place.propose("declare", "declare it with `:=`", vec![edit], 0.3));
        }
    }
    out
}

/// The receiver's name and type of the method around `place`.
fn receiver(place: &Place) -> Option<(String, String)> {
    let function = place.source.function_at(place.line)?;
    let head = &place.source.text[function.span.start..function.body.start];
    let [name, kind] = captures(r"^func \((\w+) \*?(\w+)", head)?;
    Some((name.to_owned(), kind.to_owned()))
}

fn package_items(package: &str, scene: &Scene<'_>) -> Vec<String> {
    let std = PACKAGE_ITEMS.iter().filter(|(name, _)| *name == package);
    let mut out: Vec<String> =
        std.flat_map(|(_, items)| items.iter().map(|&i| i.to_owned())).collect();
    for source in repository(scene, GO) {
        if source.text.contains(&format!("package {package}\n")) {
            out.extend(syntax::definitions(&source.parsed).into_iter().map(|d| d.name));
        }
    }
    out.retain(|name| name.starts_with(char::is_uppercase));
    out
}

fn insert_import(source: &Source, path: &str) -> Replacement {
    let text = &source.text;
    if let Some(at) = text.find("import (") {
        let line = text[at..].find('\n').map_or(text.len(), |n| at + n + 1);
        // In order, as gofmt has it.
        let mut here = line;
        for known in text[line..].split_inclusive('\n') {
            let known_path = known.trim().trim_matches('"');
            if known.trim() == ")" || known.trim().is_empty() || known_path > path {
                break;
            }
            here += known.len();
        }
        return Replacement::new(here, here, format!("\t\"{path}\"\n"));
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        if line.starts_with("package ") {
            break;
        }
    }
    let gap = if text[at..].starts_with("\nimport ") || text[at..].starts_with("import ") {
        ""
    } else {
        "\n"
    };
    let at = if gap.is_empty() && text[at..].starts_with('\n') { at + 1 } else { at };
    Replacement::new(at, at, format!("{gap}import \"{path}\"\n"))
}

fn unused_import(place: &Place) -> Vec<Candidate> {
    let text = &place.source.text;
    let mut edits = vec![Replacement::new(place.span.start, place.span.end, "")];
    // An import of its own may leave a blank line behind.
    if place.text().trim_start().starts_with("import ")
        && text[..place.span.start].ends_with("\n\n")
        && text[place.span.end..].starts_with('\n')
    {
        edits[0].span.end += 1;
    }
    let mut out = vec![place.propose("unused_import", "remove the import", edits, 0.1)];
    if let Some(at) = place.text().find('"') {
        let edit = place.insert(at, "_ ");
        out.push(place.propose("unused_import", "import it for its effects", vec![edit], 1.5));
    }
    out
}

fn unused_variable(name: &str, place: &Place) -> Vec<Candidate> {
    let mut out = Vec::new();
    let text = place.text();
    let indent = indent_of(text);
    let end = place.span.end - place.span.start;
    if !text.trim_end().ends_with('{') {
        let edit = place.insert(end, format!("{indent}_ = {name}\n"));
        out.push(place.propose("unused_variable", format!("`_ = {name}`"), vec![edit], 0.9));
        let edit = Replacement::new(place.span.start, place.span.end, "");
        out.push(place.propose("unused_variable", "remove it", vec![edit], 0.5));
    }
    for at in words(text, name).into_iter().take(1) {
        let others = text[..text.find(":=").unwrap_or(0)].contains(',');
        let mut edits = vec![place.swap(at, name, "_")];
        if let Some(declare) = text.find(":=").filter(|_| !others) {
            edits.push(place.swap(declare, ":=", "="));
        }
        out.push(place.propose("unused_variable", format!("`{name}` becomes `_`"), edits, 0.4));
    }
    // An inner `:=` hides the variable that was meant.
    let scope = syntax::names_in_scope(&place.source.parsed, place.span.start);
    let known = scope.iter().any(|n| n.name == name && n.line != place.line);
    if let Some(at) = text.find(":=").filter(|_| known) {
        let edit = place.swap(at, ":=", "=");
        out.push(place.propose("shadowed", "assign the outer variable", vec![edit], 0.2));
    }
    out
}

fn member(
    name: &str,
    kind: &str,
    message: &str,
    place: &Place,
    scene: &Scene<'_>,
) -> Vec<Candidate> {
    let mut order: Vec<String> = Vec::new();
    if let Some([hint]) = captures(r"but does have (?:field |method )?(\w+)", message) {
        order.push(hint.to_owned());
    }
    let kind = kind.trim_start_matches('*');
    let kind = kind.rsplit('.').next().unwrap_or(kind);
    let members = members_of(kind, scene, GO);
    let all = members.iter().map(|m| m.name.as_str());
    order.extend(syntax::similar_names(name, all).into_iter().take(4).map(str::to_owned));
    order.dedup();
    let here = attribute_uses(place.text(), name);
    let mut out = Vec::new();
    for (rank, new) in order.iter().enumerate() {
        out.extend(swap_all(place, &here, name, new, "member_known", ranked(0.1, 0.4, rank)));
    }
    let plain = matches!(name, "length" | "len" | "Len" | "size" | "Length");
    for at in here.into_iter().filter(|_| plain) {
        let dot = place.text()[..at].trim_end().len() - 1;
        let start = chain_start(place.text(), dot);
        let end = at + name.len();
        let end = end + if place.text()[end..].starts_with("()") { 2 } else { 0 };
        let new = format!("len({})", &place.text()[start..dot]);
        let edit = place.swap(start, &place.text()[start..end], &new);
        out.push(place.propose("len", format!("`{new}`"), vec![edit], 0.2));
    }
    out
}

fn conversion(message: &str, to: &str, place: &Place) -> Vec<Candidate> {
    let Some([old, from]) = captures(
        r"cannot use (.+?) \((?:variable|value|constant|untyped|type).*?(?:of type )?([\w.*\[\]]+)[^()]*\) as",
        message,
    ) else {
        return Vec::new();
    };
    let text = place.text();
    // gofmt's spelling in the message may differ from the text at the column.
    let near = place.offset();
    let at = if text[near..].starts_with(old) {
        near
    } else {
        match text.find(old) {
            Some(at) => at,
            None => return Vec::new(),
        }
    };
    let mut out = Vec::new();
    for (new, import, cost) in conversions(old, from, to) {
        let mut edits = vec![place.swap(at, old, &new)];
        if let Some(path) = import.filter(|p| !place.source.text.contains(&format!("\"{p}\""))) {
            edits.push(insert_import(&place.source, path));
        }
        out.push(place.propose("conversion", format!("`{new}`"), edits, cost));
    }
    out
}

fn conversions(old: &str, from: &str, to: &str) -> Vec<(String, Option<&'static str>, f64)> {
    let mut out = Vec::new();
    if to == "string" {
        if from.starts_with("[]") || from == "rune" || from == "byte" {
            out.push((format!("string({old})"), None, 0.1));
        }
        out.push((format!("strconv.Itoa({old})"), Some("strconv"), 0.2));
        out.push((format!("fmt.Sprint({old})"), Some("fmt"), 0.4));
        out.push((format!("string({old})"), None, 0.7));
        out.push((format!("{old}.String()"), None, 0.6));
        out.push((format!("{old}.Error()"), None, 0.9));
        if old.chars().all(|c| c.is_ascii_digit()) {
            out.push((format!("\"{old}\""), None, 0.2));
        }
    } else if to.starts_with('*') {
        out.push((format!("&{old}"), None, 0.1));
    } else if let Some(element) = to.strip_prefix("[]") {
        out.push((format!("{to}({old})"), None, 0.3));
        out.push((format!("{to}{{{old}}}"), None, if element == from { 0.1 } else { 0.5 }));
        out.push((format!("{old}[:]"), None, 0.5));
    } else {
        out.push((format!("{to}({old})"), None, 0.1));
    }
    if from.starts_with('*') {
        out.push((format!("*{old}"), None, 0.1));
    }
    if from.starts_with("[]") {
        out.push((format!("{old}..."), None, 0.3));
        out.push((format!("{old}[0]"), None, 1.0));
        out.push((format!("len({old})"), None, 0.6));
    }
    if from == "string" && to == "int" {
        out.push((format!("len({old})"), None, 0.5));
    }
    if to == "error" {
        out.push((format!("errors.New({old})"), Some("errors"), 0.2));
    }
    if let Some(value) = old.strip_prefix('&') {
        out.push((value.to_owned(), None, 0.2));
    }
    out
}

/// A conversion of the left or the right operand.
fn operands(left: &str, right: &str, place: &Place) -> Vec<Candidate> {
    let text = place.text();
    let Some((from, first)) = place.expression() else { return Vec::new() };
    let rest = &text[first..];
    let skip = rest.len() - rest.trim_start_matches(|c| " +-*/%<>=!&|^".contains(c)).len();
    let other = Place {
        source: place.source.clone(),
        line: place.line,
        span: place.span,
        column: u32::try_from(first + skip + 1).ok(),
    };
    let mut out = Vec::new();
    let mut add = |from: usize, to: usize, kind: &str, cost: f64| {
        let new = format!("{kind}({})", &text[from..to]);
        let edit = place.swap(from, &text[from..to], &new);
        out.push(place.propose("conversion", format!("`{new}`"), vec![edit], cost));
    };
    let wide = |kind: &str| if kind.starts_with("float") || kind == "int64" { 0.1 } else { 0.3 };
    add(from, first, right, wide(right));
    if let Some((from, to)) = other.expression() {
        add(from, to, left, wide(left));
    }
    out
}

/// The types that the function around `place` returns, as written.
fn results(place: &Place) -> Vec<String> {
    let Some(function) = place.source.function_at(place.line) else { return Vec::new() };
    let head = place.source.text[function.span.start..function.body.start].trim_end();
    // Past the receiver and the parameters.
    let mut at = 0;
    if head.starts_with("func (") {
        at = matching(head, 5).map_or(0, |n| n + 1);
    }
    let Some(open) = head[at..].find('(').map(|n| at + n) else { return Vec::new() };
    let Some(close) = matching(head, open) else { return Vec::new() };
    let rest = head[close + 1..].trim();
    if rest.is_empty() {
        Vec::new()
    } else if rest.starts_with('(') {
        let Some((parts, _)) = arguments(rest, 0) else { return Vec::new() };
        let last = |&(from, to): &(usize, usize)| {
            rest[from..to].rsplit(' ').next().unwrap_or_default().to_owned()
        };
        parts.iter().map(last).collect()
    } else {
        vec![rest.to_owned()]
    }
}

fn zero_of(kind: &str) -> String {
    match kind {
        "string" => "\"\"".to_owned(),
        "bool" => "false".to_owned(),
        "error" | "any" | "interface{}" => "nil".to_owned(),
        "rune" | "byte" => "0".to_owned(),
        _ if kind.starts_with("int") || kind.starts_with("uint") || kind.starts_with("float") => {
            "0".to_owned()
        }
        _ if kind.starts_with(['*', '['])
            || kind.starts_with("map[")
            || kind.starts_with("func") =>
        {
            "nil".to_owned()
        }
        _ => format!("{kind}{{}}"),
    }
}

fn zeros(place: &Place) -> String {
    results(place).iter().map(|k| zero_of(k)).collect::<Vec<_>>().join(", ")
}

fn missing_return(place: &Place) -> Vec<Candidate> {
    let kinds = results(place);
    let indent = indent_of(place.text());
    let zero = zeros(place);
    let mut values = vec![(zero.clone(), 0.5)];
    if kinds.first().is_some_and(|k| k == "bool") {
        values.push((zero.replacen("false", "true", 1), 0.7));
    }
    let scope = syntax::names_in_scope(&place.source.parsed, place.span.start);
    let own = scope.iter().filter(|n| n.reach == syntax::Reach::Own);
    for (rank, name) in own.take(6).enumerate() {
        let more: Vec<String> = kinds.iter().skip(1).map(|k| zero_of(k)).collect();
        let all: Vec<&str> =
            std::iter::once(name.name.as_str()).chain(more.iter().map(String::as_str)).collect();
        values.push((all.join(", "), ranked(0.4, 0.2, rank)));
    }
    let statement = |(value, cost): (String, f64)| {
        let edit = place.insert(0, format!("{indent}\treturn {value}\n"));
        place.propose("missing_return", format!("`return {value}`"), vec![edit], cost)
    };
    let mut out: Vec<Candidate> = values.into_iter().map(statement).collect();
    // The last statement is the value.
    let line = Line(place.line.0.saturating_sub(1));
    if let Some(span) = place.source.lines.span(line) {
        let text = span.of(&place.source.text).unwrap_or_default();
        let at = span.start + indent_of(text).len();
        if !text.contains("return") && !text.trim().is_empty() && !text.trim().starts_with('}') {
            let edit = Replacement::new(at, at, "return ");
            out.push(candidate(
                &place.source,
                line,
                "missing_return",
                "return it",
                vec![edit],
                0.3,
            ));
        }
    }
    out
}

fn assignment(left: &str, right: &str, place: &Place) -> Vec<Candidate> {
    let (Ok(left), Ok(right)) = (left.parse::<usize>(), right.parse::<usize>()) else {
        return Vec::new();
    };
    let text = place.text();
    let Some(sign) = text.find(":=").or_else(|| text.find(" = ")) else { return Vec::new() };
    let end = text[..sign].trim_end().len();
    let mut out = Vec::new();
    if left < right {
        let more = ", _".repeat(right - left);
        let edit = place.insert(end, more);
        out.push(place.propose("assignment_count", "drop the other values", vec![edit], 0.3));
        if right == left + 1 {
            let indent = indent_of(text);
            let zero = zeros(place);
            let kinds = results(place);
            let mut edits = vec![place.insert(end, ", err")];
            let returned = match kinds.split_last() {
                Some((last, head)) if last == "error" => {
                    let mut all: Vec<String> = head.iter().map(|k| zero_of(k)).collect();
                    all.push("err".to_owned());
                    all.join(", ")
                }
                _ => zero,
            };
            let space = if returned.is_empty() { "" } else { " " };
            let check = format!(
                "{indent}if err != nil {{\n{indent}\treturn{space}{returned}\n{indent}}}\n"
            );
            edits.push(place.insert(text.len(), check));
            out.push(place.propose("assignment_count", "check the error", edits, 0.2));
            let edit = place.insert(indent_of(text).len(), "_, ");
            out.push(place.propose("assignment_count", "take the second", vec![edit], 0.7));
        }
    } else {
        let start = text[..end].rfind(',');
        if let Some(start) = start {
            let edit = place.swap(start, &text[start..end], "");
            out.push(place.propose("assignment_count", "one variable fewer", vec![edit], 0.3));
        }
    }
    out
}

fn operator(place: &Place, old: &str, new: &str) -> Vec<Candidate> {
    let found = place.text().match_indices(old);
    found
        .map(|(at, _)| {
            let edit = place.swap(at, old, new);
            place.propose("assignment", format!("`{old}` becomes `{new}`"), vec![edit], 0.1)
        })
        .collect()
}

/// The column is at the closing bracket or at the first surplus argument.
fn call_arguments(place: &Place, fewer: bool) -> Vec<Candidate> {
    let text = place.text();
    let at = place.offset();
    let open = text
        .match_indices('(')
        .map(|(open, _)| open)
        .rfind(|&open| open < at && matching(text, open).is_some_and(|close| close >= at));
    open.map_or_else(Vec::new, |open| super::rust::change_arguments(place, open, fewer))
}

fn return_values(message: &str, place: &Place) -> Vec<Candidate> {
    let kinds = results(place);
    let text = place.text();
    let Some(start) = text.find("return").map(|n| n + "return".len()) else { return Vec::new() };
    let given = text[start..].trim();
    let mut out = Vec::new();
    if message.contains("not enough") {
        let count = if given.is_empty() { 0 } else { given.matches(", ").count() + 1 };
        let end = text.trim_end().len();
        let more: Vec<String> = kinds.iter().skip(count).map(|k| zero_of(k)).collect();
        let lead = if count == 0 { " " } else { ", " };
        let edit = place.insert(end, format!("{lead}{}", more.join(", ")));
        out.push(place.propose("return_values", "return zero values too", vec![edit], 0.2));
        if count > 0 {
            let before: Vec<String> = kinds
                .iter()
                .take(kinds.len() - count.min(kinds.len()))
                .map(|k| zero_of(k))
                .collect();
            let edit = place.insert(start, format!(" {},", before.join(", ")));
            out.push(place.propose("return_values", "return zero values first", vec![edit], 0.5));
        }
    } else if let Some(comma) = given.rfind(", ") {
        let edit = place.swap(start, &text[start..], &format!(" {}\n", &given[..comma]));
        out.push(place.propose("return_values", "return one value fewer", vec![edit], 0.3));
    }
    out
}

fn condition(place: &Place) -> Vec<Candidate> {
    let Some((start, end)) = place.expression() else { return Vec::new() };
    let old = &place.text()[start..end];
    [("!= nil", 0.3), ("!= 0", 0.3), ("!= \"\"", 0.5), ("== 0", 1.0)]
        .into_iter()
        .map(|(test, cost)| {
            let new = format!("{old} {test}");
            let edit = place.swap(start, old, &new);
            place.propose("condition", format!("`{new}`"), vec![edit], cost)
        })
        .collect()
}

fn panic(message: &str, place: &Place) -> Vec<Candidate> {
    let mut out = Vec::new();
    let text = place.text();
    if message.contains("assignment to entry in nil map") {
        for (at, _) in text.match_indices('[') {
            let start = chain_start(text, at);
            let owner = &text[start..at];
            let last = owner.rsplit('.').next().unwrap_or(owner);
            if let Some(kind) = map_type(last, &place.source.text) {
                let statement = format!("if {owner} == nil {{");
                let indent = indent_of(text);
                let guard = format!("{statement}\n{indent}\t{owner} = make({kind})\n{indent}}}");
                let edit = place.line_above(&guard);
                out.push(place.propose("nil_map", format!("make `{owner}`"), vec![edit], 0.2));
            }
        }
        out.extend(make_maps(place));
    }
    let statement = text.trim();
    let simple = !statement.ends_with(['{', '(', ','])
        && !statement.contains(":=")
        && !statement.starts_with('}');
    if message.contains("index out of range") {
        for (at, _) in text.match_indices('[') {
            let (Some(close), start) = (matching(text, at), chain_start(text, at)) else {
                continue;
            };
            let (owner, index) = (&text[start..at], &text[at + 1..close]);
            if owner.is_empty() || index.contains(':') || index.is_empty() {
                continue;
            }
            out.extend(guard(place, &format!("{index} >= len({owner})"), 0.6));
            if simple && !statement.starts_with("return") {
                let indent = indent_of(text);
                let new = format!(
                    "{indent}if {index} < len({owner}) {{\n{indent}\t{statement}\n{indent}}}\n"
                );
                let edit = place.swap(0, text, &new);
                out.push(place.propose(
                    "index_guard",
                    format!("only if `{index} < len({owner})`"),
                    vec![edit],
                    0.7,
                ));
            }
        }
    }
    if message.contains("integer divide by zero") {
        for (at, sign) in text.match_indices(" / ").chain(text.match_indices(" % ")) {
            let divisor = word_at(text, at + sign.len());
            if !divisor.is_empty() {
                out.extend(guard(place, &format!("{divisor} == 0"), 0.4));
            }
        }
    }
    if message.contains("nil pointer dereference") {
        let mut seen: Vec<&str> = Vec::new();
        for (at, _) in text.match_indices('.') {
            let owner = &text[chain_start(text, at)..at];
            if !owner.is_empty()
                && !seen.contains(&owner)
                && !owner.starts_with(|c: char| c.is_ascii_digit())
            {
                seen.push(owner);
                out.extend(guard(place, &format!("{owner} == nil"), ranked(0.4, 0.2, seen.len())));
            }
        }
    }
    out
}

/// Returns the zero value, or goes on with the loop, when `condition` holds.
fn guard(place: &Place, condition: &str, cost: f64) -> Vec<Candidate> {
    let indent = indent_of(place.text());
    let zero = zeros(place);
    let space = if zero.is_empty() { "" } else { " " };
    [(format!("return{space}{zero}"), 0.0), ("continue".to_owned(), 0.4)]
        .into_iter()
        .map(|(leave, more)| {
            let statement = format!("if {condition} {{\n{indent}\t{leave}\n{indent}}}");
            let title = format!("`{leave}` if `{condition}`");
            place.propose("guard", title, vec![place.line_above(&statement)], cost + more)
        })
        .collect()
}

/// The type that the field or variable `name` is declared with, when it is a map.
fn map_type(name: &str, text: &str) -> Option<String> {
    for at in words(text, name) {
        let rest = text[at + name.len()..].trim_start_matches([' ', '\t', '=', ':']);
        if rest.starts_with("map[") {
            let close = matching(rest, 3)?;
            let end = rest[close..]
                .find(['\n', '{', ')', ',', '`', ';', '/'])
                .map_or(rest.len(), |n| close + n);
            return Some(rest[..end].trim().to_owned());
        }
    }
    None
}

/// `var m map[K]V` becomes `m := make(map[K]V)`.
fn make_maps(place: &Place) -> Vec<Candidate> {
    let mut out = Vec::new();
    let Some(function) = place.source.function_at(place.line) else { return out };
    for line in function.lines.start().0..=place.line.0 {
        let Some(span) = place.source.lines.span(Line(line)) else { continue };
        let text = span.of(&place.source.text).unwrap_or_default();
        let Some([name, kind]) = captures(r"^\s*var (\w+) (map\[.*\S)\s*$", text) else { continue };
        let new = format!("{}{name} := make({kind})\n", indent_of(text));
        let edit = Replacement::new(span.start, span.end, new);
        out.push(place.propose("nil_map", format!("make `{name}`"), vec![edit], 0.1));
    }
    out
}

const BUILTINS: &[&str] = &[
    "append", "bool", "byte", "cap", "close", "copy", "delete", "error", "false", "float64", "int",
    "int64", "len", "make", "new", "nil", "panic", "recover", "rune", "string", "true", "uint",
];

const PACKAGES: &[&str] = &[
    "bufio",
    "bytes",
    "container/heap",
    "container/list",
    "context",
    "encoding/base64",
    "encoding/hex",
    "encoding/json",
    "errors",
    "fmt",
    "io",
    "log",
    "math",
    "math/bits",
    "math/rand",
    "net/http",
    "net/url",
    "os",
    "path",
    "path/filepath",
    "reflect",
    "regexp",
    "runtime",
    "sort",
    "strconv",
    "strings",
    "sync",
    "sync/atomic",
    "time",
    "unicode",
    "unicode/utf8",
];

const PACKAGE_ITEMS: &[(&str, &[&str])] = &[
    (
        "fmt",
        &[
            "Errorf", "Fprint", "Fprintf", "Fprintln", "Print", "Printf", "Println", "Sprint",
            "Sprintf", "Sprintln", "Sscanf", "Stringer",
        ],
    ),
    (
        "strings",
        &[
            "Builder",
            "Contains",
            "ContainsRune",
            "Count",
            "EqualFold",
            "Fields",
            "HasPrefix",
            "HasSuffix",
            "Index",
            "IndexByte",
            "Join",
            "LastIndex",
            "Map",
            "NewReader",
            "NewReplacer",
            "Repeat",
            "Replace",
            "ReplaceAll",
            "Split",
            "SplitN",
            "Title",
            "ToLower",
            "ToUpper",
            "Trim",
            "TrimLeft",
            "TrimPrefix",
            "TrimRight",
            "TrimSpace",
            "TrimSuffix",
        ],
    ),
    (
        "strconv",
        &[
            "Atoi",
            "FormatFloat",
            "FormatInt",
            "Itoa",
            "ParseBool",
            "ParseFloat",
            "ParseInt",
            "Quote",
        ],
    ),
    ("errors", &["As", "Is", "New", "Unwrap"]),
    (
        "math",
        &[
            "Abs", "Ceil", "Floor", "Hypot", "Inf", "IsNaN", "Log", "Max", "MaxInt", "MaxInt64",
            "Min", "MinInt", "Mod", "NaN", "Pi", "Pow", "Round", "Sqrt", "Trunc",
        ],
    ),
    (
        "sort",
        &["Float64s", "Ints", "Search", "SearchInts", "Slice", "SliceStable", "Sort", "Strings"],
    ),
    (
        "os",
        &["Args", "Create", "Exit", "Getenv", "Open", "ReadFile", "Stderr", "Stdout", "WriteFile"],
    ),
    (
        "time",
        &["Duration", "Hour", "Minute", "Millisecond", "Now", "Second", "Since", "Sleep", "Time"],
    ),
    ("sync", &["Mutex", "Once", "RWMutex", "WaitGroup"]),
    ("unicode", &["IsDigit", "IsLetter", "IsLower", "IsSpace", "IsUpper", "ToLower", "ToUpper"]),
    ("bytes", &["Buffer", "Contains", "Equal", "NewBuffer", "NewReader", "TrimSpace"]),
];
