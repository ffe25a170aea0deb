//! A variable or function put where it is used.

mod function;
mod variable;

use super::file::{File, is_function};
use super::modules::{Value, exports};
use super::rename::leaf_at;
use super::shape::whole_lines;
use crate::base::Span;
use crate::refactor::step::put;
use crate::refactor::{Answer, BoundId, BoundKind, Reason, Refusal, Setting, Step};
use crate::syntax::node::{ancestors, field, named, span};
use crate::syntax::tree::Node;

/// See [`crate::refactor::Refactoring::Inline`].
pub(super) fn plan(setting: &Setting<'_>) -> Answer {
    let file = File::of(setting);
    let id = leaf_at(&file, setting.at.span).and_then(|leaf| file.meaning(leaf));
    let Some(id) = id else {
        let message = "there is no variable or function at this place that can be inlined";
        return Err(file.refuse_at(Reason::NotHere, message, setting.at.span));
    };
    let leaf = file.leaf_at_declaration(id);
    let bound = file.bound(id);
    check_exported(&file, id)?;
    if let Some(at) = file.names.bindings.scope(bound.scope).dynamic {
        let message = format!("code that is made at run time can use `{}`", bound.name);
        return Err(file.refuse_at(Reason::Dynamic, message, at));
    }
    match leaf.parent().map_or("", Node::kind) {
        "function_declaration" => function::plan(&file, id, leaf),
        "variable_declarator" if leaf.field() == Some("name") => {
            let value = leaf.parent().and_then(|d| field(d, "value"));
            match value {
                Some(value) if is_function(value) && called(&file, id) => {
                    function::plan(&file, id, leaf)
                }
                _ => variable::plan(&file, id, leaf),
            }
        }
        _ => {
            let what = match bound.kind {
                BoundKind::Parameter => "a parameter has a value of its own at each call",
                BoundKind::Import => "what is imported is inlined in its own file",
                BoundKind::Class | BoundKind::Type => "classes and types are not inlined",
                _ => "only a variable of a declaration of its own, or a function, can be inlined",
            };
            Err(file.refuse(Reason::NotHere, what, leaf))
        }
    }
}

fn called(file: &File, id: BoundId) -> bool {
    file.names.bindings.of(id).any(|o| {
        let leaf = file.leaf(o);
        leaf.field() == Some("function")
            && leaf.parent().is_some_and(|p| p.kind() == "call_expression")
    })
}

/// # Errors
/// Other files may use what is exported.
fn check_exported(file: &File, id: BoundId) -> Result<(), Refusal> {
    let export = exports(file).iter().find(|e| e.value == Value::Bound(id));
    let shared = file.bound(id).scope == crate::refactor::ScopeId(0)
        && !file.has_own_scope()
        && file.bound(id).kind != BoundKind::Constant;
    let Some(export) = export else {
        if shared && !file.bound(id).declared.is_empty() {
            let message =
                format!("{} is a script: its `{}` is global", file.path, file.bound(id).name);
            return Err(file.refuse_at(Reason::Exported, message, file.bound(id).declared));
        }
        return Ok(());
    };
    let message = format!("`{}` is exported; other files may use it", file.bound(id).name);
    Err(file.refuse_at(Reason::Exported, message, export.token.unwrap_or(file.bound(id).declared)))
}

/// Takes a declarator, or the whole declaration when it is alone, out of the text.
fn drop_declaration(step: &mut Step, file: &File, leaf: Node<'_>) {
    let text = file.text();
    let Some(declarator) = leaf.parent() else { return };
    let statement = match declarator.kind() {
        "variable_declarator" => declarator.parent().unwrap_or(declarator),
        _ => declarator,
    };
    let declarators: Vec<Node<'_>> =
        named(statement).into_iter().filter(|n| n.kind() == "variable_declarator").collect();
    let at = if declarators.len() > 1 {
        let index = declarators.iter().position(|d| *d == declarator).unwrap_or(0);
        match declarators.get(index + 1) {
            Some(next) => Span::new(declarator.start_byte(), next.start_byte()),
            None => Span::new(declarators[index - 1].end_byte(), declarator.end_byte()),
        }
    } else {
        // A comment that stands right before speaks of it.
        whole_lines(text, span(statement))
    };
    step.replace(&file.path, put(at, ""));
}

/// # Errors
/// When a name of `value` means something else at `place`.
fn check_names(file: &File, value: Node<'_>, place: Node<'_>) -> Result<(), Refusal> {
    let inner = span(value);
    for occurrence in file.names.bindings.within(inner) {
        let name = occurrence.span.of(file.text()).unwrap_or_default();
        if occurrence.bound.is_some_and(|id| inner.contains(file.bound(id).declared)) {
            continue;
        }
        let there = file.names.look_up(place, name, crate::refactor::Namespace::Both);
        if there != occurrence.bound {
            let message = format!("`{name}` means something else where the value would go");
            return Err(file.refuse(Reason::Shadowed, message, place));
        }
    }
    let bound_to_function = value.subtree().any(|n| {
        matches!(n.kind(), "this" | "super" | "meta_property") || file.is_global(n, "arguments")
    });
    if bound_to_function && owner_of_this(value) != owner_of_this(place) {
        return Err(file.refuse(Reason::NotEquivalent, "`this` means something else there", place));
    }
    let waits =
        value.subtree().any(|n| matches!(n.kind(), "await_expression" | "yield_expression"));
    if waits && super::file::function_around(value) != super::file::function_around(place) {
        return Err(file.refuse(
            Reason::NotEquivalent,
            "`await` and `yield` belong to their function",
            place,
        ));
    }
    Ok(())
}

fn owner_of_this(node: Node<'_>) -> Option<Node<'_>> {
    ancestors(node)
        .find(|a| is_function(*a) && a.kind() != "arrow_function" || a.kind() == "class_body")
}
