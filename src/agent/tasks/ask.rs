//! A question about the repository, answered by a chat model from what was found.

use crate::base::Cancel;
use crate::engine::{Engine, EngineError, GenerateRequest, Message, Role, Sampling, quote};

const SYSTEM: &str = include_str!("../../../prompts/ask_system.md");
const REQUEST: &str = include_str!("../../../prompts/ask_request.md");

/// Tokens that an answer may have.
pub const ANSWER_TOKENS: usize = 512;
/// Tokens of everything but the context and the answer, at most: the fixed words and the question.
pub const FRAME_TOKENS: usize = 512;

/// Answers `question` from `context`, passing text on as it comes.
///
/// # Errors
/// When the engine fails, or `context` is larger than its own.
pub fn run(
    engine: &mut dyn Engine,
    context: &str,
    question: &str,
    cancel: &Cancel,
    show: &mut dyn FnMut(&str),
) -> Result<String, EngineError> {
    // One pass: what is put in may spell a placeholder itself.
    let (before, rest) = REQUEST.split_once("{context}").unwrap_or((REQUEST, ""));
    let (between, after) = rest.split_once("{question}").unwrap_or((rest, ""));
    let request = format!("{before}{}{between}{}{after}", quote(context), quote(question));
    let messages = [
        Message { role: Role::System, content: SYSTEM.trim().to_owned() },
        Message { role: Role::User, content: request.trim().to_owned() },
    ];
    let prompt = engine.chat_prompt(&messages)?;
    let request = GenerateRequest {
        prompt,
        n: 1,
        max_tokens: ANSWER_TOKENS,
        sampling: Sampling::Greedy,
        ..GenerateRequest::default()
    };
    let answers = engine.generate(&request, cancel, &mut |_, text| show(text))?;
    Ok(answers.into_iter().next().map(|answer| answer.text.trim().to_owned()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Scripted;

    #[test]
    fn the_model_sees_context_and_question() {
        let mut engine = Scripted::new().when("where is {x}?", &["In a.py, line 3."]);
        let requests = engine.requests();
        let mut seen = String::new();
        let answer =
            run(&mut engine, "a.py:3 {question}", "where is {x}?", &Cancel::new(), &mut |t| {
                seen.push_str(t);
            });
        assert_eq!(answer.unwrap(), "In a.py, line 3.");
        let prompt = requests.lock().unwrap()[0].prompt.clone();
        assert!(prompt.contains("a.py:3"));
    }
}
