//! Type checkers and linters for Python: mypy, flake8, and Ruff in both of its styles.

use std::sync::LazyLock;

use regex::Regex;

use super::text::{Found, Rank, Text, number, pattern};
use super::{Failure, FailureKind, Frame};
use crate::base::Language;

/// `a.py:3: error: text  [code]`
static MYPY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(\S.*\.pyi?):(\d+):(?:(\d+):)? error: (.*)$"));
static MYPY_CODE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(.*?)\s*\[([a-z][a-z-]+)\]$"));
/// `a.py:3:1: F401 text`
static CONCISE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^(\S.*\.pyi?):(\d+):(\d+): ([A-Z]{1,4}\d{2,4}|invalid-syntax):? (?:\[\*\] )?(.*)$")
});
/// `F401 [*] text`, with the place on the next line.
static TITLE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^([A-Z]{1,4}\d{2,4}|invalid-syntax):? (?:\[\*\] )?(.*)$"));
static ARROW: LazyLock<Regex> = LazyLock::new(|| pattern(r"^ *--> (.+\.pyi?):(\d+):(\d+)$"));

/// Lines of a diagnostic that are looked at.
const MAX_LINES: usize = 60;

/// Reports the errors and claims their lines.
pub(super) fn scan(text: &mut Text, found: &mut Vec<Found>) {
    let mut at = 0;
    while at < text.lines.len() {
        let seen = one_line(&text.lines, at).or_else(|| ruff(&text.lines, at));
        let Some((end, failure)) = seen else {
            at += 1;
            continue;
        };
        found.push(Found::new(Rank::Reported, at, failure));
        text.claim(at..end);
        at = end;
    }
}

fn one_line(lines: &[&str], at: usize) -> Option<(usize, Failure)> {
    let line = lines[at];
    if !line.contains(".py") {
        return None;
    }
    if let Some(caught) = CONCISE.captures(line) {
        let failure = build(&caught[1], &caught[2], Some(&caught[3]), &caught[4], &caught[5]);
        return Some((at + 1, failure));
    }
    let caught = MYPY.captures(line)?;
    let mut message = caught[4].to_owned();
    let mut end = at + 1;
    // With --pretty a long message goes on until its code; the source and marks follow.
    while MYPY_CODE.captures(&message).is_none()
        && let Some(more) = lines.get(end).filter(|l| end < at + 6 && !l.starts_with(' '))
        && !more.is_empty()
        && !MYPY.is_match(more)
        && !more.starts_with("Found ")
    {
        message.push(' ');
        message.push_str(more.trim());
        end += 1;
    }
    let parts = MYPY_CODE.captures(&message);
    let (message, code) = match &parts {
        Some(parts) => (parts.get(1).map_or("", |m| m.as_str()), &parts[2]),
        None => (message.as_str(), "error"),
    };
    let column = caught.get(3).map(|m| m.as_str());
    let mut failure = build(&caught[1], &caught[2], column, code, message);
    let marks = lines.get(end + 1).map_or("", |line| line.trim());
    if !marks.is_empty() && marks.chars().all(|c| matches!(c, '^' | '~')) {
        failure.frames[0].source = Some(lines[end].trim().to_owned());
        end += 2;
    }
    Some((end, failure))
}

fn ruff(lines: &[&str], at: usize) -> Option<(usize, Failure)> {
    let place = lines.get(at + 1).filter(|line| line.contains("--> "))?;
    let (title, place) = (TITLE.captures(lines[at])?, ARROW.captures(place)?);
    let mut failure = build(&place[1], &place[2], Some(&place[3]), &title[1], &title[2]);
    let rest = &lines[at + 2..];
    let length = rest.iter().take(MAX_LINES).position(|line| line.is_empty());
    let end = at + 2 + length.unwrap_or(rest.len().min(MAX_LINES));
    for line in &lines[at + 2..end] {
        if line.starts_with("help: ") {
            failure.message.push('\n');
            failure.message.push_str(line);
        } else if let Some((left, source)) = line.split_once(" | ")
            && number(left.trim()) == failure.frames[0].line
        {
            failure.frames[0].source.get_or_insert_with(|| source.trim().to_owned());
        }
    }
    Some((end, failure))
}

fn build(path: &str, line: &str, column: Option<&str>, code: &str, message: &str) -> Failure {
    let syntax = matches!(code, "syntax" | "invalid-syntax" | "E999");
    let mut failure = Failure::of(if syntax { FailureKind::Syntax } else { FailureKind::Compile });
    failure.language = Some(Language::Python);
    failure.exception = Some(code.to_owned());
    failure.message = message.to_owned();
    let mut frame = Frame::at(path, number(line));
    frame.column = column.and_then(number);
    failure.frames.push(frame);
    failure
}
