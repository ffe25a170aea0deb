//! The state of the chat screen and how events change it. Pure: no clock, no terminal, no file, no thread.

use std::mem::{Discriminant, discriminant};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::complete::{Popup, Word};
use super::composer::Composer;
use super::event::{Act, Event};
use super::pasted::{self, Trace};
use super::review::Review;
use super::search::Search;
use super::transcript::Transcript;
use super::{ChatScreen, Left};
use crate::agent::chat::{
    self, Activity, Attached, Command, Conversation, Effect, Entry, ModelState,
};
use crate::base::RepoPath;
use crate::tui::theme::Look;

/// How long a question must have been on screen, or a typing hand at rest, before a key can answer it.
const SETTLE: Duration = Duration::from_millis(500);
/// A key this long ago means that the person was writing when the question came.
const WRITING: Duration = Duration::from_secs(1);

/// Everything the screen shows.
#[derive(Debug)]
pub(super) struct App {
    pub(super) conversation: Conversation,
    pub(super) composer: Composer,
    pub(super) transcript: Transcript,
    pub(super) popup: Option<Popup>,
    pub(super) search: Option<Search>,
    pub(super) review: Option<Review>,
    /// The help, scrolled by some lines.
    pub(super) help: Option<usize>,
    /// A trace that was pasted: Enter has it repaired.
    pub(super) trace: Option<Trace>,
    /// The last message is being written anew: Enter takes the old one back.
    pub(super) rewrites: bool,
    /// One line for the person, until the next key.
    pub(super) notice: Option<String>,
    pub(super) question: Option<Question>,
    pub(super) place: Surroundings,
    pub(super) look: Look,
    /// Time since the start.
    pub(super) now: Duration,
    /// What goes on, and since when.
    pub(super) busy: Option<(Discriminant<Activity>, Duration)>,
    /// What was pressed once and means more when pressed again.
    pub(super) armed: Option<Armed>,
    files: Arc<Mutex<Vec<RepoPath>>>,
    last_key: Option<Duration>,
    /// What the conversation was told.
    #[cfg(test)]
    pub(super) told: Vec<String>,
}

/// What the status line says besides the conversation.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    pub(super) root: String,
    pub(super) branch: Option<String>,
}

/// Something that waits for the person's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    id: u64,
    since: Duration,
    /// They were writing when it came: their keys go on into the composer until they rest.
    amid_writing: bool,
    settled: bool,
    /// Lines of it that are scrolled away.
    pub(super) scroll: usize,
    /// A part of it lies below what is seen.
    pub(super) goes_on: bool,
}

/// A key that was pressed once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Armed {
    /// Ctrl-C.
    Leave,
    /// Esc.
    Escape,
    /// Ctrl-Y: the code is copied, the whole answer comes next.
    Copy,
}

/// What is to become of a key while a question is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    Answer,
    Writing,
    Nothing,
}

impl App {
    /// The screen before anything has happened.
    pub(super) fn new(conversation: Conversation, screen: &ChatScreen) -> Self {
        let mut app = Self {
            conversation,
            composer: Composer::new(screen.history.clone()),
            transcript: Transcript::new(screen.look),
            popup: None,
            search: None,
            review: None,
            help: None,
            trace: None,
            rewrites: false,
            notice: None,
            question: None,
            place: Surroundings {
                root: screen.root.display().to_string(),
                branch: screen.branch.clone(),
            },
            look: screen.look,
            now: Duration::ZERO,
            busy: None,
            armed: None,
            files: Arc::clone(&screen.files),
            last_key: None,
            #[cfg(test)]
            told: Vec::new(),
        };
        app.watch();
        app
    }

    /// Takes in what happened at `now`, counted from the start.
    pub(super) fn update(&mut self, now: Duration, event: Event) -> Vec<Act> {
        self.now = self.now.max(now);
        match event {
            Event::Key(key) => {
                self.follow();
                let before = self.last_key.replace(self.now);
                self.key(key, before)
            }
            Event::Paste(text) => {
                self.paste(&text);
                Vec::new()
            }
            Event::Wheel(lines) => {
                self.scroll(lines);
                Vec::new()
            }
            Event::Chat(event) => self.dispatch(*event),
            Event::Resized | Event::Tick => Vec::new(),
            Event::Note(text) => {
                self.notice = Some(text);
                Vec::new()
            }
            Event::Interrupted | Event::InputLost => {
                let mut acts = Vec::new();
                if self.is_busy() {
                    acts = self.dispatch(chat::Event::Interrupted);
                }
                acts.push(Act::Leave(Left::Interrupted));
                acts
            }
        }
    }

    /// What a message mentions has been read, or cannot be.
    pub(super) fn said(
        &mut self,
        text: String,
        attached: Result<Vec<Attached>, String>,
    ) -> Vec<Act> {
        let attached = match attached {
            Ok(attached) => attached,
            Err(why) => {
                self.composer.set(&text);
                self.notice = Some(why);
                return Vec::new();
            }
        };
        let mut acts = Vec::new();
        if std::mem::take(&mut self.rewrites) {
            acts = self.dispatch(chat::Event::Retracted);
        }
        acts.extend(self.dispatch(chat::Event::Said { text, attached }));
        acts
    }

    /// Tells the conversation, and passes on what it wants done.
    pub(super) fn dispatch(&mut self, event: chat::Event) -> Vec<Act> {
        #[cfg(test)]
        self.told.push(format!("{event:?}"));
        let effects = self.conversation.update(event);
        self.watch();
        effects.into_iter().map(Self::act).collect()
    }

    /// What an effect means for the loop: some are ways to leave.
    pub(super) fn act(effect: Effect) -> Act {
        match effect {
            Effect::Leave => Act::Leave(Left::Quit),
            Effect::Command(Command::Resume(Some(id))) => Act::Leave(Left::Resume(id)),
            effect => Act::Perform(effect),
        }
    }

    /// Lays out what is new, for a window of this size.
    pub(super) fn prepare(&mut self, width: usize, rows: usize) {
        self.transcript.resize(width, rows);
        self.follow();
    }

    /// True while something goes on that Esc can end.
    pub(super) fn is_busy(&self) -> bool {
        !matches!(self.conversation.activity(), Activity::Idle)
    }

    /// True while the screen has something that moves by itself.
    pub(super) fn is_moving(&self) -> bool {
        self.is_busy() || matches!(self.conversation.model(), ModelState::Loading { .. })
    }

    /// The last thing that the person said, as far as it is shown.
    pub(super) fn last_said(&self) -> Option<&str> {
        let entries = self.conversation.entries();
        self.transcript.shown().iter().rev().find_map(|at| match entries.get(*at) {
            Some(Entry::User { text, .. }) => Some(text.as_str()),
            _ => None,
        })
    }

    /// The last answer of the model, as far as it is shown.
    pub(super) fn last_answer(&self) -> Option<&str> {
        let entries = self.conversation.entries();
        self.transcript.shown().iter().rev().find_map(|at| match entries.get(*at) {
            Some(Entry::Assistant { text, .. }) if !text.is_empty() => Some(text.as_str()),
            _ => None,
        })
    }

    /// What a key means while a question is open; `before` is when the key before it came.
    pub(super) fn meant(&mut self, before: Option<Duration>) -> Meant {
        let Some(question) = &mut self.question else { return Meant::Writing };
        let rest = if question.amid_writing { before.unwrap_or_default() } else { Duration::ZERO };
        question.settled |= self.now >= question.since.max(rest) + SETTLE;
        match (question.settled, question.amid_writing) {
            (true, _) => Meant::Answer,
            (false, true) => Meant::Writing,
            (false, false) => Meant::Nothing,
        }
    }

    /// True while a question is open that the person did not expect: their keys go on into the composer.
    pub(super) fn keys_go_to_composer(&self) -> bool {
        self.question.as_ref().is_some_and(|question| {
            let rest = question.since.max(self.last_key.unwrap_or_default()) + SETTLE;
            question.amid_writing && !question.settled && self.now < rest
        })
    }

    /// The files that can be mentioned, to look through.
    pub(super) fn with_files<T>(&self, look: impl FnOnce(&[RepoPath]) -> T) -> T {
        look(&self.files.lock().unwrap_or_else(PoisonError::into_inner))
    }

    #[cfg(test)]
    pub(super) fn set_files(&self, files: Vec<RepoPath>) {
        *self.files.lock().unwrap_or_else(PoisonError::into_inner) = files;
    }

    /// Opens, changes or closes the list for the word before the cursor.
    pub(super) fn complete(&mut self) {
        let (line, first) = self.composer.before_cursor();
        self.popup = Word::at(&line, first).and_then(|word| {
            self.with_files(|files| Popup::of(word, files, self.conversation.pinned()))
        });
    }

    /// Moves the window by lines; down when positive.
    pub(super) fn scroll(&mut self, lines: isize) {
        let entries = self.conversation.entries();
        match usize::try_from(lines) {
            Ok(down) => self.transcript.down(down, entries),
            Err(_) => self.transcript.up(lines.unsigned_abs(), entries),
        }
    }

    fn paste(&mut self, text: &str) {
        self.notice = None;
        // Some terminals send the line feeds of a paste as carriage returns.
        let text = &text.replace("\r\n", "\n").replace('\r', "\n");
        if let Some(search) = &mut self.search {
            search.query.push_str(text.lines().next().unwrap_or_default());
            return;
        }
        if !self.composer.paste(text) {
            self.notice =
                Some("It was too long: its end is cut off. @FILE attaches a file.".to_owned());
        }
        self.popup = None;
        self.trace = self.with_files(|files| pasted::recognise(text, files));
    }

    fn follow(&mut self) {
        self.transcript.follow(self.conversation.entries(), self.conversation.activity());
    }

    /// Notices that something has begun, ended, or asks.
    pub(super) fn watch(&mut self) {
        let activity = self.conversation.activity();
        let kind = discriminant(activity);
        self.busy = match self.busy {
            _ if *activity == Activity::Idle => None,
            Some((before, since)) if before == kind => Some((before, since)),
            _ => Some((kind, self.now)),
        };
        let (Activity::Permission { id, .. } | Activity::Review { id, .. }) = activity else {
            (self.question, self.review) = (None, None);
            return;
        };
        if let Activity::Review { patch, checks, sound, .. } = activity {
            if self.review.as_ref().is_none_or(|review| review.id != *id) {
                self.review = Some(Review::new(*id, patch, checks, *sound));
                self.question = None;
            }
        } else if self.review.take().is_some() {
            self.question = None;
        }
        if self.question.as_ref().is_none_or(|question| question.id != *id) {
            let amid_writing = self.last_key.is_some_and(|key| self.now < key + WRITING);
            self.question = Some(Question {
                id: *id,
                since: self.now,
                amid_writing,
                settled: false,
                scroll: 0,
                goes_on: false,
            });
        }
    }
}
