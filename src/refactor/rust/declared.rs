//! Where names are declared, asked for as text: `Type::method`, `module::function`, `Type.field`, `function.local`.

use super::names;
use crate::base::Span;
use crate::refactor::{BoundKind, Namespace};
use crate::syntax::Parsed;
use crate::syntax::node::{ancestors, field, text_of};
use crate::syntax::tree::Node;

pub(super) fn spans(parsed: &Parsed, name: &str) -> Vec<Span> {
    let wanted: Vec<&str> = name.split("::").flat_map(|p| p.split('.')).map(str::trim).collect();
    let Some((last, front)) = wanted.split_last() else { return Vec::new() };
    let last = last.trim_start_matches("r#").trim_start_matches('\'');
    if last.is_empty() {
        return Vec::new();
    }
    let names = names::of(parsed);
    let bound = names.named(last).filter(|(_, b)| {
        b.kind != BoundKind::Import && (b.namespace != Namespace::Label || name.starts_with('\''))
    });
    let members =
        names.defined.iter().map(|d| d.name).filter(|s| s.of(parsed.text()) == Some(last));
    let mut out: Vec<Span> = bound.map(|(_, b)| b.declared).chain(members).collect();
    out.retain(|at| ends_with(&around(parsed, *at), front));
    out.sort_unstable();
    out.dedup();
    out
}

/// True when the names in front are the last of those around, in order; some around may be left out.
fn ends_with(around: &[String], front: &[&str]) -> bool {
    let front: Vec<&&str> =
        front.iter().filter(|f| !matches!(**f, "crate" | "self" | "")).collect();
    front.len() <= around.len()
        && around[around.len() - front.len()..].iter().zip(&front).all(|(a, f)| a == **f)
}

/// The names of what holds a declaration, outermost first.
fn around(parsed: &Parsed, at: Span) -> Vec<String> {
    let text = parsed.text();
    let Some(node) = parsed.root().descendant_for_byte_range(at.start, at.end) else {
        return Vec::new();
    };
    let mut out: Vec<String> = ancestors(node)
        .filter_map(|holder| {
            let name = holder_name(holder)?;
            (name.start_byte() != at.start).then(|| head(text_of(name, text)).to_owned())
        })
        .collect();
    out.reverse();
    out
}

fn holder_name(node: Node<'_>) -> Option<Node<'_>> {
    match node.kind() {
        "mod_item"
        | "function_item"
        | "function_signature_item"
        | "trait_item"
        | "struct_item"
        | "enum_item"
        | "union_item"
        | "enum_variant" => field(node, "name"),
        "impl_item" => field(node, "type"),
        _ => None,
    }
}

/// `Cart` of `a::Cart<T>`
fn head(ty: &str) -> &str {
    let name = ty.split('<').next().unwrap_or(ty);
    name.rsplit("::").next().unwrap_or(name).trim()
}
