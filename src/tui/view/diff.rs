//! The diff pane, in one column or two. Only the rows in view are laid out.

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::super::app::{App, Columns, Focus, Viewport};
use super::super::diff::{Diff, Pair, Row, sign};
use super::super::text::{Emphasis, columns, fit, window};
use super::super::theme::{Look, Role};
use super::pane;
use crate::base;
use crate::edit::diff::{DiffLine, LineKind};

/// From this width on two columns are shown unasked.
const SPLIT_UNASKED: usize = 136;
/// Below this width they are not shown at all.
const SPLIT_AT_ALL: usize = 60;
/// Columns that numbers and sign take, about.
const MARGIN: usize = 10;

/// Draws the diff of the candidate shown and notes its sizes in `viewport`.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    app: &App,
    look: Look,
    viewport: &mut Viewport,
) {
    let focused = app.focus == Focus::Diff;
    let inner = pane("", focused, look).inner(area);
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    let Some((_, candidate)) = app.current() else {
        frame.render_widget(pane("diff", focused, look), area);
        return;
    };
    let diff = &candidate.diff;
    viewport.can_split = width >= SPLIT_AT_ALL;
    viewport.split = match app.columns {
        Columns::Auto => width >= SPLIT_UNASKED,
        Columns::One => false,
        Columns::Two => viewport.can_split,
    };
    let text_width = if viewport.split { width / 2 } else { width };
    viewport.side = app.diff_side(text_width.saturating_sub(MARGIN), first_change(diff));
    let title = match viewport.side {
        0 => format!("diff +{} -{}", diff.added, diff.removed),
        side => format!("diff +{} -{}, from column {}", diff.added, diff.removed, side + 1),
    };
    frame.render_widget(pane(&title, focused, look), area);
    let painter = Painter { diff, look, skip: viewport.side };
    let is_change = |row: &Row| matches!(row, Row::Line(line) if line.kind != LineKind::Context);
    let lines: Vec<Line<'_>> = if viewport.split {
        let changed = |pair: &Pair| match *pair {
            Pair::Across(row) => is_change(&diff.rows[row]),
            Pair::Sides(Some(row), _) | Pair::Sides(_, Some(row)) => is_change(&diff.rows[row]),
            Pair::Sides(None, None) => false,
        };
        let change = first_run(&diff.pairs, changed);
        viewport.diff = (diff.pairs.len(), height);
        viewport.top = app.diff_top(diff.pairs.len(), height, change);
        let seen = diff.pairs.iter().skip(viewport.top).take(height);
        seen.map(|pair| painter.pair(*pair, width)).collect()
    } else {
        let change = first_run(&diff.rows, is_change);
        viewport.diff = (diff.rows.len(), height);
        viewport.top = app.diff_top(diff.rows.len(), height, change);
        let seen = diff.rows.iter().skip(viewport.top).take(height);
        seen.map(|row| painter.row(row, width)).collect()
    };
    frame.render_widget(Paragraph::new(lines), inner);
}

/// The column at which the first change within a line ends; 0 when there is none.
fn first_change(diff: &Diff) -> usize {
    let ends = diff.rows.iter().find_map(|row| match row {
        Row::Line(line) => line.emphasis.first().map(|range| &line.text[..range.end]),
        _ => None,
    });
    ends.map_or(0, |text| window(text, &[], 0, usize::from(u16::MAX)).width)
}

/// The first run of rows that are changes; empty when there is none.
fn first_run<T>(rows: &[T], is_change: impl Fn(&T) -> bool) -> Range<usize> {
    let start = rows.iter().position(&is_change).unwrap_or(0);
    start..start + rows[start..].iter().take_while(|row| is_change(row)).count()
}

/// Rows of a diff -> lines.
pub(in crate::tui) struct Painter<'a> {
    pub(in crate::tui) diff: &'a Diff,
    pub(in crate::tui) look: Look,
    /// Columns scrolled to the right.
    pub(in crate::tui) skip: usize,
}

impl Painter<'_> {
    /// One row of the unified form.
    pub(in crate::tui) fn row(&self, row: &Row, width: usize) -> Line<'static> {
        let Row::Line(line) = row else { return self.across(row, width) };
        let digits = self.diff.digits;
        let number = |n: Option<base::Line>| n.map(|n| n.to_string()).unwrap_or_default();
        // In a narrow pane one number must do.
        let numbers = if width < 60 {
            format!("{:>digits$}", number(line.new.or(line.old)))
        } else {
            format!("{:>digits$} {:>digits$}", number(line.old), number(line.new))
        };
        Line::from(self.cells(line, &numbers, width))
    }

    fn pair(&self, pair: Pair, width: usize) -> Line<'static> {
        let (left, right) = match pair {
            Pair::Across(row) => return self.across(&self.diff.rows[row], width),
            Pair::Sides(left, right) => (left, right),
        };
        let bar = self.look.marks().bar;
        let half = (width - 1) / 2;
        let mut spans = self.side(left, half, |line| line.old);
        spans.push(Span::styled(bar, self.look.style(Role::Quiet)));
        spans.extend(self.side(right, width - 1 - half, |line| line.new));
        Line::from(spans)
    }

    fn side(
        &self,
        row: Option<usize>,
        width: usize,
        number: impl Fn(&DiffLine) -> Option<base::Line>,
    ) -> Vec<Span<'static>> {
        let Some(Row::Line(line)) = row.map(|row| &self.diff.rows[row]) else {
            return vec![Span::raw(" ".repeat(width))];
        };
        let digits = self.diff.digits;
        let number = number(line).map(|n| n.to_string()).unwrap_or_default();
        let mut spans = self.cells(line, &format!("{number:>digits$}"), width);
        let used: usize = spans.iter().map(|span| columns(&span.content)).sum();
        spans.push(Span::raw(" ".repeat(width.saturating_sub(used))));
        spans
    }

    /// Number, sign and the visible part of the text, at most `width` columns.
    fn cells(&self, line: &DiffLine, numbers: &str, width: usize) -> Vec<Span<'static>> {
        let (role, change) = match line.kind {
            LineKind::Context => (Role::Plain, Role::Plain),
            LineKind::Removed => (Role::Removed, Role::RemovedChange),
            LineKind::Added => (Role::Added, Role::AddedChange),
        };
        let mark = self.look.marks().ellipsis;
        let lead = format!("{} ", sign(line.kind));
        let room = width.saturating_sub(columns(numbers) + 1 + columns(&lead));
        let mut seen = window(&line.text, &line.emphasis, self.skip, room);
        if seen.goes_on && room > columns(mark) {
            seen = window(&line.text, &line.emphasis, self.skip, room - columns(mark));
        }
        let mut spans = vec![
            Span::styled(format!("{numbers} "), self.look.style(Role::Quiet)),
            Span::styled(lead, self.look.style(role)),
        ];
        spans.extend(seen.pieces.into_iter().map(|piece| {
            let role = if piece.emphasis == Emphasis::Changed { change } else { role };
            Span::styled(piece.text, self.look.style(role))
        }));
        if seen.goes_on && room > columns(mark) {
            spans.push(Span::styled(mark, self.look.style(Role::Quiet)));
        }
        spans
    }

    fn across(&self, row: &Row, width: usize) -> Line<'static> {
        let mark = self.look.marks().ellipsis;
        let (text, role) = match row {
            Row::File { path, change } => {
                let word = change.word();
                let gap = if word.is_empty() { "" } else { ", " };
                (format!("{path}{gap}{word}"), Role::Strong)
            }
            Row::Hunk(header) => (header.clone(), Role::Quiet),
            Row::Remark(remark) => (format!("\\ {remark}"), Role::Quiet),
            Row::Line(_) => return Line::default(),
        };
        Line::from(Span::styled(fit(&text, width, mark), self.look.style(role)))
    }
}
