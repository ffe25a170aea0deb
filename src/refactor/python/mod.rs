//! The refactorings of Python.

mod api;
mod bindings;
mod classes;
mod declared;
mod extract_function;
mod extract_variable;
mod flow;
mod headers;
mod infer;
mod inline;
mod inline_function;
mod inline_statements;
mod layout;
mod leftovers;
mod memo;
mod move_symbol;
mod order;
mod rename;
mod rewrite;
mod sieve;
mod signature;
mod top_imports;
mod unit;
mod uses;
mod world;

use super::language::Reshape;
use super::{Answer, Bindings, Refactoring, Rewrite, Setting};
use crate::base::Span;
use crate::syntax::Parsed;

/// See [`Reshape`].
pub(super) struct Python;

impl Reshape for Python {
    fn plan(&self, setting: &Setting<'_>, what: &Refactoring) -> Answer {
        match what {
            Refactoring::Rewrite(rewrite) => rewrite::plan(setting, *rewrite),
            Refactoring::Rename { to } => rename::plan(setting, to),
            Refactoring::ExtractFunction { name } => extract_function::plan(setting, name),
            Refactoring::ExtractVariable { name, occurrences } => {
                extract_variable::plan(setting, name, *occurrences)
            }
            Refactoring::Inline => inline::plan(setting),
            Refactoring::Move { to } => move_symbol::plan(setting, to),
            Refactoring::ChangeSignature(changes) => signature::plan(setting, changes),
        }
    }

    fn bindings(&self, parsed: &Parsed) -> Bindings {
        bindings::of(parsed)
    }

    fn rewrites(&self, parsed: &Parsed) -> Vec<(Rewrite, Span)> {
        rewrite::offers(parsed)
    }

    fn declared(&self, parsed: &Parsed, name: &str) -> Vec<Span> {
        declared::of(parsed, name)
    }
}

/// True for statements that hold others.
fn flow_is_compound(node: crate::syntax::tree::Node<'_>) -> bool {
    matches!(
        node.kind(),
        "if_statement"
            | "for_statement"
            | "while_statement"
            | "try_statement"
            | "with_statement"
            | "match_statement"
            | "function_definition"
            | "class_definition"
            | "decorated_definition"
    )
}

#[cfg(test)]
mod tests;
