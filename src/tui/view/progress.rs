//! The screen while there is nothing to review yet.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::super::app::{App, Run};
use super::super::text::{duration, fit, wrap};
use super::super::theme::{Look, Role};
use super::spinner;
use crate::agent::proposal::Stage;

const STAGES: [Stage; 5] =
    [Stage::Reproducing, Stage::Localising, Stage::Searching, Stage::Simplifying, Stage::Verifying];
/// Columns of the labels, the gap included.
const LABEL: usize = 12;
/// Columns of the bar that shows the budget.
const GAUGE: usize = 30;
/// Wider lines are harder to read, not easier.
const MAX_WIDTH: u16 = 110;

/// Stages, counts, time and what is tried.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, look: Look) {
    let margin = u16::from(area.width >= 60 && area.height >= 14);
    let area = Rect {
        x: area.x + margin * 2,
        y: area.y + margin,
        width: area.width.saturating_sub(margin * 4).min(MAX_WIDTH),
        height: area.height.saturating_sub(margin),
    };
    let width = usize::from(area.width);
    let mut lines = Vec::new();
    if area.height >= 14 {
        lines.extend(STAGES.iter().map(|stage| stage_line(*stage, app, look)));
        lines.push(Line::default());
    } else {
        lines.push(stage_line(app.search.stage, app, look));
    }
    lines.extend(facts(app, width, look));
    let room = usize::from(area.height).saturating_sub(lines.len());
    lines.extend(notes(app, width, room, look));
    frame.render_widget(Paragraph::new(lines), area);
}

fn stage_line(stage: Stage, app: &App, look: Look) -> Line<'static> {
    let marks = look.marks();
    let now = app.search.stage;
    let (mark, word, role) = match stage.cmp(&now) {
        std::cmp::Ordering::Less => (marks.done, "  done", Role::Quiet),
        std::cmp::Ordering::Equal => (spinner(app, look), "", Role::Strong),
        std::cmp::Ordering::Greater => (" ", "", Role::Quiet),
    };
    Line::from(Span::styled(format!("{mark} {}{word}", stage.label()), look.style(role)))
}

fn facts(app: &App, width: usize, look: Look) -> Vec<Line<'static>> {
    let search = &app.search;
    let ellipsis = look.marks().ellipsis;
    let room = width.saturating_sub(LABEL);
    let mut out = Vec::new();
    let mut say = |label: &str, text: &str| {
        out.push(Line::from(vec![
            Span::styled(format!("{label:<LABEL$}"), look.style(Role::Label)),
            Span::raw(fit(text, room, ellipsis)),
        ]));
    };
    if let Some(failure) = &search.failure {
        say("failure", failure);
    }
    if search.generated > 0 {
        let rate = app.rate().map(|rate| format!(", {rate:.0} a second")).unwrap_or_default();
        let counts = format!("{} checked of {}{rate}", search.checked, search.generated);
        say("candidates", &counts);
    }
    if let Some(trying) = &search.trying {
        say("trying", trying);
    }
    say("elapsed", &duration(app.now));
    if let (Run::Running, Some(left)) = (search.run, search.left) {
        say("left", &format!("{} {}", gauge(app, left, room, look), duration(left)));
    }
    say("best so far", "none yet");
    out
}

fn gauge(app: &App, left: std::time::Duration, room: usize, look: Look) -> String {
    let marks = look.marks();
    let cells = GAUGE.min(room.saturating_sub(12));
    let total = (app.now + left).as_secs_f64();
    let share = if total > 0.0 { left.as_secs_f64() / total } else { 0.0 };
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of at most thirty cells"
    )]
    let full = (share * cells as f64).round() as usize;
    format!("{}{}", marks.full.repeat(full), marks.rest.repeat(cells - full.min(cells)))
}

/// The latest notes that fit, oldest of them first.
fn notes(app: &App, width: usize, room: usize, look: Look) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> = Vec::new();
    for note in app.search.notes.iter().rev() {
        let wrapped = wrap(note, width.saturating_sub(LABEL), 3);
        if lines.len() + wrapped.len() > room {
            break;
        }
        let block = wrapped.into_iter().enumerate().map(|(at, text)| {
            let label = if at == 0 { "note" } else { "" };
            Line::from(vec![
                Span::styled(format!("{label:<LABEL$}"), look.style(Role::Label)),
                Span::raw(text),
            ])
        });
        lines.splice(0..0, block);
    }
    lines
}
