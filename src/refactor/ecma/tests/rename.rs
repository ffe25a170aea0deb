//! Renaming.

use super::{one, refused, rename};
use crate::refactor::testing::Memory;
use crate::refactor::{Api, Request, plan};

#[test]
fn within_a_file() {
    for (text, want) in [
        ("function f(«»a) { return a + this.a; }", "function f(b) { return b + this.a; }"),
        ("const «»a = 1;\nconst o = { a, x: a };", "const b = 1;\nconst o = { a: b, x: b };"),
        ("const { «»a, c = a } = o;", "const { a: b, c = b } = o;"),
        ("const { a = 1 } = o; «»a;", "const { a: b = 1 } = o; b;"),
        ("let a; ({ a } = o); «»a++;", "let b; ({ a: b } = o); b++;"),
        ("a: for (;;) { let a; break «»a; }", "b: for (;;) { let a; break b; }"),
        ("import { «»a } from 'm'; a();", "import { a as b } from 'm'; b();"),
        ("import «»a from 'm'; a();", "import b from 'm'; b();"),
        ("const f = function «»a() { a(); }; a();", "const f = function b() { b(); }; a();"),
        (
            "class A { #a = 1; m() { return this.#«»a; } }\nclass C { #a; }",
            "class A { #b = 1; m() { return this.#b; } }\nclass C { #a; }",
        ),
        (
            "function f(«»a) { { let c = a; } { let b; } }",
            "function f(b) { { let c = b; } { let b; } }",
        ),
    ] {
        assert_eq!(one("m.mjs", text, rename("b")), want, "{text}");
    }
    let typed = "function f<«»A>(x: A): A { return x as A; }";
    assert_eq!(one("m.ts", typed, rename("b")), "function f<b>(x: b): b { return x as b; }");
}

#[test]
fn names_that_do_not_fit() {
    for (text, reason, about) in [
        ("let «»a, b;", "name-taken", "same scope"),
        ("function f(«»a) { let b; return a; }", "name-taken", "b"),
        ("try {} catch («»a) { let b; }", "name-taken", "b"),
        ("let «»a; { let b; a; }", "shadowed", "`b`"),
        ("let b; function f(«»a) { return a + b; }", "shadowed", "`b`"),
        ("function f(«»a) { b(a); }", "shadowed", "`b`"),
        ("let «»a; { let c; { var b; } }", "name-taken", "b"),
        ("let b; { let «»a; { b; } }", "shadowed", "b"),
        ("function f(«»a) { eval('a'); }", "dynamic", "run time"),
        ("«»a();", "not-here", "not defined"),
        ("f(«1»);", "not-here", "no name"),
        ("class A { #a; #b; m() { this.#«»a; } }", "name-taken", "#b"),
    ] {
        refused(&one("m.mjs", text, rename("b")), reason, about);
    }
    refused(&one("m.js", "let «»a;", rename("class")), "bad-name", "word of the language");
    refused(&one("m.js", "let «»a;", rename("a b")), "bad-name", "identifier");
    refused(&one("m.jsx", "let «»A; <A/>;", rename("b")), "bad-name", "capital");
    refused(&one("m.jsx", "import «»React from 'react'; <a/>;", rename("b")), "dynamic", "JSX");
}

#[test]
fn with_all_importers() {
    let files = [
        ("src/a.ts", "export function «»a() {}\na();\n"),
        (
            "src/b.ts",
            "import { a, c } from './a';\nimport * as all from './a.js';\nall.a(a, { a });\n",
        ),
        ("src/c.ts", "import { a as x } from './a';\nx();\n"),
        ("src/d.ts", "export { a } from './a';\nexport * from './c';\n"),
        ("src/e.ts", "import { a } from './d';\nlet b = a;\n"),
        ("src/f.ts", "import { a } from './other';\nimport('./f');\n"),
    ];
    assert_eq!(
        Memory::new(&files).after(rename("b")),
        "== src/a.ts\nexport function b() {}\nb();\n\
         == src/b.ts\nimport { b, c } from './a';\nimport * as all from './a.js';\nall.b(b, { a: b });\n\
         == src/c.ts\nimport { b as x } from './a';\nx();\n\
         == src/d.ts\nexport { b } from './a';\nexport * from './c';\n\
         == src/e.ts\nimport { b as a } from './d';\nlet b = a;\n"
    );
}

#[test]
fn from_the_file_that_imports() {
    let files =
        [("a.ts", "export const a = 1;\n"), ("b.ts", "import { a } from './a';\nf(«»a);\n")];
    let want = "== a.ts\nexport const b = 1;\n== b.ts\nimport { b } from './a';\nf(b);\n";
    assert_eq!(Memory::new(&files).after(rename("b")), want);
}

#[test]
fn common_modules() {
    let exporter = "function «»a() {}\nmodule.exports = { a };\n";
    let files = [
        ("lib/a.js", exporter),
        ("lib/b.js", "const { a } = require('./a');\nconst m = require('./a');\nm.a(a);\n"),
    ];
    assert_eq!(
        Memory::new(&files).after(rename("b")),
        "== lib/a.js\nfunction b() {}\nmodule.exports = { b };\n\
         == lib/b.js\nconst { b } = require('./a');\nconst m = require('./a');\nm.b(b);\n"
    );
    // Where it cannot be followed, the module exports it as before.
    let files = [("lib/a.js", exporter), ("lib/b.js", "f(require('./a'));\n")];
    assert_eq!(
        Memory::new(&files).after(rename("b")),
        "== lib/a.js\nfunction b() {}\nmodule.exports = { a: b };\n"
    );
    let files = [
        ("a.js", "exports.a = «»a;\nfunction a() { return exports.a; }\n"),
        ("b.js", "require('./a').a();\n"),
    ];
    assert_eq!(
        Memory::new(&files).after(rename("b")),
        "== a.js\nexports.b = b;\nfunction b() { return exports.b; }\n== b.js\nrequire('./a').b();\n"
    );
}

#[test]
fn what_others_see() {
    let files = [
        ("package.json", "{ \"name\": \"p\", \"main\": \"./index.js\" }"),
        ("index.js", "export { a } from './lib.js';\n"),
        ("lib.js", "export const «»a = 1;\nexport const c = 2;\n"),
    ];
    let memory = Memory::new(&files);
    refused(&memory.after(rename("b")), "exported", "index.js");
    let request = Request { at: memory.at.clone().unwrap(), what: rename("b"), api: Api::Change };
    let step = plan(&memory, &request).unwrap();
    assert_eq!(step.interface, ["a"]);
    let files =
        [("a.mjs", "export const «»a = 1;\n"), ("b.mjs", "import * as m from './a.mjs';\nf(m);\n")];
    refused(&Memory::new(&files).after(rename("b")), "dynamic", "b.mjs:2");
    let files = [("a.js", "var «»a = 1;\n"), ("b.js", "a;\n")];
    refused(&Memory::new(&files).after(rename("b")), "dynamic", "script");
}

#[test]
fn words_about_it() {
    let files = [
        ("a.mjs", "/** Adds to total. */\nexport const «»total = 1; // total\n"),
        ("b.mjs", "log('total', 'totals');\n"),
        ("README.md", "Use `total`.\n"),
    ];
    let memory = Memory::new(&files);
    let step = memory.plan(rename("sum")).unwrap();
    assert_eq!(
        memory.shown(&step, true),
        "== README.md\nUse `sum`.\n== a.mjs\n/** Adds to sum. */\nexport const sum = 1; // sum\n\
         == b.mjs\nlog('sum', 'totals');\n"
    );
    // Of a parameter only the function and the comment before it speak.
    let text = "/** @param x the x */\nfunction f(«»x) { /* x */ }\n// x\n";
    let memory = Memory::new(&[("a.js", text)]);
    let step = memory.plan(rename("y")).unwrap();
    assert_eq!(
        memory.shown(&step, true),
        "/** @param y the y */\nfunction f(y) { /* y */ }\n// x\n"
    );
}

#[test]
fn every_place_of_a_text() {
    let text = "import d, { e as g } from './x';\nexport class A extends d { #p = 1; m(a, { b = a, ...c }) { l: for (const i of c) { if (i) break l; } return { a, b, [g]: this.#p }; } }\nexport default A;\n";
    for at in 0..text.len() {
        let marked = format!("{}«»{}", &text[..at], &text[at..]);
        let memory = Memory::new(&[("m.mjs", &marked)]);
        if let Ok(step) = memory.plan(rename("zz")) {
            assert!(memory.shown(&step, false).contains("zz"), "{at}");
        }
    }
}

#[test]
fn members() {
    for (text, want) in [
        (
            "class A { «»m() { return this.m; } }\nnew A().m();\nconst a = new A(); a.m();\nfoo(x).n;\n",
            "class A { b() { return this.b; } }\nnew A().b();\nconst a = new A(); a.b();\nfoo(x).n;\n",
        ),
        (
            "class A { m() {} }\nclass B extends A { «»m() { super.m(); this['m'](); } }\n",
            "class A { b() {} }\nclass B extends A { b() { super.b(); this['b'](); } }\n",
        ),
        // Nothing else has the name, so that an object of unknown class can only be this one.
        (
            "class A { «»doIt() {} }\nfunction f(x) { x.doIt(); }\n",
            "class A { b() {} }\nfunction f(x) { x.b(); }\n",
        ),
        (
            "class A { constructor() { this.«»_q = 1; } n() { return this._q; } }\n",
            "class A { constructor() { this.b = 1; } n() { return this.b; } }\n",
        ),
    ] {
        assert_eq!(one("m.mjs", text, rename("b")), want, "{text}");
    }
    let typed = "interface I { m(): void }\nclass A implements I { «»m() {} }\nfunction f(i: I) { i.m(); }\nclass P { constructor(private q: number) { q; this.q; } }\n";
    let want = typed.replace("«»", "").replace("m()", "b()");
    assert_eq!(one("m.ts", typed, rename("b")), want);
    let property = "class P { constructor(private «»q: number) { q; this.q; } }\n";
    assert_eq!(
        one("m.ts", property, rename("b")),
        "class P { constructor(private b: number) { b; this.b; } }\n"
    );
}

#[test]
fn members_that_are_unclear() {
    for (text, reason, about) in [
        (
            "class A { «»run() {} }\nclass C { run() {} }\nfunction f(x) { x.run(); }",
            "dynamic",
            "not known",
        ),
        ("class A { «»value = 1 }\nfunction f(x) { return x.value; }", "dynamic", "not known"),
        ("class A { «»m() {} }\nstub(a, 'm');", "dynamic", "string"),
        ("class A { «»m() { this[k](); } }", "dynamic", "run time"),
        ("import { B } from 'x';\nclass A extends B { «»m() {} }", "inherited", "`B`"),
        ("class A { «»m() {} b() {} }", "name-taken", "b"),
        ("const o = { m() {} };\no.«»m();", "dynamic", "no class"),
        ("class A { «»constructor() {} }", "bad-name", "constructor"),
    ] {
        refused(&one("m.mjs", text, rename("b")), reason, about);
    }
    let public = [
        ("package.json", "{ \"name\": \"p\", \"main\": \"a.mjs\" }"),
        ("a.mjs", "export class A { «»m() {} }\n"),
    ];
    refused(&Memory::new(&public).after(rename("b")), "exported", "a.mjs");
}
