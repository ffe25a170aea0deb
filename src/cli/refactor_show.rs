//! A step on the screen: the checks run while it is read.

use super::fix_show::look;
use super::refactor::Plan;
use super::report::{self, Failure};
use super::watch;
use crate::agent::proposal::{Progress, Proposal, Stage};
use crate::agent::tasks::refactor::{Planned, Proof, Verdict};
use crate::sandbox::SandboxError;
use crate::tui::{self, FixDecision, FixScreen, FixSession};

/// Runs the checks, saying what it does.
pub(super) type Prove<'a> = &'a (dyn Fn(&dyn Fn(String)) -> Result<Proof, SandboxError> + Sync);

/// What the user did with a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    No,
    Yes,
    /// And it is to be committed.
    AndCommitted,
}

/// Runs `prove` behind the review pane, and says what the user did with the step.
///
/// # Errors
/// A terminal that cannot be used, a sandbox that cannot run anything.
pub(super) fn review(
    plan: &Plan<'_>,
    planned: &Planned,
    prove: Prove<'_>,
    proposal: &(dyn Fn(&Planned, &Proof) -> Proposal + Sync),
) -> anyhow::Result<(Proof, Taken)> {
    let (sender, receiver) = crossbeam_channel::unbounded();
    let mut session = FixSession::new(FixScreen {
        task: tui::Task::Refactor,
        command: planned.wish.clone(),
        progress: receiver,
        // The limit is for the checks: a person may read as long as they like, and a decision does not end the run.
        cancel: plan.cancel.child(None),
        interrupt: watch::flag(),
        look: look(plan.environment),
    });
    let (decision, proof) = std::thread::scope(|scope| {
        let worker = scope.spawn(move || {
            // Dropped at the end: the screen then knows that the checks are over.
            let sender = sender;
            let send = |progress| drop(sender.send(progress));
            send(Progress::Stage(Stage::Verifying));
            let proof = prove(&|text| send(Progress::Trying(text)))?;
            if proof.verdict() == Verdict::Broken {
                proof.lines().into_iter().for_each(|line| send(Progress::Note(line)));
            } else {
                send(Progress::Found(Box::new(proposal(planned, &proof))));
            }
            Ok::<_, SandboxError>(proof)
        });
        (tui::run(&mut session), worker.join())
    });
    let proof = proof.map_err(|_| anyhow::anyhow!("the checks ended in a bug of slm"))?;
    let proof = proof.map_err(|error| Failure::environment(error.to_string()))?;
    match decision? {
        FixDecision::Apply(_) => Ok((proof, Taken::Yes)),
        FixDecision::ApplyAndCommit(_) => Ok((proof, Taken::AndCommitted)),
        FixDecision::Interrupted => Err(Failure::interrupted()),
        FixDecision::Edit(_) => {
            report::note(
                "slm: a refactoring is not edited by hand; change the file after it instead",
            );
            Ok((proof, Taken::No))
        }
        FixDecision::Quit => {
            if proof.verdict() == Verdict::Broken {
                for line in proof.lines() {
                    report::note(&format!("slm: {line}"));
                }
            }
            Ok((proof, Taken::No))
        }
    }
}
