//! Whether a new name can stand where an old one stood.

use crate::refactor::python::infer::is_builtin;
use crate::refactor::python::world::Unit;
use crate::refactor::{BoundId, Namespace, Reason, Refusal, ScopeId, ScopeKind};

const KEYWORDS: &str = " False None True and as assert async await break class continue def del \
    elif else except finally for from global if import in is lambda nonlocal not or pass raise \
    return try while with yield ";

/// # Errors
/// When `name` cannot be the name of anything.
pub(in crate::refactor::python) fn check(name: &str) -> Result<(), Refusal> {
    let mut chars = name.chars();
    let is_word = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_');
    if !is_word {
        return Err(Refusal::new(Reason::BadName, format!("`{name}` is no name in Python")));
    }
    if KEYWORDS.contains(&format!(" {name} ")) {
        return Err(Refusal::new(Reason::BadName, format!("`{name}` is a word of the language")));
    }
    if is_dunder(name) {
        let message = format!("`{name}` has a meaning of its own in Python");
        return Err(Refusal::new(Reason::BadName, message));
    }
    Ok(())
}

/// True for `__name__`.
pub(in crate::refactor::python) fn is_dunder(name: &str) -> bool {
    name.len() > 4 && name.starts_with("__") && name.ends_with("__")
}

/// True for names that a class mangles.
pub(in crate::refactor::python) fn is_private(name: &str) -> bool {
    name.starts_with("__") && !name.ends_with("__")
}

/// Whether `to` can be the name of what is called `id` now, everywhere in the file; `Some` note when
/// it hides a builtin that is not used there.
///
/// # Errors
/// When another name would be hidden, or would hide it.
pub(super) fn fits(unit: &Unit, id: BoundId, to: &str) -> Result<Option<String>, Refusal> {
    let bound = unit.names.get(id);
    let home = bound.scope;
    if let Some(other) = unit.names.own(home, to, Namespace::Value) {
        let line = unit.line(unit.names.get(other).declared.start);
        let message = format!("`{to}` is already defined on line {line}; choose another name");
        return Err(unit.refuse(Reason::NameTaken, unit.names.get(other).declared.start, message));
    }
    for occurrence in unit.names.of(id) {
        if let Some(other) = unit
            .names
            .chain(occurrence.scope)
            .take_while(|scope| *scope != home)
            .filter(|scope| {
                unit.names.scope(*scope).kind != ScopeKind::Class || *scope == occurrence.scope
            })
            .find_map(|scope| unit.names.own(scope, to, Namespace::Value))
        {
            let line = unit.line(unit.names.get(other).declared.start);
            let message =
                format!("`{to}` is something else where `{}` is used (line {line})", bound.name);
            return Err(unit.refuse(Reason::NameTaken, occurrence.span.start, message));
        }
        let mangled = unit
            .names
            .chain(occurrence.scope)
            .any(|s| unit.names.scope(s).kind == ScopeKind::Class);
        if mangled
            && (is_private(to) || is_private(&bound.name))
            && unit.names.scope(home).kind != ScopeKind::Class
        {
            let message = "names with two underscores are changed within classes";
            return Err(unit.refuse(Reason::BadName, occurrence.span.start, message));
        }
    }
    captured(unit, home, to)?;
    let note = format!("`{to}` now hides the builtin of that name");
    Ok(is_builtin(to).then_some(note))
}

/// # Errors
/// When `to` is used within `home` with the meaning of an outer scope.
pub(in crate::refactor::python) fn captured(
    unit: &Unit,
    home: ScopeId,
    to: &str,
) -> Result<(), Refusal> {
    let in_class = unit.names.scope(home).kind == ScopeKind::Class;
    for occurrence in unit.names.occurrences.iter().filter(|o| o.span.of(unit.text()) == Some(to)) {
        let passes = if in_class {
            occurrence.scope == home
        } else {
            let mut chain = unit.names.chain(occurrence.scope);
            chain.any(|scope| scope == home)
        };
        let inner = occurrence.bound.is_some_and(|id| {
            let at = unit.names.get(id).scope;
            at != home && unit.names.chain(at).any(|scope| scope == home)
        });
        if passes && !inner {
            let what =
                if is_builtin(to) && occurrence.bound.is_none() { "the builtin " } else { "" };
            let message = format!("{what}`{to}` is used here and would mean something else");
            return Err(unit.refuse(Reason::NameTaken, occurrence.span.start, message));
        }
    }
    Ok(())
}
