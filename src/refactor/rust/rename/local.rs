//! Variables, parameters, generics, lifetimes and labels: names that one scope holds.

use super::Renaming;
use crate::base::Span;
use crate::refactor::rust::names::{Names, Shorthand, TokenPlace};
use crate::refactor::step::put;
use crate::refactor::{
    Answer, BoundId, BoundKind, Namespace, Occurrence, Reason, Refusal, Role, ScopeId, Step,
};

pub(super) fn plan(renaming: &Renaming<'_>, names: &Names, id: BoundId) -> Answer {
    renaming.differ()?;
    let path = renaming.setting.path();
    let mut step = Step::new(renaming.title());
    let uses = uses(renaming, names, id)?;
    taken(renaming, names, id, &uses)?;
    for at in &uses {
        step.replace(path, replacement(renaming, names, *at));
    }
    super::mentions::of_parameter(renaming, names, id, &mut step);
    Ok(step)
}

/// Every place that means the name: those in the bindings, and those in rules of macros that stand within its scope.
fn uses(renaming: &Renaming<'_>, names: &Names, id: BoundId) -> Result<Vec<Span>, Refusal> {
    let bound = names.bindings.get(id);
    let text = renaming.setting.text();
    let mut out: Vec<Span> = names.bindings.of(id).map(|o| o.span).collect();
    if let Some(at) = out.iter().find(|s| names.stringified.contains(s)) {
        let message = format!("`{}` is turned into text by a macro here", renaming.old);
        return Err(here(renaming, Reason::Dynamic, message, *at));
    }
    for token in &names.tokens {
        let word = token.span.of(text).unwrap_or("");
        if word != renaming.old || text[..token.span.start].ends_with('.') {
            continue;
        }
        if names.lookup(token.scope, word, bound.namespace) != Some(id) {
            continue;
        }
        match token.place {
            TokenPlace::Template if bound.kind != BoundKind::Label => out.push(token.span),
            TokenPlace::Macro => {
                let message = format!(
                    "`{}` stands in a macro whose arguments cannot be read; it may mean something else there",
                    renaming.old
                );
                return Err(here(renaming, Reason::Dynamic, message, token.span));
            }
            _ => {}
        }
    }
    out.sort_unstable();
    out.dedup();
    Ok(out)
}

fn here(renaming: &Renaming<'_>, reason: Reason, message: String, at: Span) -> Refusal {
    let line = renaming.setting.parsed.lines().line(at.start);
    Refusal::new(reason, message).at(renaming.setting.path(), line)
}

/// What is written at a use.
pub(super) fn replacement(
    renaming: &Renaming<'_>,
    names: &Names,
    at: Span,
) -> crate::base::Replacement {
    let (old, new) = (&renaming.old, renaming.new);
    match names.shorthand.get(&at.start) {
        Some(Shorthand::Expression) => put(at, format!("{old}: {new}")),
        Some(Shorthand::Pattern { whole }) => {
            let text = renaming.setting.text();
            let before = Span::new(whole.start, at.start).of(text).unwrap_or("");
            put(*whole, format!("{old}: {before}{new}"))
        }
        None if renaming.setting.text()[at.start..].starts_with("r#") => {
            put(at, format!("r#{new}"))
        }
        None => put(at, new),
    }
}

/// # Errors
/// When the new name means something where the old one is used, or would take what the new name means elsewhere.
fn taken(
    renaming: &Renaming<'_>,
    names: &Names,
    id: BoundId,
    uses: &[Span],
) -> Result<(), Refusal> {
    let bindings = &names.bindings;
    let bound = bindings.get(id);
    let new = renaming.new;
    // Lifetimes and labels are both written with a quote; types and consts of generics meet all types.
    let same_space = |other: Namespace| other.meets(bound.namespace);
    let inside = |scope: ScopeId| bindings.chain(scope).any(|s| s == bound.scope);
    let clash = |at: Span, what: &str| {
        let line = renaming.setting.parsed.lines().line(at.start);
        let message = format!("`{new}` is already {what} (line {line}); choose another name");
        here(renaming, Reason::NameTaken, message, at)
    };
    for (other, b) in names.named(new) {
        let item = !names.local[other.0 as usize];
        if b.scope == bound.scope
            && same_space(b.namespace)
            && !(item && b.kind == BoundKind::Function)
        {
            return Err(clash(b.declared, "bound in the same scope"));
        }
    }
    for at in uses {
        let Some(occurrence) = bindings.at(*at) else { continue };
        if occurrence.role == Role::Bind && bindings.get(id).declared == *at {
            continue;
        }
        let found = names.lookup(occurrence.scope, new, bound.namespace);
        let Some(found) = found.map(|f| bindings.get(f)) else { continue };
        if inside(found.scope) {
            return Err(clash(found.declared, "something else where this name is used"));
        }
    }
    if bound.namespace == Namespace::Value && bound.kind != BoundKind::Constant {
        // In a pattern the name of a constant is that constant.
        let upper = new.chars().next().is_some_and(char::is_uppercase);
        let item = names.lookup(bound.scope, new, Namespace::Value).map(|f| bindings.get(f));
        let constant = item.filter(|b| {
            matches!(b.kind, BoundKind::Constant | BoundKind::Class)
                || upper && b.kind == BoundKind::Import
        });
        if let Some(constant) = constant {
            return Err(clash(constant.declared, "a constant: a pattern would compare with it"));
        }
        if upper && matches!(new, "None" | "Some" | "Ok" | "Err") {
            let message = format!("`{new}` is a variant of the standard library");
            return Err(Refusal::new(Reason::NameTaken, message));
        }
    }
    captured(renaming, names, bound.scope, &|o: &Occurrence| {
        let space = match o.bound {
            Some(other) => bindings.get(other).namespace,
            None => names.unbound.get(&o.span.start).copied().unwrap_or_default(),
        };
        let outer = o.bound.is_none_or(|other| !inside(bindings.get(other).scope));
        same_space(space) && outer && inside(o.scope)
    })?;
    named_argument(renaming, uses)
}

/// # Errors
/// A use of the new name, within `scope`, that would mean the renamed one.
fn captured(
    renaming: &Renaming<'_>,
    names: &Names,
    scope: ScopeId,
    taken: &dyn Fn(&Occurrence) -> bool,
) -> Result<(), Refusal> {
    let text = renaming.setting.text();
    let span = names.bindings.scope(scope).span;
    let mut within = names.bindings.occurrences.iter().filter(|o| span.contains(o.span));
    let found = within.find(|o| o.span.of(text) == Some(renaming.new) && taken(o));
    let token = names.tokens.iter().find(|t| {
        span.contains(t.span)
            && t.span.of(text) == Some(renaming.new)
            && t.place == TokenPlace::Macro
            && !text[..t.span.start].ends_with('.')
    });
    match found.map(|o| o.span).or(token.map(|t| t.span)) {
        Some(at) => {
            let message = format!(
                "`{}` is used here and would mean the renamed `{}`; choose another name",
                renaming.new, renaming.old
            );
            Err(here(renaming, Reason::NameTaken, message, at))
        }
        None => Ok(()),
    }
}

/// `format!("{old}", new = 1)` has an argument of the new name.
fn named_argument(renaming: &Renaming<'_>, uses: &[Span]) -> Result<(), Refusal> {
    let (text, root) = (renaming.setting.text(), renaming.setting.parsed.root());
    for at in uses {
        let Some(node) = root.descendant_for_byte_range(at.start, at.end) else { continue };
        if !node.kind().starts_with("string") && !node.kind().starts_with("raw_string") {
            continue;
        }
        let tree = crate::syntax::node::ancestor(node, &["token_tree"]);
        let Some(tree) = tree else { continue };
        for word in crate::refactor::words(&text[tree.byte_range()], renaming.new) {
            let after = text[tree.start_byte() + word.end..].trim_start();
            if after.starts_with('=') && !after.starts_with("==") {
                let message = format!("`{}` is an argument of this format string", renaming.new);
                return Err(here(renaming, Reason::NameTaken, message, *at));
            }
        }
    }
    Ok(())
}
