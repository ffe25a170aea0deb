//! Jest, Vitest and Mocha: one block per failed test.

use std::sync::LazyLock;

use regex::Regex;

use super::node;
use super::text::{Found, Text, dedent, indent, number, pattern};
use super::{Failure, FailureKind, Frame, tsc};

/// `> 10 |   source` and `     |      ^` of a code frame.
static CODE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*(?:>\s*)?\d*\s*\|"));
static MARKED: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*>\s*(\d+) \|(.*)$"));
static PARSE_PLACE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:SyntaxError: )?(.+?): (.+) \((\d+):(\d+)\)$"));
static MOCHA: LazyLock<Regex> = LazyLock::new(|| pattern(r"^  (\d+)\) (.+)$"));
static VITEST_PLACE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^ *❯ (?:(.+) )?(\S.*?):(\d+):(\d+)$"));
static VITE_FILE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s+File: (.+?):(\d+):(\d+)$"));
static FAILING: LazyLock<Regex> = LazyLock::new(|| pattern(r"^  \d+ failing$"));

/// Reports the failed tests of all three runners and claims their blocks.
pub(super) fn scan(text: &mut Text, found: &mut Vec<Found>) {
    jest(text, found);
    vitest(text, found);
    mocha(text, found);
}

fn jest(text: &mut Text, found: &mut Vec<Found>) {
    let mut file = String::new();
    let mut at = 0;
    while at < text.lines.len() {
        let line = text.lines[at];
        if let Some(rest) = line.strip_prefix("FAIL ").or_else(|| line.strip_prefix(" FAIL ")) {
            file = file_name(rest);
        }
        let Some(title) = line.trim_start().strip_prefix("● ").filter(|_| indent(line) <= 2)
        else {
            at += 1;
            continue;
        };
        let end = jest_end(&text.lines, at + 1);
        if !matches!(title.trim(), "Console" | "Cannot log after tests are done.") {
            let lines: Vec<&str> = text.lines[at + 1..end].iter().map(|l| dedent(l, 4)).collect();
            let mut failure = jest_block(&lines);
            let suite = title.trim() == "Test suite failed to run";
            let id = if suite { file.clone() } else { format!("{file} › {}", title.trim()) };
            failure.tests = vec![id.trim_start_matches(" › ").to_owned()];
            found.push(Found::reported(at, failure));
        }
        text.claim(at..end);
        at = end;
    }
}

/// `./cart.test.js (5.1 s)` -> `cart.test.js`.
pub(super) fn file_name(printed: &str) -> String {
    let name = printed.trim().split(" (").next().unwrap_or(printed).trim();
    name.strip_prefix("./").unwrap_or(name).to_owned()
}

fn jest_end(lines: &[&str], from: usize) -> usize {
    let ends = |line: &&str| {
        (line.trim_start().starts_with("● ") && indent(line) <= 2)
            || ["PASS ", "FAIL ", "Test Suites:", "Tests: ", "Summary of all failing tests"]
                .iter()
                .any(|start| line.starts_with(start))
    };
    lines[from..].iter().position(ends).map_or(lines.len(), |n| from + n)
}

fn jest_block(lines: &[&str]) -> Failure {
    let code = lines.iter().position(|l| CODE.is_match(l));
    let stack = lines.iter().position(|l| l.trim_start().starts_with("at ") && indent(l) > 0);
    let end = code.into_iter().chain(stack).min().unwrap_or(lines.len());
    let mut frames: Vec<Frame> = lines.iter().filter_map(|line| node::frame(line)).collect();
    let text = &lines[..end];
    let first = text.iter().position(|l| !l.trim().is_empty()).unwrap_or(0);
    let head_line = text.get(first).map_or("", |l| l.trim_end());
    if let Some(refused) = lines.iter().find_map(|line| tsc::error(line)) {
        // ts-jest passes on what the compiler said.
        return refused;
    }
    let mut failure = describe(text.get(first..).unwrap_or_default(), &frames);
    if failure.exception.as_deref() == Some("SyntaxError")
        && let Some(caught) = PARSE_PLACE.captures(head_line)
    {
        // Babel puts the place into the message; its own frames are of no use.
        let mut frame = Frame::at(&caught[1], number(&caught[3]));
        frame.column = number(&caught[4]).map(|column| column + 1);
        failure.kind = FailureKind::Syntax;
        failure.message = caught[2].to_owned();
        frames.retain(|f| !f.path.contains("node_modules/"));
        frames.insert(0, frame);
    }
    frames.retain(|f| !node::is_internal(f));
    if let Some(caught) = lines.iter().find_map(|line| MARKED.captures(line))
        && let Some(frame) = frames.iter_mut().find(|f| f.line == number(&caught[1]))
    {
        frame.source = Some(caught[2].trim().to_owned());
    }
    failure.language = Some(node::language(&frames));
    failure.frames = frames;
    failure
}

/// Class, message and kind of what stands above the code frame and the stack.
fn describe(lines: &[&str], frames: &[Frame]) -> Failure {
    let first = lines.first().copied().unwrap_or_default();
    let rest = lines.get(1..).unwrap_or_default();
    let (name, start) = match node::head(first) {
        Some((name, _, message)) => (Some(name.to_owned()), message),
        None => (None, first),
    };
    let all = std::iter::once(start).chain(rest.iter().copied()).map(str::trim_end);
    let message = all.collect::<Vec<_>>().join("\n").trim().to_owned();
    let expectation = message.starts_with("expect(") || message.contains("\nExpected");
    let kind = match &name {
        Some(name) => node::kind_of(name, &message, frames),
        None if expectation => FailureKind::Assertion,
        None => FailureKind::Exception,
    };
    let mut failure = Failure::of(kind);
    failure.exception = name;
    failure.message = message;
    failure
}

fn vitest(text: &mut Text, found: &mut Vec<Found>) {
    let ours = |line: &&str| line.contains("⎯⎯⎯") || line.trim_start().starts_with("RUN  v");
    if !text.lines.iter().any(ours) {
        return;
    }
    let mut at = 0;
    while at < text.lines.len() {
        let title =
            |line: &str| line.trim_start().strip_prefix("FAIL ").map(|rest| rest.trim().to_owned());
        let mut tests = Vec::new();
        let start = at;
        while let Some(id) = text.lines.get(at).and_then(|line| title(line)) {
            tests.push(id.split(" [ ").next().unwrap_or(&id).trim().to_owned());
            at += 1;
        }
        if tests.is_empty() {
            at += 1;
            continue;
        }
        let ends = |line: &str| line.contains("⎯⎯⎯") || title(line).is_some();
        let end =
            text.lines[at..].iter().position(|l| ends(l)).map_or(text.lines.len(), |n| at + n);
        let mut failure = vitest_block(&text.lines[at..end]);
        failure.tests = tests;
        found.push(Found::reported(start, failure));
        text.claim(start..end);
        at = end;
    }
}

fn vitest_block(lines: &[&str]) -> Failure {
    let mut frames: Vec<Frame> = Vec::new();
    let mut head = lines.len();
    let mut refused = false;
    for (at, line) in lines.iter().enumerate() {
        if let Some(caught) = VITE_FILE.captures(line) {
            // A file that Vite could not parse; the frames that follow are Vite's own.
            head = head.min(at);
            refused = true;
            frames.push(Frame::at(&caught[1], number(&caught[2])));
        } else if let Some(caught) = VITEST_PLACE.captures(line) {
            head = head.min(at);
            let mut frame = Frame::at(&caught[2], number(&caught[3]));
            frame.column = number(&caught[4]);
            frame.function = caught.get(1).map(|m| m.as_str().to_owned());
            frames.push(frame);
        } else if let Some(frame) = frames.last_mut().filter(|f| f.source.is_none())
            && let Some((left, source)) = line.split_once('|')
            && frame.line.is_some()
            && number(left.trim()) == frame.line
        {
            frame.source = Some(source.trim().to_owned());
        }
    }
    let mut failure = describe(&lines[..head], &frames);
    if refused {
        failure.kind = FailureKind::Syntax;
        frames.retain(|f| !f.path.contains("node_modules/"));
    }
    failure.language = Some(node::language(&frames));
    failure.frames = frames;
    failure
}

fn mocha(text: &mut Text, found: &mut Vec<Found>) {
    let Some(from) = text.lines.iter().position(|line| FAILING.is_match(line)) else { return };
    let starts: Vec<usize> =
        (from..text.lines.len()).filter(|&at| MOCHA.is_match(text.lines[at])).collect();
    for (n, &start) in starts.iter().enumerate() {
        let end = starts.get(n + 1).copied().unwrap_or(text.lines.len());
        let lines = &text.lines[start..end];
        let Some(last) = lines.iter().take(12).position(|line| line.ends_with(':')) else {
            continue;
        };
        let titles = lines[..=last].iter().enumerate().map(|(at, line)| {
            let line = line.trim().trim_end_matches(':');
            if at == 0 { line.split_once(") ").map_or(line, |(_, title)| title) } else { line }
        });
        let id = titles.collect::<Vec<_>>().join(" > ");
        let body = &lines[last + 1..];
        let mut failure = match node::errors(body, 0).into_iter().next() {
            Some(thrown) => thrown.failure,
            None => {
                let first = body.iter().position(|l| !l.trim().is_empty()).unwrap_or(0);
                let trimmed: Vec<&str> =
                    body[first.min(body.len())..].iter().map(|l| l.trim()).collect();
                describe(&trimmed, &[])
            }
        };
        failure.language = Some(node::language(&failure.frames));
        failure.tests = vec![id];
        found.push(Found::reported(start, failure));
    }
    if let (Some(&first), end) = (starts.first(), text.lines.len()) {
        text.claim(first..end);
    }
}
