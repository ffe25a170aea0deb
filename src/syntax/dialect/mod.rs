//! What the languages call things: one table of small functions per grammar, so that scopes and
//! calls are written once.

mod go;
mod javascript;
mod python;
mod rust;

use crate::syntax::tree::Node;

use super::scope::{ImportSource, NameKind};
use crate::base::Language;

/// One parameter of a function.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Param {
    pub name: String,
    pub has_default: bool,
    pub kind: ParamKind,
}

/// How an argument reaches its parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParamKind {
    /// By position (or by name, where the language allows it).
    Plain,
    /// Only by name.
    Keyword,
    /// Takes all remaining positional arguments.
    Rest,
    /// Takes all remaining named arguments.
    KeywordRest,
}

/// How to read one grammar.
pub(super) struct Dialect {
    /// Between the parts of a qualified name.
    pub(super) separator: &'static str,
    /// What a node tells if it defines a function.
    pub(super) function: for<'t> fn(Node<'t>, &str) -> Option<FunctionParts<'t>>,
    /// The name of a class, module or implementation block.
    pub(super) container: fn(Node<'_>, &str) -> Option<Container>,
    /// True for nodes whose bindings are invisible outside.
    pub(super) is_scope: fn(&str) -> bool,
    /// Names bound by a node itself (not by its children).
    pub(super) bind: for<'t> fn(Node<'t>, &str) -> Vec<Binding<'t>>,
    /// A call made by a node itself.
    pub(super) call: for<'t> fn(Node<'t>, &str) -> Option<CallParts<'t>>,
    /// Fields and attributes declared or assigned by a node, without those of methods.
    pub(super) attribute: fn(Node<'_>, &str) -> Option<String>,
}

/// What defines a function.
pub(super) struct FunctionParts<'t> {
    pub(super) name: String,
    /// The type it is a method of, where the definition itself says so (Go).
    pub(super) owner: Option<String>,
    pub(super) body: Node<'t>,
    pub(super) params: Vec<Param>,
    pub(super) decorators: Vec<String>,
    pub(super) is_test: bool,
}

/// What holds functions under a name of its own.
pub(super) struct Container {
    pub(super) name: String,
    pub(super) kind: ContainerKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ContainerKind {
    Class,
    Module,
}

/// A name coming into being.
pub(super) struct Binding<'t> {
    pub(super) node: Node<'t>,
    pub(super) name: String,
    pub(super) kind: NameKind,
    pub(super) import: Option<ImportSource>,
}

/// A call.
pub(super) struct CallParts<'t> {
    pub(super) name: Node<'t>,
    pub(super) receiver: Option<Node<'t>>,
    pub(super) arguments: Option<Node<'t>>,
}

/// The table for a language.
pub(super) fn of(language: Language) -> &'static Dialect {
    match language {
        Language::Python => &python::DIALECT,
        Language::Rust => &rust::DIALECT,
        Language::JavaScript | Language::TypeScript | Language::Tsx => &javascript::DIALECT,
        Language::Go => &go::DIALECT,
    }
}

impl<'t> Binding<'t> {
    fn new(node: Node<'t>, text: &str, kind: NameKind) -> Self {
        let name = super::node::text_of(node, text).to_owned();
        Self { node, name, kind, import: None }
    }

    fn imported(node: Node<'t>, name: &str, module: String, item: Option<&str>) -> Self {
        let import = Some(ImportSource { module, item: item.map(str::to_owned) });
        Self { node, name: name.to_owned(), kind: NameKind::Import, import }
    }
}

impl Param {
    fn plain(name: &str) -> Self {
        Self { name: name.to_owned(), has_default: false, kind: ParamKind::Plain }
    }
}

/// Bindings of every identifier in a pattern, in source order; subtrees that `skip` names are not
/// part of the pattern.
fn pattern<'t>(
    root: Node<'t>,
    text: &str,
    kind: NameKind,
    idents: &[&str],
    skip: &[&str],
) -> Vec<Binding<'t>> {
    super::node::walk(root, |n| !skip.contains(&n.kind()))
        .into_iter()
        .filter(|n| idents.contains(&n.kind()))
        .map(|n| Binding::new(n, text, kind))
        .collect()
}
