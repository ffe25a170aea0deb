//! Attributes that a module or a class of the repository does not have.

use std::collections::HashMap;

use super::imports::{is_guarded, is_idle_annotation};
use super::modules::{self, Target};
use crate::agent::review::rules::MISSING_ATTRIBUTE;
use crate::agent::review::source::{Draft, Source, World};
use crate::base::{Language, Replacement, RepoPath, Span};
use crate::refactor::{BoundId, BoundKind, Namespace, Role, ScopeId};
use crate::syntax::node::{ancestor, field, fields, named, span, text_of};
use crate::syntax::tree::Node;
use crate::syntax::{attributes_of_self, similar_names};

/// One attribute that is not there.
pub(super) struct Problem {
    pub(super) span: Span,
    pub(super) module: RepoPath,
    pub(super) name: String,
    pub(super) draft: Draft,
}

/// The new uses of attributes that are not there.
pub(in crate::agent::review) fn find(source: &Source, world: World<'_>, out: &mut Vec<Draft>) {
    if !source.is(Language::Python)
        || source.kind.fixture
        || source.kind.template
        || !source.is_clean()
    {
        return;
    }
    out.extend(of_modules(source, world, |n| source.wants(span(n))).into_iter().map(|p| p.draft));
    own_methods(source, world, out);
}

/// `module.name` for modules of the repository, among the nodes that `look` says.
pub(super) fn of_modules(
    source: &Source,
    world: World<'_>,
    look: impl Fn(Node<'_>) -> bool,
) -> Vec<Problem> {
    let mut out = Vec::new();
    if !source.is(Language::Python) || source.kind.fixture || !source.is_clean() {
        return out;
    }
    let modules = imported_modules(source, world);
    let Some(bindings) = source.bindings().filter(|_| !modules.is_empty()) else { return out };
    for node in source.all_nodes().filter(|n| n.kind() == "attribute" && look(*n)) {
        let (Some(object), Some(attribute)) = (field(node, "object"), field(node, "attribute"))
        else {
            continue;
        };
        if object.kind() != "identifier" {
            continue;
        }
        let Some(path) =
            bindings.at(span(object)).and_then(|o| o.bound).and_then(|id| modules.get(&id))
        else {
            continue;
        };
        let Some(names) = world.exports.of(world.project, path) else { continue };
        let name = source.text_of(attribute);
        if names.contains(name)
            || name.starts_with("__")
            || is_put_there(source, node, name)
            || is_guarded(source, node)
            || is_idle_annotation(source, node)
            || world.exports.is_filled_elsewhere(world.project, path)
        {
            continue;
        }
        let likely =
            similar_names(name, names.iter().map(String::as_str)).first().map(|s| (*s).to_owned());
        let hint = likely.as_ref().map(|s| format!("; did you mean `{s}`?")).unwrap_or_default();
        let message = format!("`{path}` has no `{name}`: it fails when the line is reached{hint}");
        let patch =
            likely.map(|text| Replacement { span: span(attribute), text }).into_iter().collect();
        let draft =
            Draft::at(&MISSING_ATTRIBUTE, source, node, message).confidence(0.93).patch(patch);
        out.push(Problem { span: span(node), module: path.clone(), name: name.to_owned(), draft });
    }
    out
}

/// The names of the file that mean one module of the repository and nothing else.
fn imported_modules(source: &Source, world: World<'_>) -> HashMap<BoundId, RepoPath> {
    let mut found = HashMap::new();
    let Some(bindings) = source.bindings() else { return found };
    let mut add = |place: Node<'_>, module: String| {
        let Target::File(path) = modules::resolve(world.project, &source.path, &module) else {
            return;
        };
        let at =
            bindings.occurrences.iter().find(|o| o.span == span(place) && o.role == Role::Bind);
        let Some(id) = at.and_then(|o| o.bound) else { return };
        let once = bindings.of(id).filter(|o| o.role.writes()).count() == 1;
        if once && bindings.get(id).kind == BoundKind::Import && path.as_str() != source.path {
            found.insert(id, path);
        }
    };
    for node in source.all_nodes() {
        match node.kind() {
            "import_statement" => {
                for item in fields(node, "name") {
                    match (field(item, "name"), field(item, "alias")) {
                        (Some(name), Some(alias)) => add(alias, source.text_of(name).to_owned()),
                        _ if !source.text_of(item).contains('.') => {
                            let inner = named(item).first().copied().unwrap_or(item);
                            add(inner, source.text_of(item).to_owned());
                        }
                        _ => {}
                    }
                }
            }
            "import_from_statement" => {
                let Some(module) = field(node, "module_name").map(|m| source.text_of(m)) else {
                    continue;
                };
                for item in fields(node, "name") {
                    let name = field(item, "name").unwrap_or(item);
                    let local = field(item, "alias").unwrap_or(item);
                    let local = if local.kind() == "dotted_name" {
                        named(local).first().copied().unwrap_or(local)
                    } else {
                        local
                    };
                    let dot = if module.ends_with('.') { "" } else { "." };
                    let whole = format!("{module}{dot}{}", source.text_of(name));
                    // A name of the package itself comes before a module of that name.
                    let package = modules::resolve(world.project, &source.path, module);
                    let hidden = matches!(&package, Target::File(path) if defines(world, path, source.text_of(name)));
                    if !hidden {
                        add(local, whole);
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// True when a package gives the name a meaning of its own, or that cannot be told.
fn defines(world: World<'_>, package: &RepoPath, name: &str) -> bool {
    let Some(parsed) = world.project.parsed(package) else { return true };
    let star = parsed.text().contains("import *") || parsed.text().contains("__getattr__");
    let Some(bindings) = crate::refactor::bindings(&parsed).filter(|_| !star) else { return true };
    bindings.own(ScopeId(0), name, Namespace::Value).is_some()
}

/// Assigned from outside, or asked for by name.
fn is_put_there(source: &Source, node: Node<'_>, name: &str) -> bool {
    let target = node.parent().is_some_and(|p| {
        matches!(
            p.kind(),
            "assignment"
                | "augmented_assignment"
                | "delete_statement"
                | "expression_list"
                | "pattern_list"
        ) && field(p, "left").is_none_or(|l| l == node)
    });
    let whole = source.text_of(node);
    target
        || source.text.contains(&format!("'{name}'"))
        || source.text.contains(&format!("\"{name}\""))
        || source.text.contains(&format!("{whole} ="))
}

/// `self.method()` in a class that shows all its members: no bases but those of the file, nothing derived.
fn own_methods(source: &Source, world: World<'_>, out: &mut Vec<Draft>) {
    let Some(parsed) = &source.parsed else { return };
    for node in source.nodes() {
        if node.kind() != "call" {
            continue;
        }
        let Some(function) =
            field(node, "function").filter(|f| f.kind() == "attribute" && source.wants(span(*f)))
        else {
            continue;
        };
        let (Some(object), Some(attribute)) =
            (field(function, "object"), field(function, "attribute"))
        else {
            continue;
        };
        if object.kind() != "identifier" || source.text_of(object) != "self" {
            continue;
        }
        let name = source.text_of(attribute);
        // The cheap questions first: nearly every method is there.
        let mentioned = [
            format!("def {name}("),
            format!(".{name} ="),
            format!(".{name}:"),
            format!("{name} ="),
            format!("'{name}'"),
            format!("\"{name}\""),
        ];
        if name.starts_with("__")
            || mentioned.iter().any(|m| source.text.contains(m.as_str()))
            || is_guarded(source, node)
        {
            continue;
        }
        // What is used again and again and stands nowhere is put there by somebody, a fixture perhaps.
        if source.text.matches(&format!(".{name}")).count() > 1 {
            continue;
        }
        let Some(class) = closed_class(source, world, node) else { continue };
        let Some(class_name) = field(class, "name").map(|n| source.text_of(n)) else { continue };
        let known = attributes_of_self(parsed, class_name);
        if known.iter().any(|a| a.name == name) {
            continue;
        }
        let likely =
            similar_names(name, known.iter().filter(|a| a.is_method).map(|a| a.name.as_str()))
                .first()
                .map(|s| (*s).to_owned());
        let hint = likely.as_ref().map(|s| format!("; did you mean `{s}`?")).unwrap_or_default();
        let message = format!(
            "`{class_name}` has no method `{name}`: it fails when the line is reached{hint}"
        );
        let patch =
            likely.map(|text| Replacement { span: span(attribute), text }).into_iter().collect();
        let draft = Draft::at(&MISSING_ATTRIBUTE, source, function, message)
            .key(format!("{class_name}.{name}"));
        out.push(draft.confidence(0.92).patch(patch));
    }
}

/// The class around a node, when all its members stand in this file.
pub(super) fn closed_class<'t>(
    source: &'t Source,
    world: World<'_>,
    node: Node<'t>,
) -> Option<Node<'t>> {
    let class = ancestor(node, &["class_definition"])?;
    // A function in a method has a `self` of its own, perhaps.
    let function = ancestor(node, &["function_definition", "lambda"])?;
    if ancestor(function, &["class_definition", "function_definition"]) != Some(class) {
        return None;
    }
    if !is_closed(source, class, 0) {
        return None;
    }
    let name = field(class, "name").map(|n| source.text_of(n))?;
    (!has_heirs(source, world, name)).then_some(class)
}

fn is_closed(source: &Source, class: Node<'_>, depth: u8) -> bool {
    let text = source.text_of(class);
    const HIDDEN: &[&str] =
        &["__getattr__", "__getattribute__", "setattr(", "__dict__", "vars(self)", "__slots__ = _"];
    let decorated = class.parent().is_some_and(|p| p.kind() == "decorated_definition");
    let name = field(class, "name").map_or("", |n| source.text_of(n));
    if decorated || depth > 4 || name.contains("Mixin") || HIDDEN.iter().any(|w| text.contains(w)) {
        return false;
    }
    let bases = field(class, "superclasses").map(named).unwrap_or_default();
    bases.iter().all(|base| {
        let base_name = source.text_of(*base);
        if base_name == "object" {
            return true;
        }
        let mut defined = source.all_nodes().filter(|n| {
            n.kind() == "class_definition"
                && field(*n, "name").is_some_and(|c| source.text_of(c) == base_name)
        });
        match (base.kind(), defined.next(), defined.next()) {
            ("identifier", Some(one), None) => one != class && is_closed(source, one, depth + 1),
            _ => false,
        }
    })
}

/// True when something in the repository derives from a class of this name, or patches it.
fn has_heirs(source: &Source, world: World<'_>, name: &str) -> bool {
    let derives = |text: &str, root: Node<'_>| {
        root.subtree().filter(|n| n.kind() == "class_definition").any(|class| {
            let list = field(class, "superclasses").map_or("", |l| text_of(l, text));
            !crate::refactor::words(list, name).is_empty()
        }) || text.contains(&format!("setattr({name}"))
            // `type("Heir", (Base, Other), {})`
            || text.contains(&format!("({name}, "))
            || text.contains(&format!("{name}.__dict__"))
    };
    let Some(own) = &source.parsed else { return true };
    if derives(own.text(), own.root()) {
        return true;
    }
    let files = world.project.files_with(name);
    // A name that stands everywhere is not worth reading everything for.
    files.len() > 60
        || files.iter().filter(|path| path.as_str() != source.path).any(|path| {
            world.project.parsed(path).is_some_and(|parsed| {
                parsed.language() == Language::Python && derives(parsed.text(), parsed.root())
            })
        })
}
