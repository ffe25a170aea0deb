//! Renaming a parameter, with the keyword arguments of the calls.

use super::Renaming;
use super::strings;
use super::target::is_fed;
use crate::refactor::python::classes::{Classes, parameter_name, parameters};
use crate::refactor::python::infer::{Def, Ty, arguments, class_of};
use crate::refactor::python::uses::{Group, keyword, only_ours, takes_any};
use crate::refactor::python::world::{Unit, plain_string};
use crate::refactor::{Api, BoundId, Reason, Refusal};
use crate::syntax::node::{ancestors, field, span};
use crate::syntax::tree::Node;

/// Decorators after which a function is still called with its own parameters.
pub(in crate::refactor::python) const CLEAR: [&str; 16] = [
    "staticmethod",
    "classmethod",
    "property",
    "cached_property",
    "abstractmethod",
    "wraps",
    "lru_cache",
    "cache",
    "contextmanager",
    "asynccontextmanager",
    "overload",
    "override",
    "final",
    "setter",
    "getter",
    "deleter",
];

impl<'w> Renaming<'w> {
    pub(super) fn parameter(&mut self, unit: &'w Unit, id: BoundId) -> Result<(), Refusal> {
        self.is_static(unit, id)?;
        let declared = unit.names.get(id).declared;
        let function = unit.node(declared).and_then(|n| {
            ancestors(n).find(|a| matches!(a.kind(), "function_definition" | "lambda"))
        });
        let function = function.filter(|f| f.kind() == "function_definition");
        let Some(node) = function else { return self.local(unit, id) };
        let def = Def { unit, node };
        let own = parameters(node)
            .into_iter()
            .find(|p| parameter_name(*p).is_some_and(|n| span(n) == declared));
        let splat = own.is_some_and(|p| unit.of(p).starts_with('*'));
        let first = parameters(node).first().copied() == own;
        let receiver = first && class_of(node).is_some() && !def.has_decorator(&["staticmethod"]);
        if splat || receiver || self.is_positional(def, declared.start) {
            return self.local(unit, id);
        }
        self.is_plain(def)?;
        if is_fed(def) {
            self.parametrized(def)?;
        }
        let classes = Classes::new(self.world);
        let group = Group::new(&classes, def);
        self.offered(def)?;
        let used = self.calls(&classes, &group)?;
        let mut targets = vec![(unit, id)];
        if used {
            for other in group.functions.iter().skip(1) {
                let found = parameters(other.node)
                    .into_iter()
                    .filter_map(parameter_name)
                    .find(|n| other.unit.of(*n) == self.from);
                targets.extend(found.and_then(|n| Some((other.unit, other.unit.meaning(n)?))));
            }
        }
        for (unit, id) in targets {
            self.is_static(unit, id)?;
            self.occurrences(unit, id)?;
            self.own_mentions(unit, id);
        }
        Ok(())
    }

    /// True before `/`.
    fn is_positional(&self, def: Def<'w>, at: usize) -> bool {
        let list = field(def.node, "parameters");
        list.is_some_and(|list| {
            list.children().any(|c| c.kind() == "positional_separator" && at < c.start_byte())
        })
    }

    /// # Errors
    /// When a decorator may see the names of the parameters.
    fn is_plain(&self, def: Def<'w>) -> Result<(), Refusal> {
        for decorator in crate::refactor::python::infer::decorators(def.node) {
            let head = if decorator.kind() == "call" { field(decorator, "function") } else { None };
            let head = head.unwrap_or(decorator);
            let text = def.unit.of(head);
            let last = text.rsplit('.').next().unwrap_or(text);
            let marks = text.contains("mark.") || last == "fixture";
            if CLEAR.contains(&last) || marks {
                continue;
            }
            let own =
                self.world.infer(def.unit, head).iter().all(
                    |ty| matches!(ty, Ty::Function(f) if !f.unit.text().contains("signature(")),
                );
            if own && decorator.kind() != "call" {
                continue;
            }
            let message = format!("the decorator `{text}` may see the names of the parameters");
            return Err(def.unit.refuse(Reason::Dynamic, decorator.start_byte(), message));
        }
        Ok(())
    }

    /// The parameter of a test: the names in `parametrize` go with it.
    fn parametrized(&mut self, def: Def<'w>) -> Result<(), Refusal> {
        let unit = def.unit;
        let mut found = false;
        let class = class_of(def.node).map(|node| Def { unit, node });
        let holders = std::iter::once(def).chain(class);
        let decorators: Vec<Node<'w>> =
            holders.flat_map(|d| crate::refactor::python::infer::decorators(d.node)).collect();
        for decorator in decorators {
            let is_it =
                field(decorator, "function").is_some_and(|f| unit.of(f).ends_with("parametrize"));
            let Some(names) = arguments(decorator).first().copied().filter(|_| is_it) else {
                continue;
            };
            for string in names.subtree().filter(|n| n.kind() == "string") {
                let Some((text, at)) = plain_string(string, unit.text()) else { continue };
                for word in crate::refactor::words(text, &self.from) {
                    found = true;
                    let place = crate::base::Span::new(at.start + word.start, at.start + word.end);
                    self.edit(unit, place);
                }
            }
        }
        if found {
            return Ok(());
        }
        let message = format!("pytest gives `{}` a value by its name", self.from);
        Err(unit.refuse(Reason::Dynamic, def.node.start_byte(), message))
    }

    /// # Errors
    /// When the function is offered to others, who may use the keyword.
    fn offered(&self, def: Def<'w>) -> Result<(), Refusal> {
        if self.api == Api::Change || self.from.starts_with('_') {
            return Ok(());
        }
        let class = class_of(def.node);
        let outer = class.unwrap_or(def.node);
        let private = def.name().starts_with('_') && !super::is_dunder(def.name());
        let name = field(outer, "name").map_or("", |n| def.unit.of(n));
        let ours = Def { unit: def.unit, node: outer };
        for unit in self.world.with(name) {
            if private || self.world.project.is_test(&unit.path) {
                break;
            }
            let exports = unit.exports();
            let listed = exports.as_ref().is_some_and(|all| {
                all.iter().any(|n| plain_string(*n, unit.text()).is_some_and(|(t, _)| t == name))
            });
            let Some(id) = unit.global(name) else { continue };
            let types = self.world.bound(unit, id, 6);
            if !types.iter().any(|ty| matches!(ty, Ty::Class(d) | Ty::Function(d) if *d == ours)) {
                continue;
            }
            let parent = unit.path.parent();
            let is_top = unit.path.file_name() == "__init__.py"
                && self.world.root_of(&unit.path) == parent.rsplit_once('/').map_or("", |(u, _)| u);
            if listed || is_top && exports.is_none() && !name.starts_with('_') {
                let message = format!(
                    "`{name}` is what `{}` offers to others, who may give `{}` by its name; say \
                     that the interface may change",
                    self.world.dotted(&unit.path),
                    self.from
                );
                let at = unit.names.get(id).declared.start;
                return Err(unit.refuse(Reason::Exported, at, message));
            }
        }
        Ok(())
    }

    /// Renames the keywords; true when there are any.
    fn calls(&mut self, classes: &Classes<'w>, group: &Group<'w>) -> Result<bool, Refusal> {
        let uses = group.uses(self.world, classes);
        let mut used = false;
        for call in &uses.calls {
            if let Some(argument) = keyword(call.node, call.unit, &self.from) {
                used = true;
                if let Some(name) = field(argument, "name") {
                    self.edit(call.unit, span(name));
                }
            }
            let spread = arguments(call.node).into_iter().find(|a| a.kind() == "dictionary_splat");
            if let Some(spread) = spread {
                self.spread(call.unit, spread)?;
            }
        }
        for call in &uses.unknown {
            let Some(argument) = keyword(call.node, call.unit, &self.from) else { continue };
            if !only_ours(group) {
                let message = format!(
                    "whether this call is of `{}` cannot be told from the source",
                    group.name
                );
                return Err(call.unit.refuse(Reason::Dynamic, argument.start_byte(), message));
            }
            used = true;
            if let Some(name) = field(argument, "name") {
                self.edit(call.unit, span(name));
            }
        }
        if let Some((unit, value)) = uses.values.first()
            && let Some((at, node)) = self.blind_call()
        {
            let message = format!(
                "`{}` is handed on here, and {}:{} calls something unknown with `{}`",
                group.name,
                at.path,
                at.line(node.start_byte()),
                self.from
            );
            return Err(unit.refuse(Reason::Dynamic, value.start_byte(), message));
        }
        Ok(used)
    }

    /// A call with the keyword of something unknown, or of what passes it on.
    fn blind_call(&self) -> Option<(&'w Unit, Node<'w>)> {
        self.world.with(&self.from).into_iter().find_map(|unit| {
            let keywords = unit.root().subtree().filter(|n| {
                n.kind() == "keyword_argument"
                    && field(*n, "name").is_some_and(|name| unit.of(name) == self.from)
            });
            keywords
                .filter(|n| !self.edited.contains(&(unit.path.clone(), name_span(*n))))
                .find(|n| self.passes_on(unit, *n))
                .map(|n| (unit, n))
        })
    }

    /// # Errors
    /// When a `**` of a call may hold the name as a key.
    fn spread(&self, unit: &'w Unit, spread: Node<'w>) -> Result<(), Refusal> {
        for other in self.world.with(&self.from) {
            let text = strings::exact(other, &self.from).into_iter().next().map(|(n, _)| n);
            let passed = || {
                other.root().subtree().find(|n| {
                    n.kind() == "keyword_argument"
                        && field(*n, "name").is_some_and(|name| other.of(name) == self.from)
                        && !self.edited.contains(&(other.path.clone(), name_span(*n)))
                        && self.passes_on(other, *n)
                })
            };
            if let Some(node) = text.or_else(passed) {
                let message = format!(
                    "`{}` may hold `{}`, which is written in {}:{}",
                    unit.of(spread),
                    self.from,
                    other.path,
                    other.line(node.start_byte())
                );
                return Err(unit.refuse(Reason::Dynamic, spread.start_byte(), message));
            }
        }
        Ok(())
    }

    /// True when a keyword goes to what may pass it on.
    fn passes_on(&self, unit: &'w Unit, argument: Node<'w>) -> bool {
        let call = ancestors(argument).nth(1).filter(|c| c.kind() == "call");
        let Some(function) = call.and_then(|c| field(c, "function")) else { return false };
        if unit.of(function) == "dict" {
            return true;
        }
        let classes = Classes::new(self.world);
        self.world.infer(unit, function).into_iter().any(|ty| match ty {
            Ty::Function(f) | Ty::Method(f) => takes_any(f),
            Ty::Class(c) => classes.inherited_method(c, "__init__").is_none_or(takes_any),
            Ty::Unknown => true,
            _ => false,
        })
    }
}

fn name_span(argument: Node<'_>) -> crate::base::Span {
    field(argument, "name").map_or_else(|| span(argument), span)
}
