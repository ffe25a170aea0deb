//! A store in a scratch directory, for the tests of this room.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::{Finding, Store, StoreError};
use crate::base::Cancel;
use crate::models::adapters::Adapter;
use crate::models::digest::Sha256;
use crate::models::registry::testing::{facts, name};
use crate::models::registry::{Added, NewVersion};
use crate::models::staged::Staged;
use crate::models::watch::Watch;

/// A store, and a place for the user's own files beside it.
pub(crate) struct Bench {
    dir: tempfile::TempDir,
    pub(crate) store: Store,
}

/// The bytes of a small model.
pub(crate) fn bytes(number: u8) -> Vec<u8> {
    vec![number; 100]
}

/// Calls `work` with a watch that nobody looks at.
pub(crate) fn quietly<T>(work: impl FnOnce(&mut Watch<'_>) -> T) -> T {
    work(&mut Watch::quiet(&Cancel::new()))
}

/// A version for these bytes.
pub(crate) fn version_of(bytes: &[u8]) -> NewVersion {
    NewVersion {
        label: None,
        sha256: Sha256::of(bytes),
        size: bytes.len() as u64,
        added: 1_760_000_000,
        source: "model.gguf".to_owned(),
        manifest: None,
        facts: facts(),
    }
}

/// Stages a file of the user's with these bytes, and adds it to the model of that name.
pub(crate) fn add(
    store: &Store,
    file: &Path,
    model: &str,
    bytes: &[u8],
) -> Result<Added, StoreError> {
    crate::base::fs::write(file, bytes)?;
    quietly(|watch| {
        let staged = store.stage_file(file, Some(Sha256::of(bytes)), watch)?;
        store.adopt(&[staged], watch, |list| list.add(&name(model), version_of(bytes)))
    })
}

impl Bench {
    /// In memory where the system has such a place: some tests write a thousand times.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        std::fs::create_dir(dir.path().join("mine")).unwrap();
        let store = Store::open(dir.path().join("data/models")).unwrap();
        Self { dir, store }
    }

    /// The model "m" with versions 1 and 2, used for chats, and the adapter "a" for the second.
    pub(crate) fn prepared() -> Self {
        let bench = Self::new();
        bench.add("m", &bytes(1)).unwrap();
        bench.add("m", &bytes(2)).unwrap();
        bench.add_adapter("a", 3, 2).unwrap();
        let role = crate::models::registry::Role::Chat;
        quietly(|watch| bench.store.change(watch, |list| list.use_for(role, Some(&name("m")))))
            .unwrap();
        bench
    }

    /// A file of the user's.
    pub(crate) fn mine(&self, name: &str) -> PathBuf {
        self.dir.path().join("mine").join(name)
    }

    /// The store's directory.
    pub(crate) fn dir(&self) -> PathBuf {
        self.dir.path().join("data/models")
    }

    pub(crate) fn file(&self, bytes: &[u8]) -> PathBuf {
        self.dir().join("files").join(Sha256::of(bytes).to_string())
    }

    pub(crate) fn stage(&self, bytes: &[u8]) -> Result<Staged, StoreError> {
        let path = self.mine("staged.gguf");
        crate::base::fs::write(&path, bytes)?;
        quietly(|watch| self.store.stage_file(&path, None, watch))
    }

    pub(crate) fn add(&self, model: &str, bytes: &[u8]) -> Result<Added, StoreError> {
        add(&self.store, &self.mine("model.gguf"), model, bytes)
    }

    pub(crate) fn add_adapter(
        &self,
        adapter: &str,
        number: u8,
        base: u8,
    ) -> Result<(), StoreError> {
        let staged = self.stage(&bytes(number))?;
        let new = Adapter {
            sha256: staged.sha256(),
            size: staged.size(),
            base: Sha256::of(&bytes(base)),
            ..crate::models::registry::testing::adapter(adapter, number, base)
        };
        quietly(|watch| self.store.adopt(&[staged], watch, |list| list.add_adapter(new)))
    }

    /// The entries with something wrong.
    pub(crate) fn damaged(&self) -> Vec<Finding> {
        let all = quietly(|watch| self.store.verify(watch)).unwrap();
        all.into_iter().filter(|finding| finding.wrong.is_some()).collect()
    }

    /// Names in a directory of the store.
    pub(crate) fn names(&self, dir: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.dir().join(dir)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
