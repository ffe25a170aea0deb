//! slm beside the real managers of hooks: pre-commit, husky and lefthook, as their own tools install them.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]

mod support;

use std::path::{Path, PathBuf};

use support::{Env, Run};

const CLEAN: &str = "def double(x):\n    return 2 * x\n";
const DEBUG: &str = "def double(x):\n    breakpoint()\n    return 2 * x\n";

struct Repo {
    env: Env,
    dir: PathBuf,
    /// Where programs are looked for, slm's own directory first.
    path: String,
}

impl Repo {
    fn new() -> Self {
        let env = Env::new();
        let dir = env.project(&[]);
        let slm = Path::new(env!("CARGO_BIN_EXE_slm")).parent().unwrap().display().to_string();
        let tools = support::test_env();
        let tools = [tools.join("bin"), tools.join("js/node_modules/.bin")];
        let tools = tools.map(|path| path.display().to_string()).join(":");
        let usual = std::env::var("PATH").unwrap_or_default();
        let repo = Self { path: format!("{slm}:{tools}:{usual}"), env, dir };
        repo.ok("git", &["init", "-q", "-b", "main"]);
        repo
    }

    fn run(&self, program: &str, args: &[&str]) -> Run {
        let mut run = self.env.program(program, args).cwd(&self.dir).env("PATH", &self.path);
        for (name, value) in [
            ("GIT_AUTHOR_NAME", "Test"),
            ("GIT_AUTHOR_EMAIL", "test@example.invalid"),
            ("GIT_COMMITTER_NAME", "Test"),
            ("GIT_COMMITTER_EMAIL", "test@example.invalid"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            // lefthook and pre-commit ask nobody for news.
            ("LEFTHOOK_VERBOSE", "0"),
            ("CI", ""),
        ] {
            run = run.env(name, value);
        }
        run.run()
    }

    #[track_caller]
    fn ok(&self, program: &str, args: &[&str]) -> Run {
        let run = self.run(program, args);
        assert_eq!(run.code(), 0, "{program} {args:?}: {run}");
        run
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.dir.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A clean commit passes, one that leaves a breakpoint is stopped by slm.
    #[track_caller]
    fn guards(&self) {
        self.write("a.py", CLEAN);
        self.ok("git", &["add", "-A"]);
        self.ok("git", &["commit", "-qm", "clean"]);
        self.write("a.py", DEBUG);
        self.ok("git", &["add", "-A"]);
        let run = self.run("git", &["commit", "-qm", "leftover"]);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(run.code() != 0 && said.contains("breakpoint"), "{run}");
    }

    /// What `slm hook install` says is to be added to a file.
    fn snippet(&self, manager: &str) -> String {
        let run = self.run("slm", &["hook", "install"]);
        assert!(run.code() == 1 && run.stdout.contains(manager), "{run}");
        let (_, snippet) = run.stdout.split_once("\n\n").unwrap();
        snippet.to_owned()
    }
}

#[test]
fn pre_commit_runs_slm_from_this_repository_and_from_a_snippet() {
    if !support::have(&["git", "pre-commit"]) {
        return;
    }
    let repo = Repo::new();
    // The framework clones the repository that a configuration names, at a revision.
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml");
    let source = repo.env.root().join("slm-hooks");
    std::fs::create_dir_all(&source).unwrap();
    std::fs::copy(own, source.join(".pre-commit-hooks.yaml")).unwrap();
    let at = source.to_str().unwrap().to_owned();
    for args in [&["init", "-q"][..], &["add", "-A"], &["commit", "-qm", "hooks"]] {
        repo.ok("git", &[&["-C", &at], args].concat());
    }
    let revision = repo.ok("git", &["-C", &at, "rev-parse", "HEAD"]).stdout;
    repo.write(
        ".pre-commit-config.yaml",
        &format!(
            "repos:\n  - repo: {at}\n    rev: {}\n    hooks:\n      - id: slm-review\n",
            revision.trim()
        ),
    );
    repo.ok("pre-commit", &["install"]);
    repo.guards();

    let other = Repo::new();
    other.write(".pre-commit-config.yaml", "repos: []\n");
    other.ok("pre-commit", &["install"]);
    let snippet = other.snippet("pre-commit");
    other.write(".pre-commit-config.yaml", &format!("repos:\n{snippet}"));
    other.guards();
}

#[test]
fn husky_runs_slm() {
    if !support::have(&["git", "node", "husky"]) {
        return;
    }
    let repo = Repo::new();
    repo.write("package.json", "{\"name\": \"x\", \"private\": true}\n");
    repo.ok("husky", &[]);
    repo.write(".husky/pre-commit", "");
    let snippet = repo.snippet("husky");
    repo.write(".husky/pre-commit", &snippet);
    repo.guards();
    let path = repo.ok("git", &["config", "core.hooksPath"]).stdout;
    assert_eq!(path.trim(), ".husky/_", "as husky has set it");
}

#[test]
fn lefthook_runs_slm() {
    if !support::have(&["git", "lefthook"]) {
        return;
    }
    let repo = Repo::new();
    repo.write("lefthook.yml", "{}\n");
    repo.ok("lefthook", &["install"]);
    let snippet = repo.snippet("lefthook");
    repo.write("lefthook.yml", &snippet);
    repo.ok("lefthook", &["install"]);
    repo.guards();
}
