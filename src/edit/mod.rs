//! Patches, diffs, and the only writer of the user's files.
//!
//! Nothing else in slm writes below the user's root.

mod patch;

pub use patch::{FileChange, Patch};
