//! A variable, function, class or type by another name, with everything that imports it.

use std::sync::Arc;

use super::super::file::File;
use super::super::modules::{
    Export, Form, Graph, Imported, Link, NamespaceUse, Origin, Value, exports, is_exports, links,
    namespace_uses,
};
use super::{Outside, check_local, mentions, occurrences};
use crate::base::Span;
use crate::refactor::step::put;
use crate::refactor::{Answer, Api, BoundId, Reason, Refusal, ScopeId, ScopeKind, Setting, Step};
use crate::syntax::node::{descendants, field, span};

/// Renames what is bound in `file` as `id`, wherever it is known by that name.
pub(super) fn plan(
    setting: &Setting<'_>,
    graph: &Graph<'_>,
    file: &File,
    id: BoundId,
    to: &str,
) -> Answer {
    super::check_name(to)?;
    check_local(file, id, to)?;
    let bound = file.bound(id);
    let from = bound.name.clone();
    let mut step = Step::new(format!("Rename {from} to {to}"));
    // What is only passed on keeps the name that it is passed on by.
    let taken_over = links(file).iter().any(|l| l.local == Some(id));
    let own: Vec<&Export> =
        exports(file).iter().filter(|e| e.value == Value::Bound(id) && e.name == from).collect();
    let own = if taken_over { Vec::new() } else { own };
    let top = bound.scope == ScopeId(0);
    if let Some(taken) = exports(file).iter().find(|e| e.name == to && !own.is_empty()) {
        let at = taken.token.unwrap_or(bound.declared);
        let message = format!("the module exports a `{to}` already; choose another name");
        return Err(file.refuse_at(Reason::NameTaken, message, at));
    }
    in_namespace(file, id)?;
    if top && !file.has_own_scope() {
        script(graph, file, &from, to)?;
    }
    if own.is_empty() {
        occurrences(&mut step, file, id, to, Outside::Keeps);
        mentions::add(&mut step, setting, file, id, to);
        return Ok(step);
    }
    if setting.api == Api::Keep
        && let Some(entry) = graph.public(file, id)
    {
        let message = format!(
            "`{from}` is exported by the package through {entry}; allow to change the interface, or keep the name"
        );
        return Err(file.refuse_at(Reason::Exported, message, bound.declared));
    }
    let common = own.iter().all(|e| e.common);
    match followed(graph, file, id, to) {
        Ok(edits) => {
            if !common && own.iter().any(|e| e.common) {
                let message = format!("`{from}` is exported by `export` and by `exports`");
                return Err(file.refuse_at(Reason::Dynamic, message, bound.declared));
            }
            occurrences(&mut step, file, id, to, Outside::Follows);
            for node in descendants(file.root()).into_iter().filter(|_| common) {
                let property = field(node, "property").filter(|p| file.of_node(*p) == from);
                if let (Some(property), Some(object)) = (property, field(node, "object"))
                    && is_exports(file, object)
                {
                    step.replace(&file.path, put(span(property), to));
                }
            }
            for export in own.iter().filter(|e| e.common && e.aliased) {
                if let Some(token) = export.token {
                    step.replace(&file.path, put(token, quoted(file, token, to)));
                }
            }
            for change in edits.changes {
                if let crate::refactor::Edit::Replace(list) = change.edit {
                    list.into_iter().for_each(|r| step.replace(&change.path, r));
                }
            }
            step.interface.push(from.clone());
        }
        // Users of a CommonJS module cannot always be followed; its interface can stay as it is.
        Err(refusal) if common && refusal.reason != Reason::NameTaken => {
            occurrences(&mut step, file, id, to, Outside::Keeps);
            step.notes.push(format!("The module still exports it as {from}: {}.", refusal.message));
        }
        Err(refusal) => return Err(refusal),
    }
    mentions::add(&mut step, setting, file, id, to);
    Ok(step)
}

/// # Errors
/// What a namespace exports is reached as a property, also from other declarations of it.
fn in_namespace(file: &File, id: BoundId) -> Result<(), Refusal> {
    let bound = file.bound(id);
    if file.names.bindings.scope(bound.scope).kind != ScopeKind::Module {
        return Ok(());
    }
    let exported = crate::syntax::node::ancestors(file.leaf_at_declaration(id))
        .take_while(|n| n.kind() != "statement_block")
        .any(|n| n.kind() == "export_statement");
    let ambient = file.path.as_str().ends_with(".d.ts")
        || crate::syntax::node::ancestors(file.leaf_at_declaration(id))
            .any(|n| n.kind() == "ambient_declaration");
    if exported || ambient {
        let message =
            format!("`{}` is a member of a namespace, which others reach by a dot", bound.name);
        return Err(file.refuse_at(Reason::Unsupported, message, bound.declared));
    }
    Ok(())
}

/// # Errors
/// The top level of a script is shared with all other scripts of a page.
fn script(graph: &Graph<'_>, file: &File, from: &str, to: &str) -> Result<(), Refusal> {
    for path in graph.project.files_with(from).into_iter().chain(graph.project.files_with(to)) {
        if path == file.path {
            continue;
        }
        let Some(other) = graph.file(&path) else { continue };
        for occurrence in &other.names.bindings.occurrences {
            let name = occurrence.span.of(other.text()).unwrap_or_default();
            let shared = occurrence
                .bound
                .is_none_or(|id| other.bound(id).scope == ScopeId(0) && !other.has_own_scope());
            if shared && (name == from || name == to) {
                let message = format!(
                    "{} is a script: its `{from}` is global, and `{name}` of another file may be it",
                    file.path
                );
                return Err(other.refuse_at(Reason::Dynamic, message, occurrence.span));
            }
        }
    }
    Ok(())
}

/// The edits in all files that take the exported name, the defining one left out.
fn followed(graph: &Graph<'_>, file: &File, id: BoundId, to: &str) -> Result<Step, Refusal> {
    let target = Origin::Bound(file.path.clone(), id);
    let from = &file.bound(id).name;
    let mut step = Step::default();
    exports_alone(file)?;
    for path in graph.neighbours(&file.path, from) {
        if path == file.path {
            continue;
        }
        let Some(other) = graph.file(&path) else { continue };
        let user = User { graph, file: other, from, to, target: &target };
        user.follow(&mut step)?;
    }
    Ok(step)
}

/// # Errors
/// When `exports` is given to other code of its own module.
pub(in crate::refactor::ecma) fn exports_alone(file: &File) -> Result<(), Refusal> {
    for node in descendants(file.root()).into_iter().filter(|n| is_exports(file, *n)) {
        let Some(parent) = node.parent() else { continue };
        let of_module = parent.kind() == "member_expression" && node.field() == Some("object");
        let set = parent.kind() == "assignment_expression"
            && (node.field() == Some("left") || file.of_node(node) == "exports");
        // `Object.defineProperty(exports, "__esModule", ...)` of compilers.
        let marks = parent.kind() == "arguments" && file.of_node(parent).contains("__esModule");
        if !of_module && !set && !marks {
            let message = "all exports are given on here";
            return Err(file.refuse(Reason::Dynamic, message, node));
        }
    }
    Ok(())
}

/// A file that may take the name.
struct User<'a> {
    graph: &'a Graph<'a>,
    file: Arc<File>,
    from: &'a str,
    to: &'a str,
    target: &'a Origin,
}

impl User<'_> {
    fn is_meant(&self, link: &Link) -> bool {
        let target = self.graph.resolve(&self.file.path, &link.specifier).file();
        target.is_some_and(|path| self.graph.origin(&path, self.from).as_ref() == Some(self.target))
    }

    fn follow(&self, step: &mut Step) -> Result<(), Refusal> {
        let file = &*self.file;
        for link in links(file) {
            if link.form == Form::Other
                && matches!(link.imported, Imported::Whole)
                && !self.is_meant(link)
            {
                continue;
            }
            match &link.imported {
                Imported::Name(name) if name == self.from && self.is_meant(link) => {
                    self.named(step, link)?;
                }
                Imported::Name(name) if name == "default" && link.local.is_some() => {
                    // The default of a CommonJS module is all of it.
                    let target = self.graph.resolve(&file.path, &link.specifier).file();
                    let has = target.is_some_and(|p| self.graph.origin(&p, "default").is_some());
                    if !has && self.is_meant(link) {
                        self.whole(step, link)?;
                    }
                }
                Imported::Namespace | Imported::Whole
                    if link.form != Form::ReExport && self.is_meant(link) =>
                {
                    self.whole(step, link)?;
                }
                Imported::Namespace if self.is_meant(link) => {
                    let message =
                        format!("all of the module is exported again, `{}` with it", self.from);
                    return Err(file.refuse_at(Reason::Dynamic, message, link.whole));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// `import { from }`, `export { from } from`, `const { from } = require()`.
    fn named(&self, step: &mut Step, link: &Link) -> Result<(), Refusal> {
        let file = &*self.file;
        let Some(token) = link.token else { return Ok(()) };
        let taken = exports(file).iter().find(|e| e.name == self.to);
        if link.form == Form::ReExport && link.shorthand && taken.is_some() {
            let message = format!("the module exports a `{}` already", self.to);
            return Err(file.refuse_at(Reason::NameTaken, message, token));
        }
        let Some(local) = link.local.filter(|_| link.shorthand) else {
            step.replace(&file.path, put(token, self.quoted(token)));
            return Ok(());
        };
        match check_local(file, local, self.to) {
            Ok(()) => {
                if taken.is_some() && self.passes_on(local) {
                    let message = format!("the module exports a `{}` already", self.to);
                    return Err(file.refuse_at(Reason::NameTaken, message, token));
                }
                occurrences(step, file, local, self.to, Outside::Follows);
                for export in exports(file)
                    .iter()
                    .filter(|e| e.value == Value::Bound(local) && e.name == self.from && e.aliased)
                {
                    if let Some(at) = export.token {
                        step.replace(&file.path, put(at, self.to));
                    }
                }
            }
            // The file has the new name for something else: it goes on with the old one.
            Err(_) if !self.passes_on(local) => {
                let colon = link.form != Form::Import;
                let between = if colon { ": " } else { " as " };
                step.replace(&file.path, put(token, format!("{}{between}{}", self.to, self.from)));
            }
            Err(refusal) => return Err(refusal),
        }
        Ok(())
    }

    fn passes_on(&self, local: BoundId) -> bool {
        let bound = Value::Bound(local);
        exports(&self.file).iter().any(|e| e.value == bound && e.name == self.from)
    }

    fn quoted(&self, at: Span) -> String {
        quoted(&self.file, at, self.to)
    }

    /// A name that stands for all of the module.
    fn whole(&self, step: &mut Step, link: &Link) -> Result<(), Refusal> {
        let file = &*self.file;
        let escapes = |at: Span| {
            let message = format!(
                "all of {} is given on here, so `{}` may be reached in a way that cannot be seen",
                link.specifier, self.from
            );
            file.refuse_at(Reason::Dynamic, message, at)
        };
        let Some(local) = link.local else { return Err(escapes(link.whole)) };
        for one in namespace_uses(file, local) {
            match one {
                NamespaceUse::Member { name, token, binds } if name == self.from => {
                    let text =
                        if binds { format!("{}: {name}", self.to) } else { self.to.to_owned() };
                    step.replace(&file.path, put(token, text));
                }
                NamespaceUse::Key { name, token } if name == self.from => {
                    step.replace(&file.path, put(token, self.quoted(token)));
                }
                NamespaceUse::Escapes(at) => return Err(escapes(at)),
                NamespaceUse::Member { .. }
                | NamespaceUse::Key { .. }
                | NamespaceUse::Itself(_) => {}
            }
        }
        Ok(())
    }
}

/// The new name, in quotes where the old one is.
fn quoted(file: &File, at: Span, to: &str) -> String {
    let quote = at.of(file.text()).and_then(|t| t.chars().next());
    quote
        .filter(|c| matches!(c, '"' | '\''))
        .map_or_else(|| to.to_owned(), |q| format!("{q}{to}{q}"))
}
