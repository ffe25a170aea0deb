//! `slm chat`, and `slm` alone: the conversation on the screen.

use std::sync::{Arc, Mutex, PoisonError};

use super::chat_open::{self, Need, Opened, Session, Shared};
use super::report::{self, ExitStatus, Failure};
use super::{fix_show, recording, watch};
use crate::agent::chat::log;
use crate::agent::chat::{Conversation, Entry};
use crate::agent::record::Task;
use crate::base::Cancel;
use crate::config::Environment;
use crate::repo::{self, walk};
use crate::tui::{self, chat::ChatScreen, chat::Left};

/// Messages of earlier sessions that can be recalled.
const HISTORY: usize = 200;
/// Sessions that these are taken from.
const SESSIONS: usize = 20;

/// Talk about the repository, and change it, in the terminal
///
/// Opens a conversation with a local model that reads, searches, runs and edits. Edits are shown before
/// they are written, commands run in a sandbox on a scratch copy. `slm` without a command does the same.
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "\
Examples:
  slm                                   a new conversation
  slm chat --continue                   go on with the last one here
  slm chat --model qwen.gguf --mode plan
  slm chat --endpoint http://localhost:8080/v1

Exit status: 0 done, 2 usage, 3 environment, 130 interrupted.")]
pub struct Args {
    #[command(flatten)]
    shared: Shared,
    /// Go on with a session; without an ID they are listed
    #[arg(long, value_name = "ID", num_args = 0..=1, default_missing_value = "")]
    resume: Option<String>,
    /// Go on with the last session of this repository
    #[arg(long, short = 'c', conflicts_with = "resume")]
    r#continue: bool,
}

/// Runs `slm chat`.
///
/// # Errors
/// No terminal; bad settings; no such session.
pub fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    if !tui::is_usable(environment.term.as_deref()) {
        return Err(Failure::usage(
            "a conversation needs a terminal; `slm run \"...\"` does one thing without a screen",
        ));
    }
    let mut session = match (&args.resume, args.r#continue) {
        (Some(id), _) if id.is_empty() => return super::sessions::list(environment, false),
        (Some(id), _) => Session::Named(id.clone()),
        (None, true) => Session::Latest,
        (None, false) => Session::New,
    };
    watch::interrupts(&Cancel::new())?;
    recording::begin(Task::Chat, environment);
    loop {
        let opened = chat_open::open(&args.shared, &session, Need::Model, environment)?;
        let id = opened.id.clone();
        let (conversation, left) = show(opened, environment)?;
        match left {
            Left::Resume(other) => session = Session::Named(other),
            Left::Quit | Left::Interrupted => {
                farewell(&conversation, &id, environment);
                return Ok(match left {
                    Left::Interrupted => ExitStatus::Interrupted,
                    _ => ExitStatus::Success,
                });
            }
        }
    }
}

/// Shows the conversation until the person leaves.
fn show(opened: Opened, environment: &Environment) -> anyhow::Result<(Conversation, Left)> {
    let Opened { conversation, mut driver, events, root, config, .. } = opened;
    driver.open_sandbox();
    let files = Arc::new(Mutex::new(Vec::new()));
    let (found, start) = (Arc::clone(&files), root.clone());
    // The screen does not wait for a large repository.
    std::thread::spawn(move || {
        let all = walk::files(&start, &Cancel::new());
        *found.lock().unwrap_or_else(PoisonError::into_inner) = all;
    });
    let screen = ChatScreen {
        files,
        branch: repo::branch(&root),
        root,
        history: history(environment),
        interrupt: watch::flag(),
        mouse: config.chat.mouse,
        look: fix_show::look(environment),
    };
    tui::chat::run(conversation, &mut recording::Turns::of(&mut driver), events, screen)
        .map_err(|error| Failure::environment(format!("the terminal cannot be used: {error}")))
}

/// Says how to go on, and removes a session in which nothing was said.
fn farewell(conversation: &Conversation, id: &str, environment: &Environment) {
    let said = conversation
        .entries()
        .iter()
        .any(|entry| matches!(entry, Entry::User { .. } | Entry::Call { .. }));
    if said {
        report::note(&format!("slm: go on with: slm chat --resume {id}"));
    } else {
        // One that stays behind is only an empty line in the list.
        let _ = log::remove(&log::directory(&environment.state_dir()), id);
    }
}

/// Messages of earlier sessions, oldest first.
fn history(environment: &Environment) -> Vec<String> {
    let directory = log::directory(&environment.state_dir());
    let sessions = log::list(&directory).unwrap_or_default();
    let mut messages: Vec<String> = Vec::new();
    for session in sessions.iter().take(SESSIONS).rev() {
        let entries = log::read(&directory, &session.id).map(|(_, entries)| entries);
        messages.extend(entries.unwrap_or_default().into_iter().filter_map(|entry| match entry {
            Entry::User { text, .. } => Some(text),
            _ => None,
        }));
    }
    messages.dedup();
    messages.split_off(messages.len().saturating_sub(HISTORY))
}
