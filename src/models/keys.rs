//! Signatures: whose catalogues and bundles are believed, and how the user signs a bundle.
//!
//! The format is minisign's, so that `minisign -V` and `minisign -S` work on the same files. Only prehashed
//! signatures are accepted (the legacy ones are refused by minisign itself since 2022), and the trusted comment,
//! which the signature covers, is handed to whoever shows it.
//!
//! Not here: asking for a password, and where keys are kept; `cli` does both.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{Cursor, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use minisign::{KeyPair, PublicKey, SecretKeyBox, SignatureBox};

use crate::base::fs::{FileError, PathContext as _};
use crate::base::{Secret, sanitize};

/// Longest signature or key that is read, in bytes: a comment has no use for more.
const LONGEST: usize = 8 << 10;
/// Base64 digits of a signature: algorithm, key number and 64 bytes.
const SIGNATURE_DIGITS: usize = 100;
/// Base64 digits of the signature of the comment: 64 bytes.
const COMMENT_DIGITS: usize = 88;
/// How the Base64 of a secret key begins that needs a password: "Ed", then "Sc" for scrypt.
const PROTECTED: &str = "RWRT";
/// How the Base64 of a public key, and of a secret key without a password, begins: "Ed".
const ED25519: &str = "RW";

/// The public keys whose signatures count.
#[derive(Clone, Default)]
pub struct Trusted {
    keys: Vec<PublicKey>,
}

/// What a good signature says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The key's number, 16 hexadecimal digits, as minisign shows it.
    pub key: String,
    /// The comment that the signature covers, fit to be shown.
    pub comment: String,
}

/// Why a content is not believed.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    #[error(
        "no key is trusted yet: put the publisher's public key into `trusted` of [models] in config.toml"
    )]
    NoKeys,
    #[error("the signature is empty: the file that ends in .minisig belongs there")]
    Empty,
    #[error("the signature is no minisign signature: {0}")]
    Malformed(&'static str),
    #[error(
        "the signature is of the legacy kind, which is not accepted: sign again with a newer minisign"
    )]
    Legacy,
    #[error(
        "it is signed by the key {signer}, which is not trusted; trusted: {}",
        trusted.join(", ")
    )]
    Stranger { signer: String, trusted: Vec<String> },
    #[error(
        "it is not what the key {key} has signed: it, or its signature, was altered or belongs to another file"
    )]
    Altered { key: String },
    #[error("the comment of the signature is not what the key {key} has signed")]
    Comment { key: String },
}

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(
        "{0:?} is no public key: it has 56 characters and begins with RW (the second line of the .pub file)"
    )]
    Public(String),
    #[error("this is no secret key of minisign: {0}")]
    Secret(&'static str),
    #[error("the secret key is protected by a password, and none was given")]
    NeedsPassword,
    #[error("the password does not fit the secret key")]
    WrongPassword,
    #[error("a key could not be made: {0}")]
    Failed(String),
}

impl Trusted {
    /// Public keys as they stand in the second line of a `.pub` file, or the whole file's text.
    ///
    /// # Errors
    /// [`KeyError::Public`], with the first that is none.
    pub fn new<S: AsRef<str>>(keys: &[S]) -> Result<Self, KeyError> {
        let keys = keys.iter().map(|key| public(key.as_ref())).collect::<Result<_, _>>()?;
        Ok(Self { keys })
    }

    /// True when nobody is trusted.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Checks that `signature` is one of a trusted key over `content`.
    ///
    /// # Errors
    /// Every way in which it is not.
    pub fn verify(&self, content: &[u8], signature: &[u8]) -> Result<Signed, SignatureError> {
        if self.keys.is_empty() {
            return Err(SignatureError::NoKeys);
        }
        let signature = read_signature(signature)?;
        if !signature.is_prehashed() {
            return Err(SignatureError::Legacy);
        }
        let signer = number(signature.keynum());
        let Some(key) = self.keys.iter().find(|key| key.keynum() == signature.keynum()) else {
            let trusted = self.keys.iter().map(|key| number(key.keynum())).collect();
            return Err(SignatureError::Stranger { signer, trusted });
        };
        let result = minisign::verify(key, &signature, Cursor::new(content), true, false, false);
        match result {
            Ok(()) => {}
            Err(error) if error.to_string().starts_with("Comment") => {
                return Err(SignatureError::Comment { key: signer });
            }
            Err(_) => return Err(SignatureError::Altered { key: signer }),
        }
        let comment = signature
            .trusted_comment()
            .map_err(|_| SignatureError::Malformed("its comment is no text"))?;
        Ok(Signed { key: signer, comment: sanitize(&comment).into_owned() })
    }
}

impl fmt::Debug for Trusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| number(key.keynum()))).finish()
    }
}

/// The shape is checked here, in full: minisign's own reader takes parts of the wrong length.
fn read_signature(bytes: &[u8]) -> Result<SignatureBox, SignatureError> {
    use SignatureError::Malformed;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(SignatureError::Empty);
    }
    if bytes.len() > LONGEST {
        return Err(Malformed("it is too long"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Malformed("it is no text"))?;
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let &[untrusted, signature, trusted, over_comment] = lines.as_slice() else {
        return Err(Malformed("it must have four lines"));
    };
    if !untrusted.starts_with("untrusted comment: ") || !trusted.starts_with("trusted comment: ") {
        return Err(Malformed("its first and third line must be comments"));
    }
    if !is_base64(signature, SIGNATURE_DIGITS, 1) || !is_base64(over_comment, COMMENT_DIGITS, 2) {
        return Err(Malformed("its second and fourth line must be signatures, in full"));
    }
    SignatureBox::from_string(text).map_err(|_| Malformed("it cannot be read"))
}

/// So many digits in all, of them `padding` signs of equality at the end.
fn is_base64(line: &str, digits: usize, padding: usize) -> bool {
    let (body, end) = line.as_bytes().split_at(line.len().saturating_sub(padding));
    line.len() == digits
        && end.iter().all(|&byte| byte == b'=')
        && body.iter().all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

fn public(text: &str) -> Result<PublicKey, KeyError> {
    let line = text.trim().lines().last().unwrap_or_default().trim();
    let none = || KeyError::Public(sanitize(line).chars().take(60).collect());
    if !line.starts_with(ED25519) {
        return Err(none());
    }
    PublicKey::from_base64(line).map_err(|_| none())
}

/// As minisign shows it.
fn number(key: &[u8]) -> String {
    key.iter().rev().map(|byte| format!("{byte:02X}")).collect()
}

/// A secret key, open.
pub struct Signer {
    pair: KeyPair,
}

/// A pair of keys that was just made, in the shape of minisign's files.
#[derive(Debug)]
pub struct NewKeys {
    /// The `.pub` file.
    pub public_file: String,
    /// The second line of it, which others put into their configuration.
    pub public: String,
    /// The `.key` file, for nobody else's eyes.
    pub secret_file: Secret,
}

/// Makes a pair of keys; with a password, the secret one is of no use without it.
///
/// # Errors
/// When the machine has no random numbers, or no memory (32 MiB) for the password.
pub fn generate(password: Option<&Secret>) -> Result<NewKeys, KeyError> {
    let failed = |error: minisign::PError| KeyError::Failed(error.to_string());
    let pair = match password {
        Some(password) => KeyPair::generate_encrypted_keypair(Some(password.reveal().to_owned())),
        None => KeyPair::generate_unencrypted_keypair(),
    };
    let KeyPair { pk, sk } = pair.map_err(failed)?;
    let comment = match password {
        Some(_) => "minisign encrypted secret key",
        None => "minisign secret key, not encrypted",
    };
    Ok(NewKeys {
        public_file: pk.to_box().map_err(failed)?.into_string(),
        public: pk.to_base64(),
        secret_file: Secret::new(&sk.to_box(Some(comment)).map_err(failed)?.into_string()),
    })
}

impl NewKeys {
    /// Writes both files; the secret one can be read by its owner alone.
    ///
    /// # Errors
    /// I/O errors; one of the files is there already: no key is ever written over.
    pub fn save(&self, secret: &Path, public: &Path) -> Result<(), FileError> {
        let write = |path: &Path, mode: u32, text: &str| {
            let mut open = OpenOptions::new();
            let file = open.write(true).create_new(true).mode(mode).open(path);
            file.and_then(|mut file| writeln!(file, "{}", text.trim_end()))
                .path("write the key", path)
        };
        write(secret, 0o600, self.secret_file.reveal())?;
        write(public, 0o644, &self.public_file)
    }
}

impl Signer {
    /// Opens a secret key, given the text of its file.
    ///
    /// # Errors
    /// What is no such key; a password that is missing or wrong.
    pub fn open(file: &Secret, password: Option<&Secret>) -> Result<Self, KeyError> {
        if file.reveal().len() > LONGEST {
            return Err(KeyError::Secret("it is too long"));
        }
        let line = file.reveal().lines().nth(1).ok_or(KeyError::Secret("it has no second line"))?;
        if !line.starts_with(ED25519) {
            return Err(KeyError::Secret("its second line does not begin with RW"));
        }
        let boxed = SecretKeyBox::from(file.reveal().to_owned());
        let protected = line.starts_with(PROTECTED);
        let sk = match (protected, password) {
            // Without a password minisign would ask on the terminal.
            (true, None) => return Err(KeyError::NeedsPassword),
            (true, Some(password)) => boxed
                .into_secret_key(Some(password.reveal().to_owned()))
                .map_err(|error| match error.kind() {
                    minisign::ErrorKind::Verify => KeyError::WrongPassword,
                    _ => KeyError::Secret("it is damaged"),
                })?,
            (false, _) => boxed
                .into_unencrypted_secret_key()
                .map_err(|_| KeyError::Secret("it is damaged"))?,
        };
        let pk = PublicKey::from_secret_key(&sk).map_err(|_| KeyError::Secret("it is damaged"))?;
        Ok(Self { pair: KeyPair { pk, sk } })
    }

    /// The public key that belongs to it, as others trust it.
    pub fn public(&self) -> String {
        self.pair.pk.to_base64()
    }

    /// The signature of `content`, the text of a `.minisig` file. `comment` is covered by it: one line.
    ///
    /// # Errors
    /// [`KeyError::Failed`] when the machine has no random numbers.
    pub fn sign(&self, content: &[u8], comment: &str) -> Result<String, KeyError> {
        let comment: String = sanitize(comment).split_whitespace().collect::<Vec<_>>().join(" ");
        let KeyPair { pk, sk } = &self.pair;
        let note = "signature from a minisign secret key";
        let signed = minisign::sign(Some(pk), sk, content, Some(&comment), Some(note));
        signed.map(SignatureBox::into_string).map_err(|error| KeyError::Failed(error.to_string()))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", number(self.pair.pk.keynum()))
    }
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
