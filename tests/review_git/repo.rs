//! A repository with real git, and slm in its hooks when asked.

use std::path::{Path, PathBuf};

use crate::support::{self, Env, Run};

pub(crate) const CLEAN: &str = "def double(x):\n    return 2 * x\n";
pub(crate) const DEBUG: &str = "def double(x):\n    breakpoint()\n    return 2 * x\n";
pub(crate) const UNDEFINED: &str = "def double(x):\n    return 2 * y_value\n";

pub(crate) struct Repo {
    pub(crate) env: Env,
    pub(crate) dir: PathBuf,
}

impl Repo {
    /// Without a hook; `None` where there is no git.
    pub(crate) fn new() -> Option<Self> {
        if !support::have(&["git"]) {
            return None;
        }
        let mut env = Env::new();
        for (name, value) in [
            ("GIT_AUTHOR_NAME", "Test"),
            ("GIT_AUTHOR_EMAIL", "test@example.invalid"),
            ("GIT_COMMITTER_NAME", "Test"),
            ("GIT_COMMITTER_EMAIL", "test@example.invalid"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_MERGE_AUTOEDIT", "no"),
            ("GIT_EDITOR", "true"),
        ] {
            env.set(name, value);
        }
        let dir = env.project(&[]);
        let repo = Self { env, dir };
        repo.ok(&["init", "-q", "-b", "main"]);
        Some(repo)
    }

    /// With slm in its hook.
    pub(crate) fn hooked() -> Option<Self> {
        let repo = Self::new()?;
        let run = repo.slm(&["hook", "install"]);
        assert_eq!(run.code(), 0, "{run}");
        Some(repo)
    }

    /// With slm in its hook and one commit of a clean `a.py`.
    pub(crate) fn begun() -> Option<Self> {
        let repo = Self::hooked()?;
        repo.stage("a.py", CLEAN);
        repo.passes("start");
        Some(repo)
    }

    pub(crate) fn git_in(&self, dir: &Path, args: &[&str]) -> Run {
        self.env.program("git", args).cwd(dir).run()
    }

    pub(crate) fn git(&self, args: &[&str]) -> Run {
        self.git_in(&self.dir, args)
    }

    #[track_caller]
    pub(crate) fn ok(&self, args: &[&str]) -> Run {
        let run = self.git(args);
        assert_eq!(run.code(), 0, "git {args:?}: {run}");
        run
    }

    pub(crate) fn slm(&self, args: &[&str]) -> Run {
        self.env.slm(args).cwd(&self.dir).run()
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.dir.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn stage(&self, name: &str, text: impl AsRef<[u8]>) {
        self.write(name, text);
        self.ok(&["add", "--", name]);
    }

    pub(crate) fn commit(&self, message: &str) -> Run {
        self.git(&["commit", "-m", message])
    }

    #[track_caller]
    pub(crate) fn passes(&self, message: &str) {
        let run = self.commit(message);
        assert_eq!(run.code(), 0, "{message}: {run}");
    }

    #[track_caller]
    pub(crate) fn is_stopped(&self, message: &str, says: &str) {
        was_stopped(&self.commit(message), says);
    }

    /// Commits whatever is staged without asking any hook.
    #[track_caller]
    pub(crate) fn knowingly(&self, message: &str) {
        self.ok(&["commit", "-q", "--no-verify", "-m", message]);
    }

    /// The user's own configuration.
    pub(crate) fn configure(&self, text: &str) {
        let config = self.env.home().join("config/slm");
        std::fs::create_dir_all(&config).unwrap();
        std::fs::write(config.join("config.toml"), text).unwrap();
    }

    pub(crate) fn commits(&self) -> usize {
        let run = self.git(&["rev-list", "--all", "--count"]);
        run.stdout.trim().parse().unwrap_or(0)
    }
}

/// A commit that slm has stopped, with a word on how to see more.
#[track_caller]
pub(crate) fn was_stopped(run: &Run, says: &str) {
    assert_ne!(run.code(), 0, "{run}");
    assert!(run.stderr.contains(says), "{says}: {run}");
    assert!(run.stderr.contains("slm review --staged"), "the way to see more: {run}");
}
