//! `let v: Vec<_> = xs.map(..).collect();` as a loop that fills a list.

use super::{Source, has_comment, leaves, statements};
use crate::base::Span;
use crate::refactor::rust::context::indent_at;
use crate::refactor::step::put;
use crate::refactor::{Answer, Reason, Setting, Step};
use crate::syntax::node::{children, descendants, field, named, span};
use crate::syntax::tree::Node;

/// The statement, taken apart.
struct Chain<'t> {
    declaration: Node<'t>,
    name: Node<'t>,
    ty: Option<String>,
    items: Node<'t>,
    filter: Option<Closure<'t>>,
    map: Option<Closure<'t>>,
}

#[derive(Clone, Copy)]
struct Closure<'t> {
    pattern: Node<'t>,
    body: Node<'t>,
}

pub(super) fn offers(source: Source<'_>) -> Vec<Span> {
    let lets =
        descendants(source.parsed.root()).into_iter().filter(|n| n.kind() == "let_declaration");
    lets.filter_map(|n| chain(source, n))
        .filter(|c| reason(source, c).is_none())
        .map(|c| span(c.declaration))
        .collect()
}

pub(super) fn plan(setting: &Setting<'_>, source: Source<'_>) -> Answer {
    let around = source.around(setting.at.span);
    let Some(chain) = around.iter().find_map(|n| chain(source, *n)) else {
        let message = "put the caret on `let v: Vec<_> = ….map(…).collect();`";
        return Err(source.refuse(setting, Reason::NotHere, message, setting.at.span));
    };
    if let Some((reason, message, at)) = reason(source, &chain) {
        return Err(source.refuse(setting, reason, message, at));
    }
    let mut step = Step::new("Fill a list in a loop instead of collecting");
    step.replace(setting.path(), put(span(chain.declaration), written(source, &chain)));
    Ok(step)
}

fn chain<'t>(source: Source<'t>, declaration: Node<'t>) -> Option<Chain<'t>> {
    if declaration.kind() != "let_declaration" || field(declaration, "alternative").is_some() {
        return None;
    }
    let name = field(declaration, "pattern").filter(|p| p.kind() == "identifier")?;
    let (mut at, method, types) = method_call(source, field(declaration, "value")?)?;
    let annotated = field(declaration, "type").map(|t| source.str(t).to_owned());
    let ty = match (&annotated, types) {
        (Some(ty), None) => Some(ty.clone()),
        (None, Some(types)) => {
            Some(source.str(types).strip_prefix('<')?.strip_suffix('>')?.to_owned())
        }
        _ => None,
    };
    if method != "collect" || !ty.as_deref().is_some_and(|t| t.starts_with("Vec<")) {
        return None;
    }
    let ty = ty.filter(|t| t != "Vec<_>");
    let mut map = None;
    let mut filter = None;
    if let Some((receiver, "map", None)) = method_call(source, at) {
        map = Some(closure(at)?);
        at = receiver;
    }
    if let Some((receiver, "filter", None)) = method_call(source, at) {
        filter = Some(closure(at)?);
        at = receiver;
    }
    (map.is_some() || filter.is_some()).then_some(Chain {
        declaration,
        name,
        ty,
        items: at,
        filter,
        map,
    })
}

/// Receiver, name and type arguments of a method call.
fn method_call<'t>(
    source: Source<'t>,
    call: Node<'t>,
) -> Option<(Node<'t>, &'t str, Option<Node<'t>>)> {
    let mut function = field(call, "function").filter(|_| call.kind() == "call_expression")?;
    let mut types = None;
    if function.kind() == "generic_function" {
        types = field(function, "type_arguments");
        function = field(function, "function")?;
    }
    let receiver = field(function, "value").filter(|_| function.kind() == "field_expression")?;
    Some((receiver, source.str(field(function, "field")?), types))
}

fn closure(call: Node<'_>) -> Option<Closure<'_>> {
    let arguments = named(field(call, "arguments")?);
    let [closure] = arguments.as_slice() else { return None };
    let parameters =
        named(field(*closure, "parameters").filter(|_| closure.kind() == "closure_expression")?);
    let [pattern] = parameters.as_slice() else { return None };
    let plain = pattern.kind() != "parameter"
        && !children(*closure).any(|c| c.kind() == "move" || c.kind() == "async");
    Some(Closure { pattern: *pattern, body: field(*closure, "body")? }).filter(|_| plain)
}

fn reason(source: Source<'_>, chain: &Chain<'_>) -> Option<(Reason, &'static str, Span)> {
    let text = source.text();
    for closure in chain.filter.iter().chain(&chain.map) {
        let at = span(closure.body);
        if leaves(closure.body, text) {
            return Some((
                Reason::ControlFlow,
                "`return` or `?` in the closure would leave the function",
                at,
            ));
        }
    }
    if has_comment(chain.declaration) {
        return Some((
            Reason::NotEquivalent,
            "there are comments in it, which would be lost",
            span(chain.declaration),
        ));
    }
    if let (Some(filter), Some(map)) = (chain.filter, chain.map) {
        let bare = source.str(filter.pattern).trim_start_matches('&');
        if bare != source.str(map.pattern) {
            return Some((
                Reason::Unsupported,
                "the closures give the item different names",
                span(map.pattern),
            ));
        }
    }
    if let Some(filter) = chain.filter
        && !looks_only(source, filter)
    {
        return Some((
            Reason::NotEquivalent,
            "the filter sees a reference to the item, the loop the item",
            span(filter.body),
        ));
    }
    let name = source.str(chain.name);
    let used = crate::refactor::words(source.str(chain.declaration), name).len() > 1;
    used.then(|| {
        (
            Reason::Shadowed,
            "the name of the list means something else in its value",
            span(chain.name),
        )
    })
}

/// `|&x| ..`, or `x` is only what methods are called on.
fn looks_only(source: Source<'_>, filter: Closure<'_>) -> bool {
    if source.str(filter.pattern).starts_with('&') {
        return true;
    }
    if filter.pattern.kind() != "identifier" {
        return false;
    }
    let id = source.names.bindings.at(span(filter.pattern)).and_then(|o| o.bound);
    source.names.bindings.within(span(filter.body)).filter(|o| o.bound == id).all(|o| {
        let node = source.parsed.root().descendant_for_byte_range(o.span.start, o.span.end);
        node.and_then(|n| n.parent()).is_some_and(|p| p.kind() == "field_expression")
    })
}

fn written(source: Source<'_>, chain: &Chain<'_>) -> String {
    let text = source.text();
    let indent = indent_at(text, chain.declaration.start_byte());
    let name = source.str(chain.name);
    let ty = chain.ty.as_ref().map_or(String::new(), |t| format!(": {t}"));
    let pattern = match (chain.map, chain.filter) {
        (Some(map), _) => source.str(map.pattern),
        (None, Some(filter)) => source.str(filter.pattern).trim_start_matches('&'),
        (None, None) => "item",
    };
    let deep =
        if chain.filter.is_some() { format!("{indent}        ") } else { format!("{indent}    ") };
    let mut body = String::new();
    let item = match chain.map.map(|m| m.body) {
        Some(block) if block.kind() == "block" => {
            let mut parts = statements(block);
            let last = parts.pop();
            for part in parts {
                body.push_str(&format!("{deep}{}\n", source.str(part)));
            }
            last.map_or("()", |l| source.str(super::expression_of(l)))
        }
        Some(value) => source.str(value),
        None => pattern,
    };
    body.push_str(&format!("{deep}{name}.push({item});\n"));
    let body = match chain.filter {
        Some(filter) => {
            format!("{indent}    if {} {{\n{body}{indent}    }}\n", source.str(filter.body))
        }
        None => body,
    };
    let items = source.str(chain.items);
    format!(
        "let mut {name}{ty} = Vec::new();\n{indent}for {pattern} in {items} {{\n{body}{indent}}}"
    )
}
