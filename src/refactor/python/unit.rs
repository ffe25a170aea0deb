//! One Python file: its tree, its names, and what is asked about them again and again.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::bindings;
use super::infer::{Def, class_of, function_of};
use super::world::{Source, module_source};
use crate::base::{Line, RepoPath, Span};
use crate::refactor::{
    Bindings, Bound, BoundId, BoundKind, Occurrence, Reason, Refusal, ScopeId, ScopeKind,
};
use crate::syntax::Parsed;
use crate::syntax::node::{children, field, named, span, text_of};
use crate::syntax::tree::Node;

/// One file.
pub(super) struct Unit {
    /// Its place among the files of the repository; `u32::MAX` for a file that is looked at alone.
    pub(super) at: u32,
    pub(super) path: RepoPath,
    pub(super) parsed: Parsed,
    pub(super) names: Bindings,
    index: OnceLock<Index>,
    taken: OnceLock<FxHashMap<usize, Vec<Taken>>>,
    stars: OnceLock<Vec<Source>>,
    /// By [`Node::id`].
    classes: OnceLock<Vec<usize>>,
}

/// The names of a file by what is asked for.
struct Index {
    /// What is bound, by scope and name.
    own: FxHashMap<(ScopeId, Box<str>), BoundId>,
    /// Positions in [`Bindings::occurrences`] by what they mean, each list in source order.
    uses: FxHashMap<BoundId, Vec<u32>>,
    scopes: FxHashMap<Span, ScopeId>,
}

/// An attribute that a method takes from its first parameter, by [`Node::id`].
struct Taken {
    attribute: usize,
    name: usize,
}

impl PartialEq for Unit {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || self.path == other.path
    }
}

impl Unit {
    pub(super) fn new(path: RepoPath, parsed: Parsed) -> Self {
        let names = bindings::of(&parsed);
        Self {
            at: u32::MAX,
            path,
            parsed,
            names,
            index: OnceLock::new(),
            taken: OnceLock::new(),
            stars: OnceLock::new(),
            classes: OnceLock::new(),
        }
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::new(&self.names))
    }

    /// The name that a scope binds itself.
    pub(super) fn own(&self, scope: ScopeId, name: &str) -> Option<BoundId> {
        self.index().own.get(&(scope, Box::from(name))).copied()
    }

    /// Every identifier that means `id`, in source order.
    pub(super) fn uses(&self, id: BoundId) -> impl Iterator<Item = &Occurrence> {
        let list = self.index().uses.get(&id).map_or(&[][..], Vec::as_slice);
        list.iter().map(|at| &self.names.occurrences[*at as usize])
    }

    /// The identifiers with this text, attributes and keywords included, in source order.
    pub(super) fn identifiers<'t, 'n>(
        &'t self,
        name: &'n str,
    ) -> impl Iterator<Item = Node<'t>> + use<'t, 'n> {
        crate::refactor::each_word(self.text(), name)
            .filter_map(|at| self.node(at))
            .filter(move |n| n.kind() == "identifier" && self.of(*n) == name)
    }

    /// The attributes `object.name` with this name, in source order.
    pub(super) fn attributes<'t, 'n>(
        &'t self,
        name: &'n str,
    ) -> impl Iterator<Item = (Node<'t>, Node<'t>)> + use<'t, 'n> {
        self.identifiers(name).filter_map(|n| {
            let whole = n.parent().filter(|p| p.kind() == "attribute")?;
            (n.field() == Some("attribute")).then_some((whole, n))
        })
    }

    pub(super) fn text(&self) -> &str {
        self.parsed.text()
    }

    pub(super) fn root(&self) -> Node<'_> {
        self.parsed.root()
    }

    pub(super) fn of(&self, node: Node<'_>) -> &str {
        text_of(node, self.text())
    }

    /// The identifier that a node is.
    pub(super) fn occurrence(&self, node: Node<'_>) -> Option<&Occurrence> {
        self.occurrence_at(span(node))
    }

    pub(super) fn occurrence_at(&self, span: Span) -> Option<&Occurrence> {
        let list = &self.names.occurrences;
        let at = list.partition_point(|o| o.span.start < span.start);
        list[at..].iter().take_while(|o| o.span.start == span.start).find(|o| o.span == span)
    }

    /// What a node that is an identifier stands for.
    pub(super) fn meaning(&self, node: Node<'_>) -> Option<BoundId> {
        self.occurrence(node)?.bound
    }

    /// The node of a span, as deep as one with just that span goes.
    pub(super) fn node(&self, span: Span) -> Option<Node<'_>> {
        self.root().descendant_for_byte_range(span.start, span.end)
    }

    /// A name of the module itself.
    pub(super) fn global(&self, name: &str) -> Option<BoundId> {
        self.own(ScopeId(0), name)
    }

    /// True for what the file itself binds, not a function or class in it.
    pub(super) fn is_global(&self, id: BoundId) -> bool {
        self.names.get(id).scope == ScopeId(0)
    }

    /// The scope that a definition, a lambda or a comprehension opens.
    pub(super) fn scope_of(&self, node: Node<'_>) -> Option<ScopeId> {
        let start = match node.kind() {
            "function_definition" => field(node, "parameters")?.start_byte(),
            "class_definition" => field(node, "body")?.start_byte(),
            "module" => return Some(ScopeId(0)),
            _ => node.start_byte(),
        };
        self.index().scopes.get(&Span::new(start, node.end_byte())).copied()
    }

    /// The definition that a name of kind function or class stands for, without decorators.
    pub(super) fn definition(&self, bound: &Bound) -> Option<Node<'_>> {
        self.definition_at(bound.declared)
    }

    /// The definition whose name stands at a span.
    pub(super) fn definition_at(&self, name: Span) -> Option<Node<'_>> {
        let node = self.node(name)?.parent()?;
        let fits = matches!(node.kind(), "function_definition" | "class_definition")
            && field(node, "name").is_some_and(|n| span(n) == name);
        fits.then_some(node)
    }

    pub(super) fn line(&self, offset: usize) -> Line {
        self.parsed.lines().line(offset)
    }

    /// A refusal that names a place in this file.
    pub(super) fn refuse(&self, reason: Reason, at: usize, message: impl Into<String>) -> Refusal {
        Refusal::new(reason, message).at(&self.path, self.line(at))
    }

    /// The strings of `__all__`, when the file has one.
    pub(super) fn exports(&self) -> Option<Vec<Node<'_>>> {
        let id = self.global("__all__")?;
        let mut out = Vec::new();
        for occurrence in self.uses(id) {
            let Some(node) = self.node(occurrence.span) else { continue };
            let value = match node.parent() {
                Some(p) if p.kind().ends_with("assignment") => field(p, "right"),
                // `__all__.append("f")`, `__all__.extend([...])`
                Some(p) if p.kind() == "attribute" => {
                    p.parent().filter(|c| c.kind() == "call").and_then(|c| field(c, "arguments"))
                }
                _ => None,
            };
            out.extend(value.into_iter().flat_map(Node::subtree).filter(|n| n.kind() == "string"));
        }
        Some(out)
    }

    /// The modules of `from x import *`, in source order.
    pub(super) fn stars(&self) -> &[Source] {
        self.stars.get_or_init(|| {
            children(self.root())
                .flat_map(Node::subtree)
                .filter(|n| n.kind() == "import_from_statement")
                .filter(|n| children(*n).any(|c| c.kind() == "wildcard_import"))
                .filter_map(|n| field(n, "module_name"))
                .map(|n| module_source(n, self.text()))
                .collect()
        })
    }

    /// The class statements, in source order.
    pub(super) fn classes(&self) -> impl Iterator<Item = Node<'_>> {
        let all = self.classes.get_or_init(|| {
            let nodes = self.root().subtree().filter(|n| n.kind() == "class_definition");
            nodes.map(|n| n.id()).collect()
        });
        all.iter().filter_map(|id| self.root().with_id(*id))
    }

    /// The attributes that the methods of a class take from their first parameter, with their names.
    pub(super) fn self_attributes(&self, class: Node<'_>) -> Vec<(Node<'_>, &str)> {
        let all = self.taken.get_or_init(|| self.all_self_attributes());
        let list = all.get(&class.id()).map_or(&[][..], Vec::as_slice);
        let node = |id| self.root().with_id(id);
        list.iter().filter_map(|t| Some((node(t.attribute)?, self.of(node(t.name)?)))).collect()
    }

    fn all_self_attributes(&self) -> FxHashMap<usize, Vec<Taken>> {
        // The class of a method, where its first parameter is the receiver.
        let mut receivers: FxHashMap<BoundId, Option<usize>> = FxHashMap::default();
        let mut out: FxHashMap<usize, Vec<Taken>> = FxHashMap::default();
        for node in self.root().subtree().filter(|n| n.kind() == "attribute") {
            let (Some(object), Some(name)) = (field(node, "object"), field(node, "attribute"))
            else {
                continue;
            };
            let id = Some(object).filter(|o| o.kind() == "identifier");
            let Some(id) = id.and_then(|o| self.meaning(o)) else { continue };
            let class = *receivers.entry(id).or_insert_with(|| self.receiver(id));
            if let Some(class) = class {
                let taken = Taken { attribute: node.id(), name: name.id() };
                out.entry(class).or_default().push(taken);
            }
        }
        out
    }

    /// The class whose instance, or which itself, a name is as the first parameter of a method.
    fn receiver(&self, id: BoundId) -> Option<usize> {
        let bound = self.names.get(id);
        if bound.kind != BoundKind::Parameter {
            return None;
        }
        let method = self.node(bound.declared).and_then(function_of)?;
        let class = class_of(method)?;
        let first = field(method, "parameters").and_then(|p| named(p).first().copied())?;
        let is_first =
            first.start_byte() <= bound.declared.start && bound.declared.end <= first.end_byte();
        let def = Def { unit: self, node: method };
        (is_first && !def.has_decorator(&["staticmethod"])).then_some(class.id())
    }
}

impl Index {
    fn new(names: &Bindings) -> Self {
        let mut own = FxHashMap::default();
        for (id, bound) in (0..).map(BoundId).zip(&names.bound) {
            own.entry((bound.scope, Box::from(bound.name.as_str()))).or_insert(id);
        }
        let mut uses: FxHashMap<BoundId, Vec<u32>> = FxHashMap::default();
        for (at, occurrence) in (0..).zip(&names.occurrences) {
            if let Some(id) = occurrence.bound {
                uses.entry(id).or_default().push(at);
            }
        }
        let scopes = (0..).map(ScopeId).zip(&names.scopes);
        let inner = scopes.filter(|(_, scope)| scope.kind != ScopeKind::File);
        // The last of several with one span.
        let scopes = inner.map(|(id, scope)| (scope.span, id)).collect();
        Self { own, uses, scopes }
    }
}
