//! The proposal that waits: its checks, its hunks, which of them are taken.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::super::app::App;
use super::super::flow::{Margin, wrap};
use super::super::review::Review;
use super::span;
use crate::tui::diff::Row;
use crate::tui::text::plain;
use crate::tui::theme::{Look, Role};
use crate::tui::view::diff::Painter;
use crate::tui::view::pane;

/// Draws checks and diff, and notes where the diff begins.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &mut App) {
    let look = app.look;
    let Some(review) = &mut app.review else { return };
    let mut lines = checks(review, usize::from(area.width), look);
    // The diff is what counts: it keeps two thirds.
    lines.truncate(usize::from(area.height / 3));
    let [head, body] = Layout::vertical([
        Constraint::Length(u16::try_from(lines.len()).unwrap_or(0)),
        Constraint::Fill(1),
    ])
    .areas(area);
    frame.render_widget(Paragraph::new(lines), head);
    let (kept, of) = review.count();
    let title = format!(
        "proposed: {} file{}, +{} -{}, {kept} of {of} taken",
        review.files(),
        if review.files() == 1 { "" } else { "s" },
        review.diff.added,
        review.diff.removed
    );
    // A frame costs two rows that a small screen does not have.
    let inner = if body.height >= 6 {
        let block = pane(&title, true, look);
        let inner = block.inner(body);
        frame.render_widget(block, body);
        inner
    } else {
        body
    };
    let (width, rows) = (usize::from(inner.width), usize::from(inner.height));
    review.top = review.first_row(rows);
    let painter = Painter { diff: &review.diff, look, skip: 0 };
    let seen = review.diff.rows.iter().enumerate().skip(review.top).take(rows);
    let lines: Vec<Line<'static>> =
        seen.map(|(at, row)| row_line(review, &painter, at, row, width, look)).collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

/// What was checked. Which of them failed their own words say.
fn checks(review: &Review, width: usize, look: Look) -> Vec<Line<'static>> {
    let marks = look.marks();
    let mut lines = Vec::new();
    let (mark, role) =
        if review.sound { (marks.done, Role::Good) } else { (marks.bullet, Role::Plain) };
    if !review.sound {
        let text = format!("{} a check has failed:", marks.failed);
        lines.push(Line::from(span(text, Role::Warning, look)));
    } else if review.checks.is_empty() {
        lines.push(Line::from(span("nothing was checked", Role::Warning, look)));
    }
    let margin = Margin::hanging(format!("{mark} "), look.style(role));
    for check in &review.checks {
        lines.extend(wrap(&[Span::raw(plain(check))], width, &margin).into_iter().take(3));
    }
    lines
}

fn row_line(
    review: &Review,
    painter: &Painter<'_>,
    at: usize,
    row: &Row,
    width: usize,
    look: Look,
) -> Line<'static> {
    let unit = review.units.iter().position(|unit| unit.row == at);
    let Some(unit) = unit else {
        let line = painter.row(row, width);
        return if review.is_left_out(at) { quiet(line, look) } else { line };
    };
    let mark = if unit == review.at { look.marks().cursor } else { " " };
    let sign = if review.units[unit].kept { "[x]" } else { "[ ]" };
    let role = if unit == review.at { Role::Selected } else { Role::Strong };
    let head = format!("{mark}{sign} ");
    let line = painter.row(row, width.saturating_sub(head.len()));
    let mut spans = vec![span(head, role, look)];
    spans.extend(line.spans);
    Line::from(spans)
}

fn quiet(line: Line<'static>, look: Look) -> Line<'static> {
    let style = look.style(Role::Quiet);
    let spans = line.spans.into_iter().map(|span| Span::styled(span.content, style));
    Line::from(spans.collect::<Vec<_>>())
}
