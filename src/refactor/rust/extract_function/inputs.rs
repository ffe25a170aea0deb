//! What goes into the new function and what comes out.

use super::{Selected, Work};
use crate::base::{Replacement, Span};
use crate::refactor::rust::context::{block_value, is_looking, is_place, writes};
use crate::refactor::rust::extract_variable::changes_receiver;
use crate::refactor::rust::typing::{arguments, head, is_copy, is_mut_ref, peel};
use crate::refactor::step::put;
use crate::refactor::{BoundId, BoundKind, Reason, Refusal, Role};
use crate::syntax::node::{ancestors, children, field, named, span};
use crate::syntax::tree::Node;

/// The signature, and the changes that it makes necessary in the body.
pub(super) struct Plan {
    pub(super) receiver: Option<&'static str>,
    pub(super) inputs: Vec<Input>,
    pub(super) outputs: Vec<Output>,
    /// The type of the selection's own value.
    pub(super) value: Option<String>,
    pub(super) question: Option<Question>,
    pub(super) body: Vec<Replacement>,
    pub(super) is_async: bool,
}

pub(super) struct Input {
    pub(super) name: String,
    pub(super) ty: String,
    /// `mut`: it is assigned in the body, and nobody looks at it afterwards.
    pub(super) mutable: bool,
    pub(super) argument: String,
}

pub(super) struct Output {
    pub(super) name: String,
    pub(super) ty: String,
    /// It is changed after the selection.
    pub(super) mutable: bool,
}

/// What `?` in the selection needs of the new function.
pub(super) struct Question {
    /// The type around the result: `Result<{}, E>` as its parts before and after.
    pub(super) before: String,
    pub(super) after: String,
    pub(super) wrap: &'static str,
    /// The selection ends with the value that the function around it gives: nothing is unwrapped.
    pub(super) passes_on: bool,
}

pub(super) fn plan(work: &Work<'_>) -> Result<Plan, Refusal> {
    let mut body = Vec::new();
    let inputs = inputs(work, &mut body)?;
    let outputs = outputs(work)?;
    let value = value(work)?;
    if value.is_some() && !outputs.is_empty() {
        let message = "the selection has a value, and variables that are used after it";
        return Err(work.refuse(Reason::ControlFlow, message, work.at));
    }
    let question = question(work, value.as_deref())?;
    let receiver = receiver(work)?;
    let is_async =
        work.inside().iter().any(|n| n.kind() == "await_expression" && !in_inner(work, *n));
    let plan = Plan { receiver, inputs, outputs, value, question, body, is_async };
    lifetimes(work, &plan)?;
    Ok(plan)
}

/// True for what belongs to a closure or block within the selection.
fn in_inner(work: &Work<'_>, node: Node<'_>) -> bool {
    ancestors(node)
        .take_while(|a| work.at.contains(span(*a)))
        .any(|a| matches!(a.kind(), "closure_expression" | "async_block" | "function_item"))
}

fn unknown(work: &Work<'_>, name: &str, at: Span) -> Refusal {
    let message =
        format!("the type of `{name}` is not written anywhere that could be read; annotate it");
    work.refuse(Reason::Unsupported, message, at)
}

fn inputs(work: &Work<'_>, body: &mut Vec<Replacement>) -> Result<Vec<Input>, Refusal> {
    let function = span(work.function);
    let mut seen: Vec<BoundId> = Vec::new();
    let mut out = Vec::new();
    for occurrence in work.names.bindings.within(work.at) {
        let Some(id) = occurrence.bound else { continue };
        let bound = work.names.bindings.get(id);
        let variable = matches!(bound.kind, BoundKind::Parameter | BoundKind::Variable);
        let outside = function.contains(bound.declared) && !work.at.contains(bound.declared);
        if !variable || !outside || seen.contains(&id) {
            continue;
        }
        seen.push(id);
        let ty = work
            .typing
            .of_variable(id, 0)
            .ok_or_else(|| unknown(work, &bound.name, occurrence.span))?;
        let ty = ty.strip_prefix("mut ").unwrap_or(&ty).to_owned();
        if !work.typing.visible(&ty, work.function.start_byte()) || ty.contains("impl ") {
            let message =
                format!("the type `{ty}` of `{}` cannot be named for a new function", bound.name);
            return Err(work.refuse(Reason::Unsupported, message, occurrence.span));
        }
        out.push(input(work, id, &bound.name, &ty, body)?);
    }
    Ok(out)
}

/// How the selection uses a variable.
#[derive(Default)]
struct Usage {
    assigned: bool,
    /// `&mut x`, a field that is assigned, a method that changes it.
    changed: bool,
    /// Used as a value: moved, unless it is copied.
    moved: Option<Span>,
    after: bool,
    looped: bool,
}

fn usage(work: &Work<'_>, id: BoundId) -> Usage {
    let mut usage = Usage::default();
    let declared = work.names.bindings.get(id).declared;
    for occurrence in work.names.bindings.of(id) {
        if !work.at.contains(occurrence.span) {
            usage.after |= occurrence.span.start >= work.at.end && occurrence.role != Role::Bind;
            continue;
        }
        let node = work
            .setting
            .parsed
            .root()
            .descendant_for_byte_range(occurrence.span.start, occurrence.span.end);
        let Some(node) = node else { continue };
        match occurrence.role {
            Role::Write => usage.assigned = true,
            _ if writes(occurrence) => {
                let direct = node.parent().is_some_and(|p| {
                    p.kind() == "compound_assignment_expr" && node.field() == Some("left")
                });
                usage.assigned |= direct;
                usage.changed |= !direct;
            }
            _ => match place_use(work, node) {
                PlaceUse::Look => {}
                PlaceUse::Change => usage.changed = true,
                PlaceUse::Value => {
                    usage.moved.get_or_insert(occurrence.span);
                }
            },
        }
    }
    usage.looped = work.loops().iter().any(|l| declared.start < l.start_byte());
    usage
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PlaceUse {
    Look,
    Change,
    Value,
}

/// What is done with a variable at one place.
fn place_use(work: &Work<'_>, node: Node<'_>) -> PlaceUse {
    let Some(parent) = node.parent() else { return PlaceUse::Value };
    match parent.kind() {
        "field_expression" => {
            let called = parent
                .parent()
                .filter(|c| c.kind() == "call_expression" && field(*c, "function") == Some(parent));
            let name = field(parent, "field").map_or("", |f| work.str(f));
            match called {
                Some(_) => by_method(work, name),
                None => match place_use(work, parent) {
                    PlaceUse::Value => PlaceUse::Look,
                    other => other,
                },
            }
        }
        "index_expression" if named(parent).first() == Some(&node) => match place_use(work, parent)
        {
            PlaceUse::Value => PlaceUse::Look,
            other => other,
        },
        "reference_expression" => {
            if children(parent).any(|c| c.kind() == "mutable_specifier") {
                PlaceUse::Change
            } else {
                PlaceUse::Look
            }
        }
        "assignment_expression" | "compound_assignment_expr" if node.field() == Some("left") => {
            PlaceUse::Change
        }
        "token_tree" | "string_content" | "string_literal" => PlaceUse::Look,
        "binary_expression" => {
            let operator = field(parent, "operator").map_or("", |o| work.str(o));
            if matches!(operator, "==" | "!=" | "<" | ">" | "<=" | ">=") {
                PlaceUse::Look
            } else {
                PlaceUse::Value
            }
        }
        "parenthesized_expression" => place_use(work, parent),
        "unary_expression" if work.str(parent).starts_with('*') => match place_use(work, parent) {
            PlaceUse::Value => PlaceUse::Look,
            other => other,
        },
        _ => PlaceUse::Value,
    }
}

fn by_method(work: &Work<'_>, name: &str) -> PlaceUse {
    let mut own =
        work.names.defined.iter().filter(|d| d.name.of(work.text) == Some(name)).peekable();
    if own.peek().is_some() {
        let heads: Vec<&str> = own
            .filter_map(|d| d.whole.of(work.text)?.split_once('(')?.1.split([',', ')']).next())
            .collect();
        if heads.iter().any(|h| h.contains("&mut self") || h.contains("mut self")) {
            return PlaceUse::Change;
        }
        if heads.iter().all(|h| h.contains('&')) {
            return PlaceUse::Look;
        }
        return PlaceUse::Value;
    }
    if is_looking(name) {
        return PlaceUse::Look;
    }
    if changes_receiver(name) {
        return PlaceUse::Change;
    }
    if name.starts_with("is_")
        || name.starts_with("as_")
        || name.starts_with("to_")
        || name.starts_with("get")
    {
        return PlaceUse::Look;
    }
    PlaceUse::Value
}

fn input(
    work: &Work<'_>,
    id: BoundId,
    name: &str,
    ty: &str,
    body: &mut Vec<Replacement>,
) -> Result<Input, Refusal> {
    let usage = usage(work, id);
    let kept = usage.after || usage.looped;
    if usage.assigned && !initialised(work, id) {
        let message = format!("`{name}` gets its first value in the selection");
        return Err(work.refuse(Reason::ControlFlow, message, work.at));
    }
    let own = |ty: String, mutable: bool, argument: String| {
        Ok(Input { name: name.to_owned(), ty, mutable, argument })
    };
    let plain = name.to_owned();
    if is_mut_ref(ty) {
        if usage.assigned {
            let message = format!("the reference `{name}` itself is assigned in the selection");
            return Err(work.refuse(Reason::ControlFlow, message, work.at));
        }
        return own(ty.to_owned(), false, plain);
    }
    let (by_ref, _) = peel(ty);
    if is_copy(ty) {
        if usage.assigned || usage.changed && by_ref.is_empty() {
            if !kept {
                return own(ty.to_owned(), true, plain);
            }
            rewrite(work, id, true, body)?;
            return own(format!("&mut {ty}"), false, format!("&mut {plain}"));
        }
        return own(ty.to_owned(), false, plain);
    }
    if usage.assigned || usage.changed {
        if !kept && usage.moved.is_some() {
            return own(ty.to_owned(), true, plain);
        }
        rewrite(work, id, true, body)?;
        return own(format!("&mut {ty}"), false, format!("&mut {plain}"));
    }
    if let Some(moved) = usage.moved {
        if kept {
            // What is used again afterwards was copied here, or a method of unknown kind only looked.
            if value_uses_are_calls(work, id) {
                rewrite(work, id, false, body)?;
                return own(format!("&{ty}"), false, format!("&{plain}"));
            }
            let message = format!(
                "whether `{name}` is moved or copied here cannot be told from its type `{ty}`"
            );
            return Err(work.refuse(Reason::Unsupported, message, moved));
        }
        return own(ty.to_owned(), false, plain);
    }
    rewrite(work, id, false, body)?;
    let shared = match ty {
        "String" => "&str".to_owned(),
        _ if head(ty) == "Vec" && !ty.contains("::") => arguments(ty)
            .and_then(|a| a.into_iter().next())
            .map_or_else(|| format!("&{ty}"), |t| format!("&[{t}]")),
        _ => format!("&{ty}"),
    };
    // A slice has not all that the whole has; only where nothing but looking at elements is done.
    let shared = if only_slice_uses(work, id) { shared } else { format!("&{ty}") };
    own(shared, false, format!("&{plain}"))
}

/// Methods that slices and strings have as well as their owners.
fn only_slice_uses(work: &Work<'_>, id: BoundId) -> bool {
    work.names.bindings.of(id).filter(|o| work.at.contains(o.span)).all(|o| {
        let node = work.setting.parsed.root().descendant_for_byte_range(o.span.start, o.span.end);
        let parent = node.and_then(|n| n.parent());
        parent.is_some_and(|p| match p.kind() {
            "field_expression" => {
                let name = field(p, "field").map_or("", |f| work.str(f));
                matches!(
                    name,
                    "len"
                        | "is_empty"
                        | "iter"
                        | "first"
                        | "last"
                        | "chars"
                        | "bytes"
                        | "starts_with"
                        | "ends_with"
                        | "contains"
                        | "lines"
                        | "trim"
                        | "split"
                        | "char_indices"
                        | "to_string"
                        | "as_bytes"
                        | "windows"
                        | "chunks"
                )
            }
            "index_expression" => node.is_some_and(|n| named(p).first() == Some(&n)),
            "string_content" | "string_literal" => true,
            "token_tree" => true,
            _ => false,
        })
    })
}

/// Value uses that are method calls of unknown kind.
fn value_uses_are_calls(work: &Work<'_>, id: BoundId) -> bool {
    work.names.bindings.of(id).filter(|o| work.at.contains(o.span)).all(|o| {
        let node = work.setting.parsed.root().descendant_for_byte_range(o.span.start, o.span.end);
        node.is_some_and(|n| {
            place_use(work, n) == PlaceUse::Look
                || n.parent().is_some_and(|p| p.kind() == "field_expression")
        })
    })
}

/// True when the declaration gives the variable a value.
fn initialised(work: &Work<'_>, id: BoundId) -> bool {
    let bound = work.names.bindings.get(id);
    let node = work
        .setting
        .parsed
        .root()
        .descendant_for_byte_range(bound.declared.start, bound.declared.end);
    let holder = node.and_then(|n| {
        ancestors(n).find(|a| {
            a.kind() == "let_declaration" || a.kind() == "parameter" || a.kind() == "block"
        })
    });
    holder.is_none_or(|h| h.kind() != "let_declaration" || field(h, "value").is_some())
}

/// Uses of a variable that is a reference in the new function: `*x` where its value is meant, `x` for `&x`.
fn rewrite(
    work: &Work<'_>,
    id: BoundId,
    mutable: bool,
    body: &mut Vec<Replacement>,
) -> Result<(), Refusal> {
    for occurrence in work.names.bindings.of(id).filter(|o| work.at.contains(o.span)) {
        let at = occurrence.span;
        let node = work.setting.parsed.root().descendant_for_byte_range(at.start, at.end);
        let Some(node) = node.filter(|n| n.kind() == "identifier" && span(*n) == at) else {
            continue;
        };
        let Some(parent) = node.parent() else { continue };
        let shorthand = work.names.shorthand.contains_key(&at.start);
        match parent.kind() {
            "field_expression" => {}
            "index_expression" if named(parent).first() == Some(&node) => {}
            "reference_expression" => {
                let changing = children(parent).any(|c| c.kind() == "mutable_specifier");
                if changing && mutable {
                    body.push(put(span(parent), format!("&mut *{}", work.str(node))));
                } else {
                    let by = if mutable { "&*" } else { "" };
                    body.push(put(span(parent), format!("{by}{}", work.str(node))));
                }
            }
            "token_tree" => {
                // Format macros take references themselves; others may not.
                let before = work.text[..at.start].trim_end();
                let after = work.text[at.end..].trim_start();
                if after.starts_with(['.', '[']) {
                    continue;
                }
                if before.ends_with("&mut") || before.ends_with('&') {
                    if mutable && before.ends_with('&') || before.ends_with("&mut") {
                        body.push(put(at, format!("*{}", work.str(node))));
                        continue;
                    }
                    continue;
                }
                body.push(put(at, format!("*{}", work.str(node))));
            }
            _ if shorthand => body.push(put(at, format!("{0}: *{0}", work.str(node)))),
            _ => {
                let negated = matches!(
                    parent.kind(),
                    "type_cast_expression" | "try_expression" | "await_expression"
                );
                let name = work.str(node);
                body.push(put(
                    at,
                    if negated && parent.kind() != "type_cast_expression" {
                        format!("(*{name})")
                    } else {
                        format!("*{name}")
                    },
                ));
            }
        }
    }
    Ok(())
}

fn outputs(work: &Work<'_>) -> Result<Vec<Output>, Refusal> {
    let bindings = &work.names.bindings;
    let mut out = Vec::new();
    for (at, bound) in bindings.bound.iter().enumerate() {
        let id = BoundId(u32::try_from(at).unwrap_or(u32::MAX));
        let variable = work.names.local[at] || !matches!(bound.kind, BoundKind::Import);
        if !work.at.contains(bound.declared) || !variable {
            continue;
        }
        let after: Vec<_> = bindings.of(id).filter(|o| o.span.start >= work.at.end).collect();
        let Some(first) = after.first() else { continue };
        if bound.kind != BoundKind::Variable {
            let message =
                format!("`{}` is declared in the selection and used after it", bound.name);
            return Err(work.refuse(Reason::ControlFlow, message, first.span));
        }
        let ty = work
            .typing
            .of_variable(id, 0)
            .ok_or_else(|| unknown(work, &bound.name, bound.declared))?;
        if !work.typing.visible(&ty, work.function.start_byte()) {
            return Err(unknown(work, &bound.name, bound.declared));
        }
        let mutable = work.text[..bound.declared.start].trim_end().ends_with("mut")
            && after.iter().any(|o| writes(o) || changes_later(work, o.span));
        out.push(Output { name: bound.name.clone(), ty, mutable });
    }
    Ok(out)
}

fn changes_later(work: &Work<'_>, at: Span) -> bool {
    let node = work.setting.parsed.root().descendant_for_byte_range(at.start, at.end);
    node.is_some_and(|n| place_use(work, n) != PlaceUse::Look)
}

/// The type of the selection's value, `None` for `()`.
fn value(work: &Work<'_>) -> Result<Option<String>, Refusal> {
    let last = *work
        .nodes()
        .last()
        .ok_or_else(|| work.refuse(Reason::NotHere, "nothing is selected", work.at))?;
    let last = block_value(last, work.text).unwrap_or(last);
    if let Selected::Statements(_) = work.selected {
        if last.kind().ends_with("_statement")
            || last.kind() == "let_declaration"
            || last.kind().ends_with("_item")
            || last.kind() == "use_declaration"
        {
            return Ok(None);
        }
        if super::is_unit_tail(last) {
            return Ok(None);
        }
    }
    let given = given_by_function(work, last);
    let ty = given
        .or_else(|| work.typing.of(last, 0).map(|t| if t == "()" { String::new() } else { t }));
    let Some(ty) = ty else {
        if unit_block(last) {
            return Ok(None);
        }
        let message = "the type of the selected value is not written anywhere that could be read; \
                       put it in a variable with a type first";
        return Err(work.refuse(Reason::Unsupported, message, span(last)));
    };
    if ty.contains("impl ") || !work.typing.visible(&ty, work.function.start_byte()) {
        let message = format!("the type `{ty}` cannot be named for a new function");
        return Err(work.refuse(Reason::Unsupported, message, span(last)));
    }
    if is_place(last, work.text) && last.kind() != "identifier" && !is_copy(&ty) {
        let message = "this is part of something else, which a function would have to take it out of; \
                       select the borrow or copy of it as well";
        return Err(work.refuse(Reason::NotEquivalent, message, span(last)));
    }
    Ok(Some(ty).filter(|t| !t.is_empty()))
}

/// The return type, when the node is what the function gives.
fn given_by_function(work: &Work<'_>, last: Node<'_>) -> Option<String> {
    let body = field(work.function, "body")?;
    let tail = named(body).into_iter().last()?;
    let mut at = last;
    while at != tail {
        let parent = at.parent()?;
        match parent.kind() {
            "block" if named(parent).last() == Some(&at) => {}
            "expression_statement" if block_value(parent, work.text) == Some(at) => {}
            "if_expression" if at.field() != Some("condition") => {}
            "else_clause" | "match_block" => {}
            "match_expression" if at.field() == Some("body") => {}
            "match_arm" if at.field() == Some("value") => {}
            _ => return None,
        }
        if matches!(parent.kind(), "closure_expression" | "function_item") {
            return None;
        }
        at = parent;
    }
    if tail.kind().ends_with("_statement") && block_value(tail, work.text).is_none() {
        return None;
    }
    Some(field(work.function, "return_type").map_or_else(String::new, |t| work.str(t).to_owned()))
}

/// True for the end of a block whose value is `()`: of a loop, or of a condition that stands as a statement.
fn unit_block(last: Node<'_>) -> bool {
    let wrapped = last.parent().filter(|p| p.kind() == "expression_statement");
    let outer = wrapped.unwrap_or(last).parent();
    let Some(block) = outer.filter(|p| p.kind() == "block") else { return false };
    block.parent().is_some_and(|p| match p.kind() {
        "for_expression" | "while_expression" | "loop_expression" => true,
        "if_expression" => field(p, "alternative").is_none(),
        _ => false,
    })
}

fn question(work: &Work<'_>, value: Option<&str>) -> Result<Option<Question>, Refusal> {
    let tried =
        work.inside().into_iter().find(|n| n.kind() == "try_expression" && !in_inner(work, *n));
    let Some(tried) = tried else { return Ok(None) };
    let unsupported = |message: &str| Err(work.refuse(Reason::Unsupported, message, span(tried)));
    if work.owner.kind() != "function_item" {
        return unsupported("`?` leaves a closure or `async` block whose type is not written");
    }
    let Some(ty) = field(work.function, "return_type").map(|t| work.str(t)) else {
        return unsupported("`?` in a function without a written result");
    };
    let passes_on = value == Some(ty)
        && work.nodes().last().is_some_and(|l| given_by_function(work, *l).is_some());
    let wrap = match head(ty) {
        "Result" => "Ok",
        "Option" => "Some",
        _ => return unsupported("`?` in a function that gives neither `Result` nor `Option`"),
    };
    let args = arguments(ty).unwrap_or_default();
    let Some(first) = args.first() else {
        return unsupported("the result's type has no parameter that could be replaced");
    };
    let Some(at) = ty.find(first.as_str()) else {
        return unsupported("the result's type cannot be read");
    };
    let (before, after) = (ty[..at].to_owned(), ty[at + first.len()..].to_owned());
    if !work.typing.visible(ty, work.function.start_byte()) {
        return unsupported("the result's type cannot be named for a new function");
    }
    Ok(Some(Question { before, after, wrap, passes_on }))
}

/// How `self` is taken.
fn receiver(work: &Work<'_>) -> Result<Option<&'static str>, Refusal> {
    if !work.uses_self() {
        return Ok(None);
    }
    let Some(class) = work.class() else {
        return Err(work.refuse(
            Reason::Unsupported,
            "`self` of another function is used here",
            work.at,
        ));
    };
    if class.kind() == "trait_item" {
        let message = "a method of a trait would become part of what implementors may override";
        return Err(work.refuse(Reason::Unsupported, message, work.at));
    }
    let parameters = field(work.function, "parameters").map_or_else(Vec::new, named);
    let own = parameters.iter().find(|p| p.kind() == "self_parameter").map(|p| work.str(*p));
    match own {
        Some(own) if own.starts_with('&') && own.contains("mut") => Ok(Some("&mut self")),
        Some(own) if own.starts_with('&') => Ok(Some("&self")),
        Some(_) => by_value(work).map(Some),
        None => Err(work.refuse(Reason::Unsupported, "`self` has a type of its own here", work.at)),
    }
}

fn by_value(work: &Work<'_>) -> Result<&'static str, Refusal> {
    let mut used = PlaceUse::Look;
    for node in work.inside().into_iter().filter(|n| n.kind() == "self") {
        match place_use(work, node) {
            PlaceUse::Value => {
                let message = "`self` is moved in the selection, and whether it is used afterwards cannot be told";
                return Err(work.refuse(Reason::Unsupported, message, span(node)));
            }
            PlaceUse::Change => used = PlaceUse::Change,
            PlaceUse::Look => {
                // `self.name` as a value moves the field out of an owned `self`.
                let whole = node.parent().filter(|p| p.kind() == "field_expression");
                let outer = whole.and_then(|w| w.parent());
                let moved = outer.is_some_and(|o| {
                    !matches!(
                        o.kind(),
                        "field_expression"
                            | "reference_expression"
                            | "index_expression"
                            | "binary_expression"
                            | "token_tree"
                            | "call_expression"
                            | "unary_expression"
                    )
                });
                if moved {
                    let message = "a field of `self` is moved in the selection; `self` could not be only borrowed";
                    return Err(work.refuse(Reason::Unsupported, message, span(node)));
                }
            }
        }
    }
    Ok(if used == PlaceUse::Change { "&mut self" } else { "&self" })
}

/// # Errors
/// A borrowed result of which it is not written what it borrows from.
fn lifetimes(work: &Work<'_>, plan: &Plan) -> Result<(), Refusal> {
    let results: Vec<&str> =
        plan.outputs.iter().map(|o| o.ty.as_str()).chain(plan.value.as_deref()).collect();
    let elided = results
        .iter()
        .any(|t| t.replace("&'static", "").contains('&') && !t.contains("&'") || t.contains("'_"));
    let references =
        plan.inputs.iter().filter(|i| i.ty.contains('&') || i.ty.contains('\'')).count();
    if elided && plan.receiver.is_none() && references != 1 {
        let message = "the result is borrowed, and from which of the parameters cannot be told";
        return Err(work.refuse(Reason::Unsupported, message, work.at));
    }
    if elided && plan.receiver.is_some() && references > 0 {
        let message =
            "the result is borrowed, from `self` or from a parameter; which one cannot be told";
        return Err(work.refuse(Reason::Unsupported, message, work.at));
    }
    Ok(())
}
