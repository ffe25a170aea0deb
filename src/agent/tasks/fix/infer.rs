//! From a trace alone to the command that would show it again.
//!
//! Only programs that slm names itself, on files that exist in the repository: nothing that a
//! trace says can become a command line of its own.

use std::ffi::OsString;

use crate::agent::localise::frames::resolve;
use crate::agent::sources::Sources;
use crate::base::{Language, RepoPath};
use crate::repo;
use crate::trace::Failure;

/// The command that re-runs the failing test or script of `failures`; `None` when it cannot be
/// told.
pub(super) fn command(failures: &[Failure], sources: &Sources) -> Option<Vec<OsString>> {
    let words = failures.iter().find_map(|failure| of_failure(failure, sources))?;
    Some(words.into_iter().map(OsString::from).collect())
}

fn of_failure(failure: &Failure, sources: &Sources) -> Option<Vec<String>> {
    match failure.language? {
        Language::Python => python(failure, sources),
        Language::Rust => rust(failure, sources),
        Language::Go => has(sources, "go.mod").then(|| words(&["go", "test", "./..."])),
        Language::JavaScript | Language::TypeScript | Language::Tsx => node(failure, sources),
    }
}

fn python(failure: &Failure, sources: &Sources) -> Option<Vec<String>> {
    for test in &failure.tests {
        if let Some((file, _)) = test.split_once("::") {
            let path = resolve(file, sources)?;
            let rest = &test[file.len()..];
            return Some(words(&["python3", "-m", "pytest", "-q", &format!("{path}{rest}")]));
        }
        if test.contains('.') && test.split('.').all(is_identifier) && module_exists(test, sources)
        {
            return Some(words(&["python3", "-m", "unittest", test]));
        }
    }
    let outer = failure.frames.last()?;
    let path = resolve(&outer.path, sources)?;
    if outer.function.as_deref() == Some("<module>") || outer.function.is_none() {
        return Some(words(&["python3", path.as_str()]));
    }
    let test = outer.function.as_deref().filter(|f| f.starts_with("test") && is_identifier(f))?;
    repo::is_test_path(&path)
        .then(|| words(&["python3", "-m", "pytest", "-q", path.as_str(), "-k", test]))
}

fn rust(failure: &Failure, sources: &Sources) -> Option<Vec<String>> {
    has(sources, "Cargo.toml").then_some(())?;
    let name = failure.tests.first().filter(|t| t.split("::").all(is_identifier));
    Some(match name {
        Some(name) => words(&["cargo", "test", name]),
        None => words(&["cargo", "test"]),
    })
}

fn node(failure: &Failure, sources: &Sources) -> Option<Vec<String>> {
    let in_repository = |frame: &crate::trace::Frame| resolve(&frame.path, sources);
    let path = failure.frames.iter().rev().find_map(in_repository)?;
    let script = matches!(Language::of_path(path.as_str()), Some(Language::JavaScript));
    script.then(|| words(&["node", path.as_str()]))
}

fn module_exists(test: &str, sources: &Sources) -> bool {
    let parts: Vec<&str> = test.split('.').collect();
    (1..parts.len()).any(|n| {
        RepoPath::new(&format!("{}.py", parts[..n].join("/")))
            .is_ok_and(|path| sources.files().binary_search(&path).is_ok())
    })
}

fn has(sources: &Sources, name: &str) -> bool {
    RepoPath::new(name).is_ok_and(|path| path.to_path(sources.root()).is_file())
}

fn is_identifier(word: &str) -> bool {
    !word.is_empty()
        && word.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !word.starts_with(|c: char| c.is_ascii_digit())
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|&w| w.to_owned()).collect()
}
