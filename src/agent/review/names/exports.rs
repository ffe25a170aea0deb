//! What a module of the repository offers to others.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::modules::{self, Target};
use crate::agent::review::kind::is_ecma;
use crate::base::{Language, RepoPath};
use crate::refactor::{self, Project, ScopeId};
use crate::syntax::node::{children, field, named, text_of};
use crate::syntax::tree::Node;
use crate::syntax::{Parsed, node};

/// The names of modules, worked out once each.
#[derive(Default)]
pub(in crate::agent::review) struct Exports {
    known: RefCell<HashMap<RepoPath, Option<Rc<HashSet<String>>>>>,
    filled: RefCell<HashMap<RepoPath, bool>>,
}

impl Exports {
    /// The names of a module; `None` when they cannot be told.
    pub(super) fn of(&self, project: &dyn Project, path: &RepoPath) -> Option<Rc<HashSet<String>>> {
        if let Some(known) = self.known.borrow().get(path) {
            return known.clone();
        }
        // A module that imports itself in a circle has nothing to add.
        self.known.borrow_mut().insert(path.clone(), None);
        let made =
            project.parsed(path).and_then(|parsed| self.read(project, path, &parsed)).map(Rc::new);
        self.known.borrow_mut().insert(path.clone(), made.clone());
        made
    }

    /// True when another file of Python knows a module by its name in quotes, as decorators do that put names into
    /// it: `provides("shop.prices")`.
    pub(super) fn is_filled_elsewhere(&self, project: &dyn Project, path: &RepoPath) -> bool {
        if let Some(known) = self.filled.borrow().get(path) {
            return *known;
        }
        let whole = path.as_str().trim_end_matches(".py").trim_end_matches("/__init__");
        let mut parts: Vec<&str> = whole.rsplit('/').take(2).collect();
        parts.reverse();
        let (double, single) = (format!("{}\"", parts.join(".")), format!("{}'", parts.join(".")));
        let fills = |line: &str| {
            (line.contains(&double) || line.contains(&single)) && !line.contains("getLogger")
        };
        let found = parts.len() == 2
            && !project
                .search(&|other, text| {
                    other != path
                        && other.as_str().ends_with(".py")
                        && !project.is_test(other)
                        && (text.contains(&double) || text.contains(&single))
                        && text.lines().any(fills)
                })
                .is_empty();
        self.filled.borrow_mut().insert(path.clone(), found);
        found
    }

    /// As [`Exports::of`], for a text that is no file of the project.
    pub(super) fn read(
        &self,
        project: &dyn Project,
        path: &RepoPath,
        parsed: &Parsed,
    ) -> Option<HashSet<String>> {
        if !parsed.is_clean() {
            return None;
        }
        match parsed.language() {
            Language::Python => self.python(project, path, parsed),
            language if is_ecma(language) => self.ecma(project, path, parsed),
            _ => None,
        }
    }

    fn python(
        &self,
        project: &dyn Project,
        path: &RepoPath,
        parsed: &Parsed,
    ) -> Option<HashSet<String>> {
        let text = parsed.text();
        const HIDDEN: &[&str] = &[
            "def __getattr__",
            "globals()",
            "sys.modules",
            "exec(",
            "setattr(",
            "vars()",
            "locals()",
            "__dict__",
            "lazy",
            "Lazy",
            "deprecated_module",
            "__path__",
            "add_module",
        ];
        if HIDDEN.iter().any(|word| text.contains(word)) || hands_names_over(parsed.root()) {
            return None;
        }
        let bindings = refactor::bindings(parsed).filter(|b| !b.scopes.is_empty())?;
        let mut names: HashSet<String> =
            bindings.in_scope(ScopeId(0)).map(|(_, bound)| bound.name.clone()).collect();
        for import in parsed.root().subtree().filter(|n| n.kind() == "wildcard_import") {
            let statement = import.parent()?;
            let module = text_of(field(statement, "module_name")?, text);
            let Target::File(from) = modules::resolve(project, path.as_str(), module) else {
                return None;
            };
            // It means another module of its own name.
            if from == *path {
                return None;
            }
            names.extend(self.of(project, &from)?.iter().cloned());
        }
        // What an import of a submodule binds in its package.
        names.extend(modules::children_of(project, path));
        Some(names)
    }

    fn ecma(
        &self,
        project: &dyn Project,
        path: &RepoPath,
        parsed: &Parsed,
    ) -> Option<HashSet<String>> {
        let text = parsed.text();
        let mut names = HashSet::new();
        let mut is_module = false;
        for statement in named(parsed.root()).into_iter().filter(|n| n.kind() == "export_statement")
        {
            is_module = true;
            if children(statement).any(|c| c.kind() == "default") {
                names.insert("default".to_owned());
            }
            let source =
                field(statement, "source").map(|s| text_of(s, text).trim_matches(['"', '\'']));
            let clause = children(statement).find(|c| c.kind() == "export_clause");
            if let Some(clause) = clause {
                for item in named(clause) {
                    let name = field(item, "alias").or_else(|| field(item, "name"))?;
                    names.insert(text_of(name, text).trim_matches(['"', '\'']).to_owned());
                }
            } else if let Some(space) = children(statement).find(|c| c.kind() == "namespace_export")
            {
                names.extend(named(space).first().map(|n| text_of(*n, text).to_owned()));
            } else if let Some(source) = source {
                let Target::File(from) = super::ecma::resolve(project, path.as_str(), source)
                else {
                    return None;
                };
                names.extend(self.of(project, &from)?.iter().filter(|n| *n != "default").cloned());
            } else if let Some(declaration) = field(statement, "declaration") {
                declared(declaration, text, &mut names);
            } else if children(statement).any(|c| c.kind() == "=") {
                return None;
            }
        }
        // Without a single `export` it is a script or CommonJS, and the text does not tell.
        (is_module && !text.contains("module.exports") && !text.contains("exports."))
            .then_some(names)
    }
}

/// True when a module of Python gives a table to something that may put its names there: `deprecated({"old": "a.b"})`.
fn hands_names_over(root: Node<'_>) -> bool {
    let statements = named(root).into_iter().filter(|n| n.kind() == "expression_statement");
    let mut calls = statements.flat_map(named).filter(|n| n.kind() == "call");
    calls.any(|call| {
        field(call, "arguments")
            .is_some_and(|given| named(given).iter().any(|one| one.kind() == "dictionary"))
    })
}

fn declared(declaration: Node<'_>, text: &str, names: &mut HashSet<String>) {
    if let Some(name) = field(declaration, "name").filter(|n| n.kind().ends_with("identifier")) {
        names.insert(text_of(name, text).to_owned());
        return;
    }
    for declarator in named(declaration).into_iter().filter(|n| n.kind() == "variable_declarator") {
        let Some(name) = field(declarator, "name") else { continue };
        let bound = node::descendants(name)
            .into_iter()
            .filter(|n| matches!(n.kind(), "identifier" | "shorthand_property_identifier_pattern"));
        names.extend(bound.map(|n| text_of(n, text).to_owned()));
    }
    // `export declare ...`, `export namespace a.b`: whatever identifiers are in it.
    if matches!(declaration.kind(), "ambient_declaration" | "internal_module" | "module") {
        let heads =
            node::descendants(declaration).into_iter().filter(|n| n.kind().ends_with("identifier"));
        names.extend(heads.map(|n| text_of(n, text).to_owned()));
    }
}
