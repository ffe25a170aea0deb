//! The TypeScript compiler, plain and pretty.

use std::sync::LazyLock;

use regex::Regex;

use super::text::{Found, Rank, Text, number, pattern};
use super::{Failure, FailureKind, Frame};
use crate::base::Language;

static PLACED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(.+?)(?:\((\d+),(\d+)\):|:(\d+):(\d+) -) error (TS\d+): (.*)$"));
static GENERAL: LazyLock<Regex> = LazyLock::new(|| pattern(r"^error (TS\d+): (.*)$"));
static RELATED: LazyLock<Regex> = LazyLock::new(|| pattern(r"^  (\S.*?):(\d+):(\d+)(?: - .*)?$"));

/// Reports the compiler's errors and claims their lines.
pub(super) fn scan(text: &mut Text, found: &mut Vec<Found>) {
    let mut at = 0;
    while at < text.lines.len() {
        let Some(mut failure) = error(text.lines[at]) else {
            at += 1;
            continue;
        };
        let mut end = at + 1;
        while let Some(line) = text.lines.get(end).filter(|line| line.starts_with("  ")) {
            // Plain output indents the explanation; pretty output indents related places.
            if let Some(caught) = RELATED.captures(line) {
                failure.frames.push(Frame::at(&caught[1], number(&caught[2])));
            } else {
                failure.message.push('\n');
                failure.message.push_str(line.trim_end());
            }
            end += 1;
        }
        found.push(Found::new(Rank::Reported, at, failure));
        text.claim(at..end);
        at = end;
    }
}

/// The error on one line, if it is one.
pub(super) fn error(line: &str) -> Option<Failure> {
    if !line.contains("error TS") {
        return None;
    }
    let (code, message, frame) = if let Some(caught) = PLACED.captures(line) {
        let group = |a: usize, b: usize| caught.get(a).or(caught.get(b)).map(|m| m.as_str());
        let mut frame = Frame::at(&caught[1], group(2, 4).and_then(number));
        frame.column = group(3, 5).and_then(number);
        (caught[6].to_owned(), caught[7].to_owned(), Some(frame))
    } else {
        let caught = GENERAL.captures(line)?;
        (caught[1].to_owned(), caught[2].to_owned(), None)
    };
    // The 1000s are the parser's: diagnosticMessages.json of the TypeScript compiler.
    let syntax = code.len() == "TS1005".len() && code.starts_with("TS1");
    let mut failure = Failure::of(if syntax { FailureKind::Syntax } else { FailureKind::Compile });
    failure.language = Some(Language::TypeScript);
    failure.exception = Some(code);
    failure.message = message;
    failure.frames.extend(frame);
    Some(failure)
}
