//! The value of a variable where it is used.

use super::super::effects::{self, Effect, before, commute, has_identity, is_conditional};
use super::super::file::{File, function_around};
use super::super::shape::{fitted, in_list, statement_around};
use super::{check_names, drop_declaration};
use crate::refactor::step::put;
use crate::refactor::{Answer, BoundId, Reason, Refusal, Role, Step};
use crate::syntax::node::{ancestors, field, named, span};
use crate::syntax::tree::Node;

pub(super) fn plan(file: &File, id: BoundId, leaf: Node<'_>) -> Answer {
    let bound = file.bound(id);
    let name = &bound.name;
    let declarator = leaf.parent().unwrap_or(leaf);
    let Some(value) = field(declarator, "value") else {
        let message = format!("`{name}` has no value where it is declared");
        return Err(file.refuse(Reason::NotHere, message, leaf));
    };
    let statement = declarator.parent().unwrap_or(declarator);
    if !in_list(statement) {
        let message = format!("`{name}` is not declared by a statement of its own");
        return Err(file.refuse(Reason::NotHere, message, leaf));
    }
    let written = file.names.bindings.of(id).find(|o| o.span != bound.declared && o.role.writes());
    if let Some(other) = written {
        let message = format!("`{name}` gets another value here");
        return Err(file.refuse_at(Reason::Effects, message, other.span));
    }
    let uses: Vec<Node<'_>> =
        file.names.bindings.of(id).filter(|o| o.role != Role::Bind).map(|o| file.leaf(o)).collect();
    check_uses(file, name, &uses, value)?;
    check_effects(file, name, statement, declarator, value, &uses)?;
    let mut step = Step::new(format!("Inline {name}"));
    drop_declaration(&mut step, file, leaf);
    for place in &uses {
        check_names(file, value, *place)?;
        let text = match place.kind() {
            "shorthand_property_identifier" => format!("{name}: {}", file.of_node(value)),
            _ => fitted(file, value, *place),
        };
        step.replace(&file.path, put(span(*place), text));
    }
    if field(declarator, "type").is_some() {
        step.notes.push(format!("The type that {name} was declared with is not written any more."));
    }
    Ok(step)
}

fn check_uses(file: &File, name: &str, uses: &[Node<'_>], value: Node<'_>) -> Result<(), Refusal> {
    let declared_until = value.end_byte();
    for place in uses {
        let parent = place.parent().map_or("", Node::kind);
        if place.start_byte() < declared_until {
            let message = format!("`{name}` is used before it has its value");
            return Err(file.refuse(Reason::Effects, message, *place));
        }
        if parent.starts_with("jsx_") && place.field() == Some("name") {
            return Err(file.refuse(
                Reason::NotEquivalent,
                format!("`{name}` names an element here"),
                *place,
            ));
        }
        if matches!(
            parent,
            "export_specifier" | "type_query" | "nested_type_identifier" | "nested_identifier"
        ) {
            return Err(file.refuse(
                Reason::NotEquivalent,
                format!("the name `{name}` itself is needed here"),
                *place,
            ));
        }
        let called = place.field() == Some("function")
            || parent == "call_expression" && place.field() != Some("arguments");
        if called && matches!(value.kind(), "member_expression" | "subscript_expression") {
            let message = format!(
                "`{}` called in place of `{name}` would have another `this`",
                file.of_node(value)
            );
            return Err(file.refuse(Reason::NotEquivalent, message, *place));
        }
    }
    Ok(())
}

fn check_effects(
    file: &File,
    name: &str,
    statement: Node<'_>,
    declarator: Node<'_>,
    value: Node<'_>,
    uses: &[Node<'_>],
) -> Result<(), Refusal> {
    let effect = effects::of(file, value);
    let refuse = |message: String, at| Err(file.refuse(Reason::Effects, message, at));
    if uses.is_empty() {
        return match effect {
            Effect::None => Ok(()),
            _ => {
                refuse(format!("`{name}` is not used, but computing it may have an effect"), value)
            }
        };
    }
    let identity = has_identity(value);
    if effect == Effect::None && !identity {
        return Ok(());
    }
    let [place] = uses else {
        return refuse(
            format!(
                "`{name}` is used {} times, and its value would be computed as often",
                uses.len()
            ),
            value,
        );
    };
    let again = ancestors(*place).take_while(|n| !ancestors(statement).any(|a| a == *n)).any(|n| {
        super::super::file::is_function(n)
            || matches!(
                n.kind(),
                "for_statement"
                    | "for_in_statement"
                    | "while_statement"
                    | "do_statement"
                    | "class_body"
            )
    });
    if again || function_around(*place) != function_around(statement) {
        return refuse(
            format!("`{name}` is used where its value would be computed later or repeatedly"),
            *place,
        );
    }
    if effect == Effect::None {
        return Ok(());
    }
    let Some(target) = statement_around(*place) else {
        return refuse(format!("`{name}` is used in no statement"), *place);
    };
    if target.parent() != statement.parent() || is_conditional(target, *place) {
        return refuse(
            format!(
                "`{name}` is used under a condition, and its value would not always be computed"
            ),
            *place,
        );
    }
    let rest = named(statement).into_iter().filter(|n| n.start_byte() > declarator.end_byte());
    let mut between: Vec<Effect> = rest.map(|n| effects::of(file, n)).collect();
    let mut next = statement.next_named_sibling();
    while let Some(node) = next.filter(|n| *n != target) {
        if !node.is_extra() {
            between.push(effects::of(file, node));
        }
        next = node.next_named_sibling();
    }
    between.push(before(file, target, *place));
    if between.into_iter().any(|other| !commute(effect, other)) {
        return refuse(
            format!(
                "what is done between the declaration of `{name}` and its use may change its value"
            ),
            *place,
        );
    }
    Ok(())
}
