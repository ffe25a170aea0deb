//! Names that nothing binds.

use std::collections::HashSet;

use super::builtins;
use super::imports::is_idle_annotation;
use crate::agent::review::rules::UNDEFINED_NAME;
use crate::agent::review::source::{Draft, Source, World};
use crate::base::{Language, Replacement, RepoPath, Span};
use crate::refactor::{self, Occurrence};
use crate::syntax::node::ancestors;
use crate::syntax::{distance, names_in_scope, similar_names};

/// The undefined names of the wanted lines, each at its first place.
pub(in crate::agent::review) fn find(source: &Source, world: World<'_>, out: &mut Vec<Draft>) {
    if !(source.is(Language::Python) || source.is_ecma()) {
        return;
    }
    let typed = !(source.is(Language::Python) || source.is(Language::JavaScript));
    if typed && source.path.ends_with(".d.ts") {
        return;
    }
    let mut seen = HashSet::new();
    for place in unresolved(source) {
        let name = place.of(&source.text).unwrap_or_default();
        if source.wants(place)
            && seen.insert(name)
            && !is_ambient(source, world, name)
            && !(typed && is_declared_somewhere(world, name))
        {
            out.push(draft(source, place, name));
        }
    }
}

/// True when some file of the repository puts the name among the builtins, or a neighbour of the file uses
/// it in the same way: both are run by something that provides it.
pub(super) fn is_ambient(source: &Source, world: World<'_>, name: &str) -> bool {
    let installed = ["builtins", "__builtin__", "globalThis"].iter().any(|holder| {
        let put = format!("{holder}.{name}");
        world.project.files_with(holder).iter().any(|path| {
            world.project.parsed(path).is_some_and(|parsed| {
                let text = parsed.text();
                text.contains(&put)
                    || text.contains("setattr(builtins")
                    || text.contains("setattr(__builtin__")
            })
        })
    });
    installed || {
        let dir = source.path.rsplit_once('/').map_or("", |(dir, _)| dir);
        let beside = |path: &RepoPath| path.parent() == dir && path.as_str() != source.path;
        let files = world.project.files_with(name).into_iter().filter(beside).take(5);
        files.filter_map(|path| world.project.parsed(&path)).any(|parsed| {
            let bindings = refactor::bindings(&parsed).unwrap_or_default();
            let free = |o: &Occurrence| o.bound.is_none() && o.role.reads();
            bindings.occurrences.iter().any(|o| free(o) && o.span.of(parsed.text()) == Some(name))
        })
    }
}

/// TypeScript: some file of the repository says that the name is there everywhere, or types come from outside.
fn is_declared_somewhere(world: World<'_>, name: &str) -> bool {
    let declares = |path: &RepoPath| {
        path.as_str().ends_with(".d.ts")
            || world.project.text(path).is_some_and(|text| {
                text.contains("declare global")
                    || ["const", "let", "var", "function", "namespace", "module"]
                        .iter()
                        .any(|kind| text.contains(&format!("declare {kind} {name}")))
            })
    };
    world.project.files_with(name).iter().any(declares)
}

fn draft(source: &Source, place: Span, name: &str) -> Draft {
    let scope = source
        .parsed
        .as_ref()
        .map(|parsed| names_in_scope(parsed, place.start))
        .unwrap_or_default();
    let near = similar_names(name, scope.iter().map(|n| n.name.as_str()));
    let likely = near.first().filter(|n| distance(name, n) <= 2).copied();
    let hint = likely.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
    let message = format!("nothing defines `{name}`: it fails when the line is reached{hint}");
    let patch =
        likely.map(|n| Replacement { span: place, text: n.to_owned() }).into_iter().collect();
    let sure = if source.is(Language::Python) { 0.95 } else { 0.85 };
    Draft::new(&UNDEFINED_NAME, source, place, message)
        .key(format!("undefined {name}"))
        .confidence(sure)
        .patch(patch)
}

/// Where names are read that no scope of the file binds and that are not there anyway.
pub(super) fn unresolved(source: &Source) -> Vec<Span> {
    let Some(language) = source.language else { return Vec::new() };
    if source.kind.fixture
        || source.kind.foreign()
        || source.kind.template
        || !source.is_clean()
        || is_notebook(source)
    {
        return Vec::new();
    }
    let Some(bindings) = source.bindings().filter(|b| !b.bound.is_empty()) else {
        return Vec::new();
    };
    if brings_unknown(source) {
        return Vec::new();
    }
    let dynamic: Vec<Span> =
        bindings.scopes.iter().filter_map(|scope| scope.dynamic.map(|_| scope.span)).collect();
    let free = bindings.occurrences.iter().filter(|o| o.bound.is_none() && o.role.reads());
    free.filter(|o| !dynamic.iter().any(|d| d.contains(o.span)))
        .filter(|o| {
            let name = o.span.of(&source.text).unwrap_or_default();
            !builtins::has(language, name) && !is_asked_for(source, o, name)
        })
        .map(|o| o.span)
        .collect()
}

fn is_notebook(source: &Source) -> bool {
    // Configuration of Sphinx, SCons, waf and the like is run with names that the tool puts there.
    let name = source.path.rsplit('/').next().unwrap_or_default();
    matches!(name, "SConstruct" | "SConscript" | "wscript" | "conf.py" | "local_settings.py")
        || name.ends_with(".pyi")
        || source.text.contains("# %%")
}

/// A star import, or code that makes names at run time.
fn brings_unknown(source: &Source) -> bool {
    let text = &source.text;
    match source.language {
        Some(Language::Python) => {
            source.all_nodes().any(|n| n.kind() == "wildcard_import")
                || [
                    "globals()",
                    "exec(",
                    "execfile(",
                    "__builtins__",
                    "builtins.",
                    "gettext.install",
                    "locals().update",
                ]
                .iter()
                .any(|w| text.contains(w))
        }
        _ => {
            // A script shares the globals of its page.
            let module = ["import ", "export ", "require(", "module.exports"]
                .iter()
                .any(|w| text.contains(w));
            !module
                || text.contains("/* global")
                || text.contains("/*global")
                || text.contains("eslint-env")
                || text.contains("with (")
        }
    }
}

/// Code that knows that the name may be missing: `try: x except NameError`, `typeof x`, or an annotation
/// that is never evaluated.
fn is_asked_for(source: &Source, occurrence: &Occurrence, name: &str) -> bool {
    let Some(parsed) = &source.parsed else { return true };
    let Some(node) =
        parsed.root().descendant_for_byte_range(occurrence.span.start, occurrence.span.end)
    else {
        return true;
    };
    // Annotations in quotes are for type checkers.
    if name.is_empty() || node.kind().starts_with("string") {
        return true;
    }
    if is_idle_annotation(source, node) {
        return true;
    }
    for a in ancestors(node) {
        match a.kind() {
            "try_statement" => {
                let text = source.text_of(a);
                if ["NameError", "except:", "except Exception", "catch", "ReferenceError"]
                    .iter()
                    .any(|w| text.contains(w))
                {
                    return true;
                }
            }
            "with_statement" => {
                let head = source.text_of(a).lines().next().unwrap_or_default();
                if head.contains("NameError") || head.contains("raises") {
                    return true;
                }
            }
            "type" if source.text.contains("from __future__ import annotations") => return true,
            "unary_expression" if source.text_of(a).starts_with("typeof") => return true,
            "delete_statement"
            | "decorator"
            | "jsx_opening_element"
            | "jsx_self_closing_element"
            | "jsx_closing_element"
                if source.is_ecma() =>
            {
                return true;
            }
            _ => {}
        }
    }
    source.is_ecma() && asked_before(source, name)
}

/// `typeof x` anywhere in the file: it may be there or not.
fn asked_before(source: &Source, name: &str) -> bool {
    source.text.contains(&format!("typeof {name}"))
        // A declaration that the grammar takes for something else.
        || source.text.contains(&format!("using {name} "))
        || source.text.contains(&format!("window.{name}"))
        || source.text.contains(&format!("global.{name}"))
}
