//! Runs in real copies under Landlock and seccomp, where the kernel gives no namespaces to ordinary
//! users.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::super::job::{Job, Run};
use super::super::moves::{self, Moves};
use super::super::slots::{Slot, Slots};
use super::super::workspace::{self, Ground, Layer};
use super::super::{SandboxError, secrets};
use super::confine::{self, Filter, Sockets};
use super::init::Reaping;
use super::launch::{self, Command};
use super::{limits, supervise};
use crate::base::Cancel;

/// What a command may write to besides its slot.
const WRITABLE: &[&str] = &[
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/tty",
    "/dev/ptmx",
    "/dev/pts",
    "/dev/shm",
    "/dev/random",
    "/dev/urandom",
];

/// Runs jobs in copies.
#[derive(Debug)]
pub(in super::super) struct Copies {
    slots: Slots,
    readable: Vec<PathBuf>,
    filters: Vec<Filter>,
    landlock: bool,
}

impl Copies {
    /// Checks that Landlock and seccomp work here.
    ///
    /// # Errors
    /// [`SandboxError::Unconfined`] when they do not and `allow_unconfined` is not set.
    pub(in super::super) fn open(
        ground: &Ground,
        allow_unconfined: bool,
    ) -> Result<(Self, Vec<Layer>), SandboxError> {
        let mut layers =
            vec![Layer::held("copy", "the tree is copied, its absolute paths rewritten")];
        let filters = confine::command_filters(Sockets::None);
        layers.push(match &filters {
            Ok(_) => Layer::held("seccomp", "no sockets, no mounts, no keys"),
            Err(reason) => Layer::missing("seccomp", reason.clone()),
        });
        let landlock = confine::ruleset(&[], &[]).map(|ruleset| ruleset.is_some());
        layers.push(match &landlock {
            Ok(true) => Layer::held("landlock", "writes only to the copy, secrets unreadable"),
            Ok(false) => Layer::missing("landlock", "the kernel has none"),
            Err(error) => Layer::missing("landlock", error.to_string()),
        });
        layers.push(Layer::missing("PID namespace", "left-over processes are hunted down instead"));
        let missing = layers[1..3].iter().find(|layer| !layer.holds);
        if let Some(layer) = missing.filter(|_| !allow_unconfined) {
            let reason = format!("{}: {}", layer.name, layer.detail);
            return Err(SandboxError::Unconfined { reason });
        }
        let mut readable = Vec::new();
        let mut hidden = secrets::existing(ground);
        hidden.push(ground.scratch.path().to_owned());
        allow(Path::new("/"), &hidden, &mut readable);
        let this = Self {
            slots: Slots::new(&ground.root, ground.scratch.path()),
            readable,
            filters: filters.unwrap_or_default(),
            landlock: matches!(landlock, Ok(true)),
        };
        match this.run(ground, &Job::new(["/.slm-probe/none"]), &Cancel::new()) {
            Err(SandboxError::NotFound { .. }) => Ok((this, layers)),
            Err(error) => Err(error),
            Ok(_) => Err(SandboxError::Unconfined { reason: "the probe ran".to_owned() }),
        }
    }

    pub(in super::super) fn run(
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

    pub(in super::super) fn freeze_caches(&self) -> Result<usize, SandboxError> {
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
        let moved = Job { argv, ..job.clone() };
        let side = slot.side().to_string_lossy().into_owned();
        let cwd = workspace::cwd(&slot.tree(), job);
        let command = Command::new(&moved, &cwd, &env, &side)?;
        let ruleset = if self.landlock {
            let mut writable: Vec<PathBuf> = WRITABLE.iter().map(PathBuf::from).collect();
            writable.push(slot.dir().to_owned());
            confine::ruleset(&self.readable, &writable)
                .map_err(|e| SandboxError::Unconfined { reason: format!("landlock: {e}") })?
        } else {
            None
        };
        let mut limits = limits(&job.limits);
        // Here the kernel counts all processes of the user, which may be all there are.
        for (_, soft, hard) in limits.iter_mut().filter(|(kind, ..)| *kind == libc::RLIMIT_NPROC) {
            *soft += all_processes();
            *hard = *soft;
        }
        let mut pointers = command.pointers();
        // Descriptors are closed on the way: this one is found again by its number.
        let landlock = ruleset.as_ref().map(std::os::fd::AsRawFd::as_raw_fd);
        let mut exec = command.exec(&mut pointers, &limits, &self.filters, landlock);
        let started =
            launch::start(0, Reaping::Subreaper, job.capture, None, &mut exec, &|| Ok(()))?;
        let outcome =
            supervise::supervise(started, job.capture, &job.limits, &job.program(), cancel)?;
        let run = super::finish(outcome, collect(slot, job), begin);
        Ok(moves::outside(&moves, run))
    }
}

/// Processes and threads on this machine: the number after the slash in /proc/loadavg.
fn all_processes() -> u64 {
    let text = crate::base::fs::read_text(Path::new("/proc/loadavg")).unwrap_or_default();
    let total = text.split('/').nth(1).and_then(|rest| rest.split(' ').next());
    total.and_then(|total| total.parse().ok()).unwrap_or(4096)
}

fn collect(slot: &Slot, job: &Job) -> HashMap<String, Vec<u8>> {
    let Ok(dir) = File::open(slot.side()) else { return HashMap::new() };
    super::collect(&dir.into(), &job.collect)
}

/// Everything below `dir` that holds nothing hidden.
fn allow(dir: &Path, hidden: &[PathBuf], allowed: &mut Vec<PathBuf>) {
    if hidden.iter().any(|path| path == dir) {
        return;
    }
    if !hidden.iter().any(|path| path.starts_with(dir)) {
        allowed.push(dir.to_owned());
        return;
    }
    for found in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        // A link is as allowed as what it leads to.
        if found.file_type().is_ok_and(|kind| !kind.is_symlink()) {
            allow(&found.path(), hidden, allowed);
        }
    }
}
