//! Commits into real repositories, with git itself as the judge.

use super::*;
use crate::edit::testing::{Scratch, git, git_present, patch};
use crate::edit::{OpMeta, apply};

const BEFORE: &str = "a\nb\nc\nd\ne\nf\n";
const AFTER: &str = "a\nB\nc\nd\ne\nf\n";

/// A repository with one commit, and the fix of `src/a.py` applied; `prepare` comes before that.
struct Fixed {
    scratch: Scratch,
    patch: Patch,
}

impl Fixed {
    fn new(prepare: impl FnOnce(&Scratch)) -> Option<Self> {
        if !git_present() {
            return None;
        }
        let scratch = Scratch::new(&[("src/a.py", BEFORE), ("other.py", "o\n"), ("x.py", "x\n")]);
        git(scratch.root(), &["init", "-q"]);
        git(scratch.root(), &["config", "user.name", "Ann Example"]);
        git(scratch.root(), &["config", "user.email", "ann@example.org"]);
        git(scratch.root(), &["add", "."]);
        git(scratch.root(), &["commit", "-q", "-m", "first"]);
        prepare(&scratch);
        let fixed = scratch.read("src/a.py").replace("b\n", "B\n");
        let patch = patch(&[("src/a.py", Some(&scratch.read("src/a.py")), Some(&fixed))]);
        apply(&scratch.lock(), &patch, &OpMeta::default()).unwrap();
        Some(Self { scratch, patch })
    }

    fn git(&self, args: &[&str]) -> String {
        git(self.scratch.root(), args)
    }

    fn commit(&self) -> Result<Committed, CommitError> {
        commit(self.scratch.root(), &self.patch, "fix: b becomes B", None)
    }

    /// Asserts that a commit is refused and moves nothing.
    fn refused(&self) -> CommitError {
        let look = || (self.git(&["status", "--porcelain"]), self.git(&["rev-parse", "HEAD"]));
        let before = look();
        let error = self.commit().unwrap_err();
        assert_eq!(look(), before);
        error
    }
}

#[test]
fn a_clean_tree_is_clean_again() {
    let Some(fixed) = Fixed::new(|_| {}) else { return };
    let made = fixed.commit().unwrap();
    assert_eq!(fixed.git(&["rev-parse", "HEAD"]).trim(), made.id);
    assert_eq!((made.branch.as_deref(), made.notes.len()), (Some("main"), 0));
    assert_eq!(fixed.git(&["status", "--porcelain"]), "");
    // Not even the cached times need a refresh.
    assert_eq!(fixed.git(&["diff-files"]), "");
    let shown = fixed.git(&["show", "--format=%an <%ae>%n%B", "--stat"]);
    assert!(shown.starts_with("Ann Example <ann@example.org>\nfix: b becomes B\n"), "{shown}");
    assert!(shown.contains("src/a.py | 2 +-"), "{shown}");
    assert_eq!(fixed.git(&["fsck", "--strict"]), "");
    assert!(matches!(fixed.commit(), Err(CommitError::Nothing)));
}

#[test]
fn staged_and_unstaged_work_in_other_files_stays() {
    let Some(fixed) = Fixed::new(|scratch| {
        scratch.write("other.py", "staged\n");
        scratch.write("new.py", "n\n");
        git(scratch.root(), &["add", "other.py", "new.py"]);
        git(scratch.root(), &["rm", "-q", "--cached", "x.py"]);
        scratch.write("other.py", "and changed again\n");
        scratch.write("untracked.py", "u\n");
    }) else {
        return;
    };
    let others = || {
        let index = fixed.git(&["ls-files", "-s"]);
        index.lines().filter(|line| !line.ends_with("a.py")).map(str::to_owned).collect::<Vec<_>>()
    };
    let (index, tree) = (others(), fixed.scratch.tree());
    let stash = fixed.git(&["status", "--porcelain"]).replace(" M src/a.py\n", "");
    fixed.commit().unwrap();
    assert_eq!((others(), fixed.scratch.tree()), (index, tree));
    assert_eq!(fixed.git(&["status", "--porcelain"]), stash);
    assert_eq!(fixed.git(&["diff", "--name-only", "HEAD~", "HEAD"]), "src/a.py\n");
}

#[test]
fn own_changes_elsewhere_in_the_file_are_left_out() {
    let Some(fixed) = Fixed::new(|scratch| {
        scratch.write("src/a.py", BEFORE.replace("f\n", "mine\n"));
    }) else {
        return;
    };
    let made = fixed.commit().unwrap();
    assert_eq!(made.notes, ["Your own changes to src/a.py are not part of the commit."]);
    assert_eq!(fixed.git(&["show", "HEAD:src/a.py"]), AFTER);
    assert_eq!(fixed.git(&["status", "--porcelain"]), " M src/a.py\n");
    assert_eq!(fixed.git(&["diff", "--stat", "--", "src/a.py"]).matches('|').count(), 1);
    assert!(fixed.git(&["diff"]).contains("-f\n+mine\n"));
}

#[test]
fn own_staged_changes_in_the_file_stay_staged() {
    let Some(fixed) = Fixed::new(|scratch| {
        scratch.write("src/a.py", BEFORE.replace("f\n", "mine\n"));
        git(scratch.root(), &["add", "src/a.py"]);
    }) else {
        return;
    };
    fixed.commit().unwrap();
    assert_eq!(fixed.git(&["show", "HEAD:src/a.py"]), AFTER);
    assert_eq!(fixed.git(&["status", "--porcelain"]), "M  src/a.py\n");
    let staged = fixed.git(&["diff", "--cached"]);
    assert!(staged.contains("-f\n+mine\n") && !staged.contains("+B"), "{staged}");
}

#[test]
fn overlapping_own_changes_are_refused() {
    let Some(fixed) = Fixed::new(|scratch| {
        scratch.write("src/a.py", BEFORE.replace("b\n", "b\nmine\n"));
    }) else {
        return;
    };
    assert!(matches!(fixed.refused(), CommitError::Dirty(path) if path.as_str() == "src/a.py"));
    // Only the index differs from HEAD, on the fix's own line.
    let Some(fixed) = Fixed::new(|scratch| {
        scratch.write("src/a.py", BEFORE.replace("b\n", "staged\n"));
        git(scratch.root(), &["add", "src/a.py"]);
        scratch.write("src/a.py", BEFORE);
    }) else {
        return;
    };
    assert!(matches!(fixed.refused(), CommitError::Staged(_)));
}

#[test]
fn a_branch_gets_the_commit_and_nothing_else_moves() {
    let Some(fixed) = Fixed::new(|scratch| {
        scratch.write("other.py", "staged\n");
        git(scratch.root(), &["add", "other.py"]);
    }) else {
        return;
    };
    let look = || {
        let index = crate::base::fs::read(&fixed.scratch.root().join(".git/index")).unwrap();
        (fixed.git(&["status", "--porcelain"]), fixed.git(&["rev-parse", "HEAD"]), index)
    };
    let before = look();
    let made = commit(fixed.scratch.root(), &fixed.patch, "fix", Some("slm/fix-b")).unwrap();
    assert_eq!(made.branch.as_deref(), Some("slm/fix-b"));
    assert_eq!(look(), before);
    assert_eq!(fixed.git(&["rev-parse", "slm/fix-b"]).trim(), made.id);
    assert_eq!(fixed.git(&["diff", "--name-only", "main", "slm/fix-b"]), "src/a.py\n");
    assert_eq!(fixed.git(&["symbolic-ref", "HEAD"]), "refs/heads/main\n");
    let again = commit(fixed.scratch.root(), &fixed.patch, "fix", Some("slm/fix-b"));
    assert!(matches!(again, Err(CommitError::BranchExists(_))));
    let bad = commit(fixed.scratch.root(), &fixed.patch, "fix", Some("a..b"));
    assert!(matches!(bad, Err(CommitError::BranchName(_))));
}

#[test]
fn hooks_and_filters_do_not_run() {
    use std::os::unix::fs::PermissionsExt as _;
    let canary = |scratch: &Scratch| scratch.top().join("canary");
    let Some(fixed) = Fixed::new(|scratch| {
        let script = format!("#!/bin/sh\necho $0 >> {}\n", canary(scratch).display());
        for hook in ["pre-commit", "commit-msg", "prepare-commit-msg", "post-commit"] {
            let path = scratch.root().join(".git/hooks").join(hook);
            crate::base::fs::create_dir_all(path.parent().unwrap()).unwrap();
            crate::base::fs::write(&path, &script).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let monitor = scratch.root().join(".git/hooks/post-commit");
        git(scratch.root(), &["config", "core.fsmonitor", monitor.to_str().unwrap()]);
    }) else {
        return;
    };
    let _ = std::fs::remove_file(canary(&fixed.scratch));
    fixed.commit().unwrap();
    assert!(!canary(&fixed.scratch).exists());
    // The control: git itself does run them.
    fixed.git(&["commit", "-q", "--allow-empty", "-m", "control"]);
    assert!(canary(&fixed.scratch).exists());

    let Some(fixed) = Fixed::new(|scratch| {
        git(scratch.root(), &["config", "filter.secret.clean", "rev"]);
        scratch.write(".gitattributes", "*.py filter=secret\n");
    }) else {
        return;
    };
    let error = commit(fixed.scratch.root(), &fixed.patch, "m", None).unwrap_err();
    assert!(matches!(error, CommitError::Filtered(_, name) if name == "secret"));
}

#[test]
fn created_removed_executable_and_windows_line_ends() {
    let Some(fixed) = Fixed::new(|scratch| {
        scratch.write("dos.py", "one\ntwo\n");
        git(scratch.root(), &["add", "."]);
        git(scratch.root(), &["update-index", "--chmod=+x", "x.py"]);
        git(scratch.root(), &["commit", "-q", "-m", "second"]);
        git(scratch.root(), &["config", "core.fileMode", "false"]);
        git(scratch.root(), &["config", "core.autocrlf", "true"]);
        scratch.write("dos.py", "one\r\ntwo\r\n");
    }) else {
        return;
    };
    let change = patch(&[
        ("dos.py", Some("one\r\ntwo\r\n"), Some("one\r\n2\r\n")),
        ("other.py", Some("o\n"), None),
        ("deep/er/new.py", None, Some("n\n")),
        ("x.py", Some("x\n"), Some("y\n")),
        ("src/a.py", Some(BEFORE), Some(AFTER)),
    ]);
    let first = patch(&[("src/a.py", Some(AFTER), Some(BEFORE))]);
    apply(&fixed.scratch.lock(), &first, &OpMeta::default()).unwrap();
    apply(&fixed.scratch.lock(), &change, &OpMeta::default()).unwrap();
    commit(fixed.scratch.root(), &change, "all kinds", None).unwrap();
    assert_eq!(fixed.git(&["status", "--porcelain"]), "");
    assert_eq!(fixed.git(&["show", "HEAD:dos.py"]), "one\n2\n");
    assert_eq!(fixed.scratch.read("dos.py"), "one\r\n2\r\n");
    let tree = fixed.git(&["ls-tree", "-r", "--name-only", "HEAD"]);
    assert_eq!(tree, "deep/er/new.py\ndos.py\nsrc/a.py\nx.py\n");
    assert!(fixed.git(&["ls-tree", "HEAD", "x.py"]).starts_with("100755 "));
}

#[test]
fn a_removed_last_file_takes_its_directory_out_of_the_tree() {
    let Some(fixed) = Fixed::new(|_| {}) else { return };
    fixed.commit().unwrap();
    let change = patch(&[("src/a.py", Some(AFTER), None)]);
    apply(&fixed.scratch.lock(), &change, &OpMeta::default()).unwrap();
    commit(fixed.scratch.root(), &change, "remove", None).unwrap();
    assert_eq!(fixed.git(&["ls-tree", "--name-only", "HEAD"]), "other.py\nx.py\n");
    assert_eq!(fixed.git(&["fsck", "--strict"]), "");
    assert_eq!(fixed.git(&["status", "--porcelain"]), "");
}

#[test]
fn states_in_which_nothing_is_committed() {
    let Some(fixed) = Fixed::new(|_| {}) else { return };
    let git_dir = fixed.scratch.root().join(".git");
    let write = |name: &str, text: &str| crate::base::fs::write(&git_dir.join(name), text).unwrap();
    let head = fixed.git(&["rev-parse", "HEAD"]);

    write("MERGE_HEAD", &head);
    assert!(matches!(fixed.refused(), CommitError::InProgress("a merge")));
    std::fs::remove_file(git_dir.join("MERGE_HEAD")).unwrap();

    write("index.lock", "");
    assert!(matches!(fixed.refused(), CommitError::IndexLocked(_)));
    assert!(git_dir.join("index.lock").exists());
    // A commit on another branch needs no index.
    commit(fixed.scratch.root(), &fixed.patch, "fix", Some("side")).unwrap();
    std::fs::remove_file(git_dir.join("index.lock")).unwrap();

    fixed.git(&["config", "user.name", ""]);
    assert!(matches!(fixed.refused(), CommitError::NoIdentity));
    fixed.git(&["config", "user.name", "Ann Example"]);

    fixed.git(&["config", "core.worktree", fixed.scratch.top().to_str().unwrap()]);
    let moved = commit(fixed.scratch.root(), &fixed.patch, "fix", None);
    assert!(matches!(moved, Err(CommitError::ForeignWorkTree)));
    std::fs::remove_file(git_dir.join("config")).unwrap();
    write("config", "[core]\n\trepositoryformatversion = 0\n\tbare = true\n");
    let bare = commit(fixed.scratch.root(), &fixed.patch, "fix", None);
    assert!(matches!(bare, Err(CommitError::Bare)), "{bare:?}");
}

#[test]
fn untracked_files_unborn_branches_and_no_repository() {
    let Some(fixed) = Fixed::new(|scratch| scratch.write("new.py", "n\n")) else { return };
    let change = patch(&[("new.py", Some("n\n"), Some("m\n"))]);
    let error = commit(fixed.scratch.root(), &change, "m", None).unwrap_err();
    assert!(matches!(error, CommitError::NotCommitted(_)));

    let empty = Scratch::new(&[("new.py", "n\n")]);
    let error = commit(empty.root(), &change, "m", None).unwrap_err();
    assert!(matches!(error, CommitError::NoRepository));
    git(empty.root(), &["init", "-q"]);
    git(empty.root(), &["config", "user.name", "Ann Example"]);
    git(empty.root(), &["config", "user.email", "ann@example.org"]);
    let error = commit(empty.root(), &change, "m", None).unwrap_err();
    assert!(matches!(error, CommitError::Unborn), "{error}");
}

#[test]
fn a_detached_head_and_a_linked_work_tree() {
    let Some(fixed) = Fixed::new(|scratch| {
        git(scratch.root(), &["checkout", "-q", "--detach"]);
    }) else {
        return;
    };
    assert_eq!(fixed.commit().unwrap().branch, None);
    assert_eq!(fixed.git(&["status", "--porcelain"]), "");
    fixed.git(&["worktree", "add", "-q", "-b", "linked", "../linked", "main"]);
    let linked = fixed.scratch.top().join("linked");
    let file = linked.join("src/a.py");
    crate::base::fs::write(&file, AFTER).unwrap();
    let made = commit(&linked, &fixed.patch, "fix there", None).unwrap();
    assert_eq!(made.branch.as_deref(), Some("linked"));
    assert_eq!(git(&linked, &["status", "--porcelain"]), "");
    assert_eq!(fixed.git(&["rev-parse", "linked"]).trim(), made.id);
}

#[test]
fn submodules_are_another_repository() {
    let Some(fixed) = Fixed::new(|scratch| {
        let inner = scratch.top().join("inner");
        crate::base::fs::create_dir_all(&inner).unwrap();
        git(&inner, &["init", "-q"]);
        crate::base::fs::write(&inner.join("i.py"), "1\n").unwrap();
        git(&inner, &["add", "."]);
        git(&inner, &["commit", "-q", "-m", "inner"]);
        git(scratch.root(), &["submodule", "--quiet", "add", inner.to_str().unwrap(), "sub"]);
        git(scratch.root(), &["commit", "-q", "-m", "sub"]);
    }) else {
        return;
    };
    let change = patch(&[("sub/i.py", Some("1\n"), Some("2\n"))]);
    let error = apply(&fixed.scratch.lock(), &change, &OpMeta::default()).unwrap_err();
    assert!(error.to_string().contains("a repository of its own"), "{error}");
    assert!(commit(fixed.scratch.root(), &change, "m", None).is_err());
    // The outer commit works and leaves the submodule as it is.
    fixed.commit().unwrap();
    assert_eq!(fixed.git(&["status", "--porcelain"]), "");
}
