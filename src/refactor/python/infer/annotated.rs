//! What annotations say about values.

use super::super::bindings::parts;
use super::super::world::{Unit, World, plain_string};
use super::{Ty, Types, add};
use crate::syntax::node::named;
use crate::syntax::tree::Node;

impl<'p> World<'p> {
    /// What a value with this annotation can be.
    pub(in crate::refactor::python) fn annotated<'w>(
        &'w self,
        unit: &'w Unit,
        node: Node<'w>,
        depth: u8,
    ) -> Types<'w> {
        let Some(depth) = depth.checked_sub(1) else { return vec![Ty::Unknown] };
        let unknown = vec![Ty::Unknown];
        match node.kind() {
            "type" => match named(node).first() {
                Some(inner) => self.annotated(unit, *inner, depth),
                None => unknown,
            },
            "none" => Vec::new(),
            "union_type" | "binary_operator" => {
                let mut types = Vec::new();
                for part in named(node) {
                    add(&mut types, self.annotated(unit, part, depth));
                }
                types
            }
            "string" => self.annotated_string(unit, node, depth),
            "generic_type" | "subscript" => {
                let parts = parts(node);
                let Some(head) = parts.first().map(|n| unit.of(*n)) else { return unknown };
                let rest = || {
                    let mut types = Vec::new();
                    for part in &parts[1..] {
                        add(&mut types, self.annotated(unit, *part, depth));
                    }
                    types
                };
                match head.rsplit('.').next().unwrap_or(head) {
                    "Optional" | "Union" | "Annotated" | "Final" | "ClassVar" => rest(),
                    "Type" | "type" => self.classes(rest()),
                    _ => match self.value(unit, parts[0], depth).as_slice() {
                        [Ty::Class(def)] => vec![Ty::Instance(*def)],
                        [Ty::Outside] => vec![Ty::Outside],
                        _ => unknown,
                    },
                }
            }
            "identifier" | "attribute" => {
                let text = unit.of(node);
                if matches!(text.rsplit('.').next(), Some("Any" | "object" | "Self" | "Callable")) {
                    return unknown;
                }
                let instance = |ty| match ty {
                    Ty::Class(def) => Ty::Instance(def),
                    Ty::Outside => Ty::Outside,
                    _ => Ty::Unknown,
                };
                self.value(unit, node, depth).into_iter().map(instance).collect()
            }
            _ => unknown,
        }
    }

    fn annotated_string<'w>(&'w self, unit: &'w Unit, node: Node<'w>, depth: u8) -> Types<'w> {
        let Some((code, at)) = plain_string(node, unit.text()) else { return vec![Ty::Unknown] };
        let mut types = Vec::new();
        for part in code.split('|').map(str::trim) {
            let start = at.start + (part.as_ptr() as usize - code.as_ptr() as usize);
            let span = crate::base::Span::new(start, start + part.len());
            match unit.occurrence_at(span) {
                Some(occurrence) => {
                    let instance = |ty| match ty {
                        Ty::Class(def) => Ty::Instance(def),
                        Ty::Outside => Ty::Outside,
                        _ => Ty::Unknown,
                    };
                    let of = self.named(unit, occurrence, depth);
                    add(&mut types, of.into_iter().map(instance).collect());
                }
                None if part == "None" => {}
                None => add(&mut types, vec![Ty::Unknown]),
            }
        }
        types
    }
}
