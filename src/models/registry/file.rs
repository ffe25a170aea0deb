//! The list as the text of `registry.toml`, and what must hold in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Kept, Model, ModelName, Registry, Role};
use crate::models::adapters::Adapter;
use crate::models::digest::Sha256;

/// The one format there is.
const FORMAT: u32 = 1;

/// Why a text is no list.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    #[error(
        "{} has format {found}, and this slm reads format {FORMAT}: use the newer slm that wrote it, or move \
         the file away to begin again",
        path.display()
    )]
    Format { path: PathBuf, found: i64 },
    #[error("{} is damaged: {reason}. Move it away to begin again; the model files stay", path.display())]
    Damaged { path: PathBuf, reason: String },
}

/// The file's first glance, whatever else is in it.
#[derive(Deserialize)]
struct Head {
    format: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: i64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    roles: BTreeMap<Role, ModelName>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    models: Vec<Model>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    adapters: Vec<Adapter>,
}

impl Registry {
    /// Reads the text of the file at `path`, which only serves the errors.
    ///
    /// # Errors
    /// [`ParseError`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ParseError> {
        let damaged = |reason: String| ParseError::Damaged { path: path.to_owned(), reason };
        let head: Head = toml::from_str(text).map_err(|error| damaged(short(&error)))?;
        if head.format != i64::from(FORMAT) {
            return Err(ParseError::Format { path: path.to_owned(), found: head.format });
        }
        let document: Document = toml::from_str(text).map_err(|error| damaged(short(&error)))?;
        let Document { format: _, roles, models, adapters } = document;
        let registry = Self { models, roles, adapters };
        match registry.contradiction() {
            None => Ok(registry),
            Some(reason) => Err(damaged(reason)),
        }
    }

    /// The text of the file.
    ///
    /// # Errors
    /// A number that TOML has no place for.
    pub fn to_text(&self) -> Result<String, toml::ser::Error> {
        let Self { models, roles, adapters } = self.clone();
        let document = Document { format: i64::from(FORMAT), roles, models, adapters };
        let text = toml::to_string(&document)?;
        Ok(format!("# Written by slm, and read again: change it with `slm model`.\n{text}"))
    }

    /// The first thing that cannot be, if there is one.
    pub(in crate::models) fn contradiction(&self) -> Option<String> {
        let names = self.models.iter().map(|model| model.name.as_str());
        let adapters = self.adapters.iter().map(|adapter| adapter.name.as_str());
        twice(names)
            .map(|name| format!("the model {name} is there twice"))
            .or_else(|| twice(adapters).map(|name| format!("the adapter {name} is there twice")))
            .or_else(|| self.models.iter().find_map(Model::contradiction))
            .or_else(|| self.roles.iter().find_map(|(role, name)| self.unfilled(*role, name)))
            .or_else(|| self.sealed_differently())
    }

    fn unfilled(&self, role: Role, name: &ModelName) -> Option<String> {
        match self.version(name, None) {
            Err(_) => Some(format!("{role} is given to {name}, which is not there")),
            Ok(chosen) => {
                let lacks = chosen.version.facts.lacks(role)?;
                Some(format!("{role} is given to {name}, and {lacks}"))
            }
        }
    }

    /// The same bytes lie in the store in one way only.
    fn sealed_differently(&self) -> Option<String> {
        let versions = self.models.iter().flat_map(|model| &model.versions);
        let versions = versions.map(|version| (version.sha256, (version.size, version.sealed)));
        let adapters = self.adapters.iter();
        let adapters = adapters.map(|adapter| (adapter.sha256, (adapter.size, adapter.sealed)));
        let mut seen: BTreeMap<Sha256, (u64, Option<Kept>)> = BTreeMap::new();
        versions.chain(adapters).find_map(|(sha256, kept)| {
            let first = *seen.entry(sha256).or_insert(kept);
            (first != kept).then(|| format!("the file {sha256} is there in two ways"))
        })
    }
}

impl Model {
    fn contradiction(&self) -> Option<String> {
        let name = &self.name;
        if let Some(label) = twice(self.versions.iter().map(|version| version.label.as_str())) {
            return Some(format!("version {label} of {name} is there twice"));
        }
        if let Some(sha256) = twice(self.versions.iter().map(|version| version.sha256)) {
            return Some(format!("{name} has the file {sha256} twice"));
        }
        if self.version(&self.current).is_err() {
            return Some(format!("the current version of {name}, {}, is not there", self.current));
        }
        self.versions.iter().enumerate().find_map(|(at, version)| {
            let replaced = version.replaces.as_ref()?;
            let earlier = self.versions[..at].iter().any(|version| version.label == *replaced);
            (!earlier).then(|| format!("{name} has no version {replaced} before {}", version.label))
        })
    }
}

fn twice<T: Ord + Copy>(items: impl Iterator<Item = T>) -> Option<T> {
    let mut seen = BTreeSet::new();
    items.into_iter().find(|item| !seen.insert(*item))
}

/// What is wrong with the TOML, on one line.
fn short(error: &toml::de::Error) -> String {
    error.message().lines().collect::<Vec<_>>().join(" ")
}
