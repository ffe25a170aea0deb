//! `slm doctor`: what holds on this machine, and what to do where something does not.

use anyhow::Context;

use super::report::{self, ExitStatus};
use crate::base::sanitize;
use crate::config::{self, Environment};
use crate::repo;
use crate::sandbox::{Options, Workspace};

/// Say what works on this machine: isolation layers, configuration, test command
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs `slm doctor`.
///
/// # Errors
/// A configuration that does not parse, no usable isolation.
pub fn run(_: &Args, environment: &Environment) -> anyhow::Result<ExitStatus> {
    let say = |text: String| report::line(&sanitize(&text));
    say(format!("slm {}", env!("CARGO_PKG_VERSION")));
    let file = environment.config_file();
    config::load(&file)?;
    let state = if file.exists() { "read" } else { "absent, defaults are used" };
    say(format!("configuration  {} ({state})", file.display()));
    say(format!("state          {}", environment.state_dir().display()));
    let built =
        if cfg!(feature = "llama") { "llama.cpp built in" } else { "built without llama.cpp" };
    say(format!("engine         {built}"));
    let here = std::env::current_dir().context("cannot tell the current directory")?;
    let root = repo::discover(&here)?;
    say(format!("repository     {}", root.path.display()));
    match repo::detect_test_command(&root.path) {
        Some(found) => say(format!("test command   {} ({})", found.argv.join(" "), found.why)),
        None => say("test command   none found; give one after `slm fix --`".to_owned()),
    }
    let workspace = Workspace::open(&root.path, &Options::from_process())?;
    let isolation = workspace.isolation();
    say(format!("sandbox        {}", isolation.mode.name()));
    for layer in &isolation.layers {
        let sign = if layer.holds { "yes" } else { "no " };
        say(format!("  {sign} {:<16} {}", layer.name, layer.detail));
    }
    Ok(ExitStatus::Success)
}
