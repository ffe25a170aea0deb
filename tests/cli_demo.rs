//! The bundled demo project, repaired by the real binary: the contract of `--json`, the final tree,
//! undo, and that no network is needed.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]

mod support;

use std::path::Path;

use support::{Env, Run, snapshot};

const COMMAND: [&str; 5] = ["--", "python3", "-m", "unittest", "-q"];

fn fix(env: &Env, project: &Path, options: &[&str]) -> Run {
    let args = ["fix"].iter().chain(options).chain(&COMMAND);
    env.slm(args).cwd(project).run()
}

/// Asserts the parts of the `--json` contract that hold for every outcome.
#[track_caller]
fn keeps_the_contract(run: &Run) {
    let json = run.json();
    for key in [
        "status",
        "failure",
        "diff",
        "files",
        "tier",
        "candidates_generated",
        "candidates_checked",
        "elapsed_ms",
        "model",
    ] {
        assert!(json.get(key).is_some(), "no {key}: {run}");
    }
    let known = ["fixed", "unverified", "no-fix", "not-reproduced", "refused", "error"];
    assert!(known.contains(&json["status"].as_str().unwrap()), "{run}");
    assert!(!run.stdout.contains('\u{1b}'), "escape sequences on stdout: {run}");
}

#[test]
fn the_demo_is_fixed_and_can_be_undone() {
    if !support::have(&["python3"]) {
        return;
    }
    let env = Env::new();
    let project = env.project_from("demo");
    let before = snapshot(&project);

    let run = fix(&env, &project, &["--yes", "--json"]);
    assert_eq!(run.code(), 0, "{run}");
    keeps_the_contract(&run);
    let json = run.json();
    assert_eq!(json["status"], "fixed", "{run}");
    assert_eq!(json["files"], serde_json::json!(["inventory/stock.py"]), "{run}");
    assert!(json["diff"].as_str().unwrap().contains("+++"), "{run}");

    let after = snapshot(&project);
    let changed: Vec<_> =
        after.iter().filter(|(name, bytes)| before.get(*name) != Some(*bytes)).collect();
    assert_eq!(changed.len(), 1, "{changed:?}");
    let proof = env.program("python3", &COMMAND[2..]).cwd(&project).run();
    assert_eq!(proof.code(), 0, "{proof}");

    let undo = env.slm(["undo"]).cwd(&project).run();
    assert_eq!(undo.code(), 0, "{undo}");
    assert_eq!(snapshot(&project), before);
}

#[test]
fn a_dry_run_proves_and_writes_nothing() {
    if !support::have(&["python3"]) {
        return;
    }
    let env = Env::new();
    let project = env.project_from("demo");
    let before = snapshot(&project);
    let run = fix(&env, &project, &["--dry-run", "--json"]);
    keeps_the_contract(&run);
    assert!(run.json()["diff"].as_str().unwrap().contains("inventory/stock.py"), "{run}");
    assert_eq!(snapshot(&project), before);
}

#[test]
fn a_command_that_passes_is_left_alone() {
    let env = Env::new();
    let project = env.project_from("demo");
    let before = snapshot(&project);
    let run = env.slm(["fix", "--yes", "--json", "--", "true"]).cwd(&project).run();
    assert_eq!(run.code(), 0, "{run}");
    keeps_the_contract(&run);
    assert_eq!(run.json()["status"], "not-reproduced", "{run}");
    assert_eq!(snapshot(&project), before);
}

#[test]
fn the_demo_is_fixed_without_any_network() {
    if !support::have(&["python3", "unshare"]) {
        return;
    }
    let env = Env::new();
    if env.program("unshare", ["-rn", "true"]).run().code() != 0 {
        println!("skipped: this kernel gives no empty network namespace");
        return;
    }
    // The positive control: what is claimed to be empty has no interface but the loopback.
    let links = env.program("unshare", ["-rn", "cat", "/proc/net/dev"]).run();
    let interfaces: Vec<_> = links.stdout.lines().skip(2).collect();
    assert!(interfaces.iter().all(|line| line.trim_start().starts_with("lo:")), "{links}");

    let project = env.project_from("demo");
    let args = ["-rn", env!("CARGO_BIN_EXE_slm"), "fix", "--yes", "--json"];
    let run = env.program("unshare", args.iter().chain(&COMMAND)).cwd(&project).run();
    assert_eq!((run.code(), run.json()["status"].as_str()), (0, Some("fixed")), "{run}");
}
