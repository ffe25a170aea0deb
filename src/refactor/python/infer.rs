//! What a value is, as far as the source tells: which class, module or function of the repository.
//!
//! Not a type checker: an answer is a set of what a value can be, and holds `Unknown` wherever the
//! source leaves it open. `None` is left out, since it has no attributes to speak of.

mod annotated;
mod members;

use std::sync::OnceLock;

use rustc_hash::FxHashSet;

use super::memo::{Place, Question};
use super::world::{Imported, Module, Unit, World};
use crate::refactor::{BoundId, BoundKind, Occurrence};
use crate::syntax::node::{ancestors, children, field, named};
use crate::syntax::tree::Node;

/// A class or function of the repository.
#[derive(Clone, Copy)]
pub(super) struct Def<'w> {
    pub(super) unit: &'w Unit,
    pub(super) node: Node<'w>,
}

impl PartialEq for Def<'_> {
    fn eq(&self, other: &Self) -> bool {
        // Nodes of two files are never equal.
        self.node == other.node
    }
}

/// One thing that a value can be.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Ty<'w> {
    Module(&'w Unit),
    Folder(&'w str),
    Class(Def<'w>),
    /// An instance of the class or of one derived from it.
    Instance(Def<'w>),
    /// `super()` within a class.
    Super(Def<'w>),
    Function(Def<'w>),
    /// A function taken from an instance or, for a class method, from a class.
    Method(Def<'w>),
    /// What the repository does not define: builtins, other packages, literals.
    Outside,
    Unknown,
}

pub(super) type Types<'w> = Vec<Ty<'w>>;

/// How far definitions are followed.
const DEPTH: u8 = 7;

impl Def<'_> {
    pub(super) fn name(&self) -> &str {
        field(self.node, "name").map_or("", |n| self.unit.of(n))
    }

    pub(super) fn is_class(&self) -> bool {
        self.node.kind() == "class_definition"
    }

    /// The decorators, without `@`.
    pub(super) fn decorators(&self) -> Vec<Node<'_>> {
        decorators(self.node)
    }

    /// True with a decorator of this last name, called or not.
    pub(super) fn has_decorator(&self, names: &[&str]) -> bool {
        self.decorators().into_iter().any(|d| {
            let head = if d.kind() == "call" { field(d, "function").unwrap_or(d) } else { d };
            names.contains(&self.unit.of(head).rsplit('.').next().unwrap_or(""))
        })
    }
}

/// The decorators of a definition, without `@`.
pub(super) fn decorators(definition: Node<'_>) -> Vec<Node<'_>> {
    let outer = definition.parent().filter(|p| p.kind() == "decorated_definition");
    let list = outer.map(named).unwrap_or_default();
    list.into_iter()
        .filter(|n| n.kind() == "decorator")
        .filter_map(|n| named(n).first().copied())
        .collect()
}

/// The class in whose body a definition stands.
pub(super) fn class_of<'t>(definition: Node<'t>) -> Option<Node<'t>> {
    let outer = definition.parent().filter(|p| p.kind() == "decorated_definition");
    let mut block = outer.unwrap_or(definition).parent()?;
    // A method may stand in an `if` of the class body.
    while !matches!(block.kind(), "class_definition" | "function_definition" | "module") {
        block = block.parent()?;
    }
    Some(block).filter(|b| b.kind() == "class_definition")
}

/// The innermost function around a node, lambdas left out.
pub(super) fn function_of(node: Node<'_>) -> Option<Node<'_>> {
    ancestors(node)
        .find(|n| matches!(n.kind(), "function_definition" | "class_definition"))
        .filter(|n| n.kind() == "function_definition")
}

fn add<'w>(types: &mut Types<'w>, more: Types<'w>) {
    for ty in more {
        if !types.contains(&ty) {
            types.push(ty);
        }
    }
}

fn or_unknown(types: Types<'_>) -> Types<'_> {
    if types.is_empty() { vec![Ty::Unknown] } else { types }
}

impl<'p> World<'p> {
    /// What the value of an expression can be.
    pub(super) fn infer<'w>(&'w self, unit: &'w Unit, node: Node<'w>) -> Types<'w> {
        or_unknown(self.value(unit, node, DEPTH))
    }

    pub(super) fn value<'w>(&'w self, unit: &'w Unit, node: Node<'w>, depth: u8) -> Types<'w> {
        let Some(depth) = depth.checked_sub(1) else { return vec![Ty::Unknown] };
        let of = |node: Option<Node<'w>>| {
            node.map_or(vec![Ty::Unknown], |node| self.value(unit, node, depth))
        };
        match node.kind() {
            "identifier" => match unit.occurrence(node) {
                Some(occurrence) => self.named(unit, occurrence, depth),
                None => vec![Ty::Unknown],
            },
            "attribute" => {
                let name = field(node, "attribute").map_or("", |n| unit.of(n));
                let object = of(field(node, "object"));
                if name == "__class__" {
                    return self.classes(object);
                }
                self.member(object, name, depth)
            }
            "call" => self.called(unit, node, depth),
            "parenthesized_expression" | "await" => of(named(node).first().copied()),
            "named_expression" => of(field(node, "value")),
            "conditional_expression" => {
                let parts = named(node);
                let mut types = of(parts.first().copied());
                add(&mut types, of(parts.get(2).copied()));
                types
            }
            "boolean_operator" => {
                let mut types = of(field(node, "left"));
                add(&mut types, of(field(node, "right")));
                types
            }
            "none" => Vec::new(),
            "string"
            | "concatenated_string"
            | "integer"
            | "float"
            | "true"
            | "false"
            | "list"
            | "tuple"
            | "set"
            | "dictionary"
            | "list_comprehension"
            | "set_comprehension"
            | "dictionary_comprehension"
            | "generator_expression"
            | "lambda"
            | "not_operator"
            | "ellipsis" => vec![Ty::Outside],
            "subscript" => match of(field(node, "value")).as_slice() {
                // `Box[int]` is `Box`.
                [Ty::Class(def)] => vec![Ty::Class(*def)],
                _ => vec![Ty::Unknown],
            },
            _ => vec![Ty::Unknown],
        }
    }

    fn classes<'w>(&'w self, types: Types<'w>) -> Types<'w> {
        let class = |ty| match ty {
            Ty::Instance(def) => Ty::Class(def),
            Ty::Outside => Ty::Outside,
            _ => Ty::Unknown,
        };
        types.into_iter().map(class).collect()
    }

    /// What a name can be where it stands.
    fn named<'w>(&'w self, unit: &'w Unit, occurrence: &Occurrence, depth: u8) -> Types<'w> {
        if let Some(id) = occurrence.bound {
            return self.bound(unit, id, depth);
        }
        let name = occurrence.span.of(unit.text()).unwrap_or("");
        for module in self.stars(unit) {
            match module {
                Module::File(file) if file.global(name).is_some() && file != unit => {
                    return self.global(file, name, depth);
                }
                Module::Outside if !is_builtin(name) => return vec![Ty::Unknown],
                _ => {}
            }
        }
        vec![if is_builtin(name) { Ty::Outside } else { Ty::Unknown }]
    }

    /// What a name of a module can be.
    pub(super) fn global<'w>(&'w self, unit: &'w Unit, name: &str, depth: u8) -> Types<'w> {
        let Some(depth) = depth.checked_sub(1) else { return vec![Ty::Unknown] };
        if let Some(id) = unit.global(name) {
            return or_unknown(self.bound(unit, id, depth));
        }
        for module in self.stars(unit) {
            if let Module::File(file) = module
                && file != unit
                && file.global(name).is_some()
            {
                return self.global(file, name, depth);
            }
        }
        vec![Ty::Unknown]
    }

    fn module_type<'w>(&'w self, module: Module<'w>) -> Ty<'w> {
        match module {
            Module::File(unit) => Ty::Module(unit),
            Module::Folder(folder) => Ty::Folder(folder),
            Module::Outside => Ty::Outside,
        }
    }

    /// What a name of a file can be.
    pub(super) fn bound<'w>(&'w self, unit: &'w Unit, id: BoundId, depth: u8) -> Types<'w> {
        let Some(depth) = depth.checked_sub(1) else { return vec![Ty::Unknown] };
        self.once(Question::bound(unit, id, depth), || {
            let bound = unit.names.get(id);
            let mut types = Vec::new();
            for occurrence in unit.uses(id).filter(|o| o.role.writes()) {
                let Some(node) = unit.node(occurrence.span) else { return vec![Ty::Unknown] };
                add(&mut types, self.given(unit, bound.kind, node, depth));
            }
            types
        })
    }

    /// What the identifier at which a name is bound is bound to.
    fn given<'w>(
        &'w self,
        unit: &'w Unit,
        kind: BoundKind,
        node: Node<'w>,
        depth: u8,
    ) -> Types<'w> {
        let unknown = vec![Ty::Unknown];
        let Some(parent) = node.parent() else { return unknown };
        let is = |name| field(parent, name) == Some(node);
        match parent.kind() {
            "function_definition" if is("name") => {
                let def = Def { unit, node: parent };
                if def.has_decorator(&["property", "cached_property"]) {
                    return unknown;
                }
                vec![Ty::Function(def)]
            }
            "class_definition" if is("name") => vec![Ty::Class(Def { unit, node: parent })],
            "dotted_name" | "aliased_import" if !in_pattern(parent) => {
                match self.imported(unit, node) {
                    Imported::Module(module) => vec![self.module_type(module)],
                    Imported::Name(file, name) => self.global(file, &name, depth),
                }
            }
            "assignment" if is("left") => {
                let typed = field(parent, "type").map(|t| self.annotated(unit, t, depth));
                let right = field(parent, "right");
                match (typed, right) {
                    (Some(typed), _) if !typed.contains(&Ty::Unknown) => typed,
                    (_, Some(right)) => self.value(unit, chained(right), depth),
                    (Some(typed), None) => typed,
                    (None, None) => Vec::new(),
                }
            }
            "named_expression" if is("name") => match field(parent, "value") {
                Some(value) => self.value(unit, value, depth),
                None => unknown,
            },
            "as_pattern_target" => self.entered(unit, parent, depth),
            "delete_statement" | "expression_list" => Vec::new(),
            "global_statement" | "nonlocal_statement" => Vec::new(),
            _ if kind == BoundKind::Parameter => self.parameter(unit, node, depth),
            _ => unknown,
        }
    }

    /// What `with x as y` and `except E as y` give.
    fn entered<'w>(&'w self, unit: &'w Unit, target: Node<'w>, depth: u8) -> Types<'w> {
        let unknown = vec![Ty::Unknown];
        let Some(pattern) = target.parent() else { return unknown };
        let Some(value) = named(pattern).first().copied() else { return unknown };
        let of = self.value(unit, value, depth);
        if pattern.parent().is_some_and(|p| p.kind() == "except_clause") {
            let instance = |ty| match ty {
                Ty::Class(def) => Ty::Instance(def),
                Ty::Outside => Ty::Outside,
                _ => Ty::Unknown,
            };
            return of.into_iter().map(instance).collect();
        }
        let mut types = Vec::new();
        for ty in of {
            let Ty::Instance(def) = ty else {
                add(&mut types, vec![if ty == Ty::Outside { ty } else { Ty::Unknown }]);
                continue;
            };
            let enter = self.member(vec![ty], "__enter__", depth);
            let gives_self = enter.iter().any(|e| match e {
                Ty::Method(f) => returns(f.node)
                    .iter()
                    .all(|r| named(*r).first().is_some_and(|v| f.unit.of(*v) == "self")),
                _ => false,
            });
            add(&mut types, vec![if gives_self { Ty::Instance(def) } else { Ty::Unknown }]);
        }
        types
    }

    fn parameter<'w>(&'w self, unit: &'w Unit, node: Node<'w>, depth: u8) -> Types<'w> {
        let holder = std::iter::once(node)
            .chain(ancestors(node))
            .find(|n| n.parent().is_some_and(|p| p.kind().ends_with("parameters")));
        let unknown = vec![Ty::Unknown];
        let Some((holder, list)) = holder.and_then(|h| Some((h, h.parent()?))) else {
            return unknown;
        };
        if node.parent().is_some_and(|p| p.kind().ends_with("splat_pattern")) {
            return vec![Ty::Outside];
        }
        if let Some(annotation) = field(holder, "type") {
            return self.annotated(unit, annotation, depth);
        }
        let Some(function) = list.parent().filter(|f| f.kind() == "function_definition") else {
            return unknown;
        };
        let first = named(list).into_iter().find(|n| !n.kind().ends_with("separator"));
        let Some(class) = class_of(function).filter(|_| first == Some(holder)) else {
            return unknown;
        };
        let (def, class) = (Def { unit, node: function }, Def { unit, node: class });
        if def.has_decorator(&["staticmethod"]) {
            return unknown;
        }
        let by_class = def.has_decorator(&["classmethod", "abstractclassmethod"])
            || matches!(def.name(), "__new__" | "__init_subclass__" | "__class_getitem__");
        vec![if by_class { Ty::Class(class) } else { Ty::Instance(class) }]
    }

    /// What a call gives.
    fn called<'w>(&'w self, unit: &'w Unit, node: Node<'w>, depth: u8) -> Types<'w> {
        let unknown = vec![Ty::Unknown];
        let Some(function) = field(node, "function") else { return unknown };
        let arguments = field(node, "arguments").map(named).unwrap_or_default();
        let is_free = function.kind() == "identifier" && unit.meaning(function).is_none();
        match (unit.of(function), arguments.as_slice()) {
            ("super", list) if is_free && list.len() != 1 => {
                let class = ancestors(node).find(|n| n.kind() == "class_definition");
                return class.map_or(unknown, |node| vec![Ty::Super(Def { unit, node })]);
            }
            ("type", [of]) if is_free => return self.classes(self.value(unit, *of, depth)),
            (
                "copy.copy"
                | "copy.deepcopy"
                | "copy"
                | "deepcopy"
                | "replace"
                | "dataclasses.replace",
                [of, ..],
            ) => return self.value(unit, *of, depth),
            ("getattr" | "next" | "max" | "min" | "globals" | "vars" | "eval", _) if is_free => {
                return unknown;
            }
            _ => {}
        }
        let mut types = Vec::new();
        for ty in self.value(unit, function, depth) {
            match ty {
                Ty::Class(def) => add(&mut types, vec![Ty::Instance(def)]),
                Ty::Function(def) | Ty::Method(def) => add(&mut types, self.result(def, depth)),
                // What is called outside with values of ours may give one of them back.
                Ty::Outside if is_free || arguments.is_empty() => add(&mut types, vec![ty]),
                _ => add(&mut types, vec![Ty::Unknown]),
            }
        }
        types
    }

    /// What a function returns.
    fn result<'w>(&'w self, def: Def<'w>, depth: u8) -> Types<'w> {
        let question = Place::of(def).map(|place| Question::Result(place, depth));
        self.once(question, || self.worked_out(def, depth))
    }

    fn worked_out<'w>(&'w self, def: Def<'w>, depth: u8) -> Types<'w> {
        let unknown = vec![Ty::Unknown];
        let plain = ["classmethod", "staticmethod", "abstractmethod", "override", "wraps"];
        let all_plain = def
            .decorators()
            .into_iter()
            .all(|d| plain.contains(&def.unit.of(d).rsplit('.').next().unwrap_or("")));
        if !all_plain {
            return unknown;
        }
        if let Some(annotation) = field(def.node, "return_type") {
            return self.annotated(def.unit, annotation, depth);
        }
        let Some(body) = field(def.node, "body") else { return unknown };
        let own = body.walk(|n| !opens_function(n));
        if own.iter().any(|n| n.kind() == "yield") {
            return vec![Ty::Outside];
        }
        let mut types = Vec::new();
        for value in returns(def.node).into_iter().filter_map(|r| named(r).first().copied()) {
            add(&mut types, self.value(def.unit, value, depth));
        }
        types
    }
}

/// The expressions that a class lists as its bases, generic ones without their arguments.
pub(super) fn bases<'w>(class: Def<'w>) -> Vec<Node<'w>> {
    let list = field(class.node, "superclasses").map(named).unwrap_or_default();
    list.into_iter()
        .filter(|n| n.kind() != "keyword_argument")
        .map(|n| if n.kind() == "subscript" { field(n, "value").unwrap_or(n) } else { n })
        .collect()
}

/// See [`Unit::self_attributes`].
pub(super) fn self_attributes<'w>(class: Def<'w>) -> Vec<(Node<'w>, &'w str)> {
    class.unit.self_attributes(class.node)
}

/// The `return` statements of a function itself.
pub(super) fn returns(function: Node<'_>) -> Vec<Node<'_>> {
    let Some(body) = field(function, "body") else { return Vec::new() };
    let own = body.walk(|n| !opens_function(n));
    own.into_iter().filter(|n| n.kind() == "return_statement").collect()
}

/// True for what has a body of its own that is run later.
pub(super) fn opens_function(node: Node<'_>) -> bool {
    matches!(node.kind(), "function_definition" | "lambda" | "class_definition")
}

/// The value of `a = b = value`.
fn chained(right: Node<'_>) -> Node<'_> {
    let mut at = right;
    while at.kind() == "assignment" {
        let Some(next) = field(at, "right") else { break };
        at = next;
    }
    at
}

fn in_pattern(node: Node<'_>) -> bool {
    node.parent().is_some_and(|p| matches!(p.kind(), "case_pattern" | "class_pattern"))
}

/// True for names that the interpreter provides.
pub(super) fn is_builtin(name: &str) -> bool {
    static NAMES: OnceLock<FxHashSet<&str>> = OnceLock::new();
    let names = || include_str!("builtins.txt").split_whitespace().collect();
    NAMES.get_or_init(names).contains(name)
}

/// The named children of a node without comments, tokens left out: arguments of a call.
pub(super) fn arguments(call: Node<'_>) -> Vec<Node<'_>> {
    match field(call, "arguments") {
        Some(list) if list.kind() == "argument_list" => named(list),
        Some(generator) => vec![generator],
        None => Vec::new(),
    }
}

/// True when a node is the function of a call.
pub(super) fn is_called(node: Node<'_>) -> bool {
    node.parent().is_some_and(|p| p.kind() == "call" && field(p, "function") == Some(node))
}

/// The first child of a kind.
pub(super) fn child_of_kind<'t>(node: Node<'t>, kind: &str) -> Option<Node<'t>> {
    children(node).find(|c| c.kind() == kind)
}
