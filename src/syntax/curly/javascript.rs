//! What only JavaScript and TypeScript have: `await`, optional chains, conversions, sorting.

use crate::syntax::tree::Node;

use super::conditions;
use super::said::values;
use super::shape::{Shape, is_called};
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
    if matches!(super::shape::of(node), Shape::Name | Shape::Field | Shape::Index | Shape::Call) {
        fallback(node, sink);
    }
    receiver(node, sink);
    conditions::compared(node, sink);
}

/// `this` is another object in a function that is called later.
fn receiver(node: Node<'_>, sink: &mut Sink<'_>) {
    const KEPT: [&str; 5] = ["self", "that", "_this", "me", "scope"];
    let own = sink.text(node);
    if node.kind() == "this" {
        let known: Vec<&str> = {
            let names = sink.names(node);
            KEPT.into_iter().filter(|kept| names.iter().any(|n| n.name == *kept)).collect()
        };
        for kept in known {
            sink.swap(Operator::NameSwap, 1.2, node, kept);
        }
    } else if node.kind() == "identifier" && KEPT.contains(&own) {
        sink.swap(Operator::NameSwap, 1.6, node, "this");
    }
}

/// Something else where a value is absent.
fn fallback(node: Node<'_>, sink: &mut Sink<'_>) {
    let Some(parent) = node.parent() else { return };
    let is = |name: &str| field(parent, name).is_some_and(|c| c.id() == node.id());
    let is_bare = match parent.kind() {
        "arguments" | "return_statement" => true,
        "variable_declarator" | "pair" if is("value") => true,
        "assignment_expression" | "for_in_statement" if is("right") => true,
        // The operand of a sum, the object of a chain: only in parentheses.
        "binary_expression" => false,
        "member_expression" | "subscript_expression" if is("object") => false,
        _ => return,
    };
    let own = sink.text(node);
    let others: Vec<&str> =
        values(node, 2, sink).into_iter().map(|said| sink.text_at(said.span)).collect();
    let fixed = [("{}", 1.9), ("[]", 1.9), (sink.empty_text(), 2.0)];
    let also = std::iter::once("null").chain(others).filter(|_| is_bare);
    for (other, cost) in fixed.into_iter().chain(also.map(|other| (other, 2.2))) {
        let new = format!("{own} || {other}");
        let new = if is_bare { new } else { format!("({new})") };
        sink.swap(Operator::DefaultValue, cost, node, new);
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
    if !is_called(node) && property != "length" {
        let text = sink.text(node);
        sink.swap(Operator::CallAdd, 1.6, node, format!("{text}()"));
    }
}

/// A value is converted or copied.
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
    fn absent_values_and_receivers() {
        reaches(
            JavaScript,
            "function f(a, b) {\n  const self = this;\n  return g(a.names, this.kind[b]); //!\n}\n",
            &[
                "g(a.names || []",
                "this.kind[b] || {})",
                "g(a.names || null",
                "g(a.names, self.kind[b])",
            ],
        );
        reaches(JavaScript, "const n = a.b.length; //!\n", &["(a.b || []).length"]);
        reaches(
            JavaScript,
            "function f(a, done) {\n  if (a) {\n    done(a.size); //!\n  }\n}\n",
            &["if (done) done(a.size);", "done && done(a.size);", "done(a.size);\n    return;"],
        );
        reaches(
            JavaScript,
            "function f(a) {\n  const n = a.map(g);\n  h(n); //!\n}\n",
            &["h(n);\n  return n;", "h(n);\n  return this;", "h(n, a);", "h(a, n);"],
        );
    }

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
