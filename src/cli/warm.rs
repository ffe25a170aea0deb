//! `slm worker`: the worker that stays warm, shown and ended; and `slm __keeper`, the hidden process
//! that owns it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::model;
use super::report::{self, ExitStatus, Failure};
use crate::base::sanitize;
use crate::config::{Config, Environment};
use crate::engine::{Launcher, LoadOptions, Transport};
use crate::models::sealed::Unsealed;

/// Show or end the model worker that stays warm between commands
///
/// A command that loads a model leaves its worker to the next one, for `model.keep_warm` minutes
/// after its last request (10 unless configured; `SLM_KEEP_WARM` beats both; 0: never). Only you can
/// reach it. `slm eval` does not use it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  slm worker status --json
  slm worker stop
  SLM_KEEP_WARM=0 slm complete src/a.py:12:8

Exit status: 0 done, also when there is none, 2 usage, 3 environment.")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Say whether a worker is warm, for which model, its memory, and when it ends
    Status {
        /// Print one JSON object as the last line of standard output
        #[arg(long)]
        json: bool,
    },
    /// End it, and wait until it is gone
    Stop,
}

/// The JSON contract of `slm worker status --json`.
#[derive(Debug, Default, Serialize)]
pub(super) struct Json {
    running: bool,
    pid: Option<u32>,
    version: Option<String>,
    socket: Option<PathBuf>,
    workers: Vec<JsonWorker>,
    /// Why none can be kept warm here.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "no worker is warm there"))]
struct JsonWorker {
    pid: Option<u32>,
    model: PathBuf,
    /// Tokens.
    context: usize,
    /// `null`: chosen by the worker.
    threads: Option<usize>,
    memory_bytes: Option<u64>,
    /// "loading", "busy" or "idle".
    state: &'static str,
    /// How long in this state.
    seconds: f64,
    /// `null` unless idle.
    ends_in_seconds: Option<f64>,
    requests: u64,
    waiting: usize,
}

/// Runs `slm worker`.
///
/// # Errors
/// A worker that does not answer, or cannot be ended.
pub fn run(args: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    match args.what {
        What::Status { json } => {
            let status = status(environment)?;
            if json {
                report::json(&status);
            } else {
                print(&status);
            }
        }
        What::Stop => {
            let stopped = stop(environment)?;
            report::line(if stopped { "stopped" } else { "there is no warm worker" });
        }
    }
    Ok(ExitStatus::Success)
}

impl Json {
    /// The process with this model.
    pub(super) fn process_of(&self, model: &Path) -> Option<u32> {
        self.workers.iter().find(|worker| worker.model == model)?.pid
    }

    /// In one line.
    pub(super) fn in_short(&self) -> String {
        match (self.pid, &self.reason) {
            (_, Some(reason)) => format!("none is kept: {reason}"),
            (None, None) => "none at the moment".to_owned(),
            (Some(pid), None) => {
                let models = self.workers.iter().map(|worker| worker.model.display().to_string());
                format!("process {pid}: {}", models.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

fn print(status: &Json) {
    let say = |text: String| report::line(&sanitize(&text));
    match (status.pid, &status.reason) {
        (_, Some(reason)) => return say(format!("no worker is kept warm: {reason}")),
        (None, None) => return say("there is no warm worker".to_owned()),
        (Some(pid), None) => {
            let version = status.version.as_deref().unwrap_or_default();
            say(format!("keeper     process {pid}, slm {version}"));
        }
    }
    for worker in &status.workers {
        say(format!("model      {}", worker.model.display()));
        let pid = worker.pid.map(|pid| format!("process {pid}, ")).unwrap_or_default();
        let threads = worker.threads.map_or("its own choice of".to_owned(), |n| n.to_string());
        let memory = worker.memory_bytes.map(|n| format!(", {} MiB", n >> 20)).unwrap_or_default();
        let context = worker.context;
        say(format!("  worker   {pid}{context} tokens of context, {threads} threads{memory}"));
        let ends = worker.ends_in_seconds.map(|s| format!(", ends in {s:.0} s"));
        let (state, seconds, ends) = (worker.state, worker.seconds, ends.unwrap_or_default());
        let (requests, waiting) = (worker.requests, worker.waiting);
        say(format!("  {state:<8} for {seconds:.0} s{ends}; {requests} answered, {waiting} wait"));
    }
}

/// Starts workers for one model: lent by the keeper where there can be one, else of this process.
#[derive(Debug)]
pub(super) struct Starter {
    options: LoadOptions,
    /// Zero: never lent.
    keep: Duration,
    runtime: Option<PathBuf>,
    /// Plain copies of encrypted files: a worker that dies is started again from them.
    _unsealed: Vec<Arc<Unsealed>>,
}

impl Starter {
    /// Lends workers as the configuration wishes.
    ///
    /// # Errors
    /// An `SLM_KEEP_WARM` that is no number.
    pub(super) fn new(
        options: &LoadOptions,
        environment: &Environment,
        config: &Config,
    ) -> anyhow::Result<Self> {
        let keep = config.keep_warm(environment).map_err(|e| Failure::usage(e.to_string()))?;
        let runtime = environment.runtime.clone();
        Ok(Self { options: options.clone(), keep, runtime, _unsealed: Vec::new() })
    }

    /// Only workers of this process.
    pub(super) fn cold(options: &LoadOptions) -> Self {
        Self {
            options: options.clone(),
            keep: Duration::ZERO,
            runtime: None,
            _unsealed: Vec::new(),
        }
    }

    /// Keeps these for as long as workers may be started. None of them is lent then: it would outlive them.
    pub(super) fn holding(self, unsealed: &[Arc<Unsealed>]) -> Self {
        let keep = if unsealed.is_empty() { self.keep } else { Duration::ZERO };
        Self { keep, _unsealed: unsealed.to_vec(), ..self }
    }
}

impl Launcher for Starter {
    fn launch(&self) -> io::Result<Transport> {
        model::launch(&self.options)
    }

    fn join(&self) -> Option<Transport> {
        if self.keep.is_zero() {
            return None;
        }
        join(self.runtime.as_deref(), self.keep)
            .inspect_err(|why| tracing::debug!("no warm worker: {why}"))
            .ok()
    }
}

#[cfg(target_os = "linux")]
pub(super) use linux::hidden;
#[cfg(target_os = "linux")]
pub(super) use linux::status;
#[cfg(target_os = "linux")]
pub use linux::{KeeperArgs, keep};
#[cfg(target_os = "linux")]
use linux::{join, stop};

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::Metadata;
    use std::os::unix::fs::MetadataExt as _;
    use std::os::unix::net::UnixStream;

    use rustix::process::{Resource, getpriority_process, getrlimit};
    use rustix::thread::{CpuSet, sched_getaffinity};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    use super::{
        Duration, Environment, Failure, Json, JsonWorker, Path, PathBuf, Transport, io, model,
    };
    use crate::engine::warm::{self, Activity, Identity, Peer, Place, Surroundings};
    use crate::sandbox;

    /// Keep workers warm for the commands of one user
    #[derive(Debug, clap::Args)]
    pub struct KeeperArgs {
        /// Where to listen
        #[arg(long)]
        socket: PathBuf,
    }

    /// Runs `slm __keeper`, until nobody needs it.
    ///
    /// # Errors
    /// A socket that cannot be made or trusted.
    pub fn keep(args: &KeeperArgs) -> anyhow::Result<()> {
        sandbox::detach_self()?;
        let place = Place::at(args.socket.clone()).map_err(anyhow::Error::msg)?;
        let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        let (stopping, stop) = crossbeam_channel::bounded(1);
        std::thread::spawn(move || {
            signals.forever().next();
            let _ = stopping.send(());
        });
        let program = std::env::current_exe()?;
        let started_as = fingerprint(&std::fs::metadata("/proc/self/exe")?);
        let is_current =
            move || program.metadata().is_ok_and(|now| fingerprint(&now) == started_as);
        let surroundings = Surroundings {
            launch: Box::new(model::launch),
            peer,
            is_current: Box::new(is_current),
            stop,
        };
        Ok(warm::serve(&place, &identity()?, surroundings)?)
    }

    /// Where sockets are: no checked command may see it, and so it is made before the first one runs.
    pub(in crate::cli) fn hidden(environment: &Environment) -> Vec<PathBuf> {
        warm::directory(environment.runtime.as_deref(), &std::env::temp_dir()).into_iter().collect()
    }

    pub(super) fn join(runtime: Option<&Path>, keep: Duration) -> io::Result<Transport> {
        let identity = identity()?;
        let place = place(runtime, &identity).map_err(io::Error::other)?;
        let start = || {
            let socket = place.socket().as_os_str();
            let words = ["__keeper".as_ref(), "--socket".as_ref(), socket];
            let mut keeper = sandbox::spawn_detached(&words)?;
            Ok(move || keeper.is_alive())
        };
        warm::join(&place, &identity, keep, peer, start)
    }

    pub(in crate::cli) fn status(environment: &Environment) -> anyhow::Result<Json> {
        let identity = identity()?;
        let place = match place(environment.runtime.as_deref(), &identity) {
            Ok(place) => place,
            Err(reason) => return Ok(Json { reason: Some(reason), ..Json::default() }),
        };
        let socket = Some(place.socket().to_owned());
        let found = warm::status(&place, &identity, peer).map_err(|e| silent(&place, &e))?;
        let Some(status) = found else { return Ok(Json { socket, ..Json::default() }) };
        let workers = status.workers.into_iter().map(|worker| JsonWorker {
            pid: worker.pid,
            model: worker.model,
            context: worker.context,
            threads: worker.threads,
            memory_bytes: worker.memory,
            state: match worker.activity {
                Activity::Loading => "loading",
                Activity::Busy => "busy",
                Activity::Idle => "idle",
            },
            seconds: worker.since.as_secs_f64(),
            ends_in_seconds: worker.ends_in.map(|left| left.as_secs_f64()),
            requests: worker.requests,
            waiting: worker.waiting,
        });
        Ok(Json {
            running: true,
            pid: Some(status.pid),
            version: Some(status.version),
            socket,
            workers: workers.collect(),
            reason: None,
        })
    }

    pub(super) fn stop(environment: &Environment) -> anyhow::Result<bool> {
        let identity = identity()?;
        // Where no socket can be trusted there is no keeper of this user.
        let Ok(place) = place(environment.runtime.as_deref(), &identity) else { return Ok(false) };
        warm::stop(&place, &identity, peer).map_err(|e| silent(&place, &e))
    }

    fn silent(place: &Place, error: &io::Error) -> anyhow::Error {
        let socket = place.socket().display();
        Failure::environment(format!("the keeper of the warm worker at {socket}: {error}"))
    }

    fn place(runtime: Option<&Path>, identity: &Identity) -> Result<Place, String> {
        Place::find(runtime, &std::env::temp_dir(), identity)
    }

    fn peer(stream: &UnixStream) -> io::Result<Peer> {
        sandbox::peer(stream).map(|(user, pid)| Peer { user, pid })
    }

    /// This slm: another file, or one that was changed, is another build.
    fn identity() -> io::Result<Identity> {
        Ok(Identity {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            build: digest(&fingerprint(&std::fs::metadata("/proc/self/exe")?)),
            conditions: digest(&conditions()),
        })
    }

    fn fingerprint(file: &Metadata) -> String {
        let (device, inode, size) = (file.dev(), file.ino(), file.size());
        format!("{device} {inode} {size} {}.{}", file.mtime(), file.mtime_nsec())
    }

    /// What a worker inherits and cannot be told later: a keeper started under `nice` would make
    /// every later command slow.
    fn conditions() -> String {
        let nice = getpriority_process(None).unwrap_or_default();
        let processors = sched_getaffinity(None).unwrap_or_else(|_| CpuSet::new());
        let processors = (0..CpuSet::MAX_CPU).filter(|n| processors.is_set(*n));
        let memory = getrlimit(Resource::As).current;
        let is_library = |name: &str| name.starts_with("OMP_") || name == "LD_LIBRARY_PATH";
        let mut variables: Vec<_> =
            std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_library)).collect();
        variables.sort();
        format!("{nice} {:?} {memory:?} {variables:?}", processors.collect::<Vec<_>>())
    }

    fn digest(text: &str) -> String {
        blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn hidden(_: &Environment) -> Vec<PathBuf> {
    Vec::new()
}

#[cfg(not(target_os = "linux"))]
fn join(_: Option<&Path>, _: Duration) -> io::Result<Transport> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn status(_: &Environment) -> anyhow::Result<Json> {
    // Peers cannot be told apart in the same way elsewhere.
    let reason = Some("that works on Linux only".to_owned());
    Ok(Json { reason, ..Json::default() })
}

#[cfg(not(target_os = "linux"))]
fn stop(_: &Environment) -> anyhow::Result<bool> {
    Ok(false)
}
