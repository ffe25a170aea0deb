//! The one place where slm opens a connection to another machine, or to a server on this one.
//!
//! Each request runs on a thread of its own, so that whoever waits can stop waiting at any time. Redirects
//! are not followed: what was meant for one host goes to no other. A proxy is taken from the user's
//! environment (`HTTPS_PROXY`, `NO_PROXY`), and never on the way to this machine.

use std::io::Read as _;
use std::net::ToSocketAddrs as _;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use serde_json::Value;
use ureq::http::{Response, Uri};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};
use ureq::{Agent, Body, Proxy};

use super::events::words;
use super::{Endpoint, EngineError, RemoteOptions};
use crate::base::{Secret, certificate_problem, sanitize};

const CONNECT: Duration = Duration::from_secs(15);
/// Longest answer, in bytes.
const MAX_ANSWER: u64 = 16 << 20;
/// Longest text of an error that is looked at, in bytes.
const MAX_ERROR: u64 = 64 << 10;
/// Pieces that wait for a reader that is slower than the server.
const AHEAD: usize = 256;

/// What comes of a request, in order; the channel's end is the answer's.
#[derive(Debug)]
pub(super) enum Piece {
    /// Some bytes of the answer: events, or one that stands for an answer that came as a whole.
    Bytes(Vec<u8>),
    /// Refused with this status, and why.
    Refused(u16, String),
    /// Why there is no answer, or not all of it.
    Failed(String),
}

/// A way to one server.
pub(super) struct Http {
    agent: Agent,
    endpoint: Endpoint,
    key: Option<Secret>,
}

impl Http {
    /// # Errors
    /// Certificates that are none.
    pub(super) fn new(options: &RemoteOptions) -> Result<Self, EngineError> {
        let (endpoint, patience) = (options.endpoint.clone(), options.patience);
        let proxy = if endpoint.is_local() { None } else { Proxy::try_from_env() };
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(proxy)
            .user_agent(concat!("slm/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_per_read(Some(patience))
            .timeout_per_write(Some(patience));
        if let Some(pem) = &options.authorities {
            let roots = roots(pem).map_err(EngineError::BadRequest)?;
            config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        Ok(Self { agent: config.build().new_agent(), endpoint, key: options.key.clone() })
    }

    /// Asks for `service` (`/models`).
    pub(super) fn get(&self, service: &str) -> Receiver<Piece> {
        self.start(service, None)
    }

    /// Sends `body` to `service`.
    pub(super) fn post(&self, service: &str, body: &Value) -> Receiver<Piece> {
        self.start(service, Some(body.to_string()))
    }

    fn start(&self, service: &str, body: Option<String>) -> Receiver<Piece> {
        let (sender, pieces) = crossbeam_channel::bounded(AHEAD);
        let (agent, endpoint, key) = (self.agent.clone(), self.endpoint.clone(), self.key.clone());
        let url = endpoint.to(service);
        std::thread::spawn(move || {
            let talk = || {
                at_home(&endpoint)?;
                let key = key.as_ref().map(|key| format!("Bearer {}", key.reveal()));
                match &body {
                    None => {
                        let request = agent.get(&url);
                        match &key {
                            Some(key) => request.header("Authorization", key).call(),
                            None => request.call(),
                        }
                    }
                    Some(body) => {
                        let request = agent
                            .post(&url)
                            .header("Content-Type", "application/json")
                            .header("Accept", "text/event-stream, application/json");
                        match &key {
                            Some(key) => request.header("Authorization", key).send(body.as_bytes()),
                            None => request.send(body.as_bytes()),
                        }
                    }
                }
                .map_err(|error| explain(&error))
            };
            let hide = |text: String| match &key {
                Some(key) => key.hidden_in(&text),
                None => text,
            };
            // Nobody listens any more: the connection is closed by leaving.
            let _ = match talk() {
                Ok(response) => receive(response, &sender, &hide),
                Err(reason) => sender.send(Piece::Failed(hide(reason))).map_err(|_| ()),
            };
        });
        pieces
    }
}

/// The certificates of those who may vouch for the server, instead of the usual ones.
fn roots(pem: &[u8]) -> Result<RootCerts, String> {
    let certificates: Result<Vec<Certificate<'static>>, _> = ureq::tls::parse_pem(pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
        .collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates.into()),
        _ => Err("the file of certificates (PEM) that slm was given holds none".to_owned()),
    }
}

/// `localhost` is this machine unless somebody made it another one.
fn at_home(endpoint: &Endpoint) -> Result<(), String> {
    if endpoint.host() != "localhost" {
        return Ok(());
    }
    let found = ("localhost", 0).to_socket_addrs().map_err(|error| error.to_string())?;
    match found.into_iter().find(|address| !address.ip().is_loopback()) {
        None => Ok(()),
        Some(other) => Err(format!("localhost is {}, which is not this machine", other.ip())),
    }
}

/// Passes an answer on until its end, or until nobody listens.
fn receive(
    response: Response<Body>,
    sender: &Sender<Piece>,
    hide: &dyn Fn(String) -> String,
) -> Result<(), ()> {
    let send = |piece| sender.send(piece).map_err(|_| ());
    let status = response.status();
    if !status.is_success() {
        let why = refusal(response);
        return send(Piece::Refused(status.as_u16(), hide(why)));
    }
    let whole = response.body().mime_type().is_some_and(|mime| mime.contains("json"));
    let mut reader = response.into_body().into_with_config().limit(MAX_ANSWER).reader();
    let mut buffer = vec![0; 16 << 10];
    let mut all = Vec::new();
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) if whole => all.extend_from_slice(&buffer[..n]),
            Ok(n) => send(Piece::Bytes(buffer[..n].to_vec()))?,
            Err(error) => {
                let reason = match error.get_ref().and_then(|inner| inner.downcast_ref()) {
                    Some(inner) => explain(inner),
                    None => explain(&ureq::Error::Io(error)),
                };
                return send(Piece::Failed(hide(reason)));
            }
        }
    }
    if !whole {
        return Ok(());
    }
    match serde_json::from_slice::<Value>(&all) {
        Ok(value) => send(Piece::Bytes(format!("data: {value}\n").into_bytes())),
        Err(_) => send(Piece::Failed("it answered with something that is no JSON".to_owned())),
    }
}

/// Why a request was refused, in the server's words, one line of them.
fn refusal(response: Response<Body>) -> String {
    let elsewhere = response.headers().get("location").and_then(|to| to.to_str().ok());
    if let (true, Some(to)) = (response.status().is_redirection(), elsewhere) {
        let host = to.parse::<Uri>().ok().and_then(|to| to.host().map(str::to_owned));
        return format!("it sends on to {}", host.unwrap_or_else(|| to.to_owned()));
    }
    let mut reader = response.into_body().into_with_config().limit(MAX_ERROR).reader();
    let mut text = Vec::new();
    // What came before a limit or an error is enough to be read.
    let _ = reader.read_to_end(&mut text);
    let said = match serde_json::from_slice::<Value>(&text) {
        Ok(value) => words(&value),
        Err(_) => String::from_utf8_lossy(&text).into_owned(),
    };
    let said = sanitize(said.trim()).into_owned();
    let line = said.lines().next().unwrap_or_default();
    if line.starts_with('<') { String::new() } else { line.chars().take(300).collect() }
}

/// What went wrong on the way, for people.
fn explain(error: &ureq::Error) -> String {
    use ureq::Error;
    match error {
        Error::HostNotFound => "there is no such host".to_owned(),
        Error::ConnectionFailed => "no connection: is the server running there?".to_owned(),
        Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            "no connection: is the server running there?".to_owned()
        }
        Error::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            "it hung up in the middle of the answer".to_owned()
        }
        Error::Timeout(_) => "it said nothing for too long".to_owned(),
        Error::BodyExceedsLimit(bytes) => format!("its answer is longer than {bytes} bytes"),
        Error::ConnectProxyFailed(reason) => {
            let reason: String = sanitize(reason).chars().take(300).collect();
            format!("the proxy does not let it through: {reason}")
        }
        other => {
            let said = other.to_string();
            let said = certificate_problem(&said).unwrap_or(said);
            sanitize(&said).chars().take(300).collect()
        }
    }
}
