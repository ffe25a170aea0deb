//! The private directory of a workspace, and what is left of those whose slm was killed.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::base::fs::{FileError, PathContext as _};

const PREFIX: &str = "slm-";
/// Locked for as long as its directory is in use.
const LOCK: &str = "lock";
/// Its name until it is locked.
const EARLY_LOCK: &str = "lock.new";

/// A directory that is removed with everything in it when dropped.
#[derive(Debug)]
pub(super) struct Scratch {
    dir: tempfile::TempDir,
    _lock: File,
}

impl Scratch {
    /// A fresh directory in `parent`, for this user alone.
    pub(super) fn new(parent: &Path) -> Result<Self, FileError> {
        let dir = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(parent)
            .path("make a scratch directory in", parent)?;
        // Locked before it has the name: another slm that cleans up takes an unlocked one for abandoned.
        let (early, name) = (dir.path().join(EARLY_LOCK), dir.path().join(LOCK));
        let lock = File::create(&early).path("create", &early)?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)
            .map_err(std::io::Error::from)
            .path("lock", &early)?;
        fs::rename(&early, &name).path("rename", &early)?;
        Ok(Self { dir, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        open_up(self.dir.path());
    }
}

/// Removes scratch directories in `parent` that are this user's and that no living slm has locked.
/// What cannot be removed stays.
pub(super) fn remove_abandoned(parent: &Path) {
    let own = rustix::process::geteuid().as_raw();
    for found in fs::read_dir(parent).into_iter().flatten().flatten() {
        let named = found.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        let dir = found.path();
        let is_ours = || found.metadata().is_ok_and(|meta| meta.is_dir() && meta.uid() == own);
        if !named || !is_ours() {
            continue;
        }
        // Without a lock file it is somebody else's, or being made at this moment.
        let Ok(lock) = File::open(dir.join(LOCK)) else { continue };
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok() {
            remove_all(&dir);
        }
    }
}

fn remove_all(dir: &PathBuf) {
    if fs::remove_dir_all(dir).is_err() {
        open_up(dir);
        let _ = fs::remove_dir_all(dir);
    }
}

/// Makes directories that a run or the kernel has closed removable again; links are not followed.
pub(super) fn open_up(dir: &Path) {
    let closed = fs::symlink_metadata(dir).is_ok_and(|meta| meta.mode() & 0o700 != 0o700);
    if closed {
        let _ = fs::set_permissions(dir, fs::Permissions::from_mode(0o700));
    }
    for found in fs::read_dir(dir).into_iter().flatten().flatten() {
        if found.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&found.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_abandoned_directories_are_removed() {
        let parent = tempfile::tempdir().unwrap();
        let living = Scratch::new(parent.path()).unwrap();
        let dead = parent.path().join("slm-dead");
        let foreign = parent.path().join("slm-foreign");
        for dir in [&dead, &foreign] {
            fs::create_dir_all(dir.join("kept/closed")).unwrap();
            fs::set_permissions(dir.join("kept/closed"), fs::Permissions::from_mode(0o0)).unwrap();
        }
        crate::base::fs::write(&dead.join(LOCK), "").unwrap();
        remove_abandoned(parent.path());
        assert!(living.path().is_dir() && foreign.is_dir() && !dead.exists());
        let path = living.path().to_owned();
        fs::create_dir(path.join("closed")).unwrap();
        fs::set_permissions(path.join("closed"), fs::Permissions::from_mode(0o0)).unwrap();
        drop(living);
        assert!(!path.exists());
    }
}
