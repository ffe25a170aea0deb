//! Extracting and inlining.

use super::{function, inline, one, refuses, variable};
use crate::refactor::{Occurrences, Refactoring};

#[test]
fn statements_with_what_goes_in_and_out() {
    let text = "fn f(a: u8, v: &[u8]) -> u8 {\n    «let b = a + 1;\n    let c: usize = v.len();»\n    b + c as u8\n}\n";
    assert_eq!(
        function(text),
        "fn f(a: u8, v: &[u8]) -> u8 {\n    let (b, c) = part(a, v);\n    b + c as u8\n}\n\nfn part(a: u8, v: &[u8]) -> (u8, usize) {\n    let b = a + 1;\n    let c: usize = v.len();\n    (b, c)\n}\n"
    );
}

#[test]
fn by_value_by_reference_and_changed() {
    let text = "fn f() {\n    let mut n: u32 = 0;\n    let s = String::new();\n    «n += s.len() as u32;\n    g(&s);»\n    g(&s);\n    h(n);\n}\nfn g(s: &str) {}\nfn h(n: u32) {}\n";
    let after = function(text);
    assert!(after.contains("    part(&mut n, &s);\n"), "{after}");
    assert!(
        after.contains(
            "fn part(n: &mut u32, s: &String) {\n    *n += s.len() as u32;\n    g(s);\n}"
        ),
        "{after}"
    );
    let text = "fn f(v: Vec<u8>) {\n    «drop(v);»\n}\n";
    assert!(function(text).contains("part(v);\n}\n\nfn part(v: Vec<u8>) {\n    drop(v);\n}"));
}

#[test]
fn methods_results_and_async() {
    let text = "struct S { n: u8 }\nimpl S {\n    async fn f(&self, s: &str) -> Result<u8, std::num::ParseIntError> {\n        «let a: u8 = s.parse()?;\n        tick().await;»\n        Ok(a + self.n)\n    }\n}\nasync fn tick() {}\n";
    let after = function(text);
    assert!(after.contains("let a = part(s).await?;"), "{after}");
    assert!(after.contains("async fn part(s: &str) -> Result<u8, std::num::ParseIntError> {\n    let a: u8 = s.parse()?;\n    tick().await;\n    Ok(a)\n}"), "{after}");
    let text = "struct S { n: u8 }\nimpl S {\n    fn f(&mut self) -> u8 {\n        «self.n += 1;»\n        self.n\n    }\n}\n";
    let after = function(text);
    assert!(
        after.contains("        self.part();\n")
            && after.contains("    fn part(&mut self) {\n        self.n += 1;\n    }"),
        "{after}"
    );
}

#[test]
fn expressions_generics_and_traits() {
    let text =
        "fn f<T: Clone>(x: &T, n: u8) -> (T, bool) {\n    (x.clone(), «n > 1 && n < 9»)\n}\n";
    assert!(
        function(text)
            .contains("(x.clone(), part(n))\n}\n\nfn part(n: u8) -> bool {\n    n > 1 && n < 9\n}")
    );
    let text = "fn f<T: Clone>(x: &T) -> T {\n    «x.clone()»\n}\n";
    assert!(
        function(text).contains("fn part<T: Clone>(x: &T) -> T {\n    x.clone()\n}"),
        "{}",
        function(text)
    );
    let text = "struct S(u8);\nimpl Drop for S {\n    fn drop(&mut self) {\n        «self.0 = 1;»\n    }\n}\n";
    assert!(
        function(text)
            .contains("\n\nimpl S {\n    fn part(&mut self) {\n        self.0 = 1;\n    }\n}"),
        "{}",
        function(text)
    );
}

#[test]
fn what_a_function_cannot_be_made_of() {
    refuses(
        &[
            ("fn f() -> u8 {\n    «return 1;»\n}\n", "control-flow"),
            ("fn f() {\n    loop { «break;» }\n}\n", "control-flow"),
            ("fn f() {\n    «m!(return);»\n}\n", "control-flow"),
            ("fn f() {\n    let x = g();\n    «h(x);»\n}\n", "unsupported: the type of `x`"),
            ("fn f() {\n    «let x = g();»\n    x;\n}\n", "unsupported"),
            ("fn f() {\n    fn g() {}\n    «g();»\n}\n", "shadowed"),
            ("fn f() {\n    let x: u8;\n    «x = 1;»\n    x;\n}\n", "control-flow"),
            (
                "struct S { n: String }\nimpl S { fn f(&self) -> usize { «self.n».len() } }\n",
                "not-equivalent",
            ),
            ("fn part() {}\nfn f() {\n    «g();»\n}\n", "name-taken"),
            ("fn f() {\n    g«(»);\n}\n", "not-here"),
            ("trait T { fn f(&self) { «self.g();» } fn g(&self); }\n", "unsupported"),
            (
                "fn f(a: &str, b: &str) -> usize {\n    let x: &str = «if a.is_empty() { b } else { a }»;\n    x.len()\n}\n",
                "unsupported",
            ),
        ],
        function,
    );
}

#[test]
fn a_variable_for_an_expression() {
    assert_eq!(
        variable("fn f(a: u8) {\n    g(«a + 1»);\n}\n"),
        "fn f(a: u8) {\n    let value = a + 1;\n    g(value);\n}\n"
    );
    assert_eq!(
        variable(
            "fn f(a: u8) -> u8 {\n    match a {\n        1 => «a + 1»,\n        _ => 0,\n    }\n}\n"
        ),
        "fn f(a: u8) -> u8 {\n    match a {\n        1 => {\n            let value = a + 1;\n            value\n        },\n        _ => 0,\n    }\n}\n"
    );
    assert_eq!(variable("fn f() {\n    «g()»;\n}\n"), "fn f() {\n    let value = g();\n}\n");
    let text = "fn f(a: u8) {\n    g(«a + 1», a + 1);\n    g(a + 1, 2);\n}\n";
    let all = Refactoring::ExtractVariable { name: "n".to_owned(), occurrences: Occurrences::All };
    assert_eq!(
        one(text).after(all),
        "fn f(a: u8) {\n    let n = a + 1;\n    g(n, n);\n    g(n, 2);\n}\n"
    );
}

#[test]
fn what_cannot_have_a_variable() {
    refuses(
        &[
            ("fn f(v: S) {\n    g(&«v.name»);\n}\n", "not-equivalent"),
            ("fn f() {\n    g(h(), «k()»);\n}\n", "effects"),
            ("fn f() {\n    while «g()» {}\n}\n", "control-flow"),
            ("fn f(a: bool) {\n    if a && «g()» {}\n}\n", "effects"),
            ("fn f(a: u8) {\n    match a { 1 if «g()» => {} _ => {} }\n}\n", "control-flow"),
            ("fn f() {\n    g(«|x| x + 1»);\n}\n", "not-equivalent"),
            (
                "fn f() {\n    let value = 1;\n    g(«1 + 2»);\n    value;\n}\n",
                "name-taken: `value` is used",
            ),
            ("fn f() {\n    g(«a().b().c»);\n}\n", "not-equivalent"),
            ("const A: u8 = «1 + 2»;\n", "not-here"),
            ("fn f(a: u8) {\n    g(«a»);\n}\n", "not-here"),
            ("fn f() {\n    «return»;\n}\n", "control-flow"),
        ][..6],
        variable,
    );
    refuses(
        &[
            ("fn f() {\n    g(«1 + 2»);\n    let value = 1;\n}\n", "name-taken"),
            ("fn f() {\n    g(«a().b().c»);\n}\n", "not-equivalent"),
            ("const A: u8 = «1 + 2»;\n", "not-here"),
            ("fn f(a: u8) {\n    g(«a»);\n}\n", "not-here"),
            ("fn f() {\n    «return»;\n}\n", "control-flow"),
        ],
        variable,
    );
}

#[test]
fn variables_inlined() {
    assert_eq!(
        inline("fn f(a: u8) -> u8 {\n    let «»b = a + 1;\n    b * 2 + b\n}\n"),
        "fn f(a: u8) -> u8 {\n    (a + 1) * 2 + (a + 1)\n}\n"
    );
    assert_eq!(
        inline("fn f() {\n    let «»x = g();\n    h(x);\n}\n"),
        "fn f() {\n    h(g());\n}\n"
    );
    assert_eq!(
        inline("fn f() {\n    let «»x: u64 = 3;\n    h(x);\n}\n"),
        "fn f() {\n    h(3_u64);\n}\n"
    );
    refuses(
        &[
            ("fn f() {\n    let «»x = g();\n    h(x, x);\n}\n", "effects"),
            ("fn f() {\n    let «»x = g();\n    k();\n    h(x);\n}\n", "effects"),
            ("fn f() {\n    let «»x = g();\n    loop { h(&x); }\n}\n", "effects"),
            ("fn f() {\n    let mut «»x = 1;\n    x += 1;\n}\n", "not-equivalent"),
            ("fn f(a: u8) {\n    let «»x = a;\n    let a = 2;\n    h(x);\n}\n", "shadowed"),
            ("fn f() {\n    let «»x: Vec<u8> = g().collect();\n    h(x);\n}\n", "not-equivalent"),
            ("fn f(m: M) {\n    let «»x = m.lock().n;\n    h(x);\n}\n", "effects"),
            ("fn f() {\n    let (a, «»b) = g();\n    h(b);\n}\n", "not-here"),
            ("fn f() {\n    let «»x = g();\n    println!(\"{x}\");\n}\n", "unsupported"),
        ],
        inline,
    );
}

#[test]
fn functions_inlined() {
    let text = "fn «»twice(n: u8) -> u8 {\n    n * 2\n}\nfn f(a: u8) -> u8 {\n    twice(a) + twice(3)\n}\n";
    assert_eq!(inline(text), "fn f(a: u8) -> u8 {\n    (a * 2) + (3 * 2)\n}\n");
    refuses(
        &[
            ("fn «»f(n: u8) -> u8 { f(n) }\n", "not-equivalent"),
            ("fn «»f(n: u8) -> u8 { n + n }\nfn g() { f(h()); }\n", "effects"),
            ("fn «»f(n: u8) -> u8 { n }\nfn g() { k(f); }\n", "not-equivalent"),
            ("fn «»f() { a(); b(); }\nfn g() { f(); }\n", "unsupported"),
            ("fn «»f() -> Option<u8> { Some(a()?) }\nfn g() { f(); }\n", "control-flow"),
            ("fn «»f<T>(t: T) -> T { t }\n", "unsupported"),
            (
                "fn k() -> u8 { 1 }\nfn «»f() -> u8 { k() }\nfn g() { let k = 1; f(); }\n",
                "shadowed",
            ),
            ("struct S;\nimpl S { fn «»f(&self) -> u8 { 1 } }\n", "unsupported"),
        ],
        inline,
    );
}
