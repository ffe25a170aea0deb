//! The user's files, reached from an open root, component by component and never through a
//! symbolic link: whatever is swapped in under way, nothing outside the root is read or written.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawMode, Stat};
use rustix::io::Errno;

use super::store::write_all;
use crate::base::RepoPath;
use crate::base::fault;
use crate::base::fs::FileError;

/// The root of the user's files, held open.
#[derive(Debug)]
pub(super) struct Tree {
    root: OwnedFd,
    path: PathBuf,
}

/// A regular file as found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) bytes: Vec<u8>,
    /// Permission bits.
    pub(super) mode: u32,
    file: File,
    about: Metadata,
}

/// What stands in the way of a path.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    #[error(
        "{path} goes through the symbolic link {link}: slm does not follow links. \
         Name the file by its real path"
    )]
    Link { path: RepoPath, link: String },
    #[error("{path} is {what}, not a regular file: slm leaves it alone")]
    NotRegular { path: RepoPath, what: &'static str },
    #[error(
        "{path} lies in {boundary}, which is a repository of its own (a submodule?): \
         run slm inside {boundary}"
    )]
    OtherRepository { path: RepoPath, boundary: String },
    #[error("{path} is read-only: make it writable (chmod u+w) if it should be changed")]
    ReadOnly { path: RepoPath },
    #[error(transparent)]
    File(#[from] FileError),
}

/// A directory on the way, and the name in it.
struct Place<'p> {
    dir: OwnedFd,
    name: &'p str,
}

const OPEN_DIR: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

impl Tree {
    /// Opens the directory `root`.
    pub(super) fn open(root: &Path) -> Result<Self, TreeError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(root, flags, Mode::empty()).map_err(|errno| FileError {
            verb: "open",
            path: root.to_owned(),
            source: errno.into(),
        })?;
        Ok(Self { root: fd, path: root.to_owned() })
    }

    fn error(
        &self,
        verb: &'static str,
        path: &RepoPath,
        source: impl Into<io::Error>,
    ) -> TreeError {
        FileError { verb, path: path.to_path(&self.path), source: source.into() }.into()
    }

    /// The directory of `path`; `None` when it does not exist.
    fn place<'p>(&self, path: &'p RepoPath) -> Result<Option<Place<'p>>, TreeError> {
        let fail = |source: Errno| self.error("open the directory of", path, source);
        let mut dir = self.root.try_clone().map_err(|error| self.error("open", path, error))?;
        let mut walked = String::new();
        let name = path.file_name();
        for part in path.parent().split('/').filter(|part| !part.is_empty()) {
            if !walked.is_empty() {
                walked.push('/');
            }
            walked.push_str(part);
            dir = match rustix::fs::openat(&dir, part, OPEN_DIR, Mode::empty()) {
                Ok(next) => next,
                Err(Errno::NOENT) => return Ok(None),
                // Which of the two a link gives depends on the system.
                Err(errno @ (Errno::LOOP | Errno::NOTDIR)) => {
                    let stat = rustix::fs::statat(&dir, part, AtFlags::SYMLINK_NOFOLLOW);
                    let kind = stat.map(|stat| FileType::from_raw_mode(stat.st_mode as RawMode));
                    return Err(if kind == Ok(FileType::Symlink) {
                        TreeError::Link { path: path.clone(), link: walked }
                    } else {
                        fail(errno)
                    });
                }
                Err(errno) => return Err(fail(errno)),
            };
            if rustix::fs::statat(&dir, ".git", AtFlags::SYMLINK_NOFOLLOW).is_ok() {
                return Err(TreeError::OtherRepository { path: path.clone(), boundary: walked });
            }
        }
        Ok(Some(Place { dir, name }))
    }

    fn existing_place<'p>(&self, path: &'p RepoPath) -> Result<Place<'p>, TreeError> {
        self.place(path)?.ok_or_else(|| self.error("open the directory of", path, Errno::NOENT))
    }

    /// Reads `path`; `None` when there is nothing of that name.
    pub(super) fn read(&self, path: &RepoPath) -> Result<Option<Found>, TreeError> {
        let Some(place) = self.place(path)? else { return Ok(None) };
        let fail = |source: Errno| self.error("read", path, source);
        // Looked at before it is opened: opening a device can act on it.
        let stat = match rustix::fs::statat(&place.dir, place.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(fail(errno)),
        };
        only_regular(path, &stat)?;
        // Not blocking, in case a FIFO took the file's place just now.
        let flags =
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let fd = match rustix::fs::openat(&place.dir, place.name, flags, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(fail(errno)),
        };
        let mut file = File::from(fd);
        let fail = |error: io::Error| self.error("read", path, error);
        let about = file.metadata().map_err(fail)?;
        if !about.is_file() {
            return Err(TreeError::NotRegular { path: path.clone(), what: "no longer a file" });
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(fail)?;
        Ok(Some(Found { bytes, mode: about.mode() & 0o7777, file, about }))
    }

    /// The directories that are missing on the way to `path`, outermost first.
    pub(super) fn missing_dirs(&self, path: &RepoPath) -> Result<Vec<String>, TreeError> {
        let mut missing = Vec::new();
        let mut dir = path.parent();
        while !dir.is_empty() {
            // Any name below `dir` serves to ask whether it can be entered.
            let probe = RepoPath::new(&format!("{dir}/x"))
                .map_err(|error| self.error("open", path, io::Error::other(error)))?;
            if self.place(&probe)?.is_some() {
                break;
            }
            missing.push(dir.to_owned());
            dir = dir.rsplit_once('/').map_or("", |(up, _)| up);
        }
        missing.reverse();
        Ok(missing)
    }

    /// Makes one directory whose parent exists.
    pub(super) fn make_dir(&self, dir: &RepoPath) -> Result<(), TreeError> {
        let place = self.existing_place(dir)?;
        fault::point("mkdir").map_err(|error| self.error("create the directory", dir, error))?;
        match rustix::fs::mkdirat(&place.dir, place.name, Mode::from_raw_mode(0o777)) {
            Ok(()) | Err(Errno::EXIST) => Ok(()),
            Err(errno) => Err(self.error("create the directory", dir, errno)),
        }
    }

    /// Removes a directory if it is empty, and says nothing otherwise.
    pub(super) fn remove_empty_dir(&self, dir: &RepoPath) {
        if let Ok(Some(place)) = self.place(dir) {
            let _ = rustix::fs::unlinkat(&place.dir, place.name, AtFlags::REMOVEDIR);
        }
    }

    /// Writes `bytes` durably to the new file `temporary` beside `path`.
    ///
    /// It gets the permissions, and where the system allows the owner and extended attributes, of
    /// `like`; without one `mode`, and without that those of any new file.
    pub(super) fn stage(
        &self,
        path: &RepoPath,
        temporary: &str,
        bytes: &[u8],
        like: Option<&Found>,
        mode: Option<u32>,
    ) -> Result<(), TreeError> {
        let place = self.existing_place(path)?;
        let stage = || {
            fault::point("open")?;
            let flags =
                OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let shared = like.is_none() && mode.is_none();
            let initial = Mode::from_raw_mode(if shared { 0o666 } else { 0o600 });
            let fd = rustix::fs::openat(&place.dir, temporary, flags, initial)?;
            let mut file = File::from(fd);
            write_all(&mut file, bytes)?;
            fault::point("chmod")?;
            dress(&file, like, mode)?;
            fault::sync(|| file.sync_all())
        };
        stage().map_err(|error| self.error("write beside", path, error))
    }

    /// Puts the staged file in the place of an existing one.
    pub(super) fn replace(&self, path: &RepoPath, temporary: &str) -> Result<(), TreeError> {
        let place = self.existing_place(path)?;
        let fail = |error: io::Error| self.error("replace", path, error);
        fault::point("rename").map_err(fail)?;
        rustix::fs::renameat(&place.dir, temporary, &place.dir, place.name)
            .map_err(|errno| fail(errno.into()))
    }

    /// Puts the staged file where there is none; fails when one has appeared.
    pub(super) fn create(&self, path: &RepoPath, temporary: &str) -> Result<(), TreeError> {
        let place = self.existing_place(path)?;
        let fail = |error: io::Error| self.error("create", path, error);
        fault::point("rename").map_err(fail)?;
        rename_new(&place.dir, temporary, place.name).map_err(|errno| fail(errno.into()))
    }

    /// Removes the file `path`; fine when it is gone already.
    pub(super) fn remove(&self, path: &RepoPath) -> Result<(), TreeError> {
        self.remove_beside(path, path.file_name())
    }

    /// Removes the file `name` in the directory of `path`; fine when it is gone already.
    pub(super) fn remove_beside(&self, path: &RepoPath, name: &str) -> Result<(), TreeError> {
        let Some(place) = self.place(path)? else { return Ok(()) };
        fault::point("unlink").map_err(|error| self.error("remove", path, error))?;
        match rustix::fs::unlinkat(&place.dir, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(self.error("remove", path, errno)),
        }
    }

    /// Makes the names in the directory of `path` durable.
    pub(super) fn sync_dir_of(&self, path: &RepoPath) -> Result<(), TreeError> {
        let Some(place) = self.place(path)? else { return Ok(()) };
        fault::sync(|| Ok(rustix::fs::fsync(&place.dir)?))
            .map_err(|error| self.error("sync the directory of", path, error))
    }
}

fn only_regular(path: &RepoPath, stat: &Stat) -> Result<(), TreeError> {
    let what = match FileType::from_raw_mode(stat.st_mode as RawMode) {
        FileType::RegularFile => return Ok(()),
        FileType::Symlink => {
            return Err(TreeError::Link { path: path.clone(), link: path.as_str().to_owned() });
        }
        FileType::Directory => "a directory",
        FileType::Fifo => "a FIFO",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        FileType::Unknown => "of unknown type",
    };
    Err(TreeError::NotRegular { path: path.clone(), what })
}

/// Gives a new file the looks of the one it replaces.
fn dress(file: &File, like: Option<&Found>, mode: Option<u32>) -> io::Result<()> {
    let Some(mut mode) = like.map(|found| found.mode).or(mode) else { return Ok(()) };
    if let Some(like) = like {
        let own = file.metadata()?;
        if (own.uid(), own.gid()) != (like.about.uid(), like.about.gid()) {
            let owner = Some(rustix::fs::Uid::from_raw(like.about.uid()));
            let group = Some(rustix::fs::Gid::from_raw(like.about.gid()));
            // Only root may give a file away; its group we may keep where we are a member.
            let given = rustix::fs::fchown(file, owner, group)
                .or_else(|_| rustix::fs::fchown(file, None, group));
            if given.is_err() {
                // Never lend somebody's set-user-id bit to another owner's file.
                mode &= 0o777;
            }
        }
        copy_attributes(&like.file, file);
    }
    Ok(rustix::fs::fchmod(file, Mode::from_raw_mode(mode as RawMode))?)
}

/// Copies extended attributes (labels, access lists) where the system lets us: a file system
/// without them is no reason to fail.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn copy_attributes(from: &File, to: &File) {
    use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fsetxattr};
    let mut names = vec![0u8; 1 << 14];
    let Ok(length) = flistxattr(from, names.as_mut_slice()) else { return };
    let mut value = vec![0u8; 1 << 16];
    for name in names[..length].split(|&byte| byte == 0).filter(|name| !name.is_empty()) {
        // These vouch for the old contents.
        if name == b"security.ima" || name == b"security.evm" || name == b"security.capability" {
            continue;
        }
        if let Ok(length) = fgetxattr(from, name, value.as_mut_slice()) {
            let _ = fsetxattr(to, name, &value[..length], XattrFlags::empty());
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn copy_attributes(_: &File, _: &File) {}

/// Renames only where nothing is replaced, atomically where the system can.
fn rename_new(dir: &OwnedFd, from: &str, to: &str) -> rustix::io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    match rustix::fs::renameat_with(dir, from, dir, to, rustix::fs::RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
        result => return result,
    }
    match rustix::fs::statat(dir, to, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => rustix::fs::renameat(dir, from, dir, to),
        Err(errno) => Err(errno),
        Ok(_) => Err(Errno::EXIST),
    }
}
