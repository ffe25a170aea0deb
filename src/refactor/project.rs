//! What a refactoring sees of a repository.

use crate::base::{RepoPath, Span};
use crate::syntax::Parsed;

/// A repository as a refactoring reads it.
pub trait Project: Sync {
    /// Every file that is the repository's own, sorted; not only sources.
    fn files(&self) -> &[RepoPath];

    /// A source file with its tree; `None` for what is no readable source of a known language.
    fn parsed(&self, path: &RepoPath) -> Option<Parsed>;

    /// The source files in which `word` stands as a whole identifier, comments and strings included, sorted.
    fn files_with(&self, word: &str) -> Vec<RepoPath>;

    /// Where `word` stands as a whole identifier in files that are no sources: documentation, configuration.
    fn mentions(&self, word: &str) -> Vec<Mention>;

    /// The text of any file, as far as it is UTF-8 and of a sensible size: `package.json`, `Cargo.toml`; of a source
    /// too, where a tree is not needed.
    fn text(&self, path: &RepoPath) -> Option<String>;

    /// True for tests and what only they use.
    fn is_test(&self, path: &RepoPath) -> bool;

    /// True when the repository has this file.
    fn has(&self, path: &RepoPath) -> bool {
        self.files().binary_search(path).is_ok()
    }
}

/// A word in a file that is no source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    pub path: RepoPath,
    pub span: Span,
}

/// Where `word` stands in `text` as a whole identifier.
pub fn words(text: &str, word: &str) -> Vec<Span> {
    if word.is_empty() {
        return Vec::new();
    }
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    text.match_indices(word)
        .filter(|(at, _)| {
            let before = text[..*at].chars().next_back();
            let after = text[at + word.len()..].chars().next();
            !before.is_some_and(part) && !after.is_some_and(part)
        })
        .map(|(at, _)| Span::new(at, at + word.len()))
        .collect()
}
