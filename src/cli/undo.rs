//! `slm undo`, `slm redo` and `slm log`: the operation log of this repository.

use anyhow::Context;

use super::fix_apply::{lock_failure, recover};
use super::report::{self, ExitStatus};
use crate::base::sanitize;
use crate::config::Environment;
use crate::edit::{self, Merge, OpId, OpKind, Operation, RepoLock, UndoError};
use crate::repo;

/// Take back a change that slm made
///
/// Restores the files byte for byte. Refuses when one of them was changed since.
#[derive(Debug, clap::Args)]
pub struct UndoArgs {
    /// The operation, as `slm log` shows it [default: the last one]
    #[arg(value_name = "ID")]
    id: Option<u64>,
}

/// Make a change again that was taken back
#[derive(Debug, clap::Args)]
pub struct RedoArgs {
    /// The operation, as `slm log` shows it [default: the one taken back last]
    #[arg(value_name = "ID")]
    id: Option<u64>,
}

/// List the changes that slm made here
#[derive(Debug, clap::Args)]
pub struct LogArgs {}

/// Runs `slm undo`.
///
/// # Errors
/// No such operation, a file changed since, the repository is locked.
pub fn undo(args: &UndoArgs, environment: &Environment) -> anyhow::Result<ExitStatus> {
    with_lock(environment, |lock| {
        let Some(operation) = outcome(edit::undo(lock, args.id.map(OpId)))? else { return Ok(()) };
        report::line(&sanitize(&format!("Took back {}: {}", operation.id, operation.title)));
        Ok(())
    })
}

/// Runs `slm redo`.
///
/// # Errors
/// As [`undo`].
pub fn redo(args: &RedoArgs, environment: &Environment) -> anyhow::Result<ExitStatus> {
    with_lock(environment, |lock| {
        let Some(operation) = outcome(edit::redo(lock, args.id.map(OpId)))? else { return Ok(()) };
        report::line(&sanitize(&format!("Made again {}: {}", operation.id, operation.title)));
        Ok(())
    })
}

/// Runs `slm log`.
///
/// # Errors
/// When the log cannot be read.
pub fn log(_: &LogArgs, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let here = std::env::current_dir().context("cannot tell the current directory")?;
    let root = repo::discover(&here)?;
    let operations = edit::log(&environment.state_dir(), &root.path)?;
    if operations.is_empty() {
        report::note("slm has changed nothing here");
    }
    for operation in operations.iter().rev() {
        report::line(&sanitize(&line(operation)));
    }
    Ok(ExitStatus::Success)
}

/// The operation that was made; `None`, after saying so, when there was nothing to do.
fn outcome(result: Result<Operation, UndoError>) -> anyhow::Result<Option<Operation>> {
    match result {
        Ok(operation) => Ok(Some(operation)),
        Err(error @ UndoError::Nothing(_)) => {
            report::note(&format!("slm: {error}"));
            Ok(None)
        }
        Err(
            error @ (UndoError::Unknown(_)
            | UndoError::NotAnEdit(_)
            | UndoError::AlreadyUndone(_)
            | UndoError::NotUndone(_)),
        ) => Err(report::Failure::usage(error.to_string())),
        Err(error) => {
            if let UndoError::Changed { files, .. } = &error {
                show_alternatives(files);
            }
            Err(error.into())
        }
    }
}

/// Shows, for files that changed since, what they would be with the operation merged out of them.
fn show_alternatives(files: &[edit::ChangedSince]) {
    for file in files {
        let (what, bytes) = match &file.alternative {
            None | Some(Merge::NotText) => continue,
            Some(Merge::Clean(bytes)) => ("with the change merged out it would be", bytes),
            Some(Merge::Conflict { text, .. }) => {
                ("both changed the same lines; the merge is", text)
            }
        };
        let text = String::from_utf8_lossy(bytes);
        report::note(&format!("{}: {what}:\n{text}", file.path));
    }
}

fn with_lock(
    environment: &Environment,
    act: impl FnOnce(&RepoLock) -> anyhow::Result<()>,
) -> anyhow::Result<ExitStatus> {
    let here = std::env::current_dir().context("cannot tell the current directory")?;
    let root = repo::discover(&here)?;
    let lock = RepoLock::acquire(&environment.state_dir(), &root.path).map_err(lock_failure)?;
    recover(&lock)?;
    act(&lock)?;
    Ok(ExitStatus::Success)
}

/// `#3 2 h ago  fix  "`<` becomes `<=`"  a.py`
fn line(operation: &Operation) -> String {
    let age = operation.time.elapsed().unwrap_or_default().as_secs();
    let age = match age {
        0..60 => format!("{age} s ago"),
        60..3_600 => format!("{} min ago", age / 60),
        3_600..86_400 => format!("{} h ago", age / 3_600),
        _ => format!("{} days ago", age / 86_400),
    };
    let kind = match operation.kind {
        OpKind::Apply if operation.undone => "fix, taken back".to_owned(),
        OpKind::Apply => "fix".to_owned(),
        OpKind::Undo(of) => format!("undo of {of}"),
        OpKind::Redo(of) => format!("redo of {of}"),
    };
    let files: Vec<String> = operation.files.iter().map(|f| f.path.to_string()).collect();
    format!("{}  {age}  {kind}  {}  {}", operation.id, operation.title, files.join(" "))
}
