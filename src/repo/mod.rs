//! Which files exist, what they define and use, which of them are tests, and what git says of them.
//!
//! Reads only. Nothing found here is believed beyond being a name: no file of a repository can set
//! a command, a model or an approval, and git's own helpers (hooks, filters, fsmonitor) never run.

pub mod changes;
mod commands;
mod discover;
pub mod graph;
pub mod history;
pub mod hooks;
pub mod index;
pub mod lookup;
pub mod map;
mod past;
mod status;
mod tests_of;
pub mod walk;
pub mod watch;

pub use commands::{Detected, detect_test_command, detect_test_commands};
pub use discover::{Root, discover};
pub use history::branch;
pub use past::Past;
pub use status::{FileStatus, StatusError, status};
pub use tests_of::{is_test_path, is_vendored_path};
