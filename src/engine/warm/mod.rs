//! A worker that outlives the command it was started for.
//!
//! A *keeper* is a process of this user that owns confined workers and lends them to one command
//! after the other, request by request ([`serve`]); a command asks for a connection ([`join`]) and
//! starts the keeper when there is none. The keeper itself never touches a model. It speaks the
//! worker's protocol, after a greeting in which both sides say who they are: another build of slm,
//! another user, another container or other circumstances (`nice`, `taskset`) end in the cold path,
//! as does every other trouble.
//!
//! Not here: what a client does when the keeper is lost (`client`), starting processes (`sandbox`).

mod desk;
#[cfg(test)]
mod desk_tests;
mod keeper;
mod place;

use std::fs::TryLockError;
use std::io::{self, ErrorKind, Read as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::client::{Ending, Transport, Worker};
use super::wire;

pub use keeper::{Surroundings, serve};
pub use place::{Place, directory};

/// How long the other side may take for its greeting.
const GREETING: Duration = Duration::from_secs(2);
/// How long a keeper may take to start, and to end.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often is looked whether it has.
const POLL: Duration = Duration::from_millis(5);

/// Who speaks: peers that differ in any of these have nothing to say to each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// slm's version.
    pub version: String,
    /// Tells builds of one version apart; a few letters and digits.
    pub build: String,
    /// What else a worker inherits from whoever starts it: priority, processors, settings of its
    /// libraries. May differ for [`status`] and [`stop`].
    pub conditions: String,
}

impl Identity {
    fn file_name(&self) -> String {
        format!("keeper-{}-{}-{}.sock", self.version, wire::PROTOCOL, self.build)
    }
}

/// The process at the other end of a socket, as the kernel tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    pub user: u32,
    /// `None` in another container (PID namespace), where the same path may be another file.
    pub pid: Option<u32>,
}

/// Asks the kernel who is at the other end.
pub type PeerOf = fn(&UnixStream) -> io::Result<Peer>;

/// The first frame, from client to keeper.
#[derive(Debug, Serialize, Deserialize)]
struct Knock {
    protocol: u32,
    identity: Identity,
    errand: Errand,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Errand {
    /// Requests follow. A worker stays for so many milliseconds after the last one.
    Work {
        keep_ms: u64,
    },
    /// A [`Status`] is the answer.
    Status,
    Stop,
}

/// The second frame, from keeper to client.
#[derive(Debug, Serialize, Deserialize)]
struct Welcome {
    protocol: u32,
    identity: Identity,
    /// Why nothing else will be said.
    refused: Option<String>,
}

/// What a keeper holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    pub pid: u32,
    pub version: String,
    pub workers: Vec<WorkerStatus>,
}

/// One warm worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkerStatus {
    pub pid: Option<u32>,
    pub model: PathBuf,
    /// Tokens: what was asked for until the model is loaded, then what it has.
    pub context: usize,
    /// `None`: chosen by the worker.
    pub threads: Option<usize>,
    /// Resident memory in bytes, pages of the model's file among it.
    pub memory: Option<u64>,
    pub activity: Activity,
    /// How long it has been at that.
    pub since: Duration,
    /// When an idle one ends, from now.
    pub ends_in: Option<Duration>,
    /// Requests answered.
    pub requests: u64,
    /// Requests that wait.
    pub waiting: usize,
}

/// What a warm worker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Activity {
    Loading,
    Busy,
    Idle,
}

/// A connection to the keeper at `place`, which `start` starts when there is none; workers stay for
/// `keep` after their last request. `start` gives a function that tells whether the process it
/// started still runs.
///
/// # Errors
/// When there is no keeper for `identity` and none can be started.
pub fn join<A: FnMut() -> bool>(
    place: &Place,
    identity: &Identity,
    keep: Duration,
    peer: PeerOf,
    start: impl FnOnce() -> io::Result<A>,
) -> io::Result<Transport> {
    let keep_ms = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
    let errand = Errand::Work { keep_ms };
    let stream = match call(place, identity, errand, peer) {
        Err(error) if is_absent(&error) => {
            let mut is_alive = start()?;
            let limit = Instant::now() + PATIENCE;
            loop {
                // Asked first: one that ends because another was faster has waited for that one.
                let last = !is_alive() || Instant::now() > limit;
                match call(place, identity, errand, peer) {
                    Err(error) if is_absent(&error) && !last => std::thread::sleep(POLL),
                    other => break other?,
                }
            }
        }
        other => other?,
    };
    let (reader, handle) = (stream.try_clone()?, stream.try_clone()?);
    Ok(Transport {
        reader: Box::new(reader),
        writer: Box::new(stream),
        worker: Box::new(Connection(handle)),
    })
}

/// What the keeper at `place` holds; `None` when there is none.
///
/// # Errors
/// A keeper that does not answer.
pub fn status(place: &Place, identity: &Identity, peer: PeerOf) -> io::Result<Option<Status>> {
    let asked = call(place, identity, Errand::Status, peer).and_then(|mut stream| {
        stream.set_read_timeout(Some(GREETING))?;
        wire::receive(&mut stream)?.ok_or_else(|| ErrorKind::UnexpectedEof.into())
    });
    match asked {
        Err(error) if is_absent(&error) => Ok(None),
        other => other.map(Some),
    }
}

/// Ends the keeper at `place` with all its workers, waits until it is gone, and says whether there
/// was one. One that does not answer is killed.
///
/// # Errors
/// One that cannot be ended.
pub fn stop(place: &Place, identity: &Identity, peer: PeerOf) -> io::Result<bool> {
    let mut stream = match connect(place, peer) {
        Err(error) if is_absent(&error) => return Ok(false),
        other => other?,
    };
    let keeper = peer(&stream)?.pid.and_then(|pid| rustix::process::Pid::from_raw(pid as i32));
    let asked = greet(&mut stream, identity, Errand::Stop).and_then(|()| {
        stream.set_read_timeout(Some(PATIENCE))?;
        // It says nothing more: this ends with the keeper.
        stream.read(&mut [0])
    });
    if let (Err(error), Some(pid)) = (asked, keeper)
        && !is_absent(&error)
    {
        // Its workers die with it.
        rustix::process::kill_process(pid, rustix::process::Signal::KILL)?;
    }
    let limit = Instant::now() + PATIENCE;
    loop {
        match place.lock()?.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) if Instant::now() < limit => std::thread::sleep(POLL),
            Err(TryLockError::WouldBlock) => return Err(ErrorKind::TimedOut.into()),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Whether nobody listens: no socket, one that a killed keeper left, or one that just ends.
fn is_absent(error: &io::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset, NotFound, UnexpectedEof};
    matches!(
        error.kind(),
        NotFound | ConnectionRefused | ConnectionReset | BrokenPipe | UnexpectedEof
    )
}

fn call(
    place: &Place,
    identity: &Identity,
    errand: Errand,
    peer: PeerOf,
) -> io::Result<UnixStream> {
    let mut stream = connect(place, peer)?;
    greet(&mut stream, identity, errand)?;
    Ok(stream)
}

/// A connection to a process of this user.
fn connect(place: &Place, peer: PeerOf) -> io::Result<UnixStream> {
    let stream = UnixStream::connect(place.socket())?;
    trust(peer(&stream)?).map_err(io::Error::other)?;
    Ok(stream)
}

fn trust(peer: Peer) -> Result<(), String> {
    if peer.user != place::user() {
        return Err(format!("the other side is user {}", peer.user));
    }
    peer.pid.map(drop).ok_or_else(|| "the other side is in another container".to_owned())
}

/// Says who calls and why, and hears who answers.
fn greet(stream: &mut UnixStream, identity: &Identity, errand: Errand) -> io::Result<()> {
    stream.set_read_timeout(Some(GREETING))?;
    stream.set_write_timeout(Some(GREETING))?;
    let knock = Knock { protocol: wire::PROTOCOL, identity: identity.clone(), errand };
    wire::send(stream, &knock)?;
    let welcome: Welcome = wire::receive(stream)?.ok_or(ErrorKind::UnexpectedEof)?;
    if let Some(why) = welcome.refused {
        return Err(io::Error::other(why));
    }
    if let Err(why) = compatible(&welcome.identity, welcome.protocol, identity, errand) {
        return Err(io::Error::other(why));
    }
    stream.set_read_timeout(None)?;
    stream.set_write_timeout(None)
}

/// Whether these two may talk about this.
fn compatible(
    theirs: &Identity,
    protocol: u32,
    ours: &Identity,
    errand: Errand,
) -> Result<(), String> {
    if protocol != wire::PROTOCOL || theirs.version != ours.version || theirs.build != ours.build {
        return Err(format!("the other side is slm {} of another build", theirs.version));
    }
    if matches!(errand, Errand::Work { .. }) && theirs.conditions != ours.conditions {
        return Err("the keeper runs under other conditions: priority, processors".to_owned());
    }
    Ok(())
}

/// A connection as the client's worker: what ends is the connection.
struct Connection(UnixStream);

impl Worker for Connection {
    fn end(&mut self) -> Ending {
        // Fails when the other side has closed it.
        let _ = self.0.shutdown(Shutdown::Both);
        Ending::default()
    }
}
