use super::{becomes, refused};
use crate::refactor::{Refactoring, SignatureChange};

fn add(declaration: &str, argument: Option<&str>, default: Option<&str>, at: usize) -> Refactoring {
    Refactoring::ChangeSignature(vec![SignatureChange::Add {
        declaration: declaration.to_owned(),
        argument: argument.map(str::to_owned),
        default: default.map(str::to_owned),
        at,
    }])
}

fn remove(name: &str) -> Refactoring {
    Refactoring::ChangeSignature(vec![SignatureChange::Remove { name: name.to_owned() }])
}

fn reorder(names: &[&str]) -> Refactoring {
    let names = names.iter().map(|n| (*n).to_owned()).collect();
    Refactoring::ChangeSignature(vec![SignatureChange::Reorder(names)])
}

#[test]
fn parameters_and_arguments_change_together() {
    for (before, what, after) in [
        (
            "def «f»(a): pass\nf(1)\n",
            add("n: int", Some("2"), None, 0),
            "def f(n: int, a): pass\nf(2, 1)\n",
        ),
        (
            "def «f»(a): pass\nf(1)\nf(a=1)\n",
            add("n", Some("2"), None, 1),
            "def f(a, n): pass\nf(1, 2)\nf(a=1, n=2)\n",
        ),
        (
            "def «f»(): pass\nf()\n",
            add("n: int", None, Some("3"), 0),
            "def f(n: int = 3): pass\nf()\n",
        ),
        (
            "def «f»(a, b): return a\nf(1, 2)\nf(1, b=2)\n",
            remove("b"),
            "def f(a): return a\nf(1)\nf(1)\n",
        ),
        ("def «f»(a, b): return a\nf(1, 2)\n", remove("b"), "def f(a): return a\nf(1)\n"),
        (
            "def «f»(a, b): pass\nf(1, 2)\nf(a=1, b=2)\n",
            reorder(&["b", "a"]),
            "def f(b, a): pass\nf(2, 1)\nf(a=1, b=2)\n",
        ),
        (
            "class A:\n    def «f»(self, a, b): return b\nclass B(A):\n    def f(self, a, b): return super().f(a, b)\nB().f(1, 2)\nA.f(A(), 1, 2)\n",
            reorder(&["b", "a"]),
            "class A:\n    def f(self, b, a): return b\nclass B(A):\n    def f(self, b, a): return super().f(b, a)\nB().f(2, 1)\nA.f(A(), 2, 1)\n",
        ),
        (
            "class A:\n    def «__init__»(self, a): pass\nclass B(A):\n    def __init__(self): super().__init__(1)\nA(2)\n",
            add("n", Some("0"), None, 1),
            "class A:\n    def __init__(self, a, n): pass\nclass B(A):\n    def __init__(self): super().__init__(1, 0)\nA(2, 0)\n",
        ),
    ] {
        becomes(before, &what, after);
    }
}

#[test]
fn each_reason_to_refuse() {
    for (text, what, reason) in [
        ("«x» = 1\n", remove("a"), "not-here"),
        ("def «f»(a): pass\n", remove("b"), "not-here"),
        ("def «f»(a): return a\n", remove("a"), "not-equivalent"),
        ("def «f»(a): pass\nf(g())\n", remove("a"), "effects"),
        ("def «f»(a, b): pass\nf(g(), h())\n", reorder(&["b", "a"]), "effects"),
        ("def «f»(a, b): pass\nf(*x)\n", reorder(&["b", "a"]), "dynamic"),
        ("def «f»(a, b): pass\nmap(f, x)\n", reorder(&["b", "a"]), "dynamic"),
        (
            "from functools import partial\ndef «f»(a, b): pass\npartial(f, 1)\n",
            reorder(&["b", "a"]),
            "dynamic",
        ),
        (
            "class A:\n    def «get_it»(self, a): pass\nfor n in ['get_it']: getattr(A(), n)(1)\n",
            remove("a"),
            "dynamic",
        ),
        (
            "class A:\n    def «get_it»(self, a): pass\ngetattr(A(), 'get_it')(1)\n",
            remove("a"),
            "dynamic",
        ),
        ("def «f»(a, b=1): pass\n", reorder(&["b", "a"]), "syntax"),
        ("def «f»(a): pass\n", add("a", Some("1"), None, 0), "name-taken"),
        (
            "class A:\n    def «__len__»(self): return 1\n",
            add("n", Some("1"), None, 0),
            "inherited",
        ),
        ("from x import B\nclass A(B):\n    def «run»(self, a): pass\n", remove("a"), "inherited"),
        ("__all__ = ['f']\ndef «f»(a): pass\n", remove("a"), "exported"),
    ] {
        refused(&[("a.py", text)], &what, reason);
    }
}
