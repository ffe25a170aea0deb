//! Which of many paths are meant by a few letters.

use std::cmp::Reverse;

/// For a letter that begins a word, for one that follows its neighbour, for one in the file's name.
const WORD: i32 = 8;
const RUN: i32 = 6;
const NAME: i32 = 3;
/// Against letters that are left out between the first and the last.
const GAP: i32 = 1;

/// The best `most` of `texts`, best first; those of equal worth shorter first. For an empty pattern the
/// first ones, as given.
pub(super) fn best<'t>(
    pattern: &str,
    texts: impl IntoIterator<Item = &'t str>,
    most: usize,
) -> Vec<&'t str> {
    let pattern: Vec<char> = pattern.chars().flat_map(char::to_lowercase).collect();
    if pattern.is_empty() {
        return texts.into_iter().take(most).collect();
    }
    let name = |text: &str| text.len() - text.rfind('/').map_or(0, |at| at + 1);
    let rated = |(at, text): (usize, &'t str)| {
        Some((Reverse(score(&pattern, text)?), name(text), text.len(), at, text))
    };
    let mut found: Vec<_> = texts.into_iter().enumerate().filter_map(rated).collect();
    if found.len() > most {
        found.select_nth_unstable(most);
        found.truncate(most);
    }
    found.sort_unstable();
    found.into_iter().map(|(.., text)| text).collect()
}

/// How well `text` holds the letters of `pattern` in order; `None` when it does not.
fn score(pattern: &[char], text: &str) -> Option<i32> {
    if !holds(pattern, text) {
        return None;
    }
    let name = text.rfind('/').map_or(0, |at| at + 1);
    // In the name alone first: that is what people type.
    let inner = in_part(pattern, &text[name..]).map(|points| points + NAME * length(pattern));
    inner.or_else(|| in_part(pattern, text))
}

/// A quick look at whether the letters can be there at all: most texts go here.
fn holds(pattern: &[char], text: &str) -> bool {
    if !pattern.iter().all(char::is_ascii) || !text.is_ascii() {
        return true;
    }
    let mut bytes = text.bytes();
    pattern.iter().all(|wanted| bytes.any(|byte| char::from(byte.to_ascii_lowercase()) == *wanted))
}

/// The first place where the letters end, then backwards from there: the tightest match that ends there.
fn in_part(pattern: &[char], text: &str) -> Option<i32> {
    let mut wanted = pattern.iter();
    let mut next = wanted.next()?;
    let mut end = None;
    for (at, c) in text.char_indices() {
        if lower(c) == *next {
            match wanted.next() {
                Some(more) => next = more,
                None => {
                    end = Some(at + c.len_utf8());
                    break;
                }
            }
        }
    }
    let head = &text[..end?];
    let mut points = 0;
    let mut wanted = pattern.iter().rev().peekable();
    let mut later: Option<usize> = None;
    for (at, c) in head.char_indices().rev() {
        let Some(next) = wanted.peek() else { break };
        if lower(c) != **next {
            points -= GAP;
            continue;
        }
        wanted.next();
        let before = text[..at].chars().next_back();
        let begins = before.is_none_or(|b| !b.is_alphanumeric())
            || before.is_some_and(char::is_lowercase) && c.is_uppercase();
        points += if begins { WORD } else { 0 };
        points += if later == Some(at + c.len_utf8()) { RUN } else { 0 };
        later = Some(at);
    }
    Some(points)
}

fn lower(c: char) -> char {
    if c.is_ascii() { c.to_ascii_lowercase() } else { c.to_lowercase().next().unwrap_or(c) }
}

fn length(pattern: &[char]) -> i32 {
    i32::try_from(pattern.len()).unwrap_or(i32::MAX / 64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PATHS: &[&str] = &[
        "docs/chat.md",
        "src/agent/chat/state.rs",
        "src/tui/app.rs",
        "src/tui/chat/app.rs",
        "src/tui/chat/transcript.rs",
        "tests/state_machine.py",
    ];

    #[test]
    fn the_name_counts_more_than_the_way_to_it() {
        assert_eq!(
            best("app", PATHS.iter().copied(), 2),
            ["src/tui/app.rs", "src/tui/chat/app.rs"]
        );
        assert_eq!(best("state", PATHS.iter().copied(), 1), ["src/agent/chat/state.rs"]);
        assert_eq!(best("sm", PATHS.iter().copied(), 1), ["tests/state_machine.py"]);
        assert_eq!(best("chatapp", PATHS.iter().copied(), 9), ["src/tui/chat/app.rs"]);
        assert!(best("zzz", PATHS.iter().copied(), 9).is_empty());
        assert_eq!(best("", PATHS.iter().copied(), 9).len(), PATHS.len());
    }

    proptest! {
        #[test]
        fn found_texts_hold_the_letters_in_order(pattern in "[a-dé/]{1,4}", text in "[a-dA-Dé/]{0,12}") {
            let pattern_chars: Vec<char> = pattern.chars().collect();
            let mut at = 0;
            for c in text.chars().map(lower) {
                at += usize::from(pattern_chars.get(at) == Some(&c));
            }
            let holds = at == pattern_chars.len();
            prop_assert_eq!(!best(&pattern, [text.as_str()], 1).is_empty(), holds);
        }
    }
}
