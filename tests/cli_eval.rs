//! `slm complete` and `slm eval` as people use them, with a tiny model of random weights.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]

mod support;

use serde_json::Value;
use support::Env;

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/models/tiny-llama.gguf");
const CODE: &str = "def total(values):\n    result = 0\n    \n    return result\n";

#[test]
fn complete_prints_one_object_and_changes_nothing() {
    let env = Env::new();
    let project = env.project(&[("a.py", CODE)]);
    let args =
        ["complete", "--json", "--count", "3", "--max-tokens", "8", "--model", MODEL, "a.py:3:5"];
    let run = env.slm(args).cwd(&project).run();
    assert_eq!(run.code(), 0, "{run}");
    let said: Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    assert_eq!((said["status"].as_str(), said["model"].as_str()), (Some("ok"), Some("tiny llama")));
    let completions = said["completions"].as_array().unwrap();
    assert!((1..=3).contains(&completions.len()), "{run}");
    assert!(completions.iter().all(|c| c["parses"].is_boolean() && c["tokens"] != 0), "{run}");
    assert_eq!(std::fs::read_to_string(project.join("a.py")).unwrap(), CODE);
}

#[test]
fn complete_takes_an_editors_buffer() {
    let env = Env::new();
    let args =
        ["complete", "--stdin", "--max-tokens", "4", "--model", MODEL, "not/yet/saved.py:2:6"];
    let run = env.slm(args).stdin("x = 1\ny = x\n").run();
    assert_eq!(run.code(), 0, "{run}");
    let args = ["complete", "--stdin", "--json", "--model", MODEL, "a.py:3:1"];
    let run = env.slm(args).stdin("x = 1\n").run();
    assert_eq!(run.code(), 2, "{run}");
    let said: Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    assert!(said["message"].as_str().unwrap().contains("lines, not 3"), "{run}");
}

#[test]
fn complete_without_a_model_says_what_to_do() {
    let run = Env::new().slm(["complete", "--stdin", "a.py:1:1"]).stdin("x\n").run();
    assert_eq!(run.code(), 3, "{run}");
    assert!(run.stderr.contains("--model"), "{run}");
}

#[test]
fn a_suite_is_run_goes_on_and_is_compared() {
    let env = Env::new();
    let test = "import unittest\nfrom mod import total\nclass T(unittest.TestCase):\n    \
                def test_sum(self):\n        self.assertEqual(total([1, 2]), 3)\n";
    let module = "def total(values):\n    result = 0\n    for value in values:\n        \
                  result -= value\n    return result\n";
    let about = r#"{"command": ["python3", "-m", "unittest", "-q"]}"#;
    let suite = env.project(&[
        ("sum/about.json", about),
        ("sum/tree/mod.py", module),
        ("sum/tree/test_mod.py", test),
    ]);
    let eval = |more: &[&str]| {
        let args = ["eval", "repair", suite.to_str().unwrap(), "--out", "a.jsonl"];
        env.slm(args.iter().chain(more)).run()
    };
    let run = eval(&["--json"]);
    assert_eq!(run.code(), 0, "{run}");
    let said: Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    assert_eq!((&said["cases"], &said["outcomes"]["repaired"]), (&1.into(), &1.into()), "{run}");
    let kept = std::fs::read_to_string(env.root().join("a.jsonl")).unwrap();
    let again = eval(&[]);
    assert!(again.stdout.contains("1 cases: 1 repaired"), "{again}");
    assert_eq!(std::fs::read_to_string(env.root().join("a.jsonl")).unwrap(), kept);
    let other = eval(&["--fresh", "--without", "transformations"]);
    assert!(other.stdout.contains("1 no claim"), "{other}");
    std::fs::write(env.root().join("b.jsonl"), kept).unwrap();
    let compared = env.slm(["eval", "compare", "a.jsonl", "b.jsonl"]).run();
    assert!(compared.stdout.contains("gained sum"), "{compared}");
    let nothing = env.slm(["eval", "repair", env.home().to_str().unwrap()]).run();
    assert_eq!(nothing.code(), 2, "{nothing}");
}

#[test]
fn completions_are_measured() {
    let env = Env::new();
    let project = env.project(&[("a.py", CODE)]);
    let folder = project.to_str().unwrap();
    let run = env
        .slm(["eval", "complete", "--json", "--max-tokens", "4", "--model", MODEL, folder])
        .run();
    assert_eq!(run.code(), 0, "{run}");
    let said: Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(said["kinds"]["all"]["gaps"], 3, "{run}");
}

#[test]
fn chances_are_fitted_shown_and_gone_by() {
    let env = Env::new();
    let case = |n: usize| {
        let (cost, right) = (n as f64 / 10.0, n % 7 < 6 - n / 12);
        let outcome = if right { "repaired" } else { "claimed wrongly" };
        serde_json::json!({ "id": format!("c{n}"), "outcome": outcome, "cost": cost,
            "position": 4, "trail": [[1, cost / 2.0], [2, cost], [8, cost + 1.0]] })
    };
    let lines: String = (0..60).map(|n| format!("{}\n", case(n))).collect();
    std::fs::write(env.root().join("a.jsonl"), lines).unwrap();
    let run = env.slm(["eval", "calibrate", "a.jsonl", "--out", "chances.toml"]).run();
    assert_eq!(run.code(), 0, "{run}");
    assert!(run.stdout.contains("foretold") && run.stdout.contains("calibration error"), "{run}");
    let run = env.slm(["eval", "calibrate", "--json", "--bins", "4", "a.jsonl"]).run();
    let said = run.json();
    assert_eq!((&said["cases"], said["claim"]["bins"].as_array().unwrap().len()), (&60.into(), 4));
    let loss = |of: &str, name: &str| said[of][name].as_f64().unwrap();
    let best = loss("claim", "loss_isotonic").min(loss("claim", "loss_logistic"));
    assert!(best < loss("claim", "loss_share"), "{run}");

    let bare = "{\"id\": \"a\", \"outcome\": \"repaired\"}\n";
    std::fs::write(env.root().join("b.jsonl"), bare).unwrap();
    let old = env.slm(["eval", "calibrate", "b.jsonl"]).run();
    assert!(old.code() == 2 && old.stderr.contains("slm eval repair"), "{old}");

    // What was written is what a repair goes by, and what is none is refused.
    let config = env.home().join("config/slm/config.toml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    let path = env.root().join("chances.toml");
    std::fs::write(&config, format!("[cascade]\ncalibration = {path:?}\n")).unwrap();
    let project = env.project(&[("main.py", "print(1)\n")]);
    let fix = || env.slm(["fix", "--json", "--", "python3", "main.py"]).cwd(&project).run();
    assert_eq!(fix().code(), 0, "{}", fix());
    std::fs::write(&path, "version = 9\n").unwrap();
    let refused = fix();
    assert!(refused.code() == 3 && refused.stdout.contains("version 9"), "{refused}");
}

#[test]
fn generators_and_models_are_told_apart_once_enough_of_them_was_seen() {
    let env = Env::new();
    let mut results = String::new();
    for at in 0..120_u32 {
        // A model is right where its answer hardly surprised it; its cost tells nothing.
        let (tier, surprise) = match at % 3 {
            0 => ("rule", String::new()),
            _ => ("model", format!(", \"surprise\": {}", f64::from(at % 40) / 20.0)),
        };
        let right = if tier == "rule" { at % 4 > 0 } else { at % 40 < 20 };
        let outcome = if right { "repaired" } else { "claimed wrongly" };
        results += &format!(
            "{{\"id\": \"c{at}\", \"outcome\": \"{outcome}\", \"tier\": \"{tier}\", \"cost\": {}, \
             \"position\": 1, \"trail\": [[1, 2.0]]{surprise}}}\n",
            1.0 + f64::from(at % 7)
        );
    }
    results +=
        "{\"id\": \"d\", \"outcome\": \"repaired\", \"tier\": \"compiler\", \"cost\": 1.0}\n";
    std::fs::write(env.root().join("a.jsonl"), results).unwrap();
    let run = env.slm(["eval", "calibrate", "a.jsonl", "--out", "chances.toml"]).run();
    assert_eq!(run.code(), 0, "{run}");
    assert!(run.stdout.contains("its surprise at its own answer"), "{run}");
    assert!(run.stdout.contains("no curve of its own for compiler: 1 claims"), "{run}");
    let written = std::fs::read_to_string(env.root().join("chances.toml")).unwrap();
    assert!(written.contains("[tiers.model") && written.contains("[answer"), "{written}");

    let said = env.slm(["eval", "calibrate", "--json", "a.jsonl"]).run().json();
    let loss = |of: &Value| {
        let one = |name: &str| of[name].as_f64().unwrap();
        one("loss_isotonic").min(one("loss_logistic"))
    };
    assert!(loss(&said["answer"]) < loss(&said["tiers"]["model"]) - 0.2, "{said}");
    assert_eq!(said["tiers"].get("compiler"), None);
}
