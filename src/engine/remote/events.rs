//! An answer as it comes: server-sent events, put together to text.

use serde_json::Value;

use super::body::spell;
use crate::engine::Finish;

/// Longest line of an answer, in bytes.
const MAX_LINE: usize = 1 << 20;
/// Calls of one answer, at most.
const MAX_CALLS: usize = 32;

/// Reads an answer piece by piece.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// The beginning of a line that is not complete yet.
    line: Vec<u8>,
    /// Inside of a thought that the server tells apart from the answer.
    thinking: bool,
    calls: Vec<(String, String)>,
    pub(super) finish: Option<Finish>,
    /// Tokens of prompt and answer, where the server counts them.
    pub(super) usage: Option<(usize, usize)>,
    /// `[DONE]` was said.
    pub(super) done: bool,
}

impl Events {
    /// Takes in some bytes; returns the text in them.
    ///
    /// # Errors
    /// What is no such stream, or what the server says went wrong.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<String, String> {
        let mut out = String::new();
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.line.extend_from_slice(part);
            if self.line.len() > MAX_LINE {
                return Err(format!("it sent a line of more than {MAX_LINE} bytes"));
            }
            if self.line.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                self.line(&String::from_utf8_lossy(&line), &mut out)?;
            }
        }
        Ok(out)
    }

    /// The end of the stream; returns what is still to be said.
    ///
    /// # Errors
    /// When the answer was not complete.
    pub(super) fn end(&mut self) -> Result<String, String> {
        let mut out = String::new();
        let line = std::mem::take(&mut self.line);
        self.line(&String::from_utf8_lossy(&line), &mut out)?;
        if !self.done && self.finish.is_none() {
            return Err("it hung up in the middle of the answer".to_owned());
        }
        self.text("", &mut out);
        for (name, arguments) in std::mem::take(&mut self.calls) {
            out.push('\n');
            out.push_str(&spell(&name, &arguments));
        }
        Ok(out)
    }

    fn line(&mut self, line: &str, out: &mut String) -> Result<(), String> {
        let line = line.trim_end_matches(['\n', '\r']);
        let known = ["event:", "id:", "retry:", ":"];
        if line.is_empty() || self.done || known.iter().any(|word| line.starts_with(word)) {
            return Ok(());
        }
        let Some(data) = line.strip_prefix("data:") else {
            return Err("it answered with something else than events".to_owned());
        };
        if data.trim() == "[DONE]" {
            self.done = true;
            return Ok(());
        }
        let value: Value = serde_json::from_str(data.trim())
            .map_err(|error| format!("it sent an event that is no JSON: {error}"))?;
        self.event(&value, out)
    }

    fn event(&mut self, value: &Value, out: &mut String) -> Result<(), String> {
        if let Some(error) = value.get("error").filter(|error| !error.is_null()) {
            return Err(format!("it says: {}", words(error)));
        }
        let count = |name: &str| value["usage"][name].as_u64().map(|n| n as usize);
        if let (Some(prompt), Some(answer)) = (count("prompt_tokens"), count("completion_tokens")) {
            self.usage = Some((prompt, answer));
        }
        let Some(choice) = value["choices"].get(0) else { return Ok(()) };
        // A server that does not stream sends a whole message.
        let piece = choice.get("delta").or_else(|| choice.get("message")).unwrap_or(&Value::Null);
        let thought =
            ["reasoning_content", "reasoning"].iter().find_map(|key| piece[*key].as_str());
        if let Some(thought) = thought.filter(|thought| !thought.is_empty()) {
            if !self.thinking {
                self.thinking = true;
                out.push_str("<think>\n");
            }
            out.push_str(thought);
        }
        if let Some(text) = piece["content"].as_str().filter(|text| !text.is_empty()) {
            self.text(text, out);
        }
        for call in piece["tool_calls"].as_array().into_iter().flatten() {
            self.call(call)?;
        }
        match choice["finish_reason"].as_str() {
            None => {}
            Some("length") => self.finish = Some(Finish::Length),
            Some(_) => self.finish = Some(Finish::Stop),
        }
        Ok(())
    }

    fn text(&mut self, text: &str, out: &mut String) {
        if std::mem::take(&mut self.thinking) {
            out.push_str("\n</think>\n\n");
        }
        out.push_str(text);
    }

    /// A call comes in pieces that say which one they belong to.
    fn call(&mut self, call: &Value) -> Result<(), String> {
        let function = &call["function"];
        let name = function["name"].as_str().unwrap_or_default();
        let at = match call["index"].as_u64() {
            Some(index) => index as usize,
            None if name.is_empty() => self.calls.len().saturating_sub(1),
            None => self.calls.len(),
        };
        if at >= MAX_CALLS {
            return Err(format!("it made more than {MAX_CALLS} calls at once"));
        }
        while self.calls.len() <= at {
            self.calls.push(Default::default());
        }
        self.calls[at].0.push_str(name);
        match &function["arguments"] {
            Value::String(part) => self.calls[at].1.push_str(part),
            Value::Null => {}
            whole => self.calls[at].1 = whole.to_string(),
        }
        Ok(())
    }
}

/// What an error of a server says, whatever its shape.
pub(super) fn words(error: &Value) -> String {
    let inner = error.get("error").unwrap_or(error);
    let text = ["message", "detail", "error"].iter().find_map(|key| inner.get(*key)?.as_str());
    text.or_else(|| inner.as_str()).map_or_else(|| inner.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn data(value: &Value) -> String {
        format!("data: {value}\r\n\r\n")
    }

    fn delta(delta: &Value) -> String {
        data(&json!({ "choices": [{ "delta": delta }] }))
    }

    /// All of the text, whatever the pieces are that it comes in.
    fn all(stream: &str, piece: usize) -> Result<(String, Events), String> {
        let mut events = Events::default();
        let mut out = String::new();
        for bytes in stream.as_bytes().chunks(piece) {
            out.push_str(&events.push(bytes)?);
        }
        out.push_str(&events.end()?);
        Ok((out, events))
    }

    #[test]
    fn text_thought_and_calls_come_together() {
        let call = |index: u64, name: &str, part: &str| {
            delta(&json!({ "tool_calls": [{ "index": index,
                "function": { "name": name, "arguments": part } }] }))
        };
        let stream = [
            ": still here\n\nevent: x\n".to_owned(),
            delta(&json!({ "role": "assistant", "content": "" })),
            delta(&json!({ "reasoning_content": "hm" })),
            delta(&json!({ "content": "Ja" })),
            delta(&json!({ "content": " – ☀" })),
            call(0, "read", "{\"path\""),
            call(0, "", ": \"a.py\"}"),
            call(1, "test", ""),
            data(&json!({ "choices": [{ "delta": {}, "finish_reason": "tool_calls" }] })),
            data(
                &json!({ "choices": [], "usage": { "prompt_tokens": 7, "completion_tokens": 3 } }),
            ),
            "data: [DONE]\n\n".to_owned(),
        ]
        .concat();
        let wanted = "<think>\nhm\n</think>\n\nJa – ☀\n<tool_call>\n{\"name\": \"read\", \"arguments\": \
            {\"path\":\"a.py\"}}\n</tool_call>\n<tool_call>\n{\"name\": \"test\", \"arguments\": \
            {}}\n</tool_call>";
        for piece in [1, 7, 100_000] {
            let (text, events) = all(&stream, piece).unwrap();
            assert_eq!(text, wanted);
            assert_eq!((events.finish, events.usage), (Some(Finish::Stop), Some((7, 3))));
        }
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        for (stream, word) in [
            ("", "hung up"),
            ("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n", "hung up"),
            ("<html>\n", "something else"),
            ("data: {\n", "no JSON"),
            ("data: {\"error\":{\"message\":\"overloaded\"}}\n", "overloaded"),
            ("data: {\"error\":\"overloaded\"}\n", "overloaded"),
        ] {
            let error = all(stream, 3).unwrap_err();
            assert!(error.contains(word), "{stream:?}: {error}");
        }
        let mut events = Events::default();
        assert!(
            events.push(&vec![b'x'; MAX_LINE + 1]).unwrap_err().contains("a line of more than")
        );
        let many = delta(&json!({ "tool_calls": [{ "index": 999_999_999_u64, "function": {} }] }));
        assert!(all(&many, 99).unwrap_err().contains("calls at once"));
    }

    proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut events = Events::default();
            let _ = events.push(&bytes);
            let _ = events.end();
        }
    }
}
