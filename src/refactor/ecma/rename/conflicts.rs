//! Whether a name can be called otherwise without being mistaken for another one, or the other way round.

use super::super::file::File;
use crate::refactor::{
    BoundId, BoundKind, Namespace, Occurrence, Reason, Refusal, ScopeId, ScopeKind,
};

/// # Errors
/// [`Reason::NameTaken`] when the scope has the new name, [`Reason::Shadowed`] when an inner scope would
/// capture a use, or the renamed would capture uses of another.
pub(in crate::refactor::ecma) fn check(file: &File, id: BoundId, to: &str) -> Result<(), Refusal> {
    let bindings = &file.names.bindings;
    let bound = bindings.get(id);
    let space = if bound.kind == BoundKind::Label { Namespace::Label } else { Namespace::Both };
    let own = one_function(file, bound.scope);
    let taken = own.iter().find_map(|scope| bindings.own(*scope, to, space));
    if let Some(other) = taken {
        let line = file.parsed.lines().line(bindings.get(other).declared.start);
        let message =
            format!("`{to}` is bound in the same scope already (line {line}); choose another name");
        return Err(file.refuse_at(Reason::NameTaken, message, bindings.get(other).declared));
    }
    for occurrence in bindings.of(id) {
        let inner = between(file, occurrence, bound.scope);
        let captured = inner.into_iter().find_map(|scope| bindings.own(scope, to, space));
        if let Some(other) = captured {
            let line = file.parsed.lines().line(occurrence.span.start);
            let message = format!(
                "`{to}` means something else where `{}` is used (line {line}); choose another name",
                bound.name
            );
            return Err(file.refuse_at(Reason::Shadowed, message, bindings.get(other).declared));
        }
    }
    free(file, bound.scope, to, space, &bound.name)
}

/// # Errors
/// [`Reason::Shadowed`] when a use of `to` from further out would mean what is bound in `scope` from then on.
pub(in crate::refactor::ecma) fn free(
    file: &File,
    scope: ScopeId,
    to: &str,
    space: Namespace,
    from: &str,
) -> Result<(), Refusal> {
    let bindings = &file.names.bindings;
    let label = space == Namespace::Label;
    for occurrence in &bindings.occurrences {
        if occurrence.span.of(file.text()) != Some(to) {
            continue;
        }
        let target = occurrence.bound.map(|id| bindings.get(id));
        if target.map_or(label, |b| (b.kind == BoundKind::Label) != label) {
            continue;
        }
        let home = target.map(|b| b.scope);
        let through = bindings.chain(occurrence.scope).take_while(|s| Some(*s) != home);
        if through.into_iter().any(|s| s == scope) {
            let line = file.parsed.lines().line(occurrence.span.start);
            let message = format!(
                "`{to}` is used in the scope of `{from}` and means something else there (line {line}); choose another name"
            );
            return Err(file.refuse_at(Reason::Shadowed, message, occurrence.span));
        }
    }
    Ok(())
}

/// The scopes from that of an occurrence up to, not including, the one that binds it.
fn between(file: &File, occurrence: &Occurrence, home: ScopeId) -> Vec<ScopeId> {
    file.names.bindings.chain(occurrence.scope).take_while(|scope| *scope != home).collect()
}

/// Scopes that may not bind one name twice: of the parameters and of the body, of `catch` and its block.
fn one_function(file: &File, scope: ScopeId) -> Vec<ScopeId> {
    let bindings = &file.names.bindings;
    let mut all = vec![scope];
    let owner = bindings.scope(scope);
    let opens = |kind: ScopeKind| kind == ScopeKind::Function || is_catch(file, scope);
    if opens(owner.kind) {
        let body = (0..).zip(&bindings.scopes).find(|(_, s)| {
            s.parent == Some(scope) && s.span.end == owner.span.end && s.kind == ScopeKind::Block
        });
        all.extend(body.map(|(at, _)| ScopeId(at)));
    } else if let Some(parent) = owner.parent {
        let outer = bindings.scope(parent);
        if outer.span.end == owner.span.end
            && (outer.kind == ScopeKind::Function || is_catch(file, parent))
        {
            all.push(parent);
        }
    }
    all
}

fn is_catch(file: &File, scope: ScopeId) -> bool {
    let span = file.names.bindings.scope(scope).span;
    span.of(file.text()).is_some_and(|text| {
        text.starts_with("catch")
            && file
                .node(span)
                .is_some_and(|n| n.kind() == "catch_clause" && n.start_byte() == span.start)
    })
}
