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

tools!(
    python, pytest, unittest, checkers, rust, rustc, node, nodetest, jest, vitest, mocha, tsc, go
);

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
        "python", "pytest", "unittest", "checkers", "rust", "rustc", "node", "nodetest", "jest",
        "vitest", "mocha", "tsc", "go",
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

fn first(text: &str) -> Failure {
    parse(text).into_iter().next().unwrap()
}

#[test]
fn equal_failures_are_merged_and_keep_their_tests() {
    let block = |n| format!("___ test_{n} ___\na.py:3: in f\n    g()\nE   ValueError: x\n");
    let text = format!(
        "=== FAILURES ===\n{}{}=== short test summary info ===\nFAILED a.py::test_1 - ValueError: x\n\
         FAILED a.py::test_2 - ValueError: x\n",
        block(1),
        block(2)
    );
    let failures = parse(&text);
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert_eq!(failures[0].tests, ["a.py::test_1", "a.py::test_2"]);
}

#[test]
fn the_last_bare_traceback_ended_the_program() {
    let failures = parse(&fixture("python/logged"));
    assert_eq!(failures[0].exception.as_deref(), Some("IndexError"));
    assert_eq!(failures[1].exception.as_deref(), Some("KeyError"));
}

#[test]
fn a_container_prefix_before_each_line() {
    let text = "web_1  | Traceback (most recent call last):\n\
        web_1  |   File \"/app/a.py\", line 3, in f\n\
        web_1  |     g()\n\
        web_1  | ValueError: x\n";
    let failure = first(text);
    assert_eq!(failure.exception.as_deref(), Some("ValueError"));
    assert_eq!(failure.frames[0].path, "/app/a.py");
}

#[test]
fn a_log_prefix_before_the_header_only() {
    let text = "2024-01-01 ERROR Traceback (most recent call last):\n  File \"a.py\", line 3, in f\n\
        \x20   g()\nValueError: x\n";
    assert_eq!(first(text).frames[0].line, Some(3));
}

#[test]
fn escapes_and_carriage_returns_do_not_matter() {
    let plain = fixture("python/key_error");
    let windows = plain.replace('\n', "\r\n");
    let coloured: String = plain.lines().map(|l| format!("\u{1b}[31m{l}\u{1b}[0m\n")).collect();
    assert_eq!(parse(&plain), parse(&windows));
    assert_eq!(parse(&plain), parse(&coloured));
}

#[test]
fn nothing_is_found_where_nothing_failed() {
    for name in [
        "pytest/passing",
        "unittest/passing",
        "rust/cargo_test_passing",
        "go/passing",
        "go/no_tests",
        "nodetest/passing",
    ] {
        assert_eq!(parse(&fixture(name)), [], "{name}");
    }
    assert_eq!(parse("all is well\nwarning: unused variable\n"), []);
}

/// Shapes that would be slow if anything looked far ahead or back for every line.
#[test]
fn large_outputs_take_one_pass() {
    for line in [
        "Traceback (most recent call last):\n",
        "  File \"a.py\", line 1, in f\n",
        "    at f (/a.js:1:2) {\n",
        "Error: x\n    at f (/a.js:1:2) {\n",
        "thread 'a' panicked at 'x\n",
        "panic: x\n",
        "goroutine 1 [x]:\n",
        "not ok 1 - x\n",
        "# x\n",
        "test a ... FAILED\n",
        "--- FAIL: TestX (0.00s)\n",
        "error: x\n",
        "x\n",
        "=== FAILURES ===\n",
        "___ x ___\n",
        "  + Exception Group Traceback (most recent call last):\n",
        "    | Traceback (most recent call last):\n",
        "  ✖ x (1ms)\n",
        "  ● x › y\n",
        "{\"reason\":\"x\"}\n",
        "FAILED a.py::t - x\n",
        "\u{1b}]0;",
        "\u{1b}[",
        "thread '",
        " | ",
        "failures:\n    a\n",
    ] {
        let text = format!(
            "TAP version 13\nrunning 1 test\nℹ tests 1\nTests: 1\n1 failing\n{}",
            line.repeat(200_000 / line.len())
        );
        assert!(parse(&text).len() <= MAX_FAILURES);
        report(&text);
    }
}

#[test]
fn an_internal_error_of_pytest() {
    let text = "INTERNALERROR> Traceback (most recent call last):\n\
        INTERNALERROR>   File \"/app/conftest.py\", line 3, in pytest_configure\n\
        INTERNALERROR>     f()\n\
        INTERNALERROR> ValueError: x\n";
    let failure = first(text);
    assert_eq!(failure.exception.as_deref(), Some("ValueError"));
    assert_eq!(failure.frames[0].function.as_deref(), Some("pytest_configure"));
}

#[test]
fn ts_jest_passes_on_the_compilers_errors() {
    let text = "FAIL src/a.test.ts\n  ● Test suite failed to run\n\n    \
        \u{1b}[96msrc/a.ts\u{1b}[0m:\u{1b}[93m3\u{1b}[0m:\u{1b}[93m5\u{1b}[0m - \u{1b}[91merror\u{1b}[0m\
        \u{1b}[90m TS2304: \u{1b}[0mCannot find name 'x'.\n\n    3 x;\n      ~\n\nTest Suites: 1 failed, 1 total\n";
    let failure = first(text);
    assert_eq!(failure.exception.as_deref(), Some("TS2304"));
    assert_eq!(failure.frames[0].path, "src/a.ts");
    assert_eq!(failure.tests, ["src/a.test.ts"]);
}

#[test]
fn the_main_thread_of_a_hanging_program_comes_first() {
    let failures = parse(&fixture("python/hang_threads"));
    assert_eq!(failures[0].frames[0].function.as_deref(), Some("spin"));
    assert_eq!(failures[1].frames[0].function.as_deref(), Some("wait"));
}
