//! What was changed since the last commit, taken back piece by piece: a slip among changes that are meant.

use super::transform::weighed;
use super::{Candidate, FileEdit};
use crate::agent::localise::Localisation;
use crate::agent::localise::recent::Hunk;
use crate::agent::proposal::Tier;
use crate::agent::sources::Sources;
use crate::base::{Replacement, Span};
use crate::edit::pieces;

/// The operator's name.
pub const OPERATOR: &str = "restore";
/// Hunks with more lines, before or now, are a rewrite and no slip.
const LINES: usize = 30;
/// Hunks of so many lines are taken back as a whole, too.
const WHOLE_LINES: usize = 3;
/// A hunk that differs in more places is a rewrite.
const PIECES: usize = 12;
/// Candidates in all.
const MOST: usize = 80;
/// What taking back a piece costs.
const PIECE: f64 = 0.7;
/// What it costs more for each other piece of its hunk.
const OTHER_PIECE: f64 = 0.15;
/// What taking back a whole hunk costs.
const WHOLE: f64 = 1.4;
/// Suspicion of changed lines that nothing else points at.
const UNSUSPECTED: f64 = 0.2;
/// Characters of a text that a title shows.
const SHOWN: usize = 40;

/// Takes back each place where a hunk differs, and small hunks as a whole. What the last commit brought stays.
pub fn candidates(
    localisation: &Localisation,
    sources: &Sources,
    hunks: &[Hunk],
) -> Vec<Candidate> {
    let mut out = Vec::new();
    for hunk in hunks.iter().filter(|hunk| !hunk.committed) {
        let Some(source) = sources.get(&hunk.path) else { continue };
        let Some(now) = hunk.span.of(&source.text) else { continue };
        let near = |line: u32| (hunk.lines.0.saturating_sub(1)..=hunk.lines.1).contains(&line);
        let suspects = localisation.suspects.iter();
        let here = suspects.filter(|s| s.path == hunk.path && near(s.line.0));
        let suspicion = here.map(|s| s.suspicion).fold(UNSUSPECTED, f64::max);
        for (span, text, cost) in of_hunk(hunk, now) {
            let was = span.of(&source.text).unwrap_or_default();
            out.push(Candidate {
                tier: Tier::Transform,
                operator: OPERATOR,
                title: title(was, &text),
                edits: vec![FileEdit {
                    path: hunk.path.clone(),
                    replacements: vec![Replacement { span, text }],
                }],
                place: (hunk.path.clone(), source.lines.line(span.start)),
                cost: cost - weighed(suspicion),
                surprise: None,
            });
        }
    }
    out.truncate(MOST);
    out
}

/// What is put where, and its cost.
fn of_hunk(hunk: &Hunk, now: &str) -> Vec<(Span, String, f64)> {
    let lines = hunk.old.lines().count().max(now.lines().count());
    // New lines that nothing stood in the place of are work, not a slip.
    if lines > LINES || hunk.old.trim().is_empty() {
        return Vec::new();
    }
    let (pieces, start) = (pieces(&hunk.old, now), hunk.span.start);
    let mut out = Vec::new();
    if pieces.len() <= PIECES && !now.is_empty() {
        let cost = (1..pieces.len()).fold(PIECE, |cost, _| cost + OTHER_PIECE);
        out.extend(pieces.iter().map(|(from, to)| {
            let span = Span::new(start + to.start, start + to.end);
            (span, hunk.old[from.clone()].to_owned(), cost)
        }));
    }
    if lines <= WHOLE_LINES && pieces.len() > 1 || now.is_empty() {
        out.push((hunk.span, hunk.old.clone(), WHOLE));
    }
    out
}

fn title(was: &str, text: &str) -> String {
    match (was.trim(), text.trim()) {
        ("", text) => format!("`{}` is back, as it was committed", shown(text)),
        (was, "") => format!("`{}` goes, as it was committed", shown(was)),
        (was, text) => {
            format!("`{}` becomes `{}`, as it was committed", shown(was), shown(text))
        }
    }
}

fn shown(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::RepoPath;

    fn made(old: &str, now: &str, committed: bool) -> Vec<(String, String)> {
        let dir = tempfile::tempdir().unwrap();
        crate::base::fs::write(&dir.path().join("a.py"), now).unwrap();
        let path = RepoPath::new("a.py").unwrap();
        let sources = Sources::new(dir.path(), vec![path.clone()]);
        let lines = (1, 1 + u32::try_from(now.lines().count()).unwrap());
        let span = Span::new(0, now.len());
        let hunk = Hunk { path, span, lines, old: old.to_owned(), committed };
        let found = candidates(&Localisation::default(), &sources, &[hunk]);
        let after = |candidate: &Candidate| {
            let patch = candidate.patch(&sources).unwrap();
            String::from_utf8_lossy(patch.files()[0].after.as_deref().unwrap()).into_owned()
        };
        found.iter().map(|c| (c.title.clone(), after(c))).collect()
    }

    #[test]
    fn each_piece_is_taken_back_by_itself() {
        let found = made("x = a < b\ny = 1\n", "x = a > b\ny = 2\n", false);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[0].0, "`>` becomes `<`, as it was committed");
        assert_eq!(found[0].1, "x = a < b\ny = 2\n");
        assert_eq!(found[1].1, "x = a > b\ny = 1\n");
        assert_eq!(found[2].1, "x = a < b\ny = 1\n");
    }

    #[test]
    fn new_work_stays() {
        assert!(made("", "x = 1\n", false).is_empty());
        assert!(made("x = 1\n", "x = 2\n", true).is_empty());
        let (old, new) = ("a = 1\n".repeat(40), "b = 2\n".repeat(40));
        assert!(made(&old, &new, false).is_empty());
    }
}
