//! Decides what a run's view is made of: which directories are copied on write, which are hidden.

use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::super::environment::CACHES;
use super::super::workspace::Ground;
use super::super::{SandboxError, secrets};
use super::launch::c_path;
use super::namespace::{Cover, MAX_COVERS, View};

/// Why a directory is covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The user's tree.
    Root,
    /// Caches and nothing else: all of it may be kept.
    Cache,
    /// The real home: only caches in it may be kept.
    Home,
    /// Shared scratch; never kept.
    Tmp,
}

const DEVICES: &[&str] =
    &["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"];

/// What of /run is part of the system rather than a service's socket (NixOS).
const RUNTIME: &[&str] = &["/run/current-system", "/run/booted-system", "/run/opengl-driver"];

/// The view of `ground`, and for each of its covers the reason.
pub(super) fn plan(ground: &Ground) -> Result<(View, Vec<Kind>), SandboxError> {
    let covers = covers(ground);
    let kinds = covers.iter().map(|(_, kind)| *kind).collect();
    let hide_runtime = !covers.iter().any(|(path, _)| path.starts_with("/run"));
    let covers: Vec<Cover> = covers
        .into_iter()
        .map(|(path, _)| {
            let mode = std::fs::metadata(&path).map_or(0o755, |meta| meta.mode() & 0o7777);
            Ok(Cover { path: c_path(&path)?, mode })
        })
        .collect::<Result<_, SandboxError>>()?;
    let existing = |list: &[&str]| -> Result<Vec<CString>, SandboxError> {
        list.iter().map(Path::new).filter(|path| path.exists()).map(c_path).collect()
    };
    let (mut runtime_dirs, mut runtime_links) = (Vec::new(), Vec::new());
    for path in RUNTIME.iter().map(Path::new) {
        if let Ok(target) = std::fs::read_link(path) {
            runtime_links.push((c_path(&target)?, c_path(path)?));
        } else if path.is_dir() {
            runtime_dirs.push(c_path(path)?);
        }
    }
    let (masked_dirs, masked_files) = masks(ground)?;
    let sockets = exposed_sockets(&covers);
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let view = View {
        uid_map: format!("{uid} {uid} 1\n").into_bytes(),
        gid_map: format!("{gid} {gid} 1\n").into_bytes(),
        covers,
        plain_tmp: None,
        space_options: super::launch::c_string(format!("mode=1777,size={}", ground.scratch_bytes))?,
        devices: existing(DEVICES)?,
        runtime_dirs,
        runtime_links,
        hide_runtime,
        masked_dirs,
        masked_files,
        sockets,
    };
    Ok((view, kinds))
}

/// Since Linux 6.14 `kernel.pid_max` is the PID namespace's own. Before, writing it would change the
/// whole machine.
pub(super) fn own_pid_max() -> bool {
    let release = rustix::system::uname().release().to_string_lossy().into_owned();
    let mut numbers = release.split(['.', '-']).map(|part| part.parse::<u32>().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (6, 14)
}

/// The directories that must exist in an empty /tmp so that `covers` can be mounted.
pub(super) fn parents_in_tmp(covers: &[Cover]) -> Vec<CString> {
    let mut dirs: Vec<PathBuf> = Vec::new();
    for cover in covers {
        let path = Path::new(OsStr::from_bytes(cover.path.as_bytes()));
        let inside =
            path.ancestors().filter(|dir| dir.starts_with("/tmp") && *dir != Path::new("/tmp"));
        dirs.extend(inside.map(Path::to_owned));
    }
    dirs.sort();
    dirs.dedup();
    dirs.iter().filter_map(|dir| c_path(dir).ok()).collect()
}

/// Outer directories first.
fn covers(ground: &Ground) -> Vec<(PathBuf, Kind)> {
    let mut covers: Vec<(PathBuf, Kind)> = Vec::new();
    let mut add = |path: &Path, kind: Kind| {
        let Ok(path) = std::fs::canonicalize(path) else { return };
        // A directory inside one that is covered already needs no layer, unless it has seeds.
        let inside = covers.iter().any(|(outer, outer_kind)| {
            path.starts_with(outer) && (*outer_kind == kind || kind == Kind::Tmp) || path == *outer
        });
        if path.is_dir() && path.parent().is_some() && !inside {
            covers.push((path, kind));
        }
    };
    add(&ground.root, Kind::Root);
    add(Path::new("/tmp"), Kind::Tmp);
    add(Path::new("/var/tmp"), Kind::Tmp);
    if let Some(home) = &ground.home {
        add(home, Kind::Home);
    }
    add(&ground.cache(), Kind::Cache);
    let named = ground.env.iter().filter(|(name, _)| CACHES.iter().any(|w| name == w));
    let named = named.map(|(_, value)| Path::new(value));
    for path in named.chain(ground.build_dirs.iter().map(PathBuf::as_path)) {
        let inside = |outer: &Path| path.starts_with(outer);
        if path.is_absolute()
            && !inside(&ground.root)
            && !ground.home.as_deref().is_some_and(inside)
        {
            add(path, Kind::Cache);
        }
    }
    covers.truncate(MAX_COVERS);
    covers.sort_by_key(|(path, _)| path.components().count());
    covers
}

/// The Unix sockets that programs of this machine have bound outside of `covers`.
///
/// They can be reached through a read-only mount and from any network namespace (unix(7)), and some
/// of those programs, a package manager's or a container's daemon, fetch and send things for whoever
/// asks. Under an overlay they cannot: it shows other files than those that were bound. The kernel
/// lists the sockets of slm's own network namespace only.
pub(super) fn exposed_sockets(covers: &[Cover]) -> Vec<CString> {
    use std::os::unix::fs::FileTypeExt as _;
    let list = crate::base::fs::read(Path::new("/proc/net/unix")).unwrap_or_default();
    let is_socket =
        |path: &Path| path.symlink_metadata().is_ok_and(|meta| meta.file_type().is_socket());
    let is_covered = |path: &Path| {
        covers.iter().any(|cover| path.starts_with(OsStr::from_bytes(cover.path.as_bytes())))
    };
    let real = bound(&list).into_iter().filter_map(|path| path.canonicalize().ok());
    real.filter(|path| is_socket(path) && !is_covered(path))
        .filter_map(|path| c_path(&path).ok())
        .collect()
}

/// The paths in the kernel's list of Unix sockets, /proc/net/unix.
fn bound(list: &[u8]) -> Vec<PathBuf> {
    let paths = list.split(|&byte| byte == b'\n').filter_map(|line| {
        // Seven fields before the path, which may hold spaces; names in no folder begin with @.
        let start = line.iter().position(|&byte| byte == b'/')?;
        let fields = line[..start].split(|&byte| byte == b' ').filter(|field| !field.is_empty());
        (fields.count() == 7).then(|| PathBuf::from(OsStr::from_bytes(&line[start..])))
    });
    let mut paths: Vec<PathBuf> = paths.collect();
    paths.sort();
    paths.dedup();
    paths
}

/// Directories and files to hide.
fn masks(ground: &Ground) -> Result<(Vec<CString>, Vec<CString>), SandboxError> {
    let (mut dirs, mut files) = (Vec::new(), Vec::new());
    for real in secrets::existing(ground) {
        if real.is_dir() {
            dirs.push(c_path(&real)?);
        } else if real.is_file() {
            files.push(c_path(&real)?);
        }
    }
    Ok((dirs, files))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bound_sockets_are_read_from_the_kernels_list() {
        let list = b"Num       RefCount Protocol Flags    Type St Inode Path\n\
            0000000000000000: 00000002 00000000 00010000 0001 01 1100 /var/lib/b/s o\n\
            0000000000000000: 00000003 00000000 00000000 0001 03 1101\n\
            0000000000000000: 00000002 00000000 00010000 0001 01 1102 @/tmp/nowhere\n\
            0000000000000000: 00000002 00000000 00000000 0002 01 1103 relative/path\n\
            0000000000000000: 00000003 00000000 00000000 0001 03 1104 /var/lib/b/s o\n\
            0000000000000000: 00000002 00000000 00000000 0002 01 1105 /opt/a\n";
        assert_eq!(bound(list), ["/opt/a", "/var/lib/b/s o"].map(PathBuf::from));
    }
}
