//! What people do with git, one situation a test, each with a commit that passes or one that is stopped.

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;

use crate::repo::{CLEAN, DEBUG, Repo, UNDEFINED, was_stopped};
use crate::support;

macro_rules! situations {
    ($($name:ident, $start:path, |$repo:ident| $body:block)*) => {
        /// Every situation there is here.
        pub(crate) const NAMES: &[&str] = &[$(stringify!($name)),*];
        $(#[test]
        fn $name() {
            let Some($repo) = $start() else { return };
            $body
        })*
    };
}

situations! {
    the_first_commit_has_nothing_to_be_compared_with, Repo::hooked, |repo| {
        repo.stage("a.py", DEBUG);
        repo.is_stopped("first", "breakpoint");
        repo.stage("a.py", CLEAN);
        repo.passes("first");
        assert_eq!(repo.commits(), 1);
    }
    a_later_commit, Repo::begun, |repo| {
        repo.stage("a.py", UNDEFINED);
        repo.is_stopped("later", "y_value");
    }
    staged_in_part_with_the_fault_left_out, Repo::begun, |repo| {
        repo.stage("a.py", CLEAN.replace('2', "3"));
        repo.write("a.py", DEBUG);
        repo.passes("the work tree is not looked at");
    }
    staged_in_part_with_the_fault_staged, Repo::begun, |repo| {
        repo.stage("a.py", DEBUG);
        repo.write("a.py", CLEAN);
        repo.is_stopped("what is staged counts", "breakpoint");
    }
    a_fault_that_was_there_before, Repo::begun, |repo| {
        repo.stage("old.py", DEBUG);
        repo.knowingly("old");
        repo.stage("old.py", format!("{DEBUG}\n\ndef other():\n    return 1\n"));
        repo.passes("beside an old fault");
    }
    an_amended_commit, Repo::begun, |repo| {
        repo.stage("b.py", CLEAN);
        repo.ok(&["commit", "--amend", "--no-edit"]);
        repo.stage("b.py", UNDEFINED);
        was_stopped(&repo.git(&["commit", "--amend", "--no-edit"]), "y_value");
    }
    an_amended_message, Repo::begun, |repo| {
        repo.ok(&["commit", "--amend", "-m", "another word"]);
    }
    an_empty_commit, Repo::begun, |repo| {
        repo.ok(&["commit", "--allow-empty", "-m", "nothing"]);
    }
    commit_all, Repo::begun, |repo| {
        repo.write("a.py", DEBUG);
        was_stopped(&repo.git(&["commit", "-am", "all"]), "breakpoint");
        assert_eq!(repo.git(&["diff", "--cached", "--name-only"]).stdout, "", "nothing was staged");
    }
    commit_of_one_path, Repo::begun, |repo| {
        repo.stage("bad.py", DEBUG);
        repo.stage("good.py", CLEAN);
        repo.ok(&["commit", "-m", "only one", "good.py"]);
        was_stopped(&repo.git(&["commit", "-m", "the other", "bad.py"]), "bad.py");
    }
    intent_to_add, Repo::begun, |repo| {
        repo.write("later.py", DEBUG);
        repo.ok(&["add", "--intent-to-add", "later.py"]);
        repo.stage("b.py", CLEAN);
        repo.passes("what is only announced is not committed");
        repo.ok(&["add", "later.py"]);
        repo.is_stopped("now it is", "later.py");
    }
    skipped_by_the_environment, Repo::begun, |repo| {
        repo.stage("a.py", DEBUG);
        let run = repo.env.program("git", ["commit", "-m", "skipped"]).env("SLM_SKIP", "1");
        assert_eq!(run.cwd(&repo.dir).run().code(), 0);
        repo.stage("b.py", DEBUG);
        let run = repo.env.program("git", ["commit", "-m", "0 is no"]).env("SLM_SKIP", "0");
        was_stopped(&run.cwd(&repo.dir).run(), "b.py");
    }
    not_verified, Repo::begun, |repo| {
        repo.stage("b.py", DEBUG);
        repo.is_stopped("verified", "b.py");
        assert_eq!(repo.git(&["commit", "--no-verify", "-m", "not verified"]).code(), 0);
    }
    silenced_on_its_line, Repo::begun, |repo| {
        repo.stage("c.py", "breakpoint()  # slm:ignore debugger\n");
        repo.passes("silenced");
    }
    silenced_by_the_user, Repo::begun, |repo| {
        repo.configure("[review]\nignore = [\"debugger in c.py\"]\n");
        repo.stage("c.py", DEBUG);
        repo.passes("on the user's list");
        repo.stage("d.py", DEBUG);
        repo.is_stopped("not on it", "d.py");
    }
    nothing_in_the_repository_silences, Repo::begun, |repo| {
        repo.stage(".slm.toml", "[review]\nignore = [\"debugger\"]\n");
        repo.stage("slm.toml", "[review]\nignore = [\"debugger\"]\n");
        repo.stage("c.py", DEBUG);
        repo.is_stopped("a repository has no vote", "c.py");
    }
    a_rename, Repo::begun, |repo| {
        repo.stage("old.py", DEBUG);
        repo.knowingly("old");
        repo.ok(&["mv", "old.py", "new name.py"]);
        repo.passes("brings nothing new");
    }
    a_rename_with_a_change, Repo::begun, |repo| {
        let long: String = (0..30).map(|n| format!("def f{n}():\n    return {n}\n\n\n")).collect();
        repo.stage("long.py", &long);
        repo.passes("long");
        repo.ok(&["mv", "long.py", "longer.py"]);
        repo.stage("longer.py", format!("{long}{DEBUG}"));
        repo.is_stopped("renamed and changed", "longer.py");
    }
    a_copy, Repo::begun, |repo| {
        repo.stage("again.py", CLEAN);
        repo.passes("a copy of a clean file");
    }
    a_removed_module_that_is_used, Repo::begun, |repo| {
        repo.stage("pkg/__init__.py", "");
        repo.stage("pkg/prices.py", "def f():\n    return 1\n");
        repo.stage("pkg/b.py", "from .prices import f\n\nX = f()\n");
        repo.passes("package");
        repo.ok(&["rm", "-q", "pkg/prices.py"]);
        repo.is_stopped("still imported", "pkg/b.py");
        repo.ok(&["rm", "-q", "pkg/b.py"]);
        repo.passes("removed with its user");
    }
    everything_removed, Repo::begun, |repo| {
        repo.ok(&["rm", "-q", "a.py"]);
        repo.passes("an empty tree");
    }
    names_with_spaces, Repo::begun, |repo| {
        repo.stage(" leading and \"quotes\".py", CLEAN);
        repo.passes("odd");
        repo.stage("a b/c d.py", DEBUG);
        repo.is_stopped("spaces", "a b/c d.py");
    }
    names_with_line_feeds, Repo::begun, |repo| {
        repo.stage("with\nline feed.py", DEBUG);
        repo.is_stopped("shown safely", "with\\nline feed.py");
        repo.stage("with\nline feed.py", CLEAN);
        repo.passes("mended");
    }
    names_like_options, Repo::begun, |repo| {
        repo.stage("--all.py", DEBUG);
        repo.is_stopped("a name and no option", "--all.py");
    }
    names_in_unicode, Repo::begun, |repo| {
        repo.stage("ünï/日本.py", DEBUG);
        repo.is_stopped("as they are", "ünï/日本.py");
    }
    names_that_are_not_utf8, Repo::begun, |repo| {
        let name = std::ffi::OsStr::from_bytes(b"caf\xe9.py");
        std::fs::write(repo.dir.join(name), DEBUG).unwrap();
        repo.ok(&["add", "."]);
        repo.is_stopped("not UTF-8", "breakpoint");
        std::fs::write(repo.dir.join(name), CLEAN).unwrap();
        repo.ok(&["add", "."]);
        repo.passes("clean");
    }
    texts_that_are_not_utf8, Repo::begun, |repo| {
        repo.stage("latin.py", b"# caf\xe9\nx = 1\n");
        repo.stage("data.bin", [0, 159, 146, 150]);
        repo.stage("utf16.txt", b"\xff\xfea\0b\0");
        repo.passes("no text to look at");
    }
    byte_order_marks, Repo::begun, |repo| {
        repo.stage("bom.py", format!("\u{feff}{CLEAN}"));
        repo.passes("a mark in front");
        repo.stage("bom2.py", format!("\u{feff}{DEBUG}"));
        repo.is_stopped("behind the mark", "bom2.py:2");
    }
    carriage_returns, Repo::begun, |repo| {
        repo.ok(&["config", "core.autocrlf", "false"]);
        repo.stage("dos.py", CLEAN.replace('\n', "\r\n"));
        repo.passes("CRLF");
        repo.stage("dos.py", DEBUG.replace('\n', "\r\n"));
        repo.is_stopped("CRLF with a fault", "dos.py:2");
    }
    only_line_ends_change, Repo::begun, |repo| {
        repo.ok(&["config", "core.autocrlf", "false"]);
        repo.stage("old.py", DEBUG);
        repo.knowingly("old");
        repo.stage("old.py", DEBUG.replace('\n', "\r\n"));
        repo.passes("an old fault with new line ends");
    }
    converted_line_ends, Repo::begun, |repo| {
        repo.ok(&["config", "core.autocrlf", "true"]);
        repo.stage("dos.py", DEBUG.replace('\n', "\r\n"));
        repo.is_stopped("git keeps LF", "dos.py:2");
    }
    only_a_mode, Repo::begun, |repo| {
        std::fs::set_permissions(repo.dir.join("a.py"), std::fs::Permissions::from_mode(0o755)).unwrap();
        repo.ok(&["add", "."]);
        repo.passes("executable");
    }
    a_link, Repo::begun, |repo| {
        std::os::unix::fs::symlink("nowhere.py", repo.dir.join("link.py")).unwrap();
        repo.ok(&["add", "."]);
        repo.passes("to nothing");
        std::os::unix::fs::symlink("/etc/hostname", repo.dir.join("outside.py")).unwrap();
        repo.ok(&["add", "."]);
        repo.passes("to the outside: its target is not read");
    }
    a_link_becomes_a_file, Repo::begun, |repo| {
        std::os::unix::fs::symlink("a.py", repo.dir.join("link.py")).unwrap();
        repo.ok(&["add", "."]);
        repo.passes("link");
        std::fs::remove_file(repo.dir.join("link.py")).unwrap();
        repo.stage("link.py", DEBUG);
        repo.is_stopped("a file now", "link.py");
    }
    a_file_becomes_a_directory, Repo::begun, |repo| {
        repo.ok(&["rm", "-q", "a.py"]);
        repo.stage("a.py/inner.py", CLEAN);
        repo.passes("odd, and allowed");
    }
    pointers_of_large_files, Repo::begun, |repo| {
        let digest = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
        let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 12345\n");
        repo.stage("model.gguf", &pointer);
        repo.stage("api_key.bin", &pointer);
        repo.passes("a digest is no secret");
    }
    a_large_file, Repo::begun, |repo| {
        repo.stage("big.bin", vec![7; 2 << 20]);
        let run = repo.commit("large");
        assert!(run.code() == 0 && run.stderr.contains("big.bin"), "a word, and it passes: {run}");
    }
    a_merge_without_conflict, Repo::begun, |repo| {
        repo.ok(&["checkout", "-q", "-b", "side"]);
        repo.stage("side.py", CLEAN);
        repo.passes("side");
        repo.ok(&["checkout", "-q", "main"]);
        repo.stage("main.py", CLEAN);
        repo.passes("main");
        repo.ok(&["merge", "-q", "--no-ff", "side"]);
    }
    a_merge_with_its_markers, Repo::begun, |repo| {
        conflict(&repo);
        repo.ok(&["add", "a.py"]);
        repo.is_stopped("not resolved", "marker");
        repo.stage("a.py", CLEAN);
        repo.passes("resolved");
    }
    a_merge_that_is_not_resolved_yet, Repo::begun, |repo| {
        conflict(&repo);
        let run = repo.slm(&["review", "--staged", "--json"]);
        assert!(run.code() <= 1 && run.json()["status"].is_string(), "three sides of a path: {run}");
    }
    a_fast_forward, Repo::begun, |repo| {
        repo.ok(&["checkout", "-q", "-b", "side"]);
        repo.stage("side.py", DEBUG);
        repo.knowingly("side");
        repo.ok(&["checkout", "-q", "main"]);
        repo.ok(&["merge", "-q", "--ff-only", "side"]);
    }
    a_squashed_merge, Repo::begun, |repo| {
        repo.ok(&["checkout", "-q", "-b", "side"]);
        repo.stage("side.py", DEBUG);
        repo.knowingly("side");
        repo.ok(&["checkout", "-q", "main"]);
        repo.ok(&["merge", "-q", "--squash", "side"]);
        repo.is_stopped("squashed", "side.py");
    }
    an_octopus, Repo::begun, |repo| {
        for name in ["one", "two"] {
            repo.ok(&["checkout", "-q", "-b", name, "main"]);
            repo.stage(&format!("{name}.py"), CLEAN);
            repo.passes(name);
        }
        repo.ok(&["checkout", "-q", "main"]);
        repo.ok(&["merge", "-q", "--no-ff", "one", "two"]);
    }
    a_cherry_pick, Repo::begun, |repo| {
        repo.ok(&["checkout", "-q", "-b", "other"]);
        repo.stage("picked.py", UNDEFINED);
        repo.knowingly("bad");
        repo.ok(&["checkout", "-q", "main"]);
        repo.ok(&["cherry-pick", "--no-commit", "other"]);
        repo.is_stopped("picked", "y_value");
    }
    a_revert, Repo::begun, |repo| {
        repo.stage("old.py", DEBUG);
        repo.knowingly("old");
        repo.stage("old.py", CLEAN);
        repo.passes("mended");
        repo.ok(&["revert", "--no-commit", "HEAD"]);
        repo.is_stopped("brings it back", "old.py");
    }
    a_rebase, Repo::begun, |repo| {
        repo.ok(&["checkout", "-q", "-b", "side"]);
        repo.stage("side.py", CLEAN);
        repo.passes("side");
        repo.ok(&["checkout", "-q", "main"]);
        repo.stage("main.py", CLEAN);
        repo.passes("main");
        repo.ok(&["rebase", "-q", "main", "side"]);
        assert_eq!(repo.commits(), 3);
    }
    a_rebase_that_is_edited, Repo::begun, |repo| {
        repo.stage("b.py", CLEAN);
        repo.passes("b");
        let run = repo.env.program("git", ["rebase", "-q", "-i", "HEAD~1"]);
        let run = run.env("GIT_SEQUENCE_EDITOR", "sed -i s/^pick/edit/").cwd(&repo.dir).run();
        assert_eq!(run.code(), 0, "{run}");
        repo.stage("b.py", DEBUG);
        was_stopped(&repo.git(&["commit", "--amend", "--no-edit"]), "b.py");
        repo.stage("b.py", CLEAN.replace('2', "3"));
        repo.ok(&["commit", "--amend", "--no-edit"]);
        repo.ok(&["rebase", "--continue"]);
    }
    a_stash, Repo::begun, |repo| {
        repo.stage("a.py", DEBUG);
        repo.ok(&["stash", "-q"]);
        repo.stage("b.py", CLEAN);
        repo.passes("without what is put aside");
        repo.ok(&["stash", "pop", "-q", "--index"]);
        repo.is_stopped("with it again", "a.py");
    }
    a_detached_head, Repo::begun, |repo| {
        repo.ok(&["checkout", "-q", "--detach"]);
        repo.stage("b.py", DEBUG);
        repo.is_stopped("on no branch", "b.py");
    }
    an_orphan_branch, Repo::begun, |repo| {
        repo.ok(&["checkout", "-q", "--orphan", "fresh"]);
        repo.stage("b.py", DEBUG);
        repo.is_stopped("a first commit again", "b.py");
    }
    a_sparse_checkout, Repo::begun, |repo| {
        repo.stage("far/helper.py", "def help(a):\n    return a\n");
        repo.stage("far/__init__.py", "");
        repo.stage("near/b.py", CLEAN);
        repo.passes("two directories");
        repo.ok(&["sparse-checkout", "set", "near"]);
        assert!(!repo.dir.join("far/helper.py").exists());
        repo.stage("near/c.py", "from far.helper import help\n\nX = help(1)\n");
        repo.passes("what is not checked out is there all the same");
        repo.stage("near/d.py", "from far.helper import helper\n\nX = helper(1)\n");
        repo.is_stopped("and known", "helper");
    }
    a_shallow_clone, Repo::begun, |repo| {
        repo.stage("b.py", CLEAN);
        repo.passes("b");
        let (from, to) = (format!("file://{}", repo.dir.display()), repo.env.root().join("shallow"));
        repo.ok(&["clone", "-q", "--depth", "1", &from, to.to_str().unwrap()]);
        assert_eq!(repo.env.slm(["hook", "install"]).cwd(&to).run().code(), 0);
        std::fs::write(to.join("c.py"), DEBUG).unwrap();
        assert_eq!(repo.git_in(&to, &["add", "."]).code(), 0);
        was_stopped(&repo.git_in(&to, &["commit", "-m", "shallow"]), "c.py");
    }
    a_linked_worktree, Repo::begun, |repo| {
        let linked = repo.env.root().join("linked");
        repo.ok(&["worktree", "add", "-q", linked.to_str().unwrap()]);
        std::fs::write(linked.join("b.py"), DEBUG).unwrap();
        assert_eq!(repo.git_in(&linked, &["add", "b.py"]).code(), 0);
        was_stopped(&repo.git_in(&linked, &["commit", "-m", "linked"]), "b.py");
    }
    a_directory_below, Repo::begun, |repo| {
        repo.stage("pkg/b.py", CLEAN);
        repo.passes("pkg");
        let below = repo.dir.join("pkg");
        std::fs::write(below.join("c.py"), DEBUG).unwrap();
        assert_eq!(repo.git_in(&below, &["add", "c.py"]).code(), 0);
        was_stopped(&repo.git_in(&below, &["commit", "-m", "below"]), "pkg/c.py");
    }
    a_submodule_is_added, Repo::begun, |repo| {
        let inner = repo.env.root().join("inner");
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::write(inner.join("x.py"), DEBUG).unwrap();
        for args in [&["init", "-q"][..], &["add", "."], &["commit", "-qm", "inner"]] {
            assert_eq!(repo.git_in(&inner, args).code(), 0);
        }
        let path = inner.to_str().unwrap();
        repo.ok(&["-c", "protocol.file.allow=always", "submodule", "-q", "add", path, "sub"]);
        repo.passes("what is in it is another repository's");
        repo.stage("b.py", DEBUG);
        repo.is_stopped("beside it", "b.py");
    }
    within_a_submodule, Repo::begun, |repo| {
        let inner = repo.env.root().join("inner");
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::write(inner.join("x.py"), CLEAN).unwrap();
        for args in [&["init", "-q"][..], &["add", "."], &["commit", "-qm", "inner"]] {
            assert_eq!(repo.git_in(&inner, args).code(), 0);
        }
        let path = inner.to_str().unwrap();
        repo.ok(&["-c", "protocol.file.allow=always", "submodule", "-q", "add", path, "sub"]);
        let sub = repo.dir.join("sub");
        let run = repo.env.slm(["hook", "install"]).cwd(&sub).run();
        assert_eq!(run.code(), 0, "{run}");
        std::fs::write(sub.join("y.py"), DEBUG).unwrap();
        assert_eq!(repo.git_in(&sub, &["add", "."]).code(), 0);
        was_stopped(&repo.git_in(&sub, &["commit", "-m", "sub"]), "y.py");
    }
    thousands_of_files, Repo::begun, |repo| {
        for n in 0..3_000 {
            repo.write(&format!("many/f{n}.py"), format!("def f{n}():\n    return {n}\n"));
        }
        repo.ok(&["add", "."]);
        repo.passes("many");
    }
    an_ignored_file_that_is_forced, Repo::begun, |repo| {
        repo.stage(".gitignore", "*.local.py\n");
        repo.write("x.local.py", DEBUG);
        repo.ok(&["add", "--force", "x.local.py"]);
        repo.is_stopped("forced", "x.local.py");
    }
    untracked_files_are_not_looked_at, Repo::begun, |repo| {
        repo.write("notes.py", DEBUG);
        repo.stage("b.py", CLEAN);
        repo.passes("beside an untracked fault");
    }
    a_bare_path, Repo::begun, |repo| {
        // Clients with a window start git with hardly any environment.
        repo.stage("b.py", DEBUG);
        let run = repo.env.program("git", ["commit", "-m", "bare"]).env("PATH", "/usr/bin:/bin");
        was_stopped(&run.cwd(&repo.dir).run(), "b.py");
    }
    hooks_in_another_directory, Repo::new, |repo| {
        repo.ok(&["config", "core.hooksPath", "shared-hooks"]);
        let shown = repo.slm(&["hook", "install"]);
        assert!(shown.code() == 1 && shown.stdout.contains("core.hooksPath"), "{shown}");
        assert!(!repo.dir.join("shared-hooks").exists(), "nothing is written there");
        // The person puts the line there.
        let slm = env!("CARGO_BIN_EXE_slm");
        std::fs::create_dir_all(repo.dir.join("shared-hooks")).unwrap();
        support::program(
            &repo.dir.join("shared-hooks/pre-commit"),
            &format!("#!/bin/sh\nexec '{slm}' hook run pre-commit \"$@\"\n"),
        );
        repo.stage("b.py", DEBUG);
        repo.is_stopped("from there", "b.py");
    }
    the_budget_is_over, Repo::begun, |repo| {
        repo.configure("[hook]\nbudget = 0.000001\n");
        repo.stage("b.py", DEBUG);
        let run = repo.commit("no time at all");
        assert!(run.code() == 0 && run.stderr.contains("slm: "), "passes, with a word: {run}");
    }
    the_configuration_is_broken, Repo::begun, |repo| {
        repo.configure("not toml at all [");
        repo.stage("b.py", DEBUG);
        let run = repo.commit("trouble of slm's own");
        assert!(run.code() == 0 && run.stderr.contains("lets this pass"), "{run}");
    }
    the_model_is_missing, Repo::begun, |repo| {
        repo.configure("[model]\npath = \"/nowhere/model.gguf\"\n");
        repo.stage("b.py", CLEAN);
        repo.passes("the rules work without");
        repo.stage("c.py", DEBUG);
        repo.is_stopped("and stop", "c.py");
    }
    the_model_is_broken, Repo::begun, |repo| {
        let model = repo.env.root().join("broken.gguf");
        std::fs::write(&model, "GGUF, and then nothing").unwrap();
        repo.configure(&format!("[model]\npath = \"{}\"\n", model.display()));
        crate::likelihoods::calibrate_by_hand(&repo, &model);
        repo.stage("b.py", CLEAN.replace("2 * x", "x < 2"));
        let run = repo.commit("a calibration, and no model");
        assert!(run.code() == 0 && run.stderr.contains("the model was not asked"), "{run}");
        repo.stage("c.py", DEBUG);
        repo.is_stopped("what the rules find stops all the same", "c.py");
    }
    slm_is_gone, Repo::begun, |repo| {
        // From git 2.54 on there is no script.
        let hook = repo.dir.join(".git/hooks/pre-commit");
        let Ok(text) = std::fs::read_to_string(&hook) else { return };
        support::program(&hook, &text.replace(env!("CARGO_BIN_EXE_slm"), "/nowhere/slm"));
        repo.stage("b.py", DEBUG);
        assert_eq!(repo.commit("uninstalled").code(), 0, "a missing program stops nobody");
    }
    a_bare_repository, Repo::begun, |repo| {
        let bare = repo.env.root().join("bare.git");
        repo.ok(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
        let run = repo.env.slm(["review", "--range", "HEAD", "--json"]).cwd(&bare).run();
        assert_eq!((run.code(), run.json()["files"].as_u64()), (0, Some(1)), "{run}");
    }
    a_range_of_commits, Repo::begun, |repo| {
        repo.stage("b.py", DEBUG);
        repo.knowingly("bad");
        repo.stage("b.py", CLEAN);
        repo.knowingly("mended");
        assert_eq!(repo.slm(&["review", "--range", "HEAD~2..HEAD~1"]).code(), 1);
        assert_eq!(repo.slm(&["review", "--range", "HEAD~2..HEAD"]).code(), 0, "as it is now");
    }
}

/// A merge of two sides that changed the same line, not resolved.
fn conflict(repo: &Repo) {
    repo.ok(&["checkout", "-q", "-b", "side"]);
    repo.stage("a.py", CLEAN.replace("2 * x", "x + x"));
    repo.passes("side");
    repo.ok(&["checkout", "-q", "main"]);
    repo.stage("a.py", CLEAN.replace("2 * x", "x * 2"));
    repo.passes("main");
    assert_ne!(repo.git(&["merge", "-q", "side"]).code(), 0, "there is a conflict");
}

#[test]
fn there_are_many() {
    assert!(NAMES.len() >= 60, "{} situations", NAMES.len());
}
