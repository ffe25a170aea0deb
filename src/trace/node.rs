//! Node's stack traces: the lines above an uncaught error, causes, aggregated errors.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::text::{Found, Rank, Text, dedent, indent, number, pattern};
use super::{Failure, FailureKind, Frame};
use crate::base::Language;

/// An error and the lines it covers.
pub(super) struct Thrown {
    pub(super) range: Range<usize>,
    pub(super) failure: Failure,
}

/// Lines above the first `at` that may belong to a message.
const MAX_MESSAGE: usize = 80;
/// Lines of `{ code: ..., [cause]: ... }` that are looked at.
const MAX_PROPERTIES: usize = 400;
const MAX_DEPTH: usize = 6;

static HEAD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^\s*(?:\[cause\]: |Uncaught |Exception during run: |\(node:\d+\) UnhandledPromiseRejectionWarning: )?\[?",
        r"((?:[A-Za-z_$][\w$]*\.)*[A-Za-z_$][\w$]*)(?: \[(\w+)\])?(?:: (.*))?$"
    ))
});
static PREAMBLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?: Exception during run: )?((?:file://|node:|/|[A-Za-z]:\\|\[eval\]|\[stdin\]).*?):(\d+)$",
    )
});

/// Where node says that an uncaught error came from: `path:line`, the source, a caret.
struct Preamble {
    start: usize,
    end: usize,
    frame: Frame,
}

/// Reports the errors that no runner has claimed.
pub(super) fn scan(text: &mut Text, found: &mut Vec<Found>) {
    for Thrown { range, failure } in errors(&text.lines, 0) {
        found.push(Found::new(Rank::Bare, range.start, failure));
        text.claim(range);
    }
}

/// All errors with a stack in `lines`, in the order printed.
pub(super) fn errors(lines: &[&str], depth: usize) -> Vec<Thrown> {
    let mut all = Vec::new();
    let mut floor = 0;
    let mut preamble: Option<Preamble> = None;
    let mut at = 0;
    while at < lines.len() {
        if let Some(seen) = read_preamble(lines, at) {
            at = seen.end;
            floor = seen.end;
            preamble = Some(seen);
            continue;
        }
        let thrown = if is_at(lines[at]) {
            with_stack(lines, floor, at, preamble.as_ref(), depth)
        } else if is_object_head(lines[at]) {
            Some(properties(lines, at, at + 1, depth))
        } else if lines[at].starts_with("Node.js v") {
            preamble.take().and_then(|p| without_stack(lines, &p, at))
        } else {
            None
        };
        match thrown {
            Some(mut thrown) => {
                if let Some(preamble) = preamble.take() {
                    thrown.range.start = thrown.range.start.min(preamble.start);
                    use_preamble(&mut thrown.failure, preamble.frame);
                }
                at = thrown.range.end.max(at + 1);
                floor = at;
                all.push(thrown);
            }
            None if is_at(lines[at]) => {
                at += 1;
                floor = at;
            }
            None => at += 1,
        }
    }
    all
}

/// The frame of an `at` line; `None` where it names no place.
pub(super) fn frame(line: &str) -> Option<Frame> {
    let body = line.trim().strip_prefix("at ").or_else(|| line.trim().strip_prefix("❯ "))?;
    frame_body(body)
}

/// The frame of an `at` line without the `at`, as TAP prints it.
pub(super) fn frame_body(body: &str) -> Option<Frame> {
    let body = body.trim_end_matches([' ', '{', ',']);
    let body = body.strip_prefix("async ").unwrap_or(body);
    let (function, place) = match body.strip_suffix(')').and_then(|b| b.split_once(" (")) {
        Some((function, place)) => (Some(function), place),
        None => (None, body),
    };
    let mut parts = place.rsplitn(3, ':');
    let column = number(parts.next()?)?;
    let line = number(parts.next()?)?;
    let path = parts.next()?;
    let mut frame = Frame::at(path, Some(line));
    frame.column = Some(column);
    frame.function = function.map(function_name).filter(|name| !name.is_empty());
    Some(frame)
}

/// True for a frame inside node itself.
pub(super) fn is_internal(frame: &Frame) -> bool {
    frame.path.starts_with("node:") || frame.path.starts_with("internal/")
}

/// The error's class, its code and the message on the first line.
pub(super) fn head(line: &str) -> Option<(&str, Option<&str>, &str)> {
    let line = line.trim_end_matches(" {");
    let caught = HEAD.captures(line)?;
    let name = caught.get(1)?.as_str();
    let code = caught.get(2).map(|m| m.as_str());
    let message = caught.get(3).map_or("", |m| m.as_str());
    let bracketed = line.trim_start().trim_start_matches("[cause]: ").starts_with('[');
    let message = if bracketed { message.strip_suffix(']').unwrap_or(message) } else { message };
    let class = ["Error", "Exception", "Warning"].iter().any(|end| name.ends_with(end));
    (class || code.is_some_and(|code| code.starts_with("ERR_"))).then_some((name, code, message))
}

/// The kind that an error class stands for. A `SyntaxError` may come from `JSON.parse` at run
/// time; only one without a frame of the program, or found while loading a file, is the source's.
pub(super) fn kind_of(name: &str, message: &str, frames: &[Frame]) -> FailureKind {
    match name {
        "AssertionError" | "AssertionError2" | "JestAssertionError" => FailureKind::Assertion,
        "SyntaxError" if message.contains("does not provide an export named") => {
            FailureKind::Compile
        }
        "SyntaxError" => {
            let user = frames.iter().any(|f| !is_internal(f) && f.function.is_some());
            let data =
                message.contains("JSON") || message.starts_with("Invalid regular expression");
            if user || data { FailureKind::Exception } else { FailureKind::Syntax }
        }
        _ => FailureKind::Exception,
    }
}

fn function_name(function: &str) -> String {
    let function = function.split(" [as ").next().unwrap_or(function);
    let function = function.strip_prefix("new ").unwrap_or(function);
    match function {
        "<anonymous>" | "Object.<anonymous>" => String::new(),
        name => name.to_owned(),
    }
}

fn is_at(line: &str) -> bool {
    let rest = line.trim_start();
    rest.len() < line.len() && rest.starts_with("at ") && !rest.ends_with(':')
}

/// `[AggregateError: All promises were rejected] {`: an error printed without its stack.
fn is_object_head(line: &str) -> bool {
    line.trim_start().starts_with('[') && line.ends_with("] {") && head(line).is_some()
}

fn read_preamble(lines: &[&str], at: usize) -> Option<Preamble> {
    if !lines[at].ends_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let caught = PREAMBLE.captures(lines[at])?;
    let caret = lines.get(at + 2)?;
    let marks = caret.trim();
    if marks.is_empty() || !marks.chars().all(|c| matches!(c, '^' | '~')) {
        return None;
    }
    let mut frame = Frame::at(&caught[1], number(&caught[2]));
    frame.column = u32::try_from(indent(caret) + 1).ok();
    frame.source = Some(lines[at + 1].trim().to_owned());
    Some(Preamble { start: at, end: at + 3, frame })
}

/// Adds what the lines above an error knew: the only place of a syntax error, the source line of
/// any other.
fn use_preamble(failure: &mut Failure, place: Frame) {
    if is_internal(&place) {
        return;
    }
    let known = failure.frames.iter_mut().find(|f| f.path == place.path && f.line == place.line);
    match known {
        Some(known) => known.source = place.source,
        None => {
            if failure.exception.as_deref() == Some("SyntaxError")
                && failure.kind == FailureKind::Exception
            {
                failure.kind = FailureKind::Syntax;
            }
            failure.frames.insert(0, place);
        }
    }
}

/// An error whose stack begins at `first`; its head stands above, not before `floor`.
fn with_stack(
    lines: &[&str],
    floor: usize,
    first: usize,
    preamble: Option<&Preamble>,
    depth: usize,
) -> Option<Thrown> {
    let lowest = floor.max(first.saturating_sub(MAX_MESSAGE));
    let above = (lowest..first).rev();
    let named = above.clone().find(|&at| head(lines[at]).is_some());
    let guess = || {
        let after = preamble.map(|p| p.end).filter(|end| *end >= lowest)?;
        (after..first).find(|&at| !lines[at].trim().is_empty())
    };
    let start = named.or_else(guess)?;
    Some(properties(lines, start, first, depth))
}

/// The error at `start` with its stack from `first` on, and the properties printed after it.
fn properties(lines: &[&str], start: usize, first: usize, depth: usize) -> Thrown {
    let mut frames = Vec::new();
    let mut end = first;
    let mut open = lines[first - 1].ends_with('{');
    while let Some(line) = lines.get(end) {
        let elided = line.trim_start().starts_with("... ") && line.contains(" matching cause ");
        if !is_at(line) && !elided {
            break;
        }
        frames.extend(frame(line));
        open = line.ends_with('{');
        end += 1;
        if open || line.ends_with(',') {
            break;
        }
    }
    let mut failure = describe(&lines[start..first], frames);
    if open {
        let margin = indent(lines[start]);
        let closes = |line: &&str| line.trim().starts_with('}') && indent(line) <= margin;
        let window = &lines[end..lines.len().min(end + MAX_PROPERTIES)];
        if let Some(length) = window.iter().position(closes) {
            if depth < MAX_DEPTH {
                let inner = errors(&window[..length], depth + 1);
                for cause in inner {
                    failure.causes.push(cause.failure);
                }
            }
            end += length + 1;
        }
    }
    Thrown { range: start..end, failure }
}

fn describe(message: &[&str], mut frames: Vec<Frame>) -> Failure {
    let first = message.first().copied().unwrap_or_default();
    let (name, text) = match head(first) {
        Some((name, _, text)) => (Some(name), text),
        None => (None, first.trim()),
    };
    let margin = indent(first);
    let rest = message.get(1..).unwrap_or_default();
    let lines = std::iter::once(text).chain(rest.iter().map(|line| dedent(line, margin)));
    let message = lines.collect::<Vec<_>>().join("\n").trim().to_owned();
    let kind = name.map_or(FailureKind::Exception, |name| kind_of(name, &message, &frames));
    frames.retain(|f| !is_internal(f));
    if frames.is_empty()
        && let Some((_, path)) = message.split_once(" imported from ")
    {
        frames.push(Frame::at(path.lines().next().unwrap_or(path).trim(), None));
    }
    let mut failure = Failure::of(kind);
    failure.language = Some(language(&frames));
    failure.exception = name.map(|n| n.rsplit('.').next().unwrap_or(n).to_owned());
    failure.message = message;
    failure.frames = frames;
    failure
}

/// node:test reports a file that could not be loaded as a test of that name.
pub(super) fn is_test_file(id: &str) -> bool {
    !id.contains(" > ")
        && [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"].iter().any(|end| id.ends_with(end))
}

/// TypeScript where the innermost frame says so.
pub(super) fn language(frames: &[Frame]) -> Language {
    frames.first().and_then(|f| Language::of_path(&f.path)).unwrap_or(Language::JavaScript)
}

/// `throw 'just text'`: a place, the text, and node's farewell.
fn without_stack(lines: &[&str], preamble: &Preamble, farewell: usize) -> Option<Thrown> {
    if farewell > preamble.end + 12 {
        return None;
    }
    let text: Vec<&str> = lines[preamble.end..farewell]
        .iter()
        .copied()
        .filter(|line| !line.is_empty() && !line.starts_with("(Use `node "))
        .collect();
    let failure = describe(&text, vec![preamble.frame.clone()]);
    Some(Thrown { range: preamble.start..farewell + 1, failure })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_all_shapes() {
        let parse =
            |line| frame(line).map(|f| (f.path, f.line.unwrap(), f.column.unwrap(), f.function));
        let at = |path: &str, line, column, function: Option<&str>| {
            Some((path.to_owned(), line, column, function.map(str::to_owned)))
        };
        assert_eq!(parse("    at f (/a/b.js:1:2)"), at("/a/b.js", 1, 2, Some("f")));
        assert_eq!(
            parse("    at async f (file:///a.mjs:1:2) {"),
            at("file:///a.mjs", 1, 2, Some("f"))
        );
        assert_eq!(parse("    at new Foo (C:\\a\\b.js:1:2)"), at("C:\\a\\b.js", 1, 2, Some("Foo")));
        assert_eq!(parse("    at /a/b.js:3:4,"), at("/a/b.js", 3, 4, None));
        assert_eq!(
            parse("    at A.f [as g] (/a/(x)/b.js:3:4)"),
            at("/a/(x)/b.js", 3, 4, Some("A.f"))
        );
        assert_eq!(parse("    at async Promise.all (index 0)"), None);
        assert_eq!(parse("    at JSON.parse (<anonymous>)"), None);
    }
}
