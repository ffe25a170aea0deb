//! The model under measurement, in a worker of its own that nobody has warmed.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::memory::{self, Memory};
use super::workload;
use crate::base::{Cancel, floor_char};
use crate::cli::model;
use crate::cli::report::Failure;
use crate::engine::{
    Client, Engine as _, EngineError, GenerateRequest, LoadOptions, ModelInfo, PrefixCache, Usage,
};

/// Bytes of code in which a prompt of so many tokens is looked for.
const BYTES_A_TOKEN: usize = 8;

/// What to load, and how.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    pub(super) model: PathBuf,
    pub(super) threads: usize,
    pub(super) context: usize,
}

/// A loaded model.
#[derive(Debug)]
pub(super) struct Subject {
    client: Client,
    process: Arc<AtomicU32>,
    /// From starting the process until the model answers.
    pub(super) load: Duration,
}

/// One request, timed.
#[derive(Clone, Debug)]
pub(super) struct Timed {
    pub(super) usage: Usage,
    /// Until the first token's text arrived here; `None` when the model wrote nothing.
    pub(super) first: Option<Duration>,
    /// Between one token's text and the next, for one completion without proposals.
    pub(super) gaps: Vec<Duration>,
}

impl Subject {
    /// Starts a worker and loads the model. States are kept in `cache`, if anywhere.
    ///
    /// # Errors
    /// A file that is missing, damaged or of the wrong kind; a cancelled request.
    pub(super) fn open(
        setup: &Setup,
        cache: Option<PrefixCache>,
        cancel: &Cancel,
    ) -> anyhow::Result<Self> {
        let mut options = LoadOptions::new(&setup.model);
        options.context = setup.context;
        options.threads = Some(setup.threads);
        options.cache = cache;
        let process = Arc::new(AtomicU32::new(0));
        let (wanted, started) = (options.clone(), Arc::clone(&process));
        let launch = move || {
            let transport = model::launch(&wanted)?;
            started.store(transport.worker.pid().unwrap_or_default(), Ordering::SeqCst);
            Ok(transport)
        };
        let began = Instant::now();
        let client = Client::load(launch, options, cancel).map_err(failure)?;
        let load = began.elapsed();
        if client.info().embeds.is_some() {
            return Err(failure(EngineError::NotAGenerator(client.info().name.clone())));
        }
        Ok(Self { client, process, load })
    }

    pub(super) fn info(&self) -> &ModelInfo {
        self.client.info()
    }

    /// What the worker holds.
    pub(super) fn memory(&self) -> Option<Memory> {
        memory::of(self.process.load(Ordering::SeqCst))
    }

    /// # Errors
    /// A worker that died.
    pub(super) fn count(&mut self, text: &str) -> anyhow::Result<usize> {
        self.client.count_tokens(text).map_err(failure)
    }

    /// The longest beginning of the code under `mark` that has at most `tokens` tokens.
    ///
    /// # Errors
    /// A worker that died.
    pub(super) fn code(&mut self, mark: &str, tokens: usize) -> anyhow::Result<String> {
        let code = workload::code(mark);
        let (mut fits, mut too_long) = (0, code.len().min(tokens * BYTES_A_TOKEN) + 1);
        while too_long - fits > 1 {
            let middle = usize::midpoint(fits, too_long);
            if self.count(&code[..floor_char(&code, middle)])? <= tokens {
                fits = middle;
            } else {
                too_long = middle;
            }
        }
        Ok(code[..floor_char(&code, fits)].to_owned())
    }

    /// # Errors
    /// What the worker answers; a cancelled request.
    pub(super) fn generate(
        &mut self,
        request: &GenerateRequest,
        cancel: &Cancel,
    ) -> anyhow::Result<Timed> {
        let began = Instant::now();
        let mut arrivals = Vec::new();
        self.client
            .generate(request, cancel, &mut |_, _| arrivals.push(began.elapsed()))
            .map_err(failure)?;
        if cancel.is_cancelled() {
            return Err(Failure::interrupted());
        }
        let first = arrivals.first().copied();
        let gaps = arrivals.windows(2).map(|pair| pair[1] - pair[0]).collect();
        Ok(Timed { usage: self.client.usage(), first, gaps })
    }
}

fn failure(error: EngineError) -> anyhow::Error {
    match error {
        EngineError::Cancelled => Failure::interrupted(),
        error => Failure::environment(error.to_string()),
    }
}
