//! Constructs that hand power to whoever chooses a value.
//!
//! Only what the line itself shows: a value is taken as foreign when it is not a literal, so these
//! findings warn and never stop a commit.

mod ecma;
mod other;
mod python;

use super::source::{Draft, Source, World};
use crate::base::Language;

/// Looks at the wanted nodes, and at the lines of files without a grammar.
pub(super) fn find(source: &Source, _world: World<'_>, out: &mut Vec<Draft>) {
    if source.kind.foreign() || source.kind.aside() {
        return;
    }
    for node in source.nodes() {
        match source.language {
            Some(Language::Python) => python::look(source, node, out),
            Some(Language::Rust) => other::rust(source, node, out),
            Some(Language::Go) => other::go(source, node, out),
            Some(_) => ecma::look(source, node, out),
            None => {}
        }
    }
    other::lines(source, out);
}

#[cfg(test)]
mod tests;
