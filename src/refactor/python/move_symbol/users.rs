//! The users of what moves, pointed to its new file.

use super::super::api;
use super::super::infer::{Def, Ty};
use super::super::layout::{indent, line_start};
use super::super::rename::target;
use super::super::world::{Imported, Unit, module_source, plain_string};
use super::{Moving, import_place};
use crate::base::Span;
use crate::refactor::step::put;
use crate::refactor::{Api, Reason, Refusal, ScopeId};
use crate::syntax::node::{ancestor, field, span};
use crate::syntax::tree::Node;

impl<'w> Moving<'w> {
    /// Points all users to the new file.
    pub(super) fn users(&mut self, api: Api) -> Result<(), Refusal> {
        self.old_file(api)?;
        for unit in self.world.with(&self.name) {
            if unit != self.unit {
                self.imports_in(unit)?;
            }
            self.attributes_in(unit)?;
            self.strings_in(unit);
            let star = unit.global(&self.name).is_none()
                && target::star(self.world, unit, &self.name) == Some(self.unit);
            if star && !self.remains {
                let message = format!("`{}` comes in here by `import *`", self.name);
                return Err(unit.refuse(Reason::Dynamic, 0, message));
            }
        }
        Ok(())
    }

    fn old_file(&mut self, api: Api) -> Result<(), Refusal> {
        let unit = self.unit;
        let whole = self.span();
        if let Some(at) = unit.names.scope(ScopeId(0)).dynamic {
            let text = at.of(unit.text()).unwrap_or("");
            if !text.contains("import") {
                let message = format!("`{text}` sees the names of this file as texts");
                return Err(unit.refuse(Reason::Dynamic, at.start, message));
            }
        }
        let used = unit.names.of(self.id).any(|o| !whole.contains(o.span));
        let listed = unit.exports().is_some_and(|all| {
            all.iter().any(|n| plain_string(*n, unit.text()).is_some_and(|(t, _)| t == self.name))
        });
        let def = Def { unit, node: self.node };
        let offered = listed || api::offers(self.world, unit, def, &self.name).is_some();
        self.remains = used || offered;
        if offered {
            let note = if api == Api::Keep || listed {
                format!("{} keeps offering `{}`, by an import", unit.path, self.name)
            } else {
                format!("{} imports `{}` from now on", unit.path, self.name)
            };
            self.step.notes.push(note);
        }
        if self.remains {
            let relative = unit.root().subtree().any(|n| n.kind() == "relative_import");
            let line = format!("from {} import {}", self.to_new(unit, relative), self.name);
            let line = if used { line } else { format!("{line}  # noqa: F401") };
            let (at, text) = import_place(unit, &line);
            self.step.replace(&unit.path, put(Span::at(at), text));
        }
        Ok(())
    }

    /// `from old import name` in another file.
    fn imports_in(&mut self, unit: &'w Unit) -> Result<(), Refusal> {
        let statements = unit.root().subtree().filter(|n| n.kind() == "import_from_statement");
        for statement in statements {
            let Some(module) = field(statement, "module_name") else { continue };
            let source = module_source(module, unit.text());
            let items: Vec<Node<'w>> =
                statement.children().filter(|c| c.field() == Some("name")).collect();
            let is_it = |item: &Node<'w>| {
                let dotted = if item.kind() == "aliased_import" {
                    field(*item, "name")
                } else {
                    Some(*item)
                };
                dotted.is_some_and(|d| unit.of(d) == self.name)
                    && matches!(
                        self.world.taken(self.world.module(unit, source.dots, &source.parts), &self.name),
                        Imported::Name(file, _) if file == self.unit
                    )
            };
            let Some(item) = items.iter().find(|i| is_it(i)) else { continue };
            if Some(unit) == self.new && item.kind() != "aliased_import" {
                self.without(unit, statement, &items, *item);
                continue;
            }
            let from = self.to_new(unit, source.dots > 0);
            if items.len() == 1 {
                self.step.replace(&unit.path, put(span(module), from));
                continue;
            }
            let line = format!("from {from} import {}", unit.of(*item));
            let lead = indent(unit.text(), statement.start_byte());
            let at = line_start(unit.text(), statement.start_byte());
            if !unit.text()[at..statement.start_byte()].trim().is_empty() {
                let message = "the import does not stand on a line of its own";
                return Err(unit.refuse(Reason::Unsupported, statement.start_byte(), message));
            }
            self.step.replace(&unit.path, put(Span::at(at), format!("{lead}{line}\n")));
            self.without(unit, statement, &items, *item);
        }
        Ok(())
    }

    /// Takes one name out of an import.
    fn without(&mut self, unit: &Unit, statement: Node<'_>, items: &[Node<'_>], item: Node<'_>) {
        if items.len() == 1 {
            let at = crate::refactor::python::inline::removal(unit, statement);
            self.step.replace(&unit.path, put(at, ""));
            return;
        }
        let at = items.iter().position(|i| *i == item).unwrap_or(0);
        let gap = match items.get(at + 1) {
            Some(next) => Span::new(item.start_byte(), next.start_byte()),
            None => Span::new(items[at - 1].end_byte(), item.end_byte()),
        };
        self.step.replace(&unit.path, put(gap, ""));
    }

    /// `old.name` through an imported module.
    fn attributes_in(&mut self, unit: &'w Unit) -> Result<(), Refusal> {
        let name = self.name.clone();
        for (node, _) in unit.attributes(&name) {
            let Some(object) = field(node, "object") else { continue };
            let types = self.world.infer(unit, object);
            if !types.contains(&Ty::Module(self.unit)) {
                continue;
            }
            let (text, at) = (unit.of(object).to_owned(), node.start_byte());
            let written = node.parent().is_some_and(|p| {
                p.kind().ends_with("assignment") && field(p, "left") == Some(node)
            });
            if types.len() > 1 || written {
                let message =
                    format!("`{text}` is another module from now on, or it is assigned here");
                return Err(unit.refuse(Reason::Dynamic, at, message));
            }
            if unit.path == *self.to {
                self.step.replace(&unit.path, put(span(node), self.name.clone()));
                continue;
            }
            let stem = self.to.file_name().trim_end_matches(".py").to_owned();
            let (line, head) = self.module_import(unit, object, &stem);
            let same_top =
                line.starts_with("import ") && text.split('.').next() == Some(head.as_str());
            let taken = unit
                .global(&head)
                .filter(|_| text != head && !same_top && !self.has_module(unit, &head));
            let seen = unit.names.within(span(node)).next().map_or(ScopeId(0), |o| o.scope);
            let hidden = unit
                .names
                .chain(seen)
                .take_while(|s| *s != ScopeId(0))
                .any(|s| unit.names.own(s, &head, crate::refactor::Namespace::Value).is_some());
            if taken.is_some() || hidden {
                let message = format!("`{head}` means something else in {}", unit.path);
                return Err(unit.refuse(Reason::NameTaken, at, message));
            }
            let path = line.strip_prefix("import ").unwrap_or(&stem).to_owned();
            self.step.replace(&unit.path, put(span(object), path));
            if !self.has_module(unit, &head) || line.starts_with("import ") {
                let (at, text) = import_place(unit, &line);
                self.step.replace(&unit.path, put(Span::at(at), text));
            }
        }
        Ok(())
    }

    fn has_module(&self, unit: &'w Unit, head: &str) -> bool {
        let new = self.new.map(Ty::Module);
        unit.global(head)
            .is_some_and(|id| new.is_some_and(|new| self.world.bound(unit, id, 6) == vec![new]))
    }

    /// The import of the new module, written as the old one's is; and the name that it binds.
    fn module_import(&self, unit: &Unit, object: Node<'w>, stem: &str) -> (String, String) {
        let first = object.subtree().find(|n| n.kind() == "identifier");
        let binder = first
            .and_then(|n| unit.meaning(n))
            .and_then(|id| unit.node(unit.names.get(id).declared));
        let statement =
            binder.and_then(|n| ancestor(n, &["import_statement", "import_from_statement"]));
        let module = statement.and_then(|s| field(s, "module_name"));
        match module {
            Some(module) if object.kind() == "identifier" => {
                let source = module_source(module, unit.text());
                let dotted = self.dotted();
                let package = dotted.rsplit_once('.').map_or("", |(package, _)| package);
                let same = unit.path.parent() == self.to.parent();
                let from = if source.dots > 0 && same { "." } else { package };
                if from.is_empty() {
                    (format!("import {stem}"), stem.to_owned())
                } else {
                    (format!("from {from} import {stem}"), stem.to_owned())
                }
            }
            _ => {
                let dotted = self.dotted();
                let head = dotted.split('.').next().unwrap_or(&dotted).to_owned();
                (format!("import {dotted}"), head)
            }
        }
    }

    /// `patch("pkg.old.name")`
    fn strings_in(&mut self, unit: &'w Unit) {
        if self.remains {
            return;
        }
        let old = self.world.dotted(&self.unit.path);
        for node in unit.root().subtree().filter(|n| n.kind() == "string") {
            let Some((text, at)) = plain_string(node, unit.text()) else { continue };
            for mark in ['.', ':'] {
                let wanted = format!("{old}{mark}{}", self.name);
                let rest = text.strip_prefix(&wanted);
                if rest.is_some_and(|r| r.is_empty() || r.starts_with(['.', ':'])) {
                    let place = Span::new(at.start, at.start + old.len());
                    self.step.replace(&unit.path, put(place, self.dotted()));
                }
            }
        }
    }
}
