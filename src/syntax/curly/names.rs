//! The wrong name of several in reach.

use crate::syntax::tree::Node;

use super::shape::{is_called, member_of, object_of};
use crate::base::Language;
use crate::syntax::mutation::Operator;
use crate::syntax::node::swap;
use crate::syntax::scope::{NameKind, Reach};
use crate::syntax::similar::similar_names;
use crate::syntax::sink::Sink;

/// Names offered for one place.
const MOST: usize = 8;

pub(super) fn identifier(node: Node<'_>, sink: &mut Sink<'_>) {
    let own = sink.text(node);
    let names = sink.names(node);
    let known = names.iter().any(|n| n.name == own);
    let mut options: Vec<(String, f32)> = Vec::new();
    for name in names.iter().filter(|n| n.name != own && n.name != "self") {
        let cost = match (name.reach, name.kind) {
            (Reach::Own, NameKind::Param | NameKind::Local) => 1.0,
            (Reach::Enclosing, NameKind::Param | NameKind::Local) => 1.5,
            (Reach::Module, NameKind::Local) => 1.9,
            _ => continue,
        };
        let near = if name.name.chars().next() == own.chars().next() { -0.1 } else { 0.0 };
        let mentioned = sink.context.names.contains(&name.name);
        options.push((name.name.clone(), cost + near - if mentioned { 0.3 } else { 0.0 }));
    }
    options.sort_by(|a, b| a.1.total_cmp(&b.1));
    for (new, cost) in options.into_iter().take(MOST) {
        let cost = if known { cost } else { (cost - 0.6).max(0.4) };
        sink.swap(Operator::NameSwap, cost, node, new);
    }
    let receiver = match sink.parsed.language() {
        Language::Rust => "self",
        Language::Go | Language::Python => return,
        _ => "this",
    };
    if let Some(class) = class_of(node, sink)
        && sink.attributes(&class).iter().any(|a| a.name == own)
    {
        sink.swap(Operator::SelfPrefix, 0.9, node, format!("{receiver}.{own}"));
    }
}

/// `a.b`: another field of the type, a related method.
pub(super) fn field_access(node: Node<'_>, sink: &mut Sink<'_>) {
    let (Some(object), Some(member)) = (object_of(node), member_of(node)) else { return };
    let own = sink.text(member);
    let called = is_called(node);
    for (new, cost) in related(own) {
        sink.swap(Operator::MethodSwap, *cost, member, *new);
    }
    let on_self = matches!(sink.text(object), "self" | "this") || is_receiver(object, sink);
    if on_self && let Some(class) = class_of(node, sink) {
        let attributes = sink.attributes(&class);
        let same: Vec<&str> = attributes
            .iter()
            .filter(|a| a.is_method == called && a.name != own)
            .map(|a| a.name.as_str())
            .collect();
        for new in same.iter().take(MOST) {
            sink.swap(Operator::AttributeSwap, 1.2, member, *new);
        }
        if !called && sink.names(node).iter().any(|n| n.name == own && n.reach == Reach::Own) {
            sink.swap(Operator::SelfPrefix, 1.2, node, own);
        }
    } else if !called {
        // Fields used elsewhere in the file on anything: the type is not known here.
        let all: Vec<&str> = fields_of_file(sink);
        let near = similar_names(own, all.iter().copied());
        let rest = all.iter().copied().filter(|n| *n != own);
        for (at, new) in near.into_iter().chain(rest).take(MOST).enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "a handful of names")]
            let cost = 1.4 + at as f32 * 0.1;
            sink.swap(Operator::AttributeSwap, cost, member, new);
        }
    }
    if called && matches!(own, "clone" | "trim" | "toString") {
        let whole = node.parent().map(|call| swap(call, sink.text(object)));
        sink.edit(
            Operator::UnwrapCall,
            2.2,
            node,
            format!("without `{own}`"),
            whole.into_iter().collect(),
        );
    }
}

fn fields_of_file<'t>(sink: &Sink<'t>) -> Vec<&'t str> {
    let mut out: Vec<&str> = Vec::new();
    for node in crate::syntax::node::descendants(sink.root()) {
        let declares = matches!(
            node.kind(),
            "field_declaration"
                | "public_field_definition"
                | "field_definition"
                | "field_initializer"
        );
        let name = if declares {
            node.child_by_field_name("name").or_else(|| node.child_by_field_name("field"))
        } else if super::shape::of(node) == super::shape::Shape::Field
            && node.parent().is_none_or(|p| p.kind() != "call_expression")
        {
            member_of(node)
        } else {
            None
        };
        if let Some(name) = name.map(|n| sink.text(n))
            && !out.contains(&name)
        {
            out.push(name);
        }
    }
    out
}

/// Go: the receiver of the method around.
fn is_receiver(object: Node<'_>, sink: &Sink<'_>) -> bool {
    if sink.parsed.language() != Language::Go {
        return false;
    }
    super::shape::function(object).and_then(|f| f.child_by_field_name("receiver")).is_some_and(
        |r| {
            let text = sink.text(r);
            let name = text.trim_start_matches('(').split_whitespace().next();
            name == Some(sink.text(object))
        },
    )
}

fn class_of(node: Node<'_>, sink: &Sink<'_>) -> Option<String> {
    let at = node.start_byte();
    let functions = sink.functions();
    let inner = functions.iter().filter(|f| f.span.start <= at && at < f.span.end);
    inner.filter_map(|f| f.class.clone()).next_back()
}

/// Methods and functions that are taken for each other.
fn related(name: &str) -> &'static [(&'static str, f32)] {
    match name {
        "min" => &[("max", 0.6)],
        "max" => &[("min", 0.6)],
        "Min" => &[("Max", 0.6)],
        "Max" => &[("Min", 0.6)],
        "floor" => &[("ceil", 0.8), ("round", 0.9), ("trunc", 1.5)],
        "ceil" => &[("floor", 0.8), ("round", 0.9)],
        "round" => &[("floor", 0.9), ("ceil", 0.9), ("trunc", 1.4)],
        "Floor" => &[("Ceil", 0.8), ("Round", 0.9)],
        "Ceil" => &[("Floor", 0.8), ("Round", 0.9)],
        "Round" => &[("Floor", 0.9), ("Ceil", 0.9)],
        "first" => &[("last", 0.8)],
        "last" => &[("first", 0.8)],
        "any" => &[("all", 0.7)],
        "all" => &[("any", 0.7)],
        "some" => &[("every", 0.7)],
        "every" => &[("some", 0.7)],
        "push" => &[("unshift", 1.0), ("push_str", 1.2), ("insert", 2.0)],
        "unshift" => &[("push", 0.9)],
        "pop" => &[("shift", 0.9)],
        "shift" => &[("pop", 0.9)],
        "push_back" => &[("push_front", 0.8)],
        "push_front" => &[("push_back", 0.8)],
        "pop_back" => &[("pop_front", 0.8)],
        "pop_front" => &[("pop_back", 0.8)],
        "is_some" => &[("is_none", 0.7)],
        "is_none" => &[("is_some", 0.7)],
        "is_ok" => &[("is_err", 0.7)],
        "is_err" => &[("is_ok", 0.7)],
        "is_alphabetic" => &[("is_alphanumeric", 1.0), ("is_numeric", 1.6)],
        "is_alphanumeric" => &[("is_alphabetic", 1.0)],
        "to_lowercase" => &[("to_uppercase", 1.0)],
        "to_uppercase" => &[("to_lowercase", 1.0)],
        "to_ascii_lowercase" => &[("to_ascii_uppercase", 1.0)],
        "to_ascii_uppercase" => &[("to_ascii_lowercase", 1.0)],
        "toLowerCase" => &[("toUpperCase", 0.9)],
        "toUpperCase" => &[("toLowerCase", 0.9)],
        "ToLower" => &[("ToUpper", 0.9)],
        "ToUpper" => &[("ToLower", 0.9)],
        "starts_with" => &[("ends_with", 0.8), ("contains", 1.0)],
        "ends_with" => &[("starts_with", 0.8), ("contains", 1.2)],
        "startsWith" => &[("endsWith", 0.8), ("includes", 1.0)],
        "endsWith" => &[("startsWith", 0.8), ("includes", 1.2)],
        "HasPrefix" => &[("HasSuffix", 0.8), ("Contains", 1.0)],
        "HasSuffix" => &[("HasPrefix", 0.8), ("Contains", 1.2)],
        "TrimLeft" => &[("TrimRight", 0.9), ("TrimPrefix", 0.9), ("Trim", 1.0)],
        "TrimRight" => &[("TrimLeft", 0.9), ("TrimSuffix", 0.9), ("Trim", 1.0)],
        "TrimPrefix" => &[("TrimSuffix", 0.9), ("TrimLeft", 1.0)],
        "TrimSuffix" => &[("TrimPrefix", 0.9), ("TrimRight", 1.0)],
        "trim" => &[("trim_start", 1.4), ("trim_end", 1.4), ("trimStart", 1.4), ("trimEnd", 1.4)],
        "trim_start" => &[("trim_end", 0.9), ("trim", 0.9)],
        "trim_end" => &[("trim_start", 0.9), ("trim", 0.9)],
        "trimStart" => &[("trimEnd", 0.9), ("trim", 0.9)],
        "trimEnd" => &[("trimStart", 0.9), ("trim", 0.9)],
        "indexOf" => &[("lastIndexOf", 0.9)],
        "lastIndexOf" => &[("indexOf", 0.9)],
        "find" => &[("rfind", 1.0), ("filter", 1.2), ("findIndex", 1.4), ("findLast", 1.4)],
        "rfind" => &[("find", 0.9)],
        "Index" => &[("LastIndex", 0.9)],
        "LastIndex" => &[("Index", 0.9)],
        "filter" => &[("find", 1.4), ("map", 1.6)],
        "map" => &[("flatMap", 1.2), ("filter", 1.6), ("flat_map", 1.4), ("filter_map", 1.6)],
        "forEach" => &[("map", 1.2)],
        "slice" => &[("splice", 1.4)],
        "splice" => &[("slice", 1.0)],
        "take" => &[("skip", 0.9)],
        "skip" => &[("take", 0.9)],
        "take_while" => &[("skip_while", 0.9), ("filter", 1.4)],
        "skip_while" => &[("take_while", 0.9)],
        "keys" => &[("values", 0.9), ("entries", 1.2)],
        "values" => &[("keys", 0.9), ("entries", 1.2)],
        "entries" => &[("values", 1.2), ("keys", 1.2)],
        "lines" => &[("split_whitespace", 1.8)],
        "chars" => &[("bytes", 1.8)],
        "unwrap" => &[("unwrap_or_default", 0.9)],
        "test" => &[("exec", 2.0)],
        "wrapping_sub" | "checked_sub" => &[("saturating_sub", 0.9)],
        "wrapping_add" | "checked_add" => &[("saturating_add", 0.9)],
        "union" => &[("intersection", 1.0)],
        "intersection" => &[("union", 1.0)],
        "lt" => &[("le", 0.8)],
        "add" => &[("delete", 1.6)],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use crate::base::Language::{Go, JavaScript, Rust};
    use crate::syntax::curly::testing::reaches;

    #[test]
    fn names_fields_and_methods() {
        reaches(
            Rust,
            "fn f(width: u32, height: u32) -> u32 {\n    width * width //!\n}\n",
            &["width * height", "height * width"],
        );
        reaches(
            JavaScript,
            "class A {\n  constructor() { this.total = 0; this.count = 0; }\n  mean() {\n    return this.total / this.total; //!\n  }\n}\n",
            &["this.total / this.count"],
        );
        reaches(
            Go,
            "package p\n\nimport \"strings\"\n\nfunc f(s string) bool {\n\treturn strings.HasPrefix(s, \"x\") //!\n}\n",
            &["strings.HasSuffix"],
        );
        reaches(
            Rust,
            "struct A { low: u8, high: u8 }\nimpl A {\n    fn f(&self) -> u8 {\n        self.low //!\n    }\n}\n",
            &["self.high"],
        );
        reaches(
            Rust,
            "fn f(v: &[i32]) -> i32 {\n    *v.iter().max().unwrap() //!\n}\n",
            &["v.iter().min()"],
        );
    }
}
