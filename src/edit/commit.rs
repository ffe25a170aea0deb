//! A commit that holds the fix and nothing else, whatever state the user's work is in.
//!
//! The new tree is `HEAD`'s tree with the patched files exchanged, so neither the work tree nor the
//! index decides what is committed. No hook and no filter program runs, and nothing is stashed,
//! reset or checked out. What the user had staged or changed stays staged or changed.
//!
//! - On the current branch the index entries of the patched files move along, so that `git status`
//!   is clean for them.
//! - With a branch name the commit is made on a new branch that starts at `HEAD`. `HEAD`, index and
//!   work tree stay as they are: an applied patch then still shows as a change.
//! - When a patched file has changes of the user's that are not in `HEAD`, the fix alone is
//!   committed if a three-way merge can tell the two apart, else nothing.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use git2::build::TreeUpdateBuilder;
use git2::{
    AttrCheckFlags, AttrValue, Branch, Commit, Error, ErrorCode, FileMode, Index, IndexEntry,
    IndexTime, ObjectType, Oid, Repository, RepositoryState, Signature, Tree,
};

use super::merge::{Merge, merge};
use super::patch::{FileChange, Patch};
use crate::base::RepoPath;
use crate::base::fs::{self, PathContext as _};

/// A commit that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The commit's full hash, in hexadecimal.
    pub id: String,
    /// The branch it is on; `None` with a detached `HEAD`.
    pub branch: Option<String>,
    /// What the user should know besides, one sentence each.
    pub notes: Vec<String>,
}

/// Why nothing was committed. The repository and the work tree are as they were.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    #[error("there is no git repository here: the fix can be applied, but not committed")]
    NoRepository,
    #[error("this repository is bare: it has no work tree to fix")]
    Bare,
    #[error("git's settings put the work tree elsewhere (core.worktree): commit the fix with git")]
    ForeignWorkTree,
    #[error("{0} is in progress: finish it or abort it, then commit the fix")]
    InProgress(&'static str),
    #[error("the repository has no commit yet: make the first one, then commit the fix")]
    Unborn,
    #[error(
        "git does not know who you are: run `git config --global user.name \"Your Name\"` and \
         `git config --global user.email you@example.org`"
    )]
    NoIdentity,
    #[error("a branch {0:?} exists already: choose another name")]
    BranchExists(String),
    #[error("{0:?} is not a valid branch name")]
    BranchName(String),
    #[error(
        "{0} is locked by another git command (index.lock): wait until it ends. If none is \
         running, remove that file yourself"
    )]
    IndexLocked(String),
    #[error(
        "{0} has changes that are not committed and touch the same lines as the fix: \
         commit or stash them first"
    )]
    Dirty(RepoPath),
    #[error(
        "{0} has staged changes that touch the same lines as the fix: commit or unstage them first"
    )]
    Staged(RepoPath),
    #[error("{0} is not in the last commit, so the fix alone cannot be committed: commit it first")]
    NotCommitted(RepoPath),
    #[error("{0} is a link or a submodule in git: commit the fix there with git")]
    NotAFile(RepoPath),
    #[error("{0} is stored through a git filter ({1}), which slm does not run: use git commit")]
    Filtered(RepoPath, String),
    #[error("the fix is in the last commit already")]
    Nothing,
    #[error("git: {}", .0.message())]
    Git(#[from] Error),
    #[error(transparent)]
    File(#[from] fs::FileError),
}

/// Commits the contents that `patch` gives its files, on top of `HEAD`.
///
/// `root` is the top of the work tree. With `branch` the commit goes to a new branch of that name.
///
/// # Errors
/// See [`CommitError`]; nothing is changed then.
pub fn commit(
    root: &Path,
    patch: &Patch,
    message: &str,
    branch: Option<&str>,
) -> Result<Committed, CommitError> {
    let repository = open(root)?;
    let (author, committer) = identity(&repository)?;
    let head = match repository.head() {
        Ok(head) => head,
        Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => {
            return Err(CommitError::Unborn);
        }
        Err(error) => return Err(error.into()),
    };
    let parent = head.peel_to_commit()?;
    let tree = parent.tree()?;
    if let Some(name) = branch {
        check_branch(&repository, name)?;
    }
    let mut files = Vec::new();
    for change in patch.files() {
        files.extend(content(&repository, &tree, change)?);
    }
    if files.is_empty() {
        return Err(CommitError::Nothing);
    }
    let index = match branch {
        None => Some(new_index(&repository, root, &files)?),
        Some(_) => None,
    };
    let tree = new_tree(&repository, &tree, &files)?;
    let message = git2::message_prettify(message, None)?;
    let target = if branch.is_none() { Some("HEAD") } else { None };
    let id = repository.commit(target, &author, &committer, &message, &tree, &[&parent])?;
    let mut notes = notes(&repository, &files);
    if let Some(name) = branch {
        let commit: Commit<'_> = repository.find_commit(id)?;
        repository.branch(name, &commit, false)?;
    }
    if let Some(Err(error)) = index.map(|mut index| index.write()) {
        notes.push(format!(
            "The commit was made, but git's index could not be written ({}): `git reset -q -- {}` \
             brings it up to date.",
            error.message(),
            files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>().join(" ")
        ));
    }
    let current = || head.shorthand().ok().filter(|_| head.is_branch()).map(str::to_owned);
    Ok(Committed { id: id.to_string(), branch: branch.map(str::to_owned).or_else(current), notes })
}

fn open(root: &Path) -> Result<Repository, CommitError> {
    let root = root.canonicalize().path("find", root)?;
    let repository = Repository::open(&root).map_err(|error| match error.code() {
        ErrorCode::NotFound => CommitError::NoRepository,
        _ => error.into(),
    })?;
    let Some(top) = repository.workdir() else { return Err(CommitError::Bare) };
    if top.canonicalize().path("find", top)? != root {
        return Err(CommitError::ForeignWorkTree);
    }
    let name = match repository.state() {
        RepositoryState::Clean => return Ok(repository),
        RepositoryState::Merge => "a merge",
        RepositoryState::Revert | RepositoryState::RevertSequence => "a revert",
        RepositoryState::CherryPick | RepositoryState::CherryPickSequence => "a cherry-pick",
        RepositoryState::Bisect => "a bisection",
        RepositoryState::Rebase
        | RepositoryState::RebaseInteractive
        | RepositoryState::RebaseMerge => "a rebase",
        RepositoryState::ApplyMailbox | RepositoryState::ApplyMailboxOrRebase => "git am",
    };
    Err(CommitError::InProgress(name))
}

/// Author and committer as git itself would choose them.
fn identity(
    repository: &Repository,
) -> Result<(Signature<'static>, Signature<'static>), CommitError> {
    let unknown = |_| CommitError::NoIdentity;
    Ok((
        repository.author_from_env().map_err(unknown)?,
        repository.committer_from_env().map_err(unknown)?,
    ))
}

fn check_branch(repository: &Repository, name: &str) -> Result<(), CommitError> {
    if !Branch::name_is_valid(name).unwrap_or(false) {
        return Err(CommitError::BranchName(name.to_owned()));
    }
    if repository.find_reference(&format!("refs/heads/{name}")).is_ok() {
        return Err(CommitError::BranchExists(name.to_owned()));
    }
    Ok(())
}

/// A file of the commit.
struct File<'c> {
    path: &'c RepoPath,
    /// In `HEAD`.
    old: Option<(Oid, Vec<u8>)>,
    /// To be committed; `None` removes the file.
    new: Option<Vec<u8>>,
    mode: FileMode,
    /// Line ends are `\n` in git and `\r\n` in the work tree.
    converted: bool,
    /// The user's own changes to the file were left out.
    parted: bool,
}

/// Finds what of `change` belongs into the commit; `None` when `HEAD` has it already.
fn content<'c>(
    repository: &Repository,
    tree: &Tree<'_>,
    change: &'c FileChange,
) -> Result<Option<File<'c>>, CommitError> {
    let path = &change.path;
    refuse_filters(repository, path)?;
    let (old, mode) = match tree.get_path(Path::new(path.as_str())) {
        Err(error) if error.code() == ErrorCode::NotFound => (None, mode_on_disk(repository, path)),
        Err(error) => return Err(error.into()),
        Ok(entry) => {
            let mode = match (entry.kind(), entry.filemode()) {
                (Some(ObjectType::Blob), 0o100_755) => FileMode::BlobExecutable,
                (Some(ObjectType::Blob), mode) if mode != 0o120_000 => FileMode::Blob,
                _ => return Err(CommitError::NotAFile(path.clone())),
            };
            let blob = repository.find_blob(entry.id())?;
            (Some((entry.id(), blob.content().to_vec())), mode)
        }
    };
    let mut file = File { path, old, new: None, mode, converted: false, parted: false };
    let Some((_, old)) = &file.old else {
        // A file that the user has and git does not is no part of the fix.
        if change.before.is_some() {
            return Err(CommitError::NotCommitted(path.clone()));
        }
        file.new = change.after.as_deref().map(<[u8]>::to_vec);
        return Ok(Some(file));
    };
    let Some(before) = change.before.as_deref() else {
        return Err(CommitError::Dirty(path.clone()));
    };
    file.converted = has_crlf(before) && !has_crlf(old);
    let before = file.as_stored(before);
    file.parted = before != *old;
    let Some(after) = change.after.as_deref() else {
        return if file.parted { Err(CommitError::Dirty(path.clone())) } else { Ok(Some(file)) };
    };
    let after = file.as_stored(after);
    if !file.parted {
        file.new = Some(after);
        return Ok(Some(file));
    }
    match merge(&before, ("HEAD", old), ("the fix", &after)) {
        Merge::Clean(merged) if merged == *old => Ok(None),
        Merge::Clean(merged) => {
            file.new = Some(merged);
            Ok(Some(file))
        }
        _ => Err(CommitError::Dirty(path.clone())),
    }
}

impl File<'_> {
    /// Contents of the work tree as git stores them.
    fn as_stored(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stored = bytes.to_vec();
        if self.converted {
            let mut at = 0;
            stored.retain(|&byte| {
                at += 1;
                !(byte == b'\r' && bytes.get(at) == Some(&b'\n'))
            });
        }
        stored
    }
}

fn has_crlf(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| pair == b"\r\n")
}

/// Filters are programs (git-lfs, git-crypt): what they store is not what is in the work tree, and
/// committing that instead could publish a secret.
fn refuse_filters(repository: &Repository, path: &RepoPath) -> Result<(), CommitError> {
    for name in ["filter", "working-tree-encoding"] {
        let flags = AttrCheckFlags::FILE_THEN_INDEX;
        let value = repository.get_attr_bytes(Path::new(path.as_str()), name, flags)?;
        match AttrValue::from_bytes(value) {
            AttrValue::Unspecified | AttrValue::False => {}
            AttrValue::String(value) => {
                return Err(CommitError::Filtered(path.clone(), value.to_owned()));
            }
            AttrValue::True | AttrValue::Bytes(_) => {
                return Err(CommitError::Filtered(path.clone(), name.to_owned()));
            }
        }
    }
    Ok(())
}

/// The mode of a file that is new to git.
fn mode_on_disk(repository: &Repository, path: &RepoPath) -> FileMode {
    let about = repository.workdir().and_then(|top| path.to_path(top).symlink_metadata().ok());
    match about {
        Some(about) if about.permissions().mode() & 0o100 != 0 => FileMode::BlobExecutable,
        _ => FileMode::Blob,
    }
}

fn new_tree<'r>(
    repository: &'r Repository,
    base: &Tree<'_>,
    files: &[File<'_>],
) -> Result<Tree<'r>, CommitError> {
    let mut update = TreeUpdateBuilder::new();
    for file in files {
        match &file.new {
            Some(new) => update.upsert(file.path.as_str(), repository.blob(new)?, file.mode),
            None => update.remove(file.path.as_str()),
        };
    }
    Ok(repository.find_tree(update.create_updated(repository, base)?)?)
}

/// The index as it is to be after the commit, not yet written.
fn new_index(
    repository: &Repository,
    root: &Path,
    files: &[File<'_>],
) -> Result<Index, CommitError> {
    let lock = repository.path().join("index.lock");
    if lock.symlink_metadata().is_ok() {
        return Err(CommitError::IndexLocked(repository.path().display().to_string()));
    }
    let mut index = repository.index()?;
    index.read(true)?;
    for file in files {
        let path = Path::new(file.path.as_str());
        let conflicted = (1..=3).any(|stage| index.get_path(path, stage).is_some());
        let entry = index.get_path(path, 0);
        let staged = entry.as_ref().map(|entry| entry.id) != file.old.as_ref().map(|old| old.0);
        if conflicted || (staged && (entry.is_none() || file.old.is_none())) {
            return Err(CommitError::Staged(file.path.clone()));
        }
        let Some(new) = &file.new else {
            if staged {
                return Err(CommitError::Staged(file.path.clone()));
            }
            index.remove(path, 0)?;
            continue;
        };
        let contents = match (&entry, &file.old) {
            (Some(entry), Some((_, old))) if staged => {
                let ours = repository.find_blob(entry.id)?.content().to_vec();
                match merge(old, ("staged", &ours), ("the fix", new)) {
                    Merge::Clean(merged) => merged,
                    _ => return Err(CommitError::Staged(file.path.clone())),
                }
            }
            _ => new.clone(),
        };
        index.add(&entry_of(repository, root, file, entry, &contents)?)?;
    }
    Ok(index)
}

/// The index entry of a committed file. It carries the file's times and size when the work tree has
/// these very contents, so that git need not read the file to find it unchanged.
fn entry_of(
    repository: &Repository,
    root: &Path,
    file: &File<'_>,
    present: Option<IndexEntry>,
    contents: &[u8],
) -> Result<IndexEntry, CommitError> {
    let on_disk = file.path.to_path(root);
    let about = on_disk.symlink_metadata().ok().filter(|about| {
        let same = || fs::read(&on_disk).is_ok_and(|bytes| file.as_stored(&bytes) == contents);
        about.is_file() && same()
    });
    // Git stores the low 32 bits of each.
    let time = |seconds: i64, nanoseconds: i64| IndexTime::new(seconds as i32, nanoseconds as u32);
    let about = about.as_ref();
    Ok(IndexEntry {
        ctime: about.map_or(time(0, 0), |about| time(about.ctime(), about.ctime_nsec())),
        mtime: about.map_or(time(0, 0), |about| time(about.mtime(), about.mtime_nsec())),
        dev: about.map_or(0, |about| about.dev() as u32),
        ino: about.map_or(0, |about| about.ino() as u32),
        mode: present.as_ref().map_or_else(|| u32::from(file.mode), |entry| entry.mode),
        uid: about.map_or(0, |about| about.uid()),
        gid: about.map_or(0, |about| about.gid()),
        file_size: about.map_or(0, |about| about.size() as u32),
        id: repository.blob(contents)?,
        flags: present.as_ref().map_or(0, |entry| entry.flags),
        flags_extended: present.as_ref().map_or(0, |entry| entry.flags_extended),
        path: file.path.as_str().as_bytes().to_vec(),
    })
}

fn notes(repository: &Repository, files: &[File<'_>]) -> Vec<String> {
    let parted: Vec<&str> =
        files.iter().filter(|file| file.parted).map(|file| file.path.as_str()).collect();
    let mut notes = Vec::new();
    if !parted.is_empty() {
        notes
            .push(format!("Your own changes to {} are not part of the commit.", parted.join(", ")));
    }
    let signs = repository.config().and_then(|config| config.get_bool("commit.gpgsign"));
    if signs.unwrap_or(false) {
        notes.push("The commit is not signed: `git commit --amend -S --no-edit` signs it.".into());
    }
    notes
}

#[cfg(test)]
#[path = "commit_tests.rs"]
mod tests;
