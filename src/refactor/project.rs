//! What a refactoring sees of a repository.

use crate::base::{RepoPath, Span};
use crate::syntax::Parsed;

/// A repository as a refactoring reads it.
pub trait Project: Sync {
    /// Every file that is the repository's own, sorted; not only sources.
    fn files(&self) -> &[RepoPath];

    /// A source file with its tree; `None` for what is no readable source of a known language.
    fn parsed(&self, path: &RepoPath) -> Option<Parsed>;

    /// The source files that `keep` wants by their text, sorted. The texts are looked at on several processors.
    fn search(&self, keep: &(dyn Fn(&RepoPath, &str) -> bool + Sync)) -> Vec<RepoPath>;

    /// The source files in which `word` stands as a whole identifier, comments and strings included, sorted.
    fn files_with(&self, word: &str) -> Vec<RepoPath> {
        self.search(&|_, text| has_word(text, word))
    }

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
    each_word(text, word).collect()
}

/// True when `word` stands in `text` as a whole identifier.
pub fn has_word(text: &str, word: &str) -> bool {
    each_word(text, word).next().is_some()
}

/// See [`words`].
pub(crate) fn each_word<'t, 'n>(
    text: &'t str,
    word: &'n str,
) -> impl Iterator<Item = Span> + use<'t, 'n> {
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    // The empty word stands nowhere.
    let places = (!word.is_empty()).then(|| text.match_indices(word));
    places
        .into_iter()
        .flatten()
        .filter(move |(at, _)| {
            let before = text[..*at].chars().next_back();
            let after = text[at + word.len()..].chars().next();
            !before.is_some_and(part) && !after.is_some_and(part)
        })
        .map(|(at, _)| Span::new(at, at + word.len()))
}

/// `each` over all items on all processors; the results stay in order.
pub(crate) fn shared<I: Sync, T: Send>(items: &[I], each: &(dyn Fn(&I) -> T + Sync)) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    if items.len() < 2 || threads == 1 {
        return items.iter().map(each).collect();
    }
    // Small shares, taken as they come: the work in one item can be a thousand times that in another.
    let next = std::sync::atomic::AtomicUsize::new(0);
    let share = (items.len() / (8 * threads)).clamp(1, 64);
    let work = || {
        let mut done = Vec::new();
        loop {
            let from = next.fetch_add(share, std::sync::atomic::Ordering::Relaxed);
            let Some(part) = items.get(from..items.len().min(from + share)) else { return done };
            if part.is_empty() {
                return done;
            }
            done.push((from, part.iter().map(each).collect::<Vec<T>>()));
        }
    };
    let mut all: Vec<(usize, Vec<T>)> = std::thread::scope(|scope| {
        let helpers: Vec<_> = (1..threads.min(items.len())).map(|_| scope.spawn(&work)).collect();
        let mut all = work();
        for helper in helpers {
            match helper.join() {
                Ok(done) => all.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    all.sort_by_key(|(from, _)| *from);
    all.into_iter().flat_map(|(_, part)| part).collect()
}
