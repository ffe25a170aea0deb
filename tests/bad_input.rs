//! Input that no one should give and everyone does: a clear message, the right exit code, and a
//! tree that is byte for byte what it was.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "test helpers; a skip must be seen"
)]

mod support;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use support::{Env, Run};

/// A slow project whose tests ask for what nobody wrote.
const HOPELESS: &[(&str, &str)] = &[
    (
        "test_plan.py",
        "import unittest\n\nfrom plan import name\n\n\n\
         class PlanTest(unittest.TestCase):\n    def test_names(self):\n        \
         found = [name(n) for n in range(4)]\n        \
         self.assertEqual(found, ['sloe', 'medlar', 'quince', 'bullace'])\n",
    ),
    (
        "plan.py",
        "import time\n\n\ndef name(number):\n    time.sleep(0.3)\n    \
         raise NotImplementedError(number)\n",
    ),
];

/// A script with a bug that a rule repairs.
const EASY: &[(&str, &str)] = &[
    ("main.py", "from stock import label\n\nassert label('nut', 3) == 'nut: 3'\n"),
    ("stock.py", "def label(name, count):\n    return f'{name}: {cuont}'\n"),
];

#[test]
fn a_command_that_does_not_exist() {
    let (env, project) = start(EASY);
    let run = fix(&env, &project, &["no-such-program-anywhere", "--quick"]);
    ends(&run, 3, "error", &["no-such-program-anywhere"]);
}

#[test]
fn a_command_that_passes() {
    let (env, project) = start(EASY);
    let run = fix(&env, &project, &["true"]);
    ends(&run, 0, "not-reproduced", &["true"]);
}

#[test]
fn a_command_that_says_nothing() {
    let (env, project) = start(EASY);
    let run = fix(&env, &project, &["false"]);
    ends(&run, 1, "no-fix", &[]);
}

#[test]
fn a_trace_of_another_project() {
    let (env, project) = start(EASY);
    let trace = "Traceback (most recent call last):\n  File \"/opt/else/server.py\", line 40, in go\n    \
                 handle(request)\n  File \"/opt/else/views.py\", line 7, in handle\n    return x.y\n\
                 AttributeError: 'NoneType' object has no attribute 'y'\n";
    let run = unchanged(&project, || fix_stdin(&env, &project, trace.as_bytes()));
    ends(&run, 1, "not-reproduced", &["no frame"]);
}

#[cfg(feature = "llama")]
#[test]
fn a_model_that_makes_vectors() {
    let (env, project) = start(EASY);
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models/tiny-bert.gguf");
    let model = model.to_str().unwrap();
    let args = ["fix", "--json", "--yes", "--model", model, "--", "python3", "main.py"];
    let run = unchanged(&project, || env.slm(args).cwd(&project).run());
    ends(&run, 3, "error", &["tiny bert makes vectors", "choose a language model"]);
}

#[test]
fn binary_garbage_on_stdin() {
    let (env, project) = start(EASY);
    let run = unchanged(&project, || fix_stdin(&env, &project, &garbage(300_000)));
    assert!(matches!(run.code(), 1 | 2), "{run}");
    assert_ne!(run.json()["status"], "fixed", "{run}");
}

#[test]
fn nothing_on_stdin_and_nothing_to_run() {
    let (env, project) = start(&[("notes.txt", "no code here\n")]);
    let run = unchanged(&project, || fix_stdin(&env, &project, b""));
    assert!(matches!(run.code(), 2 | 3), "{run}");
    assert!(said(&run).contains("slm fix --"), "it should show how to name a command\n{run}");
}

#[test]
fn a_command_that_prints_garbage() {
    if !support::have(&["python3"]) {
        return;
    }
    let (env, project) = start(EASY);
    let noise = "import os, sys; sys.stdout.buffer.write(os.urandom(1 << 20)); sys.exit(1)";
    let run = fix(&env, &project, &["python3", "-c", noise]);
    ends(&run, 1, "no-fix", &[]);
    assert!(!run.stderr.contains('\u{1b}'), "no raw escape reaches the terminal");
}

#[test]
fn two_hundred_megabytes_of_output() {
    if !support::have(&["python3"]) {
        return;
    }
    let (env, project) = start(EASY);
    let flood = "import sys\nfor _ in range(200): sys.stdout.write(('x' * 1023 + '\\n') * 1024)\n\
                 sys.exit(1)";
    let run = fix(&env, &project, &["python3", "-c", flood]);
    ends(&run, 1, "no-fix", &[]);
    let said = run.stdout.len() + run.stderr.len();
    assert!(said < 1 << 20, "{said} bytes of it were passed on");
}

#[test]
fn files_that_cannot_be_read_are_no_obstacle() {
    if !support::have(&["python3", "mkfifo"]) {
        return;
    }
    let (env, project) = start(EASY);
    // Opening the FIFO would block for ever, whoever runs the tests.
    assert_eq!(env.program("mkfifo", ["pipe.py"]).cwd(&project).run().code(), 0);
    std::fs::create_dir(project.join("folder.py")).unwrap();
    std::os::unix::fs::symlink("nowhere.py", project.join("dangling.py")).unwrap();
    std::os::unix::fs::symlink("loop.py", project.join("loop.py")).unwrap();
    std::os::unix::fs::symlink("/", project.join("outside")).unwrap();
    std::fs::write(project.join(OsStr::from_bytes(b"caf\xe9.py")), b"name = '\xe9'\n").unwrap();
    std::fs::write(project.join("binary.py"), garbage(4096)).unwrap();
    let run = run_fix(&env, &project, &["python3", "main.py"]);
    ends(&run, 0, "fixed", &[]);
    let text = std::fs::read_to_string(project.join("stock.py")).unwrap();
    assert!(text.contains("{count}"), "{text}");
    assert_eq!(std::fs::read(project.join("binary.py")).unwrap(), garbage(4096));
}

#[test]
fn a_trace_file_that_is_not_there() {
    let (env, project) = start(EASY);
    for name in ["absent.txt", "."] {
        let run = unchanged(&project, || {
            env.slm(["fix", "--json", "--yes", "--trace", name]).cwd(&project).run()
        });
        assert!(matches!(run.code(), 2 | 3), "--trace {name}: {run}");
        assert!(said(&run).contains(name), "the message names the file\n{run}");
    }
}

#[test]
fn a_tree_on_a_read_only_file_system() {
    if !support::have(&["python3", "unshare", "mount"]) {
        return;
    }
    let (env, project) = start(EASY);
    let script = "mount --bind . . && mount -o remount,bind,ro . && cd \"$PWD\" && exec \"$@\"";
    let shell = |rest: &[&str]| {
        let args = ["-m", "sh", "-c", script, "sh"].into_iter().chain(rest.iter().copied());
        env.program("unshare", args).cwd(&project).run()
    };
    let probe = shell(&["sh", "-c", "! touch probe"]);
    if probe.code() != 0 {
        println!("skipped: no read-only mount can be made here: {}", probe.stderr.trim());
        return;
    }
    let slm = env!("CARGO_BIN_EXE_slm");
    let run = unchanged(&project, || {
        shell(&[slm, "fix", "--json", "--yes", "--timeout", "60", "--", "python3", "main.py"])
    });
    assert_eq!(run.code(), 3, "{run}");
    assert_ne!(run.json()["status"], "fixed", "{run}");
    assert!(said(&run).contains("Read-only file system"), "{run}");
}

#[test]
fn interrupted_at_any_stage() {
    if !support::have(&["python3", "timeout"]) {
        return;
    }
    let slm = env!("CARGO_BIN_EXE_slm");
    for after in ["0.05", "0.3", "0.8", "2", "5"] {
        let (env, project) = start(HOPELESS);
        let mark = format!("mark-{}-{}", std::process::id(), after);
        // GNU timeout sends the signal to the whole group, as a terminal does.
        let args = ["--preserve-status", "-s", "INT", after, slm, "fix", "--json", "--yes"];
        let command =
            ["--timeout", "90", "--", "python3", "-m", "unittest", "-k", "test", "-k", &mark];
        let run = unchanged(&project, || {
            let args = args.iter().chain(&command);
            env.program("timeout", args).cwd(&project).limit(Duration::from_secs(60)).run()
        });
        // Before `slm` has set up its handler the signal itself ends it: 130 as well.
        assert_eq!(run.code(), 130, "after {after} s: {run}");
        // The kernel ends what slm has killed in its own time.
        for _ in 0..100 {
            if processes_with(&mark).is_empty() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(processes_with(&mark), Vec::<String>::new(), "after {after} s");
    }
}

#[test]
fn two_at_once() {
    if !support::have(&["python3"]) {
        return;
    }
    let (env, project) = start(HOPELESS);
    let command = ["python3", "-m", "unittest", "-q"];
    let args = ["fix", "--json", "--yes", "--timeout", "12", "--"].into_iter().chain(command);
    let mut codes = std::thread::scope(|scope| {
        let both = [(); 2].map(|()| scope.spawn(|| env.slm(args.clone()).cwd(&project).run()));
        both.map(|thread| {
            let run = thread.join().unwrap();
            if run.code() == 4 {
                assert!(said(&run).contains("another slm"), "{run}");
            }
            run.code()
        })
    });
    codes.sort_unstable();
    assert_eq!(codes, [1, 4]);
}

#[test]
fn usage_errors() {
    let (env, project) = start(EASY);
    let wrong: &[&[&str]] = &[
        &["frobnicate"],
        &["fix", "--nonsense"],
        &["fix", "--timeout", "soon", "--", "true"],
        &["fix", "--timeout", "-1", "--", "true"],
        &["fix", "--timeout", "0", "--", "true"],
        &["fix", "--trace"],
        &["fix", "--branch"],
        &["fix", "--line", "0", "--file", "main.py", "--", "true"],
        &["fix", "--line", "x", "--file", "main.py", "--", "true"],
        &["fix", "--yes", "--dry-run", "--", "true"],
        &["undo", "one", "two", "three"],
    ];
    for args in wrong {
        let run = unchanged(&project, || env.slm(*args).cwd(&project).run());
        assert_eq!(run.code(), 2, "{args:?}: {run}");
        assert!(!run.stderr.trim().is_empty(), "{args:?} is refused without a word");
    }
}

#[test]
fn nothing_to_undo() {
    let (env, project) = start(EASY);
    let run = unchanged(&project, || env.slm(["undo"]).cwd(&project).run());
    assert_ne!(run.code(), 2, "{run}");
    assert!(said(&run).contains("nothing"), "{run}");
}

/// A fresh home and a project of these files.
fn start(files: &[(&str, &str)]) -> (Env, PathBuf) {
    let env = Env::new();
    let project = env.project(files);
    (env, project)
}

/// `slm fix` on a command, which must leave the tree alone.
fn fix(env: &Env, project: &Path, command: &[&str]) -> Run {
    unchanged(project, || run_fix(env, project, command))
}

fn run_fix(env: &Env, project: &Path, command: &[&str]) -> Run {
    let args = ["fix", "--json", "--yes", "--timeout", "40", "--"];
    env.slm(args.iter().chain(command)).cwd(project).run()
}

fn fix_stdin(env: &Env, project: &Path, stdin: &[u8]) -> Run {
    env.slm(["fix", "--json", "--yes", "--timeout", "20"]).cwd(project).stdin(stdin).run()
}

/// Runs and asserts that no byte of the tree changed.
fn unchanged(project: &Path, run: impl FnOnce() -> Run) -> Run {
    let before = support::snapshot(project);
    let run = run();
    let after = support::snapshot(project);
    let names = |tree: &BTreeMap<PathBuf, Vec<u8>>| tree.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&before), names(&after), "files came or went\n{run}");
    assert!(before == after, "a file was changed\n{run}");
    run
}

/// The exit code, the status, and the words that the message must contain.
fn ends(run: &Run, code: i32, status: &str, words: &[&str]) {
    assert_eq!(run.code(), code, "{run}");
    assert_eq!(run.json()["status"], status, "{run}");
    for word in words {
        assert!(said(run).contains(word), "{word:?} is not mentioned\n{run}");
    }
    if status == "error" {
        assert!(run.json()["message"].is_string(), "an error without a word\n{run}");
    }
}

/// All that a caller can read.
fn said(run: &Run) -> String {
    format!("{}{}", run.stdout, run.stderr)
}

/// Bytes of every kind, the same on every run.
fn garbage(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    })
    .take(length)
    .collect()
}

/// Command lines of running processes that carry `mark`.
fn processes_with(mark: &str) -> Vec<String> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    processes
        .filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(mark))
        .collect()
}
