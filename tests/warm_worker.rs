//! The worker that stays warm: the real binary's keeper and workers, shared, killed and stopped in
//! every state.

#![cfg(all(feature = "llama", target_os = "linux"))]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "test helpers"
)]

#[path = "warm/commands.rs"]
mod commands;
#[path = "warm/library.rs"]
mod library;
#[path = "warm/places.rs"]
mod places;
mod support;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use support::{Env, Run, Slm};

/// What no test waits longer for.
const LIMIT: Duration = Duration::from_secs(60);

/// An environment in which workers stay warm, and a model to complete code with.
struct Warm {
    env: Env,
    dir: PathBuf,
}

impl Warm {
    fn new() -> Self {
        Self::keeping("5")
    }

    /// Keeps workers for so many minutes.
    fn keeping(minutes: &str) -> Self {
        let mut env = Env::new();
        env.set("SLM_KEEP_WARM", minutes);
        let dir = env.project(&[("a.py", "def total(values):\n    return sum(values)\n")]);
        copy("tiny-llama.gguf", &dir.join("model.gguf"));
        Self { env, dir }
    }

    fn model(&self) -> PathBuf {
        self.dir.join("model.gguf")
    }

    /// `slm complete` in the middle of the file.
    fn complete(&self) -> Slm {
        self.complete_at("a.py:2:12")
    }

    fn complete_at(&self, place: &str) -> Slm {
        let words = ["complete", "--json", "--max-tokens", "24", "--model", "model.gguf", place];
        self.env.slm(words).cwd(&self.dir)
    }

    /// What the cold path says.
    fn cold(&self) -> Value {
        text(&self.complete().env("SLM_KEEP_WARM", "0").run())
    }

    fn status(&self) -> Value {
        let run = self.env.slm(["worker", "status", "--json"]).run();
        assert_eq!(run.code(), 0, "{run}");
        run.json()
    }

    /// The keeper and its one worker.
    fn pids(&self) -> (i32, i32) {
        let status = self.status();
        let one =
            |value: &Value| value["pid"].as_i64().unwrap_or_else(|| panic!("{status}")) as i32;
        assert_eq!(status["workers"].as_array().unwrap().len(), 1, "{status}");
        (one(&status), one(&status["workers"][0]))
    }

    /// Waits until the keeper's one worker is in this state.
    fn until(&self, state: &str) {
        wait(state, || self.status()["workers"][0]["state"] == state);
    }
}

impl Drop for Warm {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.env.slm(["worker", "stop"]).run();
        }
        // Else the keeper misses its socket, which is removed with the environment.
    }
}

fn copy(fixture: &str, to: &Path) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models").join(fixture);
    std::fs::copy(from, to).unwrap();
}

fn text(run: &Run) -> Value {
    assert_eq!(run.code(), 0, "{run}");
    run.json()["completions"].clone()
}

fn send(signal: Signal, pid: i32) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

/// Whether a process runs; one that nobody has taken notice of does not.
fn is_alive(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(" Z"))
}

fn wait(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < LIMIT, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Resident memory in KiB.
fn resident(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
