//! Runs the command of a fix in the sandbox, as it is or with slm's observers injected.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::verdict::{Ending, Observation};
use crate::agent::localise::spectrum::Traced;
use crate::base::Cancel;
use crate::edit::Patch;
use crate::sandbox::{Ended, Job, Limits, Run, SIDE_PLACEHOLDER as SIDE, SandboxError, Workspace};
use crate::trace::{self, TestReport};

const SITE: &str = include_str!("../inject/sitecustomize.py");
const PLUGIN: &str = include_str!("../inject/slm_pytest_plugin.py");
/// Seconds between looks at a program that may hang.
const HANG_PAUSE: &str = "1.2";
/// Share of the time limit after which a program that has not ended is looked at for the last time.
const LAST_LOOK: f64 = 0.9;
/// Characters of output kept for people.
const TAIL: usize = 6_000;

/// A command, and how it is run.
#[derive(Clone, Debug)]
pub struct Probe {
    pub argv: Vec<OsString>,
    /// Working directory relative to the repository's root.
    pub cwd: PathBuf,
    pub variables: Variables,
    pub memory_bytes: u64,
}

/// The caller's own values of variables that slm's observers are put in front of.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// `PYTHONPATH`.
    pub python_path: Option<OsString>,
    /// `PYTEST_PLUGINS`.
    pub pytest_plugins: Option<String>,
    /// `NODE_OPTIONS`.
    pub node_options: Option<String>,
}

/// How much of slm is present in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The plain command and nothing else: what a proof is made of.
    Plain,
    /// With the outcome of each test recorded.
    Observed,
    /// The same, for outcomes alone: failures are told in as few words as the runner can.
    Brief,
    /// Only these tests, ending at the first failure: the cheap first look at a candidate.
    Narrow(BTreeSet<String>),
    /// With executed lines and values recorded.
    Traced,
}

/// What a run left behind.
#[derive(Debug)]
pub struct Outcome {
    pub observation: Observation,
    pub traced: Option<Recording>,
    /// Stacks of a hanging Python program.
    pub stacks: String,
    /// Tests that started and did not end.
    pub unfinished: Vec<String>,
    /// True when the observers ran, so that [`Mode::Narrow`] and [`Mode::Traced`] will work.
    pub observed: bool,
    /// True when slm's start-up module ran in some Python process of the command.
    pub injected: bool,
}

/// What the line tracer wrote.
#[derive(Debug, Default)]
pub struct Recording {
    trace: Vec<u8>,
    values: Vec<u8>,
}

impl Recording {
    /// The recording, with only the tests of `failing` as those that fail, when it is given.
    pub fn read(&self, failing: Option<&BTreeSet<String>>) -> Traced {
        Traced::read(&self.trace, &self.values, failing)
    }
}

impl Probe {
    /// Runs the command on the tree with `patch`.
    ///
    /// # Errors
    /// When the sandbox cannot run it at all: command not found, no isolation.
    pub fn run(
        &self,
        workspace: &Workspace,
        root: &Path,
        patch: &Patch,
        mode: &Mode,
        wall: Duration,
        cancel: &Cancel,
    ) -> Result<Outcome, SandboxError> {
        let mut job = self.job(root, mode, wall);
        job.files = patch.files().iter().map(|f| (f.path.clone(), f.after.clone())).collect();
        let run = workspace.run(&job, cancel)?;
        Ok(outcome(&run))
    }

    /// As [`Probe::run`] for the first run: what it writes into caches is kept for later runs, and
    /// its stacks are looked at now and then, in case it hangs.
    ///
    /// # Errors
    /// As [`Probe::run`].
    pub fn baseline(
        &self,
        workspace: &Workspace,
        root: &Path,
        wall: Duration,
        cancel: &Cancel,
    ) -> Result<Outcome, SandboxError> {
        let mut job = self.job(root, &Mode::Observed, wall);
        let last = wall.as_secs_f64() * LAST_LOOK;
        job.env.push(("SLM_DUMP_AFTER".into(), HANG_PAUSE.into()));
        job.env.push(("SLM_DUMP_LAST".into(), last.to_string().into()));
        job.keep_caches = true;
        let run = workspace.run(&job, cancel)?;
        workspace.freeze_caches()?;
        Ok(outcome(&run))
    }

    /// The command on the unpatched tree, with what `mode` adds to it.
    pub(super) fn job(&self, root: &Path, mode: &Mode, wall: Duration) -> Job {
        let mut job = Job::new(self.argv.iter().cloned());
        job.cwd.clone_from(&self.cwd);
        job.limits = Limits { wall, memory_bytes: self.memory_bytes, ..Limits::default() };
        self.inject(&mut job, root, mode);
        job
    }

    fn inject(&self, job: &mut Job, root: &Path, mode: &Mode) {
        if *mode == Mode::Plain {
            return;
        }
        let mut path = OsString::from(SIDE);
        if let Some(own) = self.variables.python_path.as_ref().filter(|p| !p.is_empty()) {
            path.push(":");
            path.push(own);
        }
        let plugins = match self.variables.pytest_plugins.as_deref() {
            Some(own) if !own.is_empty() => format!("slm_pytest_plugin,{own}"),
            _ => "slm_pytest_plugin".to_owned(),
        };
        let mut set = |name: &str, value: OsString| job.env.push((name.into(), value));
        set("PYTHONPATH", path);
        set("PYTEST_PLUGINS", plugins.into());
        set("SLM_ROOT", root.as_os_str().to_owned());
        match mode {
            Mode::Plain => {}
            Mode::Observed => {}
            Mode::Brief => set("SLM_BRIEF", "1".into()),
            Mode::Narrow(tests) => {
                set("SLM_MODE", "failfast".into());
                set("SLM_ONLY", "only.txt".into());
                let list: Vec<&str> = tests.iter().map(String::as_str).collect();
                job.side.push(("only.txt".to_owned(), Arc::from(list.join("\n").into_bytes())));
            }
            Mode::Traced => {
                job.env.push(("SLM_MODE".into(), "trace".into()));
                job.env.push(("SLM_FLUSH_AFTER".into(), HANG_PAUSE.into()));
            }
        }
        job.side.push(("sitecustomize.py".to_owned(), Arc::from(SITE.as_bytes())));
        job.side.push(("slm_pytest_plugin.py".to_owned(), Arc::from(PLUGIN.as_bytes())));
        job.collect = ["outcomes.jsonl", "trace.jsonl", "values.jsonl", "stacks.txt"]
            .map(str::to_owned)
            .to_vec();
    }
}

/// A command as it is typed, without quotes.
pub(in crate::agent) fn shown(argv: &[OsString]) -> String {
    argv.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// The last lines of an output that say something, at most so many.
pub(in crate::agent) fn last_lines(output: &str, most: usize) -> String {
    let lines: Vec<&str> = output.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(most)..].join("\n")
}

fn outcome(run: &Run) -> Outcome {
    let text = run.text();
    let side = |name: &str| run.side.get(name).map(Vec::as_slice).unwrap_or_default();
    let outcomes = String::from_utf8_lossy(side("outcomes.jsonl")).into_owned();
    let observed = run.side.contains_key("outcomes.jsonl");
    let report =
        if observed { TestReport::from_json_lines(&outcomes) } else { trace::report(&text) };
    let seen = run.side.contains_key("trace.jsonl") || run.side.contains_key("values.jsonl");
    let traced = seen.then(|| Recording {
        trace: side("trace.jsonl").to_vec(),
        values: side("values.jsonl").to_vec(),
    });
    Outcome {
        observation: Observation {
            ended: ending(run.ended),
            failures: trace::parse(&text),
            report,
            tail: tail(&text),
            seconds: run.elapsed.as_secs_f64(),
        },
        traced,
        stacks: String::from_utf8_lossy(side("stacks.txt")).into_owned(),
        unfinished: unfinished(&outcomes),
        observed,
        // Opened when that module starts, whatever happens later.
        injected: observed || run.side.contains_key("stacks.txt"),
    }
}

fn ending(ended: Ended) -> Ending {
    match ended {
        Ended::Exited(0) => Ending::Success,
        Ended::Exited(code) => Ending::Exit(code),
        Ended::Signalled(signal) => Ending::Signal(signal),
        Ended::TimedOut => Ending::TimedOut,
        Ended::OutOfMemory | Ended::TooManyProcesses => Ending::OutOfMemory,
        Ended::Cancelled => Ending::Cancelled,
    }
}

/// Tests with a start record and no outcome.
fn unfinished(outcomes: &str) -> Vec<String> {
    let mut open: Vec<String> = Vec::new();
    for line in outcomes.lines() {
        let Ok(record) = serde_json::from_str::<serde_json::Value>(line) else { continue };
        if let Some(test) = record.get("start").and_then(|v| v.as_str()) {
            open.push(test.to_owned());
        } else if let Some(test) = record.get("id").and_then(|v| v.as_str()) {
            open.retain(|t| t != test);
        }
    }
    open
}

fn tail(text: &str) -> String {
    let mut from = text.len().saturating_sub(TAIL);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    text[from..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_hangs_is_the_one_without_an_outcome() {
        let lines = "{\"start\": \"a\"}\n{\"id\": \"a\", \"outcome\": \"passed\"}\n{\"start\": \"b\"}\n{bad";
        assert_eq!(unfinished(lines), ["b"]);
    }

    #[test]
    fn tail_keeps_whole_characters() {
        let text = "é".repeat(TAIL);
        assert!(tail(&text).len() <= TAIL);
        assert_eq!(tail("short"), "short");
    }
}
