//! The screen before anything was said. It claims nothing that is not so.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::super::app::App;
use super::super::flow::{Margin, wrap};
use super::{span, spinner};
use crate::agent::chat::ModelState;
use crate::tui::text::plain;
use crate::tui::theme::{Look, Role};

/// Wider lines are harder to read.
const WIDEST: u16 = 90;

/// Draws what there is to know, as much of it as fits.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let width = usize::from(area.width.min(WIDEST));
    let mut page = Page { lines: Vec::new(), width, look: app.look };
    let title = format!("slm {}", env!("CARGO_PKG_VERSION"));
    let head =
        [span(title, Role::Strong, app.look), Span::raw(format!("  {}", plain(&app.place.root)))];
    page.put(&head, "");
    match app.conversation.model() {
        ModelState::Absent { why } => absent(&mut page, why),
        ModelState::Loading { name } => {
            page.gap();
            page.say(&format!(
                "{} {name} is loading. Write already: it is answered then.",
                spinner(app)
            ));
            hints(&mut page);
        }
        ModelState::Ready(model) => {
            page.gap();
            let place = if model.remote { "answers, from another machine" } else { "answers" };
            page.say(&format!("{} {place}. Ask about this code, or have it changed.", model.name));
            hints(&mut page);
        }
    }
    let rows = usize::from(area.height);
    page.lines.truncate(rows);
    frame.render_widget(Paragraph::new(page.lines), area);
}

fn absent(page: &mut Page, why: &str) {
    page.gap();
    page.head("There is no model here that can chat.");
    let why = why.trim();
    if !why.is_empty() {
        page.say(&format!("Why: {why}"));
    }
    page.gap();
    page.head("What works without one:");
    page.item("/fix COMMAND", "repair a failing command, with proof");
    page.item("/test", "run the project's tests");
    page.item("/map", "the outline of the repository; also slm tour, search, where, refs");
    page.item("!COMMAND", "a shell command; paste a stack trace to have it repaired");
    page.gap();
    page.head("How to get one: any GGUF file of a chat model.");
    page.item("/model PATH", "load it here; slm chat --model PATH from the start");
    page.item("--endpoint URL", "or a server that speaks OpenAI's protocol");
}

fn hints(page: &mut Page) {
    page.gap();
    page.item("/", "commands: /fix, /test, /map, /undo, /commit...");
    page.item("@", "files: @src/main.rs, or some lines: @src/main.rs:10-20");
    page.item("!", "a shell command of your own");
    page.item("Shift-Tab", "what may be done without asking");
    page.item("F1", "all keys");
}

struct Page {
    lines: Vec<Line<'static>>,
    width: usize,
    look: Look,
}

impl Page {
    fn gap(&mut self) {
        self.lines.push(Line::default());
    }

    fn head(&mut self, text: &str) {
        self.put(&[span(plain(text), Role::Strong, self.look)], "");
    }

    fn say(&mut self, text: &str) {
        for line in text.lines() {
            self.put(&[Span::raw(plain(line))], "");
        }
    }

    fn item(&mut self, key: &str, what: &str) {
        let key = span(format!("  {key:<16}"), Role::Strong, self.look);
        let margin = Margin { first: vec![key], rest: vec![Span::raw(" ".repeat(18))] };
        self.lines.extend(wrap(&[Span::raw(what.to_owned())], self.width, &margin));
    }

    fn put(&mut self, runs: &[Span<'static>], mark: &str) {
        let margin = Margin::hanging(mark, self.look.style(Role::Plain));
        self.lines.extend(wrap(runs, self.width, &margin));
    }
}
