//! Variables and functions put where they are used.

use super::{becomes, refused};
use crate::refactor::Refactoring;

const INLINE: Refactoring = Refactoring::Inline;

#[test]
fn variables() {
    for (before, after) in [
        ("def f(a):\n    «x» = a + 1\n    return x * 2\n", "def f(a):\n    return (a + 1) * 2\n"),
        ("def f(a):\n    x = g(a)  # why\n    return «x»\n", "def f(a):\n    return g(a)\n"),
        (
            "def f():\n    «x» = 1\n    return lambda: x + x\n",
            "def f():\n    return lambda: 1 + 1\n",
        ),
        ("def f(a):\n    «x» = a, 1\n    return g(x)\n", "def f(a):\n    return g((a, 1))\n"),
        ("def f(a):\n    «x» = a.b\n    y = x\n    g()\n", "def f(a):\n    y = a.b\n    g()\n"),
    ] {
        becomes(before, &INLINE, after);
    }
}

#[test]
fn functions() {
    for (before, after) in [
        (
            "def «_f»(a, b=2):\n    return a * b\n\n\nx = _f(1 + 1) + _f(3, b=4)\n",
            "x = (1 + 1) * 2 + 3 * 4\n"
                .replace("(1 + 1) * 2 + 3 * 4", "((1 + 1) * 2) + (3 * 4)")
                .as_str()
                .to_owned(),
        ),
        (
            "class A:\n    def _f(self): return self.x\n    def g(self): return self.«_f»()\n",
            "class A:\n    def g(self): return self.x\n".to_owned(),
        ),
        (
            "def «_log»(m):\n    print(m)\n    print(m)\n\n\ndef f(x):\n    if x:\n        _log(x)\n",
            "def f(x):\n    if x:\n        print(x)\n        print(x)\n".to_owned(),
        ),
        (
            "def «_f»(a):\n    b = a + 1\n    return b * 2\n\n\ndef g(x):\n    y = _f(x)\n    return y\n",
            "def g(x):\n    b = x + 1\n    y = b * 2\n    return y\n".to_owned(),
        ),
        (
            "def «_f»(a):\n    b = a + 1\n    return [b, b]\n\n\ndef g(b):\n    if b:\n        return _f(b)\n",
            "def g(b):\n    if b:\n        b_2 = b + 1\n        return [b_2, b_2]\n".to_owned(),
        ),
        (
            "def «_f»(a):\n    print(a)\n    return 2\n\n\ndef g(x):\n    _f(x)\n    x.y = _f(1)\n",
            "def g(x):\n    print(x)\n    print(1)\n    x.y = 2\n".to_owned(),
        ),
    ] {
        becomes(before, &INLINE, &after);
    }
}

#[test]
fn each_reason_to_refuse() {
    for (text, reason) in [
        ("def f(«a»):\n    return a\n", "not-here"),
        ("def f():\n    «x» = 1\n    x = 2\n    return x\n", "effects"),
        ("def f():\n    «x» = g()\n    return x + x\n", "effects"),
        ("def f():\n    «x» = g()\n    h()\n    return x\n", "effects"),
        ("def f(a):\n    «x» = a.b\n    h()\n    return x\n", "effects"),
        ("def f(a):\n    «x» = g()\n    return a and x\n", "effects"),
        ("def f(a):\n    «x» = []\n    for i in a:\n        h(x)\n", "effects"),
        ("def f(a):\n    «x» = a + 1\n    a = 2\n    return x\n", "effects"),
        ("def f(a):\n    «x» = a + 1\n    return [x for a in b]\n", "shadowed"),
        ("def f(a):\n    if a:\n        «x» = 1\n    return x\n", "control-flow"),
        ("def f():\n    «x» = 'a'\n    return f'{x}'\n", "not-equivalent"),
        ("def f():\n    «x» = 1\n    return x, locals()\n", "dynamic"),
        ("class A:\n    «x» = 1\n    y = x\n", "unsupported"),
        ("def «_f»(n): return _f(n - 1)\n_f(1)\n", "unsupported"),
        ("def «_f»(n):\n    yield n\n_f(1)\n", "control-flow"),
        ("def «_f»(n): return n + n\n_f(g())\n", "effects"),
        ("def «_f»(n): return n\ng(_f)\n", "dynamic"),
        (
            "class A:\n    def «_f»(self): return 1\n    def g(self): return self._f() + getattr(self, '_f')()\n",
            "dynamic",
        ),
        ("@d\ndef «_f»(n): return n\n_f(1)\n", "dynamic"),
        ("k = 1\ndef «_f»(n): return n + k\ndef g(k): return _f(1)\n", "shadowed"),
        (
            "class A:\n    def «_f»(self): return 1\nclass B(A):\n    def _f(self): return 2\nA()._f()\n",
            "inherited",
        ),
        ("__all__ = ['f']\ndef «f»(): return 1\nf()\n", "exported"),
        ("def «_f»(a):\n    b = a\n    return b\nx = _f(1)\n", "unsupported"),
        (
            "def «_f»(a):\n    print(a)\n    return a\ndef g():\n    return _f(1) + 1\n",
            "control-flow",
        ),
        (
            "def «_f»(a):\n    b = a\n    return lambda: b\ndef g(x):\n    y = _f(1)\n",
            "unsupported",
        ),
        (
            "def «_f»(a):\n    if a: return 1\n    return 2\ndef g(x):\n    y = _f(1)\n",
            "control-flow",
        ),
    ] {
        refused(&[("a.py", text)], &INLINE, reason);
    }
}
