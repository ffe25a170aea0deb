//! Files that nothing names any more: left by removals, by crashes, by what never arrived.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Store;
use super::disk;
use super::error::StoreError;
use super::lock::Lock;
use crate::base::fault;
use crate::base::fs::PathContext as _;
use crate::models::digest::Sha256;
use crate::models::watch::Watch;

/// A file that takes room for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unclaimed {
    pub path: PathBuf,
    /// In bytes.
    pub size: u64,
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    pub files: usize,
    pub bytes: u64,
}

impl Store {
    /// Files of the store that the list does not name. Those with names of other kinds are not slm's, and not
    /// spoken of.
    ///
    /// # Errors
    /// [`StoreError::List`]; I/O errors.
    pub fn unclaimed(&self) -> Result<Vec<Unclaimed>, StoreError> {
        let claims = self.registry()?.claims();
        let mut found = Vec::new();
        for (path, size, _) in listed(&self.files())? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.parse::<Sha256>().is_ok_and(|sha256| !claims.contains(&sha256)) {
                found.push(Unclaimed { path, size });
            }
        }
        Ok(found)
    }

    /// Removes what [`Store::unclaimed`] names, and everything in `incoming/` that nobody has written to for
    /// as long as `stale`: what is on its way elsewhere, and downloads to be resumed, should be younger.
    ///
    /// # Errors
    /// [`StoreError::Held`], [`StoreError::List`], I/O errors. What was removed by then stays removed.
    pub fn prune(&self, stale: Duration, watch: &mut Watch<'_>) -> Result<Pruned, StoreError> {
        // Under the lock no file is between its move and its entry in the list.
        let _lock = Lock::take(&self.dir, self.patience, watch)?;
        let mut pruned = Pruned::default();
        let mut gone = self.unclaimed()?;
        for (path, size, written) in listed(&self.staging())? {
            let age = written.elapsed().unwrap_or_default();
            if age >= stale && !is_held(&path) {
                gone.push(Unclaimed { path, size });
            }
        }
        for Unclaimed { path, size } in gone {
            watch.check()?;
            remove_all(&path)?;
            pruned.files += 1;
            pruned.bytes += size;
        }
        Ok(pruned)
    }
}

/// Whether this is the lock of a download that goes on: it is old, since nobody writes to a lock.
fn is_held(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "lock")
        && File::open(path).is_ok_and(|lock| lock.try_lock().is_err())
}

/// What is in a directory, by name: path, size of all that is in it, and when it was last written to.
fn listed(dir: &Path) -> Result<Vec<(PathBuf, u64, SystemTime)>, StoreError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).path("read", dir)? {
        let path = entry.path("read", dir)?.path();
        // Others come and go meanwhile.
        let Ok(about) = path.symlink_metadata() else { continue };
        let (mut size, mut written) = (about.len(), about.modified().path("read", &path)?);
        if about.is_dir() {
            let within = listed(&path)?;
            size = within.iter().map(|(_, size, _)| size).sum();
            written = within.iter().map(|(.., written)| *written).fold(written, SystemTime::max);
        }
        found.push((path, size, written));
    }
    found.sort();
    Ok(found)
}

fn remove_all(path: &Path) -> Result<(), StoreError> {
    if path.symlink_metadata().is_ok_and(|about| about.is_dir()) {
        let removed = fault::point("unlink").and_then(|()| std::fs::remove_dir_all(path));
        return Ok(removed.path("remove", path)?);
    }
    Ok(disk::remove(path)?)
}
