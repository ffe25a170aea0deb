//! Rewrites.

use super::{one, refused};
use crate::base::Language;
use crate::refactor::testing::Memory;
use crate::refactor::{Refactoring, Rewrite, rewrites};
use crate::syntax::parse;

/// What the first offer of a rewrite makes of a text.
#[track_caller]
fn first(path: &str, text: &str, what: Rewrite) -> String {
    let parsed = parse(Language::of_path(path).unwrap(), text);
    let offers = rewrites(&parsed);
    let offer = offers.iter().find(|(r, _)| *r == what);
    let Some((_, at)) = offer else { return "no offer".to_owned() };
    let (before, rest) = text.split_at(at.start);
    let (inner, after) = rest.split_at(at.len());
    one(path, &format!("{before}«{inner}»{after}"), Refactoring::Rewrite(what))
}

#[test]
fn template_literals() {
    for (text, want) in [
        ("f('a' + 1 + 'b');", "f(`a${1}b`);"),
        ("const n = 1;\nf(\"it's \" + n + '`${');", "const n = 1;\nf(`it's ${n}\\`\\${`);"),
        ("f(x.length + 1 + 'px');", "f(`${x.length + 1}px`);"),
        ("f('a\\'b' + String(x));", "f(`a'b${String(x)}`);"),
        ("if (typeof x === 'string') { f('a' + x); }\nvar x;", "no"),
        (
            "function g(x) { if (typeof x === 'string') { f('a' + x); } }",
            "function g(x) { if (typeof x === 'string') { f(`a${x}`); } }",
        ),
        ("let s = '';\ns += 'b';\nf('a' + (s));", "let s = '';\ns += 'b';\nf(`a${s}`);"),
        ("for (const k in o) f('.' + k);", "for (const k in o) f(`.${k}`);"),
    ] {
        let got = first("m.mjs", text, Rewrite::FormatStrings);
        if want == "no" {
            assert!(got.contains("${x}") || got.starts_with("not-equivalent"), "{got}");
        } else {
            assert_eq!(got, want, "{text}");
        }
    }
    let typed = "function g(x: string | number) { return 'a' + x; }";
    assert!(first("m.ts", typed, Rewrite::FormatStrings).contains("`a${x}`"));
    for (text, about) in [
        ("f('a' + o);", "may be an object"),
        ("f('\\01' + 1);", "escape"),
        ("f('a' + /* c */ 1);", "comment"),
    ] {
        refused(&first("m.js", text, Rewrite::FormatStrings), "not-equivalent", about);
    }
}

#[test]
fn guard_clauses() {
    for (text, want) in [
        (
            "function f(a) {\n  if (a.b) {\n    x();\n    y();\n    z();\n  }\n}\n",
            "function f(a) {\n  if (!a.b) {\n    return;\n  }\n  x();\n  y();\n  z();\n}\n",
        ),
        (
            "for (const a of b) {\n  if (a === 1) {\n    if (c) d();\n    e();\n  }\n}\n",
            "for (const a of b) {\n  if (a !== 1) {\n    continue;\n  }\n  if (c) d();\n  e();\n}\n",
        ),
        (
            "function f(a) {\n  if (a) {\n    return 1;\n  } else {\n    // why\n    return 2;\n  }\n}\n",
            "function f(a) {\n  if (a) {\n    return 1;\n  }\n  // why\n  return 2;\n}\n",
        ),
        (
            "function f(a) {\n  if (a < 1) {\n    b();\n    c();\n  } else {\n    throw d;\n  }\n  e();\n}\n",
            "function f(a) {\n  if (!(a < 1)) {\n    throw d;\n  }\n  b();\n  c();\n  e();\n}\n",
        ),
    ] {
        assert_eq!(first("m.mjs", text, Rewrite::GuardClauses), want, "{text}");
    }
    let clash = "function f(a, b) { if (a) { const b = 1; g(b); h(); } }";
    refused(&first("m.mjs", clash, Rewrite::GuardClauses), "shadowed", "`b`");
    let global = "function f(a) { g(b); if (a) { const b = 1; g(b); h(); } }";
    refused(&first("m.mjs", global, Rewrite::GuardClauses), "shadowed", "`b`");
    let comment = "function f(a) { if (a) { return 1; } /* c */ else { return 2; } }";
    refused(&first("m.mjs", comment, Rewrite::GuardClauses), "not-equivalent", "comment");
}

#[test]
fn dead_code() {
    for (text, want) in [
        (
            "function f() {\n  return g();\n  h();\n  function g() {}\n}\nf();\n",
            "function f() {\n  return g();\n  function g() {}\n}\nf();\n",
        ),
        ("const a = 1;\nexport const b = 2;\n", "export const b = 2;\n"),
        ("/** Says it. */\nfunction a() { a(); }\nexport default 1;\n", "export default 1;\n"),
        (
            "export class A {\n  #x = 1;\n  #y = 2;\n  m() { return this.#y; }\n}\n",
            "export class A {\n  #y = 2;\n  m() { return this.#y; }\n}\n",
        ),
        (
            "export function f() { const a = 1, b = 2; return b; }\n",
            "export function f() { const b = 2; return b; }\n",
        ),
        ("for (;;) {\n  break;\n  f();\n}\n", "for (;;) {\n  break;\n}\n"),
    ] {
        assert_eq!(first("m.mjs", text, Rewrite::DeadCode), want, "{text}");
    }
    for text in [
        "const a = f();\nexport {};",
        "const a = b.c;\nexport {};",
        "function f() { return () => x; let x = 1; }\nf();\nexport {};",
        "function f() { return v; var v; }\nexport { f };",
        "const a = 1; eval('a');\nexport {};",
        "import React from 'react';\nconst h = 1;\nexport default <a/>;",
        "/** @type {T} */\nexport let x;\nclass T {}",
    ] {
        assert_eq!(first("m.mjs", text, Rewrite::DeadCode), "no offer", "{text}");
    }
    // The top level of a script is everybody's.
    assert_eq!(first("m.js", "var a = 1;", Rewrite::DeadCode), "no offer");
    refused(&one("m.js", "«f()»;", Refactoring::Rewrite(Rewrite::DeadCode)), "not-here", "certain");
}

#[test]
fn unused_imports() {
    for (text, want) in [
        (
            "import a, { b, c as d } from 'x';\nimport 'y';\nf(a, d);\n",
            "import a, { c as d } from 'x';\nimport 'y';\nf(a, d);\n",
        ),
        ("import { b } from 'x';\nf();\n", "f();\n"),
        (
            "import * as n from 'x';\nimport { e } from 'y'; // eslint-disable-line\n",
            "import { e } from 'y'; // eslint-disable-line\n",
        ),
        (
            "import {\n  a,\n  b,\n  c,\n} from 'x';\nf(b);\n",
            "import {\n  b,\n} from 'x';\nf(b);\n",
        ),
    ] {
        assert_eq!(first("m.mjs", text, Rewrite::UnusedImports), want, "{text}");
    }
    for text in [
        "import React from 'react';\nexport default <a/>;",
        "import { T } from './t';\n/** @type {T} */\nexport let x;",
        "import 'x';",
    ] {
        assert_eq!(first("m.jsx", text, Rewrite::UnusedImports), "no offer", "{text}");
    }
    refused(
        &one("m.mjs", "«»f();", Refactoring::Rewrite(Rewrite::UnusedImports)),
        "not-here",
        "used",
    );
    let acting = [
        ("a.mjs", "«»import { x } from './b.mjs';\nf();\n"),
        ("b.mjs", "export const x = 1;\nstart();\n"),
    ];
    let got = Memory::new(&acting).after(Refactoring::Rewrite(Rewrite::UnusedImports));
    assert_eq!(got, "== a.mjs\nimport './b.mjs';\nf();\n");
}

#[test]
fn switches() {
    let text = "if (a === 1) {\n  f();\n} else if (a === 'x' || a === null) {\n  const b = 1;\n  g(b);\n} else {\n  return_();\n}\n";
    let want = "switch (a) {\n  case 1:\n    f();\n    break;\n  case 'x':\n  case null: {\n    const b = 1;\n    g(b);\n    break;\n  }\n  default:\n    return_();\n    break;\n}\n";
    assert_eq!(first("m.mjs", text, Rewrite::IfChainToMatch), want);
    for (text, reason, about) in [
        ("if (a == 1) f(); else if (a == 2) g(); else h();", "not-equivalent", "=="),
        ("if (a() === 1) f(); else if (a() === 2) g(); else h();", "effects", "a()"),
        (
            "for (;;) { if (a === 1) break; else if (a === 2) g(); else h(); }",
            "control-flow",
            "break",
        ),
        ("if (a === 1) f(); /* x */ else if (a === 2) g(); else h();", "not-equivalent", "comment"),
    ] {
        refused(&first("m.mjs", text, Rewrite::IfChainToMatch), reason, about);
    }
}

#[test]
fn tables() {
    let text = "function f(a) {\n  if (a === 'x') return 1;\n  else if (a === 'y') return 2;\n  else return g(a);\n}\n";
    let want = "function f(a) {\n  const table = new Map([\n    ['x', 1],\n    ['y', 2],\n  ]);\n  return table.has(a) ? table.get(a) : g(a);\n}\n";
    assert_eq!(first("m.mjs", text, Rewrite::IfChainToTable), want);
    let assigned = "if (a === 1) { b = 'p'; } else if (a === 2) { b = 'q'; }\n";
    let want = "const table = new Map([\n  [1, 'p'],\n  [2, 'q'],\n]);\nif (table.has(a)) {\n  b = table.get(a);\n}\n";
    assert_eq!(first("m.mjs", assigned, Rewrite::IfChainToTable), want);
    for (path, text, reason, about) in [
        ("m.mjs", "if (a === 1) b = f(); else if (a === 2) b = 2;", "effects", "f()"),
        ("m.ts", "if (a === 1) b = 1; else if (a === 2) b = 2;", "not-equivalent", "type"),
    ] {
        refused(&first(path, text, Rewrite::IfChainToTable), reason, about);
    }
}

#[test]
fn loops_to_chains() {
    for (text, want) in [
        (
            "const ys = [1, 2];\nconst xs = [];\nfor (const y of ys) {\n  if (y > 1) {\n    xs.push(y * 2);\n  }\n}\nf(xs);\n",
            "const ys = [1, 2];\nconst xs = ys.filter(y => y > 1).map(y => y * 2);\nf(xs);\n",
        ),
        (
            "const xs = [];\nfor (const { a } of ys) xs.push({ a });\n",
            "const xs = Array.from(ys, ({ a }) => ({ a }));\n",
        ),
        (
            "const xs = [];\nfor (const k of Object.keys(o)) {\n  xs.push(f(k));\n}\n",
            "const xs = Object.keys(o).map(k => f(k));\n",
        ),
    ] {
        assert_eq!(first("m.mjs", text, Rewrite::LoopToComprehension), want, "{text}");
    }
    for (text, reason, about) in [
        ("const xs = []; for (const y of ys) if (y) xs.push(y);", "not-equivalent", "array"),
        ("const xs = []; for (const y of [1]) if (f(y)) xs.push(g(y));", "effects", "conditions"),
        ("const xs = []; for (const y of ys) xs.push(await y);", "control-flow", "await"),
        (
            "const xs = []; for (const y of ys) xs.push(xs.length);",
            "not-equivalent",
            "while it is filled",
        ),
        ("let n = 0; const xs = []; for (const y of ys) xs.push(n++);", "effects", "assigned"),
        ("const xs = []; for (const y of ys) { /* c */ xs.push(1); }", "not-equivalent", "comment"),
    ] {
        refused(&first("m.mjs", text, Rewrite::LoopToComprehension), reason, about);
    }
    let pushes_twice = "const xs = []; for (const y of ys) { xs.push(1); xs.push(2); }";
    assert_eq!(first("m.mjs", pushes_twice, Rewrite::LoopToComprehension), "no offer");
}

#[test]
fn chains_to_loops() {
    let text = "const xs = [1, 2].filter(x => x > 1).map(y => ({ y }));\n";
    let want = "const xs = [];\nfor (const x of [1, 2]) {\n  if (!(x > 1)) continue;\n  const y = x;\n  xs.push({ y });\n}\n";
    assert_eq!(first("m.mjs", text, Rewrite::ComprehensionToLoop), want);
    let text = "const xs = [1].map(x => x + 1).filter(y => y !== 2);\n";
    let want = "const xs = [];\nfor (const x of [1]) {\n  const y = x + 1;\n  if (y === 2) continue;\n  xs.push(y);\n}\n";
    assert_eq!(first("m.mjs", text, Rewrite::ComprehensionToLoop), want);
    for (text, reason, about) in [
        ("const xs = ys.map(y => y);", "not-equivalent", "ys"),
        ("const xs = [1].filter(x => f(x)).map(x => g(x));", "effects", "step"),
        ("const a = 1; const xs = [a].map(a => a);", "shadowed", "computed from"),
        ("const xs = [1].map(x => xs);", "shadowed", "xs"),
    ] {
        refused(&first("m.mjs", text, Rewrite::ComprehensionToLoop), reason, about);
    }
}

#[test]
fn parameter_properties() {
    let text = "class A {\n  private readonly x: number;\n  y?: string;\n  constructor(x: number, y?: string) {\n    this.x = x;\n    this.y = y;\n  }\n}\n";
    let want = "class A {\n  constructor(private readonly x: number, public y?: string) {}\n}\n";
    assert_eq!(first("m.ts", text, Rewrite::Dataclass), want);
    for (text, reason, about) in [
        (
            "class A { x: number; constructor(x: string) { this.x = x; } }",
            "not-equivalent",
            "types",
        ),
        (
            "class A extends B { x: number; constructor(x: number) { super(); this.x = x; } }",
            "not-equivalent",
            "base",
        ),
        (
            "class A { x: number; constructor(x: number) { f(); this.x = x; } }",
            "effects",
            "something else",
        ),
        (
            "class A { x: number = 1; constructor(x: number) { this.x = x; } }",
            "not-equivalent",
            "first value",
        ),
    ] {
        refused(&first("m.ts", text, Rewrite::Dataclass), reason, about);
    }
    let js = one(
        "m.js",
        "«»class A { constructor(x) { this.x = x; } }",
        Refactoring::Rewrite(Rewrite::Dataclass),
    );
    refused(&js, "unsupported", "JavaScript");
}

#[test]
fn long_functions() {
    let part = |n: usize| {
        format!("  a{n}(x);\n  b{n}(x);\n  c{n}(x);\n  d{n}(x);\n  e{n}(x);\n  f{n}(x);\n\n")
    };
    let body: String = (0..8).map(part).collect();
    let text = format!("function long(x) {{\n{body}}}\n");
    let got = first("m.mjs", &text, Rewrite::SplitFunction);
    assert!(
        got.starts_with("function long(x) {\n  longPart1(x);\n\n  longPart2(x);\n")
            && got.contains("function longPart8(x) {\n  a7(x);"),
        "{got}"
    );
}
