//! What the refactorings of Rust make of small repositories.

mod extracts;
mod moves;
mod names;
mod renames;
mod rewrites;

use crate::refactor::testing::Memory;
use crate::refactor::{Occurrences, Refactoring, Rewrite};

/// One file, in a crate of its own that shows nothing.
fn one(text: &str) -> Memory {
    Memory::new(&[("src/main.rs", text)])
}

fn rename(text: &str, to: &str) -> String {
    one(text).after(Refactoring::Rename { to: to.to_owned() })
}

fn function(text: &str) -> String {
    one(text).after(Refactoring::ExtractFunction { name: "part".to_owned() })
}

fn variable(text: &str) -> String {
    let occurrences = Occurrences::Selected;
    one(text).after(Refactoring::ExtractVariable { name: "value".to_owned(), occurrences })
}

fn inline(text: &str) -> String {
    one(text).after(Refactoring::Inline)
}

fn rewrite(text: &str, rewrite: Rewrite) -> String {
    one(text).after(Refactoring::Rewrite(rewrite))
}

/// The reasons of refusals, each with what the message has to say.
fn refuses(cases: &[(&str, &str)], plan: impl Fn(&str) -> String) {
    for (text, reason) in cases {
        let answer = plan(text);
        assert!(answer.starts_with(reason), "{text}\n{answer}");
    }
}
