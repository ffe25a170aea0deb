//! Extracting functions and variables.

use super::{extract, one, refused, variable};
use crate::refactor::{Occurrences, Refactoring};

#[test]
fn variables() {
    for (text, want) in [
        ("f(«a + 1»);\n", "const x = a + 1;\nf(x);\n"),
        ("if (y) f(«a + 1»);\n", "if (y) {\n  const x = a + 1;\n  f(x);\n}\n"),
        ("const g = y => «y + 1»;\n", "const g = y => {\n  const x = y + 1;\n  return x;\n};\n"),
        (
            "const g = y => ({ a: «y.z» });\n",
            "const g = y => {\n  const x = y.z;\n  return ({ a: x });\n};\n",
        ),
        ("«f(1)»;\n", "const x = f(1);\n"),
        ("if («a»()) b;\n", "not-equal"),
        ("if («a && b») { c; }\n", "const x = a && b;\nif (x) { c; }\n"),
        (
            "function f() {\n    return «g()».h;\n}\n",
            "function f() {\n    const x = g();\n    return x.h;\n}\n",
        ),
        (
            "else_: { if (a) b; else if («c.d») e; }\n",
            "else_: { if (a) b; else {\n  const x = c.d;\n  if (x) e;\n} }\n",
        ),
        (
            "switch (a) { case 1:\n  f(«b.c»);\n}\n",
            "switch (a) { case 1:\n  const x = b.c;\n  f(x);\n}\n",
        ),
    ] {
        let got = one("m.mjs", text, variable("x"));
        if want == "not-equal" {
            assert!(got.contains("const x = a;") || got.starts_with("not-equivalent"), "{got}");
        } else {
            assert_eq!(got, want, "{text}");
        }
    }
    let jsx = "const e = <p>{«a.b»}</p>;\n";
    assert_eq!(one("m.jsx", jsx, variable("x")), "const x = a.b;\nconst e = <p>{x}</p>;\n");
}

#[test]
fn all_occurrences() {
    let all = |text| {
        let what =
            Refactoring::ExtractVariable { name: "x".to_owned(), occurrences: Occurrences::All };
        one("m.mjs", text, what)
    };
    for (text, want) in [
        (
            "const a = 1;\nf(«a + 1», a + 1);\ng(a + 1);\n",
            "const a = 1;\nconst x = a + 1;\nf(x, x);\ng(x);\n",
        ),
        // A call may change it.
        ("f(«o.p»);\ng(o.p);\n", "const x = o.p;\nf(x);\ng(o.p);\n"),
        ("let s = «o.p» + 1;\nlet t = o.p;\n", "const x = o.p;\nlet s = x + 1;\nlet t = x;\n"),
    ] {
        assert_eq!(all(text), want, "{text}");
    }
}

#[test]
fn variables_that_cannot_be() {
    for (text, reason, about) in [
        ("f(g(), «a.b»);", "effects", "first"),
        ("a && «a.b»;", "effects", "condition"),
        ("while («a.b») {}", "effects", "repeatedly"),
        ("for (const y of ys) «y»;", "not-here", "no such"),
        ("const f = (y = «a.b») => y;", "effects", "default"),
        ("class A { p = «a.b» }", "effects", "class"),
        ("«a.b»();", "not-equivalent", "this"),
        ("f(«a?.b».c);", "not-equivalent", "chain"),
        ("delete «a.b»;", "not-equivalent", "delete"),
        ("«a.b» = 1;", "not-here", "assigned"),
        ("f(«a +» 1);", "not-here", "exactly"),
        ("const x = 1; f(«a.b»);", "name-taken", "x"),
        ("function f(x) { g(«a.b»); }", "name-taken", "parameter"),
        ("function f() { g(«a.b»); } f(x);", "none", ""),
        ("f(«a.b», x);", "shadowed", "x"),
        ("const a = 1, b = «a + 1»;", "shadowed", "a"),
        ("import '«./x»';", "not-here", ""),
        ("const m = require(«'./x'»);", "not-equivalent", "tools"),
    ] {
        let got = one("m.mjs", text, variable("x"));
        match reason {
            "none" => assert!(got.contains("const x"), "{got}"),
            _ if about == "no such" => {}
            _ => refused(&got, reason, about),
        }
    }
}

#[test]
fn functions() {
    for (text, want) in [
        (
            "function f(a) {\n  const b = a + 1;\n  «const c = b * 2;\n  log(c);»\n  return c;\n}\n",
            "function f(a) {\n  const b = a + 1;\n  const c = g(b);\n  return c;\n}\n\nfunction g(b) {\n  const c = b * 2;\n  log(c);\n  return c;\n}\n",
        ),
        (
            "function f(a) {\n  «let x = 1;\n  let y = a;»\n  x++;\n  return x + y;\n}\n",
            "function f(a) {\n  let { x, y } = g(a);\n  x++;\n  return x + y;\n}\n\nfunction g(a) {\n  let x = 1;\n  let y = a;\n  return { x, y };\n}\n",
        ),
        (
            "function f() {\n  let n = 0;\n  «n += 2;»\n  return n;\n}\n",
            "function f() {\n  let n = 0;\n  n = g(n);\n  return n;\n}\n\nfunction g(n) {\n  n += 2;\n  return n;\n}\n",
        ),
        (
            "async function f(u) {\n  «const r = await get(u);»\n  return r;\n}\n",
            "async function f(u) {\n  const r = await g(u);\n  return r;\n}\n\nasync function g(u) {\n  const r = await get(u);\n  return r;\n}\n",
        ),
        (
            "function f(a) {\n  «if (a) return 1;\n  return 2;»\n}\n",
            "function f(a) {\n  return g(a);\n}\n\nfunction g(a) {\n  if (a) return 1;\n  return 2;\n}\n",
        ),
        (
            "function* f(a) {\n  «yield a;»\n  yield 2;\n}\n",
            "function* f(a) {\n  yield* g(a);\n  yield 2;\n}\n\nfunction* g(a) {\n  yield a;\n}\n",
        ),
        (
            "const f = (a) => h(«a * 2»);\n",
            "const f = (a) => h(g(a));\n\nfunction g(a) {\n  return a * 2;\n}\n",
        ),
        (
            "class A {\n  m(a) {\n    «this.x = a;\n    log(a);»\n  }\n}\n",
            "class A {\n  m(a) {\n    this.g(a);\n  }\n\n  g(a) {\n    this.x = a;\n    log(a);\n  }\n}\n",
        ),
        // The next round sees what this one wrote.
        (
            "function f(a) {\n  let n = 0;\n  for (const x of a) {\n    «n += x;\n    log(n);»\n  }\n}\n",
            "function f(a) {\n  let n = 0;\n  for (const x of a) {\n    n = g(n, x);\n  }\n}\n\nfunction g(n, x) {\n  n += x;\n  log(n);\n  return n;\n}\n",
        ),
        // What is shared with other functions is not copied.
        (
            "function f() {\n  let n = 0;\n  const up = () => n++;\n  «up();\n  log(n);»\n}\n",
            "function f() {\n  let n = 0;\n  const up = () => n++;\n  const g = () => {\n    up();\n    log(n);\n  };\n  g();\n}\n",
        ),
        (
            "class B extends A {\n  m() {\n    «super.m();»\n  }\n}\n",
            "class B extends A {\n  m() {\n    const g = () => {\n      super.m();\n    };\n    g();\n  }\n}\n",
        ),
        (
            "function f() {\n  «return `a\n  b`;»\n}\n",
            "function f() {\n  return g();\n}\n\nfunction g() {\n  return `a\n  b`;\n}\n",
        ),
    ] {
        assert_eq!(one("m.mjs", text, extract("g")), want, "{text}");
    }
}

#[test]
fn functions_with_types() {
    let text = "function f(a: number, b = 'x') {\n  «log(a, b);»\n}\n";
    let want = "function f(a: number, b = 'x') {\n  g(a, b);\n}\n\nfunction g(a: number, b: string) {\n  log(a, b);\n}\n";
    assert_eq!(one("m.ts", text, extract("g")), want);
    let strict = ("tsconfig.json", "{ \"compilerOptions\": { \"strict\": true } }");
    let text = "function f(a: number) {\n  const b = h(a);\n  «log(b);»\n}\n";
    let memory = crate::refactor::testing::Memory::new(&[("m.ts", text), strict]);
    assert!(memory.after(extract("g")).contains("const g = () => {\n    log(b);"));
}

#[test]
fn functions_that_cannot_be() {
    for (text, reason, about) in [
        ("function f(a) { «if (a) return 1;» return 2; }", "control-flow", "some go on"),
        ("for (;;) { «if (a) break;» }", "control-flow", "leaves a loop"),
        ("function f() { «let a = 1; const k = () => a;» a = 2; return k; }", "effects", "`a`"),
        ("class B extends A { constructor() { «super();» } }", "control-flow", "super"),
        ("function f() { «g();» }", "shadowed", "`g`"),
        ("function g() {} function f() { «h();» }", "name-taken", "g"),
        ("function f(g) { «h();» }", "shadowed", "g"),
        ("function f() { a«b; c;»d; }", "not-here", "neither"),
        ("«import 'x';»", "control-flow", "top level"),
        ("function* f() { let n = 0; k = () => n++; «yield n;» }", "control-flow", "yields"),
        ("for (const i of y) { «var a; use(a);» }", "effects", "var a"),
        ("«'use strict';»\nf();", "not-here", "directive"),
        ("«var a = 1; h();» function h() { return a; }", "effects", "`a`"),
    ] {
        refused(&one("m.mjs", text, extract("g")), reason, about);
    }
}
