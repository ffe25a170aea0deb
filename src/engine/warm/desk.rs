//! Who gets which worker when: requests come in, go to their model's worker one at a time, and the
//! replies go back.
//!
//! A worker is given one request at a time, so what waits here survives its death, can be cancelled
//! without it, and is not cancelled with what runs. What runs when a worker dies may not be the cause:
//! it has served others before. So it is given to a new worker, whose death is then told.

use std::collections::{HashMap, VecDeque};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use serde::Serialize;

use super::keeper::Event;
use super::{Activity, Status, WorkerStatus};
use crate::base::fs::read_text;
use crate::engine::LoadOptions;
use crate::engine::ModelInfo;
use crate::engine::client::{Transport, Worker};
use crate::engine::wire::{self, Ask, Fault, Reply, Request, Tell, WireInfo};

/// Workers at a time: a language and an embedding model.
pub(super) const MAX_WORKERS: usize = 2;
/// How long a worker may go on with a request that was cancelled.
const PATIENCE: Duration = Duration::from_secs(10);

/// Starts a worker for a model.
pub(super) type Launch = Box<dyn Fn(&LoadOptions) -> io::Result<Transport>>;

/// Writes frames without ever keeping the sender waiting; what it writes to is dropped after the last
/// one, or when writing fails.
pub(super) struct Outbox<T>(Sender<T>);

impl<T: Serialize + Send + 'static> Outbox<T> {
    pub(super) fn new(mut writer: impl Write + Send + 'static) -> Self {
        let (sender, frames) = crossbeam_channel::unbounded::<T>();
        std::thread::spawn(move || {
            for frame in frames {
                if wire::send(&mut writer, &frame).is_err() {
                    break;
                }
            }
        });
        Self(sender)
    }

    fn put(&self, frame: T) {
        // Whoever cannot be written to is noticed by reading.
        let _ = self.0.send(frame);
    }
}

/// All clients and all workers.
pub(super) struct Desk {
    launch: Launch,
    events: Sender<Event>,
    version: String,
    clients: HashMap<u64, Client>,
    workers: Vec<Warm>,
    started: u64,
}

struct Client {
    out: Outbox<Reply>,
    keep: Duration,
    /// What it has loaded.
    model: Option<Model>,
}

/// A model as it was asked for, and the files it was made of then.
#[derive(Clone, PartialEq)]
struct Model {
    load: LoadOptions,
    /// Of each: device, inode, size, and time of modification.
    files: Vec<[i64; 5]>,
}

impl Model {
    fn of(load: LoadOptions) -> io::Result<Self> {
        let identity = |path: &PathBuf| {
            let about = path.metadata()?;
            let (device, inode, size) =
                (about.dev() as i64, about.ino() as i64, about.size() as i64);
            Ok([device, inode, size, about.mtime(), about.mtime_nsec()])
        };
        let adapter = load.adapter.as_ref().map(|adapter| &adapter.path);
        let paths = std::iter::once(&load.path).chain(&load.draft).chain(adapter);
        let files: io::Result<_> = paths.map(identity).collect();
        Ok(Self { files: files?, load })
    }

    fn is_unchanged(&self) -> bool {
        Self::of(self.load.clone()).is_ok_and(|now| now == *self)
    }
}

/// A worker.
struct Warm {
    number: u64,
    model: Model,
    out: Outbox<Request>,
    process: Box<dyn Worker>,
    /// The reply to its `Load`, once it has come.
    info: Option<WireInfo>,
    running: Option<Running>,
    waiting: VecDeque<Waiting>,
    last_id: u64,
    since: Instant,
    keep: Duration,
    served: u64,
}

struct Running {
    /// The number that the worker knows.
    id: u64,
    /// Who asked under which number; nobody when that client is gone, or it is the keeper's `Load`.
    asker: Option<(u64, u64)>,
    cancelled: Option<Instant>,
    /// Some of the answer has been passed on.
    has_spoken: bool,
    ask: Ask,
}

struct Waiting {
    client: u64,
    id: u64,
    ask: Ask,
}

impl Drop for Warm {
    fn drop(&mut self) {
        self.process.end();
    }
}

impl Warm {
    fn is_idle(&self) -> bool {
        self.running.is_none() && self.waiting.is_empty()
    }

    /// Gives the worker `ask` under a number of its own.
    fn run(&mut self, ask: Ask, asker: Option<(u64, u64)>) {
        self.last_id += 1;
        let id = self.last_id;
        self.since = Instant::now();
        self.out.put(Request { id, ask: ask.clone() });
        self.running = Some(Running { id, asker, cancelled: None, has_spoken: false, ask });
    }

    /// Tells the worker that nobody waits for its answer.
    fn cancel_running(&mut self) {
        if let Some(running) = &mut self.running
            && self.info.is_some()
        {
            running.cancelled.get_or_insert_with(Instant::now);
            self.out.put(Request { id: 0, ask: Ask::Cancel { id: running.id } });
        }
    }

    /// True for one that loads a model nobody waits for.
    fn is_forsaken(&self) -> bool {
        self.info.is_none() && self.waiting.is_empty()
    }

    /// Whom its messages concern.
    fn listener(&self) -> Option<u64> {
        match &self.running {
            Some(Running { asker: Some((client, _)), .. }) => Some(*client),
            _ => self.waiting.front().map(|waiting| waiting.client),
        }
    }
}

impl Desk {
    pub(super) fn new(launch: Launch, events: Sender<Event>, version: String) -> Self {
        let (clients, workers) = (HashMap::new(), Vec::new());
        Self { launch, events, version, clients, workers, started: 0 }
    }

    /// No client and no worker.
    pub(super) fn is_empty(&self) -> bool {
        self.clients.is_empty() && self.workers.is_empty()
    }

    /// Nothing runs and nothing waits.
    pub(super) fn is_quiet(&self) -> bool {
        self.workers.iter().all(Warm::is_idle)
    }

    pub(super) fn take(&mut self, event: Event) {
        match event {
            Event::Came { client, out, keep } => {
                self.clients.insert(client, Client { out, keep, model: None });
            }
            Event::Asked { client, request } => self.asked(client, request),
            Event::Left { client } => self.left(client),
            Event::Told { worker, reply } => self.told(worker, reply),
            Event::Lost { worker } => self.lost(worker),
            Event::Status(to) => drop(to.send(self.status())),
            Event::Stop => {}
        }
    }

    /// Ends idle workers that hold what is no longer in their file.
    pub(super) fn drop_outdated(&mut self) {
        self.workers.retain(|warm| !warm.is_idle() || warm.model.is_unchanged());
    }

    /// Ends workers that were idle for long or hang; gives the next moment at which there may be
    /// something to do.
    pub(super) fn tick(&mut self, now: Instant) -> Option<Instant> {
        self.workers.retain(|warm| !warm.is_idle() || now < warm.since + warm.keep);
        let hangs = |warm: &Warm| {
            let since = warm.running.as_ref().and_then(|running| running.cancelled);
            since.is_some_and(|since| now >= since + PATIENCE)
        };
        while let Some(index) = self.workers.iter().position(hangs) {
            let mut warm = self.workers.remove(index);
            self.start_again(&mut warm);
        }
        let moments = self.workers.iter().filter_map(|warm| match &warm.running {
            None => Some(warm.since + warm.keep),
            Some(running) => running.cancelled.map(|at| at + PATIENCE),
        });
        moments.min()
    }

    fn asked(&mut self, client: u64, request: Request) {
        let Request { id, ask } = request;
        match ask {
            Ask::Cancel { id } => return self.cancel(client, id),
            Ask::Shutdown => return self.left(client),
            _ => {}
        }
        let Some(from) = self.clients.get_mut(&client) else { return };
        if let Ask::Load(load) = &ask {
            from.model = Model::of(load.clone()).ok();
        }
        let Some(model) = from.model.clone() else {
            let fault = Fault::BadRequest("no model is loaded".to_owned());
            return self.tell(
                client,
                id,
                match ask {
                    Ask::Load(_) => Tell::Refused("the model's file cannot be read".to_owned()),
                    _ => Tell::Failed(fault),
                },
            );
        };
        match self.worker_for(&model) {
            Ok(index) => {
                self.workers[index].waiting.push_back(Waiting { client, id, ask });
                self.advance(index);
            }
            Err(why) => self.tell(client, id, Tell::Refused(why)),
        }
    }

    /// The worker that holds `model`, started when there is none.
    fn worker_for(&mut self, model: &Model) -> Result<usize, String> {
        if let Some(index) = self.workers.iter().position(|warm| warm.model == *model) {
            return Ok(index);
        }
        if !model.is_unchanged() {
            return Err("the model's file has changed".to_owned());
        }
        self.drop_outdated();
        if self.workers.len() >= MAX_WORKERS {
            let idle = self.workers.iter().enumerate().filter(|(_, warm)| warm.is_idle());
            let Some((oldest, _)) = idle.min_by_key(|(_, warm)| warm.since) else {
                return Err(format!("all {MAX_WORKERS} warm workers are busy"));
            };
            self.workers.remove(oldest);
        }
        let Transport { mut reader, writer, worker } =
            (self.launch)(&model.load).map_err(|error| error.to_string())?;
        self.started += 1;
        let (number, events) = (self.started, self.events.clone());
        std::thread::spawn(move || {
            while let Ok(Some(reply)) = wire::receive::<Reply>(&mut reader) {
                if events.send(Event::Told { worker: number, reply }).is_err() {
                    return;
                }
            }
            let _ = events.send(Event::Lost { worker: number });
        });
        let mut warm = Warm {
            number,
            model: model.clone(),
            out: Outbox::new(writer),
            process: worker,
            info: None,
            running: None,
            waiting: VecDeque::new(),
            last_id: 0,
            since: Instant::now(),
            keep: Duration::ZERO,
            served: 0,
        };
        warm.run(Ask::Load(model.load.clone()), None);
        self.workers.push(warm);
        Ok(self.workers.len() - 1)
    }

    /// Starts what waits for this worker, as far as it is free.
    fn advance(&mut self, index: usize) {
        let Self { workers, clients, .. } = self;
        let warm = &mut workers[index];
        while let (None, Some(info)) = (&warm.running, &warm.info) {
            let Some(Waiting { client, id, ask }) = warm.waiting.pop_front() else { return };
            let Some(asker) = clients.get(&client) else { continue };
            warm.keep = asker.keep;
            warm.since = Instant::now();
            match ask {
                Ask::Load(_) => asker.out.put(Reply { id, tell: Tell::Loaded(info.clone()) }),
                ask => warm.run(ask, Some((client, id))),
            }
        }
    }

    fn told(&mut self, worker: u64, reply: Reply) {
        let Some(index) = self.index(worker) else { return };
        let warm = &mut self.workers[index];
        if let Tell::Log { .. } = &reply.tell {
            if let Some(client) = warm.listener() {
                self.tell(client, 0, reply.tell);
            }
            return;
        }
        // Replies to what is over are dropped.
        let Some(running) = warm.running.as_mut().filter(|running| running.id == reply.id) else {
            return;
        };
        let asker = running.asker;
        if !reply.tell.is_final() {
            running.has_spoken = true;
            return self.answer(asker, reply.tell);
        }
        warm.running = None;
        warm.since = Instant::now();
        if warm.info.is_some() {
            warm.served += 1;
            self.answer(asker, reply.tell);
            return self.advance(index);
        }
        match reply.tell {
            Tell::Loaded(info) => {
                warm.info = Some(info);
                self.advance(index);
            }
            tell => self.could_not_load(index, tell),
        }
    }

    /// Ends a worker without a model, and tells all who wait for it why.
    fn could_not_load(&mut self, index: usize, tell: Tell) {
        let mut warm = self.workers.remove(index);
        for Waiting { client, id, .. } in std::mem::take(&mut warm.waiting) {
            self.tell(
                client,
                id,
                match &tell {
                    Tell::Failed(fault) => Tell::Failed(fault.clone()),
                    Tell::Died { code, signal, stderr } => {
                        Tell::Died { code: *code, signal: *signal, stderr: stderr.clone() }
                    }
                    _ => Tell::Refused("the worker does not load its model".to_owned()),
                },
            );
        }
    }

    fn lost(&mut self, worker: u64) {
        let Some(index) = self.index(worker) else { return };
        let ending = self.workers[index].process.end();
        let died = Tell::Died { code: ending.code, signal: ending.signal, stderr: ending.stderr };
        if self.workers[index].info.is_none() {
            return self.could_not_load(index, died);
        }
        let mut warm = self.workers.remove(index);
        match warm.running.take() {
            Some(Running {
                asker: Some((client, id)),
                cancelled: None,
                has_spoken: false,
                ask,
                ..
            }) if warm.served > 0 => {
                warm.waiting.push_front(Waiting { client, id, ask });
            }
            running => self.answer(running.and_then(|running| running.asker), died),
        }
        self.start_again(&mut warm);
    }

    /// Gives what waits for a worker that is gone to a new one.
    fn start_again(&mut self, warm: &mut Warm) {
        warm.process.end();
        for Waiting { client, id, ask } in std::mem::take(&mut warm.waiting) {
            self.asked(client, Request { id, ask });
        }
    }

    fn cancel(&mut self, client: u64, id: u64) {
        let mine = |waiting: &Waiting| waiting.client == client && waiting.id == id;
        for warm in &mut self.workers {
            if warm.running.as_ref().is_some_and(|running| running.asker == Some((client, id))) {
                return warm.cancel_running();
            }
        }
        let found = self.workers.iter_mut().any(|warm| {
            let at = warm.waiting.iter().position(mine);
            at.and_then(|at| warm.waiting.remove(at)).is_some()
        });
        if found {
            self.tell(client, id, Tell::Failed(Fault::Cancelled));
            self.workers.retain(|warm| !warm.is_forsaken());
        }
    }

    fn left(&mut self, client: u64) {
        self.clients.remove(&client);
        for warm in &mut self.workers {
            warm.waiting.retain(|waiting| waiting.client != client);
            let running = warm.running.as_mut();
            let running = running.filter(|running| running.asker.is_some_and(|(c, _)| c == client));
            if let Some(running) = running {
                running.asker = None;
                warm.cancel_running();
            }
        }
        self.workers.retain(|warm| !warm.is_forsaken());
    }

    fn index(&self, worker: u64) -> Option<usize> {
        self.workers.iter().position(|warm| warm.number == worker)
    }

    fn answer(&self, asker: Option<(u64, u64)>, tell: Tell) {
        if let Some((client, id)) = asker {
            self.tell(client, id, tell);
        }
    }

    fn tell(&self, client: u64, id: u64, tell: Tell) {
        if let Some(client) = self.clients.get(&client) {
            client.out.put(Reply { id, tell });
        }
    }

    fn status(&self) -> Status {
        let now = Instant::now();
        let workers = self.workers.iter().map(|warm| {
            let load = &warm.model.load;
            let pid = warm.process.pid();
            let (activity, ends_in) = match (&warm.info, &warm.running) {
                (None, _) => (Activity::Loading, None),
                (Some(_), Some(_)) => (Activity::Busy, None),
                (Some(_), None) => {
                    let end = warm.since + warm.keep;
                    (Activity::Idle, Some(end.saturating_duration_since(now)))
                }
            };
            WorkerStatus {
                pid,
                model: load.path.clone(),
                context: warm.info.clone().map_or(load.context, |i| ModelInfo::from(i).context),
                threads: load.threads,
                memory: pid.and_then(resident),
                activity,
                since: now.saturating_duration_since(warm.since),
                ends_in,
                requests: warm.served,
                waiting: warm.waiting.len(),
            }
        });
        Status {
            pid: std::process::id(),
            version: self.version.clone(),
            workers: workers.collect(),
        }
    }
}

/// Resident memory of a process in bytes (`VmRSS` of proc_pid_status(5), in KiB).
fn resident(pid: u32) -> Option<u64> {
    let text = read_text(format!("/proc/{pid}/status").as_ref()).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}
