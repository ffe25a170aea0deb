//! The list of models and adapters: which versions there are, which one counts, and what each is used for.
//!
//! Values and pure functions; reading, locking and writing are the store's. A list that was read has passed
//! [`Registry::parse`], and every function here keeps what that asks for: each current version exists, each
//! role names a model that can fill it, no name or label is there twice.

mod change;
mod error;
mod file;
mod names;
#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use change::{Added, InUse, Moved, NewVersion, Removed};
pub use error::RegistryError;
pub use file::ParseError;
pub use names::{AdapterName, Label, ModelName, NameError, Role};

use super::adapters::Adapter;
use super::digest::Sha256;

/// The one list of what is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Registry {
    pub(super) models: Vec<Model>,
    pub(super) roles: BTreeMap<Role, ModelName>,
    pub(super) adapters: Vec<Adapter>,
}

/// A model: one name, and the versions under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub name: ModelName,
    /// The version that is used.
    pub current: Label,
    /// In the order in which they came; never empty.
    pub versions: Vec<Version>,
}

/// One file that a model has been.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    pub label: Label,
    /// Of the model itself, also while it is encrypted.
    pub sha256: Sha256,
    /// In bytes, of the model itself.
    pub size: u64,
    /// When it came, in seconds since 1970.
    pub added: u64,
    /// Where it came from, for people: a file, an address, a bundle.
    pub source: String,
    /// The version that was current before this one came: what a rollback goes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Label>,
    /// The signed manifest that it came with, kept in the store too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Sha256>,
    /// Set while the file is encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Kept>,
    pub facts: Facts,
}

/// What the header of a model's file, or the catalogue, says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// "qwen2", "llama", ...
    pub architecture: String,
    /// The identifier of its licence, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// How many weights it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<u64>,
    /// The longest context it was trained for, in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<u32>,
    /// "Q4_K_M", "F16", ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantisation: Option<String>,
    /// Has a template for conversations.
    #[serde(default)]
    pub template: bool,
    /// Has the tokens to fill in a middle.
    #[serde(default)]
    pub fim: bool,
    /// Makes vectors, and writes no text.
    #[serde(default)]
    pub embeds: bool,
}

/// A file as it lies in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Of its bytes, and its name.
    pub sha256: Sha256,
    /// In bytes.
    pub size: u64,
}

/// A version with the model it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen<'a> {
    pub model: &'a Model,
    pub version: &'a Version,
}

impl Registry {
    /// All models, in the order in which they came.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// All adapters, in the order in which they came.
    pub fn adapters(&self) -> &[Adapter] {
        &self.adapters
    }

    /// Which model each role has; a role without one is the embedded model's.
    pub fn roles(&self) -> &BTreeMap<Role, ModelName> {
        &self.roles
    }

    /// The model of that name.
    ///
    /// # Errors
    /// [`RegistryError::NoModel`].
    pub fn model(&self, name: &ModelName) -> Result<&Model, RegistryError> {
        let found = self.models.iter().find(|model| model.name == *name);
        found.ok_or_else(|| RegistryError::NoModel(name.clone()))
    }

    /// A version of a model; without a label, the current one.
    ///
    /// # Errors
    /// [`RegistryError::NoModel`], [`RegistryError::NoVersion`].
    pub fn version(
        &self,
        name: &ModelName,
        label: Option<&Label>,
    ) -> Result<Chosen<'_>, RegistryError> {
        let model = self.model(name)?;
        let version = model.version(label.unwrap_or(&model.current))?;
        Ok(Chosen { model, version })
    }

    /// What is used for a role; `None` where that is the embedded model.
    pub fn for_role(&self, role: Role) -> Option<Chosen<'_>> {
        self.version(self.roles.get(&role)?, None).ok()
    }

    /// The roles that a model has now.
    pub fn roles_of(&self, name: &ModelName) -> Vec<Role> {
        self.roles.iter().filter(|(_, filled)| *filled == name).map(|(role, _)| *role).collect()
    }

    /// Which version, of whichever model, these bytes are.
    pub fn known(&self, sha256: Sha256) -> Option<Chosen<'_>> {
        self.models.iter().find_map(|model| {
            let version = model.versions.iter().find(|version| version.sha256 == sha256)?;
            Some(Chosen { model, version })
        })
    }

    /// The name of every file that the list needs in the store.
    pub fn claims(&self) -> BTreeSet<Sha256> {
        let versions = self.models.iter().flat_map(|model| &model.versions);
        let manifests = versions.clone().filter_map(|version| version.manifest);
        let adapters = self.adapters.iter().map(|adapter| adapter.kept().sha256);
        versions.map(|version| version.kept().sha256).chain(manifests).chain(adapters).collect()
    }
}

impl Model {
    /// The version with that label.
    ///
    /// # Errors
    /// [`RegistryError::NoVersion`].
    pub fn version(&self, label: &Label) -> Result<&Version, RegistryError> {
        let found = self.versions.iter().find(|version| version.label == *label);
        found.ok_or_else(|| RegistryError::NoVersion {
            name: self.name.clone(),
            label: label.clone(),
            known: self.versions.iter().map(|version| version.label.clone()).collect(),
        })
    }

    /// Where a rollback from the current version leads, if there is such a place.
    pub fn previous(&self) -> Option<&Version> {
        let current = self.version(&self.current).ok()?;
        self.version(current.replaces.as_ref()?).ok()
    }
}

impl Version {
    /// The file that is in the store: the model, or what it was encrypted to.
    pub fn kept(&self) -> Kept {
        self.sealed.unwrap_or(Kept { sha256: self.sha256, size: self.size })
    }
}

impl Facts {
    /// What this model lacks for a role, as a sentence about it; `None` when it can fill it.
    pub fn lacks(&self, role: Role) -> Option<&'static str> {
        match role {
            Role::Embed if self.embeds => None,
            Role::Embed => Some("it makes no vectors"),
            _ if self.embeds => Some("it makes vectors and writes no text"),
            Role::Complete if !self.fim => Some("it has no tokens to fill in a middle"),
            Role::Chat if !self.template => Some("it has no template for conversations"),
            Role::Repair | Role::Complete | Role::Chat => None,
        }
    }
}
