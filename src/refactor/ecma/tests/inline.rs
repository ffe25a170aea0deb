//! Inlining.

use super::{one, refused};
use crate::refactor::Refactoring;

#[test]
fn values() {
    for (text, want) in [
        ("const «»a = 1 + 2;\nf(a * a);\n", "f((1 + 2) * (1 + 2));\n"),
        ("const «»a = g();\nf(a);\n", "f(g());\n"),
        ("const «»a = 1, b = 2;\nf(a, { a });\n", "const b = 2;\nf(1, { a: 1 });\n"),
        ("const b = 2, «»a = b;\nreturn_(a);\n", "const b = 2;\nreturn_(b);\n"),
        ("const «»a = { b: 1 };\nf(a.b);\n", "f(({ b: 1 }).b);\n"),
        ("const «»add = (x, y) => x + y;\nf(add(1, 2) * 3);\n", "f((1 + 2) * 3);\n"),
        ("function «»sq(x) {\n  return x * x;\n}\nf(sq(2));\n", "f(2 * 2);\n"),
        ("const «»id = x => x;\nf(id(g()));\n", "f(g());\n"),
        ("const «»k = () => ({});\nf(k());\n", "f(({}));\n"),
        ("const «»h = (x, y) => ({ x, z: y });\nf(h(1));\n", "f(({ x: 1, z: undefined }));\n"),
    ] {
        assert_eq!(one("m.mjs", text, Refactoring::Inline), want, "{text}");
    }
}

#[test]
fn refusals() {
    for (text, reason, about) in [
        ("let «»a = 1; a = 2; f(a);", "effects", "another value"),
        ("const «»a = g(); f(a, a);", "effects", "2 times"),
        ("const «»a = g(); h(); f(a);", "effects", "between"),
        ("const «»a = o.p; if (x) f(a);", "effects", "condition"),
        ("const «»a = g(); const k = () => a;", "effects", "later"),
        ("const «»a = [1]; for (;;) f(a);", "effects", "repeatedly"),
        ("let b = 1; const «»a = b + 1; b = 2; f(a);", "effects", "between"),
        ("const b = 1; const «»a = b + 1; { let b = 2; f(a); }", "shadowed", "`b`"),
        ("export const «»a = 1;", "exported", "`a`"),
        ("const «»a = o.m; a();", "not-equivalent", "this"),
        ("let «»a; f(a);", "not-here", "no value"),
        ("function f(«»a) {}", "not-here", "parameter"),
        ("const «»a = f();", "effects", "not used"),
        ("function «»g(x) { return x + x; } g(h());", "effects", "2 times"),
        ("function «»g(x, y) { return y - x; } g(a(), b());", "effects", ""),
        ("function «»g(x) { return g(x); } g(1);", "not-equivalent", "itself"),
        ("function «»g() { return this; } g();", "not-equivalent", "this"),
        ("async function «»g() { return 1; } g();", "not-equivalent", "async"),
        ("function «»g() { return 1; } f(g);", "dynamic", "value"),
        ("function «»g() { a(); b(); } g();", "unsupported", "more than one"),
        ("function «»g({ x }) { return x; } g(a);", "unsupported", "parameter"),
        ("function «»g(x) { return x; } g(...a);", "effects", "how many"),
        ("function «»g(x) { return y => x; } g(y);", "shadowed", "`y`"),
    ] {
        refused(&one("m.mjs", text, Refactoring::Inline), reason, about);
    }
}
