//! `slm review --fix`: patches of findings, proven one by one and applied on consent.

use std::time::{Duration, Instant};

use super::fix_show::look;
use super::report::{self, Failure};
use super::review::Plan;
use super::{fix_apply, warm};
use crate::agent::checks::probe::Variables;
use crate::agent::review::Finding;
use crate::agent::tasks::refactor::{Bench, Prover, Verdict};
use crate::agent::tasks::review::Subject;
use crate::base::sanitize;
use crate::edit::{self, OpMeta, RepoLock};
use crate::refactor::Api;
use crate::sandbox::{self, Workspace};
use crate::tui;

/// What the checks of all patches may take.
const LIMIT: Duration = Duration::from_secs(300);

/// Proves and applies; gives the fingerprints of the findings that are mended.
///
/// # Errors
/// Another slm at work, a sandbox that cannot run anything, a file that cannot be written.
pub(super) fn run(
    plan: &Plan<'_>,
    subject: &Subject,
    findings: &[Finding],
    yes: bool,
    quiet: bool,
) -> anyhow::Result<Vec<String>> {
    let wanted: Vec<&Finding> =
        findings.iter().filter(|finding| !finding.patch.is_empty()).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let lock = RepoLock::acquire(&plan.environment.state_dir(), &plan.root)
        .map_err(fix_apply::lock_failure)?;
    fix_apply::recover(&lock)?;
    let options = sandbox::Options {
        allow_env: plan.config.sandbox.allow_env.clone(),
        hidden: warm::hidden(plan.environment),
        ..sandbox::Options::from_process()
    };
    let words = super::known::test_command(&plan.config, &plan.root);
    let bench = Bench {
        root: plan.root.clone(),
        cwd: std::path::PathBuf::new(),
        test: words.map(|words| words.into_iter().map(Into::into).collect()),
        variables: Variables {
            python_path: plan.environment.python_path.clone(),
            pytest_plugins: plan.environment.pytest_plugins.clone(),
            node_options: plan.environment.node_options.clone(),
        },
        memory_bytes: plan.config.sandbox.memory_mb.unwrap_or(4096).saturating_mul(1 << 20),
        index: super::known::directory(plan.environment),
        deadline: Instant::now() + LIMIT,
    };
    let mut applied = Vec::new();
    for finding in wanted {
        let say = |text: &str| {
            if !quiet {
                report::note(&format!("slm: {}:{}: {text}", finding.path, finding.line()));
            }
        };
        // The disk as it is now: patches before this one may have moved the lines.
        let (tree, planned) = match subject.mend(&plan.root, finding, &plan.cancel) {
            Ok(made) => made,
            Err(why) => {
                say(&why);
                continue;
            }
        };
        let workspace = Workspace::open(&plan.root, &options)
            .map_err(|error| Failure::environment(error.to_string()))?;
        let proof = Prover::new(&bench, &workspace, &plan.cancel)
            .mending()
            .prove(&tree, &planned, Api::Change, &|_| ())
            .map_err(|error| Failure::environment(error.to_string()))?;
        if proof.verdict() == Verdict::Broken {
            say(&format!("the patch is not proven: {}", proof.lines().join("; ")));
            continue;
        }
        if !quiet {
            let colours = if report::stdout_is_terminal() {
                look(plan.environment).colours
            } else {
                tui::Colours::None
            };
            report::out(&tui::render_proposal(
                &super::refactor_steps::proposal(&planned, &proof),
                colours,
            ));
        }
        if !(yes || !quiet && report::confirm("Apply this patch?")) {
            continue;
        }
        let meta = OpMeta { title: planned.step.title.clone(), command: None };
        let operation = edit::apply(&lock, &planned.patch, &meta)?;
        if !quiet {
            report::line(&sanitize(&format!(
                "Applied to {}. Take it back with: slm undo {}",
                finding.path, operation.id
            )));
        }
        applied.push(finding.fingerprint.clone());
    }
    Ok(applied)
}
