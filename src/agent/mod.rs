//! Decides: localises, generates candidates, has them checked, ranks what passed.
//!
//! The model never drives. Everything that is run, written or believed is decided here, by code.

pub mod candidates;
pub mod cascade;
pub mod chat;
pub mod checks;
pub mod knowledge;
pub mod localise;
pub mod proposal;
pub mod record;
pub mod review;
pub mod sources;
pub mod tasks;
