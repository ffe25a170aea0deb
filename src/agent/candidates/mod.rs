//! Candidate edits, from the cheapest generator to the dearest.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::agent::proposal::{Caution, Tier};
use crate::agent::sources::{Source, Sources};
use crate::base::{Line, Replacement, RepoPath};
use crate::edit::{FileChange, Patch};
use crate::syntax;

pub mod compiler;
pub mod embedded;
pub mod model;
pub mod prior;
pub mod rules;
pub mod transform;

/// One edit that might be the fix. Small: the new text is made when its turn comes.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub tier: Tier,
    /// Stable name of the rule or operator, for statistics.
    pub operator: &'static str,
    /// What the edit does, for people.
    pub title: String,
    pub edits: Vec<FileEdit>,
    /// Where it is anchored.
    pub place: (RepoPath, Line),
    /// Negative log of how likely this is to be the fix, up to a constant; lower is tried first.
    pub cost: f64,
}

/// Replacements in one file.
#[derive(Clone, Debug, PartialEq)]
pub struct FileEdit {
    pub path: RepoPath,
    pub replacements: Vec<Replacement>,
}

/// Why a candidate is dropped before it costs a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// It changes a test, or a file that is not a readable source.
    Forbidden,
    /// It changes nothing, or its replacements do not fit the text.
    Malformed,
    /// The result has syntax errors that the original had not.
    DoesNotParse,
}

impl Candidate {
    /// The patch, once it is known to touch no test and to parse.
    ///
    /// # Errors
    /// See [`Rejected`].
    pub fn patch(&self, sources: &Sources) -> Result<Patch, Rejected> {
        let mut changes = sources.base().files().to_vec();
        for edit in &self.edits {
            let source = sources.get(&edit.path).ok_or(Rejected::Forbidden)?;
            changes.push(change(&source, edit)?);
        }
        let patch = Patch::new(changes);
        if patch.is_empty() || patch == *sources.base() {
            Err(Rejected::Malformed)
        } else {
            Ok(patch)
        }
    }

    /// A hash of what the patched files would hold, to tell equal candidates.
    pub fn fingerprint(patch: &Patch) -> u64 {
        let mut hasher = DefaultHasher::new();
        patch.hash(&mut hasher);
        hasher.finish()
    }
}

fn change(source: &Source, edit: &FileEdit) -> Result<FileChange, Rejected> {
    if edit.replacements.iter().any(|r| source.is_test(r.span)) {
        return Err(Rejected::Forbidden);
    }
    let after = source.rewrite(&edit.replacements).map_err(|_| Rejected::Malformed)?;
    let text = std::str::from_utf8(&after).map_err(|_| Rejected::Malformed)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // The parse of the original can be used again where the text is what it was made from.
    let plain = !source.has_crlf();
    let parses = if plain && edit.replacements.len() == 1 {
        source.parsed.still_parses(&edit.replacements, text)
    } else {
        syntax::parses_no_worse(&source.parsed, text)
    };
    if !parses {
        return Err(Rejected::DoesNotParse);
    }
    let before = Some(Arc::clone(&source.disk));
    Ok(FileChange { path: edit.path.clone(), before, after: Some(after) })
}

/// What a reviewer should be told about a patch that passed, judged from its text alone.
pub fn cautions(candidate: &Candidate, sources: &Sources) -> Vec<Caution> {
    let mut found = Vec::new();
    let (mut removed, mut added) = (0, 0);
    for edit in &candidate.edits {
        let Some(source) = sources.get(&edit.path) else { continue };
        for replacement in &edit.replacements {
            let old = replacement.span.of(&source.text).unwrap_or_default();
            removed += old.split_whitespace().map(str::len).sum::<usize>();
            let text = replacement.text.trim();
            if !matches!(text, "pass" | "return" | "continue" | "break" | "{}" | ";") {
                added += text.split_whitespace().map(str::len).sum::<usize>();
            }
            if swallows(&replacement.text) && !swallows(old) {
                found.push(Caution::SwallowsError);
            }
        }
        if crate::edit::protected(&edit.path).is_some() {
            found.push(Caution::ProtectedFile(edit.path.clone()));
        }
    }
    if added == 0 && removed > 0 {
        found.push(Caution::DeletesCode);
    }
    found.dedup();
    found
}

/// True for edits that may well pass a command without any test by not doing the work at all.
pub fn avoids_work(candidate: &Candidate, cautions: &[Caution]) -> bool {
    cautions.iter().any(|c| matches!(c, Caution::DeletesCode | Caution::SwallowsError))
        || matches!(
            candidate.operator,
            "statement_delete"
                | "return_add"
                | "yield_return"
                | "jump_add"
                | "jump_swap"
                | "guard"
                | "negation_add"
                | "condition_replace"
                | "branch_kind"
        )
}

/// True for text that catches an error only to drop it.
fn swallows(text: &str) -> bool {
    let squeezed: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let python = squeezed.contains("except") && squeezed.contains(": pass");
    let javascript = squeezed.contains("catch") && squeezed.contains("{}");
    python || javascript || squeezed.contains("suppress(") || squeezed.contains("catch_unwind")
}
