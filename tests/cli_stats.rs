//! `slm stats` and what it rests on, with the real binary: what is recorded, what never is, and that recording
//! disturbs nobody.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "test helpers; a skip must be seen"
)]

mod support;
#[path = "no_egress/trace.rs"]
mod trace;

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::Value;
use support::{Env, have};

/// A model of random weights: it loads, and answers nonsense.
const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/models/tiny-llama.gguf");

/// A script with a bug that a rule repairs.
const BROKEN: &[(&str, &str)] = &[
    ("main.py", "from stock import label\n\nassert label('nut', 3) == 'nut: 3'\n"),
    ("stock.py", "def label(name, count):\n    return f'{name}: {cuont}'\n"),
];

/// A command that ends at once, with 3, since there is no such file.
const QUICK: [&str; 2] = ["complete", "secret_name.py:1:1"];

fn directory(env: &Env) -> PathBuf {
    env.home().join("state/slm/stats")
}

/// Everything that was recorded, as it lies on the disk.
fn log(env: &Env) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(directory(env)).into_iter().flatten() {
        text.push_str(&std::fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    text
}

fn configure(env: &Env, text: &str) {
    let directory = env.home().join("config/slm");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("config.toml"), text).unwrap();
}

fn stats(env: &Env, words: &[&str]) -> Value {
    let run = env.slm(["stats", "--json"].iter().chain(words)).run();
    assert_eq!((run.code(), run.stderr.as_str(), run.stdout.lines().count()), (0, "", 1), "{run}");
    run.json()
}

/// The only task of `summary`.
#[track_caller]
fn only(summary: &Value) -> &Value {
    let tasks = summary["tasks"].as_array().unwrap();
    assert_eq!(tasks.len(), 1, "{summary:#}");
    &tasks[0]
}

#[test]
fn repairs_are_recorded_and_summed_up() {
    if !have(&["python3"]) {
        return;
    }
    let env = Env::new();
    let project = env.project(BROKEN);
    for (flag, status) in [("--dry-run", "unverified"), ("--yes", "fixed")] {
        let run = env.slm(["fix", flag, "--json", "--", "python3", "main.py"]).cwd(&project).run();
        assert_eq!((run.code(), run.json()["status"].as_str()), (0, Some(status)), "{run}");
    }
    let summary = stats(&env, &[]);
    let fix = only(&summary);
    assert_eq!((&fix["task"], &fix["runs"]), (&"fix".into(), &2.into()));
    assert_eq!((&fix["success"]["successes"], &fix["success"]["of"]), (&2.into(), &2.into()));
    assert_eq!(fix["statuses"], serde_json::json!({ "fixed": 1, "proven": 1 }));
    assert_eq!(
        (&fix["tiers"]["rule"]["of"], &fix["languages"]["python"]["of"]),
        (&2.into(), &2.into())
    );
    assert_eq!((&fix["duration_ms"]["n"], &fix["duration_ms"]["p99"]), (&2.into(), &Value::Null));
    assert!(fix["duration_ms"]["p50"].as_u64().unwrap() > 0, "{fix:#}");
    for stage in ["reproduce", "check"] {
        assert_eq!(fix["stages"][stage]["n"], 2, "{fix:#}");
    }
    assert!(fix["checked"].as_u64().unwrap() >= 2 && fix["peak_bytes"].as_u64().unwrap() > 0);
    assert_eq!((&summary["recording"], &summary["skipped_lines"]), (&true.into(), &0.into()));

    let shown = env.slm(["stats", "--days", "1", "--task", "fix"]).run();
    assert!(shown.code() == 0 && shown.stdout.contains("2/2 100 %"), "{shown}");
    let other = env.slm(["stats", "--task", "ask"]).run();
    assert_eq!((other.code(), other.stdout.as_str()), (1, "nothing is recorded yet\n"));

    // Nothing of what it was about is there, and nobody else can read what is.
    let text = log(&env);
    let of = |event: &str| text.matches(&format!("\"event\":\"{event}\"")).count();
    // Each run has decided about five generators.
    assert_eq!((of("run"), of("route"), text.lines().count()), (2, 10, 12), "{text}");
    let project = project.file_name().unwrap().to_str().unwrap();
    for word in ["stock", "main", "label", "cuont", "python3", "NameError", project, "home", "/"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory(&env)), 0o700);
    for entry in std::fs::read_dir(directory(&env)).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

#[test]
fn what_a_model_does_is_measured() {
    let env = Env::new();
    let project = env.project(BROKEN);
    let words = ["complete", "--json", "--max-tokens", "4", "--model", MODEL, "stock.py:2:12"];
    let run = env.slm(words).cwd(&project).run();
    assert_eq!(run.json()["model"], "tiny llama", "{run}");
    let summary = stats(&env, &[]);
    let complete = only(&summary);
    assert_eq!(
        (&complete["task"], &complete["stages"]["generate"]["n"]),
        (&"complete".into(), &1.into())
    );
    assert!(complete["worker_peak_bytes"].as_u64().unwrap() > 0, "{complete:#}");
    let models = summary["models"].as_array().unwrap();
    assert_eq!((models.len(), &models[0]["model"]["name"]), (1, &"tiny llama".into()));
    assert!(
        models[0]["requests"].as_u64().unwrap() >= 1 && models[0]["prompt"].as_u64().unwrap() > 0
    );
    // By its hash as well as by its name.
    let hash = models[0]["model"]["hash"].as_str().unwrap();
    assert_eq!(stats(&env, &["--model", hash])["models"], summary["models"]);
    assert_eq!(stats(&env, &["--model", "Tiny Llama"])["models"], summary["models"]);
    let text = log(&env);
    assert!(!text.contains("fixtures") && !text.contains("stock"), "{text}");
}

#[test]
fn reviews_hooks_and_instructions_are_recorded() {
    if !have(&["git"]) {
        return;
    }
    let env = Env::new();
    let project = env.project(BROKEN);
    assert_eq!(env.program("git", ["init", "-q"]).cwd(&project).run().code(), 0);
    for words in [&["review", "--json"][..], &["hook", "run", "pre-commit"], &["run", "!true"]] {
        let run = env.slm(words).cwd(&project).run();
        assert!(run.code() <= 1, "{run}");
    }
    let summary = stats(&env, &[]);
    let tasks: Vec<_> = summary["tasks"].as_array().unwrap().iter().map(|t| &t["task"]).collect();
    assert_eq!(tasks, ["review", "hook", "run"], "{summary:#}");
    // Setting hooks up is none of these, and looking at the log is nothing to record.
    env.slm(["hook", "status"]).cwd(&project).run();
    assert_eq!(log(&env).lines().count(), 3);
}

#[test]
fn nothing_is_recorded_where_nothing_is_to_be() {
    let env = Env::new();
    configure(&env, "[stats]\nrecord = false\n");
    assert_eq!(env.slm(QUICK).run().code(), 3);
    assert!(!directory(&env).exists());
    let run = env.slm(["stats", "--json"]).run();
    assert_eq!((run.code(), &run.json()["recording"]), (1, &false.into()), "{run}");
    let run = env.slm(["stats"]).run();
    assert!(run.stderr.contains("stats.record is false"), "{run}");
    // It may say that nothing is kept: what cannot be read is no consent.
    configure(&env, "[stats]\nrecord = flase\n");
    assert_eq!(env.slm(QUICK).run().code(), 3);
    assert!(!directory(&env).exists());
    // The control: the same run is recorded.
    configure(&env, "[stats]\nrecord = true\nkeep_days = 2\nmax_mb = 1\n");
    assert_eq!(env.slm(QUICK).run().code(), 3);
    assert_eq!(log(&env).lines().count(), 1);
}

#[test]
fn a_log_is_shown_found_and_removed() {
    let env = Env::new();
    let run = env.slm(["stats", "--json"]).run();
    assert_eq!((run.code(), &run.json()["tasks"]), (1, &Value::Array(Vec::new())), "{run}");
    let path = env.slm(["stats", "path"]).run();
    assert_eq!(path.stdout, format!("{}\n", directory(&env).display()));
    env.slm(QUICK).run();
    let file = std::fs::read_dir(directory(&env)).unwrap().next().unwrap().unwrap().path();
    let mut text = std::fs::read(&file).unwrap();
    text.extend(b"\x1b]0;owned\x07\n{\"at\":1,\"event\":\"run\",\"task\":\"\x1b[2J\"}\nhalf a li");
    std::fs::write(&file, text).unwrap();
    env.slm(QUICK).run();
    let summary = stats(&env, &[]);
    assert_eq!((&only(&summary)["runs"], &summary["skipped_lines"]), (&2.into(), &3.into()));
    let shown = env.slm(["stats"]).run();
    assert!(shown.stdout.contains("3 line(s) could not be read"), "{shown}");
    assert!(!shown.stdout.contains('\x1b'), "{shown}");
    let clear = env.slm(["stats", "clear"]).run();
    assert!(clear.code() == 0 && clear.stderr.contains("removed 1 file"), "{clear}");
    assert_eq!(log(&env), "");
}

#[test]
fn what_is_shared_is_shown_whole_and_never_written_over() {
    let env = Env::new();
    let file = env.root().join("shared.json");
    let name = file.to_str().unwrap();
    for words in [&["stats", "export", name][..], &["stats", "export", "--anonymous"]] {
        let run = env.slm(words).run();
        assert_eq!(run.code(), 2, "{run}");
    }
    (0..4).for_each(|_| drop(env.slm(QUICK).run()));
    let few = env.slm(["stats", "export", "--anonymous", name]).run();
    assert!(few.code() == 1 && few.stderr.contains("fewer than 5"), "{few}");
    env.slm(QUICK).run();
    let show = env.slm(["stats", "export", "--anonymous", "--show"]).run();
    assert_eq!((show.code(), file.exists()), (0, false), "{show}");
    let write = env.slm(["stats", "export", "--anonymous", name]).run();
    let written = std::fs::read_to_string(&file).unwrap();
    assert_eq!((write.code(), &written, &written), (0, &write.stdout, &show.stdout), "{write}");
    let json: Value = serde_json::from_str(&written).unwrap();
    assert_eq!((&json["schema"], &json["tasks"][0]["runs"]), (&"slm-stats/1".into(), &5.into()));
    for word in ["secret", "home", "/tmp", "\"at\"", env.root().to_str().unwrap()] {
        assert!(!written.contains(word), "{word}: {written}");
    }

    std::fs::write(&file, "mine\n").unwrap();
    let refused = env.slm(["stats", "export", "--anonymous", name]).run();
    assert!(refused.code() == 2 && refused.stderr.contains("--force"), "{refused}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine\n");
    let forced = env.slm(["stats", "export", "--anonymous", "--force", name]).run();
    assert_eq!((forced.code(), std::fs::read_to_string(&file).unwrap()), (0, written), "{forced}");
    let nowhere = env.slm(["stats", "export", "--anonymous", "/nowhere/x.json"]).run();
    assert!(nowhere.code() == 3 && nowhere.stderr.contains("/nowhere"), "{nowhere}");
    // Nothing half-written stays behind.
    let left = std::fs::read_dir(env.root()).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().starts_with(".tmp")
    });
    assert_eq!(left.count(), 0);
}

#[test]
fn a_log_that_cannot_be_written_disturbs_nobody() {
    let env = Env::new();
    let plain = env.slm(QUICK).run();
    assert_eq!(log(&env).lines().count(), 1);
    let slm = format!("exec {} {} {}", env!("CARGO_BIN_EXE_slm"), QUICK[0], QUICK[1]);
    // No file may grow, as on a full disk; the signal that says so is ignored.
    let full = format!("trap '' XFSZ; ulimit -f 0; {slm}");
    let run = env.program("sh", ["-c", &full]).run();
    assert_eq!((run.code(), &run.stderr, &run.stdout), (3, &plain.stderr, &plain.stdout));
    assert_eq!(log(&env).lines().count(), 1);
    // There is something else where it should be.
    std::fs::remove_dir_all(directory(&env)).unwrap();
    std::fs::write(directory(&env), "no directory").unwrap();
    let run = env.slm(QUICK).run();
    assert_eq!((run.code(), &run.stderr, &run.stdout), (3, &plain.stderr, &plain.stdout));
    let stats = env.slm(["stats"]).run();
    assert!(stats.code() == 3 && stats.stderr.contains("slm/stats"), "{stats}");
}

#[test]
fn many_processes_write_whole_lines() {
    const AT_ONCE: usize = 6;
    const EACH: usize = 5;
    let env = Env::new();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| (0..EACH).for_each(|_| drop(env.slm(QUICK).run())));
        }
    });
    let text = log(&env);
    assert!(text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{text}");
    let summary = stats(&env, &[]);
    assert_eq!(only(&summary)["statuses"], serde_json::json!({ "error": AT_ONCE * EACH }));
    assert!(only(&summary)["duration_ms"]["p95"].is_u64(), "{summary:#}");
}

#[test]
fn nothing_is_sent() {
    let env = Env::new();
    if !have(&["python3"]) || !trace::possible(&env) {
        return;
    }
    let file = env.root().join("shared.json");
    let slm = env!("CARGO_BIN_EXE_slm");
    (0..5).for_each(|_| drop(env.slm(QUICK).run()));
    let mut watched = 0;
    for (words, code) in [
        (&QUICK[..], 3),
        (&["stats"], 0),
        (&["stats", "--json"], 0),
        (&["stats", "export", "--anonymous", file.to_str().unwrap()], 0),
        (&["stats", "clear"], 0),
    ] {
        let program: Vec<&OsStr> =
            std::iter::once(slm).chain(words.iter().copied()).map(OsStr::new).collect();
        let seen = trace::of(&env, env.root(), "%network,openat,io_uring_setup", &program);
        assert_eq!(seen.run.code(), code, "{}", seen.run);
        // A command that listens for Ctrl-C has a pair of its own, which nobody else can reach.
        let is_own = |line: &&str| line.contains("socketpair(AF_UNIX") || line.contains("recvfrom");
        let calls = seen.text.lines().filter(|line| !line.contains("openat") && !is_own(line));
        assert_eq!(calls.collect::<Vec<_>>(), [""; 0], "{words:?}");
        // The control: the process was watched.
        watched += seen.text.lines().filter(|line| line.contains("/stats")).count();
    }
    assert!(watched >= 4, "{watched}");
    assert!(file.exists());
    let connect = "import socket\nsocket.socket(socket.AF_INET).connect_ex(('127.0.0.1', 9))\n";
    let program = ["python3", "-c", connect].map(OsStr::new);
    let control = trace::of(&env, env.root(), "%network,openat", &program);
    assert!(control.families().contains("AF_INET"), "{}", control.text);
}
