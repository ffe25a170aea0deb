//! The scopes of a Python file, as CPython's `symtable` sees them.
//!
//! Two passes: `collect` walks the tree and notes which name is bound or used in which scope; here
//! the names are then resolved. Class scopes are not seen from the functions in them, a
//! comprehension has a scope of its own, and private names (`__x`) are mangled.

mod annotation;
mod collect;
mod pattern;

use std::collections::{HashMap, HashSet};

use crate::base::Span;
use crate::refactor::{
    Bindings, Bound, BoundId, BoundKind, Namespace, Occurrence, Role, Scope, ScopeId, ScopeKind,
};
use crate::syntax::Parsed;
pub(super) use annotation::parts;
use collect::{Event, Notes, RawScope};

/// What every identifier of the file stands for.
pub(super) fn of(parsed: &Parsed) -> Bindings {
    let notes = collect::notes(parsed);
    Resolver::new(&notes).run(&notes)
}

struct Resolver<'n> {
    scopes: &'n [RawScope],
    /// The names that each scope binds itself, mangled.
    owned: Vec<HashMap<&'n str, BoundId>>,
    bound: Vec<Bound>,
}

impl<'n> Resolver<'n> {
    fn new(notes: &'n Notes) -> Self {
        Self {
            scopes: &notes.scopes,
            owned: vec![HashMap::new(); notes.scopes.len()],
            bound: Vec::new(),
        }
    }

    fn run(mut self, notes: &'n Notes) -> Bindings {
        let mut order: Vec<&Event> = notes.events.iter().collect();
        order.sort_by_key(|e| e.span);
        // What a function binds by `global` is declared where the module binds it, if it does.
        let (own, moved): (Vec<&Event>, Vec<&Event>) = order
            .iter()
            .filter(|e| e.kind.is_some())
            .partition(|e| self.home(e.scope as usize, &e.key) == e.scope as usize);
        own.into_iter().chain(moved).for_each(|event| self.bind(event));
        // A class body reads a name of its own from the module until it has bound it.
        let mut seen: HashSet<BoundId> = HashSet::new();
        let mut evaluated: Vec<&Event> = order.clone();
        evaluated.sort_by_key(|e| e.after);
        let mut before: HashSet<Span> = HashSet::new();
        for event in evaluated {
            let Some(id) = self.resolve(event) else { continue };
            if event.kind.is_some() {
                seen.insert(id);
            } else if !seen.contains(&id) && event.role.reads() {
                before.insert(event.span);
            }
        }
        let occurrences = order.iter().map(|event| self.occurrence(event, &before)).collect();
        let scopes = self.scopes.iter().map(|raw| self.scope(raw, notes)).collect();
        ordered(Bindings { scopes, bound: self.bound, occurrences })
    }

    fn scope(&self, raw: &RawScope, notes: &Notes) -> Scope {
        let is_builtin = |scope: u32, name: &str| self.find(scope as usize, name).is_none();
        let at = raw.id;
        let dynamic = notes
            .dynamic
            .iter()
            .find(|d| d.scope == at && (d.name == "*" || is_builtin(at, &d.name)))
            .map(|d| d.span);
        Scope { kind: raw.kind, span: raw.span, parent: raw.parent.map(ScopeId), dynamic }
    }

    fn bind(&mut self, event: &'n Event) {
        let Some(kind) = event.kind else { return };
        let scope = self.home(event.scope as usize, &event.key);
        if self.owned[scope].contains_key(event.key.as_str()) {
            return;
        }
        let id = BoundId(u32::try_from(self.bound.len()).unwrap_or(u32::MAX));
        self.owned[scope].insert(&event.key, id);
        self.bound.push(Bound {
            name: event.name.clone(),
            kind,
            namespace: Namespace::Value,
            scope: ScopeId(u32::try_from(scope).unwrap_or(0)),
            declared: event.span,
            whole: event.whole,
        });
    }

    /// The scope in which a name that is bound in `scope` lives: `global` and `nonlocal` move it.
    fn home(&self, scope: usize, key: &str) -> usize {
        let raw = &self.scopes[scope];
        if raw.globals.contains(key) {
            return 0;
        }
        if !raw.nonlocals.contains(key) {
            return scope;
        }
        let outer = self.outwards(scope).skip(1).find(|at| {
            let raw = &self.scopes[*at];
            matches!(raw.kind, ScopeKind::Function | ScopeKind::Block)
                && raw.binds.contains(key)
                && !raw.nonlocals.contains(key)
        });
        outer.unwrap_or(scope)
    }

    fn outwards(&self, scope: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(scope), |at| self.scopes[*at].parent.map(|p| p as usize))
    }

    /// What a name means in a scope.
    fn find(&self, scope: usize, key: &str) -> Option<BoundId> {
        let mut direct = true;
        for at in self.outwards(scope) {
            let raw = &self.scopes[at];
            if raw.kind == ScopeKind::Class && !direct {
                continue;
            }
            if raw.globals.contains(key) {
                return self.owned[0].get(key).copied();
            }
            if let Some(id) = self.owned[at].get(key) {
                return Some(*id);
            }
            // PEP 695: the scope of type parameters sees the class around it.
            direct &= raw.kind == ScopeKind::Block;
        }
        None
    }

    fn resolve(&self, event: &Event) -> Option<BoundId> {
        self.find(event.scope as usize, &event.key)
    }

    fn occurrence(&self, event: &Event, before: &HashSet<Span>) -> Occurrence {
        let scope = event.scope as usize;
        let mut bound = self.resolve(event);
        let in_class = bound.is_some_and(|id| {
            let at = &self.scopes[self.bound[id.0 as usize].scope.0 as usize];
            at.kind == ScopeKind::Class
        });
        if in_class && before.contains(&event.span) {
            bound = self.owned[0].get(event.key.as_str()).copied();
        }
        let declares = bound.is_some_and(|id| self.bound[id.0 as usize].declared == event.span);
        let defines = !matches!(event.kind, None | Some(BoundKind::Variable));
        let role = match event.role {
            Role::Write if declares || defines => Role::Bind,
            role => role,
        };
        let scope = ScopeId(u32::try_from(scope).unwrap_or(0));
        Occurrence { span: event.span, role, bound, scope }
    }
}

/// The same with scopes in source order, which is what looking up by offset relies on.
fn ordered(mut bindings: Bindings) -> Bindings {
    let mut order: Vec<usize> = (0..bindings.scopes.len()).collect();
    order.sort_by_key(|at| {
        let span = bindings.scopes[*at].span;
        (*at != 0, span.start, std::cmp::Reverse(span.end))
    });
    let mut place = vec![ScopeId(0); order.len()];
    for (new, old) in (0..).map(ScopeId).zip(&order) {
        place[*old] = new;
    }
    bindings.scopes = order.iter().map(|old| bindings.scopes[*old].clone()).collect();
    let moved = |id: &mut ScopeId| *id = place[id.0 as usize];
    bindings.scopes.iter_mut().filter_map(|s| s.parent.as_mut()).for_each(moved);
    bindings.bound.iter_mut().for_each(|b| moved(&mut b.scope));
    bindings.occurrences.iter_mut().for_each(|o| moved(&mut o.scope));
    bindings
}

#[cfg(test)]
mod tests;
