//! Python tracebacks: chained, grouped, recursive, and syntax errors that have no header.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::text::{Found, Rank, Text, indent, is_rule, number, pattern};
use super::{Failure, FailureKind, Frame};
use crate::base::Language;

/// How far an exception's message may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// The lines belong to one failure: everything up to the end is message.
    Section,
    /// Anything may follow: only lines that clearly belong to the message are taken.
    Stream,
}

/// A traceback and the lines it covers.
pub(super) struct Traceback {
    pub(super) range: Range<usize>,
    pub(super) failure: Failure,
}

const HEADER: &str = "Traceback (most recent call last):";
const DIRECT: &str = "The above exception was the direct cause of the following exception:";
const DURING: &str = "During handling of the above exception, another exception occurred:";
const NO_FRAMES: &str = " <no Python frame>";
/// Deeper groups are reported without their parts.
const MAX_GROUP_DEPTH: usize = 12;

static FRAME: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"^\s*File "([^"]+)", line (\d+)(?:, in (.+))?$"#));
static FAULT_FRAME: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"^  File "([^"]+)", line (\d+) in (.+)$"#));
static EXCEPTION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^((?:[\w<>]+\.)*[A-Za-z_]\w*)(?::(?: (.*))?)?$"));
static GROUP_PART: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(\s*)\+(?:-\+)?-{4,} (?:\d+|\.\.\.) -{4,}$"));

/// Reports the tracebacks that no runner has claimed; the last one is what ended the program.
pub(super) fn scan(text: &mut Text, found: &mut Vec<Found>) {
    let tracebacks = tracebacks(&text.lines, Tail::Stream);
    for Traceback { range, failure } in tracebacks {
        let before = range.start.checked_sub(1).map_or("", |at| text.lines[at]);
        let survived =
            before.starts_with("Exception ignored ") || before.starts_with("--- Logging error ---");
        let rank = if survived { Rank::Survived } else { Rank::Bare };
        let mut entry = Found::new(rank, range.start, failure);
        entry.order = -entry.order;
        found.push(entry);
        text.claim(range);
    }
}

/// All tracebacks in `lines`, in the order printed; chains are one entry.
pub(super) fn tracebacks(lines: &[&str], tail: Tail) -> Vec<Traceback> {
    parse(lines, tail, 0)
}

/// The exception's class (last component) and the rest of the line.
pub(super) fn exception_line(line: &str) -> Option<(&str, &str)> {
    let caught = EXCEPTION.captures(line)?;
    let name = caught.get(1)?.as_str();
    let message = caught.get(2).map_or("", |m| m.as_str());
    Some((name.rsplit('.').next().unwrap_or(name), message))
}

/// The kind that a Python exception class stands for.
pub(super) fn kind_of(exception: &str) -> FailureKind {
    match exception {
        "AssertionError" | "Failed" => FailureKind::Assertion,
        "SyntaxError" | "IndentationError" | "TabError" => FailureKind::Syntax,
        _ => FailureKind::Exception,
    }
}

fn parse(lines: &[&str], tail: Tail, depth: usize) -> Vec<Traceback> {
    let mut all: Vec<Traceback> = Vec::new();
    let mut at = 0;
    let mut pending: Option<Traceback> = None;
    while at < lines.len() {
        let Some((next, failure)) = one(lines, at, tail, depth) else {
            at += 1;
            continue;
        };
        let start = at;
        at = next.max(at + 1);
        let mut current = Traceback { range: start..at, failure };
        if let Some(cause) = pending.take() {
            current.range.start = cause.range.start;
            // The first cause recorded is the nearest: group members come after it.
            current.failure.causes.insert(0, cause.failure);
        }
        match chain_marker(lines, at) {
            Some(after) => {
                at = after;
                pending = Some(current);
            }
            None => all.push(current),
        }
    }
    all.extend(pending);
    for entry in &mut all {
        flatten(&mut entry.failure);
    }
    all
}

/// Turns cause-of-cause nesting into one list, nearest first.
fn flatten(failure: &mut Failure) {
    let mut flat = Vec::new();
    let mut queue: std::collections::VecDeque<Failure> = failure.causes.drain(..).collect();
    while let Some(mut cause) = queue.pop_front() {
        let own = std::mem::take(&mut cause.causes);
        flat.push(cause);
        for inner in own.into_iter().rev() {
            queue.push_front(inner);
        }
    }
    failure.causes = flat;
}

/// The line after a chain marker that follows `at` within two blank lines. A traceback that came
/// from another process stands between `"""`.
fn chain_marker(lines: &[&str], at: usize) -> Option<usize> {
    let mut i = at;
    while i < lines.len() && i < at + 4 && matches!(bare(lines[i]), "" | "\"\"\"") {
        i += 1;
    }
    let line = bare(lines.get(i)?);
    (line == DIRECT || line == DURING).then_some(i + 1)
}

/// The line without indentation and group bars.
fn bare(line: &str) -> &str {
    line.trim_start_matches([' ', '|']).trim_end()
}

/// The traceback or headerless syntax error that starts at `at`, and the line after it.
fn one(lines: &[&str], at: usize, tail: Tail, depth: usize) -> Option<(usize, Failure)> {
    let line = lines[at];
    if line.contains(HEADER) {
        let plus = line.find("+ Exception Group Traceback");
        if plus.is_some() || (depth > 0 && line.starts_with("Exception Group Traceback")) {
            return Some(group(lines, at, plus, depth));
        }
        let prefix = &line[..line.find(HEADER)?];
        let prefix = if prefix.trim().is_empty() { &line[..indent(line)] } else { prefix };
        return Some(body(lines, at + 1, prefix, tail));
    }
    if line.contains("File \"") {
        return syntax_error(lines, at);
    }
    if line.ends_with(" (most recent call first):") || line.ends_with(NO_FRAMES) {
        return fault(lines, at);
    }
    None
}

/// What faulthandler prints for a crash or a time-out: threads with their frames, innermost first.
fn fault(lines: &[&str], at: usize) -> Option<(usize, Failure)> {
    let thread = lines[at].strip_prefix("Current ").unwrap_or(lines[at]);
    if !thread.starts_with("Thread 0x") && !thread.starts_with("thread 0x") {
        return None;
    }
    let count = lines[at + 1..].iter().take_while(|line| FAULT_FRAME.is_match(line)).count();
    let end = at + 1 + count;
    // The reason stands above the first thread only.
    let reason = lines[at.saturating_sub(3)..at].iter().rev().find_map(|line| {
        let fatal = line.find("Fatal Python error: ").map(|cut| ("FatalError", &line[cut + 20..]));
        fatal.or_else(|| line.contains("Timeout (").then_some(("Timeout", "timed out")))
    });
    let (name, message) = reason.unwrap_or(("Thread", ""));
    let mut failure = finish(Vec::new(), name, message.trim().to_owned());
    for caught in lines[at + 1..end].iter().filter_map(|line| FAULT_FRAME.captures(line)) {
        let mut frame = Frame::at(&caught[1], number(&caught[2]));
        frame.function = Some(caught[3].to_owned());
        if !frame.path.starts_with("<frozen ") {
            failure.frames.push(frame);
        }
    }
    Some((end, failure))
}

/// Frames and exception after a header; `prefix` stands before each line (indentation, or a log
/// prefix that may be missing).
fn body(lines: &[&str], from: usize, prefix: &str, tail: Tail) -> (usize, Failure) {
    let mut frames: Vec<Frame> = Vec::new();
    let mut at = from;
    let blank_prefix = prefix.trim().is_empty();
    while at < lines.len() {
        let line = match lines[at].strip_prefix(prefix) {
            Some(line) => line,
            None if blank_prefix => break,
            None => lines[at],
        };
        if line.is_empty() || line.starts_with(HEADER) {
            break;
        }
        if let Some(frame) = frame(line) {
            frames.push(frame);
        } else if line.starts_with([' ', '\t']) {
            source_line(line, &mut frames);
        } else if let Some((name, first)) = exception_line(line.trim_end()) {
            let (end, message) = message(lines, at + 1, prefix, first, tail);
            return (end, finish(frames, name, message));
        } else {
            break;
        }
        at += 1;
    }
    let mut failure = finish(frames, "", String::new());
    failure.exception = None;
    (at, failure)
}

fn frame(line: &str) -> Option<Frame> {
    if !line.contains("File \"") {
        return None;
    }
    let caught = FRAME.captures(line.trim_end())?;
    let mut frame = Frame::at(&caught[1], number(&caught[2]));
    frame.function = caught.get(3).map(|m| m.as_str().to_owned());
    Some(frame)
}

/// Keeps the first source line of a frame; marker lines and repetitions are dropped.
fn source_line(line: &str, frames: &mut [Frame]) {
    let source = line.trim();
    let marker = source.chars().all(|c| matches!(c, '~' | '^' | ' '));
    if marker || source.starts_with("[Previous line repeated ") {
        return;
    }
    if let Some(frame) = frames.last_mut().filter(|f| f.source.is_none()) {
        frame.source = Some(source.to_owned());
    }
}

/// Collects the lines of a message; see [`Tail`].
fn message(lines: &[&str], from: usize, prefix: &str, first: &str, tail: Tail) -> (usize, String) {
    let mut message = first.to_owned();
    let mut at = from;
    let open = first.ends_with(':');
    while at < lines.len() && at < from + 200 {
        let line = lines[at].strip_prefix(prefix).unwrap_or(lines[at]);
        let trimmed = bare(line);
        if trimmed == DIRECT || trimmed == DURING || line.contains(HEADER) || ends_message(line) {
            break;
        }
        let belongs = match tail {
            Tail::Section => true,
            Tail::Stream => !trimmed.is_empty() && (open || line.starts_with([' ', '\t'])),
        };
        if !belongs {
            break;
        }
        message.push('\n');
        message.push_str(line.trim_end());
        at += 1;
    }
    (at, message.trim_end().to_owned())
}

fn ends_message(line: &str) -> bool {
    is_rule(line, '=', 20)
        || is_rule(line, '-', 20)
        || is_rule(line, '*', 20)
        || line == "\"\"\""
        || line == "Stdout:"
        || line == "Stderr:"
        || line.starts_with("Exception ignored ")
        || line.starts_with("Exception in thread ")
}

fn finish(mut frames: Vec<Frame>, name: &str, message: String) -> Failure {
    frames.reverse();
    frames.retain(|f| !f.path.starts_with("<frozen "));
    let mut failure = Failure::of(kind_of(name));
    failure.language = Some(Language::Python);
    failure.exception = Some(name.to_owned());
    failure.message = message;
    failure.frames = frames;
    failure
}

/// `  File "x.py", line 3` with the source, a caret and the error below, and no header above.
fn syntax_error(lines: &[&str], at: usize) -> Option<(usize, Failure)> {
    let mut place = frame(lines[at])?;
    if place.function.is_some() {
        return None;
    }
    for (i, line) in lines.iter().enumerate().skip(at + 1).take(6) {
        let line = line.trim_end();
        if let Some((name, message)) = exception_line(line.trim_start())
            && kind_of(name) == FailureKind::Syntax
        {
            return Some((i + 1, finish(vec![place], name, message.to_owned())));
        }
        source_line(line, std::slice::from_mut(&mut place));
    }
    None
}

/// An exception group. `plus` is the column of the header's `+`; a group inside a group has none,
/// for its bars are those of the part that holds it.
fn group(lines: &[&str], at: usize, plus: Option<usize>, depth: usize) -> (usize, Failure) {
    let mut end = at + 1;
    let mut inner: Vec<&str> = Vec::new();
    while let Some(line) = lines.get(end) {
        let Some(rest) = plus.map_or(Some(*line), |column| strip_bar(line, column)) else { break };
        end += 1;
        if rest.starts_with("  +") && is_rule(&rest[3..], '-', 10) {
            break;
        }
        inner.push(rest);
    }
    // The first part opens with `+-+---- 1 ----`, the others with `+---- 2 ----` below its bar.
    let opens = |line: &&str| {
        GROUP_PART
            .captures(line)
            .is_some_and(|c| c[1].len() == if line.contains("+-+") { 0 } else { 2 })
    };
    let mut starts: Vec<usize> = (0..inner.len()).filter(|&i| opens(&inner[i])).collect();
    let head = starts.first().copied().unwrap_or(inner.len());
    let (_, mut failure) = body(&inner[..head], 0, "", Tail::Section);
    if depth < MAX_GROUP_DEPTH {
        starts.push(inner.len());
        for pair in starts.windows(2) {
            let lines = inner[pair[0] + 1..pair[1]].iter();
            let part: Vec<&str> = lines.filter_map(|line| strip_bar(line, 2)).collect();
            failure.causes.extend(group_part(&part, depth + 1));
        }
    }
    (end, failure)
}

/// A line of a group without its indentation and bar; `None` where the group has ended.
fn strip_bar(line: &str, column: usize) -> Option<&str> {
    let blank = line.get(..column).is_some_and(|left| left.trim().is_empty());
    let rest = line.get(column..).filter(|_| blank)?;
    if rest.starts_with('+') || rest.starts_with("  ") {
        return Some(rest);
    }
    rest.strip_prefix("| ").or_else(|| rest.strip_prefix('|'))
}

/// One member of a group: a traceback, or the exception alone.
fn group_part(part: &[&str], depth: usize) -> Option<Failure> {
    if let Some(last) = parse(part, Tail::Section, depth).pop() {
        return Some(last.failure);
    }
    let first = part.iter().position(|line| exception_line(line.trim_end()).is_some())?;
    let (name, rest) = exception_line(part[first].trim_end())?;
    let (_, message) = message(part, first + 1, "", rest, Tail::Section);
    Some(finish(Vec::new(), name, message))
}
