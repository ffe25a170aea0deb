//! A patch: whole before and after contents, so that it can be checked, shown, applied and undone
//! without ever guessing where a hunk belongs.

use std::sync::Arc;

use crate::base::RepoPath;

/// A set of file changes that belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Patch {
    /// Sorted by path, each path once.
    files: Vec<FileChange>,
}

/// The contents of one file before and after; `None` where the file does not exist.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileChange {
    pub path: RepoPath,
    pub before: Option<Arc<[u8]>>,
    pub after: Option<Arc<[u8]>>,
}

impl Patch {
    /// A patch of `changes`; those that change nothing are dropped, and of several changes to one
    /// path the last wins.
    pub fn new(changes: impl IntoIterator<Item = FileChange>) -> Self {
        let mut files: Vec<FileChange> = Vec::new();
        for change in changes {
            files.retain(|f| f.path != change.path);
            if change.before != change.after {
                files.push(change);
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Self { files }
    }

    /// A patch of one file's text.
    pub fn of_text(path: RepoPath, before: &str, after: &str) -> Self {
        let bytes = |text: &str| Some(Arc::from(text.as_bytes()));
        Self::new([FileChange { path, before: bytes(before), after: bytes(after) }])
    }

    /// The changes, sorted by path.
    pub fn files(&self) -> &[FileChange] {
        &self.files
    }

    /// True when nothing would change.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}
