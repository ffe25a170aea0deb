//! Nested conditions as early exits.

use crate::base::{Replacement, Span};
use crate::refactor::{Reason, Refusal};
use crate::syntax::node::{descendants, field, fields, named};
use crate::syntax::tree::Node;

use super::facts::{is_literal, negated, own_nodes};
use super::file::{File, Made};
use super::layout;

/// True where the `if` nests another one, or has an `else` after a branch that leaves.
pub(super) fn wanted(file: &File<'_>, node: Node<'_>, _: &Made) -> bool {
    let Some(body) = field(node, "consequence") else { return false };
    if field(node, "alternative").is_some() {
        return named(body).iter().any(|s| s.kind() != "pass_statement");
    }
    // Only the outermost of several that become guards.
    let outer = node.parent().and_then(|b| b.parent()).filter(|p| p.kind() == "if_statement");
    if outer.is_some_and(|outer| make(file, outer).is_ok()) {
        return false;
    }
    named(body)
        .last()
        .is_some_and(|s| s.kind() == "if_statement" && field(*s, "alternative").is_none())
}

/// Early exits for an `if`.
pub(super) fn make(file: &File<'_>, node: Node<'_>) -> Result<Made, Refusal> {
    let alternatives = fields(node, "alternative");
    let own_line = layout::alone_before(file.text, node);
    let body = field(node, "consequence").filter(|b| on_own_lines(file, *b));
    let Some(body) = body.filter(|_| own_line) else { return Err(not_here(file, node)) };
    let mut made = Made::new("Leave early instead of nesting");
    match alternatives.as_slice() {
        [] => {
            let exit = exit_after(file, node)?;
            let outer = layout::indent(file.text, node.start_byte()).to_owned();
            let text = flattened(file, node, body, &exit.word, &outer)?;
            let end = exit.swallowed.unwrap_or_else(|| layout::block_end(file.text, body));
            let lines = Span::new(layout::line_start(file.text, node.start_byte()), end);
            made.edits.push(Replacement { span: lines, text });
        }
        [.., last] if last.kind() == "else_clause" => {
            let conditional = &alternatives[..alternatives.len() - 1];
            let branches = std::iter::once(Some(body))
                .chain(conditional.iter().map(|c| field(*c, "consequence")));
            let Some(rest) = field(*last, "body").filter(|b| on_own_lines(file, *b)) else {
                return Err(not_here(file, node));
            };
            if branches.flatten().all(leaves) {
                made.edits.push(without_else(file, *last, rest)?);
            } else if conditional.is_empty() && leaves(rest) {
                made.edits.push(turned(file, node, body, *last, rest)?);
            } else {
                let message = "no branch leaves the function or the loop, so what follows would run in other cases";
                return Err(file.refusal(Reason::ControlFlow, node, message));
            }
        }
        _ => {
            let message =
                "the `if` has an `elif` but no `else`; there is no exit that would stand for it";
            return Err(file.refusal(Reason::NotHere, node, message));
        }
    }
    Ok(made)
}

fn not_here(file: &File<'_>, node: Node<'_>) -> Refusal {
    let message = "there is no `if` with a body on its own lines here";
    file.refusal(Reason::NotHere, node, message)
}

fn on_own_lines(file: &File<'_>, block: Node<'_>) -> bool {
    layout::alone_before(file.text, block) && !named(block).is_empty()
}

/// True when a block never runs past its end.
pub(super) fn leaves(block: Node<'_>) -> bool {
    named(block).last().is_some_and(|last| match last.kind() {
        "return_statement" | "raise_statement" | "continue_statement" | "break_statement" => true,
        "if_statement" => always_leaves(*last),
        _ => false,
    })
}

/// True for an `if` of which every branch leaves.
pub(super) fn always_leaves(node: Node<'_>) -> bool {
    let alternatives = fields(node, "alternative");
    let complete = alternatives.last().is_some_and(|a| a.kind() == "else_clause");
    complete
        && std::iter::once(node).chain(alternatives).all(|branch| {
            field(branch, "consequence").or_else(|| field(branch, "body")).is_some_and(leaves)
        })
}

/// What is done instead when the condition does not hold.
struct Exit {
    word: String,
    /// The end of the statement that follows and becomes part of the guard.
    swallowed: Option<usize>,
}

fn exit_after(file: &File<'_>, node: Node<'_>) -> Result<Exit, Refusal> {
    let body = field(node, "consequence");
    if let Some(after) = layout::next(node) {
        // `if c: ...; return x` and then `return None`.
        let value = named(after).first().copied();
        let fits = after.kind() == "return_statement"
            && layout::next(after).is_none()
            && value.is_none_or(is_literal)
            && layout::alone(file.text, after)
            && layout::trailing_comment(file.text, after).is_none();
        let between = &file.text[node.end_byte()..after.start_byte()];
        if fits && between.trim().is_empty() {
            let swallowed = body.is_some_and(|b| leaves(innermost(file, b)));
            return Ok(Exit {
                word: file.of(after).to_owned(),
                swallowed: swallowed.then(|| layout::line_end(file.text, after.end_byte())),
            });
        }
        let message = "statements follow the `if` that run in both cases";
        return Err(file.refusal(Reason::ControlFlow, node, message));
    }
    let block = node.parent();
    let around = block.and_then(|b| b.parent());
    match around.map(|a| a.kind()) {
        Some("for_statement" | "while_statement")
            if block.and_then(|b| b.field()) == Some("body") =>
        {
            Ok(Exit { word: "continue".to_owned(), swallowed: None })
        }
        Some("function_definition") => {
            let whole = around.unwrap_or(node);
            let returns = field(whole, "body").is_some_and(|b| {
                own_nodes(b).iter().any(|n| n.kind() == "return_statement" && !named(*n).is_empty())
            });
            let word = if returns { "return None" } else { "return" };
            Ok(Exit { word: word.to_owned(), swallowed: None })
        }
        Some("if_statement") if layout::next(around.unwrap_or(node)).is_none() => {
            exit_of_outer(file, around.unwrap_or(node), node)
        }
        _ => {
            let message = "the `if` is not the last statement of a function or a loop";
            Err(file.refusal(Reason::NotHere, node, message))
        }
    }
}

/// An `if` at the end of another one that stands at the end of a function or a loop.
fn exit_of_outer(file: &File<'_>, outer: Node<'_>, node: Node<'_>) -> Result<Exit, Refusal> {
    let exit = exit_after(file, outer)?;
    if exit.swallowed.is_some() {
        let message = "the outer `if` has to become a guard first";
        return Err(file.refusal(Reason::NotHere, node, message));
    }
    Ok(exit)
}

/// The `if` without other branches that a block ends in, with its body.
fn tail<'t>(file: &File<'_>, block: Node<'t>) -> Option<(Node<'t>, Node<'t>)> {
    let last = named(block).last().copied().filter(|s| s.kind() == "if_statement")?;
    if field(last, "alternative").is_some() || !layout::alone_before(file.text, last) {
        return None;
    }
    Some((last, field(last, "consequence").filter(|b| on_own_lines(file, *b))?))
}

fn innermost<'t>(file: &File<'_>, block: Node<'t>) -> Node<'t> {
    tail(file, block).map_or(block, |(_, inner)| innermost(file, inner))
}

/// The guard and the body, which in turn may end in an `if`.
fn flattened(
    file: &File<'_>,
    node: Node<'_>,
    body: Node<'_>,
    exit: &str,
    outer: &str,
) -> Result<String, Refusal> {
    let mut out = guard_line(file, node, body, outer)?;
    let unit = layout::unit(file);
    out.push_str(&format!("{outer}{unit}{exit}\n"));
    let inner = layout::indent(file.text, body.start_byte());
    let start = layout::body_start(file.text, body);
    let end = layout::block_end(file.text, body);
    let Some((last, last_body)) = tail(file, body) else {
        out.push_str(&terminated(layout::reindented(file, Span::new(start, end), inner, outer)));
        return Ok(out);
    };
    let from = layout::line_start(file.text, last.start_byte());
    out.push_str(&layout::reindented(file, Span::new(start, from), inner, outer));
    out.push_str(&flattened(file, last, last_body, exit, outer)?);
    let rest = layout::block_end(file.text, last_body);
    if rest < end {
        out.push_str(&layout::reindented(file, Span::new(rest, end), inner, outer));
    }
    Ok(out)
}

fn terminated(mut text: String) -> String {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// `if not c:` with what follows it on its line.
fn guard_line(
    file: &File<'_>,
    node: Node<'_>,
    body: Node<'_>,
    outer: &str,
) -> Result<String, Refusal> {
    let Some(condition) = field(node, "condition") else { return Err(not_here(file, node)) };
    let has_walrus = descendants(condition).iter().any(|n| n.kind() == "named_expression");
    let mut text = negated(file, condition);
    if text.contains('\n') && !(text.starts_with("not (") && text.ends_with(')')) {
        text = format!("not ({})", file.of(condition));
    }
    if has_walrus && !text.starts_with("not") {
        text = format!("not ({})", file.of(condition));
    }
    let rest = file.text[condition.end_byte()..layout::body_start(file.text, body)]
        .trim_start_matches([' ', '\t']);
    // The colon, a comment, and comment lines above the body.
    Ok(terminated(format!("{outer}if {text}{rest}")))
}

/// The last branch without its `else`.
fn without_else(file: &File<'_>, clause: Node<'_>, rest: Node<'_>) -> Result<Replacement, Refusal> {
    let outer = layout::indent(file.text, clause.start_byte()).to_owned();
    let inner = layout::indent(file.text, rest.start_byte());
    let from = layout::line_start(file.text, clause.start_byte());
    let start = layout::body_start(file.text, rest);
    let end = layout::block_end(file.text, rest);
    let header = file.text[clause.start_byte()..start].trim_end();
    let comment = header.find('#').map_or("", |at| &header[at..]);
    let mut text = String::new();
    if !comment.is_empty() {
        text.push_str(&format!("{outer}{comment}\n"));
    }
    text.push_str(&layout::reindented(file, Span::new(start, end), inner, &outer));
    Ok(Replacement { span: Span::new(from, end), text })
}

/// The branches the other way round: the one that leaves comes first.
fn turned(
    file: &File<'_>,
    node: Node<'_>,
    body: Node<'_>,
    clause: Node<'_>,
    rest: Node<'_>,
) -> Result<Replacement, Refusal> {
    let outer = layout::indent(file.text, node.start_byte()).to_owned();
    let inner = layout::indent(file.text, body.start_byte());
    let header = file.text[clause.start_byte()..layout::body_start(file.text, rest)].trim_end();
    if header.contains('#') {
        let message = "a comment stands behind the `else`; it would have no place";
        return Err(file.refusal(Reason::NotHere, clause, message));
    }
    let end = layout::block_end(file.text, rest);
    let mut text = guard_line(file, node, body, &outer)?;
    text.push_str(&terminated(file.text[layout::body_start(file.text, rest)..end].to_owned()));
    let body_end = layout::line_start(file.text, clause.start_byte());
    let lines = Span::new(layout::body_start(file.text, body), body_end);
    text.push_str(&layout::reindented(file, lines, inner, &outer));
    let from = layout::line_start(file.text, node.start_byte());
    Ok(Replacement { span: Span::new(from, end), text })
}
