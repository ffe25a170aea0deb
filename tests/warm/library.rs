//! Many requests of several clients at a time, through a keeper in this process that owns the real
//! binary's workers.

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossbeam_channel::Sender;
use rustix::process::Signal;
use slm::base::Cancel;
use slm::engine::warm::{self, Identity, Peer, Place, Status, Surroundings};
use slm::engine::{
    Client, Ending, Engine, EngineError, Finish, GenerateRequest, Launcher, LoadOptions, Sampling,
    Transport, WORKER_ENV, Worker,
};
use slm::sandbox;

use crate::{copy, resident, send, wait};

struct Process(sandbox::Worker);

impl Worker for Process {
    fn end(&mut self) -> Ending {
        let ended = self.0.end();
        Ending { code: ended.code, signal: ended.signal, stderr: ended.stderr }
    }

    fn pid(&self) -> Option<u32> {
        Some(self.0.pid())
    }
}

fn launch(model: &Path) -> io::Result<Transport> {
    let env: Vec<(OsString, OsString)> =
        WORKER_ENV.iter().map(|&(name, value)| (name.into(), value.into())).collect();
    let slm = Path::new(env!("CARGO_BIN_EXE_slm"));
    let args = ["__worker", "--model", model.to_str().unwrap()];
    let (reader, writer, worker) = sandbox::spawn_worker(slm, &args, &env)?;
    let (reader, writer) = (Box::new(reader), Box::new(writer));
    Ok(Transport { reader, writer, worker: Box::new(Process(worker)) })
}

fn peer(stream: &UnixStream) -> io::Result<Peer> {
    sandbox::peer(stream).map(|(user, pid)| Peer { user, pid })
}

fn identity() -> Identity {
    let [version, build, conditions] = ["1.0", "test", "same"].map(str::to_owned);
    Identity { version, build, conditions }
}

/// A keeper that is a thread.
struct Keeper {
    place: Place,
    stop: Sender<()>,
    /// Workers are stopped before they load anything.
    stops_workers: Arc<AtomicBool>,
    model: PathBuf,
    thread: Option<std::thread::JoinHandle<io::Result<()>>>,
    _dir: tempfile::TempDir,
}

impl Keeper {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let place = Place::find(Some(dir.path()), Path::new("/nowhere"), &identity()).unwrap();
        let model = dir.path().join("model.gguf");
        copy("tiny-llama.gguf", &model);
        let (stop, stopped) = crossbeam_channel::bounded(1);
        let stops_workers = Arc::new(AtomicBool::new(false));
        let (at, stopping) = (place.clone(), Arc::clone(&stops_workers));
        let thread = std::thread::spawn(move || {
            let launch = move |options: &LoadOptions| {
                let model = &options.path;
                let transport = launch(model)?;
                if stopping.load(Ordering::SeqCst) {
                    send(Signal::STOP, transport.worker.pid().unwrap() as i32);
                }
                Ok(transport)
            };
            let is_current = Box::new(|| true);
            let launch = Box::new(launch);
            warm::serve(&at, &identity(), Surroundings { launch, peer, is_current, stop: stopped })
        });
        wait("the keeper listens", || UnixStream::connect(place.socket()).is_ok());
        Self { place, stop, stops_workers, model, thread: Some(thread), _dir: dir }
    }

    fn options(&self) -> LoadOptions {
        LoadOptions { context: 256, threads: Some(1), ..LoadOptions::new(&self.model) }
    }

    fn client(&self) -> Result<Client, EngineError> {
        Client::load(Shared::new(self), self.options(), &Cancel::new())
    }

    fn status(&self) -> Status {
        warm::status(&self.place, &identity(), peer).unwrap().unwrap()
    }

    fn worker(&self) -> i32 {
        self.status().workers[0].pid.unwrap() as i32
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let _ = self.stop.send(());
        let ended = self.thread.take().unwrap().join();
        if !std::thread::panicking() {
            ended.unwrap().unwrap();
            assert!(!self.place.socket().exists());
        }
    }
}

/// Joins the keeper; what it launches itself is counted.
struct Shared {
    place: Place,
    model: PathBuf,
    own: Arc<Mutex<u32>>,
}

impl Shared {
    fn new(keeper: &Keeper) -> Self {
        Self { place: keeper.place.clone(), model: keeper.model.clone(), own: Arc::default() }
    }
}

impl Launcher for Shared {
    fn launch(&self) -> io::Result<Transport> {
        *self.own.lock().unwrap() += 1;
        launch(&self.model)
    }

    fn join(&self) -> Option<Transport> {
        let never = || -> io::Result<fn() -> bool> { Err(io::ErrorKind::NotFound.into()) };
        warm::join(&self.place, &identity(), Duration::from_secs(300), peer, never).ok()
    }
}

fn request(prompt: &str) -> GenerateRequest {
    GenerateRequest {
        prompt: prompt.to_owned(),
        n: 2,
        max_tokens: 12,
        sampling: Sampling::Greedy,
        ..GenerateRequest::default()
    }
}

/// What one client asks in a row, and what it hears.
fn conversation(client: &mut Client, number: usize) -> Vec<String> {
    let mut heard = Vec::new();
    for round in 0..6 {
        let prompt = format!("def f{number}(x{round}):\n    return ");
        heard.push(client.count_tokens(&prompt.repeat(number + 1)).unwrap().to_string());
        let mut streamed = [String::new(), String::new()];
        let list = client
            .generate(&request(&prompt), &Cancel::new(), &mut |index, text| {
                streamed[index].push_str(text);
            })
            .unwrap();
        for completion in list {
            assert!(streamed.contains(&completion.text), "{streamed:?}: {completion:?}");
            heard.push(completion.text);
        }
    }
    heard
}

#[test]
fn clients_at_once_each_get_their_own_answers() {
    let keeper = Keeper::new();
    let cold: Vec<_> = (0..3)
        .map(|number| {
            let model = keeper.model.clone();
            let launcher = move || launch(&model);
            let mut client = Client::load(launcher, keeper.options(), &Cancel::new()).unwrap();
            conversation(&mut client, number)
        })
        .collect();
    assert_ne!(cold[0], cold[1], "a mix-up would be noticed");
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3)
            .map(|number| {
                let mut client = keeper.client().unwrap();
                scope.spawn(move || conversation(&mut client, number))
            })
            .collect();
        for (thread, cold) in threads.into_iter().zip(&cold) {
            assert_eq!(thread.join().unwrap(), *cold);
        }
    });
    let status = keeper.status();
    assert_eq!(status.workers.len(), 1, "{status:?}");
    assert_eq!(status.workers[0].requests, 3 * 6 * 2);
}

#[test]
fn a_thousand_requests_leave_memory_as_it_was() {
    let keeper = Keeper::new();
    let worker = { keeper.client().map(|_| keeper.worker()).unwrap() };
    // Every client comes anew, as commands do; this process is the keeper and all of them.
    let ask = |count: usize| {
        for number in 0..count {
            let mut client = keeper.client().unwrap();
            let text = "x = 1\n".repeat(1 + number % 10);
            client.count_tokens(&text).unwrap();
            let request = GenerateRequest { max_tokens: 2, n: 1, ..request(&text) };
            client.generate(&request, &Cancel::new(), &mut |_, _| {}).unwrap();
        }
    };
    let memory = || [worker, std::process::id() as i32].map(resident);
    ask(100);
    let before = memory();
    ask(900);
    let after = memory();
    assert_eq!(keeper.worker(), worker, "it is still the same");
    println!("worker and keeper, KiB: {before:?} after 100 requests, {after:?} after 1,000");
    for (before, after) in before.into_iter().zip(after) {
        assert!(after <= before + (before / 5).max(8 << 10), "{before} KiB became {after}");
    }
}

#[test]
fn cancelling_reaches_the_worker_through_the_keeper() {
    let keeper = Keeper::new();
    let mut client = keeper.client().unwrap();
    let worker = keeper.worker();
    let whole = client.generate(&request("def f(x):"), &Cancel::new(), &mut |_, _| {}).unwrap();
    let long = GenerateRequest { max_tokens: 200, ..request("def f(x):") };
    let cancel = Cancel::new();
    let cut = client.generate(&long, &cancel, &mut |_, _| cancel.cancel()).unwrap();
    assert!(cut.iter().all(|completion| completion.finish == Finish::Cancelled), "{cut:?}");
    wait("the worker is free", || keeper.status().workers[0].ends_in.is_some());
    let again = client.generate(&request("def f(x):"), &Cancel::new(), &mut |_, _| {}).unwrap();
    assert_eq!((&again[0].text, keeper.worker()), (&whole[0].text, worker));
}

#[test]
fn killed_while_it_loads_a_worker_is_a_clear_error_and_a_keeper_none() {
    let keeper = Keeper::new();
    // With nobody left it would end.
    let _another = Shared::new(&keeper).join().unwrap();
    keeper.stops_workers.store(true, Ordering::SeqCst);
    std::thread::scope(|scope| {
        let loading = scope.spawn(|| keeper.client());
        wait("it loads", || !keeper.status().workers.is_empty());
        send(Signal::KILL, keeper.worker());
        let error = loading.join().unwrap().unwrap_err();
        assert!(
            matches!(&error, EngineError::WorkerDied(why) if why.contains("killed")),
            "{error}"
        );
    });
    assert_eq!(keeper.status().workers, []);

    let shared = Shared::new(&keeper);
    let own = Arc::clone(&shared.own);
    let mut client = std::thread::scope(|scope| {
        let loading = scope.spawn(|| Client::load(shared, keeper.options(), &Cancel::new()));
        wait("it loads", || !keeper.status().workers.is_empty());
        keeper.stop.send(()).unwrap();
        loading.join().unwrap().unwrap()
    });
    assert_eq!(*own.lock().unwrap(), 1, "the client goes on in a worker of its own");
    assert!(client.count_tokens("abc").unwrap() > 0);
}
