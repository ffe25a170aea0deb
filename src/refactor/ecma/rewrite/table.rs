//! A chain of `if`s that maps values to values, to a `Map`. An object would find `constructor` in it.

use super::super::effects::{self, Effect};
use super::super::file::File;
use super::super::names::is_name;
use super::super::shape::{in_list, indent_at, semicolon, unit};
use super::chain::{Chain, check, read};
use super::kinds::is_primitive;
use crate::refactor::step::put;
use crate::refactor::{Answer, Namespace, Reason, Step};
use crate::syntax::node::{field, named, span};
use crate::syntax::tree::Node;

/// What each branch does with its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does<'f> {
    Returns,
    Assigns(&'f str),
}

/// True for a chain whose branches each return, or assign to the same name, one value.
pub(super) fn offered(file: &File, node: Node<'_>) -> bool {
    let outer = node.kind() == "if_statement" && in_list(node);
    outer
        && read(file, node)
            .is_some_and(|chain| chain.arms.len() >= 2 && entries(file, &chain).is_some())
}

type Entry<'f> = (Vec<Node<'f>>, Node<'f>);

fn entries<'f>(
    file: &'f File,
    chain: &Chain<'f>,
) -> Option<(Does<'f>, Vec<Entry<'f>>, Option<Node<'f>>)> {
    let mut does = None;
    let mut out = Vec::new();
    let mut one = |body: Node<'f>| {
        let (what, value) = effect_of(file, body)?;
        (*does.get_or_insert(what) == what).then_some(value)
    };
    for (values, body) in &chain.arms {
        out.push((values.clone(), one(*body)?));
    }
    let otherwise = match chain.otherwise {
        Some(body) => Some(one(body)?),
        None => None,
    };
    Some((does?, out, otherwise))
}

fn effect_of<'f>(file: &'f File, body: Node<'f>) -> Option<(Does<'f>, Node<'f>)> {
    let statement = match body.kind() {
        "statement_block" => match named(body)[..] {
            [only] => only,
            _ => return None,
        },
        _ => body,
    };
    let inner = named(statement).first().copied()?;
    match statement.kind() {
        "return_statement" => Some((Does::Returns, inner)),
        "expression_statement" if inner.kind() == "assignment_expression" => {
            let target = field(inner, "left").filter(|l| l.kind() == "identifier")?;
            Some((Does::Assigns(file.of_node(target)), field(inner, "right")?))
        }
        _ => None,
    }
}

pub(super) fn plan(file: &File, node: Node<'_>) -> Answer {
    let chain = read(file, node);
    let Some((chain, (does, entries, otherwise))) =
        chain.and_then(|c| entries(file, &c).map(|e| (c, e)))
    else {
        return Err(file.refuse(Reason::NotHere, "there is no chain of values here", node));
    };
    check(file, node, &chain)?;
    super::keep_comments(file, node, &[])?;
    if let Some((_, value)) = entries.iter().find(|(_, v)| effects::of(file, *v) != Effect::None) {
        let message = format!(
            "`{}` would be computed for every value, not only for its own",
            file.of_node(*value)
        );
        return Err(file.refuse(Reason::Effects, message, *value));
    }
    if file.is_typed()
        && !chain
            .arms
            .iter()
            .flat_map(|a| &a.0)
            .all(|v| v.kind() == "string" || v.kind() == "number")
        || file.is_typed() && !is_primitive(file, chain.subject)
    {
        let message = "the type of the value may be none that the table takes as key";
        return Err(file.refuse(Reason::NotEquivalent, message, chain.subject));
    }
    let text = file.text();
    let indent = indent_at(text, node.start_byte());
    let semi = semicolon(file);
    let name = free_name(file, node);
    let subject = file.of_node(chain.subject);
    let inner = format!("{indent}{}", unit(file));
    let mut seen: Vec<&str> = Vec::new();
    let mut rows = String::new();
    for (keys, value) in &entries {
        for key in keys {
            let key = file.of_node(*key);
            // The first of two equal comparisons wins; of two equal keys the last would.
            if seen.contains(&key) {
                continue;
            }
            seen.push(key);
            rows.push_str(&format!("{inner}[{key}, {}],\n", file.of_node(*value)));
        }
    }
    let got = if file.is_typed() {
        format!("{name}.get({subject})!")
    } else {
        format!("{name}.get({subject})")
    };
    let has = format!("{name}.has({subject})");
    let target = match does {
        Does::Returns => "return ".to_owned(),
        Does::Assigns(target) => format!("{target} = "),
    };
    let last = match otherwise {
        Some(value) => {
            let value = file.of_node(value);
            let value = if value.contains(" = ") { format!("({value})") } else { value.to_owned() };
            format!("{target}{has} ? {got} : {value}{semi}")
        }
        None => format!("if ({has}) {{\n{inner}{target}{got}{semi}\n{indent}}}"),
    };
    let out = format!("const {name} = new Map([\n{rows}{indent}]){semi}\n{indent}{last}");
    let mut step = Step::new("Write a chain of conditions as a table");
    step.replace(&file.path, put(span(node), out));
    Ok(step)
}

/// A name for the table that nothing around has.
fn free_name(file: &File, node: Node<'_>) -> String {
    let used = |name: &str| {
        file.names.bindings.occurrences.iter().any(|o| o.span.of(file.text()) == Some(name))
            || file.names.look_up(node, name, Namespace::Both).is_some()
    };
    let mut name = "table".to_owned();
    let mut count = 2;
    while used(&name) || !is_name(&name) {
        name = format!("table{count}");
        count += 1;
    }
    name
}
