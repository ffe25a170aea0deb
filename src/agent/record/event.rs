//! What is kept: one [`Entry`] is one line of the log.

use serde::{Deserialize, Serialize};

use super::word::{Code, Ending, Lang, ModelName, Status, Tag, Task, Tier};

/// An event and when it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Seconds since 1970.
    pub at: u64,
    #[serde(flatten)]
    pub event: Event,
}

/// Something that slm did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    Run(Run),
    Generation(Generation),
    Route(Route),
}

/// A task, from its start to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub task: Task,
    pub status: Status,
    /// Exit status of the command; of a message in a conversation 0.
    pub exit: u8,
    /// The time limit ended it.
    pub timed_out: bool,
    /// Milliseconds of the whole.
    pub ms: u64,
    #[serde(flatten)]
    pub stages: Stages,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Tier>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Lang>,
    /// Candidates that were made, and those that were run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelTag>,
    #[serde(flatten)]
    pub peak: Peak,
}

impl Run {
    /// One of which nothing else is known yet.
    pub fn new(task: Task, status: Status) -> Self {
        Self {
            task,
            status,
            exit: 0,
            timed_out: false,
            ms: 0,
            stages: Stages::default(),
            tier: None,
            language: None,
            generated: None,
            checked: None,
            model: None,
            peak: Peak::default(),
        }
    }
}

/// Milliseconds of the parts of a run, where they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stages {
    /// Until the failure was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reproduce_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub localise_ms: Option<u64>,
    /// In the model. It works while candidates are checked: this overlaps with `check_ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generate_ms: Option<u64>,
    /// Making candidates and running them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_ms: Option<u64>,
    /// Running the wider tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prove_ms: Option<u64>,
}

/// The most resident memory that there was, in bytes, where the system tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peak {
    /// Of slm itself.
    #[serde(rename = "peak_bytes", default, skip_serializing_if = "Option::is_none")]
    pub own: Option<u64>,
    /// Of the worker with the model, pages of the model's file among it.
    #[serde(rename = "worker_peak_bytes", default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<u64>,
}

/// Which model it was.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ModelTag {
    pub name: ModelName,
    /// `None` for a model behind an endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<Tag>,
}

/// One request to a model for text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    pub task: Task,
    pub model: ModelTag,
    pub finish: Ending,
    /// Milliseconds until it was answered, and until the first piece of text came.
    pub ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_ms: Option<u64>,
    /// Tokens of the prompt; of these found in memory, and restored from disk.
    pub prompt: u64,
    pub kept: u64,
    pub restored: u64,
    pub prefill_ms: u64,
    pub decode_ms: u64,
    /// Tokens chosen, of all completions.
    pub generated: u64,
    /// Tokens proposed to the model, and those of them that were right.
    pub drafted: u64,
    pub accepted: u64,
}

/// A decision of which generator or model goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Route {
    pub task: Task,
    /// What was to be decided on: a generator, a model's size, an endpoint.
    pub stage: Code,
    /// Whether it was used.
    pub taken: bool,
    pub reason: Code,
    /// 0 to 1, where the decision rests on one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
}
