//! The tiny models: made by a committed script, and spoiled by it in every way that is known to
//! make llama.cpp abort. None of them may do more than give a clear error.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "test helpers"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use slm::engine::{EngineError, gguf};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models")
}

/// Runs the script; `None` where there is no Python.
fn make() -> Option<tempfile::TempDir> {
    let dir = tempfile::tempdir().unwrap();
    let made =
        Command::new("python3").arg(fixtures().join("make_tiny.py")).arg(dir.path()).output();
    match made {
        Err(error) => {
            println!("skipped: python3 cannot be run: {error}");
            None
        }
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{said}");
            Some(dir)
        }
    }
}

#[test]
fn the_script_makes_the_committed_models() {
    let Some(dir) = make() else { return };
    for name in ["tiny-llama.gguf", "tiny-qwen2.gguf"] {
        let made = std::fs::read(dir.path().join(name)).unwrap();
        let kept = std::fs::read(fixtures().join(name)).unwrap();
        assert!(made == kept, "{name} differs from what the script makes");
        assert!(kept.len() < 300_000);
        gguf::check(&dir.path().join(name)).unwrap();
    }
}

#[test]
fn each_spoiled_model_is_refused_with_a_reason() {
    let Some(dir) = make() else { return };
    let mut seen = 0;
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(class) = name.strip_prefix("bad-") else { continue };
        seen += 1;
        let refused = refused_by_the_header(&path).or_else(|| refused_by_the_worker(&path));
        let Some(reason) = refused else {
            // Without llama.cpp nobody computes with the weights.
            assert!(class.starts_with("weights-nan") && !cfg!(feature = "llama"), "{class} passed");
            continue;
        };
        assert!(reason.len() > 30, "{class}: {reason}");
    }
    assert!(seen >= 20, "only {seen} spoiled models");
}

fn refused_by_the_header(path: &Path) -> Option<String> {
    match gguf::check(path) {
        Ok(_) => None,
        Err(EngineError::BadModel { reason, .. }) => Some(reason),
        Err(other) => panic!("{}: {other}", path.display()),
    }
}

#[cfg(not(feature = "llama"))]
fn refused_by_the_worker(_: &Path) -> Option<String> {
    None
}

/// Loads the model in a thread of this process: an abort would fail the test.
#[cfg(feature = "llama")]
fn refused_by_the_worker(path: &Path) -> Option<String> {
    use slm::base::Cancel;
    use slm::engine::{Client, Ending, LoadOptions, Transport, Worker};

    struct Thread;
    impl Worker for Thread {
        fn end(&mut self) -> Ending {
            Ending::default()
        }
    }
    let launch = || {
        let (worker_reads, writer) = std::io::pipe()?;
        let (reader, worker_writes) = std::io::pipe()?;
        std::thread::spawn(move || slm::engine::llama::serve(worker_reads, worker_writes));
        let (reader, writer) = (Box::new(reader), Box::new(writer));
        Ok(Transport { reader, writer, worker: Box::new(Thread) })
    };
    let options = LoadOptions { context: 64, threads: Some(1), ..LoadOptions::new(path) };
    match Client::load(launch, options, &Cancel::new()) {
        Ok(_) => None,
        Err(EngineError::BadModel { reason, .. }) => Some(reason),
        Err(other) => panic!("{}: {other}", path.display()),
    }
}
