//! The list of candidates, and the evidence for the one shown.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::super::app::{App, Candidate, Focus};
use super::super::facts::{Tone, badge, facts};
use super::super::text::{columns, fit, wrap};
use super::super::theme::{Look, Role};
use super::pane;
use crate::agent::proposal::Verdict;

/// Lines of one fact; the rest of it would push the others off the screen.
const MAX_FACT_LINES: usize = 8;
/// Columns of the labels, the gap included.
const LABEL: usize = 11;

/// The list, scrolled so that the one shown is on it.
pub(super) fn list(frame: &mut Frame<'_>, area: Rect, app: &App, look: Look) {
    let count = app.listed().count();
    let at = app.current().map_or(0, |(at, _)| at);
    let title = match app.current() {
        Some(_) => format!("candidates {}/{count}", at + 1),
        None => "candidates".to_owned(),
    };
    let block = pane(&title, app.focus == Focus::List, look);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let height = usize::from(inner.height);
    let first = at.saturating_sub(height.saturating_sub(1));
    let lines: Vec<Line<'_>> = app
        .listed()
        .enumerate()
        .skip(first)
        .take(height)
        .map(|(index, candidate)| {
            entry(candidate, app.selected, index, usize::from(inner.width), look)
        })
        .collect();
    if lines.is_empty() {
        frame.render_widget(Line::from("all rejected; u takes back"), inner);
    } else {
        frame.render_widget(Paragraph::new(lines), inner);
    }
}

/// The one shown, on a single line, where there is no room for a list.
pub(super) fn one_line(frame: &mut Frame<'_>, area: Rect, app: &App, look: Look) {
    let width = usize::from(area.width);
    let line = match app.current() {
        Some((at, candidate)) => {
            let count = app.listed().count();
            let place = format!("{}/{count} ", at + 1);
            let (word, role) = verdict(candidate, Width::Full);
            let room = width.saturating_sub(columns(&place) + columns(&word) + 1);
            Line::from(vec![
                Span::styled(place, look.style(Role::Strong)),
                Span::styled(word, look.style(role)),
                Span::raw(" "),
                Span::raw(fit(&candidate.proposal.title, room, look.marks().ellipsis)),
            ])
        }
        None => Line::from("all rejected; u takes back"),
    };
    frame.render_widget(line, area);
}

/// The evidence; returns its rows and how many of them fit.
pub(super) fn evidence(frame: &mut Frame<'_>, area: Rect, app: &App, look: Look) -> (usize, usize) {
    let block = pane("evidence", app.focus == Focus::Evidence, look);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let Some((_, candidate)) = app.current() else { return (0, usize::from(inner.height)) };
    let lines = evidence_lines(candidate, usize::from(inner.width), look);
    let rows = lines.len();
    let seen: Vec<Line<'_>> =
        lines.into_iter().skip(app.scroll.evidence).take(usize::from(inner.height)).collect();
    frame.render_widget(Paragraph::new(seen), inner);
    (rows, usize::from(inner.height))
}

fn evidence_lines(candidate: &Candidate, width: usize, look: Look) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> = wrap(&candidate.proposal.title, width, MAX_FACT_LINES)
        .into_iter()
        .map(|line| Line::from(Span::styled(line, look.style(Role::Strong))))
        .collect();
    for fact in facts(&candidate.proposal) {
        let role = match fact.tone {
            Tone::Plain => Role::Label,
            Tone::Good => Role::Good,
            Tone::Warning => Role::Warning,
        };
        let room = width.saturating_sub(LABEL).max(1);
        for (at, text) in wrap(&fact.text, room, MAX_FACT_LINES).into_iter().enumerate() {
            let label = if at == 0 { fact.label } else { "" };
            lines.push(Line::from(vec![
                Span::styled(format!("{label:<LABEL$}"), look.style(role)),
                Span::raw(text),
            ]));
        }
    }
    lines
}

fn entry(
    candidate: &Candidate,
    selected: Option<usize>,
    index: usize,
    width: usize,
    look: Look,
) -> Line<'static> {
    let marks = look.marks();
    let chosen = Some(candidate.proposal.id) == selected;
    let cursor = if chosen { marks.cursor } else { " " };
    let (word, role) = verdict(candidate, if width < 44 { Width::Short } else { Width::Full });
    let lead = format!("{cursor}{:>2} ", index + 1);
    let room = width.saturating_sub(columns(&lead) + columns(&word) + 1);
    let title = fit(&candidate.proposal.title, room, marks.ellipsis);
    let rest = if chosen { Role::Strong } else { Role::Plain };
    Line::from(vec![
        Span::styled(lead, look.style(rest)),
        Span::styled(word, look.style(role)),
        Span::raw(" "),
        Span::styled(title, look.style(rest)),
    ])
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    Short,
    Full,
}

/// The verdict in words; an exclamation mark when there is a caution.
fn verdict(candidate: &Candidate, width: Width) -> (String, Role) {
    let proposal = &candidate.proposal;
    let caution = if proposal.cautions.is_empty() { "" } else { "!" };
    let word = match (proposal.verdict, width) {
        (Verdict::Unverified, Width::Short) => "unverif.",
        (verdict, _) => badge(verdict),
    };
    let role = match proposal.verdict {
        Verdict::Proven if proposal.cautions.is_empty() => Role::Good,
        _ => Role::Warning,
    };
    (format!("{word}{caution}"), role)
}
