//! A repository in memory, and the notation of the tests: `«»` marks the place.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Api, Mention, Place, Project, Refactoring, Request, Step, plan};
use crate::base::{Language, RepoPath, Span};
use crate::syntax::{Parsed, parse};

/// Files in memory.
pub(crate) struct Memory {
    paths: Vec<RepoPath>,
    texts: BTreeMap<RepoPath, String>,
    /// The marked place.
    pub(crate) at: Option<Place>,
}

impl Memory {
    /// Files by path. `«text»` in one of them is the selection, `«»` the caret; the marks are not part of the text.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let mut at = None;
        let mut texts = BTreeMap::new();
        for (name, text) in files {
            let path = RepoPath::new(name).unwrap();
            if let (Some(start), Some(end)) = (text.find('«'), text.find('»')) {
                at = Some(Place {
                    path: path.clone(),
                    span: Span::new(start, end - '«'.len_utf8()),
                });
            }
            texts.insert(path, text.replace(['«', '»'], ""));
        }
        Self { paths: texts.keys().cloned().collect(), texts, at }
    }

    /// What the refactoring at the marked place answers.
    pub(crate) fn plan(&self, what: Refactoring) -> super::Answer {
        let at = self.at.clone().expect("a place is marked");
        plan(self, &Request { at, what, api: Api::Keep })
    }

    /// The files that a step leaves different, each headed by its path when there are several; or
    /// `reason: message`.
    pub(crate) fn after(&self, what: Refactoring) -> String {
        match self.plan(what) {
            Ok(step) => self.shown(&step, false),
            Err(refusal) => format!("{}: {refusal}", refusal.reason.name()),
        }
    }

    pub(crate) fn shown(&self, step: &Step, with_mentions: bool) -> String {
        let texts = step.texts(self, with_mentions).expect("the edits fit together");
        let mut out = String::new();
        for (path, text) in &texts {
            if texts.len() > 1 || self.paths.len() > 1 {
                let _ = writeln!(out, "== {path}");
            }
            out.push_str(text);
        }
        out
    }
}

impl Project for Memory {
    fn files(&self) -> &[RepoPath] {
        &self.paths
    }

    fn parsed(&self, path: &RepoPath) -> Option<Parsed> {
        let language = Language::of_path(path.as_str())?;
        self.texts.get(path).map(|text| parse(language, text.as_str()))
    }

    fn search(&self, keep: &(dyn Fn(&RepoPath, &str) -> bool + Sync)) -> Vec<RepoPath> {
        let sources =
            self.texts.iter().filter(|(path, _)| Language::of_path(path.as_str()).is_some());
        sources.filter(|(path, text)| keep(path, text)).map(|(path, _)| path.clone()).collect()
    }

    fn mentions(&self, word: &str) -> Vec<Mention> {
        let others =
            self.texts.iter().filter(|(path, _)| Language::of_path(path.as_str()).is_none());
        others
            .flat_map(|(path, text)| {
                words(text, word).into_iter().map(|span| Mention { path: path.clone(), span })
            })
            .collect()
    }

    fn text(&self, path: &RepoPath) -> Option<String> {
        self.texts.get(path).cloned()
    }

    fn is_test(&self, path: &RepoPath) -> bool {
        path.as_str().starts_with("tests/") || path.as_str().contains("test_")
    }
}

fn words(text: &str, word: &str) -> Vec<Span> {
    super::project::words(text, word)
}
