//! Where the keeper listens: a socket in a directory that only its user can enter.

use std::fs::{DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use super::Identity;

/// Longest path of a socket in bytes, without its NUL (`sun_path` of unix(7)).
const MAX_PATH: usize = 107;

/// The socket of one build of slm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    socket: PathBuf,
}

impl Place {
    /// The place for `identity` below `runtime` (`$XDG_RUNTIME_DIR`) when that is the user's alone,
    /// else below `temporary`.
    ///
    /// # Errors
    /// Why there is none that could be trusted, for people.
    pub fn find(
        runtime: Option<&Path>,
        temporary: &Path,
        identity: &Identity,
    ) -> Result<Self, String> {
        Self::at(directory(runtime, temporary)?.join(identity.file_name()))
    }

    /// The place of this socket.
    ///
    /// # Errors
    /// A directory that others can enter, a path that is too long.
    pub fn at(socket: PathBuf) -> Result<Self, String> {
        private(socket.parent().unwrap_or(Path::new("/")))?;
        if socket.as_os_str().len() > MAX_PATH {
            return Err(format!("{} is too long for a socket", socket.display()));
        }
        Ok(Self { socket })
    }

    /// The socket's path.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The lock that a keeper holds for as long as it lives. Its file stays: removing it would let
    /// two keepers hold locks on two files of one name.
    pub(super) fn lock(&self) -> std::io::Result<File> {
        let path = self.socket.with_extension("lock");
        File::options().read(true).write(true).create(true).truncate(false).open(path)
    }
}

/// The directory for sockets, made when it is missing; to be hidden from checked commands.
///
/// # Errors
/// Why there is none that could be trusted, for people.
pub fn directory(runtime: Option<&Path>, temporary: &Path) -> Result<PathBuf, String> {
    let dir = match runtime.filter(|dir| private(dir).is_ok()) {
        Some(dir) => dir.join("slm"),
        None => temporary.join(format!("slm-{}", user())),
    };
    // Fails when it is there; whose it is then is what counts.
    let _ = DirBuilder::new().mode(0o700).create(&dir);
    private(&dir)?;
    Ok(dir)
}

/// Whether `dir` is a directory, no link, that its user alone can enter.
fn private(dir: &Path) -> Result<(), String> {
    let about = dir.symlink_metadata().map_err(|e| format!("{}: {e}", dir.display()))?;
    let problem = if !about.is_dir() {
        "is no directory"
    } else if about.uid() != user() {
        "belongs to another user"
    } else if about.mode() & 0o077 != 0 {
        "can be entered by others: take their rights away with chmod 700"
    } else {
        return Ok(());
    };
    Err(format!("{} {problem}", dir.display()))
}

pub(super) fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(dir: &Path, mode: u32) {
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_directory_that_others_can_enter_or_that_is_a_link_is_refused() {
        let top = tempfile::tempdir().unwrap();
        let (runtime, temporary) = (top.path().join("run"), top.path().join("tmp"));
        for dir in [&runtime, &temporary] {
            std::fs::create_dir(dir).unwrap();
            mode(dir, 0o700);
        }
        let find = || directory(Some(&runtime), &temporary);
        let own = runtime.join("slm");
        assert_eq!(find().unwrap(), own);
        assert_eq!(own.metadata().unwrap().mode() & 0o777, 0o700);
        assert_eq!(find().unwrap(), own, "the second time");

        mode(&own, 0o750);
        assert!(find().unwrap_err().contains("chmod 700"), "{:?}", find());
        std::fs::rename(&own, runtime.join("real")).unwrap();
        mode(&runtime.join("real"), 0o700);
        symlink(runtime.join("real"), &own).unwrap();
        assert!(find().unwrap_err().contains("is no directory"), "{:?}", find());
        // Root's, as a rule: nobody else's can be made here.
        if user() != 0 {
            assert!(private(Path::new("/proc/1")).unwrap_err().contains("another user"));
        }

        mode(&runtime, 0o755);
        assert_eq!(find().unwrap(), temporary.join(format!("slm-{}", user())));
        assert_eq!(directory(None, &temporary), find());
    }

    #[test]
    fn a_socket_has_a_short_path_and_a_lock_beside_it() {
        let top = tempfile::tempdir().unwrap();
        mode(top.path(), 0o700);
        let place = Place::at(top.path().join("keeper-1.sock")).unwrap();
        place.lock().unwrap();
        assert!(top.path().join("keeper-1.lock").exists());
        let long = "x".repeat(MAX_PATH);
        assert!(Place::at(top.path().join(long)).unwrap_err().contains("too long"));
    }
}
