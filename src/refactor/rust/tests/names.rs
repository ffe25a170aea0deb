//! Scopes, and what identifiers mean.

use crate::base::Language;
use crate::refactor::{Role, bindings, declared};
use crate::syntax::parse;

/// The text with each use of a local name followed by the line of its declaration.
fn resolved(text: &str) -> String {
    let parsed = parse(Language::Rust, text);
    assert!(parsed.is_clean(), "{text}");
    let bindings = bindings(&parsed).unwrap();
    let mut out = String::new();
    for occurrence in bindings.occurrences.iter().filter(|o| o.role != Role::Bind) {
        let word = occurrence.span.of(text).unwrap();
        let line = parsed.lines().line(occurrence.span.start);
        match occurrence.bound {
            Some(id) => {
                let at = parsed.lines().line(bindings.get(id).declared.start);
                out.push_str(&format!("{word}@{line}->{at} "));
            }
            None => out.push_str(&format!("{word}@{line}->? ")),
        }
    }
    out.trim_end().to_owned()
}

#[test]
fn each_let_is_a_new_name() {
    let text = "fn f(x: u8) {\n    let x = x;\n    let x = x + x;\n    g(x);\n}\nfn g(x: u8) {}\n";
    assert_eq!(resolved(text), "x@2->1 x@3->2 x@3->2 g@4->6 x@4->3");
}

#[test]
fn patterns_conditions_and_arms() {
    let text = "const A: u8 = 1;\nfn f(x: Option<u8>) {\n    if let Some(y) = x && y > A {\n        let z = y;\n    }\n    match x {\n        Some(A) => {}\n        Some(b) if b > 1 => {}\n        None => {}\n        _ => {}\n    }\n    let Some(y) = x else { return };\n    y;\n}\n";
    assert_eq!(
        resolved(text),
        "Option@2->? Some@3->? x@3->2 y@3->3 A@3->1 y@4->3 x@6->2 Some@7->? A@7->1 Some@8->? b@8->8 None@9->? \
         Some@12->? x@12->2 y@13->12"
    );
}

#[test]
fn generics_lifetimes_and_labels() {
    let text = "struct S<'a, T>(&'a T);\nimpl<'a, T> S<'a, T> {\n    fn f<U>(&self, u: U) -> &'a T {\n        'a: loop { break 'a; }\n    }\n    fn g() { fn h(t: T) {} }\n}\n";
    assert_eq!(
        resolved(text),
        "a@1->1 T@1->1 S@2->1 a@2->2 T@2->2 U@3->3 a@3->2 T@3->2 a@4->4 T@6->?"
    );
}

#[test]
fn macros_are_read() {
    let text = "fn f(x: u8, w: usize) {\n    println!(\"{x:>w$} {{x}} {}\", x);\n    assert!(matches!(Some(x), Some(y) if y > x));\n    let v = vec![x; w];\n    my! { x => { let x = 1; } }\n}\n";
    let found = resolved(text);
    assert!(found.contains("x@2->1 w@2->1 x@2->1"), "{found}");
    assert!(found.contains("x@3->1 Some@3->? y@3->3 x@3->1"), "{found}");
    assert!(found.contains("x@4->1 w@4->1") && found.contains("x@5->1"), "{found}");
}

#[test]
fn declared_by_name() {
    let text = "mod a {\n    pub struct B { c: u8 }\n    impl B { fn new() -> Self { let d = 1; B { c: d } } }\n}\nfn new() {}\n";
    let parsed = parse(Language::Rust, text);
    for (name, count) in [
        ("B", 1),
        ("a::B", 1),
        ("B::new", 1),
        ("new", 2),
        ("B.c", 1),
        ("new.d", 1),
        ("b::B", 0),
        ("a", 1),
    ] {
        let found = declared(&parsed, name);
        assert_eq!(found.len(), count, "{name}");
        assert!(found.iter().all(|s| s.of(text).is_some_and(|w| name.ends_with(w))), "{name}");
    }
}

#[test]
fn no_prefix_of_a_file_is_too_odd() {
    let text = include_str!("../names/walk.rs");
    for end in (0..text.len()).step_by(1999).filter(|at| text.is_char_boundary(*at)) {
        let parsed = parse(Language::Rust, &text[..end]);
        let found = bindings(&parsed).unwrap();
        assert!(found.occurrences.windows(2).all(|w| w[0].span < w[1].span));
        assert!(crate::refactor::rewrites(&parsed).len() < 10_000);
    }
}
