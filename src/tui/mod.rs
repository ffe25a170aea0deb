//! What a person sees while `slm fix` works: progress, then candidates with their evidence.
//!
//! [`run`] takes over the terminal and gives back a decision; it applies nothing, edits nothing and
//! spawns nothing. [`app`](self) is pure state that events change, [`layers`](self) lie over it,
//! `view` draws it, `terminal` borrows the terminal and always gives it back. [`chat`] is the screen of
//! a conversation, built the same way. For everything that is not a terminal there are
//! [`render_proposal`] and [`ProgressLine`].

mod app;
mod byte_line;
pub mod chat;
mod diff;
mod event;
mod facts;
mod fix;
mod index_line;
mod layers;
mod plain;
mod progress_line;
mod step_line;
mod terminal;
mod text;
mod theme;
mod view;

#[cfg(test)]
mod tests;

pub use byte_line::ByteLine;
pub use facts::caution_text;
pub use fix::{FixScreen, FixSession, run};
pub use index_line::IndexLine;
pub use plain::render_proposal;
pub use progress_line::ProgressLine;
pub use step_line::StepLine;
pub use terminal::{is_usable, restore};
pub use theme::{Colours, Glyphs, Look};

/// What the screen reviews the work of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    Fix,
    Refactor,
}

impl Task {
    /// The command.
    fn name(self) -> &'static str {
        match self {
            Self::Fix => "fix",
            Self::Refactor => "refactor",
        }
    }

    /// What to say when it is over.
    fn ended(self) -> &'static str {
        match self {
            Self::Fix => "search ended",
            Self::Refactor => "checks ended",
        }
    }
}

/// What the user wants; the number is the proposal's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixDecision {
    Apply(usize),
    ApplyAndCommit(usize),
    /// Open it in the editor, check it again, and [`run`] the same session again.
    Edit(usize),
    /// Apply nothing: the user left, or the search ended without a proposal.
    Quit,
    /// Apply nothing: Ctrl-C or a signal.
    Interrupted,
}

impl FixDecision {
    /// The proposal meant, when there is one.
    pub fn id(self) -> Option<usize> {
        match self {
            Self::Apply(id) | Self::ApplyAndCommit(id) | Self::Edit(id) => Some(id),
            Self::Quit | Self::Interrupted => None,
        }
    }
}
