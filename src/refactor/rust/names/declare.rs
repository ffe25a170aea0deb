//! Items and members: bound before their block is walked, since their order does not matter.

use super::walk::Walker;
use super::{Defined, DefinedKind, Origin, PathRef, Ty};
use crate::base::Span;
use crate::refactor::{BoundKind, Namespace, ScopeKind};
use crate::syntax::node::{field, named};
use crate::syntax::tree::Node;

impl Walker<'_> {
    /// Binds the items of a file, module or block.
    pub(super) fn declare_items(&mut self, list: Node<'_>) {
        for node in named(list) {
            self.declare_item(node);
        }
    }

    fn declare_item(&mut self, node: Node<'_>) {
        let name = field(node, "name");
        let (kind, namespace) = match node.kind() {
            "mod_item" => (BoundKind::Module, Namespace::Type),
            "function_item" | "function_signature_item" => (BoundKind::Function, Namespace::Value),
            "struct_item" => {
                let braces =
                    field(node, "body").is_some_and(|b| b.kind() == "field_declaration_list");
                (BoundKind::Class, if braces { Namespace::Type } else { Namespace::Both })
            }
            "enum_item" | "union_item" | "trait_item" => (BoundKind::Class, Namespace::Type),
            "type_item" => (BoundKind::Type, Namespace::Type),
            "const_item" | "static_item" => (BoundKind::Constant, Namespace::Value),
            "macro_definition" => (BoundKind::Macro, Namespace::Macro),
            "use_declaration" => return self.use_declaration(node),
            "extern_crate_declaration" => return self.extern_crate(node),
            "foreign_mod_item" => {
                if let Some(body) = field(node, "body") {
                    self.declare_items(body);
                }
                return;
            }
            "macro_invocation" => return self.declare_generated(node),
            "expression_statement" => {
                let inner = named(node).into_iter().next();
                let at_module = matches!(
                    self.names.bindings.scope(self.scope).kind,
                    ScopeKind::File | ScopeKind::Module
                );
                if let Some(inner) = inner.filter(|i| at_module && i.kind() == "macro_invocation") {
                    self.declare_generated(inner);
                }
                return;
            }
            _ => return,
        };
        let Some(name) = name.filter(|n| self.text_of(*n) != "_") else { return };
        let origin = match node.kind() {
            "function_item" | "function_signature_item" => Origin::Typed(self.returned(node)),
            "const_item" | "static_item" | "type_item" => {
                Origin::Typed(field(node, "type").map_or(Ty::Other, |t| self.ty(t)))
            }
            _ => Origin::Unknown,
        };
        let (name, whole) = (self.span(name), self.span(node));
        self.bind(name, whole, kind, namespace, origin);
    }

    fn extern_crate(&mut self, node: Node<'_>) {
        if let Some(name) = field(node, "alias").or_else(|| field(node, "name"))
            && self.text_of(name) != "_"
            && name.kind() == "identifier"
        {
            let (name, whole) = (self.span(name), self.span(node));
            self.bind(name, whole, BoundKind::Import, Namespace::Type, Origin::Unknown);
        }
    }

    /// What a function gives.
    pub(super) fn returned(&self, node: Node<'_>) -> Ty {
        // Awaiting is seen through: what an `async` function gives is treated as the value.
        field(node, "return_type").map_or(Ty::Other, |t| self.ty(t))
    }

    /// The attributes in front of an item.
    pub(super) fn attributes_before(&self, node: Node<'_>) -> Vec<Span> {
        let before = std::iter::successors(node.prev_sibling(), |n| n.prev_sibling());
        before
            .take_while(|n| n.kind() == "attribute_item" || n.is_extra())
            .filter(|n| n.kind() == "attribute_item")
            .map(|n| self.span(n))
            .collect()
    }

    /// The fields, variants and associated items of the class that was pushed last.
    pub(super) fn define_members(&mut self, node: Node<'_>) {
        let Some(body) = field(node, "body") else { return };
        for child in named(body) {
            self.define(child, None);
        }
    }

    fn define(&mut self, node: Node<'_>, variant: Option<Span>) {
        let class = self.names.classes.len() - 1;
        let (kind, ty) = match node.kind() {
            "field_declaration" => {
                (DefinedKind::Field, field(node, "type").map_or(Ty::Other, |t| self.ty(t)))
            }
            "enum_variant" => (DefinedKind::Variant, Ty::Other),
            "function_item" | "function_signature_item" => {
                (DefinedKind::Method, self.returned(node))
            }
            "const_item" => {
                (DefinedKind::Constant, field(node, "type").map_or(Ty::Other, |t| self.ty(t)))
            }
            "type_item" | "associated_type" => {
                (DefinedKind::Type, field(node, "type").map_or(Ty::Other, |t| self.ty(t)))
            }
            _ => return,
        };
        let Some(name) = field(node, "name") else { return };
        let public = named(node).iter().any(|c| c.kind() == "visibility_modifier");
        let defined = Defined {
            name: self.span(name),
            kind,
            class,
            variant,
            ty,
            whole: self.span(node),
            attributes: self.attributes_before(node),
            public,
        };
        let name = defined.name;
        self.names.defined.push(defined);
        if let Some(body) = field(node, "body").filter(|_| kind == DefinedKind::Variant) {
            for child in named(body) {
                self.define(child, Some(name));
            }
        }
    }

    /// The type a node is.
    pub(super) fn ty(&self, node: Node<'_>) -> Ty {
        match node.kind() {
            "type_identifier" | "scoped_type_identifier" | "identifier" | "scoped_identifier" => {
                self.path_ref(node).map_or(Ty::Other, |path| Ty::Path { path, args: Vec::new() })
            }
            "generic_type" => {
                let args = field(node, "type_arguments").map_or_else(Vec::new, named);
                let args = args.into_iter().filter(|a| a.kind() != "lifetime");
                let args = args.map(|a| self.ty(a)).collect();
                self.path_ref(node).map_or(Ty::Other, |path| Ty::Path { path, args })
            }
            "reference_type" | "pointer_type" => {
                Ty::Ref(Box::new(field(node, "type").map_or(Ty::Other, |t| self.ty(t))))
            }
            "array_type" => {
                Ty::List(Box::new(field(node, "element").map_or(Ty::Other, |t| self.ty(t))))
            }
            "tuple_type" => Ty::Tuple(named(node).into_iter().map(|t| self.ty(t)).collect()),
            "primitive_type" | "unit_type" | "never_type" => Ty::Primitive,
            "dynamic_type" | "abstract_type" => {
                field(node, "trait").and_then(|t| self.bare_path(t)).map_or(Ty::Other, Ty::Dyn)
            }
            _ => Ty::Other,
        }
    }

    /// The first bound of `impl A + B`.
    fn bare_path(&self, node: Node<'_>) -> Option<PathRef> {
        match node.kind() {
            "bounded_type" => named(node).into_iter().next().and_then(|n| self.bare_path(n)),
            "type_identifier" | "scoped_type_identifier" | "generic_type" => self.path_ref(node),
            _ => None,
        }
    }
}
