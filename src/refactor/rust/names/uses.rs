//! `use` declarations, flattened to one leaf a name.

use super::walk::Walker;
use super::{Origin, PathUse, UseLeaf};
use crate::base::Span;
use crate::refactor::{BoundKind, Namespace};
use crate::syntax::node::{field, named};
use crate::syntax::tree::Node;

/// The declaration that a leaf is in.
#[derive(Clone, Copy)]
struct Whole {
    span: Span,
    public: bool,
}

impl Walker<'_> {
    pub(super) fn use_declaration(&mut self, node: Node<'_>) {
        let Some(argument) = field(node, "argument") else { return };
        let public = named(node).iter().any(|c| c.kind() == "visibility_modifier");
        let whole = Whole { span: self.span(node), public };
        self.use_tree(argument, &mut Vec::new(), whole);
    }

    fn use_tree(&mut self, node: Node<'_>, prefix: &mut Vec<Span>, whole: Whole) {
        let depth = prefix.len();
        match node.kind() {
            "scoped_use_list" => {
                if let Some(path) = field(node, "path") {
                    self.segments(path, prefix);
                } else if self.text_of(node).starts_with("::") {
                    prefix.push(Span::at(self.span(node).start));
                }
                if let Some(list) = field(node, "list") {
                    self.use_tree(list, prefix, whole);
                }
            }
            "use_list" => {
                for part in named(node) {
                    self.use_tree(part, prefix, whole);
                }
            }
            "use_as_clause" => {
                if let (Some(path), Some(alias)) = (field(node, "path"), field(node, "alias")) {
                    let is_self = path.kind() == "self" && !prefix.is_empty();
                    if !is_self {
                        self.segments(path, prefix);
                    }
                    self.leaf(prefix, Some(self.span(alias)), is_self, self.span(node), whole);
                }
            }
            "use_wildcard" => {
                if let Some(path) = named(node).into_iter().next() {
                    self.segments(path, prefix);
                }
                self.glob(prefix, self.span(node), whole);
            }
            "self" if !prefix.is_empty() => {
                self.leaf(prefix, None, true, self.span(node), whole);
            }
            _ => {
                self.segments(node, prefix);
                self.leaf(prefix, None, false, self.span(node), whole);
            }
        }
        prefix.truncate(depth);
    }

    fn segments(&self, node: Node<'_>, into: &mut Vec<Span>) {
        if let Some(path) = self.path_ref(node) {
            into.extend(path.segments);
        }
    }

    fn glob(&mut self, segments: &[Span], leaf: Span, whole: Whole) {
        self.used(segments, None, true, false, leaf, whole);
    }

    fn leaf(
        &mut self,
        segments: &[Span],
        alias: Option<Span>,
        is_self: bool,
        leaf: Span,
        whole: Whole,
    ) {
        self.used(segments, alias, false, is_self, leaf, whole);
    }

    fn used(
        &mut self,
        segments: &[Span],
        alias: Option<Span>,
        glob: bool,
        is_self: bool,
        leaf: Span,
        whole: Whole,
    ) {
        let Some(last) = segments.last().copied() else { return };
        let path = super::PathRef { segments: segments.to_vec(), scope: self.scope };
        let name = alias.unwrap_or(last);
        let nameless = matches!(self.str(name), "_" | "self" | "crate" | "super" | "Self" | "");
        let bound = (!glob && !nameless).then(|| {
            let namespace = if is_self { Namespace::Type } else { Namespace::Both };
            self.bind(name, whole.span, BoundKind::Import, namespace, Origin::Value(path.clone()))
        });
        let public = whole.public;
        let whole = whole.span;
        self.names.paths.push(PathUse {
            path: path.clone(),
            namespace: Namespace::Both,
            qualifier: None,
        });
        self.names.uses.push(UseLeaf { path, alias, glob, is_self, public, bound, leaf, whole });
    }
}
