//! The steps of `slm refactor`, one after the other: planned, proven, shown, applied.

use serde::Serialize;

use super::fix_show::look;
use super::refactor::Plan;
use super::refactor_show::{self, Taken};
use super::report::{self, ExitStatus, Failure};
use super::{chosen, model, warm};
use crate::agent::proposal::{Caution, Evidence, Proposal, Tier, Verdict as Shown};
use crate::agent::tasks::refactor::{
    self, PlanError, Planned, Proof, Prover, Tree, Verdict, What, Wish,
};
use crate::base::sanitize;
use crate::edit::{self, OpMeta, Patch, RepoLock};
use crate::engine::Engine;
use crate::models::registry::Role;
use crate::sandbox::{self, SandboxError, Workspace};
use crate::tui;

/// How one step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Applied,
    /// Proven, and left alone: nobody agreed, or nothing was to be changed.
    Proven,
    Unproven,
    Broken,
    Refused,
}

impl End {
    fn word(self) -> &'static str {
        match self {
            Self::Applied => "refactored",
            Self::Proven => "proven",
            Self::Unproven => "unproven",
            Self::Broken => "broken",
            Self::Refused => "refused",
        }
    }
}

/// One step of the JSON contract.
#[derive(Debug, Default, Serialize)]
pub(super) struct JsonStep {
    /// As it can be asked for again.
    step: String,
    title: Option<String>,
    status: &'static str,
    /// Why it was refused: "shadowed", "name-taken", ...
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// Where something is in the way: PATH:LINE.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    diff: Option<String>,
    files: Vec<String>,
    /// Names that others can see and that are different or gone.
    interface: Vec<String>,
    notes: Vec<String>,
    /// Files in which comments, strings or documentation speak of it and were left alone.
    mentions: Vec<String>,
    checks: Vec<JsonCheck>,
    /// What no check has reached.
    unreached: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
}

#[derive(Debug, Serialize)]
struct JsonCheck {
    kind: &'static str,
    outcome: &'static str,
    line: String,
}

/// The steps that a goal spells; in free words, those that a model plans.
///
/// # Errors
/// Words that are no step, without a model.
pub(super) fn read_goal(plan: &Plan<'_>, goal: &str) -> anyhow::Result<Vec<Wish>> {
    let wishes = match refactor::read_all(goal) {
        Ok(wishes) => wishes,
        Err(why) => {
            let Some(mut engine) = open_model(plan)? else {
                return Err(Failure::usage(format!(
                    "{why}\nA goal in free words needs a model (--model PATH); `slm refactor --help` lists the steps \
                     that need none."
                )));
            };
            let tree = plan.tree(Patch::default());
            let planned =
                refactor::plan_goal(engine.as_mut(), &tree, &plan.path, goal, &plan.cancel)?;
            for wish in &planned {
                report::note(&format!("slm: planned: {wish}"));
            }
            planned
        }
    };
    if wishes.is_empty() {
        return Err(Failure::usage("the goal is empty"));
    }
    Ok(wishes)
}

/// Does the steps, up to the first that is not done.
pub(super) fn run(plan: &Plan<'_>, wishes: Vec<Wish>) -> anyhow::Result<ExitStatus> {
    let lock = (!plan.args.is_dry_run()).then(|| plan.lock()).transpose()?;
    let mut base = Patch::default();
    let mut json = plan.json("refactored");
    let mut engine: Option<Box<dyn Engine>> = None;
    let mut end = End::Applied;
    let count = wishes.len();
    for (number, wish) in (1..).zip(wishes) {
        let mut step =
            Step { plan, lock: lock.as_ref(), base: &mut base, json: JsonStep::default() };
        if count > 1 && !plan.args.is_json() {
            report::note(&format!("slm: step {number} of {count}: {wish}"));
        }
        end = step.make(&wish, &mut engine)?;
        step.json.status = end.word();
        json.steps.push(step.json);
        if super::watch::is_interrupted() {
            return interrupted(plan, json);
        }
        let goes_on = end == End::Applied || end == End::Proven && plan.args.is_dry_run();
        let goes_on = goes_on || end == End::Unproven && !plan.args.runs_checks();
        if !goes_on {
            break;
        }
    }
    json.status = end.word();
    json.model = engine.as_deref().map(|engine| engine.info().name.clone());
    json.elapsed_ms = plan.started.elapsed().as_millis();
    if plan.args.is_json() {
        if end == End::Proven && !plan.args.is_dry_run() {
            json.message = Some("proven, but not applied: give --yes to apply it".to_owned());
        }
        report::json(&json);
    }
    Ok(match end {
        End::Applied => ExitStatus::Success,
        End::Proven | End::Unproven if plan.args.is_dry_run() => ExitStatus::Success,
        _ => ExitStatus::NoFix,
    })
}

fn interrupted(plan: &Plan<'_>, mut json: super::refactor::Json) -> anyhow::Result<ExitStatus> {
    if plan.args.is_json() {
        json.status = "error";
        json.message = Some("interrupted; what was not applied yet is unchanged".to_owned());
        report::json(&json);
    } else {
        report::note("slm: interrupted; what was not applied yet is unchanged");
    }
    Ok(ExitStatus::Interrupted)
}

fn open_model(plan: &Plan<'_>) -> anyhow::Result<Option<Box<dyn Engine>>> {
    let flag = plan.args.model();
    let model = chosen::choose(Role::Chat, flag, plan.environment, &plan.config)?;
    model
        .map(|model| model::open_file(&model, plan.environment, &plan.config, &plan.cancel))
        .transpose()
}

struct Step<'a, 'p> {
    plan: &'a Plan<'p>,
    lock: Option<&'a RepoLock>,
    /// What a dry run would have changed so far.
    base: &'a mut Patch,
    json: JsonStep,
}

impl Step<'_, '_> {
    fn make(&mut self, wish: &Wish, engine: &mut Option<Box<dyn Engine>>) -> anyhow::Result<End> {
        let plan = self.plan;
        self.json.step = wish.to_string();
        let tree = plan.tree(self.base.clone());
        let planned = match &wish.what {
            What::Exact(_) => refactor::plan(&tree, &plan.path, wish, plan.manner),
            What::Edit(how) => {
                if engine.is_none() {
                    *engine = open_model(plan)?;
                }
                match engine {
                    None => Err(PlanError::NeedsModel(wish.to_string())),
                    Some(engine) => refactor::write_edit(
                        engine.as_mut(),
                        &tree,
                        (&plan.path, &wish.target, how),
                        &plan.cancel,
                    )?,
                }
            }
        };
        let planned = match planned {
            Ok(planned) => planned,
            Err(PlanError::Refused(refusal)) => return Ok(self.refused(&refusal)),
            Err(error) => return Err(Failure::usage(error.to_string())),
        };
        self.describe(&planned);
        let (proof, taken) = self.prove_and_ask(&tree, &planned)?;
        let verdict = proof.verdict();
        self.json.checks = proof
            .checks
            .iter()
            .map(|check| JsonCheck {
                kind: check.kind.name(),
                outcome: check.outcome.name(),
                line: check.line.clone(),
            })
            .collect();
        self.json.unreached.clone_from(&proof.unreached);
        if taken != Taken::No {
            self.apply(&planned, plan.args.commits() || taken == Taken::AndCommitted)?;
            return Ok(End::Applied);
        }
        if plan.args.is_dry_run() && verdict != Verdict::Broken {
            *self.base = refactor::on_top(self.base, &planned.patch);
        }
        Ok(match verdict {
            Verdict::Proven => End::Proven,
            Verdict::Unproven => End::Unproven,
            Verdict::Broken => End::Broken,
        })
    }

    fn refused(&mut self, refusal: &crate::refactor::Refusal) -> End {
        self.json.reason = Some(refusal.reason.name());
        self.json.message = Some(refusal.message.clone());
        self.json.at = refusal.at.as_ref().map(|(path, line)| format!("{path}:{line}"));
        if !self.plan.args.is_json() {
            report::note(&format!("slm: refused ({}): {refusal}", refusal.reason.name()));
        }
        End::Refused
    }

    fn describe(&mut self, planned: &Planned) {
        let step = &planned.step;
        self.json.title = Some(step.title.clone());
        self.json.diff = Some(planned.diff.clone());
        self.json.files = planned.patch.files().iter().map(|f| f.path.to_string()).collect();
        self.json.interface.clone_from(&step.interface);
        self.json.notes.clone_from(&step.notes);
        if !self.plan.manner.mentions {
            self.json.mentions =
                step.mentions.iter().map(|change| change.path.to_string()).collect();
        }
    }

    /// Runs the checks behind the front end that fits, and asks where somebody is to be asked.
    fn prove_and_ask(&mut self, tree: &Tree, planned: &Planned) -> anyhow::Result<(Proof, Taken)> {
        let plan = self.plan;
        if !plan.args.runs_checks() {
            let proof = Proof::default();
            self.show(planned, &proof);
            return Ok((proof, Taken::No));
        }
        let options = sandbox::Options {
            allow_unconfined: plan.args.allows_unconfined(),
            allow_env: plan.config.sandbox.allow_env.clone(),
            hidden: warm::hidden(plan.environment),
            ..sandbox::Options::from_process()
        };
        let failure = |error: SandboxError| Failure::environment(error.to_string());
        let workspace = Workspace::open(&plan.root, &options).map_err(failure)?;
        let prove = |say: &dyn Fn(String)| {
            Prover::new(&plan.bench, &workspace, &plan.cancel).prove(
                tree,
                planned,
                plan.manner.api,
                say,
            )
        };
        let term = plan.environment.term.as_deref();
        let on_screen = !plan.args.is_json()
            && !plan.args.says_yes()
            && !plan.args.is_dry_run()
            && tui::is_usable(term);
        if on_screen {
            return refactor_show::review(plan, planned, &prove, &proposal);
        }
        let line = tui::StepLine::new(term.filter(|_| !plan.args.is_json()));
        let proof = prove(&|text| line.show(&text)).map_err(failure)?;
        drop(line);
        self.show(planned, &proof);
        let agreed = match proof.verdict() {
            Verdict::Broken => false,
            _ if plan.args.is_dry_run() || self.is_protected(planned) => false,
            Verdict::Proven if plan.args.says_yes() => true,
            Verdict::Unproven if plan.args.says_yes() => plan.args.takes_unproven(),
            _ => !plan.args.is_json() && report::confirm("Apply this step?"),
        };
        Ok((proof, if agreed { Taken::Yes } else { Taken::No }))
    }

    /// CI files, hooks and the like are never changed by a word given beforehand.
    fn is_protected(&self, planned: &Planned) -> bool {
        let found = planned.patch.files().iter().find(|file| is_dangerous(&file.path));
        if let Some(file) = found {
            report::note(&format!("slm: {} is protected and is only changed by hand", file.path));
        }
        found.is_some()
    }

    fn show(&self, planned: &Planned, proof: &Proof) {
        if self.plan.args.is_json() {
            return;
        }
        let colours = if report::stdout_is_terminal() {
            look(self.plan.environment).colours
        } else {
            tui::Colours::None
        };
        if proof.verdict() == Verdict::Broken {
            for line in proof.lines() {
                report::note(&format!("slm: {line}"));
            }
            report::note(&format!("slm: not done: {}", planned.step.title));
            return;
        }
        report::out(&tui::render_proposal(&proposal(planned, proof), colours));
        if proof.verdict() == Verdict::Unproven && self.plan.args.runs_checks() {
            report::note(
                "slm: nothing that was run reaches this change; --yes --unproven applies it all the same",
            );
        }
    }

    fn apply(&mut self, planned: &Planned, commit: bool) -> anyhow::Result<()> {
        let Some(lock) = self.lock else { return Ok(()) };
        let command = self.plan.bench.test.as_deref().map(|argv| {
            argv.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
        });
        let meta = OpMeta { title: planned.step.title.clone(), command: command.clone() };
        let operation = edit::apply(lock, &planned.patch, &meta)?;
        self.json.operation = Some(operation.id.to_string());
        if !self.plan.args.is_json() {
            let files: Vec<String> =
                planned.patch.files().iter().map(|f| f.path.to_string()).collect();
            report::line(&sanitize(&format!(
                "Applied to {}. Take it back with: slm undo {}",
                files.join(", "),
                operation.id
            )));
        }
        if commit {
            let proof = command.map(|c| format!("\n\nChecked with: {c}")).unwrap_or_default();
            let message = format!("{}{proof}\n", planned.step.title);
            let committed = edit::commit(&self.plan.root, &planned.patch, &message, None)?;
            self.json.commit = Some(committed.id.clone());
            if !self.plan.args.is_json() {
                report::line(&format!("Committed as {}.", &committed.id[..12]));
            }
            for note in committed.notes {
                report::note(&format!("slm: {note}"));
            }
        }
        Ok(())
    }
}

/// Protected, and no test: a refactoring changes the tests that use what it renames.
fn is_dangerous(path: &crate::base::RepoPath) -> bool {
    edit::protected(path).is_some_and(|protection| protection != edit::Protection::Test)
}

/// A step as the review pane shows it.
pub(super) fn proposal(planned: &Planned, proof: &Proof) -> Proposal {
    let mut notes = planned.step.notes.clone();
    notes.extend(proof.unreached.iter().map(|line| format!("not proven: {line}")));
    if !planned.step.interface.is_empty() {
        notes.push(format!("others see the change: {}", planned.step.interface.join(", ")));
    }
    let spoken: Vec<String> =
        planned.step.mentions.iter().map(|change| change.path.to_string()).collect();
    if !spoken.is_empty() {
        notes.push(format!(
            "comments, strings or documentation speak of it in {} (--mentions changes them too)",
            spoken.join(", ")
        ));
    }
    let checks = proof
        .checks
        .iter()
        .map(|check| (check.kind.name(), format!("{}: {}", check.outcome.name(), check.line)))
        .collect();
    let protected = planned.patch.files().iter().filter(|file| is_dangerous(&file.path));
    Proposal {
        id: 1,
        tier: if planned.what.is_some() { Tier::Refactoring } else { Tier::Model },
        title: planned.step.title.clone(),
        patch: planned.patch.clone(),
        diff: planned.diff.clone(),
        verdict: match proof.verdict() {
            Verdict::Proven => Shown::Proven,
            _ => Shown::Unverified,
        },
        evidence: Evidence { notes, checks, ..Evidence::default() },
        cautions: protected.map(|file| Caution::ProtectedFile(file.path.clone())).collect(),
    }
}
