//! `slm bench` as people use it, with a tiny model of random weights, beside a llama-bench that a
//! script plays.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]
#![cfg(feature = "llama")]

mod support;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use support::Env;

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/models/tiny-llama.gguf");

/// A llama-bench that does what `script` says.
fn peer(env: &Env, script: &str) -> PathBuf {
    let path = env.project(&[]).join("llama-bench");
    support::program(&path, &format!("#!/bin/sh\n{script}\n"));
    path
}

/// Asserts that these are times of at least one sample, none of them 0, in ascending order.
#[track_caller]
fn assert_times(value: &Value) {
    let at = |name: &str| value[name].as_f64().unwrap_or_else(|| panic!("{name} of {value}"));
    let times = [at("p50"), at("p95"), at("p99")];
    assert!(at("samples") >= 1.0 && times[0] > 0.0 && times.is_sorted(), "{value}");
}

#[test]
fn every_part_is_measured() {
    let env = Env::new();
    let run = env.slm(["bench", "--quick", "--json", "--model", MODEL]).run();
    assert_eq!(run.code(), 0, "{run}");
    assert_eq!(run.stdout.lines().count(), 1, "{run}");
    let found = run.json();
    assert_eq!((&found["status"], &found["model"]["name"]), (&"ok".into(), &"tiny llama".into()));
    assert!(found["against"].is_null(), "{found}");
    assert_times(&found["load_ms"]);
    assert_times(&found["prefill"]["ms"]);
    assert_times(&found["decode"]["token_ms"]);
    assert_eq!(
        (&found["prefill"]["tokens"], &found["decode"]["tokens"]),
        (&128.into(), &16.into())
    );
    for part in ["prefill", "decode"] {
        assert!(found[part]["tokens_per_second"].as_f64() > Some(0.0), "{found}");
    }
    for place in ["cold", "memory", "restart"] {
        assert_times(&found["ttft"][place]["ms"]);
    }
    let ttft = &found["ttft"];
    assert!(ttft["memory"]["kept"].as_u64() > Some(200) && ttft["cold"]["kept"] == 0, "{ttft}");
    for part in ["edit", "prose"] {
        let gain = &found[part];
        assert_times(&gain["plain_ms"]);
        assert_times(&gain["proposals_ms"]);
        assert!(gain["ratio"]["low"].as_f64() > Some(0.0), "{gain}");
        assert!(gain["accepted"].as_u64() <= gain["drafted"].as_u64(), "{gain}");
    }
    let edits = found["edit"]["cases"].as_array().unwrap();
    assert!(edits.len() >= 4 && found["edit"]["accepted"].as_u64() > Some(0), "{found}");
    let widths: Vec<&Value> = found["n_best"].as_array().unwrap().iter().collect();
    assert_eq!(widths.iter().map(|width| &width["n"]).collect::<Vec<_>>(), [1, 2, 4]);
    widths.iter().for_each(|width| assert_times(&width["ms"]));
    let grammars = found["grammar"].as_array().unwrap();
    assert_eq!(grammars.len(), 3, "{found}");
    grammars.iter().for_each(|grammar| assert_times(&grammar["token_ms"]));
    if cfg!(target_os = "linux") {
        assert!(found["memory"]["peak"].as_u64() >= found["memory"]["own"].as_u64(), "{found}");
        assert!(found["memory"]["own"].as_u64() > Some(0), "{found}");
    }
}

#[test]
fn llama_bench_runs_in_turns_with_slm() {
    let env = Env::new();
    // It writes down what it was asked for.
    let peer = peer(
        &env,
        r#"echo "$@" >> "$(dirname "$0")/asked"
cat <<'END'
[ {"build_commit": "abc", "build_number": 7, "n_prompt": 128, "n_gen": 0, "avg_ts": 2.0},
  {"build_commit": "abc", "build_number": 7, "n_prompt": 0, "n_gen": 16, "avg_ts": 1.0} ]
END"#,
    );
    let args = ["--quick", "--json", "--rounds", "3", "--threads", "1", "--model", MODEL];
    let run = env.slm(["bench", "--against", peer.to_str().unwrap()].iter().chain(&args)).run();
    assert_eq!(run.code(), 0, "{run}");
    let found = run.json();
    let against = &found["against"];
    assert_eq!((&against["build"], &against["decode"]), (&"abc (7)".into(), &1.0.into()));
    for part in ["prefill", "decode"] {
        let own = found[part]["tokens_per_second"].as_f64().unwrap();
        let (ratio, speed) = (&against[format!("{part}_ratio")], against[part].as_f64().unwrap());
        assert_eq!(ratio["samples"], 3, "{against}");
        assert!((ratio["median"].as_f64().unwrap() * speed / own - 1.0).abs() < 1e-6, "{against}");
    }
    let asked = std::fs::read_to_string(peer.with_file_name("asked")).unwrap();
    assert_eq!(asked.lines().count(), 3, "{asked}");
    for wanted in ["-p 128 -n 16 -t 1 -r 1 -fa 0", MODEL, "-o json"] {
        assert!(asked.lines().all(|line| line.contains(wanted)), "{wanted}: {asked}");
    }
}

#[test]
fn a_table_is_for_people() {
    let env = Env::new();
    let run = env.slm(["bench", "--quick", "--rounds", "1", "--model", MODEL]).run();
    assert_eq!(run.code(), 0, "{run}");
    for part in ["tiny llama", "reading 128 tokens", "writing a token", "proposals, edits", "json"]
    {
        assert!(run.stdout.contains(part), "{part}: {run}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    let env = Env::new();
    let none = env.slm(["bench"]).run();
    assert_eq!(none.code(), 3, "{none}");
    assert!(none.stderr.contains("--model FILE"), "{none}");

    let project = env.project(&[("bad.gguf", "GGUF and nothing else")]);
    let bad = project.join("bad.gguf");
    let run = env.slm(["bench", "--quick", "--json", "--model", bad.to_str().unwrap()]).run();
    assert_eq!((run.code(), &run.json()["status"]), (3, &"error".into()), "{run}");
    assert!(run.json()["message"].as_str().unwrap().contains("bad.gguf"), "{run}");

    let embeds = MODEL.replace("tiny-llama", "tiny-bert");
    let run = env.slm(["bench", "--quick", "--model", &embeds]).run();
    assert_eq!(run.code(), 3, "{run}");
    assert!(run.stderr.contains("choose a language model"), "{run}");
}

#[test]
fn a_llama_bench_that_fails_is_quoted() {
    let env = Env::new();
    let against = |script: &str| {
        let peer = peer(&env, script);
        let args = ["bench", "--quick", "--model", MODEL, "--against", peer.to_str().unwrap()];
        let run = env.slm(args).run();
        assert_eq!(run.code(), 3, "{run}");
        run.stderr
    };
    let failed = against("echo 'no such model' >&2\nexit 4");
    assert!(failed.contains("failed (exit code 4): no such model"), "{failed}");
    let other = against("echo '| model | size |'");
    assert!(other.contains("is it llama-bench?"), "{other}");
    let run =
        env.slm(["bench", "--quick", "--model", MODEL, "--against", "/nowhere/llama-bench"]).run();
    assert_eq!(run.code(), 3, "{run}");
    assert!(run.stderr.contains("cannot start /nowhere/llama-bench"), "{run}");
}

#[test]
fn ctrl_c_ends_it_while_llama_bench_runs() {
    if !support::have(&["timeout"]) {
        return;
    }
    let env = Env::new();
    // Deaf to the signal: it must be ended, not waited for.
    let peer = peer(&env, "trap '' INT\nexec sleep 1000");
    let slm = env!("CARGO_BIN_EXE_slm");
    let args = ["--preserve-status", "-s", "INT", "3", slm, "bench", "--quick", "--json"];
    let more = ["--model", MODEL, "--against", peer.to_str().unwrap()];
    let run = env.program("timeout", args.iter().chain(&more)).limit(Duration::from_secs(60)).run();
    assert_eq!(run.code(), 130, "{run}");
    assert_eq!(run.stdout, "", "{run}");
}

#[test]
fn parts_can_be_left_out() {
    let env = Env::new();
    let args = ["bench", "--quick", "--rounds", "1", "--model", MODEL, "--only", "speed,prose"];
    let run = env.slm(args.iter().copied().chain(["--json"])).run();
    assert_eq!(run.code(), 0, "{run}");
    let found = run.json();
    assert_times(&found["load_ms"]);
    assert_times(&found["decode"]["token_ms"]);
    assert_times(&found["prose"]["plain_ms"]);
    assert!(found["ttft"].is_null() && found["edit"].is_null(), "{found}");
    assert_eq!(
        (&found["n_best"], &found["grammar"]),
        (&Value::Array(Vec::new()), &Value::Array(Vec::new()))
    );
    let run = env.slm(args).run();
    assert_eq!(run.code(), 0, "{run}");
    assert!(run.stdout.contains("reading 128 tokens"), "{run}");
    assert!(!run.stdout.contains("first token"), "{run}");
}
