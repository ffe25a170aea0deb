//! What was found out about values, kept by places in files, so that it is found out once.
//!
//! The answers name files and nodes by number: what borrows from the files cannot be kept beside them.

use std::cell::RefCell;
use std::hash::Hash;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::infer::{Def, Ty, Types};
use super::world::{Unit, World};
use crate::refactor::BoundId;
use crate::syntax::tree::Node;

/// A definition: the number of its file, and that of its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) unit: u32,
    pub(super) node: u32,
}

/// What is asked about values, each with how far definitions are still followed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Question {
    /// What a name of a file can be.
    Bound(u32, BoundId, u8),
    /// What a function gives.
    Result(Place, u8),
    /// What an attribute can be.
    Member(Receiver, Box<str>, u8),
}

/// Whose attribute it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Receiver {
    Class(Place),
    Instance(Place),
    Super(Place),
}

/// One [`Ty`].
#[derive(Clone, Debug)]
enum Kept {
    Module(u32),
    Folder(Box<str>),
    Class(Place),
    Instance(Place),
    Super(Place),
    Function(Place),
    Method(Place),
    Outside,
    Unknown,
}

/// The classes that a class gets its attributes from, itself first; and its bases, or theirs, outside of the
/// repository: the class that names one and the expression.
type Line = (Rc<[Place]>, Rc<[(Place, u32)]>);

/// See the module.
#[derive(Default)]
pub(super) struct Memo {
    answers: RefCell<FxHashMap<Question, Rc<[Kept]>>>,
    lines: RefCell<FxHashMap<Place, Line>>,
    below: RefCell<FxHashMap<Place, Rc<[Place]>>>,
}

impl Place {
    /// `None` in a file that is none of the repository's.
    pub(super) fn of(def: Def<'_>) -> Option<Self> {
        let node = u32::try_from(def.node.id()).ok()?;
        (def.unit.at != u32::MAX).then_some(Self { unit: def.unit.at, node })
    }
}

impl Question {
    /// The question about a name of a file.
    pub(super) fn bound(unit: &Unit, id: BoundId, depth: u8) -> Option<Self> {
        (unit.at != u32::MAX).then_some(Self::Bound(unit.at, id, depth))
    }
}

impl<'p> World<'p> {
    /// The answer to a question, worked out the first time.
    pub(super) fn once<'w>(
        &'w self,
        question: Option<Question>,
        answer: impl FnOnce() -> Types<'w>,
    ) -> Types<'w> {
        let Some(question) = question else { return answer() };
        let known = self.memo.answers.borrow().get(&question).map(Rc::clone);
        if let Some(known) = known {
            return known.iter().filter_map(|kept| self.restored(kept)).collect();
        }
        let types = answer();
        let kept: Option<Rc<[Kept]>> = types.iter().map(kept).collect();
        if let Some(kept) = kept {
            self.memo.answers.borrow_mut().insert(question, kept);
        }
        types
    }

    /// See [`World::mro`].
    pub(super) fn line_once<'w>(
        &'w self,
        class: Def<'w>,
        answer: impl FnOnce() -> (Vec<Def<'w>>, Vec<(Def<'w>, Node<'w>)>),
    ) -> (Vec<Def<'w>>, Vec<(Def<'w>, Node<'w>)>) {
        let Some(place) = Place::of(class) else { return answer() };
        let known = self.memo.lines.borrow().get(&place).cloned();
        if let Some((classes, outside)) = known {
            let base = |(place, node): &(Place, u32)| {
                let def = self.def(*place)?;
                Some((def, def.node.with_id(*node as usize)?))
            };
            let classes = classes.iter().filter_map(|place| self.def(*place)).collect();
            return (classes, outside.iter().filter_map(base).collect());
        }
        // A class that is named in its own bases ends here.
        self.memo.lines.borrow_mut().insert(place, (Rc::from([place]), Rc::from([])));
        let (classes, outside) = answer();
        let kept = classes.iter().map(|def| Place::of(*def)).collect();
        let base = |(def, node): &(Def<'w>, Node<'w>)| {
            Some((Place::of(*def)?, u32::try_from(node.id()).ok()?))
        };
        let bases = outside.iter().map(base).collect();
        if let (Some(kept), Some(bases)) = (kept, bases) {
            self.memo.lines.borrow_mut().insert(place, (kept, bases));
        }
        (classes, outside)
    }

    /// The classes below one, worked out the first time.
    pub(super) fn below_once<'w>(
        &'w self,
        class: Def<'w>,
        answer: impl FnOnce() -> Vec<Def<'w>>,
    ) -> Vec<Def<'w>> {
        let Some(place) = Place::of(class) else { return answer() };
        let known = self.memo.below.borrow().get(&place).map(Rc::clone);
        if let Some(known) = known {
            return known.iter().filter_map(|place| self.def(*place)).collect();
        }
        let found = answer();
        let kept: Option<Rc<[Place]>> = found.iter().map(|def| Place::of(*def)).collect();
        if let Some(kept) = kept {
            self.memo.below.borrow_mut().insert(place, kept);
        }
        found
    }

    /// The definition at a place.
    fn def(&self, place: Place) -> Option<Def<'_>> {
        let unit = self.unit_at(place.unit as usize)?;
        Some(Def { unit, node: unit.root().with_id(place.node as usize)? })
    }

    fn restored(&self, kept: &Kept) -> Option<Ty<'_>> {
        Some(match kept {
            Kept::Module(at) => Ty::Module(self.unit_at(*at as usize)?),
            Kept::Folder(path) => Ty::Folder(self.folder(path)?),
            Kept::Class(place) => Ty::Class(self.def(*place)?),
            Kept::Instance(place) => Ty::Instance(self.def(*place)?),
            Kept::Super(place) => Ty::Super(self.def(*place)?),
            Kept::Function(place) => Ty::Function(self.def(*place)?),
            Kept::Method(place) => Ty::Method(self.def(*place)?),
            Kept::Outside => Ty::Outside,
            Kept::Unknown => Ty::Unknown,
        })
    }
}

fn kept(ty: &Ty<'_>) -> Option<Kept> {
    Some(match ty {
        Ty::Module(unit) => Kept::Module((unit.at != u32::MAX).then_some(unit.at)?),
        Ty::Folder(path) => Kept::Folder(Box::from(*path)),
        Ty::Class(def) => Kept::Class(Place::of(*def)?),
        Ty::Instance(def) => Kept::Instance(Place::of(*def)?),
        Ty::Super(def) => Kept::Super(Place::of(*def)?),
        Ty::Function(def) => Kept::Function(Place::of(*def)?),
        Ty::Method(def) => Kept::Method(Place::of(*def)?),
        Ty::Outside => Kept::Outside,
        Ty::Unknown => Kept::Unknown,
    })
}
