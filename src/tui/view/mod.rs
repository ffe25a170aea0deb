//! Draws the state: where each pane goes, the head and the foot line.
//!
//! Drawing changes nothing; it returns the sizes that scrolling needs.

mod candidates;
pub(super) mod diff;
mod layers;
mod progress;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::symbols::border;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders};

use super::app::{App, Focus, Run, Viewport};
use super::text::{columns, duration, fit};
use super::theme::{Glyphs, Look, Role};

/// From this width on the evidence stands left of the diff.
const WIDE: u16 = 110;
/// From this height on it stands above the diff; else only one of them is seen.
const TALL: u16 = 18;
/// Columns below which two panes never share a row.
const NARROW: u16 = 60;

/// Draws the whole screen.
pub(super) fn draw(frame: &mut Frame<'_>, app: &App, look: Look) -> Viewport {
    let area = frame.area();
    let [head, body, foot] =
        Layout::vertical([Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)])
            .areas(area);
    header(frame, head, app, look);
    footer(frame, foot, app, look);
    let viewport = if app.shows_progress() {
        progress::draw(frame, body, app, look);
        Viewport::default()
    } else {
        review(frame, body, app, look)
    };
    for layer in &app.layers {
        layers::draw(frame, area, layer, look);
    }
    viewport
}

fn review(frame: &mut Frame<'_>, body: Rect, app: &App, look: Look) -> Viewport {
    let rows = u16::try_from(app.listed().count()).unwrap_or(u16::MAX);
    let mut viewport = Viewport::default();
    if body.width >= WIDE {
        let side = (body.width * 3 / 10).clamp(38, 60);
        let [left, right] =
            Layout::horizontal([Constraint::Length(side), Constraint::Fill(1)]).areas(body);
        let list = (rows.max(1) + 2).min(left.height / 3).max(3);
        let [list, evidence] =
            Layout::vertical([Constraint::Length(list), Constraint::Fill(1)]).areas(left);
        candidates::list(frame, list, app, look);
        viewport.evidence = candidates::evidence(frame, evidence, app, look);
        diff::draw(frame, right, app, look, &mut viewport);
    } else if body.height >= TALL && body.width >= NARROW {
        let top = (body.height * 2 / 5).max(7);
        let [top, bottom] =
            Layout::vertical([Constraint::Length(top), Constraint::Fill(1)]).areas(body);
        let [list, evidence] =
            Layout::horizontal([Constraint::Percentage(42), Constraint::Fill(1)]).areas(top);
        candidates::list(frame, list, app, look);
        viewport.evidence = candidates::evidence(frame, evidence, app, look);
        diff::draw(frame, bottom, app, look, &mut viewport);
    } else {
        let [line, rest] =
            Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(body);
        candidates::one_line(frame, line, app, look);
        if app.focus == Focus::Evidence {
            viewport.evidence = candidates::evidence(frame, rest, app, look);
        } else {
            diff::draw(frame, rest, app, look, &mut viewport);
        }
    }
    viewport
}

/// A frame with a title; the focused one is told by its bold frame and the cursor in its title.
pub(super) fn pane(title: &str, focused: bool, look: Look) -> Block<'static> {
    let marks = look.marks();
    let title = if focused { format!("{} {title} ", marks.cursor) } else { format!(" {title} ") };
    let role = if focused { Role::Focused } else { Role::Quiet };
    let set = match look.glyphs {
        Glyphs::Unicode => border::PLAIN,
        Glyphs::Ascii => border::Set {
            top_left: "+",
            top_right: "+",
            bottom_left: "+",
            bottom_right: "+",
            vertical_left: "|",
            vertical_right: "|",
            horizontal_top: "-",
            horizontal_bottom: "-",
        },
    };
    Block::new()
        .borders(Borders::ALL)
        .border_set(set)
        .border_style(look.style(role))
        .title(Span::styled(title, look.style(Role::Strong)))
}

fn header(frame: &mut Frame<'_>, area: Rect, app: &App, look: Look) {
    let marks = look.marks();
    let width = usize::from(area.width);
    let name = format!(" slm {} ", app.task.name());
    let name = name.as_str();
    let status = if app.shows_progress() { String::new() } else { status(app, look) };
    let status = fit(&status, width * 2 / 3, marks.ellipsis);
    let room = width.saturating_sub(columns(name) + 2 + columns(&status) + 1);
    let command = fit(&app.command, room, marks.ellipsis);
    let gap = room - columns(&command).min(room);
    let line = Line::from(vec![
        Span::styled(name, look.style(Role::Selected)),
        Span::raw(" "),
        Span::styled(command, look.style(Role::Strong)),
        Span::raw(" ".repeat(gap + 1)),
        Span::styled(status, look.style(Role::Plain)),
    ]);
    frame.render_widget(line, area);
}

fn status(app: &App, look: Look) -> String {
    let dot = format!(" {} ", look.marks().dot);
    let search = &app.search;
    let mut parts = Vec::new();
    match search.run {
        Run::Running => {
            parts.push(format!("{} {}", spinner(app, look), search.stage.label()));
        }
        Run::Stopping => parts.push("stopping".to_owned()),
        Run::Ended => parts.push(app.task.ended().to_owned()),
    }
    if search.generated > 0 {
        parts.push(format!("{}/{} checked", search.checked, search.generated));
    }
    if let (Run::Running, Some(rate)) = (search.run, app.rate()) {
        parts.push(format!("{rate:.0}/s"));
    }
    parts.push(duration(search.ended.unwrap_or(app.now)));
    if let (Run::Running, Some(left)) = (search.run, search.left) {
        parts.push(format!("{} left", duration(left)));
    }
    parts.join(&dot)
}

/// The frame of the spinner for this moment; it stands still once the search has ended.
fn spinner(app: &App, look: Look) -> &'static str {
    let frames = look.marks().spinner;
    let turn = app.now.as_millis() / 100 % frames.len() as u128;
    frames[usize::try_from(turn).unwrap_or(0)]
}

fn footer(frame: &mut Frame<'_>, area: Rect, app: &App, look: Look) {
    let width = usize::from(area.width);
    let marks = look.marks();
    if let Some(notice) = &app.notice {
        let text = fit(notice, width.saturating_sub(2), marks.ellipsis);
        frame.render_widget(
            Line::from(Span::styled(format!("! {text}"), look.style(Role::Warning))),
            area,
        );
        return;
    }
    let hints: &[(&str, &str)] = if app.shows_progress() {
        &[("q", "stop"), ("Ctrl-C", "interrupt"), ("?", "help")]
    } else {
        // The last ones fall off first; help stays.
        &[
            ("?", "help"),
            ("Enter", "apply"),
            ("q", "quit"),
            ("n/p", "next/previous"),
            ("c", "commit"),
            ("x", "reject"),
            ("e", "edit"),
            ("Tab", "focus"),
            ("s", "split"),
            ("u", "take back"),
        ]
    };
    let mut line = Line::default();
    let mut used = 0;
    for (key, what) in hints {
        let needed = key.len() + what.len() + 3;
        if used + needed > width + 2 {
            break;
        }
        line.push_span(Span::styled(*key, look.style(Role::Key)));
        line.push_span(Span::raw(format!(" {what}  ")));
        used += needed;
    }
    frame.render_widget(line, area);
}
