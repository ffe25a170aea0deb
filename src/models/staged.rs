//! A whole file in the store's `incoming/`, on its way into the list.

use std::path::{Path, PathBuf};

use super::digest::Sha256;

/// A file that has arrived, was hashed on the way, and is not yet in the list.
///
/// Nothing happens when it is dropped: it is adopted, discarded, or left for `prune`.
#[derive(Debug, PartialEq, Eq)]
pub struct Staged {
    path: PathBuf,
    sha256: Sha256,
    size: u64,
}

impl Staged {
    /// A file below [`Store::staging`](super::store::Store::staging) with this digest, and this size in bytes.
    pub fn new(path: PathBuf, sha256: Sha256, size: u64) -> Self {
        Self { path, sha256, size }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What its bytes hash to.
    pub fn sha256(&self) -> Sha256 {
        self.sha256
    }

    /// In bytes.
    pub fn size(&self) -> u64 {
        self.size
    }
}
