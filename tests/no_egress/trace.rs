//! What strace saw: the programs that were executed and the address families that were named.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::Path;

use crate::support::{Env, Run, have};

/// The record of one run, one system call a line.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) run: Run,
    pub(crate) text: String,
}

/// The path of a program that only root's strace can read: slm forbids a look into the process that
/// becomes the checked command.
pub(crate) const UNREADABLE: &str = "(unreadable)";

/// A program that somebody tried to execute.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Exec {
    /// As it was named, which may be relative, or [`UNREADABLE`].
    pub(crate) path: String,
    /// The whole call.
    pub(crate) call: String,
    pub(crate) started: bool,
}

/// True when programs can be traced here.
pub(crate) fn possible(env: &Env) -> bool {
    if !have(&["strace"]) {
        return false;
    }
    let run = env.program("strace", ["-f", "-o", "/dev/null", "true"]).run();
    if run.code() != 0 {
        println!("skipped: strace may not trace here: {}", run.stderr.trim());
    }
    run.code() == 0
}

/// Runs `program` and records the `calls` that it and all its descendants make.
pub(crate) fn of(env: &Env, cwd: &Path, calls: &str, program: &[&OsStr]) -> Trace {
    let record = tempfile::NamedTempFile::new_in(env.root()).unwrap();
    let calls = format!("trace={calls}");
    let options = ["-f", "-qq", "-e", "signal=none", "-e", &calls, "-o"];
    let mut words: Vec<&OsStr> = options.iter().map(OsStr::new).collect();
    words.extend([record.path().as_os_str(), OsStr::new("--")]);
    words.extend(program);
    let run = env.program("strace", words).cwd(cwd).run();
    Trace { run, text: std::fs::read_to_string(record.path()).unwrap() }
}

impl Trace {
    /// Every address family that a call named, whether the call worked or not.
    pub(crate) fn families(&self) -> BTreeSet<&str> {
        let names = self.text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        names.filter(|name| name.starts_with("AF_")).collect()
    }

    /// Every attempt to execute a program, in order.
    pub(crate) fn execs(&self) -> Vec<Exec> {
        let mut open: BTreeMap<&str, String> = BTreeMap::new();
        let mut found = Vec::new();
        for line in self.text.lines() {
            let Some((pid, call)) = line.split_once(' ') else { continue };
            let call = call.trim_start();
            // Another process's call came in between: the end is on a line of its own.
            if let Some(start) = call.strip_suffix(" <unfinished ...>") {
                open.insert(pid, start.to_owned());
                continue;
            }
            let whole = match call.strip_prefix("<... ") {
                Some(end) => {
                    let rest = end.split_once(" resumed>").map_or("", |(_, rest)| rest);
                    open.remove(pid).unwrap_or_default() + rest
                }
                None => call.to_owned(),
            };
            found.extend(exec(whole));
        }
        // Those that never came to an end, as when another thread executes a program first.
        found.extend(open.into_values().filter_map(exec));
        found
    }
}

fn exec(call: String) -> Option<Exec> {
    let arguments = call.strip_prefix("execve(").or_else(|| {
        call.strip_prefix("execveat(").and_then(|rest| rest.split_once(", ")).map(|(_, rest)| rest)
    })?;
    let named = arguments.strip_prefix('"').and_then(|rest| rest.split('"').next());
    let path = named.unwrap_or(UNREADABLE).to_owned();
    let started = call.trim_end().ends_with(" = 0");
    Some(Exec { path, call, started })
}

#[test]
fn calls_are_put_together_again() {
    let text = "\
7 execve(\"/bin/a\", [\"a\"], 0x1 /* 9 vars */ <unfinished ...>\n\
8 socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP) = -1 EPERM (Operation not permitted)\n\
8 execve(\"./b\", [\"b\", \"x y\"], 0x2 /* 9 vars */) = -1 ENOENT (No such file or directory)\n\
7 <... execve resumed>) = 0\n\
7 execve(0x7f0c, 0x7f10, 0x7f40) = 0\n\
9 connect(3, {sa_family=AF_UNIX, sun_path=\"/s\"}, 110) = 0\n";
    let run = Run { status: Default::default(), stdout: String::new(), stderr: String::new() };
    let trace = Trace { run, text: text.to_owned() };
    assert_eq!(trace.families(), ["AF_INET6", "AF_UNIX"].into());
    let execs = trace.execs();
    let seen: Vec<_> = execs.iter().map(|exec| (exec.path.as_str(), exec.started)).collect();
    assert_eq!(seen, [("./b", false), ("/bin/a", true), (UNREADABLE, true)]);
}
