//! What paths and names lead to, over the modules and crates of a repository.

use super::index::{Def, Index, MemberId, invokes_item_macros};
use super::names::{ClassKind, DefinedKind, PathRef, Ty, UseLeaf};
use crate::base::Span;
use crate::refactor::{BoundKind, Namespace, ScopeId};
use crate::syntax::Parsed;

/// Where a path ends, and every name that it went through on the way.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Imports and re-exports, and the definition itself, in the order they were met.
    pub(super) chain: Vec<Def>,
    pub(super) end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Module(usize),
    Def(Def),
    Member(MemberId),
    /// A generic parameter, or a variable.
    Local(Def),
    /// Not of this repository.
    External,
    /// Maybe what a macro makes.
    Unknown,
}

const DEPTH: usize = 24;

impl Found {
    fn end(end: End) -> Self {
        Self { chain: Vec::new(), end }
    }
}

impl Index<'_> {
    /// What a name bound in a file means.
    pub(super) fn follow(&self, def: Def, from: usize, depth: usize) -> Vec<Found> {
        let bound = self.names(def.file).bindings.get(def.bound);
        let chained = |mut found: Found| {
            found.chain.insert(0, def);
            found
        };
        if self.names(def.file).local[def.bound.0 as usize] {
            return vec![Found { chain: vec![def], end: End::Local(def) }];
        }
        match bound.kind {
            BoundKind::Module => {
                let children = &self.modules[from].children;
                let fitting = children.iter().filter(|(name, _)| *name == bound.name);
                let mut out: Vec<Found> =
                    fitting.map(|(_, id)| chained(Found::end(End::Module(*id)))).collect();
                if out.is_empty() {
                    out.push(chained(Found::end(End::Unknown)));
                }
                out
            }
            BoundKind::Import => {
                let leaf = self.names(def.file).uses.iter().find(|l| l.bound == Some(def.bound));
                let Some(leaf) = leaf.filter(|_| depth < DEPTH) else {
                    // `extern crate name;`
                    let library = self.library(self.modules[from].in_crate, &bound.name);
                    let end = library.map_or(End::External, |c| End::Module(self.crates[c].root));
                    return vec![chained(Found::end(end))];
                };
                let mut found = self.follow_use(def.file, leaf, from, depth + 1);
                // An import for some builds; in the others a glob may bring the name.
                if is_conditional(self.files[def.file].parsed(), leaf.whole) {
                    let namespaces = [Namespace::Value, Namespace::Type];
                    found.extend(namespaces.iter().flat_map(|namespace| {
                        self.globs(def.file, bound.scope, &bound.name, *namespace, from, depth + 4)
                    }));
                }
                if found.is_empty() {
                    return vec![chained(Found::end(End::Unknown))];
                }
                found.into_iter().map(chained).collect()
            }
            _ => vec![Found { chain: vec![def], end: End::Def(def) }],
        }
    }

    /// What a leaf of a `use` brings.
    pub(super) fn follow_use(
        &self,
        file: usize,
        leaf: &UseLeaf,
        from: usize,
        depth: usize,
    ) -> Vec<Found> {
        let mut out = Vec::new();
        let namespaces: &[Namespace] = if leaf.is_self {
            &[Namespace::Type]
        } else {
            &[Namespace::Type, Namespace::Value, Namespace::Macro]
        };
        for namespace in namespaces {
            let found = self.path_in(file, &leaf.path, *namespace, from, leaf.bound, depth);
            for found in found {
                let known = out.iter().any(|o: &Found| o.end == found.end);
                let elsewhere =
                    found.end == End::External && out.iter().any(|o| o.end != End::External);
                if !known && !elsewhere {
                    out.push(found);
                }
            }
        }
        if out.iter().any(|o| !matches!(o.end, End::External | End::Unknown)) {
            out.retain(|o| !matches!(o.end, End::External | End::Unknown));
        }
        out
    }

    /// What a path of a file means, in every module that the file is.
    pub(super) fn path(&self, file: usize, path: &PathRef, namespace: Namespace) -> Vec<Found> {
        let mut out = Vec::new();
        for module in self.modules_at(file, path.scope) {
            out.extend(self.path_in(file, path, namespace, *module, None, 0));
        }
        out
    }

    /// True when a name at a place, alone or at the end of its path, goes through an import.
    pub(super) fn leads_through(&self, file: usize, at: Span, scope: ScopeId, def: Def) -> bool {
        let names = self.names(file);
        let mut found = Vec::new();
        for used in &names.paths {
            if let Some(n) = used.path.segments.iter().position(|s| *s == at).filter(|n| *n > 0) {
                let segments = used.path.segments[..=n].to_vec();
                let path = PathRef { segments, scope: used.path.scope };
                for namespace in [Namespace::Type, Namespace::Value, Namespace::Macro] {
                    found.extend(self.path(file, &path, namespace));
                }
            }
        }
        if found.is_empty() {
            let path = PathRef { segments: vec![at], scope };
            for namespace in [Namespace::Type, Namespace::Value, Namespace::Macro] {
                found.extend(self.path(file, &path, namespace));
            }
        }
        found.iter().any(|f| f.chain.contains(&def))
    }

    /// `not` is the import that the path itself makes: `use log::log`.
    fn path_in(
        &self,
        file: usize,
        path: &PathRef,
        namespace: Namespace,
        from: usize,
        not: Option<crate::refactor::BoundId>,
        depth: usize,
    ) -> Vec<Found> {
        let Some((first, rest)) = path.segments.split_first() else { return Vec::new() };
        let in_crate = self.modules[from].in_crate;
        let word = self.text(file, *first);
        let first_ns = if rest.is_empty() { namespace } else { Namespace::Type };
        let mut at = match word {
            "" => {
                let Some((name, rest)) = rest.split_first() else { return Vec::new() };
                let word = self.text(file, *name);
                let end = match self.library(in_crate, word) {
                    Some(library) => End::Module(self.crates[library].root),
                    None => End::External,
                };
                return self.along(file, rest, namespace, vec![Found::end(end)], depth);
            }
            "crate" | "$crate" => vec![Found::end(End::Module(self.crates[in_crate].root))],
            "self" => vec![Found::end(End::Module(from))],
            "super" => {
                let parent = self.modules[from].parent.unwrap_or(from);
                vec![Found::end(End::Module(parent))]
            }
            "Self" => self.self_type(file, path.scope, depth),
            _ => self.name(file, path.scope, word, first_ns, from, not, depth),
        };
        if not.is_some()
            && self.edition(file) == 2015
            && !matches!(word, "crate" | "self" | "super")
        {
            let root = self.crates[in_crate].root;
            let there = self.in_module(root, word, first_ns, depth + 1);
            if !there.is_empty() {
                at = there;
            }
        }
        self.along(file, rest, namespace, at, depth)
    }

    fn along(
        &self,
        file: usize,
        rest: &[crate::base::Span],
        namespace: Namespace,
        mut at: Vec<Found>,
        depth: usize,
    ) -> Vec<Found> {
        for (n, segment) in rest.iter().enumerate() {
            let last = n + 1 == rest.len();
            let wanted = if last { namespace } else { Namespace::Type };
            let word = self.text(file, *segment);
            at = at.into_iter().flat_map(|found| self.step(found, word, wanted, depth)).collect();
        }
        at
    }

    fn step(&self, found: Found, word: &str, namespace: Namespace, depth: usize) -> Vec<Found> {
        match found.end {
            End::Module(module) if word == "super" => {
                let parent = self.modules[module].parent.unwrap_or(module);
                vec![Found::end(End::Module(parent))]
            }
            End::Module(module) if word == "self" => vec![Found::end(End::Module(module))],
            End::Module(module) => self.in_module(module, word, namespace, depth + 1),
            End::Def(def) => self.member(def, word, depth),
            End::Local(_) | End::Member(_) => vec![Found::end(End::Unknown)],
            other => vec![Found::end(other)],
        }
    }

    /// What a type or trait has by a name.
    fn member(&self, def: Def, word: &str, depth: usize) -> Vec<Found> {
        if self.owning.get() {
            return vec![Found::end(End::Unknown)];
        }
        let def = self.unaliased(def, depth).unwrap_or(def);
        let members = self.members_of(def, word);
        let members: Vec<Found> = members
            .iter()
            .filter(|m| !self.is_kind(**m, DefinedKind::Field))
            .map(|m| Found::end(End::Member(*m)))
            .collect();
        if members.is_empty() { vec![Found::end(End::Unknown)] } else { members }
    }

    /// The type that an alias stands for, when it is the repository's.
    pub(super) fn unaliased(&self, def: Def, depth: usize) -> Option<Def> {
        let names = self.names(def.file);
        if names.bindings.get(def.bound).kind != BoundKind::Type || depth > DEPTH {
            return Some(def);
        }
        match &names.origins[def.bound.0 as usize] {
            super::names::Origin::Typed(Ty::Path { path, .. }) => {
                self.def_of_path(def.file, path, depth + 1)
            }
            _ => None,
        }
    }

    /// The type or trait of the repository that a path names.
    pub(super) fn def_of_path(&self, file: usize, path: &PathRef, depth: usize) -> Option<Def> {
        if depth > DEPTH {
            return None;
        }
        let modules = self.modules_at(file, path.scope);
        let found = modules
            .iter()
            .flat_map(|m| self.path_in(file, path, Namespace::Type, *m, None, depth + 1));
        let defs = found.filter_map(|f| match f.end {
            End::Def(def) => self.unaliased(def, depth + 1),
            End::Member(m) if self.is_kind(m, DefinedKind::Variant) => self.owner_named(m),
            _ => None,
        });
        defs.into_iter().next()
    }

    /// The enum of a variant, without asking for owners (which ask for paths).
    fn owner_named(&self, member: MemberId) -> Option<Def> {
        let names = self.names(member.file);
        let class = &names.classes[names.defined[member.index].class];
        self.named_class(member.file, &class.kind)
    }

    /// What the name of a trait, struct or enum stands for.
    pub(super) fn named_class(&self, file: usize, kind: &ClassKind) -> Option<Def> {
        let (ClassKind::Trait(name) | ClassKind::Struct(name) | ClassKind::Enum(name)) = kind
        else {
            return None;
        };
        let word = self.text(file, *name);
        let (bound, _) = self.names(file).named(word).find(|(_, b)| b.declared == *name)?;
        Some(Def { file, bound })
    }

    fn self_type(&self, file: usize, scope: ScopeId, depth: usize) -> Vec<Found> {
        let def = self.self_def(file, scope, depth);
        vec![Found::end(def.map_or(End::Unknown, End::Def))]
    }

    /// What `Self` is in a scope; the trait in a trait.
    pub(super) fn self_def(&self, file: usize, scope: ScopeId, depth: usize) -> Option<Def> {
        let names = self.names(file);
        let class = &names.classes[names.class_of(scope)?];
        match &class.kind {
            ClassKind::Impl { ty, .. } => self.def_of_ty(file, ty, depth),
            kind => self.named_class(file, kind),
        }
    }

    /// The type of the repository that a written type is, references seen through.
    pub(super) fn def_of_ty(&self, file: usize, ty: &Ty, depth: usize) -> Option<Def> {
        match ty {
            Ty::Path { path, .. } => self.def_of_path(file, path, depth + 1),
            Ty::Ref(inner) => self.def_of_ty(file, inner, depth),
            _ => None,
        }
    }

    /// A single name as a scope sees it.
    #[expect(clippy::too_many_arguments, reason = "what a name is looked up with")]
    fn name(
        &self,
        file: usize,
        scope: ScopeId,
        word: &str,
        namespace: Namespace,
        from: usize,
        not: Option<crate::refactor::BoundId>,
        depth: usize,
    ) -> Vec<Found> {
        if depth > DEPTH {
            return Vec::new();
        }
        let names = self.names(file);
        let bound = names.lookup(scope, word, namespace).filter(|b| Some(*b) != not);
        if let Some(bound) = bound {
            return self.follow(Def { file, bound }, from, depth);
        }
        let module = names.module_of(scope);
        for at in names.bindings.chain(scope).take_while(|s| *s != module) {
            let found = self.globs(file, at, word, namespace, from, depth);
            if !found.is_empty() {
                return found;
            }
        }
        let found = self.in_module_except(from, word, namespace, not, depth + 1);
        if !found.is_empty() {
            return found;
        }
        let in_crate = self.modules[from].in_crate;
        if let Some(library) =
            self.library(in_crate, word).filter(|_| namespace != Namespace::Value)
        {
            return vec![Found::end(End::Module(self.crates[library].root))];
        }
        let scope = names.bindings.scope(module).span;
        let unsure = invokes_item_macros(self.files[file].parsed(), scope);
        vec![Found::end(if unsure { End::Unknown } else { End::External })]
    }

    /// What a module has by a name.
    pub(super) fn in_module(
        &self,
        module: usize,
        word: &str,
        namespace: Namespace,
        depth: usize,
    ) -> Vec<Found> {
        self.in_module_except(module, word, namespace, None, depth)
    }

    fn in_module_except(
        &self,
        module: usize,
        word: &str,
        namespace: Namespace,
        not: Option<crate::refactor::BoundId>,
        depth: usize,
    ) -> Vec<Found> {
        if depth > DEPTH {
            return Vec::new();
        }
        let file = self.modules[module].file;
        let Some(scope) = self.scope_of(module) else { return vec![Found::end(End::Unknown)] };
        let names = self.names(file);
        let mut bound: Vec<_> = names
            .named(word)
            .filter(|(id, b)| {
                b.scope == scope && Some(*id) != not && {
                    let import = b.kind == BoundKind::Import;
                    b.namespace.meets(namespace) || import && namespace == Namespace::Macro
                }
            })
            .collect();
        if bound.iter().any(|(_, b)| b.kind != BoundKind::Import) {
            bound.retain(|(_, b)| b.kind != BoundKind::Import);
        }
        if !bound.is_empty() {
            let defs = bound.into_iter().map(|(bound, _)| Def { file, bound });
            return defs.flat_map(|d| self.follow(d, module, depth + 1)).collect();
        }
        self.globs(file, scope, word, namespace, module, depth)
    }

    /// What the glob imports of a scope bring by a name.
    fn globs(
        &self,
        file: usize,
        scope: ScopeId,
        word: &str,
        namespace: Namespace,
        from: usize,
        depth: usize,
    ) -> Vec<Found> {
        if depth > DEPTH {
            return Vec::new();
        }
        let mut out = Vec::new();
        for leaf in &self.names(file).uses {
            if !leaf.glob || leaf.path.scope != scope {
                continue;
            }
            for target in self.path_in(file, &leaf.path, Namespace::Type, from, None, depth + 4) {
                match target.end {
                    End::Module(m) if m != from => {
                        out.extend(self.in_module(m, word, namespace, depth + 4));
                    }
                    End::Def(def) => {
                        let variants = self.variants(def, word);
                        out.extend(variants.into_iter().map(|m| Found::end(End::Member(m))));
                    }
                    _ => {}
                }
            }
        }
        out
    }

    /// The variant of an enum, without asking for owners.
    fn variants(&self, def: Def, word: &str) -> Option<MemberId> {
        let names = self.names(def.file);
        let index = names.defined.iter().position(|d| {
            d.kind == DefinedKind::Variant
                && self.text(def.file, d.name) == word
                && self.named_class(def.file, &names.classes[d.class].kind) == Some(def)
        })?;
        Some(MemberId { file: def.file, index })
    }
}

/// True for what only some builds have.
fn is_conditional(parsed: &Parsed, whole: Span) -> bool {
    let node = parsed.root().descendant_for_byte_range(whole.start, whole.end);
    node.is_some_and(|n| {
        let attributes = super::rename::attributes(n, parsed.text());
        attributes.iter().any(|a| a.starts_with("cfg("))
    })
}
