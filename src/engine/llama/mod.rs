//! The worker's side, and the only room that knows llama.cpp.
//!
//! [`serve`] is what the worker process runs: one thread owns backend, model and context; another
//! reads requests, so that a cancellation arrives while the first is busy. Nothing here but
//! `quantize`, which `llama-cpp-2` has no call for, is `unsafe`, and what llama.cpp would abort on is refused before it gets there: tokens are chosen
//! in Rust, grammars are matched in Rust, batches and sequences are bounded in `session` and
//! `embed`. The process boundary is for what is left.
//!
//! Not here: several adapters at once, re-ranking.

mod adapter;
mod chat;
mod devices;
mod draft;
mod embed;
#[cfg(test)]
mod embed_tests;
mod generate;
mod logs;
mod lookup;
mod model;
mod pace;
mod pieces;
mod prefix;
#[cfg(test)]
mod prefix_tests;
mod quantize;
mod sampling;
mod score;
mod session;
mod stream;
#[cfg(test)]
pub(super) mod tests;
pub mod threads;

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crossbeam_channel::Receiver;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::{LlamaChatMessage, LlamaChatTemplate};
use tracing_subscriber::layer::SubscriberExt as _;

pub use self::devices::{list as devices, prepare, variant};
use self::draft::Drafter;
use self::embed::Embedder;
use self::generate::{Guide, Tools};
use self::logs::{Errors, Forward};
use self::model::{Loaded, Machine};
use self::pace::Pace;
use self::pieces::Pieces;
use self::session::Session;
use super::conversation::without_tool_turns;
use super::quoting::quote_between;
use super::wire::{self, Ask, Level, Reply, Request, Tell};
use super::{
    Beyond, ChatRequest, EngineError, GenerateRequest, LoadOptions, Message, PrefixCache, Role,
};

/// Tokens, roughly, of a request that is worth a look at how busy the machine is.
const LONG: usize = 64;

/// Serves one client until it says `Shutdown` or closes the pipe.
///
/// `reader` and `writer` carry the protocol of this room's `wire`; in the worker process they are
/// standard input and output. The environment should hold [`super::WORKER_ENV`]. `memory`: bytes that
/// can be had, as [`super::memory::available`] says before the process is confined.
///
/// # Errors
/// When the pipe to the client breaks.
pub fn serve(
    reader: impl Read + Send + 'static,
    writer: impl Write + Send + 'static,
    memory: Option<u64>,
) -> io::Result<()> {
    let line = Line::open(reader, writer);
    line.tell(0, Tell::Hello { protocol: wire::PROTOCOL })?;
    let mut errors = Errors::default();
    let mut request = line.next();
    while let Some(Request { id, ask }) = request {
        request = match ask {
            Ask::Load(load) => serve_model(&line, id, (&load, memory), &mut errors)?,
            Ask::Shutdown => None,
            Ask::Cancel { .. } => line.next(),
            Ask::Quantize(options) => {
                match quantize::quantize(&line, id, &options) {
                    Ok(tell) => line.tell(id, tell)?,
                    Err(error) => line.fail(id, error)?,
                }
                line.next()
            }
            _ => {
                let error = EngineError::BadRequest("no model is loaded".to_owned());
                line.fail(id, error)?;
                line.next()
            }
        };
    }
    Ok(())
}

/// Loads a model and answers requests about it; returns the request that ends its service.
fn serve_model(
    line: &Line,
    id: u64,
    (load, memory): (&LoadOptions, Option<u64>),
    errors: &mut Errors,
) -> io::Result<Option<Request>> {
    let sink = line.clone();
    let sink: logs::Sink = Box::new(move |level, message| sink.log(level, message));
    let layer = Forward::new(sink, errors.clone(), load.verbose);
    let _logging = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    llama_cpp_2::send_logs_to_tracing(llama_cpp_2::LogOptions::default());
    let models =
        backend().and_then(|backend| Models::open(Machine { backend, memory }, load, errors));
    let models = match models {
        Ok(models) => models,
        Err(error) => {
            line.fail(id, error)?;
            return Ok(line.next());
        }
    };
    let loaded = &models.main;
    let work = backend().and_then(|backend| Work::begin(&models, backend, load.cache.as_ref()));
    let mut work = match work {
        Ok(work) => work,
        Err(error) => {
            line.fail(id, error)?;
            return Ok(line.next());
        }
    };
    line.tell(id, Tell::Loaded((&loaded.info).into()))?;
    while let Some(Request { id, ask }) = line.next() {
        let told = match ask {
            Ask::Load(_) | Ask::Shutdown => return Ok(Some(Request { id, ask })),
            Ask::Cancel { .. } => continue,
            ask => match &mut work {
                Work::Writes(writer) => write(line, id, ask, loaded, writer),
                Work::Embeds(embedder) => embed(line, id, ask, loaded, embedder),
            },
        };
        match told {
            Ok(tell) => line.tell(id, tell)?,
            Err(error) => line.fail(id, error)?,
        }
    }
    Ok(None)
}

/// What a model is ready to do.
enum Work<'m> {
    Writes(Box<Writer<'m>>),
    Embeds(Embedder<'m>),
}

/// What stays between the requests to a language model.
struct Writer<'m> {
    session: Session<'m>,
    tools: Tools<'m>,
}

/// A model, and the smaller one that makes proposals to it.
struct Models {
    main: Loaded,
    draft: Option<Loaded>,
}

impl Models {
    fn open(machine: Machine, load: &LoadOptions, errors: &Errors) -> Result<Self, EngineError> {
        let main = model::open(machine, load, errors)?;
        let Some(path) = load.draft.clone().filter(|_| main.pooling.is_none()) else {
            return Ok(Self { main, draft: None });
        };
        let memory = machine.memory.map(|bytes| bytes.saturating_sub(main.need));
        let load = LoadOptions {
            path: path.clone(),
            cache: None,
            adapter: None,
            // It proposes as far as it reaches.
            beyond: Beyond::Shorten,
            ..load.clone()
        };
        let draft = model::open(Machine { memory, ..machine }, &load, errors)?;
        let foreign = match draft.pooling {
            Some(_) => Some("it is an embedding model".to_owned()),
            None => draft::strangers(&main, &draft),
        };
        match foreign {
            None => Ok(Self { main, draft: Some(draft) }),
            Some(reason) => Err(EngineError::BadModel {
                path,
                reason: format!("makes no proposals to {}: {reason}", main.info.name),
            }),
        }
    }
}

impl<'m> Work<'m> {
    fn begin(
        models: &'m Models,
        backend: &'static LlamaBackend,
        cache: Option<&PrefixCache>,
    ) -> Result<Self, EngineError> {
        let loaded = &models.main;
        if let Some(pooling) = loaded.pooling {
            return loaded.embedder(backend, pooling).map(Self::Embeds);
        }
        let session = loaded.session(backend, cache.cloned())?;
        let pieces = Pieces::new(loaded.info.vocabulary);
        let draft = models.draft.as_ref().map(|draft| draft.session(backend, None)).transpose()?;
        let guide = Guide { pace: Pace::default(), drafter: draft.map(Drafter::new) };
        Ok(Self::Writes(Box::new(Writer { session, tools: Tools { pieces, guide } })))
    }
}

/// The answer of a language model.
fn write(
    line: &Line,
    id: u64,
    ask: Ask,
    loaded: &Loaded,
    writer: &mut Writer<'_>,
) -> Result<Tell, EngineError> {
    let Writer { session, tools } = writer;
    let stop = || line.is_cancelled(id);
    match ask {
        Ask::CountTokens { text } => Ok(Tell::Count(session.tokenize(&text).len())),
        Ask::ChatPrompt(chat) => chat_prompt(loaded, session, chat.into()).map(Tell::Prompt),
        Ask::Generate(request) => {
            let mut on_text = |index: usize, text: &str, logprobs: Vec<f32>| {
                let logprobs = logprobs.into_iter().map(wire::finite).collect();
                // A client that is gone is noticed at the latest with the final reply.
                let _ = line.tell(id, Tell::Text { index, text: text.to_owned(), logprobs });
            };
            let request: GenerateRequest = request.into();
            if request.max_tokens.max(request.prompt.len() / 4) >= LONG {
                session.tune(threads::choose(loaded.threads));
            }
            let (list, usage) = generate::generate(session, tools, &request, &stop, &mut on_text)?;
            Ok(Tell::Completions(list.into_iter().map(Into::into).collect(), usage))
        }
        Ask::Score { prefix, continuations } => {
            let scores = score::score(session, &prefix, &continuations, &stop)?;
            Ok(Tell::Scores(scores.iter().map(|s| (wire::finite(s.logprob), s.tokens)).collect()))
        }
        Ask::Embed { .. } => Err(EngineError::NotAnEmbedder(loaded.info.name.clone())),
        Ask::Load(_) | Ask::Quantize(_) | Ask::Cancel { .. } | Ask::Shutdown => Err(no_question()),
    }
}

/// The answer of an embedding model.
fn embed(
    line: &Line,
    id: u64,
    ask: Ask,
    loaded: &Loaded,
    embedder: &mut Embedder<'_>,
) -> Result<Tell, EngineError> {
    match ask {
        Ask::CountTokens { text } => Ok(Tell::Count(embedder.tokenize(&text).len())),
        Ask::Embed { texts } => {
            embedder.embed(&texts, &|| line.is_cancelled(id)).map(Tell::Vectors)
        }
        Ask::ChatPrompt(_) | Ask::Generate(_) | Ask::Score { .. } => {
            Err(EngineError::NotAGenerator(loaded.info.name.clone()))
        }
        Ask::Load(_) | Ask::Quantize(_) | Ask::Cancel { .. } | Ask::Shutdown => Err(no_question()),
    }
}

fn no_question() -> EngineError {
    EngineError::BadRequest("not a question about a model".to_owned())
}

/// Renders the conversation; foreign text in it that spells control tokens is quoted.
fn chat_prompt(
    loaded: &Loaded,
    session: &Session<'_>,
    mut chat: ChatRequest,
) -> Result<String, EngineError> {
    let Some(template) = &loaded.template else {
        return Err(EngineError::NoChatTemplate(loaded.info.name.clone()));
    };
    if chat.messages.is_empty() {
        return Err(EngineError::BadRequest("a conversation without messages".to_owned()));
    }
    for message in chat.messages.iter_mut().filter(|message| message.role != Role::System) {
        let text = message.content.as_bytes();
        let plain = session.vocab.tokenize(text, false, false);
        if plain != session.vocab.tokenize(text, false, true) {
            let marks = if message.role == Role::Assistant { pieces::SHOWN } else { &[] };
            message.content = quote_between(message.content.trim(), marks);
        }
    }
    chat::render(template, &chat, &loaded.texts).or_else(|reason| {
        built_in(loaded, template, &without_tool_turns(&chat.messages))
            .ok_or_else(|| EngineError::BadChatTemplate { model: loaded.info.name.clone(), reason })
    })
}

/// llama.cpp's own rendering of the few formats that it recognises in a template.
fn built_in(loaded: &Loaded, template: &str, messages: &[Message]) -> Option<String> {
    let template = LlamaChatTemplate::new(template).ok()?;
    let chat: Vec<LlamaChatMessage> = messages
        .iter()
        .map(|message| {
            let role = message.role.name().to_owned();
            LlamaChatMessage::new(role, message.content.clone()).ok()
        })
        .collect::<Option<_>>()?;
    loaded.model.apply_chat_template(&template, &chat, true).ok()
}

/// The process's one backend.
fn backend() -> Result<&'static LlamaBackend, EngineError> {
    static BACKEND: OnceLock<Result<LlamaBackend, String>> = OnceLock::new();
    BACKEND
        .get_or_init(|| {
            devices::prepare();
            LlamaBackend::init().map_err(|error| error.to_string())
        })
        .as_ref()
        .map_err(|error| EngineError::BadRequest(format!("llama.cpp does not start: {error}")))
}

/// The connection to the client.
#[derive(Clone)]
struct Line {
    requests: Receiver<Request>,
    writer: Arc<Mutex<Box<dyn Write + Send>>>,
    /// The newest request that was cancelled.
    cancelled: Arc<AtomicU64>,
    /// The client has closed its end.
    gone: Arc<AtomicBool>,
}

impl Line {
    fn open(mut reader: impl Read + Send + 'static, writer: impl Write + Send + 'static) -> Self {
        let (sender, requests) = crossbeam_channel::unbounded();
        let cancelled = Arc::new(AtomicU64::new(0));
        let gone = Arc::new(AtomicBool::new(false));
        let (cancel, end) = (Arc::clone(&cancelled), Arc::clone(&gone));
        std::thread::spawn(move || {
            while let Ok(Some(request)) = wire::receive::<Request>(&mut reader) {
                if let Ask::Cancel { id } = request.ask {
                    cancel.fetch_max(id, Ordering::SeqCst);
                } else if sender.send(request).is_err() {
                    break;
                }
            }
            end.store(true, Ordering::SeqCst);
        });
        Self { requests, writer: Arc::new(Mutex::new(Box::new(writer))), cancelled, gone }
    }

    /// The next request; `None` when the client is gone.
    fn next(&self) -> Option<Request> {
        self.requests.recv().ok()
    }

    fn is_cancelled(&self, id: u64) -> bool {
        self.cancelled.load(Ordering::SeqCst) >= id || self.gone.load(Ordering::SeqCst)
    }

    fn tell(&self, id: u64, tell: Tell) -> io::Result<()> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        wire::send(&mut **writer, &Reply { id, tell })
    }

    fn fail(&self, id: u64, error: EngineError) -> io::Result<()> {
        self.tell(id, Tell::Failed(error.into()))
    }

    fn log(&self, level: Level, message: &str) {
        // Losing a message is better than failing in a callback of native code.
        let _ = self.tell(0, Tell::Log { level, message: message.to_owned() });
    }
}
