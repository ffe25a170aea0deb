//! What the store does to the disk, in steps that a test can interrupt.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use super::error::StoreError;
use crate::base::fault;
use crate::base::fs::{FileError, PathContext as _};

/// Free bytes that are left alone: the list itself must always fit.
const SPARE: u64 = 1 << 20;

/// Writes a file so that after a crash it is the old one or the new one, whole.
pub(super) fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let temporary = path.with_extension("new");
    let write = || {
        fault::point("open")?;
        let mut options = OpenOptions::new();
        let mut file =
            options.write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        let (first, second) = bytes.split_at(bytes.len() / 2);
        fault::point("write")?;
        file.write_all(first)?;
        fault::point("write")?;
        file.write_all(second)?;
        fault::sync(|| file.sync_all())
    };
    let moved = write().path("write", &temporary).and_then(|()| rename(&temporary, path));
    if moved.is_err() {
        // It is in nobody's way, and the next one truncates it.
        let _ = std::fs::remove_file(&temporary);
    }
    moved
}

pub(super) fn rename(from: &Path, to: &Path) -> Result<(), FileError> {
    fault::point("rename").and_then(|()| std::fs::rename(from, to)).path("move a file to", to)
}

/// Makes the names in a directory durable.
pub(super) fn sync_dir(path: &Path) -> Result<(), FileError> {
    fault::sync(|| File::open(path)?.sync_all()).path("sync", path)
}

/// Makes a file's contents durable and read-only.
pub(super) fn seal_off(file: &File, path: &Path) -> Result<(), FileError> {
    let close = || {
        fault::point("chmod")?;
        file.set_permissions(std::fs::Permissions::from_mode(0o400))?;
        fault::sync(|| file.sync_all())
    };
    close().path("write", path)
}

/// Removes a file that may be gone already.
pub(in crate::models) fn remove(path: &Path) -> Result<(), FileError> {
    match fault::point("unlink").and_then(|()| std::fs::remove_file(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).path("remove", path),
        _ => Ok(()),
    }
}

/// A directory, readable by its owner alone; made when missing.
pub(super) fn private_dir(path: &Path) -> Result<(), StoreError> {
    if !path.exists() {
        let make = || {
            fault::point("mkdir")?;
            DirBuilder::new().recursive(true).mode(0o700).create(path)
        };
        make().path("create the directory", path)?;
    }
    ensure_private(path)
}

/// That a directory is the user's own, and nobody else can write into it.
pub(in crate::models) fn ensure_private(path: &Path) -> Result<(), StoreError> {
    let about = path.metadata().path("read", path)?;
    let why = if !about.is_dir() {
        "it is no directory"
    } else if about.uid() != rustix::process::geteuid().as_raw() {
        "it belongs to somebody else"
    } else if about.mode() & 0o022 != 0 {
        "others may write into it: `chmod go-w` changes that"
    } else {
        return Ok(());
    };
    Err(StoreError::NotPrivate { path: path.to_owned(), why })
}

/// A regular file, opened without waiting for anybody; a link is followed only on demand.
pub(in crate::models) fn open_regular(path: &Path, links: Links) -> Result<File, StoreError> {
    let mut flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    if links == Links::Refuse {
        flags |= OFlags::NOFOLLOW;
    }
    let opened = rustix::fs::open(path, flags, Mode::empty());
    let file = File::from(opened.map_err(io::Error::from).path("open", path)?);
    if file.metadata().path("read", path)?.is_file() {
        return Ok(file);
    }
    Err(StoreError::NotAFile { path: path.to_owned() })
}

/// What becomes of a symbolic link where a file is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::models) enum Links {
    Follow,
    Refuse,
}

/// A new file in a directory, readable by its owner alone, under a name that nobody has.
pub(in crate::models) fn new_file(dir: &Path, kind: &str) -> Result<(PathBuf, File), FileError> {
    let mut number = 0_u32;
    loop {
        let path = dir.join(format!("{kind}-{}-{number}", std::process::id()));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(0o600);
        match fault::point("open").and_then(|()| options.open(&path)) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error).path("create", &path),
        }
    }
}

/// That a directory's file system has room for so many bytes.
pub(in crate::models) fn ensure_space(dir: &Path, need: u64) -> Result<(), StoreError> {
    let about = rustix::fs::statvfs(dir).map_err(io::Error::from).path("read", dir)?;
    // Some file systems in user space do not say.
    if about.f_blocks == 0 {
        return Ok(());
    }
    let free = about.f_bavail.saturating_mul(about.f_frsize);
    if free < need.saturating_add(SPARE) {
        return Err(StoreError::NoSpace { dir: dir.to_owned(), need, free });
    }
    Ok(())
}
