//! What has come of a file so far, and how much of it can be relied on after a crash.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::answer::Head;
use super::claim::{self, Claim};
use crate::base::fault;
use crate::base::fs::{self, FileError, PathContext as _};
use crate::models::Sha256;

const FORMAT: u32 = 1;

/// The beginning of a file.
#[derive(Debug)]
pub(super) struct Part {
    file: File,
    path: PathBuf,
    about: PathBuf,
    len: u64,
    /// Bytes that an earlier try had left.
    carried: u64,
    known: Known,
    /// Bytes written since the last [`Part::keep`].
    fresh: u64,
}

/// What stands beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    format: u32,
    /// Of the address, which may hold a password for an hour.
    address: Option<Sha256>,
    etag: Option<String>,
    modified: Option<String>,
    /// Of the whole, as the server said.
    size: Option<u64>,
    /// Bytes that are on the disk for good.
    good: u64,
}

impl Known {
    const NOTHING: Self =
        Self { format: FORMAT, address: None, etag: None, modified: None, size: None, good: 0 };
}

impl Part {
    /// What is there of the claimed file; nothing is fine.
    pub(super) fn open(claim: &Claim) -> Result<Self, FileError> {
        let (path, about) = (claim.path("part"), claim.path("part.toml"));
        let known = fs::read_text(&about).ok().and_then(|text| toml::from_str::<Known>(&text).ok());
        let known = known.filter(|known| known.format == FORMAT).unwrap_or(Known::NOTHING);
        fault::point("open").path("write", &path)?;
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let file = options.open(&path).path("write", &path)?;
        let there = file.metadata().path("read", &path)?.len();
        let len = known.good.min(there);
        let known = if len == 0 { Known::NOTHING } else { known };
        let mut part = Self { file, path, about, len, carried: len, known, fresh: 0 };
        part.cut(len)?;
        Ok(part)
    }

    /// Bytes that have come.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Bytes of it that an earlier try had left.
    pub(super) fn carried(&self) -> u64 {
        self.carried
    }

    /// The size of the whole, if a server has said it.
    pub(super) fn size(&self) -> Option<u64> {
        self.known.size
    }

    /// Bytes that are not yet on the disk for good.
    pub(super) fn fresh(&self) -> u64 {
        self.fresh
    }

    /// By what a server at `address` can tell whether it still has the same file: a value for `If-Range`.
    pub(super) fn validator(&self, address: Sha256) -> Option<&str> {
        if self.known.address != Some(address) {
            return None;
        }
        // A weak one promises no equal bytes, and must not be sent (RFC 9110, 13.1.5).
        let strong = self.known.etag.as_deref().filter(|etag| !etag.starts_with("W/"));
        strong.or(self.known.modified.as_deref())
    }

    /// True when the server's file is, as far as it says, still the one that this part is of.
    pub(super) fn is_of(&self, head: &Head, address: Sha256, total: Option<u64>) -> bool {
        let same_size = self.known.size.zip(total).is_none_or(|(was, is)| was == is);
        let here = self.known.address == Some(address);
        let same_tag = self.known.etag.as_ref().zip(head.etag.as_ref()).is_none_or(|(a, b)| a == b);
        same_size && (!here || same_tag)
    }

    /// Remembers whose it is.
    pub(super) fn note(&mut self, head: &Head, address: Sha256, size: Option<u64>) {
        let short = |text: &Option<String>| text.clone().filter(|text| text.len() <= 512);
        self.known = Known {
            address: Some(address),
            etag: short(&head.etag),
            modified: short(&head.modified),
            size: size.or(self.known.size),
            ..self.known.clone()
        };
    }

    /// Adds these bytes.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        claim::write_all(&mut self.file, bytes).path("write", &self.path)?;
        self.len += bytes.len() as u64;
        self.fresh += bytes.len() as u64;
        Ok(())
    }

    /// Makes sure that all of it is there after a crash.
    pub(super) fn keep(&mut self) -> Result<(), FileError> {
        fault::sync(|| self.file.sync_data()).path("write", &self.path)?;
        self.known.good = self.len;
        self.fresh = 0;
        self.write_known()
    }

    /// Forgets all that has come.
    pub(super) fn restart(&mut self) -> Result<(), FileError> {
        self.known = Known::NOTHING;
        self.carried = 0;
        // First the promise, then what was promised.
        self.write_known()?;
        self.cut(0)
    }

    /// Removes it.
    pub(super) fn discard(self) -> Result<(), FileError> {
        claim::remove(&self.path)?;
        claim::remove(&self.about)
    }

    /// Where its bytes are.
    pub(super) fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Makes it the whole file, which it has been found to be.
    pub(super) fn land(self, claim: &Claim) -> Result<PathBuf, FileError> {
        fault::sync(|| self.file.sync_all()).path("write", &self.path)?;
        let whole = claim.land(&self.path)?;
        claim::remove(&self.about)?;
        Ok(whole)
    }

    fn cut(&mut self, len: u64) -> Result<(), FileError> {
        let cut = |file: &mut File| -> io::Result<()> {
            fault::point("truncate")?;
            file.set_len(len)?;
            file.seek(SeekFrom::Start(len)).map(drop)
        };
        cut(&mut self.file).path("write", &self.path)?;
        self.len = len;
        self.fresh = 0;
        Ok(())
    }

    fn write_known(&self) -> Result<(), FileError> {
        let text = toml::to_string(&self.known).map_err(io::Error::other);
        claim::replace(&self.about, text.path("write", &self.about)?.as_bytes())
    }
}
