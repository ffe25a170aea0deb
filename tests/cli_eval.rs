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
