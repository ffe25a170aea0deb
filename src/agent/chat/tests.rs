//! The parts together: a long conversation in a small context, and the threads on a scratch repository.

use std::time::Duration;

use crossbeam_channel::{Receiver, unbounded};

use super::drive::{Driver, Opened, Setting};
use super::entry::live;
use super::log::Log;
use super::tools::Workplace;
use super::window::Window;
use super::*;
use crate::base::{Cancel, fs};
use crate::engine::Scripted;

fn said(text: &str) -> Event {
    Event::Said { text: text.to_owned(), attached: Vec::new() }
}

#[test]
fn five_hundred_turns_stay_within_the_context() {
    const TURNS: usize = 500;
    const CONTEXT: usize = 4_096;
    let mut engine =
        Scripted::new().with_context(CONTEXT).when("about to be shortened", &["All went well."]);
    for turn in 0..TURNS {
        let call = format!("I look.\nCALL search word{turn}");
        engine = engine.then(&[&call]).then(&[&format!("Answer {turn}.")]);
    }
    let mut window = Window::new(calls::Form::Plain, "r", None);
    let mut chat = Conversation::new(Mode::Ask, Vec::new());
    let loaded = Loaded { name: "m".to_owned(), context: CONTEXT, remote: false };
    chat.update(Event::Model(ModelState::Ready(loaded)));
    let (mut most_entries, mut most_tokens, mut summaries) = (0, 0, 0);
    for turn in 0..TURNS {
        let mut events = vec![said(&format!("question {turn}"))];
        while let Some(event) = events.pop() {
            for effect in chat.update(event) {
                match effect {
                    Effect::Generate { id, prompt } => {
                        most_entries = most_entries.max(prompt.entries.len());
                        let (reply, tokens, _) = answer::answer(
                            &mut engine,
                            &mut window,
                            &prompt,
                            &Cancel::new(),
                            &|_| None,
                            &mut |_| (),
                        )
                        .unwrap();
                        most_tokens = most_tokens.max(tokens);
                        summaries += usize::from(reply.summary.is_some());
                        events.push(Event::Replied { id, reply: Ok(reply) });
                    }
                    Effect::Perform { id, .. } => {
                        let text = format!("place {turn}: a line of code\n").repeat(40);
                        let outcome = Outcome { ok: true, text, line: "40 places".to_owned() };
                        events.push(Event::Performed { id, outcome });
                    }
                    _ => {}
                }
            }
        }
        assert!(chat.is_at_rest());
    }
    let answers = chat.entries().iter().filter(
        |entry| matches!(entry, Entry::Assistant { text, .. } if text.starts_with("Answer")),
    );
    assert_eq!(answers.count(), TURNS, "none was lost");
    assert!(most_tokens < CONTEXT, "{most_tokens}");
    assert!(most_entries < 120 && live(chat.entries()).len() < 120, "{most_entries}");
    // Rare: each breaks what was computed before.
    assert!((1..TURNS / 5).contains(&summaries), "{summaries}");
    let said = chat
        .entries()
        .iter()
        .filter(|entry| matches!(entry, Entry::Notice { text, .. } if text.contains("summarised")));
    assert_eq!(said.count(), summaries, "each is told");
}

struct Desk {
    chat: Conversation,
    driver: Driver,
    events: Receiver<Event>,
    dir: tempfile::TempDir,
}

impl Desk {
    fn new(engine: Scripted) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        fs::create_dir_all(&top.join("root")).unwrap();
        fs::write(&top.join("root/a.py"), "x = 1\n").unwrap();
        let place = Workplace { fix_limit: Duration::from_secs(5), ..Workplace::scratch(&top) };
        let sessions = log::directory(&place.state);
        let log = Log::begin(&sessions, &place.root).unwrap();
        let engine = std::sync::Mutex::new(Some(engine));
        let open = move |other: Option<&std::path::Path>| match engine.lock().unwrap().take() {
            Some(engine) => Ok(Opened::Engine { engine: Box::new(engine), remote: false }),
            None => Err(format!("cannot open {}", other.unwrap().display())),
        };
        let (sender, events) = unbounded();
        let setting = Setting { place, open: Box::new(open), log: Some(log), sessions };
        let driver = Driver::start(setting, sender);
        let mut chat = Conversation::new(Mode::Ask, Vec::new());
        chat.update(Event::Model(ModelState::Loading { name: "m".to_owned() }));
        Self { chat, driver, events, dir }
    }

    fn take(&mut self, event: Event) {
        for effect in self.chat.update(event) {
            self.driver.perform(effect);
        }
    }

    /// Until it rests or asks.
    fn settle(&mut self) {
        let asks = |chat: &Conversation| {
            matches!(chat.activity(), Activity::Review { .. } | Activity::Permission { .. })
        };
        while !self.chat.is_at_rest() && !asks(&self.chat) {
            let event = self.events.recv_timeout(Duration::from_secs(60)).unwrap();
            self.take(event);
        }
        while let Ok(event) = self.events.try_recv() {
            self.take(event);
        }
    }

    fn command(&mut self, text: &str) -> String {
        let typed::Typed::Command(command) = typed::parse(text).unwrap() else { panic!("{text}") };
        self.take(Event::Commanded(command));
        self.settle();
        match self.chat.entries().last() {
            Some(Entry::Notice { text, .. }) => text.clone(),
            other => format!("{other:?}"),
        }
    }

    fn file(&self) -> String {
        fs::read_text(&self.dir.path().join("root/a.py")).unwrap()
    }
}

#[test]
fn the_threads_read_edit_undo_and_log() {
    let edit = "CALL edit a.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE";
    let engine = Scripted::new().then(&["CALL read a.py"]).then(&[edit]).then(&["Done."]);
    let requests = engine.requests();
    let mut desk = Desk::new(engine);
    desk.take(said("make it two"));
    desk.settle();
    let Activity::Review { patch, sound: true, .. } = desk.chat.activity().clone() else {
        panic!("{:?}", desk.chat.entries())
    };
    assert_eq!(desk.file(), "x = 1\n", "nothing before consent");
    desk.take(Event::Reviewed(Some(patch)));
    desk.settle();
    assert_eq!(desk.file(), "x = 2\n");
    assert!(requests.lock().unwrap()[1].prompt.contains("1| x = 1"));

    assert!(desk.command("/diff").contains("+x = 2"));
    assert!(desk.command("/undo").contains("took back a.py"));
    assert_eq!(desk.file(), "x = 1\n");
    assert!(desk.command("/redo").contains("made again"));
    assert_eq!(desk.file(), "x = 2\n");
    assert!(desk.command("/add a.py").contains("Pinned"));
    assert!(desk.command("/add b.py").contains("no file b.py"));
    assert!(desk.command("/context").contains("of 4096"));
    assert!(desk.command("/model none.gguf").contains("cannot open none.gguf"));
    assert!(desk.command("/commit").contains("no git repository"), "said, not done");
    let saved = desk.command("/save");
    let path = saved.strip_prefix("saved as ").unwrap();
    assert!(fs::read_text(std::path::Path::new(path)).unwrap().contains("make it two"));
    assert!(desk.command("/save").contains("cannot write"), "never over a file that is there");

    let sessions = log::directory(&desk.dir.path().canonicalize().unwrap().join("state"));
    let id = log::list(&sessions).unwrap()[0].id.clone();
    let (_, entries) = log::read(&sessions, &id).unwrap();
    assert_eq!(entries, desk.chat.entries(), "killed here, nothing would be lost");
}

#[test]
fn what_is_performed_can_be_stopped() {
    let mut desk = Desk::new(Scripted::new().then(&["CALL run sleep 30"]));
    desk.take(said("wait"));
    desk.settle();
    assert!(matches!(desk.chat.activity(), Activity::Permission { .. }));
    desk.take(Event::Permitted(Permit::Once));
    desk.take(Event::Interrupted);
    desk.settle();
    assert!(desk.chat.is_at_rest());
    assert!(desk.chat.entries().iter().any(|entry| matches!(entry, Entry::Result { .. })));
}
