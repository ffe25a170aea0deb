//! A loop that fills an array to `filter` and `map`, and back.

use super::super::effects::{self, Effect, commute};
use super::super::file::{File, is_function};
use super::super::shape::{in_list, indent_at, semicolon, unit};
use super::keep_comments;
use super::kinds::is_array;
use crate::base::Span;
use crate::refactor::step::put;
use crate::refactor::{Answer, BoundId, Reason, Refusal, Role, Step};
use crate::syntax::node::{children, field, named, span, walk};
use crate::syntax::tree::Node;

/// `const xs = []; for (const x of ys) if (c) xs.push(e)`
struct Filling<'f> {
    declaration: Node<'f>,
    array: Node<'f>,
    target: BoundId,
    whole: Node<'f>,
    element: Node<'f>,
    source: Node<'f>,
    condition: Option<Node<'f>>,
    pushed: Node<'f>,
}

/// True for a loop that only fills the array declared right before it.
pub(super) fn offers_chain(file: &File, node: Node<'_>) -> bool {
    filling(file, node).is_some()
}

fn filling<'f>(file: &'f File, node: Node<'f>) -> Option<Filling<'f>> {
    let of = node.kind() == "for_in_statement"
        && field(node, "operator").is_some_and(|op| op.kind() == "of")
        && field(node, "kind").is_some_and(|k| k.kind() != "var")
        && !children(node).any(|c| c.kind() == "await");
    if !of || !in_list(node) {
        return None;
    }
    let declaration = node.prev_named_sibling().filter(|d| d.kind() == "lexical_declaration")?;
    let [declarator] = named(declaration)[..] else { return None };
    let array =
        field(declarator, "value").filter(|v| v.kind() == "array" && named(*v).is_empty())?;
    let target = file.meaning(field(declarator, "name")?)?;
    let mut body = only(field(node, "body")?)?;
    let mut condition = None;
    if body.kind() == "if_statement" && field(body, "alternative").is_none() {
        condition = named(field(body, "condition")?).first().copied();
        body = only(field(body, "consequence")?)?;
    }
    let call = named(body)
        .first()
        .copied()
        .filter(|c| body.kind() == "expression_statement" && c.kind() == "call_expression")?;
    let function = field(call, "function").filter(|f| f.kind() == "member_expression")?;
    let pushes = field(function, "property").is_some_and(|p| file.of_node(p) == "push")
        && field(function, "object").and_then(|o| file.meaning(o)) == Some(target);
    let [pushed] = named(field(call, "arguments")?)[..] else { return None };
    if !pushes || pushed.kind() == "spread_element" {
        return None;
    }
    Some(Filling {
        declaration,
        array,
        target,
        whole: node,
        element: field(node, "left")?,
        source: field(node, "right")?,
        condition,
        pushed,
    })
}

fn only(body: Node<'_>) -> Option<Node<'_>> {
    if body.kind() != "statement_block" {
        return Some(body);
    }
    match named(body)[..] {
        [one] => Some(one),
        _ => None,
    }
}

pub(super) fn to_chain(file: &File, node: Node<'_>) -> Answer {
    let Some(fill) = filling(file, node) else {
        return Err(file.refuse(
            Reason::NotHere,
            "there is no loop here that only fills an array",
            node,
        ));
    };
    let parts: Vec<Node<'_>> =
        [Some(fill.source), fill.condition, Some(fill.pushed)].into_iter().flatten().collect();
    keep_comments(file, node, &parts)?;
    let gap = &file.text()[fill.declaration.end_byte()..node.start_byte()];
    if !gap.trim().is_empty() {
        return Err(file.refuse(
            Reason::NotEquivalent,
            "a comment stands between the array and the loop",
            node,
        ));
    }
    for part in &parts {
        check_part(file, &fill, *part)?;
    }
    let pushed = effects::of(file, fill.pushed);
    if let Some(condition) = fill.condition
        && !commute(effects::of(file, condition), pushed)
    {
        let message =
            "all conditions would be evaluated before the first value; one may change the other";
        return Err(file.refuse(Reason::Effects, message, condition));
    }
    let certain = is_array(file, fill.source);
    if !certain && fill.condition.is_some() {
        let message = format!(
            "`{}` may be something else than an array, which has no `filter`",
            file.of_node(fill.source)
        );
        return Err(file.refuse(Reason::NotEquivalent, message, fill.source));
    }
    let value = chain_text(file, &fill, certain);
    let semi = semicolon(file);
    let mut step = Step::new("Write a loop as a chain of array methods");
    step.replace(&file.path, put(span(fill.array), value));
    step.replace(&file.path, put(Span::new(fill.array.end_byte(), node.end_byte()), semi));
    Ok(step)
}

/// # Errors
/// When a part would mean something else in a function of its own.
fn check_part(file: &File, fill: &Filling<'_>, part: Node<'_>) -> Result<(), Refusal> {
    if let Some(used) =
        file.names.bindings.within(span(part)).find(|o| o.bound == Some(fill.target))
    {
        let message = "the array itself is used while it is filled";
        return Err(file.refuse_at(Reason::NotEquivalent, message, used.span));
    }
    let waits = walk(part, |n| !is_function(n))
        .into_iter()
        .find(|n| matches!(n.kind(), "await_expression" | "yield_expression"));
    if let Some(waits) = waits.filter(|_| part != fill.source) {
        return Err(file.refuse(
            Reason::ControlFlow,
            "`await` and `yield` cannot stand in the function of `map`",
            waits,
        ));
    }
    let writes = file.names.bindings.within(span(part)).find(|o| {
        o.role.writes()
            && o.role != Role::Bind
            && o.bound.is_some_and(|id| !span(fill.whole).contains(file.bound(id).declared))
    });
    if let Some(write) = writes.filter(|_| part != fill.source) {
        return Err(file.refuse_at(
            Reason::Effects,
            "a variable is assigned in each round",
            write.span,
        ));
    }
    Ok(())
}

fn chain_text(file: &File, fill: &Filling<'_>, certain: bool) -> String {
    let element = file.of_node(fill.element);
    let parameter = match fill.element.kind() {
        "identifier" if file.is_typed() || !file.text().contains("(x) =>") => element.to_owned(),
        _ => format!("({element})"),
    };
    let parameter = if fill.element.kind() == "identifier" && prefers_parentheses(file) {
        format!("({element})")
    } else {
        parameter
    };
    let body = |node: Node<'_>| {
        let text = file.of_node(node);
        if matches!(node.kind(), "object" | "sequence_expression" | "function_expression" | "class")
        {
            format!("({text})")
        } else {
            text.to_owned()
        }
    };
    let source = file.of_node(fill.source);
    let source = match fill.source.kind() {
        "identifier"
        | "call_expression"
        | "member_expression"
        | "array"
        | "subscript_expression"
        | "parenthesized_expression" => source.to_owned(),
        _ if certain => format!("({source})"),
        _ => source.to_owned(),
    };
    let same = file.of_node(fill.pushed) == element && fill.element.kind() == "identifier";
    let filter =
        fill.condition.map(|c| format!(".filter({parameter} => {})", body(c))).unwrap_or_default();
    match (certain, same) {
        (false, true) => format!("[...{source}]"),
        (false, false) => format!("Array.from({source}, {parameter} => {})", body(fill.pushed)),
        (true, true) if filter.is_empty() => format!("[...{source}]"),
        (true, true) => format!("{source}{filter}"),
        (true, false) => format!("{source}{filter}.map({parameter} => {})", body(fill.pushed)),
    }
}

/// True when the arrow functions of the file write `(x) =>`.
fn prefers_parentheses(file: &File) -> bool {
    let mut with = 0;
    let mut without = 0;
    for node in file.root().subtree().filter(|n| n.kind() == "arrow_function") {
        if field(node, "parameter").is_some() {
            without += 1;
        } else if field(node, "parameters").is_some_and(|p| named(p).len() == 1) {
            with += 1;
        }
    }
    with > without
}

/// One call of a chain.
struct Link<'f> {
    maps: bool,
    parameter: Node<'f>,
    body: Node<'f>,
}

/// True for the declaration of a variable by `filter` and `map`.
pub(super) fn offers_loop(file: &File, node: Node<'_>) -> bool {
    node.kind() == "lexical_declaration" && in_list(node) && chain_of(file, node).is_some()
}

struct ArrayChain<'f> {
    name: Node<'f>,
    value: Node<'f>,
    source: Node<'f>,
    links: Vec<Link<'f>>,
}

fn chain_of<'f>(file: &'f File, node: Node<'f>) -> Option<ArrayChain<'f>> {
    let [declarator] = named(node)[..] else { return None };
    let name = field(declarator, "name").filter(|n| n.kind() == "identifier")?;
    let value = field(declarator, "value")?;
    let mut links = Vec::new();
    let mut source = value;
    while let Some((link, inner)) = link_of(file, source) {
        links.push(link);
        source = inner;
    }
    links.reverse();
    (!links.is_empty()).then_some(ArrayChain { name, value, source, links })
}

fn link_of<'f>(file: &'f File, call: Node<'f>) -> Option<(Link<'f>, Node<'f>)> {
    let function = field(call, "function")
        .filter(|f| call.kind() == "call_expression" && f.kind() == "member_expression")?;
    let maps = match field(function, "property").map(|p| file.of_node(p))? {
        "map" => true,
        "filter" => false,
        _ => return None,
    };
    if children(function).any(|c| c.kind() == "optional_chain") {
        return None;
    }
    let [arrow] = named(field(call, "arguments")?)[..] else { return None };
    if arrow.kind() != "arrow_function" || children(arrow).any(|c| c.kind() == "async") {
        return None;
    }
    let body = field(arrow, "body").filter(|b| b.kind() != "statement_block")?;
    let parameter = match field(arrow, "parameter") {
        Some(one) => one,
        None => match named(field(arrow, "parameters")?)[..] {
            [one] => {
                field(one, "pattern").filter(|_| field(one, "value").is_none()).or(Some(one))?
            }
            _ => return None,
        },
    };
    let plain = matches!(parameter.kind(), "identifier" | "object_pattern" | "array_pattern");
    plain.then_some((Link { maps, parameter, body }, field(function, "object")?))
}

pub(super) fn to_loop(file: &File, node: Node<'_>) -> Answer {
    let Some(chain) = chain_of(file, node) else {
        return Err(file.refuse(
            Reason::NotHere,
            "there is no chain of `filter` and `map` here",
            node,
        ));
    };
    if !is_array(file, chain.source) {
        let message = format!(
            "`{}` may be something else than an array, with a `map` of its own",
            file.of_node(chain.source)
        );
        return Err(file.refuse(Reason::NotEquivalent, message, chain.source));
    }
    let mut kept: Vec<Node<'_>> = chain.links.iter().map(|l| l.body).collect();
    kept.push(chain.source);
    keep_comments(file, node, &kept)?;
    let mut before = Effect::None;
    for link in &chain.links {
        let own = effects::of(file, link.body);
        if !commute(before, own) {
            let message = "each step of the chain goes through all values before the next one; one may change the other";
            return Err(file.refuse(Reason::Effects, message, link.body));
        }
        before = before.max(own);
    }
    let name = file.of_node(chain.name);
    let clash = file
        .names
        .bindings
        .within(span(chain.value))
        .find(|o| o.span.of(file.text()) == Some(name));
    if let Some(clash) = clash {
        return Err(file.refuse_at(
            Reason::Shadowed,
            format!("`{name}` is used in the chain itself"),
            clash.span,
        ));
    }
    let first = chain.links.first().map_or(node, |l| l.parameter);
    let own = file.names.bindings.within(span(first)).filter(|o| o.role == Role::Bind);
    for bound in own {
        let name = bound.span.of(file.text());
        let used =
            file.names.bindings.within(span(chain.source)).find(|o| o.span.of(file.text()) == name);
        if let Some(used) = used {
            let message = "the loop would bind a name that the array is computed from";
            return Err(file.refuse_at(Reason::Shadowed, message, used.span));
        }
    }
    let body = loop_body(file, &chain, indent_at(file.text(), node.start_byte()))?;
    let mut step = Step::new("Write a chain of array methods as a loop");
    step.replace(&file.path, put(span(chain.value), "[]"));
    let end = if file.of_node(node).ends_with(';') { "" } else { semicolon(file) };
    step.replace(&file.path, put(Span::at(node.end_byte()), format!("{end}\n{body}")));
    Ok(step)
}

fn loop_body(file: &File, chain: &ArrayChain<'_>, indent: &str) -> Result<String, Refusal> {
    let semi = semicolon(file);
    let inner = format!("{indent}{}", unit(file));
    let name = file.of_node(chain.name);
    let first = file.of_node(chain.links[0].parameter);
    let mut out = format!("{indent}for (const {first} of {}) {{\n", file.of_node(chain.source));
    let mut current = first.to_owned();
    let mut bound = vec![first.to_owned()];
    let last = chain.links.len() - 1;
    let mut filters: Vec<String> = Vec::new();
    for (index, link) in chain.links.iter().enumerate() {
        let parameter = file.of_node(link.parameter);
        if parameter != current {
            let again = bound.iter().any(|b| b == parameter)
                || file
                    .names
                    .bindings
                    .within(span(chain.source))
                    .any(|o| o.span.of(file.text()) == Some(parameter));
            if again
                || link.parameter.kind() != "identifier"
                    && chain.links[0].parameter.kind() != "identifier"
            {
                let message = format!("`{parameter}` would be bound twice in the loop");
                return Err(file.refuse(Reason::NameTaken, message, link.parameter));
            }
            out.push_str(&format!("{inner}const {parameter} = {current}{semi}\n"));
            bound.push(parameter.to_owned());
            current = parameter.to_owned();
        }
        let text = file.of_node(link.body);
        if !link.maps {
            out.push_str(&format!(
                "{inner}if ({}) continue{semi}\n",
                super::guards::negated(file, link.body)
            ));
            filters.push(text.to_owned());
        } else if index == last {
            current = match link.body.kind() {
                "parenthesized_expression" => {
                    named(link.body).first().map_or(text, |n| file.of_node(*n)).to_owned()
                }
                _ => text.to_owned(),
            };
        } else {
            let next = file.of_node(chain.links[index + 1].parameter);
            if bound.iter().any(|b| b == next) {
                let message = format!("`{next}` would be bound twice in the loop");
                return Err(file.refuse(
                    Reason::NameTaken,
                    message,
                    chain.links[index + 1].parameter,
                ));
            }
            out.push_str(&format!("{inner}const {next} = {text}{semi}\n"));
            bound.push(next.to_owned());
            current = next.to_owned();
        }
    }
    if chain.links[last].parameter.kind() != "identifier" && !chain.links[last].maps {
        let message = "the element has no name that could be kept";
        return Err(file.refuse(Reason::Unsupported, message, chain.links[last].parameter));
    }
    out.push_str(&format!("{inner}{name}.push({current}){semi}\n{indent}}}"));
    Ok(out)
}
