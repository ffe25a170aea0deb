//! A comprehension that is assigned or returned, as a loop that fills the collection.

use crate::base::Replacement;
use crate::refactor::{Reason, Refusal, ScopeKind};
use crate::syntax::node::{ancestors, children, descendants, field, named, span};
use crate::syntax::tree::Node;

use super::facts::{self, bare, bound_to_frame, operand};
use super::file::{File, Made};
use super::layout;
use super::loop_checks::in_order;
use super::loop_to_comprehension::names_of;

/// Where the collection goes.
struct Target<'t> {
    statement: Node<'t>,
    /// `None` for `return`.
    name: Option<Node<'t>>,
    /// Between the name and the value: an annotation.
    annotation: String,
}

/// The loop for a comprehension.
pub(super) fn make(file: &File<'_>, node: Node<'_>) -> Result<Made, Refusal> {
    let target = target(file, node)?;
    checked(file, node, &target)?;
    let name = match target.name {
        Some(name) => file.of(name).to_owned(),
        None => fresh(file, node)?,
    };
    let (unit, indent) =
        (layout::unit(file), layout::indent(file.text, target.statement.start_byte()));
    let empty = match node.kind() {
        "list_comprehension" => "[]",
        "set_comprehension" => "set()",
        _ => "{}",
    };
    let mut out = format!("{name}{} = {empty}", target.annotation);
    let mut depth = indent.to_owned();
    for part in children(node).filter(|c| c.is_named() && c.field() != Some("body")) {
        out.push('\n');
        out.push_str(&depth);
        if part.kind() == "comment" {
            out.push_str(file.of(part));
            continue;
        }
        depth.push_str(unit);
        if part.kind() == "if_clause" {
            let condition = named(part).first().copied().unwrap_or(part);
            out.push_str(&format!("if {}:", operand(file, condition)));
            continue;
        }
        let left = field(part, "left").map_or("", |l| file.of(l));
        let right = field(part, "right").map_or(String::new(), |r| operand(file, r));
        out.push_str(&format!("for {left} in {right}:"));
    }
    let Some(body) = field(node, "body") else { return Err(not_here(file, node)) };
    out.push('\n');
    out.push_str(&depth);
    match (node.kind(), field(body, "key"), field(body, "value")) {
        ("dictionary_comprehension", Some(key), Some(value)) => {
            out.push_str(&format!("{name}[{}] = {}", file.of(key), operand(file, value)));
        }
        ("list_comprehension", ..) => {
            out.push_str(&format!("{name}.append({})", file.of(bare(body))))
        }
        _ => out.push_str(&format!("{name}.add({})", file.of(bare(body)))),
    }
    if target.name.is_none() {
        out.push_str(&format!("\n{indent}return {name}"));
    }
    let mut made = Made::new("Write the comprehension as a loop");
    if file.scope_of(node).1.kind == ScopeKind::File {
        made.notes.push("The loop variable is a name of the module from now on.".to_owned());
    }
    made.edits.push(Replacement { span: span(target.statement), text: out });
    Ok(made)
}

fn not_here(file: &File<'_>, node: Node<'_>) -> Refusal {
    file.refusal(
        Reason::NotHere,
        node,
        "only a comprehension that is assigned to a variable or returned as it is can become a loop",
    )
}

fn target<'t>(file: &File<'t>, node: Node<'t>) -> Result<Target<'t>, Refusal> {
    let no = || not_here(file, node);
    let value = ancestors(node)
        .take_while(|n| n.kind() == "parenthesized_expression")
        .last()
        .unwrap_or(node);
    let parent = value.parent().ok_or_else(no)?;
    let target = match parent.kind() {
        "return_statement" => Target { statement: parent, name: None, annotation: String::new() },
        "assignment" if value.field() == Some("right") => {
            let statement = parent.parent().filter(|p| p.kind() == "expression_statement");
            let name = field(parent, "left").filter(|l| l.kind() == "identifier").ok_or_else(no)?;
            let annotation =
                field(parent, "type").map_or(String::new(), |t| format!(": {}", file.of(t)));
            Target { statement: statement.ok_or_else(no)?, name: Some(name), annotation }
        }
        _ => return Err(no()),
    };
    if !layout::alone(file.text, target.statement) {
        let message = "the statement shares its line with another one";
        return Err(file.refusal(Reason::NotHere, target.statement, message));
    }
    Ok(target)
}

fn checked(file: &File<'_>, node: Node<'_>, target: &Target<'_>) -> Result<(), Refusal> {
    let (scope_id, scope) = file.scope_of(node);
    if scope.kind == ScopeKind::Class {
        let message = "the loop variable would become an attribute of the class";
        return Err(file.refusal(Reason::NotEquivalent, node, message));
    }
    if scope.kind == ScopeKind::Function && scope.dynamic.is_some() {
        let message = "names are looked up at run time here (`locals()`, `eval`)";
        return Err(file.refusal(Reason::Dynamic, node, message));
    }
    if descendants(node).iter().any(|n| n.kind() == "async") {
        return Err(file.refusal(Reason::ControlFlow, node, "the comprehension is asynchronous"));
    }
    if let Some(inner) = bound_to_frame(file, node) {
        let message = format!("`{}` means something else within a comprehension", file.of(inner));
        return Err(file.refusal(Reason::NotEquivalent, inner, message));
    }
    let clauses = named(node).into_iter().filter(|n| n.kind() == "for_in_clause");
    for clause in clauses {
        let several = crate::syntax::node::fields(clause, "right").len() > 1;
        let left = field(clause, "left").and_then(names_of);
        let Some(names) = left.filter(|_| !several) else {
            return Err(file.refusal(Reason::Effects, clause, "it sets what is no plain variable"));
        };
        for name in names {
            free_outside(file, node, name)?;
        }
    }
    if let Some(body) = field(node, "body").filter(|b| b.kind() == "pair")
        && let (Some(key), Some(value)) = (field(body, "key"), field(body, "value"))
    {
        in_order(file, key, value)?;
    }
    let Some(name) = target.name else { return Ok(()) };
    let Some(id) = file.meaning(name) else { return Ok(()) };
    let bound = file.bound(id);
    if bound.scope != scope_id {
        let message =
            format!("`{}` is global or nonlocal and would be seen while it is filled", bound.name);
        return Err(file.refusal(Reason::NotEquivalent, name, message));
    }
    if descendants(node).iter().any(|n| n.kind() == "identifier" && file.of(*n) == bound.name) {
        let message =
            format!("`{}` is used within the comprehension that it is assigned", bound.name);
        return Err(file.refusal(Reason::NotEquivalent, name, message));
    }
    let captured = file.uses(id).any(|o| o.scope != scope_id && o.span.start < node.end_byte());
    if captured && facts::has_calls(file, node) {
        let message =
            format!("another function uses `{}` and may see it while it is filled", bound.name);
        return Err(file.refusal(Reason::NotEquivalent, name, message));
    }
    facts::seen_half_done(file, target.statement, id)
}

/// Refuses when the variable of a comprehension means something in the function, which a loop would set.
fn free_outside(file: &File<'_>, node: Node<'_>, name: Node<'_>) -> Result<(), Refusal> {
    let (scope, around) = file.scope_of(node);
    let text = file.of(name);
    let own = file.meaning(name);
    let clash = file
        .bindings()
        .within(around.span)
        .filter(|o| o.span.of(file.text) == Some(text) && o.bound != own)
        .find(|o| {
            // Variables of other comprehensions are theirs.
            let elsewhere = o.bound.is_some_and(|id| {
                let of = file.bound(id).scope;
                of != scope && !file.bindings().chain(scope).any(|s| s == of)
            });
            !elsewhere
        });
    if let Some(clash) = clash {
        let line = file.line(clash.span.start);
        let message = format!(
            "the loop would set `{text}`, which is used on line {line}; rename the variable of the comprehension first"
        );
        return Err(file.refusal(Reason::NameTaken, name, message));
    }
    Ok(())
}

/// A name for what is returned.
fn fresh(file: &File<'_>, node: Node<'_>) -> Result<String, Refusal> {
    let around = file.scope_of(node).1.span;
    let taken =
        |name: &str| file.bindings().within(around).any(|o| o.span.of(file.text) == Some(name));
    let names = ["result", "results", "collected", "items"];
    names.iter().find(|name| !taken(name)).map(|name| (*name).to_owned()).ok_or_else(|| {
        let message = "the function has variables of all the names that the collection could get; assign the comprehension to a variable first";
        file.refusal(Reason::NameTaken, node, message)
    })
}
