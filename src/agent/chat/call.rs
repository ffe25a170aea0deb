//! What a model may ask the program to do.

use serde::{Deserialize, Serialize};

/// One request of the model. Paths are as the model wrote them: whoever performs a call resolves and
/// checks them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "tool", rename_all = "snake_case")]
pub enum Call {
    /// Lines of a file, counted from 1, both ends included; all of it without them.
    Read { path: String, first: Option<u32>, last: Option<u32> },
    /// Places with these words.
    Search { query: String },
    /// The outline of the repository, or of what is below a path.
    Map { path: Option<String> },
    /// Where a name is defined.
    Where { name: String },
    /// Who uses it.
    Refs { name: String },
    /// One change of one file; it becomes a proposal.
    Edit { path: String, change: Change },
    /// A command in the sandbox, on a scratch copy.
    Run { command: String },
    /// The search of `slm fix` for this failing command.
    Fix { command: String },
    /// What could be better in a file, or steps of `slm refactor` on it. For the person alone: it is no tool of
    /// the model.
    Refactor { path: String, steps: Option<String> },
    /// The project's own test command.
    Test,
}

/// How a file is to change.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// These lines, counted from 1, both ends included, become `text`.
    Lines { first: u32, last: u32, text: String },
    /// The one occurrence of `old` becomes `new`.
    Replace { old: String, new: String },
    /// The file does not exist yet.
    Create { text: String },
}

impl Call {
    /// The name of the tool, as models and rules spell it.
    pub fn tool(&self) -> &'static str {
        match self {
            Self::Read { .. } => "read",
            Self::Search { .. } => "search",
            Self::Map { .. } => "map",
            Self::Where { .. } => "where",
            Self::Refs { .. } => "refs",
            Self::Edit { .. } => "edit",
            Self::Run { .. } => "run",
            Self::Fix { .. } => "fix",
            Self::Refactor { .. } => "refactor",
            Self::Test => "test",
        }
    }
}
