//! The words of source text: a reading that needs no grammar, for what counts words.
//!
//! Names, numbers, strings, operators and ends of lines, by rules that fit all languages well enough.
//! A piece of a file is read as the file itself is, as long as it begins where a word may.

use crate::base::Language;

/// Any sequence of line feeds, comments and indentation is this lexeme.
pub(super) const LINE_END: &str = "\n";

/// Operators of more than one character, longest first.
const OPERATORS: &[&str] = &[
    ">>>=", "**=", "//=", "<<=", ">>=", "===", "!==", "...", "..=", "&&=", "||=", "??=", ">>>",
    "->", "=>", "<-", "::", "//", "**", "<<", ">>", "&&", "||", "??", "?.", "==", "!=", "<=", ">=",
    ":=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "@=", "++", "--", "..",
];

/// The lexemes of `text` and where they start. White space within lines, and comments, are none; nor
/// is a line end before the first.
pub(super) fn lexemes(text: &str, language: Language) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    let mut after_line_end = true;
    std::iter::from_fn(move || {
        loop {
            let rest = &text[at..];
            let first = rest.chars().next()?;
            if let Some(length) = comment_length(rest, language) {
                at += length;
                continue;
            }
            let start = at;
            at += length(rest, first, language);
            if first == '\n' {
                if !std::mem::replace(&mut after_line_end, true) {
                    return Some((start, LINE_END));
                }
            } else if !first.is_whitespace() {
                after_line_end = false;
                return Some((start, &text[start..at]));
            }
        }
    })
}

/// Bytes of the comment that `text` starts with, without its line end.
fn comment_length(text: &str, language: Language) -> Option<usize> {
    let line = || text.find('\n').unwrap_or(text.len());
    if language == Language::Python {
        return text.starts_with('#').then(line);
    }
    if text.starts_with("//") {
        return Some(line());
    }
    let block = text.strip_prefix("/*")?;
    Some(block.find("*/").map_or(text.len(), |end| end + 4))
}

/// Bytes of the lexeme, or of the white space, that `text` starts with.
fn length(text: &str, first: char, language: Language) -> usize {
    let while_ = |part: fn(char) -> bool| text.find(|c| !part(c)).unwrap_or(text.len());
    if first.is_alphabetic() || first == '_' {
        return while_(|c| c.is_alphanumeric() || c == '_');
    }
    if first.is_ascii_digit() {
        return while_(|c| c.is_alphanumeric() || c == '_' || c == '.');
    }
    if matches!(first, '"' | '\'' | '`') {
        return string_length(text, first, language).unwrap_or(1);
    }
    let operator = OPERATORS.iter().find(|operator| text.starts_with(**operator));
    operator.map_or(first.len_utf8(), |operator| operator.len())
}

/// Bytes of the string that `text` starts with, or of the character or lifetime; `None` when it does
/// not end.
fn string_length(text: &str, quote: char, language: Language) -> Option<usize> {
    if language == Language::Python {
        let three = if quote == '"' { "\"\"\"" } else { "'''" };
        if let Some(rest) = text.strip_prefix(three) {
            return rest.find(three).map(|end| end + 2 * three.len());
        }
    }
    if language == Language::Rust && quote == '\'' {
        let mut inner = text[1..].chars();
        let (first, second) = (inner.next()?, inner.next()?);
        if first != '\\' && second != '\'' {
            let end = text[1..].find(|c: char| !c.is_alphanumeric() && c != '_');
            return end.filter(|length| *length > 0).map(|length| length + 1);
        }
    }
    let over_lines = quote == '`' || language == Language::Rust && quote == '"';
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' if !over_lines => return None,
            _ if std::mem::take(&mut escaped) => {}
            '\\' => escaped = true,
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str, language: Language) -> Vec<&str> {
        lexemes(text, language).map(|(_, word)| word).collect()
    }

    #[test]
    fn names_strings_operators_and_line_ends() {
        let text = "a  **= 'x\\'y' + 3.5é # no\n\n  b'\n";
        let found = words(text, Language::Python);
        assert_eq!(found, ["a", "**=", "'x\\'y'", "+", "3.5é", "\n", "b", "'", "\n"]);
        let starts: Vec<usize> = lexemes("\n a\n  b", Language::Go).map(|t| t.0).collect();
        assert_eq!(starts, [2, 3, 6]);
    }

    #[test]
    fn comments_are_left_out() {
        assert_eq!(words("a # b\n# c\nd", Language::Python), ["a", "\n", "d"]);
        assert_eq!(words("a /* b\n */ // c\nd /*", Language::Rust), ["a", "\n", "d"]);
        // A division of whole numbers, and no comment.
        assert_eq!(words("a // b", Language::Python), ["a", "//", "b"]);
    }

    #[test]
    fn strings_of_each_language() {
        let text = "'''a\n# b''' f\"c\"";
        assert_eq!(words(text, Language::Python), ["'''a\n# b'''", "f", "\"c\""]);
        let text = "f::<'a, 'b'>('\\'', \"x\ny\")";
        let wanted = ["f", "::", "<", "'a", ",", "'b'", ">", "(", "'\\''", ",", "\"x\ny\"", ")"];
        assert_eq!(words(text, Language::Rust), wanted);
        assert_eq!(words("`a\n${b}` + 'c", Language::TypeScript), ["`a\n${b}`", "+", "'", "c"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_in_order(text in ".{0,60}", language in 0..4_usize) {
            let language =
                [Language::Python, Language::Rust, Language::JavaScript, Language::Go][language];
            let mut end = 0;
            for (start, word) in lexemes(&text, language) {
                prop_assert!(start >= end && text[start..].starts_with(word) && !word.is_empty());
                end = start + word.len();
            }
        }
    }
}
