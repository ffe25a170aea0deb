//! The members of a name, and whose they are, looked for in the files that may declare them.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::index::{Def, Index, MemberId};
use super::names::{ClassKind, Defined, DefinedKind};
use super::sieve::may_define;

/// Whose members a class holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Owner {
    /// The type (or trait, of a trait's own items); `None` when it is not the repository's.
    pub(super) ty: Option<Def>,
    /// `impl … for`: the trait when it is the repository's.
    pub(super) of: Option<Def>,
    /// `impl … for` at all.
    pub(super) for_trait: bool,
    /// `impl<T> Trait for T`, or for what is not the repository's.
    pub(super) blanket: bool,
}

/// Members by name.
type Named = HashMap<String, Rc<[MemberId]>>;

/// What was found, so that it is looked for once.
#[derive(Default)]
pub(super) struct Found {
    named: RefCell<Named>,
    owned: RefCell<HashMap<Def, Named>>,
    owners: RefCell<HashMap<(usize, usize), Owner>>,
    implementing: RefCell<HashMap<Def, Rc<[usize]>>>,
    derefs: RefCell<HashMap<Def, bool>>,
}

impl Index<'_> {
    /// All members of a name.
    pub(super) fn members_named(&self, name: &str) -> Rc<[MemberId]> {
        if let Some(known) = self.found.named.borrow().get(name) {
            return Rc::clone(known);
        }
        let files = self.files_that(&|text| may_define(text, name));
        let mut out = Vec::new();
        for file in self.ahead(&files) {
            self.members_in(file, name, &mut out);
        }
        let out: Rc<[MemberId]> = out.into();
        self.found.named.borrow_mut().insert(name.to_owned(), Rc::clone(&out));
        out
    }

    fn members_in(&self, file: usize, name: &str, out: &mut Vec<MemberId>) {
        for (index, defined) in self.names(file).defined.iter().enumerate() {
            if self.text(file, defined.name) == name {
                out.push(MemberId { file, index });
            }
        }
    }

    pub(super) fn defined(&self, id: MemberId) -> &Defined {
        &self.names(id.file).defined[id.index]
    }

    pub(super) fn is_kind(&self, id: MemberId, kind: DefinedKind) -> bool {
        self.defined(id).kind == kind
    }

    pub(super) fn owner(&self, id: MemberId) -> Owner {
        self.class_owner(id.file, self.defined(id).class)
    }

    /// Whose members a class of a file holds.
    pub(super) fn class_owner(&self, file: usize, class: usize) -> Owner {
        if let Some(known) = self.found.owners.borrow().get(&(file, class)) {
            return *known;
        }
        let outer = self.owning.replace(true);
        let owner = match &self.names(file).classes[class].kind {
            ClassKind::Impl { of, ty } => {
                let def = self.def_of_ty(file, ty, 0);
                Owner {
                    ty: def,
                    of: of.as_ref().and_then(|p| self.def_of_path(file, p, 0)),
                    for_trait: of.is_some(),
                    blanket: of.is_some() && def.is_none(),
                }
            }
            kind => Owner { ty: self.named_class(file, kind), ..Owner::default() },
        };
        self.owning.set(outer);
        self.found.owners.borrow_mut().insert((file, class), owner);
        owner
    }

    /// The members of a type or trait that have a name.
    pub(super) fn members_of(&self, ty: Def, name: &str) -> Rc<[MemberId]> {
        if let Some(known) = self.found.owned.borrow().get(&ty).and_then(|names| names.get(name)) {
            return Rc::clone(known);
        }
        let files = self.files_implementing(ty);
        let files: Vec<usize> =
            files.iter().copied().filter(|file| self.files[*file].has_word(name)).collect();
        let mut out = Vec::new();
        for file in self.ahead(&files) {
            self.members_in(file, name, &mut out);
        }
        out.retain(|member| self.owner(*member).ty == Some(ty));
        let out: Rc<[MemberId]> = out.into();
        let mut owned = self.found.owned.borrow_mut();
        owned.entry(ty).or_default().insert(name.to_owned(), Rc::clone(&out));
        out
    }

    /// The files that may have members of a type or trait: its own, and those with an `impl` that names it. Sorted.
    pub(super) fn files_implementing(&self, ty: Def) -> Rc<[usize]> {
        if let Some(known) = self.found.implementing.borrow().get(&ty) {
            return Rc::clone(known);
        }
        let name = &self.names(ty.file).bindings.get(ty.bound).name;
        let mut files = vec![ty.file];
        for name in self.names_for([name.as_str()]) {
            files.extend(self.hints.heads.get(name).into_iter().flatten());
        }
        files.sort_unstable();
        files.dedup();
        let files: Rc<[usize]> = files.into();
        self.found.implementing.borrow_mut().insert(ty, Rc::clone(&files));
        files
    }

    /// True when a type gives out another one by `Deref`.
    pub(super) fn derefs(&self, ty: Def) -> bool {
        if let Some(known) = self.found.derefs.borrow().get(&ty) {
            return *known;
        }
        let by_deref = self.hints.heads.get("Deref").map_or(&[] as &[usize], Vec::as_slice);
        let files = self.files_implementing(ty);
        let found = by_deref.iter().filter(|file| files.contains(file)).any(|file| {
            let classes = self.names(*file).classes.iter().enumerate();
            let mut derefs = classes.filter(|(_, class)| match &class.kind {
                ClassKind::Impl { of: Some(of), .. } => {
                    of.segments.last().is_some_and(|s| self.text(*file, *s) == "Deref")
                }
                _ => false,
            });
            derefs.any(|(at, _)| self.class_owner(*file, at).ty == Some(ty))
        });
        self.found.derefs.borrow_mut().insert(ty, found);
        found
    }

    /// Names, and those that imports and types give to what they name.
    pub(super) fn names_for<'n>(
        &'n self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> HashSet<&'n str> {
        let mut open: Vec<&str> = names.into_iter().collect();
        let mut out: HashSet<&str> = open.iter().copied().collect();
        while let Some(name) = open.pop() {
            for alias in self.hints.aliases.get(name).into_iter().flatten() {
                if out.insert(alias) {
                    open.push(alias);
                }
            }
        }
        out
    }
}
