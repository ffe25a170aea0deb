//! What a file was in the last two commits.

use std::fmt;
use std::path::Path;

use git2::{Commit, ObjectType, Repository};

use crate::base::RepoPath;

/// Larger files are not read. Bytes.
const LARGEST: usize = 1 << 20;

/// The last commit of the checked out branch, and the one before.
pub struct Past {
    repository: Repository,
}

impl fmt::Debug for Past {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Past").field("repository", &self.repository.path()).finish()
    }
}

impl Past {
    /// `None` where `root` is no git repository, or has no commit yet.
    pub fn open(root: &Path) -> Option<Self> {
        let repository = Repository::open(root).ok()?;
        repository.head().ok()?.peel_to_commit().ok()?;
        Some(Self { repository })
    }

    /// The file as it was committed last; `None` where it was not, or is too large.
    pub fn committed(&self, path: &RepoPath) -> Option<Vec<u8>> {
        self.blob(&self.last()?, path)
    }

    /// The file as it was before the last commit.
    pub fn before(&self, path: &RepoPath) -> Option<Vec<u8>> {
        self.blob(&self.last()?.parent(0).ok()?, path)
    }

    fn last(&self) -> Option<Commit<'_>> {
        self.repository.head().ok()?.peel_to_commit().ok()
    }

    fn blob(&self, commit: &Commit<'_>, path: &RepoPath) -> Option<Vec<u8>> {
        let entry = commit.tree().ok()?.get_path(Path::new(path.as_str())).ok()?;
        if entry.kind() != Some(ObjectType::Blob) {
            return None;
        }
        let blob = self.repository.find_blob(entry.id()).ok()?;
        (blob.size() <= LARGEST && !blob.is_binary()).then(|| blob.content().to_vec())
    }
}
