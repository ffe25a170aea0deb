//! Spectrum-based suspicion for Python: lines that failing tests run and passing tests do not.
//!
//! Reads what the injected tracer wrote (see `agent/inject/sitecustomize.py`). The formula is
//! Ochiai's, as in Abreu, Zoeteweij and van Gemund, "On the accuracy of spectrum-based fault
//! localization" (2007).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::Board;
use crate::agent::sources::Sources;
use crate::base::{Line, RepoPath};

/// The rank at which a line is half as suspect as the first: where a fault is found is a matter of
/// the order of the scores more than of their size.
const HALF_RANK: f64 = 12.0;
/// Of more failing tests only so many are looked at one by one.
const TESTS_RANKED: usize = 60;
/// Suspicion of lines that only stand beside what ran.
const UNEXECUTED: f64 = 0.025;
/// The same for what runs when a module is imported; in files whose functions no failing test runs, half of it.
const IMPORTED: f64 = 0.05;

/// Lines run, by file.
type Lines = BTreeMap<RepoPath, BTreeSet<u32>>;

/// What a traced run saw.
#[derive(Clone, Debug, Default)]
pub struct Traced {
    failing: Vec<Lines>,
    passing: Vec<Lines>,
    /// Run while modules were imported, or outside of any test.
    outside: Lines,
    pub values: Vec<FrameValues>,
}

/// The locals of one frame of the failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameValues {
    pub path: RepoPath,
    pub line: Line,
    pub function: String,
    /// Name -> value as Python shows it, or the type where the value is no plain one.
    pub locals: BTreeMap<String, Value>,
}

/// What is known of one value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Value {
    #[serde(rename = "type")]
    pub kind: String,
    pub repr: Option<String>,
    #[serde(default)]
    pub attributes: Vec<String>,
}

#[derive(Deserialize)]
struct LineRecord {
    test: Option<String>,
    outcome: String,
    lines: BTreeMap<String, Vec<u32>>,
    /// The process that wrote it, and that one's parent.
    #[serde(default)]
    pid: u32,
    #[serde(default)]
    parent: u32,
}

#[derive(Deserialize)]
struct ValueRecord {
    test: Option<String>,
    frames: Vec<FrameRecord>,
}

#[derive(Deserialize)]
struct FrameRecord {
    path: String,
    line: u32,
    function: String,
    locals: BTreeMap<String, Value>,
}

impl Traced {
    /// Reads `trace.jsonl` and `values.jsonl`; lines that are cut short are skipped.
    ///
    /// Of the tests that failed only those in `failing` count, when that is given: others fail for
    /// reasons of their own.
    pub fn read(trace: &[u8], values: &[u8], failing: Option<&BTreeSet<String>>) -> Self {
        let mut out = Self::default();
        let wanted = |test: &Option<String>| match (failing, test) {
            (Some(failing), Some(test)) => failing.contains(test),
            _ => true,
        };
        // Snapshots of a test that may hang; dropped when it ended after all.
        let mut hung: BTreeMap<Option<String>, Lines> = BTreeMap::new();
        for record in with_children(json_lines(trace).collect()) {
            if record.outcome == "failed" && !wanted(&record.test) {
                continue;
            }
            let lines = record.lines.into_iter().filter_map(|(path, lines)| {
                let lines: BTreeSet<u32> = lines.into_iter().filter(|&l| l > 0).collect();
                Some((RepoPath::new(&path).ok()?, lines))
            });
            if record.outcome != "hung" && record.outcome != "import" {
                hung.remove(&record.test);
            }
            match (record.test, record.outcome.as_str()) {
                (test, "hung") => {
                    hung.insert(test, lines.collect());
                }
                (_, "failed") => out.failing.push(lines.collect()),
                (Some(_), "passed" | "xfailed") => out.passing.push(lines.collect()),
                (None, "import" | "exit") => {
                    for (path, lines) in lines {
                        out.outside.entry(path).or_default().extend(lines);
                    }
                }
                _ => {}
            }
        }
        out.failing.extend(hung.into_values().filter(|lines| !lines.is_empty()));
        // A script that fails without an exception (`sys.exit(1)`) is one failing test.
        if out.failing.is_empty() && out.passing.is_empty() && !out.outside.is_empty() {
            out.failing.push(std::mem::take(&mut out.outside));
        }
        let values = json_lines::<ValueRecord>(values).filter(|record| wanted(&record.test));
        for record in values.take(20) {
            out.values.extend(record.frames.into_iter().filter_map(|frame| {
                let path = RepoPath::new(&frame.path).ok()?;
                let FrameRecord { line, function, locals, .. } = frame;
                Some(FrameValues { path, line: Line(line), function, locals })
            }));
        }
        out
    }

    /// True when lines of at least one failing test are known.
    pub fn saw_the_failure(&self) -> bool {
        !self.failing.is_empty()
    }

    /// Numbers of failing and passing tests observed.
    pub fn tests(&self) -> (usize, usize) {
        (self.failing.len(), self.passing.len())
    }

    /// The passing tests, by their place in the recording, that ran one of `lines`.
    pub fn passing_that_ran<'t>(
        &'t self,
        path: &'t RepoPath,
        lines: &'t [u32],
    ) -> impl Iterator<Item = usize> + 't {
        let ran = |test: &Lines| {
            test.get(path).is_some_and(|own| lines.iter().any(|line| own.contains(line)))
        };
        self.passing.iter().enumerate().filter(move |(_, test)| ran(test)).map(|(at, _)| at)
    }

    /// True when a file was imported by the tests, or run.
    pub fn imported(&self, path: &RepoPath) -> bool {
        self.outside.contains_key(path) || self.passing.iter().any(|test| test.contains_key(path))
    }

    /// Lines that a failing test ran.
    pub fn failing_lines(&self) -> BTreeSet<(RepoPath, u32)> {
        self.failing
            .iter()
            .flatten()
            .flat_map(|(path, lines)| lines.iter().map(|&line| (path.clone(), line)))
            .collect()
    }
}

/// The records of processes that run tests. What a program that a test started has run, the test has run:
/// such a program writes its record when it ends, its parent the test's when that ends.
fn with_children(records: Vec<LineRecord>) -> Vec<LineRecord> {
    let testers: BTreeSet<u32> =
        records.iter().filter(|record| record.test.is_some()).map(|record| record.pid).collect();
    let is_child = |record: &LineRecord| !testers.is_empty() && !testers.contains(&record.pid);
    let mut out = Vec::new();
    // From the last on: the record of a test comes before those of its programs.
    let mut ended: BTreeSet<u32> = BTreeSet::new();
    let mut tests: BTreeMap<u32, usize> = BTreeMap::new();
    let mut latest: Option<usize> = None;
    for record in records.into_iter().rev() {
        if !is_child(&record) {
            if record.test.is_some() {
                latest = Some(out.len());
                tests.insert(record.pid, out.len());
            }
            out.push(record);
            continue;
        }
        // Of a program that hangs there are several, one for all that it had run so far.
        let is_last = ended.insert(record.pid);
        // Between a test and its program a shell may stand.
        let of = tests.get(&record.parent).copied().or(latest).filter(|_| is_last);
        if let Some(test) = of.and_then(|at: usize| out.get_mut(at)) {
            for (path, lines) in record.lines {
                test.lines.entry(path).or_default().extend(lines);
            }
        }
    }
    out.reverse();
    out
}

fn json_lines<T: for<'a> Deserialize<'a>>(bytes: &[u8]) -> impl Iterator<Item = T> {
    bytes.split(|&b| b == b'\n').filter_map(|line| serde_json::from_slice(line).ok())
}

/// Adds the spectrum's suspicion to `board`.
pub fn suspect(traced: &Traced, sources: &Sources, board: &mut Board, notes: &mut Vec<String>) {
    if !traced.saw_the_failure() {
        return;
    }
    let (failed, passed) = traced.tests();
    notes.push(format!("traced {failed} failing and {passed} passing tests line by line"));
    let scores: Scores = traced
        .failing_lines()
        .into_iter()
        .map(|(path, line)| {
            let runs = |set: &[Lines]| set.iter().filter(|test| has(test, &path, line)).count();
            let (in_failing, in_passing) = (runs(&traced.failing), runs(&traced.passing));
            let score = ochiai(in_failing, failed, in_passing);
            let reason = format!(
                "run by {in_failing} of {failed} failing and {in_passing} of {passed} passing tests"
            );
            ((path, line), (score, reason))
        })
        .collect();
    let suspicion = by_test(&traced.failing, &scores);
    for (place, (_, reason)) in &scores {
        if let Some(&suspicion) = suspicion.get(place) {
            board.add(&place.0, Line(place.1), suspicion, reason);
        }
    }
    unexecuted_neighbours(traced, sources, board);
}

/// The score of each line that failing tests ran, and why.
type Scores = BTreeMap<(RepoPath, u32), (f64, String)>;

fn has(test: &Lines, path: &RepoPath, line: u32) -> bool {
    test.get(path).is_some_and(|lines| lines.contains(&line))
}

/// The suspicion of each line, by its rank among the lines of each failing test: half of the mean over the
/// tests and half of the highest. So tests that fail for another reason push down no line that they do not
/// run.
#[expect(clippy::cast_precision_loss, reason = "numbers of tests are far below 2^52")]
fn by_test(failing: &[Lines], scores: &Scores) -> BTreeMap<(RepoPath, u32), f64> {
    let step = failing.len().div_ceil(TESTS_RANKED).max(1);
    let tests: Vec<&Lines> = failing.iter().step_by(step).collect();
    let count = tests.len().max(1) as f64;
    let mut found: BTreeMap<(RepoPath, u32), (f64, f64)> = BTreeMap::new();
    for test in tests {
        let lines = test.iter().flat_map(|(path, lines)| lines.iter().map(move |&l| (path, l)));
        let (own, own_scores): (Vec<(RepoPath, u32)>, Vec<f64>) = lines
            .filter_map(|(path, line)| {
                let key = (path.clone(), line);
                let score = scores.get(&key)?.0;
                Some((key, score))
            })
            .unzip();
        for (key, rank) in own.into_iter().zip(ranks(&own_scores)) {
            let suspicion = 0.5 * HALF_RANK / (HALF_RANK + rank);
            let (sum, most) = found.entry(key).or_default();
            *sum += suspicion;
            *most = most.max(suspicion);
        }
    }
    found.into_iter().map(|(key, (sum, most))| (key, f64::midpoint(sum / count, most))).collect()
}

/// The mean rank of each score among all, from 0 for the highest: equal ones share it.
#[expect(clippy::cast_precision_loss, reason = "numbers of lines are far below 2^52")]
fn ranks(scores: &[f64]) -> Vec<f64> {
    let mut sorted = scores.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let rank = |score: &f64| {
        let first = sorted.partition_point(|s| s > score);
        let after = sorted.partition_point(|s| s >= score);
        (first + after - 1) as f64 / 2.0
    };
    scores.iter().map(rank).collect()
}

/// Ochiai's coefficient: failing runs of the line over the geometric mean of all failing runs and
/// all runs of the line.
fn ochiai(in_failing: usize, failed: usize, in_passing: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of tests are far below 2^52")]
    let (ef, f, ep) = (in_failing as f64, failed as f64, in_passing as f64);
    if ef == 0.0 { 0.0 } else { ef / (f * (ef + ep)).sqrt() }
}

/// Lines of executed functions that did not run themselves: the other branch, the signature, the
/// rest of a statement over several lines.
fn unexecuted_neighbours(traced: &Traced, sources: &Sources, board: &mut Board) {
    let executed = traced.failing_lines();
    let files: BTreeSet<&RepoPath> = executed.iter().map(|(path, _)| path).collect();
    for &path in &files {
        let Some(source) = sources.get(path) else { continue };
        for function in &source.functions {
            let (first, last) = super::line_range(&source, function.span);
            let body_first = source.lines.line(function.body.start).0;
            let ran = (body_first..=last).any(|line| executed.contains(&(path.clone(), line)));
            if ran && last - first < 400 {
                let reason = "in a function that the failing test runs";
                board.raise(path, first..=last, UNEXECUTED, reason);
            }
        }
    }
    // What a module builds when it is imported, in any file: no test runs those lines.
    for (path, lines) in &traced.outside {
        let suspicion = if files.contains(&path) { IMPORTED } else { IMPORTED / 2.0 };
        board.raise(path, lines.iter().copied(), suspicion, "runs when the module is imported");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traced() -> Traced {
        let trace = br#"{"test": null, "outcome": "import", "lines": {"m.py": [0, 1, 7]}}
{"test": "t::a", "outcome": "failed", "lines": {"m.py": [2, 3, 4], "../up.py": [1]}}
{"test": "t::b", "outcome": "passed", "lines": {"m.py": [2, 3, 5]}}
{"test": "t::c", "outcome": "passed", "lines": {"m.py": [2]}}
{"test": "t::d", "outco"#;
        let values = br#"{"test": "t::a", "exception": "KeyError", "frames": [{"path": "m.py", "line": 4, "function": "f", "locals": {"x": {"type": "int", "repr": "3"}}}]}"#;
        Traced::read(trace, values, None)
    }

    #[test]
    fn reads_records_and_skips_what_is_cut_or_outside() {
        let t = traced();
        assert_eq!(t.tests(), (1, 2));
        assert_eq!(t.failing_lines().len(), 3);
        assert_eq!(t.values[0].locals["x"].repr.as_deref(), Some("3"));
    }

    #[test]
    fn lines_of_the_failing_test_alone_lead() {
        assert!(ochiai(1, 1, 0) > ochiai(1, 1, 1));
        assert!(ochiai(1, 1, 1) > ochiai(1, 1, 2));
        assert!(ochiai(0, 1, 5) == 0.0);
        assert!((ochiai(1, 1, 0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_test_that_ended_did_not_hang() {
        let slow = br#"{"test": "a", "outcome": "hung", "lines": {"m.py": [1]}}
{"test": "a", "outcome": "passed", "lines": {"m.py": [1, 2]}}
{"test": "b", "outcome": "hung", "lines": {"m.py": [1]}}
{"test": "b", "outcome": "hung", "lines": {"m.py": [1, 3]}}"#;
        let t = Traced::read(slow, b"", None);
        assert_eq!(t.tests(), (1, 1));
        assert_eq!(t.failing_lines().len(), 2);
    }

    #[test]
    fn a_test_runs_what_its_programs_run() {
        let trace =
            br#"{"test": null, "outcome": "import", "lines": {"t.py": [1]}, "pid": 7, "parent": 1}
{"test": null, "outcome": "hung", "lines": {"m.py": [1]}, "pid": 8, "parent": 7}
{"test": null, "outcome": "exit", "lines": {"m.py": [1, 2]}, "pid": 8, "parent": 7}
{"test": null, "outcome": "failed", "lines": {"m.py": [3]}, "pid": 10, "parent": 9}
{"test": "a", "outcome": "failed", "lines": {"t.py": [2]}, "pid": 7, "parent": 1}
{"test": null, "outcome": "exit", "lines": {"m.py": [1]}, "pid": 11, "parent": 7}
{"test": "b", "outcome": "passed", "lines": {"t.py": [3]}, "pid": 7, "parent": 1}
{"test": null, "outcome": "exit", "lines": {"t.py": [9]}, "pid": 7, "parent": 1}"#;
        let t = Traced::read(trace, b"", None);
        assert_eq!(t.tests(), (1, 1));
        let (own, tests) = (RepoPath::new("m.py").unwrap(), RepoPath::new("t.py").unwrap());
        assert_eq!(t.failing[0][&own], BTreeSet::from([1, 2, 3]));
        assert_eq!(t.passing[0][&own], BTreeSet::from([1]));
        assert_eq!(t.outside[&tests], BTreeSet::from([1, 9]));
    }

    #[test]
    fn a_script_without_tests_is_one_failing_run() {
        let exit = br#"{"test": null, "outcome": "exit", "lines": {"m.py": [1]}}"#;
        assert!(Traced::read(exit, b"", None).saw_the_failure());
    }

    #[test]
    fn failures_of_other_tests_do_not_count() {
        let two = br#"{"test": "a", "outcome": "failed", "lines": {"m.py": [1]}}
{"test": "b", "outcome": "failed", "lines": {"m.py": [2]}}"#;
        let only = BTreeSet::from(["a".to_owned()]);
        assert_eq!(Traced::read(two, b"", Some(&only)).failing_lines().len(), 1);
        assert_eq!(Traced::read(two, b"", None).failing_lines().len(), 2);
    }

    #[test]
    fn tests_that_fail_for_another_reason_leave_the_order() {
        let path = RepoPath::new("m.py").unwrap();
        let lines = |lines: &[u32]| Lines::from([(path.clone(), lines.iter().copied().collect())]);
        // Line 2 is run by the first alone, and by one that passes; the second runs 7 and 8 alone.
        let failing = [lines(&[1, 2]), lines(&[7, 8])];
        let score = |line: u32, score: f64| ((path.clone(), line), (score, String::new()));
        let scores = Scores::from([score(1, 0.2), score(2, 0.5), score(7, 0.7), score(8, 0.7)]);
        let found = by_test(&failing, &scores);
        let of = |line: u32| found[&(path.clone(), line)];
        assert!(of(2) > of(7) && (of(7) - of(8)).abs() < 1e-9 && of(2) > of(1), "{found:?}");
        assert!((of(2) - 0.375).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn equal_scores_share_their_rank() {
        assert_eq!(ranks(&[0.5, 1.0, 0.5, 0.1]), [1.5, 0.0, 1.5, 3.0]);
    }
}
