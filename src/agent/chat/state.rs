//! The conversation as a state machine.

use std::time::Duration;

use super::call::Call;
use super::command::Command;
use super::entry::{Attached, Entry, Outcome};
use super::policy::{Mode, Rules};
use super::turn::Work;
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
    /// A file is kept in the context from now on, or no longer.
    Pinned { path: String, pinned: bool },
    /// What commands run in: "namespaces".
    Sandbox(String),
    /// What [`Effect::Command`] asked for has been done.
    Done,
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
    /// Run what the person typed after `!`; it is a call like others, and is answered.
    Shell { id: u64, command: String },
    /// Keep the entry: it has just been added.
    Log(Entry),
    /// The person is leaving.
    Leave,
}

/// What a model is asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prompt {
    /// What is live of the conversation. From one request to the next it only grows, for the prefix cache.
    pub entries: Vec<Entry>,
    pub mode: Mode,
    /// Files that stay in the context.
    pub pinned: Vec<String>,
    /// Words for the model that are no part of the conversation: why its last answer was of no use.
    pub remark: Option<String>,
    /// How often this message has been answered before: the answer should be another one each time.
    pub attempt: u32,
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    pub text: String,
    pub finish: Finish,
    pub usage: Usage,
    /// Set when older turns had to be compacted for this request: it stands for all entries of the prompt
    /// but the last so many.
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
    pub(super) rules: Rules,
    pub(super) sandbox: Option<String>,
    pub(super) work: Work,
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
        let mut conversation = Self {
            entries,
            activity: Activity::Idle,
            queue: Vec::new(),
            mode,
            model: ModelState::Absent { why: String::new() },
            pinned: Vec::new(),
            usage: Totals::default(),
            rules: Rules::default(),
            sandbox: None,
            work: Work::default(),
        };
        conversation.resume();
        conversation
    }

    /// The same under the person's rules.
    #[must_use]
    pub fn with_rules(self, rules: Rules) -> Self {
        Self { rules, ..self }
    }

    /// What follows from entries that were there before: numbers, files kept, calls that nobody answered.
    fn resume(&mut self) {
        let mut open = Vec::new();
        for entry in &self.entries {
            match entry {
                Entry::Call { id, .. } => {
                    self.work.calls = self.work.calls.max(*id);
                    open.push(*id);
                }
                Entry::Result { id, .. } => open.retain(|other| other != id),
                Entry::Pinned { path, pinned } => {
                    self.pinned.retain(|other| other != path);
                    if *pinned {
                        self.pinned.push(path.clone());
                    }
                }
                _ => {}
            }
        }
        for id in open {
            let outcome = Outcome {
                ok: false,
                text: "slm ended before this was done".to_owned(),
                line: "not done: slm ended".to_owned(),
            };
            self.note(Entry::Result { id, outcome });
        }
        let last = self.entries.iter().rev().find_map(|entry| match entry {
            Entry::ModeChanged { mode } => Some(*mode),
            _ => None,
        });
        // A session goes on in the mode that is asked for now, and the model has to know.
        if last.unwrap_or_default() != self.mode {
            self.note(Entry::ModeChanged { mode: self.mode });
        }
    }

    /// Takes in what happened, and says what is to be done.
    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Said { .. } | Event::Shell(_) => self.asked(event),
            Event::Commanded(command) if command.is_quick() => self.quickly(command),
            Event::Commanded(_) => self.asked(event),
            Event::Retracted => self.retract(),
            Event::Interrupted => self.interrupt(),
            Event::Mode(mode) => self.set_mode(mode),
            Event::Permitted(permit) => self.permitted(permit),
            Event::Reviewed(wanted) => self.reviewed(wanted),
            Event::Model(model) => self.model = model,
            Event::Text { id, text } => self.text(id, &text),
            Event::Replied { id, reply } => self.replied(id, reply),
            Event::Performed { id, outcome } => self.performed(id, outcome),
            Event::Proposed { id, patch, diff, checks, sound } => {
                self.proposed(id, patch, diff, checks, sound);
            }
            Event::Applied { id, operation, files } => self.applied(id, operation, files),
            Event::Notice { text, error } => self.note(Entry::Notice { text, error }),
            Event::Progress { id, line: now } => {
                if let Activity::Calling { id: going, line, .. } = &mut self.activity
                    && *going == id
                {
                    *line = now;
                }
            }
            Event::Pinned { path, pinned } => self.pin(path, pinned),
            Event::Sandbox(kind) => self.sandbox = Some(kind),
            Event::Done => self.work.commanding = false,
        }
        self.go_on();
        std::mem::take(&mut self.work.out)
    }

    /// True when nothing goes on and nothing waits: the program may end here without losing anything.
    pub fn is_at_rest(&self) -> bool {
        self.activity == Activity::Idle && !self.work.commanding && self.queue.is_empty()
    }

    /// Adds an entry, to be logged.
    pub(super) fn note(&mut self, entry: Entry) {
        self.work.out.push(Effect::Log(entry.clone()));
        self.entries.push(entry);
    }

    pub(super) fn say(&mut self, text: impl Into<String>) {
        self.note(Entry::Notice { text: text.into(), error: false });
    }

    pub(super) fn complain(&mut self, text: impl Into<String>) {
        self.note(Entry::Notice { text: text.into(), error: true });
    }

    pub(super) fn pin(&mut self, path: String, pinned: bool) {
        let known = self.pinned.contains(&path);
        if known == pinned {
            let word = if pinned { "is kept already" } else { "was not kept" };
            return self.say(format!("{path} {word}"));
        }
        self.pinned.retain(|other| *other != path);
        if pinned {
            self.pinned.push(path.clone());
        }
        self.note(Entry::Pinned { path, pinned });
    }

    pub(super) fn set_mode(&mut self, mode: Mode) {
        if mode != self.mode {
            self.mode = mode;
            self.note(Entry::ModeChanged { mode });
        }
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

    /// What commands run in, once that is known.
    pub fn sandbox(&self) -> Option<&str> {
        self.sandbox.as_deref()
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
