//! The main commands where there is no network at all, and as strace sees them.

use std::ffi::OsStr;
use std::path::Path;

use crate::support::{Env, Run, have};
use crate::trace::{self, Exec, Trace};
use crate::{BROKEN, MODEL, REPAIRED, is_fixed, succeeds};

/// How a program is to be started: the directory, then its words.
type Start<'a> = &'a mut dyn FnMut(&Path, &[&OsStr]) -> Run;

#[test]
fn every_main_command_works_where_there_is_no_network() {
    if !have(&["python3", "unshare"]) {
        return;
    }
    let env = Env::new();
    let possible = env.program("unshare", ["-rn", "true"]).run();
    if possible.code() != 0 {
        println!("skipped: no namespace without a network: {}", possible.stderr.trim());
        return;
    }
    let alone = |cwd: &Path, program: &[&OsStr]| {
        let words = std::iter::once(OsStr::new("-rn")).chain(program.iter().copied());
        env.program("unshare", words).cwd(cwd).run()
    };
    // The control: there is no way out of it, not even to this machine.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let connect = format!(
        "import socket\ntry:\n    socket.create_connection(('127.0.0.1', {}), 3)\n    \
         print('connected')\nexcept OSError as error:\n    print('errno', error.errno)\n",
        listener.local_addr().unwrap().port()
    );
    let program = ["python3", "-c", &connect].map(OsStr::new);
    assert_eq!(env.program(program[0], &program[1..]).run().stdout, "connected\n");
    let inside = alone(env.root(), &program);
    assert_eq!(inside.stdout, format!("errno {}\n", libc::ENETUNREACH), "{inside}");

    go_through(&env, &mut |cwd, program| alone(cwd, program));
}

#[test]
fn no_main_command_makes_an_internet_socket() {
    let env = Env::new();
    if !have(&["python3"]) || !trace::possible(&env) {
        return;
    }
    // io_uring can make sockets too, and strace does not see those.
    let calls = "%network,execve,execveat,io_uring_setup";
    let mut record = String::new();
    go_through(&env, &mut |cwd, program| {
        let Trace { run, text } = trace::of(&env, cwd, calls, program);
        record.push_str(&text);
        run
    });
    let seen = Trace { run: env.program("true", [""; 0]).run(), text: record };
    // Not even inside the sandbox: these projects have no use for one.
    assert_eq!(seen.families(), ["AF_UNIX"].into(), "{}", lines_with(&seen.text, "AF_INET"));
    assert!(!seen.text.contains("io_uring_setup("), "{}", lines_with(&seen.text, "io_uring"));
    // The control: everybody was watched, the model worker and the checked command too.
    let execs = seen.execs();
    let started: Vec<_> = execs.iter().filter(|exec| exec.started).collect();
    let worker = "[\"/proc/self/exe\", \"__worker\"";
    assert!(started.iter().any(|exec| exec.call.contains(worker)), "{started:#?}");
    let is_checked =
        |exec: &Exec| exec.path.ends_with("/python3") || exec.path == trace::UNREADABLE;
    // Two repairs and a suite, each of which runs its command before and after.
    let checked = started.iter().filter(|exec| is_checked(exec)).count();
    assert!(checked >= 6, "{checked}: {started:#?}");

    // The control: who does make one is noticed, whether it is let or not.
    let connect = "import socket\nsocket.socket(socket.AF_INET).connect_ex(('127.0.0.1', 9))\n";
    let program = ["python3", "-c", connect].map(OsStr::new);
    let control = trace::of(&env, env.root(), calls, &program);
    assert!(control.families().contains("AF_INET"), "{}", control.text);
}

/// Runs all main commands on small projects and asserts that each does its work.
fn go_through(env: &Env, start: Start<'_>) {
    let project = env.project(BROKEN);
    let mut slm = |cwd: &Path, words: &[&str]| {
        let program: Vec<&OsStr> =
            [env!("CARGO_BIN_EXE_slm")].iter().chain(words).map(OsStr::new).collect();
        start(cwd, &program)
    };
    let stock = || std::fs::read_to_string(project.join("stock.py")).unwrap();

    is_fixed(&slm(&project, &["fix", "--yes", "--json", "--", "python3", "main.py"]));
    assert_eq!(stock(), REPAIRED);
    let log = slm(&project, &["log"]);
    assert!(log.stdout.contains("stock.py"), "{log}");
    let undo = slm(&project, &["undo"]);
    assert!(undo.stdout.contains("Took back"), "{undo}");
    assert_eq!(stock(), BROKEN[1].1);
    let doctor = slm(&project, &["doctor"]);
    assert!(doctor.code() == 0 && doctor.stdout.contains("sandbox"), "{doctor}");
    // With a model, whose worker is a process of its own.
    let with_model = ["fix", "--yes", "--json", "--model", MODEL, "--", "python3", "main.py"];
    is_fixed(&slm(&project, &with_model));
    let complete = ["complete", "--json", "--max-tokens", "4", "--model", MODEL, "stock.py:2:12"];
    let complete = slm(&project, &complete);
    assert!(matches!(complete.json()["status"].as_str(), Some("ok" | "none")), "{complete}");
    assert_eq!(complete.json()["model"], "tiny llama", "{complete}");

    let suite = suite(env);
    let eval = ["eval", "repair", "--json", "--out", "a.jsonl", suite.to_str().unwrap()];
    let eval = slm(&suite, &eval);
    assert_eq!(eval.json()["outcomes"]["repaired"], 1, "{eval}");
    succeeds(&slm(&suite, &["eval", "compare", "a.jsonl", "a.jsonl"]));

    // The store of models, with everything but a download; one that is forbidden asks nobody.
    if cfg!(feature = "llama") {
        succeeds(&slm(&project, &["model", "add", MODEL, "--name", "tiny", "--use", "complete"]));
        for words in [
            &["model", "list"] as &[&str],
            &["model", "verify"],
            &["model", "catalogue", "list"],
            &["model", "quantize", "tiny", "Q8_0"],
            &["model", "remove", "tiny-q8_0"],
            &["complete", "--json", "--max-tokens", "4", "stock.py:2:12"],
        ] {
            let run = slm(&project, words);
            assert!(run.code() <= 1, "{run}");
        }
        let zeros = "0".repeat(64);
        let away = "https://models.invalid/m.gguf";
        let pull = ["model", "pull", away, "--sha256", &zeros, "--offline"];
        let pull = slm(&project, &pull);
        assert!(pull.code() == 3 && pull.stderr.contains("offline"), "{pull}");
        succeeds(&slm(&project, &["stats", "--json"]));
    }
}

/// A suite of one bug, for `slm eval repair`.
fn suite(env: &Env) -> std::path::PathBuf {
    env.project(&[
        ("sum/about.json", r#"{"command": ["python3", "-m", "unittest", "-q"]}"#),
        (
            "sum/tree/mod.py",
            "def total(values):\n    result = 0\n    for value in values:\n        \
             result -= value\n    return result\n",
        ),
        (
            "sum/tree/test_mod.py",
            "import unittest\nfrom mod import total\n\n\nclass TotalTest(unittest.TestCase):\n    \
             def test_sum(self):\n        self.assertEqual(total([1, 2]), 3)\n",
        ),
    ])
}

fn lines_with(text: &str, word: &str) -> String {
    text.lines().filter(|line| line.contains(word)).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_worker_that_stays_warm_listens_to_this_machine_alone() {
    let mut env = Env::new();
    if !trace::possible(&env) {
        return;
    }
    // For a moment, since what is traced is waited for.
    env.set("SLM_KEEP_WARM", "0.001");
    let project = env.project(BROKEN);
    let place = "stock.py:2:12";
    let words =
        [env!("CARGO_BIN_EXE_slm"), "complete", "--max-tokens", "4", "--model", MODEL, place];
    let calls = "%network,execve,execveat,io_uring_setup";
    let seen = trace::of(&env, &project, calls, &words.map(OsStr::new));
    assert!(seen.run.code() <= 1, "{}", seen.run);
    assert_eq!(seen.families(), ["AF_UNIX"].into(), "{}", lines_with(&seen.text, "AF_"));
    assert!(!seen.text.contains("io_uring_setup("), "{}", lines_with(&seen.text, "io_uring"));
    // The control: the keeper was watched, and it did listen.
    let execs = seen.execs();
    assert!(execs.iter().any(|exec| exec.started && exec.call.contains("\"__keeper\"")));
    assert!(execs.iter().any(|exec| exec.started && exec.call.contains("\"__worker\"")));
    assert!(seen.text.contains("listen("), "{}", seen.text);
}
