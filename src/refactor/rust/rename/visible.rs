//! The files that can name an item: those of its module and the modules in it when it is private, those of its crate
//! when that is no library.

use std::collections::HashSet;

use super::item::Targets;
use crate::refactor::BoundKind;
use crate::refactor::rust::index::{Def, Index, item_at};
use crate::syntax::node::children;

/// Those of `files` that can name one of the targets, in order.
pub(super) fn files_seeing(index: &Index<'_>, targets: &Targets, files: &[usize]) -> Vec<usize> {
    if !targets.members.is_empty() {
        return files.to_vec();
    }
    let mut seen = HashSet::new();
    for def in &targets.defs {
        let Some(modules) = modules_seeing(index, *def) else { return files.to_vec() };
        seen.extend(modules.into_iter().map(|module| index.modules[module].file));
    }
    // What a macro makes stands where it is called; an example need not compile.
    let sees = |file: &usize| {
        let f = &index.files[*file];
        seen.contains(file) || f.code().is_some() || f.has_word("macro_rules")
    };
    files.iter().copied().filter(sees).collect()
}

/// `None` for all modules.
fn modules_seeing(index: &Index<'_>, def: Def) -> Option<Vec<usize>> {
    let bound = index.names(def.file).bindings.get(def.bound);
    let own = index.modules_at(def.file, bound.scope);
    if own.is_empty() {
        return None;
    }
    if is_private(index, def) {
        let mut out = own.to_vec();
        let mut at = 0;
        while let Some(module) = out.get(at) {
            out.extend(index.modules[*module].children.iter().map(|(_, child)| *child));
            at += 1;
        }
        return Some(out);
    }
    let crates: HashSet<usize> = own.iter().map(|module| index.modules[*module].in_crate).collect();
    if crates.iter().any(|c| index.crates[*c].library) {
        return None;
    }
    let of_crate = |module: &usize| crates.contains(&index.modules[*module].in_crate);
    Some((0..index.modules.len()).filter(of_crate).collect())
}

/// True when an item or import has no `pub` at all, so that only its module and those in it see it.
fn is_private(index: &Index<'_>, def: Def) -> bool {
    let file = &index.files[def.file];
    let names = file.names();
    let bound = names.bindings.get(def.bound);
    match bound.kind {
        // Seen by what comes after it, or exported.
        BoundKind::Macro => false,
        BoundKind::Import => {
            let leaf = names.uses.iter().find(|leaf| leaf.bound == Some(def.bound));
            leaf.is_some_and(|leaf| !leaf.public)
        }
        _ => {
            !names.generated.contains(&bound.declared)
                && item_at(file.parsed(), bound.declared)
                    .is_some_and(|item| children(item).all(|c| c.kind() != "visibility_modifier"))
        }
    }
}
