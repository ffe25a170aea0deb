//! Whether llama.cpp computes what it should on this processor.
//!
//! Its kernels are chosen for the processor when slm is built, and compilers get some of them wrong:
//! GCC before 13 sets up the tiles of AMX so that the first product crashes. A tiny model with weights
//! of the usual types is computed by a worker as any model is, and compared with what a script of this
//! folder has computed without llama.cpp. One crash or one wrong number, and no real model is loaded.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{Client, Ending, Engine, EngineError, Launcher, LoadOptions, Transport, Worker};
use crate::base::Cancel;

/// The model, made by `make_kernels.py`.
pub const MODEL: &[u8] = include_bytes!("kernels.gguf");
/// What it computes, made by the same script.
const EXPECTED: &str = include_str!("expected.json");

/// Most nats that a log-probability may be off, by root mean square.
///
/// Products with quantised weights round activations to 8 bits, which costs 0.05 here. Eight rows of any
/// one of the matrices left out cost 0.24 or more.
const TOLERANCE: f64 = 0.12;
/// A kernel that never ends is wrong too. The test takes a fraction of a second.
const LIMIT: Duration = Duration::from_secs(60);
const CONTEXT: usize = 256;
/// Stands for how far off is what is no number.
const NONSENSE: f64 = 1000.0;
/// SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV: the numbers of Linux and of macOS.
const CRASHES: [i32; 6] = [4, 6, 7, 8, 10, 11];

/// What came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Verdict {
    /// Right but for rounding; nats, root mean square.
    Right { off: f64 },
    /// Further off than rounding explains.
    Wrong { off: f64 },
    /// The worker died in native code.
    Crashed { how: String },
    /// Nothing was computed, for reasons of its own.
    Unknown { why: String },
}

impl Verdict {
    /// False when no number of this build can be trusted here.
    pub fn is_usable(&self) -> bool {
        !matches!(self, Self::Wrong { .. } | Self::Crashed { .. })
    }

    /// In words.
    pub fn describe(&self) -> String {
        match self {
            Self::Right { off } => {
                format!("right (off by {off:.3}, up to {TOLERANCE} is rounding)")
            }
            Self::Wrong { off } => {
                format!("wrong numbers (off by {off:.3}, up to {TOLERANCE} is rounding)")
            }
            Self::Crashed { how } => format!("it crashed: {how}"),
            Self::Unknown { why } => format!("it did not come to an end: {why}"),
        }
    }
}

#[derive(Deserialize)]
struct Expected {
    prompt: String,
    letters: String,
    after_prompt: Vec<f64>,
    first: String,
    after_first: Vec<f64>,
    long: String,
    sum: f64,
}

/// Computes [`MODEL`], which is in the file `model`, in a worker that `launcher` starts, with so many
/// of its layers on a GPU.
pub fn run(
    launcher: impl Launcher + 'static,
    model: &Path,
    gpu_layers: u32,
    cancel: &Cancel,
) -> Verdict {
    compare(launcher, model, gpu_layers, EXPECTED, cancel)
}

fn compare(
    launcher: impl Launcher + 'static,
    model: &Path,
    gpu_layers: u32,
    expected: &str,
    cancel: &Cancel,
) -> Verdict {
    let signal = Arc::default();
    let launcher = Watched { launcher, signal: Arc::clone(&signal) };
    let options =
        LoadOptions { context: CONTEXT, gpu_layers: Some(gpu_layers), ..LoadOptions::new(model) };
    let deadline = Instant::now() + LIMIT;
    let limited = cancel.child(Some(deadline));
    let off = serde_json::from_str(expected).map_err(io::Error::from).map_err(|error| {
        EngineError::BadRequest(format!("the expected numbers cannot be read: {error}"))
    });
    let off = off.and_then(|expected| {
        deviation(&mut Client::load(launcher, options, &limited)?, &expected, &limited)
    });
    let signal = *signal.lock().unwrap_or_else(PoisonError::into_inner);
    match off {
        Ok(off) if off <= TOLERANCE => Verdict::Right { off },
        Ok(off) => Verdict::Wrong { off },
        Err(EngineError::WorkerDied(how)) if signal.is_some_and(|s| CRASHES.contains(&s)) => {
            Verdict::Crashed { how }
        }
        // Loading computes a token, and refuses what gives no numbers.
        Err(EngineError::BadModel { reason, .. }) if reason.contains("NaN") => {
            Verdict::Wrong { off: NONSENSE }
        }
        Err(EngineError::Cancelled) if !cancel.is_cancelled() && Instant::now() >= deadline => {
            Verdict::Crashed { how: format!("no end after {} seconds", LIMIT.as_secs()) }
        }
        Err(error) => Verdict::Unknown { why: error.to_string() },
    }
}

/// How far off the worst of three computations is: one of many rows, of one row, of some.
fn deviation(
    engine: &mut dyn Engine,
    expected: &Expected,
    cancel: &Cancel,
) -> Result<f64, EngineError> {
    let prompt = &expected.prompt;
    let letters: Vec<String> = expected.letters.chars().map(String::from).collect();
    let after = engine.score(prompt, &letters, cancel)?;
    // The first token is computed alone, and its share is known.
    let pairs: Vec<String> = letters.iter().map(|l| format!("{}{l}", expected.first)).collect();
    let both = engine.score(prompt, &pairs, cancel)?;
    let long = engine.score(prompt, std::slice::from_ref(&expected.long), cancel)?;
    let first = letters.iter().position(|letter| *letter == expected.first);
    let first = first.and_then(|at| after.get(at)).map_or(f64::NAN, |s| f64::from(s.logprob));
    let many = distance(after.iter().map(|s| f64::from(s.logprob)), &expected.after_prompt);
    let one = distance(both.iter().map(|s| f64::from(s.logprob) - first), &expected.after_first);
    let some = long.iter().map(|s| (f64::from(s.logprob) - expected.sum) / s.tokens as f64);
    let some = some.fold(0.0, |a: f64, b| a.max(b.abs()));
    let finite = |off: f64| if off.is_finite() { off.min(NONSENSE) } else { NONSENSE };
    Ok([many, one, some].map(finite).into_iter().fold(0.0, f64::max))
}

/// Root mean square.
fn distance(computed: impl ExactSizeIterator<Item = f64>, expected: &[f64]) -> f64 {
    if computed.len() != expected.len() {
        return f64::INFINITY;
    }
    let squares: f64 = computed.zip(expected).map(|(a, b)| (a - b) * (a - b)).sum();
    (squares / expected.len() as f64).sqrt()
}

/// A launcher whose workers' deaths are noted: the error that a client makes of them is for people.
struct Watched<L> {
    launcher: L,
    signal: Arc<Mutex<Option<i32>>>,
}

impl<L: Launcher> Launcher for Watched<L> {
    fn launch(&self) -> io::Result<Transport> {
        let transport = self.launcher.launch()?;
        let worker = Mortal { worker: transport.worker, signal: Arc::clone(&self.signal) };
        Ok(Transport { worker: Box::new(worker), ..transport })
    }
}

struct Mortal {
    worker: Box<dyn Worker>,
    signal: Arc<Mutex<Option<i32>>>,
}

impl Worker for Mortal {
    fn end(&mut self) -> Ending {
        let ending = self.worker.end();
        *self.signal.lock().unwrap_or_else(PoisonError::into_inner) = ending.signal;
        ending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A worker that has died before it said a word.
    struct Dead(Ending);

    impl Worker for Dead {
        fn end(&mut self) -> Ending {
            self.0.clone()
        }
    }

    fn dead(signal: Option<i32>, code: Option<i32>) -> Verdict {
        let launch = move || {
            let ending = Ending { code, signal, stderr: String::new() };
            let (reader, writer) = (Box::new(io::empty()), Box::new(io::sink()));
            Ok(Transport { reader, writer, worker: Box::new(Dead(ending)) })
        };
        run(launch, Path::new("kernels.gguf"), 0, &Cancel::new())
    }

    #[test]
    #[cfg_attr(not(feature = "llama"), ignore = "nothing is loaded without llama.cpp")]
    fn a_worker_that_dies_of_a_crash_is_told_from_one_that_is_ended() {
        for signal in [11, 4] {
            let verdict = dead(Some(signal), None);
            assert!(matches!(verdict, Verdict::Crashed { .. }), "{signal}: {verdict:?}");
            assert!(!verdict.is_usable());
        }
        assert!(dead(Some(11), None).describe().contains("segmentation fault"));
        for (signal, code) in [(Some(9), None), (None, Some(3)), (Some(2), None)] {
            let verdict = dead(signal, code);
            assert!(matches!(verdict, Verdict::Unknown { .. }), "{verdict:?}");
            assert!(verdict.is_usable(), "what cannot be tested is not condemned");
        }
    }

    #[test]
    fn distances_are_of_all_numbers_or_of_none() {
        assert_eq!(distance([1.0, 2.0].into_iter(), &[1.0, 4.0]), 2.0_f64.sqrt());
        assert_eq!(distance([1.0].into_iter(), &[1.0, 4.0]), f64::INFINITY);
        assert!(distance([f64::NAN].into_iter(), &[1.0]).is_nan());
    }

    #[cfg(feature = "llama")]
    mod real {
        use super::*;
        use crate::engine::llama::tests;

        fn verdict(expected: &str) -> Verdict {
            let dir = tempfile::tempdir().unwrap();
            let model = dir.path().join("kernels.gguf");
            crate::base::fs::write(&model, MODEL).unwrap();
            compare(tests::launch, &model, 0, expected, &Cancel::new())
        }

        #[test]
        fn this_build_is_right_and_by_far() {
            match verdict(EXPECTED) {
                Verdict::Right { off } => assert!(off < TOLERANCE * 0.6, "{off}"),
                other => panic!("{}", other.describe()),
            }
        }

        #[test]
        fn numbers_that_are_off_are_found_in_each_of_the_computations() {
            let change = |key: &str, change: &dyn Fn(f64) -> f64| {
                let mut value: serde_json::Value = serde_json::from_str(EXPECTED).unwrap();
                let changed = |v: &serde_json::Value| change(v.as_f64().unwrap()).into();
                value[key] = match &value[key] {
                    serde_json::Value::Array(list) => list.iter().map(changed).collect(),
                    one => changed(one),
                };
                verdict(&value.to_string())
            };
            for key in ["after_prompt", "after_first", "sum"] {
                let verdict = change(key, &|v| v * 1.03);
                assert!(matches!(verdict, Verdict::Wrong { .. }), "{key}: {verdict:?}");
                assert!(!verdict.is_usable() && verdict.describe().contains("wrong numbers"));
            }
            assert!(matches!(verdict("{}"), Verdict::Unknown { .. }));
        }
    }
}
