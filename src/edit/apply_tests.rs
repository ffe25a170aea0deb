//! Apply: what it writes, what it refuses, and that no fault leaves a mixed tree.

use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink};

use proptest::prelude::*;

use super::*;
use crate::base::fault::injected::{self, Fault};
use crate::edit::testing::{Scratch, patch};
use crate::edit::{FileChange, log, undo};

fn meta() -> OpMeta {
    OpMeta { title: "`<` becomes `<=`".to_owned(), command: Some("pytest -x".to_owned()) }
}

fn set_mode(scratch: &Scratch, name: &str, mode: u32) {
    let permissions = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(scratch.root().join(name), permissions).unwrap();
}

#[test]
fn writes_creates_removes_and_logs() {
    let scratch = Scratch::new(&[("a.py", "1\n"), ("gone.py", "x\n"), ("other.py", "o\n")]);
    set_mode(&scratch, "a.py", 0o751);
    let lock = scratch.lock();
    let change = patch(&[
        ("a.py", Some("1\n"), Some("2\n")),
        ("gone.py", Some("x\n"), None),
        ("new/deep/n.py", None, Some("n\n")),
    ]);
    let operation = apply(&lock, &change, &meta()).unwrap();
    assert_eq!((operation.id.0, operation.kind), (1, OpKind::Apply));
    let names: Vec<_> = scratch.tree().into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["a.py", "new", "new/deep", "new/deep/n.py", "other.py"]);
    assert_eq!(scratch.read("a.py"), "2\n");
    let about = std::fs::metadata(scratch.root().join("a.py")).unwrap();
    assert_eq!(about.permissions().mode() & 0o7777, 0o751);
    let logged = log(scratch.state(), scratch.root()).unwrap();
    assert_eq!(logged.len(), 1);
    assert_eq!(logged[0].title, meta().title);
    assert_eq!(logged[0].files, operation.files);
    let second = apply(&lock, &patch(&[("a.py", Some("2\n"), Some("3\n"))]), &meta()).unwrap();
    assert_eq!(second.id.0, 2);
}

#[test]
fn refuses_what_changed_and_writes_nothing() {
    let scratch = Scratch::new(&[("a.py", "1\n"), ("b.py", "other\n"), ("there.py", "t\n")]);
    let before = scratch.tree();
    let change = patch(&[
        ("a.py", Some("1\n"), Some("2\n")),
        ("b.py", Some("1\n"), Some("2\n")),
        ("missing.py", Some("1\n"), None),
        ("there.py", None, Some("n\n")),
    ]);
    let error = apply(&scratch.lock(), &change, &meta()).unwrap_err();
    let ApplyError::Changed(paths) = &error else { panic!("{error}") };
    assert_eq!(list(paths), "b.py, missing.py, there.py");
    assert!(error.to_string().starts_with("b.py, missing.py, there.py changed since"), "{error}");
    assert_eq!(scratch.tree(), before);
    assert!(log(scratch.state(), scratch.root()).unwrap().is_empty());
    assert!(matches!(apply(&scratch.lock(), &patch(&[]), &meta()), Err(ApplyError::Empty)));
}

fn refusal(scratch: &Scratch, path: &str) -> TreeError {
    let before = scratch.tree();
    let change = patch(&[(path, Some("1\n"), Some("2\n"))]);
    let error = apply(&scratch.lock(), &change, &meta()).unwrap_err();
    assert_eq!(scratch.tree(), before);
    match error {
        ApplyError::Tree(error) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn links_are_not_followed() {
    let scratch = Scratch::new(&[("real/a.py", "1\n"), ("a.py", "1\n")]);
    let outside = scratch.top().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::copy(scratch.root().join("a.py"), outside.join("a.py")).unwrap();
    symlink("a.py", scratch.root().join("link.py")).unwrap();
    symlink("real", scratch.root().join("inner")).unwrap();
    symlink(&outside, scratch.root().join("outer")).unwrap();
    for path in ["link.py", "inner/a.py", "outer/a.py"] {
        assert!(matches!(refusal(&scratch, path), TreeError::Link { .. }), "{path}");
    }
    assert_eq!(crate::base::fs::read(&outside.join("a.py")).unwrap(), b"1\n");
}

#[test]
fn a_link_swapped_in_under_way_leads_nowhere() {
    let scratch = Scratch::in_memory(&[("dir/a.py", "1\n")]);
    let outside = scratch.top().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::copy(scratch.root().join("dir/a.py"), outside.join("a.py")).unwrap();
    let (dir, aside) = (scratch.root().join("dir"), scratch.top().join("aside"));
    let stop = std::sync::atomic::AtomicBool::new(false);
    let (mut written, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                std::fs::rename(&dir, &aside).unwrap();
                if symlink(&outside, &dir).is_ok() {
                    std::thread::yield_now();
                    std::fs::remove_file(&dir).unwrap();
                } else {
                    // A recovery that was quicker has made the directory anew.
                    std::fs::remove_dir_all(&dir).unwrap();
                }
                while std::fs::rename(&aside, &dir).is_err() {
                    // Or made it since.
                    let _ = std::fs::remove_dir_all(&dir);
                }
                // Long enough for some applies to get through, and to be met anywhere.
                std::thread::sleep(std::time::Duration::from_micros(700));
            }
        });
        let lock = scratch.lock();
        let mut texts = ["1\n", "2\n"];
        for _ in 0..1000 {
            if written >= 20 && refused >= 100 {
                break;
            }
            let change = patch(&[("dir/a.py", Some(texts[0]), Some(texts[1]))]);
            match apply(&lock, &change, &meta()) {
                Ok(_) => {
                    texts.reverse();
                    written += 1;
                }
                // One that was stopped after its rename is completed by the next one's recovery.
                Err(ApplyError::Changed(_)) => texts.reverse(),
                Err(_) => refused += 1,
            }
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    let left: Vec<_> =
        std::fs::read_dir(&outside).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["a.py"]);
    assert_eq!(crate::base::fs::read(&outside.join("a.py")).unwrap(), b"1\n");
    assert!(refused > 0 && written > 0, "{refused} refused, {written} written");
}

#[test]
fn only_writable_regular_files_of_this_repository() {
    let scratch = Scratch::new(&[("dir/x", ""), ("ro.py", "1\n"), ("sub/.git", "gitdir: x\n")]);
    scratch.write("sub/a.py", "1\n");
    set_mode(&scratch, "ro.py", 0o444);
    let fifo = scratch.root().join("fifo");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &fifo,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    assert!(std::fs::metadata(&fifo).unwrap().file_type().is_fifo());
    assert!(matches!(refusal(&scratch, "fifo"), TreeError::NotRegular { what: "a FIFO", .. }));
    assert!(matches!(refusal(&scratch, "dir"), TreeError::NotRegular { .. }));
    assert!(matches!(refusal(&scratch, "ro.py"), TreeError::ReadOnly { .. }));
    let error = refusal(&scratch, "sub/a.py");
    assert!(matches!(&error, TreeError::OtherRepository { boundary, .. } if boundary == "sub"));
}

#[test]
fn a_hard_link_outside_keeps_the_old_bytes() {
    let scratch = Scratch::new(&[("a.py", "1\n")]);
    let twin = scratch.top().join("twin.py");
    std::fs::hard_link(scratch.root().join("a.py"), &twin).unwrap();
    apply(&scratch.lock(), &patch(&[("a.py", Some("1\n"), Some("2\n"))]), &meta()).unwrap();
    assert_eq!(scratch.read("a.py"), "2\n");
    assert_eq!(crate::base::fs::read(&twin).unwrap(), b"1\n");
    assert_eq!(std::fs::metadata(&twin).unwrap().nlink(), 1);
}

#[test]
fn state_is_private() {
    let scratch = Scratch::new(&[("a.py", "1\n")]);
    apply(&scratch.lock(), &patch(&[("a.py", Some("1\n"), Some("2\n"))]), &meta()).unwrap();
    let repos = scratch.state().join("repos");
    let folder = std::fs::read_dir(&repos).unwrap().next().unwrap().unwrap().path();
    assert_eq!(std::fs::metadata(&folder).unwrap().mode() & 0o077, 0);
    for entry in std::fs::read_dir(folder.join("blobs")).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().mode() & 0o077, 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_bytes_arrive_as_they_are_and_come_back(
        before in prop::collection::vec(any::<u8>(), 0..60),
        after in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..60),
            Just(b"\xef\xbb\xbfa\r\nb\rc\n\xff\xfe".to_vec()),
        ],
    ) {
        prop_assume!(before != after);
        let scratch = Scratch::in_memory(&[]);
        scratch.write("x", &before);
        let change = Patch::new([FileChange {
            path: RepoPath::new("x").unwrap(),
            before: Some(before.as_slice().into()),
            after: Some(after.as_slice().into()),
        }]);
        let lock = scratch.lock();
        apply(&lock, &change, &meta()).unwrap();
        prop_assert_eq!(crate::base::fs::read(&scratch.root().join("x")).unwrap(), after);
        undo(&lock, None).unwrap();
        prop_assert_eq!(crate::base::fs::read(&scratch.root().join("x")).unwrap(), before);
    }
}

/// A change of every kind in two directories, with an old tree and a new one.
fn prepared() -> (Scratch, Patch) {
    let files = [("a.py", "1\n"), ("dir/b.py", "one\n"), ("gone.py", "x\n")];
    let scratch = Scratch::in_memory(&files);
    set_mode(&scratch, "gone.py", 0o640);
    let change = patch(&[
        ("a.py", Some("1\n"), Some("2\n")),
        ("dir/b.py", Some("one\n"), Some("two\n")),
        ("fresh/n.py", None, Some("n\n")),
        ("gone.py", Some("x\n"), None),
    ]);
    (scratch, change)
}

/// The number of points that an undisturbed apply passes.
fn points() -> usize {
    let (scratch, change) = prepared();
    let (result, passed) =
        injected::with(usize::MAX, Fault::Kill, || apply(&scratch.lock(), &change, &meta()));
    result.unwrap().unwrap();
    for name in ["open", "write", "fsync", "rename", "unlink", "mkdir", "chmod"] {
        assert!(passed.contains(&name), "apply no longer passes {name:?}");
    }
    passed.len()
}

#[test]
fn killed_anywhere_the_next_start_finds_the_old_tree_or_the_new_one() {
    let (mut old_trees, mut new_trees) = (0, 0);
    for at in 1..=points() {
        let (scratch, change) = prepared();
        let old = scratch.tree();
        let (result, passed) =
            injected::with(at, Fault::Kill, || apply(&scratch.lock(), &change, &meta()));
        assert!(result.is_none(), "not killed at {at}");
        let recovered = recover(&scratch.lock()).unwrap();
        let logged = log(scratch.state(), scratch.root()).unwrap();
        let place = format!("killed at {at} {:?}: {recovered:?}", passed.last());
        if scratch.tree() == old {
            old_trees += 1;
            assert!(logged.is_empty(), "{place}");
            apply(&scratch.lock(), &change, &meta()).unwrap();
        } else {
            new_trees += 1;
            assert_eq!(logged.len(), 1, "{place}");
            undo(&scratch.lock(), None).unwrap();
            assert_eq!(scratch.tree(), old, "{place}");
            continue;
        }
        assert_eq!(scratch.read("a.py"), "2\n", "{place}");
        assert_eq!(recover(&scratch.lock()).unwrap(), None, "{place}");
    }
    assert!(old_trees > 10 && new_trees > 2, "{old_trees} old, {new_trees} new");
}

#[test]
fn killed_during_recovery_too() {
    // Killed once at each point, then in the recovery from it at each point, then left in peace.
    for at in 1..=points() {
        for again in 1.. {
            let (scratch, change) = prepared();
            let old = scratch.tree();
            injected::with(at, Fault::Kill, || apply(&scratch.lock(), &change, &meta()));
            let (result, _) = injected::with(again, Fault::Kill, || recover(&scratch.lock()));
            let finished = result.is_some();
            recover(&scratch.lock()).unwrap();
            let logged = log(scratch.state(), scratch.root()).unwrap();
            if scratch.tree() == old {
                assert!(logged.is_empty(), "{at}, {again}");
            } else {
                assert_eq!(logged.len(), 1, "{at}, {again}");
                assert_eq!(scratch.read("fresh/n.py"), "n\n", "{at}, {again}");
                assert_eq!(scratch.read("dir/b.py"), "two\n", "{at}, {again}");
                assert!(!scratch.root().join("gone.py").exists(), "{at}, {again}");
                assert_eq!(scratch.tree().len(), 5, "leftovers: {at}, {again}");
            }
            if finished {
                break;
            }
        }
    }
}

#[test]
fn an_error_anywhere_leaves_the_old_tree_or_reports_success() {
    const EIO: i32 = 5;
    const ENOSPC: i32 = 28;
    for errno in [EIO, ENOSPC] {
        for at in 1..=points() {
            let (scratch, change) = prepared();
            let old = scratch.tree();
            let (result, passed) = injected::with(at, Fault::Errno(errno), || {
                apply(&scratch.lock(), &change, &meta())
            });
            let logged = log(scratch.state(), scratch.root()).unwrap();
            match result.unwrap() {
                Ok(_) => assert_eq!((logged.len(), scratch.read("a.py").as_str()), (1, "2\n")),
                Err(error) => {
                    let place = format!("{at} {:?}: {error}", passed.last());
                    assert_eq!(scratch.tree(), old, "{place}");
                    assert!(logged.is_empty(), "{place}");
                    assert!(!matches!(error, ApplyError::Interrupted { .. }), "{place}");
                    assert!(error.to_string().contains('/'), "no path: {place}");
                }
            }
            // The next change works, whatever was left.
            let lock = scratch.lock();
            recover(&lock).unwrap();
            if log(scratch.state(), scratch.root()).unwrap().is_empty() {
                apply(&lock, &change, &meta()).unwrap();
            }
            assert_eq!(scratch.read("dir/b.py"), "two\n");
        }
    }
}

#[test]
fn recovery_leaves_alone_what_somebody_else_changed() {
    let mut met = false;
    for at in 1..=points() {
        let (scratch, change) = prepared();
        injected::with(at, Fault::Kill, || apply(&scratch.lock(), &change, &meta()));
        let half = scratch.read("a.py") == "2\n" && scratch.read("dir/b.py") == "one\n";
        if half {
            scratch.write("a.py", "mine\n");
            let recovered = recover(&scratch.lock()).unwrap().unwrap();
            assert_eq!(recovered.outcome, Outcome::RolledBack);
            assert_eq!(recovered.left.len(), 1);
            let stored = recovered.left[0].before.as_ref().unwrap();
            assert_eq!(crate::base::fs::read(stored).unwrap(), b"1\n");
            assert_eq!(scratch.read("a.py"), "mine\n");
            assert_eq!(scratch.read("gone.py"), "x\n");
            met = true;
        }
    }
    assert!(met, "no point lies between the two renames");
}
