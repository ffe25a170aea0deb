//! From a job to a started process: everything prepared, then one fork.
#![allow(unsafe_code, reason = "forks")]

use std::ffi::{CString, OsStr, OsString, c_int};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::super::job::{Capture, Job};
use super::super::{SandboxError, workspace};
use super::init::{self, Exec, Extra, Fault, Reaping};
use super::supervise::Started;
use super::{step, sys};

/// The texts of one command, in the form that `execve` takes.
#[derive(Debug)]
pub(super) struct Command {
    programs: Vec<CString>,
    argv: Vec<CString>,
    envp: Vec<CString>,
    cwd: CString,
}

/// Owns the pointer arrays that an [`Exec`] borrows.
pub(super) struct Pointers {
    argv: Vec<*const libc::c_char>,
    shell_argv: Vec<*const libc::c_char>,
    envp: Vec<*const libc::c_char>,
}

impl Command {
    pub(super) fn new(
        job: &Job,
        cwd: &Path,
        env: &[(OsString, OsString)],
        side: &str,
    ) -> Result<Self, SandboxError> {
        let argv = job.argv.iter().map(|arg| c_text(&workspace::expand(arg, side)));
        let argv: Vec<CString> = argv.collect::<Result<_, _>>()?;
        let envp = env
            .iter()
            .map(|(name, value)| c_string([name.as_bytes(), b"=", value.as_bytes()].concat()));
        let envp = envp.collect::<Result<_, _>>()?;
        let path = env.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.as_os_str());
        let programs = match argv.first() {
            Some(program) if program.as_bytes().contains(&b'/') => vec![program.clone()],
            Some(program) => std::env::split_paths(path.unwrap_or_default())
                .map(|dir| c_path(&cwd.join(dir).join(OsStr::from_bytes(program.as_bytes()))))
                .collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        Ok(Self { programs, argv, envp, cwd: c_path(cwd)? })
    }

    /// The arrays `execve` needs.
    pub(super) fn pointers(&self) -> Pointers {
        let end = std::iter::once(std::ptr::null());
        let argv = || self.argv.iter().map(|text| text.as_ptr());
        let shell = [c"sh".as_ptr(), std::ptr::null()].into_iter();
        Pointers {
            argv: argv().chain(end.clone()).collect(),
            shell_argv: shell.chain(argv().skip(1)).chain(end.clone()).collect(),
            envp: self.envp.iter().map(|text| text.as_ptr()).chain(end).collect(),
        }
    }

    pub(super) fn exec<'a>(
        &'a self,
        pointers: &'a mut Pointers,
        limits: &'a [(sys::Resource, u64, u64)],
        filters: &'a [super::confine::Filter],
        landlock: Option<c_int>,
    ) -> Exec<'a> {
        Exec {
            programs: &self.programs,
            argv: &pointers.argv,
            shell_argv: &mut pointers.shell_argv,
            envp: &pointers.envp,
            cwd: &self.cwd,
            limits,
            filters,
            landlock,
        }
    }
}

/// Forks the first process of a run, which builds its view with `build` and serves `exec`.
pub(super) fn start(
    namespaces: c_int,
    reaping: Reaping,
    capture: Capture,
    stdin: Option<c_int>,
    exec: &mut Exec<'_>,
    build: &dyn Fn() -> Result<(), Fault>,
) -> Result<Started, SandboxError> {
    let os = |what| move |errno| SandboxError::os(what, errno);
    let (control, far_control) = sys::socket_pair().map_err(os("make a socket pair"))?;
    let (stdout, far_stdout) = sys::pipe().map_err(os("make a pipe"))?;
    let apart = match capture {
        Capture::Together => None,
        Capture::Apart => Some(sys::pipe().map_err(os("make a pipe"))?),
    };
    let far_stderr = apart.as_ref().map_or(&far_stdout, |(_, far)| far).as_raw_fd();
    let mut pidfd = -1;
    // A handler of ours must not run in the child, so no signal may arrive before it resets them.
    let mask = sys::block_signals();
    // SAFETY: the child only calls what is safe after fork: see `sys`.
    let pid = match unsafe { sys::clone_process(namespaces, &mut pidfd) } {
        Ok(0) => child(&far_control, &far_stdout, far_stderr, stdin, reaping, exec, build),
        result => result,
    };
    sys::set_mask(&mask);
    let pid = pid.map_err(os("start a process in new namespaces"))?;
    if pidfd < 0 {
        // Before Linux 5.2. The child ends when its control socket closes.
        return Err(SandboxError::os("get a process descriptor", libc::ENOSYS));
    }
    Ok(Started {
        pid,
        pidfd: sys::own(pidfd),
        control,
        stdout,
        stderr: apart.map(|(near, _)| near),
        dies_as_one: reaping == Reaping::Namespace,
    })
}

fn child(
    control: &OwnedFd,
    stdout: &OwnedFd,
    stderr: c_int,
    stdin: Option<c_int>,
    reaping: Reaping,
    exec: &mut Exec<'_>,
    build: &dyn Fn() -> Result<(), Fault>,
) -> ! {
    let (control, stdout) = (control.as_raw_fd(), stdout.as_raw_fd());
    let extra = Extra { landlock: exec.landlock, stdin };
    if let Err(errno) = init::settle(control, stdout, stderr, &extra, reaping) {
        init::fail(&Fault { step: step::DESCRIPTORS, errno, index: 0 });
    }
    if let Err(fault) = build() {
        init::fail(&fault);
    }
    init::serve(exec, reaping)
}

/// A path as a C string.
pub(super) fn c_path(path: &Path) -> Result<CString, SandboxError> {
    c_text(path.as_os_str())
}

/// A text as a C string.
pub(super) fn c_text(text: &OsStr) -> Result<CString, SandboxError> {
    c_string(text.as_bytes())
}

/// Bytes as a C string.
pub(super) fn c_string(bytes: impl Into<Vec<u8>>) -> Result<CString, SandboxError> {
    CString::new(bytes).map_err(|error| {
        let text = String::from_utf8_lossy(&error.into_vec()).into_owned();
        SandboxError::Job(format!("{text:?} has a NUL byte in it"))
    })
}
