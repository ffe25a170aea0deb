//! Scopes in each language.

use super::*;
use crate::syntax::parse;

fn qualified(language: Language, text: &str) -> Vec<String> {
    functions(&parse(language, text)).into_iter().map(|f| f.qualified).collect()
}

fn visible(language: Language, marked: &str) -> Vec<String> {
    let offset = marked.find('$').unwrap();
    let text = marked.replace('$', "");
    names_in_scope(&parse(language, text), offset).into_iter().map(|n| n.name).collect()
}

const PYTHON: &str = "\
import os.path
from .shapes import area as surface

LIMIT = 3

class Store(Base):
    kind = 'x'

    def __init__(self, items=None, *rest, size: int = 0, **more):
        self.items, self.n = items, 0

    @property
    def first(self):
        def helper(x):
            return x
        return helper(self.items[0])

def test_it():
    pass
";

#[test]
fn python_functions_and_definitions() {
    let parsed = parse(Language::Python, PYTHON);
    assert_eq!(
        qualified(Language::Python, PYTHON),
        ["Store.__init__", "Store.first", "Store.first.helper", "test_it"]
    );
    let all = functions(&parsed);
    let params: Vec<&str> = all[0].params.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(params, ["self", "items", "rest", "size", "more"]);
    assert_eq!(all[0].params[3].kind, dialect::ParamKind::Keyword);
    assert!(all[0].params[1].has_default && all[3].is_test && !all[0].is_test);
    assert_eq!(all[1].decorators, ["property"]);
    assert_eq!(all[1].lines, Line(12)..=Line(16));
    assert_eq!(enclosing_function(&parsed, Line(15)).unwrap().name, "helper");
    assert_eq!(enclosing_function(&parsed, Line(16)).unwrap().name, "first");
    assert!(enclosing_function(&parsed, Line(4)).is_none());
    let found = definitions(&parsed);
    let kind = |name: &str| found.iter().find(|d| d.name == name).unwrap();
    assert_eq!(kind("os").source.as_ref().unwrap().module, "os.path");
    assert_eq!(kind("surface").source.as_ref().unwrap().item.as_deref(), Some("area"));
    assert_eq!(kind("surface").source.as_ref().unwrap().module, ".shapes");
    assert_eq!(kind("LIMIT").kind, DefinitionKind::Variable);
    assert_eq!(kind("Store").kind, DefinitionKind::Class);
    assert_eq!(kind("first").kind, DefinitionKind::Method);
    let attributes: Vec<String> =
        attributes_of_self(&parsed, "Store").into_iter().map(|a| a.name).collect();
    for name in ["items", "n", "kind", "first"] {
        assert!(attributes.iter().any(|a| a == name), "{name} in {attributes:?}");
    }
    assert!(!attributes.iter().any(|a| a == "LIMIT"));
}

#[test]
fn python_names() {
    let names = visible(
        Language::Python,
        "import re\ndef f(a, b=1):\n    x = a\n    for i, j in b:\n        y = [k for k in i if $k]\n    z = 2\nclass C:\n    hidden = 1\n    def m(self):\n        pass\n",
    );
    assert_eq!(names[0], "k");
    for name in ["a", "b", "x", "i", "j", "re", "f", "C"] {
        assert!(names.iter().any(|n| n == name), "{name} in {names:?}");
    }
    for name in ["y", "z", "hidden", "m"] {
        assert!(!names.iter().any(|n| n == name), "{name} in {names:?}");
    }
    let names = visible(Language::Python, "class C:\n    h = 1\n    def m(self):\n        $pass\n");
    assert_eq!(names, ["self", "C"]);
    let names = visible(Language::Python, "def f(v):\n    return [$v for w in v if w]\n");
    assert_eq!(names, ["w", "v", "f"]);
    let names = visible(Language::Python, "def f(v):\n    return lambda q: $q\n");
    assert_eq!(names, ["q", "v", "f"]);
}

#[test]
fn rust_functions_and_names() {
    let text = "use a::{b, c as d};\nstruct S<T> { len: T }\nimpl<T> S<T> {\n    fn get(&self, i: usize) -> T { todo!() }\n}\nmod tests {\n    #[test]\n    fn works() {}\n}\n";
    assert_eq!(qualified(Language::Rust, text), ["S::get", "tests::works"]);
    let parsed = parse(Language::Rust, text);
    assert!(functions(&parsed)[1].is_test && !functions(&parsed)[0].is_test);
    let names: Vec<String> = attributes_of_self(&parsed, "S").into_iter().map(|a| a.name).collect();
    assert_eq!(names, ["get", "len"]);
    let d = definitions(&parsed).into_iter().find(|d| d.name == "d").unwrap();
    assert_eq!(d.source.unwrap(), ImportSource { module: "a".into(), item: Some("c".into()) });
    let names = visible(
        Language::Rust,
        "fn f(&self, n: u8) { let (a, mut b) = g(); if let Some(c) = h { let e = 1; } for (i, x) in y { $x; } let z = 1; }",
    );
    assert_eq!(names, ["i", "x", "a", "b", "self", "n", "f"]);
    let names =
        visible(Language::Rust, "fn f() { match v { E::A { p, q: r } if r => $p, _ => 0 } }");
    assert_eq!(names, ["p", "r", "f"]);
}

#[test]
fn javascript_functions_and_names() {
    let text = "import def, { one as two } from './lib';\nclass A extends B {\n  #p = 1;\n  count = 0;\n  constructor(n = 2) { this.n = n; }\n  add(x, ...rest) {}\n}\nconst f = (a) => a;\ndescribe('grp', () => { it('adds', async () => {}); });\n";
    assert_eq!(
        qualified(Language::JavaScript, text),
        ["A.constructor", "A.add", "f", "grp", "grp.adds"]
    );
    let parsed = parse(Language::JavaScript, text);
    let all = functions(&parsed);
    assert!(all[4].is_test && !all[3].is_test);
    assert_eq!(all[1].params[1].kind, dialect::ParamKind::Rest);
    let attributes = attributes_of_self(&parsed, "A");
    for name in ["count", "n", "add"] {
        assert!(attributes.iter().any(|a| a.name == name), "{name}");
    }
    let names = visible(
        Language::TypeScript,
        "import { z } from 'z';\nfunction f({ a, b: c }: T, d?: number) { const e = 1; for (const g of c) { $g; } let h; }",
    );
    assert_eq!(names, ["g", "e", "a", "c", "d", "z", "f"]);
}

#[test]
fn go_functions_and_names() {
    let text = "package p\nimport (\n\t\"fmt\"\n\tm \"math/rand\"\n)\ntype S struct { n int }\nfunc (s *S) Get(a, b int) int { return s.n }\nfunc TestGet(t *testing.T) {}\nfunc Testing() {}\n";
    assert_eq!(qualified(Language::Go, text), ["S.Get", "TestGet", "Testing"]);
    let parsed = parse(Language::Go, text);
    let all = functions(&parsed);
    assert!(all[1].is_test && !all[2].is_test);
    assert_eq!(all[0].params.len(), 2);
    let names: Vec<String> = attributes_of_self(&parsed, "S").into_iter().map(|a| a.name).collect();
    assert_eq!(names, ["Get", "n"]);
    let names = visible(
        Language::Go,
        "package p\nimport \"x/y/v2\"\nfunc f(a, b int) int { c := a; for i, v := range s { $v } ; d := 1 }\n",
    );
    assert_eq!(names, ["i", "v", "c", "a", "b", "y", "f"]);
}
