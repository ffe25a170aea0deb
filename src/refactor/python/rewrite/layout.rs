//! Lines: indentation, statements that go away, blocks that move to the left or right.

use crate::base::{Replacement, Span};
use crate::syntax::node::{ancestors, named, span};
use crate::syntax::tree::Node;

use super::file::File;

/// How long a line may become before it is broken.
pub(super) const WIDTH: usize = 88;

/// Where the line of `at` begins.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |at| at + 1)
}

/// Behind the line feed of the line of `at`.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |n| at + n + 1)
}

/// The white space that the line of `at` begins with.
pub(super) fn indent(text: &str, at: usize) -> &str {
    let line = &text[line_start(text, at)..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// What one level of a file is indented by.
pub(super) fn unit<'a>(file: &File<'a>) -> &'a str {
    let blocks = file.parsed.root().subtree().filter(|n| n.kind() == "block");
    for block in blocks {
        let Some(parent) = block.parent() else { continue };
        let inner = indent(file.text, block.start_byte());
        let outer = indent(file.text, parent.start_byte());
        if let Some(unit) = inner.strip_prefix(outer).filter(|u| !u.is_empty()) {
            return unit;
        }
    }
    "    "
}

/// True when a statement shares its lines with nothing but comments.
pub(super) fn alone(text: &str, node: Node<'_>) -> bool {
    let before = &text[line_start(text, node.start_byte())..node.start_byte()];
    let after = text[node.end_byte()..line_end(text, node.end_byte())].trim();
    before.trim().is_empty() && (after.is_empty() || after.starts_with('#'))
}

/// The whole lines of a span.
pub(super) fn lines(text: &str, span: Span) -> Span {
    Span::new(line_start(text, span.start), line_end(text, span.end))
}

/// The comment behind a statement on its last line.
pub(super) fn trailing_comment<'a>(text: &'a str, node: Node<'_>) -> Option<&'a str> {
    let after = text[node.end_byte()..line_end(text, node.end_byte())].trim();
    after.starts_with('#').then_some(after)
}

/// Whole lines with another indentation; what stands in strings keeps its own.
pub(super) fn reindented(file: &File<'_>, lines: Span, from: &str, to: &str) -> String {
    let inside = file.strings_in(lines);
    let mut out = String::with_capacity(lines.len());
    let mut at = lines.start;
    for line in file.text[lines.start..lines.end].split_inclusive('\n') {
        let in_string = inside.iter().any(|s| s.start < at && at < s.end);
        match line.strip_prefix(from) {
            Some(rest) if !in_string && !rest.trim().is_empty() => {
                out.push_str(to);
                out.push_str(rest);
            }
            _ if in_string || line.trim().is_empty() => out.push_str(line),
            // A continuation that stands further to the left.
            _ => out.push_str(line),
        }
        at += line.len();
    }
    out
}

/// The end of a block: behind its last line and the comments that are indented as it is.
pub(super) fn block_end(text: &str, block: Node<'_>) -> usize {
    let inner = indent(text, block.start_byte());
    let mut end = line_end(text, block.end_byte());
    if block.end_byte() > 0 && text[..block.end_byte()].ends_with('\n') {
        end = block.end_byte();
    }
    let mut seen = end;
    for line in text[end..].split_inclusive('\n') {
        seen += line.len();
        let trimmed = line.trim_start();
        if trimmed.starts_with('#') && line.starts_with(inner) {
            end = seen;
        } else if !trimmed.is_empty() {
            break;
        }
    }
    end
}

/// The edits that take statements away. A block that would be empty keeps a `pass`.
pub(super) fn removals(file: &File<'_>, statements: &[Span]) -> Vec<Replacement> {
    let mut out = Vec::new();
    let mut whole: Vec<Span> = Vec::new();
    for at in statements {
        let Some(node) = statement_at(file, *at) else { continue };
        let siblings = node.parent().map(named).unwrap_or_default();
        let in_block = node.parent().is_some_and(|p| p.kind() == "block");
        let emptied = in_block && siblings.iter().all(|n| statements.contains(&span(*n)));
        if emptied && siblings.first() == Some(&node) {
            out.push(Replacement { span: *at, text: "pass".to_owned() });
        } else if alone(file.text, node) {
            whole.push(lines(file.text, *at));
        } else {
            out.push(Replacement { span: beside(file.text, *at), text: String::new() });
        }
    }
    whole.sort();
    let mut merged: Vec<Span> = Vec::new();
    for span in whole {
        match merged.last_mut() {
            Some(last) if file.text[last.end.min(span.start)..span.start].trim().is_empty() => {
                last.end = last.end.max(span.end);
            }
            _ => merged.push(span),
        }
    }
    let cut = |span| Replacement { span: with_blanks(file.text, span), text: String::new() };
    out.extend(merged.into_iter().map(cut));
    out
}

/// `a; b`: a statement with the semicolon after it, else with the one before.
fn beside(text: &str, at: Span) -> Span {
    let rest = &text[at.end..line_end(text, at.end)];
    let tail = rest.trim_start_matches([' ', '\t']);
    if let Some(tail) = tail.strip_prefix(';') {
        let tail = tail.trim_start_matches([' ', '\t']);
        return Span::new(at.start, at.end + rest.len() - tail.len());
    }
    let head = text[..at.start].trim_end_matches([' ', '\t']);
    Span::new(head.strip_suffix(';').unwrap_or(head).len(), at.end)
}

/// Lines with as many blank lines after them as there are before: the larger gap stays.
fn with_blanks(text: &str, lines: Span) -> Span {
    let is_blank = |line: &&str| line.trim().is_empty();
    let before = match lines.start {
        0 => usize::MAX,
        start => text[..start].split_inclusive('\n').rev().take_while(is_blank).count(),
    };
    let after = text[lines.end..].split_inclusive('\n').take_while(is_blank).take(before);
    Span::new(lines.start, lines.end + after.map(str::len).sum::<usize>())
}

fn statement_at<'a>(file: &File<'a>, at: Span) -> Option<Node<'a>> {
    let node = file.node(at)?;
    let chain = std::iter::once(node).chain(ancestors(node)).take_while(|n| span(*n) == at);
    let outermost = chain.last()?;
    // A block of one statement is as long as that.
    if outermost.kind() == "block" {
        named(outermost).into_iter().find(|n| span(*n) == at)
    } else {
        Some(outermost)
    }
}

/// The statement before another one of the same block.
pub(super) fn previous<'t>(node: Node<'t>) -> Option<Node<'t>> {
    std::iter::successors(node.prev_named_sibling(), |n| n.prev_named_sibling())
        .find(|n| !n.is_extra())
}

/// The statement after another one of the same block.
pub(super) fn next<'t>(node: Node<'t>) -> Option<Node<'t>> {
    std::iter::successors(node.next_named_sibling(), |n| n.next_named_sibling())
        .find(|n| !n.is_extra())
}

/// True when nothing but white space stands before a node on its line.
pub(super) fn alone_before(text: &str, node: Node<'_>) -> bool {
    text[line_start(text, node.start_byte())..node.start_byte()].trim().is_empty()
}

/// Behind the line of the colon: where the lines of the body, its comments included, begin.
pub(super) fn body_start(text: &str, body: Node<'_>) -> usize {
    let mut start = line_start(text, body.start_byte());
    // Comment lines above the first statement belong to the body.
    while start > 0 {
        let before = line_start(text, start - 1);
        let line = text[before..start].trim();
        if !line.is_empty() && !line.starts_with('#') {
            break;
        }
        start = before;
    }
    start
}
