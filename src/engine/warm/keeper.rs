//! The keeper process: lets clients in, and hands what they say to the [`Desk`].

use std::fs::TryLockError;
use std::io;
use std::net::Shutdown;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use super::desk::{Desk, Launch, Outbox};
use super::{Errand, GREETING, Identity, Knock, PATIENCE, POLL, PeerOf, Place, Status, Welcome};
use crate::engine::wire::{self, Reply, Request};

/// How often a keeper looks whether it is still the one that new commands will find.
const LOOK: Duration = Duration::from_secs(2);
/// How long a keeper without client and worker waits for another one.
const LINGER: Duration = Duration::from_secs(2);
/// How long the door stays shut when there are no descriptors left.
const RESPITE: Duration = Duration::from_millis(100);
/// Connections at a time.
const MAX_CLIENTS: usize = 64;

/// What a keeper is told about the world.
pub struct Surroundings {
    pub launch: Launch,
    pub peer: PeerOf,
    /// Whether the program on disk is still the one that runs.
    pub is_current: Box<dyn Fn() -> bool>,
    /// Something arrives, or the channel closes, when the keeper has to end.
    pub stop: Receiver<()>,
}

impl std::fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings").finish_non_exhaustive()
    }
}

/// What happens to a keeper.
pub(super) enum Event {
    Came {
        client: u64,
        out: Outbox<Reply>,
        keep: Duration,
    },
    Asked {
        client: u64,
        request: Request,
    },
    Left {
        client: u64,
    },
    Told {
        worker: u64,
        reply: Reply,
    },
    /// The worker closed its pipe.
    Lost {
        worker: u64,
    },
    Status(Sender<Status>),
    Stop,
}

/// Serves the clients of this user until nobody needs it: no client and no worker is left, it is told
/// to stop, its socket is not found any more, or the program was replaced. When another keeper is at
/// `place` already there is nothing to do.
///
/// # Errors
/// When the socket cannot be made.
pub fn serve(place: &Place, identity: &Identity, surroundings: Surroundings) -> io::Result<()> {
    let Surroundings { launch, peer, is_current, stop } = surroundings;
    let lock = place.lock()?;
    if !alone(place, &lock)? {
        return Ok(());
    }
    // The lock is held: whoever made it is dead.
    match std::fs::remove_file(place.socket()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(place.socket())?;
    std::fs::set_permissions(place.socket(), std::fs::Permissions::from_mode(0o600))?;
    let own = inode(place.socket());
    let (events, inbox) = crossbeam_channel::unbounded();
    let door = Door { identity: identity.clone(), peer, events: events.clone() };
    std::thread::spawn(move || door.open(&listener));
    let desk = Desk::new(launch, events, identity.version.clone());
    let is_found = || own.is_some() && inode(place.socket()) == own;
    work(desk, &inbox, &stop, &|| is_found() && is_current());
    if is_found() {
        let _ = std::fs::remove_file(place.socket());
    }
    Ok(())
}

/// Waits for the lock while its holder ends; false when the holder serves.
fn alone(place: &Place, lock: &std::fs::File) -> io::Result<bool> {
    let limit = Instant::now() + PATIENCE / 2;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) => {}
        }
        if UnixStream::connect(place.socket()).is_ok() || Instant::now() > limit {
            return Ok(false);
        }
        std::thread::sleep(POLL);
    }
}

fn inode(path: &Path) -> Option<(u64, u64)> {
    path.symlink_metadata().ok().map(|about| (about.dev(), about.ino()))
}

fn work(mut desk: Desk, inbox: &Receiver<Event>, stop: &Receiver<()>, stays: &dyn Fn() -> bool) {
    let started = Instant::now();
    let (mut needed, mut looked, mut leaves) = (started, started, false);
    loop {
        let now = Instant::now();
        let next = desk.tick(now);
        if now - looked >= LOOK {
            looked = now;
            leaves = !stays();
            desk.drop_outdated();
        }
        if !desk.is_empty() {
            needed = now;
        }
        if now - needed >= LINGER || leaves && desk.is_quiet() {
            return;
        }
        let wait = next.map_or(LOOK, |at| at.saturating_duration_since(now)).min(LOOK).min(LINGER);
        crossbeam_channel::select! {
            recv(stop) -> _ => return,
            recv(inbox) -> event => match event {
                Ok(Event::Stop) | Err(_) => return,
                Ok(event) => desk.take(event),
            },
            default(wait) => {}
        }
    }
}

/// Lets clients in.
#[derive(Clone)]
struct Door {
    identity: Identity,
    peer: PeerOf,
    events: Sender<Event>,
}

impl Door {
    fn open(&self, listener: &UnixListener) {
        let inside = Arc::new(AtomicUsize::new(0));
        for (client, stream) in (0..).zip(listener.incoming()) {
            let Ok(stream) = stream else {
                // Out of descriptors, as a rule: others will be given back.
                std::thread::sleep(RESPITE);
                continue;
            };
            if inside.fetch_add(1, Ordering::SeqCst) >= MAX_CLIENTS {
                inside.fetch_sub(1, Ordering::SeqCst);
                continue;
            }
            let (door, inside) = (self.clone(), Arc::clone(&inside));
            std::thread::spawn(move || {
                // Trouble with one client is that client's: its connection closes.
                let _ = door.attend(client, stream);
                inside.fetch_sub(1, Ordering::SeqCst);
            });
        }
    }

    fn attend(&self, client: u64, mut stream: UnixStream) -> io::Result<()> {
        super::trust((self.peer)(&stream)?).map_err(io::Error::other)?;
        stream.set_read_timeout(Some(GREETING))?;
        stream.set_write_timeout(Some(GREETING))?;
        let Some(knock) = wire::receive::<Knock>(&mut stream)? else { return Ok(()) };
        let Knock { protocol, identity, errand } = knock;
        let refused = super::compatible(&identity, protocol, &self.identity, errand).err();
        let is_refused = refused.is_some();
        let identity = self.identity.clone();
        wire::send(&mut stream, &Welcome { protocol: wire::PROTOCOL, identity, refused })?;
        if is_refused {
            return Ok(());
        }
        match errand {
            Errand::Work { keep_ms } => {
                stream.set_read_timeout(None)?;
                stream.set_write_timeout(None)?;
                self.listen(client, stream, Duration::from_millis(keep_ms))
            }
            Errand::Status => {
                let (sender, status) = crossbeam_channel::bounded(1);
                self.tell(Event::Status(sender))?;
                let status = status.recv().map_err(io::Error::other)?;
                wire::send(&mut stream, &status)
            }
            Errand::Stop => {
                self.tell(Event::Stop)?;
                // Closed by the end of the process, which is what the other side waits for.
                std::mem::forget(stream);
                Ok(())
            }
        }
    }

    fn listen(&self, client: u64, mut stream: UnixStream, keep: Duration) -> io::Result<()> {
        let out = Outbox::new(Closing(stream.try_clone()?));
        self.tell(Event::Came { client, out, keep })?;
        while let Ok(Some(request)) = wire::receive::<Request>(&mut stream) {
            self.tell(Event::Asked { client, request })?;
        }
        self.tell(Event::Left { client })
    }

    fn tell(&self, event: Event) -> io::Result<()> {
        self.events.send(event).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// The end that is written to; when nobody will write any more, reading ends as well.
struct Closing(UnixStream);

impl io::Write for Closing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        let _ = self.0.shutdown(Shutdown::Both);
    }
}
