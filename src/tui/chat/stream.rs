//! An answer while it comes: what cannot change any more is laid out once, only the rest again.

use std::ops::Range;

use ratatui::text::Line;

use super::markdown;
use crate::tui::theme::Look;

/// The text of the answer that is coming, laid out.
#[derive(Debug, Default)]
pub(super) struct Stream {
    width: usize,
    /// The part of the text whose blocks are closed.
    settled: String,
    settled_lines: Vec<Line<'static>>,
    /// The rest of the text, and its lines.
    rest: String,
    rest_lines: Vec<Line<'static>>,
    scan: Scan,
}

/// How far the text was looked through for the ends of blocks.
#[derive(Debug, Default)]
struct Scan {
    /// Bytes of the rest: whole lines only.
    at: usize,
    /// The fence that is open: its character, and how many of them.
    fence: Option<(char, usize)>,
    /// Where a block may have ended; the next line tells.
    candidate: Option<usize>,
}

impl Stream {
    /// Brings the lines up to date with `text`.
    pub(super) fn follow(&mut self, text: &str, width: usize, look: Look) {
        let grown = self.width == width && text.starts_with(&self.settled);
        if !grown {
            *self = Self { width, ..Self::default() };
        }
        let rest = &text[self.settled.len()..];
        if grown && rest == self.rest {
            return;
        }
        if !rest.starts_with(&self.rest) {
            self.scan = Scan::default();
        }
        rest.clone_into(&mut self.rest);
        if let Some(end) = self.scan.advance(&self.rest) {
            let block: String = self.rest.drain(..end).collect();
            self.scan.at -= end;
            self.scan.candidate = self.scan.candidate.map(|at| at - end);
            self.add(&block, look);
            self.settled.push_str(&block);
        }
        self.rest_lines = markdown::render(&self.rest, self.width, look);
    }

    /// Lines so far.
    pub(super) fn len(&self) -> usize {
        self.settled_lines.len() + self.gap() + self.rest_lines.len()
    }

    /// The lines of a range, which lies within `len`.
    pub(super) fn lines(&self, range: Range<usize>) -> impl Iterator<Item = Line<'static>> {
        let gap = (self.gap() > 0).then(Line::default);
        let lines = self.settled_lines.iter().chain(gap.as_ref()).chain(&self.rest_lines);
        lines.skip(range.start).take(range.len()).cloned().collect::<Vec<_>>().into_iter()
    }

    fn add(&mut self, block: &str, look: Look) {
        let lines = markdown::render(block, self.width, look);
        if !lines.is_empty() && !self.settled_lines.is_empty() {
            self.settled_lines.push(Line::default());
        }
        self.settled_lines.extend(lines);
    }

    fn gap(&self) -> usize {
        usize::from(!self.settled_lines.is_empty() && !self.rest_lines.is_empty())
    }
}

impl Scan {
    /// Looks through the lines that are new; gives the end of the last block that is closed.
    fn advance(&mut self, text: &str) -> Option<usize> {
        let mut settled = None;
        while let Some(len) = text[self.at..].find('\n') {
            let start = self.at;
            let line = &text[start..start + len];
            self.at = start + len + 1;
            if let Some(open) = self.fence {
                if closes(line, open) {
                    self.fence = None;
                    // One in a list is part of it.
                    self.candidate = (!line.starts_with(' ')).then_some(self.at);
                }
                continue;
            }
            if line.trim().is_empty() {
                self.candidate = Some(self.at);
                continue;
            }
            settled = self.candidate.take().filter(|_| !goes_on(line)).or(settled);
            self.fence = opens(line);
        }
        settled
    }
}

/// True for lines that may belong to the block before the blank line: more of a list.
fn goes_on(line: &str) -> bool {
    line.starts_with([' ', '\t', '-', '*', '+']) || line.starts_with(|c: char| c.is_ascii_digit())
}

fn opens(line: &str) -> Option<(char, usize)> {
    // Behind the mark of a list item as well.
    let body = line.trim_start_matches([' ', '-', '*', '+', '.', '>']);
    let body =
        body.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ')' | ' '));
    let mark = body.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let count = body.chars().take_while(|c| *c == mark).count();
    (count >= 3 && !body[count..].contains('`')).then_some((mark, count))
}

fn closes(line: &str, (mark, count): (char, usize)) -> bool {
    let body = line.trim_matches([' ', '>']);
    body.chars().count() >= count && body.chars().all(|c| c == mark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "# Head\n\nOne *two*\nthree.\n\n- a\n\n  more of a\n- b\n\n```rust\nfn f() {\n\n}\n\
        ```\nAfter.\n\n1. x\n\n2. y\n\nEnd";

    fn texts<'a>(lines: impl Iterator<Item = Line<'a>>) -> Vec<String> {
        lines.map(|line| line.to_string()).collect()
    }

    fn streamed(cuts: &[usize], text: &str) -> Vec<String> {
        let mut stream = Stream::default();
        for cut in cuts {
            let end = (0..=(*cut).min(text.len())).rev().find(|at| text.is_char_boundary(*at));
            stream.follow(&text[..end.unwrap_or(0)], 40, Look::PLAIN);
        }
        stream.follow(text, 40, Look::PLAIN);
        texts(stream.lines(0..stream.len()))
    }

    #[test]
    fn piece_by_piece_is_as_the_whole() {
        let whole = texts(markdown::render(TEXT, 40, Look::PLAIN).into_iter());
        let cuts: Vec<usize> = (0..TEXT.len()).collect();
        assert_eq!(streamed(&cuts, TEXT), whole);
    }

    #[test]
    fn closed_blocks_are_not_laid_out_again() {
        let mut stream = Stream::default();
        stream.follow(TEXT, 40, Look::PLAIN);
        assert!(stream.settled.ends_with("```\n"), "{:?}", stream.settled);
        assert_eq!(stream.rest, "After.\n\n1. x\n\n2. y\n\nEnd");
    }

    #[test]
    fn a_text_that_is_taken_back_is_forgotten() {
        let mut stream = Stream::default();
        stream.follow("one\n\ntwo\n\nthree", 40, Look::PLAIN);
        stream.follow("none", 40, Look::PLAIN);
        assert_eq!(texts(stream.lines(0..stream.len())), ["none"]);
        stream.follow("", 40, Look::PLAIN);
        assert_eq!(stream.len(), 0);
    }

    proptest! {
        #[test]
        fn wherever_it_is_cut(mut cuts in proptest::collection::vec(0usize..TEXT.len(), 0..12)) {
            cuts.sort_unstable();
            let whole = texts(markdown::render(TEXT, 40, Look::PLAIN).into_iter());
            prop_assert_eq!(streamed(&cuts, TEXT), whole);
        }
    }
}
