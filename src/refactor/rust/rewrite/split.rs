//! The largest part of a long function as a function of its own.

use super::{Source, expression_of, statements};
use crate::base::Span;
use crate::refactor::rust::extract_function;
use crate::refactor::{Answer, Place, Reason, Setting, words as words_in};
use crate::syntax::node::{descendants, field, first_line, last_line, span};
use crate::syntax::tree::Node;

/// Lines from which on a function is long, and a statement worth a function of its own.
const LONG: u32 = 60;
const PART: u32 = 10;

pub(super) fn offers(source: Source<'_>) -> Vec<Span> {
    let all = descendants(source.parsed.root()).into_iter();
    all.filter(|n| n.kind() == "function_item" && lines(*n) >= LONG && !parts(*n).is_empty())
        .filter_map(|n| field(n, "name").map(span))
        .collect()
}

pub(super) fn plan(setting: &Setting<'_>, source: Source<'_>) -> Answer {
    let around = source.around(setting.at.span);
    let refuse =
        |reason, message: &str| Err(source.refuse(setting, reason, message, setting.at.span));
    let Some(function) = around.into_iter().find(|n| n.kind() == "function_item") else {
        return refuse(Reason::NotHere, "put the caret on a function");
    };
    let name = field(function, "name").map_or("part", |n| source.str(n)).trim_start_matches("r#");
    let mut last = None;
    for part in parts(function) {
        let place = Place { path: setting.path().clone(), span: span(part) };
        let inner = Setting { at: &place, ..*setting };
        let kind = match expression_of(part).kind() {
            "for_expression" | "while_expression" | "loop_expression" => "loop",
            "match_expression" => "cases",
            "if_expression" => "case",
            _ => "part",
        };
        let telling = telling_name(source, part);
        let fresh = telling.clone().unwrap_or_else(|| format!("{name}_{kind}"));
        match extract_function::plan(&inner, &fresh) {
            Ok(mut step) => {
                step.title = format!("Split {name}");
                if telling.is_none() {
                    step.notes.push(format!("`{fresh}` is only a name to begin with."));
                }
                return Ok(step);
            }
            Err(refusal) => last = Some(refusal),
        }
    }
    match last {
        Some(refusal) => Err(refusal),
        None => refuse(
            Reason::NotHere,
            "no statement of the function is long enough for one of its own",
        ),
    }
}

/// A name that says what a statement does: after a short comment right above it, or what it binds.
fn telling_name(source: Source<'_>, part: Node<'_>) -> Option<String> {
    const SMALL: [&str; 9] = ["the", "a", "an", "of", "to", "and", "all", "now", "then"];
    let above = part.prev_sibling().filter(|n| n.kind() == "line_comment");
    let above = above.filter(|n| first_line(*n) + 1 == first_line(part));
    let comment = above.map_or("", |n| source.str(n)).trim_start_matches('/').trim();
    let words: Vec<String> = comment
        .split(|c: char| !c.is_ascii_alphanumeric())
        .map(str::to_ascii_lowercase)
        .filter(|word| !word.is_empty() && !SMALL.contains(&word.as_str()))
        .collect();
    let begins =
        words.first().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_lowercase()));
    let heading =
        (comment.len() < 60 && begins && (2..=5).contains(&words.len())).then(|| words.join("_"));
    let pattern = field(part, "pattern").filter(|_| part.kind() == "let_declaration");
    let bound = pattern.filter(|n| n.kind() == "identifier").map(|n| source.str(n));
    let bound = bound.map(|name| format!("compute_{}", name.trim_start_matches('_')));
    let is_free = |name: &String| words_in(source.parsed.text(), name).is_empty();
    heading.filter(is_free).or(bound.filter(is_free))
}

fn lines(node: Node<'_>) -> u32 {
    last_line(node) - first_line(node) + 1
}

/// The long statements of the body, the longest first.
fn parts(function: Node<'_>) -> Vec<Node<'_>> {
    let body = field(function, "body");
    let mut all: Vec<Node<'_>> = body.map_or_else(Vec::new, statements);
    all.retain(|s| lines(*s) >= PART && lines(*s) * 4 < lines(function) * 3);
    all.sort_by_key(|s| std::cmp::Reverse(lines(*s)));
    all
}
