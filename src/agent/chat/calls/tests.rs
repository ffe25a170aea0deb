//! Every spelling that models were seen to use, and nothing that makes the reader panic or show a call.

use proptest::prelude::*;

use super::*;
use crate::agent::chat::call::Change;
use crate::engine::unquoted;

fn edit(old: &str, new: &str) -> Call {
    let change = Change::Replace { old: old.to_owned(), new: new.to_owned() };
    Call::Edit { path: "src/a b.py".to_owned(), change }
}

fn all() -> Vec<Call> {
    let path = || "src/a b.py".to_owned();
    vec![
        Call::Read { path: path(), first: None, last: None },
        Call::Read { path: path(), first: Some(3), last: None },
        Call::Read { path: path(), first: Some(3), last: Some(9) },
        Call::Search { query: "retry \"backoff\"".to_owned() },
        Call::Map { path: None },
        Call::Map { path: Some("src".to_owned()) },
        Call::Where { name: "Type.name".to_owned() },
        Call::Refs { name: "name".to_owned() },
        edit("x = \"{\"\n", "x = '\\n'\ny = 1\n"),
        edit("gone\n", ""),
        Call::Edit {
            path: path(),
            change: Change::Lines { first: 1, last: 2, text: "a\n".to_owned() },
        },
        Call::Edit { path: path(), change: Change::Create { text: "\n\na = 1\n".to_owned() } },
        Call::Run { command: "grep -n 'x y' *.py | head".to_owned() },
        Call::Fix { command: "python3 -m pytest".to_owned() },
        Call::Test,
    ]
}

#[test]
fn what_is_spelled_is_read() {
    for call in all() {
        for form in [Form::Plain, Form::Native] {
            let text = unquoted(&spell(form, &call));
            let reading = read(&format!("I will look.\n{text}"));
            assert_eq!(reading.calls, std::slice::from_ref(&call), "{text}");
            assert_eq!(reading.text, "I will look.");
            assert_eq!(shown(&format!("I will look.\n{text}")).text.trim(), "I will look.");
        }
    }
}

#[test]
fn the_grammar_takes_what_is_spelled_plainly() {
    let grammar = crate::engine::grammar::Grammar::parse(GRAMMAR).unwrap();
    let takes = |text: &str| grammar.matches(text);
    for call in all() {
        let text = unquoted(&spell(Form::Plain, &call));
        assert!(takes(&text) && takes(&format!("Words.\n\nCa\n{text}\n")), "{text}");
    }
    for text in ["", "Words.", "Words.\n", "C", "CALLS", "```\nx\n```"] {
        assert!(takes(text), "{text:?}");
    }
    for text in ["CALL nothing", "CALL read", "CALL test\nwords", "CALL edit a.py\n", "CALL "] {
        assert!(!takes(text), "{text:?}");
    }
}

#[test]
fn other_spellings_are_read() {
    let read_a = Call::Read { path: "a.py".to_owned(), first: None, last: None };
    for text in [
        "<tool_call>\n{\"name\": \"read_file\", \"arguments\": {\"file_path\": \"a.py\"}}\n</tool_call>",
        "<tool_call>{'name': 'read', 'arguments': {'path': 'a.py',},}",
        "<tool_call>\n<function=read>\n<parameter=path>\na.py\n</parameter>\n</function>\n</tool_call>",
        "```json\n{\"name\": \"read\", \"arguments\": {\"path\": \"a.py\"}}\n```",
        "```\n{\"tool\": \"read\", \"path\": \"a.py\"}\n```",
        "{\"name\": \"read\", \"parameters\": {\"path\": \"a.py\"}}",
        "<|python_tag|>{\"name\": \"read\", \"parameters\": {\"path\": \"a.py\"}}",
        "[TOOL_CALLS] [{\"name\": \"read\", \"arguments\": {\"path\": \"a.py\"}}]",
        "[TOOL_CALLS]read[ARGS]{\"path\": \"a.py\"}",
        "{\"type\": \"function\", \"function\": {\"name\": \"read\", \"arguments\": \"{\\\"path\\\": \\\"a.py\\\"}\"}}",
        "```\nCALL read a.py\n```",
        "CALL read: `a.py`",
    ] {
        let reading = read(text);
        assert_eq!(reading.calls, std::slice::from_ref(&read_a), "{text}");
        assert_eq!((reading.text.as_str(), reading.fault), ("", None), "{text}");
        assert_eq!(shown(text).text.trim_matches(['`', '\n']), "", "{text}");
    }
    let two = "<tool_call>{\"name\":\"test\",\"arguments\":{}}</tool_call>\n\
               <tool_call>{\"name\":\"map\",\"arguments\":{}}</tool_call>";
    assert_eq!(read(two).calls, [Call::Test, Call::Map { path: None }]);
}

#[test]
fn what_cannot_be_read_says_why_and_is_not_shown() {
    for (text, word) in [
        ("CALL fly away", "there is no tool"),
        ("CALL read", "needs a path"),
        ("CALL edit a.py\nx", "after a line"),
        ("CALL edit a.py\n<<<<<<< SEARCH\nx\n=======\ny", "did not end"),
        ("CALL edit a.py\n=======\ny\n>>>>>>> REPLACE", "numbers of the lines"),
        ("<tool_call>\nread a.py\n</tool_call>", "no JSON object"),
        ("<tool_call>{\"name\": \"fly\", \"arguments\": {}}</tool_call>", "no tool \"fly\""),
        ("<tool_call>{\"name\": \"run\", \"arguments\": {}}</tool_call>", "needs \"command\""),
        ("{\"name\": \"edit\", \"arguments\": {\"path\": \"a\"}}", "\"old\" and \"new\""),
    ] {
        let reading = read(text);
        assert!(reading.fault.as_deref().is_some_and(|fault| fault.contains(word)), "{reading:?}");
        assert_eq!((reading.text.as_str(), reading.calls), ("", vec![]), "{text}");
        assert_eq!(shown(text).text, "", "{text}");
    }
}

#[test]
fn what_is_no_call_is_shown() {
    for text in [
        "CALL ME later",
        "```json\n{\"port\": 80}\n```",
        "{\"name\": \"Ada\", \"age\": 36}",
        "[1, 2]",
        "```\nx = {}\n```",
        "a <b> [c] {d}",
        "@property\ndef x(self): ...",
    ] {
        let reading = read(text);
        assert_eq!((reading.text.as_str(), reading.fault), (text, None));
        assert!(reading.calls.is_empty());
    }
}

#[test]
fn thoughts_are_kept_apart() {
    for (raw, thought, text) in [
        ("<think>\nhm\n</think>\n\nYes.", "hm", "Yes."),
        ("hm\n</think>\nYes.", "hm", "Yes."),
        ("<think>hm", "hm", ""),
        ("<thi", "", ""),
        ("Yes.", "", "Yes."),
    ] {
        let shown = shown(raw);
        assert_eq!((shown.thought, shown.text), (thought, text), "{raw}");
    }
    assert_eq!(read("<think>CALL test</think>CALL map").calls, [Call::Map { path: None }]);
}

#[test]
fn circles_are_noticed() {
    assert!(is_looping(&"I am sorry. ".repeat(40)));
    assert!(is_looping(&format!("Begin. {}", "a".repeat(400))));
    assert!(!is_looping(&(0..200).map(|n| format!("line {n}\n")).collect::<String>()));
    assert!(!is_looping("I am sorry. I am sorry."));
}

proptest! {
    #[test]
    fn reading_never_panics(text in "(CALL |edit |a.py 1-2|\\n|=======|<<<<<<< SEARCH|>>>>>>> REPLACE|<tool_call>|</tool_call>|<function=|<parameter=|\\{|\\}|\\[|\"name\"|\"read\"|:|,|```json|```|<think>|</think>|\\\\u|\\\\|'|é|[a-z ]{1,4}){0,24}") {
        let reading = read(&text);
        prop_assert!(!reading.text.contains("<tool_call>"));
        for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
            shown(&text[..at]);
        }
    }

    #[test]
    fn what_was_shown_stays(text in "(CALL |test|\\n|CAL|<tool_call>|<too|\\{|\"name\": |\"port\"|```json\\n|```|\\[TOOL|[a-z ]{1,4}){0,16}") {
        let mut before = String::new();
        for at in 0..=text.len() {
            let now = shown(&text[..at]).text;
            prop_assert!(now.starts_with(&before), "{before:?} then {now:?}");
            before = now.to_owned();
        }
    }

    #[test]
    fn edits_survive_both_forms(old in "[ -~\\n]{1,60}", new in "[ -~\\n]{0,60}") {
        let (old, new) = (format!("{old}\n"), format!("{new}\n"));
        prop_assume!(!old.trim().is_empty());
        let clash = |text: &str| text.lines().any(|l| l.starts_with("===") || l.starts_with(">>>"));
        prop_assume!(!clash(&old) && !clash(&new));
        let call = edit(&old, &new);
        for form in [Form::Plain, Form::Native] {
            prop_assert_eq!(read(&unquoted(&spell(form, &call))).calls, vec![call.clone()]);
        }
    }
}
