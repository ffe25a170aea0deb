//! Changing signatures.

use super::{one, refused};
use crate::refactor::testing::Memory;
use crate::refactor::{Refactoring, SignatureChange};

fn add(declaration: &str, argument: Option<&str>, default: Option<&str>, at: usize) -> Refactoring {
    let own = |text: &str| text.to_owned();
    Refactoring::ChangeSignature(vec![SignatureChange::Add {
        declaration: own(declaration),
        argument: argument.map(own),
        default: default.map(own),
        at,
    }])
}

fn remove(name: &str) -> Refactoring {
    Refactoring::ChangeSignature(vec![SignatureChange::Remove { name: name.to_owned() }])
}

fn reorder(names: &[&str]) -> Refactoring {
    let names = names.iter().map(|n| (*n).to_owned()).collect();
    Refactoring::ChangeSignature(vec![SignatureChange::Reorder(names)])
}

#[test]
fn within_a_file() {
    for (text, what, want) in [
        (
            "function «»f(a) {}\nf(1);\nnew f();\n",
            add("b", Some("2"), None, 0),
            "function f(b, a) {}\nf(2, 1);\nnew f(2);\n",
        ),
        (
            "function «»f(a) {}\nf(1);\n",
            add("b", None, Some("2"), 1),
            "function f(a, b = 2) {}\nf(1);\n",
        ),
        (
            "function «»f(a) {}\nf(1);\n",
            add("b", None, Some("2"), 0),
            "function f(b = 2, a) {}\nf(undefined, 1);\n",
        ),
        (
            "const «»f = a => a;\nf(f(1));\n",
            add("b", Some("x"), None, 1),
            "const f = (a, b) => a;\nf(f(1, x), x);\n",
        ),
        (
            "function «»f(a, b) { return b; }\nf(1, 2);\nf(1);\nf();\n",
            remove("a"),
            "function f(b) { return b; }\nf(2);\nf();\nf();\n",
        ),
        (
            "function «»f(a, b, c = 1) {}\nf(1, 2);\nf(1, 2, 3);\n",
            reorder(&["c", "a", "b"]),
            "function f(c = 1, a, b) {}\nf(undefined, 1, 2);\nf(3, 1, 2);\n",
        ),
        (
            "class A { «»#m(a) {} n() { this.#m(1); } }\n",
            add("b", Some("2"), None, 1),
            "class A { #m(a, b) {} n() { this.#m(1, 2); } }\n",
        ),
        (
            "function «»f(a, ...r) {}\nf(1, 2, 3);\n",
            add("b", Some("0"), None, 1),
            "function f(a, b, ...r) {}\nf(1, 0, 2, 3);\n",
        ),
    ] {
        assert_eq!(one("m.mjs", text, what), want, "{text}");
    }
}

#[test]
fn in_all_files() {
    let files = [
        ("a.mjs", "export function «»f(a, b) {}\nexport default f;\n"),
        ("b.mjs", "import { f } from './a.mjs';\nf(1, 2);\n"),
        ("c.mjs", "import g, * as m from './a.mjs';\ng(1, 2);\nm.f(3, 4);\n"),
        ("d.mjs", "export { f as h } from './a.mjs';\n"),
        ("e.mjs", "import { h } from './d.mjs';\nh(1, 2);\n"),
    ];
    let got = Memory::new(&files).after(reorder(&["b", "a"]));
    assert_eq!(
        got,
        "== a.mjs\nexport function f(b, a) {}\nexport default f;\n== b.mjs\nimport { f } from './a.mjs';\nf(2, 1);\n\
         == c.mjs\nimport g, * as m from './a.mjs';\ng(2, 1);\nm.f(4, 3);\n== e.mjs\nimport { h } from './d.mjs';\nh(2, 1);\n"
    );
    let files = [
        ("a.js", "function «»f(a) {}\nexports.f = f;\nexports.f(1);\n"),
        ("b.js", "const { f: g } = require('./a');\nconst m = require('./a');\ng(1);\nm.f(2);\n"),
    ];
    let got = Memory::new(&files).after(add("b", Some("0"), None, 1));
    assert_eq!(
        got,
        "== a.js\nfunction f(a, b) {}\nexports.f = f;\nexports.f(1, 0);\n\
         == b.js\nconst { f: g } = require('./a');\nconst m = require('./a');\ng(1, 0);\nm.f(2, 0);\n"
    );
}

#[test]
fn refusals() {
    for (text, what, reason, about) in [
        ("function «»f(a) {} f(...x);", add("b", Some("1"), None, 0), "dynamic", "how many"),
        ("function «»f(a) {} g(f);", add("b", Some("1"), None, 0), "dynamic", "as a value"),
        ("function «»f(a) {} f.call(x, 1);", add("b", Some("1"), None, 0), "dynamic", "as a value"),
        ("function «»f(a) { return arguments; }", remove("a"), "dynamic", "arguments"),
        ("function «»f(a) { return a; }", remove("a"), "not-equivalent", "uses `a`"),
        ("function «»f(a) {} f(g());", remove("a"), "effects", "goes away"),
        ("function «»f(a, b) {} f(g(), h());", reorder(&["b", "a"]), "effects", "another order"),
        ("function «»f(a, b = a) {}", reorder(&["b", "a"]), "shadowed", "before it"),
        ("function «»f(a, ...b) {}", reorder(&["b", "a"]), "syntax", "rest"),
        ("function «»f(a) {}", reorder(&["a", "c"]), "not-here", "no parameter `c`"),
        ("function «»f(a) {}", add("a", Some("1"), None, 0), "name-taken", "`a`"),
        ("function «»f(a) { b(); }", add("b", Some("1"), None, 0), "shadowed", "`b`"),
        ("function «»f(a) {} f(1);", add("b", None, None, 0), "not-equivalent", "argument"),
        ("function «»f(a) {}", add("class", Some("1"), None, 0), "bad-name", "class"),
        ("let «»f = a => a; f = b => b;", remove("a"), "dynamic", "assigned"),
        ("class A { «»m(a) {} }", remove("a"), "dynamic", "method"),
    ] {
        refused(&one("m.mjs", text, what), reason, about);
    }
    let public = [
        ("package.json", "{ \"name\": \"p\", \"main\": \"a.mjs\" }"),
        ("a.mjs", "export function «»f(a) {}\n"),
    ];
    refused(&Memory::new(&public).after(remove("a")), "exported", "a.mjs");
    let given_on = [
        ("a.mjs", "export function «»f(a) {}\n"),
        ("b.mjs", "import * as m from './a.mjs';\ng(m);\n"),
    ];
    refused(&Memory::new(&given_on).after(remove("a")), "dynamic", "b.mjs");
}
