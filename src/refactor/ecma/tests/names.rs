//! Scopes, and what identifiers mean.

use crate::base::Language;
use crate::refactor::{BoundKind, bindings};
use crate::syntax::parse;

/// Each identifier with the line that binds it: `x1` for one bound on line 1, `x?` for none.
fn shown(language: Language, text: &str) -> String {
    let parsed = parse(language, text);
    assert!(parsed.is_clean(), "{text}");
    let names = bindings(&parsed).unwrap();
    let line = |at: usize| parsed.lines().line(at).0;
    let all = names.occurrences.iter().map(|o| {
        let name = o.span.of(text).unwrap();
        match o.bound {
            Some(id) => format!("{name}{}", line(names.get(id).declared.start)),
            None => format!("{name}?"),
        }
    });
    all.collect::<Vec<_>>().join(" ")
}

#[test]
fn scopes_of_javascript() {
    for (text, want) in [
        ("f();\nfunction f() { return x; var x; }", "f2 f2 x2 x2"),
        ("let a;\n{ let a; a; }\na;", "a1 a2 a2 a1"),
        ("if (1) {\n var v; }\nv;", "v2 v2"),
        // The default does not see what the body binds.
        ("let x;\nfunction f(a = x) {\n var x; return a + x; }", "x1 f2 a2 x1 x3 a2 x3"),
        ("function f(a) {\n var a; a; }", "f1 a1 a1 a1"),
        ("const g = function h() {\n h; };\nh;", "g1 h1 h1 h?"),
        ("try {} catch (e) { e }\ne;", "e1 e1 e?"),
        ("for (let i = 0; i < 1; i++) i;\ni;", "i1 i1 i1 i1 i?"),
        ("const { a, b: [c = a], ...d } = o;", "a1 c1 a1 d1 o?"),
        ("({ a, b: c } = d);", "a? c? d?"),
        ("l: for (;;) {\n let l; break l; }", "l1 l2 l1"),
        ("function f() { arguments; }\narguments;", "f1 arguments? arguments?"),
        ("let a;\nconst o = { a, b: a, a() {} };", "a1 o2 a1 a1"),
        ("import d, { x as y, z } from 'm';\nexport { y as q, z };", "d1 y1 z1 y1 z1"),
        ("export { a as b } from 'm';\nexport * as n from 'm';", ""),
        ("let F, p;\n<F.G a={p}><div/><F/></F.G>;", "F1 p1 F1 p1 F1 F1"),
        ("class A {\n #x = A; static s = B; m(q = A) { return q } }", "A1 A1 B? q2 A1 q2"),
        // Functions in blocks are variables of the function, in sloppy code alone.
        ("{ function f() {} }\nf();", "f1 f1"),
        ("'use strict';\n{ function f() {} }\nf();", "f2 f?"),
        ("let f;\n{ { async function f() {} } }\nf();", "f1 f2 f1"),
        ("let k;\nclass C { [k](k) { return k } }", "k1 C2 k1 k2 k2"),
    ] {
        assert_eq!(shown(Language::JavaScript, text), want, "{text}");
    }
}

#[test]
fn scopes_of_typescript() {
    for (text, want) in [
        ("interface I<T> { a: T; [k: string]: T }\nlet v: I<number>;", "I1 T1 T1 k1 T1 v2 I1"),
        ("type C<T> = T extends Array<infer U> ? U : never;", "C1 T1 T1 Array? U1 U1"),
        ("enum E { A = 1,\n B = A }\nE.A;", "E1 A1 B2 A1 E1"),
        ("class K { constructor(private x: number) {\n x } }", "K1 x1 x1"),
        ("interface M {}\ninterface M {}\nlet M: M;", "M1 M1 M1 M1"),
        ("function f(a: string): void;\nfunction f(a: any) { a }", "f1 a1 f1 a2 a2"),
        ("type T = typeof v;\nconst v = 1;", "T1 v2 v2"),
        ("namespace N {\n export const c = 1; }\nN.c;", "N1 c2 N1"),
        (
            "let v;\ntype R = { v: number };\nfunction g(x: any): x is R { return v }",
            "v1 R2 g3 x3 x3 R2 v1",
        ),
        ("type M<T> = { [K in keyof T]: T[K] };", "M1 T1 K1 T1 T1 K1"),
        ("let t: [a: string];\nlet f: (b: number) => typeof b;", "t1 f2 b2 b2"),
    ] {
        assert_eq!(shown(Language::TypeScript, text), want, "{text}");
    }
}

#[test]
fn code_at_run_time() {
    for (text, dynamic) in [
        ("function f(a) { eval('a') }", true),
        ("function f(a) { with (a) { b } }", true),
        ("function f(a) { (0, eval)('a'); o.eval('a') }", false),
    ] {
        let names = bindings(&parse(Language::JavaScript, text)).unwrap();
        let parameter = names.bound.iter().find(|b| b.kind == BoundKind::Parameter).unwrap();
        assert_eq!(names.scope(parameter.scope).dynamic.is_some(), dynamic, "{text}");
    }
}
