//! The boxes that lie over everything else.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::super::FixDecision;
use super::super::layers::{Confirm, KEYS, Layer};
use super::super::text::{columns, fit, wrap};
use super::super::theme::{Look, Role};
use super::pane;

/// Draws one layer in the middle of `area`.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, layer: &Layer, look: Look) {
    let width = area.width.saturating_sub(2).min(72);
    let inside = usize::from(width.saturating_sub(2));
    let (title, lines, scroll) = match layer {
        Layer::Help { scroll } => ("help: any other key closes", help(inside, look), *scroll),
        Layer::Confirm(question) => ("confirm", confirm(question, inside, look), 0),
    };
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let height = height.min(area.height);
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    let block = pane(title, true, look);
    let inner = block.inner(place);
    let last = lines.len().saturating_sub(usize::from(inner.height));
    let seen: Vec<Line<'_>> =
        lines.into_iter().skip(scroll.min(last)).take(usize::from(inner.height)).collect();
    frame.render_widget(Clear, place);
    frame.render_widget(block, place);
    frame.render_widget(Paragraph::new(seen), inner);
}

fn help(width: usize, look: Look) -> Vec<Line<'static>> {
    let label = KEYS.iter().map(|(keys, _)| columns(keys)).max().unwrap_or(0) + 2;
    KEYS.iter()
        .map(|(keys, what)| {
            let room = width.saturating_sub(label);
            Line::from(vec![
                Span::styled(format!("{keys:<label$}"), look.style(Role::Strong)),
                Span::raw(fit(what, room, look.marks().ellipsis)),
            ])
        })
        .collect()
}

fn confirm(question: &Confirm, width: usize, look: Look) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> = Vec::new();
    for reason in &question.reasons {
        let wrapped = wrap(reason, width, 4);
        lines.extend(
            wrapped
                .into_iter()
                .map(|line| Line::from(Span::styled(line, look.style(Role::Warning)))),
        );
    }
    let what = match question.decision {
        FixDecision::ApplyAndCommit(_) => "Apply and commit it nevertheless?",
        _ => "Apply it nevertheless?",
    };
    lines.push(Line::default());
    lines.push(Line::from(what));
    lines.push(Line::from(vec![
        Span::styled("y", look.style(Role::Key)),
        Span::raw(" yes   "),
        Span::styled("n", look.style(Role::Key)),
        Span::raw(" no"),
    ]));
    lines
}
