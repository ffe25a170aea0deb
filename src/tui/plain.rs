//! A proposal as text, for pipes, logs and dumb terminals. Returns strings, prints nothing.

use std::fmt::Write as _;

use ratatui::style::{Color, Modifier, Style};

use super::diff::{Diff, Row, Whole, sign};
use super::facts::{Tone, badge, facts};
use super::text::one_line;
use super::theme::{Colours, Glyphs, Look, Role};
use crate::agent::proposal::Proposal;
use crate::base::sanitize;
use crate::edit::diff::{DiffLine, LineKind};

/// Columns of the labels, the gap included.
const LABEL: usize = 12;
/// Bytes of one line of the diff that are shown.
const MAX_LINE: usize = 4_000;

/// `proposal` with its evidence and its unified diff. With [`Colours::None`] there is no escape
/// sequence in it; with others, only those that set colours and attributes. Ends in a line feed.
pub fn render_proposal(proposal: &Proposal, colours: Colours) -> String {
    let pen = Pen { look: Look { colours, glyphs: Glyphs::Ascii } };
    let mut out = String::new();
    let title = format!("{} ({})", one_line(&proposal.title), badge(proposal.verdict));
    out.push_str(&pen.paint(&title, Role::Strong));
    out.push('\n');
    for fact in facts(proposal) {
        let role = match fact.tone {
            Tone::Plain => Role::Plain,
            Tone::Good => Role::Good,
            Tone::Warning => Role::Warning,
        };
        let label = pen.paint(&format!("  {:<LABEL$}", fact.label), role);
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{label}{}", one_line(&fact.text));
    }
    out.push('\n');
    pen.diff(&mut out, &Diff::of(&proposal.patch));
    out
}

struct Pen {
    look: Look,
}

impl Pen {
    fn diff(&self, out: &mut String, diff: &Diff) {
        for row in &diff.rows {
            match row {
                Row::File { path, change } => self.file(out, path, *change),
                Row::Hunk(header) => self.line(out, header, Role::Quiet),
                Row::Line(line) => self.diff_line(out, line),
                Row::Remark(remark) => self.line(out, &format!("\\ {remark}"), Role::Quiet),
            }
        }
    }

    fn file(&self, out: &mut String, path: &str, change: Whole) {
        let old = if change == Whole::New { "/dev/null".to_owned() } else { format!("a/{path}") };
        let new =
            if change == Whole::Deleted { "/dev/null".to_owned() } else { format!("b/{path}") };
        self.line(out, &format!("--- {}", one_line(&old)), Role::Strong);
        self.line(out, &format!("+++ {}", one_line(&new)), Role::Strong);
    }

    fn diff_line(&self, out: &mut String, line: &DiffLine) {
        let (role, change) = match line.kind {
            LineKind::Context => (Role::Plain, Role::Plain),
            LineKind::Removed => (Role::Removed, Role::RemovedChange),
            LineKind::Added => (Role::Added, Role::AddedChange),
        };
        let mut end = line.text.len().min(MAX_LINE);
        while !line.text.is_char_boundary(end) {
            end -= 1;
        }
        let mut at = 0;
        out.push_str(&self.paint(&sign(line.kind).to_string(), role));
        for range in &line.emphasis {
            let (start, stop) = (range.start.min(end), range.end.min(end));
            out.push_str(&self.paint(&sanitize(&line.text[at..start]), role));
            out.push_str(&self.paint(&sanitize(&line.text[start..stop]), change));
            at = stop;
        }
        out.push_str(&self.paint(&sanitize(&line.text[at..end]), role));
        if end < line.text.len() {
            let rest = line.text.len() - end;
            out.push_str(&self.paint(&format!(" [{rest} bytes more]"), Role::Quiet));
        }
        out.push('\n');
    }

    fn line(&self, out: &mut String, text: &str, role: Role) {
        out.push_str(&self.paint(text, role));
        out.push('\n');
    }

    /// `text`, already safe, between the sequences that switch `role` on and off.
    fn paint(&self, text: &str, role: Role) -> String {
        let codes = match self.look.colours {
            Colours::None => return text.to_owned(),
            _ => sgr(self.look.style(role)),
        };
        if codes.is_empty() || text.is_empty() {
            return text.to_owned();
        }
        format!("\x1b[{}m{text}\x1b[0m", codes.join(";"))
    }
}

/// The parameters of the "select graphic rendition" sequence (ECMA-48, 8.3.117) for `style`.
fn sgr(style: Style) -> Vec<String> {
    let mut codes = Vec::new();
    for (modifier, code) in [
        (Modifier::BOLD, "1"),
        (Modifier::DIM, "2"),
        (Modifier::UNDERLINED, "4"),
        (Modifier::REVERSED, "7"),
    ] {
        if style.add_modifier.contains(modifier) {
            codes.push(code.to_owned());
        }
    }
    match style.fg {
        Some(Color::Indexed(index)) => codes.push(format!("38;5;{index}")),
        Some(Color::LightBlue) => codes.push("94".to_owned()),
        Some(Color::Yellow) => codes.push("33".to_owned()),
        _ => {}
    }
    codes
}
