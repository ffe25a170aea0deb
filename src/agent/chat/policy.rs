//! What may be done without asking.

use serde::{Deserialize, Serialize};

/// How much the conversation may do by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Every command and every edit is asked for.
    #[default]
    Ask,
    /// Edits whose checks pass are applied; commands are asked for.
    AutoEdit,
    /// Nothing is run or edited.
    ReadOnly,
    /// As read-only, and the model is asked for a plan.
    Plan,
}

impl Mode {
    /// As the person spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::AutoEdit => "auto-edit",
            Self::ReadOnly => "read-only",
            Self::Plan => "plan",
        }
    }

    /// The mode that Shift-Tab goes to from this one.
    pub fn next(self) -> Self {
        match self {
            Self::Ask => Self::AutoEdit,
            Self::AutoEdit => Self::ReadOnly,
            Self::ReadOnly => Self::Plan,
            Self::Plan => Self::Ask,
        }
    }
}
