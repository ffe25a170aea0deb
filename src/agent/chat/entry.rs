//! What a conversation consists of: the transcript on the screen, the lines of the session's log, and what a
//! prompt is made from are views of these.

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::policy::Mode;

/// One thing said or done, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Entry {
    /// What the person wrote, and the text of files mentioned with it.
    User {
        text: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attached: Vec<Attached>,
    },
    /// What the model wrote for the person; calls are entries of their own.
    Assistant {
        text: String,
        /// What it thought before, folded away.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        thought: String,
        /// Cut off: by the person, or by a limit.
        #[serde(default)]
        cut: bool,
    },
    /// The model asks for something. `id` counts the calls of a session from 1.
    Call { id: u64, call: Call },
    /// What came of it.
    Result { id: u64, outcome: Outcome },
    /// Edits wait for a decision, or have waited; `id` is that of the call.
    Proposal {
        id: u64,
        /// Unified diff.
        diff: String,
        /// What was checked, a line each: "syntax: ok", "pytest -q: 12 passed".
        checks: Vec<String>,
        /// False when a check failed.
        sound: bool,
    },
    /// What was written to the user's files.
    Applied { id: u64, operation: u64, files: Vec<String> },
    /// The person refused, or took only a part.
    Declined { id: u64, why: String },
    /// A permission asked for and given or not.
    Permission { id: u64, allowed: bool },
    /// From here on.
    ModeChanged { mode: Mode },
    /// A file that stays in the context, or no longer does.
    Pinned { path: String, pinned: bool },
    /// Something that the program says to the person; models do not see it.
    Notice {
        text: String,
        #[serde(default)]
        error: bool,
    },
    /// Stands for all entries before it in the prompt.
    Summary { text: String },
    /// The last `User` entry and all after it are taken back, to be said otherwise.
    Retracted,
    /// All entries before are taken out of the prompt (`/clear`).
    Cleared,
}

/// A file that was mentioned, as it was then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    pub path: String,
    /// Lines, counted from 1, both ends included.
    pub lines: Option<(u32, u32)>,
    pub text: String,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub ok: bool,
    /// For the model, already cut to a sensible length.
    pub text: String,
    /// One line for the person: "42 lines", "exit 1 in 0.3 s".
    pub line: String,
}
