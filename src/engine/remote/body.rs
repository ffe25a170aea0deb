//! A conversation in the words of OpenAI's interface.
//!
//! What is sent is what is in the messages, the tools and the request, and nothing else: no name of a
//! user, a machine or a directory that does not stand there.

use serde_json::{Map, Value, json};

use crate::engine::{ChatRequest, EngineError, GenerateRequest, Message, Role, Sampling, unquoted};

const OPEN: &str = "<tool_call>";
const CLOSE: &str = "</tool_call>";

/// The body of a request for one answer, as it comes.
///
/// # Errors
/// What a server cannot be asked for: several answers, a forced one; parameters of a tool that are no JSON.
pub(super) fn request(
    model: &str,
    chat: &ChatRequest,
    request: &GenerateRequest,
) -> Result<Value, EngineError> {
    if request.n != 1 || request.forced.is_some() {
        let message = "a remote model is asked for one answer at a time, and freely";
        return Err(EngineError::BadRequest(message.to_owned()));
    }
    let mut body = json!({
        "model": model,
        "messages": messages(&chat.messages, !chat.tools.is_empty()),
        "stream": true,
        "stream_options": { "include_usage": true },
        "max_tokens": request.max_tokens,
    });
    match request.sampling {
        Sampling::Greedy => body["temperature"] = json!(0),
        Sampling::Nucleus { temperature, top_p, seed, .. } => {
            body["temperature"] = json!(temperature);
            body["top_p"] = json!(top_p);
            body["seed"] = json!(seed);
        }
        Sampling::MinP { temperature, seed, .. } => {
            body["temperature"] = json!(temperature);
            body["seed"] = json!(seed);
        }
    }
    if !request.stop.is_empty() {
        body["stop"] = json!(request.stop);
    }
    if !chat.tools.is_empty() {
        let tools = chat.tools.iter().map(|tool| {
            let parameters: Value = serde_json::from_str(&tool.parameters).map_err(|error| {
                EngineError::BadRequest(format!("the parameters of {}: {error}", tool.name))
            })?;
            Ok(json!({ "type": "function", "function": {
                "name": tool.name, "description": tool.description, "parameters": parameters,
            }}))
        });
        body["tools"] = Value::Array(tools.collect::<Result<_, EngineError>>()?);
    }
    Ok(body)
}

/// The messages; with `tools`, calls and results in the shape that servers want them in.
fn messages(messages: &[Message], tools: bool) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::with_capacity(messages.len());
    // Calls whose results are still to come, and how many there have been.
    let (mut open, mut calls) = (Vec::new(), 0);
    for message in messages {
        let content = unquoted(&message.content);
        match message.role {
            Role::Tool => {
                let id = if open.is_empty() { None } else { Some(open.remove(0)) };
                out.push(match id {
                    Some(id) => json!({ "role": "tool", "tool_call_id": id, "content": content }),
                    None => json!({ "role": "user", "content": content }),
                });
            }
            Role::Assistant if tools => {
                let (text, found) = apart(&content);
                let list: Vec<Value> = found
                    .iter()
                    .map(|(name, arguments)| {
                        calls += 1;
                        let id = format!("call{calls:05}");
                        open.push(id.clone());
                        let function = json!({ "name": name, "arguments": arguments });
                        json!({ "id": id, "type": "function", "function": function })
                    })
                    .collect();
                let mut turn = Map::new();
                turn.insert("role".to_owned(), json!("assistant"));
                turn.insert("content".to_owned(), json!(text));
                if !list.is_empty() {
                    turn.insert("tool_calls".to_owned(), Value::Array(list));
                }
                out.push(Value::Object(turn));
            }
            role => {
                open.clear();
                out.push(json!({ "role": role.name(), "content": content }));
            }
        }
    }
    out
}

/// An answer's words, and name and arguments (as JSON text) of the calls in it.
fn apart(content: &str) -> (String, Vec<(String, String)>) {
    let (mut text, mut calls, mut rest) = (String::new(), Vec::new(), content);
    while let Some((before, after)) = rest.split_once(OPEN) {
        let (inside, behind) = after.split_once(CLOSE).unwrap_or((after, ""));
        let call = serde_json::from_str::<Value>(inside.trim()).ok();
        let name = call.as_ref().and_then(|call| call["name"].as_str());
        match (name, &call) {
            (Some(name), Some(call)) => {
                text.push_str(before);
                calls.push((name.to_owned(), call["arguments"].to_string()));
            }
            // Whatever it is, the server reads it as words.
            _ => text.push_str(&rest[..rest.len() - behind.len()]),
        }
        rest = behind;
    }
    text.push_str(rest);
    (text.trim().to_owned(), calls)
}

/// A call that came in a server's own shape, as models spell it.
pub(super) fn spell(name: &str, arguments: &str) -> String {
    let arguments = match serde_json::from_str::<Value>(arguments) {
        Ok(value) => value,
        Err(_) if arguments.trim().is_empty() => json!({}),
        // Not JSON: the reader of calls says so to the model.
        Err(_) => Value::String(arguments.to_owned()),
    };
    let name = Value::String(name.to_owned());
    format!("{OPEN}\n{{\"name\": {name}, \"arguments\": {arguments}}}\n{CLOSE}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{ToolSpec, quote};

    fn say(role: Role, content: &str) -> Message {
        Message { role, content: content.to_owned() }
    }

    fn chat() -> ChatRequest {
        let call = format!("I look.\n{}", spell("read", "{\"path\": \"a.py\"}"));
        ChatRequest {
            messages: vec![
                say(Role::System, "Be brief."),
                say(Role::User, &quote("What is <|im_end|>?")),
                say(Role::Assistant, &call),
                say(Role::Tool, "x = 1"),
            ],
            tools: vec![ToolSpec {
                name: "read".to_owned(),
                description: "Reads.".to_owned(),
                parameters: "{\"type\": \"object\"}".to_owned(),
            }],
            thinking: false,
        }
    }

    #[test]
    fn calls_and_their_results_are_put_as_servers_want_them() {
        let body = request("m", &chat(), &GenerateRequest::default()).unwrap();
        let call = json!({ "id": "call00001", "type": "function",
            "function": { "name": "read", "arguments": "{\"path\":\"a.py\"}" } });
        let messages = json!([
            { "role": "system", "content": "Be brief." },
            { "role": "user", "content": "What is <|im_end|>?" },
            { "role": "assistant", "content": "I look.", "tool_calls": [call] },
            { "role": "tool", "tool_call_id": "call00001", "content": "x = 1" },
        ]);
        assert_eq!(body["messages"], messages);
        assert_eq!(body["tools"][0]["function"]["parameters"]["type"], "object");
        assert_eq!((&body["temperature"], &body["stream"]), (&json!(0), &json!(true)));
    }

    #[test]
    fn without_tools_calls_are_words_and_results_the_users() {
        let chat = ChatRequest { tools: Vec::new(), ..chat() };
        let body = request("m", &chat, &GenerateRequest::default()).unwrap();
        assert_eq!(body["messages"][2]["content"], chat.messages[2].content.as_str());
        assert_eq!(body["messages"][3], json!({ "role": "user", "content": "x = 1" }));
        assert!(body.get("tools").is_none());
    }

    #[test]
    fn what_was_no_call_stays_words() {
        for text in ["<tool_call>\nread a.py\n</tool_call>", "a <tool_call>", "b </tool_call> c"] {
            assert_eq!(apart(text), (text.trim().to_owned(), vec![]));
        }
        assert_eq!(
            spell("test", ""),
            "<tool_call>\n{\"name\": \"test\", \"arguments\": {}}\n</tool_call>"
        );
    }

    #[test]
    fn what_a_server_cannot_do_is_not_asked_for() {
        let several = GenerateRequest { n: 2, ..GenerateRequest::default() };
        assert!(request("m", &chat(), &several).is_err());
        let forced = GenerateRequest { forced: Some("x".to_owned()), ..GenerateRequest::default() };
        assert!(request("m", &chat(), &forced).is_err());
    }
}
