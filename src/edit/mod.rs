//! Patches, diffs, and the only writer of the user's files.
//!
//! Nothing else in slm writes below the user's root.

pub mod diff;
mod intraline;
mod patch;
#[cfg(test)]
pub(crate) mod testing;

pub use patch::{FileChange, Patch};
