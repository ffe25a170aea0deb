//! `slm model key`: what bundles and catalogues are signed with.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::shelf::say;
use crate::base::{Secret, fs};
use crate::cli::report::{self, ExitStatus, Failure};
use crate::models::keys::{self, KeyError, Signer};
use crate::models::sealed::Key;

/// Make and use keys, in the form of minisign
#[derive(Debug, Subcommand)]
pub(super) enum What {
    /// Make a pair of keys: FILE, for you alone, and FILE.pub
    ///
    /// Asks for a password on a terminal; with `--password-file` it is read from there.
    Generate {
        /// The private key; must not be there yet
        file: PathBuf,
        /// The first line of this file is the password
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// Without a password: whoever can read the file can sign
        #[arg(long, conflicts_with = "password_file")]
        no_password: bool,
    },
    /// Make a key file to encrypt models with: not for signing
    Identity {
        /// The key file; must not be there yet
        file: PathBuf,
    },
    /// Sign a file, such as a catalogue: makes FILE.minisig
    Sign {
        /// What to sign
        file: PathBuf,
        #[command(flatten)]
        key: super::KeyFile,
        /// The first line of this file is the password
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// A line that is signed too, and shown to whoever checks
        #[arg(long, default_value = "")]
        comment: String,
    },
}

/// Runs `slm model key`.
///
/// # Errors
/// Files that are there already or cannot be written; a wrong password.
pub(super) fn run(what: &What) -> anyhow::Result<ExitStatus> {
    match what {
        What::Generate { file, password_file, no_password } => {
            let password = if *no_password { None } else { Some(new_password(password_file)?) };
            let pair = keys::generate(password.as_ref()).map_err(failed)?;
            let public = with_suffix(file, ".pub");
            create(file, pair.secret_file.reveal(), 0o600)?;
            create(&public, &pair.public_file, 0o644)?;
            say(format!("wrote {} (keep it to yourself) and {}", file.display(), public.display()));
            say("whoever is to believe what it signs puts this into their configuration:");
            say(format!("[models]\ntrusted = [\"{}\"]", pair.public));
        }
        What::Identity { file } => {
            Key::make_file(file).map_err(super::failed)?;
            say(format!(
                "wrote {}; whoever loses it loses what is encrypted with it",
                file.display()
            ));
        }
        What::Sign { file, key, password_file, comment } => {
            let content = fs::read(file)?;
            let signer = open(&key.key, password_file.as_deref())?;
            let signature = signer.sign(&content, comment).map_err(failed)?;
            let path = with_suffix(file, ".minisig");
            fs::write(&path, signature)?;
            say(format!("wrote {}", path.display()));
        }
    }
    Ok(ExitStatus::Success)
}

/// A private key, its password asked for where it has one.
///
/// # Errors
/// A file that is no key; a wrong password, or none without a terminal.
pub(super) fn open(key: &Path, password_file: Option<&Path>) -> anyhow::Result<Signer> {
    let text = Secret::new(&fs::read_text(key)?);
    let given = password_file.map(first_line).transpose()?;
    match Signer::open(&text, given.as_ref()) {
        Err(KeyError::NeedsPassword) => {
            let asked = report::ask_secret(&format!("Password of {}", key.display()))?;
            Signer::open(&text, Some(&asked)).map_err(failed)
        }
        opened => opened.map_err(failed),
    }
}

fn new_password(file: &Option<PathBuf>) -> anyhow::Result<Secret> {
    if let Some(path) = file {
        return first_line(path);
    }
    let first = report::ask_secret("Password for the new key")?;
    if report::ask_secret("The same again")? != first {
        return Err(Failure::usage("the passwords differ"));
    }
    Ok(first)
}

/// The first line of a file that holds a password or passphrase.
///
/// # Errors
/// A file that cannot be read, or has none.
pub(super) fn first_line(path: &Path) -> anyhow::Result<Secret> {
    let text = fs::read_text(path)?;
    match text.lines().next().map(str::trim) {
        Some(line) if !line.is_empty() => Ok(Secret::new(line)),
        _ => Err(Failure::usage(format!("{}: its first line is empty", path.display()))),
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn create(path: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let opened = options.write(true).create_new(true).mode(mode).open(path);
    let written = opened.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|e| Failure::environment(format!("cannot write {}: {e}", path.display())))
}

fn failed(error: KeyError) -> anyhow::Error {
    Failure::environment(error.to_string())
}
