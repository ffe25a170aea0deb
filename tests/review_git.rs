//! `slm review` and `slm hook` on real git: what a commit, a merge, a rename or a worktree brings, and hooks beside
//! other hooks.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]

mod support;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use support::{Env, Run};

const CLEAN: &str = "def double(x):\n    return 2 * x\n";
const DEBUG: &str = "def double(x):\n    breakpoint()\n    return 2 * x\n";
const UNDEFINED: &str = "def double(x):\n    return 2 * y_value\n";

/// A repository with real git, and slm in its hooks when asked.
struct Repo {
    env: Env,
    dir: PathBuf,
}

impl Repo {
    fn new() -> Option<Self> {
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
        ] {
            env.set(name, value);
        }
        let dir = env.project(&[]);
        let repo = Self { env, dir };
        repo.ok(&["init", "-q", "-b", "main"]);
        Some(repo)
    }

    fn hooked() -> Option<Self> {
        let repo = Self::new()?;
        let run = repo.slm(&["hook", "install"]);
        assert_eq!(run.code(), 0, "{run}");
        Some(repo)
    }

    fn git_in(&self, dir: &Path, args: &[&str]) -> Run {
        self.env.program("git", args).cwd(dir).run()
    }

    fn git(&self, args: &[&str]) -> Run {
        self.git_in(&self.dir, args)
    }

    #[track_caller]
    fn ok(&self, args: &[&str]) -> Run {
        let run = self.git(args);
        assert_eq!(run.code(), 0, "git {args:?}: {run}");
        run
    }

    fn slm(&self, args: &[&str]) -> Run {
        self.env.slm(args).cwd(&self.dir).run()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.dir.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn stage(&self, name: &str, text: &str) {
        self.write(name, text);
        self.ok(&["add", "--", name]);
    }

    fn commit(&self, message: &str) -> Run {
        self.git(&["commit", "-m", message])
    }

    #[track_caller]
    fn passes(&self, message: &str) {
        let run = self.commit(message);
        assert_eq!(run.code(), 0, "{message}: {run}");
    }

    #[track_caller]
    fn is_stopped(&self, message: &str, says: &str) {
        let run = self.commit(message);
        assert_ne!(run.code(), 0, "{message}: {run}");
        assert!(run.stderr.contains(says), "{message}: {run}");
        assert!(run.stderr.contains("slm review --staged"), "the way to see more: {run}");
    }

    fn commits(&self) -> usize {
        let run = self.git(&["rev-list", "--all", "--count"]);
        run.stdout.trim().parse().unwrap_or(0)
    }
}

#[test]
fn commits_first_later_partial_amended_and_empty() {
    let Some(repo) = Repo::hooked() else { return };
    // The first commit of all has nothing to be compared with.
    repo.stage("a.py", DEBUG);
    repo.is_stopped("first", "breakpoint");
    repo.stage("a.py", CLEAN);
    repo.passes("first");
    repo.stage("a.py", UNDEFINED);
    repo.is_stopped("undefined", "y_value");
    // What is staged counts, whatever the work tree has.
    repo.stage("a.py", &CLEAN.replace('2', "3"));
    repo.write("a.py", DEBUG);
    repo.passes("staged in part, the rest is not looked at");
    repo.ok(&["add", "a.py"]);
    repo.write("a.py", CLEAN);
    repo.is_stopped("staged in part, the other way", "breakpoint");
    repo.ok(&["add", "a.py"]);
    repo.passes("mended");
    // An old fault is nobody's new one.
    repo.stage("old.py", DEBUG);
    repo.ok(&["commit", "--no-verify", "-m", "knowingly"]);
    repo.stage("old.py", &format!("{DEBUG}\n\ndef other():\n    return 1\n"));
    repo.passes("beside an old fault");
    repo.stage("b.py", CLEAN);
    repo.ok(&["commit", "--amend", "--no-edit"]);
    repo.stage("b.py", UNDEFINED);
    assert_ne!(repo.git(&["commit", "--amend", "--no-edit"]).code(), 0, "amended");
    repo.ok(&["reset", "-q", "--hard"]);
    repo.ok(&["commit", "--allow-empty", "-m", "nothing"]);
}

#[test]
fn ways_around_are_there() {
    let Some(repo) = Repo::hooked() else { return };
    repo.stage("a.py", DEBUG);
    repo.is_stopped("stopped", "breakpoint");
    let skipped = repo.env.program("git", ["commit", "-m", "skipped"]).env("SLM_SKIP", "1");
    assert_eq!(skipped.cwd(&repo.dir).run().code(), 0);
    repo.stage("b.py", DEBUG);
    assert_eq!(repo.git(&["commit", "--no-verify", "-m", "not verified"]).code(), 0);
    repo.stage("c.py", "breakpoint()  # slm:ignore debugger\n");
    repo.passes("silenced on its line");
}

#[test]
fn renames_removals_modes_links_and_odd_names() {
    let Some(repo) = Repo::hooked() else { return };
    repo.stage("a.py", DEBUG);
    repo.stage("pkg/__init__.py", "");
    repo.stage("pkg/b.py", "from .prices import f\n\nprint(f())\n");
    repo.stage("pkg/prices.py", "def f():\n    return 1\n");
    repo.ok(&["commit", "--no-verify", "-m", "start"]);
    repo.ok(&["mv", "a.py", "renamed file.py"]);
    repo.passes("a renamed file brings nothing new");
    repo.ok(&["rm", "-q", "pkg/prices.py"]);
    repo.is_stopped("removed, and still imported", "pkg/b.py");
    repo.ok(&["rm", "-q", "pkg/b.py"]);
    repo.passes("removed with its user");
    repo.stage("with\nline feed.py", DEBUG);
    repo.is_stopped("an odd name", "with\\nline feed.py");
    repo.stage("with\nline feed.py", CLEAN);
    repo.stage(" leading and \"quotes\".py", CLEAN);
    repo.stage("ünï.py", CLEAN);
    repo.passes("odd names");
    let script = repo.dir.join("ünï.py");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    repo.ok(&["add", "."]);
    repo.passes("only a mode");
    std::os::unix::fs::symlink("nowhere", repo.dir.join("link.py")).unwrap();
    repo.ok(&["add", "."]);
    repo.passes("a link to nothing");
    std::fs::remove_file(repo.dir.join("link.py")).unwrap();
    repo.stage("link.py", CLEAN);
    repo.passes("a link becomes a file");
    std::fs::write(repo.dir.join("data.bin"), [0, 159, 146, 150]).unwrap();
    std::fs::write(repo.dir.join("latin.py"), b"# caf\xe9\n").unwrap();
    repo.ok(&["add", "."]);
    repo.passes("no text, no UTF-8");
}

#[test]
fn merges_with_and_without_conflicts() {
    let Some(repo) = Repo::hooked() else { return };
    repo.stage("a.py", CLEAN);
    repo.passes("start");
    repo.ok(&["checkout", "-q", "-b", "side"]);
    repo.stage("a.py", &CLEAN.replace("2 * x", "x + x"));
    repo.stage("side.py", CLEAN);
    repo.passes("side");
    repo.ok(&["checkout", "-q", "main"]);
    repo.stage("main.py", CLEAN);
    repo.passes("main");
    repo.ok(&["merge", "-q", "--no-ff", "side"]);
    repo.ok(&["checkout", "-q", "-b", "other", "HEAD~1"]);
    repo.stage("a.py", &CLEAN.replace("2 * x", "x * 2"));
    repo.passes("other");
    assert_ne!(repo.git(&["merge", "-q", "main"]).code(), 0, "there is a conflict");
    repo.ok(&["add", "a.py"]);
    repo.is_stopped("merged with its markers", "marker");
    repo.stage("a.py", CLEAN);
    repo.passes("resolved");
    repo.stage("picked.py", UNDEFINED);
    repo.ok(&["commit", "--no-verify", "-qm", "bad"]);
    repo.ok(&["checkout", "-q", "main"]);
    // The index is what a cherry-pick leaves; hooks of it run at its commit.
    let picked = repo.git(&["cherry-pick", "--no-commit", "other"]);
    assert_eq!(picked.code(), 0, "{picked}");
    repo.is_stopped("picked", "y_value");
}

#[test]
fn worktrees_submodules_and_directories_below() {
    let Some(repo) = Repo::hooked() else { return };
    repo.stage("pkg/a.py", CLEAN);
    repo.passes("start");
    let linked = repo.env.root().join("linked");
    repo.ok(&["worktree", "add", "-q", linked.to_str().unwrap()]);
    std::fs::write(linked.join("b.py"), DEBUG).unwrap();
    assert_eq!(repo.git_in(&linked, &["add", "b.py"]).code(), 0);
    let stopped = repo.git_in(&linked, &["commit", "-m", "linked"]);
    assert!(stopped.code() != 0 && stopped.stderr.contains("breakpoint"), "{stopped}");
    let below = repo.dir.join("pkg");
    std::fs::write(below.join("c.py"), DEBUG).unwrap();
    assert_eq!(repo.git_in(&below, &["add", "c.py"]).code(), 0);
    let stopped = repo.git_in(&below, &["commit", "-m", "below"]);
    assert!(stopped.code() != 0 && stopped.stderr.contains("pkg/c.py"), "{stopped}");
    repo.ok(&["reset", "-q", "--hard"]);
    let inner = repo.env.root().join("inner");
    std::fs::create_dir_all(&inner).unwrap();
    std::fs::write(inner.join("x.py"), CLEAN).unwrap();
    for args in [&["init", "-q"][..], &["add", "."], &["commit", "-qm", "inner"]] {
        assert_eq!(repo.git_in(&inner, args).code(), 0);
    }
    let path = inner.to_str().unwrap();
    repo.ok(&["-c", "protocol.file.allow=always", "submodule", "-q", "add", path, "sub"]);
    repo.passes("a submodule is added");
}

#[test]
fn many_files_and_a_bare_path() {
    let Some(repo) = Repo::hooked() else { return };
    for n in 0..1_500 {
        repo.write(&format!("many/f{n}.py"), &format!("def f{n}():\n    return {n}\n"));
    }
    repo.ok(&["add", "."]);
    repo.passes("many");
    // Clients with a window start git with hardly any environment.
    repo.stage("a.py", DEBUG);
    let bare = repo.env.program("git", ["commit", "-m", "bare"]).env("PATH", "/usr/bin:/bin");
    let run = bare.cwd(&repo.dir).run();
    assert!(run.code() != 0 && run.stderr.contains("breakpoint"), "{run}");
}

#[test]
fn secrets_are_found_and_never_shown() {
    let Some(repo) = Repo::hooked() else { return };
    // Put together here, so that no scanner takes this file for one that holds them.
    let key = format!("AK{}{}", "IA", "QX7PLMZ4T2RWV6NJ");
    repo.stage("settings.py", &format!("KEY = \"{key}\"\n"));
    repo.is_stopped("a key", "settings.py:1");
    let run = repo.slm(&["review", "--staged", "--json"]);
    assert_eq!(run.code(), 1, "{run}");
    assert!(!run.stdout.contains(&key) && !run.stderr.contains(&key), "{run}");
    let sarif = repo.slm(&["review", "--staged", "--sarif", "-"]);
    let log: serde_json::Value = serde_json::from_str(&sarif.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    assert!(!sarif.stdout.contains(&key));
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "settings.py");
}

#[test]
fn a_review_says_what_it_looked_at_and_fixes_on_consent() {
    let Some(repo) = Repo::new() else { return };
    repo.stage("a.py", CLEAN);
    repo.ok(&["commit", "-qm", "start"]);
    let clean = repo.slm(&["review", "--json"]);
    assert_eq!((clean.code(), clean.json()["status"].as_str()), (0, Some("clean")), "{clean}");
    repo.write("a.py", DEBUG);
    let run = repo.slm(&["review", "--json"]);
    assert_eq!(
        (run.code(), run.json()["status"].as_str()),
        (1, Some("blocked")),
        "the work tree: {run}"
    );
    let finding = &run.json()["findings"][0];
    assert_eq!((finding["path"].as_str(), finding["line"].as_u64()), (Some("a.py"), Some(2)));
    assert_eq!(repo.slm(&["review", "b.py"]).code(), 0, "another path");
    assert_eq!(repo.slm(&["review", "--staged"]).code(), 0, "nothing is staged");
    let fixed = repo.slm(&["review", "--fix", "--yes"]);
    assert!(fixed.stdout.contains("-    breakpoint()"), "{fixed}");
    assert_eq!(std::fs::read_to_string(repo.dir.join("a.py")).unwrap(), CLEAN);
    assert_eq!(repo.slm(&["undo"]).code(), 0);
    assert_eq!(std::fs::read_to_string(repo.dir.join("a.py")).unwrap(), DEBUG);
    repo.ok(&["commit", "-qam", "bad"]);
    let range = repo.slm(&["review", "--range", "HEAD~1..HEAD"]);
    assert_eq!(range.code(), 1, "{range}");
    for (args, says) in [
        (&["review", "--range", "nowhere..HEAD"][..], "no revision"),
        (&["review", "../elsewhere"], "elsewhere"),
        (&["review", "--summary"], "--model"),
    ] {
        let run = repo.slm(args);
        assert_eq!(run.code(), 2, "{args:?}: {run}");
        assert!(run.stderr.contains(says), "{args:?}: {run}");
    }
    let outside = repo.env.root().join("no-repository");
    std::fs::create_dir_all(&outside).unwrap();
    let run = repo.env.slm(["review"]).cwd(&outside).run();
    assert_eq!(run.code(), 2, "{run}");
}

#[test]
fn a_hook_that_is_there_is_called_first_and_put_back() {
    let Some(repo) = Repo::new() else { return };
    let hook = repo.dir.join(".git/hooks/pre-commit");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    let own = "#!/bin/sh\necho own hook >&2\ntest ! -e stop\n";
    support::program(&hook, own);
    let asked = repo.slm(&["hook", "install"]);
    assert_eq!(asked.code(), 1, "without a word nothing is renamed: {asked}");
    assert_eq!(std::fs::read_to_string(&hook).unwrap(), own);
    assert_eq!(repo.slm(&["hook", "install", "--yes"]).code(), 0);
    assert_eq!(repo.slm(&["hook", "install", "--yes"]).code(), 0, "twice is once");
    repo.stage("a.py", CLEAN);
    let run = repo.commit("both run");
    assert!(run.code() == 0 && run.stderr.contains("own hook"), "{run}");
    repo.write("stop", "");
    repo.stage("b.py", CLEAN);
    assert_ne!(repo.commit("their own hook stops").code(), 0);
    std::fs::remove_file(repo.dir.join("stop")).unwrap();
    repo.stage("b.py", DEBUG);
    repo.is_stopped("slm stops", "breakpoint");
    let status = repo.slm(&["hook", "status"]).stdout;
    assert!(status.contains("after the hook that was there"), "{status}");
    assert_eq!(repo.slm(&["hook", "uninstall"]).code(), 0);
    assert_eq!(std::fs::read_to_string(&hook).unwrap(), own, "put back to the byte");
    assert_eq!(repo.commit("slm is gone").code(), 0);
    assert_eq!(repo.slm(&["hook", "uninstall"]).code(), 0, "twice is once");
}

#[test]
fn managers_are_told_and_core_hooks_path_is_left_alone() {
    let Some(repo) = Repo::new() else { return };
    for (file, name) in [
        (".pre-commit-config.yaml", "pre-commit"),
        (".husky/pre-commit", "husky"),
        ("lefthook.yml", "lefthook"),
    ] {
        repo.write(file, "\n");
        let run = repo.slm(&["hook", "install"]);
        assert!(run.code() == 1 && run.stdout.contains(name), "{file}: {run}");
        assert!(!repo.dir.join(".git/hooks/pre-commit").exists());
        std::fs::remove_file(repo.dir.join(file)).unwrap();
        let _ = std::fs::remove_dir(repo.dir.join(".husky"));
    }
    repo.ok(&["config", "core.hooksPath", "shared-hooks"]);
    let run = repo.slm(&["hook", "install"]);
    assert!(run.code() == 1 && run.stdout.contains("core.hooksPath"), "{run}");
    assert!(!repo.dir.join("shared-hooks").exists());
    assert_eq!(repo.ok(&["config", "core.hooksPath"]).stdout.trim(), "shared-hooks");
    let show = repo.slm(&["hook", "install", "--show"]).stdout;
    assert!(show.contains("repos:") || show.contains("id: slm"), "{show}");
}

#[test]
fn other_stages() {
    let Some(repo) = Repo::new() else { return };
    for stage in ["commit-msg", "pre-push"] {
        let run = repo.slm(&["hook", "install", "--stage", stage]);
        assert_eq!(run.code(), 0, "{run}");
    }
    repo.stage("a.py", CLEAN);
    let run = repo.commit(&"long ".repeat(30));
    assert!(
        run.code() == 0 && run.stderr.contains("characters"),
        "a long subject passes with a word: {run}"
    );
    repo.stage("b.py", CLEAN);
    let run = repo.commit("merge\n\n<<<<<<< ours\nx\n=======\n>>>>>>> theirs");
    assert_ne!(run.code(), 0, "{run}");
    repo.passes("b");
    if !support::have(&["python3"]) {
        return;
    }
    let remote = repo.env.root().join("remote.git");
    repo.ok(&["init", "-q", "--bare", remote.to_str().unwrap()]);
    repo.ok(&["remote", "add", "origin", remote.to_str().unwrap()]);
    let test = |expected: u32| {
        format!(
            "import unittest\n\nfrom a import double\n\n\nclass T(unittest.TestCase):\n    def test_it(self):\n        \
             self.assertEqual(double(2), {expected})\n"
        )
    };
    repo.stage("test_a.py", &test(5));
    repo.passes("tests");
    let run = repo.git(&["push", "-q", "origin", "main"]);
    assert!(run.code() != 0 && run.stderr.contains("the tests fail"), "{run}");
    repo.stage("test_a.py", &test(4));
    repo.passes("tests mended");
    let run = repo.git(&["push", "-q", "origin", "main"]);
    assert_eq!(run.code(), 0, "{run}");
    assert_eq!(repo.commits(), 4);
}

#[test]
fn trouble_of_slms_own_lets_commits_pass() {
    let Some(repo) = Repo::hooked() else { return };
    let config = repo.env.home().join("config/slm");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("config.toml"), "not toml at all [").unwrap();
    repo.stage("a.py", DEBUG);
    let run = repo.commit("a configuration that cannot be read");
    assert!(run.code() == 0 && run.stderr.contains("lets this pass"), "{run}");
    std::fs::write(config.join("config.toml"), "[hook]\nbudget = 0.000001\n").unwrap();
    repo.stage("b.py", DEBUG);
    let run = repo.commit("no time at all");
    assert!(run.code() == 0 && run.stderr.contains("slm: "), "{run}");
    std::fs::write(config.join("config.toml"), "[review]\nignore = [\"debugger in c.py\"]\n")
        .unwrap();
    repo.stage("c.py", DEBUG);
    repo.passes("on the user's list");
    repo.stage("d.py", DEBUG);
    repo.is_stopped("not on it", "d.py");
}
