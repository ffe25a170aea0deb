//! Python doctests, as `python -m doctest` and as pytest print them.

use std::sync::LazyLock;

use regex::Regex;

use super::python::{self, Tail};
use super::text::{Found, Text, indent, is_rule, number, pattern};
use super::{Failure, FailureKind, Frame};
use crate::base::Language;

static PLACE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"^File "([^"]+)", line (\d+), in (.+)$"#));
static PYTEST_PLACE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(\S.*):(\d+): (DocTestFailure|UnexpectedException)$"));

/// Reports the failed examples of `python -m doctest`.
pub(super) fn scan(text: &mut Text, found: &mut Vec<Found>) {
    let mut at = 0;
    while at + 2 < text.lines.len() {
        let opens = is_rule(text.lines[at], '*', 60) && text.lines[at + 2] == "Failed example:";
        let place = opens.then(|| PLACE.captures(text.lines[at + 1])).flatten();
        let Some(place) = place else {
            at += 1;
            continue;
        };
        let end = example_end(&text.lines, at + 3);
        let mut frame = Frame::at(&place[1], number(&place[2]));
        frame.function = Some(place[3].to_owned());
        let failure = example(&text.lines[at + 3..end], frame);
        found.push(Found::reported(at, failure));
        text.claim(at..end);
        at = end;
    }
}

fn example_end(lines: &[&str], from: usize) -> usize {
    let ends = |line: &&str| {
        is_rule(line, '*', 60)
            || line.starts_with("***Test Failed***")
            || *line == "Trying:"
            || line.ends_with(" had no tests:")
            || line.ends_with(" passed all tests:")
            || (is_rule(line, '-', 60))
    };
    lines[from..].iter().position(ends).map_or(lines.len(), |n| from + n)
}

/// One example: what was written, what was expected, what came.
fn example(lines: &[&str], frame: Frame) -> Failure {
    let test = frame.function.clone();
    let mut failure = raised(lines).unwrap_or_else(|| {
        let mut failure = Failure::of(FailureKind::Assertion);
        failure.message = expected_got(lines);
        failure
    });
    failure.language = Some(Language::Python);
    failure.tests = test.into_iter().collect();
    failure.frames.retain(|f| !f.path.starts_with('<') && !f.path.ends_with("/doctest.py"));
    let mut frame = frame;
    frame.source = lines.first().map(|line| line.trim().to_owned());
    failure.frames.push(frame);
    failure
}

fn raised(lines: &[&str]) -> Option<Failure> {
    let at = lines.iter().position(|line| *line == "Exception raised:")?;
    let inner: Vec<&str> =
        lines[at + 1..].iter().map(|line| super::text::dedent(line, 4)).collect();
    python::tracebacks(&inner, Tail::Section).pop().map(|t| t.failure)
}

fn expected_got(lines: &[&str]) -> String {
    let at = lines.iter().position(|line| line.starts_with("Expected") || *line == "Got:");
    let rest = &lines[at.unwrap_or(0)..];
    rest.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

/// The block of a doctest in a pytest report.
pub(super) fn pytest_block(lines: &[&str]) -> Failure {
    let place = lines.iter().rev().find_map(|line| PYTEST_PLACE.captures(line));
    let mut failure = python::tracebacks(lines, Tail::Section)
        .pop()
        .map(|t| t.failure)
        .unwrap_or_else(|| Failure::of(FailureKind::Assertion));
    if failure.exception.is_none() {
        let body = lines.iter().position(|line| line.starts_with("Expected") || *line == "Got:");
        if let Some(body) = body {
            let end = lines[body..].iter().position(|line| line.is_empty());
            let end = end.map_or(lines.len(), |n| body + n);
            failure.message = expected_got(&lines[body..end]);
        }
    }
    if let Some(place) = place {
        let mut frame = Frame::at(&place[1], number(&place[2]));
        let example = lines.iter().rev().find(|line| line.contains(" >>> "));
        frame.source = example
            .and_then(|line| line.split_once(">>> "))
            .map(|(left, code)| (indent(left), code.trim()).1.to_owned());
        failure.frames.push(frame);
    }
    failure
}
