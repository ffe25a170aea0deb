//! Waits for files of a repository to change.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::base::Cancel;

/// Changes that follow each other this closely are one: a checkout, a formatter.
const SETTLED: Duration = Duration::from_millis(200);
/// How often a wait looks whether it was cancelled.
const TICK: Duration = Duration::from_millis(100);

/// Watches everything below one directory.
#[derive(Debug)]
pub struct Watch {
    changes: Receiver<()>,
    _watcher: RecommendedWatcher,
}

/// Why a directory cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("cannot watch {}: {source}", path.display())]
pub struct WatchError {
    pub path: PathBuf,
    #[source]
    pub source: notify::Error,
}

impl Watch {
    /// Begins to watch `root`.
    ///
    /// # Errors
    /// When the system has no watches left, or none at all.
    pub fn new(root: &Path) -> Result<Self, WatchError> {
        let error = |source| WatchError { path: root.to_owned(), source };
        let (sender, changes) = crossbeam_channel::bounded(1);
        let git = root.join(".git");
        let told = move |event: notify::Result<notify::Event>| {
            let of_ours = match &event {
                Ok(event) => {
                    !event.kind.is_access()
                        && event.paths.iter().any(|path| !path.starts_with(&git))
                }
                // Events were lost: look for yourself.
                Err(_) => true,
            };
            if of_ours {
                // One waiting message is enough.
                let _ = sender.try_send(());
            }
        };
        let mut watcher = notify::recommended_watcher(told).map_err(error)?;
        watcher.watch(root, RecursiveMode::Recursive).map_err(error)?;
        Ok(Self { changes, _watcher: watcher })
    }

    /// Waits until something has changed and settled; false once cancelled.
    pub fn wait(&self, cancel: &Cancel) -> bool {
        loop {
            match self.changes.recv_timeout(TICK) {
                _ if cancel.is_cancelled() => return false,
                Ok(()) => break,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
        while self.changes.recv_timeout(SETTLED).is_ok() && !cancel.is_cancelled() {}
        !cancel.is_cancelled()
    }
}
