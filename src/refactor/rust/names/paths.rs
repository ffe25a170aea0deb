//! Paths of types and values.

use super::walk::Walker;
use super::{PathRef, PathUse, Ty};
use crate::base::Span;
use crate::refactor::{Namespace, Role};
use crate::syntax::node::{field, named};
use crate::syntax::tree::Node;

impl Walker<'_> {
    /// A path of two or more segments.
    pub(super) fn path(&mut self, node: Node<'_>, namespace: Namespace) {
        self.path_arguments(node);
        let mut head = node;
        while let Some(path) = field(head, "path").or_else(|| {
            Some(head).filter(|h| h.kind() == "generic_type").and_then(|h| field(h, "type"))
        }) {
            head = path;
        }
        let qualifier = match head.kind() {
            "bracketed_type" => {
                self.visit_children(head);
                let inner = named(head).into_iter().next();
                let inner = inner.and_then(|i| match i.kind() {
                    "qualified_type" => field(i, "alias"),
                    _ => Some(i),
                });
                Some(inner.map_or(Ty::Other, |i| self.ty(i)))
            }
            "identifier" | "type_identifier" => {
                if self.text_of(head) != "Self" && !self.leads_absolute(node, head) {
                    self.refer(head, Namespace::Type, Role::Read);
                }
                None
            }
            _ => None,
        };
        let Some(path) = self.path_ref(node) else { return };
        self.names.paths.push(PathUse { path, namespace, qualifier });
    }

    /// True for `::name::…`.
    fn leads_absolute(&self, node: Node<'_>, head: Node<'_>) -> bool {
        self.text_of(node).starts_with("::") && self.span(head).start >= self.span(node).start + 2
    }

    fn path_arguments(&mut self, node: Node<'_>) {
        for child in named(node) {
            match child.kind() {
                "type_arguments" => self.visit(child),
                "generic_type" | "scoped_identifier" | "scoped_type_identifier" => {
                    self.path_arguments(child);
                }
                _ => {}
            }
        }
    }

    /// The path a node is, without its generic arguments; `None` when its head is no name.
    pub(super) fn path_ref(&self, node: Node<'_>) -> Option<PathRef> {
        let mut segments = Vec::new();
        let mut at = Some(node);
        while let Some(node) = at {
            match node.kind() {
                "scoped_identifier" | "scoped_type_identifier" | "scoped_use_list" => {
                    if let Some(name) = field(node, "name") {
                        segments.push(self.span(name));
                    }
                    at = field(node, "path");
                    if at.is_none() {
                        segments.push(Span::at(self.span(node).start));
                    }
                }
                "generic_type" => at = field(node, "type"),
                "generic_type_with_turbofish" => at = field(node, "type"),
                "generic_function" => at = field(node, "function"),
                "identifier" | "type_identifier" | "self" | "super" | "crate" | "metavariable" => {
                    segments.push(self.span(node));
                    at = None;
                }
                "bracketed_type" => at = None,
                _ => return None,
            }
        }
        segments.reverse();
        (!segments.is_empty()).then_some(PathRef { segments, scope: self.scope })
    }
}
