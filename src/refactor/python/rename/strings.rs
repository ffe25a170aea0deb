//! Names in strings: `getattr(x, "name")`, `patch("pkg.mod.name")`.

use crate::base::Span;
use crate::refactor::python::infer::{Types, arguments};
use crate::refactor::python::sieve::may_look_up;
use crate::refactor::python::world::{Unit, World, plain_string};
use crate::refactor::{Reason, Refusal};
use crate::syntax::node::{field, named, text_of};
use crate::syntax::tree::Node;

/// A call that reaches an attribute by a name in a string.
pub(super) struct Lookup<'w> {
    pub(super) call: Node<'w>,
    /// The object whose attribute it is; `None` for `attrgetter("name")`.
    pub(super) object: Option<Node<'w>>,
    pub(super) name: Name<'w>,
}

/// The name that such a call uses.
pub(super) enum Name<'w> {
    Plain(&'w str, Span),
    /// Made at run time; it begins with the text.
    Computed(String),
}

/// The calls of a file that reach attributes by name.
pub(super) fn lookups(unit: &Unit) -> Vec<Lookup<'_>> {
    let calls = unit.root().subtree().filter(|n| n.kind() == "call");
    let mut out = Vec::new();
    for call in calls {
        let Some(function) = field(call, "function").map(|f| unit.of(f)) else { continue };
        let arguments = arguments(call);
        let last = function.rsplit('.').next().unwrap_or(function);
        let by_object = matches!(last, "getattr" | "setattr" | "hasattr" | "delattr")
            || function.ends_with("patch.object")
            || function.ends_with("monkeypatch.setattr")
            || function.ends_with("monkeypatch.delattr");
        let by_name = matches!(last, "attrgetter" | "methodcaller");
        let names: Vec<(Option<Node<'_>>, Node<'_>)> = match arguments.as_slice() {
            [object, name, ..] if by_object => vec![(Some(*object), *name)],
            [first, ..] if by_name && last == "methodcaller" => vec![(None, *first)],
            list if by_name => list.iter().map(|a| (None, *a)).collect(),
            _ => continue,
        };
        for (object, node) in names {
            let name = match plain_string(node, unit.text()) {
                Some((text, at)) => Name::Plain(text, at),
                None => Name::Computed(beginning(node, unit.text())),
            };
            out.push(Lookup { call, object, name });
        }
    }
    out
}

/// The text with which a string that is made at run time begins.
fn beginning(node: Node<'_>, text: &str) -> String {
    match node.kind() {
        "string" => {
            let parts = named(node);
            match parts.get(1) {
                Some(content) if content.kind() == "string_content" => {
                    text_of(*content, text).to_owned()
                }
                _ => String::new(),
            }
        }
        "binary_operator" => {
            let of = field(node, "left").map_or(String::new(), |left| beginning(left, text));
            of.split('%').next().unwrap_or("").to_owned()
        }
        "parenthesized_expression" => {
            named(node).first().map_or(String::new(), |n| beginning(*n, text))
        }
        _ => String::new(),
    }
}

/// The strings of a file that are `name` and nothing else.
pub(super) fn exact<'w>(unit: &'w Unit, name: &str) -> Vec<(Node<'w>, Span)> {
    let strings = unit.root().subtree().filter(|n| n.kind() == "string");
    strings
        .filter_map(|n| plain_string(n, unit.text()).map(|(text, at)| (n, text, at)))
        .filter(|(_, text, _)| *text == name)
        .map(|(n, _, at)| (n, at))
        .collect()
}

/// The strings of a file that are a dotted path ending in `name`, with the path before it.
pub(super) fn paths<'w>(unit: &'w Unit, name: &str) -> Vec<(&'w str, Span)> {
    let strings = unit.root().subtree().filter(|n| n.kind() == "string");
    strings
        .filter_map(|n| plain_string(n, unit.text()))
        .filter_map(|(text, at)| {
            let before = text.strip_suffix(name)?.strip_suffix(['.', ':'])?;
            let is_path = !before.is_empty()
                && before.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
            is_path.then(|| (before, Span::new(at.end - name.len(), at.end)))
        })
        .collect()
}

/// What the object of a lookup can be.
pub(super) fn object_types<'w>(
    world: &'w World<'w>,
    unit: &'w Unit,
    lookup: &Lookup<'w>,
) -> Types<'w> {
    lookup.object.map(|o| world.infer(unit, o)).unwrap_or_default()
}

/// # Errors
/// When `name` is, or may be, called by its text: `getattr(x, "name")()`.
pub(in crate::refactor::python) fn not_by_text(
    world: &World<'_>,
    name: &str,
) -> Result<(), Refusal> {
    for unit in world.that(&|_, text| may_look_up(text, name)) {
        let mut computed = false;
        for lookup in lookups(unit) {
            let may = match &lookup.name {
                Name::Plain(text, _) => *text == name,
                Name::Computed(begins) => {
                    computed |= begins.is_empty();
                    !begins.is_empty() && name.starts_with(begins.as_str())
                }
            };
            if may {
                let message = format!("`{name}` may be looked up by its text here");
                return Err(unit.refuse(Reason::Dynamic, lookup.call.start_byte(), message));
            }
        }
        if let Some((node, _)) = exact(unit, name).into_iter().find(|_| computed) {
            let message = format!(
                "the text `{name}` stands here, in a file that looks attributes up by name"
            );
            return Err(unit.refuse(Reason::Dynamic, node.start_byte(), message));
        }
    }
    Ok(())
}
