//! The check server as people meet it: what `--explain` says of it, and that with and without it the
//! same fix is found.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "test helpers")]

mod support;

use support::{Env, Run};

const MODULE: &str = "\
def scale(values, factor):
    return [value + factor for value in values]


def total(values):
    result = 0
    for value in values:
        result += value
    return result
";
const TESTS: &str = "\
import unittest

from mod import scale, total


class T(unittest.TestCase):
    def test_nothing(self):
        self.assertEqual(scale([0], 5), [0])

    def test_some(self):
        self.assertEqual(scale([3, 4], 5), [15, 20])

    def test_total(self):
        self.assertEqual(total([1, 2]), 3)
";

fn fix(options: &[&str], test: &str) -> Option<Run> {
    if !support::have(&["python3"]) {
        return None;
    }
    let env = Env::new();
    let project = env.project(&[("mod.py", MODULE), ("test_mod.py", TESTS)]);
    let base = ["fix", "--yes", "--explain"];
    let command = ["--", "python3", "-m", "unittest", "-q", test];
    let args = base.iter().chain(options).chain(&command);
    Some(env.slm(args).cwd(&project).run())
}

#[test]
fn the_same_fix_with_and_without_it() {
    for (options, served) in [(&[][..], true), (&["--no-server"][..], false)] {
        let Some(run) = fix(options, "test_mod") else { return };
        assert_eq!(run.code(), 0, "{run}");
        assert!(run.stdout.contains("+    return [value * factor for value in values]"), "{run}");
        let all = format!("{}{}", run.stdout, run.stderr);
        let namespaces = !all.contains("no namespaces");
        assert_eq!(all.contains("tried in forked processes"), served && namespaces, "{run}");
    }
}

#[test]
fn other_failing_tests_tell_the_right_fix_from_one_that_passes() {
    // Alone, `[value for value in values]` would do.
    let Some(run) = fix(&[], "test_mod.T.test_nothing") else { return };
    assert_eq!(run.code(), 0, "{run}");
    assert!(run.stdout.contains("+    return [value * factor for value in values]"), "{run}");
    // The tests beside the failing one were traced as well.
    let all = format!("{}{}", run.stdout, run.stderr);
    assert!(all.contains("traced 1 failing and 1 passing tests"), "{run}");
}
