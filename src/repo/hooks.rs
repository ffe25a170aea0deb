//! The hooks of a repository: where git looks for them, and the few files that slm puts there.
//!
//! The only writer below a git directory, and only when the user has asked for it by name.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use git2::{Config, ConfigLevel, Repository};

use crate::base::fs::{FileError, PathContext as _};

/// Where the hooks of a repository lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookPlace {
    pub root: PathBuf,
    /// The directory that git runs hooks from.
    pub directory: PathBuf,
    /// `core.hooksPath`, wherever it is configured.
    pub hooks_path: Option<String>,
    pub bare: bool,
    pub linked_worktree: bool,
    pub submodule: bool,
}

/// Why hooks cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    #[error("{} is no git repository", path.display())]
    NoRepository { path: PathBuf },
    #[error("git's configuration of {} cannot be changed: {}", path.display(), source.message())]
    Config {
        path: PathBuf,
        #[source]
        source: git2::Error,
    },
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{} is there already and is left alone", path.display())]
    InTheWay { path: PathBuf },
}

/// Where the hooks of the repository at `root` lie.
///
/// # Errors
/// No repository.
pub fn place(root: &Path) -> Result<HookPlace, HookError> {
    let repository = open(root)?;
    let config = repository.config().ok();
    let hooks_path = config
        .and_then(|config| config.get_path("core.hooksPath").ok())
        .map(|path| path.display().to_string());
    let directory = match &hooks_path {
        Some(path) => root.join(path),
        None => repository.commondir().join("hooks"),
    };
    let git = repository.path().display().to_string();
    Ok(HookPlace {
        root: root.to_owned(),
        directory,
        hooks_path,
        bare: repository.is_bare(),
        linked_worktree: repository.is_worktree(),
        submodule: git.contains("/modules/"),
    })
}

/// The command that git's own configuration has for slm at a stage.
pub fn configured(root: &Path, stage: &str) -> Option<String> {
    let config = open(root).ok()?.config().ok()?;
    config.get_string(&format!("hook.slm-{stage}.command")).ok()
}

/// Sets values in the configuration of this clone alone.
///
/// # Errors
/// A configuration that cannot be written.
pub fn configure(root: &Path, values: &[(String, String)]) -> Result<(), HookError> {
    let fail = |source| HookError::Config { path: root.to_owned(), source };
    let mut config = local(root)?;
    for (key, value) in values {
        config.set_str(key, value).map_err(fail)?;
    }
    Ok(())
}

/// Takes values out of it.
///
/// # Errors
/// As [`configure`].
pub fn unset(root: &Path, keys: &[String]) -> Result<(), HookError> {
    let fail = |source| HookError::Config { path: root.to_owned(), source };
    let mut config = local(root)?;
    for key in keys {
        match config.remove_multivar(key, ".*") {
            Err(error) if error.code() != git2::ErrorCode::NotFound => return Err(fail(error)),
            _ => {}
        }
    }
    Ok(())
}

/// Writes a script that is not there, or replaces one of ours.
///
/// # Errors
/// A directory that cannot be written.
pub fn write_script(path: &Path, text: &str) -> Result<(), HookError> {
    let beside = path.with_extension("slm-new");
    if let Some(directory) = path.parent() {
        crate::base::fs::create_dir_all(directory)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o755).custom_flags(libc::O_NOFOLLOW);
    let mut file = options.open(&beside).path("write", &beside)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).path("write", &beside)?;
    std::fs::rename(&beside, path).path("write", path)?;
    Ok(())
}

/// Renames the script that is there, then writes ours.
///
/// # Errors
/// As [`write_script`]; something at the new name.
pub fn chain(path: &Path, renamed: &Path, text: &str) -> Result<(), HookError> {
    // A hard link fails where a name is taken; a rename would overwrite it.
    std::fs::hard_link(path, renamed).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => HookError::InTheWay { path: renamed.to_owned() },
        _ => FileError { verb: "rename", path: path.to_owned(), source: error }.into(),
    })?;
    write_script(path, text)
}

/// Removes our script, and puts back what was there before it.
///
/// # Errors
/// A directory that cannot be written.
pub fn remove(path: &Path, before: Option<&Path>) -> Result<(), HookError> {
    match before {
        Some(before) => std::fs::rename(before, path).path("put back", before)?,
        None => std::fs::remove_file(path).path("remove", path)?,
    }
    Ok(())
}

fn open(root: &Path) -> Result<Repository, HookError> {
    Repository::open(root).map_err(|_| HookError::NoRepository { path: root.to_owned() })
}

fn local(root: &Path) -> Result<Config, HookError> {
    let fail = |source| HookError::Config { path: root.to_owned(), source };
    let config = open(root)?.config().map_err(fail)?;
    config.open_level(ConfigLevel::Local).map_err(fail)
}
