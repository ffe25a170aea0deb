//! Whole statements: branches, loops, results, order.

use crate::syntax::tree::Node;

use super::conditions;
use super::operators::negated;
use super::said::{inner, root, values};
use super::shape::{Shape, block_of, function, is_statement, of};
use crate::base::{Language, Replacement};
use crate::syntax::mutation::Operator;
use crate::syntax::node::{children, field, first_line, insert, named, swap};
use crate::syntax::scope::{NameKind, Reach};
use crate::syntax::sink::{Sink, brief};

/// Statements longer than this are not moved or copied.
const MAX_BYTES: usize = 240;

pub(super) fn branch(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(condition) = field(node, "condition") else { return };
    conditions::condition(condition, sink);
    let inner = inner(condition);
    if !matches!(inner.kind(), "unary_expression" | "let_condition" | "let_chain") {
        let text = negated(sink.text(inner), inner.kind());
        let cost = if inner.kind() == "binary_expression" { 1.5 } else { 0.9 };
        sink.swap(Operator::NegationAdd, cost, inner, text);
    }
    if let (Some(yes), Some(no)) = (field(node, "consequence"), field(node, "alternative")) {
        let no = if no.kind() == "else_clause" { no.named_child(0).unwrap_or(no) } else { no };
        if no.kind() == yes.kind() {
            let (a, b) = (sink.text(yes), sink.text(no));
            let edits = vec![swap(yes, b), swap(no, a)];
            sink.edit(Operator::BranchSwap, 1.4, node, "the branches change places", edits);
        }
    }
}

pub(super) fn looped(node: Node<'_>, sink: &mut Sink<'_>) {
    // Go's `for condition {` has no field for it.
    let bare = || node.named_child(0).filter(|c| c.kind() == "binary_expression");
    let Some(condition) = field(node, "condition").or_else(bare) else { return };
    conditions::condition(condition, sink);
    let inner = inner(condition);
    if !matches!(inner.kind(), "unary_expression" | "let_condition" | "let_chain") {
        let text = negated(sink.text(inner), inner.kind());
        sink.swap(Operator::NegationAdd, 1.3, inner, text);
    }
}

pub(super) fn returned(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(value) = node.named_child(0) else { return };
    if value.kind() == "binary_expression" || value.kind() == "call_expression" {
        let text = negated(sink.text(value), value.kind());
        sink.swap(Operator::ReturnValue, 1.9, value, text);
    }
    let own = sink.text(value);
    let names: Vec<String> = sink
        .names(node)
        .iter()
        .filter(|n| n.reach == Reach::Own && matches!(n.kind, NameKind::Local | NameKind::Param))
        .map(|n| n.name.clone())
        .filter(|n| n != own && n != "self")
        .collect();
    if value.kind() != "identifier" {
        for new in names.into_iter().take(5) {
            sink.swap(Operator::ReturnValue, 1.9, value, new);
        }
    }
}

pub(super) fn jump(node: Node<'_>, sink: &mut Sink<'_>) {
    let text = sink.text(node);
    let new = if text.starts_with("break") {
        text.replacen("break", "continue", 1)
    } else {
        text.replacen("continue", "break", 1)
    };
    sink.swap(Operator::JumpSwap, 0.8, node, new);
    if !text.contains("return") {
        let end = if text.ends_with(';') { ";" } else { "" };
        sink.swap(Operator::JumpSwap, 1.8, node, format!("return{end}"));
    }
}

pub(super) fn ternary(node: Node<'_>, sink: &mut Sink<'_>) {
    if let (Some(a), Some(b)) = (field(node, "consequence"), field(node, "alternative")) {
        let (x, y) = (sink.text(a), sink.text(b));
        sink.edit(
            Operator::BranchSwap,
            0.9,
            node,
            "the two values change places",
            vec![swap(a, y), swap(b, x)],
        );
        sink.swap(Operator::BranchSwap, 2.2, node, x);
        sink.swap(Operator::BranchSwap, 2.2, node, y);
    }
}

/// What can happen to any statement.
pub(super) fn statement(node: Node<'_>, sink: &mut Sink<'_>) {
    let text = sink.text(node);
    let declares = matches!(
        node.kind(),
        "let_declaration"
            | "lexical_declaration"
            | "variable_declaration"
            | "short_var_declaration"
    );
    if !sink.wants(node) || text.len() > MAX_BYTES {
        return;
    }
    if !declares && !node.kind().starts_with("return") {
        sink.edit(
            Operator::StatementDelete,
            1.8,
            node,
            format!("`{}` goes", brief(text)),
            vec![whole_lines(node, sink)],
        );
    }
    if let Some(next) = node.next_named_sibling().filter(|n| is_statement(*n)) {
        let (a, b) = (text, sink.text(next));
        if b.len() <= MAX_BYTES {
            let title = format!("`{}` comes after `{}`", brief(a), brief(b));
            let lines = [first_line(node), first_line(next)];
            sink.edit_at(
                Operator::StatementSwap,
                1.5,
                &lines,
                title,
                vec![swap(node, b), swap(next, a)],
            );
        }
    }
    out_of_block(node, sink);
    into_block(node, sink);
    copies(node, sink);
    missing_return(node, sink);
    only_where(node, sink);
    jumps(node, sink);
    guard(node, sink);
}

/// A statement that is made only where what it uses is there.
fn only_where(node: Node<'_>, sink: &mut Sink<'_>) {
    let check = match sink.parsed.language() {
        Language::Rust | Language::Python => return,
        Language::Go => " != nil",
        _ => "",
    };
    if !matches!(node.kind(), "expression_statement" | "assignment_statement") {
        return;
    }
    let mut asked: Vec<&str> = Vec::new();
    let used = crate::syntax::node::descendants(node)
        .into_iter()
        .filter(|n| matches!(of(*n), Shape::Name | Shape::Field) || n.kind() == "identifier")
        .flat_map(|n| [root(n), n])
        .map(|n| sink.text(n));
    let near = values(node, 3, sink);
    for text in used.chain(near.into_iter().map(|said| sink.text_at(said.span))) {
        if !asked.contains(&text)
            && text.len() < 40
            && !matches!(text, "this" | "undefined" | "nil")
        {
            asked.push(text);
        }
    }
    let (text, indent) = (sink.text(node), indent_of(node, sink));
    let is_script = check.is_empty();
    for value in asked.into_iter().take(6) {
        let title = format!("`{}` only with `{value}`", brief(text));
        let mut add = |cost, new| {
            let title = title.clone();
            sink.edit(Operator::StatementGuard, cost, node, title, vec![swap(node, new)]);
        };
        if is_script {
            add(2.2, format!("if ({value}) {text}"));
            add(2.2, format!("if ({value}) {{\n{indent}  {text}\n{indent}}}"));
        } else {
            add(2.3, format!("if {value}{check} {{\n{indent}\t{text}\n{indent}}}"));
        }
    }
    let call = node.named_child(0).filter(|c| is_script && of(*c) == Shape::Call);
    if let (Some(call), Some(callee)) = (call, call.and_then(|c| field(c, "function"))) {
        let callee = sink.text(callee);
        let new = format!("{callee} && {}", sink.text(call));
        sink.swap(Operator::StatementGuard, 2.0, call, new);
    }
}

/// The last statement of a branch jumps out of the function or to the next round.
fn jumps(node: Node<'_>, sink: &mut Sink<'_>) {
    let last = node.next_named_sibling().is_none();
    let in_branch = block_of(node).and_then(|b| b.parent()).is_some_and(|p| {
        of(p) == Shape::If || p.kind() == "else_clause" || p.kind() == "switch_case"
    });
    if !last || !in_branch || matches!(of(node), Shape::Return | Shape::Jump) {
        return;
    }
    let end = end_of_statement(sink);
    let indent = indent_of(node, sink);
    let in_loop = crate::syntax::node::ancestors(node)
        .take_while(|n| function(node) != Some(*n))
        .any(|n| matches!(of(n), Shape::Loop) || n.kind() == "for_in_statement");
    let inside = ["continue", "break"].into_iter().filter(|_| in_loop);
    for jump in std::iter::once("return").chain(inside) {
        let title = format!("`{jump}` after `{}`", brief(sink.text(node)));
        let edit = insert(node.end_byte(), format!("\n{indent}{jump}{end}"));
        sink.edit(Operator::JumpAdd, 2.1, node, title, vec![edit]);
    }
}

/// The last statement of a block moves behind it.
fn out_of_block(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(list), Some(block)) = (node.parent(), block_of(node)) else { return };
    let last = named(list).last().is_some_and(|n| n.id() == node.id());
    let outer = block.parent().filter(|o| {
        is_statement(*o)
            || o.parent().is_some_and(is_statement) && o.kind().ends_with("_expression")
    });
    if let (true, Some(outer)) = (last, outer) {
        let indent = indent_of(outer, sink);
        let text = sink.text(node);
        let edits =
            vec![whole_lines(node, sink), insert(outer.end_byte(), format!("\n{indent}{text}"))];
        sink.edit(
            Operator::StatementIndent,
            1.5,
            node,
            format!("`{}` comes after the block", brief(text)),
            edits,
        );
    }
}

/// A statement moves to the end of the block before it.
fn into_block(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(before) = node.prev_named_sibling() else { return };
    let inner = children(before).find(|c| c.kind() == "expression_statement").unwrap_or(before);
    let compound = inner.child(0).filter(|c| field(*c, "body").is_some()).unwrap_or(inner);
    let block = field(compound, "body").or_else(|| field(compound, "consequence"));
    let list =
        block.map(|b| named(b).into_iter().find(|c| c.kind() == "statement_list").unwrap_or(b));
    let Some(last) = list.and_then(|b| named(b).last().copied()) else { return };
    let indent = indent_of(last, sink);
    let text = sink.text(node);
    let edits = vec![insert(last.end_byte(), format!("\n{indent}{text}")), whole_lines(node, sink)];
    sink.edit(
        Operator::StatementIndent,
        1.7,
        node,
        format!("`{}` moves into the block", brief(text)),
        edits,
    );
}

/// Statements of the same function, copied before or after this one.
fn copies(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(body) = function(node).and_then(|f| field(f, "body")) else { return };
    let indent = indent_of(node, sink);
    let own = sink.text(node);
    let mut others: Vec<&str> = Vec::new();
    for other in crate::syntax::node::descendants(body) {
        let kind = other.kind();
        let simple = kind == "expression_statement"
            || kind == "inc_statement"
            || kind == "dec_statement"
            || kind == "assignment_statement";
        let text = sink.text(other);
        if simple
            && is_statement(other)
            && text != own
            && text.len() < 80
            && !others.contains(&text)
        {
            others.push(text);
        }
    }
    for text in others.into_iter().take(5) {
        let title = format!("`{}` is done here too", brief(text));
        let before = insert(node.start_byte(), format!("{text}\n{indent}"));
        sink.edit(Operator::StatementCopy, 2.0, node, title.clone(), vec![before]);
        let after = insert(node.end_byte(), format!("\n{indent}{text}"));
        sink.edit(Operator::StatementCopy, 2.0, node, title, vec![after]);
    }
}

/// The last expression of a function is computed and dropped.
fn missing_return(node: Node<'_>, sink: &mut Sink<'_>) {
    if node.kind() != "expression_statement" {
        return;
    }
    let text = sink.text(node);
    match sink.parsed.language() {
        Language::Rust => {
            let last = node.next_named_sibling().is_none();
            if let (true, Some(value)) = (last, text.strip_suffix(';')) {
                sink.swap(Operator::ReturnAdd, 1.2, node, value);
            }
            if !text.starts_with("return") {
                sink.swap(Operator::ReturnAdd, 1.9, node, format!("return {text}"));
            }
        }
        _ => sink.swap(Operator::ReturnAdd, 1.3, node, format!("return {text}")),
    }
    results(node, sink);
}

/// The last statement of a function is followed by a result that it forgot.
fn results(node: Node<'_>, sink: &mut Sink<'_>) {
    let ends = node.next_named_sibling().is_none()
        && block_of(node).and_then(|b| b.parent()).is_some_and(|f| function(node) == Some(f));
    if !ends || matches!(sink.parsed.language(), Language::Rust) {
        return;
    }
    let end = end_of_statement(sink);
    let indent = indent_of(node, sink);
    let names: Vec<String> = sink
        .names(node)
        .iter()
        .filter(|n| n.reach == Reach::Own && matches!(n.kind, NameKind::Local | NameKind::Param))
        .map(|n| n.name.clone())
        .collect();
    let this = (end == ";").then(|| "this".to_owned());
    for name in names.into_iter().take(4).chain(this) {
        let edit = insert(node.end_byte(), format!("\n{indent}return {name}{end}"));
        sink.edit(Operator::ReturnAdd, 2.1, node, format!("`{name}` is returned"), vec![edit]);
    }
}

/// An early return for an odd value of a parameter.
fn guard(node: Node<'_>, sink: &mut Sink<'_>) {
    let first = node.prev_named_sibling().is_none_or(|n| n.kind().contains("comment"));
    let in_body =
        block_of(node).and_then(|b| b.parent()).is_some_and(|f| function(node) == Some(f));
    if !(first && in_body) {
        return;
    }
    let names: Vec<String> = sink
        .names(node)
        .iter()
        .filter(|n| n.reach == Reach::Own && n.kind == NameKind::Param && n.name != "self")
        .map(|n| n.name.clone())
        .collect();
    let indent = indent_of(node, sink);
    for name in names.into_iter().take(3) {
        let guards: Vec<(String, String)> = match sink.parsed.language() {
            Language::Rust => ["0", "None", "0.0", "String::new()", "Vec::new()", "false"]
                .iter()
                .flat_map(|value| {
                    [format!("{name}.is_empty()"), format!("{name} == 0")].map(|condition| {
                        (
                            condition.clone(),
                            format!("if {condition} {{\n{indent}    return {value};\n{indent}}}"),
                        )
                    })
                })
                .collect(),
            Language::Go => ["0", "nil", "\"\"", "false"]
                .iter()
                .flat_map(|value| {
                    [format!("len({name}) == 0"), format!("{name} == 0"), format!("{name} == nil")]
                        .map(|condition| {
                            (
                                condition.clone(),
                                format!("if {condition} {{\n{indent}\treturn {value}\n{indent}}}"),
                            )
                        })
                })
                .collect(),
            _ => ["", " 0", " null", " []", " ''", " false"]
                .iter()
                .flat_map(|value| {
                    [format!("!{name}"), format!("{name}.length === 0")].map(|condition| {
                        (condition.clone(), format!("if ({condition}) return{value};"))
                    })
                })
                .collect(),
        };
        for (condition, text) in guards {
            let title = format!("return early when `{condition}`");
            let edit = insert(node.start_byte(), format!("{text}\n{indent}"));
            sink.edit(Operator::Guard, 2.1, node, title, vec![edit]);
        }
    }
}

/// Removes the lines of a statement when it has them to itself, else the statement.
fn whole_lines(node: Node<'_>, sink: &Sink<'_>) -> Replacement {
    let source = sink.source();
    let start = source[..node.start_byte()].rfind('\n').map_or(0, |n| n + 1);
    let end =
        source[node.end_byte()..].find('\n').map_or(source.len(), |n| node.end_byte() + n + 1);
    let alone = source[start..node.start_byte()].trim().is_empty()
        && source[node.end_byte()..end].trim().is_empty();
    if alone { Replacement::new(start, end, "") } else { swap(node, "") }
}

/// What a statement ends with.
fn end_of_statement(sink: &Sink<'_>) -> &'static str {
    if sink.parsed.language() == Language::Go { "" } else { ";" }
}

/// The white space before the line that a node starts on.
pub(super) fn indent_of(node: Node<'_>, sink: &Sink<'_>) -> String {
    let source = sink.source();
    let start = source[..node.start_byte()].rfind('\n').map_or(0, |n| n + 1);
    source[start..].chars().take_while(|c| *c == ' ' || *c == '\t').collect()
}

#[cfg(test)]
mod tests {
    use crate::base::Language::{Go, JavaScript, Rust};
    use crate::syntax::curly::testing::reaches;

    #[test]
    fn statements_move_and_go() {
        let js = "function f(xs) {\n  let n = 0;\n  for (const x of xs) {\n    n += x;\n    return n; //!\n  }\n}\n";
        reaches(JavaScript, js, &["    n += x;\n  }\n  return n;\n}"]);
        reaches(JavaScript, "function f(a) {\n  if (a) { //!\n    go();\n  }\n}\n", &["if (!a) {"]);
        reaches(
            Go,
            "package p\n\nfunc f(v []int) int {\n\treturn v[0] //!\n}\n",
            &["if len(v) == 0 {\n\t\treturn 0\n\t}\n\treturn v[0]"],
        );
        reaches(Rust, "fn f(x: i32) -> i32 {\n    x + 1; //!\n}\n", &["    x + 1 //!\n"]);
        reaches(JavaScript, "function f(a) {\n  a.trim(); //!\n}\n", &["return a.trim();"]);
        reaches(
            Go,
            "package p\n\nfunc f(n *N) {\n\tfor n.next != nil || n.v > 0 { //!\n\t\tn = n.next\n\t}\n}\n",
            &["for n != nil && (n.next != nil || n.v > 0) {"],
        );
        reaches(Rust, "fn f() {\n    loop {\n        break; //!\n    }\n}\n", &["continue;"]);
    }
}
