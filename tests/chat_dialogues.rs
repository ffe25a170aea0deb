//! `slm run` on real inference: the loop, the prompts, the template, the tokenizer and the tools together, with a
//! model that knows a few dialogues by heart (`tests/fixtures/models/dialogues.json`).

#![cfg(feature = "llama")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]

mod support;

use std::path::Path;

use serde_json::Value;
use support::{Env, Run, snapshot};

const MODELS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/models");

fn say(env: &Env, project: &Path, text: &str) -> Run {
    let model = format!("{MODELS}/dialogue.gguf");
    let words = ["run", "--json", "--yes", "--model", &model, text];
    env.slm(words).cwd(project).run()
}

/// The last line: the result.
fn result(run: &Run) -> Value {
    serde_json::from_str(run.stdout.lines().next_back().unwrap_or_default())
        .unwrap_or_else(|error| panic!("{error}: {run}"))
}

/// The entries of this kind.
fn entries(run: &Run, kind: &str) -> Vec<Value> {
    let lines = run.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["event"] == "entry" && line["kind"] == kind).collect()
}

#[test]
fn words_are_answered_with_words() {
    let env = Env::new();
    let project = env.project_of_dialogues();
    let before = snapshot(&project);
    for (said, answer) in [
        (
            "Say hello to everybody.",
            "Hello, everybody! I am a very small model, and I know a few sentences by heart.",
        ),
        ("Delete my home directory.", "No. I will not delete what you may still need."),
        // What it thinks before is no part of the answer.
        ("Is 91 a prime number?", "No: it is 7 times 13."),
    ] {
        let run = say(&env, &project, said);
        assert_eq!((run.code(), result(&run)["answer"].as_str()), (0, Some(answer)), "{run}");
        assert_eq!(result(&run)["message"], Value::Null, "{run}");
    }
    let thought = entries(&say(&env, &project, "Is 91 a prime number?"), "assistant");
    assert!(thought[0]["thought"].as_str().unwrap().contains("7 times 13"), "{thought:?}");
    assert_eq!(snapshot(&project), before);
}

#[test]
fn calls_are_performed_and_answered() {
    let env = Env::new();
    let project = env.project_of_dialogues();
    let before = snapshot(&project);
    for (said, tool, seen, answer) in [
        (
            "What does calc.py define?",
            "read",
            "def scale(values, by):",
            "calc.py defines two functions, add and scale.",
        ),
        (
            "Who uses the function scale?",
            "refs",
            "test_calc.py",
            "test_scale does, in test_calc.py.",
        ),
        ("Run the tests, please.", "test", "test_add", "The tests have been run."),
    ] {
        let run = say(&env, &project, said);
        assert_eq!((run.code(), result(&run)["answer"].as_str()), (0, Some(answer)), "{run}");
        let calls = entries(&run, "call");
        assert_eq!((calls.len(), &calls[0]["call"]["tool"]), (1, &tool.into()), "{run}");
        let results = entries(&run, "result");
        assert!(results[0]["outcome"]["text"].as_str().unwrap().contains(seen), "{run}");
    }
    assert_eq!(snapshot(&project), before);
}

#[test]
fn edits_are_checked_and_written() {
    for (said, line, answer) in [
        ("Repair the addition.", "return a + b", "Repaired: add adds now."),
        ("Turn the minus into a plus.", "return s", "The minus is gone."),
        // Its first call is no call that could be made: it is asked again.
        ("Correct the sign in add.", "return b + a", "The sign is correct now."),
    ] {
        let env = Env::new();
        let project = env.project_of_dialogues();
        let run = say(&env, &project, said);
        let found = result(&run);
        assert_eq!((run.code(), found["answer"].as_str()), (0, Some(answer)), "{run}");
        assert_eq!(found["files"], Value::from(vec!["calc.py"]), "{run}");
        let calc = std::fs::read_to_string(project.join("calc.py")).unwrap();
        assert!(calc.contains(line) && !calc.contains("a - b"), "{calc}");
        let proposal = &entries(&run, "proposal")[0];
        let checks = proposal["checks"].to_string();
        assert!(checks.contains("syntax of calc.py: ok") && checks.contains("passes"), "{checks}");
        let undone = env.slm(["undo"]).cwd(&project).run();
        assert_eq!(undone.code(), 0, "{undone}");
        let calc = std::fs::read_to_string(project.join("calc.py")).unwrap();
        assert!(calc.contains("return a - b"), "{calc}");
    }
}

#[test]
fn what_goes_in_circles_is_ended() {
    let env = Env::new();
    let project = env.project_of_dialogues();
    let before = snapshot(&project);
    for (said, why) in [
        ("Look for unicorns.", "three times"),
        ("Tell me a story without an end.", "repeated itself"),
        ("Ponder this for ever.", "repeated itself"),
    ] {
        let run = say(&env, &project, said);
        let found = result(&run);
        assert_eq!((run.code(), &found["status"]), (1, &"not-done".into()), "{run}");
        assert!(found["message"].as_str().unwrap().contains(why), "{run}");
    }
    assert_eq!(snapshot(&project), before);
}
