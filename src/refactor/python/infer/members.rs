//! What attributes can be: those of classes, of their instances and of modules.

use super::super::memo::{Place, Question, Receiver};
use super::super::world::{Imported, Module, World};
use super::{
    DEPTH, Def, Ty, Types, add, bases, chained, class_of, or_unknown, returns, self_attributes,
};
use crate::refactor::BoundId;
use crate::syntax::node::{field, named};
use crate::syntax::tree::Node;

impl<'p> World<'p> {
    /// What an attribute of a value can be.
    pub(in crate::refactor::python) fn member<'w>(
        &'w self,
        of: Types<'w>,
        name: &str,
        depth: u8,
    ) -> Types<'w> {
        let Some(depth) = depth.checked_sub(1) else { return vec![Ty::Unknown] };
        let mut types = Vec::new();
        for ty in of {
            let found = match ty {
                Ty::Module(unit) => match self.taken(Module::File(unit), name) {
                    Imported::Module(module) => vec![self.module_type(module)],
                    Imported::Name(file, name) => self.global(file, &name, depth),
                },
                Ty::Folder(folder) => match self.submodule(Module::Folder(folder), name) {
                    Some(module) => vec![self.module_type(module)],
                    None => vec![Ty::Unknown],
                },
                Ty::Class(_) | Ty::Instance(_) | Ty::Super(_) => self.of_class(ty, name, depth),
                Ty::Outside => vec![Ty::Outside],
                _ => vec![Ty::Unknown],
            };
            add(&mut types, found);
        }
        types
    }

    /// What an attribute of a class, an instance or `super()` can be.
    fn of_class<'w>(&'w self, ty: Ty<'w>, name: &str, depth: u8) -> Types<'w> {
        let (class, receiver, skipped): (_, fn(Place) -> Receiver, _) = match ty {
            Ty::Class(def) => (def, Receiver::Class, 0),
            Ty::Instance(def) => (def, Receiver::Instance, 0),
            Ty::Super(def) => (def, Receiver::Super, 1),
            _ => return vec![Ty::Unknown],
        };
        let of_instance = !matches!(ty, Ty::Class(_));
        let place = Place::of(class);
        let question = place.map(|p| Question::Member(receiver(p), Box::from(name), depth));
        self.once(question, || {
            self.attribute(&self.mro(class).0[skipped..], name, of_instance, depth)
        })
    }

    fn attribute<'w>(
        &'w self,
        classes: &[Def<'w>],
        name: &str,
        of_instance: bool,
        depth: u8,
    ) -> Types<'w> {
        let mut types = Vec::new();
        for class in classes {
            if let Some(id) = self.own_member(*class, name) {
                for ty in self.bound(class.unit, id, depth) {
                    let ty = match ty {
                        Ty::Function(def) if class_of(def.node) == Some(class.node) => {
                            let by_class = def.has_decorator(&["classmethod"]);
                            let by_none = def.has_decorator(&["staticmethod"]);
                            if (of_instance && !by_none) || by_class { Ty::Method(def) } else { ty }
                        }
                        _ => ty,
                    };
                    let property = self.property(*class, id, depth);
                    add(&mut types, property.unwrap_or(vec![ty]));
                }
            }
            for (node, value) in self.assigned(*class, name) {
                let typed = node.parent().and_then(|p| field(p, "type"));
                let of = match (typed, value) {
                    (Some(typed), _) => self.annotated(class.unit, typed, depth),
                    (None, Some(value)) => self.value(class.unit, value, depth),
                    (None, None) => vec![Ty::Unknown],
                };
                add(&mut types, of);
            }
            if !types.is_empty() {
                return types;
            }
        }
        vec![Ty::Unknown]
    }

    /// What reading a property gives.
    fn property<'w>(&'w self, class: Def<'w>, id: BoundId, depth: u8) -> Option<Types<'w>> {
        let bound = class.unit.names.get(id);
        let def = Def { unit: class.unit, node: class.unit.definition(bound)? };
        if !def.has_decorator(&["property", "cached_property"]) {
            return None;
        }
        Some(match field(def.node, "return_type") {
            Some(annotation) => self.annotated(def.unit, annotation, depth),
            None => {
                let mut types = Vec::new();
                for value in returns(def.node).into_iter().filter_map(|r| named(r).first().copied())
                {
                    add(&mut types, self.value(def.unit, value, depth));
                }
                types
            }
        })
    }

    /// The name that a class body binds.
    pub(in crate::refactor::python) fn own_member(
        &self,
        class: Def<'_>,
        name: &str,
    ) -> Option<BoundId> {
        class.unit.own(class.unit.scope_of(class.node)?, name)
    }

    /// The assignments to `self.name` in the methods of a class, with their values.
    pub(in crate::refactor::python) fn assigned<'w>(
        &'w self,
        class: Def<'w>,
        name: &str,
    ) -> Vec<(Node<'w>, Option<Node<'w>>)> {
        let mut out = Vec::new();
        for (node, _) in self_attributes(class).into_iter().filter(|(_, n)| *n == name) {
            let mut at = node;
            while let Some(parent) = at.parent() {
                match parent.kind() {
                    "pattern_list" | "tuple_pattern" | "list_pattern" => at = parent,
                    "assignment" if field(parent, "left") == Some(at) => {
                        let value = field(parent, "right").filter(|_| at == node).map(chained);
                        out.push((node, value));
                        break;
                    }
                    "for_statement" | "for_in_clause" if field(parent, "left") == Some(at) => {
                        out.push((node, None));
                        break;
                    }
                    "as_pattern_target" => {
                        out.push((node, None));
                        break;
                    }
                    _ => break,
                }
            }
        }
        out
    }

    /// The classes that a class gets its attributes from, itself first; and the bases of any of
    /// them that the repository does not define.
    pub(in crate::refactor::python) fn mro<'w>(
        &'w self,
        class: Def<'w>,
    ) -> (Vec<Def<'w>>, Vec<(Def<'w>, Node<'w>)>) {
        self.line_once(class, || self.line_of(class))
    }

    fn line_of<'w>(&'w self, class: Def<'w>) -> (Vec<Def<'w>>, Vec<(Def<'w>, Node<'w>)>) {
        let (mut classes, mut outside) = (vec![class], Vec::new());
        let mut at = 0;
        while let Some(class) = classes.get(at).copied() {
            at += 1;
            for base in bases(class) {
                for ty in or_unknown(self.value(class.unit, base, DEPTH - 2)) {
                    match ty {
                        Ty::Class(def) if !classes.contains(&def) => classes.push(def),
                        Ty::Class(_) => {}
                        _ => outside.push((class, base)),
                    }
                }
            }
        }
        (classes, outside)
    }
}
