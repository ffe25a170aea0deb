//! What every identifier of one file stands for: scopes, what is bound in them, and where it is used.
//!
//! Names after a dot (attributes, fields, methods) are not in it: what they mean depends on the
//! receiver. Identifiers that no scope of the file binds have no target: builtins, globals, names
//! that a star import brings.

use crate::base::Span;

/// An index into [`Bindings::scopes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(pub u32);

/// An index into [`Bindings::bound`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BoundId(pub u32);

/// The names of one file.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    /// Outer ones before inner ones; the first is the file.
    pub scopes: Vec<Scope>,
    pub bound: Vec<Bound>,
    /// In source order.
    pub occurrences: Vec<Occurrence>,
}

/// A region in which names can be bound.
#[derive(Clone, Debug)]
pub struct Scope {
    pub kind: ScopeKind,
    pub span: Span,
    pub parent: Option<ScopeId>,
    /// Where names are looked up or bound at run time within it: `eval`, `locals()`, `with (x)`, a macro.
    pub dynamic: Option<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScopeKind {
    File,
    Module,
    Class,
    Function,
    Comprehension,
    Block,
}

/// One name bound in one scope.
#[derive(Clone, Debug)]
pub struct Bound {
    pub name: String,
    pub kind: BoundKind,
    pub namespace: Namespace,
    pub scope: ScopeId,
    /// The identifier that binds it first.
    pub declared: Span,
    /// The whole definition, statement or parameter around that.
    pub whole: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BoundKind {
    Parameter,
    Variable,
    Constant,
    Function,
    Class,
    /// A type that is no class: an alias, an interface, a type parameter.
    Type,
    Module,
    Import,
    Macro,
    Label,
}

/// Names of different namespaces do not clash. Python has one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Namespace {
    #[default]
    Value,
    Type,
    /// A class of TypeScript, a unit or tuple struct of Rust.
    Both,
    Macro,
    Label,
}

/// One identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    pub span: Span,
    pub role: Role,
    /// What it means; `None` when nothing in this file binds it.
    pub bound: Option<BoundId>,
    /// The innermost scope around it.
    pub scope: ScopeId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Bind,
    Read,
    Write,
    /// `x += 1`
    ReadWrite,
    Delete,
}

impl Namespace {
    /// True when names of the two can be mistaken for each other.
    pub fn meets(self, other: Self) -> bool {
        let both =
            |one: Self, two: Self| one == Self::Both && matches!(two, Self::Value | Self::Type);
        self == other || both(self, other) || both(other, self)
    }
}

impl Role {
    /// True when the value is used.
    pub fn reads(self) -> bool {
        matches!(self, Self::Read | Self::ReadWrite)
    }

    /// True when the name may have another value afterwards.
    pub fn writes(self) -> bool {
        self != Self::Read
    }
}

impl Bindings {
    /// A scope.
    pub fn scope(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.0 as usize]
    }

    /// What a name stands for.
    pub fn get(&self, id: BoundId) -> &Bound {
        &self.bound[id.0 as usize]
    }

    /// The identifier at a place: around a caret (its end included), or equal to a selection.
    pub fn at(&self, span: Span) -> Option<&Occurrence> {
        self.occurrences
            .iter()
            .find(|o| if span.is_empty() { o.span.contains(span) } else { o.span == span })
    }

    /// Every identifier that means `id`, in source order.
    pub fn of(&self, id: BoundId) -> impl Iterator<Item = &Occurrence> {
        self.occurrences.iter().filter(move |o| o.bound == Some(id))
    }

    /// The identifiers of a span, in source order.
    pub fn within(&self, span: Span) -> impl Iterator<Item = &Occurrence> {
        let from = self.occurrences.partition_point(|o| o.span.start < span.start);
        self.occurrences[from..]
            .iter()
            .take_while(move |o| o.span.start < span.end)
            .filter(move |o| span.contains(o.span))
    }

    /// A scope and those around it, innermost first.
    pub fn chain(&self, id: ScopeId) -> impl Iterator<Item = ScopeId> {
        std::iter::successors(Some(id), |id| self.scope(*id).parent)
    }

    /// The innermost scope around a byte offset.
    pub fn scope_at(&self, offset: usize) -> ScopeId {
        let holds = |scope: &Scope| scope.span.start <= offset && offset <= scope.span.end;
        let inner = self.scopes.iter().rposition(holds).unwrap_or(0);
        ScopeId(u32::try_from(inner).unwrap_or(0))
    }

    /// What is bound in one scope itself.
    pub fn in_scope(&self, scope: ScopeId) -> impl Iterator<Item = (BoundId, &Bound)> {
        (0..).map(BoundId).zip(&self.bound).filter(move |(_, bound)| bound.scope == scope)
    }

    /// The name in one scope itself.
    pub fn own(&self, scope: ScopeId, name: &str, namespace: Namespace) -> Option<BoundId> {
        self.in_scope(scope)
            .find(|(_, b)| b.name == name && b.namespace.meets(namespace))
            .map(|(id, _)| id)
    }
}
