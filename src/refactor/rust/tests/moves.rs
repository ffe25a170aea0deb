//! Moving items, and other signatures.

use super::one;
use crate::base::RepoPath;
use crate::refactor::testing::Memory;
use crate::refactor::{Refactoring, SignatureChange};

fn to(path: &str) -> Refactoring {
    Refactoring::Move { to: RepoPath::new(path).unwrap() }
}

#[test]
fn to_a_new_file() {
    let project = one(
        "use std::fmt;\n\nfn main() {\n    show(1);\n}\n\n/// Shows.\nfn «»show(n: u8) -> fmt::Result {\n    other(n)\n}\n\nfn other(n: u8) -> fmt::Result {\n    Ok(())\n}\n",
    );
    assert_eq!(
        project.after(to("src/out.rs")),
        "== src/main.rs\nmod out;\n\nuse crate::out::show;\nuse std::fmt;\n\nfn main() {\n    show(1);\n}\n\nfn other(n: u8) -> fmt::Result {\n    Ok(())\n}\n\
         == src/out.rs\nuse std::fmt;\nuse crate::other;\n\n/// Shows.\npub(crate) fn show(n: u8) -> fmt::Result {\n    other(n)\n}\n"
    );
}

#[test]
fn to_a_file_with_its_impls() {
    let project = Memory::new(&[
        ("src/main.rs", "mod a;\nmod b;\n"),
        (
            "src/a.rs",
            "pub struct «»P {\n    pub x: u8,\n}\n\nimpl P {\n    pub fn new() -> Self {\n        P { x: 1 }\n    }\n}\n\npub fn f() -> P {\n    P::new()\n}\n",
        ),
        ("src/b.rs", "fn g() {}\n"),
    ]);
    assert_eq!(
        project.after(to("src/b.rs")),
        "== src/a.rs\npub use crate::b::P;\n\npub fn f() -> P {\n    P::new()\n}\n\
         == src/b.rs\nfn g() {}\n\npub struct P {\n    pub x: u8,\n}\n\nimpl P {\n    pub fn new() -> Self {\n        P { x: 1 }\n    }\n}\n"
    );
}

#[test]
fn what_cannot_move() {
    for (text, reason) in [
        ("fn «»main() {}\n", "not-equivalent"),
        ("#[cfg(unix)]\nfn «»f() {}\n", "not-equivalent"),
        ("struct «»S { x: u8 }\nfn f(s: S) { s.x; }\n", "shadowed"),
        ("fn «»f() { super::g(); }\n", "shadowed"),
        ("fn «»f() { include_str!(\"a\"); }\n", "not-equivalent"),
        ("use a::*;\nfn «»f() { g(); }\n", "shadowed"),
        ("macro_rules! m { () => {} }\nfn «»f() { m!(); }\n", "shadowed"),
    ] {
        let answer = one(text).after(to("src/out.rs"));
        assert!(answer.starts_with(reason), "{text}\n{answer}");
    }
    let elsewhere = one("fn «»f() {}\n").after(to("deep/down/out.rs"));
    assert!(elsewhere.starts_with("unsupported"), "{elsewhere}");
    let taken =
        Memory::new(&[("src/main.rs", "mod b;\nfn «»f() {}\n"), ("src/b.rs", "fn f() {}\n")]);
    assert!(taken.after(to("src/b.rs")).starts_with("name-taken"));
}

fn change(text: &str, changes: &[SignatureChange]) -> String {
    one(text).after(Refactoring::ChangeSignature(changes.to_vec()))
}

fn add(declaration: &str, argument: Option<&str>, at: usize) -> SignatureChange {
    let argument = argument.map(str::to_owned);
    SignatureChange::Add { declaration: declaration.to_owned(), argument, default: None, at }
}

#[test]
fn signatures() {
    let text = "fn «»f(a: u8, b: u8) -> u8 { a }\nfn g() {\n    f(1, 2);\n    assert_eq!(f(3, 4), 3);\n}\n";
    assert_eq!(
        change(
            text,
            &[add("c: bool", Some("true"), 0), SignatureChange::Remove { name: "b".to_owned() }]
        ),
        "fn f(c: bool, a: u8) -> u8 { a }\nfn g() {\n    f(true, 1);\n    assert_eq!(f(true, 3), 3);\n}\n"
    );
    let order = SignatureChange::Reorder(vec!["b".to_owned(), "a".to_owned()]);
    assert_eq!(
        change(text, &[order]),
        "fn f(b: u8, a: u8) -> u8 { a }\nfn g() {\n    f(2, 1);\n    assert_eq!(f(4, 3), 3);\n}\n"
    );
    let text = "trait T { fn «»m(&self, a: u8); }\nstruct S;\nimpl T for S { fn m(&self, b: u8) {} }\nfn g(s: S) { s.m(1); S::m(&s, 2); }\n";
    assert_eq!(
        change(text, &[add("k: char", Some("'x'"), 1)]),
        "trait T { fn m(&self, a: u8, k: char); }\nstruct S;\nimpl T for S { fn m(&self, b: u8, k: char) {} }\nfn g(s: S) { s.m(1, 'x'); S::m(&s, 2, 'x'); }\n"
    );
}

#[test]
fn signatures_that_stay() {
    let remove = |name: &str| SignatureChange::Remove { name: name.to_owned() };
    for (text, changes, reason) in [
        ("fn «»f(a: u8) -> u8 { a }\n", vec![remove("a")], "effects"),
        ("fn «»f(a: u8) {}\nfn g() { f(h()); }\n", vec![remove("a")], "effects"),
        ("fn «»f(a: u8) {}\nfn g() { k(f); }\n", vec![remove("a")], "not-equivalent"),
        ("fn «»f(a: u8) {}\n", vec![remove("b")], "not-here"),
        ("fn «»f(a: u8) {}\n", vec![add("b: u8", None, 0)], "not-here"),
        ("fn «»f(a: u8) {}\n", vec![add("b", Some("1"), 0)], "bad-name"),
        ("fn «»f(a: u8) {}\n", vec![add("a: u8", Some("1"), 0)], "name-taken"),
        ("fn b() {}\nfn «»f(a: u8) { b(); }\n", vec![add("b: u8", Some("1"), 0)], "name-taken"),
        ("struct «»S;\n", vec![remove("a")], "not-here"),
    ] {
        let answer = change(text, &changes);
        assert!(answer.starts_with(reason), "{text}\n{answer}");
    }
}
