//! The only place that prints: text for people, one JSON object for programs, exit codes.

#![expect(clippy::print_stderr, reason = "this is the room that prints")]

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use serde::Serialize;

use crate::base::{Secret, sanitize};

/// How a command ended. The numbers are a contract with scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Repaired, or nothing to do.
    Success = 0,
    /// No verified fix.
    NoFix = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The environment or slm itself is at fault.
    Environment = 3,
    /// Another slm works on this repository.
    Locked = 4,
    /// Ctrl-C.
    Interrupted = 130,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status as u8)
    }
}

/// An error with the exit status it asks for.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    pub message: String,
    pub status: ExitStatus,
}

impl Failure {
    /// The user asked for something that cannot be meant.
    pub fn usage(message: impl Into<String>) -> anyhow::Error {
        Self { message: message.into(), status: ExitStatus::Usage }.into()
    }

    /// The machine or the repository does not allow it.
    pub fn environment(message: impl Into<String>) -> anyhow::Error {
        Self { message: message.into(), status: ExitStatus::Environment }.into()
    }

    /// What was looked for is not there.
    pub fn nothing(message: impl Into<String>) -> anyhow::Error {
        Self { message: message.into(), status: ExitStatus::NoFix }.into()
    }

    /// Ctrl-C.
    pub fn interrupted() -> anyhow::Error {
        Self { message: "interrupted".to_owned(), status: ExitStatus::Interrupted }.into()
    }
}

/// Prints clap's own message: help and version to stdout, mistakes to stderr.
pub fn usage(error: &clap::Error) -> ExitStatus {
    // A closed pipe is no reason to fail.
    let _ = error.print();
    if error.use_stderr() { ExitStatus::Usage } else { ExitStatus::Success }
}

/// Prints an error for people and picks its exit status.
pub fn error(error: &anyhow::Error) -> ExitStatus {
    eprintln!("slm: {}", sanitize(&format!("{error:#}")));
    status_of(error)
}

/// The exit status that an error asks for.
pub fn status_of(error: &anyhow::Error) -> ExitStatus {
    error.downcast_ref::<Failure>().map_or(ExitStatus::Environment, |f| f.status)
}

/// Prints `text` to stdout; it must be sanitised already.
pub fn out(text: &str) {
    let mut stdout = std::io::stdout().lock();
    // A reader that went away (`| head`) is no error.
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Prints one line to stdout.
pub fn line(text: &str) {
    out(&format!("{text}\n"));
}

/// Prints a remark to stderr.
pub fn note(text: &str) {
    eprintln!("{}", sanitize(text));
}

/// Prints `value` as one line of JSON, the last one of stdout.
pub fn json<T: Serialize>(value: &T) {
    match serde_json::to_string(value) {
        Ok(text) => line(&text),
        Err(error) => eprintln!("slm: cannot write JSON: {error}"),
    }
}

/// Asks for a password or passphrase on the terminal, which does not show it.
///
/// # Errors
/// No terminal; Ctrl-C.
pub fn ask_secret(question: &str) -> anyhow::Result<Secret> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage(format!(
            "{question}: there is no terminal to ask on; give a file that holds it"
        )));
    }
    let question = format!("{}: ", sanitize(question));
    let answer = super::watch::asking(|| rpassword::prompt_password(question));
    match answer {
        Ok(text) => Ok(Secret::new(&text)),
        Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {
            Err(Failure::interrupted())
        }
        Err(error) => Err(Failure::environment(format!("cannot read the terminal: {error}"))),
    }
}

/// True when a person sits at both ends.
pub fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// True when stdout is a terminal.
pub fn stdout_is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Asks on the terminal; false without one, and for anything but y or yes.
pub fn confirm(question: &str) -> bool {
    if !std::io::stdin().is_terminal() {
        return false;
    }
    eprint!("{} [y/N] ", sanitize(question));
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).is_ok()
        && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}
