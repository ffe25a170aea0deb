//! Tests of the refactorings of JavaScript and TypeScript.

mod extract;
mod inline;
mod moving;
mod names;
mod rename;
mod rewrite;
mod signature;

use crate::refactor::testing::Memory;
use crate::refactor::{Occurrences, Refactoring};

/// What a refactoring makes of one file.
fn one(path: &str, text: &str, what: Refactoring) -> String {
    Memory::new(&[(path, text)]).after(what)
}

fn rename(to: &str) -> Refactoring {
    Refactoring::Rename { to: to.to_owned() }
}

fn extract(name: &str) -> Refactoring {
    Refactoring::ExtractFunction { name: name.to_owned() }
}

fn variable(name: &str) -> Refactoring {
    Refactoring::ExtractVariable { name: name.to_owned(), occurrences: Occurrences::Selected }
}

/// Asserts that a refusal has a reason and speaks of something.
#[track_caller]
fn refused(got: &str, reason: &str, about: &str) {
    assert!(got.starts_with(&format!("{reason}: ")) && got.contains(about), "{got}");
}
