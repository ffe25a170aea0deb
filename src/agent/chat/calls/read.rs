//! Reads a whole answer: thought, words, calls. Never fails, whatever it is given.

use super::shown::{Kind, Start, start, thought};
use super::{json::lenient, native, plain};
use crate::agent::chat::call::Call;

/// An answer, taken apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    pub thought: String,
    /// For the person.
    pub text: String,
    /// In the order asked for.
    pub calls: Vec<Call>,
    /// Why a call could not be read, in words for the model; then the answer as a whole is of no use.
    pub fault: Option<String>,
}

/// So many calls of one answer are looked at.
const MOST: usize = 8;

/// Takes a whole answer apart.
pub fn read(raw: &str) -> Reading {
    let (thought, body, _) = thought(raw);
    let mut reading = Reading { thought: thought.to_owned(), ..Reading::default() };
    let mut from = 0;
    let mut words = body;
    while reading.calls.len() < MOST && reading.fault.is_none() {
        let Some(start) = start(body, from) else { break };
        let Some((calls, length)) = at(body, start) else {
            // Some other object, shown as it is.
            from = start.at + 1;
            continue;
        };
        if reading.calls.is_empty() {
            words = &body[..start.at];
        }
        match calls {
            Ok(calls) => reading.calls.extend(calls),
            Err(fault) if reading.calls.is_empty() => reading.fault = Some(fault),
            // What came before it is sound, and is done first.
            Err(_) => break,
        }
        from = start.at + length.max(1);
        while !body.is_char_boundary(from) {
            from += 1;
        }
    }
    reading.calls.truncate(MOST);
    let mut words = words.trim();
    if !reading.calls.is_empty() || reading.fault.is_some() {
        // The fence around a call.
        words = words.trim_end_matches('`').trim_end();
    }
    reading.text = words.to_owned();
    reading
}

type Found = (Result<Vec<Call>, String>, usize);

/// The calls at `start`, and the bytes from there to their end; `None` when there are none after all.
fn at(body: &str, start: Start) -> Option<Found> {
    let rest = &body[start.at..];
    match start.kind {
        Kind::Plain => {
            let (call, length) = plain::read(rest);
            Some((call.map(|call| vec![call]), length))
        }
        Kind::Tagged => {
            let found = native::tagged(rest);
            let (call, length) =
                found.unwrap_or_else(|| (Err("the call was not complete".to_owned()), rest.len()));
            Some((call.map(|call| vec![call]), length))
        }
        Kind::Marked(mark) => Some(marked(&rest[mark..], mark)),
        Kind::Bare => {
            let (value, length) = lenient(rest)?;
            let calls = native::calls(&value)?;
            let fence = rest[length..].find(|c: char| !c.is_whitespace() && c != '`');
            Some((calls, length + fence.unwrap_or(rest.len() - length)))
        }
    }
}

fn marked(rest: &str, mark: usize) -> Found {
    let inner = rest.trim_start();
    let skipped = mark + rest.len() - inner.len();
    if inner.starts_with("<function=")
        && let Some((call, length)) = native::tagged(inner)
    {
        return (call.map(|call| vec![call]), skipped + length);
    }
    // Mistral's later form: `[TOOL_CALLS]read[ARGS]{...}`, and `<|tool_call|>read{...}` of others.
    let word = inner.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(0);
    let named = &inner[..word];
    let end = "</tool_call>";
    let until = inner.find(end).map_or(inner.len(), |at| at + end.len());
    let object = if named.is_empty() { 0 } else { inner.find('{').unwrap_or(0) };
    let found = lenient(&inner[object..]).map(|(value, length)| (value, object + length));
    let Some((value, length)) = found else {
        let fault = "the call held no JSON object with \"name\" and \"arguments\"";
        return (Err(fault.to_owned()), skipped + until);
    };
    let calls = match native::calls(&value) {
        Some(calls) => calls,
        None => match value.as_object() {
            Some(arguments) if !named.is_empty() => {
                super::parts::call(named, arguments).map(|call| vec![call])
            }
            _ => Err("a call needs \"name\" and \"arguments\"".to_owned()),
        },
    };
    let after = &inner[length.min(inner.len())..];
    let closed = after.trim_start().starts_with(end);
    (calls, skipped + if closed { until.max(length) } else { length })
}
