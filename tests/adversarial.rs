//! Hostile models and hostile projects: whatever they say and do, nothing but a patch comes of it,
//! and a patch that only seems to repair is not called proven.
//!
//! The model is `slm::engine::Scripted`, the repair runs in this process as it does for `slm fix`, and
//! [`bench::Bench`] compares everything around the project before and after. Each kind of attack has
//! a control that shows that the same bench lets an honest repair pass, and that it would notice.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "test helpers; a skip must be seen"
)]

mod support;

#[path = "adversarial/answers.rs"]
mod answers;
#[path = "adversarial/bench.rs"]
mod bench;
#[path = "adversarial/binary.rs"]
mod binary;
#[path = "adversarial/cheats.rs"]
mod cheats;
#[path = "adversarial/engines.rs"]
mod engines;
#[path = "adversarial/leaks.rs"]
mod leaks;
#[path = "adversarial/projects.rs"]
mod projects;
