//! The refactorings of JavaScript and TypeScript, JSX included.

mod bind;
mod declared;
mod effects;
mod extract;
mod file;
mod inline;
mod modules;
mod moving;
mod names;
mod rename;
mod rewrite;
mod shape;
mod signature;
#[cfg(test)]
mod tests;

use super::language::Reshape;
use super::{Answer, Bindings, Refactoring, Rewrite, Setting};
use crate::base::Span;
use crate::syntax::Parsed;

/// See [`Reshape`].
pub(super) struct Ecma;

impl Reshape for Ecma {
    fn plan(&self, setting: &Setting<'_>, what: &Refactoring) -> Answer {
        match what {
            Refactoring::Rename { to } => rename::plan(setting, to),
            Refactoring::ExtractVariable { name, occurrences } => {
                extract::variable(setting, name, *occurrences)
            }
            Refactoring::ExtractFunction { name } => extract::function(setting, name),
            Refactoring::Inline => inline::plan(setting),
            Refactoring::ChangeSignature(changes) => signature::plan(setting, changes),
            Refactoring::Move { to } => moving::plan(setting, to),
            Refactoring::Rewrite(what) => rewrite::plan(setting, *what),
        }
    }

    fn bindings(&self, parsed: &Parsed) -> Bindings {
        bind::names(parsed).bindings
    }

    fn rewrites(&self, parsed: &Parsed) -> Vec<(Rewrite, Span)> {
        rewrite::offers(parsed)
    }

    fn declared(&self, parsed: &Parsed, name: &str) -> Vec<Span> {
        declared::find(parsed, name)
    }
}
