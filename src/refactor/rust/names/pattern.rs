//! Patterns: what they bind, and which of their identifiers are constants.

use super::walk::Walker;
use super::{Origin, Shorthand};
use crate::base::Span;
use crate::refactor::{BoundKind, Namespace, Role};
use crate::syntax::node::{field, named};
use crate::syntax::tree::Node;

impl Walker<'_> {
    /// Binds the names of a pattern in the current scope. `whole` is the statement or parameter around it.
    pub(super) fn pattern(
        &mut self,
        node: Node<'_>,
        kind: BoundKind,
        whole: Span,
        origin: &Origin,
    ) {
        match node.kind() {
            "identifier" => self.pattern_identifier(node, kind, whole, origin),
            "scoped_identifier"
            | "scoped_type_identifier"
            | "generic_pattern"
            | "macro_invocation"
            | "const_block"
            | "range_pattern" => self.pattern_value(node),
            "tuple_struct_pattern" => {
                let ty = field(node, "type");
                if let Some(ty) = ty {
                    match ty.kind() {
                        "identifier" => self.refer(ty, Namespace::Value, Role::Read),
                        _ => self.pattern_value(ty),
                    }
                }
                let parts: Vec<Node<'_>> =
                    named(node).into_iter().filter(|c| c.field() != Some("type")).collect();
                let wraps = ty.is_some_and(|t| matches!(self.text_of(t), "Some" | "Ok" | "Err"));
                let ok = ty.is_some_and(|t| matches!(self.text_of(t), "Some" | "Ok"));
                for (at, part) in parts.into_iter().enumerate() {
                    let origin = match ty {
                        _ if ok => Origin::Inner(Box::new(origin.clone())),
                        Some(ty) if !wraps => match u32::try_from(at) {
                            Ok(at) => Origin::Index(Box::new(self.value_of_type(ty)), at),
                            Err(_) => Origin::Unknown,
                        },
                        _ => Origin::Unknown,
                    };
                    self.pattern(part, kind, whole, &origin);
                }
            }
            "struct_pattern" => self.struct_pattern(node, kind, whole),
            "tuple_pattern" => {
                for (at, part) in named(node).into_iter().enumerate() {
                    let at = u32::try_from(at).unwrap_or(u32::MAX);
                    let origin = Origin::Index(Box::new(origin.clone()), at);
                    self.pattern(part, kind, whole, &origin);
                }
            }
            "slice_pattern" => {
                for part in named(node) {
                    let origin = Origin::Element(Box::new(origin.clone()));
                    self.pattern(part, kind, whole, &origin);
                }
            }
            "ref_pattern" | "mut_pattern" | "reference_pattern" | "parenthesized_pattern" => {
                for part in named(node) {
                    match part.kind() {
                        // `mut x` and `ref x` bind, whatever x is elsewhere.
                        "identifier" if node.kind() != "reference_pattern" => {
                            self.bind_variable(part, kind, whole, origin);
                        }
                        "mutable_specifier" => {}
                        _ => self.pattern(part, kind, whole, origin),
                    }
                }
            }
            "captured_pattern" => {
                for (at, part) in named(node).into_iter().enumerate() {
                    if at == 0 {
                        self.bind_variable(part, kind, whole, origin);
                    } else {
                        self.pattern(part, kind, whole, origin);
                    }
                }
            }
            "or_pattern" => self.or_pattern(node, kind, whole, origin),
            "mutable_specifier" | "remaining_field_pattern" => {}
            _ => {
                for part in named(node) {
                    self.pattern(part, kind, whole, &Origin::Unknown);
                }
            }
        }
    }

    /// `A(x) | B(x)`: the same `x` twice.
    fn or_pattern(&mut self, node: Node<'_>, kind: BoundKind, whole: Span, origin: &Origin) {
        for part in named(node) {
            self.pattern(part, kind, whole, origin);
        }
    }

    fn pattern_identifier(
        &mut self,
        node: Node<'_>,
        kind: BoundKind,
        whole: Span,
        origin: &Origin,
    ) {
        let name = self.text_of(node);
        let known = self.lookup(name, Namespace::Value);
        let item = known
            .filter(|k| !self.names.local[k.0 as usize])
            .map(|k| self.names.bindings.get(k).kind);
        let constant = match item {
            Some(BoundKind::Constant | BoundKind::Class) => true,
            Some(BoundKind::Import) => starts_upper(name),
            Some(_) => false,
            None => starts_upper(name),
        };
        if constant {
            self.refer(node, Namespace::Value, Role::Read);
        } else {
            self.bind_variable(node, kind, whole, origin);
        }
    }

    fn bind_variable(&mut self, node: Node<'_>, kind: BoundKind, whole: Span, origin: &Origin) {
        let span = self.span(node);
        let name = self.str(span);
        // Bound by this very pattern already: the other side of an or-pattern.
        let same = self.lookup(name, Namespace::Value).filter(|id| {
            let bound = self.names.bindings.get(*id);
            let own = bound.scope == self.scope && bound.whole == whole;
            (own || self.conditional && self.conditionals.contains(id))
                && self.names.local[id.0 as usize]
        });
        if let Some(id) = same {
            return self.occur(span, Role::Bind, Some(id));
        }
        let id = self.bind(span, whole, kind, Namespace::Value, origin.clone());
        if self.conditional {
            self.conditionals.insert(id);
        }
    }

    fn pattern_value(&mut self, node: Node<'_>) {
        match node.kind() {
            "range_pattern" => {
                for part in named(node) {
                    self.visit(part);
                }
            }
            _ => self.visit(node),
        }
    }

    fn struct_pattern(&mut self, node: Node<'_>, kind: BoundKind, whole: Span) {
        let Some(ty) = field(node, "type") else { return };
        self.visit(ty);
        let receiver = self.value_of_type(ty);
        for part in named(node).into_iter().filter(|c| c.kind() == "field_pattern") {
            let Some(name) = field(part, "name") else { continue };
            let span = self.span(name);
            if name.kind() != "integer_literal" {
                self.literal_member(name, &receiver);
            }
            let origin = Origin::Field(Box::new(receiver.clone()), span);
            match field(part, "pattern") {
                Some(pattern) => self.pattern(pattern, kind, whole, &origin),
                None => {
                    let part = self.span(part);
                    self.names.shorthand.insert(span.start, Shorthand::Pattern { whole: part });
                    self.bind_variable(name, kind, whole, &origin);
                }
            }
        }
    }
}

fn starts_upper(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}
