//! One Rust text of a repository, parsed when it is asked for.

use std::sync::{Arc, OnceLock};

use super::names::{self, Names};
use crate::base::{Language, RepoPath};
use crate::refactor::{Project, has_word};
use crate::syntax::{Parsed, parse};

/// A file, or code in the documentation of one.
pub(super) struct File<'a> {
    pub(super) path: RepoPath,
    /// Where the text begins in the file: code in its documentation is a file of its own.
    pub(super) offset: usize,
    from: From<'a>,
    read: OnceLock<(Parsed, Arc<Names>)>,
}

enum From<'a> {
    Project(&'a dyn Project),
    Text(Arc<str>),
}

impl<'a> File<'a> {
    pub(super) fn source(project: &'a dyn Project, path: RepoPath) -> Self {
        Self { path, offset: 0, from: From::Project(project), read: OnceLock::new() }
    }

    pub(super) fn example(path: RepoPath, offset: usize, code: String) -> Self {
        Self { path, offset, from: From::Text(code.into()), read: OnceLock::new() }
    }

    pub(super) fn parsed(&self) -> &Parsed {
        &self.read().0
    }

    pub(super) fn names(&self) -> &Names {
        &self.read().1
    }

    pub(super) fn is_read(&self) -> bool {
        self.read.get().is_some()
    }

    /// True when a word stands in the text; nothing is parsed for that.
    pub(super) fn has_word(&self, word: &str) -> bool {
        match (self.read.get(), &self.from) {
            (Some((parsed, _)), _) => has_word(parsed.text(), word),
            (None, From::Text(code)) => has_word(code, word),
            (None, From::Project(project)) => {
                project.text(&self.path).is_some_and(|text| has_word(&text, word))
            }
        }
    }

    /// The code of documentation; `None` of a whole file.
    pub(super) fn code(&self) -> Option<&str> {
        match &self.from {
            From::Text(code) => Some(code),
            From::Project(_) => None,
        }
    }

    fn read(&self) -> &(Parsed, Arc<Names>) {
        self.read.get_or_init(|| {
            let parsed = match &self.from {
                From::Project(project) => project.parsed(&self.path),
                From::Text(code) => Some(parse(Language::Rust, Arc::clone(code))),
            };
            // A file that was there when its text was looked at.
            let parsed = parsed.unwrap_or_else(|| parse(Language::Rust, ""));
            let names = names::of(&parsed);
            (parsed, names)
        })
    }
}
