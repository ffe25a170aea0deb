//! A chain of `if`s that compares one value with constants.

pub(super) mod to_match;
pub(super) mod to_table;

use crate::refactor::{Reason, Refusal};
use crate::syntax::node::{field, fields, named};
use crate::syntax::tree::Node;

use super::facts::{bare, has_calls, is_literal, is_stable};
use super::file::File;

/// The chain taken apart.
pub(super) struct Chain<'t> {
    pub(super) subject: Node<'t>,
    pub(super) branches: Vec<Branch<'t>>,
    pub(super) otherwise: Option<Node<'t>>,
}

/// One `if` or `elif`.
pub(super) struct Branch<'t> {
    /// The `if_statement` or the `elif_clause`.
    pub(super) clause: Node<'t>,
    pub(super) values: Vec<Value<'t>>,
    /// What must hold as well.
    pub(super) guard: Option<Node<'t>>,
    pub(super) body: Node<'t>,
}

/// What the subject is compared with.
#[derive(Clone, Copy)]
pub(super) struct Value<'t> {
    pub(super) node: Node<'t>,
    /// By `is`, not by `==`.
    pub(super) identity: bool,
}

/// From how many comparisons on a chain is one.
const LEAST: usize = 3;

/// The chain that begins at an `if`.
pub(super) fn chain<'t>(file: &File<'t>, node: Node<'t>) -> Result<Chain<'t>, Refusal> {
    let no = |at: Node<'_>, message: &str| Err(file.refusal(Reason::NotHere, at, message));
    let mut subject: Option<Node<'t>> = None;
    let mut branches = Vec::new();
    let mut otherwise = None;
    for clause in std::iter::once(node).chain(fields(node, "alternative")) {
        if clause.kind() == "else_clause" {
            otherwise = Some(clause);
            continue;
        }
        let (Some(condition), Some(body)) =
            (field(clause, "condition"), field(clause, "consequence"))
        else {
            return no(clause, "the branch has no body");
        };
        let (test, guard) = guarded(condition);
        let mut values = Vec::new();
        if !compared(file, test, &mut subject, &mut values) {
            return no(clause, "the branches do not all compare the same name with constants");
        }
        branches.push(Branch { clause, values, guard, body });
    }
    let Some(subject) = subject.filter(|_| branches.len() >= LEAST) else {
        return no(node, "the chain has fewer than three branches");
    };
    if let Some(guard) = branches.iter().filter_map(|b| b.guard).find(|g| has_calls(file, *g))
        && !is_stable(file, subject)
    {
        let message = format!(
            "the condition here may change `{}` before the next comparison",
            file.of(subject)
        );
        return Err(file.refusal(Reason::Effects, guard, message));
    }
    Ok(Chain { subject, branches, otherwise })
}

/// `x == 1 and more` taken apart.
fn guarded(condition: Node<'_>) -> (Node<'_>, Option<Node<'_>>) {
    let node = bare(condition);
    let and = node.kind() == "boolean_operator"
        && field(node, "operator").is_some_and(|o| o.kind() == "and");
    match (field(node, "left"), field(node, "right")) {
        // `a and b and c` nests to the left: only two parts keep their order this way.
        (Some(left), Some(right)) if and => (bare(left), Some(right)),
        _ => (node, None),
    }
}

/// Reads `x == 1`, `x is None`, `x in (1, 2)` and `or` of these; false for anything else.
fn compared<'t>(
    file: &File<'t>,
    node: Node<'t>,
    subject: &mut Option<Node<'t>>,
    values: &mut Vec<Value<'t>>,
) -> bool {
    let node = bare(node);
    if node.kind() == "boolean_operator" {
        let or = field(node, "operator").is_some_and(|o| o.kind() == "or");
        let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else {
            return false;
        };
        return or
            && compared(file, left, subject, values)
            && compared(file, right, subject, values);
    }
    if node.kind() != "comparison_operator" {
        return false;
    }
    let (sides, operators) = (named(node), fields(node, "operators"));
    let ([left, right], [operator]) = (sides.as_slice(), operators.as_slice()) else {
        return false;
    };
    if !is_subject(*left) || subject.is_some_and(|s| file.of(s) != file.of(*left)) {
        return false;
    }
    let added: Vec<Value<'t>> = match operator.kind() {
        "==" => vec![Value { node: *right, identity: false }],
        "is" => vec![Value { node: *right, identity: true }],
        "in" if matches!(right.kind(), "tuple" | "list") => {
            named(*right).into_iter().map(|node| Value { node, identity: false }).collect()
        }
        _ => return false,
    };
    let fits = |v: &Value<'t>| match v.node.kind() {
        "none" | "true" | "false" => v.identity,
        "attribute" => !v.identity && is_subject(v.node),
        "parenthesized_expression" | "ellipsis" => false,
        "unary_operator" => {
            let minus = field(v.node, "operator").is_some_and(|o| o.kind() == "-");
            let number =
                field(v.node, "argument").is_some_and(|a| matches!(a.kind(), "integer" | "float"));
            !v.identity && minus && number
        }
        _ => !v.identity && is_literal(v.node),
    };
    if added.is_empty() || !added.iter().all(fits) {
        return false;
    }
    *subject = subject.or(Some(*left));
    values.extend(added);
    true
}

/// A name, or names with dots between.
fn is_subject(node: Node<'_>) -> bool {
    match node.kind() {
        "identifier" => true,
        "attribute" => field(node, "object").is_some_and(is_subject),
        _ => false,
    }
}
