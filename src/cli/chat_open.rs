//! What `slm chat` and `slm run` have in common: the repository, the rules, the model, the session.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use crossbeam_channel::{Receiver, unbounded};

use super::report::Failure;
use super::{chosen, known, model, warm};
use crate::agent::chat::drive::{self, Driver, Open, Setting};
use crate::agent::chat::log::{self, Log};
use crate::agent::chat::policy::Rules;
use crate::agent::chat::tools::Workplace;
use crate::agent::chat::{Conversation, Event, Mode, ModelState, Perform as _};
use crate::agent::checks::probe::Variables;
use crate::base::Cancel;
use crate::config::{self, Config, Environment};
use crate::models::registry::Role;
use crate::repo;
use crate::sandbox;

/// Seconds for one search for a fix, unless `fix.timeout` says otherwise.
const FIX: f64 = 60.0;
/// Mebibytes of memory for one command, unless configured.
const MEMORY: u64 = 4096;

/// Options of both commands.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Shared {
    /// A GGUF chat model; with --endpoint the name of a model there
    #[arg(long, value_name = "PATH")]
    pub(super) model: Option<PathBuf>,
    /// A server that speaks OpenAI's interface: what is said goes there
    #[arg(long, value_name = "URL")]
    pub(super) endpoint: Option<String>,
    /// Allow an endpoint on another machine without encryption
    #[arg(long, requires = "endpoint")]
    pub(super) insecure: bool,
    /// What may be done without asking: ask, auto-edit, read-only or plan [default: ask]
    #[arg(long, value_name = "MODE", value_parser = mode)]
    pub(super) mode: Option<Mode>,
    /// A directory of the repository, instead of the current one
    #[arg(long, short = 'C', value_name = "DIR")]
    pub(super) directory: Option<PathBuf>,
}

fn mode(name: &str) -> Result<Mode, String> {
    Mode::of_name(name).ok_or_else(|| "must be ask, auto-edit, read-only or plan".to_owned())
}

/// The session to go on with.
#[derive(Clone, Debug)]
pub(super) enum Session {
    New,
    /// The last one of this repository.
    Latest,
    Named(String),
}

/// Whether a model is opened at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Model,
    Nothing,
}

/// A conversation that is ready to be held.
pub(super) struct Opened {
    pub(super) conversation: Conversation,
    pub(super) driver: Driver,
    pub(super) events: Receiver<Event>,
    pub(super) root: PathBuf,
    pub(super) config: Config,
    /// The session's name.
    pub(super) id: String,
}

/// Opens a conversation; the model is opened behind it.
///
/// # Errors
/// Bad settings; no such session; a state directory that cannot be written.
pub(super) fn open(
    shared: &Shared,
    session: &Session,
    need: Need,
    environment: &Environment,
) -> anyhow::Result<Opened> {
    let config = config::load(&environment.config_file())?;
    let start = match &shared.directory {
        Some(dir) => dir.clone(),
        None => std::env::current_dir().context("cannot tell the current directory")?,
    };
    let root = repo::discover(&start).map_err(|e| Failure::usage(e.to_string()))?.path;
    let rules =
        Rules::parse(&config.chat.allow, &config.chat.ask, &config.chat.deny).map_err(|e| {
            Failure::environment(format!("{}: {e}", environment.config_file().display()))
        })?;
    let mode = chosen_mode(shared, &config)?;
    let server = shared.endpoint.as_ref().map(|url| model::endpoint(url, shared)).transpose()?;
    let server = server.map(|endpoint| endpoint.describe());
    let sessions = log::directory(&environment.state_dir());
    let (log, entries) = match session {
        Session::New => (Log::begin(&sessions, &root)?, Vec::new()),
        Session::Latest => match log::latest(&sessions, &root)? {
            Some(id) => Log::resume(&sessions, &id)?,
            None => return Err(Failure::nothing("there is no session of this repository yet")),
        },
        Session::Named(id) => named(&sessions, id, &root)?,
    };
    let id = log.id().to_owned();
    let mut conversation = Conversation::new(mode, entries).with_rules(rules);
    let name = name_of(shared, &config, environment);
    let first = conversation.update(Event::Model(ModelState::Loading { name }));
    let (sender, events) = unbounded();
    if let Some(text) = server {
        // Said before anything is sent there.
        let _ = sender.send(Event::Notice { text, error: false });
    }
    let setting = Setting {
        place: workplace(&root, &config, environment),
        open: match need {
            Need::Model => opener(shared.clone(), config.clone(), environment.clone()),
            Need::Nothing => Box::new(|_| Ok(drive::Opened::Nothing)),
        },
        log: Some(log),
        sessions,
    };
    let mut driver = Driver::start(setting, sender);
    // What follows from how the session ended, to be logged.
    first.into_iter().for_each(|effect| driver.perform(effect));
    Ok(Opened { conversation, driver, events, root, config, id })
}

/// A session of this repository: another one's files are not here.
fn named(
    sessions: &Path,
    id: &str,
    root: &Path,
) -> anyhow::Result<(Log, Vec<crate::agent::chat::Entry>)> {
    let (header, _) = log::read(sessions, id).map_err(|e| Failure::usage(e.to_string()))?;
    if header.root != root {
        return Err(Failure::usage(format!(
            "session {id} is about {}: start slm there",
            header.root.display()
        )));
    }
    Ok(Log::resume(sessions, id)?)
}

fn chosen_mode(shared: &Shared, config: &Config) -> anyhow::Result<Mode> {
    match (shared.mode, &config.chat.mode) {
        (Some(mode), _) => Ok(mode),
        (None, Some(name)) => mode(name)
            .map_err(|e| Failure::environment(format!("chat.mode in the configuration {e}"))),
        (None, None) => Ok(Mode::default()),
    }
}

fn name_of(shared: &Shared, config: &Config, environment: &Environment) -> String {
    let chosen = chosen::choose(Role::Chat, shared.model.as_deref(), environment, config);
    let stem = chosen.ok().flatten().map(|model| model.name());
    shared.endpoint.clone().or(stem).unwrap_or_default()
}

fn opener(shared: Shared, config: Config, environment: Environment) -> Open {
    Box::new(move |other| {
        model::open_chat(&shared, other, &environment, &config, &Cancel::new())
            .map_err(|error| format!("{error:#}"))
    })
}

fn workplace(root: &Path, config: &Config, environment: &Environment) -> Workplace {
    let test = known::test_command(config, root);
    Workplace {
        root: root.to_owned(),
        state: environment.state_dir(),
        index: known::directory(environment),
        sandbox: sandbox::Options {
            allow_env: config.sandbox.allow_env.clone(),
            hidden: warm::hidden(environment),
            ..sandbox::Options::from_process()
        },
        memory_bytes: config.sandbox.memory_mb.unwrap_or(MEMORY).saturating_mul(1 << 20),
        test: test.map(|words| words.into_iter().map(OsString::from).collect()),
        variables: Variables {
            python_path: environment.python_path.clone(),
            pytest_plugins: environment.pytest_plugins.clone(),
            node_options: environment.node_options.clone(),
        },
        jobs: config.fix.jobs.unwrap_or_else(|| {
            std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
        }),
        fix_limit: Duration::from_secs_f64(config.fix.timeout.unwrap_or(FIX)),
    }
}
