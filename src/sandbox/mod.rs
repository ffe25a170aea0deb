//! The only spawner of processes: a scratch view of the tree, limits, no network.
//!
//! A [`Workspace`] stands for one user tree. Each [`Job`] runs a command on a view of that tree with
//! some files replaced; what it writes, anywhere, is gone afterwards. On Linux the view is an
//! overlay at the tree's own path in fresh namespaces ([`linux`]), so absolute paths in
//! environments and build caches lead to the patched files, and nothing is copied. Where the kernel
//! refuses that, the command runs in a real copy under Landlock and seccomp.
//!
//! Absent on purpose: any way to run a command that writes to the user's tree.

mod caches;
mod environment;
mod error;
mod job;
#[cfg(target_os = "linux")]
mod linux;
mod moves;
mod output;
mod scratch;
#[cfg(target_os = "macos")]
mod seatbelt;
mod secrets;
mod session;
mod slots;
#[cfg(test)]
mod tests;
mod worker;
mod workspace;

pub use error::SandboxError;
pub use job::{Capture, Ended, Job, Limits, Run};
#[cfg(target_os = "linux")]
pub use linux::peer;
pub use session::Session;
#[cfg(target_os = "linux")]
pub use worker::detach_self;
pub use worker::{
    Detached, Worker, WorkerEnd, confine_self, git_version, spawn_detached, spawn_interactive,
    spawn_self, spawn_worker,
};
pub use workspace::{Isolation, Layer, Mode, Options, SIDE_PLACEHOLDER, Workspace};
