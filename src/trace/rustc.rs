//! rustc's and cargo's diagnostics for people, long and short.

use std::sync::LazyLock;

use regex::Regex;

use super::text::{Found, Rank, Text, number, pattern};
use super::{Failure, FailureKind, Frame};
use crate::base::Language;

static ERROR: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^error(?:\[([A-Za-z]+\d*|[\w:-]+)\])?: (.*)$"));
static ARROW: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*(?:-->|:::) (.+?):(\d+):(\d+)$"));
static SHORT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(\S.*\.rs):(\d+):(\d+): error(?:\[(\w+)\])?: (.*)$"));
static SOURCE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*(\d+) [|+~-] (.*)$"));

/// Closing words that are not errors of their own.
const CLOSING: &[&str] = &[
    "aborting due to ",
    "could not compile ",
    "test failed, to rerun",
    "doctest failed, to rerun",
    "build failed",
    "process didn't exit successfully",
];

/// Reports the errors and claims their lines; warnings are left alone.
pub(super) fn scan(text: &mut Text, found: &mut Vec<Found>) {
    let before = found.len();
    let mut general = Vec::new();
    let mut at = 0;
    while at < text.lines.len() {
        let line = text.lines[at];
        if let Some(caught) = short_error(line) {
            found.push(Found::new(Rank::Reported, at, caught));
            text.claim(at..at + 1);
        } else if line.starts_with("error")
            && let Some(caught) = ERROR.captures(line)
        {
            let message = caught[2].to_owned();
            let code = caught.get(1).map(|m| m.as_str().to_owned());
            let end = block_end(&text.lines, at + 1);
            if !is_closing(&message) {
                let failure = block(code, message, &text.lines[at + 1..end]);
                let list = if failure.frames.is_empty() { &mut general } else { &mut *found };
                list.push(Found::new(Rank::Reported, at, failure));
                text.claim(at..end);
                at = end;
                continue;
            }
        }
        at += 1;
    }
    // "linking with `cc` failed" and "no such package" matter when nothing has a place.
    if found.len() == before && looks_like_rust(&text.lines, &general) {
        found.extend(general);
    }
}

fn is_closing(message: &str) -> bool {
    CLOSING.iter().any(|start| message.starts_with(start))
        || message.ends_with(" targets failed:")
        || message.ends_with(" target failed:")
}

fn looks_like_rust(lines: &[&str], general: &[Found]) -> bool {
    let cargo = |line: &&str| {
        let line = line.trim_start();
        ["Compiling ", "Checking ", "Finished ", "error: could not compile", "Caused by:"]
            .iter()
            .any(|start| line.starts_with(start))
    };
    let words = ["package", "Cargo.toml", "linking with", "manifest", "feature", "no matching"];
    general.iter().any(|f| words.iter().any(|w| f.failure.message.contains(w)))
        || (!general.is_empty() && lines.iter().any(cargo))
}

/// A diagnostic ends at a blank line or where the next one begins.
fn block_end(lines: &[&str], from: usize) -> usize {
    let ends = |line: &&str| {
        line.trim().is_empty()
            || line.starts_with("error")
            || line.starts_with("warning")
            || line.starts_with("Couldn't compile")
    };
    lines[from..].iter().position(ends).map_or(lines.len(), |n| from + n)
}

fn short_error(line: &str) -> Option<Failure> {
    if !line.contains(": error") {
        return None;
    }
    let caught = SHORT.captures(line)?;
    let mut frame = Frame::at(&caught[1], number(&caught[2]));
    frame.column = number(&caught[3]);
    let code = caught.get(4).map(|m| m.as_str().to_owned());
    let mut failure = Failure::of(kind_of(code.as_deref(), &caught[5]));
    failure.language = Some(Language::Rust);
    failure.exception = code;
    failure.message = caught[5].to_owned();
    failure.frames = vec![frame];
    Some(failure)
}

fn block(code: Option<String>, mut message: String, lines: &[&str]) -> Failure {
    let mut frames: Vec<Frame> = Vec::new();
    let mut help = false;
    let kind = kind_of(code.as_deref(), &message);
    for line in lines {
        if let Some(caught) = ARROW.captures(line) {
            let mut frame = Frame::at(&caught[1], number(&caught[2]));
            frame.column = number(&caught[3]);
            frames.push(frame);
            continue;
        }
        let trimmed = line.trim_start_matches([' ', '=']);
        if trimmed.starts_with("help: ") || trimmed.starts_with("note: ") {
            help = trimmed.starts_with("help: ");
            message.push('\n');
            message.push_str(trimmed);
        } else if let Some(caught) = SOURCE.captures(line) {
            let added =
                line.trim_start_matches([' ', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
            if help && !added.starts_with('-') {
                message.push_str("\n    ");
                message.push_str(caught[2].trim());
            } else if !help
                && let Some(frame) = frames.last_mut().filter(|f| f.line == number(&caught[1]))
            {
                frame.source.get_or_insert_with(|| caught[2].trim().to_owned());
            }
        } else if let Some(at) = line.find(" help: ") {
            // A short suggestion stands beside the caret.
            message.push('\n');
            message.push_str(line[at + 1..].trim_end());
        }
    }
    let mut failure = Failure::of(kind);
    failure.language = Some(Language::Rust);
    failure.exception = code;
    failure.message = message;
    failure.frames = frames;
    failure
}

/// Parse errors have no code and begin with one of a few words.
pub(super) fn kind_of(code: Option<&str>, message: &str) -> FailureKind {
    const PARSE: &[&str] = &[
        "expected ",
        "unexpected ",
        "this file contains an un",
        "mismatched closing delimiter",
        "unknown start of token",
        "unterminated ",
        "missing `",
        "unclosed ",
    ];
    let parse = code.is_none() && PARSE.iter().any(|start| message.starts_with(start));
    if parse { FailureKind::Syntax } else { FailureKind::Compile }
}
