//! `slm model catalogue`: which models are known to be good, and whose word that is.

use std::path::PathBuf;

use clap::Subcommand;
use serde::Serialize;

use super::pull::network;
use super::shelf::{Shelf, Trouble, say};
use crate::base::{fs, size};
use crate::cli::report::{self, ExitStatus, Failure};
use crate::config::Environment;
use crate::models::catalogue::{self, Catalogue, CatalogueError, Entry, Origin};
use crate::models::download::{self, Address};
use crate::models::keys::Trusted;
use crate::models::store::ShelvedError;

/// Tokens of context that memory is told for.
const CONTEXT: u32 = 8192;

/// Look at the list of models, and take a newer one that a trusted key has signed
#[derive(Debug, Subcommand)]
pub(super) enum What {
    /// List the models of the catalogue, with their licences and the memory they need
    List {
        /// Print one JSON object as the last line of standard output
        #[arg(long)]
        json: bool,
    },
    /// Take a catalogue from a file or an address, with its signature beside it (FILE.minisig)
    ///
    /// It is believed when a key of `models.trusted` has signed it, and never when it is older than the one seen.
    Update {
        /// A file or an address
        #[arg(value_name = "FILE|URL")]
        from: String,
        /// Allow an address without encryption; the signature still decides
        #[arg(long)]
        insecure: bool,
    },
}

#[derive(Debug, Serialize)]
struct Json<'a> {
    /// "built-in", "signed" or "local".
    origin: &'static str,
    version: u64,
    models: Vec<JsonEntry<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonEntry<'a> {
    name: &'a str,
    about: &'a str,
    licence: &'a str,
    use_limits: Option<&'a str>,
    parameters: u64,
    context: u32,
    roles: &'a [String],
    files: Vec<JsonFile<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonFile<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    size: Option<u64>,
    sha256: Option<String>,
    /// With 8,192 tokens of context, or as many as it was trained for; an estimate.
    memory: u64,
    places: usize,
}

/// Runs `slm model catalogue`.
///
/// # Errors
/// A catalogue that cannot be read, is not believed, or is older than the one seen.
pub(super) fn run(what: &What, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let shelf = Shelf::open(environment)?;
    match what {
        What::List { json } => list(&shelf, *json)?,
        What::Update { from, insecure } => update(&shelf, from, *insecure)?,
    }
    Ok(ExitStatus::Success)
}

/// The catalogue that counts: the user's own, else the newest signed one, else the one that came with slm.
///
/// # Errors
/// One that cannot be read or is not believed.
pub(super) fn current(shelf: &Shelf<'_>) -> anyhow::Result<Catalogue> {
    if let Some(path) = &shelf.config.models.catalogue {
        return catalogue::local(path).map_err(|e| failed(e.into()));
    }
    match shelf.store.catalogue(&trusted(shelf)?).map_err(failed)? {
        Some(signed) => Ok(signed),
        None => catalogue::built_in().map_err(|e| failed(e.into())),
    }
}

/// The keys that the user's configuration names.
///
/// # Errors
/// What is no public key.
pub(super) fn trusted(shelf: &Shelf<'_>) -> anyhow::Result<Trusted> {
    Trusted::new(&shelf.config.models.trusted)
        .map_err(|error| Failure::usage(format!("config.toml, models.trusted: {error}")))
}

/// An error of a catalogue as one of the command.
pub(super) fn failed(error: ShelvedError) -> anyhow::Error {
    let text = error.to_string();
    match error {
        ShelvedError::Store(error) => super::failed(error),
        ShelvedError::Catalogue(
            CatalogueError::NoModel { .. }
            | CatalogueError::NoFile { .. }
            | CatalogueError::NoDigest { .. }
            | CatalogueError::OtherDigest { .. },
        ) => Failure::usage(text),
        ShelvedError::Catalogue(
            CatalogueError::Signature(_)
            | CatalogueError::Older { .. }
            | CatalogueError::OtherContent { .. },
        ) => Failure::nothing(text),
        _ => Failure::environment(text),
    }
}

impl From<ShelvedError> for Trouble {
    fn from(error: ShelvedError) -> Self {
        Self::Other(failed(error))
    }
}

fn list(shelf: &Shelf<'_>, json: bool) -> anyhow::Result<()> {
    let found = current(shelf)?;
    if json {
        report::json(&Json {
            origin: match found.origin {
                Origin::BuiltIn => "built-in",
                Origin::Signed(_) => "signed",
                Origin::Local(_) => "local",
            },
            version: found.version,
            models: found.models.iter().map(entry).collect(),
        });
        return Ok(());
    }
    say(match &found.origin {
        Origin::BuiltIn => format!("the catalogue that came with slm, version {}", found.version),
        Origin::Signed(signed) => {
            format!("version {}, signed by {}: {}", found.version, signed.key, signed.comment)
        }
        Origin::Local(path) => format!("{}, which nobody has signed", path.display()),
    });
    for model in &found.models {
        let needs = model.files.first().map_or_else(String::new, |file| {
            let memory = model.memory(file, CONTEXT.min(model.context));
            format!(", about {} of memory as {}", size(memory), file.quantisation)
        });
        let limits = model.use_limits.as_deref().map(|text| format!(" ({text})"));
        let (roles, licence) = (model.roles.join(", "), &model.licence);
        say(format!("{:<30} {}", model.name, model.about));
        say(format!("{:<30} {roles}{needs}; {licence}{}", "", limits.unwrap_or_default()));
    }
    Ok(())
}

fn entry(model: &Entry) -> JsonEntry<'_> {
    let file = |file: &crate::models::catalogue::File| {
        (file.sha256, model.memory(file, CONTEXT.min(model.context)))
    };
    let files = model.files.iter().map(|known| {
        let (sha256, memory) = file(known);
        JsonFile {
            kind: &known.quantisation,
            size: known.size,
            sha256: sha256.map(|digest| digest.to_string()),
            memory,
            places: known.places.len(),
        }
    });
    JsonEntry {
        name: &model.name,
        about: &model.about,
        licence: &model.licence,
        use_limits: model.use_limits.as_deref(),
        parameters: model.parameters,
        context: model.context,
        roles: &model.roles,
        files: files.collect(),
    }
}

fn update(shelf: &Shelf<'_>, from: &str, insecure: bool) -> anyhow::Result<()> {
    let trusted = trusted(shelf)?;
    if trusted.is_empty() {
        return Err(Failure::usage(
            "no key is trusted: put the publisher's into `models.trusted` of the configuration",
        ));
    }
    let (text, signature) = if from.contains("://") {
        let network = network(shelf, false, insecure)?;
        let fetch = |url: &str| {
            let place = url.parse::<Address>().map_err(|e| Failure::usage(e.to_string()))?;
            shelf.following(|watch| download::fetch_small("the catalogue", &place, &network, watch))
        };
        (fetch(from)?, fetch(&format!("{from}.minisig"))?)
    } else {
        let mut beside = PathBuf::from(from).into_os_string();
        beside.push(".minisig");
        (fs::read(from.as_ref())?, fs::read(beside.as_ref())?)
    };
    let taken = shelf
        .following(|watch| shelf.store.accept_catalogue(&text, &signature, &trusted, watch))?;
    say(format!("took version {} with {} models", taken.version, taken.models.len()));
    Ok(())
}
