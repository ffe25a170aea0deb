//! What the name at a place is.

use crate::base::Span;
use crate::refactor::python::classes::{Classes, parameter_name, parameters};
use crate::refactor::python::infer::{Def, Ty, class_of, function_of};
use crate::refactor::python::world::{Imported, Module, Unit, World, plain_string, source};
use crate::refactor::{BoundId, BoundKind, Reason, Refusal, ScopeId, ScopeKind};
use crate::syntax::node::{ancestors, field};
use crate::syntax::tree::Node;

/// What is to be renamed, moved or changed.
#[derive(Clone, PartialEq)]
pub(in crate::refactor::python) enum Target<'w> {
    /// A name of a function or comprehension.
    Local(&'w Unit, BoundId),
    Parameter(&'w Unit, BoundId),
    /// A name of a module.
    Global(&'w Unit, String),
    /// An attribute of a class.
    Member(Def<'w>, String),
}

/// The name at a place.
///
/// # Errors
/// When there is none, or what it means cannot be told.
pub(in crate::refactor::python) fn at<'w>(
    world: &'w World<'w>,
    unit: &'w Unit,
    span: Span,
) -> Result<Target<'w>, Refusal> {
    let nothing =
        || unit.refuse(Reason::NotHere, span.start, "there is no name of the repository here");
    if let Some(occurrence) = unit.names.at(span) {
        return match occurrence.bound {
            Some(id) => Ok(of_bound(world, unit, id)),
            None => of_star(world, unit, occurrence.span).ok_or_else(nothing),
        };
    }
    let holds = |n: &Node<'_>| {
        matches!(n.kind(), "identifier" | "string")
            && n.start_byte() <= span.start
            && span.end <= n.end_byte()
    };
    let node = unit.root().subtree().filter(holds).last().ok_or_else(nothing)?;
    let parent = node.parent().ok_or_else(nothing)?;
    let name = unit.of(node);
    match parent.kind() {
        "attribute" => of_attribute(world, unit, parent, name),
        "keyword_argument" => of_keyword(world, unit, parent, name).ok_or_else(nothing),
        _ if node.kind() == "string" => {
            let exported = unit.exports().is_some_and(|all| all.contains(&node));
            let name = plain_string(node, unit.text()).map(|(name, _)| name);
            let name = name.filter(|n| exported && unit.global(n).is_some()).ok_or_else(nothing)?;
            Ok(origin(world, unit, name))
        }
        _ => {
            let source = source(node, unit.text()).ok_or_else(nothing)?;
            let module = world.module(unit, source.dots, &source.parts);
            match source.name.map(|n| world.taken(module, &n)) {
                Some(Imported::Name(file, from)) if from == name => Ok(origin(world, file, name)),
                _ => Err(unit.refuse(
                    Reason::NotHere,
                    span.start,
                    "a module is renamed by moving its file, which is not done here",
                )),
            }
        }
    }
}

fn of_bound<'w>(world: &'w World<'w>, unit: &'w Unit, id: BoundId) -> Target<'w> {
    let bound = unit.names.get(id);
    if bound.kind == BoundKind::Parameter {
        return fixture(world, unit, id).unwrap_or(Target::Parameter(unit, id));
    }
    match unit.names.scope(bound.scope).kind {
        ScopeKind::Class => match class_at(unit, bound.scope) {
            Some(node) => Target::Member(Def { unit, node }, bound.name.clone()),
            None => Target::Local(unit, id),
        },
        ScopeKind::File => origin(world, unit, &bound.name),
        _ if bound.kind == BoundKind::Import => {
            let node = unit.node(bound.declared).filter(|n| n.field() != Some("alias"));
            let same = unit.names.of(id).filter(|o| o.role.writes()).count() == 1;
            match node.filter(|_| same).map(|n| world.imported(unit, n)) {
                Some(Imported::Name(file, name)) if file.global(&name).is_some() => {
                    origin(world, file, &name)
                }
                _ => Target::Local(unit, id),
            }
        }
        _ => Target::Local(unit, id),
    }
}

/// The class whose body is a scope.
pub(in crate::refactor::python) fn class_at(unit: &Unit, scope: ScopeId) -> Option<Node<'_>> {
    let span = unit.names.scope(scope).span;
    let node = unit.root().descendant_for_byte_range(span.start, span.start)?;
    std::iter::once(node)
        .chain(ancestors(node))
        .find(|n| n.kind() == "class_definition" && n.end_byte() == span.end)
}

/// Where a name of a module is defined, through imports that keep the name.
pub(in crate::refactor::python) fn origin<'w>(
    world: &'w World<'w>,
    unit: &'w Unit,
    name: &str,
) -> Target<'w> {
    let mut at = unit;
    for _ in 0..16 {
        let Some(id) = at.global(name) else { break };
        let binders: Vec<Node<'w>> =
            at.names.of(id).filter(|o| o.role.writes()).filter_map(|o| at.node(o.span)).collect();
        let [only] = binders.as_slice() else { break };
        if at.names.get(id).kind != BoundKind::Import || only.field() == Some("alias") {
            break;
        }
        match world.imported(at, *only) {
            Imported::Name(file, taken) if taken == name && file != at => {
                let known = file.global(name).is_some();
                at = if known { file } else { star(world, file, name).unwrap_or(at) };
                if !known {
                    break;
                }
            }
            _ => break,
        }
    }
    Target::Global(at, name.to_owned())
}

fn of_star<'w>(world: &'w World<'w>, unit: &'w Unit, span: Span) -> Option<Target<'w>> {
    let name = span.of(unit.text())?;
    star(world, unit, name).map(|file| origin(world, file, name))
}

/// The file from which a star import takes a name.
pub(in crate::refactor::python) fn star<'w>(
    world: &'w World<'w>,
    unit: &Unit,
    name: &str,
) -> Option<&'w Unit> {
    world.stars(unit).into_iter().find_map(|module| match module {
        Module::File(file) if file != unit => match file.global(name) {
            Some(_) => Some(file),
            None => star(world, file, name),
        },
        _ => None,
    })
}

fn of_attribute<'w>(
    world: &'w World<'w>,
    unit: &'w Unit,
    node: Node<'w>,
    name: &str,
) -> Result<Target<'w>, Refusal> {
    let unknown = |why: String| unit.refuse(Reason::Dynamic, node.start_byte(), why);
    let object = field(node, "object");
    let types = object.map(|o| world.infer(unit, o)).unwrap_or_default();
    let classes = Classes::new(world);
    for ty in types {
        match ty {
            Ty::Module(file) => match world.taken(Module::File(file), name) {
                Imported::Name(file, name) if file.global(&name).is_some() => {
                    return Ok(origin(world, file, &name));
                }
                _ => {}
            },
            Ty::Class(def) | Ty::Instance(def) | Ty::Super(def) => {
                if let Some(definer) = classes.definer(def, name) {
                    return Ok(Target::Member(definer, name.to_owned()));
                }
            }
            _ => {}
        }
    }
    let object = object.map_or("", |o| unit.of(o));
    Err(unknown(format!(
        "what `{object}` is cannot be told from the source; ask at the definition of `{name}`"
    )))
}

fn of_keyword<'w>(
    world: &'w World<'w>,
    unit: &'w Unit,
    node: Node<'w>,
    name: &str,
) -> Option<Target<'w>> {
    let call = node.parent()?.parent()?;
    let types = world.infer(unit, field(call, "function")?);
    let classes = Classes::new(world);
    types.into_iter().find_map(|ty| match ty {
        Ty::Function(def) | Ty::Method(def) => parameter(def, name),
        Ty::Class(class) => classes
            .inherited_method(class, "__init__")
            .and_then(|init| parameter(init, name))
            .or_else(|| Some(Target::Member(classes.definer(class, name)?, name.to_owned()))),
        _ => None,
    })
}

fn parameter<'w>(def: Def<'w>, name: &str) -> Option<Target<'w>> {
    let node = parameters(def.node)
        .into_iter()
        .filter_map(parameter_name)
        .find(|n| def.unit.of(*n) == name)?;
    Some(Target::Parameter(def.unit, def.unit.meaning(node)?))
}

/// The fixture that gives a parameter of a test its value.
fn fixture<'w>(world: &'w World<'w>, unit: &'w Unit, id: BoundId) -> Option<Target<'w>> {
    let bound = unit.names.get(id);
    let function = unit.node(bound.declared).and_then(function_of)?;
    let def = Def { unit, node: function };
    if !is_fed(def) {
        return None;
    }
    let files = world.with(&bound.name).filter(|file| reaches(file, unit));
    let found: Vec<&Unit> = files.filter(|f| fixture_in(f, &bound.name).is_some()).collect();
    let nearest = found.into_iter().max_by_key(|f| (*f == unit, f.path.parent().len()))?;
    Some(Target::Global(nearest, bound.name.clone()))
}

/// True for functions whose parameters pytest fills in by their names.
pub(in crate::refactor::python) fn is_fed(def: Def<'_>) -> bool {
    let is_test = def.name().starts_with("test")
        && class_of(def.node).is_none_or(|c| {
            let name = field(c, "name").map_or("", |n| def.unit.of(n));
            name.starts_with("Test")
        });
    is_test || def.has_decorator(&["fixture"])
}

/// True when fixtures of `from` are seen in `unit`.
pub(super) fn reaches(from: &Unit, unit: &Unit) -> bool {
    let folder = from.path.parent();
    from == unit
        || from.path.file_name() == "conftest.py"
            && (folder.is_empty() || unit.path.as_str().starts_with(&format!("{folder}/")))
}

/// The fixture that a file defines under a name.
pub(super) fn fixture_in<'w>(unit: &'w Unit, name: &str) -> Option<Def<'w>> {
    let id = unit.global(name)?;
    let def = Def { unit, node: unit.definition(unit.names.get(id))? };
    def.has_decorator(&["fixture"]).then_some(def)
}
