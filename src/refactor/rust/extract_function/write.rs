//! The new function and its call.

use std::fmt::Write as _;

use super::inputs::Plan;
use super::{Selected, Work};
use crate::base::{Span, splice};
use crate::refactor::rust::context::{block_value, indent_at};
use crate::refactor::step::put;
use crate::refactor::{Step, words};
use crate::syntax::node::{ancestors, field, named, span, text_of};

const INDENT: &str = "    ";

pub(super) fn step(work: &Work<'_>, plan: &Plan, name: &str) -> Step {
    let mut step = Step::new(format!("Extract {name}"));
    let path = work.setting.path();
    let types: String = plan
        .inputs
        .iter()
        .map(|i| i.ty.as_str())
        .chain(plan.outputs.iter().map(|o| o.ty.as_str()))
        .chain(plan.value.as_deref())
        .chain(plan.question.iter().flat_map(|q| [q.before.as_str(), q.after.as_str()]))
        .collect::<Vec<_>>()
        .join(" ");
    let generics = generics(work, &types);
    let associated =
        plan.receiver.is_some() || work.uses_self_type(&types) || uses_class_generics(work, &types);
    let call = call(work, plan, name, associated, &generics);
    step.replace(path, put(work.at, call));
    let place = place(work, associated);
    let function = function(work, plan, name, &generics, &place.indent);
    let text = match &place.header {
        Some(header) => format!("\n\n{0}{header} {{\n{function}\n{0}}}", outer(&place.indent)),
        None => format!("\n\n{function}"),
    };
    step.replace(path, put(Span::at(place.at), text));
    if place.header.is_some() {
        step.notes.push(
            "The function is in an `impl` of its own: a trait's `impl` has only the trait's."
                .to_owned(),
        );
    }
    step
}

fn outer(indent: &str) -> &str {
    indent.strip_suffix(INDENT).unwrap_or(indent)
}

/// Where the function goes.
struct Place {
    at: usize,
    indent: String,
    /// `impl Type`, when there is none that could hold it.
    header: Option<String>,
}

fn place(work: &Work<'_>, associated: bool) -> Place {
    let here = indent_at(work.text, work.function.start_byte()).to_owned();
    let Some(class) = work.class() else {
        return Place { at: work.function.end_byte(), indent: here, header: None };
    };
    let of_trait = class.kind() == "trait_item" || field(class, "trait").is_some();
    if !associated {
        let indent = indent_at(work.text, class.start_byte()).to_owned();
        return Place { at: class.end_byte(), indent, header: None };
    }
    if of_trait {
        let part = |name: &str| field(class, name).map_or("", |n| text_of(n, work.text));
        let bounds = named(class).into_iter().find(|c| c.kind() == "where_clause");
        let bounds = bounds
            .map_or(String::new(), |b| format!(" {}", text_of(b, work.text).trim_end_matches(',')));
        let header = format!("impl{} {}{bounds}", part("type_parameters"), part("type"));
        let indent = format!("{}{INDENT}", indent_at(work.text, class.start_byte()));
        return Place { at: class.end_byte(), indent, header: Some(header) };
    }
    Place { at: work.function.end_byte(), indent: here, header: None }
}

/// The generics of the function that the new one speaks of, with their bounds: the list, the `where`, their names.
struct Generics {
    list: String,
    bounds: String,
    /// Types that no argument tells.
    named: Vec<String>,
}

fn generics(work: &Work<'_>, types: &str) -> Generics {
    let body = work.at.of(work.text).unwrap_or("");
    let mut kept: Vec<(String, String)> = Vec::new();
    let list = field(work.function, "type_parameters").map_or_else(Vec::new, named);
    let mut wanted = format!("{types} {body}");
    // A bound may speak of another parameter.
    for _ in 0..2 {
        for parameter in &list {
            let Some(name) = field(*parameter, "name") else { continue };
            let name = text_of(name, work.text);
            let bare = name.trim_start_matches('\'');
            if !words(&wanted, bare).is_empty() && !kept.iter().any(|(n, _)| n == name) {
                let whole = text_of(*parameter, work.text);
                kept.push((name.to_owned(), whole.to_owned()));
                let _ = write!(wanted, " {whole}");
            }
        }
    }
    let order = |name: &String| {
        list.iter().position(|p| field(*p, "name").is_some_and(|n| text_of(n, work.text) == name))
    };
    kept.sort_by_key(|(name, _)| order(name));
    let clause = named(work.function).into_iter().find(|c| c.kind() == "where_clause");
    let predicates: Vec<&str> = clause
        .map_or_else(Vec::new, named)
        .into_iter()
        .map(|p| text_of(p, work.text))
        .filter(|p| {
            kept.iter().any(|(n, _)| !words(p, n.trim_start_matches('\'')).is_empty())
                && list.iter().all(|g| {
                    let name = field(*g, "name").map_or("", |n| text_of(n, work.text));
                    kept.iter().any(|(n, _)| n == name)
                        || words(p, name.trim_start_matches('\'')).is_empty()
                })
        })
        .collect();
    let wholes: Vec<&str> = kept.iter().map(|(_, whole)| whole.as_str()).collect();
    Generics {
        list: if wholes.is_empty() { String::new() } else { format!("<{}>", wholes.join(", ")) },
        bounds: if predicates.is_empty() {
            String::new()
        } else {
            format!(" where {}", predicates.join(", "))
        },
        named: kept
            .into_iter()
            .map(|(n, _)| n)
            .filter(|n| !n.starts_with('\'') && words(types, n).is_empty())
            .collect(),
    }
}

fn uses_class_generics(work: &Work<'_>, types: &str) -> bool {
    let Some(list) = work.class().and_then(|c| field(c, "type_parameters")) else { return false };
    let body = work.at.of(work.text).unwrap_or("");
    named(list).into_iter().filter_map(|p| field(p, "name")).any(|n| {
        let name = text_of(n, work.text).trim_start_matches('\'');
        !words(types, name).is_empty() || !words(body, name).is_empty()
    })
}

fn call(work: &Work<'_>, plan: &Plan, name: &str, associated: bool, generics: &Generics) -> String {
    let arguments: Vec<&str> = plan.inputs.iter().map(|i| i.argument.as_str()).collect();
    let turbofish = if generics.named.is_empty() {
        String::new()
    } else {
        format!("::<{}>", generics.named.join(", "))
    };
    let head = match plan.receiver {
        Some(_) => format!("self.{name}"),
        None if associated => format!("Self::{name}"),
        None => name.to_owned(),
    };
    let mut call = format!("{head}{turbofish}({})", arguments.join(", "));
    if plan.is_async {
        call.push_str(".await");
    }
    if plan.question.as_ref().is_some_and(|q| !q.passes_on) {
        call.push('?');
    }
    let statement = matches!(work.selected, Selected::Statements(_));
    match plan.outputs.as_slice() {
        [] if statement && plan.value.is_none() => format!("{call};"),
        [] => call,
        [one] => format!("let {}{} = {call};", if one.mutable { "mut " } else { "" }, one.name),
        many => {
            let names: Vec<String> = many
                .iter()
                .map(|o| format!("{}{}", if o.mutable { "mut " } else { "" }, o.name))
                .collect();
            format!("let ({}) = {call};", names.join(", "))
        }
    }
}

fn function(work: &Work<'_>, plan: &Plan, name: &str, generics: &Generics, indent: &str) -> String {
    let mut parameters: Vec<String> = plan.receiver.iter().map(|r| (*r).to_owned()).collect();
    parameters.extend(
        plan.inputs
            .iter()
            .map(|i| format!("{}{}: {}", if i.mutable { "mut " } else { "" }, i.name, i.ty)),
    );
    let result = match plan.outputs.as_slice() {
        [] => plan.value.clone().unwrap_or_default(),
        [one] => one.ty.clone(),
        many => format!("({})", many.iter().map(|o| o.ty.as_str()).collect::<Vec<_>>().join(", ")),
    };
    let result = match &plan.question {
        Some(q) if q.passes_on => result,
        Some(q) => {
            format!("{}{}{}", q.before, if result.is_empty() { "()" } else { &result }, q.after)
        }
        None => result,
    };
    let arrow = if result.is_empty() { String::new() } else { format!(" -> {result}") };
    let mut modifiers = String::new();
    let own = work.modifiers();
    if own.contains(&"const") {
        modifiers.push_str("const ");
    }
    if plan.is_async {
        modifiers.push_str("async ");
    }
    let first = work.nodes()[0];
    let in_unsafe =
        ancestors(first).take_while(|a| *a != work.function).any(|a| a.kind() == "unsafe_block");
    if in_unsafe || own.contains(&"unsafe") {
        modifiers.push_str("unsafe ");
    }
    let inner = format!("{indent}{INDENT}");
    let mut body = body(work, plan, &inner);
    tail(plan, &inner, &mut body);
    let bounds = if generics.bounds.is_empty() {
        String::new()
    } else {
        format!("\n{indent}{}", generics.bounds.trim_start())
    };
    format!(
        "{indent}{modifiers}fn {name}{}({}){arrow}{bounds}{}{{\n{body}\n{indent}}}",
        generics.list,
        parameters.join(", "),
        if bounds.is_empty() { " ".to_owned() } else { format!("\n{indent}") },
    )
}

/// What comes after the statements: the outputs, in `Ok(..)` where `?` was.
fn tail(plan: &Plan, indent: &str, body: &mut String) {
    let value = match plan.outputs.as_slice() {
        [] => None,
        [one] => Some(one.name.clone()),
        many => Some(format!(
            "({})",
            many.iter().map(|o| o.name.as_str()).collect::<Vec<_>>().join(", ")
        )),
    };
    let wrap = plan.question.as_ref().filter(|q| !q.passes_on).map(|q| q.wrap);
    match (value, wrap, &plan.value) {
        (Some(value), Some(wrap), _) => drop(write!(body, "\n{indent}{wrap}({value})")),
        (Some(value), None, _) => drop(write!(body, "\n{indent}{value}")),
        (None, Some(wrap), None) => drop(write!(body, "\n{indent}{wrap}(())")),
        // The value at the end was wrapped with the body.
        _ => {}
    }
}

/// The selected text as a body: indented anew, references written as such, variables that only outputs change `mut`.
fn body(work: &Work<'_>, plan: &Plan, indent: &str) -> String {
    let source = work.at.of(work.text).unwrap_or("");
    let mut edits: Vec<_> = plan
        .body
        .iter()
        .map(|r| {
            put(Span::new(r.span.start - work.at.start, r.span.end - work.at.start), r.text.clone())
        })
        .collect();
    edits.sort();
    edits.dedup();
    let wraps = plan
        .question
        .as_ref()
        .filter(|q| !q.passes_on && plan.value.is_some() && plan.outputs.is_empty());
    if let (Some(q), Some(last)) = (wraps, work.nodes().last()) {
        let at = span(block_value(*last, work.text).unwrap_or(*last));
        let inside = |r: &crate::base::Replacement| r.span.start == at.start - work.at.start;
        if !edits.iter().any(inside) {
            edits.push(put(Span::at(at.start - work.at.start), format!("{}(", q.wrap)));
        } else if let Some(edit) = edits.iter_mut().find(|r| inside(r)) {
            edit.text = format!("{}({}", q.wrap, edit.text);
        }
        edits.push(put(Span::at(at.end - work.at.start), ")"));
    }
    let changed = splice(source, &edits).unwrap_or_else(|_| source.to_owned());
    let fixed = fixed_lines(&changed);
    let old = indent_at(work.text, work.at.start);
    let mut out = format!("{indent}{}", changed.lines().next().unwrap_or(""));
    for (n, line) in changed.lines().enumerate().skip(1) {
        out.push('\n');
        if fixed.contains(&n) {
            out.push_str(line);
        } else if !line.trim().is_empty() {
            out.push_str(indent);
            out.push_str(line.strip_prefix(old).unwrap_or(line.trim_start()));
        }
    }
    let statement = matches!(work.selected, Selected::Statements(_));
    if statement && plan.value.is_none() && !out.trim_end().ends_with([';', '}']) {
        out.push(';');
    }
    out
}

/// Lines that begin within a string or comment, whose blanks are part of it.
pub(in crate::refactor::rust) fn fixed_lines(text: &str) -> Vec<usize> {
    let wrapped = format!("fn f(){{{text}\n}}");
    let parsed = crate::syntax::parse(crate::base::Language::Rust, wrapped);
    let mut out = Vec::new();
    for node in parsed.root().subtree() {
        if matches!(node.kind(), "string_literal" | "raw_string_literal" | "block_comment") {
            out.extend(node.start_position().row + 1..=node.end_position().row);
        }
    }
    out
}
