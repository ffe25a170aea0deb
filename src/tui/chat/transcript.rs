//! What is seen of the conversation: entries laid out when they come into view, and how far it is scrolled.
//!
//! The position is an entry and a line in it, never a line number of the whole: nothing above the window
//! has to be laid out to draw it.

use std::collections::HashMap;

use ratatui::text::Line;

use super::lay::{self, Around, Fold, Shape};
use super::stream::Stream;
use crate::agent::chat::{Activity, Entry};
use crate::tui::theme::Look;

/// Entries that stay laid out; a few screenfuls of short ones.
const KEPT: usize = 400;

/// A line: of which block, counted from the first that is shown, and which one in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) block: usize,
    pub(super) line: usize,
}

/// Entries as blocks of lines. The block after the last is what is going on.
#[derive(Debug)]
pub(super) struct Transcript {
    shape: Shape,
    /// Rows of the window.
    rows: usize,
    /// Indices of the entries that are shown.
    shown: Vec<usize>,
    /// Entries taken in so far.
    seen: usize,
    laid: HashMap<usize, Vec<Line<'static>>>,
    live: Live,
    /// The first line in view; `None` follows the end.
    top: Option<Place>,
    /// Something has come below the window since it was scrolled.
    pub(super) below: bool,
}

/// The block of what is going on.
#[derive(Debug, Default)]
struct Live {
    /// Lines before the text: the thought, a gap.
    head: Vec<Line<'static>>,
    stream: Stream,
    streaming: bool,
    /// What the head was made of.
    thought: usize,
}

impl Transcript {
    pub(super) fn new(look: Look) -> Self {
        Self {
            shape: Shape { width: 80, fold: Fold::Folded, look },
            rows: 20,
            shown: Vec::new(),
            seen: 0,
            laid: HashMap::new(),
            live: Live::default(),
            top: None,
            below: false,
        }
    }

    /// Takes in what is new.
    pub(super) fn follow(&mut self, entries: &[Entry], activity: &Activity) {
        for (at, entry) in entries.iter().enumerate().skip(self.seen) {
            match entry {
                Entry::Cleared => self.forget(0),
                Entry::Retracted => {
                    let last = |at: &usize| matches!(entries[*at], Entry::User { .. });
                    let from = self.shown.iter().rposition(last).unwrap_or(self.shown.len());
                    self.forget(from);
                }
                _ => self.shown.push(at),
            }
            self.below |= self.top.is_some();
        }
        self.seen = entries.len();
        let streaming = match activity {
            Activity::Generating(streaming) => Some(streaming),
            _ => None,
        };
        let live = &mut self.live;
        let (text, thought) = streaming.map_or(("", ""), |s| (&s.text, &s.thought));
        let before = live.stream.len();
        live.stream.follow(text, self.shape.words(), self.shape.look);
        if live.thought != thought.len() || live.streaming != streaming.is_some() {
            live.head = lay::thought(thought, self.shape);
            live.thought = thought.len();
        }
        live.streaming = streaming.is_some();
        self.below |= self.top.is_some() && live.stream.len() > before;
    }

    /// Brings the window to a size.
    pub(super) fn resize(&mut self, width: usize, rows: usize) {
        self.rows = rows.max(1);
        if self.shape.width != width {
            self.shape.width = width;
            self.lay_again();
        }
    }

    /// Shows thoughts and results whole, or folds them again.
    pub(super) fn toggle_fold(&mut self) -> Fold {
        self.shape.fold = match self.shape.fold {
            Fold::Folded => Fold::Open,
            Fold::Open => Fold::Folded,
        };
        self.lay_again();
        self.shape.fold
    }

    pub(super) fn fold(&self) -> Fold {
        self.shape.fold
    }

    /// True while the window shows the end, whatever comes.
    pub(super) fn follows(&self) -> bool {
        self.top.is_none()
    }

    /// True when nothing has been said or done yet.
    pub(super) fn is_empty(&self, entries: &[Entry]) -> bool {
        let idle = |at: &usize| matches!(entries.get(*at), Some(Entry::ModeChanged { .. }));
        self.shown.iter().all(idle) && !self.live.streaming
    }

    /// The entries that are shown, oldest first.
    pub(super) fn shown(&self) -> &[usize] {
        &self.shown
    }

    /// Blocks that are laid out now.
    #[cfg(test)]
    pub(super) fn laid_out(&self) -> usize {
        self.laid.len()
    }

    /// Rows that a page moves by.
    pub(super) fn page(&self) -> usize {
        self.rows.saturating_sub(2).max(1)
    }

    /// Moves the window towards the beginning.
    pub(super) fn up(&mut self, rows: usize, entries: &[Entry]) {
        let top = self.top(entries);
        self.top = Some(self.back(top, rows, entries));
    }

    /// Moves the window towards the end, and follows it from there.
    pub(super) fn down(&mut self, rows: usize, entries: &[Entry]) {
        let Some(mut at) = self.top else { return };
        let mut rows = rows;
        while at.block < self.blocks() {
            let len = self.len_of(at.block, entries);
            if at.line + rows < len {
                at.line += rows;
                break;
            }
            rows -= len.saturating_sub(at.line).min(rows);
            at = Place { block: at.block + 1, line: 0 };
        }
        self.show_from(at, entries);
    }

    /// To the first line.
    pub(super) fn go_to_start(&mut self, entries: &[Entry]) {
        self.show_from(Place::default(), entries);
    }

    /// To the last line.
    pub(super) fn go_to_end(&mut self) {
        self.top = None;
        self.below = false;
    }

    /// Brings a line into the middle of the window.
    pub(super) fn show(&mut self, place: Place, entries: &[Entry]) {
        let top = self.back(place, self.rows / 2, entries);
        self.show_from(top, entries);
    }

    /// The lines in view with their places.
    pub(super) fn window(&mut self, entries: &[Entry]) -> Vec<(Place, Line<'static>)> {
        let top = self.top(entries);
        let mut out = Vec::new();
        let mut at = top;
        while at.block < self.blocks() && out.len() < self.rows {
            let len = self.len_of(at.block, entries);
            let until = len.min(at.line + self.rows - out.len());
            let block = at.block;
            let places = (at.line..until).map(|line| Place { block, line });
            out.extend(places.zip(self.lines(block, at.line..until, entries)));
            at = Place { block: block + 1, line: 0 };
        }
        self.evict(top.block..at.block);
        out
    }

    /// The lines of a block.
    pub(super) fn block(&mut self, block: usize, entries: &[Entry]) -> Vec<Line<'static>> {
        let len = self.len_of(block, entries);
        self.lines(block, 0..len, entries)
    }

    /// The first line in view.
    pub(super) fn top(&mut self, entries: &[Entry]) -> Place {
        match self.top {
            Some(top) => top,
            None => self.back(Place { block: self.blocks(), line: 0 }, self.rows, entries),
        }
    }

    fn show_from(&mut self, place: Place, entries: &[Entry]) {
        let end = Place { block: self.blocks(), line: 0 };
        let last = self.back(end, self.rows, entries);
        if place >= last {
            self.go_to_end();
        } else {
            self.top = Some(place);
        }
    }

    /// The place `rows` lines before `from`, or the first.
    fn back(&mut self, from: Place, rows: usize, entries: &[Entry]) -> Place {
        let mut at = from;
        let mut rows = rows;
        while rows > at.line {
            rows -= at.line;
            let Some(block) = at.block.checked_sub(1) else { return Place::default() };
            at = Place { block, line: self.len_of(block, entries) };
        }
        at.line -= rows;
        at
    }

    fn blocks(&self) -> usize {
        self.shown.len() + usize::from(self.live.streaming)
    }

    fn len_of(&mut self, block: usize, entries: &[Entry]) -> usize {
        if block == self.shown.len() {
            return self.live_head() + self.live.stream.len();
        }
        self.laid(block, entries).map_or(0, Vec::len)
    }

    fn lines(
        &mut self,
        block: usize,
        range: std::ops::Range<usize>,
        entries: &[Entry],
    ) -> Vec<Line<'static>> {
        if block < self.shown.len() {
            let lines = self.laid(block, entries);
            return lines.and_then(|lines| lines.get(range)).unwrap_or_default().to_vec();
        }
        let head = self.live_head();
        let blank = usize::from(!self.shown.is_empty());
        let gap = usize::from(head > self.live.head.len() + blank);
        let mut first: Vec<Line<'static>> = vec![Line::default(); blank];
        first.extend(self.live.head.iter().cloned());
        first.extend(vec![Line::default(); gap]);
        let from = range.start.saturating_sub(head)..range.end.saturating_sub(head);
        let mut out: Vec<Line<'static>> =
            first.get(range.start.min(head)..range.end.min(head)).unwrap_or_default().to_vec();
        out.extend(self.live.stream.lines(from));
        out
    }

    /// Lines of the live block before its text: a gap, the thought, a gap.
    fn live_head(&self) -> usize {
        let blank = usize::from(!self.shown.is_empty());
        let thought = self.live.head.len();
        blank + thought + usize::from(thought > 0 && self.live.stream.len() > 0)
    }

    fn laid(&mut self, block: usize, entries: &[Entry]) -> Option<&Vec<Line<'static>>> {
        let entry = entries.get(*self.shown.get(block)?)?;
        if !self.laid.contains_key(&block) {
            let above = || self.shown[..block].iter().rev().filter_map(|at| entries.get(*at));
            let call = match entry {
                Entry::Result { id, .. } => above().find_map(|entry| match entry {
                    Entry::Call { id: of, call } if of == id => Some(call),
                    _ => None,
                }),
                _ => None,
            };
            let around = Around { before: above().next(), call };
            self.laid.insert(block, lay::lay(entry, around, self.shape));
        }
        self.laid.get(&block)
    }

    /// Lets go of what is far from the window once there is much.
    fn evict(&mut self, seen: std::ops::Range<usize>) {
        if self.laid.len() > KEPT {
            let near = seen.start.saturating_sub(KEPT / 4)..seen.end + KEPT / 4;
            self.laid.retain(|block, _| near.contains(block));
        }
    }

    /// Everything from block `from` on is no longer shown.
    fn forget(&mut self, from: usize) {
        self.shown.truncate(from);
        self.laid.retain(|block, _| *block < from);
        self.go_to_end();
    }

    fn lay_again(&mut self) {
        self.laid.clear();
        self.live = Live::default();
        if let Some(top) = &mut self.top {
            top.line = 0;
        }
    }
}
