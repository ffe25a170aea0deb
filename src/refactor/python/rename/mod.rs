//! Another name for what stands at the caret, wherever it is used.

mod doctests;
mod global;
mod member;
mod names;
mod parameter;
mod strings;
pub(super) mod target;

pub(super) use names::{captured, check, is_dunder};
pub(super) use parameter::CLEAR;
pub(super) use strings::not_by_text;

use std::collections::BTreeSet;

use crate::base::{RepoPath, Span};
use crate::refactor::python::infer::function_of;
use crate::refactor::python::world::{Unit, World};
use crate::refactor::step::put;
use crate::refactor::{Answer, Api, BoundId, Reason, Refusal, ScopeKind, Setting, Step, each_word};
use crate::syntax::tree::Node;
use target::Target;

/// The step that renames what is at the place.
pub(super) fn plan(setting: &Setting<'_>, to: &str) -> Answer {
    check(to)?;
    let world = World::new(setting.project);
    let Some(unit) = world.unit(setting.path()) else {
        return Err(Refusal::new(Reason::NotHere, format!("{} cannot be read", setting.path())));
    };
    let target = target::at(&world, unit, setting.at.span)?;
    let from = match &target {
        Target::Local(unit, id) | Target::Parameter(unit, id) => unit.names.get(*id).name.clone(),
        Target::Global(_, name) | Target::Member(_, name) => name.clone(),
    };
    if from == to {
        return Err(Refusal::new(Reason::NotHere, format!("it is called `{to}` already")));
    }
    if is_dunder(&from) {
        let message = format!("`{from}` is called by Python itself and cannot have another name");
        return Err(Refusal::new(Reason::BadName, message));
    }
    let mut work = Renaming::new(&world, &from, to, setting.api);
    let is_local = matches!(target, Target::Local(..));
    match target {
        Target::Local(unit, id) => work.local(unit, id)?,
        Target::Parameter(unit, id) => work.parameter(unit, id)?,
        Target::Global(unit, _) => work.global(unit)?,
        Target::Member(class, _) => work.member(class)?,
    }
    if !is_local {
        has_no_stub(&world, &work.step, &from)?;
    }
    Ok(work.step)
}

/// # Errors
/// When a file of types (`.pyi`) declares the name too: it is not looked through.
fn has_no_stub(world: &World<'_>, step: &Step, from: &str) -> Result<(), Refusal> {
    let with = world.project.files_with(from);
    for change in &step.changes {
        let path = change.path.as_str();
        let stem = path.trim_end_matches(".pyi").trim_end_matches(".py");
        let (code, stub) = (format!("{stem}.py"), format!("{stem}.pyi"));
        let other = if path.ends_with(".pyi") { code } else { stub };
        if let Some(other) = with.iter().find(|p| p.as_str() == other) {
            let message = format!("{other} declares `{from}` too; files of types are not changed");
            return Err(Refusal::new(Reason::Unsupported, message));
        }
    }
    Ok(())
}

/// A renaming in progress.
struct Renaming<'w> {
    world: &'w World<'w>,
    from: String,
    to: String,
    api: Api,
    step: Step,
    edited: BTreeSet<(RepoPath, Span)>,
}

impl<'w> Renaming<'w> {
    fn new(world: &'w World<'w>, from: &str, to: &str, api: Api) -> Self {
        let step = Step::new(format!("Rename {from} to {to}"));
        let (from, to) = (from.to_owned(), to.to_owned());
        Self { world, from, to, api, step, edited: BTreeSet::new() }
    }

    fn edit(&mut self, unit: &Unit, span: Span) {
        let to = self.to.clone();
        self.edit_as(unit, span, &to);
    }

    fn edit_as(&mut self, unit: &Unit, span: Span, text: &str) {
        if self.edited.insert((unit.path.clone(), span)) {
            self.step.replace(&unit.path, put(span, text));
        }
    }

    fn note(&mut self, note: String) {
        if !self.step.notes.contains(&note) {
            self.step.notes.push(note);
        }
    }

    /// Renames every identifier of one name in one file.
    fn occurrences(&mut self, unit: &'w Unit, id: BoundId) -> Result<(), Refusal> {
        if let Some(note) = names::fits(unit, id, &self.to)? {
            self.note(note);
        }
        let spans: Vec<Span> = unit.names.of(id).map(|o| o.span).collect();
        for span in spans {
            match unit.node(span).and_then(|node| kept(node, &self.from, &self.to)) {
                Some(text) => self.edit_as(unit, span, &text),
                None => self.edit(unit, span),
            }
        }
        Ok(())
    }

    /// # Errors
    /// When names are looked up at run time where the name can be seen.
    fn is_static(&self, unit: &Unit, id: BoundId) -> Result<(), Refusal> {
        let home = unit.names.get(id).scope;
        let seen = unit.names.of(id).map(|o| o.scope).chain([home]);
        for scope in seen {
            if unit.names.scope(scope).kind == ScopeKind::File && home != scope {
                continue;
            }
            if let Some(at) = unit.names.scope(scope).dynamic {
                let what = at.of(unit.text()).unwrap_or("").lines().next().unwrap_or("");
                if what.contains("import") {
                    continue;
                }
                let message = format!("`{what}` sees names by their text; `{}` is one", self.from);
                return Err(unit.refuse(Reason::Dynamic, at.start, message));
            }
        }
        Ok(())
    }

    fn local(&mut self, unit: &'w Unit, id: BoundId) -> Result<(), Refusal> {
        self.is_static(unit, id)?;
        self.occurrences(unit, id)?;
        self.own_mentions(unit, id);
        Ok(())
    }

    /// The comments and docstrings of the function that a local belongs to.
    fn own_mentions(&mut self, unit: &'w Unit, id: BoundId) {
        let declared = unit.names.get(id).declared;
        let Some(node) = unit.node(declared) else { return };
        let within = function_of(node).unwrap_or_else(|| unit.root());
        self.mentions_in(unit, within);
    }

    /// Words of comments and strings in the whole repository.
    fn all_mentions(&mut self) {
        let units = self.world.with(&self.from);
        units.into_iter().for_each(|unit| self.mentions_in(unit, unit.root()));
        for mention in self.world.project.mentions(&self.from) {
            self.step.mention(&mention.path, put(mention.span, self.to.clone()));
        }
    }

    fn mentions_in(&mut self, unit: &'w Unit, within: Node<'w>) {
        let says = |node: Node<'_>| matches!(node.kind(), "comment" | "string_content");
        for word in each_word(unit.of(within), &self.from) {
            let at = within.start_byte();
            let place = Span::new(at + word.start, at + word.end);
            let Some(node) = unit.node(place) else { continue };
            // An escape in a string is a node of its own.
            if !says(node) && !node.parent().is_some_and(says) || self.is_edited(unit, place) {
                continue;
            }
            self.step.mention(&unit.path, put(place, self.to.clone()));
        }
    }

    /// True when an edit changes what stands at a place.
    fn is_edited(&self, unit: &Unit, place: Span) -> bool {
        // Edits do not overlap: only the last that begins before the end of the place can reach it.
        let before = self.edited.range(..(unit.path.clone(), Span::at(place.end))).next_back();
        before.is_some_and(|(path, span)| *path == unit.path && place.start < span.end)
    }
}

/// What an identifier that cannot just be replaced becomes: `import a` keeps what it imports.
fn kept(node: Node<'_>, from: &str, to: &str) -> Option<String> {
    let parent = node.parent()?;
    let in_pattern = parent.parent().is_some_and(|p| p.kind().ends_with("pattern"));
    match parent.kind() {
        "dotted_name" if !in_pattern && parent.parent()?.kind().starts_with("import") => {
            Some(format!("{from} as {to}"))
        }
        _ => None,
    }
}
