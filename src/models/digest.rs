//! The SHA-256 digest of a file: its name in the store, and what a catalogue promises.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use super::watch::{Stopped, Watch};
use crate::base::fs::PathContext as _;

/// Bytes read between two looks at the watch.
const PIECE: usize = 1 << 20;

/// A SHA-256 digest, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256([u8; 32]);

/// A text that is no digest.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no SHA-256 digest: that has 64 hexadecimal digits")]
pub struct NoDigest(String);

impl Sha256 {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// Of a file's bytes, read once; `watch` is told how many have been read.
    ///
    /// # Errors
    /// [`Stopped::File`] when it cannot be read, [`Stopped::Cancelled`].
    pub fn of_file(path: &Path, watch: &mut Watch<'_>) -> Result<Self, Stopped> {
        let mut file = File::open(path).path("open", path)?;
        let size = file.metadata().path("read", path)?.len();
        let mut hasher = Hasher::default();
        let mut piece = vec![0; PIECE];
        watch.begin("checking", Some(size));
        loop {
            watch.check()?;
            let read = file.read(&mut piece).path("read", path)?;
            if read == 0 {
                return Ok(hasher.finish());
            }
            hasher.add(&piece[..read]);
            watch.advance(read as u64);
        }
    }
}

/// A digest in the making.
#[derive(Clone, Debug, Default)]
pub struct Hasher(sha2::Sha256);

impl Hasher {
    /// Goes on with these bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes added.
    pub fn finish(self) -> Sha256 {
        Sha256(self.0.finalize().into())
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

impl FromStr for Sha256 {
    type Err = NoDigest;

    fn from_str(text: &str) -> Result<Self, NoDigest> {
        let no_digest = || NoDigest(text.chars().take(80).collect());
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(no_digest());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |d: u8| char::from(d).to_digit(16).map(|d| d as u8);
            let (high, low) = digit(pair[0]).zip(digit(pair[1])).ok_or_else(no_digest)?;
            *byte = high << 4 | low;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Sha256 {
    type Error = NoDigest;

    fn try_from(text: String) -> Result<Self, NoDigest> {
        text.parse()
    }
}

impl From<Sha256> for String {
    fn from(digest: Sha256) -> Self {
        digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_read_as_they_are_written() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Sha256::of(b"").to_string(), empty);
        assert_eq!(empty.to_uppercase().parse::<Sha256>().unwrap(), Sha256::of(b""));
        for bad in ["", "e3b0", &"g".repeat(64), &"é".repeat(32)] {
            assert!(bad.parse::<Sha256>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_file_is_followed_and_can_be_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.gguf");
        crate::base::fs::write(&path, vec![7; 3 << 20]).unwrap();
        let cancel = crate::base::Cancel::new();
        let mut seen = Vec::new();
        let mut note = |progress: crate::models::watch::Progress| seen.push(progress.done);
        let digest = Sha256::of_file(&path, &mut Watch::new(&cancel, &mut note)).unwrap();
        assert_eq!(digest, Sha256::of(&vec![7; 3 << 20]));
        assert_eq!(seen, [0, 1 << 20, 2 << 20, 3 << 20]);
        cancel.cancel();
        let left = Sha256::of_file(&path, &mut Watch::new(&cancel, &mut |_| {}));
        assert!(matches!(left, Err(Stopped::Cancelled)));
        let missing =
            Sha256::of_file(&dir.path().join("none"), &mut Watch::quiet(&Default::default()));
        assert!(missing.unwrap_err().to_string().contains("none"));
    }
}
