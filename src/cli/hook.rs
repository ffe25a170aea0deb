//! `slm hook`: slm in the hooks of a repository, beside whatever is there.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::RecvTimeoutError;

use super::report::{self, ExitStatus, Failure};
use super::review::{root, settings};
use super::{chosen, fix_apply, recording, review_model, watch};
use crate::agent::record::Task;
use crate::agent::review::{
    self, Existing, Facts, GitVersion, HookPlan, Manager, Reviewed, Severity, Stage,
};
use crate::agent::tasks::review::Subject;
use crate::base::{Cancel, sanitize};
use crate::config::{self, Config, Environment};
use crate::edit::RepoLock;
use crate::models::registry::Role;
use crate::repo::changes::Selection;
use crate::repo::hooks::{self, HookPlace};
use crate::sandbox;

/// Seconds that a hook may take when nothing else is configured.
const BUDGET: f64 = 5.0;
/// Findings that a hook prints.
const SHOWN: usize = 10;
/// Characters of a subject line that git's own tools show whole.
const SUBJECT: usize = 72;

/// Review every commit before it is made
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Install(InstallArgs),
    Uninstall(StageArgs),
    Status(StatusArgs),
    Run(RunArgs),
}

/// Put slm into the hooks of this repository
///
/// Git 2.54 and later runs it from this clone's configuration. Where a manager of hooks is at work (pre-commit,
/// husky, lefthook, core.hooksPath), says what to add to its file. Otherwise writes a script, which calls the one
/// that is there first. Never overwrites anything and never changes core.hooksPath.
#[derive(Debug, clap::Args)]
struct InstallArgs {
    #[command(flatten)]
    stage: StageArgs,
    /// Only show what would be done, and what a shared configuration could say
    #[arg(long)]
    show: bool,
    /// Rename an existing hook and call it first, without asking
    #[arg(long, short)]
    yes: bool,
}

/// Take slm out of the hooks again
#[derive(Debug, clap::Args)]
struct StageArgs {
    /// pre-commit reviews what is staged, commit-msg looks at the message, pre-push runs the tests
    #[arg(long, value_name = "STAGE", default_value = "pre-commit", value_parser = stage)]
    stage: Stage,
}

/// Say which hooks slm is in
#[derive(Debug, clap::Args)]
struct StatusArgs {}

/// What hooks call
#[derive(Debug, clap::Args)]
struct RunArgs {
    /// The stage
    #[arg(value_name = "STAGE", value_parser = stage)]
    stage: Stage,
    /// What git gives the hook
    #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

fn stage(name: &str) -> Result<Stage, String> {
    Stage::of(name).ok_or_else(|| "must be pre-commit, commit-msg or pre-push".to_owned())
}

/// Runs `slm hook`.
///
/// # Errors
/// No repository, a hook that cannot be written; of `run` only definite findings.
pub fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    match &args.what {
        What::Install(args) => install(args, environment),
        What::Uninstall(args) => uninstall(args, environment),
        What::Status(_) => status(),
        What::Run(args) => {
            recording::during(Task::Hook, environment, || perform(args, environment))
        }
    }
}

/// The facts of the repository at hand.
fn facts(stage: Stage) -> anyhow::Result<(HookPlace, Facts)> {
    let root = root()?;
    let place = hooks::place(&root).map_err(|error| Failure::usage(error.to_string()))?;
    let exists = |name: &str| root.join(name).exists();
    let lefthook =
        ["lefthook.yml", "lefthook.yaml", ".lefthook.yml", ".lefthook.yaml", "lefthook.toml"];
    let path = place.directory.join(stage.name());
    let existing = match std::fs::symlink_metadata(&path) {
        Err(_) => Existing::None,
        // A link or what is no text is somebody's own arrangement.
        Ok(about) if about.is_file() => crate::base::fs::read_text(&path)
            .map_or(Existing::Foreign { by: None }, |text| Existing::of_text(&text)),
        Ok(_) => Existing::Foreign { by: None },
    };
    let slm = std::env::current_exe().map_err(|error| {
        Failure::environment(format!("cannot tell where slm itself lies: {error}"))
    })?;
    let facts = Facts {
        stage,
        git: git_version(),
        slm: slm.display().to_string(),
        hooks_directory: place.directory.display().to_string(),
        hooks_path: place.hooks_path.clone(),
        configured: hooks::configured(&root, stage.name()),
        pre_commit_config: exists(".pre-commit-config.yaml"),
        husky: exists(".husky"),
        lefthook: lefthook.into_iter().find(|name| exists(name)).map(str::to_owned),
        existing,
        renamed_taken: place.directory.join(format!("{}.before-slm", stage.name())).exists(),
        bare: place.bare,
        linked_worktree: place.linked_worktree,
        submodule: place.submodule,
    };
    Ok((place, facts))
}

/// Version 0.0 without a git on the path: then nothing newer is counted on.
fn git_version() -> GitVersion {
    let output = sandbox::git_version();
    GitVersion::parse(&output).unwrap_or_default()
}

fn install(args: &InstallArgs, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let (place, facts) = facts(args.stage.stage)?;
    let plan = review::plan(&facts);
    let say =
        |notes: &[String]| notes.iter().for_each(|note| report::note(&format!("slm: {note}")));
    let stage = facts.stage.name();
    if args.show {
        show_all(&facts, &plan);
        return Ok(ExitStatus::Success);
    }
    let lock = RepoLock::acquire(&environment.state_dir(), &place.root)
        .map_err(fix_apply::lock_failure)?;
    let status = match &plan {
        HookPlan::Nothing { notes } => {
            report::line(&format!("slm is in the {stage} hook already"));
            say(notes);
            ExitStatus::Success
        }
        HookPlan::Configure { set, notes } => {
            hooks::configure(&place.root, set)?;
            report::line(&format!("slm runs at {stage} by this clone's git configuration"));
            say(notes);
            ExitStatus::Success
        }
        HookPlan::Write { path, text, notes } => {
            hooks::write_script(Path::new(path), text)?;
            report::line(&sanitize(&format!("wrote {path}")));
            say(notes);
            ExitStatus::Success
        }
        HookPlan::Chain { path, renamed, text, notes } => {
            report::note(&sanitize(&format!(
                "slm: there is a {stage} hook: it would become {renamed}, and be called first"
            )));
            if !(args.yes || report::confirm("Install it so?")) {
                report::note("slm: nothing was done (--yes does it without asking)");
                return Ok(ExitStatus::NoFix);
            }
            hooks::chain(Path::new(path), Path::new(renamed), text)?;
            report::line(&sanitize(&format!("wrote {path}; it calls {renamed} first")));
            say(notes);
            ExitStatus::Success
        }
        HookPlan::Show { manager, file, snippet, notes, .. } => {
            report::line(&format!("{} runs the hooks here; add to {file}:\n", manager.name()));
            report::out(&sanitize(snippet));
            say(notes);
            ExitStatus::NoFix
        }
        HookPlan::Refuse { why } => return Err(Failure::usage(why.clone())),
    };
    drop(lock);
    Ok(status)
}

/// What would be done, and what each manager could be told.
fn show_all(facts: &Facts, plan: &HookPlan) {
    report::line(&match plan {
        HookPlan::Nothing { .. } => "installed already".to_owned(),
        HookPlan::Configure { set, .. } => {
            let lines = set.iter().map(|(key, value)| format!("  git config {key} \"{value}\""));
            format!("would configure this clone:\n{}", lines.collect::<Vec<_>>().join("\n"))
        }
        HookPlan::Write { path, .. } => format!("would write {path}"),
        HookPlan::Chain { path, renamed, .. } => {
            format!("would rename {path} to {renamed} and write {path}")
        }
        HookPlan::Show { manager, file, .. } => {
            format!("would show what {} can be told in {file}", manager.name())
        }
        HookPlan::Refuse { why } => format!("would refuse: {why}"),
    });
    for manager in [Manager::PreCommit, Manager::Lefthook, Manager::Husky] {
        let text = review::snippet(manager, facts.stage, &facts.slm);
        report::line(&sanitize(&format!("\nfor {}:\n{text}", manager.name())));
    }
}

fn uninstall(args: &StageArgs, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let (place, facts) = facts(args.stage)?;
    let removal = review::plan_removal(&facts);
    let lock = RepoLock::acquire(&environment.state_dir(), &place.root)
        .map_err(fix_apply::lock_failure)?;
    let mut done = false;
    if !removal.unset.is_empty() {
        hooks::unset(&place.root, &removal.unset)?;
        report::line("took slm out of this clone's git configuration");
        done = true;
    }
    if let Some(path) = &removal.delete {
        hooks::remove(Path::new(path), removal.restore.as_ref().map(|(from, _)| Path::new(from)))?;
        report::line(&sanitize(&format!("removed {path}")));
        if let Some((from, _)) = &removal.restore {
            report::line(&sanitize(&format!("put {from} back")));
        }
        done = true;
    }
    removal.notes.iter().for_each(|note| report::note(&format!("slm: {note}")));
    if !done {
        report::line(&format!("slm is not in the {} hook of this clone", facts.stage.name()));
    }
    drop(lock);
    Ok(ExitStatus::Success)
}

fn status() -> anyhow::Result<ExitStatus> {
    for stage in [Stage::PreCommit, Stage::CommitMsg, Stage::PrePush] {
        let (place, facts) = facts(stage)?;
        let path = place.directory.join(stage.name());
        let how = match (&facts.existing, &facts.configured) {
            (_, Some(_)) => "by this clone's git configuration".to_owned(),
            (Existing::Ours(_), _) if facts.renamed_taken => {
                format!("{}, after the hook that was there", path.display())
            }
            (Existing::Ours(_), _) => path.display().to_string(),
            (Existing::Foreign { .. }, _) => {
                format!("not installed; {} is not slm's", path.display())
            }
            (Existing::None, _) => "not installed".to_owned(),
        };
        report::line(&sanitize(&format!("{:<11} {how}", stage.name())));
    }
    Ok(ExitStatus::Success)
}

fn perform(args: &RunArgs, environment: &Environment) -> anyhow::Result<ExitStatus> {
    if environment.skip_hooks {
        return Ok(ExitStatus::Success);
    }
    let outcome =
        config::load(&environment.config_file()).map_err(anyhow::Error::from).and_then(|config| {
            match args.stage {
                Stage::PreCommit => pre_commit(config, environment),
                Stage::CommitMsg => commit_message(args.arguments.first().map(PathBuf::from)),
                Stage::PrePush => pre_push(&config),
            }
        });
    // Trouble of slm's own is no reason to keep somebody from committing.
    outcome.or_else(|error| {
        report::note(&format!("slm: the hook could not do its work and lets this pass: {error:#}"));
        Ok(ExitStatus::Success)
    })
}

/// What the work of a hook sends, in this order.
enum Found {
    /// By the rules.
    Rules(anyhow::Result<Reviewed>),
    /// The same with what the model has added.
    Model(anyhow::Result<Reviewed>),
}

fn pre_commit(config: Config, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let started = Instant::now();
    let budget = Duration::from_secs_f64(config.hook.budget.unwrap_or(BUDGET));
    let cancel = Cancel::with_deadline(started + budget);
    watch::interrupts(&cancel)?;
    let root = root()?;
    let settings = settings(&config)?;
    let selection = match &environment.git_index {
        // Relative to where git has started the hook.
        Some(file) => Selection::Index(std::path::absolute(file)?),
        None => Selection::Staged,
    };
    // Reading git's objects cannot be cancelled: it goes on in a thread of its own, which dies with the process.
    let (sender, receiver) = crossbeam_channel::bounded(2);
    let (inner, environment) = (cancel.clone(), environment.clone());
    std::thread::spawn(move || {
        let made = Subject::read(&root, &selection);
        let (subject, mut reviewed) = match made {
            Ok(subject) => {
                let reviewed = subject.review(&settings, &inner);
                (subject, reviewed)
            }
            Err(error) => {
                let _ = sender.send(Found::Rules(Err(error.into())));
                return;
            }
        };
        let _ = sender.send(Found::Rules(Ok(reviewed.clone())));
        let chosen = match chosen::quietly(Role::Repair, &environment, &config) {
            Ok(chosen) => chosen,
            Err(error) => {
                let _ = sender.send(Found::Model(Err(error)));
                return;
            }
        };
        let Some(model) = chosen else { return };
        let asked = review_model::open_and_judge(
            &model,
            (&subject, &mut reviewed),
            &settings,
            (&environment, &config),
            &inner,
        );
        let _ = sender.send(Found::Model(asked.map(|()| reviewed)));
    });
    let limit = started + budget + Duration::from_millis(200);
    let mut reviewed: Option<Reviewed> = None;
    loop {
        match receiver.recv_deadline(limit) {
            Ok(Found::Rules(found)) => reviewed = Some(found?),
            Ok(Found::Model(Ok(found))) => reviewed = Some(found),
            Ok(Found::Model(Err(error))) => {
                report::note(&format!("slm: the model was not asked: {error:#}"));
            }
            // The thread has said all it knows.
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) if reviewed.is_some() => {
                report::note("slm: the model did not answer in time; what it would say passes");
                break;
            }
            Err(RecvTimeoutError::Timeout) => break,
        }
    }
    let Some(reviewed) = reviewed else {
        report::note(&format!(
            "slm: not reviewed within {:.0} s; this passes (slm review --staged looks at all of it)",
            budget.as_secs_f64()
        ));
        return Ok(ExitStatus::Success);
    };
    verdict(&reviewed)
}

/// Says what was found, and whether the commit stops.
fn verdict(reviewed: &Reviewed) -> anyhow::Result<ExitStatus> {
    if watch::is_interrupted() {
        return Ok(ExitStatus::Interrupted);
    }
    let text = review::human(&reviewed.findings, Severity::Warns, SHOWN);
    let blocked = reviewed.findings.iter().any(|finding| finding.severity == Severity::Blocks);
    let heard = reviewed.findings.iter().any(|finding| finding.severity >= Severity::Warns);
    if heard {
        text.lines().for_each(report::note);
    }
    if reviewed.incomplete {
        report::note("slm: the time was up before everything was looked at");
    }
    if blocked {
        report::note(
            "slm: the commit was stopped. More: slm review --staged; pass this once: SLM_SKIP=1 git commit ...",
        );
        return Ok(ExitStatus::NoFix);
    }
    Ok(ExitStatus::Success)
}

/// The message as git will take it: without comments, and what it must not be.
fn commit_message(file: Option<PathBuf>) -> anyhow::Result<ExitStatus> {
    let Some(file) = file else { anyhow::bail!("git gave no file with the message") };
    let mut text = String::new();
    std::fs::File::open(&file)?.take(1 << 20).read_to_string(&mut text)?;
    let kept: Vec<&str> = text
        .lines()
        .take_while(|line| !line.contains("------------------------ >8 ------------------------"))
        .filter(|line| !line.starts_with('#'))
        .collect();
    let subject = kept.iter().map(|line| line.trim()).find(|line| !line.is_empty()).unwrap_or("");
    // An empty message is git's own business: it stops by itself.
    if subject.is_empty() {
        return Ok(ExitStatus::Success);
    }
    let markers =
        kept.iter().any(|line| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> "));
    if markers {
        report::note(
            "slm: the message holds conflict markers; the commit was stopped (SLM_SKIP=1 passes it)",
        );
        return Ok(ExitStatus::NoFix);
    }
    let length = subject.chars().count();
    if length > SUBJECT {
        report::note(&format!(
            "slm: the subject has {length} characters; tools show {SUBJECT} of them"
        ));
    }
    let second = kept.iter().skip_while(|line| line.trim().is_empty()).nth(1);
    if second.is_some_and(|line| !line.trim().is_empty()) {
        report::note(
            "slm: the second line of the message is not empty: git takes it for a part of the subject",
        );
    }
    Ok(ExitStatus::Success)
}

/// Runs the tests of the project; a push stops when they fail.
fn pre_push(config: &Config) -> anyhow::Result<ExitStatus> {
    let root = root()?;
    let Some(words) = super::known::test_command(config, &root) else {
        report::note("slm: no test command is known here; this passes");
        return Ok(ExitStatus::Success);
    };
    report::note(&format!("slm: running {} before the push", words.join(" ")));
    let options = sandbox::Options {
        allow_env: config.sandbox.allow_env.clone(),
        ..sandbox::Options::from_process()
    };
    let workspace = sandbox::Workspace::open(&root, &options)?;
    let mut job = sandbox::Job::new(words.iter().cloned());
    job.limits.wall = Duration::from_secs_f64(config.hook.push_budget.unwrap_or(300.0));
    let cancel = Cancel::new();
    watch::interrupts(&cancel)?;
    let run = workspace.run(&job, &cancel)?;
    if run.success() {
        return Ok(ExitStatus::Success);
    }
    if run.ended == sandbox::Ended::TimedOut {
        report::note(
            "slm: the tests did not end in time; this passes (hook.push_budget gives them more)",
        );
        return Ok(ExitStatus::Success);
    }
    let text = run.text();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].iter().for_each(|line| report::note(line));
    report::note(
        "slm: the tests fail; the push was stopped. slm fix repairs, SLM_SKIP=1 git push ... passes it",
    );
    Ok(ExitStatus::NoFix)
}
