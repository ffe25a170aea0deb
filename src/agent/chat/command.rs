//! What a person types: a message, a command with a slash, or a command for the shell.

use super::policy::Mode;

/// A command with its argument, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Without a command: the last one that failed, else the project's tests.
    Fix(Option<String>),
    /// A stack trace that was pasted is to be repaired; no name of its own.
    Trace(String),
    Refactor(String),
    Test,
    Map(Option<String>),
    Add(String),
    Drop(String),
    Files,
    /// Without a path: what is loaded, and what could be.
    Model(Option<String>),
    Context,
    Tokens,
    Diff,
    Undo,
    Redo,
    Commit(Option<String>),
    Plan,
    Mode(Option<String>),
    Save(Option<String>),
    Resume(Option<String>),
    Clear,
    Retry,
    Help,
    Quit,
}

/// Names and what they do, in the order of the help.
pub const COMMANDS: &[(&str, &str, &str)] = &[
    ("fix", "[COMMAND]", "repair a failing command, with proof"),
    ("refactor", "FILE", "improve a file, with proof"),
    ("test", "", "run the project's tests"),
    ("map", "[PATH]", "the outline of the repository"),
    ("add", "FILE", "keep a file in the context"),
    ("drop", "FILE", "no longer"),
    ("files", "", "what is kept in the context"),
    ("model", "[PATH]", "the model, or another one"),
    ("context", "", "what the model sees, and what it costs"),
    ("tokens", "", "tokens used, and how fast they came"),
    ("diff", "", "what this session has changed"),
    ("undo", "", "take the last change back"),
    ("redo", "", "make it again"),
    ("commit", "[MESSAGE]", "commit what this session has changed"),
    ("plan", "", "plan before anything is changed"),
    ("mode", "[ask|auto-edit|read-only|plan]", "what may be done without asking"),
    ("retry", "", "have the last message answered again"),
    ("save", "[FILE]", "write the conversation as Markdown"),
    ("resume", "[ID]", "go on with another session"),
    ("clear", "", "begin anew; files stay as they are"),
    ("help", "", "commands and keys"),
    ("quit", "", "leave"),
];

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
            if let Some(mode) = given.as_deref().filter(|mode| Mode::named(mode).is_none()) {
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
