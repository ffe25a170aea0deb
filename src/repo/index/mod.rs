//! What is known of a repository, on disk: symbols by content, files by path, words for search.
//!
//! A SQLite file in the user's cache directory, never in the repository. Facts are keyed by the hash
//! of the content they were read from, so that a branch switched back costs nothing. It can always
//! be made again: one that is damaged or of another version is, without asking.

mod chunk;
mod read;
mod scan;
mod schema;
mod stats;
mod vectors;
mod words;
mod write;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;

use crate::base::RepoPath;
use crate::base::fs::FileError;
use crate::repo::is_test_path;
use crate::syntax::{Grammar, Symbols};

pub use read::Hit;
pub use scan::Skipped;
pub use stats::Stats;
pub use words::{split_words, terms};
pub use write::{Progress, Scope, Update};

/// The index of one repository.
#[derive(Debug)]
pub struct Index {
    db: Connection,
    root: PathBuf,
    file: PathBuf,
}

/// Why there is no index.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the index {} cannot be used: {source}", path.display())]
    Database {
        path: PathBuf,
        #[source]
        source: rusqlite::Error,
    },
    #[error("cancelled")]
    Cancelled,
}

/// All files of a repository at one time, with their symbols.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Sorted by path.
    pub files: Vec<File>,
}

/// One source file of a snapshot.
#[derive(Clone, Debug)]
pub struct File {
    pub path: RepoPath,
    pub grammar: &'static Grammar,
    pub symbols: Arc<Symbols>,
    /// Written by a program, says its head.
    pub generated: bool,
}

impl Snapshot {
    /// The files that are no tests, as [`Scope::Sources`] has them.
    #[must_use]
    pub fn without_tests(mut self) -> Self {
        self.files.retain(|file| !is_test_path(&file.path));
        self
    }
}

impl Index {
    /// The index of the repository at `root` in `dir`, made when there is none that can be used.
    ///
    /// # Errors
    /// A directory that cannot be made or written to; a disk that is full.
    pub fn open(dir: &Path, root: &Path) -> Result<Self, IndexError> {
        crate::base::fs::create_dir_all(dir)?;
        keep_private(dir);
        let file = dir.join(file_name(root));
        let db = schema::open(&file, root).map_err(|e| error(&file, e))?;
        Ok(Self { db, root: root.to_owned(), file })
    }

    /// The repository's root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The database file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Does `work`; when the database turns out to be damaged on the way, makes it anew and does the
    /// work again, once.
    fn mended<T>(
        &mut self,
        mut work: impl FnMut(&mut Connection, &Path) -> Result<T, Problem>,
    ) -> Result<T, IndexError> {
        let mut again = true;
        loop {
            match work(&mut self.db, &self.root) {
                Ok(done) => return Ok(done),
                Err(Problem::Cancelled) => return Err(IndexError::Cancelled),
                Err(Problem::Sql(e)) if again && schema::is_damage(&e) => {
                    again = false;
                    let nothing = Connection::open_in_memory().map_err(|e| self.error(e))?;
                    drop(std::mem::replace(&mut self.db, nothing));
                    self.db =
                        schema::anew(&self.file, &self.root).map_err(|e| error(&self.file, e))?;
                }
                Err(Problem::Sql(e)) => return Err(self.error(e)),
            }
        }
    }

    fn error(&self, source: rusqlite::Error) -> IndexError {
        error(&self.file, source)
    }
}

/// Why a piece of work on the database ended.
#[derive(Debug)]
enum Problem {
    Sql(rusqlite::Error),
    Cancelled,
}

impl From<rusqlite::Error> for Problem {
    fn from(e: rusqlite::Error) -> Self {
        Self::Sql(e)
    }
}

/// Names and words of private code are nobody else's business. Where it cannot be said, the home
/// directory has to.
fn keep_private(dir: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let _ = std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700));
    }
    #[cfg(not(unix))]
    let _ = dir;
}

fn error(file: &Path, source: rusqlite::Error) -> IndexError {
    IndexError::Database { path: file.to_owned(), source }
}

/// One file a repository: its name for people, and its path as a hash.
fn file_name(root: &Path) -> String {
    let hash = blake3::hash(root.as_os_str().as_encoded_bytes());
    let name = root.file_name().unwrap_or_default().to_string_lossy();
    let name: String = name.chars().filter(|c| c.is_alphanumeric() || *c == '-').take(40).collect();
    format!("{name}-{}.sqlite", &hash.to_hex()[..16])
}
