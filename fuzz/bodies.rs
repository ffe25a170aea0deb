//! What is fuzzed: everything that reads what repositories, tools, models or users wrote. Shared by the
//! libFuzzer targets and by `tests/fuzz_corpus.rs`, which replays the kept inputs in every test run.

use std::path::Path;
use std::sync::Arc;

use slm::agent::candidates::embedded::format;
use slm::agent::candidates::model::parse_answer;
use slm::base::{Language, Line, RepoPath, sanitize, splice};
use slm::edit::{FileChange, Patch, diff};
use slm::engine::{gguf, grammar};
use slm::syntax;

/// What a target does with its input.
pub(crate) type Body = fn(&[u8]);

/// Name and body of each target.
pub(crate) const TARGETS: &[(&str, Body)] = &[
    ("trace", trace),
    ("answer", answer),
    ("gguf", gguf),
    ("diff", diff),
    ("path", path),
    ("config", config),
    ("catalogue", catalogue),
    ("symbols", symbols),
];

/// Output of a command: parsed, signed, compared with itself, shown.
pub(crate) fn trace(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let failures = slm::trace::parse(&text);
    let _ = slm::trace::report(&text);
    for failure in &failures {
        assert!(failure.frames.iter().all(|frame| frame.line != Some(0)), "lines count from 1");
        assert!(slm::trace::same(failure, failure), "a failure is the same as itself");
        is_harmless(&sanitize(&failure.message));
    }
}

/// What a model says: an answer, a grammar, an edit of a window.
pub(crate) fn answer(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let _ = parse_answer(&text);
    if let Ok(grammar) = grammar::Grammar::parse(&text) {
        let _ = grammar.matches("LINES 1-2\n");
    }
    let (before, after) = halves(&text);
    let lines: Vec<&str> = before.split('\n').take(200).collect();
    let tidy = format::tidy(&lines);
    let others: Vec<&str> = after.split('\n').take(200).collect();
    if let Some(others) = format::tidy_after(&others, &tidy.shared)
        && let Some(said) = format::answer(&tidy.lines, &others)
    {
        assert!(said.ends_with("<end>") && tidy.lines != others, "an answer changes something");
    }
    let _ = format::prompt(Language::Python, after, &[1, 2], &tidy.lines);
}

/// A model's file.
pub(crate) fn gguf(data: &[u8]) {
    let _ = gguf::check_reader(data, data.len() as u64);
}

/// Two states of a file: the diff that is shown is that of the bytes that are written.
pub(crate) fn diff(data: &[u8]) {
    let middle = data.len() / 2;
    let (before, after) = (&data[..middle], &data[middle..]);
    let path = RepoPath::new("a.txt").expect("a plain path");
    let change =
        FileChange { path, before: Some(Arc::from(before)), after: Some(Arc::from(after)) };
    let patch = Patch::new([change.clone()]);
    assert_eq!(patch.is_empty(), before == after);
    let _ = diff::unified_bytes(&patch);
    is_harmless(&sanitize(&diff::unified(&patch)));
    let stats = diff::stats(&patch);
    let lines = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
    assert!(stats.added <= lines(after) && stats.removed <= lines(before), "{stats:?}");
    let _ = diff::hunks(&change);
}

/// A path from a model, a trace or a repository: what is accepted stays below the root.
pub(crate) fn path(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(path) = RepoPath::new(&text) else { return };
    let root = Path::new("/root");
    let full = path.to_path(root);
    assert!(full.starts_with(root), "{full:?}");
    for part in path.as_str().split('/') {
        let lower = part.to_lowercase();
        assert!(!part.is_empty() && part != "." && part != ".." && lower != ".git", "{part:?}");
        assert!(!part.contains(['\0', '\\']), "{part:?}");
    }
    assert_eq!(RepoPath::new(path.as_str()).as_ref(), Ok(&path), "normal forms stay");
    let _ = slm::edit::protected(&path);
}

/// The user's own configuration.
pub(crate) fn config(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(config) = slm::config::parse(&text, Path::new("config.toml")) {
        assert!(config.fix.jobs != Some(0));
    }
}

/// Source code: every edit of the catalogue can be made, and parses no worse than before.
pub(crate) fn catalogue(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let languages = [
        Language::Python,
        Language::Rust,
        Language::JavaScript,
        Language::TypeScript,
        Language::Go,
    ];
    let text = String::from_utf8_lossy(&rest[..rest.len().min(4096)]);
    let language = languages[usize::from(*first) % languages.len()];
    let parsed = syntax::parse(language, &*text);
    let _ = (syntax::functions(&parsed), syntax::syntax_errors(&parsed));
    let lines = (1..=8).map(Line);
    for mutation in syntax::mutations(&parsed, lines, &syntax::Context::default()) {
        let after = splice(parsed.text(), &mutation.replacements).expect("edits fit their text");
        assert_ne!(after, parsed.text(), "{}", mutation.title);
        is_harmless(&sanitize(&mutation.title));
    }
}

/// Source in any language with symbols: places are in the text, and nothing holds itself.
pub(crate) fn symbols(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let built_in: Vec<_> = syntax::Grammar::all().iter().filter(|g| g.is_built_in()).collect();
    let text = String::from_utf8_lossy(&rest[..rest.len().min(8192)]);
    let Ok(found) = syntax::extract(built_in[usize::from(*first) % built_in.len()], &text) else {
        return;
    };
    let lines = u32::try_from(text.split('\n').count()).unwrap_or(u32::MAX);
    for (index, symbol) in (0..).zip(&found.definitions) {
        assert!(
            1 <= symbol.first && symbol.first <= symbol.last && symbol.last <= lines,
            "{symbol:?}"
        );
        assert!(symbol.parent.is_none_or(|parent| parent < index), "{symbol:?}");
        assert!(!found.qualified(index).is_empty());
    }
    for reference in &found.references {
        let known = |at: u32| (at as usize) < found.definitions.len();
        assert!(reference.within.is_none_or(known), "{reference:?}");
        assert!(reference.lines.is_sorted() && reference.lines.iter().all(|line| *line <= lines));
    }
}

fn halves(text: &str) -> (&str, &str) {
    text.split_once('\0').unwrap_or((text, ""))
}

/// Nothing in a sanitised text moves the cursor or changes the terminal.
fn is_harmless(text: &str) {
    let bad = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t'));
    assert_eq!(bad, None, "{text:?}");
}
