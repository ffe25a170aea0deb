//! Words that are no names, and names that belong to the platform.

use std::collections::HashSet;
use std::sync::OnceLock;

use crate::refactor::{Reason, Refusal};

/// Reserved in modules and strict code, or with a meaning of their own somewhere.
const RESERVED: [&str; 52] = [
    "arguments",
    "as",
    "async",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "of",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "undefined",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

/// True for what can be an identifier by its letters.
pub(in crate::refactor::ecma) fn is_name(text: &str) -> bool {
    let first = |c: char| c.is_alphabetic() || c == '_' || c == '$';
    let rest = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '\u{200c}' | '\u{200d}');
    text.starts_with(first) && text.chars().all(rest)
}

/// # Errors
/// [`Reason::BadName`] for what can not be the name of a variable.
pub(in crate::refactor::ecma) fn check_name(name: &str) -> Result<(), Refusal> {
    if !is_name(name) {
        let message = format!("`{name}` is no identifier; use letters, digits, `_` and `$`");
        return Err(Refusal::new(Reason::BadName, message));
    }
    if RESERVED.contains(&name) {
        let message = format!("`{name}` is a word of the language; choose another name");
        return Err(Refusal::new(Reason::BadName, message));
    }
    Ok(())
}

/// True for a property of an object of the language, of Node or of a browser.
pub(in crate::refactor::ecma) fn is_platform(name: &str) -> bool {
    static NAMES: OnceLock<HashSet<&str>> = OnceLock::new();
    NAMES.get_or_init(|| include_str!("platform.txt").lines().collect()).contains(name)
}
