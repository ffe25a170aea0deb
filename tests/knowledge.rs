//! `slm index`, `map`, `search`, `where`, `refs`, `callers`, `ask` and `tour` as people use them.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]

mod support;

use std::path::{Path, PathBuf};

use serde_json::Value;
use support::Env;

const RETRY: &str = "\"\"\"Tries again.\"\"\"\nfrom .clock import sleep\n\n\nclass RetryPolicy:\n    \
    \"\"\"How often, and how long to wait between.\"\"\"\n\n    def __init__(self, attempts=3):\n        \
    self.attempts = attempts\n\n    def delay(self, attempt):\n        \
    return 2 ** attempt\n\n\ndef with_retry(action, policy):\n    \
    \"\"\"Runs an action until it succeeds.\"\"\"\n    for attempt in range(policy.attempts):\n        \
    try:\n            return action()\n        except OSError:\n            sleep(policy.delay(attempt))\n";
const CLIENT: &str = "from .retry import RetryPolicy, with_retry\nfrom . import clock as time\n\n\nclass Client:\n    \
    def __init__(self):\n        self.policy = RetryPolicy(5)\n\n    def get(self, url):\n        \
    return with_retry(lambda: self.send(url), self.policy)\n\n    def send(self, url):\n        \
    return time.now(), url\n";
const CLOCK: &str = "def sleep(seconds):\n    pass\n\n\ndef now():\n    return 0\n\n\ndef get():\n    return None\n";
const OTHER: &str =
    "def sleep(animal):\n    return animal\n\n\ndef get(key):\n    return sleep(key)\n";

fn project(env: &Env) -> PathBuf {
    env.project(&[
        ("pkg/__init__.py", "from .client import Client\n"),
        ("pkg/retry.py", RETRY),
        ("pkg/client.py", CLIENT),
        ("pkg/clock.py", CLOCK),
        ("zoo/__init__.py", ""),
        ("zoo/animals.py", OTHER),
        ("app/main.go", "package main\n\nfunc main() { run() }\n\nfunc run() {}\n"),
        ("tests/test_client.py", "from pkg import Client\n\n\ndef test_get():\n    assert Client().get('x')\n"),
        ("README.md", "# Sample\n\nA client that tries again when the network fails.\n"),
        ("pyproject.toml", "[project]\nname = \"sample\"\n[project.scripts]\nsample = \"pkg:main\"\n[tool.pytest.ini_options]\n"),
    ])
}

fn json(env: &Env, project: &Path, args: &[&str]) -> Value {
    let run = env.slm(args).cwd(project).run();
    assert_eq!(run.code(), 0, "{run}");
    serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap()
}

#[test]
fn names_are_followed_through_imports() {
    let env = Env::new();
    let project = project(&env);
    let found = json(&env, &project, &["where", "--json", "RetryPolicy.delay"]);
    let definition = &found["definitions"][0];
    assert_eq!(
        (definition["path"].as_str(), definition["line"].as_u64()),
        (Some("pkg/retry.py"), Some(11))
    );
    assert_eq!(definition["signature"], "def delay(self, attempt)");

    // Two functions are called sleep; each has its own users.
    let uses = |symbol: &str| -> Vec<(String, u64)> {
        let found = json(&env, &project, &["refs", "--json", symbol]);
        let list = found["references"].as_array().unwrap().clone();
        let place =
            |u: &Value| (u["path"].as_str().unwrap().to_owned(), u["lines"][0].as_u64().unwrap());
        list.iter().map(place).collect()
    };
    assert_eq!(uses("pkg/clock.py:sleep"), [("pkg/retry.py".to_owned(), 21)]);
    assert_eq!(uses("zoo.animals.sleep"), [("zoo/animals.py".to_owned(), 6)]);
    // Through a re-export of the package, and through a module under another name.
    assert_eq!(uses("Client"), [("tests/test_client.py".to_owned(), 5)]);
    assert_eq!(uses("now"), [("pkg/client.py".to_owned(), 13)]);

    let callers = json(&env, &project, &["callers", "--json", "--depth", "3", "delay"]);
    let names: Vec<&str> = callers["callers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["symbol"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["with_retry", "Client.get", "test_get"]);
    let tests = json(&env, &project, &["callers", "--json", "--tests", "delay"]);
    assert_eq!(tests["callers"][0]["path"], "tests/test_client.py");
    assert_eq!(tests["callers"].as_array().unwrap().len(), 1);
}

#[test]
fn a_name_that_is_not_there_is_explained() {
    let env = Env::new();
    let project = project(&env);
    let run = env.slm(["where", "RetryPolice"]).cwd(&project).run();
    assert_eq!(run.code(), 1, "{run}");
    assert!(run.stderr.contains("did you mean RetryPolicy"), "{run}");
    let run = env.slm(["map", "--focus", "nothing_like_it_here"]).cwd(&project).run();
    assert_eq!(run.code(), 1, "{run}");
    let run = env.slm(["search", "zebra"]).cwd(&project).run();
    assert_eq!(run.code(), 1, "{run}");
}

#[test]
fn a_question_finds_the_place() {
    let env = Env::new();
    let project = project(&env);
    let found = json(&env, &project, &["ask", "--json", "where is retry handled?"]);
    let first = &found["places"][0];
    assert_eq!(first["path"], "pkg/retry.py");
    assert!(["RetryPolicy", "with_retry"].contains(&first["symbol"].as_str().unwrap()));
    assert_eq!(found["answer"], Value::Null);

    let piped = env.slm(["ask", "--json", "-"]).stdin("where is retry handled?\n");
    let piped = piped.cwd(&project).run();
    assert_eq!(piped.json(), found, "{piped}");

    let run = env.slm(["ask", "where is retry handled?", "--show-context"]).cwd(&project).run();
    assert_eq!(run.code(), 0, "{run}");
    assert!(run.stdout.contains("outline of the repository"), "{run}");
    assert!(run.stdout.contains("tokens used"), "{run}");

    // Parts of names, in another order.
    let found = json(&env, &project, &["search", "--json", "policy retry"]);
    assert_eq!(found["results"][0]["symbol"], "RetryPolicy");
}

#[test]
fn a_repair_shows_the_model_what_is_around() {
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/models/tiny-qwen2.gguf");
    let env = Env::new();
    let project = env.project(&[
        ("shop/__init__.py", ""),
        ("shop/prices.py", "def rounded_price(value):\n    return round(value, 2)\n"),
        (
            "shop/cart.py",
            "from shop.prices import rounded_price\n\n\ndef total(prices):\n    result = 0\n    \
             for price in prices:\n        result -= rounded_price(price)\n    return result\n",
        ),
        (
            "test_cart.py",
            "import unittest\nfrom shop.cart import total\n\n\nclass T(unittest.TestCase):\n    \
             def test_total(self):\n        self.assertEqual(total([1, 2]), 3)\n",
        ),
    ]);
    let args = ["fix", "--yes", "--show-context", "--timeout", "60", "--model", model, "--"];
    let command = ["python3", "-m", "unittest", "-q"];
    let run = env.slm(args.iter().chain(&command)).cwd(&project).run();
    assert_eq!(run.code(), 0, "{run}");
    assert!(run.stderr.contains("shown to the model besides the function"), "{run}");
    assert!(run.stderr.contains("called from here") && run.stderr.contains("prices.py"), "{run}");
}

#[test]
fn a_chat_model_gets_the_context() {
    // Random weights: what is said is noise, that it is asked and answers is not.
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/models/tiny-llama.gguf");
    let env = Env::new();
    let project = project(&env);
    let run = env
        .slm([
            "ask",
            "--json",
            "--show-context",
            "--context-tokens",
            "64",
            "--model",
            model,
            "retry",
        ])
        .cwd(&project)
        .run();
    assert_eq!(run.code(), 0, "{run}");
    let said: Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(said["model"], "tiny llama");
    assert!(said["context"]["tokens"].as_u64().unwrap() <= 64, "{run}");
}

#[test]
fn the_map_fills_its_budget_and_stays_the_same() {
    let env = Env::new();
    let mut files: Vec<(String, String)> = Vec::new();
    for n in 0..60 {
        let text = format!(
            "from core import shared, helper_{n}\n\n\nclass Worker{n}:\n    def work(self, item):\n        \
             return shared(helper_{n}(item))\n\n    def stop(self):\n        return self.work(None)\n"
        );
        files.push((format!("workers/w{n}.py"), text));
    }
    let mut core = "def shared(x):\n    return x\n".to_owned();
    for n in 0..60 {
        core.push_str(&format!("\n\ndef helper_{n}(x):\n    return x\n"));
    }
    files.push(("core.py".to_owned(), core));
    let borrowed: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    let project = env.project(&borrowed);
    for budget in [200_u64, 800, 1500] {
        let word = budget.to_string();
        let found = json(&env, &project, &["map", "--json", "--tokens", &word]);
        let tokens = found["tokens"].as_u64().unwrap();
        assert!(tokens <= budget && tokens * 100 >= budget * 95, "{tokens} of {budget}");
        assert!(found["text"].as_str().unwrap().contains("def shared(x)"));
    }
    let first = env.slm(["map"]).cwd(&project).run().stdout;
    let again = env.slm(["map"]).cwd(&project).run().stdout;
    let fresh = Env::new();
    let elsewhere = fresh.slm(["map"]).cwd(&project).run().stdout;
    assert!(!first.is_empty() && first == again && first == elsewhere);
    // What a file uses comes to the front when it is in the focus.
    let found =
        json(&env, &project, &["map", "--json", "--tokens", "100", "--focus", "workers/w7.py"]);
    assert!(found["text"].as_str().unwrap().contains("helper_7"), "{found}");
}

#[test]
fn tests_stand_in_a_map_only_when_asked_for() {
    let env = Env::new();
    let project = project(&env);
    let plain = json(&env, &project, &["map", "--json"]);
    assert!(!plain["text"].as_str().unwrap().contains("test_get"), "{plain}");
    // The same whether the tests have been read or not.
    env.slm(["index"]).cwd(&project).run();
    assert_eq!(json(&env, &project, &["map", "--json"])["text"], plain["text"]);
    let around = json(&env, &project, &["map", "--json", "--focus", "tests/test_client.py"]);
    assert!(around["text"].as_str().unwrap().contains("test_get"), "{around}");
}

#[test]
fn a_watched_repository_is_followed() {
    let env = Env::new();
    let project = project(&env);
    // The first event ends the wait for it; the second is what it must see.
    let script = "slm index --json --watch > out & sleep 1.5; \
                  echo 'def brand_new(): pass' > pkg/fresh.py; \
                  for n in 1 2 3 4 5 6 7 8 9 10; do sleep 0.5; [ $(wc -l < out) -ge 2 ] && break; done; \
                  kill -INT $!; wait $!; echo $?; cat out";
    let slm = Path::new(env!("CARGO_BIN_EXE_slm")).parent().unwrap();
    let script = script.replace("slm index", &format!("{}/slm index", slm.display()));
    let outside = env.root().join("watch");
    std::fs::create_dir_all(&outside).unwrap();
    let script = script.replace("> out", &format!("> {0}/out", outside.display()));
    let script = script.replace("< out", &format!("< {0}/out", outside.display()));
    let script = script.replace("cat out", &format!("cat {0}/out", outside.display()));
    let run = env.program("sh", ["-c", &script]).cwd(&project).run();
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.first(), Some(&"0"), "{run}");
    let last: Value = serde_json::from_str(lines.last().unwrap()).unwrap();
    assert_eq!((last["parsed"].as_u64(), lines.len()), (Some(1), 3), "{run}");
}

#[test]
fn an_embedding_model_searches_by_meaning() {
    // Random weights: what counts is that every piece gets its vector once, and that a text is nearest
    // to itself.
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/models/tiny-bert.gguf");
    let env = Env::new();
    let project = project(&env);
    let args = ["search", "--json", "--embedding-model", model, "policy"];
    let found = json(&env, &project, &args);
    assert_eq!(found["by"], "words and graph and meaning");
    let stats = json(&env, &project, &["index", "--json", "--stats"]);
    let (chunks, vectors) = (&stats["stats"]["chunks"], &stats["stats"]["vectors"]);
    assert!(chunks.as_u64().unwrap() > 5 && chunks == vectors, "{stats}");
    // A generator makes no vectors, and says so.
    let generator = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/models/tiny-llama.gguf");
    let run = env.slm(["search", "--embedding-model", generator, "policy"]).cwd(&project).run();
    assert_eq!(run.code(), 3, "{run}");
    assert!(run.stderr.contains("embedding model"), "{run}");
}

#[test]
fn the_map_counts_with_the_models_own_tokens() {
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/models/tiny-llama.gguf");
    let env = Env::new();
    let project = project(&env);
    let found = json(&env, &project, &["map", "--json", "--tokens", "60", "--model", model]);
    assert_eq!(found["model"], "tiny llama");
    assert!(found["tokens"].as_u64().unwrap() <= 60, "{found}");
}

#[test]
fn a_tour_says_where_to_begin() {
    let env = Env::new();
    let project = project(&env);
    let found = json(&env, &project, &["tour", "--json"]);
    assert_eq!(found["about"], "A client that tries again when the network fails.");
    let entries = found["entry_points"].to_string();
    assert!(
        entries.contains("app/main.go") && entries.contains("command sample = pkg:main"),
        "{entries}"
    );
    assert_eq!(found["test_commands"][0], serde_json::json!(["python3", "-m", "pytest"]));
    assert_eq!(found["tests"][0][0], "tests");
    assert!(found["modules"].to_string().contains("pkg/retry.py"));
    let run = env.slm(["tour"]).cwd(&project).run();
    assert!(run.stdout.contains("What everything leans on"), "{run}");
}

#[test]
fn only_what_changed_is_read_again() {
    let env = Env::new();
    let project = project(&env);
    let first = json(&env, &project, &["index", "--json"]);
    assert_eq!((first["files"].as_u64(), first["changed"].as_u64()), (Some(10), Some(10)));
    // Files written a moment ago are looked at again, but not parsed.
    let second = json(&env, &project, &["index", "--json", "--stats"]);
    assert_eq!(second["parsed"], 0);
    assert!(second["stats"]["definitions"].as_u64().unwrap() > 10);
    std::fs::write(project.join("pkg/clock.py"), "def tick():\n    pass\n").unwrap();
    std::fs::remove_file(project.join("zoo/animals.py")).unwrap();
    let third = json(&env, &project, &["index", "--json"]);
    assert_eq!((third["parsed"].as_u64(), third["removed"].as_u64()), (Some(1), Some(1)));
    assert_eq!(json(&env, &project, &["where", "--json", "tick"])["definitions"][0]["line"], 1);
    assert_eq!(env.slm(["where", "animals.get"]).cwd(&project).run().code(), 1);
    // Back to what was there: nothing is parsed.
    std::fs::write(project.join("pkg/clock.py"), CLOCK).unwrap();
    assert_eq!(json(&env, &project, &["index", "--json"])["parsed"], 0);
    // Nobody else reads it, and the repository has not been written to.
    let dir = database(&env).parent().unwrap().metadata().unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&dir.permissions()) & 0o777, 0o700);
    let names: Vec<_> =
        std::fs::read_dir(&project).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 6, "{names:?}");
}

fn database(env: &Env) -> PathBuf {
    let dir = env.home().join("cache/slm/index");
    let mut files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    files.find(|path| path.extension().is_some_and(|e| e == "sqlite")).unwrap()
}

#[test]
fn a_damaged_index_is_made_again() {
    let env = Env::new();
    let project = project(&env);
    let good = env.slm(["map"]).cwd(&project).run();
    assert_eq!(good.code(), 0, "{good}");
    let file = database(&env);
    let whole = std::fs::read(&file).unwrap();
    let mut damaged: Vec<Vec<u8>> = vec![b"not a database at all".repeat(100), Vec::new()];
    damaged.push(whole[..whole.len() / 2].to_vec());
    for at in [120, 5000, whole.len() / 2, whole.len() - 200] {
        let mut bytes = whole.clone();
        for byte in bytes.iter_mut().skip(at).take(150) {
            *byte ^= 0x5a;
        }
        damaged.push(bytes);
    }
    for (case, bytes) in damaged.into_iter().enumerate() {
        std::fs::write(&file, bytes).unwrap();
        for end in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", file.display()));
        }
        let run = env.slm(["map", "--tokens", "999"]).cwd(&project).run();
        assert_eq!(run.code(), 0, "case {case}: {run}");
        assert!(run.stdout.contains("class RetryPolicy"), "case {case}: {run}");
    }
}

#[test]
fn runs_side_by_side_and_killed_ones_do_no_harm() {
    let env = Env::new();
    let mut files: Vec<(String, String)> = Vec::new();
    for n in 0..300 {
        files.push((format!("m{n}.py"), format!("def f{n}():\n    return {n}\n").repeat(20)));
    }
    let borrowed: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    let project = env.project(&borrowed);
    for seconds in ["0.01", "0.02", "0.04", "0.08", "0.16", "0.3"] {
        let slm = env!("CARGO_BIN_EXE_slm");
        let run = env.program("timeout", ["-s", "KILL", seconds, slm, "index"]).cwd(&project).run();
        assert!([0, 137].contains(&run.code()), "{run}");
    }
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| env.slm(["index", "--json"]).cwd(&project).run()))
            .collect();
        for run in runs {
            let run = run.join().unwrap();
            assert_eq!(run.code(), 0, "{run}");
        }
    });
    let found = json(&env, &project, &["index", "--json", "--stats"]);
    assert_eq!(found["stats"]["definitions"], 6000);
    assert_eq!(found["stats"]["chunks"], 6000);
}

#[test]
fn odd_files_neither_crash_nor_stall() {
    let env = Env::new();
    let project = project(&env);
    let nested = format!("x = {}\n", "[\n".repeat(60_000));
    std::fs::write(project.join("nested.py"), nested).unwrap();
    std::fs::write(project.join("binary.py"), [0_u8, 159, 146, 150].repeat(1000)).unwrap();
    std::fs::write(
        project.join("latin.py"),
        b"def caf\xe9():\n    return 1\n\ndef plain():\n    pass\n",
    )
    .unwrap();
    std::fs::write(project.join("bundle.js"), format!("var a={};", "b+".repeat(200_000))).unwrap();
    let huge = std::fs::File::create(project.join("huge.c")).unwrap();
    huge.set_len(100 << 20).unwrap();
    std::os::unix::fs::symlink(&project, project.join("round")).unwrap();
    std::os::unix::fs::symlink("self.py", project.join("self.py")).unwrap();
    // Whoever opens it waits for ever.
    assert_eq!(env.program("mkfifo", ["pipe.py"]).cwd(&project).run().code(), 0);
    let found = json(&env, &project, &["index", "--json", "--stats"]);
    let skipped = found["stats"]["skipped"].to_string();
    for reason in ["not text", "minified", "larger than 4 MiB"] {
        assert!(skipped.contains(reason), "{skipped}");
    }
    assert_eq!(
        json(&env, &project, &["where", "--json", "plain"])["definitions"][0]["path"],
        "latin.py"
    );
}

#[test]
fn a_cache_that_cannot_be_written_is_an_error_with_its_path() {
    let mut env = Env::new();
    let project = project(&env);
    env.set("XDG_CACHE_HOME", "/dev/null/cache");
    let run = env.slm(["map"]).cwd(&project).run();
    assert_eq!(run.code(), 3, "{run}");
    assert!(run.stderr.contains("/dev/null/cache/slm/index"), "{run}");
}
