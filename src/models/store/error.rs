//! Why the store could not do something.

use std::path::PathBuf;

use super::check::{Item, Wrong};
use crate::base::fs::FileError;
use crate::base::size;
use crate::models::digest::Sha256;
use crate::models::registry::{ParseError, RegistryError};
use crate::models::watch::Stopped;

/// What went wrong, and what to do next.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(transparent)]
    Stopped(#[from] Stopped),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    List(#[from] ParseError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error("this change of the list would leave it unsound: {0}")]
    Unsound(String),
    #[error("the list would name a file that is not in the store: {}", .0.display())]
    NotThere(PathBuf),
    #[error(
        "another slm{} is changing the models in {}: try again when it has ended",
        pid.map(|pid| format!(" (process {pid})")).unwrap_or_default(),
        dir.display()
    )]
    Held { dir: PathBuf, pid: Option<u32> },
    #[error("{} cannot hold models: {why}", path.display())]
    NotPrivate { path: PathBuf, why: &'static str },
    #[error(
        "there is not enough room in {}: {} needed, {} free. `slm model remove` makes room",
        dir.display(), size(*need), size(*free)
    )]
    NoSpace { dir: PathBuf, need: u64, free: u64 },
    #[error("{} is no regular file", path.display())]
    NotAFile { path: PathBuf },
    #[error("{} is too small to be a model or an adapter: {size} bytes", path.display())]
    TooSmall { path: PathBuf, size: u64 },
    #[error("{} changed while it was copied: try again when nobody writes to it", path.display())]
    Moving { path: PathBuf },
    #[error(
        "{} is not the file that was expected: its SHA-256 is {found}, not {expected}",
        path.display()
    )]
    OtherFile { path: PathBuf, expected: Sha256, found: Sha256 },
    #[error(transparent)]
    Damaged(Box<Damage>),
    #[error("{0} is encrypted: its passphrase or key file is needed")]
    Sealed(Item),
    #[error(
        "{0} is encrypted, and this slm cannot decrypt: build it with `cargo install --features encryption`"
    )]
    SealedWithoutFeature(Item),
    #[error("this slm cannot encrypt: build it with `cargo install --features encryption`")]
    NoEncryption,
    #[error("{0} is not encrypted")]
    NotSealed(Item),
    #[error("the passphrase or key is not the one that {0} was encrypted with")]
    WrongKey(Item),
    #[error("the passphrase is empty")]
    EmptyPassphrase,
    #[error("{} is no key file: {reason}", path.display())]
    KeyFile { path: PathBuf, reason: String },
}

/// An entry's file that is not what the list says.
#[derive(Debug, thiserror::Error)]
#[error("the file of {item}, {}, {wrong}. `slm model verify` checks all of them; {remedy}", path.display())]
pub struct Damage {
    pub item: Item,
    pub path: PathBuf,
    pub wrong: Wrong,
    /// What helps.
    pub remedy: String,
}
