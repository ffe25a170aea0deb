//! The proofs that nothing leaves the machine, and that no repository makes slm run anything: the
//! real binary, seen from outside.
//!
//! Every absence that is asserted here has a positive control: the same probe, parser or helper,
//! where nothing holds it back, must be noticed. Where a tool or the kernel does not allow a proof,
//! the test prints "skipped: " and the reason.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "test helpers; a skip must be seen"
)]

#[path = "no_egress/configuration.rs"]
mod configuration;
#[cfg(feature = "remote")]
#[path = "no_egress/endpoint.rs"]
mod endpoint;
#[path = "no_egress/git_helpers.rs"]
mod git_helpers;
#[path = "no_egress/main_commands.rs"]
mod main_commands;
#[path = "no_egress/secrets.rs"]
mod secrets;
#[path = "no_egress/sockets.rs"]
mod sockets;
mod support;
#[path = "no_egress/trace.rs"]
mod trace;
#[path = "no_egress/worker.rs"]
mod worker;

use std::path::Path;

use support::{Env, Run};

/// A model of random weights: it loads, answers nonsense, and is enough to have a worker.
const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/models/tiny-llama.gguf");

/// A script with a bug that a rule repairs.
const BROKEN: &[(&str, &str)] = &[
    ("main.py", "from stock import label\n\nassert label('nut', 3) == 'nut: 3'\n"),
    ("stock.py", "def label(name, count):\n    return f'{name}: {cuont}'\n"),
];

/// What `stock.py` of [`BROKEN`] is after the repair.
const REPAIRED: &str = "def label(name, count):\n    return f'{name}: {count}'\n";

/// A module with a bug that a small transformation repairs.
const STOCK: &str = "\
def total(prices):
    result = 0
    for price in prices:
        result -= price
    return result
";

/// Asserts that this run of `slm fix --json` claims a repair.
#[track_caller]
fn is_fixed(run: &Run) {
    assert_eq!((run.code(), run.json()["status"].as_str()), (0, Some("fixed")), "{run}");
}

/// Asserts that this run succeeded.
#[track_caller]
fn succeeds(run: &Run) {
    assert_eq!(run.code(), 0, "{run}");
}

/// True when checked commands run in namespaces here, false for copies under Landlock and seccomp.
fn has_namespaces(env: &Env, project: &Path) -> bool {
    let doctor = env.slm(["doctor"]).cwd(project).run();
    let mode = doctor.stdout.lines().find_map(|line| line.strip_prefix("sandbox "));
    match mode.map(str::trim) {
        Some("namespaces") => true,
        Some("copy") => false,
        _ => panic!("{doctor}"),
    }
}
