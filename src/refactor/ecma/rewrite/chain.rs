//! A chain of `if`s over one value to `switch`.

use super::super::effects::{self, Effect};
use super::super::extract::always_leaves;
use super::super::file::{File, is_function};
use super::super::shape::{indent_at, semicolon, unit};
use super::guards::contents;
use super::keep_comments;
use crate::refactor::step::put;
use crate::refactor::{Answer, Reason, Refusal, Step};
use crate::syntax::node::{ancestors, field, named, span, text_of, walk};
use crate::syntax::tree::Node;

/// `if (s === 1) {} else if (s === 2 || s === 3) {} else {}`
pub(super) struct Chain<'f> {
    pub(super) subject: Node<'f>,
    /// The values and what is done for them.
    pub(super) arms: Vec<(Vec<Node<'f>>, Node<'f>)>,
    pub(super) otherwise: Option<Node<'f>>,
}

/// True for a chain of two or more tests of one value.
pub(super) fn offered(file: &File, node: Node<'_>) -> bool {
    let outer =
        node.kind() == "if_statement" && node.parent().is_some_and(|p| p.kind() != "else_clause");
    outer
        && read(file, node).is_some_and(|c| {
            c.arms.iter().map(|a| a.0.len()).sum::<usize>() >= 3
                || c.arms.len() >= 2 && c.otherwise.is_some()
        })
}

/// The chain that begins at an `if`.
pub(super) fn read<'f>(file: &'f File, node: Node<'f>) -> Option<Chain<'f>> {
    let mut arms = Vec::new();
    let mut subject: Option<Node<'f>> = None;
    let mut next = node;
    loop {
        let condition = named(field(next, "condition")?).first().copied()?;
        let mut values = Vec::new();
        tests(file, condition, &mut subject, &mut values)?;
        arms.push((values, field(next, "consequence")?));
        let Some(other) = field(next, "alternative") else {
            return Some(Chain { subject: subject?, arms, otherwise: None });
        };
        let other = named(other).last().copied()?;
        if other.kind() != "if_statement" {
            return Some(Chain { subject: subject?, arms, otherwise: Some(other) });
        }
        next = other;
    }
}

/// The values that a condition compares the subject with.
fn tests<'f>(
    file: &'f File,
    condition: Node<'f>,
    subject: &mut Option<Node<'f>>,
    values: &mut Vec<Node<'f>>,
) -> Option<()> {
    if condition.kind() == "parenthesized_expression" {
        return tests(file, named(condition).first().copied()?, subject, values);
    }
    let (left, right) = (field(condition, "left")?, field(condition, "right")?);
    match field(condition, "operator")?.kind() {
        "||" => {
            tests(file, left, subject, values)?;
            tests(file, right, subject, values)
        }
        // Loose equality is offered, too, so that the reason against it can be told.
        "===" | "==" => {
            let (value, tested) = if is_literal(right) { (right, left) } else { (left, right) };
            let same = subject.is_none_or(|s| file.of_node(s) == file.of_node(tested));
            if !is_literal(value) || is_literal(tested) || !same {
                return None;
            }
            subject.get_or_insert(tested);
            values.push(value);
            Some(())
        }
        _ => None,
    }
}

fn is_literal(node: Node<'_>) -> bool {
    match node.kind() {
        "string" | "number" | "true" | "false" | "null" | "undefined" => true,
        "unary_expression" => {
            node.child(0).is_some_and(|t| t.kind() == "-")
                && field(node, "argument").is_some_and(|a| a.kind() == "number")
        }
        _ => false,
    }
}

/// # Errors
/// When comparing once is not the same as comparing at each branch.
pub(super) fn check(file: &File, node: Node<'_>, chain: &Chain<'_>) -> Result<(), Refusal> {
    let loose = walk(node, |n| !chain.arms.iter().any(|a| a.1 == n)).into_iter().find(|n| {
        n.kind() == "binary_expression"
            && field(*n, "operator").is_some_and(|op| op.kind() == "==")
            && !chain.arms.iter().any(|a| span(a.1).contains(span(*n)))
            && !chain.otherwise.is_some_and(|o| span(o).contains(span(*n)))
    });
    if let Some(loose) = loose {
        return Err(file.refuse(
            Reason::NotEquivalent,
            "`==` converts what it compares; only `===` is what `switch` does",
            loose,
        ));
    }
    if effects::of(file, chain.subject) == Effect::Acts {
        let message = format!(
            "`{}` is evaluated for each comparison and may have an effect",
            file.of_node(chain.subject)
        );
        return Err(file.refuse(Reason::Effects, message, chain.subject));
    }
    let mut kept: Vec<Node<'_>> = chain.arms.iter().map(|a| a.1).collect();
    kept.extend(chain.otherwise);
    keep_comments(file, node, &kept)
}

pub(super) fn plan(file: &File, node: Node<'_>) -> Answer {
    let Some(chain) = read(file, node) else {
        return Err(file.refuse(Reason::NotHere, "there is no chain of comparisons here", node));
    };
    check(file, node, &chain)?;
    let bodies = chain.arms.iter().map(|a| a.1).chain(chain.otherwise);
    for body in bodies {
        let jump = walk(body, |n| !is_function(n)).into_iter().find(|n| {
            n.kind() == "break_statement"
                && field(*n, "label").is_none()
                && !has_own_target(*n, body)
        });
        if let Some(jump) = jump {
            let message =
                "this `break` leaves a loop; in a `switch` it would only leave the `switch`";
            return Err(file.refuse(Reason::ControlFlow, message, jump));
        }
    }
    let text = file.text();
    let outer = indent_at(text, node.start_byte()).to_owned();
    let step_in = unit(file);
    let case_indent = format!("{outer}{step_in}");
    let mut out = format!("switch ({}) {{\n", file.of_node(chain.subject));
    for (values, body) in &chain.arms {
        let labels: Vec<String> =
            values.iter().map(|v| format!("{case_indent}case {}:", file.of_node(*v))).collect();
        out.push_str(&labels.join("\n"));
        out.push_str(&arm(file, *body, &case_indent, &step_in));
    }
    if let Some(body) = chain.otherwise {
        out.push_str(&format!("{case_indent}default:"));
        out.push_str(&arm(file, body, &case_indent, &step_in));
    }
    out.push_str(&format!("{outer}}}"));
    let mut step = Step::new("Write a chain of conditions as a switch");
    step.replace(&file.path, put(span(node), out));
    Ok(step)
}

fn has_own_target(jump: Node<'_>, body: Node<'_>) -> bool {
    ancestors(jump).take_while(|n| span(body).contains(span(*n))).any(|n| {
        matches!(
            n.kind(),
            "for_statement"
                | "for_in_statement"
                | "while_statement"
                | "do_statement"
                | "switch_statement"
        )
    })
}

fn arm(file: &File, body: Node<'_>, indent: &str, step_in: &str) -> String {
    let inner = format!("{indent}{step_in}");
    let statements = if body.kind() == "statement_block" { named(body) } else { vec![body] };
    let text = match body.kind() {
        "statement_block" => contents(file, body, &inner),
        _ => text_of(body, file.text()).to_owned(),
    };
    let binds = statements.iter().any(|s| {
        matches!(
            s.kind(),
            "lexical_declaration"
                | "class_declaration"
                | "function_declaration"
                | "generator_function_declaration"
                | "using_declaration"
        )
    });
    let leaves = statements.iter().any(|s| always_leaves(*s))
        || statements.last().is_some_and(|s| s.kind() == "continue_statement");
    let (open, close) =
        if binds { (" {\n", format!("{indent}}}\n")) } else { ("\n", String::new()) };
    let mut out = open.to_owned();
    if !text.is_empty() {
        out.push_str(&format!("{inner}{text}\n"));
    }
    if !leaves {
        out.push_str(&format!("{inner}break{}\n", semicolon(file)));
    }
    out.push_str(&close);
    out
}
