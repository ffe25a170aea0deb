//! The file that a rewrite is made in, and what making one gives.

use std::cell::OnceCell;

use crate::base::{Line, Replacement, RepoPath, Span};
use crate::refactor::python::bindings;
use crate::refactor::{
    Bindings, Bound, BoundId, Occurrence, Reason, Refusal, Scope, ScopeId, ScopeKind,
};
use crate::syntax::Parsed;
use crate::syntax::node::{span, text_of};
use crate::syntax::tree::Node;

/// One file with its names, which are looked up when first asked for.
pub(super) struct File<'a> {
    pub(super) parsed: &'a Parsed,
    pub(super) text: &'a str,
    /// `None` while offers are looked for.
    pub(super) path: Option<&'a RepoPath>,
    names: OnceCell<Names>,
    kept: OnceCell<Kept>,
}

/// What the layout has to mind.
struct Kept {
    strings: Vec<Span>,
    comments: Vec<Span>,
}

/// A rewrite of one construct.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub(super) title: String,
    pub(super) edits: Vec<Replacement>,
    /// Whole statements that go away; the edits follow when it is known what else of their block does.
    pub(super) removed: Vec<Span>,
    pub(super) notes: Vec<String>,
    pub(super) interface: Vec<String>,
    /// The version of Python that the new form needs.
    pub(super) needs: Option<(u32, u32)>,
    /// What must be so in the rest of the repository.
    pub(super) beyond: Vec<Beyond>,
}

/// A question to the rest of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Beyond {
    /// Nothing outside of this file takes the name from this module.
    NotTaken(String),
    /// The word stands nowhere but in spans of this file.
    Nowhere(String, Vec<Span>),
    /// The file is no `__init__.py`, `conftest.py`, and no test that would run what it imports.
    Import { name: String, module: String },
    /// Nothing looks at the local variables of other functions' frames.
    NoFrames,
    /// No class that is a dataclass derives from this one.
    NoDataclassBelow(String),
}

struct Names {
    bindings: Bindings,
    /// The occurrences of each name, as indices.
    of: Vec<Vec<u32>>,
}

impl Made {
    pub(super) fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// What of the text it changes.
    pub(super) fn spans(&self) -> Vec<Span> {
        self.edits.iter().map(|e| e.span).chain(self.removed.iter().copied()).collect()
    }
}

impl<'a> File<'a> {
    pub(super) fn new(parsed: &'a Parsed, path: Option<&'a RepoPath>) -> Self {
        Self { parsed, text: parsed.text(), path, names: OnceCell::new(), kept: OnceCell::new() }
    }

    /// The text of a node.
    pub(super) fn of(&self, node: Node<'_>) -> &'a str {
        text_of(node, self.text)
    }

    pub(super) fn line(&self, offset: usize) -> Line {
        self.parsed.lines().line(offset)
    }

    /// A refusal with the place that is in the way.
    pub(super) fn refusal(
        &self,
        reason: Reason,
        at: Node<'_>,
        message: impl Into<String>,
    ) -> Refusal {
        let refusal = Refusal::new(reason, message);
        match self.path {
            Some(path) => refusal.at(path, self.line(at.start_byte())),
            None => refusal,
        }
    }

    fn kept(&self) -> &Kept {
        self.kept.get_or_init(|| {
            let of =
                |kind: &'static str| self.parsed.root().subtree().filter(move |n| n.kind() == kind);
            Kept {
                strings: of("string").map(span).collect(),
                comments: of("comment").map(span).collect(),
            }
        })
    }

    /// The strings of several lines, and others, that a span touches.
    pub(super) fn strings_in(&self, at: Span) -> Vec<Span> {
        let touches = |s: &&Span| s.end > at.start && s.start < at.end;
        self.kept().strings.iter().filter(touches).copied().collect()
    }

    /// The comments of the file, in source order.
    pub(super) fn comments(&self) -> &[Span] {
        &self.kept().comments
    }

    /// The comments that lie within a span.
    pub(super) fn comments_in(&self, at: Span) -> impl Iterator<Item = Span> {
        let from = self.comments().partition_point(|c| c.start < at.start);
        self.comments()[from..].iter().take_while(move |c| c.end <= at.end).copied()
    }

    fn names(&self) -> &Names {
        self.names.get_or_init(|| {
            let bindings = bindings::of(self.parsed);
            let mut of = vec![Vec::new(); bindings.bound.len()];
            for (at, occurrence) in (0u32..).zip(&bindings.occurrences) {
                if let Some(id) = occurrence.bound {
                    of[id.0 as usize].push(at);
                }
            }
            Names { bindings, of }
        })
    }

    pub(super) fn bindings(&self) -> &Bindings {
        &self.names().bindings
    }

    /// What an identifier stands for; `None` for builtins and names that nothing here binds.
    pub(super) fn meaning(&self, identifier: Node<'_>) -> Option<BoundId> {
        self.occurrence(identifier).and_then(|o| o.bound)
    }

    pub(super) fn occurrence(&self, identifier: Node<'_>) -> Option<&Occurrence> {
        let all = &self.bindings().occurrences;
        let at = all.partition_point(|o| o.span.start < identifier.start_byte());
        all[at..]
            .iter()
            .take_while(|o| o.span.start == identifier.start_byte())
            .find(|o| o.span == span(identifier))
    }

    pub(super) fn bound(&self, id: BoundId) -> &Bound {
        self.bindings().get(id)
    }

    /// Every identifier that means `id`, in source order.
    pub(super) fn uses(&self, id: BoundId) -> impl Iterator<Item = &Occurrence> {
        let names = self.names();
        names.of[id.0 as usize].iter().map(|at| &names.bindings.occurrences[*at as usize])
    }

    /// True for an identifier that means the builtin of its name.
    pub(super) fn is_builtin(&self, identifier: Node<'_>, name: &str) -> bool {
        identifier.kind() == "identifier"
            && self.of(identifier) == name
            && self.meaning(identifier).is_none()
    }

    /// The innermost function, class or file around a node, with its id: comprehensions are passed over.
    pub(super) fn scope_of(&self, node: Node<'_>) -> (ScopeId, &Scope) {
        let bindings = self.bindings();
        let inner = bindings.scope_at(node.start_byte());
        let holds = |id: &ScopeId| {
            let scope = bindings.scope(*id);
            let kind = !matches!(scope.kind, ScopeKind::Comprehension | ScopeKind::Block);
            kind && scope.span.contains(span(node))
        };
        let id = bindings.chain(inner).find(holds).unwrap_or(ScopeId(0));
        (id, bindings.scope(id))
    }

    /// The node that is exactly a span.
    pub(super) fn node(&self, span: Span) -> Option<Node<'a>> {
        self.parsed.root().descendant_for_byte_range(span.start, span.end)
    }
}
