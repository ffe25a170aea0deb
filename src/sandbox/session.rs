//! A confined command that stays and is talked to, instead of one run after another.
//!
//! Made for servers that check many candidates: see `agent/checks/server.rs`. Dropping a session
//! ends the command and everything it has started.

use std::os::unix::net::UnixStream;
use std::thread::JoinHandle;

use super::SandboxError;
use super::job::Run;
use crate::base::Cancel;

/// A running command with a socket as its standard input.
#[derive(Debug)]
pub struct Session {
    stream: UnixStream,
    cancel: Cancel,
    watcher: Option<JoinHandle<Result<Run, SandboxError>>>,
}

impl Session {
    pub(super) fn new(
        stream: UnixStream,
        cancel: Cancel,
        watcher: JoinHandle<Result<Run, SandboxError>>,
    ) -> Self {
        Self { stream, cancel, watcher: Some(watcher) }
    }

    /// Our end of the socket. It reads as closed once the command has ended.
    pub fn stream(&self) -> &UnixStream {
        &self.stream
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.cancel.cancel();
        if let Some(watcher) = self.watcher.take() {
            // What came of it is of no interest any more.
            let _ = watcher.join();
        }
    }
}
