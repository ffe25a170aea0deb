//! Draws the state: transcript, the line of messages, composer, status; lists and questions over them.

mod layers;
mod popup;
mod review;
mod status;
mod welcome;

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::app::App;
use super::flow::width_of;
use super::search::contains;
use crate::agent::chat::Activity;
use crate::tui::text::{columns, duration, fit};
use crate::tui::theme::{Look, Role};

/// Rows of the composer at most.
const INPUT: usize = 10;
/// Messages in the queue that are shown.
const QUEUE: usize = 3;
/// Columns of the composer's mark.
const MARK: u16 = 2;

/// Where everything goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Places {
    body: Rect,
    queue: Rect,
    rule: Rect,
    input: Rect,
    status: Rect,
}

/// Draws the whole screen.
pub(in crate::tui::chat) fn draw(frame: &mut Frame<'_>, app: &mut App) {
    let area = frame.area();
    if area.is_empty() {
        return;
    }
    app.composer.resize(area.width.saturating_sub(MARK).max(1));
    let places = places(area, app);
    app.composer.fit(usize::from(places.input.height));
    app.prepare(usize::from(places.body.width), usize::from(places.body.height));
    if app.review.is_some() {
        review::draw(frame, places.body, app);
    } else if app.transcript.is_empty(app.conversation.entries()) {
        welcome::draw(frame, places.body, app);
    } else {
        transcript(frame, places.body, app);
    }
    queue(frame, places.queue, app);
    rule(frame, places.rule, app);
    input(frame, places.input, app);
    status::draw(frame, places.status, app);
    popup::draw(frame, places.rule, app);
    layers::draw(frame, places.body.union(places.rule), app);
}

fn places(area: Rect, app: &mut App) -> Places {
    let row = |y: u16, height: u16| Rect { y: area.y + y, height, ..area };
    let height = area.height;
    let status = u16::from(height >= 3);
    let rule = u16::from(height >= 4);
    let rows = app.composer.rows().min(INPUT);
    let most = (height / 3).max(1);
    let input = u16::try_from(rows).unwrap_or(most).min(most).min(height - status - rule);
    let waiting = app.conversation.queue().len().min(QUEUE);
    let queue = if height >= 12 { u16::try_from(waiting).unwrap_or(0) } else { 0 };
    let body = height - status - rule - input - queue;
    Places {
        body: row(0, body),
        queue: row(body, queue),
        rule: row(body + queue, rule),
        input: row(body + queue + rule, input),
        status: row(height - status, status),
    }
}

fn transcript(frame: &mut Frame<'_>, area: Rect, app: &mut App) {
    let query = app.search.as_ref().map(|search| search.query.clone()).unwrap_or_default();
    let at = app.search.as_ref().and_then(|search| search.at);
    let found = app.look.style(Role::Found);
    let window = app.transcript.window(app.conversation.entries());
    let lines: Vec<Line<'static>> = window
        .into_iter()
        .map(|(place, line)| {
            let is_at = at == Some(place);
            if query.is_empty() || !contains(&line.to_string(), &query) {
                return if is_at { line.style(found) } else { line };
            }
            marked(&line, &query, if is_at { found } else { app.look.style(Role::Selected) })
        })
        .collect();
    // What is short stands at the bottom, next to where one writes.
    let blank = area.height.saturating_sub(u16::try_from(lines.len()).unwrap_or(u16::MAX));
    let area = Rect { y: area.y + blank, height: area.height - blank, ..area };
    frame.render_widget(Paragraph::new(lines), area);
}

/// The line with the words that were looked for in another style.
fn marked(line: &Line<'_>, query: &str, style: Style) -> Line<'static> {
    let sensitive = query.chars().any(char::is_uppercase);
    let fold = |c: char| if sensitive { c } else { c.to_lowercase().next().unwrap_or(c) };
    let cells: Vec<(char, Style)> =
        line.spans.iter().flat_map(|span| span.content.chars().map(|c| (c, span.style))).collect();
    let wanted: Vec<char> = query.chars().collect();
    let mut styles: Vec<Style> = cells.iter().map(|(_, style)| *style).collect();
    let mut at = 0;
    while at + wanted.len() <= cells.len() {
        let here = cells[at..].iter().zip(&wanted).all(|((c, _), wanted)| fold(*c) == *wanted);
        if here {
            styles[at..at + wanted.len()].iter_mut().for_each(|old| *old = old.patch(style));
            at += wanted.len();
        } else {
            at += 1;
        }
    }
    let mut spans: Vec<Span<'static>> = Vec::new();
    for ((c, _), style) in cells.into_iter().zip(styles) {
        match spans.last_mut() {
            Some(last) if last.style == style => last.content.to_mut().push(c),
            _ => spans.push(Span::styled(c.to_string(), style)),
        }
    }
    Line::from(spans)
}

fn queue(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let look = app.look;
    let waiting = app.conversation.queue();
    let rows = usize::from(area.height);
    let lines: Vec<Line<'static>> = waiting
        .iter()
        .take(rows)
        .enumerate()
        .map(|(at, text)| {
            let more = waiting.len() - rows;
            let text = if at + 1 == rows && more > 0 {
                format!("{text} (and {more} more)")
            } else {
                text.clone()
            };
            let text =
                fit(&format!("queued: {text}"), usize::from(area.width), look.marks().ellipsis);
            Line::from(Span::styled(text, look.style(Role::Quiet)))
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), area);
}

/// The line above the composer: what is to be known now, what goes on, what is below.
fn rule(frame: &mut Frame<'_>, area: Rect, app: &App) {
    if area.is_empty() {
        return;
    }
    let (look, marks) = (app.look, app.look.marks());
    let width = usize::from(area.width);
    let below = match (app.transcript.follows(), app.transcript.below) {
        (true, _) => String::new(),
        (false, true) => format!(" {} new text below, Ctrl-End ", marks.down),
        (false, false) => format!(" {} Ctrl-End ", marks.down),
    };
    let below = if columns(&below) * 2 > width { String::new() } else { below };
    let (text, role) = message(app);
    let room = width.saturating_sub(columns(&below) + 4);
    let mut spans = vec![Span::styled(marks.dash, look.style(Role::Quiet))];
    if !text.is_empty() {
        let text = fit(&text, room, marks.ellipsis);
        spans.push(Span::styled(format!(" {text} "), look.style(role)));
    }
    let used = width_of(&spans) + columns(&below);
    let fill = marks.dash.repeat(width.saturating_sub(used));
    spans.push(Span::styled(fill, look.style(Role::Quiet)));
    spans.push(Span::styled(below, look.style(Role::Strong)));
    frame.render_widget(Line::from(spans), area);
}

/// What the person needs to know most.
fn message(app: &App) -> (String, Role) {
    if let Some(notice) = &app.notice {
        return (notice.clone(), Role::Warning);
    }
    if let Some(trace) = &app.trace {
        let how =
            trace.command.as_ref().map_or("/fix".to_owned(), |command| format!("/fix {command}"));
        return (format!("{}. Enter: {how}; Esc: a message", trace.what), Role::Strong);
    }
    if app.rewrites {
        return ("the last message again: Enter takes the old one back".to_owned(), Role::Strong);
    }
    if app.review.is_some() {
        let hint = "Space hunk, f file, Enter apply what is taken, a all, n nothing";
        return (hint.to_owned(), Role::Strong);
    }
    if app.search.as_ref().is_some_and(|search| !search.is_typing) {
        return ("n older, N newer, / other words, Esc closes".to_owned(), Role::Strong);
    }
    let activity = activity(app);
    let since = app.busy.map_or(Duration::ZERO, |(_, since)| app.now.saturating_sub(since));
    if activity.is_empty() {
        return (String::new(), Role::Plain);
    }
    if app.question.is_some() {
        return (activity, Role::Strong);
    }
    (format!("{} {activity}, {}; Esc interrupts", spinner(app), duration(since)), Role::Plain)
}

/// What goes on, in words; empty when nothing does.
fn activity(app: &App) -> String {
    match app.conversation.activity() {
        Activity::Idle => String::new(),
        Activity::Generating(streaming) if !streaming.text.is_empty() => "writing".to_owned(),
        Activity::Generating(streaming) if !streaming.thought.is_empty() => "thinking".to_owned(),
        Activity::Generating(_) => "reading".to_owned(),
        Activity::Calling { call, line, .. } => {
            let (tool, what) = super::lay::words_of(call);
            if line.is_empty() { format!("{tool} {what}") } else { format!("{tool}: {line}") }
        }
        Activity::Permission { .. } => "it waits for your word".to_owned(),
        Activity::Review { .. } => "it waits for your choice".to_owned(),
        Activity::Applying { .. } => "writing files".to_owned(),
    }
}

/// The picture of the spinner for this moment.
fn spinner(app: &App) -> &'static str {
    let frames = app.look.marks().spinner;
    let turn = app.now.as_millis() / 100 % frames.len() as u128;
    frames[usize::try_from(turn).unwrap_or(0)]
}

fn input(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let look = app.look;
    if let Some(search) = &app.search {
        let label = "search: ";
        let room = usize::from(area.width).saturating_sub(columns(label) + 1);
        let query = fit(&search.query, room, look.marks().ellipsis);
        let line =
            Line::from(vec![Span::styled(label, look.style(Role::Key)), Span::raw(query.clone())]);
        let end = columns(label) + columns(&query);
        frame.render_widget(line, area);
        if search.is_typing {
            cursor(frame, area, end, 0);
        }
        return;
    }
    let [mark, text] = [
        Rect { width: MARK.min(area.width), height: area.height.min(1), ..area },
        Rect { x: area.x + MARK.min(area.width), width: area.width.saturating_sub(MARK), ..area },
    ];
    frame.render_widget(Line::from(Span::styled("> ", look.style(Role::Said))), mark);
    if text.is_empty() {
        return;
    }
    let widget = app.composer.area();
    frame.render_widget(widget, text);
    if app.help.is_none() && (app.question.is_none() || app.keys_go_to_composer()) {
        let at = widget.screen_cursor();
        let (top, _) = widget.scroll_offset();
        cursor(frame, text, at.col, at.row.saturating_sub(usize::from(top)));
    }
}

/// Puts the terminal's cursor into `area`.
fn cursor(frame: &mut Frame<'_>, area: Rect, column: usize, row: usize) {
    let at = |offset: usize, start: u16, size: u16| {
        start + u16::try_from(offset).unwrap_or(u16::MAX).min(size.saturating_sub(1))
    };
    let position = Position { x: at(column, area.x, area.width), y: at(row, area.y, area.height) };
    frame.set_cursor_position(position);
}

/// Spans of `text` in a role.
fn span(text: impl Into<String>, role: Role, look: Look) -> Span<'static> {
    Span::styled(text.into(), look.style(role))
}
