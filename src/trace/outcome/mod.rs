//! What became of each test, and whether a second run lost any of them against a first.
//!
//! A fix that makes tests vanish is no fix: `lost` is what stands between a candidate that skips,
//! deselects or breaks tests and the word "fixed". It errs on the side of refusing.

mod go;
mod javascript;
mod python;
mod rust;

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::signature::stable;
use super::text::{self, Text};

/// How a test ended. Where one test ends in several ways (its body passes, its teardown fails) the
/// greatest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    Passed,
    /// Failed as its author said that it would.
    ExpectedFailure,
    /// Skipped, ignored, pending or to do: it did not run.
    Skipped,
    /// Failed, errored, timed out, or passed against a strict expectation.
    Failed,
}

/// The numbers that a runner prints at the end; those of several runs in one output add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Tests whose body ran.
    pub ran: u64,
    pub passed: u64,
    pub failed: u64,
    /// Tests that could not be set up, and files that could not be loaded.
    pub errors: u64,
    pub skipped: u64,
    pub expected_failures: u64,
    pub unexpected_passes: u64,
}

/// The tests of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestReport {
    /// By identifier: pytest's node id, unittest's dotted name, `crate::path::test` for cargo,
    /// `package.Test/case` for Go, `suite > test` or `file › suite › test` for JavaScript.
    pub tests: BTreeMap<String, Outcome>,
    /// Packages (Go) or files (Jest, Vitest), which are listed even where passing tests are not.
    pub suites: BTreeMap<String, Outcome>,
    pub totals: Option<Totals>,
    /// True when every test of the run stands in `tests`, not only those that failed.
    pub complete: bool,
}

/// Reads what the runners in `output` say about each test. An output without any gives an empty
/// report.
pub fn report(output: &str) -> TestReport {
    let clean = text::clean(output);
    let mut text = Text::new(&clean);
    let mut report = TestReport::default();
    go::read(&mut text, &mut report);
    python::read(&text.lines, &mut report);
    rust::read(&text.lines, &mut report);
    javascript::read(&text.lines, &mut report);
    if let Some(totals) = &report.totals {
        report.complete |= report.tests.len() as u64 >= totals.ran + totals.skipped;
    }
    report.complete &= !report.tests.is_empty();
    report
}

/// What `after` lost against `before`, one sentence each; empty when nothing was lost.
///
/// Lost is a test that ran before and is now missing, skipped or expected to fail; one that passed
/// before and fails now; a package or file that is gone; fewer tests run in total. Where a runner
/// lists only failures, a test that failed before and is not listed now has passed.
pub fn lost(before: &TestReport, after: &TestReport) -> Vec<String> {
    let mut lost = Vec::new();
    let mut renamed = Renamed { before, after, by_stable: None };
    for (id, was) in &before.tests {
        if *was == Outcome::Skipped {
            continue;
        }
        match after.tests.get(id).copied().or_else(|| renamed.find(id)) {
            None if after.complete || *was == Outcome::Passed => {
                lost.push(format!("{id}: no longer runs"));
            }
            Some(Outcome::Skipped) => lost.push(format!("{id}: is skipped now")),
            Some(Outcome::Failed) if *was != Outcome::Failed => {
                lost.push(format!("{id}: fails now"));
            }
            Some(Outcome::ExpectedFailure) if *was != Outcome::ExpectedFailure => {
                lost.push(format!("{id}: is expected to fail now"));
            }
            _ => {}
        }
    }
    lost.extend(new_failures(before, after));
    for (name, was) in &before.suites {
        match after.suites.get(name) {
            _ if *was == Outcome::Skipped => {}
            None | Some(Outcome::Skipped) => lost.push(format!("{name}: no longer runs")),
            Some(Outcome::Failed) if *was == Outcome::Passed => {
                lost.push(format!("{name}: fails now"));
            }
            _ => {}
        }
    }
    lost.extend(fewer(before, after));
    let more = lost.len().saturating_sub(MAX_LOST);
    if more > 0 {
        lost.truncate(MAX_LOST);
        lost.push(format!("and {more} more"));
    }
    lost
}

/// What `after` breaks of that which passed in `before`, one sentence each.
///
/// Weaker than [`lost`]: a test that failed before may do now what it likes, be skipped for example.
/// For runs that are no part of the failure to be repaired.
pub fn broken(before: &TestReport, after: &TestReport) -> Vec<String> {
    if !before.complete {
        return lost(before, after);
    }
    let passed = |o: &Outcome| matches!(o, Outcome::Passed | Outcome::ExpectedFailure);
    let (mut was, mut is) = (before.clone(), after.clone());
    was.tests.retain(|_, outcome| passed(outcome));
    was.totals = None;
    is.tests.retain(|id, _| before.tests.get(id).is_none_or(passed));
    lost(&was, &is)
}

const MAX_LOST: usize = 200;

/// Finds tests whose identifiers hold a directory, an address or a date, as parameters may.
struct Renamed<'a> {
    before: &'a TestReport,
    after: &'a TestReport,
    /// For each identifier without such parts: how many tests have it before and after, and the
    /// worst outcome after.
    by_stable: Option<HashMap<String, (usize, usize, Outcome)>>,
}

impl Renamed<'_> {
    /// What became of a test that is not there by its own name; `None` unless at least as many
    /// tests are alike after as before.
    fn find(&mut self, id: &str) -> Option<Outcome> {
        let key = stable(id);
        if key == id {
            return None;
        }
        let by_stable = self.by_stable.get_or_insert_with(|| {
            let mut map: HashMap<String, (usize, usize, Outcome)> = HashMap::new();
            for id in self.before.tests.keys() {
                map.entry(stable(id)).or_insert((0, 0, Outcome::Passed)).0 += 1;
            }
            for (id, outcome) in &self.after.tests {
                let entry = map.entry(stable(id)).or_insert((0, 0, Outcome::Passed));
                entry.1 += 1;
                entry.2 = entry.2.max(*outcome);
            }
            map
        });
        let (was, now, worst) = by_stable.get(&key)?;
        (now >= was).then_some(*worst)
    }
}

/// Failures of `after` that `before`, listing failures only, would have listed had they been there.
fn new_failures(before: &TestReport, after: &TestReport) -> Vec<String> {
    let ran = |report: &TestReport| report.totals.map_or(0, |t| t.ran + t.skipped);
    if before.complete || before.totals.is_none() || ran(before) < ran(after) {
        return Vec::new();
    }
    let new = after
        .tests
        .iter()
        .filter(|(id, now)| **now == Outcome::Failed && !before.tests.contains_key(*id));
    new.map(|(id, _)| format!("{id}: fails now")).collect()
}

fn fewer(before: &TestReport, after: &TestReport) -> Vec<String> {
    let Some(was) = before.totals else { return Vec::new() };
    let Some(now) = after.totals else {
        let any = was.ran + was.errors > 0;
        return any.then(|| "the second run reports no tests".to_owned()).into_iter().collect();
    };
    let mut lost = Vec::new();
    if now.ran < was.ran {
        lost.push(format!("fewer tests ran: {} before, {} now", was.ran, now.ran));
    } else if was.ran + was.errors > 0 && now.ran == 0 {
        lost.push("no test ran".to_owned());
    }
    // Tests that a load error hid may turn out to be skipped; those that were there may not.
    let nothing_new = now.ran + now.skipped <= was.ran + was.errors + was.skipped;
    if nothing_new && now.skipped > was.skipped {
        lost.push(format!("more tests are skipped: {} before, {} now", was.skipped, now.skipped));
    }
    if nothing_new && now.expected_failures > was.expected_failures {
        let (a, b) = (was.expected_failures, now.expected_failures);
        lost.push(format!("more tests are expected to fail: {a} before, {b} now"));
    }
    lost
}

impl TestReport {
    /// Reads one JSON object per line, `{"id": "...", "outcome": "passed"}`, as a test runner's
    /// plug-in writes them; other fields and other lines are ignored. Outcomes are `passed`,
    /// `failed`, `error`, `skipped`, `xfailed` and `xpassed`; of several for one test the greatest
    /// [`Outcome`] counts. Such a report is complete.
    pub fn from_json_lines(text: &str) -> Self {
        #[derive(Deserialize)]
        struct Line {
            id: String,
            outcome: String,
        }
        let mut report = Self::default();
        for line in text.lines() {
            let Ok(line) = serde_json::from_str::<Line>(line) else { continue };
            let outcome = match line.outcome.as_str() {
                "passed" | "xpassed" => Outcome::Passed,
                "failed" | "error" => Outcome::Failed,
                "skipped" => Outcome::Skipped,
                "xfailed" => Outcome::ExpectedFailure,
                _ => continue,
            };
            report.note(line.id, outcome);
        }
        report.complete = !report.tests.is_empty();
        report.totals = report.complete.then(|| report.counted());
        report
    }

    /// The outcome of a test by its identifier, or by the end of one (`tests::x` for
    /// `crate::tests::x`); the worst where several end alike.
    pub fn outcome_of(&self, id: &str) -> Option<Outcome> {
        self.tests.get(id).copied().or_else(|| {
            let ends = |name: &&String| {
                let left = name.strip_suffix(id);
                left.is_some_and(|left| {
                    ["::", ".", "> ", "› ", ": "].iter().any(|joint| left.ends_with(joint))
                })
            };
            self.tests.iter().filter(|(name, _)| ends(name)).map(|(_, outcome)| *outcome).max()
        })
    }

    /// Identifiers of the failed tests, sorted.
    pub fn failed(&self) -> Vec<&str> {
        let failed = self.tests.iter().filter(|(_, outcome)| **outcome == Outcome::Failed);
        failed.map(|(id, _)| id.as_str()).collect()
    }

    /// True when no runner was recognised.
    pub fn is_empty(&self) -> bool {
        self.tests.is_empty() && self.suites.is_empty() && self.totals.is_none()
    }

    /// One line for people: "3 passed, 1 failed, 2 skipped"; empty when nothing is known.
    pub fn summary(&self) -> String {
        let Some(totals) = self.totals.or((!self.tests.is_empty()).then(|| self.counted())) else {
            return String::new();
        };
        let parts = [
            (totals.failed, "failed"),
            (totals.errors, "errors"),
            (totals.passed, "passed"),
            (totals.skipped, "skipped"),
            (totals.expected_failures, "expected failures"),
            (totals.unexpected_passes, "unexpected passes"),
        ];
        let shown = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}"));
        let shown = shown.collect::<Vec<_>>().join(", ");
        if shown.is_empty() { "no tests ran".to_owned() } else { shown }
    }

    fn note(&mut self, id: String, outcome: Outcome) {
        let known = self.tests.entry(id).or_insert(outcome);
        *known = (*known).max(outcome);
    }

    fn note_suite(&mut self, name: String, outcome: Outcome) {
        let known = self.suites.entry(name).or_insert(outcome);
        *known = (*known).max(outcome);
    }

    fn add(&mut self, more: Totals) {
        let totals = self.totals.get_or_insert_default();
        totals.ran = totals.ran.saturating_add(more.ran);
        totals.passed = totals.passed.saturating_add(more.passed);
        totals.failed = totals.failed.saturating_add(more.failed);
        totals.errors = totals.errors.saturating_add(more.errors);
        totals.skipped = totals.skipped.saturating_add(more.skipped);
        totals.expected_failures = totals.expected_failures.saturating_add(more.expected_failures);
        totals.unexpected_passes = totals.unexpected_passes.saturating_add(more.unexpected_passes);
    }

    /// Totals counted from the list.
    fn counted(&self) -> Totals {
        let mut totals = Totals::default();
        for outcome in self.tests.values() {
            let field = match outcome {
                Outcome::Passed => &mut totals.passed,
                Outcome::ExpectedFailure => &mut totals.expected_failures,
                Outcome::Skipped => &mut totals.skipped,
                Outcome::Failed => &mut totals.failed,
            };
            *field += 1;
        }
        totals.ran = totals.passed + totals.expected_failures + totals.failed;
        totals
    }
}

/// The numbers before words, as in "3 failed, 1 passed": `(3, "failed")`, `(1, "passed")`.
/// Numbers too long to be counts are dropped.
fn counts(text: &str) -> impl Iterator<Item = (u64, &str)> {
    text.split([',', '|', ';']).filter_map(|part| {
        let part = part.trim();
        let cut = part.find(' ')?;
        let number: u32 = part[..cut].parse().ok()?;
        Some((u64::from(number), part[cut + 1..].trim()))
    })
}

#[cfg(test)]
mod tests;
