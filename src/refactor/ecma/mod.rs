//! The refactorings of JavaScript and TypeScript, JSX included.

mod bind;
mod names;

use super::language::{Reshape, unsupported};
use super::{Answer, Bindings, Refactoring, Rewrite, Setting};
use crate::base::Span;
use crate::syntax::Parsed;

/// See [`Reshape`].
pub(super) struct Ecma;

impl Reshape for Ecma {
    fn plan(&self, _setting: &Setting<'_>, _what: &Refactoring) -> Answer {
        Err(unsupported("Ecma", "such refactoring"))
    }

    fn bindings(&self, parsed: &Parsed) -> Bindings {
        bind::names(parsed).bindings
    }

    fn rewrites(&self, _parsed: &Parsed) -> Vec<(Rewrite, Span)> {
        Vec::new()
    }

    fn declared(&self, _parsed: &Parsed, _name: &str) -> Vec<Span> {
        Vec::new()
    }
}
