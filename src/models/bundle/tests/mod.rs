//! Bundles: what goes in comes out, and nothing else.

mod changes;
mod faults;
mod forged;
mod round;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use super::*;
use crate::base::{Cancel, fs};
use crate::models::Watch;
use crate::models::keys::{Signer, Trusted, generate};

static SIGNER: LazyLock<Signer> =
    LazyLock::new(|| Signer::open(&generate(None).unwrap().secret_file, None).unwrap());

fn trusted() -> Trusted {
    Trusted::new(&[SIGNER.public()]).unwrap()
}

/// A folder with some files, and a place for what arrives.
struct Bench {
    dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A file to be exported.
    fn source(&self, name: &str, kind: Kind, bytes: &[u8]) -> Source {
        let path = self.at(name);
        fs::write(&path, bytes).unwrap();
        let about = About {
            name: name.to_owned(),
            version: "1".to_owned(),
            kind,
            base: (kind == Kind::Adapter).then(|| Sha256::of(b"model")),
            roles: vec!["repair".to_owned()],
            facts: toml::from_str("context = 4096\n[template]\nname = \"chatml\"").unwrap(),
        };
        Source { path, sha256: Sha256::of(bytes), size: bytes.len() as u64, about, base: None }
    }

    fn export(
        &self,
        sources: &[Source],
        against: Option<&Against>,
        to: &str,
    ) -> Result<Manifest, BundleError> {
        let cancel = Cancel::new();
        export(sources, against, &SIGNER, &self.at(to), &mut Watch::quiet(&cancel))
    }

    fn unpack(
        &self,
        name: &str,
        have: &dyn Fn(&Sha256) -> bool,
    ) -> Result<(Opened, Vec<Arrived>), BundleError> {
        self.unpack_with(name, There { have, file: &|_| None })
    }

    fn unpack_with(
        &self,
        name: &str,
        there: There<'_>,
    ) -> Result<(Opened, Vec<Arrived>), BundleError> {
        let cancel = Cancel::new();
        let incoming = self.at("incoming");
        unpack(&self.at(name), &trusted(), &incoming, there, &mut Watch::quiet(&cancel))
    }

    /// What is not taken, in words; and nothing of it stays.
    fn refused(&self, name: &str) -> String {
        let text = self.unpack(name, &|_| false).expect_err("it was taken").to_string();
        assert_eq!(self.arrived(), Vec::<String>::new(), "{text}");
        assert!(text.contains(name), "{text}");
        text
    }

    /// The names of what is in the place for arrivals.
    fn arrived(&self) -> Vec<String> {
        names(&self.at("incoming"))
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
