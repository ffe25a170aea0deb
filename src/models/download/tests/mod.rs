//! Downloads, from a server on this machine that does what servers should not.

mod faults;
mod honest;
mod lies;
mod server;
mod ways;

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;
use crate::base::Cancel;
use server::{Ask, Reply, Server, good};

const TAG: &str = "\"one\"";

/// A file of `len` bytes that are not all the same.
fn file(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 31 + at / 251) as u8).collect()
}

/// A folder for arrivals, and how the network may be used in a test: quickly.
struct Bench {
    dir: tempfile::TempDir,
    network: Network,
}

impl Bench {
    fn new() -> Self {
        let limits = Limits {
            silence: Duration::from_secs(600),
            largest: 10 << 20,
            spare: 0,
            retries: 2,
            pause: Duration::from_millis(1),
            longest_pause: Duration::from_millis(20),
            keep_every: 100_000,
            ..Limits::default()
        };
        let network = Network { limits, ..Network::default() };
        Self { dir: tempfile::tempdir().unwrap(), network }
    }

    fn incoming(&self) -> PathBuf {
        self.dir.path().join("incoming")
    }

    /// The names of the files that are there.
    fn names(&self) -> Vec<String> {
        names(&self.incoming())
    }

    fn fetch(&self, wanted: &Wanted) -> Result<Fetched, DownloadError> {
        let cancel = Cancel::new();
        fetch(wanted, &self.network, &self.incoming(), &|_| false, &mut Watch::quiet(&cancel))
    }

    /// Fetches what has to come, and checks that it is `file`.
    fn gets(&self, wanted: &Wanted, file: &[u8]) -> Box<New> {
        match self.fetch(wanted).unwrap() {
            Fetched::There => panic!("it is not there"),
            Fetched::New(new) => {
                assert!(crate::base::fs::read(new.staged.path()).unwrap() == file, "another file");
                assert_eq!(new.staged.sha256(), Sha256::of(file));
                assert_eq!(new.staged.size(), file.len() as u64);
                new
            }
        }
    }

    /// Fetches what cannot come, and returns why.
    fn fails(&self, wanted: &Wanted) -> String {
        let error = self.fetch(wanted).expect_err("it was taken");
        let text = error.to_string();
        assert!(!text.contains('\n') && !text.contains("hunter2"), "{text}");
        assert!(!self.names().iter().any(|name| name.ends_with(".whole")), "{text}");
        text
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| name.split_once('.').map_or(name.clone(), |(_, end)| end.to_owned()))
        .collect();
    names.sort();
    names
}

/// `file`, to be known by its digest, from this server.
fn wanted(server: &Server, file: &[u8]) -> Wanted {
    Wanted {
        what: "tiny".to_owned(),
        places: vec![server.at("/tiny.gguf")],
        file: "tiny.gguf".to_owned(),
        proof: Proof::Digest(Sha256::of(file)),
        size: None,
    }
}

/// The same without a digest.
fn unknown(server: &Server) -> Wanted {
    Wanted { proof: Proof::FirstUse, ..wanted(server, b"") }
}
