//! Linux: namespaces and an overlay, made anew for each run.

mod confine;
mod copies;
mod init;
mod launch;
mod namespace;
mod seeds;
mod step;
mod supervise;
mod sys;
mod view;

use std::collections::HashMap;
use std::ffi::{CString, c_int};
use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::sync::Mutex;
use std::thread::JoinHandle;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::job::{Job, Run};
use super::workspace::{Ground, Layer};
use super::{Limits, SandboxError};
use crate::base::Cancel;
use crate::base::fs::PathContext as _;
pub(super) use confine::confine_self;
use confine::{Filter, Sockets};
pub(super) use copies::Copies;
use init::Reaping;
use launch::Command;
use namespace::{Changes, FileChange, Layers, View};
use seeds::Seeds;
pub(super) use sys::close_from;
use view::Kind;

/// User and process at the other end of a Unix socket; no process when it is in another PID namespace
/// that this one does not hold.
///
/// # Errors
/// As the kernel reports them.
pub fn peer(stream: &UnixStream) -> std::io::Result<(u32, Option<u32>)> {
    let (user, pid) = sys::peer(stream.as_raw_fd()).map_err(std::io::Error::from_raw_os_error)?;
    Ok((user, u32::try_from(pid).ok().filter(|pid| *pid > 0)))
}

/// Side files larger than this are not handed back.
const SIDE_FILE_BYTES: u64 = 256 << 20;

/// Runs jobs in namespaces of their own.
#[derive(Debug)]
pub(super) struct Namespaces {
    view: View,
    kinds: Vec<Kind>,
    seeds: Mutex<Seeds>,
    filters: Vec<Filter>,
    /// Whether `kernel.pid_max` belongs to the PID namespace (Linux 6.14).
    own_pid_max: bool,
}

impl Namespaces {
    /// Builds the view and tries it; directories that cannot be covered here and are not needed are
    /// left read-only.
    pub(super) fn open(ground: &Ground) -> Result<(Self, Vec<Layer>), SandboxError> {
        let owner = std::fs::metadata(&ground.root).path("inspect", &ground.root)?;
        // The overlay would have to make files in that name, and only the user's own user and group
        // exist inside.
        let foreign = if owner.uid() != rustix::process::geteuid().as_raw() {
            Some("user")
        } else if owner.gid() != rustix::process::getegid().as_raw() {
            Some("group")
        } else {
            None
        };
        if let Some(foreign) = foreign {
            let reason = format!("the tree belongs to another {foreign}");
            return Err(SandboxError::Unconfined { reason });
        }
        let (mut view, mut kinds) = view::plan(ground)?;
        let mut notes = Vec::new();
        let filters = confine::command_filters(Sockets::Namespaced);
        if let Err(reason) = &filters {
            notes.push(Layer::missing("seccomp", reason.clone()));
        }
        let filters = filters.unwrap_or_default();
        loop {
            let paths: Vec<CString> = view.covers.iter().map(|c| c.path.clone()).collect();
            let seeds = Mutex::new(Seeds::new(ground.scratch.path(), &paths, &kinds));
            let own_pid_max = view::own_pid_max();
            let filters = filters.clone();
            let this = Self { view, kinds, seeds, filters, own_pid_max };
            match this.probe(ground) {
                Ok(()) => return Ok((this, layers(notes))),
                Err(SandboxError::Setup { number, index, source, .. })
                    if matches!(number, step::LOWER | step::OVERLAY)
                        && this.kinds.get(index).is_some_and(|kind| *kind != Kind::Root) =>
                {
                    Self { view, kinds, .. } = this;
                    let dropped = view.covers.remove(index);
                    kinds.remove(index);
                    view.sockets = view::exposed_sockets(&view.covers);
                    let path = dropped.path.to_string_lossy();
                    notes.push(Layer::missing("cover", format!("{path} is read-only: {source}")));
                    if dropped.path.as_bytes() == b"/tmp" {
                        view.plain_tmp = Some(view::parents_in_tmp(&view.covers));
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Builds the view for a program that cannot exist: "not found" is the proof that all else works.
    fn probe(&self, ground: &Ground) -> Result<(), SandboxError> {
        let job = Job::new(["/.slm-probe/none"]);
        match self.run(ground, &job, &Cancel::new()) {
            Err(SandboxError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
            Ok(_) => Err(SandboxError::Unconfined { reason: "the probe ran".to_owned() }),
        }
    }

    pub(super) fn run(
        &self,
        ground: &Ground,
        job: &Job,
        cancel: &Cancel,
    ) -> Result<Run, SandboxError> {
        let begin = Instant::now();
        let kept = if job.keep_caches { Some(self.lock_seeds().new_uppers()?) } else { None };
        let changes =
            self.changes(ground, job, kept.as_ref().map(|kept| kept.uppers.as_slice()))?;
        let started = self.start(ground, job, &changes, None)?;
        let outcome =
            supervise::supervise(started, job.capture, &job.limits, &job.program(), cancel);
        if let Some(kept) = &kept {
            self.lock_seeds().finished(kept, &changes.files, outcome.is_ok());
        }
        let outcome = outcome?;
        let side = outcome.side.as_ref().map(|dir| collect(dir, &job.collect)).unwrap_or_default();
        Ok(finish(outcome, side, begin))
    }

    /// Starts `job` with one end of a socket as its standard input; the other end comes back with
    /// the thread that watches the run until it is over or `cancel` is cancelled.
    pub(super) fn converse(
        &self,
        ground: &Ground,
        job: &Job,
        cancel: &Cancel,
    ) -> Result<(UnixStream, JoinHandle<Result<Run, SandboxError>>), SandboxError> {
        let begin = Instant::now();
        let system = |what| move |source| SandboxError::System { what, source };
        let (near, far) = UnixStream::pair().map_err(system("make a socket pair"))?;
        let changes = self.changes(ground, job, None)?;
        let started = self.start(ground, job, &changes, Some(far.as_raw_fd()))?;
        drop(far);
        let (capture, limits, program) = (job.capture, job.limits.clone(), job.program());
        let cancel = cancel.clone();
        let watch = move || {
            let outcome = supervise::supervise(started, capture, &limits, &program, &cancel)?;
            Ok(finish(outcome, HashMap::new(), begin))
        };
        let watcher = std::thread::Builder::new().name("sandbox-session".to_owned()).spawn(watch);
        Ok((near, watcher.map_err(system("start a thread"))?))
    }

    fn start(
        &self,
        ground: &Ground,
        job: &Job,
        changes: &Changes,
        stdin: Option<c_int>,
    ) -> Result<supervise::Started, SandboxError> {
        let env = ground.environment(
            job,
            &ground.root,
            namespace::HOME,
            namespace::TMPDIR,
            namespace::SIDE,
        );
        let command = Command::new(job, &ground.cwd(job), &env, namespace::SIDE)?;
        let mut pointers = command.pointers();
        launch::start(
            namespace::NAMESPACES,
            Reaping::Namespace,
            job.capture,
            stdin,
            &mut command.exec(&mut pointers, &limits(&job.limits), &self.filters, None),
            &|| namespace::build(&self.view, changes),
        )
    }

    pub(super) fn freeze_caches(&self) -> Result<usize, SandboxError> {
        self.lock_seeds().freeze()
    }

    fn lock_seeds(&self) -> std::sync::MutexGuard<'_, Seeds> {
        self.seeds.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn changes(
        &self,
        ground: &Ground,
        job: &Job,
        kept: Option<&[Option<CString>]>,
    ) -> Result<Changes, SandboxError> {
        let seeds = self.lock_seeds();
        let layers = (0..self.view.covers.len()).map(|index| {
            let disk = kept.and_then(|kept| kept.get(index).cloned().flatten());
            Layers::new(index, seeds.layers(index), disk)
        });
        let layers = layers.collect();
        let mut files = Vec::with_capacity(job.files.len());
        for (path, contents) in &job.files {
            let full = path.to_path(&ground.root);
            let mut parents = Vec::new();
            let mut above = full.parent();
            while let Some(dir) = above.filter(|dir| *dir != ground.root) {
                parents.push(launch::c_path(dir)?);
                above = dir.parent();
            }
            parents.reverse();
            files.push(FileChange {
                mtime: fresh_mtime(&full, &seeds),
                path: launch::c_path(&full)?,
                parents,
                contents: contents.clone(),
            });
        }
        let side = job.side.iter().map(|(name, contents)| {
            let path = launch::c_string(format!("{}/{name}", namespace::SIDE))?;
            Ok((path, contents.clone()))
        });
        let side = side.collect::<Result<_, SandboxError>>()?;
        // Numbers up to 300 are reserved: a lower limit would never find a free one again.
        let pid_max = self
            .own_pid_max
            .then(|| job.limits.processes.saturating_add(2).max(320).to_string().into_bytes());
        Ok(Changes { layers, files, side, pid_max })
    }
}

/// A modification time of now, but in no second in which a cache may have seen the file: Python
/// compares whole seconds and sizes.
fn fresh_mtime(path: &std::path::Path, seeds: &Seeds) -> (i64, i64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut seconds = i64::try_from(now.as_secs()).unwrap_or(0);
    let original = std::fs::metadata(path).ok().map(|meta| meta.mtime());
    while original == Some(seconds) || seeds.has_seen(seconds) {
        seconds += 1;
    }
    (seconds, i64::from(now.subsec_nanos()))
}

/// Resource limits of the command's processes.
fn limits(limits: &Limits) -> Vec<(sys::Resource, u64, u64)> {
    let mut all = vec![
        (libc::RLIMIT_CORE, 0, 0),
        (libc::RLIMIT_FSIZE, limits.file_bytes, limits.file_bytes),
        (libc::RLIMIT_NPROC, u64::from(limits.processes), u64::from(limits.processes)),
    ];
    if let Some(cpu) = limits.cpu {
        let seconds = cpu.as_secs().max(1);
        all.push((libc::RLIMIT_CPU, seconds, seconds + 1));
    }
    all
}

fn collect(dir: &OwnedFd, names: &[String]) -> HashMap<String, Vec<u8>> {
    let mut found = HashMap::new();
    for name in names {
        let Ok(path) = CString::new(name.as_str()) else { continue };
        let flags = libc::O_RDONLY | libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let Ok(fd) = sys::open_at(dir.as_raw_fd(), &path, flags) else { continue };
        let file = File::from(sys::own(fd));
        if !file.metadata().is_ok_and(|meta| meta.is_file()) {
            continue;
        }
        let mut bytes = Vec::new();
        if file.take(SIDE_FILE_BYTES).read_to_end(&mut bytes).is_ok() {
            found.insert(name.clone(), bytes);
        }
    }
    found
}

fn finish(outcome: supervise::Outcome, side: HashMap<String, Vec<u8>>, begin: Instant) -> Run {
    let truncated = outcome.output.truncated();
    let (stdout, stderr) =
        outcome.apart.map_or_else(Default::default, |(out, err)| (out.finish(), err.finish()));
    Run {
        ended: outcome.ended,
        output: outcome.output.finish(),
        stdout,
        stderr,
        truncated,
        elapsed: begin.elapsed(),
        cpu: outcome.cpu,
        peak_memory: outcome.peak_memory,
        side,
    }
}

fn layers(notes: Vec<Layer>) -> Vec<Layer> {
    let mut layers = vec![
        Layer::held("user namespace", "no rights over anything outside"),
        Layer::held("overlay", "the tree at its own path, writes go to memory and vanish"),
        Layer::held("read-only system", "secrets, sockets and devices out of sight"),
        Layer::held("PID namespace", "nothing survives the run"),
        Layer::held("network namespace", "a private loopback and nothing else"),
    ];
    if !notes.iter().any(|note| note.name == "seccomp") {
        layers.push(Layer::held("seccomp", "no mounts, no namespaces, no keys, no raw sockets"));
    }
    layers.extend(notes);
    layers
}
