//! `slm`: a coding agent that keeps the wheel.
//!
//! The program localises a failure, builds candidates, and proves each one by running the failing
//! command on a patched scratch copy. A language model, when there is one, only fills narrow slots.
//!
//! Rooms, one verb each; an arrow may skip a level but never climbs:
//!
//! ```text
//! main -> cli -> {tui, eval} -> agent -> {engine, refactor, repo, trace, edit, sandbox} -> syntax -> base
//!
//! cli      COMMANDED  one file per command; `report` alone prints
//! eval     MEASURED   how good the parts are, counted over real fixes
//! tui      SHOWN      the review pane and the progress line
//! agent    DECIDED    fix: localise, generate, check, rank
//! engine   GENERATED  llama.cpp in a worker process, behind one trait
//! refactor RESHAPED   rename, extract, inline, move, ...: exact, or refused with the reason
//! repo     KNOWN      files, tests, git's view; the index of symbols, who uses whom, the outline
//! trace    LOCATED    what a tool printed -> what failed and where
//! edit     CHANGED    patches, diffs, apply, journal, undo
//! sandbox  RUN        the only spawner of processes
//! syntax   PARSED     tree-sitter: scopes, uses, small transformations
//! config   WISHED     files, environment and flags -> one resolved value
//! base     newtypes and errors shared by all
//! ```
//!
//! `docs/architecture.md` says why; `tests/tidy.rs` enforces it.

pub mod agent;
pub mod base;
pub mod cli;
pub mod config;
pub mod edit;
pub mod engine;
pub mod eval;
pub mod models;
pub mod refactor;
pub mod repo;
pub mod sandbox;
pub mod syntax;
pub mod trace;
pub mod tui;
