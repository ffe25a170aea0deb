//! What of an answer that is still coming may be shown: not a call, and nothing that may become one.

use super::{parts, plain};

/// An answer as far as it has come, taken apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shown<'a> {
    pub thought: &'a str,
    /// For the person.
    pub text: &'a str,
    /// What follows: a call, or what may become one.
    pub rest: &'a str,
}

/// Takes an answer apart. As more of it comes, `text` only grows.
pub fn shown(raw: &str) -> Shown<'_> {
    let (thought, body, open) = thought(raw);
    if open {
        return Shown { thought, text: "", rest: "" };
    }
    let at = start(body, 0).map_or_else(|| settled(body), |start| start.at);
    let (text, rest) = body.split_at(at);
    Shown { thought, text, rest }
}

/// Thought, what follows it, and whether the thought still goes on.
pub(super) fn thought(raw: &str) -> (&str, &str, bool) {
    const OPEN: &str = "<think>";
    const CLOSE: &str = "</think>";
    let trimmed = raw.trim_start();
    let inner = match trimmed.strip_prefix(OPEN) {
        Some(inner) => inner,
        // Templates that open the thought themselves leave only its end in the answer.
        None => match raw.split_once(CLOSE) {
            Some((thought, body)) if !thought.contains(OPEN) => {
                return (thought.trim(), body.trim_start(), false);
            }
            _ => return ("", trimmed, !trimmed.is_empty() && OPEN.starts_with(trimmed)),
        },
    };
    match inner.split_once(CLOSE) {
        Some((thought, body)) => (thought.trim(), body.trim_start(), false),
        None => (inner.trim(), "", true),
    }
}

/// Where a call may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) at: usize,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    /// Behind a mark of so many bytes that nothing but a call has.
    Marked(usize),
    Tagged,
    /// An object or a list on its own, or in a fence that begins at `at`.
    Bare,
}

const MARKS: [&str; 5] =
    ["<tool_call>", "[TOOL_CALLS]", "<|python_tag|>", "<|tool_call|>", "<|tool▁call▁begin|>"];
const TAG: &str = "<function=";
const FENCES: [&str; 4] = ["```json", "```tool_call", "```tool", "```"];
/// Keys that an object which is a call begins with.
const KEYS: [&str; 12] = [
    "name",
    "tool",
    "tool_name",
    "function",
    "action",
    "tool_call",
    "arguments",
    "parameters",
    "args",
    "type",
    "input",
    "id",
];

/// The first place from byte `from` on where a call begins, or may.
pub(super) fn start(body: &str, from: usize) -> Option<Start> {
    let rest = body.get(from..)?;
    let marked = MARKS
        .iter()
        .filter_map(|mark| rest.find(mark).map(|at| (at, Kind::Marked(mark.len()))))
        .chain(rest.find(TAG).map(|at| (at, Kind::Tagged)))
        .map(|(at, kind)| Start { at: from + at, kind });
    let mut line_at = from;
    let mut in_line = None;
    for line in rest.split_inclusive('\n') {
        let begins = line_at == 0 || body.as_bytes().get(line_at - 1) == Some(&b'\n');
        if begins && let Some(kind) = of_line(line, &body[line_at..]) {
            in_line = Some(Start { at: line_at, kind });
            break;
        }
        line_at += line.len();
    }
    marked.chain(in_line).min_by_key(|start| start.at)
}

fn of_line(line: &str, rest: &str) -> Option<Kind> {
    if let Some(after) = line.strip_prefix(plain::MARK) {
        return is_tool(after).then_some(Kind::Plain);
    }
    let fenced = FENCES.contains(&line.trim_end());
    let inner = if fenced { rest[line.len()..].trim_start() } else { rest };
    may_be_object(inner).then_some(Kind::Bare)
}

/// True for a word that a model may take for a tool: `CALL ME` is English.
fn is_tool(after: &str) -> bool {
    let ended = after.contains(char::is_whitespace);
    let word = after.split_whitespace().next().unwrap_or_default().trim_end_matches(':');
    !ended
        || parts::tool(word).is_some()
        || word.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

/// True when an object, or a list of them, begins here whose first key is one of a call's, or is not there yet.
fn may_be_object(text: &str) -> bool {
    if !text.starts_with(['[', '{']) {
        return false;
    }
    let Some(inner) = text.trim_start_matches('[').trim_start().strip_prefix('{') else {
        return false;
    };
    let key = inner.trim_start();
    let Some(quote) = key.chars().next() else { return true };
    if quote != '"' && quote != '\'' {
        return false;
    }
    match key[1..].split_once(quote) {
        Some((key, _)) => KEYS.contains(&key),
        None => KEYS.iter().any(|known| known.starts_with(&key[1..])),
    }
}

/// The bytes of `body` that cannot become the beginning of a call.
fn settled(body: &str) -> usize {
    let line_at = body.rfind('\n').map_or(0, |at| at + 1);
    let line = &body[line_at..];
    let open = |word: &str| !line.is_empty() && word.starts_with(line);
    let fence_before = body[..line_at]
        .trim_end()
        .rsplit('\n')
        .next()
        .is_some_and(|fence| FENCES.contains(&fence) && line.trim().is_empty());
    if fence_before {
        let before = body[..line_at].trim_end();
        return before.rfind('\n').map_or(0, |at| at + 1);
    }
    let bracket = !line.is_empty() && line.trim_end().chars().all(|c| "[{".contains(c));
    if open(plain::MARK)
        || FENCES.iter().any(|fence| open(fence) || line.trim_end() == *fence)
        || bracket
    {
        return line_at;
    }
    // A mark may begin anywhere in a line.
    let marks = MARKS.iter().chain([&TAG]);
    let begun = marks.filter_map(|mark| {
        (1..mark.len())
            .filter(|end| mark.is_char_boundary(*end))
            .filter(|end| body.ends_with(&mark[..*end]))
            .max()
    });
    body.len() - begun.max().unwrap_or(0)
}

/// Bytes that must have come again and again before an answer is said to go in circles.
const CIRCLE: usize = 320;
/// The longest thing that comes again, in bytes.
const PERIOD: usize = 400;

/// True when an answer only repeats its own end: the same few bytes at least five times over.
pub fn is_looping(raw: &str) -> bool {
    let bytes = raw.as_bytes();
    let again = |period: usize| {
        let wanted = CIRCLE.max(5 * period);
        bytes.len() >= wanted + period
            && (bytes.len() - wanted..bytes.len()).rev().all(|at| bytes[at] == bytes[at - period])
    };
    (1..=PERIOD).any(again)
}
