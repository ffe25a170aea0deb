//! Verdicts: runs the failing command on patched scratch copies and judges what came back.

pub mod batch;
pub mod probe;
pub mod schemata;
pub mod server;
pub mod verdict;
