//! Members of classes and interfaces by another name.
//!
//! `#x` is exact. For other members every place that writes the name in any file is looked at: it is a
//! declaration or use in the hierarchy, certainly something else, or unclear; unclear ones are accepted
//! only as calls of a method whose name nothing else in the repository or the platform has.

use super::super::file::{File, is_ecma, string_value};
use super::super::modules::{Graph, Origin};
use super::super::names::{check_name, is_name, is_platform};
use super::hierarchy::{ClassId, Receiver, class_of, id_of, is_class, receiver, with_ancestors};
use super::mentions;
use crate::refactor::step::put;
use crate::refactor::{Answer, Api, BoundId, Reason, Refusal, Setting, Step};
use crate::syntax::node::{ancestors, children, descendants, field, named, span};
use crate::syntax::tree::Node;

/// A member that the caret is on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member<'f> {
    leaf: Node<'f>,
}

/// The member that a leaf names.
pub(super) fn at<'f>(file: &'f File, leaf: Node<'f>) -> Option<Member<'f>> {
    let property = matches!(leaf.kind(), "private_property_identifier" | "property_identifier")
        && file.occurrence(leaf).is_none();
    let both = leaf.kind() == "identifier" && super::is_parameter_property(leaf);
    (property || both).then_some(Member { leaf })
}

pub(super) fn plan(
    setting: &Setting<'_>,
    graph: &Graph<'_>,
    file: &File,
    member: Member<'_>,
    to: &str,
) -> Answer {
    if member.leaf.kind() == "private_property_identifier" {
        return private(file, member.leaf, to);
    }
    if let Some((path, id)) = exported_name(graph, file, member.leaf) {
        let home = graph.file(&path);
        if let Some(home) = home.filter(|h| h.bound(id).name == file.of_node(member.leaf)) {
            return super::exported::plan(setting, graph, &home, id, to);
        }
    }
    if !is_name(to) {
        check_name(to)?;
    }
    public(setting, graph, file, member.leaf, to)
}

/// What `m.name` is when `m` stands for a module.
fn exported_name(
    graph: &Graph<'_>,
    file: &File,
    leaf: Node<'_>,
) -> Option<(crate::base::RepoPath, BoundId)> {
    let object = field(leaf.parent()?, "object").filter(|_| leaf.field() == Some("property"))?;
    if super::super::modules::is_exports(file, object) {
        return match graph.origin(&file.path, file.of_node(leaf))? {
            Origin::Bound(path, id) => Some((path, id)),
            _ => None,
        };
    }
    let Origin::Module(module) = graph.origin_of(file, file.meaning(object)?)? else { return None };
    match graph.origin(&module, file.of_node(leaf))? {
        Origin::Bound(path, id) => Some((path, id)),
        _ => None,
    }
}

/// `#x` is known in the body of its class alone, so that this is exact.
fn private(file: &File, leaf: Node<'_>, to: &str) -> Answer {
    let from = file.of_node(leaf);
    let bare = to.strip_prefix('#').unwrap_or(to);
    if !is_name(bare) {
        check_name(bare)?;
    }
    let new = format!("#{bare}");
    if new == from || bare == "constructor" {
        return Err(file.refuse(Reason::BadName, format!("`{new}` cannot be the new name"), leaf));
    }
    let home = ancestors(leaf).find(|n| n.kind() == "class_body" && declares(file, *n, from));
    let Some(home) = home else {
        return Err(file.refuse(
            Reason::NotHere,
            format!("no class around declares `{from}`"),
            leaf,
        ));
    };
    let mut step = Step::new(format!("Rename {from} to {new}"));
    for node in descendants(home).into_iter().filter(|n| n.kind() == "private_property_identifier")
    {
        if file.of_node(node) == new {
            let message = format!("`{new}` is used in this class already; choose another name");
            return Err(file.refuse(Reason::NameTaken, message, node));
        }
        let own = ancestors(node).find(|n| n.kind() == "class_body" && declares(file, *n, from));
        if file.of_node(node) == from && own == Some(home) {
            step.replace(&file.path, put(span(node), new.as_str()));
        }
    }
    Ok(step)
}

fn declares(file: &File, body: Node<'_>, name: &str) -> bool {
    named(body).into_iter().any(|member| {
        let key = field(member, "name").or_else(|| field(member, "property"));
        key.is_some_and(|k| file.of_node(k) == name)
    })
}

/// Everything about one renaming.
struct Renaming<'a> {
    graph: &'a Graph<'a>,
    from: &'a str,
    to: &'a str,
    /// The classes and interfaces that share the member.
    family: Vec<ClassId>,
    /// Whether a use whose object is not known may be one of it.
    alone: bool,
}

/// What a place that writes the name is.
enum Site {
    /// By the text to put there.
    Mine(String),
    Other,
    Unclear(&'static str),
}

fn public(
    setting: &Setting<'_>,
    graph: &Graph<'_>,
    file: &File,
    leaf: Node<'_>,
    to: &str,
) -> Answer {
    let from = file.of_node(leaf);
    let start = class_at(graph, file, leaf)?;
    if from == to
        || from == "constructor"
        || matches!(to, "constructor" | "prototype" | "then" | "__proto__")
    {
        return Err(file.refuse(
            Reason::BadName,
            format!("`{from}` cannot be called `{to}`"),
            leaf,
        ));
    }
    let declaring = declaring(graph, from);
    let (family, outside) = family(graph, &start, &declaring);
    if let Some(outside) = outside.filter(|_| !from.starts_with('_')) {
        let message = format!(
            "`{outside}` is not in the repository, and `{from}` may override a member of it or be one"
        );
        return Err(file.refuse(Reason::Inherited, message, leaf));
    }
    if setting.api == Api::Keep && !from.starts_with('_') && !is_private(file, leaf) {
        check_public(graph, &family, from, file, leaf)?;
    }
    check_free(graph, &family, to)?;
    let others = declaring.iter().any(|c| !family.contains(c));
    let alone = !others && !is_platform(from) && !has_other_declarations(graph, from, &family);
    let renaming = Renaming { graph, from, to, family, alone };
    let mut step = Step::new(format!("Rename {from} to {to}"));
    for file in graph.with(from) {
        renaming.in_file(&file, &mut step)?;
    }
    step.interface.push(from.to_owned());
    mentions::everywhere(&mut step, setting, from, to);
    Ok(step)
}

fn is_private(file: &File, leaf: Node<'_>) -> bool {
    leaf.parent().is_some_and(|p| {
        children(p).any(|c| c.kind() == "accessibility_modifier" && file.of_node(c) == "private")
    })
}

/// The class whose member the caret is on.
fn class_at(graph: &Graph<'_>, file: &File, leaf: Node<'_>) -> Result<ClassId, Refusal> {
    let from = file.of_node(leaf);
    if let Some(class) = declared_in(leaf) {
        return Ok(id_of(file, class));
    }
    let object =
        leaf.parent().and_then(|p| field(p, "object")).filter(|_| leaf.field() == Some("property"));
    let known = object.map(|o| receiver(graph, file, o));
    if let Some(Receiver::Class(class)) = known {
        return Ok(class);
    }
    let all = declaring(graph, from);
    match (&all[..], known) {
        ([one], Some(Receiver::Unknown)) => Ok(one.clone()),
        ([], _) | (_, Some(Receiver::Other)) => {
            let message = format!(
                "no class of the repository declares `{from}`; properties of other objects are not followed"
            );
            Err(file.refuse(Reason::Dynamic, message, leaf))
        }
        _ => {
            let message =
                format!("which `{from}` is meant depends on an object whose class is not known");
            Err(file.refuse(Reason::Dynamic, message, leaf))
        }
    }
}

/// The class or interface that a leaf declares a member of.
fn declared_in(leaf: Node<'_>) -> Option<Node<'_>> {
    let parent = leaf.parent()?;
    let own = match parent.kind() {
        "method_definition"
        | "public_field_definition"
        | "method_signature"
        | "property_signature"
        | "abstract_method_signature" => leaf.field() == Some("name"),
        "field_definition" => leaf.field() == Some("property"),
        "required_parameter" | "optional_parameter" => super::is_parameter_property(leaf),
        _ => false,
    };
    let body = ancestors(leaf)
        .find(|n| matches!(n.kind(), "class_body" | "interface_body" | "object" | "object_type"))?;
    let class = body.parent().filter(|c| is_class(*c))?;
    (own && matches!(body.kind(), "class_body" | "interface_body")).then_some(class)
}

/// All classes and interfaces that declare a member.
fn declaring(graph: &Graph<'_>, name: &str) -> Vec<ClassId> {
    let mut out = Vec::new();
    for file in graph.with(name) {
        for node in file.root().subtree() {
            let names = matches!(node.kind(), "property_identifier" | "identifier")
                && file.of_node(node) == name;
            if !names {
                continue;
            }
            let by_assignment = node.parent().filter(|p| {
                p.kind() == "member_expression"
                    && p.field() == Some("left")
                    && field(*p, "object").is_some_and(|o| o.kind() == "this")
            });
            let class = match by_assignment {
                Some(member) => match field(member, "object").map(|o| receiver(graph, &file, o)) {
                    Some(Receiver::Class(id)) => Some(id),
                    _ => None,
                },
                None => declared_in(node).map(|c| id_of(&file, c)),
            };
            if let Some(id) = class.filter(|id| !out.contains(id)) {
                out.push(id);
            }
        }
    }
    out
}

/// The classes that share a member with one, and a base that is not known.
fn family(
    graph: &Graph<'_>,
    start: &ClassId,
    declaring: &[ClassId],
) -> (Vec<ClassId>, Option<String>) {
    let (mut all, mut outside) = with_ancestors(graph, start);
    loop {
        let before = all.len();
        for class in declaring.iter().filter(|c| !all.contains(c)).cloned().collect::<Vec<_>>() {
            let (up, unknown) = with_ancestors(graph, &class);
            if up.iter().any(|c| all.contains(c)) {
                outside = outside.or(unknown);
                all.extend(up.into_iter().filter(|c| !all.contains(c)).collect::<Vec<_>>());
            }
        }
        if all.len() == before {
            return (all, outside);
        }
    }
}

/// # Errors
/// When users of the package can get at one of the classes.
fn check_public(
    graph: &Graph<'_>,
    family: &[ClassId],
    name: &str,
    at: &File,
    leaf: Node<'_>,
) -> Result<(), Refusal> {
    for class in family {
        let Some(file) = graph.file(&class.path) else { continue };
        let own = super::super::modules::exports(&file).iter().filter_map(|e| match e.value {
            super::super::modules::Value::Bound(id) => Some(id),
            _ => None,
        });
        for id in own.filter(|id| class_of(graph, &file, *id).as_ref() == Some(class)) {
            let entry =
                super::super::modules::entries(graph, &file.path).into_iter().find(|entry| {
                    let origin = Origin::Bound(file.path.clone(), id);
                    let by_name =
                        graph.origin(entry, &file.bound(id).name).as_ref() == Some(&origin);
                    by_name
                        || ["default", "="]
                            .iter()
                            .any(|n| graph.origin(entry, n).as_ref() == Some(&origin))
                });
            if let Some(entry) = entry {
                let message = format!(
                    "`{name}` is a member of `{}`, which {entry} exports",
                    file.bound(id).name
                );
                return Err(at.refuse(Reason::Exported, message, leaf));
            }
        }
    }
    Ok(())
}

/// # Errors
/// When one of the classes has a member of the new name.
fn check_free(graph: &Graph<'_>, family: &[ClassId], to: &str) -> Result<(), Refusal> {
    for file in graph.with(to) {
        for node in file
            .root()
            .subtree()
            .filter(|n| n.kind() == "property_identifier" && file.of_node(*n) == to)
        {
            let object = node
                .parent()
                .and_then(|p| field(p, "object"))
                .filter(|_| node.field() == Some("property"));
            let class = match object {
                Some(object) => match receiver(graph, &file, object) {
                    Receiver::Class(id) => Some(id),
                    _ => None,
                },
                None => declared_in(node).map(|c| id_of(&file, c)),
            };
            let related = class
                .is_some_and(|id| with_ancestors(graph, &id).0.iter().any(|c| family.contains(c)));
            if related {
                let message =
                    format!("`{to}` is a member of the class already; choose another name");
                return Err(file.refuse(Reason::NameTaken, message, node));
            }
        }
    }
    Ok(())
}

/// True when something else than the family has a property of the name: objects, types, elements, strings.
fn has_other_declarations(graph: &Graph<'_>, name: &str, family: &[ClassId]) -> bool {
    graph.project.files_with(name).into_iter().filter(is_ecma).any(|path| {
        let Some(file) = graph.file(&path) else { return false };
        file.root().subtree().any(|node| {
            let parent = node.parent().map_or("", Node::kind);
            let keyed = match node.kind() {
                "property_identifier" => {
                    matches!(
                        parent,
                        "pair" | "pair_pattern" | "jsx_attribute" | "enum_body" | "enum_assignment"
                    ) || matches!(
                        parent,
                        "method_definition" | "property_signature" | "method_signature"
                    ) && declared_in(node).is_none_or(|c| !family.contains(&id_of(&file, c)))
                }
                "shorthand_property_identifier" | "shorthand_property_identifier_pattern" => true,
                "string" => return string_value(node, file.text()) == Some(name),
                _ => false,
            };
            keyed && file.of_node(node) == name
        })
    })
}

impl Renaming<'_> {
    fn in_file(&self, file: &File, step: &mut Step) -> Result<(), Refusal> {
        for node in file.root().subtree() {
            let site = match node.kind() {
                "property_identifier" if file.of_node(node) == self.from => {
                    self.property(file, node)
                }
                "identifier"
                    if file.of_node(node) == self.from && super::is_parameter_property(node) =>
                {
                    self.parameter(file, node, step)?
                }
                "shorthand_property_identifier" | "shorthand_property_identifier_pattern"
                    if file.of_node(node) == self.from =>
                {
                    self.shorthand(file, node)
                }
                "string" if string_value(node, file.text()) == Some(self.from) => {
                    self.string(file, node)
                }
                "subscript_expression" => self.computed(file, node),
                _ => continue,
            };
            match site {
                Site::Mine(text) => step.replace(&file.path, put(span(node), text)),
                Site::Other => {}
                Site::Unclear(why) => {
                    let message = format!("`{}` is written here, too, and {why}", self.from);
                    return Err(file.refuse(Reason::Dynamic, message, node));
                }
            }
        }
        Ok(())
    }

    fn is_family(&self, id: &ClassId) -> bool {
        with_ancestors(self.graph, id).0.iter().any(|c| self.family.contains(c))
    }

    fn by(&self, receiver: &Receiver, text: String, unclear: &'static str) -> Site {
        match receiver {
            Receiver::Class(id) if self.is_family(id) => Site::Mine(text),
            Receiver::Class(_) | Receiver::Other => Site::Other,
            Receiver::Unknown => Site::Unclear(unclear),
        }
    }

    fn property(&self, file: &File, node: Node<'_>) -> Site {
        let Some(parent) = node.parent() else { return Site::Other };
        let to = self.to.to_owned();
        if let Some(object) = field(parent, "object").filter(|_| node.field() == Some("property")) {
            let receiver = receiver(self.graph, file, object);
            let called = parent.field() == Some("function")
                && parent.parent().is_some_and(|c| c.kind() == "call_expression");
            if receiver == Receiver::Unknown && self.alone && (called || self.from.starts_with('_'))
            {
                return Site::Mine(to);
            }
            return self.by(&receiver, to, "the class of its object is not known");
        }
        if let Some(class) = declared_in(node) {
            return self.by(&Receiver::Class(id_of(file, class)), to, "");
        }
        match parent.kind() {
            "pair" | "method_definition" => self.of_object(file, node),
            "pair_pattern" => self.of_pattern(file, node, to),
            "jsx_attribute" | "enum_body" | "enum_assignment" | "meta_property" => Site::Other,
            "property_signature" | "method_signature" if !self.has_interface() => Site::Other,
            "nested_identifier" => Site::Other,
            _ => Site::Unclear("may describe an object of the class"),
        }
    }

    /// A key of an object is no member of a class, unless an interface describes both.
    fn of_object(&self, file: &File, node: Node<'_>) -> Site {
        let object = ancestors(node).find(|n| n.kind() == "object");
        let described = object.and_then(|o| o.parent()).is_some_and(|p| p.kind() == "arguments")
            && object.and_then(|o| o.parent()).and_then(|a| a.parent()).is_some_and(|c| {
                matches!(
                    file.of_node(field(c, "function").unwrap_or(c)),
                    "Object.assign" | "Object.defineProperties" | "Object.create"
                )
            });
        if self.has_interface() || described {
            return Site::Unclear("the object may stand for one of the class");
        }
        Site::Other
    }

    fn of_pattern(&self, file: &File, node: Node<'_>, text: String) -> Site {
        let pattern = ancestors(node).find(|n| n.kind() == "object_pattern");
        let holder = pattern.and_then(|p| p.parent());
        let value =
            holder.filter(|h| h.kind() == "variable_declarator").and_then(|h| field(h, "value"));
        match value {
            Some(value) if !value.kind().starts_with("call") => self.by(
                &receiver(self.graph, file, value),
                text,
                "the class of the object is not known",
            ),
            Some(value)
                if super::super::modules::links(file)
                    .iter()
                    .any(|l| span(value).contains(l.string)) =>
            {
                Site::Other
            }
            _ => Site::Unclear("the class of the object is not known"),
        }
    }

    fn shorthand(&self, file: &File, node: Node<'_>) -> Site {
        match node.kind() {
            "shorthand_property_identifier" => self.of_object(file, node),
            _ => self.of_pattern(file, node, format!("{}: {}", self.to, self.from)),
        }
    }

    fn parameter(&self, file: &File, node: Node<'_>, step: &mut Step) -> Result<Site, Refusal> {
        let Some(class) = declared_in(node) else { return Ok(Site::Other) };
        if !self.is_family(&id_of(file, class)) {
            return Ok(Site::Other);
        }
        if let Some(id) = file.meaning(node) {
            super::conflicts::check(file, id, self.to)?;
            super::occurrences(step, file, id, self.to, super::Outside::Keeps);
        }
        Ok(Site::Other)
    }

    fn string(&self, file: &File, node: Node<'_>) -> Site {
        let Some(parent) = node.parent() else { return Site::Other };
        let quote = file.of_node(node).chars().next().unwrap_or('\'');
        if parent.kind() == "subscript_expression" && node.field() == Some("index") {
            let object = field(parent, "object").map(|o| receiver(self.graph, file, o));
            let text = format!("{quote}{}{quote}", self.to);
            return self.by(
                &object.unwrap_or(Receiver::Unknown),
                text,
                "the class of its object is not known",
            );
        }
        let key = matches!(
            parent.kind(),
            "arguments"
                | "array"
                | "pair"
                | "literal_type"
                | "method_definition"
                | "computed_property_name"
        ) || parent.kind() == "binary_expression"
            && parent.child(1).is_some_and(|op| op.kind() == "in");
        let titled = parent.kind() == "arguments"
            && parent
                .prev_sibling()
                .is_some_and(|f| matches!(file.of_node(f), "describe" | "it" | "test" | "suite"));
        if key && !titled { Site::Unclear("the string may name the member") } else { Site::Other }
    }

    /// `this[name]` can reach any member.
    fn computed(&self, file: &File, node: Node<'_>) -> Site {
        let literal = field(node, "index").is_some_and(|i| matches!(i.kind(), "string" | "number"));
        let object = field(node, "object").filter(|o| o.kind() == "this" && !literal);
        match object.map(|o| receiver(self.graph, file, o)) {
            Some(Receiver::Class(id)) if self.is_family(&id) => {
                Site::Unclear("a name made at run time can reach it")
            }
            _ => Site::Other,
        }
    }

    fn has_interface(&self) -> bool {
        self.family.iter().any(|id| {
            let Some(file) = self.graph.file(&id.path) else { return false };
            super::hierarchy::node_of(&file, id)
                .is_some_and(|n| n.kind() == "interface_declaration")
        })
    }
}
