//! The scopes of a file of ECMAScript or TypeScript, and what every identifier in it means.
//!
//! Two passes over the flat tree: the first opens scopes and binds names (hoisting `var` and functions),
//! the second looks the other identifiers up. One name of one scope is one [`Bound`], however often
//! it is declared: overloads, merged interfaces, a type beside a value of the same name are renamed together.

use std::collections::HashMap;

use super::names::role::{self, Use};
use crate::base::Span;
use crate::refactor::{
    Bindings, Bound, BoundId, BoundKind, Namespace, Occurrence, Role, Scope, ScopeId, ScopeKind,
};
use crate::syntax::Parsed;
use crate::syntax::node::{ancestors, children, field, named, span, text_of};
use crate::syntax::tree::Node;

/// The names of a file, with the scope of every node.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) bindings: Bindings,
    /// By the id of a node: the scope that it stands in.
    around: Vec<ScopeId>,
}

impl Names {
    /// The scope that a node stands in; for the body of a function that is the one of its parameters.
    pub(super) fn around(&self, node: Node<'_>) -> ScopeId {
        self.around.get(node.id()).copied().unwrap_or(ScopeId(0))
    }

    /// What `name` would mean at a node.
    pub(super) fn look_up(
        &self,
        node: Node<'_>,
        name: &str,
        namespace: Namespace,
    ) -> Option<BoundId> {
        let mut chain = self.bindings.chain(self.around(node));
        chain.find_map(|scope| self.bindings.own(scope, name, namespace))
    }
}

/// See [`crate::refactor::bindings`].
pub(super) fn names(parsed: &Parsed) -> Names {
    let mut binder = Binder::new(parsed);
    binder.open_scopes(parsed.root());
    binder.resolve(parsed.root());
    let mut occurrences = std::mem::take(&mut binder.bindings.occurrences);
    occurrences.sort_by_key(|o| o.span);
    binder.bindings.occurrences = occurrences;
    Names { bindings: binder.bindings, around: binder.around }
}

struct Binder<'p> {
    text: &'p str,
    bindings: Bindings,
    around: Vec<ScopeId>,
    traits: Vec<Traits>,
    by_name: HashMap<(ScopeId, &'p str, bool), BoundId>,
}

/// What matters about a scope besides its [`Scope`].
#[derive(Clone, Copy, Default)]
struct Traits {
    /// Where `var` ends up.
    hoists: bool,
    strict: bool,
    /// Has an `arguments` of its own.
    arguments: bool,
    catches: bool,
}

const FUNCTIONS: [&str; 13] = [
    "function_declaration",
    "generator_function_declaration",
    "function_expression",
    "generator_function",
    "arrow_function",
    "method_definition",
    "function_signature",
    "method_signature",
    "abstract_method_signature",
    "function_type",
    "constructor_type",
    "call_signature",
    "construct_signature",
];

impl<'p> Binder<'p> {
    fn new(parsed: &'p Parsed) -> Self {
        Self {
            text: parsed.text(),
            bindings: Bindings::default(),
            around: Vec::new(),
            traits: Vec::new(),
            by_name: HashMap::new(),
        }
        .with_file(parsed)
    }

    fn with_file(mut self, parsed: &Parsed) -> Self {
        let root = parsed.root();
        let module = |n: Node<'_>| matches!(n.kind(), "import_statement" | "export_statement");
        let typed = parsed.language() != crate::base::Language::JavaScript;
        let strict = typed || named(root).into_iter().any(module) || is_strict(root, self.text);
        self.open(
            ScopeKind::File,
            root,
            None,
            Traits { hoists: true, strict, ..Traits::default() },
        );
        self
    }

    fn open(
        &mut self,
        kind: ScopeKind,
        node: Node<'_>,
        parent: Option<ScopeId>,
        traits: Traits,
    ) -> ScopeId {
        let id = ScopeId(u32::try_from(self.bindings.scopes.len()).unwrap_or(u32::MAX));
        self.bindings.scopes.push(Scope { kind, span: span(node), parent, dynamic: None });
        self.traits.push(traits);
        id
    }

    fn open_scopes(&mut self, root: Node<'p>) {
        // The scopes of the nodes around, each with the end of its subtree and the scope outside of it.
        let mut stack: Vec<(usize, usize, ScopeId)> = vec![(root.id(), usize::MAX, ScopeId(0))];
        for node in root.subtree() {
            while stack.last().is_some_and(|(_, end, _)| *end <= node.id()) {
                stack.pop();
            }
            let (owner, _, mut scope) = stack.last().copied().unwrap_or((0, 0, ScopeId(0)));
            if stack.len() > 1
                && node.parent().is_some_and(|p| p.id() == owner)
                && stands_outside(node)
            {
                scope = self.outside(scope, node);
            }
            self.around.push(scope);
            if let Some(inner) = self.scope_of(node, scope) {
                let end = node.id() + node.subtree().size_hint().0;
                stack.push((node.id(), end, inner));
            } else if scope != stack.last().map_or(scope, |top| top.2) {
                let end = node.id() + node.subtree().size_hint().0;
                stack.push((node.id(), end, scope));
            }
            self.declare(node, scope);
        }
    }

    /// The scope around a function or module, for its name and decorators.
    fn outside(&self, scope: ScopeId, node: Node<'_>) -> ScopeId {
        let parent = self.bindings.scope(scope).parent.unwrap_or(scope);
        let own_name = node.kind() == "identifier" || node.kind() == "type_identifier";
        let owner = node.parent().map_or("", Node::kind);
        match owner {
            // The name of an expression is bound between it and what is around it.
            "function_expression" | "generator_function" if !own_name => {
                self.bindings.scope(parent).parent.unwrap_or(parent)
            }
            _ => parent,
        }
    }

    fn scope_of(&mut self, node: Node<'p>, around: ScopeId) -> Option<ScopeId> {
        let mut traits =
            Traits { strict: self.traits[around.0 as usize].strict, ..Traits::default() };
        let parent = node.parent();
        let kind = node.kind();
        if FUNCTIONS.contains(&kind) {
            let mut outer = around;
            if matches!(kind, "function_expression" | "generator_function")
                && field(node, "name").is_some()
            {
                outer = self.open(ScopeKind::Block, node, Some(around), traits);
            }
            traits.arguments = kind != "arrow_function";
            traits.strict |= field(node, "body").is_some_and(|body| is_strict(body, self.text));
            return Some(self.open(ScopeKind::Function, node, Some(outer), traits));
        }
        let of_function = || parent.is_some_and(|p| FUNCTIONS.contains(&p.kind()));
        let scope_kind = match kind {
            "class_static_block" => {
                traits.arguments = true;
                ScopeKind::Function
            }
            "statement_block"
                if of_function() || parent.is_some_and(|p| p.kind() == "class_static_block") =>
            {
                traits.hoists = true;
                ScopeKind::Block
            }
            "statement_block"
                if parent.is_some_and(|p| matches!(p.kind(), "internal_module" | "module")) =>
            {
                return None;
            }
            "statement_block" if parent.is_some_and(|p| p.kind() == "ambient_declaration") => {
                traits.hoists = true;
                ScopeKind::Module
            }
            "internal_module" | "module" => {
                traits.hoists = true;
                ScopeKind::Module
            }
            "class" | "class_declaration" | "abstract_class_declaration" => {
                traits.strict = true;
                ScopeKind::Class
            }
            "interface_declaration" | "type_alias_declaration" | "enum_declaration" => {
                ScopeKind::Class
            }
            "catch_clause" => {
                traits.catches = true;
                ScopeKind::Block
            }
            "statement_block" | "switch_body" | "for_statement" | "for_in_statement"
            | "index_signature" | "conditional_type" | "with_statement" => ScopeKind::Block,
            _ => return None,
        };
        let inner = self.open(scope_kind, node, Some(around), traits);
        if kind == "with_statement" {
            self.mark_dynamic(inner, span(node));
        }
        Some(inner)
    }

    fn mark_dynamic(&mut self, scope: ScopeId, at: Span) {
        for id in self.bindings.chain(scope).collect::<Vec<_>>() {
            self.bindings.scopes[id.0 as usize].dynamic.get_or_insert(at);
        }
    }

    fn declare(&mut self, node: Node<'p>, around: ScopeId) {
        let Some(Use::Bind { kind, namespace, hoisted }) = role::of(node, self.text) else {
            if is_direct_eval(node, self.text) {
                self.mark_dynamic(around, span(node));
            }
            return;
        };
        let name = text_of(node, self.text);
        let scope = self.home(node, around, name, kind, hoisted);
        let id = self.bind(node, name, kind, namespace, scope);
        self.push(node, Role::Bind, Some(id), around);
    }

    /// The scope that a declaration binds its name in.
    fn home(
        &mut self,
        node: Node<'p>,
        around: ScopeId,
        name: &'p str,
        kind: BoundKind,
        hoisted: bool,
    ) -> ScopeId {
        let parent = node.parent().map_or("", Node::kind);
        match parent {
            "infer_type" => return self.home_of_infer(node, around),
            "enum_body" | "enum_assignment" => return around,
            _ => {}
        }
        if kind == BoundKind::Label {
            return self.hoist_target(around);
        }
        let traits = self.traits[around.0 as usize];
        // A function in a block of sloppy code is a variable of the function, too (Annex B.3.3).
        let function = parent == "function_declaration";
        let sloppy = function && !traits.strict && !traits.hoists;
        if !hoisted && !sloppy && !(function && traits.hoists) {
            return around;
        }
        let target = self.hoist_target(around);
        let between: Vec<ScopeId> =
            self.bindings.chain(around).take_while(|id| *id != target).collect();
        for id in between {
            if !self.by_name.contains_key(&(id, name, false)) {
                continue;
            }
            if hoisted && self.traits[id.0 as usize].catches {
                self.mark_dynamic(id, span(node));
            } else if sloppy {
                return around;
            }
        }
        // The same variable as the parameter of that name.
        let outer = self.bindings.scope(target).parent;
        match outer {
            Some(outer)
                if self.bindings.scope(outer).kind == ScopeKind::Function
                    && self
                        .by_name
                        .get(&(outer, name, false))
                        .is_some_and(|id| self.bindings.get(*id).kind == BoundKind::Parameter) =>
            {
                if sloppy {
                    around
                } else {
                    outer
                }
            }
            _ => target,
        }
    }

    fn hoist_target(&self, from: ScopeId) -> ScopeId {
        self.bindings
            .chain(from)
            .find(|id| {
                self.traits[id.0 as usize].hoists
                    || self.bindings.scope(*id).kind == ScopeKind::Function
            })
            .unwrap_or(ScopeId(0))
    }

    fn home_of_infer(&self, node: Node<'p>, around: ScopeId) -> ScopeId {
        let mut below = node;
        for up in ancestors(node) {
            if up.kind() == "conditional_type" && below.field() == Some("right") {
                return children(up).next().map_or(around, |child| self.around[child.id()]);
            }
            below = up;
        }
        around
    }

    fn bind(
        &mut self,
        node: Node<'p>,
        name: &'p str,
        kind: BoundKind,
        namespace: Namespace,
        scope: ScopeId,
    ) -> BoundId {
        let key = (scope, name, kind == BoundKind::Label);
        if let Some(id) = self.by_name.get(&key) {
            let bound = &mut self.bindings.bound[id.0 as usize];
            if bound.namespace != namespace {
                bound.namespace = Namespace::Both;
            }
            if bound.kind == BoundKind::Type {
                bound.kind = kind;
            }
            return *id;
        }
        let id = BoundId(u32::try_from(self.bindings.bound.len()).unwrap_or(u32::MAX));
        self.bindings.bound.push(Bound {
            name: name.to_owned(),
            kind,
            namespace,
            scope,
            declared: span(node),
            whole: span(role::whole(node)),
        });
        self.by_name.insert(key, id);
        id
    }

    fn push(&mut self, node: Node<'_>, role: Role, bound: Option<BoundId>, scope: ScopeId) {
        self.bindings.occurrences.push(Occurrence { span: span(node), role, bound, scope });
    }

    fn resolve(&mut self, root: Node<'p>) {
        for node in root.subtree() {
            let Some(Use::Refer { role, namespace }) = role::of(node, self.text) else { continue };
            let around = self.around[node.id()];
            let name = text_of(node, self.text);
            let label = namespace == Namespace::Label;
            let mut found = None;
            for scope in self.bindings.chain(around) {
                let id = self.by_name.get(&(scope, name, label));
                found = id.copied().filter(|id| self.bindings.get(*id).namespace.meets(namespace));
                if found.is_some() || name == "arguments" && self.traits[scope.0 as usize].arguments
                {
                    break;
                }
            }
            self.push(node, role, found, around);
        }
    }
}

/// The parts of a scope's node that are evaluated or bound around it.
fn stands_outside(node: Node<'_>) -> bool {
    let owner = node.parent().map_or("", Node::kind);
    let function = FUNCTIONS.contains(&owner) || matches!(owner, "internal_module" | "module");
    let class = matches!(
        owner,
        "class_declaration"
            | "abstract_class_declaration"
            | "interface_declaration"
            | "type_alias_declaration"
            | "enum_declaration"
    );
    match node.field() {
        Some("name") => function || class,
        Some("decorator") => function || class || owner == "class",
        _ => false,
    }
}

/// True when a file or body begins with the directive `"use strict"`.
fn is_strict(block: Node<'_>, text: &str) -> bool {
    named(block)
        .into_iter()
        .filter(|n| n.kind() != "hash_bang_line")
        .map_while(|n| {
            let inner = n.child(0)?;
            (n.kind() == "expression_statement" && inner.kind() == "string")
                .then(|| text_of(inner, text))
        })
        .any(|directive| directive.trim_matches(['"', '\'']) == "use strict")
}

fn is_direct_eval(node: Node<'_>, text: &str) -> bool {
    node.kind() == "call_expression"
        && field(node, "function")
            .is_some_and(|f| f.kind() == "identifier" && text_of(f, text) == "eval")
}
