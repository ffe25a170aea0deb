//! After the search: consent, apply, commit, and the last words.

use super::fix::{self, Plan};
use super::fix_endpoint;
use super::fix_show::{Choice, Output, look};
use super::report::{self, ExitStatus, Failure};
use crate::agent::proposal::{Caution, Proposal, Verdict};
use crate::agent::tasks::fix::{FixReport, Status};
use crate::base::sanitize;
use crate::edit::{self, LockError, OpMeta, RepoLock};
use crate::tui;

/// Lines of the command's output that are shown when there is no fix.
const LAST_LINES: usize = 12;

/// Whether the user has agreed already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consent {
    Given,
    Ask,
}

/// Where a fix is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Commit<'a> {
    /// The branch that is checked out.
    Head,
    /// A new branch.
    Branch(&'a str),
}

/// Exit code 4 for a lock that another slm holds, 3 for a state directory that cannot be used.
pub(super) fn lock_failure(error: LockError) -> anyhow::Error {
    let status = match error {
        LockError::Held { .. } => ExitStatus::Locked,
        _ => ExitStatus::Environment,
    };
    Failure { message: error.to_string(), status }.into()
}

/// Finishes or takes back an apply that was cut off earlier.
pub(super) fn recover(lock: &RepoLock) -> anyhow::Result<()> {
    let Some(recovered) = edit::recover(lock)? else { return Ok(()) };
    let done = match recovered.outcome {
        edit::Outcome::Completed => "completed",
        edit::Outcome::RolledBack => "taken back",
    };
    report::note(&format!("slm: an interrupted change was {done}: {}", recovered.title));
    for file in recovered.left {
        report::note(&format!("slm: {} was changed by somebody else and left alone", file.path));
    }
    Ok(())
}

/// Shows the report, applies what was agreed to, and says how it ended.
pub(super) fn finish(
    plan: &Plan<'_>,
    found: &FixReport,
    choice: Choice,
    model: Option<String>,
) -> anyhow::Result<ExitStatus> {
    let output = plan.output();
    let chosen = match choice {
        Choice::Unasked => found.best(),
        Choice::Apply(id) | Choice::ApplyAndCommit(id) => {
            found.proposals.iter().find(|p| p.id == id)
        }
        Choice::Nothing => None,
    };
    if output == Output::Plain {
        show_plain(plan, found, chosen);
    }
    if let (Output::Plain | Output::Screen, Some(sent)) = (output, &found.sent) {
        report::note(&format!("slm: {}", fix_endpoint::told(sent)));
    }
    let agreed = chosen.filter(|p| agrees(plan, p, choice));
    let Some(proposal) = agreed else {
        return Ok(nothing_applied(plan, found, chosen, model));
    };
    plan.past_the_limit_is_fine();
    let meta = OpMeta {
        title: proposal.title.clone(),
        command: (!proposal.evidence.command.is_empty()).then(|| proposal.evidence.command.clone()),
    };
    let operation = edit::apply(&plan.lock, &proposal.patch, &meta)?;
    super::recording::applied();
    let target = plan.args.commit_to().or(match choice {
        Choice::ApplyAndCommit(_) => Some(Commit::Head),
        _ => None,
    });
    let committed = target.map(|target| commit(plan, proposal, found, target)).transpose();
    match output {
        Output::Json => {
            let mut json = fix::json_of(plan, found, Some(proposal), "fixed", model);
            if let Err(error) = &committed {
                json.message = Some(format!("applied, but not committed: {error:#}"));
            }
            report::json(&json);
            // Said already: another object would be taken for the outcome.
            return Ok(committed.map_or_else(|e| report::status_of(&e), |_| ExitStatus::Success));
        }
        Output::Plain | Output::Screen => {
            let files: Vec<String> =
                proposal.patch.files().iter().map(|f| f.path.to_string()).collect();
            report::line(&sanitize(&format!(
                "Applied to {}. Take it back with: slm undo {}",
                files.join(", "),
                operation.id
            )));
        }
    }
    if let Some(done) = committed? {
        let on = done.branch.map(|b| format!(" on {b}")).unwrap_or_default();
        report::line(&sanitize(&format!("Committed as {}{on}.", &done.id[..12])));
        for note in done.notes {
            report::note(&format!("slm: {note}"));
        }
    }
    Ok(ExitStatus::Success)
}

/// True when `proposal` may be written now.
fn agrees(plan: &Plan<'_>, proposal: &Proposal, choice: Choice) -> bool {
    match choice {
        // The screen has asked, and asked again where that was due.
        Choice::Apply(_) | Choice::ApplyAndCommit(_) => return true,
        Choice::Nothing => return false,
        Choice::Unasked => {}
    }
    let protected = proposal.cautions.iter().any(|c| matches!(c, Caution::ProtectedFile(_)));
    if plan.args.dry_run() || proposal.verdict != Verdict::Proven || protected {
        return false;
    }
    match plan.args.consent() {
        Consent::Given => true,
        Consent::Ask => plan.output() != Output::Json && report::confirm("Apply this fix?"),
    }
}

fn commit(
    plan: &Plan<'_>,
    proposal: &Proposal,
    found: &FixReport,
    target: Commit<'_>,
) -> anyhow::Result<edit::Committed> {
    let failure = found.failure.clone().unwrap_or_default();
    let proof = match proposal.verdict {
        Verdict::Proven => format!("Proven with: {}", proposal.evidence.command),
        Verdict::Unverified => "Not verified.".to_owned(),
    };
    let message = format!(
        "Fix {}\n\n{}\n\nBefore: {}\nAfter: {}\n{proof}\n",
        first_words(&failure),
        proposal.title,
        proposal.evidence.before,
        proposal.evidence.after,
    );
    let branch = match target {
        Commit::Head => None,
        Commit::Branch(name) => Some(name),
    };
    Ok(edit::commit(&plan.root.path, &proposal.patch, &message, branch)?)
}

/// A subject line of at most 60 characters.
fn first_words(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= 60 {
        return line.to_owned();
    }
    let cut: String = line.chars().take(57).collect();
    format!("{cut}...")
}

fn show_plain(plan: &Plan<'_>, found: &FixReport, chosen: Option<&Proposal>) {
    let colours = if report::stdout_is_terminal() {
        look(plan.environment).colours
    } else {
        tui::Colours::None
    };
    if let Some(proposal) = chosen {
        report::out(&tui::render_proposal(proposal, colours));
    }
    let others = found.proposals.iter().filter(|p| chosen.is_none_or(|c| c.id != p.id)).count();
    if others > 0 {
        report::line(&format!("{others} more proposal(s) passed; run in a terminal to compare."));
    }
    if plan.args.explain() {
        for line in fix_endpoint::explained(&found.route) {
            report::line(&format!("  {}", sanitize(&line)));
        }
        for note in &found.notes {
            report::line(&format!("  {}", sanitize(note)));
        }
        if let Some(proposal) = chosen {
            for note in &proposal.evidence.notes {
                report::line(&format!("  {}", sanitize(note)));
            }
        }
    }
}

fn nothing_applied(
    plan: &Plan<'_>,
    found: &FixReport,
    chosen: Option<&Proposal>,
    model: Option<String>,
) -> ExitStatus {
    let output = plan.output();
    if output == Output::Json {
        let status = fix::status_word(found.status);
        let mut json = fix::json_of(plan, found, chosen, status, model);
        if found.status == Status::Proven {
            json.message = Some("proven, but not applied: give --yes to apply it".to_owned());
        }
        report::json(&json);
    } else {
        for line in last_output(plan, found) {
            report::note(&format!("  | {line}"));
        }
        report::note(&format!("slm: {}", last_words(plan, found)));
    }
    match found.status {
        Status::Passes => ExitStatus::Success,
        Status::Proven if plan.args.dry_run() => ExitStatus::Success,
        _ => ExitStatus::NoFix,
    }
}

/// The end of what the command printed, where its failure was not understood or everything is to be
/// told: whoever reads on needs it.
fn last_output(plan: &Plan<'_>, found: &FixReport) -> Vec<String> {
    let understood = found.failure.as_ref().is_some_and(|failure| !failure.starts_with("exit "));
    if found.status != Status::NoFix || (understood && !plan.args.explain()) {
        return Vec::new();
    }
    let lines: Vec<&str> = found.output.lines().filter(|line| !line.trim().is_empty()).collect();
    let end = lines.len().saturating_sub(LAST_LINES);
    lines[end..].iter().map(|line| sanitize(line).into_owned()).collect()
}

fn last_words(plan: &Plan<'_>, found: &FixReport) -> String {
    let failure = found.failure.clone().unwrap_or_default();
    let checked = found.checked;
    match found.status {
        Status::Passes => "the command passes: there is nothing to repair".to_owned(),
        Status::NotReproduced if found.command.is_empty() => {
            format!("not reproduced: {}. {failure}", found.notes.join("; "))
        }
        Status::NotReproduced => format!(
            "not reproduced: {} does not fail as the trace says ({failure})",
            found.command.join(" ")
        ),
        Status::NoFix => format!(
            "no fix found for {failure} ({checked} candidates checked in {:.0} s). \
             Nothing was changed. A longer --timeout, or --file PATH --line N, may help.",
            plan.started.elapsed().as_secs_f64()
        ),
        Status::Unverified => "nothing was applied: the proposal could not be verified".to_owned(),
        Status::Proven => "nothing was applied".to_owned(),
    }
}
