//! The screen of a conversation: transcript, composer, questions, status.
//!
//! [`run`] owns the [`Conversation`](crate::agent::chat::Conversation) while the screen is shown: it feeds
//! it what the person types and what comes in by the channel, and hands its effects on. `app` and `keys`
//! are pure state that events change, `view` draws it. Nothing is run, read or written here but the files
//! that a message mentions.

mod app;
mod complete;
mod composer;
mod copy;
mod event;
mod flow;
mod fuzzy;
mod keys;
mod lay;
mod markdown;
mod mention;
mod pasted;
mod review;
mod run;
mod search;
mod stream;
mod transcript;
mod view;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use super::theme::Look;
use crate::base::RepoPath;

pub use run::run;

/// What the screen needs to know.
#[derive(Clone, Debug)]
pub struct ChatScreen {
    /// Files that can be mentioned; may be filled while the screen is shown.
    pub files: Arc<Mutex<Vec<RepoPath>>>,
    /// The directory that their paths start from.
    pub root: PathBuf,
    pub branch: Option<String>,
    /// Messages of earlier sessions, oldest first.
    pub history: Vec<String>,
    /// Set by the caller's handlers of SIGINT, SIGTERM and SIGHUP: the screen ends with
    /// [`Left::Interrupted`].
    pub interrupt: Arc<AtomicBool>,
    /// The wheel scrolls; the terminal then no longer selects text by itself.
    pub mouse: bool,
    pub look: Look,
}

/// How the person left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    Quit,
    /// Ctrl-C twice, or a signal.
    Interrupted,
    /// To go on with the session of this name.
    Resume(String),
}
