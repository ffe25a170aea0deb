//! The first process of a run: it forks the command, reaps, reports, and takes everything with it
//! when it ends.
//!
//! With a PID namespace it is PID 1 and the kernel kills the rest. Without one it is a subreaper
//! that hunts down whatever is left, so that daemons that left their session die too.
//!
//! Runs between fork and exec: see [`super::sys`] for what that forbids.
#![allow(unsafe_code, reason = "forks and executes")]

use std::ffi::{CStr, CString, c_int};

use super::sys::{self, Sys};

/// The descriptor numbers every init process has.
pub(super) const CONTROL: c_int = 3;
pub(super) const STDOUT: c_int = 4;
pub(super) const STDERR: c_int = 5;
/// Descriptors from here on are free for use while the view is built.
pub(super) const FIRST_FREE: c_int = 7;
/// The Landlock ruleset, where there is one.
pub(super) const LANDLOCK: c_int = 6;

/// First number of a control message.
pub(super) mod message {
    /// The view stands; a descriptor of the side directory comes with it.
    pub(crate) const READY: i32 = 1;
    /// step, errno, index
    pub(crate) const SETUP_FAILED: i32 = 2;
    /// errno
    pub(crate) const EXEC_FAILED: i32 = 3;
    /// wait status
    pub(crate) const FINISHED: i32 = 4;
}

/// Everything the command process needs, made before the fork.
pub(super) struct Exec<'a> {
    /// Paths to try in turn, as `execvp` would.
    pub(super) programs: &'a [CString],
    /// Null-terminated.
    pub(super) argv: &'a [*const libc::c_char],
    /// For files without a `#!` line: `/bin/sh FILE ARGS...`, with the file's place at index 1.
    pub(super) shell_argv: &'a mut [*const libc::c_char],
    pub(super) envp: &'a [*const libc::c_char],
    pub(super) cwd: &'a CStr,
    /// resource, soft, hard
    pub(super) limits: &'a [(sys::Resource, u64, u64)],
    pub(super) filters: &'a [super::confine::Filter],
    pub(super) landlock: Option<c_int>,
}

/// Who kills what is left over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reaping {
    /// This process is PID 1 of its own namespace.
    Namespace,
    /// This process is a subreaper and has to do it itself.
    Subreaper,
}

/// A step that failed while the view was built: what, errno, on which of several.
pub(super) struct Fault {
    pub(super) step: i32,
    pub(super) errno: i32,
    pub(super) index: i32,
}

/// Descriptors that not every run has.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extra {
    /// A Landlock ruleset for the command.
    pub(super) landlock: Option<c_int>,
    /// The command's standard input; without it, /dev/null.
    pub(super) stdin: Option<c_int>,
}

/// Puts the three descriptors in their places, closes all others, and cuts the ties to the
/// terminal and to the parent's signal handlers.
pub(super) fn settle(
    control: c_int,
    stdout: c_int,
    stderr: c_int,
    extra: &Extra,
    reaping: Reaping,
) -> Sys<()> {
    sys::default_signals();
    let high = [
        sys::dup_above(control, 100)?,
        sys::dup_above(stdout, 100)?,
        sys::dup_above(stderr, 100)?,
        extra.landlock.map_or(Ok(-1), |fd| sys::dup_above(fd, 100))?,
        extra.stdin.map_or(Ok(-1), |fd| sys::dup_above(fd, 100))?,
    ];
    sys::dup_cloexec(high[0], CONTROL)?;
    sys::dup_cloexec(high[1], STDOUT)?;
    sys::dup_cloexec(high[2], STDERR)?;
    if high[3] >= 0 {
        sys::dup_cloexec(high[3], LANDLOCK)?;
    } else {
        sys::close(LANDLOCK);
    }
    if high[4] >= 0 {
        sys::dup2(high[4], 0)?;
    }
    sys::close_from(FIRST_FREE);
    let null = sys::open(c"/dev/null", libc::O_RDWR, 0)?;
    for number in c_int::from(high[4] >= 0)..3 {
        sys::dup2(null, number)?;
    }
    // Where one of the three was closed, the null device may have taken its number.
    if null > 2 {
        sys::close(null);
    }
    sys::setsid()?;
    match reaping {
        // Killing PID 1 kills all; a subreaper instead sees the control socket close.
        Reaping::Namespace => {
            sys::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong, 0)?
        }
        Reaping::Subreaper => sys::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0)?,
    };
    // Whoever is short of memory should take this run before the user's programs.
    let _ = sys::write_file(c"/proc/self/oom_score_adj", b"800");
    Ok(())
}

/// Reports a fault and ends.
pub(super) fn fail(fault: &Fault) -> ! {
    let text = [message::SETUP_FAILED, fault.step, fault.errno, fault.index];
    let _ = sys::send(CONTROL, &text, None);
    sys::exit(125)
}

/// Forks the command, reaps until it ends, reports its status and ends with all that is left.
pub(super) fn serve(exec: &mut Exec<'_>, reaping: Reaping) -> ! {
    let Ok(signals) = sys::child_signal_fd() else { sys::exit(125) };
    // One page is used of it; the system calls on the way keep their data in the kernel.
    let mut stack = [0u8; 64 << 10];
    // SAFETY: the child only runs `become_command`, which ends in exec or exit; this process is a
    // fresh fork with one thread.
    let child = unsafe { sys::vfork(&mut stack, enter_command, std::ptr::from_mut(exec).cast()) };
    let command = match child {
        Ok(pid) => pid,
        Err(errno) => fail(&Fault { step: super::step::FORK, errno, index: 0 }),
    };
    // Readers of the output see its end only when nobody holds the pipe.
    sys::close(STDOUT);
    sys::close(STDERR);
    let mut waiting = [
        libc::pollfd { fd: signals, events: libc::POLLIN, revents: 0 },
        // The parent never sends anything: readable means "stop", or that the parent is gone.
        libc::pollfd { fd: CONTROL, events: libc::POLLIN, revents: 0 },
    ];
    loop {
        let _ = sys::poll(&mut waiting, -1);
        let mut buffer = [0u8; 512];
        while sys::read(signals, &mut buffer).is_ok_and(|n| n == buffer.len()) {}
        while let Ok(Some((pid, status))) = sys::wait_any(libc::WNOHANG) {
            if pid == command {
                end(reaping, command, Some(status));
            }
        }
        if waiting[1].revents != 0 {
            end(reaping, command, None);
        }
    }
}

fn end(reaping: Reaping, command: c_int, status: Option<i32>) -> ! {
    if reaping == Reaping::Subreaper {
        kill_group(command);
        kill_descendants();
    }
    if let Some(status) = status {
        let _ = sys::send(CONTROL, &[message::FINISHED, status, 0, 0], None);
    }
    sys::exit(0)
}

/// Kills a whole process group at once: no member can fork its way out.
fn kill_group(group: c_int) {
    if group > 1 {
        let _ = sys::kill(-group, libc::SIGKILL);
    }
}

/// Kills children, each with its group, until there are none: orphans of those killed become
/// children in their turn.
fn kill_descendants() {
    loop {
        let mut buffer = [0u8; 4096];
        let mut found = false;
        if let Ok(fd) = sys::open(c"/proc/thread-self/children", libc::O_RDONLY, 0) {
            let n = sys::read(fd, &mut buffer).unwrap_or(0);
            sys::close(fd);
            let mut pid = 0i32;
            for &byte in buffer.iter().take(n) {
                if byte.is_ascii_digit() {
                    pid = pid.wrapping_mul(10).wrapping_add(i32::from(byte - b'0'));
                } else if pid > 1 {
                    // Never this process's own group: it left the parent's and started no other.
                    if let Ok(group) = sys::group_of(pid).and_then(not_own_group) {
                        kill_group(group);
                    }
                    let _ = sys::kill(pid, libc::SIGKILL);
                    found = true;
                    pid = 0;
                }
            }
        }
        loop {
            match sys::wait_any(libc::WNOHANG) {
                Err(_) => return,
                Ok(None) if !found => return,
                Ok(None) => break,
                Ok(Some(_)) => {}
            }
        }
        let _ = sys::poll(&mut [], 1);
    }
}

fn not_own_group(group: c_int) -> Sys {
    match sys::group_of(0) {
        Ok(own) if own != group => Ok(group),
        _ => Err(libc::EINVAL),
    }
}

/// Where the command's process begins.
extern "C" fn enter_command(exec: *mut std::ffi::c_void) -> c_int {
    // SAFETY: `serve` hands over its only reference and waits until this process has let go of it.
    become_command(unsafe { &mut *exec.cast::<Exec<'_>>() })
}

/// The command's side of the fork.
fn become_command(exec: &mut Exec<'_>) -> ! {
    let errno = match prepare(exec) {
        Ok(()) => try_programs(exec),
        Err(fault) => fail(&fault),
    };
    let _ = sys::send(CONTROL, &[message::EXEC_FAILED, errno, 0, 0], None);
    sys::exit(127)
}

fn prepare(exec: &Exec<'_>) -> Result<(), Fault> {
    let at = |step: i32| move |errno: i32| Fault { step, errno, index: 0 };
    sys::setsid().map_err(at(super::step::SESSION))?;
    sys::chdir(exec.cwd).map_err(at(super::step::WORKING_DIRECTORY))?;
    for (index, &(resource, soft, hard)) in exec.limits.iter().enumerate() {
        sys::set_limit(resource, soft, hard).map_err(|errno| Fault {
            step: super::step::LIMIT,
            errno,
            index: index as i32,
        })?;
    }
    sys::dup2(STDOUT, 1).map_err(at(super::step::OUTPUT))?;
    sys::dup2(STDERR, 2).map_err(at(super::step::OUTPUT))?;
    sys::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0).map_err(at(super::step::PRIVILEGES))?;
    sys::drop_capabilities().map_err(at(super::step::PRIVILEGES))?;
    if exec.landlock.is_some() {
        sys::restrict_self(LANDLOCK).map_err(at(super::step::LANDLOCK))?;
    }
    for filter in exec.filters {
        sys::install_filter(filter).map_err(at(super::step::SECCOMP))?;
    }
    sys::unblock_signals();
    Ok(())
}

/// Tries each place in turn; gives the most telling errno.
fn try_programs(exec: &mut Exec<'_>) -> i32 {
    let mut worst = libc::ENOENT;
    for program in exec.programs {
        // SAFETY: both arrays end in a null pointer; `Exec` is made that way.
        let errno = unsafe { sys::execve(program, exec.argv.as_ptr(), exec.envp.as_ptr()) };
        match errno {
            libc::ENOENT | libc::ENOTDIR => {}
            libc::ENOEXEC => {
                if let Some(slot) = exec.shell_argv.get_mut(1) {
                    *slot = program.as_ptr();
                }
                // SAFETY: as above.
                return unsafe {
                    sys::execve(c"/bin/sh", exec.shell_argv.as_ptr(), exec.envp.as_ptr())
                };
            }
            other => worst = other,
        }
    }
    worst
}
