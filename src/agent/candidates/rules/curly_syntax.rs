//! Rules for text that does not parse in a language with braces: what is missing or too much.

use super::place::{Place, indent_of, word_ends};
use super::python_syntax::{brackets, code, quotes};
use crate::agent::candidates::Candidate;
use crate::agent::sources::Source;
use crate::base::{Language, Line, Replacement, splice};
use crate::syntax;
use crate::trace::Failure;

/// Lines above the reported one that are looked at.
const LOOK_BACK: u32 = 3;
/// Bytes of a file up to which every candidate is parsed to rank it.
const MAX_PARSED: usize = 1 << 16;

/// What the rules propose for a syntax error reported at `reported`.
pub(super) fn propose(failure: &Failure, reported: &Place) -> Vec<Candidate> {
    let mut out = Vec::new();
    let source = &reported.source;
    for back in 0..=LOOK_BACK.min(reported.line.0.saturating_sub(1)) {
        let line = Line(reported.line.0 - back);
        let Some(span) = source.lines.span(line).filter(|s| !source.is_test(*s)) else { continue };
        let place = Place { source: source.clone(), line, span, column: None };
        let mut found = Vec::new();
        brackets(&place, &mut found);
        quotes(&place, &mut found);
        line_end(&place, &mut found);
        separators(&place, &mut found);
        foreign(&place, &mut found);
        found.iter_mut().for_each(|c| c.cost += f64::from(back) * 0.5);
        out.append(&mut found);
    }
    blocks(reported, &mut out);
    if failure.message.contains("await is only valid") {
        out.extend(make_async(reported));
    }
    prefer_clean(source, &mut out);
    out
}

/// What still does not parse comes last: one slip at a time is the common case.
fn prefer_clean(source: &Source, candidates: &mut [Candidate]) {
    if source.text.len() > MAX_PARSED || source.parsed.is_clean() {
        return;
    }
    for candidate in candidates {
        let clean = candidate.edits.iter().all(|edit| {
            splice(&source.text, &edit.replacements)
                .is_ok_and(|text| syntax::parse(source.language, text).is_clean())
        });
        if !clean {
            candidate.cost += 2.0;
        }
    }
}

/// The function around `place` becomes async.
pub(super) fn make_async(place: &Place) -> Option<Candidate> {
    let function = place.source.function_at(place.line)?;
    let text = &place.source.text[function.span.start..function.body.start];
    let at = function.span.start + if text.starts_with("export ") { "export ".len() } else { 0 };
    if text.contains("async ") {
        return None;
    }
    let title = format!("`{}` is async", function.name);
    Some(place.propose("async_function", title, vec![Replacement::new(at, at, "async ")], 0.1))
}

fn line_end(place: &Place, out: &mut Vec<Candidate>) {
    let (text, end) = code(place);
    if text.trim().is_empty() {
        return;
    }
    let go = place.source.language == Language::Go;
    for (add, cost) in [(";", 0.2), (",", 0.3), (" {", 0.4), (" }", 1.2)] {
        let not_here = text.ends_with(add.trim()) || go && add == ";";
        if !not_here {
            let edit = Replacement::new(end, end, add);
            let title = format!("end the line with `{}`", add.trim());
            out.push(place.propose("line_end", title, vec![edit], cost));
        }
    }
    if let Some(last) = text.chars().last().filter(|c| ";,.:{}+-*".contains(*c)) {
        let from = end - last.len_utf8();
        let edit = Replacement::new(from, end, "");
        let title = format!("drop the `{last}` at the end");
        out.push(place.propose("line_end", title, vec![edit], 0.6));
        for other in [";", ",", ":"].into_iter().filter(|o| !o.starts_with(last)) {
            let edit = Replacement::new(from, end, other);
            let title = format!("end the line with `{other}`");
            out.push(place.propose("line_end", title, vec![edit], 0.7));
        }
    }
}

/// A separator between two values that stand side by side.
fn separators(place: &Place, out: &mut Vec<Candidate>) {
    let (text, _) = code(place);
    for at in word_ends(text) {
        if text[at..].starts_with(' ')
            && text[at + 1..].starts_with(|c: char| c.is_alphanumeric() || "\"'[({_&".contains(c))
        {
            for (add, cost) in [(",", 0.5), (" =", 0.9), (" +", 1.3), (":", 0.9), (" =>", 1.0)] {
                let title = format!("put `{}` between", add.trim());
                out.push(place.propose(
                    "missing_separator",
                    title,
                    vec![place.insert(at, add)],
                    cost,
                ));
            }
        }
    }
}

/// Words of other languages.
fn foreign(place: &Place, out: &mut Vec<Candidate>) {
    let (text, _) = code(place);
    let own: &[(&str, &str)] = match place.source.language {
        Language::Rust => &[
            ("===", "=="),
            ("!==", "!="),
            ("function ", "fn "),
            ("def ", "fn "),
            ("func ", "fn "),
            ("elif ", "else if "),
            ("->", "=>"),
            ("=>", "->"),
            (" and ", " && "),
            (" or ", " || "),
            ("not ", "!"),
            ("const ", "let "),
            ("var ", "let "),
            ("++", " += 1"),
            ("--", " -= 1"),
            (" = =", " =="),
            ("null", "None"),
        ],
        Language::Go => &[
            ("fn ", "func "),
            ("function ", "func "),
            ("def ", "func "),
            ("while ", "for "),
            ("let ", "var "),
            ("=>", ">="),
            ("===", "=="),
            ("elif ", "else if "),
            ("++i", "i++"),
            (" and ", " && "),
            (" or ", " || "),
            ("not ", "!"),
            (" = ", " := "),
            ("null", "nil"),
        ],
        _ => &[
            ("fn ", "function "),
            ("func ", "function "),
            ("def ", "function "),
            ("elif ", "else if "),
            ("=>", ">="),
            ("->", "=>"),
            (" and ", " && "),
            (" or ", " || "),
            ("not ", "!"),
            ("None", "null"),
            ("True", "true"),
            ("False", "false"),
            (" = =", " =="),
            (" = ", ": "),
            (": ", " = "),
        ],
    };
    for (wrong, right) in own {
        for (at, _) in text.match_indices(wrong) {
            let title = format!("`{}` becomes `{}`", wrong.trim(), right.trim());
            let edit = place.swap(at, wrong, right);
            out.push(place.propose("foreign_word", title, vec![edit], 0.5));
        }
    }
}

/// A brace too few or too many: where indentation falls back, and at the end of the file.
fn blocks(place: &Place, out: &mut Vec<Candidate>) {
    let text = &place.source.text;
    let count = |c: char| text.matches(c).count();
    let (open, close) = (count('{'), count('}'));
    if open > close {
        let end = text.trim_end().len();
        let edit = Replacement::new(end, end, "\n}");
        out.push(place.propose("missing_brace", "close the last block", vec![edit], 0.5));
        let last = u32::try_from(place.source.lines.count()).unwrap_or(u32::MAX).min(2_000);
        let mut before: Option<(usize, usize)> = None;
        for line in (1..=last).map(Line) {
            let Some(span) = place.source.lines.span(line) else { continue };
            let here = span.of(text).unwrap_or_default();
            if here.trim().is_empty() {
                continue;
            }
            let indent = indent_of(here);
            let falls = before.is_some_and(|(width, _)| width > indent.len());
            if let Some((width, end)) = before
                && !place.source.is_test(span)
                && falls
                && (!here.trim_start().starts_with(['}', ')', ']'])
                    || width > indent.len() + unit(text).len())
            {
                let closing = format!("{indent}}}\n");
                let closing = if here.trim_start().starts_with('}') {
                    format!("{indent}{}}}\n", unit(text))
                } else {
                    closing
                };
                let edit = Replacement::new(end, end, closing);
                out.push(place.propose("missing_brace", "close the block", vec![edit], 0.3));
            }
            before = Some((indent.len(), span.end));
        }
    } else if close > open {
        let (from, to) = (place.line.0.saturating_sub(30).max(1), place.line.0);
        for line in (from..=to).map(Line) {
            let Some(span) = place.source.lines.span(line) else { continue };
            let here = span.of(text).unwrap_or_default();
            if here.trim() == "}" && !place.source.is_test(span) {
                let edit = Replacement::new(span.start, span.end, "");
                let cost = 0.3 + f64::from(to - line.0) * 0.05;
                out.push(place.propose("surplus_brace", "remove a `}`", vec![edit], cost));
            }
        }
    }
}

fn unit(text: &str) -> &str {
    text.lines().map(indent_of).find(|i| !i.is_empty()).unwrap_or("    ")
}
