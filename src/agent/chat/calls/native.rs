//! The native form: JSON with a name and arguments.

use serde_json::{Map, Value, json};

use super::{json::lenient, parts};
use crate::agent::chat::call::{Call, Change};

/// The JSON of a call, spaced and ordered as models write it: what is repeated to a model should be what it
/// wrote.
pub(super) fn spell(call: &Call) -> String {
    let (name, arguments) = match call {
        Call::Read { path, first, last } => {
            let lines = [("first", first), ("last", last)];
            let lines = lines.into_iter().filter_map(|(name, n)| n.map(|n| (name, json!(n))));
            ("read", [("path", json!(path))].into_iter().chain(lines).collect())
        }
        Call::Search { query } => ("search", vec![("query", json!(query))]),
        Call::Map { path } => ("map", path.iter().map(|path| ("path", json!(path))).collect()),
        Call::Where { name } => ("where", vec![("name", json!(name))]),
        Call::Refs { name } => ("refs", vec![("name", json!(name))]),
        Call::Edit { path, change } => {
            let mut arguments = vec![("path", json!(path))];
            let name = match change {
                Change::Lines { first, last, text } => {
                    let lines = [("first", json!(first)), ("last", json!(last))];
                    arguments.extend(lines.into_iter().chain([("new", json!(text))]));
                    "edit"
                }
                Change::Replace { old, new } => {
                    arguments.extend([("old", json!(old)), ("new", json!(new))]);
                    "edit"
                }
                Change::Create { text } => {
                    arguments.push(("text", json!(text)));
                    "create"
                }
            };
            (name, arguments)
        }
        Call::Run { command } => ("run", vec![("command", json!(command))]),
        Call::Fix { command } => ("fix", vec![("command", json!(command))]),
        Call::Refactor { path, steps } => {
            ("refactor", vec![("path", json!(path)), ("steps", json!(steps))])
        }
        Call::Test => ("test", Vec::new()),
    };
    let arguments: Vec<String> =
        arguments.into_iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
    format!("{{\"name\": \"{name}\", \"arguments\": {{{}}}}}", arguments.join(", "))
}

/// The calls in a JSON value: an object, or a list of them. `None` when it is about something else.
pub(super) fn calls(value: &Value) -> Option<Result<Vec<Call>, String>> {
    match value {
        Value::Array(list) if !list.is_empty() => list.iter().map(one).collect(),
        Value::Object(_) => one(value).map(|call| call.map(|call| vec![call])),
        _ => None,
    }
}

fn one(value: &Value) -> Option<Result<Call, String>> {
    let map = value.as_object()?;
    // `{"type": "function", "function": {"name": ..}}`
    for key in ["function", "tool_call", "action"] {
        if let Some(inner @ Value::Object(_)) = map.get(key) {
            return one(inner);
        }
    }
    let name = ["name", "tool", "tool_name", "function", "action"]
        .iter()
        .find_map(|key| map.get(*key)?.as_str())?;
    let given = ["arguments", "parameters", "args", "input", "action_input"]
        .iter()
        .find_map(|key| map.get(*key));
    let arguments = match given {
        Some(Value::Object(arguments)) => arguments.clone(),
        Some(Value::String(text)) => match lenient(text) {
            Some((Value::Object(arguments), _)) => arguments,
            _ => return Some(Err(format!("the arguments of {name} are no JSON object"))),
        },
        Some(Value::Null) | None if parts::tool(name).is_some() => {
            // `{"tool": "read", "path": "a.py"}`
            map.iter()
                .filter(|(key, value)| !is_name(key, value, name))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect::<Map<_, _>>()
        }
        // A person called "name" in some data that is being talked about.
        _ => return None,
    };
    Some(parts::call(name, &arguments))
}

fn is_name(key: &str, value: &Value, name: &str) -> bool {
    ["name", "tool", "tool_name", "function", "action"].contains(&key)
        && value.as_str() == Some(name)
}

/// Qwen's other form: `<function=read><parameter=path>a.py</parameter></function>`; up to its end.
pub(super) fn tagged(text: &str) -> Option<(Result<Call, String>, usize)> {
    let after = text.strip_prefix("<function=")?;
    let (name, body) = after.split_once('>')?;
    let end = body.find("</function>").unwrap_or(body.len());
    let length = text.len() - body.len() + (end + "</function>".len()).min(body.len());
    let mut arguments = Map::new();
    let mut rest = &body[..end];
    while let Some(at) = rest.find("<parameter=") {
        let Some((key, value)) = rest[at + "<parameter=".len()..].split_once('>') else { break };
        let end = value.find("</parameter>").unwrap_or(value.len());
        let text = &value[..end];
        let text = text.strip_prefix('\n').unwrap_or(text);
        let text = text.strip_suffix('\n').unwrap_or(text);
        arguments.insert(key.trim().to_owned(), Value::String(text.to_owned()));
        rest = &value[end..];
    }
    Some((parts::call(name, &arguments), length))
}
