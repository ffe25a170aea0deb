//! What client and worker say to each other: frames of JSON with their length in front.
//!
//! A frame is a little-endian `u32` length and that many bytes of JSON. The worker speaks first
//! (`Hello` with the protocol's version); every request carries a number that its replies repeat,
//! so that a reply that comes late is recognised and dropped. These types stay in this room.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{
    AdapterInfo, ChatRequest, Completion, EngineError, Fim, Finish, GenerateRequest, LoadOptions,
    Message, ModelInfo, QuantizeOptions, Role, Sampling, ToolSpec, Usage,
};

/// Raised with every change that an older peer would misread.
pub(crate) const PROTOCOL: u32 = 8;

/// Largest frame in bytes: a prompt of a few million characters. Anything above is damage.
pub(crate) const MAX_FRAME: usize = 64 << 20;

/// From client to worker.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) id: u64,
    pub(crate) ask: Ask,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Ask {
    Load(LoadOptions),
    CountTokens {
        text: String,
    },
    ChatPrompt(Chat),
    Generate(Generate),
    Score {
        prefix: String,
        continuations: Vec<String>,
    },
    /// At most [`super::vectors::MAX_TEXTS`] texts.
    Embed {
        texts: Vec<String>,
    },
    /// Makes a smaller copy of a model; no model need be loaded.
    Quantize(QuantizeOptions),
    /// Ends the request `id` early. It has no reply of its own.
    Cancel {
        id: u64,
    },
    Shutdown,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Chat {
    messages: Vec<WireMessage>,
    tools: Vec<ToolSpec>,
    thinking: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct WireMessage {
    role: WireRole,
    content: String,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum WireRole {
    System,
    User,
    Assistant,
    Tool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Generate {
    prompt: String,
    n: usize,
    max_tokens: usize,
    sampling: WireSampling,
    grammar: Option<String>,
    stop: Vec<String>,
    lookup: Vec<String>,
    speculate: bool,
    give_up: Option<f32>,
    forced: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum WireSampling {
    Greedy,
    Nucleus { temperature: f32, top_p: f32, top_k: u32, seed: u32 },
    MinP { temperature: f32, min_p: f32, seed: u32 },
}

/// From worker to client.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Reply {
    pub(crate) id: u64,
    pub(crate) tell: Tell,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Tell {
    Hello {
        protocol: u32,
    },
    Loaded(WireInfo),
    Count(usize),
    Prompt(String),
    /// More of completion `index`.
    Text {
        index: usize,
        text: String,
        logprobs: Vec<f32>,
    },
    Completions(Vec<WireCompletion>, Usage),
    /// Log-probability and number of tokens.
    Scores(Vec<(f32, usize)>),
    /// The vector of each text, finite.
    Vectors(Vec<Vec<f32>>),
    /// Tensors of a copy that are done, of how many.
    Progress {
        done: usize,
        total: usize,
    },
    /// The copy is made.
    Quantized,
    Failed(Fault),
    Log {
        level: Level,
        message: String,
    },
    /// From the keeper of a warm worker: the worker died of this request.
    Died {
        code: Option<i32>,
        signal: Option<i32>,
        stderr: String,
    },
    /// From the keeper: it has no worker for this request, and the reason.
    Refused(String),
}

impl Tell {
    /// Whether it is the last reply to its request.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only a keeper asks"))]
    pub(crate) fn is_final(&self) -> bool {
        !matches!(
            self,
            Self::Hello { .. } | Self::Text { .. } | Self::Progress { .. } | Self::Log { .. }
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Level {
    Error,
    Warn,
    Info,
    Debug,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct WireInfo {
    name: String,
    path: Option<PathBuf>,
    architecture: String,
    context: usize,
    vocabulary: usize,
    parameters: u64,
    has_chat_template: bool,
    calls_tools: bool,
    fim: Option<Fim>,
    repairs: bool,
    embeds: Option<usize>,
    adapter: Option<AdapterInfo>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct WireCompletion {
    text: String,
    logprobs: Vec<f32>,
    finish: WireFinish,
    votes: usize,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum WireFinish {
    Stop,
    Length,
    Cancelled,
}

/// An [`EngineError`] on its way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Fault {
    BadModel { path: PathBuf, reason: String },
    PromptTooLong { prompt: usize, context: usize },
    BadGrammar(String),
    NoChatTemplate(String),
    BadChatTemplate { model: String, reason: String },
    NotAnEmbedder(String),
    NotAGenerator(String),
    BadRequest(String),
    NotBuiltIn(PathBuf),
    Cancelled,
}

/// Writes one frame and flushes it.
///
/// # Errors
/// The writer's; `InvalidInput` when the frame would be larger than [`MAX_FRAME`].
pub(crate) fn send<T: Serialize>(writer: &mut dyn Write, value: &T) -> io::Result<()> {
    let mut frame = vec![0; 4];
    serde_json::to_writer(&mut frame, value).map_err(io::Error::other)?;
    let length = frame.len() - 4;
    if length > MAX_FRAME {
        let message = format!("a message of {length} bytes is larger than {MAX_FRAME}");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    // MAX_FRAME fits a u32.
    frame[..4].copy_from_slice(&(length as u32).to_le_bytes());
    writer.write_all(&frame)?;
    writer.flush()
}

/// Reads one frame; `None` when the peer closed the pipe between two frames.
///
/// # Errors
/// The reader's; `InvalidData` for a length above [`MAX_FRAME`] or JSON of another shape.
pub(crate) fn receive<T: DeserializeOwned>(reader: &mut dyn Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    let mut filled = 0;
    while filled < 4 {
        match reader.read(&mut length[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_FRAME {
        let message = format!("a frame claims {length} bytes: this is not the worker's protocol");
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    let mut body = Vec::new();
    // `take` rather than a buffer of the claimed size: memory follows what really arrives.
    reader.take(length as u64).read_to_end(&mut body)?;
    if body.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    serde_json::from_slice(&body)
        .map(Some)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// JSON has no infinities; the lowest finite number ranks the same.
pub(crate) fn finite(value: f32) -> f32 {
    if value.is_nan() { f32::MIN } else { value.clamp(f32::MIN, f32::MAX) }
}

impl From<&Message> for WireMessage {
    fn from(message: &Message) -> Self {
        let role = match message.role {
            Role::System => WireRole::System,
            Role::User => WireRole::User,
            Role::Assistant => WireRole::Assistant,
            Role::Tool => WireRole::Tool,
        };
        Self { role, content: message.content.clone() }
    }
}

impl From<WireMessage> for Message {
    fn from(message: WireMessage) -> Self {
        let role = match message.role {
            WireRole::System => Role::System,
            WireRole::User => Role::User,
            WireRole::Assistant => Role::Assistant,
            WireRole::Tool => Role::Tool,
        };
        Self { role, content: message.content }
    }
}

impl From<&ChatRequest> for Chat {
    fn from(chat: &ChatRequest) -> Self {
        let messages = chat.messages.iter().map(Into::into).collect();
        Self { messages, tools: chat.tools.clone(), thinking: chat.thinking }
    }
}

impl From<Chat> for ChatRequest {
    fn from(wire: Chat) -> Self {
        let messages = wire.messages.into_iter().map(Into::into).collect();
        Self { messages, tools: wire.tools, thinking: wire.thinking }
    }
}

impl From<&GenerateRequest> for Generate {
    fn from(request: &GenerateRequest) -> Self {
        let sampling = match request.sampling {
            Sampling::Greedy => WireSampling::Greedy,
            Sampling::Nucleus { temperature, top_p, top_k, seed } => {
                WireSampling::Nucleus { temperature, top_p, top_k, seed }
            }
            Sampling::MinP { temperature, min_p, seed } => {
                WireSampling::MinP { temperature, min_p, seed }
            }
        };
        Self {
            prompt: request.prompt.clone(),
            n: request.n,
            max_tokens: request.max_tokens,
            sampling,
            grammar: request.grammar.clone(),
            stop: request.stop.clone(),
            lookup: request.lookup.clone(),
            speculate: request.speculate,
            give_up: request.give_up.map(finite),
            forced: request.forced.clone(),
        }
    }
}

impl From<Generate> for GenerateRequest {
    fn from(wire: Generate) -> Self {
        let sampling = match wire.sampling {
            WireSampling::Greedy => Sampling::Greedy,
            WireSampling::Nucleus { temperature, top_p, top_k, seed } => {
                Sampling::Nucleus { temperature, top_p, top_k, seed }
            }
            WireSampling::MinP { temperature, min_p, seed } => {
                Sampling::MinP { temperature, min_p, seed }
            }
        };
        Self {
            prompt: wire.prompt,
            n: wire.n,
            max_tokens: wire.max_tokens,
            sampling,
            grammar: wire.grammar,
            stop: wire.stop,
            lookup: wire.lookup,
            speculate: wire.speculate,
            give_up: wire.give_up,
            forced: wire.forced,
        }
    }
}

impl From<&ModelInfo> for WireInfo {
    fn from(info: &ModelInfo) -> Self {
        let info = info.clone();
        Self {
            name: info.name,
            path: info.path,
            architecture: info.architecture,
            context: info.context,
            vocabulary: info.vocabulary,
            parameters: info.parameters,
            has_chat_template: info.has_chat_template,
            calls_tools: info.calls_tools,
            fim: info.fim,
            repairs: info.repairs,
            embeds: info.embeds,
            adapter: info.adapter,
        }
    }
}

impl From<WireInfo> for ModelInfo {
    fn from(info: WireInfo) -> Self {
        Self {
            name: info.name,
            path: info.path,
            architecture: info.architecture,
            context: info.context,
            vocabulary: info.vocabulary,
            parameters: info.parameters,
            has_chat_template: info.has_chat_template,
            calls_tools: info.calls_tools,
            fim: info.fim,
            repairs: info.repairs,
            embeds: info.embeds,
            adapter: info.adapter,
        }
    }
}

impl From<Completion> for WireCompletion {
    fn from(completion: Completion) -> Self {
        let finish = match completion.finish {
            Finish::Stop => WireFinish::Stop,
            Finish::Length => WireFinish::Length,
            Finish::Cancelled => WireFinish::Cancelled,
        };
        let logprobs = completion.logprobs.into_iter().map(finite).collect();
        Self { text: completion.text, logprobs, finish, votes: completion.votes }
    }
}

impl From<WireCompletion> for Completion {
    fn from(wire: WireCompletion) -> Self {
        let finish = match wire.finish {
            WireFinish::Stop => Finish::Stop,
            WireFinish::Length => Finish::Length,
            WireFinish::Cancelled => Finish::Cancelled,
        };
        Self { text: wire.text, logprobs: wire.logprobs, finish, votes: wire.votes }
    }
}

impl From<EngineError> for Fault {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::BadModel { path, reason } => Self::BadModel { path, reason },
            EngineError::PromptTooLong { prompt, context } => {
                Self::PromptTooLong { prompt, context }
            }
            EngineError::BadGrammar(reason) => Self::BadGrammar(reason),
            EngineError::NoChatTemplate(model) => Self::NoChatTemplate(model),
            EngineError::BadChatTemplate { model, reason } => {
                Self::BadChatTemplate { model, reason }
            }
            EngineError::NotAnEmbedder(model) => Self::NotAnEmbedder(model),
            EngineError::NotAGenerator(model) => Self::NotAGenerator(model),
            // A worker cannot report its own death, and knows no server: they would be plain failures here.
            EngineError::BadRequest(reason)
            | EngineError::WorkerDied(reason)
            | EngineError::Remote { reason, .. } => Self::BadRequest(reason),
            EngineError::NotBuiltIn(path) => Self::NotBuiltIn(path),
            EngineError::Cancelled => Self::Cancelled,
        }
    }
}

impl From<Fault> for EngineError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::BadModel { path, reason } => Self::BadModel { path, reason },
            Fault::PromptTooLong { prompt, context } => Self::PromptTooLong { prompt, context },
            Fault::BadGrammar(reason) => Self::BadGrammar(reason),
            Fault::NoChatTemplate(model) => Self::NoChatTemplate(model),
            Fault::BadChatTemplate { model, reason } => Self::BadChatTemplate { model, reason },
            Fault::NotAnEmbedder(model) => Self::NotAnEmbedder(model),
            Fault::NotAGenerator(model) => Self::NotAGenerator(model),
            Fault::BadRequest(reason) => Self::BadRequest(reason),
            Fault::NotBuiltIn(path) => Self::NotBuiltIn(path),
            Fault::Cancelled => Self::Cancelled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_frame_survives_the_trip_and_the_end_is_no_error() {
        let mut pipe = Vec::new();
        let text = "é\u{10FFFE}\n\"".to_owned();
        send(&mut pipe, &Request { id: 7, ask: Ask::CountTokens { text: text.clone() } }).unwrap();
        send(&mut pipe, &Reply { id: 7, tell: Tell::Scores(vec![(finite(f32::NEG_INFINITY), 3)]) })
            .unwrap();
        let mut reader = pipe.as_slice();
        let request: Request = receive(&mut reader).unwrap().unwrap();
        assert!(matches!(request.ask, Ask::CountTokens { text: t } if t == text));
        let reply: Reply = receive(&mut reader).unwrap().unwrap();
        assert!(matches!(reply.tell, Tell::Scores(s) if s == [(f32::MIN, 3)]));
        assert!(receive::<Reply>(&mut reader).unwrap().is_none());
    }

    #[test]
    fn damage_is_an_error_not_an_allocation() {
        let huge = [0xff, 0xff, 0xff, 0xff, b'x'];
        assert!(receive::<Reply>(&mut huge.as_slice()).is_err());
        let short = [9, 0, 0, 0, b'{'];
        assert!(receive::<Reply>(&mut short.as_slice()).is_err());
        assert!(receive::<Reply>(&mut [1, 0].as_slice()).is_err());
        assert!(receive::<Reply>(&mut [2, 0, 0, 0, b'{', b'}'].as_slice()).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = receive::<Reply>(&mut bytes.as_slice());
            let _ = receive::<Request>(&mut bytes.as_slice());
        }

        #[test]
        fn log_probabilities_are_exact(value in any::<f32>()) {
            let mut pipe = Vec::new();
            send(&mut pipe, &Reply { id: 0, tell: Tell::Scores(vec![(finite(value), 1)]) }).unwrap();
            let reply: Reply = receive(&mut pipe.as_slice()).unwrap().unwrap();
            prop_assert!(matches!(reply.tell, Tell::Scores(s) if s[0].0 == finite(value)));
        }
    }
}
