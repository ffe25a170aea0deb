//! Functions and variables made of a selection.

use super::{becomes, refused};
use crate::refactor::{Occurrences, Refactoring};

fn function() -> Refactoring {
    Refactoring::ExtractFunction { name: "new".to_owned() }
}

fn variable(occurrences: Occurrences) -> Refactoring {
    Refactoring::ExtractVariable { name: "new".to_owned(), occurrences }
}

#[test]
fn functions_of_statements() {
    for (before, after) in [
        (
            "def f(a):\n    b = a + 1\n    «c = a + b\n    print(c)»\n    return c\n",
            "def f(a):\n    b = a + 1\n    c = new(a, b)\n    return c\n\n\ndef new(a, b):\n    c = a + b\n    print(c)\n    return c\n",
        ),
        (
            "def f(xs: list):\n    for x in xs:\n        «if x:\n            return x\n        return 0»\n",
            "def f(xs: list):\n    for x in xs:\n        return new(x)\n\n\ndef new(x):\n    if x:\n        return x\n    return 0\n",
        ),
        (
            "class A:\n    def f(self):\n        «self.x = 1»\n\n    def g(self): pass\n",
            "class A:\n    def f(self):\n        self.new()\n\n    def new(self):\n        self.x = 1\n\n    def g(self): pass\n",
        ),
        (
            "async def f(u):\n    «r = await u()»\n    return r\n",
            "async def f(u):\n    r = await new(u)\n    return r\n\n\nasync def new(u):\n    r = await u()\n    return r\n",
        ),
        (
            "def f(n: int):\n    t = 0\n    while n:\n        «t += n\n        n -= 1»\n    return t\n",
            "def f(n: int):\n    t = 0\n    while n:\n        t, n = new(t, n)\n    return t\n\n\ndef new(t, n: int):\n    t += n\n    n -= 1\n    return t, n\n",
        ),
        (
            "def f():\n    global g\n    «g = 1»\n",
            "def f():\n    global g\n    new()\n\n\ndef new():\n    global g\n    g = 1\n",
        ),
    ] {
        becomes(before, &function(), after);
    }
}

#[test]
fn functions_of_expressions() {
    for (before, after) in [
        (
            "def f(a):\n    return [«x * a» for x in y]\n",
            "def f(a):\n    return [new(x, a) for x in y]\n\n\ndef new(x, a):\n    return x * a\n",
        ),
        ("x = «1 + 2»\n", "def new():\n    return 1 + 2\n\n\nx = new()\n"),
        (
            "class A:\n    def f(self): return «self.a + 1»\n",
            "class A:\n    def f(self): return self.new()\n\n    def new(self):\n        return self.a + 1\n",
        ),
        (
            "def f(a):\n    return (a +\n            «a.b»)\n",
            "def f(a):\n    return (a +\n            new(a))\n\n\ndef new(a):\n    return a.b\n",
        ),
    ] {
        becomes(before, &function(), after);
    }
}

#[test]
fn functions_that_are_refused() {
    for (text, reason) in [
        ("def f():\n    return 1«  »\n", "not-here"),
        ("def f():\n    «x» = 1\n", "not-here"),
        ("def f():\n    for x in y:\n        «if x:\n            break»\n", "control-flow"),
        ("def f(x):\n    «if x:\n        return 1»\n    return 2\n", "control-flow"),
        ("def f():\n    «yield 1»\n", "control-flow"),
        ("def f(x):\n    if x:\n        y = 1\n    «print(y)»\n", "control-flow"),
        ("def f(x):\n    «if x:\n        y = 1»\n    print(y)\n", "control-flow"),
        (
            "def f():\n    x = 1\n    def g():\n        nonlocal x\n        «x = 2»\n    g()\n",
            "control-flow",
        ),
        (
            "def f():\n    x = 0\n    try:\n        «x = 1\n        g()»\n    except E: pass\n    return x\n",
            "effects",
        ),
        ("def f():\n    «x = 1»\n    return locals()\n", "dynamic"),
        ("def f():\n    «warn('x', stacklevel=2)»\n", "dynamic"),
        ("new = 1\ndef f():\n    «print(1)»\n", "name-taken"),
        ("class A:\n    @staticmethod\n    def f(a): return «a.__x»\n", "shadowed"),
    ] {
        refused(&[("a.py", text)], &function(), reason);
    }
}

#[test]
fn variables() {
    for (before, occurrences, after) in [
        (
            "def f(a):\n    return g(«a + 1», a + 1)\n",
            Occurrences::Selected,
            "def f(a):\n    new = a + 1\n    return g(new, a + 1)\n",
        ),
        (
            "def f(a):\n    return g(«a + 1», a + 1)\n",
            Occurrences::All,
            "def f(a):\n    new = a + 1\n    return g(new, new)\n",
        ),
        (
            "def f(a):\n    x = «a.b»\n    y = a.b\n    g()\n    z = a.b\n",
            Occurrences::All,
            "def f(a):\n    new = a.b\n    x = new\n    y = new\n    g()\n    z = a.b\n",
        ),
        (
            "def f(a):\n    x = «a + 1»\n    a = 2\n    y = a + 1\n",
            Occurrences::All,
            "def f(a):\n    new = a + 1\n    x = new\n    a = 2\n    y = a + 1\n",
        ),
        (
            "def f(a):\n    for x in «g(a)»: pass\n",
            Occurrences::Selected,
            "def f(a):\n    new = g(a)\n    for x in new: pass\n",
        ),
        (
            "def f(a):\n    if a: return «a + 1»\n",
            Occurrences::Selected,
            "def f(a):\n    if a: new = a + 1; return new\n",
        ),
    ] {
        becomes(before, &variable(occurrences), after);
    }
}

#[test]
fn variables_that_are_refused() {
    for (text, reason) in [
        ("def f(a):\n    return a and «g(a)»\n", "control-flow"),
        ("def f(a):\n    return lambda: «g(a)»\n", "control-flow"),
        ("def f(a):\n    return [«x + 1» for x in a]\n", "control-flow"),
        ("def f(a):\n    while «g(a)»: pass\n", "effects"),
        ("def f(a):\n    return g() + «h()»\n", "effects"),
        ("def f(a):\n    if a: pass\n    elif «g()»: pass\n", "control-flow"),
        ("def f(new):\n    return «new + 1»\n", "name-taken"),
        ("class A:\n    x = «1 + 2»\n", "unsupported"),
        ("def f(a):\n    «a» = 1\n", "not-here"),
    ] {
        refused(&[("a.py", text)], &variable(Occurrences::Selected), reason);
    }
}

#[test]
fn a_name_without_a_value_is_not_handed_over() {
    let text = "def f(xs):\n    n: int\n    «for n in xs:\n        print(n)»\n    return n\n";
    refused(&[("a.py", text)], &function(), "control-flow");
}
