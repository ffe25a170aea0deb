//! `slm fix`: from a failing command or a trace to proven patches.
//!
//! The order of the work is the order of the functions in [`run`]: reproduce, localise, search,
//! prove, rank. Nothing here writes to the user's tree.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::agent::cascade::{Decision, Sent};
use crate::agent::checks::probe::Variables;
use crate::agent::checks::verdict::{Ending, Observation, summary};
use crate::agent::proposal::{Progress, Proposal, Stage, Verdict};
use crate::agent::sources::Sources;
use crate::base::{Cancel, Line, RepoPath};
use crate::engine::Engine;
use crate::sandbox::{SandboxError, Workspace};
use crate::trace::Failure;

mod drive;
mod escalate;
mod generate;
mod infer;
mod minds;
mod part;
mod prove;
mod recheck;
mod reproduce;
mod scout;
mod search;
mod wider;

pub use minds::{Consent, Correspondent, Distant, Minds, Opener};
pub use part::Part;
pub use recheck::recheck;

/// What the user asked for, resolved: no defaults are left open.
#[derive(Debug)]
pub struct FixRequest {
    /// Root of the repository, absolute and canonical.
    pub root: PathBuf,
    /// Directory the command runs in, relative to `root`.
    pub cwd: PathBuf,
    /// The failing command; without one it is inferred from `trace`.
    pub command: Option<Vec<OsString>>,
    /// Output of a failing command, when the user has it already.
    pub trace: Option<String>,
    /// Places to try first.
    pub hints: Vec<(RepoPath, Option<Line>)>,
    /// The project's own test command, run on what passed.
    pub wider: Option<Vec<OsString>>,
    /// The caller's own values of variables that observers are put into.
    pub variables: Variables,
    /// Candidates checked at the same time, at least 1.
    pub jobs: usize,
    /// Parts of the search that are left out.
    pub without: Vec<Part>,
    /// Where indexes lie, for what a model is shown; without it that is the function alone.
    pub index: Option<PathBuf>,
    /// Report what a model is shown.
    pub show_context: bool,
    /// Proposals wanted, at least 1: one where nobody compares them.
    pub proposals: usize,
    /// The whole run must be over by then.
    pub deadline: Instant,
    /// Memory limit of one checked command.
    pub memory_bytes: u64,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct FixReport {
    pub status: Status,
    /// One line: the failure that was repaired, or not.
    pub failure: Option<String>,
    /// Best first.
    pub proposals: Vec<Proposal>,
    pub generated: usize,
    pub checked: usize,
    /// The command that was run, as words; inferred or given.
    pub command: Vec<String>,
    /// For people, and for `--explain`.
    pub notes: Vec<String>,
    /// The end of the failing output.
    pub output: String,
    /// Which generators were asked and which were not, in the order in which that was decided.
    pub route: Vec<Decision>,
    /// What has left the machine, if anything has.
    pub sent: Option<Sent>,
    pub ranks: Vec<Rank>,
    /// The highest cost tried when 1, 2, 4, ... candidates had been handed out.
    pub trail: Vec<(usize, f64)>,
}

/// Where a proposal stood in the search.
#[derive(Clone, Debug, PartialEq)]
pub struct Rank {
    /// The proposal's number.
    pub id: usize,
    /// Its position among those checked, from 1.
    pub position: usize,
    /// See [`Candidate::cost`] and [`Candidate::surprise`].
    pub cost: f64,
    pub surprise: Option<f64>,
}

/// How a run ended; the caller turns `Proven` into "fixed" by applying.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// At least one proposal is proven.
    Proven,
    /// There are proposals, none of them proven.
    Unverified,
    #[default]
    NoFix,
    /// The command passed: there is nothing to repair.
    Passes,
    /// The trace did not come up again when its test was run.
    NotReproduced,
}

/// Why a run could not be made.
#[derive(Debug, thiserror::Error)]
pub enum FixError {
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    #[error("interrupted")]
    Interrupted,
    #[error("nothing to go on: {0}")]
    NothingToGoOn(String),
    /// The command fails before it does anything: its runner is not installed.
    #[error(
        "the command cannot run here: no module named {0}. Install it, or start slm from the \
         environment that has it"
    )]
    RunnerMissing(String),
}

/// Repairs, or says why not, with `engine` as the only model. As [`run_with`].
///
/// # Errors
/// As there.
pub fn run(
    request: &FixRequest,
    workspace: &Workspace,
    files: Vec<RepoPath>,
    engine: Option<&mut dyn Engine>,
    cancel: &Cancel,
    on: &(dyn Fn(Progress) + Sync),
) -> Result<FixReport, FixError> {
    run_with(request, workspace, files, Minds::local(engine), cancel, on)
}

/// Repairs, or says why not. `on` hears how far it got; it may be called from several threads.
///
/// # Errors
/// When the command cannot be run at all, or the run was interrupted.
pub fn run_with(
    request: &FixRequest,
    workspace: &Workspace,
    files: Vec<RepoPath>,
    minds: Minds<'_>,
    cancel: &Cancel,
    on: &(dyn Fn(Progress) + Sync),
) -> Result<FixReport, FixError> {
    let sources = Sources::new(&request.root, files);
    on(Progress::Stage(Stage::Reproducing));
    let reproduced = reproduce::reproduce(request, workspace, &sources, cancel, on)?;
    let case = match reproduced {
        reproduce::Reproduced::Case(case) => *case,
        reproduce::Reproduced::Ended(report) => return Ok(*report),
    };
    if let Some(failure) = &case.headline {
        on(Progress::Failure(failure.clone()));
    }
    let session = Session { request, workspace, cancel, on };
    let Some(runnable) = &case.runnable else {
        return Ok(prove::unverified(&session, &case, &sources));
    };
    let searched = drive::search(&session, &case, runnable, &sources, minds);
    if cancel.is_cancelled() && !past(request.deadline) {
        return Err(FixError::Interrupted);
    }
    let report = prove::prove(&session, &case, runnable, &sources, searched?);
    if cancel.is_cancelled() && !past(request.deadline) {
        return Err(FixError::Interrupted);
    }
    on(Progress::Stage(Stage::Done));
    Ok(report)
}

/// What every step needs.
struct Session<'a> {
    request: &'a FixRequest,
    workspace: &'a Workspace,
    cancel: &'a Cancel,
    on: &'a (dyn Fn(Progress) + Sync),
}

impl Session<'_> {
    /// Time left for the whole run.
    fn left(&self) -> Duration {
        self.request.deadline.saturating_duration_since(Instant::now())
    }
}

/// A failure that is understood well enough to search.
struct Case {
    failures: Vec<Failure>,
    headline: Option<String>,
    output: String,
    notes: Vec<String>,
    hints: Vec<(RepoPath, Option<Line>)>,
    /// Absent when there is nothing to run: a trace whose test could not be inferred.
    runnable: Option<Runnable>,
}

/// A failure that can be run again.
struct Runnable {
    probe: crate::agent::checks::probe::Probe,
    before: Observation,
    /// Failing tests, when running these alone is a cheaper first look.
    narrow: Option<std::collections::BTreeSet<String>>,
    traced: Option<crate::agent::localise::spectrum::Traced>,
    /// Time limit of one candidate.
    wall: Duration,
    /// True when a Python process of it starts with slm's module, so that the check server may work.
    python: bool,
}

impl FixRequest {
    /// True unless this part is to be left out.
    fn has(&self, part: Part) -> bool {
        !self.without.contains(&part)
    }
}

fn past(deadline: Instant) -> bool {
    Instant::now() >= deadline
}

fn headline(observation: &Observation) -> Option<String> {
    match observation.ended {
        Ending::Success => None,
        Ending::TimedOut => Some("the command did not end in time".to_owned()),
        _ => {
            Some(observation.failures.first().map_or_else(|| observation.ended.describe(), summary))
        }
    }
}

/// Words of a command as one would type them.
fn shown(argv: &[OsString]) -> String {
    argv.iter().map(|word| quoted(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+[]".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// The report of a run that found nothing to show.
fn empty_report(status: Status, failure: Option<String>, command: &[OsString]) -> FixReport {
    FixReport {
        status,
        failure,
        proposals: Vec::new(),
        generated: 0,
        checked: 0,
        command: command.iter().map(|w| w.to_string_lossy().into_owned()).collect(),
        notes: Vec::new(),
        output: String::new(),
        route: Vec::new(),
        sent: None,
        ranks: Vec::new(),
        trail: Vec::new(),
    }
}

impl FixReport {
    /// The best proposal, if any.
    pub fn best(&self) -> Option<&Proposal> {
        self.proposals.first()
    }

    /// True when the best proposal may be applied without further words.
    pub fn is_proven(&self) -> bool {
        self.best().is_some_and(|p| p.verdict == Verdict::Proven)
    }
}
