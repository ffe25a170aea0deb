//! Text that wants to harm the terminal or its reader, in every place where foreign text can come from.

use super::*;
use crate::agent::chat::Attached;

const NASTY: &str = "x\x1b]52;c;aGk=\x07\x1b[2J\x1b[31m\u{9b}1m\u{202e}evil\u{2066}\u{200b}\r\x08y";

fn nasty() -> Conversation {
    let text = || NASTY.to_owned();
    let outcome = Outcome { ok: false, text: text(), line: text() };
    let entries = vec![
        Entry::User {
            text: text(),
            attached: vec![Attached { path: text(), lines: None, text: text() }],
        },
        Entry::Assistant {
            text: format!(
                "# {NASTY}\n\n`{NASTY}` [{NASTY}](http://{NASTY})\n\n```rust\n{NASTY}\n```\n"
            ),
            thought: text(),
            cut: true,
        },
        Entry::Call { id: 1, call: Call::Run { command: text() } },
        Entry::Result { id: 1, outcome },
        Entry::Proposal { id: 2, diff: format!("+{NASTY}"), checks: vec![text()], sound: false },
        Entry::Applied { id: 2, operation: 1, files: vec![text()] },
        Entry::Declined { id: 2, why: text() },
        Entry::Pinned { path: text(), pinned: true },
        Entry::Notice { text: text(), error: true },
        serde_json::from_value(serde_json::json!({"kind": "summary", "text": NASTY})).unwrap(),
    ];
    let name = text();
    Conversation::new(Mode::Ask, entries)
        .with_model(ModelState::Ready(Loaded { name, context: 10, remote: true }))
        .with_queue(&[NASTY])
}

fn assert_tame(bench: &mut Bench) {
    for (width, height) in [(80, 24), (200, 60), (20, 5)] {
        let terminal = bench.draw(width, height);
        for cell in &terminal.backend().buffer().content {
            let bad = |c: char| c.is_control() || NASTY.contains(c) && !c.is_ascii();
            assert!(!cell.symbol().chars().any(bad), "{:?}", cell.symbol());
        }
    }
}

#[test]
fn no_escape_reaches_a_cell() {
    let mut bench = Bench::new(nasty());
    bench.app.place.root = NASTY.to_owned();
    bench.app.place.branch = Some(NASTY.to_owned());
    bench.send(Event::Chat(Box::new(chat::Event::Sandbox(NASTY.to_owned()))));
    for keys in ["", "<c-o>", "<f1>", "<esc>", "<c-f>x"] {
        bench.keys(keys);
        assert_tame(&mut bench);
    }
    bench.paste(NASTY);
    bench.keys("<esc>");
    bench.paste(NASTY);
    assert_tame(&mut bench);
    bench.send(Event::Note(NASTY.to_owned()));
    assert_tame(&mut bench);
}

#[test]
fn no_escape_of_what_goes_on_reaches_a_cell() {
    let text = || NASTY.to_owned();
    let call = || Call::Run { command: format!("{NASTY}\n{NASTY}") };
    let patch = Patch::of_text(
        RepoPath::new("a.py").unwrap(),
        &format!("{NASTY}\n"),
        &format!("{NASTY}{NASTY}"),
    );
    for activity in [
        streaming(NASTY, NASTY),
        Activity::Calling { id: 1, call: call(), line: text() },
        Activity::Permission { id: 1, call: call(), why: text() },
        Activity::Review { id: 1, patch, diff: text(), checks: vec![text()], sound: false },
    ] {
        let mut bench = Bench::new(nasty());
        bench.busy(activity).wait(1_000);
        assert_tame(&mut bench);
        bench.keys("<enter>");
        assert_tame(&mut bench);
    }
    for model in [ModelState::Loading { name: text() }, ModelState::Absent { why: text() }] {
        let mut bench = Bench::new(Conversation::new(Mode::Ask, Vec::new()).with_model(model));
        assert_tame(&mut bench);
    }
}

#[test]
fn what_is_copied_cannot_steer_a_terminal() {
    let mut bench = Bench::new(nasty());
    bench.keys("<c-y>");
    let Some(Act::Emit(sequence)) = bench.acts.last() else { panic!("{:?}", bench.acts) };
    assert!(sequence.starts_with("\x1b]52;c;") && sequence.ends_with("\x1b\\"));
    assert_eq!(sequence.matches('\x1b').count(), 2);
}

#[test]
fn too_much_of_everything_is_drawn_and_bounded() {
    let long = "word ".repeat(200_000);
    let tall = "line\n".repeat(100_000);
    let outcome = Outcome { ok: true, text: tall.clone(), line: long.clone() };
    let entries = vec![
        user(&tall),
        user(&long),
        Entry::Result { id: 1, outcome },
        answer(&"> ".repeat(2_000)),
        answer(&format!("```rust\n{}\n```", "x".repeat(1_000_000))),
    ];
    let mut bench = Bench::new(Conversation::new(Mode::Ask, entries).with_model(ready()));
    bench.keys("<c-o>");
    bench.text(80, 24);
    bench.keys("<c-home>");
    bench.text(80, 24);
    bench.paste(&tall);
    bench.text(80, 24);
    assert!(bench.app.composer.text().len() <= 256 << 10);
}

#[test]
fn wide_and_marked_characters_stay_in_their_columns() {
    let text = "日本語のテキスト e\u{301}e\u{301} שלום عربى 👩‍👩‍👧 ".repeat(6);
    let entries = vec![user(&text), answer(&text), answer(&format!("```\n{text}\n```"))];
    let mut bench = Bench::new(Conversation::new(Mode::Ask, entries).with_model(ready()));
    bench.paste(&text);
    for width in 10..90 {
        bench.text(width, 20);
        let window = bench.app.transcript.window(bench.app.conversation.entries());
        for (_, line) in window {
            let line = line.to_string();
            assert!(crate::tui::text::columns(&line) <= usize::from(width), "{width}: {line}");
        }
    }
}
