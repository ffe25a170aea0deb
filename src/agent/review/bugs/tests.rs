//! One sample of each mistake, and what only looks like it.

use crate::agent::review::Severity;
use crate::agent::review::testing::{found, rules_of};
use crate::base::splice;

fn python(text: &str) -> Vec<String> {
    rules_of("src/a.py", "", text)
}

fn javascript(text: &str) -> Vec<String> {
    rules_of("src/a.js", "", text)
}

#[test]
fn identity() {
    let text = "def f(x):\n    return x is 'a'\n";
    let all = found("src/a.py", "", text);
    assert_eq!((all[0].rule.id, all[0].severity), ("is-literal", Severity::Blocks));
    assert_eq!(splice(text, &all[0].patch).unwrap(), "def f(x):\n    return x == 'a'\n");
    let text = "def f(x):\n    return x is not 5\n";
    assert_eq!(
        splice(text, &found("src/a.py", "", text)[0].patch).unwrap(),
        "def f(x):\n    return x != 5\n"
    );
    assert_eq!(python("def f(x):\n    return x is None or x is True or x is ...\n"), [""; 0]);
}

#[test]
fn comparisons() {
    assert_eq!(python("def f(a):\n    return a.b == a.b\n"), ["self-comparison"]);
    assert_eq!(python("def f(a):\n    return a != a\n"), [""; 0]);
    assert_eq!(python("def f(a):\n    return a() == a()\n"), [""; 0]);
    assert_eq!(python("def f(a):\n    return (a == a).nonzero()\n"), [""; 0]);
    assert_eq!(javascript("export const f = (a) => a.b === a.b\n"), ["self-comparison"]);
    assert_eq!(javascript("export const f = (a) => a === NaN\n"), ["never-equal"]);
    assert_eq!(javascript("export const f = (a) => typeof a === 'undefind'\n"), ["never-equal"]);
    assert_eq!(javascript("export const f = (a) => typeof a === 'undefined'\n"), [""; 0]);
    assert_eq!(
        javascript("export function f(a, b) { if (a = b) { return 1 } }\n"),
        ["assigned-condition"]
    );
    assert_eq!(javascript("export function f(a, b) { if ((a = b)) { return 1 } }\n"), [""; 0]);
}

#[test]
fn asserting_a_tuple() {
    let text = "def f(x):\n    assert (x, 'message')\n";
    let all = found("src/a.py", "", text);
    assert_eq!(all[0].rule.id, "assert-tuple");
    assert_eq!(splice(text, &all[0].patch).unwrap(), "def f(x):\n    assert x, 'message'\n");
    assert_eq!(python("def f(x):\n    assert (x)\n    assert x, 'a'\n"), [""; 0]);
}

#[test]
fn keys_twice() {
    assert_eq!(
        found("src/a.py", "", "D = {'a': 1, 'b': 2, 'a': 3}\n")[0].severity,
        Severity::Warns
    );
    assert_eq!(
        found("src/a.py", "", "D = {'a': 1, 'b': 2, 'a': 1}\n")[0].severity,
        Severity::Informs
    );
    assert_eq!(python("D = {'a': 1, b'a': 2, 1: 3}\n"), [""; 0]);
    assert_eq!(javascript("export const d = { a: 1, 'a': 2 }\n"), ["duplicate-key"]);
}

#[test]
fn behind_a_jump() {
    let before = "def f(x):\n    g(x)\n    return 1\n";
    let after = "def f(x):\n    return 0\n    g(x)\n    return 1\n";
    assert_eq!(rules_of("src/a.py", before, after), ["unreachable"]);
    assert_eq!(python("def f():\n    return\n    yield\n"), [""; 0]);
    assert_eq!(python("def f(x):\n    if x:\n        return 1\n    return 2\n"), [""; 0]);
    assert_eq!(javascript("export function f() {\n  return g()\n  function g() {}\n}\n"), [""; 0]);
    assert_eq!(javascript("export function f(g) {\n  return 1\n  g()\n}\n"), ["unreachable"]);
}

#[test]
fn defaults() {
    assert_eq!(
        found("src/a.py", "", "def f(x, out=[]):\n    out.append(x)\n    return out\n")[0].severity,
        Severity::Warns
    );
    assert_eq!(
        found("src/a.py", "", "def f(x, out=[]):\n    return x in out\n")[0].severity,
        Severity::Informs
    );
    assert_eq!(python("def f(x, out=()):\n    return x in out\n"), [""; 0]);
}

#[test]
fn exceptions() {
    assert_eq!(
        found("src/a.py", "", "def f(g):\n    try:\n        g()\n    except:\n        pass\n")[0]
            .rule
            .id,
        "swallowed-exception"
    );
    assert_eq!(
        python("def f(g):\n    try:\n        g()\n    except ValueError:\n        pass\n"),
        [""; 0]
    );
    assert_eq!(
        python(
            "def f(g):\n    try:\n        g()\n    except Exception:\n        pass  # a hint only\n"
        ),
        [""; 0]
    );
    assert_eq!(python("def f():\n    raise NotImplemented('x')\n"), ["not-implemented"]);
}

#[test]
fn texts_and_coroutines() {
    assert_eq!(found("src/a.py", "", "X = f'abc'\n")[0].severity, Severity::Informs);
    assert_eq!(python("def f(a):\n    return f'a {a}' f'b'\n"), [""; 0]);
    let text = "async def g():\n    return 1\n\nasync def f():\n    g()\n    await g()\n";
    let all = found("src/a.py", "", text);
    assert_eq!(all[0].rule.id, "missing-await");
    assert!(splice(text, &all[0].patch).unwrap().contains("    await g()\n    await g()"));
    assert_eq!(python("async def g():\n    yield 1\n\nasync def f():\n    g()\n"), [""; 0]);
}

#[test]
fn quotes_as_keys_are_two_keys() {
    let table = "export const NAMES = { '\"': 1, \"'\": 2 }\n";
    assert_eq!(rules_of("src/a.js", "", table), [""; 0]);
    assert_eq!(
        rules_of("src/a.js", "", &table.replace("'\"'", "'a'").replace("\"'\"", "a")),
        ["duplicate-key"]
    );
}
