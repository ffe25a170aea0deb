//! Past commits: what each changed, and the repository as it was before, read from git's objects.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::{Delta, DiffOptions, ObjectType, Oid, Repository, TreeWalkMode, TreeWalkResult};

use super::index::{File, Snapshot};
use crate::base::RepoPath;
use crate::syntax::{Grammar, Symbols, extract};

/// Larger blobs are data. Bytes.
const LARGEST: usize = 1 << 20;

/// The history of one repository.
pub struct History {
    repository: Repository,
    /// Symbols by blob and grammar: most files are the same in the next commit.
    known: HashMap<(Oid, usize), Arc<Symbols>>,
}

/// What one commit changed in files that were there before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The commit, in hexadecimal.
    pub id: String,
    /// Its parent.
    pub before: String,
    pub files: Vec<ChangedFile>,
}

/// One file of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedFile {
    pub path: RepoPath,
    /// Lines of the old text that were replaced or next to which something was added, from 1.
    pub old_lines: Vec<u32>,
    /// The lines that were added, in the new text, from 1.
    pub new_lines: Vec<u32>,
    /// Their text.
    pub added: Vec<String>,
}

/// Why a history cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("git cannot read the history of {}: {}", path.display(), source.message())]
pub struct HistoryError {
    pub path: PathBuf,
    #[source]
    pub source: git2::Error,
}

/// The branch that is checked out at `root`; `None` without one, and without git.
pub fn branch(root: &Path) -> Option<String> {
    let repository = Repository::open(root).ok()?;
    let head = repository.find_reference("HEAD").ok()?;
    // Also of a repository without a commit.
    let target = head.symbolic_target().ok().flatten()?;
    target.strip_prefix("refs/heads/").map(str::to_owned)
}

impl History {
    /// Opens the repository at `path`, which may be bare.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(path: &Path) -> Result<Self, HistoryError> {
        let repository = Repository::open(path)
            .map_err(|source| HistoryError { path: path.to_owned(), source })?;
        Ok(Self { repository, known: HashMap::new() })
    }

    /// Changes of source in files that were there before, newest first; merges are passed over.
    ///
    /// # Errors
    /// Objects that are missing.
    pub fn changes(&self, most: usize) -> Result<Vec<Change>, HistoryError> {
        self.read_changes(most).map_err(|source| self.error(source))
    }

    fn read_changes(&self, most: usize) -> Result<Vec<Change>, git2::Error> {
        let mut walk = self.repository.revwalk()?;
        walk.push_head()?;
        walk.set_sorting(git2::Sort::TOPOLOGICAL | git2::Sort::TIME)?;
        let mut changes = Vec::new();
        for id in walk {
            let commit = self.repository.find_commit(id?)?;
            if commit.parent_count() != 1 {
                continue;
            }
            let parent = commit.parent(0)?;
            let mut options = DiffOptions::new();
            options.context_lines(0).ignore_whitespace(true);
            let diff = self.repository.diff_tree_to_tree(
                Some(&parent.tree()?),
                Some(&commit.tree()?),
                Some(&mut options),
            )?;
            let files = files_of(&diff)?;
            if !files.is_empty() {
                let (id, before) = (commit.id().to_string(), parent.id().to_string());
                changes.push(Change { id, before, files });
            }
            if changes.len() >= most {
                break;
            }
        }
        Ok(changes)
    }

    /// The source files of a commit with their symbols.
    ///
    /// # Errors
    /// Objects that are missing.
    pub fn snapshot(&mut self, commit: &str) -> Result<Snapshot, HistoryError> {
        let read = self.read_snapshot(commit);
        read.map_err(|source| self.error(source))
    }

    fn read_snapshot(&mut self, commit: &str) -> Result<Snapshot, git2::Error> {
        let tree = self.repository.find_commit(Oid::from_str(commit)?)?.tree()?;
        let mut blobs: Vec<(RepoPath, Oid, &'static Grammar)> = Vec::new();
        tree.walk(TreeWalkMode::PreOrder, |directory, entry| {
            let name = entry.name().unwrap_or_default();
            let grammar = Grammar::of_path(name).filter(|g| g.is_built_in());
            if let (Some(ObjectType::Blob), Some(grammar)) = (entry.kind(), grammar)
                && let Ok(path) = RepoPath::new(&format!("{directory}{name}"))
            {
                blobs.push((path, entry.id(), grammar));
            }
            TreeWalkResult::Ok
        })?;
        let mut snapshot = Snapshot::default();
        for (path, id, grammar) in blobs {
            let key = (id, grammar.index());
            let symbols = match self.known.get(&key) {
                Some(symbols) => Arc::clone(symbols),
                None => {
                    let blob = self.repository.find_blob(id)?;
                    let text = std::str::from_utf8(blob.content()).ok();
                    let text = text.filter(|text| text.len() <= LARGEST).unwrap_or_default();
                    let symbols = Arc::new(extract(grammar, text).unwrap_or_default());
                    self.known.insert(key, Arc::clone(&symbols));
                    symbols
                }
            };
            snapshot.files.push(File { path, grammar, symbols, generated: false });
        }
        snapshot.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(snapshot)
    }

    fn error(&self, source: git2::Error) -> HistoryError {
        HistoryError { path: self.repository.path().to_owned(), source }
    }
}

impl std::fmt::Debug for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "History of {}", self.repository.path().display())
    }
}

/// The modified source files of a diff without context.
fn files_of(diff: &git2::Diff<'_>) -> Result<Vec<ChangedFile>, git2::Error> {
    let mut files: Vec<ChangedFile> = Vec::new();
    for at in 0..diff.deltas().len() {
        let Some(delta) = diff.get_delta(at) else { continue };
        let path = delta.old_file().path().and_then(Path::to_str).map(RepoPath::new);
        let Some(Ok(path)) = path else { continue };
        if delta.status() != Delta::Modified || Grammar::of_path(path.as_str()).is_none() {
            continue;
        }
        let Some(patch) = git2::Patch::from_diff(diff, at)? else { continue };
        let mut file =
            ChangedFile { path, old_lines: Vec::new(), new_lines: Vec::new(), added: Vec::new() };
        for hunk in 0..patch.num_hunks() {
            let (head, lines) = patch.hunk(hunk)?;
            // A pure addition stands after the line that git names.
            let count = head.old_lines().max(1);
            file.old_lines.extend(head.old_start()..head.old_start() + count);
            for line in 0..lines {
                let line = patch.line_in_hunk(hunk, line)?;
                if line.origin() == '+' {
                    file.new_lines.extend(line.new_lineno());
                    file.added.push(String::from_utf8_lossy(line.content()).into_owned());
                }
            }
        }
        files.push(file);
    }
    Ok(files)
}
