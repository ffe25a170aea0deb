//! What the libraries of a repository show to other repositories.

use super::conflicts::is_public;
use crate::refactor::rust::index::{Crate, Def, Index};
use crate::refactor::rust::names::Names;
use crate::refactor::rust::resolve::End;
use crate::refactor::{Bound, BoundId, BoundKind, Namespace};

/// True when a library that others may use shows the item.
pub(in crate::refactor::rust) fn is_exported(index: &Index<'_>, def: Def) -> bool {
    let name = &index.names(def.file).bindings.get(def.bound).name;
    // What leads to the item has its name, or one that an import on the way gives it.
    let names = index.names_for([name.as_str()]);
    index.shown_modules().iter().any(|module| {
        let file = index.modules[*module].file;
        let shown = &index.hints.shown[file];
        if file != def.file && !shown.iter().any(|name| names.contains(&**name)) {
            return false;
        }
        let Some(scope) = index.scope_of(*module) else { return false };
        let mut bound = index.names(file).bindings.in_scope(scope);
        bound.any(|(id, b)| {
            names.contains(b.name.as_str())
                && is_shown(index, file, id, b)
                && index
                    .follow(Def { file, bound: id }, *module, 0)
                    .iter()
                    .any(|found| found.chain.contains(&def) || found.end == End::Def(def))
        })
    })
}

fn is_shown(index: &Index<'_>, file: usize, id: BoundId, bound: &Bound) -> bool {
    if bound.kind != BoundKind::Import {
        return is_public(index, Def { file, bound: id });
    }
    let text = index.files[file].parsed().text();
    bound.whole.of(text).is_some_and(|w| w.starts_with("pub ") || w.starts_with("pub\n"))
}

impl Index<'_> {
    /// The modules that others can name, or whose items they see through a glob.
    fn shown_modules(&self) -> &[usize] {
        self.shown.get_or_init(|| {
            let shown =
                |c: &&Crate| c.library && c.package.is_none_or(|p| self.packages[p].published);
            let mut open: Vec<usize> = self.crates.iter().filter(shown).map(|c| c.root).collect();
            let leading = Leading::new(self);
            let mut out = Vec::new();
            let mut seen = vec![false; self.modules.len()];
            while let Some(module) = open.pop() {
                if std::mem::replace(&mut seen[module], true) {
                    continue;
                }
                out.push(module);
                leading.from(module, &mut open);
            }
            out
        })
    }
}

/// Finds the modules that a module shows.
struct Leading<'i> {
    index: &'i Index<'i>,
    /// Names that may stand for a module.
    names: std::collections::HashSet<&'i str>,
}

impl<'i> Leading<'i> {
    fn new(index: &'i Index<'i>) -> Self {
        let modules = index.modules.iter().flat_map(|m| &m.children).map(|(name, _)| name);
        let crates = index.crates.iter().map(|c| &c.name);
        let renamed = index.packages.iter().flat_map(|p| p.renamed.keys());
        let words = ["self", "super", "crate", "*"];
        let all = modules.chain(crates).chain(renamed).map(String::as_str).chain(words);
        Self { index, names: index.names_for(all) }
    }

    fn from(&self, module: usize, open: &mut Vec<usize>) {
        let index = self.index;
        let children = &index.modules[module].children;
        for (name, child) in children {
            // One of several of a name, for different builds, is enough.
            if index.modules[*child].public {
                let all = children.iter().filter(|(other, _)| other == name);
                open.extend(all.map(|(_, child)| *child));
            }
        }
        let file = index.modules[module].file;
        if !index.hints.shown[file].iter().any(|name| self.names.contains(&**name)) {
            return;
        }
        let Some(scope) = index.scope_of(module) else { return };
        let names: &Names = index.names(file);
        for (id, b) in names.bindings.in_scope(scope) {
            if b.kind == BoundKind::Import
                && self.names.contains(b.name.as_str())
                && is_shown(index, file, id, b)
            {
                for found in index.follow(Def { file, bound: id }, module, 0) {
                    open.extend(module_of(found.end));
                }
            }
        }
        let text = index.files[file].parsed().text();
        for leaf in names.uses.iter().filter(|l| l.glob && l.path.scope == scope) {
            if leaf.whole.of(text).is_some_and(|w| w.starts_with("pub ")) {
                let found = index.path(file, &leaf.path, Namespace::Type);
                open.extend(found.into_iter().filter_map(|f| module_of(f.end)));
            }
        }
    }
}

fn module_of(end: End) -> Option<usize> {
    match end {
        End::Module(module) => Some(module),
        _ => None,
    }
}
