//! Which models there are to be had: what they are good for, what their licences say, and how a file of theirs is
//! known to be the right one.
//!
//! A catalogue is built in, signed and fetched, or a file that the user names in the configuration. A signed one is
//! taken only when it is not older than the last one seen: whoever can serve files must not be able to serve last
//! year's list either. An entry that names no digest promises nothing: its file is fetched only when the user
//! brings one, or says that the first file that comes is to be trusted.
//!
//! Not here: fetching (`download`), what is on this machine (the registry).

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Sha256;
use super::download::{Address, Proof, Wanted};
use super::keys::{SignatureError, Signed, Trusted};
use crate::base::fs::{self, FileError};
use crate::base::sanitize;

const BUILT_IN: &str = include_str!("../../catalogue/models.toml");
const FORMAT: u32 = 1;
/// Longest catalogue, in bytes: what a fetch of it takes at most.
const LONGEST: usize = 1 << 20;
/// What a model can be listed for.
const ROLES: [&str; 4] = ["repair", "complete", "chat", "embed"];
/// Memory for a run besides weights and context, in bytes: buffers for the sums of one step.
const WORK: u64 = 256 << 20;

/// A list of models.
#[derive(Clone, Debug)]
pub struct Catalogue {
    pub origin: Origin,
    pub version: u64,
    /// Of the text it was read from.
    pub digest: Sha256,
    pub models: Vec<Entry>,
}

/// On whose word a catalogue is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It came with slm.
    BuiltIn,
    /// A trusted key has signed it.
    Signed(Signed),
    /// The user has named the file; nobody has signed it.
    Local(PathBuf),
}

/// The newest signed catalogue that this machine has seen, to be kept by the caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    pub version: u64,
    pub digest: Sha256,
}

/// A model.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Letters, digits, `.`, `_` and `-`; begins with a letter or a digit.
    pub name: String,
    /// One line for people.
    #[serde(default)]
    pub about: String,
    /// The publisher's page, for people: nothing is fetched from it.
    pub source: Option<Address>,
    /// An SPDX expression.
    pub licence: String,
    /// What the licence forbids or asks for, beyond keeping its text.
    pub use_limits: Option<String>,
    /// Numbers in the model, rounded.
    pub parameters: u64,
    /// Longest text it was trained on, in tokens.
    pub context: u32,
    /// Memory for each token of context at 16 bits, in bytes.
    #[serde(default)]
    pub cache_per_token: u64,
    /// The family of its chat template.
    pub template: Option<String>,
    pub fim: Option<Fim>,
    /// Out of repair, complete, chat and embed.
    pub roles: Vec<String>,
    /// The best for most people first.
    pub files: Vec<File>,
}

/// The tokens around the parts of a text whose middle is to be filled in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fim {
    pub prefix: String,
    pub suffix: String,
    pub middle: String,
}

/// A file of a model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// As llama.cpp names them: Q4_K_M, Q8_0, F16.
    pub quantisation: String,
    /// Its name at a mirror; without one, that of the model and the quantisation.
    pub name: Option<String>,
    /// In bytes, where somebody has looked.
    pub size: Option<u64>,
    /// Where somebody has computed it.
    pub sha256: Option<Sha256>,
    /// Where it can be got, the best first.
    #[serde(default)]
    pub places: Vec<Address>,
}

/// What the user says about a file besides its name.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Where to get it instead.
    pub places: Vec<Address>,
    pub sha256: Option<Sha256>,
    /// The first file that comes is to be trusted, when nobody knows its digest.
    pub first_use: bool,
}

/// Why a catalogue, or an entry of one, is of no use.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    #[error("the catalogue is not taken: {0}")]
    Signature(#[from] SignatureError),
    #[error(
        "the catalogue is not taken: it is version {version}, and version {seen} was seen before; somebody serves \
         an old list, or the mirror is behind"
    )]
    Older { version: u64, seen: u64 },
    #[error(
        "the catalogue is not taken: it says to be version {version}, as the one seen before, and is another"
    )]
    OtherContent { version: u64 },
    #[error("the catalogue cannot be read: {0}")]
    Malformed(String),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the catalogue has no model {name}{}", near(candidates))]
    NoModel { name: String, candidates: Vec<String> },
    #[error("{model} has no {quantisation}; it has {}", there.join(", "))]
    NoFile { model: String, quantisation: String, there: Vec<String> },
    #[error(
        "nobody has checked {file}, so the catalogue names no digest for it: give the publisher's (--sha256), or \
         say that the first file that comes is to be trusted (--trust-first)"
    )]
    NoDigest { file: String },
    #[error("{file} should have the SHA-256 {given}, you say, and {listed}, says the catalogue")]
    OtherDigest { file: String, given: Sha256, listed: Sha256 },
}

/// The file itself.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    format: u32,
    version: u64,
    #[serde(default)]
    model: Vec<Entry>,
}

/// The catalogue that came with this slm.
///
/// # Errors
/// None, in a build whose tests have passed.
pub fn built_in() -> Result<Catalogue, CatalogueError> {
    parse(BUILT_IN.as_bytes(), Origin::BuiltIn)
}

/// A catalogue of the user's own, which needs no signature.
///
/// # Errors
/// A file that cannot be read, or is no catalogue.
pub fn local(path: &Path) -> Result<Catalogue, CatalogueError> {
    parse(&fs::read(path)?, Origin::Local(path.to_owned()))
}

/// Takes a catalogue that came from elsewhere, if a trusted key has signed it and it is not older than `seen`.
///
/// # Errors
/// Every reason not to, with the version seen before.
pub fn accept(
    bytes: &[u8],
    signature: &[u8],
    trusted: &Trusted,
    seen: Option<&Seen>,
) -> Result<Catalogue, CatalogueError> {
    let signed = trusted.verify(bytes, signature)?;
    let catalogue = parse(bytes, Origin::Signed(signed))?;
    let version = catalogue.version;
    match seen {
        Some(seen) if version < seen.version => {
            Err(CatalogueError::Older { version, seen: seen.version })
        }
        Some(seen) if version == seen.version && catalogue.digest != seen.digest => {
            Err(CatalogueError::OtherContent { version })
        }
        _ => Ok(catalogue),
    }
}

impl Catalogue {
    /// The model of this name.
    ///
    /// # Errors
    /// [`CatalogueError::NoModel`], with names that hold the one asked for, or the other way round.
    pub fn get(&self, name: &str) -> Result<&Entry, CatalogueError> {
        self.models.iter().find(|model| model.name == name).ok_or_else(|| {
            let near = |there: &&Entry| there.name.contains(name) || name.contains(&there.name);
            let candidates = self.models.iter().filter(near).map(|model| model.name.clone());
            let name = sanitize(name).into_owned();
            CatalogueError::NoModel { name, candidates: candidates.collect() }
        })
    }

    /// What is to be remembered of it, once it was accepted.
    pub fn seen(&self) -> Seen {
        Seen { version: self.version, digest: self.digest }
    }
}

impl Entry {
    /// The file with this quantisation, in whatever case; without one, the first.
    ///
    /// # Errors
    /// [`CatalogueError::NoFile`].
    pub fn file(&self, quantisation: Option<&str>) -> Result<&File, CatalogueError> {
        let wanted =
            quantisation.unwrap_or_else(|| self.files.first().map_or("", |f| &f.quantisation));
        let is_it = |file: &&File| file.quantisation.eq_ignore_ascii_case(wanted);
        self.files.iter().find(is_it).ok_or_else(|| CatalogueError::NoFile {
            model: self.name.clone(),
            quantisation: sanitize(wanted).into_owned(),
            there: self.files.iter().map(|file| file.quantisation.clone()).collect(),
        })
    }

    /// What is to be fetched for `file`, one of its own.
    ///
    /// # Errors
    /// No digest, or one that is not the one the user gives.
    pub fn wanted(&self, file: &File, given: &Given) -> Result<Wanted, CatalogueError> {
        let name = self.file_name(file);
        let proof = match (file.sha256, given.sha256) {
            (Some(listed), Some(given)) if listed != given => {
                return Err(CatalogueError::OtherDigest { file: name, given, listed });
            }
            (Some(digest), _) | (None, Some(digest)) => Proof::Digest(digest),
            (None, None) if given.first_use => Proof::FirstUse,
            (None, None) => return Err(CatalogueError::NoDigest { file: name }),
        };
        let places = if given.places.is_empty() { &file.places } else { &given.places };
        let what = format!("{} ({})", self.name, file.quantisation);
        Ok(Wanted { what, places: places.clone(), file: name, proof, size: file.size })
    }

    /// The name of `file`, one of its own, at a mirror.
    pub fn file_name(&self, file: &File) -> String {
        let made = || format!("{}-{}.gguf", self.name, file.quantisation.to_ascii_lowercase());
        file.name.clone().unwrap_or_else(made)
    }

    /// About how many bytes of memory a run takes with `file`, one of its own, and so many tokens of context.
    ///
    /// Weights (the file, or parameters x bits / 8) + context x bytes for each token + 256 MiB for the work. The
    /// weights of models below a billion parameters take up to a third more: their table of words is large, and
    /// is kept at more bits.
    pub fn memory(&self, file: &File, context: u32) -> u64 {
        let weights = || (self.parameters as f64 * bits(&file.quantisation) / 8.0) as u64;
        let cache = self.cache_per_token.saturating_mul(context.min(self.context).into());
        file.size.unwrap_or_else(weights).saturating_add(cache).saturating_add(WORK)
    }
}

/// Bits for each parameter, on average: a block's bits, and for mixtures (`_M`, `_S`) what files of about seven
/// billion parameters come to.
fn bits(quantisation: &str) -> f64 {
    match quantisation.to_ascii_uppercase().as_str() {
        "F32" => 32.0,
        "F16" | "BF16" => 16.0,
        "Q8_0" => 8.5,
        "Q6_K" => 6.6,
        "Q5_0" | "Q5_K_S" => 5.5,
        "Q5_1" | "Q5_K_M" => 5.7,
        "Q4_0" | "IQ4_NL" | "Q4_K_S" => 4.6,
        "Q3_K_M" => 3.9,
        "Q2_K" => 3.2,
        // Q4_K_M, and what is not known: the usual choice.
        _ => 4.85,
    }
}

fn parse(bytes: &[u8], origin: Origin) -> Result<Catalogue, CatalogueError> {
    let bad = |reason: &str| CatalogueError::Malformed(sanitize(reason).trim().to_owned());
    if bytes.len() > LONGEST {
        return Err(bad("it is too long"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| bad("it is no text"))?;
    // The format first, so that a newer one is told from a broken one.
    let format = toml::from_str::<toml::Table>(text).map_err(|error| bad(&error.to_string()))?;
    match format.get("format").and_then(toml::Value::as_integer) {
        Some(format) if format == i64::from(FORMAT) => {}
        Some(format) => {
            let reason = format!("it has format {format}, and this slm reads format {FORMAT}");
            return Err(bad(&reason));
        }
        None => return Err(bad("it does not say its format")),
    }
    let read = toml::from_str::<Text>(text).map_err(|error| bad(&error.to_string()))?;
    debug_assert_eq!(read.format, FORMAT);
    check(&read.model).map_err(|reason| bad(&reason))?;
    let digest = Sha256::of(bytes);
    Ok(Catalogue { origin, version: read.version, digest, models: read.model })
}

/// What the types do not say.
fn check(models: &[Entry]) -> Result<(), String> {
    let mut names = HashSet::new();
    for model in models {
        let name = &model.name;
        if !is_name(name) {
            return Err(format!("{name:?} is no name for a model"));
        }
        if !names.insert(name) {
            return Err(format!("{name} is there twice"));
        }
        check_entry(model).map_err(|reason| format!("{name}: {reason}"))?;
    }
    Ok(())
}

fn check_entry(model: &Entry) -> Result<(), String> {
    let fim = model.fim.iter().flat_map(|fim| [&fim.prefix, &fim.suffix, &fim.middle]);
    let texts =
        [&model.about, &model.licence].into_iter().chain(&model.use_limits).chain(&model.template);
    if let Some(text) = texts.chain(fim).find(|text| !is_line(text)) {
        return Err(format!("a text is too long or has letters that cannot be shown: {text:.40}"));
    }
    if model.licence.trim().is_empty() {
        return Err("it names no licence".to_owned());
    }
    if model.parameters == 0 || model.context == 0 {
        return Err("parameters and context must be above 0".to_owned());
    }
    if let Some(role) = model.roles.iter().find(|role| !ROLES.contains(&role.as_str())) {
        return Err(format!("{role:?} is none of {}", ROLES.join(", ")));
    }
    if model.files.is_empty() {
        return Err("it has no files".to_owned());
    }
    let mut quantisations = HashSet::new();
    for file in &model.files {
        let quantisation = file.quantisation.to_ascii_uppercase();
        if !is_name(&quantisation) || !quantisations.insert(quantisation) {
            return Err(format!("{:?} is no quantisation, or is there twice", file.quantisation));
        }
        if let Some(name) = file.name.as_ref().filter(|name| !is_name(name)) {
            return Err(format!("{name:?} is no name for a file"));
        }
        if file.size == Some(0) {
            return Err("a file cannot be empty".to_owned());
        }
    }
    Ok(())
}

/// Fit for a command line, a file and an address.
pub(super) fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    begins && text.len() <= 100 && text.bytes().all(fits)
}

/// Fit to be shown on one line.
pub(super) fn is_line(text: &str) -> bool {
    text.len() <= 400 && !text.contains(['\n', '\t']) && sanitize(text) == text
}

fn near(names: &[String]) -> String {
    match names {
        [] => ": `slm model catalogue list` shows those it has".to_owned(),
        names => format!("; it has {}", names.join(", ")),
    }
}

#[cfg(test)]
#[path = "catalogue_tests.rs"]
mod tests;
