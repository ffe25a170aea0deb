//! One construct written as another.

mod chain;
mod dead;
mod guards;
mod imports;
mod kinds;
mod loops;
mod properties;
mod split;
mod strings;
mod table;

use super::file::File;
use crate::base::{RepoPath, Span};
use crate::refactor::language::unsupported;
use crate::refactor::{Answer, Reason, Refusal, Rewrite, Setting};
use crate::syntax::Parsed;
use crate::syntax::node::{ancestors, span};
use crate::syntax::tree::Node;

/// See [`crate::refactor::rewrites`].
pub(super) fn offers(parsed: &Parsed) -> Vec<(Rewrite, Span)> {
    if !parsed.is_clean() {
        return Vec::new();
    }
    let Ok(path) = RepoPath::new("offer") else { return Vec::new() };
    let file = File::new(path, parsed.clone());
    let mut out = Vec::new();
    for node in file.root().subtree() {
        let found = [
            (Rewrite::LoopToComprehension, loops::offers_chain(&file, node)),
            (Rewrite::ComprehensionToLoop, loops::offers_loop(&file, node)),
            (Rewrite::GuardClauses, guards::offered(&file, node)),
            (Rewrite::IfChainToMatch, chain::offered(&file, node)),
            (Rewrite::IfChainToTable, table::offered(&file, node)),
            (Rewrite::FormatStrings, strings::offered(&file, node)),
            (Rewrite::Dataclass, properties::offered(&file, node)),
            (Rewrite::SplitFunction, split::offered(&file, node)),
        ];
        out.extend(found.into_iter().filter(|(_, is)| *is).map(|(what, _)| (what, span(node))));
    }
    out.extend(dead::offered(&file).into_iter().map(|at| (Rewrite::DeadCode, at)));
    out.extend(imports::offered(&file).map(|at| (Rewrite::UnusedImports, at)));
    out.sort_by_key(|(_, at)| *at);
    out
}

/// See [`crate::refactor::Refactoring::Rewrite`].
pub(super) fn plan(setting: &Setting<'_>, what: Rewrite) -> Answer {
    let file = File::of(setting);
    let at = setting.at.span;
    match what {
        Rewrite::LoopToComprehension => {
            loops::to_chain(&file, find(&file, at, what, loops::offers_chain)?)
        }
        Rewrite::ComprehensionToLoop => {
            loops::to_loop(&file, find(&file, at, what, loops::offers_loop)?)
        }
        Rewrite::GuardClauses => guards::plan(&file, find(&file, at, what, guards::offered)?),
        Rewrite::DeadCode => dead::plan(&file, at),
        Rewrite::UnusedImports => imports::plan(setting, &file),
        Rewrite::IfChainToMatch => chain::plan(&file, find(&file, at, what, chain::offered)?),
        Rewrite::IfChainToTable => table::plan(&file, find(&file, at, what, table::offered)?),
        Rewrite::FormatStrings => strings::plan(&file, find(&file, at, what, strings::offered)?),
        Rewrite::Dataclass if !file.is_typed() => {
            Err(unsupported(setting.parsed.language().name(), "properties that are parameters"))
        }
        Rewrite::Dataclass => {
            properties::plan(setting, &file, find(&file, at, what, properties::offered)?)
        }
        Rewrite::SplitFunction => {
            split::plan(setting, &file, find(&file, at, what, split::offered)?)
        }
    }
}

/// The nearest node around a place that a rewrite is for.
fn find<'f>(
    file: &'f File,
    at: Span,
    what: Rewrite,
    is: impl Fn(&File, Node<'f>) -> bool,
) -> Result<Node<'f>, Refusal> {
    let inner = file.root().descendant_for_byte_range(at.start, at.end);
    let found = inner
        .into_iter()
        .flat_map(|n| std::iter::once(n).chain(ancestors(n)))
        .find(|n| is(file, *n));
    found.ok_or_else(|| {
        let message = format!("there is nothing here for `{}`", what.name());
        file.refuse_at(Reason::NotHere, message, at)
    })
}

/// A comment within a node that is no part of the `kept`.
fn lost_comment<'f>(node: Node<'f>, kept: &[Node<'f>]) -> Option<Node<'f>> {
    node.subtree().find(|n| {
        n.kind().ends_with("comment") && !kept.iter().any(|k| span(*k).contains(span(*n)))
    })
}

/// # Errors
/// When a comment would be lost.
fn keep_comments(file: &File, node: Node<'_>, kept: &[Node<'_>]) -> Result<(), Refusal> {
    match lost_comment(node, kept) {
        Some(comment) => {
            let message = "this comment would be lost; move it first";
            Err(file.refuse(Reason::NotEquivalent, message, comment))
        }
        None => Ok(()),
    }
}
