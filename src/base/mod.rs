//! Newtypes and errors that every room shares. Never "util": what has a room lives there.

mod cancel;
mod certificate;
pub mod cpu;
pub(crate) mod fault;
pub mod fs;
mod language;
pub mod origin;
mod path;
mod sanitize;
mod secret;
mod size;
mod text;

pub use cancel::Cancel;
pub use certificate::certificate_problem;
pub use language::Language;
pub use path::{PathError, RepoPath};
pub use sanitize::sanitize;
pub use secret::Secret;
pub use size::size;
pub use text::{Line, LineIndex, Replacement, Span, SpliceError, floor_char, splice};
