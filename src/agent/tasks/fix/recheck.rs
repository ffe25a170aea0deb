//! A proposal that the user has changed by hand, checked like any other.

use std::time::{Duration, Instant};

use super::{FixRequest, infer, prove, shown};
use crate::agent::checks::probe::{Mode, Probe};
use crate::agent::checks::verdict::{Judgement, judge};
use crate::agent::proposal::{Caution, Evidence, Proposal, Verdict};
use crate::agent::sources::Sources;
use crate::base::{Cancel, RepoPath};
use crate::edit::{self, Patch};
use crate::sandbox::{SandboxError, Workspace};
use crate::trace;

/// What one run may take: the user waits for it, and the budget of the search is spent.
const WALL: Duration = Duration::from_secs(120);

/// `proposal` with `patch` in place of its own, and with what a new run of the command shows. Its
/// id and title stay; the caller changes them.
///
/// # Errors
/// When the command cannot be run at all.
pub fn recheck(
    request: &FixRequest,
    workspace: &Workspace,
    files: Vec<RepoPath>,
    proposal: &Proposal,
    patch: Patch,
    cancel: &Cancel,
) -> Result<Proposal, SandboxError> {
    let mut edited = Proposal {
        diff: edit::diff::unified(&patch),
        verdict: Verdict::Unverified,
        evidence: Evidence {
            after: "not run: no command is known".to_owned(),
            wider: None,
            notes: vec!["edited by hand; the wider tests were not run again".to_owned()],
            ..proposal.evidence.clone()
        },
        cautions: cautions(proposal, &patch),
        patch,
        ..proposal.clone()
    };
    let traced = request.trace.as_deref().map(trace::parse).unwrap_or_default();
    let (argv, cwd) = match &request.command {
        Some(argv) => (argv.clone(), request.cwd.clone()),
        None => match infer::command(&traced, &Sources::new(&request.root, files)) {
            Some(argv) => (argv, std::path::PathBuf::new()),
            None => return Ok(edited),
        },
    };
    let probe = Probe {
        argv,
        cwd,
        variables: request.variables.clone(),
        memory_bytes: request.memory_bytes,
    };
    let run = |patch: &Patch, mode: Mode| {
        let run = probe.run(workspace, &request.root, patch, &mode, WALL, cancel)?;
        Ok::<_, SandboxError>(run.observation)
    };
    let before = run(&Patch::default(), Mode::Observed)?;
    let started = Instant::now();
    let after = run(&edited.patch, Mode::Observed)?;
    edited.evidence.command = shown(&probe.argv);
    edited.evidence.before = before.headline();
    edited.evidence.after = after.headline();
    edited.evidence.elapsed = started.elapsed();
    match judge(&before, &after) {
        Judgement::Lost(tests) => edited.cautions.push(Caution::Regresses(tests)),
        Judgement::Repaired if !before.passed() => {
            let plain = run(&edited.patch, Mode::Plain)?;
            edited.evidence.after = plain.headline();
            if plain.passed() {
                edited.verdict = Verdict::Proven;
                edited.evidence.after = prove::passed_line(&plain);
            }
        }
        _ => {}
    }
    Ok(edited)
}

/// The cautions that an edit by hand cannot lift, and the files as they are now.
fn cautions(proposal: &Proposal, patch: &Patch) -> Vec<Caution> {
    let kept =
        |caution: &&Caution| matches!(caution, Caution::SwallowsError | Caution::ChangesAssertion);
    let paths = patch.files().iter().map(|file| file.path.clone());
    let protected = paths.filter(|path| edit::protected(path).is_some());
    let kept = proposal.cautions.iter().filter(kept).cloned();
    kept.chain(protected.map(Caution::ProtectedFile)).collect()
}
