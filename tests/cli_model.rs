//! `slm model`, as its users run it: files come, are chosen, spoiled, gone back from and taken out.

#![cfg(feature = "llama")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "test helpers"
)]

#[path = "models/adapters.rs"]
mod adapters;
#[path = "models/bundles.rs"]
mod bundles;
#[path = "models/lifecycle.rs"]
mod lifecycle;
#[path = "models/prompts.rs"]
mod prompts;
#[path = "models/pulls.rs"]
mod pulls;
#[path = "models/server.rs"]
mod server;
mod support;

use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{Env, Run};

/// A committed model of random weights.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models").join(name)
}

/// `slm model WORDS`, which must end with this status.
#[track_caller]
fn model(env: &Env, status: i32, words: &[&str]) -> Run {
    let run = env.slm(["model"].iter().chain(words)).run();
    assert_eq!(run.code(), status, "slm model {words:?}\n{run}");
    run
}

/// What `slm model list --json` says.
fn list(env: &Env) -> Value {
    model(env, 0, &["list", "--json"]).json()
}

/// Adds a fixture under a name.
#[track_caller]
fn add(env: &Env, file: &str, name: &str) {
    let path = fixture(file);
    model(env, 0, &["add", path.to_str().unwrap(), "--name", name]);
}

/// Writes the user's configuration.
fn configure(env: &Env, text: &str) {
    let dir = env.home().join("config/slm");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("config.toml"), text).unwrap();
}

/// The files of the store, by name.
fn stored(env: &Env) -> Vec<PathBuf> {
    let dir = env.home().join("data/slm/models/files");
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

/// What lies in the store on its way in.
fn incoming(env: &Env) -> Vec<PathBuf> {
    let dir = env.home().join("data/slm/models/incoming");
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// The last line of what a run said to people.
#[track_caller]
fn says(run: &Run, words: &str) {
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(said.contains(words), "{words:?} is not in\n{run}");
}
