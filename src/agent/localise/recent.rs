//! What was changed last: a test that fails now and passed yesterday fails for what has changed since.
//!
//! Looked at are the files that are suspected anyway. Lines that differ from the last commit are suspected more; where
//! nothing does, those of the last commit itself, a little.

use std::collections::BTreeSet;

use similar::{Algorithm, DiffTag, capture_diff_slices};

use super::Localisation;
use crate::agent::sources::{Source, Sources};
use crate::base::{RepoPath, Span};
use crate::repo::Past;

/// Files that are compared, the most suspected first.
const FILES: usize = 16;
/// What the suspicion of a line is multiplied by that is not as it was committed.
const UNCOMMITTED: f64 = 3.0;
/// The same for a line that the last commit changed.
const COMMITTED: f64 = 1.5;

/// Neighbouring lines of a file that are not what they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    pub path: RepoPath,
    /// The lines now; empty where lines went.
    pub span: Span,
    /// The first of these lines and the one behind the last, from 1.
    pub lines: (u32, u32),
    /// What was there.
    pub old: String,
    /// It is the last commit that changed them.
    pub committed: bool,
}

/// What has changed in the suspected files.
pub fn hunks(localisation: &Localisation, sources: &Sources) -> Vec<Hunk> {
    let Some(past) = Past::open(sources.root()) else { return Vec::new() };
    let mut paths: Vec<&RepoPath> = Vec::new();
    for suspect in &localisation.suspects {
        if !paths.contains(&&suspect.path) && paths.len() < FILES {
            paths.push(&suspect.path);
        }
    }
    let files: Vec<_> = paths.into_iter().filter_map(|path| sources.get(path)).collect();
    let compared = |committed: bool| -> Vec<Hunk> {
        let side = |source: &Source| {
            if committed { past.before(&source.path) } else { past.committed(&source.path) }
        };
        let old = files.iter().filter_map(|source| Some((source, side(source)?)));
        old.flat_map(|(source, old)| of_file(source, &old, committed)).collect()
    };
    let uncommitted = compared(false);
    if uncommitted.is_empty() { compared(true) } else { uncommitted }
}

fn of_file(source: &Source, old: &[u8], committed: bool) -> Vec<Hunk> {
    let Ok(old) = std::str::from_utf8(old) else { return Vec::new() };
    let old = old.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let lines = |text: &str| text.split_inclusive('\n').map(str::to_owned).collect::<Vec<_>>();
    let (before, now) = (lines(&old), lines(&source.text));
    let mut hunks = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &before, &now) {
        if op.tag() == DiffTag::Equal {
            continue;
        }
        let (from, to) = (op.old_range(), op.new_range());
        let start: usize = now[..to.start].iter().map(String::len).sum();
        let length: usize = now[to.clone()].iter().map(String::len).sum();
        let number = |line: usize| u32::try_from(line).unwrap_or(u32::MAX - 1) + 1;
        hunks.push(Hunk {
            path: source.path.clone(),
            span: Span::new(start, start + length),
            lines: (number(to.start), number(to.end)),
            old: before[from].concat(),
            committed,
        });
    }
    hunks
}

/// Suspects changed lines more than others.
pub fn suspect(localisation: &mut Localisation, hunks: &[Hunk]) {
    let mut changed = BTreeSet::new();
    for hunk in hunks {
        // Where lines went, those beside the gap.
        let (first, end) = hunk.lines;
        let lines = if first == end { first.saturating_sub(1)..end + 1 } else { first..end };
        changed.extend(lines.map(|line| (&hunk.path, line)));
    }
    let committed = hunks.iter().all(|hunk| hunk.committed);
    let (factor, reason) = if committed {
        (COMMITTED, "changed by the last commit")
    } else {
        (UNCOMMITTED, "changed since the last commit")
    };
    for suspect in &mut localisation.suspects {
        if changed.contains(&(&suspect.path, suspect.line.0)) {
            suspect.suspicion = (suspect.suspicion * factor).min(1.0);
            suspect.reason = format!("{}; {reason}", suspect.reason);
        }
    }
    // Stable: what was before another stays so unless the change says otherwise.
    localisation.suspects.sort_by(|a, b| b.suspicion.total_cmp(&a.suspicion));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::localise::Suspect;
    use crate::base::Line;

    fn commit(repository: &git2::Repository, text: &str) {
        let root = repository.workdir().unwrap();
        crate::base::fs::write(&root.join("a.py"), text).unwrap();
        let mut index = repository.index().unwrap();
        index.add_path(std::path::Path::new("a.py")).unwrap();
        let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
        let who = git2::Signature::now("a", "a@example.org").unwrap();
        let parent = repository.head().ok().map(|head| head.peel_to_commit().unwrap());
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        repository.commit(Some("HEAD"), &who, &who, "text", &tree, &parents).unwrap();
        index.write().unwrap();
    }

    fn localised(root: &std::path::Path, lines: u32) -> (Localisation, Sources) {
        let path = RepoPath::new("a.py").unwrap();
        let suspects = (1..=lines).map(|line| Suspect {
            path: path.clone(),
            line: Line(line),
            suspicion: 0.2,
            reason: "run".into(),
        });
        let localisation = Localisation { suspects: suspects.collect(), ..Localisation::default() };
        (localisation, Sources::new(root, vec![path]))
    }

    #[test]
    fn what_is_not_committed_is_suspected_first() {
        let dir = tempfile::tempdir().unwrap();
        let repository = git2::Repository::init(dir.path()).unwrap();
        let (localisation, sources) = localised(dir.path(), 0);
        assert!(hunks(&localisation, &sources).is_empty(), "no commit yet");
        commit(&repository, "a = 1\nb = 2\nc = 3\n");
        commit(&repository, "a = 1\nb = 2\nc = 4\n");
        let (mut localisation, sources) = localised(dir.path(), 3);
        let last = hunks(&localisation, &sources);
        suspect(&mut localisation, &last);
        let first = &localisation.suspects[0];
        assert_eq!((first.line, last[0].committed), (Line(3), true));

        crate::base::fs::write(&dir.path().join("a.py"), "a = 1\nc = 4\nd = 5\n").unwrap();
        let (mut localisation, sources) = localised(dir.path(), 3);
        let found = hunks(&localisation, &sources);
        let seen: Vec<_> = found.iter().map(|h| (h.lines, h.old.as_str(), h.committed)).collect();
        assert_eq!(seen, [((2, 2), "b = 2\n", false), ((3, 4), "", false)]);
        suspect(&mut localisation, &found);
        assert!(localisation.suspects[0].reason.ends_with("changed since the last commit"));
    }
}
