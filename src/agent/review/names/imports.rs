//! Imports of what the repository does not have.

use super::modules::{self, Target};
use crate::agent::review::rules::{MISSING_IMPORT, MISSING_MODULE};
use crate::agent::review::source::{Draft, Source, World};
use crate::base::{Language, Replacement, RepoPath, Span};
use crate::syntax::node::{ancestors, children, field, fields, named, span};
use crate::syntax::similar_names;
use crate::syntax::tree::Node;

/// One import that fails.
pub(super) struct Problem {
    pub(super) span: Span,
    /// The files that it would have to be in.
    pub(super) places: Vec<String>,
    /// The name that is missing in there; `None` when the file is.
    pub(super) name: Option<String>,
    pub(super) draft: Draft,
}

/// The new imports of a file that fail.
pub(in crate::agent::review) fn find(source: &Source, world: World<'_>, out: &mut Vec<Draft>) {
    let wanted = problems(source, world, |node| source.wants(span(node)));
    out.extend(wanted.into_iter().map(|problem| problem.draft));
}

/// The failing imports among the statements that `look` says.
pub(super) fn problems(
    source: &Source,
    world: World<'_>,
    look: impl Fn(Node<'_>) -> bool,
) -> Vec<Problem> {
    let mut out = Vec::new();
    if source.kind.fixture || source.kind.foreign() || source.kind.template || !source.is_clean() {
        return out;
    }
    for node in source.all_nodes() {
        match node.kind() {
            "import_statement" | "import_from_statement"
                if source.is(Language::Python) && look(node) && !is_guarded(source, node) =>
            {
                python(source, world, node, &mut out);
            }
            "import_statement" | "export_statement" if source.is_ecma() && look(node) => {
                ecma(source, world, node, &mut out)
            }
            _ => {}
        }
    }
    out
}

/// In a `try`, or where a test expects it to fail.
pub(super) fn is_guarded(source: &Source, node: Node<'_>) -> bool {
    ancestors(node).any(|a| match a.kind() {
        "try_statement" => true,
        "with_statement" => {
            let head = source.text_of(a).lines().next().unwrap_or_default();
            head.contains("raises")
                || head.contains("suppress")
                || head.contains("warns")
                || head.contains("patch")
        }
        _ => false,
    })
}

/// True within an annotation of Python that is never evaluated: that of a variable or attribute in a function.
pub(super) fn is_idle_annotation(source: &Source, node: Node<'_>) -> bool {
    let scope = |n: &Node<'_>| matches!(n.kind(), "function_definition" | "class_definition");
    let of_variable = |n: Node<'_>| {
        n.kind() == "type" && ancestors(n).next().is_some_and(|p| p.kind() == "assignment")
    };
    let mut around = std::iter::once(node).chain(ancestors(node));
    source.is(Language::Python)
        && around.by_ref().take_while(|n| !scope(n)).any(of_variable)
        && around.find(scope).is_some_and(|n| n.kind() == "function_definition")
}

fn python(source: &Source, world: World<'_>, node: Node<'_>, out: &mut Vec<Problem>) {
    let Some(module) = field(node, "module_name") else {
        for item in fields(node, "name") {
            let path = field(item, "name").unwrap_or(item);
            let module = source.text_of(path);
            if let Target::Missing(places) = modules::resolve(world.project, &source.path, module) {
                out.push(missing_module(source, path, module, places));
            }
        }
        return;
    };
    let name = source.text_of(module);
    match modules::resolve(world.project, &source.path, name) {
        Target::Missing(places) => out.push(missing_module(source, module, name, places)),
        Target::File(path) => {
            let Some(names) = world.exports.of(world.project, &path) else { return };
            for item in fields(node, "name") {
                let wanted = field(item, "name").unwrap_or(item);
                let text = source.text_of(wanted);
                if !names.contains(text)
                    && !text.starts_with("__")
                    && path.as_str() != source.path
                    && !world.exports.is_filled_elsewhere(world.project, &path)
                {
                    let known: Vec<&str> = names.iter().map(String::as_str).collect();
                    out.push(missing_name(source, wanted, text, &path, &known));
                }
            }
        }
        Target::Directory | Target::Outside => {}
    }
}

fn missing_module(source: &Source, at: Node<'_>, module: &str, places: Vec<String>) -> Problem {
    let place = places.first().cloned().unwrap_or_default();
    let message = format!(
        "the repository has no `{module}` (it would be `{place}`): the import fails; was a file left out of the commit?"
    );
    let draft = Draft::at(&MISSING_MODULE, source, at, message)
        .key(format!("module {module}"))
        .confidence(0.93);
    Problem { span: span(at), places, name: None, draft }
}

fn missing_name(
    source: &Source,
    at: Node<'_>,
    name: &str,
    path: &RepoPath,
    known: &[&str],
) -> Problem {
    let likely = similar_names(name, known.iter().copied()).first().map(|s| (*s).to_owned());
    let hint = likely.as_ref().map(|s| format!("; did you mean `{s}`?")).unwrap_or_default();
    let message = format!("`{path}` has no `{name}`: the import fails{hint}");
    let patch = likely.map(|text| Replacement { span: span(at), text }).into_iter().collect();
    let draft = Draft::at(&MISSING_IMPORT, source, at, message)
        .key(format!("{path} {name}"))
        .confidence(0.93)
        .patch(patch);
    Problem {
        span: span(at),
        places: vec![path.as_str().to_owned()],
        name: Some(name.to_owned()),
        draft,
    }
}

fn ecma(source: &Source, world: World<'_>, node: Node<'_>, out: &mut Vec<Problem>) {
    let Some(from) = field(node, "source") else { return };
    let module = source.text_of(from).trim_matches(['"', '\'']);
    match super::ecma::resolve(world.project, &source.path, module) {
        Target::Missing(places) => out.push(missing_module(source, from, module, places)),
        Target::File(path) => {
            let Some(names) = world.exports.of(world.project, &path) else { return };
            let clauses =
                children(node).filter(|c| matches!(c.kind(), "import_clause" | "export_clause"));
            for clause in clauses {
                // `import type` may name what only a declaration file has.
                for item in clause
                    .subtree()
                    .filter(|n| matches!(n.kind(), "import_specifier" | "export_specifier"))
                {
                    let Some(name) = field(item, "name") else { continue };
                    let text = source.text_of(name).trim_matches(['"', '\'']);
                    if !names.contains(text) && text != "default" {
                        let known: Vec<&str> = names.iter().map(String::as_str).collect();
                        out.push(missing_name(source, name, text, &path, &known));
                    }
                }
                let default = named(clause).first().copied().filter(|n| n.kind() == "identifier");
                if let Some(name) = default
                    .filter(|_| !names.contains("default") && clause.kind() == "import_clause")
                {
                    out.push(missing_name(source, name, "default", &path, &[]));
                }
            }
        }
        Target::Directory | Target::Outside => {}
    }
}

/// True when `name` is imported in this file from a module of the repository that defines it as a coroutine.
pub(in crate::agent::review) fn imports_coroutine(
    source: &Source,
    world: World<'_>,
    name: &str,
) -> bool {
    definition_of_import(source, world, name).is_some_and(|(parsed, at)| {
        let text = at.of(parsed.text()).unwrap_or_default();
        let generator = text.contains("yield");
        text.starts_with("async def") && !generator
    })
}

/// The undecorated function at the top of a module of the repository that an imported name means.
fn definition_of_import(
    source: &Source,
    world: World<'_>,
    name: &str,
) -> Option<(crate::syntax::Parsed, Span)> {
    let (module, original) = source.imported_names().get(name)?;
    let Target::File(path) = modules::resolve(world.project, &source.path, module) else {
        return None;
    };
    let parsed = world.project.parsed(&path)?;
    let found: Vec<Node<'_>> = named(parsed.root())
        .into_iter()
        .filter(|n| {
            n.kind() == "function_definition"
                && field(*n, "name").is_some_and(|f| {
                    crate::syntax::node::text_of(f, parsed.text()) == original.as_str()
                })
        })
        .collect();
    let [only] = found[..] else { return None };
    let at = span(only);
    Some((parsed, at))
}
