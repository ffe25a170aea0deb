//! The modules of the crates, as the texts of their files declare them.

use std::cell::OnceCell;

use super::index::{Index, join, normal};
use super::outline::{Mod, Outline};
use crate::base::{RepoPath, Span};
use crate::refactor::{ScopeId, ScopeKind};

/// Modules within modules.
const DEPTH: usize = 64;

#[derive(Debug)]
pub(super) struct Module {
    pub(super) file: usize,
    /// Its braces in the file; `None` when it is the file.
    pub(super) body: Option<Span>,
    pub(super) parent: Option<usize>,
    pub(super) in_crate: usize,
    pub(super) children: Vec<(String, usize)>,
    /// Declared with `pub` among the items of the module around it.
    pub(super) public: bool,
    scope: OnceCell<Option<ScopeId>>,
}

impl Index<'_> {
    /// Adds the modules of a crate; the answer is the root.
    pub(super) fn add_tree(&mut self, outlines: &[Outline], file: usize, in_crate: usize) -> usize {
        let dir = self.files[file].path.parent().to_owned();
        let root = Module {
            file,
            body: None,
            parent: None,
            in_crate,
            children: Vec::new(),
            public: false,
            scope: OnceCell::new(),
        };
        self.add_module(outlines, (root, None), &dir, 0)
    }

    /// Adds a module with those below it: the module, and which of its file's it is. `dir` is where its children's
    /// files lie.
    fn add_module(
        &mut self,
        outlines: &[Outline],
        (module, position): (Module, Option<usize>),
        dir: &str,
        depth: usize,
    ) -> usize {
        let id = self.modules.len();
        let (file, in_crate) = (module.file, module.in_crate);
        self.by_body.entry((file, module.body)).or_default().push(id);
        self.modules.push(module);
        if depth > DEPTH {
            return id;
        }
        let own = outlines[file].mods.iter().enumerate().filter(|(_, m)| m.within == position);
        // Those in blocks come after the items.
        let (direct, nested): (Vec<_>, Vec<_>) = own.partition(|(_, m)| m.direct);
        for (at, declared) in direct.into_iter().chain(nested) {
            let inner_dir = join(dir, &declared.name);
            let child = |file, body| Module {
                file,
                body,
                parent: Some(id),
                in_crate,
                children: Vec::new(),
                public: declared.public && declared.direct,
                scope: OnceCell::new(),
            };
            if let Some(body) = declared.body {
                let child = (child(file, Some(body)), Some(at));
                let added = self.add_module(outlines, child, &inner_dir, depth + 1);
                self.modules[id].children.push((declared.name.clone(), added));
                continue;
            }
            for (path, dir) in self.module_files(file, declared, dir) {
                let Some(found) = self.file(&path) else { continue };
                let child = (child(found, None), None);
                let added = self.add_module(outlines, child, &dir, depth + 1);
                self.modules[id].children.push((declared.name.clone(), added));
            }
        }
        id
    }

    /// Where the file of `mod name;` may be, with the directory of its own children.
    fn module_files(&self, file: usize, declared: &Mod, dir: &str) -> Vec<(RepoPath, String)> {
        let inline = declared.within.is_some();
        let base = if inline { dir } else { self.files[file].path.parent() };
        let mut out = Vec::new();
        for path in &declared.paths {
            if let Some(path) = normal(&join(base, path)) {
                let dir = path.parent().to_owned();
                out.push((path, dir));
            }
        }
        let inner = join(dir, &declared.name);
        for candidate in [format!("{inner}.rs"), format!("{inner}/mod.rs")] {
            if let Some(path) = normal(&candidate).filter(|p| self.file(p).is_some()) {
                out.push((path, inner.clone()));
                break;
            }
        }
        out
    }

    pub(super) fn is_reached(&self, file: usize) -> bool {
        self.by_body.contains_key(&(file, None))
    }

    /// The modules that a scope lies in.
    pub(super) fn modules_at(&self, file: usize, scope: ScopeId) -> &[usize] {
        let body = (scope != ScopeId(0)).then(|| {
            let names = self.names(file);
            let module = names.module_of(scope);
            (module != ScopeId(0)).then(|| names.bindings.scope(module).span)
        });
        self.by_body.get(&(file, body.flatten())).map_or(&[], Vec::as_slice)
    }

    /// The scope that a module is in its file; `None` where the file's syntax errors hide it.
    pub(super) fn scope_of(&self, module: usize) -> Option<ScopeId> {
        let module = &self.modules[module];
        let Some(body) = module.body else { return Some(ScopeId(0)) };
        *module.scope.get_or_init(|| {
            let scopes = &self.names(module.file).bindings.scopes;
            let found = scopes.iter().position(|s| s.kind == ScopeKind::Module && s.span == body);
            found.and_then(|at| u32::try_from(at).ok()).map(ScopeId)
        })
    }
}
