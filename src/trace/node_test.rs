//! node:test's `spec` reporter: the tree of results and the list of failures after it.

use std::collections::VecDeque;
use std::sync::LazyLock;

use regex::Regex;

use super::node;
use super::text::{Found, Rank, Text, dedent, indent, pattern};
use super::{Failure, FailureKind};
use crate::base::Language;

static MARK: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(\s*)(✔|✖|﹣|▶|⚠) (.+?)(?: \([\d.]+ms\))?((?: # .*)?)$"));

/// One line of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    pub(super) at: usize,
    /// First line after what is printed below the leaf.
    pub(super) end: usize,
    /// Names of the enclosing suites and its own, joined by ` > `.
    pub(super) id: String,
    pub(super) name: String,
    pub(super) mark: char,
    /// `# SKIP` or `# TODO`.
    pub(super) directive: String,
}

/// Reports the failed tests and claims the tree and the list.
pub(super) fn scan(text: &mut Text, found: &mut Vec<Found>) {
    if !announced(&text.lines) {
        return;
    }
    let listed = text.lines.iter().position(|line| *line == "✖ failing tests:");
    let tree_end = listed.unwrap_or(text.lines.len());
    let tree = tree(&text.lines[..tree_end]);
    let failed: Vec<&Leaf> =
        tree.iter().filter(|leaf| leaf.mark == '✖' && leaf.directive.is_empty()).collect();
    let mut places: VecDeque<&str> = VecDeque::new();
    if let Some(listed) = listed {
        let places_listed = text.lines[listed..].iter().filter_map(|l| l.strip_prefix("test at "));
        places.extend(places_listed);
    }
    let located = places.len() == failed.len();
    for leaf in failed {
        let inner: Vec<&str> = text.lines[leaf.at + 1..leaf.end]
            .iter()
            .map(|l| dedent(l, indent(text.lines[leaf.at])))
            .collect();
        let mut failure = diagnose(&inner);
        if located
            && let Some(place) = places.pop_front()
            && failure.frames.is_empty()
        {
            failure.frames.extend(node::frame_body(place));
        }
        failure.language = Some(node::language(&failure.frames));
        failure.tests = vec![leaf.id.clone()];
        let rank = if failure.exception.is_some() { Rank::Reported } else { Rank::NameOnly };
        found.push(Found::new(rank, leaf.at, failure));
    }
    for leaf in tree {
        text.claim(leaf.at..leaf.end);
    }
    if let Some(listed) = listed {
        let ours = |line: &&&str| {
            line.is_empty()
                || line.starts_with("  ")
                || line.starts_with("test at ")
                || line.starts_with('✖')
        };
        let length = text.lines[listed..].iter().take_while(ours).count();
        text.claim(listed..listed + length);
    }
}

fn announced(lines: &[&str]) -> bool {
    lines.iter().any(|line| line.starts_with("ℹ tests ") || line.starts_with("ℹ pass "))
}

/// The results of the tree; a suite's own line is left out.
pub(super) fn tree(lines: &[&str]) -> Vec<Leaf> {
    if !announced(lines) {
        return Vec::new();
    }
    let end = lines.iter().position(|line| *line == "✖ failing tests:").unwrap_or(lines.len());
    let lines = &lines[..end];
    let mut parents: Vec<(usize, String)> = Vec::new();
    let mut leaves = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let Some(caught) = MARK.captures(lines[at]) else {
            at += 1;
            continue;
        };
        let (depth, name) = (caught[1].len(), caught[3].to_owned());
        let mark = caught[2].chars().next().unwrap_or('✖');
        let closes = parents.iter().any(|(outer, open)| *outer == depth && *open == name);
        parents.retain(|(outer, _)| *outer < depth);
        let start = at;
        at += 1;
        if mark == '▶' {
            parents.push((depth, name));
        } else if !closes {
            let deeper = |line: &&str| {
                (line.trim().is_empty() || indent(line) > depth) && !MARK.is_match(line)
            };
            at += lines[at..].iter().take_while(|l| deeper(l)).count();
            let outer = parents.iter().map(|(_, name)| name.as_str());
            let id = outer.chain([name.as_str()]).collect::<Vec<_>>().join(" > ");
            let directive = caught[4].trim().to_owned();
            leaves.push(Leaf { at: start, end: at, id, name, mark, directive });
        }
    }
    leaves
}

fn diagnose(lines: &[&str]) -> Failure {
    if let Some(thrown) = node::errors(lines, 0).into_iter().next() {
        return thrown.failure;
    }
    let mut failure = Failure::of(FailureKind::Test);
    failure.language = Some(Language::JavaScript);
    failure.message =
        lines.iter().map(|l| l.trim()).collect::<Vec<_>>().join("\n").trim().to_owned();
    if let Some((name, _, message)) = lines.iter().find_map(|line| node::head(line)) {
        failure.exception = Some(name.to_owned());
        failure.message = message.to_owned();
        failure.kind = node::kind_of(name, message, &[]);
    }
    failure
}
