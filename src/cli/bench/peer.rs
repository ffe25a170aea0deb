//! llama-bench beside us: one run of it, and what it printed.

use std::io::Read as _;
use std::path::PathBuf;
use std::time::Duration;

use crossbeam_channel::RecvTimeoutError;
use serde::Deserialize;

use super::memory;
use crate::base::{Cancel, sanitize};
use crate::cli::report::Failure;
use crate::sandbox;

/// How often a waiting caller looks at its cancel token and at the memory of llama-bench.
const POLL: Duration = Duration::from_millis(50);

/// llama-bench, and what it is asked for.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    pub(super) program: PathBuf,
    pub(super) model: PathBuf,
    pub(super) threads: usize,
    /// Tokens to read, and to write.
    pub(super) prompt: usize,
    pub(super) generate: usize,
}

/// One run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Run {
    /// Commit and number of the llama.cpp that it was built from, as it says itself.
    pub(super) build: String,
    /// Tokens per second.
    pub(super) prefill: f64,
    pub(super) decode: f64,
    /// Largest resident set in bytes, where it can be told.
    pub(super) peak: Option<u64>,
}

impl Peer {
    /// Runs it once, after its own warm-up: flash attention off, as here; the rest its defaults, of
    /// which the types of the cache and the mapped file are the same here, and larger batches are not.
    ///
    /// # Errors
    /// When it cannot be started, fails, or prints something else; a cancelled request.
    pub(super) fn run(&self, cancel: &Cancel) -> anyhow::Result<Run> {
        let shown = self.program.display();
        let numbers = [self.threads, self.prompt, self.generate].map(|n| n.to_string());
        let [threads, prompt, generate] = numbers.each_ref().map(String::as_str);
        let Some(model) = self.model.to_str() else {
            return Err(Failure::environment("the path of a model must be valid UTF-8"));
        };
        let args = [
            ["-m", model],
            ["-p", prompt],
            ["-n", generate],
            ["-t", threads],
            ["-r", "1"],
            ["-fa", "0"],
            ["-ngl", "0"],
            ["-o", "json"],
        ];
        let (mut output, input, mut worker) =
            sandbox::spawn_worker(&self.program, &args.concat(), &[])
                .map_err(|error| Failure::environment(format!("cannot start {shown}: {error}")))?;
        drop(input);
        let (sender, printed) = crossbeam_channel::bounded(1);
        std::thread::spawn(move || {
            let mut text = String::new();
            let read = output.read_to_string(&mut text);
            // Nobody listens any more after a cancellation.
            let _ = sender.send(read.map(|_| text));
        });
        let mut peak = None;
        let text = loop {
            match printed.recv_timeout(POLL) {
                Ok(text) => break text,
                Err(RecvTimeoutError::Timeout) if cancel.is_cancelled() => {
                    return Err(Failure::interrupted());
                }
                Err(RecvTimeoutError::Timeout) => {
                    peak = peak.max(memory::of(worker.pid()).map(|memory| memory.peak));
                }
                Err(RecvTimeoutError::Disconnected) => break Ok(String::new()),
            }
        };
        let end = worker.wait();
        if cancel.is_cancelled() {
            return Err(Failure::interrupted());
        }
        if end.code != Some(0) {
            let how = match (end.code, end.signal) {
                (Some(code), _) => format!("exit code {code}"),
                (None, Some(signal)) => format!("signal {signal}"),
                (None, None) => "no exit code".to_owned(),
            };
            let last = end.stderr.lines().map(str::trim).rfind(|line| !line.is_empty());
            let said = last.map(|line| format!(": {}", sanitize(line))).unwrap_or_default();
            return Err(Failure::environment(format!("{shown} failed ({how}){said}")));
        }
        let run = text.ok().as_deref().and_then(parse).ok_or_else(|| {
            Failure::environment(format!(
                "{shown} did not print what llama-bench prints with -o json: is it llama-bench?"
            ))
        })?;
        Ok(Run { peak, ..run })
    }
}

/// One test, as `-o json` prints it (llama.cpp, tools/llama-bench).
#[derive(Debug, Deserialize)]
struct Test {
    #[serde(default)]
    build_commit: String,
    #[serde(default)]
    build_number: u64,
    n_prompt: u64,
    n_gen: u64,
    avg_ts: f64,
}

fn parse(text: &str) -> Option<Run> {
    let tests: Vec<Test> = serde_json::from_str(text.trim()).ok()?;
    let speed = |wanted: fn(&Test) -> bool| {
        tests.iter().find(|test| wanted(test)).map(|test| test.avg_ts).filter(|speed| *speed > 0.0)
    };
    let first = tests.first()?;
    Some(Run {
        build: format!("{} ({})", first.build_commit, first.build_number),
        prefill: speed(|test| test.n_prompt > 0 && test.n_gen == 0)?,
        decode: speed(|test| test.n_prompt == 0 && test.n_gen > 0)?,
        peak: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_tests_are_found_whatever_else_is_printed() {
        let text = r#"[
          {"build_commit": "abc", "build_number": 7, "n_prompt": 512, "n_gen": 0, "avg_ts": 50.5,
           "samples_ts": [50.5], "model_type": "qwen2 1B"},
          {"build_commit": "abc", "build_number": 7, "n_prompt": 0, "n_gen": 64, "avg_ts": 9.25}
        ]"#;
        let run = Run { build: "abc (7)".to_owned(), prefill: 50.5, decode: 9.25, peak: None };
        assert_eq!(parse(text), Some(run));
    }

    #[test]
    fn something_else_is_no_run() {
        let only = r#"[{"n_prompt": 512, "n_gen": 0, "avg_ts": 50.5}]"#;
        let still = r#"[{"n_prompt": 512, "n_gen": 0, "avg_ts": 0.0},
                        {"n_prompt": 0, "n_gen": 64, "avg_ts": 1.0}]"#;
        for text in ["", "[]", "usage: x", r#"{"n_prompt": 1}"#, only, still] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
