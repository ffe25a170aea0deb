//! Opens what is known of the repository at hand, brought up to date.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::report::Failure;
use super::watch;
use crate::base::Cancel;
use crate::config::{Config, Environment};
use crate::repo::graph::{Graph, NodeId};
use crate::repo::index::{Index, IndexError, Scope, Snapshot, Update};
use crate::repo::{self, lookup};
use crate::tui::IndexLine;

/// An index that is up to date, and what it took.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) index: Index,
    pub(super) update: Update,
    pub(super) cancel: Cancel,
}

/// How much of the index a command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// Symbols of all files but tests.
    Outline,
    Symbols,
    Words,
}

/// Opens the index of the repository around `dir`, or around the current directory.
///
/// # Errors
/// A directory that is not there, an index that cannot be written, Ctrl-C.
pub(super) fn open(
    dir: Option<&Path>,
    depth: Depth,
    environment: &Environment,
) -> anyhow::Result<Known> {
    let cancel = Cancel::new();
    watch::interrupts(&cancel)?;
    let start = match dir {
        Some(dir) => dir.to_owned(),
        None => std::env::current_dir().context("cannot tell the current directory")?,
    };
    let root = repo::discover(&start).map_err(|e| Failure::usage(e.to_string()))?;
    let mut index = Index::open(&directory(environment), &root.path)?;
    let line = IndexLine::new(environment.term.as_deref());
    let scope = if depth == Depth::Outline { Scope::Sources } else { Scope::All };
    let update =
        index.update(scope, &cancel, &|progress| line.update(progress)).map_err(interrupted)?;
    if depth == Depth::Words {
        index.make_searchable(&cancel, &|progress| line.update(progress)).map_err(interrupted)?;
    }
    line.finish();
    Ok(Known { index, update, cancel })
}

/// The words of the test command of the repository at `root`: the configured one, else the one that fits its files.
pub(super) fn test_command(config: &Config, root: &Path) -> Option<Vec<String>> {
    let configured = config.test_command(root).map(<[String]>::to_vec);
    configured.or_else(|| repo::detect_test_command(root).map(|detected| detected.argv))
}

/// Where the indexes of all repositories lie.
pub(super) fn directory(environment: &Environment) -> PathBuf {
    environment.cache_dir().join("index")
}

/// The error of an index, Ctrl-C told apart.
pub(super) fn interrupted(error: IndexError) -> anyhow::Error {
    match error {
        IndexError::Cancelled => Failure::interrupted(),
        other => other.into(),
    }
}

impl Known {
    /// Brings the tests up to date as well.
    ///
    /// # Errors
    /// An index that cannot be written; Ctrl-C.
    pub(super) fn update_all(&mut self) -> anyhow::Result<()> {
        let cancel = self.cancel.clone();
        self.index.update(Scope::All, &cancel, &|_| ()).map(|_| ()).map_err(interrupted)
    }

    /// Files and symbols.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub(super) fn snapshot(&mut self) -> anyhow::Result<Snapshot> {
        Ok(self.index.snapshot()?)
    }
}

/// The definitions called `symbol`.
///
/// # Errors
/// When there are none, with what is spelt alike.
pub(super) fn symbol(graph: &Graph<'_>, symbol: &str) -> anyhow::Result<Vec<NodeId>> {
    let found = lookup::find(graph, symbol);
    if found.is_empty() {
        let similar = lookup::similar(graph, symbol, 3);
        let hint = if similar.is_empty() {
            "`slm search` looks for words".to_owned()
        } else {
            format!("did you mean {}?", similar.join(", "))
        };
        return Err(Failure::nothing(format!("nothing here is called {symbol}: {hint}")));
    }
    Ok(found)
}
