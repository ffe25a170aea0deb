//! Commands that a person types with a slash.

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
    ("refactor", "FILE [STEPS]", "improve a file, with proof"),
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

impl Command {
    /// As the person would type it.
    pub fn spelled(&self) -> String {
        let (name, argument) = match self {
            Self::Fix(argument) => ("fix", argument.as_deref()),
            Self::Trace(text) => ("fix", text.lines().rfind(|line| !line.trim().is_empty())),
            Self::Refactor(file) => ("refactor", Some(file.as_str())),
            Self::Test => ("test", None),
            Self::Map(argument) => ("map", argument.as_deref()),
            Self::Add(file) => ("add", Some(file.as_str())),
            Self::Drop(file) => ("drop", Some(file.as_str())),
            Self::Files => ("files", None),
            Self::Model(argument) => ("model", argument.as_deref()),
            Self::Context => ("context", None),
            Self::Tokens => ("tokens", None),
            Self::Diff => ("diff", None),
            Self::Undo => ("undo", None),
            Self::Redo => ("redo", None),
            Self::Commit(argument) => ("commit", argument.as_deref()),
            Self::Plan => ("plan", None),
            Self::Mode(argument) => ("mode", argument.as_deref()),
            Self::Save(argument) => ("save", argument.as_deref()),
            Self::Resume(argument) => ("resume", argument.as_deref()),
            Self::Clear => ("clear", None),
            Self::Retry => ("retry", None),
            Self::Help => ("help", None),
            Self::Quit => ("quit", None),
        };
        argument.map_or_else(|| format!("/{name}"), |argument| format!("/{name} {argument}"))
    }
}
