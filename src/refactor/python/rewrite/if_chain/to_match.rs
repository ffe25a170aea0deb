//! A chain of `if`s as `match`.

use crate::base::{Replacement, Span};
use crate::refactor::{Reason, Refusal};
use crate::syntax::node::field;
use crate::syntax::tree::Node;

use crate::refactor::python::rewrite::facts::operand;
use crate::refactor::python::rewrite::file::{File, Made};
use crate::refactor::python::rewrite::layout;

use super::{Branch, chain};

/// The `match` for the chain that begins at an `if`.
pub(in crate::refactor::python::rewrite) fn make(
    file: &File<'_>,
    node: Node<'_>,
) -> Result<Made, Refusal> {
    let chain = chain(file, node)?;
    let bodies =
        chain.branches.iter().map(|b| b.body).chain(chain.otherwise.and_then(|o| field(o, "body")));
    let mut own_lines = bodies.map(|b| layout::alone_before(file.text, b));
    if !layout::alone_before(file.text, node) || !own_lines.all(|own| own) {
        let message = "a branch stands on the line of its condition";
        return Err(file.refusal(Reason::NotHere, node, message));
    }
    let (unit, outer) = (layout::unit(file), layout::indent(file.text, node.start_byte()));
    let deeper = format!("{outer}{unit}");
    let mut out = format!("{outer}match {}:\n", file.of(chain.subject));
    let mut end = node.end_byte();
    for branch in &chain.branches {
        out.push_str(&format!("{deeper}case {}", pattern(file, branch, &deeper)));
        if let Some(guard) = branch.guard {
            out.push_str(&format!(" if {}", operand(file, guard)));
        }
        end = body(file, branch.clause, branch.body, &deeper, &mut out);
    }
    if let Some(clause) = chain.otherwise
        && let Some(rest) = field(clause, "body")
    {
        out.push_str(&format!("{deeper}case _"));
        end = body(file, clause, rest, &deeper, &mut out);
    }
    let mut made = Made::new(format!("Write the chain over `{}` as match", file.of(chain.subject)));
    made.needs = Some((3, 10));
    let start = layout::line_start(file.text, node.start_byte());
    made.edits.push(Replacement { span: Span::new(start, end), text: out });
    Ok(made)
}

fn pattern(file: &File<'_>, branch: &Branch<'_>, indent: &str) -> String {
    let values: Vec<&str> = branch.values.iter().map(|v| file.of(v.node)).collect();
    let one = values.join(" | ");
    if values.len() > 1 && indent.len() + "case :".len() + one.chars().count() > layout::WIDTH {
        let unit = layout::unit(file);
        let glue = format!("\n{indent}{unit}| ");
        return format!("(\n{indent}{unit}{}\n{indent})", values.join(&glue));
    }
    one
}

/// Adds the colon with its comment and the lines of a branch; gives where these end.
fn body(
    file: &File<'_>,
    clause: Node<'_>,
    block: Node<'_>,
    indent: &str,
    out: &mut String,
) -> usize {
    let start = layout::body_start(file.text, block);
    let from =
        field(clause, "condition").map_or(clause.start_byte() + "else".len(), |c| c.end_byte());
    out.push_str(file.text[from..start].trim_start_matches([' ', '\t']));
    let outer = layout::indent(file.text, clause.start_byte());
    // Comments between the branches go along, up to the next one.
    let next = match clause.kind() {
        "if_statement" => field(clause, "alternative"),
        _ => layout::next(clause).filter(|n| n.kind().ends_with("_clause")),
    };
    let end = next.map_or_else(
        || layout::block_end(file.text, block),
        |next| layout::line_start(file.text, next.start_byte()),
    );
    let text = layout::reindented(file, Span::new(start, end), outer, indent);
    out.push_str(&text);
    if !out.ends_with('\n') {
        out.push('\n');
    }
    end
}
