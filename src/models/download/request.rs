//! The only place in this room that opens a connection: one GET, on a thread of its own.
//!
//! Whoever waits can stop waiting at any time: the thread ends when nobody listens any more. Redirects are
//! followed by hand ([`Address::sent_on`] says which), and no request carries a name, a password or a cookie. A
//! proxy is taken from the user's environment (`HTTPS_PROXY`, `NO_PROXY`), and never on the way to this machine.

use std::io::Read as _;
use std::net::ToSocketAddrs as _;

use crossbeam_channel::{Receiver, Sender};
use ureq::http::Response;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::address::Address;
use super::answer::{Answer, Head};
use super::{Network, Proxy};
use crate::base::{certificate_problem, sanitize};

/// Most times that one request is sent on.
const MAX_REDIRECTS: usize = 5;
/// Bytes that are read at once.
const PIECE: usize = 64 << 10;
/// Pieces that wait for a disk that is slower than the network.
const AHEAD: usize = 32;

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) address: Address,
    /// The first byte.
    pub(super) from: u64,
    /// For `If-Range`: what the file has to be still.
    pub(super) validator: Option<String>,
}

/// What comes of a request, in order.
#[derive(Debug)]
pub(super) enum Piece {
    /// It is sent on to there.
    Via(Address),
    Head(Box<Head>),
    Bytes(Vec<u8>),
    /// The answer is at its end.
    End,
    /// It broke off, and may go better another time.
    Broken(String),
    /// It will not go better.
    Refused(String),
}

/// Starts a request; [`Piece::End`], `Broken` or `Refused` comes last.
pub(super) fn start(request: Request, network: &Network) -> Receiver<Piece> {
    let (sender, pieces) = crossbeam_channel::bounded(AHEAD);
    let network = network.clone();
    std::thread::spawn(move || {
        // Nobody listens any more: the connection is closed by leaving.
        let _ = match talk(&request, &network, &sender) {
            Ok(Some(response)) => receive(response, &sender),
            Ok(None) => Ok(()),
            Err(piece) => sender.send(piece).map_err(|_| ()),
        };
    });
    pieces
}

/// Asks, and asks again where it is sent on to, until an answer has come; its head is passed on.
fn talk(
    request: &Request,
    network: &Network,
    sender: &Sender<Piece>,
) -> Result<Option<Response<Body>>, Piece> {
    let mut address = request.address.clone();
    let mut seen = vec![address.clone()];
    loop {
        let response = ask(&address, request, network)?;
        let head = head(&response);
        let Answer::Elsewhere(location) = head.answer(request.from) else {
            let sent = sender.send(Piece::Head(Box::new(head)));
            return Ok(sent.is_ok().then_some(response));
        };
        address = address.sent_on(&location, network.plain).map_err(Piece::Refused)?;
        if seen.contains(&address) {
            return Err(Piece::Refused("it sends on in a circle".to_owned()));
        }
        if seen.len() > MAX_REDIRECTS {
            let reason = format!("it sends on more than {MAX_REDIRECTS} times");
            return Err(Piece::Refused(reason));
        }
        seen.push(address.clone());
        if sender.send(Piece::Via(address.clone())).is_err() {
            return Ok(None);
        }
    }
}

fn ask(address: &Address, request: &Request, network: &Network) -> Result<Response<Body>, Piece> {
    at_home(address)?;
    let agent = agent(address, network).map_err(Piece::Refused)?;
    let mut get = agent.get(address.in_full());
    if request.from > 0 {
        get = get.header("Range", format!("bytes={}-", request.from));
        if let Some(validator) = &request.validator {
            get = get.header("If-Range", validator);
        }
    }
    get.call().map_err(|error| failed(&error))
}

fn agent(address: &Address, network: &Network) -> Result<Agent, String> {
    let proxy = match &network.proxy {
        _ if address.is_local() => None,
        Proxy::Environment => ureq::Proxy::try_from_env(),
        Proxy::Direct => None,
        Proxy::At(proxy) => Some(ureq::Proxy::new(proxy).map_err(|_| {
            // It may hold a password.
            "the address of the proxy cannot be read".to_owned()
        })?),
    };
    let limits = &network.limits;
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .accept_encoding("identity")
        .proxy(proxy)
        .user_agent(concat!("slm/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(limits.connect))
        .timeout_connect(Some(limits.connect))
        .timeout_per_read(Some(limits.silence))
        .timeout_per_write(Some(limits.silence));
    if let Some(pem) = &network.authorities {
        config = config.tls_config(TlsConfig::builder().root_certs(roots(pem)?).build());
    }
    Ok(config.build().new_agent())
}

/// The certificates of those who may vouch for servers, instead of the usual ones.
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
fn at_home(address: &Address) -> Result<(), Piece> {
    if address.host() != "localhost" {
        return Ok(());
    }
    let found = ("localhost", 0).to_socket_addrs();
    let mut found = found.map_err(|error| Piece::Broken(error.to_string()))?;
    match found.find(|address| !address.ip().is_loopback()) {
        None => Ok(()),
        Some(other) => {
            let reason = format!("localhost is {}, which is not this machine", other.ip());
            Err(Piece::Refused(reason))
        }
    }
}

fn head(response: &Response<Body>) -> Head {
    let header = |name: &str| {
        let value = response.headers().get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    let shown = |name: &str| header(name).map(|text| sanitize(&text).chars().take(300).collect());
    Head {
        status: response.status().as_u16(),
        length: response.body().content_length(),
        chunked: header("transfer-encoding").is_some(),
        encoding: shown("content-encoding"),
        range: shown("content-range"),
        kind: shown("content-type"),
        etag: header("etag"),
        modified: header("last-modified"),
        retry_after: shown("retry-after"),
        location: header("location"),
    }
}

/// Passes an answer on until its end, or until nobody listens.
fn receive(response: Response<Body>, sender: &Sender<Piece>) -> Result<(), ()> {
    let send = |piece| sender.send(piece).map_err(|_| ());
    let mut reader = response.into_body().into_reader();
    let mut buffer = vec![0; PIECE];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return send(Piece::End),
            Ok(n) => send(Piece::Bytes(buffer[..n].to_vec()))?,
            Err(error) => {
                return send(match error.get_ref().and_then(|inner| inner.downcast_ref()) {
                    Some(inner) => failed(inner),
                    None => failed(&ureq::Error::Io(error)),
                });
            }
        }
    }
}

/// What went wrong on the way, for people; and whether it may go better another time.
fn failed(error: &ureq::Error) -> Piece {
    use std::io::ErrorKind;
    use ureq::Error;
    let other = || sanitize(&error.to_string()).chars().take(300).collect::<String>();
    // Certificates do not get better.
    if let Some(problem) = certificate_problem(&error.to_string()) {
        return Piece::Refused(sanitize(&problem).chars().take(300).collect());
    }
    match error {
        Error::HostNotFound => Piece::Broken("there is no such host".to_owned()),
        Error::ConnectionFailed => Piece::Broken("no connection".to_owned()),
        Error::Timeout(_) => Piece::Broken("it said nothing for too long".to_owned()),
        Error::Io(error) => Piece::Broken(match error.kind() {
            ErrorKind::ConnectionRefused => "no connection: nothing listens there".to_owned(),
            ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset => {
                "it hung up in the middle".to_owned()
            }
            _ => other(),
        }),
        Error::ConnectProxyFailed(reason) => {
            let reason: String = sanitize(reason).chars().take(300).collect();
            Piece::Refused(format!("the proxy does not let it through: {reason}"))
        }
        // What is no TLS or no HTTP does not get better either.
        Error::Rustls(_) | Error::Tls(_) => {
            Piece::Refused(format!("no safe connection: {}", other()))
        }
        Error::BadUri(_) | Error::Http(_) | Error::InvalidProxyUrl => Piece::Refused(other()),
        _ => Piece::Broken(other()),
    }
}
