//! What slm keeps about a repository, outside of it: lock, operation log, stored contents and the
//! journal of an unfinished change.
//!
//! One folder per repository, named by the BLAKE3 of its canonical root, readable by its owner
//! alone: stored contents may be secret. Nothing here is ever read from the repository itself.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::oplog::{self, OpId, Operation, Record};
use crate::base::fault;
use crate::base::fs::{self, FileError, PathContext as _};

/// The folder of one repository.
#[derive(Clone, Debug)]
pub(super) struct Store {
    folder: PathBuf,
}

/// A change under way: enough to finish or to revert it after a crash at any point.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Journal {
    pub(super) record: Record,
    /// Part of the temporary files' names, so that only our own are ever removed.
    pub(super) nonce: String,
}

impl Store {
    /// Opens the folder of `root`, a canonical path, below `state`; makes it when missing.
    pub(super) fn open(state: &Path, root: &Path) -> Result<Self, FileError> {
        let store = Self::at(state, root);
        let blobs = store.blobs();
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700).create(&blobs).path("create the directory", &blobs)?;
        let note = store.folder.join("root");
        if !note.exists() {
            // For people who look into the folder.
            fs::write(&note, root.as_os_str().as_bytes())?;
        }
        Ok(store)
    }

    /// The folder of `root`, which need not exist: for readers.
    pub(super) fn at(state: &Path, root: &Path) -> Self {
        let key = blake3::hash(root.as_os_str().as_bytes()).to_hex();
        Self { folder: state.join("repos").join(&key[..32]) }
    }

    pub(super) fn lock_path(&self) -> PathBuf {
        self.folder.join("lock")
    }

    fn blobs(&self) -> PathBuf {
        self.folder.join("blobs")
    }

    fn log_path(&self) -> PathBuf {
        self.folder.join("operations.jsonl")
    }

    fn journal_path(&self) -> PathBuf {
        self.folder.join("journal.json")
    }

    pub(super) fn blob_path(&self, blob: &str) -> PathBuf {
        self.blobs().join(blob)
    }

    /// Stores `bytes` and returns their name. Durable once [`Store::sync_blobs`] has returned.
    pub(super) fn put_blob(&self, bytes: &[u8]) -> Result<String, FileError> {
        let blob = blake3::hash(bytes).to_hex().to_string();
        let path = self.blob_path(&blob);
        // One that a crash left torn is replaced.
        if self.blob(&blob).is_err() {
            replace_file(&path, bytes)?;
        }
        Ok(blob)
    }

    pub(super) fn sync_blobs(&self) -> Result<(), FileError> {
        sync_dir(&self.blobs())
    }

    /// The stored bytes named `blob`.
    pub(super) fn blob(&self, blob: &str) -> Result<Vec<u8>, FileError> {
        let path = self.blob_path(blob);
        let bytes = fs::read(&path)?;
        if blake3::hash(&bytes).to_hex().as_str() == blob {
            Ok(bytes)
        } else {
            let source = io::Error::new(io::ErrorKind::InvalidData, "its contents were altered");
            Err(FileError { verb: "use the stored copy", path, source })
        }
    }

    /// All operations, oldest first; none when there never was one.
    pub(super) fn operations(&self) -> Result<Vec<Operation>, FileError> {
        match fs::read(&self.log_path()) {
            Ok(bytes) => Ok(oplog::parse(&String::from_utf8_lossy(&bytes))),
            Err(error) if error.source.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// The number for the next operation.
    pub(super) fn next_id(&self) -> Result<OpId, FileError> {
        let last = self.operations()?.iter().map(|operation| operation.id.0).max();
        Ok(OpId(last.unwrap_or(0) + 1))
    }

    /// Adds an operation to the log, all of it or nothing: when this fails the log is as before.
    pub(super) fn append(&self, record: &Record) -> Result<(), FileError> {
        let path = self.log_path();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut log = options.open(&path).path("open", &path)?;
        let end = whole_lines(&mut log).path("read", &path)?;
        let result = append_line(&mut log, end, record).path("write", &path);
        let result = result.and_then(|()| sync_dir(&self.folder));
        if result.is_err() {
            log.set_len(end).and_then(|()| log.sync_all()).path("repair", &path)?;
        }
        result
    }

    /// The journal of a change that did not end, if any.
    pub(super) fn journal(&self) -> Result<Option<Journal>, FileError> {
        let path = self.journal_path();
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.source.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let invalid = |error| io::Error::new(io::ErrorKind::InvalidData, error);
        serde_json::from_slice(&bytes).map(Some).map_err(invalid).path("understand", &path)
    }

    pub(super) fn write_journal(&self, journal: &Journal) -> Result<(), FileError> {
        let path = self.journal_path();
        let text = serde_json::to_vec(journal).map_err(io::Error::other).path("write", &path)?;
        replace_file(&path, &text)?;
        sync_dir(&self.folder)
    }

    pub(super) fn remove_journal(&self) -> Result<(), FileError> {
        let path = self.journal_path();
        fault::point("unlink").path("remove", &path)?;
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).path("remove", &path)
            }
            _ => sync_dir(&self.folder),
        }
    }
}

/// Writes a file of our own so that after a crash it is the old one or the new one.
fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let temporary = path.with_extension("new");
    let write = || {
        fault::point("open")?;
        let mut options = OpenOptions::new();
        let mut file =
            options.write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        write_all(&mut file, bytes)?;
        fault::sync(|| file.sync_all())
    };
    write().path("write", &temporary)?;
    fault::point("rename").path("write", path)?;
    std::fs::rename(&temporary, path).path("write", path)
}

/// Writes in two halves, so that a test can stop in between.
pub(super) fn write_all(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    let (first, second) = bytes.split_at(bytes.len() / 2);
    fault::point("write")?;
    file.write_all(first)?;
    fault::point("write")?;
    file.write_all(second)
}

fn sync_dir(path: &Path) -> Result<(), FileError> {
    fault::sync(|| File::open(path)?.sync_all()).path("sync", path)
}

/// The length of the log up to its last whole line: what follows was torn by a crash.
fn whole_lines(log: &mut File) -> io::Result<u64> {
    let mut bytes = Vec::new();
    log.read_to_end(&mut bytes)?;
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    Ok(whole as u64)
}

fn append_line(log: &mut File, end: u64, record: &Record) -> io::Result<()> {
    let mut line = serde_json::to_vec(record)?;
    line.push(b'\n');
    log.set_len(end)?;
    log.seek(SeekFrom::Start(end))?;
    write_all(log, &line)?;
    fault::sync(|| log.sync_all())
}
