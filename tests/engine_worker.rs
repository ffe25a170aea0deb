//! The engine as it is shipped: the real binary's worker process, confined, behind the client.

#![cfg(all(feature = "llama", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use slm::base::Cancel;
use slm::engine::{
    Client, Ending, Engine, EngineError, Finish, GenerateRequest, LoadOptions, PrefixCache,
    Sampling, Transport, WORKER_ENV, Worker,
};
use slm::sandbox;

struct Process(sandbox::Worker);

impl Worker for Process {
    fn end(&mut self) -> Ending {
        let ended = self.0.end();
        Ending { code: ended.code, signal: ended.signal, stderr: ended.stderr }
    }
}

fn launch(model: &Path) -> std::io::Result<Transport> {
    launch_with(Path::new(env!("CARGO_BIN_EXE_slm")), &[], model, &[])
}

/// Runs `program before... __worker --model MODEL after...`.
fn launch_with(
    program: &Path,
    before: &[&str],
    model: &Path,
    after: &[&str],
) -> std::io::Result<Transport> {
    let env: Vec<(OsString, OsString)> =
        WORKER_ENV.iter().map(|&(name, value)| (name.into(), value.into())).collect();
    let own = ["__worker", "--model", model.to_str().unwrap()];
    let args = [before, &own, after].concat();
    let (reader, writer, worker) = sandbox::spawn_worker(program, &args, &env)?;
    let (reader, writer) = (Box::new(reader), Box::new(writer));
    Ok(Transport { reader, writer, worker: Box::new(Process(worker)) })
}

fn load(model: &Path) -> Result<Client, EngineError> {
    let options = LoadOptions { context: 256, threads: Some(2), ..LoadOptions::new(model) };
    let model = model.to_owned();
    Client::load(move || launch(&model), options, &Cancel::new())
}

/// A copy of the tiny model under a name of its own, by which its worker can be found.
fn model(dir: &Path, name: &str) -> PathBuf {
    copy(dir, "tiny-llama.gguf", name)
}

fn copy(dir: &Path, fixture: &str, name: &str) -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models").join(fixture);
    let path = dir.join(name);
    std::fs::copy(from, &path).unwrap();
    path
}

/// The process that serves `model`.
fn worker_of(model: &Path) -> Option<u32> {
    let wanted = model.to_str().unwrap();
    std::fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        String::from_utf8_lossy(&line).split('\0').any(|word| word == wanted).then_some(pid)
    })
}

fn signal(name: &str, pid: u32) {
    let sent = Command::new("kill").args([format!("-{name}"), pid.to_string()]).status();
    assert!(sent.unwrap().success());
}

fn request() -> GenerateRequest {
    GenerateRequest {
        prompt: "def total(values):\n    ".to_owned(),
        n: 2,
        max_tokens: 12,
        sampling: Sampling::Greedy,
        grammar: Some("root ::= [a-z0-9 =]+ \"\\n\"".to_owned()),
        ..GenerateRequest::default()
    }
}

#[test]
fn it_works_confined_and_outlives_the_death_of_its_worker() {
    let dir = tempfile::tempdir().unwrap();
    let path = model(dir.path(), "killed.gguf");
    let mut engine = load(&path).unwrap();
    let list = engine.generate(&request(), &Cancel::new(), &mut |_, _| {}).unwrap();
    assert_eq!(list.len(), 2);
    let texts = ["return 1".to_owned(), "return values".to_owned()];
    let scores = engine.score("x\n", &texts, &Cancel::new()).unwrap();
    assert!(scores.iter().all(|s| s.logprob < 0.0 && s.tokens > 0));

    for (name, said) in [("KILL", "killed"), ("ABRT", "aborted"), ("KILL", "killed")] {
        signal(name, worker_of(&path).unwrap());
        let error = engine.count_tokens("abc").unwrap_err();
        assert!(matches!(&error, EngineError::WorkerDied(why) if why.contains(said)), "{error}");
        let again = engine.generate(&request(), &Cancel::new(), &mut |_, _| {}).unwrap();
        assert_eq!(again[0].text, list[0].text);
    }
    drop(engine);
    assert_eq!(worker_of(&path), None, "the worker ends with its client");
}

#[test]
fn an_embedding_model_works_confined_and_outlives_the_death_of_its_worker() {
    let dir = tempfile::tempdir().unwrap();
    let path = copy(dir.path(), "tiny-bert.gguf", "embeds.gguf");
    let mut engine = load(&path).unwrap();
    assert_eq!(engine.info().embeds, Some(32));
    let texts = ["return values".to_owned(), "for x in range".to_owned()];
    let vectors = engine.embed(&texts, &Cancel::new()).unwrap();
    signal("KILL", worker_of(&path).unwrap());
    let error = engine.embed(&texts, &Cancel::new()).unwrap_err();
    assert!(matches!(error, EngineError::WorkerDied(_)), "{error}");
    let again = engine.embed(&texts, &Cancel::new()).unwrap();
    assert_eq!(again.len(), vectors.len());
    for (one, other) in again.iter().flatten().zip(vectors.iter().flatten()) {
        assert!((one - other).abs() < 1e-4);
    }
    let refused = engine.generate(&request(), &Cancel::new(), &mut |_, _| {}).unwrap_err();
    assert!(matches!(refused, EngineError::NotAGenerator(_)), "{refused}");
}

#[test]
fn a_damaged_file_is_a_clear_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = model(dir.path(), "cut.gguf");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let error = load(&path).unwrap_err();
    assert!(matches!(error, EngineError::BadModel { .. }));
    assert!(error.to_string().contains("is truncated: the file ends at byte"), "{error}");
}

#[test]
fn cancelling_a_stopped_worker_does_not_hang() {
    let dir = tempfile::tempdir().unwrap();
    let path = model(dir.path(), "stopped.gguf");
    let mut engine = load(&path).unwrap();
    let pid = worker_of(&path).unwrap();
    // As busy as native code can be: it answers nothing at all.
    signal("STOP", pid);
    let cancel = Cancel::new();
    let canceller = cancel.clone();
    let thread = std::thread::spawn(move || canceller.cancel());
    let list = engine.generate(&request(), &cancel, &mut |_, _| {}).unwrap();
    thread.join().unwrap();
    assert!(list.is_empty());
    signal("CONT", pid);
    let list = engine.generate(&request(), &Cancel::new(), &mut |_, _| {}).unwrap();
    assert!(list.iter().all(|c| c.finish != Finish::Cancelled));
}

#[test]
fn a_model_too_large_for_memory_is_refused_before_it_is_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let model = model(dir.path(), "large.gguf");
    let options = LoadOptions::new(&model);
    let slm = Path::new(env!("CARGO_BIN_EXE_slm"));
    let start = move || launch_with(slm, &[], &model, &["--memory", "200000000"]);
    let error = Client::load(start, options, &Cancel::new()).unwrap_err().to_string();
    assert!(error.contains("large.gguf: needs") && error.contains("191 MiB can be had"), "{error}");
    assert!(error.contains("choose a smaller model"), "{error}");
}

/// A client whose confined worker keeps states in `dir`, however quickly they were computed.
fn keeping(model: &Path, dir: &Path, program: &'static str, before: Vec<String>) -> Client {
    let cache = PrefixCache { dir: dir.to_owned(), bytes: 1 << 30, worth: Duration::ZERO };
    let options = LoadOptions {
        context: 512,
        threads: Some(1),
        cache: Some(cache),
        ..LoadOptions::new(model)
    };
    let (model, dir) = (model.to_owned(), dir.to_owned());
    let start = move || {
        let before: Vec<&str> = before.iter().map(String::as_str).collect();
        launch_with(Path::new(program), &before, &model, &["--cache", dir.to_str().unwrap()])
    };
    Client::load(start, options, &Cancel::new()).unwrap()
}

fn long_request(number: usize) -> GenerateRequest {
    let line = format!("def function_{number}(argument):\n    return argument + {number}\n");
    GenerateRequest { prompt: line.repeat(9), max_tokens: 8, ..GenerateRequest::default() }
}

fn text(client: &mut Client, request: &GenerateRequest) -> String {
    client.generate(request, &Cancel::new(), &mut |_, _| {}).unwrap()[0].text.clone()
}

const SLM: &str = env!("CARGO_BIN_EXE_slm");

#[test]
fn states_outlive_their_process_and_its_violent_end() {
    let dir = tempfile::tempdir().unwrap();
    let model = model(dir.path(), "kept.gguf");
    let cache = dir.path().join("states");
    std::fs::create_dir(&cache).unwrap();
    let expected: Vec<String> =
        (0..8).map(|n| text(&mut load_wide(&model), &long_request(n))).collect();
    for (number, expected) in expected.iter().enumerate() {
        let mut client = keeping(&model, &cache, SLM, Vec::new());
        // Killed somewhere in the request: before, while or after a state is written.
        let killer = {
            let model = model.clone();
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(3 * number as u64));
                if let Some(pid) = worker_of(&model) {
                    signal("KILL", pid);
                }
            })
        };
        let answer = client.generate(&long_request(number), &Cancel::new(), &mut |_, _| {});
        killer.join().unwrap();
        if let Ok(list) = answer {
            assert_eq!(&list[0].text, expected);
        }
        // The next process is right, and the one after it has something to go on with.
        for restores in [false, true] {
            let mut client = keeping(&model, &cache, SLM, Vec::new());
            assert_eq!(&text(&mut client, &long_request(number)), expected);
            let usage = client.usage();
            assert!(!restores || usage.restored > usage.prompt / 2, "{usage:?}");
        }
    }
}

/// As [`load`], with room for the long prompts.
fn load_wide(model: &Path) -> Client {
    let options = LoadOptions { context: 512, threads: Some(1), ..LoadOptions::new(model) };
    let model = model.to_owned();
    Client::load(move || launch(&model), options, &Cancel::new()).unwrap()
}

#[test]
fn a_full_disk_costs_the_state_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let model = model(dir.path(), "full.gguf");
    let expected = text(&mut load_wide(&model), &long_request(1));
    let cache = dir.path().join("states");
    std::fs::create_dir(&cache).unwrap();
    // A file system of a few pages, in a mount namespace of its own; states are larger.
    let script = "mount -t tmpfs -o size=32k none \"$1\" && shift && exec \"$@\"";
    let before: Vec<String> =
        ["-rm", "sh", "-c", script, "sh", cache.to_str().unwrap(), SLM].map(str::to_owned).to_vec();
    let works = Command::new("unshare").args(["-rm", "true"]).status();
    assert!(works.is_ok_and(|status| status.success()), "skipped: no namespaces here");
    let mut client = keeping(&model, &cache, "/usr/bin/unshare", before);
    for _ in 0..2 {
        assert_eq!(text(&mut client, &long_request(1)), expected);
        assert_eq!(client.usage().restored, 0);
        text(&mut client, &long_request(2));
    }
}
