//! What git says of one file, without running any of git's helpers.

use std::path::Path;

use git2::{ErrorCode, Repository, Status};

use crate::base::RepoPath;

/// How a file stands with git.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStatus {
    /// In the index or in `HEAD`.
    pub tracked: bool,
    /// The work tree differs from the index.
    pub modified: bool,
    /// The index differs from `HEAD`.
    pub staged: bool,
    /// Excluded by an ignore rule.
    pub ignored: bool,
    /// In the middle of a merge.
    pub conflicted: bool,
}

impl FileStatus {
    /// True when the file differs from `HEAD`, staged or not.
    pub fn is_dirty(self) -> bool {
        self.modified || self.staged || self.conflicted
    }
}

/// Why git could not answer.
#[derive(Debug, thiserror::Error)]
#[error("git cannot tell the state of {path}: {}", source.message())]
pub struct StatusError {
    pub path: RepoPath,
    #[source]
    pub source: git2::Error,
}

/// The state of `path` in the work tree at `root`; `None` without a repository there, and for a
/// file that neither exists nor is known to git.
///
/// # Errors
/// When the repository cannot be opened or its index not read.
pub fn status(root: &Path, path: &RepoPath) -> Result<Option<FileStatus>, StatusError> {
    let fail = |source| StatusError { path: path.clone(), source };
    let repository = match Repository::open(root) {
        Ok(repository) => repository,
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
        Err(error) => return Err(fail(error)),
    };
    let status = match repository.status_file(Path::new(path.as_str())) {
        Ok(status) => status,
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
        Err(error) => return Err(fail(error)),
    };
    let staged = Status::INDEX_NEW
        | Status::INDEX_MODIFIED
        | Status::INDEX_DELETED
        | Status::INDEX_RENAMED
        | Status::INDEX_TYPECHANGE;
    let modified = Status::WT_MODIFIED
        | Status::WT_DELETED
        | Status::WT_TYPECHANGE
        | Status::WT_RENAMED
        | Status::WT_UNREADABLE;
    Ok(Some(FileStatus {
        tracked: !status.intersects(Status::WT_NEW | Status::IGNORED),
        modified: status.intersects(modified),
        staged: status.intersects(staged),
        ignored: status.contains(Status::IGNORED),
        conflicted: status.contains(Status::CONFLICTED),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::fs::write;

    #[test]
    fn untracked_staged_modified_and_no_repository() {
        let dir = tempfile::tempdir().unwrap();
        let path = RepoPath::new("x.py").unwrap();
        write(&dir.path().join("x.py"), "1\n").unwrap();
        assert_eq!(status(dir.path(), &path).unwrap(), None);

        let repository = Repository::init(dir.path()).unwrap();
        let untracked = status(dir.path(), &path).unwrap().unwrap();
        assert!(!untracked.tracked && !untracked.is_dirty());

        let mut index = repository.index().unwrap();
        index.add_path(Path::new("x.py")).unwrap();
        index.write().unwrap();
        let staged = status(dir.path(), &path).unwrap().unwrap();
        assert!(staged.tracked && staged.staged && !staged.modified);

        write(&dir.path().join("x.py"), "2 and more\n").unwrap();
        assert!(status(dir.path(), &path).unwrap().unwrap().modified);
        assert_eq!(status(dir.path(), &RepoPath::new("none.py").unwrap()).unwrap(), None);
    }
}
