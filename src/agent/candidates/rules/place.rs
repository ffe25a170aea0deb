//! What the rules of every language need: a resolved frame, and small edits of its line.

use std::sync::Arc;

use super::{Scene, candidate};
use crate::agent::candidates::Candidate;
use crate::agent::localise::frames::resolve;
use crate::agent::sources::Source;
use crate::base::{Language, Line, Replacement, RepoPath, Span};
use crate::syntax;
use crate::trace::Failure;

/// Files looked through for a definition.
const MAX_FILES: usize = 400;

/// A frame of the repository, read and resolved.
pub(super) struct Place {
    pub(super) source: Arc<Source>,
    pub(super) line: Line,
    pub(super) span: Span,
    /// Counted from 1, in characters or bytes as the tool counts.
    pub(super) column: Option<u32>,
}

impl Place {
    pub(super) fn text(&self) -> &str {
        self.span.of(&self.source.text).unwrap_or_default()
    }

    /// Replaces `old`, found at byte `at` of the line.
    pub(super) fn swap(&self, at: usize, old: &str, new: &str) -> Replacement {
        let start = self.span.start + at;
        Replacement::new(start, start + old.len(), new)
    }

    /// Inserts `new` at byte `at` of the line.
    pub(super) fn insert(&self, at: usize, new: impl Into<String>) -> Replacement {
        Replacement::new(self.span.start + at, self.span.start + at, new)
    }

    /// A candidate anchored here.
    pub(super) fn propose(
        &self,
        rule: &'static str,
        title: impl Into<String>,
        edits: Vec<Replacement>,
        cost: f64,
    ) -> Candidate {
        candidate(&self.source, self.line, rule, title, edits, cost)
    }

    /// A new line above this one, indented like it.
    pub(super) fn line_above(&self, statement: &str) -> Replacement {
        let indent = indent_of(self.text());
        self.insert(0, format!("{indent}{statement}\n"))
    }

    /// Byte offset of the frame's column in the line; the first word where there is none.
    pub(super) fn offset(&self) -> usize {
        let text = self.text();
        let Some(column) = self.column else { return indent_of(text).len() };
        let skip = usize::try_from(column).unwrap_or(1).saturating_sub(1);
        if self.source.language == Language::Go {
            return if text.is_char_boundary(skip) { skip } else { text.len() };
        }
        text.char_indices().nth(skip).map_or(text.len(), |(at, _)| at)
    }

    /// The expression that starts at the column, as byte offsets of the line.
    pub(super) fn expression(&self) -> Option<(usize, usize)> {
        let start = self.offset();
        let end = expression_end(self.text(), start);
        (end > start).then_some((start, end))
    }
}

/// The frames of `failure` that lie in code that may be changed, innermost first.
pub(super) fn places(failure: &Failure, scene: &Scene<'_>, languages: &[Language]) -> Vec<Place> {
    let mut out: Vec<Place> = Vec::new();
    for frame in &failure.frames {
        let Some(line) = frame.line.map(Line) else { continue };
        let Some(path) = resolve(&frame.path, scene.sources) else { continue };
        let Some(source) = scene.sources.get(&path) else { continue };
        if !languages.contains(&source.language) {
            continue;
        }
        let Some(span) = source.lines.span(line) else { continue };
        if source.is_test(span) || out.iter().any(|p| p.source.path == path && p.line == line) {
            continue;
        }
        out.push(Place { source, line, span, column: frame.column });
    }
    out
}

/// The repository's sources in `languages`, tests left out.
pub(super) fn repository<'a>(
    scene: &'a Scene<'_>,
    languages: &'a [Language],
) -> impl Iterator<Item = Arc<Source>> + 'a {
    let known =
        |path: &&RepoPath| Language::of_path(path.as_str()).is_some_and(|l| languages.contains(&l));
    let files = scene.sources.files().iter().filter(known).take(MAX_FILES);
    files
        .filter_map(|path| scene.sources.get(path))
        .filter(|source| !source.is_test(Span::new(0, source.text.len().min(1))))
}

/// Fields and methods of `class`, wherever in the repository they are written.
pub(super) fn members_of(
    class: &str,
    scene: &Scene<'_>,
    languages: &[Language],
) -> Vec<syntax::Attribute> {
    let mut out = Vec::new();
    for source in repository(scene, languages) {
        if !words(&source.text, class).is_empty() {
            out.extend(syntax::attributes_of_self(&source.parsed, class));
        }
    }
    out
}

/// The cost of the guess number `rank`, from 0.
#[expect(clippy::cast_precision_loss, reason = "a handful of guesses")]
pub(super) fn ranked(base: f64, step: f64, rank: usize) -> f64 {
    base + step * rank as f64
}

/// Where whole-word occurrences of `name` start in `text`.
pub(super) fn words(text: &str, name: &str) -> Vec<usize> {
    if name.is_empty() {
        return Vec::new();
    }
    let edge = |c: Option<char>| !c.is_some_and(is_word);
    text.match_indices(name)
        .filter(|(at, _)| {
            edge(text[..*at].chars().next_back()) && edge(text[at + name.len()..].chars().next())
        })
        .map(|(at, _)| at)
        .collect()
}

/// Where `name` stands behind a dot.
pub(super) fn attribute_uses(text: &str, name: &str) -> Vec<usize> {
    words(text, name).into_iter().filter(|&at| text[..at].trim_end().ends_with('.')).collect()
}

/// All occurrences at once, and each alone when there are several.
pub(super) fn swap_all(
    place: &Place,
    at: &[usize],
    old: &str,
    new: &str,
    rule: &'static str,
    cost: f64,
) -> Vec<Candidate> {
    let title = format!("`{old}` becomes `{new}`");
    let edit = |&at: &usize| place.swap(at, old, new);
    let all: Vec<Replacement> = at.iter().map(edit).collect();
    let mut out = Vec::new();
    if all.len() > 1 {
        out.extend(
            all.iter().map(|one| place.propose(rule, title.clone(), vec![one.clone()], cost + 0.3)),
        );
    }
    if !all.is_empty() {
        out.push(place.propose(rule, title, all, cost));
    }
    out
}

/// The bracket that closes the one at `open`; strings are not looked into.
pub(super) fn matching(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text[open..].char_indices().take(4_000) {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(open + at);
                }
            }
            _ => {}
        }
    }
    None
}

pub(super) fn indent_of(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

pub(super) fn word_ends(text: &str) -> Vec<usize> {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    chars.windows(2).filter(|w| is_end(w[0].1) && !is_word(w[1].1)).map(|w| w[1].0).collect()
}

pub(super) fn word_starts(text: &str) -> Vec<usize> {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    chars.windows(2).filter(|w| !is_word(w[0].1) && is_word(w[1].1)).map(|w| w[1].0).collect()
}

pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

pub(super) fn is_end(c: char) -> bool {
    is_word(c) || ")]}'\"".contains(c)
}

/// The word that starts at byte `at`.
pub(super) fn word_at(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())]
}

/// Start of the chain `a.b[c].d` that ends at byte `end`.
pub(super) fn chain_start(text: &str, end: usize) -> usize {
    let mut at = end;
    loop {
        let head = &text[..at];
        if head.ends_with([')', ']']) {
            let Some(open) = opening(text, at - 1) else { return at };
            at = open;
            continue;
        }
        let word = head.len() - head.trim_end_matches(is_word).len();
        if word == 0 {
            return at;
        }
        at -= word;
        let head = &text[..at];
        if head.ends_with('.') {
            at -= 1;
        } else if head.ends_with("::") {
            at -= 2;
        } else {
            return at;
        }
    }
}

/// The arguments between brackets, cut at the top-level commas, as byte offsets of `text`.
pub(super) fn arguments(text: &str, open: usize) -> Option<(Vec<(usize, usize)>, usize)> {
    let close = matching(text, open)?;
    let mut out = Vec::new();
    let (mut depth, mut start) = (0_usize, open + 1);
    let mut quote = None;
    for (at, c) in text[open + 1..close].char_indices() {
        let at = open + 1 + at;
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '`') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                out.push((start, at));
                start = at + 1;
            }
            _ => {}
        }
    }
    if !text[start..close].trim().is_empty() {
        out.push((start, close));
    }
    let trimmed = out.into_iter().map(|(from, to)| {
        let part = &text[from..to];
        let lead = part.len() - part.trim_start().len();
        (from + lead, from + part.trim_end().len())
    });
    Some((trimmed.collect(), close))
}

fn opening(text: &str, close: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text[..=close].char_indices().rev() {
        match c {
            ')' | ']' | '}' => depth += 1,
            '(' | '[' | '{' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

fn expression_end(text: &str, start: usize) -> usize {
    let mut at = start;
    let rest = |at: usize| text.get(at..).unwrap_or_default();
    at += rest(at).len() - rest(at).trim_start_matches(['&', '*', '!', '-']).len();
    let quoted = ['"', '\'', '`'].into_iter().find(|&q| rest(at).starts_with(q));
    if let Some(quote) = quoted {
        return rest(at + 1).find(quote).map_or(at, |n| at + 1 + n + 1);
    }
    loop {
        let tail = rest(at);
        match tail.chars().next() {
            Some(c) if is_word(c) => at += word_at(text, at).len(),
            Some('(' | '[') => match matching(text, at) {
                Some(close) => at = close + 1,
                None => return at,
            },
            Some('.') if tail[1..].starts_with(is_word) => at += 1,
            Some(':') if tail.starts_with("::") => at += 2,
            Some('!') if tail[1..].starts_with('(') => at += 1,
            Some('?') => at += 1,
            _ => return at,
        }
    }
}
