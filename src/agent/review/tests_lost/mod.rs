//! Tests that a change takes away: removed, skipped, or left without assertions.

mod moved;
mod skips;

use std::collections::HashSet;

use self::moved::{Lines, code_went};
use self::skips::skip;
use super::Subject;
use super::rules::{ASSERTIONS_REMOVED, TEST_REMOVED, TEST_SKIPPED};
use super::source::{Draft, Source, World};
use crate::base::Span;
use crate::syntax::node::{ancestors, field};
use crate::syntax::tree::Node;
use crate::syntax::{Function, functions};

/// This share of a test's lines elsewhere in the change is the test itself.
const MOVED: f32 = 0.5;

/// Compares the tests of both sides of one file, with what the rest of the change adds.
pub(super) fn find(
    subject: &Subject<'_>,
    all: &[Subject<'_>],
    world: World<'_>,
    out: &mut Vec<Draft>,
) {
    let kind = subject.after.as_ref().map(|s| s.kind).or_else(|| Some(subject.before()?.kind));
    let source = kind.is_some_and(|k| !k.foreign() && !k.fixture);
    // Rust keeps tests beside the code.
    let may = kind.is_some_and(|k| k.test) || subject.file.path.ends_with(".rs");
    if !source || !may {
        return;
    }
    let Some(before) = subject.before().filter(|b| b.is_clean()) else { return };
    let old = tests(before);
    if old.is_empty() {
        return;
    }
    let Some(after) = &subject.after else {
        removed(subject, before, &old, &[], all, world, out);
        return;
    };
    if !after.is_clean() {
        return;
    }
    let new = tests(after);
    removed(subject, before, &old, &new, all, world, out);
    let was_skipped: HashSet<&str> =
        old.iter().filter(|t| skip(before, t).is_some()).map(|t| t.qualified.as_str()).collect();
    // A suite that is skipped is one finding, not one for each of its tests.
    let mut seen: HashSet<Span> = HashSet::new();
    for test in &new {
        // Of two tests of one name either may be the one that was there.
        let [earlier] = named_as(&old, test)[..] else { continue };
        if named_as(&new, test).len() != 1 {
            continue;
        }
        if let Some((how, place)) =
            skip(after, test).filter(|_| !was_skipped.contains(test.qualified.as_str()))
        {
            if !seen.insert(place) {
                continue;
            }
            let message = format!(
                "`{}` ran before and is skipped now ({how}): what it guards is not guarded any more; mend it, or say where it is tracked",
                test.name
            );
            out.push(
                Draft::new(&TEST_SKIPPED, after, place, message)
                    .key(test.qualified.clone())
                    .confidence(0.85),
            );
        } else if asserts_no_more((before, earlier), (after, test)) {
            let message = format!(
                "`{}` asserted something before and asserts nothing now: it passes whatever the code does",
                test.name
            );
            let place = Span::new(test.span.start, test.body.start);
            out.push(
                Draft::new(&ASSERTIONS_REMOVED, after, place, message)
                    .key(test.qualified.clone())
                    .confidence(0.75),
            );
        }
    }
}

fn named_as<'f>(all: &'f [Function], test: &Function) -> Vec<&'f Function> {
    all.iter().filter(|other| other.qualified == test.qualified).collect()
}

fn tests(source: &Source) -> Vec<Function> {
    let parsed = source.parsed.as_ref();
    parsed.map(functions).unwrap_or_default().into_iter().filter(|f| f.is_test).collect()
}

/// One finding for all tests of a file that are nowhere any more.
fn removed(
    subject: &Subject<'_>,
    before: &Source,
    old: &[Function],
    new: &[Function],
    all: &[Subject<'_>],
    world: World<'_>,
    out: &mut Vec<Draft>,
) {
    let kept: HashSet<&str> = new.iter().map(|t| t.name.as_str()).collect();
    let gone: Vec<&Function> = old.iter().filter(|t| !kept.contains(t.name.as_str())).collect();
    if gone.is_empty() {
        return;
    }
    let elsewhere = |test: &Function| {
        // The title of a callback is no identifier: only the change itself can be asked.
        let in_change =
            all.iter().filter_map(|s| s.after.as_ref()).any(|s| s.text.contains(&test.name));
        in_change || !world.project.files_with(&test.name).is_empty()
    };
    let lines = Lines::of(all);
    let moved =
        |test: &Function| test.body.of(&before.text).is_some_and(|body| lines.kept(body) >= MOVED);
    let first = gone[0];
    let mut lost = gone;
    lost.retain(|test| guards(before, test) && !elsewhere(test) && !moved(test));
    // As many new ones: rewritten or renamed, which is the author's business.
    let added = added_tests(subject, all);
    if lost.is_empty() || added >= lost.len() {
        return;
    }
    let after = subject.after.as_ref();
    let names: Vec<String> = lost.iter().take(3).map(|test| format!("`{}`", test.name)).collect();
    let names = names.join(", ");
    let more = if lost.len() > 3 { format!(" and {} more", lost.len() - 3) } else { String::new() };
    let message = format!(
        "removed without another in their place: {names}{more}; what they guard is not guarded any more"
    );
    let place = after.map_or(Span::at(0), |after| near(before, after, first));
    let source = after.unwrap_or(before);
    let draft = Draft::new(&TEST_REMOVED, source, place, message)
        .key(lost.iter().map(|test| test.name.as_str()).collect::<Vec<_>>().join(" "))
        .evidence(format!("{} of {} tests", lost.len(), old.len()))
        .confidence(0.8);
    // Tests go with the code that they test; a third as many new ones, or a table of cases, stand for them.
    let rewritten =
        added * 3 >= lost.len() || after.is_some_and(|after| tables(after) > tables(before));
    // Where nothing but tests changes, their going is what the change is for, and nobody overlooks it.
    let meant = !all.iter().any(moved::is_of_code);
    out.push(if rewritten || meant || code_went(all, before, &lost) {
        draft.confidence(0.4)
    } else {
        draft
    });
}

/// False for what fails nobody: a test that was skipped, a benchmark.
fn guards(before: &Source, test: &Function) -> bool {
    skip(before, test).is_none() && !test.name.starts_with("Benchmark")
}

/// How often a file makes many tests of one: the usual reason why there are fewer functions.
fn tables(source: &Source) -> usize {
    ["parametrize", ".each(", ".each`", "subTest(", "t.Run(", "#[case", "forEach("]
        .iter()
        .map(|w| source.text.matches(w).count())
        .sum()
}

fn added_tests(subject: &Subject<'_>, all: &[Subject<'_>]) -> usize {
    let count = |s: &Subject<'_>| {
        let old: HashSet<String> =
            s.before().map(tests).unwrap_or_default().into_iter().map(|t| t.name).collect();
        let new = s.after.as_ref().map(tests).unwrap_or_default();
        new.into_iter().filter(|t| !old.contains(&t.name)).count()
    };
    // A test may move to another file under another name.
    all.iter().filter(|s| s.is_test || s.file.path == subject.file.path).map(count).sum()
}

/// The place in the new text that corresponds to where the test was.
fn near(before: &Source, after: &Source, test: &Function) -> Span {
    let head = &before.text[..test.span.start.min(before.text.len())];
    let shared = head.bytes().zip(after.text.bytes()).take_while(|(a, b)| a == b).count();
    Span::at(crate::base::floor_char(&after.text, shared))
}

fn head(test: &Function) -> Span {
    Span::new(test.span.start, test.body.start)
}

/// The outermost node of a span.
fn node_at(source: &Source, place: Span) -> Option<Node<'_>> {
    let found = source.parsed.as_ref()?.root().descendant_for_byte_range(place.start, place.end)?;
    let same = |n: &Node<'_>| crate::syntax::node::span(*n) == place;
    Some(ancestors(found).take_while(same).last().unwrap_or(found))
}

/// True for a test that is as it was, but asks for nothing any more. One whose other lines changed as well is another
/// test; an exception or a warning that is not waited for any more is a change of behaviour.
fn asserts_no_more(old: (&Source, &Function), new: (&Source, &Function)) -> bool {
    if asserts(old.0, old.1.body, &["fail", "raises", "warns", "catch"]) == 0
        || asserts(new.0, new.1.body, &[]) > 0
    {
        return false;
    }
    let lines = |(source, test): (&Source, &Function)| -> Vec<String> {
        let body = test.body.of(&source.text).unwrap_or_default();
        body.lines().map(|line| line.trim().to_owned()).filter(|line| line.len() > 2).collect()
    };
    let (before, after) = (lines(old), lines(new));
    let kept = after.iter().filter(|line| before.contains(line)).count();
    // One more for what is put in place of them.
    after.len() - kept <= (after.len() / 3).max(1)
}

/// How many times a body asks for something, directly or through a helper that is named so. `self.fail()` where
/// nothing else is asked only words an exception that would fail the test anyway: such words are left out with `without`.
fn asserts(source: &Source, body: Span, without: &[&str]) -> usize {
    const WORDS: &[&str] = &[
        "assert", "expect", "raises", "check", "verify", "should", "fail", "match", "compare",
        "ensure", "require", "snapshot", "warns", "equal", "test", "run", "validate", "panic",
        "same", "contains", "true", "false", "nil",
    ];
    let Some(body) = node_at(source, body) else { return 0 };
    body.subtree()
        .filter(|n| match n.kind() {
            "assert_statement" => true,
            "call" | "call_expression" | "macro_invocation" => {
                let name = field(*n, "function").or_else(|| field(*n, "macro"));
                let name = name.map_or("", |f| source.text_of(f)).to_ascii_lowercase();
                let last = name.rsplit(['.', ':']).next().unwrap_or(&name);
                // `expect.poll(...)` and `assert.equal(...)` say it in front.
                WORDS.iter().any(|w| !without.contains(w) && last.contains(w))
                    || ["t.", "expect", "assert", "require", "should"]
                        .iter()
                        .any(|w| name.starts_with(w))
            }
            _ => false,
        })
        .count()
}

#[cfg(test)]
mod tests;
