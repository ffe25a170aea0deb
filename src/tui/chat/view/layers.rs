//! The boxes that lie over everything else: help, permission, a second word.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::super::app::App;
use super::super::flow::{Margin, chop, wrap};
use super::super::keys::KEYS;
use super::super::lay::words_of;
use super::span;
use crate::agent::chat::command::COMMANDS;
use crate::agent::chat::{Activity, Call, Change};
use crate::tui::text::{columns, fit, plain};
use crate::tui::theme::{Look, Role};
use crate::tui::view::pane;

/// Columns of a box at most.
const WIDEST: u16 = 84;

/// Draws the topmost box, if there is one.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &mut App) {
    let width = area.width.saturating_sub(2).min(WIDEST);
    let inside = usize::from(width.saturating_sub(2));
    if let Some(scroll) = app.help {
        let lines = help(inside, app.look);
        let last = boxed(
            frame,
            area,
            width,
            Sheet { title: "help: any other key closes", lines, foot: Vec::new(), scroll },
            app.look,
        );
        app.help = Some(scroll.min(last));
        return;
    }
    if app.asks_permission() {
        let lines = permission(app, inside);
        let foot = vec![answers(&[("y", "once"), ("s", "for the session"), ("n", "no")], app.look)];
        let scroll = app.question.as_ref().map_or(0, |question| question.scroll);
        let title = if app.keys_go_to_composer() {
            "may this be done? first rest your keys"
        } else {
            "may this be done?"
        };
        let last = boxed(frame, area, width, Sheet { title, lines, foot, scroll }, app.look);
        if let Some(question) = &mut app.question {
            question.scroll = question.scroll.min(last);
            question.goes_on = question.scroll < last;
        }
        return;
    }
    if let Some(review) = app.review.as_ref().filter(|review| review.asks) {
        let margin = Margin::default();
        let mut lines = Vec::new();
        for check in &review.checks {
            let runs = [span(plain(check), Role::Warning, app.look)];
            lines.extend(wrap(&runs, inside, &margin));
        }
        lines.push(Line::default());
        lines.push(Line::from("A check has failed. Apply it nevertheless?"));
        let foot = vec![answers(&[("y", "yes"), ("n", "no")], app.look)];
        boxed(frame, area, width, Sheet { title: "confirm", lines, foot, scroll: 0 }, app.look);
    }
}

/// What a box holds.
struct Sheet<'a> {
    title: &'a str,
    lines: Vec<Line<'static>>,
    /// Stays when the lines are scrolled.
    foot: Vec<Line<'static>>,
    scroll: usize,
}

/// Draws a box in the middle of `area`; gives the most lines that it can be scrolled by.
fn boxed(frame: &mut Frame<'_>, area: Rect, width: u16, sheet: Sheet<'_>, look: Look) -> usize {
    let Sheet { title, lines, foot, scroll } = sheet;
    let rows = u16::try_from(lines.len() + foot.len()).unwrap_or(u16::MAX);
    // On the smallest screens the frame goes before the text.
    let frame_rows = if area.height >= 5 { 2 } else { 0 };
    let height = rows.saturating_add(frame_rows).min(area.height);
    let place = Rect {
        x: area.x + (area.width - width.min(area.width)) / 2,
        y: area.y + (area.height - height) / 2,
        width: width.min(area.width),
        height,
    };
    let block =
        pane(&fit(title, usize::from(width.saturating_sub(6)), look.marks().ellipsis), true, look);
    let inner = if frame_rows > 0 { block.inner(place) } else { place };
    let room = usize::from(inner.height).saturating_sub(foot.len());
    let last = lines.len().saturating_sub(room);
    let scroll = scroll.min(last);
    let more = lines.len() > scroll + room;
    let mut seen: Vec<Line<'static>> = lines.into_iter().skip(scroll).take(room).collect();
    if more && let Some(line) = seen.last_mut() {
        *line = Line::from(span(format!("{} more: Down", look.marks().down), Role::Quiet, look));
    }
    seen.extend(foot);
    frame.render_widget(Clear, place);
    if frame_rows > 0 {
        frame.render_widget(block, place);
    }
    frame.render_widget(Paragraph::new(seen), inner);
    last
}

fn permission(app: &App, width: usize) -> Vec<Line<'static>> {
    let Activity::Permission { call, why, .. } = app.conversation.activity() else {
        return Vec::new();
    };
    let look = app.look;
    let (tool, what) = words_of(call);
    let mut lines = Vec::new();
    let mut margin = Margin::hanging(format!("{tool} "), look.style(Role::Strong));
    // Whole, line by line: what is agreed to must have been seen.
    let mut whole = what;
    if let Call::Edit {
        change:
            Change::Create { text } | Change::Lines { text, .. } | Change::Replace { new: text, .. },
        ..
    } = call
    {
        whole = format!("{whole}\n{text}");
    }
    for line in whole.lines() {
        lines.extend(chop(&[Span::raw(plain(line))], width, &margin));
        margin.first.clone_from(&margin.rest);
    }
    if lines.is_empty() {
        lines.push(Line::from(span(tool, Role::Strong, look)));
    }
    if !why.is_empty() {
        lines.push(Line::default());
        lines.extend(wrap(&[span(plain(why), Role::Quiet, look)], width, &Margin::default()));
    }
    lines.push(Line::default());
    lines
}

fn answers(answers: &[(&'static str, &'static str)], look: Look) -> Line<'static> {
    let mut line = Line::default();
    for (key, what) in answers {
        line.push_span(span(*key, Role::Key, look));
        line.push_span(Span::raw(format!(" {what}   ")));
    }
    line
}

fn help(width: usize, look: Look) -> Vec<Line<'static>> {
    let rows = |rows: Vec<(String, &'static str)>| {
        let label = rows.iter().map(|(name, _)| columns(name)).max().unwrap_or(0) + 2;
        let label = label.min(width / 2);
        rows.into_iter()
            .flat_map(|(name, what)| {
                let name = fit(&name, label.saturating_sub(1), look.marks().ellipsis);
                let name = span(format!("{name:<label$}"), Role::Strong, look);
                let margin = Margin { first: vec![name], rest: vec![Span::raw(" ".repeat(label))] };
                wrap(&[Span::raw(what)], width, &margin)
            })
            .collect::<Vec<_>>()
    };
    let mut lines = rows(KEYS.iter().map(|(keys, what)| ((*keys).to_owned(), *what)).collect());
    lines.push(Line::default());
    let commands = COMMANDS
        .iter()
        .map(|(name, argument, what)| (format!("/{name} {argument}").trim_end().to_owned(), *what));
    lines.extend(rows(commands.collect()));
    lines
}
