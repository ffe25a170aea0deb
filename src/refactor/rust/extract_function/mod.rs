//! A function of its own for statements or an expression.
//!
//! What goes in are the variables that the selection uses, by value or by reference as it uses them; what comes out
//! are those that are declared in it and used afterwards. A type that the source does not tell is a refusal.

mod flow;
mod inputs;
mod write;

pub(super) use write::fixed_lines;

use super::context::{body_owner, expression_at, function_around, statements_at, tight};
use super::extract_variable::variable_name;
use super::names::{self, Names};
use super::typing::Typing;
use crate::base::Span;
use crate::refactor::{Answer, Namespace, Reason, Refusal, Setting};
use crate::syntax::node::{ancestors, children, field, named, span, text_of};
use crate::syntax::tree::Node;

/// What is extracted.
pub(super) enum Selected<'t> {
    Statements(Vec<Node<'t>>),
    Expression(Node<'t>),
}

/// What an extraction works with.
pub(super) struct Work<'s> {
    pub(super) setting: &'s Setting<'s>,
    pub(super) names: &'s Names,
    pub(super) text: &'s str,
    pub(super) typing: Typing<'s>,
    pub(super) selected: Selected<'s>,
    pub(super) at: Span,
    pub(super) function: Node<'s>,
    /// The closure or `async` block in the function that the selection lies in.
    pub(super) owner: Node<'s>,
}

pub(super) fn plan(setting: &Setting<'_>, name: &str) -> Answer {
    variable_name(name)?;
    let names = names::of(setting.parsed);
    let work = work(setting, &names)?;
    flow::check(&work)?;
    free(&work, name)?;
    let plan = inputs::plan(&work)?;
    Ok(write::step(&work, &plan, name))
}

fn work<'s>(setting: &'s Setting<'s>, names: &'s Names) -> Result<Work<'s>, Refusal> {
    let (text, root) = (setting.text(), setting.parsed.root());
    let at = tight(text, setting.at.span);
    let not_here = |message: &str| {
        let line = setting.parsed.lines().line(at.start);
        Refusal::new(Reason::NotHere, message).at(setting.path(), line)
    };
    let statements = statements_at(root, text, at).filter(|s| {
        // One expression at the end of a block is taken as an expression.
        s.len() > 1
            || s[0].kind().ends_with("_statement")
            || s[0].kind() == "let_declaration"
            || is_unit_tail(s[0])
    });
    let selected =
        match statements {
            Some(statements) => Selected::Statements(statements),
            None => Selected::Expression(expression_at(root, text, at).ok_or_else(|| {
                not_here("select an expression, or whole statements of one block")
            })?),
        };
    let first = match &selected {
        Selected::Statements(list) => list[0],
        Selected::Expression(node) => *node,
    };
    let function = function_around(first).ok_or_else(|| not_here("this is in no function"))?;
    let owner = body_owner(first).ok_or_else(|| not_here("this is in no function"))?;
    if !matches!(owner.kind(), "function_item" | "closure_expression" | "async_block") {
        return Err(not_here("this is computed when the program is compiled"));
    }
    let typing = Typing { parsed: setting.parsed, names };
    Ok(Work { setting, names, text, typing, selected, at, function, owner })
}

/// A loop or condition that ends a block whose value is `()`.
fn is_unit_tail(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "for_expression"
            | "while_expression"
            | "assignment_expression"
            | "compound_assignment_expr"
    ) || matches!(node.kind(), "if_expression") && field(node, "alternative").is_none()
}

impl<'s> Work<'s> {
    pub(super) fn refuse(&self, reason: Reason, message: impl Into<String>, at: Span) -> Refusal {
        let line = self.setting.parsed.lines().line(at.start);
        Refusal::new(reason, message).at(self.setting.path(), line)
    }

    /// The selected nodes.
    pub(super) fn nodes(&self) -> Vec<Node<'s>> {
        match &self.selected {
            Selected::Statements(list) => list.clone(),
            Selected::Expression(node) => vec![*node],
        }
    }

    /// All nodes in the selection, items within it not entered.
    pub(super) fn inside(&self) -> Vec<Node<'s>> {
        self.nodes()
            .into_iter()
            .flat_map(|n| n.walk(|n| n.kind() != "function_item" && n.kind() != "impl_item"))
            .collect()
    }

    pub(super) fn str(&self, node: Node<'_>) -> &'s str {
        text_of(node, self.text)
    }

    /// The `impl` or trait around the function.
    pub(super) fn class(&self) -> Option<Node<'s>> {
        let list = self.function.parent().filter(|p| p.kind() == "declaration_list")?;
        list.parent().filter(|p| matches!(p.kind(), "impl_item" | "trait_item"))
    }

    pub(super) fn modifiers(&self) -> Vec<&'s str> {
        let list = named(self.function).into_iter().find(|c| c.kind() == "function_modifiers");
        list.map_or_else(Vec::new, |l| children(l).map(|m| self.str(m)).collect())
    }

    /// True when the selection says `self`.
    pub(super) fn uses_self(&self) -> bool {
        self.inside().iter().any(|n| {
            n.kind() == "self"
                && n.parent().is_none_or(|p| {
                    !matches!(
                        p.kind(),
                        "scoped_identifier"
                            | "scoped_type_identifier"
                            | "scoped_use_list"
                            | "use_list"
                            | "visibility_modifier"
                    )
                })
        })
    }

    /// True when the selection, or a text, says `Self`.
    pub(super) fn uses_self_type(&self, signature: &str) -> bool {
        !crate::refactor::words(self.at.of(self.text).unwrap_or(""), "Self").is_empty()
            || !crate::refactor::words(signature, "Self").is_empty()
    }

    /// Loops (and closures that run again) between the selection and the function.
    pub(super) fn loops(&self) -> Vec<Node<'s>> {
        let first = self.nodes()[0];
        ancestors(first)
            .take_while(|a| *a != self.function)
            .filter(|a| {
                matches!(
                    a.kind(),
                    "loop_expression"
                        | "while_expression"
                        | "for_expression"
                        | "closure_expression"
                ) && !(a.kind() == "for_expression"
                    && field(*a, "value").is_some_and(|v| span(v).contains(self.at)))
            })
            .collect()
    }
}

/// # Errors
/// When the name is taken where the function will stand or where it is called.
fn free(work: &Work<'_>, name: &str) -> Result<(), Refusal> {
    let names = work.names;
    let taken = |at: Span, line_of: Span| {
        let line = work.setting.parsed.lines().line(line_of.start);
        let message = format!("`{name}` is already declared (line {line}); choose another name");
        work.refuse(Reason::NameTaken, message, at)
    };
    let scope = names.bindings.scope_at(work.at.start);
    if let Some(id) = names.lookup(scope, name, Namespace::Value) {
        return Err(taken(work.at, names.bindings.get(id).declared));
    }
    if work.class().is_some()
        && let Some(member) = names.defined.iter().find(|d| d.name.of(work.text) == Some(name))
    {
        return Err(taken(work.at, member.name));
    }
    let module = names.module_of(scope);
    let span = names.bindings.scope(module).span;
    let used = names.bindings.within(span).find(|o| {
        o.bound.is_none()
            && o.span.of(work.text) == Some(name)
            && names.module_of(o.scope) == module
    });
    match used {
        Some(o) => Err(work.refuse(
            Reason::NameTaken,
            format!("`{name}` is used in this module and would mean the new function; choose another name"),
            o.span,
        )),
        None => Ok(()),
    }
}
