//! The refactorings of Rust.

mod context;
mod declared;
mod doctest;
mod extract_function;
mod extract_variable;
mod file;
mod index;
mod inline;
mod inline_function;
mod manifest;
mod members;
mod modules;
mod moves;
mod names;
mod outline;
mod rename;
mod resolve;
mod rewrite;
mod sieve;
mod signature;
#[cfg(test)]
mod tests;
mod tokens;
mod types;
mod typing;
mod words;

use super::language::Reshape;
use super::{Answer, Bindings, Refactoring, Rewrite, Setting};
use crate::base::Span;
use crate::syntax::Parsed;

/// See [`Reshape`].
pub(super) struct Rust;

impl Reshape for Rust {
    fn plan(&self, setting: &Setting<'_>, what: &Refactoring) -> Answer {
        match what {
            Refactoring::Rename { to } => rename::plan(setting, to),
            Refactoring::Rewrite(rewrite) => rewrite::plan(setting, *rewrite),
            Refactoring::Inline => inline::plan(setting),
            Refactoring::ExtractFunction { name } => extract_function::plan(setting, name),
            Refactoring::ExtractVariable { name, occurrences } => {
                extract_variable::plan(setting, name, *occurrences)
            }
            Refactoring::Move { to } => moves::plan(setting, to),
            Refactoring::ChangeSignature(changes) => signature::plan(setting, changes),
        }
    }

    fn bindings(&self, parsed: &Parsed) -> Bindings {
        names::of(parsed).bindings.clone()
    }

    fn rewrites(&self, parsed: &Parsed) -> Vec<(Rewrite, Span)> {
        rewrite::offers(parsed)
    }

    fn declared(&self, parsed: &Parsed, name: &str) -> Vec<Span> {
        declared::spans(parsed, name)
    }
}
