//! `slm refactor` from outside: bad input, consent, what is proven and what is not, undo and commits.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]

mod support;

use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{Env, Run, snapshot};

const SHOP: &str = "\
def net(items):
    total = 0
    for price, count in items:
        total += price * count
    return total


def gross(items, rate):
    return net(items) * (100 + rate) // 100
";
const TEST: &str = "\
import unittest

from shop import gross


class Shop(unittest.TestCase):
    def test_gross(self):
        self.assertEqual(gross([(10, 2)], 20), 24)
";

fn shop(env: &Env) -> PathBuf {
    env.project(&[("shop.py", SHOP), ("test_shop.py", TEST)])
}

fn refactor(env: &Env, dir: &Path, args: &[&str]) -> Run {
    env.slm(["refactor"].iter().chain(args)).cwd(dir).run()
}

fn check<'j>(json: &'j Value, kind: &str) -> &'j Value {
    let checks = json["steps"][0]["checks"].as_array().unwrap();
    checks.iter().find(|check| check["kind"] == kind).unwrap_or(&Value::Null)
}

#[test]
fn bad_input_is_told_and_nothing_is_lost() {
    let env = Env::new();
    let dir = shop(&env);
    std::fs::write(dir.join("data.bin"), [0, 159, 146]).unwrap();
    std::fs::write(dir.join("broken.py"), "def f(:\n    x = 1\n").unwrap();
    let before = snapshot(&dir);
    for (args, code, says) in [
        (&["absent.py"][..], 2, "absent.py"),
        (&["."], 2, "is a directory"),
        (&["data.bin"], 2, "no source file"),
        (&["shop.py", "--symbol", "gros", "--rename", "x"], 2, "did you mean gross"),
        (&["shop.py", "--rename", "x"], 2, "--symbol NAME"),
        (&["shop.py", "--lines", "90-99", "--extract", "x"], 2, "no line"),
        (&["shop.py", "--lines", "3-2", "--extract", "x"], 2, "no range"),
        (&["shop.py", "--goal", "make it nice"], 2, "needs a model"),
        (&["shop.py", "--goal", " "], 2, "empty"),
        (&["shop.py", "--pick", "99"], 2, "--pick 99"),
        (&["shop.py", "--rewrite", "everything"], 2, "guard-clauses"),
        (&["shop.py", "--symbol", "net", "--rename", "x", "--unproven"], 2, "--yes"),
        (&["shop.py", "--symbol", "net", "--rename", "x", "--yes", "--dry-run"], 2, "--dry-run"),
        (&["broken.py", "--symbol", "f", "--rename", "g"], 1, "syntax"),
        (&["shop.py", "--symbol", "net", "--move-to", "../out.py"], 2, "out.py"),
        (&["/etc/hostname", "--symbol", "net", "--rename", "x"], 2, "hostname"),
    ] {
        let run = refactor(&env, &dir, args);
        assert_eq!(run.code(), code, "{args:?}: {run}");
        assert!(run.stderr.contains(says), "{args:?}: {run}");
    }
    let run = refactor(&env, &dir, &["absent.py", "--json"]);
    assert_eq!((run.code(), run.json()["status"].as_str()), (2, Some("error")), "{run}");
    assert_eq!(snapshot(&dir), before, "nothing was asked for that could be done");
}

#[test]
fn a_proven_step_is_applied_listed_and_taken_back() {
    if !support::have(&["python3"]) {
        return;
    }
    let env = Env::new();
    let dir = shop(&env);
    let before = snapshot(&dir);
    let step = ["shop.py", "--symbol", "net", "--rename", "net_of"];
    let test = ["--", "python3", "-m", "unittest", "-q"];
    let all = |more: &[&'static str]| [&step[..], more, &test[..]].concat();

    let run = refactor(&env, &dir, &all(&["--json", "--dry-run"]));
    let json = run.json();
    assert_eq!((run.code(), json["status"].as_str()), (0, Some("proven")), "{run}");
    assert_eq!(check(&json, "tests")["outcome"], "passed", "{run}");
    assert!(check(&json, "tests")["line"].as_str().unwrap().contains("1 test runs"), "{run}");
    assert_eq!(snapshot(&dir), before, "a dry run changes nothing");

    let run = refactor(&env, &dir, &all(&["--json"]));
    assert_eq!((run.code(), run.json()["status"].as_str()), (1, Some("proven")), "{run}");
    assert_eq!(snapshot(&dir), before, "without consent nothing is changed");

    let run = refactor(&env, &dir, &all(&["--yes"]));
    assert_eq!(run.code(), 0, "{run}");
    assert!(run.stdout.contains("+def net_of(items):"), "{run}");
    let now = std::fs::read_to_string(dir.join("shop.py")).unwrap();
    assert_eq!(now, SHOP.replace("net(", "net_of("));
    let run = env.slm(["log"]).cwd(&dir).run();
    assert!(run.stdout.contains("net_of"), "{run}");
    let run = env.slm(["undo"]).cwd(&dir).run();
    assert_eq!(run.code(), 0, "{run}");
    assert_eq!(std::fs::read_to_string(dir.join("shop.py")).unwrap(), SHOP);
}

#[test]
fn a_step_that_a_test_contradicts_is_never_applied() {
    if !support::have(&["python3"]) {
        return;
    }
    let env = Env::new();
    // No source says that the name is looked up: only a file of data does.
    let caller = "import json, shop\n\nname = json.load(open('call.json'))['call']\n\
                  assert vars(shop)[name]([(10, 2)]) == 20\n";
    let files = [("shop.py", SHOP), ("check.py", caller), ("call.json", "{\"call\": \"net\"}\n")];
    let dir = env.project(&files);
    let before = snapshot(&dir);
    let step =
        ["shop.py", "--symbol", "net", "--rename", "net_of", "--yes", "--unproven", "--json"];
    let run = refactor(&env, &dir, &[&step[..], &["--", "python3", "check.py"]].concat());
    let json = run.json();
    assert_eq!((run.code(), json["status"].as_str()), (1, Some("broken")), "{run}");
    assert_eq!(check(&json, "tests")["outcome"], "failed", "{run}");
    assert!(check(&json, "tests")["line"].as_str().unwrap().contains("KeyError"), "{run}");
    assert_eq!(snapshot(&dir), before);
}

#[test]
fn what_no_test_reaches_is_compared_by_calls_or_labelled() {
    if !support::have(&["python3"]) {
        return;
    }
    let env = Env::new();
    let lonely = "\
def sign(x: int) -> int:
    if x == 0:
        return 0
    if x < 0:
        return -1
    return 1


def shout(sock):
    data = sock.recv(10)
    sock.send(data.upper())
    return len(data)
";
    let dir = env.project(&[("lonely.py", lonely), ("test_a.py", "import unittest\n")]);
    let test = ["--", "python3", "-c", "pass"];
    let extract = ["lonely.py", "--lines", "4-6", "--extract", "sign_of", "--json", "--yes"];
    let run = refactor(&env, &dir, &[&extract[..], &test].concat());
    let json = run.json();
    assert_eq!((run.code(), json["status"].as_str()), (0, Some("refactored")), "{run}");
    let line = check(&json, "behaviour")["line"].as_str().unwrap().to_owned();
    assert!(line.contains("the same in 200 calls") && line.contains("3 of 3"), "{line}");

    let extract =
        ["lonely.py", "--symbol", "shout.data", "--rename", "received", "--json", "--yes"];
    let run = refactor(&env, &dir, &[&extract[..], &test].concat());
    let json = run.json();
    assert_eq!((run.code(), json["status"].as_str()), (1, Some("unproven")), "{run}");
    let unreached = json["steps"][0]["unreached"].to_string();
    assert!(unreached.contains("lonely.py: shout"), "{run}");
    assert!(!std::fs::read_to_string(dir.join("lonely.py")).unwrap().contains("received"));

    let run = refactor(&env, &dir, &[&extract[..], &["--unproven"], &test[..]].concat());
    assert_eq!(run.json()["status"], "refactored", "{run}");
}

#[test]
fn the_compiler_of_a_project_has_its_say() {
    if !support::have(&["tsc", "node"]) {
        return;
    }
    let env = Env::new();
    let files = [
        ("tsconfig.json", "{\"compilerOptions\": {\"strict\": true, \"noEmit\": true}}\n"),
        ("a.ts", "export function net(n: number): number {\n  return n;\n}\n"),
        ("b.ts", "import { net } from \"./a\";\n\nexport const gross = net(1) * 2;\n"),
    ];
    let dir = env.project(&files);
    let step = ["a.ts", "--symbol", "net", "--rename", "netOf", "--yes", "--json"];
    let run = refactor(&env, &dir, &step);
    let json = run.json();
    assert_eq!((run.code(), json["status"].as_str()), (0, Some("refactored")), "{run}");
    assert_eq!(check(&json, "types")["outcome"], "passed", "{run}");
    let now = std::fs::read_to_string(dir.join("b.ts")).unwrap();
    assert!(now.contains("netOf(1)"), "{now}");
}

#[test]
fn several_steps_are_several_commits() {
    if !support::have(&["python3", "git"]) {
        return;
    }
    let env = Env::new();
    let dir = shop(&env);
    let git = |args: &[&str]| {
        let run = env.program("git", args).cwd(&dir).run();
        assert_eq!(run.code(), 0, "{args:?}: {run}");
        run.stdout
    };
    git(&["init", "-q"]);
    git(&["config", "user.name", "Test"]);
    git(&["config", "user.email", "test@example.invalid"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "start"]);
    let goal = "rename net to net_of; rename gross to gross_of";
    let args = ["shop.py", "--goal", goal, "--yes", "--commit", "--json"];
    let run = refactor(&env, &dir, &[&args[..], &["--", "python3", "-m", "unittest"]].concat());
    let json = run.json();
    assert_eq!((run.code(), json["status"].as_str()), (0, Some("refactored")), "{run}");
    assert_eq!(json["steps"].as_array().unwrap().len(), 2, "{run}");
    let subjects = git(&["log", "--format=%s"]);
    assert_eq!(subjects.lines().count(), 3, "{subjects}");
    assert!(subjects.contains("net_of") && subjects.contains("gross_of"), "{subjects}");
    assert_eq!(git(&["status", "--porcelain"]), "");
}

#[test]
fn a_dry_run_goes_on_from_what_it_would_have_done() {
    if !support::have(&["python3"]) {
        return;
    }
    let env = Env::new();
    let dir = shop(&env);
    let before = snapshot(&dir);
    let goal = "rename net to net_of; rename net_of to net_price";
    let args = ["shop.py", "--goal", goal, "--dry-run", "--json"];
    let run = refactor(&env, &dir, &[&args[..], &["--", "python3", "-m", "unittest"]].concat());
    assert_eq!((run.code(), run.json()["status"].as_str()), (0, Some("proven")), "{run}");
    let second = run.json()["steps"][1]["diff"].as_str().unwrap().to_owned();
    assert!(second.contains("-def net_of") && second.contains("+def net_price"), "{second}");
    assert_eq!(snapshot(&dir), before);
}

#[test]
fn a_model_plans_nothing_that_is_no_step() {
    // Without one, a free goal says what is missing; the options stand in the help.
    let env = Env::new();
    let dir = shop(&env);
    let run = refactor(&env, &dir, &["shop.py", "--goal", "edit net: use sum"]);
    assert_eq!(run.code(), 2, "{run}");
    assert!(run.stderr.contains("--model"), "{run}");
    let help = refactor(&env, &dir, &["--help"]).stdout;
    for kind in ["comprehension", "guard-clauses", "split-function"] {
        assert!(help.contains(kind), "{help}");
    }
}

#[test]
fn the_list_says_what_could_be_better_and_how() {
    let env = Env::new();
    let text = "import os\nimport sys\n\n\ndef f(a, b, c, d, e, g, h):\n    out = []\n    for x in a:\n        \
                out.append(x)\n    return out, sys.path\n";
    let dir = env.project(&[("a.py", text)]);
    let run = refactor(&env, &dir, &["a.py", "--json"]);
    let json = run.json();
    assert_eq!((run.code(), json["status"].as_str()), (0, Some("listed")), "{run}");
    let list = json["opportunities"].as_array().unwrap().clone();
    let kinds: Vec<&str> = list.iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    for kind in ["many-parameters", "unused-import", "idiom"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    let step = |kind: &str| {
        let entry = list.iter().find(|entry| entry["kind"] == kind).unwrap();
        entry["number"].as_u64().unwrap().to_string()
    };
    let run = refactor(&env, &dir, &["a.py", "--pick", &step("idiom"), "--no-checks"]);
    assert!(run.stdout.contains("+    out = [x for x in a]"), "{run}");
    let run = refactor(&env, &dir, &["a.py", "--pick", &step("unused-import"), "--no-checks"]);
    assert!(run.stdout.contains("-import os"), "{run}");
    assert!(!run.stdout.contains("-import sys"), "{run}");
}
