//! macOS: runs in a copy under a seatbelt profile.
//!
//! Weaker than Linux: a process that leaves its session can outlive the run (still confined), and
//! memory is not watched. Written after the documentation of sandbox-exec(1), and not yet tested on
//! a Mac.
#![allow(unsafe_code, reason = "limits between fork and exec, wait4, and signals to a group")]

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, Read as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::job::{Capture, Ended, Job, Limits, Run};
use super::moves::{self, Moves};
use super::output::HeadTail;
use super::slots::{Slot, Slots};
use super::workspace::{self, Ground, Layer};
use super::{SandboxError, secrets};
use crate::base::Cancel;

const SANDBOX_EXEC: &str = "/usr/bin/sandbox-exec";
const TICK: Duration = Duration::from_millis(5);
/// Side files larger than this are not handed back.
const SIDE_FILE_BYTES: u64 = 256 << 20;

/// Runs jobs in copies under seatbelt.
#[derive(Debug)]
pub(super) struct Seatbelt {
    slots: Slots,
    hidden: Vec<PathBuf>,
    confined: bool,
}

impl Seatbelt {
    /// Checks that sandbox-exec is there.
    ///
    /// # Errors
    /// [`SandboxError::Unconfined`] when it is not and `allow_unconfined` is not set.
    pub(super) fn open(
        ground: &Ground,
        allow_unconfined: bool,
    ) -> Result<(Self, Vec<Layer>), SandboxError> {
        let confined = Path::new(SANDBOX_EXEC).is_file();
        if !confined && !allow_unconfined {
            return Err(SandboxError::Unconfined { reason: format!("no {SANDBOX_EXEC}") });
        }
        let seatbelt = if confined {
            Layer::held("seatbelt", "no network, writes only to the copy, secrets unreadable")
        } else {
            Layer::missing("seatbelt", format!("no {SANDBOX_EXEC}"))
        };
        let copy = Layer::held("copy", "the tree is copied, its absolute paths rewritten");
        let slots = Slots::new(&ground.root, ground.scratch.path());
        Ok((Self { slots, hidden: secrets::existing(ground), confined }, vec![copy, seatbelt]))
    }

    pub(super) fn run(
        &self,
        ground: &Ground,
        job: &Job,
        cancel: &Cancel,
    ) -> Result<Run, SandboxError> {
        let begin = Instant::now();
        let slot = self.slots.acquire(job)?;
        let run = self.run_in(&slot, ground, job, cancel, begin);
        self.slots.release(slot, job.keep_caches && run.is_ok())?;
        run
    }

    pub(super) fn freeze_caches(&self) -> Result<usize, SandboxError> {
        self.slots.freeze()
    }

    fn run_in(
        &self,
        slot: &Slot,
        ground: &Ground,
        job: &Job,
        cancel: &Cancel,
        begin: Instant,
    ) -> Result<Run, SandboxError> {
        let moves = Moves::new(ground, slot);
        let (env, argv) = moves::inside(&moves, ground, slot, job);
        let side = slot.side().to_string_lossy().into_owned();
        let argv: Vec<OsString> = argv.iter().map(|arg| workspace::expand(arg, &side)).collect();
        let cwd = workspace::cwd(&slot.tree(), job);
        let program = find_program(&argv, &env, &cwd)
            .ok_or_else(|| SandboxError::NotFound { program: job.program() })?;
        let mut command = if self.confined {
            let mut command = new_command(Path::new(SANDBOX_EXEC));
            command.arg("-p").arg(self.profile(slot)).arg(program);
            command
        } else {
            new_command(&program)
        };
        command.args(&argv[1..]).env_clear().envs(env).current_dir(cwd);
        let run = supervise(command, job, cancel, begin)?;
        Ok(moves::outside(&moves, Run { side: collect(slot, job), ..run }))
    }

    /// A profile in the language of sandbox-exec: later rules win.
    fn profile(&self, slot: &Slot) -> String {
        let mut text = String::from(
            "(version 1)\n(allow default)\n(deny network*)\n(deny file-write*)\n\
             (allow file-write* (literal \"/dev/null\") (literal \"/dev/zero\") \
             (literal \"/dev/tty\") (regex #\"^/dev/(tty|pty|fd/)\"))\n",
        );
        // Writing to a String cannot fail.
        let _ = writeln!(text, "(allow file-write* (subpath {}))", quote(&real(slot.dir())));
        for path in &self.hidden {
            let _ = writeln!(text, "(deny file-read* (subpath {}))", quote(path));
        }
        text
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the sandbox")]
fn new_command(program: &Path) -> Command {
    Command::new(program)
}

/// Seatbelt compares real paths, and /tmp is a link.
fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn quote(path: &Path) -> String {
    format!("\"{}\"", path.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\""))
}

fn find_program(argv: &[OsString], env: &[(OsString, OsString)], cwd: &Path) -> Option<PathBuf> {
    let program = Path::new(argv.first()?);
    if program.components().count() > 1 {
        return Some(cwd.join(program)).filter(|path| path.is_file());
    }
    let path = env.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value)?;
    std::env::split_paths(path).map(|dir| cwd.join(dir).join(program)).find(|p| p.is_file())
}

fn supervise(
    mut command: Command,
    job: &Job,
    cancel: &Cancel,
    begin: Instant,
) -> Result<Run, SandboxError> {
    let system = |what| move |source| SandboxError::System { what, source };
    let (reader, writer) = io::pipe().map_err(system("make a pipe"))?;
    let second = match job.capture {
        Capture::Together => None,
        Capture::Apart => Some(io::pipe().map_err(system("make a pipe"))?),
    };
    let far = match &second {
        None => writer.try_clone(),
        Some((_, far)) => far.try_clone(),
    };
    command
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(far.map_err(system("make a pipe"))?)
        .process_group(0);
    let limits = resource_limits(&job.limits);
    // SAFETY: setrlimit is a bare system call, and the array was made before the fork.
    unsafe { command.pre_exec(move || limits.iter().try_for_each(set_limit)) };
    let child = command
        .spawn()
        .map_err(|source| SandboxError::NotExecutable { program: job.program(), source })?;
    // The command holds copies of our ends of the pipes.
    drop(command);
    let size = job.limits.output_bytes;
    let kept = || Arc::new(Mutex::new(HeadTail::new(size)));
    let (all, out, err) = (kept(), kept(), kept());
    let mut drains = Vec::new();
    match second {
        None => drains.push(drain(reader, vec![Arc::clone(&all)])),
        Some((errors, far)) => {
            drop(far);
            drains.push(drain(reader, vec![Arc::clone(&all), Arc::clone(&out)]));
            drains.push(drain(errors, vec![Arc::clone(&all), Arc::clone(&err)]));
        }
    }
    let pid = child.id() as libc::pid_t;
    let (ended, cpu, peak_memory) = wait(pid, &job.limits, cancel, begin)?;
    // Whatever the command left in its group still holds the pipes.
    // SAFETY: no memory involved.
    unsafe { libc::kill(-pid, libc::SIGKILL) };
    let patience = Instant::now() + Duration::from_secs(1);
    while drains.iter().any(|drain| !drain.is_finished()) && Instant::now() < patience {
        std::thread::sleep(TICK);
    }
    let take = |kept: &Mutex<HeadTail>| {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *kept, HeadTail::new(2))
    };
    let output = take(&all);
    let truncated = output.truncated();
    Ok(Run {
        ended,
        output: output.finish(),
        stdout: take(&out).finish(),
        stderr: take(&err).finish(),
        truncated,
        elapsed: begin.elapsed(),
        cpu,
        peak_memory,
        side: HashMap::new(),
    })
}

fn drain(
    mut reader: io::PipeReader,
    sinks: Vec<Arc<Mutex<HeadTail>>>,
) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(n @ 1..) = reader.read(&mut buffer) {
            for sink in &sinks {
                sink.lock().unwrap_or_else(PoisonError::into_inner).push(&buffer[..n]);
            }
        }
    })
}

/// Waits for the process; gives how it ended, its processor time, and its peak memory in bytes.
fn wait(
    pid: libc::pid_t,
    limits: &Limits,
    cancel: &Cancel,
    begin: Instant,
) -> Result<(Ended, Duration, u64), SandboxError> {
    let mut stopped = None;
    loop {
        let mut status = 0;
        // SAFETY: a zeroed rusage is a valid value, and both places live through the call.
        let (done, usage) = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            (libc::wait4(pid, &mut status, libc::WNOHANG, &mut usage), usage)
        };
        if done == pid {
            let time = |t: libc::timeval| {
                Duration::from_secs(t.tv_sec as u64) + Duration::from_micros(t.tv_usec as u64)
            };
            let ended = match stopped {
                Some(ended) => ended,
                None if !libc::WIFSIGNALED(status) => Ended::Exited(libc::WEXITSTATUS(status)),
                None if libc::WTERMSIG(status) == libc::SIGXCPU => Ended::TimedOut,
                None => Ended::Signalled(libc::WTERMSIG(status)),
            };
            let cpu = time(usage.ru_utime) + time(usage.ru_stime);
            // Bytes on macOS, by getrusage(2).
            return Ok((ended, cpu, usage.ru_maxrss as u64));
        }
        if done < 0 && io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            let source = io::Error::last_os_error();
            return Err(SandboxError::System { what: "wait for a run", source });
        }
        let over = if cancel.is_cancelled() {
            Some(Ended::Cancelled)
        } else {
            (begin.elapsed() >= limits.wall).then_some(Ended::TimedOut)
        };
        if let (None, Some(ended)) = (stopped, over) {
            stopped = Some(ended);
            // SAFETY: no memory involved.
            unsafe { libc::kill(-pid, libc::SIGKILL) };
        }
        std::thread::sleep(TICK);
    }
}

/// Resource, soft limit, hard limit.
type ResourceLimit = (libc::c_int, u64, u64);

fn resource_limits(limits: &Limits) -> Vec<ResourceLimit> {
    let mut all =
        vec![(libc::RLIMIT_CORE, 0, 0), (libc::RLIMIT_FSIZE, limits.file_bytes, limits.file_bytes)];
    if let Some(cpu) = limits.cpu {
        let seconds = cpu.as_secs().max(1);
        all.push((libc::RLIMIT_CPU, seconds, seconds + 1));
    }
    all
}

fn set_limit(&(resource, soft, hard): &ResourceLimit) -> io::Result<()> {
    let wanted = libc::rlimit { rlim_cur: soft, rlim_max: hard };
    // SAFETY: `wanted` is a valid value.
    match unsafe { libc::setrlimit(resource, &wanted) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn collect(slot: &Slot, job: &Job) -> HashMap<String, Vec<u8>> {
    let mut found = HashMap::new();
    for name in &job.collect {
        let path = slot.side().join(name);
        // Nothing of the run is left that could put a link in its place.
        let plain = std::fs::symlink_metadata(&path)
            .is_ok_and(|meta| meta.is_file() && meta.len() <= SIDE_FILE_BYTES);
        if let (true, Ok(bytes)) = (plain, crate::base::fs::read(&path)) {
            found.insert(name.clone(), bytes);
        }
    }
    found
}
