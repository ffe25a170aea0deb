//! The wider tests that a good fix must not break: which command, and what it says of a patch.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsString;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::prove::passed_line;
use super::{Runnable, Session, shown};
use crate::agent::checks::probe::{Mode, Probe};
use crate::agent::checks::server::{Look, Plan, Runtime, Server};
use crate::agent::checks::verdict::{Ending, Observation};
use crate::base::Cancel;
use crate::edit::Patch;
use crate::trace::{self, Failure};

/// Options of pytest and its common plugins whose value is the next word.
const WITH_VALUE: &[&str] = &[
    "-c",
    "-n",
    "-o",
    "-p",
    "-r",
    "-W",
    "--basetemp",
    "--capture",
    "--color",
    "--confcutdir",
    "--durations",
    "--import-mode",
    "--log-level",
    "--override-ini",
    "--rootdir",
    "--tb",
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
    /// Tests beyond the command that fail for the same reason, and should be repaired with it.
    pending: OnceLock<BTreeSet<String>>,
    /// Runs these and those that passed.
    server: Mutex<Serving>,
}

/// A server for the wider tests.
#[derive(Default)]
enum Serving {
    #[default]
    NotYet,
    /// With the tests it was started for: what is found out later it does not know.
    Up(Box<Server>, BTreeSet<String>),
    /// There can be none.
    Never,
}

/// What the wider tests say of one patch.
pub(super) struct Opinion {
    /// For people.
    pub(super) line: String,
    /// Tests that passed without the patch and do not with it.
    pub(super) lost: Vec<String>,
    /// Tests that failed without the patch and still do.
    pub(super) still: usize,
    /// Those of them that fail, or failed, where the command's own tests did.
    pub(super) same: Vec<String>,
}

impl Opinion {
    fn clean(line: String) -> Self {
        Self { line, lost: Vec::new(), still: 0, same: Vec::new() }
    }
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
        let probe = probe(session, runnable)?;
        let known = self.before.get().and_then(Option::as_ref);
        let after = observe(session, &probe, patch, known, cancel)?;
        if after.ended == Ending::TimedOut {
            let line = format!("{}: did not end in the time left", shown(&probe.argv));
            return Some(Opinion::clean(line));
        }
        if passes_whole(&after) {
            let line = format!("{}: {}", shown(&probe.argv), passed_line(&after));
            return Some(Opinion::clean(line));
        }
        let none = Patch::default();
        let before = self.before.get_or_init(|| {
            let before = observe(session, &probe, &none, None, cancel)?;
            // A run that shows no test at all, was cut off or crashed is no witness.
            let whole = matches!(before.ended, Ending::Success | Ending::Exit(_));
            (whole && shows_tests(&before)).then_some(before)
        });
        let before = before.as_ref()?;
        let lost = trace::broken(&before.report, &after.report);
        let command = shown(&probe.argv);
        let still = after.failing().len();
        let line = match (lost.len(), still) {
            (0, 0) if after.passed() => format!("{command}: {}", passed_line(&after)),
            (0, 0) => format!("{command}: nothing lost, {}", after.ended.describe()),
            (0, n) => format!("{command}: nothing lost, {n} still failing as before"),
            (n, _) => format!("{command}: {n} lost"),
        };
        let same = same_cause(&runnable.before, before, &after);
        if !same.is_empty() {
            self.pending.get_or_init(|| same.iter().cloned().collect());
        }
        Some(Opinion { line, lost, still, same })
    }
}

/// Tests that fail in `after` although the command's own failures in `own` are repaired: those that
/// failed in the same place of the program, or do now. Failures with a cause of their own stay out.
fn same_cause(own: &Observation, before: &Observation, after: &Observation) -> Vec<String> {
    // Where it surfaced, when that is no line of a test.
    let place = |failure: &Failure| {
        let frame = failure.frames.first()?;
        let function = frame.function.clone().filter(|name| !name.starts_with("test"))?;
        let file = frame.path.rsplit('/').next().unwrap_or(&frame.path).to_owned();
        (!file.starts_with("test")).then(|| (failure.exception.clone(), file, function))
    };
    let wanted: HashSet<_> = own.failures.iter().filter_map(place).collect();
    let alike = |run: &Observation| -> BTreeSet<String> {
        let failures =
            run.failures.iter().filter(|f| place(f).is_some_and(|p| wanted.contains(&p)));
        failures.flat_map(|f| f.tests.iter()).map(|test| last(test).to_owned()).collect()
    };
    let (was, is) = (alike(before), alike(after));
    let still = after.failing().into_iter();
    still
        .filter(|test| was.contains(last(test)) || is.contains(last(test)))
        .map(str::to_owned)
        .collect()
}

/// The last part of a test's name: runners spell the rest in more than one way.
fn last(test: &str) -> &str {
    test.rsplit([':', '.']).next().unwrap_or(test)
}

impl Wider {
    /// True when tests beyond the command are known to fail, and all of them still do with `patch`.
    /// Runs only those, so it takes much less than an opinion.
    pub(super) fn leaves_failures(
        &self,
        session: &Session<'_>,
        runnable: &Runnable,
        patch: &Patch,
        cancel: &Cancel,
    ) -> bool {
        let Some(before) = self.before.get().and_then(Option::as_ref) else { return false };
        let own = runnable.before.failing();
        let beyond = before.failing().into_iter().filter(|test| !own.contains(test));
        let beyond: BTreeSet<String> = beyond.map(str::to_owned).collect();
        if beyond.is_empty() || !runnable.python {
            return false;
        }
        let Some(probe) = probe(session, runnable) else { return false };
        let wall = patience(session, before);
        let mode = Mode::Narrow(beyond.clone());
        let root = &session.request.root;
        let run = probe.run(session.workspace, root, patch, &mode, wall, cancel);
        run.is_ok_and(|run| !run.observation.passing().any(|test| beyond.contains(test)))
    }

    /// Ends the server: what comes next is built on another tree.
    pub(super) fn end_server(&self) {
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Serving::NotYet;
    }

    /// True when `patch` is seen to break a test that passed before, or to leave one failing that
    /// fails for the same reason as the command: looked at in a check server for the wider tests.
    /// `like` is the plan of the server for the command. False until an opinion has been asked for
    /// and the wider tests have been run on the tree as it is.
    pub(super) fn rejects(
        &self,
        session: &Session<'_>,
        runnable: &Runnable,
        like: &Plan<'_>,
        patch: &Patch,
        cancel: &Cancel,
    ) -> bool {
        let Some(before) = self.before.get().and_then(Option::as_ref) else { return false };
        let Some(probe) = probe(session, runnable) else { return false };
        if like.runtime != Runtime::Python {
            return false;
        }
        let mut serving = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        let pending = self.pending.get();
        let only: BTreeSet<String> = match &*serving {
            Serving::Never => return false,
            Serving::Up(_, only) => only.clone(),
            Serving::NotYet => {
                let pending = pending.into_iter().flatten().map(String::as_str);
                before.passing().chain(pending).map(str::to_owned).collect()
            }
        };
        if only.is_empty() {
            return false;
        }
        let expected = match pending {
            None => &[Look::Promising][..],
            Some(_) => &[Look::Fails, Look::Partly],
        };
        let plan = Plan {
            probe: &probe,
            before,
            only,
            watch: like.watch.clone(),
            expected,
            has_tests: true,
            hangs: false,
            seconds: before.seconds,
            wall: patience(session, before),
            ..*like
        };
        if matches!(*serving, Serving::NotYet) {
            *serving = match Server::start(&plan, cancel) {
                Ok(Ok(server)) => Serving::Up(Box::new(server), plan.only.clone()),
                _ => Serving::Never,
            };
        }
        let Serving::Up(server, _) = &mut *serving else { return false };
        match server.look(&plan, patch, false) {
            Ok(seen) => {
                if seen.disorder.is_some() {
                    // Another is started when it is asked for.
                    *serving = Serving::NotYet;
                }
                matches!(seen.look, Look::Fails | Look::Partly)
            }
            Err(_) => {
                *serving = Serving::Never;
                false
            }
        }
    }
}

/// Time for another run of some of the tests that `before` is a run of.
fn patience(session: &Session<'_>, before: &Observation) -> Duration {
    Duration::from_secs_f64(before.seconds * 2.0 + 1.0).min(session.left())
}

/// How the wider tests are run; `None` when there are none.
fn probe(session: &Session<'_>, runnable: &Runnable) -> Option<Probe> {
    let argv = command(&runnable.probe.argv, session.request.wider.as_deref())?;
    Some(Probe { argv, ..runnable.probe.clone() })
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
    let wall =
        known.map_or(share, |run| Duration::from_secs_f64(run.seconds * 3.0 + 1.0).min(share));
    let root = &session.request.root;
    let run = probe.run(session.workspace, root, patch, &Mode::Brief, wall, cancel).ok()?;
    (run.observation.ended != Ending::Cancelled).then_some(run.observation)
}

/// True when every test passed: then none can have been lost, whatever there was before.
fn passes_whole(after: &Observation) -> bool {
    let passed = |o: &trace::Outcome| *o == trace::Outcome::Passed;
    after.passed()
        && after.report.complete
        && after.report.tests.values().all(passed)
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
    let unittest = words.iter().any(name);
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
    fn the_same_failure_in_another_test_counts_and_one_of_its_own_does_not() {
        let failure = |exception: &str, test: &str, function: &str| {
            format!(
                "____ {test} ____\n\n    def {test}():\n>       go()\n\ntest_a.py:3: \n_ _ _\n\n    \
                 def {function}():\n>       x\nE       {exception}: no\n\nmod.py:7: {exception}\n"
            )
        };
        let observed = |failures: &[String], closing: &str| {
            let text = format!(
                "=== FAILURES ===\n{}=== short test summary info ===\n{closing}",
                failures.concat()
            );
            Observation {
                failures: trace::parse(&text),
                report: trace::report(&text),
                ended: Ending::Exit(1),
                ..Observation::default()
            }
        };
        let key = |test: &str| failure("KeyError", test, "find");
        let own = observed(
            &[key("test_x")],
            "FAILED test_a.py::test_x - KeyError\n=== 1 failed in 1s ===\n",
        );
        let line = |test: &str| format!("FAILED test_a.py::{test} - KeyError\n");
        let all = [key("test_x"), key("test_y"), failure("ValueError", "test_z", "other")];
        let closing =
            [line("test_x"), line("test_y"), line("test_z")].concat() + "=== 3 failed in 1s ===\n";
        let before = observed(&all, &closing);
        let rest =
            [failure("TypeError", "test_y", "else"), failure("ValueError", "test_z", "other")];
        let closing =
            [line("test_y"), line("test_z")].concat() + "=== 2 failed, 1 passed in 1s ===\n";
        let after = observed(&rest, &closing);
        assert_eq!(own.failures.len(), 1);
        assert_eq!(same_cause(&own, &before, &after), ["test_a.py::test_y"]);
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
