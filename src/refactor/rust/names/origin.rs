//! What an expression's value is made of, without any types but those that are written.

use super::walk::Walker;
use super::{Origin, PathRef, Ty};
use crate::refactor::{BoundKind, Namespace};
use crate::syntax::node::{field, named};
use crate::syntax::tree::Node;

/// Methods of std that give what the receiver holds.
const INNER: [&str; 9] = [
    "unwrap",
    "expect",
    "unwrap_or",
    "unwrap_or_else",
    "unwrap_or_default",
    "lock",
    "read",
    "write",
    "borrow_mut",
];
/// Methods of std that give the same type again, as far as a member is looked up on it.
const SAME: [&str; 14] = [
    "clone",
    "to_owned",
    "as_ref",
    "as_mut",
    "borrow",
    "iter",
    "iter_mut",
    "into_iter",
    "by_ref",
    "as_deref",
    "as_deref_mut",
    "cloned",
    "copied",
    "deref",
];

impl Walker<'_> {
    /// Where the value of an expression comes from.
    pub(super) fn origin(&self, node: Node<'_>) -> Origin {
        match node.kind() {
            "identifier" => match self.lookup(self.text_of(node), Namespace::Value) {
                Some(bound) if self.names.bindings.get(bound).kind == BoundKind::Import => {
                    self.path_ref(node).map_or(Origin::Unknown, Origin::Value)
                }
                Some(bound) => Origin::Variable(bound),
                None => self.path_ref(node).map_or(Origin::Unknown, Origin::Value),
            },
            "scoped_identifier" => self.path_ref(node).map_or(Origin::Unknown, Origin::Value),
            "self" => Origin::SelfValue(self.scope),
            "struct_expression" => {
                field(node, "name").map_or(Origin::Unknown, |n| self.value_of_type(n))
            }
            "call_expression" => {
                field(node, "function").map_or(Origin::Unknown, |f| self.called(f))
            }
            "field_expression" => self.of_field(node),
            "try_expression" => {
                self.inner(node).map_or(Origin::Unknown, |o| Origin::Inner(Box::new(o)))
            }
            "await_expression" | "parenthesized_expression" => self.inner(node).unwrap_or_default(),
            "reference_expression" => {
                field(node, "value").map_or(Origin::Unknown, |v| self.origin(v))
            }
            "unary_expression" if self.text_of(node).starts_with('*') => {
                self.inner(node).unwrap_or_default()
            }
            "index_expression" => match self.inner(node) {
                Some(list) if !self.text_of(node).contains("..") => Origin::Element(Box::new(list)),
                _ => Origin::Unknown,
            },
            "type_cast_expression" => {
                field(node, "type").map_or(Origin::Unknown, |t| Origin::Typed(self.ty(t)))
            }
            "integer_literal" | "float_literal" | "string_literal" | "raw_string_literal"
            | "char_literal" | "boolean_literal" | "binary_expression" => {
                Origin::Typed(Ty::Primitive)
            }
            "block" | "unsafe_block" => Origin::Unknown,
            _ => Origin::Unknown,
        }
    }

    fn inner(&self, node: Node<'_>) -> Option<Origin> {
        named(node).into_iter().next().map(|n| self.origin(n))
    }

    fn of_field(&self, node: Node<'_>) -> Origin {
        let (Some(value), Some(name)) = (field(node, "value"), field(node, "field")) else {
            return Origin::Unknown;
        };
        let value = Box::new(self.origin(value));
        match name.kind() {
            "integer_literal" => {
                self.text_of(name).parse().map_or(Origin::Unknown, |i| Origin::Index(value, i))
            }
            _ => Origin::Field(value, self.span(name)),
        }
    }

    fn called(&self, function: Node<'_>) -> Origin {
        match function.kind() {
            "field_expression" => {
                let (Some(value), Some(name)) =
                    (field(function, "value"), field(function, "field"))
                else {
                    return Origin::Unknown;
                };
                let (receiver, span) = (self.origin(value), self.span(name));
                Origin::Method(Box::new(receiver), span)
            }
            "generic_function" => {
                field(function, "function").map_or(Origin::Unknown, |f| self.called(f))
            }
            "identifier" | "scoped_identifier" => {
                self.path_ref(function).map_or(Origin::Unknown, Origin::Call)
            }
            _ => Origin::Unknown,
        }
    }

    /// A value of the type that a struct expression or pattern names.
    pub(super) fn value_of_type(&self, name: Node<'_>) -> Origin {
        let typed = |path: PathRef| Origin::Typed(Ty::Path { path, args: Vec::new() });
        if self.text_of(name) == "Self" {
            return Origin::SelfValue(self.scope);
        }
        self.path_ref(name).map_or(Origin::Unknown, typed)
    }
}

/// What a method of std gives, told by its name alone: `Some(true)` what the receiver holds,
/// `Some(false)` the receiver's type.
pub(in crate::refactor::rust) fn std_method(name: &str) -> Option<bool> {
    if INNER.contains(&name) {
        return Some(true);
    }
    SAME.contains(&name).then_some(false)
}
