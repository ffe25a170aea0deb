//! What cannot be reached, and what nothing uses.

use super::{Source, across, expression_of, statements};
use crate::base::Span;
use crate::refactor::rust::context::{is_pure, whole_lines};
use crate::refactor::step::put;
use crate::refactor::{Answer, BoundKind, Reason, Role, ScopeKind, Setting, Step, words};
use crate::syntax::node::{children, descendants, field, named, span};
use crate::syntax::tree::Node;

/// What could go.
enum Dead<'t> {
    /// Statements after one that does not come back.
    After(Vec<Node<'t>>),
    Item(Node<'t>),
    Variable(Node<'t>),
}

pub(super) fn offers(source: Source<'_>) -> Vec<Span> {
    dead(source).iter().map(place).collect()
}

fn place(dead: &Dead<'_>) -> Span {
    match dead {
        Dead::After(list) => across(list[0], list[list.len() - 1]),
        Dead::Item(node) | Dead::Variable(node) => span(*node),
    }
}

pub(super) fn plan(setting: &Setting<'_>, source: Source<'_>) -> Answer {
    let at = setting.at.span;
    let all = dead(source);
    let Some(found) = all
        .iter()
        .filter(|d| place(d).contains(at) || at.contains(place(d)))
        .min_by_key(|d| place(d).len())
    else {
        let message = "nothing here is known to be unreachable or unused";
        return Err(source.refuse(setting, Reason::NotHere, message, at));
    };
    let mut step = Step::new("Remove dead code");
    let text = source.text();
    match found {
        Dead::After(list) => {
            let first = whole_lines(text, span(list[0]));
            let last = whole_lines(text, span(list[list.len() - 1]));
            step.replace(
                setting.path(),
                put(Span::new(first.start, last.end.max(first.start)), ""),
            );
        }
        Dead::Variable(node) => {
            step.replace(setting.path(), put(whole_lines(text, span(*node)), ""))
        }
        Dead::Item(node) => {
            let name = field(*node, "name").map_or("", |n| source.str(n));
            for path in setting.project.files_with(name) {
                let Some(parsed) = setting.project.parsed(&path) else { continue };
                for word in words(parsed.text(), name) {
                    if path != *setting.path() || !span(*node).contains(word) {
                        let line = parsed.lines().line(word.start);
                        let message = format!("`{name}` is named elsewhere");
                        return Err(
                            crate::refactor::Refusal::new(Reason::Dynamic, message).at(&path, line)
                        );
                    }
                }
            }
            step.replace(setting.path(), put(whole_lines(text, with_front(*node, text)), ""));
            step.notes.push(format!("Nothing in the repository names `{name}`."));
        }
    }
    Ok(step)
}

/// An item with its documentation and attributes.
fn with_front(node: Node<'_>, text: &str) -> Span {
    let mut start = node.start_byte();
    let mut at = node.prev_sibling();
    while let Some(before) =
        at.filter(|n| n.kind() == "attribute_item" || n.kind().ends_with("_comment"))
    {
        let line = text[..before.start_byte()].rfind('\n').map_or(0, |n| n + 1);
        let alone = text[line..before.start_byte()].trim().is_empty();
        if !alone
            || text[before.end_byte()..start].matches('\n').count() > 1
            || text[before.start_byte()..].starts_with("//!")
        {
            break;
        }
        start = before.start_byte();
        at = before.prev_sibling();
    }
    Span::new(start, node.end_byte())
}

fn dead(source: Source<'_>) -> Vec<Dead<'_>> {
    let mut out = Vec::new();
    for node in descendants(source.parsed.root()) {
        match node.kind() {
            "block" => out.extend(after(source, node).map(Dead::After)),
            "function_item" | "const_item" | "static_item" | "struct_item" | "enum_item"
            | "type_item"
                if unused_item(source, node) =>
            {
                out.push(Dead::Item(node));
            }
            "let_declaration" if unused_variable(source, node) => {
                out.push(Dead::Variable(node));
            }
            _ => {}
        }
    }
    out
}

fn after<'t>(source: Source<'t>, block: Node<'t>) -> Option<Vec<Node<'t>>> {
    let all = statements(block);
    let at = all.iter().position(|s| never_returns(source, *s))?;
    let rest: Vec<Node<'t>> = all[at + 1..].to_vec();
    let plain = rest.iter().all(|s| {
        !s.kind().ends_with("_item")
            && s.kind() != "macro_definition"
            && s.kind() != "use_declaration"
            && s.kind() != "attribute_item"
            && s.kind() != "empty_statement"
    });
    let conditional = all[..=at].iter().any(|s| s.kind() == "attribute_item");
    (!rest.is_empty() && plain && !conditional).then_some(rest)
}

fn never_returns(source: Source<'_>, statement: Node<'_>) -> bool {
    let node = expression_of(statement);
    match node.kind() {
        "return_expression" | "break_expression" | "continue_expression" => true,
        "macro_invocation" => {
            field(node, "macro").is_some_and(|m| matches!(source.str(m), "panic" | "unreachable"))
        }
        "call_expression" => field(node, "function").is_some_and(|f| {
            matches!(
                source.str(f),
                "std::process::exit" | "std::process::abort" | "process::exit" | "process::abort"
            )
        }),
        _ => false,
    }
}

fn unused_item(source: Source<'_>, node: Node<'_>) -> bool {
    let Some(name) = field(node, "name") else { return false };
    let word = source.str(name);
    let listed = node.parent().is_some_and(|p| {
        p.kind() == "source_file"
            || p.kind() == "declaration_list"
                && p.parent().is_some_and(|o| {
                    o.kind() == "mod_item" || o.kind() == "impl_item" && field(o, "trait").is_none()
                })
    });
    let private = !children(node).any(|c| c.kind() == "visibility_modifier");
    let before = std::iter::successors(node.prev_sibling(), |n| n.prev_sibling());
    let mut attributes = before
        .take_while(|n| n.kind() == "attribute_item" || n.is_extra())
        .filter(|n| n.kind() == "attribute_item");
    let plain = attributes.all(|a| {
        named(a).first().is_some_and(|a| {
            let text = source.str(*a);
            text.starts_with("inline")
                || text.starts_with("must_use")
                || text.starts_with("derive")
                || text.starts_with("doc")
        })
    });
    let modified = named(node)
        .iter()
        .any(|c| c.kind() == "function_modifiers" && source.str(*c).contains("extern"));
    listed
        && private
        && plain
        && !modified
        && word != "main"
        && !word.starts_with('_')
        && words(source.text(), word).iter().all(|w| span(node).contains(*w))
}

fn unused_variable(source: Source<'_>, node: Node<'_>) -> bool {
    let Some(name) = field(node, "pattern").filter(|p| p.kind() == "identifier") else {
        return false;
    };
    let Some(value) = field(node, "value") else { return false };
    let Some(id) = source.names.bindings.at(span(name)).and_then(|o| o.bound) else { return false };
    let bound = source.names.bindings.get(id);
    let used = source.names.bindings.of(id).any(|o| o.role != Role::Bind);
    let scope = source.names.bindings.scope(bound.scope).span;
    let mentioned = source.names.tokens.iter().any(|t| {
        scope.contains(t.span)
            && source.parsed.text().get(t.span.start..t.span.end) == Some(&bound.name)
    });
    let attributed = node.prev_named_sibling().is_some_and(|p| p.kind() == "attribute_item");
    bound.kind == BoundKind::Variable
        && !used
        && !mentioned
        && !attributed
        && !bound.name.starts_with('_')
        && field(node, "alternative").is_none()
        && is_still(value, source)
        && source.names.bindings.scope(bound.scope).kind == ScopeKind::Block
}

/// A value whose computing can neither fail nor move anything.
fn is_still(value: Node<'_>, source: Source<'_>) -> bool {
    let literal = value.kind().ends_with("_literal");
    let copied =
        source.typing().of(value, 0).is_some_and(|t| crate::refactor::rust::typing::is_copy(&t));
    literal
        || copied
            && is_pure(value, source.text())
            && value.subtree().all(|n| {
                !matches!(n.kind(), "index_expression" | "call_expression" | "binary_expression")
            })
}
