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
    /// Stands in the prompt for what came before it, but for the last `kept` entries that a model sees.
    Summary {
        text: String,
        #[serde(default)]
        kept: usize,
    },
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

impl Entry {
    /// True for what a model is shown.
    fn is_seen(&self) -> bool {
        !matches!(self, Self::Notice { .. } | Self::Permission { .. })
    }
}

/// The entries that a prompt is made from: what was taken back, cleared or summarised is not among them.
pub fn live(entries: &[Entry]) -> Vec<&Entry> {
    let mut live: Vec<&Entry> = Vec::new();
    for entry in entries {
        match entry {
            Entry::Cleared => live.clear(),
            Entry::Retracted => {
                let said = live.iter().rposition(|entry| matches!(entry, Entry::User { .. }));
                live.truncate(said.unwrap_or(live.len()));
            }
            Entry::Summary { kept, .. } => {
                let until = live.len().saturating_sub(*kept);
                live.splice(..until, [entry]);
            }
            entry if entry.is_seen() => live.push(entry),
            _ => {}
        }
    }
    live
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

#[cfg(test)]
mod tests {
    use super::*;

    fn user(text: &str) -> Entry {
        Entry::User { text: text.to_owned(), attached: Vec::new() }
    }

    fn notice() -> Entry {
        Entry::Notice { text: "n".to_owned(), error: false }
    }

    #[test]
    fn what_is_taken_back_or_summarised_is_not_live() {
        let summary = Entry::Summary { text: "s".to_owned(), kept: 2 };
        let entries = [
            user("a"),
            notice(),
            user("b"),
            user("c"),
            summary.clone(),
            Entry::Retracted,
            user("d"),
        ];
        let seen: Vec<Entry> = live(&entries).into_iter().cloned().collect();
        assert_eq!(seen, [summary.clone(), user("b"), user("d")]);
        // A message taken back is the last one only; a summary stays.
        assert_eq!(live(&[summary.clone(), Entry::Retracted]), [&summary]);
        assert!(live(&[user("a"), Entry::Cleared]).is_empty());
    }

    #[test]
    fn entries_of_an_older_log_are_read() {
        let old = r#"{"kind":"summary","text":"s"}"#;
        let entry: Entry = serde_json::from_str(old).unwrap();
        assert_eq!(entry, Entry::Summary { text: "s".to_owned(), kept: 0 });
    }
}
