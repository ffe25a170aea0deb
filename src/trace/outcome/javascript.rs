//! Outcomes that node:test, Jest, Vitest and Mocha print.

use std::sync::LazyLock;

use regex::Regex;

use super::{Outcome, TestReport, Totals, counts};
use crate::trace::jest::file_name;
use crate::trace::text::{indent, pattern};
use crate::trace::{node, node_test, tap};

static NODE_TOTAL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^[#ℹ] (tests|pass|fail|cancelled|skipped|todo) (\d{1,9})$"));
static JEST_MARK: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\s+(✓|✕|○|✎|√|×) (?:skipped |todo )?(.+?)(?: \([\d.]+ m?s\))?$"));
static JEST_FILE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s?(PASS|FAIL) {1,2}(\S.*)$"));
static JEST_BLOCK: LazyLock<Regex> = LazyLock::new(|| pattern(r"^ {0,2}● (.+ › .+|\S.*)$"));
static VITEST_TEST: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\s*(✓|×|↓|□) (\S.*? > .+?)(?: \d+ ?m?s)?$"));
static VITEST_FILE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\s*(✓|❯|↓) (\S+\.\w+) \((\d+) tests?.*$"));
static VITEST_TOTAL: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s+Tests  (.+?)(?: \(\d+\))?$"));
static MOCHA_MARK: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(\s+)(✔|✓|√|-|\d+\)) (.+?)(?: \([\d.]+m?s\))?$"));
static MOCHA_TOTAL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^  (\d{1,9}) (passing|pending|failing)(?: \(.*\))?$"));

pub(super) fn read(lines: &[&str], report: &mut TestReport) {
    node_runner(lines, report);
    if lines.iter().any(|line| line.starts_with("Tests: ")) {
        jest(lines, report);
    }
    vitest(lines, report);
    mocha(lines, report);
}

fn node_runner(lines: &[&str], report: &mut TestReport) {
    let before = report.tests.len();
    let points = tap::points(lines);
    // A file stands for a test that could not be loaded, or for one that ended before it had any: a
    // program that ends itself with 0 must not look like one whose tests pass.
    let failed_file = |id: &str, ok: bool| !ok && node::is_test_file(id);
    for point in points.iter().filter(|p| !p.suite && !failed_file(&p.id, p.ok)) {
        let outcome = match (point.directive, point.ok) {
            (Some(_), _) => Outcome::Skipped,
            (None, true) => Outcome::Passed,
            (None, false) => Outcome::Failed,
        };
        if !is_hook(&point.id) {
            report.note(point.id.clone(), outcome);
        }
    }
    let leaves = node_test::tree(lines).into_iter();
    for leaf in leaves.filter(|leaf| !failed_file(&leaf.id, leaf.mark == '✔')) {
        let outcome = match leaf.mark {
            _ if !leaf.directive.is_empty() => Outcome::Skipped,
            '✔' => Outcome::Passed,
            '﹣' => Outcome::Skipped,
            _ => Outcome::Failed,
        };
        report.note(leaf.id, outcome);
    }
    report.complete |= report.tests.len() > before;
    let mut totals = Totals::default();
    let mut seen = false;
    for caught in lines.iter().filter_map(|line| NODE_TOTAL.captures(line)) {
        let count: u64 = caught[2].parse().unwrap_or(0);
        seen = true;
        match &caught[1] {
            "pass" => totals.passed += count,
            "fail" | "cancelled" => totals.failed += count,
            "skipped" | "todo" => totals.skipped += count,
            _ => {}
        }
    }
    if seen {
        totals.ran = totals.passed + totals.failed;
        report.add(totals);
    }
}

fn is_hook(id: &str) -> bool {
    ["\"before all\" hook", "\"before each\" hook", "\"after all\" hook", "\"after each\" hook"]
        .iter()
        .any(|hook| id.contains(hook))
}

fn jest(lines: &[&str], report: &mut TestReport) {
    let mut file = String::new();
    let mut parents: Vec<(usize, String)> = Vec::new();
    let mut in_tree = false;
    for line in lines {
        if let Some(caught) = JEST_FILE.captures(line) {
            file = file_name(&caught[2]);
            let outcome = if &caught[1] == "PASS" { Outcome::Passed } else { Outcome::Failed };
            report.note_suite(file.clone(), outcome);
            parents.clear();
            in_tree = true;
        } else if line.trim().is_empty() {
            in_tree = false;
        } else if let Some(rest) = line.strip_prefix("Tests: ") {
            report.add(words(rest));
        } else if let Some(caught) = JEST_BLOCK.captures(line) {
            in_tree = false;
            let title = caught[1].trim();
            if !matches!(title, "Test suite failed to run" | "Console") && !file.is_empty() {
                report.note(format!("{file} › {title}"), Outcome::Failed);
            }
        } else if in_tree {
            let depth = indent(line);
            parents.retain(|(outer, _)| *outer < depth);
            if let Some(caught) = JEST_MARK.captures(line) {
                let outer = parents.iter().map(|(_, name)| name.as_str());
                let path = std::iter::once(file.as_str()).chain(outer).chain([&caught[2]]);
                let id = path.collect::<Vec<_>>().join(" › ");
                let outcome = match &caught[1] {
                    "✓" | "√" => Outcome::Passed,
                    "✕" | "×" => Outcome::Failed,
                    _ => Outcome::Skipped,
                };
                report.note(id, outcome);
            } else {
                parents.push((depth, line.trim().to_owned()));
            }
        }
    }
}

/// "4 failed, 1 skipped, 1 todo, 1 passed, 7 total", with commas or bars.
fn words(text: &str) -> Totals {
    let mut totals = Totals::default();
    for (count, word) in counts(text) {
        match word {
            "passed" | "passing" => totals.passed += count,
            "failed" | "failing" => totals.failed += count,
            "skipped" | "todo" | "pending" => totals.skipped += count,
            _ => {}
        }
    }
    totals.ran = totals.passed + totals.failed;
    totals
}

fn vitest(lines: &[&str], report: &mut TestReport) {
    let Some(total) = lines.iter().find_map(|line| VITEST_TOTAL.captures(line)) else { return };
    report.add(words(&total[1]));
    for line in lines {
        if let Some(id) = line.trim_start().strip_prefix("FAIL ").map(str::trim) {
            if id.contains(" > ") {
                report.note(id.to_owned(), Outcome::Failed);
            }
        } else if let Some(caught) = VITEST_TEST.captures(line) {
            let outcome = match &caught[1] {
                "✓" => Outcome::Passed,
                "×" => Outcome::Failed,
                _ => Outcome::Skipped,
            };
            report.note(caught[2].to_owned(), outcome);
        } else if let Some(caught) = VITEST_FILE.captures(line) {
            let outcome = match &caught[1] {
                "✓" => Outcome::Passed,
                "↓" => Outcome::Skipped,
                _ => Outcome::Failed,
            };
            report.note_suite(caught[2].to_owned(), outcome);
        }
    }
}

fn mocha(lines: &[&str], report: &mut TestReport) {
    let Some(end) = lines.iter().position(|line| MOCHA_TOTAL.is_match(line)) else { return };
    let mut totals = Totals::default();
    for caught in lines[end..].iter().filter_map(|line| MOCHA_TOTAL.captures(line)) {
        let more = words(&format!("{} {}", &caught[1], &caught[2]));
        totals.passed += more.passed;
        totals.failed += more.failed;
        totals.skipped += more.skipped;
    }
    totals.ran = totals.passed + totals.failed;
    report.add(totals);
    let mut parents: Vec<(usize, &str)> = Vec::new();
    for line in &lines[..end] {
        let depth = indent(line);
        if depth == 0 || line.trim().is_empty() {
            continue;
        }
        parents.retain(|(outer, _)| *outer < depth);
        match MOCHA_MARK.captures(line) {
            Some(caught) => {
                let outer = parents.iter().map(|(_, name)| *name);
                let id = outer.chain([&caught[3]]).collect::<Vec<_>>().join(" > ");
                let outcome = match &caught[2] {
                    "✔" | "✓" | "√" => Outcome::Passed,
                    "-" => Outcome::Skipped,
                    _ => Outcome::Failed,
                };
                if !is_hook(&id) {
                    report.note(id, outcome);
                }
            }
            None => parents.push((depth, line.trim())),
        }
    }
}
