//! An endpoint is talked to when it was named, and only where the machine's administrator lets it.

use std::ffi::OsStr;
use std::fs::{Permissions, set_permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{Env, Run, have};
use crate::trace::{self, Trace};
use crate::{BROKEN, STOCK, is_fixed};

/// The calls that are looked at; io_uring can make sockets too.
const CALLS: &str = "%network,execve,execveat,io_uring_setup";

/// Tests of [`STOCK`] that no edit of it can pass, so that everything is asked.
const CONTRADICTION: &str = "\
import unittest

from stock import total


class TotalTest(unittest.TestCase):
    def test_sum(self):
        self.assertEqual(total([1, 2]), 3)

    def test_other(self):
        self.assertEqual(total([1, 2]), 4)
";

/// A server that hangs up, and how often it was called.
fn server() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://127.0.0.1:{}/v1", listener.local_addr().unwrap().port());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for _ in listener.incoming().flatten() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (url, count)
}

fn configure(env: &Env, text: &str) {
    let folder = env.home().join("config/slm");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), text).unwrap();
}

fn hopeless(env: &Env) -> std::path::PathBuf {
    env.project(&[("stock.py", STOCK), ("test_stock.py", CONTRADICTION)])
}

/// The words of a run of `slm fix`.
fn words<'a>(more: &[&'a str]) -> Vec<&'a OsStr> {
    let start = [env!("CARGO_BIN_EXE_slm"), "fix", "--json", "--yes", "--timeout", "30"];
    let end = ["--", "python3", "-m", "unittest", "-q"];
    start.iter().chain(more).chain(&end).copied().map(OsStr::new).collect()
}

#[test]
fn nothing_is_sent_to_an_endpoint_that_was_not_named() {
    let mut env = Env::new();
    if !have(&["python3"]) || !trace::possible(&env) {
        return;
    }
    env.set("SLM_API_KEY", "a-key-that-is-there");
    let (url, calls) = server();
    let rules = "[cascade]\norder = [\"rules\", \"endpoint\"]\n";
    let configurations = [
        rules.to_owned(),
        format!("{rules}[endpoint]\nurl = \"{url}\"\n"),
        // Nobody sits there who could be asked.
        format!("{rules}[endpoint]\nurl = \"{url}\"\nuse = [\"fix\"]\nask = false\n"),
    ];
    for config in &configurations {
        configure(&env, config);
        let dir = hopeless(&env);
        // What a repository says of it counts for nothing.
        for name in ["slm.toml", ".slm.toml", "config.toml", ".env"] {
            let own = format!("SLM_ENDPOINT={url}\n[endpoint]\nurl = \"{url}\"\nuse = [\"fix\"]\n");
            std::fs::write(dir.join(name), own).unwrap();
        }
        let Trace { run, text } = trace::of(&env, &dir, CALLS, &words(&[]));
        assert_eq!(run.code(), 1, "{run}");
        let seen = Trace { run, text };
        assert_eq!(seen.families(), ["AF_UNIX"].into(), "{config}");
        assert!(!seen.text.contains("io_uring_setup("), "{config}");
    }
    assert_eq!(calls.load(Ordering::SeqCst), 0);

    // The control: the same run with its name is noticed, by both.
    configure(&env, &configurations[1]);
    let named = trace::of(&env, &hopeless(&env), CALLS, &words(&["--endpoint"]));
    assert_eq!(named.run.code(), 1, "{}", named.run);
    assert!(named.families().contains("AF_INET"), "{}", named.run);
    assert!(calls.load(Ordering::SeqCst) > 0, "{}", named.run);
}

/// Under a policy of the machine: an `/etc` of its own, which holds it. The first words of a program.
fn under<'a>(over: &'a Path, program: &[&'a OsStr]) -> Vec<&'a OsStr> {
    let script = "mount -t overlay -o lowerdir=\"$1\":/etc overlay /etc && shift && exec \"$@\"";
    let start = ["unshare", "-rm", "sh", "-c", script, "sh"].map(OsStr::new);
    start.into_iter().chain([over.as_os_str()]).chain(program.iter().copied()).collect()
}

/// Writes a policy that looks as if root had.
fn policy(env: &Env, text: &str, mode: u32) -> std::path::PathBuf {
    let over = env.root().join("over");
    let folder = over.join("slm");
    std::fs::create_dir_all(&folder).unwrap();
    set_permissions(&over, Permissions::from_mode(0o755)).unwrap();
    set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
    let file = folder.join("policy.toml");
    std::fs::write(&file, text).unwrap();
    set_permissions(&file, Permissions::from_mode(mode)).unwrap();
    over
}

fn run_under(env: &Env, over: &Path, dir: &Path, program: &[&OsStr]) -> Run {
    let all = under(over, program);
    env.program(all[0], &all[1..]).cwd(dir).run()
}

/// True when a machine with a policy can be had here.
fn can_have_a_policy(env: &Env) -> bool {
    if !have(&["python3", "unshare"]) {
        return false;
    }
    let over = policy(env, "", 0o644);
    let tried = run_under(env, &over, env.root(), &["cat", "/etc/slm/policy.toml"].map(OsStr::new));
    if tried.code() != 0 {
        println!("skipped: no other /etc can be mounted here: {}", tried.stderr.trim());
    }
    tried.code() == 0
}

/// Why the endpoint of a run was not asked.
fn why_not(run: &Run) -> String {
    let route = run.json()["route"].clone();
    let list = route.as_array().unwrap().clone();
    let found = list.into_iter().find(|decision| decision["stage"] == "endpoint").unwrap();
    assert_eq!(found["taken"], false, "{run}");
    found["reason"].as_str().unwrap().to_owned()
}

#[test]
fn what_the_machine_forbids_is_not_talked_to() {
    let env = Env::new();
    if !can_have_a_policy(&env) {
        return;
    }
    configure(&env, "[cascade]\norder = [\"rules\", \"endpoint\"]\n");
    let (url, calls) = server();
    let named = words(&["--endpoint", &url]);
    let elsewhere = "endpoints = [\"https://llm.corp/\"]\n";
    for (text, mode, why) in [
        ("endpoint = \"forbid\"\n", 0o644, "forbidden on this machine"),
        (elsewhere, 0o644, "not among the endpoints"),
        ("endpoint = \"allow\"\n", 0o666, "written by others"),
        ("endpiont = \"forbid\"\n", 0o644, "ask the administrator"),
    ] {
        let over = policy(&env, text, mode);
        let run = run_under(&env, &over, &hopeless(&env), &named);
        assert_eq!((run.code(), &run.json()["status"]), (1, &"no-fix".into()), "{run}");
        assert!(why_not(&run).contains(why), "{why}: {run}");
        assert!(run.stderr.contains("going on without the endpoint"), "{run}");
        // The chat has nothing to go on without it.
        let chat = [env!("CARGO_BIN_EXE_slm"), "run", "--endpoint", &url, "hello"].map(OsStr::new);
        let chat = run_under(&env, &over, &hopeless(&env), &chat);
        assert!(chat.code() == 3 && chat.stderr.contains(why), "{chat}");
    }
    // It stops the endpoint, not the run.
    let over = policy(&env, "endpoint = \"forbid\"\n", 0o644);
    let program = [env!("CARGO_BIN_EXE_slm"), "fix", "--json", "--yes", "--endpoint", &url];
    let command = ["--", "python3", "main.py"];
    let program: Vec<&OsStr> = program.iter().chain(&command).map(OsStr::new).collect();
    is_fixed(&run_under(&env, &over, &env.project(BROKEN), &program));
    assert_eq!(calls.load(Ordering::SeqCst), 0);

    if trace::possible(&env) {
        let seen = trace::of(&env, &hopeless(&env), CALLS, &under(&over, &named));
        assert_eq!(seen.families(), ["AF_UNIX"].into(), "{}", seen.run);
    }
    // The control: one that is allowed is talked to.
    let over = policy(&env, &format!("endpoints = [\"{url}\"]\n"), 0o644);
    let run = run_under(&env, &over, &hopeless(&env), &named);
    assert_eq!(run.code(), 1, "{run}");
    assert!(calls.load(Ordering::SeqCst) > 0, "{run}");
}
