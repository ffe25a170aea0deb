//! System calls for the time between fork and exec.
//!
//! A forked copy of a program with threads may only make async-signal-safe calls: no allocation,
//! no locks, no panics. Everything here is a bare system call on prepared data; errors are plain
//! errno values.
#![allow(unsafe_code, reason = "raw system calls are what this file is for")]

use std::ffi::{CStr, c_int, c_void};
use std::os::fd::{FromRawFd as _, OwnedFd};

/// The outcome of a system call: its value, or errno.
pub(crate) type Sys<T = i32> = Result<T, i32>;

/// What a resource limit is named by.
#[cfg(target_env = "gnu")]
pub(crate) type Resource = libc::__rlimit_resource_t;
#[cfg(not(target_env = "gnu"))]
pub(crate) type Resource = c_int;

/// Bytes in a page of memory.
pub(crate) fn page_size() -> u64 {
    // SAFETY: no memory involved.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

/// The error number of the last failed call.
pub(crate) fn errno() -> i32 {
    // SAFETY: errno is a thread-local that always exists.
    unsafe { *libc::__errno_location() }
}

fn check(value: c_int) -> Sys {
    if value < 0 { Err(errno()) } else { Ok(value) }
}

fn check_long(value: libc::c_long) -> Sys {
    if value < 0 { Err(errno()) } else { Ok(value as i32) }
}

/// `clone` as fork, with namespace flags and a pidfd for the child.
///
/// # Safety
/// In the child (value 0) only functions of this file, or as careful ones, may be called.
pub(crate) unsafe fn clone_process(flags: c_int, pidfd: &mut c_int) -> Sys {
    let flags = (flags | libc::CLONE_PIDFD | libc::SIGCHLD) as libc::c_ulong;
    // SAFETY: no new stack and no shared memory: this is fork. The pidfd is written to the third
    // argument on every architecture; the others are unused without the flags that name them.
    check_long(unsafe {
        libc::syscall(libc::SYS_clone, flags, 0usize, std::ptr::from_mut(pidfd), 0usize, 0usize)
    })
}

/// Starts a child that borrows this process's memory until it executes another program or ends; the
/// caller waits for that. Unlike a fork it need not copy page tables, which costs milliseconds
/// under a large heap.
///
/// # Safety
/// `run` must end in exec or exit, and may only use functions of this file, or as careful ones; what
/// it writes, its caller sees. This process has no other threads.
pub(crate) unsafe fn vfork(
    stack: &mut [u8],
    run: extern "C" fn(*mut c_void) -> c_int,
    argument: *mut c_void,
) -> Sys {
    // SAFETY: stacks grow down; the end of the slice, rounded down to the 16 bytes that the calling
    // conventions ask for, is still within it.
    unsafe {
        let end = stack.as_mut_ptr().add(stack.len());
        let top = end.sub(end as usize % 16);
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
        check(libc::clone(run, top.cast(), flags, argument))
    }
}

pub(crate) fn exit(code: c_int) -> ! {
    // SAFETY: ends the process without running any handler of the parent's.
    unsafe { libc::_exit(code) }
}

/// Blocks all signals of this thread; gives the old mask for [`set_mask`].
pub(crate) fn block_signals() -> libc::sigset_t {
    // SAFETY: both sets are plain values initialised by the calls.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut old: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut old);
        old
    }
}

pub(crate) fn set_mask(mask: &libc::sigset_t) {
    // SAFETY: `mask` is initialised.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, mask, std::ptr::null_mut()) };
}

/// Default action for every signal; the mask is left alone.
pub(crate) fn default_signals() {
    for signal in 1..=64 {
        // SAFETY: fails harmlessly for signals that cannot be set.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

pub(crate) fn unblock_signals() {
    // SAFETY: an empty set is valid.
    unsafe {
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut none);
        libc::pthread_sigmask(libc::SIG_SETMASK, &none, std::ptr::null_mut());
    }
}

/// A descriptor that becomes readable when a child changes state; SIGCHLD must be blocked.
pub(crate) fn child_signal_fd() -> Sys {
    // SAFETY: the set is initialised by sigemptyset.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        libc::sigaddset(&mut set, libc::SIGCHLD);
        check(libc::signalfd(-1, &set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK))
    }
}

pub(crate) fn poll(fds: &mut [libc::pollfd], timeout_ms: c_int) -> Sys {
    // SAFETY: pointer and length belong together.
    check(unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, timeout_ms) })
}

pub(crate) fn prctl(option: c_int, a: libc::c_ulong, b: libc::c_ulong) -> Sys {
    // SAFETY: only used with options whose arguments are integers.
    check(unsafe { libc::prctl(option, a, b, 0, 0) })
}

pub(crate) fn setsid() -> Sys {
    // SAFETY: no memory involved.
    check(unsafe { libc::setsid() })
}

pub(crate) fn open(path: &CStr, flags: c_int, mode: libc::mode_t) -> Sys {
    // SAFETY: `path` ends in NUL.
    check(unsafe { libc::open(path.as_ptr(), flags | libc::O_CLOEXEC, mode) })
}

pub(crate) fn open_at(dir: c_int, path: &CStr, flags: c_int) -> Sys {
    // SAFETY: `path` ends in NUL.
    check(unsafe { libc::openat(dir, path.as_ptr(), flags | libc::O_CLOEXEC) })
}

/// Opens for `O_PATH` use at a fixed descriptor number.
pub(crate) fn open_path_as(path: &CStr, number: c_int) -> Sys {
    let fd = open(path, libc::O_PATH | libc::O_DIRECTORY, 0)?;
    move_fd(fd, number)
}

/// Renumbers `fd`, closing what had the number before; the copy is closed on exec.
pub(crate) fn move_fd(fd: c_int, number: c_int) -> Sys {
    if fd == number {
        return Ok(fd);
    }
    dup_cloexec(fd, number)?;
    close(fd);
    Ok(number)
}

pub(crate) fn dup_cloexec(fd: c_int, number: c_int) -> Sys {
    // SAFETY: no memory involved.
    check(unsafe { libc::dup3(fd, number, libc::O_CLOEXEC) })
}

/// Duplicates for the program to be executed: stays open.
pub(crate) fn dup2(fd: c_int, number: c_int) -> Sys {
    // SAFETY: no memory involved.
    check(unsafe { libc::dup2(fd, number) })
}

/// A duplicate with a number of at least `least`.
pub(crate) fn dup_above(fd: c_int, least: c_int) -> Sys {
    // SAFETY: no memory involved.
    check(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, least) })
}

pub(crate) fn close(fd: c_int) {
    // SAFETY: the caller owns `fd` in this process.
    unsafe { libc::close(fd) };
}

/// Closes every descriptor from `first` on.
pub(crate) fn close_from(first: c_int) {
    // SAFETY: this process has no owner of those descriptors that would still use them.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, first, c_int::MAX, 0) };
    if closed < 0 {
        // Before Linux 5.9; the table of a process rarely goes beyond this.
        (first..4096).for_each(close);
    }
}

/// User and process at the other end of a Unix socket (`SO_PEERCRED` of unix(7)).
pub(crate) fn peer(fd: c_int) -> Sys<(libc::uid_t, libc::pid_t)> {
    let mut peer = libc::ucred { pid: 0, uid: 0, gid: 0 };
    let mut length = size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes into `peer`, which is plain numbers.
    let result = unsafe {
        let place = (&raw mut peer).cast();
        libc::getsockopt(fd, libc::SOL_SOCKET, libc::SO_PEERCRED, place, &raw mut length)
    };
    if result == 0 { Ok((peer.uid, peer.pid)) } else { Err(errno()) }
}

pub(crate) fn read(fd: c_int, bytes: &mut [u8]) -> Sys<usize> {
    // SAFETY: pointer and length belong together.
    let n = unsafe { libc::read(fd, bytes.as_mut_ptr().cast(), bytes.len()) };
    usize::try_from(n).map_err(|_| errno())
}

pub(crate) fn write_all(fd: c_int, mut bytes: &[u8]) -> Sys<()> {
    while !bytes.is_empty() {
        // SAFETY: pointer and length belong together.
        let n = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
        match usize::try_from(n) {
            Ok(n) => bytes = bytes.get(n..).unwrap_or(&[]),
            Err(_) if errno() == libc::EINTR => {}
            Err(_) => return Err(errno()),
        }
    }
    Ok(())
}

/// Writes `bytes` to an existing file such as those below /proc, in one call.
pub(crate) fn write_file(path: &CStr, bytes: &[u8]) -> Sys<()> {
    let fd = open(path, libc::O_WRONLY, 0)?;
    let written = write_all(fd, bytes);
    close(fd);
    written
}

pub(crate) fn mkdir(path: &CStr, mode: libc::mode_t) -> Sys {
    // SAFETY: `path` ends in NUL.
    check(unsafe { libc::mkdir(path.as_ptr(), mode) })
}

/// Makes a directory of exactly this mode; `name` ends in NUL.
pub(crate) fn mkdir_at(dir: c_int, name: &[u8; 3], mode: libc::mode_t) -> Sys {
    // SAFETY: the array holds two characters and their NUL.
    unsafe {
        check(libc::mkdirat(dir, name.as_ptr().cast(), mode))?;
        check(libc::fchmodat(dir, name.as_ptr().cast(), mode, 0))
    }
}

pub(crate) fn chmod(path: &CStr, mode: libc::mode_t) -> Sys {
    // SAFETY: `path` ends in NUL.
    check(unsafe { libc::chmod(path.as_ptr(), mode) })
}

pub(crate) fn unlink(path: &CStr) -> Sys {
    // SAFETY: `path` ends in NUL.
    check(unsafe { libc::unlink(path.as_ptr()) })
}

pub(crate) fn symlink(target: &CStr, path: &CStr) -> Sys {
    // SAFETY: both end in NUL.
    check(unsafe { libc::symlink(target.as_ptr(), path.as_ptr()) })
}

pub(crate) fn chdir(path: &CStr) -> Sys {
    // SAFETY: `path` ends in NUL.
    check(unsafe { libc::chdir(path.as_ptr()) })
}

/// Sets access and modification time to whole `seconds` and `nanos` since the epoch.
pub(crate) fn set_mtime(fd: c_int, seconds: i64, nanos: i64) -> Sys {
    let time = libc::timespec { tv_sec: seconds, tv_nsec: nanos };
    // SAFETY: an array of two valid times.
    check(unsafe { libc::futimens(fd, [time, time].as_ptr()) })
}

pub(crate) fn set_limit(resource: Resource, soft: u64, hard: u64) -> Sys {
    let mut current = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `current` is a valid place to write to, then a valid value to read.
    unsafe {
        check(libc::getrlimit(resource, &mut current))?;
        let wanted = libc::rlimit {
            rlim_cur: soft.min(current.rlim_max),
            rlim_max: hard.min(current.rlim_max),
        };
        check(libc::setrlimit(resource, &wanted))
    }
}

pub(crate) fn mount(
    source: &CStr,
    target: &CStr,
    kind: Option<&CStr>,
    flags: libc::c_ulong,
    data: Option<&CStr>,
) -> Sys {
    let pointer = |text: Option<&CStr>| text.map_or(std::ptr::null(), CStr::as_ptr);
    // SAFETY: all texts end in NUL, absent ones are null.
    check(unsafe {
        libc::mount(
            source.as_ptr(),
            target.as_ptr(),
            pointer(kind),
            flags,
            pointer(data).cast::<c_void>(),
        )
    })
}

/// `struct mount_attr` of linux/mount.h.
#[repr(C)]
struct MountAttr {
    set: u64,
    clear: u64,
    propagation: u64,
    userns_fd: u64,
}

/// Sets `MOUNT_ATTR_*` flags on the mount at `path` and all below it.
pub(crate) fn set_mount_attributes(path: &CStr, set: u64) -> Sys {
    let attr = MountAttr { set, clear: 0, propagation: 0, userns_fd: 0 };
    // SAFETY: the structure is passed with its own size.
    check_long(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            libc::AT_RECURSIVE,
            std::ptr::from_ref(&attr),
            size_of::<MountAttr>(),
        )
    })
}

/// A detached copy of the mount at `path`, to be placed elsewhere with [`attach`].
pub(crate) fn detached_copy(path: &CStr, recursive: bool) -> Sys {
    // OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC of linux/mount.h.
    let flags = 1 | libc::O_CLOEXEC | if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: `path` ends in NUL.
    check_long(unsafe { libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, path.as_ptr(), flags) })
}

/// Places a detached mount at `target`.
pub(crate) fn attach(fd: c_int, target: &CStr) -> Sys {
    // MOVE_MOUNT_F_EMPTY_PATH of linux/mount.h.
    const FROM_EMPTY_PATH: c_int = 4;
    // SAFETY: both texts end in NUL.
    check_long(unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            fd,
            c"".as_ptr(),
            libc::AT_FDCWD,
            target.as_ptr(),
            FROM_EMPTY_PATH,
        )
    })
}

/// Brings the loopback interface of this network namespace up. Any socket can ask for that
/// (netdevice(7)), and slm makes none of the internet's.
pub(crate) fn loopback_up() -> Sys {
    // SAFETY: `request` is a zeroed plain structure with the name of the interface in it.
    unsafe {
        let socket = check(libc::socket(libc::AF_UNIX, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0))?;
        let mut request: libc::ifreq = std::mem::zeroed();
        request.ifr_name[0] = b'l' as libc::c_char;
        request.ifr_name[1] = b'o' as libc::c_char;
        request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
        let done = check(libc::ioctl(socket, libc::SIOCSIFFLAGS as _, &request));
        libc::close(socket);
        done
    }
}

/// Gives up every capability for good, also those that exec would give to uid 0.
pub(crate) fn drop_capabilities() -> Sys<()> {
    for capability in 0..64 {
        // Fails past the last capability the kernel knows, and where there is none to drop.
        if prctl(libc::PR_CAPBSET_DROP, capability, 0).is_err() {
            break;
        }
    }
    // `struct __user_cap_header_struct` and two `__user_cap_data_struct` of linux/capability.h.
    let header: [u32; 2] = [0x2008_0522, 0];
    let none: [u32; 6] = [0; 6];
    // SAFETY: version 3 of the interface takes exactly these sizes.
    check_long(unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), none.as_ptr()) })?;
    Ok(())
}

/// Installs a seccomp filter; needs "no new privileges".
pub(crate) fn install_filter(program: &[libc::sock_filter]) -> Sys {
    let filter = libc::sock_fprog {
        len: program.len() as libc::c_ushort,
        filter: program.as_ptr().cast_mut(),
    };
    // SAFETY: the kernel copies `filter.len` instructions that live as long as `program`.
    check(unsafe {
        libc::prctl(
            libc::PR_SET_SECCOMP,
            libc::SECCOMP_MODE_FILTER as libc::c_ulong,
            std::ptr::from_ref(&filter),
            0,
            0,
        )
    })
}

/// Enforces a Landlock ruleset on this thread and its descendants.
pub(crate) fn restrict_self(ruleset: c_int) -> Sys {
    // SAFETY: no memory involved.
    check_long(unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset, 0) })
}

/// Waits for any child; `None` when none has changed (with `WNOHANG`).
pub(crate) fn wait_any(options: c_int) -> Sys<Option<(i32, i32)>> {
    let mut status = 0;
    // SAFETY: `status` is a valid place to write to.
    match check(unsafe { libc::waitpid(-1, &mut status, options | libc::__WALL) })? {
        0 => Ok(None),
        pid => Ok(Some((pid, status))),
    }
}

pub(crate) fn kill(pid: c_int, signal: c_int) -> Sys {
    // SAFETY: no memory involved.
    check(unsafe { libc::kill(pid, signal) })
}

/// The process group of `pid`.
pub(crate) fn group_of(pid: c_int) -> Sys {
    // SAFETY: no memory involved.
    check(unsafe { libc::getpgid(pid) })
}

/// Waits for the process behind a pidfd: user plus system time of it and of all it waited for in
/// microseconds, and the largest resident size among them in KiB.
pub(crate) fn wait_pidfd(pidfd: c_int) -> Sys<(u64, u64)> {
    // SAFETY: the kernel fills both structures; the raw call takes a fifth argument.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let mut usage: libc::rusage = std::mem::zeroed();
        loop {
            let done = check_long(libc::syscall(
                libc::SYS_waitid,
                libc::P_PIDFD,
                pidfd,
                std::ptr::from_mut(&mut info),
                libc::WEXITED | libc::__WALL,
                std::ptr::from_mut(&mut usage),
            ));
            match done {
                Err(libc::EINTR) => {}
                Err(error) => return Err(error),
                Ok(_) => break,
            }
        }
        let micros = |t: libc::timeval| t.tv_sec as u64 * 1_000_000 + t.tv_usec as u64;
        Ok((micros(usage.ru_utime) + micros(usage.ru_stime), usage.ru_maxrss as u64))
    }
}

/// Sends a signal to the process behind a pidfd.
pub(crate) fn kill_pidfd(pidfd: c_int, signal: c_int) -> Sys {
    // SAFETY: a null siginfo means "as kill would".
    check_long(unsafe {
        libc::syscall(libc::SYS_pidfd_send_signal, pidfd, signal, std::ptr::null::<c_void>(), 0)
    })
}

/// Replaces the process image; returns only on failure.
///
/// # Safety
/// `argv` and `envp` are arrays of NUL-terminated texts that end in a null pointer.
pub(crate) unsafe fn execve(
    program: &CStr,
    argv: *const *const libc::c_char,
    envp: *const *const libc::c_char,
) -> i32 {
    // SAFETY: promised by the caller.
    unsafe { libc::execve(program.as_ptr(), argv, envp) };
    errno()
}

/// A message over the control socket, with or without a descriptor.
pub(crate) fn send(socket: c_int, message: &[i32; 4], fd: Option<c_int>) -> Sys<()> {
    let mut space = [0u64; 4];
    let mut part =
        libc::iovec { iov_base: message.as_ptr().cast_mut().cast(), iov_len: size_of_val(message) };
    // SAFETY: `space` is aligned and large enough for one descriptor's header and data; all
    // pointers outlive the call.
    unsafe {
        let mut header: libc::msghdr = std::mem::zeroed();
        header.msg_iov = &mut part;
        header.msg_iovlen = 1;
        if let Some(fd) = fd {
            header.msg_control = space.as_mut_ptr().cast();
            header.msg_controllen = libc::CMSG_SPACE(size_of::<c_int>() as u32) as _;
            let first = libc::CMSG_FIRSTHDR(&header);
            if !first.is_null() {
                (*first).cmsg_level = libc::SOL_SOCKET;
                (*first).cmsg_type = libc::SCM_RIGHTS;
                (*first).cmsg_len = libc::CMSG_LEN(size_of::<c_int>() as u32) as _;
                libc::CMSG_DATA(first).cast::<c_int>().write_unaligned(fd);
            }
        }
        if libc::sendmsg(socket, &header, libc::MSG_NOSIGNAL) < 0 { Err(errno()) } else { Ok(()) }
    }
}

/// Receives what [`send`] sent; `None` when the other end is gone.
pub(crate) fn receive(socket: c_int) -> Sys<Option<([i32; 4], Option<c_int>)>> {
    let mut message = [0i32; 4];
    let mut space = [0u64; 4];
    let mut part =
        libc::iovec { iov_base: message.as_mut_ptr().cast(), iov_len: size_of_val(&message) };
    // SAFETY: as in `send`.
    unsafe {
        let mut header: libc::msghdr = std::mem::zeroed();
        header.msg_iov = &mut part;
        header.msg_iovlen = 1;
        header.msg_control = space.as_mut_ptr().cast();
        header.msg_controllen = size_of_val(&space) as _;
        let n = libc::recvmsg(socket, &mut header, libc::MSG_CMSG_CLOEXEC | libc::MSG_DONTWAIT);
        match n {
            0 => return Ok(None),
            n if n < 0 => return Err(errno()),
            _ => {}
        }
        let first = libc::CMSG_FIRSTHDR(&header);
        let fd = (!first.is_null() && (*first).cmsg_type == libc::SCM_RIGHTS)
            .then(|| libc::CMSG_DATA(first).cast::<c_int>().read_unaligned());
        Ok(Some((message, fd)))
    }
}

/// Takes ownership of a descriptor that a system call has just handed out.
pub(crate) fn own(fd: c_int) -> OwnedFd {
    // SAFETY: only called with fresh descriptors that nobody else knows.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// A connected pair that keeps message borders; both ends close on exec.
pub(crate) fn socket_pair() -> Sys<(OwnedFd, OwnedFd)> {
    let mut ends = [-1; 2];
    let kind = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC;
    // SAFETY: the array takes two descriptors.
    check(unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, ends.as_mut_ptr()) })?;
    Ok((own(ends[0]), own(ends[1])))
}

/// A pipe, reading end first; both ends close on exec.
pub(crate) fn pipe() -> Sys<(OwnedFd, OwnedFd)> {
    let mut ends = [-1; 2];
    // SAFETY: the array takes two descriptors.
    check(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) })?;
    Ok((own(ends[0]), own(ends[1])))
}
