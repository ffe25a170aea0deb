//! What every command on model files begins with: the store, the configuration, Ctrl-C, and a line of progress.

use std::path::Path;

use crate::base::{Cancel, sanitize};
use crate::cli::report::{self, Failure};
use crate::cli::watch;
use crate::config::{self, Config, Environment};
use crate::models::registry::{ModelName, Registry, Role};
use crate::models::store::{Check, Opened, Store, StoreError};
use crate::models::watch::{Stopped, Watch};
use crate::tui::ByteLine;

/// The user's store of models.
pub(in crate::cli) struct Shelf<'a> {
    pub(in crate::cli) store: Store,
    pub(in crate::cli) config: Config,
    pub(in crate::cli) environment: &'a Environment,
    pub(in crate::cli) cancel: Cancel,
}

impl<'a> Shelf<'a> {
    /// Opens the store, makes it when there is none, and catches Ctrl-C.
    ///
    /// # Errors
    /// A configuration that cannot be read; a store that is not the user's own.
    pub(in crate::cli) fn open(environment: &'a Environment) -> anyhow::Result<Self> {
        let config = config::load(&environment.config_file())
            .map_err(|e| Failure::environment(e.to_string()))?;
        let store = Store::open(environment.models_dir()).map_err(failed)?;
        let cancel = Cancel::new();
        watch::interrupts(&cancel)?;
        Ok(Self { store, config, environment, cancel })
    }

    /// The list as it is now.
    ///
    /// # Errors
    /// A list that cannot be read.
    pub(in crate::cli) fn registry(&self) -> anyhow::Result<Registry> {
        self.store.registry().map_err(failed)
    }

    /// Does long work under a line of progress, until Ctrl-C.
    ///
    /// # Errors
    /// Those of the work, as failures of the command.
    pub(in crate::cli) fn following<T, E: Into<Trouble>>(
        &self,
        work: impl FnOnce(&mut Watch<'_>) -> Result<T, E>,
    ) -> anyhow::Result<T> {
        let mut line = ByteLine::new(self.environment.term.as_deref());
        let mut note = |progress: crate::models::watch::Progress| {
            line.update(progress.what, progress.done, progress.of);
        };
        let done = work(&mut Watch::new(&self.cancel, &mut note));
        line.finish();
        done.map_err(|error| error.into().failure())
    }

    /// The file of a model in the store.
    ///
    /// # Errors
    /// No such model; a file that is not what it was.
    pub(in crate::cli) fn file(&self, name: &ModelName, check: Check) -> anyhow::Result<Opened> {
        self.following(|watch| self.store.open_model(name, None, check, watch))
    }
}

/// What can end work on model files.
#[derive(Debug)]
pub(in crate::cli) enum Trouble {
    Interrupted,
    /// What was asked for is not there, or is not what it should be.
    Nothing(String),
    Usage(String),
    Environment(String),
    Other(anyhow::Error),
}

impl Trouble {
    pub(super) fn failure(self) -> anyhow::Error {
        match self {
            Self::Interrupted => Failure::interrupted(),
            Self::Nothing(text) => Failure::nothing(text),
            Self::Usage(text) => Failure::usage(text),
            Self::Environment(text) => Failure::environment(text),
            Self::Other(error) => error,
        }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        let text = error.to_string();
        match error {
            StoreError::Stopped(Stopped::Cancelled) => Self::Interrupted,
            StoreError::Registry(_) => Self::Usage(text),
            StoreError::Damaged { .. } | StoreError::OtherFile { .. } => Self::Nothing(text),
            _ => Self::Environment(text),
        }
    }
}

/// An error of the store as one of the command.
pub(in crate::cli) fn failed(error: StoreError) -> anyhow::Error {
    Trouble::from(error).failure()
}

/// A name as it was typed.
///
/// # Errors
/// A text that cannot be a name.
pub(super) fn name(text: &str) -> anyhow::Result<ModelName> {
    text.parse().map_err(|e| Failure::usage(format!("{e}")))
}

/// A name made from a file's: what cannot stand in a name becomes a dash.
pub(super) fn name_of(path: &Path) -> anyhow::Result<ModelName> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
    let text: String = stem.chars().map(|c| if allowed(c) { c } else { '-' }).take(64).collect();
    let text = text.trim_matches(['-', '.', '_']);
    text.parse().map_err(|_| {
        Failure::usage(format!("no name can be made from {}: give one with --name", path.display()))
    })
}

/// A role as it was typed.
///
/// # Errors
/// A word that is none.
pub(super) fn role(text: &str) -> anyhow::Result<Role> {
    text.parse().map_err(|e| Failure::usage(format!("{e}")))
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// One line for people; what comes from outside is made harmless.
pub(super) fn say(text: impl AsRef<str>) {
    report::line(&sanitize(text.as_ref()));
}
