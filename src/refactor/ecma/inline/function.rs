//! The body of a function where it is called.

use super::super::effects::{self, Effect, before, commute, has_identity, is_conditional};
use super::super::file::{File, is_function};
use super::super::shape::fitted;
use super::{check_names, drop_declaration};
use crate::base::Replacement;
use crate::refactor::step::put;
use crate::refactor::{Answer, BoundId, Namespace, Reason, Refusal, Role, Step};
use crate::syntax::node::{ancestors, children, field, named, span};
use crate::syntax::tree::Node;

/// A function that is one expression.
struct Simple<'f> {
    whole: Node<'f>,
    parameters: Vec<(BoundId, Node<'f>)>,
    value: Node<'f>,
}

pub(super) fn plan(file: &File, id: BoundId, leaf: Node<'_>) -> Answer {
    let name = &file.bound(id).name;
    let parent = leaf.parent().unwrap_or(leaf);
    let function =
        if parent.kind() == "variable_declarator" { field(parent, "value") } else { Some(parent) };
    let simple = simple(file, function.unwrap_or(parent), name)?;
    if parent.kind() == "variable_declarator"
        && !parent.parent().is_some_and(super::super::shape::in_list)
    {
        return Err(file.refuse(
            Reason::NotHere,
            format!("`{name}` is not declared by a statement of its own"),
            leaf,
        ));
    }
    let mut step = Step::new(format!("Inline {name}"));
    let mut calls = 0;
    for occurrence in file.names.bindings.of(id).filter(|o| o.span != file.bound(id).declared) {
        let place = file.leaf(occurrence);
        if occurrence.role == Role::Bind || occurrence.role.writes() {
            return Err(file.refuse(
                Reason::Effects,
                format!("`{name}` gets another value here"),
                place,
            ));
        }
        let call = place.parent().filter(|p| {
            p.kind() == "call_expression"
                && place.field() == Some("function")
                && field(*p, "arguments").is_some_and(|a| a.kind() == "arguments")
                && !children(*p).any(|c| c.kind() == "optional_chain")
        });
        let Some(call) = call else {
            return Err(file.refuse(
                Reason::Dynamic,
                format!("`{name}` is used as a value here, not called"),
                place,
            ));
        };
        if span(simple.whole).contains(span(call)) {
            return Err(file.refuse(
                Reason::NotEquivalent,
                format!("`{name}` calls itself"),
                place,
            ));
        }
        if calls > 0 && ancestors(call).any(|a| a.kind() == "arguments" && is_call_of(file, a, id))
        {
            return Err(file.refuse(
                Reason::Unsupported,
                format!("a call of `{name}` is an argument of another one"),
                place,
            ));
        }
        let text = inlined(file, &simple, call, name)?;
        step.replace(&file.path, put(span(call), text));
        calls += 1;
    }
    if calls == 0 {
        return Err(file.refuse(
            Reason::NotHere,
            format!("`{name}` is not called in this file"),
            leaf,
        ));
    }
    drop_declaration(&mut step, file, leaf);
    Ok(step)
}

fn is_call_of(file: &File, arguments: Node<'_>, id: BoundId) -> bool {
    arguments.parent().and_then(|c| field(c, "function")).and_then(|f| file.meaning(f)) == Some(id)
}

fn simple<'f>(file: &'f File, whole: Node<'f>, name: &str) -> Result<Simple<'f>, Refusal> {
    let no = |reason, message: String| Err(file.refuse(reason, message, whole));
    if children(whole).any(|c| matches!(c.kind(), "async" | "*")) {
        return no(
            Reason::NotEquivalent,
            format!(
                "`{name}` is async or a generator: a call of it gives a promise or an iterator"
            ),
        );
    }
    let body = field(whole, "body").unwrap_or(whole);
    let value = if body.kind() == "statement_block" {
        match named(body)[..] {
            [only] if only.kind() == "return_statement" => named(only).first().copied(),
            _ => None,
        }
    } else {
        Some(body)
    };
    let Some(value) = value else {
        return no(Reason::Unsupported, format!("`{name}` is more than one `return` of a value"));
    };
    let own = value.subtree().find(|n| {
        matches!(n.kind(), "this" | "super" | "meta_property" | "yield_expression")
            || file.is_global(*n, "arguments")
    });
    if let Some(own) = own {
        return Err(file.refuse(
            Reason::NotEquivalent,
            format!("`{}` belongs to the function", file.of_node(own)),
            own,
        ));
    }
    let list = match field(whole, "parameter") {
        Some(one) => vec![one],
        None => field(whole, "parameters").map(named).unwrap_or_default(),
    };
    let mut parameters = Vec::new();
    for parameter in list {
        let leaf = if parameter.kind() == "required_parameter" {
            field(parameter, "pattern").filter(|_| field(parameter, "value").is_none())
        } else {
            Some(parameter)
        };
        let leaf = leaf.filter(|l| l.kind() == "identifier");
        let Some((leaf, id)) = leaf.and_then(|l| Some((l, file.meaning(l)?))) else {
            return Err(file.refuse(
                Reason::Unsupported,
                format!("a parameter of `{name}` is more than a name"),
                parameter,
            ));
        };
        if file.names.bindings.of(id).any(|o| o.role != Role::Bind && o.role.writes()) {
            return Err(file.refuse(
                Reason::Effects,
                format!("`{name}` assigns its parameter"),
                leaf,
            ));
        }
        parameters.push((id, leaf));
    }
    Ok(Simple { whole, parameters, value })
}

/// The text of the value for one call.
fn inlined(
    file: &File,
    simple: &Simple<'_>,
    call: Node<'_>,
    name: &str,
) -> Result<String, Refusal> {
    let arguments = field(call, "arguments").map(named).unwrap_or_default();
    if let Some(spread) = arguments.iter().find(|a| a.kind() == "spread_element") {
        return Err(file.refuse(
            Reason::Effects,
            format!("how many arguments `{name}` gets is not known here"),
            *spread,
        ));
    }
    check_names(file, simple.value, call)
        .or_else(|refusal| only_parameters(file, simple, call, refusal))?;
    let within = span(simple.value);
    let mut edits: Vec<Replacement> = Vec::new();
    let mut order: Vec<(usize, usize)> = Vec::new();
    for (index, (id, _)) in simple.parameters.iter().enumerate() {
        let uses: Vec<_> =
            file.names.bindings.of(*id).filter(|o| within.contains(o.span)).collect();
        let argument = arguments.get(index).copied();
        let heavy =
            argument.is_some_and(|a| effects::of(file, a) != Effect::None || has_identity(a));
        if heavy {
            let argument = argument.unwrap_or(call);
            let place = match uses[..] {
                [one] => file.leaf(one),
                _ => {
                    let message = format!(
                        "the argument would be computed {} times instead of once",
                        uses.len()
                    );
                    return Err(file.refuse(Reason::Effects, message, argument));
                }
            };
            let own = effects::of(file, argument);
            let late = place != simple.value
                && (is_conditional(simple.value, place)
                    || !commute(own, before(file, simple.value, place)));
            let nested = ancestors(place).take_while(|n| *n != simple.whole).any(is_function);
            if late || nested {
                let message = "the argument would be computed later than now, or not at all";
                return Err(file.refuse(Reason::Effects, message, argument));
            }
            order.push((index, place.start_byte()));
        }
        for occurrence in uses {
            let place = file.leaf(occurrence);
            if let Some(argument) = argument {
                check_argument(file, simple, argument, place)?;
            }
            let text = argument.map_or_else(|| "undefined".to_owned(), |a| fitted(file, a, place));
            let text = match place.kind() {
                "shorthand_property_identifier" => format!("{}: {text}", file.of_node(place)),
                _ => text,
            };
            edits.push(Replacement::new(
                occurrence.span.start - within.start,
                occurrence.span.end - within.start,
                text,
            ));
        }
    }
    if !order.is_sorted_by_key(|(_, at)| *at) {
        return Err(file.refuse(
            Reason::Effects,
            "the arguments would be computed in another order",
            call,
        ));
    }
    let extra = arguments.iter().skip(simple.parameters.len());
    if let Some(extra) = extra.into_iter().find(|a| effects::of(file, **a) != Effect::None) {
        return Err(file.refuse(
            Reason::Effects,
            "an argument that no parameter takes may have an effect",
            *extra,
        ));
    }
    let text = crate::base::splice(file.of_node(simple.value), &edits)
        .map_err(|error| Refusal::new(Reason::Syntax, error.to_string()))?;
    // The shape of the value decides about parentheses, not what was put into it.
    let bare = fitted(file, simple.value, call);
    let parenthesized = bare.len() > file.of_node(simple.value).len();
    let itself =
        simple.parameters.iter().position(|(id, _)| file.meaning(simple.value) == Some(*id));
    if let Some(index) = itself {
        let argument = arguments.get(index).copied();
        return Ok(argument.map_or_else(|| "undefined".to_owned(), |a| fitted(file, a, call)));
    }
    Ok(if parenthesized { format!("({text})") } else { text })
}

/// A parameter is no name that has to be known at the call.
fn only_parameters(
    file: &File,
    simple: &Simple<'_>,
    call: Node<'_>,
    refusal: Refusal,
) -> Result<(), Refusal> {
    for occurrence in file.names.bindings.within(span(simple.value)) {
        let name = occurrence.span.of(file.text()).unwrap_or_default();
        let own =
            occurrence.bound.is_some_and(|id| span(simple.whole).contains(file.bound(id).declared));
        if !own && file.names.look_up(call, name, Namespace::Both) != occurrence.bound {
            return Err(refusal);
        }
    }
    Ok(())
}

/// # Errors
/// When a name of an argument means something else in the body.
fn check_argument(
    file: &File,
    simple: &Simple<'_>,
    argument: Node<'_>,
    place: Node<'_>,
) -> Result<(), Refusal> {
    let bindings = &file.names.bindings;
    let inner: Vec<_> = bindings
        .chain(file.names.around(place))
        .take_while(|s| span(simple.value).contains(bindings.scope(*s).span))
        .collect();
    for occurrence in bindings.within(span(argument)) {
        let name = occurrence.span.of(file.text()).unwrap_or_default();
        if inner.iter().any(|s| bindings.own(*s, name, Namespace::Both).is_some()) {
            let message = format!("`{name}` of the argument means something else in the body");
            return Err(file.refuse(Reason::Shadowed, message, argument));
        }
    }
    Ok(())
}
