//! The only user of age: one key, made for a file or taken from one.

use std::fs::File;
use std::io::{BufReader, Write as _};
use std::path::Path;

use age::secrecy::{ExposeSecret as _, SecretString};
use age::{DecryptError, Decryptor, EncryptError, Encryptor, Identity, IdentityFile, Recipient};

use super::{Key, Tee};
use crate::base::Secret;
use crate::base::fs::{self, FileError, PathContext as _};
use crate::models::store::stage::{Filled, Hashed, pump};
use crate::models::store::{Item, StoreError};
use crate::models::watch::Watch;

/// Work of guessing one passphrase, as a power of two: a second and 256 MiB, the usual choice of age. A fixed
/// number, so that a file moves between machines.
const WORK: u8 = if cfg!(test) { 2 } else { 18 };
/// A file that asks for more was not written here.
const MOST_WORK: u8 = 22;

/// The text of a new key file.
pub(super) fn new_identity() -> Result<Secret, StoreError> {
    let identity = age::x25519::Identity::generate();
    let (public, private) = (identity.to_public(), identity.to_string());
    Ok(Secret::new(&format!("# public key: {public}\n{}", private.expose_secret())))
}

/// Both sides of a key.
pub(super) struct Lock {
    recipients: Vec<Box<dyn Recipient + Send>>,
    identities: Vec<Box<dyn Identity + Send + Sync>>,
}

impl Lock {
    /// # Errors
    /// [`StoreError::EmptyPassphrase`], [`StoreError::KeyFile`], I/O errors.
    pub(super) fn of(key: &Key) -> Result<Self, StoreError> {
        match key {
            Key::Passphrase(words) if words.reveal().is_empty() => Err(StoreError::EmptyPassphrase),
            Key::Passphrase(words) => {
                let words = || SecretString::from(words.reveal().to_owned());
                let mut recipient = age::scrypt::Recipient::new(words());
                recipient.set_work_factor(WORK);
                let mut identity = age::scrypt::Identity::new(words());
                identity.set_max_work_factor(MOST_WORK);
                let (recipients, identities): (Vec<Box<dyn Recipient + Send>>, Vec<_>) =
                    (vec![Box::new(recipient)], vec![Box::new(identity) as Box<_>]);
                Ok(Self { recipients, identities })
            }
            Key::File(path) => {
                let no_key = |reason: String| StoreError::KeyFile { path: path.clone(), reason };
                let text = key_text(path)?;
                let file = IdentityFile::from_buffer(text.as_slice())
                    .map_err(|error| no_key(error.to_string()))?;
                let recipients = file.to_recipients().map_err(|e| no_key(e.to_string()))?;
                let identities = file.into_identities().map_err(|e| no_key(e.to_string()))?;
                if identities.is_empty() {
                    return Err(no_key("it holds no key".to_owned()));
                }
                Ok(Self { recipients, identities })
            }
        }
    }

    /// Encrypts all of `from` into `to`, and says what was read.
    ///
    /// # Errors
    /// Cancellation, I/O errors.
    pub(super) fn seal(
        &self,
        (from, path): (&mut File, &Path),
        (to, at): (&mut Tee<'_>, &Path),
        watch: &mut Watch<'_>,
    ) -> Result<Filled, StoreError> {
        let recipients =
            self.recipients.iter().map(|recipient| recipient.as_ref() as &dyn Recipient);
        let encryptor = Encryptor::with_recipients(recipients).map_err(|error| {
            let source = match error {
                EncryptError::Io(error) => error,
                error => std::io::Error::other(error.to_string()),
            };
            FileError { verb: "encrypt to", path: at.to_owned(), source }
        })?;
        let mut to = encryptor.wrap_output(to).path("write", at)?;
        let mut hashed = Hashed::default();
        pump(from, path, watch, |piece| {
            hashed.add(piece);
            Ok(to.write_all(piece).path("write", at)?)
        })?;
        to.finish().path("write", at)?;
        Ok(hashed.finish())
    }

    /// Hands everything that is encrypted in `from` to `each`.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`] when the key is another one; cancellation, I/O errors, what `each` says.
    pub(super) fn open(
        &self,
        (from, path): (File, &Path),
        item: &Item,
        watch: &mut Watch<'_>,
        each: impl FnMut(&[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let decryptor = Decryptor::new_buffered(BufReader::new(from))
            .map_err(|error| failed(error, path, item))?;
        let identities = self.identities.iter().map(|identity| identity.as_ref() as &dyn Identity);
        let mut plain = decryptor.decrypt(identities).map_err(|error| failed(error, path, item))?;
        pump(&mut plain, path, watch, each)
    }
}

fn failed(error: DecryptError, path: &Path, item: &Item) -> StoreError {
    let source = match error {
        DecryptError::NoMatchingKeys
        | DecryptError::DecryptionFailed
        | DecryptError::KeyDecryptionFailed => return StoreError::WrongKey(item.clone()),
        DecryptError::Io(error) => error,
        error => std::io::Error::other(error.to_string()),
    };
    FileError { verb: "decrypt", path: path.to_owned(), source }.into()
}

/// The text of a key file.
///
/// # Errors
/// [`StoreError::KeyFile`] when others can read it; I/O errors.
fn key_text(path: &Path) -> Result<Vec<u8>, StoreError> {
    use std::os::unix::fs::PermissionsExt as _;
    let about = path.metadata().path("read", path)?;
    if about.permissions().mode() & 0o077 != 0 {
        let reason = "others can read it: `chmod 600` changes that".to_owned();
        return Err(StoreError::KeyFile { path: path.to_owned(), reason });
    }
    Ok(fs::read(path)?)
}
