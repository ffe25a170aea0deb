//! The signed catalogue of this machine, kept in one file with its signature, and only ever replaced by a newer one.

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::disk;
use super::lock::Lock;
use super::{Store, StoreError};
use crate::base::fs;
use crate::models::catalogue::{self, Catalogue, CatalogueError, Seen};
use crate::models::keys::Trusted;
use crate::models::watch::Watch;

/// The catalogue with what proves it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// What was accepted last; nothing older is, whatever becomes of the keys.
    seen: Seen,
    signature: String,
    catalogue: String,
}

/// Why there is no catalogue.
#[derive(Debug, thiserror::Error)]
pub enum ShelvedError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    #[error("{}: {reason}; `slm model catalogue update` makes it anew once it is removed", path.display())]
    Unreadable { path: PathBuf, reason: String },
}

impl Store {
    /// Keeps a catalogue that a trusted key has signed, when it is not older than the one seen.
    ///
    /// # Errors
    /// Those of [`catalogue::accept`]; I/O errors; nothing is changed then.
    pub fn accept_catalogue(
        &self,
        text: &[u8],
        signature: &[u8],
        trusted: &Trusted,
        watch: &mut Watch<'_>,
    ) -> Result<Catalogue, ShelvedError> {
        let _lock = Lock::take(&self.dir, self.patience, watch)?;
        let before = self.kept_catalogue()?;
        let seen = before.as_ref().map(|kept| &kept.seen);
        let accepted = catalogue::accept(text, signature, trusted, seen)?;
        let kept = Kept {
            seen: accepted.seen(),
            signature: String::from_utf8_lossy(signature).into_owned(),
            // It was parsed as TOML, which is UTF-8.
            catalogue: String::from_utf8_lossy(text).into_owned(),
        };
        let whole = toml::to_string(&kept).map_err(|error| self.unreadable(error.to_string()))?;
        disk::replace_file(&self.catalogue_path(), whole.as_bytes()).map_err(StoreError::from)?;
        disk::sync_dir(&self.dir).map_err(StoreError::from)?;
        Ok(accepted)
    }

    /// The signed catalogue that was kept last, if a key that is trusted now has signed it.
    ///
    /// # Errors
    /// A file that cannot be read; a signature by nobody who is trusted any more.
    pub fn catalogue(&self, trusted: &Trusted) -> Result<Option<Catalogue>, ShelvedError> {
        let Some(kept) = self.kept_catalogue()? else { return Ok(None) };
        let (text, signature) = (kept.catalogue.as_bytes(), kept.signature.as_bytes());
        Ok(Some(catalogue::accept(text, signature, trusted, Some(&kept.seen))?))
    }

    fn kept_catalogue(&self) -> Result<Option<Kept>, ShelvedError> {
        let text = match fs::read_text(&self.catalogue_path()) {
            Ok(text) => text,
            Err(error) if error.source.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::from(error).into()),
        };
        toml::from_str(&text).map(Some).map_err(|error| self.unreadable(error.message().to_owned()))
    }

    fn unreadable(&self, reason: String) -> ShelvedError {
        ShelvedError::Unreadable { path: self.catalogue_path(), reason }
    }

    fn catalogue_path(&self) -> PathBuf {
        self.dir.join("catalogue.toml")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Cancel, Secret};
    use crate::models::keys::{Signer, generate};

    fn signer() -> (Signer, Trusted) {
        let pair = generate(None).unwrap();
        let trusted = Trusted::new(&[&pair.public]).unwrap();
        (Signer::open(&Secret::new(pair.secret_file.reveal()), None).unwrap(), trusted)
    }

    fn text(version: u32) -> String {
        format!("format = 1\nversion = {version}\n")
    }

    #[test]
    fn only_a_newer_one_of_a_trusted_key_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path().join("models")).unwrap();
        let cancel = Cancel::new();
        let ((signer, trusted), (other, _)) = (signer(), signer());
        let accept = |text: &str, by: &Signer| {
            let signature = by.sign(text.as_bytes(), "").unwrap();
            let mut watch = Watch::quiet(&cancel);
            store.accept_catalogue(text.as_bytes(), signature.as_bytes(), &trusted, &mut watch)
        };
        assert!(store.catalogue(&trusted).unwrap().is_none());
        accept(&text(3), &signer).unwrap();
        accept(&text(3), &signer).unwrap();
        for (text, by, said) in [
            (text(2), &signer, "version 3 was seen"),
            (text(3) + "# another\n", &signer, "is another"),
            (text(4), &other, "not taken"),
            ("nonsense".to_owned(), &signer, "cannot be read"),
        ] {
            let error = accept(&text, by).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
            assert_eq!(store.catalogue(&trusted).unwrap().unwrap().version, 3);
        }
        accept(&text(4), &signer).unwrap();
        assert_eq!(store.catalogue(&trusted).unwrap().unwrap().version, 4);
        assert!(store.catalogue(&Trusted::default()).is_err(), "nobody is trusted any more");
    }

    #[test]
    fn what_was_tampered_with_is_not_believed() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path().join("models")).unwrap();
        let cancel = Cancel::new();
        let (signer, trusted) = signer();
        let signature = signer.sign(text(7).as_bytes(), "").unwrap();
        let mut watch = Watch::quiet(&cancel);
        let (bytes, signature) = (text(7), signature.as_bytes());
        store.accept_catalogue(bytes.as_bytes(), signature, &trusted, &mut watch).unwrap();
        let path = store.catalogue_path();
        let whole = fs::read_text(&path).unwrap();
        for spoiled in [
            whole.replace("version = 7\\n", "version = 8\\n"),
            whole.replace("format = 1", "format = 2"),
            "x".into(),
        ] {
            if spoiled == whole {
                continue;
            }
            fs::write(&path, &spoiled).unwrap();
            assert!(store.catalogue(&trusted).is_err(), "{spoiled}");
        }
    }
}
