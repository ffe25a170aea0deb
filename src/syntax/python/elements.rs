//! Elements of displays and tuples: one too many, one too few, a comma that makes or joins them.

use super::said::{names, values};
use super::tree;
use crate::syntax::mutation::Operator;
use crate::syntax::node::{children, field, insert, named};
use crate::syntax::sink::{Sink, brief};
use crate::syntax::tree::Node;

/// Values nearby that may be one element more.
const MORE: usize = 2;

/// `'a' 'b'` in a display becomes `'a', 'b'`.
pub(super) fn joined(node: Node<'_>, sink: &mut Sink<'_>) {
    let cost = match node.parent().map_or("", |parent| parent.kind()) {
        "list" | "tuple" | "set" | "expression_list" => 0.9,
        "argument_list" | "parenthesized_expression" => 1.9,
        _ => return,
    };
    for part in named(node).iter().rev().skip(1) {
        let title = format!("a comma after `{}`", brief(sink.text(*part)));
        sink.edit(Operator::StringConstant, cost, *part, title, vec![insert(part.end_byte(), ",")]);
    }
}

/// `x = a,` becomes `x = a`.
pub(super) fn single(node: Node<'_>, sink: &mut Sink<'_>) {
    if let [item] = named(node)[..]
        && children(node).any(|c| c.kind() == ",")
    {
        let cost = if node.kind() == "expression_list" { 0.8 } else { 2.0 };
        let text = sink.text(item);
        let new = if node.kind() == "tuple" { format!("({text})") } else { text.to_owned() };
        sink.swap(Operator::UnpackOrder, cost, node, new);
    }
}

/// `(a)` becomes `(a,)`.
pub(super) fn alone(node: Node<'_>, sink: &mut Sink<'_>) {
    let [item] = named(node)[..] else { return };
    let parent = node.parent().map_or("", |parent| parent.kind());
    let is_value = matches!(
        parent,
        "assignment"
            | "argument_list"
            | "keyword_argument"
            | "binary_operator"
            | "pair"
            | "return_statement"
    );
    if is_value && tree::is_expression(item.kind()) && item.kind() != "generator_expression" {
        let title = format!("`{}` is a tuple", brief(sink.text(node)));
        let edit = vec![insert(item.end_byte(), ",")];
        sink.edit(Operator::UnpackOrder, 2.2, node, title, edit);
    }
}

/// An element of a display goes.
pub(super) fn fewer(node: Node<'_>, sink: &mut Sink<'_>) {
    let items = named(node);
    for at in (0..items.len()).filter(|_| items.len() > 1) {
        sink.drop_item(2.4, &items, at);
    }
}

/// `f(a, b)` becomes `f((a, b))`.
pub(super) fn grouped(call: Node<'_>, sink: &mut Sink<'_>) {
    let Some(list) = field(call, "arguments") else { return };
    let items = named(list);
    let is_plain = items.iter().all(|item| tree::is_expression(item.kind()));
    if list.kind() == "argument_list" && items.len() == 2 && is_plain {
        let text = sink.text(list);
        sink.swap(Operator::WrapCall, 2.7, list, format!("({text})"));
    }
}

/// A value said nearby becomes one more element.
pub(super) fn more(node: Node<'_>, sink: &mut Sink<'_>) {
    let items = named(node);
    let Some(last) = items.last() else { return };
    let known: Vec<&str> = items.iter().map(|item| sink.text(*item)).collect();
    for name in names(node, &known, MORE, sink) {
        let title = format!("`{name}` is listed, too");
        let edit = vec![insert(last.end_byte(), format!(", {name}"))];
        sink.edit(Operator::ArgumentAdd, 2.65, *last, title, edit);
    }
}

/// `return a` becomes `return a, b`.
pub(super) fn returned(node: Node<'_>, sink: &mut Sink<'_>) {
    let [value] = named(node)[..] else { return };
    if value.kind() == "expression_list" {
        return;
    }
    let own = sink.text(value);
    for other in values(value, MORE, sink) {
        let other = sink.text_at(other.span);
        sink.swap(Operator::ReturnValue, 2.45, value, format!("{own}, {other}"));
    }
}

/// `x = f()` becomes `x, _ = f()`, `x, y = f()` becomes `x, y, _ = f()` or `x = f()`.
pub(super) fn unpacked(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(left), Some(right)) = (field(node, "left"), field(node, "right")) else { return };
    if !matches!(right.kind(), "call" | "await" | "subscript" | "identifier" | "attribute") {
        return;
    }
    let text = sink.text(left);
    let unbound = tree::function(node).map_or(Vec::new(), |f| super::name::unbound(f, sink));
    for name in unbound.into_iter().take(MORE) {
        sink.swap(Operator::UnpackOrder, 1.0, left, format!("{text}, {name}"));
        sink.swap(Operator::UnpackOrder, 1.3, left, format!("{name}, {text}"));
    }
    match left.kind() {
        "identifier" | "attribute" if right.kind() == "call" => {
            sink.swap(Operator::UnpackOrder, 2.3, left, format!("{text}, _"));
            sink.swap(Operator::UnpackOrder, 2.35, left, format!("_, {text}"));
        }
        "pattern_list" => {
            let items = named(left);
            sink.swap(Operator::UnpackOrder, 2.5, left, format!("{text}, _"));
            if items.len() == 2 {
                for item in items {
                    let item = sink.text(item);
                    sink.swap(Operator::UnpackOrder, 2.55, left, item);
                }
            } else {
                fewer(left, sink);
            }
        }
        _ => {}
    }
}

/// A handler takes one class more.
pub(super) fn handled(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(value) = tree::handled(node) else { return };
    let known: Vec<&str> = match value.kind() {
        "tuple" => named(value).into_iter().map(|class| sink.text(class)).collect(),
        "identifier" | "attribute" => vec![sink.text(value)],
        _ => return,
    };
    let common = [
        "ValueError",
        "TypeError",
        "KeyError",
        "AttributeError",
        "IndexError",
        "OSError",
        "ImportError",
        "RuntimeError",
        "UnicodeDecodeError",
        "IOError",
    ];
    let own = tree::handled_classes(sink).into_iter().take(4).map(|class| (class, 1.7));
    for (class, cost) in own.chain(common.map(|class| (class, 2.1))) {
        if known.contains(&class) {
            continue;
        }
        let all = known.join(", ");
        sink.swap(Operator::ExceptionClass, cost, value, format!("({all}, {class})"));
        if value.kind() != "tuple" {
            sink.swap(Operator::ExceptionClass, cost + 0.15, value, format!("({class}, {all})"));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::syntax::python::testing::reaches;

    #[test]
    fn commas() {
        reaches("x = ['a' 'b', 'c']  #!\n", &["x = ['a', 'b', 'c']"]);
        reaches("x = 'a',  #!\n", &["x = 'a'"]);
        reaches("f(x=('a'))  #!\n", &["f(x=('a',))"]);
        reaches("s.bind(host, port)  #!\n", &["s.bind((host, port))"]);
    }

    #[test]
    fn elements_come_and_go() {
        reaches("def f(a, b):\n    return a  #!\n", &["return a, b"]);
        reaches(
            "def f(a, b):\n    g(b)\n    return [a, 1]  #!\n",
            &["return [a]", "return [1]", "return [a, 1, b]"],
        );
        reaches("x = {'a': 1, 'b': 2}  #!\n", &["x = {'a': 1}", "x = {'b': 2}"]);
        reaches("def f():\n    x = g()  #!\n    return x + y\n", &["x, _ = g()", "x, y = g()"]);
        reaches("def f():\n    x, y = g()  #!\n    return x\n", &["x = g()", "x, y, _ = g()"]);
    }

    #[test]
    fn classes_of_a_handler() {
        reaches(
            "try:\n    f()\nexcept Odd:\n    pass\ntry:\n    g()\nexcept (A, B) as e:  #!\n    pass\n",
            &["except (A, B, Odd) as e:", "except (A, B, KeyError) as e:", "except (A) as e:"],
        );
    }
}
