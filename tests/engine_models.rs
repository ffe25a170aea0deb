//! The tiny models: made by committed scripts, and spoiled by them in every way that is known to
//! make llama.cpp abort. None of the spoiled may do more than give a clear error.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "test helpers"
)]

#[cfg(feature = "llama")]
#[path = "engine_models/adapters.rs"]
mod adapters;
#[path = "engine_models/architectures.rs"]
mod architectures;
#[cfg(all(feature = "llama", target_os = "linux"))]
#[path = "engine_models/confined.rs"]
mod confined;

use std::path::{Path, PathBuf};
use std::process::Command;

use slm::engine::{EngineError, gguf};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models")
}

const FIRST: &[&str] = &["make_tiny.py", "make_embedders.py"];

/// Runs these scripts; `None` where there is no Python.
fn make(scripts: &[&str]) -> Option<tempfile::TempDir> {
    let dir = tempfile::tempdir().unwrap();
    for script in scripts {
        // One imports the other, and must leave no bytecode beside it.
        let made =
            Command::new("python3").arg("-B").arg(fixtures().join(script)).arg(dir.path()).output();
        match made {
            Err(error) => {
                println!("skipped: python3 cannot be run: {error}");
                return None;
            }
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                assert!(output.status.success(), "{script}: {said}");
            }
        }
    }
    Some(dir)
}

/// What the scripts made whose names begin so, by the rest of their names.
fn made(dir: &tempfile::TempDir, prefix: &str) -> Vec<(String, PathBuf)> {
    let paths = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        name.strip_prefix(prefix).map(|rest| (rest.to_owned(), path.clone()))
    };
    paths.filter_map(named).collect()
}

#[test]
fn the_scripts_make_the_committed_models() {
    let Some(dir) = make(FIRST) else { return };
    for name in ["tiny-llama.gguf", "tiny-qwen2.gguf", "tiny-bert.gguf"] {
        let made = std::fs::read(dir.path().join(name)).unwrap();
        let kept = std::fs::read(fixtures().join(name)).unwrap();
        assert!(made == kept, "{name} differs from what the script makes");
        assert!(kept.len() < 300_000);
        gguf::check(&dir.path().join(name)).unwrap();
    }
}

#[test]
fn each_spoiled_model_is_refused_with_a_reason() {
    let Some(dir) = make(&[FIRST, &["make_architectures.py"]].concat()) else { return };
    let spoiled = made(&dir, "bad-");
    assert!(spoiled.len() >= 110, "only {} spoiled models", spoiled.len());
    for (class, path) in spoiled {
        // An abort ends the test without its name.
        println!("{class}");
        let refused = refused_by_the_header(&path).or_else(|| refused_by_the_worker(&path));
        let Some(reason) = refused else {
            // Without llama.cpp nobody computes with the weights.
            assert!(needs_llama(&class) && !cfg!(feature = "llama"), "{class} passed");
            continue;
        };
        assert!(reason.len() > 30, "{class}: {reason}");
    }
}

#[test]
fn encoders_of_each_architecture_are_known() {
    let Some(dir) = make(FIRST) else { return };
    let embedders = made(&dir, "embeds-");
    assert!(embedders.len() >= 14, "only {} embedding models", embedders.len());
    for (class, path) in &embedders {
        let header = gguf::check(path).unwrap_or_else(|error| panic!("{class}: {error}"));
        assert!(header.pooling.is_some(), "{class}");
    }
    #[cfg(feature = "llama")]
    for (class, path) in &embedders {
        // An abort ends the test without its name.
        println!("{class}");
        embeds(class, path);
    }
}

/// Asserts that the model makes vectors that depend on their text, and on no other.
#[cfg(feature = "llama")]
fn embeds(class: &str, path: &Path) {
    use slm::base::Cancel;
    use slm::engine::Engine;

    let mut engine = load(path, 64).unwrap_or_else(|error| panic!("{class}: {error}"));
    let texts = ["", "return value", "for x in range(9):", "if not name: return None", "%"];
    let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
    let long = ["return value ".repeat(90)];
    let together = engine.embed(&texts, &Cancel::new()).unwrap();
    let mut all = together.clone();
    all.extend(engine.embed(&long, &Cancel::new()).unwrap());
    for (index, text) in texts.iter().chain(&long).enumerate() {
        let length: f32 = all[index].iter().map(|value| value * value).sum();
        assert!((length - 1.0).abs() < 1e-4, "{class} {text:?}: {length}");
        assert_eq!(Some(all[index].len()), engine.info().embeds, "{class}");
        let alone = engine.embed(std::slice::from_ref(text), &Cancel::new()).unwrap().remove(0);
        assert!(apart(&alone, &all[index]) < 2e-3, "{class} {text:?}: it depends on others");
        for other in &all[..index] {
            assert!(apart(other, &all[index]) > 5e-3, "{class} {text:?}: it is like another");
        }
    }
}

#[cfg(feature = "llama")]
fn apart(left: &[f32], right: &[f32]) -> f32 {
    left.iter().zip(right).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Whether a class is only told when the model computes, or by llama.cpp's own look at its tensors.
fn needs_llama(class: &str) -> bool {
    class.starts_with("weights-nan") || class.starts_with("arch-")
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

#[cfg(feature = "llama")]
fn refused_by_the_worker(path: &Path) -> Option<String> {
    match load(path, 64) {
        Ok(_) => None,
        Err(EngineError::BadModel { reason, .. }) => Some(reason),
        Err(other) => panic!("{}: {other}", path.display()),
    }
}

#[cfg(feature = "llama")]
fn load(path: &Path, context: usize) -> Result<slm::engine::Client, EngineError> {
    let options = slm::engine::LoadOptions::new(path);
    load_with(slm::engine::LoadOptions { context, threads: Some(1), ..options })
}

/// Loads a model in a thread of this process: an abort would fail the test.
#[cfg(feature = "llama")]
fn load_with(options: slm::engine::LoadOptions) -> Result<slm::engine::Client, EngineError> {
    use slm::base::Cancel;
    use slm::engine::{Client, Ending, Transport, Worker};

    struct Thread;
    impl Worker for Thread {
        fn end(&mut self) -> Ending {
            Ending::default()
        }
    }
    let launch = || {
        let (worker_reads, writer) = std::io::pipe()?;
        let (reader, worker_writes) = std::io::pipe()?;
        std::thread::spawn(move || slm::engine::llama::serve(worker_reads, worker_writes, None));
        let (reader, writer) = (Box::new(reader), Box::new(writer));
        Ok(Transport { reader, writer, worker: Box::new(Thread) })
    };
    Client::load(launch, options, &Cancel::new())
}
