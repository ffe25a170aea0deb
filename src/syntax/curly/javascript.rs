//! What only JavaScript and TypeScript have: `await`, optional chains, conversions, sorting.

use crate::syntax::tree::Node;

use super::shape::Shape;
use crate::syntax::mutation::Operator;
use crate::syntax::node::field;
use crate::syntax::sink::Sink;

pub(super) fn visit(node: Node<'_>, sink: &mut Sink<'_>) {
    match node.kind() {
        "await_expression" => {
            if let Some(value) = node.named_child(0) {
                let text = sink.text(value);
                sink.swap(Operator::Await, 1.8, node, text);
            }
        }
        "call_expression" => call(node, sink),
        "member_expression" => member(node, sink),
        "undefined" | "null" => {
            for new in ["null", "undefined", "0", "''", "[]", "{}"] {
                if new != sink.text(node) {
                    sink.swap(Operator::NoneConstant, 1.8, node, new);
                }
            }
        }
        _ => {}
    }
    if matches!(super::shape::of(node), Shape::Name | Shape::Field) {
        wrap(node, sink);
    }
}

fn call(node: Node<'_>, sink: &mut Sink<'_>) {
    let text = sink.text(node);
    let awaited = node.parent().is_some_and(|p| p.kind() == "await_expression");
    if !awaited {
        sink.swap(Operator::Await, 1.2, node, format!("await {text}"));
    }
    let method = field(node, "function")
        .and_then(|f| field(f, "property"))
        .map(|p| sink.text(p))
        .unwrap_or_default();
    match method {
        "sort" if text.ends_with("sort()") => {
            let receiver = &text[..text.len() - 2];
            sink.swap(Operator::ArgumentAdd, 0.7, node, format!("{receiver}((a, b) => a - b)"));
            sink.swap(Operator::ArgumentAdd, 1.3, node, format!("{receiver}((a, b) => b - a)"));
        }
        "sort" | "reverse" | "splice" => {
            if let Some(object) = field(node, "function").and_then(|f| field(f, "object")) {
                let copy = format!("[...{}]", sink.text(object));
                sink.swap(Operator::Copy, 1.3, object, copy);
            }
        }
        "get" => sink.swap(Operator::DefaultValue, 1.4, node, format!("({text} ?? 0)")),
        "replace" => {
            if let Some(property) = field(node, "function").and_then(|f| field(f, "property")) {
                sink.swap(Operator::MethodSwap, 0.9, property, "replaceAll");
            }
        }
        _ => {}
    }
    if text.starts_with("parseInt(") {
        sink.swap(Operator::Rounding, 1.2, node, text.replacen("parseInt", "parseFloat", 1));
        sink.swap(Operator::Rounding, 1.4, node, text.replacen("parseInt", "Number", 1));
    }
    if text.starts_with("parseFloat(") {
        sink.swap(Operator::Rounding, 1.4, node, text.replacen("parseFloat", "parseInt", 1));
    }
}

fn member(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(object), Some(property)) = (field(node, "object"), field(node, "property")) else {
        return;
    };
    let (object, property) = (sink.text(object), sink.text(property));
    if object != "this" {
        sink.swap(Operator::OptionHandling, 1.4, node, format!("{object}?.{property}"));
    }
    let called = node.parent().is_some_and(|p| {
        p.kind() == "call_expression" && field(p, "function").is_some_and(|f| f.id() == node.id())
    });
    if !called && property != "length" {
        let text = sink.text(node);
        sink.swap(Operator::CallAdd, 1.6, node, format!("{text}()"));
    }
}

/// A value is converted, or replaced where it is absent.
fn wrap(node: Node<'_>, sink: &mut Sink<'_>) {
    let place = node.parent().map_or("", |p| p.kind());
    let text = sink.text(node);
    if matches!(
        place,
        "binary_expression" | "arguments" | "return_statement" | "variable_declarator"
    ) {
        for (new, cost) in [
            (format!("Number({text})"), 1.3),
            (format!("String({text})"), 1.6),
            (format!("({text} ?? 0)"), 1.6),
            (format!("({text} || [])"), 2.0),
            (format!("({text} || '')"), 2.0),
            (format!("({text} || {{}})"), 2.1),
        ] {
            sink.swap(Operator::WrapCall, cost, node, new);
        }
        sink.swap(Operator::Copy, 1.9, node, format!("[...{text}]"));
        sink.swap(Operator::Copy, 2.0, node, format!("{{ ...{text} }}"));
    }
}

#[cfg(test)]
mod tests {
    use crate::base::Language::JavaScript;
    use crate::syntax::curly::testing::reaches;

    #[test]
    fn javascript_slips() {
        reaches(JavaScript, "const y = xs.sort(); //!\n", &["xs.sort((a, b) => a - b)"]);
        reaches(
            JavaScript,
            "async function f() {\n  const y = load(); //!\n}\n",
            &["await load()"],
        );
        reaches(JavaScript, "const n = a + b; //!\n", &["Number(a) + b", "a + Number(b)"]);
        reaches(JavaScript, "const n = user.address.city; //!\n", &["user.address?.city"]);
        reaches(JavaScript, "const n = s.replace('a', 'b'); //!\n", &["s.replaceAll('a', 'b')"]);
    }
}
