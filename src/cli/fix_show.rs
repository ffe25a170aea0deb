//! Runs the task of `slm fix` behind the front end that fits: the screen, plain text, or silence.

use std::ffi::OsStr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::fix::Plan;
use super::{fix_edit, report, watch};
use crate::agent::proposal::{Progress, Proposal};
use crate::agent::tasks::fix::{FixError, FixReport, Status};
use crate::config::Environment;
use crate::edit::Patch;
use crate::sandbox::SandboxError;
use crate::tui::{self, Colours, FixDecision, FixScreen, FixSession, Glyphs, Look, ProgressLine};

/// Marks the title of a proposal that the user has changed.
const EDITED: &str = ", edited by hand";

/// Where the run is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    /// One object at the end, nothing else on stdout.
    Json,
    /// Progress on stderr, the result as text.
    Plain,
    /// The review pane.
    Screen,
}

/// What the user chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// Nothing was asked: the best proposal, under the rules of the flags.
    Unasked,
    Apply(usize),
    ApplyAndCommit(usize),
    /// Leave everything as it is.
    Nothing,
}

/// A run and the user's answer.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) report: Result<FixReport, FixError>,
    pub(super) choice: Choice,
}

/// Checks a proposal anew with the patch that the user made of it.
pub(super) type Recheck<'a> = &'a dyn Fn(&Proposal, Patch) -> Result<Proposal, SandboxError>;

/// Runs `work`, showing its progress; `recheck` is asked when the user has edited a proposal.
pub(super) fn show<W>(plan: &Plan<'_>, work: W, recheck: Recheck<'_>) -> anyhow::Result<Shown>
where
    W: FnOnce(&(dyn Fn(Progress) + Sync)) -> Result<FixReport, FixError> + Send,
{
    match plan.output() {
        Output::Json => Ok(unasked(work(&|_| {}))),
        Output::Plain => Ok(unasked(plain(plan, work))),
        Output::Screen if plan.asks_endpoint() => screen_later(plan, work, recheck),
        Output::Screen => screen(plan, work, recheck),
    }
}

fn unasked(report: Result<FixReport, FixError>) -> Shown {
    Shown { report, choice: Choice::Unasked }
}

/// The line of progress of a run, which makes room for a question.
#[derive(Debug, Default)]
pub(super) struct Line(Mutex<Option<ProgressLine>>);

impl Line {
    fn slot(&self) -> MutexGuard<'_, Option<ProgressLine>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(&self, progress: &Progress) {
        if let Some(line) = self.slot().as_mut() {
            line.update(progress);
        }
    }

    /// Takes the line off the terminal, and does `work`; nobody waits for that but who calls.
    pub(super) fn aside<T>(&self, work: impl FnOnce() -> T) -> T {
        if let Some(line) = self.slot().take() {
            line.finish();
        }
        work()
    }
}

/// Progress on stderr while the work goes on in this thread.
fn plain<W>(plan: &Plan<'_>, work: W) -> Result<FixReport, FixError>
where
    W: FnOnce(&(dyn Fn(Progress) + Sync)) -> Result<FixReport, FixError>,
{
    let term = plan.environment.term.as_deref();
    *plan.progress.slot() = Some(ProgressLine::new(look(plan.environment), term));
    let result = work(&|progress| plan.progress.update(&progress));
    if let Some(line) = plan.progress.slot().take() {
        line.finish();
    }
    result
}

/// As [`screen`], but the pane opens when the search is over: a person may have to be asked before that.
fn screen_later<W>(plan: &Plan<'_>, work: W, recheck: Recheck<'_>) -> anyhow::Result<Shown>
where
    W: FnOnce(&(dyn Fn(Progress) + Sync)) -> Result<FixReport, FixError>,
{
    let heard = Mutex::new(Vec::new());
    let report = plain(plan, |on| {
        work(&|progress| {
            on(progress.clone());
            heard.lock().unwrap_or_else(PoisonError::into_inner).push(progress);
        })
    });
    if report.as_ref().is_err() {
        return Ok(unasked(report));
    }
    let heard = heard.into_inner().unwrap_or_else(PoisonError::into_inner);
    let again = |on: &(dyn Fn(Progress) + Sync)| {
        heard.into_iter().for_each(on);
        report
    };
    screen(plan, again, recheck)
}

/// The review pane in this thread, the work in another.
fn screen<W>(plan: &Plan<'_>, work: W, recheck: Recheck<'_>) -> anyhow::Result<Shown>
where
    W: FnOnce(&(dyn Fn(Progress) + Sync)) -> Result<FixReport, FixError> + Send,
{
    // The limit is for the search, which keeps its own deadline: a person may read as long as they
    // like.
    plan.past_the_limit_is_fine();
    let (sender, receiver) = crossbeam_channel::unbounded();
    let mut session = FixSession::new(FixScreen {
        task: tui::Task::Fix,
        command: plan.args.shown_command(),
        progress: receiver,
        cancel: plan.cancel.clone(),
        interrupt: watch::flag(),
        look: look(plan.environment),
    });
    let (decision, report) = std::thread::scope(|scope| {
        let worker = scope.spawn(move || {
            // Dropped at the end: the screen then knows that the search is over.
            let sender = sender;
            work(&|progress| {
                // The screen may be gone already.
                let _ = sender.send(progress);
            })
        });
        let decision = tui::run(&mut session);
        (decision, worker.join())
    });
    let report = report.map_err(|_| anyhow::anyhow!("the search ended in a bug of slm"))?;
    let mut decision = decision?;
    let choice = loop {
        match decision {
            FixDecision::Apply(id) => break Choice::Apply(id),
            FixDecision::ApplyAndCommit(id) => break Choice::ApplyAndCommit(id),
            FixDecision::Edit(id) => {
                if let Err(error) = edit(plan, &mut session, id, recheck) {
                    session.note(format!("{error:#}"));
                }
                decision = tui::run(&mut session)?;
            }
            FixDecision::Quit => break Choice::Nothing,
            FixDecision::Interrupted => {
                return Ok(Shown { report: Err(FixError::Interrupted), choice: Choice::Nothing });
            }
        }
    };
    Ok(Shown { report: decided(report, &session, choice), choice })
}

/// Opens a proposal in the editor, and adds what comes of it as one more.
fn edit(
    plan: &Plan<'_>,
    session: &mut FixSession,
    id: usize,
    recheck: Recheck<'_>,
) -> anyhow::Result<()> {
    let Some(proposal) = session.proposal(id).cloned() else { return Ok(()) };
    let Some(patch) = fix_edit::in_editor(plan.environment.editor.as_deref(), &proposal)? else {
        anyhow::bail!("the editor changed nothing");
    };
    if patch.is_empty() {
        anyhow::bail!("as edited, nothing would be changed in the repository");
    }
    report::note("slm: checking the edited fix");
    let mut edited = recheck(&proposal, patch)?;
    edited.id = session.proposals().map(|p| p.id).max().unwrap_or(0) + 1;
    if !edited.title.ends_with(EDITED) {
        edited.title.push_str(EDITED);
    }
    session.add(edited);
    Ok(())
}

/// The report of a search that the user's decision ended: what was shown is what was found.
fn decided(
    report: Result<FixReport, FixError>,
    session: &FixSession,
    choice: Choice,
) -> Result<FixReport, FixError> {
    let stopped = matches!(report, Err(FixError::Interrupted));
    let mut report = match report {
        Err(FixError::Interrupted) if choice != Choice::Nothing => FixReport::default(),
        other => other?,
    };
    // What the user chose may be of their own making.
    let known = |id| report.proposals.iter().any(|p| p.id == id);
    let unknown = matches!(choice, Choice::Apply(id) | Choice::ApplyAndCommit(id) if !known(id));
    if stopped || unknown || report.proposals.is_empty() {
        report.failure = session.failure().map(str::to_owned);
        (report.generated, report.checked) = session.counts();
        report.proposals = session.proposals().cloned().collect();
        if report.is_proven() {
            report.status = Status::Proven;
        }
    }
    Ok(report)
}

/// How the terminal wants to be drawn on.
pub(super) fn look(environment: &Environment) -> Look {
    let term = environment.term.as_deref().map(OsStr::new);
    let colours =
        Colours::choose(environment.no_color.as_deref(), term, environment.colorterm.as_deref());
    Look { colours, glyphs: Glyphs::choose(environment.locale.each_ref().map(Option::as_deref)) }
}
