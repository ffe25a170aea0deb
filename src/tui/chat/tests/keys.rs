//! Keys in, events and acts out.

use super::*;

fn last(bench: &mut Bench) -> String {
    bench.told().pop().unwrap_or_default()
}

#[test]
fn enter_sends_and_other_enters_break_lines() {
    let mut bench = Bench::new(empty());
    bench.keys("one<a-enter>two<c-j>three<enter>");
    assert_eq!(bench.told(), [r#"Said { text: "one\ntwo\nthree", attached: [] }"#]);
    assert!(bench.app.composer.is_empty());
    bench.keys("<enter>  <enter>");
    assert!(bench.told().is_empty(), "blank messages are not sent");
}

#[test]
fn commands_and_the_shell_are_understood() {
    let mut bench = Bench::new(empty());
    bench.keys("/undo<enter>");
    assert_eq!(last(&mut bench), "Commanded(Undo)");
    bench.keys("/fix pytest -q<enter>");
    assert_eq!(last(&mut bench), r#"Commanded(Fix(Some("pytest -q")))"#);
    bench.keys("!ls -l<enter>");
    assert_eq!(last(&mut bench), r#"Shell("ls -l")"#);
    bench.keys("/nonsense<enter>");
    assert!(bench.told().is_empty());
    assert!(bench.app.notice.as_ref().unwrap().contains("/help"));
    assert_eq!(bench.app.composer.text(), "/nonsense", "what was mistyped can be mended");
}

#[test]
fn lists_complete_commands_modes_and_files() {
    let mut bench = Bench::new(empty());
    bench.keys("/und<enter>");
    assert_eq!(bench.app.composer.text(), "/undo", "the first Enter takes the choice");
    bench.keys("<enter>");
    assert_eq!(last(&mut bench), "Commanded(Undo)");
    bench.keys("/mode p<tab><enter>");
    assert_eq!(last(&mut bench), r#"Commanded(Mode(Some("plan")))"#);
    bench.keys("see @stock<tab>please<enter>");
    assert!(last(&mut bench).contains("see @shop/stock.py please"));
    bench.keys("@app<down><tab><esc>");
    assert_eq!(bench.app.composer.text(), "@src/chat/app.rs ");
}

#[test]
fn a_mention_that_cannot_be_read_keeps_the_message() {
    let mut bench = Bench::new(empty());
    let acts = bench.app.said("see @a".to_owned(), Err("a cannot be read".to_owned()));
    assert!(acts.is_empty() && bench.told().is_empty());
    assert_eq!(bench.app.composer.text(), "see @a");
    assert_eq!(bench.app.notice.as_deref(), Some("a cannot be read"));
}

#[test]
fn mentions_are_read_before_the_message_is_sent() {
    let mut bench = Bench::new(empty());
    bench.keys("see @src/app.rs:1-2 ");
    bench.send(Event::Key(named_key("enter")));
    let [Act::Read { text, mentions }] = bench.acts.as_slice() else { panic!("{:?}", bench.acts) };
    assert_eq!(text, "see @src/app.rs:1-2");
    assert_eq!((mentions.len(), mentions[0].lines), (1, Some((1, 2))));
}

#[test]
fn pasted_text_is_text() {
    let mut bench = Bench::new(empty());
    bench.busy(permission()).wait(1_000);
    bench.paste("y\ns\n");
    assert!(bench.told().is_empty(), "a paste answers no question");
    bench.busy(Activity::Idle);
    bench.keys("<c-u>").paste("/quit\r/undo\n");
    assert!(bench.told().is_empty() && bench.left().is_none());
}

const TRACE: &str = "Traceback (most recent call last):\n  File \"/home/me/shop/shop/stock.py\", line 3, in \
    <module>\n    total()\nKeyError: 'nuts'\n";

#[test]
fn a_pasted_trace_becomes_a_fix() {
    let mut bench = Bench::new(empty());
    bench.paste(TRACE);
    let shown = bench.text(120, 24);
    assert!(shown.contains("Enter: /fix python shop/stock.py; Esc: a message"), "{shown}");
    bench.keys("<enter>");
    assert_eq!(last(&mut bench), r#"Commanded(Fix(Some("python shop/stock.py")))"#);
    bench.paste(TRACE);
    bench.keys("<esc><enter>");
    assert!(last(&mut bench).starts_with("Said"));
    // As tmux pastes.
    bench.paste(&TRACE.replace("shop/stock.py", "elsewhere.py").replace('\n', "\r"));
    bench.keys("<enter>");
    let told = last(&mut bench);
    assert!(told.starts_with("Commanded(Trace(") && told.contains("line 3, in"), "{told}");
}

#[test]
fn only_y_and_s_permit_and_only_after_a_look() {
    for (key, told) in [
        ("y", "Permitted(Once)"),
        ("s", "Permitted(Session)"),
        ("n", "Permitted(No)"),
        ("<esc>", "Permitted(No)"),
    ] {
        let mut bench = Bench::new(empty());
        bench.busy(permission()).keys(key);
        assert!(bench.told().is_empty(), "{key}: it has just appeared");
        bench.wait(700).keys("<enter><c-y> ");
        assert!(bench.told().is_empty());
        bench.keys(key);
        assert_eq!(bench.told(), [told]);
    }
}

#[test]
fn what_is_permitted_has_been_read_to_its_end() {
    let mut bench = Bench::new(empty());
    let command = format!("true{}\nrm -rf build", "\n".repeat(40));
    let call = Call::Run { command };
    bench.busy(Activity::Permission { id: 1, call, why: String::new() }).wait(700);
    assert!(bench.text(80, 24).contains("more: Down"));
    bench.keys("ys");
    assert!(bench.told().is_empty());
    for _ in 0..40 {
        bench.keys("<down>");
        bench.text(80, 24);
    }
    assert!(bench.text(80, 24).contains("rm -rf build"));
    bench.keys("y");
    assert_eq!(bench.told(), ["Permitted(Once)"]);
}

#[test]
fn a_message_that_is_being_written_answers_no_question() {
    let mut bench = Bench::new(empty());
    bench.keys("yes plea");
    bench.busy(permission());
    for _ in 0..20 {
        bench.wait(100).keys("y");
    }
    assert!(bench.told().is_empty());
    assert!(bench.app.composer.text().ends_with("yyy"));
    assert!(bench.text(80, 24).contains("first rest your keys"));
    bench.wait(700).keys("y");
    assert_eq!(bench.told(), ["Permitted(Once)"]);
}

#[test]
fn a_review_is_taken_whole_in_part_or_not() {
    let reviewing = |sound| {
        let mut bench = Bench::new(empty());
        bench.busy(review(sound)).wait(700);
        bench
    };
    let mut bench = reviewing(true);
    bench.keys("<enter>");
    let whole = last(&mut bench);
    assert!(whole.starts_with("Reviewed(Some("), "{whole}");
    let mut bench = reviewing(true);
    bench.keys(" <enter>");
    let part = last(&mut bench);
    assert!(part.starts_with("Reviewed(Some(") && part != whole);
    let mut bench = reviewing(true);
    bench.keys("  fa");
    assert_eq!(last(&mut bench), whole);
    for none in ["n", "<esc>", "f<enter>"] {
        let mut bench = reviewing(true);
        bench.keys(none);
        assert_eq!(last(&mut bench), "Reviewed(None)", "{none}");
    }
}

#[test]
fn a_failed_check_needs_a_second_word() {
    let mut bench = Bench::new(empty());
    bench.busy(review(false)).wait(700).keys("a<enter>a");
    assert!(bench.told().is_empty());
    bench.keys("n<enter>");
    assert!(bench.told().is_empty());
    bench.keys("y");
    assert!(last(&mut bench).starts_with("Reviewed(Some("));
    let mut bench = Bench::new(empty());
    bench.busy(review(false)).keys("<enter>");
    assert!(bench.app.review.as_ref().is_some_and(|review| !review.asks), "it has just appeared");
}

#[test]
fn esc_interrupts_and_twice_brings_the_last_message_back() {
    let mut bench = Bench::new(talk());
    bench.busy(streaming("a", "")).keys("<esc>");
    assert_eq!(bench.told(), ["Interrupted"]);
    bench.busy(Activity::Idle).keys("<esc>");
    assert_eq!(bench.app.composer.text(), "Change it.");
    assert!(bench.told().is_empty(), "nothing is taken back before it is sent");
    bench.keys(" Now.<enter>");
    assert_eq!(bench.told(), ["Retracted", r#"Said { text: "Change it. Now.", attached: [] }"#]);
}

#[test]
fn up_edits_the_last_message_or_goes_on_to_older_ones() {
    let mut bench = Bench::new(talk());
    bench.keys("<up>");
    assert!(bench.app.rewrites);
    bench.keys("<esc><enter>");
    assert_eq!(
        bench.told(),
        [r#"Said { text: "Change it.", attached: [] }"#],
        "Esc makes it a new one"
    );
    let mut bench = Bench::new(talk());
    bench.keys("<up><up>");
    assert_eq!(bench.app.composer.text(), "an older message");
    assert!(!bench.app.rewrites);
    bench.keys("<enter>");
    assert_eq!(bench.told().len(), 1, "an older message is sent as a new one");
}

#[test]
fn a_message_is_not_rewritten_while_it_is_answered() {
    let mut bench = Bench::new(talk());
    bench.keys("<up>").busy(streaming("a", "")).keys("<enter>");
    assert!(bench.told().is_empty());
    assert_eq!(bench.app.composer.text(), "Change it.");
}

#[test]
fn ctrl_c_stops_or_clears_first_and_then_leaves() {
    let mut bench = Bench::new(talk());
    bench.busy(streaming("a", "")).keys("draft<c-c>");
    assert_eq!(bench.told(), ["Interrupted"]);
    assert_eq!(bench.app.composer.text(), "draft");
    bench.busy(Activity::Idle).keys("x<c-c>");
    assert!(bench.app.composer.is_empty() && bench.left().is_none());
    bench.keys("<up>");
    assert_eq!(bench.app.composer.text(), "Change it.");
    bench.keys("<c-c><c-c>");
    assert_eq!(bench.left(), Some(&Left::Interrupted));
}

#[test]
fn ctrl_d_and_quit_leave_and_the_conversation_knows() {
    for keys in ["<c-d>", "/quit<enter>", "/exit<enter>"] {
        let mut bench = Bench::new(empty());
        bench.keys(keys);
        assert_eq!(bench.left(), Some(&Left::Quit), "{keys}");
        assert_eq!(bench.told(), ["Commanded(Quit)"]);
    }
    let mut bench = Bench::new(empty());
    bench.keys("a<c-d>");
    assert_eq!(bench.left(), None);
    bench.send(Event::Interrupted);
    assert_eq!(bench.left(), Some(&Left::Interrupted));
}

#[test]
fn modes_retry_and_screen_keys() {
    let mut bench = Bench::new(talk());
    bench.keys("<s-tab><c-r>");
    assert_eq!(bench.told(), ["Mode(AutoEdit)", "Commanded(Retry)"]);
    bench.keys("<c-l><c-z>");
    assert!(bench.acts.contains(&Act::Redraw) && bench.acts.contains(&Act::Suspend));
    bench.keys("<f1>q?");
    assert!(bench.app.help.is_some());
    bench.keys("<c-c>a?");
    assert!(bench.app.help.is_none(), "a question mark in a message is one");
    assert_eq!(bench.app.composer.text(), "a?");
}

#[test]
fn code_is_copied_first_and_then_the_answer() {
    let mut bench = Bench::new(Conversation::new(Mode::Ask, vec![answer(ANSWER)]));
    bench.keys("<c-y><c-y>");
    let lengths: Vec<usize> = bench
        .acts
        .iter()
        .map(|act| match act {
            Act::Emit(sequence) => sequence.len(),
            _ => 0,
        })
        .collect();
    assert_eq!(lengths.len(), 2);
    assert!(lengths[0] > 100 && lengths[1] > lengths[0]);
    let mut bench = Bench::new(empty());
    bench.keys("<c-y>");
    assert!(bench.acts.is_empty() && bench.app.notice.is_some());
}

fn long_talk() -> Bench {
    let entries = (0..200)
        .flat_map(|n| [user(&format!("question {n}")), answer(&format!("answer {n}\n\nmore"))]);
    Bench::new(Conversation::new(Mode::Ask, entries.collect()).with_model(ready()))
}

#[test]
fn scrolling_stays_where_it_is_and_tells_of_what_comes() {
    let mut bench = long_talk();
    assert!(bench.text(80, 24).contains("answer 199"));
    bench.keys("<pgup><pgup>");
    let before = bench.text(80, 24);
    assert!(!before.contains("answer 199"));
    bench.app.conversation.add(answer("news"));
    let after = bench.text(80, 24);
    assert!(after.contains("new text below"), "{after}");
    let body = |text: &str| text.lines().take(18).collect::<Vec<_>>().join("\n");
    assert_eq!(body(&after), body(&before));
    bench.keys("<pgdn><pgdn><pgdn>");
    let end = bench.text(80, 24);
    assert!(end.contains("news") && !end.contains("below"), "{end}");
    bench.keys("<c-home>");
    assert!(bench.text(80, 24).contains("question 0"));
    bench.keys("<pgup><c-end>");
    assert!(bench.text(80, 24).contains("news"));
    bench.keys("<pgup>").send(Event::Wheel(3)).send(Event::Wheel(60));
    assert!(bench.app.transcript.follows());
}

#[test]
fn a_search_goes_back_and_forth() {
    let mut bench = long_talk();
    bench.text(80, 24);
    bench.keys("<c-f>answer 15");
    let shown = bench.text(80, 24);
    assert!(shown.contains("answer 159") && shown.contains("search: answer 15"), "{shown}");
    bench.keys("<enter>nn");
    assert!(bench.text(80, 24).contains("answer 157"));
    bench.keys("NNN");
    assert!(bench.app.notice.as_ref().unwrap().contains("Nothing newer"));
    bench.keys("<c-f><bs><bs>nothing like it");
    assert_eq!(bench.app.notice.as_deref(), Some("Not found."));
    bench.keys("<esc>text");
    assert_eq!(bench.app.composer.text(), "text");
}

#[test]
fn what_is_taken_back_or_cleared_is_not_shown() {
    let mut entries = vec![user("one"), answer("first"), user("two"), answer("second")];
    entries.push(Entry::Retracted);
    entries.push(user("three"));
    let mut bench = Bench::new(Conversation::new(Mode::Ask, entries).with_model(ready()));
    let shown = bench.text(80, 24);
    assert!(shown.contains("first") && shown.contains("three"), "{shown}");
    assert!(!shown.contains("two") && !shown.contains("second"), "{shown}");
    bench.app.conversation.add(Entry::Cleared);
    assert!(bench.text(80, 24).contains("qwen2.5-coder-3b answers"));
}

#[test]
fn what_is_laid_out_stays_bounded() {
    let entries = (0..3_000).map(|n| user(&format!("question {n}"))).collect();
    let mut bench = Bench::new(Conversation::new(Mode::Ask, entries).with_model(ready()));
    for _ in 0..400 {
        bench.text(80, 24);
        bench.keys("<pgup>");
    }
    assert!(bench.text(80, 24).contains("question 0"));
    assert!(bench.app.transcript.laid_out() < 600, "{}", bench.app.transcript.laid_out());
}

#[test]
fn a_result_is_not_told_twice() {
    let mut bench = Bench::new(talk());
    let shown = bench.text(80, 60);
    assert_eq!(shown.matches("written: shop/stock.py").count(), 1, "{shown}");
    assert!(shown.contains("1 failed, 11 passed"), "the end of an output is seen: {shown}");
    assert!(!shown.contains("def total"), "what was read is not: {shown}");
}

#[test]
fn resuming_is_leaving() {
    let mut bench = Bench::new(empty());
    let acts = vec![Effect::Command(chat::Command::Resume(Some("abc".to_owned()))), Effect::Leave];
    let acts: Vec<Act> = acts.into_iter().map(App::act).collect();
    assert_eq!(acts, [Act::Leave(Left::Resume("abc".to_owned())), Act::Leave(Left::Quit)]);
    bench.keys("/resume abc<enter>");
    assert_eq!(last(&mut bench), r#"Commanded(Resume(Some("abc")))"#);
}
