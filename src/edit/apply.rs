//! The only writer of the user's files: all of a patch or none of it, and never over a change that
//! somebody else made.
//!
//! A change goes through a journal outside the tree. Contents before and after are stored, the
//! journal is made durable, new contents are written beside the files and made durable, then
//! renamed into place, and the operation is logged. Whenever that stops, by an error or by the
//! power, [`recover`] finds the tree in one of the two states for each file and makes it the old
//! tree, or the new one if all files were in place already.
//!
//! Replacing a file by renaming keeps its permissions, and where the system allows its owner and
//! extended attributes. It breaks hard links on purpose: writing through one could change a file
//! outside the repository. A file that changes in the microseconds between the last comparison and
//! the rename is not noticed: no portable call compares and replaces at once.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::lock::RepoLock;
use super::oplog::{Image, OpFile, OpKind, OpMeta, Operation, Record};
use super::patch::Patch;
use super::store::{Journal, Store};
use super::tree::{Found, Tree, TreeError};
use crate::base::RepoPath;
use crate::base::fs::FileError;

/// Why a patch was not applied. The tree is as it was, except after [`ApplyError::Interrupted`].
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error("there is nothing to apply: the patch changes no file")]
    Empty,
    #[error(
        "{} changed since the fix was made: nothing was written. Run slm again on the files \
         as they are now",
        list(.0)
    )]
    Changed(Vec<RepoPath>),
    #[error("{0}: nothing was written")]
    Tree(#[from] TreeError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(
        "{cause}; going back failed too ({second}). Nothing is lost: the old contents are stored, \
         and slm finishes going back on its next start"
    )]
    Interrupted { cause: Box<ApplyError>, second: Box<ApplyError> },
}

/// What [`recover`] did with a change that had been interrupted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    pub title: String,
    pub outcome: Outcome,
    /// Files that are neither as before nor as after: changed by somebody else meanwhile.
    pub left: Vec<LeftAlone>,
}

/// Which tree it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// All files had been written: the change stands.
    Completed,
    /// The files are as before the change.
    RolledBack,
}

/// A file that recovery did not touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftAlone {
    pub path: RepoPath,
    /// Where its contents before the interrupted change are stored.
    pub before: Option<PathBuf>,
}

/// One file of a change: what must be there, and what comes in its place.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) path: RepoPath,
    pub(super) before: Option<Arc<[u8]>>,
    pub(super) after: Option<Arc<[u8]>>,
    /// Permissions for a file that is created.
    pub(super) mode: Option<u32>,
}

/// Writes `patch` below the locked root and logs it.
///
/// # Errors
/// Nothing is written when a file differs from what the patch expects, is no regular file, is
/// reached through a symbolic link, lies in another repository, or is read-only. After an I/O error
/// what was written is taken back.
pub fn apply(lock: &RepoLock, patch: &Patch, meta: &OpMeta) -> Result<Operation, ApplyError> {
    let steps = patch.files().iter().map(|change| Step {
        path: change.path.clone(),
        before: change.before.clone(),
        after: change.after.clone(),
        mode: None,
    });
    run(lock, OpKind::Apply, meta, &steps.collect::<Vec<_>>())
}

/// Ends a change that was interrupted: `None` when there was none.
///
/// # Errors
/// I/O errors; the journal stays, so that the next call tries again.
pub fn recover(lock: &RepoLock) -> Result<Option<Recovered>, ApplyError> {
    let Some(journal) = lock.store().journal()? else { return Ok(None) };
    settle(lock, journal, Unlogged::MayComplete).map(Some)
}

/// Makes a change: see the module's description.
pub(super) fn run(
    lock: &RepoLock,
    kind: OpKind,
    meta: &OpMeta,
    steps: &[Step],
) -> Result<Operation, ApplyError> {
    if steps.is_empty() {
        return Err(ApplyError::Empty);
    }
    recover(lock)?;
    let store = lock.store();
    let tree = Tree::open(lock.root())?;
    let found = check(&tree, steps)?;
    let mut made = Vec::new();
    for step in steps.iter().filter(|step| step.after.is_some()) {
        made.extend(tree.missing_dirs(&step.path)?);
    }
    made.sort();
    made.dedup();
    let mut operation = describe(store, kind, meta, steps, &found)?;
    operation.made = made;
    let record = Record::of(&operation);
    let journal = Journal { record: record.clone(), nonce: nonce() };
    let result = store.write_journal(&journal).map_err(ApplyError::from);
    let result = result
        .and_then(|()| write(&tree, &operation, &journal, steps, found))
        .and_then(|()| store.append(&record).map_err(ApplyError::from));
    if let Err(cause) = result {
        return Err(match settle(lock, journal, Unlogged::RollBack) {
            // Its line reached the log before the error and could not be taken out again.
            Ok(Recovered { outcome: Outcome::Completed, .. }) => return Ok(operation),
            Ok(_) => cause,
            Err(second) => {
                ApplyError::Interrupted { cause: Box::new(cause), second: Box::new(second) }
            }
        });
    }
    // The operation is in the log, so a journal that stays behind does no harm.
    let _ = store.remove_journal();
    Ok(operation)
}

/// Reads all files and compares them with what the change expects.
fn check(tree: &Tree, steps: &[Step]) -> Result<Vec<Option<Found>>, ApplyError> {
    let mut found = Vec::new();
    let mut changed = Vec::new();
    for step in steps {
        let file = tree.read(&step.path)?;
        if file.as_ref().map(|file| file.bytes.as_slice()) != step.before.as_deref() {
            changed.push(step.path.clone());
        }
        if file.as_ref().is_some_and(|file| file.mode & 0o222 == 0) {
            return Err(TreeError::ReadOnly { path: step.path.clone() }.into());
        }
        found.push(file);
    }
    if changed.is_empty() { Ok(found) } else { Err(ApplyError::Changed(changed)) }
}

/// The operation, its contents stored durably.
fn describe(
    store: &Store,
    kind: OpKind,
    meta: &OpMeta,
    steps: &[Step],
    found: &[Option<Found>],
) -> Result<Operation, FileError> {
    let mut files = Vec::new();
    for (step, found) in steps.iter().zip(found) {
        let mode = found.as_ref().map(|found| found.mode).or(step.mode);
        let image = |bytes: &Option<Arc<[u8]>>| {
            let store = |bytes: &Arc<[u8]>| Ok(Image { blob: store.put_blob(bytes)?, mode });
            bytes.as_ref().map(store).transpose()
        };
        files.push(OpFile {
            path: step.path.clone(),
            before: image(&step.before)?,
            after: image(&step.after)?,
        });
    }
    store.sync_blobs()?;
    Ok(Operation {
        id: store.next_id()?,
        kind,
        time: SystemTime::now(),
        title: meta.title.clone(),
        command: meta.command.clone(),
        files,
        made: Vec::new(),
        undone: false,
    })
}

fn write(
    tree: &Tree,
    operation: &Operation,
    journal: &Journal,
    steps: &[Step],
    found: Vec<Option<Found>>,
) -> Result<(), ApplyError> {
    for dir in &operation.made {
        if let Ok(dir) = RepoPath::new(dir) {
            tree.make_dir(&dir)?;
        }
    }
    for (index, (step, found)) in steps.iter().zip(&found).enumerate() {
        if let Some(after) = &step.after {
            let name = temporary(journal, index);
            tree.stage(&step.path, &name, after, found.as_ref(), step.mode)?;
        }
    }
    drop(found);
    for (index, step) in steps.iter().enumerate() {
        let now = tree.read(&step.path)?;
        if now.map(|now| now.bytes).as_deref() != step.before.as_deref() {
            return Err(ApplyError::Changed(vec![step.path.clone()]));
        }
        let name = temporary(journal, index);
        match (&step.before, &step.after) {
            (Some(_), Some(_)) => tree.replace(&step.path, &name)?,
            (None, Some(_)) => tree.create(&step.path, &name)?,
            (_, None) => tree.remove(&step.path)?,
        }
    }
    sync(tree, steps.iter().map(|step| &step.path), &operation.made)
}

/// Makes all names of a change durable: of the files, and of the directories made for them.
fn sync<'p>(
    tree: &Tree,
    paths: impl Iterator<Item = &'p RepoPath>,
    made: &[String],
) -> Result<(), ApplyError> {
    let mut all: Vec<RepoPath> = paths.cloned().collect();
    all.extend(made.iter().filter_map(|dir| RepoPath::new(dir).ok()));
    let mut done = Vec::new();
    for path in &all {
        if !done.contains(&path.parent()) {
            done.push(path.parent());
            tree.sync_dir_of(path)?;
        }
    }
    Ok(())
}

/// What to do with a change whose files are all in place but which is not in the log.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unlogged {
    MayComplete,
    RollBack,
}

/// How a file of an unfinished change is found.
enum State {
    Before,
    After(Option<Box<Found>>),
    Foreign,
}

/// Brings the tree to one of its two states and removes every trace of the change under way. Can
/// itself be interrupted anywhere and called again.
fn settle(lock: &RepoLock, journal: Journal, unlogged: Unlogged) -> Result<Recovered, ApplyError> {
    let store = lock.store();
    let tree = Tree::open(lock.root())?;
    let Some(operation) = journal.record.clone().operation() else {
        store.remove_journal()?;
        let source =
            std::io::Error::other("it names a file outside the repository; it was removed");
        return Err(
            FileError { verb: "use the journal of", path: lock.root().into(), source }.into()
        );
    };
    let files = &operation.files;
    for (index, file) in files.iter().enumerate() {
        // Our own leftovers. A directory that cannot be entered any more holds none of them.
        for name in [temporary(&journal, index), backward(&journal, index)] {
            if let Err(error @ TreeError::File(_)) = tree.remove_beside(&file.path, &name) {
                return Err(error.into());
            }
        }
    }
    let states: Vec<State> = files.iter().map(|file| state(&tree, file)).collect();
    let logged = store.operations()?.iter().any(|earlier| earlier.id == operation.id);
    let complete = logged
        || unlogged == Unlogged::MayComplete
            && states.iter().all(|state| matches!(state, State::After(_)));
    let mut left = Vec::new();
    if complete {
        if !logged {
            sync(&tree, files.iter().map(|file| &file.path), &operation.made)?;
            store.append(&journal.record)?;
        }
    } else {
        for (index, (file, state)) in files.iter().zip(states).enumerate() {
            match state {
                State::Before => {}
                State::After(found) => {
                    take_back(store, &tree, file, found.as_deref(), &backward(&journal, index))?;
                }
                State::Foreign => left.push(LeftAlone {
                    path: file.path.clone(),
                    before: file.before.as_ref().map(|image| store.blob_path(&image.blob)),
                }),
            }
        }
        remove_made(&tree, &operation.made);
        // A directory that is another repository by now, or a link, was not written to.
        let reached = files.iter().filter(|file| tree.read(&file.path).is_ok());
        sync(&tree, reached.map(|file| &file.path), &[])?;
    }
    store.remove_journal()?;
    let outcome = if complete { Outcome::Completed } else { Outcome::RolledBack };
    Ok(Recovered { title: operation.title, outcome, left })
}

fn state(tree: &Tree, file: &OpFile) -> State {
    let Ok(found) = tree.read(&file.path) else { return State::Foreign };
    let now = found.as_ref().map(|found| blake3::hash(&found.bytes).to_hex().to_string());
    let is = |image: &Option<Image>| now.as_ref() == image.as_ref().map(|image| &image.blob);
    if is(&file.before) {
        State::Before
    } else if is(&file.after) {
        State::After(found.map(Box::new))
    } else {
        State::Foreign
    }
}

/// Restores one file of a change that is rolled back.
fn take_back(
    store: &Store,
    tree: &Tree,
    file: &OpFile,
    found: Option<&Found>,
    name: &str,
) -> Result<(), ApplyError> {
    let Some(before) = &file.before else { return Ok(tree.remove(&file.path)?) };
    let bytes = store.blob(&before.blob)?;
    tree.stage(&file.path, name, &bytes, found, before.mode)?;
    if found.is_some() {
        tree.replace(&file.path, name)?;
    } else {
        tree.create(&file.path, name)?;
    }
    Ok(())
}

/// Removes directories that were made for new files, where they are empty again.
pub(super) fn remove_made(tree: &Tree, made: &[String]) {
    for dir in made.iter().rev().filter_map(|dir| RepoPath::new(dir).ok()) {
        tree.remove_empty_dir(&dir);
    }
}

fn temporary(journal: &Journal, index: usize) -> String {
    format!(".slm-{}-{index}.tmp", journal.nonce)
}

fn backward(journal: &Journal, index: usize) -> String {
    format!(".slm-{}-{index}.back.tmp", journal.nonce)
}

/// Differs from every other change's, so that a temporary file's name is never taken.
fn nonce() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    format!("{:x}-{now:x}", std::process::id())
}

fn list(paths: &[RepoPath]) -> String {
    paths.iter().map(RepoPath::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[path = "apply_tests.rs"]
mod tests;
