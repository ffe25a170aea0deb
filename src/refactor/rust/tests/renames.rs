//! Renames.

use super::{one, refuses, rename};
use crate::refactor::testing::Memory;
use crate::refactor::{Api, Refactoring, Request, plan};

fn to(name: &str) -> Refactoring {
    Refactoring::Rename { to: name.to_owned() }
}

#[test]
fn locals_with_shorthands_and_format_strings() {
    let text = "struct S { a: u8 }\nfn f(«»a: u8) -> S {\n    println!(\"{a}\");\n    let S { a: c } = S { a };\n    S { a }\n}\n";
    let after = "struct S { a: u8 }\nfn f(n: u8) -> S {\n    println!(\"{n}\");\n    let S { a: c } = S { a: n };\n    S { a: n }\n}\n";
    assert_eq!(rename(text, "n"), after);
    let text = "struct S { a: u8 }\nfn f(s: &S) -> u8 {\n    let S { «»a } = s;\n    *a\n}\n";
    assert_eq!(rename(text, "n"), text.replace("{ «»a }", "{ a: n }").replace("*a", "*n"));
}

#[test]
fn shadowing_is_kept_apart() {
    let text = "fn f() {\n    let «»x = 1;\n    let x = x + 1;\n    x;\n}\n";
    assert_eq!(rename(text, "y"), "fn f() {\n    let y = 1;\n    let x = y + 1;\n    x;\n}\n");
    let text = "fn f<'«»a>(x: &'a str) -> &'a str { x }\n";
    assert_eq!(rename(text, "'b"), "fn f<'b>(x: &'b str) -> &'b str { x }\n");
    let text = "fn f() { 'o«»uter: loop { break 'outer; } }\n";
    assert_eq!(rename(text, "top"), "fn f() { 'top: loop { break 'top; } }\n");
}

#[test]
fn builds_that_differ_see_one_name() {
    let text = "fn f() {\n    #[cfg(unix)]\n    let «»x = 1;\n    #[cfg(not(unix))]\n    let x = 2;\n    x;\n}\n";
    assert_eq!(rename(text, "y"), text.replace("«»", "").replace('x', "y").replace("uniy", "unix"));
}

#[test]
fn items_over_modules_and_crates() {
    let project = Memory::new(&[
        ("Cargo.toml", "[package]\nname = \"my-lib\"\nedition = \"2021\"\npublish = false\n"),
        ("src/lib.rs", "pub mod a;\npub use a::sum;\nmod b { use super::*; fn g() { sum(); } }\n"),
        (
            "src/a.rs",
            "/// ```\n/// assert_eq!(my_lib::sum(), 1);\n/// ```\npub fn «»sum() -> u8 { 1 }\nfn f() { let x = self::sum(); }\n",
        ),
        (
            "tests/t.rs",
            "use my_lib::a::{self, sum as total};\nfn sum() {}\n#[test]\nfn t() { total(); a::sum(); my_lib::sum(); sum(); }\n",
        ),
    ]);
    assert_eq!(
        project.after(to("add")),
        "== src/a.rs\n/// ```\n/// assert_eq!(my_lib::add(), 1);\n/// ```\npub fn add() -> u8 { 1 }\nfn f() { let x = self::add(); }\n\
         == src/lib.rs\npub mod a;\npub use a::add;\nmod b { use super::*; fn g() { add(); } }\n\
         == tests/t.rs\nuse my_lib::a::{self, add as total};\nfn sum() {}\n#[test]\nfn t() { total(); a::add(); my_lib::add(); sum(); }\n"
    );
}

#[test]
fn members_are_found_under_other_names_of_their_type() {
    let project = Memory::new(&[
        ("src/main.rs", "mod a;\nmod b;\nmod c;\nmod d;\nfn f(x: a::One) { x.«»go(); }\n"),
        ("src/a.rs", "pub struct One;\n"),
        ("src/b.rs", "pub use crate::a::One as Two;\npub(crate) type Three = Two;\n"),
        ("src/c.rs", "use crate::b::*;\nimpl Three { pub fn go(&self) {} }\n"),
        ("src/d.rs", "struct Two;\nimpl Two { fn go(&self) {} }\n"),
    ]);
    assert_eq!(
        project.after(to("run")),
        "== src/c.rs\nuse crate::b::*;\nimpl Three { pub fn run(&self) {} }\n\
         == src/main.rs\nmod a;\nmod b;\nmod c;\nmod d;\nfn f(x: a::One) { x.run(); }\n"
    );
}

#[test]
fn a_private_item_is_looked_for_where_it_is_seen() {
    let project = Memory::new(&[
        ("src/main.rs", "mod a;\nmod b;\nuse a::*;\nfn f() { go(); }\nfn go() {}\n"),
        ("src/a.rs", "mod c;\nfn «»go() {}\nmod d { fn f() { super::go(); } }\n"),
        ("src/a/c.rs", "use super::go;\nfn f() { go(); }\n"),
        ("src/b.rs", "use crate::go;\nfn f() { go(); }\n"),
    ]);
    assert_eq!(
        project.after(to("run")),
        "== src/a.rs\nmod c;\nfn run() {}\nmod d { fn f() { super::run(); } }\n\
         == src/a/c.rs\nuse super::run;\nfn f() { run(); }\n"
    );
}

#[test]
fn types_with_their_paths() {
    let text = "struct «»A<T>(T);\nimpl<T> A<T> { fn new(t: T) -> Self { A(t) } }\nfn f() -> A<u8> { let a: A<u8> = A::new(1); a }\nfn g() { vec![A(1)]; }\nmacro_rules! m { () => { A(2) } }\n";
    assert_eq!(
        rename(text, "B"),
        text.replace("«»A", "B").replace("A<", "B<").replace("A(", "B(").replace("A::", "B::")
    );
}

#[test]
fn members_by_what_is_known_of_the_receiver() {
    let text = "struct A { «»n: u8 }\nstruct B { n: u8 }\nimpl A { fn get(&self) -> u8 { self.n } }\nfn f(a: A, b: &B) -> A {\n    let c = A { n: b.n };\n    let n = c.n + a.n;\n    A { n }\n}\n";
    assert_eq!(
        rename(text, "m"),
        "struct A { m: u8 }\nstruct B { n: u8 }\nimpl A { fn get(&self) -> u8 { self.m } }\nfn f(a: A, b: &B) -> A {\n    let c = A { m: b.n };\n    let n = c.m + a.m;\n    A { m: n }\n}\n"
    );
    let text = "trait T { fn «»go(&self); }\nstruct A;\nimpl T for A { fn go(&self) {} }\nfn f<X: T>(x: &X, a: A) { x.go(); a.go(); A::go(&a); <A as T>::go(&a); }\n";
    assert_eq!(rename(text, "run"), text.replace("«»", "").replace("go", "run"));
    let text = "enum E { «»One, Two }\nuse E::*;\nfn f(e: E) -> bool { matches!(e, One) || e == E::One }\n";
    assert_eq!(rename(text, "First"), text.replace("«»One", "First").replace("One", "First"));
}

#[test]
fn documents_are_offered_apart() {
    let project = Memory::new(&[
        ("README.md", "Call do_it first.\n"),
        ("src/main.rs", "/// See [`do_it`].\nfn «»do_it() {}\nfn main() { do_it(); }\n"),
    ]);
    let step = project.plan(to("run_it")).unwrap();
    assert_eq!(
        project.shown(&step, false),
        "== src/main.rs\n/// See [`do_it`].\nfn run_it() {}\nfn main() { run_it(); }\n"
    );
    assert_eq!(
        project.shown(&step, true),
        "== README.md\nCall run_it first.\n== src/main.rs\n/// See [`run_it`].\nfn run_it() {}\nfn main() { run_it(); }\n"
    );
}

#[test]
fn what_is_refused() {
    refuses(
        &[
            ("fn f(«»a: u8, y: u8) {}\n", "name-taken"),
            ("fn f(«»a: u8) { let y = 1; a + y; }\n", "name-taken"),
            ("fn y() {}\nfn f() { let «»a = 1; y(); }\n", "name-taken"),
            ("fn f(«»a: u8) { format!(\"{a} {y}\", y = 1); }\n", "name-taken"),
            ("fn «»f() {}\nfn y() {}\n", "name-taken"),
            ("fn «»f() {}\nfn g(y: u8) { f(); }\n", "name-taken"),
            ("fn f(«»a: u8) { stringify!(a); }\n", "dynamic"),
            ("lazy! { fn made() {} }\nfn g() { «»made(); }\n", "dynamic"),
            ("mod «»a { }\n", "unsupported"),
            ("fn f() { «»Some(1); }\n", "not-here"),
            (
                "struct S;\nimpl Iterator for S { type Item = u8; fn «»next(&mut self) -> Option<u8> { None } }\n",
                "inherited",
            ),
            (
                "struct A { «»n: u8 }\nstruct B { n: u8 }\nfn f(x: impl Fn() -> A) { x().n; }\n",
                "dynamic",
            ),
            ("#[derive(Serialize)]\nstruct A { «»n: u8 }\n", "exported"),
            ("fn «»main() {}\n", "exported"),
            ("#[no_mangle]\nextern \"C\" fn «»f() {}\n", "exported"),
            ("extern \"C\" { fn «»f(); }\n", "inherited"),
            ("struct A { «»n: u8, y: u8 }\n", "name-taken"),
            ("fn «»f() {}\nfn g() { quote! { f() } }\n", "dynamic"),
        ],
        |text| rename(text, "y"),
    );
    for bad in ["fn", "1a", "a b", "self", "r#x", ""] {
        assert!(rename("fn f(«»a: u8) {}\n", bad).starts_with("bad-name"), "{bad}");
    }
    assert!(rename("const Y: u8 = 1;\nfn f(«»a: u8) {}\n", "Y").starts_with("name-taken"));
}

#[test]
fn the_interface_of_a_library_is_kept() {
    let files = [
        ("Cargo.toml", "[package]\nname = \"a\"\nedition = \"2021\"\n"),
        ("src/lib.rs", "mod inner { pub fn «»f() {} pub fn g() {} }\npub use inner::f;\n"),
    ];
    assert!(Memory::new(&files).after(to("h")).starts_with("exported"));
    let project = Memory::new(&files);
    let at = project.at.clone().unwrap();
    let step = plan(&project, &Request { at, what: to("h"), api: Api::Change }).unwrap();
    assert_eq!(step.interface, ["f"]);
    let hidden = files[1].1.replace("«»", "").replace("fn g", "fn «»g");
    let answer = Memory::new(&[files[0], ("src/lib.rs", &hidden)]).after(to("h"));
    assert!(answer.contains("pub fn h()"), "{answer}");
}

#[test]
fn every_identifier_answers() {
    let text = "use std::fmt;\nmod a { pub trait T { const N: u8; fn t(&self) -> u8; } }\nuse a::T;\n#[derive(Clone)]\nstruct S<'x, U: T> { u: &'x U, n: u8 }\nenum E { A(u8), B { c: u8 } }\nimpl<'x, U: T> S<'x, U> {\n    fn m(&self, e: E) -> u8 {\n        'o: for i in 0..self.n {\n            if let E::A(v) = e && v > i { break 'o; }\n        }\n        match e { E::A(v) => v, E::B { c } => c + self.u.t() + U::N }\n    }\n}\nfn main() {\n    let k = |z: u8| z + 1;\n    println!(\"{}\", k(2));\n}\n";
    let bare = text.replace(['«', '»'], "");
    let ends = bare.char_indices().filter(|(_, c)| c.is_alphanumeric());
    let mut made = 0;
    for (at, _) in ends {
        let marked = format!("{}«»{}", &bare[..at], &bare[at..]);
        let project = one(&marked);
        if let Ok(step) = project.plan(to("fresh")) {
            assert!(!project.shown(&step, true).is_empty());
            made += 1;
        }
    }
    assert!(made > 40, "{made}");
}
