//! `slm sessions`: what was said before, listed, shown, exported, removed.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Subcommand;
use serde::Serialize;

use super::report::{self, ExitStatus, Failure};
use crate::agent::chat::log;
use crate::base::sanitize;
use crate::config::Environment;

/// List, show and export conversations
///
/// Each conversation is kept in slm's state directory, readable by you alone, until you remove it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  slm sessions
  slm sessions show 20260131-174205-0
  slm sessions export 20260131-174205-0 --output talk.md

Exit status: 0 done, 1 there is none, 2 usage, 3 environment.")]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Print one JSON object as the last line of standard output
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print a conversation
    Show {
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Write a conversation as Markdown
    Export {
        #[arg(value_name = "ID")]
        id: String,
        /// A new file, instead of standard output
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Remove a conversation
    Remove {
        #[arg(value_name = "ID")]
        id: String,
    },
}

/// The JSON contract of `slm sessions --json`.
#[derive(Debug, Serialize)]
struct Json {
    /// Those changed last first.
    sessions: Vec<log::Summary>,
}

/// Runs `slm sessions`.
///
/// # Errors
/// There is no such session; a file that cannot be written.
pub fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let directory = log::directory(&environment.state_dir());
    match &args.command {
        None => list(environment, args.json),
        Some(Command::Show { id }) => {
            report::out(&sanitize(&markdown(&directory, id)?));
            Ok(ExitStatus::Success)
        }
        Some(Command::Export { id, output: None }) => {
            report::out(&sanitize(&markdown(&directory, id)?));
            Ok(ExitStatus::Success)
        }
        Some(Command::Export { id, output: Some(file) }) => {
            let text = markdown(&directory, id)?;
            let mut options = std::fs::OpenOptions::new();
            let opened = options.write(true).create_new(true).mode(0o600).open(file);
            opened.and_then(|mut open| open.write_all(text.as_bytes())).map_err(|e| {
                Failure::environment(format!("cannot write {}: {e}", file.display()))
            })?;
            report::note(&format!("slm: written to {}", file.display()));
            Ok(ExitStatus::Success)
        }
        Some(Command::Remove { id }) => {
            log::remove(&directory, id).map_err(|e| Failure::usage(e.to_string()))?;
            report::note(&format!("slm: removed {id}"));
            Ok(ExitStatus::Success)
        }
    }
}

fn markdown(directory: &Path, id: &str) -> anyhow::Result<String> {
    let (header, entries) = log::read(directory, id).map_err(|e| Failure::usage(e.to_string()))?;
    Ok(log::markdown(&format!("Session {id} in {}", header.root.display()), &entries))
}

/// Prints all sessions.
///
/// # Errors
/// A directory that cannot be read.
pub(super) fn list(environment: &Environment, json: bool) -> anyhow::Result<ExitStatus> {
    let sessions = log::list(&log::directory(&environment.state_dir()))?;
    let status = if sessions.is_empty() { ExitStatus::NoFix } else { ExitStatus::Success };
    if json {
        report::json(&Json { sessions });
        return Ok(status);
    }
    if sessions.is_empty() {
        report::note("slm: there is no session yet");
    }
    for session in sessions {
        let root = session.root.file_name().unwrap_or_default().to_string_lossy();
        let title = if session.title.is_empty() { "(nothing said)" } else { &session.title };
        let line = format!("{}  {}  {root}  {title}", session.id, age(session.changed));
        report::line(&sanitize(&line));
    }
    Ok(status)
}

fn age(then: u64) -> String {
    let then = UNIX_EPOCH + Duration::from_secs(then);
    let seconds = SystemTime::now().duration_since(then).unwrap_or_default().as_secs();
    match seconds {
        0..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}
