//! `slm review` and `slm hook` on real git: hooks beside other hooks, what is shown and mended, and, one by one, the
//! [`situations`] that a commit is made in.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]

mod support;

#[path = "review_git/likelihoods.rs"]
mod likelihoods;
#[path = "review_git/repo.rs"]
mod repo;
#[path = "review_git/situations.rs"]
mod situations;

use repo::{CLEAN, DEBUG, Repo};

#[test]
fn secrets_are_found_and_never_shown() {
    let Some(repo) = Repo::hooked() else { return };
    // Put together here, so that no scanner takes this file for one that holds them.
    let key = format!("AK{}{}", "IA", "QX7PLMZ4T2RWV6NJ");
    repo.stage("settings.py", format!("KEY = \"{key}\"\n"));
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
    repo.stage("test_a.py", test(5));
    repo.passes("tests");
    let run = repo.git(&["push", "-q", "origin", "main"]);
    assert!(run.code() != 0 && run.stderr.contains("the tests fail"), "{run}");
    repo.stage("test_a.py", test(4));
    repo.passes("tests mended");
    let run = repo.git(&["push", "-q", "origin", "main"]);
    assert_eq!(run.code(), 0, "{run}");
    assert_eq!(repo.commits(), 4);
}
