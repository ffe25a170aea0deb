//! What a text must hold so that its tree is worth a look.
//!
//! Each question may be answered with yes too often, never with no where a look at the tree would find something.

use crate::base::Span;
use crate::refactor::each_word;

/// Whether a type, trait or `impl` in the text may declare a member.
pub(super) fn may_define(text: &str, name: &str) -> bool {
    let mut words = each_word(text, name).peekable();
    if words.peek().is_none() {
        return false;
    }
    let enums = text.contains("enum");
    words.any(|at| defines(text, at, enums))
}

/// Whether an item of the text may have a name.
pub(super) fn may_declare(text: &str, name: &str) -> bool {
    each_word(text, name).any(|at| {
        let before = text[..at.start].trim_end_matches("r#").trim_end();
        let word = last_word(before);
        before.ends_with('!')
            || is_comment(before)
            || matches!(
                word,
                "mod"
                    | "fn"
                    | "struct"
                    | "enum"
                    | "union"
                    | "trait"
                    | "type"
                    | "const"
                    | "static"
                    | "mut"
                    | "ref"
            )
    })
}

fn last_word(text: &str) -> &str {
    &text[text.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_').len()..]
}

fn defines(text: &str, at: Span, enums: bool) -> bool {
    let before = text[..at.start].trim_end_matches("r#").trim_end();
    let after = text[at.end..].trim_start();
    let comment = after.starts_with("//") || after.starts_with("/*");
    let word = last_word(before);
    if matches!(word, "fn" | "const" | "type" | "pub") || is_comment(before) {
        return true;
    }
    let field = after.starts_with(':') && !after.starts_with("::");
    let variant = enums
        && before.ends_with(['{', ',', ']', ')'])
        && (after.starts_with([',', '(', '{', '}', '=']) && !after.starts_with("=="));
    field || comment || variant
}

/// Whether a text may end with a comment.
fn is_comment(text: &str) -> bool {
    let line = text.rsplit('\n').next().unwrap_or(text);
    line.contains("//") || line.ends_with("*/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_declare_pass() {
        for text in [
            "impl A { fn name(&self) {} }",
            "impl A { pub const fn r#name() {} }",
            "trait A { const\n name: u8; }",
            "trait A { type name; }",
            "struct A { name: u8 }",
            "struct A { pub name : u8 }",
            "union A { /* a */ name /* b */: u8 }",
            "enum A { B, name }",
            "enum A { name(u8), B }",
            "enum A {\n    /// It.\n    name,\n}",
            "enum A { #[b] name { c: u8 }, }",
            "enum A { name = 1 }",
            "enum A { B, // b\n name // c\n }",
        ] {
            assert!(may_define(text, "name"), "{text}");
        }
        for text in [
            "struct A; fn f(a: A) { a.name(); name(a) }",
            "enum A { B } fn f() { x.name == 1; A::name }",
            "fn rename() { name::f() }",
        ] {
            assert!(!may_define(text, "name"), "{text}");
        }
    }

    #[test]
    fn texts_that_have_an_item_pass() {
        for text in [
            "pub(crate) async fn name() {}",
            "static mut\n r#name: u8 = 1;",
            "macro_rules! name { () => {} }",
            "lazy_static! { static ref name: u8 = 1; }",
            "struct /* a */ name;",
            "struct // a\nname;",
        ] {
            assert!(may_declare(text, "name"), "{text}");
        }
        for text in ["fn f(name: u8) { name(); a::name }", "use a::name;", "fn name2() {}"] {
            assert!(!may_declare(text, "name"), "{text}");
        }
    }
}
