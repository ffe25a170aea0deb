//! The parts of the search that can be left out, to see what each contributes.

use std::str::FromStr;

/// One part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Candidates by rules for the error.
    Rules,
    /// Candidates from the catalogue of transformations.
    Transformations,
    /// Pairs of these.
    Pairs,
    /// The costs learned from real fixes.
    Prior,
    /// How familiar the file's own habits make a transformation look.
    Familiarity,
    /// What trees say of a transformation.
    Trees,
    /// The run under the line tracer.
    Tracing,
    /// What was changed since the last commit: suspected more, and taken back.
    History,
    /// The first look at candidates by a check server or in one build.
    Server,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 9] = [
        Self::Rules,
        Self::Transformations,
        Self::Pairs,
        Self::Prior,
        Self::Familiarity,
        Self::Trees,
        Self::Tracing,
        Self::History,
        Self::Server,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Transformations => "transformations",
            Self::Pairs => "pairs",
            Self::Prior => "prior",
            Self::Familiarity => "familiarity",
            Self::Trees => "trees",
            Self::Tracing => "tracing",
            Self::History => "history",
            Self::Server => "server",
        }
    }
}

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = Self::ALL.map(Self::name).join(", ");
        let part = Self::ALL.into_iter().find(|part| part.name() == text);
        part.ok_or_else(|| format!("no such part; there are {names}"))
    }
}
