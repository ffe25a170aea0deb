//! Candidates that the compiler itself suggests.

use std::collections::BTreeMap;

use super::{Candidate, FileEdit};
use crate::agent::localise::frames::resolve;
use crate::agent::proposal::Tier;
use crate::agent::sources::Sources;
use crate::base::{Line, Replacement, RepoPath, Span};
use crate::trace::{Failure, Suggestion};

/// One candidate per group of suggestions, and one with all machine-applicable groups together:
/// a build often fails on several at once.
pub fn candidates(failures: &[Failure], sources: &Sources) -> Vec<Candidate> {
    let mut groups: Vec<(Vec<&Suggestion>, &Failure)> = Vec::new();
    for failure in failures {
        let mut by_group: BTreeMap<usize, Vec<&Suggestion>> = BTreeMap::new();
        for suggestion in &failure.suggestions {
            by_group.entry(suggestion.group).or_default().push(suggestion);
        }
        groups.extend(by_group.into_values().map(|group| (group, failure)));
    }
    let mut out: Vec<Candidate> = groups
        .iter()
        .filter_map(|(group, failure)| {
            let sure = group.iter().all(|s| s.machine_applicable);
            candidate(group, sources, &title(failure), if sure { 0.1 } else { 0.8 })
        })
        .collect();
    let sure: Vec<&Suggestion> = groups
        .iter()
        .filter(|(group, _)| group.iter().all(|s| s.machine_applicable))
        .flat_map(|(group, _)| group.iter().copied())
        .collect();
    if out.len() > 1 && !sure.is_empty() {
        out.extend(candidate(&sure, sources, "all suggestions of the compiler", 0.05));
    }
    out
}

fn candidate(
    group: &[&Suggestion],
    sources: &Sources,
    title: &str,
    cost: f64,
) -> Option<Candidate> {
    let mut edits: BTreeMap<RepoPath, Vec<Replacement>> = BTreeMap::new();
    for suggestion in group {
        let path = resolve(&suggestion.path, sources)?;
        let replacement =
            Replacement::new(suggestion.start, suggestion.end, suggestion.replacement.clone());
        let list = edits.entry(path).or_default();
        if !list.contains(&replacement) {
            list.push(replacement);
        }
    }
    let (path, replacements) = edits.first_key_value()?;
    let source = sources.get(path)?;
    let Span { start, .. } = replacements.first()?.span;
    let line: Line = source.lines.line(start);
    Some(Candidate {
        tier: Tier::Compiler,
        operator: "compiler_suggestion",
        title: title.to_owned(),
        place: (path.clone(), line),
        edits: edits
            .into_iter()
            .map(|(path, replacements)| FileEdit { path, replacements })
            .collect(),
        cost,
        surprise: None,
    })
}

fn title(failure: &Failure) -> String {
    let code = failure.exception.as_deref().unwrap_or("the compiler");
    let message = failure.message.lines().next().unwrap_or_default();
    format!("suggested for {code}: {message}")
}
