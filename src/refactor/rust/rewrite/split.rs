//! The largest part of a long function as a function of its own.

use super::{Source, expression_of, statements};
use crate::base::Span;
use crate::refactor::rust::extract_function;
use crate::refactor::{Answer, Place, Reason, Setting};
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
        match extract_function::plan(&inner, &format!("{name}_{kind}")) {
            Ok(mut step) => {
                step.title = format!("Split {name}");
                step.notes.push(format!("`{name}_{kind}` is only a name to begin with."));
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
