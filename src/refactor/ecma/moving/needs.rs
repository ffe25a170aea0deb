//! What a definition needs in its new file.

use super::super::effects::Effect;
use super::super::file::File;
use super::super::modules::{
    Form, Graph, Imported, Link, Value, exports, links, relative_specifier,
};
use super::{Moved, is_deferred, loads, users};
use crate::base::RepoPath;
use crate::refactor::{BoundId, BoundKind, Namespace, Reason, Refusal, Role, ScopeId};
use crate::syntax::node::{ancestors, field, named, span};
use crate::syntax::tree::Node;

/// The imports of the new file, and what its old file has to export for them.
#[derive(Debug, Default)]
pub(super) struct Needs {
    pub(super) imports: Vec<String>,
    pub(super) exports: Vec<(usize, String)>,
    /// Something of the old file is imported.
    pub(super) from_source: bool,
}

pub(super) fn find(
    graph: &Graph<'_>,
    moved: &Moved<'_>,
    to: &RepoPath,
    dest: Option<&File>,
) -> Result<Needs, Refusal> {
    let file = moved.file;
    let own = span(moved.statement);
    let mut needs = Needs::default();
    let mut seen: Vec<BoundId> = Vec::new();
    for occurrence in file.names.bindings.within(own) {
        let name = occurrence.span.of(file.text()).unwrap_or_default();
        let Some(id) = occurrence.bound else {
            if let Some(dest) = dest
                && let Some(other) = dest.names.bindings.own(ScopeId(0), name, Namespace::Both)
            {
                let message =
                    format!("`{name}` is a global here, but {} has one of its own", dest.path);
                return Err(dest.refuse_at(Reason::Shadowed, message, dest.bound(other).declared));
            }
            continue;
        };
        if file.bound(id).scope != ScopeId(0) || id == moved.id || seen.contains(&id) {
            continue;
        }
        seen.push(id);
        one(graph, moved, to, dest, id, &mut needs)?;
    }
    Ok(needs)
}

fn one(
    graph: &Graph<'_>,
    moved: &Moved<'_>,
    to: &RepoPath,
    dest: Option<&File>,
    id: BoundId,
    needs: &mut Needs,
) -> Result<(), Refusal> {
    let file = moved.file;
    let bound = file.bound(id);
    let link = links(file).iter().find(|l| l.local == Some(id));
    let same = dest
        .and_then(|d| Some((d, d.names.bindings.own(ScopeId(0), &bound.name, Namespace::Both)?)));
    if let Some((dest, other)) = same {
        let here = graph.origin_of(file, id);
        let external = |f: &File, id: BoundId| {
            links(f)
                .iter()
                .find(|l| l.local == Some(id))
                .map(|l| (l.specifier.clone(), l.imported.clone()))
        };
        let equal = here.is_some() && here == graph.origin_of(dest, other)
            || external(file, id)
                .is_some_and(|one| !one.0.starts_with('.') && external(dest, other) == Some(one));
        if equal {
            return Ok(());
        }
        let message = format!("`{}` means something else in {}", bound.name, dest.path);
        return Err(dest.refuse_at(Reason::NameTaken, message, dest.bound(other).declared));
    }
    let semi = super::super::shape::semicolon(file);
    let quote = users::quote(file);
    if let Some(link) = link.filter(|l| matches!(l.form, Form::Import | Form::Require)) {
        let specifier = respecified(graph, file, link, to);
        if specifier.is_some()
            && graph.resolve(&file.path, &link.specifier).file().as_ref() == Some(to)
        {
            return Ok(());
        }
        let target = graph.resolve(&file.path, &link.specifier).file();
        let is_type = bound.kind == BoundKind::Type || users::is_only_type(file, id);
        if let Some(target) = target.filter(|t| dest.is_some() && !is_type && reaches(graph, t, to))
        {
            let message = format!("`{}` needs {target}, which needs {to} itself", moved.name);
            return Err(file.refuse_at(Reason::Effects, message, bound.declared));
        }
        let specifier = specifier.unwrap_or_else(|| link.specifier.clone());
        needs.imports.push(import_line(file, link, &bound.name, &specifier, &quote, semi)?);
        return Ok(());
    }
    if moved.common {
        let message = format!(
            "`{}` needs `{}` of its file, and the two files would need each other",
            moved.name, bound.name
        );
        return Err(file.refuse_at(Reason::Shadowed, message, bound.declared));
    }
    // Of the old file itself: it has to be exported there.
    let export = exports(file).iter().find(|e| e.value == Value::Bound(id));
    let specifier = relative_specifier(to, &file.path, users::like(file).as_deref());
    let word = if users::is_only_type(file, id) { "import type" } else { "import" };
    let line = match export.map(|e| e.name.as_str()) {
        Some("default") => format!("{word} {} from {quote}{specifier}{quote}{semi}", bound.name),
        Some(name) if name != bound.name => {
            format!("{word} {{ {name} as {} }} from {quote}{specifier}{quote}{semi}", bound.name)
        }
        _ => format!("{word} {{ {} }} from {quote}{specifier}{quote}{semi}", bound.name),
    };
    if export.is_none() {
        let leaf = file.leaf_at_declaration(id);
        let statement = ancestors(leaf).find(|n| n.parent().is_some_and(|p| p.kind() == "program"));
        let plain = statement.filter(|s| {
            let single = !s.kind().ends_with("cal_declaration")
                && s.kind() != "variable_declaration"
                || named(*s).len() == 1;
            single
                && s.kind().ends_with("_declaration")
                && !matches!(s.kind(), "import_statement" | "ambient_declaration")
        });
        let Some(statement) = plain else {
            let message = format!(
                "`{}` needs `{}`, which cannot be exported as it stands",
                moved.name, bound.name
            );
            return Err(file.refuse_at(Reason::Unsupported, message, bound.declared));
        };
        needs.exports.push((statement.start_byte(), "export ".to_owned()));
    }
    if loads(moved) != Effect::None
        && !is_deferred_everywhere(file, id, moved.statement)
        && bound.kind != BoundKind::Type
    {
        let message = format!("`{}` needs `{}` already when it is loaded", moved.name, bound.name);
        return Err(file.refuse_at(Reason::Effects, message, bound.declared));
    }
    needs.from_source = true;
    needs.imports.push(line);
    Ok(())
}

fn is_deferred_everywhere(file: &File, id: BoundId, within: Node<'_>) -> bool {
    let at = span(within);
    file.names
        .bindings
        .of(id)
        .filter(|o| at.contains(o.span))
        .all(|o| is_deferred(file.leaf(o), Some(within)))
}

/// The specifier as it is from another file; `None` for packages.
fn respecified(graph: &Graph<'_>, file: &File, link: &Link, to: &RepoPath) -> Option<String> {
    if !link.specifier.starts_with('.') {
        return None;
    }
    let target = graph.resolve(&file.path, &link.specifier).file()?;
    let mut new = relative_specifier(to, &target, Some(&link.specifier));
    // A directory stays one.
    let written_index = link.specifier.contains("index");
    if !written_index && let Some(dir) = new.strip_suffix("/index") {
        new = if dir == "." || dir == ".." { format!("{dir}/index") } else { dir.to_owned() };
    }
    if link.specifier.ends_with(".json") && !new.ends_with(".json") {
        new.push_str(".json");
    }
    Some(new)
}

fn import_line(
    file: &File,
    link: &Link,
    local: &str,
    specifier: &str,
    quote: &str,
    semi: &str,
) -> Result<String, Refusal> {
    let node = file.node(link.string).unwrap_or_else(|| file.root());
    let statement = ancestors(node).find(|n| n.kind() == "import_statement");
    let is_type = statement.is_some_and(|s| s.children().any(|c| c.kind() == "type"));
    let word = if is_type { "import type" } else { "import" };
    let from = format!("{quote}{specifier}{quote}");
    let required = link.form == Form::Require;
    let inner = link.whole.of(file.text()).unwrap_or_default();
    let inline_type = if inner.starts_with("type ") { "type " } else { "" };
    Ok(match &link.imported {
        Imported::Name(name) if required && name == local => {
            format!("const {{ {name} }} = require({from}){semi}")
        }
        Imported::Name(name) if required && link.token.is_some() && inner.contains(':') => {
            format!("const {{ {name}: {local} }} = require({from}){semi}")
        }
        Imported::Name(name) if name == "default" && link.token.is_none() => {
            format!("{word} {local} from {from}{semi}")
        }
        Imported::Name(name) if name == local => {
            format!("{word} {{ {inline_type}{name} }} from {from}{semi}")
        }
        Imported::Name(name) if !required => {
            format!("{word} {{ {inline_type}{name} as {local} }} from {from}{semi}")
        }
        Imported::Namespace => format!("{word} * as {local} from {from}{semi}"),
        Imported::Whole if required => format!("const {local} = require({from}){semi}"),
        _ => {
            let message = format!(
                "`{local}` is taken from {} in a way that cannot be written again",
                link.specifier
            );
            return Err(file.refuse_at(Reason::Unsupported, message, link.string));
        }
    })
}

/// # Errors
/// When the two files would need each other while they are loaded.
pub(super) fn check_circle(
    graph: &Graph<'_>,
    moved: &Moved<'_>,
    to: &RepoPath,
    from_source: bool,
) -> Result<(), Refusal> {
    let file = moved.file;
    if !from_source && !reaches(graph, to, &file.path) {
        return Ok(());
    }
    if moved.common {
        let message =
            format!("{to} needs {} already, and the two files would need each other", file.path);
        return Err(file.refuse(Reason::Effects, message, moved.statement));
    }
    if file.bound(moved.id).kind == BoundKind::Type {
        return Ok(());
    }
    let own = span(moved.statement);
    let early = file.names.bindings.of(moved.id).find(|o| {
        o.role != Role::Bind && !own.contains(o.span) && {
            let leaf = file.leaf(o);
            !is_deferred(leaf, None)
                && !ancestors(leaf)
                    .any(|n| n.kind() == "export_specifier" || n.kind().starts_with("type_"))
        }
    });
    let inner = field(moved.statement, "declaration").unwrap_or(moved.statement);
    let later = inner.kind().starts_with("function") || inner.kind().starts_with("generator");
    if let Some(early) = early {
        let message = format!(
            "the two files would need each other, and `{}` is needed while they are loaded",
            moved.name
        );
        return Err(file.refuse_at(Reason::Effects, message, early.span));
    }
    if !later && loads(moved) != Effect::None {
        let message =
            format!("the two files would need each other while `{}` is computed", moved.name);
        return Err(file.refuse(Reason::Effects, message, moved.statement));
    }
    Ok(())
}

/// True when loading a file loads another one.
fn reaches(graph: &Graph<'_>, from: &RepoPath, to: &RepoPath) -> bool {
    let mut all = vec![from.clone()];
    let mut next = 0;
    while let Some(path) = all.get(next).cloned() {
        next += 1;
        let Some(file) = graph.file(&path) else { continue };
        for link in links(&file) {
            let target = graph.resolve(&path, &link.specifier).file();
            if target.as_ref() == Some(to) {
                return true;
            }
            all.extend(target.filter(|t| !all.contains(t)));
        }
    }
    false
}
