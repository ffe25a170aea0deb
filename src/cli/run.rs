//! `slm run`: one instruction through the loop of the chat, without a screen.

use std::io::Read as _;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use crossbeam_channel::RecvTimeoutError;
use serde::Serialize;
use serde_json::{Value, json};

use super::chat_open::{self, Need, Opened, Session, Shared};
use super::fix::seconds;
use super::report::{self, ExitStatus, Failure};
use super::watch;
use crate::agent::chat::typed::{self, Typed};
use crate::agent::chat::{
    Activity, Command, Conversation, Effect, Entry, Event, ModelState, Perform as _, Permit,
};
use crate::base::{Cancel, sanitize};
use crate::config::Environment;
use crate::edit::{self, Patch};
use crate::repo::is_test_path;

/// Bytes of an instruction, at most.
const LONGEST: u64 = 1 << 20;
/// How often a signal and the time limit are looked at.
const TICK: Duration = Duration::from_millis(50);

/// Do one thing without a screen
///
/// Gives one instruction to the model and does what it asks for, as in `slm chat`. Without --yes nothing
/// is written and no command of the model's is run; with it, edits whose checks pass are written and
/// commands run in the sandbox. An instruction that begins with a slash is a command of the chat: it needs
/// no model.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  slm run --model qwen.gguf \"where is the retry limit set?\"
  slm run --yes \"rename fetch_all to fetch in client.py\"
  slm run /test
  git diff | slm run --json -

Exit status: 0 done, 1 not done, 2 usage, 3 environment, 130 interrupted.")]
pub struct Args {
    /// What is to be done; `-` reads it from standard input
    #[arg(value_name = "INSTRUCTION", required = true)]
    instruction: Vec<String>,
    #[command(flatten)]
    shared: Shared,
    /// Write edits whose checks pass, and run the model's commands, without asking
    #[arg(long, short)]
    yes: bool,
    /// Seconds for the whole run
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<f64>,
    /// Print one JSON object a line, the last of which is the result
    #[arg(long)]
    json: bool,
}

/// The last line of `slm run --json`.
#[derive(Debug, Serialize)]
struct Json {
    event: &'static str,
    /// "done", "not-done" or "interrupted".
    status: &'static str,
    /// What the model said last.
    answer: Option<String>,
    /// Files that were written.
    files: Vec<String>,
    /// Why it was not done.
    message: Option<String>,
    model: Option<String>,
    session: String,
    elapsed_ms: u128,
    tokens: Tokens,
}

#[derive(Debug, Serialize)]
struct Tokens {
    /// Computed, those found in the cache not among them.
    prompt: u64,
    generated: u64,
}

/// Runs `slm run`.
///
/// # Errors
/// Bad input and settings.
pub fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let typed =
        typed::parse(&said(&args.instruction)?).map_err(|e| Failure::usage(e.to_string()))?;
    let cancel = Cancel::new();
    watch::interrupts(&cancel)?;
    let asked = match typed {
        Typed::Message(text) if text.trim().is_empty() => {
            return Err(Failure::usage("the instruction is empty"));
        }
        Typed::Message(text) => Event::Said { text, attached: Vec::new() },
        Typed::Command(command) => Event::Commanded(command),
        Typed::Shell(command) => Event::Shell(command),
    };
    let need = match &asked {
        Event::Shell(_) => Need::Nothing,
        Event::Commanded(command) if !may_use_model(command) => Need::Nothing,
        _ => Need::Model,
    };
    let opened = chat_open::open(&args.shared, &Session::New, need, environment)?;
    Ok(Held::new(args, opened, cancel).hold(asked))
}

fn may_use_model(command: &Command) -> bool {
    matches!(
        command,
        Command::Fix(_)
            | Command::Trace(_)
            | Command::Refactor(_)
            | Command::Model(_)
            | Command::Context
    )
}

/// What was typed as words, or, for a single `-`, what standard input holds.
///
/// # Errors
/// Standard input that cannot be read.
pub(super) fn said(words: &[String]) -> anyhow::Result<String> {
    if words != ["-"] {
        return Ok(words.join(" "));
    }
    let mut bytes = Vec::new();
    let stdin = std::io::stdin().lock();
    stdin.take(LONGEST).read_to_end(&mut bytes).context("cannot read standard input")?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// One conversation of one instruction.
struct Held<'a> {
    args: &'a Args,
    opened: Opened,
    cancel: Cancel,
    started: Instant,
    /// Bytes of the streaming answer that were printed.
    printed: usize,
    interrupted: u32,
    out_of_time: bool,
}

impl<'a> Held<'a> {
    fn new(args: &'a Args, opened: Opened, cancel: Cancel) -> Self {
        let started = Instant::now();
        Self { args, opened, cancel, started, printed: 0, interrupted: 0, out_of_time: false }
    }

    fn hold(mut self, asked: Event) -> ExitStatus {
        let needs_model = matches!(
            asked,
            Event::Said { .. } | Event::Commanded(Command::Refactor(_) | Command::Retry)
        );
        self.take(asked);
        while !self.opened.conversation.is_at_rest() {
            match self.opened.events.recv_timeout(TICK) {
                Ok(event) => self.take(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.watch();
            if self.interrupted > 2 {
                break;
            }
        }
        // What an errand has still to say was sent before it said that it was done.
        while let Ok(event) = self.opened.events.try_recv() {
            self.take(event);
        }
        self.end(needs_model)
    }

    /// Ends what goes on at a signal, or when the time is up; what does not end is left.
    fn watch(&mut self) {
        let limit = self.args.timeout.map(Duration::from_secs_f64);
        let late = limit.is_some_and(|limit| self.started.elapsed() >= limit);
        let wanted = u32::from(self.cancel.is_cancelled() || late);
        let patience = limit.unwrap_or_default() + Duration::from_secs(3);
        let again = late && self.started.elapsed() > patience;
        if self.interrupted < wanted || again {
            self.interrupted += 1;
            self.out_of_time = late && !self.cancel.is_cancelled();
            self.take(Event::Interrupted);
        }
    }

    fn take(&mut self, event: Event) {
        let mut next = Some(event);
        while let Some(event) = next.take() {
            let effects = self.opened.conversation.update(event);
            for effect in effects {
                if let Effect::Log(entry) = &effect {
                    self.show(entry);
                }
                self.opened.driver.perform(effect);
            }
            self.stream();
            next = decide(&self.opened.conversation, self.args.yes);
        }
    }

    /// Prints what has come of the answer since.
    fn stream(&mut self) {
        let Activity::Generating(streaming) = self.opened.conversation.activity() else {
            self.printed = 0;
            return;
        };
        let Some(new) = streaming.text.get(self.printed..).filter(|new| !new.is_empty()) else {
            return;
        };
        if self.args.json {
            report::json(&json!({ "event": "text", "text": new }));
            self.printed = streaming.text.len();
        }
    }

    fn show(&mut self, entry: &Entry) {
        if self.args.json {
            let mut value = serde_json::to_value(entry).unwrap_or_default();
            if let Value::Object(map) = &mut value {
                map.insert("event".to_owned(), "entry".into());
            }
            return report::json(&value);
        }
        let note = |text: &str| report::note(&sanitize(text));
        match entry {
            Entry::Assistant { text, .. } => report::line(&sanitize(text)),
            Entry::Call { call, .. } => note(&format!("> {}", told(call))),
            Entry::Result { outcome, .. } if is_own(&self.opened.conversation) => {
                report::line(&sanitize(outcome.text.trim_end()));
            }
            Entry::Result { outcome, .. } => {
                note(&format!("  {}{}", if outcome.ok { "" } else { "failed: " }, outcome.line));
            }
            Entry::Proposal { diff, checks, .. } => {
                report::line(&sanitize(diff));
                checks.iter().for_each(|check| note(&format!("  {check}")));
            }
            Entry::Applied { operation, files, .. } => note(&format!(
                "Applied to {}. Take it back with: slm undo {operation}",
                files.join(", ")
            )),
            Entry::Notice { text, error: false } => report::line(&sanitize(text)),
            Entry::Notice { text, error: true } => note(&format!("slm: {text}")),
            Entry::Declined { why, .. } => note(&format!("  not written: {why}")),
            _ => {}
        }
    }

    fn end(self, needs_model: bool) -> ExitStatus {
        let chat = &self.opened.conversation;
        let message = complaint(chat);
        let absent = needs_model && matches!(chat.model(), ModelState::Absent { .. });
        let (status, word) = match &message {
            _ if self.out_of_time => (ExitStatus::NoFix, "not-done"),
            _ if self.interrupted > 0 => (ExitStatus::Interrupted, "interrupted"),
            Some(_) if absent => (ExitStatus::Environment, "not-done"),
            Some(_) => (ExitStatus::NoFix, "not-done"),
            None => (ExitStatus::Success, "done"),
        };
        let message = match self.out_of_time {
            true => Some("the time limit was reached".to_owned()),
            false => message,
        };
        if self.args.json {
            let totals = chat.totals();
            let model = match chat.model() {
                ModelState::Ready(model) => Some(model.name.clone()),
                _ => None,
            };
            report::json(&Json {
                event: "result",
                status: word,
                answer: answer(chat),
                files: files(chat),
                message,
                model,
                session: self.opened.id.clone(),
                elapsed_ms: self.started.elapsed().as_millis(),
                tokens: Tokens { prompt: totals.prompt, generated: totals.generated },
            });
        } else if self.out_of_time {
            report::note("slm: the time limit was reached");
        }
        status
    }
}

/// The answer to what the conversation asks the person, who is not there.
fn decide(conversation: &Conversation, yes: bool) -> Option<Event> {
    match conversation.activity() {
        Activity::Permission { .. } => {
            Some(Event::Permitted(if yes { Permit::Once } else { Permit::No }))
        }
        Activity::Review { patch, sound, .. } => {
            let agreed = yes && *sound && !is_guarded(patch);
            Some(Event::Reviewed(agreed.then(|| patch.clone())))
        }
        _ => None,
    }
}

/// True when a file is never written without a word of the person's for that very file.
fn is_guarded(patch: &Patch) -> bool {
    patch.files().iter().any(|f| edit::protected(&f.path).is_some() || is_test_path(&f.path))
}

fn told(call: &crate::agent::chat::Call) -> String {
    use crate::agent::chat::Call;
    match call {
        Call::Read { path, .. } | Call::Edit { path, .. } | Call::Refactor { path, .. } => {
            format!("{} {path}", call.tool())
        }
        Call::Search { query: what } | Call::Where { name: what } | Call::Refs { name: what } => {
            format!("{} {what}", call.tool())
        }
        Call::Run { command } | Call::Fix { command } => format!("{} {command}", call.tool()),
        Call::Map { .. } | Call::Test => call.tool().to_owned(),
    }
}

/// True when the call that was just answered is what was asked for, not the model's.
fn is_own(conversation: &Conversation) -> bool {
    !conversation.entries().iter().any(|entry| matches!(entry, Entry::User { .. }))
}

/// Why it was not done; `None` when it was.
fn complaint(conversation: &Conversation) -> Option<String> {
    let entries = conversation.entries();
    let own = is_own(conversation);
    entries.iter().rev().find_map(|entry| match entry {
        Entry::Notice { text, error: true } => Some(text.clone()),
        Entry::Declined { .. } => {
            Some("the edit was not written: give --yes to write what its checks allow".to_owned())
        }
        Entry::Permission { allowed: false, .. } => {
            Some("a command of the model's was not run: give --yes to allow it".to_owned())
        }
        Entry::Result { outcome, .. } if own && !outcome.ok => Some(outcome.line.clone()),
        _ => None,
    })
}

fn answer(conversation: &Conversation) -> Option<String> {
    conversation.entries().iter().rev().find_map(|entry| match entry {
        Entry::Assistant { text, .. } if !text.is_empty() => Some(text.clone()),
        _ => None,
    })
}

fn files(conversation: &Conversation) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    for entry in conversation.entries() {
        if let Entry::Applied { files: written, .. } = entry {
            files.extend(written.iter().cloned());
        }
    }
    files.sort();
    files.dedup();
    files
}
