//! Renaming a method or another attribute of a class.

use rustc_hash::FxHashSet;

use super::Renaming;
use super::names::{captured, is_private};
use super::strings::{self, Name};
use crate::refactor::python::classes::{Classes, Family, Whose};
use crate::refactor::python::infer::{Def, Ty, self_attributes};
use crate::refactor::python::sieve::{may_be_global, may_offer};
use crate::refactor::python::uses::whose;
use crate::refactor::python::world::{Unit, is_common_attribute, plain_string};
use crate::refactor::{Api, Reason, Refusal, has_word};
use crate::syntax::node::{ancestor, ancestors, children, field, named, span};
use crate::syntax::tree::Node;

impl<'w> Renaming<'w> {
    pub(super) fn member(&mut self, class: Def<'w>) -> Result<(), Refusal> {
        let classes = Classes::new(self.world);
        self.public(&[class])?;
        if !is_private(&self.from) {
            classes.inherited_soon(class, &self.from)?;
        }
        let mut family = classes.family(class, &self.from);
        if is_private(&self.from) || is_private(&self.to) {
            self.is_kept_private(&family)?;
        }
        // A base outside has no name of ours that is mangled with the class.
        if !is_private(&self.from) {
            classes.inherited(&family, &self.from)?;
        }
        family.unique &= !self.is_elsewhere();
        family.unique = family.unique && !self.is_put_elsewhere(&classes, &family);
        self.is_free(&classes, &family)?;
        self.public(&family.members)?;
        for definer in &family.definers {
            self.definition(*definer)?;
        }
        let mut assumed = 0;
        for unit in self.world.with(&self.from) {
            assumed += self.attributes(&classes, &family, unit)?;
            self.keywords(&classes, &family, unit)?;
            self.member_strings(&classes, &family, unit)?;
            self.member_in_examples(unit, family.unique);
        }
        if assumed > 0 {
            self.note(format!(
                "{assumed} uses were taken for it because nothing else in the repository is called `{}`",
                self.from
            ));
        }
        self.all_mentions();
        let name = field(class.node, "name").map_or("", |n| class.unit.of(n));
        if !self.from.starts_with('_') && !self.world.project.is_test(&class.unit.path) {
            self.step.interface.push(format!("{name}.{}", self.from));
        }
        Ok(())
    }

    /// True when a module or function has something of the same name that an attribute could reach.
    fn is_elsewhere(&self) -> bool {
        let from = &self.from;
        let mut files = self.world.that(&|_, text| may_be_global(text, from));
        files.any(|u| u.global(from).is_some())
    }

    /// True when something that is none of the family gets an attribute of the same name: `other.name = value`.
    fn is_put_elsewhere(&self, classes: &Classes<'w>, family: &Family<'w>) -> bool {
        self.world.with(&self.from).any(|unit| {
            unit.attributes(&self.from).any(|(node, _)| {
                let is_put = node.field() == Some("left")
                    && node.parent().is_some_and(|p| p.kind() == "assignment");
                is_put && whose(self.world, classes, family, unit, node, &self.from) == Whose::Other
            })
        })
    }

    fn is_kept_private(&self, family: &Family<'w>) -> Result<(), Refusal> {
        for unit in self.world.with(&self.from) {
            for (node, name) in unit.attributes(&self.from) {
                let inside = ancestor(node, &["class_definition"]);
                let own = inside.is_some_and(|node| family.definers == [Def { unit, node }]);
                if !own {
                    let message = "names with two underscores are changed within classes, and it \
                        is used in more than one";
                    return Err(unit.refuse(Reason::BadName, name.start_byte(), message));
                }
            }
        }
        Ok(())
    }

    /// # Errors
    /// When a class of the family has the new name already.
    fn is_free(&self, classes: &Classes<'w>, family: &Family<'w>) -> Result<(), Refusal> {
        // Nearly no new name stands anywhere: that is asked first.
        let said = !self.world.project.files_with(&self.to).is_empty();
        for class in family.members.iter().filter(|_| said) {
            let taken =
                classes.definer(*class, &self.to).map(|c| c.node.start_byte()).or_else(|| {
                    self_attributes(*class)
                        .into_iter()
                        .find(|(_, n)| *n == self.to)
                        .map(|(n, _)| n.start_byte())
                });
            if let Some(at) = taken {
                let message = format!("`{}` already has `{}`", class.name(), self.to);
                return Err(class.unit.refuse(Reason::NameTaken, at, message));
            }
        }
        let has_bases = family.members.iter().any(|c| {
            let (_, outside) = self.world.mro(*c);
            outside
                .iter()
                .any(|(c, base)| !matches!(c.unit.of(*base), "object" | "ABC" | "abc.ABC"))
        });
        if has_bases && is_common_attribute(&self.to) {
            let message = format!("`{}` may be a name of a base class; choose another", self.to);
            return Err(Refusal::new(Reason::NameTaken, message));
        }
        Ok(())
    }

    /// # Errors
    /// When a class that has the attribute is offered to others.
    fn public(&self, members: &[Def<'w>]) -> Result<(), Refusal> {
        if self.api == Api::Change || self.from.starts_with('_') {
            return Ok(());
        }
        let names: FxHashSet<&str> = members.iter().map(|class| class.name()).collect();
        let files = self.world.that(&|path, text| may_offer(path, text, &names));
        let files: Vec<&'w Unit> = files.collect();
        for class in members {
            let name = class.name();
            for unit in files.iter().filter(|unit| has_word(unit.text(), name)) {
                if let Some(at) = self.offers(unit, *class) {
                    let message = format!(
                        "`{name}`, which has `{}`, is what `{}` offers to others; say that the \
                         interface may change",
                        self.from,
                        self.world.dotted(&unit.path)
                    );
                    return Err(unit.refuse(Reason::Exported, at, message));
                }
            }
        }
        Ok(())
    }

    /// Where a file offers a class to others.
    fn offers(&self, unit: &'w Unit, class: Def<'w>) -> Option<usize> {
        if self.world.project.is_test(&unit.path) {
            return None;
        }
        let name = field(class.node, "name").map_or("", |n| class.unit.of(n));
        let exports = unit.exports();
        let listed = exports.as_ref().and_then(|all| {
            all.iter().find(|n| plain_string(**n, unit.text()).is_some_and(|(t, _)| t == name))
        });
        let id = unit.global(name)?;
        if !self.world.bound(unit, id, 6).contains(&Ty::Class(class)) {
            return None;
        }
        let parent = unit.path.parent();
        let is_top = unit.path.file_name() == "__init__.py"
            && self.world.root_of(&unit.path) == parent.rsplit_once('/').map_or("", |(up, _)| up);
        let passed_on = is_top && exports.is_none() && !name.starts_with('_');
        (listed.is_some() || passed_on).then(|| unit.names.get(id).declared.start)
    }

    /// What the body of a class binds under the name, and its `__slots__`.
    fn definition(&mut self, class: Def<'w>) -> Result<(), Refusal> {
        self.fields_are_known(class)?;
        let unit = class.unit;
        if let Some(id) = self.world.own_member(class, &self.from) {
            captured(unit, unit.names.get(id).scope, &self.to)?;
            self.occurrences(unit, id)?;
        }
        for list in ["__slots__", "__match_args__", "_fields", "_fields_"] {
            let Some(id) = self.world.own_member(class, list) else { continue };
            let binders: Vec<Node<'w>> =
                unit.names.of(id).filter_map(|o| unit.node(o.span)?.parent()).collect();
            for statement in binders {
                for string in statement.subtree().filter(|n| n.kind() == "string") {
                    if let Some((text, at)) = plain_string(string, unit.text())
                        && text == self.from
                    {
                        self.edit(unit, at);
                    }
                }
            }
        }
        Ok(())
    }

    /// # Errors
    /// When the names of the fields of a class are seen at run time.
    fn fields_are_known(&self, class: Def<'w>) -> Result<(), Refusal> {
        let by_key = |name: &str| {
            let bases = crate::refactor::python::infer::bases(class);
            bases.into_iter().any(|b| class.unit.of(b).rsplit('.').next() == Some(name))
        };
        let at = class.node.start_byte();
        let refuse = |what: &str| {
            let message = format!("{what}, so `{}` can be used as a text", self.from);
            Err(class.unit.refuse(Reason::Dynamic, at, message))
        };
        if by_key("TypedDict") {
            return refuse("the keys of a TypedDict are strings");
        }
        let is_method = self
            .world
            .own_member(class, &self.from)
            .is_some_and(|id| class.unit.definition(class.unit.names.get(id)).is_some());
        if is_method {
            return Ok(());
        }
        let is_enum = ["Enum", "IntEnum", "Flag", "IntFlag", "StrEnum"].iter().any(|b| by_key(b));
        let name = class.name();
        let lists = ["asdict", "astuple", "_asdict", "vars"];
        let files = self.world.that(&|_, text| match is_enum {
            true => has_word(text, name),
            false => lists.iter().any(|list| has_word(text, list)),
        });
        for unit in files {
            for node in unit.root().subtree() {
                let text = match node.kind() {
                    "subscript" if is_enum => field(node, "value").map_or("", |v| unit.of(v)),
                    "call" if !is_enum => field(node, "function").map_or("", |f| unit.of(f)),
                    _ => continue,
                };
                let last = text.rsplit('.').next().unwrap_or(text);
                let found = match node.kind() {
                    "subscript" => {
                        last == name
                            && field(node, "subscript")
                                .is_none_or(|s| plain_string(s, unit.text()).is_none())
                    }
                    _ => lists.contains(&last) && self.may_hold(unit, node, class),
                };
                if found {
                    let message = format!("this sees `{}` as a text", self.from);
                    return Err(unit.refuse(Reason::Dynamic, node.start_byte(), message));
                }
            }
        }
        let unit = class.unit;
        let dict = class.node.subtree().find(|n| {
            n.kind() == "attribute"
                && field(*n, "attribute").is_some_and(|a| unit.of(a) == "__dict__")
        });
        match dict {
            Some(node) => {
                let message = format!("`__dict__` has `{}` as a text", self.from);
                Err(unit.refuse(Reason::Dynamic, node.start_byte(), message))
            }
            None => Ok(()),
        }
    }

    /// True when a call that lists the fields of an object may get one of the class.
    fn may_hold(&self, unit: &'w Unit, call: Node<'w>, class: Def<'w>) -> bool {
        let arguments = crate::refactor::python::infer::arguments(call);
        let object = match arguments.first() {
            Some(first) => Some(*first),
            None => field(call, "function").and_then(|f| field(f, "object")),
        };
        let Some(object) = object else { return false };
        let types = self.world.infer(unit, object);
        let is_record = class.has_decorator(&["dataclass", "define", "s", "attrs", "frozen"])
            || crate::refactor::python::infer::bases(class)
                .iter()
                .any(|b| class.unit.of(*b).ends_with("NamedTuple"));
        types.iter().any(|ty| match ty {
            Ty::Unknown => is_record,
            Ty::Instance(def) | Ty::Class(def) => {
                self.world.mro(*def).0.contains(&class) || self.world.mro(class).0.contains(def)
            }
            _ => false,
        })
    }

    /// `object.name`; gives how many were taken for it without knowing the object.
    fn attributes(
        &mut self,
        classes: &Classes<'w>,
        family: &Family<'w>,
        unit: &'w Unit,
    ) -> Result<usize, Refusal> {
        let mut assumed = 0;
        let from = self.from.clone();
        for (node, name) in unit.attributes(&from) {
            let object = field(node, "object").map_or("", |o| unit.of(o));
            match whose(self.world, classes, family, unit, node, &self.from) {
                Whose::Ours => self.edit(unit, span(name)),
                Whose::Other => {}
                Whose::Unknown if family.unique => {
                    assumed += 1;
                    self.edit(unit, span(name));
                }
                why => {
                    let what = if why == Whose::Both {
                        "can be more than one thing"
                    } else {
                        "cannot be told from the source"
                    };
                    let message = format!(
                        "what `{object}` is {what}, and `{}` is a name that other things have too",
                        self.from
                    );
                    return Err(unit.refuse(Reason::Dynamic, name.start_byte(), message));
                }
            }
        }
        Ok(assumed)
    }

    /// `Class(name=...)` of dataclasses and named tuples, and `case Class(name=...)`.
    fn keywords(
        &mut self,
        classes: &Classes<'w>,
        family: &Family<'w>,
        unit: &'w Unit,
    ) -> Result<(), Refusal> {
        let from = self.from.clone();
        for node in unit.identifiers(&from).filter_map(|n| n.parent()) {
            let (name, class) = match node.kind() {
                "keyword_argument" => {
                    let call = ancestors(node).nth(1).filter(|c| c.kind() == "call");
                    (field(node, "name"), call.and_then(|c| field(c, "function")))
                }
                "keyword_pattern" => {
                    let pattern = ancestor(node, &["class_pattern"]);
                    let head = pattern.and_then(|p| named(p).first().copied());
                    let head = head.and_then(|h| named(h).first().copied());
                    (children(node).next(), head)
                }
                _ => continue,
            };
            let (Some(name), Some(class)) = (name, class) else { continue };
            if unit.of(name) != self.from {
                continue;
            }
            let is_pattern = node.kind() == "keyword_pattern";
            let replaces = unit.of(class).ends_with("replace");
            let types = if replaces {
                let call = ancestors(node).nth(1);
                let first = call
                    .and_then(|c| crate::refactor::python::infer::arguments(c).first().copied());
                first.map(|f| self.world.infer(unit, f)).unwrap_or_default()
            } else {
                self.world.infer(unit, class)
            };
            let ours = types.iter().any(|ty| match ty {
                Ty::Class(def) => {
                    family.members.contains(def)
                        && (is_pattern || classes.inherited_method(*def, "__init__").is_none())
                }
                Ty::Instance(def) => replaces && family.members.contains(def),
                _ => false,
            });
            if ours {
                self.edit(unit, span(name));
            }
        }
        Ok(())
    }

    fn member_strings(
        &mut self,
        classes: &Classes<'w>,
        family: &Family<'w>,
        unit: &'w Unit,
    ) -> Result<(), Refusal> {
        let mut computed = false;
        for lookup in strings::lookups(unit) {
            let types = strings::object_types(self.world, unit, &lookup);
            let whose = classes.whose(family, &types, &self.from);
            let refuse = |message: String| {
                Err(unit.refuse(Reason::Dynamic, lookup.call.start_byte(), message))
            };
            match (&lookup.name, whose) {
                (Name::Plain(text, at), Whose::Ours) if *text == self.from => self.edit(unit, *at),
                (Name::Plain(text, at), Whose::Unknown) if *text == self.from => {
                    if !family.unique {
                        return refuse(format!(
                            "whether this is `{}` of the class cannot be told",
                            self.from
                        ));
                    }
                    self.edit(unit, *at);
                }
                (Name::Plain(text, _), Whose::Both) if *text == self.from => {
                    return refuse(format!("this can be another `{}`", self.from));
                }
                (Name::Computed(begins), Whose::Ours | Whose::Both)
                    if self.from.starts_with(begins) =>
                {
                    return refuse(format!(
                        "`{}` may be looked up here by a name that is made at run time",
                        self.from
                    ));
                }
                (Name::Computed(begins), Whose::Unknown) if self.from.starts_with(begins) => {
                    if !begins.is_empty() {
                        return refuse(format!(
                            "`{}` may be looked up here by a name that is made at run time",
                            self.from
                        ));
                    }
                    computed = true;
                }
                _ => {}
            }
        }
        for (before, at) in strings::paths(unit, &self.from) {
            let (module, class) = before.rsplit_once(['.', ':']).unwrap_or(("", before));
            let parts: Vec<String> = module.split('.').map(str::to_owned).collect();
            if let crate::refactor::python::world::Module::File(file) =
                self.world.module(unit, 0, &parts)
            {
                let types = self.world.global(file, class, 6);
                if classes.whose(family, &types, &self.from) == Whose::Ours {
                    self.edit(unit, at);
                }
            }
        }
        let left: Vec<usize> = strings::exact(unit, &self.from)
            .into_iter()
            .filter(|(_, at)| !self.edited.contains(&(unit.path.clone(), *at)))
            .map(|(n, _)| n.start_byte())
            .collect();
        if let Some(at) = left.first() {
            if computed {
                let message = format!(
                    "the text `{}` stands here, in a file that looks attributes up by name",
                    self.from
                );
                return Err(unit.refuse(Reason::Dynamic, *at, message));
            }
            self.note(format!("the text `{}` in {} stays as it is", self.from, unit.path));
        }
        Ok(())
    }
}
