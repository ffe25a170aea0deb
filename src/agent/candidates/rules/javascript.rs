//! Rules for JavaScript and TypeScript: what node and the TypeScript compiler report.

use super::javascript_modules::{
    GLOBALS, METHODS, insert_import, missing_export, missing_module, modules_of, related_methods,
};
use super::place::{
    Place, attribute_uses, chain_start, indent_of, matching, members_of, places, ranked,
    repository, swap_all, words,
};
use super::{Scene, captures, curly_syntax};
use crate::agent::candidates::Candidate;
use crate::base::{Language, Line, Replacement};
use crate::syntax;
use crate::trace::{Failure, FailureKind};

pub(super) const SCRIPT: &[Language] = &[Language::JavaScript, Language::TypeScript, Language::Tsx];

/// Everything the rules for `failure` propose.
pub(super) fn propose(failure: &Failure, scene: &Scene<'_>) -> Vec<Candidate> {
    let mut out = Vec::new();
    for (depth, place) in places(failure, scene, SCRIPT).into_iter().take(3).enumerate() {
        let mut found = match failure.kind {
            FailureKind::Syntax => curly_syntax::propose(failure, &place),
            _ => at_place(&failure.message, &place, scene),
        };
        found.iter_mut().for_each(|c| c.cost += ranked(0.0, 0.7, depth));
        out.append(&mut found);
    }
    if let Some([module]) = captures(r"Cannot find module '([^']+)'", &failure.message) {
        out.extend(missing_module(module, failure, scene));
    }
    out
}

fn at_place(message: &str, place: &Place, scene: &Scene<'_>) -> Vec<Candidate> {
    let mut out = Vec::new();
    if let Some([name]) = captures(r"([\w$]+) is not defined", message)
        .or_else(|| captures(r"Cannot find name '([\w$]+)'", message))
    {
        out.extend(undefined_name(name, message, place, scene));
    }
    if let Some([callee]) = captures(r"([\w$.()\[\] ]+) is not a function", message) {
        out.extend(not_a_function(callee, place, scene));
    }
    if let Some([_, _, name]) = captures(
        r"Cannot (read|set) properties of (undefined|null) \((?:reading|setting) '([^']+)'\)",
        message,
    ) {
        out.extend(of_undefined(name, place, scene));
    }
    if let Some([name, owner]) =
        captures(r"Property '([\w$]+)' does not exist on type '([^']+)'", message)
    {
        out.extend(similar_member(name, Some(owner), place, scene));
    }
    if let Some([module, name]) =
        captures(r"requested module '([^']+)' does not provide an export named '([\w$]+)'", message)
    {
        out.extend(missing_export(module, name, place, scene));
    }
    if message.contains("Assignment to constant variable") {
        out.extend(constant(place));
    }
    if let Some([name]) = captures(r"Cannot access '([\w$]+)' before initialization", message) {
        out.extend(too_early(name, place));
    }
    if let Some([class]) =
        captures(r"Class constructor ([\w$]+) cannot be invoked without 'new'", message)
    {
        for at in words(place.text(), class) {
            let edit = place.insert(at, "new ");
            out.push(place.propose("missing_new", format!("`new {class}`"), vec![edit], 0.1));
        }
    }
    if message.contains(" is not a constructor") {
        for (at, word) in place.text().match_indices("new ") {
            let edit = place.swap(at, word, "");
            out.push(place.propose("superfluous_new", "no `new`", vec![edit], 0.4));
        }
    }
    if let Some([name]) = captures(r"([\w$.]+) is not iterable", message) {
        out.extend(not_iterable(name, place));
    }
    out.extend(missing_await(message, place, scene));
    out
}

fn undefined_name(name: &str, message: &str, place: &Place, scene: &Scene<'_>) -> Vec<Candidate> {
    let source = &place.source;
    let here = words(place.text(), name);
    let mut out = Vec::new();
    if let Some([hint]) = captures(r"Did you mean '([\w$.]+)'", message) {
        out.extend(swap_all(place, &here, name, hint, "name_from_hint", 0.1));
    }
    if let Some(class) = source.function_at(place.line).and_then(|f| f.class.clone())
        && members_of(&class, scene, SCRIPT).iter().any(|m| m.name == name)
    {
        out.extend(swap_all(place, &here, name, &format!("this.{name}"), "missing_this", 0.2));
    }
    for (rank, (module, whole)) in modules_of(name, scene, source).into_iter().take(3).enumerate() {
        let edit = insert_import(source, name, &module, whole);
        let title = format!("import `{name}` from `{module}`");
        out.push(place.propose("missing_import", title, vec![edit], ranked(0.3, 0.4, rank)));
    }
    let scope = syntax::names_in_scope(&source.parsed, place.span.start + place.offset());
    let all = scope.iter().map(|n| n.name.as_str()).chain(GLOBALS.iter().copied());
    for (rank, similar) in syntax::similar_names(name, all).into_iter().take(4).enumerate() {
        out.extend(swap_all(place, &here, name, similar, "name_in_scope", ranked(0.4, 0.4, rank)));
    }
    out
}

fn not_a_function(callee: &str, place: &Place, scene: &Scene<'_>) -> Vec<Candidate> {
    let mut out = Vec::new();
    let name = callee.rsplit('.').next().unwrap_or(callee).trim();
    let text = place.text();
    if callee.contains('.') {
        out.extend(similar_member(name, None, place, scene));
    } else {
        let here = words(text, name);
        let scope = syntax::names_in_scope(&place.source.parsed, place.span.start + place.offset());
        let all = scope.iter().map(|n| n.name.as_str());
        for (rank, new) in syntax::similar_names(name, all).into_iter().take(3).enumerate() {
            out.extend(swap_all(place, &here, name, new, "name_in_scope", ranked(0.7, 0.4, rank)));
        }
    }
    for at in words(text, name) {
        let open = at + name.len();
        let Some(close) = text[open..].starts_with('(').then(|| matching(text, open)).flatten()
        else {
            continue;
        };
        let inner = text[open + 1..close].trim().to_owned();
        let old = &text[open..=close];
        if inner.is_empty() {
            let edit = place.swap(open, old, "");
            out.push(place.propose("superfluous_call", "do not call it", vec![edit], 0.4));
        } else {
            let edit = place.swap(open, old, &format!("[{inner}]"));
            out.push(place.propose("call_is_index", "index it", vec![edit], 0.9));
        }
        let start = chain_start(text, open);
        let owner = text[start..at].trim_end_matches('.');
        if !owner.is_empty() {
            for (new, cost) in [
                (format!("Array.from({owner}).{name}"), 0.6),
                (format!("Object.values({owner}).{name}"), 0.9),
                (format!("Object.keys({owner}).{name}"), 1.0),
                (format!("Object.entries({owner}).{name}"), 1.0),
                (format!("String({owner}).{name}"), 0.8),
                (format!("{owner}?.{name}?."), 1.4),
            ] {
                let edit = place.swap(start, &text[start..open], &new);
                out.push(place.propose("convert_owner", format!("`{new}`"), vec![edit], cost));
            }
        }
    }
    out
}

/// Another property or method behind the dot.
fn similar_member(
    name: &str,
    owner: Option<&str>,
    place: &Place,
    scene: &Scene<'_>,
) -> Vec<Candidate> {
    let mut known: Vec<String> = Vec::new();
    if let Some(owner) = owner {
        known.extend(members_of(owner, scene, SCRIPT).into_iter().map(|m| m.name));
    } else {
        for source in repository(scene, SCRIPT) {
            let methods =
                source.functions.iter().filter(|f| f.class.is_some() || f.qualified == f.name);
            known.extend(methods.map(|f| f.name.clone()));
        }
    }
    known.extend(properties(&place.source.text));
    known.extend(METHODS.iter().map(|&m| m.to_owned()));
    let mut order: Vec<String> = related_methods(name).iter().map(|&m| m.to_owned()).collect();
    let similar = syntax::similar_names(name, known.iter().map(String::as_str));
    order.extend(similar.into_iter().take(5).map(str::to_owned));
    let here = attribute_uses(place.text(), name);
    let mut out = Vec::new();
    for (rank, new) in order.iter().enumerate() {
        let cost = ranked(0.2, 0.3, rank);
        if new == "length" || new == "size" {
            let call = format!("{name}()");
            for &at in here.iter().filter(|&&at| place.text()[at..].starts_with(&call)) {
                let edit = place.swap(at, &call, new);
                out.push(place.propose("member_known", format!("`.{new}`"), vec![edit], cost));
            }
        }
        out.extend(swap_all(place, &here, name, new, "member_known", cost));
    }
    out
}

/// Names that the file uses behind a dot or as keys.
fn properties(text: &str) -> Vec<String> {
    let Ok(pattern) = regex::Regex::new(r"\.([A-Za-z_$][\w$]*)|\b([A-Za-z_$][\w$]*):") else {
        return Vec::new();
    };
    let mut out: Vec<String> = Vec::new();
    for found in pattern.captures_iter(text) {
        let name = found.get(1).or_else(|| found.get(2)).map_or("", |m| m.as_str());
        if !out.iter().any(|o| o == name) {
            out.push(name.to_owned());
        }
    }
    out
}

fn of_undefined(name: &str, place: &Place, scene: &Scene<'_>) -> Vec<Candidate> {
    let text = place.text();
    let mut out = Vec::new();
    for at in attribute_uses(text, name) {
        let dot = text[..at].trim_end().len() - 1;
        if text[..dot].ends_with('?') {
            continue;
        }
        let target = text[at + name.len()..].trim_start();
        let assigned = target.starts_with('=') && !target.starts_with("==");
        let start = chain_start(text, dot);
        let owner = &text[start..dot];
        if owner.is_empty() {
            continue;
        }
        if !assigned {
            let edit = place.insert(dot, "?");
            out.push(place.propose(
                "optional_chain",
                format!("`{owner}?.{name}`"),
                vec![edit],
                0.5,
            ));
            for (default, cost) in [("{}", 0.8), ("[]", 0.9), ("''", 1.2)] {
                let new = format!("({owner} ?? {default})");
                let edit = place.swap(start, owner, &new);
                out.push(place.propose("default_owner", format!("`{new}`"), vec![edit], cost));
            }
        }
        // The property before it is misspelt, or belongs to `this`.
        if let Some((head, last)) = owner.rsplit_once('.') {
            let last = last.split(['[', '(']).next().unwrap_or(last);
            let known = properties(&place.source.text);
            let similar = syntax::similar_names(last, known.iter().map(String::as_str));
            let at = start + head.len() + 1;
            for (rank, new) in similar.into_iter().take(4).enumerate() {
                let edit = place.swap(at, last, new);
                let title = format!("`{last}` becomes `{new}`");
                let cost = ranked(0.4, 0.4, rank);
                out.push(place.propose("similar_property", title, vec![edit], cost));
            }
        } else if owner != "this" {
            let class = place.source.function_at(place.line).and_then(|f| f.class.clone());
            let member = class
                .is_some_and(|c| members_of(&c, scene, SCRIPT).iter().any(|m| m.name == owner));
            if member {
                let edit = place.insert(start, "this.");
                out.push(place.propose("missing_this", format!("`this.{owner}`"), vec![edit], 0.3));
            }
        } else {
            out.extend(unbound_this(place));
        }
    }
    out
}

/// `this` is lost in a `function`: an arrow keeps it.
fn unbound_this(place: &Place) -> Vec<Candidate> {
    let mut out = Vec::new();
    for back in 0..8.min(place.line.0) {
        let line = Line(place.line.0 - back);
        let text = place.source.line_text(line);
        let Some(at) = text.rfind("function (").or_else(|| text.rfind("function(")) else {
            continue;
        };
        let open = at + text[at..].find('(').unwrap_or(0);
        let (Some(close), Some(span)) = (matching(text, open), place.source.lines.span(line))
        else {
            continue;
        };
        let edits = vec![
            Replacement::new(span.start + at, span.start + open, ""),
            Replacement::new(span.start + close + 1, span.start + close + 1, " =>"),
        ];
        out.push(place.propose("arrow_function", "keep `this` with an arrow", edits, 0.3));
        break;
    }
    out
}

fn constant(place: &Place) -> Vec<Candidate> {
    let Some([name]) = captures(
        r"^(?:.*?[^\w$.])??(?:\+\+|--)?([\w$]+)\s*(?:[-+*/%&|^?]*=[^=>]|\+\+|--)",
        place.text(),
    ) else {
        return Vec::new();
    };
    let named = super::place::word_at(place.text(), place.offset());
    let mut out = Vec::new();
    for (rank, name) in [named, name].into_iter().enumerate() {
        let text = &place.source.text;
        for at in words(text, name) {
            let head = text[..at].trim_end_matches(' ');
            if !head.ends_with("const") || rank > 0 && named == name {
                continue;
            }
            let start = head.len() - "const".len();
            if start > place.span.end {
                continue;
            }
            let far = if place.source.function_at(place.line).is_some_and(|f| f.span.start <= start)
            {
                0.0
            } else {
                0.2
            };
            let edit = Replacement::new(start, start + 5, "let");
            out.push(place.propose("const_to_let", format!("`let {name}`"), vec![edit], 0.1 + far));
        }
    }
    out
}

/// The declaration moves above the use, when it is a line of its own; or the name means another.
fn too_early(name: &str, place: &Place) -> Vec<Candidate> {
    let source = &place.source;
    let mut out = Vec::new();
    let count = u32::try_from(source.lines.count()).unwrap_or(u32::MAX);
    for line in (place.line.0 + 1..=count).map(Line) {
        let text = source.line_text(line);
        let declares = ["const ", "let ", "class "]
            .iter()
            .any(|w| text.trim_start().starts_with(&format!("{w}{name} ")));
        if !declares || indent_of(text).len() > indent_of(place.text()).len() {
            continue;
        }
        let Some(span) = source.lines.span(line) else { continue };
        let mut end = span.end;
        if let Some(open) = text.find('{')
            && let Some(close) = matching(&source.text[span.start..], open)
        {
            let after = span.start + close;
            end = source.text[after..].find('\n').map_or(source.text.len(), |n| after + n + 1);
        }
        let moved = format!("{}\n", source.text[span.start..end].trim_end());
        let edits = vec![place.insert(0, moved), Replacement::new(span.start, end, "")];
        out.push(place.propose("declare_first", format!("declare `{name}` first"), edits, 0.3));
        break;
    }
    let here = words(place.text(), name);
    let scope = syntax::names_in_scope(&source.parsed, place.span.start + place.offset());
    let all = scope.iter().map(|n| n.name.as_str());
    for (rank, new) in syntax::similar_names(name, all).into_iter().take(3).enumerate() {
        for &at in &here {
            let edit = place.swap(at, name, new);
            let title = format!("`{name}` becomes `{new}`");
            out.push(place.propose("name_in_scope", title, vec![edit], ranked(0.7, 0.3, rank)));
        }
    }
    out
}

fn not_iterable(name: &str, place: &Place) -> Vec<Candidate> {
    let text = place.text();
    let mut out = Vec::new();
    for at in words(text, name) {
        for (new, cost) in [
            (format!("Object.entries({name})"), 0.5),
            (format!("Object.values({name})"), 0.6),
            (format!("Object.keys({name})"), 0.7),
            (format!("({name} ?? [])"), 0.6),
            (format!("[{name}]"), 0.9),
            (format!("await {name}"), 1.0),
        ] {
            let edit = place.swap(at, name, &new);
            out.push(place.propose("iterate", format!("`{new}`"), vec![edit], cost));
        }
    }
    if let Some(at) = text.find(" of ").filter(|_| text.contains("for ")) {
        let edit = place.swap(at, " of ", " in ");
        out.push(place.propose("iterate", "`for ... in`", vec![edit], 0.8));
    }
    out
}

/// A promise is used as if it were its value.
fn missing_await(message: &str, place: &Place, scene: &Scene<'_>) -> Vec<Candidate> {
    let told = message.contains("Promise")
        || ["is not iterable", "is not a function", "of undefined", "NaN"]
            .iter()
            .any(|w| message.contains(w));
    if !told {
        return Vec::new();
    }
    let sure = message.contains("Promise");
    let Some(function) = place.source.function_at(place.line) else { return Vec::new() };
    let mut asynchronous: Vec<String> = Vec::new();
    for source in repository(scene, SCRIPT) {
        let is_async = |f: &&syntax::Function| {
            let head = &source.text[f.span.start..f.body.start.max(f.span.start)];
            head.contains("async ") || source.text[..f.span.start].ends_with("async ")
        };
        asynchronous.extend(source.functions.iter().filter(is_async).map(|f| f.name.clone()));
    }
    let mut out = Vec::new();
    let (first, last) = (function.lines.start().0, place.line.0);
    for line in (first.max(last.saturating_sub(12))..=last).map(Line) {
        let Some(span) = place.source.lines.span(line) else { continue };
        let other = Place { source: place.source.clone(), line, span, column: None };
        for call in syntax::calls(&place.source.parsed, span) {
            if !asynchronous.contains(&call.name) || line == *function.lines.start() {
                continue;
            }
            let Some(open) = words(other.text(), &call.name)
                .into_iter()
                .map(|at| at + call.name.len())
                .find(|&end| other.text()[end..].starts_with('('))
            else {
                continue;
            };
            let start = chain_start(other.text(), open);
            if other.text()[..start].trim_end().ends_with("await") {
                continue;
            }
            let mut edits = vec![other.insert(start, "await ")];
            let head = &place.source.text[function.span.start..function.body.start];
            if !head.contains("async ") {
                let at = function.span.start + if head.starts_with("export ") { 7 } else { 0 };
                edits.push(Replacement::new(at, at, "async "));
            }
            let title = format!("await `{}`", call.name);
            out.push(other.propose("missing_await", title, edits, if sure { 0.2 } else { 0.4 }));
        }
    }
    out
}
