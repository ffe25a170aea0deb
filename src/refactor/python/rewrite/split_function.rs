//! A long function along its blocks: the part that hangs together best becomes a function of its own.
//!
//! Which part is chosen here; whether it can be taken out and how is for the extraction.

use std::collections::BTreeSet;

use crate::base::Span;
use crate::refactor::language::Reshape;
use crate::refactor::python::Python;
use crate::refactor::{
    Answer, BoundId, Place, Reason, Refactoring, Refusal, ScopeKind, Setting, Step,
};
use crate::syntax::node::{ancestors, field, first_line, last_line, named, span};
use crate::syntax::tree::Node;

use super::facts::own_nodes;
use super::file::File;
use super::layout;

/// From how many lines on a function is long.
const LONG: u32 = 40;
const MOST_PARAMETERS: usize = 4;
const MOST_RESULTS: usize = 2;
/// The fewest lines that are worth a function.
const LEAST: u32 = 5;
/// How many parts are tried.
const TRIES: usize = 6;

/// Some statements that could be a function.
struct Part {
    span: Span,
    name: String,
    score: i64,
}

/// True where a function is long and has a part that could be taken out.
pub(super) fn offered(file: &File<'_>, function: Node<'_>) -> bool {
    lines(function) > LONG && !parts(file, function).is_empty()
}

/// The step that takes the best part out of the function around the place.
pub(super) fn plan(setting: &Setting<'_>, file: &File<'_>, function: Node<'_>) -> Answer {
    let name = field(function, "name").map_or("", |n| file.of(n));
    if lines(function) <= LONG {
        let message = format!("`{name}` has no more than {LONG} lines");
        return Err(file.refusal(Reason::NotHere, function, message));
    }
    let mut first: Option<Refusal> = None;
    for part in parts(file, function).into_iter().take(TRIES) {
        let at = Place { path: setting.path().clone(), span: part.span };
        let what = Refactoring::ExtractFunction { name: part.name.clone() };
        match Python.plan(&Setting { at: &at, ..*setting }, &what) {
            Ok(step) if shortens(setting, function, &step) => {
                return Ok(Step {
                    title: format!("Split `{name}`: take `{}` out", part.name),
                    ..step
                });
            }
            Ok(_) => {}
            Err(refusal) => first = first.or(Some(refusal)),
        }
    }
    Err(first.unwrap_or_else(|| {
        let message = format!(
            "`{name}` has no block that needs at most {MOST_PARAMETERS} values and gives at most {MOST_RESULTS}"
        );
        file.refusal(Reason::ControlFlow, function, message)
    }))
}

fn lines(node: Node<'_>) -> u32 {
    last_line(node) + 1 - first_line(node)
}

/// True when the function is shorter afterwards, as it is without the lines that are replaced.
fn shortens(setting: &Setting<'_>, function: Node<'_>, step: &Step) -> bool {
    let whole = span(function);
    let edits = step.changes.iter().filter(|c| c.path == *setting.path());
    let change: i64 = edits
        .flat_map(|c| match &c.edit {
            crate::refactor::Edit::Replace(list) => list.clone(),
            crate::refactor::Edit::Create(_) => Vec::new(),
        })
        .filter(|r| whole.start < r.span.start && r.span.end <= whole.end && !r.span.is_empty())
        .map(|r| {
            let before = r.span.of(setting.text()).map_or(0, |t| t.matches('\n').count());
            r.text.matches('\n').count() as i64 - before as i64
        })
        .sum();
    change < 0
}

/// The parts that could be taken out, the best first.
fn parts(file: &File<'_>, function: Node<'_>) -> Vec<Part> {
    let Some(body) = field(function, "body") else { return Vec::new() };
    let mut out: Vec<Part> = Vec::new();
    let mut block = body;
    loop {
        let statements = named(block);
        let runs = runs(file, &statements);
        for run in &runs {
            out.extend(part(file, function, run));
        }
        for statement in statements.iter().filter(|s| is_compound(**s)) {
            if !runs.iter().any(|r| r.len() == 1 && r[0] == *statement) {
                out.extend(part(file, function, std::slice::from_ref(statement)));
            }
        }
        // One statement that is nearly all of the function: along the blocks of that.
        let large = |s: &&Node<'_>| is_compound(**s) && lines(**s) * 10 > lines(function) * 8;
        let inner = statements.iter().find(large);
        match inner.and_then(|s| field(*s, "body").or_else(|| field(*s, "consequence"))) {
            Some(inner) => block = inner,
            None => break,
        }
    }
    out.sort_by_key(|p| (-p.score, p.span));
    out
}

fn is_compound(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "for_statement"
            | "while_statement"
            | "if_statement"
            | "with_statement"
            | "try_statement"
            | "match_statement"
    )
}

/// Statements between blank lines and comments.
fn runs<'t>(file: &File<'_>, statements: &[Node<'t>]) -> Vec<Vec<Node<'t>>> {
    let mut out: Vec<Vec<Node<'t>>> = Vec::new();
    for statement in statements {
        let before = layout::line_start(file.text, statement.start_byte());
        let above =
            file.text[..before].trim_end_matches([' ', '\t']).lines().next_back().unwrap_or("");
        let apart = above.trim().is_empty() || above.trim_start().starts_with('#');
        match out.last_mut() {
            Some(run) if !apart => run.push(*statement),
            _ => out.push(vec![*statement]),
        }
    }
    out
}

fn part(file: &File<'_>, function: Node<'_>, run: &[Node<'_>]) -> Option<Part> {
    let (first, last) = (*run.first()?, *run.last()?);
    let whole = Span::new(first.start_byte(), last.end_byte());
    let count = last_line(last) + 1 - first_line(first);
    if count < LEAST || count * 10 > lines(function) * 9 || !layout::alone_before(file.text, first)
    {
        return None;
    }
    let leaves = run.iter().flat_map(|s| own_nodes(*s)).any(|n| {
        matches!(
            n.kind(),
            "return_statement" | "yield" | "await" | "global_statement" | "nonlocal_statement"
        )
    });
    let docstring = first.kind() == "expression_statement"
        && named(first).first().is_some_and(|n| n.kind() == "string")
        && run.len() == 1;
    if leaves || docstring {
        return None;
    }
    if only_declared(file, whole) {
        return None;
    }
    let (parameters, results) = (parameters(file, function, whole), results(file, function, whole));
    if parameters.len() > MOST_PARAMETERS || results.len() > MOST_RESULTS {
        return None;
    }
    let heading = heading(file, first);
    let named_by_comment = heading.is_some();
    let name = free_name(file, function, run, heading, &results)?;
    // A part that nothing gives a name to is seldom one thing.
    let sense = match (named_by_comment, name.contains("_part_")) {
        (true, _) => 15,
        (false, true) => -15,
        (false, false) => 0,
    };
    let score = i64::from(count.min(lines(function) / 2))
        - 3 * parameters.len() as i64
        - 4 * results.len() as i64
        + sense;
    Some(Part { span: whole, name, score })
}

/// True when a name of the span is declared outside of it by an annotation alone: it has no value there that could be
/// handed over.
fn only_declared(file: &File<'_>, whole: Span) -> bool {
    let ids: BTreeSet<BoundId> = file.bindings().within(whole).filter_map(|o| o.bound).collect();
    let outside = ids.into_iter().flat_map(|id| file.uses(id)).filter(|o| !whole.contains(o.span));
    outside.filter(|o| o.role.writes()).filter_map(|o| file.node(o.span)).any(|target| {
        target.parent().is_some_and(|p| p.kind() == "assignment" && field(p, "right").is_none())
    })
}

/// The names of the function that a span binds.
fn written(file: &File<'_>, function: Node<'_>, whole: Span) -> BTreeSet<BoundId> {
    let inner = span(function);
    let of_function = |id: &BoundId| {
        let scope = file.bindings().scope(file.bound(*id).scope);
        scope.kind == ScopeKind::Function && inner.contains(scope.span)
    };
    let writes = file.bindings().within(whole).filter(|o| o.role.writes()).filter_map(|o| o.bound);
    writes
        .filter(of_function)
        .filter(|id| !whole.contains(file.bindings().scope(file.bound(*id).scope).span))
        .collect()
}

/// What has a value before the span and is read in it.
fn parameters(file: &File<'_>, function: Node<'_>, whole: Span) -> BTreeSet<BoundId> {
    let inner = span(function);
    let reads = file.bindings().within(whole).filter(|o| o.role.reads()).filter_map(|o| o.bound);
    reads
        .filter(|id| {
            let scope = file.bindings().scope(file.bound(*id).scope);
            let own = scope.kind == ScopeKind::Function
                && inner.contains(scope.span)
                && !whole.contains(scope.span);
            own && file.uses(*id).any(|o| o.role.writes() && !whole.contains(o.span))
        })
        .collect()
}

/// What is bound in the span and read outside of it.
fn results(file: &File<'_>, function: Node<'_>, whole: Span) -> BTreeSet<BoundId> {
    let start = file.node(whole);
    let looped = start.is_some_and(|n| {
        ancestors(n)
            .take_while(|a| span(*a) != span(function))
            .any(|a| matches!(a.kind(), "for_statement" | "while_statement"))
    });
    let later = |o: &crate::refactor::Occurrence| {
        o.role.reads() && !whole.contains(o.span) && (looped || o.span.start >= whole.end)
    };
    written(file, function, whole).into_iter().filter(|id| file.uses(*id).any(later)).collect()
}

/// The words of the comment above a statement.
fn heading(file: &File<'_>, first: Node<'_>) -> Option<Vec<String>> {
    let start = layout::line_start(file.text, first.start_byte());
    let above = file.text[..start].lines().next_back()?.trim();
    let comment = above.strip_prefix('#')?.trim();
    let small = [
        "the", "a", "an", "of", "to", "and", "all", "any", "we", "now", "then", "it", "is", "this",
        "that",
    ];
    let words: Vec<String> = comment
        .split(|c: char| !c.is_ascii_alphanumeric())
        .map(str::to_ascii_lowercase)
        .filter(|w| !w.is_empty() && !small.contains(&w.as_str()))
        .collect();
    let plain = comment.len() < 60 && words.first()?.starts_with(|c: char| c.is_ascii_lowercase());
    (plain && words.len() > 1 && words.len() < 8).then(|| words.into_iter().take(4).collect())
}

/// A name for the part that stands nowhere in the file.
fn free_name(
    file: &File<'_>,
    function: Node<'_>,
    run: &[Node<'_>],
    heading: Option<Vec<String>>,
    results: &BTreeSet<BoundId>,
) -> Option<String> {
    let names: Vec<&str> =
        results.iter().map(|id| file.bound(*id).name.trim_matches('_')).collect();
    let over = run.iter().find(|s| s.kind() == "for_statement").and_then(|s| field(*s, "right"));
    let over = over
        .map(|o| file.of(o).rsplit('.').next().unwrap_or(""))
        .filter(|o| !o.is_empty() && o.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
    let own = field(function, "name").map_or("", |n| file.of(n)).trim_matches('_');
    let mut candidates = Vec::new();
    candidates.extend(heading.map(|words| format!("_{}", words.join("_"))));
    if !names.is_empty() {
        candidates.push(format!("_compute_{}", names.join("_and_")));
    }
    candidates.extend(over.map(|over| format!("_process_{}", over.trim_matches('_'))));
    candidates.extend((1..9).map(|n| format!("_{own}_part_{n}")));
    candidates.into_iter().find(|name| crate::refactor::words(file.text, name).is_empty())
}
