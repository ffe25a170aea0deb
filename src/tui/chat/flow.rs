//! Runs of safe text -> lines of a width.

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthChar as _;

use crate::tui::text::columns;

/// What stands before the first line of a block, and before each of the others.
#[derive(Clone, Debug, Default)]
pub(super) struct Margin {
    pub(super) first: Vec<Span<'static>>,
    pub(super) rest: Vec<Span<'static>>,
}

impl Margin {
    /// The same text before all lines.
    pub(super) fn of(text: impl Into<String>, style: Style) -> Self {
        let span = Span::styled(text.into(), style);
        Self { first: vec![span.clone()], rest: vec![span] }
    }

    /// `mark` before the first line, as many blanks before the others.
    pub(super) fn hanging(mark: impl Into<String>, style: Style) -> Self {
        let mark = mark.into();
        let blank = Span::raw(" ".repeat(columns(&mark)));
        Self { first: vec![Span::styled(mark, style)], rest: vec![blank] }
    }
}

/// Columns of spans that are safe already.
pub(super) fn width_of(spans: &[Span<'_>]) -> usize {
    spans.iter().map(|span| columns(&span.content)).sum()
}

/// The runs broken at blanks; words wider than a line are broken anywhere.
pub(super) fn wrap(runs: &[Span<'static>], width: usize, margin: &Margin) -> Vec<Line<'static>> {
    let mut flow = Flow::new(width, margin);
    for run in runs {
        for c in run.content.chars() {
            match c {
                ' ' => flow.blank(run.style),
                '\n' => flow.end_line(),
                c => flow.push(c, run.style),
            }
        }
    }
    flow.finish()
}

/// The runs broken where the width ends, blanks kept: code, output.
pub(super) fn chop(runs: &[Span<'static>], width: usize, margin: &Margin) -> Vec<Line<'static>> {
    let mut flow = Flow::new(width, margin);
    for run in runs {
        for c in run.content.chars() {
            flow.push(c, run.style);
        }
    }
    flow.finish()
}

struct Flow<'a> {
    lines: Vec<Line<'static>>,
    margin: &'a Margin,
    width: usize,
    /// Columns that the text of this line may take.
    room: usize,
    line: Vec<Span<'static>>,
    used: usize,
    word: Vec<Span<'static>>,
    wide: usize,
    /// A blank that is drawn if its line goes on.
    gap: Option<Style>,
}

impl<'a> Flow<'a> {
    fn new(width: usize, margin: &'a Margin) -> Self {
        let line = margin.first.clone();
        let room = width.saturating_sub(width_of(&line)).max(1);
        Self {
            lines: Vec::new(),
            margin,
            width,
            room,
            line,
            used: 0,
            word: Vec::new(),
            wide: 0,
            gap: None,
        }
    }

    fn push(&mut self, c: char, style: Style) {
        let cells = c.width().unwrap_or(0);
        if self.wide + cells > self.room && self.wide > 0 {
            self.end_word();
            self.end_line();
        }
        self.wide += cells;
        add(&mut self.word, c, style);
    }

    fn blank(&mut self, style: Style) {
        self.end_word();
        if self.used > 0 {
            self.gap = Some(style);
        }
    }

    fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        let gap = usize::from(self.gap.is_some());
        if self.used + gap + self.wide > self.room && self.used > 0 {
            self.break_line();
        } else if let Some(style) = self.gap.take() {
            add(&mut self.line, ' ', style);
            self.used += 1;
        }
        self.used += std::mem::take(&mut self.wide);
        self.line.append(&mut self.word);
    }

    fn end_line(&mut self) {
        self.end_word();
        self.break_line();
    }

    fn break_line(&mut self) {
        let next = self.margin.rest.clone();
        self.room = self.width.saturating_sub(width_of(&next)).max(1);
        self.lines.push(Line::from(std::mem::replace(&mut self.line, next)));
        (self.used, self.gap) = (0, None);
    }

    fn finish(mut self) -> Vec<Line<'static>> {
        self.end_word();
        if self.used > 0 || self.lines.is_empty() {
            self.lines.push(Line::from(self.line));
        }
        self.lines
    }
}

fn add(spans: &mut Vec<Span<'static>>, c: char, style: Style) {
    match spans.last_mut() {
        Some(last) if last.style == style => last.content.to_mut().push(c),
        _ => spans.push(Span::styled(c.to_string(), style)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(lines: &[Line<'_>]) -> Vec<String> {
        lines.iter().map(ToString::to_string).collect()
    }

    fn wrapped(text: &str, width: usize, mark: &str) -> Vec<String> {
        let runs = [Span::raw(text.to_owned())];
        texts(&wrap(&runs, width, &Margin::hanging(mark, Style::new())))
    }

    #[test]
    fn breaks_at_blanks_else_anywhere() {
        assert_eq!(wrapped("one two three", 7, ""), ["one two", "three"]);
        assert_eq!(wrapped("one two three", 9, "* "), ["* one two", "  three"]);
        assert_eq!(wrapped("abcdefgh ij", 3, ""), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrapped("日本語", 5, ""), ["日本", "語"]);
        assert_eq!(wrapped("a\nb", 5, ""), ["a", "b"]);
        assert_eq!(wrapped("", 5, "* "), ["* "]);
    }

    #[test]
    fn words_keep_their_styles_across_runs() {
        let bold = Style::new().bold();
        let runs = [Span::raw("a b"), Span::styled("c d", bold)];
        let lines = wrap(&runs, 3, &Margin::default());
        assert_eq!(texts(&lines), ["a", "bc", "d"]);
        assert_eq!(lines[1].spans[1].style, bold);
    }

    #[test]
    fn code_keeps_its_blanks() {
        let runs = [Span::raw("  a  b")];
        assert_eq!(texts(&chop(&runs, 4, &Margin::default())), ["  a ", " b"]);
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_word_is_lost(text in "[a-c日é ]{0,60}", width in 4usize..20) {
            let lines = wrapped(&text, width, "> ");
            prop_assert!(lines.iter().all(|line| columns(line) <= width));
            let letters = |text: &str| text.replace(['>', ' '], "");
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }
}
