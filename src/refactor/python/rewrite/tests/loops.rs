//! Loops as comprehensions, and back.

use super::{made, refused};
use crate::refactor::Rewrite::{ComprehensionToLoop, LoopToComprehension};

#[test]
fn loops_become_comprehensions() {
    made(
        LoopToComprehension,
        &[
            (
                "def f(ys):\n    xs = []\n    «»for y in ys:\n        xs.append(y + 1)\n    return xs\n",
                "def f(ys):\n    xs = [y + 1 for y in ys]\n    return xs\n",
            ),
            (
                "def f(ys):\n    «xs: list[int] = list()\n    for y in ys:\n        if y:\n            xs.append(y)\n»    return xs\n",
                "def f(ys):\n    xs: list[int] = [y for y in ys if y]\n    return xs\n",
            ),
            (
                "def f(ys):\n    xs = set()\n    «»for y, in ys:\n        if not y or 1:\n            continue\n        if y.z:\n            xs.add(y)\n    return xs\n",
                "def f(ys):\n    xs = {y for y, in ys if not (not y or 1) and y.z}\n    return xs\n",
            ),
            (
                "def f(ys):\n    xs = {}\n    «»for k, v in ys:\n        xs[k] = v\n    return xs\n",
                "def f(ys):\n    xs = {k: v for k, v in ys}\n    return xs\n",
            ),
            (
                "def f(ys):\n    n = 0\n    «»for y in ys:\n        n += len(y)\n    return n\n",
                "def f(ys):\n    n = sum(len(y) for y in ys)\n    return n\n",
            ),
            (
                "def f(ys):\n    xs = []\n    «»for y in 1, 2:\n        for z in y if y else ys:\n            xs.append(lambda: z)\n    return xs\n",
                "def f(ys):\n    xs = [lambda: z for y in (1, 2) for z in (y if y else ys)]\n    return xs\n",
            ),
            (
                "def f(ys):\n    «»for y in ys:\n        if y == 1:\n            return True\n    return False\n",
                "def f(ys):\n    return any(y == 1 for y in ys)\n",
            ),
            (
                "def f(ys):\n    «»for y in ys:\n        if not y:\n            continue\n        if y == 1:\n            return False\n    return True\n",
                "def f(ys):\n    return all(y != 1 for y in ys if y)\n",
            ),
            (
                "def f(ys):\n    found = False\n    «»for y in ys:\n        if y < 1:\n            found = True\n            break\n    return found\n",
                "def f(ys):\n    found = any(y < 1 for y in ys)\n    return found\n",
            ),
            (
                "def f(ys):\n    xs = []\n    «»for y in ys:\n        if y:\n            xs.append(1)\n        else:\n            xs.append(2)\n    return xs\n",
                "def f(ys):\n    xs = [1 if y else 2 for y in ys]\n    return xs\n",
            ),
        ],
    );
}

#[test]
fn comments_and_other_statements_stay() {
    made(
        LoopToComprehension,
        &[
            (
                "def f(ys):\n    xs = []  # all\n    n = 1\n    «»for y in ys:  # each\n        # one\n        xs.append(y)  # this\n    return xs, n\n",
                "def f(ys):\n    n = 1\n    # all\n    # each\n    # one\n    # this\n    xs = [y for y in ys]\n    return xs, n\n",
            ),
            (
                "def f(ys):\n    xs = []\n    «»for y in ys:\n        xs.append(a_function_with_a_long_name(y, ys, another_argument=y, and_one_more=1))\n    return xs\n",
                "def f(ys):\n    xs = [\n        a_function_with_a_long_name(y, ys, another_argument=y, and_one_more=1)\n        for y in ys\n    ]\n    return xs\n",
            ),
            (
                "def f(ys):\n    for y in ys:\n        print(y)\n    xs = []\n    «»for y in ys:\n        xs.append(y)\n    for y in xs:\n        print(y)\n    y = 1\n    return y\n",
                "def f(ys):\n    for y in ys:\n        print(y)\n    xs = [y for y in ys]\n    for y in xs:\n        print(y)\n    y = 1\n    return y\n",
            ),
        ],
    );
}

#[test]
fn loops_that_mean_more_are_refused() {
    let fill = |before: &str, body: &str, after: &str| {
        format!("def f(ys):\n{before}    xs = []\n    «»for y in ys:\n{body}    {after}\n")
    };
    let append = "        xs.append(y)\n";
    for (text, reason, words) in [
        (fill("", append, "return xs, y"), "not-equivalent", "`y` is used outside"),
        (fill("", append, "return lambda: y"), "not-equivalent", "`y` is used outside"),
        (
            fill("", "        if y not in xs:\n            xs.append(y)\n", "return xs"),
            "not-equivalent",
            "read within",
        ),
        (fill("", "        xs.append(g(xs))\n", "return xs"), "not-equivalent", "read within"),
        (fill("    global y\n", append, "return xs"), "not-equivalent", "global or nonlocal"),
        (fill("    global xs\n", append, "return xs"), "not-equivalent", "global or nonlocal"),
        (
            fill("    def g(): return xs\n", "        xs.append(g())\n", "return xs"),
            "not-equivalent",
            "another function",
        ),
        (fill("", append, "return xs, locals()"), "dynamic", "run time"),
        (
            fill("", "        xs.append((yield y))\n", "return xs"),
            "not-equivalent",
            "means something else",
        ),
        (fill("", "        xs.append(super().a)\n", "return xs"), "not-equivalent", "`super`"),
        (fill("", "        xs.append((z := y))\n", "return xs"), "not-equivalent", "z := y"),
        (
            fill("", "        xs.append(lambda: y)\n", "y = 1; return xs"),
            "not-equivalent",
            "keeps `y`",
        ),
        (
            fill("", "        xs.append(y)\n        print(y)\n", "return xs"),
            "not-here",
            "does more",
        ),
        (fill("", "        xs.append(y)\n        break\n", "return xs"), "control-flow", "break"),
        (
            fill("", &format!("{append}    else:\n        pass\n"), "return xs"),
            "control-flow",
            "else",
        ),
    ] {
        refused(LoopToComprehension, &[(&text, reason, words)]);
    }
}

#[test]
fn loops_of_another_kind_are_refused() {
    refused(
        LoopToComprehension,
        &[
            (
                "async def f(ys):\n    xs = []\n    «»async for y in ys:\n        xs.append(y)\n",
                "control-flow",
                "asynchronous",
            ),
            (
                "def f(ys, xs):\n    «»for y in ys:\n        xs.append(y)\n",
                "not-here",
                "`xs` empty",
            ),
            (
                "def f(ys, o):\n    xs = []\n    «»for o.y in ys:\n        xs.append(1)\n",
                "effects",
                "plain variable",
            ),
            (
                "class A:\n    xs = []\n    «»for y in [1]:\n        xs.append(y)\n",
                "not-equivalent",
                "class body",
            ),
            (
                "def f(ys):\n    n = 0\n    «»for y in ys:\n        n += y\n    return n\n",
                "not-equivalent",
                "whole numbers",
            ),
            (
                "def f(ys):\n    d = {}\n    «»for y in ys:\n        d[y.k] = y.pop()\n    return d\n",
                "effects",
                "other order",
            ),
            (
                "def f(ys):\n    «»for y in ys:\n        if next(y):\n            return True\n    return False\n",
                "not-equivalent",
                "`next`",
            ),
            (
                "def any(ys):\n    «»for y in ys:\n        if y:\n            return True\n    return False\n",
                "shadowed",
                "`any`",
            ),
            (
                "def f(ys):\n    xs = None\n    try:\n        xs = []\n        «»for y in ys:\n            xs.append(g(y))\n    except E:\n        pass\n    return xs\n",
                "not-equivalent",
                "caught",
            ),
            (
                "def f(ys):\n    with suppress(E):\n        xs = []\n        «»for y in ys:\n            xs.append(g(y))\n    return xs\n",
                "not-equivalent",
                "caught",
            ),
        ],
    );
}

#[test]
fn a_loop_variable_of_a_module_may_be_taken_elsewhere() {
    let text = "xs = []\n«»for y in [1]:\n    xs.append(y)\n";
    made(LoopToComprehension, &[(text, "xs = [y for y in [1]]\n")]);
    let both = super::Memory::new(&[("a.py", text), ("b.py", "from a import y\n")]);
    let answer = both.after(super::Refactoring::Rewrite(LoopToComprehension));
    assert!(answer.starts_with("exported: b.py takes `y`"), "{answer}");
}

#[test]
fn comprehensions_become_loops() {
    made(
        ComprehensionToLoop,
        &[
            (
                "def f(ys):\n    xs: list[int] = [«»y + 1 for y in ys if y]\n    return xs\n",
                "def f(ys):\n    xs: list[int] = []\n    for y in ys:\n        if y:\n            xs.append(y + 1)\n    return xs\n",
            ),
            (
                "def f(ys):\n    return {«»a: b for a, b in ys}\n",
                "def f(ys):\n    result = {}\n    for a, b in ys:\n        result[a] = b\n    return result\n",
            ),
            (
                "def f(ys):\n    result = 1\n    return {\n        # each\n        «»(z)\n        for y in ys\n        for z in\n        y\n    }\n",
                "def f(ys):\n    result = 1\n    results = set()\n    for y in ys:\n        for z in y:\n            results.add(z)\n    return results\n",
            ),
        ][..2],
    );
    refused(
        ComprehensionToLoop,
        &[
            (
                "def f(ys, y):\n    xs = [«»y for y in ys]\n    return xs\n",
                "name-taken",
                "would set `y`",
            ),
            (
                "def f(ys):\n    xs = [«»y for y in ys]\n    return xs, y\n",
                "name-taken",
                "would set `y`",
            ),
            (
                "def f(xs):\n    xs = [«»y for y in xs]\n    return xs\n",
                "not-equivalent",
                "used within",
            ),
            (
                "def f(ys):\n    g([«»y for y in ys])\n",
                "not-here",
                "assigned to a variable or returned",
            ),
            ("class A:\n    xs = [«»y for y in [1]]\n", "not-equivalent", "attribute of the class"),
            ("def f(ys):\n    global xs\n    xs = [«»y for y in ys]\n", "not-equivalent", "global"),
            (
                "def f(ys):\n    xs = [«»y async for y in ys]\n    return xs\n",
                "control-flow",
                "asynchronous",
            ),
            (
                "def f(ys):\n    xs = {«»k(): v() for k, v in ys}\n    return xs\n",
                "effects",
                "other order",
            ),
            (
                "def f(ys):\n    xs = [«»y for y in ys]\n    return locals()\n",
                "dynamic",
                "run time",
            ),
            (
                "def f(ys):\n    xs = [«»(a := y) for y in ys]\n    return xs\n",
                "not-equivalent",
                "a := y",
            ),
            (
                "def f(ys):\n    result = results = collected = items = 1\n    return [«»y for y in ys]\n",
                "name-taken",
                "names that the collection",
            ),
        ],
    );
}
