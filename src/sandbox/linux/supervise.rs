//! Watches one run from outside: collects its output, holds it to its limits, waits until all of
//! it is gone.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use super::super::job::{Ended, Limits};
use super::super::output::HeadTail;
use super::super::{Capture, SandboxError};
use super::init::message;
use super::{step, sys};
use crate::base::Cancel;

/// How often tokens, memory and processes are looked at.
const TICK: Duration = Duration::from_millis(20);
/// A subreaper that was asked to clean up and has not ended by then is killed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A started run, as its parent holds it.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) pid: i32,
    pub(super) pidfd: OwnedFd,
    pub(super) control: OwnedFd,
    pub(super) stdout: OwnedFd,
    pub(super) stderr: Option<OwnedFd>,
    /// True when killing the first process kills all others.
    pub(super) dies_as_one: bool,
}

/// What became of it.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) ended: Ended,
    pub(super) output: HeadTail,
    pub(super) apart: Option<(HeadTail, HeadTail)>,
    pub(super) cpu: Duration,
    pub(super) peak_memory: u64,
    pub(super) side: Option<OwnedFd>,
}

/// What the control socket has said so far.
#[derive(Debug, Default)]
struct Said {
    side: Option<OwnedFd>,
    fault: Option<(i32, i32, i32)>,
    exec_errno: Option<i32>,
    status: Option<i32>,
    closed: bool,
}

/// Waits for the end, however it comes.
pub(super) fn supervise(
    started: Started,
    capture: Capture,
    limits: &Limits,
    program: &str,
    cancel: &Cancel,
) -> Result<Outcome, SandboxError> {
    let begin = Instant::now();
    let size = limits.output_bytes;
    let mut output = HeadTail::new(size);
    let mut apart = (capture == Capture::Apart).then(|| (HeadTail::new(size), HeadTail::new(size)));
    let mut streams = Streams::new(started.stdout, started.stderr);
    let mut said = Said::default();
    let mut stopped: Option<(Ended, Instant)> = None;
    let mut peak = 0;
    let mut next_look = begin + TICK;
    while !said.closed {
        let now = Instant::now();
        let wait = next_look.saturating_duration_since(now).min(TICK);
        streams.wait(Some(&started.control), wait, &mut |which, bytes| {
            output.push(bytes);
            if let Some((out, err)) = &mut apart {
                if which == 0 { out.push(bytes) } else { err.push(bytes) }
            }
        });
        listen(&started.control, &mut said);
        let now = Instant::now();
        if now < next_look {
            continue;
        }
        next_look = now + TICK;
        if let Some((_, since)) = stopped {
            if now.duration_since(since) > PATIENCE {
                let _ = sys::kill_pidfd(started.pidfd.as_raw_fd(), libc::SIGKILL);
            }
            continue;
        }
        let usage = tree_usage(started.pid, u64::from(limits.processes));
        peak = peak.max(usage.memory);
        let over = if cancel.is_cancelled() {
            Ended::Cancelled
        } else if begin.elapsed() >= limits.wall {
            Ended::TimedOut
        } else if usage.memory > limits.memory_bytes {
            Ended::OutOfMemory
        } else if usage.processes > u64::from(limits.processes) {
            Ended::TooManyProcesses
        } else {
            continue;
        };
        stopped = Some((over, now));
        stop(started.dies_as_one, &started.pidfd, &started.control);
    }
    let (micros, largest) = sys::wait_pidfd(started.pidfd.as_raw_fd())
        .map_err(|e| SandboxError::os("wait for a run", e))?;
    streams.drain(&mut |which, bytes| {
        output.push(bytes);
        if let Some((out, err)) = &mut apart {
            if which == 0 { out.push(bytes) } else { err.push(bytes) }
        }
    });
    let ended = conclude(&said, stopped.map(|(ended, _)| ended), program)?;
    let cpu = Duration::from_micros(micros);
    Ok(Outcome { ended, output, apart, cpu, peak_memory: peak.max(largest << 10), side: said.side })
}

fn stop(dies_as_one: bool, pidfd: &OwnedFd, control: &OwnedFd) {
    if dies_as_one {
        let _ = sys::kill_pidfd(pidfd.as_raw_fd(), libc::SIGKILL);
    } else {
        let _ = sys::send(control.as_raw_fd(), &[0; 4], None);
    }
}

fn listen(control: &OwnedFd, said: &mut Said) {
    loop {
        match sys::receive(control.as_raw_fd()) {
            Ok(Some(([message::READY, ..], fd))) => {
                said.side = fd.map(sys::own);
            }
            Ok(Some(([message::SETUP_FAILED, step, errno, index], _))) => {
                said.fault = Some((step, errno, index));
            }
            Ok(Some(([message::EXEC_FAILED, errno, ..], _))) => said.exec_errno = Some(errno),
            Ok(Some(([message::FINISHED, status, ..], _))) => said.status = Some(status),
            Ok(Some(_)) | Err(libc::EINTR) => {}
            Err(libc::EAGAIN) => return,
            Ok(None) | Err(_) => {
                said.closed = true;
                return;
            }
        }
    }
}

fn conclude(said: &Said, stopped: Option<Ended>, program: &str) -> Result<Ended, SandboxError> {
    if let Some((number, errno, index)) = said.fault {
        return Err(SandboxError::Setup {
            step: step::text(number),
            number,
            index: usize::try_from(index).unwrap_or(0),
            source: std::io::Error::from_raw_os_error(errno),
        });
    }
    if let Some(errno) = said.exec_errno {
        let program = program.to_owned();
        return Err(match errno {
            libc::ENOENT => SandboxError::NotFound { program },
            errno => SandboxError::NotExecutable {
                program,
                source: std::io::Error::from_raw_os_error(errno),
            },
        });
    }
    Ok(match (stopped, said.status) {
        (Some(ended), _) => ended,
        (None, Some(status)) if libc::WIFSIGNALED(status) => match libc::WTERMSIG(status) {
            libc::SIGXCPU => Ended::TimedOut,
            signal => Ended::Signalled(signal),
        },
        (None, Some(status)) => Ended::Exited(libc::WEXITSTATUS(status)),
        // The first process was killed by somebody else: the kernel, short of memory.
        (None, None) => Ended::OutOfMemory,
    })
}

/// The output pipes that are still open.
struct Streams {
    files: [Option<File>; 2],
    buffer: Vec<u8>,
}

impl Streams {
    fn new(stdout: OwnedFd, stderr: Option<OwnedFd>) -> Self {
        Self { files: [Some(stdout.into()), stderr.map(Into::into)], buffer: vec![0; 64 << 10] }
    }

    /// Waits for output or for `other`, and reads what is there.
    fn wait(
        &mut self,
        other: Option<&OwnedFd>,
        time: Duration,
        sink: &mut dyn FnMut(usize, &[u8]),
    ) {
        let number = |fd: Option<i32>| libc::pollfd {
            fd: fd.unwrap_or(-1),
            events: libc::POLLIN,
            revents: 0,
        };
        let mut waiting = [
            number(self.files[0].as_ref().map(AsRawFd::as_raw_fd)),
            number(self.files[1].as_ref().map(AsRawFd::as_raw_fd)),
            number(other.map(AsRawFd::as_raw_fd)),
        ];
        // Rounded up, or the last millisecond would be spent spinning.
        let millis = i32::try_from(time.as_micros().div_ceil(1000)).unwrap_or(i32::MAX);
        if sys::poll(&mut waiting, millis).is_err() {
            return;
        }
        for (which, polled) in waiting.iter().take(2).enumerate() {
            if polled.revents == 0 {
                continue;
            }
            let Some(file) = &mut self.files[which] else { continue };
            match file.read(&mut self.buffer) {
                Ok(n) if n > 0 => sink(which, &self.buffer[..n]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                _ => self.files[which] = None,
            }
        }
    }

    /// Reads what is left now that every writer is dead, or at least told to be.
    fn drain(&mut self, sink: &mut dyn FnMut(usize, &[u8])) {
        let mut idle = 0;
        while self.files.iter().any(Option::is_some) && idle < 2 {
            let mut read = 0;
            self.wait(None, Duration::ZERO, &mut |which, bytes| {
                read += bytes.len();
                sink(which, bytes);
            });
            idle = if read == 0 { idle + 1 } else { 0 };
        }
    }
}

struct Usage {
    processes: u64,
    memory: u64,
}

/// Processes and threads below `init`, itself not counted, and the memory they hold. Stops counting
/// beyond `enough` processes: a fork bomb is not to be counted to its end.
fn tree_usage(init: i32, enough: u64) -> Usage {
    let mut usage = Usage { processes: 0, memory: 0 };
    let page = sys::page_size();
    let mut todo = vec![init];
    let mut text = String::new();
    while let Some(pid) = todo.pop().filter(|_| usage.processes <= enough) {
        if pid != init {
            text.clear();
            let read = File::open(format!("/proc/{pid}/statm"))
                .and_then(|mut file| file.read_to_string(&mut text));
            let pages = text.split(' ').nth(1).and_then(|t| t.parse::<u64>().ok());
            if let (Ok(_), Some(pages)) = (read, pages) {
                usage.memory += pages * page;
            }
            usage.processes += 1;
        }
        let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else { continue };
        let mut count = 0;
        for thread in threads.flatten() {
            count += 1;
            text.clear();
            let read = File::open(thread.path().join("children"))
                .and_then(|mut file| file.read_to_string(&mut text));
            if read.is_ok() {
                todo.extend(text.split_whitespace().filter_map(|t| t.parse::<i32>().ok()));
            }
        }
        if pid != init {
            usage.processes += u64::saturating_sub(count, 1);
        }
    }
    usage
}
