//! Whether the files are what the list says, before one is used or on demand.

use std::fmt;
use std::path::{Path, PathBuf};

use super::disk::{self, Links};
use super::error::{Damage, StoreError};
use super::{Store, is_missing};
use crate::base::fs::{FileError, PathContext as _};
use crate::models::adapters::Adapter;
use crate::models::digest::Sha256;
use crate::models::registry::{AdapterName, Chosen, Kept, Label, ModelName, Registry, Version};
use crate::models::watch::{Stopped, Watch};

/// How closely a file is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// That it is there and has its size.
    Size,
    /// That every byte is as it was: reads all of it.
    Hash,
}

/// An entry of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    Model { name: ModelName, label: Label },
    Adapter(AdapterName),
}

/// Which file of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The model or the adapter, encrypted or not.
    Itself,
    /// The signed manifest that it came with.
    Manifest,
}

/// What is wrong with a file of the store.
#[derive(Debug)]
pub enum Wrong {
    Missing,
    /// A directory, a link, or something stranger.
    NotAFile,
    Size {
        expected: u64,
        found: u64,
    },
    Hash {
        expected: Sha256,
        found: Sha256,
    },
    Unreadable(FileError),
}

/// What [`Store::verify`] says of one entry.
#[derive(Debug)]
pub struct Finding {
    pub item: Item,
    pub part: Part,
    pub path: PathBuf,
    /// `None`: it is as it was.
    pub wrong: Option<Wrong>,
}

/// A model that can be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    pub path: PathBuf,
    pub name: ModelName,
    pub version: Version,
}

/// An adapter that can be loaded.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedAdapter {
    pub path: PathBuf,
    pub adapter: Adapter,
}

impl Store {
    /// The file of a model; without a label, of its current version.
    ///
    /// # Errors
    /// [`StoreError::Registry`] when there is none; [`StoreError::Damaged`]; [`StoreError::Sealed`] and
    /// [`StoreError::SealedWithoutFeature`] when it is encrypted; cancellation.
    pub fn open_model(
        &self,
        name: &ModelName,
        label: Option<&Label>,
        check: Check,
        watch: &mut Watch<'_>,
    ) -> Result<Opened, StoreError> {
        let registry = self.registry()?;
        let chosen = registry.version(name, label)?;
        let (item, version) = (Item::model(&chosen), chosen.version.clone());
        refuse_sealed(&item, version.sealed)?;
        let path = self.sound(&registry, &item, version.kept(), check, watch)?;
        Ok(Opened { path, name: name.clone(), version })
    }

    /// The file of an adapter.
    ///
    /// # Errors
    /// As [`Store::open_model`].
    pub fn open_adapter(
        &self,
        name: &AdapterName,
        check: Check,
        watch: &mut Watch<'_>,
    ) -> Result<OpenedAdapter, StoreError> {
        let registry = self.registry()?;
        let adapter = registry.adapter(name)?.clone();
        let item = Item::Adapter(name.clone());
        refuse_sealed(&item, adapter.sealed)?;
        let path = self.sound(&registry, &item, adapter.kept(), check, watch)?;
        Ok(OpenedAdapter { path, adapter })
    }

    /// Reads every file that the list names, and says of each entry what is wrong with it. Of an encrypted one
    /// it is the encrypted bytes that are looked at: no key is needed.
    ///
    /// # Errors
    /// [`StoreError::List`]; cancellation. A file that is not as it should be is no error here.
    pub fn verify(&self, watch: &mut Watch<'_>) -> Result<Vec<Finding>, StoreError> {
        let mut found = Vec::new();
        for (item, part, sha256, size) in entries(&self.registry()?) {
            let path = self.file_path(sha256);
            let wrong = look(&path, sha256, size, Check::Hash, watch)?;
            found.push(Finding { item, part, path, wrong });
        }
        Ok(found)
    }

    /// The path of an entry's file, which was looked at.
    pub(in crate::models) fn sound(
        &self,
        registry: &Registry,
        item: &Item,
        kept: Kept,
        check: Check,
        watch: &mut Watch<'_>,
    ) -> Result<PathBuf, StoreError> {
        let path = self.file_path(kept.sha256);
        match look(&path, kept.sha256, Some(kept.size), check, watch)? {
            None => Ok(path),
            Some(wrong) => {
                let remedy = remedy(registry, item);
                let damage = Damage { item: item.clone(), path, wrong, remedy };
                Err(StoreError::Damaged(Box::new(damage)))
            }
        }
    }
}

/// Every file of the list with its digest and, where that is known, its size.
fn entries(registry: &Registry) -> Vec<(Item, Part, Sha256, Option<u64>)> {
    let versions = registry
        .models()
        .iter()
        .flat_map(|model| model.versions.iter().map(move |version| Chosen { model, version }));
    let mut all = Vec::new();
    for chosen in versions {
        let kept = chosen.version.kept();
        all.push((Item::model(&chosen), Part::Itself, kept.sha256, Some(kept.size)));
        if let Some(manifest) = chosen.version.manifest {
            all.push((Item::model(&chosen), Part::Manifest, manifest, None));
        }
    }
    all.extend(registry.adapters().iter().map(|adapter| {
        let kept = adapter.kept();
        (Item::Adapter(adapter.name.clone()), Part::Itself, kept.sha256, Some(kept.size))
    }));
    all
}

/// What is wrong with the file at `path`.
///
/// # Errors
/// Cancellation alone.
fn look(
    path: &Path,
    sha256: Sha256,
    size: Option<u64>,
    check: Check,
    watch: &mut Watch<'_>,
) -> Result<Option<Wrong>, StoreError> {
    let opened = disk::open_regular(path, Links::Refuse)
        .and_then(|file| Ok(file.metadata().path("read", path)?.len()));
    let found = match opened {
        Ok(found) => found,
        Err(StoreError::File(error)) if is_missing(&error) => return Ok(Some(Wrong::Missing)),
        Err(StoreError::File(error)) if is_link(&error) => return Ok(Some(Wrong::NotAFile)),
        Err(StoreError::File(error)) => return Ok(Some(Wrong::Unreadable(error))),
        Err(_) => return Ok(Some(Wrong::NotAFile)),
    };
    if let Some(expected) = size.filter(|size| *size != found) {
        return Ok(Some(Wrong::Size { expected, found }));
    }
    if check == Check::Size {
        return Ok(None);
    }
    match Sha256::of_file(path, watch) {
        Ok(found) if found == sha256 => Ok(None),
        Ok(found) => Ok(Some(Wrong::Hash { expected: sha256, found })),
        Err(Stopped::File(error)) => Ok(Some(Wrong::Unreadable(error))),
        Err(stopped @ Stopped::Cancelled) => Err(stopped.into()),
    }
}

/// `O_NOFOLLOW` met a link.
fn is_link(error: &FileError) -> bool {
    error.source.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

fn refuse_sealed(item: &Item, sealed: Option<Kept>) -> Result<(), StoreError> {
    match sealed {
        None => Ok(()),
        Some(_) if cfg!(feature = "encryption") => Err(StoreError::Sealed(item.clone())),
        Some(_) => Err(StoreError::SealedWithoutFeature(item.clone())),
    }
}

/// What helps when the file of an entry is damaged.
fn remedy(registry: &Registry, item: &Item) -> String {
    let previous = match item {
        Item::Model { name, label } => registry
            .model(name)
            .ok()
            .filter(|model| model.current == *label)
            .and_then(|model| Some((name, &model.previous()?.label))),
        Item::Adapter(_) => None,
    };
    let again = match item {
        Item::Adapter(_) => "`slm model adapter add` with the same file repairs it",
        Item::Model { .. } => "`slm model add` or `slm model pull` with the same file repairs it",
    };
    match previous {
        Some((name, label)) => {
            format!("`slm model rollback {name}` goes back to version {label}, or {again}")
        }
        None => again.to_owned(),
    }
}

impl Item {
    /// The entry of a version.
    pub fn model(chosen: &Chosen<'_>) -> Self {
        let (name, label) = (chosen.model.name.clone(), chosen.version.label.clone());
        Self::Model { name, label }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model { name, label } => write!(f, "{name} {label}"),
            Self::Adapter(name) => write!(f, "the adapter {name}"),
        }
    }
}

impl fmt::Display for Finding {
    /// What it is about, without the verdict: "m 2", "the manifest of m 2".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            Part::Itself => self.item.fmt(f),
            Part::Manifest => write!(f, "the manifest of {}", self.item),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("is missing"),
            Self::NotAFile => f.write_str("is no regular file"),
            Self::Size { expected, found } => {
                write!(f, "has {found} bytes instead of {expected}")
            }
            Self::Hash { expected, found } => {
                write!(f, "was changed: its SHA-256 is {found} instead of {expected}")
            }
            Self::Unreadable(error) => write!(f, "cannot be read ({})", error.source),
        }
    }
}
