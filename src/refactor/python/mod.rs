//! The refactorings of Python.

mod bindings;
mod classes;
mod infer;
mod rename;
mod rewrite;
mod uses;
mod world;

use super::language::{Reshape, unsupported};
use super::{Answer, Bindings, Refactoring, Rewrite, Setting};
use crate::base::Span;
use crate::syntax::Parsed;

/// See [`Reshape`].
pub(super) struct Python;

impl Reshape for Python {
    fn plan(&self, setting: &Setting<'_>, what: &Refactoring) -> Answer {
        match what {
            Refactoring::Rewrite(rewrite) => rewrite::plan(setting, *rewrite),
            Refactoring::Rename { to } => rename::plan(setting, to),
            _ => Err(unsupported("Python", "such refactoring")),
        }
    }

    fn bindings(&self, parsed: &Parsed) -> Bindings {
        bindings::of(parsed)
    }

    fn rewrites(&self, parsed: &Parsed) -> Vec<(Rewrite, Span)> {
        rewrite::offers(parsed)
    }

    fn declared(&self, _parsed: &Parsed, _name: &str) -> Vec<Span> {
        Vec::new()
    }
}
