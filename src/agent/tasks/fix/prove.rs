//! From what passed to what is proposed: ranking, the plain proof, the wider tests.

use std::time::Duration;

use super::drive::{Passing, Searched};
use super::{Case, FixReport, Rank, Runnable, Session, Status, empty_report, shown};
use crate::agent::candidates::{Candidate, cautions, compiler, rules};
use crate::agent::cascade::{Decision, Reason, Stage as Generator};
use crate::agent::checks::probe::Mode;
use crate::agent::checks::verdict::Observation;
use crate::agent::localise::{self, Clues, Localisation};
use crate::agent::proposal::{Caution, Evidence, Place, Progress, Proposal, Stage, Tier, Verdict};
use crate::agent::sources::Sources;
use crate::edit::{self, Patch};
use crate::trace;

/// Alternatives shown beside the best.
const MAX_PROPOSALS: usize = 5;

/// Turns what passed into ranked proposals, each proven by the plain command.
pub(super) fn prove(
    session: &Session<'_>,
    case: &Case,
    runnable: &Runnable,
    sources: &Sources,
    mut searched: Searched,
) -> FixReport {
    searched.passing.sort_by(|a, b| key(a).total_cmp(&key(b)).then(a.rank.cmp(&b.rank)));
    if !searched.passing.is_empty() {
        (session.on)(Progress::Stage(Stage::Verifying));
    }
    let mut proposals: Vec<Proposal> = Vec::new();
    let mut ranks = Vec::new();
    for passing in &searched.passing {
        let enough = session.request.proposals.clamp(1, MAX_PROPOSALS);
        if proposals.len() == enough || session.left() < Duration::from_millis(100) {
            break;
        }
        let known = passing.proof.clone();
        let Some(proof) = known.or_else(|| plain_proof(session, runnable, &passing.patch)) else {
            searched.notes.push(not_proven(&passing.candidate.title));
            continue;
        };
        let mut proposal = proposal(case, runnable, sources, &searched, passing, &proof);
        // Stays the same when the list is sorted: a front end may show it already.
        proposal.id = proposals.len() + 1;
        ranks.push(Rank {
            id: proposal.id,
            position: passing.rank + 1,
            cost: passing.candidate.cost,
            surprise: passing.candidate.surprise,
        });
        let clean = proposal.cautions.is_empty();
        (session.on)(Progress::Found(Box::new(proposal.clone())));
        proposals.push(proposal);
        // The proof of a clean best one is enough; the rest are alternatives.
        if clean && proposals.len() >= 3 {
            break;
        }
    }
    proposals.sort_by_key(|p| p.cautions.iter().map(severity).max().unwrap_or(0));
    let status = match proposals.first() {
        None => Status::NoFix,
        Some(best) if best.verdict == Verdict::Proven => Status::Proven,
        Some(_) => Status::Unverified,
    };
    let mut notes = case.notes.clone();
    notes.append(&mut searched.localisation.notes);
    notes.append(&mut searched.notes);
    FixReport {
        proposals,
        generated: searched.generated,
        checked: searched.checked,
        notes,
        output: case.output.clone(),
        route: searched.route,
        sent: searched.sent,
        trail: searched.trail,
        ranks,
        ..empty_report(status, case.headline.clone(), &runnable.probe.argv)
    }
}

/// Proposals from rules and compilers alone, when there is nothing to run: honest guesses.
pub(super) fn unverified(session: &Session<'_>, case: &Case, sources: &Sources) -> FixReport {
    let clues = Clues { failures: &case.failures, traced: None, hints: &case.hints };
    let localisation = localise::localise(&clues, sources);
    let scene = rules::Scene { failures: &case.failures, sources, localisation: &localisation };
    let mut found = compiler::candidates(&case.failures, sources);
    found.extend(rules::candidates(&scene));
    found.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    let generated = found.len();
    let mut proposals: Vec<Proposal> = Vec::new();
    for candidate in found {
        let Ok(patch) = candidate.patch(sources) else { continue };
        if proposals.iter().any(|p| p.patch == patch) {
            continue;
        }
        let places = places(&candidate, &localisation, sources);
        proposals.push(Proposal {
            id: proposals.len() + 1,
            tier: candidate.tier,
            title: candidate.title.clone(),
            diff: edit::diff::unified(&patch),
            verdict: Verdict::Unverified,
            evidence: Evidence {
                before: case.headline.clone().unwrap_or_default(),
                after: "not run: no command is known".to_owned(),
                places,
                ..Evidence::default()
            },
            cautions: cautions(&candidate, sources),
            patch,
        });
        if proposals.len() == MAX_PROPOSALS {
            break;
        }
    }
    for proposal in &proposals {
        (session.on)(Progress::Found(Box::new(proposal.clone())));
    }
    let status = if proposals.is_empty() { Status::NoFix } else { Status::Unverified };
    let text = "nothing can be run, so only the error itself is answered";
    let reason = Reason::new("nothing-runs", text);
    let rules = Decision { stage: Generator::Rules, taken: true, reason, confidence: None };
    (session.on)(Progress::Routed(rules.clone()));
    FixReport {
        proposals,
        route: vec![rules],
        generated,
        notes: case.notes.clone(),
        output: case.output.clone(),
        ..empty_report(status, case.headline.clone(), &[])
    }
}

/// The lower the better: what a reviewer would not want last, then the search's own cost.
fn key(passing: &Passing) -> f64 {
    let doubt = passing.cautions.iter().map(severity).max().unwrap_or(0);
    let unsure = |yes: bool| f64::from(u8::from(yes));
    f64::from(doubt) * 100.0
        + unsure(passing.doubtful) * 50.0
        + unsure(passing.still > 0) * 30.0
        + passing.candidate.cost
}

fn severity(caution: &Caution) -> u8 {
    match caution {
        // Undoing a slip is what a search like this is for.
        Caution::TakesBack => 0,
        Caution::DeletesCode => 1,
        Caution::ProtectedFile(_) => 2,
        Caution::Regresses(_) | Caution::LeavesFailing(_) => 3,
        Caution::SwallowsError | Caution::ChangesAssertion => 4,
    }
}

/// A run of the plain command that passed.
#[derive(Clone, Debug)]
pub(super) struct Proof {
    after: Observation,
    elapsed: Duration,
}

/// Runs the command with nothing of slm in it; `None` when it does not pass.
pub(super) fn plain_proof(
    session: &Session<'_>,
    runnable: &Runnable,
    patch: &Patch,
) -> Option<Proof> {
    let wall = (runnable.wall * 2).min(session.left());
    let run = runnable
        .probe
        .run(session.workspace, &session.request.root, patch, &Mode::Plain, wall, session.cancel)
        .ok()?;
    let elapsed = Duration::from_secs_f64(run.observation.seconds);
    let holds = run.observation.passed() && !is_denied(&runnable.before, &run.observation);
    holds.then_some(Proof { after: run.observation, elapsed })
}

/// True when what the runner prints speaks against a run of the plain command that passed: it counts
/// no tests where it did before, or still names one that failed. The outcomes that judged the
/// candidate so far were written by the process that runs its code, which can write what it likes.
fn is_denied(before: &Observation, plain: &Observation) -> bool {
    let told = trace::report(&before.tail);
    let none_ran = plain.report.totals.is_none_or(|totals| totals.ran == 0);
    let fails = |test: &&str| plain.report.tests.get(*test) == Some(&trace::Outcome::Failed);
    told.totals.is_some() && none_ran || told.failed().iter().any(fails)
}

/// Says that something has no such run.
pub(super) fn not_proven(title: &str) -> String {
    format!("{title:?} passed under observation but not as the plain command, and was dropped")
}

fn proposal(
    case: &Case,
    runnable: &Runnable,
    sources: &Sources,
    searched: &Searched,
    passing: &Passing,
    proof: &Proof,
) -> Proposal {
    let before = runnable.before.headline();
    let mut notes = vec![format!(
        "candidate number {} of those checked; operator {}; cost {:.2}",
        passing.rank + 1,
        passing.candidate.operator,
        passing.candidate.cost
    )];
    if runnable.narrow.is_some() {
        notes.push("the failing tests were run first, then the whole command".to_owned());
    }
    notes.extend(case.notes.iter().cloned());
    let sound = passing.is_sound();
    if passing.doubtful {
        notes.push("there are no tests: the command may pass because its work is skipped".into());
    }
    Proposal {
        id: 0,
        tier: passing.candidate.tier,
        title: passing.candidate.title.clone(),
        diff: edit::diff::unified(&passing.patch),
        patch: passing.patch.clone(),
        verdict: if sound { Verdict::Proven } else { Verdict::Unverified },
        evidence: Evidence {
            command: shown(&runnable.probe.argv),
            before,
            after: passed_line(&proof.after),
            elapsed: proof.elapsed,
            places: places(&passing.candidate, &searched.localisation, sources),
            wider: passing.wider.clone(),
            notes,
            checks: Vec::new(),
        },
        cautions: passing.cautions.clone(),
    }
}

pub(super) fn passed_line(after: &Observation) -> String {
    match after.report.summary() {
        tests if tests.is_empty() => "exit 0".to_owned(),
        tests => format!("exit 0, {tests}"),
    }
}

fn places(candidate: &Candidate, localisation: &Localisation, sources: &Sources) -> Vec<Place> {
    let (path, line) = &candidate.place;
    let function =
        sources.get(path).and_then(|s| s.function_at(*line).map(|f| f.qualified.clone()));
    let suspect = localisation.suspects.iter().find(|s| s.path == *path && s.line == *line);
    vec![Place {
        path: path.clone(),
        line: *line,
        function,
        suspicion: suspect.map_or(0.0, |s| s.suspicion),
        reason: suspect.map_or_else(
            || {
                if candidate.tier == Tier::Rule {
                    "named by the error".into()
                } else {
                    String::new()
                }
            },
            |s| s.reason.clone(),
        ),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::checks::verdict::Ending;

    fn observed(output: &str, ended: Ending) -> Observation {
        let report = trace::report(output);
        Observation { ended, report, tail: output.to_owned(), ..Observation::default() }
    }

    #[test]
    fn the_runner_itself_must_not_speak_against_the_proof() {
        let line = "FAILED test_a.py::test_x - KeyError\n";
        let summary = format!("=== short test summary info ===\n{line}=== 1 failed in 1s ===\n");
        let before = observed(&summary, Ending::Exit(1));
        let denied = |output: &str| is_denied(&before, &observed(output, Ending::Success));
        assert!(denied("") && denied("hello\n") && denied(&summary));
        assert!(denied("=== no tests ran in 0.1s ===\n"));
        assert!(!denied("=== 1 passed in 1s ===\n"));
        // Where the runner counts nothing when it fails, it need not when it passes.
        let silent = observed("Traceback\nKeyError\n", Ending::Exit(1));
        assert!(!is_denied(&silent, &observed("", Ending::Success)));
    }
}
