//! Rules for Python's run-time errors.

use regex::Regex;

use super::names::{
    BUILTINS, import_of, insert_import, methods_of, module_definitions, related_methods,
};
use super::place::{
    Place, attribute_uses, indent_of, matching, places, repository, swap_all, words,
};
use super::{Scene, candidate, captures};
use crate::agent::candidates::Candidate;
use crate::agent::sources::Source;
use crate::base::{Language, Replacement};
use crate::syntax;
use crate::trace::Failure;

/// Everything the rules for `failure` propose.
pub(super) fn propose(failure: &Failure, scene: &Scene<'_>) -> Vec<Candidate> {
    let mut out = Vec::new();
    for (depth, place) in
        places(failure, scene, &[Language::Python]).into_iter().take(3).enumerate()
    {
        let mut found = at_place(failure, &place, scene);
        #[expect(clippy::cast_precision_loss, reason = "at most 3")]
        let far = depth as f64 * 0.7;
        found.iter_mut().for_each(|c| c.cost += far);
        out.append(&mut found);
    }
    out
}

fn at_place(failure: &Failure, place: &Place, scene: &Scene<'_>) -> Vec<Candidate> {
    let message = failure.message.as_str();
    match failure.exception.as_deref().map(short) {
        Some("NameError") => name_error(message, place, scene),
        Some("UnboundLocalError") => unbound_local(message, place),
        Some("AttributeError") => attribute_error(message, place, scene),
        Some("ImportError" | "ModuleNotFoundError") => import_error(message, place, scene),
        Some("TypeError") => type_error(message, place, scene),
        Some("KeyError") => key_error(message, place, scene),
        Some("ZeroDivisionError") => zero_division(place),
        Some("ValueError") => value_error(message, place),
        _ => Vec::new(),
    }
}

/// `json.decoder.JSONDecodeError` -> `JSONDecodeError`.
fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn name_error(message: &str, place: &Place, scene: &Scene<'_>) -> Vec<Candidate> {
    let Some([name]) = captures(r"name '(\w+)' is not defined", message) else { return Vec::new() };
    let mut out = Vec::new();
    let source = &place.source;
    let here = words(place.text(), name);
    let hint = captures(r"Did you mean: '([\w.]+)'", message).map(|[h]| h.to_owned());
    if let Some(hint) = &hint {
        out.extend(swap_all(place, &here, name, hint, "name_from_hint", 0.1));
    }
    for (rank, (module, statement)) in
        import_of(name, scene, source).into_iter().take(3).enumerate()
    {
        let Some(edit) = insert_import(source, &statement) else { continue };
        #[expect(clippy::cast_precision_loss, reason = "at most 3")]
        let cost = 0.3 + rank as f64 * 0.5;
        let title = format!("import `{name}` from {module}");
        out.push(candidate(source, place.line, "missing_import", title, vec![edit], cost));
    }
    let scope = syntax::names_in_scope(&source.parsed, place.span.end.saturating_sub(1));
    let all: Vec<&str> = scope.iter().map(|n| n.name.as_str()).collect();
    for (rank, similar) in
        syntax::similar_names(name, all.iter().copied().chain(BUILTINS.iter().copied()))
            .into_iter()
            .take(4)
            .enumerate()
    {
        if hint.as_deref() != Some(similar) {
            #[expect(clippy::cast_precision_loss, reason = "at most 4")]
            let cost = 0.4 + rank as f64 * 0.4;
            out.extend(swap_all(place, &here, name, similar, "name_in_scope", cost));
        }
    }
    if let Some(class) = source.function_at(place.line).and_then(|f| f.class.clone()) {
        let attributes = syntax::attributes_of_self(&source.parsed, &class);
        if attributes.iter().any(|a| a.name == name) {
            out.extend(swap_all(place, &here, name, &format!("self.{name}"), "missing_self", 0.2));
        }
    }
    out
}

fn unbound_local(message: &str, place: &Place) -> Vec<Candidate> {
    let Some([name]) = captures(r"local variable '(\w+)'", message) else { return Vec::new() };
    let source = &place.source;
    let Some(function) = source.function_at(place.line) else { return Vec::new() };
    let Some((start, indent)) = start_of_code(source, function) else { return Vec::new() };
    let mut out = Vec::new();
    let mut insert = |statement: String, cost: f64| {
        let title = format!("add `{statement}`");
        let edit = Replacement::new(start, start, format!("{indent}{statement}\n"));
        out.push(candidate(source, place.line, "unbound_local", title, vec![edit], cost));
    };
    let module = syntax::definitions(&source.parsed).iter().any(|d| d.name == name);
    if module {
        insert(format!("global {name}"), 0.3);
    }
    if function.qualified.contains('.') {
        insert(format!("nonlocal {name}"), 0.9);
    }
    for (value, cost) in
        [("None", 1.0), ("0", 1.0), ("[]", 1.4), ("''", 1.4), ("{}", 1.6), ("False", 1.4)]
    {
        insert(format!("{name} = {value}"), cost);
    }
    out
}

/// Where a statement can be put in front of a function's own, and its indentation. A docstring stays first.
fn start_of_code(source: &Source, function: &syntax::Function) -> Option<(usize, String)> {
    let line = source.lines.line(function.body.start);
    let start = source.lines.span(line)?.start;
    let behind = super::names::after_string(&source.text, function.body.start);
    let behind = behind.filter(|&at| at < function.body.end);
    Some((behind.unwrap_or(start), indent_of(source.line_text(line)).to_owned()))
}

fn attribute_error(message: &str, place: &Place, scene: &Scene<'_>) -> Vec<Candidate> {
    let found = captures(r"'([\w.]+)' object has no attribute '(\w+)'", message)
        .or_else(|| captures(r"module '([\w.]+)' has no attribute '(\w+)'", message))
        .or_else(|| captures(r"type object '([\w.]+)' has no attribute '(\w+)'", message));
    let Some([owner, name]) = found else { return Vec::new() };
    let mut out = Vec::new();
    let here = attribute_uses(place.text(), name);
    let mut known: Vec<String> = Vec::new();
    if let Some([hint]) = captures(r"Did you mean: '(\w+)'", message) {
        known.push(hint.to_owned());
    }
    let mut all: Vec<String> = Vec::new();
    for frame in &scene.localisation.values {
        for value in frame.locals.values().filter(|v| v.kind == short(owner)) {
            all.extend(value.attributes.iter().cloned());
        }
    }
    for path in scene.sources.files().iter().filter(|p| p.as_str().ends_with(".py")).take(400) {
        if let Some(source) = scene.sources.get(path)
            && source.text.contains(&format!("class {}", short(owner)))
        {
            let attributes = syntax::attributes_of_self(&source.parsed, short(owner));
            all.extend(attributes.into_iter().map(|a| a.name));
        }
    }
    all.extend(module_definitions(owner, scene));
    all.extend(methods_of(owner).iter().map(|&m| m.to_owned()));
    let similar = syntax::similar_names(name, all.iter().map(String::as_str));
    known.extend(similar.into_iter().take(4).map(str::to_owned));
    known.extend(related_methods(owner, name).iter().map(|&m| m.to_owned()));
    known.dedup();
    for (rank, new) in known.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a handful of names")]
        let cost = 0.2 + rank as f64 * 0.4;
        out.extend(swap_all(place, &here, name, new, "attribute_known", cost));
    }
    out.extend(attribute_never_set(short(owner), name, scene));
    if owner == "function" || owner == "method" || owner == "builtin_function_or_method" {
        // `x.f.y` where `x.f().y` was meant.
        for &at in &here {
            let dot = place.text()[..at].trim_end().len();
            if place.text()[..dot].ends_with('.') {
                let edit =
                    Replacement::new(place.span.start + dot - 1, place.span.start + dot - 1, "()");
                out.push(candidate(
                    &place.source,
                    place.line,
                    "missing_call",
                    "call it first",
                    vec![edit],
                    0.3,
                ));
            }
        }
    }
    out
}

/// The constructor of a class of the repository does not set an attribute that is used later.
fn attribute_never_set(class: &str, name: &str, scene: &Scene<'_>) -> Vec<Candidate> {
    let mut out = Vec::new();
    for source in repository(scene, &[Language::Python]) {
        let is_it =
            |f: &&syntax::Function| f.name == "__init__" && f.class.as_deref() == Some(class);
        let Some(function) = source.functions.iter().find(is_it) else { continue };
        let line = source.lines.line(function.body.start);
        let Some((start, indent)) = start_of_code(&source, function) else { continue };
        let scope = syntax::names_in_scope(&source.parsed, function.body.start);
        let bare = name.trim_start_matches('_');
        let own = scope.iter().filter(|n| n.reach == syntax::Reach::Own);
        let parameters = own.map(|n| n.name.as_str()).filter(|n| *n == name || *n == bare);
        let mut values: Vec<(&str, f64)> = parameters.map(|n| (n, 0.3)).collect();
        values.extend([("None", 1.0), ("[]", 1.1), ("{}", 1.1), ("0", 1.3), ("False", 1.3)]);
        values.extend([("set()", 1.6), ("''", 1.6), ("True", 1.9)]);
        for (value, cost) in values {
            let title = format!("set `self.{name}` to `{value}` in the constructor");
            let text = format!("{indent}self.{name} = {value}\n");
            let edit = Replacement::new(start, start, text);
            out.push(candidate(&source, line, "attribute_init", title, vec![edit], cost));
        }
    }
    out
}

fn import_error(message: &str, place: &Place, scene: &Scene<'_>) -> Vec<Candidate> {
    let mut out = Vec::new();
    if let Some([name, module]) = captures(r"cannot import name '(\w+)' from '([\w.]+)'", message)
        .or_else(|| {
            captures(
                r"cannot import name '(\w+)' from partially initialized module '([\w.]+)'",
                message,
            )
        })
    {
        let all = module_definitions(module, scene);
        let here = words(place.text(), name);
        for (rank, similar) in syntax::similar_names(name, all.iter().map(String::as_str))
            .into_iter()
            .take(3)
            .enumerate()
        {
            #[expect(clippy::cast_precision_loss, reason = "at most 3")]
            let cost = 0.2 + rank as f64 * 0.5;
            out.extend(swap_all(place, &here, name, similar, "import_name", cost));
            // The name is used below as well: rename it all through the file.
            out.extend(rename_everywhere(place, name, similar, cost + 0.1));
        }
        for (other, statement) in import_of(name, scene, &place.source).into_iter().take(2) {
            let edit = Replacement::new(place.span.start, place.span.end, format!("{statement}\n"));
            if place.text().trim_end().ends_with(name) {
                let title = format!("import `{name}` from {other}");
                out.push(candidate(
                    &place.source,
                    place.line,
                    "import_module",
                    title,
                    vec![edit],
                    0.6,
                ));
            }
        }
    }
    if let Some([module]) = captures(r"No module named '([\w.]+)'", message) {
        let modules: Vec<String> = scene
            .sources
            .files()
            .iter()
            .filter_map(|p| p.as_str().strip_suffix(".py"))
            .map(|p| p.trim_end_matches("/__init__").trim_start_matches("src/").replace('/', "."))
            .collect();
        let all =
            modules.iter().map(String::as_str).chain(super::names::STDLIB_MODULES.iter().copied());
        let last = module.rsplit('.').next().unwrap_or(module);
        let ends =
            modules.iter().filter(|m| m.rsplit('.').next() == Some(last)).map(String::as_str);
        let similar = syntax::similar_names(module, all);
        for (rank, new) in ends.chain(similar).take(5).enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "at most 5")]
            let cost = 0.2 + rank as f64 * 0.4;
            if let Some(at) = place.text().find(module) {
                let title = format!("import `{new}` instead of `{module}`");
                let edit = place.swap(at, module, new);
                out.push(candidate(
                    &place.source,
                    place.line,
                    "module_name",
                    title,
                    vec![edit],
                    cost,
                ));
            }
        }
        let from = format!("from {module}");
        if let Some(at) = place.text().find(&from) {
            let edit = place.swap(at, &from, &format!("from .{module}"));
            out.push(candidate(
                &place.source,
                place.line,
                "relative_import",
                "make the import relative",
                vec![edit],
                0.5,
            ));
        }
    }
    out
}

fn type_error(message: &str, place: &Place, scene: &Scene<'_>) -> Vec<Candidate> {
    let mut out = Vec::new();
    if let Some([function, name]) = captures(
        r"([\w.<>]+)\(\) missing \d+ required (?:positional|keyword-only) arguments?: '(\w+)'",
        message,
    ) {
        out.extend(missing_argument(short(function), name, place));
    }
    if let Some([function, _, _]) = captures(
        r"([\w.<>]+)\(\) takes (?:from \d+ to )?(\d+) positional arguments? but (\d+) (?:was|were) given",
        message,
    ) {
        out.extend(surplus_argument(short(function), scene));
    }
    if let Some([function, name]) =
        captures(r"([\w.<>]+)\(\) got an unexpected keyword argument '(\w+)'", message)
    {
        out.extend(unexpected_keyword(short(function), name, place, scene));
    }
    if message.contains("object is not callable") || message.contains("is not subscriptable") {
        out.extend(call_or_not(message, place));
    }
    out
}

/// The call lacks an argument: one whose name says that it is meant, else any name in scope.
fn missing_argument(function: &str, name: &str, place: &Place) -> Vec<Candidate> {
    let mut out = Vec::new();
    let source = &place.source;
    let scope = syntax::names_in_scope(&source.parsed, place.span.end.saturating_sub(1));
    let mut values: Vec<(String, f64)> = Vec::new();
    for known in &scope {
        if known.name == name {
            values.push((known.name.clone(), 0.2));
        } else if known.name.contains(name) || name.contains(&known.name) {
            values.push((known.name.clone(), 0.7));
        }
    }
    if let Some(class) = source.function_at(place.line).and_then(|f| f.class.clone())
        && syntax::attributes_of_self(&source.parsed, &class).iter().any(|a| a.name == name)
    {
        values.push((format!("self.{name}"), 0.4));
    }
    let own = scope.iter().filter(|n| n.reach == syntax::Reach::Own);
    values.extend(own.map(|n| (n.name.clone(), 1.4)));
    values.truncate(12);
    for close in call_ends(place, function) {
        let before = source.text[..close].trim_end();
        let separator = if before.ends_with('(') || before.ends_with(',') { "" } else { ", " };
        for (value, cost) in &values {
            for (text, more) in [(value.clone(), 0.0), (format!("{name}={value}"), 0.3)] {
                let edit = Replacement::new(close, close, format!("{separator}{text}"));
                let title = format!("pass `{text}` to `{function}`");
                out.push(candidate(
                    source,
                    place.line,
                    "missing_argument",
                    title,
                    vec![edit],
                    cost + more,
                ));
            }
        }
    }
    out
}

/// One argument too many: a method without `self`, or a definition that lost a parameter.
fn surplus_argument(function: &str, scene: &Scene<'_>) -> Vec<Candidate> {
    let mut out = Vec::new();
    for path in scene.sources.files().iter().filter(|p| p.as_str().ends_with(".py")).take(400) {
        let Some(source) = scene.sources.get(path) else { continue };
        for definition in source.functions.iter().filter(|f| f.name == function) {
            let Some(class) = &definition.class else { continue };
            if definition.params.first().is_some_and(|p| p.name == "self" || p.name == "cls") {
                continue;
            }
            let text = &source.text[definition.span.start..definition.span.end];
            let Some(open) = text.find(&format!("def {function}")).and_then(|at| {
                text[at..].find('(').map(|paren| definition.span.start + at + paren + 1)
            }) else {
                continue;
            };
            let line = source.lines.line(open);
            let new = if definition.params.is_empty() { "self" } else { "self, " };
            let edit = Replacement::new(open, open, new);
            let title = format!("`{class}.{function}` takes `self`");
            out.push(candidate(&source, line, "missing_self_parameter", title, vec![edit], 0.2));
            let start = source.lines.span(line).map_or(definition.span.start, |s| s.start);
            let indent = indent_of(source.line_text(line));
            let edit = Replacement::new(start, start, format!("{indent}@staticmethod\n"));
            let title = format!("`{class}.{function}` is static");
            out.push(candidate(&source, line, "missing_staticmethod", title, vec![edit], 0.6));
        }
    }
    out
}

fn unexpected_keyword(
    function: &str,
    name: &str,
    place: &Place,
    scene: &Scene<'_>,
) -> Vec<Candidate> {
    let mut params: Vec<String> = Vec::new();
    for path in scene.sources.files().iter().filter(|p| p.as_str().ends_with(".py")).take(400) {
        let Some(source) = scene.sources.get(path) else { continue };
        for definition in &source.functions {
            let init =
                definition.name == "__init__" && definition.class.as_deref() == Some(function);
            if definition.name == function || init {
                params.extend(definition.params.iter().map(|p| p.name.clone()));
            }
        }
    }
    let given = Regex::new(r"(\w+)\s*=")
        .map(|re| re.captures_iter(place.text()).map(|c| c[1].to_owned()).collect::<Vec<_>>());
    let given = given.unwrap_or_default();
    let free: Vec<&str> = params
        .iter()
        .map(String::as_str)
        .filter(|p| *p != "self" && !given.iter().any(|g| g == p))
        .collect();
    let similar = syntax::similar_names(name, free.iter().copied());
    let here = words(place.text(), name);
    let mut order: Vec<&str> = similar;
    order.extend(free.iter().copied());
    order.dedup();
    order
        .into_iter()
        .take(5)
        .enumerate()
        .flat_map(|(rank, new)| {
            #[expect(clippy::cast_precision_loss, reason = "at most 5")]
            let cost = 0.2 + rank as f64 * 0.4;
            here.iter()
                .filter(|&&at| place.text()[at + name.len()..].trim_start().starts_with('='))
                .map(|&at| {
                    let title = format!("keyword `{name}` becomes `{new}`");
                    let edit = place.swap(at, name, new);
                    candidate(&place.source, place.line, "keyword_name", title, vec![edit], cost)
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

fn call_or_not(message: &str, place: &Place) -> Vec<Candidate> {
    let text = place.text();
    let mut out = Vec::new();
    if message.contains("not subscriptable")
        && (message.contains("method") || message.contains("function"))
    {
        for (at, _) in text.match_indices('[') {
            if text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                let edit = Replacement::new(place.span.start + at, place.span.start + at, "()");
                out.push(candidate(
                    &place.source,
                    place.line,
                    "missing_call",
                    "call it first",
                    vec![edit],
                    0.3,
                ));
            }
        }
    }
    if message.contains("not callable") {
        for (at, _) in text.match_indices('(') {
            let Some(close) = matching(text, at) else { continue };
            let arguments = &text[at + 1..close];
            let (start, end) = (place.span.start + at, place.span.start + close + 1);
            if arguments.trim().is_empty() {
                let edit = Replacement::new(start, end, "");
                out.push(candidate(
                    &place.source,
                    place.line,
                    "superfluous_call",
                    "do not call it",
                    vec![edit],
                    0.3,
                ));
            } else if text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                let edit = Replacement::new(start, end, format!("[{arguments}]"));
                out.push(candidate(
                    &place.source,
                    place.line,
                    "call_is_index",
                    "index it",
                    vec![edit],
                    0.6,
                ));
            }
        }
    }
    out
}

/// `counts[word] += 1` where the key is new.
fn first_count(place: &Place) -> Option<Candidate> {
    let [target, key, sign, value] =
        captures(r"^\s*([\w.]+)\[([^\]\n]+)\] ([-+*|])= ([^\n#]+)", place.text())?;
    let start = place.text().find(target)?;
    let old = place.text()[start..].trim_end();
    let empty = match value.trim().chars().next() {
        Some('[') => "[]",
        Some('\'' | '"') => "''",
        _ => "0",
    };
    let new = format!("{target}[{key}] = {target}.get({key}, {empty}) {sign} {}", value.trim());
    let edit = place.swap(start, old, &new);
    let title = format!("a new key starts at {empty}");
    Some(candidate(&place.source, place.line, "first_count", title, vec![edit], 0.2))
}

fn key_error(message: &str, place: &Place, scene: &Scene<'_>) -> Vec<Candidate> {
    let key = message.trim().trim_matches(|c| c == '\'' || c == '"');
    if key.is_empty() || key.contains('\n') {
        return Vec::new();
    }
    let mut known: Vec<String> = Vec::new();
    let Ok(quoted) = Regex::new(r#"'([^'\\\n]{1,60})'|"([^"\\\n]{1,60})""#) else {
        return Vec::new();
    };
    let collect = |text: &str, known: &mut Vec<String>| {
        for found in quoted.captures_iter(text) {
            let word = found.get(1).or_else(|| found.get(2)).map_or("", |m| m.as_str());
            if !known.iter().any(|k| k == word) {
                known.push(word.to_owned());
            }
        }
    };
    for frame in &scene.localisation.values {
        for value in frame.locals.values().filter(|v| v.kind == "dict") {
            collect(value.repr.as_deref().unwrap_or_default(), &mut known);
        }
    }
    collect(&place.source.text, &mut known);
    let mut out: Vec<Candidate> = first_count(place).into_iter().collect();
    let literal = [format!("'{key}'"), format!("\"{key}\"")];
    for (rank, new) in
        syntax::similar_names(key, known.iter().map(String::as_str)).into_iter().take(4).enumerate()
    {
        #[expect(clippy::cast_precision_loss, reason = "at most 4")]
        let cost = 0.4 + rank as f64 * 0.4;
        for old in &literal {
            for (at, _) in place.text().match_indices(old.as_str()) {
                let quote = &old[..1];
                let title = format!("key {old} becomes {quote}{new}{quote}");
                let edit = place.swap(at, old, &format!("{quote}{new}{quote}"));
                out.push(candidate(
                    &place.source,
                    place.line,
                    "similar_key",
                    title,
                    vec![edit],
                    cost,
                ));
            }
        }
    }
    out
}

fn zero_division(place: &Place) -> Vec<Candidate> {
    let Ok(division) =
        Regex::new(r"(?P<left>[\w.\[\]()]+) (?:/|//|%) (?P<right>[\w.]+(?:\([^()]*\))?)")
    else {
        return Vec::new();
    };
    let text = place.text();
    let mut out = Vec::new();
    for found in division.captures_iter(text) {
        let (Some(whole), Some(right)) = (found.get(0), found.name("right")) else { continue };
        for (value, cost) in [("0", 0.6), ("0.0", 0.7), ("None", 1.2)] {
            let new = format!("({} if {} else {value})", whole.as_str(), right.as_str());
            let edit = place.swap(whole.start(), whole.as_str(), &new);
            let title = format!("{value} when `{}` is 0", right.as_str());
            out.push(candidate(&place.source, place.line, "zero_guard", title, vec![edit], cost));
        }
    }
    out
}

fn value_error(message: &str, place: &Place) -> Vec<Candidate> {
    let mut out = Vec::new();
    if message.contains("invalid literal for int()") {
        for (at, _) in place.text().match_indices("int(") {
            let Some(close) = matching(place.text(), at + 3) else { continue };
            let inner = &place.text()[at + 4..close];
            let edits = [
                (format!("int({inner}.strip())"), 0.8),
                (format!("int(float({inner}))"), 0.8),
                (format!("int({inner} or 0)"), 0.8),
                (format!("float({inner})"), 1.0),
            ];
            for (new, cost) in edits {
                let edit = place.swap(at, &place.text()[at..=close], &new);
                out.push(candidate(
                    &place.source,
                    place.line,
                    "int_conversion",
                    format!("`{new}`"),
                    vec![edit],
                    cost,
                ));
            }
        }
    }
    out
}

fn rename_everywhere(place: &Place, old: &str, new: &str, cost: f64) -> Option<Candidate> {
    let source = &place.source;
    let edits: Vec<Replacement> = words(&source.text, old)
        .into_iter()
        .map(|at| Replacement::new(at, at + old.len(), new))
        .collect();
    let title = format!("`{old}` becomes `{new}` in the whole file");
    (edits.len() > 1).then(|| candidate(source, place.line, "import_name", title, edits, cost))
}

/// Byte offsets of the closing brackets of calls of `function` that start on the line.
fn call_ends(place: &Place, function: &str) -> Vec<usize> {
    let name = if function == "__init__" { "" } else { function };
    let rest = &place.source.text[place.span.start..];
    let mut out = Vec::new();
    for (at, _) in place.text().match_indices('(') {
        let callee = place.text()[..at].trim_end();
        let fits = if name.is_empty() {
            // A constructor: any capitalised name.
            callee
                .rsplit(|c: char| !(c.is_alphanumeric() || c == '_'))
                .next()
                .is_some_and(|w| w.starts_with(char::is_uppercase))
        } else {
            callee.ends_with(name)
        };
        if fits && let Some(close) = matching(rest, at) {
            out.push(place.span.start + close);
        }
    }
    out
}
