//! One answer of the model: a prompt that fits, text as it comes, thoughts that end.

use super::calls::{self, Form};
use super::entry::Entry;
use super::state::{Prompt, Reply};
use super::window::{ReadFile, Window};
use crate::base::Cancel;
use crate::engine::{
    Completion, Engine, EngineError, Finish, GenerateRequest, ModelInfo, Sampling, Usage,
};

/// Bytes of thought, at most: some 1,500 tokens, which take a small machine minutes.
const THOUGHT: usize = 6_000;
/// Bytes of results whose lines are proposed to the model, since an edit repeats them.
const LOOKUP: usize = 32_000;

/// How this model is asked to spell calls.
pub(super) fn form_of(info: &ModelInfo) -> Form {
    if info.calls_tools { Form::Native } else { Form::Plain }
}

/// The answer, the tokens of its prompt, and what the person should know.
///
/// # Errors
/// In words for the person.
pub(super) fn answer(
    engine: &mut dyn Engine,
    window: &mut Window,
    prompt: &Prompt,
    cancel: &Cancel,
    read: ReadFile<'_>,
    hear: &mut dyn FnMut(&str),
) -> Result<(Reply, usize, Vec<String>), String> {
    let fitted = window.fit(prompt, engine, cancel, read).map_err(told)?;
    let mut request = GenerateRequest {
        prompt: fitted.prompt,
        max_tokens: fitted.answer,
        sampling: match prompt.attempt {
            0 => Sampling::Greedy,
            seed => Sampling::MinP { temperature: 0.8, min_p: 0.1, seed },
        },
        lookup: lookup(prompt),
        ..GenerateRequest::default()
    };
    match window.form() {
        Form::Plain => request.grammar = Some(calls::GRAMMAR.to_owned()),
        // What a result begins with is not the model's to write.
        Form::Native => request.stop = vec!["<tool_response>".to_owned()],
    }
    let mut raw = String::new();
    let mut made = generate(engine, &request, cancel, &mut raw, hear)?;
    let mut usage = engine.usage();
    let is_text = engine.info().vocabulary > 0;
    if made.is_none() && !cancel.is_cancelled() && is_text {
        // Only a model of one's own is given a prompt as text. It has thought enough: its thought is ended
        // for it, and it goes on from there.
        let end = "\n</think>\n\n";
        hear(end);
        raw.push_str(end);
        request.prompt.push_str(&raw);
        made = generate(engine, &request, cancel, &mut raw, hear)?;
        usage = sum(usage, engine.usage());
    }
    let finish = match made {
        _ if cancel.is_cancelled() => Finish::Cancelled,
        Some(made) => made.finish,
        None => Finish::Length,
    };
    let reply = Reply { text: raw, finish, usage, summary: fitted.summary };
    Ok((reply, fitted.tokens, fitted.notes))
}

/// Adds to `raw`; `None` when the thought was too long and was cut.
fn generate(
    engine: &mut dyn Engine,
    request: &GenerateRequest,
    cancel: &Cancel,
    raw: &mut String,
    hear: &mut dyn FnMut(&str),
) -> Result<Option<Completion>, String> {
    let halt = cancel.child(None);
    let before = raw.len();
    let made = engine
        .generate(request, &halt, &mut |_, text| {
            if halt.is_cancelled() {
                return;
            }
            hear(text);
            raw.push_str(text);
            if before > 0 || raw.len() <= THOUGHT {
                return;
            }
            let shown = calls::shown(raw);
            let thinks = shown.text.is_empty() && shown.rest.is_empty();
            if thinks && shown.thought.len() > THOUGHT {
                halt.cancel();
            }
        })
        .map_err(told)?;
    if halt.is_cancelled() {
        return Ok(None);
    }
    let made = made.into_iter().next();
    if let Some(made) = &made {
        // Without what a stop text cut away.
        raw.truncate(before);
        raw.push_str(&made.text);
    }
    Ok(Some(made.unwrap_or(Completion {
        text: String::new(),
        logprobs: Vec::new(),
        finish: Finish::Stop,
        votes: 1,
    })))
}

/// Texts that were read last, newest first.
fn lookup(prompt: &Prompt) -> Vec<String> {
    let mut left = LOOKUP;
    let mut texts = Vec::new();
    for entry in prompt.entries.iter().rev() {
        if let Entry::Result { outcome, .. } = entry
            && outcome.text.len() <= left
        {
            left -= outcome.text.len();
            texts.push(outcome.text.clone());
        }
    }
    texts
}

fn sum(a: Usage, b: Usage) -> Usage {
    Usage {
        prompt: b.prompt,
        kept: a.kept,
        restored: a.restored,
        prefill: a.prefill,
        decode: a.decode + b.prefill + b.decode,
        choosing: a.choosing + b.choosing,
        generated: a.generated + b.generated,
        calls: a.calls + b.calls,
        drafted: a.drafted + b.drafted,
        accepted: a.accepted + b.accepted,
    }
}

fn told(error: EngineError) -> String {
    match error {
        EngineError::PromptTooLong { prompt, context } => format!(
            "the message is too long for this model: it takes {prompt} tokens where {context} have room. Attach \
             less, /drop files, or choose a model with a larger context"
        ),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Scripted;

    fn ask(engine: &mut Scripted, entries: Vec<Entry>) -> (Reply, String) {
        let mut window = Window::new(Form::Plain, "r", None);
        let prompt = Prompt { entries, ..Prompt::default() };
        let mut heard = String::new();
        let answered =
            answer(engine, &mut window, &prompt, &Cancel::new(), &|_| None, &mut |text| {
                heard.push_str(text);
            });
        (answered.unwrap().0, heard)
    }

    fn user() -> Vec<Entry> {
        vec![Entry::User { text: "hello".to_owned(), attached: Vec::new() }]
    }

    #[test]
    fn an_answer_is_under_the_grammar_and_heard() {
        let mut engine = Scripted::new().then(&["Hi."]);
        let requests = engine.requests();
        let (reply, heard) = ask(&mut engine, user());
        assert_eq!(
            (reply.text.as_str(), heard.as_str(), reply.finish),
            ("Hi.", "Hi.", Finish::Stop)
        );
        let request = requests.lock().unwrap()[0].clone();
        assert_eq!(request.grammar.as_deref(), Some(calls::GRAMMAR));
        assert_eq!(request.sampling, Sampling::Greedy);
        let (reply, _) = ask(&mut engine, user());
        assert_eq!(reply.text, "", "nothing to say");
    }

    #[test]
    fn a_thought_without_end_is_ended() {
        let long = format!("<think>{}", "hm ".repeat(THOUGHT));
        let mut engine = Scripted::new().with_context(20_000).then(&[&long]).then(&["Yes."]);
        let requests = engine.requests();
        let (reply, heard) = ask(&mut engine, user());
        assert!(reply.text.ends_with("\n</think>\n\nYes.") && heard == reply.text);
        assert!(requests.lock().unwrap()[1].prompt.ends_with("</think>\n\n"));
        assert_eq!(calls::read(&reply.text).text, "Yes.");
    }
}
