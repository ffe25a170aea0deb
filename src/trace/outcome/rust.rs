//! Outcomes that `cargo test` prints, over all test binaries of one run.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::{Outcome, TestReport, Totals, counts};
use crate::trace::text::{number, pattern};

static RUNNING: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*Running .*\((.+)\)$"));
static RUNNING_TESTS: LazyLock<Regex> = LazyLock::new(|| pattern(r"^running \d+ tests?$"));
static DOC: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*Doc-tests (\S+)$"));
static LINE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^test (.+?)(?: - (?:should panic|compile fail|compile))? \.\.\. ?(.*)$")
});
static RESULT: LazyLock<Regex> = LazyLock::new(|| pattern(r"^test result: \w+\. (.*)$"));
static DOCTEST: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(.*) \(line (\d+)\)$"));

/// Doctests by name without their line, which a fix above them may move.
type Doctests = BTreeMap<String, Vec<(u32, Outcome)>>;

pub(super) fn read(lines: &[&str], report: &mut TestReport) {
    // A program may well print "test x ... ok" of its own.
    if !lines.iter().any(|line| RUNNING_TESTS.is_match(line)) {
        return;
    }
    let mut target = String::new();
    let mut pending: Option<String> = None;
    let mut doctests = Doctests::new();
    let mut listing = false;
    for line in lines {
        if let Some(caught) = RUNNING.captures(line) {
            target = crate_of(&caught[1]);
        } else if let Some(caught) = DOC.captures(line) {
            target = format!("{} doc", &caught[1]);
        } else if let Some(caught) = RESULT.captures(line) {
            report.add(totals(&caught[1]));
            pending = None;
        } else if line.starts_with("test ")
            && let Some(caught) = LINE.captures(line)
        {
            let name = caught[1].to_owned();
            match outcome(&caught[2]) {
                Some(outcome) => note(report, &mut doctests, &target, &name, outcome),
                // With --nocapture the test's own output comes before the result.
                None => pending = Some(name),
            }
        } else if let Some(name) = pending.take_if(|_| outcome(line).is_some()) {
            let outcome = outcome(line).unwrap_or(Outcome::Failed);
            note(report, &mut doctests, &target, &name, outcome);
        }
        if *line == "failures:" {
            listing = true;
        } else if listing && let Some(name) = line.strip_prefix("    ") {
            note(report, &mut doctests, &target, name, Outcome::Failed);
        } else {
            listing = false;
        }
    }
    for (name, mut found) in doctests {
        found.sort_unstable();
        found.dedup_by_key(|(line, _)| *line);
        for (at, (_, outcome)) in found.into_iter().enumerate() {
            report.note(format!("{name} #{}", at + 1), outcome);
        }
    }
}

/// `target/debug/deps/tally-fce0cb1f790c1353` -> `tally`.
fn crate_of(binary: &str) -> String {
    let name = binary.rsplit(['/', '\\']).next().unwrap_or(binary);
    let name = name.strip_suffix(".exe").unwrap_or(name);
    name.rsplit_once('-').map_or(name, |(name, _)| name).to_owned()
}

fn outcome(word: &str) -> Option<Outcome> {
    match word.trim_end() {
        "ok" => Some(Outcome::Passed),
        "FAILED" => Some(Outcome::Failed),
        word if word == "ignored" || word.starts_with("ignored, ") => Some(Outcome::Skipped),
        word if word.starts_with("bench:") => Some(Outcome::Passed),
        _ => None,
    }
}

fn note(
    report: &mut TestReport,
    doctests: &mut Doctests,
    target: &str,
    name: &str,
    outcome: Outcome,
) {
    if let Some(caught) = DOCTEST.captures(name)
        && name.contains(" - ")
    {
        let line = number(&caught[2]).unwrap_or(0);
        doctests.entry(format!("{target}: {}", &caught[1])).or_default().push((line, outcome));
        return;
    }
    let id = if target.is_empty() { name.to_owned() } else { format!("{target}::{name}") };
    report.note(id, outcome);
}

fn totals(text: &str) -> Totals {
    let mut totals = Totals::default();
    for (count, word) in counts(text) {
        match word {
            "passed" | "measured" => totals.passed += count,
            "failed" => totals.failed += count,
            "ignored" => totals.skipped += count,
            _ => {}
        }
    }
    totals.ran = totals.passed + totals.failed;
    totals
}
