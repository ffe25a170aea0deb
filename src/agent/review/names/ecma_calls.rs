//! Calls of TypeScript functions of the repository with too many or too few arguments: what its compiler refuses.
//! In JavaScript they are allowed, and often meant.

use super::modules::Target;
use crate::agent::review::rules::WRONG_ARITY;
use crate::agent::review::source::{Draft, Source, World};
use crate::base::{Language, Line};
use crate::refactor::{BoundKind, Role, ScopeId};
use crate::syntax::Parsed;
use crate::syntax::node::{children, field, named, span, text_of};
use crate::syntax::tree::Node;

/// How many arguments a function takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Takes {
    least: usize,
    /// `None` when there is no limit.
    most: Option<usize>,
}

/// The new calls that do not fit.
pub(in crate::agent::review) fn find(source: &Source, world: World<'_>, out: &mut Vec<Draft>) {
    let typed = source.is(Language::TypeScript) || source.is(Language::Tsx);
    if !typed
        || source.kind.fixture
        || source.kind.template
        || source.kind.foreign()
        || !source.is_clean()
    {
        return;
    }
    for node in source.nodes().into_iter().filter(|n| n.kind() == "call_expression") {
        if source.wants(span(node)) && !is_expected_to_fail(source, node) {
            out.extend(call(source, world, node));
        }
    }
}

fn call(source: &Source, world: World<'_>, node: Node<'_>) -> Option<Draft> {
    let function = field(node, "function").filter(|f| f.kind() == "identifier")?;
    let list = field(node, "arguments").filter(|a| a.kind() == "arguments")?;
    let arguments: Vec<Node<'_>> =
        named(list).into_iter().filter(|n| n.kind() != "comment").collect();
    if arguments.iter().any(|n| n.kind() == "spread_element") {
        return None;
    }
    let (path, takes) = callee(source, world, function)?;
    let given = arguments.len();
    let wanted = match takes.most {
        _ if given < takes.least => format!("at least {}", takes.least),
        Some(most) if given > most => format!("at most {most}"),
        _ => return None,
    };
    let name = source.text_of(function);
    let message =
        format!("the call does not fit `{name}` of `{path}`: it takes {wanted}, {given} are given");
    Some(Draft::at(&WRONG_ARITY, source, node, message).confidence(0.93))
}

/// A test of types says on the line above that the next one is wrong.
fn is_expected_to_fail(source: &Source, node: Node<'_>) -> bool {
    let (first, _) = source.line_range(span(node));
    let above = Line(first.0.saturating_sub(1));
    [above, first].iter().any(|line| source.line_text(*line).contains("@ts-"))
}

/// The one function that a name means: where it is, and what it takes.
fn callee(source: &Source, world: World<'_>, function: Node<'_>) -> Option<(String, Takes)> {
    let bindings = source.bindings()?;
    let id = bindings.at(span(function))?.bound?;
    let bound = bindings.get(id);
    if bound.scope != ScopeId(0) || bindings.of(id).filter(|o| o.role != Role::Read).count() != 1 {
        return None;
    }
    match bound.kind {
        BoundKind::Function => {
            let takes = defined(source.parsed.as_ref()?, &bound.name)?;
            Some((source.path.clone(), takes))
        }
        BoundKind::Import => imported(source, world, &bound.name),
        _ => None,
    }
}

fn imported(source: &Source, world: World<'_>, local: &str) -> Option<(String, Takes)> {
    let statements = source.all_nodes().filter(|n| n.kind() == "import_statement");
    for statement in statements {
        let specifiers = statement.subtree().filter(|n| n.kind() == "import_specifier");
        for specifier in specifiers {
            let original = field(specifier, "name")?;
            let bound = field(specifier, "alias").unwrap_or(original);
            if source.text_of(bound) != local {
                continue;
            }
            let module = source.text_of(field(statement, "source")?).trim_matches(['"', '\'']);
            let Target::File(path) = super::ecma::resolve(world.project, &source.path, module)
            else {
                return None;
            };
            let parsed = world.project.parsed(&path).filter(Parsed::is_clean)?;
            if !matches!(parsed.language(), Language::TypeScript | Language::Tsx) {
                return None;
            }
            return Some((path.as_str().to_owned(), defined(&parsed, source.text_of(original))?));
        }
    }
    None
}

/// What the only function of this name at the top of a file takes; `None` with overloads, and where anything
/// else may stand behind the name.
fn defined(parsed: &Parsed, name: &str) -> Option<Takes> {
    let text = parsed.text();
    let top = named(parsed.root()).into_iter().map(|statement| {
        if statement.kind() == "export_statement" {
            field(statement, "declaration").unwrap_or(statement)
        } else {
            statement
        }
    });
    let called = |n: &Node<'_>| field(*n, "name").is_some_and(|f| text_of(f, text) == name);
    let found: Vec<Node<'_>> = top
        .filter(|n| n.kind().contains("function") || n.kind() == "ambient_declaration")
        .filter(|n| {
            n.kind() == "ambient_declaration" && text_of(*n, text).contains(name) || called(n)
        })
        .collect();
    let [only] = found[..] else { return None };
    if !matches!(only.kind(), "function_declaration" | "generator_function_declaration") {
        return None;
    }
    takes(field(only, "parameters")?, text)
}

fn takes(parameters: Node<'_>, text: &str) -> Option<Takes> {
    let mut takes = Takes { least: 0, most: Some(0) };
    let mut count = 0;
    for parameter in named(parameters) {
        let optional = match parameter.kind() {
            "comment" => continue,
            "required_parameter" => field(parameter, "value").is_some(),
            "optional_parameter" => true,
            _ => return None,
        };
        let pattern = field(parameter, "pattern")?;
        match pattern.kind() {
            "this" => continue,
            "rest_pattern" => {
                // Of a tuple the length is known, and this is not where it is read.
                let kind = field(parameter, "type").map_or("", |kind| text_of(kind, text));
                if !kind.ends_with("[]") {
                    return None;
                }
                takes.most = None;
                continue;
            }
            _ => count += 1,
        }
        // `void` may be left out.
        let void = field(parameter, "type")
            .is_some_and(|kind| children(kind).any(|n| text_of(n, text).contains("void")));
        if !optional && !void {
            takes.least = count;
        }
    }
    takes.most = takes.most.map(|_| count);
    Some(takes)
}
