//! Moving definitions.

use super::refused;
use crate::base::RepoPath;
use crate::refactor::Refactoring;
use crate::refactor::testing::Memory;

fn to(path: &str) -> Refactoring {
    Refactoring::Move { to: RepoPath::new(path).unwrap() }
}

#[test]
fn to_a_new_file() {
    let files = [
        (
            "src/a.ts",
            "import { h } from './h';\nimport type { T } from '../t';\n\nconst k = 1;\n\n/** Doc. */\nexport function «»f(t: T) {\n  return h(t) + k;\n}\n\nexport const g = () => f(1);\n",
        ),
        ("src/b.ts", "import { f, g } from './a';\nf(g);\n"),
        ("src/c.ts", "import { f as q } from './a';\nq();\n"),
        ("src/h.ts", "export const h = 1;\n"),
        ("t.ts", "export type T = number;\n"),
    ];
    assert_eq!(
        Memory::new(&files).after(to("src/lib/f.ts")),
        "== src/a.ts\nimport { h } from './h';\nimport type { T } from '../t';\nimport { f } from './lib/f';\n\nexport const k = 1;\n\nexport const g = () => f(1);\n\
         == src/b.ts\nimport { g } from './a';\nimport { f } from './lib/f';\nf(g);\n\
         == src/c.ts\nimport { f as q } from './lib/f';\nq();\n\
         == src/lib/f.ts\nimport type { T } from '../../t';\nimport { h } from '../h';\nimport { k } from '../a';\n\n/** Doc. */\nexport function f(t: T) {\n  return h(t) + k;\n}\n"
    );
}

#[test]
fn to_a_file_that_is_there() {
    let files = [
        ("a.mjs", "import { p } from './p.mjs';\nconst «»f = () => p;\n\nf();\n"),
        ("b.mjs", "import { p } from './p.mjs';\np();\n"),
        ("p.mjs", "export const p = 1;\n"),
    ];
    assert_eq!(
        Memory::new(&files).after(to("b.mjs")),
        "== a.mjs\nimport { p } from './p.mjs';\nimport { f } from './b.mjs';\n\nf();\n\
         == b.mjs\nimport { p } from './p.mjs';\np();\n\nexport const f = () => p;\n"
    );
}

#[test]
fn common_modules() {
    let files = [
        (
            "lib/a.js",
            "'use strict';\nconst fs = require('fs');\n\nfunction «»f() { return fs; }\n\nmodule.exports = { f };\n",
        ),
        ("lib/b.js", "const { f } = require('./a');\nf();\n"),
    ];
    assert_eq!(
        Memory::new(&files).after(to("lib/c.js")),
        "== lib/a.js\n'use strict';\nconst fs = require('fs');\nconst { f } = require('./c');\n\nmodule.exports = { f };\n\
         == lib/c.js\n'use strict';\n\nconst fs = require('fs');\n\nfunction f() { return fs; }\n\nmodule.exports = { f };\n"
    );
}

#[test]
fn what_stays_for_others() {
    let files = [
        ("a.mjs", "export const «»f = 1;\n"),
        ("b.mjs", "import * as m from './a.mjs';\nm.f;\n"),
        ("index.mjs", "export { f } from './a.mjs';\n"),
    ];
    assert_eq!(
        Memory::new(&files).after(to("c.mjs")),
        "== a.mjs\nexport { f } from './c.mjs';\n== c.mjs\nexport const f = 1;\n"
    );
}

#[test]
fn refusals() {
    for (text, reason, about) in [
        ("export const «»f = g();\n", "effects", "effect"),
        ("export let «»f = 1;\nf = 2;\n", "effects", "assigned"),
        ("let n = 0;\nexport function «»f() { n++; }\n", "effects", "assigns"),
        ("export const «»f = import.meta.url;\n", "not-equivalent", "import.meta"),
        ("export const «»f = () => import('./x');\n", "not-equivalent", "path"),
        ("export function «»taken() {}\n", "name-taken", "taken"),
        ("export function «»f() { return used; }\n", "shadowed", "used"),
        ("export function f() { let «»g; }\n", "not-here", "top level"),
        ("export const { «»f } = x;\n", "not-here", "statement of its own"),
        ("const k = 1;\nexport function «»f() { return k; }\nf();\n", "effects", "loaded"),
        ("function «»glob() {}\nexport {};\n", "shadowed", "glob"),
    ] {
        let dest = "export const taken = 1;\nexport const used = 2;\nglob();\n";
        let memory = Memory::new(&[("a.mjs", text), ("b.mjs", dest)]);
        refused(&memory.after(to("b.mjs")), reason, about);
    }
    refused(
        &Memory::new(&[("a.js", "function «»f() {}\n")]).after(to("b.js")),
        "unsupported",
        "script",
    );
    refused(
        &Memory::new(&[("a.ts", "export function «»f() {}\n")]).after(to("b.js")),
        "unsupported",
        "b.js",
    );
    let circle = [
        ("a.js", "function «»f() {}\nmodule.exports = { f };\n"),
        ("b.js", "const a = require('./a');\n"),
    ];
    refused(&Memory::new(&circle).after(to("b.js")), "effects", "each other");
    let longer = [
        (
            "a.js",
            "const c = require('./c');\nfunction «»f() { return c; }\nmodule.exports = { f };\n",
        ),
        ("b.js", "exports.x = 1;\n"),
        ("c.js", "require('./b');\n"),
    ];
    refused(&Memory::new(&longer).after(to("b.js")), "effects", "needs b.js itself");
    let common = "const k = 1;\nfunction «»f() { return k; }\nmodule.exports = { f };\n";
    refused(&Memory::new(&[("a.js", common)]).after(to("b.js")), "shadowed", "each other");
}
