//! Long work, followed and cancelled.

use std::fmt;

use crate::base::Cancel;
use crate::base::fs::FileError;

/// How far a piece of work has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is done, as a participle: "downloading", "checking".
    pub what: &'static str,
    /// Bytes done.
    pub done: u64,
    /// Bytes in all, where that is known.
    pub of: Option<u64>,
}

/// Who waits for the work: is told how far it is, and may end it.
pub struct Watch<'a> {
    cancel: &'a Cancel,
    note: Option<&'a mut dyn FnMut(Progress)>,
    progress: Progress,
}

/// Why long work ended early.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("cancelled")]
    Cancelled,
}

impl<'a> Watch<'a> {
    /// `note` hears of all progress.
    pub fn new(cancel: &'a Cancel, note: &'a mut dyn FnMut(Progress)) -> Self {
        let progress = Progress { what: "", done: 0, of: None };
        Self { cancel, note: Some(note), progress }
    }

    /// Nobody looks, but the work can be cancelled.
    pub fn quiet(cancel: &'a Cancel) -> Self {
        Self { cancel, note: None, progress: Progress { what: "", done: 0, of: None } }
    }

    /// The token that ends the work.
    pub fn cancel(&self) -> &Cancel {
        self.cancel
    }

    /// A piece of work of `of` bytes begins.
    pub fn begin(&mut self, what: &'static str, of: Option<u64>) {
        self.progress = Progress { what, done: 0, of };
        self.tell();
    }

    /// So many more bytes are done.
    pub fn advance(&mut self, bytes: u64) {
        self.progress.done += bytes;
        self.tell();
    }

    /// Ends the work when nobody waits any more.
    ///
    /// # Errors
    /// [`Stopped::Cancelled`].
    pub fn check(&self) -> Result<(), Stopped> {
        if self.cancel.is_cancelled() { Err(Stopped::Cancelled) } else { Ok(()) }
    }

    fn tell(&mut self) {
        if let Some(note) = &mut self.note {
            note(self.progress);
        }
    }
}

impl fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("progress", &self.progress).finish_non_exhaustive()
    }
}
