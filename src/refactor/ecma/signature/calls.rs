//! The calls of a function in all files.

use super::super::file::File;
use super::super::modules::{
    Form, Graph, Imported, NamespaceUse, Origin, Value, exports, links, namespace_uses,
};
use super::slots::Slots;
use crate::base::{Replacement, splice};
use crate::refactor::step::put;
use crate::refactor::{BoundId, Reason, Refusal, Role, Step};
use crate::syntax::node::{children, field, named, span};
use crate::syntax::tree::Node;

/// Gives every call among the uses of a function its new arguments.
///
/// # Errors
/// When a use is no call, or what it gives is not known.
pub(super) fn rewrite(
    step: &mut Step,
    file: &File,
    uses: Vec<Node<'_>>,
    name: &str,
    slots: &Slots,
) -> Result<(), Refusal> {
    let mut calls = Vec::new();
    for node in uses {
        match use_of(file, node) {
            UseOf::Call(arguments) => calls.push(arguments),
            UseOf::Export | UseOf::Type => {}
            UseOf::Value => {
                let message = format!(
                    "`{name}` is used as a value here; whoever gets it may call it with other arguments"
                );
                return Err(file.refuse(Reason::Dynamic, message, node));
            }
        }
    }
    let inner = |a: &Node<'_>| calls.iter().any(|b| b != a && span(*b).contains(span(*a)));
    for arguments in calls.iter().filter(|a| !inner(a)) {
        let text = arguments_text(file, *arguments, &calls, name, slots)?;
        if text != file.of_node(*arguments) {
            step.replace(&file.path, put(span(*arguments), text));
        }
    }
    Ok(())
}

enum UseOf<'f> {
    Call(Node<'f>),
    /// Others are looked at by their own uses.
    Export,
    Type,
    Value,
}

fn use_of<'f>(file: &'f File, node: Node<'f>) -> UseOf<'f> {
    let Some(parent) = node.parent() else { return UseOf::Value };
    let at = node.field();
    match parent.kind() {
        "call_expression" if at == Some("function") => match field(parent, "arguments") {
            Some(arguments) if arguments.kind() == "arguments" => UseOf::Call(arguments),
            _ => UseOf::Value,
        },
        "new_expression" if at == Some("constructor") => {
            field(parent, "arguments").map_or(UseOf::Value, UseOf::Call)
        }
        "export_specifier" => UseOf::Export,
        "export_statement" => UseOf::Export,
        "type_query" => UseOf::Type,
        "assignment_expression" | "pair" | "object" => {
            let exported = exports(file).iter().any(|e| {
                e.common && file.meaning(node).is_some_and(|id| e.value == Value::Bound(id))
            });
            let own = exported
                && (at == Some("right")
                    || at == Some("value")
                    || node.kind() == "shorthand_property_identifier");
            if own && of_exports(file, node) { UseOf::Export } else { UseOf::Value }
        }
        // A property of the function: set or read, but not a way to call it.
        "member_expression" if at == Some("object") => {
            let property = field(parent, "property").map_or("", |p| file.of_node(p));
            if matches!(property, "call" | "apply" | "bind" | "length" | "toString") {
                UseOf::Value
            } else {
                UseOf::Type
            }
        }
        _ => UseOf::Value,
    }
}

/// True within `module.exports = { ... }` or `exports.x = ...`.
fn of_exports(file: &File, node: Node<'_>) -> bool {
    let assignment =
        crate::syntax::node::ancestors(node).take(3).find(|n| n.kind() == "assignment_expression");
    let left = assignment.and_then(|a| field(a, "left"));
    left.is_some_and(|l| {
        super::super::modules::is_exports(file, l)
            || field(l, "object").is_some_and(|o| super::super::modules::is_exports(file, o))
    })
}

fn arguments_text(
    file: &File,
    arguments: Node<'_>,
    calls: &[Node<'_>],
    name: &str,
    slots: &Slots,
) -> Result<String, Refusal> {
    let given = named(arguments);
    if let Some(spread) = given.iter().find(|n| n.kind() == "spread_element") {
        let message = format!("how many arguments `{name}` gets is not known here");
        return Err(file.refuse(Reason::Dynamic, message, *spread));
    }
    let mut texts = Vec::new();
    for node in &given {
        texts.push(with_inner(file, *node, calls, name, slots)?);
    }
    let new = slots.arguments(file, &given, &texts)?;
    let unchanged = new == texts;
    if unchanged && texts.iter().zip(&given).all(|(t, n)| t == file.of_node(*n)) {
        return Ok(file.of_node(arguments).to_owned());
    }
    if let Some(comment) = children(arguments).find(|c| c.is_extra()) {
        return Err(file.refuse(
            Reason::NotEquivalent,
            "this comment would be lost; move it first",
            comment,
        ));
    }
    let text = file.of_node(arguments);
    let lines = given.len() > 1
        && given.windows(2).all(|w| file.text()[w[0].end_byte()..w[1].start_byte()].contains('\n'));
    if !lines || new.is_empty() {
        return Ok(format!("({})", new.join(", ")));
    }
    let first = given.first().map_or(arguments.start_byte(), Node::start_byte);
    let indent = super::super::shape::indent_at(file.text(), first);
    let outer = super::super::shape::indent_at(file.text(), arguments.end_byte() - 1);
    let comma = if text.trim_end_matches(')').trim_end().ends_with(',') { "," } else { "" };
    Ok(format!("(\n{indent}{}{comma}\n{outer})", new.join(&format!(",\n{indent}"))))
}

/// An argument with the calls in it changed.
fn with_inner(
    file: &File,
    node: Node<'_>,
    calls: &[Node<'_>],
    name: &str,
    slots: &Slots,
) -> Result<String, Refusal> {
    let within: Vec<Node<'_>> =
        calls.iter().copied().filter(|c| span(node).contains(span(*c))).collect();
    let mut edits = Vec::new();
    for call in
        within.iter().filter(|c| !within.iter().any(|o| o != *c && span(*o).contains(span(**c))))
    {
        let text = arguments_text(file, *call, calls, name, slots)?;
        let from = node.start_byte();
        edits.push(Replacement::new(call.start_byte() - from, call.end_byte() - from, text));
    }
    splice(file.of_node(node), &edits)
        .map_err(|error| Refusal::new(Reason::Syntax, error.to_string()))
}

/// The calls in every file that takes the function from its module.
pub(super) fn in_other_files(
    step: &mut Step,
    graph: &Graph<'_>,
    file: &File,
    id: BoundId,
    slots: &Slots,
) -> Result<(), Refusal> {
    let target = Origin::Bound(file.path.clone(), id);
    let name = file.bound(id).name.clone();
    let names: Vec<&str> = exports(file)
        .iter()
        .filter(|e| e.value == Value::Bound(id))
        .map(|e| e.name.as_str())
        .collect();
    for path in &graph.users(&file.path) {
        let Some(other) = graph.file(path) else { continue };
        if links(&other).is_empty() {
            continue;
        }
        let is = |from: &crate::base::RepoPath, name: &str| {
            graph.origin(from, name).as_ref() == Some(&target)
        };
        let mut uses: Vec<Node<'_>> = Vec::new();
        for link in links(&other) {
            let Some(from) = graph.resolve(path, &link.specifier).file() else { continue };
            let whole = matches!(link.imported, Imported::Whole | Imported::Namespace)
                || link.imported == Imported::Name("default".to_owned())
                    && graph.origin(&from, "default").is_none();
            let taken = match &link.imported {
                // The default of a CommonJS module is all of it.
                Imported::Name(taken) => is(&from, taken) || taken == "default" && is(&from, "="),
                Imported::Whole => is(&from, "="),
                _ => false,
            };
            if taken && link.form != Form::ReExport {
                match (link.local, link.token) {
                    (Some(local), _) => {
                        let all = other.names.bindings.of(local).filter(|o| o.role != Role::Bind);
                        uses.extend(all.map(|o| other.leaf(o)));
                    }
                    (None, Some(token)) => uses.extend(other.node(token).and_then(|n| n.parent())),
                    (None, None) => uses.extend(other.node(link.whole)),
                }
            }
            if whole && link.form != Form::ReExport && names.iter().any(|n| is(&from, n)) && !taken
            {
                members(&other, link, &mut uses, |name| is(&from, name))?;
            }
        }
        rewrite(step, &other, uses, &name, slots)?;
    }
    Ok(())
}

/// Uses of the function as a member of an object that stands for its module.
fn members<'f>(
    file: &'f File,
    link: &super::super::modules::Link,
    uses: &mut Vec<Node<'f>>,
    is: impl Fn(&str) -> bool,
) -> Result<(), Refusal> {
    let escapes = |at| {
        let message = format!(
            "all of {} is given on here; the function may be called through it",
            link.specifier
        );
        Err(file.refuse_at(Reason::Dynamic, message, at))
    };
    let Some(local) = link.local else { return escapes(link.whole) };
    for one in namespace_uses(file, local) {
        match one {
            NamespaceUse::Member { name, token, binds } if is(&name) => {
                let node = file.node(token);
                if binds {
                    let local = node.and_then(|n| file.meaning(n));
                    let all =
                        file.names.bindings.occurrences.iter().filter(|o| {
                            local.is_some() && o.bound == local && o.role != Role::Bind
                        });
                    uses.extend(all.map(|o| file.leaf(o)));
                } else {
                    uses.extend(node.and_then(|n| n.parent()));
                }
            }
            NamespaceUse::Key { name, token } if is(&name) => {
                uses.extend(file.node(token).and_then(|n| n.parent()))
            }
            NamespaceUse::Escapes(at) => return escapes(at),
            NamespaceUse::Member { .. } | NamespaceUse::Key { .. } | NamespaceUse::Itself(_) => {}
        }
    }
    Ok(())
}
