//! The refactorings of Python, as texts before and after.

mod extract;
mod inline;
mod move_symbol;
mod rename;
mod robust;
mod signature;

use crate::refactor::Refactoring;
use crate::refactor::testing::Memory;

/// Asserts what a refactoring makes of one file with a marked place.
#[track_caller]
fn becomes(before: &str, what: &Refactoring, after: &str) {
    assert_eq!(Memory::new(&[("a.py", before)]).after(what.clone()), after, "{before}");
}

/// Asserts that a refactoring is refused for a reason.
#[track_caller]
fn refused(files: &[(&str, &str)], what: &Refactoring, reason: &str) {
    let answer = Memory::new(files).after(what.clone());
    assert!(answer.starts_with(&format!("{reason}: ")), "{answer}\n{files:?}");
}
