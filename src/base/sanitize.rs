//! The one sanitiser for text of foreign origin that is shown in a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Makes every character that could steer a terminal, or hide from its reader, visible.
///
/// Kept: printable text, `\n` and `\t`. Shown as `\u{..}`: C0 and C1 controls (so no escape
/// sequence survives), DEL, bidirectional overrides and isolates, zero-width and other
/// invisible format characters. A `\r` before `\n` is dropped.
pub fn sanitize(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\r' && chars.peek() == Some(&'\n') {
            continue;
        }
        if is_hostile(c) {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Unicode Cf and control characters with no business in shown code (Trojan Source,
/// CVE-2021-42574, and kin).
fn is_hostile(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        _ if c.is_control() => true,
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::sanitize;
    use proptest::prelude::*;

    #[test]
    fn shows_what_hides() {
        assert_eq!(sanitize("plain\ttext\n"), "plain\ttext\n");
        assert_eq!(sanitize("a\x1b]52;c;x\x07b"), "a\\u{1b}]52;c;x\\u{7}b");
        assert_eq!(sanitize("x\u{202e}y\u{200b}z\u{9b}31m"), "x\\u{202e}y\\u{200b}z\\u{9b}31m");
        assert_eq!(sanitize("a\r\nb\rc"), "a\nb\\u{d}c");
    }

    struct Silent(bool);
    impl vte::Perform for Silent {
        fn execute(&mut self, byte: u8) {
            self.0 &= matches!(byte, b'\n' | b'\t');
        }
        fn csi_dispatch(&mut self, _: &vte::Params, _: &[u8], _: bool, _: char) {
            self.0 = false;
        }
        fn osc_dispatch(&mut self, _: &[&[u8]], _: bool) {
            self.0 = false;
        }
        fn esc_dispatch(&mut self, _: &[u8], _: bool, _: u8) {
            self.0 = false;
        }
        fn hook(&mut self, _: &vte::Params, _: &[u8], _: bool, _: char) {
            self.0 = false;
        }
    }

    proptest! {
        #[test]
        fn no_terminal_action_survives(text in any::<String>(), raw in proptest::collection::vec(any::<u8>(), 0..80)) {
            for text in [text, String::from_utf8_lossy(&raw).into_owned()] {
                let mut seen = Silent(true);
                vte::Parser::new().advance(&mut seen, sanitize(&text).as_bytes());
                prop_assert!(seen.0);
            }
        }
    }
}
