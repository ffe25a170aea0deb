//! The repository as a refactoring reads it: every file read once and parsed at most once, words found in the texts.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::agent::sources::Sources;
use crate::base::{Language, RepoPath, fs};
use crate::edit::Patch;
use crate::refactor::{Mention, Project, shared, words};
use crate::repo;
use crate::syntax::{Parsed, parse};

/// Larger files are generated or data.
const MAX_BYTES: u64 = 1 << 20;
/// Texts kept in memory between two searches for words; beyond that files are read again. In bytes.
const KEPT: usize = 256 << 20;
/// Files other than sources in which a name may be spoken of.
const PROSE: [&str; 14] = [
    ".md", ".rst", ".txt", ".adoc", ".toml", ".cfg", ".ini", ".json", ".yaml", ".yml", ".html",
    ".in", ".ipynb", ".pyx",
];

/// The files below one root, as a patch leaves them.
#[derive(Debug)]
pub struct Tree {
    sources: Sources,
    texts: OnceLock<Option<Texts>>,
    trees: Mutex<HashMap<RepoPath, Option<Parsed>>>,
}

/// Files with what is in them, sorted.
type Texts = Vec<(RepoPath, Arc<str>)>;

impl Tree {
    /// The `files` below `root`, sorted, with `base` made.
    pub fn new(root: &Path, mut files: Vec<RepoPath>, base: Patch) -> Self {
        files.extend(base.files().iter().map(|file| file.path.clone()));
        files.sort_unstable();
        files.dedup();
        let sources = Sources::new(root, files).on_top_of(base);
        Self { sources, texts: OnceLock::new(), trees: Mutex::default() }
    }

    /// The sources, read and parsed once.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The text of any file, without a byte order mark.
    fn read(&self, path: &RepoPath) -> Option<String> {
        let text = String::from_utf8(self.bytes(path)?).ok()?;
        Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
    }

    /// What is in a file of the repository, unless it is too large.
    pub(super) fn bytes(&self, path: &RepoPath) -> Option<Vec<u8>> {
        let changed = self.sources.base().files().iter().find(|file| file.path == *path);
        if let Some(file) = changed {
            return Some(file.after.as_ref()?.to_vec());
        }
        let full = path.to_path(self.sources.root());
        let meta = std::fs::symlink_metadata(&full).ok()?;
        if !self.has(path) || !meta.is_file() || meta.len() > MAX_BYTES {
            return None;
        }
        fs::read(&full).ok()
    }

    /// The text of a file, out of those that are kept where it is one of them.
    fn shared_text(&self, path: &RepoPath) -> Option<Arc<str>> {
        // A step on one file alone need not read the others.
        if let Some(Some(texts)) = self.texts.get()
            && let Ok(at) = texts.binary_search_by(|(known, _)| known.cmp(path))
        {
            return Some(Arc::clone(&texts[at].1));
        }
        self.read(path).map(Arc::from)
    }

    /// What `find` makes of each file that could hold words, in the order of their paths.
    fn each_text<T: Send>(&self, find: &(dyn Fn(&RepoPath, &str) -> Vec<T> + Sync)) -> Vec<T> {
        let found: Vec<Vec<T>> = match self.kept() {
            Some(texts) => shared(texts, &|(path, text)| find(path, text)),
            None => {
                let paths: Vec<&RepoPath> = self.searched().collect();
                shared(&paths, &|path| {
                    self.read(path).map_or_else(Vec::new, |text| find(path, &text))
                })
            }
        };
        found.into_iter().flatten().collect()
    }

    fn searched(&self) -> impl Iterator<Item = &RepoPath> {
        self.sources.files().iter().filter(|path| is_source(path) || is_prose(path))
    }

    /// All texts, unless they are too many to be kept.
    fn kept(&self) -> Option<&[(RepoPath, Arc<str>)]> {
        let load = || {
            let paths: Vec<&RepoPath> = self.searched().collect();
            let size = |path: &&RepoPath| {
                std::fs::symlink_metadata(path.to_path(self.sources.root())).map_or(0, |m| m.len())
            };
            let total: u64 = paths.iter().map(size).filter(|size| *size <= MAX_BYTES).sum();
            if total > KEPT as u64 {
                return None;
            }
            let texts = shared(&paths, &|path| {
                self.read(path).map(|text| ((*path).clone(), Arc::from(text)))
            });
            Some(texts.into_iter().flatten().collect())
        };
        self.texts.get_or_init(load).as_deref()
    }
}

impl Project for Tree {
    fn files(&self) -> &[RepoPath] {
        self.sources.files()
    }

    fn parsed(&self, path: &RepoPath) -> Option<Parsed> {
        let trees = || self.trees.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = trees().get(path) {
            return known.clone();
        }
        // Only the walk tells what is the repository's. Two threads may parse a file both: nothing waits for it.
        let language = Language::of_path(path.as_str()).filter(|_| self.has(path))?;
        let parsed = self.shared_text(path).map(|text| parse(language, text));
        trees().insert(path.clone(), parsed.clone());
        parsed
    }

    fn search(&self, keep: &(dyn Fn(&RepoPath, &str) -> bool + Sync)) -> Vec<RepoPath> {
        self.each_text(&|path, text| {
            (is_source(path) && keep(path, text)).then(|| path.clone()).into_iter().collect()
        })
    }

    fn mentions(&self, word: &str) -> Vec<Mention> {
        self.each_text(&|path, text| {
            if is_source(path) {
                return Vec::new();
            }
            let spans = words(text, word).into_iter();
            spans.map(|span| Mention { path: path.clone(), span }).collect()
        })
    }

    fn text(&self, path: &RepoPath) -> Option<String> {
        self.has(path).then(|| self.shared_text(path)).flatten().map(|text| text.to_string())
    }

    fn is_test(&self, path: &RepoPath) -> bool {
        repo::is_test_path(path)
    }
}

fn is_source(path: &RepoPath) -> bool {
    Language::of_path(path.as_str()).is_some()
}

fn is_prose(path: &RepoPath) -> bool {
    PROSE.iter().any(|end| path.as_str().ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_sources_and_beside_them() {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("a.py", "total = 1\n"),
            ("b.py", "subtotal = 1\n"),
            ("README.md", "the total, totals\n"),
        ] {
            fs::write(&dir.path().join(name), text).unwrap();
        }
        let path = |name| RepoPath::new(name).unwrap();
        let files = vec![path("README.md"), path("a.py"), path("b.py")];
        let after: Arc<[u8]> = Arc::from(&b"total = 2\n"[..]);
        let created =
            crate::edit::FileChange { path: path("c.py"), before: None, after: Some(after) };
        let tree = Tree::new(dir.path(), files, Patch::new([created]));
        assert_eq!(tree.files_with("total"), [path("a.py"), path("c.py")]);
        assert_eq!(tree.mentions("total").len(), 1);
        assert_eq!(tree.parsed(&path("c.py")).unwrap().text(), "total = 2\n", "made by the patch");
        assert!(tree.text(&path("absent.md")).is_none());
    }
}
