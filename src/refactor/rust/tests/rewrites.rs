//! Rewrites.

use super::{one, refuses, rewrite};
use crate::refactor::testing::Memory;
use crate::refactor::{Refactoring, Rewrite};

#[test]
fn loops_to_iterators() {
    let text = "fn f(xs: &[u8]) -> Vec<u8> {\n    let «»mut v = Vec::new();\n    for x in xs.iter() {\n        v.push(x + 1);\n    }\n    v\n}\n";
    assert_eq!(
        rewrite(text, Rewrite::LoopToComprehension),
        "fn f(xs: &[u8]) -> Vec<u8> {\n    let v: Vec<_> = xs.iter().map(|x| x + 1).collect();\n    v\n}\n"
    );
    let text = "fn f(xs: Vec<u8>) {\n    let «»mut v: Vec<u8> = Vec::new();\n    for x in xs {\n        if x > 1 {\n            v.push(x);\n        }\n    }\n    v.push(1);\n}\n";
    assert_eq!(
        rewrite(text, Rewrite::LoopToComprehension),
        "fn f(xs: Vec<u8>) {\n    let mut v: Vec<u8> = xs.into_iter().filter_map(|x| (x > 1).then(|| x)).collect();\n    v.push(1);\n}\n"
    );
    let text = "fn f(xs: Vec<String>) {\n    let «»mut v = vec![];\n    for x in 0..3 {\n        if !names.is_empty() {\n            v.push(x);\n        }\n    }\n}\n";
    assert!(
        rewrite(text, Rewrite::LoopToComprehension)
            .contains("let v: Vec<_> = (0..3).filter(|x| !names.is_empty()).collect();")
    );
    refuses(
        &[
            (
                "fn f() {\n    let «»mut v = Vec::new();\n    for x in a() { v.push(x?); }\n}\n",
                "control-flow",
            ),
            (
                "fn f() {\n    let «»mut v = Vec::new();\n    for x in a() { v.push(v.len()); }\n}\n",
                "not-equivalent",
            ),
            (
                "fn f() {\n    let «»mut v = Vec::new();\n    for x in a() {\n        // why\n        v.push(x);\n    }\n}\n",
                "not-equivalent",
            ),
            (
                "fn f() {\n    let «»mut v = Vec::new();\n    for x in a() { v.push({ n += 1; n }); }\n}\n",
                "effects",
            ),
            (
                "fn f() {\n    let «»mut v = Vec::new();\n    for x in a() { v.push(Box::new(x)); }\n}\n",
                "not-equivalent",
            ),
            ("fn f() {\n    let «»x = 1;\n}\n", "not-here"),
        ],
        |text| rewrite(text, Rewrite::LoopToComprehension),
    );
}

#[test]
fn iterators_to_loops() {
    let text = "fn f(xs: &[u8]) {\n    let «»v: Vec<u8> = xs.iter().filter(|x| x.is_ascii()).map(|x| x + 1).collect();\n}\n";
    assert_eq!(
        rewrite(text, Rewrite::ComprehensionToLoop),
        "fn f(xs: &[u8]) {\n    let mut v: Vec<u8> = Vec::new();\n    for x in xs.iter() {\n        if x.is_ascii() {\n            v.push(x + 1);\n        }\n    }\n}\n"
    );
    refuses(
        &[
            (
                "fn f() {\n    let «»v: Vec<u8> = xs.filter(|x| **x > 1).collect();\n}\n",
                "not-equivalent",
            ),
            (
                "fn f() {\n    let «»v: Vec<u8> = xs.map(|x| { return x; }).collect();\n}\n",
                "control-flow",
            ),
            (
                "fn f() {\n    let «»v: Vec<u8> = xs.filter(|x| x.a()).map(|y| y).collect();\n}\n",
                "unsupported",
            ),
            ("fn f(v: u8) {\n    let «»v: Vec<u8> = xs.map(|x| x + v).collect();\n}\n", "shadowed"),
            ("fn f() {\n    let «»v: HashSet<u8> = xs.map(|x| x).collect();\n}\n", "not-here"),
        ],
        |text| rewrite(text, Rewrite::ComprehensionToLoop),
    );
}

#[test]
fn guards() {
    let text = "fn f(a: bool, b: Option<u8>) {\n    before();\n    «»if a {\n        if b.is_some() {\n            one();\n            two();\n        }\n    }\n}\n";
    assert_eq!(
        rewrite(text, Rewrite::GuardClauses),
        "fn f(a: bool, b: Option<u8>) {\n    before();\n    if !a {\n        return;\n    }\n    if !b.is_some() {\n        return;\n    }\n    one();\n    two();\n}\n"
    );
    let text = "fn f(b: Option<u8>) {\n    for i in 0..3 {\n        «»if let Some(c) = b {\n            one(c);\n            two();\n        }\n    }\n}\n";
    assert_eq!(
        rewrite(text, Rewrite::GuardClauses),
        "fn f(b: Option<u8>) {\n    for i in 0..3 {\n        let Some(c) = b else {\n            continue;\n        };\n        one(c);\n        two();\n    }\n}\n"
    );
    let text = "fn f(a: u8) -> u8 {\n    «»if a == 1 {\n        one();\n    } else {\n        return 2;\n    }\n    3\n}\n";
    assert_eq!(
        rewrite(text, Rewrite::GuardClauses),
        "fn f(a: u8) -> u8 {\n    if a != 1 {\n        return 2;\n    }\n    one();\n    3\n}\n"
    );
    refuses(
        &[
            ("fn f(a: bool) -> u8 {\n    «»if a { 1 } else { 2 }\n}\n", "not-here"),
            ("fn f(a: bool) {\n    «»if a { one(); two(); }\n    three();\n}\n", "not-here"),
            (
                "fn f(m: M) {\n    «»if let Some(x) = m.lock().get() { one(x); two(); }\n}\n",
                "not-equivalent",
            ),
            (
                "fn f(a: bool) {\n    «»if a && let Some(x) = b { one(x); two(); }\n}\n",
                "unsupported",
            ),
            (
                "fn f(a: bool, x: u8) -> u8 {\n    «»if a {\n        let x = 1;\n    } else {\n        return 2;\n    }\n    x\n}\n",
                "shadowed",
            ),
        ],
        |text| rewrite(text, Rewrite::GuardClauses),
    );
}

#[test]
fn dead_code() {
    let text = "fn f() -> u8 {\n    return 1;\n    «»one();\n    two();\n}\n";
    assert_eq!(rewrite(text, Rewrite::DeadCode), "fn f() -> u8 {\n    return 1;\n}\n");
    let text = "/// Old.\nfn «»unused() { unused(); }\nfn main() {}\n";
    assert_eq!(rewrite(text, Rewrite::DeadCode), "fn main() {}\n");
    let text = "fn main() {\n    let «»x = 1;\n    one();\n}\n";
    assert_eq!(rewrite(text, Rewrite::DeadCode), "fn main() {\n    one();\n}\n");
    let named = Memory::new(&[
        ("src/a.rs", "m!(unused);\n"),
        ("src/main.rs", "fn «»unused() {}\nfn main() {}\n"),
    ]);
    assert!(named.after(Refactoring::Rewrite(Rewrite::DeadCode)).starts_with("dynamic"));
    refuses(
        &[
            ("#[test]\nfn «»t() {}\n", "not-here"),
            ("fn main() { let «»_x = 1; }\n", "not-here"),
            ("fn main() { let «»x = g(); }\n", "not-here"),
            ("pub fn «»f() {}\n", "not-here"),
        ],
        |text| rewrite(text, Rewrite::DeadCode),
    );
}

#[test]
fn imports() {
    let text = "«»use std::collections::{BTreeMap, HashMap};\nuse std::fmt::{self, Write};\nuse std::rc::Rc;\nfn f(m: HashMap<u8, u8>) {}\n";
    assert_eq!(
        rewrite(text, Rewrite::UnusedImports),
        "use std::collections::{HashMap};\nuse std::fmt::{Write};\nfn f(m: HashMap<u8, u8>) {}\n"
    );
    let project = Memory::new(&[
        ("src/main.rs", "mod a;\nmod b;\n"),
        ("src/a.rs", "pub struct S;\npub trait T {}\n"),
        (
            "src/b.rs",
            "«»use crate::a::{S, T};\nuse std::rc::Rc;\n#[cfg(test)]\nmod tests {\n    use super::*;\n    fn f(r: Rc<u8>) {}\n}\n",
        ),
    ]);
    assert_eq!(
        project.after(Refactoring::Rewrite(Rewrite::UnusedImports)),
        "== src/b.rs\nuse crate::a::{T};\nuse std::rc::Rc;\n#[cfg(test)]\nmod tests {\n    use super::*;\n    fn f(r: Rc<u8>) {}\n}\n"
    );
    refuses(
        &[
            ("«»use std::io::Write;\nfn f() {}\n", "not-here"),
            ("«»pub use std::rc::Rc;\n", "not-here"),
            ("«»use std::rc::Rc;\n/// See [`Rc`].\nfn f() {}\n", "not-here"),
            ("«»use other::Thing;\nfn f() {}\n", "not-here"),
        ],
        |text| rewrite(text, Rewrite::UnusedImports),
    );
}

#[test]
fn chains_to_matches() {
    let text = "fn f(n: u8) -> u8 {\n    «»if n == 1 || n == 2 {\n        one()\n    } else if n == 3 {\n        two()\n    } else {\n        0\n    }\n}\n";
    assert_eq!(
        rewrite(text, Rewrite::IfChainToMatch),
        "fn f(n: u8) -> u8 {\n    match n {\n        1 | 2 => {\n            one()\n        }\n        3 => {\n            two()\n        }\n        _ => {\n            0\n        }\n    }\n}\n"
    );
    let text = "fn f(s: String) {\n    «»if s == \"a\" {\n        one();\n    } else if s == \"b\" {\n        two();\n    }\n}\n";
    assert!(
        rewrite(text, Rewrite::IfChainToMatch)
            .contains("match s.as_str() {\n        \"a\" => {\n            one();\n        }")
    );
    refuses(
        &[
            (
                "fn f() {\n    let x = g();\n    «»if x == 1 { a(); } else if x == 2 { b(); }\n}\n",
                "not-equivalent",
            ),
            (
                "fn f(x: f64) {\n    «»if x == 1 { a(); } else if x == 2 { b(); }\n}\n",
                "not-equivalent",
            ),
            (
                "fn f(x: u8) {\n    «»if x == 1 { a(); }\n    // why\n    else if x == 2 { b(); }\n}\n",
                "not-equivalent",
            ),
            (
                "fn f(x: u8, y: u8) {\n    «»if x == 1 { a(); } else if y == 2 { b(); }\n}\n",
                "not-here",
            ),
        ],
        |text| rewrite(text, Rewrite::IfChainToMatch),
    );
}

#[test]
fn format_strings() {
    for (before, after) in [
        ("println!(\"{} {:?}\", a, b);", "println!(\"{a} {b:?}\");"),
        ("format!(\"{0:>1$} {0}\", a, w);", "format!(\"{a:>w$} {a}\");"),
        ("write!(out, \"{{{}}}\", a)?;", "write!(out, \"{{{a}}}\")?;"),
        ("assert!(ok, \"{x}\", x = a);", "assert!(ok, \"{a}\");"),
        ("panic!(\n        \"{}\",\n        a,\n    );", "panic!(\n        \"{a}\",\n    );"),
    ] {
        let text = format!("fn f() {{\n    «»{before}\n}}\n");
        assert_eq!(rewrite(&text, Rewrite::FormatStrings), format!("fn f() {{\n    {after}\n}}\n"));
    }
    refuses(
        &[
            ("fn f() {\n    «»println!(\"{}\", a.b);\n}\n", "not-here"),
            ("fn f() {\n    «»println!(\"{:.*}\", n, a);\n}\n", "not-here"),
            ("fn f() {\n    «»custom!(\"{}\", a);\n}\n", "not-here"),
        ],
        |text| rewrite(text, Rewrite::FormatStrings),
    );
    let old = Memory::new(&[
        ("Cargo.toml", "[package]\nname = \"a\"\nedition = \"2018\"\n"),
        ("src/main.rs", "fn main() {\n    «»println!(\"{}\", a);\n}\n"),
    ]);
    assert!(old.after(Refactoring::Rewrite(Rewrite::FormatStrings)).starts_with("unsupported"));
}

#[test]
fn long_functions_are_split() {
    let lines: String = (0..20).map(|n| format!("        a({n});\n")).collect();
    let rest: String = (0..50).map(|n| format!("    b({n});\n")).collect();
    let text = format!("fn «»f(n: u8) {{\n    for i in 0..n {{\n{lines}    }}\n{rest}}}\n");
    let after = rewrite(&text, Rewrite::SplitFunction);
    assert!(
        after.contains("    f_loop(n);\n")
            && after.contains("fn f_loop(n: u8) {\n    for i in 0..n {"),
        "{after}"
    );
    assert!(rewrite("fn «»f() {}\n", Rewrite::SplitFunction).starts_with("not-here"));
    for none in [Rewrite::Dataclass, Rewrite::IfChainToTable] {
        assert!(one("fn «»f() {}\n").after(Refactoring::Rewrite(none)).starts_with("unsupported"));
    }
}
