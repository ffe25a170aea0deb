//! Models and adapters that are encrypted where they lie, with age: by a passphrase, or for a key file.
//!
//! The list keeps the digest of the model itself, which is checked whenever it is decrypted, and that of the
//! encrypted file, so that damage is seen without a key. Encrypting writes the encrypted file first, then the
//! list, then removes the plain file: a crash leaves a file too many, never one too few.
//!
//! What this protects is a disk that somebody else gets hold of. What it does not:
//!
//! - The removed plain file may be found on the medium by other means until its blocks are written over.
//! - While a model is used, its plain bytes are in memory, which may be swapped out, and in an [`Unsealed`]
//!   file: the worker that loads it is another process, and opens a path. In a memory file system that file
//!   touches no disk; elsewhere it is removed when it is dropped, and after a crash by the next one, and the
//!   first sentence holds for it too.
//! - Somebody who can run programs as the user.

#[cfg(not(feature = "encryption"))]
mod absent;
#[cfg(feature = "encryption")]
mod cipher;
#[cfg(test)]
mod tests;

#[cfg(not(feature = "encryption"))]
use self::absent as cipher;

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Store;
use super::digest::Sha256;
use super::registry::{Kept, Registry};
use super::store::disk::{self, Links};
use super::store::stage::{Filled, Hashed, write_piece};
use super::store::{Check, Item, StoreError};
use super::watch::Watch;
use crate::base::Secret;
use crate::base::fs::{FileError, PathContext as _};

/// The names of unsealed files begin with it.
const PLAIN: &str = "slm-plain";

/// What a model is encrypted with.
#[derive(Clone, Debug)]
pub enum Key {
    /// Words that the user knows.
    Passphrase(Secret),
    /// A file with an age identity ("AGE-SECRET-KEY-1..."), that only its owner can read.
    File(PathBuf),
}

/// What became of a wish to encrypt or decrypt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealing {
    Done,
    /// It was so already.
    Already,
}

/// A model or adapter in plain, readable by its owner alone, for as long as this value lives.
#[derive(Debug)]
pub struct Unsealed {
    path: PathBuf,
    place: Place,
    // Locked: the file of a process that died is not, and the next one removes it.
    _file: File,
}

/// Where an [`Unsealed`] file lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the directory that was wished for.
    Wished,
    /// In the store, and so on the disk.
    Store,
}

/// An entry's file, in plain and as it lies in the store.
#[derive(Clone, Copy, Debug)]
struct Located {
    sha256: Sha256,
    size: u64,
    sealed: Option<Kept>,
}

impl Key {
    /// Makes a key file, for its owner alone. Whoever loses it loses what is encrypted with it.
    ///
    /// # Errors
    /// [`StoreError::NoEncryption`]; I/O errors, also when there is a file already.
    pub fn make_file(path: &Path) -> Result<Self, StoreError> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let text = cipher::new_identity()?;
        let mut options = File::options();
        let mut file =
            options.write(true).create_new(true).mode(0o600).open(path).path("create", path)?;
        let written = file.write_all(text.reveal().as_bytes()).and_then(|()| file.sync_all());
        written.path("write", path)?;
        Ok(Self::File(path.to_owned()))
    }
}

impl Unsealed {
    /// What a worker can load.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it lies.
    pub fn place(&self) -> Place {
        self.place
    }
}

impl Drop for Unsealed {
    fn drop(&mut self) {
        // Nobody is left to tell; the next one tries again.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Store {
    /// Encrypts the file of an entry, and so of every entry with the same bytes.
    ///
    /// # Errors
    /// [`StoreError::NoEncryption`]; [`StoreError::Damaged`] when the file is not what the list says;
    /// [`StoreError::KeyFile`], [`StoreError::EmptyPassphrase`]; as [`Store::adopt`]. The model stays usable.
    pub fn encrypt(
        &self,
        item: &Item,
        key: &Key,
        watch: &mut Watch<'_>,
    ) -> Result<Sealing, StoreError> {
        let registry = self.registry()?;
        let about = locate(&registry, item)?;
        if about.sealed.is_some() {
            // A crash may have left the plain file.
            self.forget(about.sha256, watch)?;
            return Ok(Sealing::Already);
        }
        let lock = cipher::Lock::of(key)?;
        let plain = Kept { sha256: about.sha256, size: about.size };
        let path = self.sound(&registry, item, plain, Check::Size, watch)?;
        let mut from = disk::open_regular(&path, Links::Refuse)?;
        // 16 bytes for every 64 KiB, and a header.
        self.ensure_space(about.size + about.size / 4096 + 4096)?;
        let staged = self.stage("seal", watch, |to, at, watch| {
            watch.begin("encrypting", Some(about.size));
            let mut to = Tee::new(to);
            let read = lock.seal((&mut from, &path), (&mut to, at), watch)?;
            if read.sha256 != about.sha256 {
                self.sound(&registry, item, plain, Check::Hash, watch)?;
                return Err(StoreError::Moving { path: path.clone() });
            }
            Ok(to.hashed.finish())
        })?;
        let sealed = Kept { sha256: staged.sha256(), size: staged.size() };
        self.adopt(&[staged], watch, |registry| {
            // Somebody else may have been faster.
            if registry.sealed_as(about.sha256).is_none() {
                registry.set_sealed(about.sha256, Some(sealed));
            }
            Ok(())
        })?;
        self.forget(about.sha256, watch)?;
        Ok(Sealing::Done)
    }

    /// Keeps the file of an entry in plain again, and so of every entry with the same bytes.
    ///
    /// # Errors
    /// [`StoreError::SealedWithoutFeature`]; [`StoreError::WrongKey`]; [`StoreError::Damaged`] when the encrypted
    /// file was changed; as [`Store::adopt`]. The encrypted file stays then.
    pub fn decrypt(
        &self,
        item: &Item,
        key: &Key,
        watch: &mut Watch<'_>,
    ) -> Result<Sealing, StoreError> {
        let registry = self.registry()?;
        let about = locate(&registry, item)?;
        let Some(sealed) = about.sealed else { return Ok(Sealing::Already) };
        self.ensure_space(about.size)?;
        let staged = self.stage("unseal", watch, |to, at, watch| {
            self.unseal(&registry, item, (about, sealed), key, (to, at), watch)
        })?;
        self.adopt(&[staged], watch, |registry| {
            if registry.sealed_as(about.sha256) == Some(sealed) {
                registry.set_sealed(about.sha256, None);
            }
            Ok(())
        })?;
        self.forget(sealed.sha256, watch)?;
        Ok(Sealing::Done)
    }

    /// Decrypts the file of an entry for one use: into `wished`, a directory of the user's own that should be in
    /// memory (`$XDG_RUNTIME_DIR`), when it has room; else into the store itself ([`Unsealed::place`] says so).
    ///
    /// # Errors
    /// As [`Store::decrypt`]; [`StoreError::NotSealed`]; [`StoreError::NotPrivate`] when others can write to
    /// `wished`.
    pub fn open_sealed(
        &self,
        item: &Item,
        key: &Key,
        wished: Option<&Path>,
        watch: &mut Watch<'_>,
    ) -> Result<Unsealed, StoreError> {
        let registry = self.registry()?;
        let about = locate(&registry, item)?;
        let sealed = about.sealed.ok_or_else(|| StoreError::NotSealed(item.clone()))?;
        let (dir, place) = self.room_for_plain(wished, about.size)?;
        let (path, mut file) = locked_file(&dir)?;
        let unsealed = Unsealed { path, place, _file: file.try_clone().path("open", &dir)? };
        let to = (&mut file, unsealed.path());
        self.unseal(&registry, item, (about, sealed), key, to, watch)?;
        Ok(unsealed)
    }

    /// A directory for so many plain bytes, without those that a crash left there.
    fn room_for_plain(
        &self,
        wished: Option<&Path>,
        bytes: u64,
    ) -> Result<(PathBuf, Place), StoreError> {
        if let Some(wished) = wished {
            disk::ensure_private(wished)?;
            remove_abandoned(wished)?;
            if disk::ensure_space(wished, bytes).is_ok() {
                return Ok((wished.to_owned(), Place::Wished));
            }
        }
        remove_abandoned(&self.staging())?;
        self.ensure_space(bytes)?;
        Ok((self.staging(), Place::Store))
    }

    /// Decrypts into a file, and checks that what comes out is the model.
    fn unseal(
        &self,
        registry: &Registry,
        item: &Item,
        (about, sealed): (Located, Kept),
        key: &Key,
        (to, at): (&mut File, &Path),
        watch: &mut Watch<'_>,
    ) -> Result<Filled, StoreError> {
        if !cfg!(feature = "encryption") {
            return Err(StoreError::SealedWithoutFeature(item.clone()));
        }
        let path = self.sound(registry, item, sealed, Check::Size, watch)?;
        let from = disk::open_regular(&path, Links::Refuse)?;
        watch.begin("decrypting", Some(about.size));
        let mut hashed = Hashed::default();
        let opened = cipher::Lock::of(key)?.open((from, &path), item, watch, |piece| {
            hashed.add(piece);
            write_piece(to, at, piece)
        });
        let filled = hashed.finish();
        let error = match opened {
            Ok(()) if (filled.sha256, filled.size) == (about.sha256, about.size) => {
                return Ok(filled);
            }
            Err(error @ StoreError::Stopped(_)) => return Err(error),
            Ok(()) => StoreError::OtherFile {
                path: path.clone(),
                expected: about.sha256,
                found: filled.sha256,
            },
            Err(error) => error,
        };
        // Only a sound file says something about the key.
        self.sound(registry, item, sealed, Check::Hash, watch)?;
        Err(error)
    }
}

/// The file of an entry.
fn locate(registry: &Registry, item: &Item) -> Result<Located, StoreError> {
    let (sha256, size, sealed) = match item {
        Item::Model { name, label } => {
            let version = registry.version(name, Some(label))?.version;
            (version.sha256, version.size, version.sealed)
        }
        Item::Adapter(name) => {
            let adapter = registry.adapter(name)?;
            (adapter.sha256, adapter.size, adapter.sealed)
        }
    };
    Ok(Located { sha256, size, sealed })
}

/// A new file that is locked, so that nobody takes it for abandoned.
fn locked_file(dir: &Path) -> Result<(PathBuf, File), FileError> {
    use std::os::unix::fs::MetadataExt as _;
    loop {
        let (path, file) = disk::new_file(dir, PLAIN)?;
        file.lock().path("lock", &path)?;
        // Somebody who cleans up may have met it in between.
        if file.metadata().path("read", &path)?.nlink() > 0 {
            return Ok((path, file));
        }
    }
}

/// Removes unsealed files whose process has died.
fn remove_abandoned(dir: &Path) -> Result<(), FileError> {
    for entry in std::fs::read_dir(dir).path("read", dir)? {
        let entry = entry.path("read", dir)?;
        if !entry.file_name().to_string_lossy().starts_with(PLAIN) {
            continue;
        }
        let path = entry.path();
        if let Ok(file) = disk::open_regular(&path, Links::Refuse)
            && file.try_lock().is_ok()
        {
            disk::remove(&path)?;
        }
    }
    Ok(())
}

/// Writes to a file, and counts and hashes what is written.
struct Tee<'a> {
    file: &'a mut File,
    hashed: Hashed,
}

impl<'a> Tee<'a> {
    fn new(file: &'a mut File) -> Self {
        Self { file, hashed: Hashed::default() }
    }
}

impl io::Write for Tee<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        crate::base::fault::point("write")?;
        self.file.write_all(bytes)?;
        self.hashed.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
