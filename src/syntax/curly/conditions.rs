//! Conditions that ask one thing more, or ask it in another way.

use super::said::{binding, conditions, inner, root, values};
use super::shape::{Shape, object_of, of};
use crate::base::Language;
use crate::syntax::mutation::Operator;
use crate::syntax::node::{descendants, field};
use crate::syntax::said::Binding;
use crate::syntax::sink::Sink;
use crate::syntax::tree::Node;

/// Values said nearby that a condition may ask for, too.
const VALUES: usize = 6;
/// Conditions of the same function that it may ask for, too.
const CONDITIONS: usize = 4;

/// The condition of a branch or loop.
pub(super) fn condition(condition: Node<'_>, sink: &mut Sink<'_>) {
    let condition = inner(condition);
    if matches!(condition.kind(), "let_condition" | "let_chain") {
        return;
    }
    presence(condition, sink);
    for (other, binding) in conditions(condition, CONDITIONS, sink) {
        let text = sink.text_at(other);
        join(condition, Binding::And, &grouped(text, binding, Binding::And), [2.2, 2.3], sink);
        join(condition, Binding::Or, &grouped(text, binding, Binding::Or), [2.3, 2.4], sink);
    }
    let said = values(condition, VALUES, sink);
    let said = said.into_iter().map(|said| sink.text_at(said.span)).collect::<Vec<_>>();
    // Names and fields are true or false in JavaScript; elsewhere the type would have to be known.
    match sink.parsed.language() {
        Language::Rust | Language::Python => {}
        Language::Go => {
            for text in said {
                join(condition, Binding::And, &format!("{text} != nil"), [2.2, 2.2], sink);
                join(condition, Binding::Or, &format!("{text} == nil"), [2.4, 2.4], sink);
                join(condition, Binding::And, text, [2.5, 2.5], sink);
                join(condition, Binding::And, &format!("!{text}"), [2.4, 2.5], sink);
            }
        }
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            for text in said {
                join(condition, Binding::And, text, [1.9, 1.9], sink);
                join(condition, Binding::And, &format!("!{text}"), [2.1, 2.1], sink);
                join(condition, Binding::Or, text, [2.2, 2.3], sink);
                join(condition, Binding::Or, &format!("!{text}"), [2.3, 2.2], sink);
            }
        }
    }
}

/// `c` becomes `c && more` and `more && c`, or the same with `||`.
fn join(condition: Node<'_>, by: Binding, more: &str, costs: [f32; 2], sink: &mut Sink<'_>) {
    let own = grouped(sink.text(condition), binding(condition), by);
    let operator = if by == Binding::And { "&&" } else { "||" };
    let both = [format!("{own} {operator} {more}"), format!("{more} {operator} {own}")];
    for (new, cost) in both.into_iter().zip(costs) {
        sink.swap(Operator::ConditionExtend, cost, condition, new);
    }
}

/// An operand, in parentheses where an operator that binds like `by` would tear it apart.
fn grouped(text: &str, binding: Binding, by: Binding) -> String {
    if binding < by { format!("({text})") } else { text.to_owned() }
}

/// `x.y > 0` is asked only where `x` is there, `x.y` and all.
fn presence(condition: Node<'_>, sink: &mut Sink<'_>) {
    let check = match sink.parsed.language() {
        Language::Rust | Language::Python => return,
        Language::Go => " != nil",
        _ => "",
    };
    let mut seen: Vec<&str> = Vec::new();
    for node in descendants(condition) {
        let object = (of(node) == Shape::Field).then(|| object_of(node)).flatten();
        let Some(object) = object.filter(|o| matches!(of(root(*o)), Shape::Name)) else { continue };
        let name = sink.text(object);
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    let own = grouped(sink.text(condition), binding(condition), Binding::And);
    for name in seen.into_iter().take(4) {
        sink.swap(Operator::ConditionExtend, 1.2, condition, format!("{name}{check} && {own}"));
    }
}

/// An operand of `&&` and `||`, an argument, a result or what is kept: the opposite.
pub(super) fn operand(node: Node<'_>, sink: &mut Sink<'_>) {
    let is_plain = matches!(of(node), Shape::Name | Shape::Field | Shape::Call | Shape::Index);
    let is_whole = is_plain || node.kind() == "identifier";
    let Some(parent) = node.parent().filter(|_| is_whole) else { return };
    let cost = match parent.kind() {
        _ if is_plain && is_logic(parent) => 1.4,
        "arguments" | "argument_list" if is_plain => 2.4,
        _ if is_result(node, parent, sink) => 1.85,
        "let_declaration" | "variable_declarator" if of(node) == Shape::Call => 2.45,
        _ => return,
    };
    let text = sink.text(node);
    sink.swap(Operator::NegationAdd, cost, node, format!("!{text}"));
}

/// True for the value of an arm, a closure or a block: where a function's result is known, one that is true or false.
fn is_result(node: Node<'_>, parent: Node<'_>, sink: &Sink<'_>) -> bool {
    let is = |name: &str| field(parent, name).is_some_and(|n| n.id() == node.id());
    match parent.kind() {
        "match_arm" => is("value"),
        "closure_expression" | "arrow_function" => is("body"),
        "block" if node.next_named_sibling().is_none() => parent
            .parent()
            .filter(|function| function.kind() == "function_item")
            .and_then(|function| field(function, "return_type"))
            .is_some_and(|kind| sink.text(kind) == "bool"),
        _ => false,
    }
}

/// JavaScript asks whether a value is true: a plain comparison instead.
pub(super) fn compared(node: Node<'_>, sink: &mut Sink<'_>) {
    let is_plain = matches!(of(node), Shape::Name | Shape::Field | Shape::Call | Shape::Index);
    let Some(parent) = node.parent().filter(|_| is_plain) else { return };
    let text = sink.text(node);
    let is_asked = is_logic(parent)
        || matches!(of(parent), Shape::If | Shape::Loop | Shape::Ternary)
            && field(parent, "condition").is_some_and(|c| c.id() == node.id())
        || parent.kind() == "parenthesized_expression"
            && parent.parent().is_some_and(|p| matches!(of(p), Shape::If | Shape::Loop));
    if is_asked {
        for (test, cost) in
            [(" !== undefined", 2.0), (" != null", 2.0), (" !== null", 2.3), (" !== false", 2.3)]
        {
            sink.swap(Operator::ConditionReplace, cost, node, format!("{text}{test}"));
        }
    }
    if parent.kind() == "unary_expression" && sink.text(parent).starts_with('!') {
        for (test, cost) in [(" === undefined", 2.0), (" == null", 2.0), (" === null", 2.3)] {
            sink.swap(Operator::ConditionReplace, cost, parent, format!("{text}{test}"));
        }
    }
}

/// `a && b`, `a || b`
fn is_logic(node: Node<'_>) -> bool {
    matches!(binding(node), Binding::And | Binding::Or)
}

#[cfg(test)]
mod tests {
    use crate::base::Language::{Go, JavaScript, Rust};
    use crate::syntax::curly::testing::reaches;

    #[test]
    fn more_is_asked() {
        reaches(
            JavaScript,
            "function f(node, deep) {\n  if (node.next || deep) { //!\n    go(node.kind);\n  }\n}\n",
            &[
                "if (node && (node.next || deep))",
                "(node.next || deep) && !node.kind)",
                "if (node.next !== undefined || deep)",
                "if (!node.next || deep)",
            ],
        );
        reaches(
            Go,
            "package p\n\nfunc f(n *N, err error) {\n\tif n.left == 3 { //!\n\t\tgo g(n)\n\t}\n\tif err != nil {\n\t\treturn\n\t}\n}\n",
            &["n.left == 3 && err != nil {", "n != nil && n.left == 3 {"],
        );
        reaches(
            Rust,
            "fn f(a: &[u8], b: u8) -> bool {\n    while a.is_empty() { //!\n    }\n    if b > 3 {\n    }\n    a.is_empty() && g(b) //!\n}\n",
            &["while a.is_empty() && b > 3 {", "a.is_empty() && !g(b)"],
        );
        reaches(
            Rust,
            "fn f(a: &A, v: &[A]) -> bool {\n    v.retain(|x| x.is_odd()); //!\n    match a {\n        A::B(x) => x, //!\n        _ => f(a),\n    };\n    a.is_empty() //!\n}\n",
            &["|x| !x.is_odd()", "=> !x,", "    !a.is_empty()\n"],
        );
        reaches(
            JavaScript,
            "if (!a.b) { go(); } //!\n",
            &["if (a.b === undefined)", "if (a && !a.b)"],
        );
    }
}
