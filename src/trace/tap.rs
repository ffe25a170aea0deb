//! The Test Anything Protocol as node:test, Vitest and Mocha write it.

use std::sync::LazyLock;

use regex::Regex;

use super::node;
use super::text::{Found, Rank, Text, dedent, indent, pattern};
use super::{Failure, FailureKind, Frame};
use crate::base::Language;

static RESULT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(\s*)(not ok|ok)(?: (\d+))?(?: -)?(?: (.*))?$"));

/// One `ok` or `not ok` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) at: usize,
    /// First line after the point's own block.
    pub(super) end: usize,
    /// Names of the enclosing tests and its own, joined by ` > `.
    pub(super) id: String,
    pub(super) ok: bool,
    /// `SKIP` or `TODO`.
    pub(super) directive: Option<Directive>,
    /// True for a point that only sums up the points inside it.
    pub(super) suite: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Directive {
    Skip,
    Todo,
}

/// Reports the failed points and claims the whole protocol.
pub(super) fn scan(text: &mut Text, found: &mut Vec<Found>) {
    let points = points(&text.lines);
    for point in &points {
        if !point.ok && !point.suite && point.directive.is_none() {
            let lines = &text.lines[point.at + 1..point.end];
            let mut failure = diagnose(lines);
            let file = failure.exception.is_none() && node::is_test_file(&point.id);
            failure.language.get_or_insert(node::language(&failure.frames));
            failure.tests = vec![point.id.clone()];
            let mut entry = Found::reported(point.at, failure);
            if file {
                // The file as a whole: what it wrote before says more.
                entry.rank = Rank::NameOnly;
            }
            found.push(entry);
        }
    }
    for point in &points {
        text.claim(point.at..point.end);
    }
    if !points.is_empty() {
        comments(text, found);
    }
}

/// What a test file wrote to standard error stands in comments.
fn comments(text: &mut Text, found: &mut Vec<Found>) {
    let mut at = 0;
    while at < text.lines.len() {
        let rest = text.lines[at..].iter().map_while(|line| line.strip_prefix("# "));
        let lines: Vec<&str> = rest.collect();
        if lines.iter().any(|line| line.trim_start().starts_with("at ")) {
            for thrown in node::errors(&lines, 0) {
                found.push(Found::new(Rank::Bare, at + thrown.range.start, thrown.failure));
            }
        }
        let end = at + lines.len().max(1);
        if !lines.is_empty() {
            text.claim(at..end);
        }
        at = end;
    }
}

/// All points of the protocol in `lines`; none where nothing announces it.
pub(super) fn points(lines: &[&str]) -> Vec<Point> {
    let plan = |line: &&str| {
        line.starts_with("TAP version ")
            || line.strip_prefix("1..").is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()))
    };
    if !lines.iter().any(plan) {
        return Vec::new();
    }
    let mut parents: Vec<(usize, String)> = Vec::new();
    let mut points: Vec<Point> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        let depth = indent(line);
        let rest = &line[depth..];
        if let Some(name) = rest.strip_prefix("# Subtest: ") {
            parents.retain(|(outer, _)| *outer < depth);
            parents.push((depth, name.to_owned()));
        } else if (rest.starts_with("ok") || rest.starts_with("not ok"))
            && let Some(caught) = RESULT.captures(line)
        {
            let opens = line.ends_with(" {");
            let (name, directive) = name_of(caught.get(4).map_or("", |m| m.as_str()));
            parents.retain(|(outer, _)| *outer < depth);
            let outer = parents.iter().map(|(_, name)| name.as_str());
            let id = outer.chain([name.as_str()]).collect::<Vec<_>>().join(" > ");
            let end = if opens { at + 1 } else { block_end(lines, at + 1, depth) };
            let suite = opens || is_suite(&lines[at + 1..end]);
            if opens {
                parents.push((depth, name));
            }
            points.push(Point { at, end, id, ok: &caught[2] == "ok", directive, suite });
            at = end;
            continue;
        }
        at += 1;
    }
    points
}

fn name_of(printed: &str) -> (String, Option<Directive>) {
    let printed = printed.trim_end_matches(" {");
    let (mut name, mut directive) = (printed, None);
    for (mark, kind) in
        [(" # SKIP", Some(Directive::Skip)), (" # TODO", Some(Directive::Todo)), (" # time=", None)]
    {
        if let Some(cut) = name.rfind(mark) {
            name = &name[..cut];
            directive = directive.or(kind);
        }
    }
    (name.trim().replace("\\#", "#"), directive)
}

/// A block is indented deeper than its point, and ends where its YAML does.
fn block_end(lines: &[&str], from: usize, depth: usize) -> usize {
    let yaml = lines.get(from).is_some_and(|line| line.trim() == "---");
    let ends = |line: &&str| {
        if yaml {
            return line.trim() == "...";
        }
        !line.trim().is_empty() && indent(line) <= depth
    };
    let found = lines[from..].iter().position(ends);
    found.map_or(lines.len(), |n| from + n + usize::from(yaml))
}

fn is_suite(lines: &[&str]) -> bool {
    let margin = lines.first().map_or(0, |line| indent(line));
    let mut fields = lines.iter().filter(|line| indent(line) == margin).map(|line| line.trim());
    fields.any(|field| matches!(field, "type: 'suite'" | "failureType: 'subtestsFailed'"))
}

fn diagnose(lines: &[&str]) -> Failure {
    if lines.first().is_none_or(|line| line.trim() != "---") {
        return plain(lines);
    }
    let fields = fields(lines);
    let get = |key: &str| fields.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str());
    let message = get("error").filter(|m| !m.is_empty()).or(get("message")).unwrap_or_default();
    let mut frames: Vec<Frame> =
        get("stack").unwrap_or_default().lines().filter_map(node::frame_body).collect();
    let name = get("name");
    let kind = match name {
        Some(name) => node::kind_of(name, message, &frames),
        None => FailureKind::Test,
    };
    frames.retain(|f| !node::is_internal(f));
    if frames.is_empty() {
        frames.extend(get("at").or(get("location")).and_then(node::frame_body));
    }
    let mut failure = Failure::of(kind);
    failure.exception = name.map(str::to_owned);
    failure.message = message.trim().to_owned();
    if let (Some(expected), Some(actual)) = (get("expected"), get("actual"))
        && !failure.message.contains(actual)
    {
        failure.message.push_str(&format!("\nexpected: {expected}\nactual: {actual}"));
    }
    failure.frames = frames;
    failure
}

/// Mocha writes the error as it would on a terminal.
fn plain(lines: &[&str]) -> Failure {
    if let Some(thrown) = node::errors(lines, 0).into_iter().next() {
        return thrown.failure;
    }
    let mut failure = Failure::of(FailureKind::Test);
    failure.language = Some(Language::JavaScript);
    failure.message = lines.iter().map(|l| l.trim()).collect::<Vec<_>>().join("\n").trim().into();
    failure
}

/// The scalar fields of a diagnostic block: enough of YAML for what these runners write.
fn fields(lines: &[&str]) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    let mut at = 1;
    while at < lines.len() {
        let line = lines[at];
        at += 1;
        let Some((key, value)) = line.trim_start().split_once(':') else { continue };
        if key.contains([' ', '"', '\'']) {
            continue;
        }
        let (margin, value) = (indent(line), value.trim());
        let mut value = value.to_owned();
        if value.starts_with('|') || value.starts_with('>') {
            let body = lines[at..]
                .iter()
                .take_while(|l| l.trim().is_empty() || indent(l) > margin)
                .map(|l| dedent(l, margin + 2).trim_end())
                .collect::<Vec<_>>();
            at += body.len();
            value = body.join("\n").trim_end().to_owned();
        } else if value.starts_with('"') && (value.len() == 1 || !value.ends_with('"')) {
            // Vitest breaks quoted text over lines.
            while at < lines.len() && !value.ends_with('"') && lines[at].trim() != "..." {
                value.push('\n');
                value.push_str(lines[at]);
                at += 1;
            }
        }
        fields.push((key.to_owned(), unquote(&value)));
    }
    fields
}

fn unquote(value: &str) -> String {
    let inner = |mark: char| value.strip_prefix(mark).and_then(|v| v.strip_suffix(mark));
    if let Some(text) = inner('\'') {
        return text.replace("''", "'");
    }
    inner('"').map_or_else(
        || value.to_owned(),
        |text| text.replace("\\\"", "\"").replace("\\n", "\n").replace("\\\\", "\\"),
    )
}
