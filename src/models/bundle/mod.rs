//! Models for machines without a network: one signed file that holds models, adapters and what is known of them.
//!
//! A bundle is a tar archive of exactly these members, in this order:
//!
//! ```text
//! manifest.toml            what is in it, at most 1 MiB
//! manifest.toml.minisig    the signature of that
//! files/<sha256>           each file that is present, in the order of the digests; or
//! deltas/<sha256>          what changed in it since a file that the other side has (see [`delta`])
//! ```
//!
//! The signature covers the manifest, and the manifest names every file by its digest, so that all of it is covered.
//! A bundle made *against* what the other side has names those files and leaves them out. No name in the archive is
//! ever used as a path: members are compared with what the manifest says must come next.
//!
//! Not here: the list of what is on this machine, and where keys are kept.

mod archive;
mod delta;
mod export;
mod manifest;
mod unpack;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use delta::Base;
pub use export::{Against, Source, export};
pub use manifest::{About, Delta, Item, Kind, Manifest};
pub use unpack::{Arrived, Opened, There, inspect, unpack};

use super::Sha256;
use super::keys::{KeyError, SignatureError};
use super::watch::Stopped;
use crate::base::fs::FileError;
use crate::base::size;

/// Why a bundle is not made, or not taken.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    #[error("{} is no bundle that can be used: {reason}", path.display())]
    Malformed { path: PathBuf, reason: String },
    #[error("{} is not taken: {source}", path.display())]
    Signature { path: PathBuf, source: SignatureError },
    #[error(
        "{} is damaged: the file of {name} has the SHA-256 {got}, and should have {wanted}", path.display()
    )]
    WrongFile { path: PathBuf, name: String, wanted: Sha256, got: Sha256 },
    #[error(
        "{} leaves out {}, which this machine does not have{}: import that bundle first, or one that is whole",
        path.display(), names.join(", "), made_against(against.as_deref())
    )]
    Incomplete { path: PathBuf, names: Vec<String>, against: Option<String> },
    #[error(
        "{} has only what changed in {name} since the file {base}, and this machine has no such file in plain{}: \
         import that first (or `slm model decrypt` it), or take a bundle that is whole",
        path.display(), made_against(against.as_deref())
    )]
    NoBase { path: PathBuf, name: String, base: Sha256, against: Option<String> },
    #[error(
        "the file of {name} could not be made from what changed: its SHA-256 is not {wanted}. \
         Either {} is damaged, or {} is (`slm model verify` tells)",
        path.display(), base.display()
    )]
    WrongRebuilt { path: PathBuf, base: PathBuf, name: String, wanted: Sha256 },
    #[error(
        "{} needs {} in {}, and {} are free", path.display(), size(*needed),
        folder.display(), size(*free)
    )]
    NoSpace { path: PathBuf, needed: u64, free: u64, folder: PathBuf },
    #[error("{} is there already: remove it, or choose another name", .0.display())]
    Exists(PathBuf),
    #[error("{name} is not what it was: {} has the SHA-256 {got}, and should have {wanted}", path.display())]
    Changed { name: String, path: PathBuf, wanted: Sha256, got: Sha256 },
    #[error("this cannot be put into a bundle: {0}")]
    NotForBundles(String),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

impl From<FileError> for BundleError {
    fn from(error: FileError) -> Self {
        Self::Stopped(error.into())
    }
}

fn made_against(against: Option<&str>) -> String {
    against.map_or(String::new(), |label| format!("; it was made against {label}"))
}
