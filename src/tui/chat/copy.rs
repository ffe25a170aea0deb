//! Text for the clipboard, by the terminal's own sequence (OSC 52): it works over ssh, and starts nothing.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use crate::base::sanitize;

/// Bytes that are copied at most: xterm takes 75,000 of base64 and drops longer ones silently.
const MOST: usize = 56_000;

/// The sequence that puts `text` on the clipboard; `None` when it is too long. Nothing but base64 stands
/// between its two ends, and what could steer a terminal that it is pasted into is made visible.
pub(super) fn sequence(text: &str) -> Option<String> {
    let text = sanitize(text);
    (text.len() <= MOST).then(|| format!("\x1b]52;c;{}\x1b\\", BASE64_STANDARD.encode(&*text)))
}

/// The last piece of code in a Markdown text.
pub(super) fn last_code(text: &str) -> Option<String> {
    let mut last = None;
    let mut open: Option<String> = None;
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => open = Some(String::new()),
            Event::Text(text) => {
                if let Some(code) = &mut open {
                    code.push_str(&text);
                }
            }
            Event::End(TagEnd::CodeBlock) => last = open.take().or(last),
            _ => {}
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_is_ended_and_bounded() {
        assert_eq!(sequence("hi").as_deref(), Some("\x1b]52;c;aGk=\x1b\\"));
        let hostile = sequence("\x1b\\\x07\x1b[2J").unwrap();
        assert_eq!(hostile.matches('\x1b').count(), 2);
        let text = hostile.trim_start_matches("\x1b]52;c;").trim_end_matches("\x1b\\");
        let decoded = BASE64_STANDARD.decode(text).unwrap();
        assert!(!decoded.contains(&0x1b));
        assert!(sequence(&"x".repeat(MOST)).unwrap().len() < 75_000);
        assert_eq!(sequence(&"x".repeat(MOST + 1)), None);
    }

    #[test]
    fn the_last_code_is_found() {
        let text = "a\n```py\none\n```\nb\n```\ntwo\nthree\n```\n`four`";
        assert_eq!(last_code(text).as_deref(), Some("two\nthree\n"));
        assert_eq!(last_code("`inline`"), None);
    }
}
