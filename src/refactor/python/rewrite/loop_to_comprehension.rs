//! A loop that fills a collection, adds up, or looks for something, as one expression.

use crate::base::{Replacement, Span};
use crate::refactor::{BoundId, Reason, Refusal, ScopeKind};
use crate::syntax::node::{descendants, field, named, span};
use crate::syntax::tree::Node;

use super::facts::{bound_to_frame, conjunct, negated, operand};
use super::file::{Beyond, File, Made};
use super::loop_checks::{accumulator, in_order, lazily, not_captured, unused_outside};
use super::types::{self, Type};
use super::{layout, layout::WIDTH};

/// The loop taken apart.
struct Shape<'t> {
    clauses: Vec<Clause<'t>>,
    leaf: Leaf<'t>,
    targets: Vec<Node<'t>>,
}

enum Clause<'t> {
    For(Node<'t>, Node<'t>),
    /// Held, or held not to be (`if c: continue`).
    If(Node<'t>, bool),
}

/// What the innermost statement does.
#[derive(Clone, Copy)]
enum Leaf<'t> {
    /// `xs.append(e)`, `xs.add(e)`, with both values of an `if` that adds one or the other.
    Add {
        to: Node<'t>,
        method: &'t str,
        value: Node<'t>,
        otherwise: Option<(Node<'t>, Node<'t>)>,
    },
    Put {
        to: Node<'t>,
        key: Node<'t>,
        value: Node<'t>,
    },
    Sum {
        to: Node<'t>,
        value: Node<'t>,
    },
    /// `found = True; break`
    Flag {
        to: Node<'t>,
        value: bool,
    },
    Return(bool),
}

/// Where the result goes: what is replaced, and what stands before the expression.
struct Target<'t> {
    /// The statement that made the empty collection, or the `return` after the loop.
    other: Node<'t>,
    prefix: String,
    bound: Option<BoundId>,
}

/// The comprehension for a `for` statement.
pub(super) fn make(file: &File<'_>, node: Node<'_>) -> Result<Made, Refusal> {
    let shape = taken_apart(file, node)?;
    let target = match shape.leaf {
        Leaf::Return(value) => returned(file, node, value)?,
        Leaf::Add { to, .. }
        | Leaf::Put { to, .. }
        | Leaf::Sum { to, .. }
        | Leaf::Flag { to, .. } => initialised(file, node, to, &shape)?,
    };
    checked(file, node, &shape, &target)?;
    let (open, mut parts, close) = expression(file, node, &shape)?;
    let indent = layout::indent(file.text, node.start_byte());
    let one = format!("{}{open}{}{close}", target.prefix, parts.join(" "));
    let fits = !one.contains('\n') && indent.chars().count() + one.chars().count() <= WIDTH;
    let text = if fits {
        one
    } else {
        let unit = layout::unit(file);
        parts.iter_mut().for_each(|part| part.insert_str(0, &format!("{indent}{unit}")));
        format!("{}{open}\n{}\n{indent}{close}", target.prefix, parts.join("\n"))
    };
    let mut made = Made::new(match shape.leaf {
        Leaf::Return(true) | Leaf::Flag { value: true, .. } => "Write the loop as any()",
        Leaf::Return(false) | Leaf::Flag { .. } => "Write the loop as all()",
        Leaf::Sum { .. } => "Write the loop as sum()",
        _ => "Write the loop as a comprehension",
    });
    let comments = kept_comments(file, node, &target, &shape);
    let text: String =
        comments.iter().map(|c| format!("{c}\n{indent}")).collect::<String>() + &text;
    if target.other.start_byte() < node.start_byte() {
        made.removed.push(span(target.other));
        made.edits.push(Replacement { span: span(node), text });
    } else {
        made.edits.push(Replacement {
            span: Span::new(node.start_byte(), target.other.end_byte()),
            text,
        });
    }
    let module = file.scope_of(node).1.kind == ScopeKind::File;
    if module {
        made.beyond.extend(shape.targets.iter().map(|t| Beyond::NotTaken(file.of(*t).to_owned())));
    }
    Ok(made)
}

fn not_here(file: &File<'_>, node: Node<'_>) -> Refusal {
    file.refusal(
        Reason::NotHere,
        node,
        "the loop does more than fill one collection, add up or look for one thing",
    )
}

fn taken_apart<'t>(file: &File<'t>, node: Node<'t>) -> Result<Shape<'t>, Refusal> {
    let mut clauses = Vec::new();
    let leaf = enter(file, node, &mut clauses)?;
    let mut targets = Vec::new();
    for clause in &clauses {
        if let Clause::For(left, _) = clause {
            targets.extend(names_of(*left).ok_or_else(|| {
                file.refusal(
                    Reason::Effects,
                    *left,
                    "the loop sets what is no plain variable; a comprehension has variables of its own only",
                )
            })?);
        }
    }
    Ok(Shape { clauses, leaf, targets })
}

/// The identifiers of a target that is made of nothing else.
pub(super) fn names_of<'t>(target: Node<'t>) -> Option<Vec<Node<'t>>> {
    match target.kind() {
        "identifier" => Some(vec![target]),
        "pattern_list" | "tuple_pattern" | "list_pattern" | "list_splat_pattern" => {
            let parts: Option<Vec<_>> = named(target).into_iter().map(names_of).collect();
            parts.map(|p| p.concat())
        }
        _ => None,
    }
}

fn enter<'t>(
    file: &File<'t>,
    node: Node<'t>,
    clauses: &mut Vec<Clause<'t>>,
) -> Result<Leaf<'t>, Refusal> {
    if node.children().any(|c| c.kind() == "async") {
        return Err(file.refusal(Reason::ControlFlow, node, "the loop is asynchronous"));
    }
    if field(node, "alternative").is_some() {
        return Err(file.refusal(Reason::ControlFlow, node, "the loop has an `else`"));
    }
    let (Some(left), Some(right), Some(body)) =
        (field(node, "left"), field(node, "right"), field(node, "body"))
    else {
        return Err(not_here(file, node));
    };
    clauses.push(Clause::For(left, right));
    block(file, body, clauses)
}

fn block<'t>(
    file: &File<'t>,
    body: Node<'t>,
    clauses: &mut Vec<Clause<'t>>,
) -> Result<Leaf<'t>, Refusal> {
    let mut statements = named(body);
    if statements.last().is_some_and(|s| s.kind() == "break_statement") && statements.len() == 2 {
        let nested = clauses.iter().filter(|c| matches!(c, Clause::For(..))).count() > 1;
        let flag = flag(file, statements[0]).filter(|_| !nested);
        return flag.ok_or_else(|| {
            file.refusal(Reason::ControlFlow, statements[1], "the loop is left with `break`")
        });
    }
    let last = statements.pop().ok_or_else(|| not_here(file, body))?;
    for guard in statements {
        let skipped = only(guard).filter(|s| s.kind() == "continue_statement");
        match (field(guard, "condition"), skipped) {
            (Some(condition), Some(_)) => clauses.push(Clause::If(condition, false)),
            _ => return Err(not_here(file, guard)),
        }
    }
    match last.kind() {
        "if_statement" => branch(file, last, clauses),
        "for_statement" => enter(file, last, clauses),
        "return_statement" => match named(last).first().map(|v| v.kind()) {
            Some("true") => Ok(Leaf::Return(true)),
            Some("false") => Ok(Leaf::Return(false)),
            _ => Err(not_here(file, last)),
        },
        "expression_statement" => leaf(file, last),
        _ => Err(not_here(file, last)),
    }
}

/// The only statement of an `if` without other branches.
fn only<'t>(node: Node<'t>) -> Option<Node<'t>> {
    if node.kind() != "if_statement" || field(node, "alternative").is_some() {
        return None;
    }
    let body = named(field(node, "consequence")?);
    if let [one] = body.as_slice() { Some(*one) } else { None }
}

fn branch<'t>(
    file: &File<'t>,
    node: Node<'t>,
    clauses: &mut Vec<Clause<'t>>,
) -> Result<Leaf<'t>, Refusal> {
    let (Some(condition), Some(then)) = (field(node, "condition"), field(node, "consequence"))
    else {
        return Err(not_here(file, node));
    };
    let Some(alternative) = field(node, "alternative") else {
        clauses.push(Clause::If(condition, true));
        return block(file, then, clauses);
    };
    let single = |b: Node<'t>| match named(b).as_slice() {
        [one] if one.kind() == "expression_statement" => leaf(file, *one).ok(),
        _ => None,
    };
    let otherwise = field(alternative, "body").and_then(single);
    match (single(then), otherwise) {
        (
            Some(Leaf::Add { to, method, value, otherwise: None }),
            Some(Leaf::Add { to: other, method: same, value: second, otherwise: None }),
        ) if file.of(to) == file.of(other) && method == same => {
            Ok(Leaf::Add { to, method, value, otherwise: Some((condition, second)) })
        }
        _ => Err(not_here(file, alternative)),
    }
}

fn flag<'t>(file: &File<'t>, statement: Node<'t>) -> Option<Leaf<'t>> {
    let assignment = named(statement).first().copied().filter(|a| a.kind() == "assignment")?;
    let to = field(assignment, "left").filter(|l| l.kind() == "identifier")?;
    let value = match field(assignment, "right")?.kind() {
        "true" => true,
        "false" => false,
        _ => return None,
    };
    let _ = file;
    Some(Leaf::Flag { to, value })
}

fn leaf<'t>(file: &File<'t>, statement: Node<'t>) -> Result<Leaf<'t>, Refusal> {
    let no = || not_here(file, statement);
    let inner = named(statement);
    let [node] = inner.as_slice() else { return Err(no()) };
    match node.kind() {
        "call" => {
            let function =
                field(*node, "function").filter(|f| f.kind() == "attribute").ok_or_else(no)?;
            let to =
                field(function, "object").filter(|o| o.kind() == "identifier").ok_or_else(no)?;
            let method = field(function, "attribute").map_or("", |m| file.of(m));
            let arguments = field(*node, "arguments").ok_or_else(no)?;
            let value = if arguments.kind() == "generator_expression" {
                arguments
            } else {
                match named(arguments).as_slice() {
                    [one]
                        if !matches!(
                            one.kind(),
                            "keyword_argument" | "list_splat" | "dictionary_splat"
                        ) =>
                    {
                        *one
                    }
                    _ => return Err(no()),
                }
            };
            if !matches!(method, "append" | "add") {
                return Err(no());
            }
            Ok(Leaf::Add { to, method, value, otherwise: None })
        }
        "assignment" => {
            let left = field(*node, "left").filter(|l| l.kind() == "subscript").ok_or_else(no)?;
            let to = field(left, "value").filter(|v| v.kind() == "identifier").ok_or_else(no)?;
            let keys = crate::syntax::node::fields(left, "subscript");
            let (value, no_type) = (field(*node, "right"), field(*node, "type").is_none());
            match (keys.as_slice(), value) {
                ([key], Some(value))
                    if no_type && key.kind() != "slice" && value.kind() != "assignment" =>
                {
                    Ok(Leaf::Put { to, key: *key, value })
                }
                _ => Err(no()),
            }
        }
        "augmented_assignment" => {
            let to = field(*node, "left").filter(|l| l.kind() == "identifier").ok_or_else(no)?;
            let value = field(*node, "right").ok_or_else(no)?;
            let plus = field(*node, "operator").is_some_and(|o| o.kind() == "+=");
            if plus { Ok(Leaf::Sum { to, value }) } else { Err(no()) }
        }
        _ => Err(no()),
    }
}

/// The `return True` or `return False` after a loop that returns the opposite.
fn returned<'t>(file: &File<'t>, node: Node<'t>, value: bool) -> Result<Target<'t>, Refusal> {
    let after = layout::next(node).filter(|n| n.kind() == "return_statement");
    let opposite = if value { "false" } else { "true" };
    match after {
        Some(other) if named(other).first().is_some_and(|v| v.kind() == opposite) => {
            Ok(Target { other, prefix: "return ".to_owned(), bound: None })
        }
        _ => Err(not_here(file, node)),
    }
}

/// The statement before the loop that makes what it fills.
fn initialised<'t>(
    file: &File<'t>,
    node: Node<'t>,
    to: Node<'t>,
    shape: &Shape<'t>,
) -> Result<Target<'t>, Refusal> {
    let name = file.of(to);
    let none = || {
        file.refusal(
            Reason::NotHere,
            node,
            format!("no statement before the loop makes `{name}` empty in the same block"),
        )
    };
    let bound = file.meaning(to).ok_or_else(none)?;
    let mut before = layout::previous(node);
    while let Some(statement) = before {
        let used = file.uses(bound).any(|o| span(statement).contains(o.span));
        if used {
            break;
        }
        let leaves = |n: Node<'_>| {
            matches!(
                n.kind(),
                "break_statement"
                    | "continue_statement"
                    | "function_definition"
                    | "class_definition"
            )
        };
        if descendants(statement).into_iter().any(leaves) {
            return Err(none());
        }
        before = layout::previous(statement);
    }
    let statement = before.ok_or_else(none)?;
    let assignment = named(statement).first().copied().filter(|a| a.kind() == "assignment");
    let assignment = assignment.ok_or_else(none)?;
    let (left, right) = (field(assignment, "left"), field(assignment, "right"));
    let fits = left.is_some_and(|l| l.kind() == "identifier" && file.of(l) == name)
        && right.is_some_and(|r| is_start(file, r, &shape.leaf));
    if !fits {
        return Err(none());
    }
    if !layout::alone(file.text, statement) {
        return Err(file.refusal(
            Reason::NotHere,
            statement,
            "several statements stand on its line",
        ));
    }
    let prefix = right
        .map_or(String::new(), |r| file.text[assignment.start_byte()..r.start_byte()].to_owned());
    Ok(Target { other: statement, prefix, bound: Some(bound) })
}

fn is_start(file: &File<'_>, node: Node<'_>, leaf: &Leaf<'_>) -> bool {
    let made = |name: &str| {
        node.kind() == "call"
            && field(node, "function").is_some_and(|f| file.is_builtin(f, name))
            && field(node, "arguments")
                .is_some_and(|a| a.kind() == "argument_list" && named(a).is_empty())
    };
    match leaf {
        Leaf::Add { method: "append", .. } => file.of(node) == "[]" || made("list"),
        Leaf::Add { .. } => made("set"),
        Leaf::Put { .. } => file.of(node) == "{}" || made("dict"),
        Leaf::Sum { .. } => file.of(node) == "0",
        Leaf::Flag { value, .. } => node.kind() == if *value { "false" } else { "true" },
        Leaf::Return(_) => false,
    }
}

/// Everything that could make the expression mean something else.
fn checked<'t>(
    file: &File<'t>,
    node: Node<'t>,
    shape: &Shape<'t>,
    target: &Target<'t>,
) -> Result<(), Refusal> {
    let (scope_id, scope) = file.scope_of(node);
    if scope.kind == ScopeKind::Class {
        let message = "a comprehension in a class body does not see the names of the class";
        return Err(file.refusal(Reason::NotEquivalent, node, message));
    }
    if scope.kind == ScopeKind::Function && scope.dynamic.is_some() {
        let message = "names are looked up at run time here (`locals()`, `eval`)";
        return Err(file.refusal(Reason::Dynamic, node, message));
    }
    if let Some(inner) = bound_to_frame(file, node) {
        let message = format!("`{}` means something else within a comprehension", file.of(inner));
        return Err(file.refusal(Reason::NotEquivalent, inner, message));
    }
    for name in &shape.targets {
        unused_outside(file, node, *name, scope_id)?;
        not_captured(file, node, *name)?;
    }
    let Some(bound) = target.bound else { return lazily(file, node) };
    accumulator(file, node, bound, scope_id)?;
    match shape.leaf {
        Leaf::Sum { value, .. } => {
            let ty = types::of(file, value).map(|t| t.ty);
            if !matches!(ty, Some(Type::Int | Type::Bool)) {
                let message = "sum() rounds floats in another way and takes no strings; only whole numbers are known to give the same";
                return Err(file.refusal(Reason::NotEquivalent, value, message));
            }
            lazily(file, node)
        }
        Leaf::Flag { .. } => lazily(file, node),
        Leaf::Put { key, value, .. } => in_order(file, key, value),
        Leaf::Add { .. } | Leaf::Return(_) => Ok(()),
    }
}

/// What opens the expression, its parts, and what closes it.
fn expression(
    file: &File<'_>,
    node: Node<'_>,
    shape: &Shape<'_>,
) -> Result<(String, Vec<String>, String), Refusal> {
    let mut clauses: Vec<&Clause<'_>> = shape.clauses.iter().collect();
    let (open, head, close) = match shape.leaf {
        Leaf::Add { method, value, otherwise, .. } => {
            let (open, close) = if method == "append" { ("[", "]") } else { ("{", "}") };
            let head = match otherwise {
                Some((condition, second)) => {
                    format!(
                        "{} if {} else {}",
                        operand(file, value),
                        operand(file, condition),
                        operand(file, second)
                    )
                }
                None => file.of(value).to_owned(),
            };
            (open.to_owned(), head, close)
        }
        Leaf::Put { key, value, .. } => {
            ("{".to_owned(), format!("{}: {}", operand(file, key), operand(file, value)), "}")
        }
        Leaf::Sum { value, .. } => ("sum(".to_owned(), operand(file, value), ")"),
        Leaf::Flag { value, .. } | Leaf::Return(value) => {
            let Some(Clause::If(condition, held)) = clauses.pop() else {
                return Err(not_here(file, node));
            };
            let text = if *held == value {
                file.of(*condition).to_owned()
            } else {
                negated(file, *condition)
            };
            (if value { "any(" } else { "all(" }.to_owned(), text, ")")
        }
    };
    let mut parts = vec![head];
    let mut conditions: Vec<String> = Vec::new();
    let flush = |conditions: &mut Vec<String>, parts: &mut Vec<String>| {
        if !conditions.is_empty() {
            parts.push(format!("if {}", conditions.join(" and ")));
            conditions.clear();
        }
    };
    for clause in clauses {
        match clause {
            Clause::If(condition, true) => conditions.push(conjunct(file, *condition)),
            Clause::If(condition, false) => conditions.push(negated(file, *condition)),
            Clause::For(left, right) => {
                flush(&mut conditions, &mut parts);
                parts.push(format!("for {} in {}", file.of(*left), operand(file, *right)));
            }
        }
    }
    flush(&mut conditions, &mut parts);
    Ok((open, parts, close.to_owned()))
}

/// Comments of the statements that go away; those within expressions stay where they are.
fn kept_comments<'a>(
    file: &File<'a>,
    node: Node<'_>,
    target: &Target<'_>,
    shape: &Shape<'_>,
) -> Vec<&'a str> {
    let mut inside: Vec<Span> = Vec::new();
    for clause in &shape.clauses {
        match clause {
            Clause::For(left, right) => inside.extend([span(*left), span(*right)]),
            Clause::If(condition, _) => inside.push(span(*condition)),
        }
    }
    match shape.leaf {
        Leaf::Add { value, otherwise, .. } => {
            inside.push(span(value));
            inside.extend(otherwise.iter().flat_map(|(c, v)| [span(*c), span(*v)]));
        }
        Leaf::Put { key, value, .. } => inside.extend([span(key), span(value)]),
        Leaf::Sum { value, .. } => inside.push(span(value)),
        Leaf::Flag { .. } | Leaf::Return(_) => {}
    }
    let mut comments = Vec::new();
    if target.other.start_byte() < node.start_byte() {
        comments.extend(layout::trailing_comment(file.text, target.other));
    }
    let end = node.end_byte().max(target.other.end_byte());
    let all = file.comments_in(Span::new(node.start_byte(), end));
    let within = all.filter(|c| !inside.iter().any(|s| s.contains(*c)));
    comments.extend(within.filter_map(|c| c.of(file.text)));
    comments
}
