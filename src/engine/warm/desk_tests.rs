//! The desk between fake clients (channels) and fake workers (threads that speak the protocol).

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::Activity;
use super::desk::{Desk, MAX_WORKERS, Outbox};
use super::keeper::Event;
use crate::engine::client::{Ending, Transport, Worker};
use crate::engine::wire::{self, Ask, Fault, Reply, Request, Tell};
use crate::engine::{AdapterOptions, Engine as _, LoadOptions, Scripted};

/// What no test waits longer for.
const LIMIT: Duration = Duration::from_secs(20);

/// What was sent to workers: their number and the request.
type Log = Arc<Mutex<Vec<String>>>;

/// A worker that is a thread. It counts bytes, but for a few words that it obeys.
fn life(number: usize, log: &Log, reader: &mut dyn Read, writer: &mut dyn Write) -> io::Result<()> {
    let tell = |writer: &mut dyn Write, id, tell| wire::send(writer, &Reply { id, tell });
    tell(writer, 0, Tell::Hello { protocol: wire::PROTOCOL })?;
    while let Some(Request { id, ask }) = wire::receive::<Request>(reader)? {
        let seen = match &ask {
            Ask::Load(_) => "load".to_owned(),
            Ask::CountTokens { text } => text.clone(),
            Ask::Cancel { id } => format!("cancel {id}"),
            other => format!("{other:?}"),
        };
        log.lock().unwrap().push(format!("{number}: {seen}"));
        match ask {
            Ask::Load(load) if load.context == 0 => {
                tell(writer, id, Tell::Failed(Fault::BadRequest("no context".to_owned())))?;
            }
            Ask::Load(load) if load.context == 1 => return Ok(()),
            Ask::Load(load) if load.context == 2 => {}
            Ask::Load(_) => {
                tell(writer, id, Tell::Loaded(Scripted::new().info().into()))?;
            }
            Ask::CountTokens { text } => match text.as_str() {
                "die" => return Ok(()),
                "hold" | "hang" | "speak and die" => {
                    let dies = text == "speak and die";
                    tell(writer, id, Tell::Text { index: 0, text, logprobs: Vec::new() })?;
                    if dies {
                        return Ok(());
                    }
                }
                text => tell(writer, id, Tell::Count(text.len()))?,
            },
            Ask::Cancel { .. } if log.lock().unwrap().iter().any(|seen| seen.ends_with("hang")) => {
            }
            Ask::Cancel { id } => tell(writer, id, Tell::Failed(Fault::Cancelled))?,
            _ => return Err(io::ErrorKind::Unsupported.into()),
        }
    }
    Ok(())
}

struct Thread;

impl Worker for Thread {
    fn end(&mut self) -> Ending {
        Ending { code: None, signal: Some(9), stderr: "last words".to_owned() }
    }
}

/// Gives each frame on as a reply.
struct Frames(Sender<Reply>);

impl Write for Frames {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let reply = wire::receive(&mut &*bytes)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        self.0.send(reply).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Bench {
    desk: Desk,
    inbox: Receiver<Event>,
    replies: HashMap<u64, Receiver<Reply>>,
    log: Log,
    dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let (events, inbox) = crossbeam_channel::unbounded();
        let log = Log::default();
        let (lives, count) = (Arc::clone(&log), Mutex::new(0));
        let launch = move |_: &LoadOptions| {
            let (mut worker_reads, writer) = io::pipe()?;
            let (reader, mut worker_writes) = io::pipe()?;
            let mut count = count.lock().unwrap();
            *count += 1;
            let (number, log) = (*count, Arc::clone(&lives));
            std::thread::spawn(move || life(number, &log, &mut worker_reads, &mut worker_writes));
            let (reader, writer) = (Box::new(reader), Box::new(writer));
            Ok(Transport { reader, writer, worker: Box::new(Thread) })
        };
        let desk = Desk::new(Box::new(launch), events, "1.0".to_owned());
        let dir = tempfile::tempdir().unwrap();
        Self { desk, inbox, replies: HashMap::new(), log, dir }
    }

    fn model(&self, name: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        if !path.exists() {
            crate::base::fs::write(&path, name).unwrap();
        }
        path
    }

    fn come(&mut self, client: u64) {
        let (sender, replies) = crossbeam_channel::unbounded();
        self.replies.insert(client, replies);
        let out = Outbox::new(Frames(sender));
        self.desk.take(Event::Came { client, out, keep: Duration::from_secs(60) });
    }

    fn ask(&mut self, client: u64, id: u64, ask: Ask) {
        self.desk.take(Event::Asked { client, request: Request { id, ask } });
    }

    fn count(&mut self, client: u64, id: u64, text: &str) {
        self.ask(client, id, Ask::CountTokens { text: text.to_owned() });
    }

    fn load_with(&mut self, client: u64, name: &str, context: usize) -> Tell {
        let load = LoadOptions { context, ..LoadOptions::new(self.model(name)) };
        self.ask(client, 1, Ask::Load(load));
        self.reply(client).tell
    }

    /// A new client with this model.
    fn client(&mut self, client: u64, name: &str) {
        self.come(client);
        let told = self.load_with(client, name, 512);
        assert!(matches!(told, Tell::Loaded(_)), "{told:?}");
    }

    /// The next reply to `client`.
    fn reply(&mut self, client: u64) -> Reply {
        let started = Instant::now();
        loop {
            if let Ok(reply) = self.replies[&client].try_recv() {
                return reply;
            }
            assert!(started.elapsed() < LIMIT, "no reply to {client}: {:?}", self.log);
            match self.inbox.recv_timeout(Duration::from_millis(5)) {
                Ok(event) => self.desk.take(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => unreachable!("the desk has a sender"),
            }
        }
    }

    /// Until `client` has seen that its request runs.
    fn runs(&mut self, client: u64) {
        let reply = self.reply(client);
        assert!(matches!(reply.tell, Tell::Text { .. }), "{reply:?}");
    }

    fn activities(&mut self) -> Vec<Activity> {
        let (sender, status) = crossbeam_channel::bounded(1);
        self.desk.take(Event::Status(sender));
        status.recv().unwrap().workers.iter().map(|worker| worker.activity).collect()
    }

    fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

fn counted(reply: &Reply) -> (u64, usize) {
    match reply.tell {
        Tell::Count(count) => (reply.id, count),
        _ => panic!("{reply:?}"),
    }
}

#[test]
fn a_model_is_loaded_once_and_each_gets_its_own_answers() {
    let mut bench = Bench::new();
    bench.client(1, "a");
    bench.client(2, "a");
    for (id, client) in [(7, 1), (7, 2), (8, 2), (8, 1)] {
        bench.count(client, id, &"x".repeat((10 * client + id) as usize));
    }
    for client in [1, 2] {
        for id in [7, 8] {
            let reply = bench.reply(client);
            assert_eq!(counted(&reply), (id, (10 * client + id) as usize));
        }
    }
    let log = bench.log();
    assert_eq!(log[0], "1: load");
    // In the order they came.
    let lengths: Vec<usize> = log[1..].iter().map(|seen| seen.len() - "1: ".len()).collect();
    assert_eq!(lengths, [17, 27, 28, 18]);
    assert_eq!(bench.activities(), [Activity::Idle]);
}

#[test]
fn a_death_is_told_to_who_caused_it_and_the_others_get_a_new_worker() {
    let mut bench = Bench::new();
    bench.client(1, "a");
    bench.client(2, "a");
    // New, so there is nobody else to blame.
    bench.count(1, 2, "die");
    bench.count(2, 2, "abc");
    let Reply { id: 2, tell: Tell::Died { signal, stderr, .. } } = bench.reply(1) else {
        panic!("the death was not told")
    };
    assert_eq!((signal, stderr.as_str()), (Some(9), "last words"));
    let reply = bench.reply(2);
    assert_eq!(counted(&reply), (2, 3));
    assert_eq!(bench.log(), ["1: load", "1: die", "2: load", "2: abc"]);
    // Nobody has to load again either after a death between two requests.
    bench.count(1, 3, "abcd");
    let reply = bench.reply(1);
    assert_eq!(counted(&reply), (3, 4));
}

#[test]
fn who_may_not_have_caused_a_death_is_served_by_a_new_worker_once() {
    let mut bench = Bench::new();
    bench.client(1, "a");
    bench.client(2, "a");
    bench.count(1, 2, "x");
    bench.reply(1);
    bench.count(1, 3, "die");
    bench.count(2, 2, "abc");
    let reply = bench.reply(1);
    assert!(matches!(reply, Reply { id: 3, tell: Tell::Died { .. } }), "{reply:?}");
    let reply = bench.reply(2);
    assert_eq!(counted(&reply), (2, 3));
    let log = ["1: load", "1: x", "1: die", "2: load", "2: die", "3: load", "3: abc"];
    assert_eq!(bench.log(), log);
    // What was said already is not said again.
    bench.count(1, 4, "speak and die");
    bench.runs(1);
    let reply = bench.reply(1);
    assert!(matches!(reply, Reply { id: 4, tell: Tell::Died { .. } }), "{reply:?}");
    assert_eq!(bench.log()[log.len()..], ["3: speak and die"]);
}

#[test]
fn what_does_not_load_is_told_to_all_who_wait_and_kept_by_nobody() {
    let mut bench = Bench::new();
    bench.come(1);
    let told = bench.load_with(1, "a", 0);
    assert!(matches!(&told, Tell::Failed(Fault::BadRequest(_))), "{told:?}");
    let told = bench.load_with(1, "a", 1);
    assert!(matches!(&told, Tell::Died { .. }), "{told:?}");
    bench.count(1, 2, "abc");
    let reply = bench.reply(1);
    assert!(matches!(&reply.tell, Tell::Died { .. }), "it was loaded again, in vain: {reply:?}");
    assert_eq!(bench.activities(), []);

    bench.come(2);
    bench.count(2, 1, "abc");
    let reply = bench.reply(2);
    assert!(matches!(&reply.tell, Tell::Failed(Fault::BadRequest(_))), "{reply:?}");
    let load = LoadOptions { context: 9, ..LoadOptions::new("/nowhere/at/all") };
    bench.ask(2, 2, Ask::Load(load));
    let reply = bench.reply(2);
    assert!(matches!(&reply.tell, Tell::Refused(_)), "{reply:?}");
}

#[test]
fn cancelling_what_waits_leaves_what_runs_alone() {
    let mut bench = Bench::new();
    bench.client(1, "a");
    bench.client(2, "a");
    bench.count(1, 5, "hold");
    bench.runs(1);
    bench.count(2, 5, "abc");
    bench.ask(2, 0, Ask::Cancel { id: 5 });
    let reply = bench.reply(2);
    assert!(matches!(reply, Reply { id: 5, tell: Tell::Failed(Fault::Cancelled) }), "{reply:?}");
    assert_eq!(bench.activities(), [Activity::Busy]);

    bench.ask(1, 0, Ask::Cancel { id: 5 });
    let reply = bench.reply(1);
    assert!(matches!(reply, Reply { id: 5, tell: Tell::Failed(Fault::Cancelled) }), "{reply:?}");
    // The worker's numbers are its own: the load was its first.
    assert_eq!(bench.log(), ["1: load", "1: hold", "1: cancel 2"]);
}

#[test]
fn a_client_that_leaves_frees_its_worker() {
    let mut bench = Bench::new();
    bench.client(1, "a");
    bench.client(2, "a");
    bench.count(1, 2, "hold");
    bench.runs(1);
    bench.count(1, 3, "never");
    bench.count(2, 2, "abc");
    bench.desk.take(Event::Left { client: 1 });
    let reply = bench.reply(2);
    assert_eq!(counted(&reply), (2, 3));
    assert_eq!(bench.log(), ["1: load", "1: hold", "1: cancel 2", "1: abc"]);
    bench.desk.take(Event::Left { client: 2 });
    assert!(!bench.desk.is_empty(), "the worker stays warm");
    bench.desk.tick(Instant::now() + Duration::from_secs(61));
    assert!(bench.desk.is_empty());
}

#[test]
fn loading_for_nobody_ends() {
    let mut bench = Bench::new();
    bench.come(1);
    let load = LoadOptions { context: 2, ..LoadOptions::new(bench.model("a")) };
    bench.ask(1, 1, Ask::Load(load.clone()));
    assert_eq!(bench.activities(), [Activity::Loading]);
    bench.ask(1, 0, Ask::Cancel { id: 1 });
    assert_eq!(bench.activities(), []);
    bench.ask(1, 2, Ask::Load(load));
    assert_eq!(bench.activities(), [Activity::Loading]);
    bench.desk.take(Event::Left { client: 1 });
    assert!(bench.desk.is_empty());
}

#[test]
fn few_are_warm_and_the_one_used_longest_ago_makes_room() {
    let mut bench = Bench::new();
    for (client, name) in (1..).zip(["a", "b"]) {
        bench.client(client, name);
    }
    bench.count(1, 2, "recent");
    bench.reply(1);
    bench.client(3, "c");
    assert_eq!(bench.activities().len(), MAX_WORKERS);
    assert_eq!(bench.log().last().unwrap(), "3: load");
    // "a" was used after "b", and is still there.
    bench.count(1, 3, "hold");
    bench.runs(1);
    bench.count(3, 2, "hold");
    bench.runs(3);
    bench.count(2, 2, "abc");
    let reply = bench.reply(2);
    assert!(matches!(&reply.tell, Tell::Refused(why) if why.contains("busy")), "{reply:?}");
    assert_eq!(bench.log().last().unwrap(), "3: hold");
}

#[test]
fn a_worker_that_does_not_hear_is_replaced() {
    let mut bench = Bench::new();
    bench.client(1, "a");
    bench.client(2, "a");
    bench.count(1, 2, "hang");
    bench.runs(1);
    bench.count(2, 2, "abc");
    bench.desk.take(Event::Left { client: 1 });
    let next = bench.desk.tick(Instant::now()).unwrap();
    assert_eq!(bench.activities(), [Activity::Busy]);
    bench.desk.tick(next);
    let reply = bench.reply(2);
    assert_eq!(counted(&reply), (2, 3));
    assert_eq!(bench.log().last().unwrap(), "2: abc");
}

#[test]
fn a_changed_file_is_another_model() {
    let mut bench = Bench::new();
    bench.client(1, "a");
    crate::base::fs::write(&bench.model("a"), "longer than before").unwrap();
    // Its worker has read the old one, and what was said about that still holds.
    bench.count(1, 2, "abc");
    let reply = bench.reply(1);
    assert_eq!(counted(&reply), (2, 3));
    bench.client(2, "a");
    assert_eq!(bench.log(), ["1: load", "1: abc", "2: load"]);
    bench.count(1, 3, "abc");
    let reply = bench.reply(1);
    assert!(matches!(&reply.tell, Tell::Refused(why) if why.contains("changed")), "{reply:?}");
    crate::base::fs::write(&bench.model("a"), "again").unwrap();
    bench.desk.drop_outdated();
    assert_eq!(bench.activities(), []);
}

#[test]
fn a_model_with_an_adapter_is_another_one() {
    let mut bench = Bench::new();
    let wish = |bench: &Bench, scale| {
        let adapter = AdapterOptions { path: bench.model("added"), scale };
        LoadOptions { adapter: Some(adapter), ..LoadOptions::new(bench.model("a")) }
    };
    for (client, scale) in [(1, 1.0), (2, 1.0), (3, 0.5)] {
        bench.come(client);
        let load = wish(&bench, scale);
        bench.ask(client, 1, Ask::Load(load));
        let reply = bench.reply(client);
        assert!(matches!(reply.tell, Tell::Loaded(_)), "{reply:?}");
    }
    assert_eq!(bench.log(), ["1: load", "2: load"]);
    // The adapter's file counts as the model's does.
    crate::base::fs::write(&bench.model("added"), "another").unwrap();
    bench.desk.drop_outdated();
    assert_eq!(bench.activities(), []);
}
