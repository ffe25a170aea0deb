//! Lines whose answer is known: what the last commits added and nobody has changed since is taken for right.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use crate::agent::review::{Likelihood, LineRange, Trial, trials};
use crate::base::{Language, Line, RepoPath, fs};
use crate::repo;
use crate::repo::history::{History, HistoryError};

/// Lines of one file that are asked about: no file decides alone.
const OF_A_FILE: usize = 20;
/// Shorter lines say nothing that could be wrong.
const SHORTEST: usize = 8;

/// A file with the lines that are thought to be right.
#[derive(Clone, Debug)]
pub struct Known {
    pub path: RepoPath,
    text: String,
    lines: Vec<LineRange>,
}

/// The sources at `root` with the lines that its last `commits` added and that are there still. Without tests.
///
/// # Errors
/// No repository, objects that are missing.
pub fn known(root: &Path, commits: usize) -> Result<Vec<Known>, HistoryError> {
    let mut added: BTreeMap<RepoPath, HashSet<String>> = BTreeMap::new();
    for change in History::open(root)?.changes(commits)? {
        for file in change.files {
            let wanted = Language::of_path(file.path.as_str()).is_some()
                && !repo::is_test_path(&file.path)
                && !repo::is_vendored_path(&file.path);
            if wanted {
                added.entry(file.path).or_default().extend(file.added);
            }
        }
    }
    let known = added.into_iter().filter_map(|(path, added)| {
        let text = fs::read_text(&path.to_path(root)).ok()?;
        let added: HashSet<&str> = added.iter().map(|line| line.trim_end()).collect();
        let lines: Vec<LineRange> = (1..)
            .map(Line)
            .zip(text.lines())
            .filter(|(_, text)| text.trim().len() >= SHORTEST && added.contains(text.trim_end()))
            .map(|(line, _)| line..=line)
            .collect();
        (!lines.is_empty()).then_some(Known { path, text, lines })
    });
    Ok(known.collect())
}

impl Known {
    /// What a model says of these lines, as they are and with bugs put in; of a few of them, chosen by `seed`.
    pub fn trial(&self, model: &mut dyn Likelihood, changes: usize, seed: u64) -> Trial {
        let (path, lines) = (self.path.as_str(), self.lines.clone());
        trials(path, &self.text, lines, model, (OF_A_FILE, changes), seed)
    }

    /// True for the half of all files that a calibration is fitted on; the others measure it. Always the same.
    pub fn is_for_fitting(&self) -> bool {
        blake3::hash(self.path.as_str().as_bytes()).as_bytes()[0].is_multiple_of(2)
    }
}
