//! What could be better in a file, and which step would help.
//!
//! Only what can be counted, with the count in the message; whether it is worth it is the reader's to say. The
//! thresholds are the usual ones (see Fowler, "Refactoring", for the catalogue, and McConnell, "Code Complete",
//! for the sizes), and what a repository does everywhere is no smell in it.

mod duplicates;
mod naming;
mod shape;

use super::{Project, Refactoring, Rewrite, rewrites};
use crate::base::{RepoPath, Span};

/// One thing that could be better.
#[derive(Clone, Debug, PartialEq)]
pub struct Smell {
    pub kind: SmellKind,
    pub span: Span,
    /// One sentence with the numbers.
    pub message: String,
    /// What getting rid of it is worth, from 0 to 100: how much less there is to read or to go wrong.
    pub benefit: f64,
    /// The step that would help.
    pub step: Option<Refactoring>,
    /// The place of the step, where it is not `span`.
    pub at: Option<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SmellKind {
    LongFunction,
    DeepNesting,
    ManyParameters,
    Duplicate,
    DeadCode,
    UnusedImport,
    Naming,
    /// A construct that the language has a shorter one for.
    Idiom,
}

impl SmellKind {
    /// The word for it on screen and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::LongFunction => "long-function",
            Self::DeepNesting => "deep-nesting",
            Self::ManyParameters => "many-parameters",
            Self::Duplicate => "duplicate",
            Self::DeadCode => "dead-code",
            Self::UnusedImport => "unused-import",
            Self::Naming => "naming",
            Self::Idiom => "idiom",
        }
    }
}

/// The smells of a file, the most worthwhile first; none for a file that cannot be read.
pub fn smells(project: &dyn Project, path: &RepoPath) -> Vec<Smell> {
    let Some(parsed) = project.parsed(path) else { return Vec::new() };
    let offers = rewrites(&parsed);
    let mut out = shape::find(&parsed, &offers);
    out.extend(duplicates::find(project, path, &parsed));
    out.extend(naming::find(project, path, &parsed));
    out.extend(
        offers.iter().filter_map(|(rewrite, span)| of_offer(*rewrite, *span, parsed.text())),
    );
    out.sort_by(|a, b| b.benefit.total_cmp(&a.benefit).then(a.span.cmp(&b.span)));
    out
}

/// An offered rewrite as a smell of its own; those that belong to a larger one are left to it.
fn of_offer(rewrite: Rewrite, span: Span, text: &str) -> Option<Smell> {
    let first = span.of(text).unwrap_or_default().lines().next().unwrap_or_default().trim();
    let (kind, benefit, message) = match rewrite {
        Rewrite::DeadCode => {
            (SmellKind::DeadCode, 30.0, format!("nothing runs or uses `{}`", short(first)))
        }
        Rewrite::UnusedImports => {
            (SmellKind::UnusedImport, 20.0, format!("nothing uses `{}`", short(first)))
        }
        Rewrite::LoopToComprehension => {
            (SmellKind::Idiom, 10.0, "the loop only fills a collection".to_owned())
        }
        Rewrite::IfChainToMatch => {
            (SmellKind::Idiom, 9.0, "every branch compares the same value".to_owned())
        }
        Rewrite::IfChainToTable => {
            (SmellKind::Idiom, 11.0, "the branches only map one value to another".to_owned())
        }
        Rewrite::FormatStrings => {
            (SmellKind::Idiom, 6.0, "the text could be written with its values in place".to_owned())
        }
        Rewrite::Dataclass => {
            (SmellKind::Idiom, 14.0, format!("`{}` only holds values", short(first)))
        }
        Rewrite::GuardClauses | Rewrite::SplitFunction | Rewrite::ComprehensionToLoop => {
            return None;
        }
    };
    Some(Smell {
        kind,
        span,
        message,
        benefit,
        step: Some(Refactoring::Rewrite(rewrite)),
        at: None,
    })
}

fn short(text: &str) -> String {
    const MOST: usize = 48;
    if text.chars().count() <= MOST {
        return text.trim_end_matches([':', '{', ' ']).to_owned();
    }
    text.chars().take(MOST - 1).collect::<String>() + "…"
}
