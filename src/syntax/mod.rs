//! The only tree-sitter: grammars, scopes, uses, syntax errors, and small transformations.
//!
//! Pure: source text in, values out.
