//! Whole statements: deleted, swapped, moved, indented, copied from nearby.

use crate::syntax::tree::Node;

use super::tree;
use crate::base::{Replacement, Span};
use crate::syntax::mutation::Operator;
use crate::syntax::node::{
    ancestors, children, descendants, field, fields, first_line, insert, named,
};
use crate::syntax::sink::{Sink, brief};

/// All edits of one statement as a whole.
pub(super) fn statement(node: Node<'_>, sink: &mut Sink<'_>) {
    if !sink.wants(node) || tree::is_docstring_statement(node) {
        return;
    }
    if node.kind().starts_with("import") {
        unused_import(node, sink);
        return;
    }
    delete(node, sink);
    let Some(block) = node.parent().filter(|p| matches!(p.kind(), "block" | "module")) else {
        return;
    };
    let Some(lines) = tree::whole_lines(node, sink) else { return };
    let siblings = tree::statements(block);
    let Some(at) = siblings.iter().position(|s| s.id() == node.id()) else { return };
    // `global` has its place before all else; definitions are too large to move.
    if is_definition(node) || is_declaration(node) {
        return;
    }
    swap_neighbours(&siblings, at, sink);
    move_within(&siblings, at, lines, sink);
    dedent(node, block, &siblings, at, lines, sink);
    indent_into(node, &siblings, at, lines, sink);
    hoist(node, block, at, &siblings, lines, sink);
    unwrap(node, sink);
    copies(node, &siblings, at, sink);
}

/// The statement goes; the last one of a block becomes `pass`.
fn delete(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(lines) = tree::whole_lines(node, sink) else { return };
    let block = node.parent();
    let alone = block.is_some_and(|b| b.kind() == "block" && tree::statements(b).len() == 1);
    let inner = named(node).first().map_or("", |n| n.kind());
    let cost = match (node.kind(), inner) {
        ("expression_statement", "assignment") => 1.8,
        ("expression_statement", _) => 1.3,
        ("return_statement", _) => 1.6,
        ("raise_statement" | "break_statement" | "continue_statement", _) => 1.2,
        ("assert_statement", _) => 1.5,
        ("global_statement" | "nonlocal_statement", _) => 2.0,
        ("if_statement", _) => 1.6,
        (
            "pass_statement" | "function_definition" | "class_definition" | "decorated_definition",
            _,
        ) => return,
        _ => 3.0,
    };
    let same = |other: Option<Node<'_>>| other.is_some_and(|o| sink.text(o) == sink.text(node));
    let twice = same(node.prev_named_sibling()) || same(node.next_named_sibling());
    let cost = if twice { 0.7 } else { cost };
    let title = format!("`{}` goes", brief(sink.text(node)));
    let edit = if alone {
        Replacement::new(node.start_byte(), node.end_byte(), "pass")
    } else {
        Replacement { span: lines, text: String::new() }
    };
    sink.edit(Operator::StatementDelete, cost, node, title, vec![edit]);
}

/// An import that nothing uses goes: it may fail, or import in a circle.
fn unused_import(node: Node<'_>, sink: &mut Sink<'_>) {
    let bound = |item: Node<'_>| {
        let name = field(item, "alias").or_else(|| named(item).first().copied()).unwrap_or(item);
        sink.text(name)
    };
    let items = fields(node, "name");
    let is_used = |name: &str| {
        let used = descendants(sink.root()).into_iter().filter(|n| n.kind() == "identifier");
        used.into_iter().any(|n| {
            sink.text(n) == name
                && (n.start_byte() < node.start_byte() || n.start_byte() >= node.end_byte())
        })
    };
    let unused: Vec<usize> = (0..items.len()).filter(|at| !is_used(bound(items[*at]))).collect();
    if unused.len() == items.len() && !items.is_empty() {
        if let Some(lines) = tree::whole_lines(node, sink) {
            let title = format!("`{}` goes", brief(sink.text(node)));
            let edit = Replacement { span: lines, text: String::new() };
            sink.edit(Operator::StatementDelete, 1.4, node, title, vec![edit]);
        }
    } else {
        for at in unused {
            sink.drop_item(1.45, &items, at);
        }
    }
}

/// Lines: further off is another matter.
const FARTHEST_MOVE: u32 = 30;

fn is_definition(node: Node<'_>) -> bool {
    matches!(node.kind(), "function_definition" | "class_definition" | "decorated_definition")
}

fn is_declaration(node: Node<'_>) -> bool {
    matches!(node.kind(), "global_statement" | "nonlocal_statement")
}

fn swap_neighbours(siblings: &[Node<'_>], at: usize, sink: &mut Sink<'_>) {
    let Some(&next) = siblings.get(at + 1) else { return };
    let node = siblings[at];
    if !tree::is_alone(next, sink)
        || matches!(
            next.kind(),
            "function_definition" | "class_definition" | "decorated_definition"
        )
    {
        return;
    }
    let (a, b) = (sink.text(node), sink.text(next));
    let simple = tree::is_simple(node.kind()) && tree::is_simple(next.kind());
    // It reads what the next one writes.
    let written: Vec<&str> = descendants(next)
        .into_iter()
        .filter(|n| n.kind() == "identifier" && tree::is_target(*n))
        .map(|n| sink.text(n))
        .collect();
    let early = descendants(node).into_iter().any(|n| {
        n.kind() == "identifier" && !tree::is_target(n) && written.contains(&sink.text(n))
    });
    let cost = match (early, simple) {
        (true, _) => 0.7,
        (_, true) => 1.2,
        _ => 1.5,
    };
    let edit = vec![
        Replacement::new(node.start_byte(), node.end_byte(), b),
        Replacement::new(next.start_byte(), next.end_byte(), a),
    ];
    let title = format!("`{}` comes before `{}`", brief(b), brief(a));
    let lines = [first_line(node), first_line(next)];
    sink.edit_at(Operator::StatementSwap, cost, &lines, title, edit);
}

/// To the start or end of the block, and past two or three neighbours.
fn move_within(siblings: &[Node<'_>], at: usize, lines: Span, sink: &mut Sink<'_>) {
    let node = siblings[at];
    if !tree::is_simple(node.kind()) || siblings.len() < 3 {
        return;
    }
    let text = line_text(lines, sink);
    let last = siblings.len() - 1;
    for (to, &anchor) in siblings.iter().enumerate() {
        let distance = to.abs_diff(at);
        // Neighbours are swapped elsewhere.
        let in_function = tree::function(node).is_some();
        let edge = in_function && (to == 0 || to == last);
        if distance < 2 || !(distance <= 3 || edge) {
            continue;
        }
        if first_line(anchor).abs_diff(first_line(node)) > FARTHEST_MOVE || is_definition(anchor) {
            continue;
        }
        let Some(there) = tree::whole_lines(anchor, sink) else { continue };
        let (place, word) = if to < at { (there.start, "before") } else { (there.end, "after") };
        let title =
            format!("`{}` moves {word} `{}`", brief(sink.text(node)), brief(sink.text(anchor)));
        let edit = relocate(lines, place, &text, sink);
        sink.edit(Operator::StatementMove, 1.9, node, title, edit);
    }
}

/// The last statement of a block moves out of it, behind the compound statement.
fn dedent(
    node: Node<'_>,
    block: Node<'_>,
    siblings: &[Node<'_>],
    at: usize,
    lines: Span,
    sink: &mut Sink<'_>,
) {
    if block.kind() != "block" || siblings.len() < 2 || at == 0 {
        return;
    }
    let inner = tree::indent(node, sink);
    // All from here to the end of the block move together.
    let last = siblings[siblings.len() - 1];
    let Some(end) = tree::whole_lines(last, sink) else { return };
    let moved = Span::new(lines.start, end.end.max(lines.end));
    let mut jumps = siblings[at..].iter().flat_map(|s| descendants(*s)).filter(|n| {
        matches!(n.kind(), "break_statement" | "continue_statement")
            && tree::enclosing_loop(*n).is_some_and(|l| l.start_byte() < node.start_byte())
    });
    let mut loops_left = jumps.next().and_then(tree::enclosing_loop);
    let text = line_text(moved, sink);
    let mut cost = match (at + 1 == siblings.len(), node.kind()) {
        (true, "return_statement") => 0.8,
        (true, _) => 1.1,
        (false, _) => 1.9,
    };
    for outer in ancestors(node)
        .take_while(|n| !matches!(n.kind(), "function_definition" | "class_definition" | "module"))
    {
        if !tree::is_statement(outer.kind()) {
            continue;
        }
        if loops_left.take_if(|l| l.id() == outer.id()).is_some() {
            // Its `break` needs this loop.
            return;
        }
        let to = tree::indent(outer, sink);
        let Some(text) = reindent(&text, &inner, &to) else { return };
        let Some(whole) = tree::whole_lines(outer, sink) else { return };
        let title = format!("`{}` moves out of the block", brief(sink.text(node)));
        let edit = relocate(moved, whole.end, &text, sink);
        sink.edit(Operator::StatementIndent, cost, node, title, edit);
        cost += 0.5;
    }
}

/// The statement moves into the end of the block before it, at each depth.
fn indent_into(node: Node<'_>, siblings: &[Node<'_>], at: usize, lines: Span, sink: &mut Sink<'_>) {
    let Some(before) = at.checked_sub(1).map(|i| siblings[i]) else { return };
    let own = tree::indent(node, sink);
    let text = line_text(lines, sink);
    let mut cost = if node.kind() == "return_statement" { 1.2 } else { 1.3 };
    let alone_in_block = siblings.len() == 1;
    let mut at = before;
    while let Some(block) =
        children(at).rfind(|c| c.kind() == "block" || c.kind().ends_with("_clause"))
    {
        let block = if block.kind() == "block" {
            block
        } else {
            match children(block).find(|c| c.kind() == "block") {
                Some(inner) => inner,
                None => break,
            }
        };
        if matches!(at.kind(), "function_definition" | "class_definition" | "decorated_definition")
        {
            break;
        }
        let inner = tree::statements(block);
        let Some(&last) = inner.last() else { break };
        let Some(there) = tree::whole_lines(last, sink) else { break };
        let Some(new) = reindent(&text, &own, &tree::indent(last, sink)) else { break };
        let title = format!("`{}` moves into the block above", brief(sink.text(node)));
        if !alone_in_block {
            let edit = relocate(lines, there.end, &new, sink);
            sink.edit(Operator::StatementIndent, cost, node, title, edit);
        }
        cost += 0.3;
        at = last;
    }
}

/// The first statement of a loop's body moves before the loop; one before a loop moves into it.
fn hoist(
    node: Node<'_>,
    block: Node<'_>,
    at: usize,
    siblings: &[Node<'_>],
    lines: Span,
    sink: &mut Sink<'_>,
) {
    if !tree::is_simple(node.kind()) {
        return;
    }
    let text = line_text(lines, sink);
    let own = tree::indent(node, sink);
    if block.kind() == "block" && siblings.len() > 1 {
        let outer = block.parent().filter(|p| {
            matches!(
                p.kind(),
                "for_statement" | "while_statement" | "if_statement" | "with_statement"
            )
        });
        if let Some(outer) = outer
            && let Some(there) = tree::whole_lines(outer, sink)
            && let Some(new) = reindent(&text, &own, &tree::indent(outer, sink))
        {
            let title = format!("`{}` moves before the block", brief(sink.text(node)));
            let cost = if at == 0 { 1.1 } else { 1.8 };
            let edit = relocate(lines, there.start, &new, sink);
            sink.edit(Operator::StatementIndent, cost, node, title, edit);
        }
    }
    let following = siblings.get(at + 1..).unwrap_or_default();
    let target = following
        .iter()
        .take(2)
        .find(|n| matches!(n.kind(), "for_statement" | "while_statement" | "if_statement"));
    if let Some(target) = target
        && let Some(first) = field(*target, "body")
            .or_else(|| field(*target, "consequence"))
            .and_then(|b| tree::statements(b).first().copied())
        && let Some(there) = tree::whole_lines(first, sink)
        && let Some(new) = reindent(&text, &own, &tree::indent(first, sink))
    {
        let title = format!("`{}` moves into the block below", brief(sink.text(node)));
        let edit = relocate(lines, there.start, &new, sink);
        sink.edit(Operator::StatementIndent, 1.2, node, title, edit);
    }
}

/// `if c: body` becomes `body`.
fn unwrap(node: Node<'_>, sink: &mut Sink<'_>) {
    if !matches!(
        node.kind(),
        "if_statement" | "with_statement" | "while_statement" | "for_statement"
    ) || field(node, "alternative").is_some()
        || tree::needs_loop(node)
    {
        return;
    }
    let Some(block) = children(node).find(|c| c.kind() == "block") else { return };
    let body = tree::statements(block);
    let (Some(&first), Some(&last)) = (body.first(), body.last()) else { return };
    let (Some(from), Some(to), Some(whole)) = (
        tree::whole_lines(first, sink),
        tree::whole_lines(last, sink),
        tree::whole_lines(node, sink),
    ) else {
        return;
    };
    let text = line_text(Span::new(from.start, to.end), sink);
    let Some(new) = reindent(&text, &tree::indent(first, sink), &tree::indent(node, sink)) else {
        return;
    };
    let cost = if node.kind() == "if_statement" { 1.7 } else { 2.6 };
    let head = brief(sink.text(node).lines().next().unwrap_or_default());
    let edit = vec![Replacement { span: whole, text: new }];
    sink.edit(
        Operator::StatementIndent,
        cost,
        node,
        format!("`{head}` goes, its body stays"),
        edit,
    );
}

/// Small statements of the same function, inserted before and after this one.
fn copies(node: Node<'_>, siblings: &[Node<'_>], at: usize, sink: &mut Sink<'_>) {
    let Some(function) = tree::function(node) else { return };
    let own = sink.text(node);
    let around: Vec<&str> = [at.checked_sub(1), Some(at + 1)]
        .into_iter()
        .flatten()
        .filter_map(|i| siblings.get(i))
        .map(|n| sink.text(*n))
        .collect();
    let branch = sibling_branches(node);
    let mut seen: Vec<&str> = Vec::new();
    let mut found: Vec<(f32, Node<'_>)> = Vec::new();
    for other in descendants(function).into_iter().filter(|n| tree::is_simple(n.kind())) {
        let text = sink.text(other);
        if text == own
            || text.contains('\n')
            || around.contains(&text)
            || seen.contains(&text)
            || tree::is_docstring_statement(other)
            || is_declaration(other)
        {
            continue;
        }
        seen.push(text);
        let jumps = matches!(other.kind(), "break_statement" | "continue_statement");
        if jumps && tree::enclosing_loop(node).is_none() {
            continue;
        }
        let in_branch = branch
            .iter()
            .any(|b| b.start_byte() <= other.start_byte() && other.end_byte() <= b.end_byte());
        let base = match (other.kind(), named(other).first().map_or("", |n| n.kind())) {
            ("expression_statement", "augmented_assignment") => 1.9,
            ("expression_statement", "call") => 2.1,
            ("expression_statement", "assignment") => 2.4,
            ("return_statement", _) => 2.3,
            ("break_statement" | "continue_statement", _) => 2.0,
            _ => 2.9,
        };
        let distance = first_line(other).abs_diff(first_line(node)) as f32;
        found.push((base - if in_branch { 0.9 } else { 0.0 } + 0.02 * distance.min(20.0), other));
    }
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (cost, other) in found.into_iter().take(6) {
        let text = sink.text(other).to_owned();
        after(node, &text, Operator::StatementCopy, cost, sink);
        before(node, &text, Operator::StatementCopy, cost + 0.3, sink);
    }
}

/// Inserts a statement on a line of its own after `node`.
pub(super) fn after(
    node: Node<'_>,
    text: &str,
    operator: Operator,
    cost: f32,
    sink: &mut Sink<'_>,
) {
    let Some(lines) = tree::whole_lines(node, sink) else { return };
    if matches!(
        node.kind(),
        "return_statement" | "raise_statement" | "break_statement" | "continue_statement"
    ) {
        return;
    }
    let indent = tree::indent(node, sink);
    let title = format!("`{}` is added", brief(text));
    let feed = if sink.source()[lines.start..lines.end].ends_with('\n') { "" } else { "\n" };
    let edit = vec![insert(lines.end, format!("{feed}{indent}{text}\n"))];
    sink.edit(operator, cost, node, title, edit);
}

/// Inserts a statement on a line of its own before `node`.
pub(super) fn before(
    node: Node<'_>,
    text: &str,
    operator: Operator,
    cost: f32,
    sink: &mut Sink<'_>,
) {
    if !tree::is_alone(node, sink) {
        return;
    }
    let indent = tree::indent(node, sink);
    let title = format!("`{}` is added", brief(text));
    let edit = vec![insert(node.start_byte(), format!("{text}\n{indent}"))];
    sink.edit(operator, cost, node, title, edit);
}

/// The blocks of the other branches of the `if` or `try` that holds the node.
fn sibling_branches(node: Node<'_>) -> Vec<Node<'_>> {
    let Some(compound) = tree::enclosing_branching(node) else { return Vec::new() };
    descendants(compound)
        .into_iter()
        .filter(|n| n.kind() == "block")
        .filter(|b| !(b.start_byte() <= node.start_byte() && node.end_byte() <= b.end_byte()))
        .collect()
}

/// Takes `lines` away and puts `text` at `place`.
fn relocate(lines: Span, place: usize, text: &str, sink: &Sink<'_>) -> Vec<Replacement> {
    let mut text = text.to_owned();
    if place == sink.source().len() && !sink.source().ends_with('\n') {
        text.insert(0, '\n');
        text.pop();
    }
    if lines.start == place || lines.end == place {
        return vec![Replacement { span: lines, text }];
    }
    vec![Replacement { span: lines, text: String::new() }, insert(place, text)]
}

/// Whole lines as text that ends in a line feed.
fn line_text(lines: Span, sink: &Sink<'_>) -> String {
    let text = sink.source()[lines.start..lines.end].to_owned();
    if text.ends_with('\n') { text } else { text + "\n" }
}

/// Other indentation for whole lines; `None` when a line is not indented by `from`.
pub(super) fn reindent(text: &str, from: &str, to: &str) -> Option<String> {
    // A string over several lines would change its content.
    if text.contains("\"\"\"") || text.contains("'''") {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() {
            out.push_str(line);
        } else {
            out.push_str(to);
            out.push_str(line.strip_prefix(from)?);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use crate::syntax::python::testing::{avoids, reaches};

    #[test]
    fn imports_that_nothing_uses() {
        reaches("import a\nimport b  #!\na.f()\n", &["import a\na.f()\n"]);
        reaches("from a import b, c as d  #!\nb.f()\n", &["from a import b"]);
        avoids("import a  #!\na.f()\n", &["a.f()\n"]);
    }

    #[test]
    fn deleting_and_swapping() {
        reaches("a = 1\nb(a)  #!\nc = 2\n", &["a = 1\nc = 2\n", "a = 1\nc = 2\nb(a)\n"]);
        reaches("if a:\n    b()  #!\n", &["pass"]);
        reaches("if a:  #!\n    b()\n", &["b()\n"]);
        avoids("'''Doc.'''  #!\nx = 1\n", &["x = 1\n"]);
    }

    #[test]
    fn moving() {
        reaches("a()  #!\nb()\nc()\n", &["b()\nc()\na()\n"]);
        reaches(
            "def f(x):\n    for i in x:\n        y = i\n        return y  #!\n",
            &["def f(x):\n    for i in x:\n        y = i\n    return y\n"],
        );
        reaches(
            "for i in x:\n    a(i)\nb(i)  #!\nc()\n",
            &["for i in x:\n    a(i)\n    b(i)\nc()\n"],
        );
        reaches("for i in x:\n    n = 0  #!\n    n += i\n", &["n = 0\nfor i in x:\n    n += i\n"]);
        reaches(
            "n = []  #!\nfor i in x:\n    n.append(i)\n",
            &["for i in x:\n    n = []\n    n.append(i)\n"],
        );
        reaches(
            "for i in x:\n    for j in y:\n        a()\n        b()\nc()  #!\n",
            &[
                "for i in x:\n    for j in y:\n        a()\n        b()\n    c()\n",
                "for i in x:\n    for j in y:\n        a()\n        b()\n        c()\n",
            ],
        );
    }

    #[test]
    fn copying() {
        reaches(
            "def f(x):\n    if x:\n        a()\n        n += 1\n    else:\n        b()  #!\n",
            &[
                "def f(x):\n    if x:\n        a()\n        n += 1\n    else:\n        b()\n        n += 1\n",
            ],
        );
    }
}
