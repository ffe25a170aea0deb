//! What becomes of a command that the person types.

use super::call::Call;
use super::command::{COMMANDS, Command};
use super::entry::Entry;
use super::policy::Mode;
use super::state::{Conversation, Effect, ModelState};
use crate::agent::tasks::refactor;

impl Command {
    /// True for what needs no turn: it changes nothing that a call or an answer rests on.
    pub(super) fn is_quick(&self) -> bool {
        matches!(
            self,
            Self::Mode(_) | Self::Plan | Self::Help | Self::Files | Self::Tokens | Self::Quit
        )
    }

    pub(super) fn needs_model(&self) -> bool {
        match self {
            Self::Refactor(text) => is_free(text),
            other => *other == Self::Retry,
        }
    }
}

impl Conversation {
    /// Does what needs no turn.
    pub(super) fn quickly(&mut self, command: Command) {
        match command {
            Command::Plan => self.set_mode(Mode::Plan),
            Command::Mode(None) => self.say(format!("mode: {}", self.mode.name())),
            Command::Mode(Some(name)) => match Mode::of_name(&name) {
                Some(mode) => self.set_mode(mode),
                None => self.complain(format!(
                    "there is no mode {name:?}; there are ask, auto-edit, read-only, plan"
                )),
            },
            Command::Help => self.say(help()),
            Command::Files if self.pinned.is_empty() => {
                self.say("no file is kept in the context; /add FILE keeps one");
            }
            Command::Files => self.say(format!("kept in the context: {}", self.pinned.join(", "))),
            Command::Tokens => self.say(self.tokens()),
            Command::Quit => self.work.out.push(Effect::Leave),
            _ => {}
        }
    }

    /// Does a command whose turn has come, or has it done.
    pub(super) fn command(&mut self, command: Command) {
        match command {
            Command::Fix(given) => {
                let command = given.or_else(|| self.last_failed()).unwrap_or_default();
                self.own(Call::Fix { command });
            }
            // A failing command of several lines is what it printed.
            Command::Trace(text) => self.own(Call::Fix { command: text }),
            Command::Test => self.own(Call::Test),
            Command::Map(path) => self.own(Call::Map { path }),
            Command::Refactor(text) if !is_free(&text) => {
                let (path, steps) = split(&text);
                self.own(Call::Refactor { path: path.to_owned(), steps: steps.map(str::to_owned) });
            }
            Command::Retry => self.retry(),
            Command::Clear => {
                self.note(Entry::Cleared);
                self.usage.context = 0;
            }
            Command::Drop(path) => match self.kept(&path) {
                Some(path) => self.pin(path, false),
                None => self.complain(format!("{path} is not kept; /files lists what is")),
            },
            command if command.is_quick() => self.quickly(command),
            command => {
                self.work.commanding = true;
                self.work.out.push(Effect::Command(command));
            }
        }
    }

    fn kept(&self, path: &str) -> Option<String> {
        let path = path.trim_start_matches("./");
        self.pinned.iter().find(|kept| *kept == path).cloned()
    }

    /// The command that failed last.
    fn last_failed(&self) -> Option<String> {
        self.entries.iter().rev().find_map(|entry| {
            let Entry::Result { id, outcome } = entry else { return None };
            if outcome.ok {
                return None;
            }
            self.entries.iter().rev().find_map(|entry| match entry {
                Entry::Call { id: of, call: Call::Run { command } } if of == id => {
                    Some(command.clone())
                }
                _ => None,
            })
        })
    }

    fn tokens(&self) -> String {
        let totals = self.usage;
        let of = match &self.model {
            ModelState::Ready(model) => format!(" of {}", model.context),
            _ => String::new(),
        };
        format!(
            "context: {}{of} tokens; this session: {} computed, {} written in {:.1} s; the last answer: \
             {:.1} tokens/s, {:.2} s to its first",
            totals.context,
            totals.prompt,
            totals.generated,
            totals.decode.as_secs_f64(),
            totals.rate,
            totals.first_token.as_secs_f64()
        )
    }
}

/// `FILE` and the steps behind it.
pub(super) fn split(text: &str) -> (&str, Option<&str>) {
    let (path, steps) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (path, Some(steps.trim()).filter(|steps| !steps.is_empty()))
}

/// True when a model has to make something of the words.
fn is_free(text: &str) -> bool {
    split(text).1.is_some_and(|steps| refactor::read_all(steps).is_err())
}

fn help() -> String {
    let width = COMMANDS.iter().map(|(name, argument, _)| name.len() + argument.len()).max();
    let width = width.unwrap_or(0).min(24) + 1;
    let lines = COMMANDS.iter().map(|(name, argument, what)| {
        let typed = format!("{name} {argument}");
        format!("/{typed:width$}  {what}")
    });
    let more = [
        "!COMMAND  run it in the sandbox, on a scratch copy",
        "@FILE     put a file into the message",
    ];
    lines.chain(more.map(str::to_owned)).collect::<Vec<_>>().join("\n")
}
