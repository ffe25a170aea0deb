//! What can be asked for.

use crate::base::{RepoPath, Span};

/// One refactoring at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub at: Place,
    pub what: Refactoring,
    pub api: Api,
}

/// A place in a file: an empty span is a caret, another one a selection.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    pub path: RepoPath,
    pub span: Span,
}

/// Whether what others may use from outside of the repository can change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Api {
    /// Refuse to change what the repository declares as exported: `__all__`, an `export` that the
    /// package's entry passes on, `pub` up to the root of a library.
    #[default]
    Keep,
    /// The user has said that it may.
    Change,
}

/// What is to be done at the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refactoring {
    /// Give the name at the caret another one, wherever it is used.
    Rename {
        to: String,
    },
    /// Make a function of the selected statements or expression.
    ExtractFunction {
        name: String,
    },
    /// Give the selected expression a name.
    ExtractVariable {
        name: String,
        occurrences: Occurrences,
    },
    /// Put the value of the variable, or the body of the function, at the caret where it is used, and drop it.
    Inline,
    /// Move the top-level definition at the caret to another file, which need not exist.
    Move {
        to: RepoPath,
    },
    /// Change the parameters of the function at the caret and all calls of it, one change after the other.
    ChangeSignature(Vec<SignatureChange>),
    Rewrite(Rewrite),
}

/// Which uses of an expression get the new name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Occurrences {
    /// The selected one.
    #[default]
    Selected,
    /// All equal ones of the same block after which nothing can have changed it.
    All,
}

/// One change of a parameter list. Positions count from 0 and leave the receiver (`self`) out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureChange {
    /// A new parameter. `declaration` is what stands in the list (`limit: int`, `limit: usize`), `argument` what
    /// callers give from now on; with `default` it is optional where the language has that, and callers stay as they
    /// are.
    Add { declaration: String, argument: Option<String>, default: Option<String>, at: usize },
    /// Refused when the body uses it, or an argument that goes away could have an effect.
    Remove { name: String },
    /// All parameters in their new order.
    Reorder(Vec<String>),
}

/// One construct written as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rewrite {
    /// A loop that fills a collection, to a comprehension (`map` and `filter`, an iterator chain).
    LoopToComprehension,
    ComprehensionToLoop,
    /// Nested conditions to early exits.
    GuardClauses,
    /// Statements that cannot be reached, private definitions and variables that nothing uses.
    DeadCode,
    UnusedImports,
    /// A chain of `if`s over one value to `match` (`switch`).
    IfChainToMatch,
    /// A chain of `if`s that maps values to values, to a table.
    IfChainToTable,
    /// `%`, `.format()` and `+` to f-strings, template literals, inline format arguments.
    FormatStrings,
    /// A class that only holds values, to a dataclass.
    Dataclass,
    /// A long function along its blocks.
    SplitFunction,
}

impl Rewrite {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::LoopToComprehension,
        Self::ComprehensionToLoop,
        Self::GuardClauses,
        Self::DeadCode,
        Self::UnusedImports,
        Self::IfChainToMatch,
        Self::IfChainToTable,
        Self::FormatStrings,
        Self::Dataclass,
        Self::SplitFunction,
    ];

    /// The word for it in commands and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::LoopToComprehension => "comprehension",
            Self::ComprehensionToLoop => "loop",
            Self::GuardClauses => "guard-clauses",
            Self::DeadCode => "dead-code",
            Self::UnusedImports => "unused-imports",
            Self::IfChainToMatch => "match",
            Self::IfChainToTable => "table",
            Self::FormatStrings => "format-strings",
            Self::Dataclass => "dataclass",
            Self::SplitFunction => "split-function",
        }
    }
}
