//! A definition of the top level moved to another file.

mod needs;
mod users;

use super::effects::{self, Effect};
use super::file::{File, is_ecma, is_function};
use super::modules::{Export, Graph, Origin, Value, exports};
use super::rename::leaf_at;
use super::shape::{line_end, line_start, semicolon, whole_lines};
use crate::base::{RepoPath, Span};
use crate::refactor::step::put;
use crate::refactor::{
    Answer, Api, BoundId, Namespace, Reason, Refusal, Role, ScopeId, Setting, Step,
};
use crate::syntax::node::{ancestors, field, named, span};
use crate::syntax::tree::Node;

/// What moves.
pub(super) struct Moved<'f> {
    pub(super) file: &'f File,
    pub(super) id: BoundId,
    pub(super) name: &'f str,
    /// The statement, `export` included.
    pub(super) statement: Node<'f>,
    /// With the comments that belong to it.
    pub(super) whole: Span,
    /// What it is exported as now.
    pub(super) exported: Vec<&'f Export>,
    pub(super) common: bool,
}

/// See [`crate::refactor::Refactoring::Move`].
pub(super) fn plan(setting: &Setting<'_>, to: &RepoPath) -> Answer {
    let graph = Graph::new(setting.project);
    let file = File::of(setting);
    let moved = find(&file, setting)?;
    check_target(setting, &moved, to)?;
    check_movable(&moved)?;
    let dest = graph.file(to);
    if let Some(dest) = &dest {
        check_dest(&graph, &moved, dest)?;
    }
    let mut step = Step::new(format!("Move {} to {to}", moved.name));
    let needs = needs::find(&graph, &moved, to, dest.as_deref())?;
    let stays = users::rewrite(&mut step, &graph, &moved, to)?;
    if setting.api == Api::Keep && stays.public {
        step.notes.push(format!("{} still gives it to users of the package.", file.path));
    }
    source(&mut step, &graph, &moved, to, &needs, &stays)?;
    destination(&mut step, &moved, to, dest.as_deref(), &needs);
    Ok(step)
}

fn find<'f>(file: &'f File, setting: &Setting<'_>) -> Result<Moved<'f>, Refusal> {
    let at = setting.at.span;
    let not_here = || {
        file.refuse_at(Reason::NotHere, "there is no definition of the top level at this place", at)
    };
    let leaf = leaf_at(file, at).ok_or_else(not_here)?;
    let id =
        file.meaning(leaf).filter(|id| file.bound(*id).scope == ScopeId(0)).ok_or_else(not_here)?;
    let declared = file.leaf_at_declaration(id);
    let statement = ancestors(declared)
        .find(|n| n.parent().is_some_and(|p| p.kind() == "program"))
        .ok_or_else(not_here)?;
    let inner = field(statement, "declaration").unwrap_or(statement);
    let plain = match inner.kind() {
        "lexical_declaration" | "variable_declaration" => {
            named(inner).len() == 1
                && named(inner).first().and_then(|d| field(*d, "name")) == Some(declared)
        }
        "function_declaration"
        | "generator_function_declaration"
        | "class_declaration"
        | "abstract_class_declaration"
        | "interface_declaration"
        | "type_alias_declaration"
        | "enum_declaration" => true,
        _ => false,
    };
    if !plain {
        return Err(file.refuse(
            Reason::NotHere,
            "this is not declared by a statement of its own",
            declared,
        ));
    }
    let binds = file.names.bindings.of(id).filter(|o| o.role == Role::Bind).count();
    if binds > 1 {
        let message = format!("`{}` is declared in several parts", file.bound(id).name);
        return Err(file.refuse(Reason::Unsupported, message, declared));
    }
    let exported = exports(file).iter().filter(|e| e.value == Value::Bound(id)).collect();
    let common = !file.is_module() && file.is_common();
    Ok(Moved {
        file,
        id,
        name: &file.bound(id).name,
        statement,
        whole: with_comments(file, statement),
        exported,
        common,
    })
}

/// The lines of a statement and of the comments right before it.
fn with_comments(file: &File, statement: Node<'_>) -> Span {
    let text = file.text();
    let mut start = statement.start_byte();
    let mut node = statement;
    while let Some(before) = node.prev_sibling().filter(|n| n.kind() == "comment") {
        let gap = &text[before.end_byte()..node.start_byte()];
        let own_line =
            text[line_start(text, before.start_byte())..before.start_byte()].trim().is_empty();
        if !own_line || gap.matches('\n').count() != 1 {
            break;
        }
        start = before.start_byte();
        node = before;
    }
    let mut end = statement.end_byte();
    if text[end..line_end(text, end)].trim_start().starts_with("//") {
        end = text[..line_end(text, end)].trim_end().len();
    }
    Span::new(start, end)
}

fn check_target(setting: &Setting<'_>, moved: &Moved<'_>, to: &RepoPath) -> Result<(), Refusal> {
    let file = moved.file;
    let refuse = |reason, message: String| Err(file.refuse(reason, message, moved.statement));
    if *to == file.path {
        return refuse(Reason::NotHere, format!("`{}` is in {to} already", moved.name));
    }
    let typed = to.as_str().ends_with("ts") || to.as_str().ends_with(".tsx");
    if !is_ecma(to) || file.is_typed() && !typed || to.as_str().ends_with(".d.ts") {
        return refuse(
            Reason::Unsupported,
            format!("{to} cannot hold {}", setting.parsed.language().name()),
        );
    }
    let jsx = moved.statement.subtree().any(|n| n.kind().starts_with("jsx_"));
    if jsx && !to.as_str().ends_with('x') && file.is_typed() {
        return refuse(Reason::Unsupported, format!("{to} cannot hold JSX"));
    }
    if !file.has_own_scope() {
        return refuse(
            Reason::Unsupported,
            format!("{} is a script: it has neither imports nor exports", file.path),
        );
    }
    Ok(())
}

/// # Errors
/// When the definition depends on the file that it stands in, or on when it is loaded.
fn check_movable(moved: &Moved<'_>) -> Result<(), Refusal> {
    let file = moved.file;
    for node in moved.statement.subtree() {
        let here = ["__dirname", "__filename", "module", "exports"];
        let tied = here.iter().any(|name| file.is_global(node, name))
            || node.kind() == "meta_property" && file.of_node(node) == "import.meta";
        if tied {
            let message = format!("`{}` means something else in another file", file.of_node(node));
            return Err(file.refuse(Reason::NotEquivalent, message, node));
        }
        let relative = super::file::string_value(node, file.text())
            .is_some_and(|s| s.starts_with("./") || s.starts_with("../"));
        let names_module = relative
            && node.parent().is_some_and(|p| {
                p.kind() == "arguments"
                    && p.prev_sibling().is_some_and(|f| {
                        f.kind() == "import" || file.of_node(f).starts_with("require")
                    })
            });
        if names_module {
            let message = "the path of this module is another one from another file";
            return Err(file.refuse(Reason::NotEquivalent, message, node));
        }
    }
    if loads(moved) == Effect::Acts {
        let message = format!(
            "computing `{}` may have an effect, which would happen at another time",
            moved.name
        );
        return Err(file.refuse(Reason::Effects, message, moved.statement));
    }
    let own = span(moved.statement);
    let written =
        file.names.bindings.of(moved.id).find(|o| o.role != Role::Bind && o.role.writes());
    if let Some(write) = written {
        let message = format!("`{}` is assigned, and what is imported cannot be", moved.name);
        return Err(file.refuse_at(Reason::Effects, message, write.span));
    }
    let writes = file.names.bindings.within(own).find(|o| {
        o.role != Role::Bind
            && o.role.writes()
            && o.bound.is_some_and(|id| file.bound(id).scope == ScopeId(0) && id != moved.id)
    });
    if let Some(write) = writes {
        let message = format!(
            "`{}` assigns a variable of its file, and what is imported cannot be assigned",
            moved.name
        );
        return Err(file.refuse_at(Reason::Effects, message, write.span));
    }
    Ok(())
}

/// What loading the definition does.
pub(super) fn loads(moved: &Moved<'_>) -> Effect {
    let inner = field(moved.statement, "declaration").unwrap_or(moved.statement);
    match inner.kind() {
        "function_declaration"
        | "generator_function_declaration"
        | "interface_declaration"
        | "type_alias_declaration" => Effect::None,
        "enum_declaration" => Effect::None,
        _ => effects::of(moved.file, inner),
    }
}

/// True for a node that runs only when a function is called.
pub(super) fn is_deferred(node: Node<'_>, within: Option<Node<'_>>) -> bool {
    ancestors(node).take_while(|n| Some(*n) != within.and_then(|w| w.parent())).any(is_function)
}

fn check_dest(graph: &Graph<'_>, moved: &Moved<'_>, dest: &File) -> Result<(), Refusal> {
    if !dest.parsed.is_clean() {
        let message = format!("{} does not parse; correct the syntax first", dest.path);
        return Err(Refusal::new(Reason::Syntax, message));
    }
    if let Some(other) = dest.names.bindings.own(ScopeId(0), moved.name, Namespace::Both) {
        let at = dest.bound(other).declared;
        let itself = Origin::Bound(moved.file.path.clone(), moved.id);
        let imports_it = dest.bound(other).kind == crate::refactor::BoundKind::Import
            && graph.origin_of(dest, other) == Some(itself);
        if !imports_it {
            let message = format!("{} has a `{}` already", dest.path, moved.name);
            return Err(dest.refuse_at(Reason::NameTaken, message, at));
        }
    }
    let global = dest
        .names
        .bindings
        .occurrences
        .iter()
        .find(|o| o.bound.is_none() && o.span.of(dest.text()) == Some(moved.name));
    if let Some(global) = global {
        let message = format!("{} uses a global `{}`", dest.path, moved.name);
        return Err(dest.refuse_at(Reason::Shadowed, message, global.span));
    }
    let other_kind =
        if moved.common { dest.is_module() } else { dest.is_common() && !dest.is_module() };
    if other_kind {
        let message = format!("{} is a module of the other kind (CommonJS or ES)", dest.path);
        return Err(Refusal::new(Reason::Unsupported, message));
    }
    Ok(())
}

/// Takes the definition out of its file and imports it where it is still used.
fn source(
    step: &mut Step,
    graph: &Graph<'_>,
    moved: &Moved<'_>,
    to: &RepoPath,
    needs: &needs::Needs,
    stays: &users::Stays,
) -> Result<(), Refusal> {
    let file = moved.file;
    let text = file.text();
    let mut at = whole_lines(text, moved.whole);
    // One empty line less.
    if text[at.end..].starts_with('\n') && (at.start == 0 || text[..at.start].ends_with("\n\n")) {
        at.end += 1;
    }
    step.replace(&file.path, put(at, ""));
    for (place, insert) in &needs.exports {
        step.replace(&file.path, put(Span::at(*place), insert.clone()));
    }
    let own = span(moved.statement);
    let still = file.names.bindings.of(moved.id).any(|o| !own.contains(o.span));
    let semi = semicolon(file);
    let like = users::like(file);
    let specifier = super::modules::relative_specifier(&file.path, to, like.as_deref());
    let quote = users::quote(file);
    let name = moved.name;
    let mut lines = String::new();
    if moved.common {
        if still || !moved.exported.is_empty() {
            lines = format!("const {{ {name} }} = require({quote}{specifier}{quote}){semi}\n");
        }
    } else {
        let typed = users::is_only_type(file, moved.id);
        let word = if typed { "import type" } else { "import" };
        if still {
            lines.push_str(&format!("{word} {{ {name} }} from {quote}{specifier}{quote}{semi}\n"));
        }
        for exported in &stays.exports {
            let alias = if exported == name { String::new() } else { format!(" as {exported}") };
            let word = if typed { "export type" } else { "export" };
            lines.push_str(&format!(
                "{word} {{ {name}{alias} }} from {quote}{specifier}{quote}{semi}\n"
            ));
        }
    }
    if !lines.is_empty() {
        needs::check_circle(graph, moved, to, needs.from_source)?;
    }
    if !lines.is_empty() {
        step.replace(&file.path, put(Span::at(users::after_imports(file, at)), lines));
    }
    Ok(())
}

fn destination(
    step: &mut Step,
    moved: &Moved<'_>,
    to: &RepoPath,
    dest: Option<&File>,
    needs: &needs::Needs,
) {
    let file = moved.file;
    let text = file.text();
    let inner = field(moved.statement, "declaration").unwrap_or(moved.statement);
    let before = &text[moved.whole.start..moved.statement.start_byte()];
    let body = &text[inner.start_byte()..moved.whole.end];
    let semi = semicolon(dest.unwrap_or(file));
    let name = moved.name;
    let definition =
        if moved.common { format!("{before}{body}\n") } else { format!("{before}export {body}\n") };
    let exporting =
        if moved.common { format!("\nexports.{name} = {name}{semi}\n") } else { String::new() };
    let imports: String = needs.imports.iter().map(|line| format!("{line}\n")).collect();
    let Some(dest) = dest else {
        let strict =
            named(file.root()).first().is_some_and(|n| file.of_node(*n).contains("use strict"));
        let directive =
            if strict && moved.common { format!("'use strict'{semi}\n\n") } else { String::new() };
        let gap = if imports.is_empty() { "" } else { "\n" };
        let exporting = if moved.common {
            format!("\nmodule.exports = {{ {name} }}{semi}\n")
        } else {
            exporting
        };
        return step.create(to, format!("{directive}{imports}{gap}{definition}{exporting}"));
    };
    let end = dest.text().len();
    let open = if dest.text().is_empty() || dest.text().ends_with('\n') { "\n" } else { "\n\n" };
    if !imports.is_empty() {
        step.replace(&dest.path, put(Span::at(users::after_imports(dest, Span::at(end))), imports));
    }
    let hoisted = inner.kind() == "function_declaration";
    let exporting = match module_object(dest) {
        Some(object) if moved.common && hoisted => {
            let inside = named(object);
            let comma = if inside.is_empty() { " " } else { ", " };
            let at = inside.last().map_or(object.start_byte() + 1, Node::end_byte);
            step.replace(&dest.path, put(Span::at(at), format!("{comma}{name}")));
            String::new()
        }
        // What stands in the object is computed with it, before the definition.
        _ if moved.common => format!("\nmodule.exports.{name} = {name}{semi}\n"),
        _ => exporting,
    };
    step.replace(&dest.path, put(Span::at(end), format!("{open}{definition}{exporting}")));
}

/// The object in `module.exports = {}`.
fn module_object(dest: &File) -> Option<Node<'_>> {
    dest.root().subtree().filter(|n| n.kind() == "assignment_expression").find_map(|n| {
        let whole = field(n, "left").is_some_and(|l| super::modules::is_exports(dest, l));
        field(n, "right").filter(|r| whole && r.kind() == "object")
    })
}
