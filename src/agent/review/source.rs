//! One side of a file, as the detectors see it, and what they say of it.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::change::LineRange;
use super::finding::Severity;
use super::kind::{self, Kind};
use super::rules::Rule;
use crate::base::{Language, Line, LineIndex, Replacement, Span};
use crate::refactor::{self, Bindings, Project};
use crate::syntax::{self, Parsed, node, tree::Node};

/// Larger texts are not parsed: nobody wrote them by hand.
const MOST_PARSED: usize = 600_000;

/// A text with all that is known of it.
pub(super) struct Source {
    pub(super) path: String,
    pub(super) kind: Kind,
    pub(super) language: Option<Language>,
    pub(super) text: Arc<str>,
    pub(super) lines: LineIndex,
    /// `None` for what is no source, or not ours.
    pub(super) parsed: Option<Parsed>,
    bindings: OnceLock<Option<Bindings>>,
    imported: OnceLock<HashMap<String, (String, String)>>,
    /// The lines to look at; `None` for all.
    wanted: Option<Vec<LineRange>>,
}

/// What the detectors know besides the file.
#[derive(Clone, Copy)]
pub(super) struct World<'a> {
    pub(super) project: &'a dyn Project,
    pub(super) exports: &'a super::names::Exports,
}

/// A finding before it is placed.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) rule: &'static Rule,
    pub(super) severity: Severity,
    pub(super) span: Span,
    pub(super) message: String,
    /// What makes two findings of one rule the same thing.
    pub(super) key: String,
    pub(super) confidence: f32,
    pub(super) patch: Vec<Replacement>,
    /// Where the line itself must not be shown.
    pub(super) evidence: Option<String>,
}

impl Source {
    /// Reads a text. `wanted` are the lines to look at.
    pub(super) fn new(
        path: &str,
        text: &str,
        is_test: bool,
        wanted: Option<Vec<LineRange>>,
    ) -> Self {
        let kind = kind::of(path, text, is_test);
        let language = Language::of_path(path);
        let parsed = language
            .filter(|_| !kind.foreign() && text.len() <= MOST_PARSED)
            .map(|language| syntax::parse(language, text));
        let text: Arc<str> = match &parsed {
            Some(parsed) => parsed.shared_text(),
            None => Arc::from(text),
        };
        let lines = LineIndex::new(&text);
        Self {
            path: path.to_owned(),
            kind,
            language,
            text,
            lines,
            parsed,
            bindings: OnceLock::new(),
            imported: OnceLock::new(),
            wanted,
        }
    }

    /// The same text, to be looked at as a whole.
    pub(super) fn whole(&self) -> Self {
        Self {
            path: self.path.clone(),
            kind: self.kind,
            language: self.language,
            text: Arc::clone(&self.text),
            lines: self.lines.clone(),
            parsed: self.parsed.clone(),
            bindings: OnceLock::new(),
            imported: OnceLock::new(),
            wanted: None,
        }
    }

    /// True when a span touches a line to look at.
    pub(super) fn wants(&self, span: Span) -> bool {
        let (first, last) = self.line_range(span);
        self.wants_lines(first, last)
    }

    pub(super) fn wants_lines(&self, first: Line, last: Line) -> bool {
        let Some(wanted) = &self.wanted else { return true };
        wanted.iter().any(|range| *range.start() <= last && first <= *range.end())
    }

    /// First and last line of a span.
    pub(super) fn line_range(&self, span: Span) -> (Line, Line) {
        let last = span.end.saturating_sub(1).max(span.start);
        (self.lines.line(span.start), self.lines.line(last))
    }

    /// The text of a line without its end; empty past the last one.
    pub(super) fn line_text(&self, line: Line) -> &str {
        let span = self.lines.span(line).and_then(|span| span.of(&self.text));
        span.unwrap_or_default().trim_end_matches(['\n', '\r'])
    }

    /// The wanted lines with their numbers and byte offsets.
    pub(super) fn wanted_lines(&self) -> impl Iterator<Item = (Line, usize, &str)> {
        let count = u32::try_from(self.lines.count()).unwrap_or(u32::MAX);
        (1..=count).map(Line).filter(|line| self.wants_lines(*line, *line)).map(|line| {
            let start = self.lines.span(line).map_or(0, |span| span.start);
            (line, start, self.line_text(line))
        })
    }

    /// The named nodes that touch a wanted line, parents first.
    pub(super) fn nodes(&self) -> Vec<Node<'_>> {
        let Some(parsed) = &self.parsed else { return Vec::new() };
        let touched =
            |n: Node<'_>| self.wants_lines(Line(node::first_line(n)), Line(node::last_line(n)));
        let mut found = parsed.root().walk(touched);
        found.retain(|n| n.is_named() && touched(*n));
        found
    }

    /// As [`Source::nodes`], whatever the lines.
    pub(super) fn all_nodes(&self) -> impl Iterator<Item = Node<'_>> {
        let nodes = self.parsed.as_ref().map(|parsed| parsed.root().subtree());
        nodes.into_iter().flatten().filter(|n| n.is_named())
    }

    pub(super) fn text_of(&self, node: Node<'_>) -> &str {
        node::text_of(node, &self.text)
    }

    /// True when the whole text parses.
    pub(super) fn is_clean(&self) -> bool {
        self.parsed.as_ref().is_some_and(Parsed::is_clean)
    }

    pub(super) fn is(&self, language: Language) -> bool {
        self.parsed.is_some() && self.language == Some(language)
    }

    pub(super) fn is_ecma(&self) -> bool {
        self.parsed.is_some() && self.language.is_some_and(kind::is_ecma)
    }

    /// The names that Python's `from` imports bind, with the module as written and the name in there.
    pub(super) fn imported_names(&self) -> &HashMap<String, (String, String)> {
        self.imported.get_or_init(|| {
            let mut found = HashMap::new();
            for statement in self.all_nodes().filter(|n| n.kind() == "import_from_statement") {
                let Some(module) = node::field(statement, "module_name") else { continue };
                for item in node::fields(statement, "name") {
                    let original = node::field(item, "name").unwrap_or(item);
                    let local = node::field(item, "alias").unwrap_or(item);
                    let pair = (self.text_of(module).to_owned(), self.text_of(original).to_owned());
                    found.entry(self.text_of(local).to_owned()).or_insert(pair);
                }
            }
            found
        })
    }

    /// What every identifier stands for; `None` where that is not known.
    pub(super) fn bindings(&self) -> Option<&Bindings> {
        let made = self.bindings.get_or_init(|| {
            let bindings = self.parsed.as_ref().and_then(refactor::bindings);
            bindings.filter(|bindings| !bindings.scopes.is_empty())
        });
        made.as_ref()
    }
}

impl Draft {
    /// A draft with the rule's severity and, as key, the text of its place without layout.
    pub(super) fn new(
        rule: &'static Rule,
        source: &Source,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        let text = span.of(&source.text).unwrap_or_default();
        let key = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Self {
            rule,
            severity: rule.severity,
            span,
            message: message.into(),
            key,
            confidence: 0.9,
            patch: Vec::new(),
            evidence: None,
        }
    }

    /// A draft at a node.
    pub(super) fn at(
        rule: &'static Rule,
        source: &Source,
        at: Node<'_>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(rule, source, node::span(at), message)
    }

    pub(super) fn confidence(self, confidence: f32) -> Self {
        Self { confidence, ..self }
    }

    /// Another severity than the rule's.
    pub(super) fn severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    /// No more than this.
    pub(super) fn at_most(self, severity: Severity) -> Self {
        Self { severity: self.severity.min(severity), ..self }
    }

    pub(super) fn key(self, key: impl Into<String>) -> Self {
        Self { key: key.into(), ..self }
    }

    pub(super) fn patch(self, patch: Vec<Replacement>) -> Self {
        Self { patch, ..self }
    }

    pub(super) fn evidence(self, evidence: impl Into<String>) -> Self {
        Self { evidence: Some(evidence.into()), ..self }
    }
}
