//! Where a function is called and where it is used as a value.

use rustc_hash::FxHashSet;

use super::classes::{Classes, Family, Whose, parameters};
use super::infer::{Def, Ty, class_of, is_called};
use super::sieve::may_make;
use super::world::{Unit, World};
use crate::base::RepoPath;
use crate::syntax::node::{ancestor, field, named};
use crate::syntax::tree::Node;

/// A call in a file.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Call<'w> {
    pub(super) unit: &'w Unit,
    pub(super) node: Node<'w>,
    /// `Class.method(receiver, ...)`: the first argument is the receiver.
    pub(super) explicit: bool,
    /// `partial(f, ...)`: the first argument is the function.
    pub(super) partial: bool,
}

/// The uses of a function, or of all that override each other.
#[derive(Default)]
pub(super) struct Uses<'w> {
    pub(super) calls: Vec<Call<'w>>,
    /// Uses that are no call.
    pub(super) values: Vec<(&'w Unit, Node<'w>)>,
    /// Calls that may be of it, or of something else with the same name.
    pub(super) unknown: Vec<Call<'w>>,
}

/// A function with those that override it or that it overrides.
pub(super) struct Group<'w> {
    pub(super) functions: Vec<Def<'w>>,
    pub(super) family: Option<Family<'w>>,
    pub(super) name: &'w str,
}

impl<'w> Group<'w> {
    pub(super) fn new(classes: &Classes<'w>, function: Def<'w>) -> Self {
        let name = field(function.node, "name").map_or("", |n| function.unit.of(n));
        let mut functions = vec![function];
        // Overloads and definitions in both branches of an `if` share the name.
        let others = function.unit.meaning(field(function.node, "name").unwrap_or(function.node));
        for occurrence in others.into_iter().flat_map(|id| function.unit.names.of(id)) {
            if let Some(node) = function.unit.definition_at(occurrence.span) {
                let def = Def { unit: function.unit, node };
                if !functions.contains(&def) && !def.is_class() {
                    functions.push(def);
                }
            }
        }
        let Some(class) = class_of(function.node) else {
            return Self { functions, family: None, name };
        };
        let class = Def { unit: function.unit, node: class };
        let family = classes.family(class, name);
        // Constructors are called by the name of their class: they need not have the same parameters.
        if !matches!(name, "__init__" | "__new__") {
            let found = family.definers.iter().filter_map(|c| classes.method(*c, name));
            let found: Vec<Def<'w>> = found.filter(|f| !functions.contains(f)).collect();
            functions.extend(found);
        }
        Self { functions, family: Some(family), name }
    }

    fn is_constructor(&self) -> bool {
        self.family.is_some() && matches!(self.name, "__init__" | "__new__")
    }

    /// Where the group is used in the repository.
    pub(super) fn uses(&self, world: &'w World<'w>, classes: &Classes<'w>) -> Uses<'w> {
        let mut uses = Uses::default();
        let mut words = vec![self.name.to_owned()];
        if self.is_constructor() {
            let family = self.family.iter().flat_map(|f| &f.members);
            words.extend(
                family.map(|c| field(c.node, "name").map_or("", |n| c.unit.of(n)).to_owned()),
            );
        }
        let mut at = 0;
        let mut seen: FxHashSet<(u32, usize)> = FxHashSet::default();
        while let Some(word) = words.get(at).cloned() {
            at += 1;
            for unit in world.with(&word) {
                for node in unit.identifiers(&word) {
                    if let Some(alias) = alias_of(node) {
                        let alias = unit.of(alias).to_owned();
                        if !words.contains(&alias) {
                            words.push(alias);
                        }
                        continue;
                    }
                    if seen.insert((unit.at, node.start_byte())) {
                        self.look(world, classes, unit, node, &mut uses);
                    }
                }
            }
        }
        if self.is_constructor() {
            self.by_class(world, classes, &mut uses);
        }
        uses
    }

    /// Adds what an identifier with the right name is.
    fn look(
        &self,
        world: &'w World<'w>,
        classes: &Classes<'w>,
        unit: &'w Unit,
        node: Node<'w>,
        uses: &mut Uses<'w>,
    ) {
        let Some(parent) = node.parent() else { return };
        let whole = match parent.kind() {
            "attribute" if field(parent, "attribute") == Some(node) => parent,
            "attribute" => node,
            "keyword_argument" if field(parent, "name") == Some(node) => return,
            _ if unit.occurrence(node).is_none_or(|o| o.role.writes()) => return,
            _ => node,
        };
        let types = world.infer(unit, whole);
        let ours = types.iter().filter(|ty| self.is_ours(classes, ty)).count();
        let unknown = types.contains(&Ty::Unknown);
        if ours == 0 && !unknown {
            return;
        }
        let called = is_called(whole).then(|| whole.parent()).flatten();
        if ours == 0 {
            // A bare name of unknown meaning is a parameter or local that only shares the name.
            if whole.kind() == "attribute" {
                let call =
                    Call { unit, node: called.unwrap_or(whole), explicit: false, partial: false };
                uses.unknown.push(call);
            }
            return;
        }
        let class_call =
            types.iter().any(|ty| matches!(ty, Ty::Function(f) if class_of(f.node).is_some()));
        let is_static = self.functions.iter().any(|f| f.has_decorator(&["staticmethod"]));
        match called {
            Some(node) => {
                let explicit = class_call && !is_static;
                let call = Call { unit, node, explicit, partial: false };
                if unknown && ours < types.len() && types.len() > 2 {
                    uses.unknown.push(call);
                } else {
                    uses.calls.push(call);
                }
            }
            None => match partial_of(unit, whole) {
                Some(node) => {
                    uses.calls.push(Call { unit, node, explicit: false, partial: true });
                }
                None if is_plain_mention(whole, unit) => {}
                None => uses.values.push((unit, whole)),
            },
        }
    }

    fn is_ours(&self, classes: &Classes<'w>, ty: &Ty<'w>) -> bool {
        match ty {
            Ty::Function(f) | Ty::Method(f) => self.functions.contains(f),
            Ty::Class(class) if self.is_constructor() => classes
                .inherited_method(*class, self.name)
                .is_some_and(|f| self.functions.contains(&f)),
            _ => false,
        }
    }

    /// Constructor calls that do not name the class: `cls(...)`, `type(self)(...)`.
    fn by_class(&self, world: &'w World<'w>, classes: &Classes<'w>, uses: &mut Uses<'w>) {
        let homes = self
            .functions
            .iter()
            .filter_map(|f| Some(Def { unit: f.unit, node: class_of(f.node)? }));
        let below: Vec<Def<'w>> = homes.flat_map(|home| classes.below(home)).collect();
        // The classes that are made by the constructor, and those above them.
        let made = below.into_iter().filter(|c| self.is_ours(classes, &Ty::Class(*c)));
        let lines: Vec<Def<'w>> = made.flat_map(|c| world.mro(c).0).collect();
        let near: FxHashSet<&RepoPath> = lines.iter().map(|c| &c.unit.path).collect();
        let files = world.that(&|path, text| may_make(text, near.contains(path)));
        for unit in files {
            for node in unit.root().subtree().filter(|n| n.kind() == "call") {
                let Some(function) = field(node, "function") else { continue };
                let text = unit.of(function);
                let by_class = matches!(text, "cls" | "self.__class__" | "type(self)" | "klass");
                let types = if by_class { world.infer(unit, function) } else { Vec::new() };
                if types.iter().any(|ty| matches!(ty, Ty::Class(c) if lines.contains(c))) {
                    uses.calls.push(Call { unit, node, explicit: false, partial: false });
                }
            }
        }
    }
}

/// The new name that an import gives to the name at a node.
fn alias_of(node: Node<'_>) -> Option<Node<'_>> {
    let item = node.parent()?.parent().filter(|p| p.kind() == "aliased_import")?;
    field(item, "alias")
}

/// The call of `partial` that a function is the first argument of.
fn partial_of<'w>(unit: &'w Unit, node: Node<'w>) -> Option<Node<'w>> {
    let list = node.parent().filter(|p| p.kind() == "argument_list")?;
    let call = list.parent().filter(|c| c.kind() == "call")?;
    let name = field(call, "function").map(|f| unit.of(f))?;
    let first = named(list).first() == Some(&node);
    (first && matches!(name, "partial" | "functools.partial" | "partialmethod")).then_some(call)
}

/// True where a class or function is named but not handed on: annotations, bases, `isinstance`,
/// decorators, `except`, the object of an attribute.
fn is_plain_mention(node: Node<'_>, unit: &Unit) -> bool {
    let Some(parent) = node.parent() else { return true };
    match parent.kind() {
        "type" | "generic_type" | "union_type" | "except_clause" | "class_pattern" => true,
        "attribute" => field(parent, "object") == Some(node),
        "argument_list" if parent.parent().is_some_and(|p| p.kind() == "class_definition") => true,
        "argument_list" | "tuple" | "binary_operator" => {
            ancestor(node, &["call"]).and_then(|c| field(c, "function")).is_some_and(|f| {
                matches!(
                    unit.of(f),
                    "isinstance" | "issubclass" | "raises" | "pytest.raises" | "hasattr"
                )
            }) || ancestor(node, &["except_clause", "block"]).is_some_and(|n| n.kind() != "block")
        }
        "comparison_operator" | "delete_statement" => true,
        _ => false,
    }
}

/// The argument list of a call as what each parameter gets; `None` when `*` or `**` hides it.
pub(super) fn keyword<'w>(call: Node<'w>, unit: &Unit, name: &str) -> Option<Node<'w>> {
    super::infer::arguments(call).into_iter().find(|a| {
        a.kind() == "keyword_argument" && field(*a, "name").is_some_and(|n| unit.of(n) == name)
    })
}

/// True when a function takes any keyword.
pub(super) fn takes_any(def: Def<'_>) -> bool {
    parameters(def.node).into_iter().any(|p| {
        p.kind() == "dictionary_splat_pattern"
            || named(p).first().is_some_and(|n| n.kind() == "dictionary_splat_pattern")
    })
}

/// Whether a call through an unknown receiver can only be of the group.
pub(super) fn only_ours(group: &Group<'_>) -> bool {
    group.family.as_ref().is_some_and(|f| f.unique)
}

/// See [`Classes::whose`], for the object of an attribute.
pub(super) fn whose<'w>(
    world: &'w World<'w>,
    classes: &Classes<'w>,
    family: &Family<'w>,
    unit: &'w Unit,
    attribute: Node<'w>,
    name: &str,
) -> Whose {
    match field(attribute, "object") {
        Some(object) => classes.whose(family, &world.infer(unit, object), name),
        None => Whose::Unknown,
    }
}
