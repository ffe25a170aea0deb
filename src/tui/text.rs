//! Foreign text -> terminal cells: made safe, tabs expanded, measured, cut to a window.
//!
//! Work is bounded by what is visible, so a line of ten megabytes costs what its window costs.

use std::ops::Range;
use std::time::Duration;

use unicode_width::UnicodeWidthChar;

use crate::base::sanitize;

/// Columns between tab stops.
const TAB: usize = 4;
/// Marks in a row on one cell before the rest are shown as escapes.
const MAX_MARKS: usize = 4;
/// Characters of a one-line text that are looked at; nothing wider is ever shown.
const ONE_LINE_LIMIT: usize = 2_000;

/// A run of cells that look alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) emphasis: Emphasis,
}

/// Whether a run is what changed within its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Emphasis {
    Plain,
    Changed,
}

/// What of a line is seen through a window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) pieces: Vec<Piece>,
    /// Columns used, at most the width asked for.
    pub(super) width: usize,
    /// True when text goes on beyond the right edge.
    pub(super) goes_on: bool,
}

/// The columns `skip..skip + width` of one line; `changed` are sorted byte ranges of `text`.
pub(super) fn window(text: &str, changed: &[Range<usize>], skip: usize, width: usize) -> Window {
    let mut out = Window::default();
    let mut column = 0;
    let mut marks = 0;
    let mut shown = String::new();
    for (at, c) in text.char_indices() {
        let cells = cells_of(c, column, &mut marks, &mut shown);
        let end = column + cells;
        if end <= skip {
            column = end;
            continue;
        }
        if end > skip + width {
            out.goes_on = true;
            let part = clip(&shown, column, skip, skip + width);
            push(&mut out, &part, emphasis_at(changed, at));
            break;
        }
        let part = if column < skip {
            clip(&shown, column, skip, skip + width)
        } else {
            std::mem::take(&mut shown)
        };
        push(&mut out, &part, emphasis_at(changed, at));
        column = end;
    }
    out
}

/// `text` whole as cells of one line: safe, tabs expanded, line feeds as blanks.
pub(super) fn plain(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 8);
    let (mut column, mut marks, mut shown) = (0, 0, String::new());
    for c in text.chars() {
        let c = if c == '\n' { ' ' } else { c };
        column += cells_of(c, column, &mut marks, &mut shown);
        out.push_str(&shown);
    }
    out
}

/// One safe line without line feeds or tabs, whole.
pub(super) fn one_line(text: &str) -> String {
    let cut = text.char_indices().nth(ONE_LINE_LIMIT).map_or(text.len(), |(at, _)| at);
    let flat: String =
        text[..cut].chars().map(|c| if matches!(c, '\n' | '\t') { ' ' } else { c }).collect();
    let mut safe = sanitize(&flat).into_owned();
    if cut < text.len() {
        safe.push('…');
    }
    safe
}

/// `text` as one safe line of at most `width` columns, with `ellipsis` where it was cut.
pub(super) fn fit(text: &str, width: usize, ellipsis: &str) -> String {
    let line = one_line(text);
    let seen = window(&line, &[], 0, width);
    if !seen.goes_on {
        return line;
    }
    let room = width.saturating_sub(columns(ellipsis));
    let mut out: String =
        window(&line, &[], 0, room).pieces.into_iter().map(|piece| piece.text).collect();
    if width >= columns(ellipsis) {
        out.push_str(ellipsis);
    }
    out
}

/// `text` broken at spaces into safe lines of at most `width` columns, at most `limit` of them.
pub(super) fn wrap(text: &str, width: usize, limit: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    for paragraph in text.lines().take(limit) {
        let mut line = String::new();
        for word in one_line(paragraph).split(' ') {
            let gap = usize::from(!line.is_empty());
            if columns(&line) + gap + columns(word) <= width {
                if gap == 1 {
                    line.push(' ');
                }
                line.push_str(word);
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line = break_word(word, width, &mut lines);
        }
        lines.push(line);
    }
    lines.truncate(limit);
    lines
}

/// Columns that `text`, already safe, takes.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// A time as people read it: `3.2 s`, `41 s`, `2 min 05 s`.
pub(super) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

/// Puts what is shown for `c` at `column` into `shown` and returns its columns.
fn cells_of(c: char, column: usize, marks: &mut usize, shown: &mut String) -> usize {
    shown.clear();
    if c == '\t' {
        let cells = TAB - column % TAB;
        shown.extend(std::iter::repeat_n(' ', cells));
        *marks = 0;
        return cells;
    }
    let mut utf8 = [0; 4];
    shown.push_str(&sanitize(c.encode_utf8(&mut utf8)));
    let cells = columns(shown);
    if cells > 0 {
        *marks = 0;
        return cells;
    }
    *marks += 1;
    if *marks > MAX_MARKS || column == 0 {
        *shown = format!("\\u{{{:x}}}", u32::from(c));
        return shown.len();
    }
    0
}

/// The columns `from..to` of `shown`, which starts at `column`; a wide character cut in two
/// leaves a blank.
fn clip(shown: &str, column: usize, from: usize, to: usize) -> String {
    let mut out = String::new();
    let mut at = column;
    for c in shown.chars() {
        let end = at + c.width().unwrap_or(0);
        if at >= from && end <= to {
            out.push(c);
        } else {
            out.extend(std::iter::repeat_n(' ', end.min(to).saturating_sub(at.max(from))));
        }
        at = end;
    }
    out
}

fn push(out: &mut Window, text: &str, emphasis: Emphasis) {
    if text.is_empty() {
        return;
    }
    out.width += columns(text);
    match out.pieces.last_mut() {
        Some(last) if last.emphasis == emphasis => last.text.push_str(text),
        _ => out.pieces.push(Piece { text: text.to_owned(), emphasis }),
    }
}

fn emphasis_at(changed: &[Range<usize>], at: usize) -> Emphasis {
    let next = changed.partition_point(|range| range.end <= at);
    match changed.get(next) {
        Some(range) if range.contains(&at) => Emphasis::Changed,
        _ => Emphasis::Plain,
    }
}

/// Breaks a word that is wider than a line; the whole lines go to `lines`, the rest is returned.
fn break_word(word: &str, width: usize, lines: &mut Vec<String>) -> String {
    let mut line = String::new();
    let mut used = 0;
    for c in word.chars() {
        let cells = c.width().unwrap_or(0);
        if used + cells > width && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        line.push(c);
        used += cells;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seen(text: &str, skip: usize, width: usize) -> String {
        window(text, &[], skip, width).pieces.into_iter().map(|p| p.text).collect()
    }

    #[test]
    fn tabs_and_wide_characters_keep_their_columns() {
        assert_eq!(seen("\tx\ty", 0, 20), "    x   y");
        assert_eq!(seen("\tx\ty", 2, 5), "  x  ");
        assert_eq!(seen("日本語", 0, 5), "日本 ");
        assert_eq!(seen("日本語", 1, 5), " 本語");
        assert!(window("日本語", &[], 0, 5).goes_on && !window("日本語", &[], 0, 6).goes_on);
    }

    #[test]
    fn emphasis_follows_bytes_not_columns() {
        let operator = std::iter::once(3..5).collect::<Vec<_>>();
        let out = window("\té<=b", &operator, 0, 20);
        let changed: Vec<_> =
            out.pieces.iter().filter(|p| p.emphasis == Emphasis::Changed).collect();
        assert_eq!(changed.len(), 1);
        assert_eq!(changed[0].text, "<=");
    }

    #[test]
    fn what_hides_is_shown() {
        assert_eq!(seen("a\x1b[2Jb", 0, 40), "a\\u{1b}[2Jb");
        assert_eq!(seen("x\u{202e}y\rz", 0, 40), "x\\u{202e}y\\u{d}z");
        let pile = format!("e{}", "\u{301}".repeat(50));
        assert!(seen(&pile, 0, 200).contains("\\u{301}"));
    }

    #[test]
    fn a_huge_line_costs_its_window() {
        let line = "x = 1;\t".repeat(1_500_000);
        let out = window(&line, &[], 100, 80);
        assert_eq!((out.width, out.goes_on), (80, true));
        assert_eq!(columns(&fit(&line, 30, "…")), 30);
    }

    #[test]
    fn wraps_at_spaces_and_breaks_long_words() {
        assert_eq!(wrap("one two three", 7, 9), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 3, 9), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrap("a\nb\nc", 9, 2), ["a", "b"]);
    }

    #[test]
    fn fits_and_says_so() {
        assert_eq!(fit("short", 10, "…"), "short");
        assert_eq!(fit("much too long", 6, "…"), "much …");
        assert_eq!(fit("two\nlines", 20, "…"), "two lines");
    }

    #[test]
    fn durations() {
        assert_eq!(duration(Duration::from_millis(3210)), "3.2 s");
        assert_eq!(duration(Duration::from_secs(41)), "41 s");
        assert_eq!(duration(Duration::from_secs(125)), "2 min 05 s");
    }

    proptest! {
        #[test]
        fn never_wider_than_asked(text in any::<String>(), skip in 0usize..30, width in 0usize..30) {
            let out = window(&text, &[], skip, width);
            prop_assert!(out.width <= width);
            let all: String = out.pieces.into_iter().map(|p| p.text).collect();
            prop_assert!(columns(&all) <= width);
            prop_assert!(!all.chars().any(char::is_control));
            prop_assert!(columns(&fit(&text, width, "…")) <= width);
            for line in wrap(&text, width.max(2), 50) {
                prop_assert!(columns(&line) <= width.max(2));
            }
        }
    }
}
