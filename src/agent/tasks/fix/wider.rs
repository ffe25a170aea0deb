//! The wider tests that a good fix must not break: which command, and what it says of a patch.

use std::ffi::OsString;
use std::sync::OnceLock;
use std::time::Duration;

use super::prove::passed_line;
use super::{Runnable, Session, shown};
use crate::agent::checks::probe::{Mode, Probe};
use crate::agent::checks::verdict::{Ending, Observation};
use crate::base::Cancel;
use crate::edit::Patch;
use crate::trace;

/// Options of pytest and its common plugins whose value is the next word.
const WITH_VALUE: &[&str] = &[
    "-c", "-n", "-o", "-p", "-r", "-W", "--basetemp", "--capture", "--color", "--confcutdir",
    "--durations", "--import-mode", "--log-level", "--override-ini", "--rootdir", "--tb",
];

/// Share of the remaining time that one wider run may take.
const SHARE: f64 = 0.5;
/// Near the end of the search nothing else is to be done: then this share, up to so many seconds.
const LATE: (f64, f64) = (0.8, 5.0);

/// The project's wider tests. They are run on the tree as it is only when a patch does not pass
/// all of them: then the question is what failed before.
#[derive(Default)]
pub(super) struct Wider {
    before: OnceLock<Option<Observation>>,
}

/// What the wider tests say of one patch.
pub(super) struct Opinion {
    /// For people.
    pub(super) line: String,
    /// Tests that passed without the patch and do not with it.
    pub(super) lost: Vec<String>,
}

impl Wider {
    /// Runs the wider tests on `patch`; `None` when there are none, or no time for them.
    pub(super) fn opinion(
        &self,
        session: &Session<'_>,
        runnable: &Runnable,
        patch: &Patch,
        cancel: &Cancel,
    ) -> Option<Opinion> {
        let argv = command(&runnable.probe.argv, session.request.wider.as_deref())?;
        let probe = Probe { argv, ..runnable.probe.clone() };
        let known = self.before.get().and_then(Option::as_ref);
        let after = observe(session, &probe, patch, known, cancel)?;
        if after.ended == Ending::TimedOut {
            let line = format!("{}: did not end in the time left", shown(&probe.argv));
            return Some(Opinion { line, lost: Vec::new() });
        }
        if passes_whole(&after) {
            let line = format!("{}: {}", shown(&probe.argv), passed_line(&after));
            return Some(Opinion { line, lost: Vec::new() });
        }
        let none = Patch::default();
        let before = self.before.get_or_init(|| {
            let before = observe(session, &probe, &none, None, cancel)?;
            // A run that shows no test at all, or was cut off, is no witness.
            (shows_tests(&before) && before.ended != Ending::TimedOut).then_some(before)
        });
        let before = before.as_ref()?;
        let lost = trace::lost(&before.report, &after.report);
        let command = shown(&probe.argv);
        let still = after.failing().len();
        let line = match (lost.len(), still) {
            (0, 0) => format!("{command}: {}", passed_line(&after)),
            (0, n) => format!("{command}: nothing lost, {n} still failing as before"),
            (n, _) => format!("{command}: {n} lost"),
        };
        Some(Opinion { line, lost })
    }
}

/// Runs the wider tests on `patch`, for not much longer than the run `known` took.
fn observe(
    session: &Session<'_>,
    probe: &Probe,
    patch: &Patch,
    known: Option<&Observation>,
    cancel: &Cancel,
) -> Option<Observation> {
    let left = session.left().as_secs_f64();
    let share = Duration::from_secs_f64((left * SHARE).max((left * LATE.0).min(LATE.1)));
    let wall = known.map_or(share, |run| {
        Duration::from_secs_f64(run.seconds * 3.0 + 1.0).min(share)
    });
    let root = &session.request.root;
    let run = probe.run(session.workspace, root, patch, &Mode::Observed, wall, cancel).ok()?;
    (run.observation.ended != Ending::Cancelled).then_some(run.observation)
}

/// True when every test passed: then none can have been lost, whatever there was before.
fn passes_whole(after: &Observation) -> bool {
    let passed = |o: &trace::Outcome| *o == trace::Outcome::Passed;
    after.passed() && after.report.complete && after.report.tests.values().all(passed)
        && !after.report.tests.is_empty()
}

fn shows_tests(run: &Observation) -> bool {
    run.passing().next().is_some() || run.report.totals.is_some_and(|t| t.passed > 0)
}

/// The command without the words that narrow it to a file or a test, else `detected`.
///
/// `None` when there is nothing wider than `command` itself.
pub(super) fn command(
    command: &[OsString],
    detected: Option<&[OsString]>,
) -> Option<Vec<OsString>> {
    let words: Vec<&str> = command.iter().map(|w| w.to_str().unwrap_or_default()).collect();
    let wider = python(&words).or_else(|| cargo(&words)).or_else(|| go(&words));
    let wider: Vec<OsString> = match wider {
        Some(words) => words.into_iter().map(OsString::from).collect(),
        None => detected?.to_vec(),
    };
    (wider != command).then_some(wider)
}

/// The command with single tests widened to the files that hold them; `None` when there are none.
pub(super) fn neighbours(command: &[OsString]) -> Option<Vec<OsString>> {
    let words: Vec<&str> = command.iter().map(|w| w.to_str().unwrap_or_default()).collect();
    let name = |w: &&str| w.rsplit('/').next().is_some_and(|n| n == "unittest");
    let unittest = words.iter().any(|w| name(&w));
    let widen = |word: &&str| -> String {
        if let Some((file, _)) = word.split_once("::") {
            return file.to_owned();
        }
        // `tests.test_a.Class.test_x`: the module is all before the first capital.
        let class = word.split('.').position(|part| part.starts_with(char::is_uppercase));
        match class {
            Some(at @ 1..) if unittest => word.split('.').take(at).collect::<Vec<_>>().join("."),
            _ => (*word).to_owned(),
        }
    };
    let mut wider: Vec<OsString> = words.iter().map(widen).map(OsString::from).collect();
    wider.dedup();
    (wider != command).then_some(wider)
}

fn python(words: &[&str]) -> Option<Vec<String>> {
    let runner = words.iter().position(|w| {
        let name = w.rsplit('/').next().unwrap_or(w);
        matches!(name, "pytest" | "py.test" | "unittest")
    })?;
    let mut out: Vec<String> = words[..=runner].iter().map(|&w| w.to_owned()).collect();
    let arguments = &words[runner + 1..];
    if words[runner] == "unittest" {
        let narrowed = arguments.iter().any(|w| !w.starts_with('-') && *w != "discover");
        if !narrowed {
            return Some(words.iter().map(|&w| w.to_owned()).collect());
        }
        out.push("discover".to_owned());
        return Some(out);
    }
    let mut skip = false;
    let mut keep = false;
    let mut narrowed = false;
    for word in arguments {
        if std::mem::take(&mut skip) {
            continue;
        }
        if std::mem::take(&mut keep) {
            out.push((*word).to_owned());
            continue;
        }
        match *word {
            "-k" | "-m" | "--deselect" | "--ignore" | "--maxfail" => {
                skip = true;
                narrowed = true;
            }
            option if WITH_VALUE.contains(&option) => {
                out.push(option.to_owned());
                keep = true;
            }
            "-x" | "--exitfirst" | "--lf" | "--last-failed" | "--ff" => narrowed = true,
            _ if word.starts_with('-') => out.push((*word).to_owned()),
            _ => narrowed = true,
        }
    }
    if narrowed { Some(out) } else { Some(words.iter().map(|&w| w.to_owned()).collect()) }
}

fn cargo(words: &[&str]) -> Option<Vec<String>> {
    let program = words.first()?.rsplit('/').next()?;
    (program == "cargo" && words.contains(&"test")).then_some(())?;
    let test = words.iter().position(|w| *w == "test")?;
    let flags = words[test + 1..].iter().take_while(|w| **w != "--");
    let kept = flags.filter(|w| {
        matches!(
            **w,
            "-q" | "--offline"
                | "--locked"
                | "--frozen"
                | "--all-features"
                | "--workspace"
                | "--release"
        )
    });
    let mut out: Vec<String> = words[..=test].iter().map(|&w| w.to_owned()).collect();
    out.extend(kept.map(|&w| w.to_owned()));
    Some(out)
}

fn go(words: &[&str]) -> Option<Vec<String>> {
    (words.len() >= 2 && words[0].ends_with("go") && words[1] == "test").then_some(())?;
    Some(vec![words[0].to_owned(), "test".to_owned(), "./...".to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wider(line: &str) -> Option<String> {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        command(&words, None).map(|w| super::super::shown(&w))
    }

    #[test]
    fn a_single_test_has_neighbours() {
        let wider = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            neighbours(&words).map(|w| super::super::shown(&w))
        };
        let file = Some("pytest -q tests/test_a.py");
        assert_eq!(wider("pytest -q tests/test_a.py::T::test_x").as_deref(), file);
        assert_eq!(wider("pytest -q tests/test_a.py::f[1] tests/test_a.py::g").as_deref(), file);
        assert_eq!(wider("pytest -q tests/test_a.py"), None);
        let module = Some("python3 -m unittest tests.test_a");
        assert_eq!(wider("python3 -m unittest tests.test_a.Case.test_x").as_deref(), module);
        assert_eq!(wider("python3 -m unittest tests.test_a"), None);
    }

    #[test]
    fn drops_what_narrows() {
        let cases = [
            (
                "/v/bin/python -m pytest -q tests/test_a.py::test_x",
                Some("/v/bin/python -m pytest -q"),
            ),
            ("pytest -x -k name", Some("pytest")),
            ("pytest -o addopts= -p no:cov tests/a.py", Some("pytest -o addopts= -p no:cov")),
            ("pytest -o addopts=", None),
            ("pytest -q", None),
            ("python3 -m unittest -q tests.test_a", Some("python3 -m unittest discover")),
            ("python3 -m unittest", None),
            ("cargo test --offline parser::tests::x -- --exact", Some("cargo test --offline")),
            ("cargo test", None),
            ("go test -run TestX ./pkg", Some("go test ./...")),
            ("python3 main.py", None),
        ];
        for (line, expected) in cases {
            assert_eq!(wider(line).as_deref(), expected, "{line}");
        }
    }
}
