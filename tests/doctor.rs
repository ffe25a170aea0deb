//! `slm doctor`, and the self-test that it shows: kept for each build and processor, and what happens
//! to commands where it fails.

#![cfg(all(feature = "llama", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]

mod support;

use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{Env, Run, have};

fn model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models/tiny-llama.gguf")
}

fn doctor(env: &Env, args: &[&str]) -> Run {
    let project = env.project(&[("Cargo.toml", "[package]\nname = \"x\"\n")]);
    let run = env.slm(["doctor"].iter().chain(args)).cwd(&project).run();
    assert_eq!(run.code(), 0, "{run}");
    run
}

#[test]
fn says_what_is_here_and_what_was_chosen() {
    let mut env = Env::new();
    env.set("SLM_MODEL", model());
    let json = doctor(&env, &["--json"]).json();
    let text = |pointer: &str| json.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let number = |pointer: &str| json.pointer(pointer).and_then(Value::as_f64).unwrap_or(-1.0);
    assert_eq!(text("/version"), env!("CARGO_PKG_VERSION"));
    assert_eq!(text("/build/kind"), "cargo", "tests are not built by install.sh");
    assert_eq!(json["build"]["llama_cpp"], true);
    assert_eq!(json["build"]["llamafile"], false, "see .cargo/config.toml");
    assert_ne!(text("/processor/name"), "");
    let cores = number("/processor/physical_cores");
    let threads = number("/processor/threads");
    assert!(cores >= 1.0 && threads >= 1.0 && threads <= cores.max(1.0), "{json}");
    let (total, available) = (number("/memory/total_bytes"), number("/memory/available_bytes"));
    assert!(total >= available && available > 0.0, "{json}");
    if available > f64::from(2_u32.pow(31)) {
        assert!(number("/memory/read_bytes_per_second") > 1e7, "{json}");
    }
    assert_eq!(text("/self_test/cpu/result"), "right", "{json}");
    assert_eq!(text("/model/name"), "tiny llama");
    assert_eq!(number("/model/context"), 512.0, "as long as it was trained for");
    let (need, weights) = (number("/model/need_bytes"), number("/model/weights_bytes"));
    assert!(need > weights && weights > 1e5, "{json}");
    assert_eq!(json["warm_worker"]["running"], false);
    assert_eq!(json["test_command"], serde_json::json!(["cargo", "test"]));
    assert!(json["sandbox"]["layers"].as_array().is_some_and(|layers| !layers.is_empty()));

    let shown = doctor(&env, &[]).stdout;
    for line in ["processor ", "threads ", "memory ", "self-test      right", "model ", "sandbox "]
    {
        assert!(shown.lines().any(|shown| shown.starts_with(line)), "{line}: {shown}");
    }
}

#[test]
fn a_model_that_cannot_be_loaded_is_a_finding_and_no_failure() {
    let mut env = Env::new();
    env.set("SLM_MODEL", env.root().join("absent.gguf"));
    let run = doctor(&env, &["--json"]);
    let problem = run.json()["model"]["problem"].as_str().unwrap().to_owned();
    assert!(problem.contains("there is no such file"), "{problem}");
}

/// The one result that is kept.
fn kept(env: &Env) -> PathBuf {
    let dir = env.home().join("cache/slm/selftest");
    let mut files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

#[test]
fn where_the_self_test_fails_no_model_is_loaded_and_rules_go_on() {
    if !have(&["python3"]) {
        return;
    }
    let env = Env::new();
    let project = env.project(&[
        ("shop.py", "def total(prices):\n    return sum(prices) + 1\n"),
        (
            "test_shop.py",
            "import unittest\nfrom shop import total\n\nclass T(unittest.TestCase):\n    \
             def test_total(self):\n        self.assertEqual(total([1, 2]), 3)\n",
        ),
    ]);
    let model = model();
    let model = model.to_str().unwrap();
    let complete = || {
        let args = ["complete", "--model", model, "--max-tokens", "4", "shop.py:2:5"];
        env.slm(args).cwd(&project).run()
    };
    assert_eq!(complete().code(), 0, "{}", complete());
    let place = kept(&env);
    let right = std::fs::read_to_string(&place).unwrap();
    assert!(right.contains(r#""result":"right""#), "{right}");

    let how = "segmentation fault in llama.cpp";
    let crashed = serde_json::json!({"cpu": {"result": "crashed", "how": how}, "elapsed_ms": 9});
    std::fs::write(&place, crashed.to_string()).unwrap();
    let run = complete();
    assert_eq!(run.code(), 3, "{run}");
    assert!(run.stderr.contains(how), "{run}");
    assert!(run.stderr.contains("./install.sh --portable"), "{run}");

    let args =
        ["fix", "--yes", "--json", "--model", model, "--", "python3", "-m", "unittest", "-q"];
    let run = env.slm(args).cwd(&project).run();
    assert_eq!(run.json()["status"], "fixed", "{run}");
    assert_eq!(run.json()["model"], Value::Null);
    assert!(run.stderr.contains("going on without the model"), "{run}");

    // The doctor does not believe what was kept.
    assert!(doctor(&env, &[]).stdout.contains("self-test      right"));
    assert_eq!(complete().code(), 0);
    // Nor is anything believed that cannot be read.
    std::fs::write(&place, "{").unwrap();
    assert_eq!(complete().code(), 0);
    assert!(std::fs::read_to_string(&place).unwrap().contains(r#""result":"right""#));
}

#[test]
fn the_self_test_can_be_run_by_itself() {
    let env = Env::new();
    let run = env.slm(["__self-test"]).run();
    assert_eq!(run.code(), 0, "{run}");
    assert!(run.stdout.starts_with("right"), "{run}");
    let run = env.slm(["__self-test", "--json"]).run();
    assert_eq!(run.json()["cpu"]["result"], "right", "{run}");
}
