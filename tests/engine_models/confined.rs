//! Adapters and quantising in the processes that are shipped: the real binary, confined.

use std::ffi::OsString;
use std::path::Path;

use slm::base::Cancel;
use slm::engine::{
    AdapterOptions, Client, Ending, Engine as _, EngineError, LoadOptions, QuantType,
    QuantizeOptions, Transport, WORKER_ENV, Worker, gguf, quantize,
};
use slm::sandbox;

use super::{fixtures, make};

struct Process(sandbox::Worker);

impl Worker for Process {
    fn end(&mut self) -> Ending {
        let ended = self.0.end();
        Ending { code: ended.code, signal: ended.signal, stderr: ended.stderr }
    }
}

/// Runs slm with these words.
fn launch(words: &[&str]) -> std::io::Result<Transport> {
    let env: Vec<(OsString, OsString)> =
        WORKER_ENV.iter().map(|&(name, value)| (name.into(), value.into())).collect();
    let slm = Path::new(env!("CARGO_BIN_EXE_slm"));
    let (reader, writer, worker) = sandbox::spawn_worker(slm, words, &env)?;
    let (reader, writer) = (Box::new(reader), Box::new(writer));
    Ok(Transport { reader, writer, worker: Box::new(Process(worker)) })
}

#[test]
fn a_worker_reads_the_adapter_that_it_was_started_for_and_no_other() {
    let Some(dir) = make(&["make_adapters.py"]) else { return };
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (base, adapter) = (path("base-llama.gguf"), path("lora-llama.gguf"));
    let load = |allowed: String| {
        let options = LoadOptions {
            context: 128,
            threads: Some(1),
            adapter: Some(AdapterOptions::new(&adapter)),
            ..LoadOptions::new(&base)
        };
        let base = base.clone();
        let start = move || launch(&["__worker", "--model", &base, "--adapter", &allowed]);
        Client::load(start, options, &Cancel::new())
    };
    let mut client = load(adapter.clone()).unwrap();
    assert!(client.info().adapter.is_some());
    assert!(client.score("x", &["y".to_owned()], &Cancel::new()).unwrap()[0].logprob < 0.0);
    let error = load(path("lora-qwen2.gguf")).unwrap_err().to_string();
    assert!(error.contains("lora-llama.gguf: cannot be read"), "{error}");
}

fn copy(dir: &Path, name: &str) -> QuantizeOptions {
    QuantizeOptions {
        input: fixtures().join("tiny-llama.gguf"),
        output: dir.join(name),
        kind: QuantType::Q8_0,
        threads: Some(1),
        again: false,
    }
}

#[test]
fn a_copy_is_made_by_a_process_that_can_write_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let options = copy(dir.path(), "copy.gguf");
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let (input, output) = (text(&options.input), text(&options.output));
    let other = dir.path().join("other.gguf");
    std::fs::write(&other, "somebody's").unwrap();
    let other_text = text(&other);
    let own = || launch(&["__quantize", "--input", &input, "--output", &output]);
    let made = quantize(&own, &options, &Cancel::new(), &mut |_, _| {}).unwrap();
    assert!(made.after < made.before && gguf::check(&options.output).unwrap().is_quantised);

    let wrong = copy(dir.path(), "wrong.gguf");
    let foreign = || launch(&["__quantize", "--input", &input, "--output", &other_text]);
    let error = quantize(&foreign, &wrong, &Cancel::new(), &mut |_, _| {}).unwrap_err();
    assert!(matches!(error, EngineError::BadModel { .. }), "{error}");
    assert!(!wrong.output.exists());
    assert_eq!(std::fs::read(&other).unwrap(), b"somebody's");
}

#[test]
fn a_copy_under_way_is_given_up_when_cancelled() {
    let dir = tempfile::tempdir().unwrap();
    let options = copy(dir.path(), "copy.gguf");
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let (input, output) = (text(&options.input), text(&options.output));
    let cancel = Cancel::new();
    let own = || launch(&["__quantize", "--input", &input, "--output", &output]);
    let outcome = quantize(&own, &options, &cancel, &mut |_, _| cancel.cancel());
    assert!(matches!(outcome, Err(EngineError::Cancelled)), "{outcome:?}");
    assert!(!options.output.exists());
}
