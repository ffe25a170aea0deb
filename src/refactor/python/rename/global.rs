//! Renaming a name of a module: in its file, in imports, through modules, in `__all__`.

use super::Renaming;
use super::names::fits;
use super::strings::{self, Name};
use super::target::{fixture_in, is_fed, reaches};
use crate::base::Span;
use crate::refactor::python::classes::{parameter_name, parameters};
use crate::refactor::python::infer::{Def, Ty};
use crate::refactor::python::sieve::may_refuse;
use crate::refactor::python::world::{Imported, Module, Unit, plain_string, source};
use crate::refactor::{Api, BoundId, Reason, Refusal};
use crate::syntax::node::{field, named};
use crate::syntax::tree::Node;

impl<'w> Renaming<'w> {
    pub(super) fn global(&mut self, home: &'w Unit) -> Result<(), Refusal> {
        self.refused_soon(home)?;
        let all: Vec<&'w Unit> = self.world.with(&self.from).collect();
        let files = self.through_imports(home, &all)?;
        for unit in self.world.with(&self.from) {
            self.through_stars(unit, &files)?;
            self.through_modules(unit, &files)?;
            self.in_strings(unit, &files)?;
            self.in_examples(unit, &files);
        }
        self.entry_points(&files);
        self.fixture(home)?;
        self.all_mentions();
        let is_public = !self.from.starts_with('_') && !self.world.project.is_test(&home.path);
        if is_public && home.exports().is_none_or(|all| has_string(home, &all, &self.from)) {
            let name = format!("{}.{}", self.world.dotted(&home.path), self.from);
            self.step.interface.push(name);
        }
        Ok(())
    }

    /// The files that have the name at their top level, the one that binds it first, as far as imports in `among` tell.
    fn through_imports(
        &mut self,
        home: &'w Unit,
        among: &[&'w Unit],
    ) -> Result<Vec<&'w Unit>, Refusal> {
        let mut files = vec![home];
        let mut at = 0;
        while let Some(unit) = files.get(at).copied() {
            at += 1;
            self.in_module(unit, at == 1)?;
            for other in among {
                self.imports(other, &mut files)?;
            }
        }
        Ok(files)
    }

    /// # Errors
    /// What a few files are enough to tell: those that offer names to others, or see them by their text.
    fn refused_soon(&self, home: &'w Unit) -> Result<(), Refusal> {
        let mut trial = Renaming::new(self.world, &self.from, &self.to, self.api);
        trial.in_module(home, true)?;
        let from = &self.from;
        let few = self.world.that(&|path, text| may_refuse(path, text, from));
        trial.through_imports(home, &few.collect::<Vec<_>>()).map(|_| ())
    }

    /// The file that binds the name, or passes it on under the same name.
    fn in_module(&mut self, unit: &'w Unit, defines: bool) -> Result<(), Refusal> {
        self.exported(unit)?;
        let exports = unit.exports().unwrap_or_default();
        for string in exports {
            if let Some((text, at)) = plain_string(string, unit.text())
                && text == self.from
            {
                self.edit(unit, at);
            }
        }
        let Some(id) = unit.global(&self.from) else { return Ok(()) };
        self.is_static(unit, id)?;
        if let Some(Module::File(_)) = self.world.submodule(Module::File(unit), &self.to) {
            let at = unit.names.get(id).declared.start;
            let message = format!("the package has a module `{}`", self.to);
            return Err(unit.refuse(Reason::NameTaken, at, message));
        }
        if defines {
            self.occurrences(unit, id)?;
        } else {
            if let Some(note) = fits(unit, id, &self.to)? {
                self.note(note);
            }
            let spans: Vec<Span> = unit.names.of(id).map(|o| o.span).collect();
            spans.into_iter().for_each(|span| self.edit(unit, span));
        }
        Ok(())
    }

    /// # Errors
    /// When the file declares the name for others to use.
    fn exported(&self, unit: &Unit) -> Result<(), Refusal> {
        if self.api == Api::Change || self.world.project.is_test(&unit.path) {
            return Ok(());
        }
        let listed = unit.exports();
        let in_all = listed.as_ref().is_some_and(|all| has_string(unit, all, &self.from));
        let parent = unit.path.parent();
        let is_top = unit.path.file_name() == "__init__.py"
            && self.world.root_of(&unit.path) == parent.rsplit_once('/').map_or("", |(up, _)| up);
        let passed_on = is_top && listed.is_none() && !self.from.starts_with('_');
        if in_all || passed_on && unit.global(&self.from).is_some() {
            let at = unit.global(&self.from).map_or(0, |id| unit.names.get(id).declared.start);
            let message = format!(
                "`{}` is what `{}` offers to others; say that the interface may change",
                self.from,
                self.world.dotted(&unit.path)
            );
            return Err(unit.refuse(Reason::Exported, at, message));
        }
        Ok(())
    }

    pub(super) fn is_one_of(&self, file: &Unit, files: &[&'w Unit]) -> bool {
        files.contains(&file)
            || file.global(&self.from).is_none()
                && super::target::star(self.world, file, &self.from)
                    .is_some_and(|source| files.contains(&source))
    }

    /// The imports of the name in a file; the file joins `files` when it has the name at its top level from then on.
    fn imports(&mut self, unit: &'w Unit, files: &mut Vec<&'w Unit>) -> Result<(), Refusal> {
        let items = unit.root().subtree().filter(|n| n.kind() == "import_from_statement");
        let items: Vec<Node<'w>> = items
            .flat_map(|n| n.children().filter(|c| c.field() == Some("name")).collect::<Vec<_>>())
            .collect();
        for item in items {
            let aliased = item.kind() == "aliased_import";
            let dotted = if aliased { field(item, "name") } else { Some(item) };
            let Some(name) = dotted.and_then(|d| named(d).first().copied()) else { continue };
            if unit.of(name) != self.from || !self.imports_ours(unit, name, files) {
                continue;
            }
            if aliased {
                self.edit(unit, crate::syntax::node::span(name));
                continue;
            }
            let Some(id) = unit.meaning(name) else { continue };
            let whole = self.only_imported(unit, id, files) && fits(unit, id, &self.to).is_ok();
            if !whole {
                let text = format!("{} as {}", self.to, self.from);
                self.edit_as(unit, crate::syntax::node::span(name), &text);
                self.note(format!(
                    "{} keeps the name `{}`, since it has another meaning there as well",
                    unit.path, self.from
                ));
            } else if unit.is_global(id) {
                if !files.contains(&unit) {
                    files.push(unit);
                }
            } else {
                let spans: Vec<Span> = unit.names.of(id).map(|o| o.span).collect();
                spans.into_iter().for_each(|span| self.edit(unit, span));
            }
        }
        Ok(())
    }

    fn imports_ours(&self, unit: &'w Unit, name: Node<'w>, files: &[&'w Unit]) -> bool {
        let Some(source) = source(name, unit.text()) else { return false };
        let module = self.world.module(unit, source.dots, &source.parts);
        match self.world.taken(module, &self.from) {
            Imported::Name(file, _) => self.is_one_of(file, files),
            Imported::Module(_) => false,
        }
    }

    /// True when a name is bound by imports of ours alone.
    fn only_imported(&self, unit: &'w Unit, id: BoundId, files: &[&'w Unit]) -> bool {
        unit.names.of(id).filter(|o| o.role.writes()).all(|o| {
            unit.node(o.span).is_some_and(|node| {
                node.field() != Some("alias")
                    && source(node, unit.text()).is_some_and(|s| s.name.is_some())
                    && self.imports_ours(unit, node, files)
            })
        })
    }

    /// Uses of a name that a star import brings.
    fn through_stars(&mut self, unit: &'w Unit, files: &[&'w Unit]) -> Result<(), Refusal> {
        if unit.global(&self.from).is_some() {
            return Ok(());
        }
        let from = super::target::star(self.world, unit, &self.from);
        if from.is_none_or(|source| !files.contains(&source)) {
            return Ok(());
        }
        self.exported(unit)?;
        let uses = unit.names.occurrences.iter().filter(|o| o.bound.is_none());
        let uses: Vec<Span> =
            uses.map(|o| o.span).filter(|span| span.of(unit.text()) == Some(&self.from)).collect();
        let exports = unit.exports().unwrap_or_default();
        let strings = exports.into_iter().filter_map(|s| plain_string(s, unit.text()));
        let strings: Vec<Span> =
            strings.filter(|(text, _)| *text == self.from).map(|(_, at)| at).collect();
        if !uses.is_empty() {
            super::names::captured(unit, crate::refactor::ScopeId(0), &self.to)?;
            if unit.global(&self.to).is_some() {
                let message = format!("`{}` is already defined here", self.to);
                return Err(unit.refuse(Reason::NameTaken, uses[0].start, message));
            }
        }
        uses.into_iter().chain(strings).for_each(|span| self.edit(unit, span));
        Ok(())
    }

    /// `module.name`
    fn through_modules(&mut self, unit: &'w Unit, files: &[&'w Unit]) -> Result<(), Refusal> {
        let from = self.from.clone();
        for (node, name) in unit.attributes(&from) {
            let Some(object) = field(node, "object") else { continue };
            let types = self.world.infer(unit, object);
            let ours = types.iter().filter(|ty| self.is_module(ty, files)).count();
            if ours == 0 {
                continue;
            }
            if ours < types.len() {
                let message = format!("`{}` can be another module, or no module", unit.of(object));
                return Err(unit.refuse(Reason::Dynamic, node.start_byte(), message));
            }
            self.edit(unit, crate::syntax::node::span(name));
        }
        Ok(())
    }

    fn is_module(&self, ty: &Ty<'w>, files: &[&'w Unit]) -> bool {
        matches!(ty, Ty::Module(file) if self.is_one_of(file, files))
    }

    fn in_strings(&mut self, unit: &'w Unit, files: &[&'w Unit]) -> Result<(), Refusal> {
        for lookup in strings::lookups(unit) {
            let types = strings::object_types(self.world, unit, &lookup);
            if !types.iter().any(|ty| self.is_module(ty, files)) {
                continue;
            }
            match lookup.name {
                Name::Plain(text, at) if text == self.from => self.edit(unit, at),
                Name::Plain(..) => {}
                Name::Computed(begins) if self.from.starts_with(&begins) => {
                    let message = format!(
                        "`{}` is looked up here by a name that is made at run time",
                        self.from
                    );
                    return Err(unit.refuse(Reason::Dynamic, lookup.call.start_byte(), message));
                }
                Name::Computed(_) => {}
            }
        }
        for (before, at) in strings::paths(unit, &self.from) {
            let parts: Vec<String> =
                before.split('.').map(str::to_owned).filter(|p| !p.is_empty()).collect();
            let module = self.world.module(unit, 0, &parts);
            if let Module::File(file) = module
                && self.is_one_of(file, files)
            {
                self.edit(unit, at);
            }
        }
        Ok(())
    }

    /// `name = "pkg.mod:main"` in the configuration of the package.
    fn entry_points(&mut self, files: &[&'w Unit]) {
        let modules: Vec<String> = files.iter().map(|f| self.world.dotted(&f.path)).collect();
        for mention in self.world.project.mentions(&self.from) {
            if !matches!(mention.path.file_name(), "pyproject.toml" | "setup.cfg" | "tox.ini") {
                continue;
            }
            let Some(text) = self.world.project.text(&mention.path) else { continue };
            let before = text.get(..mention.span.start).unwrap_or("").trim_end_matches([':', '.']);
            let is_path = before.len() < mention.span.start;
            let path_of = before.rsplit(|c: char| !c.is_alphanumeric() && c != '.' && c != '_');
            let module = path_of.into_iter().next().unwrap_or("");
            if is_path && modules.iter().any(|m| m == module) {
                let edit = crate::refactor::step::put(mention.span, self.to.clone());
                if self.edited.insert((mention.path.clone(), mention.span)) {
                    self.step.replace(&mention.path, edit);
                }
            }
        }
    }

    /// The parameters and strings by which tests ask for a fixture.
    fn fixture(&mut self, home: &'w Unit) -> Result<(), Refusal> {
        let Some(fixture) = fixture_in(home, &self.from) else { return Ok(()) };
        let named_apart = fixture
            .decorators()
            .into_iter()
            .any(|d| crate::refactor::python::uses::keyword(d, home, "name").is_some());
        if named_apart {
            return Ok(());
        }
        for unit in self.world.with(&self.from) {
            let other = unit != home && fixture_in(unit, &self.from).is_some();
            if other && (reaches(unit, home) || reaches(home, unit)) {
                let message = format!("there is another fixture `{}`", self.from);
                return Err(unit.refuse(Reason::NameTaken, 0, message));
            }
            if !reaches(home, unit) {
                continue;
            }
            let functions = unit.root().subtree().filter(|n| n.kind() == "function_definition");
            for node in functions.filter(|n| is_fed(Def { unit, node: *n })) {
                let parameter = parameters(node)
                    .into_iter()
                    .filter_map(parameter_name)
                    .find(|n| unit.of(*n) == self.from)
                    .and_then(|n| unit.meaning(n));
                if let Some(id) = parameter {
                    self.is_static(unit, id)?;
                    self.occurrences(unit, id)?;
                }
            }
            for (string, at) in strings::exact(unit, &self.from) {
                let call = crate::syntax::node::ancestor(string, &["call"]);
                let function = call.and_then(|c| field(c, "function")).map_or("", |f| unit.of(f));
                if function.ends_with("usefixtures") || function.ends_with("getfixturevalue") {
                    self.edit(unit, at);
                }
            }
        }
        Ok(())
    }
}

fn has_string(unit: &Unit, list: &[Node<'_>], name: &str) -> bool {
    list.iter().any(|n| plain_string(*n, unit.text()).is_some_and(|(text, _)| text == name))
}
