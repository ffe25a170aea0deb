//! How one message is answered: generate, do what the model asks for, generate again, until it has only
//! words left, or has had enough chances.

use std::collections::VecDeque;

use super::call::Call;
use super::calling::failure;
use super::calls;
use super::entry::{Entry, live};
use super::policy::{Mode, Pattern};
use super::state::{Activity, Conversation, Effect, Event, ModelState, Prompt, Reply, Streaming};
use crate::engine::Finish;

/// Answers of the model to one message, at most.
const STEPS: u32 = 30;
/// Answers that cannot be read, one after another, at most.
const MALFORMED: u32 = 2;
/// The same call, the same answer or the same error so many times ends an attempt.
pub(super) const SAME: usize = 3;

/// What is going on behind [`Activity`].
#[derive(Debug, Default)]
pub(super) struct Work {
    pub(super) out: Vec<Effect>,
    /// The number of the last call, and of the last generation.
    pub(super) calls: u64,
    generations: u64,
    /// A command that is performed elsewhere has not ended.
    pub(super) commanding: bool,
    /// What is to be done when nothing goes on; as long as the queue.
    waiting: VecDeque<Event>,
    /// Permissions for the rest of the session.
    pub(super) granted: Vec<Pattern>,
    /// The message that is being answered.
    pub(super) turn: Turn,
    pub(super) ending: Ending,
}

#[derive(Debug, Default)]
pub(super) struct Turn {
    /// The answer that is coming, as the model writes it.
    raw: String,
    /// Entries in the prompt that is being answered.
    asked: usize,
    steps: u32,
    malformed: u32,
    remark: Option<String>,
    attempt: u32,
    /// Calls of the last answer that are still to be done.
    rest: VecDeque<Call>,
    pub(super) seen: Vec<Call>,
    said: Vec<String>,
    pub(super) failed: Vec<String>,
    /// The one repair of an edit whose checks failed has been asked for.
    pub(super) repaired: bool,
    /// Files were written.
    pub(super) wrote: bool,
    /// The call going on is the person's own: nothing is generated after it.
    pub(super) own: bool,
}

/// Why what is going on is to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Ending {
    #[default]
    No,
    Interrupted,
    /// Interrupted, and the message is to be taken back.
    Retracted,
    /// The model goes in circles.
    Circle,
}

impl Conversation {
    fn is_busy(&self) -> bool {
        self.activity != Activity::Idle || self.work.commanding
    }

    /// Something that the person wants done: now, or when its turn comes.
    pub(super) fn asked(&mut self, event: Event) {
        self.queue.push(match &event {
            Event::Said { text, .. } => text.clone(),
            Event::Shell(command) => format!("!{command}"),
            Event::Commanded(command) => command.spelled(),
            _ => return,
        });
        self.work.waiting.push_back(event);
    }

    /// Takes up what waits, as long as nothing goes on.
    pub(super) fn go_on(&mut self) {
        while !self.is_busy() {
            let needs_model = match self.work.waiting.front() {
                None => return,
                Some(Event::Said { .. }) => true,
                Some(Event::Commanded(command)) => command.needs_model(),
                Some(_) => false,
            };
            if needs_model && matches!(self.model, ModelState::Loading { .. }) {
                return;
            }
            self.queue.remove(0);
            match self.work.waiting.pop_front() {
                Some(Event::Said { text, attached }) => {
                    self.begin(Entry::User { text, attached }, 0)
                }
                Some(Event::Shell(command)) => self.own(Call::Run { command }),
                Some(Event::Commanded(command)) => self.command(command),
                _ => {}
            }
        }
    }

    /// Begins to answer a message.
    pub(super) fn begin(&mut self, user: Entry, attempt: u32) {
        self.note(user);
        if let ModelState::Absent { why } = &self.model {
            // What works without one, and how to get one.
            let text = format!(
                "there is no chat model, so a message cannot be answered: {why}. /fix, /test, /map, /diff, \
                 /undo and !commands work without one. Any GGUF chat model will do: /model PATH, or \
                 `slm chat --model PATH`, or model.path in the configuration"
            );
            return self.complain(text);
        }
        self.work.turn = Turn { attempt, ..Turn::default() };
        self.generate();
    }

    /// Answers the last message once more.
    pub(super) fn retry(&mut self) {
        let user = live(&self.entries)
            .into_iter()
            .rfind(|entry| matches!(entry, Entry::User { .. }))
            .cloned();
        let Some(user) = user else { return self.say("there is no message to answer again") };
        let attempt = self.work.turn.attempt + 1;
        self.note(Entry::Retracted);
        self.begin(user, attempt);
    }

    fn generate(&mut self) {
        let turn = &mut self.work.turn;
        turn.steps += 1;
        if turn.steps > STEPS {
            return self.give_up(&format!(
                "stopped after {STEPS} answers to one message; say how to go on"
            ));
        }
        turn.raw.clear();
        let entries: Vec<Entry> = live(&self.entries).into_iter().cloned().collect();
        turn.asked = entries.len();
        let prompt = Prompt {
            entries,
            mode: self.mode,
            pinned: self.pinned.clone(),
            remark: turn.remark.take(),
            attempt: turn.attempt,
        };
        self.work.generations += 1;
        self.activity = Activity::Generating(Streaming::default());
        self.work.out.push(Effect::Generate { id: self.work.generations, prompt });
    }

    pub(super) fn text(&mut self, id: u64, text: &str) {
        let Activity::Generating(streaming) = &mut self.activity else { return };
        if id != self.work.generations {
            return;
        }
        let raw = &mut self.work.turn.raw;
        raw.push_str(text);
        let shown = calls::shown(raw);
        streaming.pieces += 1;
        if streaming.text.len() != shown.text.len() {
            shown.text.clone_into(&mut streaming.text);
        }
        if streaming.thought.len() != shown.thought.len() {
            shown.thought.clone_into(&mut streaming.thought);
        }
        if self.work.ending == Ending::No && calls::is_looping(raw) {
            self.work.ending = Ending::Circle;
            self.work.out.push(Effect::StopGenerating);
        }
    }

    pub(super) fn replied(&mut self, id: u64, reply: Result<Reply, String>) {
        if id != self.work.generations || !matches!(self.activity, Activity::Generating(_)) {
            return;
        }
        let reply = match reply {
            Ok(reply) => reply,
            Err(error) => {
                self.keep_what_came();
                return self.give_up(&error);
            }
        };
        self.count(&reply);
        if let Some((text, kept)) = &reply.summary {
            // Entries that were added while the model wrote come after all that it saw.
            let since = live(&self.entries).len().saturating_sub(self.work.turn.asked);
            self.note(Entry::Summary { text: text.clone(), kept: kept + since });
            self.say("the context was full: what came before was summarised for the model");
        }
        if self.work.ending != Ending::No || reply.finish == Finish::Cancelled {
            self.work.turn.raw = reply.text;
            self.keep_what_came();
            return self.end_turn();
        }
        let cut = reply.finish == Finish::Length;
        let mut reading = calls::read(&reply.text);
        let nothing = reading.text.is_empty() && reading.calls.is_empty();
        if reading.fault.is_none() && nothing {
            reading.fault = Some(if cut {
                "it was too long; think less and answer".to_owned()
            } else {
                "it was empty".to_owned()
            });
        }
        if let Some(fault) = reading.fault {
            return self.ask_again(&fault, cut);
        }
        self.work.turn.malformed = 0;
        self.work.turn.said.push(reply.text.clone());
        let same = self.work.turn.said.iter().filter(|said| **said == reply.text).count();
        if !reading.text.is_empty() || !reading.thought.is_empty() {
            let cut = cut && reading.calls.is_empty();
            self.note(Entry::Assistant { text: reading.text, thought: reading.thought, cut });
        }
        if same >= SAME {
            return self.give_up("the model gave the same answer three times: stopped");
        }
        self.work.turn.rest = reading.calls.into();
        self.next();
    }

    /// Has the model answer again, a few times.
    fn ask_again(&mut self, fault: &str, cut: bool) {
        let turn = &mut self.work.turn;
        turn.malformed += 1;
        if turn.malformed > MALFORMED {
            return self.give_up(&format!("the model's answer could not be read: {fault}"));
        }
        let length = if cut { " It was cut off at the limit of one answer." } else { "" };
        turn.remark = Some(format!("{fault}.{length}"));
        self.generate();
    }

    /// Text that came before the end was not what was hoped for.
    fn keep_what_came(&mut self) {
        let raw = std::mem::take(&mut self.work.turn.raw);
        let shown = calls::shown(&raw);
        let (text, thought) = (shown.text.trim().to_owned(), shown.thought.to_owned());
        if !text.is_empty() || !thought.is_empty() {
            self.note(Entry::Assistant { text, thought, cut: true });
        }
        if self.work.ending == Ending::Circle {
            self.complain("the model repeated itself: stopped. /retry has it try otherwise");
        }
    }

    fn count(&mut self, reply: &Reply) {
        let usage = reply.usage;
        let totals = &mut self.usage;
        totals.context = usage.prompt + usage.generated;
        totals.prompt += usage.prompt.saturating_sub(usage.kept + usage.restored) as u64;
        totals.generated += usage.generated as u64;
        totals.decode += usage.decode;
        totals.first_token = usage.prefill;
        let seconds = usage.decode.as_secs_f64();
        totals.rate = if seconds > 0.0 { usage.generated as f64 / seconds } else { 0.0 };
    }

    /// The next call of the answer; the model again when there were some; else the message is answered.
    pub(super) fn next(&mut self) {
        if self.work.ending != Ending::No {
            return self.end_turn();
        }
        match self.work.turn.rest.pop_front() {
            Some(call) => self.call(call),
            None => {
                let answered = self.entries.iter().rev().find(|entry| !is_aside(entry));
                match answered {
                    Some(Entry::Result { .. } | Entry::Applied { .. }) if !self.work.turn.own => {
                        self.generate();
                    }
                    _ => self.end_turn(),
                }
            }
        }
    }

    pub(super) fn interrupt(&mut self) {
        let second = self.work.ending != Ending::No;
        if !second && self.activity != Activity::Idle {
            self.work.ending = Ending::Interrupted;
        }
        match &self.activity {
            Activity::Idle => {}
            Activity::Generating(_) if second => {
                // Whoever should have ended it does not. What it still says is not heard.
                self.keep_what_came();
                self.end_turn();
            }
            Activity::Generating(_) => self.work.out.push(Effect::StopGenerating),
            Activity::Calling { id, .. } if second => {
                let id = *id;
                self.answer(id, failure("interrupted", "given up while it went on"));
                self.end_turn();
            }
            Activity::Calling { .. } => self.work.out.push(Effect::StopCall),
            Activity::Permission { id, .. } => {
                let id = *id;
                self.note(Entry::Permission { id, allowed: false });
                self.answer(id, failure("interrupted; this was not done", "interrupted"));
                self.end_turn();
            }
            Activity::Review { id, .. } => {
                let id = *id;
                self.note(Entry::Declined { id, why: "interrupted".to_owned() });
                self.answer(id, failure("interrupted; nothing was written", "interrupted"));
                self.end_turn();
            }
            // A write is not cut in the middle.
            Activity::Applying { .. } => {}
        }
    }

    pub(super) fn retract(&mut self) {
        if self.activity == Activity::Idle {
            return self.take_back();
        }
        self.interrupt();
        match self.activity {
            Activity::Idle => self.take_back(),
            _ => self.work.ending = Ending::Retracted,
        }
    }

    fn take_back(&mut self) {
        if !live(&self.entries).iter().any(|entry| matches!(entry, Entry::User { .. })) {
            return;
        }
        self.note(Entry::Retracted);
        if self.work.turn.wrote {
            self.say("files stay as they are; /undo takes their changes back");
        }
    }

    pub(super) fn give_up(&mut self, why: &str) {
        self.complain(why);
        self.end_turn();
    }

    /// The message is answered, or is not going to be.
    pub(super) fn end_turn(&mut self) {
        self.activity = Activity::Idle;
        let turn = &mut self.work.turn;
        turn.rest.clear();
        turn.raw.clear();
        let ending = std::mem::take(&mut self.work.ending);
        if ending == Ending::No && !turn.wrote && !turn.own && self.mode != Mode::Plan {
            let last = self.entries.iter().rev().find(|entry| !is_aside(entry));
            if let Some(Entry::Assistant { text, .. }) = last
                && claims_an_edit(text)
            {
                self.complain("nothing was written to a file, whatever the answer says");
            }
        }
        if ending == Ending::Retracted {
            self.take_back();
        }
    }
}

/// Said by the program or the person beside the conversation.
fn is_aside(entry: &Entry) -> bool {
    matches!(
        entry,
        Entry::Notice { .. }
            | Entry::ModeChanged { .. }
            | Entry::Pinned { .. }
            | Entry::Permission { .. }
            | Entry::Summary { .. }
    )
}

/// True for words that say that a file was changed.
fn claims_an_edit(text: &str) -> bool {
    const DONE: [&str; 10] = [
        "updated",
        "changed",
        "edited",
        "modified",
        "fixed",
        "added",
        "created",
        "removed",
        "replaced",
        "implemented",
    ];
    let text = text.to_lowercase().replace('\u{2019}', "'");
    ["i have ", "i've ", "i ", "have been ", "has been "].iter().any(|before| {
        text.match_indices(before).any(|(at, _)| {
            let begins = at == 0 || !text[..at].ends_with(|c: char| c.is_alphanumeric());
            let after = text[at + before.len()..].trim_start_matches("just ");
            begins && DONE.iter().any(|word| after.starts_with(word))
        })
    })
}

#[cfg(test)]
#[path = "turn_tests.rs"]
mod tests;
