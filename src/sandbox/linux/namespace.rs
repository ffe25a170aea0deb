//! The view a command gets in its own namespaces: the user's tree at its own path under a
//! copy-on-write layer, the rest of the system read-only, secrets and sockets out of sight, no
//! network but a private loopback.
//!
//! [`View`] and [`Changes`] are made before the fork and hold every text that is needed; [`build`]
//! runs in the child and follows the rules of [`super::sys`].
#![allow(unsafe_code, reason = "calls the raw system calls of sys")]

use std::ffi::{CStr, CString, c_int};
use std::sync::Arc;

use super::init::{CONTROL, Fault, message};
use super::step;
use super::sys::{self, Sys};

/// Flags of the clone that starts a run.
pub(super) const NAMESPACES: c_int = libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS;

/// The scratch home inside; its siblings stand beside it.
pub(super) const HOME: &str = "/tmp/.slm/home";
pub(super) const TMPDIR: &str = "/tmp/.slm/tmp";
pub(super) const SIDE: &str = "/tmp/.slm/side";

/// Descriptor numbers used while mounting; overlay options name them through /proc/self/fd.
const SPACE_FD: c_int = 10;
const LOWER_FD: c_int = 16;
const DISK_FD: c_int = 48;
const DEVICE_FD: c_int = 64;
const RUNTIME_FD: c_int = 80;
const SEED_FD: c_int = 96;
/// So many covers fit into the numbers above.
pub(super) const MAX_COVERS: usize = 16;
/// Frozen layers of one cover.
pub(super) const MAX_SEEDS: usize = 4;

fn seed_fd(cover: usize, seed: usize) -> c_int {
    SEED_FD + (cover * MAX_SEEDS + seed) as c_int
}

/// What is the same for all runs of a workspace.
#[derive(Debug)]
pub(super) struct View {
    pub(super) uid_map: Vec<u8>,
    pub(super) gid_map: Vec<u8>,
    /// Directories that become copy-on-write; outer ones first.
    pub(super) covers: Vec<Cover>,
    /// Set when /tmp itself cannot be covered: it becomes an empty directory with these in it.
    pub(super) plain_tmp: Option<Vec<CString>>,
    /// Options of the tmpfs that holds what runs write.
    pub(super) space_options: CString,
    /// Device nodes that exist here.
    pub(super) devices: Vec<CString>,
    /// Directories and symbolic links (with their targets) of /run that must stay visible.
    pub(super) runtime_dirs: Vec<CString>,
    pub(super) runtime_links: Vec<(CString, CString)>,
    pub(super) masked_dirs: Vec<CString>,
    pub(super) masked_files: Vec<CString>,
    /// Unix sockets of other programs, to be hidden where they still are.
    pub(super) sockets: Vec<CString>,
    /// False when something that is needed lies in /run.
    pub(super) hide_runtime: bool,
}

/// A directory that becomes copy-on-write.
#[derive(Clone, Debug)]
pub(super) struct Cover {
    pub(super) path: CString,
    pub(super) mode: libc::mode_t,
}

/// What differs from run to run.
#[derive(Debug)]
pub(super) struct Changes {
    /// One for each cover.
    pub(super) layers: Vec<Layers>,
    pub(super) files: Vec<FileChange>,
    /// Absolute path inside and contents.
    pub(super) side: Vec<(CString, Arc<[u8]>)>,
    /// Text for `kernel.pid_max`, where that belongs to the PID namespace.
    pub(super) pid_max: Option<Vec<u8>>,
}

/// The layers of one cover.
#[derive(Debug)]
pub(super) struct Layers {
    /// Frozen directories between the user's and the run's, newest first.
    pub(super) seeds: Vec<CString>,
    /// A directory on disk with `upper` and `work` in it, instead of the scratch space.
    pub(super) disk: Option<CString>,
    options: CString,
}

/// A patched file.
#[derive(Debug)]
pub(super) struct FileChange {
    pub(super) path: CString,
    /// Directories above it, outer first.
    pub(super) parents: Vec<CString>,
    /// `None` deletes.
    pub(super) contents: Option<Arc<[u8]>>,
    /// Seconds and nanoseconds since the epoch.
    pub(super) mtime: (i64, i64),
}

impl Layers {
    /// The layers of cover number `index`.
    pub(super) fn new(index: usize, mut seeds: Vec<CString>, disk: Option<CString>) -> Self {
        seeds.truncate(MAX_SEEDS);
        let at = |base: c_int| format!("/proc/self/fd/{}", base + index as c_int);
        let seed_layers: String =
            (0..seeds.len()).map(|k| format!("/proc/self/fd/{}:", seed_fd(index, k))).collect();
        let (upper, work) = match disk {
            Some(_) => (at(DISK_FD) + "/upper", at(DISK_FD) + "/work"),
            None => (
                format!("/proc/self/fd/{SPACE_FD}/u{index:x}"),
                format!("/proc/self/fd/{SPACE_FD}/w{index:x}"),
            ),
        };
        let options = format!(
            "userxattr,volatile,lowerdir={seed_layers}{},upperdir={upper},workdir={work}",
            at(LOWER_FD)
        );
        // No NUL can be in it.
        Self { seeds, disk, options: CString::new(options).unwrap_or_default() }
    }
}

/// Builds the view in the freshly cloned child.
pub(super) fn build(view: &View, changes: &Changes) -> Result<(), Fault> {
    let at = |step: i32| move |errno: i32| Fault { step, errno, index: 0 };
    identity(view).map_err(at(step::IDENTITY))?;
    sys::loopback_up().map_err(at(step::LOOPBACK))?;
    sys::mount(c"none", c"/", None, libc::MS_REC | libc::MS_PRIVATE, None)
        .map_err(at(step::PRIVATE_MOUNTS))?;
    // Taken before everything loses the right to hold devices.
    for (index, device) in view.devices.iter().enumerate() {
        indexed(step::DEVICES, index, || {
            sys::move_fd(sys::detached_copy(device, false)?, DEVICE_FD + index as c_int)
        })?;
    }
    for (index, dir) in view.runtime_dirs.iter().enumerate() {
        indexed(step::RUNTIME, index, || {
            sys::move_fd(sys::detached_copy(dir, true)?, RUNTIME_FD + index as c_int)
        })?;
    }
    // MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV of linux/mount.h.
    sys::set_mount_attributes(c"/", 1 | 2 | 4).map_err(at(step::READ_ONLY))?;
    overlays(view, changes)?;
    make_scratch().map_err(at(step::SCRATCH))?;
    devices(view).map_err(at(step::DEVICES))?;
    if view.hide_runtime {
        runtime(view).map_err(at(step::RUNTIME))?;
    }
    for (index, dir) in view.masked_dirs.iter().enumerate() {
        let flags = libc::MS_RDONLY | libc::MS_NOSUID | libc::MS_NODEV;
        indexed(step::MASK, index, || {
            unless_gone(sys::mount(c"none", dir, Some(c"tmpfs"), flags, Some(c"size=4k,mode=755")))
        })?;
    }
    for (index, file) in view.masked_files.iter().enumerate() {
        indexed(step::MASK, index, || sys::mount(c"/dev/null", file, None, libc::MS_BIND, None))?;
    }
    for (index, socket) in view.sockets.iter().enumerate() {
        indexed(step::MASK, index, || {
            unless_gone(sys::mount(c"/dev/null", socket, None, libc::MS_BIND, None))
        })?;
    }
    for (index, file) in changes.files.iter().enumerate() {
        indexed(step::PATCH, index, || patch(file))?;
    }
    for (index, (path, contents)) in changes.side.iter().enumerate() {
        indexed(step::SIDE, index, || write_new(path, contents, None))?;
    }
    proc_file_system(changes).map_err(at(step::PROC))?;
    let side = sys::open(c"/tmp/.slm/side", libc::O_RDONLY | libc::O_DIRECTORY, 0)
        .map_err(at(step::SIDE))?;
    sys::send(CONTROL, &[message::READY, 0, 0, 0], Some(side)).map_err(at(step::SIDE))?;
    sys::close_from(super::init::FIRST_FREE);
    Ok(())
}

/// What is gone since the view was planned, out of sight with all of /run, or in a directory that the
/// command may not enter either, needs no hiding.
fn unless_gone(hidden: Sys) -> Sys {
    match hidden {
        Err(libc::ENOENT | libc::ENOTDIR | libc::EACCES) => Ok(0),
        other => other,
    }
}

fn indexed<T>(step: i32, index: usize, body: impl FnOnce() -> Sys<T>) -> Result<(), Fault> {
    match body() {
        Ok(_) => Ok(()),
        Err(errno) => Err(Fault { step, errno, index: index as i32 }),
    }
}

/// The user stays who they are, without rights over anybody else.
fn identity(view: &View) -> Sys<()> {
    sys::write_file(c"/proc/self/setgroups", b"deny")?;
    sys::write_file(c"/proc/self/uid_map", &view.uid_map)?;
    sys::write_file(c"/proc/self/gid_map", &view.gid_map)?;
    // Changing identity clears it.
    sys::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong, 0)?;
    // Nothing inside may look into this copy of slm's memory.
    sys::prctl(libc::PR_SET_DUMPABLE, 0, 0)?;
    Ok(())
}

/// Puts a copy-on-write layer over each cover.
///
/// Lower directories are opened first, so that a cover inside another one still sees the original,
/// and so that the scratch space can stand on /tmp until the real /tmp covers it.
fn overlays(view: &View, changes: &Changes) -> Result<(), Fault> {
    for (index, cover) in view.covers.iter().enumerate() {
        let number = index as c_int;
        indexed(step::LOWER, index, || sys::open_path_as(&cover.path, LOWER_FD + number))?;
        let Some(layers) = changes.layers.get(index) else { continue };
        for (k, seed) in layers.seeds.iter().enumerate() {
            indexed(step::LOWER, index, || sys::open_path_as(seed, seed_fd(index, k)))?;
        }
        if let Some(disk) = &layers.disk {
            indexed(step::LOWER, index, || writable_disk(disk, DISK_FD + number))?;
        }
    }
    let space = || {
        let flags = libc::MS_NOSUID | libc::MS_NODEV;
        sys::mount(c"none", c"/tmp", Some(c"tmpfs"), flags, Some(&view.space_options))?;
        sys::open_path_as(c"/tmp", SPACE_FD)?;
        if let Some(inside) = &view.plain_tmp {
            sys::mount(c"none", c"/tmp", Some(c"tmpfs"), flags, Some(&view.space_options))?;
            sys::chmod(c"/tmp", 0o1777)?;
            for dir in inside {
                sys::mkdir(dir, 0o755)?;
            }
        }
        Ok(())
    };
    indexed(step::SPACE, 0, space)?;
    for (index, cover) in view.covers.iter().enumerate() {
        let Some(layers) = changes.layers.get(index) else { continue };
        indexed(step::OVERLAY, index, || {
            if layers.disk.is_none() {
                // The merged directory shows the mode of its upper layer.
                sys::mkdir_at(SPACE_FD, &hex_name(b'u', index), cover.mode)?;
                sys::mkdir_at(SPACE_FD, &hex_name(b'w', index), 0o755)?;
            }
            let flags = libc::MS_NOSUID | libc::MS_NODEV;
            sys::mount(c"none", &cover.path, Some(c"overlay"), flags, Some(&layers.options))
        })?;
    }
    Ok(())
}

/// A writable view of a directory that has become read-only with all others: the overlay's upper
/// layer takes the flags of the mount it is reached through.
fn writable_disk(disk: &CStr, number: c_int) -> Sys {
    sys::mount(disk, disk, None, libc::MS_BIND, None)?;
    let flags = libc::MS_REMOUNT | libc::MS_BIND | libc::MS_NODEV | libc::MS_NOSUID;
    sys::mount(c"none", disk, None, flags, None)?;
    sys::open_path_as(disk, number)
}

/// `u3`, `wa`: one letter and one hexadecimal digit.
fn hex_name(letter: u8, index: usize) -> [u8; 3] {
    let digit = b"0123456789abcdef".get(index).copied().unwrap_or(b'x');
    [letter, digit, 0]
}

fn make_scratch() -> Sys<()> {
    for dir in [c"/tmp/.slm", c"/tmp/.slm/home", c"/tmp/.slm/tmp", c"/tmp/.slm/side"] {
        match sys::mkdir(dir, 0o755) {
            Ok(_) | Err(libc::EEXIST) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// A /dev with what programs need and nothing that reaches hardware.
fn devices(view: &View) -> Sys<()> {
    let flags = libc::MS_NOSUID | libc::MS_NOEXEC;
    sys::mount(c"none", c"/dev", Some(c"tmpfs"), flags, Some(c"mode=755,size=64k"))?;
    for (index, device) in view.devices.iter().enumerate() {
        let file = sys::open(device, libc::O_CREAT | libc::O_WRONLY, 0o666)?;
        sys::close(file);
        sys::attach(DEVICE_FD + index as c_int, device)?;
    }
    for (target, link) in [
        (c"/proc/self/fd", c"/dev/fd"),
        (c"/proc/self/fd/0", c"/dev/stdin"),
        (c"/proc/self/fd/1", c"/dev/stdout"),
        (c"/proc/self/fd/2", c"/dev/stderr"),
        (c"pts/ptmx", c"/dev/ptmx"),
    ] {
        sys::symlink(target, link)?;
    }
    sys::mkdir(c"/dev/pts", 0o755)?;
    sys::mkdir(c"/dev/shm", 0o1777)?;
    let private = Some(c"newinstance,ptmxmode=0666,mode=0620");
    sys::mount(c"none", c"/dev/pts", Some(c"devpts"), flags, private)?;
    let shared = libc::MS_NOSUID | libc::MS_NODEV;
    sys::mount(c"none", c"/dev/shm", Some(c"tmpfs"), shared, Some(&view.space_options))?;
    Ok(())
}

/// An empty /run: the sockets of system services are reachable even on a read-only mount.
fn runtime(view: &View) -> Sys<()> {
    let flags = libc::MS_NOSUID | libc::MS_NODEV;
    match sys::mount(c"none", c"/run", Some(c"tmpfs"), flags, Some(c"mode=755,size=1m")) {
        Err(libc::ENOENT) => return Ok(()),
        other => other?,
    };
    for (target, link) in &view.runtime_links {
        sys::symlink(target, link)?;
    }
    for (index, dir) in view.runtime_dirs.iter().enumerate() {
        sys::mkdir(dir, 0o755)?;
        sys::attach(RUNTIME_FD + index as c_int, dir)?;
        sys::set_mount_attributes(dir, 1 | 2 | 4)?;
    }
    Ok(())
}

/// Writes through the overlay, so that modes and parents are the original's.
fn patch(file: &FileChange) -> Sys<()> {
    let Some(contents) = &file.contents else {
        return match sys::unlink(&file.path) {
            Ok(_) | Err(libc::ENOENT | libc::ENOTDIR) => Ok(()),
            Err(errno) => Err(errno),
        };
    };
    for parent in &file.parents {
        match sys::mkdir(parent, 0o777) {
            Ok(_) | Err(libc::EEXIST) => {}
            Err(errno) => return Err(errno),
        }
    }
    match write_new(&file.path, contents, Some(file.mtime)) {
        // The overlay cannot copy a file of a group that this user namespace does not know; a new one
        // is the user's own.
        Err(libc::EOVERFLOW) => {
            sys::unlink(&file.path)?;
            write_new(&file.path, contents, Some(file.mtime))
        }
        other => other,
    }
}

fn write_new(path: &CStr, contents: &[u8], mtime: Option<(i64, i64)>) -> Sys<()> {
    let fd = sys::open(path, libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC, 0o666)?;
    sys::write_all(fd, contents)?;
    if let Some((seconds, nanos)) = mtime {
        sys::set_mtime(fd, seconds, nanos)?;
    }
    sys::close(fd);
    Ok(())
}

/// A /proc of this PID namespace. Read-only: as root the files below /proc/sys would be writable.
fn proc_file_system(changes: &Changes) -> Sys<()> {
    let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
    sys::mount(c"proc", c"/proc", Some(c"proc"), flags, None)?;
    if let Some(text) = &changes.pid_max {
        // Only a second fence: the process count is watched from outside too.
        let _ = sys::write_file(c"/proc/sys/kernel/pid_max", text);
    }
    let again = flags | libc::MS_REMOUNT | libc::MS_BIND | libc::MS_RDONLY;
    sys::mount(c"none", c"/proc", None, again, None)?;
    Ok(())
}
