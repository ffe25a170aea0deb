//! What a review says.

use std::ops::RangeInclusive;

use super::rules::Rule;
use crate::base::{Line, Replacement};

/// How much a finding matters. The order is that of weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; never a reason to stop.
    Informs,
    /// Probably wrong.
    Warns,
    /// Wrong as far as the source tells, or a secret: a commit stops.
    Blocks,
}

/// One thing that a change brings.
#[derive(Clone, Debug)]
pub struct Finding {
    pub rule: &'static Rule,
    /// The rule's own, or less where the place speaks for it.
    pub severity: Severity,
    pub path: String,
    /// Of the file after the change; of a removed file, before it.
    pub lines: RangeInclusive<Line>,
    /// First column and the one after the last, counted in characters from 1; `None` for whole lines.
    pub columns: Option<(u32, u32)>,
    /// What it is, why it matters, what to do.
    pub message: String,
    /// The source that shows it: one line, cut, without secrets, safe to show.
    pub evidence: String,
    /// 0 to 1: how likely the finding is right.
    pub confidence: f32,
    /// Edits of the file that would mend it; not proven yet. Empty when nothing is obvious.
    pub patch: Vec<Replacement>,
    /// The same for the same thing on another line.
    pub fingerprint: String,
}

impl Severity {
    /// The word for it, for people and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Informs => "informs",
            Self::Warns => "warns",
            Self::Blocks => "blocks",
        }
    }
}

impl Finding {
    /// The first line.
    pub fn line(&self) -> Line {
        *self.lines.start()
    }
}
