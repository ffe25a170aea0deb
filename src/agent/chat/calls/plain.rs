//! The plain form: one line for a call, raw blocks for the text of an edit.

use super::parts;
use crate::agent::chat::call::{Call, Change};

/// What a call begins with, at the beginning of a line.
pub(super) const MARK: &str = "CALL ";
const SEARCH: &str = "<<<<<<<";
const DIVIDER: &str = "=======";
const END: &str = ">>>>>>>";

/// The lines of a call.
pub(super) fn spell(call: &Call) -> String {
    match call {
        Call::Read { path, first: None, .. } => format!("CALL read {path}"),
        Call::Read { path, first: Some(first), last: None } => format!("CALL read {path} {first}-"),
        Call::Read { path, first: Some(first), last: Some(last) } => {
            format!("CALL read {path} {first}-{last}")
        }
        Call::Search { query } => format!("CALL search {query}"),
        Call::Map { path: None } => "CALL map".to_owned(),
        Call::Map { path: Some(path) } => format!("CALL map {path}"),
        Call::Where { name } => format!("CALL where {name}"),
        Call::Refs { name } => format!("CALL refs {name}"),
        Call::Edit { path, change } => match change {
            Change::Lines { first, last, text } => format!(
                "CALL edit {path} {first}-{last}\n{DIVIDER}\n{}{END} REPLACE",
                in_lines(text)
            ),
            Change::Replace { old, new } => format!(
                "CALL edit {path}\n{SEARCH} SEARCH\n{}{DIVIDER}\n{}{END} REPLACE",
                in_lines(old),
                in_lines(new)
            ),
            Change::Create { text } => {
                format!("CALL create {path}\n{DIVIDER}\n{}{END} REPLACE", in_lines(text))
            }
        },
        Call::Run { command } => format!("CALL run {command}"),
        Call::Fix { command } => format!("CALL fix {command}"),
        Call::Refactor { path, steps } => {
            format!("CALL refactor {path} {}", steps.as_deref().unwrap_or_default())
        }
        Call::Test => "CALL test".to_owned(),
    }
}

fn in_lines(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}

/// The call at the beginning of `text`, which starts with [`MARK`], and the bytes up to its end.
pub(super) fn read(text: &str) -> (Result<Call, String>, usize) {
    let line_end = text.find('\n').unwrap_or(text.len());
    let line = text[MARK.len().min(line_end)..line_end].trim();
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let (name, rest) = (name.trim_end_matches(':'), rest.trim());
    let after = (line_end + 1).min(text.len());
    let one_line = |call| (call, after);
    let need = |what: &str| {
        if rest.is_empty() {
            return Err(format!("CALL {name} needs {what} on the same line"));
        }
        Ok(unquoted(rest))
    };
    match parts::tool(name) {
        Some("read") => one_line(need("a path").map(|_| {
            let (path, range) = with_range(rest);
            let (first, last) = range.map_or((None, None), |(first, last)| (Some(first), last));
            Call::Read { path, first, last }
        })),
        Some("search") => one_line(need("words").map(|query| Call::Search { query })),
        Some("map") => one_line(Ok(Call::Map {
            path: Some(unquoted(rest)).filter(|path| !matches!(path.as_str(), "" | "." | "./")),
        })),
        Some("where") => one_line(need("a name").map(|name| Call::Where { name })),
        Some("refs") => one_line(need("a name").map(|name| Call::Refs { name })),
        // A command keeps its quotes: they are the shell's.
        Some("run") => one_line(need("a command").map(|_| Call::Run { command: rest.to_owned() })),
        Some("fix") => one_line(need("a command").map(|_| Call::Fix { command: rest.to_owned() })),
        Some("test") => one_line(Ok(Call::Test)),
        Some(tool) => {
            let (block, length) = Block::read(&text[after..]);
            let call = need("a path").and_then(|_| block.call(tool, rest));
            (call, after + length)
        }
        None => one_line(Err(format!("there is no tool {name:?}; there are {}", parts::TOOLS))),
    }
}

/// The raw texts of an edit.
#[derive(Default)]
struct Block {
    old: Option<String>,
    new: Option<String>,
    ended: bool,
}

impl Block {
    fn read(text: &str) -> (Self, usize) {
        let mut block = Self::default();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let bare = line.trim_end();
            let begun = block.old.is_some() || block.new.is_some();
            // Fences and blank lines before it are habits.
            if !begun && (bare.is_empty() || bare.starts_with("```")) {
                at += line.len();
                continue;
            }
            if block.new.is_none() && bare.starts_with(DIVIDER) {
                block.new = Some(String::new());
            } else if !begun && bare.starts_with(SEARCH) {
                block.old = Some(String::new());
            } else if block.new.is_some() && bare.starts_with(END) {
                block.ended = true;
                at += line.len();
                break;
            } else if !begun {
                break;
            } else {
                let end = if line.ends_with('\n') { "" } else { "\n" };
                let into = block.new.as_mut().or(block.old.as_mut());
                into.into_iter().for_each(|text| text.extend([line, end]));
            }
            at += line.len();
        }
        (block, at)
    }

    fn call(self, tool: &str, rest: &str) -> Result<Call, String> {
        let Some(new) = self.new else {
            return Err(format!(
                "CALL {tool} needs its text after a line {DIVIDER} and before a line {END} REPLACE"
            ));
        };
        if !self.ended {
            return Err(format!(
                "the text of CALL {tool} did not end in a line {END} REPLACE: make it shorter"
            ));
        }
        let (path, range) = with_range(rest);
        let change = match (self.old, range) {
            (Some(old), _) if !old.trim().is_empty() => Change::Replace { old, new },
            (None, Some((first, last))) if tool == "edit" => {
                Change::Lines { first, last: last.unwrap_or(first), text: new }
            }
            (old, _) if tool == "create" || old.is_some() => Change::Create { text: new },
            _ => {
                return Err("CALL edit needs the old lines after <<<<<<< SEARCH, or the numbers \
                            of the lines behind the path"
                    .to_owned());
            }
        };
        Ok(Call::Edit { path, change })
    }
}

/// A path and the lines behind it: `a.py 3-9`, `a.py:3-9`, `a.py 3`, `a.py 3-`.
fn with_range(text: &str) -> (String, Option<(u32, Option<u32>)>) {
    let split = text.rsplit_once([' ', ':']);
    let found = split.and_then(|(path, range)| {
        let range = range.trim_start_matches(['L', '#']);
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let last = if last.is_empty() { None } else { Some(last.parse().ok()?) };
        Some((unquoted(path), Some((first.parse().ok()?, last))))
    });
    found.unwrap_or_else(|| (unquoted(text), None))
}

fn unquoted(text: &str) -> String {
    let text = text.trim();
    for quote in ['"', '\'', '`'] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner.to_owned();
        }
    }
    text.to_owned()
}
