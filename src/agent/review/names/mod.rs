//! Names that do not exist, as far as the repository itself can tell.
//!
//! Certainty before reach: where a name may come from a place that the source does not show (a star
//! import, `exec`, a decorator, a class from outside), nothing is said.

mod builtins;
mod calls;
mod ecma;
mod ecma_calls;
mod elsewhere;
mod exports;
mod go;
mod imports;
mod members;
mod modules;
mod rust;
mod undefined;

pub(super) use calls::find as calls;
pub(super) use ecma_calls::find as typed_calls;
pub(super) use elsewhere::find as broken_elsewhere;
pub(super) use exports::Exports;
pub(super) use go::find as packages;
pub(super) use imports::{find as imports, imports_coroutine};
pub(super) use members::find as members;
pub(super) use rust::find as crate_paths;
pub(super) use undefined::find as undefined;

#[cfg(test)]
mod tests;
