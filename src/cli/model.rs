//! Opens the model that the user named, in its worker process.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::authorities;
use super::chat_open::Shared;
use super::chosen::{self, Chosen};
use super::fix::Plan;
use super::fix_endpoint;
use super::recording;
use super::report::{self, Failure};
use super::selftest::{self, Unsound};
use super::warm::Starter;
use crate::agent::chat::drive::Opened;
use crate::base::Cancel;
use crate::config::{self, Config, Environment, Keys};
use crate::engine::gguf;
use crate::engine::memory::KeyType;
use crate::engine::{
    AdapterOptions, Beyond, Client, Ending, Endpoint, Engine, EngineError, LoadOptions, Plain,
    PrefixCache, Remote, RemoteOptions, Transport, WORKER_ENV, Worker,
};
use crate::models::registry::Role;
use crate::sandbox;

/// Tokens of context for the test of a model.
const TEST_CONTEXT: u32 = 1024;
/// Disk space for states of prompts, of all models together.
const DEFAULT_PREFIX_CACHE_MB: u64 = 1024;

/// The model of `--model`, `SLM_MODEL` or the configuration, in this order; `None` without any, and,
/// with a remark, where no model can be computed: rules work without.
///
/// # Errors
/// A file that is missing, damaged or of the wrong kind.
pub(super) fn open(plan: &Plan<'_>) -> anyhow::Result<Option<Box<dyn Engine>>> {
    let flag = plan.args.model();
    let chosen = chosen::choose(Role::Repair, flag, plan.environment, &plan.config)?;
    let Some(model) = chosen else { return Ok(None) };
    match open_file(&model, plan.environment, &plan.config, &plan.cancel) {
        Err(error) if error.is::<Unsound>() => {
            report::note(&format!("slm: {error}\nslm: going on without the model"));
            Ok(None)
        }
        opened => opened.map(Some),
    }
}

/// This model, with the configured context, in a warm worker where there can be one.
///
/// # Errors
/// [`Unsound`]; a file that is missing, damaged or of the wrong kind.
pub(super) fn open_file(
    model: &Chosen,
    environment: &Environment,
    config: &Config,
    cancel: &Cancel,
) -> anyhow::Result<Box<dyn Engine>> {
    let mut options = configured(&existing(&model.path)?, config);
    options.adapter = model.adapter.clone();
    options.cache = cache(&options.path, options.adapter.as_ref(), environment, config);
    options.draft = config.model.draft.as_deref().map(existing).transpose()?;
    options.gpu_layers = gpu_layers(environment, config, cancel)?;
    let starter = Starter::new(&options, environment, config)?.holding(&model.unsealed);
    Ok(recording::measured(writer(load(starter, options, cancel)?)?, environment))
}

/// The model in this file, with a context of so many tokens, in a worker of this process alone: what
/// is measured should depend on nobody else.
///
/// # Errors
/// [`Unsound`]; a file that is missing, damaged or of the wrong kind.
pub(super) fn open_cold(
    model: &Chosen,
    context: Option<u32>,
    environment: &Environment,
    cancel: &Cancel,
) -> anyhow::Result<Box<dyn Engine>> {
    if cfg!(feature = "llama") {
        selftest::ensure(environment, cancel)?;
    }
    let mut options = options(&existing(&model.path)?, context);
    options.adapter = model.adapter.clone();
    writer(load(Starter::cold(&options).holding(&model.unsealed), options, cancel)?)
}

/// The model in this file, language or embedding, in a worker of its own: to be tried, not used.
///
/// # Errors
/// [`Unsound`]; a file that is missing, damaged or of the wrong kind.
pub(super) fn open_for_test(
    path: &Path,
    environment: &Environment,
    cancel: &Cancel,
) -> anyhow::Result<Client> {
    selftest::ensure(environment, cancel)?;
    // Little memory, and enough for a test.
    let trained = gguf::check(path).map_err(|e| Failure::environment(e.to_string()))?.context;
    let options = options(path, Some(u32::try_from(trained).unwrap_or(u32::MAX).min(TEST_CONTEXT)));
    load(Starter::cold(&options), options, cancel)
}

/// The model of a conversation: behind the endpoint, or in the file that was chosen; `other` is a file that
/// the person names later.
///
/// # Errors
/// As [`open_file`]; an endpoint that does not answer.
pub(super) fn open_chat(
    shared: &Shared,
    other: Option<&Path>,
    environment: &Environment,
    config: &Config,
    cancel: &Cancel,
) -> anyhow::Result<Opened> {
    if let (Some(url), None) = (&shared.endpoint, other) {
        return Ok(Opened::Engine {
            engine: open_endpoint(url, shared, environment, config, cancel)?,
            remote: true,
        });
    }
    let flag = other.or(shared.model.as_deref());
    let chosen = chosen::choose(Role::Chat, flag, environment, config)?;
    let Some(model) = chosen else { return Ok(Opened::Nothing) };
    let engine = open_file(&model, environment, config, cancel)?;
    Ok(Opened::Engine { engine, remote: false })
}

/// The address that the person gave.
///
/// # Errors
/// What is none; one of another machine without encryption, unless they allow it; one that the
/// administrator of this machine forbids.
pub(super) fn endpoint(url: &str, shared: &Shared) -> anyhow::Result<Endpoint> {
    let plain = if shared.insecure { Plain::Anywhere } else { Plain::Loopback };
    let endpoint =
        Endpoint::parse(url, plain).map_err(|error| Failure::usage(error.to_string()))?;
    let forbidden = |error: config::PolicyError| Failure::environment(error.to_string());
    fix_endpoint::allowed(&endpoint).map_err(forbidden)?;
    Ok(endpoint)
}

/// A model behind a server that the person named.
fn open_endpoint(
    url: &str,
    shared: &Shared,
    environment: &Environment,
    config: &Config,
    cancel: &Cancel,
) -> anyhow::Result<Box<dyn Engine>> {
    let failed = |error: EngineError| Failure::environment(error.to_string());
    let mut options = RemoteOptions::new(endpoint(url, shared)?);
    options.model = shared.model.as_ref().map(|name| name.to_string_lossy().into_owned());
    options.key = environment.api_key.clone();
    if options.endpoint.is_encrypted() {
        options.authorities = authorities::named(environment, config)?;
    }
    let mut remote = Remote::new(options).map_err(failed)?;
    remote.connect(cancel).map_err(failed)?;
    Ok(recording::measured(Box::new(remote), environment))
}

fn writer(client: Client) -> anyhow::Result<Box<dyn Engine>> {
    if client.info().embeds.is_some() {
        let error = EngineError::NotAGenerator(client.info().name.clone());
        return Err(Failure::environment(error.to_string()));
    }
    Ok(Box::new(client))
}

/// This embedding model.
///
/// # Errors
/// [`Unsound`]; a file that is missing, damaged or of the wrong kind.
pub(super) fn open_embedder(
    model: &Chosen,
    environment: &Environment,
    config: &Config,
    cancel: &Cancel,
) -> anyhow::Result<Box<dyn Engine>> {
    let mut options = options(&existing(&model.path)?, None);
    options.adapter = model.adapter.clone();
    options.gpu_layers = gpu_layers(environment, config, cancel)?;
    let starter = Starter::new(&options, environment, config)?.holding(&model.unsealed);
    let client = load(starter, options, cancel)?;
    if client.info().embeds.is_none() {
        let error = EngineError::NotAnEmbedder(client.info().name.clone());
        return Err(Failure::environment(error.to_string()));
    }
    Ok(Box::new(client))
}

/// The whole path of a model's file.
///
/// # Errors
/// There is no such file.
pub(super) fn existing(path: &Path) -> anyhow::Result<PathBuf> {
    path.canonicalize()
        .map_err(|e| Failure::environment(format!("cannot open the model {}: {e}", path.display())))
}

fn options(path: &Path, context: Option<u32>) -> LoadOptions {
    let mut options = LoadOptions::new(path);
    if let Some(context) = context {
        options.context = context as usize;
        options.beyond = Beyond::Refuse;
    }
    options
}

/// As the configuration wishes, but for what the machine decides.
pub(super) fn configured(path: &Path, config: &Config) -> LoadOptions {
    let mut options = options(path, config.model.context);
    options.keys = config.model.keys.map(|keys| match keys {
        Keys::F16 => KeyType::F16,
        Keys::Q8_0 => KeyType::Q8_0,
    });
    options
}

/// As configured, and none on a GPU that computes nonsense.
///
/// # Errors
/// [`Unsound`], when the processor does.
fn gpu_layers(
    environment: &Environment,
    config: &Config,
    cancel: &Cancel,
) -> anyhow::Result<Option<u32>> {
    if !cfg!(feature = "llama") {
        return Ok(None);
    }
    let found = selftest::ensure(environment, cancel)?;
    Ok(if found.gpu_is_usable() { config.model.gpu_layers } else { Some(0) })
}

/// Where states of prompts are kept, a directory for each model.
pub(super) fn prefix_root(environment: &Environment) -> PathBuf {
    environment.cache_dir().join("prefix")
}

/// Where states of this model's prompts are kept, if they are.
fn cache(
    model: &Path,
    adapter: Option<&AdapterOptions>,
    environment: &Environment,
    config: &Config,
) -> Option<PrefixCache> {
    let megabytes = config.model.prefix_cache_mb.unwrap_or(DEFAULT_PREFIX_CACHE_MB);
    let root = prefix_root(environment);
    if megabytes == 0 {
        return None;
    }
    PrefixCache::open_adapted(&root, model, adapter, megabytes << 20)
        .inspect_err(|error| tracing::debug!("no prefix cache at {}: {error}", root.display()))
        .ok()
}

fn load(starter: Starter, options: LoadOptions, cancel: &Cancel) -> anyhow::Result<Client> {
    Client::load(starter, options, cancel).map_err(|e| Failure::environment(e.to_string()))
}

/// A worker process that serves this model alone.
pub(super) fn launch(options: &LoadOptions) -> std::io::Result<Transport> {
    let text = |path: &Path| match path.to_str() {
        Some(path) => Ok(path.to_owned()),
        None => Err(std::io::Error::other("the path of a model must be valid UTF-8")),
    };
    let mut words = vec!["__worker".to_owned(), "--model".to_owned(), text(&options.path)?];
    if let Some(draft) = &options.draft {
        words.extend(["--draft".to_owned(), text(draft)?]);
    }
    if let Some(adapter) = &options.adapter {
        words.extend(["--adapter".to_owned(), text(&adapter.path)?]);
    }
    if let Some(cache) = &options.cache {
        words.extend(["--cache".to_owned(), text(&cache.dir)?]);
    }
    spawn(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A process of this program that speaks the worker's protocol.
pub(super) fn spawn(words: &[&str]) -> std::io::Result<Transport> {
    let env: Vec<(OsString, OsString)> =
        WORKER_ENV.iter().map(|&(name, value)| (name.into(), value.into())).collect();
    let (reader, writer, worker) = sandbox::spawn_self(words, &env)?;
    recording::worker(worker.pid());
    Ok(Transport {
        reader: Box::new(reader),
        writer: Box::new(writer),
        worker: Box::new(Process(worker)),
    })
}

/// The worker process as the engine sees it.
struct Process(sandbox::Worker);

impl Worker for Process {
    fn end(&mut self) -> Ending {
        let ended = self.0.end();
        Ending { code: ended.code, signal: ended.signal, stderr: ended.stderr }
    }

    fn pid(&self) -> Option<u32> {
        Some(self.0.pid())
    }
}
