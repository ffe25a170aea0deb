//! Rules for Python's syntax and indentation errors.
//!
//! The parser reports where it could not go on; the slip is on that line or shortly before it.

use super::place::{Place, indent_of, is_end, is_word, word_ends, word_starts};
use super::{Scene, candidate};
use crate::agent::candidates::Candidate;
use crate::agent::localise::frames::resolve;
use crate::base::{Language, Line, Replacement};
use crate::trace::Failure;

/// Lines above the reported one that are looked at.
const LOOK_BACK: u32 = 3;
const BLOCK_WORDS: &[&str] = &[
    "if ",
    "elif ",
    "else",
    "for ",
    "while ",
    "def ",
    "async def ",
    "class ",
    "try",
    "except",
    "finally",
    "with ",
    "match ",
    "case ",
];

/// Everything the rules for `failure` propose.
pub(super) fn propose(failure: &Failure, scene: &Scene<'_>) -> Vec<Candidate> {
    let mut out = Vec::new();
    let Some(frame) = failure.frames.first() else { return out };
    let Some(path) = resolve(&frame.path, scene.sources) else { return out };
    let (Some(source), Some(line)) = (scene.sources.get(&path), frame.line) else { return out };
    for back in 0..=LOOK_BACK.min(line.saturating_sub(1)) {
        let line = Line(line - back);
        let Some(span) = source.lines.span(line) else { continue };
        if source.is_test(span) {
            continue;
        }
        let place = Place { source: source.clone(), line, span, column: None };
        let more = f64::from(back) * 0.6;
        let mut found = Vec::new();
        missing_colon(&place, &mut found);
        brackets(&place, &mut found);
        quotes(&place, &mut found);
        operators(&place, &mut found);
        commas(&place, &mut found);
        indentation(&failure.message, &place, &mut found);
        others(&failure.message, &place, &mut found);
        found.iter_mut().for_each(|c| c.cost += more);
        out.append(&mut found);
    }
    out
}

/// The line without its line end and trailing comment, and the offset of its end.
pub(super) fn code(place: &Place) -> (&str, usize) {
    let text = place.text().trim_end_matches(['\n', '\r']);
    let python = place.source.language == Language::Python;
    let mut quote = None;
    let mut end = text.len();
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            (None, '#') if python => {
                end = at;
                break;
            }
            (None, '/') if !python && text[at..].starts_with("//") => {
                end = at;
                break;
            }
            _ => {}
        }
    }
    let trimmed = text[..end].trim_end();
    (trimmed, place.span.start + trimmed.len())
}

fn add(
    place: &Place,
    rule: &'static str,
    title: impl Into<String>,
    edits: Vec<Replacement>,
    cost: f64,
    out: &mut Vec<Candidate>,
) {
    out.push(candidate(&place.source, place.line, rule, title, edits, cost));
}

fn missing_colon(place: &Place, out: &mut Vec<Candidate>) {
    let (text, end) = code(place);
    let start = text.trim_start();
    let opens = BLOCK_WORDS.iter().any(|w| start.starts_with(w));
    if opens && !text.ends_with(':') {
        let edit = Replacement::new(end, end, ":");
        add(place, "missing_colon", "add the missing `:`", vec![edit], 0.1, out);
        if let Some(last) = text.chars().last().filter(|c| ";.,".contains(*c)) {
            let edit = Replacement::new(end - last.len_utf8(), end, ":");
            add(place, "missing_colon", "end the line with `:`", vec![edit], 0.2, out);
        }
    }
}

pub(super) fn brackets(place: &Place, out: &mut Vec<Candidate>) {
    let (text, end) = code(place);
    for (open, close) in [('(', ")"), ('[', "]"), ('{', "}")] {
        let balance = balance(text, open, close);
        if balance > 0 {
            add_closing(place, text, end, close, out);
        }
        if balance < 0 {
            let found = text.match_indices(close);
            for (at, _) in found.collect::<Vec<_>>().into_iter().rev() {
                let at = place.span.start + at;
                let edit = Replacement::new(at, at + 1, "");
                add(place, "surplus_bracket", format!("remove a `{close}`"), vec![edit], 0.4, out);
            }
            for at in word_starts(text) {
                let at = place.span.start + at;
                let edit = Replacement::new(at, at, open.to_string());
                add(
                    place,
                    "missing_bracket",
                    format!("add the missing `{open}`"),
                    vec![edit],
                    1.0,
                    out,
                );
            }
        }
    }
    // The wrong kind of closing bracket.
    for (wrong, rights) in [(")", ["]", "}"]), ("]", [")", "}"]), ("}", [")", "]"])] {
        for (at, _) in text.match_indices(wrong) {
            for right in rights {
                let at = place.span.start + at;
                let edit = Replacement::new(at, at + 1, right);
                let title = format!("`{wrong}` becomes `{right}`");
                add(place, "bracket_kind", title, vec![edit], 0.9, out);
            }
        }
    }
}

/// A closing bracket at the end of the line, before its colon or comma, and after each word.
fn add_closing(place: &Place, text: &str, end: usize, close: &str, out: &mut Vec<Candidate>) {
    let title = format!("add the missing `{close}`");
    let mut at = |offset: usize, cost: f64| {
        let edit = Replacement::new(offset, offset, close);
        add(place, "missing_bracket", title.clone(), vec![edit], cost, out);
    };
    at(end, 0.2);
    if text.ends_with([':', ',', ';']) {
        at(end - 1, 0.1);
    }
    if text.ends_with(" {") {
        at(end - 2, 0.1);
    }
    for offset in word_ends(text) {
        at(place.span.start + offset, 0.8);
    }
}

fn balance(text: &str, open: char, close: &str) -> i32 {
    let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    count(text.matches(open).count()) - count(text.matches(close).count())
}

pub(super) fn quotes(place: &Place, out: &mut Vec<Candidate>) {
    let text = place.text().trim_end();
    let end = place.span.start + text.len();
    for quote in ["'", "\""] {
        if text.matches(quote).count() % 2 == 1 {
            let title = format!("add the missing {quote}");
            let mut at = |offset: usize, cost: f64| {
                let edit = Replacement::new(offset, offset, quote);
                add(place, "missing_quote", title.clone(), vec![edit], cost, out);
            };
            at(end, 0.3);
            for back in 1..=3 {
                let tail = &text[text.len().saturating_sub(back)..];
                if text.is_char_boundary(text.len().saturating_sub(back))
                    && tail.chars().all(|c| ")]},:;".contains(c))
                {
                    at(end - back, 0.2);
                }
            }
            for offset in word_ends(text).into_iter().chain(word_starts(text)) {
                at(place.span.start + offset, 1.0);
            }
        }
    }
}

fn operators(place: &Place, out: &mut Vec<Candidate>) {
    let (text, _) = code(place);
    let start = text.trim_start();
    let condition =
        ["if ", "elif ", "while ", "assert ", "return "].iter().any(|w| start.starts_with(w));
    for (at, _) in text.match_indices('=') {
        let around = |n: usize| text.as_bytes().get(n).copied().unwrap_or(b' ');
        let alone =
            !b"=!<>+-*/%&|^:".contains(&around(at.wrapping_sub(1))) && around(at + 1) != b'=';
        if alone && (condition || text.contains('(')) {
            let offset = place.span.start + at;
            let edit = Replacement::new(offset, offset + 1, "==");
            add(
                place,
                "assignment_is_comparison",
                "`=` becomes `==`",
                vec![edit],
                if condition { 0.1 } else { 1.2 },
                out,
            );
        }
    }
    for (wrong, right) in [
        ("===", "=="),
        ("!==", "!="),
        ("&&", "and"),
        ("||", "or"),
        ("=>", ">="),
        ("=<", "<="),
        ("<>", "!="),
        ("else if", "elif"),
        ("elseif", "elif"),
        ("elsif", "elif"),
        ("++", " += 1"),
        ("null", "None"),
        ("true", "True"),
        ("false", "False"),
        (" !", " not "),
        ("! ", "not "),
        ("function ", "def "),
        ("const ", ""),
        ("let ", ""),
        ("var ", ""),
        ("new ", ""),
        (";", ""),
    ] {
        for (at, _) in text.match_indices(wrong) {
            let offset = place.span.start + at;
            let edit = Replacement::new(offset, offset + wrong.len(), right);
            let title = format!("`{wrong}` becomes `{right}`");
            add(place, "foreign_operator", title, vec![edit], 0.5, out);
        }
    }
}

fn commas(place: &Place, out: &mut Vec<Candidate>) {
    let (text, end) = code(place);
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    for window in chars.windows(3) {
        let [(_, a), (at, space), (_, b)] = [window[0], window[1], window[2]];
        let value = |c: char| is_word(c) || "'\"([{".contains(c);
        if space == ' ' && is_end(a) && value(b) {
            let offset = place.span.start + at;
            for (between, cost) in
                [(", ", 0.7), (" + ", 1.6), (" in ", 1.6), (" = ", 1.6), (".", 1.6)]
            {
                let edit = Replacement::new(offset, offset + 1, between);
                let title = format!("put `{}` between", between.trim());
                add(place, "missing_separator", title, vec![edit], cost, out);
            }
        }
    }
    if text.trim_start().len() > 1 && !text.ends_with([',', ':', '(', '[', '{', '\\']) {
        let edit = Replacement::new(end, end, ",");
        add(place, "missing_comma", "end the line with `,`", vec![edit], 0.6, out);
    }
}

fn indentation(message: &str, place: &Place, out: &mut Vec<Candidate>) {
    let text = place.text();
    let indent = indent_of(text);
    let start = place.span.start;
    let about = message.contains("indent");
    let base = if about { 0.2 } else { 1.5 };
    let mut set = |new: String, cost: f64, title: &str| {
        if new != indent {
            let edit = Replacement::new(start, start + indent.len(), new);
            add(place, "indentation", title.to_owned(), vec![edit], cost, out);
        }
    };
    let unit = unit(&place.source.text);
    set(format!("{indent}{unit}"), base + 0.1, "indent the line");
    if let Some(less) = indent.strip_suffix(unit.as_str()) {
        set(less.to_owned(), base + 0.1, "unindent the line");
    }
    // The indentation of the neighbours.
    for other in [place.line.0.wrapping_sub(1), place.line.0 + 1, place.line.0.wrapping_sub(2)] {
        let near = place.source.line_text(Line(other));
        if !near.trim().is_empty() {
            let near_indent = indent_of(near).to_owned();
            if near.trim_end().ends_with(':') {
                set(format!("{near_indent}{unit}"), base, "indent the line as a block");
            }
            set(near_indent, base + 0.05, "indent as the neighbouring line");
        }
    }
    set(indent.replace('\t', &unit), base, "use spaces");
    if message.contains("expected an indented block") {
        let before = place.source.lines.span(Line(place.line.0.wrapping_sub(1)));
        if let Some(span) = before {
            let head = span.of(&place.source.text).unwrap_or_default();
            let inner = format!("{}{unit}", indent_of(head));
            let edit = Replacement::new(start, start, format!("{inner}pass\n"));
            add(place, "empty_block", "add `pass`", vec![edit], 0.9, out);
            block(place, &unit, out);
        }
    }
}

/// Indents the run of lines that begins here, up to a line indented less.
fn block(place: &Place, unit: &str, out: &mut Vec<Candidate>) {
    let own = indent_of(place.text()).len();
    let mut edits = Vec::new();
    let mut line = place.line;
    while let Some(span) = place.source.lines.span(line) {
        let text = span.of(&place.source.text).unwrap_or_default();
        if text.trim().is_empty() || indent_of(text).len() < own {
            break;
        }
        edits.push(Replacement::new(span.start, span.start, unit));
        line = Line(line.0 + 1);
    }
    if edits.len() > 1 {
        add(place, "indent_block", "indent the block", edits, 0.4, out);
    }
}

fn unit(text: &str) -> String {
    let first = text.lines().map(indent_of).find(|i| !i.is_empty()).unwrap_or("    ");
    if first.starts_with('\t') { "\t".to_owned() } else { " ".repeat(first.len().clamp(1, 8)) }
}

fn others(message: &str, place: &Place, out: &mut Vec<Candidate>) {
    let (text, end) = code(place);
    let start = text.trim_start();
    let offset = place.span.start + text.len() - start.len();
    if let Some(rest) = start.strip_prefix("print ").filter(|_| message.contains("print")) {
        let edit = Replacement::new(offset, end, format!("print({rest})"));
        add(place, "print_call", "call `print`", vec![edit], 0.1, out);
    }
    if (message.contains("outside async function") || message.contains("outside function"))
        && let Some(function) = place.source.function_at(place.line)
    {
        let line = place.source.lines.line(function.span.start);
        if let Some(at) = place.source.line_text(line).find("def ") {
            let at = place.source.lines.span(line).map_or(0, |s| s.start) + at;
            let edit = Replacement::new(at, at, "async ");
            add(place, "async_function", "make the function async", vec![edit], 0.2, out);
        }
    }
    if (message.contains("non-default argument follows default")
        || message.contains("parameter without a default follows"))
        && let (Some(open), Some(close)) = (text.find('('), text.rfind(')'))
    {
        let list: Vec<&str> = text[open + 1..close].split(',').map(str::trim).collect();
        let (with, without): (Vec<&str>, Vec<&str>) = list.iter().partition(|p| p.contains('='));
        let new = without.into_iter().chain(with).collect::<Vec<_>>().join(", ");
        let at = place.span.start;
        let edit = Replacement::new(at + open + 1, at + close, new);
        add(place, "parameter_order", "put defaults last", vec![edit], 0.3, out);
    }
    if message.contains("f-string") || text.contains("f\"") || text.contains("f'") {
        for (at, _) in text.match_indices('{') {
            if !text[at..].contains('}') {
                for offset in word_ends(&text[at..]) {
                    let at = place.span.start + at + offset;
                    add(
                        place,
                        "fstring_brace",
                        "close the brace",
                        vec![Replacement::new(at, at, "}")],
                        0.4,
                        out,
                    );
                }
            }
        }
    }
}
