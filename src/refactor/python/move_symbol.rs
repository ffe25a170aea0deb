//! A definition of a module in another file, with the imports that it and its users need.

mod users;

use std::collections::BTreeSet;

use super::extract_variable::assigned_value;
use super::infer::is_builtin;
use super::inline_function::gone;
use super::layout::{decorated, line_end, with_comments};
use super::leftovers;
use super::rename::target::{self, Target};
use super::world::{Imported, Module, Unit, World, source};
use crate::base::{Language, Replacement, RepoPath, Span};
use crate::refactor::step::put;
use crate::refactor::{Answer, BoundId, BoundKind, Edit, Reason, Refusal, ScopeId, Setting, Step};
use crate::syntax::node::{ancestor, field, named, span};
use crate::syntax::tree::Node;

/// The step that moves the definition at the place to `to`.
pub(super) fn plan(setting: &Setting<'_>, to: &RepoPath) -> Answer {
    let world = World::new(setting.project);
    let Some(at) = world.unit(setting.path()) else {
        return Err(Refusal::new(Reason::NotHere, format!("{} cannot be read", setting.path())));
    };
    let none = || {
        at.refuse(Reason::NotHere, setting.at.span.start, "only what a module defines can be moved")
    };
    let Target::Global(unit, name) = target::at(&world, at, setting.at.span)? else {
        return Err(none());
    };
    let id = unit.global(&name).ok_or_else(none)?;
    if Language::of_path(to.as_str()) != Some(Language::Python) || !to.as_str().ends_with(".py") {
        return Err(Refusal::new(Reason::NotHere, format!("{to} is no Python file")));
    }
    if *to == unit.path {
        return Err(Refusal::new(Reason::NotHere, format!("it is in {to} already")));
    }
    let node = definition(unit, id)?;
    let new = world.unit(to);
    if new.is_none() && world.project.has(to) {
        return Err(Refusal::new(Reason::Syntax, format!("{to} cannot be read")));
    }
    let mut work = Moving {
        world: &world,
        unit,
        id,
        name: name.clone(),
        node,
        to,
        new,
        needs: Vec::new(),
        taken: Vec::new(),
        edges: Vec::new(),
        step: Step::new(format!("Move {name} to {to}")),
        remains: false,
    };
    work.is_free()?;
    work.needed()?;
    work.users(setting.api)?;
    work.is_acyclic()?;
    work.write();
    work.tidy(setting);
    if !name.starts_with('_') && !world.project.is_test(&unit.path) {
        work.step.interface.push(format!("{}.{name}", world.dotted(&unit.path)));
    }
    Ok(work.step)
}

/// The statement of the module that defines a name.
fn definition(unit: &Unit, id: BoundId) -> Result<Node<'_>, Refusal> {
    let bound = unit.names.get(id);
    let at = bound.declared.start;
    let refuse = |reason, message: String| Err(unit.refuse(reason, at, message));
    if unit.names.of(id).filter(|o| o.role.writes()).count() > 1 {
        return refuse(
            Reason::Dynamic,
            format!("`{}` is given a value in more than one place", bound.name),
        );
    }
    let node = match bound.kind {
        BoundKind::Function | BoundKind::Class => unit.definition(bound),
        BoundKind::Variable => unit.node(bound.declared).and_then(assigned_value).map(|(s, _)| s),
        _ => None,
    };
    let whole = node.map(|n| (n, decorated(n)));
    match whole {
        Some((node, whole)) if whole.parent().is_some_and(|p| p.kind() == "module") => Ok(node),
        Some(_) => refuse(Reason::NotHere, format!("`{}` is defined on a condition", bound.name)),
        None => refuse(
            Reason::NotHere,
            format!("`{}` is not a definition that can be moved", bound.name),
        ),
    }
}

struct Moving<'w> {
    world: &'w World<'w>,
    unit: &'w Unit,
    id: BoundId,
    name: String,
    node: Node<'w>,
    to: &'w RepoPath,
    new: Option<&'w Unit>,
    /// Imports that the new file needs.
    needs: Vec<String>,
    /// The names that what moves takes from the imports of the old file.
    taken: Vec<String>,
    /// The files that the new file will import.
    edges: Vec<&'w Unit>,
    step: Step,
    /// True when the old file goes on using the name.
    remains: bool,
}

impl<'w> Moving<'w> {
    fn span(&self) -> Span {
        span(decorated(self.node))
    }

    fn dotted(&self) -> String {
        self.world.dotted(self.to)
    }

    /// # Errors
    /// When the new file has the name, or has another meaning for it.
    fn is_free(&self) -> Result<(), Refusal> {
        let Some(new) = self.new else { return Ok(()) };
        if let Some(id) = new.global(&self.name) {
            let bound = new.names.get(id);
            if !self.imports_it(new, id) {
                let message = format!("`{}` is already defined in {}", self.name, new.path);
                return Err(new.refuse(Reason::NameTaken, bound.declared.start, message));
            }
            return Ok(());
        }
        super::rename::captured(new, ScopeId(0), &self.name)
    }

    /// True when a name of a file is the import of what is moved, and nothing else.
    fn imports_it(&self, unit: &'w Unit, id: BoundId) -> bool {
        unit.names.of(id).filter(|o| o.role.writes()).all(|o| {
            unit.node(o.span).is_some_and(|n| {
                unit.names.get(id).kind == BoundKind::Import
                    && matches!(self.world.imported(unit, n), Imported::Name(f, name) if f == self.unit && name == self.name)
            })
        })
    }

    /// Finds the imports that the definition needs.
    fn needed(&mut self) -> Result<(), Refusal> {
        let unit = self.unit;
        let whole = self.span();
        let mut seen: Vec<BoundId> = vec![self.id];
        for occurrence in unit.names.within(whole) {
            let name = occurrence.span.of(unit.text()).unwrap_or("");
            let at = occurrence.span.start;
            let Some(id) = occurrence.bound else {
                self.is_everywhere(name, at)?;
                continue;
            };
            let bound = unit.names.get(id);
            if bound.scope != ScopeId(0) || seen.contains(&id) {
                if id == self.id
                    && occurrence.role.writes()
                    && span_of_name(self.node) != Some(occurrence.span)
                {
                    let message = format!("`{name}` is assigned within itself");
                    return Err(unit.refuse(Reason::Dynamic, at, message));
                }
                continue;
            }
            seen.push(id);
            if occurrence.role.writes()
                || unit.names.within(whole).any(|o| o.bound == Some(id) && o.role.writes())
            {
                let message = format!("it assigns `{name}`, which stays in {}", unit.path);
                return Err(unit.refuse(Reason::Shadowed, at, message));
            }
            if bound.kind == BoundKind::Import {
                self.import_of(id)?;
            } else {
                self.helper(id, at)?;
            }
        }
        Ok(())
    }

    fn is_everywhere(&self, name: &str, at: usize) -> Result<(), Refusal> {
        if matches!(name, "__name__" | "__file__" | "__package__" | "__spec__" | "__path__") {
            let message = format!("`{name}` means something else in another file");
            return Err(self.unit.refuse(Reason::NotEquivalent, at, message));
        }
        if !is_builtin(name) && name != "__class__" && name != "__qualname__" {
            let message = format!("where `{name}` comes from cannot be told");
            return Err(self.unit.refuse(Reason::Dynamic, at, message));
        }
        match self.new.and_then(|new| Some((new, new.global(name)?))) {
            Some((new, id)) => {
                let message = format!("`{name}` means something else in {}", new.path);
                Err(new.refuse(Reason::Shadowed, new.names.get(id).declared.start, message))
            }
            None => Ok(()),
        }
    }

    /// The import of a name of the old file, for the new one.
    fn import_of(&mut self, id: BoundId) -> Result<(), Refusal> {
        let unit = self.unit;
        let bound = unit.names.get(id);
        let name = bound.name.clone();
        self.taken.push(name.clone());
        let binders: Vec<Node<'w>> = unit
            .names
            .of(id)
            .filter(|o| o.role.writes())
            .filter_map(|o| unit.node(o.span))
            .collect();
        let top = |n: &Node<'w>| {
            ancestor(*n, &["import_statement", "import_from_statement", "future_import_statement"])
                .is_some_and(|s| s.parent().is_some_and(|p| p.kind() == "module"))
        };
        if !binders.iter().all(top) {
            let message = format!("`{name}` is imported on a condition");
            return Err(unit.refuse(Reason::Unsupported, bound.declared.start, message));
        }
        for node in binders {
            let Some(line) = self.import_line(node)? else { continue };
            if let Some(new) = self.new
                && let Some(other) = new.global(&name)
            {
                let same = new.names.get(other).kind == BoundKind::Import
                    && self.same_import(unit, node, new, other);
                if !same {
                    let message = format!("`{name}` means something else in {}", new.path);
                    let at = new.names.get(other).declared.start;
                    return Err(new.refuse(Reason::Shadowed, at, message));
                }
                continue;
            }
            if !self.needs.contains(&line) {
                self.needs.push(line);
            }
        }
        Ok(())
    }

    fn same_import(&self, unit: &'w Unit, node: Node<'w>, new: &'w Unit, other: BoundId) -> bool {
        let binder = new.names.of(other).find(|o| o.role.writes()).and_then(|o| new.node(o.span));
        let Some(binder) = binder else { return false };
        let (Some(a), Some(b)) = (source(node, unit.text()), source(binder, new.text())) else {
            return false;
        };
        if a.name != b.name {
            return false;
        }
        match (self.world.module(unit, a.dots, &a.parts), self.world.module(new, b.dots, &b.parts))
        {
            (Module::File(x), Module::File(y)) => x == y,
            (Module::Outside, Module::Outside) => a.dots == 0 && b.dots == 0 && a.parts == b.parts,
            _ => false,
        }
    }

    /// The import statement that binds the name of `node` in the new file.
    fn import_line(&mut self, node: Node<'w>) -> Result<Option<String>, Refusal> {
        let unit = self.unit;
        let Some(source) = source(node, unit.text()) else { return Ok(None) };
        let module = self.world.module(unit, source.dots, &source.parts);
        let alias = (node.field() == Some("alias")).then(|| format!(" as {}", unit.of(node)));
        let alias = alias.unwrap_or_default();
        let Some(name) = source.name else {
            return Ok(Some(format!("import {}{alias}", source.parts.join("."))));
        };
        let taken = self.world.taken(module, &name);
        match &taken {
            Imported::Module(Module::File(file)) | Imported::Name(file, _)
                if Some(*file) != self.new =>
            {
                self.edges.push(file);
            }
            Imported::Name(..) => {}
            Imported::Module(_) => {}
        }
        if matches!(&taken, Imported::Name(file, _) if Some(*file) == self.new) {
            return Ok(None);
        }
        let from = if source.dots == 0 {
            source.parts.join(".")
        } else if self.to.parent() == unit.path.parent() {
            format!("{}{}", ".".repeat(source.dots), source.parts.join("."))
        } else {
            match module {
                Module::File(file) => self.world.dotted(&file.path),
                _ => {
                    let message = "a relative import of what is not in the repository";
                    return Err(unit.refuse(Reason::Unsupported, node.start_byte(), message));
                }
            }
        };
        Ok(Some(format!("from {from} import {name}{alias}")))
    }

    /// A name that stays in the old file.
    fn helper(&mut self, id: BoundId, at: usize) -> Result<(), Refusal> {
        let unit = self.unit;
        let bound = unit.names.get(id);
        let name = &bound.name;
        if unit.names.of(id).filter(|o| o.role.writes()).count() > 1
            && bound.kind == BoundKind::Variable
        {
            let message = format!("`{name}` stays in {} and is assigned there again", unit.path);
            return Err(unit.refuse(Reason::Shadowed, at, message));
        }
        if let Some(new) = self.new
            && let Some(other) = new.global(name)
        {
            let same = new.names.of(other).find(|o| o.role.writes()).and_then(|o| new.node(o.span)).is_some_and(|n| {
                new.names.get(other).kind == BoundKind::Import
                    && matches!(self.world.imported(new, n), Imported::Name(f, taken) if f == unit && taken == *name)
            });
            if same {
                self.edges.push(unit);
                return Ok(());
            }
            let message = format!("`{name}` means something else in {}", new.path);
            return Err(new.refuse(Reason::Shadowed, new.names.get(other).declared.start, message));
        }
        self.edges.push(unit);
        let line = format!("from {} import {name}", self.old_from(unit));
        if !self.needs.contains(&line) {
            self.needs.push(line);
        }
        Ok(())
    }

    /// How the new file names a module.
    fn old_from(&self, unit: &Unit) -> String {
        let relative = self.unit.root().subtree().any(|n| n.kind() == "relative_import");
        let stem = unit.path.file_name().trim_end_matches(".py");
        if relative && unit.path.parent() == self.to.parent() && stem != "__init__" {
            format!(".{stem}")
        } else {
            self.world.dotted(&unit.path)
        }
    }

    /// How a file names the new module, in the way in which it named the old one.
    fn to_new(&self, unit: &Unit, relative: bool) -> String {
        let stem = self.to.file_name().trim_end_matches(".py");
        let same = unit.path.parent() == self.to.parent() && stem != "__init__";
        if relative && same { format!(".{stem}") } else { self.dotted() }
    }

    /// # Errors
    /// When modules would import each other that did not.
    fn is_acyclic(&self) -> Result<(), Refusal> {
        let world = self.world;
        let number = |unit: &Unit| world.place(&unit.path);
        let edges: Vec<usize> = self.edges.iter().filter_map(|unit| number(unit)).collect();
        let (old, new) = (number(self.unit), self.new.and_then(number));
        let takers = world.saying(&self.name);
        let mut reached: BTreeSet<usize> = BTreeSet::new();
        let mut queue = edges.clone();
        if let Some(new) = new {
            let imports = self.top_imports(new).into_iter();
            queue.extend(imports.filter(|at| Some(*at) != old || edges.contains(at)));
        }
        while let Some(at) = queue.pop() {
            if !reached.insert(at) {
                continue;
            }
            let takes_it = || {
                takers.contains(&at) && world.unit_at(at).is_some_and(|unit| self.takes_it(unit))
            };
            let turns_back =
                Some(at) == new || Some(at) == old && self.remains || Some(at) != old && takes_it();
            if turns_back && let Some(unit) = world.unit_at(at) {
                let message = format!(
                    "{} would need {}, which needs it back; move what both use first",
                    self.to, unit.path
                );
                return Err(unit.refuse(Reason::Shadowed, 0, message));
            }
            queue.extend(self.top_imports(at));
        }
        Ok(())
    }

    /// True when a file imports the name at its top level.
    fn takes_it(&self, unit: &'w Unit) -> bool {
        unit.global(&self.name).is_some_and(|id| self.imports_it(unit, id))
    }

    /// The files that a file imports when it is imported itself.
    fn top_imports(&self, at: usize) -> Vec<usize> {
        let mut out = self.world.imported_by(at);
        // A package that only gathers its modules is there before they are.
        out.retain(|at| !self.world.is_package(*at));
        out
    }

    /// Takes the imports out of the old file that only the moved code needed.
    fn tidy(&mut self, setting: &Setting<'_>) {
        let unit = self.unit;
        let own = self.step.changes.iter().filter(|change| change.path == unit.path);
        let edits: Vec<Replacement> = own
            .flat_map(|change| match &change.edit {
                Edit::Replace(list) => list.clone(),
                Edit::Create(_) => Vec::new(),
            })
            .collect();
        let old = (&unit.path, &unit.parsed);
        let (more, gone) = leftovers::removed(setting, old, &edits, &self.taken);
        more.into_iter().for_each(|edit| self.step.replace(&unit.path, edit));
        if !gone.is_empty() {
            let names: Vec<String> = gone.iter().map(|name| format!("`{name}`")).collect();
            self.step.notes.push(format!("{} imports {} no more", unit.path, names.join(", ")));
        }
    }

    fn write(&mut self) {
        let unit = self.unit;
        let text = unit.text();
        let whole = decorated(self.node);
        let start = with_comments(unit, whole);
        let end = line_end(text, whole.end_byte().saturating_sub(1).max(whole.start_byte()));
        let mut code = text[start..end].to_owned();
        if !code.ends_with('\n') {
            code.push('\n');
        }
        self.step.replace(&unit.path, put(gone(unit, self.node), ""));
        let future = text.lines().any(|l| l.starts_with("from __future__ import annotations"));
        self.needs.sort_by_key(|line| (line.starts_with("from ."), line.clone()));
        match self.new {
            None => {
                let mut out = String::new();
                if future {
                    out.push_str("from __future__ import annotations\n\n");
                }
                for line in &self.needs {
                    out.push_str(line);
                    out.push('\n');
                }
                if !self.needs.is_empty() {
                    out.push_str("\n\n");
                }
                out.push_str(&code);
                self.step.create(self.to, out);
            }
            Some(new) => {
                if !self.needs.is_empty() {
                    let (at, lines) = import_place(new, &self.needs.join("\n"));
                    self.step.replace(&new.path, put(Span::at(at), lines));
                }
                let (at, gap) = self.landing(new);
                let tail = if at < new.text().len() { "\n\n" } else { "" };
                self.step.replace(&new.path, put(Span::at(at), format!("{gap}{code}{tail}")));
            }
        }
    }

    /// Where the definition goes in a file that is there: before the first use at the top level, else at the end.
    fn landing(&self, new: &Unit) -> (usize, &'static str) {
        let uses = new.global(&self.name).into_iter().flat_map(|id| new.names.of(id));
        let first = uses
            .filter(|o| o.scope == ScopeId(0) && o.role.reads())
            .filter_map(|o| new.node(o.span))
            .map(super::layout::top_statement)
            .map(|n| with_comments(new, n))
            .min();
        match first {
            Some(at) => (at, ""),
            None if new.text().trim().is_empty() => (new.text().len(), ""),
            None if new.text().ends_with('\n') => (new.text().len(), "\n\n"),
            None => (new.text().len(), "\n\n\n"),
        }
    }
}

fn span_of_name(node: Node<'_>) -> Option<Span> {
    field(node, "name").or_else(|| named(node).first().and_then(|a| field(*a, "left"))).map(span)
}

/// Where a new import goes in a file, with the line as it is to be put there.
fn import_place(unit: &Unit, line: &str) -> (usize, String) {
    let text = unit.text();
    let mut after = None;
    let mut first = true;
    for node in named(unit.root()) {
        match node.kind() {
            "import_statement" | "import_from_statement" | "future_import_statement" => {
                after = Some((node, true));
            }
            "expression_statement"
                if first && named(node).first().is_some_and(|n| n.kind().ends_with("string")) =>
            {
                after = Some((node, false));
            }
            _ if after.is_some_and(|(_, import)| import) => break,
            "if_statement" | "try_statement" | "comment" => {}
            _ => break,
        }
        first = false;
    }
    match after {
        Some((node, import)) => {
            let at = line_end(text, node.end_byte().saturating_sub(1));
            let lead = if text[..at].ends_with('\n') { "" } else { "\n" };
            (at, format!("{lead}{}{line}\n", if import { "" } else { "\n" }))
        }
        None => {
            // After comments that head the file.
            let at = named_or_comment(unit);
            (at, format!("{line}\n\n"))
        }
    }
}

fn named_or_comment(unit: &Unit) -> usize {
    let text = unit.text();
    let mut at = 0;
    while text[at..].starts_with('#') {
        at = line_end(text, at);
    }
    at
}
