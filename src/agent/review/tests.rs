//! What holds for all rules: only new things, stable names for them, the user's word.

use super::testing::{found, found_in, rules_of};
use super::*;
use crate::refactor::testing::Memory;

#[test]
fn lines_that_were_there_are_not_reported() {
    let before = "def f(x):\n    breakpoint()\n    return x\n";
    let after = "def f(x):\n    breakpoint()\n    return x + 1\n";
    assert_eq!(rules_of("a.py", before, after), [""; 0]);
    // Indented anew, it is a new line with an old finding.
    let inner = "def f(x):\n    if x:\n        breakpoint()\n    return x\n";
    assert_eq!(rules_of("a.py", before, inner), [""; 0]);
    let twice = "def f(x):\n    breakpoint()\n    breakpoint()\n    return x\n";
    assert_eq!(rules_of("a.py", before, twice), ["debugger"]);
}

#[test]
fn lines_that_moved_to_another_file_are_not_new() {
    let line = "    return x is 'a'\n";
    let (old, rest) = (format!("def f(x):\n{line}"), "Y = 1\n");
    let moved = found_in(&[("a.py", &old, rest), ("b.py", "", &old)], &[]);
    assert!(moved.iter().all(|f| f.rule.id != "is-literal"), "{moved:?}");
}

#[test]
fn fingerprints_do_not_know_the_line() {
    let one = found("a.py", "", "breakpoint()\nx = 1\n");
    let other = found("a.py", "", "y = 1\n\n\nbreakpoint()\nx = 1\n");
    assert_eq!(one[0].fingerprint, other[0].fingerprint);
    assert_ne!(one[0].lines, other[0].lines);
    let two = found("a.py", "", "breakpoint()\nx = 1\nbreakpoint()\n");
    assert_ne!(two[0].fingerprint, two[1].fingerprint);
    assert_eq!(one[0].fingerprint.len(), 16);
}

#[test]
fn what_the_user_does_not_want_to_hear() {
    let after = "def f(x):\n    breakpoint()\n    return x is 'a'\n";
    let file = ChangedFile::of_texts("src/a.py", None, Some(after));
    let memory = Memory::new(&[("src/a.py", after)]);
    let with = |entries: &[&str]| {
        let suppressions = Suppressions::parse(entries.iter().copied()).unwrap();
        let settings = Settings { suppressions, ..Settings::default() };
        let reviewed = review(std::slice::from_ref(&file), &memory, &settings, &Cancel::new());
        (reviewed.findings.len(), reviewed.suppressed)
    };
    assert_eq!(with(&[]), (2, 0));
    assert_eq!(with(&["debugger"]), (1, 1));
    assert_eq!(with(&["debugger in lib", "src/**"]), (0, 2));
    let print = &found("src/a.py", "", after)[0].fingerprint;
    assert_eq!(with(&[print]), (1, 1));
}

#[test]
fn hostile_texts_are_shown_safely() {
    let all = found("a.py", "", "def f(x):\n    return x is '\u{1b}[31m\u{202e}'\n");
    assert!(all[0].evidence.contains("\\u{1b}") && !all[0].evidence.contains('\u{202e}'));
}

#[test]
fn a_cancelled_review_says_so() {
    let file = ChangedFile::of_texts("a.py", None, Some("breakpoint()\n"));
    let cancel = Cancel::new();
    cancel.cancel();
    let reviewed = review(&[file], &Memory::new(&[]), &Settings::default(), &cancel);
    assert!(reviewed.incomplete && reviewed.findings.is_empty());
}

#[test]
fn columns_count_characters() {
    let all = found("a.py", "", "é = x = 1\nö = 'é' is x\n");
    assert_eq!((all[0].line().0, all[0].columns), (2, Some((5, 13))));
}

#[test]
fn odd_changes_do_no_harm() {
    for (path, before, after) in [
        ("a.py", "", "\u{feff}x = 1\r\ny = 2\r\n"),
        ("a b\nc.py", "x = 1\n", "x = 2\n"),
        ("a.py", "x = 1\n", ""),
        ("../a.py", "", "x = 1\n"),
        ("a.py", "", "\0\0"),
        (".git/x.py", "", "breakpoint()\n"),
    ] {
        let _ = found(path, before, after);
    }
    let gone = ChangedFile { path: "x".to_owned(), ..ChangedFile::default() };
    let link = ChangedFile {
        after: Some(Version { mode: Mode::Link, ..Version::new("breakpoint()") }),
        path: "a.py".to_owned(),
        ..ChangedFile::default()
    };
    let reviewed = review(&[gone, link], &Memory::new(&[]), &Settings::default(), &Cancel::new());
    assert_eq!(reviewed.findings.len(), 0);
}

#[test]
fn later_findings_are_added_once_and_as_the_user_wishes() {
    let text = "def f(a, b):\n    return a < b\n";
    let file = ChangedFile::of_texts("src/a.py", None, Some(text));
    let memory = Memory::new(&[("src/a.py", text)]);
    let source = Source::new("src/a.py", text, false, None);
    let line = |n| source.lines.span(Line(n)).unwrap();
    let later = || {
        let draft = |n| Draft::new(&rules::UNLIKELY_LINE, &source, line(n), "unlikely");
        place(&source, vec![draft(2), draft(2)])
    };
    let review = |settings: &Settings| {
        let mut all = review(std::slice::from_ref(&file), &memory, settings, &Cancel::new());
        all.add(later(), settings);
        all
    };
    let all = review(&Settings::default());
    assert_eq!((all.findings.len(), all.suppressed), (1, 0));
    let suppressions = Suppressions::parse(["unlikely-line"]).unwrap();
    let none = review(&Settings { suppressions, ..Settings::default() });
    assert_eq!((none.findings.len(), none.suppressed), (0, 1));
    // What is wrong for sure needs no guess beside it.
    let mut said = Reviewed { findings: found("src/a.py", "", "x = 1\nbreakpoint()\n"), ..all };
    said.add(later(), &Settings::default());
    assert_eq!(said.findings.len(), 1);
}

#[test]
fn code_that_is_taken_in_is_not_warned_of() {
    let text = "def f(a):\n    try:\n        a()\n    except:\n        pass\n";
    let severity = |count: usize| {
        let paths: Vec<String> = (0..count).map(|n| format!("lib/a{n}.py")).collect();
        let change: Vec<(&str, &str, &str)> =
            paths.iter().map(|path| (path.as_str(), "", text)).collect();
        let all = super::testing::found_in(&change, &[]);
        assert_eq!(all.len(), count);
        all[0].severity
    };
    assert_eq!((severity(3), severity(80)), (Severity::Warns, Severity::Informs));
}

#[test]
fn samples_of_many_languages_need_not_run() {
    let text = "import os\n\n\ndef f():\n    return os.sep + missing\n";
    let samples: Vec<(String, &str)> = ["rs", "go", "rb", "lua", "c"]
        .map(|ending| (format!("tests/indent/sample.{ending}"), "x\n"))
        .into();
    let others: Vec<(&str, &str)> =
        samples.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let rules = |path: &str| super::testing::rules_in(&[(path, "", text)], &others);
    assert_eq!(rules("tests/indent/python.py"), [""; 0]);
    assert_eq!(rules("tests/unit/python.py"), ["undefined-name"]);
}
