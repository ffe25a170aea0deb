//! The fix screen driven by events and drawn on a `TestBackend`.

mod hostile;
mod screens;
mod state;

use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::Task;
use super::app::{App, Effect};
use super::event::Event;
use super::theme::{Colours, Glyphs, Look};
use super::view;
use crate::agent::proposal::{Caution, Evidence, Place, Progress, Proposal, Stage, Tier, Verdict};
use crate::base::{Line, RepoPath};
use crate::edit::Patch;

const LOOK: Look = Look { colours: Colours::None, glyphs: Glyphs::Unicode };

/// An app with a clock that the test moves.
struct Bench {
    app: App,
    now: Duration,
}

impl Bench {
    fn new() -> Self {
        Self {
            app: App::new(Task::Fix, "pytest -q tests/test_stock.py".to_owned()),
            now: Duration::ZERO,
        }
    }

    /// One that shows `proposals` long enough to be decided on.
    fn reviewing(proposals: impl IntoIterator<Item = Proposal>) -> Self {
        let mut bench = Self::new();
        for proposal in proposals {
            bench.progress(Progress::Found(Box::new(proposal)));
        }
        bench.wait(2_000);
        bench
    }

    fn wait(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
        self.send(Event::Tick { left: Some(Duration::from_secs(48)) });
    }

    fn send(&mut self, event: Event) -> Effect {
        self.app.update(self.now, event)
    }

    fn progress(&mut self, progress: Progress) -> Effect {
        self.send(Event::Progress(Box::new(progress)))
    }

    fn key(&mut self, code: KeyCode) -> Effect {
        self.send(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)))
    }

    fn press(&mut self, key: char) -> Effect {
        self.key(KeyCode::Char(key))
    }

    fn control(&mut self, key: char) -> Effect {
        self.send(Event::Key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::CONTROL)))
    }

    /// Draws twice, as the loop does, and returns the screen.
    fn draw(&mut self, width: u16, height: u16, look: Look) -> Terminal<TestBackend> {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        for _ in 0..2 {
            let mut viewport = self.app.view;
            terminal.draw(|frame| viewport = view::draw(frame, &self.app, look)).unwrap();
            self.app.view = viewport;
            self.app.clamp();
        }
        terminal
    }

    fn text(&mut self, width: u16, height: u16) -> String {
        self.draw(width, height, LOOK).backend().to_string()
    }
}

fn path(text: &str) -> RepoPath {
    RepoPath::new(text).unwrap()
}

const BEFORE: &str = "\
def total(items):
    result = 0
    for item in items:
        result += item.price
    return result


def reorder(stock, limit):
    \"\"\"Names of what must be ordered again, in alphabetical order.\"\"\"
    names = [name for name, count in stock.items() if count < limit]
    return sorted(names)
";

/// A proven fix by a small transformation.
fn proven() -> Proposal {
    let after = BEFORE.replace("count < limit", "count <= limit");
    Proposal {
        id: 1,
        tier: Tier::Transform,
        title: "`<` becomes `<=`".to_owned(),
        patch: Patch::of_text(path("shop/stock.py"), BEFORE, &after),
        diff: String::new(),
        verdict: Verdict::Proven,
        evidence: Evidence {
            command: "pytest -q tests/test_stock.py".to_owned(),
            before: "exit 1: AssertionError: assert ['nuts'] == ['bolts', 'nuts']".to_owned(),
            after: "exit 0, 12 passed".to_owned(),
            elapsed: Duration::from_millis(412),
            places: vec![Place {
                path: path("shop/stock.py"),
                line: Line(10),
                function: Some("reorder".to_owned()),
                suspicion: 0.92,
                reason: "executed only by the failing test".to_owned(),
            }],
            wider: Some("pytest: 148 passed".to_owned()),
            notes: Vec::new(),
            checks: Vec::new(),
        },
        cautions: Vec::new(),
    }
}

/// An unverified one that changes two files, one of them protected.
fn doubtful() -> Proposal {
    let first = Patch::of_text(
        path("shop/stock.py"),
        BEFORE,
        &BEFORE.replace(
            "    return sorted(names)\n",
            "    if not names:\n        return []\n    return sorted(names, key=str.lower)\n",
        ),
    );
    let second = Patch::of_text(path("setup.cfg"), "[tool]\nstrict = yes\n", "[tool]\n");
    Proposal {
        id: 2,
        tier: Tier::Model,
        title: "guard against an empty list".to_owned(),
        patch: Patch::new(first.files().iter().chain(second.files()).cloned()),
        verdict: Verdict::Unverified,
        cautions: vec![Caution::ProtectedFile(path("setup.cfg")), Caution::DeletesCode],
        evidence: Evidence { after: String::new(), wider: None, ..proven().evidence },
        ..proven()
    }
}
