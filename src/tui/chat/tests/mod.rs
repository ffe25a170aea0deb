//! The chat screen driven by keys as text and drawn on a `TestBackend`.

mod hostile;
mod keys;
mod pace;
mod screens;
mod wild;

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::app::App;
use super::event::{Act, Event};
use super::{ChatScreen, Left, view};
use crate::agent::chat::{
    self, Activity, Call, Change, Conversation, Effect, Entry, Loaded, Mode, ModelState, Outcome,
    Streaming, Totals,
};
use crate::base::RepoPath;
use crate::edit::Patch;
use crate::tui::theme::{Colours, Glyphs, Look};

const LOOK: Look = Look { colours: Colours::None, glyphs: Glyphs::Unicode };

/// A screen with a clock that the test moves.
struct Bench {
    app: App,
    now: Duration,
    /// What the loop was asked to do.
    acts: Vec<Act>,
}

impl Bench {
    fn new(conversation: Conversation) -> Self {
        Self::with_look(conversation, LOOK)
    }

    fn with_look(mut conversation: Conversation, look: Look) -> Self {
        let files = ["docs/chat.md", "src/app.rs", "src/chat/app.rs", "shop/stock.py"];
        let files = files.map(|path| RepoPath::new(path).unwrap()).to_vec();
        conversation.update(chat::Event::Sandbox("sandbox".to_owned()));
        let screen = ChatScreen {
            files: Arc::new(Mutex::new(files)),
            root: PathBuf::from("/home/me/shop"),
            branch: Some("main".to_owned()),
            history: vec!["an older message".to_owned()],
            interrupt: Arc::new(AtomicBool::new(false)),
            mouse: false,
            look,
        };
        Self { app: App::new(conversation, &screen), now: Duration::ZERO, acts: Vec::new() }
    }

    fn wait(&mut self, milliseconds: u64) -> &mut Self {
        self.now += Duration::from_millis(milliseconds);
        self.send(Event::Tick)
    }

    fn send(&mut self, event: Event) -> &mut Self {
        let acts = self.app.update(self.now, event);
        self.acts.extend(acts);
        self
    }

    /// Types: letters as they are, other keys as `<enter>`, `<c-f>`, `<a-enter>`; 20 ms each. Files that
    /// a message mentions are not read.
    fn keys(&mut self, text: &str) -> &mut Self {
        for key in keys(text) {
            self.now += Duration::from_millis(20);
            self.send(Event::Key(key));
            while let Some(at) = self.acts.iter().position(|act| matches!(act, Act::Read { .. })) {
                let Act::Read { text, .. } = self.acts.remove(at) else { break };
                let acts = self.app.said(text, Ok(Vec::new()));
                self.acts.extend(acts);
            }
        }
        self
    }

    fn paste(&mut self, text: &str) -> &mut Self {
        self.send(Event::Paste(text.to_owned()))
    }

    /// Something begins to go on.
    fn busy(&mut self, activity: Activity) -> &mut Self {
        self.app.conversation.become_busy_with(activity);
        self.app.watch();
        self
    }

    fn draw(&mut self, width: u16, height: u16) -> Terminal<TestBackend> {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| view::draw(frame, &mut self.app)).unwrap();
        terminal
    }

    fn text(&mut self, width: u16, height: u16) -> String {
        self.draw(width, height).backend().to_string()
    }

    /// What the conversation was told since the last time.
    fn told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.app.told)
    }

    fn left(&self) -> Option<&Left> {
        self.acts.iter().find_map(|act| match act {
            Act::Leave(left) => Some(left),
            _ => None,
        })
    }
}

/// Keys as text -> keys.
fn keys(text: &str) -> Vec<KeyEvent> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
        if let Some((name, after)) = named {
            out.push(named_key(name));
            rest = after;
        } else {
            out.push(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

fn named_key(name: &str) -> KeyEvent {
    let (modifiers, base) = match name.split_once('-') {
        Some(("c", base)) => (KeyModifiers::CONTROL, base),
        Some(("a", base)) => (KeyModifiers::ALT, base),
        Some(("s", base)) => (KeyModifiers::SHIFT, base),
        _ => (KeyModifiers::NONE, name),
    };
    let code = match base {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" if modifiers == KeyModifiers::SHIFT => KeyCode::BackTab,
        "tab" => KeyCode::Tab,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pgup" => KeyCode::PageUp,
        "pgdn" => KeyCode::PageDown,
        "bs" => KeyCode::Backspace,
        "f1" => KeyCode::F(1),
        letter => KeyCode::Char(letter.chars().next().unwrap()),
    };
    KeyEvent::new(code, modifiers)
}

fn user(text: &str) -> Entry {
    Entry::User { text: text.to_owned(), attached: Vec::new() }
}

fn answer(text: &str) -> Entry {
    Entry::Assistant { text: text.to_owned(), thought: String::new(), cut: false }
}

fn ready() -> ModelState {
    let name = "qwen2.5-coder-3b".to_owned();
    ModelState::Ready(Loaded { name, context: 8_192, remote: false })
}

fn totals() -> Totals {
    Totals { context: 1_234, rate: 41.3, ..Totals::default() }
}

fn empty() -> Conversation {
    Conversation::new(Mode::Ask, Vec::new()).with_model(ready())
}

const ANSWER: &str = "\
## What is wrong

The comparison leaves out the *limit itself*:

```python
def reorder(stock, limit):
    # names in alphabetical order
    names = [name for name, count in stock.items() if count < limit]
    return sorted(names)
```

1. `count < limit` must be `count <= limit`
2. the test `test_reorder` expects **nuts**

> A limit of 10 means: order again at 10.";

/// Some turns with calls, a proposal and what came of it.
fn talk() -> Conversation {
    let patch = stock();
    let entries = vec![
        user("Why does test_reorder fail?\nSee @shop/stock.py"),
        Entry::Assistant {
            text: String::new(),
            thought: "The test expects nuts in the list. I should look.".to_owned(),
            cut: false,
        },
        Entry::Call {
            id: 1,
            call: Call::Read { path: "shop/stock.py".to_owned(), first: Some(1), last: Some(12) },
        },
        Entry::Result {
            id: 1,
            outcome: Outcome {
                ok: true,
                text: "1 def total(items):\n2     return 0".to_owned(),
                line: "12 lines".to_owned(),
            },
        },
        Entry::Call {
            id: 2,
            call: Call::Run { command: "pytest -q tests/test_stock.py".to_owned() },
        },
        Entry::Permission { id: 2, allowed: true },
        Entry::Result {
            id: 2,
            outcome: Outcome {
                ok: false,
                text: "E   AssertionError: assert [] == ['nuts']\n1 failed, 11 passed".to_owned(),
                line: "exit 1 in 0.3 s".to_owned(),
            },
        },
        answer(ANSWER),
        user("Change it."),
        Entry::Call {
            id: 3,
            call: Call::Edit {
                path: "shop/stock.py".to_owned(),
                change: Change::Replace { old: "<".to_owned(), new: "<=".to_owned() },
            },
        },
        Entry::Proposal {
            id: 3,
            diff: crate::edit::diff::unified(&patch),
            checks: vec!["syntax: ok".to_owned(), "pytest -q: 12 passed".to_owned()],
            sound: true,
        },
        Entry::Applied { id: 3, operation: 7, files: vec!["shop/stock.py".to_owned()] },
        Entry::Result {
            id: 3,
            outcome: Outcome {
                ok: true,
                text: "written: shop/stock.py".to_owned(),
                line: "written: shop/stock.py".to_owned(),
            },
        },
        answer("Done."),
    ];
    Conversation::new(Mode::Ask, entries).with_model(ready()).with_totals(totals())
}

/// A change of one operator, and another far below it.
fn stock() -> Patch {
    let line = |n: usize| match n {
        9 => "    names = [name for name, count in stock.items() if count < limit]\n".to_owned(),
        40 => "    return names\n".to_owned(),
        n => format!("# line {n}\n"),
    };
    let before: String = (1..60).map(line).collect();
    let after =
        before.replace("< limit", "<= limit").replace("return names", "return sorted(names)");
    Patch::of_text(RepoPath::new("shop/stock.py").unwrap(), &before, &after)
}

fn review(sound: bool) -> Activity {
    let patch = stock();
    let diff = crate::edit::diff::unified(&patch);
    let tests = if sound { "pytest -q: 12 passed" } else { "pytest -q: 1 failed, 11 passed" };
    let checks = vec!["syntax: ok".to_owned(), tests.to_owned()];
    Activity::Review { id: 3, patch, diff, checks, sound }
}

fn permission() -> Activity {
    Activity::Permission {
        id: 2,
        call: Call::Run { command: "pytest -q tests/test_stock.py && rm -rf build".to_owned() },
        why: "mode ask: every command is asked for".to_owned(),
    }
}

fn streaming(text: &str, thought: &str) -> Activity {
    Activity::Generating(Streaming {
        text: text.to_owned(),
        thought: thought.to_owned(),
        pieces: text.len() / 4,
    })
}
