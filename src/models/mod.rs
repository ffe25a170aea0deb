//! Model files on this machine: which there are, where they came from, and that they are what they should be.
//!
//! ```text
//! <data>/models/
//!   registry.toml      the one list of what is there; whoever changes it holds the lock
//!   lock
//!   files/<sha256>     a model, an adapter or a manifest, named by what is in it; never changed
//!   incoming/          files on their way in: downloads that can be resumed, unpacked bundles
//! ```
//!
//! A file counts once the list names it, and the list is replaced in one step: a process that dies at any
//! point leaves the list of before, or the new one, and at worst files that nothing names ([`watch`] says how
//! long work is followed and cancelled). Only [`download`] opens a connection, only on the user's word.
//!
//! Not here: loading a model (`engine`), choosing one for a task (`cli`).

pub mod adapters;
pub mod bundle;
pub mod catalogue;
pub mod digest;
pub mod download;
pub mod keys;
pub mod registry;
pub mod sealed;
pub mod staged;
pub mod store;
pub mod watch;

pub use digest::Sha256;
pub use staged::Staged;
pub use store::Store;
pub use watch::Watch;
