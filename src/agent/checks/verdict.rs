//! Did the patch repair the failure? Pure: two observations in, one judgement out.

use std::collections::BTreeSet;

use crate::trace::{self, Failure, TestReport};

/// What one run of the command showed.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    pub ended: Ending,
    pub failures: Vec<Failure>,
    pub report: TestReport,
    /// The end of the output, for people.
    pub tail: String,
    /// Wall time in seconds.
    pub seconds: f64,
}

/// How the command ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    #[default]
    Success,
    /// Exit status other than 0.
    Exit(i32),
    Signal(i32),
    /// Killed at its time limit.
    TimedOut,
    /// Killed at its memory limit.
    OutOfMemory,
    /// Stopped because the whole search was.
    Cancelled,
}

/// The judgement on one candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// The command passes and nothing was lost.
    Repaired,
    /// The command passes, but these tests were lost: a fake fix.
    Lost(Vec<String>),
    /// Fewer tests fail than before, none new, none lost: a step.
    Improved,
    /// It still fails, but otherwise than before.
    Different,
    /// It fails as before.
    Same,
    /// It hangs, crashes or was cut off.
    Broken,
}

impl Observation {
    /// True when the command ended with status 0.
    pub fn passed(&self) -> bool {
        self.ended == Ending::Success
    }

    /// Tests that failed.
    pub fn failing(&self) -> BTreeSet<&str> {
        self.report.failed().into_iter().collect()
    }

    /// Tests that passed, by name; a runner may not name them.
    pub fn passing(&self) -> impl Iterator<Item = &str> {
        let passed = self.report.tests.iter().filter(|(_, o)| **o == trace::Outcome::Passed);
        passed.map(|(id, _)| id.as_str())
    }

    /// The module of the runner that the command asks for and that is not installed: `python3 -m pytest` where
    /// there is no pytest. Nothing in the repository can repair that.
    pub fn missing_runner(&self) -> Option<String> {
        let [line] = self.tail.trim().lines().collect::<Vec<_>>()[..] else { return None };
        let (program, module) = line.split_once(": No module named ")?;
        let module = module.trim().trim_matches('\'');
        let known = ["pytest", "nose", "nose2", "tox", "unittest2", "coverage"];
        (program.contains("python") && known.contains(&module)).then(|| module.to_owned())
    }

    /// The first failure's one line, else how the command ended.
    pub fn headline(&self) -> String {
        let ended = self.ended.describe();
        let Some(failure) = self.failures.first() else { return ended };
        format!("{ended}: {}", summary(failure))
    }
}

/// One line of a failure for people: `KeyError: 'x'`.
pub fn summary(failure: &Failure) -> String {
    let message = failure.message.lines().next().unwrap_or_default().trim();
    match (&failure.exception, message.is_empty()) {
        (Some(name), false) => format!("{name}: {message}"),
        (Some(name), true) => name.clone(),
        (None, false) => message.to_owned(),
        (None, true) => format!("{:?}", failure.kind).to_lowercase(),
    }
}

impl Ending {
    /// For people.
    pub fn describe(&self) -> String {
        match self {
            Self::Success => "exit 0".to_owned(),
            Self::Exit(code) => format!("exit {code}"),
            Self::Signal(signal) => format!("killed by signal {signal}"),
            Self::TimedOut => "did not end in time".to_owned(),
            Self::OutOfMemory => "used too much memory".to_owned(),
            Self::Cancelled => "stopped".to_owned(),
        }
    }
}

/// Judges `after` against `before`.
pub fn judge(before: &Observation, after: &Observation) -> Judgement {
    if after.passed() {
        // The status is the program's own word: a handler at its exit can make it 0.
        if !before.failing().is_disjoint(&after.failing()) {
            return Judgement::Same;
        }
        let lost = trace::lost(&before.report, &after.report);
        return if lost.is_empty() { Judgement::Repaired } else { Judgement::Lost(lost) };
    }
    match after.ended {
        Ending::TimedOut if before.ended == Ending::TimedOut => return Judgement::Same,
        Ending::TimedOut | Ending::OutOfMemory | Ending::Cancelled => return Judgement::Broken,
        _ => {}
    }
    let (old, new) = (before.failing(), after.failing());
    let shrunk = !new.is_empty() && new.len() < old.len() && new.is_subset(&old);
    if shrunk && trace::lost(&before.report, &after.report).is_empty() {
        return Judgement::Improved;
    }
    let signature = |o: &Observation| o.failures.first().map(trace::signature);
    if before.ended != Ending::TimedOut && signature(before) == signature(after) {
        Judgement::Same
    } else {
        Judgement::Different
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(output: &str, ended: Ending) -> Observation {
        Observation {
            ended,
            failures: trace::parse(output),
            report: trace::report(output),
            tail: output.to_owned(),
            seconds: 0.1,
        }
    }

    const TWO_FAIL: &str =
        "t.py::a FAILED\nt.py::b FAILED\nt.py::c PASSED\n==== 2 failed, 1 passed in 0.1s ====\n";
    const ONE_FAILS: &str =
        "t.py::a PASSED\nt.py::b FAILED\nt.py::c PASSED\n==== 1 failed, 2 passed in 0.1s ====\n";
    const SWAPPED: &str =
        "t.py::a PASSED\nt.py::b PASSED\nt.py::c FAILED\n==== 1 failed, 2 passed in 0.1s ====\n";
    const ALL_PASS: &str =
        "t.py::a PASSED\nt.py::b PASSED\nt.py::c PASSED\n==== 3 passed in 0.1s ====\n";
    const ONE_SKIPPED: &str =
        "t.py::a SKIPPED\nt.py::b PASSED\nt.py::c PASSED\n==== 2 passed, 1 skipped in 0.1s ====\n";

    #[test]
    fn a_runner_that_is_not_installed_is_no_bug_of_the_project() {
        let missing = |tail: &str| {
            Observation { tail: tail.to_owned(), ..Observation::default() }.missing_runner()
        };
        assert_eq!(
            missing("/usr/bin/python3: No module named pytest\n").as_deref(),
            Some("pytest")
        );
        assert_eq!(missing("ModuleNotFoundError: No module named 'helpers'"), None);
        assert_eq!(missing("/usr/bin/python3: No module named my_script"), None);
    }

    #[test]
    fn repaired_only_when_nothing_is_lost() {
        let before = observed(TWO_FAIL, Ending::Exit(1));
        assert_eq!(judge(&before, &observed(ALL_PASS, Ending::Success)), Judgement::Repaired);
        let lost = judge(&before, &observed(ONE_SKIPPED, Ending::Success));
        assert!(matches!(lost, Judgement::Lost(tests) if tests.iter().any(|t| t.contains("::a"))));
        assert!(matches!(judge(&before, &observed("", Ending::Success)), Judgement::Lost(_)));
    }

    #[test]
    fn a_status_of_zero_repairs_no_test_that_still_fails() {
        let before = observed(TWO_FAIL, Ending::Exit(1));
        assert_eq!(judge(&before, &observed(TWO_FAIL, Ending::Success)), Judgement::Same);
        assert_eq!(judge(&before, &observed(ONE_FAILS, Ending::Success)), Judgement::Same);
    }

    #[test]
    fn a_step_loses_nothing() {
        let before = observed(TWO_FAIL, Ending::Exit(1));
        assert_eq!(judge(&before, &observed(ONE_FAILS, Ending::Exit(1))), Judgement::Improved);
        assert_ne!(judge(&before, &observed(SWAPPED, Ending::Exit(1))), Judgement::Improved);
        assert_eq!(judge(&before, &observed("", Ending::TimedOut)), Judgement::Broken);
    }
}
