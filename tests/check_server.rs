//! The check servers and joint builds as people meet them: what `--explain` says of them, and that with
//! and without them the same fix is found.

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

/// Repairs a project and gives the output, without the server when `plain`.
fn repaired(files: &[(&str, &str)], command: &[&str], plain: bool) -> Option<Run> {
    if !support::have(&command[..1]) {
        return None;
    }
    let env = Env::new();
    let project = env.project(files);
    let mut args = vec!["fix", "--yes", "--explain"];
    args.extend(plain.then_some("--no-server"));
    args.push("--");
    args.extend(command);
    Some(env.slm(args).cwd(&project).run())
}

/// With and without it the same line is found; only with it `--explain` has these words.
fn compared(files: &[(&str, &str)], command: &[&str], line: &str, words: &str) {
    for plain in [false, true] {
        let Some(run) = repaired(files, command, plain) else { return };
        assert_eq!(run.code(), 0, "{run}");
        assert!(run.stdout.contains(line), "{run}");
        let all = format!("{}{}", run.stdout, run.stderr);
        let namespaces = words != "of a running command" || !all.contains("no namespaces");
        assert_eq!(all.contains(words), !plain && namespaces, "{run}");
    }
}

const PYTHON: [(&str, &str); 2] = [("mod.py", MODULE), ("test_mod.py", TESTS)];

#[test]
fn python_tries_candidates_in_processes() {
    let command = ["python3", "-m", "unittest", "-q", "test_mod"];
    let line = "+    return [value * factor for value in values]";
    compared(&PYTHON, &command, line, "of a running command");
}

#[test]
fn other_failing_tests_tell_the_right_fix_from_one_that_passes() {
    // Alone, `[value for value in values]` would do.
    let command = ["python3", "-m", "unittest", "-q", "test_mod.T.test_nothing"];
    let Some(run) = repaired(&PYTHON, &command, false) else { return };
    assert_eq!(run.code(), 0, "{run}");
    assert!(run.stdout.contains("+    return [value * factor for value in values]"), "{run}");
    // The tests beside the failing one were traced as well.
    let all = format!("{}{}", run.stdout, run.stderr);
    assert!(all.contains("traced 1 failing and 1 passing tests"), "{run}");
}

#[test]
fn node_tries_candidates_in_threads() {
    let files = [
        ("package.json", "{\"name\": \"p\", \"version\": \"1.0.0\"}\n"),
        (
            "total.js",
            "function total(values) {\n  let sum = 0;\n  for (let i = 0; i <= values.length; i++) {\n    \
             sum += values[i];\n  }\n  return sum;\n}\nmodule.exports = { total };\n",
        ),
        (
            "total.test.js",
            "const test = require('node:test');\nconst assert = require('node:assert');\n\
             const { total } = require('./total.js');\n\
             test('sums', () => assert.strictEqual(total([1, 2]), 3));\n\
             test('one', () => assert.strictEqual(total([7]), 7));\n",
        ),
    ];
    let line = "+  for (let i = 0; i < values.length; i++) {";
    compared(&files, &["node", "--test"], line, "of a running command");
}

/// What the runners of JavaScript have in common.
const TOTALS: &str = "\
function total(values) {
  let sum = 0;
  for (let i = 0; i <= values.length; i++) {
    sum += values[i];
  }
  return sum;
}
";

/// A candidate is tried in a thread of the running command, whoever runs the tests.
fn served(files: &[(&str, &str)], command: &[&str]) {
    let Some(run) = repaired(files, command, false) else { return };
    assert_eq!(run.code(), 0, "{run}");
    assert!(run.stdout.contains("+  for (let i = 0; i < values.length; i++) {"), "{run}");
    let all = format!("{}{}", run.stdout, run.stderr);
    assert!(all.contains("of a running command") || all.contains("no namespaces"), "{run}");
}

#[test]
fn jest_is_served() {
    let module = format!("{TOTALS}module.exports = {{ total }};\n");
    let test = "const { total } = require('./total');\n\
                test('sums', () => expect(total([1, 2])).toBe(3));\n";
    let package = "{\"name\": \"p\", \"version\": \"1.0.0\"}\n";
    let files = [("package.json", package), ("total.js", &module), ("total.test.js", test)];
    served(&files, &["jest"]);
}

#[test]
fn mocha_is_served() {
    let module = format!("{TOTALS}module.exports = {{ total }};\n");
    let test = "const assert = require('assert');\nconst { total } = require('../total');\n\
                it('sums', () => assert.strictEqual(total([1, 2]), 3));\n";
    let package = "{\"name\": \"p\", \"version\": \"1.0.0\"}\n";
    let files = [("package.json", package), ("total.js", &module), ("test/total.test.js", test)];
    served(&files, &["mocha"]);
}

#[test]
fn vitest_is_served() {
    let module = format!("export {TOTALS}");
    let test = "import { total } from './total.js';\n\
                test('sums', () => expect(total([1, 2])).toBe(3));\n";
    let package = "{\"name\": \"p\", \"version\": \"1.0.0\", \"type\": \"module\"}\n";
    let files = [("package.json", package), ("total.js", &module), ("total.test.js", test)];
    served(&files, &["vitest", "run", "--globals"]);
}

#[test]
fn rust_builds_many_candidates_at_once() {
    let files = [
        ("Cargo.toml", "[package]\nname = \"total\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
        (
            "src/lib.rs",
            "pub fn above(values: &[i64], limit: i64) -> usize {\n    let mut count = 0;\n    \
             for value in values {\n        if *value >= limit {\n            count += 1;\n        }\n    \
             }\n    count\n}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n    \
             fn the_limit_does_not_count() {\n        assert_eq!(above(&[1, 2, 3], 2), 1);\n    }\n\n    \
             #[test]\n    fn nothing() {\n        assert_eq!(above(&[], 2), 0);\n    }\n}\n",
        ),
    ];
    let command = ["cargo", "test", "--offline"];
    compared(&files, &command, "+        if *value > limit {", "built together");
}

#[test]
fn go_builds_many_candidates_at_once() {
    let files = [
        ("go.mod", "module example.com/total\n\ngo 1.18\n"),
        (
            "total.go",
            "package total\n\nfunc Total(values []int) int {\n\tsum := 0\n\tfor _, value := range values {\n\
             \t\tsum -= value\n\t}\n\treturn sum\n}\n",
        ),
        (
            "total_test.go",
            "package total\n\nimport \"testing\"\n\nfunc TestTotal(t *testing.T) {\n\
             \tif got := Total([]int{1, 2}); got != 3 {\n\t\tt.Fatalf(\"got %d\", got)\n\t}\n}\n",
        ),
    ];
    compared(&files, &["go", "test", "./..."], "+\t\tsum += value", "built together");
}
