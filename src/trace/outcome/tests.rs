//! `lost` decides between a fix and a fake: what it must catch, and what it must let pass.

use super::Outcome::{ExpectedFailure, Failed, Passed, Skipped};
use super::*;
use crate::trace::tests::fixture;

fn listed(tests: &[(&str, Outcome)]) -> TestReport {
    let mut report = TestReport::default();
    for (id, outcome) in tests {
        report.note((*id).to_owned(), *outcome);
    }
    report.complete = true;
    report.totals = Some(report.counted());
    report
}

/// pytest without `-v`: failures by name, the rest as numbers.
fn quiet(failed: &[&str], closing: &str) -> TestReport {
    let mut text = String::from("=== short test summary info ===\n");
    for id in failed {
        text.push_str(&format!("FAILED {id} - assert 0\n"));
    }
    text.push_str(&format!("=== {closing} in 0.10s ===\n"));
    report(&text)
}

#[test]
fn a_fix_loses_nothing() {
    let before = listed(&[("a", Failed), ("b", Passed), ("c", Skipped), ("d", ExpectedFailure)]);
    let after = listed(&[("a", Passed), ("b", Passed), ("c", Skipped), ("d", Passed)]);
    assert_eq!(lost(&before, &after), [""; 0]);
    let more = listed(&[
        ("a", Passed),
        ("b", Passed),
        ("c", Passed),
        ("d", ExpectedFailure),
        ("e", Skipped),
    ]);
    assert_eq!(lost(&before, &more), [""; 0]);
}

#[test]
fn each_way_to_lose_a_test() {
    let before = listed(&[("a", Failed), ("b", Passed)]);
    for (after, word) in [
        (listed(&[("b", Passed)]), "a: no longer runs"),
        (listed(&[("a", Passed)]), "b: no longer runs"),
        (listed(&[("a", Skipped), ("b", Passed)]), "a: is skipped now"),
        (listed(&[("a", Passed), ("b", Skipped)]), "b: is skipped now"),
        (listed(&[("a", ExpectedFailure), ("b", Passed)]), "a: is expected to fail now"),
        (listed(&[("a", Passed), ("b", Failed)]), "b: fails now"),
        (TestReport::default(), "b: no longer runs"),
        (TestReport::default(), "the second run reports no tests"),
    ] {
        let lost = lost(&before, &after);
        assert!(lost.iter().any(|l| l == word), "{word}: {lost:?}");
    }
}

#[test]
fn quiet_runs_are_compared_by_numbers() {
    let before = quiet(&["t.py::a"], "1 failed, 3 passed, 1 skipped");
    assert_eq!(lost(&before, &quiet(&[], "4 passed, 1 skipped")), [""; 0]);
    for after in [
        quiet(&[], "3 passed, 1 skipped"),
        quiet(&[], "3 passed, 2 skipped"),
        quiet(&[], "3 passed, 1 skipped, 1 xfailed"),
        quiet(&[], "3 passed, 1 skipped, 1 deselected"),
        quiet(&[], "no tests ran"),
        quiet(&["t.py::b"], "1 failed, 3 passed, 1 skipped"),
        report(""),
    ] {
        assert!(!lost(&before, &after).is_empty(), "{after:?}");
    }
}

#[test]
fn a_fixture_that_skips_is_no_fix() {
    let before = report(
        "=== short test summary info ===\nERROR t.py::a - x\n=== 1 passed, 3 errors in 0.1s ===",
    );
    assert!(!lost(&before, &quiet(&[], "1 passed, 3 skipped")).is_empty());
    assert_eq!(lost(&before, &quiet(&[], "4 passed")), [""; 0]);
}

#[test]
fn a_repaired_import_may_bring_skipped_tests() {
    let before = report("=== short test summary info ===\nERROR t.py\n=== 1 error in 0.1s ===");
    assert_eq!(before.tests.len(), 0, "a file is no test");
    assert_eq!(lost(&before, &quiet(&[], "5 passed, 2 skipped")), [""; 0]);
    assert!(!lost(&before, &quiet(&[], "no tests ran")).is_empty());
    assert!(!lost(&before, &quiet(&[], "1 skipped")).is_empty());
}

#[test]
fn real_runs_against_themselves_and_against_nothing() {
    for name in [
        "pytest/default",
        "pytest/verbose",
        "pytest/xdist_verbose",
        "unittest/verbose",
        "unittest/default",
        "rust/cargo_test",
        "rust/cargo_test_no_fail_fast",
        "go/test_verbose",
        "go/test_json",
        "go/test",
        "nodetest/spec",
        "nodetest/tap",
        "jest/verbose",
        "jest/default",
        "vitest/run",
        "vitest/verbose",
        "mocha/spec",
        "mocha/tap",
    ] {
        let before = report(&fixture(name));
        assert_eq!(lost(&before, &before), [""; 0], "{name}");
        assert!(!lost(&before, &report("")).is_empty(), "{name}");
    }
}

/// Takes lines out of a real verbose run, one test at a time.
#[test]
fn no_listed_test_can_vanish_unseen() {
    for name in [
        "pytest/verbose",
        "unittest/verbose",
        "rust/cargo_test_no_fail_fast",
        "go/test_json",
        "nodetest/tap",
    ] {
        let text = fixture(name);
        let before = report(&text);
        for (id, outcome) in before.tests.iter().filter(|(_, outcome)| **outcome != Skipped) {
            let mut after = before.clone();
            after.tests.remove(id);
            let seen = lost(&before, &after);
            assert!(seen.iter().any(|l| l.starts_with(id.as_str())), "{name} {id} {outcome:?}");
        }
    }
}

#[test]
fn tests_that_stand_for_a_file_do_not_count() {
    let before = report(&fixture("unittest/verbose"));
    assert!(before.tests.keys().all(|id| id.starts_with("tests.test_ledger.BalanceTest.")));
    let before = report(&fixture("nodetest/two_files_tap"));
    assert!(before.tests.keys().all(|id| !id.contains("broken")));
}

#[test]
fn a_node_program_that_ends_itself_has_lost_its_tests() {
    let tap = |line: &str, passed: u32| {
        format!("TAP version 13\n{line}\n1..1\n# tests 1\n# pass {passed}\n# fail {}\n", 1 - passed)
    };
    let spec = |line: &str, passed: u32| {
        format!("{line}\nℹ tests 1\nℹ pass {passed}\nℹ fail {}\n", 1 - passed)
    };
    let file = "/somewhere/stock.test.js";
    for (before, after) in [
        (tap("not ok 1 - adds", 0), tap(&format!("ok 1 - {file}"), 1)),
        (spec("✖ adds (1.2ms)", 0), spec(&format!("✔ {file} (1.2ms)"), 1)),
    ] {
        assert_eq!(lost(&report(&before), &report(&after)), ["adds: no longer runs"]);
    }
    // A file without tests that fails and then passes has lost none.
    let file = |ok: &str, passed| report(&tap(&format!("{ok} 1 - {file}"), passed));
    assert_eq!(lost(&file("not ok", 0), &file("ok", 1)), [""; 0]);
    // Nor has one whose tests come to light when it can be loaded.
    assert_eq!(lost(&file("not ok", 0), &report(&tap("ok 1 - adds", 1))), [""; 0]);
}

#[test]
fn doctests_may_move() {
    let run = |line: u32, word: &str| {
        report(&format!(
            "   Doc-tests tally\n\nrunning 2 tests\ntest src/lib.rs - largest (line {line}) ... {word}\n\
             test src/lib.rs - largest (line {}) ... ok\n\ntest result: ok. 2 passed; 0 failed;\n",
            line + 4
        ))
    };
    assert_eq!(lost(&run(5, "FAILED"), &run(9, "ok")), [""; 0]);
    assert!(!lost(&run(5, "ok"), &run(9, "FAILED")).is_empty());
}

#[test]
fn same_names_in_two_crates_are_two_tests() {
    let text = "     Running unittests src/lib.rs (target/debug/deps/a-0123456789abcdef)\n\
        running 1 test\n\
        test t::x ... ok\n\
             Running unittests src/lib.rs (target/debug/deps/b-0123456789abcdef)\n\
        test t::x ... FAILED\n";
    let found = report(text);
    assert_eq!(found.tests["a::t::x"], Passed);
    assert_eq!(found.tests["b::t::x"], Failed);
    assert_eq!(found.outcome_of("t::x"), Some(Failed));
    assert_eq!(found.outcome_of("a::t::x"), Some(Passed));
    assert_eq!(found.outcome_of("x::y"), None);
}

#[test]
fn a_go_package_cannot_vanish() {
    let before = report("ok  \ta\t0.1s\n--- FAIL: TestX (0.00s)\nFAIL\nFAIL\tb\t0.1s\n");
    assert_eq!(lost(&before, &report("ok  \ta\t0.1s\nok  \tb\t0.1s\n")), [""; 0]);
    assert!(!lost(&before, &report("ok  \ta\t0.1s\n")).is_empty());
    assert!(!lost(&before, &report("ok  \ta\t0.1s\nok  \tb\t0.1s [no tests to run]\n")).is_empty());
    assert!(!lost(&before, &report("ok  \ta\t0.1s\n?   \tb\t[no test files]\n")).is_empty());
}

#[test]
fn a_go_test_that_never_ended_failed() {
    let found = report(
        "=== RUN   TestA\n--- PASS: TestA (0.00s)\n=== RUN   TestB\npanic: x\nFAIL\tp\t0.1s\n",
    );
    assert_eq!(found.tests["p.TestA"], Passed);
    assert_eq!(found.tests["p.TestB"], Failed);
}

#[test]
fn output_between_name_and_result() {
    let text = "test_a (m.C.test_a) ... hello\nworld\nok\ntest_b (m.C.test_b)\nA docstring. ... FAIL\n\
        ----------------------------------------------------------------------\n\
        Ran 2 tests in 0.001s\n\nFAILED (failures=1)\n";
    let found = report(text);
    assert_eq!(found.tests["m.C.test_a"], Passed);
    assert_eq!(found.tests["m.C.test_b"], Failed);
    assert!(found.complete);
}

#[test]
fn several_runs_add_up() {
    let found =
        report("== 1 failed, 2 passed in 0.1s ==\n\nTests:       1 failed, 3 passed, 4 total\n");
    let totals = found.totals.unwrap();
    assert_eq!((totals.ran, totals.passed, totals.failed), (7, 5, 2));
    assert_eq!(found.summary(), "2 failed, 5 passed");
}

#[test]
fn json_lines() {
    let text = "{\"id\":\"t.py::a\",\"outcome\":\"passed\",\"when\":\"call\"}\nnoise\n\
        {\"id\":\"t.py::a\",\"outcome\":\"error\"}\n{\"id\":\"t.py::b\",\"outcome\":\"xpassed\"}\n\
        {\"id\":\"t.py::c\",\"outcome\":\"skipped\"}\n{\"id\":\"t.py::d\",\"outcome\":\"xfailed\"}\n\
        {\"id\":\"t.py::e\",\"outcome\":\"unheard of\"}\n{\"id\":7}\n";
    let report = TestReport::from_json_lines(text);
    let want = [
        ("t.py::a", Failed),
        ("t.py::b", Passed),
        ("t.py::c", Skipped),
        ("t.py::d", ExpectedFailure),
    ];
    assert_eq!(report, listed(&want));
    assert_eq!(report.failed(), ["t.py::a"]);
    assert!(TestReport::from_json_lines("").is_empty());
}

#[test]
fn numbers_that_are_no_counts() {
    assert_eq!(report("== 99999999999999999999 passed in 0.1s ==").totals.unwrap().passed, 0);
    assert!(report("we passed in 3s\n3 passed the exam\n").is_empty());
    assert!(report("test the lamp ... ok\ntest the horn ... FAILED\n").is_empty());
}

#[test]
fn repaired_subtests_are_not_lost_tests() {
    let before = report(&fixture("pytest/subtests"));
    let after = quiet(&[], "8 passed, 1 skipped, 1 xfailed, 6 subtests passed");
    assert_eq!(lost(&before, &after), [""; 0]);
    assert!(!lost(&before, &quiet(&[], "5 passed, 1 skipped, 1 xfailed")).is_empty());
}

#[test]
fn identifiers_that_hold_a_directory() {
    let before =
        listed(&[("t.py::f[/tmp/a/x/one.json]", Passed), ("t.py::f[/tmp/a/x/two.json]", Failed)]);
    let after =
        listed(&[("t.py::f[/tmp/b/x/one.json]", Passed), ("t.py::f[/tmp/b/x/two.json]", Passed)]);
    assert_eq!(lost(&before, &after), [""; 0]);
    for after in [
        listed(&[("t.py::f[/tmp/b/x/one.json]", Passed)]),
        listed(&[("t.py::f[/tmp/b/x/one.json]", Passed), ("t.py::f[/tmp/b/x/two.json]", Skipped)]),
        listed(&[("t.py::f[/tmp/b/x/one.json]", Failed), ("t.py::f[/tmp/b/x/two.json]", Passed)]),
    ] {
        assert!(!lost(&before, &after).is_empty(), "{after:?}");
    }
}

#[test]
fn beyond_the_command_only_what_passed_can_break() {
    let before = listed(&[("a", Failed), ("b", Passed), ("c", Skipped), ("d", Failed)]);
    let skips = listed(&[("a", Skipped), ("b", Passed), ("c", Skipped), ("d", Failed)]);
    assert_eq!(broken(&before, &skips), [""; 0]);
    assert!(!lost(&before, &skips).is_empty());
    for now in [Failed, Skipped, ExpectedFailure] {
        let after = listed(&[("a", Passed), ("b", now), ("c", Skipped), ("d", Passed)]);
        assert_eq!(broken(&before, &after).len(), 1, "{now:?}");
    }
    let gone = listed(&[("a", Passed), ("c", Skipped), ("d", Passed)]);
    assert_eq!(broken(&before, &gone).len(), 1);
}
