//! What the tests of this room share: real git repositories in scratch folders.

#![expect(clippy::disallowed_methods, reason = "the tests compare us with git itself")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use super::{FileChange, Patch, RepoLock};
use crate::base::RepoPath;

/// True when there is a git; else says so.
pub(crate) fn git_present() -> bool {
    let present = Command::new("git").arg("--version").output().is_ok();
    if !present {
        println!("skipped: no git");
    }
    present
}

/// Runs git with an empty configuration and returns what it printed.
#[track_caller]
pub(crate) fn git(dir: &Path, args: &[&str]) -> String {
    let out = Command::new("git")
        .args(["-c", "user.name=Ann Example", "-c", "user.email=ann@example.org"])
        .args(["-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always"])
        .args(args)
        .current_dir(dir)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", dir)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CEILING_DIRECTORIES", dir.parent().unwrap())
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "git {args:?}: {}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8(out.stdout).unwrap()
}

/// A root with files, and a state directory beside it.
pub(crate) struct Scratch {
    dir: tempfile::TempDir,
    root: std::path::PathBuf,
    state: std::path::PathBuf,
}

impl Scratch {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        Self::at(tempfile::tempdir().unwrap(), files)
    }

    /// One in memory where the system has such a place: for tests that write a thousand times.
    pub(crate) fn in_memory(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Self::at(dir.unwrap(), files)
    }

    fn at(dir: tempfile::TempDir, files: &[(&str, &str)]) -> Self {
        let top = dir.path().canonicalize().unwrap();
        let scratch = Self { dir, root: top.join("root"), state: top.join("state") };
        std::fs::create_dir_all(&scratch.root).unwrap();
        for (name, text) in files {
            scratch.write(name, text);
        }
        scratch
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn state(&self) -> &Path {
        &self.state
    }

    /// The directory that holds root and state.
    pub(crate) fn top(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn lock(&self) -> RepoLock {
        RepoLock::acquire(&self.state, &self.root).unwrap()
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.root.join(name)).unwrap()
    }

    /// Every file and directory below the root with its mode and contents, `.git` left out.
    pub(crate) fn tree(&self) -> Vec<(String, u32, Option<Vec<u8>>)> {
        let mut all = Vec::new();
        let mut open = vec![self.root.clone()];
        while let Some(dir) = open.pop() {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                let about = std::fs::symlink_metadata(&path).unwrap();
                let name = path.strip_prefix(&self.root).unwrap().to_str().unwrap().to_owned();
                if name == ".git" {
                    continue;
                }
                let contents = about.is_file().then(|| std::fs::read(&path).unwrap());
                if about.is_dir() {
                    open.push(path);
                }
                all.push((name, about.permissions().mode(), contents));
            }
        }
        all.sort();
        all
    }
}

/// A patch from (path, before, after).
pub(crate) fn patch(changes: &[(&str, Option<&str>, Option<&str>)]) -> Patch {
    let bytes = |text: &Option<&str>| text.map(|text| Arc::from(text.as_bytes()));
    Patch::new(changes.iter().map(|(path, before, after)| FileChange {
        path: RepoPath::new(path).unwrap(),
        before: bytes(before),
        after: bytes(after),
    }))
}
