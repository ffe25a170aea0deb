//! A `const` for an expression.

use super::super::effects::{self, Effect, before, commute, has_identity, is_conditional};
use super::super::file::{File, is_function};
use super::super::names::check_name;
use super::super::rename::free;
use super::super::shape::{
    check_replaceable, guard, in_list, indent_at, is_statement, selected_expression, semicolon,
    unit,
};
use crate::base::Span;
use crate::refactor::step::put;
use crate::refactor::{
    Answer, BoundKind, Namespace, Occurrences, Reason, Refusal, ScopeId, Setting, Step,
};
use crate::syntax::node::{ancestors, descendants, span, walk};
use crate::syntax::tree::Node;

/// Where the declaration goes.
enum Home<'f> {
    /// Before a statement of a list.
    Before(Node<'f>),
    /// Before a statement that is alone the body of another one, which gets braces.
    Alone(Node<'f>),
    /// Before the value of an arrow function, which gets a block.
    Arrow(Node<'f>),
}

/// See [`crate::refactor::Refactoring::ExtractVariable`].
pub(in crate::refactor::ecma) fn plan(
    setting: &Setting<'_>,
    name: &str,
    which: Occurrences,
) -> Answer {
    check_name(name)?;
    let file = File::of(setting);
    let Some(mut value) = selected_expression(&file, setting.at.span) else {
        let message = "the selection is not exactly one expression";
        return Err(file.refuse_at(Reason::NotHere, message, setting.at.span));
    };
    value = super::function::within_condition(value);
    check_replaceable(&file, value)?;
    let home = home_of(&file, value)?;
    let statement = home.node();
    check_order(&file, &home, value)?;
    let scope = file.names.around(statement);
    check_scope(&file, value, statement, scope)?;
    let mut places = vec![value];
    if which == Occurrences::All {
        places.extend(equal_ones(&file, statement, value));
    }
    check_new_name(&file, scope, name, &places)?;
    Ok(edits(&file, &home, value, &places, name))
}

impl<'f> Home<'f> {
    fn node(&self) -> Node<'f> {
        match self {
            Self::Before(node) | Self::Alone(node) | Self::Arrow(node) => *node,
        }
    }
}

fn home_of<'f>(file: &'f File, value: Node<'f>) -> Result<Home<'f>, Refusal> {
    let mut below = value;
    for up in std::iter::once(value).chain(ancestors(value)) {
        if in_list(up) {
            return Ok(Home::Before(up));
        }
        if is_statement(up) && up.parent().is_some_and(|p| alone_in(p, up)) {
            return Ok(Home::Alone(up));
        }
        let refuse = |message: &str| Err(file.refuse(Reason::Effects, message, value));
        match up.kind() {
            "arrow_function" if below.field() == Some("body") => return Ok(Home::Arrow(below)),
            "formal_parameters" => {
                return refuse(
                    "the default of a parameter is evaluated with each call; no statement can stand before it",
                );
            }
            "class_body" => {
                return refuse(
                    "what is in the body of a class is evaluated with the class or each object; no statement can stand before it",
                );
            }
            "export_statement" if up.parent().is_some_and(|p| p.kind() == "program") => {
                return Ok(Home::Before(up));
            }
            _ => {}
        }
        below = up;
    }
    Err(file.refuse(Reason::NotHere, "no statement is around the selection", value))
}

/// True when `inner` is all that a statement does.
fn alone_in(outer: Node<'_>, inner: Node<'_>) -> bool {
    match outer.kind() {
        "else_clause" => true,
        "if_statement" => inner.field() == Some("consequence"),
        "for_statement" | "for_in_statement" | "while_statement" | "do_statement"
        | "with_statement" => inner.field() == Some("body"),
        _ => false,
    }
}

/// # Errors
/// When the value would be computed in another order, more often, or not at all.
fn check_order(file: &File, home: &Home<'_>, value: Node<'_>) -> Result<(), Refusal> {
    let own = effects::of(file, value);
    let statement = home.node();
    if is_the_home(home, value) {
        return Ok(());
    }
    let conditional = is_conditional(statement, value);
    if conditional && (own != Effect::None || is_loop_part(file, statement, value)) {
        let message = "the expression is evaluated under a condition or repeatedly; before the statement it would be evaluated once and always";
        return Err(file.refuse(Reason::Effects, message, value));
    }
    if conditional && has_identity(value) {
        let message = "the expression makes a new object each time";
        return Err(file.refuse(Reason::Effects, message, value));
    }
    if !commute(own, before(file, statement, value)) {
        let message =
            "what stands before it in the statement is evaluated first and may change its value";
        return Err(file.refuse(Reason::Effects, message, value));
    }
    Ok(())
}

fn is_the_home(home: &Home<'_>, value: Node<'_>) -> bool {
    matches!(home, Home::Arrow(body) if *body == value)
        || home.node().kind() == "expression_statement" && value.parent() == Some(home.node())
}

/// True when the value depends on a variable that a loop around it changes.
fn is_loop_part(file: &File, statement: Node<'_>, value: Node<'_>) -> bool {
    let within = span(statement);
    file.names.bindings.within(span(value)).any(|o| {
        o.bound.is_some_and(|id| {
            file.names.bindings.of(id).any(|w| w.role.writes() && within.contains(w.span))
        })
    })
}

/// # Errors
/// When a name in the value is not yet, or not in the same way, known where the declaration goes.
fn check_scope(
    file: &File,
    value: Node<'_>,
    statement: Node<'_>,
    scope: ScopeId,
) -> Result<(), Refusal> {
    let bindings = &file.names.bindings;
    let inner = span(value);
    let visible: Vec<ScopeId> = bindings.chain(scope).collect();
    for occurrence in bindings.within(inner) {
        let Some(id) = occurrence.bound else { continue };
        let bound = bindings.get(id);
        if inner.contains(bound.declared) || bound.kind == BoundKind::Label {
            continue;
        }
        let late = span(statement).contains(bound.declared)
            && bound.kind != BoundKind::Function
            && bindings.scope(bound.scope).span.contains(span(statement))
            && bound.declared.start != statement.start_byte();
        if late || !visible.contains(&bound.scope) {
            let message = format!(
                "`{}` is bound within the same statement; no declaration can stand before it",
                bound.name
            );
            return Err(file.refuse_at(Reason::Shadowed, message, bound.declared));
        }
    }
    Ok(())
}

/// # Errors
/// When the new name is taken or would be mistaken.
fn check_new_name(
    file: &File,
    scope: ScopeId,
    name: &str,
    places: &[Node<'_>],
) -> Result<(), Refusal> {
    let bindings = &file.names.bindings;
    let taken = |scope| bindings.own(scope, name, Namespace::Both);
    if let Some(other) = taken(scope) {
        let at = bindings.get(other).declared;
        let message = format!("`{name}` is bound in the same scope already; choose another name");
        return Err(file.refuse_at(Reason::NameTaken, message, at));
    }
    // The parameters share a scope with the body's own names.
    let parent = bindings.scope(scope).parent.and_then(taken);
    if let Some(other) = parent.filter(|id| bindings.get(*id).kind == BoundKind::Parameter) {
        let message = format!("`{name}` is a parameter already; choose another name");
        return Err(file.refuse_at(Reason::NameTaken, message, bindings.get(other).declared));
    }
    for place in places {
        let chain = bindings.chain(file.names.around(*place)).take_while(|s| *s != scope);
        if let Some(other) = chain.into_iter().find_map(taken) {
            let message =
                format!("`{name}` means something else at the selection; choose another name");
            return Err(file.refuse_at(Reason::Shadowed, message, bindings.get(other).declared));
        }
    }
    free(file, scope, name, Namespace::Value, "the new variable")
}

/// Equal expressions after the first in the same block, with the same value for certain.
fn equal_ones<'f>(file: &'f File, statement: Node<'f>, value: Node<'f>) -> Vec<Node<'f>> {
    let Some(block) = statement.parent() else { return Vec::new() };
    let own = effects::of(file, value);
    if own == Effect::Acts || has_identity(value) {
        return Vec::new();
    }
    let tokens = |node: Node<'f>| -> Vec<&str> {
        let leaves = descendants(node).into_iter().filter(|n| n.children().next().is_none());
        leaves.map(|n| file.of_node(n)).collect()
    };
    let meant = |node: Node<'f>| -> Vec<_> {
        file.names.bindings.within(span(node)).map(|o| (o.bound, o.role)).collect()
    };
    let (wanted, names) = (tokens(value), meant(value));
    let mut found: Vec<Node<'f>> = Vec::new();
    for node in walk(block, |_| true) {
        let later = node.start_byte() >= value.end_byte() && node.kind() == value.kind();
        let apart = found.last().is_none_or(|f| f.end_byte() <= node.start_byte());
        if !later || !apart || tokens(node) != wanted || meant(node) != names {
            continue;
        }
        if check_replaceable(file, node).is_err() {
            continue;
        }
        if own == Effect::Reads && may_have_changed(block, value, node) {
            break;
        }
        found.push(node);
    }
    found
}

fn may_have_changed(block: Node<'_>, first: Node<'_>, next: Node<'_>) -> bool {
    let inner = ancestors(next).take_while(|n| *n != block).any(|n| {
        is_function(n)
            || matches!(
                n.kind(),
                "for_statement" | "for_in_statement" | "while_statement" | "do_statement"
            )
    });
    inner
        || walk(block, |_| true).into_iter().any(|n| {
            n.end_byte() > first.end_byte()
                && n.start_byte() < next.start_byte()
                && !ancestors(first).any(|a| a == n && a.end_byte() >= next.end_byte())
                && matches!(
                    n.kind(),
                    "call_expression"
                        | "new_expression"
                        | "assignment_expression"
                        | "augmented_assignment_expression"
                        | "update_expression"
                        | "await_expression"
                        | "yield_expression"
                        | "unary_expression"
                        | "jsx_element"
                        | "jsx_self_closing_element"
                        | "spread_element"
                        | "for_in_statement"
                )
                && (n.kind() != "unary_expression"
                    || n.child(0).is_some_and(|t| t.kind() == "delete"))
        })
}

fn edits(file: &File, home: &Home<'_>, value: Node<'_>, places: &[Node<'_>], name: &str) -> Step {
    let text = file.text();
    let mut step = Step::new(format!("Extract {name}"));
    let mut written = file.of_node(value).to_owned();
    if value.kind() == "sequence_expression" {
        written = format!("({written})");
    }
    let semi = semicolon(file);
    let path = &file.path;
    if is_the_home(home, value) && matches!(home, Home::Before(_)) {
        // The value of the statement was not used: the declaration takes its place.
        step.replace(path, put(Span::at(value.start_byte()), format!("const {name} = ")));
    }
    let mut replaced: Vec<(Span, String)> = places
        .iter()
        .filter(|p| !(is_the_home(home, **p) && matches!(home, Home::Before(_))))
        .map(|p| (span(*p), as_used(*p, name)))
        .collect();
    let statement = home.node();
    let start = statement.start_byte();
    let indent = indent_at(text, start);
    match home {
        Home::Before(_) if replaced.len() < places.len() => {}
        Home::Before(_) => {
            // Labels belong to the statement that follows them.
            let semi = guard(text, start, semi);
            let first_on_line =
                text[..start].rsplit('\n').next().is_some_and(|l| l.trim().is_empty());
            let between = if first_on_line { format!("\n{indent}") } else { " ".to_owned() };
            let semi = if first_on_line { semi } else { ";" };
            step.replace(
                path,
                put(Span::at(start), format!("const {name} = {written}{semi}{between}")),
            );
        }
        Home::Alone(_) => {
            let step_in = unit(file);
            let own_line = text[..start].rsplit('\n').next().is_some_and(|l| l.trim().is_empty());
            let outer = if own_line {
                indent.strip_suffix(step_in.as_str()).unwrap_or(indent)
            } else {
                indent
            };
            let semi = if semi.is_empty() { guard(text, start, semi) } else { semi };
            step.replace(
                path,
                put(
                    Span::at(start),
                    format!("{{\n{outer}{step_in}const {name} = {written}{semi}\n{outer}{step_in}"),
                ),
            );
            step.replace(path, put(Span::at(statement.end_byte()), format!("\n{outer}}}")));
        }
        Home::Arrow(body) => {
            let step_in = unit(file);
            let head =
                format!("{{\n{indent}{step_in}const {name} = {written};\n{indent}{step_in}return ");
            let tail = format!("{}\n{indent}}}", semi);
            if *body == value {
                replaced.clear();
                step.replace(path, put(span(*body), format!("{head}{name}{tail}")));
            } else {
                step.replace(path, put(Span::at(start), head));
                step.replace(path, put(Span::at(body.end_byte()), tail));
            }
        }
    }
    for (at, text) in replaced {
        step.replace(path, put(at, text));
    }
    step
}

/// The name as it is written at a place: in braces within JSX.
pub(super) fn as_used(place: Node<'_>, name: &str) -> String {
    let parent = place.parent().map_or("", Node::kind);
    if matches!(parent, "jsx_element" | "jsx_attribute") {
        format!("{{{name}}}")
    } else {
        name.to_owned()
    }
}
