//! The cascade of `slm fix` with an endpoint at its end: the real binary, and a server on loopback that is
//! right, slow, rude, cut off or a liar. Whatever it does, the run ends as the contract says.

#![cfg(all(unix, feature = "remote"))]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "test helpers; a skip must be seen"
)]

#[path = "cascade/asking.rs"]
mod asking;
#[path = "cascade/hostile.rs"]
mod hostile;
#[path = "cascade/secrets.rs"]
mod secrets;
#[path = "cascade/server.rs"]
mod server;
mod support;

use std::path::{Path, PathBuf};

use serde_json::Value;
use server::{Server, says};
use support::{Env, Run, have};

/// A median that takes the least of all: nothing that rules or small transformations make repairs it.
const MEDIAN: &str = "\
def median(values):
    ordered = sorted(values)
    return ordered[0]
";

/// Tests of odd and even lengths.
const TESTS: &str = "\
import unittest

from median import median


class MedianTest(unittest.TestCase):
    def test_odd(self):
        self.assertEqual(median([9, 1, 5]), 5)

    def test_even(self):
        self.assertEqual(median([4, 1, 3, 2]), 2.5)

    def test_many(self):
        self.assertEqual(median([8, 2, 6, 4, 1, 9]), 5)
";

/// What a good model answers.
const RIGHT: &str = "LINES 3-3
```
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2
```";

/// Rules, and then the endpoint at once: nothing else is left to be tried.
const SHORT: &str = "[cascade]\norder = [\"rules\", \"endpoint\"]\n";

/// An environment whose user has this configuration.
fn configured(config: &str) -> Env {
    let env = Env::new();
    let folder = env.home().join("config/slm");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), config).unwrap();
    env
}

fn project(env: &Env) -> PathBuf {
    env.project(&[("median.py", MEDIAN), ("test_median.py", TESTS)])
}

/// `slm fix --json --yes` with this in the middle.
fn fix(env: &Env, dir: &Path, more: &[&str]) -> Run {
    let command = ["--", "python3", "-m", "unittest", "-q"];
    let words = ["fix", "--json", "--yes"].iter().chain(more).chain(&command);
    env.slm(words).cwd(dir).run()
}

/// What was decided about a stage, and why.
fn decided(run: &Run, stage: &str) -> Option<(bool, String)> {
    let route = run.json()["route"].clone();
    let list = route.as_array().cloned().unwrap_or_default();
    let found = list.into_iter().find(|decision| decision["stage"] == stage)?;
    Some((found["taken"].as_bool().unwrap(), found["reason"].as_str().unwrap().to_owned()))
}

/// The notes as one text.
fn notes(run: &Run) -> String {
    run.json()["notes"].as_array().map_or_else(String::new, |notes| {
        notes.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
    })
}

#[test]
fn a_server_that_is_right_repairs_what_nothing_else_does() {
    if !have(&["python3"]) {
        return;
    }
    let env = configured(SHORT);
    let dir = project(&env);
    let without = fix(&env, &dir, &[]);
    assert_eq!((without.code(), &without.json()["status"]), (1, &"no-fix".into()), "{without}");
    assert_eq!(decided(&without, "endpoint"), Some((false, "no endpoint was named".to_owned())));
    assert_eq!(without.json().get("sent"), None);

    let server = Server::saying(RIGHT);
    let run = fix(&env, &dir, &["--endpoint", &server.url]);
    let json = run.json();
    assert_eq!(
        (run.code(), &json["status"], &json["tier"]),
        (0, &"fixed".into(), &"endpoint".into())
    );
    assert_eq!(json["files"], serde_json::json!(["median.py"]));
    assert!(std::fs::read_to_string(dir.join("median.py")).unwrap().contains("middle"));
    let (taken, reason) = decided(&run, "endpoint").unwrap();
    assert!(taken && reason.contains("nothing that costs less"), "{run}");
    assert!(!decided(&run, "search").unwrap().0, "{run}");

    // What is told to have left is what came there.
    let questions = server.questions();
    let sent = &json["sent"];
    assert_eq!(sent["requests"], server.asked().len(), "the list of its models too: {run}");
    assert_eq!(sent["questions"], questions.len(), "{run}");
    let bytes: usize = questions.iter().map(server::Asked::bytes).sum();
    assert_eq!((&sent["bytes"], &sent["model"]), (&bytes.into(), &"m".into()), "{run}");
    assert!(sent["files"].as_array().unwrap().contains(&"median.py".into()), "{run}");
    assert_eq!(sent["redactions"], serde_json::json!([]));
    let raw: String = server.asked().iter().map(|asked| asked.raw.as_str()).collect();
    assert!(raw.contains("return ordered[0]") && raw.contains("most suspected line"), "{raw}");
    assert!(!raw.contains(env.root().to_str().unwrap()), "a path of this machine: {raw}");
}

#[test]
fn the_whole_cascade_comes_to_the_endpoint_by_itself() {
    if !have(&["python3"]) {
        return;
    }
    let env = configured("[cascade]\nendpoint.candidates = 20\n");
    let dir = project(&env);
    let server = Server::saying(RIGHT);
    let run = fix(&env, &dir, &["--endpoint", &server.url]);
    assert_eq!((run.code(), &run.json()["status"]), (0, &"fixed".into()), "{run}");
    for stage in ["rules", "search", "endpoint"] {
        assert!(decided(&run, stage).unwrap().0, "{stage}: {run}");
    }
    let route = run.json()["route"].as_array().unwrap().clone();
    assert_eq!((&route[0]["stage"], &route[0]["taken"]), (&"rules".into(), &true.into()), "{run}");
    assert_eq!(route.last().unwrap()["stage"], "endpoint", "{run}");
    assert_eq!(decided(&run, "model").unwrap(), (false, "no model is there".to_owned()));
}

#[test]
fn what_costs_less_is_enough_where_it_repairs() {
    if !have(&["python3"]) {
        return;
    }
    let env = configured("[cascade]\nendpoint.after = \"10 min\"\n");
    let dir = env.project(&[
        ("median.py", "def median(values):\n    return sorted(valeus)[len(values) // 2]\n"),
        ("test_median.py", &TESTS.replace("2.5", "3").replace(", 9]), 5)", ", 9]), 6)")),
    ]);
    let server = Server::saying(RIGHT);
    let run = fix(&env, &dir, &["--endpoint", &server.url]);
    assert_eq!((run.code(), &run.json()["status"]), (0, &"fixed".into()), "{run}");
    let (taken, reason) = decided(&run, "endpoint").unwrap();
    assert!(!taken && reason.contains("has passed"), "{run}");
    assert_eq!((server.asked().len(), run.json().get("sent")), (0, None), "{run}");
}

#[test]
fn without_tests_what_it_writes_is_no_proven_repair() {
    if !have(&["python3"]) {
        return;
    }
    let env = configured(SHORT);
    let main = "from median import median\n\nif median([9, 1, 5]) != 5:\n    raise ValueError('no median')\n";
    let dir = env.project(&[("median.py", MEDIAN), ("main.py", main)]);
    let server = Server::start(vec![says(RIGHT)]);
    let words = ["fix", "--json", "--yes", "--file", "median.py", "--endpoint", &server.url];
    let run = env.slm(words.iter().chain(&["--", "python3", "main.py"])).cwd(&dir).run();
    let json = run.json();
    assert_eq!(
        (run.code(), &json["status"], &json["tier"]),
        (1, &"unverified".into(), &"endpoint".into()),
        "{run}"
    );
    assert_eq!(std::fs::read_to_string(dir.join("median.py")).unwrap(), MEDIAN);
}
