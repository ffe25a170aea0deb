//! Changes in memory for the tests.

use super::{ChangedFile, Finding, Settings, review};
use crate::base::{Cancel, RepoPath};
use crate::refactor::testing::Memory;

/// What a change of one file brings. An empty `before` is a new file.
pub(super) fn found(path: &str, before: &str, after: &str) -> Vec<Finding> {
    found_in(&[(path, before, after)], &[])
}

/// What a change of several files brings, in a repository with these others. An empty text is no file.
pub(super) fn found_in(change: &[(&str, &str, &str)], others: &[(&str, &str)]) -> Vec<Finding> {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let files: Vec<ChangedFile> = change
        .iter()
        .map(|(path, before, after)| {
            ChangedFile::of_texts(path, some(before).as_deref(), some(after).as_deref())
        })
        .collect();
    let mut all: Vec<(&str, &str)> = others.to_vec();
    all.extend(
        change
            .iter()
            .filter(|(path, _, after)| !after.is_empty() && RepoPath::new(path).is_ok())
            .map(|(p, _, a)| (*p, *a)),
    );
    review(&files, &Memory::new(&all), &Settings::default(), &Cancel::new()).findings
}

/// The ids alone.
pub(super) fn rules_of(path: &str, before: &str, after: &str) -> Vec<String> {
    found(path, before, after).into_iter().map(|f| f.rule.id.to_owned()).collect()
}

/// The ids of a change of several files.
pub(super) fn rules_in(change: &[(&str, &str, &str)], others: &[(&str, &str)]) -> Vec<String> {
    found_in(change, others).into_iter().map(|f| f.rule.id.to_owned()).collect()
}
