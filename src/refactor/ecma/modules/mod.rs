//! Files together: where a specifier leads, what a module exports, what it takes from others.

mod exports;
mod importers;
mod links;
mod package;
mod resolve;

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::file::File;
use crate::base::RepoPath;
use crate::refactor::{BoundId, BoundKind, Project};

pub(super) use exports::{Export, Value, exports, is_exports};
pub(super) use links::{Form, Imported, Link, NamespaceUse, links, namespace_uses};
pub(super) use package::entries;
pub(super) use resolve::{is_strict_project, relative_specifier, wants_erasable};

/// The files of a project, each read once.
pub(super) struct Graph<'p> {
    pub(super) project: &'p dyn Project,
    files: RefCell<HashMap<RepoPath, Option<Arc<File>>>>,
    packages: std::cell::OnceCell<Vec<package::Package>>,
}

/// What an exported name is in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Bound(RepoPath, BoundId),
    /// A value without a name of its own, exported under this one.
    Value(RepoPath, String),
    /// All of a module.
    Module(RepoPath),
}

impl<'p> Graph<'p> {
    pub(super) fn new(project: &'p dyn Project) -> Self {
        Self { project, files: RefCell::default(), packages: std::cell::OnceCell::new() }
    }

    /// A source of these languages, parsed.
    pub(super) fn file(&self, path: &RepoPath) -> Option<Arc<File>> {
        if let Some(known) = self.files.borrow().get(path) {
            return known.clone();
        }
        let file = File::load(self.project, path).map(Arc::new);
        self.files.borrow_mut().insert(path.clone(), file.clone());
        file
    }

    pub(super) fn packages(&self) -> &[package::Package] {
        self.packages.get_or_init(|| package::all(self.project))
    }

    /// What a name exported by a module is in the end, through re-exports.
    pub(super) fn origin(&self, path: &RepoPath, name: &str) -> Option<Origin> {
        self.follow(path, name, 0)
    }

    fn follow(&self, path: &RepoPath, name: &str, depth: u32) -> Option<Origin> {
        if depth > 12 {
            return None;
        }
        let file = self.file(path)?;
        let all = exports(&file);
        if let Some(export) = all.iter().rev().find(|e| e.name == name) {
            return match &export.value {
                Value::Bound(id) => self.behind(&file, *id, depth),
                Value::From { specifier, name } => {
                    let target = self.resolve(path, specifier).file()?;
                    self.follow(&target, name, depth + 1)
                }
                Value::Namespace(specifier) => {
                    Some(Origin::Module(self.resolve(path, specifier).file()?))
                }
                Value::Star(_) => None,
                Value::Other(_) => Some(Origin::Value(path.clone(), name.to_owned())),
            };
        }
        if name == "default" {
            return None;
        }
        all.iter().find_map(|export| match &export.value {
            Value::Star(specifier) => {
                self.follow(&self.resolve(path, specifier).file()?, name, depth + 1)
            }
            Value::From { specifier, name: whole } if export.name == "=" && whole == "=" => {
                self.follow(&self.resolve(path, specifier).file()?, name, depth + 1)
            }
            _ => None,
        })
    }

    /// What a binding is in the end, when it is an import.
    fn behind(&self, file: &File, id: BoundId, depth: u32) -> Option<Origin> {
        let here = Origin::Bound(file.path.clone(), id);
        let bound = file.bound(id);
        let link = links(file).iter().find(|l| l.local == Some(id));
        let Some(link) = link else { return Some(here) };
        if bound.kind != BoundKind::Import && link.form != Form::Require {
            return Some(here);
        }
        let Some(target) = self.resolve(&file.path, &link.specifier).file() else {
            return Some(here);
        };
        match &link.imported {
            Imported::Name(name) => self.follow(&target, name, depth + 1),
            Imported::Whole => {
                self.follow(&target, "=", depth + 1).or(Some(Origin::Module(target)))
            }
            Imported::Namespace => Some(Origin::Module(target)),
            Imported::Nothing | Imported::Star => Some(here),
        }
    }

    /// What a binding of a file is in the end.
    pub(super) fn origin_of(&self, file: &File, id: BoundId) -> Option<Origin> {
        self.behind(file, id, 0)
    }

    /// Sources that may take a name from a module: those that write the name, or the module's file name.
    pub(super) fn neighbours(&self, path: &RepoPath, name: &str) -> Vec<RepoPath> {
        let mut all = self.project.files_with(name);
        let stem = path.file_name().split('.').next().unwrap_or_default();
        let stem = if stem == "index" {
            path.parent().rsplit('/').next().unwrap_or_default()
        } else {
            stem
        };
        all.extend(self.project.files_with(stem));
        all.push(path.clone());
        all.retain(super::file::is_ecma);
        all.sort();
        all.dedup();
        self.ready(&all);
        all
    }

    /// The package's entry that gives a binding to users of the package under its own name.
    pub(super) fn public(&self, file: &File, id: BoundId) -> Option<RepoPath> {
        let target = Origin::Bound(file.path.clone(), id);
        let name = &file.bound(id).name;
        let own = exports(file).iter().any(|e| e.name == *name && e.value == Value::Bound(id));
        entries(self, &file.path).into_iter().find(|entry| {
            own && *entry == file.path
                || self.origin(entry, name).as_ref() == Some(&target)
                || own && self.passes_on(entry, &file.path, 0)
        })
    }

    /// True when a module gives all of another one away as a value: `exports.util = require("./util")`.
    fn passes_on(&self, entry: &RepoPath, path: &RepoPath, depth: u32) -> bool {
        if depth > 3 || entry == path {
            return false;
        }
        let Some(file) = self.file(entry) else { return false };
        exports(&file).iter().any(|export| {
            let target = match &export.value {
                Value::Namespace(specifier) => self.resolve(entry, specifier).file(),
                Value::From { specifier, name } if name == "=" => {
                    self.resolve(entry, specifier).file()
                }
                Value::Bound(id) => match self.origin_of(&file, *id) {
                    Some(Origin::Module(target)) => Some(target),
                    _ => None,
                },
                _ => None,
            };
            target.is_some_and(|t| t == *path || self.passes_on(&t, path, depth + 1))
        })
    }
}
