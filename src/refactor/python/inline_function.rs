//! The body of a function in place of its calls.

use super::api;
use super::classes::{Classes, parameter_name, parameters};
use super::extract_variable::{scope_at, short};
use super::infer::{Def, arguments, class_of};
use super::inline::{is_own, removal};
use super::inline_statements::{self, Statements};
use super::layout::{decorated, indent, line_start, with_comments};
use super::order::{Often, acting, acts, before, depends, fitted, is_constant, makes, often};
use super::rename::not_by_text;
use super::uses::{Call, Group};
use super::world::{Unit, World};
use crate::base::{Replacement, Span, splice};
use crate::refactor::step::put;
use crate::refactor::{Answer, Api, BoundId, Namespace, Reason, Refusal, ScopeId, Step};
use crate::syntax::node::{ancestors, children, field, named, span};
use crate::syntax::tree::Node;

/// What the calls become.
enum Body<'w> {
    /// `return value`
    Value(Node<'w>),
    /// Statements, and what is returned in the last.
    Statements(Vec<Node<'w>>, Option<Node<'w>>),
}

/// The step that puts a function in place of its calls and drops it.
pub(super) fn plan<'w>(world: &'w World<'w>, unit: &'w Unit, id: BoundId, api: Api) -> Answer {
    let bound = unit.names.get(id);
    let Some(node) = unit.definition(bound) else {
        let message = format!("`{}` is not a function with one definition", bound.name);
        return Err(unit.refuse(Reason::NotHere, bound.declared.start, message));
    };
    let def = Def { unit, node };
    let body = body(def)?;
    if unit.names.of(id).filter(|o| o.role.writes()).count() > 1 {
        let message = format!("`{}` is defined more than once", bound.name);
        return Err(unit.refuse(Reason::Dynamic, bound.declared.start, message));
    }
    api::is_kept(world, def, api)?;
    let classes = Classes::new(world);
    let group = Group::new(&classes, def);
    if let Some(family) = &group.family {
        classes.inherited(family, &bound.name)?;
    } else if unit.is_global(id) {
        is_own(world, unit, &bound.name)?;
    }
    if group.functions.len() > 1 {
        let other = group.functions[1];
        let message = format!("`{}` is overridden here", bound.name);
        return Err(other.unit.refuse(Reason::Inherited, other.node.start_byte(), message));
    }
    let uses = group.uses(world, &classes);
    if let Some((unit, value)) = uses.values.first() {
        let message = format!("`{}` is used as a value here", bound.name);
        return Err(unit.refuse(Reason::Dynamic, value.start_byte(), message));
    }
    if let Some(call) = uses.unknown.first() {
        let message = format!("this may be a call of `{}`", bound.name);
        return Err(call.unit.refuse(Reason::Dynamic, call.node.start_byte(), message));
    }
    not_by_text(world, &bound.name)?;
    if uses.calls.is_empty() {
        let message = format!("`{}` is not called", bound.name);
        return Err(unit.refuse(Reason::NotHere, bound.declared.start, message));
    }
    let mut step = Step::new(format!("Inline {}", bound.name));
    for call in &uses.calls {
        if span(node).contains(span(call.node)) && call.unit == unit {
            let message = format!("`{}` calls itself", bound.name);
            return Err(unit.refuse(Reason::Unsupported, call.node.start_byte(), message));
        }
        let nested = uses.calls.iter().any(|other| {
            other.unit == call.unit && other != call && span(call.node).contains(span(other.node))
        });
        if nested || call.partial {
            let message = "this call holds another one of it; take them one by one";
            return Err(call.unit.refuse(Reason::Unsupported, call.node.start_byte(), message));
        }
        let (at, text) = replaced(def, &body, call)?;
        step.replace(&call.unit.path, put(at, text));
    }
    step.replace(&unit.path, put(gone(unit, node), if is_alone(node) { "pass\n" } else { "" }));
    Ok(step)
}

/// True for the only statement of a class or function.
fn is_alone(node: Node<'_>) -> bool {
    let whole = decorated(node);
    whole.parent().is_some_and(|b| b.kind() == "block" && named(b).len() == 1)
}

/// The lines of a definition with its comments and the blank lines after it.
pub(super) fn gone(unit: &Unit, node: Node<'_>) -> Span {
    let whole = decorated(node);
    let lines = removal(unit, whole);
    if is_alone(node) {
        return Span::new(whole.start_byte(), lines.end);
    }
    let text = unit.text();
    let start = with_comments(unit, whole).min(lines.start);
    let mut end = lines.end;
    while end < text.len() {
        let next = super::layout::line_end(text, end);
        if !text[end..next].trim().is_empty() {
            break;
        }
        end = next;
    }
    if end < text.len() && indent(text, end).len() >= indent(text, whole.start_byte()).len() {
        return Span::new(start, end);
    }
    // The last of its block: the blank lines before go, those after stay.
    let mut from = start;
    while from > 0 {
        let above = line_start(text, from - 1);
        if !text[above..from].trim().is_empty() {
            break;
        }
        from = above;
    }
    Span::new(from, lines.end)
}

fn body(def: Def<'_>) -> Result<Body<'_>, Refusal> {
    let unit = def.unit;
    let refuse =
        |at: Node<'_>, reason, message: &str| Err(unit.refuse(reason, at.start_byte(), message));
    if let Some(decorator) = super::infer::decorators(def.node).first() {
        return refuse(*decorator, Reason::Dynamic, "a decorator may change what a call does");
    }
    if children(def.node).any(|c| c.kind() == "async") {
        return refuse(
            def.node,
            Reason::Unsupported,
            "an `async` function gives something to wait for",
        );
    }
    let Some(block) = field(def.node, "body") else {
        return refuse(def.node, Reason::NotHere, "the function has no body");
    };
    let mut statements = named(block);
    let is_text = |n: &Node<'_>| {
        n.kind() == "expression_statement"
            && named(*n).first().is_some_and(|s| s.kind().ends_with("string"))
    };
    if statements.first().is_some_and(is_text) {
        statements.remove(0);
    }
    for node in block.subtree() {
        match node.kind() {
            "yield" => return refuse(node, Reason::ControlFlow, "the function is a generator"),
            "global_statement" | "nonlocal_statement" => {
                return refuse(
                    node,
                    Reason::Unsupported,
                    "the function declares names of other scopes",
                );
            }
            "function_definition" | "class_definition" => {
                return refuse(node, Reason::Unsupported, "the function defines others");
            }
            _ => {}
        }
    }
    match statements.as_slice() {
        [only] if only.kind() == "return_statement" => match named(*only).first().copied() {
            Some(value) => Ok(Body::Value(value)),
            None => refuse(*only, Reason::Unsupported, "the function does nothing"),
        },
        [] => refuse(def.node, Reason::Unsupported, "the function does nothing"),
        list @ [before @ .., last] => {
            // A value that is given at the very end can be given by the statement around the call.
            let value = named(*last).first().copied().filter(|_| last.kind() == "return_statement");
            let rest = if value.is_some() { before } else { list };
            let exit =
                rest.iter().flat_map(|n| n.subtree()).find(|n| n.kind() == "return_statement");
            if let Some(exit) = exit {
                let why =
                    "the function can end in several places; that cannot stand in a call's place";
                return refuse(exit, Reason::ControlFlow, why);
            }
            Ok(Body::Statements(rest.to_vec(), value))
        }
    }
}

/// One call with what it becomes.
fn replaced<'w>(def: Def<'w>, body: &Body<'w>, call: &Call<'w>) -> Result<(Span, String), Refusal> {
    let given = given(def, call)?;
    let unit = call.unit;
    let nodes: Vec<Node<'w>> = match body {
        Body::Value(value) => vec![*value],
        Body::Statements(list, value) => list.iter().copied().chain(*value).collect(),
    };
    free_names(def, &nodes, call)?;
    for (id, argument) in &given {
        check_argument(def, &nodes, call, *id, *argument)?;
    }
    in_order(def, &nodes, call, &given)?;
    match body {
        Body::Value(value) => {
            let text = substituted(def, span(*value), &given, &[], unit)?;
            Ok((span(call.node), fitted(*value, &text, call.node)))
        }
        Body::Statements(list, value) => {
            inline_statements::replaced(def, Statements { list, value: *value }, call, &given)
        }
    }
}

/// What each parameter gets.
fn given<'w>(def: Def<'w>, call: &Call<'w>) -> Result<Vec<(BoundId, Node<'w>)>, Refusal> {
    let unit = call.unit;
    let refuse = |message: &str| Err(unit.refuse(Reason::Dynamic, call.node.start_byte(), message));
    let mut list = parameters(def.node);
    let mut out = Vec::new();
    let name = |p: Node<'w>| parameter_name(p).and_then(|n| def.unit.meaning(n));
    if list.iter().any(|p| def.unit.of(*p).starts_with('*')) {
        return refuse("the function takes any number of arguments");
    }
    let mut positional = Vec::new();
    if class_of(def.node).is_some() && !call.explicit {
        let object = field(call.node, "function").and_then(|f| field(f, "object"));
        let Some(object) = object.filter(|o| !unit.of(*o).starts_with("super(")) else {
            return refuse("the object of the call is not written here");
        };
        positional.push(object);
    }
    let mut keywords = Vec::new();
    for argument in arguments(call.node) {
        match argument.kind() {
            "list_splat" | "dictionary_splat" => return refuse("`*` hides what is given"),
            "keyword_argument" => keywords.push(argument),
            _ => positional.push(argument),
        }
    }
    if positional.len() > list.len() {
        return refuse("the call has too many arguments");
    }
    for (parameter, argument) in list.drain(..positional.len()).zip(positional) {
        out.extend(name(parameter).map(|id| (id, argument)));
    }
    for parameter in list {
        let text = parameter_name(parameter).map_or("", |n| def.unit.of(n));
        let argument =
            keywords.iter().find(|k| field(**k, "name").is_some_and(|n| unit.of(n) == text));
        let value = argument.and_then(|k| field(*k, "value"));
        let default = field(parameter, "value").filter(|v| is_constant(*v));
        match value.or(default) {
            Some(value) => out.extend(name(parameter).map(|id| (id, value))),
            None => {
                return refuse("a default value of the function is computed where it is defined");
            }
        }
    }
    Ok(out)
}

/// # Errors
/// When a name of the body means something else at the call.
fn free_names(def: Def<'_>, nodes: &[Node<'_>], call: &Call<'_>) -> Result<(), Refusal> {
    let (unit, names) = (call.unit, &call.unit.names);
    let own = def.unit.scope_of(def.node);
    let statement = super::order::statement_of(call.node).unwrap_or(call.node);
    let first = names.within(span(call.node)).next();
    let scope = first.map_or_else(|| scope_at(unit, statement), |o| o.scope);
    for occurrence in nodes.iter().flat_map(|n| def.unit.names.within(span(*n))) {
        let name = occurrence.span.of(def.unit.text()).unwrap_or("");
        let home = occurrence.bound.map(|id| def.unit.names.get(id).scope);
        let whole = nodes
            .iter()
            .any(|n| home.is_some_and(|h| span(*n).contains(def.unit.names.scope(h).span)));
        if home == own || whole {
            continue;
        }
        let global = home.is_none() || home == Some(ScopeId(0));
        let hidden = names
            .chain(scope)
            .take_while(|s| *s != ScopeId(0))
            .any(|s| names.own(s, name, Namespace::Value).is_some());
        let foreign = unit != def.unit && (home.is_some() || unit.global(name).is_some());
        if !global || hidden || foreign {
            let message = format!("`{name}`, which the body uses, means something else here");
            return Err(unit.refuse(Reason::Shadowed, call.node.start_byte(), message));
        }
    }
    let private = nodes.iter().flat_map(|n| n.subtree()).any(|n| {
        n.kind() == "identifier"
            && def.unit.of(n).starts_with("__")
            && !def.unit.of(n).ends_with("__")
            || n.kind() == "identifier" && matches!(def.unit.of(n), "super" | "__class__")
    });
    let same_class =
        ancestors(call.node).find(|n| n.kind() == "class_definition") == class_of(def.node);
    if private && (!same_class || unit != def.unit) {
        let message = "the body uses private names of its class";
        return Err(unit.refuse(Reason::Shadowed, call.node.start_byte(), message));
    }
    Ok(())
}

fn uses_of<'w>(
    def: Def<'w>,
    nodes: &[Node<'w>],
    id: BoundId,
) -> Vec<(Node<'w>, ScopeId, Node<'w>)> {
    let mut out = Vec::new();
    for whole in nodes {
        for occurrence in def.unit.names.within(span(*whole)).filter(|o| o.bound == Some(id)) {
            if let Some(node) = def.unit.node(occurrence.span) {
                out.push((node, occurrence.scope, *whole));
            }
        }
    }
    out
}

/// # Errors
/// When an argument cannot stand where the parameter is used.
fn check_argument<'w>(
    def: Def<'w>,
    nodes: &[Node<'w>],
    call: &Call<'w>,
    id: BoundId,
    argument: Node<'w>,
) -> Result<(), Refusal> {
    let unit = call.unit;
    let name = &def.unit.names.get(id).name;
    let refuse = |reason, message: String| Err(unit.refuse(reason, argument.start_byte(), message));
    let uses = uses_of(def, nodes, id);
    let own = def.unit.scope_of(def.node).unwrap_or(ScopeId(0));
    if def.unit.names.of(id).filter(|o| o.role.writes()).count() > 1 {
        return refuse(Reason::Effects, format!("the function assigns its parameter `{name}`"));
    }
    for occurrence in call.unit.names.within(span(argument)) {
        let word = occurrence.span.of(unit.text()).unwrap_or("");
        let hidden = uses.iter().any(|(_, scope, _)| {
            let mut chain = def.unit.names.chain(*scope).take_while(|s| *s != own);
            chain.any(|s| def.unit.names.own(s, word, Namespace::Value).is_some())
        });
        if hidden {
            return refuse(Reason::Shadowed, format!("`{word}` means something else in the body"));
        }
    }
    let in_text = uses.iter().any(|(n, _, _)| ancestors(*n).any(|a| a.kind() == "interpolation"));
    if in_text && !matches!(argument.kind(), "identifier" | "integer") {
        return refuse(
            Reason::NotEquivalent,
            "it cannot be written in the f-string of the body".to_owned(),
        );
    }
    if is_constant(argument) {
        return Ok(());
    }
    let text = short(unit.of(argument));
    let most = uses.iter().map(|(n, _, whole)| often(*n, *whole)).max();
    if acts(argument) || makes(argument) {
        return match (uses.len(), most) {
            (1, Some(Often::Once)) => Ok(()),
            (0, _) if !acts(argument) => Ok(()),
            (0, _) => refuse(Reason::Effects, format!("`{text}` would not be computed")),
            (1, _) => refuse(Reason::Effects, format!("`{text}` would not be computed just once")),
            _ => refuse(Reason::Effects, format!("`{text}` would be computed more than once")),
        };
    }
    if most == Some(Often::Later) {
        return refuse(Reason::Effects, format!("`{text}` would be looked at later"));
    }
    let statement = super::order::statement_of(call.node).unwrap_or(call.node);
    if depends(unit, argument, scope_at(unit, statement)) {
        let change = uses.iter().find_map(|(n, _, whole)| {
            let earlier = before(*n, *whole);
            let statements = nodes.iter().copied().filter(|s| s.end_byte() <= whole.start_byte());
            earlier.into_iter().chain(statements).find_map(acting)
        });
        if let Some(change) = change {
            let message = format!(
                "`{}` in the body may change what `{text}` gives",
                short(def.unit.of(change))
            );
            return refuse(Reason::Effects, message);
        }
    }
    Ok(())
}

/// # Errors
/// When arguments would be computed in another order, or after something that the body does.
fn in_order<'w>(
    def: Def<'w>,
    nodes: &[Node<'w>],
    call: &Call<'w>,
    given: &[(BoundId, Node<'w>)],
) -> Result<(), Refusal> {
    let mut moving: Vec<(usize, Node<'w>)> = Vec::new();
    let mut arguments: Vec<&(BoundId, Node<'w>)> = given.iter().collect();
    arguments.sort_by_key(|(_, argument)| argument.start_byte());
    for (id, argument) in arguments.into_iter().filter(|(_, a)| !is_constant(*a)) {
        for (node, _, whole) in uses_of(def, nodes, *id) {
            if acts(*argument) {
                let earlier = before(node, whole);
                let statements =
                    nodes.iter().copied().filter(|s| s.end_byte() <= whole.start_byte());
                if let Some(act) = earlier.into_iter().chain(statements).find_map(acting) {
                    let message = format!(
                        "`{}` would be computed after `{}`",
                        short(call.unit.of(*argument)),
                        short(def.unit.of(act))
                    );
                    return Err(call.unit.refuse(Reason::Effects, argument.start_byte(), message));
                }
            }
            moving.push((node.start_byte(), *argument));
        }
    }
    let sorted = moving.windows(2).all(|pair| pair[0].0 <= pair[1].0);
    let matter = moving.iter().any(|(_, a)| acts(*a))
        && moving.iter().filter(|(_, a)| a.kind() != "identifier").count() > 1;
    if !sorted && matter {
        let message = "the arguments would be computed in another order";
        return Err(call.unit.refuse(Reason::Effects, call.node.start_byte(), message));
    }
    Ok(())
}

/// The text of a part of the body with arguments in place of parameters, and other names for variables.
pub(super) fn substituted(
    def: Def<'_>,
    at: Span,
    given: &[(BoundId, Node<'_>)],
    locals: &[(BoundId, String)],
    caller: &Unit,
) -> Result<String, Refusal> {
    let mut edits = Vec::new();
    let inner = |place: Span| Span::new(place.start - at.start, place.end - at.start);
    for (id, name) in locals.iter().filter(|(id, name)| def.unit.names.get(*id).name != *name) {
        let all = def.unit.names.within(at).filter(|o| o.bound == Some(*id));
        edits.extend(all.map(|o| Replacement { span: inner(o.span), text: name.clone() }));
    }
    for (id, argument) in given {
        // A default value stands in the file of the function.
        let own = def.node.start_byte() <= argument.start_byte()
            && argument.end_byte() <= def.node.end_byte()
            && caller.text().get(argument.byte_range())
                != def.unit.text().get(argument.byte_range());
        let is_default =
            own || ancestors(*argument).any(|n| n.kind() == "parameters") && caller == def.unit;
        let text = if is_default { def.unit.of(*argument) } else { caller.of(*argument) };
        for occurrence in def.unit.names.within(at).filter(|o| o.bound == Some(*id)) {
            let Some(node) = def.unit.node(occurrence.span) else { continue };
            let text = fitted(*argument, text, node);
            edits.push(Replacement { span: inner(occurrence.span), text });
        }
    }
    let text = at.of(def.unit.text()).unwrap_or("");
    splice(text, &edits)
        .map_err(|_| def.unit.refuse(Reason::Syntax, at.start, "the body does not fit the call"))
}
