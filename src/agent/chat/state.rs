//! The conversation as a state machine.

use std::time::Duration;

use super::call::Call;
use super::command::Command;
use super::entry::{Attached, Entry, Outcome};
use super::policy::Mode;
use crate::edit::Patch;
use crate::engine::{Finish, Usage};

/// Everything a conversation reacts to.
#[derive(Clone, Debug)]
pub enum Event {
    /// The person sends a message. While something is going on it waits in the queue.
    Said { text: String, attached: Vec<Attached> },
    /// The person types a command.
    Commanded(Command),
    /// The person runs a command of their own (`!ls`), outside the sandbox's guard of consent: they typed it.
    Shell(String),
    /// The person takes the last message back to write another one in its place.
    Retracted,
    /// What is going on is to stop.
    Interrupted,
    /// The person wants another mode.
    Mode(Mode),
    /// The answer to [`Activity::Permission`].
    Permitted(Permit),
    /// The answer to [`Activity::Review`]: the part of the patch that is wanted, or `None`.
    Reviewed(Option<Patch>),
    /// The state of the model has changed.
    Model(ModelState),
    /// A piece of the answer to generation `id`.
    Text { id: u64, text: String },
    /// Generation `id` has ended.
    Replied { id: u64, reply: Result<Reply, String> },
    /// A call has been performed.
    Performed { id: u64, outcome: Outcome },
    /// A call was an edit: this is what it would do, checked.
    Proposed { id: u64, patch: Patch, diff: String, checks: Vec<String>, sound: bool },
    /// A patch has been written to the user's files.
    Applied { id: u64, operation: u64, files: Vec<String> },
    /// What an effect without a call of its own has to say to the person.
    Notice { text: String, error: bool },
    /// How far a long call is: one line.
    Progress { id: u64, line: String },
}

/// The answer to a question for permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    Once,
    /// For the rest of the session, for calls like this one.
    Session,
    No,
}

/// What somebody else must do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Have the model answer; pieces and end come back under this `id`.
    Generate { id: u64, prompt: Prompt },
    /// End the generation that is going on; it still reports its end.
    StopGenerating,
    /// Perform a call.
    Perform { id: u64, call: Call },
    /// End the call that is going on; it still reports.
    StopCall,
    /// Write a patch to the user's files, under the journal.
    Apply { id: u64, patch: Patch },
    /// Do what a command says that is no business of the conversation itself.
    Command(Command),
    /// Run what the person typed after `!`.
    Shell(String),
    /// Keep the entry: it has just been added.
    Log(Entry),
    /// The person is leaving.
    Leave,
}

/// What a model is asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prompt {
    /// System words first. Stable from one request to the next as far as can be, for the prefix cache.
    pub entries: Vec<Entry>,
    pub mode: Mode,
    /// Files that stay in the context.
    pub pinned: Vec<String>,
    /// Words for the model that are no part of the conversation: why its last answer was of no use.
    pub remark: Option<String>,
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    pub text: String,
    pub finish: Finish,
    pub usage: Usage,
    /// Set when older turns had to be compacted for this request: it stands for all entries before the
    /// last `kept`.
    pub summary: Option<(String, usize)>,
}

/// The model of the session.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelState {
    Loading {
        name: String,
    },
    Ready(Loaded),
    /// There is none, or one that cannot chat; in words, with what to do.
    Absent {
        why: String,
    },
}

/// A model that can be talked to.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    pub name: String,
    /// Tokens.
    pub context: usize,
    /// True when it is at the other end of a socket.
    pub remote: bool,
}

/// What is going on.
#[derive(Clone, Debug, PartialEq)]
pub enum Activity {
    Idle,
    Generating(Streaming),
    /// A call is being performed; the line says how far it is.
    Calling {
        id: u64,
        call: Call,
        line: String,
    },
    /// May this be done?
    Permission {
        id: u64,
        call: Call,
        why: String,
    },
    /// Is this wanted?
    Review {
        id: u64,
        patch: Patch,
        diff: String,
        checks: Vec<String>,
        sound: bool,
    },
    /// A patch is being written.
    Applying {
        id: u64,
    },
}

/// An answer as far as it has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Streaming {
    /// For the person; a call that is being spelled is not part of it.
    pub text: String,
    pub thought: String,
    /// Pieces of text so far.
    pub pieces: usize,
}

/// Whoever performs effects; reports come back as events on a channel.
pub trait Perform {
    /// Starts `effect` and returns at once.
    fn perform(&mut self, effect: Effect);
}

/// A conversation.
#[derive(Debug)]
pub struct Conversation {
    pub(super) entries: Vec<Entry>,
    pub(super) activity: Activity,
    pub(super) queue: Vec<String>,
    pub(super) mode: Mode,
    pub(super) model: ModelState,
    pub(super) pinned: Vec<String>,
    pub(super) usage: Totals,
}

/// What a session has taken so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Totals {
    /// Tokens of the last prompt with its answer: the context used.
    pub context: usize,
    /// Tokens of all prompts that had to be computed, and of all answers.
    pub prompt: u64,
    pub generated: u64,
    pub decode: Duration,
    /// Tokens a second of the last answer.
    pub rate: f64,
    /// Until the first token of the last answer.
    pub first_token: Duration,
}

impl Conversation {
    /// A new one, or one that goes on where these entries end.
    pub fn new(mode: Mode, entries: Vec<Entry>) -> Self {
        Self {
            entries,
            activity: Activity::Idle,
            queue: Vec::new(),
            mode,
            model: ModelState::Absent { why: String::new() },
            pinned: Vec::new(),
            usage: Totals::default(),
        }
    }

    /// Takes in what happened, and says what is to be done.
    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        let _ = event;
        Vec::new()
    }

    /// Everything said and done, oldest first, retracted and cleared ones included.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn activity(&self) -> &Activity {
        &self.activity
    }

    /// Messages that wait until the one before is answered, oldest first.
    pub fn queue(&self) -> &[String] {
        &self.queue
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    pub fn model(&self) -> &ModelState {
        &self.model
    }

    /// Files that stay in the context.
    pub fn pinned(&self) -> &[String] {
        &self.pinned
    }

    pub fn totals(&self) -> Totals {
        self.usage
    }
}

/// States for the tests of those who show a conversation.
#[cfg(test)]
impl Conversation {
    pub(crate) fn with_model(mut self, model: ModelState) -> Self {
        self.model = model;
        self
    }

    pub(crate) fn with_totals(mut self, totals: Totals) -> Self {
        self.usage = totals;
        self
    }

    pub(crate) fn with_queue(mut self, queue: &[&str]) -> Self {
        self.queue = queue.iter().map(|text| (*text).to_owned()).collect();
        self
    }

    pub(crate) fn add(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    pub(crate) fn become_busy_with(&mut self, activity: Activity) {
        self.activity = activity;
    }
}
