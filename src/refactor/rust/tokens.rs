//! The words and marks of a text, without a tree: what is no code (comments, strings, characters) is passed by.

use crate::base::Span;

/// One piece of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// An identifier or keyword.
    Word(&'t str),
    /// An identifier that is written with `r#`, without that.
    Raw(&'t str),
    /// One byte of punctuation.
    Mark(u8),
    /// A literal or a lifetime.
    Other,
}

impl<'t> Token<'t> {
    /// The identifier or keyword.
    pub(super) fn name(self) -> Option<&'t str> {
        match self {
            Self::Word(name) | Self::Raw(name) => Some(name),
            Self::Mark(_) | Self::Other => None,
        }
    }
}

/// The tokens of a text, each with the offset at which it begins.
pub(super) struct Tokens<'t> {
    text: &'t str,
    at: usize,
    /// The line comments met so far, without their line ends; `None` when nobody asks.
    pub(super) comments: Option<Vec<Span>>,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str, with_comments: bool) -> Self {
        let mut tokens = Self { text, at: 0, comments: with_comments.then(Vec::new) };
        let shebang = text.strip_prefix("#!").is_some_and(|rest| {
            !rest.trim_start_matches([' ', '\t', '\r', '\u{c}', '\u{b}']).starts_with('[')
        });
        if shebang {
            tokens.at = tokens.line_end(0);
        }
        tokens
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn line_end(&self, from: usize) -> usize {
        self.text[from..].find('\n').map_or(self.text.len(), |n| from + n)
    }

    /// Behind blanks and comments.
    fn skip(&mut self) {
        loop {
            match (self.byte(self.at), self.byte(self.at + 1)) {
                (Some(b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c), _) => self.at += 1,
                (Some(b'/'), Some(b'/')) => {
                    let end = self.line_end(self.at);
                    if let Some(comments) = &mut self.comments {
                        comments.push(Span::new(self.at, end));
                    }
                    self.at = end;
                }
                (Some(b'/'), Some(b'*')) => self.block_comment(),
                _ => return,
            }
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        while let Some(byte) = self.byte(self.at) {
            match (byte, self.byte(self.at + 1)) {
                (b'/', Some(b'*')) => (depth, self.at) = (depth + 1, self.at + 2),
                (b'*', Some(b'/')) => (depth, self.at) = (depth - 1, self.at + 2),
                _ => self.at += 1,
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// A string with escapes; `at` is on its first quote.
    fn string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.byte(self.at) {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                return;
            }
        }
    }

    /// True when a raw string begins here, behind its letters; then `at` is behind it.
    fn raw_string(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let hashes = rest.len() - rest.trim_start_matches('#').len();
        let Some(body) = rest[hashes..].strip_prefix('"') else { return false };
        let end = format!("\"{}", &rest[..hashes]);
        let length = body.find(&end).map_or(body.len(), |n| n + end.len());
        self.at += hashes + 1 + length;
        true
    }

    /// A character or a lifetime; `at` is on the quote.
    fn quote(&mut self) {
        let inside = &self.text[self.at + 1..];
        let mut chars = inside.chars();
        match chars.next() {
            Some('\\') => {
                let escaped = chars.next().map_or(0, char::len_utf8);
                let end = inside[1 + escaped..].find('\'').map(|n| 1 + escaped + n + 1);
                self.at += 1 + end.unwrap_or(inside.len());
            }
            Some(c) if chars.next() == Some('\'') => self.at += c.len_utf8() + 2,
            _ => {
                self.at += 1;
                self.word();
            }
        }
    }

    /// The word that begins here; empty when none does.
    fn word(&mut self) -> &'t str {
        let start = self.at;
        let part = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80;
        while self.byte(self.at).is_some_and(part) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    /// A word, or the literal or raw name that it introduces.
    fn named(&mut self) -> Token<'t> {
        let word = self.word();
        match (word, self.byte(self.at)) {
            ("r" | "br" | "cr", Some(b'"' | b'#')) if self.raw_string() => Token::Other,
            ("r", Some(b'#')) => {
                let starts = |b: u8| b.is_ascii_alphabetic() || b == b'_' || b >= 0x80;
                if self.byte(self.at + 1).is_some_and(starts) {
                    self.at += 1;
                    return Token::Raw(self.word());
                }
                Token::Word(word)
            }
            ("b" | "c", Some(b'"')) => {
                self.string();
                Token::Other
            }
            ("b", Some(b'\'')) => {
                self.quote();
                Token::Other
            }
            _ => Token::Word(word),
        }
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = (usize, Token<'t>);

    fn next(&mut self) -> Option<Self::Item> {
        self.skip();
        let start = self.at;
        let token = match self.byte(start)? {
            b'"' => {
                self.string();
                Token::Other
            }
            b'\'' => {
                self.quote();
                Token::Other
            }
            b'0'..=b'9' => {
                self.word();
                Token::Other
            }
            byte if byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 => self.named(),
            byte => {
                self.at += 1;
                Token::Mark(byte)
            }
        };
        Some((start, token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        Tokens::new(text, false).filter_map(|(_, token)| token.name()).collect()
    }

    #[test]
    fn what_is_no_code_is_passed_by() {
        for (text, wanted) in [
            ("a /* b /* c */ d */ e", vec!["a", "e"]),
            ("a // b\nc", vec!["a", "c"]),
            (r#"a "b \" c" d"#, vec!["a", "d"]),
            (r###"r"a\" b r#"c " d"# br##"e"# f"## g"###, vec!["b", "g"]),
            ("a 'b' '\\'' '\\u{41}' b'c' '\u{e9}' d", vec!["a", "d"]),
            ("&'a b, 'c: loop", vec!["b", "loop"]),
            ("r#mod r", vec!["mod", "r"]),
            ("#!/bin/x y\na", vec!["a"]),
            ("#![a]", vec!["a"]),
            ("1u8 0xff 1.5e3 x.0", vec!["x"]),
            ("\"open", vec![]),
            ("/* open", vec![]),
            ("'", vec![]),
            ("'\\", vec![]),
            ("r#\"open", vec![]),
        ] {
            assert_eq!(words(text), wanted, "{text}");
        }
    }

    #[test]
    fn line_comments_are_kept_when_asked_for() {
        let mut tokens = Tokens::new("a // b\n/// c\r\n\"// d\"", true);
        assert_eq!(tokens.by_ref().count(), 2);
        assert_eq!(tokens.comments, Some(vec![Span::new(2, 6), Span::new(7, 13)]));
    }

    proptest::proptest! {
        #[test]
        fn any_text_ends(text in "[a-c'\"#r\\\\/*! {}\u{e9}]{0,40}") {
            let mut last = None;
            for (at, _) in Tokens::new(&text, true) {
                proptest::prop_assert!(last.is_none_or(|l| l < at) && at < text.len());
                last = Some(at);
            }
        }
    }
}
