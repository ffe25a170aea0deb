//! Taking changes back, and bringing them back again: byte for byte, or not at all.

use std::path::Path;

use super::apply::{ApplyError, Step, remove_made, run};
use super::lock::RepoLock;
use super::merge::{Merge, merge};
use super::oplog::{OpFile, OpId, OpKind, OpMeta, Operation};
use super::store::Store;
use super::tree::{Tree, TreeError};
use crate::base::RepoPath;
use crate::base::fs::{FileError, PathContext as _};

/// Why nothing was undone or redone. The tree is as it was.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    #[error("there is nothing to {0} here")]
    Nothing(&'static str),
    #[error("there is no operation {0}: `slm log` lists them")]
    Unknown(OpId),
    #[error("operation {0} was an undo or redo: name the operation that it was about")]
    NotAnEdit(OpId),
    #[error("operation {0} is undone already")]
    AlreadyUndone(OpId),
    #[error("operation {0} is not undone")]
    NotUndone(OpId),
    #[error("{}", describe(*id, files, later))]
    Changed {
        id: OpId,
        files: Vec<ChangedSince>,
        /// Later operations on the same files that still stand, newest first.
        later: Vec<OpId>,
    },
    #[error(transparent)]
    Apply(#[from] ApplyError),
}

/// A file that is not as the operation left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedSince {
    pub path: RepoPath,
    /// What taking the operation back out of the present contents would give; `None` when the file
    /// came or went, and nothing can be merged.
    pub alternative: Option<Merge>,
}

impl From<FileError> for UndoError {
    fn from(error: FileError) -> Self {
        Self::Apply(error.into())
    }
}

impl From<TreeError> for UndoError {
    fn from(error: TreeError) -> Self {
        Self::Apply(error.into())
    }
}

/// The operations on the repository at `root`, oldest first. Needs no lock.
///
/// # Errors
/// When the log cannot be read or `root` does not exist.
pub fn log(state: &Path, root: &Path) -> Result<Vec<Operation>, FileError> {
    let root = root.canonicalize().path("find", root)?;
    Store::at(state, &root).operations()
}

/// Restores the bytes from before operation `id`, without one the latest that still stands.
///
/// # Errors
/// [`UndoError::Changed`] when a file changed since, with the merged alternative.
pub fn undo(lock: &RepoLock, id: Option<OpId>) -> Result<Operation, UndoError> {
    super::recover(lock)?;
    let operations = lock.store().operations()?;
    let operation = match id {
        Some(id) => named(&operations, id)?,
        None => operations
            .iter()
            .rfind(|operation| operation.kind == OpKind::Apply && !operation.undone)
            .ok_or(UndoError::Nothing("undo"))?,
    };
    if operation.undone {
        return Err(UndoError::AlreadyUndone(operation.id));
    }
    let back = operation.files.iter().map(|file| OpFile {
        path: file.path.clone(),
        before: file.after.clone(),
        after: file.before.clone(),
    });
    let later = operations.iter().rev().filter(|later| {
        later.kind == OpKind::Apply
            && !later.undone
            && later.id > operation.id
            && later.files.iter().any(|file| operation.files.iter().any(|f| f.path == file.path))
    });
    let later = later.map(|later| later.id).collect();
    let title = format!("undo: {}", operation.title);
    change(lock, operation, OpKind::Undo(operation.id), title, &back.collect::<Vec<_>>(), later)
}

/// Brings back operation `id`, without one the one undone last.
///
/// # Errors
/// [`UndoError::Changed`] when a file changed since, with the merged alternative.
pub fn redo(lock: &RepoLock, id: Option<OpId>) -> Result<Operation, UndoError> {
    super::recover(lock)?;
    let operations = lock.store().operations()?;
    let operation = match id {
        Some(id) => named(&operations, id)?,
        None => operations
            .iter()
            .rev()
            .filter_map(|undo| match undo.kind {
                OpKind::Undo(of) => operations.iter().find(|operation| operation.id == of),
                _ => None,
            })
            .find(|operation| operation.undone)
            .ok_or(UndoError::Nothing("redo"))?,
    };
    if !operation.undone {
        return Err(UndoError::NotUndone(operation.id));
    }
    let title = format!("redo: {}", operation.title);
    let kind = OpKind::Redo(operation.id);
    change(lock, operation, kind, title, &operation.files, Vec::new())
}

fn named(operations: &[Operation], id: OpId) -> Result<&Operation, UndoError> {
    let operation =
        operations.iter().find(|operation| operation.id == id).ok_or(UndoError::Unknown(id))?;
    match operation.kind {
        OpKind::Apply => Ok(operation),
        _ => Err(UndoError::NotAnEdit(id)),
    }
}

fn change(
    lock: &RepoLock,
    operation: &Operation,
    kind: OpKind,
    title: String,
    files: &[OpFile],
    later: Vec<OpId>,
) -> Result<Operation, UndoError> {
    let tree = Tree::open(lock.root())?;
    let store = lock.store();
    let mut steps = Vec::new();
    let mut changed = Vec::new();
    for file in files {
        let bytes = |image: &Option<super::Image>| {
            image.as_ref().map(|image| store.blob(&image.blob)).transpose()
        };
        let (before, after) = (bytes(&file.before)?, bytes(&file.after)?);
        let now = tree.read(&file.path)?.map(|found| found.bytes);
        if now != before {
            let alternative = match (&before, &now, &after) {
                (Some(base), Some(now), Some(wanted)) => {
                    Some(merge(base, ("as it is now", now), ("as wanted", wanted)))
                }
                _ => None,
            };
            changed.push(ChangedSince { path: file.path.clone(), alternative });
        }
        steps.push(Step {
            path: file.path.clone(),
            before: before.map(Into::into),
            after: after.map(Into::into),
            mode: file.after.as_ref().and_then(|image| image.mode),
        });
    }
    if !changed.is_empty() {
        return Err(UndoError::Changed { id: operation.id, files: changed, later });
    }
    let meta = OpMeta { title, command: operation.command.clone() };
    let done = run(lock, kind, &meta, &steps)?;
    if matches!(kind, OpKind::Undo(_)) {
        remove_made(&tree, &operation.made);
    }
    Ok(done)
}

fn describe(id: OpId, files: &[ChangedSince], later: &[OpId]) -> String {
    let names: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let names = names.join(", ");
    match later.first() {
        Some(later) => format!(
            "{names} changed again after operation {id}: take back operation {later} first \
             (`slm undo {later}`). Nothing was written"
        ),
        None => format!(
            "{names} changed since operation {id}, and those changes would be lost: \
             nothing was written"
        ),
    }
}

#[cfg(test)]
#[path = "undo_tests.rs"]
mod tests;
