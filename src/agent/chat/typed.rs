//! What a person types: a message, a command with a slash, or a command for the shell.

use super::command::{COMMANDS, Command};
use super::policy::Mode;

const MODES: [Mode; 4] = [Mode::Ask, Mode::AutoEdit, Mode::ReadOnly, Mode::Plan];

/// What was typed, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    Message(String),
    Command(Command),
    /// After `!`.
    Shell(String),
}

/// Why what was typed means nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistyped {
    #[error("there is no command /{0}: /help lists them. Two slashes begin a message with one.")]
    Unknown(String),
    #[error("/{name} needs {what}")]
    Needs { name: &'static str, what: &'static str },
    #[error("/{0} takes nothing after it")]
    TakesNothing(&'static str),
    #[error("there is no mode {0:?}: ask, auto-edit, read-only or plan")]
    NoMode(String),
    #[error("type a command after the exclamation mark: !ls")]
    NoShellCommand,
}

/// Understands what was typed. What begins with a slash is a command when its first word could be the name
/// of one, so that `/usr/bin/env is missing` is a message; `//` begins a message with a slash.
///
/// # Errors
/// See [`Mistyped`]. An empty text is an empty message.
pub fn parse(text: &str) -> Result<Typed, Mistyped> {
    let text = text.trim();
    if let Some(command) = text.strip_prefix('!') {
        return match command.trim() {
            "" => Err(Mistyped::NoShellCommand),
            command => Ok(Typed::Shell(command.to_owned())),
        };
    }
    let Some(rest) = text.strip_prefix('/') else { return Ok(Typed::Message(text.to_owned())) };
    if rest.starts_with('/') {
        return Ok(Typed::Message(rest.to_owned()));
    }
    let (name, argument) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphabetic() || c == '-') {
        return Ok(Typed::Message(text.to_owned()));
    }
    command(name, argument.trim()).map(Typed::Command)
}

fn command(name: &str, argument: &str) -> Result<Command, Mistyped> {
    let name = if name == "exit" { "quit" } else { name };
    let Some(&(name, what, _)) = COMMANDS.iter().find(|(known, ..)| *known == name) else {
        return Err(Mistyped::Unknown(name.to_owned()));
    };
    if what.is_empty() && !argument.is_empty() {
        return Err(Mistyped::TakesNothing(name));
    }
    if argument.is_empty() && !what.is_empty() && !what.starts_with('[') {
        return Err(Mistyped::Needs { name, what });
    }
    let needed = argument.to_owned();
    let given = (!argument.is_empty()).then(|| argument.to_owned());
    Ok(match name {
        "fix" => Command::Fix(given),
        "refactor" => Command::Refactor(needed),
        "test" => Command::Test,
        "map" => Command::Map(given),
        "add" => Command::Add(needed),
        "drop" => Command::Drop(needed),
        "files" => Command::Files,
        "model" => Command::Model(given),
        "context" => Command::Context,
        "tokens" => Command::Tokens,
        "diff" => Command::Diff,
        "undo" => Command::Undo,
        "redo" => Command::Redo,
        "commit" => Command::Commit(given),
        "plan" => Command::Plan,
        "mode" => {
            if let Some(mode) =
                given.as_deref().filter(|mode| !MODES.iter().any(|known| known.name() == *mode))
            {
                return Err(Mistyped::NoMode(mode.to_owned()));
            }
            Command::Mode(given)
        }
        "retry" => Command::Retry,
        "save" => Command::Save(given),
        "resume" => Command::Resume(given),
        "clear" => Command::Clear,
        "help" => Command::Help,
        "quit" => Command::Quit,
        other => return Err(Mistyped::Unknown(other.to_owned())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn messages_commands_and_the_shell() {
        let message = |text: &str| Ok(Typed::Message(text.to_owned()));
        assert_eq!(parse("  why?\n"), message("why?"));
        assert_eq!(parse("/usr/bin/env is missing"), message("/usr/bin/env is missing"));
        assert_eq!(parse("//fix is a command"), message("/fix is a command"));
        assert_eq!(parse("/ fix"), message("/ fix"));
        assert_eq!(parse("!ls -l"), Ok(Typed::Shell("ls -l".to_owned())));
        assert_eq!(parse("!  "), Err(Mistyped::NoShellCommand));
        assert_eq!(parse("/fix"), Ok(Typed::Command(Command::Fix(None))));
        let fix = Command::Fix(Some("pytest -q\na".to_owned()));
        assert_eq!(parse("/fix  pytest -q\na "), Ok(Typed::Command(fix)));
        assert_eq!(parse("/exit"), Ok(Typed::Command(Command::Quit)));
    }

    #[test]
    fn mistakes_are_told() {
        assert_eq!(parse("/fxi a"), Err(Mistyped::Unknown("fxi".to_owned())));
        assert_eq!(parse("/add"), Err(Mistyped::Needs { name: "add", what: "FILE" }));
        assert_eq!(parse("/undo twice"), Err(Mistyped::TakesNothing("undo")));
        assert_eq!(parse("/mode yolo"), Err(Mistyped::NoMode("yolo".to_owned())));
        for mode in ["ask", "auto-edit", "read-only", "plan"] {
            let command = Command::Mode(Some(mode.to_owned()));
            assert_eq!(parse(&format!("/mode {mode}")), Ok(Typed::Command(command)));
        }
    }

    #[test]
    fn every_command_of_the_help_is_understood() {
        for (name, what, _) in COMMANDS {
            let argument = if *name == "mode" { "plan" } else { "a" };
            let given = if what.is_empty() { String::new() } else { format!(" {argument}") };
            let typed = parse(&format!("/{name}{given}"));
            assert!(matches!(typed, Ok(Typed::Command(_))), "{name}: {typed:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_typed_is_lost(text in any::<String>()) {
            match parse(&text) {
                Ok(Typed::Message(message)) => prop_assert!(text.contains(&message)),
                Ok(Typed::Shell(command)) => prop_assert!(text.trim().ends_with(&command)),
                Ok(Typed::Command(_)) | Err(_) => prop_assert!(text.trim().starts_with(['/', '!'])),
            }
        }

        #[test]
        fn arguments_arrive_whole(argument in "[^\\s](.*[^\\s])?") {
            let save = Command::Save(Some(argument.trim().to_owned()));
            prop_assert_eq!(parse(&format!("/save {argument}")), Ok(Typed::Command(save)));
        }
    }
}
