//! A fake engine for tests: canned completions, scores from a closure, requests on record.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::{
    ChatRequest, Completion, Engine, EngineError, Fim, Finish, GenerateRequest, Message, ModelInfo,
    Score, ToolSpec, vectors,
};
use crate::base::Cancel;

type Scorer = Box<dyn FnMut(&str, &str) -> f32 + Send>;

/// An [`Engine`] that says what it was told to say.
///
/// Completions are looked up by a text the prompt must contain; those without one are handed out
/// in order. A token is four bytes. When nothing is left to say it returns no completion at all,
/// as a model does that only produced text the grammar forbids.
pub struct Scripted {
    info: ModelInfo,
    matching: Vec<(String, Vec<String>)>,
    in_order: VecDeque<Vec<String>>,
    scorer: Scorer,
    dies: bool,
    requests: Arc<Mutex<Vec<GenerateRequest>>>,
}

impl Scripted {
    /// An engine with nothing to say, and a scorer that prefers short continuations.
    pub fn new() -> Self {
        Self {
            info: ModelInfo {
                name: "scripted".to_owned(),
                path: None,
                architecture: "none".to_owned(),
                context: 4096,
                vocabulary: 256,
                parameters: 0,
                has_chat_template: true,
                calls_tools: false,
                fim: None,
                repairs: false,
                embeds: None,
                adapter: None,
            },
            matching: Vec::new(),
            in_order: VecDeque::new(),
            scorer: Box::new(|_, continuation| -(continuation.len() as f32)),
            dies: false,
            requests: Arc::default(),
        }
    }

    /// Answers prompts that contain `needle` with `completions`, best first, every time.
    #[must_use]
    pub fn when(mut self, needle: &str, completions: &[&str]) -> Self {
        self.matching.push((needle.to_owned(), owned(completions)));
        self
    }

    /// Answers the next prompt that matches nothing else with `completions`.
    #[must_use]
    pub fn then(mut self, completions: &[&str]) -> Self {
        self.in_order.push_back(owned(completions));
        self
    }

    /// Scores with `scorer(prefix, continuation)`, a log-probability.
    #[must_use]
    pub fn scoring(mut self, scorer: impl FnMut(&str, &str) -> f32 + Send + 'static) -> Self {
        self.scorer = Box::new(scorer);
        self
    }

    /// Every request fails as if the worker had been killed.
    #[must_use]
    pub fn dying(mut self) -> Self {
        self.dies = true;
        self
    }

    /// Claims a context of `tokens`.
    #[must_use]
    pub fn with_context(mut self, tokens: usize) -> Self {
        self.info.context = tokens;
        self
    }

    /// Claims to fill in the middle when asked with `fim`.
    #[must_use]
    pub fn with_fim(mut self, fim: Fim) -> Self {
        self.info.fim = Some(fim);
        self
    }

    /// Claims to call tools by a template of its own.
    #[must_use]
    pub fn calling_tools(mut self) -> Self {
        self.info.calls_tools = true;
        self
    }

    /// Claims to be a model of slm's own kind.
    #[must_use]
    pub fn repairing(mut self) -> Self {
        self.info.repairs = true;
        self
    }

    /// Claims to be an embedding model with vectors of `dimension` numbers, at least 1.
    ///
    /// A text's vector counts its words, each in a place that follows from its letters (in lower
    /// case) alone: texts that share words are near. A text without words has a vector like any
    /// other.
    #[must_use]
    pub fn embedding(mut self, dimension: usize) -> Self {
        self.info.embeds = Some(dimension.max(1));
        self.info.has_chat_template = false;
        self
    }

    /// The requests made so far; the handle stays valid when the engine is boxed or moved.
    pub fn requests(&self) -> Arc<Mutex<Vec<GenerateRequest>>> {
        Arc::clone(&self.requests)
    }

    fn check_alive(&self) -> Result<(), EngineError> {
        if self.dies {
            return Err(EngineError::WorkerDied("killed by the script".to_owned()));
        }
        Ok(())
    }

    fn check_writes(&self) -> Result<(), EngineError> {
        self.check_alive()?;
        match self.info.embeds {
            Some(_) => Err(EngineError::NotAGenerator(self.info.name.clone())),
            None => Ok(()),
        }
    }
}

impl Default for Scripted {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripted")
            .field("matching", &self.matching)
            .field("in_order", &self.in_order)
            .finish_non_exhaustive()
    }
}

impl Engine for Scripted {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn count_tokens(&mut self, text: &str) -> Result<usize, EngineError> {
        self.check_alive()?;
        Ok(text.len().div_ceil(4))
    }

    fn chat_prompt(&mut self, messages: &[Message]) -> Result<String, EngineError> {
        self.render(&ChatRequest::new(messages))
    }

    fn render(&mut self, chat: &ChatRequest) -> Result<String, EngineError> {
        self.check_writes()?;
        let mut out = String::new();
        for tool in chat.tools.iter().filter(|_| self.info.calls_tools) {
            let ToolSpec { name, description, parameters } = tool;
            out.push_str(&format!("<tool>{name}: {description} {parameters}</tool>\n"));
        }
        for message in &chat.messages {
            let role = message.role.name();
            out.push_str(&format!("<{role}>{}</{role}>\n", message.content));
        }
        out.push_str("<assistant>");
        Ok(out)
    }

    fn generate(
        &mut self,
        request: &GenerateRequest,
        cancel: &Cancel,
        on_text: &mut dyn FnMut(usize, &str),
    ) -> Result<Vec<Completion>, EngineError> {
        self.check_writes()?;
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        if cancel.is_cancelled() {
            return Ok(Vec::new());
        }
        let prompt = self.count_tokens(&request.prompt)?;
        if prompt >= self.info.context {
            return Err(EngineError::PromptTooLong { prompt, context: self.info.context });
        }
        let known = self.matching.iter().find(|(needle, _)| request.prompt.contains(needle));
        let texts = match known {
            Some((_, texts)) => texts.clone(),
            None => self.in_order.pop_front().unwrap_or_default(),
        };
        let completions = texts.into_iter().take(request.n).enumerate().map(|(rank, text)| {
            on_text(rank, &text);
            let tokens = text.len().div_ceil(4);
            let logprobs = vec![-0.1 * (rank + 1) as f32; tokens];
            Completion { text, logprobs, finish: Finish::Stop, votes: 1 }
        });
        Ok(completions.collect())
    }

    fn score(
        &mut self,
        prefix: &str,
        continuations: &[String],
        cancel: &Cancel,
    ) -> Result<Vec<Score>, EngineError> {
        self.check_writes()?;
        if cancel.is_cancelled() {
            return Err(EngineError::Cancelled);
        }
        let scores = continuations.iter().map(|continuation| Score {
            logprob: (self.scorer)(prefix, continuation),
            tokens: continuation.len().div_ceil(4),
        });
        Ok(scores.collect())
    }

    fn embed(&mut self, texts: &[String], cancel: &Cancel) -> Result<Vec<Vec<f32>>, EngineError> {
        self.check_alive()?;
        let Some(dimension) = self.info.embeds else {
            return Err(EngineError::NotAnEmbedder(self.info.name.clone()));
        };
        if cancel.is_cancelled() {
            return Err(EngineError::Cancelled);
        }
        // A token is four bytes here.
        let most = self.info.context.saturating_mul(4);
        Ok(texts.iter().map(|text| bag_of_words(text, most, dimension)).collect())
    }
}

/// Counts of the words within the first `most` bytes of `text`, of length 1 together.
fn bag_of_words(text: &str, most: usize, dimension: usize) -> Vec<f32> {
    let mut counts = vec![0.0; dimension];
    let words = text.char_indices().take_while(|(at, _)| *at < most).map(|(_, letter)| letter);
    let words: String = words.flat_map(char::to_lowercase).collect();
    for word in words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        // FNV-1a: the same on every machine and in every version.
        let hash = word.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        counts[(hash % dimension as u64) as usize] += 1.0;
    }
    vectors::normalise(counts).unwrap_or_else(|| {
        let mut nothing = vec![0.0; dimension];
        nothing[0] = 1.0;
        nothing
    })
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Sampling;

    fn request(prompt: &str) -> GenerateRequest {
        GenerateRequest {
            prompt: prompt.to_owned(),
            n: 2,
            max_tokens: 8,
            sampling: Sampling::Greedy,
            ..GenerateRequest::default()
        }
    }

    #[test]
    fn says_what_it_was_told() {
        let mut engine = Scripted::new().when("alpha", &["a1", "a2", "a3"]).then(&["first"]);
        let record = engine.requests();
        let mut streamed = Vec::new();
        let mut ask = |prompt: &str| {
            engine
                .generate(&request(prompt), &Cancel::new(), &mut |n, t| {
                    streamed.push((n, t.to_owned()));
                })
                .unwrap()
                .into_iter()
                .map(|c| c.text)
                .collect::<Vec<_>>()
        };
        assert_eq!(ask("x alpha y"), ["a1", "a2"]);
        assert_eq!(ask("other"), ["first"]);
        assert!(ask("other").is_empty());
        assert_eq!(streamed[1], (1, "a2".to_owned()));
        assert_eq!(record.lock().unwrap().len(), 3);
    }

    #[test]
    fn scores_with_the_closure_and_dies_on_demand() {
        let mut engine = Scripted::new().scoring(|_, c| if c == "good" { -1.0 } else { -9.0 });
        let texts = ["bad".to_owned(), "good".to_owned()];
        let scores = engine.score("p", &texts, &Cancel::new()).unwrap();
        assert_eq!(scores.iter().map(|s| s.logprob).collect::<Vec<_>>(), [-9.0, -1.0]);
        let mut dead = Scripted::new().dying();
        assert!(matches!(dead.count_tokens("x"), Err(EngineError::WorkerDied(_))));
    }

    #[test]
    fn texts_that_share_words_are_near() {
        let mut engine = Scripted::new().embedding(256);
        let texts =
            ["parse_header(line)", "fn parse(header: Header)", "draw a red circle", "", "%"];
        let vectors = engine.embed(&owned(&texts), &Cancel::new()).unwrap();
        let near = |a: usize, b: usize| -> f32 {
            vectors[a].iter().zip(&vectors[b]).map(|(a, b)| a * b).sum()
        };
        assert_eq!(vectors.len(), texts.len());
        assert!(vectors.iter().all(|vector| vector.len() == 256));
        assert!((0..texts.len()).all(|index| (near(index, index) - 1.0).abs() < 1e-6));
        assert!(near(0, 1) > 0.5 && near(0, 1) > near(0, 2) + 0.3);
        assert_eq!(vectors[3], vectors[4]);
        let mut short = Scripted::new().with_context(1).embedding(256);
        let cut = short.embed(&owned(&["pars", "parse_header"]), &Cancel::new()).unwrap();
        assert_eq!(cut[0], cut[1]);
    }

    #[test]
    fn each_kind_refuses_the_work_of_the_other() {
        let mut writes = Scripted::new();
        let error = writes.embed(&owned(&["x"]), &Cancel::new()).unwrap_err().to_string();
        assert_eq!(error, "scripted writes text, it makes no vectors: choose an embedding model");
        let mut embeds = Scripted::new().embedding(8);
        assert_eq!(embeds.count_tokens("12345").unwrap(), 2);
        let error = embeds.score("a", &owned(&["b"]), &Cancel::new()).unwrap_err().to_string();
        assert_eq!(error, "scripted makes vectors, it writes no text: choose a language model");
        let asked = embeds.generate(&request("x"), &Cancel::new(), &mut |_, _| {});
        assert!(matches!(asked, Err(EngineError::NotAGenerator(_))));
        assert!(matches!(embeds.chat_prompt(&[]), Err(EngineError::NotAGenerator(_))));
    }
}
