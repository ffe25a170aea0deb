//! The manifest of a bundle: what it holds, and what it takes to be there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::sanitize;
use crate::models::Sha256;
use crate::models::catalogue::{is_line, is_name};

/// The format of a bundle in which all files are whole.
pub(super) const WHOLE: u32 = 1;
/// The format of one in which some are only told as what changed.
pub(super) const CHANGES: u32 = 2;
/// Longest manifest, in bytes.
pub(super) const LONGEST: u64 = 1 << 20;

/// What a bundle holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: u32,
    /// The program that has made it, and its version.
    pub made_by: String,
    /// What the other side is taken to have, in words: the bundle, or the list, that this one was made against.
    pub against: Option<String>,
    #[serde(default, rename = "item")]
    pub items: Vec<Item>,
}

/// A model or an adapter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    pub sha256: Sha256,
    /// In bytes.
    pub size: u64,
    /// Whether its file is in the bundle; otherwise the other side is taken to have it.
    pub present: bool,
    /// Where only what changed is in the bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta: Option<Delta>,
    pub about: About,
}

/// What a file is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delta {
    /// The file that the other side is taken to have.
    pub base: Sha256,
    /// Bytes of what changed.
    pub size: u64,
}

/// What is known of a file besides its bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The model's name; letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// The label of this version of it, of the same letters.
    pub version: String,
    pub kind: Kind,
    /// For an adapter: the model that it was made for.
    pub base: Option<Sha256>,
    /// What it is meant for.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Whatever else the registry keeps of it: not looked at here.
    #[serde(default)]
    pub facts: toml::Table,
}

/// See [`About::kind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Model,
    Adapter,
}

impl Item {
    /// The name of its file in the archive.
    pub(super) fn member(&self) -> String {
        let folder = if self.delta.is_some() { "deltas" } else { "files" };
        format!("{folder}/{}", self.sha256)
    }

    /// Bytes of its file in the archive.
    pub(super) fn packed(&self) -> u64 {
        self.delta.map_or(self.size, |delta| delta.size)
    }
}

impl Manifest {
    /// Reads the text of one.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "its manifest is no text".to_owned())?;
        let broken = |error: toml::de::Error| {
            format!("its manifest cannot be read: {}", sanitize(&error.to_string()).trim())
        };
        let table = toml::from_str::<toml::Table>(text).map_err(broken)?;
        let format = table.get("format").and_then(toml::Value::as_integer);
        if ![WHOLE, CHANGES].iter().any(|&known| format == Some(known.into())) {
            let format = format.map_or("none".to_owned(), |format| format.to_string());
            return Err(format!(
                "its format is {format}, and this slm reads {WHOLE} and {CHANGES}: a newer slm has made it"
            ));
        }
        let manifest = toml::from_str::<Self>(text).map_err(broken)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Its text.
    pub(super) fn write(&self) -> Result<String, String> {
        self.check()?;
        let text = toml::to_string(self).map_err(|error| error.to_string())?;
        let fits = text.len() as u64 <= LONGEST;
        fits.then_some(text).ok_or_else(|| format!("its manifest is longer than {LONGEST} bytes"))
    }

    /// The files that are in the bundle, whole or as what changed, in the order of the archive.
    pub(super) fn files(&self) -> BTreeMap<Sha256, &Item> {
        let present = self.items.iter().filter(|item| item.present);
        present.map(|item| (item.sha256, item)).collect()
    }

    /// Bytes of these files once they are whole.
    pub(super) fn bytes(&self) -> u64 {
        self.files().values().fold(0, |sum, item| sum.saturating_add(item.size))
    }

    /// Bytes of these files in the bundle.
    pub(super) fn packed(&self) -> u64 {
        self.files().values().fold(0, |sum, item| sum.saturating_add(item.packed()))
    }

    fn check(&self) -> Result<(), String> {
        if self.format == WHOLE && self.items.iter().any(|item| item.delta.is_some()) {
            return Err(format!("in format {WHOLE} all files are whole"));
        }
        let lines = self.against.iter().chain([&self.made_by]);
        if let Some(text) = lines.into_iter().find(|text| !is_line(text)) {
            return Err(format!("a text is too long or cannot be shown: {:.40}", sanitize(text)));
        }
        if self.items.is_empty() {
            return Err("there is nothing in it".to_owned());
        }
        let mut known: BTreeMap<Sha256, (u64, bool, Option<Delta>)> = BTreeMap::new();
        for (index, item) in self.items.iter().enumerate() {
            let About { name, version, base, kind, roles, .. } = &item.about;
            if let Some(text) = [name, version].into_iter().chain(roles).find(|text| !is_name(text))
            {
                return Err(format!("{text:?} is no name of a model, a version or a role"));
            }
            if base.is_some() && *kind == Kind::Model {
                return Err(format!("{name} is a model, and names one that it was made for"));
            }
            let same = |other: &Item| (&other.about.name, &other.about.version) == (name, version);
            if self.items[..index].iter().any(same) {
                return Err(format!("{name} {version} is there twice"));
            }
            if item.delta.is_some_and(|delta| !item.present || delta.base == item.sha256) {
                return Err(format!("what changed in {name} makes no sense"));
            }
            let what = (item.size, item.present, item.delta);
            if *known.entry(item.sha256).or_insert(what) != what {
                return Err(format!("{name} and another are one file, and differ"));
            }
        }
        Ok(())
    }
}
