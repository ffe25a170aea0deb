//! Where the lines of a test went, and what its code lost: a test that is rewritten, moved or gone with what it
//! tested is no test that somebody took away.

use std::collections::{HashMap, HashSet};

use crate::agent::review::change::Version;
use crate::agent::review::{Subject, source::Source};
use crate::syntax::{DefinitionKind, Function, definitions};

/// Shorter lines stand everywhere. Bytes without indentation.
const LEAST_LINE: usize = 8;
/// Shorter words say nothing. Bytes.
const LEAST_WORD: usize = 4;

/// How often each line stands in the change, in all its files together.
pub(super) struct Lines<'a> {
    /// Occurrences before and after.
    counts: HashMap<&'a str, (usize, usize)>,
}

impl<'a> Lines<'a> {
    pub(super) fn of(all: &'a [Subject<'_>]) -> Self {
        let mut counts: HashMap<&str, (usize, usize)> = HashMap::new();
        for subject in all {
            for line in text(&subject.file.before).lines().filter_map(telling) {
                counts.entry(line).or_default().0 += 1;
            }
            for line in text(&subject.file.after).lines().filter_map(telling) {
                counts.entry(line).or_default().1 += 1;
            }
        }
        Self { counts }
    }

    /// The share of the lines of `body` that the change has as often as before, 0 to 1: near 1 for what moved or got
    /// another name, near 0 for what is gone. 0 where no line tells anything.
    pub(super) fn kept(&self, body: &str) -> f32 {
        let lines: HashSet<&str> = body.lines().filter_map(telling).collect();
        let stays = |line: &&&str| {
            self.counts.get(**line).is_some_and(|(before, after)| *after > 0 && after >= before)
        };
        let kept = lines.iter().filter(stays).count();
        if lines.is_empty() { 0.0 } else { kept as f32 / lines.len() as f32 }
    }
}

/// A line without its layout, where it is one that few others equal.
fn telling(line: &str) -> Option<&str> {
    let line = line.trim();
    (line.len() >= LEAST_LINE && line.contains(char::is_alphabetic)).then_some(line)
}

fn text(side: &Option<Version>) -> &str {
    side.as_ref().and_then(Version::text).unwrap_or_default()
}

/// True when the change takes away what each of the tests speaks of: a definition, a file, or a word of theirs that the
/// code had before; or when there is less code than before.
pub(super) fn code_went(all: &[Subject<'_>], before: &Source, lost: &[&Function]) -> bool {
    let code = || all.iter().filter(|s| !s.is_test && s.before().is_none_or(is_code));
    let lines = |side: &Option<Version>| text(side).lines().count();
    let now: usize = code().map(|s| lines(&s.file.after)).sum();
    let then: usize = code().map(|s| lines(&s.file.before)).sum();
    if definition_removed(all) || now < then {
        return true;
    }
    let mut gone: HashSet<&str> = code().flat_map(|s| words(text(&s.file.before))).collect();
    for subject in code() {
        words(text(&subject.file.after)).for_each(|word| {
            gone.remove(word);
        });
    }
    let speaks = |test: &&Function| {
        test.span.of(&before.text).is_some_and(|body| words(body).any(|word| gone.contains(word)))
    };
    !gone.is_empty() && lost.iter().all(speaks)
}

/// True for a changed file that is a source, and no test.
pub(super) fn is_of_code(subject: &Subject<'_>) -> bool {
    !subject.is_test && subject.after.as_ref().or_else(|| subject.before()).is_some_and(is_code)
}

fn is_code(source: &Source) -> bool {
    source.parsed.is_some() && !source.kind.test
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let apart = |c: char| !(c.is_alphanumeric() || c == '_' || c == '-');
    text.split(apart).filter(|word| word.len() >= LEAST_WORD)
}

/// True when the change removes a definition, or a file, that is no test.
fn definition_removed(all: &[Subject<'_>]) -> bool {
    all.iter().filter(|s| !s.is_test).any(|s| {
        let Some(before) = s.before().filter(|b| is_code(b)) else { return false };
        let names = |source: &Source| -> HashSet<String> {
            let defined = source.parsed.as_ref().map(definitions).unwrap_or_default();
            defined
                .into_iter()
                .filter(|d| d.kind != DefinitionKind::Import)
                .map(|d| d.qualified)
                .collect()
        };
        let after = s.after.as_ref().map(names).unwrap_or_default();
        names(before).iter().any(|name| !after.contains(name))
    })
}
