//! Rules driven by the error: what the message says determines the edit.
//!
//! One file per language. A rule fires on what a tool printed, reads the source around the frame,
//! and proposes the few edits that such a message usually calls for.

use crate::agent::candidates::{Candidate, FileEdit};
use crate::agent::localise::Localisation;
use crate::agent::proposal::Tier;
use crate::agent::sources::{Source, Sources};
use regex::Regex;

use crate::base::{Language, Line, Replacement};
use crate::trace::{Failure, FailureKind};

mod curly_syntax;
mod go;
mod javascript;
mod javascript_modules;
mod names;
mod place;
mod python;
mod python_syntax;
mod rust;
mod rust_types;
#[cfg(test)]
mod tests;

/// What the rules look at.
#[derive(Debug)]
pub struct Scene<'a> {
    pub failures: &'a [Failure],
    pub sources: &'a Sources,
    pub localisation: &'a Localisation,
}

/// Failures looked at; a run that shows more shows them again and again.
const MAX_FAILURES: usize = 8;

/// All candidates that the rules propose, cheapest first.
pub fn candidates(scene: &Scene<'_>) -> Vec<Candidate> {
    let mut out = Vec::new();
    for failure in scene.failures.iter().take(MAX_FAILURES) {
        for failure in std::iter::once(failure).chain(&failure.causes) {
            out.extend(match (failure.language, failure.kind) {
                (Some(Language::Python), FailureKind::Syntax) => {
                    python_syntax::propose(failure, scene)
                }
                (Some(Language::Python), _) => python::propose(failure, scene),
                (Some(Language::Rust), _) => rust::propose(failure, scene),
                (Some(Language::Go), _) => go::propose(failure, scene),
                (Some(Language::JavaScript | Language::TypeScript | Language::Tsx), _) => {
                    javascript::propose(failure, scene)
                }
                _ => Vec::new(),
            });
        }
    }
    out.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    out
}

/// The groups of the first match of `pattern`, when there are exactly `N`.
fn captures<'t, const N: usize>(pattern: &str, text: &'t str) -> Option<[&'t str; N]> {
    let found = Regex::new(pattern).ok()?.captures(text)?;
    let groups: Vec<&str> = found.iter().skip(1).map(|g| g.map_or("", |m| m.as_str())).collect();
    groups.try_into().ok()
}

/// A rule's candidate in one file. `cost` is the negative log of the chance that it is the fix:
/// 0.1 for a sure thing, 1 for a good guess, 3 for a long shot.
pub fn candidate(
    source: &Source,
    line: Line,
    rule: &'static str,
    title: impl Into<String>,
    replacements: Vec<Replacement>,
    cost: f64,
) -> Candidate {
    Candidate {
        tier: Tier::Rule,
        operator: rule,
        title: title.into(),
        edits: vec![FileEdit { path: source.path.clone(), replacements }],
        place: (source.path.clone(), line),
        cost,
        surprise: None,
    }
}
