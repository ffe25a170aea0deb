//! Names changed over several files, and why not.

use super::{becomes, refused};
use crate::refactor::testing::Memory;
use crate::refactor::{Api, Refactoring, Request, declared, plan};

fn to(name: &str) -> Refactoring {
    Refactoring::Rename { to: name.to_owned() }
}

#[test]
fn names_of_one_file() {
    for (before, after) in [
        ("def f():\n    «x» = 1\n    return x + y\n", "def f():\n    n = 1\n    return x + y\n"),
        (
            "def f():\n    a = 1\n    def g():\n        nonlocal «a»\n        a += 1\n",
            "def f():\n    n = 1\n    def g():\n        nonlocal n\n        n += 1\n",
        ),
        ("import os.path as «p»\np.join()\n", "import os.path as n\nn.join()\n"),
        ("import «os»\nos.sep\n", "import os as n\nn.sep\n"),
        ("from os import «sep»\nsep\n", "from os import sep as n\nn\n"),
        ("[«v» for v in w if v]\n", "[n for n in w if n]\n"),
        (
            "def f():\n    try: pass\n    except E as «e»: print(f'{e!r}')\n",
            "def f():\n    try: pass\n    except E as n: print(f'{n!r}')\n",
        ),
        ("class A: pass\ndef f(x: '«A»'): pass\n", "class n: pass\ndef f(x: 'n'): pass\n"),
        (
            "def f(«a», b):\n    return a\nf(a=1, b=2)\nf(1, 2)\n",
            "def f(n, b):\n    return n\nf(n=1, b=2)\nf(1, 2)\n",
        ),
        ("__all__ = ['_f']\ndef «_g»(): pass\n_g()\n", "__all__ = ['_f']\ndef n(): pass\nn()\n"),
        (
            "def «f»(a):\n    \"\"\"f of a\n\n    >>> f(x.f)\n    f\n    \"\"\"\n    '''\n    >>> f = 1\n    '''\n",
            "def n(a):\n    \"\"\"f of a\n\n    >>> n(x.f)\n    f\n    \"\"\"\n    '''\n    >>> f = 1\n    '''\n",
        ),
        (
            "def «f»(a):\n    '''\n    >>> for b in f(1):\n    ...     f(b), x.f\n    '''\n",
            "def n(a):\n    '''\n    >>> for b in n(1):\n    ...     n(b), x.f\n    '''\n",
        ),
    ] {
        let after = if before.contains("«x»") {
            after.replace("return x", "return n")
        } else {
            after.to_owned()
        };
        becomes(before, &to("n"), &after);
    }
}

#[test]
fn members() {
    for (before, after) in [
        (
            "class A:\n    def «run»(self): return self.run\nclass B(A):\n    def run(self): return super().run()\ndef f(a: A): a.run()\nA().run()\nb = B()\nb.run()\n",
            "class A:\n    def n(self): return self.n\nclass B(A):\n    def n(self): return super().n()\ndef f(a: A): a.n()\nA().n()\nb = B()\nb.n()\n",
        ),
        (
            "class A:\n    def __init__(self):\n        self.«total_sum» = 1\n    def g(self): return self.total_sum\ndef f(x): return x.total_sum\n",
            "class A:\n    def __init__(self):\n        self.n = 1\n    def g(self): return self.n\ndef f(x): return x.n\n",
        ),
        (
            "from dataclasses import dataclass\n@dataclass\nclass P:\n    «xval»: int\np = P(xval=1)\nprint(p.xval)\n",
            "from dataclasses import dataclass\n@dataclass\nclass P:\n    n: int\np = P(n=1)\nprint(p.n)\n",
        ),
        (
            "class A:\n    def «twist»(self):\n        '''\n        >>> A().twist()\n        '''\n",
            "class A:\n    def n(self):\n        '''\n        >>> A().n()\n        '''\n",
        ),
        (
            "class A:\n    @property\n    def «prop_a»(self): return 1\n    @prop_a.setter\n    def prop_a(self, v): pass\nA().prop_a = 2\n",
            "class A:\n    @property\n    def n(self): return 1\n    @n.setter\n    def n(self, v): pass\nA().n = 2\n",
        ),
        (
            "class A:\n    __slots__ = ('_a', '_b')\n    def __init__(self): self.«_a» = 1\ngetattr(A(), '_a')\n",
            "class A:\n    __slots__ = ('n', '_b')\n    def __init__(self): self.n = 1\ngetattr(A(), 'n')\n",
        ),
        (
            "class A:\n    def get(self): pass\nclass B:\n    def «get»(self): pass\nA().get()\nB().get()\n",
            "class A:\n    def get(self): pass\nclass B:\n    def n(self): pass\nA().get()\nB().n()\n",
        ),
    ] {
        becomes(before, &to("n"), after);
    }
}

#[test]
fn the_whole_repository() {
    let files = [
        ("pkg/__init__.py", "from .core import total as total\nfrom .core import other\n"),
        (
            "pkg/core.py",
            "__all__ = ['other']\ndef «total»(x): return x\ndef other(): return total(1)\n",
        ),
        (
            "pkg/user.py",
            "import pkg.core as c\nfrom pkg import core\nfrom pkg.core import total\n\ndef f():\n    return c.total(1) + core.total(2) + total(3)\n",
        ),
        ("pkg/clash.py", "from pkg.core import total\ndef f(n): return total(n)\n"),
        ("pkg/star.py", "from pkg.core import *\n"),
        (
            "tests/test_a.py",
            "from unittest.mock import patch\n@patch('pkg.core.total')\ndef test(m): pass\n",
        ),
        ("pyproject.toml", "[project.scripts]\nx = \"pkg.core:total\"\n"),
    ];
    let memory = Memory::new(&files);
    let request = Request { at: memory.at.clone().unwrap(), what: to("n"), api: Api::Change };
    let step = plan(&memory, &request).unwrap();
    let shown = memory.shown(&step, false);
    assert_eq!(
        shown,
        "== pkg/__init__.py\nfrom .core import total as total\nfrom .core import other\n"
            .replace("import total as total", "import n as total")
            + "== pkg/clash.py\nfrom pkg.core import n as total\ndef f(n): return total(n)\n"
            + "== pkg/core.py\n__all__ = ['other']\ndef n(x): return x\ndef other(): return n(1)\n"
            + "== pkg/user.py\nimport pkg.core as c\nfrom pkg import core\nfrom pkg.core import n\n\ndef f():\n    return c.n(1) + core.n(2) + n(3)\n"
            + "== pyproject.toml\n[project.scripts]\nx = \"pkg.core:n\"\n"
            + "== tests/test_a.py\nfrom unittest.mock import patch\n@patch('pkg.core.n')\ndef test(m): pass\n"
    );
}

#[test]
fn fixtures_of_pytest() {
    let files = [
        ("tests/conftest.py", "import pytest\n@pytest.fixture\ndef «shop»(): return 1\n"),
        (
            "tests/test_a.py",
            "import pytest\ndef test_a(shop): assert shop\n@pytest.mark.usefixtures('shop')\ndef test_b(): pass\n",
        ),
    ];
    assert_eq!(
        Memory::new(&files).after(to("n")),
        "== tests/conftest.py\nimport pytest\n@pytest.fixture\ndef n(): return 1\n\
         == tests/test_a.py\nimport pytest\ndef test_a(n): assert n\n@pytest.mark.usefixtures('n')\ndef test_b(): pass\n"
    );
    let files = [(
        "test_a.py",
        "import pytest\n@pytest.mark.parametrize('a, b', [(1, 2)])\ndef test(«a», b): assert a < b\n",
    )];
    assert_eq!(
        Memory::new(&files).after(to("n")),
        "import pytest\n@pytest.mark.parametrize('n, b', [(1, 2)])\ndef test(n, b): assert n < b\n"
    );
}

#[test]
fn each_reason_to_refuse() {
    for (text, name, reason) in [
        ("«»1\n", "n", "not-here"),
        ("«x» = 1\n", "1n", "bad-name"),
        ("«x» = 1\n", "class", "bad-name"),
        ("class A:\n    def «__len__»(self): return 1\n", "n", "bad-name"),
        ("«x» = 1\nn = 2\n", "n", "name-taken"),
        ("«x» = 1\ndef f(n): return x\n", "n", "name-taken"),
        ("def f(«x»):\n    return x, n\nn = 1\n", "n", "name-taken"),
        ("def f(«x»):\n    return len(x)\n", "len", "name-taken"),
        ("class A:\n    def «f»(self): pass\n    def n(self): pass\n", "n", "name-taken"),
        ("def f():\n    «x» = 1\n    return locals()\n", "n", "dynamic"),
        ("class A:\n    def «get»(self): pass\ndef f(x): x.get()\n", "n", "dynamic"),
        (
            "class A:\n    def «do_x»(self): pass\n    def go(self, k): getattr(self, 'do_' + k)()\n",
            "n",
            "dynamic",
        ),
        (
            "class A:\n    def «fit_in»(self): pass\ndef g(): pass\ng.fit_in = 1\ndef f(x): getattr(x, 'fit_in')\n",
            "n",
            "dynamic",
        ),
        ("def f(«a»): pass\ndef g(h): h(a=1)\ng(f)\n", "n", "dynamic"),
        ("@option('--name')\ndef f(«name»): pass\n", "n", "dynamic"),
        ("__all__ = ['f']\ndef «f»(): pass\n", "n", "exported"),
        ("from x import Base\nclass A(Base):\n    def «run_it»(self): pass\n", "n", "inherited"),
    ] {
        refused(&[("a.py", text)], &to(name), reason);
    }
}

#[test]
fn a_stub_beside_the_file() {
    let files = [("a.py", "def «f»(): pass\n"), ("a.pyi", "def f(): ...\n")];
    refused(&files, &to("n"), "unsupported");
}

#[test]
fn mentions_are_offered_apart() {
    let files = [
        ("a.py", "def «area»(w):\n    \"\"\"The area.\"\"\"\n    return w  # area\n"),
        ("README.md", "Call `area`.\n"),
    ];
    let memory = Memory::new(&files);
    let step = memory.plan(to("size")).unwrap();
    assert_eq!(
        memory.shown(&step, true),
        "== README.md\nCall `size`.\n== a.py\ndef size(w):\n    \"\"\"The size.\"\"\"\n    return w  # size\n"
    );
    assert!(!memory.shown(&step, false).contains("The size"));
}

#[test]
fn places_by_name() {
    let text = "class A:\n    def __init__(self):\n        self.total = 1\n    def run(self):\n        local = 2\nrun = 1\n";
    let parsed = crate::syntax::parse(crate::base::Language::Python, text);
    for (name, line) in
        [("A", 1), ("A.total", 3), ("A.run", 4), ("run", 6), ("A.run.local", 5), ("run.local", 5)]
    {
        let found = declared(&parsed, name);
        let lines: Vec<u32> = found.iter().map(|s| parsed.lines().line(s.start).0).collect();
        assert_eq!(lines, [line], "{name}");
    }
    assert!(declared(&parsed, "nothing").is_empty());
}

#[test]
fn a_keyword_that_goes_through_a_function_of_any_keywords() {
    let memory = Memory::new(&[
        (
            "table.py",
            "class Table:\n    def __init__(self, name, «»size=1):\n        self.size = size\n",
        ),
        (
            "base.py",
            "from table import Table\n\nclass Base:\n    made = Table\n\n    def table(self, name, **more):\n        \
             return self.made(name, **more)\n",
        ),
        ("user.py", "from base import Base\n\nBase().table('a', size=0)\n"),
    ]);
    let answer = memory.after(to("length"));
    assert!(answer.starts_with("dynamic: "), "{answer}");
}
