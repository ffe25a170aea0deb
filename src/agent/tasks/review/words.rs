//! Words about a change, from a chat model: for reading, never for acting on.

use crate::base::{Cancel, floor_char};
use crate::engine::{Engine, EngineError, GenerateRequest, Message, Role, Sampling, quote};

const SUMMARY: &str = include_str!("../../../../prompts/review_summary.md");
const MESSAGE: &str = include_str!("../../../../prompts/review_message.md");

/// Characters of a diff that are shown, and tokens of an answer.
const SHOWN: usize = 12_000;
const ANSWER: usize = 200;

/// A few sentences on what the change does.
///
/// # Errors
/// When the engine fails, or has no way to be asked.
pub fn summary(
    engine: &mut dyn Engine,
    diff: &str,
    cancel: &Cancel,
) -> Result<String, EngineError> {
    ask(engine, SUMMARY, diff, None, cancel)
}

/// A subject line of at most 72 characters.
///
/// # Errors
/// As [`summary`].
pub fn commit_message(
    engine: &mut dyn Engine,
    diff: &str,
    cancel: &Cancel,
) -> Result<String, EngineError> {
    let line = "root ::= [A-Z] [^\\n]{3,70}".to_owned();
    ask(engine, MESSAGE, diff, Some(line), cancel)
}

fn ask(
    engine: &mut dyn Engine,
    system: &str,
    diff: &str,
    grammar: Option<String>,
    cancel: &Cancel,
) -> Result<String, EngineError> {
    let shown = &diff[..floor_char(diff, SHOWN.min(diff.len()))];
    let messages = [
        Message { role: Role::System, content: system.to_owned() },
        Message { role: Role::User, content: quote(shown) },
    ];
    let request = GenerateRequest {
        prompt: engine.chat_prompt(&messages)?,
        max_tokens: ANSWER,
        sampling: Sampling::Greedy,
        grammar,
        ..GenerateRequest::default()
    };
    let answers = engine.generate(&request, cancel, &mut |_, _| {})?;
    Ok(answers.into_iter().next().map(|answer| answer.text.trim().to_owned()).unwrap_or_default())
}
