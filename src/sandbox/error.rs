//! Why a job could not be run at all.

use std::io;
use std::path::PathBuf;

use crate::base::fs::FileError;

/// The command did not run. A command that ran and failed is a [`super::Run`].
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// No such program in the job's `PATH`, or at the path given.
    #[error("cannot run {program:?}: command not found")]
    NotFound { program: String },
    /// Found, but the system refuses to execute it.
    #[error("cannot run {program:?}: {source}")]
    NotExecutable {
        program: String,
        #[source]
        source: io::Error,
    },
    /// The root is not a directory that a scratch view can stand for.
    #[error("cannot work in {}: {reason}", path.display())]
    Root { path: PathBuf, reason: String },
    /// The job makes no sense: no program, a side file with a path for a name, a NUL byte.
    #[error("cannot run the command: {0}")]
    Job(String),
    /// Nothing on this machine can confine a command.
    #[error("commands cannot be confined on this machine: {reason}")]
    Unconfined { reason: String },
    /// A step of the isolation that worked before failed now.
    #[error("cannot {step}: {source}")]
    Setup {
        step: &'static str,
        /// The step's number, and on which of several things it failed.
        number: i32,
        index: usize,
        #[source]
        source: io::Error,
    },
    /// A system call failed on our side.
    #[error("cannot {what}: {source}")]
    System {
        what: &'static str,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    File(#[from] FileError),
}

impl SandboxError {
    /// From an errno value.
    #[cfg(target_os = "linux")]
    pub(super) fn os(what: &'static str, errno: i32) -> Self {
        Self::System { what, source: io::Error::from_raw_os_error(errno) }
    }
}
