//! `slm model add`: a file of the user's becomes a version of a model.

use std::path::PathBuf;

use super::facts;
use super::shelf::{Shelf, name, name_of, now, say};
use crate::cli::report::{ExitStatus, Failure};
use crate::config::Environment;
use crate::models::registry::{Added, Facts, Label, ModelName, NewVersion, Registry, Role};
use crate::models::staged::Staged;

/// Copy a GGUF file into the store
///
/// It is checked, loaded and asked for a few tokens first. A file under a name that is known already becomes its
/// new version; `slm model rollback` goes back to the one before.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file
    file: PathBuf,
    #[command(flatten)]
    wish: Wish,
    /// Take only the file with this SHA-256
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,
}

/// What a new file is to be called, and used for.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Wish {
    /// What to call the model [default: made from the file's name]
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,
    /// What to call this version [default: the next number]
    #[arg(long, value_name = "LABEL")]
    pub(super) label: Option<String>,
    /// Its licence, where the file does not say it
    #[arg(long, value_name = "SPDX")]
    pub(super) licence: Option<String>,
    /// Use it for this role at once: repair, complete, chat or embed
    #[arg(long = "use", value_name = "ROLE")]
    pub(super) roles: Vec<String>,
    /// Do not load it
    #[arg(long)]
    pub(super) no_test: bool,
}

/// Runs `slm model add`.
///
/// # Errors
/// A file that is missing, no model, damaged, or does not load.
pub(super) fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let shelf = Shelf::open(environment)?;
    let expected = args.sha256.as_deref().map(str::parse).transpose();
    let expected = expected.map_err(|e| Failure::usage(format!("--sha256: {e}")))?;
    let called = match &args.wish.name {
        Some(text) => name(text)?,
        None => name_of(&args.file)?,
    };
    let named = args.file.display().to_string();
    let staged = shelf.following(|watch| shelf.store.stage_file(&args.file, expected, watch))?;
    let source = args.file.canonicalize().unwrap_or_else(|_| args.file.clone());
    take_in(&shelf, staged, (&named, &source.to_string_lossy()), called, &args.wish)?;
    Ok(ExitStatus::Success)
}

/// Tries a file that has arrived, and makes it a version of the model; `named` is what the user calls the file,
/// and where it came from. What is refused is removed.
///
/// # Errors
/// What is no model, does not load, or cannot have that name or those roles.
pub(super) fn take_in(
    shelf: &Shelf<'_>,
    staged: Staged,
    (named, source): (&str, &str),
    called: ModelName,
    wish: &Wish,
) -> anyhow::Result<()> {
    let adopted = adopt(shelf, &staged, (named, source), &called, wish);
    if adopted.is_err() {
        // The reason is what counts; what stays is pruned one day.
        let _ = shelf.store.discard(staged);
    }
    let (added, registry) = adopted?;
    match &added {
        Added::Known(label) => say(format!("{called} {label} is this very file: nothing to do")),
        Added::New { label, replaced: None } => say(format!("added {called} {label}")),
        Added::New { label, replaced: Some(old) } => {
            say(format!(
                "added {called} {label}; `slm model rollback {called}` goes back to {old}"
            ));
        }
    }
    let roles = registry.roles_of(&called);
    if roles.is_empty() {
        say(format!("not used for anything yet: {}", possible(&registry, &called)));
    } else {
        let words: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        say(format!("used for {}", words.join(", ")));
    }
    Ok(())
}

fn adopt(
    shelf: &Shelf<'_>,
    staged: &Staged,
    (named, source): (&str, &str),
    called: &ModelName,
    wish: &Wish,
) -> anyhow::Result<(Added, Registry)> {
    let label: Option<Label> = wish
        .label
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|e| Failure::usage(format!("--label: {e}")))?;
    let roles: Vec<Role> =
        wish.roles.iter().map(|text| super::shelf::role(text)).collect::<Result<_, _>>()?;
    let read = facts::read(staged.path()).map_err(|e| Failure::nothing(format!("{named}: {e}")))?;
    let mut facts = Facts { licence: wish.licence.clone().or(read.licence), ..read };
    if !wish.no_test {
        facts::test(staged.path(), named, &mut facts, shelf)?;
    }
    let version = NewVersion {
        label,
        sha256: staged.sha256(),
        size: staged.size(),
        added: now(),
        source: source.to_owned(),
        manifest: None,
        facts,
    };
    shelf.following(|watch| {
        shelf.store.adopt(std::slice::from_ref(staged), watch, |registry| {
            let added = registry.add(called, version)?;
            for role in roles {
                registry.use_for(role, Some(called))?;
            }
            Ok((added, registry.clone()))
        })
    })
}

/// The commands that would use the model.
fn possible(registry: &Registry, called: &ModelName) -> String {
    let Ok(chosen) = registry.version(called, None) else { return String::new() };
    let roles = [Role::Repair, Role::Complete, Role::Chat, Role::Embed];
    let fit = roles.into_iter().filter(|role| chosen.version.facts.lacks(*role).is_none());
    let words: Vec<String> = fit.map(|role| format!("`slm model use {role} {called}`")).collect();
    words.join(", ")
}
