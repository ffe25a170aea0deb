//! One slm at a time per repository, by a lock that the kernel gives back when its holder dies.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::store::Store;
use crate::base::fs::{FileError, PathContext as _};

/// Proof that no other slm writes below a root. Released when dropped, or when the process ends in
/// whatever way.
#[derive(Debug)]
pub struct RepoLock {
    root: PathBuf,
    store: Store,
    // Held, not read: closing it releases the lock.
    _file: File,
}

/// Why the lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error(
        "another slm{} is working in {}: wait until it ends, or stop it",
        pid.map(|pid| format!(" (process {pid})")).unwrap_or_default(),
        root.display()
    )]
    Held { root: PathBuf, pid: Option<u32> },
    #[error(transparent)]
    File(#[from] FileError),
}

impl RepoLock {
    /// Takes the lock of the repository at `root`, at once or not at all.
    ///
    /// `state` is slm's own state directory (`$XDG_STATE_HOME/slm`), made when missing. An apply
    /// that was interrupted earlier is not repaired here: call [`super::recover`] next.
    ///
    /// # Errors
    /// [`LockError::Held`] when another process has it; I/O errors of the state directory.
    pub fn acquire(state: &Path, root: &Path) -> Result<Self, LockError> {
        let root = root.canonicalize().path("find", root)?;
        let store = Store::open(state, &root)?;
        let path = store.lock_path();
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .path("open the lock", &path)?;
        match try_lock(&file) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                let mut text = String::new();
                // The pid only serves the message.
                let _ = file.read_to_string(&mut text);
                return Err(LockError::Held { root, pid: text.trim().parse().ok() });
            }
            Err(errno) => {
                return Err(FileError { verb: "lock", path, source: errno.into() }.into());
            }
        }
        let note = file.set_len(0).and_then(|()| file.rewind());
        note.and_then(|()| writeln!(file, "{}", std::process::id())).path("write", &path)?;
        Ok(Self { root, store, _file: file })
    }

    /// The locked root, absolute, symbolic links resolved.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }
}

/// Tries for a few milliseconds: between fork and exec a child of the last holder, dead or alive,
/// still has its descriptors.
fn try_lock(file: &File) -> rustix::io::Result<()> {
    let mut result = flock(file, FlockOperation::NonBlockingLockExclusive);
    for _ in 0..10 {
        if result != Err(Errno::WOULDBLOCK) {
            break;
        }
        std::thread::sleep(Duration::from_millis(3));
        result = flock(file, FlockOperation::NonBlockingLockExclusive);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::testing::Scratch;

    #[test]
    fn the_second_is_told_who_has_it_and_gets_it_afterwards() {
        let scratch = Scratch::new(&[]);
        let first = scratch.lock();
        match RepoLock::acquire(scratch.state(), scratch.root()) {
            Err(LockError::Held { pid, .. }) => assert_eq!(pid, Some(std::process::id())),
            other => panic!("{other:?}"),
        }
        drop(first);
        RepoLock::acquire(scratch.state(), scratch.root()).unwrap();
    }

    #[test]
    fn other_roots_are_free_and_another_spelling_is_the_same_root() {
        let scratch = Scratch::new(&[("a/x", ""), ("b/x", "")]);
        let a = scratch.root().join("a");
        let _held = RepoLock::acquire(scratch.state(), &a).unwrap();
        RepoLock::acquire(scratch.state(), &scratch.root().join("b")).unwrap();
        let spelled = scratch.root().join("b/../a");
        assert!(matches!(
            RepoLock::acquire(scratch.state(), &spelled),
            Err(LockError::Held { .. })
        ));
    }
}
