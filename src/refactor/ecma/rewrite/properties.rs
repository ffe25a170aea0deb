//! A class that keeps the parameters of its constructor, to parameter properties. TypeScript only.

use super::super::file::File;
use super::super::shape::whole_lines;
use super::keep_comments;
use crate::base::Span;
use crate::refactor::step::put;
use crate::refactor::{Answer, Reason, Refusal, Setting, Step};
use crate::syntax::node::{children, field, named, span};
use crate::syntax::tree::Node;

/// One parameter with the field and the assignment that keep it.
struct Kept<'f> {
    parameter: Node<'f>,
    member: Node<'f>,
    assignment: Node<'f>,
}

/// True for a class whose constructor assigns a parameter to a field of its name.
pub(super) fn offered(file: &File, node: Node<'_>) -> bool {
    file.is_typed()
        && matches!(node.kind(), "class_declaration" | "class")
        && kept(file, node).is_some_and(|(_, all)| !all.is_empty())
}

fn kept<'f>(file: &'f File, class: Node<'f>) -> Option<(Node<'f>, Vec<Kept<'f>>)> {
    let body = field(class, "body")?;
    let constructor = named(body).into_iter().find(|m| {
        m.kind() == "method_definition"
            && field(*m, "name").is_some_and(|n| file.of_node(n) == "constructor")
    })?;
    let block = field(constructor, "body")?;
    let parameters = named(field(constructor, "parameters")?);
    let mut out = Vec::new();
    for statement in named(block) {
        let Some((name, assignment)) = assigned(file, statement) else { continue };
        let parameter = parameters
            .iter()
            .copied()
            .find(|p| field(*p, "pattern").is_some_and(|n| file.of_node(n) == name));
        let member = named(body).into_iter().find(|m| {
            m.kind() == "public_field_definition"
                && field(*m, "name").is_some_and(|n| file.of_node(n) == name)
        });
        let (Some(parameter), Some(member)) = (parameter, member) else { continue };
        out.push(Kept { parameter, member, assignment });
    }
    Some((constructor, out))
}

/// The name in `this.name = name`.
fn assigned<'f>(file: &'f File, statement: Node<'f>) -> Option<(&'f str, Node<'f>)> {
    let assignment = named(statement).first().copied().filter(|a| {
        statement.kind() == "expression_statement" && a.kind() == "assignment_expression"
    })?;
    let (left, right) = (field(assignment, "left")?, field(assignment, "right")?);
    let name = field(left, "property")
        .filter(|_| field(left, "object").is_some_and(|o| o.kind() == "this"))?;
    (file.of_node(name) == file.of_node(right) && right.kind() == "identifier")
        .then_some((file.of_node(name), statement))
}

pub(super) fn plan(setting: &Setting<'_>, file: &File, class: Node<'_>) -> Answer {
    let Some((constructor, all)) = kept(file, class) else {
        return Err(file.refuse(
            Reason::NotHere,
            "the class keeps no parameter of its constructor",
            class,
        ));
    };
    if super::super::modules::wants_erasable(setting.project, &file.path) {
        let message = "the project allows only what can be erased, and parameter properties cannot";
        return Err(file.refuse(Reason::NotEquivalent, message, constructor));
    }
    if children(class).any(|c| c.kind() == "class_heritage" && file.of_node(c).contains("extends"))
    {
        let message = "the base class may use the fields before the constructor sets them";
        return Err(file.refuse(Reason::NotEquivalent, message, class));
    }
    let block = field(constructor, "body").unwrap_or(constructor);
    let others = named(block).len() != all.len();
    if others && named(block).iter().zip(&all).any(|(s, k)| *s != k.assignment) {
        let message = "the constructor does something else before it sets the fields";
        return Err(file.refuse(Reason::Effects, message, block));
    }
    if !others {
        keep_comments(file, block, &[])?;
    }
    let mut step = Step::new("Declare fields as parameters of the constructor");
    for one in &all {
        let modifiers = modifiers(file, one)?;
        step.replace(&file.path, put(Span::at(one.parameter.start_byte()), modifiers));
        let mut at = span(one.member);
        if let Some(semi) = one.member.next_sibling().filter(|n| n.kind() == ";") {
            at.end = semi.end_byte();
        }
        step.replace(&file.path, put(whole_lines(file.text(), at), ""));
        if others {
            step.replace(&file.path, put(whole_lines(file.text(), span(one.assignment)), ""));
        }
    }
    if !others {
        step.replace(&file.path, put(span(block), "{}"));
    }
    Ok(step)
}

/// What stands before the parameter from now on.
fn modifiers(file: &File, one: &Kept<'_>) -> Result<String, Refusal> {
    let no = |message: String, at| Err(file.refuse(Reason::NotEquivalent, message, at));
    let name = field(one.member, "name").map_or("", |n| file.of_node(n));
    let mut words = Vec::new();
    for child in children(one.member) {
        match child.kind() {
            "accessibility_modifier" => words.insert(0, file.of_node(child)),
            "readonly" | "override_modifier" => words.push(file.of_node(child)),
            "decorator" | "static" | "declare" | "accessor" | "!" => {
                return no(
                    format!(
                        "the field `{name}` has `{}`, which no parameter can have",
                        child.kind()
                    ),
                    child,
                );
            }
            _ => {}
        }
    }
    if field(one.member, "value").is_some() {
        return no(format!("the field `{name}` has a first value of its own"), one.member);
    }
    let of = |n: Node<'_>| {
        field(n, "type").map(|t| file.of_node(t).trim_start_matches(':').trim().to_owned())
    };
    let optional = |n: Node<'_>| children(n).any(|c| c.kind() == "?");
    let parameter_type = of(one.parameter);
    if of(one.member) != parameter_type
        && !(parameter_type.is_none() && field(one.parameter, "value").is_some())
        || optional(one.member) != optional(one.parameter)
    {
        return no(
            format!("the field `{name}` and the parameter have different types"),
            one.member,
        );
    }
    if children(one.parameter)
        .any(|c| c.kind() == "decorator" || c.kind() == "accessibility_modifier")
    {
        return no(format!("the parameter `{name}` has modifiers already"), one.parameter);
    }
    if !words.iter().any(|w| matches!(*w, "public" | "private" | "protected"))
        && !words.contains(&"readonly")
    {
        words.insert(0, "public");
    }
    Ok(format!("{} ", words.join(" ")))
}
