//! What a file defines, uses and imports: the facts that the index of a repository is made of.
//!
//! A row in [`grammar`]'s table and a query file make a language. Names are what the source says;
//! which definition a use means is worked out over the whole repository, in `repo`.

mod doc;
mod extract;
mod grammar;
mod import;
mod import_curly;
mod macros;

use serde::{Deserialize, Serialize};

pub use extract::{ExtractError, extract};
pub use grammar::{Grammar, ImportStyle};

/// The facts of one file. Names are kept once, in a table of the file's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symbols {
    names: Vec<String>,
    /// In source order, outer ones before what they hold.
    pub definitions: Vec<Symbol>,
    /// By place of the first use.
    pub references: Vec<Reference>,
    pub imports: Vec<Import>,
    /// The package, module or namespace that the file says it belongs to; empty without one.
    pub package: String,
    /// A part of the file does not fit the grammar, and may be missing here.
    pub has_errors: bool,
}

/// A name in the table of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NameId(pub u32);

/// One definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symbol {
    pub name: NameId,
    pub kind: SymbolKind,
    /// The definition around this one, an index into the same file's list.
    pub parent: Option<u32>,
    /// The type it belongs to where it does not lie inside of it (`func (t *T) f()`).
    pub container: Option<NameId>,
    /// First and last line, from 1.
    pub first: u32,
    pub last: u32,
    /// The line of its name.
    pub line: u32,
    /// Its head without the body, on one line.
    pub signature: String,
    /// The first sentence that its comment says; may be empty.
    pub doc: String,
}

/// What a definition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SymbolKind {
    Function,
    Method,
    Class,
    Interface,
    Struct,
    Enum,
    Trait,
    Type,
    Constant,
    Variable,
    Field,
    Module,
    Macro,
    /// No definition, but something that lends its name to what is inside: `impl T`.
    Scope,
}

/// All uses of one name, in one way, within one definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    pub name: NameId,
    /// What stands before the dot: `a.b` in `a.b.c()`. A receiver that is no plain path is an empty
    /// name.
    pub qualifier: Option<NameId>,
    pub kind: ReferenceKind,
    /// The innermost definition around it.
    pub within: Option<u32>,
    /// Ascending, each line once.
    pub lines: Vec<u32>,
}

/// How a name is used. The order is that of precedence when a name could be several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ReferenceKind {
    /// As a type that the one around it takes members from: `extends`, `implements`, `impl T for`.
    Base,
    Call,
    Type,
    Member,
    Name,
}

/// One name that an import binds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Where it comes from, as the source spells it: `a.b`, `..x`, `./x`, `crate::a`, `x.h`.
    pub module: String,
    pub what: Imported,
    /// The name that it has in this file; `None` when nothing is bound (`#include`, a glob).
    pub alias: Option<NameId>,
    /// Others can import it from this file.
    pub reexport: bool,
    pub line: u32,
}

/// What is imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Imported {
    /// The module itself.
    Module,
    /// One item of it, by the name that it has there; may be a module as well.
    Item(String),
    /// All of its items.
    All,
}

impl Symbols {
    /// The text of a name; empty for an id of another file.
    pub fn name(&self, id: NameId) -> &str {
        self.names.get(id.0 as usize).map_or("", String::as_str)
    }

    /// All names of the file; a [`NameId`] is an index into them.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The names around a definition and its own, outermost first: `Outer.method`.
    pub fn qualified(&self, definition: u32) -> String {
        let mut parts = Vec::new();
        let mut at = Some(definition);
        while let Some(symbol) = at.and_then(|at| self.definitions.get(at as usize)) {
            parts.push(self.name(symbol.name));
            parts.extend(symbol.container.map(|name| self.name(name)));
            at = symbol.parent;
        }
        parts.reverse();
        parts.join(".")
    }

    /// The name of the type or scope right around a definition; `None` at the top of the file.
    pub fn container(&self, definition: u32) -> Option<&str> {
        let symbol = self.definitions.get(definition as usize)?;
        let around = symbol.parent.and_then(|at| self.definitions.get(at as usize));
        symbol.container.or(around.map(|s| s.name)).map(|name| self.name(name))
    }
}

impl SymbolKind {
    /// The word for people and for JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Method => "method",
            Self::Class => "class",
            Self::Interface => "interface",
            Self::Struct => "struct",
            Self::Enum => "enum",
            Self::Trait => "trait",
            Self::Type => "type",
            Self::Constant => "constant",
            Self::Variable => "variable",
            Self::Field => "field",
            Self::Module => "module",
            Self::Macro => "macro",
            Self::Scope => "scope",
        }
    }

    fn of_capture(word: &str) -> Option<Self> {
        Some(match word {
            "function" => Self::Function,
            "method" => Self::Method,
            "class" => Self::Class,
            "interface" => Self::Interface,
            "struct" => Self::Struct,
            "enum" => Self::Enum,
            "trait" => Self::Trait,
            "type" => Self::Type,
            "constant" => Self::Constant,
            "variable" => Self::Variable,
            "field" => Self::Field,
            "module" => Self::Module,
            "macro" => Self::Macro,
            _ => return None,
        })
    }

    /// True for what has members: classes and the like.
    pub fn is_type(self) -> bool {
        matches!(
            self,
            Self::Class | Self::Interface | Self::Struct | Self::Enum | Self::Trait | Self::Type
        )
    }

    /// True for what can be called.
    pub fn is_callable(self) -> bool {
        matches!(self, Self::Function | Self::Method | Self::Macro)
    }
}

impl ReferenceKind {
    /// The word for people and for JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Call => "call",
            Self::Type => "type",
            Self::Member => "member",
            Self::Name => "name",
        }
    }
}
