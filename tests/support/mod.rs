//! What the integration tests share: a hermetic environment to run the real `slm` binary in.
//!
//! The environment is cleared; HOME and the XDG directories are empty folders of the test; pytest,
//! Jest and TypeScript come from `target/test-env`, which `./install.sh --test` makes. A tool that
//! is absent is a visible skip, never a silent pass:
//!
//! ```ignore
//! mod support;
//!
//! #[test]
//! fn repairs_a_package() {
//!     if !support::have(&["go"]) {
//!         return;
//!     }
//!     let env = support::Env::new();
//!     let project = env.project(&[("main.go", "package main...")]);
//!     let run = env.slm(["fix", "--yes", "--json", "--", "go", "test"]).cwd(&project).run();
//!     assert_eq!((run.code(), run.json()["status"].as_str()), (0, Some("fixed")), "{run}");
//! }
//! ```

// Each test binary includes this file and uses a part of it.
#![allow(dead_code, unreachable_pub)]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "test helpers: a panic is how they report"
)]

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Longest a run may take before it is killed, unless [`Slm::limit`] says otherwise.
const LIMIT: Duration = Duration::from_secs(180);

/// Held while a child is started, and while [`program`] writes one.
static SPAWN: Mutex<()> = Mutex::new(());

/// An empty home and the environment to run programs in; removed when dropped.
#[derive(Debug)]
pub struct Env {
    root: tempfile::TempDir,
    vars: BTreeMap<OsString, OsString>,
}

impl Env {
    /// Makes the folders.
    pub fn new() -> Self {
        let root = tempfile::Builder::new().prefix("slm-test-").tempdir().unwrap();
        let mut vars = BTreeMap::new();
        for (name, folder) in [
            ("HOME", "home"),
            ("TMPDIR", "tmp"),
            ("XDG_CONFIG_HOME", "home/config"),
            ("XDG_DATA_HOME", "home/data"),
            ("XDG_STATE_HOME", "home/state"),
            ("XDG_CACHE_HOME", "home/cache"),
            ("XDG_RUNTIME_DIR", "run"),
        ] {
            let path = root.path().join(folder);
            std::fs::create_dir_all(&path).unwrap();
            vars.insert(name.into(), path.into());
        }
        // As a login makes it.
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(root.path().join("run"), private).unwrap();
        for (name, value) in [
            ("PATH", search_path()),
            ("LANG", "C.UTF-8".into()),
            ("TERM", "dumb".into()),
            ("TZ", "UTC".into()),
            ("NO_COLOR", "1".into()),
            // Nothing outlives a run.
            ("SLM_KEEP_WARM", "0".into()),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
            ("GIT_AUTHOR_NAME", "Test".into()),
            ("GIT_AUTHOR_EMAIL", "test@example.invalid".into()),
            ("GIT_COMMITTER_NAME", "Test".into()),
            ("GIT_COMMITTER_EMAIL", "test@example.invalid".into()),
            // No module or toolchain is downloaded, and the standard library is compiled once.
            ("GOPROXY", "off".into()),
            ("GOTOOLCHAIN", "local".into()),
            ("GOFLAGS", "-mod=mod".into()),
            ("GOCACHE", test_env().join("go-cache").into()),
            ("CARGO_NET_OFFLINE", "true".into()),
        ] {
            vars.insert(name.into(), value);
        }
        // rustup's cargo and rustc find their toolchain through these, or else through HOME.
        for (name, folder) in [("RUSTUP_HOME", ".rustup"), ("CARGO_HOME", ".cargo")] {
            let default = || Some(Path::new(&std::env::var_os("HOME")?).join(folder).into());
            if let Some(value) = std::env::var_os(name).or_else(default) {
                vars.insert(name.into(), value);
            }
        }
        if let Some(toolchain) = std::env::var_os("RUSTUP_TOOLCHAIN") {
            vars.insert("RUSTUP_TOOLCHAIN".into(), toolchain);
        }
        Self { root, vars }
    }

    /// The folder that holds everything of this environment.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// The empty HOME.
    pub fn home(&self) -> PathBuf {
        self.root().join("home")
    }

    /// Sets a variable for every later run; beats the defaults.
    pub fn set(&mut self, name: &str, value: impl Into<OsString>) -> &mut Self {
        self.vars.insert(name.into(), value.into());
        self
    }

    /// Writes a new project of these files and returns its folder.
    pub fn project(&self, files: &[(&str, &str)]) -> PathBuf {
        let parent = self.root().join("projects");
        std::fs::create_dir_all(&parent).unwrap();
        let dir = tempfile::Builder::new().prefix("p").tempdir_in(parent).unwrap().keep();
        for (name, text) in files {
            let path = dir.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        dir
    }

    /// The project that the dialogues of the fixture model are about.
    pub fn project_of_dialogues(&self) -> PathBuf {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/models/dialogues.json");
        let known: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let files = known["files"].as_object().unwrap();
        let files: Vec<(&str, &str)> =
            files.iter().map(|(path, text)| (path.as_str(), text.as_str().unwrap())).collect();
        self.project(&files)
    }

    /// Copies a folder of this repository (`demo`, `tests/scenarios/001_x/input`) as a project.
    pub fn project_from(&self, folder: &str) -> PathBuf {
        let dir = self.project(&[]);
        copy_tree(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &dir);
        dir
    }

    /// A run of the `slm` that is being tested.
    pub fn slm<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Slm {
        self.program(env!("CARGO_BIN_EXE_slm"), args)
    }

    /// A run of another program in the same environment.
    pub fn program<A: AsRef<OsStr>>(
        &self,
        program: impl AsRef<OsStr>,
        args: impl IntoIterator<Item = A>,
    ) -> Slm {
        // Looked up here: the child's own PATH is not the one that `Command` searches.
        let program = which(program.as_ref(), &self.vars["PATH".as_ref() as &OsStr]);
        let mut command = Command::new(program);
        command.args(args).env_clear().envs(&self.vars).current_dir(self.root());
        // A group of its own, so that a run over its limit dies with all that it started.
        command.process_group(0);
        Slm { command, stdin: Vec::new(), limit: LIMIT }
    }
}

impl Default for Env {
    fn default() -> Self {
        Self::new()
    }
}

/// One run, not started yet.
#[derive(Debug)]
pub struct Slm {
    command: Command,
    stdin: Vec<u8>,
    limit: Duration,
}

impl Slm {
    /// Where to run; the environment's root when not said.
    pub fn cwd(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// What arrives on stdin; nothing when not said.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// One more variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Kills the run, and all that it started, after this long.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs to the end.
    ///
    /// # Panics
    /// When the program cannot be started, or is still running at the limit.
    pub fn run(mut self) -> Run {
        let started = Instant::now();
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let spawned = {
            let _no_writer = SPAWN.lock().unwrap_or_else(PoisonError::into_inner);
            self.command.spawn()
        };
        let mut child = spawned.unwrap_or_else(|e| panic!("{:?}: {e}", self.command));
        let mut input = child.stdin.take().unwrap();
        let bytes = self.stdin;
        // A program that ends without reading its input is no error of the test.
        let writer = std::thread::spawn(move || drop(input.write_all(&bytes)));
        let stdout = drain(child.stdout.take().unwrap());
        let stderr = drain(child.stderr.take().unwrap());

        let mut timed_out = false;
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if !timed_out && started.elapsed() > self.limit {
                timed_out = true;
                let group = rustix::process::Pid::from_child(&child);
                let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        if !timed_out {
            for thread in [writer, stdout.1, stderr.1] {
                thread.join().unwrap();
            }
        }
        // After a kill nothing is joined: a process that left the group may hold the pipes open.
        let text =
            |bytes: &Mutex<Vec<u8>>| String::from_utf8_lossy(&bytes.lock().unwrap()).into_owned();
        let run = Run { status, stdout: text(&stdout.0), stderr: text(&stderr.0) };
        assert!(!timed_out, "{:?} ran longer than {:?}:\n{run}", self.command, self.limit);
        run
    }
}

/// How a run ended and what it printed.
#[derive(Debug)]
pub struct Run {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// The exit code; 128 and the signal's number for a run ended by a signal.
    pub fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| 128 + self.status.signal().unwrap_or(0))
    }

    /// The object that `--json` promises as the last line of stdout.
    ///
    /// # Panics
    /// When that line is not exactly one JSON object.
    pub fn json(&self) -> serde_json::Value {
        assert!(self.stdout.ends_with('\n'), "stdout does not end in a line break\n{self}");
        let last = self.stdout.lines().last().unwrap_or_default();
        let value: serde_json::Value = serde_json::from_str(last)
            .unwrap_or_else(|e| panic!("the last line of stdout is not JSON: {e}\n{self}"));
        assert!(value.is_object(), "not an object: {last}");
        value
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n--- stdout\n{}\n--- stderr\n{}\n---", self.status, self.stdout, self.stderr)
    }
}

/// Writes a new program, a fake of some tool, at `path`.
///
/// Never through what is there: a link may lead to the real machine's own program.
pub fn program(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    // Held while the file is open: a child started in between would inherit the descriptor, and
    // the kernel runs no program that somebody may still write to.
    let _no_spawn = SPAWN.lock().unwrap_or_else(PoisonError::into_inner);
    if path.symlink_metadata().is_ok() {
        std::fs::remove_file(path).unwrap();
    }
    let mut file = std::fs::File::create_new(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.set_permissions(std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// True when all of these programs are here; else says which one is missing.
///
/// `"pytest"`, `"jest"` and `"tsc"` are looked for in the test environment, anything else on the
/// search path.
pub fn have(tools: &[&str]) -> bool {
    let path = search_path();
    for &tool in tools {
        let found = match tool {
            "pytest" => test_env().join("bin/pytest").is_file(),
            _ => which(OsStr::new(tool), &path).is_absolute(),
        };
        if !found {
            println!("skipped: no {tool} here (./install.sh --test installs it)");
            return false;
        }
    }
    true
}

/// Where `./install.sh --test` puts pytest (`bin/python3`) and the runners of
/// JavaScript (`js/node_modules`):
/// `test-env` in the target directory, wherever that is.
pub fn test_env() -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    // A test is told a path in the build directory, which is the target directory unless the user
    // has split the two; the binary is always in the target directory.
    let candidates = [
        Path::new(env!("CARGO_TARGET_TMPDIR")).parent().map(Path::to_owned),
        Path::new(env!("CARGO_BIN_EXE_slm")).ancestors().nth(2).map(Path::to_owned),
        std::env::var_os("CARGO_TARGET_DIR").map(|dir| source.join(dir)),
        Some(source.join("target")),
    ];
    let mut places = candidates.into_iter().flatten().map(|target| target.join("test-env"));
    let first = places.next().unwrap();
    if first.join("bin/python3").exists() {
        return first;
    }
    places.find(|place| place.join("bin/python3").exists()).unwrap_or(first)
}

/// Every file below `root` with its bytes (a link with its target), keyed by its relative path.
///
/// To assert that a tree is unchanged, or which files changed. `__pycache__` is left out.
pub fn snapshot(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn walk(root: &Path, dir: &Path, out: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let kind = std::fs::symlink_metadata(&path).unwrap().file_type();
            let name = path.strip_prefix(root).unwrap().to_owned();
            if kind.is_symlink() {
                let target = std::fs::read_link(&path).unwrap();
                out.insert(name, format!("-> {}", target.display()).into_bytes());
            } else if kind.is_dir() {
                if path.file_name() != Some(OsStr::new("__pycache__")) {
                    walk(root, &path, out);
                }
            } else {
                out.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    let mut out = BTreeMap::new();
    walk(root, root, &mut out);
    out
}

/// Copies a tree of plain files into an existing folder.
pub fn copy_tree(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap_or_else(|e| panic!("{}: {e}", from.display())) {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_tree(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// The test environment's programs first, then whatever the caller has.
fn search_path() -> OsString {
    let own = [test_env().join("bin"), test_env().join("js/node_modules/.bin")];
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(own.into_iter().chain(std::env::split_paths(&inherited))).unwrap()
}

/// The program's absolute path, or its bare name when it is nowhere on `path`.
fn which(program: &OsStr, path: &OsStr) -> PathBuf {
    if Path::new(program).is_absolute() {
        return program.into();
    }
    std::env::split_paths(path)
        .map(|dir| dir.join(program))
        .find(|file| file.is_file())
        .unwrap_or_else(|| program.into())
}

/// What a pipe has said so far, and the thread that listens.
type Pipe = (Arc<Mutex<Vec<u8>>>, JoinHandle<()>);

fn drain(mut pipe: impl Read + Send + 'static) -> Pipe {
    let text = Arc::new(Mutex::new(Vec::new()));
    let shared = Arc::clone(&text);
    let thread = std::thread::spawn(move || {
        let mut chunk = [0; 8192];
        while let Ok(length @ 1..) = pipe.read(&mut chunk) {
            shared.lock().unwrap().extend_from_slice(&chunk[..length]);
        }
    });
    (text, thread)
}
