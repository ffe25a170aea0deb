//! The new name in the examples of docstrings, which `doctest` runs as code of their module.

use super::Renaming;
use crate::base::{Language, Span};
use crate::refactor::python::bindings;
use crate::refactor::python::world::{Imported, Module, Unit, source};
use crate::refactor::{BoundId, BoundKind, has_word};
use crate::syntax::node::{ancestor, field, span, text_of};
use crate::syntax::tree::Node;
use crate::syntax::{Parsed, parse};

/// The examples of one docstring, put together as they run.
struct Examples {
    parsed: Parsed,
    /// Where each line begins: in the code, and in the file.
    lines: Vec<(usize, usize)>,
}

impl<'w> Renaming<'w> {
    /// The examples that use a name of a module, as one of `files` has it.
    pub(super) fn in_examples(&mut self, unit: &'w Unit, files: &[&'w Unit]) {
        let is_global = files.contains(&unit) && unit.global(&self.from).is_some();
        for examples in self.examples(unit) {
            let places = self.global_in(unit, &examples, files, is_global);
            places.into_iter().for_each(|at| self.edit(unit, at));
        }
    }

    /// The examples that use an attribute; only when no other thing has one of the name.
    pub(super) fn member_in_examples(&mut self, unit: &'w Unit, unique: bool) {
        for examples in self.examples(unit) {
            let places = examples.identifiers(&self.from);
            let places: Vec<Span> = places
                .filter(|n| n.field() == Some("attribute"))
                .map(|n| examples.in_file(span(n)))
                .collect();
            if unique {
                places.into_iter().for_each(|at| self.edit(unit, at));
            } else if !places.is_empty() {
                self.note(format!("the examples in {} that say it stay as they are", unit.path));
            }
        }
    }

    /// The examples of a file that say the name and can be read; those that say the new one have a use for it.
    fn examples(&self, unit: &Unit) -> Vec<Examples> {
        if !unit.text().contains(">>>") {
            return Vec::new();
        }
        // A string that is a statement is a docstring, or nothing at all.
        let is_alone =
            |n: &Node<'_>| n.parent().is_some_and(|p| p.kind() == "expression_statement");
        let strings = unit.root().subtree().filter(|n| n.kind() == "string" && is_alone(n));
        let said = strings.filter(|n| has_word(unit.of(*n), &self.from));
        let all = said.filter_map(|n| Examples::of(unit.text(), span(n)));
        all.filter(|e| e.parsed.is_clean() && !has_word(e.parsed.text(), &self.to)).collect()
    }

    /// Where examples mean the name of a module.
    fn global_in(
        &self,
        unit: &'w Unit,
        examples: &Examples,
        files: &[&'w Unit],
        is_global: bool,
    ) -> Vec<Span> {
        let code = examples.parsed.text();
        let names = bindings::of(&examples.parsed);
        let meaning = |node: Node<'_>| {
            let at = span(node);
            names.occurrences.iter().find(|o| o.span == at).map(|o| o.bound)
        };
        // An import in the examples brings it, and nothing else gives it a value there.
        let brought = |id: BoundId| {
            names.of(id).filter(|o| o.role.writes()).all(|o| {
                let node =
                    examples.parsed.root().descendant_for_byte_range(o.span.start, o.span.end);
                node.is_some_and(|n| {
                    n.field() != Some("alias") && self.brings(unit, n, code, files)
                })
            })
        };
        let mut out = Vec::new();
        for node in examples.identifiers(&self.from) {
            let ours = if ancestor(node, &["import_from_statement"]).is_some() {
                let renamed = node.parent().and_then(|n| n.parent());
                let aliased = renamed.is_some_and(|n| n.kind() == "aliased_import");
                let whole = || meaning(node).flatten().is_some_and(brought);
                self.brings(unit, node, code, files) && (aliased || whole())
            } else if node.field() == Some("attribute") {
                let object = node.parent().and_then(|p| field(p, "object"));
                object.is_some_and(|object| {
                    let first = object.subtree().find(|n| n.kind() == "identifier");
                    let bound = first.and_then(|n| meaning(n).flatten());
                    let by_import = bound.is_none_or(|id| names.get(id).kind == BoundKind::Import);
                    by_import && self.is_module_path(unit, text_of(object, code), files)
                })
            } else {
                match meaning(node) {
                    Some(Some(id)) => brought(id),
                    Some(None) => is_global,
                    None => false,
                }
            };
            if ours {
                out.push(examples.in_file(span(node)));
            }
        }
        out
    }

    /// True when an import in examples takes the name from one of `files`.
    fn brings(&self, unit: &'w Unit, node: Node<'_>, code: &str, files: &[&'w Unit]) -> bool {
        let Some(source) = source(node, code) else { return false };
        let is_it = source.name.as_deref() == Some(self.from.as_str());
        let module = self.world.module(unit, source.dots, &source.parts);
        is_it
            && matches!(self.world.taken(module, &self.from),
                Imported::Name(file, _) if self.is_one_of(file, files))
    }

    /// True for the dotted path of a module that has the name.
    fn is_module_path(&self, unit: &'w Unit, path: &str, files: &[&'w Unit]) -> bool {
        let parts: Vec<String> = path.split('.').map(str::to_owned).collect();
        matches!(self.world.module(unit, 0, &parts),
            Module::File(file) if self.is_one_of(file, files))
    }
}

impl Examples {
    /// Those in a string of a file.
    fn of(text: &str, string: Span) -> Option<Self> {
        let (mut code, mut lines) = (String::new(), Vec::new());
        let mut start = string.start;
        let mut goes_on = false;
        for line in string.of(text)?.split_inclusive('\n') {
            let plain = line.trim_start_matches([' ', '\t', '"', '\'']);
            let prompt =
                plain.strip_prefix(">>>").or(plain.strip_prefix("...").filter(|_| goes_on));
            goes_on = prompt.is_some();
            if let Some(rest) = prompt {
                let rest = rest.strip_prefix(' ').unwrap_or(rest);
                lines.push((code.len(), start + line.len() - rest.len()));
                code.push_str(rest.trim_end());
                code.push('\n');
            }
            start += line.len();
        }
        (!lines.is_empty()).then(|| Self { parsed: parse(Language::Python, code), lines })
    }

    /// The identifiers with this text.
    fn identifiers<'t>(&'t self, name: &'t str) -> impl Iterator<Item = Node<'t>> {
        let all = self.parsed.root().subtree().filter(|n| n.kind() == "identifier");
        all.filter(move |n| text_of(*n, self.parsed.text()) == name)
    }

    /// A place within one line of the code, in the file.
    fn in_file(&self, at: Span) -> Span {
        let line = self.lines.partition_point(|(code, _)| *code <= at.start).saturating_sub(1);
        let by = self.lines.get(line).map_or(0, |(code, file)| file - code);
        Span::new(at.start + by, at.end + by)
    }
}
