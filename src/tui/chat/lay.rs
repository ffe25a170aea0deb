//! Entries -> lines of the transcript.

use ratatui::text::{Line, Span};

use super::flow::{Margin, chop, wrap};
use super::markdown;
use crate::agent::chat::{Call, Change, Entry, Outcome};
use crate::tui::text::plain;
use crate::tui::theme::{Look, Role};

/// Lines of a long message that are shown folded.
const FOLDED: usize = 12;
/// Lines of a result that are shown folded.
const PREVIEW: usize = 8;
/// Lines of a result or a thought that are shown at all.
const MOST: usize = 400;
/// Wider lines of words are harder to read, not easier.
const WIDEST: usize = 110;

/// How entries are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// Columns.
    pub(super) width: usize,
    pub(super) fold: Fold,
    pub(super) look: Look,
}

/// Whether thoughts and results are seen whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fold {
    Folded,
    Open,
}

impl Shape {
    pub(super) fn words(self) -> usize {
        self.width.min(WIDEST)
    }
}

/// What an entry is laid out among.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Around<'e> {
    /// The entry above it.
    pub(super) before: Option<&'e Entry>,
    /// The call that it belongs to.
    pub(super) call: Option<&'e Call>,
}

/// The lines of `entry`; none for what is not shown.
pub(super) fn lay(entry: &Entry, around: Around<'_>, shape: Shape) -> Vec<Line<'static>> {
    let mut lines = lines_of(entry, around, shape);
    if !lines.is_empty() && around.before.is_some_and(|before| stands_apart(before, entry)) {
        lines.insert(0, Line::default());
    }
    lines
}

fn lines_of(entry: &Entry, around: Around<'_>, shape: Shape) -> Vec<Line<'static>> {
    let marks = shape.look.marks();
    match entry {
        Entry::User { text, attached } => {
            let mut lines = said(text, shape);
            for file in attached {
                let range = file.lines.map(|(a, b)| format!(":{a}-{b}")).unwrap_or_default();
                lines.extend(under(&format!("{}{range}", file.path), Role::Quiet, shape));
            }
            lines
        }
        Entry::Assistant { text, thought, cut } => {
            let mut lines = self::thought(thought, shape);
            if !lines.is_empty() && !text.is_empty() {
                lines.push(Line::default());
            }
            lines.extend(markdown::render(text, shape.words(), shape.look));
            if *cut {
                lines.extend(note("cut off here", Role::Warning, marks.failed, shape));
            }
            lines
        }
        Entry::Call { call, .. } => {
            let (tool, what) = words_of(call);
            let margin = Margin::hanging(format!("{} ", marks.bullet), shape.look.style(Role::Key));
            let style = shape.look.style(Role::Strong);
            let runs = [Span::styled(format!("{tool} "), style), Span::raw(plain(&what))];
            some(wrap(&runs, shape.width, &margin), 3, shape)
        }
        Entry::Result { id, outcome } => result(*id, outcome, around, shape),
        Entry::Proposal { diff, checks, sound, .. } => proposal(diff, checks, *sound, shape),
        Entry::Applied { operation, files, .. } => {
            let text = format!(
                "written: {} (operation {operation}; /undo takes it back)",
                files.join(", ")
            );
            let margin =
                Margin::hanging(format!("  {} ", marks.done), shape.look.style(Role::Good));
            wrap(&[Span::raw(plain(&text))], shape.width, &margin)
        }
        Entry::Declined { why, .. } => under(&format!("declined: {why}"), Role::Quiet, shape),
        Entry::Permission { allowed: true, .. } => under("allowed", Role::Quiet, shape),
        Entry::Permission { .. } => under("not allowed", Role::Warning, shape),
        Entry::ModeChanged { mode } => {
            note(&format!("mode: {}", mode.name()), Role::Quiet, marks.dot, shape)
        }
        Entry::Pinned { path, pinned } => {
            let what = if *pinned { "kept in the context" } else { "no longer kept" };
            note(&format!("{path}: {what}"), Role::Quiet, marks.dot, shape)
        }
        Entry::Notice { text, error: true } => note(text, Role::Warning, marks.failed, shape),
        Entry::Notice { text, .. } => note(text, Role::Plain, marks.dot, shape),
        Entry::Summary { text, .. } => {
            let mut lines =
                note("older turns are summed up for the model", Role::Quiet, marks.dot, shape);
            if shape.fold == Fold::Open {
                lines.extend(inset(text.lines(), shape));
            }
            lines
        }
        Entry::Retracted | Entry::Cleared => Vec::new(),
    }
}

/// What a search looks through.
pub(super) fn searchable(entry: &Entry, fold: Fold) -> Vec<&str> {
    match entry {
        Entry::User { text, .. } | Entry::Notice { text, .. } => vec![text],
        Entry::Assistant { text, thought, .. } if fold == Fold::Open => vec![thought, text],
        Entry::Assistant { text, .. } => vec![text],
        Entry::Call { call, .. } => match call {
            Call::Read { path, .. } | Call::Edit { path, .. } | Call::Refactor { path, .. } => {
                vec![path]
            }
            Call::Search { query } => vec![query],
            Call::Map { path } => path.iter().map(String::as_str).collect(),
            Call::Where { name } | Call::Refs { name } => vec![name],
            Call::Run { command } | Call::Fix { command } => vec![command],
            Call::Test => Vec::new(),
        },
        Entry::Result { outcome, .. } if fold == Fold::Open => vec![&outcome.line, &outcome.text],
        Entry::Result { outcome, .. } => vec![&outcome.line],
        Entry::Proposal { diff, .. } if fold == Fold::Open => vec![diff],
        Entry::Applied { files, .. } => files.iter().map(String::as_str).collect(),
        Entry::Declined { why, .. } => vec![why],
        _ => Vec::new(),
    }
}

/// What came of a call: a line, and a few of those that tell most.
fn result(id: u64, outcome: &Outcome, around: Around<'_>, shape: Shape) -> Vec<Line<'static>> {
    let told = match around.before {
        Some(Entry::Applied { id: of, .. } | Entry::Declined { id: of, .. }) => *of == id,
        Some(Entry::Permission { id: of, allowed }) => *of == id && !allowed,
        _ => false,
    };
    if told && shape.fold == Fold::Folded {
        return Vec::new();
    }
    let role = if outcome.ok { Role::Quiet } else { Role::Warning };
    let mut lines = under(&outcome.line, role, shape);
    let count = outcome.text.lines().count();
    let rest = count.saturating_sub(PREVIEW);
    match around.call {
        _ if shape.fold == Fold::Open => lines.extend(inset(outcome.text.lines(), shape)),
        // What they say at last is what came of it.
        // A list is there to be read.
        Some(Call::Refactor { .. }) => lines.extend(inset(outcome.text.lines(), shape)),
        Some(Call::Run { .. } | Call::Test | Call::Fix { .. }) => {
            if rest > 0 {
                lines.push(more(rest, shape));
            }
            lines.extend(inset(outcome.text.lines().skip(rest), shape));
        }
        Some(Call::Map { .. } | Call::Where { .. } | Call::Refs { .. } | Call::Search { .. }) => {
            lines.extend(inset(outcome.text.lines().take(PREVIEW), shape));
            if rest > 0 {
                lines.push(more(rest, shape));
            }
        }
        _ => {}
    }
    lines
}

/// True when a blank line stands before `entry` after `before`.
fn stands_apart(before: &Entry, entry: &Entry) -> bool {
    use Entry::{Applied, Assistant, Call, Declined, Permission, Proposal, Result, User};
    match entry {
        User { .. } | Assistant { .. } => true,
        Call { .. } => matches!(before, User { .. } | Assistant { .. }),
        Result { .. } | Proposal { .. } | Applied { .. } | Declined { .. } | Permission { .. } => {
            false
        }
        // Short remarks stand together.
        _ => matches!(before, User { .. } | Assistant { .. } | Result { .. } | Applied { .. }),
    }
}

/// A call in two words: the tool, and what it is used on.
pub(super) fn words_of(call: &Call) -> (&'static str, String) {
    let what = match call {
        Call::Read { path, first, last } => match (first, last) {
            (None, None) => path.clone(),
            (first, None) => format!("{path}:{}-", first.unwrap_or(1)),
            (first, Some(last)) => format!("{path}:{}-{last}", first.unwrap_or(1)),
        },
        Call::Search { query } => query.clone(),
        Call::Map { path } => path.clone().unwrap_or_default(),
        Call::Where { name } | Call::Refs { name } => name.clone(),
        Call::Edit { path, change } => match change {
            Change::Lines { first, last, .. } => format!("{path}:{first}-{last}"),
            Change::Replace { .. } => path.clone(),
            Change::Create { .. } => format!("{path}, a new file"),
        },
        Call::Run { command } | Call::Fix { command } => command.clone(),
        Call::Refactor { path, steps: None } => path.clone(),
        Call::Refactor { path, steps: Some(steps) } => format!("{path}: {steps}"),
        Call::Test => String::new(),
    };
    (call.tool(), what)
}

/// The thought before an answer: one line, or all of it.
pub(super) fn thought(text: &str, shape: Shape) -> Vec<Line<'static>> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let dot = shape.look.marks().dot;
    let words = text.split_whitespace().count();
    let head = format!("thought, {words} word{} (Ctrl-O)", if words == 1 { "" } else { "s" });
    let mut lines = note(&head, Role::Quiet, dot, shape);
    if shape.fold == Fold::Open {
        lines.extend(inset(text.lines(), shape));
    }
    lines
}

/// A line below the one it belongs to.
fn under(text: &str, role: Role, shape: Shape) -> Vec<Line<'static>> {
    let style = shape.look.style(role);
    let margin = Margin::hanging(format!("  {} ", shape.look.marks().elbow), style);
    some(wrap(&[Span::styled(plain(text), style)], shape.width, &margin), 3, shape)
}

/// A remark of the program's own.
pub(super) fn note(text: &str, role: Role, mark: &str, shape: Shape) -> Vec<Line<'static>> {
    let style = shape.look.style(role);
    let mut margin = Margin::hanging(format!("{mark} "), style);
    let mut lines = Vec::new();
    for line in text.lines().take(MOST) {
        // Columns that are lined up stay so.
        let broken = if line.contains("  ") { chop } else { wrap };
        lines.extend(broken(&[Span::styled(plain(line), style)], shape.words(), &margin));
        margin.first.clone_from(&margin.rest);
    }
    lines
}

/// What the person said.
fn said(text: &str, shape: Shape) -> Vec<Line<'static>> {
    let mut margin = Margin::hanging("> ", shape.look.style(Role::Said));
    let mut lines = Vec::new();
    for line in text.lines().take(MOST) {
        let indent = line.len() - line.trim_start().len();
        let runs = [Span::styled(plain(line), shape.look.style(Role::Strong))];
        // Pasted code and traces keep their shape.
        let broken = if indent > 1 { chop } else { wrap };
        lines.extend(broken(&runs, shape.width, &margin));
        margin.first.clone_from(&margin.rest);
    }
    if text.lines().count() > MOST {
        let style = shape.look.style(Role::Quiet);
        lines.push(Line::from(Span::styled("    and more that is not shown", style)));
    }
    some(lines, FOLDED, shape)
}

/// Text as it is, indented and quiet.
fn inset<'t>(text: impl Iterator<Item = &'t str>, shape: Shape) -> Vec<Line<'static>> {
    let style = shape.look.style(Role::Quiet);
    let margin = Margin::of(format!("    {} ", shape.look.marks().bar), style);
    let mut lines = Vec::new();
    for line in text {
        if lines.len() >= MOST {
            lines.push(Line::from(Span::styled("    and more that is not shown", style)));
            break;
        }
        lines.extend(chop(&[Span::styled(plain(line), style)], shape.width, &margin));
    }
    lines
}

fn proposal(diff: &str, checks: &[String], sound: bool, shape: Shape) -> Vec<Line<'static>> {
    let count = |sign: &str, head: &str| {
        diff.lines().filter(|line| line.starts_with(sign) && !line.starts_with(head)).count()
    };
    let head = format!("proposed: +{} -{}", count("+", "+++ "), count("-", "--- "));
    let mut lines = under(&head, Role::Quiet, shape);
    let role = if sound { Role::Quiet } else { Role::Warning };
    for check in checks {
        lines.extend(under(check, role, shape));
    }
    if shape.fold == Fold::Open {
        let margin = Margin::of("    ", shape.look.style(Role::Quiet));
        for line in diff.lines().take(MOST) {
            let role = match line.as_bytes().first() {
                Some(b'+') => Role::Added,
                Some(b'-') => Role::Removed,
                _ => Role::Quiet,
            };
            let runs = [Span::styled(plain(line), shape.look.style(role))];
            lines.extend(chop(&runs, shape.width, &margin));
        }
    }
    lines
}

/// The first `most` lines while folded, and how many there are besides.
fn some(mut lines: Vec<Line<'static>>, most: usize, shape: Shape) -> Vec<Line<'static>> {
    if shape.fold == Fold::Folded && lines.len() > most + 1 {
        let rest = lines.len() - most;
        lines.truncate(most);
        lines.push(more(rest, shape));
    }
    lines
}

fn more(count: usize, shape: Shape) -> Line<'static> {
    let text = format!("    {count} more line{} (Ctrl-O)", if count == 1 { "" } else { "s" });
    Line::from(Span::styled(text, shape.look.style(Role::Quiet)))
}
