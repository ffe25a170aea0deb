//! Patches, diffs, and the only writer of the user's files.
//!
//! Nothing else in slm writes below the user's root. What slm keeps for itself (lock, log, stored
//! contents) lives in its state directory, never in the repository.

mod align;
mod apply;
mod commit;
pub mod diff;
mod intraline;
mod lock;
mod merge;
mod oplog;
mod patch;
mod protect;
mod store;
#[cfg(test)]
pub(crate) mod testing;
mod tree;
mod undo;

pub use align::{Sides, align};
pub use apply::{ApplyError, LeftAlone, Outcome, Recovered, apply, recover};
pub use commit::{CommitError, Committed, commit};
pub use intraline::pieces;
pub use lock::{LockError, RepoLock};
pub use merge::Merge;
pub use oplog::{Image, OpFile, OpId, OpKind, OpMeta, Operation};
pub use patch::{FileChange, Patch};
pub use protect::{Protection, protected};
pub use tree::TreeError;
pub use undo::{ChangedSince, UndoError, log, redo, undo};
