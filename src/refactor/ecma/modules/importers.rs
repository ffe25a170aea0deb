//! Which files may import a module, told by their texts: only those need a tree.

use std::sync::Arc;

use serde_json::Value as Json;

use super::package::{entry_files, json};
use super::{Graph, Value, exports, links};
use crate::base::RepoPath;
use crate::refactor::ecma::file::{File, is_ecma};
use crate::refactor::shared;

/// How a folder is named that is imported from within, by quotes of all kinds.
const HERE: [&str; 9] = ["'.'", "\".\"", "`.`", "./'", "./\"", "./`", "..'", "..\"", "..`"];

impl Graph<'_> {
    /// The sources that may import a module, parsed; itself left out.
    pub(in crate::refactor::ecma) fn importers(&self, path: &RepoPath) -> Vec<RepoPath> {
        let words = self.words_for(path);
        let mut found = match &words {
            Some(words) => {
                let says = |text: &str| words.iter().any(|word| text.contains(word.as_str()));
                self.project.search(&|other, text| is_ecma(other) && says(text))
            }
            None => self.project.files().iter().filter(|p| is_ecma(p)).cloned().collect(),
        };
        found.retain(|other| other != path);
        self.ready(&found);
        found
    }

    /// The sources that may take something from a module, directly or through others that pass it on; sorted.
    pub(in crate::refactor::ecma) fn users(&self, path: &RepoPath) -> Vec<RepoPath> {
        let mut modules = vec![path.clone()];
        let mut found = Vec::new();
        let mut next = 0;
        while let Some(module) = modules.get(next).cloned() {
            next += 1;
            for other in self.importers(&module) {
                let passes_on =
                    self.file(&other).is_some_and(|file| self.passes_any_on(&file, &module));
                if passes_on && !modules.contains(&other) {
                    modules.push(other.clone());
                }
                found.push(other);
            }
        }
        found.sort();
        found.dedup();
        found.retain(|other| other != path);
        found
    }

    /// True when a file exports something that it takes from a module.
    fn passes_any_on(&self, file: &File, module: &RepoPath) -> bool {
        let leads =
            |specifier: &str| self.resolve(&file.path, specifier).file().as_ref() == Some(module);
        exports(file).iter().any(|export| match &export.value {
            Value::From { specifier, .. }
            | Value::Namespace(specifier)
            | Value::Star(specifier) => leads(specifier),
            Value::Bound(id) => {
                links(file).iter().any(|l| l.local == Some(*id) && leads(&l.specifier))
            }
            Value::Other(_) => false,
        })
    }

    /// The sources in which a word stands.
    pub(in crate::refactor::ecma) fn with(&self, word: &str) -> Vec<Arc<File>> {
        let mut paths = self.project.files_with(word);
        paths.retain(is_ecma);
        self.ready(&paths);
        paths.iter().filter_map(|path| self.file(path)).collect()
    }

    /// Loads files that will be needed, on several processors.
    pub(super) fn ready(&self, paths: &[RepoPath]) {
        let missing: Vec<&RepoPath> = {
            let known = self.files.borrow();
            paths.iter().filter(|path| !known.contains_key(*path)).collect()
        };
        let project = self.project;
        let loaded = shared(&missing, &|path| File::load(project, path).map(Arc::new));
        let pairs = missing.into_iter().cloned().zip(loaded);
        self.files.borrow_mut().extend(pairs);
    }

    /// Texts of which each import of a module holds one; `None` when it can be anything.
    fn words_for(&self, path: &RepoPath) -> Option<Vec<String>> {
        if self.project.files().iter().any(|p| self.names_modules_otherwise(p)) {
            return None;
        }
        let stem = path.file_name().split('.').next().unwrap_or_default();
        let mut others: Vec<&str> = Vec::new();
        if stem == "index" {
            others.extend(path.parent().rsplit('/').next());
            others.extend(HERE);
        }
        for package in self.packages() {
            if entry_files(self, package).contains(path) {
                others.extend(HERE);
                others.extend([package.name.as_str()]);
                others.extend(package.dir.rsplit('/').next());
            }
        }
        let others = others.into_iter().filter(|word| !word.is_empty());
        Some(others.chain([stem]).map(str::to_owned).collect())
    }

    /// True for a configuration with paths of which more than the end of a specifier tells the file.
    fn names_modules_otherwise(&self, path: &RepoPath) -> bool {
        if !matches!(path.file_name(), "tsconfig.json" | "jsconfig.json") {
            return false;
        }
        let config = self.project.text(path).and_then(|text| json(&text));
        let paths = config.as_ref().and_then(|c| c.get("compilerOptions")?.get("paths"));
        let targets = paths.and_then(Json::as_object).into_iter().flatten();
        targets.into_iter().any(|(pattern, targets)| {
            let mut targets = targets.as_array().into_iter().flatten().filter_map(Json::as_str);
            let plain = |target: &str| {
                let end = target.split_once('*').map(|(_, end)| end);
                end.is_some_and(|end| !end.contains('/'))
            };
            !pattern.contains('*') || !targets.all(plain)
        })
    }
}
