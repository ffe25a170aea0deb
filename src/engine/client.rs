//! The caller's side: an [`Engine`] that lives in another process.
//!
//! The client survives its worker. When llama.cpp aborts, the request at hand fails with the last
//! words of the worker, and the next request starts a new one. Cancellation does not wait for
//! native code: after a short grace the client returns and drops the late reply when it comes.
//!
//! The worker is the client's own, or a warm one that a keeper shares among commands (`warm`). When
//! anything is wrong with the keeper the client asks again, once, in a worker of its own.

use std::fmt;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use serde::{Deserialize, Serialize};

use super::memory::KeyType;
use super::wire::{self, Ask, Fault, Level, Reply, Request, Tell};
use super::{
    ChatRequest, Completion, Engine, EngineError, Finish, GenerateRequest, Message, ModelInfo,
    PrefixCache, Score, Usage, vectors,
};
use crate::base::{Cancel, sanitize};

/// What the worker's environment must hold, set by whoever launches it.
///
/// Without the first an abort attaches a debugger to print a backtrace. The others keep OpenMP's idle
/// threads from burning the cores that candidate checks run on: they wait actively for some
/// microseconds, as long as a step of a model takes, and then sleep. Without that short while a quiet
/// machine decodes a third more slowly, with OpenMP's own long one a busy machine half as fast.
/// libgomp reads them before `main`, so the worker cannot set them itself.
pub const WORKER_ENV: &[(&str, &str)] =
    &[("GGML_NO_BACKTRACE", "1"), ("OMP_WAIT_POLICY", "passive"), ("GOMP_SPINCOUNT", "1000")];

/// How often a waiting client looks at its cancel token.
const POLL: Duration = Duration::from_millis(10);
/// How long a cancelled request may still take to answer by itself.
const GRACE: Duration = Duration::from_millis(60);
/// Deaths in a row, without one answer in between, after which no new worker is started.
const MAX_DEATHS: u32 = 3;
const SIGINT: i32 = 2;
/// An adapter that counts for more drowns its model.
const MAX_SCALE: f32 = 8.0;

/// Starts worker processes.
pub trait Launcher: Send {
    /// Starts one worker, its standard input and output piped and [`WORKER_ENV`] set.
    ///
    /// # Errors
    /// When the process cannot be started or confined.
    fn launch(&self) -> io::Result<Transport>;

    /// A connection to a worker that other commands use too; `None` where there is none. It ends with
    /// the connection, the worker stays.
    fn join(&self) -> Option<Transport> {
        None
    }
}

impl<F: Fn() -> io::Result<Transport> + Send> Launcher for F {
    fn launch(&self) -> io::Result<Transport> {
        self()
    }
}

/// A running worker: the two ends of its pipes, and a handle on its life.
pub struct Transport {
    pub reader: Box<dyn Read + Send>,
    pub writer: Box<dyn Write + Send>,
    pub worker: Box<dyn Worker>,
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").finish_non_exhaustive()
    }
}

/// A handle on a worker's life.
pub trait Worker: Send {
    /// Ends the worker if it still runs, reaps it, and says how it ended. May be called again.
    fn end(&mut self) -> Ending;

    /// Its process, where it has one of its own.
    fn pid(&self) -> Option<u32> {
        None
    }
}

/// How a worker ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ending {
    /// Exit code, when it exited by itself.
    pub code: Option<i32>,
    /// Signal, when one ended it.
    pub signal: Option<i32>,
    /// The last lines of its standard error.
    pub stderr: String,
}

/// Which model to load, and how. Sent to the worker as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadOptions {
    pub path: PathBuf,
    /// Context in tokens; the model's own limit and an overall cap apply.
    pub context: usize,
    /// What becomes of a context beyond these.
    pub beyond: Beyond,
    /// Threads for decoding; `None`: chosen from free physical cores.
    pub threads: Option<usize>,
    /// Pass llama.cpp's informational messages to `tracing` too, not only warnings and errors.
    pub verbose: bool,
    /// How keys are kept; `None`: as halves, or in 8 bits where memory is short.
    pub keys: Option<KeyType>,
    /// A smaller model with the same tokens, which proposes what comes next.
    pub draft: Option<PathBuf>,
    /// What is added to the model's weights.
    pub adapter: Option<AdapterOptions>,
    /// Layers on a GPU; `None`: as many as it has room for, none without one.
    pub gpu_layers: Option<u32>,
    /// Where the worker keeps states of prompts for the next one, if it does.
    pub cache: Option<PrefixCache>,
}

impl LoadOptions {
    /// `path` with a context of 8,192 tokens.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            context: 8192,
            beyond: Beyond::Shorten,
            threads: None,
            verbose: false,
            keys: None,
            draft: None,
            adapter: None,
            gpu_layers: None,
            cache: None,
        }
    }
}

/// What becomes of a context that is longer than the model was trained for, or than is ever used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Beyond {
    /// It is shortened: nobody asked for it.
    Shorten,
    /// It is shortened, and a warning says so.
    Warn,
    /// The model is not loaded: somebody asked for just this.
    Refuse,
}

/// A LoRA adapter on top of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdapterOptions {
    pub path: PathBuf,
    /// How much of it counts: 0 nothing, 1 as it was trained. From -8 to 8.
    pub scale: f32,
}

impl AdapterOptions {
    /// All of the adapter in this file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), scale: 1.0 }
    }

    /// # Errors
    /// A scale that is no number, or no sensible one.
    pub(crate) fn check_scale(&self) -> Result<(), EngineError> {
        if self.scale.is_finite() && self.scale.abs() <= MAX_SCALE {
            return Ok(());
        }
        let reason = format!(
            "cannot be added with the scale {}: give a number from -{MAX_SCALE} to {MAX_SCALE}",
            self.scale
        );
        Err(EngineError::BadModel { path: self.path.clone(), reason })
    }
}

/// An [`Engine`] behind a worker process.
pub struct Client {
    launcher: Box<dyn Launcher>,
    options: LoadOptions,
    info: ModelInfo,
    link: Option<Link>,
    usage: Usage,
    last_id: u64,
    deaths: u32,
    last_words: String,
    /// A warm worker was lost without an answer: from here on only workers of this client's own.
    alone: bool,
}

/// The connection to a worker, which ends with it.
pub(super) struct Link {
    /// The worker is a warm one.
    shared: bool,
    pub(super) writer: Box<dyn Write + Send>,
    pub(super) replies: Receiver<io::Result<Reply>>,
    pub(super) worker: Box<dyn Worker>,
}

impl Drop for Link {
    fn drop(&mut self) {
        // The worker holds nothing that needs saving; ending it also ends the reader thread.
        self.worker.end();
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("options", &self.options)
            .field("info", &self.info)
            .field("alive", &self.link.is_some())
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Starts a worker and loads the model in it, whether it generates or embeds.
    ///
    /// # Errors
    /// [`EngineError::BadModel`] for a file that is missing, damaged or of a kind that does
    /// neither; [`EngineError::NotBuiltIn`] without llama.cpp; a worker that cannot be started;
    /// [`EngineError::Cancelled`].
    pub fn load(
        launcher: impl Launcher + 'static,
        options: LoadOptions,
        cancel: &Cancel,
    ) -> Result<Self, EngineError> {
        if !cfg!(feature = "llama") {
            return Err(EngineError::NotBuiltIn(options.path));
        }
        if let Some(adapter) = &options.adapter {
            adapter.check_scale()?;
        }
        Self::connect(Box::new(launcher), options, cancel)
    }

    fn connect(
        launcher: Box<dyn Launcher>,
        options: LoadOptions,
        cancel: &Cancel,
    ) -> Result<Self, EngineError> {
        let info = ModelInfo {
            name: String::new(),
            path: None,
            architecture: String::new(),
            context: 0,
            vocabulary: 0,
            parameters: 0,
            has_chat_template: false,
            calls_tools: false,
            fim: None,
            repairs: false,
            embeds: None,
            adapter: None,
        };
        let mut client = Self {
            launcher,
            options,
            info,
            link: None,
            usage: Usage::default(),
            last_id: 0,
            deaths: 0,
            last_words: String::new(),
            alone: false,
        };
        client.ensure(cancel)?;
        Ok(client)
    }

    /// Makes sure that a worker runs with the model loaded.
    fn ensure(&mut self, cancel: &Cancel) -> Result<(), EngineError> {
        if self.link.is_some() {
            return Ok(());
        }
        if self.deaths >= MAX_DEATHS {
            let words = &self.last_words;
            let message = format!("{words}; it stopped {MAX_DEATHS} times in a row");
            return Err(EngineError::WorkerDied(message));
        }
        let shared = if self.alone { None } else { self.launcher.join() };
        self.link = Some(match shared {
            Some(transport) => Link::open(transport, true),
            None => {
                let transport = self.launcher.launch().map_err(|error| {
                    EngineError::WorkerDied(format!("it could not be started: {error}"))
                })?;
                Link::open(transport, false)
            }
        });
        let load = self.options.clone();
        let (was_alone, request) = (self.alone, &mut Request { id: 0, ask: Ask::Load(load) });
        let loaded = self.exchange(request, cancel, &mut |_, _, _| {});
        if self.alone && !was_alone {
            return self.ensure(cancel);
        }
        match loaded {
            Ok(Some(Tell::Loaded(info))) => {
                self.info = info.into();
                // A worker that loads and then dies at each request must still count as dying.
                Ok(())
            }
            Ok(None) => {
                self.link = None;
                Err(EngineError::Cancelled)
            }
            Ok(Some(other)) => Err(self.unexpected(&other)),
            Err(error) => {
                self.link = None;
                Err(error)
            }
        }
    }

    /// One request to its last reply. `None`: cancelled, and the worker did not answer in time.
    fn request(
        &mut self,
        ask: Ask,
        cancel: &Cancel,
        on_text: &mut dyn FnMut(usize, String, Vec<f32>),
    ) -> Result<Option<Tell>, EngineError> {
        if cancel.is_cancelled() {
            // Not even asked: a quick answer could come before the worker hears of it.
            return Ok(None);
        }
        self.ensure(cancel)?;
        let (was_alone, mut streamed) = (self.alone, false);
        let mut request = Request { id: 0, ask };
        let mut answer = self.exchange(&mut request, cancel, &mut |index, text, logprobs| {
            streamed = true;
            on_text(index, text, logprobs);
        });
        // What was said already cannot be taken back.
        if self.alone && !was_alone && !streamed && answer.is_err() {
            self.ensure(cancel)?;
            answer = self.exchange(&mut request, cancel, on_text);
        }
        if !matches!(answer, Err(EngineError::WorkerDied(_))) {
            self.deaths = 0;
        }
        answer
    }

    /// Sends `request` under a new number, and listens until its last reply.
    fn exchange(
        &mut self,
        request: &mut Request,
        cancel: &Cancel,
        on_text: &mut dyn FnMut(usize, String, Vec<f32>),
    ) -> Result<Option<Tell>, EngineError> {
        self.last_id += 1;
        let id = self.last_id;
        request.id = id;
        if let Err(error) = self.send(request) {
            if error.kind() == io::ErrorKind::InvalidInput {
                return Err(EngineError::BadRequest(error.to_string()));
            }
            return Err(self.bury(&error.to_string()));
        }
        let mut cancelled_at: Option<Instant> = None;
        loop {
            if cancelled_at.is_none() && cancel.is_cancelled() {
                cancelled_at = Some(Instant::now());
                // A dead worker shows in the next read.
                let _ = self.send(&Request { id: 0, ask: Ask::Cancel { id } });
            }
            let Some(link) = &self.link else {
                return Err(EngineError::WorkerDied(self.last_words.clone()));
            };
            match link.replies.recv_timeout(POLL) {
                Ok(Ok(Reply { tell: Tell::Log { level, message }, .. })) => log(level, &message),
                Ok(Ok(Reply { tell: Tell::Hello { protocol }, .. })) => {
                    if protocol != wire::PROTOCOL {
                        let ours = wire::PROTOCOL;
                        return Err(self.bury(&format!(
                            "it speaks protocol {protocol}, this slm {ours}: \
                             was slm updated while it ran?"
                        )));
                    }
                }
                Ok(Ok(reply)) if reply.id != id => {}
                Ok(Ok(Reply { tell: Tell::Text { index, text, logprobs }, .. })) => {
                    on_text(index, text, logprobs);
                }
                Ok(Ok(Reply { tell: Tell::Failed(fault), .. })) => {
                    return match fault {
                        Fault::Cancelled => Ok(None),
                        fault => Err(fault.into()),
                    };
                }
                Ok(Ok(Reply { tell: Tell::Refused(why), .. })) => return Err(self.bury(&why)),
                Ok(Ok(Reply { tell: Tell::Died { code, signal, stderr }, .. })) => {
                    self.link = None;
                    return Err(self.mourn(&Ending { code, signal, stderr }, ""));
                }
                Ok(Ok(reply)) => return Ok(Some(reply.tell)),
                Ok(Err(error)) => return Err(self.bury(&error.to_string())),
                Err(RecvTimeoutError::Disconnected) => return Err(self.bury("")),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if cancelled_at.is_some_and(|at| at.elapsed() >= GRACE) {
                return Ok(None);
            }
        }
    }

    fn send(&mut self, request: &Request) -> io::Result<()> {
        match &mut self.link {
            Some(link) => wire::send(&mut link.writer, request),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Ends the link and tells why it is gone.
    fn bury(&mut self, found: &str) -> EngineError {
        let link = self.link.take();
        let shared = link.as_ref().is_some_and(|link| link.shared);
        let ending = link.map(|mut link| link.worker.end()).unwrap_or_default();
        if shared {
            tracing::debug!("the warm worker is lost: {found}");
            self.alone = true;
            self.last_words = "the process that kept it warm is gone".to_owned();
            return EngineError::WorkerDied(self.last_words.clone());
        }
        self.mourn(&ending, found)
    }

    /// Counts a death and tells of it.
    fn mourn(&mut self, ending: &Ending, found: &str) -> EngineError {
        if ending.signal == Some(SIGINT) {
            // Ctrl-C goes to every process of the terminal, and may reach the worker first.
            return EngineError::Cancelled;
        }
        self.deaths += 1;
        self.last_words = last_words(ending, found);
        EngineError::WorkerDied(self.last_words.clone())
    }

    fn unexpected(&mut self, tell: &Tell) -> EngineError {
        let shown: String = format!("{tell:?}").chars().take(80).collect();
        self.bury(&format!("it answered with {shown}"))
    }
}

impl Engine for Client {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn count_tokens(&mut self, text: &str) -> Result<usize, EngineError> {
        let ask = Ask::CountTokens { text: text.to_owned() };
        match self.request(ask, &Cancel::new(), &mut |_, _, _| {})? {
            Some(Tell::Count(count)) => Ok(count),
            Some(other) => Err(self.unexpected(&other)),
            None => Err(EngineError::Cancelled),
        }
    }

    fn chat_prompt(&mut self, messages: &[Message]) -> Result<String, EngineError> {
        self.render(&ChatRequest::new(messages))
    }

    fn render(&mut self, chat: &ChatRequest) -> Result<String, EngineError> {
        let ask = Ask::ChatPrompt(chat.into());
        match self.request(ask, &Cancel::new(), &mut |_, _, _| {})? {
            Some(Tell::Prompt(prompt)) => Ok(prompt),
            Some(other) => Err(self.unexpected(&other)),
            None => Err(EngineError::Cancelled),
        }
    }

    fn generate(
        &mut self,
        request: &GenerateRequest,
        cancel: &Cancel,
        on_text: &mut dyn FnMut(usize, &str),
    ) -> Result<Vec<Completion>, EngineError> {
        let mut partial: Vec<Completion> = Vec::new();
        let answer =
            self.request(Ask::Generate(request.into()), cancel, &mut |index, text, logprobs| {
                on_text(index, &text);
                if partial.len() <= index && index < request.n {
                    partial.resize_with(index + 1, || Completion {
                        text: String::new(),
                        logprobs: Vec::new(),
                        finish: Finish::Cancelled,
                        votes: 1,
                    });
                }
                if let Some(completion) = partial.get_mut(index) {
                    completion.text.push_str(&text);
                    completion.logprobs.extend(logprobs);
                }
            })?;
        match answer {
            Some(Tell::Completions(list, usage)) => {
                self.usage = usage;
                Ok(list.into_iter().map(Into::into).collect())
            }
            Some(other) => Err(self.unexpected(&other)),
            None => {
                partial.sort_by(|a, b| b.mean_logprob().total_cmp(&a.mean_logprob()));
                Ok(partial)
            }
        }
    }

    fn score(
        &mut self,
        prefix: &str,
        continuations: &[String],
        cancel: &Cancel,
    ) -> Result<Vec<Score>, EngineError> {
        let ask = Ask::Score { prefix: prefix.to_owned(), continuations: continuations.to_vec() };
        match self.request(ask, cancel, &mut |_, _, _| {})? {
            Some(Tell::Scores(list)) if list.len() == continuations.len() => {
                Ok(list.into_iter().map(|(logprob, tokens)| Score { logprob, tokens }).collect())
            }
            Some(other) => Err(self.unexpected(&other)),
            None => Err(EngineError::Cancelled),
        }
    }

    fn embed(&mut self, texts: &[String], cancel: &Cancel) -> Result<Vec<Vec<f32>>, EngineError> {
        let Some(dimension) = self.info.embeds else {
            return Err(EngineError::NotAnEmbedder(self.info.name.clone()));
        };
        let sound = |vector: &Vec<f32>| {
            vector.len() == dimension && vector.iter().all(|value| value.is_finite())
        };
        let mut vectors = Vec::with_capacity(texts.len());
        // In portions: a frame must hold the vectors of all its texts.
        while vectors.len() < texts.len() {
            let rest = &texts[vectors.len()..];
            let context = self.info.context;
            let portion = &rest[..vectors::portion(rest, context)];
            let texts = portion.iter().map(|text| vectors::cut(text, context).to_owned()).collect();
            match self.request(Ask::Embed { texts }, cancel, &mut |_, _, _| {})? {
                Some(Tell::Vectors(list))
                    if list.len() == portion.len() && list.iter().all(sound) =>
                {
                    vectors.extend(list);
                }
                Some(other) => return Err(self.unexpected(&other)),
                None => return Err(EngineError::Cancelled),
            }
        }
        Ok(vectors)
    }

    fn usage(&self) -> Usage {
        self.usage
    }
}

impl Link {
    pub(super) fn open(transport: Transport, shared: bool) -> Self {
        let Transport { mut reader, writer, worker } = transport;
        // Unbounded: the worker must never block on a client that has stopped listening.
        let (sender, replies) = crossbeam_channel::unbounded();
        std::thread::spawn(move || {
            loop {
                let item = match wire::receive::<Reply>(&mut reader) {
                    Ok(Some(reply)) => Ok(reply),
                    Ok(None) => break,
                    Err(error) => Err(error),
                };
                let last = item.is_err();
                if sender.send(item).is_err() || last {
                    break;
                }
            }
        });
        Self { shared, writer, replies, worker }
    }
}

/// Passes a message of the worker on to our own `tracing`.
pub(super) fn log(level: Level, message: &str) {
    match level {
        Level::Error => tracing::error!(target: "llama", "{message}"),
        Level::Warn => tracing::warn!(target: "llama", "{message}"),
        Level::Info => tracing::info!(target: "llama", "{message}"),
        Level::Debug => tracing::debug!(target: "llama", "{message}"),
    }
}

/// One readable line about a worker's end: the telling line of its stderr, and how it ended.
pub(super) fn last_words(ending: &Ending, found: &str) -> String {
    let lines = || ending.stderr.lines().map(str::trim).filter(|line| !line.is_empty());
    // An abort prints its reason first and a backtrace or the runtime's farewell after it.
    let telling = ["GGML_ASSERT", "GGML_ABORT", "what():", "panicked at", "fatal error", "error:"];
    let line = telling
        .iter()
        .find_map(|mark| lines().rfind(|line| line.contains(mark)))
        .or_else(|| lines().next_back())
        .unwrap_or(found);
    let line: String = sanitize(line).chars().take(300).collect();
    let how = match (ending.signal, ending.code) {
        (Some(6), _) => "llama.cpp aborted".to_owned(),
        (Some(9), _) => "killed; was memory short?".to_owned(),
        (Some(11), _) => "segmentation fault in llama.cpp".to_owned(),
        (Some(31), _) => "it made a system call that its confinement forbids".to_owned(),
        (Some(signal), _) => format!("signal {signal}"),
        (None, Some(code)) => format!("exit code {code}"),
        (None, None) => String::new(),
    };
    match (how.is_empty(), line.is_empty()) {
        (true, true) => "it closed its pipe".to_owned(),
        (true, false) => line,
        (false, true) => how,
        (false, false) => format!("{line} ({how})"),
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
