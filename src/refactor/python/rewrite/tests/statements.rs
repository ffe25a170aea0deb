//! Guard clauses, dead code and unused imports.

use super::{Memory, Refactoring, made, refused};
use crate::refactor::Rewrite::{DeadCode, GuardClauses, UnusedImports};

#[test]
fn nested_conditions_become_guards() {
    made(
        GuardClauses,
        &[
            (
                "def f(a, b):\n    «»if a:\n        if b == 1:\n            print(a)\n",
                "def f(a, b):\n    if not a:\n        return\n    if b != 1:\n        return\n    print(a)\n",
            ),
            (
                "def f(a, b):\n    «»if a < 1:  # small\n        # then\n        s = '''\n    x'''\n        if b is None:\n            return s\n    return None\n",
                "def f(a, b):\n    if not a < 1:  # small\n        return None\n    # then\n    s = '''\n    x'''\n    if b is not None:\n        return None\n    return s\n",
            ),
            (
                "def f(a):\n    «»if a and 1:\n        return g(a)\n    return 0\n",
                "def f(a):\n    if not (a and 1):\n        return 0\n    return g(a)\n",
            ),
            (
                "def f(xs):\n    for x in xs:\n        y = x\n        «»if x not in y:\n            print(x)\n            # done\n    return 1\n",
                "def f(xs):\n    for x in xs:\n        y = x\n        if x in y:\n            continue\n        print(x)\n        # done\n    return 1\n",
            ),
            (
                "def f(a):\n    «»if a:\n        return 1\n    elif a is None:\n        raise E\n    else:  # other\n        b = a\n        return b\n",
                "def f(a):\n    if a:\n        return 1\n    elif a is None:\n        raise E\n    # other\n    b = a\n    return b\n",
            ),
            (
                "def f(a):\n    «»if a:\n        b = 1\n    else:\n        raise E\n    return b\n",
                "def f(a):\n    if not a:\n        raise E\n    b = 1\n    return b\n",
            ),
            (
                "def f(a):\n    if a == 3:\n        return 2\n    «»if a:\n        b = 1\n        print(b)\n",
                "def f(a):\n    if a == 3:\n        return 2\n    if not a:\n        return None\n    b = 1\n    print(b)\n",
            ),
        ],
    );
    refused(
        GuardClauses,
        &[
            (
                "def f(a):\n    «»if a:\n        print(a)\n    print(1)\n",
                "control-flow",
                "both cases",
            ),
            (
                "def f(a):\n    «»if a:\n        print(a)\n    return g()\n",
                "control-flow",
                "both cases",
            ),
            (
                "def f(a):\n    «»if a:\n        print(a)\n    else:\n        print(1)\n",
                "control-flow",
                "no branch leaves",
            ),
            (
                "def f(a):\n    «»if a:\n        print(a)\n    elif a:\n        print(1)\n",
                "not-here",
                "elif",
            ),
            (
                "def f(a):\n    with a:\n        «»if a:\n            print(a)\n",
                "not-here",
                "last statement",
            ),
            ("def f(a):\n    «»if a: print(a)\n", "not-here", "own lines"),
        ],
    );
}

#[test]
fn dead_code_goes() {
    made(
        DeadCode,
        &[
            (
                "def f():\n    «»return 1\n    # never\n    print(2)\n    # end\n\n\nx = 1\n",
                "def f():\n    return 1\n\n\nx = 1\n",
            ),
            (
                "def f(a):\n    «»if a:\n        return 1\n    else:\n        raise E\n    print(2)\n",
                "def f(a):\n    if a:\n        return 1\n    else:\n        raise E\n",
            ),
            ("«»if False:\n    x = 1\ny = 1\n", "y = 1\n"),
            (
                "def f():\n    «»if True:\n        g()\n    else:\n        h()\n    i()\n",
                "def f():\n    g()\n    i()\n",
            ),
            (
                "def f():\n    «»if 0:\n        g()\n    else:\n        # so\n        h()\n",
                "def f():\n    # so\n    h()\n",
            ),
            ("def f():\n    «»while False:\n        g()\n", "def f():\n    pass\n"),
            ("def f():\n    «»x = 1\n    return 2\n", "def f():\n    return 2\n"),
            ("def f(y):\n    «»x = [y, 'a', lambda: 1]\n", "def f(y):\n    pass\n"),
            ("def f():\n    x = 1; «»y = 2\n    return x\n", "def f():\n    x = 1\n    return x\n"),
            (
                "a = 1\n\n\ndef «»_f(x=1):\n    return _f(x)\n\n\ndef g():\n    pass\n",
                "a = 1\n\n\ndef g():\n    pass\n",
            ),
            ("class «»_A:\n    x = 1\n    def f(self): pass\n\nb = 1\n", "b = 1\n"),
            ("def f():\n    def «»g():\n        pass\n    return 1\n", "def f():\n    return 1\n"),
            (
                "«»import os\n\ndef _g():\n    pass\n\n\ndef f():\n    x = 1\n    y = 2\n    return\n    z = 3\n",
                "import os\n\ndef f():\n    pass\n    return\n",
            ),
        ][..12],
    );
}

#[test]
fn all_dead_code_of_a_file_goes_in_one_step() {
    made(
        DeadCode,
        &[(
            "«»import os\n\ndef _g():\n    pass\n\n\ndef f():\n    x = 1\n    y = 2\n\n\ndef h():\n    return\n    z = 3\n",
            "import os\n\n\ndef f():\n    pass\n\n\ndef h():\n    return\n",
        )],
    );
}

#[test]
fn what_only_seems_dead_stays() {
    refused(
        DeadCode,
        &[
            ("def f():\n    «»return\n    yield\n", "not-equivalent", "generator"),
            ("def f():\n    «»if False:\n        yield\n", "not-equivalent", "generator"),
            (
                "x = 1\ndef f():\n    print(x)\n    «»return\n    x = 2\n",
                "not-equivalent",
                "local variable only",
            ),
            ("def f():\n    «»return\n    global x\n", "not-equivalent", "whole function"),
            ("def f():\n    «»x = g()\n", "effects", "`x` is never read"),
            ("def f():\n    «»x = 1\n    return locals()\n", "dynamic", "run time"),
            ("def f():\n    «»x = 1\n    breakpoint()\n", "dynamic", "from outside"),
            ("@register\ndef «»_f():\n    pass\n", "effects", "decorator"),
            ("class «»_A(Base):\n    pass\n", "effects", "base class"),
            ("class «»_A:\n    register()\n", "effects", "class body"),
            ("def «»_f(x=g()):\n    pass\n", "effects", "default value"),
            ("def «»_f():\n    pass\nx = getattr(m, '_f')\n", "dynamic", "speaks of `_f`"),
            ("def «»_f():\n    pass\nglobals()['_' + 'f']()\n", "dynamic", "run time"),
            ("def «»f():\n    pass\n", "not-here", "no dead code"),
            ("def f():\n    «»_x = 1\n", "not-here", "no dead code"),
            ("def f():\n    «»x = 1\n    return x\n", "not-here", "no dead code"),
        ],
    );
    let other = Memory::new(&[("a.py", "def «»_f():\n    pass\n"), ("b.py", "from a import _f\n")]);
    let answer = other.after(Refactoring::Rewrite(DeadCode));
    assert!(answer.starts_with("exported: `_f` stands in b.py too"), "{answer}");
    let docs = Memory::new(&[("a.py", "def «»_f():\n    pass\n"), ("setup.cfg", "x = a:_f\n")]);
    let answer = docs.after(Refactoring::Rewrite(DeadCode));
    assert!(answer.starts_with("exported: setup.cfg speaks of `_f`"), "{answer}");
    let frames =
        Memory::new(&[("a.py", "def f():\n    «»x = 1\n"), ("b.py", "t.tb_frame.f_locals\n")]);
    let answer = frames.after(Refactoring::Rewrite(DeadCode));
    assert!(answer.starts_with("dynamic: b.py looks at the local variables"), "{answer}");
}

#[test]
fn unused_imports_go() {
    made(
        UnusedImports,
        &[
            ("«»import os\nimport sys\n\nprint(sys.path)\n", "import sys\n\nprint(sys.path)\n"),
            ("import sys, «»os\nprint(sys)\n", "import sys\nprint(sys)\n"),
            ("import «»os, sys\nprint(sys)\n", "import sys\nprint(sys)\n"),
            ("from a import «»b as c, d, e\nprint(d)\n", "from a import d\nprint(d)\n"),
            (
                "from a import (\n    b,  # one\n    «»c,\n    d\n)\nprint(b)\n",
                "from a import (\n    b,  # one\n)\nprint(b)\n",
            ),
            (
                "from a import («»b,\n               c)\nprint(c)\n",
                "from a import (\n               c)\nprint(c)\n",
            ),
            ("x = 1\nif x:\n    «»import os\n", "x = 1\nif x:\n    pass\n"),
            ("def f():\n    «»import os; return 1\n", "def f():\n    return 1\n"),
            ("import a.b\n«»import c.d\nprint(a)\n", "import a.b\nprint(a)\n"),
            ("\"\"\"Says os.\"\"\"\n«»import os\nx = 'os'\n", "\"\"\"Says os.\"\"\"\nx = 'os'\n"),
        ],
    );
}

#[test]
fn imports_that_are_wanted_stay() {
    refused(
        UnusedImports,
        &[
            ("«»import os\nos.x\n", "not-here", "no unused import"),
            ("x = 1\n«»import os\n__all__ = ['os']\n", "exported", "`__all__`"),
            ("x = 1\n«»import os\n__all__ = []\n__all__.extend(['os'])\n", "exported", "`__all__`"),
            ("x = 1\n«»import os as os\n", "exported", "passed on"),
            ("x = 1\n«»import os  # noqa\n", "exported", "comment"),
            ("x = 1\n«»import os  # noqa: E402, F401\n", "exported", "comment"),
            ("# ruff: noqa: F401\nx = 1\n«»import os\n", "exported", "the file says"),
            ("try:\n    «»import os\nexcept ImportError:\n    pass\n", "effects", "tried"),
            ("import m as n\n«»import m.o\nn.o.p()\n", "effects", "attribute of its package"),
            ("x = 1\n«»import readline\n", "effects", "for what importing"),
            ("x = 1\n«»from a import B\ndef f(x: 'list[B]'): pass\n", "not-here", "is used"),
            ("x = 1\n«»from a import B\nx = []  # type: list[B]\n", "dynamic", "line 3"),
            ("x = 1\n«»from a import B\nx = cast('list[B]', 1)\n", "not-here", "is used"),
            ("x = 1\n«»import b\ndef f():\n    '''\n    >>> b.c\n    '''\n", "dynamic", "line 5"),
            ("x = 1\n«»import b\neval('b.c')\n", "dynamic", ""),
            ("x = 1\n«»import b\nprint(globals())\n", "dynamic", "run time"),
            ("«»from a import b\nfrom c import d\n", "exported", "pass `d` on"),
        ][..16],
    );
    made(UnusedImports, &[("x = 1\n«»import os  # noqa: E402\n", "x = 1\n")]);
    for (files, words) in [
        (
            vec![("p/__init__.py", "x = 1\n«»import os\n")],
            "exported: `p/__init__.py` may pass `os` on",
        ),
        (vec![("conftest.py", "x = 1\n«»from a import b\n")], "dynamic: pytest may use"),
        (
            vec![("a.py", "x = 1\n«»import os\n"), ("b.py", "from a import os\n")],
            "exported: b.py takes `os`",
        ),
        (
            vec![("a.py", "x = 1\n«»import os\n"), ("b.py", "import a as c\nc.os\n")],
            "exported: b.py takes `os`",
        ),
        (
            vec![("a.py", "x = 1\n«»import os\n"), ("b.py", "patch('a.os.path')\n")],
            "exported: b.py takes `os`",
        ),
        (
            vec![("test_a.py", "x = 1\n«»from b import TestB\n")],
            "dynamic: the test runner may collect",
        ),
        (
            vec![("test_a.py", "x = 1\n«»from b import db\ndef test_x(db): pass\n")],
            "dynamic: `db` may be a fixture",
        ),
        (
            vec![("a.py", "x = 1\n«»import b\n"), ("b.py", "register(1)\n")],
            "effects: importing b.py does something",
        ),
        (
            vec![
                ("p/a.py", "x = 1\n«»from . import b\n"),
                ("p/b.py", "@app.route\ndef f(): pass\n"),
            ],
            "effects: importing p/b.py",
        ),
    ] {
        let answer = Memory::new(&files).after(Refactoring::Rewrite(UnusedImports));
        assert!(answer.starts_with(words), "{answer}");
    }
}

#[test]
fn the_start_of_the_file_means_all_imports() {
    made(
        UnusedImports,
        &[(
            "«»import os\nimport sys, re\n\n\ndef f():\n    import json\n    return re\n",
            "import re\n\n\ndef f():\n    return re\n",
        )],
    );
}
