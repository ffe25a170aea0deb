//! The list of what could be meant, right above the composer.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Paragraph};

use super::super::app::App;
use super::super::complete::Kind;
use super::span;
use crate::tui::text::{columns, fit};
use crate::tui::theme::Role;

/// Rows of the list at most.
const ROWS: u16 = 8;
/// Columns of a name before what stands beside it.
const NAME: usize = 14;

/// Draws the list so that it ends above `rule`.
pub(super) fn draw(frame: &mut Frame<'_>, rule: Rect, app: &App) {
    let Some(popup) = &app.popup else { return };
    let look = app.look;
    let count = u16::try_from(popup.candidates.len()).unwrap_or(u16::MAX);
    let rows = count.min(ROWS).min(rule.y);
    if rows == 0 {
        return;
    }
    let place = Rect { y: rule.y - rows, height: rows, ..rule };
    let (rows, width) = (usize::from(rows), usize::from(place.width));
    // The choice stays in view.
    let first = (popup.selected + 1).saturating_sub(rows);
    let sign = match popup.word.kind {
        Kind::Command => "/",
        Kind::Mention => "@",
        Kind::Mode | Kind::File | Kind::Pinned => "",
    };
    let lines: Vec<Line<'static>> = popup
        .candidates
        .iter()
        .enumerate()
        .skip(first)
        .take(rows)
        .map(|(at, candidate)| {
            let chosen = at == popup.selected;
            let mark = if chosen { look.marks().cursor } else { " " };
            let name = format!("{sign}{}", candidate.text);
            let gap = " ".repeat(NAME.saturating_sub(columns(&name)).max(2));
            let about = if candidate.about.is_empty() {
                String::new()
            } else {
                format!("{gap}{}", candidate.about)
            };
            let text = fit(&format!("{mark} {name}{about}"), width, look.marks().ellipsis);
            let rest = " ".repeat(width.saturating_sub(columns(&text)));
            Line::from(span(
                format!("{text}{rest}"),
                if chosen { Role::Selected } else { Role::Plain },
                look,
            ))
        })
        .collect();
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(lines), place);
}
