//! pytest: every `--tb` style, collection errors, fixtures, doctests, and the short summary.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::python::{self, Tail, exception_line, kind_of};
use super::text::{Found, Rank, Text, indent, number, pattern, titled};
use super::{Failure, FailureKind, Frame, doctest};
use crate::base::Language;

/// `path:12: in function`, `path:12: KeyError`, `path:12: ` at the left margin.
static LOCATION: LazyLock<Regex> = LazyLock::new(|| pattern(r"^([^\s:].*?):(\d+):(?: (.*))?$"));
static FIXTURE_PLACE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^file (.+), line (\d+)$"));
static DEFINITION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^[> ]\s*(?:async\s+)?def\s+(\w+)\s*\("));
static FILE_LINE: LazyLock<Regex> = LazyLock::new(|| pattern(r#"^\s*File "([^"]+)", line (\d+)$"#));

const CAUSE: &str = "The above exception was the direct cause of the following exception:";
const CONTEXT: &str = "During handling of the above exception, another exception occurred:";

/// One line of the short summary.
struct Named {
    id: String,
    reason: String,
    at: usize,
    used: bool,
}

/// A block below `FAILURES` or `ERRORS`, or one line of `--tb=line`.
struct Block {
    at: usize,
    title: String,
    failure: Failure,
}

/// Reports pytest's failures and claims the lines of its report.
pub(super) fn scan(text: &mut Text, found: &mut Vec<Found>) {
    conftest(text, found);
    if !looks_like_pytest(&text.lines) {
        return;
    }
    let mut named = summary(&text.lines);
    let mut blocks = Vec::new();
    let mut loose = Vec::new();
    let mut at = 0;
    while at < text.lines.len() {
        let line = text.lines[at];
        match titled(line, '=') {
            Some("FAILURES" | "ERRORS") => {
                let end = section_end(&text.lines, at + 1);
                section(&text.lines, at + 1, end, &mut blocks, &mut loose);
                text.claim(at..end);
                at = end;
            }
            Some("warnings summary") => {
                let end = section_end(&text.lines, at + 1);
                text.claim(at..end);
                at = end;
            }
            _ => at += 1,
        }
    }
    attach(&mut blocks, &mut named);
    // `--tb=line` names no tests, but keeps their order.
    if loose.len() == named.iter().filter(|n| !n.used).count() {
        for (block, name) in loose.iter_mut().zip(named.iter_mut().filter(|n| !n.used)) {
            block.failure.tests = vec![name.id.clone()];
            name.used = true;
        }
    }
    for block in blocks.into_iter().chain(loose) {
        found.push(Found::reported(block.at, block.failure));
    }
    for name in named {
        text.claim(name.at..name.at + 1);
        if !name.used {
            found.push(Found::new(Rank::NameOnly, name.at, of_summary(&name)));
        }
    }
    usage_errors(text, found);
}

/// A conftest that cannot be loaded ends pytest before it prints any of its titles.
fn conftest(text: &mut Text, found: &mut Vec<Found>) {
    let starts = |line: &&str| line.starts_with("ImportError while loading conftest ");
    let Some(at) = text.lines.iter().position(starts) else { return };
    let rest = &text.lines[at + 1..];
    let end = rest.iter().position(|line| line.is_empty()).map_or(text.lines.len(), |n| at + 1 + n);
    found.push(Found::reported(at, block("", &text.lines[at + 1..end])));
    text.claim(at..end);
}

fn looks_like_pytest(lines: &[&str]) -> bool {
    lines.iter().any(|line| {
        titled(line, '=').is_some_and(|title| {
            matches!(
                title,
                "test session starts" | "FAILURES" | "ERRORS" | "short test summary info"
            ) || title.starts_with("no tests ran")
        })
    })
}

/// The next `==== title ====` line, `!!!! Interrupted !!!!` line, or the end.
fn section_end(lines: &[&str], from: usize) -> usize {
    let ends = |line: &&str| line.starts_with('=') && titled(line, '=').is_some();
    lines[from..].iter().position(ends).map_or(lines.len(), |n| from + n)
}

fn summary(lines: &[&str]) -> Vec<Named> {
    let mut inside = false;
    let mut named = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if let Some(title) = titled(line, '=') {
            inside = title == "short test summary info";
        } else if inside {
            let rest = line.strip_prefix("FAILED ").or_else(|| line.strip_prefix("ERROR "));
            if let Some(rest) = rest.or_else(|| subtest(line)) {
                let (id, reason) = split_reason(rest);
                named.push(Named { id: id.into(), reason: reason.into(), at, used: false });
            }
        }
    }
    named
}

/// What follows the parameters of a failed subtest: `SUBFAILED(n=1, kind='x') nodeid - reason`.
pub(super) fn subtest(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("SUBFAILED")?;
    let file = rest.find(".py::")?;
    rest[..file].rfind(' ').map(|space| &rest[space + 1..])
}

/// `nodeid - reason`, where the parameters of the id may hold ` - ` themselves.
pub(super) fn split_reason(rest: &str) -> (&str, &str) {
    let open = rest.find("::").and_then(|at| rest[at..].find('[').map(|n| at + n));
    let dash = rest.find(" - ");
    if let (Some(open), Some(dash)) = (open, dash)
        && open < dash
        && let Some(close) = rest[open..].find("] - ")
    {
        return (&rest[..open + close + 1], &rest[open + close + 4..]);
    }
    match dash {
        Some(dash) if open.is_none_or(|open| dash < open) => (&rest[..dash], &rest[dash + 3..]),
        _ => (rest.trim_end(), ""),
    }
}

fn section(
    lines: &[&str],
    from: usize,
    to: usize,
    blocks: &mut Vec<Block>,
    loose: &mut Vec<Block>,
) {
    let is_title = |line: &str| {
        !line.starts_with("_ _ ") && line.starts_with('_') && titled(line, '_').is_some()
    };
    let mut at = from;
    while at < to {
        if is_title(lines[at]) {
            let title = titled(lines[at], '_').unwrap_or_default().to_owned();
            let next = lines[at + 1..to].iter().position(|l| is_title(l));
            let end = next.map_or(to, |n| at + 1 + n);
            let mut failure = block(&title, &lines[at + 1..end]);
            failure.language = Some(Language::Python);
            blocks.push(Block { at, title, failure });
            at = end;
        } else {
            if let Some(failure) = single_line(lines[at]) {
                loose.push(Block { at, title: String::new(), failure });
            }
            at += 1;
        }
    }
}

/// `--tb=line`: `/path/test_a.py:3: AssertionError: assert 1 == 2`.
fn single_line(line: &str) -> Option<Failure> {
    let caught = LOCATION.captures(line)?;
    let (name, message) = exception_line(caught.get(3)?.as_str())?;
    let mut failure = Failure::of(kind_of(name));
    failure.language = Some(Language::Python);
    failure.exception = Some(name.to_owned());
    failure.message = message.to_owned();
    failure.frames = vec![Frame::at(&caught[1], number(&caught[2]))];
    Some(failure)
}

fn block(title: &str, lines: &[&str]) -> Failure {
    let captured = |line: &&str| line.starts_with("---") && line.contains(" Captured ");
    let end = lines.iter().position(captured).unwrap_or(lines.len());
    let lines = &lines[..end];
    if title.starts_with("[doctest]") {
        return doctest::pytest_block(lines);
    }
    let native = |line: &&str| {
        line.starts_with("Traceback (most recent call last):")
            || line.trim_start().starts_with("+ Exception Group Traceback")
    };
    if lines.iter().any(native) {
        let mut all = python::tracebacks(lines, Tail::Section);
        if let Some(last) = all.pop() {
            return last.failure;
        }
    }
    let parts = lines.split(|line| *line == CAUSE || *line == CONTEXT);
    let mut chain: Vec<Failure> = parts.map(segment).collect();
    let mut last = chain.pop().unwrap_or_else(|| Failure::of(FailureKind::Test));
    if last.message.is_empty() && last.frames.is_empty() {
        let said = lines.iter().find(|line| !line.trim().is_empty());
        last.message = said.map_or_else(String::new, |line| line.trim().to_owned());
    }
    chain.reverse();
    last.causes = chain;
    last
}

/// What one entry of a long or short traceback has shown so far.
#[derive(Default)]
struct Entry {
    function: Option<String>,
    source: Option<String>,
}

/// One exception of a chain: its frames and its `E` lines.
fn segment(lines: &[&str]) -> Failure {
    let mut frames: Vec<Frame> = Vec::new();
    let mut errors: Vec<&str> = Vec::new();
    let mut entry = Entry::default();
    let mut place_exception = None;
    let mut short_frame = false;
    for line in lines {
        if let Some(error) = error_line(line) {
            errors.push(error);
        } else if let Some(caught) = FIXTURE_PLACE.captures(line) {
            frames.push(Frame::at(&caught[1], number(&caught[2])));
        } else if let Some(caught) = location(line) {
            let rest = caught.get(3).map_or("", |m| m.as_str()).trim();
            let mut frame = Frame::at(&caught[1], number(&caught[2]));
            short_frame = rest.starts_with("in ");
            if let Some(function) = rest.strip_prefix("in ") {
                frame.function = Some(function.to_owned());
            } else {
                let seen = std::mem::take(&mut entry);
                (frame.function, frame.source) = (seen.function, seen.source);
                place_exception = (!rest.is_empty()).then(|| rest.to_owned());
            }
            frames.push(frame);
            entry = Entry::default();
        } else if let Some(source) = line.strip_prefix('>') {
            entry.source = Some(source.trim().to_owned());
        } else if short_frame
            && line.starts_with("    ")
            && let Some(frame) = frames.last_mut().filter(|f| f.source.is_none())
        {
            frame.source = Some(line.trim().to_owned());
        }
        if entry.function.is_none()
            && let Some(caught) = DEFINITION.captures(line)
        {
            entry.function = Some(caught[1].to_owned());
        }
    }
    finish(frames, &errors, place_exception)
}

fn location<'a>(line: &'a str) -> Option<regex::Captures<'a>> {
    if line.starts_with([' ', '>', 'E', '_', '[', '\t', '-']) && !looks_like_path(line) {
        return None;
    }
    let caught = LOCATION.captures(line)?;
    let path = caught.get(1)?.as_str();
    (path.ends_with(".py") || path.contains(['/', '\\', '<'])).then_some(caught)
}

fn looks_like_path(line: &str) -> bool {
    line.starts_with(['E', '_', '-']) && line.split(':').next().is_some_and(|p| p.ends_with(".py"))
}

/// The text after pytest's `E` mark.
fn error_line(line: &str) -> Option<&str> {
    let rest = line.strip_prefix('E')?;
    (rest.is_empty() || rest.starts_with("   ")).then_some(rest)
}

fn finish(mut frames: Vec<Frame>, errors: &[&str], place_exception: Option<String>) -> Failure {
    frames.reverse();
    frames.retain(|f| !f.path.starts_with("<frozen "));
    let width = errors.first().map_or(0, |line| indent(line));
    let lines: Vec<&str> =
        errors.iter().map(|line| super::text::dedent(line, width).trim_end()).collect();
    let mut failure = Failure::of(FailureKind::Exception);
    failure.language = Some(Language::Python);
    failure.frames = frames;
    if let Some(caught) = lines.iter().find_map(|line| FILE_LINE.captures(line))
        && let Some((at, name, message)) = syntax_line(errors)
    {
        let mut place = Frame::at(&caught[1], number(&caught[2]));
        place.source =
            errors[..at].iter().rev().map(|l| l.trim()).find(|l| !is_caret(l)).map(str::to_owned);
        failure.frames.insert(0, place);
        failure.kind = FailureKind::Syntax;
        failure.exception = Some(name.to_owned());
        failure.message = message.to_owned();
        return failure;
    }
    let first = lines.first().copied().unwrap_or_default();
    let head = exception_line(first).filter(|(name, _)| looks_like_class(name));
    let place = place_exception.filter(|name| looks_like_class(name));
    let (name, start) = match (head, place) {
        (Some((name, rest)), _) => (Some(name.to_owned()), rest),
        (None, place) => (place, first),
    };
    failure.kind = match &name {
        Some(name) => kind_of(name),
        None if first.starts_with("assert ") => FailureKind::Assertion,
        None if lines.is_empty() => FailureKind::Test,
        None => FailureKind::Exception,
    };
    if name.is_none() && failure.kind == FailureKind::Assertion {
        failure.exception = Some("AssertionError".to_owned());
    } else {
        failure.exception = name.map(|n| n.rsplit('.').next().unwrap_or(&n).to_owned());
    }
    let rest = lines.get(1..).unwrap_or_default();
    failure.message =
        std::iter::once(start).chain(rest.iter().copied()).collect::<Vec<_>>().join("\n");
    failure.message.truncate(failure.message.trim_end().len());
    failure
}

fn syntax_line<'a>(errors: &[&'a str]) -> Option<(usize, &'a str, &'a str)> {
    errors.iter().enumerate().rev().find_map(|(at, line)| {
        let (name, message) = exception_line(line.trim())?;
        (kind_of(name) == FailureKind::Syntax).then_some((at, name, message))
    })
}

fn is_caret(line: &str) -> bool {
    line.chars().all(|c| matches!(c, '^' | '~' | ' '))
}

/// True for what begins like a class; some of the standard library's are lower case.
fn looks_like_class(name: &str) -> bool {
    let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    plain
        && (name.starts_with(|c: char| c.is_uppercase() || c == '_') || LOWER_CASE.contains(&name))
}

/// `struct.error`, `socket.timeout`, `socket.gaierror`, `getopt.error` and others.
const LOWER_CASE: &[&str] = &["error", "timeout", "gaierror", "herror", "oserror"];

/// Gives each block the node id of the summary, or one made of its title and path.
fn attach(blocks: &mut [Block], named: &mut [Named]) {
    let mut by_title: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, name) in named.iter().enumerate() {
        by_title.entry(title_of(&name.id)).or_default().push(at);
    }
    for block in blocks {
        let (title, collecting) = plain_title(&block.title);
        // A subtest's parameters follow the name, after a space.
        let cut = title.find(" (").or_else(|| title.find(" ["));
        let title = match cut {
            Some(cut) if !by_title.contains_key(title) => &title[..cut],
            _ => title,
        };
        let candidates = by_title.get(title).map_or(&[][..], Vec::as_slice);
        let paths: Vec<&str> = block.failure.frames.iter().map(|f| f.path.as_str()).collect();
        let fits = |&&at: &&usize| {
            let file = named[at].id.split("::").next().unwrap_or_default();
            paths.iter().any(|path| path.ends_with(file))
        };
        let chosen = candidates.iter().filter(|&&at| !named[at].used).find(fits).or_else(|| {
            candidates.iter().find(fits).or(candidates.iter().find(|&&at| !named[at].used))
        });
        if let Some(&at) = chosen {
            named[at].used = true;
            block.failure.tests = vec![named[at].id.clone()];
        } else if collecting {
            block.failure.tests = vec![title.to_owned()];
        } else if let Some(path) = paths.last().filter(|path| path.ends_with(".py")) {
            let (name, parameters) = title.find('[').map_or((title, ""), |at| title.split_at(at));
            let id = format!("{path}::{}{parameters}", name.replace('.', "::"));
            block.failure.tests = vec![id];
        }
    }
}

/// The title that pytest gives the block of a node id.
fn title_of(id: &str) -> String {
    let Some((_, name)) = id.split_once("::") else { return id.to_owned() };
    let (name, parameters) = name.find('[').map_or((name, ""), |at| name.split_at(at));
    format!("{}{parameters}", name.replace("::", "."))
}

/// A block's title without the words around it, and whether it is a collection error.
fn plain_title(title: &str) -> (&str, bool) {
    for prefix in ["ERROR at setup of ", "ERROR at teardown of ", "[doctest] "] {
        if let Some(rest) = title.strip_prefix(prefix) {
            return (rest, false);
        }
    }
    title.strip_prefix("ERROR collecting ").map_or((title, false), |rest| (rest, true))
}

/// A failure of which only the summary speaks.
fn of_summary(name: &Named) -> Failure {
    // pytest cuts the reason to the width of the terminal.
    let reason = name.reason.strip_suffix("...").unwrap_or(&name.reason);
    let head = exception_line(reason).filter(|(class, _)| looks_like_class(class));
    let mut failure = Failure::of(head.map_or(FailureKind::Test, |(class, _)| kind_of(class)));
    if reason.starts_with("assert ") {
        failure.kind = FailureKind::Assertion;
    }
    failure.language = Some(Language::Python);
    failure.exception = head.map(|(class, _)| class.to_owned());
    failure.message = head.map_or(reason, |(_, rest)| rest).to_owned();
    failure.tests = vec![name.id.clone()];
    let mut parts = name.id.split("::");
    if let Some(path) = parts.next().filter(|path| path.ends_with(".py")) {
        let mut frame = Frame::at(path, None);
        let last = parts.last().and_then(|last| last.split('[').next());
        frame.function = last.map(str::to_owned);
        failure.frames.push(frame);
    }
    failure
}

/// `ERROR: not found: ...` and the like, where no test ran at all.
fn usage_errors(text: &mut Text, found: &mut Vec<Found>) {
    for at in 0..text.lines.len() {
        let Some(message) = text.lines[at].strip_prefix("ERROR: ") else { continue };
        let mut failure = Failure::of(FailureKind::Test);
        failure.language = Some(Language::Python);
        failure.message = message.to_owned();
        found.push(Found::new(Rank::NameOnly, at, failure));
        text.claim(at..at + 1);
    }
}
