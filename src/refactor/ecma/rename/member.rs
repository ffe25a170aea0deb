//! Members of classes by another name.

use super::super::file::File;
use super::super::modules::Graph;
use super::super::names::{check_name, is_name};
use crate::refactor::step::put;
use crate::refactor::{Answer, Reason, Setting, Step};
use crate::syntax::node::{ancestor, ancestors, descendants, field, named, span};
use crate::syntax::tree::Node;

/// A member that the caret is on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member<'f> {
    leaf: Node<'f>,
}

/// The member that a leaf names.
pub(super) fn at<'f>(_file: &'f File, leaf: Node<'f>) -> Option<Member<'f>> {
    (leaf.kind() == "private_property_identifier").then_some(Member { leaf })
}

pub(super) fn plan(
    setting: &Setting<'_>,
    _graph: &Graph<'_>,
    file: &File,
    member: Member<'_>,
    to: &str,
) -> Answer {
    let _ = setting;
    private(file, member.leaf, to)
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

#[allow(dead_code)]
fn class_of(node: Node<'_>) -> Option<Node<'_>> {
    ancestor(node, &["class", "class_declaration", "abstract_class_declaration"])
}
