//! The walk through statements and expressions.

use super::super::{Member, MemberUse, Origin, Ty};
use super::Walker;
use crate::base::Span;
use crate::refactor::{BoundKind, Namespace, Role, ScopeKind};
use crate::syntax::node::{children, field, named};
use crate::syntax::tree::Node;

impl<'s> Walker<'s> {
    /// The names of a `let` are bound from its end on, in a scope of their own: the next one may shadow them.
    pub(super) fn let_declaration(&mut self, node: Node<'_>) {
        for name in ["type", "value", "alternative"] {
            self.visit_field(node, name);
        }
        for child in named(node).into_iter().filter(|c| c.kind() == "attribute_item") {
            self.attribute(child);
        }
        let origin = match (field(node, "type"), field(node, "value")) {
            (Some(ty), _) => match self.ty(ty) {
                Ty::Other => field(node, "value").map_or(Origin::Unknown, |v| self.origin(v)),
                ty => Origin::Typed(ty),
            },
            (None, Some(value)) => self.origin(value),
            (None, None) => Origin::Unknown,
        };
        let from = self.span(node).end;
        let end = node.parent().map_or(from, |p| self.span(p).end);
        self.open(ScopeKind::Block, Span { start: from, end: end.max(from) }, false);
        if let Some(pattern) = field(node, "pattern") {
            let whole = self.span(node);
            let attributes = self.attributes_before(node);
            self.conditional = attributes.iter().any(|a| self.str(*a).starts_with("#[cfg("));
            self.pattern(pattern, BoundKind::Variable, whole, &origin);
            self.conditional = false;
        }
    }

    /// A condition; the names that its `let`s bind are bound in the current scope afterwards.
    pub(super) fn condition(&mut self, node: Node<'_>) {
        match node.kind() {
            "let_chain" => {
                for part in named(node) {
                    self.condition(part);
                }
            }
            "let_condition" => {
                self.visit_field(node, "value");
                let origin = field(node, "value").map_or(Origin::Unknown, |v| self.origin(v));
                let (whole, end) =
                    (self.span(node), self.names.bindings.scope(self.scope).span.end);
                let from = whole.end;
                // Each has a scope of its own: `let Some(x) = x && let Some(x) = x.next()`.
                self.open(ScopeKind::Block, Span { start: from, end: end.max(from) }, false);
                if let Some(pattern) = field(node, "pattern") {
                    self.pattern(pattern, BoundKind::Variable, whole, &origin);
                }
            }
            _ => self.visit(node),
        }
    }

    pub(super) fn if_expression(&mut self, node: Node<'_>) {
        let span = self.span(node);
        let end = field(node, "consequence").map_or(span.end, |c| self.span(c).end);
        let around = self.open(ScopeKind::Block, Span { start: span.start, end }, false);
        if let Some(condition) = field(node, "condition") {
            self.condition(condition);
        }
        self.visit_field(node, "consequence");
        self.scope = around;
        self.visit_field(node, "alternative");
    }

    pub(super) fn looped(&mut self, node: Node<'_>) {
        let around = self.open(ScopeKind::Block, self.span(node), false);
        if let Some(label) = children(node).find(|c| c.kind() == "label") {
            self.bind_label(label, node);
        }
        if let Some(condition) = field(node, "condition") {
            self.condition(condition);
        }
        if let (Some(pattern), Some(value)) = (field(node, "pattern"), field(node, "value")) {
            self.visit(value);
            let origin = Origin::Element(Box::new(self.origin(value)));
            let span = Span { start: self.span(value).end, end: self.span(node).end };
            self.open(ScopeKind::Block, span, false);
            let whole = self.span(pattern);
            self.pattern(pattern, BoundKind::Variable, whole, &origin);
        }
        self.visit_field(node, "body");
        self.scope = around;
    }

    pub(super) fn match_arm(&mut self, node: Node<'_>) {
        let around = self.open(ScopeKind::Block, self.span(node), false);
        for child in named(node) {
            match (child.kind(), child.field()) {
                ("match_pattern", _) => {
                    let value =
                        node.parent().and_then(|b| b.parent()).and_then(|m| field(m, "value"));
                    let origin = value.map_or(Origin::Unknown, |v| self.origin(v));
                    self.match_pattern(child, &origin);
                }
                _ => self.visit(child),
            }
        }
        self.scope = around;
    }

    /// The pattern and guard of an arm.
    pub(in crate::refactor::rust::names) fn match_pattern(
        &mut self,
        node: Node<'_>,
        origin: &Origin,
    ) {
        let whole = self.span(node);
        for child in named(node) {
            if child.field() == Some("condition") {
                self.condition(child);
            } else {
                self.pattern(child, BoundKind::Variable, whole, origin);
            }
        }
    }

    pub(super) fn call(&mut self, node: Node<'_>) {
        if let Some(function) = field(node, "function") {
            self.callee(function);
        }
        self.visit_field(node, "arguments");
    }

    pub(super) fn callee(&mut self, node: Node<'_>) {
        match node.kind() {
            "field_expression" => self.field_expression(node, MemberUse::Call),
            "generic_function" => {
                if let Some(function) = field(node, "function") {
                    self.callee(function);
                }
                self.visit_field(node, "type_arguments");
            }
            "scoped_identifier" => self.path(node, Namespace::Value),
            _ => self.visit(node),
        }
    }

    pub(super) fn field_expression(&mut self, node: Node<'_>, kind: MemberUse) {
        let (Some(value), Some(name)) = (field(node, "value"), field(node, "field")) else {
            return self.visit_children(node);
        };
        self.visit(value);
        if name.kind() == "field_identifier" {
            let (span, receiver) = (self.span(name), self.origin(value));
            let scope = self.scope;
            self.names.members.push(Member { span, receiver, kind, scope });
        }
    }

    pub(super) fn struct_expression(&mut self, node: Node<'_>) {
        let Some(name) = field(node, "name") else { return self.visit_children(node) };
        self.visit(name);
        let receiver = self.value_of_type(name);
        let Some(body) = field(node, "body") else { return };
        for child in named(body) {
            match child.kind() {
                "field_initializer" => {
                    if let Some(member) =
                        field(child, "field").filter(|f| f.kind() != "integer_literal")
                    {
                        self.literal_member(member, &receiver);
                    }
                    self.visit_field(child, "value");
                }
                "shorthand_field_initializer" => {
                    if let Some(member) = inner_identifier(child) {
                        self.literal_member(member, &receiver);
                    }
                    self.visit(child);
                }
                _ => self.visit(child),
            }
        }
    }

    pub(in crate::refactor::rust::names) fn literal_member(
        &mut self,
        name: Node<'_>,
        receiver: &Origin,
    ) {
        let (span, scope) = (self.span(name), self.scope);
        let receiver = receiver.clone();
        let kind = MemberUse::Literal;
        self.names.members.push(Member { span, receiver, kind, scope });
    }

    pub(super) fn assignment(&mut self, node: Node<'_>) {
        let compound = node.kind() == "compound_assignment_expr";
        let role = if compound { Role::ReadWrite } else { Role::Write };
        if let Some(left) = field(node, "left") {
            match left.kind() {
                "identifier" => self.refer(left, Namespace::Value, role),
                "tuple_expression" => {
                    for part in named(left) {
                        match part.kind() {
                            "identifier" => self.refer(part, Namespace::Value, role),
                            _ => self.visit(part),
                        }
                    }
                }
                // `x.a = 1`, `x[i] = 1`: `x` is changed.
                _ => {
                    let root = place_root(left);
                    if let Some(root) = root {
                        self.refer(root, Namespace::Value, Role::ReadWrite);
                    }
                    self.visit(left);
                }
            }
        }
        self.visit_field(node, "right");
    }

    pub(super) fn reference(&mut self, node: Node<'_>) {
        let mutable = children(node).any(|c| c.kind() == "mutable_specifier");
        if let Some(root) = field(node, "value").and_then(place_root).filter(|_| mutable) {
            self.refer(root, Namespace::Value, Role::ReadWrite);
        }
        self.visit_field(node, "value");
    }
}

/// The variable at the bottom of a place expression.
fn place_root(node: Node<'_>) -> Option<Node<'_>> {
    match node.kind() {
        "identifier" => Some(node),
        "field_expression" => field(node, "value").and_then(place_root),
        "index_expression" | "parenthesized_expression" | "unary_expression" => {
            named(node).into_iter().next().and_then(place_root)
        }
        _ => None,
    }
}

pub(super) fn inner_identifier(node: Node<'_>) -> Option<Node<'_>> {
    if node.kind() == "identifier" {
        return Some(node);
    }
    named(node).into_iter().find(|c| c.kind() == "identifier")
}
