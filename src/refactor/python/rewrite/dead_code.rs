//! Statements that cannot be reached, branches that are never taken, private definitions and local
//! variables that nothing uses.

use crate::base::{Replacement, Span};
use crate::refactor::{BoundId, BoundKind, Reason, Refusal, Role, ScopeKind};
use crate::syntax::node::{ancestors, descendants, field, fields, named, span};
use crate::syntax::tree::Node;

use super::facts::is_inert;
use super::file::{Beyond, File, Made};
use super::guard_clauses::always_leaves;
use super::layout;

pub(super) const KINDS: &[&str] = &[
    "return_statement",
    "raise_statement",
    "break_statement",
    "continue_statement",
    "if_statement",
    "while_statement",
    "function_definition",
    "class_definition",
    "expression_statement",
];

/// False for what other files may well use: private names of a module are rarely left over, often shared.
pub(super) fn wanted(_: &File<'_>, _: Node<'_>, made: &Made) -> bool {
    !made.beyond.iter().any(|b| matches!(b, Beyond::Nowhere(..)))
}

/// What is dead at a node: behind it, in it, or the node itself.
pub(super) fn make(file: &File<'_>, node: Node<'_>) -> Result<Made, Refusal> {
    match node.kind() {
        "function_definition" | "class_definition" => unused_definition(file, node),
        "expression_statement" => unused_variable(file, node),
        "if_statement" => match constant(file, node) {
            Some(value) => decided(file, node, value),
            None if !always_leaves(node) => Err(not_here(file, node)),
            None => unreachable(file, node),
        },
        "while_statement" => match constant(file, node) {
            Some(false) if field(node, "alternative").is_none() => {
                keeps_scope(file, node, &[span(node)])?;
                Ok(removed("Remove a loop that never runs", node))
            }
            _ => Err(not_here(file, node)),
        },
        _ => unreachable(file, node),
    }
}

fn not_here(file: &File<'_>, node: Node<'_>) -> Refusal {
    file.refusal(Reason::NotHere, node, "there is no dead code here")
}

fn removed(title: impl Into<String>, node: Node<'_>) -> Made {
    Made { removed: vec![span(node)], ..Made::new(title) }
}

/// The statements behind one that leaves.
fn unreachable(file: &File<'_>, node: Node<'_>) -> Result<Made, Refusal> {
    let after: Vec<Node<'_>> =
        std::iter::successors(layout::next(node), |n| layout::next(*n)).collect();
    let (Some(first), Some(last)) = (after.first(), after.last()) else {
        return Err(not_here(file, node));
    };
    // An earlier one has found it already.
    if std::iter::successors(layout::previous(node), |n| layout::previous(*n)).any(|n| {
        matches!(
            n.kind(),
            "return_statement" | "raise_statement" | "break_statement" | "continue_statement"
        )
    }) {
        return Err(not_here(file, node));
    }
    let spans: Vec<Span> = after.iter().map(|n| span(*n)).collect();
    keeps_scope(file, *first, &spans)?;
    let mut made = Made::new("Remove statements that cannot be reached");
    let text = file.text;
    if !layout::alone(text, node) || !layout::alone(text, *last) {
        return Err(file.refusal(Reason::NotHere, node, "the statements share a line"));
    }
    let from = layout::line_end(text, node.end_byte());
    let until = node.parent().map_or(last.end_byte(), |block| {
        if block.kind() == "block" { layout::block_end(text, block) } else { text.len() }
    });
    let until = until.max(layout::line_end(text, last.end_byte()));
    made.edits.push(Replacement { span: Span::new(from, until), text: String::new() });
    Ok(made)
}

/// Refuses when the function is another one without the statements: no generator any more, or a name that is no
/// longer its own.
fn keeps_scope(file: &File<'_>, node: Node<'_>, gone: &[Span]) -> Result<(), Refusal> {
    let inside = |at: Span| gone.iter().any(|g| g.contains(at));
    let within = |n: &Node<'_>| inside(span(*n));
    let nodes: Vec<Node<'_>> = node
        .parent()
        .map(|p| {
            p.walk(|n| !matches!(n.kind(), "function_definition" | "lambda" | "class_definition"))
        })
        .unwrap_or_default();
    for dead in nodes.iter().filter(|n| within(n)) {
        if matches!(dead.kind(), "yield" | "await" | "global_statement" | "nonlocal_statement") {
            let message = match dead.kind() {
                "yield" => "the `yield` that is never reached still makes the function a generator",
                "await" => "the `await` that is never reached says what the function is",
                _ => "the declaration that is never reached still holds for the whole function",
            };
            return Err(file.refusal(Reason::NotEquivalent, *dead, message));
        }
    }
    let bindings = file.bindings();
    for o in gone.iter().flat_map(|g| bindings.within(*g)).filter(|o| o.role.writes()) {
        let Some(id) = o.bound else { continue };
        let others = || file.uses(id).filter(|u| !inside(u.span));
        let is_function = bindings.scope(file.bound(id).scope).kind == ScopeKind::Function;
        if others().next().is_some() && is_function && !others().any(|u| u.role.writes()) {
            let name = &file.bound(id).name;
            let message = format!("`{name}` is a local variable only because it is set there");
            return Err(file.refusal(Reason::NotEquivalent, node, message));
        }
    }
    Ok(())
}

/// The value of a condition that is a literal.
fn constant(file: &File<'_>, node: Node<'_>) -> Option<bool> {
    let condition = field(node, "condition")?;
    match condition.kind() {
        "true" => Some(true),
        "false" => Some(false),
        "integer" => match file.of(condition) {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        },
        _ => None,
    }
}

/// An `if` whose condition is known.
fn decided(file: &File<'_>, node: Node<'_>, value: bool) -> Result<Made, Refusal> {
    let alternatives = fields(node, "alternative");
    let then = field(node, "consequence").ok_or_else(|| not_here(file, node))?;
    let (kept, gone): (Option<Node<'_>>, Vec<Span>) = if value {
        (Some(then), alternatives.iter().map(|a| span(*a)).collect())
    } else {
        match alternatives.as_slice() {
            [] => (None, vec![span(node)]),
            [only] if only.kind() == "else_clause" => (field(*only, "body"), vec![span(then)]),
            _ => {
                let message =
                    "the `if` that is never true has an `elif`; make that the `if` by hand";
                return Err(file.refusal(Reason::NotHere, node, message));
            }
        }
    };
    keeps_scope(
        file,
        if value { alternatives.first().copied().unwrap_or(then) } else { then },
        &gone,
    )?;
    let Some(kept) = kept else {
        return Ok(removed("Remove a branch that is never taken", node));
    };
    if !layout::alone_before(file.text, node) || !layout::alone_before(file.text, kept) {
        return Err(file.refusal(Reason::NotHere, node, "the branches share a line"));
    }
    let outer = layout::indent(file.text, node.start_byte());
    let inner = layout::indent(file.text, kept.start_byte());
    let from = layout::body_start(file.text, kept);
    let end = layout::block_end(file.text, kept);
    let whole = layout::block_end(file.text, last_block(node).unwrap_or(kept)).max(end);
    let mut made = Made::new("Take the branch that is always taken");
    let text = layout::reindented(file, Span::new(from, end), inner, outer);
    let start = layout::line_start(file.text, node.start_byte());
    made.edits.push(Replacement { span: Span::new(start, whole), text });
    Ok(made)
}

fn last_block<'t>(node: Node<'t>) -> Option<Node<'t>> {
    let last = fields(node, "alternative").last().copied()?;
    field(last, "consequence").or_else(|| field(last, "body"))
}

/// A private function or class of the module, or a function in a function, that nothing uses.
fn unused_definition(file: &File<'_>, node: Node<'_>) -> Result<Made, Refusal> {
    let name = field(node, "name").ok_or_else(|| not_here(file, node))?;
    let word = file.of(name);
    let Some(id) = file.meaning(name) else { return Err(not_here(file, node)) };
    let module = file.bound(id).scope.0 == 0;
    let nested = file.bindings().scope(file.bound(id).scope).kind == ScopeKind::Function;
    let private =
        word.starts_with('_') && !word.ends_with("__") && !word.trim_matches('_').is_empty();
    let decorated = node.parent().filter(|p| p.kind() == "decorated_definition");
    let at_top = decorated.unwrap_or(node).parent().is_some_and(|p| p.kind() == "module");
    if !(module && private && at_top || nested && node.kind() == "function_definition") {
        return Err(not_here(file, node));
    }
    // What only it itself uses is as dead.
    let whole = span(node);
    if file.uses(id).any(|o| !whole.contains(o.span)) {
        return Err(not_here(file, node));
    }
    if decorated.is_some() {
        let message = format!("a decorator may have registered `{word}` elsewhere");
        return Err(file.refusal(Reason::Effects, node, message));
    }
    dynamic(file, node, id)?;
    quiet_definition(file, node)?;
    let mut made = removed(format!("Remove `{word}`, which nothing uses"), node);
    if module {
        made.beyond.push(Beyond::Nowhere(word.to_owned(), vec![whole]));
    }
    Ok(made)
}

/// Refuses when defining it does more than bind a name.
fn quiet_definition(file: &File<'_>, node: Node<'_>) -> Result<(), Refusal> {
    let noisy = |at: Node<'_>, message: &str| Err(file.refusal(Reason::Effects, at, message));
    if node.kind() == "class_definition" {
        let bases = field(node, "superclasses").map(named).unwrap_or_default();
        let plain = |n: &Node<'_>| {
            ["object", "Exception", "ValueError"].iter().any(|b| file.is_builtin(*n, b))
        };
        if let Some(base) = bases.iter().find(|n| !plain(n)) {
            return noisy(*base, "a base class or metaclass may know of the class");
        }
        let statements = field(node, "body").map(named).unwrap_or_default();
        for statement in statements {
            match statement.kind() {
                "function_definition" => quiet_definition(file, statement)?,
                "pass_statement" => {}
                "expression_statement" => {
                    let inner = named(statement);
                    let value = inner.first().map(|n| field(*n, "right").unwrap_or(*n));
                    let bare = inner
                        .first()
                        .is_some_and(|n| n.kind() == "assignment" && field(*n, "right").is_none());
                    if !bare && !value.is_some_and(|v| is_inert(file, v)) {
                        return noisy(
                            statement,
                            "a statement in the class body may have an effect",
                        );
                    }
                }
                _ => return noisy(statement, "a statement in the class body may have an effect"),
            }
        }
        return Ok(());
    }
    let parameters = field(node, "parameters").map(named).unwrap_or_default();
    let types =
        parameters.iter().filter_map(|p| field(*p, "type")).chain(field(node, "return_type"));
    if let Some(call) =
        types.into_iter().find(|t| descendants(*t).iter().any(|n| n.kind() == "call"))
    {
        return noisy(call, "the annotation is computed and may have an effect");
    }
    for value in parameters.iter().filter_map(|p| field(*p, "value")) {
        if !is_inert(file, value) && value.kind() != "identifier" && value.kind() != "attribute" {
            return noisy(value, "the default value may have an effect");
        }
    }
    Ok(())
}

/// Refuses where names are looked up at run time.
fn dynamic(file: &File<'_>, node: Node<'_>, id: BoundId) -> Result<(), Refusal> {
    let bound = file.bound(id);
    let bindings = file.bindings();
    let of_file = bound.scope.0 == 0;
    let seen = |scope: &&crate::refactor::Scope| {
        scope.dynamic.is_some_and(|at| of_file || bindings.scope(bound.scope).span.contains(at))
    };
    let star = |at: Span| {
        at.of(file.text).is_some_and(|t| t.starts_with("from") || t.starts_with("import"))
    };
    let found = bindings.scopes.iter().filter(seen).find_map(|s| s.dynamic.filter(|at| !star(*at)));
    match found {
        Some(at) => {
            let line = file.line(at.start);
            let message =
                format!("line {line} looks names up at run time and may mean `{}`", bound.name);
            Err(file.refusal(Reason::Dynamic, node, message))
        }
        None => Ok(()),
    }
}

/// An assignment to a local variable that is never read, of a value that does nothing.
fn unused_variable(file: &File<'_>, node: Node<'_>) -> Result<Made, Refusal> {
    let inner = named(node);
    let assignment = match inner.as_slice() {
        [one] if one.kind() == "assignment" => *one,
        _ => return Err(not_here(file, node)),
    };
    let target = field(assignment, "left").filter(|l| l.kind() == "identifier");
    let (Some(target), Some(value)) = (target, field(assignment, "right")) else {
        return Err(not_here(file, node));
    };
    let Some(id) = file.meaning(target) else { return Err(not_here(file, node)) };
    let bound = file.bound(id);
    let local = file.bindings().scope(bound.scope).kind == ScopeKind::Function
        && file.occurrence(target).is_some_and(|o| o.scope == bound.scope);
    let read = |o: &crate::refactor::Occurrence| o.role.reads() || o.role == Role::Delete;
    let ignored = bound.name.starts_with('_');
    if !local || ignored || bound.kind != BoundKind::Variable || file.uses(id).any(read) {
        return Err(not_here(file, node));
    }
    // `x: T = v` says more than the value; an annotation of a local variable is not evaluated.
    if !is_inert(file, value) {
        let message = format!("`{}` is never read, but its value may have an effect", bound.name);
        return Err(file.refusal(Reason::Effects, value, message));
    }
    dynamic(file, node, id)?;
    debugged(file, node)?;
    let mut made = removed(format!("Remove `{}`, which nothing reads", bound.name), node);
    made.beyond.push(Beyond::NoFrames);
    Ok(made)
}

/// Frames that are looked at from outside: `sys._getframe`, templates that render `locals()`, `breakpoint`.
fn debugged(file: &File<'_>, node: Node<'_>) -> Result<(), Refusal> {
    let function = ancestors(node).find(|n| n.kind() == "function_definition");
    let nodes = function.map(descendants).unwrap_or_default();
    let found = nodes.into_iter().find(|n| {
        n.kind() == "identifier"
            && matches!(
                file.of(*n),
                "_getframe" | "currentframe" | "breakpoint" | "set_trace" | "f_locals"
            )
    });
    match found {
        Some(at) => Err(file.refusal(
            Reason::Dynamic,
            at,
            "local variables are looked at from outside here",
        )),
        None => Ok(()),
    }
}
