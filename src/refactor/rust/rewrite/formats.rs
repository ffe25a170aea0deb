//! `format!("{}", x)` as `format!("{x}")`.

use super::Source;
use crate::base::{Replacement, Span};
use crate::refactor::rust::index::Index;
use crate::refactor::rust::names::{formats, holes, is_name};
use crate::refactor::step::put;
use crate::refactor::{Answer, Reason, Setting, Step};
use crate::syntax::node::{children, descendants, field, named, span};
use crate::syntax::tree::Node;

/// The first edition in which every format macro takes names in the string.
const EDITION: u16 = 2021;

pub(super) fn offers(source: Source<'_>) -> Vec<Span> {
    let all = descendants(source.parsed.root()).into_iter();
    let calls = all.filter(|n| n.kind() == "macro_invocation");
    calls.filter(|n| edits(source, *n).is_some()).map(span).collect()
}

pub(super) fn plan(setting: &Setting<'_>, source: Source<'_>) -> Answer {
    let around = source.around(setting.at.span);
    let Some(changes) =
        around.iter().filter(|n| n.kind() == "macro_invocation").find_map(|n| edits(source, *n))
    else {
        let message = "put the caret on a format macro whose arguments are all plain names";
        return Err(source.refuse(setting, Reason::NotHere, message, setting.at.span));
    };
    let index = Index::new(setting.project);
    let edition = index.file(setting.path()).map_or(EDITION, |file| index.edition(file));
    if edition < EDITION {
        let message = "names in format strings need edition 2021 in every macro";
        return Err(source.refuse(setting, Reason::Unsupported, message, setting.at.span));
    }
    let mut step = Step::new("Name arguments in the format string");
    for change in changes {
        step.replace(setting.path(), change);
    }
    Ok(step)
}

/// One argument of a macro.
struct Argument<'t> {
    name: Option<&'t str>,
    value: &'t str,
    at: Span,
    is_plain: bool,
}

fn edits(source: Source<'_>, call: Node<'_>) -> Option<Vec<Replacement>> {
    let name = field(call, "macro").map(|m| source.str(m))?;
    let name = name.rsplit("::").next().unwrap_or(name);
    let tree = named(call).into_iter().find(|c| c.kind() == "token_tree")?;
    if !formats(name) || tree.subtree().any(|n| n.kind() == "metavariable") {
        return None;
    }
    // Within another macro's tokens there is no invocation node; in a rule of one nothing is certain.
    let arguments = arguments(source, tree)?;
    let literal = arguments.iter().position(|a| {
        a.value.starts_with('"') || a.value.starts_with("r\"") || a.value.starts_with("r#")
    })?;
    let format = &arguments[literal];
    let rest = &arguments[literal + 1..];
    if literal != expected(name) || rest.is_empty() || rest.iter().any(|a| !a.is_plain) {
        return None;
    }
    let mut out = Vec::new();
    let mut next = 0;
    let mut seen = vec![false; rest.len()];
    for hole in holes(format.value) {
        let inside = hole.of(format.value)?;
        let (argument, spec) = inside.split_once(':').map_or((inside, None), |(a, s)| (a, Some(s)));
        if spec.is_some_and(|s| s.contains(".*")) {
            return None;
        }
        let at = position(argument.trim(), rest, &mut next)?;
        let base = format.at.start + hole.start;
        if let Some(at) = at {
            seen[at] = true;
            out.push(put(Span::new(base, base + argument.len()), rest[at].value));
        }
        if let Some(spec) = spec {
            let from = base + argument.len() + 1;
            for (start, word) in dollars(spec) {
                let at = position(word, rest, &mut 0).filter(|_| !word.is_empty())?;
                if let Some(at) = at {
                    seen[at] = true;
                    out.push(put(
                        Span::new(from + start, from + start + word.len()),
                        rest[at].value,
                    ));
                }
            }
        }
    }
    if seen.contains(&false) {
        return None;
    }
    let text = source.text();
    let end = span(tree).end - 1;
    let trailing = text[rest.last()?.at.end..end].trim();
    let last =
        if trailing == "," || trailing.is_empty() { rest.last()?.at.end } else { return None };
    let multi = text[format.at.end..rest[0].at.start].contains('\n');
    let close = if multi && trailing == "," { last } else { end };
    out.push(put(Span::new(format.at.end, close), ""));
    Some(out)
}

/// Which of the arguments a hole shows: `Some(None)` for a name that is captured already.
fn position(argument: &str, rest: &[Argument<'_>], next: &mut usize) -> Option<Option<usize>> {
    if argument.is_empty() {
        let at = *next;
        *next += 1;
        return (at < rest.len() && rest[at].name.is_none()).then_some(Some(at));
    }
    if let Ok(at) = argument.parse::<usize>() {
        return (at < rest.len() && rest[at].name.is_none()).then_some(Some(at));
    }
    Some(rest.iter().position(|a| a.name == Some(argument)))
}

/// `width` in `>width$`: the words in front of a `$`.
fn dollars(spec: &str) -> Vec<(usize, &str)> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    spec.match_indices('$')
        .map(|(at, _)| {
            let word = spec[..at].trim_end_matches(part).len();
            (word, &spec[word..at])
        })
        .collect()
}

/// Which argument the format string has to be.
fn expected(name: &str) -> usize {
    match name {
        "write" | "writeln" | "assert" | "debug_assert" | "ensure" => 1,
        "assert_eq" | "assert_ne" | "debug_assert_eq" | "debug_assert_ne" => 2,
        _ => 0,
    }
}

fn arguments<'t>(source: Source<'t>, tree: Node<'_>) -> Option<Vec<Argument<'t>>> {
    let mut out = Vec::new();
    let mut parts: Vec<Node<'_>> = Vec::new();
    let all: Vec<Node<'_>> = children(tree).collect();
    let inner = all.get(1..all.len().checked_sub(1)?)?;
    for node in inner.iter().copied() {
        if node.is_extra() {
            return None;
        }
        if source.str(node) == "," {
            out.push(argument(source, &parts)?);
            parts.clear();
        } else {
            parts.push(node);
        }
    }
    if !parts.is_empty() {
        out.push(argument(source, &parts)?);
    }
    Some(out)
}

fn argument<'t>(source: Source<'t>, parts: &[Node<'_>]) -> Option<Argument<'t>> {
    let (first, last) = (parts.first()?, parts.last()?);
    let at = Span::new(span(*first).start, span(*last).end);
    let named = parts.len() == 3 && first.kind() == "identifier" && source.str(parts[1]) == "=";
    let (name, value) = if named { (Some(source.str(*first)), *last) } else { (None, *first) };
    let single = parts.len() == 1 || named;
    let text = if single { source.str(value) } else { at.of(source.text())? };
    let is_plain =
        single && value.kind() == "identifier" && is_name(text) && !text.starts_with("r#");
    Some(Argument { name, value: text, at, is_plain })
}
