//! The endpoint of `slm fix`: whether there is one, whether it may be used, and the person's consent.

use std::io::IsTerminal as _;
use std::os::fd::AsFd as _;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::Serialize;

use super::authorities;
use super::fix::Plan;
use super::report::{self, Failure};
use crate::agent::cascade::{Calibration, Decision, Draft, Escalation, Sent, Settings, Stage};
use crate::agent::tasks::fix::{Correspondent, Distant};
use crate::base::{Cancel, Language, fs, sanitize};
use crate::config::{self, Config, EndpointUse, LanguageName, Policy, StageName};
use crate::engine::{Endpoint, EngineError, Plain, Remote, RemoteOptions};

/// How often a signal and the time limit are looked at while a question stands.
const TICK: Duration = Duration::from_millis(100);

/// Options of `slm fix` about the endpoint.
#[derive(Debug, Default, clap::Args)]
pub(super) struct EndpointArgs {
    /// A server that speaks OpenAI's interface, asked last: parts of the code go there. Without a URL
    /// the one of your configuration
    #[arg(long, value_name = "URL", num_args = 0..=1, default_missing_value = "")]
    endpoint: Option<String>,
    /// The name of a model there
    #[arg(long, value_name = "NAME")]
    endpoint_model: Option<String>,
    /// Allow an endpoint on another machine without encryption
    #[arg(long, requires = "endpoint")]
    insecure: bool,
    /// Send to the endpoint without asking
    #[arg(long)]
    yes_endpoint: bool,
}

/// What was decided about one generator, as JSON.
#[derive(Debug, Serialize)]
pub(super) struct JsonDecision {
    stage: &'static str,
    taken: bool,
    reason: String,
    /// From 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<f64>,
}

/// What has left the machine, as JSON.
#[derive(Debug, Serialize)]
pub(super) struct JsonSent {
    endpoint: String,
    model: String,
    /// All of them, the one for the list of models too.
    requests: usize,
    questions: usize,
    /// Of the messages.
    bytes: usize,
    files: Vec<String>,
    redactions: Vec<JsonRedaction>,
}

#[derive(Debug, Serialize)]
struct JsonRedaction {
    number: usize,
    kind: String,
    places: Vec<String>,
}

/// Who named the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    Here,
    Configuration,
}

impl EndpointArgs {
    /// True when a person at a terminal has to be asked first, which no screen may cover.
    pub(super) fn asks(&self, config: &Config) -> bool {
        let is_named = self.endpoint.is_some() || config.endpoint.r#use.contains(&EndpointUse::Fix);
        is_named && !self.yes_endpoint && config.endpoint.ask.unwrap_or(true) && is_terminal()
    }

    /// The address that counts, and who named it; or why there is none.
    ///
    /// # Errors
    /// `--endpoint` without an address where the configuration has none.
    fn named<'a>(&'a self, config: &'a Config) -> anyhow::Result<Result<(&'a str, Named), String>> {
        let configured = config.endpoint.url.as_deref();
        Ok(match (self.endpoint.as_deref(), configured) {
            (Some(""), None) => {
                let message =
                    "--endpoint without an address, and the configuration has no endpoint.url";
                return Err(Failure::usage(message));
            }
            (Some(""), Some(url)) | (Some(url), _) => Ok((url, Named::Here)),
            (None, Some(url)) if config.endpoint.r#use.contains(&EndpointUse::Fix) => {
                Ok((url, Named::Configuration))
            }
            (None, Some(_)) => Err("the configuration has one, which neither --endpoint nor \
                                    endpoint.use allows here"
                .to_owned()),
            (None, None) => Err("no endpoint was named".to_owned()),
        })
    }
}

/// The server that this run may ask, or why there is none. Nothing is sent here.
///
/// # Errors
/// What is no address; one of another machine without encryption, unless that is allowed.
pub(super) fn distant<'p>(plan: &'p Plan<'_>) -> anyhow::Result<Distant<'p>> {
    let (args, config) = (plan.args.endpoint(), &plan.config);
    let (url, named) = match args.named(config)? {
        Ok(found) => found,
        Err(why) => return Ok(Distant::Absent(why)),
    };
    let insecure = args.insecure || named == Named::Configuration && config.endpoint.insecure;
    let insecure = insecure || args.endpoint.as_deref() == Some("") && config.endpoint.insecure;
    let plain = if insecure { Plain::Anywhere } else { Plain::Loopback };
    let endpoint = Endpoint::parse(url, plain).map_err(|error| match named {
        Named::Here => Failure::usage(error.to_string()),
        Named::Configuration => Failure::environment(error.to_string()),
    })?;
    if let Err(error) = allowed(&endpoint) {
        report::note(&format!("slm: {error}\nslm: going on without the endpoint"));
        return Ok(Distant::Absent(error.to_string()));
    }
    let may_ask = is_terminal() && !plan.args.json();
    if named == Named::Configuration && !may_ask {
        let why = "nobody can be asked here, and --endpoint does not name it";
        return Ok(Distant::Absent(why.to_owned()));
    }
    let mut options = RemoteOptions::new(endpoint.clone());
    options.model = args.endpoint_model.clone().or_else(|| config.endpoint.model.clone());
    options.key.clone_from(&plan.environment.api_key);
    options.context = config.endpoint.context.map(|tokens| tokens as usize);
    if endpoint.is_encrypted() {
        options.authorities = authorities::named(plan.environment, config)?;
    }
    let mut secrets = config::values(&config.sandbox.allow_env);
    secrets.extend(plan.environment.api_key.clone().map(|key| ("SLM_API_KEY".to_owned(), key)));
    let is_asked = may_ask && args.asks(config);
    let describe = endpoint.describe_repair(options.key.is_some());
    Ok(Distant::There(Box::new(Correspondent {
        address: endpoint.to_string(),
        home: plan.environment.home.clone(),
        secrets,
        open: Box::new(move |cancel| open(&options, cancel)),
        consent: Box::new(move |draft, cancel| {
            !is_asked || plan.progress.aside(|| ask(&describe, draft, cancel))
        }),
    })))
}

/// Whether the administrator lets anybody talk to this server.
///
/// # Errors
/// When not, or when that cannot be told.
pub(super) fn allowed(endpoint: &Endpoint) -> Result<(), config::PolicyError> {
    Policy::of_machine()?.allows_endpoint(&endpoint.to_string())
}

fn open(
    options: &RemoteOptions,
    cancel: &Cancel,
) -> Result<Box<dyn crate::engine::Engine>, EngineError> {
    let mut remote = Remote::new(options.clone())?;
    remote.connect(cancel)?;
    Ok(Box::new(remote))
}

/// A person sits there who reads what is asked on stderr.
fn is_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Shows what would be sent and waits for a word: true only for yes.
fn ask(describe: &str, draft: &Draft, cancel: &Cancel) -> bool {
    report::note(&format!("\nslm: {describe}\n{}", draft.account()));
    loop {
        report::note("Send it? y: yes, s: show all of it first, anything else: no");
        match line(cancel).as_deref() {
            Some("y" | "yes") => return true,
            Some("s" | "show") => report::note(&draft.text()),
            _ => return false,
        }
    }
}

/// A line from the terminal, in lower case; `None` at its end, or when waiting is over.
fn line(cancel: &Cancel) -> Option<String> {
    let stdin = std::io::stdin();
    let tick = Timespec { tv_sec: 0, tv_nsec: TICK.subsec_nanos().into() };
    while !cancel.is_cancelled() {
        let mut wanted = [PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN)];
        if poll(&mut wanted, Some(&tick)).is_ok_and(|ready| ready > 0) {
            let mut text = String::new();
            let read = stdin.read_line(&mut text).ok().filter(|bytes| *bytes > 0);
            return read.map(|_| text.trim().to_ascii_lowercase());
        }
    }
    None
}

/// The user's rules for whose turn it is.
pub(super) fn settings(config: &Config) -> Settings {
    let usual = Settings::default();
    let wishes = &config.cascade;
    let mut order: Vec<Stage> = match &wishes.order {
        Some(order) => order.iter().map(|name| stage(*name)).collect(),
        None => usual.order,
    };
    // A model's opinion comes with the model.
    if order.contains(&Stage::Model) && !order.contains(&Stage::Ranking) {
        order.push(Stage::Ranking);
    }
    order.retain(|known| !wishes.never.iter().any(|name| stage(*name) == *known));
    Settings {
        order,
        model: escalation(&wishes.model, usual.model),
        endpoint: escalation(&wishes.endpoint, usual.endpoint),
    }
}

/// As wished; a single condition takes the place of all those that hold without a wish.
fn escalation(wish: &config::Escalation, usual: Escalation) -> Escalation {
    let config::Escalation { after, candidates, below, .. } = *wish;
    let is_silent = after.is_none() && candidates.is_none() && below.is_none();
    let only = wish.only.iter().flat_map(|name| languages(*name)).copied().collect();
    if is_silent {
        Escalation { only, ..usual }
    } else {
        Escalation { after, candidates, below, only }
    }
}

fn stage(name: StageName) -> Stage {
    match name {
        StageName::Rules => Stage::Rules,
        StageName::Search => Stage::Search,
        StageName::Ranking => Stage::Ranking,
        StageName::Model => Stage::Model,
        StageName::Endpoint => Stage::Endpoint,
    }
}

fn languages(name: LanguageName) -> &'static [Language] {
    match name {
        LanguageName::Python => &[Language::Python],
        LanguageName::Rust => &[Language::Rust],
        LanguageName::JavaScript => &[Language::JavaScript],
        LanguageName::TypeScript => &[Language::TypeScript, Language::Tsx],
        LanguageName::Go => &[Language::Go],
    }
}

/// The chances to go by: those that were fitted for this user, else those that ship.
///
/// # Errors
/// A file that cannot be read or is no calibration.
pub(super) fn calibration(config: &Config) -> anyhow::Result<Option<Calibration>> {
    let Some(path) = &config.cascade.calibration else {
        return Ok(Calibration::shipped().cloned());
    };
    let text = fs::read_text(path).map_err(|error| Failure::environment(error.to_string()))?;
    let read = Calibration::parse(&text);
    let failed = |error| Failure::environment(format!("{}: {error}", path.display()));
    read.map(Some).map_err(failed)
}

/// The route of a run as JSON.
pub(super) fn route(route: &[Decision]) -> Vec<JsonDecision> {
    let decision = |decision: &Decision| JsonDecision {
        stage: decision.stage.name(),
        taken: decision.taken,
        reason: sanitize(&decision.reason.text).into_owned(),
        confidence: decision.confidence.map(|chance| (f64::from(chance) * 100.0).round() / 100.0),
    };
    route.iter().map(decision).collect()
}

/// What has left, as JSON.
pub(super) fn sent(sent: &Sent) -> JsonSent {
    let clean = |text: &str| sanitize(text).into_owned();
    JsonSent {
        endpoint: sent.endpoint.clone(),
        model: clean(&sent.model),
        requests: sent.requests,
        questions: sent.questions,
        bytes: sent.bytes,
        files: sent.files.iter().map(|file| clean(file)).collect(),
        redactions: sent
            .redactions
            .iter()
            .map(|known| JsonRedaction {
                number: known.number,
                kind: clean(&known.kind),
                places: known.places.iter().map(|place| clean(place)).collect(),
            })
            .collect(),
    }
}

/// The route in lines for people.
pub(super) fn explained(route: &[Decision]) -> Vec<String> {
    let line = |decision: &Decision| {
        let verb = if decision.taken { "asked" } else { "not asked" };
        let chance = decision.confidence.map(|c| format!(" (chance {c:.2})")).unwrap_or_default();
        format!("{} {verb}: {}{chance}", decision.stage.name(), decision.reason.text)
    };
    route.iter().map(line).collect()
}

/// What has left the machine, in a line for people.
pub(super) fn told(sent: &Sent) -> String {
    let files: Vec<&str> = sent.files.iter().map(String::as_str).collect();
    if sent.questions == 0 {
        return format!("{} was asked for its models, and nothing else went there", sent.endpoint);
    }
    format!(
        "{} question(s), {} bytes, went to {}, with text of {}; {} secret(s) were taken out",
        sent.questions,
        sent.bytes,
        sent.endpoint,
        files.join(", "),
        sent.redactions.len()
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn config(text: &str) -> Config {
        config::parse(text, Path::new("config.toml")).unwrap()
    }

    fn flag(endpoint: Option<&str>) -> EndpointArgs {
        EndpointArgs { endpoint: endpoint.map(str::to_owned), ..EndpointArgs::default() }
    }

    #[test]
    fn an_address_counts_when_it_is_named_here_or_allowed_there() {
        let bare = config("[endpoint]\nurl = \"https://a.b\"\n");
        let used = config("[endpoint]\nurl = \"https://a.b\"\nuse = [\"fix\"]\n");
        let named = |args: &EndpointArgs, config: &Config| {
            args.named(config).unwrap().ok().map(|f| (f.0.to_owned(), f.1))
        };
        assert_eq!(named(&flag(None), &config("")), None);
        assert_eq!(named(&flag(None), &bare), None);
        let there = Some(("https://a.b".to_owned(), Named::Configuration));
        assert_eq!(named(&flag(None), &used), there);
        let here = Some(("https://a.b".to_owned(), Named::Here));
        assert_eq!(named(&flag(Some("")), &bare), here);
        let other = Some(("https://c.d".to_owned(), Named::Here));
        assert_eq!(named(&flag(Some("https://c.d")), &used), other);
        let error = flag(Some("")).named(&config("")).unwrap_err().to_string();
        assert!(error.contains("endpoint.url"), "{error}");
    }

    #[test]
    fn wishes_become_rules() {
        assert_eq!(settings(&config("")), Settings::default());
        let wished = settings(&config(
            "[cascade]\norder = [\"rules\", \"model\", \"endpoint\"]\nnever = [\"ranking\"]\n\
             model.candidates = 9\nendpoint.only = [\"typescript\"]\n",
        ));
        assert_eq!(wished.order, [Stage::Rules, Stage::Model, Stage::Endpoint]);
        assert_eq!((wished.model.candidates, wished.model.after), (Some(9), None));
        let usual = Settings::default().endpoint;
        assert_eq!((wished.endpoint.after, wished.endpoint.below), (usual.after, usual.below));
        assert_eq!(wished.endpoint.only, [Language::TypeScript, Language::Tsx]);
        let with = settings(&config("[cascade]\norder = [\"search\", \"model\"]\n"));
        assert!(with.order.contains(&Stage::Ranking));
        let one = settings(&config("[cascade]\nendpoint.after = \"1 s\"\n")).endpoint;
        assert_eq!((one.after, one.below), (Some(Duration::from_secs(1)), None));
    }
}
