//! What a tool printed -> what failed, and where. Pure: text in, values out, no file is opened.
//!
//! One file per language or runner. Paths stay as printed until [`map`] resolves them against the
//! repository's files; only Go's bare file names get their package in front. Runners go first and
//! blank what they understood, so that a bare stack trace is reported once.

mod checkers;
mod doctest;
mod go;
mod jest;
pub mod map;
mod node;
mod node_test;
mod outcome;
mod pytest;
mod python;
mod rust;
mod rustc;
mod rustc_json;
mod signature;
mod tap;
mod text;
mod tsc;
mod unittest;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::base::Language;

pub use map::{FileSet, resolve};
pub use outcome::{Outcome, TestReport, Totals, broken, lost, report};
pub use signature::{same, signature};

use text::{Found, Text};

/// One failure found in the output of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub kind: FailureKind,
    pub language: Option<Language>,
    /// The exception class, panic kind or diagnostic code: `KeyError`, `E0308`, `TS2304`.
    pub exception: Option<String>,
    /// The message as printed, without the exception's name.
    pub message: String,
    /// Innermost frame first; the first is where the failure surfaced.
    pub frames: Vec<Frame>,
    /// Identifiers of the failing tests this failure belongs to, in the runner's own spelling
    /// (`tests/test_a.py::test_x`, `mod::tests::x`).
    pub tests: Vec<String>,
    /// Chained or nested failures that led to this one, nearest first.
    pub causes: Vec<Failure>,
    /// Edits that a compiler offered together with the diagnostic.
    pub suggestions: Vec<Suggestion>,
}

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// An uncaught exception other than an assertion.
    Exception,
    /// A failed assertion of a test or of the program.
    Assertion,
    /// The source does not parse.
    Syntax,
    /// A compiler or type checker refused the program.
    Compile,
    /// A Rust or Go panic.
    Panic,
    /// A test failed and nothing more precise was printed.
    Test,
}

/// One stack frame or diagnostic location, as printed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Frame {
    /// The path as the tool printed it: absolute, relative, `file://`, in a container...
    pub path: String,
    /// Counted from 1.
    pub line: Option<u32>,
    /// Counted from 1, in the unit of the tool that printed it.
    pub column: Option<u32>,
    pub function: Option<String>,
    /// The source line when the tool printed it.
    pub source: Option<String>,
}

/// An edit that a compiler offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    pub path: String,
    /// Byte offsets into the file as compiled.
    pub start: usize,
    pub end: usize,
    pub replacement: String,
    /// True when the compiler says that it may be applied without a human.
    pub machine_applicable: bool,
    /// Suggestions of one diagnostic that belong together share a group number.
    pub group: usize,
}

/// Failures kept from one output.
const MAX_FAILURES: usize = 500;
/// Frames kept at the inner and at the outer end of a stack.
const MAX_INNER_FRAMES: usize = 200;
const MAX_OUTER_FRAMES: usize = 50;
/// Bytes kept of a message.
const MAX_MESSAGE: usize = 16 * 1024;
/// Bytes kept of a source line.
const MAX_SOURCE: usize = 1024;

/// Finds the failures in the combined output of a command, most relevant first: what test runners
/// and compilers report, then bare stack traces (for Python the last one first, since it ended the
/// program), then tests that are only named as failed.
///
/// Any text is accepted, also what is no trace at all; equal failures are merged. The time taken is
/// linear in the length of `output`.
pub fn parse(output: &str) -> Vec<Failure> {
    let clean = text::clean(output);
    let mut text = Text::new(&clean);
    let mut found: Vec<Found> = Vec::new();
    rustc_json::scan(&mut text, &mut found);
    pytest::scan(&mut text, &mut found);
    unittest::scan(&mut text, &mut found);
    doctest::scan(&mut text, &mut found);
    rust::scan(&mut text, &mut found);
    rustc::scan(&mut text, &mut found);
    tap::scan(&mut text, &mut found);
    node_test::scan(&mut text, &mut found);
    jest::scan(&mut text, &mut found);
    tsc::scan(&mut text, &mut found);
    go::scan(&mut text, &mut found);
    checkers::scan(&mut text, &mut found);
    python::scan(&mut text, &mut found);
    node::scan(&mut text, &mut found);
    found.sort_by_key(|entry| (entry.rank, entry.order));
    let mut failures = merge(found.into_iter().map(|entry| entry.failure));
    if failures.is_empty() {
        failures.extend(error_line(&text.lines));
    }
    failures
}

/// Bounds each failure and joins equal ones, whose tests add up.
fn merge(all: impl Iterator<Item = Failure>) -> Vec<Failure> {
    type Key = (FailureKind, Option<String>, String, Vec<Frame>);
    let mut kept: Vec<Failure> = Vec::new();
    let mut known: HashMap<Key, usize> = HashMap::new();
    for mut failure in all {
        bound(&mut failure);
        let Failure { kind, exception, message, frames, .. } = &failure;
        match known.entry((*kind, exception.clone(), message.clone(), frames.clone())) {
            Entry::Occupied(entry) => {
                let tests = &mut kept[*entry.get()].tests;
                for test in failure.tests {
                    if tests.last() != Some(&test) && !tests.contains(&test) {
                        tests.push(test);
                    }
                }
            }
            Entry::Vacant(entry) if kept.len() < MAX_FAILURES => {
                entry.insert(kept.len());
                kept.push(failure);
            }
            Entry::Vacant(_) => break,
        }
    }
    kept
}

fn bound(failure: &mut Failure) {
    text::shorten(&mut failure.message, MAX_MESSAGE);
    let frames = &mut failure.frames;
    if frames.len() > MAX_INNER_FRAMES + MAX_OUTER_FRAMES {
        frames.drain(MAX_INNER_FRAMES..frames.len() - MAX_OUTER_FRAMES);
    }
    for frame in frames.iter_mut() {
        if let Some(source) = &mut frame.source {
            text::shorten(source, MAX_SOURCE);
        }
        // Some tools print 0 for what they do not know.
        frame.line = frame.line.filter(|line| *line > 0);
        frame.column = frame.column.filter(|column| *column > 0);
    }
    failure.causes.truncate(MAX_FAILURES);
    failure.causes.iter_mut().for_each(bound);
}

/// A program that ends with `Error: ...` and nothing else, as a Rust `main` that returns `Err`.
fn error_line(lines: &[&str]) -> Option<Failure> {
    let line = lines.iter().rev().find_map(|line| line.strip_prefix("Error: "))?;
    let mut failure = Failure::of(FailureKind::Exception);
    failure.exception = Some("Error".to_owned());
    failure.message = line.to_owned();
    text::shorten(&mut failure.message, MAX_MESSAGE);
    Some(failure)
}

#[cfg(test)]
mod tests;
