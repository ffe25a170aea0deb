//! What flows into a part of the code and out of it: values and control.

use super::super::file::{File, function_around, is_function};
use crate::base::Span;
use crate::refactor::{BoundId, BoundKind, Occurrence, Reason, Refusal, Role, ScopeKind};
use crate::syntax::node::{ancestors, children, field, named, span, walk};
use crate::syntax::tree::Node;

/// What a selection needs and gives.
#[derive(Clone, Debug, Default)]
pub(super) struct Flow {
    /// Bound outside, in no scope of the whole file, in the order of use.
    pub(super) captured: Vec<BoundId>,
    /// Those that the selection assigns.
    pub(super) written: Vec<BoundId>,
    /// Of those, what is read outside.
    pub(super) changed: Vec<BoundId>,
    /// Bound in the selection and used outside.
    pub(super) declared: Vec<BoundId>,
    pub(super) this: bool,
    pub(super) super_member: bool,
    /// `arguments` or `new.target`.
    pub(super) own_of_function: bool,
    pub(super) awaits: bool,
    pub(super) yields: bool,
    pub(super) returns: bool,
    /// An expression, whose value is all that a function could give back.
    pub(super) is_value: bool,
}

/// Surveys the nodes of a selection.
///
/// # Errors
/// [`Reason::ControlFlow`] for jumps out of it that no call can make.
pub(super) fn survey(file: &File, nodes: &[Node<'_>], at: Span) -> Result<Flow, Refusal> {
    let mut flow = Flow::default();
    for node in nodes {
        control(file, *node, at, &mut flow)?;
    }
    let bindings = &file.names.bindings;
    for occurrence in bindings.within(at) {
        let name = occurrence.span.of(file.text()).unwrap_or_default();
        let Some(id) = occurrence.bound else {
            // A nested function has one of its own.
            let own = || {
                function_of_arguments(file.leaf(occurrence)).is_none_or(|f| !at.contains(span(f)))
            };
            flow.own_of_function |= name == "arguments" && own();
            continue;
        };
        let bound = bindings.get(id);
        if bound.kind == BoundKind::Label {
            continue;
        }
        if at.contains(bound.declared) {
            let used = bindings.of(id).any(|o| !at.contains(o.span));
            if used && !flow.declared.contains(&id) {
                flow.declared.push(id);
            }
            continue;
        }
        if bindings.scope(bound.scope).kind != ScopeKind::File && !flow.captured.contains(&id) {
            flow.captured.push(id);
        }
        let local = bindings.scope(bound.scope).kind != ScopeKind::File;
        if local && occurrence.role.writes() && !flow.written.contains(&id) {
            flow.written.push(id);
        }
    }
    // The next round of a loop reads what this one has written.
    let again = nodes.first().is_some_and(|n| {
        ancestors(*n).take_while(|a| !is_function(*a)).any(|a| {
            matches!(
                a.kind(),
                "for_statement" | "for_in_statement" | "while_statement" | "do_statement"
            )
        })
    });
    let read_outside =
        |id: &BoundId| bindings.of(*id).any(|o| (again || !at.contains(o.span)) && o.role.reads());
    flow.changed = flow.written.iter().copied().filter(read_outside).collect();
    Ok(flow)
}

fn function_of_arguments(node: Node<'_>) -> Option<Node<'_>> {
    ancestors(node).find(|n| is_function(*n) && n.kind() != "arrow_function")
}

fn control(file: &File, root: Node<'_>, at: Span, flow: &mut Flow) -> Result<(), Refusal> {
    let refuse = |message: &str, node| Err(file.refuse(Reason::ControlFlow, message, node));
    for node in walk(root, |_| true) {
        let nested = ancestors(node).take_while(|n| at.contains(span(*n)));
        let functions: Vec<Node<'_>> =
            nested.filter(|n| is_function(*n) || n.kind() == "class_body").collect();
        let direct = functions.is_empty();
        let arrows = functions.iter().all(|f| f.kind() == "arrow_function");
        match node.kind() {
            "this" => flow.this |= arrows,
            "super" if arrows => {
                let called = node.parent().is_some_and(|p| p.kind() == "call_expression");
                if called {
                    return refuse("`super()` has to stay in the constructor", node);
                }
                flow.super_member = true;
            }
            "meta_property" if arrows && file.of_node(node) == "new.target" => {
                flow.own_of_function = true
            }
            "await_expression" => flow.awaits |= direct,
            "for_in_statement" => {
                flow.awaits |= direct && children(node).any(|c| c.kind() == "await");
            }
            "yield_expression" => flow.yields |= direct,
            "return_statement" => flow.returns |= direct,
            "using_declaration" if direct => {
                return refuse("what `using` holds is let go at the end of its block", node);
            }
            "break_statement" | "continue_statement" if direct && jumps_out(file, node, at) => {
                let word = node.child(0).map_or("", Node::kind);
                return refuse(&format!("`{word}` leaves a loop outside of the selection"), node);
            }
            "import_statement" | "export_statement" => {
                return refuse("imports and exports have to stay at the top level", node);
            }
            _ => {}
        }
    }
    Ok(())
}

fn jumps_out(file: &File, jump: Node<'_>, at: Span) -> bool {
    let label = field(jump, "label").map(|l| file.of_node(l));
    let is_loop = |n: &Node<'_>| {
        matches!(
            n.kind(),
            "for_statement" | "for_in_statement" | "while_statement" | "do_statement"
        ) || n.kind() == "switch_statement" && jump.kind() == "break_statement"
    };
    let target = ancestors(jump).take_while(|n| !is_function(*n)).find(|n| match label {
        Some(label) => {
            n.kind() == "labeled_statement"
                && field(*n, "label").is_some_and(|l| file.of_node(l) == label)
        }
        None => is_loop(n),
    });
    target.is_none_or(|t| !at.contains(span(t)))
}

/// True when control never goes on after a statement.
pub(in crate::refactor::ecma) fn always_leaves(node: Node<'_>) -> bool {
    match node.kind() {
        "return_statement" | "throw_statement" => true,
        "statement_block" => named(node).into_iter().any(always_leaves),
        "else_clause" => named(node).last().is_some_and(|n| always_leaves(*n)),
        "if_statement" => {
            let both = [field(node, "consequence"), field(node, "alternative")];
            both.into_iter().all(|branch| branch.is_some_and(always_leaves))
        }
        "try_statement" => {
            let part = |name: &str| field(node, name);
            let inner = |n: Node<'_>| field(n, "body").is_some_and(always_leaves);
            part("finalizer").is_some_and(inner)
                || part("body").is_some_and(always_leaves) && part("handler").is_none_or(inner)
        }
        _ => false,
    }
}

/// True when a copy of the variable, made at the begin of the selection, is as good as the variable:
/// nobody else can change it, or see it changed, while the selection runs, and no function made there keeps it.
pub(super) fn can_be_copied(file: &File, id: BoundId, at: Span) -> bool {
    let bindings = &file.names.bindings;
    let bound = bindings.get(id);
    let node = |o: &Occurrence| file.leaf(o);
    let home = file.node(at).and_then(function_at);
    let late = bindings.of(id).any(|o| o.role == Role::Bind && o.span.start > at.start);
    if late && bound.kind != BoundKind::Function {
        return false;
    }
    let writes: Vec<&Occurrence> =
        bindings.of(id).filter(|o| o.role != Role::Bind && o.role.writes()).collect();
    let binds_again = bindings.of(id).filter(|o| o.role == Role::Bind).count() > 1;
    if writes.is_empty() && !binds_again {
        return true;
    }
    let kept = bindings.of(id).any(|o| at.contains(o.span) && function_around(node(o)) != home);
    let elsewhere = writes.iter().any(|w| function_around(node(w)) != home);
    let written_here = writes.iter().any(|w| at.contains(w.span));
    let seen = bindings.of(id).any(|o| function_around(node(o)) != home);
    !(kept || elsewhere || written_here && seen)
}

/// True when what is bound in the selection and used after it can be two variables, one on each side.
pub(super) fn can_be_returned(file: &File, id: BoundId, at: Span) -> bool {
    let bindings = &file.names.bindings;
    let home = file.node(at).and_then(function_at);
    let kept =
        bindings.of(id).any(|o| at.contains(o.span) && function_around(file.leaf(o)) != home);
    let inner = |o: &&Occurrence| at.contains(o.span) && function_around(file.leaf(o)) != home;
    let written_by_kept = bindings.of(id).filter(inner).any(|o| o.role.writes());
    let written_after = bindings.of(id).any(|o| !at.contains(o.span) && o.role.writes());
    let bound = bindings.get(id);
    let before = bindings.of(id).any(|o| o.span.start < at.start);
    let hoisted = file.leaf_at_declaration(id).parent().is_some_and(|p| {
        ancestors(p)
            .chain([p])
            .any(|n| n.kind() == "variable_declaration" && span(n).contains(bound.declared))
    });
    // A function that the selection calls may look at the variable before it is given back.
    let looked_at = bindings.of(id).filter(|o| !at.contains(o.span)).any(|o| {
        let function = function_around(file.leaf(o)).filter(|f| Some(*f) != home);
        function.is_some_and(|f| f.start_byte() < at.start || f.kind() == "function_declaration")
    });
    let calls = || {
        let inner = file.root().subtree().filter(|n| at.contains(span(*n)));
        inner.into_iter().any(|n| {
            matches!(n.kind(), "call_expression" | "new_expression" | "await_expression")
                && n.start_byte() > bound.declared.end
        })
    };
    let shared = bound.kind == BoundKind::Function || written_by_kept || looked_at && calls();
    !(shared || kept && written_after || before && hoisted)
}

fn function_at(node: Node<'_>) -> Option<Node<'_>> {
    std::iter::once(node).chain(ancestors(node)).find(|n| is_function(*n))
}
