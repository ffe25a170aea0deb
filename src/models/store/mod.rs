//! The store on disk: files named by what is in them, and the one list that says which of them count.
//!
//! Every change is the same step, under the lock: read the list, change it, move the files it newly names from
//! `incoming/` to `files/`, write the new list beside the old one, rename. The list therefore never names a file
//! that is not there, and a process that dies leaves at worst a file that nothing names; [`Store::prune`] finds
//! those. Readers take no lock: they see the old list or the new one.

mod catalogue;
mod check;
pub(super) mod disk;
mod error;
#[cfg(test)]
pub(super) mod faults;
mod lock;
#[cfg(test)]
mod processes;
mod prune;
pub(super) mod stage;
#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::Duration;

pub use catalogue::ShelvedError;
pub use check::{Check, Finding, Item, Opened, OpenedAdapter, Part, Wrong};
pub use error::{Damage, StoreError};
pub use prune::{Pruned, Unclaimed};

use self::disk::Links;
use self::lock::Lock;
use super::digest::Sha256;
use super::registry::{Registry, RegistryError};
use super::staged::Staged;
use super::watch::Watch;
use crate::base::fs::{self, FileError};

/// How long somebody else's change of the list is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// The models of one user on this machine.
#[derive(Clone, Debug)]
pub struct Store {
    dir: PathBuf,
    patience: Duration,
}

impl Store {
    /// Opens the store in `dir`; makes it when missing, for its owner alone.
    ///
    /// # Errors
    /// [`StoreError::NotPrivate`] when somebody else owns it or may write to it; I/O errors.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let store = Self { dir: dir.into(), patience: PATIENCE };
        for dir in [&store.dir, &store.files(), &store.staging()] {
            disk::private_dir(dir)?;
        }
        Ok(store)
    }

    /// The store in `dir`, if anything was ever added to it: for those that only look, and must not make one.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn find(dir: impl Into<PathBuf>) -> Result<Option<Self>, StoreError> {
        let dir = dir.into();
        if dir.join("registry.toml").exists() { Self::open(dir).map(Some) } else { Ok(None) }
    }

    /// Where files lie on their way in; see [`Staged`].
    pub fn staging(&self) -> PathBuf {
        self.dir.join("incoming")
    }

    /// The list as it is now.
    ///
    /// # Errors
    /// [`StoreError::List`] when it cannot be understood; I/O errors.
    pub fn registry(&self) -> Result<Registry, StoreError> {
        let path = self.list_path();
        match fs::read_text(&path) {
            Ok(text) => Ok(Registry::parse(&text, &path)?),
            Err(error) if error.source.kind() == io::ErrorKind::NotFound => Ok(Registry::default()),
            Err(error) => Err(error.into()),
        }
    }

    /// Changes the list in one step: all of it, or, when this fails, normally nothing.
    ///
    /// # Errors
    /// What `change` says; [`StoreError::Held`]; I/O errors. One of the last `fsync` is an error too, and the new
    /// list may be there all the same.
    pub fn change<T>(
        &self,
        watch: &mut Watch<'_>,
        change: impl FnOnce(&mut Registry) -> Result<T, RegistryError>,
    ) -> Result<T, StoreError> {
        self.adopt(&[], watch, change)
    }

    /// Changes the list as [`Store::change`] does, and moves those of the staged files in that the new list
    /// names; the others are removed. When this fails, what is still staged stays, for a second try or for
    /// [`Store::discard`].
    ///
    /// # Errors
    /// As [`Store::change`]; [`StoreError::NotThere`] when the new list names a file that neither the store nor
    /// `staged` has.
    pub fn adopt<T>(
        &self,
        staged: &[Staged],
        watch: &mut Watch<'_>,
        change: impl FnOnce(&mut Registry) -> Result<T, RegistryError>,
    ) -> Result<T, StoreError> {
        let _lock = Lock::take(&self.dir, self.patience, watch)?;
        let old = self.registry()?;
        let mut new = old.clone();
        let value = change(&mut new)?;
        if let Some(reason) = new.contradiction() {
            return Err(StoreError::Unsound(reason));
        }
        let claims = new.claims();
        let (wanted, others): (Vec<&Staged>, Vec<&Staged>) =
            staged.iter().partition(|staged| claims.contains(&staged.sha256()));
        self.move_in(&wanted)?;
        self.ensure_there(claims.difference(&old.claims()))?;
        if new != old {
            self.write_list(&new)?;
        }
        for staged in others {
            // The list is right; what stays is pruned one day.
            let _ = disk::remove(staged.path());
        }
        Ok(value)
    }

    /// Removes a staged file that is not wanted after all.
    ///
    /// # Errors
    /// I/O errors.
    pub fn discard(&self, staged: Staged) -> Result<(), StoreError> {
        Ok(disk::remove(staged.path())?)
    }

    /// That there is room for so many more bytes.
    ///
    /// # Errors
    /// [`StoreError::NoSpace`].
    pub fn ensure_space(&self, bytes: u64) -> Result<(), StoreError> {
        disk::ensure_space(&self.staging(), bytes)
    }

    /// Moves files that have arrived to where the list looks for them. One that is there already is replaced:
    /// it may have been damaged.
    fn move_in(&self, staged: &[&Staged]) -> Result<(), StoreError> {
        for staged in staged {
            let target = self.file_path(staged.sha256());
            let file = match disk::open_regular(staged.path(), Links::Refuse) {
                // Moved in by a try that failed later.
                Err(StoreError::File(error)) if is_missing(&error) && target.is_file() => continue,
                opened => opened?,
            };
            let about = file.metadata().map_err(|source| FileError {
                verb: "read",
                path: staged.path().to_owned(),
                source,
            })?;
            // Another name for it would be another way to change it.
            if about.len() != staged.size() || about.nlink() != 1 {
                return Err(StoreError::Moving { path: staged.path().to_owned() });
            }
            disk::seal_off(&file, staged.path())?;
            disk::rename(staged.path(), &target)?;
        }
        if !staged.is_empty() {
            disk::sync_dir(&self.files())?;
        }
        Ok(())
    }

    fn ensure_there<'a>(
        &self,
        mut claims: impl Iterator<Item = &'a Sha256>,
    ) -> Result<(), StoreError> {
        let missing = claims.find(|sha256| !self.file_path(**sha256).is_file());
        missing.map_or(Ok(()), |sha256| Err(StoreError::NotThere(self.file_path(*sha256))))
    }

    fn write_list(&self, registry: &Registry) -> Result<(), StoreError> {
        let text = registry.to_text().map_err(|error| StoreError::Unsound(error.to_string()))?;
        disk::replace_file(&self.list_path(), text.as_bytes())?;
        Ok(disk::sync_dir(&self.dir)?)
    }

    /// Removes a file unless the list names it.
    pub(super) fn forget(&self, sha256: Sha256, watch: &mut Watch<'_>) -> Result<(), StoreError> {
        let _lock = Lock::take(&self.dir, self.patience, watch)?;
        if !self.registry()?.claims().contains(&sha256) {
            disk::remove(&self.file_path(sha256))?;
        }
        Ok(())
    }

    fn list_path(&self) -> PathBuf {
        self.dir.join("registry.toml")
    }

    fn files(&self) -> PathBuf {
        self.dir.join("files")
    }

    /// Where the file with this digest lies, if it does.
    fn file_path(&self, sha256: Sha256) -> PathBuf {
        self.files().join(sha256.to_string())
    }
}

fn is_missing(error: &FileError) -> bool {
    error.source.kind() == io::ErrorKind::NotFound
}
