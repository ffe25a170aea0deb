//! Every recorded output against its snapshot, and what must hold for any text at all.

use std::fmt::Write as _;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/trace")
}

pub(super) fn fixture(name: &str) -> String {
    crate::base::fs::read_text(&fixtures().join(format!("{name}.txt"))).unwrap()
}

fn all(tool: &str) -> Vec<String> {
    let entries = std::fs::read_dir(fixtures().join(tool)).unwrap();
    let files = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> =
        files.filter_map(|file| Some(format!("{tool}/{}", file.strip_suffix(".txt")?))).collect();
    names.sort();
    assert!(!names.is_empty(), "no fixtures for {tool}");
    names
}

fn show(failure: &Failure, depth: usize, out: &mut String) {
    let pad = "  ".repeat(depth);
    let language = failure.language.map_or("-", Language::name);
    let exception = failure.exception.as_deref().unwrap_or("-");
    let _ = writeln!(out, "{pad}{:?} {language} {exception}", failure.kind);
    for line in failure.message.lines() {
        let _ = writeln!(out, "{pad}  | {line}");
    }
    for test in &failure.tests {
        let _ = writeln!(out, "{pad}  test {test}");
    }
    for frame in failure.frames.iter().take(12) {
        let place = |n: Option<u32>| n.map_or(String::new(), |n| format!(":{n}"));
        let _ = write!(out, "{pad}  at {}{}{}", frame.path, place(frame.line), place(frame.column));
        if let Some(function) = &frame.function {
            let _ = write!(out, " in {function}");
        }
        if let Some(source) = &frame.source {
            let _ = write!(out, "  `{source}`");
        }
        out.push('\n');
    }
    if failure.frames.len() > 12 {
        let _ = writeln!(out, "{pad}  ... {} frames", failure.frames.len());
    }
    for s in &failure.suggestions {
        let sure = if s.machine_applicable { "sure" } else { "maybe" };
        let _ = writeln!(
            out,
            "{pad}  suggestion {} {sure} {} {}..{} {:?}",
            s.group, s.path, s.start, s.end, s.replacement
        );
    }
    for cause in &failure.causes {
        let _ = writeln!(out, "{pad}  caused by");
        show(cause, depth + 2, out);
    }
}

fn render(text: &str) -> String {
    let mut out = String::new();
    for failure in parse(text) {
        show(&failure, 0, &mut out);
    }
    let report = report(text);
    let _ = writeln!(out, "report: {} complete={}", report.summary(), report.complete);
    for (name, outcome) in &report.suites {
        let _ = writeln!(out, "  suite {name}: {outcome:?}");
    }
    for (name, outcome) in &report.tests {
        let _ = writeln!(out, "  {name}: {outcome:?}");
    }
    out
}

fn check(tool: &str) {
    for name in all(tool) {
        let rendered = render(&fixture(&name));
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(fixtures().join("expected"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name.replace('/', "__"), rendered));
    }
}

macro_rules! tools {
    ($($tool:ident),*) => { $(#[test] fn $tool() { check(stringify!($tool)); })* };
}

tools!(python, pytest, unittest, rust, rustc, node, nodetest, jest, vitest, mocha, tsc, go);

/// Pieces of real outputs: what a random text would never hit.
const PIECES: &[&str] = &[
    "Traceback (most recent call last):",
    "  File \"a.py\", line 1, in f",
    "  File \"a.py\", line 1",
    "    x = 1",
    "    ^",
    "KeyError: 'x'",
    "SyntaxError: invalid syntax",
    "The above exception was the direct cause of the following exception:",
    "",
    "  + Exception Group Traceback (most recent call last):",
    "  | ValueError: x",
    "  +-+---------------- 1 ----------------",
    "    | Traceback (most recent call last):",
    "    +------------------------------------",
    "=== FAILURES ===",
    "____ test_x ____",
    "E   assert 1",
    ">   x",
    "a.py:1: in f",
    "a.py:1: KeyError",
    "=== short test summary info ===",
    "FAILED a.py::test_x[ - ] - é",
    "1 failed, 2 passed in 0.1s",
    "======================================================================",
    "FAIL: test_x (m.C.test_x)",
    "----------------------------------------------------------------------",
    "Ran 3 tests in 0.1s",
    "FAILED (failures=1)",
    "test_x (m.C.test_x) ... ok",
    "**********************************************************************",
    "Failed example:",
    "Got:",
    "running 2 tests",
    "test a ... FAILED",
    "---- a stdout ----",
    "failures:",
    "    a",
    "thread 'a' panicked at src/lib.rs:1:2:",
    "thread 'a' panicked at 'x",
    "y', a.rs:1:2",
    "stack backtrace:",
    "   0: f",
    "             at ./a.rs:1:2",
    "test result: FAILED. 1 passed; 1 failed;",
    "error[E0308]: mismatched",
    " --> a.rs:1:2",
    "1 | x",
    "help: try `y`",
    "error: expected x",
    "{\"reason\":\"compiler-message\"}",
    "{\"$message_type\":\"diagnostic\",\"level\":\"error\",\"message\":\"m\",\"spans\":[{}]}",
    "/a/b.js:3",
    "  throw x",
    "  ^",
    "Error: x",
    "TypeError [CODE]: y {",
    "    at f (/a/b.js:1:2) {",
    "  [cause]: Error: z",
    "      at g (/a/c.js:1:2)",
    "}",
    "[AggregateError: x] {",
    "Node.js v20",
    "TAP version 13",
    "1..2",
    "not ok 1 - x",
    "  ---",
    "  error: |-",
    "  stack: 'x'",
    "  ...",
    "# Subtest: a",
    "not ok 2 - y {",
    "ℹ tests 1",
    "▶ s",
    "  ✖ t (1ms)",
    "✖ failing tests:",
    "test at a.js:1:2",
    "✔ u",
    "FAIL ./a.test.js",
    "  ● a › b",
    "      at f (a.js:1:2)",
    "    > 1 | x",
    "Tests: 1 failed, 1 total",
    " FAIL  a.test.js > b",
    " ❯ f a.js:1:2",
    "⎯⎯⎯⎯",
    "  1 failing",
    "  1) a",
    "       b:",
    "src/a.ts(1,2): error TS1005: x",
    "a.ts:1:2 - error TS2304: y",
    "panic: x [recovered]",
    "\tpanic: x",
    "goroutine 1 [running]:",
    "main.f(...)",
    "\t/a/b.go:3 +0x1",
    "panic({0x1})",
    "--- FAIL: TestX (0.00s)",
    "    a_test.go:3: m",
    "=== RUN   TestX",
    "FAIL\tpkg\t0.1s",
    "ok  \tpkg\t0.1s",
    "# pkg",
    "./a.go:1:2: undefined: x",
    "{\"Action\":\"output\",\"Package\":\"p\",\"Output\":\"panic: x\\n\"}",
    "é̀\u{202e}",
    "'",
    "\t",
    "thread '",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_is_accepted(text in "(\\PC|\n|\u{1b}){0,200}") {
        let failures = parse(&text);
        for failure in &failures {
            signature(failure);
        }
        report(&text);
    }

    #[test]
    fn any_mixture_of_pieces_is_accepted(picks in prop::collection::vec((0..PIECES.len(), 0..4usize), 0..40)) {
        let mut text = String::new();
        for (pick, margin) in picks {
            text.push_str(&"    "[..margin]);
            text.push_str(PIECES[pick]);
            text.push('\n');
        }
        for failure in parse(&text) {
            signature(&failure);
            prop_assert!(failure.message.len() <= MAX_MESSAGE);
        }
        let report = report(&text);
        prop_assert!(lost(&report, &report).iter().all(|l| l == "no test ran"), "{:?}", report);
    }
}

/// Cut anywhere, with bytes dropped anywhere: still no panic.
#[test]
fn damaged_fixtures_are_accepted() {
    let tools = [
        "python", "pytest", "unittest", "rust", "rustc", "node", "nodetest", "jest", "vitest",
        "mocha", "tsc", "go",
    ];
    for name in tools.iter().flat_map(|tool| all(tool)) {
        let text = fixture(&name);
        let lines: Vec<&str> = text.lines().take(300).collect();
        for step in [2, 3, 7] {
            let kept: Vec<&str> = lines
                .iter()
                .enumerate()
                .filter(|(at, _)| at % step != 0)
                .map(|(_, l)| *l)
                .collect();
            parse(&kept.join("\n"));
            report(&kept.join("\n"));
        }
        for cut in (0..text.len().min(4000)).step_by(97).filter(|cut| text.is_char_boundary(*cut)) {
            parse(&text[cut..]);
            report(&text[..cut]);
        }
    }
}
