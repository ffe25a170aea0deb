//! Where a name is declared, asked for as `f`, `Class.method`, `object.key`, `f.local`.

use super::bind;
use crate::base::Span;
use crate::refactor::{BoundKind, Role};
use crate::syntax::Parsed;
use crate::syntax::node::{ancestors, field, span, text_of};
use crate::syntax::tree::Node;

/// See [`crate::refactor::declared`].
pub(super) fn find(parsed: &Parsed, name: &str) -> Vec<Span> {
    let text = parsed.text();
    let wanted: Vec<&str> = name.split('.').collect();
    let Some(last) = wanted.last().map(|l| l.trim_start_matches('#')) else { return Vec::new() };
    let names = bind::names(parsed).bindings;
    let mut out: Vec<Span> = Vec::new();
    let mut seen = Vec::new();
    for occurrence in names.occurrences.iter().filter(|o| o.role == Role::Bind) {
        let Some(id) = occurrence.bound else { continue };
        let bound = names.get(id);
        if bound.name == last && bound.kind != BoundKind::Label && !seen.contains(&id) {
            seen.push(id);
            out.push(occurrence.span);
        }
    }
    for node in parsed.root().subtree() {
        if is_member(node) && text_of(node, text).trim_start_matches('#') == last {
            out.push(span(node));
        }
    }
    let outer = &wanted[..wanted.len() - 1];
    out.retain(|at| {
        let leaf = parsed.root().descendant_for_byte_range(at.start, at.end);
        leaf.is_some_and(|leaf| path_of(leaf, text).ends_with(outer))
    });
    out.sort();
    out.dedup();
    out
}

/// True for the name of a member of a class, a type or an object.
fn is_member(node: Node<'_>) -> bool {
    let parent = node.parent().map_or("", Node::kind);
    let at = node.field();
    matches!(node.kind(), "property_identifier" | "private_property_identifier")
        && match parent {
            "method_definition"
            | "public_field_definition"
            | "method_signature"
            | "property_signature"
            | "abstract_method_signature" => at == Some("name"),
            "field_definition" => at == Some("property"),
            "pair" => at == Some("key"),
            _ => false,
        }
}

/// The names of what is around a declaration, outermost first.
fn path_of<'s>(leaf: Node<'_>, text: &'s str) -> Vec<&'s str> {
    let mut out = Vec::new();
    let mut below = leaf;
    for up in ancestors(leaf) {
        let name = match up.kind() {
            "variable_declarator" if below.field() == Some("value") => field(up, "name"),
            "pair" if below.field() == Some("value") => field(up, "key"),
            "class"
            | "class_declaration"
            | "abstract_class_declaration"
            | "interface_declaration"
            | "enum_declaration"
            | "internal_module"
            | "module"
            | "function_declaration"
            | "generator_function_declaration"
            | "type_alias_declaration"
            | "method_definition"
                if below.field() != Some("name") =>
            {
                field(up, "name")
            }
            _ => None,
        };
        if let Some(name) = name.filter(|n| *n != leaf) {
            out.push(text_of(name, text).trim_start_matches('#'));
        }
        below = up;
    }
    out.reverse();
    out
}

#[cfg(test)]
mod tests {
    use super::find;
    use crate::base::Language;
    use crate::syntax::parse;

    #[test]
    fn by_name() {
        let text = "class A { m() { let x; } #p; static s = 1 }\nclass B { m() {} }\nconst o = { m() {}, k: () => { let x; } };\nfunction f(x) {}\n";
        let parsed = parse(Language::JavaScript, text);
        for (name, want) in [
            ("m", vec![10, 54, 75]),
            ("A.m", vec![10]),
            ("o.m", vec![75]),
            ("A.m.x", vec![20]),
            ("A.#p", vec![25]),
            ("A.s", vec![36]),
            ("f.x", vec![117]),
            ("o.k.x", vec![98]),
            ("f", vec![115]),
            ("A.f", vec![]),
        ] {
            let found: Vec<usize> = find(&parsed, name).iter().map(|s| s.start).collect();
            assert_eq!(found, want, "{name}");
        }
    }
}
