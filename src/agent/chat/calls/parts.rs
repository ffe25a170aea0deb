//! From the name of a tool and its arguments to a [`Call`], forgiving in the names.

use serde_json::{Map, Value};

use crate::agent::chat::call::{Call, Change};

/// For a model that asked for something else.
pub(super) const TOOLS: &str = "read, search, map, where, refs, edit, create, run, fix, test";

/// What the models' own habits call the tools.
pub(super) fn tool(name: &str) -> Option<&'static str> {
    let name = name.trim().trim_start_matches("functions.").to_ascii_lowercase();
    Some(match name.as_str() {
        "read" | "read_file" | "open" | "open_file" | "view" | "view_file" | "cat" => "read",
        "search" | "grep" | "find" | "search_code" | "search_files" => "search",
        "map" | "outline" | "list" | "ls" | "list_files" | "list_dir" => "map",
        "where" | "definition" | "find_definition" | "go_to_definition" => "where",
        "refs" | "references" | "find_references" | "callers" => "refs",
        "edit" | "edit_file" | "str_replace" | "replace" | "replace_in_file" | "apply_edit" => {
            "edit"
        }
        "create" | "create_file" | "write" | "write_file" | "new_file" => "create",
        "run" | "run_command" | "shell" | "bash" | "execute" | "execute_command" | "terminal" => {
            "run"
        }
        "fix" | "repair" => "fix",
        "test" | "tests" | "run_tests" => "test",
        _ => return None,
    })
}

/// The call that `name` with `arguments` means.
///
/// # Errors
/// What is wrong with it, in words for the model.
pub(super) fn call(name: &str, arguments: &Map<String, Value>) -> Result<Call, String> {
    let Some(tool) = tool(name) else {
        return Err(format!("there is no tool {name:?}; there are {TOOLS}"));
    };
    let text = |keys: &[&str]| keys.iter().find_map(|key| words(arguments.get(*key)?));
    let path = || text(&["path", "file", "file_path", "filename", "filepath", "target_file"]);
    let need = |what: &str, found: Option<String>| {
        found
            .filter(|text| !text.trim().is_empty())
            .ok_or_else(|| format!("{tool} needs {what:?} in its arguments"))
    };
    let number = |keys: &[&str]| keys.iter().find_map(|key| number(arguments.get(*key)?));
    let first = number(&["first", "start", "start_line", "first_line", "line_start", "offset"]);
    let last = number(&["last", "end", "end_line", "last_line", "line_end"]);
    Ok(match tool {
        "read" => Call::Read { path: need("path", path())?, first, last },
        "search" => {
            let query = text(&["query", "pattern", "words", "text", "regex", "q"]);
            Call::Search { query: need("query", query)? }
        }
        "map" => Call::Map {
            path: path()
                .or_else(|| text(&["directory", "dir"]))
                .filter(|path| !matches!(path.trim(), "" | "." | "./" | "/")),
        },
        "where" => Call::Where { name: need("name", text(&["name", "symbol", "query"]))? },
        "refs" => Call::Refs { name: need("name", text(&["name", "symbol", "query"]))? },
        "create" => {
            let body = text(&["text", "content", "contents", "new", "new_string", "file_text"]);
            let change = Change::Create { text: body.ok_or("create needs \"text\"")? };
            Call::Edit { path: need("path", path())?, change }
        }
        "edit" => Call::Edit { path: need("path", path())?, change: change(&text, first, last)? },
        "run" => Call::Run { command: need("command", text(&["command", "cmd", "script"]))? },
        "fix" => Call::Fix { command: need("command", text(&["command", "cmd"]))? },
        _ => Call::Test,
    })
}

fn change(
    text: &dyn Fn(&[&str]) -> Option<String>,
    first: Option<u32>,
    last: Option<u32>,
) -> Result<Change, String> {
    let old = text(&["old", "old_string", "old_str", "search", "old_text", "find"]);
    let new = text(&["new", "new_string", "new_str", "replace", "new_text", "replacement", "text"]);
    let content = text(&["content", "contents", "file_text"]);
    match (old, new, first) {
        (Some(old), Some(new), _) if !old.is_empty() => Ok(Change::Replace { old, new }),
        (None, Some(text), Some(first)) => {
            Ok(Change::Lines { first, last: last.unwrap_or(first), text })
        }
        (Some(_), Some(text), _) => Ok(Change::Create { text }),
        (None, None, None) if content.is_some() => {
            Ok(Change::Create { text: content.unwrap_or_default() })
        }
        _ => Err("edit needs \"old\" and \"new\", or \"first\", \"last\" and \"new\"".to_owned()),
    }
}

fn words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        // `["cargo", "test"]`
        Value::Array(words) => {
            let words: Option<Vec<String>> = words.iter().map(self::words).collect();
            words.map(|words| words.join(" "))
        }
        _ => None,
    }
}

fn number(value: &Value) -> Option<u32> {
    match value {
        Value::Number(number) => number.as_u64().and_then(|n| u32::try_from(n).ok()),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}
