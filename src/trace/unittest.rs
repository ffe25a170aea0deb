//! Python's unittest: the blocks between two rules, each with one test's traceback.

use super::python::{self, Tail};
use super::text::{Found, Text, is_rule};
use super::{Failure, FailureKind};
use crate::base::Language;

/// Reports unittest's failures and claims their blocks.
pub(super) fn scan(text: &mut Text, found: &mut Vec<Found>) {
    let mut at = 0;
    while at + 2 < text.lines.len() {
        let header =
            if is_rule(text.lines[at], '=', 60) { header(text.lines[at + 1]) } else { None };
        let Some((word, id)) = header else {
            at += 1;
            continue;
        };
        let (start, end) = body_range(&text.lines, at + 2);
        let failure = block(word, id, &text.lines[start..end]);
        found.push(Found::reported(at, failure));
        text.claim(at..end);
        at = end;
    }
}

fn header(line: &str) -> Option<(&str, &str)> {
    let (word, id) = line.split_once(": ")?;
    matches!(word, "FAIL" | "ERROR" | "UNEXPECTED SUCCESS").then_some((word, id))
}

/// The lines between the thin rule and the next rule; no thin rule means no body.
fn body_range(lines: &[&str], from: usize) -> (usize, usize) {
    let rule = |line: &&str| is_rule(line, '-', 60) || is_rule(line, '=', 60);
    let Some(first) = lines[from..].iter().position(rule).map(|n| from + n) else {
        return (lines.len(), lines.len());
    };
    if is_rule(lines[first], '=', 60) || lines.get(first + 1).is_some_and(|l| l.starts_with("Ran "))
    {
        return (first, first);
    }
    let next = lines[first + 1..].iter().position(rule);
    (first + 1, next.map_or(lines.len(), |n| first + 1 + n))
}

fn block(word: &str, id: &str, lines: &[&str]) -> Failure {
    let mut failure = python::tracebacks(lines, Tail::Section)
        .pop()
        .map_or_else(|| Failure::of(FailureKind::Test), |t| t.failure);
    failure.language = Some(Language::Python);
    if failure.message.is_empty() && failure.exception.is_none() {
        failure.message =
            if word == "UNEXPECTED SUCCESS" { "unexpected success".into() } else { first(lines) };
    }
    failure.tests = vec![test_id(id)];
    failure
}

fn first(lines: &[&str]) -> String {
    lines.iter().find(|l| !l.trim().is_empty()).map_or_else(String::new, |l| l.trim().to_owned())
}

/// `test_x (mod.Class.test_x)` or `test_x (mod.Class)` -> `mod.Class.test_x`, which unittest takes
/// on its command line. A subtest's parameters are dropped; a failed class or module keeps its name.
pub(super) fn test_id(printed: &str) -> String {
    let printed = printed.trim();
    let Some((name, rest)) = printed.split_once(" (") else { return printed.to_owned() };
    let inside = rest.split(')').next().unwrap_or(rest);
    let inside = inside.strip_prefix("unittest.loader._FailedTest.").unwrap_or(inside);
    if matches!(name, "setUpClass" | "tearDownClass" | "setUpModule" | "tearDownModule")
        || inside == name
        || inside.strip_suffix(name).is_some_and(|left| left.ends_with('.'))
    {
        return inside.to_owned();
    }
    if inside == "unittest.loader._FailedTest" {
        return name.to_owned();
    }
    format!("{inside}.{name}")
}

#[cfg(test)]
mod tests {
    use super::test_id;

    #[test]
    fn ids_of_all_versions() {
        assert_eq!(test_id("test_x (a.b.C.test_x)"), "a.b.C.test_x");
        assert_eq!(test_id("test_x (a.b.C)"), "a.b.C.test_x");
        assert_eq!(test_id("test_x (a.b.C.test_x) (n=1, kind='loop')"), "a.b.C.test_x");
        assert_eq!(test_id("test_x (a.b.C.test_x) [message]"), "a.b.C.test_x");
        assert_eq!(test_id("setUpClass (a.b.C)"), "a.b.C");
        assert_eq!(test_id("a.t (unittest.loader._FailedTest.a.t)"), "a.t");
        assert_eq!(test_id("a.t (unittest.loader._FailedTest)"), "a.t");
        assert_eq!(test_id("weird"), "weird");
    }
}
