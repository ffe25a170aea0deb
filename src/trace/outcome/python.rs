//! Outcomes that pytest and unittest print.

use std::sync::LazyLock;

use regex::Regex;

use super::{Outcome, TestReport, Totals, counts};
use crate::trace::pytest::{split_reason, subtest};
use crate::trace::text::{is_rule, pattern, titled};
use crate::trace::unittest::test_id;

static VERBOSE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(\S.*?::.*?) (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)(?: \(.*\))?(?:\s+\[ *\d+%\])?\s*$",
    )
});
static XDIST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^\[gw\d+\] \[ *\d+%\] (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS) (\S.*?)\s*$")
});
static SUMMARY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(PASSED|FAILED|ERROR|XFAIL|XPASS) (\S.*)$"));
static FINAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:=+ )?((?:no tests ran|\d+ [a-z]+)(?:, \d+ [a-z]+(?: [a-z]+)?)*) in \d[\d.]*s(?: \([\d:]+\))?(?: =+)?$",
    )
});
/// `test_x (mod.Class.test_x)`, possibly with a subtest's parameters.
static UNITTEST_ID: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\s*([A-Za-z_][\w.]* \([\w.]+\))(?: [\[(].*[\])])?$"));
static RAN: LazyLock<Regex> = LazyLock::new(|| pattern(r"^Ran (\d{1,9}) tests? in "));
static CLOSING: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:OK|FAILED|NO TESTS RAN)(?: \((.*)\))?$"));

pub(super) fn read(lines: &[&str], report: &mut TestReport) {
    pytest(lines, report);
    unittest(lines, report);
}

fn pytest(lines: &[&str], report: &mut TestReport) {
    let mut in_summary = false;
    let mut subtests = 0;
    for line in lines {
        if let Some(title) = titled(line, '=') {
            in_summary = title == "short test summary info";
        }
        if line.contains("::")
            && let Some((id, word)) = verbose(line)
        {
            report.note(id.to_owned(), outcome(word));
        } else if in_summary && let Some(rest) = subtest(line) {
            subtests += 1;
            report.note(split_reason(rest).0.to_owned(), Outcome::Failed);
        } else if in_summary && let Some(caught) = SUMMARY.captures(line) {
            let (id, _) = split_reason(caught.get(2).map_or("", |m| m.as_str()));
            // An error without `::` is a file that could not be loaded, not a test.
            if id.contains("::") {
                report.note(id.to_owned(), outcome(&caught[1]));
            }
        } else if line.contains(" in ")
            && let Some(caught) = FINAL.captures(line.trim_end())
        {
            in_summary = false;
            // pytest counts failed subtests as failures beside the test that holds them.
            let mut totals = totals(&caught[1]);
            let extra = std::mem::take(&mut subtests).min(totals.failed);
            totals.failed -= extra;
            totals.ran -= extra;
            report.add(totals);
        }
    }
}

fn verbose(line: &str) -> Option<(&str, &str)> {
    let (id, word) = if line.starts_with("[gw") {
        let caught = XDIST.captures(line)?;
        (caught.get(2)?, caught.get(1)?)
    } else {
        let caught = VERBOSE.captures(line)?;
        (caught.get(1)?, caught.get(2)?)
    };
    // `test tests::x ... FAILED` is cargo's: a node id begins with a file.
    let file = id.as_str().split("::").next().unwrap_or_default();
    let is_file = file.contains(['.', '/']) && !file.contains(' ');
    is_file.then_some((id.as_str(), word.as_str()))
}

fn outcome(word: &str) -> Outcome {
    match word {
        "PASSED" | "XPASS" => Outcome::Passed,
        "SKIPPED" => Outcome::Skipped,
        "XFAIL" => Outcome::ExpectedFailure,
        _ => Outcome::Failed,
    }
}

fn totals(text: &str) -> Totals {
    let mut totals = Totals::default();
    for (count, word) in counts(text) {
        match word {
            "passed" => totals.passed += count,
            "failed" => totals.failed += count,
            "error" | "errors" => totals.errors += count,
            "skipped" => totals.skipped += count,
            "xfailed" => totals.expected_failures += count,
            "xpassed" => totals.unexpected_passes += count,
            _ => {}
        }
    }
    totals.ran =
        totals.passed + totals.failed + totals.expected_failures + totals.unexpected_passes;
    totals
}

fn unittest(lines: &[&str], report: &mut TestReport) {
    if !lines.iter().any(|line| RAN.is_match(line)) {
        return;
    }
    let mut pending: Option<String> = None;
    let mut ran: Option<u64> = None;
    let mut unloadable = 0;
    for (at, line) in lines.iter().enumerate() {
        if at > 0 && is_rule(lines[at - 1], '=', 60) {
            if let Some((_, id)) = line.split_once(": ")
                && line.starts_with(['F', 'E', 'U'])
            {
                unloadable += u64::from(id.contains("unittest.loader._FailedTest"));
                note(report, id, Outcome::Failed);
            }
        } else if let Some(caught) = RAN.captures(line) {
            ran = caught[1].parse().ok();
            pending = None;
        } else if let Some(count) = ran
            && let Some(caught) = CLOSING.captures(line)
        {
            let words = caught.get(1).map_or("", |m| m.as_str());
            report.add(unittest_totals(count, unloadable, words));
            (ran, unloadable) = (None, 0);
        } else {
            progress(line, &mut pending, report);
        }
    }
}

/// A line of the verbose list. A test's docstring stands on a line of its own, and whatever the
/// test prints comes between its name and its result.
fn progress(line: &str, pending: &mut Option<String>, report: &mut TestReport) {
    let mut rest = line;
    while let Some((left, right)) =
        rest.split_once(" ... ").or_else(|| rest.strip_suffix(" ...").map(|left| (left, "")))
    {
        if let Some(caught) = UNITTEST_ID.captures(left) {
            *pending = Some(caught[1].to_owned());
        }
        rest = right;
    }
    let result = match rest.trim_end() {
        "ok" => Outcome::Passed,
        "FAIL" | "ERROR" | "unexpected success" => Outcome::Failed,
        "expected failure" => Outcome::ExpectedFailure,
        word if word.starts_with("skipped ") && (rest != line || pending.is_some()) => {
            Outcome::Skipped
        }
        _ => {
            if let Some(caught) = UNITTEST_ID.captures(rest) {
                *pending = Some(caught[1].to_owned());
            }
            return;
        }
    };
    if let Some(id) = pending.take() {
        note(report, &id, result);
    }
}

/// Notes a test; what stands for a class or module that failed as a whole is none.
fn note(report: &mut TestReport, printed: &str, outcome: Outcome) {
    let whole = ["setUpClass ", "tearDownClass ", "setUpModule ", "tearDownModule "];
    if whole.iter().any(|w| printed.starts_with(w)) || printed.contains("._FailedTest") {
        return;
    }
    if printed.contains(" (") {
        report.note(test_id(printed), outcome);
    }
}

fn unittest_totals(ran: u64, unloadable: u64, words: &str) -> Totals {
    let mut totals = Totals::default();
    for part in words.split(", ") {
        let Some((word, count)) = part.split_once('=') else { continue };
        let Ok(count) = count.parse::<u32>() else { continue };
        let field = match word {
            "failures" => &mut totals.failed,
            "errors" => &mut totals.errors,
            "skipped" => &mut totals.skipped,
            "expected failures" => &mut totals.expected_failures,
            "unexpected successes" => &mut totals.unexpected_passes,
            _ => continue,
        };
        *field = u64::from(count);
    }
    totals.ran = ran.saturating_sub(totals.skipped).saturating_sub(unloadable);
    let not_passed = totals.failed
        + totals.errors.saturating_sub(unloadable)
        + totals.expected_failures
        + totals.unexpected_passes;
    totals.passed = totals.ran.saturating_sub(not_passed);
    totals
}
