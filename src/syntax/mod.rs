//! The only tree-sitter: grammars, scopes, uses, syntax errors, and small transformations.
//!
//! Pure: source text in, values out. The tree itself is for this room and `refactor`; others see spans,
//! lines and names. [`mutations`] is the catalogue of small meaning-changing edits that the search
//! for a repair draws from.

mod assertions;
mod calls;
mod curly;
mod dialect;
mod everywhere;
mod features;
mod habits;
mod highlight;
mod lexemes;
mod mutation;
pub(crate) mod node;
mod parse;
mod python;
mod said;
mod scope;
mod similar;
mod sink;
mod symbols;
pub(crate) mod tree;

pub use assertions::assertions;
pub use calls::{Call, Use, calls, uses};
pub use dialect::{Param, ParamKind};
pub use everywhere::everywhere;
pub use features::Features;
pub use habits::{Elsewhere, Familiarity, Habits, Look};
pub use highlight::{Class, grammar_named, highlight};
pub use mutation::{Callable, Context, Mutation, Operator, mutations, unparsed_mutations};
pub use parse::{Parsed, SyntaxError, SyntaxErrorKind, parse, parses_no_worse, syntax_errors};
pub use scope::{
    Attribute, Definition, DefinitionKind, Function, ImportSource, Name, NameKind, Reach,
    attributes_of_self, definitions, enclosing_class, enclosing_function, functions, is_builtin,
    is_test_function, names_in_scope,
};
pub use similar::{distance, similar_names};
pub use symbols::{
    ExtractError, Grammar, Import, ImportStyle, Imported, NameId, Reference, ReferenceKind, Symbol,
    SymbolKind, Symbols, extract,
};
