//! Opens the model that the user named, in its worker process.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::fix::Plan;
use super::report::Failure;
use crate::base::Cancel;
use crate::config::{Config, Environment};
use crate::engine::{
    Client, Ending, Engine, EngineError, LoadOptions, Transport, WORKER_ENV, Worker,
};
use crate::sandbox;

/// The model of `--model`, `SLM_MODEL` or the configuration, in this order; `None` without any.
///
/// # Errors
/// A file that is missing, damaged or of the wrong kind.
pub(super) fn open(plan: &Plan<'_>) -> anyhow::Result<Option<Box<dyn Engine>>> {
    let chosen = choose(plan.args.model(), plan.environment, &plan.config);
    let Some(path) = chosen else { return Ok(None) };
    Ok(Some(open_file(path, plan.config.model.context, &plan.cancel)?))
}

/// The model in this file, with a context of so many tokens.
///
/// # Errors
/// A file that is missing, damaged or of the wrong kind.
pub(super) fn open_file(
    path: &Path,
    context: Option<u32>,
    cancel: &Cancel,
) -> anyhow::Result<Box<dyn Engine>> {
    let client = load(path, context, cancel)?;
    if client.info().embeds.is_some() {
        let error = EngineError::NotAGenerator(client.info().name.clone());
        return Err(Failure::environment(error.to_string()));
    }
    Ok(Box::new(client))
}

/// The embedding model in this file.
///
/// # Errors
/// A file that is missing, damaged or of the wrong kind.
pub(super) fn open_embedder(path: &Path, cancel: &Cancel) -> anyhow::Result<Box<dyn Engine>> {
    let client = load(path, None, cancel)?;
    if client.info().embeds.is_none() {
        let error = EngineError::NotAnEmbedder(client.info().name.clone());
        return Err(Failure::environment(error.to_string()));
    }
    Ok(Box::new(client))
}

fn load(path: &Path, context: Option<u32>, cancel: &Cancel) -> anyhow::Result<Client> {
    let path = existing(path)?;
    let mut options = LoadOptions::new(&path);
    if let Some(context) = context {
        options.context = context as usize;
    }
    let launch = move || start(&path).map(|(transport, _)| transport);
    Client::load(launch, options, cancel).map_err(|e| Failure::environment(e.to_string()))
}

/// The whole path of a model's file.
///
/// # Errors
/// There is no such file.
pub(super) fn existing(path: &Path) -> anyhow::Result<PathBuf> {
    path.canonicalize()
        .map_err(|e| Failure::environment(format!("cannot open the model {}: {e}", path.display())))
}

/// The file that was chosen, the flag first, then `SLM_MODEL`, then the configuration.
pub(super) fn choose<'a>(
    flag: Option<&'a Path>,
    environment: &'a Environment,
    config: &'a Config,
) -> Option<&'a Path> {
    flag.or(environment.model.as_deref()).or(config.model.path.as_deref())
}

/// Starts a worker that may read this file; its process id comes along.
///
/// # Errors
/// When it cannot be started.
pub(super) fn start(model: &Path) -> std::io::Result<(Transport, u32)> {
    let Some(model) = model.to_str() else {
        return Err(std::io::Error::other("the path of a model must be valid UTF-8"));
    };
    let env: Vec<(OsString, OsString)> =
        WORKER_ENV.iter().map(|&(name, value)| (name.into(), value.into())).collect();
    let (reader, writer, worker) = sandbox::spawn_self(&["__worker", "--model", model], &env)?;
    let id = worker.id();
    let transport = Transport {
        reader: Box::new(reader),
        writer: Box::new(writer),
        worker: Box::new(Process(worker)),
    };
    Ok((transport, id))
}

/// The worker process as the engine sees it.
struct Process(sandbox::Worker);

impl Worker for Process {
    fn end(&mut self) -> Ending {
        let ended = self.0.end();
        Ending { code: ended.code, signal: ended.signal, stderr: ended.stderr }
    }
}
