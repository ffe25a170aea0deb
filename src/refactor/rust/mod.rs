//! The refactorings of Rust.

mod names;

use super::language::{Reshape, unsupported};
use super::{Answer, Bindings, Refactoring, Rewrite, Setting};
use crate::base::Span;
use crate::syntax::Parsed;

/// See [`Reshape`].
pub(super) struct Rust;

impl Reshape for Rust {
    fn plan(&self, _setting: &Setting<'_>, _what: &Refactoring) -> Answer {
        Err(unsupported("Rust", "such refactoring"))
    }

    fn bindings(&self, parsed: &Parsed) -> Bindings {
        names::of(parsed).bindings.clone()
    }

    fn rewrites(&self, _parsed: &Parsed) -> Vec<(Rewrite, Span)> {
        Vec::new()
    }

    fn declared(&self, _parsed: &Parsed, _name: &str) -> Vec<Span> {
        Vec::new()
    }
}
