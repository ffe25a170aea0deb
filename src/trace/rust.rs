//! Rust at run time: panics of both spellings, backtraces, and the sections of `cargo test`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::text::{Found, Rank, Text, number, pattern};
use super::{Failure, FailureKind, Frame, rustc};
use crate::base::Language;

static PANIC: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"thread '(.*?)' (?:\(\d+\) )?panicked at (?:'(.*)', )?([^':][^']*?):(\d+):(\d+):?$")
});
/// Before Rust 1.73 the message came first, in quotes, possibly over several lines.
static OLD_OPEN: LazyLock<Regex> = LazyLock::new(|| pattern(r"thread '(.*?)' panicked at '(.*)$"));
static OLD_CLOSE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(.*)', ([^':][^']*?):(\d+):(\d+)$"));
static SYMBOL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\s*\d+:\s+(?:0x[0-9a-f]+ - )?(\S.*)$"));
static PLACE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s+at (.+?):(\d+)(?::(\d+))?$"));
static SECTION: LazyLock<Regex> = LazyLock::new(|| pattern(r"^---- (.+) (?:stdout|stderr) ----$"));
static RESULT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^test (.+?)(?: - should panic)? \.\.\. FAILED$"));
static TERSE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\S.*) --- FAILED$"));
static NO_PANIC: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^note: test did not panic as expected(?: at (.+):(\d+):(\d+))?$"));
static DOCTEST: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(\S+\.(?:rs|md)) - (?:(.*) )?\(line (\d+)\)$"));
static SIGNAL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\(signal: \d+, (SIG[A-Z]+)(?:: ([^)]*))?\)"));

/// Beginnings of panic messages that name the kind of the panic.
const KINDS: &[&str] = &[
    "index out of bounds",
    "attempt to add with overflow",
    "attempt to subtract with overflow",
    "attempt to multiply with overflow",
    "attempt to negate with overflow",
    "attempt to shift left with overflow",
    "attempt to shift right with overflow",
    "attempt to divide by zero",
    "attempt to divide with overflow",
    "attempt to calculate the remainder with a divisor of zero",
    "called `Option::unwrap()` on a `None` value",
    "called `Result::unwrap()` on an `Err` value",
    "called `Result::unwrap_err()` on an `Ok` value",
    "internal error: entered unreachable code",
    "not implemented",
    "not yet implemented",
    "no entry found for key",
    "already borrowed",
    "already mutably borrowed",
    "explicit panic",
    "byte index",
    "range start index",
    "range end index",
    "slice index starts at",
    "capacity overflow",
    "assertion",
];

/// A panic with the name of the thread it ended.
struct Panic {
    at: usize,
    end: usize,
    thread: String,
    failure: Failure,
}

/// Reports panics and failed tests, and claims their lines.
pub(super) fn scan(text: &mut Text, found: &mut Vec<Found>) {
    let mut failed = failed_tests(&text.lines);
    let mut at = 0;
    while at < text.lines.len() {
        let name = SECTION.captures(text.lines[at]).map(|c| c[1].to_owned());
        let Some(name) = name else {
            at += 1;
            continue;
        };
        let end = section_end(&text.lines, at + 1);
        failed.remove(&name);
        for mut failure in section(&name, &text.lines[at + 1..end]) {
            failure.tests = vec![name.clone()];
            failure.language = Some(Language::Rust);
            found.push(Found::reported(at, failure));
        }
        text.claim(at..end);
        at = end;
    }
    for mut panic in without_echoes(panics(&text.lines)) {
        let rank = match failed.remove(&panic.thread) {
            Some(_) => {
                panic.failure.tests = vec![panic.thread];
                Rank::Reported
            }
            None => Rank::Bare,
        };
        found.push(Found::new(rank, panic.at, panic.failure));
        text.claim(panic.at..panic.end);
    }
    for (name, line) in failed {
        let mut failure = Failure::of(FailureKind::Test);
        failure.language = Some(Language::Rust);
        failure.frames.extend(doctest_frame(&name));
        failure.tests = vec![name];
        found.push(Found::new(Rank::NameOnly, line, failure));
    }
    crashes(text, found);
}

/// A panic whose payload is unwrapped by another thread is the cause of that thread's panic: one
/// failure, at the place of the first, in the name of the second.
fn without_echoes(all: Vec<Panic>) -> Vec<Panic> {
    let mut kept: Vec<Panic> = Vec::new();
    for mut panic in all {
        let echo = panic.failure.message.contains("Any { .. }");
        match kept.last_mut().filter(|first| echo && first.end + 1 >= panic.at) {
            Some(first) => {
                first.thread = std::mem::take(&mut panic.thread);
                first.end = panic.end;
                first.failure.causes.insert(0, panic.failure);
            }
            None => kept.push(panic),
        }
    }
    kept
}

/// The names of the failed tests and the lines that say so.
fn failed_tests(lines: &[&str]) -> BTreeMap<String, usize> {
    let mut failed = BTreeMap::new();
    let running = lines.iter().any(|line| line.starts_with("running "));
    for (at, line) in lines.iter().enumerate() {
        let caught = match *line {
            line if line.starts_with("test ") => RESULT.captures(line),
            line if running && line.ends_with(" --- FAILED") => TERSE.captures(line),
            _ => None,
        };
        if let Some(caught) = caught {
            failed.entry(caught[1].to_owned()).or_insert(at);
        }
    }
    if !running {
        return failed;
    }
    // With --nocapture the word FAILED stands on a line of its own; the list below has the names.
    let mut lists = lines.iter().enumerate().filter(|(_, line)| **line == "failures:");
    let listed: BTreeSet<(String, usize)> = lists
        .by_ref()
        .flat_map(|(at, _)| {
            let names = lines[at + 1..].iter().take_while(|line| line.starts_with("    "));
            names.map(move |name| (name.trim().to_owned(), at)).collect::<Vec<_>>()
        })
        .collect();
    for (name, at) in listed {
        failed.entry(name).or_insert(at);
    }
    failed
}

fn section_end(lines: &[&str], from: usize) -> usize {
    let ends = |line: &&str| {
        SECTION.is_match(line) || *line == "failures:" || line.starts_with("test result: ")
    };
    lines[from..].iter().position(ends).map_or(lines.len(), |n| from + n)
}

/// What one test printed: a panic, an `Err` it returned, a panic that did not come, or the
/// compiler's refusal of a doctest.
fn section(name: &str, lines: &[&str]) -> Vec<Failure> {
    let mut all = panics(lines);
    let absent = lines.iter().find_map(|line| NO_PANIC.captures(line));
    if let Some(caught) = absent {
        let mut failure = Failure::of(FailureKind::Assertion);
        failure.message = "test did not panic as expected".into();
        if let Some(path) = caught.get(1) {
            let mut frame = Frame::at(path.as_str(), number(&caught[2]));
            frame.column = number(&caught[3]);
            failure.frames.push(frame);
        }
        return vec![failure];
    }
    if all.is_empty() {
        let owned: Vec<&str> = lines.to_vec();
        let mut text = Text { lines: owned };
        let mut found = Vec::new();
        rustc::scan(&mut text, &mut found);
        if !found.is_empty() {
            return found.into_iter().map(|f| f.failure).collect();
        }
        let mut failure = Failure::of(FailureKind::Test);
        if let Some(note) = unexpected_panic(lines) {
            failure.kind = FailureKind::Assertion;
            failure.message = note;
        } else if let Some(error) = lines.iter().find_map(|line| line.strip_prefix("Error: ")) {
            failure.kind = FailureKind::Exception;
            failure.exception = Some("Error".into());
            failure.message = error.to_owned();
        }
        failure.frames.extend(doctest_frame(name));
        return vec![failure];
    }
    // A panic of a helper thread is the reason for the `Any { .. }` that the test then unwraps.
    let own = all.iter().rposition(|p| p.thread == name).unwrap_or(all.len() - 1);
    let echo = all[own].failure.message.contains("Any { .. }") && all.len() > 1;
    let main = if echo { usize::from(own == 0) } else { own };
    let mut main = all.remove(main).failure;
    main.causes = all.into_iter().rev().map(|p| p.failure).collect();
    if let Some(frame) = doctest_frame(name)
        && !main.frames.iter().any(|f| f.path == frame.path && f.line >= frame.line)
    {
        main.frames.push(frame);
    }
    if let Some(note) = unexpected_panic(lines) {
        main.kind = FailureKind::Assertion;
        main.message.push('\n');
        main.message.push_str(&note);
    }
    vec![main]
}

/// What `#[should_panic(expected = ...)]` says of another panic.
fn unexpected_panic(lines: &[&str]) -> Option<String> {
    let note = lines.iter().position(|line| line.starts_with("note: panic did not contain"))?;
    let rest = lines[note..].iter().take_while(|line| !line.is_empty()).copied();
    Some(rest.collect::<Vec<_>>().join("\n"))
}

/// `src/lib.rs - item (line 13)` names its own place.
fn doctest_frame(name: &str) -> Option<Frame> {
    let caught = DOCTEST.captures(name)?;
    let mut frame = Frame::at(&caught[1], number(&caught[3]));
    frame.function = caught.get(2).map(|m| m.as_str().to_owned());
    Some(frame)
}

fn panics(lines: &[&str]) -> Vec<Panic> {
    let mut all = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        match panic(lines, at) {
            Some(panic) => {
                at = panic.end.max(at + 1);
                all.push(panic);
            }
            None => at += 1,
        }
    }
    all
}

fn panic(lines: &[&str], at: usize) -> Option<Panic> {
    let line = lines[at];
    if !line.contains("thread '") || !line.contains(" panicked at ") {
        return None;
    }
    if let Some(caught) = PANIC.captures(line) {
        let mut frame = Frame::at(strip_dot(&caught[3]), number(&caught[4]));
        frame.column = number(&caught[5]);
        let (end, message) = match caught.get(2) {
            Some(old) => (at + 1, old.as_str().to_owned()),
            None => message(lines, at + 1),
        };
        return Some(build(lines, at, end, &caught[1], frame, message));
    }
    let open = OLD_OPEN.captures(line)?;
    let mut message = open[2].to_owned();
    for (n, line) in lines.iter().enumerate().skip(at + 1).take(60) {
        message.push('\n');
        if let Some(close) = OLD_CLOSE.captures(line) {
            message.push_str(&close[1]);
            let mut frame = Frame::at(strip_dot(&close[2]), number(&close[3]));
            frame.column = number(&close[4]);
            return Some(build(lines, at, n + 1, &open[1], frame, message));
        }
        message.push_str(line);
    }
    None
}

fn build(
    lines: &[&str],
    at: usize,
    end: usize,
    thread: &str,
    place: Frame,
    message: String,
) -> Panic {
    let (end, mut frames) = backtrace(lines, end);
    // A full backtrace has absolute paths, the panic's own place is relative.
    match frames.iter().position(|f| f.path.ends_with(&place.path) && f.line == place.line) {
        Some(known) => {
            frames.drain(..known);
            frames[0].path = place.path;
        }
        None => frames.insert(0, place),
    }
    let kind = KINDS.iter().find(|kind| message.starts_with(**kind));
    let asserted = message.starts_with("assertion ");
    let mut failure =
        Failure::of(if asserted { FailureKind::Assertion } else { FailureKind::Panic });
    failure.language = Some(Language::Rust);
    failure.exception = kind.map(|kind| (*kind).to_owned());
    failure.message = message;
    failure.frames = frames;
    Panic { at, end, thread: thread.to_owned(), failure }
}

fn message(lines: &[&str], from: usize) -> (usize, String) {
    let ends = |line: &&str| {
        line.trim().is_empty()
            || line.starts_with("note: ")
            || *line == "stack backtrace:"
            || line.starts_with("thread '")
            || SECTION.is_match(line)
            || matches!(*line, "FAILED" | "ok" | "failures:")
            || line.starts_with("test ") && line.contains(" ... ")
    };
    let count = lines[from..].iter().take(100).position(ends);
    let end = count.map_or(lines.len().min(from + 100), |n| from + n);
    (end, lines[from..end].join("\n").trim_end().to_owned())
}

/// The frames of a backtrace that follows; those of the standard library are dropped.
fn backtrace(lines: &[&str], from: usize) -> (usize, Vec<Frame>) {
    let mut frames = Vec::new();
    if lines.get(from).is_none_or(|line| *line != "stack backtrace:") {
        return (from, frames);
    }
    let mut symbol: Option<String> = None;
    let mut at = from + 1;
    while at < lines.len() {
        if let Some(caught) = PLACE.captures(lines[at]) {
            let path = strip_dot(&caught[1]);
            let foreign = path.starts_with("/rustc/")
                || path.contains("/rustlib/src/")
                || path.starts_with("csu/")
                || path.contains("/sysdeps/");
            if !foreign {
                let mut frame = Frame::at(path, number(&caught[2]));
                frame.column = caught.get(3).and_then(|m| number(m.as_str()));
                frame.function.clone_from(&symbol);
                frames.push(frame);
            }
        } else if let Some(caught) = SYMBOL.captures(lines[at]) {
            symbol = Some(without_hash(&caught[1]));
        } else {
            break;
        }
        at += 1;
    }
    (at, frames)
}

/// A legacy symbol ends in `::h` and sixteen hexadecimal digits.
fn without_hash(symbol: &str) -> String {
    let hash = symbol
        .rsplit_once("::h")
        .filter(|(_, hash)| hash.len() == 16 && hash.chars().all(|c| c.is_ascii_hexdigit()));
    hash.map_or(symbol, |(name, _)| name).trim_end().to_owned()
}

fn strip_dot(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path)
}

/// Ends without a panic: stack overflow, and signals that cargo reports.
fn crashes(text: &mut Text, found: &mut Vec<Found>) {
    for at in 0..text.lines.len() {
        let line = text.lines[at];
        let mut failure = Failure::of(FailureKind::Panic);
        failure.language = Some(Language::Rust);
        if line.starts_with("thread '") && line.ends_with(" has overflowed its stack") {
            failure.exception = Some("stack overflow".into());
            failure.message = "stack overflow".into();
            let name = line["thread '".len()..].split('\'').next().unwrap_or_default();
            if name.contains("::") {
                failure.tests = vec![name.to_owned()];
            }
        } else if line.contains("(signal: ")
            && let Some(caught) = SIGNAL.captures(line)
        {
            failure.exception = Some(caught[1].to_owned());
            failure.message = caught.get(2).map_or("", |m| m.as_str()).to_owned();
        } else {
            continue;
        }
        found.push(Found::new(Rank::Bare, at, failure));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_as_printed_before_1_73() {
        let lines: Vec<&str> = "thread 'main' panicked at 'index out of bounds: the len is 0', src/main.rs:3:5\n\
            note: run with\n\
            thread 't::x' panicked at 'assertion failed: `(left == right)`\n  left: `1`,\n right: `2`', src/lib.rs:7:9"
            .lines().collect();
        let all = panics(&lines);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].failure.exception.as_deref(), Some("index out of bounds"));
        assert_eq!(all[0].failure.frames[0].path, "src/main.rs");
        assert_eq!(all[1].thread, "t::x");
        assert_eq!(all[1].failure.kind, FailureKind::Assertion);
        assert!(all[1].failure.message.ends_with("right: `2`"));
        assert_eq!(all[1].failure.frames[0].line, Some(7));
    }
}
