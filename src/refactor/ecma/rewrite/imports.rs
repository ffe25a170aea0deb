//! Imports that nothing uses.

use super::super::effects::{self, Effect};
use super::super::file::File;
use super::super::modules::{Form, Graph, Imported, Link, links};
use super::super::rename::has_jsx;
use super::super::shape::whole_lines;
use crate::base::Span;
use crate::refactor::step::put;
use crate::refactor::{Answer, Reason, Role, Setting, Step, words};
use crate::syntax::node::{ancestors, children, named, span};
use crate::syntax::tree::Node;

/// The first unused import.
pub(super) fn offered(file: &File) -> Option<Span> {
    links(file).iter().find(|l| is_unused(file, l)).map(|l| l.whole)
}

fn is_unused(file: &File, link: &Link) -> bool {
    let Some(id) = link.local.filter(|_| link.form == Form::Import) else { return false };
    let bound = file.bound(id);
    let used = file.names.bindings.of(id).any(|o| o.role != Role::Bind);
    if used || file.names.bindings.scope(bound.scope).dynamic.is_some() {
        return false;
    }
    let pragma = has_jsx(file) && (bound.name == "React" || jsx_pragma(file, &bound.name));
    let in_comment = file.root().subtree().any(|n| {
        n.kind() == "comment" && {
            let text = file.of_node(n);
            (text.starts_with("/**") || text.contains("@type") || text.contains('{'))
                && !words(text, &bound.name).is_empty()
        }
    });
    let global = bound.name == "h" && has_jsx(file);
    !(pragma || global || in_comment || is_silenced(file, link))
}

fn jsx_pragma(file: &File, name: &str) -> bool {
    let comments = file.root().subtree().filter(|n| n.kind() == "comment");
    comments
        .into_iter()
        .any(|n| file.of_node(n).contains("@jsx") && !words(file.of_node(n), name).is_empty())
}

/// True when a comment tells a linter that this import is meant.
fn is_silenced(file: &File, link: &Link) -> bool {
    let text = file.text();
    let line = file.parsed.lines().line(link.whole.start);
    let at = |line: u32| {
        let span = file.parsed.lines().span(crate::base::Line(line));
        span.and_then(|s| s.of(text)).unwrap_or_default()
    };
    let marks =
        ["eslint-disable", "@ts-ignore", "@ts-expect-error", "biome-ignore", "noinspection"];
    let before = at(line.0.saturating_sub(1));
    let here = at(line.0);
    here.contains("eslint-disable-line")
        || marks.iter().any(|m| before.contains(m) && before.trim_start().starts_with("//"))
}

pub(super) fn plan(setting: &Setting<'_>, file: &File) -> Answer {
    let unused: Vec<&Link> = links(file).iter().filter(|l| is_unused(file, l)).collect();
    if unused.is_empty() {
        let message = "every import is used, or is kept for its effects";
        return Err(file.refuse_at(Reason::NotHere, message, setting.at.span));
    }
    let graph = Graph::new(setting.project);
    let mut step = Step::new("Remove unused imports");
    let mut statements: Vec<Node<'_>> = Vec::new();
    for link in &unused {
        let node = file.node(link.string).unwrap_or_else(|| file.root());
        let statement = ancestors(node).find(|n| n.kind() == "import_statement");
        if let Some(statement) = statement.filter(|s| !statements.contains(s)) {
            statements.push(statement);
        }
    }
    for statement in statements {
        of_statement(&mut step, &graph, file, statement, &unused);
    }
    Ok(step)
}

fn of_statement(
    step: &mut Step,
    graph: &Graph<'_>,
    file: &File,
    statement: Node<'_>,
    unused: &[&Link],
) {
    let all: Vec<&Link> =
        links(file).iter().filter(|l| span(statement).contains(l.string)).collect();
    let gone = |l: &&Link| unused.contains(l);
    let text = file.text();
    if all.iter().all(gone) {
        let is_type = children(statement).any(|c| c.kind() == "type");
        let source = all.first().map(|l| l.specifier.as_str()).unwrap_or_default();
        let target = graph.resolve(&file.path, source).file();
        let acts = !is_type
            && !file.is_typed()
            && target.and_then(|t| graph.file(&t)).is_some_and(|f| acts_alone(&f));
        if acts {
            let string = all.first().and_then(|l| l.string.of(text)).unwrap_or_default();
            let end = if file.of_node(statement).ends_with(';') { ";" } else { "" };
            step.replace(&file.path, put(span(statement), format!("import {string}{end}")));
            step.notes.push(format!(
                "{source} does something when it is loaded, so it is still imported."
            ));
        } else {
            step.replace(&file.path, put(whole_lines(text, span(statement)), ""));
        }
        return;
    }
    let clause = named(statement).into_iter().find(|n| n.kind() == "import_clause");
    let Some(clause) = clause else { return };
    let rest: Vec<&&Link> = all.iter().filter(|l| !gone(l)).collect();
    let default = |l: &&&Link| matches!(&l.imported, Imported::Name(_)) && l.token.is_none();
    let mut parts = Vec::new();
    parts.extend(
        rest.iter().filter(|l| default(l)).filter_map(|l| l.whole.of(text)).map(str::to_owned),
    );
    parts.extend(
        rest.iter()
            .filter(|l| l.imported == Imported::Namespace)
            .filter_map(|l| l.whole.of(text))
            .map(str::to_owned),
    );
    let braces = named(clause).into_iter().find(|n| n.kind() == "named_imports");
    let kept: Vec<Span> = rest.iter().filter(|l| l.token.is_some()).map(|l| l.whole).collect();
    if let Some(braces) = braces.filter(|_| !kept.is_empty()) {
        parts.push(list_without(file, braces, &kept));
    }
    step.replace(&file.path, put(span(clause), parts.join(", ")));
}

/// The braces with some of their entries, laid out as before.
fn list_without(file: &File, braces: Node<'_>, kept: &[Span]) -> String {
    let text = file.text();
    let entries: Vec<&str> = kept.iter().filter_map(|s| s.of(text)).collect();
    let before = file.of_node(braces);
    if !before.contains('\n') {
        let space = if before.starts_with("{ ") { " " } else { "" };
        return format!("{{{space}{}{space}}}", entries.join(", "));
    }
    let first = named(braces).first().map_or(braces.start_byte(), Node::start_byte);
    let inner = super::super::shape::indent_at(text, first);
    let outer = super::super::shape::indent_at(text, braces.end_byte() - 1);
    let comma = if before.trim_end_matches('}').trim_end().ends_with(',') { "," } else { "" };
    let lines = entries.join(&format!(",\n{inner}"));
    format!("{{\n{inner}{lines}{comma}\n{outer}}}")
}

/// True when loading a module does more than define things.
fn acts_alone(file: &File) -> bool {
    named(file.root()).into_iter().any(|statement| {
        let inner = match statement.kind() {
            "export_statement" => named(statement).first().copied().unwrap_or(statement),
            _ => statement,
        };
        match inner.kind() {
            "import_statement"
            | "export_clause"
            | "function_declaration"
            | "generator_function_declaration"
            | "interface_declaration"
            | "type_alias_declaration"
            | "comment"
            | "string"
            | "namespace_export" => false,
            "export_statement" => true,
            _ => effects::of(file, inner) == Effect::Acts,
        }
    })
}
