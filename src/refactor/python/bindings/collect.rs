//! Which name is bound or used in which scope.

use std::collections::HashSet;

use super::{annotation, pattern};
use crate::base::Span;
use crate::refactor::{BoundKind, Role, ScopeKind};
use crate::syntax::Parsed;
use crate::syntax::node::{children, field, fields, named, span, text_of};
use crate::syntax::tree::Node;

/// What the walk has seen.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) scopes: Vec<RawScope>,
    pub(super) events: Vec<Event>,
    pub(super) dynamic: Vec<Dynamic>,
}

/// A scope before names are resolved.
pub(super) struct RawScope {
    pub(super) id: u32,
    pub(super) kind: ScopeKind,
    pub(super) span: Span,
    pub(super) parent: Option<u32>,
    pub(super) globals: HashSet<String>,
    pub(super) nonlocals: HashSet<String>,
    pub(super) binds: HashSet<String>,
    /// The class whose name mangles private names in here.
    class: Option<String>,
}

/// One identifier.
pub(super) struct Event {
    pub(super) name: String,
    /// The mangled name.
    pub(super) key: String,
    pub(super) span: Span,
    pub(super) whole: Span,
    pub(super) role: Role,
    pub(super) scope: u32,
    /// What it binds; `None` for a use.
    pub(super) kind: Option<BoundKind>,
    /// Where it is evaluated, as an order: a target comes after its value.
    pub(super) after: usize,
}

/// A call of `name` that looks names up at run time; `*` for a star import.
pub(super) struct Dynamic {
    pub(super) scope: u32,
    pub(super) name: String,
    pub(super) span: Span,
}

/// Walks the whole file.
pub(super) fn notes(parsed: &Parsed) -> Notes {
    let root = parsed.root();
    let mut walker = Walker {
        text: parsed.text(),
        offset: 0,
        notes: Notes::default(),
        scope: 0,
        clock: 0,
        quiet: false,
    };
    walker.enter(ScopeKind::File, Span::new(0, parsed.text().len()), None);
    walker.all(root);
    walker.notes
}

pub(super) struct Walker<'t> {
    pub(super) text: &'t str,
    /// What is added to the places of nodes: annotations in strings are trees of their own.
    pub(super) offset: usize,
    notes: Notes,
    scope: u32,
    clock: usize,
    /// Within `Literal[...]`, whose strings are values.
    quiet: bool,
}

impl<'t> Walker<'t> {
    fn raw(&mut self) -> &mut RawScope {
        &mut self.notes.scopes[self.scope as usize]
    }

    fn span(&self, node: Node<'_>) -> Span {
        let span = span(node);
        Span::new(span.start + self.offset, span.end + self.offset)
    }

    /// From a place in this text to the end of a node.
    fn shifted(&self, start: usize, node: Node<'_>) -> Span {
        Span::new(start + self.offset, node.end_byte() + self.offset)
    }

    /// Opens a scope within the current one and gives back what the current one was.
    fn enter(&mut self, kind: ScopeKind, span: Span, class: Option<String>) -> u32 {
        let id = u32::try_from(self.notes.scopes.len()).unwrap_or(u32::MAX);
        let parent = (id > 0).then_some(self.scope);
        let class =
            class.or_else(|| parent.and_then(|p| self.notes.scopes[p as usize].class.clone()));
        self.notes.scopes.push(RawScope {
            id,
            kind,
            span,
            parent,
            globals: HashSet::new(),
            nonlocals: HashSet::new(),
            binds: HashSet::new(),
            class,
        });
        std::mem::replace(&mut self.scope, id)
    }

    fn event(&mut self, node: Node<'_>, role: Role, kind: Option<BoundKind>, whole: Node<'_>) {
        let name = text_of(node, self.text).to_owned();
        if name.is_empty() {
            return;
        }
        let key = self.mangled(&name);
        if kind.is_some() {
            self.raw().binds.insert(key.clone());
        }
        self.clock += 1;
        let (span, whole) = (self.span(node), self.span(whole));
        let (scope, after) = (self.scope, self.clock);
        self.notes.events.push(Event { name, key, span, whole, role, scope, kind, after });
    }

    fn mangled(&mut self, name: &str) -> String {
        let private = name.starts_with("__") && !name.ends_with("__");
        match self.raw().class.as_deref().map(|c| c.trim_start_matches('_')) {
            Some(class) if private && !class.is_empty() => format!("_{class}{name}"),
            _ => name.to_owned(),
        }
    }

    /// Uses a name.
    pub(super) fn read(&mut self, node: Node<'_>) {
        self.event(node, Role::Read, None, node);
    }

    /// Binds a name.
    pub(super) fn bind(&mut self, node: Node<'_>, kind: BoundKind, whole: Node<'_>) {
        self.event(node, Role::Write, Some(kind), whole);
    }

    /// Walks code that stands at `offset` as a text of its own.
    pub(super) fn inner(&mut self, code: &str, offset: usize, parsed: &Parsed) {
        let mut walker = Walker {
            text: code,
            offset,
            notes: std::mem::take(&mut self.notes),
            scope: self.scope,
            clock: self.clock,
            quiet: false,
        };
        walker.all(parsed.root());
        (self.notes, self.clock) = (walker.notes, walker.clock);
    }

    /// Walks the children of a node.
    pub(super) fn all(&mut self, node: Node<'t>) {
        children(node).for_each(|child| self.visit(child));
    }

    fn maybe(&mut self, node: Option<Node<'t>>) {
        if let Some(node) = node {
            self.visit(node);
        }
    }

    /// Walks a node that is evaluated or executed.
    pub(super) fn visit(&mut self, node: Node<'t>) {
        match node.kind() {
            "identifier" => self.read(node),
            "attribute" => self.maybe(field(node, "object")),
            "keyword_argument" => self.maybe(field(node, "value")),
            "member_type" => self.maybe(named(node).first().copied()),
            "function_definition" => self.function(node),
            "lambda" => self.lambda(node),
            "class_definition" => self.class(node),
            "list_comprehension"
            | "set_comprehension"
            | "dictionary_comprehension"
            | "generator_expression" => self.comprehension(node),
            "assignment" => {
                self.maybe(field(node, "right"));
                if let Some(left) = field(node, "left") {
                    self.target(left, node, Role::Write);
                }
                self.annotation(field(node, "type"));
            }
            "augmented_assignment" => {
                self.maybe(field(node, "right"));
                if let Some(left) = field(node, "left") {
                    self.target(left, node, Role::ReadWrite);
                }
            }
            "named_expression" => self.walrus(node),
            "for_statement" => {
                self.maybe(field(node, "right"));
                if let Some(left) = field(node, "left") {
                    self.target(left, node, Role::Write);
                }
                self.maybe(field(node, "body"));
                self.maybe(field(node, "alternative"));
            }
            "as_pattern" => {
                let alias = field(node, "alias");
                children(node)
                    .filter(|c| Some(c.id()) != alias.map(|a| a.id()))
                    .for_each(|c| self.visit(c));
                if let Some(alias) = alias {
                    self.target(alias, node, Role::Write);
                }
            }
            "delete_statement" => {
                named(node).into_iter().for_each(|n| self.target(n, node, Role::Delete))
            }
            "import_statement" | "import_from_statement" => self.import(node),
            "future_import_statement" => self.import(node),
            "global_statement" | "nonlocal_statement" => self.elsewhere(node),
            "type_alias_statement" => self.alias(node),
            "case_clause" => {
                children(node).for_each(|c| match c.kind() {
                    "case_pattern" => pattern::visit(self, c, node),
                    _ => self.visit(c),
                });
            }
            "type" => self.annotation(Some(node)),
            "generic_type" | "subscript" => self.generic(node),
            "call" => {
                self.all(node);
                self.dynamic_call(node);
                annotation::of_call(self, node);
            }
            _ => self.all(node),
        }
    }

    /// Walks an annotation, whose strings are code.
    fn annotation(&mut self, node: Option<Node<'t>>) {
        let Some(node) = node else { return };
        self.all(node);
        if !self.quiet {
            annotation::strings(self, node);
        }
    }

    /// Walks `list[T]`, of which not all may be types.
    fn generic(&mut self, node: Node<'t>) {
        let types = annotation::types_in(node, self.text);
        for (at, part) in annotation::parts(node).into_iter().enumerate() {
            let quiet = self.quiet;
            self.quiet |= at >= types;
            self.visit(part);
            self.quiet = quiet;
        }
    }

    /// Binds the names of an assignment's target and walks the rest of it.
    fn target(&mut self, node: Node<'t>, whole: Node<'t>, role: Role) {
        match node.kind() {
            "identifier" => self.event(node, role, Some(BoundKind::Variable), whole),
            "pattern_list"
            | "tuple_pattern"
            | "list_pattern"
            | "list_splat_pattern"
            | "list_splat"
            | "expression_list"
            | "tuple"
            | "list"
            | "parenthesized_expression"
            | "as_pattern_target" => {
                named(node).into_iter().for_each(|n| self.target(n, whole, role))
            }
            _ => self.visit(node),
        }
    }

    /// `:=` binds in the nearest scope that is no comprehension.
    fn walrus(&mut self, node: Node<'t>) {
        self.maybe(field(node, "value"));
        let inner = self.scope;
        while self.raw().kind == ScopeKind::Comprehension {
            let Some(parent) = self.raw().parent else { break };
            self.scope = parent;
        }
        if let Some(name) = field(node, "name") {
            self.event(name, Role::Write, Some(BoundKind::Variable), node);
        }
        self.scope = inner;
    }

    fn function(&mut self, node: Node<'t>) {
        let typed = field(node, "type_parameters");
        let parameters = field(node, "parameters");
        for parameter in parameters.map(named).unwrap_or_default() {
            self.maybe(field(parameter, "value"));
        }
        let whole = node.parent().filter(|p| p.kind() == "decorated_definition").unwrap_or(node);
        let outer = typed.map(|typed| self.type_parameters(typed, node));
        for parameter in parameters.map(named).unwrap_or_default() {
            self.annotation(field(parameter, "type"));
        }
        self.annotation(field(node, "return_type"));
        let start = parameters.map_or(node.start_byte(), |p| p.start_byte());
        let back = self.enter(ScopeKind::Function, self.shifted(start, node), None);
        for parameter in parameters.map(named).unwrap_or_default() {
            self.parameter(parameter, parameter);
        }
        self.maybe(field(node, "body"));
        self.scope = outer.unwrap_or(back);
        // Last, since a default or a decorator of the same name means the one before.
        if let Some(name) = field(node, "name") {
            self.bind(name, BoundKind::Function, whole);
        }
    }

    fn lambda(&mut self, node: Node<'t>) {
        let parameters = field(node, "parameters").map(named).unwrap_or_default();
        for parameter in &parameters {
            self.maybe(field(*parameter, "value"));
        }
        let back = self.enter(ScopeKind::Function, self.span(node), None);
        for parameter in parameters {
            self.parameter(parameter, parameter);
        }
        self.maybe(field(node, "body"));
        self.scope = back;
    }

    fn parameter(&mut self, node: Node<'t>, whole: Node<'t>) {
        match node.kind() {
            "identifier" => self.bind(node, BoundKind::Parameter, whole),
            "default_parameter" | "typed_default_parameter" => {
                if let Some(name) = field(node, "name") {
                    self.parameter(name, whole);
                }
            }
            "typed_parameter"
            | "list_splat_pattern"
            | "dictionary_splat_pattern"
            | "tuple_pattern" => {
                let inner = named(node).into_iter().filter(|n| n.kind() != "type");
                inner.for_each(|n| self.parameter(n, whole));
            }
            _ => {}
        }
    }

    fn class(&mut self, node: Node<'t>) {
        let whole = node.parent().filter(|p| p.kind() == "decorated_definition").unwrap_or(node);
        let typed = field(node, "type_parameters");
        let outer = typed.map(|typed| self.type_parameters(typed, node));
        self.maybe(field(node, "superclasses"));
        let name = field(node, "name");
        let class = name.map(|n| text_of(n, self.text).to_owned());
        if let Some(body) = field(node, "body") {
            let inner = self.shifted(body.start_byte(), node);
            let back = self.enter(ScopeKind::Class, inner, class);
            self.visit(body);
            self.scope = back;
        }
        if let Some(outer) = outer {
            self.scope = outer;
        }
        if let Some(name) = name {
            self.bind(name, BoundKind::Class, whole);
        }
    }

    /// Opens the scope of type parameters; gives back the scope around it.
    fn type_parameters(&mut self, list: Node<'t>, whole: Node<'t>) -> u32 {
        let span = self.shifted(list.start_byte(), whole);
        let back = self.enter(ScopeKind::Block, span, None);
        for parameter in named(list) {
            // `T`, `T: bound`, `*T`, `**T`, `T = default`
            let mut names = parameter.subtree().filter(|n| n.kind() == "identifier");
            if let Some(name) = names.next() {
                self.bind(name, BoundKind::Type, parameter);
            }
            names.for_each(|n| self.read(n));
        }
        back
    }

    fn comprehension(&mut self, node: Node<'t>) {
        let clauses: Vec<Node<'t>> =
            named(node).into_iter().filter(|n| n.field() != Some("body")).collect();
        if let Some(first) = clauses.first() {
            fields(*first, "right").into_iter().for_each(|n| self.visit(n));
        }
        let back = self.enter(ScopeKind::Comprehension, self.span(node), None);
        for (at, clause) in clauses.iter().enumerate() {
            if clause.kind() != "for_in_clause" {
                self.all(*clause);
                continue;
            }
            if at > 0 {
                fields(*clause, "right").into_iter().for_each(|n| self.visit(n));
            }
            if let Some(left) = field(*clause, "left") {
                self.target(left, *clause, Role::Write);
            }
        }
        self.maybe(field(node, "body"));
        self.scope = back;
    }

    fn import(&mut self, node: Node<'t>) {
        for name in fields(node, "name") {
            let bound = match name.kind() {
                "aliased_import" => field(name, "alias"),
                _ => named(name).first().copied(),
            };
            if let Some(bound) = bound {
                self.bind(bound, BoundKind::Import, node);
            }
        }
        if children(node).any(|c| c.kind() == "wildcard_import") {
            let (scope, span) = (self.scope, self.span(node));
            self.notes.dynamic.push(Dynamic { scope, name: "*".to_owned(), span });
        }
    }

    fn elsewhere(&mut self, node: Node<'t>) {
        for name in named(node) {
            let key = text_of(name, self.text).to_owned();
            let key = self.mangled(&key);
            match node.kind() {
                "global_statement" => self.raw().globals.insert(key),
                _ => self.raw().nonlocals.insert(key),
            };
            self.read(name);
        }
    }

    fn alias(&mut self, node: Node<'t>) {
        let left = field(node, "left").and_then(|l| named(l).first().copied());
        let Some(left) = left else { return };
        let (name, list) = match left.kind() {
            "generic_type" => (named(left).first().copied(), named(left).get(1).copied()),
            _ => (Some(left), None),
        };
        let back = list.map(|list| self.type_parameters(list, node));
        let outer = self.enter(ScopeKind::Block, self.span(node), None);
        self.maybe(field(node, "right"));
        self.scope = back.unwrap_or(outer);
        if let Some(name) = name.filter(|n| n.kind() == "identifier") {
            self.bind(name, BoundKind::Type, node);
        }
    }

    fn dynamic_call(&mut self, node: Node<'t>) {
        let Some(function) = field(node, "function").filter(|f| f.kind() == "identifier") else {
            return;
        };
        let name = text_of(function, self.text);
        let arguments = field(node, "arguments").map(named).unwrap_or_default();
        let (own, file) = match (name, arguments.len()) {
            ("locals" | "vars" | "dir", 0) => (true, false),
            ("globals", 0) => (false, true),
            // With a namespace of its own the code does not see these names.
            ("exec" | "eval" | "execfile", 1) => (true, true),
            _ => return,
        };
        let (scope, span) = (self.scope, self.span(node));
        let name = name.to_owned();
        if own {
            self.notes.dynamic.push(Dynamic { scope, name: name.clone(), span });
        }
        if file && (scope != 0 || !own) {
            self.notes.dynamic.push(Dynamic { scope: 0, name, span });
        }
    }
}
