//! Keys, pastes, reports and sizes in any order: nothing may bring the screen down or out of step.

use proptest::prelude::*;

use super::*;

const KEYS: &[&str] = &[
    "a",
    "y",
    "n",
    " ",
    "/",
    "@",
    "!",
    "?",
    "s",
    "f",
    "<enter>",
    "<esc>",
    "<tab>",
    "<s-tab>",
    "<up>",
    "<down>",
    "<left>",
    "<home>",
    "<pgup>",
    "<pgdn>",
    "<bs>",
    "<f1>",
    "<a-enter>",
    "<a-up>",
    "<c-j>",
    "<c-f>",
    "<c-o>",
    "<c-y>",
    "<c-r>",
    "<c-home>",
    "<c-end>",
    "<c-u>",
    "<c-k>",
    "<c-w>",
    "<c-d>",
    "<c-p>",
    "<c-n>",
    "<c-_>",
    "<c-l>",
    "/mode ",
    "app",
    "limit",
];

#[derive(Clone, Debug)]
enum Step {
    Keys(&'static str),
    Paste(String),
    Wheel(isize),
    Wait(u64),
    Goes(usize),
    Adds(usize),
    Draw(u16, u16),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => proptest::sample::select(KEYS).prop_map(Step::Keys),
        1 => "[a\n日\u{202e}/@ ]{0,30}".prop_map(Step::Paste),
        1 => (-40isize..40).prop_map(Step::Wheel),
        1 => (0u64..900).prop_map(Step::Wait),
        2 => (0usize..6).prop_map(Step::Goes),
        1 => (0usize..5).prop_map(Step::Adds),
        3 => (1u16..90, 1u16..30).prop_map(|(width, height)| Step::Draw(width, height)),
    ]
}

fn activity(number: usize) -> Activity {
    match number {
        0 => Activity::Idle,
        1 => streaming("some *text*\n\n```rust\nfn f() {", "a thought"),
        2 => permission(),
        3 => review(false),
        4 => Activity::Applying { id: 3 },
        _ => Activity::Calling { id: 2, call: Call::Test, line: "1 passed".to_owned() },
    }
}

fn entry(number: usize) -> Entry {
    match number {
        0 => user("more of\nthis"),
        1 => answer("- a\n- b"),
        2 => Entry::Retracted,
        3 => Entry::Cleared,
        _ => Entry::Notice { text: "a  notice".to_owned(), error: true },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens(steps in proptest::collection::vec(step(), 1..60)) {
        let mut bench = Bench::new(talk());
        for step in steps {
            match step {
                Step::Keys(keys) => bench.keys(keys),
                Step::Paste(text) => bench.paste(&text),
                Step::Wheel(lines) => bench.send(Event::Wheel(lines)),
                Step::Wait(milliseconds) => bench.wait(milliseconds),
                Step::Goes(number) => bench.busy(activity(number)),
                Step::Adds(number) => {
                    bench.app.conversation.add(entry(number));
                    &mut bench
                }
                Step::Draw(width, height) => {
                    bench.text(width, height);
                    &mut bench
                }
            };
        }
        // Whatever has happened, two Ctrl-C leave.
        bench.keys("<c-c><c-c>");
        prop_assert_eq!(bench.left().is_some(), true);
    }
}
