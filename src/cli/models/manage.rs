//! `slm model use | verify | remove | rollback | prune`.

use std::time::Duration;

use serde::Serialize;

use super::shelf::{Shelf, name, role, say};
use crate::base::size;
use crate::cli::report::{self, ExitStatus, Failure};
use crate::config::Environment;
use crate::models::registry::{InUse, Label};

/// What is on its way in and was not written to for so long has been given up.
const STALE: Duration = Duration::from_secs(7 * 24 * 3600);

/// Use a model for a role
///
/// repair: `slm fix`; complete: `slm complete`; chat: the conversation, `slm run`, `slm ask`, summaries; embed:
/// search by meaning. `--model`, SLM_MODEL and the configuration's `[model]` come first.
#[derive(Debug, clap::Args)]
pub(super) struct UseArgs {
    /// repair, complete, chat or embed
    role: String,
    /// A name that `slm model list` shows
    #[arg(required_unless_present = "none")]
    model: Option<String>,
    /// Use the embedded model again, or none
    #[arg(long, conflicts_with = "model")]
    none: bool,
}

/// Read every file of the store, and say which is not what it was
#[derive(Debug, clap::Args)]
pub(super) struct VerifyArgs {
    /// Print one JSON object as the last line of standard output
    #[arg(long)]
    json: bool,
}

/// Take a model, or one version of it, out of the store
#[derive(Debug, clap::Args)]
pub(super) struct RemoveArgs {
    /// A name that `slm model list` shows
    model: String,
    /// Only this version
    #[arg(long, value_name = "LABEL")]
    version: Option<String>,
    /// Also when it is used for something
    #[arg(long)]
    force: bool,
}

/// Go back to the version before
#[derive(Debug, clap::Args)]
pub(super) struct RollbackArgs {
    /// A name that `slm model list` shows
    model: String,
    /// The version to go to [default: the one that was current before]
    #[arg(long, value_name = "LABEL")]
    to: Option<String>,
}

/// Remove files that no model names any more, and downloads given up a week ago
#[derive(Debug, clap::Args)]
pub(super) struct PruneArgs {}

/// Runs `slm model use`.
///
/// # Errors
/// A role or model that there is not; one that cannot fill the role.
pub(super) fn use_for(args: &UseArgs, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let shelf = Shelf::open(environment)?;
    let role = role(&args.role)?;
    let model = args.model.as_deref().map(name).transpose()?;
    shelf.following(|watch| shelf.store.change(watch, |r| r.use_for(role, model.as_ref())))?;
    match model {
        Some(model) => say(format!("{role}: {model}")),
        None => say(format!("{role}: no model of the store")),
    }
    Ok(ExitStatus::Success)
}

/// The JSON contract of `slm model verify --json`.
#[derive(Debug, Serialize)]
struct Json {
    checked: usize,
    damaged: Vec<JsonDamage>,
}

#[derive(Debug, Serialize)]
struct JsonDamage {
    what: String,
    problem: String,
}

/// Runs `slm model verify`.
///
/// # Errors
/// A list that cannot be read; Ctrl-C.
pub(super) fn verify(args: &VerifyArgs, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let shelf = Shelf::open(environment)?;
    let found = shelf.following(|watch| shelf.store.verify(watch))?;
    let wrong = found.iter().filter_map(|finding| {
        let problem = finding.wrong.as_ref()?.to_string();
        Some(JsonDamage { what: finding.to_string(), problem })
    });
    let json = Json { checked: found.len(), damaged: wrong.collect() };
    let is_sound = json.damaged.is_empty();
    if args.json {
        report::json(&json);
    } else {
        for damage in &json.damaged {
            say(format!("{} {}", damage.what, damage.problem));
        }
        let unclaimed = shelf.store.unclaimed().map_err(super::shelf::failed)?;
        if !unclaimed.is_empty() {
            let bytes = unclaimed.iter().map(|file| file.size).sum();
            let (count, size) = (unclaimed.len(), size(bytes));
            say(format!("{count} files that nothing names, {size}: `slm model prune`"));
        }
        say(format!("{} files read, {} damaged", json.checked, json.damaged.len()));
    }
    Ok(if is_sound { ExitStatus::Success } else { ExitStatus::NoFix })
}

fn label(text: Option<&str>) -> anyhow::Result<Option<Label>> {
    text.map(str::parse).transpose().map_err(|e| Failure::usage(format!("{e}")))
}

/// Runs `slm model remove`.
///
/// # Errors
/// No such model or version; one that is in use, without consent.
pub(super) fn remove(args: &RemoveArgs, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let shelf = Shelf::open(environment)?;
    let (model, version) = (name(&args.model)?, label(args.version.as_deref())?);
    let in_use = if args.force { InUse::Remove } else { InUse::Refuse };
    let removed = shelf.following(|watch| {
        shelf.store.change(watch, |registry| registry.remove(&model, version.as_ref(), in_use))
    })?;
    let files: u64 = removed.versions.iter().map(|version| version.size).sum();
    // Files are only removed once no list names them.
    shelf.following(|watch| shelf.store.prune(STALE, watch))?;
    let count = removed.versions.len();
    let word = if count == 1 { "version" } else { "versions" };
    say(format!("removed {count} {word} of {model}, {}", size(files)));
    match &removed.current {
        Some(current) => say(format!("{model} is now {current}")),
        None if removed.roles.is_empty() => {}
        None => {
            let roles: Vec<&str> = removed.roles.iter().map(|role| role.as_str()).collect();
            say(format!("no model of the store is used for {} now", roles.join(", ")));
        }
    }
    for adapter in &removed.orphans {
        say(format!("the adapter {adapter} was made for it and is of no use without"));
    }
    Ok(ExitStatus::Success)
}

/// Runs `slm model rollback`.
///
/// # Errors
/// No such model or version; none to go back to.
pub(super) fn roll_back(
    args: &RollbackArgs,
    environment: &Environment,
) -> anyhow::Result<ExitStatus> {
    let shelf = Shelf::open(environment)?;
    let (model, to) = (name(&args.model)?, label(args.to.as_deref())?);
    let moved = shelf.following(|watch| {
        shelf.store.change(watch, |registry| registry.roll_back(&model, to.as_ref()))
    })?;
    say(format!("{model}: {}, was {}", moved.to, moved.from));
    Ok(ExitStatus::Success)
}

/// Runs `slm model prune`.
///
/// # Errors
/// A list that cannot be read; Ctrl-C.
pub(super) fn prune(_: &PruneArgs, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let shelf = Shelf::open(environment)?;
    let pruned = shelf.following(|watch| shelf.store.prune(STALE, watch))?;
    say(format!("removed {} files, {}", pruned.files, size(pruned.bytes)));
    Ok(ExitStatus::Success)
}
