//! The native form: JSON with a name and arguments.

use serde_json::{Map, Value, json};

use super::{json::lenient, parts};
use crate::agent::chat::call::{Call, Change};

/// The JSON of a call.
pub(super) fn spell(call: &Call) -> String {
    let (name, arguments) = match call {
        Call::Read { path, first, last } => {
            let mut arguments = json!({ "path": path });
            if let Some(first) = first {
                arguments["first"] = json!(first);
            }
            if let Some(last) = last {
                arguments["last"] = json!(last);
            }
            ("read", arguments)
        }
        Call::Search { query } => ("search", json!({ "query": query })),
        Call::Map { path: Some(path) } => ("map", json!({ "path": path })),
        Call::Map { path: None } => ("map", json!({})),
        Call::Where { name } => ("where", json!({ "name": name })),
        Call::Refs { name } => ("refs", json!({ "name": name })),
        Call::Edit { path, change } => match change {
            Change::Lines { first, last, text } => {
                ("edit", json!({ "path": path, "first": first, "last": last, "new": text }))
            }
            Change::Replace { old, new } => {
                ("edit", json!({ "path": path, "old": old, "new": new }))
            }
            Change::Create { text } => ("create", json!({ "path": path, "text": text })),
        },
        Call::Run { command } => ("run", json!({ "command": command })),
        Call::Fix { command } => ("fix", json!({ "command": command })),
        Call::Test => ("test", json!({})),
    };
    json!({ "name": name, "arguments": arguments }).to_string()
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
