//! The engine as it is shipped: the real binary's worker process, confined, behind the client.

#![cfg(all(feature = "llama", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use slm::base::Cancel;
use slm::engine::{
    Client, Ending, Engine, EngineError, Finish, GenerateRequest, LoadOptions, Sampling, Transport,
    WORKER_ENV, Worker,
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
    let env: Vec<(OsString, OsString)> =
        WORKER_ENV.iter().map(|&(name, value)| (name.into(), value.into())).collect();
    let slm = Path::new(env!("CARGO_BIN_EXE_slm"));
    let args = ["__worker", "--model", model.to_str().unwrap()];
    let (reader, writer, worker) = sandbox::spawn_worker(slm, &args, &env)?;
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
