//! The last line: model, mode, context, speed, and where one is.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::app::App;
use super::{span, spinner};
use crate::agent::chat::{Mode, ModelState};
use crate::tui::text::{columns, fit};
use crate::tui::theme::Role;

/// Columns of the model's name at most.
const NAME: usize = 32;

/// Draws the parts that fit: those that matter less go first.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let width = usize::from(area.width);
    let gap = format!(" {} ", app.look.marks().dot);
    let parts = parts(app);
    let mut kept: Vec<usize> = Vec::new();
    let mut used = 0;
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|at| parts[*at].rank);
    for at in order {
        let needed = columns(&parts[at].text) + if kept.is_empty() { 0 } else { columns(&gap) };
        if used + needed > width {
            break;
        }
        used += needed;
        kept.push(at);
    }
    kept.sort_unstable();
    let mut spans: Vec<Span<'static>> = Vec::new();
    for at in kept {
        if !spans.is_empty() {
            spans.push(span(gap.clone(), Role::Quiet, app.look));
        }
        spans.push(span(parts[at].text.clone(), parts[at].role, app.look));
    }
    frame.render_widget(Line::from(spans), area);
}

struct Part {
    text: String,
    role: Role,
    /// Those with a low one stay longest.
    rank: usize,
}

fn parts(app: &App) -> Vec<Part> {
    let ellipsis = app.look.marks().ellipsis;
    let conversation = &app.conversation;
    let totals = conversation.totals();
    let mut out = Vec::new();
    let mut add = |rank: usize, text: String, role: Role| out.push(Part { text, role, rank });
    let mode = conversation.mode();
    let role = if mode == Mode::AutoEdit { Role::Warning } else { Role::Strong };
    let name = |name: &str| fit(name, NAME, ellipsis);
    let mut size = None;
    match conversation.model() {
        ModelState::Loading { name: model } => {
            add(1, format!("{} loading {}", spinner(app), name(model)), Role::Plain);
        }
        ModelState::Ready(model) => {
            let place = if model.remote { ", remote" } else { "" };
            add(1, format!("{}{place}", name(&model.name)), Role::Plain);
            size = Some(model.context);
        }
        ModelState::Absent { .. } => add(1, "no chat model".to_owned(), Role::Warning),
    }
    add(0, mode.name().to_owned(), role);
    if let Some(size) = size.filter(|size| *size > 0) {
        let percent = totals.context * 100 / size;
        let role = if percent >= 80 { Role::Warning } else { Role::Plain };
        let text =
            format!("context {} of {}, {percent} %", thousands(totals.context), thousands(size));
        add(3, text, role);
    }
    if totals.rate > 0.0 {
        add(4, format!("{:.0} tokens/s", totals.rate), Role::Plain);
    }
    let queued = conversation.queue().len();
    if queued > 0 {
        add(2, format!("{queued} queued"), Role::Strong);
    }
    if let Some(sandbox) = conversation.sandbox() {
        add(5, fit(sandbox, NAME, ellipsis), Role::Quiet);
    }
    if let Some(branch) = &app.place.branch {
        add(6, fit(branch, NAME, ellipsis), Role::Quiet);
    }
    add(7, "F1 help".to_owned(), Role::Quiet);
    out
}

/// `12345` as `12.3k`, small numbers as they are.
fn thousands(count: usize) -> String {
    match count {
        0..1_000 => count.to_string(),
        1_000..100_000 => {
            let hundreds = (count + 50) / 100;
            format!("{}.{}k", hundreds / 10, hundreds % 10)
        }
        _ => format!("{}k", (count + 500) / 1_000),
    }
}
