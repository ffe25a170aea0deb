//! Ways out of a selection.

use super::{Selected, Work};
use crate::refactor::rust::context::tokens_in_macros;
use crate::refactor::{Reason, Refusal};
use crate::syntax::node::{ancestors, named, span};
use crate::syntax::tree::Node;

/// # Errors
/// `return`, and `break` or `continue` of a loop around the selection; macros that may hide them; items of the
/// function's own that a new function would not see.
pub(super) fn check(work: &Work<'_>) -> Result<(), Refusal> {
    for node in work.inside() {
        let out = match node.kind() {
            "return_expression" => owner_within(work, node).is_none().then_some("`return`"),
            "break_expression" | "continue_expression" => {
                leaves_loop(work, node).then_some("`break` or `continue`")
            }
            "yield_expression" => Some("`yield`"),
            _ => None,
        };
        if let Some(what) = out {
            let message = format!("{what} in the selection leaves more than the selection");
            return Err(work.refuse(Reason::ControlFlow, message, span(node)));
        }
    }
    for node in work.nodes() {
        if tokens_in_macros(node, work.text, &["return", "break", "continue", "await", "?"]) {
            let message =
                "a macro in the selection may leave the function; expand or move it first";
            return Err(work.refuse(Reason::ControlFlow, message, span(node)));
        }
        if let Selected::Expression(_) = work.selected {
            let in_macro = ancestors(node).any(|a| a.kind() == "token_tree");
            if in_macro {
                return Err(work.refuse(
                    Reason::NotHere,
                    "this is in the arguments of a macro",
                    span(node),
                ));
            }
        }
    }
    own_items(work)
}

/// The closure, block or function within the selection that a node belongs to.
fn owner_within<'t>(work: &Work<'_>, node: Node<'t>) -> Option<Node<'t>> {
    ancestors(node)
        .take_while(|a| work.at.contains(span(*a)))
        .find(|a| matches!(a.kind(), "closure_expression" | "async_block" | "function_item"))
}

fn leaves_loop(work: &Work<'_>, node: Node<'_>) -> bool {
    let label = named(node).into_iter().find(|c| c.kind() == "label").map(|l| work.str(l));
    !ancestors(node).take_while(|a| work.at.contains(span(*a))).any(|a| {
        let looped = matches!(a.kind(), "loop_expression" | "while_expression" | "for_expression");
        let own = named(a).into_iter().find(|c| c.kind() == "label").map(|l| work.str(l));
        match label {
            Some(_) => own == label && (looped || a.kind() == "block"),
            None => looped,
        }
    })
}

/// # Errors
/// Functions, types and macros that are declared in the function around the selection and used in it.
fn own_items(work: &Work<'_>) -> Result<(), Refusal> {
    let function = span(work.function);
    for occurrence in work.names.bindings.within(work.at) {
        let Some(bound) = occurrence.bound.map(|b| (b, work.names.bindings.get(b))) else {
            continue;
        };
        let (id, bound) = bound;
        let item = !work.names.local[id.0 as usize];
        let inner = function.contains(bound.declared)
            && bound.declared.start > function.start
            && !work.at.contains(bound.declared)
            && work.names.bindings.get(id).scope != work.names.bindings.scope_at(function.start);
        let own_name = crate::syntax::node::field(work.function, "name")
            .is_some_and(|n| span(n) == bound.declared);
        if item && inner && !own_name {
            let message =
                format!("`{}` is declared within the function and would not be seen", bound.name);
            return Err(work.refuse(Reason::Shadowed, message, occurrence.span));
        }
    }
    Ok(())
}
