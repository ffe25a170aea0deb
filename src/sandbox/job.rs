//! What is run and what came of it: plain values, the same for every kind of isolation.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::base::RepoPath;

/// One command on one patched view of the tree.
#[derive(Clone, Debug, Default)]
pub struct Job {
    /// Program and arguments; a program without a slash is looked up in the job's own `PATH`.
    pub argv: Vec<OsString>,
    /// Working directory relative to the root; empty for the root itself.
    pub cwd: PathBuf,
    /// Variables added to, or replacing those of, the allow-listed environment.
    pub env: Vec<(OsString, OsString)>,
    /// Contents that replace those of the tree; `None` deletes the file.
    pub files: Vec<(RepoPath, Option<Arc<[u8]>>)>,
    /// Files placed in a private directory outside the tree, whose path is in `SLM_SIDE`. The names
    /// are plain: no directories.
    pub side: Vec<(String, Arc<[u8]>)>,
    /// Names of side files to hand back after the run, when they exist as regular files.
    pub collect: Vec<String>,
    pub limits: Limits,
    pub capture: Capture,
    /// Keep what this run writes until [`super::Workspace::freeze_caches`] has looked at it.
    pub keep_caches: bool,
}

impl Job {
    /// A job that runs `argv` in the root of the unpatched tree.
    pub fn new<S: Into<OsString>>(argv: impl IntoIterator<Item = S>) -> Self {
        Self { argv: argv.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// The program as typed, for messages.
    pub fn program(&self) -> String {
        self.argv.first().map_or_else(String::new, |p| p.to_string_lossy().into_owned())
    }
}

/// How standard output and standard error come back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Capture {
    /// One stream, in the exact order in which a terminal would have shown it.
    #[default]
    Together,
    /// Also one by one; their order in [`Run::output`] is then only approximate.
    Apart,
}

/// Limits of one run, held by the kernel where it can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time on the clock for the whole run.
    pub wall: Duration,
    /// Processor time for each single process; `None` for no limit but `wall`.
    pub cpu: Option<Duration>,
    /// Resident memory of all processes together, looked at every 20 ms.
    pub memory_bytes: u64,
    /// Processes and threads alive at once. A kernel may round up to about 300.
    pub processes: u32,
    /// Output kept: half of it from the start, half from the end. More is read and dropped.
    pub output_bytes: usize,
    /// Size of any file written.
    pub file_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall: Duration::from_secs(60),
            cpu: None,
            memory_bytes: 4 << 30,
            processes: 1024,
            output_bytes: 4 << 20,
            file_bytes: 2 << 30,
        }
    }
}

/// What came of a job that could be started.
#[derive(Clone, Debug)]
pub struct Run {
    pub ended: Ended,
    /// Standard output and standard error as they came, cut in the middle when too long.
    pub output: Vec<u8>,
    /// Only with [`Capture::Apart`].
    pub stdout: Vec<u8>,
    /// Only with [`Capture::Apart`].
    pub stderr: Vec<u8>,
    /// True when the middle of the output is missing.
    pub truncated: bool,
    /// From before the isolation was set up until everything was gone.
    pub elapsed: Duration,
    /// User and system time of the command and of those of its children it waited for.
    pub cpu: Duration,
    /// The highest resident size seen, of one process or of all together, in bytes.
    pub peak_memory: u64,
    /// The files asked for with [`Job::collect`].
    pub side: HashMap<String, Vec<u8>>,
}

impl Run {
    /// True when the command ended by itself with exit code 0.
    pub fn success(&self) -> bool {
        self.ended == Ended::Exited(0)
    }

    /// The output as text, invalid bytes replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.output).into_owned()
    }
}

/// Why a run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ended {
    /// By itself, with this exit code.
    Exited(i32),
    /// Killed by this signal, not sent by the sandbox.
    Signalled(i32),
    /// Stopped at the wall clock or processor time limit.
    TimedOut,
    /// Stopped at the memory limit.
    OutOfMemory,
    /// Stopped at the process limit.
    TooManyProcesses,
    /// Stopped by the caller's token.
    Cancelled,
}

impl Ended {
    /// The exit code, where there is one.
    pub fn code(self) -> Option<i32> {
        if let Self::Exited(code) = self { Some(code) } else { None }
    }
}
