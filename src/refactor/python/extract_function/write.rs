//! The text of the new function, and of the call that stands for it.

use super::super::layout::{
    decorated, indent, is_atom, line_end, line_start, reindented, top_statement, unit_of_indent,
};
use super::{Plan, Selected};
use crate::base::Span;
use crate::refactor::step::put;
use crate::refactor::{BoundId, BoundKind, Step};
use crate::syntax::node::{field, named};

impl<'w> Plan<'w> {
    pub(super) fn name_of(&self, id: BoundId) -> &'w str {
        &self.unit.names.get(id).name
    }

    /// The parameter with the annotation that it has in the function around.
    fn declaration(&self, id: BoundId) -> String {
        let bound = self.unit.names.get(id);
        let typed = self.unit.node(bound.whole).filter(|n| {
            bound.kind == BoundKind::Parameter
                && matches!(n.kind(), "typed_parameter" | "typed_default_parameter")
                && !self.unit.of(*n).starts_with('*')
        });
        let generic = self.function.is_some_and(|f| field(f, "type_parameters").is_some());
        match typed.filter(|_| !generic).and_then(|n| field(n, "type")) {
            Some(annotation) => format!("{}: {}", bound.name, self.unit.of(annotation)),
            None => bound.name.clone(),
        }
    }

    fn call(&self, selected: &Selected<'_>) -> String {
        let arguments: Vec<&str> = self.inputs.iter().map(|id| self.name_of(*id)).collect();
        let receiver = self.receiver.as_ref().map_or(String::new(), |r| format!("{}.", r.name));
        let call = format!("{receiver}{}({})", self.name, arguments.join(", "));
        if !self.is_async {
            return call;
        }
        let plain = match selected {
            Selected::Statements(_) => true,
            Selected::Expression(node) => node.parent().is_some_and(|p| {
                matches!(p.kind(), "assignment" | "expression_statement" | "return_statement")
            }),
        };
        if plain { format!("await {call}") } else { format!("(await {call})") }
    }

    pub(super) fn step(&self, selected: &Selected<'w>) -> Step {
        let unit = self.unit;
        let text = unit.text();
        let call = self.call(selected);
        let replaced = match selected {
            Selected::Expression(_) => call,
            Selected::Statements(_) if self.returns => format!("return {call}"),
            Selected::Statements(_) if self.outputs.is_empty() => call,
            Selected::Statements(_) => format!("{} = {call}", self.results()),
        };
        let (place, outer, after) = self.place();
        let definition = self.definition(selected, outer);
        let mut step = Step::new(format!("Extract {}", self.name));
        step.replace(&unit.path, put(self.at, replaced));
        let gap = if outer.is_empty() { "\n\n" } else { "\n" };
        let new = if after {
            let ends = text[..place].ends_with('\n');
            format!("{}{gap}{definition}", if ends { "" } else { "\n" })
        } else {
            format!("{definition}{gap}")
        };
        step.replace(&unit.path, put(Span::at(place), new));
        step
    }

    fn results(&self) -> String {
        let names: Vec<&str> = self.outputs.iter().map(|id| self.name_of(*id)).collect();
        names.join(", ")
    }

    /// Where the function goes, how deep, and whether it comes after what is there.
    fn place(&self) -> (usize, &'w str, bool) {
        let text = self.unit.text();
        let node = self.unit.root().descendant_for_byte_range(self.at.start, self.at.end);
        let node = node.unwrap_or(self.unit.root());
        match self.function {
            Some(function) if self.receiver.is_some() => {
                let whole = decorated(function);
                (line_end(text, whole.end_byte()), indent(text, whole.start_byte()), true)
            }
            Some(function) => {
                let top = top_statement(function);
                (line_end(text, top.end_byte().saturating_sub(1).max(top.start_byte())), "", true)
            }
            None => {
                let top = if node.kind() == "module" {
                    named(node)
                        .into_iter()
                        .find(|n| n.start_byte() >= self.at.start)
                        .unwrap_or(node)
                } else {
                    top_statement(node)
                };
                (line_start(text, top.start_byte()), "", false)
            }
        }
    }

    fn definition(&self, selected: &Selected<'w>, outer: &str) -> String {
        let unit = self.unit;
        let text = unit.text();
        let inner = format!("{outer}{}", unit_of_indent(unit));
        let from = indent(text, self.at.start);
        let mut list: Vec<String> = self.receiver.iter().map(|r| self.declaration(r.id)).collect();
        list.extend(self.inputs.iter().map(|id| self.declaration(*id)));
        let mut out = String::new();
        if self.receiver.as_ref().is_some_and(|r| r.by_class) {
            out.push_str(&format!("{outer}@classmethod\n"));
        }
        let word = if self.is_async { "async def" } else { "def" };
        out.push_str(&format!("{outer}{word} {}({}):\n", self.name, list.join(", ")));
        if !self.globals.is_empty() {
            out.push_str(&format!("{inner}global {}\n", self.globals.join(", ")));
        }
        match selected {
            Selected::Statements(_) => {
                let body = reindented(unit, self.at, from, &inner);
                out.push_str(&format!("{inner}{body}\n"));
                if !self.outputs.is_empty() {
                    out.push_str(&format!("{inner}return {}\n", self.results()));
                }
            }
            Selected::Expression(node) => {
                let body = reindented(unit, self.at, from, &inner);
                let broken = body.contains('\n') && !is_atom(*node)
                    || node.kind() == "named_expression"
                    || body.contains('\n')
                        && matches!(node.kind(), "attribute" | "subscript" | "call");
                let body = if broken { format!("({body})") } else { body };
                out.push_str(&format!("{inner}return {body}\n"));
            }
        }
        out
    }
}
