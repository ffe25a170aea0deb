//! What each key does.

use std::time::Duration;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::app::{App, Armed, Meant};
use super::event::Act;
use super::lay::Fold;
use super::search::{Search, Way};
use super::{Left, copy, mention};
use crate::agent::chat::typed::{Typed, parse};
use crate::agent::chat::{self, Activity, Command, Permit};

/// The keys and what they do, most needed first.
pub(super) const KEYS: &[(&str, &str)] = &[
    ("Enter", "send; while it works: queue"),
    ("Alt-Enter Ctrl-J", "a new line"),
    ("/ @ !", "command, file, shell command; Tab takes the choice"),
    ("Up Down", "what was sent before; at once: edit the last message"),
    ("Esc", "interrupt; close what is open"),
    ("Esc Esc", "edit the last message, or clear what is written"),
    ("Shift-Tab", "ask, auto-edit, read-only, plan"),
    ("Ctrl-R", "have the last message answered again"),
    ("PgUp PgDn", "scroll; Ctrl-Home Ctrl-End: to the start, the end"),
    ("Ctrl-F", "search: Enter, then n older, N newer, Esc closes"),
    ("Ctrl-O", "show thoughts and results, or fold them"),
    ("Ctrl-Y", "copy the last code; again: the whole answer"),
    ("Ctrl-U Ctrl-K Ctrl-W", "cut to the start, to the end, a word"),
    ("Ctrl-_", "take the last edit of the text back"),
    ("Ctrl-L Ctrl-Z", "draw again; suspend, fg returns"),
    ("Ctrl-C", "interrupt or clear; twice: leave, exit status 130"),
    ("Ctrl-D", "leave, when nothing is written"),
    ("F1 ?", "this help"),
    ("y s n", "permission: once, for the session, no"),
    ("Up Down Space f", "review: choose a hunk, take or leave it, its file"),
    ("Enter a n", "review: apply what is taken, all, nothing"),
];

impl App {
    /// Handles `key`; `before` is when the one before it came.
    pub(super) fn key(&mut self, key: KeyEvent, before: Option<Duration>) -> Vec<Act> {
        self.notice = None;
        let armed = self.armed.take();
        match key.code {
            KeyCode::Char('c') if control(key) => return self.interrupt(armed),
            KeyCode::Char('z') if control(key) => return vec![Act::Suspend],
            KeyCode::Char('l') if control(key) => return vec![Act::Redraw],
            _ => {}
        }
        if let Some(scroll) = &mut self.help {
            match key.code {
                KeyCode::Down | KeyCode::PageDown | KeyCode::Char('j') => *scroll += 1,
                KeyCode::Up | KeyCode::PageUp | KeyCode::Char('k') => {
                    *scroll = scroll.saturating_sub(1);
                }
                _ => self.help = None,
            }
            return Vec::new();
        }
        if self.question.is_some() {
            match self.meant(before) {
                Meant::Answer if self.review.is_some() => return self.review_key(key),
                Meant::Answer => return self.permission_key(key),
                Meant::Nothing => {
                    self.notice = Some("This has just appeared: look first.".to_owned());
                    return Vec::new();
                }
                Meant::Writing => {}
            }
        }
        if self.search.is_some() && self.search_key(key) {
            return Vec::new();
        }
        if self.popup.is_some() && self.popup_key(key) {
            return Vec::new();
        }
        self.chat_key(key, armed)
    }

    /// Keys of the chat itself, while nothing lies over it.
    fn chat_key(&mut self, key: KeyEvent, armed: Option<Armed>) -> Vec<Act> {
        let control = control(key);
        let page = isize::try_from(self.transcript.page()).unwrap_or(isize::MAX);
        match key.code {
            KeyCode::Enter if key.modifiers.is_empty() => return self.submit(),
            KeyCode::Enter => self.edit(|app| app.composer.newline()),
            KeyCode::Char('j') if control => self.edit(|app| app.composer.newline()),
            KeyCode::Esc => return self.escape(armed),
            KeyCode::BackTab => {
                let next = self.conversation.mode().next();
                return self.dispatch(chat::Event::Mode(next));
            }
            KeyCode::F(1) => self.help = Some(0),
            KeyCode::Char('?') if self.composer.is_empty() => self.help = Some(0),
            KeyCode::Char('d') if control && self.composer.is_empty() => return self.leave(),
            KeyCode::Char('r') if control => {
                self.transcript.go_to_end();
                return self.dispatch(chat::Event::Commanded(Command::Retry));
            }
            KeyCode::Char('f') if control => {
                self.search = Some(Search { is_typing: true, ..Search::default() });
                self.popup = None;
            }
            KeyCode::Char('o') if control => {
                let fold = self.transcript.toggle_fold();
                let what = if fold == Fold::Open { "shown whole" } else { "folded" };
                self.notice = Some(format!("Thoughts and results are {what}."));
            }
            KeyCode::Char('y') if control => return self.copy(armed),
            KeyCode::PageUp => self.scroll(-page),
            KeyCode::PageDown => self.scroll(page),
            KeyCode::Up if alt(key) => self.scroll(-1),
            KeyCode::Down if alt(key) => self.scroll(1),
            KeyCode::Home if control => self.transcript.go_to_start(self.conversation.entries()),
            KeyCode::End if control => self.transcript.go_to_end(),
            KeyCode::Up => self.up(),
            KeyCode::Char('p') if control => self.up(),
            KeyCode::Down => self.down(),
            KeyCode::Char('n') if control => self.down(),
            // Indents by hand are pasted, not typed; Tab is for the list.
            KeyCode::Tab => self.complete(),
            _ => {
                if self.composer.key(key) {
                    self.written();
                }
            }
        }
        Vec::new()
    }

    fn edit(&mut self, change: impl FnOnce(&mut Self)) {
        change(self);
        self.written();
    }

    /// The text has changed by hand.
    fn written(&mut self) {
        if self.composer.is_empty() {
            (self.trace, self.rewrites) = (None, false);
        }
        self.complete();
    }

    fn up(&mut self) {
        if self.composer.is_empty() && !self.is_busy() && self.rewrite() {
            return;
        }
        self.composer.up();
        self.rewrites &= !self.composer.shows_older();
        self.popup = None;
    }

    fn down(&mut self) {
        if self.composer.is_empty() && !self.transcript.follows() {
            self.scroll(1);
        }
        self.composer.down();
        self.rewrites &= !self.composer.is_empty();
        self.popup = None;
    }

    /// Puts the last message into the composer, to be sent in its place; false when there is none.
    fn rewrite(&mut self) -> bool {
        let Some(text) = self.last_said().map(str::to_owned) else { return false };
        self.composer.again(&text);
        self.rewrites = true;
        true
    }

    fn submit(&mut self) -> Vec<Act> {
        let text = self.composer.text();
        if text.trim().is_empty() {
            self.transcript.go_to_end();
            return Vec::new();
        }
        if let Some(trace) = self.trace.take() {
            self.sent();
            let command = trace.command.map(|command| Command::Fix(Some(command)));
            let command = command.unwrap_or(Command::Trace(text));
            return self.dispatch(chat::Event::Commanded(command));
        }
        let typed = match parse(&text) {
            Ok(typed) => typed,
            Err(mistake) => {
                self.notice = Some(mistake.to_string());
                return Vec::new();
            }
        };
        if self.rewrites && self.is_busy() {
            self.notice = Some("It is still at work: Esc interrupts it first.".to_owned());
            return Vec::new();
        }
        self.sent();
        match typed {
            Typed::Message(text) => {
                let mentions = self.with_files(|files| mention::mentions(&text, files));
                return vec![Act::Read { text, mentions }];
            }
            Typed::Shell(command) => {
                self.rewrites = false;
                return self.dispatch(chat::Event::Shell(command));
            }
            Typed::Command(Command::Help) => self.help = Some(0),
            Typed::Command(Command::Quit) => return self.leave(),
            Typed::Command(command) => {
                self.rewrites = false;
                return self.dispatch(chat::Event::Commanded(command));
            }
        }
        Vec::new()
    }

    fn sent(&mut self) {
        self.composer.take();
        self.popup = None;
        self.transcript.go_to_end();
    }

    /// Esc closes one thing at a time, and stops what is going on; a second one goes back a message.
    fn escape(&mut self, armed: Option<Armed>) -> Vec<Act> {
        if self.trace.take().is_some() {
            self.notice = Some("Enter sends it as a message.".to_owned());
            return Vec::new();
        }
        self.armed = Some(Armed::Escape);
        if self.is_busy() {
            return self.dispatch(chat::Event::Interrupted);
        }
        if self.rewrites {
            self.rewrites = false;
            self.notice = Some("The last message stays; this will be a new one.".to_owned());
        } else if !self.composer.is_empty() {
            if armed == Some(Armed::Escape) {
                self.composer.take();
                self.armed = None;
            } else {
                self.notice = Some("Esc again clears what is written.".to_owned());
            }
        } else if armed == Some(Armed::Escape) {
            self.armed = None;
            self.rewrite();
        } else if !self.transcript.follows() {
            self.transcript.go_to_end();
        }
        Vec::new()
    }

    /// Ctrl-C: the first stops or clears, the second leaves.
    fn interrupt(&mut self, armed: Option<Armed>) -> Vec<Act> {
        if armed == Some(Armed::Leave) {
            let mut acts = Vec::new();
            if self.is_busy() {
                acts = self.dispatch(chat::Event::Interrupted);
            }
            acts.push(Act::Leave(Left::Interrupted));
            return acts;
        }
        self.armed = Some(Armed::Leave);
        self.notice = Some("Ctrl-C again leaves.".to_owned());
        (self.help, self.popup, self.search, self.trace) = (None, None, None, None);
        if self.is_busy() {
            return self.dispatch(chat::Event::Interrupted);
        }
        self.rewrites = false;
        self.composer.take();
        Vec::new()
    }

    fn leave(&mut self) -> Vec<Act> {
        let mut acts = self.dispatch(chat::Event::Commanded(Command::Quit));
        acts.retain(|act| !matches!(act, Act::Leave(_)));
        acts.push(Act::Leave(Left::Quit));
        acts
    }

    fn copy(&mut self, armed: Option<Armed>) -> Vec<Act> {
        let Some(answer) = self.last_answer() else {
            self.notice = Some("There is no answer to copy yet.".to_owned());
            return Vec::new();
        };
        let code = copy::last_code(answer).filter(|_| armed != Some(Armed::Copy));
        let (text, what) = match code {
            Some(code) => (code, "The last code is copied; Ctrl-Y again copies the whole answer."),
            None => (answer.to_owned(), "The last answer is copied."),
        };
        self.armed = Some(Armed::Copy);
        let Some(sequence) = copy::sequence(&text) else {
            self.notice = Some("It is too long for a terminal's clipboard: use /save.".to_owned());
            return Vec::new();
        };
        self.notice = Some(what.to_owned());
        vec![Act::Emit(sequence)]
    }

    /// True when the list takes the key.
    fn popup_key(&mut self, key: KeyEvent) -> bool {
        let Some(popup) = &mut self.popup else { return false };
        match key.code {
            KeyCode::Down => popup.next(),
            KeyCode::Char('n') if control(key) => popup.next(),
            KeyCode::Up => popup.previous(),
            KeyCode::Char('p') if control(key) => popup.previous(),
            KeyCode::Esc => self.popup = None,
            KeyCode::Enter if popup.is_whole() || !key.modifiers.is_empty() => return false,
            KeyCode::Enter | KeyCode::Tab => {
                if let Some(text) = popup.chosen() {
                    let chars = popup.word.len();
                    self.composer.replace_before(chars, &text);
                }
                self.popup = None;
            }
            _ => return false,
        }
        true
    }

    /// True when the search takes the key.
    fn search_key(&mut self, key: KeyEvent) -> bool {
        let Some(search) = &mut self.search else { return false };
        let changed = match key.code {
            KeyCode::Esc => {
                self.search = None;
                return true;
            }
            KeyCode::Char('f') if control(key) => {
                search.is_typing = true;
                return true;
            }
            KeyCode::PageUp | KeyCode::PageDown => return false,
            KeyCode::Enter if search.is_typing => {
                search.is_typing = false;
                return true;
            }
            KeyCode::Backspace if search.is_typing => search.query.pop().is_some(),
            KeyCode::Char(c) if search.is_typing && !control(key) => {
                search.query.push(c);
                true
            }
            KeyCode::Char('/') => {
                search.is_typing = true;
                return true;
            }
            KeyCode::Char('n') | KeyCode::Up => return self.find(Way::Older),
            KeyCode::Char('N') | KeyCode::Down => return self.find(Way::Newer),
            _ if search.is_typing => return true,
            // Anything else goes on with the chat.
            _ => {
                self.search = None;
                return matches!(key.code, KeyCode::Enter);
            }
        };
        if changed {
            search.at = None;
            self.find(Way::Older);
        }
        true
    }

    fn find(&mut self, way: Way) -> bool {
        let Some(search) = &mut self.search else { return true };
        let from = search.at;
        let found = search.go(way, from, &mut self.transcript, self.conversation.entries());
        if !found && !search.query.is_empty() {
            let which = match (from, way) {
                (None, _) => "Not found.",
                (Some(_), Way::Older) => "Nothing older.",
                (Some(_), Way::Newer) => "Nothing newer.",
            };
            self.notice = Some(which.to_owned());
        }
        true
    }

    fn permission_key(&mut self, key: KeyEvent) -> Vec<Act> {
        let plain = !control(key) && !alt(key);
        let unread = self.question.as_ref().is_some_and(|question| question.goes_on);
        let permit = match key.code {
            // What is agreed to must have been seen.
            KeyCode::Char('y' | 'Y' | 's' | 'S') if plain && unread => {
                self.notice = Some("Read it to its end first: Down.".to_owned());
                return Vec::new();
            }
            // Enter says nothing here: it may be on its way from a message.
            KeyCode::Char('y' | 'Y') if plain => Permit::Once,
            KeyCode::Char('s' | 'S') if plain => Permit::Session,
            KeyCode::Char('n' | 'N') if plain => Permit::No,
            KeyCode::Esc => Permit::No,
            KeyCode::Down | KeyCode::PageDown => {
                self.question.iter_mut().for_each(|question| question.scroll += 1);
                return Vec::new();
            }
            KeyCode::Up | KeyCode::PageUp => {
                let question = self.question.iter_mut();
                question.for_each(|q| q.scroll = q.scroll.saturating_sub(1));
                return Vec::new();
            }
            _ => return Vec::new(),
        };
        self.dispatch(chat::Event::Permitted(permit))
    }

    fn review_key(&mut self, key: KeyEvent) -> Vec<Act> {
        let Some(review) = &mut self.review else { return Vec::new() };
        let plain = !control(key) && !alt(key);
        if review.asks {
            match key.code {
                KeyCode::Char('y' | 'Y') if plain => return self.apply(),
                KeyCode::Char('n' | 'N' | 'q') | KeyCode::Esc if plain => review.asks = false,
                _ => {}
            }
            return Vec::new();
        }
        match key.code {
            KeyCode::Down | KeyCode::Tab | KeyCode::Char('j') if plain => review.step(true),
            KeyCode::Up | KeyCode::BackTab | KeyCode::Char('k') if plain => review.step(false),
            KeyCode::Char(' ') => review.toggle(),
            KeyCode::Char('f') if plain => review.toggle_file(),
            KeyCode::PageDown => review.scroll_by(10),
            KeyCode::PageUp => review.scroll_by(-10),
            KeyCode::Char('n' | 'q') | KeyCode::Esc if plain => {
                return self.dispatch(chat::Event::Reviewed(None));
            }
            KeyCode::Char('a') if plain => {
                review.keep_all();
                return self.decide();
            }
            KeyCode::Enter => return self.decide(),
            KeyCode::F(1) | KeyCode::Char('?') => self.help = Some(0),
            _ => {}
        }
        Vec::new()
    }

    /// What is taken is wanted; when a check failed, that is asked again.
    fn decide(&mut self) -> Vec<Act> {
        let Some(review) = &mut self.review else { return Vec::new() };
        if review.count().0 > 0 && !review.sound {
            review.asks = true;
            return Vec::new();
        }
        self.apply()
    }

    fn apply(&mut self) -> Vec<Act> {
        let chosen = self.review.as_ref().and_then(super::review::Review::chosen);
        self.dispatch(chat::Event::Reviewed(chosen))
    }

    /// True while the model asks whether it may do something.
    pub(super) fn asks_permission(&self) -> bool {
        matches!(self.conversation.activity(), Activity::Permission { .. })
    }
}

fn control(key: KeyEvent) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL)
}

fn alt(key: KeyEvent) -> bool {
    key.modifiers.contains(KeyModifiers::ALT)
}
