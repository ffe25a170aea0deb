//! The parameters as they were and as they become.

use super::super::effects::{self, Effect, commute};
use super::super::file::File;
use super::super::names::check_name;
use super::super::rename::free;
use crate::refactor::{Namespace, Reason, Refusal, Role, ScopeKind, SignatureChange};
use crate::syntax::node::{descendants, field, named, span};
use crate::syntax::tree::Node;

/// One parameter of the new list.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    name: String,
    declaration: String,
    from: From,
}

#[derive(Clone, Debug)]
enum From {
    /// The parameter that was at this position.
    Old(usize),
    New {
        argument: Option<String>,
    },
}

/// The new list, and what went away.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    old: usize,
    removed: Vec<usize>,
}

/// # Errors
/// When a change names no parameter, the body needs what goes away, or a new name is taken.
pub(super) fn apply(
    file: &File,
    function: Node<'_>,
    name: &str,
    changes: &[SignatureChange],
) -> Result<Slots, Refusal> {
    let list = parameters(function);
    let mut slots: Vec<Slot> = list
        .iter()
        .enumerate()
        .map(|(at, node)| Slot {
            name: name_of(file, *node),
            declaration: file.of_node(*node).to_owned(),
            from: From::Old(at),
        })
        .collect();
    if let Some(this) =
        list.iter().find(|n| field(**n, "pattern").is_some_and(|p| p.kind() == "this"))
    {
        return Err(file.refuse(
            Reason::Unsupported,
            "a function that declares its `this` is not changed",
            *this,
        ));
    }
    let holder = field(function, "parameters").unwrap_or(function);
    if let Some(comment) =
        descendants(holder).into_iter().find(|n| n.kind() == "comment" && holder != function)
    {
        return Err(file.refuse(
            Reason::NotEquivalent,
            "a comment in the list of parameters would be lost",
            comment,
        ));
    }
    let mut removed = Vec::new();
    for change in changes {
        match change {
            SignatureChange::Add { declaration, argument, default, at } => {
                let slot =
                    added(file, function, name, declaration, argument.as_ref(), default.as_ref())?;
                if slots.iter().any(|s| s.name == slot.name) {
                    let message = format!(
                        "`{}` is already a parameter of `{name}`; choose another name",
                        slot.name
                    );
                    return Err(file.refuse(Reason::NameTaken, message, function));
                }
                let rest =
                    slots.last().is_some_and(|s| s.declaration.trim_start().starts_with("..."));
                let at = (*at).min(slots.len() - usize::from(rest && *at >= slots.len()));
                slots.insert(at, slot);
            }
            SignatureChange::Remove { name: gone } => {
                let at = position(file, function, &slots, gone, name)?;
                if let From::Old(index) = slots[at].from {
                    check_unused(file, list[index], name)?;
                    removed.push(index);
                }
                slots.remove(at);
            }
            SignatureChange::Reorder(order) => {
                let mut sorted = Vec::new();
                for wanted in order {
                    sorted.push(slots[position(file, function, &slots, wanted, name)?].clone());
                }
                if sorted.len() != slots.len()
                    || (1..order.len()).any(|i| order[..i].contains(&order[i]))
                {
                    let message =
                        format!("the new order has to name each parameter of `{name}` once");
                    return Err(file.refuse(Reason::NotHere, message, function));
                }
                slots = sorted;
            }
        }
    }
    let slots = Slots { slots, old: list.len(), removed };
    check_order(file, &list, &slots)?;
    Ok(slots)
}

fn parameters(function: Node<'_>) -> Vec<Node<'_>> {
    match field(function, "parameter") {
        Some(one) => vec![one],
        None => field(function, "parameters").map(named).unwrap_or_default(),
    }
}

/// The name of a parameter, or the text of its pattern.
fn name_of(file: &File, node: Node<'_>) -> String {
    let pattern = match node.kind() {
        "assignment_pattern" => field(node, "left"),
        "required_parameter" | "optional_parameter" => field(node, "pattern"),
        _ => Some(node),
    };
    file.of_node(pattern.unwrap_or(node)).trim_start_matches("...").trim().to_owned()
}

fn position(
    file: &File,
    function: Node<'_>,
    slots: &[Slot],
    wanted: &str,
    name: &str,
) -> Result<usize, Refusal> {
    slots.iter().position(|s| s.name == wanted).ok_or_else(|| {
        file.refuse(Reason::NotHere, format!("`{name}` has no parameter `{wanted}`"), function)
    })
}

fn added(
    file: &File,
    function: Node<'_>,
    name: &str,
    declaration: &str,
    argument: Option<&String>,
    default: Option<&String>,
) -> Result<Slot, Refusal> {
    let own = declaration
        .split([':', '=', '?'])
        .next()
        .unwrap_or_default()
        .trim()
        .trim_start_matches("...")
        .trim();
    check_name(own)?;
    let bindings = &file.names.bindings;
    let scope = (0..)
        .map(crate::refactor::ScopeId)
        .zip(&bindings.scopes)
        .find(|(_, s)| s.span == span(function) && s.kind == ScopeKind::Function);
    if let Some((scope, _)) = scope {
        let body = (0..)
            .map(crate::refactor::ScopeId)
            .zip(&bindings.scopes)
            .find(|(_, s)| s.parent == Some(scope) && s.span.end == span(function).end);
        let all = [Some(scope), body.map(|(id, _)| id)];
        if let Some(other) =
            all.into_iter().flatten().find_map(|s| bindings.own(s, own, Namespace::Both))
        {
            let message = format!("`{own}` is bound in `{name}` already; choose another name");
            return Err(file.refuse_at(Reason::NameTaken, message, bindings.get(other).declared));
        }
        free(file, scope, own, Namespace::Value, name)?;
    }
    if argument.is_none()
        && default.is_none()
        && !declaration.contains('=')
        && !declaration.contains('?')
    {
        let message =
            format!("callers of `{name}` need an argument for `{own}`, or it needs a default");
        return Err(file.refuse(Reason::NotEquivalent, message, function));
    }
    let declaration = match default {
        Some(default) if !declaration.contains('=') => format!("{declaration} = {default}"),
        _ => declaration.to_owned(),
    };
    Ok(Slot { name: own.to_owned(), declaration, from: From::New { argument: argument.cloned() } })
}

/// # Errors
/// When the body uses a parameter that goes away.
fn check_unused(file: &File, node: Node<'_>, name: &str) -> Result<(), Refusal> {
    let bindings = &file.names.bindings;
    for occurrence in bindings.within(span(node)).filter(|o| o.role == Role::Bind) {
        let Some(id) = occurrence.bound else { continue };
        let used = bindings.of(id).find(|o| o.span != occurrence.span);
        if let Some(used) = used {
            let message = format!("`{name}` uses `{}`", bindings.get(id).name);
            return Err(file.refuse_at(Reason::NotEquivalent, message, used.span));
        }
    }
    if node.children().any(|c| c.kind() == "accessibility_modifier" || c.kind() == "readonly") {
        return Err(file.refuse(Reason::NotEquivalent, "the parameter is a property, too", node));
    }
    let default = field(node, "right").or_else(|| field(node, "value"));
    if let Some(default) = default.filter(|d| effects::of(file, *d) == Effect::Acts) {
        return Err(file.refuse(
            Reason::Effects,
            "the default of the parameter may have an effect",
            default,
        ));
    }
    Ok(())
}

/// # Errors
/// When a default would see a parameter that comes after it, or a rest would not be the last.
fn check_order(file: &File, list: &[Node<'_>], slots: &Slots) -> Result<(), Refusal> {
    for (index, slot) in slots.slots.iter().enumerate() {
        if slot.declaration.trim_start().starts_with("...") && index + 1 != slots.slots.len() {
            let message = "a rest parameter has to stay the last";
            return Err(Refusal::new(Reason::Syntax, message)
                .at(&file.path, file.line(list.first().copied().unwrap_or_else(|| file.root()))));
        }
        let From::Old(old) = slot.from else { continue };
        for later in &slots.slots[index + 1..] {
            let From::Old(other) = later.from else { continue };
            let uses = file.names.bindings.within(span(list[old])).find(|o| {
                o.role == Role::Read
                    && o.bound.is_some_and(|id| span(list[other]).contains(file.bound(id).declared))
            });
            if let Some(uses) = uses {
                let message =
                    format!("the default of `{}` needs `{}` before it", slot.name, later.name);
                return Err(file.refuse_at(Reason::Shadowed, message, uses.span));
            }
        }
    }
    Ok(())
}

impl Slots {
    pub(super) fn declarations(&self) -> Vec<&str> {
        self.slots.iter().map(|s| s.declaration.as_str()).collect()
    }

    /// True when calls as they are stay right.
    pub(super) fn is_compatible(&self) -> bool {
        self.removed.is_empty()
            && self.slots.iter().enumerate().all(|(at, s)| match &s.from {
                From::Old(old) => at == *old,
                From::New { argument } => argument.is_none() && at >= self.old,
            })
    }

    /// The arguments of a call: which text goes where, `None` for one that is left out.
    ///
    /// # Errors
    /// When arguments would be evaluated in another order, or no more.
    pub(super) fn arguments(
        &self,
        file: &File,
        given: &[Node<'_>],
        texts: &[String],
    ) -> Result<Vec<String>, Refusal> {
        let effect = |node: Node<'_>| effects::of(file, node);
        for gone in &self.removed {
            if let Some(node) = given.get(*gone).filter(|n| effect(**n) == Effect::Acts) {
                let message = "this argument goes away, but computing it may have an effect";
                return Err(file.refuse(Reason::Effects, message, *node));
            }
        }
        let kept: Vec<usize> = self
            .slots
            .iter()
            .filter_map(|s| match s.from {
                From::Old(old) if old < given.len() => Some(old),
                _ => None,
            })
            .collect();
        for (at, one) in kept.iter().enumerate() {
            for other in &kept[at + 1..] {
                if other < one && !commute(effect(given[*one]), effect(given[*other])) {
                    let message = "the arguments would be computed in another order";
                    return Err(file.refuse(Reason::Effects, message, given[*one]));
                }
            }
        }
        let mut out: Vec<Option<String>> = Vec::new();
        let rest = self.slots.last().is_some_and(|s| s.declaration.trim_start().starts_with("..."));
        for slot in &self.slots {
            match &slot.from {
                From::Old(old) => out.push(texts.get(*old).cloned()),
                From::New { argument } => out.push(argument.clone()),
            }
        }
        let extra = texts.iter().skip(self.old).cloned().map(Some);
        if rest || given.len() > self.old {
            while out.last().is_some_and(Option::is_none) && given.len() <= self.old {
                out.pop();
            }
            out.extend(extra);
        }
        while out.last().is_some_and(Option::is_none) {
            out.pop();
        }
        Ok(out.into_iter().map(|text| text.unwrap_or_else(|| "undefined".to_owned())).collect())
    }
}
