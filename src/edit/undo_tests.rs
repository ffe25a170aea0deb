//! Undo and redo: bytes and modes come back, and nobody's later work is lost.

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::edit::apply;
use crate::edit::testing::{Scratch, patch};

fn meta(title: &str) -> OpMeta {
    OpMeta { title: title.to_owned(), command: None }
}

#[test]
fn there_and_back_and_there_again() {
    let scratch = Scratch::new(&[("a.py", "1\n"), ("gone.sh", "x\n")]);
    let script = scratch.root().join("gone.sh");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let old = scratch.tree();
    let lock = scratch.lock();
    let change = patch(&[
        ("a.py", Some("1\n"), Some("2\n")),
        ("gone.sh", Some("x\n"), None),
        ("new/deep/n.py", None, Some("n\n")),
    ]);
    apply(&lock, &change, &meta("first")).unwrap();
    let new = scratch.tree();
    let undone = undo(&lock, None).unwrap();
    assert_eq!((undone.id, undone.kind), (OpId(2), OpKind::Undo(OpId(1))));
    assert_eq!(scratch.tree(), old);
    assert!(matches!(undo(&lock, None), Err(UndoError::Nothing("undo"))));
    assert!(matches!(undo(&lock, Some(OpId(1))), Err(UndoError::AlreadyUndone(_))));
    let redone = redo(&lock, None).unwrap();
    assert_eq!(redone.kind, OpKind::Redo(OpId(1)));
    assert_eq!(scratch.tree(), new);
    assert!(matches!(redo(&lock, None), Err(UndoError::Nothing("redo"))));
    undo(&lock, Some(OpId(1))).unwrap();
    assert_eq!(scratch.tree(), old);
    let logged = log(scratch.state(), scratch.root()).unwrap();
    assert_eq!(logged.iter().map(|operation| operation.id.0).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(logged[0].undone);
}

#[test]
fn undo_walks_back_through_the_operations() {
    let scratch = Scratch::new(&[("a.py", "1\n")]);
    let lock = scratch.lock();
    for (before, after) in [("1\n", "2\n"), ("2\n", "3\n")] {
        apply(&lock, &patch(&[("a.py", Some(before), Some(after))]), &meta("m")).unwrap();
    }
    let error = undo(&lock, Some(OpId(1))).unwrap_err();
    assert!(error.to_string().contains("`slm undo 2`"), "{error}");
    undo(&lock, None).unwrap();
    assert_eq!(scratch.read("a.py"), "2\n");
    undo(&lock, None).unwrap();
    assert_eq!(scratch.read("a.py"), "1\n");
    redo(&lock, None).unwrap();
    assert_eq!(scratch.read("a.py"), "2\n");
    redo(&lock, None).unwrap();
    assert_eq!(scratch.read("a.py"), "3\n");
}

#[test]
fn refuses_over_later_work_and_offers_the_merge() {
    let before = "a\nb\nc\nd\ne\n";
    let scratch = Scratch::new(&[("a.py", before), ("b.py", "1\n")]);
    let lock = scratch.lock();
    let change = patch(&[
        ("a.py", Some(before), Some("a\nB\nc\nd\ne\n")),
        ("b.py", Some("1\n"), Some("2\n")),
    ]);
    apply(&lock, &change, &meta("m")).unwrap();
    scratch.write("a.py", "a\nB\nc\nd\nE, by hand\n");
    let now = scratch.tree();
    let error = undo(&lock, None).unwrap_err();
    assert!(error.to_string().starts_with("a.py changed since operation 1"), "{error}");
    let UndoError::Changed { files, .. } = error else { panic!("{error}") };
    let merged = b"a\nb\nc\nd\nE, by hand\n".to_vec();
    assert_eq!(files[0].alternative, Some(Merge::Clean(merged)));
    assert_eq!(scratch.tree(), now);

    scratch.write("a.py", "a\nBBB\nc\nd\ne\n");
    let Err(UndoError::Changed { files, .. }) = undo(&lock, None) else { panic!() };
    assert!(matches!(files[0].alternative, Some(Merge::Conflict { conflicts: 1, .. })));
    std::fs::remove_file(scratch.root().join("a.py")).unwrap();
    let Err(UndoError::Changed { files, .. }) = undo(&lock, None) else { panic!() };
    assert_eq!(files[0].alternative, None);
}

#[test]
fn unknown_operations_and_repositories() {
    let scratch = Scratch::new(&[("a.py", "1\n")]);
    assert!(log(scratch.state(), scratch.root()).unwrap().is_empty());
    let lock = scratch.lock();
    assert!(matches!(undo(&lock, Some(OpId(7))), Err(UndoError::Unknown(OpId(7)))));
    apply(&lock, &patch(&[("a.py", Some("1\n"), Some("2\n"))]), &meta("m")).unwrap();
    undo(&lock, None).unwrap();
    assert!(matches!(undo(&lock, Some(OpId(2))), Err(UndoError::NotAnEdit(OpId(2)))));
}
