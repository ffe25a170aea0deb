//! The loop without a model, a file or a terminal: events in, effects out.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::agent::chat::command::Command;
use crate::agent::chat::entry::Outcome;
use crate::agent::chat::policy::Rules;
use crate::agent::chat::state::{Loaded, Permit};
use crate::base::RepoPath;
use crate::edit::Patch;
use crate::engine::Usage;

fn ready(mode: Mode) -> Conversation {
    let mut chat = Conversation::new(mode, Vec::new());
    let loaded = Loaded { name: "m".to_owned(), context: 4096, remote: false };
    chat.update(Event::Model(ModelState::Ready(loaded)));
    chat
}

fn said(text: &str) -> Event {
    Event::Said { text: text.to_owned(), attached: Vec::new() }
}

fn reply(text: &str, finish: Finish) -> Result<Reply, String> {
    let usage = Usage {
        prompt: 100,
        kept: 90,
        generated: 10,
        decode: Duration::from_secs(2),
        ..Usage::default()
    };
    Ok(Reply { text: text.to_owned(), finish, usage, summary: None })
}

fn ok(text: &str) -> Outcome {
    Outcome { ok: true, text: text.to_owned(), line: text.to_owned() }
}

fn patch(after: &str) -> Patch {
    Patch::of_text(RepoPath::new("a.py").unwrap(), "x = 1\n", after)
}

fn proposal(id: u64, sound: bool) -> Event {
    let checks = vec!["syntax: ok".to_owned()];
    Event::Proposed { id, patch: patch("x = 2\n"), diff: "-1\n+2\n".to_owned(), checks, sound }
}

/// The effects but for the log.
fn acts(effects: Vec<Effect>) -> Vec<Effect> {
    effects.into_iter().filter(|effect| !matches!(effect, Effect::Log(_))).collect()
}

/// Answers the generation that is going on.
#[track_caller]
fn answers(chat: &mut Conversation, text: &str) -> Vec<Effect> {
    let id = chat.work.generations;
    assert!(matches!(chat.activity(), Activity::Generating(_)), "{:?}", chat.activity());
    acts(chat.update(Event::Replied { id, reply: reply(text, Finish::Stop) }))
}

#[track_caller]
fn performs(effects: &[Effect]) -> (u64, Call) {
    match effects {
        [Effect::Perform { id, call }] => (*id, call.clone()),
        other => panic!("{other:?}"),
    }
}

fn last(chat: &Conversation) -> &Entry {
    chat.entries().last().unwrap()
}

fn complaint(chat: &Conversation) -> &str {
    let found = chat.entries().iter().rev().find_map(|entry| match entry {
        Entry::Notice { text, error: true } => Some(text.as_str()),
        _ => None,
    });
    found.unwrap_or_default()
}

#[test]
fn words_call_words() {
    let mut chat = ready(Mode::Ask);
    let effects = acts(chat.update(said("what is x?")));
    assert!(matches!(&effects[..], [Effect::Generate { prompt, .. }] if prompt.entries.len() == 1));
    chat.update(Event::Text { id: 1, text: "I look.\nCALL re".to_owned() });
    let Activity::Generating(streaming) = chat.activity() else { panic!() };
    assert_eq!(streaming.text.trim(), "I look.");
    let (id, call) = performs(&answers(&mut chat, "I look.\nCALL read a.py"));
    assert_eq!(call.tool(), "read");
    chat.update(Event::Progress { id, line: "half".to_owned() });
    assert!(matches!(chat.activity(), Activity::Calling { line, .. } if line == "half"));
    let effects = acts(chat.update(Event::Performed { id, outcome: ok("x = 1") }));
    let [Effect::Generate { prompt, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(prompt.entries.len(), 4, "message, words, call, result");
    assert!(answers(&mut chat, "It is 1.").is_empty());
    assert!(chat.is_at_rest());
    assert!(matches!(last(&chat), Entry::Assistant { text, cut: false, .. } if text == "It is 1."));
    assert_eq!((chat.totals().context, chat.totals().prompt, chat.totals().rate), (110, 20, 5.0));
}

#[test]
fn every_entry_is_logged_in_order() {
    let mut chat = ready(Mode::Ask);
    let mut logged = Vec::new();
    let mut take = |effects: Vec<Effect>| {
        logged.extend(effects.into_iter().filter_map(|effect| match effect {
            Effect::Log(entry) => Some(entry),
            _ => None,
        }));
    };
    take(chat.update(said("a")));
    take(chat.update(Event::Replied { id: 1, reply: reply("CALL test", Finish::Stop) }));
    take(chat.update(Event::Performed { id: 1, outcome: ok("3 passed") }));
    take(chat.update(Event::Replied { id: 2, reply: reply("fine", Finish::Stop) }));
    assert_eq!(logged, chat.entries());
    let again = Conversation::new(Mode::Ask, logged.clone());
    assert_eq!(again.entries(), logged);
}

#[test]
fn messages_wait_their_turn_and_for_the_model() {
    let mut chat = Conversation::new(Mode::Ask, Vec::new());
    chat.update(Event::Model(ModelState::Loading { name: "m".to_owned() }));
    assert!(acts(chat.update(said("one"))).is_empty());
    chat.update(said("two"));
    assert_eq!(chat.queue(), ["one", "two"]);
    let loaded = Loaded { name: "m".to_owned(), context: 1, remote: false };
    let effects = acts(chat.update(Event::Model(ModelState::Ready(loaded))));
    assert!(matches!(&effects[..], [Effect::Generate { .. }]));
    assert_eq!(chat.queue(), ["two"]);
    assert!(matches!(&answers(&mut chat, "1")[..], [Effect::Generate { .. }]));
    assert!(chat.queue().is_empty());
}

#[test]
fn without_a_model_it_says_so_and_commands_work() {
    let mut chat = Conversation::new(Mode::Ask, Vec::new());
    chat.update(Event::Model(ModelState::Absent { why: "no chat model".to_owned() }));
    assert!(acts(chat.update(said("hello"))).is_empty());
    let told = complaint(&chat);
    assert!(told.contains("no chat model") && told.contains("/fix"), "{told}");
    let (id, call) = performs(&acts(chat.update(Event::Commanded(Command::Test))));
    assert_eq!(call, Call::Test);
    assert!(acts(chat.update(Event::Performed { id, outcome: ok("passed") })).is_empty());
    let effects = acts(chat.update(Event::Shell("ls".to_owned())));
    assert!(matches!(&effects[..], [Effect::Shell { id: 2, command }] if command == "ls"));
    let outcome = Outcome { ok: false, ..ok("exit 2") };
    chat.update(Event::Performed { id: 2, outcome });
    let (_, call) = performs(&acts(chat.update(Event::Commanded(Command::Fix(None)))));
    assert_eq!(call, Call::Fix { command: "ls".to_owned() }, "the last that failed");
}

#[test]
fn a_call_that_cannot_be_read_is_asked_for_again_and_never_shown() {
    let mut chat = ready(Mode::Ask);
    chat.update(said("go"));
    let effects = answers(&mut chat, "Sure.\nCALL fly away");
    let [Effect::Generate { prompt, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert!(prompt.remark.as_ref().unwrap().contains("no tool \"fly\""));
    assert_eq!(prompt.entries.len(), 1);
    answers(&mut chat, "<tool_call>nonsense</tool_call>");
    assert!(answers(&mut chat, "").is_empty());
    assert!(chat.is_at_rest() && complaint(&chat).contains("could not be read"));
    assert!(!chat.entries().iter().any(|entry| matches!(entry, Entry::Assistant { .. })));
}

#[test]
fn the_same_thing_three_times_is_enough() {
    let mut chat = ready(Mode::Ask);
    chat.update(said("go"));
    for round in 1..=2 {
        let (id, _) = performs(&answers(&mut chat, &format!("{round}\nCALL search x")));
        chat.update(Event::Performed { id, outcome: ok("nothing") });
    }
    assert!(answers(&mut chat, "3\nCALL search x").is_empty());
    assert!(chat.is_at_rest() && complaint(&chat).contains("three times"));

    chat.update(said("go on"));
    for path in ["a", "b", "c"] {
        let (id, _) = performs(&answers(&mut chat, &format!("CALL read {path}")));
        let outcome = Outcome { ok: false, ..ok("not there") };
        chat.update(Event::Performed { id, outcome });
    }
    assert!(chat.is_at_rest() && complaint(&chat).contains("failed three times"));
}

#[test]
fn an_answer_in_circles_is_ended() {
    let mut chat = ready(Mode::Ask);
    chat.update(said("go"));
    let effects = acts(chat.update(Event::Text { id: 1, text: "I am sorry. ".repeat(60) }));
    assert_eq!(effects, [Effect::StopGenerating]);
    chat.update(Event::Replied { id: 1, reply: reply("I am sorry. ", Finish::Cancelled) });
    assert!(chat.is_at_rest() && complaint(&chat).contains("repeated itself"));
}

#[test]
fn steps_are_counted() {
    let mut chat = ready(Mode::Ask);
    chat.update(said("go"));
    for step in 0..STEPS {
        let (id, _) = performs(&answers(&mut chat, &format!("CALL read f{step}")));
        chat.update(Event::Performed { id, outcome: ok(&step.to_string()) });
    }
    assert!(chat.is_at_rest() && complaint(&chat).contains("30 answers"));
}

#[test]
fn permission_is_asked_for_and_remembered() {
    let mut chat = ready(Mode::Ask);
    chat.update(said("go"));
    assert!(answers(&mut chat, "CALL run cargo test a").is_empty());
    assert!(matches!(chat.activity(), Activity::Permission { id: 1, .. }));
    let effects = acts(chat.update(Event::Permitted(Permit::Session)));
    assert_eq!(performs(&effects).0, 1);
    chat.update(Event::Performed { id: 1, outcome: ok("ok") });
    performs(&answers(&mut chat, "CALL run cargo test b"));
    chat.update(Event::Performed { id: 2, outcome: ok("ok") });
    answers(&mut chat, "CALL run cargo publish");
    let effects = acts(chat.update(Event::Permitted(Permit::No)));
    assert!(matches!(&effects[..], [Effect::Generate { .. }]), "the model is told");
    assert!(chat.entries().contains(&Entry::Permission { id: 3, allowed: false }));
}

#[test]
fn what_a_mode_or_rule_forbids_is_told_to_the_model() {
    let mut chat = ready(Mode::ReadOnly);
    chat.update(said("go"));
    let effects = answers(&mut chat, "CALL run ls");
    assert!(matches!(&effects[..], [Effect::Generate { .. }]));
    assert!(
        matches!(last(&chat), Entry::Result { outcome, .. } if outcome.text.contains("read-only"))
    );
    let deny = ["run \"ls*\"".to_owned()];
    let mut chat = ready(Mode::AutoEdit).with_rules(Rules::parse(&[], &[], &deny).unwrap());
    chat.update(said("go"));
    answers(&mut chat, "CALL run ls -l");
    assert!(
        matches!(last(&chat), Entry::Result { outcome, .. } if outcome.text.contains("forbid"))
    );
}

const EDIT: &str = "CALL edit a.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE";

#[test]
fn an_edit_is_reviewed_and_written() {
    let mut chat = ready(Mode::Ask);
    chat.update(said("go"));
    let (id, _) = performs(&answers(&mut chat, EDIT));
    assert!(acts(chat.update(proposal(id, true))).is_empty());
    assert!(matches!(chat.activity(), Activity::Review { sound: true, .. }));
    let effects = acts(chat.update(Event::Reviewed(Some(patch("x = 3\n")))));
    assert_eq!(effects, [Effect::Apply { id, patch: patch("x = 3\n") }]);
    assert!(chat.entries().iter().any(|entry| matches!(entry, Entry::Declined { .. })), "a part");
    let files = vec!["a.py".to_owned()];
    let effects = acts(chat.update(Event::Applied { id, operation: 7, files }));
    assert!(matches!(&effects[..], [Effect::Generate { .. }]));
    answers(&mut chat, "I have updated a.py.");
    assert_eq!(complaint(&chat), "");
}

#[test]
fn an_edit_that_is_declined_ends_the_turn() {
    let mut chat = ready(Mode::Ask);
    chat.update(said("go"));
    let (id, _) = performs(&answers(&mut chat, EDIT));
    chat.update(proposal(id, true));
    assert!(acts(chat.update(Event::Reviewed(None))).is_empty());
    assert!(chat.is_at_rest());
}

#[test]
fn auto_edit_writes_what_is_sound_and_repairs_once() {
    let mut chat = ready(Mode::AutoEdit);
    chat.update(said("go"));
    let (id, _) = performs(&answers(&mut chat, EDIT));
    let effects = acts(chat.update(proposal(id, false)));
    assert!(matches!(&effects[..], [Effect::Generate { .. }]), "asked to repair");
    let (id, _) = performs(&answers(&mut chat, &EDIT.replace("x = 2", "x = 4")));
    assert!(matches!(&acts(chat.update(proposal(id, true)))[..], [Effect::Apply { .. }]));
    chat.update(Event::Applied { id, operation: 1, files: vec!["a.py".to_owned()] });
    let (id, _) = performs(&answers(&mut chat, &EDIT.replace("x = 2", "x = 5")));
    chat.update(proposal(id, false));
    assert!(matches!(chat.activity(), Activity::Review { sound: false, .. }), "once only");
}

#[test]
fn a_protected_file_is_never_written_unseen() {
    let mut chat = ready(Mode::AutoEdit);
    chat.update(said("go"));
    let (id, _) = performs(&answers(&mut chat, EDIT));
    let patch = Patch::of_text(RepoPath::new("setup.py").unwrap(), "", "x\n");
    let (diff, checks) = (String::new(), Vec::new());
    chat.update(Event::Proposed { id, patch, diff, checks, sound: true });
    assert!(matches!(chat.activity(), Activity::Review { .. }));
}

#[test]
fn a_claim_without_a_change_is_named() {
    for (text, claims) in [
        ("I have updated the file.", true),
        ("The bug has been fixed.", true),
        ("I\u{2019}ve just added a test", true),
        ("It is fixed by calling f().", false),
        ("You could have updated it.", false),
        ("I would change x.", false),
    ] {
        assert_eq!(claims_an_edit(text), claims, "{text}");
    }
    let mut chat = ready(Mode::Ask);
    chat.update(said("go"));
    answers(&mut chat, "I have fixed the bug.");
    assert!(complaint(&chat).contains("nothing was written"));
}

#[test]
fn whatever_goes_on_can_be_interrupted() {
    let mut chat = ready(Mode::Ask);
    chat.update(said("go"));
    chat.update(Event::Text { id: 1, text: "Half an ans".to_owned() });
    assert_eq!(acts(chat.update(Event::Interrupted)), [Effect::StopGenerating]);
    chat.update(Event::Replied { id: 1, reply: reply("Half an ans", Finish::Cancelled) });
    assert!(matches!(last(&chat), Entry::Assistant { cut: true, .. }) && chat.is_at_rest());

    chat.update(said("go"));
    let (id, _) = performs(&answers(&mut chat, "CALL read a"));
    assert_eq!(acts(chat.update(Event::Interrupted)), [Effect::StopCall]);
    assert!(acts(chat.update(Event::Performed { id, outcome: ok("") })).is_empty());
    assert!(chat.is_at_rest());

    chat.update(said("go"));
    answers(&mut chat, "CALL run x");
    chat.update(Event::Interrupted);
    assert!(chat.is_at_rest() && matches!(last(&chat), Entry::Result { .. }));

    // Somebody who does not end is left behind.
    chat.update(said("go"));
    let (id, _) = performs(&answers(&mut chat, "CALL read b"));
    chat.update(Event::Interrupted);
    chat.update(Event::Interrupted);
    assert!(chat.is_at_rest());
    let count = chat.entries().len();
    chat.update(Event::Performed { id, outcome: ok("late") });
    assert_eq!(chat.entries().len(), count);
}

#[test]
fn a_message_is_taken_back_or_answered_again() {
    let mut chat = ready(Mode::Ask);
    chat.update(said("one"));
    answers(&mut chat, "1");
    let effects = acts(chat.update(Event::Commanded(Command::Retry)));
    let [Effect::Generate { prompt, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((prompt.entries.len(), prompt.attempt), (1, 1));
    chat.update(Event::Retracted);
    assert_eq!(chat.work.ending, Ending::Retracted);
    chat.update(Event::Replied { id: 2, reply: reply("", Finish::Cancelled) });
    assert!(live(chat.entries()).is_empty() && chat.is_at_rest());
}

#[test]
fn a_summary_stands_for_what_was_before() {
    let mut chat = ready(Mode::Ask);
    chat.update(said("one"));
    answers(&mut chat, "1");
    chat.update(said("two"));
    chat.update(Event::Mode(Mode::Plan));
    let Ok(mut with) = reply("2", Finish::Stop) else { panic!() };
    with.summary = Some(("s".to_owned(), 1));
    chat.update(Event::Replied { id: 2, reply: Ok(with) });
    let kinds: Vec<&Entry> = live(chat.entries());
    assert!(
        matches!(
            kinds[..],
            [
                Entry::Summary { .. },
                Entry::User { .. },
                Entry::ModeChanged { .. },
                Entry::Assistant { .. }
            ]
        ),
        "{kinds:?}"
    );
}

#[test]
fn what_nobody_answered_is_answered_on_the_next_start() {
    let entries = vec![
        Entry::User { text: "a".to_owned(), attached: Vec::new() },
        Entry::Call { id: 4, call: Call::Test },
        Entry::Pinned { path: "p".to_owned(), pinned: true },
    ];
    let mut chat = Conversation::new(Mode::Ask, entries);
    assert!(matches!(last(&chat), Entry::Result { id: 4, outcome } if !outcome.ok));
    assert_eq!(chat.pinned(), ["p"]);
    let effects = chat.update(Event::Commanded(Command::Test));
    assert!(matches!(&effects[0], Effect::Log(Entry::Result { id: 4, .. })), "logged as well");
    assert_eq!(performs(&acts(effects)).0, 5);
}

#[derive(Clone, Debug)]
enum Step {
    Event(Box<Event>),
    Reply(&'static str, Finish),
    Done(bool),
    Proposed(bool),
    Applied,
}

fn step() -> impl Strategy<Value = Step> {
    let event = |event: Event| Just(Step::Event(Box::new(event)));
    let replies = prop::sample::select(vec![
        "Yes.",
        "",
        "CALL read a.py",
        "CALL run ls",
        "CALL test",
        EDIT,
        "CALL fly",
        "<think>x</think>CALL map",
        "<tool_call>{\"name\":\"test\"}</tool_call><tool_call>{\"name\":\"map\"}</tool_call>",
    ]);
    let finish = prop::sample::select(vec![Finish::Stop, Finish::Length, Finish::Cancelled]);
    prop_oneof![
        4 => (replies, finish).prop_map(|(text, finish)| Step::Reply(text, finish)),
        3 => any::<bool>().prop_map(Step::Done),
        2 => any::<bool>().prop_map(Step::Proposed),
        2 => Just(Step::Applied),
        3 => event(said("go")),
        1 => event(Event::Shell("ls".to_owned())),
        1 => event(Event::Interrupted),
        1 => event(Event::Retracted),
        1 => event(Event::Permitted(Permit::Once)),
        1 => event(Event::Permitted(Permit::Session)),
        1 => event(Event::Permitted(Permit::No)),
        1 => event(Event::Reviewed(None)),
        1 => event(Event::Reviewed(Some(patch("x = 2\n")))),
        1 => event(Event::Reviewed(Some(Patch::default()))),
        1 => event(Event::Mode(Mode::Plan)),
        1 => event(Event::Mode(Mode::AutoEdit)),
        1 => event(Event::Commanded(Command::Retry)),
        1 => event(Event::Commanded(Command::Clear)),
        1 => event(Event::Commanded(Command::Undo)),
        1 => event(Event::Commanded(Command::Fix(None))),
        1 => event(Event::Done),
        1 => event(Event::Pinned { path: "a.py".to_owned(), pinned: true }),
        1 => event(Event::Model(ModelState::Absent { why: "gone".to_owned() })),
    ]
}

proptest! {
    #[test]
    fn no_order_of_events_leaves_a_call_unanswered(steps in prop::collection::vec(step(), 0..60)) {
        let mut chat = ready(Mode::Ask);
        let mut logged = Vec::new();
        for step in steps {
            let id = match chat.activity() {
                Activity::Calling { id, .. } | Activity::Applying { id } => *id,
                _ => chat.work.calls,
            };
            let event = match step {
                Step::Event(event) => *event,
                Step::Reply(text, finish) => {
                    Event::Replied { id: chat.work.generations, reply: reply(text, finish) }
                }
                Step::Done(good) => {
                    Event::Performed { id, outcome: Outcome { ok: good, ..ok("done") } }
                }
                Step::Proposed(sound) => proposal(id, sound),
                Step::Applied => Event::Applied { id, operation: 1, files: Vec::new() },
            };
            let effects = chat.update(event);
            let starts = effects.iter().filter(|effect| matches!(
                effect,
                Effect::Generate { .. } | Effect::Perform { .. } | Effect::Apply { .. } | Effect::Shell { .. }
            )).count();
            prop_assert!(starts <= 2, "{effects:?}");
            for effect in effects {
                if let Effect::Log(entry) = effect {
                    logged.push(entry);
                }
            }
            // Each call but the one going on has exactly one result, after it.
            let open = match chat.activity() {
                Activity::Calling { id, .. } | Activity::Permission { id, .. }
                | Activity::Review { id, .. } | Activity::Applying { id } => Some(*id),
                _ => None,
            };
            for (at, entry) in chat.entries().iter().enumerate() {
                let Entry::Call { id, .. } = entry else { continue };
                let results = chat.entries()[at..].iter()
                    .filter(|e| matches!(e, Entry::Result { id: of, .. } if of == id)).count();
                prop_assert_eq!(results, usize::from(open != Some(*id)));
            }
            prop_assert_eq!(chat.queue().len(), chat.work.waiting.len());
            prop_assert_eq!(&logged, &chat.entries());
        }
    }
}
