//! One user tree and the commands that run on views of it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::job::{Job, Run};
use super::scratch::{self, Scratch};
use super::{SandboxError, Session, environment, secrets};
use crate::base::Cancel;
use crate::base::fs::{PathContext as _, create_dir_all};

/// Stands for the side directory in the arguments and variables of a [`Job`]; replaced by its path.
pub const SIDE_PLACEHOLDER: &str = "@SLM_SIDE@";

/// What a workspace needs to know about its surroundings.
#[derive(Clone, Debug)]
pub struct Options {
    /// The variables the allow-list chooses from.
    pub environment: Vec<(OsString, OsString)>,
    /// Names of further variables to pass on, by the user's own configuration; `*` at the end stands
    /// for any ending.
    pub allow_env: Vec<String>,
    /// The user's real home: toolchains below it stay usable, secrets below it are hidden.
    pub home: Option<PathBuf>,
    /// Further directories that no command may see, such as one of sockets.
    pub hidden: Vec<PathBuf>,
    /// Where scratch data goes; a private directory is made in it.
    pub scratch: PathBuf,
    /// What one run may write in all, in bytes.
    pub scratch_bytes: u64,
    /// Use this mode or fail; for tests and for `slm doctor`.
    pub force: Option<Mode>,
    /// Run commands even where nothing confines them (`--no-sandbox`).
    pub allow_unconfined: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self::from_process()
    }
}

impl Options {
    /// The options that this process's own environment implies.
    pub fn from_process() -> Self {
        Self {
            environment: std::env::vars_os().collect(),
            allow_env: Vec::new(),
            home: std::env::home_dir().filter(|home| home.is_absolute()),
            hidden: Vec::new(),
            scratch: std::env::temp_dir(),
            scratch_bytes: scratch_bytes(),
            force: None,
            allow_unconfined: false,
        }
    }
}

/// The ways to give a command a scratch view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Linux namespaces and an overlay at the tree's own path.
    Namespaces,
    /// A real copy under Landlock and seccomp, or seatbelt.
    Slots,
}

impl Mode {
    /// The name shown to people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::Slots => "copy",
        }
    }
}

/// What stands between a command and the machine.
#[derive(Clone, Debug)]
pub struct Isolation {
    pub mode: Mode,
    pub layers: Vec<Layer>,
}

impl Isolation {
    /// True when a layer of this name holds.
    pub fn holds(&self, name: &str) -> bool {
        self.layers.iter().any(|layer| layer.name == name && layer.holds)
    }
}

/// One layer of isolation.
#[derive(Clone, Debug)]
pub struct Layer {
    pub name: &'static str,
    pub holds: bool,
    /// What it buys, or why it does not hold.
    pub detail: String,
}

impl Layer {
    pub(super) fn held(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, holds: true, detail: detail.into() }
    }

    pub(super) fn missing(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, holds: false, detail: detail.into() }
    }
}

/// A scratch view of one user tree, for use by many threads at once.
#[derive(Debug)]
pub struct Workspace {
    ground: Ground,
    isolation: Isolation,
    backend: Backend,
}

#[derive(Debug)]
enum Backend {
    #[cfg(target_os = "linux")]
    Namespaces(Box<super::linux::Namespaces>),
    #[cfg(target_os = "linux")]
    Copies(Box<super::linux::Copies>),
    #[cfg(target_os = "macos")]
    Seatbelt(Box<super::seatbelt::Seatbelt>),
}

/// What every backend stands on.
#[derive(Debug)]
pub(super) struct Ground {
    /// Absolute, without symbolic links.
    pub(super) root: PathBuf,
    /// The root as the caller named it.
    pub(super) given: PathBuf,
    pub(super) home: Option<PathBuf>,
    /// Removed when the workspace is dropped.
    pub(super) scratch: Scratch,
    #[cfg_attr(
        not(target_os = "linux"),
        expect(dead_code, reason = "needs a file system of its own")
    )]
    pub(super) scratch_bytes: u64,
    /// The allow-listed environment, `HOME` and its kin not yet in it.
    pub(super) env: Vec<(OsString, OsString)>,
    /// Directories outside the tree that builds write to, by a tool's own configuration.
    pub(super) build_dirs: Vec<PathBuf>,
    /// Places of secrets that the user's own variables or the caller name.
    pub(super) moved_secrets: Vec<PathBuf>,
}

impl Workspace {
    /// Chooses the strongest isolation that works here for the tree at `root`, by trying it.
    ///
    /// # Errors
    /// [`SandboxError::Root`] for a directory that is no project (the file system's root, a home);
    /// [`SandboxError::Unconfined`] when no isolation works, with the reason for each.
    pub fn open(root: &Path, options: &Options) -> Result<Self, SandboxError> {
        let ground = Ground::new(root, options)?;
        let mut reasons = Vec::new();
        #[cfg(target_os = "linux")]
        if options.force.is_none_or(|mode| mode == Mode::Namespaces) {
            match super::linux::Namespaces::open(&ground) {
                Ok((namespaces, layers)) => {
                    let isolation = Isolation { mode: Mode::Namespaces, layers };
                    return Ok(Self {
                        ground,
                        isolation,
                        backend: Backend::Namespaces(Box::new(namespaces)),
                    });
                }
                Err(error) => reasons.push(format!("namespaces: {error}")),
            }
        }
        #[cfg(target_os = "linux")]
        if options.force.is_none_or(|mode| mode == Mode::Slots) {
            match super::linux::Copies::open(&ground, options.allow_unconfined) {
                Ok((copies, mut layers)) => {
                    layers.extend(reasons.into_iter().map(|r| Layer::missing("namespaces", r)));
                    let isolation = Isolation { mode: Mode::Slots, layers };
                    return Ok(Self {
                        ground,
                        isolation,
                        backend: Backend::Copies(Box::new(copies)),
                    });
                }
                Err(error) => reasons.push(format!("copy: {error}")),
            }
        }
        #[cfg(target_os = "macos")]
        match super::seatbelt::Seatbelt::open(&ground, options.allow_unconfined) {
            Ok((seatbelt, layers)) => {
                let isolation = Isolation { mode: Mode::Slots, layers };
                return Ok(Self {
                    ground,
                    isolation,
                    backend: Backend::Seatbelt(Box::new(seatbelt)),
                });
            }
            Err(error) => reasons.push(error.to_string()),
        }
        Err(SandboxError::Unconfined { reason: reasons.join("; ") })
    }

    /// The tree's root: absolute, without symbolic links. Inside, the tree is seen at this path.
    pub fn root(&self) -> &Path {
        &self.ground.root
    }

    /// Which layers hold.
    pub fn isolation(&self) -> &Isolation {
        &self.isolation
    }

    /// Runs one job and waits until nothing of it is left. May be called from many threads.
    ///
    /// # Errors
    /// When the command did not run; a failing, hanging or killed command is a [`Run`].
    pub fn run(&self, job: &Job, cancel: &Cancel) -> Result<Run, SandboxError> {
        check(job)?;
        match &self.backend {
            #[cfg(target_os = "linux")]
            Backend::Namespaces(namespaces) => namespaces.run(&self.ground, job, cancel),
            #[cfg(target_os = "linux")]
            Backend::Copies(copies) => copies.run(&self.ground, job, cancel),
            #[cfg(target_os = "macos")]
            Backend::Seatbelt(seatbelt) => seatbelt.run(&self.ground, job, cancel),
        }
    }

    /// Starts one job that is talked to through a socket on its standard input.
    ///
    /// Only where a run has a PID namespace and a file system of its own: `None` elsewhere, and
    /// the caller does with [`Workspace::run`].
    ///
    /// # Errors
    /// When the command did not start.
    #[cfg_attr(not(target_os = "linux"), expect(unused_variables, reason = "no namespaces"))]
    pub fn converse(&self, job: &Job, cancel: &Cancel) -> Result<Option<Session>, SandboxError> {
        check(job)?;
        match &self.backend {
            #[cfg(target_os = "linux")]
            Backend::Namespaces(namespaces) => {
                let cancel = cancel.child(None);
                let (stream, watcher) = namespaces.converse(&self.ground, job, &cancel)?;
                Ok(Some(Session::new(stream, cancel, watcher)))
            }
            #[cfg(target_os = "linux")]
            Backend::Copies(_) => Ok(None),
            #[cfg(target_os = "macos")]
            Backend::Seatbelt(_) => Ok(None),
        }
    }

    /// Freezes the build caches that the latest job with [`Job::keep_caches`] left: later jobs find
    /// them as they are now, each in its own copy-on-write view. Gives the number of cache
    /// directories.
    ///
    /// # Errors
    /// When scratch data cannot be read or removed.
    pub fn freeze_caches(&self) -> Result<usize, SandboxError> {
        match &self.backend {
            #[cfg(target_os = "linux")]
            Backend::Namespaces(namespaces) => namespaces.freeze_caches(),
            #[cfg(target_os = "linux")]
            Backend::Copies(copies) => copies.freeze_caches(),
            #[cfg(target_os = "macos")]
            Backend::Seatbelt(seatbelt) => seatbelt.freeze_caches(),
        }
    }
}

/// Refuses a job that makes no sense.
fn check(job: &Job) -> Result<(), SandboxError> {
    if job.argv.is_empty() {
        return Err(SandboxError::Job("no program was given".to_owned()));
    }
    let normal = |part| matches!(part, std::path::Component::Normal(_));
    if !job.cwd.components().all(normal) {
        let cwd = job.cwd.display();
        return Err(SandboxError::Job(format!("{cwd} is no directory below the root")));
    }
    let plain = |name: &str| !name.is_empty() && !name.contains('/') && !name.starts_with('.');
    let names = job.side.iter().map(|(name, _)| name).chain(&job.collect);
    if let Some(bad) = names.into_iter().find(|name| !plain(name)) {
        return Err(SandboxError::Job(format!("{bad:?} is no plain file name")));
    }
    Ok(())
}

impl Ground {
    fn new(root: &Path, options: &Options) -> Result<Self, SandboxError> {
        let refuse =
            |reason: &str| SandboxError::Root { path: root.to_owned(), reason: reason.to_owned() };
        let real = std::fs::canonicalize(root).path("open", root)?;
        if !real.is_dir() {
            return Err(refuse("it is not a directory"));
        }
        let home = options.home.as_ref().and_then(|home| std::fs::canonicalize(home).ok());
        if real.parent().is_none() {
            return Err(refuse("it is the root of the file system"));
        }
        if home.as_ref().is_some_and(|home| home.starts_with(&real)) {
            return Err(refuse("it is your home directory, or holds it; go to a project below"));
        }
        let shared = ["/tmp", "/var/tmp", "/var", "/usr", "/etc", "/dev", "/proc", "/sys", "/run"];
        if shared.iter().any(|dir| real == Path::new(dir)) || real.starts_with("/proc") {
            return Err(refuse("it is a directory of the system; go to a project below"));
        }
        scratch::remove_abandoned(&options.scratch);
        let scratch = Scratch::new(&options.scratch)?;
        let mut env = environment::allowed(&options.environment, home.as_deref());
        environment::add_named(&mut env, &options.environment, &options.allow_env);
        environment::drop_missing_caches(&mut env, &real);
        let cache = scratch.path().join("cache");
        create_dir_all(&cache)?;
        environment::set(&mut env, OsStr::new("XDG_CACHE_HOME"), cache.as_os_str());
        if !env.iter().any(|(name, _)| name == "GOCACHE") {
            env.push(("GOCACHE".into(), cache.join("go-build").into_os_string()));
        }
        let mut build_dirs = Vec::new();
        for (variable, dir) in environment::cargo_build_dirs(&env) {
            if dir.is_dir() {
                build_dirs.push(dir);
            } else {
                env.push((variable.into(), cache.join(variable).into_os_string()));
            }
        }
        let scratch_bytes = options.scratch_bytes;
        Ok(Self {
            root: real,
            given: root.to_owned(),
            home,
            scratch,
            scratch_bytes,
            env,
            build_dirs,
            moved_secrets: [secrets::moved(&options.environment), options.hidden.clone()].concat(),
        })
    }

    /// A directory below the scratch directory that jobs may fill with caches.
    pub(super) fn cache(&self) -> PathBuf {
        self.scratch.path().join("cache")
    }

    /// Where `job` starts.
    #[cfg(target_os = "linux")]
    pub(super) fn cwd(&self, job: &Job) -> PathBuf {
        cwd(&self.root, job)
    }

    /// The full environment of `job`.
    pub(super) fn environment(
        &self,
        job: &Job,
        root: &Path,
        home: &str,
        tmp: &str,
        side: &str,
    ) -> Vec<(OsString, OsString)> {
        let mut env = self.env.clone();
        for (name, value) in
            [("HOME", home), ("TMPDIR", tmp), ("TMP", tmp), ("TEMP", tmp), ("SLM_SIDE", side)]
        {
            environment::set(&mut env, OsStr::new(name), OsStr::new(value));
        }
        environment::set(&mut env, OsStr::new("PWD"), cwd(root, job).as_os_str());
        for (name, value) in &job.env {
            environment::set(&mut env, name, &expand(value, side));
        }
        env
    }
}

/// A quarter of the machine's memory, between 1 and 8 GiB: what a run writes is held there.
fn scratch_bytes() -> u64 {
    #[cfg(target_os = "linux")]
    let total = {
        let info = rustix::system::sysinfo();
        info.totalram as u64 * u64::from(info.mem_unit)
    };
    #[cfg(not(target_os = "linux"))]
    let total = 0;
    (total / 4).clamp(1 << 30, 8 << 30)
}

/// The working directory below `root`; joining an empty path would add a slash.
pub(super) fn cwd(root: &Path, job: &Job) -> PathBuf {
    if job.cwd.as_os_str().is_empty() { root.to_owned() } else { root.join(&job.cwd) }
}

/// Replaces [`SIDE_PLACEHOLDER`] by the side directory's path.
pub(super) fn expand(text: &OsStr, side: &str) -> OsString {
    match text.to_str() {
        Some(plain) if plain.contains(SIDE_PLACEHOLDER) => {
            plain.replace(SIDE_PLACEHOLDER, side).into()
        }
        _ => text.to_owned(),
    }
}
