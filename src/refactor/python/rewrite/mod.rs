//! One construct written as another.

use crate::base::Span;
use crate::refactor::language::unsupported;
use crate::refactor::{Answer, Rewrite, Setting};
use crate::syntax::Parsed;

/// The step that makes `rewrite` at the place.
pub(super) fn plan(_setting: &Setting<'_>, rewrite: Rewrite) -> Answer {
    Err(unsupported("Python", rewrite.name()))
}

/// Where a file offers a rewrite.
pub(super) fn offers(_parsed: &Parsed) -> Vec<(Rewrite, Span)> {
    Vec::new()
}
