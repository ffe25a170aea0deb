//! Text out of a language model, and vectors out of an embedding model, behind one trait.
//!
//! The engine knows tokens and text, not repositories. llama.cpp itself lives in `llama` and
//! runs in a worker process of the same binary: an abort in native code costs an error message,
//! never the terminal, the session or a file.
//!
//! ```text
//! Client (implements Engine) -- wire: framed JSON over a pipe --> llama::serve (worker process)
//! ```
//!
//! Starting the worker is the caller's task (a [`Launcher`]), since only `sandbox` spawns; it may be
//! one that stays warm between commands (`warm`). Text of
//! foreign origin that goes into a prompt is wrapped with [`quote`], so that it cannot spell the
//! model's control tokens.

mod client;
mod conversation;
pub mod gguf;
pub mod grammar;
#[cfg(feature = "llama")]
pub mod llama;
pub mod memory;
pub mod offload;
mod prefix;
mod quantize;
mod quoting;
mod remote;
mod scripted;
pub mod selftest;
mod smoke;
mod vectors;
#[cfg(target_os = "linux")]
pub mod warm;
mod wire;

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::Cancel;

pub use client::{
    AdapterOptions, Beyond, Client, Ending, Launcher, LoadOptions, Transport, WORKER_ENV, Worker,
};
pub use conversation::{ChatRequest, Message, Role, ToolSpec};
pub use prefix::PrefixCache;
pub use quantize::{QuantType, QuantizeOptions, Quantized, quantize};
pub use quoting::{quote, unquoted};
pub use remote::{Endpoint, Plain, Remote, RemoteOptions};
pub use scripted::Scripted;
pub use smoke::{Chat, Embedding, Findings, SmokeReport, Writing, smoke};

/// A loaded model: a language model, which generates and scores, or an embedding model, which makes
/// vectors. [`ModelInfo::embeds`] tells which; what the other kind does is an error.
///
/// Control tokens spelled in a text (`<|im_end|>`) are recognised as such, except inside [`quote`];
/// an embedding model recognises none.
pub trait Engine: Send {
    /// What is loaded.
    fn info(&self) -> &ModelInfo;

    /// Number of tokens of `text`; none is added at its beginning or end.
    ///
    /// # Errors
    /// When the worker is gone.
    fn count_tokens(&mut self, text: &str) -> Result<usize, EngineError>;

    /// Renders `messages` with the model's own chat template, ready for the assistant's turn.
    ///
    /// # Errors
    /// [`EngineError::NoChatTemplate`] for a base model; a template that does not render;
    /// [`EngineError::NotAGenerator`].
    fn chat_prompt(&mut self, messages: &[Message]) -> Result<String, EngineError>;

    /// As [`Engine::chat_prompt`], with tools and thinking where the template knows them.
    ///
    /// # Errors
    /// As there; parameters of a tool that are no JSON.
    fn render(&mut self, chat: &ChatRequest) -> Result<String, EngineError> {
        self.chat_prompt(&conversation::without_tool_turns(&chat.messages))
    }

    /// Answers a conversation: [`Engine::render`], then [`Engine::generate`] with that prompt in place
    /// of the request's own. A [`Remote`] is sent the messages themselves.
    ///
    /// # Errors
    /// Those of both.
    fn chat(
        &mut self,
        chat: &ChatRequest,
        request: &GenerateRequest,
        cancel: &Cancel,
        on_text: &mut dyn FnMut(usize, &str),
    ) -> Result<Vec<Completion>, EngineError> {
        let prompt = self.render(chat)?;
        self.generate(&GenerateRequest { prompt, ..request.clone() }, cancel, on_text)
    }

    /// Generates `request.n` completions of one prompt, decoded together on a shared prefix.
    ///
    /// `on_text` receives text as it comes, with the number of the parallel completion it belongs
    /// to. Completions come back best first by mean token log-probability, so their order is not
    /// that of the numbers, and each text once. Cancellation returns what is there, marked
    /// [`Finish::Cancelled`].
    ///
    /// # Errors
    /// A grammar that does not parse, a prompt longer than the context, a worker that died;
    /// [`EngineError::NotAGenerator`].
    fn generate(
        &mut self,
        request: &GenerateRequest,
        cancel: &Cancel,
        on_text: &mut dyn FnMut(usize, &str),
    ) -> Result<Vec<Completion>, EngineError>;

    /// Log-likelihood of each continuation after one shared prefix, in the order given.
    ///
    /// Prefix and continuations are tokenised apart: no token spans the border, so both should
    /// meet where tokens do (at a line's beginning, before a space). What all continuations begin
    /// with belongs into the prefix, where it is computed once, and a prefix shared with the
    /// request before is not computed again.
    ///
    /// # Errors
    /// [`EngineError::Cancelled`]; a prefix and continuation longer than the context; a worker
    /// that died; [`EngineError::NotAGenerator`].
    fn score(
        &mut self,
        prefix: &str,
        continuations: &[String],
        cancel: &Cancel,
    ) -> Result<Vec<Score>, EngineError>;

    /// The vector of each text, of length 1, in the order given; texts longer than the context are
    /// cut.
    ///
    /// A vector has [`ModelInfo::embeds`] numbers, and does not depend on the texts beside it (but
    /// for the last digits). The likeness of two texts is the dot product of their vectors. What
    /// the model wants in front of a text (`query: `, an instruction) is the caller's task.
    ///
    /// # Errors
    /// [`EngineError::NotAnEmbedder`]; [`EngineError::Cancelled`]; a worker that died.
    fn embed(&mut self, texts: &[String], cancel: &Cancel) -> Result<Vec<Vec<f32>>, EngineError>;

    /// What the latest [`Engine::generate`] took; zeros before the first, and of an engine that does
    /// not measure.
    fn usage(&self) -> Usage {
        Usage::default()
    }
}

/// Facts about a loaded model, from its file.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelInfo {
    /// `general.name`, else the file's name.
    pub name: String,
    pub path: Option<PathBuf>,
    pub architecture: String,
    /// Context used, in tokens; for an embedding model the longest text.
    pub context: usize,
    pub vocabulary: usize,
    pub parameters: u64,
    pub has_chat_template: bool,
    /// Its chat template lists tools, so it was trained to call some.
    pub calls_tools: bool,
    /// How it is asked to fill in the middle; `None` when it cannot.
    pub fim: Option<Fim>,
    /// True for a model of slm's own kind: it is asked in the words of `prompts/embedded_v1.md`.
    pub repairs: bool,
    /// Length of the vectors of an embedding model; `None` for one that writes text.
    pub embeds: Option<usize>,
    /// What was added to its weights.
    pub adapter: Option<AdapterInfo>,
}

/// Facts about a LoRA adapter on top of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdapterInfo {
    /// `general.name`, else the file's name.
    pub name: String,
    pub path: PathBuf,
    /// How much of it counts: 1 is as it was trained.
    pub scale: f32,
}

/// The control tokens between which a model fills in the middle, as texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fim {
    /// Before what precedes the gap.
    pub prefix: String,
    /// Before what follows it.
    pub suffix: String,
    /// Where the middle begins; without one the model is told what follows first, and goes on where
    /// the text before the gap ends.
    pub middle: Option<String>,
}

impl Fim {
    /// The prompt for the text between `before` and `after`.
    pub fn prompt(&self, before: &str, after: &str) -> String {
        let Self { prefix, suffix, middle } = self;
        let (before, after) = (quote(before), quote(after));
        match middle {
            Some(middle) => format!("{prefix}{before}{suffix}{after}{middle}"),
            None => format!("{suffix}{after}{prefix}{before}"),
        }
    }
}

/// The version of the repair prompts that is known here, `slm.format_version` in a model's file.
pub const REPAIR_FORMAT: u32 = 1;

/// How the next token is chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum Sampling {
    /// The likeliest token.
    Greedy,
    /// Temperature above 0, then nucleus cut `top_p` in (0, 1] within the `top_k` likeliest
    /// (0: all), with a fixed seed.
    Nucleus { temperature: f32, top_p: f32, top_k: u32, seed: u32 },
    /// Temperature above 0, then all tokens at least `min_p` times as likely as the best.
    MinP { temperature: f32, min_p: f32, seed: u32 },
}

/// A request for `n` completions of one prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct GenerateRequest {
    pub prompt: String,
    /// Parallel completions, 1 to 16. With `Greedy` only the first is greedy; the others branch on
    /// the runner-up first tokens.
    pub n: usize,
    pub max_tokens: usize,
    pub sampling: Sampling,
    /// GBNF with a rule named `root`.
    pub grammar: Option<String>,
    /// Texts that end a completion; not part of it.
    pub stop: Vec<String>,
    /// What the output may repeat besides the prompt and itself, such as text of the repository. It
    /// is not shown to the model: runs of its tokens are proposed to it, which saves time where they
    /// are right and changes nothing where they are not.
    pub lookup: Vec<String>,
    /// Whether runs of tokens are proposed at all. The output is the same without, and slower.
    pub speculate: bool,
    /// A completion is given up, and is not among the answers, when its mean log-probability has
    /// fallen this many nats behind that of a finished one.
    pub give_up: Option<f32>,
    /// Teacher forcing: the output is this text, whatever the model computes. To measure with.
    pub forced: Option<String>,
}

impl Default for GenerateRequest {
    /// One greedy completion of an empty prompt, of at most 256 tokens.
    fn default() -> Self {
        Self {
            prompt: String::new(),
            n: 1,
            max_tokens: 256,
            sampling: Sampling::Greedy,
            grammar: None,
            stop: Vec::new(),
            lookup: Vec::new(),
            speculate: true,
            give_up: None,
            forced: None,
        }
    }
}

/// What a request for completions took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt: usize,
    /// Of these: found in memory, from the request before.
    pub kept: usize,
    /// Of these: restored from the prefix cache on disk.
    pub restored: usize,
    /// Until the prompt's last logits were there.
    pub prefill: Duration,
    /// From then to the end.
    pub decode: Duration,
    /// Choosing tokens, by sampling and grammar, of all completions.
    pub choosing: Duration,
    /// Tokens chosen, of all completions.
    pub generated: usize,
    /// Decode calls after the prompt.
    pub calls: usize,
    /// Tokens proposed to the model, and those of them that were right.
    pub drafted: usize,
    pub accepted: usize,
}

/// One completion.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    pub text: String,
    /// Natural-log probability of each token under the model, before grammar and sampling. The
    /// token that ended the generation is not among them; those a stop text cut away are.
    pub logprobs: Vec<f32>,
    pub finish: Finish,
    /// How many of the parallel completions came to this text; at least 1.
    pub votes: usize,
}

impl Completion {
    /// Mean log-probability of a token, the measure of rank; the lowest there is when empty.
    pub fn mean_logprob(&self) -> f32 {
        if self.logprobs.is_empty() {
            return f32::MIN;
        }
        self.logprobs.iter().sum::<f32>() / self.logprobs.len() as f32
    }
}

/// Why a completion ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Finish {
    /// End of generation or a stop text.
    Stop,
    /// `max_tokens`, or the context was full.
    Length,
    Cancelled,
}

/// Likelihood of one continuation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Sum of natural-log probabilities of the continuation's tokens.
    pub logprob: f32,
    pub tokens: usize,
}

/// What can go wrong with a model, each with what to do next.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("{}: {reason}", path.display())]
    BadModel { path: PathBuf, reason: String },
    #[error("the model worker stopped: {0}")]
    WorkerDied(String),
    #[error("the prompt has {prompt} tokens, the context holds {context}")]
    PromptTooLong { prompt: usize, context: usize },
    #[error("the grammar does not parse: {0}")]
    BadGrammar(String),
    #[error("{0} has no chat template: it is a base model")]
    NoChatTemplate(String),
    #[error("the chat template of {model} does not render: {reason}")]
    BadChatTemplate { model: String, reason: String },
    #[error("{0} writes text, it makes no vectors: choose an embedding model")]
    NotAnEmbedder(String),
    #[error("{0} makes vectors, it writes no text: choose a language model")]
    NotAGenerator(String),
    #[error("bad request: {0}")]
    BadRequest(String),
    #[error("the endpoint {host}: {reason}")]
    Remote { host: String, reason: String },
    #[error("cancelled")]
    Cancelled,
    #[error("this slm was built without llama.cpp: rebuild with the `llama` feature to load {}", .0.display())]
    NotBuiltIn(PathBuf),
}
