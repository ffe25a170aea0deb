//! Which builtin type an expression has, where that is certain.

use crate::refactor::{BoundId, BoundKind, ScopeKind};
use crate::syntax::node::{ancestors, children, field, named, text_of};
use crate::syntax::tree::Node;

use super::file::File;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Str,
    Bytes,
    Int,
    Bool,
    Float,
    None,
    List,
    Tuple,
    Dict,
    Set,
}

/// A type and whether it is certain: what an annotation says may be a subclass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Typed {
    pub(super) ty: Type,
    pub(super) sure: bool,
}

const DEPTH: u8 = 6;

/// The type of an expression.
pub(super) fn of(file: &File<'_>, node: Node<'_>) -> Option<Typed> {
    typed(file, node, DEPTH)
}

/// The type of an expression that no annotation is needed for.
pub(super) fn sure(file: &File<'_>, node: Node<'_>) -> Option<Type> {
    of(file, node).filter(|t| t.sure).map(|t| t.ty)
}

fn certain(ty: Type) -> Option<Typed> {
    Some(Typed { ty, sure: true })
}

fn typed(file: &File<'_>, node: Node<'_>, depth: u8) -> Option<Typed> {
    let depth = depth.checked_sub(1)?;
    let inner = |n: Node<'_>| typed(file, n, depth);
    match node.kind() {
        "string" => certain(if is_bytes(file, node) { Type::Bytes } else { Type::Str }),
        "concatenated_string" => named(node).first().and_then(|n| inner(*n)),
        "integer" => {
            (!file.of(node).ends_with(['j', 'J'])).then_some(()).and_then(|()| certain(Type::Int))
        }
        "float" => {
            (!file.of(node).ends_with(['j', 'J'])).then_some(()).and_then(|()| certain(Type::Float))
        }
        "true" | "false" | "not_operator" => certain(Type::Bool),
        "none" => certain(Type::None),
        "list" | "list_comprehension" => certain(Type::List),
        "tuple" | "expression_list" => certain(Type::Tuple),
        "dictionary" | "dictionary_comprehension" => certain(Type::Dict),
        "set" | "set_comprehension" => certain(Type::Set),
        "parenthesized_expression" => named(node).first().and_then(|n| inner(*n)),
        "unary_operator" => {
            let argument = field(node, "argument").and_then(inner)?;
            let ty = if argument.ty == Type::Bool { Type::Int } else { argument.ty };
            matches!(ty, Type::Int | Type::Float).then_some(Typed { ty, ..argument })
        }
        "comparison_operator" => {
            let plain = children(node)
                .filter(|c| c.field() == Some("operators"))
                .all(|c| matches!(c.kind(), "is" | "is not" | "in" | "not in"));
            let known = || named(node).into_iter().all(|n| inner(n).is_some());
            (plain || known()).then_some(()).and_then(|()| certain(Type::Bool))
        }
        "boolean_operator" => both(inner(field(node, "left")?), inner(field(node, "right")?)),
        "conditional_expression" => {
            let parts = named(node);
            both(inner(*parts.first()?), inner(*parts.get(2)?))
        }
        "binary_operator" => binary(file, node, depth),
        "call" => call(file, node, depth),
        "attribute" => {
            let name = field(node, "attribute").map_or("", |n| file.of(n));
            let object = field(node, "object")?;
            let of_type = object.kind() == "call"
                && field(object, "function").is_some_and(|f| file.is_builtin(f, "type"))
                || object.kind() == "attribute" && file.of(object).ends_with(".__class__");
            (of_type && matches!(name, "__name__" | "__qualname__"))
                .then_some(())
                .and_then(|()| certain(Type::Str))
        }
        "subscript" => {
            let value = inner(field(node, "value")?)?;
            (value.ty == Type::Str && value.sure).then_some(value)
        }
        "identifier" => name(file, node, depth),
        _ => None,
    }
}

fn both(left: Option<Typed>, right: Option<Typed>) -> Option<Typed> {
    let (left, right) = (left?, right?);
    (left.ty == right.ty).then_some(Typed { ty: left.ty, sure: left.sure && right.sure })
}

fn binary(file: &File<'_>, node: Node<'_>, depth: u8) -> Option<Typed> {
    let left = typed(file, field(node, "left")?, depth)?;
    let operator = field(node, "operator")?.kind();
    if operator == "%" && matches!(left.ty, Type::Str | Type::Bytes) {
        return Some(left);
    }
    let right = typed(file, field(node, "right")?, depth)?;
    let sure = left.sure && right.sure;
    let numeric = |t: Type| matches!(t, Type::Int | Type::Bool | Type::Float);
    let ty = match (left.ty, operator, right.ty) {
        (Type::Str, "+", Type::Str) | (Type::Str, "*", Type::Int) => Type::Str,
        (a, "/", b) if numeric(a) && numeric(b) => Type::Float,
        (Type::Float, "+" | "-" | "*" | "//" | "%", b) if numeric(b) => Type::Float,
        (a, "+" | "-" | "*" | "//" | "%", Type::Float) if numeric(a) => Type::Float,
        (
            Type::Int | Type::Bool,
            "+" | "-" | "*" | "//" | "%" | "<<" | ">>",
            Type::Int | Type::Bool,
        ) => Type::Int,
        (Type::Int, "&" | "|" | "^", Type::Int) => Type::Int,
        (Type::List, "+", Type::List) => Type::List,
        _ => return None,
    };
    Some(Typed { ty, sure })
}

fn call(file: &File<'_>, node: Node<'_>, depth: u8) -> Option<Typed> {
    let function = field(node, "function")?;
    if function.kind() == "identifier" {
        if file.meaning(function).is_some() {
            return None;
        }
        return certain(match file.of(function) {
            "str" | "repr" | "ascii" | "chr" | "hex" | "oct" | "bin" | "format" | "input" => {
                Type::Str
            }
            "len" | "int" | "ord" | "hash" | "id" => Type::Int,
            "float" => Type::Float,
            "bool" | "isinstance" | "issubclass" | "callable" | "hasattr" | "any" | "all" => {
                Type::Bool
            }
            "bytes" => Type::Bytes,
            "list" | "sorted" | "dir" => Type::List,
            "tuple" => Type::Tuple,
            "dict" | "vars" | "locals" | "globals" => Type::Dict,
            "set" => Type::Set,
            _ => return None,
        });
    }
    let object = typed(file, field(function, "object")?, depth)?;
    let method = field(function, "attribute").map_or("", |n| file.of(n));
    let ty = method_of(object.ty, method)?;
    // `str.join` of a subclass gives a plain string, unless that class has its own.
    Some(Typed { ty, ..object })
}

fn method_of(object: Type, method: &str) -> Option<Type> {
    Some(match (object, method) {
        (
            Type::Str,
            "lower" | "upper" | "strip" | "lstrip" | "rstrip" | "replace" | "join" | "format"
            | "title" | "capitalize" | "center" | "ljust" | "rjust" | "zfill" | "expandtabs"
            | "casefold" | "swapcase" | "removeprefix" | "removesuffix" | "translate"
            | "format_map",
        )
        | (Type::Bytes, "decode" | "hex") => Type::Str,
        (Type::Str, "encode") => Type::Bytes,
        (Type::Str, "split" | "rsplit" | "splitlines") => Type::List,
        (Type::Str, "partition" | "rpartition") => Type::Tuple,
        (Type::Str | Type::Bytes, "find" | "rfind" | "index" | "rindex" | "count") => Type::Int,
        (Type::List | Type::Tuple, "index" | "count") | (Type::Int, "bit_length") => Type::Int,
        (
            Type::Str,
            "startswith" | "endswith" | "isdigit" | "isalpha" | "isalnum" | "isspace" | "isupper"
            | "islower" | "isidentifier" | "isnumeric" | "isdecimal" | "istitle",
        ) => Type::Bool,
        _ => return None,
    })
}

/// The type of a name: its annotation, or that of everything it is bound to.
fn name(file: &File<'_>, node: Node<'_>, depth: u8) -> Option<Typed> {
    let id = file.meaning(node)?;
    let bound = file.bound(id);
    if bound.kind == BoundKind::Parameter {
        let only = file.uses(id).filter(|o| o.role.writes()).count() == 1;
        return annotation(file, id).filter(|_| only).map(|ty| Typed { ty, sure: false });
    }
    // Other files can set what a module or a class has.
    let own = matches!(
        file.bindings().scope(bound.scope).kind,
        ScopeKind::Function | ScopeKind::Comprehension
    );
    let mut found: Option<Typed> = None;
    for write in file.uses(id).filter(|o| o.role.writes()) {
        let target = file.node(write.span)?;
        let this = value_of(file, target, depth)?;
        if found.is_some_and(|f| f.ty != this.ty) {
            return None;
        }
        found = Some(Typed { ty: this.ty, sure: own && this.sure && found.is_none_or(|f| f.sure) });
    }
    found
}

/// The type of what is bound to a target, as far as it is the whole of it.
fn value_of(file: &File<'_>, target: Node<'_>, depth: u8) -> Option<Typed> {
    let parent = target.parent()?;
    match parent.kind() {
        "assignment" if target.field() == Some("left") => {
            let value = field(parent, "right")?;
            if value.kind() == "assignment" { None } else { typed(file, value, depth) }
        }
        "augmented_assignment" if target.field() == Some("left") => {
            let value = typed(file, field(parent, "right")?, depth)?;
            let plain = matches!(field(parent, "operator")?.kind(), "+=" | "-=" | "*=");
            (plain && matches!(value.ty, Type::Int | Type::Str)).then_some(value)
        }
        "for_statement" | "for_in_clause" if target.field() == Some("left") => {
            let right = field(parent, "right")?;
            iterates(file, right, &["range"]).then_some(()).and_then(|()| certain(Type::Int))
        }
        "pattern_list" | "tuple_pattern" => {
            let up = parent.parent()?;
            let first = named(parent).first() == Some(&target);
            let each = matches!(up.kind(), "for_statement" | "for_in_clause");
            let counts = first && each && iterates(file, field(up, "right")?, &["enumerate"]);
            counts.then_some(()).and_then(|()| certain(Type::Int))
        }
        _ => None,
    }
}

fn iterates(file: &File<'_>, node: Node<'_>, names: &[&str]) -> bool {
    field(node, "function").is_some_and(|f| names.iter().any(|name| file.is_builtin(f, name)))
}

fn annotation(file: &File<'_>, id: BoundId) -> Option<Type> {
    let declared = file.node(file.bound(id).declared)?;
    let parameter = ancestors(declared)
        .take_while(|n| n.kind() != "parameters")
        .find(|n| matches!(n.kind(), "typed_parameter" | "typed_default_parameter"))?;
    // `*args: str` is a tuple.
    if named(parameter).first()?.kind() != "identifier" {
        return None;
    }
    let text = field(parameter, "type").map(|t| file.of(t))?;
    from_annotation(text)
}

fn from_annotation(text: &str) -> Option<Type> {
    Some(match text.trim_matches(['"', '\'']) {
        "str" => Type::Str,
        "int" => Type::Int,
        "bool" => Type::Bool,
        "float" => Type::Float,
        "bytes" => Type::Bytes,
        _ => return None,
    })
}

/// True when an annotation says that every value can be the key of a dictionary.
pub(super) fn is_hashable(file: &File<'_>, node: Node<'_>) -> bool {
    let known = |ty: Type| !matches!(ty, Type::List | Type::Dict | Type::Set | Type::Tuple);
    if let Some(typed) = of(file, node) {
        return known(typed.ty);
    }
    let annotated = || {
        let id = file.meaning(node)?;
        let bound = file.bound(id);
        let only = file.uses(id).filter(|o| o.role.writes()).count() == 1;
        let whole = file.node(bound.whole)?;
        let text = field(whole, "type").map(|t| text_of(t, file.text))?;
        (bound.kind == BoundKind::Parameter && only).then_some(text)
    };
    node.kind() == "identifier"
        && annotated().is_some_and(|text| {
            let inner = text.strip_prefix("Optional[").and_then(|t| t.strip_suffix(']'));
            inner
                .unwrap_or(text)
                .split('|')
                .all(|part| part.trim() == "None" || from_annotation(part.trim()).is_some())
        })
}

/// True for `b"..."`.
pub(super) fn is_bytes(file: &File<'_>, string: Node<'_>) -> bool {
    let prefix = file.of(string).split(['"', '\'']).next().unwrap_or("");
    prefix.contains(['b', 'B'])
}
