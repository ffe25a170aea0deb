//! What the tests of this room share: real git repositories in scratch folders.

#![expect(clippy::disallowed_methods, reason = "the tests compare us with git itself")]

use std::path::Path;
use std::process::Command;

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
