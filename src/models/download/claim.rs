//! One process at a time brings in one file; and how a whole file is told from a part.
//!
//! Files in `incoming/`, all of one key (a digest, or the digest of an address):
//!
//! ```text
//! <key>.lock         held, by a lock that the kernel gives back when its holder dies
//! <key>.part         what has come of it; <key>.part.toml says how much of that is safe, and whose it is
//! <key>.whole        all of it, checked; made from the part in one step
//! ```

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::fault;
use crate::base::fs::{self, FileError, PathContext as _};
use crate::models::watch::{Stopped, Watch};
use crate::models::{Sha256, Staged};

/// Between two looks at a lock, or at the watch.
pub(super) const MOMENT: Duration = Duration::from_millis(30);

/// Proof that nobody else brings in the file of this key. Given back when dropped.
///
/// Taken before the lock of the store, never while that is held.
#[derive(Debug)]
pub struct Claim {
    folder: PathBuf,
    key: String,
    // Held, not read: closing it gives the lock back.
    _lock: File,
}

impl Claim {
    /// Waits until nobody else brings in the file of `key`, a name without `/`; makes `folder` when missing.
    ///
    /// # Errors
    /// [`Stopped::File`] for the folder, [`Stopped::Cancelled`] while waiting.
    pub(in crate::models) fn take(
        folder: &Path,
        key: &str,
        watch: &mut Watch<'_>,
    ) -> Result<Self, Stopped> {
        fs::create_dir_all(folder)?;
        let path = folder.join(format!("{key}.lock"));
        let mut waits = false;
        loop {
            let lock = open(&path).path("open the lock", &path)?;
            match lock.try_lock() {
                // The last holder may have removed it meanwhile: that one locks nobody out.
                Ok(()) if is_at(&lock, &path) => {
                    return Ok(Self {
                        folder: folder.to_owned(),
                        key: key.to_owned(),
                        _lock: lock,
                    });
                }
                Ok(()) => continue,
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => Err(error).path("lock", &path)?,
            }
            if !waits {
                watch.begin("waiting for another slm that brings in the same file", None);
                waits = true;
            }
            watch.check()?;
            std::thread::sleep(MOMENT);
        }
    }

    /// The file of this key with another ending.
    pub(in crate::models) fn path(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", self.key))
    }

    /// The whole file, where an earlier try has left it; one that is not what it should be is removed.
    ///
    /// # Errors
    /// I/O errors, [`Stopped::Cancelled`].
    pub(in crate::models) fn arrived(
        &self,
        sha256: Option<Sha256>,
        watch: &mut Watch<'_>,
    ) -> Result<Option<Staged>, Stopped> {
        let path = self.path("whole");
        if !path.exists() {
            return Ok(None);
        }
        let found = Sha256::of_file(&path, watch)?;
        if sha256.is_some_and(|sha256| sha256 != found) {
            remove(&path)?;
            return Ok(None);
        }
        let size = std::fs::metadata(&path).path("read", &path)?.len();
        Ok(Some(Staged::new(path, found, size)))
    }

    /// Makes the file at `from`, in the same folder and on the disk for good, the whole one.
    ///
    /// # Errors
    /// I/O errors: then it is where it was.
    pub(in crate::models) fn land(&self, from: &Path) -> Result<PathBuf, FileError> {
        let to = self.path("whole");
        rename(from, &to)?;
        sync_folder(&self.folder)?;
        Ok(to)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // A process that dies removes nothing; tests let it die by unwinding.
        if !std::thread::panicking() {
            // One that stays harms nobody.
            let _ = std::fs::remove_file(self.path("lock"));
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    fault::point("open")?;
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

fn is_at(file: &File, path: &Path) -> bool {
    let same = |here: std::fs::Metadata, there: std::fs::Metadata| {
        (here.dev(), here.ino()) == (there.dev(), there.ino())
    };
    file.metadata().ok().zip(std::fs::metadata(path).ok()).is_some_and(|(a, b)| same(a, b))
}

/// Bytes that an ordinary user can still write below `folder`.
///
/// # Errors
/// I/O errors.
pub(in crate::models) fn free_space(folder: &Path) -> Result<u64, FileError> {
    let about = rustix::fs::statvfs(folder).map_err(io::Error::from);
    about
        .map(|about| about.f_bavail.saturating_mul(about.f_frsize))
        .path("look at the disk of", folder)
}

/// Writes in two halves, so that a test can stop in between.
pub(in crate::models) fn write_all(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    let (first, second) = bytes.split_at(bytes.len() / 2);
    fault::point("write")?;
    file.write_all(first)?;
    fault::point("write")?;
    file.write_all(second)
}

/// Writes a small file of our own, so that after a crash it is the old one or the new one.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let temporary = path.with_extension("new");
    let write = || {
        fault::point("open")?;
        let mut file = File::create(&temporary)?;
        write_all(&mut file, bytes)?;
        fault::sync(|| file.sync_all())
    };
    write().path("write", &temporary)?;
    rename(&temporary, path)
}

/// Removes a file that need not be there.
pub(in crate::models) fn remove(path: &Path) -> Result<(), FileError> {
    fault::point("unlink").path("remove", path)?;
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).path("remove", path),
        _ => Ok(()),
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), FileError> {
    fault::point("rename").path("write", to)?;
    std::fs::rename(from, to).path("write", to)
}

fn sync_folder(folder: &Path) -> Result<(), FileError> {
    fault::sync(|| File::open(folder)?.sync_all()).path("sync", folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Cancel;

    fn take(folder: &Path, key: &str) -> Result<Claim, Stopped> {
        Claim::take(folder, key, &mut Watch::quiet(&Cancel::new()))
    }

    #[test]
    fn the_second_waits_and_can_be_cancelled_and_gets_it_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("new/incoming");
        let first = take(&folder, "k").unwrap();
        take(&folder, "other").unwrap();
        let cancel = Cancel::new();
        let mut said = Vec::new();
        let mut note = |progress: crate::models::watch::Progress| {
            said.push(progress.what);
            cancel.cancel();
        };
        let second = Claim::take(&folder, "k", &mut Watch::new(&cancel, &mut note));
        assert!(matches!(second, Err(Stopped::Cancelled)));
        assert!(said.len() == 1 && said[0].contains("another slm"), "{said:?}");
        drop(first);
        take(&folder, "k").unwrap();
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    }

    #[test]
    fn a_lock_that_was_removed_locks_nobody_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("k.lock");
        let lock = open(&path).unwrap();
        assert!(is_at(&lock, &path));
        std::fs::remove_file(&path).unwrap();
        assert!(!is_at(&lock, &path));
        let newer = open(&path).unwrap();
        assert!(!is_at(&lock, &path) && is_at(&newer, &path));
    }

    #[test]
    fn of_many_one_at_a_time_has_it() {
        let dir = tempfile::tempdir().unwrap();
        let busy = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        let claim = take(dir.path(), "k").unwrap();
                        let order = std::sync::atomic::Ordering::SeqCst;
                        assert!(!busy.swap(true, order), "two have it");
                        std::thread::yield_now();
                        busy.store(false, order);
                        drop(claim);
                    }
                });
            }
        });
    }

    #[test]
    fn only_the_right_bytes_count_as_whole() {
        let dir = tempfile::tempdir().unwrap();
        let claim = take(dir.path(), "k").unwrap();
        let cancel = Cancel::new();
        let arrived = |sha256| claim.arrived(sha256, &mut Watch::quiet(&cancel)).unwrap();
        assert_eq!(arrived(None), None);
        let part = claim.path("part");
        fs::write(&part, b"model").unwrap();
        claim.land(&part).unwrap();
        let right = Sha256::of(b"model");
        let staged = Staged::new(claim.path("whole"), right, 5);
        assert_eq!(arrived(None), Some(staged));
        assert!(arrived(Some(right)).is_some() && !part.exists());
        assert_eq!(arrived(Some(Sha256::of(b"other"))), None);
        assert!(!claim.path("whole").exists());
    }
}
