//! One file with all that is known of it, and short-hands for refusals.

use std::sync::OnceLock;

use super::bind::{self, Names};
use super::modules::{Export, Link};
use crate::base::{Line, RepoPath, Span};
use crate::refactor::{Bound, BoundId, Occurrence, Project, Reason, Refusal, Setting};
use crate::syntax::Parsed;
use crate::syntax::node::{ancestors, span, text_of};
use crate::syntax::tree::Node;

/// A source file with its names.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: RepoPath,
    pub(super) parsed: Parsed,
    pub(super) names: Names,
    pub(super) exports: OnceLock<Vec<Export>>,
    pub(super) links: OnceLock<Vec<Link>>,
}

impl File {
    /// The file that a request names.
    pub(super) fn of(setting: &Setting<'_>) -> Self {
        Self::new(setting.path().clone(), setting.parsed.clone())
    }

    pub(super) fn new(path: RepoPath, parsed: Parsed) -> Self {
        let names = bind::names(&parsed);
        Self { names, path, parsed, exports: OnceLock::new(), links: OnceLock::new() }
    }

    /// A file of the project in one of these languages.
    pub(super) fn load(project: &dyn Project, path: &RepoPath) -> Option<Self> {
        is_ecma(path).then(|| project.parsed(path))?.map(|parsed| Self::new(path.clone(), parsed))
    }

    pub(super) fn root(&self) -> Node<'_> {
        self.parsed.root()
    }

    pub(super) fn text(&self) -> &str {
        self.parsed.text()
    }

    pub(super) fn of_node(&self, node: Node<'_>) -> &str {
        text_of(node, self.text())
    }

    pub(super) fn line(&self, node: Node<'_>) -> Line {
        self.parsed.lines().line(node.start_byte())
    }

    pub(super) fn is_typed(&self) -> bool {
        self.parsed.language() != crate::base::Language::JavaScript
    }

    /// The smallest node of exactly a span.
    pub(super) fn node(&self, at: Span) -> Option<Node<'_>> {
        self.root()
            .descendant_for_byte_range(at.start, at.end)
            .filter(|n| n.start_byte() <= at.start && n.end_byte() >= at.end)
    }

    /// The leaf that an occurrence is.
    pub(super) fn leaf(&self, occurrence: &Occurrence) -> Node<'_> {
        self.node(occurrence.span).unwrap_or_else(|| self.root())
    }

    pub(super) fn bound(&self, id: BoundId) -> &Bound {
        self.names.bindings.get(id)
    }

    /// What the identifier at a node means.
    pub(super) fn meaning(&self, node: Node<'_>) -> Option<BoundId> {
        self.occurrence(node)?.bound
    }

    pub(super) fn occurrence(&self, node: Node<'_>) -> Option<&Occurrence> {
        let list = &self.names.bindings.occurrences;
        let at = list.partition_point(|o| o.span.start < node.start_byte());
        list[at..]
            .iter()
            .take_while(|o| o.span.start == node.start_byte())
            .find(|o| o.span == span(node))
    }

    /// True for an identifier that means the global of that name.
    pub(super) fn is_global(&self, node: Node<'_>, name: &str) -> bool {
        node.kind() == "identifier" && self.of_node(node) == name && self.meaning(node).is_none()
    }

    /// A refusal with the place of a node.
    pub(super) fn refuse(
        &self,
        reason: Reason,
        message: impl Into<String>,
        at: Node<'_>,
    ) -> Refusal {
        Refusal::new(reason, message).at(&self.path, self.line(at))
    }

    /// The same at a byte offset.
    pub(super) fn refuse_at(
        &self,
        reason: Reason,
        message: impl Into<String>,
        at: Span,
    ) -> Refusal {
        Refusal::new(reason, message).at(&self.path, self.parsed.lines().line(at.start))
    }

    /// True for a file with `import` or `export`.
    pub(super) fn is_module(&self) -> bool {
        self.root().children().any(|n| matches!(n.kind(), "import_statement" | "export_statement"))
    }

    /// True when the file speaks of `module`, `exports` or `require` as Node gives them.
    pub(super) fn is_common(&self) -> bool {
        let of_node = ["module", "exports", "require"];
        self.names.bindings.occurrences.iter().any(|o| {
            o.bound.is_none() && o.span.of(self.text()).is_some_and(|name| of_node.contains(&name))
        })
    }

    /// The names of all sources that this one speaks of are its own: a module of either kind.
    pub(super) fn has_own_scope(&self) -> bool {
        self.is_module()
            || self.is_common()
            || matches!(self.path.as_str().rsplit('.').next(), Some("mjs" | "cjs" | "mts" | "cts"))
    }
}

/// True for a path of a JavaScript or TypeScript source.
pub(super) fn is_ecma(path: &RepoPath) -> bool {
    use crate::base::Language::{JavaScript, Tsx, TypeScript};
    matches!(crate::base::Language::of_path(path.as_str()), Some(JavaScript | Tsx | TypeScript))
}

/// The text between the quotes of a string without escapes.
pub(super) fn string_value<'s>(node: Node<'_>, text: &'s str) -> Option<&'s str> {
    let plain = node.kind() == "string" && !node.children().any(|c| c.kind() == "escape_sequence");
    let inner = text_of(node, text);
    plain.then(|| inner.get(1..inner.len().saturating_sub(1)))?
}

/// The nearest function around a node, arrows included.
pub(super) fn function_around(node: Node<'_>) -> Option<Node<'_>> {
    ancestors(node).find(|n| is_function(*n))
}

/// True for what has parameters and a body.
pub(super) fn is_function(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "function_declaration"
            | "generator_function_declaration"
            | "function_expression"
            | "generator_function"
            | "arrow_function"
            | "method_definition"
    )
}
