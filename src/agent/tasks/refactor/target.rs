//! From words to a place in a file.

use super::wish::Target;
use crate::agent::sources::Source;
use crate::base::{Line, Span};
use crate::refactor::{self, Refactoring, Rewrite};

/// The place that `target` means for `what`.
///
/// # Errors
/// For people: no such name or line, or several, with what there is.
pub(super) fn place(source: &Source, target: &Target, what: &Refactoring) -> Result<Span, String> {
    match target {
        Target::File => Ok(Span::at(0)),
        Target::Symbol(name) => {
            let declared = symbol(source, name)?;
            Ok(match what {
                Refactoring::Rewrite(rewrite) => offered(source, *rewrite, declared),
                _ => declared,
            })
        }
        Target::Lines(first, last) => lines(source, *first, *last, what),
        Target::Range(from, to) => {
            let (start, end) = (offset(source, *from)?, offset(source, *to)?);
            Ok(Span::new(start, end.max(start)))
        }
    }
}

/// The first place within the definition of a name that offers the rewrite; the name itself when none does.
fn offered(source: &Source, rewrite: Rewrite, declared: Span) -> Span {
    let around = source.functions.iter().filter(|f| f.span.contains(declared)).map(|f| f.span);
    let bound = refactor::bindings(&source.parsed)
        .and_then(|names| names.bound.iter().find(|b| b.declared == declared).map(|b| b.whole));
    let Some(whole) = bound.or_else(|| around.min_by_key(|span| span.len())) else {
        return declared;
    };
    let offers = refactor::rewrites(&source.parsed);
    let here = offers.iter().find(|(kind, span)| *kind == rewrite && whole.contains(*span));
    here.map_or(declared, |(_, span)| *span)
}

/// Where a name is declared; only its identifier.
pub(super) fn symbol(source: &Source, name: &str) -> Result<Span, String> {
    let dotted = name.replace("::", ".");
    let found = refactor::declared(&source.parsed, &dotted);
    match found[..] {
        [] => {
            let mut close = similar(source, &dotted);
            close.truncate(3);
            let hint = match close.is_empty() {
                true => String::new(),
                false => format!("; did you mean {}?", close.join(" or ")),
            };
            Err(format!("{} declares no `{name}`{hint}", source.path))
        }
        [one] => Ok(one),
        _ => {
            let places: Vec<String> =
                found.iter().map(|span| source.lines.line(span.start).to_string()).collect();
            Err(format!(
                "{} declares `{name}` {} times (lines {}); say which with --at LINE:COLUMN or a longer name",
                source.path,
                found.len(),
                places.join(", ")
            ))
        }
    }
}

fn similar(source: &Source, name: &str) -> Vec<String> {
    let Some(bindings) = refactor::bindings(&source.parsed) else { return Vec::new() };
    let mut names: Vec<String> = bindings.bound.iter().map(|bound| bound.name.clone()).collect();
    names.sort_unstable();
    names.dedup();
    let last = name.rsplit('.').next().unwrap_or(name);
    crate::syntax::similar_names(last, names.iter().map(String::as_str))
        .into_iter()
        .map(str::to_owned)
        .collect()
}

/// Whole lines as a selection, without the space around their code; one line as a caret where a single construct
/// is meant.
fn lines(source: &Source, first: Line, last: Line, what: &Refactoring) -> Result<Span, String> {
    let text = &source.text;
    let (Some(from), Some(to)) = (source.lines.span(first), source.lines.span(last)) else {
        let count = text.lines().count();
        return Err(format!("{} has {count} lines; there is no line {last}", source.path));
    };
    let inner = &text[from.start..to.end];
    let start = from.start + (inner.len() - inner.trim_start().len());
    let end = (from.start + inner.trim_end().len()).max(start);
    match what {
        Refactoring::ExtractFunction { .. } | Refactoring::ExtractVariable { .. } => {
            Ok(Span::new(start, end))
        }
        // A line means what begins on it.
        Refactoring::Rewrite(rewrite) if first == last => {
            let offers = refactor::rewrites(&source.parsed);
            let here = offers.iter().find(|(kind, span)| {
                kind == rewrite && span.start >= from.start && span.start < to.end
            });
            Ok(here.map_or(Span::at(start), |(_, span)| *span))
        }
        _ if first == last => Ok(Span::at(start)),
        _ => Ok(Span::new(start, end)),
    }
}

/// The byte of a line and a column; a column past the end is the end.
pub(super) fn offset(source: &Source, (line, column): (Line, u32)) -> Result<usize, String> {
    let Some(span) = source.lines.span(line) else {
        return Err(format!("{} has no line {line}", source.path));
    };
    let text = &source.text[span.start..span.end];
    let text = text.trim_end_matches(['\n', '\r']);
    let at = text.char_indices().nth(column as usize - 1).map_or(text.len(), |(at, _)| at);
    Ok(span.start + at)
}
