//! Outcomes that `go test` prints, plain, with `-v`, and as JSON.

use std::sync::LazyLock;

use regex::Regex;

use super::{Outcome, TestReport, Totals};
use crate::trace::go::{json_streams, qualified};
use crate::trace::text::{Text, pattern};

static LINE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\s*--- (PASS|FAIL|SKIP): (\S+) \([\d.]+(?:s| seconds)\)$"));
static PACKAGE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(ok  |FAIL|\?   )\t(\S+)(?:[\t ](.*))?$"));
static RUN: LazyLock<Regex> = LazyLock::new(|| pattern(r"^=== RUN\s+(\S+)$"));

/// Reads JSON streams first and blanks their lines.
pub(super) fn read(text: &mut Text, report: &mut TestReport) {
    for (package, output) in json_streams(text) {
        let lines: Vec<&str> = output.lines().collect();
        package_output(&lines, Some(&package), report);
    }
    package_output(&text.lines, None, report);
}

/// The tests of one package come before the line that names it.
fn package_output(lines: &[&str], known: Option<&str>, report: &mut TestReport) {
    let mut waiting: Vec<(String, Outcome)> = Vec::new();
    let mut started: Vec<String> = Vec::new();
    let mut verbose = false;
    let mut totals = Totals::default();
    for line in lines {
        if let Some(caught) = LINE.captures(line) {
            let outcome = match &caught[1] {
                "PASS" => Outcome::Passed,
                "SKIP" => Outcome::Skipped,
                _ => Outcome::Failed,
            };
            waiting.push((caught[2].to_owned(), outcome));
        } else if let Some(caught) = RUN.captures(line) {
            verbose = true;
            started.push(caught[1].to_owned());
        } else if let Some(caught) = PACKAGE.captures(line) {
            let package = caught.get(2).map_or("", |m| m.as_str());
            let rest = caught.get(3).map_or("", |m| m.as_str());
            let outcome = match &caught[1] {
                "FAIL" => Outcome::Failed,
                "ok  " if !rest.contains("[no tests to run]") => Outcome::Passed,
                _ => Outcome::Skipped,
            };
            report.note_suite(package.to_owned(), outcome);
            settle(&mut waiting, &mut started, Some(package), report, &mut totals);
        }
    }
    settle(&mut waiting, &mut started, known, report, &mut totals);
    if verbose {
        report.add(totals);
    }
}

/// Notes the tests of a package; one that started and never ended took the package down.
fn settle(
    waiting: &mut Vec<(String, Outcome)>,
    started: &mut Vec<String>,
    package: Option<&str>,
    report: &mut TestReport,
    totals: &mut Totals,
) {
    let ended: std::collections::BTreeSet<String> =
        waiting.iter().map(|(name, _)| name.clone()).collect();
    waiting.extend(started.drain(..).filter(|n| !ended.contains(n)).map(|n| (n, Outcome::Failed)));
    for (name, outcome) in waiting.drain(..) {
        match outcome {
            Outcome::Passed | Outcome::ExpectedFailure => totals.passed += 1,
            Outcome::Failed => totals.failed += 1,
            Outcome::Skipped => totals.skipped += 1,
        }
        totals.ran = totals.passed + totals.failed;
        report.note(qualified(package, &name), outcome);
    }
}
