//! What a search finds and how far it got: plain values that a front end can show.

use std::time::Duration;

use crate::agent::cascade::Decision;
use crate::base::{Line, RepoPath};
use crate::edit::Patch;

/// The generator a candidate came from, cheapest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tier {
    /// A rule driven by the error message.
    Rule,
    /// A suggestion that the compiler itself offered.
    Compiler,
    /// A small transformation of a suspect line.
    Transform,
    /// Written by a language model.
    Model,
    /// Written by a language model behind a server that the user named.
    Endpoint,
    /// An exact refactoring: nothing is to be repaired.
    Refactoring,
}

impl Tier {
    /// The name used in `--json` and on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Compiler => "compiler",
            Self::Transform => "transform",
            Self::Model => "model",
            Self::Endpoint => "endpoint",
            Self::Refactoring => "refactoring",
        }
    }
}

/// A patch with the reasons to believe in it.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Counted from 1 in the order found.
    pub id: usize,
    pub tier: Tier,
    /// What the edit does, in a few words: "`<` becomes `<=`".
    pub title: String,
    pub patch: Patch,
    /// Unified diff of `patch`.
    pub diff: String,
    pub verdict: Verdict,
    pub evidence: Evidence,
    pub cautions: Vec<Caution>,
}

/// How well a proposal is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The command failed before and passes with the patch; no test was lost, skipped or edited.
    Proven,
    /// There was no command that could be run.
    Unverified,
}

/// Something a reviewer should know before applying.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Caution {
    /// The error is caught and dropped rather than repaired.
    SwallowsError,
    /// An assertion is changed rather than what it asserts.
    ChangesAssertion,
    /// The wider test run lost these tests.
    Regresses(Vec<String>),
    /// These other tests failed for the same reason before, and still do.
    LeavesFailing(Vec<String>),
    /// The file is one that is never changed without an explicit word (tests, CI, build scripts).
    ProtectedFile(RepoPath),
    /// Removes code without putting anything in its place.
    DeletesCode,
    /// Takes back a part of what was changed since the last commit.
    TakesBack,
}

/// What was seen, not what a model said.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// The command as typed.
    pub command: String,
    /// One line: how it failed before ("exit 1: KeyError: 'x'").
    pub before: String,
    /// One line: how it ends with the patch ("exit 0, 12 passed").
    pub after: String,
    /// Time of the proving run.
    pub elapsed: Duration,
    /// Where the change is, and why that place was suspected.
    pub places: Vec<Place>,
    /// The wider test command and its result, when one was run.
    pub wider: Option<String>,
    /// Further lines for `--explain`.
    pub notes: Vec<String>,
    /// Checks of a refactoring: what was looked at, and what was seen.
    pub checks: Vec<(&'static str, String)>,
}

/// One suspected place.
#[derive(Clone, Debug)]
pub struct Place {
    pub path: RepoPath,
    pub line: Line,
    pub function: Option<String>,
    /// 0 to 1.
    pub suspicion: f64,
    /// "innermost frame", "executed only by the failing test", ...
    pub reason: String,
}

/// Where a running search stands.
#[derive(Clone, Debug)]
pub enum Progress {
    Stage(Stage),
    /// The failure was reproduced or read: one line for people.
    Failure(String),
    /// Totals so far.
    Candidates {
        generated: usize,
        checked: usize,
    },
    /// What is being tried now.
    Trying(String),
    /// A proposal was proven (or, without a command, made).
    Found(Box<Proposal>),
    /// Something went another way than hoped and the user should know.
    Note(String),
    /// What a model is shown besides the function, when the request asks for it: several lines.
    Context(String),
    /// Whether a generator was asked, and why.
    Routed(Decision),
}

/// The stages of `slm fix`, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    Reproducing,
    Localising,
    Searching,
    Simplifying,
    Verifying,
    Done,
}

impl Stage {
    /// The words shown while the stage runs.
    pub fn label(self) -> &'static str {
        match self {
            Self::Reproducing => "reproducing the failure",
            Self::Localising => "localising",
            Self::Searching => "searching",
            Self::Simplifying => "looking for a simpler fix",
            Self::Verifying => "running the wider tests",
            Self::Done => "done",
        }
    }
}
