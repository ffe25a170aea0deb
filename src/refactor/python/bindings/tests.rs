//! Scopes as CPython has them.

use super::*;
use crate::base::Language;
use crate::syntax::parse;
use std::fmt::Write as _;

/// Every identifier with the line on which what it means is declared, `-` for none.
fn shown(text: &str) -> String {
    let parsed = parse(Language::Python, text);
    assert!(parsed.is_clean(), "{text}");
    let bindings = of(&parsed);
    let mut out = String::new();
    for o in &bindings.occurrences {
        let name = o.span.of(text).unwrap();
        let to = o.bound.map_or("-".to_owned(), |id| {
            parsed.lines().line(bindings.get(id).declared.start).to_string()
        });
        let _ = write!(out, "{name}:{to} ");
    }
    out.trim_end().to_owned()
}

#[test]
fn names_mean_what_they_mean_to_the_interpreter() {
    for (text, expected) in [
        ("x = 1\ndef f():\n    return x\n", "x:1 f:2 x:1"),
        ("x = 1\ndef f():\n    x = 2\n    return x\n", "x:1 f:2 x:3 x:3"),
        ("x = 1\ndef f():\n    global x\n    x = 2\n", "x:1 f:2 x:1 x:1"),
        ("def f():\n    global x\n    x = 2\nx\n", "f:1 x:3 x:3 x:3"),
        (
            "def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2\n",
            "f:1 x:2 g:3 x:2 x:2",
        ),
        (
            "x = 0\nclass A:\n    x = 1\n    def f(self):\n        return x\n",
            "x:1 A:2 x:3 f:4 self:4 x:1",
        ),
        ("x = 0\nclass A:\n    x = x\n    y = x\n", "x:1 A:2 x:3 x:1 y:4 x:3"),
        ("x = 0\nclass A:\n    y = [x for _ in x]\n    x = 1\n", "x:1 A:2 y:3 x:1 _:3 x:1 x:4"),
        ("x = [x for x in x]\n", "x:1 x:1 x:1 x:1"),
        (
            "def f(a, b=a, *c, d: a = 1, **e):\n    return a, b, c, d, e\n",
            "f:1 a:1 b:1 a:- c:1 d:1 a:- e:1 a:1 b:1 c:1 d:1 e:1",
        ),
        ("f(k=1)\nf.k\n", "f:- f:-"),
        ("import a.b, c.d as e\nfrom . import g as h, i\na.b\n", "a:1 e:1 h:2 i:2 a:1"),
        ("any((y := v) for v in w)\ny\n", "any:- y:1 v:1 v:1 w:- y:1"),
        (
            "match v:\n    case P(k=c) | [c, *r]: c\n    case Q.R: r\n",
            "v:- P:- c:2 c:2 r:2 c:2 Q:- r:2",
        ),
        (
            "try: pass\nexcept E as e: e\nwith f() as (g, h): g\ndel h\n",
            "E:- e:2 e:2 f:- g:3 h:3 g:3 h:3",
        ),
        (
            "class A:\n    __x = 1\n    y = __x\n__x = 2\nclass B:\n    z = __x\n",
            "A:1 __x:2 y:3 __x:2 __x:4 B:5 z:6 __x:-",
        ),
        (
            "class A: pass\ndef f(a: 'A', b: 'list[A]', c: Literal['A']): pass\n",
            "A:1 f:2 a:2 A:1 b:2 list:- A:1 c:2 Literal:-",
        ),
        (
            "class A: pass\na: t.Literal['A']\nb: t.Annotated['A', 'A']\nc: t.List['A']\nd: 'A | None'\n",
            "A:1 a:2 t:- b:3 t:- A:1 c:4 t:- A:1 d:5 A:1",
        ),
        ("x = 1\nf'{x:{x}} x'\n", "x:1 x:1 x:1"),
        (
            "def f[T: int](a: T) -> T:\n    return T\ntype L[K] = list[K]\n",
            "f:1 T:1 int:- a:1 T:1 T:1 T:1 L:3 K:3 list:- K:3",
        ),
        ("f = lambda a, b=a: a + b\n", "f:1 a:1 b:1 a:- a:1 b:1"),
        (
            "class A:\n    @property\n    def p(self): pass\n    @p.setter\n    def p(self, v): pass\n",
            "A:1 property:- p:3 self:3 p:3 p:3 self:5 v:5",
        ),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn names_made_at_run_time_are_told() {
    for (text, dynamic) in [
        ("def f():\n    return locals()\n", vec![false, true]),
        ("def f():\n    return globals()\n", vec![true, false]),
        ("def f(s):\n    return eval(s)\n", vec![true, true]),
        ("def f(s):\n    return eval(s, {})\n", vec![false, false]),
        ("def eval(s): pass\neval(1)\n", vec![false, false]),
        ("from os import *\n", vec![true]),
    ] {
        let found = of(&parse(Language::Python, text));
        let found: Vec<bool> = found.scopes.iter().map(|s| s.dynamic.is_some()).collect();
        assert_eq!(found, dynamic, "{text}");
    }
}

#[test]
fn scopes_are_found_by_offset() {
    let text = "def f(a=lambda b: 1):\n    return [c for c in a]\n";
    let bindings = of(&parse(Language::Python, text));
    let kind = |at: &str| bindings.scope(bindings.scope_at(text.find(at).unwrap())).kind;
    assert_eq!(kind("def"), ScopeKind::File);
    assert_eq!(kind("return"), ScopeKind::Function);
    assert_eq!(kind("c for"), ScopeKind::Comprehension);
    assert_eq!(bindings.scopes.iter().filter(|s| s.parent.is_none()).count(), 1);
}
