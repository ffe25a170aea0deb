//! An engine that tells what each request took.

use std::fmt;
use std::time::{Duration, Instant};

use super::event::{Generation, ModelTag};
use super::word::{Ending, Task};
use crate::base::Cancel;
use crate::engine::{
    ChatRequest, Completion, Engine, EngineError, Finish, GenerateRequest, Message, ModelInfo,
    Score, Usage,
};

/// A request to a model that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub took: Duration,
    /// Of a request for text; scores and vectors have none.
    pub generation: Option<Generation>,
}

/// Forwards everything to another engine, and tells of each request for text, scores or vectors.
///
/// What is told is numbers and words: the texts pass by.
pub struct Measured<E: Engine + ?Sized> {
    inner: Box<E>,
    task: Task,
    model: ModelTag,
    tell: Box<dyn Fn(Call) + Send>,
}

impl<E: Engine + ?Sized> Measured<E> {
    /// `inner`, loaded with `model` and used for `task`.
    pub fn new(
        inner: Box<E>,
        task: Task,
        model: ModelTag,
        tell: impl Fn(Call) + Send + 'static,
    ) -> Self {
        Self { inner, task, model, tell: Box::new(tell) }
    }

    /// Has text made by `ask`, and tells of it.
    fn text(
        &mut self,
        on_text: &mut dyn FnMut(usize, &str),
        ask: impl FnOnce(&mut E, &mut dyn FnMut(usize, &str)) -> Result<Vec<Completion>, EngineError>,
    ) -> Result<Vec<Completion>, EngineError> {
        let (started, before) = (Instant::now(), self.inner.usage());
        let mut first = None;
        let answer = ask(&mut self.inner, &mut |index, text| {
            if !text.is_empty() {
                first.get_or_insert_with(|| started.elapsed());
            }
            on_text(index, text);
        });
        let took = started.elapsed();
        let usage = usage(&answer, before, self.inner.usage());
        let generation = Generation {
            task: self.task,
            model: self.model.clone(),
            finish: ending(&answer),
            ms: milliseconds(took),
            first_ms: first.map(milliseconds),
            prompt: usage.prompt as u64,
            kept: usage.kept as u64,
            restored: usage.restored as u64,
            prefill_ms: milliseconds(usage.prefill),
            decode_ms: milliseconds(usage.decode),
            generated: usage.generated as u64,
            drafted: usage.drafted as u64,
            accepted: usage.accepted as u64,
        };
        (self.tell)(Call { took, generation: Some(generation) });
        answer
    }

    /// As [`Measured::text`] for what is no text.
    fn other<T>(&mut self, ask: impl FnOnce(&mut E) -> T) -> T {
        let started = Instant::now();
        let answer = ask(&mut self.inner);
        (self.tell)(Call { took: started.elapsed(), generation: None });
        answer
    }
}

impl<E: Engine + ?Sized> fmt::Debug for Measured<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Measured")
            .field("task", &self.task)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

impl<E: Engine + ?Sized> Engine for Measured<E> {
    fn info(&self) -> &ModelInfo {
        self.inner.info()
    }

    fn count_tokens(&mut self, text: &str) -> Result<usize, EngineError> {
        self.inner.count_tokens(text)
    }

    fn chat_prompt(&mut self, messages: &[Message]) -> Result<String, EngineError> {
        self.inner.chat_prompt(messages)
    }

    fn render(&mut self, chat: &ChatRequest) -> Result<String, EngineError> {
        self.inner.render(chat)
    }

    fn chat(
        &mut self,
        chat: &ChatRequest,
        request: &GenerateRequest,
        cancel: &Cancel,
        on_text: &mut dyn FnMut(usize, &str),
    ) -> Result<Vec<Completion>, EngineError> {
        self.text(on_text, |inner, on_text| inner.chat(chat, request, cancel, on_text))
    }

    fn generate(
        &mut self,
        request: &GenerateRequest,
        cancel: &Cancel,
        on_text: &mut dyn FnMut(usize, &str),
    ) -> Result<Vec<Completion>, EngineError> {
        self.text(on_text, |inner, on_text| inner.generate(request, cancel, on_text))
    }

    fn score(
        &mut self,
        prefix: &str,
        continuations: &[String],
        cancel: &Cancel,
    ) -> Result<Vec<Score>, EngineError> {
        self.other(|inner| inner.score(prefix, continuations, cancel))
    }

    fn embed(&mut self, texts: &[String], cancel: &Cancel) -> Result<Vec<Vec<f32>>, EngineError> {
        self.other(|inner| inner.embed(texts, cancel))
    }

    fn usage(&self) -> Usage {
        self.inner.usage()
    }
}

/// What this request took. An engine that was cancelled or failed may still tell of the one before.
fn usage(answer: &Result<Vec<Completion>, EngineError>, before: Usage, after: Usage) -> Usage {
    let Ok(completions) = answer else { return Usage::default() };
    let is_cut = completions.iter().any(|completion| completion.finish == Finish::Cancelled);
    if (is_cut || completions.is_empty()) && before == after {
        let generated = completions.iter().map(|completion| completion.logprobs.len()).sum();
        return Usage { generated, ..Usage::default() };
    }
    after
}

fn ending(answer: &Result<Vec<Completion>, EngineError>) -> Ending {
    match answer {
        Ok(completions) if completions.iter().any(|c| c.finish == Finish::Cancelled) => {
            Ending::Cancelled
        }
        Ok(completions) => match completions.first().map(|best| best.finish) {
            None => Ending::Nothing,
            Some(Finish::Length) => Ending::Length,
            Some(_) => Ending::Stop,
        },
        Err(EngineError::Cancelled) => Ending::Cancelled,
        Err(EngineError::PromptTooLong { .. }) => Ending::TooLong,
        Err(EngineError::WorkerDied(_)) => Ending::Died,
        Err(EngineError::Remote { .. }) => Ending::Remote,
        Err(_) => Ending::Failed,
    }
}

/// To the nearest one.
pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from((time.as_micros() + 500) / 1000).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "measured_tests.rs"]
mod tests;
