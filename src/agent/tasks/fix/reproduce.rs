//! Seeing the failure with our own eyes before believing anything about it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::time::Duration;

use super::{
    Case, FixError, FixReport, FixRequest, Part, Runnable, Status, empty_report, headline, infer,
    shown, wider,
};
use crate::agent::checks::probe::{Mode, Outcome, Probe};
use crate::agent::checks::verdict::{Ending, Observation, summary};
use crate::agent::localise::frames::resolve;
use crate::agent::localise::spectrum::Traced;
use crate::agent::proposal::{Progress, Stage};
use crate::agent::sources::Sources;
use crate::base::{Cancel, Language, Line, RepoPath};
use crate::edit::Patch;
use crate::sandbox::Workspace;
use crate::trace::{self, Failure, FailureKind};

/// Share of the whole time after which a command counts as hanging.
const HANG_SHARE: f64 = 0.25;
/// Limits of the same, in seconds: shorter is a busy machine, longer nobody waits for.
const HANG_SECONDS: (f64, f64) = (4.0, 120.0);
/// A candidate may take this many times the failing run, plus a second.
const CANDIDATE_FACTOR: f64 = 3.0;
/// Time limit of candidates for a command that hangs, in seconds.
const HANGING_CANDIDATE_SECONDS: f64 = 3.0;

pub(super) enum Reproduced {
    Case(Box<Case>),
    /// There is nothing to search.
    Ended(Box<FixReport>),
}

/// Runs the command once as it is, and once more under the tracer when it is Python.
pub(super) fn reproduce(
    request: &FixRequest,
    workspace: &Workspace,
    sources: &Sources,
    cancel: &Cancel,
    on: &(dyn Fn(Progress) + Sync),
) -> Result<Reproduced, FixError> {
    let traced_failures = request.trace.as_deref().map(trace::parse).unwrap_or_default();
    let (command, inferred) = match &request.command {
        Some(command) => (Some(command.clone()), false),
        None => (infer::command(&traced_failures, sources), true),
    };
    let Some(argv) = command else { return from_trace_alone(request, traced_failures, sources) };
    if inferred {
        on(Progress::Note(format!("no command given: re-running {}", shown(&argv))));
    }
    let probe = Probe {
        argv: argv.clone(),
        cwd: if inferred { std::path::PathBuf::new() } else { request.cwd.clone() },
        variables: request.variables.clone(),
        memory_bytes: request.memory_bytes,
    };
    let tracing = Tracing { probe: &probe, request, workspace };
    let (first, early) = tracing.while_running(cancel, || {
        probe.baseline(workspace, &request.root, baseline_wall(request), cancel)
    });
    let first = first?;
    if cancel.is_cancelled() {
        if !super::past(request.deadline) {
            return Err(FixError::Interrupted);
        }
        let mut report = empty_report(Status::NoFix, headline(&first.observation), &argv);
        report.notes.push("the time was up before the command had ended".to_owned());
        return Ok(Reproduced::Ended(Box::new(report)));
    }
    if let Some(module) = first.observation.missing_runner() {
        return Err(FixError::RunnerMissing(module));
    }
    let mut notes = Vec::new();
    if let Some(ended) = without_failure(&first, &argv, &traced_failures, inferred) {
        return Ok(Reproduced::Ended(Box::new(ended)));
    }
    if let Some(note) = differs(&first.observation, &traced_failures, sources) {
        if inferred {
            let mut report = empty_report(Status::NotReproduced, Some(note), &argv);
            report.output = first.observation.tail;
            return Ok(Reproduced::Ended(Box::new(report)));
        }
        notes.push(note);
    }
    on(Progress::Stage(Stage::Localising));
    let hints = hints(request, &first, sources);
    let mut failures = first.observation.failures.clone();
    failures.extend(compiler_suggestions(&failures, &probe, request, workspace, cancel));
    let traced = tracing.lines(&first, early, cancel);
    let wall = candidate_wall(&first, request);
    Ok(Reproduced::Case(Box::new(Case {
        failures,
        headline: headline(&first.observation),
        output: first.observation.tail.clone(),
        notes,
        hints,
        runnable: Some(Runnable {
            probe,
            narrow: narrow(&first),
            traced,
            wall,
            python: first.injected,
            before: first.observation,
        }),
    })))
}

/// The report when the run showed no failure to repair.
fn without_failure(
    first: &Outcome,
    argv: &[OsString],
    traced: &[Failure],
    inferred: bool,
) -> Option<FixReport> {
    if !first.observation.passed() {
        return None;
    }
    let status =
        if inferred || !traced.is_empty() { Status::NotReproduced } else { Status::Passes };
    let mut report = empty_report(status, traced.first().map(summary), argv);
    report.output.clone_from(&first.observation.tail);
    Some(report)
}

/// A trace without a command: proposals may be made, but none can be proven.
fn from_trace_alone(
    request: &FixRequest,
    failures: Vec<Failure>,
    sources: &Sources,
) -> Result<Reproduced, FixError> {
    let Some(first) = failures.first() else {
        return Err(FixError::NothingToGoOn(
            "the input holds no stack trace, failing test or compiler error that slm knows. \
             Give the failing command: slm fix -- COMMAND"
                .to_owned(),
        ));
    };
    let headline = Some(summary(first));
    let in_here =
        |f: &Failure| f.frames.iter().any(|frame| resolve(&frame.path, sources).is_some());
    if !failures.iter().any(in_here) {
        return Ok(Reproduced::Ended(Box::new(FixReport {
            notes: vec!["no frame of the trace lies in this repository".to_owned()],
            ..empty_report(Status::NotReproduced, headline, &[])
        })));
    }
    Ok(Reproduced::Case(Box::new(Case {
        failures,
        headline,
        output: request.trace.clone().unwrap_or_default(),
        notes: vec!["no command to prove a fix with could be inferred from the trace".to_owned()],
        hints: request.hints.clone(),
        runnable: None,
    })))
}

fn baseline_wall(request: &FixRequest) -> Duration {
    let left = request.deadline.saturating_duration_since(std::time::Instant::now()).as_secs_f64();
    let wall = (left * HANG_SHARE).clamp(HANG_SECONDS.0, HANG_SECONDS.1).min(left);
    Duration::from_secs_f64(wall)
}

/// True when the command was killed while a test, or anything at all, was running: by us, or by a
/// time limit of its own.
fn hangs(first: &Outcome) -> bool {
    first.observation.ended == Ending::TimedOut
        || !first.unfinished.is_empty() && !first.stacks.is_empty()
}

fn candidate_wall(first: &Outcome, request: &FixRequest) -> Duration {
    let seconds = if hangs(first) {
        HANGING_CANDIDATE_SECONDS
    } else {
        first.observation.seconds * CANDIDATE_FACTOR + 1.0
    };
    let left = request.deadline.saturating_duration_since(std::time::Instant::now());
    Duration::from_secs_f64(seconds).min(left)
}

/// A note when the command fails otherwise than the trace that was given.
fn differs(now: &Observation, then: &[Failure], sources: &Sources) -> Option<String> {
    let wanted = then.first()?;
    let same = |f: &Failure| {
        f.exception == wanted.exception
            || trace::signature(f) == trace::signature(wanted)
            || shares_place(f, wanted, sources)
    };
    if now.failures.iter().any(same) || now.failures.is_empty() {
        return None;
    }
    let seen = now.failures.first().map(summary).unwrap_or_default();
    Some(format!("the trace says {}, the command fails with {seen}", summary(wanted)))
}

fn shares_place(a: &Failure, b: &Failure, sources: &Sources) -> bool {
    let place = |f: &Failure| {
        let frame = f.frames.first()?;
        Some((resolve(&frame.path, sources)?, frame.line))
    };
    place(a).is_some_and(|p| Some(p) == place(b))
}

/// The failing tests, when there are others that need not run for a first look.
fn narrow(first: &Outcome) -> Option<BTreeSet<String>> {
    if !first.observed {
        return None;
    }
    let failing = failing_tests(first);
    let ran = first.observation.report.tests.len() + first.unfinished.len();
    (!failing.is_empty() && failing.len() < ran).then_some(failing)
}

/// Where the user points, and where a hanging program was when it was looked at.
fn hints(
    request: &FixRequest,
    first: &Outcome,
    sources: &Sources,
) -> Vec<(RepoPath, Option<Line>)> {
    let mut hints = request.hints.clone();
    if !hangs(first) {
        return hints;
    }
    for failure in trace::parse(&first.stacks).iter().take(3) {
        let mut frames = failure.frames.clone();
        frames.truncate(40);
        for frame in frames {
            let Some(path) = resolve(&frame.path, sources) else { continue };
            hints.push((path, frame.line.map(Line)));
            if hints.len() > 4 {
                return hints;
            }
        }
    }
    hints
}

fn is_python(first: &Outcome) -> bool {
    first.observed
        || first.observation.failures.iter().any(|f| f.language == Some(Language::Python))
        || !first.stacks.is_empty()
}

/// Runs of the command under the line tracer.
struct Tracing<'a> {
    probe: &'a Probe,
    request: &'a FixRequest,
    workspace: &'a Workspace,
}

/// A traced run that was made before its use was known: of what, and what came of it.
type Early = Option<(Vec<OsString>, Option<Outcome>)>;

impl Tracing<'_> {
    /// The first run of the command, and a traced one beside it where that will be wanted if the
    /// first one fails: a command of Python. It ends early when it turns out not to be.
    fn while_running<E>(
        &self,
        cancel: &Cancel,
        first: impl FnOnce() -> Result<Outcome, E>,
    ) -> (Result<Outcome, E>, Early) {
        if !self.request.has(Part::Tracing)
            || self.request.jobs < 2
            || !starts_python(&self.probe.argv)
        {
            return (first(), None);
        }
        let argv = wider::neighbours(&self.probe.argv).unwrap_or_else(|| self.probe.argv.clone());
        let enough = cancel.child(None);
        let (first, outcome) = std::thread::scope(|scope| {
            let early = scope.spawn(|| self.run(&argv, self.longest(), &enough));
            let first = first();
            let wanted = first.as_ref().is_ok_and(|f| self.is_wanted(f) && self.argv(f) == argv);
            if !wanted {
                enough.cancel();
            }
            (first, wanted.then(|| early.join().ok().flatten()))
        });
        (first, outcome.map(|outcome| (argv, outcome)))
    }

    /// What the line tracer saw, in `early` or in another run.
    fn lines(&self, first: &Outcome, early: Early, cancel: &Cancel) -> Option<Traced> {
        if !self.is_wanted(first) {
            return None;
        }
        // The tracer slows a program down several times; what it saw until the limit is kept.
        let wanted = if hangs(first) {
            HANGING_CANDIDATE_SECONDS * 1.5
        } else {
            first.observation.seconds * 20.0 + 3.0
        };
        let wall = Duration::from_secs_f64(wanted).min(self.longest());
        let argv = self.argv(first);
        let recording = match early {
            Some((traced, outcome)) if traced == argv => outcome,
            _ => self.run(&argv, wall, cancel),
        };
        let recording = recording.and_then(|outcome| outcome.traced);
        if argv == self.probe.argv {
            return Some(recording?.read(None));
        }
        let traced = recording.map(|recording| recording.read(Some(&failing_tests(first))));
        match traced.filter(Traced::saw_the_failure) {
            Some(traced) => Some(traced),
            None => Some(self.run(&self.probe.argv, wall, cancel)?.traced?.read(None)),
        }
    }

    fn run(&self, argv: &[OsString], wall: Duration, cancel: &Cancel) -> Option<Outcome> {
        let probe = Probe { argv: argv.to_vec(), ..self.probe.clone() };
        let none = Patch::default();
        probe.run(self.workspace, &self.request.root, &none, &Mode::Traced, wall, cancel).ok()
    }

    fn longest(&self) -> Duration {
        self.request.deadline.saturating_duration_since(std::time::Instant::now()).mul_f64(0.15)
    }

    fn is_wanted(&self, first: &Outcome) -> bool {
        let failures = &first.observation.failures;
        let parses = failures.is_empty() || failures.iter().any(|f| f.kind != FailureKind::Syntax);
        let fails = !first.observation.passed();
        fails && is_python(first) && parses && self.request.has(Part::Tracing)
    }

    /// The command to trace. A single failing test has nothing to be compared with: its neighbours
    /// have.
    fn argv(&self, first: &Outcome) -> Vec<OsString> {
        let alone = first.observation.passing().next().is_none()
            && !failing_tests(first).is_empty()
            && !hangs(first);
        let neighbours = if alone { wider::neighbours(&self.probe.argv) } else { None };
        neighbours.unwrap_or_else(|| self.probe.argv.clone())
    }
}

/// True when the first word of a command says that it is Python's.
fn starts_python(argv: &[OsString]) -> bool {
    let program = argv.first().map(|word| word.to_string_lossy());
    let name = program.as_deref().and_then(|p| p.rsplit('/').next()).unwrap_or_default();
    name.starts_with("python") || matches!(name, "pytest" | "py.test")
}

/// Tests of the failing run that failed or did not end.
fn failing_tests(first: &Outcome) -> BTreeSet<String> {
    let failing = first.observation.failing().into_iter().map(str::to_owned);
    failing.chain(first.unfinished.iter().cloned()).collect()
}

/// For a Rust build that fails: the same once more as JSON, for the compiler's own edits.
fn compiler_suggestions(
    failures: &[Failure],
    probe: &Probe,
    request: &FixRequest,
    workspace: &Workspace,
    cancel: &Cancel,
) -> Vec<Failure> {
    let rust = failures
        .iter()
        .any(|f| f.language == Some(Language::Rust) && f.kind == FailureKind::Compile);
    let Some(cargo) = probe.argv.iter().position(|w| w.to_string_lossy().ends_with("cargo")) else {
        return Vec::new();
    };
    if !rust || cargo > 1 {
        return Vec::new();
    }
    let mut argv = probe.argv[..=cargo].to_vec();
    argv.extend(["check", "--tests", "--message-format=json"].map(OsString::from));
    let probe = Probe { argv, ..probe.clone() };
    let left = request.deadline.saturating_duration_since(std::time::Instant::now());
    let none = Patch::default();
    let run = probe.run(workspace, &request.root, &none, &Mode::Plain, left / 4, cancel);
    run.map(|outcome| outcome.observation.failures).unwrap_or_default()
}
