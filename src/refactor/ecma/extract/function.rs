//! A function for statements or an expression.

use super::super::file::{File, function_around};
use super::super::names::check_name;
use super::super::rename::free;
use super::super::shape::{
    check_replaceable, guard, in_list, indent_at, is_block, is_statement, line_end, reindented,
    selected_expression, semicolon, statement_around, trimmed, unit,
};
use super::flow::{Flow, always_leaves, can_be_returned, survey};
use super::place::{Place, loses_strictness, method_around, parameters, top_statement};
use super::variable::as_used;
use crate::base::Span;
use crate::refactor::step::put;
use crate::refactor::{
    Answer, BoundId, BoundKind, Namespace, Project, Reason, Refusal, Role, ScopeId, Setting, Step,
};
use crate::syntax::node::{ancestors, field, named, span};
use crate::syntax::tree::Node;

/// What is extracted.
#[derive(Clone, Debug)]
pub(in crate::refactor::ecma) enum Chunk<'f> {
    /// Statements that follow each other in one list.
    Statements(Vec<Node<'f>>),
    Expression(Node<'f>),
}

impl<'f> Chunk<'f> {
    fn nodes(&self) -> Vec<Node<'f>> {
        match self {
            Self::Statements(nodes) => nodes.clone(),
            Self::Expression(node) => vec![*node],
        }
    }

    fn span(&self) -> Span {
        let nodes = self.nodes();
        let first = nodes.first().map_or(0, Node::start_byte);
        Span::new(first, nodes.last().map_or(first, Node::end_byte))
    }
}

/// See [`crate::refactor::Refactoring::ExtractFunction`].
pub(in crate::refactor::ecma) fn plan(setting: &Setting<'_>, name: &str) -> Answer {
    check_name(name)?;
    let file = File::of(setting);
    let chunk = match statements(&file, setting.at.span) {
        Some(nodes) => Chunk::Statements(nodes),
        None => match selected_expression(&file, setting.at.span) {
            Some(node) => Chunk::Expression(within_condition(node)),
            None => {
                let message = "the selection is neither whole statements nor one expression";
                return Err(file.refuse_at(Reason::NotHere, message, setting.at.span));
            }
        },
    };
    of_chunk(setting.project, &file, &chunk, name)
}

/// The parentheses of `if (x)` belong to the statement.
pub(super) fn within_condition(node: Node<'_>) -> Node<'_> {
    let of_statement = node.kind() == "parenthesized_expression"
        && node.parent().is_some_and(|p| {
            p.kind().ends_with("_statement")
                && p.kind() != "return_statement"
                && p.kind() != "expression_statement"
        });
    node.named_child(0).filter(|_| of_statement).unwrap_or(node)
}

/// The statements that a selection is exactly.
fn statements(file: &File, at: Span) -> Option<Vec<Node<'_>>> {
    let at = trimmed(file.text(), at);
    if at.is_empty() {
        return None;
    }
    let inner = file.node(at)?;
    let block = std::iter::once(inner)
        .chain(ancestors(inner))
        .find(|n| is_block(*n) && span(*n) != at || n.kind() == "program")?;
    let all: Vec<Node<'_>> = block
        .children()
        .filter(|n| {
            n.is_named()
                && n.field() != Some("value")
                && at.start <= n.start_byte()
                && n.end_byte() <= at.end
        })
        .collect();
    let code: Vec<Node<'_>> = all.iter().copied().filter(|n| !n.is_extra()).collect();
    let (first, last) = (all.first()?, all.last()?);
    let semi =
        |end: usize| file.text()[end..at.end].trim_matches([';', ' ', '\n', '\t']).is_empty();
    let exact = first.start_byte() == at.start && semi(last.end_byte());
    (exact && !code.is_empty() && code.iter().all(|n| is_statement(*n))).then_some(code)
}

/// The step for a chunk; also for `SplitFunction`.
pub(in crate::refactor::ecma) fn of_chunk(
    project: &dyn Project,
    file: &File,
    chunk: &Chunk<'_>,
    name: &str,
) -> Answer {
    let nodes = chunk.nodes();
    let at = chunk.span();
    let Some(first) = nodes.first().copied() else {
        return Err(Refusal::new(Reason::NotHere, "nothing is selected"));
    };
    if let Chunk::Expression(node) = chunk {
        check_replaceable(file, *node)?;
    }
    if nodes.iter().any(|n| is_directive(*n)) {
        return Err(file.refuse(Reason::NotHere, "a directive has to stay where it is", first));
    }
    let mut flow = survey(file, &nodes, at)?;
    flow.is_value = matches!(chunk, Chunk::Expression(_));
    let tail = check_returns(file, chunk, &flow)?;
    check_declared(file, chunk, &flow, at)?;
    let (place, parameters) = place_of(project, file, first, at, &flow, name)?;
    let made = Made { file, chunk, flow: &flow, place, parameters: &parameters, tail, name };
    made.check_name(at)?;
    Ok(made.step())
}

/// `"use strict"` at the begin of a file or function.
fn is_directive(node: Node<'_>) -> bool {
    let text = |n: &Node<'_>| {
        n.kind() == "expression_statement" && n.child(0).is_some_and(|c| c.kind() == "string")
    };
    text(&node)
        && node.parent().is_some_and(|p| {
            named(p)
                .into_iter()
                .take_while(|n| *n != node)
                .all(|n| text(&n) || n.kind() == "hash_bang_line")
        })
}

/// True when the call stands behind `return`.
fn check_returns(file: &File, chunk: &Chunk<'_>, flow: &Flow) -> Result<bool, Refusal> {
    if !flow.returns {
        return Ok(false);
    }
    let Chunk::Statements(nodes) = chunk else { return Ok(false) };
    let (Some(first), Some(last)) = (nodes.first(), nodes.last()) else { return Ok(false) };
    let function = function_around(*first);
    let constructor = function
        .is_some_and(|f| field(f, "name").is_some_and(|n| file.of_node(n) == "constructor"));
    let body = function.and_then(|f| field(f, "body"));
    let at_end = last.parent().is_some_and(|p| Some(p) == body && named(p).last() == Some(last));
    let leaves = nodes.iter().any(|n| always_leaves(*n));
    if constructor || !(leaves || at_end) {
        let message = "some ways through the selection return and some go on after it; select up to the end, or less";
        return Err(file.refuse(Reason::ControlFlow, message, *first));
    }
    Ok(true)
}

/// # Errors
/// When a variable of the selection that is used outside cannot be given back.
fn check_declared(file: &File, chunk: &Chunk<'_>, flow: &Flow, at: Span) -> Result<(), Refusal> {
    let Chunk::Statements(nodes) = chunk else { return Ok(()) };
    for id in &flow.declared {
        let bound = file.bound(*id);
        if !can_be_returned(file, *id, at) || bound.kind == BoundKind::Type {
            let message = format!(
                "`{}` is bound in the selection and used outside of it in a way that one value given back cannot serve",
                bound.name
            );
            return Err(file.refuse_at(Reason::Effects, message, bound.declared));
        }
    }
    let in_loop = nodes.first().is_some_and(|n| {
        ancestors(*n).take_while(|n| !super::super::file::is_function(*n)).any(|n| {
            matches!(
                n.kind(),
                "for_statement" | "for_in_statement" | "while_statement" | "do_statement"
            )
        })
    });
    // A variable of the function keeps its value from one round of a loop to the next.
    for occurrence in file.names.bindings.within(at).filter(|o| in_loop && o.role == Role::Bind) {
        let leaf = file.leaf(occurrence);
        let var = leaf
            .parent()
            .filter(|p| p.kind() == "variable_declarator" && field(*p, "value").is_none());
        if let Some(var) =
            var.filter(|v| v.parent().is_some_and(|d| d.kind() == "variable_declaration"))
        {
            let message = format!(
                "`var {}` keeps its value between the rounds of the loop",
                file.of_node(leaf)
            );
            return Err(file.refuse(Reason::Effects, message, var));
        }
    }
    Ok(())
}

type Parameters = Vec<(BoundId, Option<String>)>;

fn place_of<'f>(
    project: &dyn Project,
    file: &'f File,
    first: Node<'f>,
    at: Span,
    flow: &Flow,
    name: &str,
) -> Result<(Place<'f>, Parameters), Refusal> {
    let outside = outside_place(project, file, first, at, flow, name);
    let why = match outside {
        Ok(found) => return Ok(found),
        Err(why) => why,
    };
    let Some(statement) = statement_around(first) else {
        return Err(file.refuse(
            Reason::Effects,
            format!("no function outside can do this: {why}"),
            first,
        ));
    };
    if flow.yields {
        let message = format!("the selection yields, and no generator outside can do this: {why}");
        return Err(file.refuse(Reason::ControlFlow, message, first));
    }
    if !same_function(statement, first)
        && (flow.this || flow.own_of_function || flow.super_member)
        && !arrows_between(statement, first)
    {
        return Err(file.refuse(
            Reason::Effects,
            format!("no function outside can do this: {why}"),
            first,
        ));
    }
    let visible = file.names.around(statement);
    let early = Span::new(statement.start_byte(), at.start);
    for id in &flow.captured {
        let bound = file.bound(*id);
        if early.contains(bound.declared)
            && file.names.bindings.chain(visible).any(|s| s == bound.scope)
            && bound.kind != BoundKind::Function
        {
            let message = format!("`{}` is bound within the same statement", bound.name);
            return Err(file.refuse_at(Reason::Shadowed, message, bound.declared));
        }
    }
    match parameters(file, project, flow, at, visible) {
        Ok(parameters) if parameters.iter().all(|(id, _)| !flow.changed.contains(id)) => {
            Ok((Place::Local(statement), parameters))
        }
        _ => Err(file.refuse(Reason::Effects, format!("no function can do this: {why}"), first)),
    }
}

fn same_function(one: Node<'_>, two: Node<'_>) -> bool {
    function_around(one) == function_around(two)
}

fn arrows_between(outer: Node<'_>, inner: Node<'_>) -> bool {
    ancestors(inner)
        .take_while(|n| *n != outer)
        .filter(|n| super::super::file::is_function(*n) || n.kind() == "class_body")
        .all(|n| n.kind() == "arrow_function")
}

/// A place at the top level or beside the method.
fn outside_place<'f>(
    project: &dyn Project,
    file: &'f File,
    first: Node<'f>,
    at: Span,
    flow: &Flow,
    name: &str,
) -> Result<(Place<'f>, Parameters), String> {
    if flow.own_of_function {
        return Err("`arguments` and `new.target` belong to the function".to_owned());
    }
    if loses_strictness(file, first) {
        return Err("the function has rules of its own (`\"use strict\"` or `with`)".to_owned());
    }
    if ancestors(first).any(|n| matches!(n.kind(), "internal_module" | "module")) {
        return Err("it belongs to a namespace".to_owned());
    }
    if !flow.changed.is_empty() && !flow.declared.is_empty() {
        return Err("some results are new variables and some are not".to_owned());
    }
    if flow.is_value && !flow.changed.is_empty() {
        return Err("it assigns variables".to_owned());
    }
    if flow.returns && !flow.changed.is_empty() {
        // After the return nobody sees them, unless a function keeps them.
        let kept = flow.changed.iter().any(|id| !super::flow::can_be_copied(file, *id, at));
        if kept {
            return Err("variables that it changes are shared".to_owned());
        }
    }
    let place = if flow.this || flow.super_member {
        let method = method_around(file, first, name).filter(|_| !flow.super_member);
        Place::Method(method.ok_or("`this` belongs to the function")?)
    } else {
        Place::Top(top_statement(first).ok_or("it is in no statement")?)
    };
    let visible = match place {
        Place::Method(method) => file.names.around(method),
        _ => ScopeId(0),
    };
    let parameters = parameters(file, project, flow, at, visible)?;
    Ok((place, parameters))
}

/// A function about to be written.
struct Made<'a, 'f> {
    file: &'f File,
    chunk: &'a Chunk<'f>,
    flow: &'a Flow,
    place: Place<'f>,
    parameters: &'a Parameters,
    /// The call stands behind `return`.
    tail: bool,
    name: &'a str,
}

impl Made<'_, '_> {
    fn check_name(&self, at: Span) -> Result<(), Refusal> {
        let (file, name) = (self.file, self.name);
        let bindings = &file.names.bindings;
        let home = match self.place {
            Place::Top(_) => ScopeId(0),
            Place::Method(_) => return Ok(()),
            Place::Local(statement) => file.names.around(statement),
        };
        let mut inner = bindings.chain(bindings.scope_at(at.start)).collect::<Vec<_>>();
        if let Some(node) = self.chunk.nodes().first() {
            inner = bindings.chain(file.names.around(*node)).collect();
        }
        let until = inner.iter().position(|s| *s == home).map_or(inner.len(), |p| p + 1);
        // The parameters of a function are names of its body, too.
        let parameters = bindings
            .scope(home)
            .parent
            .filter(|p| bindings.scope(*p).kind == crate::refactor::ScopeKind::Function);
        for scope in inner[..until].iter().copied().chain(parameters) {
            if let Some(other) = bindings.own(scope, name, Namespace::Both) {
                let message = format!(
                    "`{name}` is bound already where the function would be called; choose another name"
                );
                let reason = if scope == home { Reason::NameTaken } else { Reason::Shadowed };
                return Err(file.refuse_at(reason, message, bindings.get(other).declared));
            }
        }
        free(file, home, name, Namespace::Value, "the new function")
    }

    fn step(&self) -> Step {
        let file = self.file;
        let text = file.text();
        let mut step = Step::new(format!("Extract {}", self.name));
        let semi = semicolon(file);
        let at = self.chunk.span();
        let (head, closing) = self.head();
        let last = self.chunk.nodes().last().copied();
        let anchor = match self.place {
            Place::Top(node) => last.and_then(top_statement).unwrap_or(node),
            Place::Method(node) | Place::Local(node) => node,
        };
        let indent = indent_at(text, anchor.start_byte());
        let inner = format!("{indent}{}", unit(file));
        let body = self.body(&inner, semi);
        let function = format!("{head} {{\n{body}{indent}}}{closing}");
        let call = self.call(semi);
        match self.place {
            Place::Top(_) | Place::Method(_) => {
                step.replace(&file.path, put(at, call));
                let mut end = line_end(text, anchor.end_byte());
                let rest = text[anchor.end_byte()..end].trim();
                if !(rest.is_empty() || rest.starts_with("//") || rest == ";") {
                    end = anchor.end_byte();
                }
                let open = if text[..end].ends_with('\n') { "" } else { "\n" };
                step.replace(
                    &file.path,
                    put(Span::at(end), format!("{open}\n{indent}{function}\n")),
                );
            }
            Place::Local(_) => {
                let start = anchor.start_byte();
                let own_line =
                    text[..start].rsplit('\n').next().is_some_and(|l| l.trim().is_empty());
                let between = if own_line { format!("\n{indent}") } else { " ".to_owned() };
                let semi = guard(text, start, if own_line { semi } else { ";" });
                let function = format!("{function}{semi}{between}");
                if at.start == start {
                    step.replace(&file.path, put(at, format!("{function}{call}")));
                } else {
                    step.replace(&file.path, put(Span::at(start), function));
                    step.replace(&file.path, put(at, call));
                }
            }
        }
        let untyped = file.is_typed() && self.parameters.iter().any(|(_, a)| a.is_none());
        if untyped {
            step.notes.push("Some parameters have no type yet.".to_owned());
        }
        step
    }

    fn head(&self) -> (String, &'static str) {
        let file = self.file;
        let list: Vec<String> = self
            .parameters
            .iter()
            .map(|(id, a)| format!("{}{}", file.bound(*id).name, a.as_deref().unwrap_or_default()))
            .collect();
        let list = list.join(", ");
        let name = self.name;
        let awaits = if self.flow.awaits { "async " } else { "" };
        let star = if self.flow.yields { "*" } else { "" };
        match self.place {
            Place::Top(_) => (format!("{awaits}function{star} {name}({list})"), ""),
            Place::Method(method) => {
                let fixed = method.children().any(|c| c.kind() == "static");
                let fixed = if fixed { "static " } else { "" };
                let private = if file.is_typed() { "private " } else { "" };
                (format!("{private}{fixed}{awaits}{star}{name}({list})"), "")
            }
            Place::Local(_) => (format!("const {name} = {awaits}({list}) =>"), ""),
        }
    }

    /// What the function gives back besides a value that the selection itself returns.
    fn results(&self) -> Vec<BoundId> {
        if self.tail {
            return Vec::new();
        }
        let shared = matches!(self.place, Place::Local(_));
        let mut out = self.flow.declared.clone();
        if !shared {
            out.extend(&self.flow.changed);
        }
        out
    }

    fn body(&self, indent: &str, semi: &str) -> String {
        let file = self.file;
        let at = self.chunk.span();
        match self.chunk {
            Chunk::Expression(node) => {
                let value = reindented(file, at, indent);
                let value =
                    if node.kind() == "sequence_expression" { format!("({value})") } else { value };
                // `return` ends at its line.
                format!("{indent}return {value}{semi}\n")
            }
            Chunk::Statements(_) => {
                let mut out = format!("{indent}{}\n", reindented(file, at, indent));
                let names: Vec<&str> =
                    self.results().iter().map(|id| file.bound(*id).name.as_str()).collect();
                match names[..] {
                    [] => {}
                    [one] => out.push_str(&format!("{indent}return {one}{semi}\n")),
                    _ => {
                        out.push_str(&format!("{indent}return {{ {} }}{semi}\n", names.join(", ")))
                    }
                }
                out
            }
        }
    }

    fn call(&self, semi: &str) -> String {
        let file = self.file;
        let arguments: Vec<&str> =
            self.parameters.iter().map(|(id, _)| file.bound(*id).name.as_str()).collect();
        let receiver = if matches!(self.place, Place::Method(_)) { "this." } else { "" };
        let mut call = format!("{receiver}{}({})", self.name, arguments.join(", "));
        if self.flow.awaits {
            call = format!("await {call}");
        } else if self.flow.yields {
            call = format!("yield* {call}");
        }
        let at = self.chunk.span();
        let nodes = match self.chunk {
            Chunk::Expression(node) => {
                let bare = node.parent().is_none_or(|p| {
                    matches!(
                        p.kind(),
                        "arguments"
                            | "return_statement"
                            | "variable_declarator"
                            | "expression_statement"
                            | "parenthesized_expression"
                            | "arrow_function"
                            | "array"
                            | "pair"
                            | "assignment_expression"
                            | "template_substitution"
                            | "jsx_expression"
                    )
                });
                let call = if self.flow.awaits && !bare { format!("({call})") } else { call };
                return as_used(*node, &call);
            }
            Chunk::Statements(nodes) => nodes,
        };
        let text = file.text();
        // What follows may go on with the call where no semicolon ends it.
        let ends = nodes.last().is_some_and(|n| file.of_node(*n).ends_with([';', '}']));
        let next_on_line = !text[at.end..line_end(text, at.end)].trim().is_empty();
        let semi = if next_on_line && ends { ";" } else { guard(text, at.end, semi) };
        if self.tail {
            return format!("return {call}{semi}");
        }
        let results = self.results();
        let names: Vec<&str> = results.iter().map(|id| file.bound(*id).name.as_str()).collect();
        let Some(first) = results.first() else { return format!("{call}{semi}") };
        if self.flow.declared.contains(first) {
            let word = self.declaring_word(&results, at);
            return match names[..] {
                [one] => format!("{word} {one} = {call}{semi}"),
                _ => format!("{word} {{ {} }} = {call}{semi}", names.join(", ")),
            };
        }
        match names[..] {
            [one] => format!("{one} = {call}{semi}"),
            _ => {
                let open = if semi.is_empty() { ";" } else { "" };
                format!("{open}({{ {} }} = {call}){semi}", names.join(", "))
            }
        }
    }

    fn declaring_word(&self, results: &[BoundId], at: Span) -> &'static str {
        let bindings = &self.file.names.bindings;
        let var = results.iter().any(|id| {
            let leaf = self.file.leaf_at_declaration(*id);
            ancestors(leaf)
                .take_while(|n| !in_list(*n) || n.kind() == "variable_declaration")
                .any(|n| n.kind() == "variable_declaration")
        });
        if var {
            return "var";
        }
        let changes = results
            .iter()
            .any(|id| bindings.of(*id).any(|o| !at.contains(o.span) && o.role.writes()));
        if changes { "let" } else { "const" }
    }
}
