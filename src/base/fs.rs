//! File system calls whose errors carry the path.

use std::io;
use std::path::{Path, PathBuf};

/// An I/O error with what was tried and on which file.
#[derive(Debug, thiserror::Error)]
#[error("cannot {verb} {}: {source}", path.display())]
pub struct FileError {
    pub verb: &'static str,
    pub path: PathBuf,
    #[source]
    pub source: io::Error,
}

/// Adds the path to an I/O result.
pub trait PathContext<T> {
    /// `verb` completes "cannot ... PATH".
    ///
    /// # Errors
    /// The original error, wrapped.
    fn path(self, verb: &'static str, path: &Path) -> Result<T, FileError>;
}

impl<T> PathContext<T> for io::Result<T> {
    fn path(self, verb: &'static str, path: &Path) -> Result<T, FileError> {
        self.map_err(|source| FileError { verb, path: path.to_owned(), source })
    }
}

/// Reads a whole file.
///
/// # Errors
/// The I/O error with its path.
#[expect(clippy::disallowed_methods, reason = "this is the replacement")]
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    std::fs::read(path).path("read", path)
}

/// Reads a whole file as UTF-8.
///
/// # Errors
/// The I/O error with its path; `InvalidData` when the file is not UTF-8.
#[expect(clippy::disallowed_methods, reason = "this is the replacement")]
pub fn read_text(path: &Path) -> Result<String, FileError> {
    std::fs::read_to_string(path).path("read", path)
}

/// Writes one of slm's own files (never a user's: that is `edit::apply`'s task alone).
///
/// # Errors
/// The I/O error with its path.
#[expect(clippy::disallowed_methods, reason = "this is the replacement")]
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), FileError> {
    std::fs::write(path, bytes).path("write", path)
}

/// Makes a directory and its parents.
///
/// # Errors
/// The I/O error with its path.
pub fn create_dir_all(path: &Path) -> Result<(), FileError> {
    std::fs::create_dir_all(path).path("create the directory", path)
}
