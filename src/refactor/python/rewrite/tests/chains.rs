//! Chains of conditions as `match` and as tables.

use super::{Memory, Refactoring, made, refused};
use crate::refactor::Rewrite::{IfChainToMatch, IfChainToTable};

#[test]
fn chains_become_match() {
    made(
        IfChainToMatch,
        &[
            (
                "«»if x == 'a':\n    f()\nelif x == 'b' or x == -1:  # two\n    # why\n    g()\n\n# between\nelif x in (3, A.B) and y:\n    s = '''\n  z'''\nelse:\n    pass\nz = 1\n",
                "match x:\n    case 'a':\n        f()\n    case 'b' | -1:  # two\n        # why\n        g()\n\n    # between\n    case 3 | A.B if y:\n        s = '''\n  z'''\n    case _:\n        pass\nz = 1\n",
            ),
            (
                "def f(o):\n    «»if o.k == 1:\n        return 1\n    elif o.k is None:\n        return 2\n    elif (o.k == 3):\n        return 3\n",
                "def f(o):\n    match o.k:\n        case 1:\n            return 1\n        case None:\n            return 2\n        case 3:\n            return 3\n",
            ),
        ],
    );
    refused(
        IfChainToMatch,
        &[
            ("«»if x == 1:\n    f()\nelif x == 2:\n    g()\n", "not-here", "fewer than three"),
            (
                "«»if x == 1:\n    f()\nelif y == 2:\n    g()\nelif x == 3:\n    g()\n",
                "not-here",
                "do not all compare",
            ),
            (
                "«»if x == 1:\n    f()\nelif x == True:\n    g()\nelif x == 3:\n    g()\n",
                "not-here",
                "do not all compare",
            ),
            (
                "«»if x == 1:\n    f()\nelif x == N:\n    g()\nelif x == 3:\n    g()\n",
                "not-here",
                "do not all compare",
            ),
            (
                "«»if x() == 1:\n    f()\nelif x() == 2:\n    g()\nelif x() == 3:\n    g()\n",
                "not-here",
                "do not all compare",
            ),
            (
                "«»if o.x == 1 and f():\n    f()\nelif o.x == 2:\n    g()\nelif o.x == 3:\n    g()\n",
                "effects",
                "may change `o.x`",
            ),
            (
                "«»if x == 1: f()\nelif x == 2: g()\nelif x == 3: g()\n",
                "not-here",
                "line of its condition",
            ),
        ],
    );
    let chain = "«»if x == 1:\n    f()\nelif x == 2:\n    g()\nelif x == 3:\n    h()\n";
    let old = Memory::new(&[("a.py", chain), ("pyproject.toml", "requires-python = \">=3.9\"\n")]);
    let answer = old.after(Refactoring::Rewrite(IfChainToMatch));
    assert!(
        answer.starts_with("unsupported: the project runs on Python 3.9; this needs 3.10"),
        "{answer}"
    );
    let unknown =
        Memory::new(&[("a.py", chain)]).plan(Refactoring::Rewrite(IfChainToMatch)).unwrap();
    assert!(unknown.notes[0].contains("does not say"));
}

#[test]
fn chains_become_tables() {
    made(
        IfChainToTable,
        &[
            (
                "def f(x: str):\n    «»if x == 'a':\n        return 1\n    elif x == 'b':  # two\n        return 2\n    elif x in ('c', 'd'):\n        return 3\n    else:\n        return 0\n",
                "def f(x: str):\n    # two\n    return {\n        'a': 1,\n        'b': 2,\n        'c': 3,\n        'd': 3,\n    }.get(x, 0)\n",
            ),
            (
                "def f(x: int | None, p):\n    «»if x == 1:\n        return p\n    elif x == 2:\n        return []\n    elif x == 3:\n        return None\n    return p\n",
                "def f(x: int | None, p):\n    return {\n        1: p,\n        2: [],\n        3: None,\n    }.get(x, p)\n",
            ),
            (
                "def f(x: str):\n    y = 0\n    «»if x == 'a':\n        y = 1\n    elif x == 'b':\n        y = 2\n    elif x == 'c':\n        y = 3\n    return y\n",
                "def f(x: str):\n    y = {\n        'a': 1,\n        'b': 2,\n        'c': 3,\n    }.get(x, 0)\n    return y\n",
            ),
            (
                "def f(x: str):\n    «»if x == 'a':\n        return 1\n    elif x == 'b':\n        return 2\n    elif x == 'c':\n        return 3\n",
                "def f(x: str):\n    return {\n        'a': 1,\n        'b': 2,\n        'c': 3,\n    }.get(x)\n",
            ),
        ],
    );
}

#[test]
fn tables_that_would_differ_are_refused() {
    let chain = |head: &str, first: &str, second: &str, rest: &str| {
        format!(
            "{head}    «»if x == 'a':\n        {first}\n    elif x == {second}\n    elif x == 'c':\n        return 3\n{rest}"
        )
    };
    for (text, reason, words) in [
        (
            chain("def f(x):\n", "return 1", "'b':\n        return 2", ""),
            "not-equivalent",
            "annotate it",
        ),
        (
            chain("def f(x: list):\n", "return 1", "'b':\n        return 2", ""),
            "not-equivalent",
            "annotate it",
        ),
        (
            chain("def f(x: str):\n", "return g()", "'b':\n        return 2", ""),
            "effects",
            "every key",
        ),
        (
            chain("def f(x: str):\n", "return y", "'b':\n        return 2", ""),
            "effects",
            "every key",
        ),
        (
            chain("def f(x: str):\n", "return 1", "'a':\n        return 2", ""),
            "not-equivalent",
            "twice",
        ),
        (
            chain("def f(x: str):\n", "return 1", "1.5:\n        return 2", ""),
            "not-equivalent",
            "no plain string",
        ),
        (
            chain("def f(x: str):\n", "return 1", "A.B:\n        return 2", ""),
            "not-equivalent",
            "only literals",
        ),
        (
            chain("def f(x: str):\n", "y = 1", "'b':\n        return 2", ""),
            "not-here",
            "do not all return",
        ),
        (
            chain("def f(x: str):\n", "return 1", "'b':\n        return 2", "    print(x)\n"),
            "not-equivalent",
            "more is done",
        ),
        (
            chain(
                "def f(x: str):\n",
                "return 1",
                "'b':\n        return 2",
                "    else:\n        raise E\n",
            ),
            "not-here",
            "do not all return",
        ),
    ] {
        refused(IfChainToTable, &[(&text, reason, words)]);
    }
    let kept = "def f(x: str, y):\n    «»if x == 'a':\n        y = 1\n    elif x == 'b':\n        y = 2\n    elif x == 'c':\n        y = 3\n    return y\n";
    refused(IfChainToTable, &[(kept, "not-equivalent", "`y` stays as it is")]);
}
