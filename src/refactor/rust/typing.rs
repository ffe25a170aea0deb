//! The types of values as text, where the source tells them: for the signatures of new functions.

use super::names::Names;
use crate::base::Span;
use crate::refactor::{BoundId, BoundKind, Namespace};
use crate::syntax::Parsed;
use crate::syntax::node::{ancestors, field, named, span, text_of};
use crate::syntax::tree::Node;

/// Reads types out of one file.
#[derive(Clone, Copy)]
pub(super) struct Typing<'a> {
    pub(super) parsed: &'a Parsed,
    pub(super) names: &'a Names,
}

const DEPTH: usize = 12;

const COPY: [&str; 17] = [
    "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128",
    "isize", "f32", "f64", "()",
];

impl<'a> Typing<'a> {
    fn text(&self) -> &'a str {
        self.parsed.text()
    }

    fn node_at(&self, at: Span) -> Option<Node<'a>> {
        self.parsed.root().descendant_for_byte_range(at.start, at.end)
    }

    /// The type of a variable, when it is written or follows from what is.
    pub(super) fn of_variable(&self, id: BoundId, depth: usize) -> Option<String> {
        if depth > DEPTH {
            return None;
        }
        let bound = self.names.bindings.get(id);
        let node = self.node_at(bound.declared)?;
        let holder = ancestors(node).find(|n| {
            matches!(
                n.kind(),
                "let_declaration"
                    | "parameter"
                    | "for_expression"
                    | "let_condition"
                    | "match_arm"
                    | "closure_parameters"
                    | "const_item"
                    | "static_item"
                    | "const_parameter"
            )
        })?;
        let pattern = match holder.kind() {
            "match_arm" => None,
            "const_item" | "static_item" | "const_parameter" => {
                return field(holder, "type").map(|t| text_of(t, self.text()).to_owned());
            }
            _ => field(holder, "pattern"),
        };
        let pattern = pattern?;
        let whole = match holder.kind() {
            "parameter" => field(holder, "type").map(|t| text_of(t, self.text()).to_owned()),
            "let_declaration" => match field(holder, "type") {
                Some(ty) => Some(text_of(ty, self.text()).to_owned())
                    .filter(|t| !t.contains('_') || !has_hole(t)),
                None => field(holder, "value").and_then(|v| self.of(v, depth + 1)),
            },
            "for_expression" => {
                field(holder, "value").and_then(|v| self.of(v, depth + 1)).and_then(|t| item_of(&t))
            }
            _ => field(holder, "value").and_then(|v| self.of(v, depth + 1)),
        }?;
        self.in_pattern(pattern, bound.declared, &whole)
    }

    /// The part of a value that a pattern binds to a name.
    fn in_pattern(&self, pattern: Node<'a>, name: Span, whole: &str) -> Option<String> {
        if span(pattern) == name {
            return Some(whole.to_owned());
        }
        match pattern.kind() {
            "mut_pattern" => self.in_pattern(named(pattern).into_iter().last()?, name, whole),
            "reference_pattern" => {
                let inner = whole.strip_prefix('&')?.trim_start();
                self.in_pattern(named(pattern).into_iter().last()?, name, inner)
            }
            "tuple_pattern" => {
                let parts = split(whole.strip_prefix('(')?.strip_suffix(')')?);
                let at = named(pattern).iter().position(|p| span(*p).contains(name))?;
                self.in_pattern(named(pattern)[at], name, parts.get(at)?)
            }
            "tuple_struct_pattern" => {
                let ty = text_of(field(pattern, "type")?, self.text());
                let (by_ref, whole) = peel(whole);
                let args = arguments(whole)?;
                let inner = match (ty, head(whole)) {
                    ("Some", "Option") | ("Ok", "Result") => args.first()?,
                    ("Err", "Result") => args.get(1)?,
                    _ => return None,
                };
                let part = named(pattern).into_iter().find(|p| p.field() != Some("type"))?;
                self.in_pattern(part, name, &format!("{by_ref}{inner}"))
            }
            _ => None,
        }
    }

    /// The type of an expression.
    pub(super) fn of(&self, node: Node<'a>, depth: usize) -> Option<String> {
        if depth > DEPTH {
            return None;
        }
        let text = self.text();
        match node.kind() {
            "boolean_literal" => Some("bool".to_owned()),
            "char_literal" => {
                Some(if text_of(node, text).starts_with('b') { "u8" } else { "char" }.to_owned())
            }
            "string_literal" | "raw_string_literal" => {
                let source = text_of(node, text);
                if source.starts_with('b') {
                    return None;
                }
                Some("&'static str".to_owned()).filter(|_| !source.starts_with('c'))
            }
            "integer_literal" | "float_literal" => suffix(text_of(node, text)),
            "identifier" => {
                let at = self.names.bindings.at(span(node))?.bound?;
                match self.names.bindings.get(at).kind {
                    BoundKind::Parameter | BoundKind::Variable | BoundKind::Constant => {
                        self.of_variable(at, depth + 1)
                    }
                    _ => None,
                }
            }
            "parenthesized_expression" => self.of(named(node).into_iter().next()?, depth + 1),
            "reference_expression" => {
                let inner = self.of(field(node, "value")?, depth + 1)?;
                let mutable = node.children().any(|c| c.kind() == "mutable_specifier");
                Some(format!("&{}{inner}", if mutable { "mut " } else { "" }))
            }
            "unary_expression" => {
                let inner = self.of(named(node).into_iter().next()?, depth + 1)?;
                match text_of(node, text).as_bytes().first()? {
                    b'*' => {
                        inner.strip_prefix('&').map(|i| i.trim_start_matches("mut ").to_owned())
                    }
                    _ => Some(inner).filter(|i| COPY.contains(&i.as_str())),
                }
            }
            "binary_expression" => self.binary(node, depth),
            "type_cast_expression" => {
                field(node, "type").map(|t| text_of(t, text).to_owned()).filter(|t| !has_hole(t))
            }
            "tuple_expression" => {
                let parts: Option<Vec<String>> =
                    named(node).into_iter().map(|n| self.of(n, depth + 1)).collect();
                Some(format!("({})", parts?.join(", ")))
            }
            "unit_expression" => Some("()".to_owned()),
            "macro_invocation" => match text_of(field(node, "macro")?, text) {
                "format" => Some("String".to_owned()),
                "matches" => Some("bool".to_owned()),
                _ => None,
            },
            "struct_expression" => {
                let name = text_of(field(node, "name")?, text);
                let generic = name != "Self" && self.is_generic(name);
                Some(name.to_owned()).filter(|n| !generic && !n.contains("::"))
            }
            "call_expression" => self.call(node, depth),
            "field_expression" => self.field(node, depth),
            "range_expression" => {
                let parts = named(node);
                let ty = parts.iter().find_map(|p| self.of(*p, depth + 1))?;
                let source = text_of(node, text);
                (parts.len() == 2 && !source.contains("..="))
                    .then(|| format!("std::ops::Range<{ty}>"))
            }
            "index_expression" => {
                let parts = named(node);
                let of = self.of(*parts.first()?, depth + 1)?;
                let by = parts.get(1)?;
                if by.kind() == "range_expression" {
                    return None;
                }
                let (_, whole) = peel(&of);
                element(whole).map(|(_, e)| e)
            }
            "try_expression" => {
                let inner = self.of(named(node).into_iter().next()?, depth + 1)?;
                let ok = matches!(head(&inner), "Option" | "Result");
                arguments(&inner).filter(|_| ok)?.into_iter().next()
            }
            "if_expression" => {
                let block = field(node, "consequence")?;
                self.of(named(block).into_iter().last()?, depth + 1)
            }
            _ => None,
        }
    }

    fn binary(&self, node: Node<'a>, depth: usize) -> Option<String> {
        let operator = text_of(field(node, "operator")?, self.text());
        if matches!(operator, "==" | "!=" | "<" | ">" | "<=" | ">=" | "&&" | "||") {
            return Some("bool".to_owned());
        }
        let left = field(node, "left").and_then(|l| self.of(l, depth + 1));
        let shift = matches!(operator, "<<" | ">>");
        let right = || field(node, "right").and_then(|r| self.of(r, depth + 1)).filter(|_| !shift);
        let own = |ty: String| {
            let bare = ty.trim_start_matches('&').to_owned();
            COPY.contains(&bare.as_str()).then_some(bare)
        };
        match left {
            Some(left) => own(left),
            None => right().and_then(own),
        }
    }

    fn is_generic(&self, name: &str) -> bool {
        let mut all = self.names.named(name).filter(|(_, b)| b.kind == BoundKind::Class);
        match all.next() {
            Some((_, b)) => {
                let item = super::index::item_at(self.parsed, b.declared);
                item.is_none_or(|i| field(i, "type_parameters").is_some())
            }
            None => true,
        }
    }

    fn call(&self, node: Node<'a>, depth: usize) -> Option<String> {
        let text = self.text();
        let function = field(node, "function")?;
        match function.kind() {
            "identifier" => {
                let id = self.names.bindings.at(span(function))?.bound?;
                let bound = self.names.bindings.get(id);
                let item = super::index::item_at(self.parsed, bound.declared)?;
                match bound.kind {
                    BoundKind::Function => self.returned(item),
                    BoundKind::Class
                        if item.kind() == "struct_item" && !self.is_generic(&bound.name) =>
                    {
                        Some(bound.name.clone())
                    }
                    _ => None,
                }
            }
            "scoped_identifier" => {
                let path = field(function, "path")?;
                let name = text_of(field(function, "name")?, text);
                let ty = text_of(path, text);
                if ty == "String" && matches!(name, "new" | "from" | "with_capacity") {
                    return Some("String".to_owned());
                }
                let method = self.method(ty, name)?;
                let given = self.returned(method)?;
                Some(if given == "Self" { ty.to_owned() } else { given })
                    .filter(|t| !t.contains("Self"))
            }
            "field_expression" => {
                let name = text_of(field(function, "field")?, text);
                let value = field(function, "value")?;
                let receiver = self.of(value, depth + 1);
                self.of_method(value, receiver.as_deref(), name)
            }
            _ => None,
        }
    }

    fn of_method(&self, value: Node<'a>, receiver: Option<&str>, name: &str) -> Option<String> {
        match name {
            "to_string" | "to_lowercase" | "to_uppercase" => return Some("String".to_owned()),
            "len" | "is_empty" | "is_some" | "is_none" | "is_ok" | "is_err" | "starts_with"
            | "ends_with" | "contains" | "contains_key"
                if self.method_anywhere(name) =>
            {
                return None;
            }
            "len" => return Some("usize".to_owned()),
            "is_empty" | "is_some" | "is_none" | "is_ok" | "is_err" | "starts_with"
            | "ends_with" | "contains" | "contains_key" => return Some("bool".to_owned()),
            _ => {}
        }
        let ty = match value.kind() {
            "self" => "Self".to_owned(),
            _ => receiver?.to_owned(),
        };
        let (by_ref, bare) = peel(&ty);
        let std = match (name, bare) {
            ("to_owned", "str") | ("clone", "String") => Some("String"),
            ("trim" | "trim_start" | "trim_end", "str" | "String") => Some("&str"),
            ("as_str", "String") => Some("&str"),
            ("as_bytes", "str" | "String") => Some("&[u8]"),
            ("chars", "str" | "String") => Some("std::str::Chars<'_>"),
            _ => None,
        };
        if let Some(std) = std {
            return Some(std.to_owned());
        }
        match name {
            "clone" if !bare.starts_with("dyn") => return Some(bare.to_owned()),
            "abs" | "pow" | "min" | "max" | "wrapping_add" | "wrapping_sub" | "saturating_sub"
            | "saturating_add" | "wrapping_mul"
                if COPY.contains(&bare) =>
            {
                return Some(bare.to_owned());
            }
            "iter" => return element(bare).map(|(_, e)| format!("std::slice::Iter<'_, {e}>")),
            "unwrap" | "expect" | "unwrap_or" | "unwrap_or_default"
                if matches!(head(bare), "Option" | "Result") && by_ref.is_empty() =>
            {
                return arguments(bare)?.into_iter().next();
            }
            _ => {}
        }
        let method = self.method(bare, name)?;
        self.returned(method).map(|t| if t == "Self" { bare.to_owned() } else { t })
    }

    /// True when the file has a method of that name.
    fn method_anywhere(&self, name: &str) -> bool {
        self.names.defined.iter().any(|d| d.name.of(self.text()) == Some(name))
    }

    /// The method of a type in this file, when neither is generic.
    fn method(&self, ty: &str, name: &str) -> Option<Node<'a>> {
        let found = self.names.defined.iter().find(|d| {
            let class = &self.names.classes[d.class];
            let super::names::ClassKind::Impl { ty: of, .. } = &class.kind else { return false };
            let super::names::Ty::Path { path, args } = of else { return false };
            let last = path.segments.last().and_then(|s| s.of(self.text()));
            (last == Some(ty) || ty == "Self")
                && args.is_empty()
                && d.name.of(self.text()) == Some(name)
        })?;
        self.node_at(found.name)?.parent().filter(|n| n.kind() == "function_item")
    }

    /// What a function without generics gives.
    fn returned(&self, item: Node<'a>) -> Option<String> {
        if field(item, "type_parameters").is_some() {
            return None;
        }
        let ty = field(item, "return_type").map_or("()", |t| text_of(t, self.text()));
        let plain = !ty.contains("impl ") && !has_hole(ty);
        Some(ty.to_owned()).filter(|_| plain)
    }

    fn field(&self, node: Node<'a>, depth: usize) -> Option<String> {
        let text = self.text();
        let (value, name) = (field(node, "value")?, field(node, "field")?);
        if name.kind() == "integer_literal" {
            let whole = self.of(value, depth + 1)?;
            let (_, whole) = peel(&whole);
            let parts = split(whole.strip_prefix('(')?.strip_suffix(')')?);
            return parts.get(text_of(name, text).parse::<usize>().ok()?).cloned();
        }
        let ty = match value.kind() {
            "self" => {
                let scope = self.names.bindings.scope_at(value.start_byte());
                let class = &self.names.classes[self.names.class_of(scope)?];
                match &class.kind {
                    super::names::ClassKind::Impl {
                        ty: super::names::Ty::Path { path, .. },
                        ..
                    } => path.segments.last()?.of(text)?.to_owned(),
                    _ => return None,
                }
            }
            _ => self.of(value, depth + 1)?,
        };
        let (_, bare) = peel(&ty);
        let bare = head(bare);
        let found = self.names.defined.iter().find(|d| {
            d.kind == super::names::DefinedKind::Field
                && d.name.of(text) == Some(text_of(name, text))
                && matches!(&self.names.classes[d.class].kind,
                    super::names::ClassKind::Struct(s) if s.of(text) == Some(bare))
        })?;
        let holder = self.node_at(found.name)?.parent()?;
        let ty = text_of(field(holder, "type")?, text).to_owned();
        // A type that speaks of the struct's generics means nothing elsewhere.
        let scope = self.names.classes[found.class].scope;
        let generic = self.names.bindings.in_scope(scope).any(|(_, b)| {
            b.kind == BoundKind::Type && !crate::refactor::words(&ty, &b.name).is_empty()
        });
        Some(ty).filter(|_| !generic)
    }

    /// The names of types in a text, as the scope of the file at an offset sees them: whether all are known there.
    pub(super) fn visible(&self, ty: &str, from: usize) -> bool {
        let scope = self.names.module_of(self.names.bindings.scope_at(from));
        ty.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty()).all(|word| {
            let upper = word.starts_with(char::is_uppercase);
            !upper || word == "Self" || {
                let types = |(_, b): &(BoundId, &crate::refactor::Bound)| {
                    b.namespace.meets(Namespace::Type)
                };
                let anywhere: Vec<_> = self.names.named(word).filter(types).collect();
                let local = anywhere.iter().any(|(id, _)| self.names.local[id.0 as usize]);
                local
                    || self.names.lookup(scope, word, Namespace::Type).is_some()
                    || anywhere.is_empty()
            }
        })
    }
}

/// True for types whose values are copied.
pub(super) fn is_copy(ty: &str) -> bool {
    let ty = ty.trim();
    if let Some(inner) = ty.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        return split(inner).iter().all(|t| is_copy(t));
    }
    COPY.contains(&ty)
        || ty.starts_with('&') && !is_mut_ref(ty)
        || ty.starts_with("*const ")
        || head(ty) == "Option" && arguments(ty).is_some_and(|a| a.iter().all(|a| is_copy(a)))
}

pub(super) fn is_mut_ref(ty: &str) -> bool {
    let Some(rest) = ty.trim().strip_prefix('&') else { return false };
    let rest = rest.trim_start();
    let rest = match rest.strip_prefix('\'') {
        Some(named) => {
            named.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').trim_start()
        }
        None => rest,
    };
    rest.starts_with("mut ")
}

/// Splits at commas that no bracket holds.
pub(super) fn split(text: &str) -> Vec<String> {
    let (mut depth, mut start, mut out) = (0i32, 0, Vec::new());
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'<' | b'(' | b'[' => depth += 1,
            b'>' if at > 0 && bytes[at - 1] == b'-' => {}
            b'>' | b')' | b']' => depth -= 1,
            b',' if depth == 0 => {
                out.push(text[start..at].trim().to_owned());
                start = at + 1;
            }
            _ => {}
        }
    }
    out.push(text[start..].trim().to_owned());
    out.retain(|part| !part.is_empty());
    out
}

/// `&mut T` as (`&mut `, `T`).
pub(super) fn peel(ty: &str) -> (&'static str, &str) {
    let mut rest = ty.trim();
    let mut by_ref = "";
    while let Some(inner) = rest.strip_prefix('&') {
        let inner = inner.trim_start();
        let inner = match inner.strip_prefix('\'') {
            Some(n) => n.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').trim_start(),
            None => inner,
        };
        by_ref = if inner.starts_with("mut ") { "&mut " } else { "&" };
        rest = inner.strip_prefix("mut ").unwrap_or(inner);
    }
    (by_ref, rest)
}

/// `Vec` of `std::vec::Vec<u8>`
pub(super) fn head(ty: &str) -> &str {
    let name = ty.split('<').next().unwrap_or(ty).trim();
    name.rsplit("::").next().unwrap_or(name)
}

/// The arguments of a generic type, without lifetimes.
pub(super) fn arguments(ty: &str) -> Option<Vec<String>> {
    let inside = ty.split_once('<')?.1.trim_end().strip_suffix('>')?;
    let mut args = split(inside);
    args.retain(|a| !a.starts_with('\''));
    Some(args)
}

/// The element of a list, and whether iterating a value of the list gives references.
fn element(bare: &str) -> Option<(bool, String)> {
    if let Some(inside) = bare.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
        return Some((false, inside.split(';').next().unwrap_or(inside).trim().to_owned()));
    }
    let list = matches!(head(bare), "Vec" | "VecDeque");
    Some((false, arguments(bare).filter(|_| list)?.into_iter().next()?))
}

/// What a `for` over a value of the type gives.
fn item_of(ty: &str) -> Option<String> {
    if let Some(inside) = ty.strip_prefix("std::ops::Range<") {
        return inside.strip_suffix('>').map(str::to_owned);
    }
    if ty.starts_with("std::str::Chars") {
        return Some("char".to_owned());
    }
    if let Some(inside) = ty.strip_prefix("std::slice::Iter<'_, ") {
        return inside.strip_suffix('>').map(|t| format!("&{t}"));
    }
    let (by_ref, bare) = peel(ty);
    element(bare).map(|(_, e)| format!("{by_ref}{e}"))
}

fn suffix(literal: &str) -> Option<String> {
    COPY.iter()
        .find(|t| {
            literal.ends_with(**t) && !literal.starts_with("0x")
                || literal.ends_with(&format!("_{t}"))
        })
        .map(|t| (*t).to_owned())
}

/// True for a type that leaves something to infer.
fn has_hole(ty: &str) -> bool {
    ty.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '\'').any(|w| w == "_")
}
