//! The names of one Rust file: scopes and what they bind, and beside them what the trait's answer has no
//! place for: paths, members with what is known of their receivers, `use` leaves, definitions in types.
//!
//! Token trees of macros are parsed as what they most likely are (arguments, statements, items) and walked
//! like the code around them; what cannot be parsed so is kept token by token.

mod declare;
mod format;
mod macros;
mod origin;
mod paths;
mod pattern;
mod uses;
mod walk;

pub(super) use format::{holes, is_name};
pub(super) use macros::formats;
pub(super) use origin::std_method;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::base::Span;
use crate::refactor::{Bindings, Bound, BoundId, BoundKind, Namespace, ScopeId, ScopeKind};
use crate::syntax::Parsed;

/// Everything that is known of the names of one file.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) bindings: Bindings,
    /// What the value or type of each name is made of, by [`BoundId`].
    pub(super) origins: Vec<Origin>,
    /// Whether a scope hides the variables and generics outside of it, by [`ScopeId`].
    pub(super) barriers: Vec<bool>,
    /// Whether a name is none of an item: variables, parameters, generics, labels; by [`BoundId`].
    pub(super) local: Vec<bool>,
    /// Paths of two or more segments, and each leaf of a `use`.
    pub(super) paths: Vec<PathUse>,
    pub(super) members: Vec<Member>,
    pub(super) uses: Vec<UseLeaf>,
    pub(super) classes: Vec<Class>,
    pub(super) defined: Vec<Defined>,
    /// `S { a }`: by where the identifier starts.
    pub(super) shorthand: HashMap<usize, Shorthand>,
    /// Tokens of macros and attributes that no rule explains.
    pub(super) tokens: Vec<Token>,
    /// Where names are declared by the tokens of a macro other than `thread_local!`.
    pub(super) generated: Vec<Span>,
    /// Bodies of `macro_rules!`.
    pub(super) templates: Vec<Span>,
    /// Names that are turned into text: `stringify!(x)`.
    pub(super) stringified: Vec<Span>,
    /// The namespaces of identifiers that nothing in the file binds, by where they start.
    pub(super) unbound: HashMap<usize, Namespace>,
    by_name: HashMap<String, Vec<BoundId>>,
}

/// A path as it stands: the spans of its segments, `self`, `super`, `crate` and `$crate` among them; an empty
/// span first for a leading `::`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PathRef {
    pub(super) segments: Vec<Span>,
    pub(super) scope: ScopeId,
}

/// A path in use.
#[derive(Clone, Debug)]
pub(super) struct PathUse {
    pub(super) path: PathRef,
    pub(super) namespace: Namespace,
    /// `None` for a type or module in front that is no path (`<T as Trait>::name`).
    pub(super) qualifier: Option<Ty>,
}

/// One name that a `use` brings.
#[derive(Clone, Debug)]
pub(super) struct UseLeaf {
    pub(super) path: PathRef,
    pub(super) alias: Option<Span>,
    pub(super) glob: bool,
    /// `self` in a list: `use a::{self}`.
    pub(super) is_self: bool,
    pub(super) public: bool,
    pub(super) bound: Option<BoundId>,
    /// The leaf in its list, or the argument of the declaration.
    pub(super) leaf: Span,
    /// The whole declaration.
    pub(super) whole: Span,
}

/// `.name`, or a field in a struct expression or pattern.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) span: Span,
    pub(super) receiver: Origin,
    pub(super) kind: MemberUse,
    pub(super) scope: ScopeId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MemberUse {
    Field,
    Call,
    /// `S { name: .. }`
    Literal,
}

/// An `impl`, `trait`, `struct`, `enum` or `union`.
#[derive(Clone, Debug)]
pub(super) struct Class {
    pub(super) scope: ScopeId,
    /// The scope it stands in.
    pub(super) outer: ScopeId,
    pub(super) kind: ClassKind,
    pub(super) whole: Span,
    /// Attributes in front, `#[derive(..)]` among them.
    pub(super) attributes: Vec<Span>,
}

#[derive(Clone, Debug)]
pub(super) enum ClassKind {
    Impl { of: Option<PathRef>, ty: Ty },
    Trait(Span),
    Struct(Span),
    Enum(Span),
}

/// A field, variant, method, associated constant or type.
#[derive(Clone, Debug)]
pub(super) struct Defined {
    pub(super) name: Span,
    pub(super) kind: DefinedKind,
    /// An index into [`Names::classes`].
    pub(super) class: usize,
    /// The variant a field is in.
    pub(super) variant: Option<Span>,
    /// The type of a field or constant, or what a method gives.
    pub(super) ty: Ty,
    pub(super) whole: Span,
    pub(super) attributes: Vec<Span>,
    pub(super) public: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum DefinedKind {
    Field,
    Variant,
    Method,
    Constant,
    Type,
}

/// A type as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Ty {
    Path {
        path: PathRef,
        args: Vec<Ty>,
    },
    Ref(Box<Ty>),
    List(Box<Ty>),
    Tuple(Vec<Ty>),
    /// `impl Trait`, `dyn Trait`.
    Dyn(PathRef),
    Primitive,
    #[default]
    Other,
}

/// What a value is made of, as far as its expression tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Origin {
    #[default]
    Unknown,
    Typed(Ty),
    Variable(BoundId),
    /// `self` or `Self` within this scope.
    SelfValue(ScopeId),
    /// `a::b(..)`
    Call(PathRef),
    /// `S { .. }`, a unit struct, a constant
    Value(PathRef),
    Field(Box<Origin>, Span),
    Index(Box<Origin>, u32),
    Method(Box<Origin>, Span),
    /// `?`, `Some(x)`, `Ok(x)`, `.unwrap()`
    Inner(Box<Origin>),
    /// What iterating gives.
    Element(Box<Origin>),
}

/// `S { a }` stands for `S { a: a }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shorthand {
    Expression,
    /// What stands before the name in a pattern (`ref mut`) is written after the colon.
    Pattern {
        whole: Span,
    },
}

/// An identifier in a token tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) span: Span,
    pub(super) scope: ScopeId,
    pub(super) place: TokenPlace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenPlace {
    /// In the arguments of a macro.
    Macro,
    /// In a rule of `macro_rules!`.
    Template,
    /// In what a `quote!` makes.
    Quoted,
    /// `Item` in `Iterator<Item = u8>`
    TypeBinding,
    Attribute,
    /// In a string of an attribute.
    AttributeText,
}

/// Files whose names are kept.
const KEPT: usize = 4096;

/// The names of a file, worked out once: a plan asks for the same ones again and again, on several threads.
pub(super) fn of(parsed: &Parsed) -> Arc<Names> {
    /// By where the text lies in memory; it stays there as long as it is kept.
    type Known = HashMap<usize, (Arc<str>, Arc<Names>)>;
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let text = parsed.shared_text();
    let at = text.as_ptr() as usize;
    if let Some((_, names)) = known().get(&at).filter(|(kept, _)| Arc::ptr_eq(kept, &text)) {
        return Arc::clone(names);
    }
    let names = Arc::new(walk::names(parsed));
    let mut known = known();
    if known.len() >= KEPT {
        known.clear();
    }
    known.insert(at, (text, Arc::clone(&names)));
    names
}

impl Names {
    /// What is bound by a name anywhere in the file.
    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = (BoundId, &Bound)> {
        let known = self.by_name.get(name).map_or(&[] as &[BoundId], Vec::as_slice);
        known.iter().map(|id| (*id, self.bindings.get(*id)))
    }

    /// The innermost name a scope sees.
    pub(super) fn lookup(
        &self,
        from: ScopeId,
        name: &str,
        namespace: Namespace,
    ) -> Option<BoundId> {
        let bindings = &self.bindings;
        let mut items_only = false;
        for id in bindings.chain(from) {
            let found = self
                .named(name)
                .filter(|(bound, b)| {
                    b.scope == id
                        && !(items_only && self.local[bound.0 as usize])
                        && b.namespace.meets(namespace)
                })
                .max_by_key(|(_, b)| b.kind != BoundKind::Import);
            if let Some((bound, _)) = found {
                return Some(bound);
            }
            if bindings.scope(id).kind == ScopeKind::Module {
                return None;
            }
            items_only |= self.barriers[id.0 as usize];
        }
        None
    }

    /// The module (or file) scope around a scope.
    pub(super) fn module_of(&self, scope: ScopeId) -> ScopeId {
        self.bindings
            .chain(scope)
            .find(|id| matches!(self.bindings.scope(*id).kind, ScopeKind::File | ScopeKind::Module))
            .unwrap_or(ScopeId(0))
    }

    /// The innermost `impl`, trait or type around a scope.
    pub(super) fn class_of(&self, scope: ScopeId) -> Option<usize> {
        self.bindings.chain(scope).find_map(|id| self.classes.iter().position(|c| c.scope == id))
    }
}
