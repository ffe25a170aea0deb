//! The walk over a file's tree.

mod expressions;

use expressions::inner_identifier;

use std::collections::{HashMap, HashSet};

use super::{Class, ClassKind, MemberUse, Names, Origin, Shorthand, Token, TokenPlace, Ty};
use crate::base::Span;
use crate::refactor::{
    Bindings, Bound, BoundId, BoundKind, Namespace, Occurrence, Role, Scope, ScopeId, ScopeKind,
};
use crate::syntax::Parsed;
use crate::syntax::node::{children, field, named};
use crate::syntax::tree::Node;

/// Where the walk stands. Nodes may come from a piece parsed on its own; `shift` leads from their offsets to
/// those of the file.
pub(super) struct Walker<'s> {
    pub(super) text: &'s str,
    pub(super) shift: isize,
    pub(super) scope: ScopeId,
    /// Depth of pieces within pieces.
    pub(super) depth: usize,
    pub(super) names: Names,
    /// Within a `let` that only some builds have: of several of a name each build sees one.
    pub(super) conditional: bool,
    pub(super) conditionals: HashSet<BoundId>,
    known: Vec<HashMap<String, Vec<BoundId>>>,
}

pub(super) fn names(parsed: &Parsed) -> Names {
    let root = parsed.root();
    let mut walker = Walker {
        text: parsed.text(),
        shift: 0,
        scope: ScopeId(0),
        depth: 0,
        names: Names { bindings: Bindings::default(), ..Names::default() },
        conditional: false,
        conditionals: HashSet::new(),
        known: Vec::new(),
    };
    walker.names.bindings.scopes.push(Scope {
        kind: ScopeKind::File,
        span: Span::new(0, parsed.text().len()),
        parent: None,
        dynamic: None,
    });
    walker.names.barriers.push(true);
    walker.known.push(HashMap::new());
    walker.declare_items(root);
    walker.visit_children(root);
    let mut names = walker.names;
    names.bindings.occurrences.sort_by_key(|o| o.span);
    names.bindings.occurrences.dedup_by_key(|o| o.span);
    for (at, bound) in names.bindings.bound.iter().enumerate() {
        let id = BoundId(u32::try_from(at).unwrap_or(u32::MAX));
        names.by_name.entry(bound.name.clone()).or_default().push(id);
    }
    names
}

impl<'s> Walker<'s> {
    pub(super) fn span(&self, node: Node<'_>) -> Span {
        let move_by = |at: usize| at.saturating_add_signed(self.shift);
        Span { start: move_by(node.start_byte()), end: move_by(node.end_byte()) }
    }

    pub(super) fn str(&self, span: Span) -> &'s str {
        span.of(self.text).unwrap_or("")
    }

    pub(super) fn text_of(&self, node: Node<'_>) -> &'s str {
        self.str(self.span(node))
    }

    /// Opens a scope; the answer is the one around it, to go back to.
    pub(super) fn open(&mut self, kind: ScopeKind, span: Span, barrier: bool) -> ScopeId {
        let around = self.scope;
        let id = ScopeId(u32::try_from(self.names.bindings.scopes.len()).unwrap_or(u32::MAX));
        let parent = Some(around);
        self.names.bindings.scopes.push(Scope { kind, span, parent, dynamic: None });
        self.names.barriers.push(barrier);
        self.known.push(HashMap::new());
        self.scope = id;
        around
    }

    pub(super) fn bind(
        &mut self,
        declared: Span,
        whole: Span,
        kind: BoundKind,
        namespace: Namespace,
        origin: Origin,
    ) -> BoundId {
        let id = BoundId(u32::try_from(self.names.bindings.bound.len()).unwrap_or(u32::MAX));
        let name = self.str(declared).trim_start_matches("r#").to_owned();
        self.known[self.scope.0 as usize].entry(name.clone()).or_default().push(id);
        let scope = self.scope;
        self.names.bindings.bound.push(Bound { name, kind, namespace, scope, declared, whole });
        self.names.origins.push(origin);
        let local = matches!(kind, BoundKind::Parameter | BoundKind::Variable | BoundKind::Label);
        self.names.local.push(local);
        self.occur(declared, Role::Bind, Some(id));
        id
    }

    /// As [`Walker::bind`], of a generic parameter or lifetime.
    fn bind_generic(&mut self, name: Node<'_>, whole: Node<'_>, kind: BoundKind, ns: Namespace) {
        let bounds = field(whole, "bounds").and_then(|b| self.first_bound(b));
        let (name, whole) = (self.span(name), self.span(whole));
        let id = self.bind(name, whole, kind, ns, bounds.map_or(Origin::Unknown, Origin::Typed));
        self.names.local[id.0 as usize] = true;
    }

    fn first_bound(&self, bounds: Node<'_>) -> Option<Ty> {
        let mut parts = named(bounds).into_iter();
        parts
            .find_map(|p| if p.kind() == "lifetime" { None } else { self.path_ref(p) })
            .map(Ty::Dyn)
    }

    /// `where T: Trait` tells of a generic parameter what its own bounds may not.
    fn where_clause(&mut self, clause: Node<'_>) {
        for predicate in named(clause) {
            let (Some(left), Some(bounds)) = (field(predicate, "left"), field(predicate, "bounds"))
            else {
                continue;
            };
            let Some(id) = self.lookup(self.text_of(left), Namespace::Type) else { continue };
            let at = id.0 as usize;
            if self.names.local[at] && self.names.origins[at] == Origin::Unknown {
                let bound = self.first_bound(bounds);
                self.names.origins[at] = bound.map_or(Origin::Unknown, Origin::Typed);
            }
        }
        self.visit_children(clause);
    }

    pub(super) fn occur(&mut self, span: Span, role: Role, bound: Option<BoundId>) {
        let scope = self.scope;
        self.names.bindings.occurrences.push(Occurrence { span, role, bound, scope });
    }

    pub(super) fn lookup(&self, name: &str, namespace: Namespace) -> Option<BoundId> {
        let name = name.trim_start_matches("r#");
        let bindings = &self.names.bindings;
        let mut items_only = false;
        let mut at = Some(self.scope);
        while let Some(id) = at {
            let fits = |bound: &&BoundId| {
                let hidden = items_only && self.names.local[bound.0 as usize];
                !hidden && bindings.get(**bound).namespace.meets(namespace)
            };
            let found = self.known[id.0 as usize].get(name).and_then(|list| {
                let mut fitting = list.iter().filter(fits);
                let own = |b: &&BoundId| bindings.get(**b).kind != BoundKind::Import;
                fitting.clone().find(own).or_else(|| fitting.next())
            });
            if let Some(found) = found {
                return Some(*found);
            }
            let scope = bindings.scope(id);
            if scope.kind == ScopeKind::Module && namespace != Namespace::Macro {
                return None;
            }
            items_only |= self.names.barriers[id.0 as usize];
            at = scope.parent;
        }
        None
    }

    /// An identifier that is read, or more.
    pub(super) fn refer(&mut self, node: Node<'_>, namespace: Namespace, role: Role) {
        let span = self.span(node);
        let bound = self.lookup(self.str(span), namespace);
        if bound.is_none() {
            self.names.unbound.insert(span.start, namespace);
        }
        self.occur(span, role, bound);
    }

    pub(super) fn visit_children(&mut self, node: Node<'_>) {
        for child in node.children().filter(|c| c.is_named()) {
            self.visit(child);
        }
    }

    fn visit_field(&mut self, node: Node<'_>, name: &str) {
        if let Some(child) = field(node, name) {
            self.visit(child);
        }
    }

    /// Visits a node whose names are looked up in the current scope.
    pub(super) fn visit(&mut self, node: Node<'_>) {
        match node.kind() {
            "line_comment"
            | "block_comment"
            | "visibility_modifier"
            | "primitive_type"
            | "metavariable"
            | "self"
            | "crate"
            | "super"
            | "field_identifier" => {}
            "mod_item" => self.module(node),
            "foreign_mod_item" => self.visit_field(node, "body"),
            "struct_item" | "union_item" | "enum_item" | "trait_item" | "impl_item"
            | "type_item" | "associated_type" => self.class(node),
            "function_item" | "function_signature_item" => self.function(node),
            "const_item" | "static_item" => {
                self.visit_field(node, "type");
                self.visit_field(node, "value");
                self.attributes_in(node);
            }
            "use_declaration" | "extern_crate_declaration" => {}
            "macro_definition" => self.macro_definition(node),
            "macro_invocation" => self.invocation(node),
            "attribute_item" | "inner_attribute_item" => self.attribute(node),
            "closure_expression" => self.closure(node),
            "block" => self.block(node),
            "let_declaration" => self.let_declaration(node),
            "if_expression" => self.if_expression(node),
            "while_expression" | "loop_expression" | "for_expression" => self.looped(node),
            "match_arm" => self.match_arm(node),
            "identifier" | "shorthand_field_initializer" => self.identifier(node),
            "type_identifier" => self.type_identifier(node),
            "lifetime" => self.lifetime(node),
            "label" => self.label_use(node),
            "scoped_identifier" | "scoped_type_identifier" => {
                let value = node.kind() == "scoped_identifier";
                let namespace = if value { Namespace::Value } else { Namespace::Type };
                self.path(node, namespace);
            }
            "type_binding" => {
                if let Some(name) = field(node, "name") {
                    let span = self.span(name);
                    self.token(span, TokenPlace::TypeBinding);
                }
                self.visit_field(node, "type");
                self.visit_field(node, "type_arguments");
            }
            "call_expression" => self.call(node),
            "field_expression" => self.field_expression(node, MemberUse::Field),
            "struct_expression" => self.struct_expression(node),
            "assignment_expression" | "compound_assignment_expr" => self.assignment(node),
            "reference_expression" => self.reference(node),
            "higher_ranked_trait_bound" | "function_type" => {
                let around = self.open(ScopeKind::Block, self.span(node), false);
                self.generics(node);
                self.visit_children(node);
                self.scope = around;
            }
            "type_parameters" => self.bounds(node),
            "where_clause" => self.where_clause(node),
            "let_condition" | "let_chain" => self.condition(node),
            "for_lifetimes" => {}
            // Patterns outside of their places (`matches!`) come through `pattern`.
            _ => self.visit_children(node),
        }
    }

    fn identifier(&mut self, node: Node<'_>) {
        let Some(name) = inner_identifier(node) else { return self.visit_children(node) };
        if node.kind() == "shorthand_field_initializer" {
            self.names.shorthand.insert(self.span(name).start, Shorthand::Expression);
        }
        self.refer(name, Namespace::Value, Role::Read);
    }

    fn type_identifier(&mut self, node: Node<'_>) {
        let name = self.text_of(node);
        let constant = self.lookup(name, Namespace::Type).is_none()
            && node.parent().is_some_and(|p| p.kind() == "type_arguments")
            && self.lookup(name, Namespace::Value).is_some();
        if name != "Self" {
            let namespace = if constant { Namespace::Value } else { Namespace::Type };
            self.refer(node, namespace, Role::Read);
        }
    }

    fn lifetime(&mut self, node: Node<'_>) {
        let Some(name) = named(node).into_iter().next() else { return };
        let text = self.text_of(name);
        if text == "static" || text == "_" {
            return;
        }
        let bound = self.lookup_label(text, BoundKind::Type);
        let span = self.span(name);
        self.occur(span, Role::Read, bound);
    }

    fn label_use(&mut self, node: Node<'_>) {
        let Some(name) = named(node).into_iter().next() else { return };
        let bound = self.lookup_label(self.text_of(name), BoundKind::Label);
        let span = self.span(name);
        self.occur(span, Role::Read, bound);
    }

    fn lookup_label(&self, name: &str, kind: BoundKind) -> Option<BoundId> {
        let bindings = &self.names.bindings;
        bindings.chain(self.scope).find_map(|id| {
            let list = self.known[id.0 as usize].get(name)?;
            let fits = |b: &&BoundId| {
                let bound = bindings.get(**b);
                bound.namespace == Namespace::Label && bound.kind == kind
            };
            list.iter().find(fits).copied()
        })
    }

    fn module(&mut self, node: Node<'_>) {
        let Some(body) = field(node, "body") else { return };
        let around = self.open(ScopeKind::Module, self.span(body), true);
        self.declare_items(body);
        self.visit_children(body);
        self.scope = around;
    }

    fn class(&mut self, node: Node<'_>) {
        self.attributes_in(node);
        // The types of an `impl` see its generics.
        let inner = node.parent().is_some_and(|p| p.kind() == "declaration_list")
            && self.names.bindings.scope(self.scope).kind == ScopeKind::Class;
        let outer = self.open(ScopeKind::Class, self.span(node), !inner);
        self.generics(node);
        let name = field(node, "name").map(|n| self.span(n));
        let kind = match (node.kind(), name) {
            ("impl_item", _) => Some(ClassKind::Impl {
                of: field(node, "trait").and_then(|t| self.path_ref(t)),
                ty: field(node, "type").map_or(Ty::Other, |t| self.ty(t)),
            }),
            ("trait_item", Some(name)) => Some(ClassKind::Trait(name)),
            ("struct_item" | "union_item", Some(name)) => Some(ClassKind::Struct(name)),
            ("enum_item", Some(name)) => Some(ClassKind::Enum(name)),
            _ => None,
        };
        if let Some(kind) = kind {
            let (scope, whole) = (self.scope, self.span(node));
            let attributes = self.attributes_before(node);
            self.names.classes.push(Class { scope, outer, kind, whole, attributes });
            self.define_members(node);
        }
        for child in named(node) {
            if child.field() == Some("name") {
                continue;
            }
            self.visit_body(child);
        }
        self.scope = outer;
    }

    /// The inside of a class: what defines names there is passed by.
    fn visit_body(&mut self, node: Node<'_>) {
        match node.kind() {
            "field_declaration" | "enum_variant" => {
                let around = self.scope;
                for child in named(node) {
                    if child.field() != Some("name") {
                        self.visit_body(child);
                    }
                }
                self.scope = around;
            }
            "field_declaration_list"
            | "ordered_field_declaration_list"
            | "enum_variant_list"
            | "declaration_list" => {
                for child in named(node) {
                    self.visit_body(child);
                }
            }
            _ => self.visit(node),
        }
    }

    /// Binds the generics of an item in the current scope.
    pub(super) fn generics(&mut self, node: Node<'_>) {
        let list = field(node, "type_parameters")
            .or_else(|| named(node).into_iter().find(|c| c.kind() == "for_lifetimes"));
        let Some(list) = list else { return };
        for parameter in named(list) {
            let name = field(parameter, "name");
            match (parameter.kind(), name) {
                ("lifetime_parameter", Some(name)) => {
                    if let Some(id) = named(name).into_iter().next() {
                        self.bind_generic(id, parameter, BoundKind::Type, Namespace::Label);
                    }
                }
                ("lifetime", _) => {
                    if let Some(id) = named(parameter).into_iter().next() {
                        self.bind_generic(id, parameter, BoundKind::Type, Namespace::Label);
                    }
                }
                ("type_parameter", Some(name)) => {
                    self.bind_generic(name, parameter, BoundKind::Type, Namespace::Type);
                }
                ("const_parameter", Some(name)) => {
                    self.bind_generic(name, parameter, BoundKind::Constant, Namespace::Value);
                }
                _ => {}
            }
        }
    }

    /// Bounds and defaults of generics, whose names are bound already.
    fn bounds(&mut self, list: Node<'_>) {
        for parameter in named(list) {
            for child in named(parameter) {
                if child.field() != Some("name") {
                    self.visit(child);
                }
            }
        }
    }

    fn function(&mut self, node: Node<'_>) {
        let in_class = node.parent().is_some_and(|p| p.kind() == "declaration_list")
            && self.names.bindings.scope(self.scope).kind == ScopeKind::Class;
        let around = self.open(ScopeKind::Function, self.span(node), !in_class);
        self.generics(node);
        for name in ["type_parameters", "return_type"] {
            self.visit_field(node, name);
        }
        for child in named(node).into_iter().filter(|c| c.kind() == "where_clause") {
            self.visit(child);
        }
        if let Some(parameters) = field(node, "parameters") {
            self.parameters(parameters);
        }
        self.visit_field(node, "body");
        self.scope = around;
    }

    fn parameters(&mut self, list: Node<'_>) {
        for parameter in named(list) {
            match parameter.kind() {
                "parameter" => {
                    let ty = field(parameter, "type");
                    if let Some(ty) = ty {
                        self.visit(ty);
                    }
                    let origin = ty.map_or(Origin::Unknown, |t| Origin::Typed(self.ty(t)));
                    if let Some(pattern) = field(parameter, "pattern") {
                        let whole = self.span(parameter);
                        self.pattern(pattern, BoundKind::Parameter, whole, &origin);
                    }
                }
                "attribute_item" => self.attribute(parameter),
                "self_parameter" | "variadic_parameter" => self.visit_children(parameter),
                _ if parameter.kind().ends_with("_type")
                    || parameter.kind() == "type_identifier" =>
                {
                    self.visit(parameter);
                }
                _ => {
                    let whole = self.span(parameter);
                    self.pattern(parameter, BoundKind::Parameter, whole, &Origin::Unknown);
                }
            }
        }
    }

    fn closure(&mut self, node: Node<'_>) {
        let around = self.open(ScopeKind::Function, self.span(node), false);
        if let Some(parameters) = field(node, "parameters") {
            self.parameters(parameters);
        }
        self.visit_field(node, "return_type");
        self.visit_field(node, "body");
        self.scope = around;
    }

    pub(super) fn block(&mut self, node: Node<'_>) {
        let around = self.open(ScopeKind::Block, self.span(node), false);
        if let Some(label) = children(node).find(|c| c.kind() == "label") {
            self.bind_label(label, node);
        }
        self.declare_items(node);
        for child in node.children().filter(|c| c.is_named() && c.kind() != "label") {
            self.visit(child);
        }
        self.scope = around;
    }

    fn bind_label(&mut self, label: Node<'_>, whole: Node<'_>) {
        if let Some(name) = named(label).into_iter().next() {
            let (name, whole) = (self.span(name), self.span(whole));
            self.bind(name, whole, BoundKind::Label, Namespace::Label, Origin::Unknown);
        }
    }

    pub(super) fn token(&mut self, span: Span, place: TokenPlace) {
        let scope = self.scope;
        self.names.tokens.push(Token { span, scope, place });
    }
}
