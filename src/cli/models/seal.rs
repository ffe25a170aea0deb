//! `slm model encrypt | decrypt`: files that are of no use without a passphrase or a key file.

use std::path::PathBuf;

use super::shelf::{Shelf, failed, name, say};
use crate::cli::report::{self, ExitStatus, Failure};
use crate::config::Environment;
use crate::models::registry::Registry;
use crate::models::sealed::{Key, Sealing};
use crate::models::store::Item;

/// Which files, and with which key.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A name that `slm model list` shows
    name: String,
    /// The version of the model [default: all of them]
    #[arg(long, value_name = "LABEL")]
    version: Option<String>,
    /// The name is an adapter's
    #[arg(long, conflicts_with = "version")]
    adapter: bool,
    /// A key file; whoever loses it loses what is encrypted with it
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// The first line of this file is the passphrase
    #[arg(long, value_name = "FILE", conflicts_with = "key_file")]
    passphrase_file: Option<PathBuf>,
}

/// Runs `slm model encrypt`.
///
/// # Errors
/// A slm without the feature; no such model; a file that is damaged; no room.
pub(super) fn encrypt(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let shelf = Shelf::open(environment)?;
    let items = items(args, &shelf.registry()?)?;
    let key = key(args, true)?;
    for item in items {
        match shelf.following(|watch| shelf.store.encrypt(&item, &key, watch))? {
            Sealing::Done => say(format!("encrypted {item}")),
            Sealing::Already => say(format!("{item} is encrypted already")),
        }
    }
    Ok(ExitStatus::Success)
}

/// Runs `slm model decrypt`.
///
/// # Errors
/// As [`encrypt`]; the wrong passphrase or key.
pub(super) fn decrypt(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let shelf = Shelf::open(environment)?;
    let items = items(args, &shelf.registry()?)?;
    let key = key(args, false)?;
    for item in items {
        match shelf.following(|watch| shelf.store.decrypt(&item, &key, watch))? {
            Sealing::Done => say(format!("decrypted {item}")),
            Sealing::Already => say(format!("{item} is not encrypted")),
        }
    }
    Ok(ExitStatus::Success)
}

fn items(args: &Args, registry: &Registry) -> anyhow::Result<Vec<Item>> {
    let usage = |error: String| Failure::usage(error);
    if args.adapter {
        let adapter = args.name.parse().map_err(|e| usage(format!("{e}")))?;
        registry.adapter(&adapter).map_err(|e| usage(e.to_string()))?;
        return Ok(vec![Item::Adapter(adapter)]);
    }
    let called = name(&args.name)?;
    let label = args.version.as_deref().map(str::parse).transpose();
    if let Some(label) = label.map_err(|e| usage(format!("{e}")))? {
        let chosen = registry.version(&called, Some(&label)).map_err(|e| usage(e.to_string()))?;
        return Ok(vec![Item::model(&chosen)]);
    }
    let model = registry.model(&called).map_err(|e| usage(e.to_string()))?;
    let labels = model.versions.iter().map(|version| version.label.clone());
    Ok(labels.map(|label| Item::Model { name: called.clone(), label }).collect())
}

fn key(args: &Args, is_new: bool) -> anyhow::Result<Key> {
    if !cfg!(feature = "encryption") {
        return Err(failed(crate::models::store::StoreError::NoEncryption));
    }
    if let Some(path) = &args.key_file {
        return Ok(Key::File(path.clone()));
    }
    if let Some(path) = &args.passphrase_file {
        return Ok(Key::Passphrase(super::key::first_line(path)?));
    }
    let first = report::ask_secret("Passphrase")?;
    if is_new && report::ask_secret("The same again")? != first {
        return Err(Failure::usage("the passphrases differ"));
    }
    Ok(Key::Passphrase(first))
}
